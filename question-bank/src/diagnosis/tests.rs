use proptest::prelude::*;

use super::*;
use crate::blueprint::{Band, Difficulty, Earlier, KindQuota, Limit, LowerLevels, Mean, Mix, Policy, Span};
use crate::digest::DigestOf;
use crate::paper::SnapshotEntry;
use crate::question::OptionOrder;
use crate::testing;

fn snapshot() -> Snapshot {
    Snapshot::of(testing::bank().iter(), "junior")
}

fn found(blueprint: &Blueprint, snapshot: &Snapshot) -> Diagnosis {
    impossible(blueprint, snapshot, &EarlierPapers::default())
}

fn impossible(blueprint: &Blueprint, snapshot: &Snapshot, earlier: &EarlierPapers) -> Diagnosis {
    match diagnose(blueprint, snapshot, earlier) {
        Ok(Verdict::Impossible(diagnosis)) => diagnosis,
        other => panic!("expected a conflict: {other:?}"),
    }
}

fn rules(diagnosis: &Diagnosis) -> Vec<Rule> {
    diagnosis.conflict.iter().map(|clash| clash.rule.clone()).collect()
}

fn share(function: &str, kind: Kind, count: u32) -> Rule {
    Rule::Share { function: function.to_owned(), kind, count }
}

fn points(function: &str, points: u32) -> Rule {
    Rule::FunctionPoints { function: function.to_owned(), points }
}

fn write(function: &str, kind: Kind, count: u32) -> Write {
    let (level, function) = ("junior".to_owned(), function.to_owned());
    Write { level, function, kind, topic: Topic::Any, band: None, rated_permille: None, count }
}

fn knowledge_limit(function: &str, code: &str, min: u32) -> Limit {
    let (function, knowledge) = (function.to_owned(), Some(code.to_owned()));
    Limit { level: None, function, work_content: None, knowledge, min, max: None }
}

fn knowledge_rule(function: &str, code: &str, min: u32) -> Rule {
    let [level, function, knowledge] = ["junior", function, code].map(str::to_owned);
    Rule::Knowledge { level, function, knowledge, min, max: None }
}

fn hard_and_easy(hard: u32) -> Difficulty {
    let band = |name: &str, at_least_permille, count| Band {
        name: name.to_owned(),
        at_least_permille,
        min: count,
        max: count,
    };
    Difficulty { mean: None, bands: vec![band("easy", 500, 20 - hard), band("hard", 0, hard)] }
}

#[test]
fn a_full_bank_can_do_it() {
    let verdict = diagnose(&testing::blueprint(), &snapshot(), &EarlierPapers::default());
    assert_eq!(verdict, Ok(Verdict::Possible));
}

#[test]
fn a_blueprint_that_does_not_compile_is_refused_as_such() {
    let mut blueprint = testing::blueprint();
    blueprint.points[0].1 += 1;
    let refused = diagnose(&blueprint, &snapshot(), &EarlierPapers::default());
    assert!(matches!(refused, Err(BlueprintError::TotalsDiffer { .. })));
    assert!(matches!(starving(&blueprint, &snapshot()), Err(BlueprintError::TotalsDiffer { .. })));
}

#[test]
fn an_empty_bank_lacks_every_question_of_a_paper() {
    let diagnosis = found(&testing::blueprint(), &Snapshot { entries: Vec::new() });
    let shares = [("alpha", 1), ("beta", 2), ("gamma", 1)];
    let wanted: Vec<Repair> = shares
        .into_iter()
        .flat_map(|(function, unit)| {
            let counts = [unit, 3 * unit, unit];
            Kind::ALL.into_iter().zip(counts).map(move |(kind, count)| Repair::Write(write(function, kind, count)))
        })
        .collect();
    assert_eq!(diagnosis.conflict, [Clash { rule: share("alpha", Kind::TrueFalse, 1), present: 0 }]);
    assert_eq!(diagnosis.repairs, wanted);
    assert!(diagnosis.proven && !diagnosis.contradiction);
}

