//! The two databases themselves: every statement is prepared on both, both have the same schema, and a database that can't
//! be served is refused in plain words.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::{
    Executor, SqlSafeStr,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use super::{
    database::{Database, Folder},
    fixture::{SESSION, answered, commit, read, save_group, with_writing, write},
};
use crate::store::{
    POSTGRES_MIGRATIONS, SQLITE_MIGRATIONS, Store, StoreError, account, audit, dialect, draft, effects, evidence,
    paper, question, response, room, score, server, session, sitting, tamper::execute_raw, tamper::texts, void,
};

/// Every statement that stands in both dialects.
const COMMON: [(&str, &[&str]); 14] = [
    ("account", account::STATEMENTS),
    ("audit", audit::STATEMENTS),
    ("draft", draft::STATEMENTS),
    ("effects", effects::STATEMENTS),
    ("evidence", evidence::STATEMENTS),
    ("paper", paper::STATEMENTS),
    ("question", question::STATEMENTS),
    ("response", response::STATEMENTS),
    ("room", room::STATEMENTS),
    ("score", score::STATEMENTS),
    ("server", server::STATEMENTS),
    ("session", session::STATEMENTS),
    ("sitting", sitting::STATEMENTS),
    ("void", void::STATEMENTS),
];
const EITHER: [dialect::Either; 6] =
    [dialect::AUDIT_HEAD, dialect::TURN, dialect::BEAT, dialect::OTHERS_ALIVE, dialect::TELL, dialect::SUPERSEDED];
const BULK: [&dialect::Bulk; 2] = [&dialect::UNWRITABLE_SITTINGS, &dialect::SAVE_RESPONSES];

async fn prepare(store: &Store, file: &str, sql: &'static str) {
    let prepared = match store {
        Store::Sqlite { writer, .. } => {
            let mut conn = writer.acquire().await.expect("a connection");
            conn.prepare(sql.into_sql_str()).await.map(drop)
        }
        Store::Postgres(pool) => {
            let mut conn = pool.acquire().await.expect("a connection");
            conn.prepare(sql.into_sql_str()).await.map(drop)
        }
    };
    prepared.unwrap_or_else(|error| panic!("{file}: {error}\n{sql}"));
}

async fn prepare_all(store: &Store) {
    for (file, statements) in COMMON {
        for sql in statements {
            prepare(store, file, sql).await;
        }
    }
    for either in EITHER {
        let sql = if matches!(store, Store::Postgres(_)) { either.postgres } else { either.sqlite };
        prepare(store, "dialect", sql).await;
    }
    for bulk in BULK {
        let sql = if matches!(store, Store::Postgres(_)) { vec![bulk.postgres] } else { bulk.sqlite.to_vec() };
        for sql in sql {
            prepare(store, "dialect", sql).await;
        }
    }
}

#[tokio::test]
async fn every_statement_is_one_on_sqlite() {
    let database = Database::sqlite().await;
    prepare_all(database.store()).await;
    database.remove().await;
}

#[tokio::test]
async fn every_statement_is_one_on_postgres() {
    let database = Database::postgres().await;
    prepare_all(database.store()).await;
    database.remove().await;
}

/// A statement that is left out of its file's list would be prepared by nobody.
#[test]
fn every_statement_is_in_its_list() {
    let sources = [
        ("account", include_str!("../account.rs")),
        ("audit", include_str!("../audit.rs")),
        ("draft", include_str!("../draft.rs")),
        ("effects", include_str!("../effects.rs")),
        ("evidence", include_str!("../evidence.rs")),
        ("paper", include_str!("../paper.rs")),
        ("question", include_str!("../question.rs")),
        ("response", include_str!("../response.rs")),
        ("room", include_str!("../room.rs")),
        ("score", include_str!("../score.rs")),
        ("server", include_str!("../server.rs")),
        ("session", include_str!("../session.rs")),
        ("sitting", include_str!("../sitting.rs")),
        ("void", include_str!("../void.rs")),
    ];
    for (file, source) in sources {
        let written = source
            .lines()
            .filter(|line| {
                (line.starts_with("const ") || line.starts_with("pub(super) const ")) && line.contains(": &str =")
            })
            .count();
        let (_, listed) = COMMON.iter().find(|(name, _)| *name == file).expect("every file is listed");
        assert_eq!(written, listed.len(), "constants with SQL in store/{file}.rs, and in its STATEMENTS");
    }
    let written = |kind: &str| include_str!("../dialect.rs").matches(kind).count();
    assert_eq!(written(": Either = Either {"), EITHER.len(), "statements in store/dialect.rs");
    assert_eq!(written(": Bulk = Bulk {"), BULK.len(), "bulk statements in store/dialect.rs");
}

