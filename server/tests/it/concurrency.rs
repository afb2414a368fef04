//! Many at once: what was acknowledged is in the database, whoever else wrote in that moment.

use std::{collections::BTreeMap, sync::Arc};

use kaochang::{
    service::{peers::Peers, writer::Writer},
    store::{
        Store,
        response::{self, ResponseRow},
        room,
        room::RoomRow,
        sitting,
        sitting::{Closing, SittingRow},
    },
};
use kaochang_app::wire::ChangeWire;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};

use crate::exam::{LEAD_MS, Setup, TestExam, people::Candidate};

const SITTINGS: usize = 200;
const SAVES: i64 = 5;

fn on_roster(room: &str, n: usize) -> SittingRow {
    SittingRow {
        id: format!("many-{n:03}"),
        room_id: room.to_owned(),
        seat: i64::try_from(n).unwrap(),
        admission_no: format!("many-{n}"),
        name: String::new(),
        id_masked: String::new(),
        id_sealed: String::new(),
        id_index: String::new(),
        phase: "expected".to_owned(),
        confirmed: false,
        accepted: false,
        epoch: 0,
        started_clock_ms: None,
        closed_by: None,
        closed_clock_ms: None,
        closed_at_ms: None,
        responses_digest: None,
    }
}

/// Two hundred sittings that are being written, beside the session's own.
async fn with_many(store: &Store, session: &str) -> Vec<String> {
    let mut tx = store.write().await.unwrap();
    let hall = RoomRow {
        id: "many".to_owned(),
        number: 9,
        columns: 20,
        state: "preparing".to_owned(),
        opened_clock_ms: None,
        opened_at_ms: None,
        ended_at_ms: None,
    };
    room::insert(&mut tx, session, &hall).await.unwrap();
    let mut ids = Vec::new();
    for n in 1..=SITTINGS {
        let row = on_roster(&hall.id, n);
        sitting::insert(&mut tx, session, &row).await.unwrap();
        sitting::log_in(&mut tx, session, &row.id, 1, &format!("token-{n}"), 0).await.unwrap();
        sitting::set_flags(&mut tx, session, &row.id, true, true).await.unwrap();
        sitting::start(&mut tx, session, &row.id, 0, 0).await.unwrap();
        ids.push(row.id);
    }
    tx.commit().await.unwrap();
    ids
}

fn row(session: &str, sitting: &str, position: i64, seq: i64) -> ResponseRow {
    let mut row = ResponseRow {
        session_id: session.to_owned(),
        sitting_id: sitting.to_owned(),
        position,
        seq,
        epoch: 1,
        response: ["A", "B", "C", "D"][usize::try_from(seq % 4).unwrap()].to_owned(),
        flagged: false,
        clock_ms: seq,
        at_ms: seq,
        hash: String::new(),
    };
    row.hash = response::hash_of(&row).to_string();
    row
}

