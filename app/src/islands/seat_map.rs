//! The proctor's seat map: what moves on the page, asked for every two seconds. When the answers stop, the map says so
//! loudly instead of showing an old truth.

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{Words, seam, web, word_list};
use crate::wire::{RoomWire, SeatState, TileWire};

const POLL_MS: u32 = 2_000;
const STALE_MS: f64 = 6_000.0;
const SORT: &str = "kaochang.seats";

word_list! {
    /// What the seat map says.
    SeatWord { Needs, Front, ByNeed, AsRoom, Stale, Changed, Reload, Seats, LeftPage, TimeLeft, Hand, }
}

/// The map. `room` is the room's address, `selected` the opened sitting.
#[island]
pub fn SeatMap(live: RoomWire, room: String, columns: u32, selected: String, words: Words) -> impl IntoView {
    let words = StoredValue::new(words);
    let word = move |word: SeatWord| words.with_value(|words| words.at(word as usize));
    let shape = live.shape.clone();
    let live = RwSignal::new(live);
    let stale = RwSignal::new(false);
    let by_need = RwSignal::new(false);
    let hydrated = RwSignal::new(false);
    let address = StoredValue::new(room);
    let selected = StoredValue::new(selected);
    let heard_at_ms = StoredValue::new(0.0);
    Effect::new(move || {
        hydrated.set(true);
        by_need.set(web::stored(SORT).is_some_and(|kept| kept == "need"));
        heard_at_ms.set_value(web::now_ms());
        poll(address, live, stale, heard_at_ms);
    });
    let changed = Memo::new(move |_| live.with(|live| live.shape != shape));
    seam(view! {
        <div class="seats" class:stale=move || stale.get()>
            {head(live)}
            <div role="alert">
                {move || stale.get().then(|| view! { <p class="banner bad">{word(SeatWord::Stale)}</p> })}
            </div>
            <div role="status">
                {move || changed.get().then(|| view! {
                    <p class="banner info">{word(SeatWord::Changed)}" "<a href=address.get_value()>{word(SeatWord::Reload)}</a></p>
                })}
            </div>
            <div role="status">
                {move || {
                    let text = live.with(|live| live.pause_text.clone());
                    (!text.is_empty()).then(|| view! { <p class="banner warn num">{text}</p> })
                }}
            </div>
            {needs(live, words)}
            <div class="map-head">
                <p class="front">{word(SeatWord::Front)}</p>
                {move || hydrated.get().then(|| view! {
                    <button type="button" class="quiet small" on:click=move |_| {
                        by_need.update(|by_need| *by_need = !*by_need);
                        web::keep(SORT, if by_need.get_untracked() { "need" } else { "room" });
                    }>{move || word(if by_need.get() { SeatWord::AsRoom } else { SeatWord::ByNeed })}</button>
                })}
            </div>
            <ul class=["tiles cols-", &columns.clamp(1, 12).to_string()].concat() aria-label=word(SeatWord::Seats)>
                {move || {
                    let tiles = live.with(|live| live.tiles.clone());
                    let tiles = if by_need.get() { sorted(&tiles) } else { tiles };
                    tiles.into_iter().map(|tile| tile_view(tile, address, selected, words)).collect_view()
                }}
            </ul>
        </div>
    })
}

/// Clock, counters, and proctors present against required.
fn head(live: RwSignal<RoomWire>) -> impl IntoView + use<> {
    seam(view! {
        <div class="counts num">
            {move || live.with(|live| live.counts.clone()).into_iter().map(|(label, n)| view! { <div>{label}<b>{n}</b></div> }).collect_view()}
            <p class="present" class:bad=move || live.with(|live| !live.proctors_enough)>{move || live.with(|live| live.proctors_text.clone())}</p>
            <p class="wall num">{move || live.with(|live| live.clock_text.clone())}</p>
        </div>
        <div role="alert">
            {move || live.with(|live| !live.proctors_enough).then(|| view! { <p class="banner bad">{live.with(|live| live.proctors_text.clone())}</p> })}
        </div>
    })
}

fn needs(live: RwSignal<RoomWire>, words: StoredValue<Words>) -> impl IntoView + use<> {
    seam(view! {
        <div class="needs" role="status">
            {move || {
                let needs = live.with(|live| live.needs.clone());
                (!needs.is_empty()).then(|| view! {
                    <div class="banner warn">
                        <b>{words.with_value(|words| words.with(SeatWord::Needs as usize, &needs.len().to_string()))}</b>
                        <ul>{needs.into_iter().map(|need| view! { <li>{need}</li> }).collect_view()}</ul>
                    </div>
                })
            }}
        </div>
    })
}

