import assert from "node:assert/strict";
import { Marker, bank } from "./support/bank.mjs";
import { Machine } from "./support/centre.mjs";
import { questionsOf } from "./support/people.mjs";
import { stage } from "./support/stage.mjs";

const SEATS = 45;
const house = stage({
  accounts: { proctor1: "proctor", proctor2: "proctor", proctor3: "proctor" },
  sessions: [{ title: "模拟考试", rooms: [{ number: 1, seats: SEATS, columns: 9, candidates: SEATS }] }],
});
const { scene } = house;

const bare = (text) => text.replace(/<[^>]*>/g, "").replace(/&(quot|#x27|#39|amp|lt|gt);|[`*_\\\s"'<>&]/g, "");

/** Texts that only somebody who knows the key may read: parts of explanations, and sources. */
function secrets(questions) {
  const open = bare(questions.map(({ stem, options = [] }) => [stem, ...options].join("\n")).join("\n"));
  const parts = questions.flatMap(({ id, explanation, source }) =>
    [...explanation.split(/[。；;\n]/), source].map((part) => ({ id, part: bare(part) })),
  );
  return parts.filter(({ part }) => part.length >= 10 && !open.includes(part));
}

scene("nothing that a candidate's browser receives holds a key, an explanation, a source or a question's id", async (t) => {
  const questions = bank();
  const hidden = secrets(questions);
  assert.ok(hidden.length > questions.length * 2, "there is something to look for");
  const candidate = await house.candidate(house.centre.sessions[0].candidates[0]);
  const received = [];
  candidate.context.on("response", (response) => received.push(response));
  const bodies = new Map();
  const keep = async () => {
    for (const response of received.splice(0)) {
      const body = await response.body().catch(() => null);
      if (body) bodies.set(`${response.request().method()} ${response.url()} ${bodies.size}`, body);
    }
  };

  await candidate.enrol();
  await keep();
  await candidate.logIn();
  await keep();
  await candidate.confirm();
  await keep();
  await candidate.accept();
  await keep();
  await house.centre.openRoom(1, ["proctor1", "proctor2", "proctor3"]);
  await candidate.inExam();
  for (const key of ["a", "ArrowRight", "b", "f"]) await candidate.page.keyboard.press(key);
  await candidate.saved();
  await keep();
  for (const path of ["/exam?q=50", "/exam?q=1&all=1", "/exam/hand-in"]) {
    await candidate.open(path);
    await keep();
  }
  await candidate.context.addCookies([{ name: "lang", value: "en", url: house.centre.address }]);
  await candidate.open("/exam");
  await candidate.inExam();
  await keep();
  await candidate.handIn();
  await keep();

  const kinds = [/\/exam\?q=1&all=1/, /\/exam\/changes/, /\.js/, /\.wasm/, /\.css/, /\/waiting/, /\/receipt/];
  for (const kind of kinds) assert.ok([...bodies.keys()].some((name) => kind.test(name)), `${kind} was received`);
  t.diagnostic(`${bodies.size} answers, ${hidden.length} texts to look for`);
  for (const [name, body] of bodies) {
    const text = body.toString("utf8");
    const plain = bare(text);
    for (const { id, part } of hidden) assert.ok(!plain.includes(part), `${name} holds what explains ${id}: ${part}`);
    for (const { id } of questions) assert.ok(!text.includes(id), `${name} holds the id ${id}`);
    const fields = /(\\?["'])(key|keys|answer_key|right|correct|is_right|statement_true|explanation|source|difficulty|difficulty_permille)\1\s*:/i;
    assert.doesNotMatch(name.includes("/assets/") ? "" : text, fields, `${name} has a field of the key`);
    // The client knows no such words either.
    assert.doesNotMatch(text, /statement_true|answer_key|explanation/, name);
  }
});

scene("in many sittings neither order nor markup of the options tells anything", async (t) => {
  const { centre } = house;
  await centre.openRoom(1, ["proctor1", "proctor2", "proctor3"]);
  const marker = new Marker();
  const shown = new Map();
  const counts = { A: 0, B: 0, C: 0, D: 0 };
  const orders = new Set();
  for (const candidate of centre.sessions[0].candidates.slice(1)) {
    const machine = await new Machine(centre, candidate).arrive();
    const html = await machine.get("/exam?all=1");
    const paper = questionsOf(html);
    assert.equal(paper.length, 100);
    orders.add(paper.map(({ stem }) => stem).join());
    // Each option is written the same way, but for its letter and its text.
    const options = html.split('<div class="opt').slice(1).map((part) => part.split("</div>")[0]);
    const shapes = new Set(options.map((option) => option.replace(/<span class="text">.*?<\/span><\/span>/s, "").replace(/\b[A-F]\b/g, "?").replace(/type="(radio|checkbox)"|letter( box)?/g, "")));
    assert.equal(shapes.size, 1, `options differ in their markup:\n${[...shapes].join("\n")}`);
    for (const asked of paper) {
      const { question, key, texts } = marker.find(asked);
      if (question.kind !== "single" || question.order === "fixed" || texts.length !== 4) continue;
      counts[key] += 1;
      if (!shown.has(question.id)) shown.set(question.id, { places: new Set(), times: 0 });
      const one = shown.get(question.id);
      one.places.add(key);
      one.times += 1;
    }
  }
  assert.equal(orders.size, SEATS - 1, "no two papers are in the same order");
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  // Chi-square of three degrees: above 40 once in a hundred million honest draws.
  const chi = Object.values(counts).reduce((sum, n) => sum + (n - all / 4) ** 2 / (all / 4), 0);
  t.diagnostic(`the key was ${JSON.stringify(counts)} of ${all}; chi-square ${chi.toFixed(1)}`);
  assert.ok(chi < 40, "the key stands at each letter alike");
  for (const [id, { places, times }] of shown) {
    // Twenty times at one of four places: once in 10^11.
    if (times >= 20) assert.ok(places.size > 1, `${id} shows its key at ${[...places]} all ${times} times`);
  }
});
