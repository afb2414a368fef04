//! Responses: what stands for each question of each sitting, and what came too late.

use std::collections::{BTreeMap, BTreeSet};

use question_bank::digest::{Digest, DigestOf};
use serde::Serialize;

use super::{StoreError, Tx, dialect, execute, fetch_all};

/// What stands for one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, sqlx::FromRow)]
pub struct ResponseRow {
    /// Id of the session.
    pub session_id: String,
    /// Id of the sitting.
    pub sitting_id: String,
    /// From 1.
    pub position: i64,
    /// Of the change that wrote it.
    pub seq: i64,
    /// Of the login that wrote it.
    pub epoch: i64,
    /// Letters as displayed.
    pub response: String,
    /// 标记.
    pub flagged: bool,
    /// On the exam clock, when it was received.
    pub clock_ms: i64,
    /// Wall time, when it was received.
    pub at_ms: i64,
    /// [`hash_of`] this row.
    pub hash: String,
}

/// The hash that a response row must bear.
pub fn hash_of(row: &ResponseRow) -> Digest {
    DigestOf::new("kaochang/response/1")
        .text(&row.session_id)
        .text(&row.sitting_id)
        .number(row.position)
        .number(row.seq)
        .number(row.epoch)
        .text(&row.response)
        .number(i64::from(row.flagged))
        .number(row.clock_ms)
        .number(row.at_ms)
        .finish()
}

/// Over all responses of a sitting, in order of position: the hand-in's audit row bears it.
pub fn digest_of(rows: &[ResponseRow]) -> Digest {
    rows.iter()
        .fold(DigestOf::new("kaochang/responses/1"), |digest, row| digest.number(row.position).text(&row.hash))
        .finish()
}

/// Saves a group of responses of many sittings in two statements. Rows of sittings that are closed or that another epoch
/// has since are left out; the others' ids come back as (session, sitting). The highest sequence of a position stands.
pub async fn save(tx: &mut Tx, rows: &[ResponseRow]) -> Result<BTreeSet<(String, String)>, StoreError> {
    let wanted: BTreeSet<_> = rows.iter().map(|row| (&row.session_id, &row.sitting_id, row.epoch)).collect();
    let wanted = json(&wanted)?;
    let sql = dialect::WRITABLE_SITTINGS;
    let writable: Vec<(String, String)> = match tx {
        Tx::Sqlite(tx) => sqlx::query_as(sql.sqlite).bind(&wanted).fetch_all(&mut **tx).await?,
        Tx::Postgres(tx) => sqlx::query_as(sql.postgres).bind(&wanted).fetch_all(&mut **tx).await?,
    };
    let writable: BTreeSet<_> = writable.into_iter().collect();
    let mut newest: BTreeMap<(&str, &str, i64), &ResponseRow> = BTreeMap::new();
    for row in rows.iter().filter(|row| writable.contains(&(row.session_id.clone(), row.sitting_id.clone()))) {
        let slot = newest.entry((&row.session_id, &row.sitting_id, row.position)).or_insert(row);
        if slot.seq < row.seq {
            *slot = row;
        }
    }
    if !newest.is_empty() {
        let rows = json(&newest.into_values().collect::<Vec<_>>())?;
        let sql = dialect::SAVE_RESPONSES;
        match tx {
            Tx::Sqlite(tx) => sqlx::query(sql.sqlite).bind(&rows).execute(&mut **tx).await?.rows_affected(),
            Tx::Postgres(tx) => sqlx::query(sql.postgres).bind(&rows).execute(&mut **tx).await?.rows_affected(),
        };
    }
    Ok(writable)
}

/// What stands for a sitting, in order of position.
pub async fn of_sitting(tx: &mut Tx, session_id: &str, sitting_id: &str) -> Result<Vec<ResponseRow>, StoreError> {
    Ok(fetch_all!(tx, OF_SITTING, session_id, sitting_id))
}

/// What stands in a session, by sitting and position.
pub async fn of_session(tx: &mut Tx, session_id: &str) -> Result<Vec<ResponseRow>, StoreError> {
    Ok(fetch_all!(tx, OF_SESSION, session_id))
}

/// Keeps what came after the close, unscored.
pub async fn quarantine(
    tx: &mut Tx,
    session_id: &str,
    id: &str,
    sitting_id: &str,
    clock_ms: i64,
    at_ms: i64,
    changes: &str,
) -> Result<(), StoreError> {
    execute!(tx, QUARANTINE, rows = 1, session_id, id, sitting_id, clock_ms, at_ms, changes)
}

/// What came too late in a session: sitting, exam clock, changes as JSON.
pub async fn quarantined(tx: &mut Tx, session_id: &str) -> Result<Vec<(String, i64, String)>, StoreError> {
    Ok(fetch_all!(tx, QUARANTINED, session_id))
}

fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Inconsistent(error.to_string()))
}

const OF_SITTING: &str = "SELECT session_id, sitting_id, position, seq, epoch, response, flagged, clock_ms, at_ms, hash \
    FROM response WHERE session_id = $1 AND sitting_id = $2 ORDER BY position";
const OF_SESSION: &str = "SELECT session_id, sitting_id, position, seq, epoch, response, flagged, clock_ms, at_ms, hash \
    FROM response WHERE session_id = $1 ORDER BY sitting_id, position";
const QUARANTINE: &str =
    "INSERT INTO quarantine (session_id, id, sitting_id, clock_ms, at_ms, changes) VALUES ($1, $2, $3, $4, $5, $6)";
const QUARANTINED: &str = "SELECT sitting_id, clock_ms, changes FROM quarantine WHERE session_id = $1 ORDER BY id";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[OF_SITTING, OF_SESSION, QUARANTINE, QUARANTINED];
