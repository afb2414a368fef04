//! Law 7: a room opens only with enough proctors present, and the record shows that it had them.

use crate::exam::{LEAD_MS, MINUTE_MS, Setup, TestExam};

fn rooms(rooms: &[(u32, u32, u32)]) -> Setup {
    Setup { rooms: rooms.to_vec(), ..Setup::short() }
}

#[tokio::test]
async fn a_room_of_31_opens_with_three_proctors_and_not_with_two() {
    let exam = TestExam::of(rooms(&[(1, 31, 31)])).await;
    let mut proctor = exam.proctor("p1").await;
    assert_eq!(proctor.act("open", &[]).await.notice(), "proctors_missing~2");
    proctor.check_in("p2").await;
    assert_eq!(proctor.act("open", &[]).await.notice(), "proctors_missing~1");
    assert!(!proctor.live().await.proctors_enough);
    proctor.check_in("p3").await;
    assert!(proctor.live().await.proctors_enough);
    assert_eq!(proctor.act("open", &[]).await.code(), "room_opened");
    assert_eq!(proctor.act("open", &[]).await.code(), "room_already_open");
    assert_eq!(exam.acts("room.opened").await, 1);
}

#[tokio::test]
async fn a_room_of_12_opens_with_two_proctors_and_not_with_one() {
    let exam = TestExam::of(rooms(&[(1, 12, 12)])).await;
    let mut proctor = exam.proctor("p1").await;
    assert_eq!(proctor.act("open", &[]).await.notice(), "proctors_missing~1");
    proctor.check_in("p2").await;
    assert_eq!(proctor.act("open", &[]).await.code(), "room_opened");
}

#[tokio::test]
async fn whoever_is_recorded_absent_needs_no_proctor() {
    let exam = TestExam::of(rooms(&[(1, 31, 31)])).await;
    let mut proctor = exam.proctor("p1").await;
    proctor.check_in("p2").await;
    assert_eq!(proctor.act("open", &[]).await.notice(), "proctors_missing~1");
    let missing = exam.arriving(31).await;
    assert_eq!(proctor.on(&missing, "absent", &[]).await.code(), "absent_recorded");
    assert_eq!(proctor.on(&missing, "absent", &[]).await.code(), "not_now");
    assert_eq!(proctor.act("open", &[]).await.code(), "room_opened");
}

#[tokio::test]
async fn one_person_is_not_two() {
    let exam = TestExam::start().await;
    let mut proctor = exam.proctor("p1").await;
    assert_eq!(proctor.check_in("p1").await.code(), "proctor_already_in");
    assert_eq!(proctor.check_in(" p1 ").await.code(), "password_wrong", "the password is another");
    assert_eq!(proctor.act("open", &[]).await.notice(), "proctors_missing~1");
    // Nor is somebody who is no proctor, or who can't say the password.
    assert_eq!(proctor.check_in("office").await.code(), "not_a_proctor");
    let wrong = proctor.act("check-in", &[("account", "p2"), ("password", "guess")]).await;
    assert_eq!(wrong.code(), "password_wrong");
    assert_eq!(proctor.act("open", &[]).await.notice(), "proctors_missing~1");
}

#[tokio::test]
async fn nobody_watches_two_rooms() {
    let exam = TestExam::of(rooms(&[(1, 2, 1), (2, 2, 1)])).await;
    let mut first = exam.proctor("p1").await;
    let mut second = exam.signed_in("p2", 2).await;
    assert_eq!(second.check_in("p1").await.notice(), "proctor_elsewhere~1");
    // Acts in a room need a stay in it.
    assert_eq!(second.act("open", &[]).await.status, 403);
    assert_eq!(second.check_in("p2").await.code(), "proctor_checked_in");
    assert_eq!(first.act("check-out", &[("account", "p1")]).await.code(), "proctor_checked_out");
    assert_eq!(second.check_in("p1").await.code(), "proctor_checked_in");
    assert_eq!(second.act("open", &[]).await.code(), "room_opened");
    // Room 1 was left by all.
    assert_eq!(first.act("open", &[]).await.status, 403);
}

