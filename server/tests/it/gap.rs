//! Time lost on one PC or in one room is proposed to the proctor with the measured gap; and a grant takes effect at once, whether
//! the page hears of it or not.

use crate::exam::{ALLOWANCE_MS, LEAD_MS, MINUTE_MS, Setup, TestExam, people::Candidate, people::Proctor};

/// So many who write with scripts, in a room of thirty seats.
async fn writing(count: u32) -> (TestExam, Vec<Candidate>, Proctor) {
    let setup = Setup { minutes: 60, plan: "late_entry_minutes = 30", rooms: vec![(1, 30, count)], ..Setup::short() };
    let exam = TestExam::of(setup).await;
    let mut all = Vec::new();
    for n in 1..=count as usize {
        all.push(exam.candidate(n).await);
    }
    let proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    for candidate in &mut all {
        candidate.remaining_ms().await;
    }
    (exam, all, proctor)
}

async fn page(proctor: &mut Proctor) -> String {
    let address = format!("/rooms/{}", proctor.room);
    proctor.browser.get(&address).await.body
}

#[tokio::test]
async fn one_that_was_silent_is_proposed_with_the_measured_gap() {
    let (exam, mut all, mut proctor) = writing(4).await;
    exam.pass(20_000).await;
    for candidate in &mut all {
        candidate.remaining_ms().await;
    }
    assert!(!page(&mut proctor).await.contains("gap-grant"), "a short silence is none");
    exam.pass(95_000).await;
    // An outage in it is nobody's, and no part of the gap.
    all[0].answer(1, "A").await;
    all[1].remaining_ms().await;
    exam.tick().await;
    let shown = page(&mut proctor).await;
    assert!(
        shown.contains("1 号曾失去联系 1:35，其间仍在作答") && shown.contains("2 号曾失去联系 1:35，其间没有作答"),
        "{shown}"
    );
    assert!(shown.contains("name=\"minutes\" type=\"number\" min=\"1\" max=\"60\" value=\"2\""), "begun minutes");
    assert!(proctor.live().await.needs.iter().any(|need| need.contains("1:35")));
    assert_eq!(exam.acts("gap.measured").await, 2);
    let before = all[1].remaining_ms().await;
    let second = all[1].sitting.clone();
    let grant = [("sitting", second.as_str()), ("minutes", "2"), ("reason", "失去联系 1:35")];
    assert_eq!(proctor.act("gap-grant", &grant).await.notice(), "time_granted~2");
    assert_eq!(all[1].remaining_ms().await, before + 2 * MINUTE_MS);
    assert_eq!(exam.ledger(&all[1].sitting).await.len(), 2);
    assert_eq!(proctor.act("gap-grant", &grant).await.code(), "gap_gone", "once");
    let dismiss = [("sitting", all[0].sitting.as_str()), ("reason", "断网期间仍在作答")];
    assert_eq!(proctor.act("gap-dismiss", &[dismiss[0], ("reason", "")]).await.code(), "reason_missing");
    assert_eq!(proctor.act("gap-dismiss", &dismiss).await.code(), "gap_dismissed");
    assert!(!page(&mut proctor).await.contains("gap-grant"));
    assert_eq!((exam.acts("gap.dismissed").await, exam.ledger(&all[0].sitting).await.len()), (1, 1));
    assert!(exam.verified().await.problems.is_empty());
}

#[tokio::test]
async fn thirty_that_were_silent_together_are_one_grant_for_the_room() {
    let (exam, mut all, mut proctor) = writing(30).await;
    // The switch dies for six minutes; all go on answering, and come back one after the other.
    exam.pass(6 * MINUTE_MS).await;
    for candidate in &mut all {
        candidate.answer(1, "A").await;
        exam.pass(100).await;
    }
    let shown = page(&mut proctor).await;
    assert_eq!(shown.matches("gap-grant").count(), 1, "{shown}");
    assert!(shown.contains("30 名考生曾同时失去联系，最长 6:0") && shown.contains("30 名断网期间仍在作答"), "{shown}");
    let grant = [("sitting", ""), ("minutes", "7"), ("reason", "交换机故障")];
    assert_eq!(proctor.act("gap-grant", &grant).await.notice(), "time_granted~7");
    for candidate in &all {
        assert_eq!(exam.ledger(&candidate.sitting).await[1], ("extension", 7 * MINUTE_MS, None));
    }
    assert!(!page(&mut proctor).await.contains("gap-grant"));
    assert!(exam.verified().await.problems.is_empty());
}

#[tokio::test]
async fn neither_an_outage_nor_a_pause_is_a_gap() {
    let (exam, mut all, mut proctor) = writing(3).await;
    exam.slip(3 * MINUTE_MS);
    exam.tick().await;
    for candidate in &mut all {
        candidate.remaining_ms().await;
    }
    proctor.act("pause", &[("reason", "消防警报")]).await;
    exam.pass(10 * MINUTE_MS).await;
    proctor.act("resume", &[]).await;
    exam.pass(LEAD_MS).await;
    for candidate in &mut all {
        candidate.remaining_ms().await;
    }
    exam.tick().await;
    assert!(!page(&mut proctor).await.contains("gap-grant"));
    assert_eq!(exam.acts("gap.measured").await, 0);
}

#[tokio::test]
async fn a_grant_is_live_for_a_page_that_is_offline_too() {
    let exam = TestExam::of(Setup::short()).await;
    let mut first = exam.candidate(1).await;
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    first.remaining_ms().await;
    // The page is offline from now on, and the whole of its own time passes.
    exam.pass(2 * MINUTE_MS).await;
    assert_eq!(proctor.act("extend", &[("minutes", "5"), ("reason", "交换机故障")]).await.code(), "time_granted");
    exam.pass(MINUTE_MS + ALLOWANCE_MS + MINUTE_MS).await;
    assert_eq!(exam.sitting(&first.sitting).await.phase, "writing", "the server knows of the grant at once");
    // It comes back: what it kept is taken, and it hears of its new end with the first reply.
    let reply = first.answer(1, "A").await;
    assert_eq!(reply.remaining_ms, 4 * MINUTE_MS - ALLOWANCE_MS);
    exam.pass(4 * MINUTE_MS - 1).await;
    first.answer(2, "A").await;
    exam.pass(1).await;
    assert_eq!(exam.sitting(&first.sitting).await.closed_by.as_deref(), Some("clock"));
    assert_eq!(exam.letters(&first.sitting).await.len(), 2);
    assert!(exam.quarantined().await.is_empty());
}
