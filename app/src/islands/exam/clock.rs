//! The time left, for the eyes: re-based on every answer of the server, counted by the browser's monotonic clock, so that a
//! change of the wall clock does not show. At 0 the page stops taking answers; the server alone closes the sitting.

use std::time::Duration;

use leptos::prelude::*;

use super::{
    ExamWord,
    room::{Lock, Room},
    sync,
};
use crate::islands::{seconds_up, web};

const TICK: Duration = Duration::from_millis(250);

pub(super) fn start(room: Room) {
    let remaining_ms = room.paper().with_value(|paper| paper.remaining_ms);
    room.sync().update_value(|sync| sync.reminders_ms.retain(|reminder| *reminder < remaining_ms));
    set_interval(move || tick(room), TICK);
}

/// The server has said how much is left.
pub(super) fn rebase(room: Room, remaining_ms: i64) {
    room.sync().update_value(|sync| {
        sync.remaining_ms = remaining_ms;
        sync.rebased_at_ms = web::now_ms();
    });
    if remaining_ms > 0 && room.lock().get_untracked() == Some(Lock::TimeUp) {
        // Time was granted after the page thought it was over.
        room.lock().set(None);
    }
    tick(room);
}

#[expect(clippy::cast_possible_truncation, reason = "milliseconds since the page was made")]
fn tick(room: Room) {
    let (left_ms, reminder) = room
        .sync()
        .try_update_value(|sync| {
            let gone_ms = if sync.paused { 0 } else { (web::now_ms() - sync.rebased_at_ms) as i64 };
            let left_ms = sync.remaining_ms - gone_ms;
            let due = sync.reminders_ms.iter().copied().filter(|reminder| left_ms <= *reminder).min();
            if let Some(due) = due {
                sync.reminders_ms.retain(|reminder| *reminder < due);
            }
            (left_ms, due)
        })
        .unwrap_or_default();
    let seconds = seconds_up(left_ms);
    if room.remaining_s().get_untracked() != seconds {
        room.remaining_s().set(seconds);
    }
    if let Some(reminder) = reminder.filter(|_| left_ms > 0) {
        room.notice().set(room.word_with(ExamWord::Reminder, &(reminder / 60_000).to_string()));
    }
    if left_ms <= 0 && room.lock().get_untracked().is_none() {
        room.lock().set(Some(Lock::TimeUp));
        sync::soon(room);
    }
}
