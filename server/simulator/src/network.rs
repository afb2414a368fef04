//! What travels, and how badly.

use kaochang_app::{
    outbox::TIMEOUT_MS,
    wire::{ExamWire, SaveRefusalCode, SaveReply, SaveRequest},
};

use crate::{
    Fault,
    chance::Chance,
    world::{Event, World},
};

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

impl World {
    pub(crate) fn send(&mut self, candidate: usize, tab: usize, ask: Ask) {
        self.next_id += 1;
        let request = self.next_id;
        let (id, machine) = {
            let tab = &mut self.candidates[candidate].tabs[tab];
            (tab.request, tab.waits) = (request, true);
            (tab.id, tab.machine)
        };
        self.after(i64::from(TIMEOUT_MS), Event::Timeout { candidate, tab: id, request });
        if self.is_lost(candidate, machine) {
            return;
        }
        let token = self.candidates[candidate].machines[machine].cookie.unwrap_or(0);
        let message = Message { candidate, machine, tab: Some(id), request, token, ask };
        let doubles = !matches!(message.ask, Ask::Login) && self.chance.permille(self.weather.doubles);
        let times = if doubles { self.chance.between(2, 5) } else { 1 };
        for _ in 0..times {
            let delay_ms = self.weather.delay(&mut self.chance);
            self.after(delay_ms, Event::Arrive { server: self.primary, message: message.clone() });
        }
        if times > 1 {
            self.count(Fault::Doubled);
        }
    }

    pub(crate) fn answer(&mut self, message: Message, reply: Reply) {
        if message.tab.is_some() && !self.is_lost(message.candidate, message.machine) {
            let delay_ms = self.weather.delay(&mut self.chance);
            self.after(delay_ms, Event::Land { message, reply });
        }
    }

    fn is_lost(&mut self, candidate: usize, machine: usize) -> bool {
        let dropped = self.chance.permille(self.weather.drops);
        let link = &mut self.links[candidate][machine];
        let lost = dropped || link.cut_until_ms > self.now_ms;
        if lost {
            link.disturbed_ms = link.disturbed_ms.max(self.now_ms);
            self.count(Fault::Dropped);
        }
        lost
    }
}
