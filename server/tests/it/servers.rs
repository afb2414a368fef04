//! Several servers on one database: whoever is asked, the answer is the same, and what one of them does not know any more it
//! does not decide.

mod processes;

use std::{sync::Arc, time::Duration};

use kaochang::{
    service::{peers::Peers, writer::Writer},
    store::{
        response::{self, ResponseRow},
        session,
    },
};
use kaochang_app::wire::SaveRefusalCode;
use tokio::time::sleep;

use crate::exam::{
    ALLOWANCE_MS, LEAD_MS, MINUTE_MS, Setup, TestExam,
    people::{Candidate, refusal, saved},
    shared::{Cut, Shared, Wire},
};

/// What one server did is known at the other within this time.
const KNOWN_WITHIN: Duration = Duration::from_secs(1);

/// Two servers, and a session of three minutes.
async fn two() -> (Shared, TestExam, TestExam) {
    let shared = Shared::new().await;
    let a = TestExam::on(&shared, Setup::short()).await;
    let b = a.beside(&shared).await;
    // Each looks around once more, and then knows of the other.
    a.centre.poll().await.expect("a look");
    b.centre.poll().await.expect("a look");
    (shared, a, b)
}

/// The same person at the other server.
fn at(candidate: &Candidate, server: &TestExam) -> Candidate {
    Candidate { browser: candidate.browser.at(server.router.clone()), ..candidate.clone() }
}

/// Time passes at both, a second at a time, and what they tell one another arrives.
async fn pass(a: &TestExam, b: &TestExam, ms: i64) {
    let mut left = ms;
    while left > 0 {
        let step = left.min(1_000);
        a.world.advance(step);
        b.world.advance(step);
        a.tick().await;
        b.tick().await;
        sleep(Duration::from_millis(2)).await;
        left -= step;
    }
    sleep(Duration::from_millis(50)).await;
}

/// Waits until something is so, and not longer than the other server may take to know it.
async fn soon(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let looks = 50;
    for _ in 0..looks {
        if is_so().await {
            return;
        }
        sleep(KNOWN_WITHIN / looks).await;
    }
    panic!("not within {KNOWN_WITHIN:?}: {what}");
}

#[tokio::test]
async fn an_exam_is_sat_at_whichever_server_answers() {
    let (_shared, a, b) = two().await;
    let first = a.candidate(1).await;
    let mut second = b.candidate(2).await;
    let mut proctor = a.opened().await;
    pass(&a, &b, LEAD_MS).await;
    let (mut here, mut there) = (first.clone(), at(&first, &b));
    there.answer(1, "A").await;
    here.seq = there.seq;
    here.answer(2, "B").await;
    // The page and the form at either server are of what stands.
    soon("answers that the other server saved", async || {
        at(&first, &a).browser.get("/exam?q=1").await.field("revision") == "1"
            && at(&first, &b).browser.get("/exam?q=2").await.field("revision") == "2"
    })
    .await;
    assert_eq!(there.answer_by_form(3, "A").await.code(), "saved");
    soon("a form that the other server saved", async || {
        at(&first, &a).browser.get("/exam?q=3").await.field("revision") == "3"
    })
    .await;
    // The console at one server shows whom the other serves.
    second.answer(1, "A").await;
    a.centre.poll().await.expect("a look");
    b.centre.poll().await.expect("a look");
    soon("answers on the console", async || {
        let tiles = proctor.live().await.tiles;
        tiles[0].answered_text.starts_with("3 ") && tiles[1].answered_text.starts_with("1 ")
    })
    .await;
    assert_eq!(here.hand_in().await.to(), "/receipt");
    assert_eq!(at(&first, &b).refused(4, "A").await, SaveRefusalCode::Closed);
    assert_eq!(there.browser.get("/exam").await.to(), "/receipt");
    let letters = [(1, "A".to_owned()), (2, "B".to_owned()), (3, "A".to_owned())];
    assert_eq!(b.letters(&first.sitting).await, letters);
    assert!(a.verified().await.problems.is_empty());
}

