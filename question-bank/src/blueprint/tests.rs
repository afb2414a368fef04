use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::testing;

fn counts(compiled: &Compiled, function: &str) -> Vec<u32> {
    compiled.cells.iter().filter(|cell| cell.function == function).map(|cell| cell.min).collect()
}

#[test]
fn the_default_of_every_column_compiles_to_its_weights() {
    let standard = testing::national();
    assert_eq!(standard.columns.len(), 5);
    for column in &standard.columns {
        let blueprint = Blueprint::default_for(&standard, &column.level, column.direction.as_deref())
            .expect("every column has a default");
        let compiled = blueprint.compile().expect("all weights are multiples of five");
        assert_eq!(compiled.standard, standard.id);
        for (function, weight) in &column.weights {
            assert_eq!(counts(&compiled, function), [weight / 5, weight / 5 * 3, weight / 5], "{function}");
        }
        let of_kind = |kind| compiled.cells.iter().filter(|cell| cell.kind == kind).map(|cell| cell.min).sum::<u32>();
        assert_eq!(Kind::ALL.map(of_kind), [20, 60, 20]);
        assert!(compiled.cells.iter().all(|cell| cell.points_milli == 1000));
    }
}

#[test]
fn no_default_without_weights() {
    let standard = testing::national();
    let error = Blueprint::default_for(&standard, "senior", Some("operations")).expect_err("senior has no directions");
    assert!(error.to_string().contains("level \"senior\", direction operations"), "{error}");
    let bare = Standard::load(testing::ONE_PLUS_X).expect("the 1+X standard loads");
    let error = Blueprint::default_for(&bare, "junior", None).expect_err("no weights at all");
    assert!(matches!(error, BlueprintError::NoWeights { .. }));
}

#[test]
fn an_indivisible_share_is_refused_with_its_remainder() {
    let mut blueprint = testing::blueprint();
    blueprint.points = vec![("alpha".to_owned(), 7), ("beta".to_owned(), 13)];
    let error = blueprint.compile().expect_err("7/20 of 4 is not whole");
    let expected = BlueprintError::Indivisible {
        function: "alpha".to_owned(),
        kind: Kind::TrueFalse,
        count: 4,
        points: 7,
        total_points: 20,
        remainder: 8,
    };
    assert_eq!(error, expected);
    assert!(error.to_string().contains("\"alpha\" has 7 of 20 points"), "{error}");
    assert!(error.to_string().contains("is 1 and 8/20"), "{error}");
}

#[test]
fn unequal_points_per_kind_compile() {
    let mut blueprint = testing::blueprint();
    blueprint.kinds = vec![
        KindQuota { kind: Kind::TrueFalse, count: 8, points_milli: 500, marking: Policy::Exact },
        KindQuota {
            kind: Kind::MultipleChoice,
            count: 8,
            points_milli: 2000,
            marking: Policy::PartialFixed { milli: 500 },
        },
    ];
    let compiled = blueprint.compile().expect("4 + 16 points, a quarter and a half of each");
    assert_eq!(counts(&compiled, "alpha"), [2, 2]);
    assert_eq!(counts(&compiled, "beta"), [4, 4]);
}

#[test]
fn each_fault_is_named() {
    let refused = |change: fn(&mut Blueprint)| {
        let mut blueprint = testing::blueprint();
        change(&mut blueprint);
        blueprint.compile().expect_err("the fault must be seen")
    };
    let alpha = || "alpha".to_owned();
    assert_eq!(refused(|one| one.points.push(("alpha".to_owned(), 5))), BlueprintError::DuplicateFunction(alpha()));
    assert_eq!(refused(|one| one.kinds.push(one.kinds[0].clone())), BlueprintError::DuplicateKind(Kind::TrueFalse));
    assert_eq!(refused(|one| one.points.clear()), BlueprintError::ZeroTotal);
    assert_eq!(refused(|one| one.kinds.clear()), BlueprintError::ZeroTotal);
    assert_eq!(refused(|one| one.points[0].1 = 0), BlueprintError::FunctionWithoutPoints(alpha()));
    assert_eq!(refused(|one| one.kinds[1].count = 0), BlueprintError::KindWithoutPoints(Kind::SingleChoice));
    assert_eq!(refused(|one| one.kinds[1].points_milli = 0), BlueprintError::KindWithoutPoints(Kind::SingleChoice));
    let error = refused(|one| one.kinds[1].points_milli = 1500);
    assert_eq!(error, BlueprintError::TotalsDiffer { functions_milli: 20_000, kinds_milli: 26_000 });
    assert_eq!(error.to_string(), "the functions add up to 20 points and the kinds to 26; make both the same");
}

