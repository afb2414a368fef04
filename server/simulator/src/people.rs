//! Candidates at their machines, and proctors at theirs.

use kaochang_app::{
    outbox::{HEARTBEAT_MS, HEARTBEAT_OVER_MS, HEARTBEAT_PAUSED_MS, Outbox, Refused, Storage},
    wire::{ExamWire, SaveReply, SaveRequest},
};
use question_bank::question::Kind;

use crate::{
    Fault,
    book::Chosen,
    client::{Shows, Tab},
    network::{Ask, Message, Reply},
    server::{Act, What},
    world::{Event, World},
};

impl World {
    // --- A tab, as the exam room's island drives its outbox ---

    fn pump(&mut self, candidate: usize, tab: usize) {
        let its = &mut self.candidates[candidate].tabs[tab];
        let Some((epoch, changes)) = its.outbox.as_mut().and_then(Outbox::request) else { return };
        its.timer += 1;
        if !changes.is_empty() {
            self.persist(candidate, tab);
        }
        self.send(candidate, tab, Ask::Save(SaveRequest { epoch, changes, left_page: 0 }));
    }

    fn schedule(&mut self, candidate: usize, tab: usize, wait_ms: u32) {
        let wait_ms = i64::from(wait_ms) * self.chance.between(800, 1_200) / 1_000;
        let its = &mut self.candidates[candidate].tabs[tab];
        its.timer += 1;
        let (tab, timer) = (its.id, its.timer);
        self.after(wait_ms, Event::Timer { candidate, tab, timer });
    }

    fn persist(&mut self, candidate: usize, tab: usize) {
        let candidate = &mut self.candidates[candidate];
        let tab = &candidate.tabs[tab];
        match tab.outbox.as_ref().map_or(Storage::Leave, Outbox::storage) {
            Storage::Leave => {}
            Storage::Forget => candidate.machines[tab.machine].storage = None,
            Storage::Keep(kept) => candidate.machines[tab.machine].storage = Some(kept.clone()),
        }
    }

    fn change(&mut self, candidate: usize, tab: usize, position: u32, chosen: Chosen) {
        let its = &mut self.candidates[candidate].tabs[tab];
        its.cells[position as usize - 1] = (chosen.response.clone(), chosen.flagged);
        let offline = its.offline;
        if let Some(outbox) = &mut its.outbox {
            outbox.change(position, chosen.response, chosen.flagged);
        }
        self.persist(candidate, tab);
        if !offline {
            self.pump(candidate, tab);
        }
    }

    fn failed(&mut self, candidate: usize, tab: usize) {
        let now_ms = self.now_ms;
        let its = &mut self.candidates[candidate].tabs[tab];
        its.offline = true;
        let remaining_s = (its.left_ms(now_ms).max(0) + 999) / 1_000;
        if let Some(wait_ms) = its.outbox.as_mut().map(|outbox| outbox.failed(remaining_s)) {
            self.schedule(candidate, tab, wait_ms);
        }
    }

    pub(crate) fn timer(&mut self, candidate: usize, tab: u64, timer: u32) {
        let Some(tab) = self.candidates[candidate].index(tab) else { return };
        if self.candidates[candidate].tabs[tab].timer != timer {
            return;
        }
        match self.candidates[candidate].tabs[tab].shows {
            Shows::Login => self.send(candidate, tab, Ask::Login),
            Shows::Loading => self.send(candidate, tab, Ask::Page),
            Shows::Exam => self.pump(candidate, tab),
            Shows::Locked => {}
        }
    }

    pub(crate) fn timeout(&mut self, candidate: usize, tab: u64, request: u64) {
        let Some(tab) = self.candidates[candidate].index(tab) else { return };
        let its = &mut self.candidates[candidate].tabs[tab];
        if its.request != request || !std::mem::take(&mut its.waits) {
            return;
        }
        if its.shows == Shows::Exam {
            self.failed(candidate, tab);
        } else {
            self.schedule(candidate, tab, 500);
        }
    }

    pub(crate) fn time_up(&mut self, candidate: usize, tab: u64, rebased_ms: i64) {
        let Some(tab) = self.candidates[candidate].index(tab) else { return };
        let its = &mut self.candidates[candidate].tabs[tab];
        if its.shows == Shows::Exam && its.rebased_ms == rebased_ms {
            if let Some(outbox) = &mut its.outbox {
                outbox.hurry();
            }
            self.pump(candidate, tab);
        }
    }

