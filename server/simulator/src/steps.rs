//! What a server does, step by step: a request arrives, an act has its turn, an outcome is applied and answered, the clock
//! ticks. Between any two of these steps anything else may happen.

use std::collections::VecDeque;

use delivery::sitting::{ClosedBy, Phase, Refusal};
use kaochang_app::wire::{SaveRefusalCode, SaveRequest};

use crate::{
    Fault, Plant,
    book::IN_TIME_MS,
    client::Shows,
    disk::Write,
    network::{Ask, Message, Reply},
    server::{Act, Memory, Save, What},
    world::{Event, Outcome, Work, World},
};

const TICK_MS: i64 = 200;
/// Longer than any gap that the exam clock counts, milliseconds.
const STALL_MS: i64 = 3_300;

impl World {
    /// The exam clock as a server reads it now.
    pub(crate) fn clock(&self, server: usize) -> i64 {
        self.servers[server].memory.clock.read(self.now_ms)
    }

    fn serves(&self, server: usize, incarnation: u32) -> bool {
        self.servers[server].up && self.servers[server].incarnation == incarnation
    }

    // --- Starting, stopping, standing still ---

    pub(crate) fn start(&mut self, server: usize) {
        if self.servers[server].up {
            return;
        }
        self.primary = server;
        self.book.loaded();
        let memory = Memory::load(&self.disk.written, &self.exam, self.plant);
        let process = &mut self.servers[server];
        process.memory = memory;
        process.up = true;
        process.suspended_since_ms = None;
        let incarnation = process.incarnation;
        self.disturbed_ms = self.now_ms;
        self.clock_seen.1 = self.now_ms;
        if self.plant == Some(Plant::StaleServerTicks) {
            // Two servers have written their counts down, one after the other.
            self.clock_seen.0 = self.clock(server);
        }
        self.touched.extend(0..self.exam.rooms.len());
        self.after(0, Event::Tick { server, incarnation });
    }

    /// The process dies; what was not flushed may go with it.
    pub(crate) fn crash(&mut self, server: usize, down_ms: i64) -> Result<(), String> {
        let process = &mut self.servers[server];
        process.up = false;
        process.suspended_since_ms = None;
        process.incarnation += 1;
        process.saves.clear();
        process.acts.clear();
        process.tick_rest.clear();
        (process.writer_busy, process.act_busy, process.ticking, process.unapplied) = (false, false, false, 0);
        self.running = self.running.take().filter(|running| running.server != server);
        self.count(Fault::Crash);
        if self.running.is_none() {
            let (survived, lost) = self.disk.cut(&mut self.chance);
            self.counts.faults[Fault::LostWrite as usize] += lost as u64;
            self.stored(&survived)?;
            for sitting in 0..self.exam.rooms.len() {
                let found = self.book.check(sitting, &self.disk.flushed);
                found.map_err(|what| format!("after a crash, sitting {sitting}: {what}"))?;
            }
        }
        self.touched.extend(0..self.exam.rooms.len());
        self.disturbed_ms = self.now_ms;
        self.after(down_ms, Event::Start { server });
        self.next_transaction();
        Ok(())
    }

    pub(crate) fn wake(&mut self, server: usize, incarnation: u32) -> Result<(), String> {
        if !self.serves(server, incarnation) {
            return Ok(());
        }
        let since_ms = self.servers[server].suspended_since_ms.take().unwrap_or(self.now_ms);
        if self.now_ms - since_ms >= STALL_MS && server == self.primary {
            self.clock_seen.1 = self.now_ms;
        }
        self.disturbed_ms = self.now_ms;
        self.after(0, Event::Tick { server, incarnation });
        self.next_group(server);
        self.next_act(server)?;
        self.next_transaction();
        Ok(())
    }

    // --- The clock ---

