//! The drawer against the oracle, on banks small enough to list every conforming paper.

use std::collections::BTreeSet;

use super::*;
use crate::blueprint::{Band, Difficulty, Earlier, KindQuota, Limit, LowerLevels, Mean, Mix, Policy, Span};
use crate::question::{Kind, Revision};
use crate::testing::{self, oracle};

mod conforming;
mod properties;
mod refusals;
mod tables;
mod uniform;

/// A blueprint with a bank for it, and what is known of the way it takes through the engine.
struct Case {
    name: &'static str,
    blueprint: Blueprint,
    bank: Vec<Revision>,
    earlier: EarlierPapers,
    /// The blueprint without what [`Drawer::count`] does not count, where that is another.
    counted: Option<Blueprint>,
    way: Way,
}

/// By what parts of the engine a case is drawn; asserted, so that each part stays covered.
#[expect(clippy::struct_excessive_bools, reason = "parts of the engine, each of which a case uses or not")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Way {
    /// The last function is made to fit.
    tail: bool,
    /// Questions of some signs weigh more than others.
    tilted: bool,
    /// Classes of several enemies a unit.
    units: bool,
    /// Enemies in different classes.
    enemies: bool,
    /// Questions weigh more the nearer they bring the mean.
    centred: bool,
}

impl Way {
    const PLAIN: Self = Self { tail: false, tilted: false, units: false, enemies: false, centred: false };

    fn of(drawer: &Drawer<'_>) -> Self {
        let tilt = |sign| margin::tilt_of(&drawer.margins, sign);
        Self {
            tail: drawer.tail.is_some(),
            tilted: (1..drawer.pool.signs.len()).any(|sign| tilt(sign) != tilt(0)),
            units: drawer.pool.classes.iter().any(|class| class.size > 1),
            enemies: !drawer.pool.enemies.is_empty(),
            centred: drawer.tilt.is_some(),
        }
    }
}

impl Case {
    fn new(name: &'static str, way: Way, change: impl FnOnce(&mut Self)) -> Self {
        let mut case = Self {
            name,
            blueprint: blueprint(),
            bank: bank(&BANK),
            earlier: EarlierPapers::default(),
            counted: None,
            way,
        };
        change(&mut case);
        case
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.bank.iter(), "junior")
    }

    /// Every conforming paper, by the oracle.
    fn papers(&self, snapshot: &Snapshot) -> BTreeSet<Selection> {
        let papers = oracle::conforming(&self.blueprint, &self.bank, &self.earlier, None);
        papers.iter().map(|paper| selection(snapshot, paper)).collect()
    }
}

fn secret() -> Secret {
    Secret::join(b"first officer", b"second officer")
}

fn selection(snapshot: &Snapshot, questions: &[String]) -> Selection {
    let index = |id: &String| snapshot.entries.binary_search_by(|entry| entry.question.cmp(id)).expect("of the bank");
    let mut indices: Vec<u32> = questions.iter().map(|id| as_u32(index(id))).collect();
    indices.sort_unstable();
    Selection(indices.into())
}