#[test]
fn sizes_that_would_overflow_are_refused() {
    let mut blueprint = testing::blueprint();
    blueprint.points = vec![("alpha".to_owned(), u32::MAX)];
    blueprint.kinds.truncate(1);
    blueprint.kinds[0].count = u32::MAX;
    assert!(matches!(blueprint.compile(), Err(BlueprintError::TooLarge { .. })));
    blueprint.kinds[0].points_milli = u32::MAX;
    assert!(matches!(blueprint.compile(), Err(BlueprintError::TotalsDiffer { .. })));
}

#[test]
fn json_is_read_back_and_strangers_are_refused() {
    let mut blueprint = testing::blueprint();
    blueprint.kinds[0].marking = Policy::PartialPerOption { milli: 500 };
    blueprint.kinds[1].marking = Policy::Penalised { right_milli: 1, wrong_milli: 2 };
    blueprint.kinds[2].marking = Policy::PartialFixed { milli: 3 };
    let json = serde_json::to_value(&blueprint).expect("plain data");
    assert_eq!(json["kinds"][0]["marking"]["policy"], "partial_per_option");
    assert_eq!(serde_json::from_value::<Blueprint>(json.clone()).expect("as written"), blueprint);
    for place in ["", "/kinds/0", "/kinds/0/marking"] {
        let mut strange = json.clone();
        strange.pointer_mut(place).expect("the place exists")["stranger"] = 1.into();
        assert!(serde_json::from_value::<Blueprint>(strange).is_err(), "a stranger in {place:?}");
    }
    let exact = serde_json::json!({"policy": "exact"});
    assert_eq!(serde_json::from_value::<Policy>(exact.clone()).ok(), Some(Policy::Exact));
    assert_eq!(serde_json::to_value(Policy::Exact).expect("plain data"), exact);
    assert!(serde_json::from_value::<Policy>(serde_json::json!({"policy": "exact", "milli": 500})).is_err());
}

#[test]
fn the_digest_covers_every_field() {
    let changes: [fn(&mut Blueprint); 14] = [
        |_| {},
        |one| one.standard.push('x'),
        |one| one.level.push('x'),
        |one| one.direction = Some(String::new()),
        |one| one.direction = Some("x".to_owned()),
        |one| one.points[0].0.push('x'),
        |one| one.points[0].1 += 1,
        |one| one.points.swap(0, 1),
        |one| one.kinds[0].kind = Kind::SingleChoice,
        |one| one.kinds[0].count += 1,
        |one| one.kinds[0].points_milli += 1,
        |one| one.kinds[0].marking = Policy::PartialPerOption { milli: 1 },
        |one| one.kinds[0].marking = Policy::PartialFixed { milli: 1 },
        |one| one.kinds[0].marking = Policy::Penalised { right_milli: 1, wrong_milli: 1 },
    ];
    let digests: BTreeSet<_> = changes
        .iter()
        .map(|change| {
            let mut blueprint = testing::blueprint();
            change(&mut blueprint);
            blueprint.digest()
        })
        .collect();
    assert_eq!(digests.len(), changes.len());
}

proptest! {
    /// Whatever compiles keeps every margin of the blueprint.
    #[test]
    fn compiled_counts_keep_the_margins(points in prop::collection::vec(1_u32..30, 1..6), counts in [1_u32..40, 1..40, 1..40]) {
        let mut blueprint = testing::blueprint();
        // Scaled up so that most cases divide: the points of each function are a multiple of the sum of the kinds.
        let whole: u32 = counts.iter().sum();
        blueprint.points = points.iter().zip(0..).map(|(points, number)| (format!("f{number}"), points * whole)).collect();
        let factor: u32 = points.iter().sum();
        for (quota, count) in blueprint.kinds.iter_mut().zip(counts) {
            quota.count = count * factor;
        }
        let compiled = blueprint.compile().expect("made to divide");
        let mut by_function: BTreeMap<&str, u32> = BTreeMap::new();
        let mut by_kind: BTreeMap<Kind, u32> = BTreeMap::new();
        for cell in &compiled.cells {
            *by_function.entry(&cell.function).or_default() += cell.min * cell.points_milli;
            *by_kind.entry(cell.kind).or_default() += cell.min;
        }
        for (function, points) in &blueprint.points {
            prop_assert_eq!(by_function[function.as_str()], points * 1000);
        }
        for quota in &blueprint.kinds {
            prop_assert_eq!(by_kind[&quota.kind], quota.count);
        }
    }
}