#[test]
fn one_question_short_is_named_with_its_cell() {
    let mut snapshot = snapshot();
    let mut left = 5;
    snapshot.entries.retain(|entry| {
        let starved = entry.function == "beta" && entry.kind == Kind::SingleChoice;
        left -= u32::from(starved && left > 0);
        !starved || left > 0
    });
    snapshot.entries.push(SnapshotEntry { question: "zz".to_owned(), ..snapshot.entries[0].clone() });
    let have = snapshot.entries.iter().filter(|entry| entry.function == "beta" && entry.kind == Kind::SingleChoice);
    let present = u32::try_from(have.count()).expect("few");
    let mut blueprint = testing::blueprint();
    blueprint.knowledge = Some(Span { min: 1, max: Some(10) });
    let diagnosis = found(&blueprint, &snapshot);
    assert_eq!(diagnosis.conflict, [Clash { rule: share("beta", Kind::SingleChoice, 6), present }]);
    assert_eq!(diagnosis.repairs, [Repair::Write(write("beta", Kind::SingleChoice, 6 - present))]);
    assert!(diagnosis.proven);
    let words = format!(
        "The bank can't meet this rule:\n- beta · single: exactly 6 ({present} in the bank)\nThe least that mends it:\n- \
         junior · beta · single: {} short",
        6 - present
    );
    assert_eq!(diagnosis.to_string(), words);
}

#[test]
fn minimums_that_add_up_to_more_than_their_function_contradict_it() {
    let mut blueprint = testing::blueprint();
    blueprint.limits = vec![knowledge_limit("alpha", "1.1.1", 3), knowledge_limit("alpha", "1.1.2", 3)];
    let diagnosis = found(&blueprint, &snapshot());
    assert!(diagnosis.contradiction && diagnosis.proven);
    let wanted = [points("alpha", 5), knowledge_rule("alpha", "1.1.1", 3), knowledge_rule("alpha", "1.1.2", 3)];
    assert_eq!(rules(&diagnosis), wanted);
    let Some(Repair::Relax { rule: Rule::Knowledge { .. }, by: 1, bound: Bound::Min }) = diagnosis.repairs.first()
    else {
        panic!("a minimum is lowered by one: {:?}", diagnosis.repairs)
    };
    // The bank has nothing of 1.1.2; what is left of its minimum is to be written.
    let written = diagnosis.repairs.iter().filter_map(|repair| match repair {
        Repair::Write(Write { topic: Topic::Knowledge(code), count, .. }) if code == "1.1.2" => Some(*count),
        _ => None,
    });
    assert!((2..=3).contains(&written.sum::<u32>()), "{:?}", diagnosis.repairs);
}

#[test]
fn the_minimum_of_all_knowledge_points_is_one_rule_of_a_function() {
    let mut snapshot = snapshot();
    for (number, entry) in snapshot.entries.iter_mut().enumerate() {
        entry.knowledge = format!("1.1.{}", number % 6);
    }
    let mut blueprint = testing::blueprint();
    blueprint.points = vec![("alpha".to_owned(), 5), ("beta".to_owned(), 15)];
    blueprint.knowledge = Some(Span { min: 1, max: Some(9) });
    let diagnosis = found(&blueprint, &snapshot);
    let every = Rule::EveryKnowledge { function: "alpha".to_owned(), points: 6, min: 1, max: Some(9) };
    assert_eq!(rules(&diagnosis), [points("alpha", 5), every.clone()]);
    assert!(diagnosis.contradiction);
    assert_eq!(diagnosis.repairs, [Repair::Relax { rule: every, by: 1, bound: Bound::Min }]);
}

#[test]
fn a_knowledge_point_larger_than_its_function_contradicts_it() {
    let mut blueprint = testing::blueprint();
    blueprint.limits = vec![knowledge_limit("alpha", "1.1.1", 7)];
    let diagnosis = found(&blueprint, &snapshot());
    assert!(diagnosis.contradiction && diagnosis.proven);
    let rule = knowledge_rule("alpha", "1.1.1", 7);
    assert_eq!(rules(&diagnosis), [points("alpha", 5), rule.clone()]);
    assert_eq!(diagnosis.repairs, [Repair::Relax { rule, by: 2, bound: Bound::Min }]);
}

#[test]
fn a_bank_without_hard_questions_lacks_them() {
    let mut blueprint = testing::blueprint();
    blueprint.difficulty = Some(hard_and_easy(7));
    let diagnosis = found(&blueprint, &snapshot());
    let rule = Rule::Band { name: "hard".to_owned(), min: 7, max: 7 };
    assert_eq!(diagnosis.conflict, [Clash { rule, present: 0 }]);
    let written = diagnosis.repairs.iter().map(|repair| match repair {
        Repair::Write(write) => {
            assert_eq!((write.band.as_deref(), write.rated_permille), (Some("hard"), Some((0, 499))));
            write.count
        }
        Repair::Relax { .. } => panic!("writing mends it"),
    });
    assert_eq!(written.sum::<u32>(), 7);
    assert!(diagnosis.proven && !diagnosis.contradiction);
}