    pub(crate) fn claimed(&mut self, candidate: usize, machine: usize, claim: u64) {
        let tabs = &mut self.candidates[candidate].tabs;
        for tab in tabs.iter_mut().filter(|tab| tab.machine == machine && tab.id != claim) {
            if let Some(outbox) = tab.outbox.as_mut().filter(|_| tab.shows == Shows::Exam) {
                outbox.stop();
                tab.shows = Shows::Locked;
            }
        }
    }

    // --- What comes back ---

    pub(crate) fn land(&mut self, message: &Message, reply: Reply) {
        let candidate = message.candidate;
        let Some(tab) = message.tab.and_then(|tab| self.candidates[candidate].index(tab)) else { return };
        let its = &mut self.candidates[candidate].tabs[tab];
        if its.request != message.request || !std::mem::take(&mut its.waits) {
            return;
        }
        match reply {
            Reply::Token(token) => {
                its.shows = Shows::Loading;
                let machine = its.machine;
                self.candidates[candidate].machines[machine].cookie = Some(token);
                self.send(candidate, tab, Ask::Page);
            }
            Reply::Page(exam) => self.opened(candidate, tab, &exam),
            Reply::Waiting => self.schedule(candidate, tab, 1_000),
            Reply::Stale => self.locked(candidate, tab),
            Reply::Over => its.shows = Shows::Locked,
            Reply::NotNow => self.send(candidate, tab, Ask::Page),
            Reply::Saved(reply) => self.heard(candidate, tab, &reply),
            Reply::Refused(code) => match its.outbox.as_mut().map(|outbox| outbox.refused(code)) {
                Some(Refused::Again) => self.failed(candidate, tab),
                Some(Refused::GivenUp) => {
                    self.persist(candidate, tab);
                    self.schedule(candidate, tab, HEARTBEAT_MS);
                }
                Some(Refused::Stopped) => self.locked(candidate, tab),
                Some(Refused::Closed) => {
                    its.shows = Shows::Locked;
                    self.persist(candidate, tab);
                }
                None => {}
            },
        }
    }

    /// The page was opened elsewhere since. Whoever still sits there logs in again.
    fn locked(&mut self, candidate: usize, tab: usize) {
        let its = &mut self.candidates[candidate];
        its.tabs[tab].shows = Shows::Locked;
        if tab + 1 == its.tabs.len() && its.tabs[tab].machine == its.at {
            let wait_ms = self.chance.between(500, 3_000);
            self.after(wait_ms, Event::SitDown { candidate });
        }
    }

    fn opened(&mut self, candidate: usize, tab: usize, exam: &ExamWire) {
        let mut outbox = Outbox::new(exam);
        let mut cells = vec![(String::new(), false); self.exam.paper.len()];
        for answer in &exam.answers {
            cells[answer.position as usize - 1] = (answer.response.clone(), answer.flagged);
        }
        let its = &mut self.candidates[candidate];
        let machine = its.tabs[tab].machine;
        if let Some(kept) = its.machines[machine].storage.clone() {
            for change in outbox.take_up(kept, exam) {
                cells[change.position as usize - 1] = (change.response, change.flagged);
            }
        }
        let its_tab = &mut its.tabs[tab];
        (its_tab.outbox, its_tab.cells, its_tab.shows) = (Some(outbox), cells, Shows::Exam);
        (its_tab.epoch, its_tab.paused) = (exam.epoch, false);
        let claim = its_tab.id;
        its.machines[machine].claim = claim;
        let link = &mut self.links[candidate][machine];
        link.disturbed_ms = link.disturbed_ms.max(self.now_ms);
        let wait_ms = self.chance.between(1, 20);
        self.after(wait_ms, Event::Claimed { candidate, machine, claim });
        self.rebase(candidate, tab, exam.remaining_ms);
        self.pump(candidate, tab);
    }

    fn rebase(&mut self, candidate: usize, tab: usize, remaining_ms: i64) {
        let rebased_ms = self.now_ms;
        let tab = &mut self.candidates[candidate].tabs[tab];
        (tab.remaining_ms, tab.rebased_ms) = (remaining_ms, rebased_ms);
        let paused = tab.paused;
        let up_ms = remaining_ms * 1_000 / tab.pace + 1;
        let tab = tab.id;
        if remaining_ms > 0 && !paused {
            self.after(up_ms, Event::TimeUp { candidate, tab, rebased_ms });
        }
    }

