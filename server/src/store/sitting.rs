//! Sittings, their logins and their ledgers.

use delivery::{
    ledger::{Cause, LedgerRow},
    sitting::ClosedBy,
};
use question_bank::digest::{Digest, DigestOf};

use super::{StoreError, Tx, execute, fetch_all, fetch_optional, inconsistent, on_either};

/// A sitting.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SittingRow {
    /// `UUIDv7`.
    pub id: String,
    /// Its room.
    pub room_id: String,
    /// 机位号.
    pub seat: i64,
    /// 准考证号.
    pub admission_no: String,
    /// 姓名.
    pub name: String,
    /// 证件号码, only its ends.
    pub id_masked: String,
    /// 证件号码, encrypted.
    pub id_sealed: String,
    /// Keyed blind index of it.
    pub id_index: String,
    /// `expected`, `present`, `writing`, `closed` or `absent`.
    pub phase: String,
    /// 信息无误.
    pub confirmed: bool,
    /// 已阅读并同意.
    pub accepted: bool,
    /// Rises with each login.
    pub epoch: i64,
    /// On the exam clock.
    pub started_clock_ms: Option<i64>,
    /// [`ClosedBy::code`].
    pub closed_by: Option<String>,
    /// On the exam clock.
    pub closed_clock_ms: Option<i64>,
    /// Wall time.
    pub closed_at_ms: Option<i64>,
    /// Over all responses, at the hand-in.
    pub responses_digest: Option<String>,
}

#[derive(sqlx::FromRow)]
struct LedgerRecord {
    sitting_id: String,
    row_no: i64,
    grant_ms: i64,
    cause: String,
    reason: String,
    actor: String,
    approved_by: Option<String>,
    clock_ms: i64,
    at_ms: i64,
    hash: String,
}

/// A ledger row with the sitting it belongs to and the hash that stands beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLedgerRow {
    /// Id of the sitting.
    pub sitting: String,
    /// The row.
    pub row: LedgerRow,
    /// As stored; [`ledger_hash`] says what it must be.
    pub hash: String,
}

/// The end of a sitting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing<'a> {
    /// By whom.
    pub by: ClosedBy,
    /// On the exam clock.
    pub clock_ms: i64,
    /// Wall time.
    pub at_ms: i64,
    /// Over all responses.
    pub responses_digest: &'a Digest,
}

/// Keeps a new sitting on the roster.
pub async fn insert(tx: &mut Tx, session_id: &str, s: &SittingRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        rows = 1,
        session_id,
        &s.id,
        &s.room_id,
        s.seat,
        &s.admission_no,
        &s.name,
        &s.id_masked,
        &s.id_sealed,
        &s.id_index
    )
}

/// Every sitting of a session.
pub async fn of_session(tx: &mut Tx, session_id: &str) -> Result<Vec<SittingRow>, StoreError> {
    Ok(fetch_all!(tx, OF_SESSION, session_id))
}

/// The sittings that a session's chain tells of after a row.
pub async fn changed_since(tx: &mut Tx, session_id: &str, row_no: i64) -> Result<Vec<SittingRow>, StoreError> {
    Ok(fetch_all!(tx, CHANGED_SINCE, session_id, row_no))
}

/// A login: the epoch rises by exactly one, and the token is kept so that an older one can be told so.
pub async fn log_in(
    tx: &mut Tx,
    session_id: &str,
    id: &str,
    epoch: i64,
    token_hash: &str,
    at_ms: i64,
) -> Result<(), StoreError> {
    execute!(tx, RAISE_EPOCH, rows = 1, session_id, id, epoch)?;
    execute!(tx, LOG_IN, rows = 1, token_hash, session_id, id, epoch, at_ms)
}

/// 解除登录: the epoch rises and nobody has its token.
pub async fn release(tx: &mut Tx, session_id: &str, id: &str, epoch: i64) -> Result<(), StoreError> {
    execute!(tx, RAISE_EPOCH, rows = 1, session_id, id, epoch)
}

/// Every token ever given out in a session: hash, sitting, epoch.
pub async fn logins(tx: &mut Tx, session_id: &str) -> Result<Vec<(String, String, i64)>, StoreError> {
    Ok(fetch_all!(tx, LOGINS, session_id))
}

/// The session of a token that was given out.
pub async fn session_of_login(tx: &mut Tx, token_hash: &str) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = fetch_optional!(tx, SESSION_OF_LOGIN, token_hash);
    Ok(row.map(|(session,)| session))
}

