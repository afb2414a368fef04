//! Sessions in preparation, and what two officers contribute to the secret.

use super::{StoreError, Tx, execute, execute_any, fetch_all, fetch_optional, on_either};

/// A session in preparation.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DraftRow {
    /// `UUIDv7`; the session's, once it is drawn.
    pub id: String,
    /// TOML, as it was given.
    pub plan: String,
    /// CSV as it was given, encrypted.
    pub roster_sealed: String,
    /// Rows of the roster.
    pub candidates: i64,
    /// Id of the account that made it.
    pub created_by: String,
    /// Name of that account; read, never written.
    pub created_by_name: String,
    /// Wall time.
    pub created_at_ms: i64,
    /// `open` or `drawn`.
    pub state: String,
}

/// A contribution to the secret.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ContributionRow {
    /// 1 or 2.
    pub number: i64,
    /// Who gave it; nobody, where the system did by itself.
    pub account_id: Option<String>,
    /// Name of that account; read, never written.
    pub account_name: Option<String>,
    /// Whether the system made the bytes.
    pub by_system: bool,
    /// Over the bytes.
    pub digest: String,
    /// The bytes in hexadecimal digits, encrypted.
    pub sealed: String,
    /// Wall time.
    pub at_ms: i64,
}

/// Keeps a new draft.
pub async fn insert(tx: &mut Tx, draft: &DraftRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        rows = 1,
        &draft.id,
        &draft.plan,
        &draft.roster_sealed,
        draft.candidates,
        &draft.created_by,
        draft.created_at_ms
    )
}

/// Every draft that is not drawn, the newest first.
pub async fn open(tx: &mut Tx) -> Result<Vec<DraftRow>, StoreError> {
    Ok(on_either!(tx, |conn| sqlx::query_as(OPEN).fetch_all(conn).await?))
}

/// One draft, drawn or not.
pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<DraftRow>, StoreError> {
    Ok(fetch_optional!(tx, BY_ID, id))
}

/// Its papers are drawn; a second time touches no row, and that is an error.
pub async fn set_drawn(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    execute!(tx, SET_DRAWN, rows = 1, id)
}

/// Removes a draft that is not drawn, with its contributions.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    execute_any!(tx, DELETE_CONTRIBUTIONS, id);
    execute!(tx, DELETE, rows = 1, id)
}

/// Keeps a contribution.
pub async fn contribute(tx: &mut Tx, draft_id: &str, row: &ContributionRow) -> Result<(), StoreError> {
    execute!(
        tx,
        CONTRIBUTE,
        rows = 1,
        draft_id,
        row.number,
        &row.account_id,
        row.by_system,
        &row.digest,
        &row.sealed,
        row.at_ms
    )
}

/// A draft's contributions, in order.
pub async fn contributions(tx: &mut Tx, draft_id: &str) -> Result<Vec<ContributionRow>, StoreError> {
    Ok(fetch_all!(tx, CONTRIBUTIONS, draft_id))
}

const INSERT: &str = "INSERT INTO draft (id, plan, roster_sealed, candidates, created_by, created_at_ms, state) \
    VALUES ($1, $2, $3, $4, $5, $6, 'open')";
const OPEN: &str = "SELECT d.id, d.plan, d.roster_sealed, d.candidates, d.created_by, a.name AS created_by_name, \
    d.created_at_ms, d.state FROM draft d JOIN account a ON a.id = d.created_by WHERE d.state = 'open' ORDER BY d.id DESC";
const BY_ID: &str = "SELECT d.id, d.plan, d.roster_sealed, d.candidates, d.created_by, a.name AS created_by_name, \
    d.created_at_ms, d.state FROM draft d JOIN account a ON a.id = d.created_by WHERE d.id = $1";
const SET_DRAWN: &str = "UPDATE draft SET state = 'drawn' WHERE id = $1 AND state = 'open'";
const DELETE_CONTRIBUTIONS: &str = "DELETE FROM draft_contribution WHERE draft_id = $1";
const DELETE: &str = "DELETE FROM draft WHERE id = $1 AND state = 'open'";
const CONTRIBUTE: &str = "INSERT INTO draft_contribution (draft_id, number, account_id, by_system, digest, sealed, at_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const CONTRIBUTIONS: &str = "SELECT c.number, c.account_id, a.name AS account_name, c.by_system, c.digest, c.sealed, c.at_ms \
    FROM draft_contribution c LEFT JOIN account a ON a.id = c.account_id WHERE c.draft_id = $1 ORDER BY c.number";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[INSERT, OPEN, BY_ID, SET_DRAWN, DELETE_CONTRIBUTIONS, DELETE, CONTRIBUTE, CONTRIBUTIONS];
