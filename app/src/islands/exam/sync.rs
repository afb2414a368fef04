//! How answers reach the server: an outbox, kept in memory and in the browser's storage until acknowledged, sent one request
//! at a time and again until it arrives. A change is shown as saved only after the server has said so.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

use super::{
    ExamWord, clock,
    room::{Link, Lock, Room, index_of, letters_of},
};
use crate::{
    islands::web::{self, Reply},
    outbox::{HEARTBEAT_MS, HEARTBEAT_OVER_MS, HEARTBEAT_PAUSED_MS, Kept, Outbox, Refused, Saved, Storage, TIMEOUT_MS},
    wire::{ExamWire, SaveRefusal, SaveRefusalCode, SaveReply, SaveRequest},
};

const ADDRESS: &str = "/exam/changes";

/// What is under way.
#[derive(Debug)]
pub struct Sync {
    outbox: Outbox,
    /// Only the timer that was set last may fire.
    timer: u32,
    left_page: u32,
    /// Names this tab among those of the same browser.
    tab: String,
    pub(super) remaining_ms: i64,
    /// The room stands still, and the time left with it.
    pub(super) paused: bool,
    pub(super) rebased_at_ms: f64,
    /// Reminders still to come.
    pub(super) reminders_ms: Vec<i64>,
}

impl Sync {
    pub fn new(exam: &ExamWire) -> Self {
        Self {
            outbox: Outbox::new(exam),
            timer: 0,
            left_page: 0,
            tab: String::new(),
            remaining_ms: exam.remaining_ms,
            paused: false,
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
    let taken = room
        .paper()
        .with_value(|paper| room.sync().try_update_value(|sync| sync.outbox.take_up(kept, paper)).unwrap_or_default());
    for change in taken {
        let cell = room.cell(index_of(change.position));
        cell.chosen.set(super::room::mask_of(&change.response));
        cell.flagged.set(change.flagged);
        cell.waiting.set(true);
    }
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
    room.sync().with_value(|sync| match sync.outbox.storage() {
        Storage::Leave => {}
        Storage::Forget => web::forget(&key),
        Storage::Keep(kept) => {
            if let Ok(text) = serde_json::to_string(kept) {
                web::keep(&key, &text);
            }
        }
    });
}

/// How many questions have a change that the server has not acknowledged.
pub(super) fn unsent(room: Room) -> usize {
    room.sync().with_value(|sync| sync.outbox.unsent())
}

/// A question was answered or flagged.
pub(super) fn change(room: Room, index: usize) {
    let cell = room.cell(index);
    let Some(position) = room.paper().with_value(|paper| paper.items.get(index).map(|item| item.position)) else {
        return;
    };
    let (response, flagged) = (letters_of(cell.chosen.get_untracked()), cell.flagged.get_untracked());
    room.sync().update_value(|sync| sync.outbox.change(position, response, flagged));
    cell.waiting.set(true);
    persist(room);
    // While the server can't be reached, the back-off decides when; each selection would otherwise hammer it.
    if room.link().get_untracked() != Link::Offline {
        pump(room);
    }
}

/// Asks the server now, whatever the back-off says.
pub(super) fn soon(room: Room) {
    room.sync().update_value(|sync| sync.outbox.hurry());
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
        let (epoch, changes) = sync.outbox.request()?;
        sync.timer = sync.timer.wrapping_add(1);
        Some(SaveRequest { epoch, changes, left_page: sync.left_page })
    });
    let Some(request) = request.flatten() else { return };
    if !request.changes.is_empty() {
        persist(room);
    }
    if !request.changes.is_empty() && room.link().get_untracked() == Link::Saved {
        room.link().set(Link::Saving);
    }
    let Ok(body) = serde_json::to_string(&request) else { return };
    spawn_local(async move {
        match web::post_json(ADDRESS, &body, TIMEOUT_MS).await {
            Some(Reply { status: 200, text, .. }) => match serde_json::from_str::<SaveReply>(&text) {
                Ok(reply) => saved(room, &reply),
                Err(_) => failed(room),
            },
            Some(Reply { text, .. }) => match serde_json::from_str::<SaveRefusal>(&text) {
                Ok(refusal) => refused(room, refusal),
                Err(_) => failed(room),
            },
            None => failed(room),
        }
    });
}

fn saved(room: Room, reply: &SaveReply) {
    let Saved { positions, changes, more } =
        room.sync().try_update_value(|sync| sync.outbox.saved(reply)).unwrap_or_default();
    persist(room);
    for position in positions {
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
    if room.voided().get_untracked() != reply.voided {
        let told = room.voided().get_untracked();
        let new = reply.voided.iter().find(|position| !told.contains(position)).copied();
        room.voided().set(reply.voided.clone());
        if let Some(position) = new {
            room.notice().set(room.word_with(ExamWord::VoidedNow, &position.to_string()));
        }
    }
    if room.end_text().get_untracked() != reply.end_text {
        room.end_text().set(reply.end_text.clone());
    }
    if changes {
        room.saved_text().set(reply.saved_text.clone());
    }
    room.link().set(if more { Link::Saving } else { Link::Saved });
    stand_still(room, reply);
    if more {
        pump(room);
        return;
    }
    if room.hand_in_waits().get_untracked() {
        web::go("/exam/hand-in");
    }
    let wait_ms = match room.lock().get_untracked() {
        Some(Lock::TimeUp) => HEARTBEAT_OVER_MS,
        Some(Lock::Paused) => HEARTBEAT_PAUSED_MS,
        _ => HEARTBEAT_MS,
    };
    schedule(room, web::jittered(wait_ms));
}

/// The time left, and whether it runs: a room that stands still covers its questions until it goes on.
fn stand_still(room: Room, reply: &SaveReply) {
    room.sync().update_value(|sync| sync.paused = reply.paused);
    let was = room.lock().get_untracked() == Some(Lock::Paused);
    if was && !reply.paused {
        room.lock().set(None);
        web::focus_soon(["q-", &room.current().get_untracked().to_string()].concat());
    }
    clock::rebase(room, reply.remaining_ms);
    if reply.paused && room.lock().get_untracked().is_none() {
        room.hand_in_waits().set(false);
        room.lock().set(Some(Lock::Paused));
    }
}

fn failed(room: Room) {
    room.link().set(Link::Offline);
    let remaining_s = room.remaining_s().get_untracked();
    if let Some(wait_ms) = room.sync().try_update_value(|sync| sync.outbox.failed(remaining_s)) {
        schedule(room, web::jittered(wait_ms));
    }
}

fn refused(room: Room, refusal: SaveRefusal) {
    let Some(meaning) = room.sync().try_update_value(|sync| sync.outbox.refused(refusal.code)) else { return };
    match meaning {
        Refused::Again => failed(room),
        Refused::GivenUp => {
            // The mark at the question stays, and the sentence says what to do.
            persist(room);
            room.notice().set(if refusal.message.is_empty() { room.word(ExamWord::Refused) } else { refusal.message });
            schedule(room, HEARTBEAT_MS);
        }
        Refused::Stopped => {
            room.lock_text().set(refusal.message);
            let elsewhere = refusal.code == SaveRefusalCode::Epoch;
            stop(room, if elsewhere { Lock::Elsewhere } else { Lock::SignedOut });
        }
        Refused::Closed => {
            stop(room, Lock::Closed);
            persist(room);
            web::forget(&(key(room) + ".tab"));
            to_receipt(room);
        }
    }
}

fn stop(room: Room, lock: Lock) {
    room.sync().update_value(|sync| {
        sync.outbox.stop();
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
