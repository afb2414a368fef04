//! Laws 2 and 3: the server alone owns the clock, nothing received after the end is scored, and nobody gets less time than
//! promised.

use kaochang_app::wire::SaveRefusalCode;

use crate::exam::{ALLOWANCE_MS, LEAD_MS, MINUTE_MS, Setup, TestExam, people::Candidate, people::Proctor};

/// One candidate whose clock has just started.
async fn writing(setup: Setup) -> (TestExam, Candidate, Proctor) {
    let exam = TestExam::of(setup).await;
    let candidate = exam.candidate(1).await;
    let proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    (exam, candidate, proctor)
}

#[tokio::test]
async fn an_answer_counts_until_the_closing_millisecond_and_not_at_it() {
    let (exam, mut first, _) = writing(Setup::short()).await;
    exam.pass(3 * MINUTE_MS).await;
    assert_eq!(first.answer(1, "A").await.remaining_ms, 0, "the time is up, the allowance runs");
    exam.pass(ALLOWANCE_MS - 1).await;
    first.answer(2, "A").await;
    assert_eq!(first.browser.get("/exam?q=3").await.status, 200);
    let page = first.browser.get("/exam?q=3").await;
    // No tick comes between: the answer itself is late, whatever the task that closes does.
    exam.slip(1);
    assert_eq!(first.refused(3, "A").await, SaveRefusalCode::Closed);
    assert_eq!(first.form(&page, "A").await.code(), "sitting_closed");
    exam.tick().await;
    let row = exam.sitting(&first.sitting).await;
    assert_eq!((row.phase.as_str(), row.closed_by.as_deref()), ("closed", Some("clock")));
    assert_eq!(row.closed_clock_ms, Some(LEAD_MS + 3 * MINUTE_MS + ALLOWANCE_MS));
    assert_eq!(first.refused(4, "A").await, SaveRefusalCode::Closed);
    assert_eq!(exam.letters(&first.sitting).await, [(1, "A".to_owned()), (2, "A".to_owned())]);
    assert!(exam.verified().await.problems.is_empty());
}

#[tokio::test]
async fn what_comes_after_the_end_is_kept_and_never_scored() {
    let (exam, mut first, _) = writing(Setup::short()).await;
    let paper = exam.paper(&first.sitting).await;
    let keys = crate::exam::bank::questions();
    let item = paper.item(1).unwrap();
    let right = if keys[&item.question].right == [0] { "A" } else { "B" };
    exam.pass(3 * MINUTE_MS + ALLOWANCE_MS).await;
    let before = exam.score(&first.sitting).await.expect("closed and marked");
    assert_eq!(first.refused(1, right).await, SaveRefusalCode::Closed);
    let kept = exam.quarantined().await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].0, first.sitting);
    assert!(kept[0].1.contains(&format!("\"response\":\"{right}\"")), "{}", kept[0].1);
    assert_eq!(exam.score(&first.sitting).await, Some(before.clone()));
    assert_eq!(before.total_milli, 0);
    assert!(exam.responses(&first.sitting).await.is_empty());
    // A heartbeat has nothing to keep, and a form's answer is kept like the page's.
    assert_eq!(crate::exam::people::refusal(&first.send(Vec::new()).await), SaveRefusalCode::Closed);
    assert_eq!(exam.quarantined().await.len(), 1);
    let form = [("epoch", "1"), ("position", "2"), ("revision", "0"), ("choice", "A"), ("go", "stay")];
    assert_eq!(first.browser.post("/exam/answer", &form).await.code(), "sitting_closed");
    assert_eq!(exam.quarantined().await.len(), 2);
    assert!(exam.verified().await.problems.is_empty());
}

#[tokio::test]
async fn nobody_closes_a_tick_too_early() {
    let (exam, first, _) = writing(Setup::short()).await;
    exam.pass(3 * MINUTE_MS + ALLOWANCE_MS - 1).await;
    assert_eq!(exam.sitting(&first.sitting).await.phase, "writing");
    exam.pass(1).await;
    assert_eq!(exam.sitting(&first.sitting).await.phase, "closed");
}