    pub(crate) fn tick(&mut self, server: usize, incarnation: u32) -> Result<(), String> {
        if !self.serves(server, incarnation) || self.servers[server].suspended_since_ms.is_some() {
            return Ok(());
        }
        self.after(TICK_MS, Event::Tick { server, incarnation });
        let process = &mut self.servers[server];
        if process.ticking || !process.memory.running() {
            return Ok(());
        }
        let step = process.memory.clock.tick(self.now_ms);
        let mut due = VecDeque::new();
        if let Some(clock_ms) = process.memory.clock.flush_due() {
            due.push_back(What::Keep { clock_ms });
        }
        let memory = &process.memory;
        let ready = Phase::Present { confirmed: true, accepted: true };
        for room in 0..memory.open.len() {
            let waits = |id: usize| self.exam.rooms[id] == room && memory.sittings[id].phase == ready;
            if memory.open[room] && !memory.pauses[room].is_on() && (0..memory.sittings.len()).any(waits) {
                due.push_back(What::StartWaiting { room, lead_ms: self.exam.terms.start_lead_ms });
            }
        }
        let over = |id: &usize| {
            memory.sittings[*id].is_over(&self.exam.terms, memory.clock_of(&self.exam, *id, step.clock_ms))
        };
        let over: Vec<usize> = (0..memory.sittings.len()).filter(over).collect();
        if !over.is_empty() {
            due.push_back(What::Close { sittings: over, by: ClosedBy::Clock });
        }
        process.tick_rest = due;
        self.go_on_ticking(server)?;
        self.probe(server, step.clock_ms);
        Ok(())
    }

    fn go_on_ticking(&mut self, server: usize) -> Result<(), String> {
        let next = self.servers[server].tick_rest.pop_front();
        self.servers[server].ticking = next.is_some();
        next.map_or(Ok(()), |what| self.act(server, Act { what, message: None, of_tick: true }))
    }

    // --- Acts: one at a time, from the decision until it is applied ---

    pub(crate) fn act(&mut self, server: usize, act: Act) -> Result<(), String> {
        self.servers[server].acts.push_back(act);
        self.next_act(server)
    }

    fn next_act(&mut self, server: usize) -> Result<(), String> {
        while !self.servers[server].act_busy {
            let clock_ms = self.clock(server);
            let process = &mut self.servers[server];
            let Some(act) = process.acts.pop_front() else { return Ok(()) };
            match process.memory.decide(&act.what, &self.exam, clock_ms) {
                Ok(writes) if writes.is_empty() => self.act_done(server, act, &[], Ok(()))?,
                Ok(writes) => {
                    process.act_busy = true;
                    self.queue(server, Work::Act(act, writes));
                }
                Err(refusal) => self.act_done(server, act, &[], Err(refusal))?,
            }
        }
        Ok(())
    }

    fn act_done(
        &mut self,
        server: usize,
        act: Act,
        writes: &[Write],
        result: Result<(), Refusal>,
    ) -> Result<(), String> {
        let push = |what| Act { what, message: None, of_tick: false };
        let mut reply = None;
        match act.what {
            What::Explain { sitting, epoch, clock_ms } => {
                match self.servers[server].memory.sittings[sitting].why_not_written(epoch) {
                    Some(Refusal::Epoch) => reply = Some(Reply::Refused(SaveRefusalCode::Epoch)),
                    Some(_) => {
                        self.book.refused_as_closed(sitting, clock_ms, &self.exam)?;
                        let message = act.message.clone().expect("a page asked");
                        self.queue(server, Work::Quarantine(message));
                    }
                    None => reply = Some(Reply::Refused(SaveRefusalCode::Busy)),
                }
            }
            What::Login { sitting, token } if result.is_ok() && !writes.is_empty() => {
                reply = Some(Reply::Token(token));
                self.servers[server].acts.push_back(push(What::Accept { sitting }));
            }
            What::Accept { sitting } => {
                let room = self.exam.rooms[sitting];
                let memory = &self.servers[server].memory;
                if memory.open[room] && !memory.pauses[room].is_on() && !writes.is_empty() {
                    self.servers[server].acts.push_back(push(What::StartWaiting { room, lead_ms: 0 }));
                }
            }
            What::Open { room } if !writes.is_empty() => {
                self.servers[server].memory.clock.tick(self.now_ms);
                let lead_ms = self.exam.terms.start_lead_ms;
                self.servers[server].acts.push_front(push(What::StartWaiting { room, lead_ms }));
            }
            What::Grant { grant_ms, .. } => {
                for write in writes {
                    if let Write::Grant { sitting, .. } = write {
                        self.book.promised(*sitting, grant_ms);
                    }
                }
            }
            What::Pause { room } if !writes.is_empty() => self.book.told_paused(room),
            What::Resume { room } if !writes.is_empty() => self.book.told_resumed(room),
            What::HandIn { .. } => {
                reply = Some(match result {
                    Ok(()) | Err(Refusal::Closed) => Reply::Over,
                    Err(Refusal::Epoch) => Reply::Stale,
                    Err(_) => Reply::NotNow,
                });
            }
            _ => {}
        }
        if let (Some(message), Some(reply)) = (act.message, reply) {
            self.answer(message, reply);
        }
        if act.of_tick {
            self.go_on_ticking(server)?;
        }
        Ok(())
    }

