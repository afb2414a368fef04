//! The checker against the oracle: over every subset of a small bank, it accepts exactly the oracle's papers.

use std::cell::Cell;

use proptest::test_runner::TestRunner;

use super::*;
use crate::blueprint::{Earlier, KindQuota, LowerLevels, Policy};
use crate::testing::oracle;

/// Every subset of the bank as ids, if the checker accepts it as a paper. Both in ascending order.
fn accepted(
    blueprint: &Blueprint,
    bank: &[Revision],
    earlier: &EarlierPapers,
    sitting: Option<&str>,
) -> Vec<Vec<String>> {
    let index = Bank::of(bank);
    let subsets = (0_u32..1 << bank.len()).map(|mask| -> Vec<&Revision> {
        bank.iter().zip(0..).filter(|(_, place)| mask >> place & 1 == 1).map(|(one, _)| one).collect()
    });
    let conforming = subsets
        .filter(|chosen| check(&testing::paper_of(chosen, blueprint), blueprint, earlier, sitting, &index).is_ok());
    let mut sets: Vec<_> = conforming
        .map(|chosen| chosen.iter().map(|one| one.question.clone()).collect::<BTreeSet<_>>().into_iter().collect())
        .collect();
    sets.sort();
    sets
}

/// Three questions of each of two kinds in each of two functions; knowledge points, ratings and levels mixed.
fn small_bank() -> Vec<Revision> {
    let cells = [
        ("alpha", Kind::TrueFalse),
        ("alpha", Kind::SingleChoice),
        ("beta", Kind::TrueFalse),
        ("beta", Kind::SingleChoice),
    ];
    let mut bank: Vec<_> = cells
        .iter()
        .flat_map(|(function, kind)| (0..3).map(|number| testing::revision(function, *kind, number)))
        .collect();
    let ratings = [900, 700, 300, 450, 751, 449, 600, 600, 750, 200, 500, 650];
    let knowledge = ["1.1.1", "1.1.2", "1.2.1"];
    for (place, (one, rating)) in bank.iter_mut().zip(ratings).enumerate() {
        one.difficulty_permille = rating;
        knowledge[place * 2 % 5 % 3].clone_into(&mut one.tags.knowledge);
        one.tags.work_content = one.tags.knowledge[..3].to_owned();
    }
    "novice".clone_into(&mut bank[4].tags.level);
    "novice".clone_into(&mut bank[7].tags.level);
    bank
}

/// Six points: alpha 3, beta 3; true/false : single = 2 : 4, so one and two in each function.
fn small_blueprint() -> Blueprint {
    let quota = |kind, count| KindQuota { kind, count, points_milli: 1000, marking: Policy::Exact };
    Blueprint {
        points: vec![("alpha".to_owned(), 3), ("beta".to_owned(), 3)],
        kinds: vec![quota(Kind::TrueFalse, 2), quota(Kind::SingleChoice, 4)],
        lower_levels: Some(LowerLevels { levels: vec!["novice".to_owned()], min: 0, max: 6 }),
        ..Blueprint::bare("synthetic", "junior")
    }
}

#[test]
fn the_oracle_finds_as_many_as_there_are() {
    let count = |blueprint: &Blueprint, bank: &[Revision]| {
        oracle::conforming(blueprint, bank, &EarlierPapers::default(), None).len()
    };
    let even = small_blueprint();
    assert_eq!(count(&even, &small_bank()), (3 * 3) * (3 * 3), "C(3,1) × C(3,2) in each function");
    let free = Blueprint { mix: Mix::Free, ..even };
    // Alpha has none, one or two of the two true/false, beta the rest; where one has none, it has all three singles.
    assert_eq!(count(&free, &small_bank()), 3 * 3 + (3 * 3) * (3 * 3) + 3 * 3);
    let all = testing::bank();
    let twenty: Vec<_> = all.iter().filter(|one| one.tags.function == "alpha").take(20).cloned().collect();
    let mut eight = Blueprint { mix: Mix::Free, points: vec![("alpha".to_owned(), 8)], ..testing::blueprint() };
    eight.kinds.truncate(2);
    (eight.kinds[0].count, eight.kinds[1].count) = (2, 6);
    assert_eq!(count(&eight, &twenty), 45 * 210, "C(10,2) × C(10,6)");
}

