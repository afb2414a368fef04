//! Whether outcomes come up equally often: the chi-square test.

use std::collections::BTreeMap;

use crate::chance::{Secret, Stream};

/// Draws of every outcome that came up.
pub(crate) fn tally<T: Ord>(outcomes: impl Iterator<Item = T>) -> BTreeMap<T, u32> {
    let mut counts = BTreeMap::new();
    outcomes.for_each(|outcome| *counts.entry(outcome).or_default() += 1);
    counts
}

/// Asserts that all of so many outcomes came up, about equally often: a right sampler passes with all but one in a million
/// secrets. At least 20 draws for each outcome make the approximation good.
pub(crate) fn assert_uniform<T: Ord>(counts: &BTreeMap<T, u32>, outcomes: usize, what: &str) {
    assert_eq!(counts.len(), outcomes, "{what}: every outcome comes up");
    let (chi, most) = (chi_square(counts), quantile(outcomes - 1));
    let draws: u32 = counts.values().sum();
    assert!(draws as usize >= 20 * outcomes, "{what}: {draws} draws of {outcomes} outcomes are too few to tell");
    assert!(chi < most, "{what}: chi-square {chi:.1} where {most:.1} is the most among {outcomes} outcomes");
}

/// The sum of squared departures from equal counts, each in parts of the expected count.
pub(crate) fn chi_square<T>(counts: &BTreeMap<T, u32>) -> f64 {
    let draws: u32 = counts.values().sum();
    let expected = f64::from(draws) / f64::from(u32::try_from(counts.len()).expect("few outcomes"));
    counts.values().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum()
}

/// What chi-square exceeds once in a million, for so many degrees of freedom (Wilson and Hilferty, PNAS 17:684).
pub(crate) fn quantile(freedom: usize) -> f64 {
    /// What a standard normal number exceeds once in a million.
    const NORMAL: f64 = 4.753_424;
    let freedom = f64::from(u32::try_from(freedom).expect("few outcomes"));
    let ninth = 2.0 / (9.0 * freedom);
    freedom * (1.0 - ninth + NORMAL * ninth.sqrt()).powi(3)
}

/// The exact quantiles are 63.7, 155.1 and 328.3; the formula is a little above, so it errs on the side of a right sampler.
#[test]
fn the_quantile_is_near_the_exact_one() {
    for (freedom, exact) in [(19, 63.677), (80, 155.081), (215, 328.327)] {
        let found = quantile(freedom);
        assert!(found > exact && found < exact * 1.02, "{freedom}: {found}");
    }
}

/// A sampler that gives one of twenty outcomes a quarter more is caught.
#[test]
fn a_bias_is_seen() {
    let mut stream = Stream::of(&Secret::join(b"first officer", b"second officer"), "test", "bias");
    let fair = tally((0..40_000).map(|_| stream.below(20)));
    assert_uniform(&fair, 20, "a fair sampler");
    let biased = tally((0..40_000).map(|_| stream.below(81) % 20));
    assert!(chi_square(&biased) > quantile(19), "{}", chi_square(&biased));
}
