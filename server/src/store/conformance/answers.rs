//! Law 1: no acknowledged answer is lost or altered. Law 2: nothing received after the end is scored.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};

use super::fixture::{
    self, SESSION, add_writing, answered, close, commit, of_epoch, read, save_group, with_session, with_writing, write,
};
use crate::store::{Store, response, response::ResponseRow, sitting, tamper::execute_raw};

/// Saves a group; the sittings that were written to.
async fn save(store: &Store, rows: &[ResponseRow]) -> BTreeSet<(String, String)> {
    let mut tx = write(store).await;
    let refused = save_group(&mut tx, rows).await.expect("a group is saved or left out, and neither is an error");
    commit(tx).await;
    let written = rows.iter().map(|row| (row.session_id.clone(), row.sitting_id.clone(), row.epoch));
    written.filter(|login| !refused.contains(login)).map(|(session, sitting, _)| (session, sitting)).collect()
}

async fn standing(store: &Store, id: &str) -> Vec<ResponseRow> {
    response::of_sitting(&mut read(store).await, SESSION, id).await.expect("what stands is read")
}

fn only(id: &str) -> BTreeSet<(String, String)> {
    BTreeSet::from([(SESSION.to_owned(), id.to_owned())])
}

pub async fn what_is_read_is_what_was_saved(store: &Store) {
    with_writing(store, "a").await;
    let rows = [answered("a", 1, 1, "B"), answered("a", 2, 2, "ACD"), answered("a", 100, 3, "")];
    assert_eq!(save(store, &rows).await, only("a"));
    assert_eq!(standing(store, "a").await, rows);
    assert!(standing(store, "a").await.iter().all(|row| row.hash == response::hash_of(row).to_string()));
    let of_session = response::of_session(&mut read(store).await, SESSION).await.expect("the session's are read");
    assert_eq!(of_session, rows);
}

pub async fn an_older_sequence_never_replaces_a_newer(store: &Store) {
    with_writing(store, "a").await;
    let newer = answered("a", 1, 7, "C");
    save(store, std::slice::from_ref(&newer)).await;
    // It is acknowledged: the browser sent it before, and what stands is what came after.
    assert_eq!(save(store, &[answered("a", 1, 6, "A")]).await, only("a"));
    assert_eq!(save(store, &[answered("a", 1, 7, "D")]).await, only("a"));
    assert_eq!(standing(store, "a").await, [newer]);
}

pub async fn the_same_change_twice_is_one(store: &Store) {
    with_writing(store, "a").await;
    let row = answered("a", 1, 1, "B");
    let again = ResponseRow { at_ms: row.at_ms + 5_000, ..row.clone() };
    save(store, std::slice::from_ref(&row)).await;
    save(store, &[again]).await;
    assert_eq!(standing(store, "a").await, [row]);
}

pub async fn the_newest_of_one_group_stands(store: &Store) {
    with_writing(store, "a").await;
    let rows = [answered("a", 1, 2, "B"), answered("a", 1, 3, "C"), answered("a", 1, 1, "A")];
    save(store, &rows).await;
    assert_eq!(standing(store, "a").await, [rows[1].clone()]);
}

pub async fn the_log_has_every_change_in_its_order(store: &Store) {
    with_writing(store, "a").await;
    let first = [answered("a", 1, 1, "A"), answered("a", 2, 2, "B")];
    save(store, &first).await;
    let second =
        [answered("a", 1, 4, "C"), answered("a", 1, 3, "D"), ResponseRow { flagged: true, ..answered("a", 3, 5, "") }];
    let second = second.map(|row| ResponseRow { hash: response::hash_of(&row).to_string(), ..row });
    save(store, &second).await;
    // Refused, and therefore in no log.
    save(store, &[of_epoch(9, "a", 2, 9, "D")]).await;
    let log = response::log_of_session(&mut read(store).await, SESSION).await.expect("the log is read");
    assert_eq!(log, [&first[..], &second[..]].concat());
    let stands = response::standing(log).into_values().map(|rows| rows.into_iter().map(|row| (row.position, row.seq)));
    assert_eq!(stands.flatten().collect::<Vec<_>>(), [(1, 4), (2, 2), (3, 5)]);
    let standing = standing(store, "a").await;
    assert_eq!(standing, [second[0].clone(), first[1].clone(), second[2].clone()]);
}