/// The page's own memory is older than what stands: at the server that does not know yet it is told all the same.
#[tokio::test]
async fn an_older_change_at_the_other_server_is_told_what_stands() {
    let shared = Shared::new().await;
    let a = TestExam::on(&shared, Setup::short()).await;
    let b = a.deaf_beside(&shared).await;
    let first = a.candidate(1).await;
    a.opened().await;
    a.pass(LEAD_MS).await;
    // It has heard of neither the login nor the opening: the token leads to both.
    let (mut here, mut there) = (first.clone(), at(&first, &b));
    b.tick().await;
    there.answer(1, "A").await;
    here.seq = 10;
    here.answer(1, "B").await;
    let reply = there.answer(1, "A").await;
    assert_eq!(there.seq, 2);
    let stands: Vec<_> = reply.superseded.iter().map(|answer| (answer.position, answer.response.as_str())).collect();
    assert_eq!(stands, [(1, "B")], "the highest sequence stands, and the page shows it");
    assert_eq!(a.letters(&first.sitting).await, [(1, "B".to_owned())]);
    // A form of such a page is told that it is old.
    let page = there.browser.get("/exam?q=2").await;
    here.seq = 20;
    here.answer(2, "B").await;
    assert_eq!(there.form(&page, "A").await.code(), "form_stale");
    assert_eq!(a.letters(&first.sitting).await, [(1, "B".to_owned()), (2, "B".to_owned())]);
}

#[tokio::test]
async fn what_a_proctor_does_at_one_server_counts_at_the_other() {
    let (_shared, a, b) = two().await;
    let (first, second) = (a.candidate(1).await, b.candidate(2).await);
    let mut proctor = b.opened().await;
    pass(&a, &b, LEAD_MS).await;
    let (mut one, mut two) = (at(&first, &a), at(&second, &a));
    assert_eq!((one.remaining_ms().await, two.remaining_ms().await), (3 * MINUTE_MS, 3 * MINUTE_MS));
    proctor.extend(&first, 10).await;
    soon("time that was given", async || one.remaining_ms().await == 13 * MINUTE_MS).await;
    assert_eq!(two.remaining_ms().await, 3 * MINUTE_MS);
    // 换机: the old login ends at both, and the new one is at either.
    assert_eq!(proctor.on(&second, "move", &[("seat", "3")]).await.code(), "seat_moved");
    assert_eq!(two.refused(1, "A").await, SaveRefusalCode::Epoch);
    assert_eq!(at(&second, &b).refused(1, "A").await, SaveRefusalCode::Epoch);
    let mut moved = Candidate { browser: a.machine(1, 3).await, epoch: 2, ..second.clone() };
    moved.log_in().await;
    moved.answer(1, "A").await;
    at(&moved, &b).answer(2, "B").await;
    // A raised hand is seen wherever the console is.
    assert_eq!(one.browser.post("/hand", &[]).await.code(), "hand_raised");
    soon("a raised hand", async || proctor.live().await.tiles[0].hand_raised).await;
    // Ending the room at one ends it at the other.
    let ended = proctor.act("end", &[("confirm", "yes"), ("reason", "停电")]).await;
    assert_eq!(ended.code(), "room_ended");
    assert_eq!(one.refused(2, "A").await, SaveRefusalCode::Closed);
    assert!(a.verified().await.problems.is_empty());
}

/// A grant at the last moment: a server that has not heard of it asks before it tells anybody of an end that is none.
#[tokio::test]
async fn nobody_is_told_of_an_end_that_another_server_has_moved() {
    let (_shared, a, b) = two().await;
    let first = a.candidate(1).await;
    let mut proctor = b.opened().await;
    pass(&a, &b, LEAD_MS + 3 * MINUTE_MS + ALLOWANCE_MS - 1).await;
    let mut here = at(&first, &a);
    here.answer(1, "A").await;
    assert_eq!(proctor.extend(&first, 1).await.code(), "time_granted");
    a.slip(1);
    here.answer(2, "A").await;
    a.tick().await;
    assert_eq!(a.sitting(&first.sitting).await.phase, "writing");
}

