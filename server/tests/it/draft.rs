//! A session in preparation: every problem named, two officers' contributions, the draw.

use std::collections::BTreeSet;

use kaochang::{
    service::plan::Plan,
    store::{audit, draft, evidence, paper, session, sitting},
};
use kaochang_app::{pages::draft::plan_template, view::Lang};
use question_bank::paper::Paper;

use crate::exam::{
    Setup, TestExam,
    people::{Candidate, Office},
};

const ONE: &str = "一棵开花的树，17 次，plum and pear";
const TWO: &str = "the second officer's own words";

async fn officers(exam: &TestExam) -> (Office, Office) {
    (Office::sign_in(exam.browser(), "office").await, Office::sign_in(exam.browser(), "office2").await)
}

fn exam_setup() -> Setup {
    Setup { rooms: vec![(1, 8, 6)], ..Setup::short() }
}

/// A draft that both officers contributed to.
async fn ready(one: &mut Office, two: &mut Office) -> String {
    let draft = one.draft(&exam_setup()).await;
    assert_eq!(one.contribute(&draft, ONE).await.code(), "contribution_given");
    assert_eq!(two.contribute(&draft, TWO).await.code(), "contribution_given");
    draft
}

async fn acts(exam: &TestExam, chain: &str) -> Vec<String> {
    let rows = audit::rows(&mut exam.store.read().await.unwrap(), chain).await.unwrap();
    rows.into_iter().map(|row| row.act).collect()
}

#[tokio::test]
async fn two_officers_draw_a_session_that_can_be_sat() {
    let mut exam = TestExam::start().await;
    let (mut one, mut two) = officers(&exam).await;
    let draft = ready(&mut one, &mut two).await;
    assert!(one.browser.get("/staff").await.body.contains(&format!("/drafts/{draft}")));
    assert_eq!(two.act(&draft, "draw", &[]).await.code(), "draw_begun");
    assert!(two.settled(&draft).await.contains(&format!("/sessions/{draft}")), "its id is the session's");
    assert!(!one.browser.get("/staff").await.body.contains(&format!("/drafts/{draft}")), "it is no draft any more");
    let chain = acts(&exam, &draft).await;
    assert_eq!(chain, ["draft.created", "draft.contributed", "draft.contributed", "session.created"]);
    let page = one.browser.get(&format!("/sessions/{draft}")).await.body;
    let commitment = exam.centre.commitment(&draft).expect("the session");
    assert!(page.contains(&commitment[..4]) && page.contains("kaochang-drawer/3"));

    // Six candidates and two reserves, each with a paper of its own; a candidate of it logs in.
    let mut tx = exam.store.read().await.unwrap();
    let papers = paper::of_session(&mut tx, &draft).await.unwrap();
    let reserves = evidence::reserves(&mut tx, &draft).await.unwrap();
    let row = sitting::of_session(&mut tx, &draft).await.unwrap().remove(0);
    let secret = session::by_id(&mut tx, &draft).await.unwrap().expect("the session").secret;
    drop(tx);
    assert_eq!((papers.len(), reserves.len()), (6, 2));
    assert_eq!(papers.iter().map(|stored| &stored.digest).collect::<BTreeSet<_>>().len(), 6);
    assert_eq!(secret, "", "nothing in the database opens the draw without the keys");
    exam.session.clone_from(&draft);
    let seat = u32::try_from(row.seat).unwrap();
    let roster = Plan::roster(&exam_setup().roster_text()).unwrap();
    let entry = roster.into_iter().find(|entry| entry.seat == seat).expect("the roster");
    let mut candidate = Candidate::new(exam.machine(1, seat).await, entry, row.id);
    candidate.log_in().await;
    candidate.accept().await;
    assert_eq!(exam.verified().await.problems, Vec::<String>::new());
}

