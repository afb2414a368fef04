//! A sitting, its logins, its ledger, its paper and its score.

use delivery::ledger::{Cause, LedgerRow};

use super::fixture::{
    ROOM, SESSION, add_writing, close, commit, forbidden_by, granted, paper, read, refused, room_row, score,
    session_row, sitting_row, with_session, with_writing, write,
};
use crate::store::{
    Store, paper as papers, room, score as scores, session, sitting,
    sitting::{SittingRow, StoredLedgerRow, ledger_hash},
    tamper::execute_raw,
};

async fn stored(store: &Store, id: &str) -> SittingRow {
    let all = sitting::of_session(&mut read(store).await, SESSION).await.expect("sittings are read");
    all.into_iter().find(|row| row.id == id).expect("the sitting is there")
}

pub async fn a_sitting_closes_once(store: &Store) {
    with_writing(store, "a").await;
    let mut tx = write(store).await;
    close(&mut tx, "a").await.expect("a first hand-in");
    commit(tx).await;
    let first = stored(store, "a").await;
    assert_eq!((first.phase.as_str(), first.closed_by.as_deref()), ("closed", Some("candidate")));
    refused(close(&mut write(store).await, "a").await);
    assert_eq!(stored(store, "a").await, first);
}

pub async fn a_sitting_that_has_not_started_never_closes(store: &Store) {
    with_session(store).await;
    let mut tx = write(store).await;
    sitting::insert(&mut tx, SESSION, &sitting_row("a", 1)).await.expect("a sitting is kept");
    commit(tx).await;
    refused(close(&mut write(store).await, "a").await);
    refused(close(&mut write(store).await, "nobody").await);
    let mut tx = write(store).await;
    sitting::set_absent(&mut tx, SESSION, "a").await.expect("an absence");
    commit(tx).await;
    refused(close(&mut write(store).await, "a").await);
}

pub async fn a_sitting_starts_once_and_never_unconfirmed(store: &Store) {
    with_session(store).await;
    let mut tx = write(store).await;
    sitting::insert(&mut tx, SESSION, &sitting_row("a", 1)).await.expect("a sitting is kept");
    commit(tx).await;
    refused(sitting::start(&mut write(store).await, SESSION, "a", 0, 0).await);
    let mut tx = write(store).await;
    sitting::log_in(&mut tx, SESSION, "a", 1, "token", 0).await.expect("a login");
    commit(tx).await;
    for (confirmed, accepted) in [(false, false), (true, false), (false, true)] {
        let mut tx = write(store).await;
        sitting::set_flags(&mut tx, SESSION, "a", confirmed, accepted).await.expect("flags");
        refused(sitting::start(&mut tx, SESSION, "a", 0, 0).await);
    }
    let mut tx = write(store).await;
    sitting::set_flags(&mut tx, SESSION, "a", true, true).await.expect("flags");
    sitting::start(&mut tx, SESSION, "a", 5_000, 6_000).await.expect("a start");
    commit(tx).await;
    refused(sitting::start(&mut write(store).await, SESSION, "a", 9_000, 9_000).await);
    refused(sitting::set_flags(&mut write(store).await, SESSION, "a", false, false).await);
    assert_eq!(stored(store, "a").await.started_clock_ms, Some(5_000), "the start is never moved");
}

pub async fn the_epoch_rises_by_exactly_one(store: &Store) {
    with_writing(store, "a").await;
    for epoch in [0, 1, 3, i64::MAX] {
        refused(sitting::log_in(&mut write(store).await, SESSION, "a", epoch, "token", 0).await);
        refused(sitting::release(&mut write(store).await, SESSION, "a", epoch).await);
    }
    let mut tx = write(store).await;
    sitting::log_in(&mut tx, SESSION, "a", 2, "token-2", 0).await.expect("the next epoch");
    commit(tx).await;
    assert_eq!(stored(store, "a").await.epoch, 2);
    let mut logins = sitting::logins(&mut read(store).await, SESSION).await.expect("logins are read");
    logins.sort_by_key(|(.., epoch)| *epoch);
    let login = |token: &str, epoch| (token.to_owned(), "a".to_owned(), epoch);
    assert_eq!(logins, [login("token-1-a", 1), login("token-2", 2)]);
    let same_token = sitting::log_in(&mut write(store).await, SESSION, "a", 3, "token-2", 0).await;
    forbidden_by(same_token, "sitting_login_pk");
}