#[tokio::test]
async fn both_clocks_are_one() {
    let (_shared, a, b) = two().await;
    let first = a.candidate(1).await;
    a.opened().await;
    pass(&a, &b, LEAD_MS).await;
    let (mut here, mut there) = (at(&first, &a), at(&first, &b));
    assert_eq!((here.remaining_ms().await, there.remaining_ms().await), (3 * MINUTE_MS, 3 * MINUTE_MS));
    pass(&a, &b, 10_000).await;
    let left = 3 * MINUTE_MS - 10_000;
    assert_eq!((here.remaining_ms().await, there.remaining_ms().await), (left, left), "and it runs as one");
    // One of them is slow: it takes over what the other counted.
    b.world.advance(1_700);
    b.tick().await;
    soon("the greater count", async || here.remaining_ms().await == left - 1_700).await;
    a.tick().await;
    assert_eq!(there.remaining_ms().await, left - 1_700);
    assert!(a.outages().await.is_empty() && a.verified().await.problems.is_empty());
}

/// Row 24: one stands still while the other serves on and the time of some ends.
#[tokio::test]
async fn a_server_that_stood_still_saves_nothing_of_what_ended_meanwhile() {
    let (_shared, a, b) = two().await;
    let (first, second) = (a.candidate(1).await, a.candidate(2).await);
    let mut proctor = b.opened().await;
    pass(&a, &b, LEAD_MS).await;
    let (mut one, mut two) = (at(&first, &a), at(&second, &a));
    one.answer(1, "A").await;
    assert_eq!(proctor.extend(&second, 5).await.code(), "time_granted");
    // The first server is stopped; the second serves on, and the first candidate's time ends.
    b.pass(3 * MINUTE_MS + ALLOWANCE_MS).await;
    assert_eq!(b.sitting(&first.sitting).await.phase, "closed");
    a.slip(3 * MINUTE_MS + ALLOWANCE_MS);
    // It wakes up. Before it has looked at anything it saves nothing, whoever asks.
    assert_eq!(one.refused(2, "A").await, SaveRefusalCode::Busy);
    assert_eq!(two.refused(1, "A").await, SaveRefusalCode::Busy);
    a.tick().await;
    b.pass(1_000).await;
    soon("the clock of the others", async || two.send(Vec::new()).await.status == 200).await;
    assert_eq!(one.refused(3, "A").await, SaveRefusalCode::Closed);
    let left = two.remaining_ms().await;
    assert_eq!(left, 5 * MINUTE_MS - ALLOWANCE_MS - 1_000, "what the other served counts");
    two.answer(2, "B").await;
    assert_eq!(a.letters(&first.sitting).await, [(1, "A".to_owned())]);
    assert!(a.outages().await.is_empty(), "the exam was served all the time");
    assert!(a.verified().await.problems.is_empty());
}

/// The other server opened the room, and this one had not ticked since it heard of it.
#[tokio::test]
async fn a_stall_right_after_the_opening_is_one_too() {
    let (_shared, a, b) = two().await;
    let first = a.candidate(1).await;
    b.opened().await;
    b.pass(LEAD_MS).await;
    let mut here = at(&first, &a);
    soon("the opening", async || here.send(Vec::new()).await.status == 200).await;
    b.pass(10_000).await;
    a.slip(10_000);
    assert_eq!(here.refused(1, "A").await, SaveRefusalCode::Busy);
}

