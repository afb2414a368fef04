//! Papers, drawn before the session opens and never changed after.

use question_bank::{checker::Conformance, paper::Paper};

use super::{StoreError, Tx, document, execute, fetch_all};

/// A stored paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPaper {
    /// Id of the sitting.
    pub sitting: String,
    /// The paper.
    pub paper: Paper,
    /// As stored; [`Paper::digest`] says what it must be.
    pub digest: String,
}

/// A paper as text.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PaperRow {
    /// Id of the sitting.
    pub sitting_id: String,
    /// [`Paper`] as JSON.
    pub document: String,
    /// Its digest.
    pub digest: String,
    /// [`Conformance`] as JSON.
    pub conformance: String,
}

/// Keeps a paper with the statement that it conforms.
pub async fn insert(
    tx: &mut Tx,
    session_id: &str,
    sitting_id: &str,
    paper: &Paper,
    conformance: &Conformance,
) -> Result<(), StoreError> {
    let text = |value: serde_json::Result<String>| value.map_err(|error| StoreError::Inconsistent(error.to_string()));
    let (paper_text, conformance) = (text(serde_json::to_string(paper))?, text(serde_json::to_string(conformance))?);
    execute!(tx, INSERT, rows = 1, session_id, sitting_id, paper_text, paper.digest().to_string(), conformance)
}

/// Every paper of a session.
pub async fn of_session(tx: &mut Tx, session_id: &str) -> Result<Vec<StoredPaper>, StoreError> {
    let rows: Vec<(String, String, String)> = fetch_all!(tx, OF_SESSION, session_id);
    rows.into_iter()
        .map(|(sitting, text, digest)| Ok(StoredPaper { sitting, paper: document(&text)?, digest }))
        .collect()
}

/// Every paper of a session exactly as it stands, for whoever checks the record.
pub async fn rows(tx: &mut Tx, session_id: &str) -> Result<Vec<PaperRow>, StoreError> {
    Ok(fetch_all!(tx, ROWS, session_id))
}

const INSERT: &str =
    "INSERT INTO paper (session_id, sitting_id, document, digest, conformance) VALUES ($1, $2, $3, $4, $5)";
const OF_SESSION: &str = "SELECT sitting_id, document, digest FROM paper WHERE session_id = $1 ORDER BY sitting_id";
const ROWS: &str =
    "SELECT sitting_id, document, digest, conformance FROM paper WHERE session_id = $1 ORDER BY sitting_id";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[INSERT, OF_SESSION, ROWS];
