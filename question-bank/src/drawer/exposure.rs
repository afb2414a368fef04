//! A cap on exposure: the maximum-entropy law under which no question stands on more papers than allowed.
//!
//! Among all laws over the conforming papers that keep the expected exposure of every question under the cap, the one of
//! largest entropy gives each paper a chance in proportion to the product of one weight for each of its questions, at most
//! 1 and less than 1 only for questions at the cap (a linear exponential family; Barndorff-Nielsen). Questions of one class
//! have one weight. The weights are found by drawing trial papers and lessening the odds of what came too often.

use super::{Drawer, Refusal};

/// How often weights are adjusted, and by how many trial papers.
const ROUNDS: usize = 14;
const TRIALS: u32 = 2_000;
/// So many walks for each trial, on average, are too many: then the weights fight the other rules.
const WALKS_EACH: u64 = 300;
/// Weights are whole numbers up to this.
const WEIGHT_MAX: f64 = 256.0;
/// The forecast from the trials may err by so many of its standard errors before the cap counts as broken, and the weights
/// aim at so much of the cap.
const ERRORS: f64 = 2.0;
const AIM: f64 = 0.985;

/// The drawer under the cap, or the question that can't be kept under it.
pub(super) fn capped(mut drawer: Drawer<'_>, cap_permille: u32) -> Result<Drawer<'_>, Refusal> {
    let cap = f64::from(cap_permille) / 1000.0;
    let mut weights = vec![1.0_f64; drawer.pool.classes.len()];
    let mut worst = None;
    for _ in 0..ROUNDS {
        let exposures = match exposures(&drawer) {
            Err(Refusal::Rare { .. }) if worst.is_some() => break,
            exposures => exposures?,
        };
        worst = worst_over(&drawer, &exposures, cap);
        if worst.is_none() {
            return Ok(drawer);
        }
        for (weight, exposure) in weights.iter_mut().zip(&exposures) {
            let (aim, found) = ((cap * AIM).min(0.999), exposure.clamp(1e-4, 0.9999));
            let factor = (aim / (1.0 - aim)) / (found / (1.0 - found));
            *weight = (*weight * factor).clamp(1.0 / WEIGHT_MAX, 1.0);
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 256")]
        let law: Vec<u32> = weights.iter().map(|weight| (weight * WEIGHT_MAX).round().max(1.0) as u32).collect();
        drawer = Drawer::of(drawer.into_parts(), &law)?;
    }
    let (class, exposure) = worst.expect("a round before found one");
    let question = drawer.pool.classes[class].members[0] as usize;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a thousand")]
    let permille = (exposure * 1000.0).round() as u32;
    Err(Refusal::Exposure { question: drawer.snapshot.entries[question].question.clone(), permille, cap_permille })
}

/// The expected share of papers that each question of a class stands on, by class; 0 for those that must be on all.
fn exposures(drawer: &Drawer<'_>) -> Result<Vec<f64>, Refusal> {
    let classes = &drawer.pool.classes;
    let mut counts = vec![0_u32; classes.len()];
    let (mut stream, mut walks) = (Drawer::trial_stream(0), u64::from(TRIALS) * WALKS_EACH);
    for _ in 0..TRIALS {
        let (walked, trial) = drawer.walk_until(&mut stream, walks);
        walks -= walked;
        for entry in trial.ok_or(Refusal::Rare { walks: u64::from(TRIALS) * WALKS_EACH })?.indices() {
            counts[drawer.pool.class_of[*entry as usize] as usize] += 1;
        }
    }
    let share = |(class, count): (&super::pool::Class, u32)| {
        let members = f64::from(class.units()) * f64::from(class.size);
        if class.must { 0.0 } else { f64::from(count) / f64::from(TRIALS) / members }
    };
    Ok(classes.iter().zip(counts).map(share).collect())
}

/// The most exposed class beyond the cap, if chance alone does not explain it.
fn worst_over(drawer: &Drawer<'_>, exposures: &[f64], cap: f64) -> Option<(usize, f64)> {
    let over = |(class, exposure): &(usize, &f64)| {
        let members = drawer.pool.classes[*class].members.len();
        let trials = f64::from(TRIALS) * f64::from(u32::try_from(members).unwrap_or(u32::MAX));
        **exposure > cap + ERRORS * (cap * (1.0 - cap) / trials).sqrt()
    };
    let worst = exposures.iter().enumerate().filter(over).max_by(|left, right| left.1.total_cmp(right.1));
    worst.map(|(class, exposure)| (class, *exposure))
}
