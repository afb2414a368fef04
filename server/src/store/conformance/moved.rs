//! Data that moves: copies into the other database and back, and snapshots of a database in use.

use std::path::Path;

use question_bank::marking::Score;

use super::{
    database::{Database, Folder},
    fixture::{
        SESSION, add_writing, answered, asked, close, commit, granted, paper, save_group, score, with_writing, write,
    },
};
use crate::store::{
    Store, StoreError, Tx,
    audit::{self, Act},
    backup::damage,
    copy::{self, CopyError, copy},
    effects::{leave, replay},
    paper as papers, question, response, score as scores, session,
    session::OutageRow,
    sitting,
    tamper::{execute_raw, texts},
};

/// What a day leaves behind, in most tables: both booleans, empty and absent values, texts that JSON must escape.
async fn with_a_day(store: &Store) {
    with_writing(store, "a").await;
    let mut tx = write(store).await;
    add_writing(&mut tx, "b", 2).await;
    for id in ["q", "r"] {
        question::insert(&mut tx, &asked(id, 1, "问一", "AC"), id == "q", 1).await.expect("a question is kept");
    }
    let (its, conformance) = paper("q");
    papers::insert(&mut tx, SESSION, "a", &its, &conformance).await.expect("a paper is kept");
    let rows: Vec<_> = (1..=600).map(|position| answered("a", position, position + 1, "AC")).collect();
    save_group(&mut tx, &rows).await.expect("answers are kept");
    save_group(&mut tx, &[answered("b", 1, 9_007_199_254_740_993, "")]).await.expect("a large number is kept");
    sitting::grant(&mut tx, SESSION, "a", &granted(1)).await.expect("a grant is kept");
    close(&mut tx, "a").await.expect("a hand-in");
    let passed: Score = score(600);
    scores::insert(&mut tx, SESSION, "a", 1, &passed, &[600], 5).await.expect("a score is kept");
    response::quarantine(&mut tx, SESSION, "late", "a", 9_500, 10, "[]").await.expect("it is kept apart");
    let outage = OutageRow { down_at_ms: 1, up_at_ms: 2, clock_ms: 3 };
    session::insert_outage(&mut tx, SESSION, outage).await.expect("an outage is kept");
    let odd = "监考「一」\\ \" ' \u{1f600}\n\t\u{1}";
    let act = |subject| Act { at_ms: 1, actor: odd, act: "a", subject, detail: serde_json::json!({ "文": odd }) };
    audit::append(&mut tx, SESSION, &[act("one"), act("")]).await.expect("acts are kept");
    let staff = "INSERT INTO account (id, login, name, role, password_hash, created_at_ms) VALUES ('p', 'p', '监考', \
        'proctor', 'hash', 1); INSERT INTO proctor_presence (session_id, room_id, account_id, in_at_ms, out_at_ms) VALUES \
        ('session-1', 'room-1', 'p', 1, NULL), ('session-1', 'room-1', 'p', 2, 3); INSERT INTO draft (id, plan, \
        roster_sealed, candidates, created_by, created_at_ms, state) VALUES ('d', '', 'sealed', 1, 'p', 1, 'open'); INSERT \
        INTO draft_contribution (draft_id, number, account_id, by_system, digest, sealed, at_ms) VALUES ('d', 1, 'p', FALSE, \
        'd', 's', 1), ('d', 2, NULL, TRUE, 'd', 's', 1)";
    by_hand(&mut tx, staff).await;
    commit(tx).await;
}

/// Rows that no statement of the store writes so.
async fn by_hand(tx: &mut Tx, sql: &'static str) {
    let done = match tx {
        Tx::Sqlite(conn) => sqlx::raw_sql(sql).execute(&mut **conn).await.map(drop),
        Tx::Postgres(conn) => sqlx::raw_sql(sql).execute(&mut **conn).await.map(drop),
    };
    done.expect("rows by hand");
}

async fn moved(from: &Store, to: &Store) -> Result<Vec<copy::Content>, CopyError> {
    let mut into = to.write().await?;
    let copied = copy(&mut from.read().await?, &mut into).await?;
    into.commit().await?;
    Ok(copied)
}

