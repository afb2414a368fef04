//! A server: its memory, and the order of every act as the services keep it: decide on the memory as it is, write, flush,
//! apply to the memory, answer. What is decided is decided by `delivery`.

use std::collections::{BTreeMap, VecDeque};

use delivery::{
    clock::ExamClock,
    ledger::{Cause, LedgerRow},
    pause::Pauses,
    room::RoomState,
    session::{LateEnd, Terms},
    sitting::{Change, ClosedBy, Phase, Refusal, Shape, Sitting},
};
use kaochang_app::wire::{AnswerWire, Choice, ExamWire, ItemWire, SaveReply, SaveRequest};

use question_bank::question::Kind;

use crate::{
    Plant,
    chance::Chance,
    disk::{Tables, Write},
    network::Message,
};

/// Everything in memory.
#[derive(Debug)]
pub(crate) struct Memory {
    pub(crate) sittings: Vec<Sitting>,
    pub(crate) tokens: BTreeMap<u64, (usize, i64)>,
    pub(crate) open: Vec<bool>,
    pub(crate) pauses: Vec<Pauses>,
    pub(crate) clock: ExamClock,
}

/// A process.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says whether something is under way")]
pub(crate) struct Server {
    /// Rises with each start: what belongs to an earlier process is void.
    pub(crate) incarnation: u32,
    pub(crate) up: bool,
    pub(crate) suspended_since_ms: Option<i64>,
    pub(crate) memory: Memory,
    /// Saves that wait for the writer's next group.
    pub(crate) saves: Vec<Save>,
    pub(crate) writer_busy: bool,
    /// Acts that wait for their turn.
    pub(crate) acts: VecDeque<Act>,
    pub(crate) act_busy: bool,
    /// Whether the last tick is not done: the next one waits for it.
    pub(crate) ticking: bool,
    /// What that tick still has to do, one after the other.
    pub(crate) tick_rest: VecDeque<What>,
    /// Commits whose outcome is not applied yet.
    pub(crate) unapplied: usize,
}

/// A save that was let in.
#[derive(Debug)]
pub(crate) struct Save {
    pub(crate) message: Message,
    pub(crate) sitting: usize,
    pub(crate) epoch: i64,
    pub(crate) clock_ms: i64,
    pub(crate) changes: Vec<Change>,
}

