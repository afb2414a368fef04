//! What must be read now: reminders and refusals above the question, and the cover when the page takes no answers any more.

use leptos::prelude::*;

use super::{
    ExamWord,
    room::{Link, Lock, Room},
};
use crate::islands::{seam, web};

/// Reminders, refusals, and why the hand-in waits.
pub(super) fn notices(room: Room) -> impl IntoView + use<> {
    seam(view! {
        <div class="banner-place" role="alert">
            {move || {
                let text = room.notice().get();
                (!text.is_empty()).then(|| view! {
                    <div class="banner warn">
                        <p>{text}</p>
                        <button type="button" class="quiet" on:click=move |_| room.notice().set(String::new())>{room.word(ExamWord::Understood)}</button>
                    </div>
                })
            }}
            {move || room.hand_in_waits().get().then(|| view! {
                <div class="banner warn">
                    <p>{room.word(ExamWord::HandInWaits)}</p>
                    <button type="button" class="quiet" on:click=move |_| room.hand_in_waits().set(false)>{room.word(ExamWord::HandInCancel)}</button>
                </div>
            })}
        </div>
    })
}

/// Covers the questions and says why; the focus goes to it.
pub(super) fn overlay(room: Room) -> impl IntoView + use<> {
    Effect::new(move || {
        if room.lock().get().is_some() {
            web::focus_soon("lock".to_owned());
        }
    });
    seam(move || {
        room.lock().get().map(|lock| {
            let (title, text) = said(room, lock);
            let act = match lock {
                Lock::OtherTab => Some((room.word(ExamWord::LockTabTake), None)),
                Lock::SignedOut => Some((room.word(ExamWord::LockSignedOutLink), Some("/"))),
                Lock::Paused | Lock::TimeUp | Lock::Closed | Lock::Elsewhere => None,
            };
            view! {
                <div class="cover" class:shut=lock == Lock::Paused>
                    <div class="card" id="lock" role="alertdialog" aria-labelledby="lock-title" aria-describedby="lock-text" tabindex="-1">
                        <h2 id="lock-title">{title}</h2>
                        <p id="lock-text">{text}</p>
                        {act.map(|(words, href)| view! {
                            <button type="button" class="primary" on:click=move |_| href.map_or_else(web::reload, web::go)>{words}</button>
                        })}
                    </div>
                </div>
            }
        })
    })
}

fn said(room: Room, lock: Lock) -> (String, String) {
    let offline = room.link().get() == Link::Offline;
    match lock {
        Lock::Paused => (room.word(ExamWord::LockPausedTitle), room.word(ExamWord::LockPausedText)),
        Lock::TimeUp if offline => (room.word(ExamWord::LockTimeTitle), room.word(ExamWord::LockTimeOffline)),
        Lock::TimeUp => (room.word(ExamWord::LockTimeTitle), room.word(ExamWord::LockTimeText)),
        Lock::Closed if offline => (room.word(ExamWord::LockClosedTitle), room.word(ExamWord::LockTimeOffline)),
        Lock::Closed => (room.word(ExamWord::LockClosedTitle), room.word(ExamWord::LockClosedText)),
        Lock::Elsewhere => (room.word(ExamWord::LockElsewhereTitle), room.lock_text().get()),
        Lock::OtherTab => (room.word(ExamWord::LockTabTitle), room.word(ExamWord::LockTabText)),
        Lock::SignedOut => {
            let own = room.lock_text().get();
            (
                room.word(ExamWord::LockSignedOutTitle),
                if own.is_empty() { room.word(ExamWord::LockSignedOutText) } else { own },
            )
        }
    }
}