/// Rows that stand in one file and not in the other, by table, as the database itself compares them.
async fn differences(left: &Store, right: &Path) -> Vec<String> {
    execute_raw(left, &format!("ATTACH '{}' AS other", right.display())).await.expect("the other file opens");
    let mut found = Vec::new();
    for table in copy::tables(&mut left.read().await.expect("a reader")).await.expect("a schema") {
        let name = &table.name;
        for (one, other) in [("main", "other"), ("other", "main")] {
            let sql = format!(
                "SELECT '{name} {one} ' || COUNT(*) FROM (SELECT * FROM {one}.{name} EXCEPT SELECT * FROM {other}.{name}) \
                 HAVING COUNT(*) > 0"
            );
            found.extend(texts(left, &sql).await.expect("tables can be compared"));
        }
    }
    found
}

#[tokio::test]
async fn every_row_comes_back_from_the_other_database() {
    let (here, there, back) = (Database::sqlite().await, Database::postgres().await, Database::sqlite().await);
    with_a_day(here.store()).await;
    let out = moved(here.store(), there.store()).await.expect("it is copied");
    let full = out.iter().filter(|content| content.rows > 0).count();
    assert!(full >= 18, "{full} tables have rows: {out:?}");
    assert_eq!(moved(there.store(), back.store()).await.expect("it is copied back"), out);
    assert_eq!(differences(back.store(), &here.file()).await, [""; 0]);
    let flags = "SELECT CASE WHEN flagged THEN 'yes' ELSE 'no' END FROM response ORDER BY sitting_id, position LIMIT 2";
    for store in [there.store(), back.store()] {
        assert_eq!(texts(store, flags).await.expect("flags are read"), ["yes", "no"]);
    }
    // The comparison sees what it should.
    execute_raw(back.store(), "UPDATE response SET flagged = 1 - flagged WHERE position = 7").await.expect("one bit");
    execute_raw(back.store(), "DETACH other").await.expect("it is let go");
    assert_eq!(differences(back.store(), &here.file()).await, ["response main 1", "response other 1"]);
    for database in [here, there, back] {
        database.remove().await;
    }
}

#[tokio::test]
async fn a_target_with_rows_is_refused_and_stays_as_it_was() {
    let (here, there) = (Database::sqlite().await, Database::postgres().await);
    with_a_day(here.store()).await;
    with_writing(there.store(), "other").await;
    let refused = moved(here.store(), there.store()).await;
    assert!(matches!(&refused, Err(CopyError::NotEmpty(_))), "{refused:?}");
    assert_eq!(texts(there.store(), "SELECT id FROM sitting").await.expect("a read"), ["other"]);
    let refused = moved(here.store(), here.store()).await;
    assert!(matches!(&refused, Err(CopyError::SameKind)), "{refused:?}");
    here.remove().await;
    there.remove().await;
}

/// The target changes what it is given: nothing of the copy stays.
#[tokio::test]
async fn a_copy_that_reads_back_otherwise_is_none() {
    let (here, there) = (Database::sqlite().await, Database::postgres().await);
    with_a_day(there.store()).await;
    let meddle =
        "CREATE TRIGGER meddle AFTER INSERT ON score BEGIN UPDATE score SET total_milli = total_milli + 1; END";
    execute_raw(here.store(), meddle).await.expect("a trigger");
    let refused = moved(there.store(), here.store()).await;
    assert!(matches!(&refused, Err(CopyError::Differs(table)) if table == "score"), "{refused:?}");
    assert_eq!(texts(here.store(), "SELECT id FROM sitting").await.expect("a read"), [""; 0]);
    here.remove().await;
    there.remove().await;
}

