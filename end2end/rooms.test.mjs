import assert from "node:assert/strict";
import { stage } from "./support/stage.mjs";

const house = stage({
  accounts: { proctor1: "proctor", proctor2: "proctor", proctor3: "proctor", proctor4: "proctor", proctor5: "proctor", proctor6: "proctor", proctor7: "proctor", office: "office" },
  sessions: [
    {
      title: "模拟考试",
      rooms: [
        { number: 1, seats: 36, columns: 6, candidates: 31 },
        { number: 2, seats: 16, columns: 4, candidates: 12 },
        { number: 3, seats: 4, columns: 2, candidates: 3 },
      ],
    },
  ],
});
const { scene } = house;

const toRoom = (number) => `main a[href^="/rooms/"]:text-is("第 ${number} 考场")`;

/** An open command as somebody sends it who does not ask the page. */
async function forceOpen(proctor) {
  const reply = await proctor.context.request.post(`${new URL(proctor.page.url()).pathname}/open`, { form: { confirm: "yes" }, maxRedirects: 0 });
  return new URL(reply.headers().location, house.centre.address).searchParams.get("notice");
}

scene("a room of 31 is refused with two proctors, says that 1 is missing, and opens with three", async () => {
  const proctor = await house.staff("proctor1");
  await proctor.signIn();
  await proctor.press(toRoom(1));
  assert.match(await proctor.text(".present"), /0 \/ 3 ✗/);

  await proctor.checkIn("proctor1");
  assert.equal(proctor.notice, "proctor_checked_in");
  await proctor.checkIn("proctor1");
  assert.equal(proctor.notice, "proctor_already_in", "one person counts once");
  await proctor.checkIn("office");
  assert.equal(proctor.notice, "not_a_proctor");
  await proctor.checkIn("proctor2", "a wrong password");
  assert.equal(proctor.notice, "password_wrong");
  await proctor.checkIn("proctor2");

  assert.match(await proctor.text(".present"), /2 \/ 3 ✗\s*还缺 1 名，不能开考/);
  assert.match(await proctor.text(".room-acts"), /不能开考：还缺 1 名监考员（31 名考生须有 3 名）/);
  assert.equal(await proctor.page.locator('form[action$="/open"]').count(), 0, "there is no button to open");
  assert.equal(await forceOpen(proctor), "proctors_missing~1", "and no way round it");

  await proctor.checkIn("proctor3");
  assert.match(await proctor.text(".present"), /3 \/ 3 ✓/);
  await proctor.act("open");
  assert.equal(proctor.notice, "room_opened");
  assert.match(await proctor.text(".room-head .tag"), /考试中/);
});

scene("a room of 12 is refused with one proctor and opens with two", async () => {
  const proctor = await house.staff("proctor4");
  await proctor.signIn();
  await proctor.press(toRoom(2));
  await proctor.checkIn("proctor1");
  assert.equal(proctor.notice, "proctor_elsewhere~1", "nobody is in two rooms at once");

  await proctor.checkIn("proctor4");
  assert.match(await proctor.text(".present"), /1 \/ 2 ✗\s*还缺 1 名/);
  assert.equal(await proctor.page.locator('form[action$="/open"]').count(), 0);
  assert.equal(await forceOpen(proctor), "proctors_missing~1");

  await proctor.checkIn("proctor5");
  assert.match(await proctor.text(".present"), /2 \/ 2 ✓/);
  await proctor.act("open");
  assert.equal(proctor.notice, "room_opened");
});

scene("a proctor who leaves an open room raises the alarm on every proctor's page, and the record keeps it", async () => {
  await house.centre.openRoom(3, ["proctor6", "proctor7"]);
  const [leaving, staying] = [await house.staff("proctor6"), await house.staff("proctor7")];
  for (const proctor of [leaving, staying]) {
    await proctor.signIn();
    await proctor.press(toRoom(3));
  }
  const alarm = (proctor) => proctor.page.locator('[role="alert"] .banner.bad', { hasText: "考试中还缺 1 名，请立即补足并签到" });
  assert.equal(await alarm(staying).count(), 0);

  await leaving.press(leaving.page.locator('form[action$="/check-out"]', { has: leaving.page.locator('[value="proctor6"]') }).locator("button"));
  await alarm(leaving).waitFor();
  await alarm(staying).waitFor({ timeout: 10_000 });

  await staying.open(new URL(staying.page.url()).pathname);
  await staying.checkIn("proctor6");
  await alarm(staying).waitFor({ state: "detached" });

  await staying.press('a[href$="/record"]');
  assert.match(await staying.text("main"), /曾有在场监考员少于规定的 2 名/);
});
