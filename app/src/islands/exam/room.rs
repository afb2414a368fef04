//! What the exam room knows: the paper, each question's answer, and what to show. Its acts are here; how they reach the
//! server is in [`super::sync`].

use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::{
    ExamWord, clock, keys,
    sync::{self, Sync},
};
use crate::{
    islands::{Words, seconds_up, web},
    wire::{AnswerWire, Choice, ExamWire},
};

const LETTERS: &str = "ABCDEFGH";

/// One question's state. Options are bits, A the lowest.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub chosen: RwSignal<u8>,
    pub flagged: RwSignal<bool>,
    /// Changed and not yet acknowledged.
    pub waiting: RwSignal<bool>,
    /// Struck out, only in this browser and only to help thinking.
    pub struck: RwSignal<u8>,
    /// Sequence number that this page knows, for the plain form.
    pub seq: i64,
}

/// Whether the server hears us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    Saved,
    Saving,
    Offline,
}

/// Why the page takes no answers any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// The room stands still; what is unsent is still being sent.
    Paused,
    /// At the deadline; what is unsent is still being sent.
    TimeUp,
    /// The server says that the sitting is closed.
    Closed,
    /// Another machine has the sitting.
    Elsewhere,
    /// A newer tab of this browser has it.
    OtherTab,
    SignedOut,
}

/// Makes the state and a way to each of its parts.
macro_rules! state {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)*) => {
        /// Handles to everything that changes.
        #[derive(Clone, Copy, Debug)]
        struct State { $($name: $type,)* }

        impl Room {
            $($(#[$doc])* pub(super) fn $name(self) -> $type {
                self.0.with_value(|state| state.$name)
            })*
        }
    };
}

/// One handle, small enough to be copied into every closure.
#[derive(Clone, Copy, Debug)]
pub struct Room(StoredValue<State>);

state! {
    paper: StoredValue<ExamWire>,
    words: StoredValue<Words>,
    cells: StoredValue<Vec<Cell>>,
    /// Position shown.
    current: RwSignal<u32>,
    all: RwSignal<bool>,
    /// Whether scripts have taken the page over.
    live: RwSignal<bool>,
    lock: RwSignal<Option<Lock>>,
    /// The server's own words to a refusal, where it gave some.
    lock_text: RwSignal<String>,
    link: RwSignal<Link>,
    saved_text: RwSignal<String>,
    remaining_s: RwSignal<i64>,
    end_text: RwSignal<String>,
    hand: RwSignal<bool>,
    /// Questions that count for nobody.
    voided: RwSignal<Vec<u32>>,
    /// A sentence to be read now.
    notice: RwSignal<String>,
    /// Hand-in was asked for while answers are unsent.
    hand_in_waits: RwSignal<bool>,
    keys_on: RwSignal<bool>,
    keys_open: RwSignal<bool>,
    sync: StoredValue<Sync>,
}

impl Room {
    pub fn new(exam: ExamWire, words: Words) -> Self {
        let cells = exam
            .items
            .iter()
            .map(|item| {
                let saved = exam.answers.iter().find(|answer| answer.position == item.position);
                Cell {
                    chosen: RwSignal::new(saved.map_or(0, |answer| mask_of(&answer.response))),
                    flagged: RwSignal::new(saved.is_some_and(|answer| answer.flagged)),
                    waiting: RwSignal::new(false),
                    struck: RwSignal::new(0),
                    seq: saved.map_or(0, |answer| answer.seq),
                }
            })
            .collect();
        Self(StoredValue::new(State {
            cells: StoredValue::new(cells),
            words: StoredValue::new(words),
            current: RwSignal::new(exam.current),
            all: RwSignal::new(exam.all),
            live: RwSignal::new(false),
            lock: RwSignal::new(None),
            lock_text: RwSignal::new(String::new()),
            link: RwSignal::new(Link::Saved),
            saved_text: RwSignal::new(String::new()),
            remaining_s: RwSignal::new(seconds_up(exam.remaining_ms)),
            end_text: RwSignal::new(exam.end_text.clone()),
            hand: RwSignal::new(exam.hand_raised),
            voided: RwSignal::new(exam.voided.clone()),
            notice: RwSignal::new(String::new()),
            hand_in_waits: RwSignal::new(false),
            keys_on: RwSignal::new(true),
            keys_open: RwSignal::new(false),
            sync: StoredValue::new(Sync::new(&exam)),
            paper: StoredValue::new(exam),
        }))
    }

    /// Takes the page over from the plain forms.
    pub(super) fn start(self) {
        if self.live().get_untracked() {
            return;
        }
        self.live().set(true);
        clock::start(self);
        sync::start(self);
        keys::start(self);
    }

    pub fn word(self, word: ExamWord) -> String {
        self.words().with_value(|words| words.at(word as usize))
    }

    pub(super) fn word_with(self, word: ExamWord, number: &str) -> String {
        self.words().with_value(|words| words.with(word as usize, number))
    }

    pub fn cell(self, index: usize) -> Cell {
        self.cells().with_value(|cells| cells[index])
    }