/// A snapshot holds what was committed when it began, waits for no writer and lets none wait.
#[tokio::test]
async fn a_snapshot_is_of_one_moment_and_holds_nobody_up() {
    let database = Database::sqlite().await;
    let (store, folder) = (database.store(), Folder::new());
    with_a_day(store).await;
    let mut open = write(store).await;
    save_group(&mut open, &[answered("b", 2, 1, "B")]).await.expect("it is written, and not committed");
    let looking = Store::open_read_only(&database.file()).await.expect("a second process opens it");
    looking.snapshot(&folder.file()).await.expect("a snapshot beside an open transaction");
    commit(open).await;
    let snapshot = Store::open_read_only(&folder.file()).await.expect("it opens");
    let answers = "SELECT sitting_id || CAST(COUNT(*) AS TEXT) FROM response GROUP BY sitting_id ORDER BY 1";
    assert_eq!(texts(&snapshot, answers).await.expect("a read"), ["a600", "b1"]);
    assert_eq!(texts(store, answers).await.expect("a read"), ["a600", "b2"]);
    assert_eq!(whole(&snapshot).await, [""; 0]);
    let written = execute_raw(&snapshot, "DELETE FROM response").await;
    assert!(matches!(written, Err(StoreError::Driver(_))), "{written:?}");
    snapshot.close().await;
    let files = std::fs::read_dir(&folder.0).expect("the folder").count();
    assert_eq!(files, 1, "one file is the whole of it");
    database.remove().await;
}

#[tokio::test]
async fn a_snapshot_of_postgres_is_a_file_too() {
    let (database, here, folder) = (Database::postgres().await, Database::sqlite().await, Folder::new());
    with_a_day(database.store()).await;
    with_a_day(here.store()).await;
    database.store().snapshot(&folder.file()).await.expect("a snapshot");
    assert_eq!(differences(here.store(), &folder.file()).await, [""; 0]);
    let snapshot = Store::open_read_only(&folder.file()).await.expect("it opens");
    assert_eq!(whole(&snapshot).await, [""; 0]);
    snapshot.close().await;
    let files = std::fs::read_dir(&folder.0).expect("the folder").count();
    assert_eq!(files, 1, "one file is the whole of it");
    database.remove().await;
    here.remove().await;
}

async fn whole(store: &Store) -> Vec<String> {
    let mut tx: Tx = store.read().await.expect("a reader");
    damage(&mut tx).await.expect("it can be looked at")
}

#[tokio::test]
async fn damage_is_found() {
    let (database, folder) = (Database::sqlite().await, Folder::new());
    with_a_day(database.store()).await;
    database.store().snapshot(&folder.file()).await.expect("a snapshot");
    let mut bytes = std::fs::read(folder.file()).expect("the file");
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle..middle + 4_096].iter_mut().for_each(|byte| *byte ^= 0x55);
    std::fs::write(folder.file(), &bytes).expect("it is written");
    let store = Store::open_read_only(&folder.file()).await.expect("its head is whole");
    let found = damage(&mut store.read().await.expect("a reader")).await;
    let found = found.map_or(true, |found| !found.is_empty());
    assert!(found, "a page of it was changed");
    database.remove().await;
}

#[tokio::test]
async fn a_row_without_its_parent_is_found() {
    let database = Database::sqlite().await;
    with_a_day(database.store()).await;
    execute_raw(database.store(), "PRAGMA foreign_keys = OFF; DELETE FROM draft").await.expect("by hand");
    assert_eq!(whole(database.store()).await, ["a row of draft_contribution refers to one that is not there"]);
    database.remove().await;
}

/// A database with a log in a folder of its own.
async fn logged(folder: &Folder, log: &Folder) -> Store {
    let store = Store::open_sqlite(&folder.file()).await.expect("it opens");
    store.with_log(&folder.file(), &log.0, "log-1").await.expect("its log opens")
}