/// To the millisecond, after a stall: by the clock that all share.
#[tokio::test]
async fn after_a_stall_the_end_is_the_shared_one_to_the_millisecond() {
    let (_shared, a, b) = two().await;
    let first = a.candidate(1).await;
    a.opened().await;
    pass(&a, &b, LEAD_MS).await;
    let mut here = at(&first, &a);
    b.pass(3 * MINUTE_MS + ALLOWANCE_MS - 1_001).await;
    a.slip(MINUTE_MS);
    a.tick().await;
    b.pass(1_000).await;
    soon("the clock of the others", async || here.send(Vec::new()).await.status == 200).await;
    here.answer(1, "A").await;
    a.slip(1);
    assert_eq!(here.refused(2, "A").await, SaveRefusalCode::Closed);
    assert_eq!(b.sitting(&first.sitting).await.phase, "writing", "nobody has closed it yet");
    assert_eq!(a.letters(&first.sitting).await, [(1, "A".to_owned())]);
}

/// Belt and braces: whatever let it in, the commit looks at the clock that all share.
#[tokio::test]
async fn a_save_let_in_on_a_clock_that_others_left_behind_is_not_written() {
    let (_shared, a, b) = two().await;
    let first = a.candidate(1).await;
    b.opened().await;
    pass(&a, &b, LEAD_MS + 10_000).await;
    let counted_ms = session::clock(&mut a.store.read().await.unwrap(), &a.session).await.unwrap();
    assert_eq!(counted_ms, LEAD_MS + 10_000);
    let writer = Writer::start(a.store.clone(), Arc::new(Peers::new(&*a.world)));
    for (position, behind_ms, written) in [(1, 0, true), (2, 3_000, true), (3, 3_001, false)] {
        let mut row = ResponseRow {
            session_id: a.session.clone(),
            sitting_id: first.sitting.clone(),
            position,
            seq: position,
            epoch: 1,
            response: "A".to_owned(),
            flagged: false,
            clock_ms: counted_ms - behind_ms,
            at_ms: 1,
            hash: String::new(),
        };
        row.hash = response::hash_of(&row).to_string();
        let login = (a.session.clone(), first.sitting.clone(), 1);
        assert_eq!(writer.save(login, vec![row]).await.expect("the database takes it"), written, "{behind_ms} ms");
    }
    assert_eq!(a.letters(&first.sitting).await.len(), 2);
    assert!(a.verified().await.problems.is_empty());
}

