//! Law 8: every act that matters is in the audit chain, in the transaction of the act.

use serde_json::json;

use super::fixture::{commit, read, with_session, write};
use crate::store::{
    Store, StoreError, Tx,
    audit::{self, Act, Row},
    execute, session,
    tamper::execute_raw,
};

fn act(subject: &str) -> Act<'_> {
    Act { at_ms: 7, actor: "p1", act: "incident.noted", subject, detail: json!({ "text": "备注 \"1\"" }) }
}

async fn rows(store: &Store, chain: &str) -> Vec<Row> {
    audit::rows(&mut read(store).await, chain).await.expect("a chain is read")
}

/// A chain is whole: numbers without gaps, each row bound to the one before, the head at the last.
async fn assert_whole(store: &Store, chain: &str, length: i64) {
    let mut previous = audit::genesis(chain).to_string();
    let rows = rows(store, chain).await;
    for (number, row) in (1..).zip(&rows) {
        assert_eq!((row.row_no, &row.previous_hash), (number, &previous));
        assert_eq!(row.hash, audit::hash_of(chain, row).to_string());
        previous.clone_from(&row.hash);
    }
    let head = audit::read_head(&mut read(store).await, chain).await.expect("a head is read");
    assert_eq!((head.row_no, head.hash.to_string()), (length, previous));
    assert_eq!(i64::try_from(rows.len()).expect("a short chain"), length);
}

pub async fn audit_rows_cannot_be_changed_or_deleted(store: &Store) {
    let mut tx = write(store).await;
    audit::append(&mut tx, "c", &[act("a"), act("b")]).await.expect("acts are appended");
    commit(tx).await;
    for sql in
        ["UPDATE audit SET detail = '{}'", "DELETE FROM audit WHERE row_no = 2", "UPDATE audit SET row_no = row_no"]
    {
        let error = execute_raw(store, sql).await.expect_err(sql).to_string();
        assert!(error.contains("audit is append-only"), "{sql}: {error}");
    }
    assert_whole(store, "c", 2).await;
}

pub async fn an_audit_row_has_its_number_alone(store: &Store) {
    const INSERT: &str = "INSERT INTO audit (chain, row_no, at_ms, actor, act, subject, detail, previous_hash, hash) \
        VALUES ('c', $1, 0, '', '', '', '', '', '')";
    async fn insert(tx: &mut Tx, row_no: i64) -> Result<(), StoreError> {
        execute!(tx, INSERT, rows = 1, row_no)
    }
    let mut tx = write(store).await;
    insert(&mut tx, 1).await.expect("a first row");
    let again = insert(&mut tx, 1).await;
    assert!(matches!(&again, Err(StoreError::Conflict(name)) if name == "audit_pk"), "{again:?}");
}

pub async fn every_row_follows_the_one_before(store: &Store) {
    assert_whole(store, "c", 0).await;
    for length in 1..=3 {
        let mut tx = write(store).await;
        let head = audit::append(&mut tx, "c", &[act("a")]).await.expect("an act is appended");
        assert_eq!(head.row_no, length);
        commit(tx).await;
    }
    let mut tx = write(store).await;
    audit::append(&mut tx, "c", &[act("b"), act("a"), act("c")]).await.expect("acts are appended");
    commit(tx).await;
    assert_whole(store, "c", 6).await;
    let of_b = audit::rows_of(&mut read(store).await, "c", "b").await.expect("rows of a subject");
    assert_eq!(of_b.len(), 1);
    assert_eq!(
        (of_b[0].row_no, of_b[0].actor.as_str(), of_b[0].detail.as_str()),
        (4, "p1", "{\"text\":\"备注 \\\"1\\\"\"}")
    );
}

