//! The exam room: one island. What the server renders of it is a plain page of forms that works without any script; in the
//! browser it saves on selection, queues while offline, counts down, and never blocks.

mod clock;
mod keys;
mod lock;
pub mod question;
pub mod room;
mod sheet;
mod sync;

use leptos::prelude::*;

use self::room::{Link, Room};
use crate::{
    islands::{Words, clock_text, seam, word_list},
    wire::ExamWire,
};

word_list! {
    /// What the exam room says.
    ExamWord {
        CandidateName, CandidateNumber, Subject, Place,
        TimeLeft, EndsAt, HandIn, HandRaise, HandRaised,
        Question, Sheet, Unanswered, CellAnswered, CellUnanswered, CellFlagged, CellWaiting,
        LegendAnswered, LegendUnanswered, LegendCurrent, LegendFlagged, LegendWaiting,
        Previous, Next, Save, SaveThen, Flag, Clear, ToSheet, PlainHint, ShowAll, ShowOne, Strike, StrikeUndo,
        Saved, SavedBefore, Saving, Offline, Superseded, Refused, Reminder, Understood, Voided, VoidedNow,
        HandFailed, HandInWaits, HandInCancel,
        LockPausedTitle, LockPausedText,
        LockTimeTitle, LockTimeText, LockTimeOffline, LockElsewhereTitle, LockClosedTitle, LockClosedText, LockTabTitle,
        LockTabText, LockTabTake, LockSignedOutTitle, LockSignedOutText, LockSignedOutLink,
        KeysTitle, KeysSwitch, KeysChoose, KeysMove, KeysFlag, KeysHelp, KeysClose,
    }
}

/// The exam room. `children` is the menu of text size, theme and language, made by the server.
#[island]
pub fn ExamRoom(exam: ExamWire, words: Words, children: Children) -> impl IntoView {
    let room = Room::new(exam, words);
    Effect::new(move || room.start());
    seam(view! {
        <div class="exam" class:live=move || room.live().get()>
            <header class="bar exam-bar">
                {who(room)}
                {children()}
                {hand(room)}
                {time_left(room)}
                <a class="button primary" href="/exam/hand-in" on:click=move |event| { event.prevent_default(); room.hand_in(); }>
                    {room.word(ExamWord::HandIn)}
                </a>
            </header>
            <div class="exam-body">
                <main id="main" tabindex="-1">
                    {lock::notices(room)}
                    {question::questions(room)}
                    {footer(room)}
                </main>
                {sheet::sheet(room)}
            </div>
            {lock::overlay(room)}
        </div>
    })
}

fn who(room: Room) -> impl IntoView + use<> {
    seam(view! {
        <div class="who">
            <b>{room.word(ExamWord::CandidateName)}</b>
            <span class="num">{room.word(ExamWord::CandidateNumber)}</span>
        </div>
        <div class="grow subject">
            <h1>{room.word(ExamWord::Subject)}</h1>
            <span>{room.word(ExamWord::Place)}</span>
        </div>
    })
}

fn hand(room: Room) -> impl IntoView + use<> {
    seam(view! {
        <form method="post" action="/hand" class="hand">
            <input type="hidden" name="back" value=move || room.address(room.current().get())/>
            <button class="quiet" class:up=move || room.hand().get() on:click=move |event| { event.prevent_default(); room.raise_hand(); }>
                <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
                    <path d="M5 8V3.2a1 1 0 0 1 2 0V7V2a1 1 0 0 1 2 0v5V3a1 1 0 0 1 2 0v6l1-1.6a1 1 0 0 1 1.8 1L11.600 13A4 4 0 0 1 8 15H7.500A3.500 3.500 0 0 1 4 11.500V6a.5.5 0 0 1 1 0z"/>
                </svg>
                <span>{move || room.word(if room.hand().get() { ExamWord::HandRaised } else { ExamWord::HandRaise })}</span>
            </button>
        </form>
    })
}

/// Ticks with scripts; without, the absolute end is shown. The seconds are never read aloud.
fn time_left(room: Room) -> impl IntoView + use<> {
    seam(view! {
        <div class="left">
            <div class="only-live" role="timer" aria-live="off">
                <span>{room.word(ExamWord::TimeLeft)}</span>
                <b class="num" class:short=move || room.remaining_s().get() <= 300>{move || clock_text(room.remaining_s().get())}</b>
            </div>
            <div class="ends">
                <span>{room.word(ExamWord::EndsAt)}</span>
                <b class="num">{move || room.end_text().get()}</b>
            </div>
        </div>
    })
}

/// Flag, state of saving, and the way to the neighbours; its buttons belong to the shown question's form.
fn footer(room: Room) -> impl IntoView + use<> {
    seam(view! {
        <div class="foot">
            <div class="foot-in">
                {move || (!room.all().get()).then(|| question::flag(room, room.index(), true))}
                <p class="state only-live" class:bad=move || room.link().get() == Link::Offline class:busy=move || room.link().get() == Link::Saving role="status">
                    {move || room.link_text()}
                </p>
                {move || (!room.all().get()).then(|| question::neighbours(room, room.index()))}
            </div>
        </div>
    })
}
