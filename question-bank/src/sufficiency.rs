//! Sufficiency: what a bank supports for so many candidates, measured on trial papers.
//!
//! The trial papers are drawn by the real engine with a secret of ours, before anyone schedules anything. They tell how
//! many questions two papers share, and on how large a share of the papers each question stands. Questions of one cell are
//! exchangeable: each is as likely as the next, so a cell's mean count speaks for all of its questions, with far less
//! noise than each question's own count.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::blueprint::Blueprint;
use crate::chance::Secret;
use crate::drawer::{Drawer, Refusal};
use crate::forms;
use crate::paper::{Snapshot, SnapshotEntry};

/// In `cells`: the entry can't be drawn.
pub const NEVER_DRAWN: u32 = u32::MAX;

/// Overlaps are taken over the pairs of so many trial papers at most.
pub const OVERLAP_PAPERS_MAX: usize = 1000;

/// What a bank supports. Shares are of the papers, from 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sufficiency {
    /// How many candidates it is for.
    pub candidates: u32,
    /// How many trial papers were drawn.
    pub trials: u32,
    /// How many pairs of trial papers were compared.
    pub pairs: u32,
    /// How many questions two papers share, on average.
    pub overlap_mean: f64,
    /// Ninety-nine of a hundred pairs share at most so many.
    pub overlap_p99: u32,
    /// The most that any pair of trial papers shared.
    pub overlap_max: u32,
    /// `overlap_pairs[n]` pairs share `n` questions; up to [`overlap_max`](Self::overlap_max).
    pub overlap_pairs: Vec<u32>,
    /// The largest share of the papers that one question stands on.
    pub exposure_max: f64,
    /// Each question that can be drawn, the most exposed first, equals by id.
    pub exposure: Vec<Exposure>,
    /// How many questions of the snapshot can be drawn at all.
    pub drawable: u32,
    /// How many can't: of another level or function, barred by the blueprint.
    pub barred: u32,
}

/// How often one question is seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exposure {
    /// The question's id.
    pub question: String,
    /// The share of the papers that it stands on.
    pub share: f64,
    /// The standard error of that share, from the number of trial papers; 0 where every trial took as many of the cell.
    pub standard_error: f64,
    /// On how many of the candidates' papers it is expected to stand.
    pub papers: f64,
}

/// How many trial papers a forecast takes.
const TRIALS: u32 = 1000;

/// What a bank supports, by trial papers of the engine itself. Where the blueprint asks for parallel forms, each trial is a
/// form that falls to a candidate by lot.
pub fn forecast(
    drawer: &Drawer<'_>,
    blueprint: &Blueprint,
    snapshot: &Snapshot,
    candidates: u32,
) -> Result<Sufficiency, Refusal> {
    let trials = match blueprint.forms {
        None => drawer.trials(TRIALS)?,
        Some(wanted) => {
            let forms = forms::forms(drawer, wanted, &Secret::join(b"", b""))?;
            (0..TRIALS as usize).map(|number| forms[number % forms.len()].clone()).collect()
        }
    };
    let trials: Vec<Vec<u32>> = trials.iter().map(|trial| trial.indices().to_vec()).collect();
    Ok(report(snapshot, drawer.classes(), &trials, candidates))
}

/// What the trial papers say of the bank.
///
/// `cells` has the number of the exchangeable cell of each entry, [`NEVER_DRAWN`] for what can't be drawn. Each trial is
/// one paper: ascending indices into the snapshot's entries. Without trials every figure is 0.
///
/// # Panics
///
/// If `cells` is of another length than the entries, or a trial holds an entry that can't be drawn: both are faults of the
/// caller, not of the bank.
pub fn report(snapshot: &Snapshot, cells: &[u32], trials: &[Vec<u32>], candidates: u32) -> Sufficiency {
    assert_eq!(cells.len(), snapshot.entries.len(), "each entry has a cell");
    let exposure = exposure(snapshot, cells, trials, candidates);
    let overlap_pairs = overlaps(&trials[..trials.len().min(OVERLAP_PAPERS_MAX)], cells.len());
    let pairs: u32 = overlap_pairs.iter().sum();
    let shared: f64 =
        overlap_pairs.iter().zip(0_u32..).map(|(pairs, shared)| f64::from(*pairs) * f64::from(shared)).sum();
    let drawable = count(exposure.len());
    Sufficiency {
        candidates,
        trials: count(trials.len()),
        pairs,
        overlap_mean: shared / f64::from(pairs.max(1)),
        overlap_p99: nearest_rank(&overlap_pairs, 99),
        overlap_max: count(overlap_pairs.len().saturating_sub(1)),
        overlap_pairs,
        exposure_max: exposure.first().map_or(0.0, |most| most.share),
        exposure,
        drawable,
        barred: count(cells.len()) - drawable,
    }
}

