//! How an exam is sat: session, room, sitting, exam clock and ledger as pure state machines.
//!
//! Nothing here waits, reads a clock, draws chance or knows a database: time and chance are arguments, and whoever calls
//! keeps what was decided. That is what makes a whole exam simulable.
//!
//! Two times, never mixed: `*_clock_ms` counts on the session's exam clock ([`clock::ExamClock`]) and decides everything;
//! `*_at_ms` is wall time, unix milliseconds, for display and the record.

#![warn(missing_docs)]

pub mod clock;
pub mod gap;
pub mod ledger;
pub mod limits;
pub mod pause;
pub mod room;
pub mod save;
pub mod session;
pub mod sitting;
