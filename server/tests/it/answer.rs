//! Law 1: no acknowledged answer is lost or altered, by whatever is sent.

use axum::http::StatusCode;
use kaochang_app::wire::{ChangeWire, SaveRefusalCode};

use crate::exam::{LEAD_MS, Setup, TestExam, people::Candidate, people::refusal, people::saved};

/// One candidate who writes.
async fn writing() -> (TestExam, Candidate) {
    let exam = TestExam::of(Setup::short()).await;
    let candidate = exam.candidate(1).await;
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    (exam, candidate)
}

fn change(seq: i64, position: u32, letters: &str) -> ChangeWire {
    ChangeWire { seq, position, response: letters.to_owned(), flagged: false }
}

#[tokio::test]
async fn what_is_acknowledged_is_in_the_database() {
    let (exam, mut first) = writing().await;
    let reply = first.answer(3, "B").await;
    assert_eq!(reply.remaining_ms, 180_000);
    assert_eq!(exam.letters(&first.sitting).await, [(3, "B".to_owned())]);
    first.answer(3, "").await;
    let flagged = ChangeWire { flagged: true, ..first.change(4, "A") };
    saved(&first.send(vec![flagged]).await);
    let rows = exam.responses(&first.sitting).await;
    let rows: Vec<_> = rows.iter().map(|row| (row.position, row.response.as_str(), row.flagged, row.seq)).collect();
    assert_eq!(rows, [(3, "", false, 2), (4, "A", true, 3)]);
}

#[tokio::test]
async fn the_highest_sequence_stands_and_the_page_is_told() {
    let (exam, mut first) = writing().await;
    saved(&first.send(vec![change(5, 30, "B")]).await);
    let late = saved(&first.send(vec![change(4, 30, "C")]).await);
    assert_eq!(late.superseded.len(), 1);
    assert_eq!(
        (late.superseded[0].position, late.superseded[0].response.as_str(), late.superseded[0].seq),
        (30, "B", 5)
    );
    let again = saved(&first.send(vec![change(5, 30, "B")]).await);
    assert!(again.superseded.is_empty(), "the same change twice is harmless");
    saved(&first.send(vec![change(7, 30, "D"), change(6, 30, "A")]).await);
    assert_eq!(exam.letters(&first.sitting).await, [(30, "D".to_owned())]);
    // After a reload the page goes on above.
    let page = first.browser.get("/exam").await;
    assert_eq!(page.field("revision").parse::<i64>().unwrap(), 0, "question 1 was never answered");
    assert_eq!(first.browser.get("/exam?q=30").await.field("revision"), "7");
}

#[tokio::test]
async fn what_no_page_of_ours_makes_is_refused_whole() {
    let (exam, mut first) = writing().await;
    let paper = exam.paper(&first.sitting).await;
    let position = |code: &str| paper.items.iter().find(|item| item.kind.code() == code).unwrap().position;
    let (judge, single, multiple) = (position("true-false"), position("single"), position("multiple"));
    let forged = [
        change(1, 0, "A"),
        change(1, 101, "A"),
        change(1, u32::MAX, "A"),
        change(1, judge, "C"),
        change(1, judge, "AB"),
        change(1, single, "AB"),
        change(1, single, "E"),
        change(1, single, "a"),
        change(1, single, "A "),
        change(1, multiple, "BA"),
        change(1, multiple, "AA"),
        change(1, multiple, "ABCDEFGH"),
        change(0, single, "A"),
        change(-1, single, "A"),
        change(20_001, single, "A"),
        change(i64::MAX, single, "A"),
    ];
    for wrong in forged {
        let right = change(2, single, "B");
        let refused = refusal(&first.send(vec![right, wrong.clone()]).await);
        assert_eq!(refused, SaveRefusalCode::Invalid, "{wrong:?}");
    }
    assert!(exam.responses(&first.sitting).await.is_empty(), "nothing of a refused request is saved");
    let too_many = (1..=1_001).map(|seq| change(seq, single, "A")).collect();
    assert_eq!(refusal(&first.send(too_many).await), SaveRefusalCode::Invalid);
    first.answer(single, "B").await;
}