    // --- Requests ---

    pub(crate) fn arrive(&mut self, server: usize, message: Message) -> Result<(), String> {
        if !self.servers[server].up {
            return Ok(());
        }
        if self.servers[server].suspended_since_ms.is_some() {
            self.after(500, Event::Arrive { server, message });
            return Ok(());
        }
        match message.ask.clone() {
            Ask::Login => {
                self.next_id += 1;
                let what = What::Login { sitting: message.candidate, token: self.next_id };
                self.act(server, Act { what, message: Some(message), of_tick: false })?;
            }
            Ask::Page => {
                let reply = self.page(server, message.token);
                self.answer(message, reply);
            }
            Ask::HandIn(epoch) => {
                let own = self.servers[server].memory.tokens.get(&message.token).copied();
                match own {
                    Some((sitting, own)) if own == epoch => {
                        let what = What::HandIn { sitting, epoch };
                        self.act(server, Act { what, message: Some(message), of_tick: false })?;
                    }
                    _ => self.answer(message, Reply::Stale),
                }
            }
            Ask::Save(request) => return self.save(server, message, &request),
        }
        Ok(())
    }

    fn page(&self, server: usize, token: u64) -> Reply {
        let memory = &self.servers[server].memory;
        let Some((id, epoch)) = memory.tokens.get(&token).copied() else { return Reply::Stale };
        match memory.sittings[id].phase {
            _ if epoch != memory.sittings[id].epoch => Reply::Stale,
            // Without questions; it comes again by itself.
            Phase::Writing { .. } if memory.pauses[self.exam.rooms[id]].is_on() => Reply::Waiting,
            Phase::Writing { .. } => Reply::Page(Box::new(memory.page(id, &self.exam, self.clock(server)))),
            Phase::Closed { .. } => Reply::Over,
            _ => Reply::Waiting,
        }
    }

    fn save(&mut self, server: usize, message: Message, request: &SaveRequest) -> Result<(), String> {
        let clock_ms = self.clock(server);
        let memory = &self.servers[server].memory;
        let Some((sitting, admitted)) = memory.admit(&self.exam, (message.token, request), clock_ms, self.plant) else {
            self.refuse(message, SaveRefusalCode::SignedOut);
            return Ok(());
        };
        let epoch = match self.plant {
            Some(Plant::EpochNotChecked) => request.epoch,
            _ => memory.tokens[&message.token].1,
        };
        match admitted {
            Ok(changes) => {
                let save = Save { message, sitting, epoch, clock_ms, changes };
                if save.changes.is_empty() {
                    self.saved(server, save);
                    return Ok(());
                }
                if save.message.tab.is_none() {
                    // Forged in the candidate's name, as from another machine: an outbox may not be taken up after it.
                    self.book.let_go_of_all(sitting);
                }
                self.servers[server].saves.push(save);
                self.next_group(server);
            }
            Err(Refusal::Closed | Refusal::Absent) => {
                self.book.refused_as_closed(sitting, clock_ms, &self.exam)?;
                self.queue(server, Work::Quarantine(message));
            }
            Err(Refusal::Epoch) => self.refuse(message, SaveRefusalCode::Epoch),
            Err(refusal) if message.tab.is_some() => return Err(format!("a page's request is refused: {refusal}")),
            Err(_) => {}
        }
        Ok(())
    }

