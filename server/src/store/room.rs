//! Rooms, their seats, and the proctors' presence.

use super::{StoreError, Tx, execute, fetch_all, on_either};

/// A room.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RoomRow {
    /// `UUIDv7`.
    pub id: String,
    /// 第 n 考场.
    pub number: i64,
    /// Seats in a row of the map.
    pub columns: i64,
    /// [`delivery::room::RoomState::code`].
    pub state: String,
    /// On the exam clock.
    pub opened_clock_ms: Option<i64>,
    /// Wall time.
    pub opened_at_ms: Option<i64>,
    /// Wall time.
    pub ended_at_ms: Option<i64>,
}

/// A seat and the machine enrolled as it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct SeatRow {
    /// Its room.
    pub room_id: String,
    /// 机位号.
    pub number: i64,
    /// What the office types or opens on the machine to enrol it.
    pub code: String,
    /// Hash of the token that the machine's browser keeps.
    pub token_hash: Option<String>,
}

/// A proctor's stay.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PresenceRow {
    /// The room.
    pub room_id: String,
    /// Login of the account.
    pub login: String,
    /// Name of the person.
    pub name: String,
    /// 签到.
    pub in_at_ms: i64,
    /// 离开.
    pub out_at_ms: Option<i64>,
}

/// A pause of a room.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PauseRow {
    /// The room.
    pub room_id: String,
    /// From 1.
    pub number: i64,
    /// Why.
    pub reason: String,
    /// Login of whoever stopped it.
    pub paused_by: String,
    /// On the exam clock.
    pub since_clock_ms: i64,
    /// Wall time.
    pub since_at_ms: i64,
    /// Login of whoever let it go on, or ended it.
    pub ended_by: Option<String>,
    /// On the exam clock.
    pub until_clock_ms: Option<i64>,
    /// Wall time.
    pub until_at_ms: Option<i64>,
}

/// Keeps a new room.
pub async fn insert(tx: &mut Tx, session_id: &str, room: &RoomRow) -> Result<(), StoreError> {
    execute!(tx, INSERT, rows = 1, session_id, &room.id, room.number, room.columns, &room.state)
}

/// Keeps a new seat.
pub async fn insert_seat(tx: &mut Tx, session_id: &str, seat: &SeatRow) -> Result<(), StoreError> {
    execute!(tx, INSERT_SEAT, rows = 1, session_id, &seat.room_id, seat.number, &seat.code)
}

/// Rooms of a session, by number.
pub async fn of_session(tx: &mut Tx, session_id: &str) -> Result<Vec<RoomRow>, StoreError> {
    Ok(fetch_all!(tx, OF_SESSION, session_id))
}

/// Seats of a session, by number.
pub async fn seats(tx: &mut Tx, session_id: &str) -> Result<Vec<SeatRow>, StoreError> {
    Ok(fetch_all!(tx, SEATS, session_id))
}

/// Binds a machine to a seat; the machine enrolled before is no longer it.
pub async fn enrol(tx: &mut Tx, code: &str, token_hash: &str, at_ms: i64) -> Result<(), StoreError> {
    execute!(tx, ENROL, rows = 1, code, token_hash, at_ms)
}

/// Opens a room that was being prepared.
pub async fn open(tx: &mut Tx, session_id: &str, room_id: &str, clock_ms: i64, at_ms: i64) -> Result<(), StoreError> {
    execute!(tx, OPEN, rows = 1, session_id, room_id, clock_ms, at_ms)
}

/// Ends a room that was open.
pub async fn end(tx: &mut Tx, session_id: &str, room_id: &str, at_ms: i64) -> Result<(), StoreError> {
    execute!(tx, END, rows = 1, session_id, room_id, at_ms)
}

/// An open room stands still, which it does not yet.
pub async fn pause(tx: &mut Tx, session_id: &str, pause: &PauseRow) -> Result<(), StoreError> {
    let PauseRow { room_id, number, reason, paused_by, since_clock_ms, since_at_ms, .. } = pause;
    execute!(tx, PAUSE, rows = 1, session_id, room_id, number, reason, paused_by, since_clock_ms, since_at_ms)
}

/// It goes on, or its exam is over.
pub async fn end_pause(
    tx: &mut Tx,
    session_id: &str,
    room_id: &str,
    ended_by: &str,
    until_clock_ms: i64,
    until_at_ms: i64,
) -> Result<(), StoreError> {
    execute!(tx, END_PAUSE, rows = 1, session_id, room_id, ended_by, until_clock_ms, until_at_ms)
}

