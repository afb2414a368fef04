//! The oracle: its own account of what was promised, written from what came onto stable storage and from what the servers
//! said, and compared with what stands after every step. It shares no rule with the code that it watches.

use delivery::{
    ledger::Cause,
    sitting::{ClosedBy, Phase},
};
use kaochang_app::wire::{ChangeWire, SaveReply};

use crate::{
    disk::{SittingRows, Tables, Write},
    server::Exam,
};

/// What a candidate chose on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) response: String,
    pub(crate) flagged: bool,
}

/// What stands for a question, with its sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stands {
    seq: i64,
    chosen: Chosen,
}

/// One sitting's account.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) epoch: i64,
    pub(crate) started_clock_ms: Option<i64>,
    /// Of the rows on stable storage.
    pub(crate) granted_ms: i64,
    /// Of the grants that somebody was told of.
    promised_ms: i64,
    /// For how long its room stood still while it was being written; and how much of that stands in its ledger.
    paused_ms: i64,
    given_back_ms: i64,
    /// What of it nobody was told of yet.
    untold_ms: i64,
    pub(crate) closed: bool,
    room: usize,
    stands: Vec<Option<Stands>>,
    acked: Vec<Option<Stands>>,
    /// Choices that must be in at the end, oldest first, with the exam clock when they were made.
    owed: Vec<Vec<(i64, Chosen)>>,
}

/// Every account.
#[derive(Debug)]
pub(crate) struct Book {
    /// Exam clock since which a room stands still: as stored, and as somebody was told.
    paused: [Option<i64>; 2],
    told_paused: [Option<i64>; 2],
    pub(crate) accounts: Vec<Account>,
    pub(crate) acknowledged: u64,
    /// Choices made 10 s before the end or earlier that were looked for, and found.
    pub(crate) in_time: u64,
    pub(crate) refused_late: u64,
}

/// Answers chosen so long before the end must be in, milliseconds.
pub(crate) const IN_TIME_MS: i64 = 10_000;

type Verdict = Result<(), String>;

impl Account {
    /// On the exam clock, by what is on stable storage, if its room goes on.
    pub(crate) fn closes(&self, exam: &Exam) -> Option<i64> {
        Some(self.started_clock_ms? + self.granted_ms + exam.terms.allowance_ms)
    }

    /// A time of the exam clock as it counts for this sitting: none that passed while its room stood still.
    fn counted(&self, clock_ms: i64, paused: &[Option<i64>; 2]) -> i64 {
        paused[self.room].map_or(clock_ms, |since| clock_ms.min(since))
    }
}

impl Book {
    pub(crate) fn new(questions: usize, rooms: &[usize]) -> Self {
        let account = |room: &usize| Account {
            room: *room,
            epoch: 0,
            started_clock_ms: None,
            granted_ms: 0,
            promised_ms: 0,
            paused_ms: 0,
            given_back_ms: 0,
            untold_ms: 0,
            closed: false,
            stands: vec![None; questions],
            acked: vec![None; questions],
            owed: vec![Vec::new(); questions],
        };
        let accounts = rooms.iter().map(account).collect();
        Self { accounts, paused: [None; 2], told_paused: [None; 2], acknowledged: 0, in_time: 0, refused_late: 0 }
    }