/// Function, kind, knowledge point, and the rating of each question. Ids count up within function and kind.
type Questions = (&'static str, Kind, &'static str, &'static [u32]);

/// Seventeen questions in two functions of two work contents each.
const BANK: [Questions; 9] = [
    ("alpha", Kind::TrueFalse, "1.1.1", &[800, 500]),
    ("alpha", Kind::TrueFalse, "1.2.1", &[300]),
    ("alpha", Kind::SingleChoice, "1.1.1", &[800, 600]),
    ("alpha", Kind::SingleChoice, "1.1.2", &[500, 300]),
    ("alpha", Kind::SingleChoice, "1.2.1", &[200, 700]),
    ("beta", Kind::TrueFalse, "2.1.1", &[800, 300]),
    ("beta", Kind::TrueFalse, "2.2.1", &[500]),
    ("beta", Kind::SingleChoice, "2.1.1", &[900, 600, 400]),
    ("beta", Kind::SingleChoice, "2.2.1", &[500, 300]),
];

fn bank(questions: &[Questions]) -> Vec<Revision> {
    let mut bank: Vec<Revision> = Vec::new();
    for (function, kind, knowledge, ratings) in questions {
        for rating in *ratings {
            let before = bank.iter().filter(|one| one.tags.function == *function && one.kind == *kind).count();
            let mut one = testing::revision(function, *kind, as_u32(before));
            (*knowledge).clone_into(&mut one.tags.knowledge);
            one.tags.work_content = knowledge[..3].to_owned();
            one.difficulty_permille = *rating;
            bank.push(one);
        }
    }
    bank
}

fn quota(kind: Kind, count: u32, points: u32) -> KindQuota {
    KindQuota { kind, count, points_milli: points * 1000, marking: Policy::Exact }
}

/// Six points: three of each function, true/false : single = 2 : 4.
fn blueprint() -> Blueprint {
    Blueprint {
        points: ["alpha", "beta"].map(|function| (function.to_owned(), 3)).to_vec(),
        kinds: vec![quota(Kind::TrueFalse, 2, 1), quota(Kind::SingleChoice, 4, 1)],
        ..Blueprint::bare("synthetic", "junior")
    }
}

fn ids<const N: usize>(ids: [&str; N]) -> Vec<String> {
    ids.map(str::to_owned).to_vec()
}

/// Bands of easy (650 and over), medium (400 and over) and hard questions, each with the fewest and the most.
fn bands(spans: [(u32, u32); 3]) -> Vec<Band> {
    let names = [("easy", 650), ("medium", 400), ("hard", 0)];
    let band = |((name, at_least_permille), (min, max)): ((&str, u32), (u32, u32))| Band {
        name: name.to_owned(),
        at_least_permille,
        min,
        max,
    };
    names.into_iter().zip(spans).map(band).collect()
}

#[expect(clippy::unnecessary_wraps, reason = "the field of a blueprint")]
fn difficulty(spans: [(u32, u32); 3]) -> Option<Difficulty> {
    Some(Difficulty { mean: None, bands: bands(spans) })
}

fn limit(work_content: Option<&str>, knowledge: Option<&str>, min: u32, max: Option<u32>) -> Limit {
    let function = if work_content.or(knowledge).is_some_and(|code| code.starts_with('1')) { "alpha" } else { "beta" };
    let owned = |code: Option<&str>| code.map(str::to_owned);
    Limit {
        level: None,
        function: function.to_owned(),
        work_content: owned(work_content),
        knowledge: owned(knowledge),
        min,
        max,
    }
}

/// Every rule by itself, and several together.
fn cases() -> Vec<Case> {
    let plain = Way::PLAIN;
    let mut cases = vec![
        Case::new("no rule but the counts", plain, |_| {}),
        Case::new("knowledge points from 1 to 2", plain, |case| {
            case.blueprint.knowledge = Some(Span { min: 1, max: Some(2) });
        }),
        Case::new("limits on knowledge points", plain, |case| {
            case.blueprint.limits = vec![
                limit(None, Some("1.1.1"), 0, Some(1)),
                limit(None, Some("1.2.1"), 1, None),
                limit(None, Some("2.2.1"), 2, Some(2)),
            ];
        }),
        Case::new("limits on work contents", plain, |case| {
            case.blueprint.limits = vec![limit(Some("1.1"), None, 1, Some(2)), limit(Some("2.2"), None, 2, None)];
            case.blueprint.limits.push(limit(None, Some("1.1.1"), 1, Some(1)));
        }),
        Case::new("must and never", plain, |case| {
            case.blueprint.must = ids(["alpha-single-01", "beta-true-false-02"]);
            case.blueprint.never = ids(["alpha-single-00", "beta-single-04"]);
        }),
        Case::new("kinds of different points, mixed freely", plain, |case| {
            case.blueprint.mix = Mix::Free;
            case.blueprint.points = vec![("alpha".to_owned(), 7), ("beta".to_owned(), 5)];
            case.blueprint.kinds = vec![quota(Kind::TrueFalse, 3, 2), quota(Kind::SingleChoice, 6, 1)];
            case.bank.retain(|one| !one.question.ends_with("single-01"));
        }),
        Case::new("mean", plain, |case| {
            let mean = Some(Mean { target_permille: 500, tolerance_permille: 50 });
            case.counted = Some(case.blueprint.clone());
            case.blueprint.difficulty = Some(Difficulty { mean, bands: Vec::new() });
        }),
    ];
    cases.extend(cases_with_enemies());
    cases.extend(cases_with_margins());
    cases.extend(cases_far_from_their_mean());
    cases
}

fn cases_with_enemies() -> Vec<Case> {
    let plain = Way::PLAIN;
    let within = vec![ids(["alpha-single-00", "alpha-single-01"]), ids(["beta-single-00", "beta-single-02"])];
    let across = vec![
        ids(["alpha-single-00", "alpha-true-false-00", "beta-single-03"]),
        ids(["beta-true-false-01", "beta-single-03"]),
        ids(["beta-single-00", "beta-single-01"]),
    ];
    vec![
        Case::new("enemies within classes", Way { units: true, ..plain }, |case| {
            case.blueprint.enemies = within.clone();
            case.blueprint.enemies.push(ids(["alpha-true-false-00", "alpha-true-false-01"]));
        }),
        Case::new("three enemies in one class", Way { units: true, ..plain }, |case| {
            case.blueprint.enemies = vec![ids(["beta-single-00", "beta-single-01", "beta-single-02"])];
        }),
        Case::new("enemies across classes", Way { enemies: true, units: true, ..plain }, |case| {
            case.counted = Some(Blueprint { enemies: vec![across[2].clone()], ..case.blueprint.clone() });
            case.blueprint.enemies = across.clone();
        }),
        Case::new("sets that share a question", Way { enemies: true, ..plain }, |case| {
            case.counted = Some(case.blueprint.clone());
            case.blueprint.enemies =
                vec![ids(["beta-single-00", "beta-single-01"]), ids(["beta-single-01", "beta-single-02"])];
        }),
        Case::new("an enemy that must be on every paper", Way { units: true, ..plain }, |case| {
            case.blueprint.enemies = within.clone();
            case.blueprint.enemies.push(ids(["beta-single-03", "beta-single-04", "alpha-single-02"]));
            case.blueprint.must = ids(["beta-single-03"]);
        }),
    ]
}

fn cases_with_margins() -> Vec<Case> {
    let tail = Way { tail: true, ..Way::PLAIN };
    let tilted = Way { tilted: true, ..tail };
    let lower = |case: &mut Case, min, max| {
        for place in [0, 3, 5, 10, 12] {
            "novice".clone_into(&mut case.bank[place].tags.level);
        }
        case.blueprint.lower_levels = Some(LowerLevels { levels: ids(["novice"]), min, max });
    };
    let earlier = |case: &mut Case, spring, autumn| {
        let named = [
            ("spring".to_owned(), ids(["alpha-single-00", "alpha-true-false-00", "beta-single-00", "beta-single-03"])),
            ("autumn".to_owned(), ids(["alpha-single-00", "alpha-single-02", "beta-true-false-01", "beta-single-04"])),
        ];
        case.earlier.named = named.into();
        let wanted = [("spring", spring), ("autumn", autumn)];
        case.blueprint.earlier =
            wanted.map(|(paper, overlap_max)| Earlier { paper: paper.to_owned(), overlap_max }).to_vec();
    };
    vec![
        Case::new("exact bands", tilted, |case| case.blueprint.difficulty = difficulty([(2, 2), (1, 1), (3, 3)])),
        Case::new("bands give or take one", tilted, |case| {
            case.blueprint.difficulty = difficulty([(2, 4), (0, 2), (1, 3)]);
        }),
        Case::new("few of the band that the bank has most of", tilted, |case| {
            case.blueprint.difficulty = difficulty([(0, 6), (0, 1), (0, 6)]);
        }),
        Case::new("bands, a mean and enemies", Way { enemies: true, units: true, ..tilted }, |case| {
            case.blueprint.difficulty = difficulty([(2, 4), (0, 3), (1, 3)]);
            case.blueprint.enemies =
                vec![ids(["alpha-single-00", "beta-single-00"]), ids(["beta-single-01", "beta-single-02"])];
            let counted = Blueprint { enemies: vec![case.blueprint.enemies[1].clone()], ..case.blueprint.clone() };
            case.counted = Some(counted);
            let mean = Some(Mean { target_permille: 540, tolerance_permille: 30 });
            case.blueprint.difficulty.as_mut().expect("set above").mean = mean;
        }),
        Case::new("many of lower levels", tilted, |case| lower(case, 3, 4)),
        Case::new("few of lower levels", tilted, |case| lower(case, 0, 1)),
        Case::new("overlap with earlier papers", tilted, |case| earlier(case, 1, 0)),
        Case::new("bands and lower levels, mixed freely", Way { tail: false, ..tilted }, |case| {
            lower(case, 2, 3);
            case.blueprint.mix = Mix::Free;
            case.blueprint.difficulty = difficulty([(1, 3), (0, 3), (2, 3)]);
        }),
        Case::new("bands and a work content", tilted, |case| {
            case.blueprint.difficulty = difficulty([(2, 3), (0, 2), (1, 3)]);
            case.blueprint.limits = vec![limit(Some("1.1"), None, 1, Some(2)), limit(None, Some("2.2.1"), 1, Some(2))];
        }),
        Case::new("every rule at once", Way { units: true, enemies: true, ..tilted }, |case| {
            lower(case, 1, 4);
            earlier(case, 2, 1);
            case.blueprint.difficulty = difficulty([(1, 3), (1, 3), (1, 3)]);
            case.blueprint.knowledge = Some(Span { min: 0, max: Some(2) });
            case.blueprint.limits = vec![limit(Some("1.1"), None, 1, Some(2)), limit(None, Some("2.1.1"), 1, None)];
            case.blueprint.never = ids(["beta-true-false-00"]);
            case.blueprint.enemies = vec![ids(["beta-single-01", "beta-single-02"])];
            case.counted = Some(case.blueprint.clone());
            case.blueprint.enemies.push(ids(["alpha-single-02", "beta-single-04"]));
            let mean = Some(Mean { target_permille: 540, tolerance_permille: 50 });
            case.blueprint.difficulty.as_mut().expect("set above").mean = mean;
        }),
    ]
}

/// One question in so many brings the mean where it is asked for; everything else varies little.
fn cases_far_from_their_mean() -> Vec<Case> {
    let centred = Way { centred: true, ..Way::PLAIN };
    let mean = |case: &mut Case, target_permille, tolerance_permille| {
        case.counted = Some(case.blueprint.clone());
        let mean = Some(Mean { target_permille, tolerance_permille });
        case.blueprint.difficulty.get_or_insert_default().mean = mean;
    };
    let one_in_eight = |case: &mut Case, extreme: &'static [u32], points| {
        case.bank = bank(&[
            ("alpha", Kind::TrueFalse, "1.1.1", &[500, 510, 490, 505, 495]),
            ("alpha", Kind::TrueFalse, "1.2.1", &[500, 502]),
            ("alpha", Kind::TrueFalse, "1.1.1", extreme),
            ("beta", Kind::SingleChoice, "2.1.1", &[500, 480, 520, 490, 510]),
            ("beta", Kind::SingleChoice, "2.2.1", &[505, 495, 515, 485]),
        ]);
        case.blueprint.mix = Mix::Free;
        case.blueprint.points = vec![("alpha".to_owned(), points), ("beta".to_owned(), 3)];
        case.blueprint.kinds = vec![quota(Kind::TrueFalse, 1, points), quota(Kind::SingleChoice, 3, 1)];
    };
    vec![
        Case::new("easier than the bank", centred, |case| {
            one_in_eight(case, &[1000], 1);
            mean(case, 620, 8);
        }),
        Case::new("harder than the bank, in points, with enemies", Way { enemies: true, ..centred }, |case| {
            one_in_eight(case, &[60], 2);
            mean(case, 322, 6);
            case.blueprint.enemies = vec![ids(["beta-single-00", "beta-single-01"])];
        }),
        Case::new("harder than the bands", Way { tail: true, tilted: true, ..centred }, |case| {
            case.bank = bank(&[
                ("alpha", Kind::TrueFalse, "1.1.1", &[390, 389, 388, 387, 386, 385, 384, 391, 392, 393, 250, 394]),
                ("alpha", Kind::SingleChoice, "1.1.1", &[500, 510, 490]),
                ("alpha", Kind::SingleChoice, "1.2.1", &[480, 505]),
                ("beta", Kind::TrueFalse, "2.1.1", &[400, 404, 402, 401]),
                ("beta", Kind::SingleChoice, "2.1.1", &[655, 660, 665, 500, 480]),
            ]);
            case.blueprint.kinds = vec![quota(Kind::TrueFalse, 2, 1), quota(Kind::SingleChoice, 2, 1)];
            case.blueprint.points = ["alpha", "beta"].map(|function| (function.to_owned(), 2)).to_vec();
            case.blueprint.difficulty = difficulty([(1, 1), (2, 2), (1, 1)]);
            mean(case, 452, 7);
        }),
    ]
}

/// How many papers each case has, so that no case is trivial: printed where the uniformity test fails.
#[test]
fn every_case_has_some_hundred_papers_and_takes_its_way() {
    let mut wrong = Vec::new();
    for case in cases() {
        let snapshot = case.snapshot();
        let papers = case.papers(&snapshot).len();
        let drawer = Drawer::new(&case.blueprint, &snapshot, &case.earlier);
        match drawer {
            Err(refusal) => wrong.push(format!("{}: {papers} papers, {refusal}", case.name)),
            Ok(drawer) => {
                let way = Way::of(&drawer);
                if way != case.way || !(50..=2000).contains(&papers) {
                    wrong.push(format!("{}: {papers} papers, {way:?}", case.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
