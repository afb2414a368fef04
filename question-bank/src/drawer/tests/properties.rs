//! Each rule by itself, on random banks: what the oracle can't find is refused, what is drawn the checker accepts.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;
use crate::checker::{self, Bank};
use crate::order;

/// What chance decides of one question: function, kind, knowledge point, rating, whether it is of a lower level.
type Chosen = (bool, usize, usize, u32, bool);

/// What chance decides besides: which questions make a hidden paper, lists by bits, numbers for the rule's bounds.
#[derive(Clone, Debug)]
struct Dice {
    hidden: u16,
    lists: [u16; 3],
    numbers: [u32; 4],
}

fn bank_of(chosen: &[Chosen]) -> Vec<Revision> {
    let questions = chosen.iter().zip(0..).map(|(&(in_alpha, kind, knowledge, rating, lower), number)| {
        let mut one = testing::revision(if in_alpha { "alpha" } else { "beta" }, Kind::ALL[kind], number);
        ["1.1.1", "1.1.2", "1.2.1"][knowledge].clone_into(&mut one.tags.knowledge);
        one.tags.work_content = one.tags.knowledge[..3].to_owned();
        one.difficulty_permille = rating;
        if lower {
            "novice".clone_into(&mut one.tags.level);
        }
        one
    });
    questions.collect()
}

/// A blueprint that asks for the counts of the hidden paper and for nothing else.
fn blueprint_around(hidden: &[&Revision], dice: &Dice) -> Blueprint {
    let count = |wanted: &dyn Fn(&Revision) -> bool| as_u32(hidden.iter().filter(|one| wanted(one)).count());
    let kinds = Kind::ALL.into_iter().zip([1, 2, 3]);
    let kinds: Vec<_> = kinds
        .map(|(kind, points)| quota(kind, count(&|one| one.kind == kind), points))
        .filter(|quota| quota.count > 0)
        .collect();
    let points = |function: &str| {
        let worth = |quota: &KindQuota| {
            quota.points_milli / 1000 * count(&|one| one.kind == quota.kind && one.tags.function == function)
        };
        (function.to_owned(), kinds.iter().map(worth).sum::<u32>())
    };
    let points = ["alpha", "beta"].map(points).into_iter().filter(|(_, points)| *points > 0).collect();
    let mix = if dice.numbers[3] == 0 { Mix::Even } else { Mix::Free };
    let lower_levels = Some(LowerLevels { levels: ids(["novice"]), min: 0, max: 99 });
    Blueprint { points, kinds, mix, lower_levels, ..Blueprint::bare("synthetic", "junior") }
}

fn named(bank: &[Revision], bits: u16) -> Vec<String> {
    bank.iter().zip(0..).filter(|(_, place)| bits >> place & 1 == 1).map(|(one, _)| one.question.clone()).collect()
}

/// Whether the programme knows a rule: then papers that can't be are refused as a conflict, before any walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Always,
    Not,
}

type Rule<'a> = &'a dyn Fn(&mut Blueprint, &mut EarlierPapers, &[Revision], &Dice);