/// Whoever has a backup and the log has everything, whatever was written and however often the server was started.
#[tokio::test]
async fn a_backup_and_the_log_after_it_are_the_whole_database() {
    let (here, log, kept) = (Folder::new(), Folder::new(), Folder::new());
    let store = logged(&here, &log).await;
    store.snapshot(&kept.file()).await.expect("a backup of nothing yet");
    with_a_day(&store).await;
    let mut dropped = write(&store).await;
    save_group(&mut dropped, &[answered("b", 3, 1, "B")]).await.expect("it is written");
    drop(dropped);
    store.close().await;
    let store = logged(&here, &log).await;
    let mut tx = write(&store).await;
    save_group(&mut tx, &[answered("b", 1, 9_007_199_254_740_995, "C"), answered("b", 2, 1, "")])
        .await
        .expect("answers");
    sitting::move_to(&mut tx, SESSION, "b", 3).await.expect("another seat");
    commit(tx).await;
    let mut tx = write(&store).await;
    by_hand(&mut tx, "DELETE FROM draft_contribution WHERE number = 2").await;
    commit(tx).await;

    let restored = Store::open_sqlite(&kept.file()).await.expect("the backup opens");
    let replayed = replay(&restored, &log.0).await.expect("the log is taken in");
    assert_eq!((replayed.number, replayed.transactions), (5, 5), "{replayed:?}");
    assert!(replayed.rows > 600, "{replayed:?}");
    assert_eq!(differences(&restored, &here.file()).await, [""; 0]);
    // Once more: there is nothing newer.
    assert_eq!(replay(&restored, &log.0).await.expect("the log is read").transactions, 0);
    store.close().await;
    restored.close().await;
}

/// A line that was flushed and not committed, and one that was torn: nobody was told of either.
#[tokio::test]
async fn what_the_database_does_not_have_is_cut_off_the_log() {
    let (here, log, kept) = (Folder::new(), Folder::new(), Folder::new());
    let store = logged(&here, &log).await;
    with_writing(&store, "a").await;
    store.snapshot(&kept.file()).await.expect("a backup");
    store.close().await;
    let file = std::fs::read_dir(&log.0).expect("the log").next().expect("a file").expect("an entry").path();
    let mut text = std::fs::read_to_string(&file).expect("lines");
    let whole = text.len();
    text += "{\"n\":3,\"effects\":[[\"d\",\"response\",[]]]}\n{\"n\":4,\"eff";
    std::fs::write(&file, text).expect("a line too much");
    let store = logged(&here, &log).await;
    assert_eq!(std::fs::metadata(&file).expect("it is there").len(), whole as u64);
    let mut tx = write(&store).await;
    save_group(&mut tx, &[answered("a", 1, 1, "A")]).await.expect("an answer");
    commit(tx).await;
    let restored = Store::open_sqlite(&kept.file()).await.expect("the backup opens");
    replay(&restored, &log.0).await.expect("the log is taken in");
    assert_eq!(differences(&restored, &here.file()).await, [""; 0]);
    store.close().await;
    restored.close().await;
}

/// Written without its log in between, the log is no longer the rest of an older backup, and says so.
#[tokio::test]
async fn a_gap_in_the_log_is_told() {
    let (here, log, kept) = (Folder::new(), Folder::new(), Folder::new());
    let store = logged(&here, &log).await;
    with_writing(&store, "a").await;
    store.snapshot(&kept.file()).await.expect("a backup");
    for position in 1..=2 {
        let mut tx = write(&store).await;
        save_group(&mut tx, &[answered("a", position, position, "A")]).await.expect("an answer");
        commit(tx).await;
    }
    store.close().await;
    // An older backup with a log that is longer: nobody cuts it off.
    let old = Store::open_sqlite(&kept.file()).await.expect("the backup opens");
    let refused = old.with_log(&kept.file(), &log.0, "new").await;
    assert!(matches!(&refused, Err(StoreError::Log(why)) if why.to_string().contains("up to 4")), "{refused:?}");
    let store = Store::open_sqlite(&here.file()).await.expect("it opens without its log");
    assert!(leave(&store).await.expect("a number is skipped"));
    store.close().await;
    let store = logged(&here, &log).await;
    let mut tx = write(&store).await;
    save_group(&mut tx, &[answered("a", 3, 3, "A")]).await.expect("an answer");
    commit(tx).await;
    store.close().await;
    let restored = Store::open_sqlite(&kept.file()).await.expect("the backup opens");
    let refused = replay(&restored, &log.0).await;
    assert!(
        matches!(&refused, Err(StoreError::Inconsistent(what)) if what.contains("no transaction 5")),
        "{refused:?}"
    );
    let other = Folder::new();
    let foreign = Store::open_sqlite(&other.file()).await.expect("another database opens");
    let refused = foreign.with_log(&other.file(), &log.0, "log-2").await;
    assert!(matches!(&refused, Err(StoreError::Log(_))), "{refused:?}");
    restored.close().await;
}