#[tokio::test]
async fn the_clock_starts_after_the_lead_with_the_whole_time() {
    let exam = TestExam::of(Setup::short()).await;
    let mut first = exam.candidate(1).await;
    assert_eq!(first.browser.get("/exam").await.to(), "/waiting");
    exam.pass(10 * MINUTE_MS).await;
    exam.opened().await;
    assert_eq!(first.remaining_ms().await, 3 * MINUTE_MS, "the lead is nobody's loss");
    exam.pass(LEAD_MS).await;
    assert_eq!(first.remaining_ms().await, 3 * MINUTE_MS);
    exam.pass(1).await;
    assert_eq!(first.remaining_ms().await, 3 * MINUTE_MS - 1);
}

#[tokio::test]
async fn a_late_entrant_has_the_full_time() {
    let exam = TestExam::of(Setup::short()).await;
    exam.opened().await;
    exam.pass(2 * MINUTE_MS).await;
    let mut late = exam.candidate(2).await;
    assert_eq!(late.remaining_ms().await, 3 * MINUTE_MS);
    exam.pass(3 * MINUTE_MS + ALLOWANCE_MS - 1).await;
    late.answer(1, "A").await;
    exam.pass(1).await;
    assert_eq!(exam.sitting(&late.sitting).await.phase, "closed");
}

#[tokio::test]
async fn a_late_entrant_ends_with_the_room_where_the_terms_say_so() {
    let plan = "late_entry_minutes = 2\nlate_end = \"common\"";
    let exam = TestExam::of(Setup { plan, ..Setup::short() }).await;
    let mut first = exam.candidate(1).await;
    let rules = "迟到者与本考场其他考生同时结束";
    assert!(first.browser.get("/rules").await.body.contains(rules));
    assert!(first.browser.get("/waiting").await.body.contains(rules));
    exam.opened().await;
    exam.pass(LEAD_MS + MINUTE_MS).await;
    let mut late = exam.candidate(2).await;
    assert_eq!((first.remaining_ms().await, late.remaining_ms().await), (2 * MINUTE_MS, 2 * MINUTE_MS));
    assert_eq!(exam.ledger(&late.sitting).await, [("duration", 2 * MINUTE_MS, None)]);
    exam.pass(2 * MINUTE_MS + ALLOWANCE_MS - 1).await;
    late.answer(1, "A").await;
    exam.pass(1).await;
    for sitting in [&first.sitting, &late.sitting] {
        assert_eq!(exam.sitting(sitting).await.closed_by.as_deref(), Some("clock"));
    }
    assert!(exam.verified().await.problems.is_empty());
}

/// As sessions of earlier versions have them.
#[test]
fn terms_that_say_nothing_of_late_entrants_give_the_full_time() {
    let terms = r#"{"duration_ms":5400000,"allowance_ms":2000,"start_lead_ms":5000,"earliest_hand_in_ms":0,"late_entry_ms":0,
        "reminders_ms":[],"pass_points":60,"score_at_once":false,"candidates_per_proctor":15,"proctors_min":2}"#;
    let terms: delivery::session::Terms = serde_json::from_str(terms).expect("they are read");
    assert_eq!(terms.late_end, delivery::session::LateEnd::Full);
}

#[tokio::test]
async fn the_rules_say_that_a_late_entrant_has_the_full_time() {
    let exam = TestExam::of(Setup::short()).await;
    let first = exam.candidate(1).await;
    for path in ["/rules", "/waiting"] {
        assert!(first.browser.clone().get(path).await.body.contains("迟到者仍有完整的作答时间"), "{path}");
    }
}

