//! Rules that count questions across knowledge points: bands of difficulty, lower levels, earlier papers.
//!
//! The programme does not know them: it would have to count them in every table. Instead each margin *tilts* it: questions
//! inside the margin, or those outside, weigh more, so that walks come near what the margin asks for; a walk that misses is
//! thrown away, and of those that don't each is kept with a chance that undoes the tilt. So the law stays what it was
//! without any tilt, whatever the tilts are: they only decide how many walks a paper takes (exponential tilting with
//! rejection; see docs/DRAWING.md).

use num_bigint::BigUint;

use super::pool::{Class, Pool, Sign};
use super::programme::Bounds;
use crate::blueprint::Blueprint;

/// How many questions of some signs a paper may hold.
#[derive(Debug)]
pub(super) struct Margin {
    /// For each sign of the pool, whether the margin counts it.
    inside: Vec<bool>,
    pub min: u32,
    pub max: u32,
    /// What a question inside weighs, and one outside.
    tilt: (u32, u32),
}

impl Margin {
    fn new(signs: &[Sign], min: u32, max: u32, inside: impl Fn(&Sign) -> bool) -> Self {
        Self { inside: signs.iter().map(inside).collect(), min, max, tilt: (1, 1) }
    }

    pub(super) fn count(&self, signs: &[u32]) -> u32 {
        signs.iter().zip(&self.inside).filter(|(_, inside)| **inside).map(|(count, _)| count).sum()
    }

    pub(super) fn holds(&self, signs: &[u32]) -> bool {
        (self.min..=self.max).contains(&self.count(signs))
    }

    /// The smaller and the larger of both weights.
    fn weights(&self) -> (BigUint, BigUint) {
        let (inside, outside) = self.tilt;
        (inside.min(outside).into(), inside.max(outside).into())
    }

    /// How many questions a paper that holds is away from the end that the tilt leads away from.
    fn steps(&self, count: u32) -> u32 {
        if self.tilt.0 >= self.tilt.1 { count - self.min } else { self.max - count }
    }
}

/// The margins that a blueprint has, without tilts.
pub(super) fn margins(blueprint: &Blueprint, signs: &[Sign]) -> Vec<Margin> {
    let questions = blueprint.questions();
    let bands = blueprint.difficulty.iter().flat_map(|difficulty| &difficulty.bands);
    let mut margins: Vec<Margin> = (0_u8..)
        .zip(bands)
        .map(|(index, band)| Margin::new(signs, band.min, band.max.min(questions), move |sign| sign.band == index))
        .collect();
    if let Some(lower) = &blueprint.lower_levels {
        margins.push(Margin::new(signs, lower.min, lower.max.min(questions), |sign| sign.lower));
    }
    for (bit, earlier) in (0_u32..).zip(&blueprint.earlier) {
        let max = earlier.overlap_max.min(questions);
        margins.push(Margin::new(signs, 0, max, move |sign| sign.earlier & (1 << bit) != 0));
    }
    margins
}

/// What a question of a sign weighs under all tilts.
pub(super) fn tilt_of(margins: &[Margin], sign: usize) -> BigUint {
    let tilts = margins.iter().map(|margin| if margin.inside[sign] { margin.tilt.0 } else { margin.tilt.1 });
    tilts.map(BigUint::from).product()
}

/// The chance, in parts of [`kept_whole`], with which a walk that holds is kept: what undoes the tilts.
///
/// Every paper of these signs was favoured alike; the least favoured that could hold is always kept.
pub(super) fn kept(margins: &[Margin], signs: &[u32]) -> BigUint {
    let parts = margins.iter().map(|margin| {
        let ((small, large), steps) = (margin.weights(), margin.steps(margin.count(signs)));
        small.pow(steps) * large.pow(margin.max - margin.min - steps)
    });
    parts.product()
}

/// The whole of which [`kept`] is a part.
pub(super) fn kept_whole(margins: &[Margin]) -> BigUint {
    margins.iter().map(|margin| margin.weights().1.pow(margin.max - margin.min)).product()
}

/// Rounds of adjusting, halvings of an interval, and in what parts of one tilts are reckoned. None of them changes what law
/// is drawn from.
const ROUNDS: usize = 40;
const HALVINGS: usize = 50;
const PARTS: f64 = 8.0;
const ODDS_MAX: f64 = 512.0;
/// A tilt nearer to 1 than this is not worth the larger numbers.
const WORTH: f64 = 1.12;