    fn heard(&mut self, candidate: usize, tab: usize, reply: &SaveReply) {
        let its = &mut self.candidates[candidate].tabs[tab];
        let Some(outbox) = &mut its.outbox else { return };
        let more = outbox.saved(reply).more;
        (its.offline, its.paused) = (false, reply.paused);
        for answer in &reply.superseded {
            if !outbox.waits(answer.position) {
                its.cells[answer.position as usize - 1] = (answer.response.clone(), answer.flagged);
                self.book.let_go(candidate, answer.position);
            }
        }
        self.persist(candidate, tab);
        let its = &mut self.candidates[candidate].tabs[tab];
        if its.shows != Shows::Exam {
            return;
        }
        if more {
            self.rebase(candidate, tab, reply.remaining_ms);
            self.pump(candidate, tab);
        } else if its.hands_in && !its.paused {
            (its.hands_in, its.shows) = (false, Shows::Loading);
            let epoch = its.epoch;
            self.send(candidate, tab, Ask::HandIn(epoch));
        } else {
            self.rebase(candidate, tab, reply.remaining_ms);
            let wait_ms = match reply {
                SaveReply { remaining_ms: ..=0, .. } => HEARTBEAT_OVER_MS,
                SaveReply { paused: true, .. } => HEARTBEAT_PAUSED_MS,
                _ => HEARTBEAT_MS,
            };
            self.schedule(candidate, tab, wait_ms);
        }
    }

    // --- People ---

    pub(crate) fn sit_down(&mut self, candidate: usize) {
        self.next_id += 1;
        let its = &mut self.candidates[candidate];
        let at = its.at;
        its.tabs.retain(|tab| tab.machine != at || tab.shows == Shows::Exam);
        its.tabs.push(Tab { shows: Shows::Login, ..Tab::new(self.next_id, at, its.pace) });
        let tab = its.tabs.len() - 1;
        self.send(candidate, tab, Ask::Login);
    }

    /// One thing that a candidate does.
    pub(crate) fn think(&mut self, candidate: usize) -> Result<(), String> {
        let wait_ms = self.chance.between(200, self.budget.thought_ms_max);
        if self.book.accounts[candidate].closed {
            return Ok(());
        }
        self.after(wait_ms, Event::Think { candidate });
        let its = &self.candidates[candidate];
        let Some(tab) = its.tabs.len().checked_sub(1) else { return Ok(()) };
        if !its.tabs[tab].takes_answers(self.now_ms) || its.tabs[tab].machine != its.at {
            return Ok(());
        }
        if self.chance.permille(self.budget.restless) {
            return self.disturb(candidate, tab);
        }
        let index = self.chance.below(self.exam.paper.len());
        let (position, response) = self.choice(index);
        let (old, flagged) = self.candidates[candidate].tabs[tab].cells[index].clone();
        let flags = self.chance.permille(100);
        let chosen = if flags { Chosen { response: old, flagged: !flagged } } else { Chosen { response, flagged } };
        let clock_ms = self.clock(self.primary);
        self.book.chose(candidate, position, clock_ms, chosen.clone());
        self.change(candidate, tab, position, chosen);
        Ok(())
    }

    /// What is no answer: another page, another machine, the end.
    fn disturb(&mut self, candidate: usize, tab: usize) -> Result<(), String> {
        let at = self.candidates[candidate].at;
        match self.chance.below(10) {
            0..=2 => {
                self.count(Fault::Reloaded);
                self.candidates[candidate].tabs.remove(tab);
                self.open_page(candidate);
            }
            3..=4 => {
                self.count(Fault::Reloaded);
                self.open_page(candidate);
            }
            5..=6 => {
                self.count(Fault::MachineDied);
                self.candidates[candidate].tabs.retain(|tab| tab.machine != at);
                self.candidates[candidate].machines[at].cookie = None;
                if self.chance.permille(400) {
                    self.candidates[candidate].machines[at].storage = None;
                    self.book.let_go_of_all(candidate);
                }
                let wait_ms = self.chance.between(1_000, 8_000);
                self.after(wait_ms, Event::SitDown { candidate });
            }
            7 => {
                self.count(Fault::Moved);
                self.candidates[candidate].at = 1 - at;
                self.book.let_go_of_all(candidate);
                self.proctor_does(What::Release { sitting: candidate })?;
                let wait_ms = self.chance.between(1_000, 5_000);
                self.after(wait_ms, Event::SitDown { candidate });
            }
            8 => self.meddle(candidate),
            _ => {
                let its = &mut self.candidates[candidate].tabs[tab];
                its.hands_in = true;
                if let Some(outbox) = &mut its.outbox {
                    outbox.hurry();
                }
                self.pump(candidate, tab);
            }
        }
        Ok(())
    }

