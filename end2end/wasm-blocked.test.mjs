import assert from "node:assert/strict";
import { pick, picked, staleFormIsTold, turn } from "./support/plain.mjs";
import { stage } from "./support/stage.mjs";

const house = stage({
  accounts: { proctor1: "proctor", proctor2: "proctor" },
  sessions: [{ title: "模拟考试", rooms: [{ number: 1, seats: 4, columns: 2, candidates: 2 }] }],
});
const { scene } = house;

/** A machine whose browser runs scripts and gets no WebAssembly. */
async function withoutWasm(candidate) {
  const person = await house.candidate(candidate);
  person.expect(/kaochang_bg\.wasm/, /TypeError: Failed to fetch/, /Failed to load resource: net::ERR_FAILED/);
  await person.context.route(/\.wasm(\?|$)/, (route) => route.abort());
  return person;
}

const noClient = (person) => person.page.waitForSelector('html[data-client="off"]', { state: "attached" });

scene("where WebAssembly is blocked, the waiting page comes again by itself and the paper works as forms", async () => {
  const [own] = house.centre.sessions[0].candidates;
  const candidate = await withoutWasm(own);
  const { page } = candidate;
  await candidate.arrive();
  assert.equal(candidate.path, "/waiting");
  await noClient(candidate);
  await house.centre.openRoom(1, ["proctor1", "proctor2"]);
  await page.waitForURL(/\/exam/);
  await noClient(candidate);
  assert.equal(await page.locator(".only-live:visible").count(), 0, "nothing is offered that needs the client");

  await pick(page, 1, "B");
  await turn(candidate, 1, "next");
  assert.match(candidate.notice, /^saved~/);
  await pick(page, 2, "A");
  await page.locator(".flag-box").click();
  await turn(candidate, 2, "stay");
  await candidate.press(candidate.cell(81));
  await pick(page, 81, "AC");
  await turn(candidate, 81, "sheet");
  assert.match(await candidate.text("main"), /已作答 3 题[\s\S]*还有 97 题未作答[\s\S]*1 题已标记/);
  assert.deepEqual(await candidate.stored(), { 1: "B", 2: "A⚑", 81: "AC" });

  await candidate.open("/exam?q=1&all=1");
  assert.equal(await picked(page, 81), "AC");
  await candidate.handIn();
  assert.match(await candidate.text("main"), /3 \/ 100 题/);
});

scene("where WebAssembly is blocked, a form older than what stands is told", async () => {
  await house.centre.openRoom(1, ["proctor1", "proctor2"]);
  const candidate = await withoutWasm(house.centre.sessions[0].candidates[1]);
  await candidate.arrive();
  await candidate.page.waitForURL(/\/exam/);
  await noClient(candidate);
  await staleFormIsTold(candidate, 3);
});