pub async fn two_writers_on_one_chain_keep_it_whole(store: &Store) {
    let mut tx = write(store).await;
    audit::append(&mut tx, "c", &[act("first")]).await.expect("an act is appended");
    commit(tx).await;
    let writers = (0..4).map(|writer| {
        let store = store.clone();
        tokio::spawn(async move {
            let subject = writer.to_string();
            for _ in 0..10 {
                let mut tx = write(&store).await;
                audit::append(&mut tx, "c", &[act(&subject), act(&subject)]).await.expect("acts are appended");
                tokio::task::yield_now().await;
                commit(tx).await;
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.expect("every writer gets its turn");
    }
    assert_whole(store, "c", 81).await;
}

pub async fn chains_do_not_touch_one_another(store: &Store) {
    let mut tx = write(store).await;
    audit::append(&mut tx, "c", &[act("a"), act("a")]).await.expect("acts are appended");
    audit::append(&mut tx, "d", &[act("a")]).await.expect("acts are appended");
    commit(tx).await;
    assert_whole(store, "c", 2).await;
    assert_whole(store, "d", 1).await;
    assert_ne!(rows(store, "c").await[0].hash, rows(store, "d").await[0].hash, "the same act in another chain");
    assert_eq!(audit::chains(&mut read(store).await).await.expect("chains are read"), ["c", "d"]);
}

pub async fn a_dropped_transaction_leaves_nothing(store: &Store) {
    with_session(store).await;
    let mut tx = write(store).await;
    audit::append(&mut tx, "c", &[act("a")]).await.expect("an act is appended");
    session::flush_clock(&mut tx, super::fixture::SESSION, 9_000, 9_000).await.expect("a flush");
    drop(tx);
    assert_whole(store, "c", 0).await;
    let row = session::by_id(&mut read(store).await, super::fixture::SESSION).await.expect("read").expect("there");
    assert_eq!(row.clock_ms, 0);
    // The next writer is not held up by it.
    let mut tx = write(store).await;
    audit::append(&mut tx, "c", &[act("a")]).await.expect("an act is appended");
    commit(tx).await;
    assert_whole(store, "c", 1).await;
}

pub async fn a_reader_cannot_write(store: &Store) {
    let written = audit::append(&mut read(store).await, "c", &[act("a")]).await;
    assert!(written.is_err(), "{written:?}");
    assert_whole(store, "c", 0).await;
}

pub async fn a_reader_sees_one_moment(store: &Store) {
    let mut reader = read(store).await;
    assert!(audit::rows(&mut reader, "c").await.expect("a chain is read").is_empty());
    let mut tx = write(store).await;
    audit::append(&mut tx, "c", &[act("a")]).await.expect("an act is appended");
    commit(tx).await;
    assert!(audit::rows(&mut reader, "c").await.expect("a chain is read").is_empty(), "the moment it began");
    drop(reader);
    assert_whole(store, "c", 1).await;
}

pub async fn a_row_that_stands_is_found_and_no_other(store: &Store) {
    let mut tx = write(store).await;
    let first = audit::append(&mut tx, "c", &[act("a")]).await.expect("an act is appended");
    commit(tx).await;
    let mut tx = write(store).await;
    let lost = audit::append(&mut tx, "c", &[act("b")]).await.expect("an act is appended");
    drop(tx);
    let mut tx = write(store).await;
    audit::append(&mut tx, "c", &[act("c"), act("d")]).await.expect("acts are appended");
    commit(tx).await;
    let mut tx = write(store).await;
    assert!(audit::stands(&mut tx, "c", &first).await.expect("it is looked up"), "also under later ones");
    assert!(!audit::stands(&mut tx, "c", &lost).await.expect("it is looked up"), "another has its number");
    let beyond = audit::Head { row_no: 9, ..first };
    assert!(!audit::stands(&mut tx, "c", &beyond).await.expect("it is looked up"));
}

pub async fn what_a_chain_tells_since_a_row(store: &Store) {
    use crate::store::sitting;
    super::fixture::with_writing(store, "a").await;
    let mut tx = write(store).await;
    super::fixture::add_writing(&mut tx, "b", 2).await;
    sitting::grant(&mut tx, super::fixture::SESSION, "a", &super::fixture::granted(1)).await.expect("a grant");
    sitting::grant(&mut tx, super::fixture::SESSION, "b", &super::fixture::granted(1)).await.expect("a grant");
    audit::append(&mut tx, super::fixture::SESSION, &[act("a"), act("room"), act("b")]).await.expect("appended");
    audit::append(&mut tx, "another", &[act("a")]).await.expect("appended");
    commit(tx).await;
    let mut tx = read(store).await;
    for (row_no, sittings) in [(0, vec!["a", "b"]), (1, vec!["b"]), (3, Vec::new())] {
        let session = super::fixture::SESSION;
        let acts = audit::since(&mut tx, session, row_no).await.expect("acts are read");
        assert_eq!(acts.len(), 3 - usize::try_from(row_no).expect("small"));
        let rows = sitting::changed_since(&mut tx, session, row_no).await.expect("sittings are read");
        let mut ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, sittings);
        let ledger = sitting::ledger_since(&mut tx, session, row_no).await.expect("the ledger is read");
        assert_eq!(ledger.iter().map(|row| row.sitting.as_str()).collect::<Vec<_>>(), sittings);
        let mut logins = sitting::logins_since(&mut tx, session, row_no).await.expect("logins are read");
        logins.sort();
        assert_eq!(logins.iter().map(|(_, sitting, _)| sitting.as_str()).collect::<Vec<_>>(), sittings);
    }
    let heads = audit::open_heads(&mut tx).await.expect("heads are read");
    assert_eq!(heads, [(super::fixture::SESSION.to_owned(), 3)], "no chain of another kind");
    let of = |token: &'static str| async move {
        sitting::session_of_login(&mut read(store).await, token).await.expect("a token is looked up")
    };
    assert_eq!(of("token-1-a").await.as_deref(), Some(super::fixture::SESSION));
    assert_eq!(of("token-9-a").await, None);
}

pub async fn who_holds_a_head_knows_the_clock(store: &Store) {
    with_session(store).await;
    let mut tx = write(store).await;
    session::flush_clock(&mut tx, super::fixture::SESSION, 9_000, 9_000).await.expect("a flush");
    let head = audit::append(&mut tx, super::fixture::SESSION, &[act("a")]).await.expect("appended");
    audit::append(&mut tx, "c", &[act("a")]).await.expect("appended");
    commit(tx).await;
    let mut tx = write(store).await;
    let turn = audit::turn(&mut tx, super::fixture::SESSION).await.expect("a head is read");
    assert_eq!(turn, (head, Some(9_000)));
    assert_eq!(audit::turn(&mut tx, "c").await.expect("a head is read").1, None);
    assert_eq!(audit::turn(&mut tx, "d").await.expect("none is read").0.row_no, 0);
    assert_eq!(session::clock(&mut tx, super::fixture::SESSION).await.expect("a clock is read"), 9_000);
}
