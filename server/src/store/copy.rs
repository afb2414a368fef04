//! A whole database copied into an empty one of the other kind, table by table.
//!
//! No table has a statement of its own here: tables, columns and keys are asked of the embedded schema, which a test holds
//! equal to the other's, and rows travel as JSON objects, which both databases write and read. A boolean is 0 or 1 on one side
//! and false or true on the other; each reads both.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use question_bank::digest::{Digest, DigestOf};
use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;
use thiserror::Error;

use super::{StoreError, Tx, inconsistent, on_either};

/// Rows that travel in one statement end once they have so many bytes.
const BATCH_BYTES: usize = 1 << 20;

/// A table as it is copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Names of its columns, in order.
    pub columns: Vec<String>,
    /// Columns of its primary key, in order, and whether each is text.
    key: Vec<(String, bool)>,
}

/// What stands in a table: so many rows, and the digest over all of them in order of their key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Name of the table.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// Over every field of every row.
    pub digest: Digest,
}

/// Why a database was not copied. The target is as it was.
#[derive(Debug, Error)]
pub enum CopyError {
    /// The target has rows.
    #[error("the target's table {0} has rows already; give an empty database")]
    NotEmpty(String),
    /// What was written does not read back as what was read.
    #[error("the table {0} does not read back from the target as it was read from the source")]
    Differs(String),
    /// One of both is embedded and the other is not; nothing else is copied this way.
    #[error("one side must be SQLite and the other PostgreSQL")]
    SameKind,
    /// One of both databases failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for CopyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Copies everything into the other transaction, reads it back there and compares. The caller commits.
pub async fn copy(from: &mut Tx, to: &mut Tx) -> Result<Vec<Content>, CopyError> {
    let tables = match (&mut *from, &mut *to) {
        (embedded @ Tx::Sqlite(_), Tx::Postgres(_)) | (Tx::Postgres(_), embedded @ Tx::Sqlite(_)) => {
            tables(embedded).await?
        }
        _ => return Err(CopyError::SameKind),
    };
    for table in &tables {
        if !table.is_empty(to).await? {
            return Err(CopyError::NotEmpty(table.name.clone()));
        }
    }
    let mut copied = Vec::with_capacity(tables.len());
    for table in &tables {
        let sent = table.send(from, to).await?;
        if table.content(to).await? != sent {
            return Err(CopyError::Differs(table.name.clone()));
        }
        copied.push(sent);
    }
    Ok(copied)
}

/// How many rows each table of an embedded database has.
pub async fn rows(embedded: &mut Tx) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut rows = BTreeMap::new();
    for table in tables(embedded).await? {
        let sql = format!("SELECT COUNT(*) FROM {}", quoted(&table.name));
        let (count,): (i64,) =
            on_either!(&mut *embedded, |conn| sqlx::query_as(AssertSqlSafe(sql)).fetch_one(conn).await?);
        rows.insert(table.name, count.unsigned_abs());
    }
    Ok(rows)
}

/// The tables of an embedded database, each after those that it refers to.
pub async fn tables(embedded: &mut Tx) -> Result<Vec<Table>, StoreError> {
    let Tx::Sqlite(tx) = embedded else { return Err(inconsistent("a schema is asked of the embedded database")) };
    let columns: Vec<(String, String)> = sqlx::query_as(COLUMNS).fetch_all(&mut **tx).await?;
    let parents: Vec<(String, String)> = sqlx::query_as(PARENTS).fetch_all(&mut **tx).await?;
    let keys: Vec<(String, String, String)> = sqlx::query_as(KEYS).fetch_all(&mut **tx).await?;
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    for (name, column) in columns {
        let empty = || Table { name: name.clone(), columns: Vec::new(), key: Vec::new() };
        tables.entry(name.clone()).or_insert_with(empty).columns.push(column);
    }
    for (name, column, kind) in keys {
        let table = tables.get_mut(&name).ok_or_else(|| inconsistent("a key of no table"))?;
        table.key.push((column, kind == "TEXT"));
    }
    let mut waiting: Vec<Table> = tables.into_values().collect();
    let mut ordered: Vec<Table> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let open: BTreeSet<String> = waiting.iter().map(|table| table.name.clone()).collect();
        let waits = |table: &Table| parents.iter().any(|(child, parent)| *child == table.name && open.contains(parent));
        let (later, now): (Vec<Table>, Vec<Table>) = waiting.into_iter().partition(waits);
        if now.is_empty() {
            return Err(inconsistent("tables that refer to one another in a circle"));
        }
        ordered.extend(now);
        waiting = later;
    }
    Ok(ordered)
}