/// A schema as both databases can be asked for it; each entry a line of text.
#[derive(Debug, Default, PartialEq, Eq)]
struct Schema {
    /// `table.column type [NOT NULL]`; SQLite's booleans are integers under a check of their own.
    columns: BTreeSet<String>,
    /// `table constraint definition`; of a check only its name.
    constraints: BTreeSet<String>,
    /// Names of indexes and triggers that are not a constraint's.
    others: BTreeSet<String>,
}

async fn of_sqlite(store: &Store) -> Schema {
    let columns = "SELECT m.name || '.' || c.name || ' ' || lower(c.type) || iif(c.\"notnull\", ' NOT NULL', '') \
        FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE '\\_%' ESCAPE '\\'";
    let tables = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\'";
    let others = "SELECT name FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL";
    let ddl = texts(store, tables).await.expect("the tables are read");
    Schema {
        columns: texts(store, columns).await.expect("the columns are read").into_iter().collect(),
        constraints: ddl.iter().flat_map(|table| constraints(table)).collect(),
        others: texts(store, others).await.expect("the others are read").into_iter().collect(),
    }
}

/// The named constraints of a table's text.
fn constraints(table: &str) -> Vec<String> {
    // A table that was renamed stands there in quotation marks.
    let name = table.trim_start_matches("CREATE TABLE ").split(' ').next().unwrap_or_default().trim_matches('"');
    let lines = table.lines().filter_map(|line| line.trim().trim_end_matches(',').strip_prefix("CONSTRAINT "));
    lines.map(|line| plain(name, line.split_once(' ').expect("a name and a rule"))).collect()
}

/// A constraint without the spaces and quotation marks in which the databases differ.
fn plain(table: &str, (name, rule): (&str, &str)) -> String {
    let rule = if rule.starts_with("CHECK") { "CHECK".to_owned() } else { rule.replace([' ', '"'], "") };
    format!("{table} {name} {rule}")
}

async fn of_postgres(store: &Store) -> Schema {
    let columns = "SELECT table_name || '.' || column_name || ' ' || data_type || \
        CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END \
        FROM information_schema.columns WHERE table_schema = current_schema() AND table_name NOT LIKE '\\_%'";
    let constraints = "SELECT r.relname || '|' || c.conname || '|' || pg_get_constraintdef(c.oid) FROM pg_constraint c \
        JOIN pg_class r ON r.oid = c.conrelid WHERE c.connamespace = current_schema()::regnamespace \
        AND c.contype IN ('p', 'u', 'f', 'c') AND r.relname NOT LIKE '\\_%'";
    let others = "SELECT tgname::text FROM pg_trigger t JOIN pg_class r ON r.oid = t.tgrelid \
        WHERE r.relnamespace = current_schema()::regnamespace AND NOT tgisinternal \
        UNION SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema() AND tablename NOT LIKE '\\_%' \
        AND indexname NOT IN (SELECT conname FROM pg_constraint WHERE connamespace = current_schema()::regnamespace)";
    let split = |line: String| {
        let mut parts = line.splitn(3, '|');
        let mut part = || parts.next().unwrap_or_default();
        plain(part(), (part(), part()))
    };
    Schema {
        columns: texts(store, columns).await.expect("the columns are read").into_iter().collect(),
        constraints: texts(store, constraints)
            .await
            .expect("the constraints are read")
            .into_iter()
            .map(split)
            .collect(),
        others: texts(store, others).await.expect("the others are read").into_iter().collect(),
    }
}