const URGENCY_MAX: u8 = 6;

/// Who needs the proctor first.
const fn urgency(tile: &TileWire) -> u8 {
    match tile.state {
        _ if tile.hand_raised => 0,
        SeatState::Offline => 1,
        SeatState::Waiting => 2,
        SeatState::NotArrived => 3,
        SeatState::Writing => 4,
        SeatState::HandedIn => 5,
        SeatState::Absent => 6,
    }
}

/// The most urgent first, and by seat among equals.
fn sorted(tiles: &[TileWire]) -> Vec<TileWire> {
    (0..=URGENCY_MAX).flat_map(|urgent| tiles.iter().filter(move |tile| urgency(tile) == urgent)).cloned().collect()
}

const fn class_of(tile: &TileWire) -> &'static str {
    match tile.state {
        _ if tile.hand_raised => "tile hand",
        SeatState::Offline => "tile off",
        SeatState::Waiting => "tile ready",
        SeatState::NotArrived => "tile none",
        SeatState::Writing => "tile go",
        SeatState::HandedIn => "tile in",
        SeatState::Absent => "tile gone",
    }
}

/// Its own shape for each state, never colour alone.
const fn icon_of(tile: &TileWire) -> &'static str {
    match tile.state {
        _ if tile.hand_raised => "▲",
        SeatState::Offline => "✕",
        SeatState::Waiting => "◐",
        SeatState::NotArrived => "○",
        SeatState::Writing => "●",
        SeatState::HandedIn => "✓",
        SeatState::Absent => "—",
    }
}

fn tile_view(
    tile: TileWire,
    room: StoredValue<String>,
    selected: StoredValue<String>,
    words: StoredValue<Words>,
) -> impl IntoView + use<> {
    let is_selected = selected.with_value(|selected| *selected == tile.sitting);
    let (class, icon) = (class_of(&tile), icon_of(&tile));
    let seat = if tile.seat < 10 { ["0", &tile.seat.to_string()].concat() } else { tile.seat.to_string() };
    let left = (tile.left_page > 0)
        .then(|| words.with_value(|words| words.with(SeatWord::LeftPage as usize, &tile.left_page.to_string())));
    let remaining = (!tile.remaining_text.is_empty())
        .then(|| (words.with_value(|words| words.at(SeatWord::TimeLeft as usize)), tile.remaining_text));
    let hand = tile.hand_raised.then(|| words.with_value(|words| words.at(SeatWord::Hand as usize)));
    seam(view! {
        <li>
            <a class=class class:sel=is_selected aria-current=is_selected.then_some("true")
                href=room.with_value(|room| [room.as_str(), "?sitting=", &tile.sitting, "#sitting"].concat())>
                <span class="r num"><span>{seat}</span><span class="away">{left}</span><span>{tile.answered_text}</span></span>
                <span class="r"><span class="n">{tile.name}</span>{remaining.map(|(label, left)| view! {
                    <span class="num time"><span class="vh">{label}</span>{left}</span>
                })}</span>
                <span class="r"><span class="st"><i aria-hidden="true">{icon}</i>{hand}{tile.state_text}</span><span class="num saved">{tile.saved_text}</span></span>
                <svg class="p" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                    <rect class="rail" width="100" height="4"/>
                    <rect class="done" width=tile.answered_percent height="4"/>
                </svg>
            </a>
        </li>
    })
}

fn poll(address: StoredValue<String>, live: RwSignal<RoomWire>, stale: RwSignal<bool>, heard_at_ms: StoredValue<f64>) {
    spawn_local(async move {
        let reply = web::get(&(address.get_value() + "/live"), 4000).await.filter(|reply| reply.status == 200);
        if let Some(wire) = reply.and_then(|reply| serde_json::from_str::<RoomWire>(&reply.text).ok()) {
            heard_at_ms.set_value(web::now_ms());
            if live.with_untracked(|live| *live != wire) {
                live.set(wire);
            }
        }
        let old = web::now_ms() - heard_at_ms.get_value() > STALE_MS;
        if stale.get_untracked() != old {
            stale.set(old);
        }
        web::after(web::jittered(POLL_MS), move || poll(address, live, stale, heard_at_ms));
    });
}
