//! Bad input is named, and nothing panics.

use super::*;
use crate::diagnosis::Rule;

fn refusal(change: impl FnOnce(&mut Case)) -> Refusal {
    let case = Case::new("", Way::PLAIN, change);
    refusal_of(&case, &case.snapshot())
}

fn refusal_of(case: &Case, snapshot: &Snapshot) -> Refusal {
    Drawer::new(&case.blueprint, snapshot, &case.earlier).expect_err("it can't be drawn from")
}

fn bank_faults(change: impl FnOnce(&mut Case)) -> Vec<BankFault> {
    match refusal(change) {
        Refusal::Bank(faults) => faults,
        other => panic!("{other}"),
    }
}

#[test]
fn an_empty_bank_and_a_short_cell_conflict() {
    assert!(matches!(refusal(|case| case.bank.clear()), Refusal::Conflict(_)));
    let short = |case: &mut Case| case.bank.retain(|one| !one.question.starts_with("beta-true-false"));
    assert!(matches!(refusal(short), Refusal::Conflict(_)));
}

#[test]
fn limits_that_cant_be_met_conflict_before_any_walk() {
    let knowledge = |min, max| move |case: &mut Case| case.blueprint.knowledge = Some(Span { min, max });
    assert!(matches!(refusal(knowledge(2, None)), Refusal::Conflict(_)), "three points of two in a function of three");
    assert!(matches!(refusal(knowledge(0, Some(0))), Refusal::Conflict(_)));
    for limits in [
        vec![limit(None, Some("1.1.1"), 4, None)],
        vec![limit(None, Some("9.9.9"), 1, None)],
        vec![limit(Some("1.9"), None, 1, None)],
        vec![limit(Some("1.1"), None, 2, None), limit(None, Some("1.2.1"), 2, None)],
        vec![limit(Some("1.1"), None, 0, Some(0)), limit(None, Some("1.2.1"), 0, Some(1))],
        vec![
            limit(Some("1.1"), None, 2, None),
            limit(None, Some("1.1.1"), 0, Some(0)),
            limit(None, Some("1.1.2"), 0, Some(1)),
        ],
    ] {
        assert!(
            matches!(refusal(|case| case.blueprint.limits.clone_from(&limits)), Refusal::Conflict(_)),
            "{limits:?}"
        );
    }
    let must = ids(["alpha-true-false-00", "alpha-true-false-01"]);
    assert!(
        matches!(refusal(|case| case.blueprint.must = must), Refusal::Conflict(_)),
        "two where the paper takes one"
    );
    let all = ids(["beta-true-false-00", "beta-true-false-01", "beta-true-false-02"]);
    assert!(matches!(refusal(|case| case.blueprint.never = all), Refusal::Conflict(_)));
    let enemies = |case: &mut Case| {
        case.bank.retain(|one| {
            !["alpha-single-02", "alpha-single-03", "alpha-single-04", "alpha-single-05"]
                .contains(&one.question.as_str())
        });
        case.blueprint.enemies = vec![ids(["alpha-single-00", "alpha-single-01"])];
    };
    assert!(matches!(refusal(enemies), Refusal::Conflict(_)), "a cell of two whose only two questions are enemies");
}

/// What the programme does not know is found out by walking, and then explained by the diagnosis.
#[test]
fn what_the_programme_does_not_know_is_explained() {
    let rules = |refusal| match refusal {
        Refusal::Conflict(diagnosis) => diagnosis.conflict.into_iter().map(|clash| clash.rule).collect::<Vec<_>>(),
        other => panic!("{other}"),
    };
    let easy = rules(refusal(|case| case.blueprint.difficulty = difficulty([(6, 6), (0, 6), (0, 6)])));
    assert!(matches!(&easy[..], [Rule::Band { name, .. }] if name == "easy"), "{easy:?}");
    let mean = Some(Mean { target_permille: 990, tolerance_permille: 1 });
    let mean = rules(refusal(|case| case.blueprint.difficulty = Some(Difficulty { mean, bands: Vec::new() })));
    assert!(mean.iter().any(|rule| matches!(rule, Rule::Mean { .. })), "{mean:?}");
    let must = |case: &mut Case| {
        case.blueprint.must = ids(["alpha-single-00", "alpha-single-01"]);
        case.earlier.named = [("spring".to_owned(), case.blueprint.must.clone())].into();
        case.blueprint.earlier = vec![Earlier { paper: "spring".to_owned(), overlap_max: 1 }];
    };
    let must = rules(refusal(must));
    assert!(must.iter().any(|rule| matches!(rule, Rule::Earlier { .. })), "{must:?}");
}

/// Minimums and kinds that no paper can meet must not make the reckoning of tilts fail.
#[test]
fn impossible_margins_do_not_panic() {
    let lower = |case: &mut Case| {
        case.blueprint.lower_levels = Some(LowerLevels { levels: ids(["novice"]), min: 7, max: 9 });
    };
    assert!(matches!(refusal(lower), Refusal::Conflict(_) | Refusal::Rare { .. }), "more than the paper has");
    let thirds = |case: &mut Case| {
        case.blueprint.points = ["alpha", "beta", "gamma"].map(|function| (function.to_owned(), 1)).to_vec();
        case.blueprint.kinds = vec![quota(Kind::SingleChoice, 1, 3)];
        case.blueprint.mix = Mix::Free;
        case.blueprint.difficulty = difficulty([(0, 1), (0, 1), (0, 1)]);
    };
    assert!(matches!(refusal(thirds), Refusal::Conflict(_)), "one question of three points for three functions of one");
}

