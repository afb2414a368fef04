use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::blueprint::Blueprint;
use crate::checker;
use crate::earlier::EarlierPapers;
use crate::question::Revision;
use crate::testing;

fn secret() -> Secret {
    Secret::join(b"first officer", b"second officer")
}

fn draw_synthetic(sitting: &str) -> Paper {
    let compiled = testing::blueprint().compile().expect("the synthetic blueprint compiles");
    let bank = testing::bank();
    draw(&compiled, &Snapshot::of(bank.iter()), "junior", &secret(), sitting).expect("the synthetic bank suffices")
}

fn conforms(paper: &Paper, blueprint: &Blueprint, bank: &[Revision]) -> Result<(), Vec<checker::Violation>> {
    checker::check(paper, blueprint, &EarlierPapers::default(), None, &checker::Bank::of(bank)).map(drop)
}

/// The keystream of the zero key is in every `ChaCha20` document (RFC 8439 A.1 gives the same block).
#[test]
fn the_stream_is_chacha20() {
    let mut stream = Stream(ChaCha20Rng::from_seed([0; 32]));
    let words = [stream.0.next_u32(), stream.0.next_u32(), stream.0.next_u32(), stream.0.next_u32()];
    assert_eq!(words, [0xade0_b876, 0x903d_f1a0, 0xe56a_5d40, 0x28bd_8653]);
}

/// Computed by a second implementation of the rules at the head of the drawer, in another language. A library's update
/// that changes one of these numbers would change papers; then it is a new engine.
#[test]
fn golden_stream() {
    let mut stream = Stream::of(&secret(), "sitting-1");
    let words = [stream.0.next_u32(), stream.0.next_u32(), stream.0.next_u32(), stream.0.next_u32()];
    assert_eq!(words, [0x497f_e64c, 0x0ee5_5059, 0x475f_be44, 0x4042_fd52]);

    let mut stream = Stream::of(&secret(), "sitting-1");
    assert_eq!([1, 2, 3, 6, 10, 100].map(|bound| stream.below(bound)), [0, 1, 1, 0, 0, 70]);
}

/// With a bound of three thousand million some three words in ten are thrown away; here the fifth, 3977462050.
#[test]
fn golden_rejection() {
    let mut stream = Stream::of(&secret(), "sitting-1");
    let drawn: Vec<u32> = (0..8).map(|_| stream.below(3_000_000_000)).collect();
    let golden = [
        1_233_118_796,
        249_909_337,
        1_197_456_964,
        1_078_132_050,
        2_729_399_170,
        1_822_869_925,
        320_762_462,
        2_624_535_187,
    ];
    assert_eq!(drawn, golden);
}

/// From the second implementation too: every question, every option, and the digests.
#[test]
fn golden_paper() {
    let paper = draw_synthetic("sitting-1");
    let shown: Vec<_> = paper.items.iter().map(|item| format!("{} {:?}", item.question, item.options)).collect();
    let expected = [
        "beta-true-false-08 [0, 1]",
        "beta-true-false-00 [0, 1]",
        "gamma-true-false-04 [0, 1]",
        "alpha-true-false-06 [0, 1]",
        "beta-single-04 [0, 3, 1, 2]",
        "gamma-single-07 [1, 0, 2, 3]",
        "beta-single-08 [2, 0, 1, 3]",
        "beta-single-05 [1, 3, 0, 2]",
        "beta-single-06 [0, 1, 2, 3]",
        "beta-single-03 [0, 1, 2, 3]",
        "alpha-single-04 [3, 0, 2, 1]",
        "beta-single-02 [1, 3, 0, 2]",
        "alpha-single-08 [1, 2, 0, 3]",
        "alpha-single-07 [1, 3, 2, 0]",
        "gamma-single-08 [0, 3, 1, 2]",
        "gamma-single-00 [0, 1, 2, 3]",
        "gamma-multiple-08 [2, 0, 3, 1]",
        "alpha-multiple-00 [0, 1, 2, 3]",
        "beta-multiple-02 [1, 2, 3, 0]",
        "beta-multiple-05 [2, 0, 1, 3]",
    ];
    assert_eq!(shown, expected);
    let digest = paper.digest().to_string();
    assert_eq!(digest, "67510e78b927c1e74baddc802b15e4ed140e675f942e9be8db9fb181617aad00");
    let other = draw_synthetic("sitting-2").digest().to_string();
    assert_eq!(other, "3a6bccf8b7e3a161904769c9f0b55dc892c7a146671192500df49e5e814f81e8");
}

