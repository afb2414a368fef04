//! The proctor's room 监考台, and its record 考场情况记录表.

use leptos::prelude::*;

use crate::{
    i18n::{self, age, t},
    islands::{
        Words, clock_text,
        seat_map::{SeatMap, SeatWord},
        seconds_up,
    },
    ui::{self, Frame},
    view::{EventRow, Lang, LedgerRowView, Page, PauseView, RoomState, RoomView, SittingDetail, TileView},
    wire::{RoomWire, SeatState, TileWire},
};

pub use record::record;

mod acts;
mod record;

/// `GET /rooms/{room}`
pub fn room(page: &Page, view: &RoomView) -> String {
    let lang = page.lang;
    let title = t!(lang, room::name, n = view.number);
    let frame = Frame {
        title: format!("{title} · {}", t!(lang, room::title)),
        purpose: Some(view.session.purpose),
        class: "staff room",
        island: true,
        reload_seconds: None,
    };
    ui::document(page, &frame, || {
        let selected = view.selected.as_ref().map(|detail| detail.tile.sitting.clone()).unwrap_or_default();
        let content = view! {
            <div class="room-head">
                <h1>{title}</h1>
                <p class="grow muted">{i18n::subject(&view.session, lang)}" · "{view.session.title.clone()}" · "<span class="num">{view.session.begins_text.clone()}</span></p>
                <span class="tag">{if view.pause.is_some() { t!(lang, state::room_paused) } else { i18n::room_state(view.state, lang) }}</span>
                {view.end_text.as_ref().map(|end| view! { <span class="num">{t!(lang, room::ends, end = end)}</span> })}
                <a class="button" href=format!("/rooms/{}", view.id)>{t!(lang, room::refresh)}</a>
                <a class="button" href=format!("/rooms/{}/record", view.id)>{t!(lang, record::title)}</a>
            </div>
            <div class="room-body">
                <div class="room-map">
                    <SeatMap live=live(view, lang) room=format!("/rooms/{}", view.id) columns=view.columns selected=selected words=seat_words(lang)/>
                </div>
                <div class="room-side">
                    {voided(lang, view)}
                    {acts::proposals(page, view)}
                    {view.selected.as_ref().map(|detail| sitting(page, view, detail))}
                    {acts::room(page, view)}
                </div>
            </div>
        };
        ui::staff(page, true, content.into_any())
    })
}

/// What the proctor says to whoever asks about a voided question.
fn voided(lang: Lang, view: &RoomView) -> Option<AnyView> {
    let rows =
        view.voided.iter().map(|row| view! { <li><code>{row.question.clone()}</code>" "{row.reason.clone()}</li> });
    (!view.voided.is_empty()).then(|| {
        view! { <div class="banner info"><b>{t!(lang, voided::title)}</b><p>{t!(lang, voided::proctor)}</p><ul>{rows.collect_view()}</ul></div> }.into_any()
    })
}

fn seat_words(lang: Lang) -> Words {
    let n = "{n}";
    let word = |word| match word {
        SeatWord::Needs => t!(lang, room::needs, n = n),
        SeatWord::LeftPage => t!(lang, room::left_page, n = n),
        SeatWord::TimeLeft => t!(lang, room::remaining).to_owned(),
        SeatWord::Front => t!(lang, room::front).to_owned(),
        SeatWord::ByNeed => t!(lang, room::by_need).to_owned(),
        SeatWord::AsRoom => t!(lang, room::as_room).to_owned(),
        SeatWord::Stale => t!(lang, room::stale).to_owned(),
        SeatWord::Changed => t!(lang, room::changed).to_owned(),
        SeatWord::Reload => t!(lang, room::reload).to_owned(),
        SeatWord::Seats => t!(lang, room::seats).to_owned(),
        SeatWord::Hand => t!(lang, room::hand).to_owned(),
    };
    Words(SeatWord::ALL.iter().map(|own| word(*own)).collect())
}