#[test]
fn unrated_questions_are_not_there_where_difficulty_is_asked_for() {
    let mut blueprint = testing::blueprint();
    let mut snapshot = snapshot();
    snapshot
        .entries
        .iter_mut()
        .filter(|entry| entry.function == "alpha")
        .for_each(|entry| entry.difficulty_permille = None);
    assert_eq!(diagnose(&blueprint, &snapshot, &EarlierPapers::default()), Ok(Verdict::Possible));
    blueprint.difficulty = Some(hard_and_easy(0));
    let diagnosis = found(&blueprint, &snapshot);
    assert_eq!(diagnosis.conflict, [Clash { rule: share("alpha", Kind::TrueFalse, 1), present: 0 }]);
}

#[test]
fn a_mean_out_of_reach_is_named_and_one_within_reach_is_not() {
    let mut blueprint = testing::blueprint();
    let mean = |target_permille| {
        let mean = Some(Mean { target_permille, tolerance_permille: 5 });
        Some(Difficulty { mean, bands: Vec::new() })
    };
    blueprint.difficulty = mean(605);
    assert_eq!(diagnose(&blueprint, &snapshot(), &EarlierPapers::default()), Ok(Verdict::Possible));
    blueprint.difficulty = mean(606);
    let diagnosis = found(&blueprint, &snapshot());
    let rule = Rule::Mean { target_permille: 606, tolerance_permille: 5 };
    assert_eq!(rules(&diagnosis), [Rule::Total { points: 20 }, rule]);
    let [Repair::Write(Write { count: 1, rated_permille: Some((_, highest)), .. })] = &*diagnosis.repairs else {
        panic!("one easier question mends it: {:?}", diagnosis.repairs)
    };
    assert!(*highest > 606);
}

#[test]
fn enemies_that_empty_a_cell_are_named_with_it() {
    let mut blueprint = testing::blueprint();
    let ids = |range: std::ops::Range<u32>| range.map(|number| format!("alpha-single-{number:02}")).collect();
    // Of ten questions four stay free of each other at most: one of each set, and none besides.
    blueprint.enemies = vec![ids(0..6), ids(6..10)];
    let diagnosis = found(&blueprint, &snapshot());
    let enemies = Rule::Enemies { sets: vec![0, 1] };
    let wanted =
        [Clash { rule: share("alpha", Kind::SingleChoice, 3), present: 10 }, Clash { rule: enemies, present: 10 }];
    assert_eq!(diagnosis.conflict, wanted);
    assert_eq!(diagnosis.repairs, [Repair::Write(write("alpha", Kind::SingleChoice, 1))]);
    assert!(diagnosis.proven && !diagnosis.contradiction);
    blueprint.enemies = vec![ids(0..5), ids(5..9)];
    assert_eq!(diagnose(&blueprint, &snapshot(), &EarlierPapers::default()), Ok(Verdict::Possible));
}

#[test]
fn enemy_sets_that_share_questions_are_told_apart() {
    let mut blueprint = testing::blueprint();
    let set = |numbers: &[u32]| numbers.iter().map(|number| format!("alpha-single-{number:02}")).collect::<Vec<_>>();
    let mut snapshot = snapshot();
    snapshot.entries.retain(|entry| {
        entry.function != "alpha" || entry.kind != Kind::SingleChoice || entry.question.as_str() < "alpha-single-05"
    });
    // A path of five questions: the three at the odd places get on with each other.
    blueprint.enemies = vec![set(&[0, 1]), set(&[1, 2]), set(&[2, 3]), set(&[3, 4])];
    assert_eq!(diagnose(&blueprint, &snapshot, &EarlierPapers::default()), Ok(Verdict::Possible));
    // A ring of five: two at most.
    blueprint.enemies.push(set(&[4, 0]));
    let diagnosis = found(&blueprint, &snapshot);
    assert_eq!(diagnosis.conflict.len(), 6, "{diagnosis}");
    assert_eq!(diagnosis.repairs, [Repair::Write(write("alpha", Kind::SingleChoice, 1))]);
}

#[test]
fn more_questions_that_must_be_in_than_their_cell_holds_contradict_it() {
    let mut blueprint = testing::blueprint();
    blueprint.must = vec!["alpha-multiple-01".to_owned(), "alpha-multiple-02".to_owned()];
    let diagnosis = found(&blueprint, &snapshot());
    assert!(diagnosis.contradiction && diagnosis.proven);
    let must = Rule::Must { questions: blueprint.must.clone() };
    let wanted = [
        Clash { rule: share("alpha", Kind::MultipleChoice, 1), present: 10 },
        Clash { rule: must.clone(), present: 2 },
    ];
    assert_eq!(diagnosis.conflict, wanted);
    assert_eq!(diagnosis.repairs, [Repair::Relax { rule: must, by: 1, bound: Bound::Min }]);
    blueprint.must.pop();
    assert_eq!(diagnose(&blueprint, &snapshot(), &EarlierPapers::default()), Ok(Verdict::Possible));
}

