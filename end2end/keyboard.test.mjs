import assert from "node:assert/strict";
import { Marker, letter, somebodysAnswer } from "./support/bank.mjs";
import { until } from "./support/centre.mjs";
import { questionsOf } from "./support/people.mjs";
import { stage } from "./support/stage.mjs";

const house = stage({
  accounts: { proctor1: "proctor", proctor2: "proctor", office: "office" },
  sessions: [{ title: "模拟考试", rooms: [{ number: 1, seats: 4, columns: 2, candidates: 3 }] }],
});
const { scene } = house;
const opened = () => house.centre.openRoom(1, ["proctor1", "proctor2"]);

/** A candidate without a mouse. */
class Hands {
  constructor(candidate) {
    this.candidate = candidate;
    this.keyboard = candidate.page.keyboard;
  }

  async press(...keys) {
    for (const key of keys) await this.keyboard.press(key);
  }

  async write(text) {
    await this.press(...text);
  }

  /** Goes on with Tab until the focus is where it should be; there must be a way, and one can see where one is. */
  async reach(selector) {
    const { page } = this.candidate;
    for (let steps = 0; steps < 400; steps += 1) {
      const there = await page.evaluate((wanted) => {
        const { activeElement } = document;
        if (!activeElement?.matches(wanted)) return null;
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(activeElement);
        return { seen: (outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none" };
      }, selector);
      if (there) return assert.ok(there.seen, `one can see that the focus is on ${selector}`);
      await this.press("Tab");
    }
    throw new Error(`Tab never reaches ${selector} on ${page.url()}`);
  }

  /** Presses a key that leads to another page. */
  async leave(key = "Enter") {
    await Promise.all([this.candidate.page.waitForNavigation(), this.press(key)]);
    await this.candidate.arrived();
  }
}

scene("a candidate sits the whole paper by keyboard alone, and the score is what their answers are worth", async (t) => {
  const [own] = house.centre.sessions[0].candidates;
  const candidate = await house.candidate(own);
  await candidate.enrol();
  const hands = new Hands(candidate);

  await hands.reach('[name="admission_no"]');
  await hands.write(own.admission_no);
  await hands.press("Tab");
  await hands.write(own.id_number);
  await hands.leave();
  assert.equal(candidate.path, "/confirm");
  await hands.reach('[name="answer"][value="right"]');
  await hands.leave();
  assert.equal(candidate.path, "/rules");
  await hands.reach('[name="accept"]');
  await hands.leave("Space");
  assert.equal(candidate.path, "/waiting");

  await opened();
  await candidate.inExam();

  const marker = new Marker();
  const paper = questionsOf(await (await candidate.context.request.get("/exam?all=1")).text());
  assert.equal(paper.length, 100);
  const meant = new Map();
  for (const asked of paper) {
    const answer = somebodysAnswer(asked, marker.find(asked).key);
    meant.set(asked.position, answer);
    assert.equal(await candidate.text(".question h2 b"), `第 ${asked.position} 题`);
    // Letters for one half, digits for the other.
    for (const one of answer) await hands.press(asked.position % 2 ? one.toLowerCase() : String("ABCDEF".indexOf(one) + 1));
    if (asked.position % 10 === 0) await hands.press("f");
    if (asked.position % 25 === 0) await hands.press("ArrowLeft", "ArrowRight");
    if (asked.position < paper.length) await hands.press("ArrowRight");
  }
  await candidate.saved();
  const flags = (position) => (position % 10 === 0 ? "⚑" : "");
  const expected = Object.fromEntries([...meant].map(([at, answer]) => [at, answer + flags(at)]).filter(([, text]) => text));
  assert.deepEqual(await candidate.stored(), expected, "the server has what was pressed");

  // The same again with the keys that every form has: Tab, Space, arrows; and a change of mind.
  const last = paper.at(-1);
  await hands.reach('input[name="choice"]');
  await hands.press("Space");
  await candidate.saved();
  const toggled = await candidate.page.$eval('input[name="choice"]', (input) => input.checked);
  const letters = new Set(meant.get(last.position));
  if (toggled) letters.add(letter(0));
  else letters.delete(letter(0));
  meant.set(last.position, [...letters].sort().join(""));
  assert.equal((await candidate.stored())[last.position]?.replace("⚑", "") ?? "", meant.get(last.position));

  await hands.press("?");
  await candidate.page.waitForSelector("details.keys[open]");
  await hands.press("Escape");
  await candidate.page.waitForSelector("details.keys:not([open])");

  await hands.reach('a[href="/exam/hand-in"]');
  await hands.leave();
  assert.equal(candidate.path, "/exam/hand-in");
  const open = [...meant.values()].filter((answer) => answer === "").length;
  assert.match(await candidate.text("main"), new RegExp(`还有 ${open} 题未作答[\\s\\S]*10 题已标记`));
  await hands.reach('[name="confirm"]');
  await hands.press("Space");
  await hands.reach('form[action="/exam/hand-in"] button');
  await hands.leave();
  assert.equal(candidate.path, "/receipt");

  const score = marker.score(paper, (position) => meant.get(position));
  t.diagnostic(`${score.got} of ${score.max}`);
  const receipt = await candidate.text("main");
  assert.match(receipt, new RegExp(`${100 - open} / 100 题`));
  assert.match(receipt, new RegExp(`\\b${score.got}\\s*/ 100`));
  assert.match(receipt, score.got >= 60 ? /(?<!不)合格/ : /不合格/);
  const parts = await candidate.page.$$eval(".receipt tbody td:nth-child(2)", (cells) => cells.map((cell) => cell.textContent));
  const sorted = (list) => [...list].sort();
  assert.deepEqual(sorted(parts), sorted(Object.values(score.byFunction).map(({ got, max }) => `${got} / ${max}`)));

  const office = await house.staff("office");
  await office.signIn();
  await office.press('a[href$="/results"]');
  const row = office.page.locator("table.results tbody tr", { hasText: own.admission_no });
  assert.equal(await row.locator(".total").innerText(), String(score.got), "the office sees the same score");
});

scene("the keys can be switched off, and are left alone while somebody types", async () => {
  await opened();
  const candidate = await house.candidate(house.centre.sessions[0].candidates[1]);
  await candidate.sit();
  const hands = new Hands(candidate);
  const chosen = () => candidate.page.$$eval('input[name="choice"]:checked', (inputs) => inputs.map((input) => input.value).join(""));
  await hands.press("b");
  assert.equal(await chosen(), "B");

  await hands.press("?");
  await hands.reach("details.keys input");
  await hands.press("Space");
  await hands.press("a", "ArrowRight");
  assert.equal(await chosen(), "B", "a letter chooses nothing now");
  assert.equal(await candidate.text(".question h2 b"), "第 1 题");
  await candidate.page.reload();
  await candidate.inExam();
  await hands.press("a");
  assert.equal(await chosen(), "B", "and it stays off after a reload");
  await until("the answer is on the server", async () => (await candidate.stored())[1] === "B");
});

scene("what has the focus is never hidden, neither by the bar at the foot nor by the one at the top", async () => {
  await opened();
  const candidate = await house.candidate(house.centre.sessions[0].candidates[2]);
  await candidate.sit();
  const { page } = candidate;
  const longest = questionsOf(await (await candidate.context.request.get("/exam?all=1")).text())
    .map(({ position, stem, options }) => ({ position, length: stem.length + options.join("").length }))
    .sort((a, b) => b.length - a.length);
  for (const size of [{ width: 1366, height: 768 }, { width: 1024, height: 768 }, { width: 390, height: 844 }]) {
    await page.setViewportSize(size);
    for (const { position } of longest.slice(0, 2)) {
      await candidate.open(`/exam?q=${position}`);
      await candidate.inExam();
      await page.locator(`#q-${position}`).focus();
      const seen = new Set();
      for (let steps = 0; steps < 30; steps += 1) {
        await page.keyboard.press("Tab");
        const focus = await page.evaluate(() => {
          const { activeElement } = document;
          if (!activeElement.closest("main")) return null;
          const face = activeElement.closest("label") ?? activeElement;
          const { left, right, top, bottom } = face.getBoundingClientRect();
          const points = [0.1, 0.5, 0.9].flatMap((y) => [0.1, 0.5].map((x) => [left + (right - left) * x, top + (bottom - top) * y]));
          const shown = points.some(([x, y]) => face.contains(document.elementFromPoint(x, y)) || document.elementFromPoint(x, y)?.contains(activeElement));
          return { what: activeElement.outerHTML.slice(0, 120), shown };
        });
        if (!focus) break;
        seen.add(focus.what);
        assert.ok(focus.shown, `hidden at ${size.width}×${size.height} on question ${position}: ${focus.what}`);
      }
      assert.ok(seen.size >= 3, "something had the focus");
    }
  }
});