/// Chooses the tilts, so that a walk meets every margin on average as nearly as can be told without walking.
///
/// Reckons with each function and kind as if its questions were chosen independently (Hájek's approximation), and adjusts
/// the odds of one margin after the other. Uses only the four operations of IEEE 754, which every platform rounds alike.
pub(super) fn tune(margins: &mut [Margin], pool: &Pool, bounds: &Bounds, weight: &dyn Fn(u32) -> u32) {
    let supplies = supplies(pool, bounds, weight);
    let total: f64 = supplies.iter().map(|supply| supply.wanted).sum();
    let mut odds = vec![1.0_f64; margins.len()];
    // Where no function can take a question, no paper exists, and the programme will say so.
    let rounds = if total < 1.0 { 0 } else { ROUNDS };
    for _ in 0..rounds {
        for index in 0..margins.len() {
            let margin = &margins[index];
            let found = expected(margins, index, &odds, &supplies).clamp(0.01, total - 0.01);
            let aim = found.clamp(f64::from(margin.min), f64::from(margin.max)).clamp(0.3, total - 0.3);
            let factor = (aim / (total - aim)) / (found / (total - found));
            odds[index] = (odds[index] * factor.clamp(0.2, 5.0)).clamp(1.0 / ODDS_MAX, ODDS_MAX);
        }
    }
    // Odds are shares of one another: with all of them divided by one of three bands' the walk is the same.
    for (margin, odds) in margins.iter_mut().zip(odds) {
        margin.tilt = if odds > WORTH {
            reduced(odds)
        } else if odds < 1.0 / WORTH {
            let (outside, inside) = reduced(1.0 / odds);
            (inside, outside)
        } else {
            (1, 1)
        };
    }
}

/// Odds of at least 1 as a fraction of small numbers.
fn reduced(odds: f64) -> (u32, u32) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 8 and 4096")]
    let (mut parts, mut whole) = ((odds * PARTS).round() as u32, PARTS as u32);
    while parts.is_multiple_of(2) && whole.is_multiple_of(2) {
        (parts, whole) = (parts / 2, whole / 2);
    }
    (parts, whole)
}

/// What one function holds of one kind, and how much of it a paper takes.
struct Supply {
    wanted: f64,
    /// Units by sign, those that must be taken left out, and the weight of one before any tilt.
    free: Vec<(usize, f64, f64)>,
    /// Questions by sign that are taken anyway.
    must: Vec<(usize, f64)>,
}

fn supplies(pool: &Pool, bounds: &Bounds, weight: &dyn Fn(u32) -> u32) -> Vec<Supply> {
    let mut supplies = Vec::new();
    let points: u64 = bounds.functions.iter().map(|function| function.points_milli).sum();
    for (function, its) in pool.functions.iter().zip(&bounds.functions) {
        for kind in 0..its.max.len() {
            // Where a function's mix is free, it is taken to be that of the paper.
            let share = f64::from(bounds.paper[kind]) * as_f64(its.points_milli) / as_f64(points);
            let mut supply = Supply {
                wanted: share.clamp(f64::from(its.min[kind]), f64::from(its.max[kind])),
                free: Vec::new(),
                must: Vec::new(),
            };
            let points = function.groups.iter().flat_map(|group| &group.points);
            for number in points.flat_map(|point| &point.kinds[kind]) {
                let Class { sign, must, size, .. } = pool.classes[*number as usize];
                let units = f64::from(pool.classes[*number as usize].units());
                if must {
                    supply.must.push((sign, units));
                } else {
                    supply.free.push((sign, units, f64::from(size) * f64::from(weight(*number))));
                }
            }
            supplies.push(supply);
        }
    }
    supplies
}

