import assert from "node:assert/strict";
import { stage } from "./support/stage.mjs";

const KB = 1_000;
const house = stage({
  accounts: { proctor1: "proctor", proctor2: "proctor" },
  sessions: [{ title: "模拟考试", rooms: [{ number: 1, seats: 4, columns: 2, candidates: 2 }] }],
});
const { scene } = house;

/** Loads a page with an empty cache; returns each answer's bytes as they crossed the network, headers included. */
async function transfer(candidate, path) {
  const cdp = await candidate.context.newCDPSession(candidate.page);
  const [names, sizes, encodings] = [new Map(), new Map(), new Map()];
  cdp.on("Network.responseReceived", ({ requestId, response }) => {
    names.set(requestId, new URL(response.url).pathname);
    encodings.set(requestId, response.headers["content-encoding"] ?? response.headers["Content-Encoding"]);
  });
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sizes.set(requestId, encodedDataLength));
  await cdp.send("Network.enable");
  await cdp.send("Network.setCacheDisabled", { cacheDisabled: true });
  await candidate.page.goto(path);
  if (candidate.scripts) await candidate.page.waitForSelector(".exam.live");
  await candidate.page.waitForLoadState("networkidle");
  await cdp.detach();
  const rows = [...sizes].map(([id, bytes]) => ({ name: names.get(id), bytes, encoding: encodings.get(id) }));
  return { rows: rows.sort((a, b) => b.bytes - a.bytes), sum: rows.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function tell(t, what, { rows, sum }) {
  t.diagnostic(`${what}: ${(sum / KB).toFixed(1)} kB (${rows.map(({ name, bytes, encoding }) => `${name} ${(bytes / KB).toFixed(1)} ${encoding ?? "plain"}`).join(", ")})`);
}

scene("the exam page with its client crosses the network in 200 kB", async (t) => {
  await house.centre.openRoom(1, ["proctor1", "proctor2"]);
  const candidate = await house.candidate(house.centre.sessions[0].candidates[0]);
  await candidate.sit();
  const page = await transfer(candidate, "/exam");
  tell(t, "with the client", page);
  assert.ok(page.rows.some(({ name }) => name.endsWith(".wasm")), "the client came along");
  for (const { name, encoding, bytes } of page.rows) {
    if (bytes > 2 * KB) assert.equal(encoding, "br", `${name} is compressed`);
  }
  assert.ok(page.sum <= 200 * KB, `${page.sum} bytes`);
  tell(t, "all on one page", await transfer(candidate, "/exam?all=1"));
});

scene("the exam page without scripts crosses the network in 60 kB", async (t) => {
  await house.centre.openRoom(1, ["proctor1", "proctor2"]);
  const candidate = await house.candidate(house.centre.sessions[0].candidates[1], { javaScriptEnabled: false });
  await candidate.sit();
  const page = await transfer(candidate, "/exam");
  tell(t, "without scripts", page);
  assert.ok(page.rows.some(({ name }) => name === "/exam"));
  assert.ok(page.sum <= 60 * KB, `${page.sum} bytes`);
});