#[tokio::test]
async fn a_late_entrant_who_clicks_twice_starts_once() {
    let exam = TestExam::of(Setup::short()).await;
    exam.opened().await;
    exam.pass(MINUTE_MS).await;
    let mut late = exam.arriving(2).await;
    late.log_in().await;
    late.browser.post("/confirm", &[("answer", "right")]).await;
    let mut again = late.clone();
    let yes = [("accept", "yes")];
    let (one, other) = tokio::join!(late.browser.post("/rules", &yes), again.browser.post("/rules", &yes));
    assert_eq!((one.to(), other.to()), ("/exam", "/exam"));
    assert_eq!(late.browser.post("/rules", &yes).await.to(), "/exam");
    assert_eq!(exam.ledger(&late.sitting).await, [("duration", 3 * MINUTE_MS, None)]);
    assert_eq!(exam.acts("sitting.started").await, 1);
}

#[tokio::test]
async fn an_extension_of_one_moves_one_end() {
    let exam = TestExam::of(Setup::short()).await;
    let (mut first, mut second) = (exam.candidate(1).await, exam.candidate(2).await);
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS + MINUTE_MS).await;
    assert_eq!(proctor.extend(&first, 2).await.notice(), "time_granted~2");
    assert_eq!((first.remaining_ms().await, second.remaining_ms().await), (4 * MINUTE_MS, 2 * MINUTE_MS));
    exam.pass(2 * MINUTE_MS + ALLOWANCE_MS).await;
    assert_eq!(second.refused(1, "A").await, SaveRefusalCode::Closed);
    first.answer(1, "A").await;
    assert_eq!(proctor.extend(&second, 1).await.code(), "not_now", "what is closed stays closed");
    exam.pass(2 * MINUTE_MS - ALLOWANCE_MS).await;
    assert_eq!(first.remaining_ms().await, 0);
    exam.pass(ALLOWANCE_MS - 1).await;
    first.answer(2, "A").await;
    exam.pass(1).await;
    assert_eq!(first.refused(3, "A").await, SaveRefusalCode::Closed);
    assert_eq!(
        exam.ledger(&first.sitting).await,
        [("duration", 3 * MINUTE_MS, None), ("extension", 2 * MINUTE_MS, None)]
    );
    let start = exam.sitting(&first.sitting).await.started_clock_ms;
    assert_eq!(start, Some(LEAD_MS), "the start is never moved");
}

#[tokio::test]
async fn an_extension_of_all_moves_everybodys_end_who_writes() {
    let exam = TestExam::of(Setup { rooms: vec![(1, 4, 4)], ..Setup::short() }).await;
    let (mut first, mut second) = (exam.candidate(1).await, exam.candidate(2).await);
    let mut third = exam.candidate(3).await;
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    third.hand_in().await;
    assert_eq!(proctor.act("extend", &[("minutes", "5"), ("reason", "断网")]).await.notice(), "time_granted~5");
    assert_eq!((first.remaining_ms().await, second.remaining_ms().await), (8 * MINUTE_MS, 8 * MINUTE_MS));
    assert_eq!(exam.ledger(&third.sitting).await.len(), 1);
    assert_eq!(exam.acts("ledger.granted").await, 5);
    let mut late = exam.candidate(4).await;
    assert_eq!(late.remaining_ms().await, 3 * MINUTE_MS, "who was not writing lost nothing");
}

#[tokio::test]
async fn a_grant_needs_minutes_and_a_reason() {
    let (exam, first, mut proctor) = writing(Setup::short()).await;
    for minutes in ["", "0", "-1", "61", "1.5", "99999999999"] {
        let answer = proctor.on(&first, "extend", &[("minutes", minutes), ("reason", "断网")]).await;
        assert_eq!(answer.notice(), "minutes_invalid~60", "{minutes}");
    }
    let long = "长".repeat(501);
    for reason in ["", "  ", &long] {
        let answer = proctor.on(&first, "extend", &[("minutes", "5"), ("reason", reason)]).await;
        assert_eq!(answer.code(), "reason_missing");
    }
    assert_eq!(exam.ledger(&first.sitting).await.len(), 1);
}