/// How many each room of a session has: room, on the roster, and of them not recorded absent.
pub async fn counts(tx: &mut Tx, session_id: &str) -> Result<Vec<(String, i64, i64)>, StoreError> {
    Ok(fetch_all!(tx, COUNTS, session_id))
}

/// The tokens of the sittings that a session's chain tells of after a row.
pub async fn logins_since(
    tx: &mut Tx,
    session_id: &str,
    row_no: i64,
) -> Result<Vec<(String, String, i64)>, StoreError> {
    Ok(fetch_all!(tx, LOGINS_SINCE, session_id, row_no))
}

/// Sets what the candidate confirmed.
pub async fn set_flags(
    tx: &mut Tx,
    session_id: &str,
    id: &str,
    confirmed: bool,
    accepted: bool,
) -> Result<(), StoreError> {
    execute!(tx, SET_FLAGS, rows = 1, session_id, id, confirmed, accepted)
}

/// Starts the clock of a sitting that waits.
pub async fn start(tx: &mut Tx, session_id: &str, id: &str, clock_ms: i64, at_ms: i64) -> Result<(), StoreError> {
    execute!(tx, START, rows = 1, session_id, id, clock_ms, at_ms)
}

/// Ends a sitting that is being written. A second end touches no row, and that is an error: the caller looked before.
pub async fn close(tx: &mut Tx, session_id: &str, id: &str, closing: &Closing<'_>) -> Result<(), StoreError> {
    let digest = closing.responses_digest.to_string();
    execute!(tx, CLOSE, rows = 1, session_id, id, closing.by.code(), closing.clock_ms, closing.at_ms, digest)
}

/// Records an absence of somebody who has not started.
pub async fn set_absent(tx: &mut Tx, session_id: &str, id: &str) -> Result<(), StoreError> {
    execute!(tx, SET_ABSENT, rows = 1, session_id, id)
}

/// 换机.
pub async fn move_to(tx: &mut Tx, session_id: &str, id: &str, seat: i64) -> Result<(), StoreError> {
    execute!(tx, MOVE_TO, rows = 1, session_id, id, seat)
}

/// Appends a row to a sitting's ledger.
pub async fn grant(tx: &mut Tx, session_id: &str, id: &str, row: &LedgerRow) -> Result<(), StoreError> {
    let hash = ledger_hash(session_id, id, row).to_string();
    execute!(
        tx,
        GRANT,
        rows = 1,
        session_id,
        id,
        row.row_no,
        row.grant_ms,
        row.cause.code(),
        &row.reason,
        &row.actor,
        &row.approved_by,
        row.clock_ms,
        row.at_ms,
        hash
    )
}

/// Every ledger row of a session, by sitting and number.
pub async fn ledger(tx: &mut Tx, session_id: &str) -> Result<Vec<StoredLedgerRow>, StoreError> {
    stored(fetch_all!(tx, LEDGER, session_id))
}

/// Every ledger row of the sittings that a session's chain tells of after a row.
pub async fn ledger_since(tx: &mut Tx, session_id: &str, row_no: i64) -> Result<Vec<StoredLedgerRow>, StoreError> {
    stored(fetch_all!(tx, LEDGER_SINCE, session_id, row_no))
}

fn stored(rows: Vec<LedgerRecord>) -> Result<Vec<StoredLedgerRow>, StoreError> {
    rows.into_iter()
        .map(|r| {
            let unreadable = || format!("ledger row {} of sitting {}: its cause can't be read", r.row_no, r.sitting_id);
            let cause = Cause::from_code(&r.cause).ok_or_else(|| inconsistent(&unreadable()))?;
            let LedgerRecord { row_no, grant_ms, reason, actor, approved_by, clock_ms, at_ms, .. } = r;
            let row = LedgerRow { row_no, grant_ms, cause, reason, actor, approved_by, clock_ms, at_ms };
            Ok(StoredLedgerRow { sitting: r.sitting_id, row, hash: r.hash })
        })
        .collect()
}

/// The hash that a ledger row must bear, beside it and in the audit chain.
pub fn ledger_hash(session_id: &str, sitting_id: &str, row: &LedgerRow) -> Digest {
    DigestOf::new("kaochang/ledger/1")
        .text(session_id)
        .text(sitting_id)
        .number(row.row_no)
        .number(row.grant_ms)
        .text(row.cause.code())
        .text(&row.reason)
        .text(&row.actor)
        .text(row.approved_by.as_deref().unwrap_or_default())
        .number(i64::from(row.approved_by.is_some()))
        .number(row.clock_ms)
        .number(row.at_ms)
        .finish()
}