#[tokio::test]
async fn one_officer_is_not_two() {
    let exam = TestExam::start().await;
    let (mut one, mut two) = officers(&exam).await;
    let draft = one.draft(&exam_setup()).await;
    assert_eq!(one.act(&draft, "draw", &[]).await.code(), "draw_not_ready");
    assert_eq!(one.contribute(&draft, "nineteen characters").await.notice(), "contribution_short~20");
    assert_eq!(one.contribute(&draft, &" ".repeat(30)).await.code(), "contribution_short");
    assert_eq!(one.contribute(&draft, &"long".repeat(251)).await.code(), "form_invalid");
    assert_eq!(one.contribute(&draft, ONE).await.code(), "contribution_given");
    for again in [TWO, ONE] {
        assert_eq!(one.contribute(&draft, again).await.code(), "contribution_twice");
    }
    assert_eq!(one.act(&draft, "contribute", &[("by", "system")]).await.code(), "contribution_twice");
    assert_eq!(one.act(&draft, "draw", &[]).await.code(), "draw_not_ready");
    assert_eq!(two.act(&draft, "contribute", &[("by", "system")]).await.code(), "contribution_given");
    assert_eq!(two.contribute(&draft, TWO).await.code(), "contributions_complete");

    // The chain has the digests and nothing of what was typed; the store has it sealed.
    let given = draft::contributions(&mut exam.store.read().await.unwrap(), &draft).await.unwrap();
    assert_eq!(given.iter().map(|row| row.by_system).collect::<Vec<_>>(), [false, true]);
    let rows = audit::rows(&mut exam.store.read().await.unwrap(), &draft).await.unwrap();
    let told: Vec<_> = rows.iter().filter(|row| row.act == "draft.contributed").collect();
    for (row, given) in told.iter().zip(&given) {
        assert!(row.detail.contains(&given.digest) && !row.detail.contains("plum"), "{}", row.detail);
        assert!(!given.sealed.contains(&kaochang::world::hex(ONE.as_bytes())));
    }
    assert_eq!(told.iter().map(|row| row.actor.as_str()).collect::<Vec<_>>(), ["office", "office2"]);
}

#[tokio::test]
async fn where_it_counts_the_system_never_gives_both() {
    let exam = TestExam::start().await;
    let mut one = Office::sign_in(exam.browser(), "office").await;
    let counts = Setup { purpose: "exam", ..Setup::default() };
    let draft = one.draft(&counts).await;
    assert_eq!(one.act(&draft, "contribute", &[("by", "system_both")]).await.code(), "form_invalid");
    assert_eq!(one.act(&draft, "contribute", &[("by", "nobody")]).await.code(), "form_invalid");
    let mock = one.draft(&Setup::default()).await;
    assert_eq!(one.act(&mock, "contribute", &[("by", "system_both")]).await.code(), "contribution_given");
    let given = draft::contributions(&mut exam.store.read().await.unwrap(), &mock).await.unwrap();
    assert_eq!(given.iter().map(|row| row.account_id.is_some()).collect::<Vec<_>>(), [true, false]);
    let mock = one.draft(&Setup::default()).await;
    assert_eq!(one.contribute(&mock, ONE).await.code(), "contribution_given");
    assert_eq!(one.act(&mock, "contribute", &[("by", "system_both")]).await.code(), "contribution_given");
    assert_eq!(draft::contributions(&mut exam.store.read().await.unwrap(), &mock).await.unwrap().len(), 2);
}