#[test]
fn a_question_that_must_be_in_and_is_not_to_be_had_is_named() {
    let mut blueprint = testing::blueprint();
    blueprint.must = vec!["nobody-knows-it".to_owned()];
    let diagnosis = found(&blueprint, &snapshot());
    let rule = Rule::Must { questions: blueprint.must.clone() };
    assert_eq!(diagnosis.conflict, [Clash { rule: rule.clone(), present: 0 }]);
    assert_eq!(diagnosis.repairs, [Repair::Relax { rule, by: 1, bound: Bound::Min }]);
}

#[test]
fn an_overlap_that_the_bank_forces_is_named() {
    let mut blueprint = testing::blueprint();
    blueprint.earlier = vec![Earlier { paper: "spring".to_owned(), overlap_max: 2 }];
    // The spring paper held nine of the ten single-choice questions of beta, of which a paper takes six.
    let held = (0..9).map(|number| format!("beta-single-{number:02}")).collect();
    let earlier = EarlierPapers { named: [("spring".to_owned(), held)].into(), ..Default::default() };
    let diagnosis = impossible(&blueprint, &snapshot(), &earlier);
    let rule = Rule::Earlier { paper: "spring".to_owned(), overlap_max: 2 };
    let wanted = [Clash { rule: share("beta", Kind::SingleChoice, 6), present: 10 }, Clash { rule, present: 9 }];
    assert_eq!(diagnosis.conflict, wanted);
    assert_eq!(diagnosis.repairs, [Repair::Write(write("beta", Kind::SingleChoice, 3))]);
    blueprint.earlier[0].overlap_max = 5;
    assert_eq!(diagnose(&blueprint, &snapshot(), &earlier), Ok(Verdict::Possible));
}

#[test]
fn lower_levels_are_drawn_from_only_where_they_may_be() {
    let mut blueprint = testing::blueprint();
    let mut snapshot = snapshot();
    for entry in snapshot.entries.iter_mut().filter(|entry| entry.function == "gamma") {
        "basic".clone_into(&mut entry.level);
    }
    assert_eq!(found(&blueprint, &snapshot).conflict.len(), 1);
    blueprint.lower_levels = Some(LowerLevels { levels: vec!["basic".to_owned()], min: 0, max: 4 });
    let diagnosis = found(&blueprint, &snapshot);
    let lower = Rule::LowerLevels { min: 0, max: 4 };
    assert_eq!(rules(&diagnosis), [points("gamma", 5), lower]);
    let [Repair::Write(Write { level, function, count: 1, .. })] = &*diagnosis.repairs else { panic!("{diagnosis}") };
    assert_eq!((level.as_str(), function.as_str()), ("junior", "gamma"));
    blueprint.lower_levels = Some(LowerLevels { levels: vec!["basic".to_owned()], min: 6, max: 6 });
    let diagnosis = found(&blueprint, &snapshot);
    let [Repair::Write(Write { level, count: 1, .. })] = &*diagnosis.repairs else { panic!("{diagnosis}") };
    assert_eq!(level, "basic");
}

#[test]
fn the_data_survive_json() {
    let mut blueprint = testing::blueprint();
    blueprint.limits = vec![knowledge_limit("alpha", "1.1.1", 3), knowledge_limit("alpha", "1.1.2", 3)];
    let diagnosis = found(&blueprint, &snapshot());
    let json = serde_json::to_string(&diagnosis).expect("plain data");
    assert_eq!(serde_json::from_str::<Diagnosis>(&json).expect("as written"), diagnosis);
}

#[test]
fn what_starves_first_comes_first() {
    let mut blueprint = testing::blueprint();
    blueprint.difficulty = Some(hard_and_easy(0));
    blueprint.limits = vec![knowledge_limit("gamma", "1.1.1", 5), knowledge_limit("gamma", "9.9.9", 0)];
    let mut snapshot = snapshot();
    snapshot.entries.retain(|entry| entry.question != "alpha-single-00");
    let starving = starving(&blueprint, &snapshot).expect("a blueprint that compiles");
    let cell = |function: &str, kind| Part::Cell { function: function.to_owned(), kind };
    let first: Vec<_> = starving.iter().take(3).map(|one| (one.part.clone(), one.needed, one.present)).collect();
    let wanted = [
        (cell("beta", Kind::SingleChoice), 6, 10),
        (cell("alpha", Kind::SingleChoice), 3, 9),
        (cell("gamma", Kind::SingleChoice), 3, 10),
    ];
    assert_eq!(first, wanted);
    // Nine cells, one band and one knowledge point; what a paper can do without is left out.
    assert_eq!(starving.len(), 11);
    assert!(starving.iter().any(|one| one.part == Part::Band { name: "easy".to_owned() } && one.present == 89));
}