/// An act that goes alone.
#[derive(Debug)]
pub(crate) struct Act {
    pub(crate) what: What,
    /// Who waits for it.
    pub(crate) message: Option<Message>,
    /// Whether the tick waits for it.
    pub(crate) of_tick: bool,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub(crate) enum What {
    Login {
        sitting: usize,
        token: u64,
    },
    Accept {
        sitting: usize,
    },
    Open {
        room: usize,
    },
    /// Starts everybody of a room who waits.
    StartWaiting {
        room: usize,
        lead_ms: i64,
    },
    Grant {
        sittings: Vec<usize>,
        grant_ms: i64,
    },
    Pause {
        room: usize,
    },
    Resume {
        room: usize,
    },
    Release {
        sitting: usize,
    },
    HandIn {
        sitting: usize,
        epoch: i64,
    },
    Close {
        sittings: Vec<usize>,
        by: ClosedBy,
    },
    Keep {
        clock_ms: i64,
    },
    /// Says why a commit did not take a save, once the act that was under way is applied.
    Explain {
        sitting: usize,
        epoch: i64,
        clock_ms: i64,
    },
}

/// Where things are, which no process changes.
#[derive(Debug)]
pub(crate) struct Exam {
    pub(crate) terms: Terms,
    pub(crate) paper: Vec<Shape>,
    /// Room of each sitting.
    pub(crate) rooms: Vec<usize>,
}

impl Exam {
    /// An exam of the run's own size and terms.
    pub(crate) fn of(chance: &mut Chance) -> Self {
        let duration_ms = chance.between(30, 100) * 1_000;
        let terms = Terms {
            duration_ms,
            allowance_ms: chance.pick(&[2_000, 2_000, 2_000, 0, 10_000]),
            start_lead_ms: chance.pick(&[0, 1_000, 5_000]),
            earliest_hand_in_ms: chance.pick(&[0, 10_000, 25_000]),
            late_entry_ms: duration_ms,
            late_end: LateEnd::Full,
            reminders_ms: Vec::new(),
            pass_points: 60,
            score_at_once: false,
            candidates_per_proctor: 15,
            proctors_min: 2,
        };
        let shape = |chance: &mut Chance| match chance.pick(&Kind::ALL) {
            Kind::TrueFalse => Shape { kind: Kind::TrueFalse, options: 2 },
            kind => Shape { kind, options: 4 },
        };
        let questions = chance.pick(&[3, 8, 20, 60]);
        let sittings = chance.between(1, 5);
        Self {
            terms,
            paper: (0..questions).map(|_| shape(chance)).collect(),
            rooms: (0..sittings).map(|_| chance.below(2)).collect(),
        }
    }
}

impl Memory {
    /// Rebuilds everything from what is stored.
    pub(crate) fn load(tables: &Tables, exam: &Exam, plant: Option<Plant>) -> Self {
        let restore = |rows: &crate::disk::SittingRows| {
            let mut ledger = rows.ledger.clone();
            if plant == Some(Plant::LedgerLost) {
                ledger.retain(|row| row.cause == Cause::Duration);
            }
            rows.rebuilt(&exam.paper, ledger)
        };
        Self {
            sittings: tables.sittings.iter().map(restore).collect(),
            tokens: tables.tokens.clone(),
            open: tables.open.clone(),
            pauses: match plant {
                Some(Plant::PauseForgotten) => vec![Pauses::default(); tables.pauses.len()],
                _ => tables.pauses.clone(),
            },
            clock: ExamClock::resume(tables.clock_ms),
        }
    }

    /// Whether the exam clock runs: a room is open or was.
    pub(crate) fn running(&self) -> bool {
        self.open.contains(&true)
    }

    /// The exam clock as a sitting's room counts it.
    pub(crate) fn clock_of(&self, exam: &Exam, sitting: usize, clock_ms: i64) -> i64 {
        self.pauses[exam.rooms[sitting]].clock_ms(clock_ms)
    }

    /// Lets a save in.
    pub(crate) fn admit(
        &self,
        exam: &Exam,
        (token, request): (u64, &SaveRequest),
        clock_ms: i64,
        plant: Option<Plant>,
    ) -> Option<(usize, Result<Vec<Change>, Refusal>)> {
        let (id, own) = *self.tokens.get(&token)?;
        let sitting = &self.sittings[id];
        let changes: Vec<Change> = request.changes.iter().map(domain).collect();
        let clock_ms = self.clock_of(exam, id, clock_ms);
        let (epochs, now) = match plant {
            Some(Plant::EpochNotChecked) => ((sitting.epoch, sitting.epoch), clock_ms),
            Some(Plant::DeadlineOffByOne) => ((own, request.epoch), clock_ms - 1),
            _ => ((own, request.epoch), clock_ms),
        };
        Some((id, sitting.admit(&exam.terms, epochs, &changes, now)))
    }