/// What SQLite must have for a schema of PostgreSQL: integers for both, and for each boolean a check that it is 0 or 1.
fn as_sqlite_has_it(postgres: Schema) -> Schema {
    let mut schema = Schema { constraints: postgres.constraints, others: postgres.others, ..Schema::default() };
    for column in postgres.columns {
        if let Some((name, _)) = column.split_once(" boolean") {
            let (table, field) = name.split_once('.').expect("a table and a column");
            schema.constraints.insert(format!("{table} {table}_{field}_ck CHECK"));
        }
        schema.columns.insert(column.replace(" bigint", " integer").replace(" boolean", " integer"));
    }
    schema
}

#[tokio::test]
async fn both_schemas_are_the_same() {
    let (sqlite, postgres) = (Database::sqlite().await, Database::postgres().await);
    let left = of_sqlite(sqlite.store()).await;
    let right = as_sqlite_has_it(of_postgres(postgres.store()).await);
    assert!(left.columns.len() > 100 && left.constraints.len() > 40 && left.others.len() >= 6, "{left:#?}");
    for (what, left, right) in [
        ("columns", &left.columns, &right.columns),
        ("constraints", &left.constraints, &right.constraints),
        ("indexes and triggers", &left.others, &right.others),
    ] {
        let only =
            |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect::<Vec<_>>();
        assert_eq!(
            (only(left, right), only(right, left)),
            (vec![], vec![]),
            "{what} only on SQLite, only on PostgreSQL"
        );
    }
    sqlite.remove().await;
    postgres.remove().await;
}

#[test]
fn both_have_the_same_migrations() {
    let steps = |migrations: &'static sqlx::migrate::Migrator| -> BTreeMap<i64, &'static str> {
        migrations.iter().map(|migration| (migration.version, migration.description.as_ref())).collect()
    };
    assert_eq!(steps(&SQLITE_MIGRATIONS), steps(&POSTGRES_MIGRATIONS));
}

/// Step 4 builds the ledger anew on SQLite: what was granted before stands as it stood, and only as long as nobody changes it.
#[tokio::test]
async fn what_was_granted_before_the_ledgers_new_cause_stands() {
    let (folder, up_to) = (Folder::new(), |last: i64| {
        let steps = SQLITE_MIGRATIONS.iter().filter(move |step| step.version <= last);
        steps.map(|step| step.sql.as_str()).collect::<Vec<_>>().join("\n")
    });
    let options = SqliteConnectOptions::new().filename(folder.file()).create_if_missing(true).foreign_keys(true);
    let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.expect("a database");
    let store = Store::Sqlite { writer: writer.clone(), readers: writer, log: None };
    execute_raw(&store, &up_to(2)).await.expect("as it was in the field");
    let rows = "INSERT INTO standard VALUES ('s', '', '', 0);
        INSERT INTO exam_session VALUES ('e', '', 's', '', NULL, 'mock', 'running', '', '', 0, 0, 0, 0, '', '', '', '', '', '', 0);
        INSERT INTO room VALUES ('e', 'r', 1, 1, 'open', 0, 0, NULL);
        INSERT INTO sitting VALUES ('e', 'a', 'r', 1, '', '', '', '', '', 'writing', 1, 1, 1, 5, 5, NULL, NULL, NULL, NULL);
        INSERT INTO ledger VALUES ('e', 'a', 1, 5400000, 'duration', '', 'system', NULL, 5, 6, 'h1');
        INSERT INTO ledger VALUES ('e', 'a', 2, 60000, 'extension', '断网', 'p1', 'p2', 7, 8, 'h2');";
    execute_raw(&store, rows).await.expect("an exam under way");
    let all = "SELECT row_no || grant_ms || cause || reason || actor || COALESCE(approved_by, '-') || clock_ms || at_ms || hash \
        FROM ledger ORDER BY row_no";
    let before = texts(&store, all).await.expect("rows");
    let step = SQLITE_MIGRATIONS.iter().find(|step| step.version == 4).expect("the step").sql.as_str();
    execute_raw(&store, &format!("BEGIN; {step} COMMIT;")).await.expect("the step");
    assert_eq!(texts(&store, all).await.expect("rows"), before);
    assert_eq!(before.len(), 2);
    for sql in ["UPDATE ledger SET grant_ms = 0", "DELETE FROM ledger"] {
        let refused = execute_raw(&store, sql).await.expect_err(sql).to_string();
        assert!(refused.contains("ledger is append-only"), "{refused}");
    }
    assert_eq!(
        texts(&store, "SELECT CAST(COUNT(*) AS TEXT) FROM pragma_foreign_key_check").await.expect("a count"),
        ["0"]
    );
    store.close().await;
}

