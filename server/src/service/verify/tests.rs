//! Somebody with the database's own tools changes one thing in the record of a finished session: the report names it, and
//! nothing else.

use std::{path::PathBuf, sync::Arc};

use chrono::FixedOffset;
use kaochang_app::{
    view::Role,
    wire::{ChangeWire, SaveRequest},
};
use tokio::sync::OnceCell;

use super::*;
use crate::{
    service::{
        Centre,
        account::Staff,
        draw::Contributions,
        plan::Plan,
        proctor::{Grant, Second},
    },
    shipped,
    store::{
        conformance::database::Database,
        copy::copy,
        tamper::{execute_raw, texts},
    },
    vault::Vault,
    world::{RealWorld, new_id},
};

const PLAN: &str = "title = \"试考\"\nstandard = \"cloud-computing-engineer-2-02-10-12\"\nlevel = \"junior\"\n\
    direction = \"operations\"\npurpose = \"rehearsal\"\nminutes = 5\ndifficulty = false\nstart_lead_seconds = 0\n\
    [[room]]\nnumber = 1\nseats = 4\ncolumns = 2\n";
const ROSTER: &str = "admission_no,name,id_number,room,seat,extra_minutes,extra_reason\n\
    1,甲,990000199001010017,1,1,20,视力障碍\n2,乙,990000199001010025,1,2,,\n3,丙,990000199001010033,1,3,,\n";

/// A folder that is gone when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let folder = parent.join(format!("kaochang-verify-{}", new_id(&RealWorld::new())));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    fn file(&self) -> PathBuf {
        self.0.join("kaochang.sqlite")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The record of a finished session, for one test to change.
struct Record {
    store: Store,
    session: String,
    /// Who handed in, with answers.
    sitting: String,
    _folder: Folder,
}

impl Record {
    /// A copy of its own; making the session once is enough.
    async fn copy() -> Self {
        static FINISHED: OnceCell<(Vec<u8>, String, String)> = OnceCell::const_new();
        let (database, session, sitting) = FINISHED.get_or_init(finished).await;
        let folder = Folder::new();
        std::fs::write(folder.file(), database).unwrap();
        let store = Store::open_sqlite(&folder.file()).await.unwrap();
        Self { store, session: session.clone(), sitting: sitting.clone(), _folder: folder }
    }

    async fn report(&self) -> Report {
        verify(&self.store, None, None).await.unwrap()
    }

    /// Changes something, whatever rule stands in the way.
    async fn tamper(&self, sql: &str) {
        let all = format!(
            "DROP TRIGGER IF EXISTS audit_no_update; DROP TRIGGER IF EXISTS audit_no_delete; \
             DROP TRIGGER IF EXISTS ledger_no_update; DROP TRIGGER IF EXISTS ledger_no_delete; \
             DROP TRIGGER IF EXISTS answer_log_no_update; DROP TRIGGER IF EXISTS answer_log_no_delete; \
             PRAGMA foreign_keys = OFF; {sql}"
        );
        execute_raw(&self.store, &all).await.unwrap();
    }

    async fn one(&self, sql: &str) -> String {
        texts(&self.store, sql).await.unwrap().remove(0)
    }
}

async fn save(centre: &Centre, token: &str, changes: &[(i64, u32, &str)]) {
    let change = |(seq, position, response): &(i64, u32, &str)| ChangeWire {
        seq: *seq,
        position: *position,
        response: (*response).to_owned(),
        flagged: position % 2 == 0,
    };
    let request = SaveRequest { epoch: 1, changes: changes.iter().map(change).collect(), left_page: 0 };
    centre.save(token, request).await.unwrap();
}

