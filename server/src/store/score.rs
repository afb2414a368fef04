//! Marks and scores, in versions: marking again never overwrites.

use question_bank::marking::{FunctionScore, Score};

use super::{StoreError, Tx, document, execute, fetch_all, natural};

#[derive(sqlx::FromRow)]
struct ScoreRecord {
    sitting_id: String,
    total_milli: i64,
    max_milli: i64,
    passed: bool,
    by_function: String,
}

/// Keeps a score with the marks it is made of, in thousandths of a point by position.
pub async fn insert(
    tx: &mut Tx,
    session_id: &str,
    sitting_id: &str,
    version: i64,
    score: &Score,
    marks: &[u32],
    at_ms: i64,
) -> Result<(), StoreError> {
    let text = |value: serde_json::Result<String>| value.map_err(|error| StoreError::Inconsistent(error.to_string()));
    let (by_function, marks) = (text(serde_json::to_string(&score.by_function))?, text(serde_json::to_string(marks))?);
    let (total, max) = (i64::from(score.total_milli), i64::from(score.max_milli));
    execute!(tx, INSERT, rows = 1, session_id, sitting_id, version, total, max, score.passed, by_function, marks, at_ms)
}

/// The newest score of each sitting of a session.
pub async fn of_session(tx: &mut Tx, session_id: &str) -> Result<Vec<(String, Score)>, StoreError> {
    let rows: Vec<ScoreRecord> = fetch_all!(tx, OF_SESSION, session_id);
    rows.into_iter()
        .map(|row| {
            let by_function: Vec<FunctionScore> = document(&row.by_function)?;
            let score = Score {
                total_milli: natural(row.total_milli)?,
                max_milli: natural(row.max_milli)?,
                by_function,
                passed: row.passed,
            };
            Ok((row.sitting_id, score))
        })
        .collect()
}

const INSERT: &str = "INSERT INTO score (session_id, sitting_id, version, total_milli, max_milli, passed, by_function, marks, \
    at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const OF_SESSION: &str = "SELECT sitting_id, total_milli, max_milli, passed, by_function FROM score s WHERE session_id = $1 \
    AND version = (SELECT MAX(version) FROM score n WHERE n.session_id = s.session_id AND n.sitting_id = s.sitting_id)";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[INSERT, OF_SESSION];