#[tokio::test]
async fn every_problem_of_plan_and_roster_is_named_and_nothing_is_made() {
    let exam = TestExam::start().await;
    let mut one = Office::sign_in(exam.browser(), "office").await;
    one.browser.post("/lang", &[("lang", "en"), ("back", "/")]).await;
    let plan = exam_setup().plan_text();
    let roster = exam_setup().roster_text();
    let shorter = plan.replace("rehearsal", "mock").replace("level = \"junior\"", "level = \"master\"");
    let broken = format!("{roster}202601001,甲,1,1,1,,\n20269,,2,9,1,5,\n");
    let seen = roster.replace("extra_reason\n", "extra_reason,seen_in\n").replace(",,\n", ",,,none\n");
    for (plan, roster, wanted) in [
        ("title = ", roster.as_str(), &["can't be read", "line 1"][..]),
        (&plan, "admission_no\n1\n", &["The roster can't be read"]),
        (&shorter, &broken, &["3 minutes", "master", "Row 8", "Row 9", "no room 9", "need a reason", "stands above"]),
        ("title = ", "admission_no\n1\n", &["The plan can't be read", "The roster can't be read"]),
        (&plan, &seen, &["Row 2", "there is no session none"]),
        (&format!("earlier = [{{ session = \"gone\", overlap_max = 5 }}]\n{plan}"), &roster, &["session gone"]),
    ] {
        let answer = one.prepare(plan, roster).await;
        assert_eq!(answer.status, 422, "{plan}");
        for wanted in wanted {
            assert!(answer.body.replace("&#x27;", "'").contains(wanted), "{wanted}: {}", answer.body);
        }
        assert!(answer.body.contains("title = "), "what was typed is kept");
    }
    assert!(draft::open(&mut exam.store.read().await.unwrap()).await.unwrap().is_empty());
}

/// The page's own template, with one candidate and every line that is commented out switched on, is a plan.
#[tokio::test]
async fn the_template_is_a_plan() {
    let exam = TestExam::start().await;
    let mut one = Office::sign_in(exam.browser(), "office").await;
    let view = exam.centre.new_draft_view(None, Vec::new());
    let roster = "admission_no,name,id_number,room,seat\n1,甲,990000199001010017,1,1\n";
    for lang in [Lang::Zh, Lang::En] {
        let template = plan_template(lang, view.columns.first(), &view.begins);
        assert_eq!(one.prepare(&template, roster).await.code(), "draft_created", "{template}");
        let key =
            |line: &str| line.starts_with("[[") || line.split_once(" = ").is_some_and(|(key, _)| !key.contains(' '));
        let on = template.lines().map(|line| line.strip_prefix("# ").filter(|rest| key(rest)).unwrap_or(line));
        let all = on.collect::<Vec<_>>().join("\n");
        assert!(all.lines().count() > 30 && all.contains("\ndifficulty = false\n"), "{all}");
        Plan::parse(&all).unwrap_or_else(|error| panic!("{error}\n{all}"));
    }
}

#[tokio::test]
async fn whoever_sat_before_sees_nothing_of_it_again() {
    let exam = TestExam::start().await;
    let sat = exam.sittings().await;
    let mut one = Office::sign_in(exam.browser(), "office").await;
    // The first by the admission number, the second by the ID number alone.
    let before = &exam.session;
    let id_number = &exam.roster[1].id_number;
    let roster = format!(
        "admission_no,name,id_number,room,seat,seen_in\n{},甲,other,1,1,{before}\nnew,乙,{id_number},1,2,{before}\n",
        sat[0].admission_no
    );
    let answer = one.prepare(&exam_setup().plan_text(), &roster).await;
    assert_eq!(answer.code(), "draft_created", "{}", answer.body);
    let draft = answer.to().trim_start_matches("/drafts/").to_owned();
    one.act(&draft, "contribute", &[("by", "system_both")]).await;
    assert_eq!(one.act(&draft, "draw", &[]).await.code(), "draw_begun");
    one.settled(&draft).await;
    let questions = |paper: Paper| paper.items.into_iter().map(|item| item.question).collect::<BTreeSet<_>>();
    let mut tx = exam.store.read().await.unwrap();
    let again = sitting::of_session(&mut tx, &draft).await.unwrap();
    let papers = paper::of_session(&mut tx, &draft).await.unwrap();
    drop(tx);
    let of = |id: &str| papers.iter().find(|stored| stored.sitting == id).expect("a paper").paper.clone();
    for (first, seat) in [(&sat[0], 1), (sat.iter().find(|row| row.seat == 2).expect("the second"), 2)] {
        let first = questions(exam.paper(&first.id).await);
        let second = questions(of(&again.iter().find(|row| row.seat == seat).expect("a sitting").id));
        assert_eq!((second.len(), first.intersection(&second).count()), (100, 0));
    }
}