#[test]
fn under_a_free_mix_a_cell_needs_what_the_others_cannot_give() {
    let quota = |kind, count, points_milli| KindQuota { kind, count, points_milli, marking: Policy::Exact };
    let blueprint = Blueprint {
        points: vec![("alpha".to_owned(), 3), ("beta".to_owned(), 7)],
        kinds: vec![quota(Kind::TrueFalse, 2, 1000), quota(Kind::SingleChoice, 4, 2000)],
        mix: Mix::Free,
        ..Blueprint::bare("synthetic", "junior")
    };
    let starving = starving(&blueprint, &snapshot()).expect("a blueprint that compiles");
    let needed: Vec<_> = starving.into_iter().map(|one| (one.part, one.needed)).collect();
    let cell = |function: &str, kind| Part::Cell { function: function.to_owned(), kind };
    // Seven points of beta: two questions of one point at the most, so three of two points at the least; and an odd point
    // in both functions.
    let wanted = [
        (cell("beta", Kind::SingleChoice), 3),
        (cell("alpha", Kind::TrueFalse), 1),
        (cell("alpha", Kind::SingleChoice), 1),
        (cell("beta", Kind::TrueFalse), 1),
    ];
    assert_eq!(needed, wanted);
}

/// A small bank: where each question stands, and whether it is easy.
fn entry(number: usize, (function, kind, knowledge, lower, easy): (usize, usize, usize, bool, bool)) -> SnapshotEntry {
    SnapshotEntry {
        question: format!("q{number}"),
        revision: 1,
        kind: Kind::ALL[kind],
        standard: "s".to_owned(),
        level: if lower { "basic" } else { "junior" }.to_owned(),
        function: ["alpha", "beta"][function].to_owned(),
        work_content: work_content_of(&knowledge.to_string()).to_owned(),
        knowledge: knowledge.to_string(),
        difficulty_permille: Some(if easy { 700 } else { 300 }),
        option_count: 4,
        order: OptionOrder::Fixed,
        digest: DigestOf::new("entry").finish(),
    }
}

fn work_content_of(knowledge: &str) -> &str {
    if knowledge == "2" { "b" } else { "a" }
}

prop_compose! {
    fn banks()(places in prop::collection::vec((0..2_usize, 0..2_usize, 0..3_usize, prop::bool::weighted(0.2), any::<bool>()), 4..11)) -> Snapshot {
        Snapshot { entries: places.into_iter().enumerate().map(|(number, place)| entry(number, place)).collect() }
    }
}