    pub(super) fn count(self) -> u32 {
        self.paper().with_value(|paper| u32::try_from(paper.items.len()).unwrap_or(0))
    }

    /// Index of the question shown.
    pub(super) fn index(self) -> usize {
        index_of(self.current().get().clamp(1, self.count().max(1)))
    }

    /// Where a question stands for the plain page.
    pub(super) fn address(self, position: u32) -> String {
        let position = position.to_string();
        if self.all().get() {
            ["/exam?q=", &position, "&all=1#q-", &position].concat()
        } else {
            ["/exam?q=", &position].concat()
        }
    }

    /// Whether answers can be changed.
    pub fn open(self) -> bool {
        self.lock().get().is_none()
    }

    pub(super) fn choose(self, index: usize, option: u8, on: bool) {
        let (cell, bit) = (self.cell(index), 1 << option);
        let many = self.paper().with_value(|paper| paper.items[index].choice == Choice::Many);
        let before = cell.chosen.get_untracked();
        let after = match (many, on) {
            (true, true) => before | bit,
            (true, false) => before & !bit,
            (false, _) => bit,
        };
        cell.struck.update(|struck| *struck &= !after);
        if after != before {
            cell.chosen.set(after);
            self.changed(index);
        }
    }

    pub(super) fn clear(self, index: usize) {
        let cell = self.cell(index);
        if cell.chosen.get_untracked() != 0 {
            cell.chosen.set(0);
            self.changed(index);
        }
    }

    pub(super) fn set_flag(self, index: usize, on: bool) {
        let cell = self.cell(index);
        if cell.flagged.get_untracked() != on {
            cell.flagged.set(on);
            self.changed(index);
        }
    }

    fn changed(self, index: usize) {
        if self.lock().get_untracked().is_none() {
            sync::change(self, index);
        }
    }

    pub(super) fn strike(self, index: usize, option: u8) {
        let cell = self.cell(index);
        if cell.chosen.get_untracked() & 1 << option == 0 {
            cell.struck.update(|struck| *struck ^= 1 << option);
        }
    }

    /// Shows a question and moves the focus to its heading.
    pub(super) fn go_to(self, position: u32) {
        if position == 0 || position > self.count() {
            return;
        }
        self.current().set(position);
        let address =
            ["/exam?q=", &position.to_string(), if self.all().get_untracked() { "&all=1" } else { "" }].concat();
        if let Ok(history) = window().history() {
            drop(history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&address)));
        }
        web::focus_soon(["q-", &position.to_string()].concat());
    }

    pub(super) fn show_all(self, all: bool) {
        self.all().set(all);
        self.go_to(self.current().get_untracked());
    }

    pub(super) fn link_text(self) -> String {
        let saved = self.saved_text().get();
        match self.link().get() {
            Link::Offline => self.word(ExamWord::Offline),
            Link::Saving => self.word(ExamWord::Saving),
            Link::Saved if saved.is_empty() => self.word(ExamWord::SavedBefore),
            Link::Saved => self.word_with(ExamWord::Saved, &saved),
        }
    }

    /// Calls the proctor without leaving the page.
    pub(super) fn raise_hand(self) {
        spawn_local(async move {
            match web::post_form("/hand", "back=%2Fexam", 4000).await {
                Some(reply) if reply.status < 400 => sync::soon(self),
                _ => self.notice().set(self.word(ExamWord::HandFailed)),
            }
        });
    }

    /// Goes to the check page once nothing is unsent.
    pub(super) fn hand_in(self) {
        if self.lock().get_untracked() == Some(Lock::Paused) {
            return;
        }
        if sync::unsent(self) == 0 {
            web::go("/exam/hand-in");
        } else {
            self.hand_in_waits().set(true);
            sync::soon(self);
        }
    }

    /// Shows what the server has instead of what this page has.
    pub(super) fn adopt(self, answer: &AnswerWire) {
        let index = index_of(answer.position);
        if index < self.count() as usize {
            let cell = self.cell(index);
            cell.chosen.set(mask_of(&answer.response));
            cell.flagged.set(answer.flagged);
        }
    }
}

pub(super) const fn index_of(position: u32) -> usize {
    position.saturating_sub(1) as usize
}

/// The bits of letters.
pub fn mask_of(letters: &str) -> u8 {
    letters.bytes().filter(|letter| (b'A'..=b'H').contains(letter)).fold(0, |mask, letter| mask | 1 << (letter - b'A'))
}

/// The letters of bits, ascending.
pub fn letters_of(mask: u8) -> String {
    (0..8).filter(|option| mask & 1 << option != 0).map(letter).collect()
}

/// The letter of an option.
pub fn letter(option: u8) -> &'static str {
    let place = usize::from(option & 7);
    &LETTERS[place..=place]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_bits_say_the_same() {
        for mask in 0..=u8::MAX {
            assert_eq!(mask_of(&letters_of(mask)), mask);
        }
        assert_eq!(letters_of(0b101), "AC");
        assert_eq!(mask_of("?"), 0);
    }
}
