//! A room that stands still: nobody's time runs, nothing that was chosen is lost, nobody is handed in, and all of it is in the
//! record.

use kaochang_app::wire::{SaveReply, SeatState};

use crate::exam::{ALLOWANCE_MS, LEAD_MS, MINUTE_MS, Setup, TestExam, people::saved};

const WHY: [(&str, &str); 1] = [("reason", "消防警报")];

/// Two candidates who write for a minute, and their proctor.
async fn writing() -> (TestExam, [crate::exam::people::Candidate; 2], crate::exam::people::Proctor) {
    let exam = TestExam::of(Setup::short()).await;
    let both = [exam.candidate(1).await, exam.candidate(2).await];
    let proctor = exam.opened().await;
    exam.pass(LEAD_MS + MINUTE_MS).await;
    (exam, both, proctor)
}

#[tokio::test]
async fn the_time_of_the_whole_room_stands_still_and_is_given_back_to_the_millisecond() {
    let (exam, [mut first, mut second], mut proctor) = writing().await;
    assert_eq!(proctor.act("pause", &WHY).await.code(), "room_paused");
    let told: SaveReply = saved(&first.send(Vec::new()).await);
    assert_eq!((told.paused, told.remaining_ms), (true, 2 * MINUTE_MS));
    exam.pass(10 * MINUTE_MS).await;
    assert_eq!(first.remaining_ms().await, 2 * MINUTE_MS);
    assert_eq!(exam.sitting(&second.sitting).await.phase, "writing", "the clock hands nobody in");
    assert_eq!(proctor.act("resume", &[]).await.code(), "room_resumed");
    // The lead is part of the pause: every page has turned when the time goes on.
    exam.pass(LEAD_MS).await;
    let told: SaveReply = saved(&second.send(Vec::new()).await);
    assert_eq!((told.paused, told.remaining_ms), (false, 2 * MINUTE_MS));
    let rows = [("duration", 3 * MINUTE_MS, None), ("pause", 10 * MINUTE_MS + LEAD_MS, None)];
    for candidate in [&first, &second] {
        assert_eq!(exam.ledger(&candidate.sitting).await, rows);
        assert_eq!(exam.sitting(&candidate.sitting).await.started_clock_ms, Some(LEAD_MS), "the start is never moved");
    }
    exam.pass(2 * MINUTE_MS + ALLOWANCE_MS - 1).await;
    first.answer(1, "A").await;
    exam.pass(1).await;
    assert_eq!(exam.sitting(&first.sitting).await.closed_by.as_deref(), Some("clock"));
    assert!(exam.verified().await.problems.is_empty());
}

#[tokio::test]
async fn what_was_chosen_before_the_page_knew_is_saved_and_scored() {
    let (exam, [mut first, mut second], mut proctor) = writing().await;
    let page = second.browser.get("/exam?q=2").await;
    exam.pass(2 * MINUTE_MS).await;
    assert_eq!(proctor.act("pause", &WHY).await.code(), "room_paused");
    // Long after the end by the exam clock: the page was offline, and comes back while the room stands still.
    exam.pass(30 * MINUTE_MS).await;
    assert!(first.answer(1, "A").await.paused);
    // The form of a page without scripts, too; it leads to a page that shows no question.
    let answer = second.form(&page, "B").await;
    assert_eq!(answer.code(), "saved");
    let shown = second.browser.get(answer.to()).await;
    assert!(shown.body.contains("考试暂停") && !shown.body.contains("name=\"choice\""), "{}", shown.body);
    assert_eq!(exam.letters(&first.sitting).await, [(1, "A".to_owned())]);
    assert_eq!(exam.letters(&second.sitting).await, [(2, "B".to_owned())]);
    assert!(exam.quarantined().await.is_empty());
    proctor.act("end", &[("confirm", "yes"), ("reason", "撤离")]).await;
    assert_eq!(exam.letters(&first.sitting).await.len(), 1);
    assert!(exam.score(&first.sitting).await.is_some());
    assert!(exam.verified().await.problems.is_empty());
}

#[tokio::test]
async fn nobody_hands_in_while_the_room_stands_still() {
    let (exam, [mut first, second], mut proctor) = writing().await;
    proctor.act("pause", &WHY).await;
    assert_eq!(first.browser.get("/exam/hand-in").await.to(), "/exam");
    assert_eq!(first.hand_in().await.code(), "room_is_paused");
    assert_eq!(exam.sitting(&first.sitting).await.phase, "writing");
    // A proctor may still collect a paper, give time, release a login.
    assert_eq!(proctor.extend(&first, 2).await.code(), "time_granted");
    let force = [("confirm", "yes"), ("reason", "违纪")];
    assert_eq!(proctor.on(&second, "hand-in", &force).await.code(), "handed_in");
    proctor.act("resume", &[]).await;
    assert_eq!(exam.ledger(&second.sitting).await.len(), 1, "who does not write gets nothing");
    assert_eq!(exam.ledger(&first.sitting).await.len(), 3);
    assert_eq!(first.hand_in().await.to(), "/receipt");
    assert!(exam.verified().await.problems.is_empty());
}

