//! How answers reach the server: an outbox, kept in memory and in the browser's storage until acknowledged, sent one request
//! at a time and again until it arrives. A change is shown as saved only after the server has said so.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use super::{
    ExamWord, clock,
    room::{Link, Lock, Room, index_of, letters_of},
};
use crate::{
    islands::web::{self, Reply},
    wire::{ChangeWire, ExamWire, SaveRefusal, SaveRefusalCode, SaveReply, SaveRequest},
};

const ADDRESS: &str = "/exam/changes";
const TIMEOUT_MS: u32 = 4_000;
const HEARTBEAT_MS: u32 = 5_000;
const BACK_OFF_MS_MIN: u32 = 500;
const BACK_OFF_MS_MAX: u32 = 8_000;
/// Changes of one request.
const BATCH: usize = 50;

/// What is under way.
#[derive(Debug)]
pub struct Sync {
    kept: Kept,
    next_seq: i64,
    in_flight: bool,
    /// Only the timer that was set last may fire.
    timer: u32,
    back_off_ms: u32,
    left_page: u32,
    stopped: bool,
    /// Names this tab among those of the same browser.
    tab: String,
    pub(super) remaining_ms: i64,
    pub(super) rebased_at_ms: f64,
    /// Reminders still to come.
    pub(super) reminders_ms: Vec<i64>,
}

/// The outbox as the browser's storage keeps it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    epoch: i64,
    /// The first sequence number that the server has not acknowledged.
    base: i64,
    /// At most one change for each position, ascending by sequence.
    changes: Vec<ChangeWire>,
}

impl Sync {
    pub fn new(exam: &ExamWire) -> Self {
        Self {
            kept: Kept { epoch: exam.epoch, base: exam.next_seq, changes: Vec::new() },
            next_seq: exam.next_seq,
            in_flight: false,
            timer: 0,
            back_off_ms: BACK_OFF_MS_MIN,
            left_page: 0,
            stopped: false,
            tab: String::new(),
            remaining_ms: exam.remaining_ms,
            rebased_at_ms: 0.0,
            reminders_ms: exam.reminders_ms.clone(),
        }
    }
}

pub(super) fn start(room: Room) {
    room.sync().update_value(|sync| sync.tab = web::token());
    restore(room);
    claim_tab(room);
    _ = window_event_listener(leptos::ev::online, move |_| soon(room));
    _ = window_event_listener(leptos::ev::offline, move |_| room.link().set(Link::Offline));
    _ = window_event_listener(leptos::ev::visibilitychange, move |_| {
        if document().hidden() {
            room.sync().update_value(|sync| sync.left_page = sync.left_page.saturating_add(1));
        }
    });
    pump(room);
}

/// Takes up what an earlier page of this browser could not send.
fn restore(room: Room) {
    let Some(kept) = web::stored(&key(room)).and_then(|text| serde_json::from_str::<Kept>(&text).ok()) else { return };
    if !room.paper().with_value(|paper| is_ours(&kept, paper)) {
        return;
    }
    for change in kept.changes {
        let index = index_of(change.position);
        if index >= room.count() as usize {
            continue;
        }
        let cell = room.cell(index);
        cell.chosen.set(super::room::mask_of(&change.response));
        cell.flagged.set(change.flagged);
        cell.waiting.set(true);
        room.sync().update_value(|sync| {
            sync.next_seq = sync.next_seq.max(change.seq + 1);
            sync.kept.changes.push(change);
        });
    }
}

/// Of the same login, or of an earlier one after which the server has heard of nothing (or only of what was kept): then no
/// other machine can have answered since.
fn is_ours(kept: &Kept, paper: &ExamWire) -> bool {
    let last = paper.answers.iter().max_by_key(|answer| answer.seq);
    kept.epoch == paper.epoch
        || kept.base == paper.next_seq
        || last.is_some_and(|last| {
            let same = |change: &ChangeWire| {
                change.seq == last.seq && change.position == last.position && change.response == last.response
            };
            kept.changes.iter().any(same)
        })
}

/// The newest tab wins; an older one hears of it and stops.
fn claim_tab(room: Room) {
    let name = key(room) + ".tab";
    room.sync().with_value(|sync| web::keep(&name, &sync.tab));
    _ = window_event_listener(leptos::ev::storage, move |event| {
        let event: web_sys::StorageEvent = event.unchecked_into();
        let taken = event.key().is_some_and(|key| key == name)
            && event.new_value().is_some_and(|tab| room.sync().with_value(|sync| sync.tab != tab));
        if taken {
            stop(room, Lock::OtherTab);
        }
    });
}

