//! The world of a run: virtual time, what is due when, and the database's one writer.

use std::collections::{BTreeMap, VecDeque};

use kaochang_app::wire::SaveRefusalCode;

use crate::{
    Counts, Fault, Plant,
    book::{Book, hold},
    chance::Chance,
    client::Candidate,
    disk::{Disk, Tables, Write},
    faults::Budget,
    network::{Link, Message, Reply, Weather},
    server::{Act, Exam, Memory, Save, Server},
};

/// A run that has not ended after so long is a violation, milliseconds.
const RUN_MS_MAX: i64 = 3_600_000;
/// After the last hand-in everything late may still arrive, milliseconds.
const AFTER_MS: i64 = 35_000;
const TRACE_LINES: usize = 60;

/// What is due.
#[derive(Debug)]
pub(crate) enum Event {
    Think {
        candidate: usize,
    },
    Proctor,
    Fault,
    Tick {
        server: usize,
        incarnation: u32,
    },
    Start {
        server: usize,
    },
    Wake {
        server: usize,
        incarnation: u32,
    },
    Arrive {
        server: usize,
        message: Message,
    },
    Land {
        message: Message,
        reply: Reply,
    },
    Timeout {
        candidate: usize,
        tab: u64,
        request: u64,
    },
    Timer {
        candidate: usize,
        tab: u64,
        timer: u32,
    },
    TimeUp {
        candidate: usize,
        tab: u64,
        rebased_ms: i64,
    },
    /// The other tabs of a machine hear that a newer one has claimed the sitting.
    Claimed {
        candidate: usize,
        machine: usize,
        claim: u64,
    },
    /// A candidate sits down at a machine and logs in.
    SitDown {
        candidate: usize,
    },
    Flushed {
        server: usize,
        incarnation: u32,
    },
    Apply {
        server: usize,
        incarnation: u32,
        outcome: Outcome,
    },
}

/// Work for the database, of one process.
#[derive(Debug)]
pub(crate) enum Work {
    Saves(Vec<Save>),
    Act(Act, Vec<Write>),
    /// What came after the close is kept, and then its page is told so.
    Quarantine(Message),
}

/// What a commit brought, to be applied in memory and answered.
#[derive(Debug)]
pub(crate) enum Outcome {
    Saved(Save),
    NotWritten(Save),
    Act(Act, Vec<Write>, bool),
    Late(Message),
}

/// The transaction that has the database.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) server: usize,
    pub(crate) incarnation: u32,
    pub(crate) outcomes: Vec<Outcome>,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) now_ms: i64,
    pub(crate) wall_offset_ms: i64,
    pub(crate) chance: Chance,
    pub(crate) plant: Option<Plant>,
    pub(crate) exam: Exam,
    pub(crate) weather: Weather,
    pub(crate) budget: Budget,
    pub(crate) disk: Disk,
    /// The second one takes over when the first is suspended.
    pub(crate) servers: [Server; 2],
    pub(crate) primary: usize,
    pub(crate) database: VecDeque<(usize, u32, Work)>,
    pub(crate) running: Option<Running>,
    pub(crate) slow_until_ms: i64,
    pub(crate) flush_fails: bool,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) links: Vec<[Link; 2]>,
    /// When something last disturbed everybody.
    pub(crate) disturbed_ms: i64,
    pub(crate) next_id: u64,
    pub(crate) probed: Vec<i64>,
    /// Exam clock of the primary and true time, as last seen.
    pub(crate) clock_seen: (i64, i64),
    pub(crate) book: Book,
    pub(crate) counts: Counts,
    /// Sittings that this step touched.
    pub(crate) touched: Vec<usize>,
    pub(crate) ended_ms: Option<i64>,
    due: BTreeMap<(i64, u64), Event>,
    order: u64,
    trace: Option<Vec<String>>,
}