pub async fn the_log_cannot_be_changed_or_deleted(store: &Store) {
    with_writing(store, "a").await;
    save(store, &[answered("a", 1, 1, "A")]).await;
    for sql in ["UPDATE answer_log SET changes = '[]'", "DELETE FROM answer_log"] {
        let error = execute_raw(store, sql).await.expect_err(sql).to_string();
        assert!(error.contains("append-only"), "{sql}: {error}");
    }
}

pub async fn reject_answer_after_hand_in(store: &Store) {
    with_writing(store, "a").await;
    let before = answered("a", 1, 1, "B");
    save(store, std::slice::from_ref(&before)).await;
    let mut tx = write(store).await;
    close(&mut tx, "a").await.expect("a hand-in");
    commit(tx).await;
    assert!(save(store, &[answered("a", 1, 2, "C"), answered("a", 2, 3, "A")]).await.is_empty());
    assert_eq!(standing(store, "a").await, [before]);
}

pub async fn reject_answer_of_an_older_epoch(store: &Store) {
    with_writing(store, "a").await;
    let mut tx = write(store).await;
    sitting::log_in(&mut tx, SESSION, "a", 2, "token-2", 30).await.expect("a second login");
    commit(tx).await;
    assert!(save(store, &[answered("a", 1, 1, "B")]).await.is_empty());
    let current = of_epoch(2, "a", 1, 1, "C");
    assert_eq!(save(store, std::slice::from_ref(&current)).await, only("a"));
    assert_eq!(standing(store, "a").await, [current]);
}

pub async fn reject_answer_of_an_epoch_never_given(store: &Store) {
    with_writing(store, "a").await;
    for epoch in [0, 2, -1, i64::MAX] {
        assert!(save(store, &[of_epoch(epoch, "a", 1, 1, "B")]).await.is_empty(), "epoch {epoch}");
    }
    assert!(standing(store, "a").await.is_empty());
}

pub async fn reject_answer_before_the_start(store: &Store) {
    with_session(store).await;
    let mut tx = write(store).await;
    sitting::insert(&mut tx, SESSION, &fixture::sitting_row("a", 1)).await.expect("a sitting is kept");
    sitting::log_in(&mut tx, SESSION, "a", 1, "token", 10).await.expect("a login");
    commit(tx).await;
    assert!(save(store, &[answered("a", 1, 1, "B")]).await.is_empty());
    assert!(standing(store, "a").await.is_empty());
}

pub async fn reject_answer_to_a_sitting_that_is_not_there(store: &Store) {
    with_writing(store, "a").await;
    assert!(save(store, &[answered("b", 1, 1, "B")]).await.is_empty());
    let elsewhere = ResponseRow { session_id: "session-2".to_owned(), ..answered("a", 1, 1, "B") };
    assert!(save(store, &[elsewhere]).await.is_empty());
    assert!(standing(store, "a").await.is_empty());
}

pub async fn a_refused_sitting_holds_back_no_other(store: &Store) {
    with_session(store).await;
    let mut tx = write(store).await;
    for (seat, id) in (1..).zip(["a", "b", "c"]) {
        add_writing(&mut tx, id, seat).await;
    }
    close(&mut tx, "b").await.expect("a hand-in");
    commit(tx).await;
    let group =
        [answered("a", 1, 1, "A"), answered("b", 1, 1, "B"), of_epoch(9, "c", 1, 1, "C"), answered("a", 2, 2, "D")];
    assert_eq!(save(store, &group).await, only("a"));
    assert_eq!(standing(store, "a").await, [group[0].clone(), group[3].clone()]);
    assert!(standing(store, "b").await.is_empty() && standing(store, "c").await.is_empty());
    assert!(save(store, &[]).await.is_empty(), "an empty group is nothing");
}

