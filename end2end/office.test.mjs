// The office's way from a plan to papers that anyone can prove, with two officers and a candidate who comes late.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { STANDARD, until } from "./support/centre.mjs";
import { stage } from "./support/stage.mjs";

const house = stage({ accounts: { proctor1: "proctor", proctor2: "proctor", office1: "office", office2: "office" } });
const { scene } = house;

const PLAN = `title = "云计算初级模拟"
standard = "${STANDARD}"
level = "junior"
direction = "operations"
purpose = "mock"
minutes = 90
earliest_hand_in_minutes = 0
late_entry_minutes = 90
start_lead_seconds = 1
reserves = 2
[[room]]
number = 1
seats = 6
columns = 3
`;
const row = (n, seat) => `2026${n},考生${n},00000019900101${n}X,1,${seat}`;
const ROSTER = ["admission_no,name,id_number,room,seat", row("0001", 1), row("0002", 2), row("0003", 5)].join("\n");

/** What the tests hand on to each other: they play one story. */
const story = {};

scene("a plan with mistakes is told all of them, and keeps what was typed", async () => {
  const office = await house.staff("office1");
  await office.signIn();
  await office.press('a[href="/drafts/new"]');
  assert.match(await office.page.inputValue('[name="plan"]'), /title = /, "a template to start from");
  await office.page.fill('[name="plan"]', PLAN.replace("columns = 3", "columns = 0"));
  await office.page.fill('[name="roster"]', `${ROSTER}\n${row("0001", 9)}`);
  office.expect(/\b422\b/);
  await office.press('form[action="/drafts/new"] button');
  const problems = office.page.locator(".summary li, .error-summary li, [role=alert] li");
  assert.ok((await problems.count()) >= 3, "the columns, the number that is there already, the seat that is not");
  assert.match(await office.page.inputValue('[name="plan"]'), /columns = 0/);
  assert.match(await office.page.inputValue('[name="roster"]'), /20260003/);
});

scene("two officers give their contributions, and the papers are drawn", async () => {
  const [first, second] = [await house.staff("office1"), await house.staff("office2")];
  await first.signIn();
  await first.open("/drafts/new");
  await first.page.fill('[name="plan"]', PLAN);
  await first.page.fill('[name="roster"]', ROSTER);
  await first.press('form[action="/drafts/new"] button');
  const draft = new URL(first.page.url()).pathname;
  assert.match(draft, /^\/drafts\/[^/]+$/);
  await until("the bank is looked at", async () => {
    await first.page.goto(draft);
    return (await first.text("main")).includes("两份试卷");
  });
  assert.equal(await first.page.locator('form[action$="/draw"]').count(), 0, "no draw before both have contributed");

  const give = async (officer, text) => {
    await officer.open(draft);
    await officer.page.fill("#contribution", text);
    await officer.press('button[name="by"][value="own"]');
  };
  await give(first, "掷骰子得到 3 5 1 6 2 2 4 6 1 5");
  assert.equal(await first.page.locator("#contribution").count(), 0, "nobody contributes twice");
  await second.signIn();
  await give(second, "第二位考务人员写下的一句无人能猜到的随机文字");
  await second.press('form[action$="/draw"] button');
  await until("the papers are drawn", async () => {
    await second.page.goto(draft);
    return (await second.page.locator('main a.button[href^="/sessions/"]').count()) > 0;
  });
  await second.press('main a.button[href^="/sessions/"]');
  story.session = new URL(second.page.url()).pathname.split("/").pop();
  story.commitment = (await second.text("main")).replace(/\s/g, "").match(/[0-9a-f]{64}/)?.[0];
  assert.ok(story.commitment, "the commitment stands on the session's page");
  const reply = await second.context.request.get(`/sessions/${story.session}/evidence.json`, { maxRedirects: 0 });
  assert.notEqual(reply.status(), 200, "nothing is opened before the exam is over");
});

scene("a late candidate takes a reserve, and the fairness sheet says how much it proves", async () => {
  const office = await house.staff("office1");
  await office.signIn();
  await office.open(`/sessions/${story.session}`);
  await office.act("late", { admission_no: "20260099", name: "补录考生", id_number: "000000199001010099X", room: "1", seat: "6" });
  assert.match(await office.text("main"), /20260099/);
  await office.open(`/sessions/${story.session}/fairness`);
  assert.match(await office.text("main"), /0\.15/, "the error of a rating is said");
  assert.equal(await office.page.locator("main table").last().locator("tbody tr").count(), 4, "four papers are sat");
  const csv = await (await office.context.request.get(`/sessions/${story.session}/fairness.csv`)).text();
  assert.match(csv, /^#/m, "the assumptions stand at the head");
});

scene("after the exam everything is opened, and anyone can verify it", async () => {
  const { centre } = house;
  const { desk, room } = await centre.openRoom(1, ["proctor1", "proctor2"], { id: story.session });
  await desk.act(`/rooms/${room}/end`, { reason: "模拟结束", confirm: "yes" }, "room_ended");
  const office = await centre.desk("office1");
  const reply = await office.get(`/sessions/${story.session}/evidence.json`);
  assert.equal(reply.status, 200);
  const text = await reply.text();
  const file = join(centre.folder, "evidence.json");
  await writeFile(file, text);
  const said = await centre.command(["verify", file, "--commitment", story.commitment]);
  assert.match(said, /3 papers and 2 reserves \(1 used\)/);
  const evidence = JSON.parse(text);
  const [item] = evidence.papers[0].paper.items;
  item.options = [...item.options].reverse();
  await writeFile(file, JSON.stringify(evidence));
  assert.match(await centre.command(["verify", file], "", { fails: true }), new RegExp(evidence.papers[0].sitting));
});