/// A session with every kind of row: an accommodation, an extension by two, answers, ends by candidate and proctor, one
/// absence.
async fn finished() -> (Vec<u8>, String, String) {
    let folder = Folder::new();
    let world = Arc::new(RealWorld::new());
    let vault = Vault::open(&folder.0.join("vault.key"), &*world).unwrap();
    let store = Store::open_sqlite(&folder.file()).await.unwrap();
    let centre = Centre::start(store, world, vault, FixedOffset::east_opt(0).unwrap()).await.unwrap();
    shipped::load(&centre).await.unwrap();
    let second = |login: &str| Second { login: login.to_owned(), password: "long enough".to_owned() };
    for login in ["p1", "p2"] {
        centre.create_account(login, login, Role::Proctor, "long enough").await.unwrap();
    }
    let roster = Plan::roster(ROSTER).unwrap();
    let session =
        centre.create_session(&Plan::parse(PLAN).unwrap(), &roster, Contributions::System, "office").await.unwrap();
    let office =
        Staff { account: "id".to_owned(), login: "office".to_owned(), name: String::new(), role: Role::Office };
    let late = Plan::roster("admission_no,name,id_number,room,seat\n4,丁,990000199001010041,1,4\n").unwrap();
    centre.add_late(&session, &office, &late[0]).await.unwrap();
    let mut tokens = Vec::new();
    for (entry, (.., code)) in roster.iter().zip(centre.seat_codes(&session).unwrap()).take(2) {
        let seat = centre.enrol(&code).await.unwrap();
        let token = centre.log_in(Some(&seat), &entry.admission_no, &entry.id_number).await.unwrap();
        centre.confirm(&token, true).await.unwrap();
        centre.accept_rules(&token).await.unwrap();
        tokens.push(token);
    }
    let room = centre.home_view().sessions[0].rooms[0].id.clone();
    centre.check_in(&room, &second("p1")).await.unwrap();
    centre.check_in(&room, &second("p2")).await.unwrap();
    let p1 = centre.authenticate("p1", "long enough").await.unwrap();
    let p1 = Staff { login: "p1".to_owned(), ..p1 };
    centre.open_room(&room, &p1).await.unwrap();
    save(&centre, &tokens[0], &[(1, 1, "A"), (2, 2, "B"), (3, 30, "C")]).await;
    save(&centre, &tokens[1], &[(1, 1, "B")]).await;
    let sittings = sittings::of_session(&mut centre.store.read().await.unwrap(), &session).await.unwrap();
    let sitting = sittings.into_iter().find(|row| row.admission_no == "1").unwrap().id;
    let grant = Grant { minutes: 16, reason: "断网".to_owned(), second: Some(second("p2")) };
    centre.extend(&room, Some(&sitting), &p1, &grant).await.unwrap();
    centre.hand_in(&tokens[0], 1).await.unwrap();
    centre.end_room(&room, &p1, "停电", true).await.unwrap();
    centre.stop().await.unwrap();
    (std::fs::read(folder.file()).unwrap(), session, sitting)
}

/// Changes one byte of a column: the last of a text, the last digit of a number, or a flag.
fn changed(column: &str) -> String {
    match column {
        "flagged" | "passed" => format!("{column} = 1 - {column}"),
        "cause" => "cause = 'accommodation'".to_owned(),
        "row_no" | "at_ms" | "position" | "seq" | "epoch" | "clock_ms" | "grant_ms" | "total_milli" | "max_milli"
        | "version" => {
            format!("{column} = {column} + 1000")
        }
        "response" => "response = CASE response WHEN 'A' THEN 'B' ELSE 'A' END".to_owned(),
        "approved_by" => "approved_by = NULL".to_owned(),
        // JSON stays JSON, and says another thing.
        "document" => "document = replace(document, '\"position\":1,', '\"position\":9,')".to_owned(),
        "conformance" => "conformance = replace(conformance, '\"questions\":100', '\"questions\":101')".to_owned(),
        "marks" | "by_function" => format!("{column} = replace({column}, '0', '1')"),
        "detail" => "detail = detail || ' '".to_owned(),
        _ => format!(
            "{column} = substr({column}, 1, length({column}) - 1) || CASE substr({column}, -1) WHEN '0' THEN '1' ELSE '0' END"
        ),
    }
}

