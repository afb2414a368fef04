//! What the papers are worth: each held against the checker, their spread, and how often each question stands on one.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::thread;

use question_bank::checker::{self, Bank};
use question_bank::drawer::Selection;
use question_bank::evidence::{Drawn, Inputs, Papers};
use question_bank::paper::{Snapshot, SnapshotEntry};
use question_bank::question::{Kind, Revision, Tags};

/// The raw questions that the checker reads.
pub struct Raw(Vec<Revision>);

impl Raw {
    /// With short texts; whatever rules look at is the snapshot's.
    pub fn of(snapshot: &Snapshot) -> Self {
        Self(snapshot.entries.iter().map(revision).collect())
    }
}

fn revision(entry: &SnapshotEntry) -> Revision {
    let options = if entry.kind == Kind::TrueFalse { 0 } else { entry.option_count };
    Revision {
        question: entry.question.clone(),
        revision: entry.revision,
        kind: entry.kind,
        tags: Tags {
            standard: entry.standard.clone(),
            level: entry.level.clone(),
            function: entry.function.clone(),
            work_content: entry.work_content.clone(),
            knowledge: entry.knowledge.clone(),
        },
        stem: entry.question.clone(),
        options: (0..options).map(|option| option.to_string()).collect(),
        order: entry.order,
        difficulty_permille: rating(entry),
        difficulty_at: BTreeMap::new(),
    }
}

fn rating(entry: &SnapshotEntry) -> u32 {
    entry.difficulty_permille.expect("synthetic questions are rated")
}

/// Drawn papers.
pub trait Stack {
    fn count(&self) -> usize;
    fn paper(&self, number: usize) -> Drawn;
}

impl Stack for Papers<'_> {
    fn count(&self) -> usize {
        self.len()
    }

    fn paper(&self, number: usize) -> Drawn {
        self.get(number).expect("as many as were counted")
    }
}

impl Stack for Vec<Drawn> {
    fn count(&self) -> usize {
        self.len()
    }

    fn paper(&self, number: usize) -> Drawn {
        self[number].clone()
    }
}

/// What was found on the papers so far.
pub struct Tally {
    /// On how many papers each entry stands.
    uses: Vec<u32>,
    papers: u32,
    refused: u32,
    clashes: usize,
    /// The smallest and the largest expected score, in milli-points times thousandths.
    least: u64,
    most: u64,
}

impl Tally {
    pub fn new(bank: usize) -> Self {
        Self { uses: vec![0; bank], papers: 0, refused: 0, clashes: 0, least: u64::MAX, most: 0 }
    }

    /// Adds these papers, each written out in full for as long as it is looked at.
    pub fn check(&mut self, papers: &(impl Stack + Sync), inputs: &Inputs, raw: &Raw, threads: NonZeroUsize) {
        let bank = Bank::of(&raw.0);
        let of_share = |first: usize| {
            let mut tally = Self::new(inputs.snapshot.entries.len());
            for number in (first..papers.count()).step_by(threads.get()) {
                tally.add(&papers.paper(number), inputs, &bank);
            }
            tally
        };
        thread::scope(|scope| {
            let of_share = &of_share;
            let workers: Vec<_> = (0..threads.get()).map(|first| scope.spawn(move || of_share(first))).collect();
            for worker in workers {
                self.join(&worker.join().expect("a checking thread panicked"));
            }
        });
    }

    fn add(&mut self, drawn: &Drawn, inputs: &Inputs, bank: &Bank<'_>) {
        let Drawn { sitting, paper, clashes } = drawn;
        let verdict = checker::check(paper, &inputs.blueprint, &inputs.earlier, Some(sitting), bank);
        self.papers += 1;
        self.refused += u32::from(verdict.is_err());
        self.clashes += clashes.len();
        let selection = Selection::of(paper, &inputs.snapshot).expect("drawn from the snapshot");
        let mut expected = 0;
        for index in selection.indices() {
            let place = usize::try_from(*index).expect("an index fits a word");
            self.uses[place] += 1;
            let entry = &inputs.snapshot.entries[place];
            let quota = inputs.blueprint.kinds.iter().find(|quota| quota.kind == entry.kind);
            let points_milli = quota.expect("drawn by the blueprint").points_milli;
            expected += u64::from(points_milli) * u64::from(rating(entry));
        }
        self.least = self.least.min(expected);
        self.most = self.most.max(expected);
    }

    fn join(&mut self, other: &Self) {
        for (uses, more) in self.uses.iter_mut().zip(&other.uses) {
            *uses += more;
        }
        self.papers += other.papers;
        self.refused += other.refused;
        self.clashes += other.clashes;
        self.least = self.least.min(other.least);
        self.most = self.most.max(other.most);
    }

    pub fn papers(&self) -> u32 {
        self.papers
    }

    pub fn refused(&self) -> u32 {
        self.refused
    }

    pub fn clashes(&self) -> usize {
        self.clashes
    }

    /// In points: the largest expected score less the smallest.
    pub fn spread(&self) -> f64 {
        let spread = self.most.saturating_sub(self.least);
        f64::from(u32::try_from(spread).expect("a paper is worth a hundred points")) / 1e6
    }

    pub fn max_exposure(&self) -> f64 {
        let most = self.uses.iter().max().copied().unwrap_or(0);
        f64::from(most) / f64::from(self.papers.max(1))
    }
}