/// Somebody who saw three papers of this bank, which holds three of each part: it says whom it can't serve.
#[tokio::test]
async fn a_bank_that_one_candidate_has_used_up_says_whose() {
    let exam = TestExam::start().await;
    let number = exam.roster[0].admission_no.clone();
    let mut one = Office::sign_in(exam.browser(), "office").await;
    let plan = exam_setup().plan_text();
    let mut seen = exam.session.clone();
    let mut last = String::new();
    for _ in 0..3 {
        let roster = format!("admission_no,name,id_number,room,seat,seen_in\n{number},甲,1,1,1,{seen}\n");
        last = one.prepare(&plan, &roster).await.to().trim_start_matches("/drafts/").to_owned();
        if seen.split(' ').count() < 3 {
            one.act(&last, "contribute", &[("by", "system_both")]).await;
            one.act(&last, "draw", &[]).await;
            let page = one.settled(&last).await;
            assert!(exam.centre.commitment(&last).is_some(), "{page}");
            seen = format!("{seen} {last}");
        }
    }
    assert!(one.settled(&last).await.contains(&number));
    one.act(&last, "contribute", &[("by", "system_both")]).await;
    one.act(&last, "draw", &[]).await;
    one.settled(&last).await;
    assert_eq!(exam.centre.commitment(&last), None, "nothing was made");
    let stranger = one
        .prepare(&plan, &format!("admission_no,name,id_number,room,seat,seen_in\nx,甲,y,1,1,{}\n", exam.session))
        .await;
    assert_eq!(stranger.status, 422, "nobody of this name sat it");
}

#[tokio::test]
async fn a_bank_that_is_too_small_says_what_is_missing_and_draws_nothing() {
    let exam = TestExam::start().await;
    let (mut one, mut two) = officers(&exam).await;
    let counts = Setup { purpose: "exam", ..Setup::default() };
    let draft = one.draft(&counts).await;
    let page = one.settled(&draft).await;
    assert!(page.contains("还缺") || page.contains("缺"), "{page}");
    one.contribute(&draft, ONE).await;
    two.contribute(&draft, TWO).await;
    assert_eq!(one.act(&draft, "draw", &[]).await.code(), "draw_begun");
    let page = one.settled(&draft).await;
    assert!(!page.contains(&format!("/sessions/{draft}")), "nothing was made");
    assert_eq!(exam.centre.commitment(&draft), None);
    assert_eq!(acts(&exam, &draft).await, ["draft.created", "draft.contributed", "draft.contributed"]);
}

#[tokio::test]
async fn a_draft_is_deleted_with_its_contributions_and_a_session_is_not() {
    let exam = TestExam::start().await;
    let (mut one, mut two) = officers(&exam).await;
    let draft = ready(&mut one, &mut two).await;
    assert_eq!(one.act(&draft, "delete", &[]).await.code(), "confirm_missing");
    assert_eq!(one.act(&draft, "delete", &[("confirm", "yes")]).await.code(), "draft_deleted");
    assert_eq!(one.browser.get(&format!("/drafts/{draft}")).await.status, 404);
    assert_eq!(acts(&exam, &draft).await.last().map(String::as_str), Some("draft.deleted"));
    assert_eq!(exam.verified().await.problems, Vec::<String>::new());

    let draft = ready(&mut one, &mut two).await;
    one.act(&draft, "draw", &[]).await;
    one.settled(&draft).await;
    for (act, fields) in [("delete", &[("confirm", "yes")][..]), ("draw", &[]), ("contribute", &[("by", "system")])] {
        assert_eq!(one.act(&draft, act, fields).await.code(), "draft_drawn", "{act}");
    }
    assert_eq!(one.act("none", "draw", &[]).await.status, 404);
}