fn lists(most: usize, length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Vec<String>>> {
    let set = prop::collection::btree_set(0..11_usize, length);
    prop::collection::vec(set.prop_map(|set| set.iter().map(|number| format!("q{number}")).collect()), 0..=most)
}

fn limits() -> impl Strategy<Value = Vec<Limit>> {
    let limit = (any::<bool>(), 0..3_usize, any::<bool>(), 0..3_u32, prop::option::of(0..2_u32));
    prop::collection::vec(limit, 0..3).prop_map(|limits| {
        let limits = limits.into_iter().map(|(alpha, knowledge, by_work_content, min, more)| {
            let code = knowledge.to_string();
            let work_content = by_work_content.then(|| work_content_of(&code).to_owned());
            let function = if alpha { "alpha" } else { "beta" }.to_owned();
            let knowledge = (!by_work_content).then_some(code);
            Limit { level: None, function, work_content, knowledge, min, max: more.map(|more| min + more) }
        });
        limits.collect()
    })
}

prop_compose! {
    fn blueprints()(
        even in any::<bool>(),
        knowledge in prop::option::of((0..2_u32, prop::option::of(1..4_u32))),
        limits in limits(),
        easy in prop::option::of((0..3_u32, 0..3_u32)),
        lower in prop::option::of((0..2_u32, 0..2_u32)),
        enemies in lists(3, 2..4),
        must in lists(1, 1..3),
        never in lists(1, 1..2),
        earlier in prop::option::of(0..3_u32),
    ) -> Blueprint {
        let quota = |kind, count, points_milli| KindQuota { kind, count, points_milli, marking: Policy::Exact };
        let point = |alpha, beta| vec![("alpha".to_owned(), alpha), ("beta".to_owned(), beta)];
        let (points, kinds, mix) = if even {
            (point(2, 2), [quota(Kind::TrueFalse, 2, 1000), quota(Kind::SingleChoice, 2, 1000)], Mix::Even)
        } else {
            (point(2, 3), [quota(Kind::TrueFalse, 3, 1000), quota(Kind::SingleChoice, 1, 2000)], Mix::Free)
        };
        let band = |name: &str, at_least_permille, min, max| Band { name: name.to_owned(), at_least_permille, min, max };
        Blueprint {
            points,
            kinds: kinds.to_vec(),
            mix,
            knowledge: knowledge.map(|(min, max)| Span { min, max }),
            limits,
            difficulty: easy.map(|(min, more)| Difficulty {
                mean: None,
                bands: vec![band("easy", 500, min, min + more), band("hard", 0, 0, 4)],
            }),
            lower_levels: lower.map(|(min, more)| LowerLevels { levels: vec!["basic".to_owned()], min, max: min + more }),
            enemies,
            must: must.concat(),
            never: never.concat(),
            earlier: earlier.map(|overlap_max| Earlier { paper: "spring".to_owned(), overlap_max }).into_iter().collect(),
            ..Blueprint::bare("s", "junior")
        }
    }
}

fn within(found: usize, min: u32, max: Option<u32>) -> bool {
    found >= min as usize && max.is_none_or(|max| found <= max as usize)
}

/// Every rule of a blueprint, written down a second time.
fn rules_of(blueprint: &Blueprint, snapshot: &Snapshot) -> Vec<Rule> {
    let mut rules: Vec<Rule> = blueprint
        .points
        .iter()
        .map(|(function, points)| Rule::FunctionPoints { function: function.clone(), points: *points })
        .collect();
    for quota in &blueprint.kinds {
        rules.push(Rule::KindCount { kind: quota.kind, count: quota.count });
        if blueprint.mix == Mix::Even {
            rules.extend(["alpha", "beta"].map(|function| share(function, quota.kind, 1)));
        }
    }
    for limit in &blueprint.limits {
        let (level, function, min, max) = ("junior".to_owned(), limit.function.clone(), limit.min, limit.max);
        rules.push(match (&limit.work_content, &limit.knowledge) {
            (Some(code), _) => Rule::WorkContent { level, function, work_content: code.clone(), min, max },
            (None, code) => Rule::Knowledge { level, function, knowledge: code.clone().expect("either"), min, max },
        });
    }
    if let Some(Span { min, max }) = blueprint.knowledge {
        for function in ["alpha", "beta"].map(str::to_owned) {
            let known = snapshot.entries.iter().any(|entry| entry.function == function);
            rules.extend(known.then_some(Rule::EveryKnowledge { function, points: 0, min, max }));
        }
    }
    if let Some(difficulty) = &blueprint.difficulty {
        let band = |band: &Band| Rule::Band { name: band.name.clone(), min: band.min, max: band.max };
        rules.extend(difficulty.bands.iter().map(band));
    }
    rules.extend(blueprint.lower_levels.as_ref().map(|lower| Rule::LowerLevels { min: lower.min, max: lower.max }));
    rules.extend(
        blueprint.earlier.iter().map(|one| Rule::Earlier { paper: one.paper.clone(), overlap_max: one.overlap_max }),
    );
    rules.push(Rule::Must { questions: blueprint.must.clone() });
    rules.push(Rule::Enemies { sets: (0..blueprint.enemies.len()).collect() });
    rules
}

/// Whether a choice of questions meets a rule, counted question by question.
fn meets(
    rule: &Rule,
    chosen: &[&SnapshotEntry],
    blueprint: &Blueprint,
    snapshot: &Snapshot,
    earlier: &EarlierPapers,
) -> bool {
    let count = |like: &dyn Fn(&SnapshotEntry) -> bool| chosen.iter().filter(|entry| like(entry)).count();
    let milli = |like: &dyn Fn(&SnapshotEntry) -> bool| {
        let each = |entry: &SnapshotEntry| {
            blueprint.kinds.iter().find(|quota| quota.kind == entry.kind).map_or(0, |quota| quota.points_milli)
        };
        chosen.iter().filter(|entry| like(entry)).map(|entry| each(entry)).sum::<u32>()
    };
    let ids = |list: &[String]| count(&|entry| list.contains(&entry.question));
    match rule {
        Rule::Share { function, kind, count: wanted } => {
            within(count(&|entry| entry.function == *function && entry.kind == *kind), *wanted, Some(*wanted))
        }
        Rule::KindCount { kind, count: wanted } => within(count(&|entry| entry.kind == *kind), *wanted, Some(*wanted)),
        Rule::FunctionPoints { function, points } => milli(&|entry| entry.function == *function) == points * 1000,
        Rule::Total { points } => milli(&|_| true) == points * 1000,
        Rule::Mean { .. } => unreachable!("no mean is asked for"),
        Rule::EveryKnowledge { function, min, max, .. } => snapshot
            .entries
            .iter()
            .filter(|entry| entry.function == *function)
            .filter(|entry| entry.level == "junior" || blueprint.lower_levels.is_some())
            .filter(|entry| {
                entry.level != "junior"
                    || !blueprint
                        .limits
                        .iter()
                        .any(|limit| limit.function == *function && limit.knowledge.as_ref() == Some(&entry.knowledge))
            })
            .all(|known| {
                let found = count(&|entry| {
                    (&entry.level, &entry.function, &entry.knowledge)
                        == (&known.level, &known.function, &known.knowledge)
                });
                within(found, if known.level == "junior" { *min } else { 0 }, *max)
            }),
        Rule::Knowledge { level, function, knowledge, min, max } => within(
            count(&|entry| (&entry.level, &entry.function, &entry.knowledge) == (level, function, knowledge)),
            *min,
            *max,
        ),
        Rule::WorkContent { level, function, work_content, min, max } => within(
            count(&|entry| (&entry.level, &entry.function, &entry.work_content) == (level, function, work_content)),
            *min,
            *max,
        ),
        Rule::Band { name, min, max } => {
            within(count(&|entry| (entry.difficulty_permille >= Some(500)) == (name == "easy")), *min, Some(*max))
        }
        Rule::LowerLevels { min, max } => within(count(&|entry| entry.level == "basic"), *min, Some(*max)),
        Rule::Earlier { paper, overlap_max } => within(ids(&earlier.named[paper]), 0, Some(*overlap_max)),
        Rule::Must { questions } => ids(questions) == questions.len(),
        Rule::Enemies { sets } => sets.iter().all(|set| ids(&blueprint.enemies[*set]) <= 1),
    }
}

/// Whether any choice of questions meets these rules, by trying every one.
fn any_meets(rules: &[&Rule], blueprint: &Blueprint, snapshot: &Snapshot, earlier: &EarlierPapers) -> bool {
    let drawable = |entry: &&SnapshotEntry| {
        (entry.level == "junior" || blueprint.lower_levels.is_some()) && !blueprint.never.contains(&entry.question)
    };
    let pool: Vec<&SnapshotEntry> = snapshot.entries.iter().filter(drawable).collect();
    (0..1_u32 << pool.len()).any(|mask| {
        let chosen: Vec<&SnapshotEntry> =
            pool.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, entry)| *entry).collect();
        rules.iter().all(|rule| meets(rule, &chosen, blueprint, snapshot, earlier))
    })
}

