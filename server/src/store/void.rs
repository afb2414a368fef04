//! Questions that two people voided in a session.

use super::{StoreError, Tx, execute, fetch_all};

/// A voided question.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct VoidRow {
    /// Id of the question.
    pub question_id: String,
    /// The revision that the session's papers have.
    pub revision: i64,
    /// Why.
    pub reason: String,
    /// Login of the officer.
    pub voided_by: String,
    /// Login of the second person.
    pub confirmed_by: String,
    /// On the exam clock.
    pub clock_ms: i64,
    /// Wall time.
    pub at_ms: i64,
}

/// Voids a question, once.
pub async fn insert(tx: &mut Tx, session_id: &str, row: &VoidRow) -> Result<(), StoreError> {
    let VoidRow { question_id, revision, reason, voided_by, confirmed_by, clock_ms, at_ms } = row;
    execute!(tx, INSERT, rows = 1, session_id, question_id, revision, reason, voided_by, confirmed_by, clock_ms, at_ms)
}

/// Every voided question of a session, in the order in which they were.
pub async fn of_session(tx: &mut Tx, session_id: &str) -> Result<Vec<VoidRow>, StoreError> {
    Ok(fetch_all!(tx, OF_SESSION, session_id))
}

const INSERT: &str = "INSERT INTO voided_question (session_id, question_id, revision, reason, voided_by, confirmed_by, clock_ms, \
    at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const OF_SESSION: &str = "SELECT question_id, revision, reason, voided_by, confirmed_by, clock_ms, at_ms FROM voided_question \
    WHERE session_id = $1 ORDER BY at_ms, question_id";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[INSERT, OF_SESSION];
