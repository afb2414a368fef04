//! The log on the second disk: what each transaction changes, row by row, written and flushed there before the transaction
//! commits. What was acknowledged is therefore on both disks, acts and answers alike, and a backup with what the log has after
//! it is the whole database ([decision 5](../../../docs/decisions/0005-what-the-second-disk-holds.md)).
//!
//! Each file begins with a [`Head`], and each further line is one transaction: its number and its effects in order, a letter
//! (`i`, `u`, `d`), a table, the row's fields. The number stands in the database too, and rises within each transaction: that
//! is how a backup knows which lines are newer. A line that the database does not have was never acknowledged; it is cut off
//! when the log is taken up again.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor, SqliteConnection};

use super::{
    Store, StoreError, Tx, backup::schema_step_newest, copy, execute, execute_any, fetch_optional, inconsistent,
};

static FORMAT: &str = "kaochang-log/1";
/// Lines that are taken in with one transaction.
const LINES_AT_ONCE: u64 = 500;

/// First line of a file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    format: String,
    /// Id of the database's log: of no other database.
    log: String,
    /// Step of the schema that the rows have.
    schema_step: i64,
}

/// A transaction.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    n: i64,
    effects: Vec<(String, String, Vec<Value>)>,
}

/// Where a database's log stands.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Position {
    /// Id of the log.
    pub log: String,
    /// Number of the last transaction.
    pub number: i64,
}

/// What was taken in from a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Number of the last transaction.
    pub number: i64,
    /// Transactions newer than the database was.
    pub transactions: u64,
    /// Rows written.
    pub rows: u64,
}

/// The log as the one writing connection has it.
#[derive(Clone, Debug)]
pub struct Log(Arc<Mutex<Writing>>);

#[derive(Debug)]
struct Writing {
    file: File,
    /// Where the next line begins.
    end: u64,
    /// Number of the last line, and where it begins.
    last: Option<(i64, u64)>,
    /// After a failed write nobody knows what the file holds: nothing is committed any more.
    broken: bool,
}

impl Store {
    /// The same embedded database with its log in a folder on another disk. `new_id` names the log if there is none yet.
    pub async fn with_log(self, database: &Path, folder: &Path, new_id: &str) -> Result<Self, StoreError> {
        let known = position(&mut self.read().await?).await?;
        let position = if let Some(position) = known {
            position
        } else {
            let mut tx = self.write().await?;
            execute!(&mut tx, BEGIN_LOG, rows = 1, new_id)?;
            tx.commit().await?;
            Position { log: new_id.to_owned(), number: 0 }
        };
        let triggers: String = copy::tables(&mut self.read().await?).await?.iter().map(copy::Table::triggers).collect();
        let file = take_up(folder, &position).map_err(StoreError::Log)?;
        let Self::Sqlite { writer, readers, .. } = self else {
            return Err(inconsistent("a log on a second disk is the embedded database's"));
        };
        writer.close().await;
        let watch: Arc<str> = format!("{EFFECTS}; {triggers}").into();
        let writer = super::one_writer()
            .after_connect(move |connection, _| {
                let watch = watch.clone();
                Box::pin(async move { connection.execute(sqlx::raw_sql(AssertSqlSafe(watch))).await.map(drop) })
            })
            .connect_with(super::written(database).pragma("temp_store", "memory"))
            .await?;
        Ok(Self::Sqlite { writer, readers, log: Some(Log::of(file).map_err(StoreError::Log)?) })
    }
}

/// Where the database's log stands, if it ever had one.
pub async fn position(tx: &mut Tx) -> Result<Option<Position>, StoreError> {
    Ok(fetch_optional!(tx, POSITION))
}

/// The database is about to be written without its log, if it has one: a number is skipped, so that nobody ever takes the log
/// for the whole of what came after an older backup. Whether there is one.
pub async fn leave(store: &Store) -> Result<bool, StoreError> {
    let mut tx = store.write().await?;
    let left = execute_any!(&mut tx, SKIP_NUMBER) > 0;
    tx.commit().await?;
    Ok(left)
}

/// Writes the transactions that the log has after the database's own, each whole; an embedded database that nobody else uses.
pub async fn replay(store: &Store, folder: &Path) -> Result<Replayed, StoreError> {
    let mut tx = store.write().await?;
    let position =
        position(&mut tx).await?.ok_or_else(|| inconsistent("the backup is of a database that had no log"))?;
    let statements = Statements::of(&copy::tables(&mut tx).await?);
    let mut done = Replayed { number: position.number, transactions: 0, rows: 0 };
    for path in files(folder).map_err(StoreError::Log)? {
        let mut lines = Lines::open(&path).map_err(StoreError::Log)?;
        lines.head.fits(&position, &path)?;
        while let Some(line) = lines.next().map_err(StoreError::Log)? {
            if line.n <= done.number {
                continue;
            }
            if line.n != done.number + 1 {
                let gap = format!("the log has no transaction {}; take a newer backup", done.number + 1);
                return Err(StoreError::Inconsistent(gap));
            }
            lines.head.is_of_this_schema(&path)?;
            done.rows += statements.take_in(&mut tx, &line).await?;
            (done.number, done.transactions) = (line.n, done.transactions + 1);
            if done.transactions.is_multiple_of(LINES_AT_ONCE) {
                execute!(&mut tx, SET_NUMBER, rows = 1, done.number)?;
                tx.commit().await?;
                tx = store.write().await?;
            }
        }
    }
    execute!(&mut tx, SET_NUMBER, rows = 1, done.number)?;
    tx.commit().await?;
    Ok(done)
}