#[tokio::test]
async fn who_leaves_too_few_behind_is_seen_at_once_and_in_the_record() {
    let exam = TestExam::of(Setup::short()).await;
    let mut proctor = exam.opened().await;
    assert!(proctor.live().await.proctors_enough);
    assert!(exam.centre.record_view(&proctor.room).await.unwrap().proctors_enough);
    exam.pass(MINUTE_MS).await;
    let before = proctor.live().await.shape;
    assert_eq!(proctor.act("check-out", &[("account", "p2")]).await.code(), "proctor_checked_out");
    let live = proctor.live().await;
    assert!(!live.proctors_enough && live.shape != before);
    exam.pass(1_000).await;
    assert_eq!(proctor.check_in("p3").await.code(), "proctor_checked_in");
    assert!(proctor.live().await.proctors_enough, "there are enough again");
    assert!(!exam.centre.record_view(&proctor.room).await.unwrap().proctors_enough, "and there was a gap");
}

#[tokio::test]
async fn a_relief_is_no_gap() {
    let exam = TestExam::of(Setup::short()).await;
    let mut proctor = exam.opened().await;
    exam.pass(1_000).await;
    proctor.check_in("p3").await;
    exam.pass(1_000).await;
    proctor.act("check-out", &[("account", "p2")]).await;
    exam.pass(1_000).await;
    let record = exam.centre.record_view(&proctor.room).await.unwrap();
    assert!(record.proctors_enough);
    assert_eq!(record.proctors.len(), 3);
}

#[tokio::test]
async fn a_room_does_not_open_before_its_time() {
    let exam = TestExam::of(Setup { plan: "begins = \"2026-11-28T09:10:00+08:00\"", ..Setup::short() }).await;
    let mut proctor = exam.proctor("p1").await;
    proctor.check_in("p2").await;
    assert_eq!(proctor.act("open", &[]).await.code(), "too_early");
    exam.slip(10 * MINUTE_MS - 1);
    assert_eq!(proctor.act("open", &[]).await.code(), "too_early");
    exam.slip(1);
    assert_eq!(proctor.act("open", &[]).await.code(), "room_opened");
}

#[tokio::test]
async fn the_end_of_a_room_closes_everybody_and_the_last_room_the_session() {
    let exam = TestExam::of(rooms(&[(1, 4, 3)])).await;
    let mut writing = exam.candidate(1).await;
    let mut late = exam.arriving(2).await;
    let mut proctor = exam.opened().await;
    late.log_in().await;
    exam.pass(LEAD_MS).await;
    writing.answer(1, "A").await;
    assert_eq!(proctor.act("end", &[("reason", "停电")]).await.notice(), "room_still_writing~1");
    assert_eq!(proctor.act("end", &[("confirm", "yes"), ("reason", " ")]).await.code(), "reason_missing");
    assert_eq!(exam.acts("room.ended").await, 0);
    assert_eq!(proctor.act("end", &[("confirm", "yes"), ("reason", "停电")]).await.code(), "room_ended");
    let mut phases: Vec<String> = exam.sittings().await.into_iter().map(|row| row.phase).collect();
    phases.sort_unstable();
    assert_eq!(phases, ["absent", "absent", "closed"]);
    assert_eq!(exam.sitting(&writing.sitting).await.closed_by.as_deref(), Some("proctor"));
    assert_eq!(exam.acts("session.finished").await, 1);
    assert_eq!(writing.browser.get("/exam").await.to(), "/receipt");
    assert_eq!(proctor.act("end", &[("confirm", "yes"), ("reason", "停电")]).await.code(), "room_not_open");
    let record = exam.centre.record_view(&proctor.room).await.unwrap();
    assert_eq!((record.expected, record.present, record.absent.len()), (3, 1, 2));
    assert!(exam.verified().await.problems.is_empty());
}