#[tokio::test]
async fn what_is_no_request_is_refused_in_words() {
    let (exam, mut first) = writing().await;
    let good = r#"{"epoch":1,"changes":[{"seq":1,"position":1,"response":"A","flagged":false}]}"#;
    let (no_field, more) =
        (good.replace(r#","flagged":false"#, ""), good.replace("\"epoch\"", "\"score\":100,\"epoch\""));
    let (text, number) = (good.replace("\"seq\":1", "\"seq\":\"1\""), good.replace("\"seq\":1", "\"seq\":1e400"));
    for body in ["", "{", "[]", "null", "\u{feff}{}", no_field.as_str(), &more, &text, &number] {
        assert_eq!(
            refusal(&first.browser.post_json("/exam/changes", body.to_owned()).await),
            SaveRefusalCode::Invalid,
            "{body}"
        );
    }
    let not_utf8 = first.browser.post_json("/exam/changes", vec![b'"', 0xff, b'"']).await;
    assert_eq!(refusal(&not_utf8), SaveRefusalCode::Invalid);
    let form = first.browser.post("/exam/changes", &[("epoch", "1")]).await;
    assert_eq!(refusal(&form), SaveRefusalCode::Invalid);
    let large = format!("{good}{}", " ".repeat(1_000_000));
    let answer = first.browser.post_json("/exam/changes", large).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(exam.responses(&first.sitting).await.is_empty());
    saved(&first.browser.post_json("/exam/changes", good).await);
}

#[tokio::test]
async fn nobody_saves_without_a_login_or_before_the_start() {
    let exam = TestExam::of(Setup::short()).await;
    let mut nobody = exam.arriving(1).await;
    assert_eq!(nobody.refused(1, "A").await, SaveRefusalCode::SignedOut);
    nobody.browser.cookies.insert("candidate".to_owned(), "0".repeat(64));
    assert_eq!(nobody.refused(1, "A").await, SaveRefusalCode::SignedOut);
    let mut early = exam.candidate(1).await;
    assert_eq!(early.refused(1, "A").await, SaveRefusalCode::Invalid);
    assert!(exam.responses(&early.sitting).await.is_empty());
}

#[tokio::test]
async fn one_candidate_never_writes_into_another() {
    let exam = TestExam::of(Setup::short()).await;
    let (mut first, mut second) = (exam.candidate(1).await, exam.candidate(2).await);
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    first.answer(1, "A").await;
    second.answer(1, "B").await;
    second.answer(2, "A").await;
    assert_eq!(exam.letters(&first.sitting).await, [(1, "A".to_owned())]);
    assert_eq!(exam.letters(&second.sitting).await, [(1, "B".to_owned()), (2, "A".to_owned())]);
}

// --- Forms, without scripts ---

#[tokio::test]
async fn a_stale_form_is_told_and_changes_nothing() {
    let (exam, mut first) = writing().await;
    let stale = first.browser.get("/exam?q=3").await;
    assert_eq!(first.form(&stale, "A").await.code(), "saved");
    let back = first.form(&stale, "B").await;
    assert_eq!((back.to(), back.notice()), ("/exam", "form_stale~3"));
    assert_eq!(exam.letters(&first.sitting).await, [(3, "A".to_owned())]);
    // The same answer again is no conflict, and the newest page may change it.
    assert_eq!(first.form(&stale, "A").await.code(), "saved");
    assert_eq!(first.answer_by_form(3, "B").await.code(), "saved");
    assert_eq!(exam.letters(&first.sitting).await, [(3, "B".to_owned())]);
}

#[tokio::test]
async fn a_form_double_clicked_is_saved_once() {
    let (exam, mut first) = writing().await;
    let page = first.browser.get("/exam?q=1").await;
    let (mut left, mut right) = (first.clone(), first.clone());
    let (one, other) = tokio::join!(left.form(&page, "A"), right.form(&page, "A"));
    assert_eq!((one.code(), other.code()), ("saved", "saved"));
    let (mut left, mut right) = (first.clone(), first.clone());
    let page = first.browser.get("/exam?q=2").await;
    let (one, other) = tokio::join!(left.form(&page, "A"), right.form(&page, "B"));
    let mut codes = [one.code(), other.code()];
    codes.sort_unstable();
    assert_eq!(codes, ["form_stale", "saved"]);
    assert_eq!(exam.responses(&first.sitting).await.len(), 2);
}

#[tokio::test]
async fn a_form_with_nothing_or_nonsense_changes_nothing() {
    let (exam, mut first) = writing().await;
    let wrong: [&[(&str, &str)]; 7] = [
        &[],
        &[("epoch", ""), ("position", ""), ("revision", "")],
        &[("epoch", "1"), ("position", "1"), ("revision", "x"), ("choice", "A")],
        &[("epoch", "x"), ("position", "1"), ("revision", "0"), ("choice", "A")],
        &[("epoch", "1"), ("position", "0"), ("revision", "0"), ("choice", "A")],
        &[("epoch", "1"), ("position", "101"), ("revision", "0"), ("choice", "A")],
        &[("epoch", "1"), ("position", "1"), ("revision", "0"), ("choice", "<script>")],
    ];
    for fields in wrong {
        let answer = first.browser.post("/exam/answer", fields).await;
        assert!(
            ["form_invalid", "position_invalid", "response_invalid"].contains(&answer.code()),
            "{fields:?} {answer:?}"
        );
    }
    assert!(exam.responses(&first.sitting).await.is_empty());
    let page = first.browser.get("/exam?q=1").await;
    first.form(&page, "A").await;
    let clear = [("epoch", "1"), ("position", "1"), ("revision", "1"), ("choice", "A"), ("go", "clear")];
    assert_eq!(first.browser.post("/exam/answer", &clear).await.code(), "saved");
    assert_eq!(exam.letters(&first.sitting).await, [(1, String::new())]);
}

#[tokio::test]
async fn the_buttons_of_the_form_lead_where_they_say() {
    let (_exam, mut first) = writing().await;
    for (go, position, leads) in [
        ("next", "2", "/exam?q=3&"),
        ("prev", "2", "/exam?q=1&"),
        ("prev", "1", "/exam?q=1&"),
        ("sheet", "2", "/exam/hand-in?"),
    ] {
        let fields = [("epoch", "1"), ("position", position), ("revision", "0"), ("go", go)];
        let answer = first.browser.post("/exam/answer", &fields).await;
        let location = answer.location.unwrap_or_default();
        assert!(location.starts_with(leads), "{go}: {location}");
    }
    let all = [("epoch", "1"), ("position", "2"), ("revision", "0"), ("all", "1")];
    let location = first.browser.post("/exam/answer", &all).await.location.unwrap_or_default();
    let (path, fragment) = location.split_once('#').expect("it leads to the question");
    assert!(path.starts_with("/exam?q=2&all=1&notice=saved"), "{location}");
    assert!(first.browser.get(path).await.body.contains(&format!("id=\"{fragment}\"")), "{fragment} is on the page");
}
