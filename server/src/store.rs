//! The store: every sentence of SQL, on `SQLite` and `PostgreSQL`. It keeps what the services decide and decides nothing.
//!
//! One SQL text, two typed drivers: a statement is a constant, `$1` works on both, and [`on_either!`] runs it on whichever
//! transaction there is. The few statements that truly differ stand in [`dialect`]. The store calls no service.

pub mod account;
pub mod audit;
pub mod backup;
#[cfg(test)]
pub(crate) mod conformance;
pub mod copy;
pub mod dialect;
pub mod draft;
pub mod effects;
pub mod evidence;
pub mod paper;
pub mod question;
pub mod response;
pub mod room;
pub mod score;
pub mod server;
pub mod session;
pub mod sitting;
#[cfg(test)]
pub(crate) mod tamper;
pub mod void;

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    str::FromStr,
    time::Duration,
};

use sqlx::{
    Connection as _, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::{MigrateError, Migrator},
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use thiserror::Error;

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");
static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("../migrations/postgres");

/// Begins a transaction on one snapshot. Whoever only reads holds nobody up, and may think for longer than a writer.
const READ: &str =
    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL idle_in_transaction_session_timeout = '10min'";
/// How long a statement waits for another's lock before it is [`StoreError::Busy`].
const LOCK_WAIT: Duration = Duration::from_secs(5);

/// What can go wrong in the store. "Not there" is no error but `None`.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Somebody else holds the lock, or the connection was lost: nothing was changed, and trying again may help.
    #[error("the database can't take it now: {0}")]
    Busy(String),
    /// No space is left for the database.
    #[error("no space is left for the database; free some on its disk")]
    Full,
    /// The disk failed, or what is on it is damaged.
    #[error("the disk of the database fails, or the database is damaged: {0}")]
    Disk(String),
    /// A named constraint forbids it.
    #[error("the constraint {0} forbids it")]
    Conflict(String),
    /// A statement touched another number of rows than it must.
    #[error("{what} touched {got} rows, not {expected}")]
    Rows {
        /// Which statement.
        what: &'static str,
        /// Rows it must touch.
        expected: u64,
        /// Rows it touched.
        got: u64,
    },
    /// A row that no statement of ours could have written.
    #[error("an inconsistent row: {0}")]
    Inconsistent(String),
    /// The database was made by a newer version of this program.
    #[error(
        "the database was made by a newer version of this program (its schema has step {0}); start that version, or restore a backup made before the upgrade"
    )]
    Newer(i64),
    /// The database was made by an older version of this program, and is only to be read.
    #[error(
        "the database was made by an older version of this program (its schema has step {0}); use the version that serves it"
    )]
    Older(i64),
    /// The log on the second disk can't be read or written.
    #[error("the log on the second disk: {0}")]
    Log(std::io::Error),
    /// Anything else from the driver.
    #[error("database: {0}")]
    Driver(sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let sqlx::Error::Database(database) = &error {
            let code = database.code().unwrap_or_default();
            // SQLite: primary result codes in the low byte. PostgreSQL: SQLSTATE.
            let sqlite = code.parse::<i32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff);
            return match (sqlite, code.as_ref()) {
                (Some(13), _) | (None, "53100") => Self::Full,
                (Some(5 | 6), _)
                | (None, "25P03" | "40001" | "40P01" | "55P03" | "57P01" | "57P02" | "57P03" | "53300") => {
                    Self::Busy(database.to_string())
                }
                (Some(10 | 11 | 26), _) | (None, "58030" | "XX001" | "XX002") => Self::Disk(database.to_string()),
                (Some(19), _) => {
                    let what = database.message().rsplit(": ").next().unwrap_or_default();
                    Self::Conflict(key_over(what).unwrap_or(what).to_owned())
                }
                (None, code) if code.starts_with("23") => {
                    Self::Conflict(database.constraint().unwrap_or("?").to_owned())
                }
                _ => Self::Driver(error),
            };
        }
        match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => Self::Busy(error.to_string()),
            error => Self::Driver(error),
        }
    }
}

