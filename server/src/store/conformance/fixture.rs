//! Rows as the services would write them, the same in every law.

use std::collections::BTreeSet;

use delivery::{
    ledger::{Cause, LedgerRow},
    sitting::ClosedBy,
};
use question_bank::{
    bank,
    checker::Conformance,
    marking::{FunctionScore, Score},
    paper::{Item, Paper},
    question::{Kind, Question},
    standard::Standard,
};

use crate::store::{
    Store, StoreError, Tx, question, response,
    response::{Group, Login, ResponseRow},
    room,
    room::{RoomRow, SeatRow},
    session,
    session::SessionRow,
    sitting,
    sitting::{Closing, SittingRow},
};

/// The session of most laws.
pub const SESSION: &str = "session-1";
/// Its room.
pub const ROOM: &str = "room-1";

/// The standard that ships with the product.
pub fn standard() -> Standard {
    let text = include_str!("../../../../question-bank/standards/cloud-computing-engineer-2-02-10-12.json");
    Standard::load(text).expect("what ships can be read")
}

/// A question of it, in bank order, with this stem and key.
pub fn asked(id: &str, revision: u32, stem: &str, key: &str) -> Question {
    let text = format!(
        "standard = \"cloud-computing-engineer-2-02-10-12\"\nlevel = \"junior\"\nfunction = \"ethics\"\nknowledge = \"2.1.1\"\n\
         [[question]]\nid = \"{id}\"\nrevision = {revision}\nkind = \"multiple\"\nstem = \"{stem}\"\n\
         options = [\"甲\", \"乙\", \"丙\", \"丁\"]\nkey = \"{key}\"\norder = \"shuffle\"\ndifficulty = 0.5\n\
         explanation = \"因为如此，所以这样。\"\nsource = \"标准 2.1.1\"\n"
    );
    let (mut questions, problems) = bank::read(&standard(), &[("a.toml", text)]);
    assert!(problems.is_empty(), "{problems:?}");
    questions.remove(0)
}

/// A transaction that may write.
pub async fn write(store: &Store) -> Tx {
    store.write().await.expect("a transaction begins")
}

/// Saves rows as one group, numbered by those there are.
pub async fn save_group(tx: &mut Tx, rows: &[ResponseRow]) -> Result<BTreeSet<Login>, StoreError> {
    let logged = response::log_of_session(tx, SESSION).await?.len();
    let number = i64::try_from(logged).expect("a small log") + 1;
    response::save(tx, Group { writer: "1", number }, rows).await
}

/// A transaction that only reads.
pub async fn read(store: &Store) -> Tx {
    store.read().await.expect("a transaction begins")
}

/// Commits.
pub async fn commit(tx: Tx) {
    tx.commit().await.expect("the commit succeeds");
}

/// The standard, [`SESSION`] and [`ROOM`] with three seats.
pub async fn with_session(store: &Store) {
    let mut tx = write(store).await;
    question::put_standard(&mut tx, &standard(), 1).await.expect("a standard is kept");
    session::insert(&mut tx, &session_row(SESSION)).await.expect("a session is kept");
    room::insert(&mut tx, SESSION, &room_row(ROOM, 1)).await.expect("a room is kept");
    for number in 1..=3 {
        let seat = SeatRow { room_id: ROOM.to_owned(), number, code: format!("code-{number}"), token_hash: None };
        room::insert_seat(&mut tx, SESSION, &seat).await.expect("a seat is kept");
    }
    commit(tx).await;
}

/// [`with_session`], and a sitting at seat 1 that is being written in its first epoch.
pub async fn with_writing(store: &Store, id: &str) {
    with_session(store).await;
    let mut tx = write(store).await;
    add_writing(&mut tx, id, 1).await;
    commit(tx).await;
}

/// A sitting that is being written in its first epoch.
pub async fn add_writing(tx: &mut Tx, id: &str, seat: i64) {
    sitting::insert(tx, SESSION, &sitting_row(id, seat)).await.expect("a sitting is kept");
    sitting::log_in(tx, SESSION, id, 1, &format!("token-1-{id}"), 10).await.expect("a first login");
    sitting::set_flags(tx, SESSION, id, true, true).await.expect("both confirmed");
    sitting::start(tx, SESSION, id, 0, 20).await.expect("a start");
}