#[test]
fn the_checker_accepts_exactly_the_oracles_papers() {
    let bank = small_bank();
    let id = |place: usize| bank[place].question.clone();
    let earlier = EarlierPapers {
        named: [("spring".to_owned(), vec![id(0), id(3), id(9), id(10)])].into(),
        seen: [("sitting".to_owned(), vec![id(1), id(11)])].into(),
    };
    let from = |at_least_permille, name: &str, min, max| Band { name: name.to_owned(), at_least_permille, min, max };
    let bands = vec![from(750, "easy", 1, 2), from(450, "medium", 2, 3), from(0, "hard", 1, 2)];
    let mean = Some(Mean { target_permille: 600, tolerance_permille: 30 });
    let limit = |level: Option<&str>, work_content: Option<&str>, knowledge: Option<&str>, min, max| Limit {
        level: level.map(str::to_owned),
        function: "beta".to_owned(),
        work_content: work_content.map(str::to_owned),
        knowledge: knowledge.map(str::to_owned),
        min,
        max,
    };
    let changes: [&dyn Fn(&mut Blueprint); 14] = [
        &|_| {},
        &|one| one.mix = Mix::Free,
        &|one| one.difficulty = Some(Difficulty { mean, bands: Vec::new() }),
        &|one| one.difficulty = Some(Difficulty { mean: None, bands: bands.clone() }),
        &|one| one.knowledge = Some(Span { min: 1, max: Some(2) }),
        &|one| one.knowledge = Some(Span { min: 0, max: Some(1) }),
        &|one| one.limits = vec![limit(None, Some("1.1"), None, 2, Some(2)), limit(None, None, Some("1.2.1"), 1, None)],
        &|one| {
            one.limits = vec![
                limit(Some("novice"), None, Some("1.1.2"), 0, Some(0)),
                limit(Some("novice"), Some("1.1"), None, 0, Some(1)),
            ];
        },
        &|one| one.lower_levels = Some(LowerLevels { levels: vec!["novice".to_owned()], min: 1, max: 1 }),
        &|one| one.lower_levels = None,
        &|one| one.enemies = vec![vec![id(0), id(5), id(6)], vec![id(3), id(4)]],
        &|one| (one.must, one.never) = (vec![id(2), id(10)], vec![id(8)]),
        &|one| one.earlier = vec![Earlier { paper: "spring".to_owned(), overlap_max: 1 }],
        &|one| one.points[0].1 = 4,
    ];
    let mut sizes = Vec::new();
    for change in changes {
        let mut blueprint = small_blueprint();
        change(&mut blueprint);
        for sitting in [None, Some("sitting"), Some("another")] {
            let expected = oracle::conforming(&blueprint, &bank, &earlier, sitting);
            assert_eq!(accepted(&blueprint, &bank, &earlier, sitting), expected, "{blueprint:?} for {sitting:?}");
            sizes.push(expected.len());
        }
    }
    let (none, [plain, without_seen, another]) = (sizes.split_off(39), [sizes[0], sizes[1], sizes[2]]);
    assert_eq!(none, [0, 0, 0], "functions and kinds that don't add up");
    assert_eq!((plain, another), (81, 81));
    assert!(without_seen < 81);
    assert!(sizes.chunks(3).all(|sizes| sizes[0] > 0), "each of the others permits some paper: {sizes:?}");
    assert!(sizes.chunks(3).skip(2).all(|sizes| sizes[0] < 81), "and forbids some: {sizes:?}");
}

/// What chance decides of one question.
type Drawn = (bool, usize, usize, u32, u32);

/// How a rule is drawn: left out, or around what a hidden paper has, with room below and above; a negative room makes a
/// rule that the hidden paper breaks.
type Room = Option<(i8, i8)>;

fn room() -> impl Strategy<Value = Room> {
    let below = prop_oneof![1 => Just(-1_i8), 14 => 0_i8..3];
    prop::option::weighted(0.4, (below, 0_i8..3))
}

fn around(found: u32, (below, above): (i8, i8)) -> (u32, u32) {
    (found.saturating_add_signed((-below).into()), found.saturating_add_signed(above.into()))
}

fn bank_of(drawn: &[Drawn]) -> Vec<Revision> {
    let questions = drawn.iter().zip(0..).map(|(&(in_alpha, kind, knowledge, rating, stranger), number)| {
        let mut one = testing::revision(if in_alpha { "alpha" } else { "beta" }, Kind::ALL[kind], number);
        ["1.1.1", "1.1.2", "1.2.1"][knowledge].clone_into(&mut one.tags.knowledge);
        one.tags.work_content = one.tags.knowledge[..3].to_owned();
        one.difficulty_permille = rating;
        match stranger {
            0 => "another".clone_into(&mut one.tags.standard),
            1 => "senior".clone_into(&mut one.tags.level),
            2..=5 => "novice".clone_into(&mut one.tags.level),
            _ => {}
        }
        one
    });
    questions.collect()
}