    /// Something came onto stable storage.
    pub(crate) fn stored(&mut self, write: &Write, exam: &Exam) -> Verdict {
        let allowance_ms = exam.terms.allowance_ms;
        match write {
            Write::Login { sitting, epoch, .. } | Write::Release { sitting, epoch } => {
                let account = &mut self.accounts[*sitting];
                hold(*epoch == account.epoch + 1, || format!("epoch {epoch} after {}", account.epoch))?;
                account.epoch = *epoch;
            }
            Write::Start { sitting, started_clock_ms, row } => {
                let account = &mut self.accounts[*sitting];
                hold(account.started_clock_ms.is_none(), || "the start was moved".to_owned())?;
                account.started_clock_ms = Some(*started_clock_ms);
                account.granted_ms += row.grant_ms;
                account.promised_ms += row.grant_ms;
            }
            Write::Grant { sitting, row } => {
                let account = &mut self.accounts[*sitting];
                hold(!account.closed, || "time was granted after the hand-in".to_owned())?;
                account.granted_ms += row.grant_ms;
                if row.cause == Cause::Pause {
                    account.given_back_ms += row.grant_ms;
                    account.untold_ms += row.grant_ms;
                }
            }
            Write::Close { sitting, by, clock_ms, epoch } => {
                let account = &mut self.accounts[*sitting];
                hold(!account.closed, || "closed twice".to_owned())?;
                account.closed = true;
                let counted = account.counted(*clock_ms, &self.paused);
                let closes = account.started_clock_ms.unwrap_or(i64::MAX / 2) + account.granted_ms + allowance_ms;
                hold(*by != ClosedBy::Clock || counted >= closes, || {
                    format!("law 3: closed by the clock at {clock_ms} ({counted} counted), promised until {closes}")
                })?;
                hold(*by != ClosedBy::Candidate || self.paused[account.room].is_none(), || {
                    "a paper was handed in by its candidate while the room stood still".to_owned()
                })?;
                hold(epoch.is_none_or(|epoch| epoch == account.epoch), || {
                    format!("epoch {epoch:?} handed in, the newest is {}", account.epoch)
                })?;
            }
            Write::Answer { sitting, epoch, clock_ms, change } => {
                let account = &mut self.accounts[*sitting];
                let closes = account.started_clock_ms.unwrap_or(0) + account.granted_ms + allowance_ms;
                let counted = account.counted(*clock_ms, &self.paused);
                hold(!account.closed && counted < closes, || {
                    format!("law 2: received at {clock_ms} ({counted} counted), the sitting closed at {closes}")
                })?;
                hold(*epoch == account.epoch, || format!("epoch {epoch} wrote, the newest is {}", account.epoch))?;
                let slot = &mut account.stands[change.position as usize - 1];
                if slot.as_ref().is_none_or(|stands| stands.seq < change.seq) {
                    let chosen = Chosen { response: change.response.clone(), flagged: change.flagged };
                    *slot = Some(Stands { seq: change.seq, chosen });
                }
            }
            Write::Pause { room, clock_ms } => {
                hold(self.paused[*room].is_none(), || "a room was paused twice".to_owned())?;
                self.paused[*room] = Some(*clock_ms);
            }
            Write::Resume { room, until_clock_ms } => self.resumed(*room, *until_clock_ms)?,
            Write::Accepted { .. } | Write::Open { .. } | Write::Clock(_) | Write::Quarantine => {}
        }
        Ok(())
    }

    /// A room goes on: from now on everybody of it who writes must be given exactly the pause, in rows that follow.
    fn resumed(&mut self, room: usize, until_clock_ms: i64) -> Verdict {
        let since = self.paused[room].take().ok_or_else(|| "a room went on that did not stand still".to_owned())?;
        for account in self.accounts.iter_mut().filter(|account| account.room == room) {
            if account.started_clock_ms.is_some() && !account.closed {
                account.paused_ms += until_clock_ms - since;
            }
        }
        Ok(())
    }

    /// A proctor is told that the room stands still.
    pub(crate) fn told_paused(&mut self, room: usize) {
        self.told_paused[room] = self.paused[room];
    }

    /// A proctor is told that it goes on, with the pause given back.
    pub(crate) fn told_resumed(&mut self, room: usize) {
        self.told_paused[room] = None;
        for account in self.accounts.iter_mut().filter(|account| account.room == room) {
            account.promised_ms += std::mem::take(&mut account.untold_ms);
        }
    }

    /// A server has loaded what is stored: whoever asks it is told of that.
    pub(crate) fn loaded(&mut self) {
        self.told_paused = self.paused;
        for account in &mut self.accounts {
            account.promised_ms += std::mem::take(&mut account.untold_ms);
        }
    }

    /// A server tells a page that its changes are saved.
    pub(crate) fn acknowledged(&mut self, sitting: usize, changes: &[ChangeWire], reply: &SaveReply) {
        for change in changes {
            let chosen = Chosen { response: change.response.clone(), flagged: change.flagged };
            let slot = &mut self.accounts[sitting].acked[change.position as usize - 1];
            let told_otherwise = reply.superseded.iter().any(|answer| answer.position == change.position);
            if !told_otherwise && slot.as_ref().is_none_or(|acked| acked.seq < change.seq) {
                *slot = Some(Stands { seq: change.seq, chosen });
                self.acknowledged += 1;
            }
        }
    }

