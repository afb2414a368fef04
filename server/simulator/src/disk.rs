//! What is stored, as the store's statements keep it, and the disk under it: a transaction is written, then flushed; what was
//! not flushed may be lost, and a torn tail is dropped (the log has checksums).

use std::collections::BTreeMap;

use delivery::{
    ledger::LedgerRow,
    pause::Pauses,
    sitting::{Answer, Change, ClosedBy, Phase, Shape, Sitting},
};

use crate::{Plant, chance::Chance};

/// A change of what is stored, one statement each.
#[derive(Clone, Debug)]
pub(crate) enum Write {
    /// The epoch rises by exactly one.
    Login {
        sitting: usize,
        epoch: i64,
        token: u64,
    },
    /// The same, and nobody has its token.
    Release {
        sitting: usize,
        epoch: i64,
    },
    /// 信息无误, 我已阅读并同意.
    Accepted {
        sitting: usize,
    },
    Open {
        room: usize,
    },
    /// Of an open room that does not stand still.
    Pause {
        room: usize,
        clock_ms: i64,
    },
    /// Of a room that does; the grants of its sittings stand in the same transaction.
    Resume {
        room: usize,
        until_clock_ms: i64,
    },
    /// Of a sitting that waits; its first grant is the row.
    Start {
        sitting: usize,
        started_clock_ms: i64,
        row: LedgerRow,
    },
    /// A row number is given once.
    Grant {
        sitting: usize,
        row: LedgerRow,
    },
    /// Of a sitting that is being written. `epoch`: of the candidate who asked.
    Close {
        sitting: usize,
        by: ClosedBy,
        clock_ms: i64,
        epoch: Option<i64>,
    },
    /// Of a sitting that is being written, by its newest epoch; the highest sequence of a position stands.
    Answer {
        sitting: usize,
        epoch: i64,
        clock_ms: i64,
        change: Change,
    },
    /// The count never goes back.
    Clock(i64),
    /// Kept, unscored.
    Quarantine,
}

/// A sitting's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SittingRows {
    pub(crate) phase: Phase,
    pub(crate) epoch: i64,
    pub(crate) ledger: Vec<LedgerRow>,
    pub(crate) answers: BTreeMap<u32, Answer>,
}

/// Every row.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    pub(crate) sittings: Vec<SittingRows>,
    pub(crate) tokens: BTreeMap<u64, (usize, i64)>,
    pub(crate) open: Vec<bool>,
    pub(crate) pauses: Vec<Pauses>,
    pub(crate) clock_ms: i64,
}

impl SittingRows {
    /// As a server rebuilds it at its start.
    pub(crate) fn rebuilt(&self, paper: &[Shape], ledger: Vec<LedgerRow>) -> Sitting {
        let answers = self.answers.iter().map(|(position, answer)| (*position, answer.clone()));
        Sitting::restored(paper.to_vec(), ledger, self.phase, self.epoch, answers).expect("positions are the paper's")
    }
}

impl Tables {
    pub(crate) fn new(sittings: usize, rooms: usize) -> Self {
        let expected = SittingRows { phase: Phase::Expected, epoch: 0, ledger: Vec::new(), answers: BTreeMap::new() };
        Self {
            sittings: vec![expected; sittings],
            tokens: BTreeMap::new(),
            open: vec![false; rooms],
            pauses: vec![Pauses::default(); rooms],
            clock_ms: 0,
        }
    }

    /// Whether a statement would touch another number of rows than it must, which rolls its transaction back.
    fn conflicts(&self, write: &Write) -> bool {
        match write {
            Write::Login { sitting, epoch, .. } | Write::Release { sitting, epoch } => {
                self.sittings[*sitting].epoch != epoch - 1
            }
            Write::Accepted { sitting } => !matches!(self.sittings[*sitting].phase, Phase::Present { .. }),
            Write::Open { room } => self.open[*room],
            Write::Pause { room, .. } => !self.open[*room] || self.pauses[*room].is_on(),
            Write::Resume { room, .. } => !self.pauses[*room].is_on(),
            Write::Start { sitting, .. } => {
                self.sittings[*sitting].phase != Phase::Present { confirmed: true, accepted: true }
            }
            Write::Grant { sitting, row } => self.sittings[*sitting].ledger.iter().any(|r| r.row_no == row.row_no),
            Write::Close { sitting, .. } => !self.is_writing(*sitting),
            Write::Answer { .. } | Write::Clock(_) | Write::Quarantine => false,
        }
    }