#[test]
fn a_snapshot_or_list_that_cant_be_used_is_named() {
    let case = Case::new("", Way::PLAIN, |_| {});
    let mut snapshot = case.snapshot();
    snapshot.entries[4] = snapshot.entries[3].clone();
    let duplicate = BankFault::Duplicate(snapshot.entries[3].question.clone());
    assert_eq!(refusal_of(&case, &snapshot), Refusal::Bank(vec![duplicate]));
    let mut snapshot = case.snapshot();
    snapshot.entries.swap(6, 7);
    let unsorted = BankFault::Unsorted(snapshot.entries[7].question.clone());
    assert_eq!(refusal_of(&case, &snapshot), Refusal::Bank(vec![unsorted]));

    let mut case = Case::new("", Way::PLAIN, |case| case.blueprint.difficulty = difficulty([(0, 6), (0, 6), (0, 6)]));
    let mut snapshot = case.snapshot();
    for place in [2, 9] {
        snapshot.entries[place].difficulty_permille = None;
    }
    let unrated = [2, 9].map(|place| BankFault::Unrated(snapshot.entries[place].question.clone())).to_vec();
    assert_eq!(refusal_of(&case, &snapshot), Refusal::Bank(unrated));
    case.blueprint.never = [2, 9].map(|place| snapshot.entries[place].question.clone()).to_vec();
    assert!(Drawer::new(&case.blueprint, &snapshot, &case.earlier).is_ok(), "what is never drawn needs no rating");

    let case = Case::new("", Way::PLAIN, |_| {});
    let mut snapshot = case.snapshot();
    snapshot.entries[0].work_content.push('x');
    let faults = refusal_of(&case, &snapshot);
    assert!(
        matches!(&faults, Refusal::Bank(faults) if matches!(faults[..], [BankFault::SplitPoint { .. }])),
        "{faults}"
    );

    let missing = |case: &mut Case| case.blueprint.must = ids(["nowhere", "alpha-single-00"]);
    assert_eq!(bank_faults(missing), [BankFault::MustMissing("nowhere".to_owned())]);
    let elsewhere = |case: &mut Case| {
        "senior".clone_into(&mut case.bank[3].tags.level);
        case.blueprint.must = ids(["alpha-single-00"]);
    };
    assert_eq!(bank_faults(elsewhere), [BankFault::MustNotDrawable("alpha-single-00".to_owned())]);
    let earlier = |case: &mut Case| {
        case.blueprint.earlier = vec![Earlier { paper: "spring".to_owned(), overlap_max: 3 }];
    };
    assert_eq!(bank_faults(earlier), [BankFault::EarlierMissing("spring".to_owned())]);
}

#[test]
fn more_than_can_be_told_apart_is_refused() {
    let many = |case: &mut Case| {
        for number in 0..17 {
            let paper = format!("paper-{number:02}");
            case.earlier.named.insert(paper.clone(), Vec::new());
            case.blueprint.earlier.push(Earlier { paper, overlap_max: 1 });
        }
    };
    assert_eq!(bank_faults(many), [BankFault::TooManyEarlier { found: 17, max: 16 }]);
    let narrow = |case: &mut Case| {
        let band =
            |number: u32| Band { name: number.to_string(), at_least_permille: 800 - 100 * number, min: 0, max: 6 };
        case.blueprint.difficulty = Some(Difficulty { mean: None, bands: (0..9).map(band).collect() });
    };
    assert_eq!(bank_faults(narrow), [BankFault::TooManyBands { max: 8 }]);
    let signs = |case: &mut Case| {
        let one = case.bank[3].clone();
        case.bank.extend((0..64).map(|number| Revision { question: format!("more-{number:02}"), ..one.clone() }));
        for bit in 0..7 {
            let paper = format!("paper-{bit}");
            let held = (0..64).filter(|number| number >> bit & 1 == 1).map(|number| format!("more-{number:02}"));
            case.earlier.named.insert(paper.clone(), held.chain(ids(["alpha-single-01"])).collect());
            case.blueprint.earlier.push(Earlier { paper, overlap_max: 1 });
        }
    };
    assert_eq!(bank_faults(signs), [BankFault::TooManySigns { found: 65, max: 64 }]);
}

#[test]
fn a_resitter_who_saw_too_much_is_refused() {
    let case = Case::new("", Way::PLAIN, |_| {});
    let snapshot = case.snapshot();
    let drawer = Drawer::new(&case.blueprint, &snapshot, &case.earlier).expect("papers exist");
    let seen = ids(["beta-true-false-00", "beta-true-false-01", "beta-true-false-02"]);
    assert!(matches!(drawer.for_resitter(&seen), Err(Refusal::Conflict(_))));
}