fn key(room: Room) -> String {
    room.paper().with_value(|paper| ["kaochang.outbox.", &paper.sitting].concat())
}

fn persist(room: Room) {
    let key = key(room);
    room.sync().with_value(|sync| {
        if sync.kept.changes.is_empty() {
            web::forget(&key);
        } else if let Ok(text) = serde_json::to_string(&sync.kept) {
            web::keep(&key, &text);
        }
    });
}

/// How many questions have a change that the server has not acknowledged.
pub(super) fn unsent(room: Room) -> usize {
    room.sync().with_value(|sync| sync.kept.changes.len())
}

/// A question was answered or flagged.
pub(super) fn change(room: Room, index: usize) {
    let cell = room.cell(index);
    let Some(position) = room.paper().with_value(|paper| paper.items.get(index).map(|item| item.position)) else {
        return;
    };
    let (response, flagged) = (letters_of(cell.chosen.get_untracked()), cell.flagged.get_untracked());
    room.sync().update_value(|sync| {
        let seq = sync.next_seq;
        sync.next_seq += 1;
        sync.kept.changes.retain(|change| change.position != position);
        sync.kept.changes.push(ChangeWire { seq, position, response, flagged });
    });
    cell.waiting.set(true);
    persist(room);
    // While the server can't be reached, the back-off decides when; each selection would otherwise hammer it.
    if room.link().get_untracked() != Link::Offline {
        pump(room);
    }
}

/// Asks the server now, whatever the back-off says.
pub(super) fn soon(room: Room) {
    room.sync().update_value(|sync| sync.back_off_ms = BACK_OFF_MS_MIN);
    pump(room);
}

fn schedule(room: Room, ms: u32) {
    let Some(timer) = room.sync().try_update_value(|sync| {
        sync.timer = sync.timer.wrapping_add(1);
        sync.timer
    }) else {
        return;
    };
    web::after(ms, move || {
        if room.sync().with_value(|sync| sync.timer == timer) {
            pump(room);
        }
    });
}

/// Sends what waits, or a heartbeat.
fn pump(room: Room) {
    let request = room.sync().try_update_value(|sync| {
        if sync.stopped || sync.in_flight {
            return None;
        }
        sync.in_flight = true;
        sync.timer = sync.timer.wrapping_add(1);
        let changes = sync.kept.changes.iter().take(BATCH).cloned().collect();
        Some(SaveRequest { epoch: room.paper().with_value(|paper| paper.epoch), changes, left_page: sync.left_page })
    });
    let Some(request) = request.flatten() else { return };
    let sent = request.changes.last().map_or(0, |change| change.seq);
    if sent > 0 && room.link().get_untracked() == Link::Saved {
        room.link().set(Link::Saving);
    }
    let Ok(body) = serde_json::to_string(&request) else { return };
    spawn_local(async move {
        let reply = web::post_json(ADDRESS, &body, TIMEOUT_MS).await;
        room.sync().update_value(|sync| sync.in_flight = false);
        match reply {
            Some(Reply { status: 200, text, .. }) => match serde_json::from_str::<SaveReply>(&text) {
                Ok(reply) => saved(room, sent, &reply),
                Err(_) => failed(room),
            },
            Some(Reply { text, .. }) => match serde_json::from_str::<SaveRefusal>(&text) {
                Ok(refusal) => refused(room, sent, refusal),
                Err(_) => failed(room),
            },
            None => failed(room),
        }
    });
}

fn saved(room: Room, sent: i64, reply: &SaveReply) {
    let (waiting, empty) = room
        .sync()
        .try_update_value(|sync| {
            sync.back_off_ms = BACK_OFF_MS_MIN;
            sync.kept.base = sync.kept.base.max(sent + 1);
            let done: Vec<_> =
                sync.kept.changes.iter().filter(|change| change.seq <= sent).map(|change| change.position).collect();
            sync.kept.changes.retain(|change| change.seq > sent);
            for answer in &reply.superseded {
                sync.next_seq = sync.next_seq.max(answer.seq + 1);
            }
            (done, sync.kept.changes.is_empty())
        })
        .unwrap_or_default();
    persist(room);
    for position in waiting {
        room.cell(index_of(position)).waiting.set(false);
    }
    for answer in &reply.superseded {
        if !room.cell(index_of(answer.position)).waiting.get_untracked() {
            room.adopt(answer);
            room.notice().set(room.word_with(ExamWord::Superseded, &answer.position.to_string()));
        }
    }
    if room.hand().get_untracked() != reply.hand_raised {
        room.hand().set(reply.hand_raised);
    }
    if room.end_text().get_untracked() != reply.end_text {
        room.end_text().set(reply.end_text.clone());
    }
    if sent > 0 {
        room.saved_text().set(reply.saved_text.clone());
    }
    room.link().set(if empty { Link::Saved } else { Link::Saving });
    clock::rebase(room, reply.remaining_ms);
    if !empty {
        pump(room);
        return;
    }
    if room.hand_in_waits().get_untracked() {
        web::go("/exam/hand-in");
    }
    let over = room.lock().get_untracked() == Some(Lock::TimeUp);
    schedule(room, web::jittered(if over { 1_000 } else { HEARTBEAT_MS }));
}

