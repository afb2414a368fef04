// Who sits at a machine. Each person has a browser profile of their own, and whatever goes wrong in it is remembered:
// a refusal by the content security policy, an error on the console, a request that failed.

import assert from "node:assert/strict";
import { violations } from "./axe.mjs";
import { PASSWORD, sleep } from "./centre.mjs";

const SIZE = { width: 1366, height: 768 };

export class Person {
  problems = [];
  #expected = [];
  #looked;

  static async at(browser, centre, { who = "", looked = new Set(), lang, theme, ...options } = {}) {
    const context = await browser.newContext({ viewport: SIZE, baseURL: centre.address, locale: "zh-CN", timezoneId: "Asia/Shanghai", ...options });
    const kept = { lang, theme };
    const cookies = Object.entries(kept).filter(([, value]) => value);
    await context.addCookies(cookies.map(([name, value]) => ({ name, value, url: centre.address })));
    const person = new this();
    Object.assign(person, { browser, centre, context, who, scripts: options.javaScriptEnabled !== false });
    // A browser with scripts switched off says so of each script.
    if (!person.scripts) person.expect(/^request: GET \S+\.js(\?\S*)? csp$/);
    person.#looked = looked;
    context.setDefaultTimeout(15_000);
    person.page = await person.tab();
    return person;
  }

  /** Another tab of the same browser. */
  async tab() {
    const page = await this.context.newPage();
    const note = (text) => {
      if (!this.#expected.some((pattern) => pattern.test(text))) this.problems.push(`${this.who}: ${text}`);
    };
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) note(`console: ${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => note(`script: ${error.message}`));
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText ?? "";
      // What the browser itself gave up because the page was left.
      if (why !== "net::ERR_ABORTED") note(`request: ${request.method()} ${request.url()} ${why}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) note(`answer: ${response.status()} to ${response.request().method()} ${response.url()}`);
    });
    return page;
  }

  /** From now on such a problem is part of the test. */
  expect(...patterns) {
    this.#expected.push(...patterns);
  }

  /** Nothing unexpected has happened in this browser so far. */
  calm() {
    assert.deepEqual(this.problems, [], "the browser was not content");
  }

  async close() {
    await this.context.close();
  }

  get path() {
    const { pathname, search } = new URL(this.page.url());
    return pathname + search;
  }

  get notice() {
    return new URL(this.page.url()).searchParams.get("notice");
  }

  async open(path) {
    await this.page.goto(path);
    return this.arrived();
  }

  /** Presses a button or link that leads to another page. */
  async press(target) {
    const locator = typeof target === "string" ? this.page.locator(target) : target;
    await Promise.all([this.page.waitForNavigation(), locator.click()]);
    return this.arrived();
  }

  /** After each load: nothing was refused, and the page can be used by everybody. */
  async arrived() {
    await this.page.waitForLoadState("load");
    this.calm();
    const kind = `${this.scripts} ${new URL(this.page.url()).pathname.replace(/[0-9a-f]{8,}(-[0-9a-f]+)*|[a-z]{2}-\d[^/]*/g, "…")}`;
    if (!this.#looked.has(kind)) {
      this.#looked.add(kind);
      await this.accessible();
    }
  }

  /** No violation of WCAG 2.2 AA that a machine can see. */
  async accessible() {
    const { page } = this;
    if (this.scripts) return assert.deepEqual(await violations(page), [], `accessibility of ${page.url()}`);
    // The looking needs scripts: the same page once more, in a browser that has them and gets none of ours.
    const context = await this.browser.newContext({ viewport: SIZE, storageState: await this.context.storageState() });
    await context.route(/\.js(\?|$)/, (route) => route.abort());
    const twin = await context.newPage();
    await twin.goto(page.url());
    const found = await violations(twin);
    await context.close();
    assert.deepEqual(found, [], `accessibility of ${page.url()} without scripts`);
  }

  text(selector) {
    return this.page.locator(selector).first().innerText();
  }
}

export class Candidate extends Person {
  static async at(browser, centre, candidate, options) {
    const person = await super.at(browser, centre, { who: candidate.name, ...options });
    person.own = candidate;
    return person;
  }

  /** The office makes this machine a seat. */
  async enrol(path = this.own.enrol) {
    await this.open(path);
    await this.press(`form[action="${path}"] button`);
  }

  async logIn() {
    await this.page.fill('[name="admission_no"]', this.own.admission_no);
    await this.page.fill('[name="id_number"]', this.own.id_number);
    await this.press('form[action="/login"] button');
  }

  async confirm() {
    await this.press('[name="answer"][value="right"]');
  }

  async accept() {
    await this.press('form[action="/rules"] button');
  }

  /** From the door to the waiting page, or straight to the paper where the room is open. */
  async arrive() {
    await this.enrol();
    await this.logIn();
    await this.confirm();
    await this.accept();
  }