impl Log {
    fn of(mut file: File) -> io::Result<Self> {
        let end = file.seek(SeekFrom::End(0))?;
        Ok(Self(Arc::new(Mutex::new(Writing { file, end, last: None, broken: false }))))
    }

    /// Writes down and flushes what the transaction under way has changed. Only after this may it be committed.
    pub(super) async fn write(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let (effects,): (Option<String>,) = sqlx::query_as(TAKE_EFFECTS).fetch_one(&mut *connection).await?;
        let Some(effects) = effects else { return Ok(()) };
        sqlx::query(FORGET_EFFECTS).execute(&mut *connection).await?;
        let (number,): (i64,) = sqlx::query_as(NEXT_NUMBER).fetch_one(&mut *connection).await?;
        let log = self.clone();
        let line = format!("{{\"n\":{number},\"effects\":[{effects}]}}\n");
        let written = tokio::task::spawn_blocking(move || log.lock().append(number, line.as_bytes()));
        written.await.expect("writing does not panic").map_err(StoreError::Log)
    }

    fn lock(&self) -> MutexGuard<'_, Writing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writing {
    /// Appends a line. A number that comes a second time is of a transaction that was not committed the first time: its line
    /// is written over.
    fn append(&mut self, number: i64, line: &[u8]) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed; start the server again"));
        }
        self.broken = true;
        if let Some((_, begin)) = self.last.filter(|(last, _)| *last >= number) {
            self.file.set_len(begin)?;
            self.end = begin;
        }
        self.file.seek(SeekFrom::Start(self.end))?;
        self.file.write_all(line)?;
        self.file.sync_data()?;
        (self.last, self.end) = (Some((number, self.end)), self.end + line.len() as u64);
        self.broken = false;
        Ok(())
    }
}

/// Begins a new file where the database stands. A last line beyond it was never committed and is cut off; more than one is
/// what a lost database had.
fn take_up(folder: &Path, position: &Position) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let (mut last, mut beyond) = (None, Vec::new());
    for path in files(folder)? {
        let mut lines = Lines::open(&path)?;
        if lines.head.log != position.log {
            return Err(refused(format!(
                "{} is of another database: give each database a folder of its own",
                path.display()
            )));
        }
        let mut end = lines.at;
        while let Some(line) = lines.next()? {
            if line.n > position.number {
                beyond.push(line.n);
            } else {
                (last, end) = (Some(line.n), lines.at);
            }
        }
        if beyond.len() > 1 {
            return Err(refused(format!(
                "it has transactions up to {} and the database only up to {}: restore the database with it",
                beyond.iter().max().unwrap_or(&position.number),
                position.number
            )));
        }
        let file = OpenOptions::new().write(true).open(&path)?;
        file.set_len(end)?;
        file.sync_all()?;
    }
    if position.number > 0 && last != Some(position.number) {
        tracing::warn!("the database was written without its log: the log counts from the next backup on");
    }
    let path = folder.join(format!("{:020}.log", position.number + 1));
    let mut file = File::create(&path)?;
    let head = Head { format: FORMAT.to_owned(), log: position.log.clone(), schema_step: schema_step_newest() };
    file.write_all((serde_json::to_string(&head)? + "\n").as_bytes())?;
    file.sync_all()?;
    File::open(folder)?.sync_all()?;
    Ok(file)
}

fn refused(why: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// The files of a log, the oldest first.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "log"));
    files.sort();
    Ok(files)
}

/// A file of a log, line by line.
struct Lines {
    head: Head,
    reader: BufReader<File>,
    /// Where the last whole line ends.
    at: u64,
}

impl Lines {
    fn open(path: &Path) -> io::Result<Self> {
        let mut reader = BufReader::new(File::open(path)?);
        let mut text = String::new();
        let at = reader.read_line(&mut text)? as u64;
        let head: Head = serde_json::from_str(&text)?;
        if head.format != FORMAT {
            return Err(refused(format!("{} is no log of ours", path.display())));
        }
        Ok(Self { head, reader, at })
    }