/// What chance decides of a blueprint.
#[derive(Clone, Debug)]
struct Rules {
    mix: Mix,
    points: [u32; 3],
    mean: Room,
    bands: Room,
    knowledge: Room,
    knowledge_limit: Room,
    work_content_limit: Room,
    lower_levels: Room,
    /// Which questions stand in which list, by bits.
    lists: [u16; 6],
    overlap: Room,
}

fn rules() -> impl Strategy<Value = Rules> {
    let mix = prop_oneof![1 => Just(Mix::Even), 4 => Just(Mix::Free)];
    // Few bits are set: a list of half of the bank would leave nothing.
    let list = (any::<u16>(), any::<u16>(), any::<u16>()).prop_map(|(one, two, three)| one & two & three);
    let rooms = (room(), room(), room(), room(), room(), room(), room());
    let lists = [list.clone(), list.clone(), list.clone(), list.clone(), list.clone(), list];
    (mix, [1_u32..4, 1..4, 1..4], rooms, lists).prop_map(|(mix, points, rooms, lists)| {
        let (mean, bands, knowledge, knowledge_limit, work_content_limit, lower_levels, overlap) = rooms;
        Rules { mix, points, mean, bands, knowledge, knowledge_limit, work_content_limit, lower_levels, lists, overlap }
    })
}

fn named(bank: &[Revision], bits: u16) -> Vec<String> {
    bank.iter().zip(0..).filter(|(_, place)| bits >> place & 1 == 1).map(|(one, _)| one.question.clone()).collect()
}

/// The ids in a list, without those that would break the hidden paper; but with them where the highest bits are set.
fn named_beside(bank: &[Revision], bits: u16, keep: impl Fn(&String) -> bool) -> Vec<String> {
    named(bank, bits).into_iter().filter(|id| bits >> 14 == 1 || keep(id)).collect()
}

/// A paper that the checker is not told of.
struct Hidden<'a>(Vec<&'a Revision>);

impl Hidden<'_> {
    fn count(&self, wanted: impl Fn(&Revision) -> bool) -> u32 {
        u32::try_from(self.0.iter().filter(|one| wanted(one)).count()).expect("a small bank")
    }
}

/// A blueprint around a hidden paper, most of whose rules that paper keeps.
fn blueprint_around(hidden: &Hidden<'_>, bank: &[Revision], rules: &Rules) -> (Blueprint, EarlierPapers) {
    let kinds = Kind::ALL.into_iter().zip(rules.points).map(|(kind, points)| KindQuota {
        kind,
        count: hidden.count(|one| one.kind == kind),
        points_milli: points * 1000,
        marking: Policy::Exact,
    });
    let kinds: Vec<_> = kinds.filter(|quota| quota.count > 0).collect();
    let worth = |function: &str| {
        let points = |quota: &KindQuota| {
            quota.points_milli / 1000 * hidden.count(|one| one.kind == quota.kind && one.tags.function == function)
        };
        (function.to_owned(), kinds.iter().map(points).sum::<u32>())
    };
    let points = ["alpha", "beta"].map(worth).into_iter().filter(|(_, points)| *points > 0).collect();
    let mut blueprint = Blueprint { points, mix: rules.mix, kinds, ..Blueprint::bare("synthetic", "junior") };
    blueprint.difficulty = difficulty_around(hidden, rules);
    blueprint.knowledge = rules.knowledge.map(|(below, above)| Span {
        min: u32::from(below < 0),
        max: (above < 2).then_some(1 + u32::from(above.unsigned_abs())),
    });
    blueprint.limits = limits_around(hidden, rules);
    blueprint.lower_levels = rules.lower_levels.map(|room| {
        let (min, max) = around(hidden.count(|one| one.tags.level == "novice"), room);
        LowerLevels { levels: vec!["novice".to_owned()], min, max }
    });
    let [first, second, must, never, spring, seen] = rules.lists;
    blueprint.enemies = [first, second].map(|bits| named(bank, bits)).to_vec();
    let is_hidden = |id: &String| hidden.0.iter().any(|one| one.question == *id);
    blueprint.must = named_beside(bank, must, is_hidden);
    blueprint.never = named_beside(bank, never, |id| !is_hidden(id));
    let spring = named(bank, spring | must);
    blueprint.earlier = rules
        .overlap
        .map(|room| Earlier {
            paper: "spring".to_owned(),
            overlap_max: around(hidden.count(|one| spring.contains(&one.question)), room).0,
        })
        .into_iter()
        .collect();
    let seen = [("sitting".to_owned(), named_beside(bank, seen, |id| !is_hidden(id)))].into();
    (blueprint, EarlierPapers { named: [("spring".to_owned(), spring)].into(), seen })
}

