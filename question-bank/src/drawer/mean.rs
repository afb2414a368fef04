//! Reaching a mean that the bank does not have by itself.
//!
//! With exact bands the mean of a paper varies by some thousandths only. Where the bank's questions are easier or harder
//! than the blueprint's mean within their bands, hardly any paper of the right counts has the right mean, and waiting for
//! one is in vain. Then questions weigh more the nearer they bring the mean to the tolerated range: a weight of about
//! `256 r^e`, where `e` is how much easier (or harder) a question is than the one that brings it least. As in
//! [`super::margin`] a paper is kept with a chance that undoes this: `K / ∏ w`, where no paper in the range has a product
//! smaller than `K`, because `∏ w >= 256^n r^(Σ e)` and the range bounds `Σ e`. So the law stays what it was.

use num_bigint::BigUint;

use super::pool::{KINDS, Ratings, kind_index};
use super::{Drawer, Parts, Refusal, Scratch};
use crate::chance::Stream;

/// How many walks tell where the mean lies, and how often the tilt is adjusted.
const PILOTS: u32 = 300;
const ROUNDS: usize = 10;
/// Beyond so many standard deviations from the range a tilt is worth it; within so many of the aim it is good enough.
const FAR: f64 = 2.0;
const NEAR: f64 = 0.6;
/// The least weight, and the parts in which the ratio `r` is reckoned.
const LEAST: u32 = 256;
const PARTS: u32 = 1 << 20;

/// The weights that bring the mean into its range.
#[derive(Clone, Debug)]
pub(super) struct Tilt {
    /// By class.
    pub weights: Vec<u32>,
    /// No paper in the range has a smaller product of weights.
    floor: BigUint,
}

impl Tilt {
    /// The chance to keep a paper, as a fraction.
    pub(super) fn kept(&self, classes: impl Iterator<Item = u32>) -> (&BigUint, BigUint) {
        (&self.floor, classes.map(|class| BigUint::from(self.weights[class as usize])).product())
    }
}

/// The same drawer, with a tilt if its papers are far from the mean that is asked for.
pub(super) fn centred<'a>(drawer: Drawer<'a>, seen: &[String]) -> Result<Drawer<'a>, Refusal> {
    let Some(pilot) = Pilot::of(&drawer).filter(|pilot| pilot.outside() > FAR) else { return Ok(drawer) };
    let parts = Parts::new(drawer.blueprint, drawer.snapshot, drawer.earlier, seen, Ratings::Apart)?;
    let mut slope = pilot.correction();
    let mut drawer = drawer;
    let mut parts = Some(parts);
    for _ in 0..ROUNDS {
        let mut its = match parts.take() {
            Some(parts) => parts,
            None => drawer.into_parts(),
        };
        its.tilt = tilt(&its, slope);
        let law = vec![1; its.pool.classes.len()];
        drawer = Drawer::of(its, &law)?;
        match Pilot::of(&drawer) {
            Some(pilot) if pilot.away() > NEAR => slope += pilot.correction(),
            _ => break,
        }
    }
    Ok(drawer)
}

/// Where the worth of papers lies: the sum of points times ratings, in the units of [`super::Rules`].
struct Pilot {
    mean: f64,
    deviation: f64,
    min: f64,
    max: f64,
}

impl Pilot {
    /// Nothing, where no mean is asked for, no walk succeeds, or all papers have the same.
    fn of(drawer: &Drawer<'_>) -> Option<Self> {
        if drawer.rules.worth.is_empty() {
            return None;
        }
        let mut scratch = Scratch::default();
        let (mut count, mut sum, mut squares) = (0_u32, 0.0, 0.0);
        let mut stream: Stream = Drawer::trial_stream(0);
        for _ in 0..super::WALKS_FIRST {
            if count == PILOTS {
                break;
            }
            if drawer.walk_counts(&mut stream, &mut scratch.draft) {
                drawer.choose(&mut stream, &mut scratch);
                let worth = real(scratch.chosen.iter().map(|entry| drawer.rules.worth[*entry as usize]).sum());
                count += 1;
                sum += worth;
                squares += worth * worth;
            }
        }
        let mean = sum / f64::from(count.max(1));
        let variance = squares / f64::from(count.max(1)) - mean * mean;
        let (min, max) = (real(drawer.rules.worth_min), real(drawer.rules.worth_max));
        (count > 1 && variance > 0.0).then(|| Self { mean, deviation: variance.sqrt(), min, max })
    }