/// As the next version of this program will leave it.
const NEWER: &str = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
    SELECT 9000, 'later', success, checksum, 0 FROM _sqlx_migrations LIMIT 1";

#[tokio::test]
async fn refuse_a_newer_sqlite_database() {
    let folder = Folder::new();
    let store = Store::open_sqlite(&folder.file()).await.expect("a new database opens");
    execute_raw(&store, NEWER).await.expect("a later step");
    store.close().await;
    let refused = Store::open_sqlite(&folder.file()).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Newer(9000))), "{refused:?}");
}

#[tokio::test]
async fn refuse_a_newer_postgres_database() {
    let database = Database::postgres().await;
    execute_raw(database.store(), NEWER).await.expect("a later step");
    let refused = Store::open_postgres(database.url()).await.map(drop);
    assert!(matches!(refused, Err(StoreError::Newer(9000))), "{refused:?}");
    database.remove().await;
}

/// The disk is full: what was under way is refused as such, none of it stays, and with room again all goes on.
#[tokio::test]
async fn a_full_disk_keeps_nothing_half_written() {
    let database = Database::sqlite().await;
    let store = database.store();
    with_writing(store, "a").await;
    let before = answered("a", 1, 1, "A");
    let mut tx = write(store).await;
    save_group(&mut tx, std::slice::from_ref(&before)).await.expect("there is room still");
    commit(tx).await;
    execute_raw(store, "PRAGMA max_page_count = 1").await.expect("the size it has is the most it gets");

    let full = async || {
        let mut tx = store.write().await?;
        let rows: Vec<_> = (1..=2_000).map(|position| answered("a", position, position + 1, "B")).collect();
        save_group(&mut tx, &rows).await?;
        tx.commit().await
    };
    let refused = full().await;
    assert!(matches!(refused, Err(StoreError::Full)), "{refused:?}");
    let stands = async || response::of_sitting(&mut read(store).await, SESSION, "a").await.expect("it can be read");
    assert_eq!(stands().await, [before]);

    execute_raw(store, "PRAGMA max_page_count = 1000000").await.expect("room again");
    full().await.expect("the same group is saved now");
    assert_eq!(stands().await.len(), 2_000);
    database.remove().await;
}

/// Law 1 rests on it: what is acknowledged is on the disk.
#[tokio::test]
async fn both_flush_before_they_acknowledge() {
    let (sqlite, postgres) = (Database::sqlite().await, Database::postgres().await);
    for (store, sql, expected) in [
        (sqlite.store(), "SELECT CAST(synchronous AS TEXT) FROM pragma_synchronous", "2"),
        (sqlite.store(), "SELECT journal_mode FROM pragma_journal_mode", "wal"),
        (sqlite.store(), "SELECT CAST(foreign_keys AS TEXT) FROM pragma_foreign_keys", "1"),
        (postgres.store(), "SELECT current_setting('synchronous_commit')", "on"),
    ] {
        assert_eq!(texts(store, sql).await.expect("a setting is read"), [expected], "{sql}");
    }
    sqlite.remove().await;
    postgres.remove().await;
}