    /// A proctor is told that time was granted.
    pub(crate) fn promised(&mut self, sitting: usize, grant_ms: i64) {
        self.accounts[sitting].promised_ms += grant_ms;
    }

    /// A page is told that the sitting is closed.
    pub(crate) fn refused_as_closed(&mut self, sitting: usize, clock_ms: i64, exam: &Exam) -> Verdict {
        self.refused_late += 1;
        let account = &self.accounts[sitting];
        let Some(started) = account.started_clock_ms else { return Ok(()) };
        let closes = started + account.promised_ms + exam.terms.allowance_ms;
        let clock_ms = account.counted(clock_ms, &self.told_paused);
        hold(account.closed || clock_ms >= closes, || {
            format!("law 3: refused as closed at {clock_ms}, promised until {closes}")
        })
    }

    /// What stands on stable storage is what must.
    pub(crate) fn check(&self, sitting: usize, tables: &Tables) -> Verdict {
        let (account, rows) = (&self.accounts[sitting], &tables.sittings[sitting]);
        for (index, acked) in account.acked.iter().enumerate() {
            let position = u32::try_from(index + 1).expect("a short paper");
            let stored = stands(rows, position);
            if let Some(acked) = acked {
                let kept = stored.as_ref().is_some_and(|s| s.seq > acked.seq || s == acked || s.chosen == acked.chosen);
                hold(kept, || format!("law 1: question {position}: acknowledged {acked:?}, stored {stored:?}"))?;
            }
            hold(stored == account.stands[index], || {
                format!("question {position}: stored {stored:?}, the highest is {:?}", account.stands[index])
            })?;
        }
        let granted: i64 = rows.ledger.iter().map(|row| row.grant_ms).sum();
        hold(granted >= account.promised_ms, || {
            format!("law 3: {granted} ms stored, {} promised", account.promised_ms)
        })?;
        hold(account.given_back_ms == account.paused_ms, || {
            format!(
                "law 3: the room stood still for {} ms, {} were given back",
                account.paused_ms, account.given_back_ms
            )
        })?;
        hold(account.closed == matches!(rows.phase, Phase::Closed { .. }), || "the phase is another".to_owned())
    }

    /// A candidate chose something, at a time of the exam clock.
    pub(crate) fn chose(&mut self, sitting: usize, position: u32, clock_ms: i64, chosen: Chosen) {
        self.accounts[sitting].owed[position as usize - 1].push((clock_ms, chosen));
    }

    /// The page was told of, or shows, something else: nothing is owed for this question but what is chosen from now on.
    pub(crate) fn let_go(&mut self, sitting: usize, position: u32) {
        self.accounts[sitting].owed[position as usize - 1].clear();
    }

    /// What was chosen and not acknowledged is gone with its machine: nothing of it is owed.
    pub(crate) fn let_go_of_all(&mut self, sitting: usize) {
        for owed in &mut self.accounts[sitting].owed {
            owed.clear();
        }
    }

    /// At the end of a sitting whose page could reach the server for the last 10 s: what was chosen before them is in.
    pub(crate) fn check_in_time(&mut self, sitting: usize, tables: &Tables) -> Verdict {
        let account = &self.accounts[sitting];
        let Some(started) = account.started_clock_ms else { return Ok(()) };
        let last_clock_ms = started + account.granted_ms - IN_TIME_MS;
        for (index, owed) in account.owed.iter().enumerate() {
            let Some(first) = owed.iter().rposition(|(clock_ms, _)| *clock_ms <= last_clock_ms) else { continue };
            let position = u32::try_from(index + 1).expect("a short paper");
            let stored = stands(&tables.sittings[sitting], position).map(|stands| stands.chosen);
            let is_in = owed[first..].iter().any(|(_, chosen)| Some(chosen) == stored.as_ref());
            hold(is_in, || format!("question {position}: chosen {:?} in time, stored {stored:?}", &owed[first..]))?;
            self.in_time += 1;
        }
        Ok(())
    }
}

fn stands(rows: &SittingRows, position: u32) -> Option<Stands> {
    let answer = rows.answers.get(&position)?;
    let chosen = Chosen { response: answer.response.clone(), flagged: answer.flagged };
    Some(Stands { seq: answer.seq, chosen })
}

/// A law, and what to say where it does not hold.
pub(crate) fn hold(law: bool, what: impl FnOnce() -> String) -> Verdict {
    if law { Ok(()) } else { Err(what()) }
}
