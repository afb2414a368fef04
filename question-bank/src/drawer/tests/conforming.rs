//! What holds for every draw: independence of the sittings, re-sitters, the order of the snapshot, golden papers.

use std::fmt::Write;

use super::*;

/// Twenty questions from a bank of ninety.
fn synthetic() -> (Blueprint, Snapshot) {
    (testing::blueprint(), Snapshot::of(testing::bank().iter(), "junior"))
}

fn select(drawer: &Drawer<'_>, sitting: &str) -> Selection {
    drawer.select(&secret(), sitting).expect("the bank suffices")
}

/// From the first run of this engine. Whoever changes a byte of a paper must give the engine another name.
#[test]
fn golden_selections() {
    let mut found = String::new();
    for case in cases() {
        let snapshot = case.snapshot();
        let drawer = Drawer::new(&case.blueprint, &snapshot, &case.earlier).unwrap_or_else(|error| panic!("{error}"));
        writeln!(found, "{:?} {}", select(&drawer, "sitting-1").indices(), case.name).expect("a string");
    }
    testing::assert_golden("src/drawer/tests/golden.txt", &found);
}

#[test]
fn the_same_inputs_draw_the_same_and_every_other_sitting_another() {
    let (blueprint, snapshot) = synthetic();
    let earlier = EarlierPapers::default();
    let drawer = Drawer::new(&blueprint, &snapshot, &earlier).expect("the bank suffices");
    let again = Drawer::new(&blueprint, &snapshot, &earlier).expect("the bank suffices");
    let papers: BTreeSet<_> = (0..500).map(|number| select(&drawer, &format!("sitting-{number}"))).collect();
    assert_eq!(papers.len(), 500);
    // In another order and by another drawer, whose tables are filled as they are needed.
    let reversed: BTreeSet<_> = (0..500).rev().map(|number| select(&again, &format!("sitting-{number}"))).collect();
    assert_eq!(papers, reversed);
    let other = Secret::join(b"second officer", b"first officer");
    assert_ne!(drawer.select(&other, "sitting-1"), drawer.select(&secret(), "sitting-1"));
}

/// Knowing one paper says nothing of another: over all pairs of papers of neighbouring sittings each pair is as likely.
#[test]
fn papers_of_two_sittings_are_independent() {
    use crate::testing::uniform::{assert_uniform, tally};
    let bank = bank(&[
        ("alpha", Kind::TrueFalse, "1.1.1", &[500, 500]),
        ("beta", Kind::SingleChoice, "2.1.1", &[500, 500, 500, 500, 500]),
    ]);
    let blueprint = Blueprint {
        points: vec![("alpha".to_owned(), 1), ("beta".to_owned(), 2)],
        kinds: vec![quota(Kind::TrueFalse, 1, 1), quota(Kind::SingleChoice, 2, 1)],
        mix: Mix::Free,
        never: ids(["beta-single-04"]),
        ..Blueprint::bare("synthetic", "junior")
    };
    let (snapshot, earlier) = (Snapshot::of(bank.iter(), "junior"), EarlierPapers::default());
    let drawer = Drawer::new(&blueprint, &snapshot, &earlier).expect("the bank suffices");
    let pair = |number: u32| [2 * number, 2 * number + 1].map(|one| select(&drawer, &format!("sitting-{one}")));
    assert_uniform(&tally((0..20_000).map(pair)), 12 * 12, "pairs of papers");
}

#[test]
fn a_resitter_gets_nothing_they_saw_and_every_paper_of_the_rest() {
    use crate::testing::uniform::{assert_uniform, tally};
    for case in cases() {
        let snapshot = case.snapshot();
        let drawer = Drawer::new(&case.blueprint, &snapshot, &case.earlier).unwrap_or_else(|error| panic!("{error}"));
        let seen = ids(["alpha-single-03", "beta-true-false-01", "beta-single-02"]);
        let earlier = EarlierPapers { seen: [("again".to_owned(), seen.clone())].into(), ..case.earlier.clone() };
        let papers = oracle::conforming(&case.blueprint, &case.bank, &earlier, Some("again"));
        let papers: BTreeSet<_> = papers.iter().map(|paper| selection(&snapshot, paper)).collect();
        let Ok(resitter) = drawer.for_resitter(&seen) else {
            assert_eq!(papers.len(), 0, "{}", case.name);
            continue;
        };
        let drawn = tally((0..20 * papers.len()).map(|number| select(&resitter, &format!("again-{number}"))));
        assert!(drawn.keys().all(|paper| papers.contains(paper)), "{}", case.name);
        if papers.len() > 10 {
            let more = tally((0..40 * papers.len()).map(|number| select(&resitter, &format!("again-{number}"))));
            assert_uniform(&more, papers.len(), case.name);
        }
    }
}

#[test]
fn questions_of_another_level_standard_or_function_are_never_drawn() {
    let case = Case::new("strangers", Way::PLAIN, |case| {
        "senior".clone_into(&mut case.bank[3].tags.level);
        "another".clone_into(&mut case.bank[4].tags.standard);
        "gamma".clone_into(&mut case.bank[12].tags.function);
    });
    let snapshot = case.snapshot();
    let drawer = Drawer::new(&case.blueprint, &snapshot, &case.earlier).expect("enough are left");
    let strangers: Vec<u32> =
        selection(&snapshot, &ids(["alpha-single-00", "alpha-single-01", "beta-single-00"])).0.into();
    assert!(strangers.iter().all(|entry| drawer.classes()[*entry as usize] == u32::MAX));
    assert_eq!(drawer.classes().iter().filter(|class| **class == u32::MAX).count(), 3);
    assert_eq!(drawer.count(), Some((3_u32 * 6 * 3 * 6).into()));
    for number in 0..200 {
        let paper = select(&drawer, &number.to_string());
        assert!(!paper.indices().iter().any(|entry| strangers.contains(entry)));
    }
}

#[test]
fn a_selection_is_read_back_from_its_paper() {
    let (blueprint, snapshot) = synthetic();
    let earlier = EarlierPapers::default();
    let drawer = Drawer::new(&blueprint, &snapshot, &earlier).expect("the bank suffices");
    let selected = select(&drawer, "sitting-1");
    let mut paper =
        crate::order::arrange(&snapshot, &selected, &secret(), "sitting-1", &[]).paper(&blueprint, &snapshot);
    assert_eq!(Selection::of(&paper, &snapshot), Some(selected));
    "elsewhere".clone_into(&mut paper.items[3].question);
    assert_eq!(Selection::of(&paper, &snapshot), None);
}