    /// Somebody clicks on a page that was left behind.
    fn meddle(&mut self, candidate: usize) {
        let behind = self.candidates[candidate].tabs.len() - 1;
        let now_ms = self.now_ms;
        let left = (0..behind).find(|tab| self.candidates[candidate].tabs[*tab].takes_answers(now_ms));
        if let Some(tab) = left {
            let index = self.chance.below(self.exam.paper.len());
            let (position, response) = self.choice(index);
            self.book.let_go_of_all(candidate);
            self.change(candidate, tab, position, Chosen { response, flagged: false });
        }
    }

    fn open_page(&mut self, candidate: usize) {
        self.next_id += 1;
        let its = &mut self.candidates[candidate];
        its.tabs.push(Tab::new(self.next_id, its.at, its.pace));
        let tab = its.tabs.len() - 1;
        self.send(candidate, tab, Ask::Page);
    }

    /// A question and a response that it has.
    pub(crate) fn choice(&mut self, index: usize) -> (u32, String) {
        let shape = self.exam.paper[index];
        let letters = "ABCD".chars().take(usize::from(shape.options));
        let response: String = if shape.kind == Kind::MultipleChoice {
            letters.filter(|_| self.chance.permille(500)).collect()
        } else {
            let wanted = self.chance.below(usize::from(shape.options) + 1);
            letters.skip(wanted).take(1).collect()
        };
        (u32::try_from(index + 1).expect("a short paper"), response)
    }

    pub(crate) fn proctor(&mut self) -> Result<(), String> {
        if self.ended_ms.is_some() {
            return Ok(());
        }
        let closed = self.book.accounts.iter().map(|account| account.closed);
        let writing: Vec<usize> = closed.enumerate().filter(|(_, closed)| !closed).map(|(id, _)| id).collect();
        let sitting = writing[self.chance.below(writing.len())];
        let room = self.exam.rooms[sitting];
        if self.servers[self.primary].memory.open[room] {
            let paused = self.servers[self.primary].memory.pauses[room].is_on();
            match self.chance.below(20) {
                // Nobody waits for ever: half of the time the room goes on.
                _ if paused && self.chance.permille(500) => self.proctor_does(What::Resume { room })?,
                6..=7 if self.now_ms < 400_000 => self.proctor_does(What::Pause { room })?,
                0 => self
                    .proctor_does(What::Close { sittings: vec![sitting], by: delivery::sitting::ClosedBy::Proctor })?,
                1 => self.proctor_does(What::Release { sitting })?,
                2..=5 if self.now_ms < 400_000 => {
                    let sittings = if self.chance.permille(500) {
                        vec![sitting]
                    } else {
                        (0..self.exam.rooms.len()).filter(|id| self.exam.rooms[*id] == room).collect()
                    };
                    let grant_ms = self.chance.between(1, 20) * 1_000;
                    self.proctor_does(What::Grant { sittings, grant_ms })?;
                }
                _ => {}
            }
        } else {
            self.proctor_does(What::Open { room })?;
        }
        // Half of what proctors do comes within the last moments of somebody's time.
        let left_ms = self.book.accounts[sitting].closes(&self.exam).map(|closes| closes - self.clock(self.primary));
        let soon_ms = self.chance.between(500, 8_000);
        let last_ms = self.chance.between(0, 1_200);
        let wait_ms = left_ms.filter(|left_ms| *left_ms < 9_000).map_or(soon_ms, |left_ms| left_ms - last_ms);
        self.after(wait_ms.max(100), Event::Proctor);
        Ok(())
    }

    fn proctor_does(&mut self, what: What) -> Result<(), String> {
        let server = &self.servers[self.primary];
        if server.up && server.suspended_since_ms.is_none() {
            self.act(self.primary, Act { what, message: None, of_tick: false })?;
        }
        Ok(())
    }
}