    /// The nearest point a little inside the range.
    fn aim(&self) -> f64 {
        let inside = (0.2 * self.deviation).min((self.max - self.min) / 2.0);
        self.mean.clamp(self.min + inside, self.max - inside)
    }

    fn outside(&self) -> f64 {
        (self.mean - self.mean.clamp(self.min, self.max)).abs() / self.deviation
    }

    fn away(&self) -> f64 {
        (self.mean - self.aim()).abs() / self.deviation
    }

    /// By how much the logarithm of a weight is to rise with a unit of worth: the mean moves by the variance times this.
    fn correction(&self) -> f64 {
        (self.aim() - self.mean) / (self.deviation * self.deviation)
    }
}

fn real(number: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "sums of points times thousandths are far below 2^53")]
    let real = number as f64;
    real
}

/// The weights for a slope: positive to favour easy questions, negative to favour hard ones.
fn tilt(parts: &Parts<'_>, slope: f64) -> Option<Tilt> {
    let unit = parts.points_unit();
    let steps = slope.abs() * f64::from(unit);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded just before")]
    let ratio = PARTS + (steps * f64::from(PARTS)).clamp(1.0, f64::from(PARTS)) as u32;
    let level = |kind: usize, rating: u32| parts.bounds.functions[0].each_milli[kind] / unit * rating;
    let mut ends = [None::<(u32, u32)>; KINDS];
    let kinds = parts.kinds_of_classes();
    for (class, &kind) in parts.pool.classes.iter().zip(&kinds) {
        let level = level(kind, class.rating);
        let (low, high) = ends[kind].unwrap_or((level, level));
        ends[kind] = Some((low.min(level), high.max(level)));
    }
    let steps_of = |kind: usize, rating: u32| {
        let (low, high) = ends[kind].expect("every class counts for its kind");
        if slope > 0.0 { level(kind, rating) - low } else { high - level(kind, rating) }
    };
    let mut powers = Powers::new(ratio);
    let weights =
        parts.pool.classes.iter().zip(&kinds).map(|(class, &kind)| powers.weight(steps_of(kind, class.rating)));
    let weights = weights.collect::<Option<Vec<u32>>>()?;
    // Σ e over a paper in the range is at least this.
    let (worth_min, worth_max) = parts.worth_range();
    let ends_sum = |end: fn((u32, u32)) -> u32| -> u64 {
        (0..KINDS).map(|kind| u64::from(parts.bounds.paper[kind]) * u64::from(ends[kind].map_or(0, end))).sum()
    };
    let steps_min = if slope > 0.0 {
        worth_min.div_ceil(u64::from(unit)).saturating_sub(ends_sum(|(low, _)| low))
    } else {
        ends_sum(|(_, high)| high).saturating_sub(worth_max / u64::from(unit))
    };
    let questions: u32 = parts.bounds.paper.iter().sum();
    let floor = powers.floor(u32::try_from(steps_min).ok()?, BigUint::from(LEAST).pow(questions));
    Some(Tilt { weights, floor })
}

/// Powers of the ratio `parts / PARTS`, rounded up for weights and down for the floor.
struct Powers {
    ratio: u32,
}

impl Powers {
    fn new(ratio: u32) -> Self {
        Self { ratio }
    }

    /// `256 r^steps`, rounded up; nothing, if that is beyond a weight.
    fn weight(&mut self, steps: u32) -> Option<u32> {
        let whole = BigUint::from(LEAST) * BigUint::from(self.ratio).pow(steps);
        let parts = BigUint::from(1_u32) << (20 * u64::from(steps));
        u32::try_from((whole + &parts - 1_u32) / parts).ok()
    }

    /// `least r^steps`, rounded down.
    fn floor(&self, steps: u32, least: BigUint) -> BigUint {
        (least * BigUint::from(self.ratio).pow(steps)) >> (20 * u64::from(steps))
    }
}

impl Parts<'_> {
    /// What the points of all kinds are multiples of.
    fn points_unit(&self) -> u32 {
        let points = self.blueprint.kinds.iter().map(|quota| quota.points_milli);
        points.reduce(gcd).unwrap_or(1)
    }

    fn kinds_of_classes(&self) -> Vec<usize> {
        let kind = |class: &super::pool::Class| kind_index(self.snapshot.entries[class.members[0] as usize].kind);
        self.pool.classes.iter().map(kind).collect()
    }
}

fn gcd(left: u32, right: u32) -> u32 {
    if right == 0 { left } else { gcd(right, left % right) }
}