/// One column after the other of one row; each time a problem names that row, and no other row of its kind is blamed.
async fn assert_each_column_is_held(table: &str, columns: &[&str], row: &str, named: &str) {
    for column in columns {
        let record = Record::copy().await;
        let (session, sitting) = (&record.session, &record.sitting);
        let fill = |text: &str| text.replace("$session", session).replace("$sitting", sitting);
        let value = format!("COALESCE(CAST({column} AS TEXT), 'none')");
        let before = record.one(&fill(&format!("SELECT {value} FROM {table} WHERE {row}"))).await;
        record.tamper("SELECT 1").await;
        let change = format!("UPDATE {table} SET {} WHERE {row} RETURNING {value}", changed(column));
        let after = record.one(&fill(&change)).await;
        assert_ne!(before, after, "{table}.{column} is not changed by this test");
        let report = record.report().await;
        let named = fill(named);
        assert!(
            report.problems.iter().any(|problem| problem.starts_with(&named)),
            "{table}.{column} was {before} and is {after}, and no problem begins with {named:?}:\n{report}"
        );
        // The row may be named again where it went, and the one behind it no longer follows.
        let kind = format!("{} ", named.split(' ').next().unwrap_or_default());
        let went =
            ["chain", "session_id", "sitting_id", "row_no", "position", "version"].contains(column).then_some(&after);
        let own = |problem: &str| {
            problem.starts_with(&named) || problem.contains("follow") || went.is_some_and(|to| problem.contains(to))
        };
        let others: Vec<_> = report.problems.iter().filter(|its| its.starts_with(&kind) && !own(its)).collect();
        assert!(others.is_empty(), "{table}.{column}: others are blamed: {others:?}");
        record.store.close().await;
    }
}

#[tokio::test]
async fn a_finished_session_has_no_problem() {
    let record = Record::copy().await;
    let report = record.report().await;
    assert_eq!(report.problems, Vec::<String>::new(), "{report}");
    assert_eq!(report.chains, 3);
    // Audit rows, 4 ledger rows, 4 responses, as many changes in the log, 4 papers (one of a late candidate), 2 reserves, the inputs, 2 scores.
    let rows: usize = record.one("SELECT CAST(COUNT(*) AS TEXT) FROM audit").await.parse().unwrap();
    assert_eq!(report.rows, rows + 4 + 4 + 4 + 4 + 2 + 1 + 2);
    let alone = verify(&record.store, Some(&record.session), None).await.unwrap();
    assert_eq!((alone.chains, alone.problems), (1, Vec::new()));
    let unknown = verify(&record.store, Some("none"), None).await.unwrap();
    assert_eq!(unknown.problems, ["there is no session none"]);
}

#[tokio::test]
async fn every_column_of_an_audit_row_is_held() {
    let columns = ["row_no", "at_ms", "actor", "act", "subject", "detail", "previous_hash", "hash"];
    assert_each_column_is_held("audit", &columns, "chain = '$session' AND row_no = 9", "audit row 9 of chain $session")
        .await;
    // Moved into another chain, it is missed in its own.
    assert_each_column_is_held(
        "audit",
        &["chain"],
        "chain = '$session' AND row_no = 9",
        "audit row 9 of chain $session",
    )
    .await;
}

#[tokio::test]
async fn every_column_of_a_ledger_row_is_held() {
    let columns = [
        "row_no",
        "grant_ms",
        "cause",
        "reason",
        "actor",
        "approved_by",
        "clock_ms",
        "at_ms",
        "hash",
        "sitting_id",
        "session_id",
    ];
    let row = "session_id = '$session' AND sitting_id = '$sitting' AND row_no = 3";
    assert_each_column_is_held("ledger", &columns, row, "ledger row 3 of sitting $sitting").await;
}

#[tokio::test]
async fn every_column_of_a_response_is_held() {
    let columns =
        ["position", "seq", "epoch", "response", "flagged", "clock_ms", "at_ms", "hash", "sitting_id", "session_id"];
    let row = "session_id = '$session' AND sitting_id = '$sitting' AND position = 30";
    assert_each_column_is_held("response", &columns, row, "response to question 30 of sitting $sitting").await;
}

