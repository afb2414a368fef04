//! A candidate's machines, with the browser's storage, and their tabs, each driving the real outbox as the exam room's island
//! does.

use kaochang_app::outbox::{Kept, Outbox};

/// A machine and its browser.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    pub(crate) storage: Option<Kept>,
    /// The newest tab.
    pub(crate) claim: u64,
    pub(crate) cookie: Option<u64>,
}

/// What a tab shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// Login form sent.
    Login,
    /// Page asked for.
    Loading,
    /// The exam room.
    Exam,
    /// A lock that only another login or reload lifts, or the receipt.
    Locked,
}

/// A tab.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says whether something is so now")]
pub(crate) struct Tab {
    pub(crate) id: u64,
    pub(crate) machine: usize,
    pub(crate) shows: Shows,
    pub(crate) outbox: Option<Outbox>,
    /// Chosen and flagged, by position.
    pub(crate) cells: Vec<(String, bool)>,
    /// Only the timer that was set last may fire.
    pub(crate) timer: u32,
    /// Names its newest request.
    pub(crate) request: u64,
    /// Whether a reply to that request is waited for.
    pub(crate) waits: bool,
    pub(crate) offline: bool,
    pub(crate) remaining_ms: i64,
    pub(crate) rebased_ms: i64,
    /// The room stands still, and its countdown with it.
    pub(crate) paused: bool,
    pub(crate) epoch: i64,
    /// Hand-in was asked for.
    pub(crate) hands_in: bool,
    /// Thousandths of true time that its clock counts.
    pub(crate) pace: i64,
}

/// A candidate.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) machines: [Machine; 2],
    /// Where the candidate sits.
    pub(crate) at: usize,
    /// The last one is looked at.
    pub(crate) tabs: Vec<Tab>,
    pub(crate) pace: i64,
}

impl Tab {
    pub(crate) fn new(id: u64, machine: usize, pace: i64) -> Self {
        Self {
            id,
            machine,
            shows: Shows::Loading,
            outbox: None,
            cells: Vec::new(),
            timer: 0,
            request: 0,
            waits: false,
            offline: false,
            remaining_ms: 0,
            rebased_ms: 0,
            paused: false,
            epoch: 0,
            hands_in: false,
            pace,
        }
    }

    /// What its countdown shows.
    pub(crate) fn left_ms(&self, now_ms: i64) -> i64 {
        let gone_ms = if self.paused { 0 } else { now_ms - self.rebased_ms };
        self.remaining_ms - gone_ms * self.pace / 1_000
    }

    /// Whether it takes answers.
    pub(crate) fn takes_answers(&self, now_ms: i64) -> bool {
        self.shows == Shows::Exam && !self.paused && self.left_ms(now_ms) > 0
    }
}

impl Candidate {
    pub(crate) fn new(pace: i64) -> Self {
        Self { machines: [Machine::default(), Machine::default()], at: 0, tabs: Vec::new(), pace }
    }

    pub(crate) fn index(&self, tab: u64) -> Option<usize> {
        self.tabs.iter().position(|other| other.id == tab)
    }
}
