// Every screen in both languages, to be looked at. KAOCHANG_SCREENSHOTS=1 keeps the pictures under docs/screenshots.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { STANDARD, sleep } from "./support/centre.mjs";
import { stage } from "./support/stage.mjs";

const proctors = ["proctor1", "proctor2"];
const house = stage({
  accounts: { proctor1: "proctor", proctor2: "proctor", author: "author", office: "office" },
  sessions: [{ title: "2026-11-28 上午场", rooms: [{ number: 2, seats: 32, columns: 6, candidates: 30 }], accommodations: { 30: { extra_minutes: 20, extra_reason: "视力障碍" } } }],
});
const { scene } = house;
const kept = process.env.KAOCHANG_SCREENSHOTS === "1";
const folder = kept ? fileURLToPath(new URL("../docs/screenshots", import.meta.url)) : await mkdtemp(join(tmpdir(), "kaochang-screens-"));
const taken = [];

async function shoot(person, name, { size, full = false } = {}) {
  await mkdir(folder, { recursive: true });
  if (size) await person.page.setViewportSize(size);
  await sleep(400);
  const path = join(folder, `${name}.jpg`);
  await person.page.screenshot({ path, type: "jpeg", quality: 72, fullPage: full });
  taken.push(path);
}

/** Shows the same page in the other language, and comes back. */
async function bothLanguages(person, name, options) {
  await shoot(person, `${name}-zh`, options);
  const address = person.page.url();
  await person.context.addCookies([{ name: "lang", value: "en", url: house.centre.address }]);
  await person.page.goto(address);
  await person.arrived();
  await shoot(person, `${name}-en`, options);
  await person.context.addCookies([{ name: "lang", value: "zh", url: house.centre.address }]);
  await person.page.goto(address);
  await person.arrived();
}

scene("the candidate's screens", async () => {
  const { candidates } = house.centre.sessions[0];
  const candidate = await house.candidate(candidates[16]);
  await candidate.open("/");
  await bothLanguages(candidate, "no-seat");
  await candidate.open(candidate.own.enrol);
  await bothLanguages(candidate, "enrol");
  await candidate.enrol();
  await candidate.open("/");
  await bothLanguages(candidate, "login");
  await candidate.page.fill('[name="admission_no"]', "nobody");
  await candidate.page.fill('[name="id_number"]', "nothing");
  await candidate.press('form[action="/login"] button');
  await bothLanguages(candidate, "login-refused");
  await candidate.logIn();
  await bothLanguages(candidate, "confirm");
  await candidate.confirm();
  await bothLanguages(candidate, "rules", { full: true });
  await candidate.accept();
  await bothLanguages(candidate, "waiting");

  const others = await Promise.all(candidates.slice(0, 3).map((own) => house.candidate(own)));
  for (const other of others) await other.arrive();
  const { desk, room } = await house.centre.openRoom(2, proctors);
  await candidate.inExam();
  for (const key of ["a", "ArrowRight", "b", "ArrowRight", "a", "f", "ArrowRight"]) await candidate.page.keyboard.press(key);
  for (const position of [21, 22, 23, 44, 81]) {
    await candidate.cell(position).click();
    await candidate.page.keyboard.press("b");
    if (position > 80) await candidate.page.keyboard.press("c");
  }
  await candidate.cell(44).click();
  await candidate.saved();
  await shoot(candidate, "exam-zh");
  await shoot(candidate, "exam-1024-zh", { size: { width: 1024, height: 768 } });
  await shoot(candidate, "exam-phone-zh", { size: { width: 390, height: 844 } });
  await candidate.page.setViewportSize({ width: 1366, height: 768 });
  await candidate.open("/exam?q=44");
  await candidate.inExam();
  await bothLanguages(candidate, "exam-question");
  await candidate.open("/exam?q=44&all=1");
  await shoot(candidate, "exam-all-zh");
  await candidate.open("/exam?q=81");
  await candidate.inExam();
  await candidate.page.keyboard.press("?");
  await shoot(candidate, "exam-keys-zh");
  await candidate.open("/exam/hand-in");
  await bothLanguages(candidate, "hand-in");

  const plain = await house.candidate(candidates[4], { javaScriptEnabled: false });
  await plain.arrive();
  await plain.inExam();
  await shoot(plain, "exam-plain-zh");
  for (const theme of ["cream", "contrast"]) {
    await plain.context.addCookies([{ name: "theme", value: theme, url: house.centre.address }]);
    await plain.open("/exam?q=30");
    await plain.accessible();
    await shoot(plain, `exam-${theme}-zh`);
  }

  const [first, second, third] = others;
  await first.open("/exam/hand-in");
  await first.handIn();
  await bothLanguages(first, "receipt", { full: true });
  await desk.act(`/rooms/${room}/sittings/${(await desk.tile(room, 10)).sitting}/absent`, {}, "absent_recorded");
  await third.page.locator('form[action="/hand"] button').click();
  await second.context.setOffline(true);
  second.expect(/ERR_INTERNET_DISCONNECTED/);
  await sleep(10_000);

  const proctor = await house.staff("proctor1");
  await proctor.open("/staff/login");
  await bothLanguages(proctor, "staff-login");
  await proctor.signIn();
  await bothLanguages(proctor, "staff-home");
  await proctor.open(`/rooms/${room}`);
  await sleep(2_500);
  await bothLanguages(proctor, "room");
  await shoot(proctor, "room-1024-zh", { size: { width: 1024, height: 768 } });
  await proctor.page.setViewportSize({ width: 1366, height: 768 });
  await proctor.open(`/rooms/${room}?sitting=${(await desk.tile(room, 2)).sitting}`);
  await bothLanguages(proctor, "room-candidate", { full: true });
  await proctor.open(`/rooms/${room}/record`);
  await bothLanguages(proctor, "record", { full: true });
});

scene("the author's and the office's screens", async () => {
  const author = await house.staff("author");
  await author.signIn();
  await author.open(`/bank/${STANDARD}`);
  await bothLanguages(author, "coverage");
  await author.open(`/bank/${STANDARD}/questions?level=junior&function=system-operations`);
  await bothLanguages(author, "questions");
  await author.open("/bank/questions/so-3.2.2-01");
  await author.page.locator("details > summary", { hasText: "答案" }).click();
  await bothLanguages(author, "question");

  const office = await house.staff("office");
  await office.signIn();
  await office.open(`/sessions/${house.centre.sessions[0].id}/results`);
  await bothLanguages(office, "results");
  await office.context.request.get("/no-such-page");
  office.expect(/404/);
  await office.page.goto("/no-such-page");
  await bothLanguages(office, "error");
});

scene("the pictures are there, and small enough to keep", async (t) => {
  const sizes = await Promise.all(taken.map(async (path) => (await stat(path)).size));
  const sum = sizes.reduce((all, one) => all + one, 0);
  t.diagnostic(`${sizes.length} pictures, ${sum} bytes, in ${kept ? "docs/screenshots" : "a temporary folder"}`);
  assert.equal(new Set(taken).size, (await readdir(folder)).filter((name) => name.endsWith(".jpg")).length);
  assert.ok(sizes.every((size) => size > 10_000), "none is empty");
  assert.ok(sum < 8_000_000);
});