pub async fn a_released_login_ends_the_epoch_and_gives_none(store: &Store) {
    with_writing(store, "a").await;
    let mut tx = write(store).await;
    sitting::release(&mut tx, SESSION, "a", 2).await.expect("a release");
    commit(tx).await;
    let row = stored(store, "a").await;
    assert_eq!((row.epoch, row.phase.as_str()), (2, "writing"));
    let logins = sitting::logins(&mut read(store).await, SESSION).await.expect("logins are read");
    assert!(logins.iter().all(|(.., epoch)| *epoch == 1), "{logins:?}");
}

pub async fn an_admission_number_once_a_session(store: &Store) {
    with_session(store).await;
    let mut tx = write(store).await;
    sitting::insert(&mut tx, SESSION, &sitting_row("a", 1)).await.expect("a sitting is kept");
    commit(tx).await;
    let same = SittingRow { admission_no: "no-a".to_owned(), ..sitting_row("b", 2) };
    forbidden_by(sitting::insert(&mut write(store).await, SESSION, &same).await, "sitting_admission_uq");
    let same_id = SittingRow { admission_no: "no-b".to_owned(), ..sitting_row("a", 2) };
    forbidden_by(sitting::insert(&mut write(store).await, SESSION, &same_id).await, "sitting_pk");
    // In another session the same person may sit again.
    let mut tx = write(store).await;
    session::insert(&mut tx, &session_row("session-2")).await.expect("a session is kept");
    room::insert(&mut tx, "session-2", &room_row(ROOM, 1)).await.expect("a room is kept");
    sitting::insert(&mut tx, "session-2", &same).await.expect("a sitting is kept");
    commit(tx).await;
}

pub async fn a_seat_has_one_sitting(store: &Store) {
    with_session(store).await;
    let mut tx = write(store).await;
    add_writing(&mut tx, "a", 1).await;
    add_writing(&mut tx, "b", 2).await;
    commit(tx).await;
    forbidden_by(sitting::insert(&mut write(store).await, SESSION, &sitting_row("c", 1)).await, "sitting_seat_uq");
    forbidden_by(sitting::move_to(&mut write(store).await, SESSION, "b", 1).await, "sitting_seat_uq");
    let mut tx = write(store).await;
    sitting::move_to(&mut tx, SESSION, "b", 3).await.expect("a free seat");
    commit(tx).await;
    assert_eq!(stored(store, "b").await.seat, 3);
}

pub async fn nobody_is_absent_who_started(store: &Store) {
    with_writing(store, "a").await;
    assert_eq!(sitting::writing(&mut read(store).await, SESSION).await.expect("a count"), 1);
    refused(sitting::set_absent(&mut write(store).await, SESSION, "a").await);
    let mut tx = write(store).await;
    close(&mut tx, "a").await.expect("a hand-in");
    commit(tx).await;
    refused(sitting::set_absent(&mut write(store).await, SESSION, "a").await);
    assert_eq!(sitting::writing(&mut read(store).await, SESSION).await.expect("a count"), 0);
}

pub async fn a_ledger_row_has_its_number_alone(store: &Store) {
    with_writing(store, "a").await;
    let mut tx = write(store).await;
    sitting::grant(&mut tx, SESSION, "a", &granted(1)).await.expect("a grant");
    commit(tx).await;
    let other = LedgerRow { grant_ms: 1, ..granted(1) };
    forbidden_by(sitting::grant(&mut write(store).await, SESSION, "a", &other).await, "ledger_pk");
}

pub async fn a_grant_never_takes_time(store: &Store) {
    with_writing(store, "a").await;
    let taken = LedgerRow { grant_ms: -1, ..granted(1) };
    forbidden_by(sitting::grant(&mut write(store).await, SESSION, "a", &taken).await, "ledger_grant_ck");
    assert!(sitting::ledger(&mut read(store).await, SESSION).await.expect("the ledger is read").is_empty());
}