    fn is_writing(&self, sitting: usize) -> bool {
        matches!(self.sittings[sitting].phase, Phase::Writing { .. })
    }

    /// The look that the group writer takes inside its transaction.
    pub(crate) fn writable(&self, sitting: usize, epoch: i64, plant: Option<Plant>) -> bool {
        self.is_writing(sitting) && (self.sittings[sitting].epoch == epoch || plant == Some(Plant::EpochNotChecked))
    }

    fn apply(&mut self, write: &Write, plant: Option<Plant>) {
        match write {
            Write::Login { sitting, epoch, .. } | Write::Release { sitting, epoch } => {
                let rows = &mut self.sittings[*sitting];
                rows.epoch = *epoch;
                if rows.phase == Phase::Expected {
                    rows.phase = Phase::Present { confirmed: false, accepted: false };
                }
                if let Write::Login { token, .. } = write {
                    self.tokens.insert(*token, (*sitting, *epoch));
                }
            }
            Write::Accepted { sitting } => {
                self.sittings[*sitting].phase = Phase::Present { confirmed: true, accepted: true };
            }
            Write::Open { room } => self.open[*room] = true,
            Write::Pause { room, clock_ms } => self.pauses[*room].began(*clock_ms),
            Write::Resume { room, until_clock_ms } => self.pauses[*room].ended(*until_clock_ms),
            Write::Start { sitting, started_clock_ms, row } => {
                let rows = &mut self.sittings[*sitting];
                rows.phase = Phase::Writing { started_clock_ms: *started_clock_ms };
                rows.ledger.push(row.clone());
            }
            Write::Grant { sitting, row } => self.sittings[*sitting].ledger.push(row.clone()),
            Write::Close { sitting, by, clock_ms, .. } => {
                self.sittings[*sitting].phase = Phase::Closed { by: *by, closed_clock_ms: *clock_ms };
            }
            Write::Answer { sitting, change, .. } => {
                let slot = self.sittings[*sitting].answers.entry(change.position).or_default();
                if change.seq > slot.seq || plant == Some(Plant::LastArrivalWins) {
                    let (response, flagged) = (change.response.clone(), change.flagged);
                    *slot = Answer { response, flagged, seq: change.seq };
                }
            }
            Write::Clock(clock_ms) => self.clock_ms = self.clock_ms.max(*clock_ms),
            Write::Quarantine => {}
        }
    }
}

/// The disk of the database.
#[derive(Debug)]
pub(crate) struct Disk {
    /// What a power cut leaves.
    pub(crate) flushed: Tables,
    /// What every process sees.
    pub(crate) written: Tables,
    log: Vec<Vec<Write>>,
    plant: Option<Plant>,
}

impl Disk {
    pub(crate) fn new(tables: Tables, plant: Option<Plant>) -> Self {
        Self { flushed: tables.clone(), written: tables, log: Vec::new(), plant }
    }

    /// Writes a transaction, whole or not at all; says whether it was.
    pub(crate) fn write(&mut self, writes: Vec<Write>) -> bool {
        if writes.iter().any(|write| self.written.conflicts(write)) {
            return false;
        }
        for write in &writes {
            self.written.apply(write, self.plant);
        }
        self.log.push(writes);
        true
    }

    /// Everything written is on stable storage; returns what came onto it.
    pub(crate) fn flush(&mut self) -> Vec<Write> {
        if self.plant == Some(Plant::SkipFlush) {
            return Vec::new();
        }
        let writes: Vec<Write> = self.log.drain(..).flatten().collect();
        self.stand(writes)
    }

    /// A power cut, or a process that dies: what was not flushed survives up to some transaction, or not at all. Returns
    /// what did, and how many transactions were lost.
    pub(crate) fn cut(&mut self, chance: &mut Chance) -> (Vec<Write>, usize) {
        let survive = chance.below(self.log.len() + 1);
        let lost = self.log.len() - survive;
        let writes: Vec<Write> = self.log.drain(..).take(survive).flatten().collect();
        let writes = self.stand(writes);
        self.written = self.flushed.clone();
        (writes, lost)
    }

    fn stand(&mut self, writes: Vec<Write>) -> Vec<Write> {
        for write in &writes {
            self.flushed.apply(write, self.plant);
        }
        writes
    }
}
