//! A copy of the whole database as it is at one moment, in one file that nobody writes to any more.

use std::path::Path;

use sqlx::{SqlitePool, sqlite::SqliteConnectOptions, sqlite::SqlitePoolOptions};

use super::{
    LOCK_WAIT, SQLITE_MIGRATIONS, Store, StoreError, Tx,
    copy::{self, CopyError},
    fetch_optional, on_either,
};

impl Store {
    /// Opens an embedded database that is there already, only to read it: one that a server uses, or a backup.
    pub async fn open_read_only(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new().filename(file).read_only(true).busy_timeout(LOCK_WAIT);
        let readers = SqlitePoolOptions::new().max_connections(2).connect_with(options).await?;
        let store = Self::Sqlite { writer: readers.clone(), readers, log: None };
        let (step, newest) = (store.schema_step().await?, schema_step_newest());
        match step {
            step if step > newest => Err(StoreError::Newer(step)),
            step if step < newest => Err(StoreError::Older(step)),
            _ => Ok(store),
        }
    }

    /// Step of the schema that this database has.
    pub async fn schema_step(&self) -> Result<i64, StoreError> {
        let mut tx = self.read().await?;
        let (step,): (i64,) = on_either!(&mut tx, |conn| sqlx::query_as(STEP).fetch_one(conn).await?);
        Ok(step)
    }

    /// Writes everything that is committed now into a new file. Whoever writes goes on meanwhile.
    pub async fn snapshot(&self, file: &Path) -> Result<(), CopyError> {
        match self {
            Self::Sqlite { readers, .. } => Ok(vacuum_into(readers, file).await?),
            Self::Postgres(_) => {
                let rows = file.with_extension("rows");
                let copied = self.copy_and_vacuum(&rows, file).await;
                remove(&rows)?;
                copied
            }
        }
    }

    /// An embedded database in use is three files; what is vacuumed out of it is one.
    async fn copy_and_vacuum(&self, rows: &Path, file: &Path) -> Result<(), CopyError> {
        remove(rows)?;
        let between = Self::open_sqlite(rows).await?;
        let mut into = between.write().await?;
        copy::copy(&mut self.read().await?, &mut into).await?;
        into.commit().await?;
        let Self::Sqlite { readers, .. } = &between else { unreachable!("it was opened as such") };
        vacuum_into(readers, file).await?;
        between.close().await;
        Ok(())
    }
}

/// Step of the schema that this program makes.
pub fn schema_step_newest() -> i64 {
    SQLITE_MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// What the database itself finds wrong with its file and its references; nothing, if it is whole.
pub async fn damage(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let Tx::Sqlite(conn) = tx else { return Ok(Vec::new()) };
    let mut found: Vec<String> = sqlx::query_scalar(INTEGRITY).fetch_all(&mut **conn).await?;
    found.retain(|line| line != "ok");
    let dangling: Option<(String,)> = fetch_optional!(tx, DANGLING);
    found.extend(dangling.map(|(table,)| format!("a row of {table} refers to one that is not there")));
    Ok(found)
}

async fn vacuum_into(readers: &SqlitePool, file: &Path) -> Result<(), StoreError> {
    sqlx::query(SNAPSHOT).bind(file.to_string_lossy().as_ref()).execute(readers).await?;
    Ok(())
}

fn remove(file: &Path) -> Result<(), StoreError> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(sqlx::Error::Io(error).into()),
        _ => Ok(()),
    }
}

const STEP: &str = "SELECT COALESCE(MAX(version), 0) FROM _sqlx_migrations";
const SNAPSHOT: &str = "VACUUM INTO $1";
const INTEGRITY: &str = "SELECT integrity_check FROM pragma_integrity_check";
const DANGLING: &str = "SELECT \"table\" FROM pragma_foreign_key_check LIMIT 1";
