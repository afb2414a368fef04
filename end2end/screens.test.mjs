// Every screen, in both languages: looked at by axe-core, and photographed. The pictures go to docs/screenshots only where
// KAOCHANG_SCREENSHOTS=1 asks for it.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before } from "node:test";
import { Centre, Machine, STANDARD, until } from "./support/centre.mjs";
import { withPalette } from "./support/png.mjs";
import { stage } from "./support/stage.mjs";

const house = stage(() => Centre.demo());
const { scene } = house;
const LOOKS = [
  ["zh", "light"],
  ["en", "light"],
  ["zh", "cream"],
  ["en", "contrast"],
];
const SMALL = { "1024": { width: 1024, height: 768 }, phone: { width: 390, height: 844 } };
const NORMAL = { width: 1366, height: 768 };
const BYTES_MAX = 6_000_000;

let folder;
before(async () => {
  if (process.env.KAOCHANG_SCREENSHOTS === "1") {
    folder = fileURLToPath(new URL("../docs/screenshots", import.meta.url));
    await mkdir(folder, { recursive: true });
  } else {
    folder = await mkdtemp(join(tmpdir(), "kaochang-e2e-screens-"));
  }
});
after(async () => {
  if (process.env.KAOCHANG_SCREENSHOTS !== "1") await rm(folder, { recursive: true, force: true });
});

const password = (login) => house.centre.note.accounts.find((account) => account.login === login).password;
const sessions = () => house.centre.note.sessions;
const inRoom = (at, room) => sessions()[at].candidates.filter((candidate) => candidate.room === room);

async function picture(page, name, options) {
  await writeFile(join(folder, `${name}.png`), withPalette(await page.screenshot(options)));
}

/** A screen in every look: usable by everybody, nothing cut off at the side, and a picture of it in each language. */
async function screen(person, name, path, { small = false, ready = async () => {}, full = false } = {}) {
  const { page } = person;
  for (const [lang, theme] of LOOKS) {
    await person.context.addCookies(Object.entries({ lang, theme }).map(([key, value]) => ({ name: key, value, url: house.centre.address })));
    await page.goto(path);
    await ready();
    person.calm();
    const root = page.locator("html");
    assert.equal(await root.getAttribute("lang"), lang === "zh" ? "zh-CN" : "en");
    assert.equal(await root.getAttribute("data-theme"), theme);
    await person.accessible();
    if (theme !== "light") continue;
    await picture(page, `${name}-${lang}`, { fullPage: full });
    if (!small) continue;
    for (const [size, viewport] of Object.entries(SMALL)) {
      await page.setViewportSize(viewport);
      await picture(page, `${name}-${size}-${lang}`);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(over <= 0, `${name} is ${over} px too wide for ${viewport.width}`);
    }
    await page.setViewportSize(NORMAL);
  }
  await person.context.addCookies([{ name: "lang", value: "zh", url: house.centre.address }, { name: "theme", value: "light", url: house.centre.address }]);
}

const live = (person) => ({ ready: () => person.page.waitForSelector(".exam.live") });

scene("the demo tells how to get in", async () => {
  const { log, address, note } = house.centre;
  for (const told of [address, "/staff/login", "proctor1", password("proctor1"), "模拟考试（演示）", "试考"]) {
    assert.ok(log.includes(told), `it tells ${told}`);
  }
  assert.ok(log.includes(note.sessions[0].candidates[0].admission_no));
  assert.deepEqual([inRoom(0, 1).length, inRoom(0, 2).length], [31, 12]);
  const stranger = await house.candidate({ name: "nobody" });
  await screen(stranger, "no-seat", "/");
  const staff = await house.staff("proctor1", { password: password("proctor1") });
  await screen(staff, "staff-login", "/staff/login");
});

scene("the candidate's seven screens, before, in and after the exam", async () => {
  const { centre } = house;
  // A rehearsal: it can be handed in at once.
  const candidate = await house.candidate(inRoom(1, 3)[0]);
  await screen(candidate, "enrol", candidate.own.enrol);
  await candidate.enrol();
  await screen(candidate, "login", "/");
  await candidate.logIn();
  await screen(candidate, "confirm", "/confirm");
  await candidate.confirm();
  await screen(candidate, "rules", "/rules", { full: true });
  await candidate.accept();
  await screen(candidate, "waiting", "/waiting", { ready: () => candidate.page.waitForSelector('html[data-client="on"]', { state: "attached" }) });
  await centre.openRoom(3, ["proctor4", "proctor5"], sessions()[1], password);
  await candidate.inExam();
  for (const key of ["a", "ArrowRight", "b"]) await candidate.page.keyboard.press(key);
  await candidate.saved();
  await candidate.open("/");
  await candidate.handIn();
  await screen(candidate, "receipt", "/receipt", { full: true });
});