impl Table {
    /// The statements that insert, update and delete the row of `$1`, a JSON array of its fields, in an embedded database.
    pub(super) fn effects(&self) -> [String; 3] {
        let (table, columns) = (quoted(&self.name), joined(self.columns.iter().map(|column| quoted(column))));
        let fields = joined((0..self.columns.len()).map(|at| format!("$1 ->> {at}")));
        let is_key = |column: &String| self.key.iter().any(|(own, _)| own == column);
        let set = |wanted: bool, joint: &str| {
            let pairs = self.columns.iter().enumerate().filter(|(_, column)| is_key(column) == wanted);
            pairs.map(|(at, column)| format!("{} = $1 ->> {at}", quoted(column))).collect::<Vec<_>>().join(joint)
        };
        let key = set(true, " AND ");
        [
            format!("INSERT INTO {table} ({columns}) VALUES ({fields})"),
            format!("UPDATE {table} SET {} WHERE {key}", set(false, ", ")),
            format!("DELETE FROM {table} WHERE {key}"),
        ]
    }

    /// Triggers of one connection that gather what each statement does to the table.
    pub(super) fn triggers(&self) -> String {
        if self.name == "log_position" {
            return String::new();
        }
        let trigger = |letter: &str, event: &str, row: &str| {
            let fields = joined(self.columns.iter().map(|column| format!("{row}.{}", quoted(column))));
            format!(
                "CREATE TEMP TRIGGER {letter}_{0} AFTER {event} ON main.{1} BEGIN INSERT INTO gathered (effect) VALUES \
                 (json_array('{letter}', '{0}', json_array({fields}))); END; ",
                self.name,
                quoted(&self.name)
            )
        };
        trigger("i", "INSERT", "NEW") + &trigger("u", "UPDATE", "NEW") + &trigger("d", "DELETE", "OLD")
    }

    async fn is_empty(&self, tx: &mut Tx) -> Result<bool, StoreError> {
        let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {} LIMIT 1) r", quoted(&self.name));
        let (rows,): (i64,) = on_either!(tx, |conn| sqlx::query_as(AssertSqlSafe(sql)).fetch_one(conn).await?);
        Ok(rows == 0)
    }

    /// Reads every row, writes it to the other side, and says what was read.
    async fn send(&self, from: &mut Tx, to: &mut Tx) -> Result<Content, StoreError> {
        let insert = self.insert(to);
        let (mut content, mut batch) = (Reading::of(self), String::new());
        let select = self.select(from);
        // Both arms are one loop over rows; a stream's type is its driver's.
        macro_rules! rows {
            ($tx:expr) => {{
                let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(select)).fetch(&mut **$tx);
                while let Some(row) = rows.try_next().await? {
                    content.take(&row)?;
                    batch.push(if batch.is_empty() { '[' } else { ',' });
                    batch.push_str(&row);
                    if batch.len() >= BATCH_BYTES {
                        write(to, &insert, &mut batch).await?;
                    }
                }
            }};
        }
        match from {
            Tx::Sqlite(tx) => rows!(tx),
            Tx::Postgres(tx) => rows!(tx),
        }
        if !batch.is_empty() {
            write(to, &insert, &mut batch).await?;
        }
        Ok(content.done())
    }

    /// What stands in it.
    async fn content(&self, tx: &mut Tx) -> Result<Content, StoreError> {
        let (mut content, select) = (Reading::of(self), self.select(tx));
        on_either!(tx, |conn| {
            let mut rows = sqlx::query_scalar::<_, String>(AssertSqlSafe(select)).fetch(conn);
            while let Some(row) = rows.try_next().await? {
                content.take(&row)?;
            }
        });
        Ok(content.done())
    }

    /// Every row as a JSON object, in order of the key; texts are ordered by their bytes on both.
    fn select(&self, on: &Tx) -> String {
        let table = quoted(&self.name);
        match on {
            Tx::Sqlite(_) => {
                let fields = self.columns.iter().map(|column| format!("'{column}', {}", quoted(column)));
                let key = self.key.iter().map(|(column, _)| quoted(column));
                format!("SELECT json_object({}) FROM {table} ORDER BY {}", joined(fields), joined(key))
            }
            Tx::Postgres(_) => {
                let collated =
                    |(column, is_text): &(String, bool)| quoted(column) + if *is_text { " COLLATE \"C\"" } else { "" };
                let (columns, key) = (self.columns.iter().map(|c| quoted(c)), self.key.iter().map(collated));
                format!(
                    "SELECT row_to_json(r)::text FROM (SELECT {} FROM {table} ORDER BY {}) r",
                    joined(columns),
                    joined(key)
                )
            }
        }
    }

    /// Writes the rows of `$1`, a JSON array of objects.
    fn insert(&self, on: &Tx) -> String {
        let table = quoted(&self.name);
        let columns = joined(self.columns.iter().map(|column| quoted(column)));
        match on {
            Tx::Sqlite(_) => {
                let fields = joined(self.columns.iter().map(|column| format!("value ->> '{column}'")));
                format!("INSERT INTO {table} ({columns}) SELECT {fields} FROM json_each($1) WHERE true")
            }
            Tx::Postgres(_) => format!(
                "INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::{table}, $1::json)"
            ),
        }
    }
}

