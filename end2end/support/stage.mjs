// What every test file needs around its tests: a centre, a browser, and people who leave when a test is over.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "./browser.mjs";
import { Centre } from "./centre.mjs";
import { Candidate, Staff } from "./people.mjs";

const TEST_MS = 180_000;
/** What the server logs in no test. */
const ALARMS = /\bERROR\b|panicked/;

/** A centre and a browser for the tests of a file. `open` makes the centre. */
export function stage(open) {
  const own = { people: [], looked: new Set() };
  before(async () => {
    [own.centre, own.browser] = await Promise.all([typeof open === "function" ? open() : Centre.open(open), launch()]);
  });
  after(async () => {
    await own.browser?.close();
    await own.centre?.close();
  });

  const enter = async (kind, who, options) => {
    const person = await kind.at(own.browser, own.centre, who, { looked: own.looked, ...options });
    own.people.push(person);
    return person;
  };
  own.candidate = (candidate, options) => enter(Candidate, candidate, options);
  own.staff = (login, options) => enter(Staff, login, options);

  own.scene = (name, play) => {
    test(name, { timeout: TEST_MS }, async (t) => {
      try {
        await play(t);
        for (const person of own.people) person.calm();
        assert.doesNotMatch(own.centre.log, ALARMS, "the server's log");
      } catch (error) {
        await tell(t, own);
        throw error;
      } finally {
        await Promise.all(own.people.splice(0).map((person) => person.close()));
      }
    });
  };
  return own;
}

/** What there is to see after a failure. */
async function tell(t, { people, centre }) {
  const folder = await mkdtemp(join(tmpdir(), "kaochang-e2e-failed-"));
  for (const [at, person] of people.entries()) {
    for (const [tab, page] of person.context.pages().entries()) {
      const file = join(folder, `${at + 1}-${tab + 1}.png`);
      t.diagnostic(`${person.who} at ${page.url()}: ${file}`);
      await page.screenshot({ path: file, timeout: 5_000 }).catch(() => {});
    }
    for (const problem of person.problems) t.diagnostic(problem);
  }
  t.diagnostic(`the server's log ends with:\n${centre.log.split("\n").slice(-15).join("\n")}`);
}