scene("the exam room, and the proctor's view of it", async () => {
  const { centre } = house;
  const mock = sessions()[0];
  const own = inRoom(0, 1);
  const proctor = await house.staff("proctor1", { password: password("proctor1") });
  await proctor.signIn();
  const desk = await centre.desk("proctor1", password("proctor1"));
  const room = `/rooms/${await desk.room(1, mock.id)}`;
  await screen(proctor, "staff-home", "/staff", { full: true });

  // Most of the room is there; a few are late.
  const machines = await Promise.all(own.slice(1, 27).map((one) => new Machine(centre, one).arrive()));
  const candidate = await house.candidate(own[0]);
  await candidate.arrive();
  await screen(proctor, "room-before", room, { full: true });
  await centre.openRoom(1, ["proctor1", "proctor2", "proctor3"], mock, password);
  await candidate.inExam();
  const write = async (machine, at) => {
    for (let position = 1; position <= (at * 13) % 17; position += 1) await machine.answer(position, "A");
  };
  await Promise.all(machines.map(write));
  await machines[7].post("/hand", { back: "/exam" });
  // One who spoke as a page with scripts and then fell silent.
  await machines[11].changes({ epoch: await machines[11].epoch(), changes: [{ seq: 90, position: 90, response: "A", flagged: false }] });

  for (const key of ["b", "ArrowRight", "a", "f", "ArrowRight", "b", "ArrowRight"]) await candidate.page.keyboard.press(key);
  await candidate.page.goto("/exam?q=24");
  await candidate.inExam();
  await candidate.page.keyboard.press("c");
  await candidate.saved();
  await screen(candidate, "exam", "/exam?q=24", { small: true, ...live(candidate) });
  await screen(candidate, "exam-multiple", "/exam?q=88", live(candidate));
  await screen(candidate, "exam-all", "/exam?q=21&all=1", live(candidate));
  await screen(candidate, "hand-in", "/exam/hand-in");
  const plain = await house.candidate(own[30], { javaScriptEnabled: false });
  await plain.arrive();
  await screen(plain, "exam-plain", "/exam?q=24");

  await proctor.open(room);
  await proctor.tile(own[12].seat).filter({ hasText: "离线" }).waitFor({ timeout: 15_000 });
  await screen(proctor, "room", room, { small: true });
  await proctor.open(room);
  await proctor.press(proctor.tile(own[8].seat));
  await proctor.act("note", { text: "更换鼠标" });
  await screen(proctor, "room-candidate", `${room}?sitting=${new URL(proctor.page.url()).searchParams.get("sitting")}`, { full: true });
  await screen(proctor, "record", `${room}/record`, { full: true });

  const office = await house.staff("office", { password: password("office") });
  await office.signIn();
  await screen(office, "results", `/sessions/${mock.id}/results`);
  await screen(office, "session", `/sessions/${mock.id}`, { small: true, full: true });
  await screen(office, "fairness", `/sessions/${mock.id}/fairness`, { small: true, full: true });
  await screen(office, "draft-new", "/drafts/new", { small: true });
  await office.open("/drafts/new");
  const rows = Array.from({ length: 30 }, (_, at) => `2026${1000 + at},考生${at + 1},0000001990010${1000 + at}X,1,${at + 1}`);
  await office.page.fill('[name="roster"]', ["admission_no,name,id_number,room,seat", ...rows].join("\n"));
  await office.press('form[action="/drafts/new"] button');
  const draft = new URL(office.page.url()).pathname;
  // The page of somebody who may type does not come again by itself.
  const checked = () =>
    until("the bank is looked at", async () => {
      if (!/正在试抽试卷|Trial papers are being drawn/.test(await office.page.innerText("main"))) return true;
      await office.page.reload();
      return false;
    });
  await screen(office, "draft", draft, { small: true, full: true, ready: checked });
});

scene("the question bank", async () => {
  const author = await house.staff("author", { password: password("author") });
  await author.signIn();
  await screen(author, "coverage", `/bank/${STANDARD}`);
  await screen(author, "questions", `/bank/${STANDARD}/questions?level=junior&function=system-operations`);
  await author.open(`/bank/${STANDARD}/questions?level=junior&function=system-operations`);
  await author.press(author.page.locator("ul.questions a").nth(2));
  await screen(author, "question", author.path, { ready: () => author.page.locator("main details.act summary").click(), full: true });
});

scene("the pictures are all there and not heavy", async (t) => {
  const files = await readdir(folder);
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, file))).size));
  const sum = sizes.reduce((all, size) => all + size, 0);
  t.diagnostic(`${files.length} pictures, ${(sum / 1e6).toFixed(2)} MB`);
  assert.ok(files.length >= 50);
  assert.ok(sum <= BYTES_MAX, `${sum} bytes`);
});