    /// The next whole line. A torn one can only be the last, and was never acknowledged.
    fn next(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        let length = self.reader.read_until(b'\n', &mut bytes)?;
        if bytes.last() != Some(&b'\n') {
            self.reader.seek(SeekFrom::Start(self.at))?;
            return Ok(None);
        }
        let line = serde_json::from_slice(&bytes)?;
        self.at += length as u64;
        Ok(Some(line))
    }
}

impl Head {
    fn fits(&self, position: &Position, path: &Path) -> Result<(), StoreError> {
        if self.log == position.log {
            return Ok(());
        }
        Err(StoreError::Inconsistent(format!("{} is the log of another database than the backup", path.display())))
    }

    fn is_of_this_schema(&self, path: &Path) -> Result<(), StoreError> {
        if self.schema_step == schema_step_newest() {
            return Ok(());
        }
        let step = self.schema_step;
        Err(StoreError::Inconsistent(format!(
            "{} has rows of the schema's step {step}; restore with the version of this program that wrote them",
            path.display()
        )))
    }
}

/// For each table how an effect on it is written: `$1` is the row as a JSON array.
struct Statements(std::collections::BTreeMap<String, [String; 3]>);

impl Statements {
    fn of(tables: &[copy::Table]) -> Self {
        Self(tables.iter().map(|table| (table.name.clone(), table.effects())).collect())
    }

    async fn take_in(&self, tx: &mut Tx, line: &Line) -> Result<u64, StoreError> {
        let Tx::Sqlite(conn) = tx else { return Err(inconsistent("a log is taken in by an embedded database")) };
        for (letter, table, fields) in &line.effects {
            let unknown = || StoreError::Inconsistent(format!("transaction {} of the log: {letter} {table}", line.n));
            let [insert, update, delete] = self.0.get(table).ok_or_else(unknown)?;
            let sql = match letter.as_str() {
                "i" => insert,
                "u" => update,
                "d" => delete,
                _ => return Err(unknown()),
            };
            let row = serde_json::to_string(fields).expect("fields are plain data");
            let touched = sqlx::query(AssertSqlSafe(sql.clone())).bind(row).execute(&mut **conn).await?.rows_affected();
            if touched != 1 {
                return Err(unknown());
            }
        }
        Ok(line.effects.len() as u64)
    }
}

const POSITION: &str = "SELECT log, number FROM log_position";
const BEGIN_LOG: &str = "INSERT INTO log_position (log, number) VALUES ($1, 0)";
const SET_NUMBER: &str = "UPDATE log_position SET number = $1";
const SKIP_NUMBER: &str = "UPDATE log_position SET number = number + 1";
const NEXT_NUMBER: &str = "UPDATE log_position SET number = number + 1 RETURNING number";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[POSITION, BEGIN_LOG, SET_NUMBER, SKIP_NUMBER, NEXT_NUMBER];

// Of the one connection that writes: what a transaction has changed is gathered in a table in memory, by triggers that are
// this connection's too.
static EFFECTS: &str = "CREATE TEMP TABLE gathered (effect TEXT NOT NULL)";
static TAKE_EFFECTS: &str = "SELECT group_concat(effect, ',') FROM (SELECT effect FROM temp.gathered ORDER BY rowid)";
static FORGET_EFFECTS: &str = "DELETE FROM temp.gathered";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        audit,
        conformance::database::{Database, Folder},
        tamper::texts,
    };

    /// A second disk that takes nothing: nothing is committed on the first either, then and ever after.
    #[tokio::test]
    async fn what_the_log_can_not_keep_is_not_committed() {
        let (database, folder) = (Database::sqlite().await, Folder::new());
        let store = database.store().clone().with_log(&database.file(), &folder.0, "l").await.unwrap();
        let Store::Sqlite { log: Some(log), .. } = &store else { panic!("it has a log") };
        let open = |path| OpenOptions::new().write(true).open(path).unwrap();
        let whole = std::mem::replace(&mut log.lock().file, open("/dev/full"));
        for _ in 0..2 {
            let mut tx = store.write().await.unwrap();
            let act = audit::Act { at_ms: 1, actor: "a", act: "a", subject: "", detail: serde_json::json!({}) };
            audit::append(&mut tx, audit::BANK, &[act]).await.unwrap();
            assert!(matches!(tx.commit().await, Err(StoreError::Log(_))));
            log.lock().file = whole.try_clone().unwrap();
        }
        assert_eq!(texts(&store, "SELECT CAST(COUNT(*) AS TEXT) FROM audit_head").await.unwrap(), ["0"]);
        database.remove().await;
    }

    /// A request that is given up between the log and the commit leaves a line; the next transaction has its number.
    #[test]
    fn a_line_that_was_not_committed_is_written_over() {
        let folder = Folder::new();
        let path = folder.0.join("x.log");
        let log = Log::of(File::create(&path).unwrap()).unwrap();
        for (number, line) in [(1, "one\n"), (2, "two, and longer\n"), (2, "2\n"), (3, "three\n")] {
            log.lock().append(number, line.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\n2\nthree\n");
    }
}
