//! Each rule of a blueprint that has them all is broken alone, and the checker names this rule and nothing else.

use super::*;
use crate::blueprint::{Earlier, LowerLevels};

/// A conforming paper under a blueprint with every rule, each as tight as the paper allows.
struct Exam {
    blueprint: Blueprint,
    earlier: EarlierPapers,
    bank: Vec<Revision>,
    /// The questions on the paper, in its order: 4 true/false, 12 single, 4 multiple choice.
    chosen: Vec<Revision>,
}

/// The places (from 0) of questions that the blueprint names: one that must be there and one that has an enemy. Another
/// two are shared with an earlier paper, which permits two.
const MUST: usize = 0;
const ENEMY: usize = 1;
const SHARED: [usize; 2] = [2, 3];

impl Exam {
    fn conforming() -> Self {
        let mut bank = testing::bank();
        for (revision, number) in bank.iter_mut().zip(0..10_u32.pow(9)) {
            revision.tags.knowledge = format!("1.1.{}", 1 + number % 2);
            revision.difficulty_permille = [751, 449, 451, 600][usize::try_from(number % 4).expect("below four")];
        }
        let mut chosen: Vec<Revision> = good_paper()
            .items
            .iter()
            .map(|item| bank.iter().find(|one| one.question == item.question).expect("from this bank").clone())
            .collect();
        // The last single choice is of a lower level, in the largest function.
        let lower = chosen.iter_mut().find(|one| one.question == "beta-single-06").expect("on the good paper");
        "novice".clone_into(&mut lower.tags.level);
        let replaced = bank.iter_mut().find(|one| one.question == lower.question).expect("from this bank");
        replaced.clone_from(lower);
        let id = |place: usize| chosen[place].question.clone();
        let named = [("spring".to_owned(), vec![id(SHARED[0]), id(SHARED[1]), "shared".to_owned()])];
        let earlier = EarlierPapers {
            named: named.into(),
            seen: [("sitting".to_owned(), vec!["seen".to_owned(), "seen".to_owned()])].into(),
        };
        let blueprint = Blueprint {
            difficulty: Some(difficulty_of(&chosen)),
            knowledge: Some(Span { min: 1, max: Some(5) }),
            limits: limits_of(&chosen),
            lower_levels: Some(LowerLevels { levels: vec!["novice".to_owned()], min: 1, max: 1 }),
            enemies: vec![vec!["enemy".to_owned(), "elsewhere".to_owned(), id(ENEMY)]],
            must: vec![id(MUST)],
            never: vec!["never".to_owned()],
            earlier: vec![Earlier { paper: "spring".to_owned(), overlap_max: 2 }],
            exposure_max_permille: Some(1),
            ..testing::blueprint()
        };
        Self { blueprint, earlier, bank, chosen }
    }

    /// Puts a copy of the question at this place in its place, under another id and with this change.
    fn replace(&mut self, place: usize, change: impl FnOnce(&mut Revision)) {
        let mut twin = Revision { question: format!("{}x", self.chosen[place].question), ..self.chosen[place].clone() };
        change(&mut twin);
        self.bank.push(twin.clone());
        self.chosen[place] = twin;
    }

    fn check_for(&self, sitting: Option<&str>) -> Result<Conformance, Vec<Violation>> {
        let paper = testing::paper_of(&self.chosen.iter().collect::<Vec<_>>(), &self.blueprint);
        check(&paper, &self.blueprint, &self.earlier, sitting, &Bank::of(&self.bank))
    }

    fn violations(&self) -> Vec<Violation> {
        self.check_for(Some("sitting")).expect_err("the rule is broken")
    }

    /// The place of the first question that no list names and for which this holds.
    fn place(&self, wanted: impl Fn(&Revision) -> bool) -> usize {
        (4..20).find(|place| wanted(&self.chosen[*place])).expect("the paper has such a question")
    }
}

