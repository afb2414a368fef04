//! Who may sit where, and that of two machines only one writes.

use kaochang_app::wire::SaveRefusalCode;

use crate::exam::{LEAD_MS, MINUTE_MS, Setup, TestExam};

fn two_rooms() -> Setup {
    Setup { rooms: vec![(1, 3, 2), (2, 3, 1)], ..Setup::short() }
}

#[tokio::test]
async fn one_message_for_every_mismatch() {
    let exam = TestExam::start().await;
    let mut first = exam.arriving(1).await;
    let (own, other) = (first.entry.clone(), exam.roster[1].clone());
    let tries = [
        ("", ""),
        ("99999999", own.id_number.as_str()),
        (own.admission_no.as_str(), "990000199001010000"),
        (own.admission_no.as_str(), other.id_number.as_str()),
        (own.admission_no.as_str(), ""),
        ("' OR 1=1 --", "' OR 1=1 --"),
    ];
    for (admission_no, id_number) in tries {
        let answer = first.try_log_in(admission_no, id_number).await;
        assert_eq!((answer.to(), answer.notice()), ("/", "login_mismatch"), "{admission_no:?} {id_number:?}");
    }
    assert!(!first.browser.cookies.contains_key("candidate"));
    // Spaces and the case of an X are spelling and not another number.
    let spaced = format!(" {} ", own.id_number);
    assert_eq!(first.try_log_in(&format!(" {} ", own.admission_no), &spaced).await.to(), "/confirm");
}

#[tokio::test]
async fn guessing_is_braked_by_seat() {
    let exam = TestExam::start().await;
    let mut first = exam.arriving(1).await;
    let mut codes = Vec::new();
    for _ in 0..12 {
        codes.push(first.try_log_in("1", "1").await.code().to_owned());
    }
    assert_eq!(codes.iter().filter(|code| *code == "login_mismatch").count(), 10, "{codes:?}");
    assert_eq!(first.knock().await.code(), "login_too_often");
    assert_eq!(exam.arriving(2).await.knock().await.to(), "/confirm", "another seat is not held up");
}

#[tokio::test]
async fn a_machine_that_is_no_seat_lets_nobody_in() {
    let exam = TestExam::start().await;
    let mut first = exam.arriving(1).await;
    first.browser.cookies.clear();
    assert_eq!(first.knock().await.code(), "seat_unknown");
    first.browser.cookies.insert("seat".to_owned(), "0".repeat(64));
    assert_eq!(first.knock().await.code(), "seat_unknown");
    assert_eq!(first.browser.get("/enrol/00").await.status, 404);
    assert_eq!(first.browser.post("/enrol/00", &[]).await.status, 404);
}

#[tokio::test]
async fn a_machine_enrolled_anew_is_the_old_one_no_longer() {
    let exam = TestExam::start().await;
    let mut old = exam.arriving(1).await;
    let mut new = exam.arriving(1).await;
    assert_eq!(old.knock().await.code(), "seat_unknown");
    assert_eq!(new.knock().await.to(), "/confirm");
}

#[tokio::test]
async fn the_wrong_seat_and_the_wrong_room_say_which_is_right() {
    let exam = TestExam::of(two_rooms()).await;
    let mut first = exam.arriving(1).await;
    first.browser = exam.machine(1, 3).await;
    assert_eq!(first.knock().await.notice(), "seat_wrong~1");
    first.browser = exam.machine(2, 1).await;
    assert_eq!(first.knock().await.notice(), "room_wrong~1");
    assert_eq!(exam.sitting(&first.sitting).await.epoch, 0);
}

#[tokio::test]
async fn too_early_too_late_and_absent() {
    let plan = "begins = \"2026-11-28T10:00:00+08:00\"\nlogin_opens_minutes = 30\nlate_entry_minutes = 1";
    let exam = TestExam::of(Setup { plan, rooms: vec![(1, 4, 4)], ..Setup::short() }).await;
    let mut first = exam.arriving(1).await;
    exam.slip(30 * MINUTE_MS - 1);
    assert_eq!(first.knock().await.notice(), "too_early~09:30");
    exam.slip(1);
    assert_eq!(first.knock().await.to(), "/confirm");
    exam.slip(30 * MINUTE_MS);
    let mut proctor = exam.opened().await;
    let (mut absent, mut last, mut late) = (exam.arriving(2).await, exam.arriving(3).await, exam.arriving(4).await);
    proctor.on(&absent, "absent", &[]).await;
    assert_eq!(absent.knock().await.code(), "recorded_absent");
    exam.pass(MINUTE_MS).await;
    assert_eq!(last.knock().await.to(), "/confirm", "the bar comes down after this very moment");
    exam.pass(1).await;
    assert_eq!(late.knock().await.notice(), "too_late~10:01");
    assert_eq!(exam.sitting(&late.sitting).await.phase, "expected");
}

#[tokio::test]
async fn who_has_started_may_always_come_back_and_after_the_end_sees_the_receipt() {
    let exam = TestExam::of(Setup { plan: "late_entry_minutes = 1", ..Setup::short() }).await;
    let mut first = exam.candidate(1).await;
    exam.opened().await;
    exam.pass(LEAD_MS + 2 * MINUTE_MS).await;
    assert_eq!(first.knock().await.to(), "/exam");
    first.epoch += 1;
    first.answer(1, "A").await;
    assert_eq!(first.hand_in().await.to(), "/receipt");
    assert_eq!(first.knock().await.to(), "/receipt");
    assert_eq!(first.browser.get("/exam").await.to(), "/receipt");
    assert_eq!(first.browser.get("/receipt").await.status, 200);
}