/// Nobody served: the time is nobody's, and it stands in the record once.
#[tokio::test]
async fn an_outage_is_one_only_if_nobody_served() {
    let (shared, a, b) = two().await;
    let first = a.candidate(1).await;
    a.opened().await;
    pass(&a, &b, LEAD_MS).await;
    let third = a.beside(&shared).await;
    assert!(a.outages().await.is_empty(), "another served when it started");
    b.slip(2 * MINUTE_MS);
    a.slip(2 * MINUTE_MS);
    a.tick().await;
    b.tick().await;
    let mut here = at(&first, &a);
    pass(&a, &b, 1_500).await;
    soon("it is awake", async || here.send(Vec::new()).await.status == 200).await;
    assert!(here.remaining_ms().await >= 3 * MINUTE_MS - 2_000, "two minutes that nobody served are nobody's");
    let outages = third.outages().await;
    assert_eq!(outages, [2 * MINUTE_MS]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_acts_at_once_from_both_lose_nothing() {
    let (_shared, a, b) = two().await;
    let (first, second) = (a.candidate(1).await, a.candidate(2).await);
    let mut console = a.opened().await;
    pass(&a, &b, LEAD_MS).await;
    let mut other = crate::exam::people::Proctor { browser: console.browser.at(b.router.clone()), ..console.clone() };
    let before = console.live().await;
    assert_eq!(before.tiles.len(), 2);
    for round in 0..50 {
        let (mut one, mut two) = (at(&first, &a), at(&second, &b));
        let (_, _, here, there) = tokio::join!(
            one.browser.post("/hand", &[]),
            two.browser.post("/hand", &[]),
            console.extend(&second, 1),
            other.extend(&second, 1),
        );
        assert_eq!((here.code(), there.code()), ("time_granted", "time_granted"), "round {round}");
    }
    assert_eq!(a.ledger(&second.sitting).await.len(), 101, "the start, and a grant each");
    assert_eq!((a.acts("hand.raised").await, a.acts("ledger.granted").await), (100, 102));
    for server in [&a, &b] {
        let mut two = at(&second, server);
        soon("every grant", async || two.remaining_ms().await == 103 * MINUTE_MS).await;
    }
    let report = b.verified().await;
    assert!(report.problems.is_empty(), "{report}");
}

/// An answer that is lost on the way back from the database: what became of the commit is found out.
#[tokio::test]
async fn an_act_whose_commit_was_cut_off_is_found_out() {
    let shared = Shared::new().await;
    let wire = Wire::to(&shared).await;
    let exam = TestExam::over(&shared, &wire, Setup::short()).await;
    let first = exam.candidate(1).await;
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    wire.cut_next(Cut::After);
    assert_eq!(proctor.extend(&first, 5).await.code(), "time_granted", "it took place, and counts once");
    assert_eq!(wire.cuts(), 1);
    assert_eq!(at(&first, &exam).remaining_ms().await, 8 * MINUTE_MS);
    wire.cut_next(Cut::Before);
    assert_eq!(proctor.extend(&first, 5).await.code(), "store_busy", "it did not, and is said not to have");
    assert_eq!(wire.cuts(), 2);
    assert_eq!(at(&first, &exam).remaining_ms().await, 8 * MINUTE_MS);
    assert_eq!(proctor.extend(&first, 5).await.code(), "time_granted");
    assert_eq!(exam.ledger(&first.sitting).await.len(), 3);
    assert!(exam.verified().await.problems.is_empty());
}

/// The same of answers: acknowledged is what stands, whatever the wire does.
#[tokio::test]
async fn a_save_whose_commit_was_cut_off_is_not_lost() {
    let shared = Shared::new().await;
    let wire = Wire::to(&shared).await;
    let exam = TestExam::over(&shared, &wire, Setup::short()).await;
    let first = exam.candidate(1).await;
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    let mut here = at(&first, &exam);
    for (position, cut) in (1..).zip([Cut::After, Cut::Before, Cut::After]) {
        wire.cut_next(cut);
        let change = here.change(position, "A");
        let mut answer = here.send(vec![change.clone()]).await;
        if answer.status != 200 {
            assert_eq!(refusal(&answer), SaveRefusalCode::Busy);
            answer = here.send(vec![change]).await;
        }
        saved(&answer);
    }
    assert_eq!(wire.cuts(), 3);
    let letters: Vec<_> = (1..=3).map(|position| (position, "A".to_owned())).collect();
    assert_eq!(exam.letters(&first.sitting).await, letters);
}

/// Whatever two proctors at two servers do: the room stands still at both, and goes on at both where it stood.
#[tokio::test]
async fn a_room_stands_still_at_every_server() {
    let (_shared, a, b) = two().await;
    let first = a.candidate(1).await;
    let mut proctor = a.opened().await;
    pass(&a, &b, LEAD_MS + MINUTE_MS).await;
    let (mut here, mut there) = (at(&first, &a), at(&first, &b));
    assert_eq!(proctor.act("pause", &[("reason", "消防警报")]).await.code(), "room_paused");
    soon("the pause", async || saved(&there.send(Vec::new()).await).paused).await;
    // Longer than all that is left: neither server's clock hands anybody in.
    pass(&a, &b, 4 * MINUTE_MS).await;
    assert_eq!(there.remaining_ms().await, 2 * MINUTE_MS);
    let mut other = proctor.clone();
    other.browser = proctor.browser.at(b.router.clone());
    assert_eq!(other.act("resume", &[]).await.code(), "room_resumed");
    soon("the end of the pause", async || !saved(&here.send(Vec::new()).await).paused).await;
    assert_eq!(a.ledger(&first.sitting).await.len(), 2);
    pass(&a, &b, LEAD_MS).await;
    let left = here.remaining_ms().await;
    assert!((2 * MINUTE_MS - 1_000..=2 * MINUTE_MS + 1_000).contains(&left), "{left}");
    assert!(a.verified().await.problems.is_empty());
}
