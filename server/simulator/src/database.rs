//! The database has one writer: one transaction at a time, whoever asks.

use crate::{
    Fault,
    disk::Write,
    server::Save,
    world::{Event, Outcome, Running, Work, World},
};

impl World {
    pub(crate) fn queue(&mut self, server: usize, work: Work) {
        let incarnation = self.servers[server].incarnation;
        self.database.push_back((server, incarnation, work));
        self.next_transaction();
    }

    /// Gives the database to the next that waits for it and can go on.
    pub(crate) fn next_transaction(&mut self) {
        if self.running.is_some() {
            return;
        }
        let alive = |(server, incarnation, _): &(usize, u32, Work)| {
            self.servers[*server].up && self.servers[*server].incarnation == *incarnation
        };
        self.database.retain(alive);
        let ready = |(server, _, _): &(usize, u32, Work)| self.servers[*server].suspended_since_ms.is_none();
        let Some(next) = self.database.iter().position(ready) else { return };
        let (server, incarnation, work) = self.database.remove(next).expect("it was just found");
        let outcomes = self.write(work);
        self.servers[server].unapplied += outcomes.len();
        self.running = Some(Running { server, incarnation, outcomes });
        let slow_ms = (self.slow_until_ms - self.now_ms).max(0);
        let flush_ms = self.chance.between(0, 8) + slow_ms;
        self.after(flush_ms, Event::Flushed { server, incarnation });
    }

    fn write(&mut self, work: Work) -> Vec<Outcome> {
        match work {
            Work::Saves(saves) => {
                let plant = self.plant;
                let (taken, refused): (Vec<_>, Vec<_>) =
                    saves.into_iter().partition(|save| self.disk.written.writable(save.sitting, save.epoch, plant));
                let answer = |save: &Save| {
                    let (sitting, epoch, clock_ms) = (save.sitting, save.epoch, save.clock_ms);
                    let write = move |change| Write::Answer { sitting, epoch, clock_ms, change };
                    save.changes.clone().into_iter().map(write)
                };
                self.disk.write(taken.iter().flat_map(answer).collect());
                let taken = taken.into_iter().map(Outcome::Saved);
                taken.chain(refused.into_iter().map(Outcome::NotWritten)).collect()
            }
            Work::Act(act, writes) => {
                let done = self.disk.write(writes.clone());
                vec![Outcome::Act(act, writes, done)]
            }
            Work::Quarantine(message) => {
                self.disk.write(vec![Write::Quarantine]);
                vec![Outcome::Late(message)]
            }
        }
    }

    pub(crate) fn flushed(&mut self, server: usize, incarnation: u32) -> Result<(), String> {
        let its = |running: &Running| running.server == server && running.incarnation == incarnation;
        if !self.running.as_ref().is_some_and(its) {
            return Ok(());
        }
        if self.servers[server].suspended_since_ms.is_some() {
            self.after(500, Event::Flushed { server, incarnation });
            return Ok(());
        }
        if std::mem::take(&mut self.flush_fails) {
            self.count(Fault::FlushFailed);
            return self.crash(server, 1_000);
        }
        let running = self.running.take().expect("it was just looked at");
        let writes = self.disk.flush();
        self.stored(&writes)?;
        for outcome in running.outcomes {
            if matches!(outcome, Outcome::Saved(_) | Outcome::NotWritten(_)) {
                self.servers[server].writer_busy = false;
            }
            let wait_ms = self.chance.between(0, 1);
            self.after(wait_ms, Event::Apply { server, incarnation, outcome });
        }
        self.next_group(server);
        self.next_transaction();
        Ok(())
    }
}
