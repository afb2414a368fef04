import assert from "node:assert/strict";
import { Marker, bank } from "./support/bank.mjs";
import { questionsOf } from "./support/people.mjs";
import { stage } from "./support/stage.mjs";

const house = stage({
  accounts: { proctor1: "proctor", proctor2: "proctor" },
  sessions: [{ title: "模拟考试", rooms: [{ number: 1, seats: 32, columns: 8, candidates: 30 }] }],
});
const { scene } = house;

/** Texts that only an author may see: a stretch of each explanation and source, as it would stand in HTML, JSON or wasm. */
function secrets() {
  const stretch = (text) => text.trim().replace(/\s+/g, " ").slice(0, 40);
  const texts = bank().flatMap(({ id, explanation, source }) => [[`${id} explanation`, stretch(explanation)], [`${id} source`, source.trim()], [`id ${id}`, id]]);
  // A source that is as short as a law's name may well stand in a stem.
  return texts.filter(([name, text]) => text.length > 12 || name.startsWith("id "));
}

scene("whatever a candidate's browser receives, it holds no key", async (t) => {
  const candidate = await house.candidate(house.centre.sessions[0].candidates[0]);
  const received = new Map();
  candidate.context.on("response", async (response) => {
    const body = await response.body().catch(() => null);
    if (body) received.set(`${response.request().method()} ${new URL(response.url()).pathname}`, body.toString("utf8"));
  });
  await candidate.arrive();
  await house.centre.openRoom(1, ["proctor1", "proctor2"]);
  await candidate.inExam();
  await candidate.page.keyboard.press("a");
  await candidate.saved();
  for (const path of ["/exam?q=44", "/exam?q=1&all=1", "/exam/hand-in"]) {
    await candidate.open(path);
    if (!path.includes("hand-in")) await candidate.inExam();
  }
  await candidate.handIn();

  const paths = [...received.keys()];
  for (const path of ["GET /exam", "POST /exam/changes", "GET /receipt", "GET /assets/kaochang_bg.wasm", "GET /assets/kaochang.js"]) {
    assert.ok(paths.includes(path), `${path} was looked at; seen: ${paths.join(", ")}`);
  }
  const all = [...received].map(([path, text]) => [path, text.replace(/\s+/g, " ")]);
  for (const [name, secret] of secrets()) {
    for (const [path, text] of all) assert.ok(!text.includes(secret), `${name} stands in ${path}`);
  }
  for (const [path, text] of all) {
    assert.doesNotMatch(text, /"(key|key_record|explanation|right|correct)"\s*:/, path);
    assert.doesNotMatch(text, /key_record|to_record/, path);
  }
  t.diagnostic(`${received.size} replies, ${all.reduce((sum, [, text]) => sum + text.length, 0)} characters, ${secrets().length} secrets`);
});

scene("neither the order of options nor their letters say which is right", async (t) => {
  const marker = new Marker();
  const places = [0, 0, 0, 0];
  for (const own of house.centre.sessions[0].candidates.slice(1, 21)) {
    const candidate = await house.candidate(own, { javaScriptEnabled: false });
    await candidate.arrive();
    const html = await (await candidate.context.request.get("/exam?all=1")).text();
    for (const asked of questionsOf(html)) {
      const { question, key } = marker.find(asked);
      if (question.kind === "single" && question.order !== "fixed") places["ABCD".indexOf(key)] += 1;
    }
    await candidate.close();
  }
  // Chi-square with three degrees of freedom: above 16.27 once in a thousand times by chance. The papers of a run are
  // drawn by a secret of their own, so the bar stands far out: 27.9 is once in 250,000.
  const mean = places.reduce((sum, one) => sum + one, 0) / 4;
  const chi = places.reduce((sum, one) => sum + (one - mean) ** 2 / mean, 0);
  t.diagnostic(`keys at A to D: ${places.join(", ")}; chi-square ${chi.toFixed(2)}`);
  assert.ok(mean > 200, "enough was counted");
  assert.ok(chi < 27.9, `keys at A to D: ${places.join(", ")}`);
});