#[test]
fn golden_secret_and_commitment() {
    assert_eq!(secret().to_hex(), "7eae67fa8f2a0cc84cf10fe59f3e317cefaaf5d1d706487b71938864fcefe090");
    let [snapshot, blueprint, roster] = [1, 2, 3].map(|byte| Digest::from_bytes([byte; 32]));
    let digest = commitment(&secret(), &snapshot, &blueprint, &roster, ENGINE);
    assert_eq!(digest.to_string(), "db8a31385a21f2f154e1f7911773060b7dbd154b08fb66f61e995cf0e45a5e17");
    let published = Commitment { snapshot, blueprint, roster, engine: ENGINE.to_owned() };
    assert_eq!(published.digest(&secret()), digest);
}

#[test]
fn the_commitment_binds_every_input() {
    let [one, two, three, other] = [1, 2, 3, 4].map(|byte| Digest::from_bytes([byte; 32]));
    let variants = [
        commitment(&secret(), &one, &two, &three, ENGINE),
        commitment(&Secret::join(b"second officer", b"first officer"), &one, &two, &three, ENGINE),
        commitment(&secret(), &other, &two, &three, ENGINE),
        commitment(&secret(), &one, &other, &three, ENGINE),
        commitment(&secret(), &one, &two, &other, ENGINE),
        commitment(&secret(), &two, &one, &three, ENGINE),
        commitment(&secret(), &one, &two, &three, "kaochang-drawer/2"),
    ];
    assert_eq!(variants.iter().collect::<BTreeSet<_>>().len(), variants.len());
}

#[test]
fn a_secret_is_read_back_and_not_shown() {
    let hex = secret().to_hex();
    assert_eq!(Secret::from_hex(&hex), Ok(secret()));
    assert_eq!(format!("{:?}", secret()), "Secret(..)");
    assert_eq!(Secret::from_hex(&hex[1..]), Err(HexError::Length(63)));
    assert_ne!(Secret::join(b"ab", b"c"), Secret::join(b"a", b"bc"));
}

#[test]
fn every_shortage_is_named() {
    let compiled = testing::blueprint().compile().expect("the synthetic blueprint compiles");
    let bank: Vec<_> = testing::bank()
        .into_iter()
        .filter(|one| !(one.tags.function == "alpha" && one.kind == Kind::MultipleChoice))
        .filter(|one| !(one.tags.function == "beta" && one.kind == Kind::SingleChoice && one.question.ends_with("-07")))
        .filter(|one| {
            !(one.tags.function == "gamma" && one.kind == Kind::SingleChoice && !one.question.ends_with("-07"))
        })
        .collect();
    let snapshot = Snapshot::of(bank.iter());
    let shortage =
        |function: &str, kind, needed, present| Shortage { function: function.to_owned(), kind, needed, present };
    let expected = vec![shortage("alpha", Kind::MultipleChoice, 1, 0), shortage("gamma", Kind::SingleChoice, 3, 1)];
    assert_eq!(supply(&compiled, &snapshot, "junior"), Err(expected.clone()));
    assert_eq!(draw(&compiled, &snapshot, "junior", &secret(), "sitting-1"), Err(expected));
    assert!(
        shortage("gamma", Kind::SingleChoice, 3, 1).to_string().ends_with("the bank has 1; write 2 more"),
        "the sentence says what to do"
    );
}

#[test]
fn questions_of_another_level_or_standard_are_not_drawn() {
    let compiled = testing::blueprint().compile().expect("the synthetic blueprint compiles");
    let bank = testing::bank();
    let mut snapshot = Snapshot::of(bank.iter());
    assert_eq!(supply(&compiled, &snapshot, "junior"), Ok(()));
    assert_eq!(supply(&compiled, &snapshot, "senior").expect_err("no senior question").len(), 9);
    for entry in &mut snapshot.entries {
        entry.standard = "another".to_owned();
    }
    assert_eq!(supply(&compiled, &snapshot, "junior").expect_err("no question of the standard").len(), 9);
}

