//! The end of a sitting: by the candidate, by the clock, by a proctor; one path for all three, and it is walked once.

use crate::exam::{ALLOWANCE_MS, LEAD_MS, MINUTE_MS, Setup, TestExam, people::Candidate};

/// What every end must leave behind.
async fn assert_closed_once(exam: &TestExam, candidate: &Candidate, by: &str) {
    let row = exam.sitting(&candidate.sitting).await;
    assert_eq!((row.phase.as_str(), row.closed_by.as_deref()), ("closed", Some(by)));
    let digest = kaochang::store::response::digest_of(&exam.responses(&candidate.sitting).await);
    assert_eq!(row.responses_digest, Some(digest.to_string()));
    let score = exam.score(&candidate.sitting).await.expect("it is marked at once");
    assert_eq!(score.max_milli, 100_000);
    assert_eq!(exam.acts("sitting.closed").await, 1);
    let mut browser = candidate.browser.clone();
    assert_eq!(browser.get("/exam").await.to(), "/receipt");
    let receipt = browser.get("/receipt").await;
    let code = &digest.to_string().to_uppercase()[..8];
    assert!(receipt.body.contains(&format!("{}-{}", &code[..4], &code[4..])), "the receipt bears the check code");
    let report = exam.verified().await;
    assert!(report.problems.is_empty(), "{report}");
}

async fn writing() -> (TestExam, Candidate, crate::exam::people::Proctor) {
    let exam = TestExam::of(Setup::short()).await;
    let mut candidate = exam.candidate(1).await;
    let proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    candidate.answer(1, "A").await;
    candidate.answer(30, "C").await;
    (exam, candidate, proctor)
}

#[tokio::test]
async fn by_the_candidate() {
    let (exam, mut first, _) = writing().await;
    assert_eq!(first.browser.post("/exam/hand-in", &[("epoch", "1")]).await.code(), "confirm_missing");
    assert_eq!(first.browser.post("/exam/hand-in", &[("confirm", "yes")]).await.code(), "form_invalid");
    let other = first.browser.post("/exam/hand-in", &[("epoch", "2"), ("confirm", "yes")]).await;
    assert_eq!(other.code(), "epoch_stale");
    assert_eq!(exam.sitting(&first.sitting).await.phase, "writing");
    assert_eq!(first.hand_in().await.to(), "/receipt");
    assert_closed_once(&exam, &first, "candidate").await;
}

#[tokio::test]
async fn by_the_clock() {
    let (exam, first, _) = writing().await;
    exam.pass(3 * MINUTE_MS + ALLOWANCE_MS).await;
    assert_closed_once(&exam, &first, "clock").await;
}

#[tokio::test]
async fn by_a_proctor() {
    let (exam, first, mut proctor) = writing().await;
    assert_eq!(proctor.on(&first, "hand-in", &[("reason", "违纪")]).await.code(), "confirm_missing");
    assert_eq!(proctor.on(&first, "hand-in", &[("confirm", "yes"), ("reason", "")]).await.code(), "reason_missing");
    let forced = [("confirm", "yes"), ("reason", "违纪")];
    assert_eq!(proctor.on(&first, "hand-in", &forced).await.code(), "handed_in");
    assert_eq!(proctor.on(&first, "hand-in", &forced).await.code(), "not_now");
    assert_closed_once(&exam, &first, "proctor").await;
}

#[tokio::test]
async fn a_double_click_hands_in_once() {
    let (exam, mut first, _) = writing().await;
    let (mut left, mut right) = (first.clone(), first.clone());
    let (one, other) = tokio::join!(left.hand_in(), right.hand_in());
    assert_eq!((one.to(), other.to()), ("/receipt", "/receipt"));
    assert_eq!(first.hand_in().await.to(), "/receipt");
    assert_closed_once(&exam, &first, "candidate").await;
}

#[tokio::test]
async fn candidate_clock_and_proctor_at_once_hand_in_once() {
    let (exam, mut first, mut proctor) = writing().await;
    exam.pass(3 * MINUTE_MS).await;
    exam.slip(ALLOWANCE_MS);
    let watched = first.clone();
    let forced = [("confirm", "yes"), ("reason", "违纪")];
    let (own, (), forced) = tokio::join!(first.hand_in(), exam.tick(), proctor.on(&watched, "hand-in", &forced));
    assert_eq!(own.to(), "/receipt");
    assert!(["handed_in", "not_now"].contains(&forced.code()));
    let by = exam.sitting(&first.sitting).await.closed_by.expect("closed");
    assert_closed_once(&exam, &first, &by).await;
}

#[tokio::test]
async fn an_answer_and_the_hand_in_at_once_agree() {
    let (exam, mut first, _) = writing().await;
    let mut saver = first.clone();
    let change = saver.change(2, "B");
    let (answer, handed) = tokio::join!(saver.send(vec![change]), first.hand_in());
    assert_eq!(handed.to(), "/receipt");
    let stands = exam.letters(&first.sitting).await.contains(&(2, "B".to_owned()));
    assert_eq!(answer.status == 200, stands, "acknowledged and kept, or neither");
    assert_eq!(exam.quarantined().await.len(), usize::from(!stands), "what came too late is kept apart");
    assert_closed_once(&exam, &first, "candidate").await;
}

#[tokio::test]
async fn not_before_the_earliest_time() {
    let exam = TestExam::start().await;
    let mut first = exam.candidate(1).await;
    assert_eq!(first.hand_in().await.code(), "room_not_open");
    exam.opened().await;
    exam.pass(LEAD_MS + 30 * MINUTE_MS - 1).await;
    let early = first.hand_in().await;
    assert_eq!(early.notice(), "hand_in_too_early~09:30:05");
    assert_eq!(exam.sitting(&first.sitting).await.phase, "writing");
    exam.pass(1).await;
    assert_eq!(first.hand_in().await.to(), "/receipt");
}

#[tokio::test]
async fn the_receipt_is_the_candidates_own() {
    let (exam, mut first, _) = writing().await;
    assert_eq!(first.browser.get("/receipt").await.to(), "/exam", "not before the end");
    first.hand_in().await;
    let mut second = exam.candidate(2).await;
    assert_eq!(second.browser.get("/receipt").await.to(), "/exam");
    assert_eq!(exam.browser().get("/receipt").await.to(), "/");
}