#[tokio::test]
async fn a_second_login_ends_the_first() {
    let exam = TestExam::of(Setup::short()).await;
    let mut old = exam.candidate(1).await;
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    old.answer(1, "A").await;
    let page = old.browser.get("/exam?q=2").await;
    let mut new = old.clone();
    assert_eq!(new.knock().await.to(), "/exam");
    new.epoch += 1;
    assert_eq!(old.refused(1, "B").await, SaveRefusalCode::Epoch);
    assert_eq!(old.form(&page, "B").await.code(), "epoch_stale");
    assert_eq!(old.hand_in().await.code(), "epoch_stale");
    let shown = old.browser.get("/exam").await;
    assert_eq!((shown.to(), shown.code()), ("/", "epoch_stale"));
    // Nor does the old token help with the new number, or the new token with the old.
    old.epoch = 2;
    assert_eq!(old.refused(1, "B").await, SaveRefusalCode::Epoch);
    let mut forged = new.clone();
    for epoch in [0, 1, 3, -1, i64::MAX] {
        forged.epoch = epoch;
        assert_eq!(forged.refused(1, "B").await, SaveRefusalCode::Epoch, "epoch {epoch}");
    }
    new.answer(2, "B").await;
    assert_eq!(exam.letters(&new.sitting).await, [(1, "A".to_owned()), (2, "B".to_owned())]);
}

#[tokio::test]
async fn of_two_logins_at_once_one_writes() {
    let exam = TestExam::of(Setup::short()).await;
    let first = exam.candidate(1).await;
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    let (mut left, mut right) = (first.clone(), first.clone());
    let (one, other) = tokio::join!(left.knock(), right.knock());
    assert_eq!((one.to(), other.to()), ("/exam", "/exam"));
    let mut written = 0;
    for candidate in [&mut left, &mut right] {
        for epoch in 2..=3 {
            candidate.epoch = epoch;
            let change = candidate.change(1, "A");
            written += usize::from(candidate.send(vec![change]).await.status == 200);
        }
    }
    assert_eq!(written, 1);
    assert_eq!(exam.sitting(&first.sitting).await.epoch, 3);
}

#[tokio::test]
async fn a_move_takes_every_answer_along_and_leaves_the_old_machine_none() {
    let exam = TestExam::of(Setup::short()).await;
    let mut old = exam.candidate(1).await;
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    old.answer(1, "A").await;
    old.answer(2, "B").await;
    let page = old.browser.get("/exam?q=3").await;
    for (seat, code) in
        [("2", "seat_taken"), ("4", "seat_not_in_room"), ("0", "seat_not_in_room"), ("x", "seat_not_in_room")]
    {
        assert_eq!(proctor.on(&old, "move", &[("seat", seat)]).await.code(), code, "seat {seat}");
    }
    assert_eq!(proctor.on(&old, "move", &[("seat", "3")]).await.notice(), "seat_moved~3");
    assert_eq!(old.refused(3, "A").await, SaveRefusalCode::Epoch);
    assert_eq!(old.form(&page, "A").await.code(), "epoch_stale");
    assert_eq!(old.knock().await.notice(), "seat_wrong~3");
    let mut new = old.clone();
    new.browser = exam.machine(1, 3).await;
    assert_eq!(new.knock().await.to(), "/exam");
    new.epoch = exam.sitting(&new.sitting).await.epoch;
    assert_eq!(new.browser.get("/exam?q=1").await.field("revision"), "1");
    assert_eq!(new.browser.get("/exam?q=2").await.field("revision"), "2");
    new.answer(3, "A").await;
    let stands = [(1, "A".to_owned()), (2, "B".to_owned()), (3, "A".to_owned())];
    assert_eq!(exam.letters(&new.sitting).await, stands);
    assert_eq!(exam.acts("seat.moved").await, 1);
}

#[tokio::test]
async fn a_released_login_writes_no_more() {
    let exam = TestExam::of(Setup::short()).await;
    let mut first = exam.candidate(1).await;
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    assert_eq!(proctor.on(&first, "release", &[]).await.code(), "login_released");
    assert_eq!(first.refused(1, "A").await, SaveRefusalCode::Epoch);
    assert_eq!(first.knock().await.to(), "/exam");
    first.epoch = 3;
    first.answer(1, "A").await;
}

#[tokio::test]
async fn rules_are_not_accepted_before_the_identity_is_confirmed() {
    let exam = TestExam::start().await;
    let mut first = exam.arriving(1).await;
    first.log_in().await;
    assert_eq!(first.browser.post("/rules", &[("accept", "yes")]).await.to(), "/confirm");
    assert_eq!(exam.acts("sitting.accepted").await, 0);
    assert_eq!(first.browser.post("/confirm", &[("answer", "right")]).await.to(), "/rules");
    assert_eq!(first.browser.post("/rules", &[("accept", "yes")]).await.to(), "/waiting");
}

#[tokio::test]
async fn an_older_login_raises_no_hand() {
    let exam = TestExam::start().await;
    let mut first = exam.arriving(1).await;
    first.log_in().await;
    let mut old = first.browser.clone();
    first.log_in().await;
    assert_eq!(old.post("/hand", &[("back", "/confirm")]).await.code(), "epoch_stale");
    assert_eq!(exam.acts("hand.raised").await, 0);
    assert_eq!(first.browser.post("/hand", &[("back", "/confirm")]).await.code(), "hand_raised");
}