/// How many sittings of a session are being written.
pub async fn writing(tx: &mut Tx, session_id: &str) -> Result<i64, StoreError> {
    let (count,): (i64,) = on_either!(tx, |conn| sqlx::query_as(WRITING).bind(session_id).fetch_one(conn).await?);
    Ok(count)
}

const INSERT: &str = "INSERT INTO sitting (session_id, id, room_id, seat, admission_no, name, id_masked, id_sealed, id_index, \
    phase, confirmed, accepted, epoch) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'expected', FALSE, FALSE, 0)";
const OF_SESSION: &str = "SELECT id, room_id, seat, admission_no, name, id_masked, id_sealed, id_index, phase, confirmed, \
    accepted, epoch, started_clock_ms, closed_by, closed_clock_ms, closed_at_ms, responses_digest FROM sitting \
    WHERE session_id = $1 ORDER BY id";
const CHANGED_SINCE: &str = "SELECT id, room_id, seat, admission_no, name, id_masked, id_sealed, id_index, phase, confirmed, \
    accepted, epoch, started_clock_ms, closed_by, closed_clock_ms, closed_at_ms, responses_digest FROM sitting \
    WHERE session_id = $1 AND id IN (SELECT subject FROM audit WHERE chain = $1 AND row_no > $2)";
const RAISE_EPOCH: &str = "UPDATE sitting SET epoch = $3, phase = CASE WHEN phase = 'expected' THEN 'present' ELSE phase END \
    WHERE session_id = $1 AND id = $2 AND epoch = $3 - 1";
const LOG_IN: &str =
    "INSERT INTO sitting_login (token_hash, session_id, sitting_id, epoch, at_ms) VALUES ($1, $2, $3, $4, $5)";
const LOGINS: &str = "SELECT token_hash, sitting_id, epoch FROM sitting_login WHERE session_id = $1";
const SESSION_OF_LOGIN: &str = "SELECT session_id FROM sitting_login WHERE token_hash = $1";
const COUNTS: &str = "SELECT room_id, COUNT(*), COUNT(CASE WHEN phase <> 'absent' THEN 1 END) FROM sitting \
    WHERE session_id = $1 GROUP BY room_id";
const LOGINS_SINCE: &str = "SELECT token_hash, sitting_id, epoch FROM sitting_login \
    WHERE session_id = $1 AND sitting_id IN (SELECT subject FROM audit WHERE chain = $1 AND row_no > $2)";
const SET_FLAGS: &str =
    "UPDATE sitting SET confirmed = $3, accepted = $4 WHERE session_id = $1 AND id = $2 AND phase = 'present'";
const START: &str = "UPDATE sitting SET phase = 'writing', started_clock_ms = $3, started_at_ms = $4 \
    WHERE session_id = $1 AND id = $2 AND phase = 'present' AND confirmed AND accepted";
const CLOSE: &str = "UPDATE sitting SET phase = 'closed', closed_by = $3, closed_clock_ms = $4, closed_at_ms = $5, \
    responses_digest = $6 WHERE session_id = $1 AND id = $2 AND phase = 'writing'";
const SET_ABSENT: &str =
    "UPDATE sitting SET phase = 'absent' WHERE session_id = $1 AND id = $2 AND phase IN ('expected', 'present')";
const MOVE_TO: &str = "UPDATE sitting SET seat = $3 WHERE session_id = $1 AND id = $2";
const GRANT: &str = "INSERT INTO ledger (session_id, sitting_id, row_no, grant_ms, cause, reason, actor, approved_by, clock_ms, \
    at_ms, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const LEDGER: &str = "SELECT sitting_id, row_no, grant_ms, cause, reason, actor, approved_by, clock_ms, at_ms, hash FROM ledger \
    WHERE session_id = $1 ORDER BY sitting_id, row_no";
const LEDGER_SINCE: &str = "SELECT sitting_id, row_no, grant_ms, cause, reason, actor, approved_by, clock_ms, at_ms, hash \
    FROM ledger WHERE session_id = $1 AND sitting_id IN (SELECT subject FROM audit WHERE chain = $1 AND row_no > $2) \
    ORDER BY sitting_id, row_no";
const WRITING: &str = "SELECT COUNT(*) FROM sitting WHERE session_id = $1 AND phase = 'writing'";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    INSERT,
    OF_SESSION,
    CHANGED_SINCE,
    RAISE_EPOCH,
    LOG_IN,
    LOGINS,
    SESSION_OF_LOGIN,
    COUNTS,
    LOGINS_SINCE,
    SET_FLAGS,
    START,
    CLOSE,
    SET_ABSENT,
    MOVE_TO,
    GRANT,
    LEDGER,
    LEDGER_SINCE,
    WRITING,
];
