import assert from "node:assert/strict";
import { sleep } from "./support/centre.mjs";
import { stage } from "./support/stage.mjs";

const KB = 1000;
const house = stage({
  accounts: { proctor1: "proctor", proctor2: "proctor" },
  sessions: [{ title: "模拟考试", rooms: [{ number: 1, seats: 4, columns: 4, candidates: 2 }] }],
});
const { scene } = house;

/** Bytes over the wire for the exam page with an empty cache, by address. */
async function transfer(candidate) {
  const page = await candidate.tab();
  const wire = await candidate.context.newCDPSession(page);
  await wire.send("Network.enable");
  await wire.send("Network.setCacheDisabled", { cacheDisabled: true });
  const [addresses, bytes] = [new Map(), new Map()];
  wire.on("Network.requestWillBeSent", ({ requestId, request }) => addresses.set(requestId, new URL(request.url).pathname));
  wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => bytes.set(addresses.get(requestId), encodedDataLength));
  await page.goto("/exam");
  await page.waitForLoadState("load");
  if (candidate.scripts) await page.waitForSelector(".exam.live");
  await sleep(1_000);
  return bytes;
}

function total(bytes) {
  return [...bytes.values()].reduce((sum, one) => sum + one, 0);
}

scene("the exam page comes in 200 kB with the client, and in 60 kB without scripts", async (t) => {
  const [first, second] = house.centre.sessions[0].candidates;
  const live = await house.candidate(first);
  const plain = await house.candidate(second, { javaScriptEnabled: false });
  await live.arrive();
  await plain.arrive();
  await house.centre.openRoom(1, ["proctor1", "proctor2"]);
  await live.inExam();
  await plain.inExam();
  for (const [name, candidate, most] of [["with the client", live, 200 * KB], ["without scripts", plain, 60 * KB]]) {
    const bytes = await transfer(candidate);
    t.diagnostic(`${name}: ${total(bytes)} bytes; ${[...bytes].map(([path, one]) => `${path} ${one}`).join(", ")}`);
    assert.ok(bytes.has("/exam") && bytes.has("/assets/app.css"), "the page was measured, not a cache");
    assert.equal([...bytes.keys()].some((path) => path.endsWith(".wasm")), candidate.scripts, "the client comes only to who runs it");
    assert.ok(total(bytes) <= most, `${name}: ${total(bytes)} bytes`);
  }
});