/// The constraint over these columns (`sitting.session_id, sitting.admission_no`): of a violated key `SQLite` tells the
/// columns and not the name, which stands in the schema's own text.
fn key_over(columns: &str) -> Option<&'static str> {
    let mut table = "";
    SQLITE_MIGRATIONS.iter().flat_map(|migration| migration.sql.as_str().lines()).find_map(|line| {
        if let Some(name) = line.strip_prefix("CREATE TABLE ") {
            table = name.trim_end_matches(" (");
        }
        let (name, rule) = line.trim_start().strip_prefix("CONSTRAINT ")?.split_once(' ')?;
        let keys = rule.strip_prefix("PRIMARY KEY (").or_else(|| rule.strip_prefix("UNIQUE ("))?;
        let keys = keys.split_once(')')?.0.split(", ").map(|column| format!("{table}.{column}"));
        (keys.collect::<Vec<_>>().join(", ") == columns).then_some(name)
    })
}

/// A database, by URL.
#[derive(Clone, Debug)]
pub enum Store {
    /// Embedded; one writer, several readers.
    Sqlite {
        /// The one connection that writes.
        writer: SqlitePool,
        /// Connections that can't write.
        readers: SqlitePool,
        /// Each transaction goes to a second disk too.
        log: Option<effects::Log>,
    },
    /// A server.
    Postgres(PgPool),
}

/// A transaction; dropping it rolls back, [`Tx::commit`] consumes it.
#[derive(Debug)]
pub enum Tx {
    /// On `SQLite`.
    Sqlite(Embedded),
    /// On `PostgreSQL`.
    Postgres(Transaction<'static, Postgres>),
}

/// A transaction of the embedded database.
#[derive(Debug)]
pub struct Embedded {
    tx: Transaction<'static, Sqlite>,
    /// Written before it is committed.
    log: Option<effects::Log>,
}

impl Deref for Embedded {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.tx
    }
}

impl DerefMut for Embedded {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.tx
    }
}

/// Runs the same expression on whichever connection a [`Tx`] has.
macro_rules! on_either {
    ($tx:expr, |$conn:ident| $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(tx) => {
                let $conn = &mut **tx;
                $body
            }
            $crate::store::Tx::Postgres(tx) => {
                let $conn = &mut **tx;
                $body
            }
        }
    };
}
pub(crate) use on_either;

/// Runs a statement and demands that it touches exactly so many rows.
macro_rules! execute {
    ($tx:expr, $sql:ident, rows = $rows:expr $(, $arg:expr)* $(,)?) => {{
        let got = $crate::store::execute_any!($tx, $sql $(, $arg)*);
        let expected: u64 = $rows;
        if got == expected {
            Ok(())
        } else {
            Err($crate::store::StoreError::Rows { what: stringify!($sql), expected, got })
        }
    }};
}
pub(crate) use execute;

/// Runs a statement that may touch any number of rows, none included.
macro_rules! execute_any {
    ($tx:expr, $sql:ident $(, $arg:expr)* $(,)?) => {
        $crate::store::on_either!($tx, |conn| sqlx::query($sql)$(.bind($arg))*.execute(conn).await?.rows_affected())
    };
}
pub(crate) use execute_any;

/// Reads all rows of a query.
macro_rules! fetch_all {
    ($tx:expr, $sql:ident $(, $arg:expr)* $(,)?) => {
        $crate::store::on_either!($tx, |conn| sqlx::query_as($sql)$(.bind($arg))*.fetch_all(conn).await?)
    };
}
pub(crate) use fetch_all;

/// Reads one row or none.
macro_rules! fetch_optional {
    ($tx:expr, $sql:ident $(, $arg:expr)* $(,)?) => {
        $crate::store::on_either!($tx, |conn| sqlx::query_as($sql)$(.bind($arg))*.fetch_optional(conn).await?)
    };
}
pub(crate) use fetch_optional;

