// Sitting an exam by forms and links alone, as in a browser without scripts or without WebAssembly.

import assert from "node:assert/strict";

/** The form of a question; on a page of one question it is the only one. */
export function formOf(page, position) {
  return page.locator(`form#f-${position}`);
}

/** Marks options by their letters, and nothing else. */
export async function pick(page, position, letters) {
  const form = formOf(page, position);
  for (const input of await form.locator('input[name="choice"]').all()) {
    const value = await input.getAttribute("value");
    const wanted = letters.includes(value);
    if (wanted !== (await input.isChecked()) && (wanted || (await input.getAttribute("type")) === "checkbox")) {
      const label = form.locator(`label:has([name="choice"][value="${value}"])`);
      // Out from under the bar at the foot, as a person scrolls.
      await label.evaluate((element) => element.scrollIntoView({ block: "center" }));
      await label.click();
    }
  }
}

/** What a page shows as chosen. */
export async function picked(page, position) {
  const inputs = await formOf(page, position).locator('input[name="choice"]:checked').all();
  return (await Promise.all(inputs.map((input) => input.getAttribute("value")))).join("");
}

/** Presses a button of the question: `next`, `prev`, `stay`, `clear`, `sheet`. */
export async function turn(candidate, position, go) {
  const button = candidate.page.locator(`button[name="go"][value="${go}"]:not([aria-hidden]):visible:is(form#f-${position} *, [form="f-${position}"])`);
  await button.evaluate((element) => element.scrollIntoView({ block: "center" }));
  await candidate.press(button);
}

/** A form that is older than what stands: it is told, and changes nothing. */
export async function staleFormIsTold(candidate, position) {
  const { page } = candidate;
  const at = `/exam?q=${position}`;
  // The same question twice, as after the Back button of a browser that keeps pages.
  const old = await candidate.tab();
  await old.goto(at);
  await candidate.open(at);
  await pick(page, position, "A");
  await turn(candidate, position, "stay");
  assert.match(candidate.notice, /^saved~/);

  await pick(old, position, "B");
  await Promise.all([old.waitForNavigation(), old.locator(`form#f-${position} button[value="stay"]:not([aria-hidden])`).click()]);
  assert.equal(new URL(old.url()).searchParams.get("notice"), `form_stale~${position}`);
  assert.match(await old.locator('[role="alert"]').first().innerText(), new RegExp(`第 ${position} 题在此页打开后已有更新的作答`));
  assert.equal(await picked(old, position), "A", "the page shows what stands");
  assert.equal((await candidate.stored())[position], "A", "and the server has it still");
  await old.close();

  // The Back button of this browser.
  await candidate.open(at);
  await pick(page, position, "B");
  await turn(candidate, position, "next");
  await page.goBack();
  await candidate.arrived();
  const shown = await picked(page, position);
  await pick(page, position, "A");
  await turn(candidate, position, "stay");
  if (shown === "B") {
    assert.match(candidate.notice, /^saved~/, "a page that shows what stands may change it");
  } else {
    assert.equal(candidate.notice, `form_stale~${position}`);
    assert.equal((await candidate.stored())[position], "B");
  }
}