impl World {
    pub(crate) fn new(seed: u64, plant: Option<Plant>, trace: Option<Vec<String>>) -> Self {
        let mut chance = Chance::new(seed);
        let exam = Exam::of(&mut chance);
        let sittings = exam.rooms.len();
        let tables = Tables::new(sittings, 2);
        let server = |memory| Server {
            incarnation: 0,
            up: false,
            suspended_since_ms: None,
            memory,
            saves: Vec::new(),
            writer_busy: false,
            acts: VecDeque::new(),
            act_busy: false,
            ticking: false,
            tick_rest: VecDeque::new(),
            unapplied: 0,
        };
        let servers = [(); 2].map(|()| server(Memory::load(&tables, &exam, plant)));
        let paces = [1_000, 1_000, 1_000, 900, 1_100];
        let candidates = (0..sittings).map(|_| Candidate::new(chance.pick(&paces))).collect();
        let mut world = Self {
            now_ms: 0,
            wall_offset_ms: 0,
            plant,
            weather: Weather::of(&mut chance),
            budget: Budget::of(&mut chance, exam.terms.duration_ms),
            disk: Disk::new(tables, plant),
            servers,
            primary: 0,
            database: VecDeque::new(),
            running: None,
            slow_until_ms: 0,
            flush_fails: false,
            candidates,
            links: vec![[Link::default(); 2]; sittings],
            disturbed_ms: 0,
            next_id: 0,
            probed: vec![0; sittings],
            clock_seen: (0, 0),
            book: Book::new(exam.paper.len(), &exam.rooms),
            counts: Counts::default(),
            touched: Vec::new(),
            ended_ms: None,
            due: BTreeMap::new(),
            order: 0,
            trace,
            chance,
            exam,
        };
        world.at(0, Event::Start { server: 0 });
        world.at(3_000, Event::Proctor);
        world.at(4_000, Event::Fault);
        for candidate in 0..sittings {
            let late = if world.chance.permille(150) { 15_000 } else { 1_500 };
            let when = world.chance.between(1, late);
            world.at(when, Event::SitDown { candidate });
            world.at(when + 2_000, Event::Think { candidate });
        }
        world
    }

    /// Steps until the exam is over and everything late has arrived.
    pub(crate) fn run(&mut self) -> Result<Counts, String> {
        while let Some(((now_ms, _), event)) = self.due.pop_first() {
            self.now_ms = now_ms;
            if self.ended_ms.is_some_and(|ended| now_ms > ended + AFTER_MS) {
                break;
            }
            hold(now_ms < RUN_MS_MAX, || "the exam does not come to its end".to_owned())?;
            self.counts.steps += 1;
            if let Some(trace) = &mut self.trace {
                let clock = self.servers[self.primary].memory.clock.count();
                trace.push(format!("{now_ms} ms, exam clock {clock}: {event:?}"));
            }
            self.step(event)?;
            self.look()?;
        }
        (0..self.exam.rooms.len()).try_for_each(|sitting| self.check(sitting))?;
        self.counts.acknowledged = self.book.acknowledged;
        self.counts.in_time = self.book.in_time;
        self.counts.refused_late = self.book.refused_late;
        self.counts.closed = self.book.accounts.iter().filter(|account| account.closed).count() as u64;
        Ok(self.counts)
    }

    /// The end of the trace.
    pub(crate) fn last_steps(&mut self) -> Vec<String> {
        let mut trace = self.trace.take().unwrap_or_default();
        trace.split_off(trace.len().saturating_sub(TRACE_LINES))
    }

    /// Makes an event due.
    pub(crate) fn at(&mut self, when_ms: i64, event: Event) {
        self.order += 1;
        self.due.insert((when_ms.max(self.now_ms), self.order), event);
    }

    pub(crate) fn after(&mut self, wait_ms: i64, event: Event) {
        self.at(self.now_ms + wait_ms, event);
    }

    pub(crate) fn count(&mut self, fault: Fault) {
        self.counts.faults[fault as usize] += 1;
    }

