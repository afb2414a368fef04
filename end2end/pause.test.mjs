import assert from "node:assert/strict";
import { stage } from "./support/stage.mjs";

const house = stage({
  accounts: { proctor1: "proctor", proctor2: "proctor", office1: "office", office2: "office" },
  sessions: [{ title: "模拟考试", rooms: [{ number: 1, seats: 4, columns: 4, candidates: 3 }] }],
});
const { scene } = house;
const seat = (number) => house.centre.sessions[0].candidates[number - 1];

scene("a room stands still for pages with scripts and without, and goes on where it stood", async () => {
  const writing = await house.candidate(seat(1));
  const plain = await house.candidate(seat(2), { javaScriptEnabled: false });
  const proctor = await house.staff("proctor1");
  await proctor.signIn();
  await proctor.press('main a[href^="/rooms/"]:text-is("第 1 考场")');
  await proctor.checkIn("proctor1");
  await proctor.checkIn("proctor2");
  await proctor.act("open");
  await writing.sit();
  await plain.arrive();
  await plain.open("/exam?q=1");

  await writing.page.keyboard.press("a");
  await writing.saved();
  await proctor.act("pause", { reason: "消防警报" });
  assert.equal(proctor.notice, "room_paused");
  await proctor.page.locator("main", { hasText: "考试已暂停" }).waitFor();

  const cover = writing.page.locator(".cover.shut", { hasText: "考试暂停" });
  await cover.waitFor({ timeout: 8_000 });
  await writing.accessible();
  const stood = await writing.left();
  await writing.page.waitForTimeout(3_000);
  assert.equal(await writing.left(), stood, "the time left stands");
  await writing.page.keyboard.press("b");
  assert.deepEqual(await writing.page.locator(".options input:checked").count(), 1);

  // The form that was open is saved, and what comes next shows no question.
  await plain.page.check('[name="choice"] >> nth=0');
  await plain.press('.question button.only-plain[value="stay"]');
  assert.match(plain.notice, /^saved/);
  await plain.page.locator("h1", { hasText: "考试暂停" }).waitFor();
  assert.equal(await plain.page.locator('[name="choice"]').count(), 0);
  await plain.open("/exam/hand-in");
  assert.equal(plain.path, "/exam");

  await proctor.act("resume");
  assert.equal(proctor.notice, "room_resumed");
  await cover.waitFor({ state: "detached", timeout: 8_000 });
  const left = await writing.left();
  assert.ok(left >= stood && left <= stood + 5, `${stood} s were left, and then ${left}`);
  await writing.page.keyboard.press("ArrowRight");
  await writing.page.keyboard.press("b");
  await writing.saved();
  assert.deepEqual(await writing.stored(), { 1: "A", 2: "B" });
  // Without scripts the page comes back by itself.
  await plain.page.waitForSelector('[name="choice"]', { timeout: 10_000 });
  assert.deepEqual(Object.keys(await plain.stored()), ["1"]);
});

scene("a voided question is told on the page within seconds, with scripts and without", async () => {
  const [writing, plain] = [await house.candidate(seat(3)), await house.candidate(seat(2), { javaScriptEnabled: false })];
  await writing.sit();
  const office = await house.staff("office1");
  await office.signIn();
  await office.open(`/sessions/${house.centre.sessions[0].id}`);
  await office.act("void", {
    admission_no: seat(3).admission_no,
    position: "1",
    reason: "两个选项都对",
    second_account: "office2",
    second_password: "correct horse 7",
    confirm: true,
  });
  assert.match(office.notice, /^question_voided/);
  await writing.page.locator(".question .banner", { hasText: "本题已作废" }).waitFor({ timeout: 8_000 });
  await writing.page.locator("[role=alert]", { hasText: "第 1 题已作废" }).waitFor();
  await writing.accessible();
  // The same candidate's page without scripts, in another browser: the newest login writes.
  await plain.context.addCookies(await writing.context.cookies());
  await plain.open("/exam?q=1");
  await plain.page.locator(".question .banner", { hasText: "本题已作废" }).waitFor();
});
