import assert from "node:assert/strict";
import { Marker, somebodysAnswer } from "./support/bank.mjs";
import { questionsOf } from "./support/people.mjs";
import { formOf, pick, picked, staleFormIsTold, turn } from "./support/plain.mjs";
import { stage } from "./support/stage.mjs";

const house = stage({
  accounts: { proctor1: "proctor", proctor2: "proctor" },
  sessions: [
    {
      title: "模拟考试",
      rooms: [{ number: 1, seats: 8, columns: 4, candidates: 5 }],
    },
  ],
});
const { scene } = house;
const plainly = { javaScriptEnabled: false };
const opened = () => house.centre.openRoom(1, ["proctor1", "proctor2"]);

scene("a candidate without scripts waits, and the page turns to the paper by itself", async () => {
  const candidate = await house.candidate(house.centre.sessions[0].candidates[0], plainly);
  await candidate.arrive();
  assert.equal(candidate.path, "/waiting");
  await opened();
  await candidate.inExam();
  assert.match(await candidate.text(".left .ends b"), /^\d\d:\d\d/, "the end is there as a time of day");
  assert.equal(await candidate.page.locator("[role=timer]:visible").count(), 0, "and nothing pretends to tick");
});

scene("a candidate without scripts sits the whole paper", async (t) => {
  await opened();
  const own = house.centre.sessions[0].candidates[1];
  const candidate = await house.candidate(own, plainly);
  await candidate.sit();
  const { page } = candidate;

  const marker = new Marker();
  const paper = questionsOf(await (await candidate.context.request.get("/exam?all=1")).text());
  const meant = new Map();
  const flagged = new Set();
  for (const asked of paper) {
    const { position } = asked;
    const answer = somebodysAnswer(asked, marker.find(asked).key);
    meant.set(position, answer);
    assert.equal(await candidate.text(".question h2 b"), `第 ${position} 题`);
    await pick(page, position, answer);
    if (position % 20 === 0) {
      await page.locator(".flag-box").click();
      flagged.add(position);
    }
    await turn(candidate, position, position < paper.length ? "next" : "stay");
    assert.match(candidate.notice, /^saved~/);
  }
  const expected = Object.fromEntries([...meant].map(([at, answer]) => [at, answer + (flagged.has(at) ? "⚑" : "")]).filter(([, text]) => text));
  assert.deepEqual(await candidate.stored(), expected);

  // The answer sheet says the same, and its links lead there.
  const marks = await page.$$eval(".cells a", (cells) => cells.map((cell) => [cell.textContent, cell.className]));
  for (const [position, marked] of marks.map(([text, marked]) => [Number(text), marked.split(" ")])) {
    assert.equal(marked.includes("done"), meant.get(position) !== "", `${position} is filled when it is answered`);
    assert.equal(marked.includes("flag"), flagged.has(position), `${position} bears a flag when it is flagged`);
  }
  await candidate.press(candidate.cell(40));
  assert.equal(candidate.path, "/exam?q=40");
  assert.equal(await picked(page, 40), meant.get(40));
  assert.ok(await page.locator('[name="flagged"]').isChecked());

  // A change of mind, a flag taken down, an answer cleared.
  await page.locator(".flag-box").click();
  await turn(candidate, 40, "prev");
  assert.match(candidate.path, /^\/exam\?q=39/);
  await turn(candidate, 39, "clear");
  assert.equal(await picked(page, 39), "");
  meant.set(39, "");
  flagged.delete(40);
  const now = await candidate.stored();
  assert.deepEqual([now[39], now[40]], [undefined, meant.get(40)]);

  // The check page knows what is open.
  await turn(candidate, 39, "sheet");
  assert.match(candidate.path, /^\/exam\/hand-in/);
  const open = [...meant].filter(([, answer]) => answer === "").map(([position]) => position);
  assert.match(await candidate.text("main"), new RegExp(`还有 ${open.length} 题未作答`));
  const links = await page.$$eval('main a[href^="/exam?q="]', (cells) => cells.map((cell) => Number(cell.textContent)));
  assert.deepEqual(links, [...open, ...flagged]);
  await candidate.press(page.locator(`main a[href="/exam?q=${open[0]}"]`).first());
  assert.equal(await candidate.text(".question h2 b"), `第 ${open[0]} 题`);
  await candidate.press('a[href="/exam/hand-in"]');

  await candidate.handIn();
  const score = marker.score(paper, (position) => meant.get(position));
  t.diagnostic(`${score.got} of ${score.max}`);
  const receipt = await candidate.text("main");
  assert.match(receipt, new RegExp(`${100 - open.length} / 100 题`));
  assert.match(receipt, new RegExp(`\\b${score.got}\\s*/ 100`));

  await candidate.open("/exam?q=3");
  assert.equal(candidate.path, "/receipt", "there is no way back");
});

scene("a form older than what stands is told and overwrites nothing", async () => {
  await opened();
  const candidate = await house.candidate(house.centre.sessions[0].candidates[2], plainly);
  await candidate.sit();
  await staleFormIsTold(candidate, 5);

  // A form of a login that is over.
  const old = candidate.page;
  await candidate.open("/exam?q=6");
  const again = await candidate.tab();
  candidate.page = again;
  await candidate.open("/");
  await candidate.logIn();
  await pick(old, 6, "B");
  await Promise.all([old.waitForNavigation(), formOf(old, 6).locator('button[value="stay"]:not([aria-hidden])').click()]);
  assert.match(old.url(), /notice=epoch_stale/, "a form of an earlier login is told");
  assert.equal((await candidate.stored())[6], undefined);
});

scene("the whole paper on one page takes answers without scripts", async () => {
  await opened();
  const candidate = await house.candidate(house.centre.sessions[0].candidates[3], plainly);
  await candidate.sit();
  await candidate.press('.mode a[href*="all=1"]');
  const { page } = candidate;
  assert.equal(await page.locator("form.question").count(), 100);
  for (const [position, letters] of [[2, "A"], [57, "C"], [96, "BD"]]) {
    await pick(page, position, letters);
    if (position === 57) await formOf(page, position).locator(".flag-box").click();
    await turn(candidate, position, "stay");
    assert.match(candidate.notice, /^saved~/);
    assert.match(candidate.path, /all=1/, "it stays the page with all of them");
    await page.locator(`#q-${position}`).waitFor();
    const top = await page.locator(`#q-${position}`).evaluate((heading) => heading.getBoundingClientRect().top);
    assert.ok(top > -2 && top < 768, `question ${position} is in sight after saving it, not at ${Math.round(top)} px`);
  }
  assert.deepEqual(await candidate.stored(), { 2: "A", 57: "C⚑", 96: "BD" });
});

scene("without scripts the hand goes up by a form, and the proctor sees it", async () => {
  const { desk, room } = await opened();
  const own = house.centre.sessions[0].candidates[4];
  const candidate = await house.candidate(own, plainly);
  await candidate.sit();
  await candidate.press('form[action="/hand"] button');
  assert.equal(candidate.notice, "hand_raised");
  assert.match(await candidate.text(".hand button"), /已举手/);
  assert.ok((await desk.tile(room, own.seat)).hand_raised);
});