/// Writes the batch that was begun, and empties it.
async fn write(to: &mut Tx, insert: &str, batch: &mut String) -> Result<(), StoreError> {
    batch.push(']');
    let rows = std::mem::take(batch);
    let sql = AssertSqlSafe(insert.to_owned());
    on_either!(to, |conn| sqlx::query(sql).bind(rows).execute(conn).await?.rows_affected());
    Ok(())
}

/// Rows as they come by.
struct Reading<'a> {
    table: &'a Table,
    rows: u64,
    digest: DigestOf,
}

impl<'a> Reading<'a> {
    fn of(table: &'a Table) -> Self {
        Self { table, rows: 0, digest: DigestOf::new("kaochang/table/1").text(&table.name) }
    }

    fn take(&mut self, row: &str) -> Result<(), StoreError> {
        let row: Map<String, Value> = super::document(row)?;
        let start = std::mem::replace(&mut self.digest, DigestOf::new(""));
        self.digest = self.table.columns.iter().try_fold(start, |digest, column| field(digest, row.get(column)))?;
        self.rows += 1;
        Ok(())
    }

    fn done(self) -> Content {
        Content { table: self.table.name.clone(), rows: self.rows, digest: self.digest.finish() }
    }
}

/// A field under the digest: what it is, then its value; a boolean is the number that the embedded database has for it.
fn field(digest: DigestOf, value: Option<&Value>) -> Result<DigestOf, StoreError> {
    let integer =
        |number: &serde_json::Number| number.as_i64().ok_or_else(|| inconsistent("a number that is no integer"));
    Ok(match value {
        Some(Value::Null) => digest.number(0),
        Some(Value::Bool(yes)) => digest.number(1).number(i64::from(*yes)),
        Some(Value::Number(number)) => digest.number(1).number(integer(number)?),
        Some(Value::String(text)) => digest.number(2).text(text),
        _ => return Err(inconsistent("a field of no known kind")),
    })
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}

const COLUMNS: &str = "SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c \
    WHERE m.type = 'table' AND m.name NOT LIKE '\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
    ORDER BY m.name, c.cid";
const KEYS: &str = "SELECT m.name, c.name, c.type FROM sqlite_schema m JOIN pragma_table_info(m.name) c \
    WHERE m.type = 'table' AND c.pk > 0 AND m.name NOT LIKE '\\_%' ESCAPE '\\' \
    AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY m.name, c.pk";
const PARENTS: &str = "SELECT DISTINCT m.name, f.\"table\" FROM sqlite_schema m \
    JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' AND f.\"table\" <> m.name";