pub async fn ledger_rows_cannot_be_changed_or_deleted(store: &Store) {
    with_writing(store, "a").await;
    let mut tx = write(store).await;
    sitting::grant(&mut tx, SESSION, "a", &granted(1)).await.expect("a grant");
    commit(tx).await;
    for sql in ["UPDATE ledger SET grant_ms = 0", "DELETE FROM ledger", "UPDATE ledger SET reason = ''"] {
        let error = execute_raw(store, sql).await.expect_err(sql).to_string();
        assert!(error.contains("ledger is append-only"), "{sql}: {error}");
    }
    let rows = sitting::ledger(&mut read(store).await, SESSION).await.expect("the ledger is read");
    assert_eq!(rows.len(), 1);
}

pub async fn what_is_granted_is_read_again(store: &Store) {
    with_writing(store, "a").await;
    let rows = [LedgerRow { approved_by: None, ..granted(1) }, granted(2)];
    let mut tx = write(store).await;
    for row in &rows {
        sitting::grant(&mut tx, SESSION, "a", row).await.expect("a grant");
    }
    commit(tx).await;
    let expected = rows.map(|row| {
        let hash = ledger_hash(SESSION, "a", &row).to_string();
        StoredLedgerRow { sitting: "a".to_owned(), row, hash }
    });
    assert_eq!(sitting::ledger(&mut read(store).await, SESSION).await.expect("the ledger is read"), expected);
}

pub async fn a_pause_is_a_cause_and_nonsense_is_none(store: &Store) {
    with_writing(store, "a").await;
    let row = LedgerRow { cause: Cause::Pause, approved_by: None, ..granted(1) };
    let mut tx = write(store).await;
    sitting::grant(&mut tx, SESSION, "a", &row).await.expect("a grant");
    commit(tx).await;
    let rows = sitting::ledger(&mut read(store).await, SESSION).await.expect("the ledger is read");
    assert_eq!(rows[0].row, row);
    let sql = "INSERT INTO ledger (session_id, sitting_id, row_no, grant_ms, cause, reason, actor, clock_ms, at_ms, hash) \
        VALUES ('session-1', 'a', 2, 1, 'kindness', '', '', 0, 0, '')";
    forbidden_by(execute_raw(store, sql).await, "ledger_cause_ck");
}

pub async fn a_paper_is_never_replaced(store: &Store) {
    with_writing(store, "a").await;
    let ((first, states), (other, states_other)) = (paper("q-1"), paper("q-2"));
    let mut tx = write(store).await;
    papers::insert(&mut tx, SESSION, "a", &first, &states).await.expect("a paper is kept");
    commit(tx).await;
    forbidden_by(papers::insert(&mut write(store).await, SESSION, "a", &other, &states_other).await, "paper_pk");
    let stored = papers::of_session(&mut read(store).await, SESSION).await.expect("papers are read");
    assert_eq!(stored.len(), 1);
    assert_eq!((&stored[0].paper, &stored[0].digest), (&first, &first.digest().to_string()));
}

pub async fn marking_again_never_overwrites(store: &Store) {
    with_writing(store, "a").await;
    let mut tx = write(store).await;
    scores::insert(&mut tx, SESSION, "a", 1, &score(400), &[400], 1).await.expect("a score is kept");
    commit(tx).await;
    let again = scores::insert(&mut write(store).await, SESSION, "a", 1, &score(900), &[900], 2).await;
    forbidden_by(again, "score_pk");
    let newest = |scores: Vec<(String, _)>| scores.into_iter().next().expect("a score").1;
    let read_newest = async || newest(scores::of_session(&mut read(store).await, SESSION).await.expect("scores"));
    assert_eq!(read_newest().await, score(400));
    let mut tx = write(store).await;
    scores::insert(&mut tx, SESSION, "a", 2, &score(900), &[900], 2).await.expect("a second version is kept");
    commit(tx).await;
    assert_eq!(read_newest().await, score(900));
}
