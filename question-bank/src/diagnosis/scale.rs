//! Difficulty in steps: what the rules on difficulty can tell apart, and not much more.

use std::collections::BTreeMap;

use crate::blueprint::{Band, Blueprint};
use crate::paper::SnapshotEntry;

/// The greatest rating, in thousandths.
const PERMILLE_MAX: u32 = 1000;

/// A bank with at most so many different ratings has a step for each; in others a step is this wide.
const RATINGS_MAX: usize = 20;
const WIDTH_PERMILLE: u32 = 50;

/// Questions of about one difficulty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Index of the band, where the blueprint asks for bands.
    pub band: Option<usize>,
    /// The lowest rating in it, in thousandths.
    pub lowest: u32,
    /// The highest.
    pub highest: u32,
}

/// The steps of a bank.
#[derive(Debug)]
pub(super) struct Scale {
    pub steps: Vec<Step>,
    /// The step of each rating.
    step_of: Vec<usize>,
}

impl Scale {
    /// The steps of these questions.
    pub(super) fn of<'a>(blueprint: &Blueprint, entries: impl Iterator<Item = &'a SnapshotEntry>) -> Self {
        let whole = Step { band: None, lowest: 0, highest: PERMILLE_MAX };
        let ratings = PERMILLE_MAX as usize + 1;
        let Some(difficulty) = &blueprint.difficulty else {
            return Self { steps: vec![whole], step_of: vec![0; ratings] };
        };
        let mut present = vec![false; ratings];
        for permille in entries.filter_map(|entry| entry.difficulty_permille) {
            present[permille.min(PERMILLE_MAX) as usize] = true;
        }
        let single = present.iter().filter(|present| **present).count() <= RATINGS_MAX;
        let mut numbers: BTreeMap<(Option<usize>, u32), usize> = BTreeMap::new();
        let mut steps: Vec<Step> = Vec::new();
        let step_of = (0..=PERMILLE_MAX).zip(present).map(|(permille, present)| {
            if !present {
                return 0;
            }
            let band = band_of(&difficulty.bands, permille);
            let part = match (difficulty.mean, single) {
                (None, _) => 0,
                (Some(_), true) => permille,
                (Some(_), false) => permille / WIDTH_PERMILLE,
            };
            let number = *numbers.entry((band, part)).or_insert_with(|| {
                steps.push(Step { band, lowest: permille, highest: permille });
                steps.len() - 1
            });
            steps[number].highest = permille;
            number
        });
        let step_of = step_of.collect();
        Self { steps, step_of }
    }

    /// The step of a rating; a question without one has it only where the blueprint asks for no difficulty.
    pub(super) fn step_of(&self, permille: Option<u32>) -> usize {
        self.step_of[permille.unwrap_or(0).min(PERMILLE_MAX) as usize]
    }

    /// The steps in which questions could be written: the bands, cut where the mean needs it; the whole scale without
    /// either.
    pub(super) fn to_write(&self, blueprint: &Blueprint) -> Vec<Step> {
        let Some(difficulty) = &blueprint.difficulty else { return self.steps.clone() };
        let mut edges: Vec<u32> = difficulty.bands.iter().map(|band| band.at_least_permille).chain([0]).collect();
        if difficulty.mean.is_some() {
            edges.extend((0..PERMILLE_MAX).step_by(WIDTH_PERMILLE as usize));
        }
        edges.sort_unstable();
        edges.dedup();
        edges.retain(|edge| *edge <= PERMILLE_MAX);
        let ends = edges.iter().skip(1).map(|edge| edge - 1).chain([PERMILLE_MAX]);
        let step = |(lowest, highest)| Step { band: band_of(&difficulty.bands, lowest), lowest, highest };
        edges.iter().copied().zip(ends).map(step).collect()
    }
}

fn band_of(bands: &[Band], permille: u32) -> Option<usize> {
    bands.iter().position(|band| permille >= band.at_least_permille)
}