    /// The writer takes all that wait, once it is free.
    pub(crate) fn next_group(&mut self, server: usize) {
        let process = &mut self.servers[server];
        if !process.writer_busy && !process.saves.is_empty() {
            process.writer_busy = true;
            let saves = std::mem::take(&mut process.saves);
            self.queue(server, Work::Saves(saves));
        }
    }

    // --- Outcomes ---

    pub(crate) fn applied(&mut self, server: usize, incarnation: u32, outcome: Outcome) -> Result<(), String> {
        if !self.serves(server, incarnation) {
            return Ok(());
        }
        if self.servers[server].suspended_since_ms.is_some() {
            self.after(500, Event::Apply { server, incarnation, outcome });
            return Ok(());
        }
        self.servers[server].unapplied -= 1;
        match outcome {
            Outcome::Saved(save) => self.saved(server, save),
            Outcome::NotWritten(Save { message, sitting, epoch, clock_ms, .. }) => {
                let what = What::Explain { sitting, epoch, clock_ms };
                self.act(server, Act { what, message: Some(message), of_tick: false })?;
            }
            Outcome::Late(message) => self.refuse(message, SaveRefusalCode::Closed),
            Outcome::Act(act, writes, done) => {
                self.servers[server].act_busy = false;
                if done {
                    for write in &writes {
                        self.servers[server].memory.apply(write, self.plant);
                    }
                    self.act_done(server, act, &writes, Ok(()))?;
                } else {
                    // The store refused what memory allowed: the one who asked hears of it and asks again.
                    self.act_done(server, act, &[], Err(Refusal::NotStarted))?;
                }
                self.next_act(server)?;
            }
        }
        Ok(())
    }

    fn saved(&mut self, server: usize, save: Save) {
        let (sitting, epoch, clock_ms) = (save.sitting, save.epoch, save.clock_ms);
        for change in save.changes.clone() {
            let write = Write::Answer { sitting, epoch, clock_ms, change };
            self.servers[server].memory.apply(&write, self.plant);
        }
        let reply = self.servers[server].memory.reply(&save, &self.exam, self.clock(server));
        if let Ask::Save(request) = &save.message.ask {
            self.book.acknowledged(sitting, &request.changes, &reply);
        }
        self.touched.push(sitting);
        self.answer(save.message, Reply::Saved(reply));
    }

    /// A sitting was handed in by the clock: if its page could reach the server for the last 10 s, what was chosen before
    /// them is in.
    pub(crate) fn ended_by_clock(&mut self, sitting: usize, clock_ms: i64) -> Result<(), String> {
        let terms = &self.exam.terms;
        let last_ms = self.now_ms - IN_TIME_MS - terms.allowance_ms - 1_000;
        let candidate = &self.candidates[sitting];
        let Some(tab) = candidate.tabs.last() else { return Ok(()) };
        let link = self.links[sitting][candidate.at];
        let calm = self.disturbed_ms <= last_ms && link.disturbed_ms <= last_ms && link.cut_until_ms <= last_ms;
        let fast = self.weather.delay_ms_max <= 200 || terms.allowance_ms >= 2_000;
        if calm && fast && tab.shows == Shows::Exam && tab.machine == candidate.at && tab.pace == 1_000 {
            let found = self.book.check_in_time(sitting, &self.disk.flushed);
            found.map_err(|what| format!("sitting {sitting}, closed at {clock_ms}: {what}"))?;
        }
        Ok(())
    }
}
