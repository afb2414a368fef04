//! Every conforming paper has the same chance, and there are as many as the drawer counts.

use std::collections::BTreeMap;

use super::*;
use crate::chance::unfold::{Fraction, unfold};
use crate::testing::uniform::{assert_uniform, tally};

/// The drawer of a case, and the same one without its tail: the law must not depend on the way.
fn ways<'a>(case: &'a Case, snapshot: &'a Snapshot) -> Vec<(&'static str, Drawer<'a>)> {
    let drawer = || Drawer::new(&case.blueprint, snapshot, &case.earlier).unwrap_or_else(|error| panic!("{error}"));
    let mut ways = vec![("", drawer())];
    if case.way.tail {
        ways.push((" without a tail", Drawer { tail: None, ..drawer() }));
    }
    ways
}

/// By drawing: chi-square over every paper that the oracle found, 40 draws for each.
#[test]
fn every_conforming_paper_is_drawn_equally_often() {
    for case in cases() {
        let snapshot = case.snapshot();
        let papers = case.papers(&snapshot);
        for (way, drawer) in ways(&case, &snapshot) {
            let times = (40 * papers.len()).max(20_000);
            let paper_of =
                |number: usize| drawer.select(&secret(), &format!("sitting-{number}")).expect("papers exist");
            let drawn = tally((0..times).map(paper_of));
            let name = format!("{}{way}", case.name);
            assert!(drawn.keys().all(|paper| papers.contains(paper)), "{name}: a paper that does not conform");
            assert_uniform(&drawn, papers.len(), &name);
        }
    }
}

/// By reckoning: every path that one walk may take, each with its exact probability. All conforming papers must have the
/// same one, as a fraction, whatever is thrown away beside them.
#[test]
fn one_walk_ends_in_every_conforming_paper_with_the_same_exact_chance() {
    for case in cases() {
        let snapshot = case.snapshot();
        let papers = case.papers(&snapshot);
        for (way, drawer) in ways(&case, &snapshot) {
            let name = format!("{}{way}", case.name);
            let (kept, thrown) = chances(&drawer);
            assert_eq!(kept.keys().cloned().collect::<BTreeSet<_>>(), papers, "{name}");
            let first = kept.values().next().expect("some paper conforms");
            assert!(kept.values().all(|chance| chance == first), "{name}: the chances differ");
            let all = kept.values().fold(thrown, |sum, chance| sum.plus(chance));
            assert_eq!(all, Fraction::new(1_u32.into(), 1_u32.into()), "{name}: all paths together");
        }
    }
}

/// The exact chance of one walk to end in each paper, and to be thrown away.
fn chances(drawer: &Drawer<'_>) -> (BTreeMap<Selection, Fraction>, Fraction) {
    let mut scratch = Scratch::default();
    let mut outcomes = unfold(|stream| {
        drawer.walk(stream, &mut scratch).then(|| {
            scratch.chosen.sort_unstable();
            Selection(scratch.chosen.as_slice().into())
        })
    });
    let nothing = Fraction::new(BigUint::ZERO, 1_u32.into());
    let thrown = outcomes.remove(&None).unwrap_or(nothing);
    (outcomes.into_iter().filter_map(|(paper, chance)| Some((paper?, chance))).collect(), thrown)
}

/// Where units of classes weigh differently, as under a cap on exposure, a paper's chance is the product of its weights.
#[test]
fn under_a_law_the_exact_chance_is_the_product_of_the_weights() {
    for case in cases() {
        let snapshot = case.snapshot();
        for (way, drawer) in ways(&case, &snapshot) {
            let law: Vec<u32> = (0..drawer.pool.classes.len()).map(|class| [1, 3, 2, 7][class % 4]).collect();
            let tail = drawer.tail.is_some();
            let mut drawer = Drawer::of(drawer.into_parts(), &law).expect("the same papers as without the law");
            if !tail {
                drawer.tail = None;
            }
            let weight = |paper: &Selection| -> BigUint {
                let class = |entry: &u32| drawer.pool.class_of[*entry as usize] as usize;
                paper.indices().iter().map(|entry| BigUint::from(law[class(entry)])).product()
            };
            let shares: BTreeSet<String> = chances(&drawer)
                .0
                .iter()
                .map(|(paper, chance)| format!("{:?}", chance.per(&Fraction::new(weight(paper), 1_u32.into()))))
                .collect();
            assert_eq!(shares.len(), 1, "{}{way}", case.name);
        }
    }
}

#[test]
fn the_count_is_the_oracles() {
    for case in cases() {
        let snapshot = case.snapshot();
        let drawer = Drawer::new(&case.blueprint, &snapshot, &case.earlier).unwrap_or_else(|error| panic!("{error}"));
        let counted = case.counted.as_ref().unwrap_or(&case.blueprint);
        let papers = oracle::conforming(counted, &case.bank, &case.earlier, None).len();
        // A pool that tells ratings apart takes enemies of different ratings for enemies across classes.
        if drawer.tilt.is_none() {
            assert_eq!(drawer.count(), Some(papers.into()), "{}", case.name);
        }
        if !case.way.tilted && !case.way.centred && drawer.margins.is_empty() {
            assert_eq!(drawer.paper.ways(), papers.into(), "{}", case.name);
        }
    }
}