    /// Decides an act on the memory as it is. Nothing to write: nothing to do.
    pub(crate) fn decide(&self, what: &What, exam: &Exam, clock_ms: i64) -> Result<Vec<Write>, Refusal> {
        let all = 0..self.sittings.len();
        Ok(match what {
            What::Login { sitting, token } => {
                let epoch = self.sittings[*sitting].next_epoch()?;
                vec![Write::Login { sitting: *sitting, epoch, token: *token }]
            }
            What::Accept { sitting } => match self.sittings[*sitting].phase {
                Phase::Present { accepted: false, .. } => vec![Write::Accepted { sitting: *sitting }],
                _ => Vec::new(),
            },
            What::Open { room } if self.open[*room] => Vec::new(),
            What::Explain { .. } => Vec::new(),
            What::Pause { room } => match self.pauses[*room].may_begin(self.state(*room)) {
                Ok(()) => vec![Write::Pause { room: *room, clock_ms }],
                Err(_) => Vec::new(),
            },
            What::Resume { room } => match self.pauses[*room].until(&exam.terms, clock_ms) {
                Ok(until_clock_ms) => self.resume(*room, until_clock_ms, exam, clock_ms),
                Err(_) => Vec::new(),
            },
            What::StartWaiting { room, .. } if self.pauses[*room].is_on() => Vec::new(),
            What::Open { room } if self.running() => vec![Write::Open { room: *room }],
            What::Open { room } => vec![Write::Open { room: *room }, Write::Clock(clock_ms)],
            What::StartWaiting { room, lead_ms } => {
                let ready = Phase::Present { confirmed: true, accepted: true };
                all.filter(|id| exam.rooms[*id] == *room && self.sittings[*id].phase == ready)
                    .map(|sitting| Write::Start {
                        sitting,
                        started_clock_ms: clock_ms + lead_ms,
                        row: self.row(sitting, exam.terms.duration_ms, Cause::Duration, clock_ms),
                    })
                    .collect()
            }
            What::Grant { sittings, grant_ms } => sittings
                .iter()
                .filter(|id| self.sittings[**id].is_writing())
                .map(|id| Write::Grant { sitting: *id, row: self.row(*id, *grant_ms, Cause::Extension, clock_ms) })
                .collect(),
            What::Release { sitting } => match self.sittings[*sitting].phase {
                Phase::Present { .. } | Phase::Writing { .. } => {
                    vec![Write::Release { sitting: *sitting, epoch: self.sittings[*sitting].epoch + 1 }]
                }
                _ => Vec::new(),
            },
            What::HandIn { sitting, epoch } => {
                let pauses = &self.pauses[exam.rooms[*sitting]];
                self.sittings[*sitting].may_hand_in(*epoch, &exam.terms, pauses, clock_ms)?;
                vec![Write::Close { sitting: *sitting, by: ClosedBy::Candidate, clock_ms, epoch: Some(*epoch) }]
            }
            What::Close { sittings, by } => sittings
                .iter()
                .filter(|id| self.sittings[**id].may_close(*by, &exam.terms, self.clock_of(exam, **id, clock_ms)))
                .map(|id| Write::Close { sitting: *id, by: *by, clock_ms, epoch: None })
                .collect(),
            What::Keep { clock_ms } => vec![Write::Clock(*clock_ms)],
        })
    }

    fn state(&self, room: usize) -> RoomState {
        if self.open[room] { RoomState::Open } else { RoomState::Preparing }
    }

    /// The end of the pause, with a row for everybody who writes.
    fn resume(&self, room: usize, until_clock_ms: i64, exam: &Exam, clock_ms: i64) -> Vec<Write> {
        let pause_ms = self.pauses[room].length_ms(until_clock_ms);
        let writing = (0..self.sittings.len()).filter(|id| exam.rooms[*id] == room && self.sittings[*id].is_writing());
        let rows = writing.map(|id| Write::Grant { sitting: id, row: self.row(id, pause_ms, Cause::Pause, clock_ms) });
        std::iter::once(Write::Resume { room, until_clock_ms }).chain(rows).collect()
    }

    fn row(&self, sitting: usize, grant_ms: i64, cause: Cause, clock_ms: i64) -> LedgerRow {
        LedgerRow {
            row_no: self.sittings[sitting].next_row_no(),
            grant_ms,
            cause,
            reason: String::new(),
            actor: String::new(),
            approved_by: None,
            clock_ms,
            at_ms: 0,
        }
    }

