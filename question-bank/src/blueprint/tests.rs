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

/// A blueprint in which no field is left out.
fn with_every_field() -> Blueprint {
    let text = str::to_owned;
    let band = |name: &str, at_least_permille, min, max| Band { name: text(name), at_least_permille, min, max };
    let limit =
        Limit { level: None, function: text("beta"), work_content: None, knowledge: None, min: 1, max: Some(4) };
    Blueprint {
        direction: Some(text("east")),
        mix: Mix::Free,
        difficulty: Some(Difficulty {
            mean: Some(Mean { target_permille: 600, tolerance_permille: 5 }),
            bands: vec![band("easy", 750, 5, 7), band("medium", 450, 7, 9), band("hard", 0, 5, 7)],
        }),
        knowledge: Some(Span { min: 1, max: Some(6) }),
        limits: vec![
            Limit { work_content: Some(text("1.1")), ..limit.clone() },
            Limit { knowledge: Some(text("1.1.1")), level: Some(text("novice")), max: None, ..limit },
        ],
        lower_levels: Some(LowerLevels { levels: vec![text("novice"), text("apprentice")], min: 1, max: 5 }),
        enemies: vec![vec![text("q1"), text("q2")], vec![text("q3"), text("q4"), text("q5")]],
        must: vec![text("q1"), text("q3")],
        never: vec![text("q6")],
        earlier: vec![
            Earlier { paper: text("spring"), overlap_max: 3 },
            Earlier { paper: text("autumn"), overlap_max: 0 },
        ],
        exposure_max_permille: Some(250),
        forms: Some(Forms { count: 4, overlap_max: 10 }),
        ..testing::blueprint()
    }
}

fn difficulty(one: &mut Blueprint) -> &mut Difficulty {
    one.difficulty.as_mut().expect("every field is there")
}

fn lower(one: &mut Blueprint) -> &mut LowerLevels {
    one.lower_levels.as_mut().expect("every field is there")
}

/// What is refused of a blueprint that compiles until this change.
fn refused(change: impl FnOnce(&mut Blueprint)) -> BlueprintError {
    let mut blueprint = with_every_field();
    change(&mut blueprint);
    blueprint.compile().expect_err("the fault must be seen")
}

#[test]
fn every_field_compiles() {
    let compiled = with_every_field().compile().expect("it holds together");
    assert_eq!(compiled.cells.len(), 9);
    let alpha_single = compiled.cells.iter().find(|cell| cell.function == "alpha" && cell.kind == Kind::SingleChoice);
    assert_eq!(alpha_single.map(|cell| (cell.min, cell.max)), Some((0, 5)), "bounded by the function's points");
    let beta_multiple = compiled.cells.iter().find(|cell| cell.function == "beta" && cell.kind == Kind::MultipleChoice);
    assert_eq!(beta_multiple.map(|cell| (cell.min, cell.max)), Some((0, 4)), "bounded by the kind's count");
}

#[test]
fn faults_of_the_difficulty_are_named() {
    let of_difficulty = |change: fn(&mut Difficulty)| refused(|one| change(difficulty(one)));
    let mean = |target_permille, tolerance_permille| Some(Mean { target_permille, tolerance_permille });
    assert_eq!(refused(|one| difficulty(one).mean = mean(1001, 0)), BlueprintError::MeanOutOfRange);
    assert_eq!(refused(|one| difficulty(one).mean = mean(600, 1001)), BlueprintError::MeanOutOfRange);
    let disorders: [fn(&mut Difficulty); 5] = [
        |one| one.bands.swap(0, 1),
        |one| one.bands[1].at_least_permille = 750,
        |one| one.bands[2].at_least_permille = 1,
        |one| one.bands[0].at_least_permille = 1001,
        |one| one.bands[1].name = "easy".to_owned(),
    ];
    for disorder in disorders {
        assert_eq!(of_difficulty(disorder), BlueprintError::BandsOutOfOrder);
    }
    let (min, max, questions) = (17, 19, 20);
    assert_eq!(
        of_difficulty(|one| one.bands[0].max = 3),
        BlueprintError::MinimumOverMaximum { part: "the band \"easy\"".to_owned(), min: 5, max: 3 }
    );
    let too_few = of_difficulty(|one| one.bands.iter_mut().zip([7, 7, 5]).for_each(|(band, max)| band.max = max));
    assert_eq!(too_few, BlueprintError::BandsDiffer { min, max, questions });
    let too_many = of_difficulty(|one| one.bands.iter_mut().zip([7, 9, 7]).for_each(|(band, min)| band.min = min));
    assert_eq!(too_many, BlueprintError::BandsDiffer { min: 23, max: 23, questions });
}