  /** Into the exam room of an open room. */
  async sit() {
    await this.arrive();
    await this.inExam();
  }

  async inExam(page = this.page) {
    await page.waitForURL(/\/exam(\?|$)/);
    if (this.scripts) await page.waitForSelector(".exam.live");
    await this.arrived();
  }

  /** Waits until the exam room says that everything is on the server. */
  async saved(page = this.page) {
    await page.waitForFunction(() => !document.querySelector(".cells .wait") && !document.querySelector(".state.busy, .state.bad"));
  }

  cell(position, page = this.page) {
    return page.locator(`.cells a:text-is("${position}")`);
  }

  /** Seconds left, as the page shows them. */
  async left(page = this.page) {
    const [hours, minutes, seconds] = (await page.locator(".left [role=timer] b").innerText()).split(":").map(Number);
    return hours * 3600 + minutes * 60 + seconds;
  }

  /** What the server has: position to letters and flag. Asked for beside the page, as the page without scripts would. */
  async stored() {
    const reply = await this.context.request.get("/exam?all=1");
    return answersOf(await reply.text());
  }

  /** By the check page to the receipt. */
  async handIn() {
    if (!this.path.startsWith("/exam/hand-in")) await this.open("/exam/hand-in");
    // In the seconds before the clock starts there is nothing to hand in yet.
    for (let tries = 0; tries < 10 && !(await this.page.locator('[name="confirm"]').count()); tries += 1) {
      await sleep(1_000);
      await this.open("/exam/hand-in");
    }
    await this.page.check('[name="confirm"]');
    await this.press('form[action="/exam/hand-in"] button');
    assert.equal(this.path, "/receipt");
  }
}

export class Staff extends Person {
  static async at(browser, centre, login, { password = PASSWORD, ...options } = {}) {
    const person = await super.at(browser, centre, { who: login, ...options });
    Object.assign(person, { login, password });
    return person;
  }

  async signIn() {
    await this.open("/staff/login");
    await this.page.fill('[name="account"]', this.login);
    await this.page.fill('[name="password"]', this.password);
    await this.press('form[action="/staff/login"] button');
    assert.equal(this.path, "/staff");
  }

  /** Checks a proctor in, with their own account and password. */
  async checkIn(login, password = PASSWORD) {
    const form = this.page.locator('form[action$="/check-in"]');
    await unfold(form);
    await form.locator('[name="account"]').fill(login);
    await form.locator('[name="password"]').fill(password);
    await this.press(form.locator("button"));
  }

  /** Does an act by its form: unfolds it, fills it in, sends it. */
  async act(act, fields = {}) {
    const form = this.page.locator(`form[action$="/${act}"]`);
    await unfold(form);
    for (const [name, value] of Object.entries(fields)) {
      const field = form.locator(`[name="${name}"]`);
      if (value === true) await field.check();
      else if (await field.evaluate((element) => element.localName === "select")) await field.selectOption(String(value));
      else await field.fill(String(value));
    }
    await this.press(form.locator("button").last());
  }

  tile(seat) {
    return this.page.locator(".tiles li", { has: this.page.locator(`.num > span:text-is("${String(seat).padStart(2, "0")}")`) }).locator("a");
  }
}

/** Opens the fold that hides an element, as a person does. */
async function unfold(locator) {
  const fold = locator.locator("xpath=ancestor::details[not(@open)]");
  if (await fold.count()) await fold.locator("> summary").click();
}

/** The questions of a page with all of them, as the server made it. */
export function questionsOf(html) {
  return html.split('<form method="post" action="/exam/answer"').slice(1).map((part) => {
    const form = part.split("</form>")[0];
    const inputs = [...form.matchAll(/<input\b[^>]*>/g)].map(([tag]) => tag);
    const choices = inputs.filter((tag) => tag.includes('name="choice"'));
    const letter = (tag) => /value="(\w)"/.exec(tag)[1];
    const valueOf = (name) => /value="(\d+)"/.exec(inputs.find((tag) => tag.includes(`name="${name}"`)))[1];
    return {
      position: Number(valueOf("position")),
      revision: Number(valueOf("revision")),
      many: choices.some((tag) => tag.includes('type="checkbox"')),
      stem: /<div\b[^>]*\bclass="stem"[^>]*>(.*?)<\/div>/s.exec(form)[1],
      options: [...form.matchAll(/<span class="text">(.*?)<\/span><\/span>/gs)].map(([, html]) => html),
      chosen: choices.filter((tag) => / checked/.test(tag)).map(letter).join(""),
      flagged: inputs.some((tag) => tag.includes('name="flagged"') && / checked/.test(tag)),
    };
  });
}

/** Position to what stands there, only where something does. */
export function answersOf(html) {
  const kept = questionsOf(html).filter(({ chosen, flagged }) => chosen || flagged);
  return Object.fromEntries(kept.map(({ position, chosen, flagged }) => [position, chosen + (flagged ? "⚑" : "")]));
}