fn as_f64(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// The expected number of questions in one margin, under the odds of all.
fn expected(margins: &[Margin], index: usize, odds: &[f64], supplies: &[Supply]) -> f64 {
    let weight = |sign: usize| -> f64 {
        let inside = margins.iter().zip(odds).filter(|(margin, _)| margin.inside[sign]);
        inside.map(|(_, odds)| odds).product()
    };
    let counts = |sign: usize| margins[index].inside[sign];
    let mut expected = 0.0;
    for supply in supplies {
        let must: f64 = supply.must.iter().map(|(_, units)| units).sum();
        expected += supply.must.iter().filter(|(sign, _)| counts(*sign)).map(|(_, units)| units).sum::<f64>();
        let units: f64 = supply.free.iter().map(|(_, units, _)| units).sum();
        let wanted = (supply.wanted - must).clamp(0.0, units);
        if wanted <= 0.0 {
            continue;
        }
        let weighted: Vec<(usize, f64, f64)> =
            supply.free.iter().map(|(sign, units, size)| (*sign, *units, size * weight(*sign))).collect();
        let level = level(&weighted, wanted);
        let inside = weighted.iter().filter(|(sign, ..)| counts(*sign));
        expected += inside.map(|(_, units, weight)| units * share(weight * level)).sum::<f64>();
    }
    expected
}

fn share(odds: f64) -> f64 {
    odds / (1.0 + odds)
}

/// The factor on all weights under which so many units are expected to be taken.
fn level(weighted: &[(usize, f64, f64)], wanted: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    // The level itself may be anything above 0: halve on x / (1 - x).
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        let level = middle / (1.0 - middle);
        let found: f64 = weighted.iter().map(|(_, units, weight)| units * share(weight * level)).sum();
        if found < wanted { low = middle } else { high = middle }
    }
    low / (1.0 - low).max(1e-12)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every vector of counts of so many signs with this sum.
    fn compositions(signs: usize, sum: u32) -> Vec<Vec<u32>> {
        if signs == 1 {
            return vec![vec![sum]];
        }
        let with =
            |first: u32| compositions(signs - 1, sum - first).into_iter().map(move |rest| [vec![first], rest].concat());
        (0..=sum).flat_map(with).collect()
    }

    /// Whatever the tilts: what a walk favours a paper by, times the chance that it is kept with, is the same for all
    /// papers that hold, and no chance is above 1.
    #[test]
    fn keeping_undoes_every_tilt() {
        let questions = 6;
        let margin = |inside: [bool; 4], min, max, tilt| Margin { inside: inside.to_vec(), min, max, tilt };
        let tilts = [(1, 1), (3, 1), (1, 5), (9, 8), (8, 11), (2, 2)];
        for first in tilts {
            for second in tilts {
                for third in [(1, 1), (7, 2), (2, 7)] {
                    let margins = [
                        margin([true, false, false, false], 1, 3, first),
                        margin([false, true, true, false], 2, 4, second),
                        margin([true, false, true, false], 0, 5, third),
                    ];
                    let whole = kept_whole(&margins);
                    let holding = compositions(4, questions).into_iter();
                    let holding: Vec<Vec<u32>> =
                        holding.filter(|signs| margins.iter().all(|margin| margin.holds(signs))).collect();
                    let favoured = |signs: &[u32]| -> BigUint {
                        signs.iter().enumerate().map(|(sign, count)| tilt_of(&margins, sign).pow(*count)).product()
                    };
                    let products: Vec<BigUint> =
                        holding.iter().map(|signs| favoured(signs) * kept(&margins, signs)).collect();
                    assert!(products.len() > 10 && products.windows(2).all(|pair| pair[0] == pair[1]));
                    assert!(products[0] != BigUint::ZERO);
                    assert!(holding.iter().all(|signs| kept(&margins, signs) <= whole), "{margins:?}");
                }
            }
        }
    }

    /// With one margin the paper that the tilt favours least is always kept: no walk is thrown away for nothing.
    #[test]
    fn the_least_favoured_is_always_kept() {
        for (tilt, least) in [((4, 1), 1), ((1, 4), 3), ((1, 1), 2)] {
            let margins = [Margin { inside: vec![true, false], min: 1, max: 3, tilt }];
            assert_eq!(kept(&margins, &[least, 6 - least]), kept_whole(&margins), "{tilt:?}");
        }
    }

    #[test]
    fn fractions_are_small() {
        assert_eq!([1.2, 2.0, 1.5, 512.0, 3.3].map(reduced), [(5, 4), (2, 1), (3, 2), (512, 1), (13, 4)]);
    }
}