/// `GET /rooms/{room}/live`: what moves, in words.
pub fn live(view: &RoomView, lang: Lang) -> RoomWire {
    let count = |state| u32::try_from(view.tiles.iter().filter(|tile| tile.state == state).count()).unwrap_or(u32::MAX);
    let expected = u32::try_from(view.tiles.len()).unwrap_or(u32::MAX);
    let (absent, missing, offline) =
        (count(SeatState::Absent), count(SeatState::NotArrived), count(SeatState::Offline));
    let hands = u32::try_from(view.tiles.iter().filter(|tile| tile.hand_ms.is_some()).count()).unwrap_or(u32::MAX);
    let proctors = u32::try_from(view.proctors.len()).unwrap_or(u32::MAX);
    let required = view.proctors_required;
    let enough = proctors >= required;
    let proctors_text = match view.state {
        _ if enough => t!(lang, room::proctors_enough, present = proctors, required = required),
        RoomState::Open => {
            t!(lang, room::proctors_alarm, present = proctors, required = required, missing = required - proctors)
        }
        RoomState::Preparing => {
            t!(lang, room::proctors_missing, present = proctors, required = required, missing = required - proctors)
        }
        RoomState::Ended => t!(lang, room::proctors_ended, present = proctors, required = required),
    };
    RoomWire {
        clock_text: view.clock_text.clone(),
        counts: vec![
            (t!(lang, room::expected).to_owned(), expected),
            (t!(lang, room::present).to_owned(), expected - absent - missing),
            (i18n::seat_state(SeatState::NotArrived, lang).to_owned(), missing),
            (i18n::seat_state(SeatState::Absent, lang).to_owned(), absent),
            (i18n::seat_state(SeatState::Waiting, lang).to_owned(), count(SeatState::Waiting)),
            (i18n::seat_state(SeatState::Writing, lang).to_owned(), count(SeatState::Writing)),
            (i18n::seat_state(SeatState::Offline, lang).to_owned(), offline),
            (t!(lang, room::hand).to_owned(), hands),
            (i18n::seat_state(SeatState::HandedIn, lang).to_owned(), count(SeatState::HandedIn)),
        ],
        proctors_text,
        // An ended room needs nobody any more.
        proctors_enough: enough || view.state == RoomState::Ended,
        pause_text: view.pause.as_ref().map(|pause| pause_text(pause, lang)).unwrap_or_default(),
        needs: needs(view, lang),
        tiles: view.tiles.iter().map(|tile| tile_wire(tile, lang)).collect(),
        shape: view.shape.clone(),
    }
}

fn pause_text(pause: &PauseView, lang: Lang) -> String {
    t!(lang, room::paused, since = pause.since_text, age = age(pause.for_ms), reason = pause.reason, by = pause.by)
}

/// Hands by how long they are up, then lost connections by how long they are lost.
fn needs(view: &RoomView, lang: Lang) -> Vec<String> {
    let mut hands: Vec<_> = view.tiles.iter().filter_map(|tile| Some((tile.hand_ms?, tile))).collect();
    hands.sort_by_key(|(ms, _)| -ms);
    let mut lost: Vec<_> = view
        .tiles
        .iter()
        .filter(|tile| tile.state == SeatState::Offline)
        .map(|tile| (tile.offline_ms.unwrap_or(0), tile))
        .collect();
    lost.sort_by_key(|(ms, _)| -ms);
    let hands = hands.into_iter().map(|(ms, tile)| t!(lang, room::need_hand, seat = tile.seat, age = age(ms)));
    let lost = lost.into_iter().map(|(ms, tile)| match tile.saved_ago_ms {
        Some(saved) => t!(lang, room::need_offline_saved, seat = tile.seat, age = age(ms), saved = age(saved)),
        None => t!(lang, room::need_offline, seat = tile.seat, age = age(ms)),
    });
    let gaps = view.proposals.iter().map(|proposal| acts::proposal_text(lang, proposal));
    hands.chain(lost).chain(gaps).collect()
}