/// Every pause of every room of a session, in order.
pub async fn pauses(tx: &mut Tx, session_id: &str) -> Result<Vec<PauseRow>, StoreError> {
    Ok(fetch_all!(tx, PAUSES, session_id))
}

/// A proctor checks in.
pub async fn check_in(
    tx: &mut Tx,
    session_id: &str,
    room_id: &str,
    account_id: &str,
    at_ms: i64,
) -> Result<(), StoreError> {
    execute!(tx, CHECK_IN, rows = 1, session_id, room_id, account_id, at_ms)
}

/// A proctor leaves.
pub async fn check_out(
    tx: &mut Tx,
    session_id: &str,
    room_id: &str,
    login: &str,
    at_ms: i64,
) -> Result<(), StoreError> {
    execute!(tx, CHECK_OUT, rows = 1, session_id, room_id, login, at_ms)
}

/// Every stay of every proctor in a session's rooms, in order.
pub async fn presences(tx: &mut Tx, session_id: &str) -> Result<Vec<PresenceRow>, StoreError> {
    Ok(fetch_all!(tx, PRESENCES, session_id))
}

/// Counts rooms that have not ended.
pub async fn not_ended(tx: &mut Tx, session_id: &str) -> Result<i64, StoreError> {
    let (count,): (i64,) = on_either!(tx, |conn| sqlx::query_as(NOT_ENDED).bind(session_id).fetch_one(conn).await?);
    Ok(count)
}

const INSERT: &str = "INSERT INTO room (session_id, id, number, columns, state) VALUES ($1, $2, $3, $4, $5)";
const INSERT_SEAT: &str = "INSERT INTO seat (session_id, room_id, number, code) VALUES ($1, $2, $3, $4)";
const OF_SESSION: &str = "SELECT id, number, columns, state, opened_clock_ms, opened_at_ms, ended_at_ms FROM room \
    WHERE session_id = $1 ORDER BY number";
const SEATS: &str = "SELECT room_id, number, code, token_hash FROM seat WHERE session_id = $1 ORDER BY room_id, number";
const ENROL: &str = "UPDATE seat SET token_hash = $2, enrolled_at_ms = $3 WHERE code = $1";
const OPEN: &str = "UPDATE room SET state = 'open', opened_clock_ms = $3, opened_at_ms = $4 \
    WHERE session_id = $1 AND id = $2 AND state = 'preparing'";
const END: &str =
    "UPDATE room SET state = 'ended', ended_at_ms = $3 WHERE session_id = $1 AND id = $2 AND state = 'open'";
const PAUSE: &str = "INSERT INTO room_pause (session_id, room_id, number, reason, paused_by, since_clock_ms, since_at_ms) \
    SELECT session_id, id, CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS BIGINT), CAST($7 AS BIGINT) \
    FROM room r WHERE session_id = $1 AND id = $2 AND state = 'open' AND NOT EXISTS \
    (SELECT 1 FROM room_pause p WHERE p.session_id = $1 AND p.room_id = $2 AND p.until_clock_ms IS NULL)";
const END_PAUSE: &str = "UPDATE room_pause SET ended_by = $3, until_clock_ms = $4, until_at_ms = $5 \
    WHERE session_id = $1 AND room_id = $2 AND until_clock_ms IS NULL";
const PAUSES: &str = "SELECT room_id, number, reason, paused_by, since_clock_ms, since_at_ms, ended_by, until_clock_ms, until_at_ms \
    FROM room_pause WHERE session_id = $1 ORDER BY room_id, number";
const CHECK_IN: &str =
    "INSERT INTO proctor_presence (session_id, room_id, account_id, in_at_ms) VALUES ($1, $2, $3, $4)";
const CHECK_OUT: &str = "UPDATE proctor_presence SET out_at_ms = $4 WHERE session_id = $1 AND room_id = $2 \
    AND account_id = (SELECT id FROM account WHERE login = $3) AND out_at_ms IS NULL";
const PRESENCES: &str = "SELECT p.room_id, a.login, a.name, p.in_at_ms, p.out_at_ms FROM proctor_presence p \
    JOIN account a ON a.id = p.account_id WHERE p.session_id = $1 ORDER BY p.in_at_ms";
const NOT_ENDED: &str = "SELECT COUNT(*) FROM room WHERE session_id = $1 AND state <> 'ended'";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[
    INSERT,
    INSERT_SEAT,
    OF_SESSION,
    SEATS,
    ENROL,
    OPEN,
    END,
    PAUSE,
    END_PAUSE,
    PAUSES,
    CHECK_IN,
    CHECK_OUT,
    PRESENCES,
    NOT_ENDED,
];