#[tokio::test]
async fn a_room_is_paused_with_a_reason_once_and_only_while_it_is_open() {
    let exam = TestExam::of(Setup { rooms: vec![(1, 2, 2), (2, 1, 1)], ..Setup::short() }).await;
    let mut first = exam.candidate(1).await;
    let mut other = exam.candidate(3).await;
    let mut proctor = exam.proctor("p1").await;
    proctor.check_in("p2").await;
    assert_eq!(proctor.act("pause", &WHY).await.code(), "room_not_open");
    proctor.act("open", &[]).await;
    let mut elsewhere = exam.signed_in("p3", 2).await;
    elsewhere.check_in("p3").await;
    elsewhere.check_in("p4").await;
    elsewhere.act("open", &[]).await;
    exam.pass(LEAD_MS).await;
    assert_eq!(proctor.act("pause", &[("reason", " ")]).await.code(), "reason_missing");
    assert_eq!(proctor.act("resume", &[]).await.code(), "room_not_paused");
    assert_eq!(proctor.act("pause", &WHY).await.code(), "room_paused");
    assert_eq!(proctor.act("pause", &WHY).await.code(), "room_already_paused");
    // Whoever is not checked in here can neither pause nor resume.
    let mut stranger = exam.signed_in("p3", 1).await;
    assert_eq!(stranger.act("resume", &[]).await.status, 403);
    assert_eq!(stranger.act("pause", &WHY).await.status, 403);
    exam.pass(MINUTE_MS).await;
    assert_eq!((first.remaining_ms().await, other.remaining_ms().await), (3 * MINUTE_MS, 2 * MINUTE_MS));
    proctor.act("resume", &[]).await;
    assert_eq!((exam.acts("room.paused").await, exam.acts("room.resumed").await), (1, 1));
    assert!(exam.verified().await.problems.is_empty());
}

#[tokio::test]
async fn a_crash_while_the_room_stands_still_costs_nothing_twice() {
    let (exam, [mut first, _], mut proctor) = writing().await;
    exam.pass(700).await;
    proctor.act("pause", &WHY).await;
    exam.pass(MINUTE_MS + 450).await;
    let exam = exam.crash(45 * MINUTE_MS).await;
    first.browser = first.browser.at(exam.router.clone());
    proctor.browser = proctor.browser.at(exam.router.clone());
    let told: SaveReply = saved(&first.send(Vec::new()).await);
    assert!(told.paused);
    assert!(first.browser.get("/exam").await.body.contains("考试暂停"));
    exam.tick().await;
    exam.pass(5 * MINUTE_MS).await;
    assert_eq!(first.remaining_ms().await, 2 * MINUTE_MS - 700);
    proctor.act("resume", &[]).await;
    exam.pass(LEAD_MS).await;
    assert_eq!(first.remaining_ms().await, 2 * MINUTE_MS - 700);
    // The outage is nobody's: the pause is as long as the exam clock counted it.
    let given = exam.ledger(&first.sitting).await[1].1;
    assert!((6 * MINUTE_MS - 1_000..=6 * MINUTE_MS + 450).contains(&(given - LEAD_MS)), "{given}");
    let again = exam.crash(MINUTE_MS).await;
    first.browser = first.browser.at(again.router.clone());
    assert!(!saved(&first.send(Vec::new()).await).paused);
    assert!(again.verified().await.problems.is_empty());
}

#[tokio::test]
async fn who_comes_while_the_room_stands_still_starts_when_it_goes_on() {
    let exam = TestExam::of(Setup::short()).await;
    let mut proctor = exam.opened().await;
    exam.pass(2 * MINUTE_MS).await;
    proctor.act("pause", &WHY).await;
    exam.pass(30 * MINUTE_MS).await;
    // The bar, three minutes after the opening, waits with the room.
    let mut late = exam.candidate(1).await;
    assert_eq!(late.browser.get("/exam").await.to(), "/waiting");
    exam.pass(MINUTE_MS).await;
    assert_eq!(exam.sitting(&late.sitting).await.phase, "present");
    proctor.act("resume", &[]).await;
    exam.tick().await;
    exam.pass(LEAD_MS).await;
    assert_eq!(late.remaining_ms().await, 3 * MINUTE_MS);
    assert_eq!(exam.ledger(&late.sitting).await, [("duration", 3 * MINUTE_MS, None)]);
    exam.pass(MINUTE_MS).await;
    exam.pass(1).await;
    let mut other = exam.arriving(2).await;
    assert_eq!(other.knock().await.code(), "too_late");
}

#[tokio::test]
async fn the_console_and_the_record_say_it() {
    let (exam, [mut first, _], mut proctor) = writing().await;
    let shape = proctor.live().await.shape;
    proctor.act("pause", &WHY).await;
    let live = proctor.live().await;
    assert!(live.pause_text.contains("消防警报"), "{}", live.pause_text);
    assert_ne!(live.shape, shape, "the page offers to load anew");
    let page = proctor.browser.get(&format!("/rooms/{}", proctor.room)).await.body;
    assert!(page.contains("/resume\"") && !page.contains("/pause\""));
    exam.pass(20_000).await;
    // A page with scripts that was loaded anew is heard by the page that stands in for it.
    first.browser.get("/exam").await;
    let tile = |live: kaochang_app::wire::RoomWire| live.tiles[0].state;
    assert_eq!(tile(proctor.live().await), SeatState::Writing, "no report before: no scripts, never offline");
    first.remaining_ms().await;
    exam.pass(7_000).await;
    first.browser.get("/exam").await;
    exam.pass(7_000).await;
    assert_eq!(tile(proctor.live().await), SeatState::Writing);
    exam.pass(7_000).await;
    assert_eq!(tile(proctor.live().await), SeatState::Offline);
    proctor.act("resume", &[]).await;
    let record = proctor.browser.get(&format!("/rooms/{}/record", proctor.room)).await.body;
    assert!(record.contains("消防警报") && record.contains("0:46"), "41 s and the lead: {record}");
}