/// A session.
pub fn session_row(id: &str) -> SessionRow {
    SessionRow {
        id: id.to_owned(),
        title: "模拟考试".to_owned(),
        standard_id: standard().id,
        level: "junior".to_owned(),
        direction: Some("operations".to_owned()),
        purpose: "mock".to_owned(),
        state: "ready".to_owned(),
        terms: "{}".to_owned(),
        blueprint: "{}".to_owned(),
        begins_at_ms: 1_000,
        login_from_at_ms: 500,
        clock_ms: 0,
        clock_at_ms: 400,
        secret: "00".to_owned(),
        snapshot_digest: "01".to_owned(),
        blueprint_digest: "02".to_owned(),
        roster_digest: "03".to_owned(),
        engine: "engine".to_owned(),
        commitment: "04".to_owned(),
        created_at_ms: 300,
    }
}

/// A room.
pub fn room_row(id: &str, number: i64) -> RoomRow {
    RoomRow {
        id: id.to_owned(),
        number,
        columns: 3,
        state: "preparing".to_owned(),
        opened_clock_ms: None,
        opened_at_ms: None,
        ended_at_ms: None,
    }
}

/// A sitting on the roster.
pub fn sitting_row(id: &str, seat: i64) -> SittingRow {
    SittingRow {
        id: id.to_owned(),
        room_id: ROOM.to_owned(),
        seat,
        admission_no: format!("no-{id}"),
        name: "考生".to_owned(),
        id_masked: "1***7".to_owned(),
        id_sealed: "sealed".to_owned(),
        id_index: "index".to_owned(),
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

/// A response of the first epoch, with its hash.
pub fn answered(sitting: &str, position: i64, seq: i64, letters: &str) -> ResponseRow {
    of_epoch(1, sitting, position, seq, letters)
}

/// A response of an epoch, with its hash.
pub fn of_epoch(epoch: i64, sitting: &str, position: i64, seq: i64, letters: &str) -> ResponseRow {
    let mut row = ResponseRow {
        session_id: SESSION.to_owned(),
        sitting_id: sitting.to_owned(),
        position,
        seq,
        epoch,
        response: letters.to_owned(),
        flagged: seq % 2 == 0,
        clock_ms: seq * 1_000,
        at_ms: 1_700_000_000_000 + seq,
        hash: String::new(),
    };
    row.hash = response::hash_of(&row).to_string();
    row
}

/// A hand-in by the candidate.
pub async fn close(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    let digest = response::digest_of(&[]);
    let closing = Closing { by: ClosedBy::Candidate, clock_ms: 9_000, at_ms: 9_999, responses_digest: &digest };
    sitting::close(tx, SESSION, id, &closing).await
}

/// A grant of ten minutes.
pub fn granted(row_no: i64) -> LedgerRow {
    LedgerRow {
        row_no,
        grant_ms: 600_000,
        cause: Cause::Extension,
        reason: "鼠标故障".to_owned(),
        actor: "p1".to_owned(),
        approved_by: Some("p2".to_owned()),
        clock_ms: 1_234,
        at_ms: 1_700_000_000_001,
    }
}

/// A paper of one question, and the statement that it conforms.
pub fn paper(question: &str) -> (Paper, Conformance) {
    let item = Item {
        position: 1,
        question: question.to_owned(),
        revision: 1,
        kind: Kind::MultipleChoice,
        function: "ethics".to_owned(),
        points_milli: 1_000,
        options: vec![2, 0, 3, 1],
    };
    let paper = Paper { items: vec![item] };
    let conformance = Conformance {
        questions: 1,
        total_milli: 1_000,
        by_function: vec![("ethics".to_owned(), 1_000)],
        by_kind: vec![(Kind::MultipleChoice, 1)],
        weighted_permille: Some(500_000),
        by_band: Vec::new(),
        paper: paper.digest(),
    };
    (paper, conformance)
}

/// A score.
pub fn score(total_milli: u32) -> Score {
    let by_function = vec![FunctionScore { function: "ethics".to_owned(), got_milli: total_milli, max_milli: 1_000 }];
    Score { total_milli, max_milli: 1_000, by_function, passed: total_milli >= 600 }
}

/// The statement touched no row, and it must touch one.
pub fn refused<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    match result {
        Err(StoreError::Rows { expected: 1, got: 0, .. }) => {}
        other => panic!("{other:?}"),
    }
}

/// A constraint forbade it, and this one.
pub fn forbidden_by<T: std::fmt::Debug>(result: Result<T, StoreError>, name: &str) {
    match result {
        Err(StoreError::Conflict(its)) => assert_eq!(its, name),
        other => panic!("{other:?} and not {name}"),
    }
}
