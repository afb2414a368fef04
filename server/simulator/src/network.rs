//! What travels, and how badly.

use kaochang_app::wire::{ExamWire, SaveRefusalCode, SaveReply, SaveRequest};

use crate::chance::Chance;

/// A request on its way.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) candidate: usize,
    /// Machine it comes from; each has a link of its own.
    pub(crate) machine: usize,
    /// Tab that waits for the reply; nobody for a forged request.
    pub(crate) tab: Option<u64>,
    /// Names the request within its tab.
    pub(crate) request: u64,
    pub(crate) token: u64,
    pub(crate) ask: Ask,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    /// Log in, confirm, accept the rules.
    Login,
    /// `GET /exam`
    Page,
    /// `POST /exam/changes`
    Save(SaveRequest),
    /// `POST /exam/hand-in`, with the epoch of the page.
    HandIn(i64),
}

/// What comes back.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Logged in, with a cookie.
    Token(u64),
    Page(Box<ExamWire>),
    /// The exam has not started.
    Waiting,
    /// The sitting was opened elsewhere since, or nobody is signed in with this cookie.
    Stale,
    /// The sitting is closed.
    Over,
    Saved(SaveReply),
    Refused(SaveRefusalCode),
    /// The hand-in was refused.
    NotNow,
}

/// How a run's network behaves while nothing special happens to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    /// The longest delay of one direction, milliseconds.
    pub(crate) delay_ms_max: i64,
    /// So many requests or replies in a thousand never arrive.
    pub(crate) drops: u32,
    /// So many requests in a thousand arrive two to five times.
    pub(crate) doubles: u32,
}

/// One machine's line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Link {
    pub(crate) cut_until_ms: i64,
    /// When it last did not deliver as it should.
    pub(crate) disturbed_ms: i64,
}

impl Weather {
    pub(crate) fn of(chance: &mut Chance) -> Self {
        Self {
            delay_ms_max: chance.pick(&[20, 50, 200, 1_900]),
            drops: chance.pick(&[0, 0, 0, 50, 300]),
            doubles: chance.pick(&[0, 50, 300]),
        }
    }

    pub(crate) fn delay(&self, chance: &mut Chance) -> i64 {
        chance.between(1, self.delay_ms_max)
    }
}
