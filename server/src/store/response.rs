//! Responses: what stands for each question of each sitting, and what came too late.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use question_bank::digest::{Digest, DigestOf};
use sqlx::{Sqlite, query::Query, sqlite::SqliteArguments};

use super::{StoreError, Tx, dialect, document, execute, fetch_all};

/// What stands for one question.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
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

/// Which sitting, by session and id, and for which of its logins.
pub type Login = (String, String, i64);

/// Which commit of which process: the answer log is ordered by it.
#[derive(Clone, Copy, Debug)]
pub struct Group<'a> {
    /// Of the process; ids of later ones are greater.
    pub writer: &'a str,
    /// From 1, without a gap but for groups that failed.
    pub number: i64,
}

/// Saves a group of responses of many sittings, and writes each of them down in the answer log. Those of sittings that are
/// closed, or that another epoch has since, are left out; their logins come back. The highest sequence of a position stands.
pub async fn save(tx: &mut Tx, group: Group<'_>, rows: &[ResponseRow]) -> Result<BTreeSet<Login>, StoreError> {
    let wanted: BTreeSet<_> = rows.iter().map(|row| (&*row.session_id, &*row.sitting_id, row.epoch)).collect();
    let unwritable = unwritable(tx, &wanted.into_iter().collect::<Vec<_>>()).await?;
    let writable = |row: &&ResponseRow| {
        unwritable.is_empty() || !unwritable.contains(&(row.session_id.clone(), row.sitting_id.clone(), row.epoch))
    };
    let mut newest: BTreeMap<(&str, &str, i64), &ResponseRow> = BTreeMap::new();
    let mut logs: BTreeMap<&str, Vec<Logged<'_>>> = BTreeMap::new();
    for row in rows.iter().filter(writable) {
        logs.entry(&row.session_id).or_default().push(logged(row));
        let slot = newest.entry((&row.session_id, &row.sitting_id, row.position)).or_insert(row);
        if slot.seq < row.seq {
            *slot = row;
        }
    }
    if newest.is_empty() {
        return Ok(unwritable);
    }
    upsert(tx, &newest.into_values().collect::<Vec<_>>()).await?;
    for (session_id, changes) in logs {
        let changes = serde_json::to_string(&changes).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
        execute!(tx, LOG, rows = 1, session_id, group.writer, group.number, &changes)?;
    }
    Ok(unwritable)
}

async fn unwritable(tx: &mut Tx, wanted: &[(&str, &str, i64)]) -> Result<BTreeSet<Login>, StoreError> {
    let mut found: BTreeSet<Login> = BTreeSet::new();
    match tx {
        Tx::Sqlite(tx) => {
            for (sql, part) in dialect::UNWRITABLE_SITTINGS.parts(wanted) {
                let query = part.iter().fold(sqlx::query_as(sql), |query, (session, sitting, epoch)| {
                    query.bind(*session).bind(*sitting).bind(*epoch)
                });
                let refused: Vec<Login> = query.fetch_all(&mut **tx).await?;
                found.extend(refused);
            }
        }
        Tx::Postgres(tx) => {
            let query = sqlx::query_as(dialect::UNWRITABLE_SITTINGS.postgres)
                .bind(wanted.iter().map(|(session, _, _)| *session).collect::<Vec<_>>())
                .bind(wanted.iter().map(|(_, sitting, _)| *sitting).collect::<Vec<_>>())
                .bind(wanted.iter().map(|(_, _, epoch)| *epoch).collect::<Vec<_>>());
            let refused: Vec<Login> = query.fetch_all(&mut **tx).await?;
            found.extend(refused);
        }
    }
    Ok(found)
}

async fn upsert(tx: &mut Tx, rows: &[&ResponseRow]) -> Result<(), StoreError> {
    match tx {
        Tx::Sqlite(tx) => {
            let bind = |query: Query<'static, Sqlite, SqliteArguments>, row: &&ResponseRow| {
                query
                    .bind(row.session_id.as_str())
                    .bind(row.sitting_id.as_str())
                    .bind(row.position)
                    .bind(row.seq)
                    .bind(row.epoch)
                    .bind(row.response.as_str())
                    .bind(row.flagged)
                    .bind(row.clock_ms)
                    .bind(row.at_ms)
                    .bind(row.hash.as_str())
            };
            for (sql, part) in dialect::SAVE_RESPONSES.parts(rows) {
                part.iter().fold(sqlx::query(sql), bind).execute(&mut **tx).await?;
            }
        }
        Tx::Postgres(tx) => {
            sqlx::query(dialect::SAVE_RESPONSES.postgres)
                .bind(rows.iter().map(|row| row.session_id.as_str()).collect::<Vec<_>>())
                .bind(rows.iter().map(|row| row.sitting_id.as_str()).collect::<Vec<_>>())
                .bind(rows.iter().map(|row| row.position).collect::<Vec<_>>())
                .bind(rows.iter().map(|row| row.seq).collect::<Vec<_>>())
                .bind(rows.iter().map(|row| row.epoch).collect::<Vec<_>>())
                .bind(rows.iter().map(|row| row.response.as_str()).collect::<Vec<_>>())
                .bind(rows.iter().map(|row| row.flagged).collect::<Vec<_>>())
                .bind(rows.iter().map(|row| row.clock_ms).collect::<Vec<_>>())
                .bind(rows.iter().map(|row| row.at_ms).collect::<Vec<_>>())
                .bind(rows.iter().map(|row| row.hash.as_str()).collect::<Vec<_>>())
                .execute(&mut **tx)
                .await?;
        }
    }
    Ok(())
}