fn exposure(snapshot: &Snapshot, cells: &[u32], trials: &[Vec<u32>], candidates: u32) -> Vec<Exposure> {
    let tallies = tally(cells, trials);
    let drawable = snapshot.entries.iter().zip(cells).filter(|(_, cell)| **cell != NEVER_DRAWN);
    let of_entry = |(entry, cell): (&SnapshotEntry, &u32)| {
        let (share, standard_error) = tallies[cell].share(count(trials.len()));
        let papers = share * f64::from(candidates);
        Exposure { question: entry.question.clone(), share, standard_error, papers }
    };
    let mut list: Vec<Exposure> = drawable.map(of_entry).collect();
    // A stable sort: the entries are in the order of their ids, and equals stay so.
    list.sort_by(|left, right| right.share.total_cmp(&left.share));
    list
}

/// What the trials took of one cell.
#[derive(Default)]
struct Tally {
    size: u32,
    taken: u64,
    squares: u64,
    /// Of the trial being counted.
    now: u32,
}

impl Tally {
    /// The mean count divided by the size of the cell, and its standard error.
    fn share(&self, trials: u32) -> (f64, f64) {
        if trials == 0 {
            return (0.0, 0.0);
        }
        let (trials, size) = (f64::from(trials), f64::from(self.size));
        let mean = real(self.taken) / trials;
        let variance = (real(self.squares) - mean * real(self.taken)).max(0.0) / (trials - 1.0).max(1.0);
        (mean / size, (variance / trials).sqrt() / size)
    }
}

fn tally(cells: &[u32], trials: &[Vec<u32>]) -> HashMap<u32, Tally> {
    let mut tallies: HashMap<u32, Tally> = HashMap::new();
    for &cell in cells.iter().filter(|cell| **cell != NEVER_DRAWN) {
        tallies.entry(cell).or_default().size += 1;
    }
    for trial in trials {
        let cell = |index: &u32| cells[place(*index)];
        for index in trial {
            tallies.get_mut(&cell(index)).expect("a trial holds what can be drawn").now += 1;
        }
        for index in trial {
            let tally = tallies.get_mut(&cell(index)).expect("found a moment ago");
            tally.taken += u64::from(tally.now);
            tally.squares += u64::from(tally.now) * u64::from(tally.now);
            tally.now = 0;
        }
    }
    tallies
}

/// How many pairs share 0, 1, 2 and more questions. Each paper is held against the earlier holders of its questions only,
/// so that the work grows with what is shared and not with the size of the bank.
fn overlaps(trials: &[Vec<u32>], entries: usize) -> Vec<u32> {
    let mut holders: Vec<Vec<usize>> = vec![Vec::new(); entries];
    let mut pairs: Vec<u32> = Vec::new();
    for (number, trial) in trials.iter().enumerate() {
        let mut shared = vec![0_usize; number];
        for &index in trial {
            let earlier = &mut holders[place(index)];
            for &other in earlier.iter() {
                shared[other] += 1;
            }
            earlier.push(number);
        }
        for shared in shared {
            if shared >= pairs.len() {
                pairs.resize(shared + 1, 0);
            }
            pairs[shared] += 1;
        }
    }
    pairs
}

/// The smallest number that at least so many hundredths of the pairs don't exceed.
fn nearest_rank(pairs: &[u32], hundredths: u64) -> u32 {
    let all: u64 = pairs.iter().map(|&pairs| u64::from(pairs)).sum();
    let mut sum = 0;
    let reached = pairs.iter().position(|&pairs| {
        sum += u64::from(pairs);
        sum * 100 >= all * hundredths
    });
    count(reached.unwrap_or(0))
}

fn place(index: u32) -> usize {
    usize::try_from(index).expect("an index fits a word")
}

fn count(length: usize) -> u32 {
    u32::try_from(length).expect("lists are shorter than four thousand million")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a sum of squares on trial papers stays below 2^53; if not, it is rounded"
)]
fn real(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;