fn tile_wire(tile: &TileView, lang: Lang) -> TileWire {
    let state = i18n::seat_state(tile.state, lang);
    let state_text = match (tile.hand_ms, tile.offline_ms) {
        // The island and the detail put the word for a raised hand before it.
        (Some(ms), None) => format!(" {}", age(ms)),
        (Some(ms), Some(offline)) => format!(" {} · {state} {}", age(ms), age(offline)),
        (None, Some(ms)) if tile.state == SeatState::Offline => format!("{state} {}", age(ms)),
        _ => state.to_owned(),
    };
    let sat = matches!(tile.state, SeatState::Writing | SeatState::Offline | SeatState::HandedIn);
    TileWire {
        sitting: tile.sitting.clone(),
        seat: tile.seat,
        name: tile.name.clone(),
        state: tile.state,
        hand_raised: tile.hand_ms.is_some(),
        state_text,
        answered_text: if sat { format!("{} / {}", tile.answered, tile.questions) } else { String::new() },
        answered_percent: if sat { tile.answered * 100 / tile.questions.max(1) } else { 0 },
        saved_text: saved_text(tile, lang),
        remaining_text: if tile.closed_text.is_some() { String::new() } else { remaining(tile) },
        left_page: tile.left_page,
    }
}

fn remaining(tile: &TileView) -> String {
    tile.remaining_ms.map(|ms| clock_text(seconds_up(ms))).unwrap_or_default()
}

fn saved_text(tile: &TileView, lang: Lang) -> String {
    match (&tile.closed_text, tile.saved_ago_ms) {
        (Some(closed), _) => t!(lang, room::closed_at, time = closed),
        (None, Some(ms)) if ms < 60_000 => t!(lang, room::saved_seconds, n = ms / 1000),
        (None, Some(ms)) => t!(lang, room::saved_ago, age = age(ms)),
        (None, None) => String::new(),
    }
}

/// One candidate, opened.
fn sitting(page: &Page, view: &RoomView, detail: &SittingDetail) -> AnyView {
    let lang = page.lang;
    let wire = tile_wire(&detail.tile, lang);
    let state = if wire.hand_raised { format!("{}{}", t!(lang, room::hand), wire.state_text) } else { wire.state_text };
    let mut rows = vec![
        (t!(lang, room::state), state),
        (t!(lang, room::answered), format!("{} / {}", detail.tile.answered, detail.tile.questions)),
        (t!(lang, room::remaining), remaining(&detail.tile)),
        (t!(lang, room::saved), wire.saved_text),
        (t!(lang, room::end), detail.end_text.clone().unwrap_or_default()),
        (
            t!(lang, room::ledger),
            detail.ledger.iter().map(|row| ledger_row(lang, row)).collect::<Vec<_>>().join(t!(lang, shell::list)),
        ),
        (t!(lang, room::left), t!(lang, room::left_times, n = detail.tile.left_page)),
    ];
    rows.retain(|(_, value)| !value.is_empty());
    view! {
        <section class="sitting" id="sitting" tabindex="-1" aria-labelledby="sitting-title">
            <h2 id="sitting-title">{t!(lang, room::seat_of, seat = detail.tile.seat, name = detail.who.name)}</h2>
            <p class="small muted num">{detail.who.admission_no.clone()}" · "{detail.who.id_masked.clone()}</p>
            {ui::facts(rows)}
            {acts::sitting(page, view, detail)}
            <h3>{t!(lang, room::events)}</h3>
            {events(lang, &detail.events)}
            <p><a href=format!("/rooms/{}", view.id)>{t!(lang, room::close_detail)}</a></p>
        </section>
    }
    .into_any()
}

pub(super) fn ledger_row(lang: Lang, row: &LedgerRowView) -> String {
    let cause = i18n::grant_cause(row.cause, lang);
    let time = age(row.ms);
    if row.reason.is_empty() {
        format!("{cause} {time}")
    } else {
        t!(lang, grant::with_reason, cause = cause, time = time, reason = row.reason)
    }
}

fn events(lang: Lang, events: &[EventRow]) -> AnyView {
    if events.is_empty() {
        return view! { <p class="empty">{t!(lang, room::no_events)}</p> }.into_any();
    }
    let rows = events.iter().map(|event| {
        view! { <li><b class="num">{event.at_text.clone()}</b><span>{i18n::act(&event.act, lang)}" "{event.detail.clone()}<i>{event.actor.clone()}</i></span></li> }
    });
    view! { <ul class="events">{rows.collect_view()}</ul> }.into_any()
}