fn failed(room: Room) {
    room.link().set(Link::Offline);
    let wait = room.sync().try_update_value(|sync| {
        let wait = sync.back_off_ms;
        sync.back_off_ms = (wait * 2).min(BACK_OFF_MS_MAX);
        wait
    });
    // Near the close every second counts.
    let most = if room.remaining_s().get_untracked() <= 10 { 1_000 } else { BACK_OFF_MS_MAX };
    schedule(room, web::jittered(wait.unwrap_or(BACK_OFF_MS_MAX).min(most)));
}

fn refused(room: Room, sent: i64, refusal: SaveRefusal) {
    match refusal.code {
        SaveRefusalCode::Busy => failed(room),
        SaveRefusalCode::Invalid => {
            // The same request would be refused for ever: the mark at the question stays, and the sentence says what to do.
            room.sync().update_value(|sync| sync.kept.changes.retain(|change| change.seq > sent));
            persist(room);
            room.notice().set(if refusal.message.is_empty() { room.word(ExamWord::Refused) } else { refusal.message });
            schedule(room, HEARTBEAT_MS);
        }
        SaveRefusalCode::Epoch => {
            room.lock_text().set(refusal.message);
            stop(room, Lock::Elsewhere);
        }
        SaveRefusalCode::SignedOut => {
            room.lock_text().set(refusal.message);
            stop(room, Lock::SignedOut);
        }
        SaveRefusalCode::Closed => {
            stop(room, Lock::Closed);
            room.sync().update_value(|sync| sync.kept.changes.clear());
            persist(room);
            web::forget(&(key(room) + ".tab"));
            to_receipt(room);
        }
    }
}

fn stop(room: Room, lock: Lock) {
    room.sync().update_value(|sync| {
        sync.stopped = true;
        sync.timer = sync.timer.wrapping_add(1);
    });
    room.hand_in_waits().set(false);
    room.lock().set(Some(lock));
}

/// The receipt is there once the server has closed the sitting; until then, and while it can't be reached, ask again.
fn to_receipt(room: Room) {
    spawn_local(async move {
        let reply = web::get("/receipt", TIMEOUT_MS).await;
        if reply.is_some_and(|reply| reply.status == 200 && reply.url.ends_with("/receipt")) {
            web::go("/receipt");
        } else {
            room.link().set(Link::Offline);
            web::after(web::jittered(1_500), move || to_receipt(room));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::AnswerWire;

    fn paper(epoch: i64, next_seq: i64, answers: Vec<AnswerWire>) -> ExamWire {
        ExamWire {
            sitting: "s".into(),
            epoch,
            blocks: Vec::new(),
            items: Vec::new(),
            answers,
            current: 1,
            all: false,
            remaining_ms: 1,
            end_text: String::new(),
            hand_in_after_ms: 0,
            reminders_ms: Vec::new(),
            next_seq,
            hand_raised: false,
        }
    }

    fn kept(epoch: i64, base: i64, seq: i64) -> Kept {
        Kept { epoch, base, changes: vec![ChangeWire { seq, position: 2, response: "B".into(), flagged: false }] }
    }

    #[test]
    fn an_outbox_of_the_same_login_is_taken_up() {
        assert!(is_ours(&kept(3, 5, 5), &paper(3, 9, Vec::new())));
    }

    #[test]
    fn an_outbox_of_an_earlier_login_is_taken_up_when_nothing_came_between() {
        assert!(is_ours(&kept(2, 5, 7), &paper(3, 5, Vec::new())));
        let lost_acknowledgement = AnswerWire { position: 2, response: "B".into(), flagged: false, seq: 5 };
        assert!(is_ours(&kept(2, 5, 5), &paper(3, 6, vec![lost_acknowledgement])));
    }

    #[test]
    fn an_outbox_is_left_alone_when_another_machine_has_answered_since() {
        let newer = AnswerWire { position: 1, response: "A".into(), flagged: false, seq: 5 };
        assert!(!is_ours(&kept(2, 5, 5), &paper(3, 6, vec![newer])));
    }
}
