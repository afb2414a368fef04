//! Law 3 when things break: an outage consumes nobody's time, and no wall clock decides anything.

use crate::exam::{
    LEAD_MS, MINUTE_MS, Setup, TestExam,
    people::{Office, saved},
};
use kaochang_app::wire::{ChangeWire, SaveRefusalCode};

#[tokio::test]
async fn a_crash_loses_no_answer_and_nobodys_time() {
    let exam = TestExam::of(Setup { extra_minutes: Some(5), ..Setup::short() }).await;
    let mut first = exam.candidate(1).await;
    let mut second = exam.candidate(2).await;
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS + MINUTE_MS).await;
    first.answer(1, "A").await;
    let flagged = ChangeWire { flagged: true, ..first.change(2, "B") };
    saved(&first.send(vec![flagged]).await);
    proctor.extend(&first, 2).await;
    second.hand_in().await;
    exam.pass(450).await;
    let before = first.remaining_ms().await;
    assert_eq!(before, (8 + 2 - 1) * MINUTE_MS - 450);
    let (ledger, score) = (exam.ledger(&first.sitting).await, exam.score(&second.sitting).await);

    let exam = exam.crash(45 * MINUTE_MS).await;
    first.browser = first.browser.at(exam.router.clone());
    let after = first.remaining_ms().await;
    assert!((before..=before + 1_000).contains(&after), "{before} and then {after}: a gift of a second at most");
    let rows: Vec<_> =
        exam.responses(&first.sitting).await.into_iter().map(|r| (r.position, r.response, r.flagged)).collect();
    assert_eq!(rows, [(1, "A".to_owned(), false), (2, "B".to_owned(), true)]);
    assert_eq!(first.browser.get("/exam?q=2").await.field("revision"), "2");
    assert_eq!((exam.ledger(&first.sitting).await, exam.score(&second.sitting).await), (ledger, score));
    let outages = exam.outages().await;
    assert_eq!(outages.len(), 1);
    assert!((45 * MINUTE_MS..46 * MINUTE_MS).contains(&outages[0]), "{outages:?}");
    assert_eq!(exam.acts("session.outage").await, 1);

    // The same login goes on, at the same speed, to the same end.
    first.answer(3, "A").await;
    exam.tick().await;
    exam.pass(1_000).await;
    assert_eq!(first.remaining_ms().await, after - 1_000);
    second.browser = second.browser.at(exam.router.clone());
    assert_eq!(second.browser.get("/exam").await.to(), "/receipt");
    proctor.browser = proctor.browser.at(exam.router.clone());
    assert!(proctor.live().await.proctors_enough, "who was there is there");
    assert!(exam.verified().await.problems.is_empty());
}

#[tokio::test]
async fn a_crash_before_the_first_count_is_an_outage_of_its_own() {
    let exam = TestExam::of(Setup::short()).await;
    exam.candidate(1).await;
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    let exam = exam.crash(MINUTE_MS).await;
    exam.pass(300).await;
    let exam = exam.crash(MINUTE_MS).await;
    let outages = exam.outages().await;
    assert_eq!(outages.len(), 2);
    assert!(outages.iter().all(|length| (MINUTE_MS..MINUTE_MS + 1_500).contains(length)), "they overlap: {outages:?}");
}

#[tokio::test]
async fn crash_after_crash_adds_up_to_nobodys_loss() {
    let mut exam = TestExam::of(Setup::short()).await;
    let mut first = exam.candidate(1).await;
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    let mut served = 0;
    for round in 0..4 {
        exam.tick().await;
        exam.pass(20_300).await;
        served += 20_300;
        exam = exam.crash(MINUTE_MS).await;
        first.browser = first.browser.at(exam.router.clone());
        let remaining = first.remaining_ms().await;
        let promised = 3 * MINUTE_MS - served;
        assert!((promised..=promised + 1_000 * (round + 1)).contains(&remaining), "{remaining}, promised {promised}");
    }
    assert_eq!(exam.outages().await.len(), 4);
}

#[tokio::test]
async fn a_crash_before_the_opening_is_no_outage() {
    let exam = TestExam::of(Setup::short()).await;
    let mut first = exam.candidate(1).await;
    let exam = exam.crash(MINUTE_MS).await;
    first.browser = first.browser.at(exam.router.clone());
    assert_eq!(first.browser.get("/exam").await.to(), "/waiting");
    assert!(exam.outages().await.is_empty());
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    first.answer(1, "A").await;
}