#[tokio::test]
async fn every_column_of_a_score_is_held() {
    let columns = ["total_milli", "max_milli", "passed", "by_function", "marks", "at_ms"];
    let row = "session_id = '$session' AND sitting_id = '$sitting'";
    assert_each_column_is_held("score", &columns, row, "score 1 of sitting $sitting").await;
    assert_each_column_is_held("score", &["version"], row, "score 1001 of sitting $sitting").await;
    assert_each_column_is_held("score", &["sitting_id", "session_id"], row, "score of sitting $sitting").await;
}

#[tokio::test]
async fn every_column_of_a_paper_is_held() {
    let row = "session_id = '$session' AND sitting_id = '$sitting'";
    let columns = ["document", "digest", "conformance"];
    assert_each_column_is_held("paper", &columns, row, "paper of sitting $sitting").await;
    assert_each_column_is_held("paper", &["sitting_id", "session_id"], row, "papers of session $session").await;
    let record = Record::copy().await;
    record.tamper("UPDATE paper SET document = substr(document, 2)").await;
    let report = record.report().await;
    assert!(
        report.problems.iter().any(|problem| problem.starts_with("paper of sitting")),
        "no JSON any more: {report}"
    );
}

#[tokio::test]
async fn every_column_of_a_reserve_is_held() {
    let columns = ["document", "digest", "conformance"];
    assert_each_column_is_held("reserve", &columns, "number = 2", "reserve 2 (sitting ").await;
    assert_each_column_is_held("reserve", &["sitting_id", "session_id"], "number = 2", "reserves of session $session")
        .await;
    let record = Record::copy().await;
    record.tamper("UPDATE reserve SET late = NULL, used_by = NULL, used_at_ms = NULL").await;
    let report = record.report().await;
    assert!(report.problems.iter().any(|problem| problem.contains("whether it is used")), "{report}");
}

#[tokio::test]
async fn the_paper_of_a_late_candidate_is_held() {
    let row = "sitting_id = (SELECT sitting_id FROM reserve WHERE used_at_ms IS NOT NULL)";
    assert_each_column_is_held("paper", &["document", "digest", "conformance"], row, "paper of sitting ").await;
}

/// What the papers follow from: one byte of each, in the session's own row and beside it.
#[tokio::test]
async fn every_input_of_the_draw_is_held() {
    for (table, column, named) in [
        ("session_evidence", "snapshot = replace(snapshot, '\"revision\":1', '\"revision\":2')", "snapshot"),
        ("session_evidence", "roster = replace(roster, '\"column\":1', '\"column\":0')", "roster"),
        ("session_evidence", "earlier = '{\"named\":{\"x\":[]},\"seen\":{}}'", "earlier"),
        ("exam_session", "blueprint = replace(blueprint, '1000', '1001')", "blueprint"),
        ("exam_session", "commitment = substr(commitment, 2) || '0'", "commitment"),
        ("exam_session", "engine = 'other'", "engine"),
        ("exam_session", "snapshot_digest = substr(snapshot_digest, 2) || '0'", "snapshot"),
        ("exam_session", "roster_digest = substr(roster_digest, 2) || '0'", "roster"),
        ("exam_session", "blueprint_digest = substr(blueprint_digest, 2) || '0'", "blueprint"),
    ] {
        let record = Record::copy().await;
        record.tamper(&format!("UPDATE {table} SET {column}")).await;
        let report = record.report().await;
        let wanted = format!("{named} of session {}: is not what was committed to", record.session);
        assert_eq!(report.problems, [wanted], "{table} {column}");
    }
    let record = Record::copy().await;
    record.tamper("DELETE FROM session_evidence").await;
    let report = record.report().await;
    assert!(report.problems.iter().any(|problem| problem.contains("was drawn from: is missing")), "{report}");
}