#[test]
fn faults_of_the_limits_are_named() {
    let over = |part: &str, min, max| BlueprintError::MinimumOverMaximum { part: part.to_owned(), min, max };
    let span = Some(Span { min: 7, max: Some(6) });
    assert_eq!(refused(|one| one.knowledge = span), over("every knowledge point", 7, 6));
    assert_eq!(refused(|one| one.limits[0].min = 5), over("\"beta\" 1.1", 5, 4));
    assert_eq!(refused(|one| lower(one).min = 6), over("the lower levels", 6, 5));
    let without_part = BlueprintError::LimitWithoutPart("beta".to_owned());
    assert_eq!(refused(|one| one.limits[0].work_content = None), without_part);
    assert_eq!(refused(|one| one.limits[0].knowledge = Some("1.1.1".to_owned())), without_part);
    let outside = BlueprintError::LimitOutside("\"delta\" 1.1".to_owned());
    assert_eq!(refused(|one| one.limits[0].function = "delta".to_owned()), outside);
    let twice = |part: &str| BlueprintError::DuplicateLimit(part.to_owned());
    assert_eq!(refused(|one| one.limits.push(one.limits[1].clone())), twice("\"beta\" 1.1.1"));
    let own =
        |one: &mut Blueprint| one.limits.push(Limit { level: Some("junior".to_owned()), ..one.limits[0].clone() });
    assert_eq!(refused(own), twice("\"beta\" 1.1"), "a level left out is the blueprint's own");
    let mut apart = with_every_field();
    apart.limits.push(Limit { level: None, ..apart.limits[1].clone() });
    apart.limits.push(Limit { work_content: Some("1.1.1".to_owned()), knowledge: None, ..apart.limits[1].clone() });
    assert!(apart.compile().is_ok(), "another level, or a work content of the same code, is another part");
}

#[test]
fn faults_of_the_lists_are_named() {
    let id = str::to_owned;
    assert_eq!(refused(|one| lower(one).levels.clear()), BlueprintError::LowerLevels);
    assert_eq!(refused(|one| lower(one).levels.push(id("junior"))), BlueprintError::LowerLevels);
    assert_eq!(refused(|one| one.never.push(id("q3"))), BlueprintError::MustAndNever(id("q3")));
    assert_eq!(refused(|one| one.enemies.push(Vec::new())), BlueprintError::EnemySet(String::new()));
    assert_eq!(refused(|one| one.enemies.push(vec![id("q7")])), BlueprintError::EnemySet(id("q7")));
    let repeated = BlueprintError::EnemySet(id("q7, q8, q7"));
    assert_eq!(refused(|one| one.enemies.push(vec![id("q7"), id("q8"), id("q7")])), repeated);
    assert_eq!(refused(|one| one.must.push(id("q2"))), BlueprintError::MustBeEnemies(id("q1"), id("q2")));
    assert_eq!(refused(|one| one.earlier[1].paper = id("spring")), BlueprintError::DuplicateEarlier);
    for cap in [0, 1001] {
        assert_eq!(refused(|one| one.exposure_max_permille = Some(cap)), BlueprintError::ExposureOutOfRange);
    }
    assert_eq!(refused(|one| one.forms = Some(Forms { count: 0, overlap_max: 0 })), BlueprintError::NoForms);
}

#[test]
fn toml_is_read_back() {
    for blueprint in [with_every_field(), testing::blueprint(), testing::blueprint().aimed()] {
        let text = toml::to_string(&blueprint).expect("plain data");
        assert_eq!(toml::from_str::<Blueprint>(&text).expect("as written"), blueprint, "{text}");
    }
    let plain = serde_json::to_value(testing::blueprint()).expect("plain data");
    let fields: Vec<_> = plain.as_object().expect("a table").keys().map(String::as_str).collect();
    assert_eq!(fields, ["direction", "kinds", "level", "points", "standard"], "what is left out is not written");
}

#[test]
fn strangers_are_refused_wherever_a_field_may_stand() {
    let json = serde_json::to_value(with_every_field()).expect("plain data");
    let tables = [
        "",
        "/difficulty",
        "/difficulty/mean",
        "/difficulty/bands/0",
        "/knowledge",
        "/limits/0",
        "/lower_levels",
        "/forms",
        "/earlier/0",
    ];
    for place in tables {
        let mut strange = json.clone();
        strange.pointer_mut(place).expect("the place exists")["stranger"] = 1.into();
        assert!(serde_json::from_value::<Blueprint>(strange).is_err(), "a stranger in {place:?}");
    }
}

