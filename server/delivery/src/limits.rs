//! Every limit of the exam room, and how they relate.

/// The default time after a deadline in which an answer under way still counts, milliseconds.
pub const ALLOWANCE_MS_DEFAULT: i64 = 2_000;
/// The most that a session may set for it, milliseconds.
pub const ALLOWANCE_MS_MAX: i64 = 10_000;
/// The exam clock's count is written to the store at least this often, milliseconds.
pub const CLOCK_FLUSH_MS: i64 = 1_000;
/// A gap between two ticks longer than this was an outage: the clock does not advance through it, milliseconds.
pub const CLOCK_STEP_MS_MAX: i64 = 3_000;
/// From the room's opening until the clocks of those who wait start, so that every page has turned by then, milliseconds.
pub const START_LEAD_MS_DEFAULT: i64 = 5_000;
/// Nothing was heard of a page with scripts for this long: it is offline, milliseconds. A page is heard every 4 to 6 s, and
/// the seat map asks every 2 s: the proctor sees it within 10 s.
pub const OFFLINE_AFTER_MS: i64 = 7_500;
/// A page with scripts of which nothing was heard for so long is a gap that is proposed to the proctor, milliseconds.
pub const GAP_PROPOSED_MS: i64 = 30_000;
/// So many silent together, and at least half of those who write, are one gap of the room.
pub const ROOM_GAP_SITTINGS_MIN: usize = 3;
/// The most minutes that one grant of time may give.
pub const GRANT_MINUTES_MAX: u32 = 60;
/// The most minutes that a proctor may grant alone; above it a second proctor confirms.
pub const GRANT_MINUTES_ALONE: u32 = 15;
/// The longest session, minutes.
pub const SESSION_MINUTES_MAX: u32 = 600;
/// The most questions that a paper may have.
pub const QUESTIONS_MAX: usize = 500;
/// The most changes that one request may carry: a paper answered and flagged offline, and room to spare.
pub const CHANGES_MAX: usize = 2 * QUESTIONS_MAX;
/// The highest sequence number that a change may bear; a forged one would otherwise shut out every later change.
pub const SEQ_MAX: i64 = 1_000_000;
/// How far ahead of the highest sequence known a change may be. An honest page rises by one with every click.
pub const SEQ_AHEAD_MAX: i64 = 20_000;
/// Requests after the close that are kept of one sitting. An honest page sends its outbox once or a few times; a page that
/// goes on for ever must not fill the disk.
pub const LATE_REQUESTS_MAX: u32 = 50;
/// The longest text a proctor may write as a reason or a note, characters.
pub const REASON_CHARS_MAX: usize = 500;

const _: () = assert!(ALLOWANCE_MS_DEFAULT <= ALLOWANCE_MS_MAX);
const _: () = assert!(CLOCK_FLUSH_MS < CLOCK_STEP_MS_MAX, "a late flush must not look like an outage");
const _: () = assert!(GRANT_MINUTES_ALONE <= GRANT_MINUTES_MAX);
const _: () = assert!(GAP_PROPOSED_MS > OFFLINE_AFTER_MS, "who is proposed was shown offline before");
const _: () = assert!(CHANGES_MAX >= QUESTIONS_MAX, "an offline paper must fit one request");
const _: () = assert!(SEQ_AHEAD_MAX < SEQ_MAX);