#[tokio::test]
async fn a_row_that_was_taken_out_or_put_in_is_named() {
    let deleted = [
        ("audit", "chain = '$session' AND row_no = 9", "audit row 9 of chain $session is missing"),
        (
            "ledger",
            "sitting_id = '$sitting' AND row_no = 2",
            "ledger row 2 of sitting $sitting (session $session): is missing",
        ),
        (
            "response",
            "sitting_id = '$sitting' AND position = 2",
            "response to question 2 of sitting $sitting (session $session): is missing",
        ),
        ("score", "sitting_id = '$sitting'", "score of sitting $sitting (session $session): is missing"),
        ("paper", "sitting_id = '$sitting'", "papers of session $session: are not those it was made with"),
    ];
    for (table, row, wanted) in deleted {
        let record = Record::copy().await;
        let fill = |text: &str| text.replace("$session", &record.session).replace("$sitting", &record.sitting);
        record.tamper(&fill(&format!("DELETE FROM {table} WHERE {row}"))).await;
        let report = record.report().await;
        assert!(report.problems.iter().any(|problem| problem.starts_with(&fill(wanted))), "{table}: {report}");
    }
    let inserted = [
        (
            "INSERT INTO ledger SELECT session_id, sitting_id, 4, 600000, cause, reason, actor, approved_by, clock_ms, at_ms, hash \
             FROM ledger WHERE sitting_id = '$sitting' AND row_no = 3",
            "ledger row 4 of sitting $sitting (session $session): the audit chain knows nothing of it",
        ),
        (
            "INSERT INTO score SELECT session_id, sitting_id, 2, 100000, max_milli, 1, by_function, marks, at_ms FROM score \
             WHERE sitting_id = '$sitting'",
            "score 2 of sitting $sitting (session $session): the audit chain knows nothing of it",
        ),
    ];
    for (sql, wanted) in inserted {
        let record = Record::copy().await;
        let fill = |text: &str| text.replace("$session", &record.session).replace("$sitting", &record.sitting);
        record.tamper(&fill(sql)).await;
        assert!(record.report().await.problems.contains(&fill(wanted)), "{}", record.report().await);
    }
}

#[tokio::test]
async fn a_row_that_can_not_be_read_is_named_like_any_other() {
    let record = Record::copy().await;
    let fill = |text: &str| text.replace("$session", &record.session).replace("$sitting", &record.sitting);
    let cause = "PRAGMA ignore_check_constraints = ON; UPDATE ledger SET cause = 'durution' WHERE sitting_id = '$sitting' AND row_no = 2";
    record.tamper(&fill(cause)).await;
    record.tamper("UPDATE audit_head SET hash = 'x' || substr(hash, 2) WHERE chain = 'bank'").await;
    record.tamper(&fill("UPDATE response SET response = 'Z' WHERE sitting_id = '$sitting' AND position = 2")).await;
    let report = record.report().await;
    let wanted = [
        fill("ledger row 2 of sitting $sitting: its cause can't be read"),
        "the head of chain bank can't be read".to_owned(),
        fill("response to question 2 of sitting $sitting (session $session): was changed after it was written"),
    ];
    for wanted in wanted {
        assert!(report.problems.contains(&wanted), "{wanted} is not in {report}");
    }
}

#[tokio::test]
async fn a_change_in_the_answer_log_is_named() {
    let record = Record::copy().await;
    let fill = |text: &str| text.replace("$session", &record.session).replace("$sitting", &record.sitting);
    record.tamper("UPDATE answer_log SET changes = replace(changes, ',2,2,1,\"B\"', ',2,2,1,\"C\"')").await;
    let wanted = "response to question 2 of sitting $sitting (session $session): is not what the answer log says";
    assert_eq!(record.report().await.problems, [fill(wanted)]);
    record.tamper("DELETE FROM response WHERE position = 2").await;
    let wanted =
        "response to question 2 of sitting $sitting (session $session): stands in the answer log and nowhere else";
    assert!(record.report().await.problems.contains(&fill(wanted)));
}