    fn step(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Think { candidate } => return self.think(candidate),
            Event::Proctor => return self.proctor(),
            Event::Fault => return self.fault(),
            Event::Tick { server, incarnation } => return self.tick(server, incarnation),
            Event::Start { server } => self.start(server),
            Event::Wake { server, incarnation } => return self.wake(server, incarnation),
            Event::Arrive { server, message } => return self.arrive(server, message),
            Event::Land { message, reply } => self.land(&message, reply),
            Event::Timeout { candidate, tab, request } => self.timeout(candidate, tab, request),
            Event::Timer { candidate, tab, timer } => self.timer(candidate, tab, timer),
            Event::TimeUp { candidate, tab, rebased_ms } => self.time_up(candidate, tab, rebased_ms),
            Event::Claimed { candidate, machine, claim } => self.claimed(candidate, machine, claim),
            Event::SitDown { candidate } => self.sit_down(candidate),
            Event::Flushed { server, incarnation } => return self.flushed(server, incarnation),
            Event::Apply { server, incarnation, outcome } => return self.applied(server, incarnation, outcome),
        }
        Ok(())
    }

    /// After every step: what it touched stands as it must, and the exam clock counts as it must.
    fn look(&mut self) -> Result<(), String> {
        let primary = &self.servers[self.primary];
        if primary.up && primary.suspended_since_ms.is_none() {
            let count = self.clock(self.primary);
            let (seen, seen_at_ms) = self.clock_seen;
            hold(count - seen <= self.now_ms - seen_at_ms, || {
                format!("law 3: the exam clock went from {seen} to {count} in {} ms", self.now_ms - seen_at_ms)
            })?;
            self.clock_seen = (count, self.now_ms);
        }
        let quiet = primary.up && primary.unapplied == 0 && self.running.is_none();
        if !quiet && self.plant != Some(Plant::SkipFlush) {
            return Ok(());
        }
        for sitting in std::mem::take(&mut self.touched) {
            self.check(sitting)?;
        }
        Ok(())
    }

    /// A sitting as stored is as promised, and what a server would make of it is what the primary has in memory.
    fn check(&self, sitting: usize) -> Result<(), String> {
        self.book.check(sitting, &self.disk.flushed).map_err(|what| format!("sitting {sitting}: {what}"))?;
        let server = &self.servers[self.primary];
        if server.up && server.unapplied == 0 && self.running.is_none() {
            let rows = &self.disk.written.sittings[sitting];
            let rebuilt = rows.rebuilt(&self.exam.paper, rows.ledger.clone());
            hold(rebuilt == server.memory.sittings[sitting], || {
                format!("sitting {sitting}: rebuilt {rebuilt:?}, in memory {:?}", server.memory.sittings[sitting])
            })?;
        }
        Ok(())
    }

    /// The book writes down what came onto stable storage; a sitting that came to its end is looked at whole.
    pub(crate) fn stored(&mut self, writes: &[Write]) -> Result<(), String> {
        for write in writes {
            self.book.stored(write, &self.exam).map_err(|what| format!("{write:?}: {what}"))?;
            match write {
                Write::Login { sitting, .. }
                | Write::Release { sitting, .. }
                | Write::Accepted { sitting }
                | Write::Start { sitting, .. }
                | Write::Grant { sitting, .. }
                | Write::Answer { sitting, .. } => {
                    self.touched.push(*sitting);
                }
                Write::Close { sitting, by, clock_ms, .. } => {
                    self.touched.push(*sitting);
                    if *by == delivery::sitting::ClosedBy::Clock {
                        self.ended_by_clock(*sitting, *clock_ms)?;
                    }
                }
                Write::Pause { .. } | Write::Resume { .. } => self.counts.pauses += 1,
                Write::Open { .. } | Write::Clock(_) | Write::Quarantine => {}
            }
        }
        if self.ended_ms.is_none() && self.book.accounts.iter().all(|account| account.closed) {
            self.ended_ms = Some(self.now_ms);
        }
        Ok(())
    }

    /// A refusal on its way to a page.
    pub(crate) fn refuse(&mut self, message: Message, code: SaveRefusalCode) {
        self.answer(message, Reply::Refused(code));
    }
}