/// Draws random banks and blueprints with this rule. Asserts that some have papers and some have none.
fn holds(known: Known, rule: Rule<'_>) {
    let rating = prop_oneof![Just(399_u32), Just(400), Just(649), Just(650), 0_u32..=1000];
    let question = (any::<bool>(), 0_usize..3, 0_usize..3, rating, prop::bool::weighted(0.2));
    let dice = (any::<u16>(), any::<u16>(), any::<[u16; 3]>(), [0_u32..3, 0..3, 0..3, 0..3]);
    let dice = dice.prop_map(|(hidden, fewer, lists, numbers)| Dice { hidden: hidden & fewer, lists, numbers });
    let strategy = (prop::collection::vec(question, 6..13), dice);
    let (met, unmet, missed) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let config = ProptestConfig { cases: 128, source_file: Some(file!()), ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(&strategy, |(chosen, dice)| {
        let bank = bank_of(&chosen);
        let in_hidden = bank.iter().zip(0..).filter(|(_, place)| dice.hidden >> place & 1 == 1);
        let hidden: Vec<&Revision> = in_hidden.map(|(one, _)| one).collect();
        let mut blueprint = blueprint_around(&hidden, &dice);
        let mut earlier = EarlierPapers::default();
        rule(&mut blueprint, &mut earlier, &bank, &dice);
        let papers = oracle::conforming(&blueprint, &bank, &earlier, None).len();
        match refused_or_drawn(&blueprint, &bank, &earlier)? {
            Ok(()) => met.set(met.get() + 1),
            Err(Refusal::Blueprint(_)) => {}
            Err(refusal) => {
                let rare = known == Known::Not && matches!(refusal, Refusal::Rare { .. });
                if papers > 0 && rare {
                    missed.set(missed.get() + 1);
                    return Ok(());
                }
                prop_assert_eq!(papers, 0, "{}", refusal);
                prop_assert!(
                    known == Known::Not || matches!(refusal, Refusal::Conflict(_) | Refusal::Bank(_)),
                    "{}",
                    refusal
                );
                unmet.set(unmet.get() + 1);
            }
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    // Papers that exist may be too rare to be found, but seldom.
    assert!(missed.get() <= 2, "{} of {} that have papers were refused", missed.get(), met.get());
    assert!(met.get() >= 10 && unmet.get() >= 3, "{} with papers, {} without", met.get(), unmet.get());
}

/// Draws twenty papers, each of which the checker must accept, and counts where counting is the oracle's.
fn refused_or_drawn(
    blueprint: &Blueprint,
    bank: &[Revision],
    earlier: &EarlierPapers,
) -> Result<Result<(), Refusal>, TestCaseError> {
    let snapshot = Snapshot::of(bank.iter(), "junior");
    let drawer = match Drawer::new(blueprint, &snapshot, earlier) {
        Ok(drawer) => drawer,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if drawer.rules.worth.is_empty() && drawer.pool.enemies.is_empty() {
        prop_assert_eq!(drawer.count(), Some(oracle::conforming(blueprint, bank, earlier, None).len().into()));
    }
    let index = Bank::of(bank);
    for number in 0..20 {
        let sitting = format!("sitting-{number}");
        let selection = drawer.select(&secret(), &sitting);
        prop_assert!(selection.is_ok(), "{:?}", selection);
        let selection = selection.expect("asserted before");
        let paper = order::arrange(&snapshot, &selection, &secret(), &sitting, &[]).paper(blueprint, &snapshot);
        let verdict = checker::check(&paper, blueprint, earlier, Some(&sitting), &index);
        prop_assert!(verdict.is_ok(), "{:?}", verdict);
    }
    Ok(Ok(()))
}

#[test]
fn functions_and_kinds() {
    holds(Known::Always, &|blueprint, _, bank, dice| {
        // One question less than there is of one kind, or one more.
        let lists = named(bank, dice.lists[0] & dice.lists[1] & dice.lists[2]);
        blueprint.never = lists;
    });
}

#[test]
fn limits_for_every_knowledge_point() {
    holds(Known::Always, &|blueprint, _, _, dice| {
        let [min, more, capped, _] = dice.numbers;
        blueprint.knowledge = Some(Span { min: min / 2, max: (capped > 0).then_some(min / 2 + more) });
    });
}

#[test]
fn limits_on_single_knowledge_points_and_work_contents() {
    holds(Known::Always, &|blueprint, _, _, dice| {
        let [min, more, capped, _] = dice.numbers;
        let function = blueprint.points.first().map_or_else(String::new, |(function, _)| function.clone());
        let on = |work_content: Option<&str>, knowledge: Option<&str>, level: Option<&str>| Limit {
            function: function.clone(),
            level: level.map(str::to_owned),
            ..limit(work_content, knowledge, min, (capped > 0).then_some(min + more))
        };
        blueprint.limits = vec![on(Some("1.1"), None, None), on(None, Some("1.2.1"), None)];
        if dice.lists[0].is_multiple_of(4) {
            blueprint.limits.push(Limit { min: 0, ..on(Some("1.1"), None, Some("novice")) });
            blueprint.limits.push(Limit { min: min / 2, ..on(None, Some("1.1.2"), None) });
        }
    });
}

#[test]
fn questions_that_must_and_must_not_be_there() {
    holds(Known::Always, &|blueprint, _, bank, dice| {
        let [must, never, more] = dice.lists;
        let must = if dice.numbers[0] == 0 { must & never & more } else { dice.hidden & must };
        blueprint.must = named(bank, must);
        blueprint.never = named(bank, never & more & !must);
    });
}

#[test]
fn enemies() {
    holds(Known::Not, &|blueprint, _, bank, dice| {
        let sets = dice.lists.map(|bits| named(bank, bits & bits.rotate_left(5)));
        blueprint.enemies = sets.into_iter().filter(|set| set.len() > 1).collect();
    });
}

#[test]
fn bands() {
    holds(Known::Not, &|blueprint, _, bank, dice| {
        let hidden: Vec<&Revision> =
            bank.iter().zip(0..).filter(|(_, place)| dice.hidden >> place & 1 == 1).map(|(one, _)| one).collect();
        let count = |range: std::ops::Range<u32>| {
            as_u32(hidden.iter().filter(|one| range.contains(&one.difficulty_permille)).count())
        };
        let [below, above, shift, _] = dice.numbers;
        let around = |found: u32| (found.saturating_sub(below / 2), found + above / 2);
        let (easy, medium, hard) = (count(650..1001), count(400..650), count(0..400));
        let shift = if shift == 0 { medium.min(1) } else { 0 };
        blueprint.difficulty = difficulty([around(easy + shift), around(medium - shift), around(hard)]);
    });
}

#[test]
fn mean() {
    holds(Known::Not, &|blueprint, _, _, dice| {
        let target_permille = u32::from(dice.lists[0]) % 400 + 300;
        let mean = Some(Mean { target_permille, tolerance_permille: 30 * dice.numbers[0] + 10 });
        blueprint.difficulty = Some(Difficulty { mean, bands: Vec::new() });
    });
}

#[test]
fn lower_levels() {
    holds(Known::Not, &|blueprint, _, _, dice| {
        let [min, more, without, _] = dice.numbers;
        let levels = ids(["novice"]);
        blueprint.lower_levels = (without > 0).then_some(LowerLevels { levels, min, max: min + more });
    });
}

#[test]
fn earlier_papers() {
    holds(Known::Not, &|blueprint, earlier, bank, dice| {
        for (paper, bits, overlap_max) in
            [("spring", dice.lists[0], dice.numbers[0] / 2), ("autumn", dice.lists[1], dice.numbers[1])]
        {
            earlier.named.insert(paper.to_owned(), named(bank, bits));
            blueprint.earlier.push(Earlier { paper: paper.to_owned(), overlap_max });
        }
    });
}