/// An honest-looking answer, put in after the hand-in with a hash of its own.
#[tokio::test]
async fn an_answer_after_the_hand_in_is_named() {
    let record = Record::copy().await;
    let mut tx = record.store.read().await.unwrap();
    let mut row = response::of_sitting(&mut tx, &record.session, &record.sitting).await.unwrap().remove(0);
    drop(tx);
    row.position = 50;
    let hash = response::hash_of(&row);
    let sql = format!(
        "INSERT INTO response VALUES ('{}', '{}', 50, {}, {}, '{}', {}, {}, {}, '{hash}')",
        row.session_id,
        row.sitting_id,
        row.seq,
        row.epoch,
        row.response,
        i64::from(row.flagged),
        row.clock_ms,
        row.at_ms
    );
    record.tamper(&sql).await;
    let report = record.report().await;
    let wanted = format!(
        "response to question 50 of sitting {} (session {}): came after the hand-in",
        record.sitting, record.session
    );
    assert!(report.problems.contains(&wanted), "{report}");
}

/// The tail is cut and the head set right, so that the chain alone looks whole: the head that was printed finds it.
#[tokio::test]
async fn a_cut_tail_is_found_by_the_printed_head() {
    let record = Record::copy().await;
    let session = record.session.clone();
    let head = audit::read_head(&mut record.store.read().await.unwrap(), &session).await.unwrap();
    let printed = PrintedHead::parse(&head.short()).unwrap();
    let clean = verify(&record.store, Some(&session), Some(&printed)).await.unwrap();
    assert_eq!(clean.problems, Vec::<String>::new());

    let cut = format!("DELETE FROM audit WHERE chain = '{session}' AND row_no > {}", head.row_no - 2);
    record.tamper(&cut).await;
    let half_done = record.report().await;
    assert!(half_done.problems.iter().any(|problem| problem.contains("its tail was cut")), "{half_done}");
    record
        .tamper(&format!(
            "UPDATE audit_head SET row_no = {0}, hash = (SELECT hash FROM audit WHERE chain = '{session}' AND row_no = {0}) \
             WHERE chain = '{session}'",
            head.row_no - 2
        ))
        .await;
    let without = verify(&record.store, Some(&session), None).await.unwrap();
    assert_eq!(without.problems, Vec::<String>::new(), "nothing but paper knows of it");
    let with = verify(&record.store, Some(&session), Some(&printed)).await.unwrap();
    assert_eq!(with.problems.len(), 1, "{with}");
    assert!(with.problems[0].contains(&format!("the printed record names row {}", head.row_no)), "{with}");

    // Another row in the place of the printed one is found as well.
    let forged = PrintedHead { row_no: head.row_no - 3, hash: "00000000".to_owned() };
    let with = verify(&record.store, Some(&session), Some(&forged)).await.unwrap();
    assert!(with.problems[0].contains("is not the row that was printed"), "{with}");
}

#[test]
fn a_printed_head_is_read_as_it_was_printed() {
    let head = PrintedHead::parse(" 214:9F2C51D07AB3 ").unwrap();
    assert_eq!((head.row_no, head.hash.as_str()), (214, "9f2c51d07ab3"));
    for text in ["", "214", "214:", "214:9f2c", ":9f2c51d0", "x:9f2c51d0", "214:9f2c51dg"] {
        assert_eq!(PrintedHead::parse(text), None, "{text:?}");
    }
}

/// What was moved to the other database, and back, is the same record.
#[tokio::test]
async fn a_record_that_moved_verifies_on_both_sides() {
    let (record, there, back) = (Record::copy().await, Database::postgres().await, Database::sqlite().await);
    let sides = [(&record.store, there.store()), (there.store(), back.store())];
    for (from, to) in sides {
        let mut into = to.write().await.unwrap();
        copy(&mut from.read().await.unwrap(), &mut into).await.unwrap();
        into.commit().await.unwrap();
        assert_eq!(verify(to, None, None).await.unwrap(), record.report().await);
    }
    assert_eq!(record.report().await.problems, [""; 0]);
    assert!(record.report().await.rows > 20);
    there.remove().await;
    back.remove().await;
}