/// The bank with the questions written and the blueprint with its rules relaxed; nothing where a blueprint can't say it.
fn mended(diagnosis: &Diagnosis, blueprint: &Blueprint, short: &Snapshot) -> Option<(Blueprint, Snapshot)> {
    let (mut blueprint, mut snapshot) = (blueprint.clone(), short.clone());
    for repair in &diagnosis.repairs {
        match repair {
            Repair::Write(write) => {
                for _ in 0..write.count {
                    let number = snapshot.entries.len();
                    let fresh = number.to_string();
                    let (work_content, knowledge) = match &write.topic {
                        Topic::Any => (fresh.clone(), fresh),
                        Topic::WorkContent(code) => (code.clone(), fresh),
                        Topic::Knowledge(code) => {
                            let known = knows(short, &write.level, &write.function, code);
                            (if known { work_content_of(code).to_owned() } else { fresh }, code.clone())
                        }
                    };
                    snapshot.entries.push(SnapshotEntry {
                        question: format!("r{number}"),
                        kind: write.kind,
                        level: write.level.clone(),
                        function: write.function.clone(),
                        work_content,
                        knowledge,
                        difficulty_permille: Some(write.rated_permille.map_or(300, |(lowest, _)| lowest)),
                        ..entry(number, (0, 0, 0, false, false))
                    });
                }
            }
            Repair::Relax { rule, by, bound } => relax(&mut blueprint, rule, *by, *bound)?,
        }
    }
    Some((blueprint, snapshot))
}

/// Whether the bank has a question of a knowledge point, and so knows its work content.
fn knows(snapshot: &Snapshot, level: &str, function: &str, knowledge: &str) -> bool {
    snapshot.entries.iter().any(|entry| {
        (entry.level.as_str(), entry.function.as_str(), entry.knowledge.as_str()) == (level, function, knowledge)
    })
}