impl Store {
    /// Opens the embedded database in a file, makes it if it is not there, and brings its schema up to date.
    pub async fn open_sqlite(file: &Path) -> Result<Self, StoreError> {
        let options = written(file);
        let writer = one_writer().connect_with(options.clone()).await?;
        let (synchronous, journal): (i64, String) =
            sqlx::query_as("SELECT s.synchronous, j.journal_mode FROM pragma_synchronous s, pragma_journal_mode j")
                .fetch_one(&writer)
                .await?;
        if (synchronous, journal.as_str()) != (2, "wal") {
            return Err(StoreError::Inconsistent(format!(
                "synchronous is {synchronous} and not FULL, journal is {journal} and not WAL"
            )));
        }
        migrated(SQLITE_MIGRATIONS.run(&writer).await)?;
        let readers = SqlitePoolOptions::new().max_connections(4).connect_with(options.read_only(true)).await?;
        Ok(Self::Sqlite { writer, readers, log: None })
    }

    /// Opens a `PostgreSQL` database by URL and brings its schema up to date.
    pub async fn open_postgres(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?.options([
            ("synchronous_commit", "on"),
            ("lock_timeout", "5s"),
            // A server that was stopped while it writes holds the others up no longer than this.
            ("idle_in_transaction_session_timeout", "2s"),
        ]);
        let pool = PgPoolOptions::new().max_connections(10).acquire_timeout(LOCK_WAIT).connect_with(options).await?;
        migrated(POSTGRES_MIGRATIONS.run(&pool).await)?;
        Ok(Self::Postgres(pool))
    }

    /// Whether other servers may work on the same database. The embedded one belongs to a single process.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Begins a transaction that may write.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, log, .. } => {
                Tx::Sqlite(Embedded { tx: writer.begin_with("BEGIN IMMEDIATE").await?, log: log.clone() })
            }
            Self::Postgres(pool) => Tx::Postgres(pool.begin().await?),
        })
    }

    /// Begins a transaction that only reads, on one snapshot.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => Tx::Sqlite(Embedded { tx: readers.begin().await?, log: None }),
            Self::Postgres(pool) => Tx::Postgres(pool.begin_with(READ).await?),
        })
    }

    /// Waits for what is under way, and closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

impl Tx {
    /// Everything of it is on stable storage when this returns; if it returns an error, none of it counts.
    ///
    /// Where the embedded database's flush fails, nobody can tell what is on the disk: the system may have dropped what it
    /// could not write, and the next flush would succeed without it. The process stops then, before anybody is answered, and
    /// the next start reads what is really there.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(Embedded { mut tx, log }) => {
                if let Some(log) = log {
                    log.write(&mut tx).await?;
                }
                match tx.commit().await.map_err(StoreError::from) {
                    Err(error @ StoreError::Disk(_)) => stop_in_doubt(&error),
                    committed => committed?,
                }
            }
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// `EX_IOERR` of sysexits.h.
const IN_DOUBT: i32 = 74;

fn stop_in_doubt(error: &StoreError) -> ! {
    tracing::error!(%error, "a commit failed, and what is on the disk is in doubt: stopping, and nothing of it was acknowledged. Look at the disk, then start again");
    std::process::exit(IN_DOUBT)
}

/// How the embedded database is opened to be written.
fn written(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(LOCK_WAIT)
}

/// The one connection that writes. On a full disk and after a failed write `SQLite` rolls back by itself; the driver's own
/// ROLLBACK then fails, and it takes the connection for one inside a transaction for ever: such a connection is closed, and
/// the pool opens another.
fn one_writer() -> SqlitePoolOptions {
    SqlitePoolOptions::new().max_connections(1).before_acquire(|connection, _| {
        let usable = !connection.is_in_transaction();
        Box::pin(async move { Ok(usable) })
    })
}

fn migrated(result: Result<(), MigrateError>) -> Result<(), StoreError> {
    match result {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(step) | MigrateError::VersionTooNew(step, _)) => Err(StoreError::Newer(step)),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => Err(error.into()),
        Err(error) => Err(StoreError::Inconsistent(error.to_string())),
    }
}

/// Reads a document that we wrote.
pub fn document<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Inconsistent(error.to_string()))
}

/// A row that no statement of ours could have written.
pub(crate) fn inconsistent(what: &str) -> StoreError {
    StoreError::Inconsistent(what.to_owned())
}

/// A number of the database as the domain has it.
pub(crate) fn natural(number: i64) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Inconsistent(format!("{number} is no count")))
}
