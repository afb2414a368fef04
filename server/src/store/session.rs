//! Sessions, the exam clock's count, and outages.

use delivery::session::SessionState;

use super::{StoreError, Tx, execute, execute_any, fetch_all, fetch_optional, inconsistent, on_either};

/// A session.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SessionRow {
    /// `UUIDv7`.
    pub id: String,
    /// 场次名称.
    pub title: String,
    /// Id of the standard.
    pub standard_id: String,
    /// Id of the level.
    pub level: String,
    /// Id of the direction, where the level has them.
    pub direction: Option<String>,
    /// [`delivery::session::Purpose::code`].
    pub purpose: String,
    /// [`SessionState::code`].
    pub state: String,
    /// [`delivery::session::Terms`] as JSON.
    pub terms: String,
    /// [`question_bank::blueprint::Blueprint`] as JSON.
    pub blueprint: String,
    /// Planned begin.
    pub begins_at_ms: i64,
    /// Candidates may log in from then on.
    pub login_from_at_ms: i64,
    /// Count of the exam clock at its last flush.
    pub clock_ms: i64,
    /// Wall time of that flush.
    pub clock_at_ms: i64,
    /// Secret of the draw, hex, of sessions drawn before evidence was kept; empty since, for the sealed contributions make it.
    pub secret: String,
    /// Digests that the commitment binds.
    pub snapshot_digest: String,
    /// Of the blueprint.
    pub blueprint_digest: String,
    /// Of the roster with sitting ids.
    pub roster_digest: String,
    /// Version of the drawer.
    pub engine: String,
    /// Published before the exam.
    pub commitment: String,
    /// Wall time.
    pub created_at_ms: i64,
}

/// A stretch of wall time in which the exam was not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct OutageRow {
    /// Last sign of life before.
    pub down_at_ms: i64,
    /// First after.
    pub up_at_ms: i64,
    /// Where the exam clock stood.
    pub clock_ms: i64,
}

/// Keeps a new session.
pub async fn insert(tx: &mut Tx, s: &SessionRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        rows = 1,
        &s.id,
        &s.title,
        &s.standard_id,
        &s.level,
        &s.direction,
        &s.purpose,
        &s.state,
        &s.terms,
        &s.blueprint,
        s.begins_at_ms,
        s.login_from_at_ms,
        s.clock_ms,
        s.clock_at_ms,
        &s.secret,
        &s.snapshot_digest,
        &s.blueprint_digest,
        &s.roster_digest,
        &s.engine,
        &s.commitment,
        s.created_at_ms
    )
}

/// Every session, the newest first.
pub async fn all(tx: &mut Tx) -> Result<Vec<SessionRow>, StoreError> {
    Ok(on_either!(tx, |conn| sqlx::query_as(ALL).fetch_all(conn).await?))
}

/// One session.
pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<SessionRow>, StoreError> {
    Ok(fetch_optional!(tx, BY_ID, id))
}

/// Sets the state.
pub async fn set_state(tx: &mut Tx, id: &str, state: SessionState) -> Result<(), StoreError> {
    execute!(tx, SET_STATE, rows = 1, id, state.code())
}

/// Flushes the exam clock. It never goes back: another server may have flushed a higher count. Returns what stands.
pub async fn flush_clock(tx: &mut Tx, id: &str, clock_ms: i64, at_ms: i64) -> Result<i64, StoreError> {
    let row: Option<(i64,)> = fetch_optional!(tx, FLUSH_CLOCK, id, clock_ms, at_ms);
    row.map(|(stands,)| stands).ok_or_else(|| inconsistent("a clock of no session"))
}

/// The count of the exam clock at its last flush; 0 of no session.
pub async fn clock(tx: &mut Tx, id: &str) -> Result<i64, StoreError> {
    let row: Option<(i64,)> = fetch_optional!(tx, CLOCK, id);
    Ok(row.map_or(0, |(clock_ms,)| clock_ms))
}

/// Records an outage; the same one twice is one.
pub async fn insert_outage(tx: &mut Tx, session_id: &str, outage: OutageRow) -> Result<(), StoreError> {
    execute_any!(tx, INSERT_OUTAGE, session_id, outage.down_at_ms, outage.up_at_ms, outage.clock_ms);
    Ok(())
}

/// A session's outages, in order.
pub async fn outages(tx: &mut Tx, session_id: &str) -> Result<Vec<OutageRow>, StoreError> {
    Ok(fetch_all!(tx, OUTAGES, session_id))
}

const INSERT: &str = "INSERT INTO exam_session (id, title, standard_id, level, direction, purpose, state, terms, blueprint, \
    begins_at_ms, login_from_at_ms, clock_ms, clock_at_ms, secret, snapshot_digest, blueprint_digest, roster_digest, engine, \
    commitment, created_at_ms) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
const ALL: &str = "SELECT id, title, standard_id, level, direction, purpose, state, terms, blueprint, begins_at_ms, \
    login_from_at_ms, clock_ms, clock_at_ms, secret, snapshot_digest, blueprint_digest, roster_digest, engine, commitment, \
    created_at_ms FROM exam_session ORDER BY begins_at_ms DESC, id";
const BY_ID: &str = "SELECT id, title, standard_id, level, direction, purpose, state, terms, blueprint, begins_at_ms, \
    login_from_at_ms, clock_ms, clock_at_ms, secret, snapshot_digest, blueprint_digest, roster_digest, engine, commitment, \
    created_at_ms FROM exam_session WHERE id = $1";
const SET_STATE: &str = "UPDATE exam_session SET state = $2 WHERE id = $1";
const FLUSH_CLOCK: &str = "UPDATE exam_session SET clock_ms = CASE WHEN clock_ms < $2 THEN $2 ELSE clock_ms END, \
    clock_at_ms = CASE WHEN clock_ms <= $2 THEN $3 ELSE clock_at_ms END WHERE id = $1 RETURNING clock_ms";
const CLOCK: &str = "SELECT clock_ms FROM exam_session WHERE id = $1";
const INSERT_OUTAGE: &str = "INSERT INTO outage (session_id, down_at_ms, up_at_ms, clock_ms) VALUES ($1, $2, $3, $4) \
    ON CONFLICT (session_id, down_at_ms, up_at_ms) DO NOTHING";
const OUTAGES: &str = "SELECT down_at_ms, up_at_ms, clock_ms FROM outage WHERE session_id = $1 ORDER BY down_at_ms";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[INSERT, ALL, BY_ID, SET_STATE, FLUSH_CLOCK, CLOCK, INSERT_OUTAGE, OUTAGES];