/// Saves one after another, as a page does; what was acknowledged.
async fn sit(writer: Writer, session: String, id: String) -> Vec<ResponseRow> {
    let mut acknowledged = Vec::new();
    for seq in 1..=SAVES {
        let rows = vec![row(&session, &id, seq, seq * 2), row(&session, &id, 100, seq * 2 + 1)];
        if writer.save((session.clone(), id.clone(), 1), rows.clone()).await.expect("the database takes it") {
            acknowledged.extend(rows);
        }
        tokio::task::yield_now().await;
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_who_save_at_once_lose_nothing() {
    let exam = TestExam::start().await;
    let ids = with_many(&exam.store, &exam.session).await;
    let writer = Writer::start(exam.store.clone(), Arc::new(Peers::new(&*exam.world)));
    let saves: Vec<_> =
        ids.iter().map(|id| tokio::spawn(sit(writer.clone(), exam.session.clone(), id.clone()))).collect();
    // Every tenth is closed in the middle of it.
    for id in ids.iter().step_by(10) {
        let mut tx = exam.store.write().await.unwrap();
        let digest = response::digest_of(&response::of_sitting(&mut tx, &exam.session, id).await.unwrap());
        let by = delivery::sitting::ClosedBy::Proctor;
        let closing = Closing { by, clock_ms: 1, at_ms: 1, responses_digest: &digest };
        sitting::close(&mut tx, &exam.session, id, &closing).await.unwrap();
        tx.commit().await.unwrap();
    }
    let mut acknowledged = 0;
    for (id, save) in ids.iter().zip(saves) {
        let mut expected = BTreeMap::new();
        for row in save.await.expect("nobody panics") {
            acknowledged += 1;
            expected.insert(row.position, row);
        }
        let stands = exam.responses(id).await;
        assert_eq!(
            stands,
            expected.into_values().collect::<Vec<_>>(),
            "{id}: acknowledged is what stands, and no more"
        );
        let closed = exam.sitting(id).await;
        if let Some(digest) = closed.responses_digest {
            assert_eq!(digest, response::digest_of(&stands).to_string(), "{id}: nothing came after the close");
        }
    }
    let most = 2 * usize::try_from(SAVES).unwrap() * SITTINGS;
    assert!(acknowledged >= most * 9 / 10, "{acknowledged} of {most}");
}

/// The same at the door: everybody of a room saves and hands in while the clock ticks and a proctor gives time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_whole_room_at_once_through_the_site() {
    let exam = TestExam::of(Setup { rooms: vec![(1, 24, 24)], ..Setup::short() }).await;
    let mut candidates = Vec::new();
    for n in 1..=24 {
        candidates.push(exam.candidate(n).await);
    }
    let mut proctor = exam.opened().await;
    exam.pass(LEAD_MS).await;
    let sit = |mut candidate: Candidate| async move {
        for position in 1..=10 {
            candidate.answer(position, if position % 2 == 0 { "A" } else { "B" }).await;
        }
        assert_eq!(candidate.hand_in().await.to(), "/receipt");
    };
    let sitting: Vec<_> = candidates.iter().cloned().map(|candidate| tokio::spawn(sit(candidate))).collect();
    for _ in 0..5 {
        exam.pass(1_000).await;
        let granted = proctor.act("extend", &[("minutes", "1"), ("reason", "断网")]).await;
        assert!(["time_granted", "not_now"].contains(&granted.code()), "{granted:?}");
    }
    for one in sitting {
        one.await.expect("every save and every hand-in is answered");
    }
    for candidate in &candidates {
        assert_eq!(exam.letters(&candidate.sitting).await.len(), 10);
        assert_eq!(exam.sitting(&candidate.sitting).await.closed_by.as_deref(), Some("candidate"));
    }
    let report = exam.verified().await;
    assert!(report.problems.is_empty(), "{report}");
}

/// Requests doubled, delayed, reordered and sent from an older login: of what was acknowledged the highest sequence stands,
/// in memory as in the database.
#[tokio::test]
async fn whatever_arrives_when_the_page_and_the_database_agree() {
    let exam = TestExam::of(Setup { rooms: vec![(1, 12, 12)], ..Setup::short() }).await;
    let mut candidates = Vec::new();
    for n in 1..=12 {
        candidates.push(exam.candidate(n).await);
    }
    exam.opened().await;
    exam.pass(LEAD_MS).await;
    let mut runner = TestRunner::new(Config::default());
    let one = (1_u32..=4, prop::sample::select(vec!["", "A", "B"]));
    for mut old in candidates {
        let made = prop::collection::vec((one.clone(), 0_usize..8, any::<bool>()), 1..30).new_tree(&mut runner);
        // Each change is made in its turn, and arrives later, some of them twice.
        let made = (1..).zip(made.unwrap().current()).map(|(seq, ((position, letters), delay, twice))| {
            let response = letters.to_owned();
            (seq, delay, twice, ChangeWire { seq, position, response, flagged: seq % 3 == 0 })
        });
        let mut arriving: Vec<(i64, ChangeWire)> = Vec::new();
        for (seq, delay, twice, change) in made {
            let at = seq + i64::try_from(delay).unwrap();
            arriving.extend(twice.then(|| (at + 3, change.clone())));
            arriving.push((at, change));
        }
        arriving.sort_by_key(|(at, _)| *at);
        let mut new = old.clone();
        new.log_in().await;
        let mut stands: BTreeMap<i64, ChangeWire> = BTreeMap::new();
        for (at, change) in arriving {
            if at % 5 == 0 {
                assert_eq!(old.send(vec![change.clone()]).await.status, 409, "the older login never writes");
            }
            crate::exam::people::saved(&new.send(vec![change.clone()]).await);
            let slot = stands.entry(change.position.into()).or_insert_with(|| change.clone());
            if slot.seq < change.seq {
                *slot = change;
            }
        }
        let expected: Vec<_> = stands
            .into_iter()
            .map(|(position, change)| (position, change.response, change.flagged, change.seq))
            .collect();
        let rows = exam.responses(&new.sitting).await.into_iter();
        let rows: Vec<_> = rows.map(|row| (row.position, row.response, row.flagged, row.seq)).collect();
        assert_eq!(rows, expected);
        for (position, _, _, seq) in &rows {
            let page = new.browser.get(&format!("/exam?q={position}")).await;
            assert_eq!(page.field("revision"), seq.to_string());
        }
    }
}
