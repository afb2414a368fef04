use proptest::prelude::*;

use super::*;

/// How many entries have each value of a property.
fn tally<T: Ord>(snapshot: &Snapshot, property: impl Fn(&SnapshotEntry) -> T) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    snapshot.entries.iter().for_each(|entry| *counts.entry(property(entry)).or_default() += 1);
    counts
}

fn band(entry: &SnapshotEntry) -> usize {
    let rating = entry.difficulty_permille.expect("every question is rated");
    BANDS.iter().position(|[low, high]| (*low..=*high).contains(&rating)).expect("in a band")
}

#[test]
fn twenty_thousand_questions_in_their_proportions() {
    let bank = bank(20_000, 60, &FUNCTIONS, 1);
    assert_eq!(bank.entries.len(), 20_000);
    assert!(bank.entries.is_sorted_by(|left, right| left.question < right.question));
    let functions = tally(&bank, |entry| entry.function.clone());
    assert!(
        FUNCTIONS
            .iter()
            .all(|(function, points)| functions[*function] == usize::try_from(points * 200).expect("small"))
    );
    let cells = tally(&bank, |entry| (entry.function.clone(), entry.knowledge.clone(), entry.kind));
    assert_eq!(cells.len(), 180);
    for ((function, knowledge, kind), count) in &cells {
        let fifths = if *kind == Kind::SingleChoice { 3 } else { 1 };
        assert!(count.abs_diff(fifths * 20_000 / 300) <= 3, "{function} {knowledge} {kind}: {count}");
    }
    let banded = tally(&bank, |entry| (entry.knowledge.clone(), entry.kind, band(entry)));
    assert_eq!(banded.len(), 540, "every band in every cell");
    for ((knowledge, kind, band), count) in &banded {
        let tenths = [3, 4, 3][*band];
        let fifths = if *kind == Kind::SingleChoice { 3 } else { 1 };
        assert!(count.abs_diff(fifths * tenths * 20_000 / 3000) <= 3, "{knowledge} {kind} {band}: {count}");
    }
    for content in tally(&bank, |entry| (entry.work_content.clone(), entry.knowledge.clone())).into_keys().fold(
        BTreeMap::<String, usize>::new(),
        |mut contents, (content, _)| {
            *contents.entry(content).or_default() += 1;
            contents
        },
    ) {
        assert!((3..=4).contains(&content.1), "{content:?}");
    }
}

/// By the ranges of the bands 599.65 in expectation; the bank's own mean and each band's are near it.
#[test]
fn the_mean_is_the_pass_mark() {
    let expected: f64 =
        BANDS.iter().zip([0.3, 0.4, 0.3]).map(|([low, high], share)| share * f64::from(low + high) / 2.0).sum();
    assert!((expected - 600.0).abs() < 1.0, "{expected}");
    let bank = bank(20_000, 60, &FUNCTIONS, 2);
    let sum: u32 = bank.entries.iter().filter_map(|entry| entry.difficulty_permille).sum();
    assert!((f64::from(sum) / 20_000.0 - 600.0).abs() < 4.0, "{sum}");
}

#[test]
fn the_seed_alone_makes_the_difference() {
    let digest = |seed| bank(300, 12, &FUNCTIONS, seed).digest();
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
    let of_seed = |seed| blueprint(&bank(300, 12, &FUNCTIONS, 1), &FUNCTIONS, 0, seed).digest();
    assert_eq!(of_seed(1), of_seed(1));
    assert_ne!(of_seed(1), of_seed(2));
}

#[test]
fn the_blueprint_asks_for_what_it_says() {
    let bank = bank(20_000, 60, &FUNCTIONS, 1);
    let exact = blueprint(&bank, &FUNCTIONS, 0, 1);
    exact.compile().expect("the weights divide");
    assert_eq!(exact.questions(), 100);
    let bands = |blueprint: &Blueprint| {
        let difficulty = blueprint.difficulty.as_ref().expect("aimed");
        difficulty.bands.iter().map(|band| (band.min, band.max)).collect::<Vec<_>>()
    };
    assert_eq!(bands(&exact), [(30, 30), (40, 40), (30, 30)]);
    let loose = blueprint(&bank, &FUNCTIONS, 1, 1);
    loose.compile().expect("one more or less");
    assert_eq!(bands(&loose), [(29, 31), (39, 41), (29, 31)]);
    assert_eq!(exact.limits.len(), 50);
    for (function, points) in FUNCTIONS {
        let minimums =
            exact.limits.iter().filter(|limit| limit.function == function).map(|limit| limit.min).sum::<u32>();
        assert!(minimums <= points.div_ceil(2), "{function}: {minimums} of {points}");
    }
    let known = tally(&bank, |entry| entry.knowledge.clone());
    assert!(exact.limits.iter().all(|limit| limit.knowledge.as_ref().is_some_and(|code| known.contains_key(code))));
    let paired: BTreeSet<&String> = exact.enemies.iter().flatten().collect();
    assert_eq!((exact.enemies.len(), paired.len()), (200, 400), "2 % of the questions, each in one pair");
}

proptest! {
    #[test]
    fn any_size_gives_whole_and_sorted_banks(questions in 0_usize..400, knowledge in 0_usize..80, seed: u64, parts in 1_usize..7) {
        let functions = &FUNCTIONS[..parts];
        let bank = bank(questions, knowledge, functions, seed);
        prop_assert_eq!(bank.entries.len(), questions);
        prop_assert!(bank.entries.is_sorted_by(|left, right| left.question < right.question));
        let blueprint = blueprint(&bank, functions, 1, seed);
        prop_assert!(blueprint.compile().is_ok());
        prop_assert_eq!(blueprint.enemies.len(), questions / 100);
    }

    #[test]
    fn seats_are_given_out_to_the_last(seats in 0_usize..1000, weights in prop::collection::vec(0_u32..50, 1..8)) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let shares = apportion(seats, &weights);
        prop_assert_eq!(shares.iter().sum::<usize>(), seats);
        let whole: usize = weights.iter().map(|weight| usize::try_from(*weight).expect("small")).sum();
        for (share, weight) in shares.iter().zip(&weights) {
            let product = seats * usize::try_from(*weight).expect("small");
            prop_assert!(*share == product / whole || *share == product.div_ceil(whole));
        }
    }
}