#[tokio::test]
async fn a_planned_stop_gives_no_gift() {
    let exam = TestExam::of(Setup::short()).await;
    let mut first = exam.candidate(1).await;
    exam.opened().await;
    exam.pass(LEAD_MS + 10_700).await;
    exam.slip(150);
    exam.centre.stop().await.expect("a clean stop");
    let exam = exam.crash(MINUTE_MS).await;
    first.browser = first.browser.at(exam.router.clone());
    assert_eq!(first.remaining_ms().await, 3 * MINUTE_MS - 10_850);
}

#[tokio::test]
async fn a_server_that_stood_still_consumed_nobodys_time() {
    let exam = TestExam::of(Setup::short()).await;
    let mut first = exam.candidate(1).await;
    exam.opened().await;
    exam.pass(LEAD_MS + MINUTE_MS).await;
    exam.slip(3 * MINUTE_MS);
    // A request that comes before the tick sees the clock stand as well.
    assert_eq!(first.answer(1, "A").await.remaining_ms, 2 * MINUTE_MS);
    exam.tick().await;
    assert_eq!(first.remaining_ms().await, 2 * MINUTE_MS);
    assert_eq!(exam.outages().await, [3 * MINUTE_MS]);
    exam.pass(MINUTE_MS).await;
    assert_eq!(first.remaining_ms().await, MINUTE_MS);
    assert!(exam.verified().await.problems.is_empty());
}

/// The opening of a second room reads the clock as well, and must not swallow what a tick would have found.
#[tokio::test]
async fn a_stall_is_recorded_even_when_a_room_opens_first() {
    let exam = TestExam::of(Setup { rooms: vec![(1, 1, 1), (2, 1, 1)], ..Setup::short() }).await;
    let mut first = exam.candidate(1).await;
    exam.opened().await;
    let mut other = exam.signed_in("p3", 2).await;
    other.check_in("p3").await;
    other.check_in("p4").await;
    exam.pass(LEAD_MS).await;
    exam.slip(2 * MINUTE_MS);
    assert_eq!(other.act("open", &[]).await.code(), "room_opened");
    exam.tick().await;
    assert_eq!(first.remaining_ms().await, 3 * MINUTE_MS);
    assert_eq!(exam.outages().await, [2 * MINUTE_MS]);
}

#[tokio::test]
async fn a_wall_clock_that_jumps_changes_nothing() {
    let exam = TestExam::of(Setup::short()).await;
    let mut first = exam.candidate(1).await;
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    for (jump_ms, left) in [(60 * MINUTE_MS, 150_000), (-120 * MINUTE_MS, 120_000), (60 * MINUTE_MS, 90_000)] {
        exam.world.jump_wall(jump_ms);
        exam.pass(30_000).await;
        assert_eq!(first.remaining_ms().await, left);
    }
    assert_eq!(exam.acts("session.clock-set").await, 3, "each is on record");
    first.answer(1, "A").await;
    assert!(exam.outages().await.is_empty());
    exam.world.jump_wall(-60 * MINUTE_MS);
    exam.pass(92_000).await;
    assert_eq!(exam.sitting(&first.sitting).await.closed_by.as_deref(), Some("clock"));
    assert!(exam.verified().await.problems.is_empty());
}

/// What is over lies at rest after a start, and is whole again for whoever asks first.
#[tokio::test]
async fn a_session_that_is_over_is_there_for_whoever_asks() {
    for asks_first in ["the candidate", "a page that was away", "the proctor", "the office"] {
        let exam = TestExam::of(Setup::short()).await;
        let mut first = exam.candidate(1).await;
        let mut proctor = exam.opened().await;
        exam.pass(LEAD_MS).await;
        first.answer(1, "A").await;
        assert_eq!(proctor.act("end", &[("confirm", "yes"), ("reason", "结束")]).await.code(), "room_ended");
        let exam = exam.crash(60_000).await;
        let overview = &exam.centre.home_view().sessions[0];
        assert_eq!((overview.candidates, overview.rooms[0].candidates), (2, 2), "counted without anybody");

        first.browser = first.browser.at(exam.router.clone());
        let mut staff = proctor.browser.at(exam.router.clone());
        let name = &first.entry.name;
        match asks_first {
            "the candidate" => assert!(first.browser.get("/receipt").await.body.contains(name)),
            "a page that was away" => {
                assert_eq!(first.refused(2, "B").await, SaveRefusalCode::Closed);
                assert_eq!(exam.quarantined().await.len(), 1, "kept for a decision");
            }
            "the proctor" => {
                let page = staff.get(&format!("/rooms/{}", proctor.room)).await;
                assert!(page.body.contains(name), "{}", page.body);
            }
            _ => {
                let mut office = Office::sign_in(exam.browser(), "office").await.browser;
                let page = office.get(&format!("/sessions/{}/results", exam.session)).await;
                assert!(page.body.contains(name), "{}", page.body);
            }
        }
        assert!(exam.verified().await.problems.is_empty());
    }
}