/// Whether one question more, of whatever sort, makes a paper possible.
fn one_suffices(blueprint: &Blueprint, snapshot: &Snapshot, earlier: &EarlierPapers) -> bool {
    (0..64).any(|sort| {
        let number = snapshot.entries.len();
        let place = (sort & 1, sort >> 1 & 1, sort >> 2 & 3, sort >> 4 & 1 == 1, sort >> 5 == 1);
        let mut richer = snapshot.clone();
        let mut entry = SnapshotEntry { question: format!("r{number}"), ..entry(number, place) };
        if !knows(snapshot, &entry.level, &entry.function, &entry.knowledge) {
            "new".clone_into(&mut entry.work_content);
        }
        richer.entries.push(entry);
        diagnose(blueprint, &richer, earlier) == Ok(Verdict::Possible)
    })
}

fn relax(blueprint: &mut Blueprint, rule: &Rule, by: u32, bound: Bound) -> Option<()> {
    let give = |min: &mut u32, max: &mut u32| match bound {
        Bound::Min => *min -= by,
        Bound::Max => *max += by,
    };
    match rule {
        Rule::Knowledge { function, knowledge: code, .. } | Rule::WorkContent { function, work_content: code, .. } => {
            let by_knowledge = matches!(rule, Rule::Knowledge { .. });
            let limit = blueprint.limits.iter_mut().find(|limit| {
                let named = if by_knowledge { &limit.knowledge } else { &limit.work_content };
                limit.function == *function && named.as_ref() == Some(code)
            })?;
            let mut max = limit.max.unwrap_or(u32::MAX - by);
            give(&mut limit.min, &mut max);
            limit.max = limit.max.map(|_| max);
        }
        Rule::Band { name, .. } => {
            let band = blueprint.difficulty.as_mut()?.bands.iter_mut().find(|band| band.name == *name)?;
            give(&mut band.min, &mut band.max);
        }
        Rule::LowerLevels { .. } => {
            let lower = blueprint.lower_levels.as_mut()?;
            give(&mut lower.min, &mut lower.max);
        }
        Rule::Earlier { .. } => blueprint.earlier[0].overlap_max += by,
        Rule::Must { questions } => {
            let taken = &questions[..by as usize];
            blueprint.must.retain(|question| !taken.contains(question));
        }
        _ => return None,
    }
    Some(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn the_diagnosis_agrees_with_trying_every_paper(blueprint in blueprints(), snapshot in banks(), held in lists(1, 1..5)) {
        prop_assume!(blueprint.compile().is_ok());
        let earlier = EarlierPapers { named: [("spring".to_owned(), held.concat())].into(), ..Default::default() };
        let rules = rules_of(&blueprint, &snapshot);
        let possible = any_meets(&rules.iter().collect::<Vec<_>>(), &blueprint, &snapshot, &earlier);
        match diagnose(&blueprint, &snapshot, &earlier).expect("it compiles") {
            Verdict::Possible => prop_assert!(possible),
            Verdict::Undecided => prop_assert!(false, "a small bank is always decided"),
            Verdict::Impossible(diagnosis) => {
                prop_assert!(!possible && diagnosis.proven);
                let conflict = tests::rules(&diagnosis);
                let all: Vec<&Rule> = conflict.iter().collect();
                prop_assert!(!any_meets(&all, &blueprint, &snapshot, &earlier), "no conflict: {}", diagnosis);
                for spared in (0..all.len()).filter(|_| !diagnosis.contradiction) {
                    let others: Vec<&Rule> = [&all[..spared], &all[spared + 1..]].concat();
                    prop_assert!(any_meets(&others, &blueprint, &snapshot, &earlier), "{} can be spared: {}", spared, diagnosis);
                }
                let count = |repair: &Repair| match repair {
                    Repair::Write(write) => write.count,
                    Repair::Relax { .. } => 0,
                };
                let written: u32 = diagnosis.repairs.iter().map(count).sum();
                if !diagnosis.contradiction && written > 1 {
                    prop_assert!(!one_suffices(&blueprint, &snapshot, &earlier), "one suffices: {}", diagnosis);
                }
                if let Some((blueprint, snapshot)) = mended(&diagnosis, &blueprint, &snapshot) {
                    let verdict = diagnose(&blueprint, &snapshot, &earlier);
                    prop_assert_eq!(verdict, Ok(Verdict::Possible), "not mended: {}", diagnosis);
                }
            }
        }
    }
}
