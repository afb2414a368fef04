import assert from "node:assert/strict";
import { Centre } from "./support/centre.mjs";
import { stage } from "./support/stage.mjs";

const house = stage(() => Centre.demo());
const { scene } = house;

/** Password of an account of the demo. */
const password = (login) => house.centre.note.accounts.find((account) => account.login === login).password;

scene("the demo is sittable at once: two rooms, a rehearsal, and everybody who is needed", async () => {
  const { note, log, address } = house.centre;
  assert.deepEqual(note.sessions.map((session) => session.candidates.length), [43, 6]);
  assert.deepEqual(new Set(note.accounts.map((account) => account.role)), new Set(["Proctor", "Author", "Office"]));
  assert.ok(log.includes(`${address}/staff/login`) && log.includes(password("proctor1")), "it prints how to get in");

  const own = note.sessions[0].candidates.find(({ room }) => room === 2);
  const candidate = await house.candidate(own);
  await candidate.arrive();
  await house.centre.openRoom(2, ["proctor4", "proctor5"], note.sessions[0], password);
  await candidate.inExam();
  assert.match(await candidate.text(".purpose"), /模拟/);
  const left = await candidate.left();
  assert.ok(left > 89 * 60 && left <= 90 * 60, `the full 90 minutes, not ${left} s`);
});

scene("started again it is up within seconds and keeps what it had", async (t) => {
  const { centre } = house;
  const own = centre.note.sessions[0].candidates.find(({ room }) => room === 2);
  const candidate = await house.candidate(own);
  await candidate.enrol();
  await candidate.logIn();
  await candidate.inExam();
  await candidate.page.keyboard.press("b");
  await candidate.saved();
  await candidate.close();
  await centre.stop();
  const before = Date.now();
  await centre.serve(["demo"]);
  const took = Date.now() - before;
  t.diagnostic(`up again after ${took} ms`);
  assert.ok(took < 10_000);
  const again = await house.candidate(own);
  await again.enrol();
  await again.logIn();
  assert.equal((await again.stored())[1], "B");
});