#[test]
fn the_order_of_a_snapshot_does_not_change_a_paper() {
    let compiled = testing::blueprint().compile().expect("the synthetic blueprint compiles");
    let bank = testing::bank();
    let mut snapshot = Snapshot::of(bank.iter().rev());
    assert_eq!(snapshot, Snapshot::of(bank.iter()));
    snapshot.entries.reverse();
    let paper = draw(&compiled, &snapshot, "junior", &secret(), "sitting-1");
    assert_eq!(paper, Ok(draw_synthetic("sitting-1")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_paper_conforms_and_is_drawn_again(sitting in "[a-z0-9-]{1,40}", seed: [u8; 32]) {
        let secret = Secret(seed);
        let blueprint = testing::blueprint();
        let compiled = blueprint.compile().expect("the synthetic blueprint compiles");
        let bank = testing::bank();
        let snapshot = Snapshot::of(bank.iter());
        let paper = draw(&compiled, &snapshot, "junior", &secret, &sitting).expect("the synthetic bank suffices");
        prop_assert_eq!(conforms(&paper, &blueprint, &bank), Ok(()));
        prop_assert_eq!(draw(&compiled, &snapshot, "junior", &secret, &sitting), Ok(paper));
    }
}

#[test]
fn another_sitting_has_another_paper() {
    let papers: BTreeSet<_> = (0..200).map(|number| draw_synthetic(&format!("sitting-{number}")).digest()).collect();
    assert_eq!(papers.len(), 200);
}

/// Chi-square of observed counts against equal expectation, with the number of outcomes.
fn chi_square<K: Ord>(outcomes: impl Iterator<Item = K>) -> (f64, usize) {
    let mut counts: BTreeMap<K, u32> = BTreeMap::new();
    for outcome in outcomes {
        *counts.entry(outcome).or_default() += 1;
    }
    let total: u32 = counts.values().sum();
    let expected = f64::from(total) / f64::from(u32::try_from(counts.len()).expect("few outcomes"));
    (counts.values().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum(), counts.len())
}

/// Two cells: 2 of 5 single and 1 of 4 multiple, so 40 combinations.
fn tiny() -> (Compiled, Vec<Revision>) {
    let cell = |kind, count| Cell { function: "alpha".to_owned(), kind, min: count, max: count, points_milli: 1000 };
    let cells = vec![cell(Kind::SingleChoice, 2), cell(Kind::MultipleChoice, 1)];
    let singles = (0..5).map(|number| testing::revision("alpha", Kind::SingleChoice, number));
    let multiples = (0..4).map(|number| testing::revision("alpha", Kind::MultipleChoice, number));
    (Compiled { standard: "synthetic".to_owned(), cells }, singles.chain(multiples).collect())
}

fn tiny_papers(count: u32) -> impl Iterator<Item = Paper> {
    let (compiled, bank) = tiny();
    let snapshot = Snapshot::of(bank.iter());
    (0..count).map(move |number| {
        draw(&compiled, &snapshot, "junior", &secret(), &format!("sitting-{number}")).expect("the tiny bank suffices")
    })
}

/// Every conforming combination comes up, and all equally often. The 99.9 % point of chi-square with 39 degrees of
/// freedom is 72.1; with a fixed secret the outcome is always the same.
#[test]
fn every_combination_is_equally_likely() {
    let combinations = tiny_papers(20_000).map(|paper| {
        let mut questions: Vec<_> = paper.items.into_iter().map(|item| item.question).collect();
        questions.sort();
        questions
    });
    let (chi, outcomes) = chi_square(combinations);
    assert_eq!(outcomes, 40, "all of C(5,2) × C(4,1)");
    assert!(chi < 72.1, "chi-square {chi}");
}

/// 20 ordered pairs of singles (99.9 % point for 19 degrees of freedom: 43.8), 24 orders of four options (23: 49.7).
#[test]
fn every_order_is_equally_likely() {
    let pairs = tiny_papers(20_000).map(|paper| (paper.items[0].question.clone(), paper.items[1].question.clone()));
    let (chi, outcomes) = chi_square(pairs);
    assert_eq!(outcomes, 20);
    assert!(chi < 43.8, "chi-square {chi}");

    let shuffled = |item: Item| (item.question == "alpha-multiple-01").then_some(item.options);
    let orders = tiny_papers(40_000).flat_map(|paper| paper.items).filter_map(shuffled);
    let (chi, outcomes) = chi_square(orders);
    assert_eq!(outcomes, 24);
    assert!(chi < 49.7, "chi-square {chi}");
}

/// The measure itself: a draw that prefers its first outcome by a tenth is caught at this sample size.
#[test]
fn the_measure_sees_a_bias() {
    let mut stream = Stream::of(&secret(), "bias");
    let biased = (0..20_000).map(|_| match stream.below(22) {
        20 | 21 => 0,
        outcome => outcome,
    });
    let (chi, outcomes) = chi_square(biased);
    assert_eq!(outcomes, 20);
    assert!(chi > 43.8, "chi-square {chi}");
}

#[test]
fn below_stays_below() {
    let mut stream = Stream::of(&secret(), "bounds");
    for bound in [1, 2, 3, 7, 1 << 31, u32::MAX] {
        assert!((0..100).all(|_| stream.below(bound) < bound), "bound {bound}");
    }
}