#[test]
fn the_default_difficulty_adds_up_for_every_size() {
    for single in [1, 2, 3, 7, 12, 52, 60] {
        let mut blueprint = testing::blueprint();
        blueprint.mix = Mix::Free;
        blueprint.kinds[1].count = single;
        blueprint.points = vec![("alpha".to_owned(), 8 + single)];
        let aimed = blueprint.aimed();
        aimed.compile().expect("the bands add up to the paper");
        let bands: Vec<_> = aimed.difficulty.expect("aimed").bands.iter().map(|band| (band.min, band.max)).collect();
        let outer = (8 + single) * 3 / 10;
        assert_eq!(bands, [(outer, outer), (8 + single - 2 * outer, 8 + single - 2 * outer), (outer, outer)]);
    }
}

/// Editors complete and check blueprints by this file.
#[test]
fn the_schema_in_the_repository_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/blueprint.schema.json");
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Blueprint)).expect("a schema is JSON") + "\n";
    if std::env::var_os("KAOCHANG_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(path, &schema).expect("the crate's folder can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == schema,
        "blueprint.schema.json is not that of the code; write it anew: \
         KAOCHANG_BLESS=1 cargo test -p question-bank schema"
    );
}

#[test]
fn the_digest_covers_every_field() {
    let changes: [fn(&mut Blueprint); 59] = [
        |_| {},
        |one| one.standard.push('x'),
        |one| one.level.push('x'),
        |one| one.direction = None,
        |one| one.direction = Some(String::new()),
        |one| one.points[0].0.push('x'),
        |one| one.points[0].1 += 1,
        |one| one.points.swap(0, 1),
        |one| one.kinds[0].kind = Kind::SingleChoice,
        |one| one.kinds[0].count += 1,
        |one| one.kinds[0].points_milli += 1,
        |one| one.kinds[0].marking = Policy::PartialPerOption { milli: 1 },
        |one| one.kinds[0].marking = Policy::PartialFixed { milli: 1 },
        |one| one.kinds[0].marking = Policy::Penalised { right_milli: 1, wrong_milli: 1 },
        |one| one.kinds[0].marking = Policy::Penalised { right_milli: 1, wrong_milli: 2 },
        |one| one.mix = Mix::Even,
        |one| one.difficulty = None,
        |one| one.difficulty = Some(Difficulty::default()),
        |one| difficulty(one).mean = None,
        |one| difficulty(one).mean = Some(Mean { target_permille: 601, tolerance_permille: 5 }),
        |one| difficulty(one).mean = Some(Mean { target_permille: 600, tolerance_permille: 6 }),
        |one| difficulty(one).bands.clear(),
        |one| difficulty(one).bands.swap(0, 1),
        |one| difficulty(one).bands[0].name.push('x'),
        |one| difficulty(one).bands[0].at_least_permille += 1,
        |one| difficulty(one).bands[0].min += 1,
        |one| difficulty(one).bands[0].max += 1,
        |one| one.knowledge = None,
        |one| one.knowledge = Some(Span::default()),
        |one| one.knowledge = Some(Span { min: 2, max: Some(6) }),
        |one| one.knowledge = Some(Span { min: 1, max: Some(7) }),
        |one| one.limits.clear(),
        |one| one.limits.swap(0, 1),
        |one| one.limits[0].level = Some("junior".to_owned()),
        |one| one.limits[0].function.push('x'),
        |one| one.limits[0].work_content = Some("1.2".to_owned()),
        |one| one.limits[0].knowledge = one.limits[0].work_content.take(),
        |one| one.limits[0].min += 1,
        |one| one.limits[0].max = None,
        |one| one.limits[0].max = Some(0),
        |one| one.lower_levels = None,
        |one| lower(one).levels.truncate(1),
        |one| lower(one).levels[0].push('x'),
        |one| lower(one).min += 1,
        |one| lower(one).max += 1,
        |one| one.enemies.clear(),
        |one| one.enemies = vec![one.enemies.concat()],
        |one| one.enemies[0][0].push('x'),
        |one| one.must[0].push('x'),
        |one| one.never[0].push('x'),
        |one| one.never.insert(0, one.must.pop().expect("two must be there")),
        |one| one.earlier[0].paper.push('x'),
        |one| one.earlier[0].overlap_max += 1,
        |one| one.earlier.truncate(1),
        |one| one.exposure_max_permille = None,
        |one| one.exposure_max_permille = Some(251),
        |one| one.forms = None,
        |one| one.forms = Some(Forms { count: 5, overlap_max: 10 }),
        |one| one.forms = Some(Forms { count: 4, overlap_max: 11 }),
    ];
    let digests: BTreeSet<_> = changes
        .iter()
        .map(|change| {
            let mut blueprint = with_every_field();
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
