import assert from "node:assert/strict";
import { until } from "./support/centre.mjs";
import { pick } from "./support/plain.mjs";
import { stage } from "./support/stage.mjs";

const house = stage({
  accounts: { proctor1: "proctor", proctor2: "proctor", office: "office" },
  sessions: [
    {
      title: "一分钟",
      purpose: "rehearsal",
      minutes: 1,
      rooms: [{ number: 1, seats: 4, columns: 2, candidates: 3 }],
    },
  ],
});
const { scene } = house;
const seat = (number) => house.centre.sessions[0].candidates[number - 1];

/** Each page says what it is for. */
async function marked(person) {
  assert.match(await person.text(".purpose"), /试考　不计成绩/, `${person.path} is marked as a rehearsal`);
}

scene("a rehearsal of one minute ends by the server's clock, with scripts and without, and an extension shows within 10 s", async () => {
  const withScripts = await house.candidate(seat(1));
  const without = await house.candidate(seat(2), { javaScriptEnabled: false });
  const extended = await house.candidate(seat(3));
  const proctor = await house.staff("proctor1");

  await withScripts.open(seat(1).enrol);
  await marked(withScripts);
  await withScripts.enrol();
  await marked(withScripts);
  await withScripts.logIn();
  await marked(withScripts);
  await withScripts.confirm();
  await marked(withScripts);
  await withScripts.accept();
  await marked(withScripts);
  await without.arrive();
  await marked(without);
  await extended.arrive();
  await proctor.signIn();
  const { room } = await house.centre.openRoom(1, ["proctor1", "proctor2"]);

  await Promise.all([withScripts, without, extended].map((candidate) => candidate.inExam()));
  await Promise.all([withScripts, without].map(marked));
  assert.ok((await withScripts.left()) <= 60);
  await withScripts.page.keyboard.press("a");
  await extended.page.keyboard.press("b");
  await pick(without.page, 1, "B");
  await without.press('button[name="go"][value="next"]');
  await withScripts.saved();
  // A form that is still open when time is up.
  await pick(without.page, 2, "A");

  // 延时: one minute more for one of them.
  await proctor.open(`/rooms/${room}`);
  await marked(proctor);
  await proctor.press(proctor.tile(3));
  const before = await extended.left();
  const sitting = new URL(proctor.page.url()).searchParams.get("sitting");
  await proctor.act(`sittings/${sitting}/extend`, { minutes: 1, reason: "键盘更换" });
  assert.equal(proctor.notice, "time_granted~1");
  await until("the extension is on the candidate's page", async () => (await extended.left()) > before + 30, { within: 10_000 });
  await proctor.open(`/rooms/${room}/record`);
  await marked(proctor);
  assert.match(await proctor.text("main"), /键盘更换/);

  // A heartbeat may be the first to hear that it is over.
  withScripts.expect(/\b410\b/);
  // With scripts: the page stops at the end and goes to the receipt by itself.
  await withScripts.page.waitForURL(/\/receipt$/, { timeout: 75_000 });
  await withScripts.arrived();
  await marked(withScripts);
  assert.match(await withScripts.text("main"), /到时交卷[\s\S]*1 \/ 100 题/);

  // Without: the server has closed it; the open form is told, and what it held does not count.
  await without.press('button[name="go"][value="next"]');
  assert.match(without.page.url(), /\/receipt/);
  await marked(without);
  assert.match(await without.text("main"), /到时交卷[\s\S]*1 \/ 100 题/);
  await without.open("/exam?q=2");
  assert.equal(without.path, "/receipt");

  // Who was given more goes on.
  assert.match(extended.page.url(), /\/exam/);
  await extended.page.keyboard.press("ArrowRight");
  await extended.page.keyboard.press("b");
  await extended.saved();
  assert.deepEqual(await extended.stored(), { 1: "B", 2: "B" });
  assert.ok((await extended.left()) > 20);
  await extended.open("/exam/hand-in");
  await marked(extended);
  await extended.handIn();
  await marked(extended);
  assert.match(await extended.text("main"), /考生交卷[\s\S]*2 \/ 100 题/);

  const office = await house.staff("office");
  await office.signIn();
  await office.press('a[href$="/results"]');
  await marked(office);
});