pub async fn a_late_answer_is_kept_apart(store: &Store) {
    with_writing(store, "a").await;
    let mut tx = write(store).await;
    response::quarantine(&mut tx, SESSION, "q1", "a", 5_000, 6_000, "[1]").await.expect("it is kept");
    commit(tx).await;
    assert!(standing(store, "a").await.is_empty());
    let kept = response::quarantined(&mut read(store).await, SESSION).await.expect("what was kept is read");
    assert_eq!(kept, [("a".to_owned(), 5_000, "[1]".to_owned())]);
}

pub async fn what_is_newer_is_named(store: &Store) {
    with_writing(store, "a").await;
    save(store, &[answered("a", 1, 7, "C"), answered("a", 2, 3, "A")]).await;
    let mut tx = read(store).await;
    for (seq, newer) in [(6, true), (7, false), (8, false)] {
        let rows = [answered("a", 2, 9, "B"), answered("a", 1, seq, "B"), answered("b", 1, 1, "B")];
        let named = response::superseded(&mut tx, &rows).await.expect("what stands is read");
        assert_eq!(named, if newer { vec![(SESSION.to_owned(), "a".to_owned())] } else { Vec::new() }, "{seq}");
    }
}

/// A request of a page: of the first or the second epoch, with changes.
#[derive(Clone, Debug)]
struct Sent {
    second: bool,
    changes: Vec<(i64, i64, &'static str)>,
}

fn sent() -> impl Strategy<Value = Sent> {
    let change = (1_i64..=3, 1_i64..40, prop::sample::select(vec!["", "A", "B", "C"]));
    (any::<bool>(), prop::collection::vec(change, 1..5)).prop_map(|(second, changes)| Sent { second, changes })
}

/// Requests doubled, reordered, of both epochs, in groups of any size, with the second login somewhere among them: of all
/// that was acknowledged the highest sequence of each position stands, and nothing else.
pub async fn whatever_arrives_when_the_highest_sequence_stands(store: &Store) {
    with_session(store).await;
    let mut runner = TestRunner::new(Config::default());
    for round in 0..24 {
        let id = format!("s{round}");
        let mut tx = write(store).await;
        add_writing(&mut tx, &id, round + 10).await;
        commit(tx).await;
        let mut requests =
            prop::collection::vec((sent(), any::<bool>()), 1..14).new_tree(&mut runner).unwrap().current();
        let doubled: Vec<_> = requests.iter().filter(|(_, twice)| *twice).cloned().collect();
        requests.extend(doubled);
        let login_at = requests.len() / 2;
        let mut acknowledged: BTreeMap<i64, (i64, String)> = BTreeMap::new();
        for (at, (request, _)) in requests.iter().enumerate() {
            if at == login_at {
                let mut tx = write(store).await;
                sitting::log_in(&mut tx, SESSION, &id, 2, &format!("token-2-{id}"), 30).await.expect("a login");
                commit(tx).await;
            }
            let epoch = if request.second { 2 } else { 1 };
            let row = |(position, seq, letters): &(i64, i64, &str)| of_epoch(epoch, &id, *position, *seq, letters);
            let rows: Vec<ResponseRow> = request.changes.iter().map(row).collect();
            let written = !save(store, &rows).await.is_empty();
            assert_eq!(written, request.second == (at >= login_at), "only the newest epoch writes");
            for row in rows.into_iter().filter(|_| written) {
                let slot = acknowledged.entry(row.position).or_insert((0, String::new()));
                // Of one sequence twice, the first stands: an honest page never makes two.
                if row.seq > slot.0 {
                    *slot = (row.seq, row.response);
                }
            }
        }
        let stands = standing(store, &id).await.into_iter().map(|row| (row.position, (row.seq, row.response)));
        assert_eq!(stands.collect::<BTreeMap<_, _>>(), acknowledged, "{requests:?}");
    }
}