    /// What was written is applied.
    pub(crate) fn apply(&mut self, write: &Write, plant: Option<Plant>) {
        match write {
            Write::Login { sitting, epoch, token } => {
                self.sittings[*sitting].logged_in(*epoch);
                self.tokens.insert(*token, (*sitting, *epoch));
            }
            Write::Release { sitting, epoch } => self.sittings[*sitting].epoch = *epoch,
            Write::Accepted { sitting } => {
                self.sittings[*sitting].phase = Phase::Present { confirmed: true, accepted: true };
            }
            Write::Open { room } => self.open[*room] = true,
            Write::Pause { room, clock_ms } => self.pauses[*room].began(*clock_ms),
            Write::Resume { room, until_clock_ms } => self.pauses[*room].ended(*until_clock_ms),
            Write::Start { sitting, started_clock_ms, row } => {
                self.sittings[*sitting].started(*started_clock_ms, row.clone());
            }
            Write::Grant { sitting, row } => self.sittings[*sitting].ledger.push(row.clone()),
            Write::Close { sitting, by, clock_ms, .. } => {
                self.sittings[*sitting].phase = Phase::Closed { by: *by, closed_clock_ms: *clock_ms };
            }
            Write::Answer { sitting, change, .. } => {
                if plant == Some(Plant::LastArrivalWins) {
                    self.sittings[*sitting].answers[change.position as usize - 1].seq = 0;
                }
                self.sittings[*sitting].apply(change);
            }
            Write::Clock(clock_ms) => self.clock.flushed(*clock_ms),
            Write::Quarantine => {}
        }
    }

    /// The answer to a save that is on stable storage and applied.
    pub(crate) fn reply(&self, save: &Save, exam: &Exam, clock_ms: i64) -> SaveReply {
        let clock_ms = self.clock_of(exam, save.sitting, clock_ms);
        let sitting = &self.sittings[save.sitting];
        let superseded = sitting.superseded(&save.changes);
        SaveReply {
            acked_seq: save.changes.iter().map(|change| change.seq).max().unwrap_or(0),
            remaining_ms: sitting.remaining_ms(clock_ms),
            end_text: String::new(),
            saved_text: String::new(),
            superseded: superseded.into_iter().filter_map(|at| answer_wire(sitting, at)).collect(),
            hand_raised: false,
            paused: self.pauses[exam.rooms[save.sitting]].is_on(),
            voided: Vec::new(),
        }
    }

    /// The exam room's page.
    pub(crate) fn page(&self, id: usize, exam: &Exam, clock_ms: i64) -> ExamWire {
        let sitting = &self.sittings[id];
        let item = |position| ItemWire {
            position,
            block: 0,
            choice: Choice::Many,
            points: String::new(),
            stem: String::new(),
            options: Vec::new(),
        };
        let positions = 1..=u32::try_from(exam.paper.len()).expect("a short paper");
        ExamWire {
            sitting: String::new(),
            epoch: sitting.epoch,
            blocks: Vec::new(),
            items: positions.clone().map(item).collect(),
            answers: positions.filter_map(|position| answer_wire(sitting, position)).collect(),
            current: 1,
            all: false,
            remaining_ms: sitting.remaining_ms(clock_ms),
            end_text: String::new(),
            hand_in_after_ms: sitting.hand_in_after_ms(&exam.terms, clock_ms),
            reminders_ms: Vec::new(),
            next_seq: sitting.newest_seq() + 1,
            hand_raised: false,
            voided: Vec::new(),
        }
    }
}

fn answer_wire(sitting: &Sitting, position: u32) -> Option<AnswerWire> {
    let answer = sitting.answer(position).filter(|answer| answer.seq > 0)?;
    Some(AnswerWire { position, response: answer.response.clone(), flagged: answer.flagged, seq: answer.seq })
}

fn domain(change: &kaochang_app::wire::ChangeWire) -> Change {
    Change { seq: change.seq, position: change.position, response: change.response.clone(), flagged: change.flagged }
}