fn difficulty_of(chosen: &[Revision]) -> Difficulty {
    let count = |from: u32, to: u32| {
        u32::try_from(chosen.iter().filter(|one| (from..to).contains(&one.difficulty_permille)).count()).expect("20")
    };
    let band = |name: &str, at_least_permille, count| Band {
        name: name.to_owned(),
        at_least_permille,
        min: count,
        max: count,
    };
    let bands =
        vec![band("easy", 750, count(750, 1001)), band("medium", 450, count(450, 750)), band("hard", 0, count(0, 450))];
    // All questions are worth the same. The mean is rounded, and a whole point of tolerance takes that up.
    let target_permille = chosen.iter().map(|one| one.difficulty_permille).sum::<u32>() / 20;
    Difficulty { mean: Some(Mean { target_permille, tolerance_permille: 1 }), bands }
}

/// All of alpha and its first knowledge point, and what beta has of the lower level's.
fn limits_of(chosen: &[Revision]) -> Vec<Limit> {
    let limit = |level: Option<&str>, function: &str, work_content: Option<&str>, knowledge: Option<&str>| {
        let [level, work_content, knowledge] = [level, work_content, knowledge].map(|text| text.map(str::to_owned));
        Limit { level, function: function.to_owned(), work_content, knowledge, min: 0, max: None }
    };
    let lower = &chosen.iter().find(|one| one.tags.level == "novice").expect("one is").tags;
    let alpha = |wanted: &dyn Fn(&Tags) -> bool| {
        let found = chosen.iter().filter(|one| one.tags.function == "alpha" && wanted(&one.tags)).count();
        u32::try_from(found).expect("5")
    };
    let (contents, points) = (alpha(&|_| true), alpha(&|tags| tags.knowledge == "1.1.1"));
    vec![
        Limit { min: contents, max: Some(contents), ..limit(None, "alpha", Some("1.1"), None) },
        Limit { min: points, max: Some(points), ..limit(Some("junior"), "alpha", None, Some("1.1.1")) },
        Limit { min: 1, max: Some(1), ..limit(Some("novice"), "beta", None, Some(&lower.knowledge)) },
    ]
}

#[test]
fn the_unbroken_paper_conforms_and_says_so() {
    let exam = Exam::conforming();
    let conformance = exam.check_for(Some("sitting")).expect("it conforms");
    let sum: u32 = exam.chosen.iter().map(|one| one.difficulty_permille).sum();
    assert_eq!(conformance.weighted_permille, Some(u64::from(sum) * 1000));
    let Some(Difficulty { bands, .. }) = exam.blueprint.difficulty else { panic!("it has bands") };
    let expected: Vec<_> = bands.into_iter().map(|band| (band.name, band.min)).collect();
    assert_eq!(conformance.by_band, expected);
    assert!(expected.iter().all(|(_, count)| *count > 1), "{expected:?}");
}

/// A copy under another id changes nothing, wherever no list names the question.
#[test]
fn copies_conform() {
    for place in 4..20 {
        let mut exam = Exam::conforming();
        exam.replace(place, |_| {});
        assert_eq!(exam.check_for(Some("sitting")).map(drop), Ok(()), "place {place}");
    }
}

#[test]
fn names_the_mean() {
    for (rating, easier) in [(600, 749), (600, 450)] {
        let mut exam = Exam::conforming();
        let place = exam.place(|one| one.difficulty_permille == rating);
        let before: u32 = exam.chosen.iter().map(|one| one.difficulty_permille).sum();
        exam.replace(place, |one| one.difficulty_permille = easier);
        let expected = Violation::Mean {
            target_permille: before / 20,
            tolerance_permille: 1,
            weighted_permille: u128::from(before + easier - rating) * 1000,
            total_milli: 20_000,
        };
        assert_eq!(exam.violations(), [expected]);
    }
}