fn difficulty_around(hidden: &Hidden<'_>, rules: &Rules) -> Option<Difficulty> {
    let mean = rules.mean.map(|(below, above)| {
        let sum: u32 = hidden.0.iter().map(|one| one.difficulty_permille).sum();
        let target_permille = sum / u32::try_from(hidden.0.len().max(1)).expect("a small bank");
        Mean { target_permille, tolerance_permille: 25 * u32::from((1 + below + above).unsigned_abs()) }
    });
    let band = |name: &str, from: u32, to: u32, room| {
        let (min, max) = around(hidden.count(|one| (from..to).contains(&one.difficulty_permille)), room);
        Band { name: name.to_owned(), at_least_permille: from, min, max }
    };
    let bands = rules
        .bands
        .map(|room| vec![band("easy", 750, 1001, room), band("medium", 450, 750, (1, 1)), band("hard", 0, 450, room)]);
    (mean.is_some() || bands.is_some()).then(|| Difficulty { mean, bands: bands.unwrap_or_default() })
}

fn limits_around(hidden: &Hidden<'_>, rules: &Rules) -> Vec<Limit> {
    let of_alpha = |one: &Revision| one.tags.level == "junior" && one.tags.function == "alpha";
    let limit = |(min, max), work_content: Option<&str>, knowledge: Option<&str>| Limit {
        level: None,
        function: "alpha".to_owned(),
        work_content: work_content.map(str::to_owned),
        knowledge: knowledge.map(str::to_owned),
        min,
        max: Some(max),
    };
    let knowledge = rules.knowledge_limit.map(|room| {
        let found = hidden.count(|one| of_alpha(one) && one.tags.knowledge == "1.1.2");
        limit(around(found, room), None, Some("1.1.2"))
    });
    let work_content = rules.work_content_limit.map(|room| {
        let found = hidden.count(|one| of_alpha(one) && one.tags.work_content == "1.1");
        limit(around(found, room), Some("1.1"), None)
    });
    knowledge.into_iter().chain(work_content).collect()
}

/// For random banks and blueprints, every subset of the bank.
#[test]
fn whatever_the_blueprint_they_agree() {
    let rating = prop_oneof![Just(449_u32), Just(450), Just(749), Just(750), 0_u32..=1000];
    let question = (any::<bool>(), 0_usize..3, 0_usize..3, rating, 0_u32..40);
    let strategy = (prop::collection::vec(question, 5..10), any::<u16>(), rules(), any::<bool>());
    let (met, unmet, papers) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let config = ProptestConfig { cases: 192, source_file: Some(file!()), ..ProptestConfig::default() };
    let mut runner = TestRunner::new(config);
    let result = runner.run(&strategy, |(drawn, hidden, rules, has_sitting)| {
        let bank = bank_of(&drawn);
        let in_hidden = bank
            .iter()
            .zip(0..)
            .filter(|(_, place)| hidden >> place & 1 == 1)
            .map(|(one, _)| one)
            .filter(|one| one.tags.standard == "synthetic" && one.tags.level != "senior")
            .filter(|one| one.tags.level == "junior" || rules.lower_levels.is_some());
        let (blueprint, earlier) = blueprint_around(&Hidden(in_hidden.collect()), &bank, &rules);
        let sitting = has_sitting.then_some("sitting");
        let expected = oracle::conforming(&blueprint, &bank, &earlier, sitting);
        prop_assert_eq!(accepted(&blueprint, &bank, &earlier, sitting), expected.clone());
        let seen = if expected.is_empty() { &unmet } else { &met };
        seen.set(seen.get() + 1);
        papers.set(papers.get() + expected.len());
        Ok(())
    });
    result.expect("checker and oracle agree");
    let told = (met.get(), unmet.get(), papers.get());
    assert!(told.0 >= 40 && told.1 >= 40 && told.2 >= 80, "most blueprints were of one sort: {told:?}");
}
