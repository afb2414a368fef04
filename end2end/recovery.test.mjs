import assert from "node:assert/strict";
import { sleep, until } from "./support/centre.mjs";
import { stage } from "./support/stage.mjs";

const house = stage(async () => {
  const { Centre } = await import("./support/centre.mjs");
  const centre = await Centre.open({
    accounts: { proctor1: "proctor", proctor2: "proctor" },
    sessions: [{ title: "模拟考试", rooms: [{ number: 1, seats: 12, columns: 4, candidates: 6 }] }],
  });
  Object.assign(house, await centre.openRoom(1, ["proctor1", "proctor2"]));
  return centre;
});
const { scene } = house;
const seat = (number) => house.centre.sessions[0].candidates[number - 1];

const NET = [/ERR_INTERNET_DISCONNECTED/, /ERR_CONNECTION_REFUSED/, /ERR_CONNECTION_RESET/, /ERR_EMPTY_RESPONSE/, /ERR_NETWORK_CHANGED/, /ERR_SOCKET_NOT_CONNECTED/];
const REFUSED = [/\b409\b/];

/** What the server itself says is left, in milliseconds. */
async function remaining(candidate) {
  const epoch = Number(/name="epoch" value="(\d+)"/.exec(await (await candidate.context.request.get("/exam")).text())[1]);
  const reply = await candidate.context.request.post("/exam/changes", { data: { epoch, changes: [] } });
  return (await reply.json()).remaining_ms;
}

async function answer(candidate, keys, page = candidate.page) {
  for (const key of keys) await page.keyboard.press(key);
}

scene("a reload keeps answers, flags and time", async () => {
  const candidate = await house.candidate(seat(1));
  await candidate.sit();
  await answer(candidate, ["b", "ArrowRight", "a", "f", "ArrowRight", "b"]);
  await candidate.saved();
  const [before, at] = [await candidate.left(), Date.now()];
  await candidate.page.reload();
  await candidate.inExam();
  assert.deepEqual(await candidate.stored(), { 1: "B", 2: "A⚑", 3: "B" });
  for (const position of [1, 2, 3]) assert.match(await candidate.cell(position).getAttribute("class"), /done/);
  assert.match(await candidate.cell(2).getAttribute("class"), /flag/);
  await candidate.cell(2).click();
  assert.ok(await candidate.page.locator('[name="choice"][value="A"]').isChecked());
  const gone = (Date.now() - at) / 1000;
  const after = await candidate.left();
  assert.ok(after <= before && after >= before - gone - 2, `${before} s, then after ${gone} s ${after} s`);
});

scene("an answer given a moment before the reload is not lost", async () => {
  const candidate = await house.candidate(seat(1));
  await candidate.enrol();
  await candidate.logIn();
  await candidate.inExam();
  await answer(candidate, ["ArrowRight", "ArrowRight", "ArrowRight"]);
  await candidate.page.keyboard.press("b");
  await candidate.page.reload();
  await candidate.inExam();
  await candidate.saved();
  await until("the answer is on the server", async () => (await candidate.stored())[4] === "B");
});

scene("a candidate moved to a spare seat finds everything there, and the old machine is told and can not write", async () => {
  const own = seat(2);
  const old = await house.candidate(own);
  await old.sit();
  await answer(old, ["a", "ArrowRight", "b", "f", "ArrowRight", "b"]);
  await old.saved();
  const before = await remaining(old);
  const at = Date.now();

  const proctor = await house.staff("proctor1");
  await proctor.signIn();
  await proctor.open(`/rooms/${house.room}`);
  await proctor.press(proctor.tile(own.seat));
  await proctor.act("move", { seat: 9 });
  assert.equal(proctor.notice, "seat_moved~9");

  old.expect(...REFUSED);
  const fresh = await house.candidate(own);
  await fresh.enrol(house.centre.sessions[0].enrol(1, 9));
  await fresh.logIn();
  await fresh.inExam();
  assert.deepEqual(await fresh.stored(), { 1: "A", 2: "B⚑", 3: "B" });
  const after = await remaining(fresh);
  assert.ok(after <= before && after >= before - (Date.now() - at) - 500, "the time goes on, and nothing is taken");

  // Heard of by the next heartbeat, without a touch.
  const cover = old.page.locator('[role="alertdialog"]');
  await cover.waitFor({ timeout: 10_000 });
  assert.match(await cover.innerText(), /已在另一台机器上打开/);
  await answer(old, ["ArrowRight", "a", "b"]);
  await answer(fresh, ["b"]);
  await fresh.saved();
  await sleep(500);
  assert.deepEqual(await fresh.stored(), { 1: "B", 2: "B⚑", 3: "B" }, "only the new machine has written");

  await old.open("/exam");
  assert.equal(old.notice, "epoch_stale", "and the old one finds no paper any more");
});