/// A change as the answer log has it: sitting, position, seq, epoch, response, flagged, exam clock, wall time.
type Logged<'a> = (Cow<'a, str>, i64, i64, i64, Cow<'a, str>, bool, i64, i64);

fn logged(row: &ResponseRow) -> Logged<'_> {
    let (sitting, response) = (Cow::Borrowed(row.sitting_id.as_str()), Cow::Borrowed(row.response.as_str()));
    (sitting, row.position, row.seq, row.epoch, response, row.flagged, row.clock_ms, row.at_ms)
}

/// Every change of a session as the answer log has it, in the order of the commits.
pub async fn log_of_session(tx: &mut Tx, session_id: &str) -> Result<Vec<ResponseRow>, StoreError> {
    let groups: Vec<(String,)> = fetch_all!(tx, LOG_OF_SESSION, session_id);
    let mut rows = Vec::new();
    for (changes,) in groups {
        let changes: Vec<Logged<'_>> = document(&changes)?;
        for (sitting, position, seq, epoch, response, flagged, clock_ms, at_ms) in changes {
            let mut row = ResponseRow {
                session_id: session_id.to_owned(),
                sitting_id: sitting.into_owned(),
                position,
                seq,
                epoch,
                response: response.into_owned(),
                flagged,
                clock_ms,
                at_ms,
                hash: String::new(),
            };
            row.hash = hash_of(&row).to_string();
            rows.push(row);
        }
    }
    Ok(rows)
}

/// What may stand by a log, by sitting and position: a change of the highest sequence. There are several where a page sent
/// one again.
pub fn standing(log: Vec<ResponseRow>) -> BTreeMap<(String, i64), Vec<ResponseRow>> {
    let mut standing: BTreeMap<(String, i64), Vec<ResponseRow>> = BTreeMap::new();
    for row in log {
        let newest = standing.entry((row.sitting_id.clone(), row.position)).or_default();
        if newest.first().is_some_and(|first| first.seq < row.seq) {
            newest.clear();
        }
        if newest.first().is_none_or(|first| first.seq == row.seq) {
            newest.push(row);
        }
    }
    standing
}

/// The sittings of which something newer stands than these rows, as (session, sitting).
pub async fn superseded(tx: &mut Tx, rows: &[ResponseRow]) -> Result<Vec<(String, String)>, StoreError> {
    let keys: Vec<_> = rows.iter().map(|row| (&row.session_id, &row.sitting_id, row.position, row.seq)).collect();
    let keys = serde_json::to_string(&keys).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
    let sql = dialect::SUPERSEDED;
    Ok(match tx {
        Tx::Sqlite(tx) => sqlx::query_as(sql.sqlite).bind(keys).fetch_all(&mut **tx).await?,
        Tx::Postgres(tx) => sqlx::query_as(sql.postgres).bind(keys).fetch_all(&mut **tx).await?,
    })
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

const OF_SITTING: &str = "SELECT session_id, sitting_id, position, seq, epoch, response, flagged, clock_ms, at_ms, hash \
    FROM response WHERE session_id = $1 AND sitting_id = $2 ORDER BY position";
const OF_SESSION: &str = "SELECT session_id, sitting_id, position, seq, epoch, response, flagged, clock_ms, at_ms, hash \
    FROM response WHERE session_id = $1 ORDER BY sitting_id, position";
const LOG: &str = "INSERT INTO answer_log (session_id, writer, group_no, changes) VALUES ($1, $2, $3, $4)";
const LOG_OF_SESSION: &str = "SELECT changes FROM answer_log WHERE session_id = $1 ORDER BY writer, group_no";
const QUARANTINE: &str =
    "INSERT INTO quarantine (session_id, id, sitting_id, clock_ms, at_ms, changes) VALUES ($1, $2, $3, $4, $5, $6)";
const QUARANTINED: &str = "SELECT sitting_id, clock_ms, changes FROM quarantine WHERE session_id = $1 ORDER BY id";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[OF_SITTING, OF_SESSION, LOG, LOG_OF_SESSION, QUARANTINE, QUARANTINED];