/// The bound itself is permitted, and the smallest step beyond it is not.
#[test]
fn the_tolerance_of_the_mean_is_exact() {
    let mut exam = Exam::conforming();
    exam.chosen.iter_mut().for_each(|one| one.difficulty_permille = 600);
    let set = |exam: &mut Exam, departure: i32| {
        let mean = Some(Mean { target_permille: 600, tolerance_permille: 1 });
        exam.blueprint.difficulty = Some(Difficulty { mean, bands: Vec::new() });
        exam.chosen[5].difficulty_permille = 600_u32.checked_add_signed(departure).expect("a rating");
        exam.bank.clone_from(&exam.chosen);
        exam.check_for(None).is_ok()
    };
    for (departure, conforms) in [(0, true), (20, true), (21, false), (-20, true), (-21, false)] {
        assert_eq!(set(&mut exam, departure), conforms, "{departure}");
    }
}

/// The mean weighs by points: a paper whose plain mean is right is wrong when its dear questions are the hard ones.
#[test]
fn the_mean_weighs_by_points() {
    let mut blueprint = Blueprint { mix: Mix::Free, ..testing::blueprint() };
    blueprint.points = vec![("alpha".to_owned(), 4)];
    blueprint.kinds.truncate(2);
    (blueprint.kinds[0].count, blueprint.kinds[1].count, blueprint.kinds[1].points_milli) = (1, 1, 3000);
    let mut bank =
        vec![testing::revision("alpha", Kind::TrueFalse, 0), testing::revision("alpha", Kind::SingleChoice, 0)];
    (bank[0].difficulty_permille, bank[1].difficulty_permille) = (800, 400);
    let accepts = |target_permille| {
        let mean = Some(Mean { target_permille, tolerance_permille: 0 });
        let blueprint = Blueprint { difficulty: Some(Difficulty { mean, bands: Vec::new() }), ..blueprint.clone() };
        let paper = testing::paper_of(&bank.iter().collect::<Vec<_>>(), &blueprint);
        check(&paper, &blueprint, &EarlierPapers::default(), None, &Bank::of(&bank))
    };
    assert_eq!(accepts(500).map(|one| one.weighted_permille), Ok(Some(2_000_000)));
    let violations = accepts(600).expect_err("(800 + 3 × 400) / 4 is 500");
    let sentence = "the mean difficulty is 2000000/4000 = 500.000 thousandths, the blueprint asks for 600 ± 0";
    assert_eq!(violations.iter().map(ToString::to_string).collect::<Vec<_>>(), [sentence]);
}

