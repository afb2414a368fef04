//! What goes wrong, and when: each run has sorts and a number of its own.

use kaochang_app::wire::{ChangeWire, SaveRequest};

use crate::{
    Fault, Plant,
    chance::Chance,
    network::{Ask, Message},
    world::{Event, World},
};

const SORTS: [Fault; 8] = [
    Fault::Crash,
    Fault::FlushFailed,
    Fault::SlowDisk,
    Fault::Suspended,
    Fault::TakenOver,
    Fault::WallJump,
    Fault::Cut,
    Fault::RoomCut,
];
/// The exam clock may be this far from a closing time when the requests that arrive around it are made, milliseconds.
const PROBE_MS: i64 = 700;

/// What a run may have of faults.
#[derive(Debug)]
pub(crate) struct Budget {
    left: u32,
    spacing_ms: i64,
    sorts: Vec<Fault>,
    /// Share of a candidate's thoughts that are no answer, in a thousand.
    pub(crate) restless: u32,
    /// The longest time between two things that a candidate does, milliseconds.
    pub(crate) thought_ms_max: i64,
    probes: bool,
}

impl Budget {
    pub(crate) fn of(chance: &mut Chance, duration_ms: i64) -> Self {
        let left = chance.pick(&[0, 3, 8, 20]);
        Self {
            left,
            spacing_ms: (3 * duration_ms / (i64::from(left) + 1)).max(2_000),
            sorts: SORTS.into_iter().filter(|_| chance.permille(500)).collect(),
            restless: chance.pick(&[0, 60, 250]),
            thought_ms_max: chance.pick(&[1_000, 3_000, 10_000]),
            probes: chance.permille(500),
        }
    }
}

impl World {
    pub(crate) fn fault(&mut self) -> Result<(), String> {
        if self.budget.left == 0 || self.budget.sorts.is_empty() {
            return Ok(());
        }
        self.budget.left -= 1;
        let wait_ms = self.chance.between(200, self.budget.spacing_ms);
        self.after(wait_ms, Event::Fault);
        let sort = self.budget.sorts[self.chance.below(self.budget.sorts.len())];
        let server = self.primary;
        match sort {
            Fault::Crash if self.servers[server].up => {
                let down_ms = self.chance.between(100, 8_000);
                return self.crash(server, down_ms);
            }
            Fault::FlushFailed => self.flush_fails = true,
            Fault::SlowDisk => {
                self.count(sort);
                self.slow_until_ms = self.now_ms + self.chance.between(500, 5_000);
                self.disturbed_ms = self.slow_until_ms + 1_000;
            }
            Fault::Suspended => {
                let for_ms = self.chance.pick(&[1_500, 2_900, 3_100, 20_000, 180_000]);
                self.suspend(server, for_ms);
            }
            Fault::TakenOver if self.servers[server].up => return self.take_over(server),
            Fault::WallJump => {
                self.count(sort);
                self.wall_offset_ms += self.chance.pick(&[-3_600_000, 3_600_000, -1_000, 86_400_000]);
            }
            Fault::Cut => {
                self.count(sort);
                let candidate = self.chance.below(self.candidates.len());
                self.cut(candidate);
            }
            Fault::RoomCut => {
                self.count(sort);
                let room = self.chance.below(2);
                (0..self.candidates.len())
                    .filter(|id| self.exam.rooms[*id] == room)
                    .collect::<Vec<_>>()
                    .into_iter()
                    .for_each(|candidate| self.cut(candidate));
            }
            _ => {}
        }
        Ok(())
    }

    fn suspend(&mut self, server: usize, for_ms: i64) {
        let process = &mut self.servers[server];
        if process.up && process.suspended_since_ms.is_none() {
            process.suspended_since_ms = Some(self.now_ms);
            let incarnation = process.incarnation;
            self.disturbed_ms = self.now_ms + for_ms;
            self.count(Fault::Suspended);
            self.after(for_ms, Event::Wake { server, incarnation });
        }
    }

    /// The other server goes on from what is stored. Today the first one must be dead by then.
    fn take_over(&mut self, server: usize) -> Result<(), String> {
        self.count(Fault::TakenOver);
        let other = 1 - server;
        if self.plant == Some(Plant::StaleServerTicks) {
            if self.servers.iter().all(|process| !process.up || process.suspended_since_ms.is_none()) {
                let for_ms = self.chance.between(5_000, 20_000);
                self.suspend(server, for_ms);
                self.servers[other].up = false;
                self.start(other);
            }
            return Ok(());
        }
        self.crash(server, 3_600_000)?;
        let wait_ms = self.chance.between(100, 5_000);
        self.after(wait_ms, Event::Start { server: other });
        Ok(())
    }

    fn cut(&mut self, candidate: usize) {
        let until_ms = self.now_ms + self.chance.pick(&[2_000, 10_000, 40_000, 100_000]);
        let at = self.candidates[candidate].at;
        let link = &mut self.links[candidate][at];
        link.cut_until_ms = link.cut_until_ms.max(until_ms);
        link.disturbed_ms = link.disturbed_ms.max(until_ms);
    }

    /// Forged requests that arrive at the closing millisecond, just before, just after and long after it.
    pub(crate) fn probe(&mut self, server: usize, clock_ms: i64) {
        if !self.budget.probes {
            return;
        }
        for sitting in 0..self.exam.rooms.len() {
            let closes = self.book.accounts[sitting].closes(&self.exam);
            let Some(closes) = closes.filter(|closes| (1..PROBE_MS).contains(&(closes - clock_ms))) else { continue };
            if self.probed[sitting] == closes {
                continue;
            }
            self.probed[sitting] = closes;
            let memory = &self.servers[server].memory;
            let epoch = memory.sittings[sitting].epoch;
            let token = memory.tokens.iter().find(|(_, login)| **login == (sitting, epoch)).map(|(token, _)| *token);
            let seq = memory.sittings[sitting].newest_seq();
            let Some(token) = token else { continue };
            for (offset_ms, seq) in [-1, 0, 1, 30_000].into_iter().zip(seq + 1..) {
                self.count(Fault::AtTheClose);
                let index = self.chance.below(self.exam.paper.len());
                let (position, response) = self.choice(index);
                let changes = vec![ChangeWire { seq, position, response, flagged: false }];
                let ask = Ask::Save(SaveRequest { epoch, changes, left_page: 0 });
                let message = Message { candidate: sitting, machine: 0, tab: None, request: 0, token, ask };
                self.after(closes - clock_ms + offset_ms, Event::Arrive { server, message });
            }
        }
    }
}
