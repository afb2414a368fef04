//! Marks and scores, in versions: marking again never overwrites.

use question_bank::{
    digest::{Digest, DigestOf},
    marking::{FunctionScore, Score},
};

use super::{StoreError, Tx, document, execute, fetch_all, fetch_optional, natural};

#[derive(sqlx::FromRow)]
struct ScoreRecord {
    sitting_id: String,
    total_milli: i64,
    max_milli: i64,
    passed: bool,
    by_function: String,
}

/// A score exactly as it stands, for whoever checks the record.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ScoreRow {
    /// Id of the sitting.
    pub sitting_id: String,
    /// From 1.
    pub version: i64,
    /// Thousandths of a point.
    pub total_milli: i64,
    /// Thousandths of a point.
    pub max_milli: i64,
    /// Whether the pass mark was reached.
    pub passed: bool,
    /// [`FunctionScore`]s as JSON.
    pub by_function: String,
    /// Thousandths of a point by position, as JSON.
    pub marks: String,
    /// Wall time.
    pub at_ms: i64,
}

/// The hash of a score: the hand-in's audit row bears it.
pub fn hash_of(session_id: &str, row: &ScoreRow) -> Digest {
    DigestOf::new("kaochang/score/1")
        .text(session_id)
        .text(&row.sitting_id)
        .number(row.version)
        .number(row.total_milli)
        .number(row.max_milli)
        .number(i64::from(row.passed))
        .text(&row.by_function)
        .text(&row.marks)
        .number(row.at_ms)
        .finish()
}

/// Keeps a score with the marks it is made of, in thousandths of a point by position; its hash.
pub async fn insert(
    tx: &mut Tx,
    session_id: &str,
    sitting_id: &str,
    version: i64,
    score: &Score,
    marks: &[u32],
    at_ms: i64,
) -> Result<Digest, StoreError> {
    let text = |value: serde_json::Result<String>| value.map_err(|error| StoreError::Inconsistent(error.to_string()));
    let row = ScoreRow {
        sitting_id: sitting_id.to_owned(),
        version,
        total_milli: score.total_milli.into(),
        max_milli: score.max_milli.into(),
        passed: score.passed,
        by_function: text(serde_json::to_string(&score.by_function))?,
        marks: text(serde_json::to_string(marks))?,
        at_ms,
    };
    execute!(
        tx,
        INSERT,
        rows = 1,
        session_id,
        sitting_id,
        version,
        row.total_milli,
        row.max_milli,
        row.passed,
        &row.by_function,
        &row.marks,
        at_ms
    )?;
    Ok(hash_of(session_id, &row))
}

/// Every version of every score of a session.
pub async fn rows(tx: &mut Tx, session_id: &str) -> Result<Vec<ScoreRow>, StoreError> {
    Ok(fetch_all!(tx, ROWS, session_id))
}

/// The newest version of a sitting's score; 0 where there is none.
pub async fn newest_version(tx: &mut Tx, session_id: &str, sitting_id: &str) -> Result<i64, StoreError> {
    let newest: Option<(i64,)> = fetch_optional!(tx, NEWEST_VERSION, session_id, sitting_id);
    Ok(newest.map_or(0, |(version,)| version))
}

/// The newest score of each sitting of a session.
pub async fn of_session(tx: &mut Tx, session_id: &str) -> Result<Vec<(String, Score)>, StoreError> {
    let rows: Vec<ScoreRecord> = fetch_all!(tx, OF_SESSION, session_id);
    rows.into_iter().map(ScoreRecord::read).collect()
}

/// The newest score of a sitting.
pub async fn of_sitting(tx: &mut Tx, session_id: &str, sitting_id: &str) -> Result<Option<Score>, StoreError> {
    let row: Option<ScoreRecord> = fetch_optional!(tx, OF_SITTING, session_id, sitting_id);
    row.map(|row| Ok(row.read()?.1)).transpose()
}

impl ScoreRecord {
    /// Id of the sitting, and the score.
    fn read(self) -> Result<(String, Score), StoreError> {
        let by_function: Vec<FunctionScore> = document(&self.by_function)?;
        let score = Score {
            total_milli: natural(self.total_milli)?,
            max_milli: natural(self.max_milli)?,
            by_function,
            passed: self.passed,
        };
        Ok((self.sitting_id, score))
    }
}

const INSERT: &str = "INSERT INTO score (session_id, sitting_id, version, total_milli, max_milli, passed, by_function, marks, \
    at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const OF_SESSION: &str = "SELECT sitting_id, total_milli, max_milli, passed, by_function FROM score s WHERE session_id = $1 \
    AND version = (SELECT MAX(version) FROM score n WHERE n.session_id = s.session_id AND n.sitting_id = s.sitting_id)";
const OF_SITTING: &str = "SELECT sitting_id, total_milli, max_milli, passed, by_function FROM score \
    WHERE session_id = $1 AND sitting_id = $2 ORDER BY version DESC LIMIT 1";
const NEWEST_VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM score WHERE session_id = $1 AND sitting_id = $2";
const ROWS: &str = "SELECT sitting_id, version, total_milli, max_milli, passed, by_function, marks, at_ms FROM score \
    WHERE session_id = $1 ORDER BY sitting_id, version";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[INSERT, OF_SESSION, OF_SITTING, NEWEST_VERSION, ROWS];