#[test]
fn names_both_bands_of_a_question_that_changed_sides() {
    for (rating, other, bands) in [(451, 449, ["medium", "hard"]), (751, 749, ["easy", "medium"])] {
        let mut exam = Exam::conforming();
        let place = exam.place(|one| one.difficulty_permille == rating);
        exam.replace(place, |one| one.difficulty_permille = other);
        let violations = exam.violations();
        let steps: Vec<_> = violations
            .iter()
            .map(|violation| match violation {
                Violation::Band { name, min, found, .. } => (name.as_str(), i64::from(*found) - i64::from(*min)),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(steps, [(bands[0], -1), (bands[1], 1)]);
    }
}

#[test]
fn names_the_work_content() {
    let mut exam = Exam::conforming();
    let place = exam.place(|one| one.tags.function == "alpha");
    exam.replace(place, |one| "1.2".clone_into(&mut one.tags.work_content));
    let violations = exam.violations();
    let sentence =
        "the work content 1.1 of \"alpha\", level \"junior\", has 4 question(s), the blueprint asks for exactly 5";
    assert_eq!(violations.iter().map(ToString::to_string).collect::<Vec<_>>(), [sentence]);
}

#[test]
fn names_the_knowledge_point_with_a_limit_of_its_own() {
    let mut exam = Exam::conforming();
    let place = exam.place(|one| one.tags.function == "alpha" && one.tags.knowledge == "1.1.1");
    exam.replace(place, |one| "1.1.2".clone_into(&mut one.tags.knowledge));
    assert!(matches!(&exam.violations()[..], [Violation::Knowledge { function, knowledge, min, found, .. }]
            if function == "alpha" && knowledge == "1.1.1" && *found == min - 1));
    let mut exam = Exam::conforming();
    let place = exam.place(|one| one.tags.level == "novice");
    exam.replace(place, |one| "1.1.9".clone_into(&mut one.tags.knowledge));
    assert!(
        matches!(&exam.violations()[..], [Violation::Knowledge { level, found: 0, .. }] if level == "novice"),
        "a limit holds for the level it names"
    );
}

/// The minimum holds for what the bank has of the blueprint's own standard, level and functions, and only there.
#[test]
fn names_the_knowledge_point_without_a_question() {
    let fresh = |change: &dyn Fn(&mut Exam, &mut Revision)| {
        let mut exam = Exam::conforming();
        let mut revision = testing::revision("gamma", Kind::SingleChoice, 99);
        "1.1.9".clone_into(&mut revision.tags.knowledge);
        change(&mut exam, &mut revision);
        exam.bank.push(revision);
        exam.check_for(Some("sitting")).map(drop)
    };
    let missing = Violation::Knowledge {
        level: "junior".to_owned(),
        function: "gamma".to_owned(),
        knowledge: "1.1.9".to_owned(),
        min: 1,
        max: Some(5),
        found: 0,
    };
    assert_eq!(fresh(&|_, _| {}), Err(vec![missing]));
    assert_eq!(fresh(&|_, one| "novice".clone_into(&mut one.tags.level)), Ok(()));
    assert_eq!(fresh(&|_, one| "another".clone_into(&mut one.tags.standard)), Ok(()));
    assert_eq!(fresh(&|_, one| "delta".clone_into(&mut one.tags.function)), Ok(()));
    assert_eq!(fresh(&|exam, _| exam.blueprint.knowledge = Some(Span { min: 0, max: Some(5) })), Ok(()));
    let own = |exam: &mut Exam, level: Option<&str>| {
        let level = level.map(str::to_owned);
        let (function, knowledge) = ("gamma".to_owned(), Some("1.1.9".to_owned()));
        exam.blueprint.limits.push(Limit { level, function, work_content: None, knowledge, min: 0, max: None });
    };
    assert_eq!(fresh(&|exam, _| own(exam, None)), Ok(()));
    assert!(fresh(&|exam, _| own(exam, Some("novice"))).is_err(), "a limit of another level is not its own");
    let retagged = |exam: &mut Exam, one: &mut Revision| {
        let newer = Revision { revision: one.revision + 1, ..testing::revision("gamma", Kind::SingleChoice, 99) };
        exam.bank.push(Revision { question: one.question.clone(), ..newer });
        let last = exam.bank.last_mut().expect("pushed just now");
        "1.1.1".clone_into(&mut last.tags.knowledge);
    };
    assert_eq!(fresh(&retagged), Ok(()), "the newest revision says where a question belongs");
}

#[test]
fn names_the_knowledge_point_with_too_many() {
    let mut exam = Exam::conforming();
    let of_beta = |one: &Revision, knowledge: &str| {
        one.tags.level == "junior" && one.tags.function == "beta" && one.tags.knowledge == knowledge
    };
    let count = exam.chosen.iter().filter(|one| of_beta(one, "1.1.1")).count();
    for _ in count..6 {
        let place = exam.place(|one| of_beta(one, "1.1.2"));
        exam.replace(place, |one| "1.1.1".clone_into(&mut one.tags.knowledge));
    }
    assert!(
        matches!(&exam.violations()[..], [Violation::Knowledge { function, knowledge, max: Some(5), found: 6, .. }]
            if function == "beta" && knowledge == "1.1.1")
    );
}

/// The maximum holds for knowledge points of lower levels too.
#[test]
fn names_the_lower_knowledge_point_with_too_many() {
    let mut exam = Exam::conforming();
    exam.blueprint.lower_levels = Some(LowerLevels { levels: vec!["novice".to_owned()], min: 0, max: 20 });
    exam.blueprint.knowledge = Some(Span { min: 0, max: Some(5) });
    for moved in 1..=6 {
        let place = exam.place(|one| one.tags.function == "beta" && one.tags.level == "junior");
        exam.replace(place, |one| {
            "novice".clone_into(&mut one.tags.level);
            "1.1.7".clone_into(&mut one.tags.knowledge);
        });
        assert_eq!(exam.check_for(Some("sitting")).is_ok(), moved <= 5, "{moved}");
    }
    let expected = Violation::Knowledge {
        level: "novice".to_owned(),
        function: "beta".to_owned(),
        knowledge: "1.1.7".to_owned(),
        min: 0,
        max: Some(5),
        found: 6,
    };
    assert_eq!(exam.violations(), [expected]);
}

/// The minimum does not hold for knowledge points of lower levels: one question of such a point is enough.
#[test]
fn asks_for_no_minimum_of_lower_knowledge_points() {
    let mut exam = Exam::conforming();
    exam.blueprint.limits.pop();
    assert_eq!(exam.check_for(Some("sitting")).map(drop), Ok(()));
    exam.blueprint.knowledge = Some(Span { min: 2, max: Some(5) });
    // Gamma has one question of one of its knowledge points, and the lower level one in beta.
    let violations = exam.violations();
    let of_gamma =
        |one: &Violation| matches!(one, Violation::Knowledge { function, found: 1, .. } if function == "gamma");
    assert!(matches!(&violations[..], [one] if of_gamma(one)), "{violations:?}");
}

#[test]
fn names_the_levels() {
    let mut exam = Exam::conforming();
    let place = exam.place(|one| one.tags.function == "gamma");
    exam.replace(place, |one| "novice".clone_into(&mut one.tags.level));
    assert_eq!(exam.violations(), [Violation::LowerLevels { min: 1, max: 1, found: 2 }]);

    let mut exam = Exam::conforming();
    exam.blueprint.limits.pop();
    let place = exam.place(|one| one.tags.level == "novice");
    exam.replace(place, |one| {
        "junior".clone_into(&mut one.tags.level);
        "1.1.8".clone_into(&mut one.tags.knowledge);
    });
    assert_eq!(exam.violations(), [Violation::LowerLevels { min: 1, max: 1, found: 0 }]);

    let mut exam = Exam::conforming();
    let place = exam.place(|one| one.tags.function == "gamma");
    exam.replace(place, |one| "senior".clone_into(&mut one.tags.level));
    let (position, found) = (u32::try_from(place + 1).expect("at most 20"), "senior".to_owned());
    assert_eq!(exam.violations(), [Violation::Level { position, found }]);
}

/// Wherever a question stands that a list names, its rule and its place are named.
#[test]
fn names_the_lists() {
    for (place, position) in (4..20).zip(5..) {
        let with = |id: &str| {
            let mut exam = Exam::conforming();
            exam.replace(place, |one| id.clone_into(&mut one.question));
            // Not by the order of ids but where the question stood before.
            let mut paper = testing::paper_of(&exam.chosen.iter().collect::<Vec<_>>(), &exam.blueprint);
            paper.items.sort_by_key(|item| exam.chosen.iter().position(|one| one.question == item.question));
            paper.items.iter_mut().zip(1..).for_each(|(item, position)| item.position = position);
            let bank = Bank::of(&exam.bank);
            let of = |sitting| check(&paper, &exam.blueprint, &exam.earlier, sitting, &bank).map(drop);
            (of(Some("sitting")), of(Some("another")), of(None))
        };
        let id = str::to_owned;
        let never = Err(vec![Violation::Never { position, question: id("never") }]);
        assert_eq!(with("never"), (never.clone(), never.clone(), never));
        let partner = Exam::conforming().chosen[ENEMY].question.clone();
        let (positions, questions) = (vec![2, position], vec![partner, id("enemy")]);
        let enemies = Err(vec![Violation::Enemies { positions, questions }]);
        assert_eq!(with("enemy"), (enemies.clone(), enemies.clone(), enemies));
        let overlap = Err(vec![Violation::Overlap { paper: id("spring"), overlap_max: 2, found: 3 }]);
        assert_eq!(with("shared"), (overlap.clone(), overlap.clone(), overlap));
        let seen = Err(vec![Violation::Seen { position, question: id("seen"), sitting: id("sitting") }]);
        assert_eq!(with("seen"), (seen, Ok(()), Ok(())));
    }
}

#[test]
fn names_what_must_be_there() {
    let mut exam = Exam::conforming();
    let question = exam.chosen[MUST].question.clone();
    exam.replace(MUST, |_| {});
    assert_eq!(exam.violations(), [Violation::Must { question }]);
}

#[test]
fn names_an_earlier_paper_that_nobody_has() {
    let mut exam = Exam::conforming();
    exam.earlier.named.clear();
    assert_eq!(exam.violations(), [Violation::UnknownEarlier { paper: "spring".to_owned() }]);
}

/// Under a free mix alpha may give a single choice for a multiple choice of beta; the margins still hold.
#[test]
fn a_free_mix_asks_for_the_margins_only() {
    let mut paper = good_paper();
    let single = find(&paper.items, |item| item.function == "alpha" && item.kind == Kind::SingleChoice);
    replace(&mut paper.items, single, "beta", Kind::SingleChoice);
    let multiple = find(&paper.items, |item| item.function == "beta" && item.kind == Kind::MultipleChoice);
    replace(&mut paper.items, multiple, "alpha", Kind::MultipleChoice);
    let blueprint = Blueprint { mix: Mix::Free, ..testing::blueprint() };
    let bank = bank();
    let check = |paper: &Paper| check(paper, &blueprint, &EarlierPapers::default(), None, &Bank::of(&bank));
    assert!(check(&paper).is_ok());
    replace(&mut paper.items, single, "gamma", Kind::SingleChoice);
    let violations = check(&paper).expect_err("beta has a point too few");
    assert!(violations.iter().all(|one| matches!(one, Violation::FunctionPoints { .. })), "{violations:?}");
    assert_eq!(violations.len(), 2);
}

/// Every sentence names what it is about and has no hole.
#[test]
fn sentences() {
    let id = str::to_owned;
    let cases = [
        (
            Violation::Band { name: id("hard"), min: 3, max: 5, found: 2 },
            "the band \"hard\" has 2 question(s), the blueprint asks for 3 to 5",
        ),
        (
            Violation::Knowledge {
                level: id("junior"),
                function: id("alpha"),
                knowledge: id("1.1.1"),
                min: 1,
                max: None,
                found: 0,
            },
            "the knowledge point 1.1.1 of \"alpha\", level \"junior\", has 0 question(s), the blueprint asks for at least 1",
        ),
        (
            Violation::LowerLevels { min: 0, max: 10, found: 11 },
            "the paper has 11 question(s) of lower levels, the blueprint asks for 0 to 10",
        ),
        (
            Violation::Enemies { positions: vec![2, 7], questions: vec![id("a"), id("b")] },
            "items 2, 7: the questions \"a\", \"b\" are enemies, and one of them may stand on a paper",
        ),
        (Violation::AmbiguousBlueprint(Ambiguity::Kind), "the blueprint is ambiguous: it names a kind twice"),
    ];
    for (violation, sentence) in cases {
        assert_eq!(violation.to_string(), sentence);
    }
}
