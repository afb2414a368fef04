import assert from "node:assert/strict";
import { PASSWORD, until } from "./support/centre.mjs";
import { stage } from "./support/stage.mjs";

const house = stage({
  accounts: { proctor1: "proctor", proctor2: "proctor", proctor3: "proctor" },
  sessions: [{ title: "模拟考试", rooms: [{ number: 1, seats: 12, columns: 4, candidates: 5 }] }],
});
const { scene } = house;
const seat = (number) => house.centre.sessions[0].candidates[number - 1];

scene("a proctor sees and does everything in one room, and the signed record proves itself", async (t) => {
  const { centre } = house;
  const [session] = centre.sessions;
  const [writing, fading, waiting] = [await house.candidate(seat(1)), await house.candidate(seat(2)), await house.candidate(seat(3))];
  const proctor = await house.staff("proctor1");
  const tile = (number, text, within = 8_000) => proctor.tile(number).filter({ hasText: text }).waitFor({ timeout: within });

  await proctor.signIn();
  await proctor.press('main a[href^="/rooms/"]:text-is("第 1 考场")');
  const room = new URL(proctor.page.url()).pathname;
  const toRoom = () => proctor.open(room);
  await tile(1, "未登录");

  await writing.arrive();
  await tile(1, "待考");
  await fading.arrive();
  await waiting.enrol();
  await waiting.logIn();
  await toRoom();
  await proctor.checkIn("proctor1");
  await proctor.checkIn("proctor2");
  await proctor.act("open");
  assert.equal(proctor.notice, "room_opened");
  await writing.inExam();
  await fading.inExam();
  await tile(1, "作答中");
  await tile(3, "待考");
  await tile(4, "未登录");

  await t.test("answers are counted as they are saved", async () => {
    for (const key of ["a", "ArrowRight", "b"]) await writing.page.keyboard.press(key);
    await writing.saved();
    await tile(1, "2 / 100");
  });

  await t.test("a raised hand comes first, and the candidate sees that it was dealt with", async () => {
    await writing.page.locator(".hand button").click();
    await writing.page.locator(".hand button", { hasText: "已举手" }).waitFor();
    await tile(1, "举手");
    await proctor.page.locator("main", { hasText: /1 号 举手/ }).waitFor();
    await proctor.press(proctor.tile(1));
    await proctor.act("lower-hand");
    assert.equal(proctor.notice, "hand_lowered");
    await writing.page.locator(".hand button", { hasText: /^\s*举手\s*$/ }).waitFor({ timeout: 10_000 });
  });

  await t.test("a machine that goes offline shows within 10 s, and again when it is back", async () => {
    await toRoom();
    fading.expect(/ERR_INTERNET_DISCONNECTED/);
    await fading.page.keyboard.press("b");
    await fading.saved();
    const at = Date.now();
    await fading.context.setOffline(true);
    await tile(2, "离线", 15_000);
    const took = Date.now() - at;
    t.diagnostic(`offline shown after ${took} ms`);
    await fading.context.setOffline(false);
    await tile(2, "作答中", 15_000);
    assert.ok(took <= 10_000, `it took ${took} ms`);
  });

  await t.test("time for one is for one; above the limit a second proctor confirms", async () => {
    await proctor.press(proctor.tile(1));
    const [one, other] = [await writing.left(), await fading.left()];
    await proctor.act("sittings/" + (await sittingOf(proctor)) + "/extend", { minutes: 5, reason: "考机重启" });
    assert.equal(proctor.notice, "time_granted~5");
    await until("five minutes more", async () => (await writing.left()) > one + 240, { within: 10_000 });
    assert.ok((await fading.left()) <= other);
    assert.match(await proctor.text(".sitting"), /延时 5:00（考机重启）/);

    const act = "sittings/" + (await sittingOf(proctor)) + "/extend";
    await proctor.act(act, { minutes: 20, reason: "停电" });
    assert.equal(proctor.notice, "second_proctor_needed");
    await proctor.act(act, { minutes: 20, reason: "停电", second_account: "proctor1", second_password: PASSWORD });
    assert.equal(proctor.notice, "second_proctor_needed", "nobody is their own second");
    await proctor.act(act, { minutes: 20, reason: "停电", second_account: "proctor3", second_password: PASSWORD });
    assert.equal(proctor.notice, "second_proctor_needed", "the second is in the room");
    await proctor.act(act, { minutes: 20, reason: "停电", second_account: "proctor2", second_password: PASSWORD });
    assert.equal(proctor.notice, "time_granted~20");
  });

  await t.test("time for all is for all who are writing", async () => {
    await toRoom();
    const lefts = () => Promise.all([writing.left(), fading.left()]);
    const before = await lefts();
    await proctor.act("extend", { minutes: 2, reason: "全场断电" });
    assert.equal(proctor.notice, "time_granted~2");
    await until("two minutes more for both", async () => (await lefts()).every((left, at) => left > before[at] + 90), { within: 12_000 });
  });

  await t.test("an absence and a note are kept", async () => {
    await proctor.press(proctor.tile(4));
    await proctor.act("absent");
    assert.equal(proctor.notice, "absent_recorded");
    await toRoom();
    await tile(4, "缺考");
    await proctor.press(proctor.tile(2));
    await proctor.act("note", { text: "更换鼠标" });
    assert.equal(proctor.notice, "note_kept");
    assert.match(await proctor.text(".events"), /更换鼠标/);
  });

  await t.test("a paper is collected by the proctor, and the candidate's page goes to the receipt", async () => {
    await toRoom();
    await proctor.press(proctor.tile(1));
    writing.expect(/\b410\b/);
    await proctor.act("hand-in", { reason: "考生要求提前离场", confirm: true });
    assert.equal(proctor.notice, "handed_in");
    await writing.page.waitForURL(/\/receipt$/, { timeout: 15_000 });
    await writing.arrived();
    assert.match(await writing.text("main"), /监考员收卷[\s\S]*2 \/ 100 题/);
    await toRoom();
    await tile(1, "已交卷");
  });

  await t.test("the room ends: who still writes is handed in, who never began is absent", async () => {
    fading.expect(/\b410\b/);
    await proctor.act("end", { reason: "考试结束", confirm: true });
    assert.equal(proctor.notice, "room_ended");
    await fading.page.waitForURL(/\/receipt$/, { timeout: 15_000 });
    assert.match(await proctor.text(".room-head .tag"), /已结束/);
  });

  let head;
  await t.test("the record tells it all and bears the head of the chain", async () => {
    await proctor.press('a[href$="/record"]');
    const record = await proctor.text("main");
    for (const told of [/应考 5\s+实考 2\s+缺考 3/, /始终不少于规定的 2 名/, /考机重启/, /停电/, /全场断电/, /更换鼠标/, /监考员收卷 2/, /监考员签名 1/]) {
      assert.match(record, told);
    }
    head = (await proctor.text(".audit code")).trim();
    assert.match(head, /^\d+:[0-9a-f]{8,}/);
  });

  await t.test("kaochang audit verify passes with the printed head, and fails with another", async () => {
    await centre.stop();
    const said = await centre.command(["audit", "verify", "--session", session.id, "--head", head.replace(/[^0-9a-f:].*$/, "")]);
    assert.match(said, /1 chains, \d+ rows, 0 problems/);
    const [row, hash] = head.split(":");
    const forged = `${row}:${hash.startsWith("0") ? "1" : "0"}${hash.slice(1).replace(/[^0-9a-f].*$/, "")}`;
    assert.match(await centre.command(["audit", "verify", "--session", session.id, "--head", forged], "", { fails: true }), /✗/);
    const cut = `${Number(row) + 1000}:${hash.replace(/[^0-9a-f].*$/, "")}`;
    assert.match(await centre.command(["audit", "verify", "--session", session.id, "--head", cut], "", { fails: true }), /✗/);
    assert.match(await centre.command(["audit", "verify"]), /0 problems/);
  });
});

async function sittingOf(proctor) {
  return new URL(proctor.page.url()).searchParams.get("sitting");
}
