import assert from "node:assert/strict";
import { bank } from "./support/bank.mjs";
import { Machine, STANDARD } from "./support/centre.mjs";
import { stage } from "./support/stage.mjs";

const house = stage({
  accounts: { proctor1: "proctor", proctor2: "proctor", author: "author", office: "office" },
  sessions: [{ title: "模拟考试", rooms: [{ number: 1, seats: 4, columns: 2, candidates: 2 }] }],
});
const { scene } = house;

scene("an author sees what the bank holds, opens a cell, and opens a question with its key folded away", async () => {
  const author = await house.staff("author");
  await author.signIn();
  await author.press(`main a[href="/bank/${STANDARD}"]`);
  const own = bank().filter((question) => question.level === "junior" && question.function === "system-operations");
  const cell = author.page.locator("table.grid tbody tr", { hasText: "云计算系统运维" }).locator("a.c").first();
  assert.match(await cell.innerText(), new RegExp(`${own.length}\\s*/ 每卷 30 题`));
  assert.equal(await author.page.locator("table.grid thead th").count(), 6, "a column for each of the standard's five, and the functions");
  assert.match(await author.text("table.grid tfoot"), /(可以组卷\s*){5}/, "every column can be drawn from");
  const csv = await (await author.context.request.get(`/bank/${STANDARD}/coverage.csv`)).text();
  assert.match(csv, /^\ufefflevel,function,knowledge,text,[\s\S]*\njunior,system-operations,3\.1\.1,/, "the same by knowledge point");

  await author.press(cell);
  assert.equal(await author.page.locator("ul.questions li").count(), own.length);
  await author.page.selectOption("#kind", { label: "多选题" });
  await author.press("form.filter button");
  const many = own.filter((question) => question.kind === "multiple");
  assert.equal(await author.page.locator("ul.questions li").count(), many.length);

  const [question] = many;
  await author.press(`a[href="/bank/questions/${question.id}"]`);
  assert.equal(await author.page.locator(".preview .opt").count(), question.options.length);
  const fold = author.page.locator("main details.act");
  const explanation = fold.locator("div", { hasText: question.explanation.trim().slice(0, 8).replace(/[`*]/g, "") }).first();
  assert.equal(await explanation.isVisible(), false, "key and explanation are folded away");
  assert.equal(await author.page.locator(".preview input:checked").count(), 0, "and the preview gives nothing away");
  await fold.locator("summary").click();
  await explanation.waitFor();
  assert.match(await fold.innerText(), new RegExp(`答案\\s*${question.key}\\b[\\s\\S]*出处`));
});

scene("the office sees the results of everybody, as a page and as a table to keep", async () => {
  const { centre } = house;
  const [session] = centre.sessions;
  await centre.openRoom(1, ["proctor1", "proctor2"]);
  const machine = await new Machine(centre, session.candidates[0]).arrive();
  assert.match(await machine.answer(1, "A"), /notice=saved/);
  await machine.post("/exam/hand-in", { epoch: String(await machine.epoch()), confirm: "yes" });

  const office = await house.staff("office");
  await office.signIn();
  await office.press(`a[href="/sessions/${session.id}/results"]`);
  const row = (at) => office.page.locator("table.results tbody tr", { hasText: session.candidates[at].admission_no });
  assert.match(await row(0).innerText(), /已交卷[\s\S]*(0|1)\s+不合格/);
  assert.match(await row(1).innerText(), /未登录/);
  assert.match(await office.text("main"), new RegExp(`考前公布的组卷承诺\\s*${session.commitment}`), "the commitment that was printed before");

  const csv = await (await office.context.request.get(`/sessions/${session.id}/results.csv`)).text();
  assert.ok(csv.startsWith("\ufeff"), "a spreadsheet reads it as UTF-8");
  assert.equal(csv.trim().split("\n").length, 3);
  assert.match(csv, new RegExp(`not counted,1,1,${session.candidates[0].admission_no},`));
});

scene("each role is refused where it has no business", async () => {
  const { centre } = house;
  const [session] = centre.sessions;
  const room = await (await centre.desk("proctor1")).room(1, session.id);
  const [question] = bank();
  const pages = {
    [`/rooms/${room}`]: ["proctor1", "office"],
    [`/rooms/${room}/record`]: ["proctor1", "office"],
    [`/bank/${STANDARD}`]: ["author"],
    [`/bank/questions/${question.id}`]: ["author"],
    [`/sessions/${session.id}/results`]: ["office"],
    [`/sessions/${session.id}/results.csv`]: ["office"],
  };
  for (const login of ["proctor1", "author", "office"]) {
    const staff = await house.staff(login);
    await staff.signIn();
    staff.expect(/\b403\b/);
    for (const [path, allowed] of Object.entries(pages)) {
      if (allowed.includes(login)) {
        assert.equal((await staff.context.request.get(path)).status(), 200, `${login} may see ${path}`);
      } else {
        const reply = await staff.page.goto(path);
        await staff.arrived();
        assert.equal(reply.status(), 403, `${login} may not see ${path}`);
        assert.match(await staff.text("main"), /无权访问/);
      }
    }
    const acted = await staff.context.request.post(`/rooms/${room}/end`, { form: { reason: "x" }, maxRedirects: 0 });
    assert.equal(acted.status(), login === "proctor1" ? 303 : 403, `${login} ends no room of others`);
  }
  const stranger = await house.candidate(session.candidates[1]);
  await stranger.enrol();
  await stranger.logIn();
  for (const path of Object.keys(pages)) {
    await stranger.open(path);
    assert.equal(stranger.path, "/staff/login", `a candidate is led away from ${path}`);
  }
});