#[tokio::test]
async fn a_grant_above_the_limit_needs_a_second_proctor_of_the_room() {
    let (exam, mut first, mut proctor) = writing(Setup::short()).await;
    let mut grant = async |minutes: &str, second: &str, password: &str| {
        let fields =
            [("minutes", minutes), ("reason", "断网"), ("second_account", second), ("second_password", password)];
        proctor.on(&first, "extend", &fields).await.code().to_owned()
    };
    assert_eq!(grant("15", "", "").await, "time_granted");
    assert_eq!(grant("16", "", "").await, "second_proctor_needed");
    assert_eq!(grant("16", "p1", "secret-p1").await, "second_proctor_needed", "one person is not two");
    assert_eq!(grant("16", "p3", "secret-p3").await, "second_proctor_needed", "not in this room");
    assert_eq!(grant("16", "p2", "guess").await, "password_wrong");
    assert_eq!(grant("16", "p2", "secret-p2").await, "time_granted");
    let p2 = Some("p2".to_owned());
    let rows = [("duration", 3, None), ("extension", 15, None), ("extension", 16, p2)];
    assert_eq!(exam.ledger(&first.sitting).await, rows.map(|(cause, minutes, by)| (cause, minutes * MINUTE_MS, by)));
    assert_eq!(first.remaining_ms().await, 34 * MINUTE_MS);
}

#[tokio::test]
async fn a_second_password_can_not_be_guessed() {
    let (exam, first, mut proctor) = writing(Setup::short()).await;
    let mut codes = Vec::new();
    for _ in 0..12 {
        let fields = [("minutes", "16"), ("reason", "断网"), ("second_account", "p2"), ("second_password", "guess")];
        codes.push(proctor.on(&first, "extend", &fields).await.code().to_owned());
    }
    assert!(codes.contains(&"password_too_often".to_owned()), "{codes:?}");
    assert_eq!(exam.ledger(&first.sitting).await.len(), 1);
}

#[tokio::test]
async fn an_accommodation_is_the_first_row_and_lengthens_the_exam() {
    let setup = Setup { extra_minutes: Some(20), ..Setup::short() };
    let exam = TestExam::of(setup).await;
    let (mut first, mut second) = (exam.candidate(1).await, exam.candidate(2).await);
    assert_eq!(exam.ledger(&first.sitting).await, [("accommodation", 20 * MINUTE_MS, None)]);
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    assert_eq!((first.remaining_ms().await, second.remaining_ms().await), (23 * MINUTE_MS, 3 * MINUTE_MS));
    let rows = [("accommodation", 20 * MINUTE_MS, None), ("duration", 3 * MINUTE_MS, None)];
    assert_eq!(exam.ledger(&first.sitting).await, rows);
    exam.pass(3 * MINUTE_MS + ALLOWANCE_MS).await;
    assert_eq!(second.refused(1, "A").await, SaveRefusalCode::Closed);
    exam.pass(20 * MINUTE_MS - 1).await;
    first.answer(1, "A").await;
    exam.pass(1).await;
    assert_eq!(first.refused(2, "A").await, SaveRefusalCode::Closed);
}

#[tokio::test]
async fn the_allowance_is_the_sessions_own() {
    let plan = "late_entry_minutes = 3\nallowance_seconds = 10";
    let (exam, mut first, _) = writing(Setup { plan, ..Setup::short() }).await;
    exam.pass(3 * MINUTE_MS + 9_999).await;
    first.answer(1, "A").await;
    exam.pass(1).await;
    assert_eq!(first.refused(2, "A").await, SaveRefusalCode::Closed);
}

#[tokio::test]
async fn a_page_that_goes_on_for_ever_fills_no_disk() {
    let exam = TestExam::of(Setup::short()).await;
    let mut first = exam.arriving(1).await;
    first.log_in().await;
    first.accept().await;
    exam.opened().await;
    exam.pass(5 * MINUTE_MS).await;
    for _ in 0..60 {
        assert_eq!(first.refused(1, "A").await, SaveRefusalCode::Closed);
    }
    assert_eq!(exam.quarantined().await.len(), 50);
}