scene("offline is told within 5 s, one goes on answering, and everything drains afterwards", async () => {
  const candidate = await house.candidate(seat(3));
  await candidate.sit();
  candidate.expect(...NET);
  await answer(candidate, ["a"]);
  await candidate.saved();
  await candidate.context.setOffline(true);
  const state = candidate.page.locator(".state.bad", { hasText: "未连接，答案已存在本机，连接后自动上传" });
  await state.waitFor({ timeout: 5_000 });
  await answer(candidate, ["ArrowRight", "b", "ArrowRight", "a", "f", "ArrowRight", "b", "a"]);
  assert.equal(await candidate.page.locator(".cells .wait").count(), 3, "what is not yet uploaded is marked");
  assert.match(await candidate.cell(3).getAttribute("aria-label"), /尚未上传/);
  const shown = await candidate.left();
  await sleep(1_500);
  assert.ok((await candidate.left()) < shown, "the clock goes on");
  assert.deepEqual(await candidate.stored(), { 1: "A" });

  await candidate.page.click('a[href="/exam/hand-in"]');
  assert.match(await candidate.text(".banner-place"), /还有答案正在上传/, "nobody hands in without their answers");
  await candidate.page.locator(".banner-place button").click();

  await candidate.context.setOffline(false);
  await candidate.saved();
  assert.deepEqual(await candidate.stored(), { 1: "A", 2: "B", 3: "A⚑", 4: "A" });
});

scene("a connection that dies without a word is told within 5 s as well", async () => {
  const candidate = await house.candidate(seat(3));
  await candidate.enrol();
  await candidate.logIn();
  await candidate.inExam();
  candidate.expect(/ERR_TIMED_OUT/, /ERR_FAILED/);
  const { page } = candidate;
  await page.route("**/exam/changes", () => {});
  await answer(candidate, ["ArrowRight", "a"]);
  await page.locator(".state.bad").waitFor({ timeout: 5_000 });
  await page.unroute("**/exam/changes");
  await candidate.saved();
  await until("the answer is on the server", async () => (await candidate.stored())[2] === "A");
});

scene("the server is killed and started again: answers and time stand, and the page comes back by itself", async (t) => {
  const { centre } = house;
  const candidate = await house.candidate(seat(4));
  await candidate.sit();
  candidate.expect(...NET);
  await answer(candidate, ["b", "ArrowRight", "a", "ArrowRight", "b", "f"]);
  await candidate.saved();
  const before = await remaining(candidate);
  const asked = Date.now();
  await sleep(300);

  await centre.stop("SIGKILL");
  const killed = Date.now();
  await answer(candidate, ["ArrowRight", "a"]);
  await candidate.page.locator(".state.bad").waitFor({ timeout: 5_000 });
  await sleep(3_000);
  const started = Date.now();
  await centre.serve();
  await candidate.saved();

  assert.deepEqual(await candidate.stored(), { 1: "B", 2: "A", 3: "B⚑", 4: "A" });
  const after = await remaining(candidate);
  const served = killed - asked + (Date.now() - started);
  t.diagnostic(`${before} ms, served ${served} ms, away ${started - killed} ms, then ${after} ms`);
  assert.ok(after >= before - served - 1_000, `${after} ms are less than ${before} - ${served} - 1000: the outage took time`);
  assert.ok(after <= before + 1_000, "at most a second comes back as a gift");
  assert.ok(Math.abs((await candidate.left()) * 1000 - after) < 2_000, "the page shows it");

  house.desk = await centre.desk("proctor1");
  const record = await (await house.desk.get(`/rooms/${house.room}/record`)).text();
  assert.match(record, /其间作答时间停止计算/, "the record names the outage");
});

scene("of two tabs the older one locks, and can be taken back", async () => {
  const candidate = await house.candidate(seat(5));
  await candidate.sit();
  const first = candidate.page;
  await answer(candidate, ["a"]);
  await candidate.saved();
  const second = await candidate.tab();
  await second.goto("/exam");
  await candidate.inExam(second);

  const cover = first.locator('[role="alertdialog"]');
  await cover.waitFor({ timeout: 5_000 });
  assert.match(await cover.innerText(), /试卷已在另一个窗口打开/);
  await answer(candidate, ["b"], first);
  await answer(candidate, ["ArrowRight", "b"], second);
  await candidate.saved(second);
  assert.deepEqual(await candidate.stored(), { 1: "A", 2: "B" }, "the older tab has written nothing");

  await Promise.all([first.waitForNavigation(), cover.locator("button").click()]);
  await candidate.inExam(first);
  await second.locator('[role="alertdialog"]').waitFor({ timeout: 5_000 });
  await answer(candidate, ["b"], first);
  await candidate.saved(first);
  assert.equal((await candidate.stored())[1], "B");
});
