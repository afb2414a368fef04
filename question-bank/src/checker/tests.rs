use proptest::prelude::*;

use super::*;
use crate::testing;

mod against_oracle;
mod rules;

/// The synthetic bank, with strangers beside it: another level, another standard, a function that nobody wants.
fn bank() -> Vec<Revision> {
    let stranger = |id: &str, change: &dyn Fn(&mut Revision)| {
        let mut revision = testing::revision("alpha", Kind::SingleChoice, 1);
        id.clone_into(&mut revision.question);
        change(&mut revision);
        revision
    };
    let mut bank = testing::bank();
    bank.push(stranger("other-level", &|revision| {
        "senior".clone_into(&mut revision.tags.level);
    }));
    bank.push(stranger("other-standard", &|revision| {
        "another".clone_into(&mut revision.tags.standard);
    }));
    bank.push(stranger("other-function", &|revision| {
        "delta".clone_into(&mut revision.tags.function);
    }));
    bank
}

/// From each cell the first questions after number 0, as many as the blueprint asks for.
fn good_paper() -> Paper {
    let bank = testing::bank();
    let wanted = |one: &&Revision| {
        let in_alpha = if one.kind == Kind::SingleChoice { 3 } else { 1 };
        let count = if one.tags.function == "beta" { 2 * in_alpha } else { in_alpha };
        (1..=count).any(|number: u32| one.question.ends_with(&format!("-{number:02}")))
    };
    testing::paper_of(&bank.iter().filter(wanted).collect::<Vec<_>>(), &testing::blueprint())
}

fn check_against_bank(paper: &Paper) -> Result<Conformance, Vec<Violation>> {
    check(paper, &testing::blueprint(), &EarlierPapers::default(), None, &Bank::of(&bank()))
}

/// The violations of a good paper after one change. Positions: 1 to 4 true/false, 5 to 16 single, 17 to 20 multiple.
fn violations_after(change: impl FnOnce(&mut Vec<Item>)) -> Vec<Violation> {
    let mut paper = good_paper();
    change(&mut paper.items);
    check_against_bank(&paper).expect_err("the change must be seen")
}

/// The index of an item for which this holds.
fn find(items: &[Item], wanted: impl Fn(&Item) -> bool) -> usize {
    items.iter().position(wanted).expect("the synthetic paper has such an item")
}

/// Puts an unused question of the bank in the place of an item, with everything the item says of itself in order.
fn replace(items: &mut [Item], index: usize, function: &str, kind: Kind) {
    let bank = testing::bank();
    let fresh = bank
        .iter()
        .filter(|one| one.tags.function == function && one.kind == kind)
        .find(|one| items.iter().all(|item| item.question != one.question))
        .expect("the bank has more than the paper needs");
    items[index] = Item {
        position: items[index].position,
        question: fresh.question.clone(),
        revision: fresh.revision,
        kind,
        function: function.to_owned(),
        points_milli: 1000,
        options: (0..fresh.option_count()).collect(),
    };
}

#[test]
fn a_good_paper_gets_its_statement() {
    let paper = good_paper();
    let conformance = check_against_bank(&paper).expect("the paper is good");
    let expected = Conformance {
        questions: 20,
        total_milli: 20_000,
        by_function: [("alpha", 5000), ("beta", 10_000), ("gamma", 5000)]
            .map(|(function, milli)| (function.to_owned(), milli))
            .to_vec(),
        by_kind: vec![(Kind::TrueFalse, 4), (Kind::SingleChoice, 12), (Kind::MultipleChoice, 4)],
        weighted_permille: Some(20_000 * 600),
        by_band: Vec::new(),
        paper: paper.digest(),
    };
    assert_eq!(conformance, expected);
}

#[test]
fn rejects_wrong_positions() {
    let violations = violations_after(|items| items[4].position = 6);
    assert_eq!(violations, [Violation::Position { position: 5, found: 6 }]);
    let violations = violations_after(|items| items.swap(5, 6));
    assert_eq!(violations.len(), 2, "{violations:?}");
}

#[test]
fn rejects_an_item_too_few() {
    let violations = violations_after(|items| drop(items.pop()));
    let counted = Violation::KindCount { kind: Kind::MultipleChoice, wanted: 4, found: 3 };
    assert!(violations.contains(&counted), "{violations:?}");
    let violations = violations_after(Vec::clear);
    assert!(violations.iter().any(|one| matches!(one, Violation::FunctionPoints { found_milli: 0, .. })));
}

#[test]
fn rejects_an_item_too_many() {
    let violations = violations_after(|items| {
        items.push(items[0].clone());
        items[20].position = 21;
        replace(items, 20, "alpha", Kind::MultipleChoice);
    });
    let points = Violation::FunctionPoints { function: "alpha".to_owned(), wanted_milli: 5000, found_milli: 6000 };
    assert!(violations.contains(&points), "{violations:?}");
}

#[test]
fn rejects_a_question_twice() {
    let violations = violations_after(|items| {
        let same = |index: usize, items: &[Item]| {
            let first = &items[index];
            items.iter().skip(index + 1).position(|one| one.function == first.function && one.kind == first.kind)
        };
        let first = (4..16).find(|&index| same(index, items).is_some()).expect("beta has six singles");
        let second = first + 1 + same(first, items).expect("found just now");
        let position = items[second].position;
        items[second] = Item { position, ..items[first].clone() };
    });
    assert!(matches!(&violations[..], [Violation::Repeated { .. }]), "{violations:?}");
}

#[test]
fn rejects_questions_that_do_not_exist() {
    let violations = violations_after(|items| "nowhere".clone_into(&mut items[4].question));
    assert!(matches!(&violations[0], Violation::UnknownRevision { position: 5, .. }), "{violations:?}");
    let violations = violations_after(|items| items[4].revision += 7);
    assert!(matches!(&violations[0], Violation::UnknownRevision { position: 5, .. }), "{violations:?}");
}

#[test]
fn rejects_strangers() {
    let stranger = |id: &'static str| {
        violations_after(|items| {
            let index = find(items, |item| item.function == "alpha" && item.kind == Kind::SingleChoice);
            let position = items[index].position;
            let revision = testing::revision("alpha", Kind::SingleChoice, 1).revision;
            items[index] =
                Item { position, question: id.to_owned(), revision, options: vec![0, 1, 2, 3], ..items[index].clone() };
        })
    };
    assert!(matches!(&stranger("other-level")[..], [Violation::Level { .. }]));
    assert!(matches!(&stranger("other-standard")[..], [Violation::Standard { .. }]));
    let violations = stranger("other-function");
    assert!(violations.iter().any(|one| matches!(one, Violation::FunctionNotWanted { .. })), "{violations:?}");
    assert!(violations.iter().any(|one| matches!(one, Violation::Function { .. })), "{violations:?}");
}

#[test]
fn rejects_items_that_lie_about_their_question() {
    let violations = violations_after(|items| {
        let index = find(items, |item| item.function == "alpha");
        "beta".clone_into(&mut items[index].function);
    });
    assert!(matches!(&violations[..], [Violation::Function { .. }]), "{violations:?}");
    let violations = violations_after(|items| items[15].kind = Kind::MultipleChoice);
    let lie = Violation::Kind { position: 16, item: Kind::MultipleChoice, question: Kind::SingleChoice };
    assert_eq!(violations, [lie]);
}

#[test]
fn rejects_options_that_are_no_permutation() {
    for options in [vec![], vec![0, 1, 2], vec![0, 1, 2, 2], vec![0, 1, 2, 4], vec![0, 1, 2, 3, 3], vec![0, 1, 2, 3, 4]]
    {
        let violations = violations_after(|items| items[4].options.clone_from(&options));
        assert_eq!(violations, [Violation::OptionsNotPermuted { position: 5, options }]);
    }
    let violations = violations_after(|items| items[0].options = vec![0]);
    assert!(matches!(&violations[..], [Violation::OptionsNotPermuted { position: 1, .. }]), "{violations:?}");
}

#[test]
fn rejects_shuffled_options_whose_order_is_fixed() {
    let violations = violations_after(|items| {
        let fixed = |item: &Item| {
            item.kind == Kind::SingleChoice
                && ["-03", "-06", "-09", "-00"].iter().any(|end| item.question.ends_with(end))
        };
        let index = find(items, fixed);
        items[index].options.reverse();
    });
    assert!(matches!(&violations[..], [Violation::OptionsNotInOrder { .. }]), "{violations:?}");
    let violations = violations_after(|items| items[0].options = vec![1, 0]);
    assert_eq!(violations, [Violation::OptionsNotInOrder { position: 1, options: vec![1, 0] }]);
}

#[test]
fn rejects_other_points() {
    let violations = violations_after(|items| items[4].points_milli = 999);
    assert_eq!(violations[0], Violation::Points { position: 5, wanted_milli: 1000, found_milli: 999 });
    assert!(matches!(&violations[1], Violation::FunctionPoints { .. }), "{violations:?}");
}

#[test]
fn rejects_kinds_out_of_block() {
    let violations = violations_after(|items| {
        items.swap(3, 4);
        (items[3].position, items[4].position) = (4, 5);
    });
    assert_eq!(violations, [Violation::Block { position: 5, kind: Kind::TrueFalse }]);
}

#[test]
fn rejects_another_function_in_the_same_kind() {
    let violations = violations_after(|items| {
        let index = find(items, |item| item.function == "alpha" && item.kind == Kind::SingleChoice);
        replace(items, index, "beta", Kind::SingleChoice);
    });
    let found = violations.iter().filter(|one| matches!(one, Violation::FunctionPoints { .. })).count();
    assert_eq!(found, 2, "{violations:?}");
}

#[test]
fn rejects_another_kind_in_the_same_function() {
    let violations = violations_after(|items| {
        let function = items[15].function.clone();
        replace(items, 15, &function, Kind::MultipleChoice);
    });
    let found = violations.iter().filter(|one| matches!(one, Violation::KindCount { .. })).count();
    assert_eq!(found, 2, "{violations:?}");
}

/// Every margin is right and only the shares inside the functions are not: alpha gives a single for a multiple, beta the
/// reverse.
#[test]
fn rejects_shares_that_only_the_margins_hide() {
    let violations = violations_after(|items| {
        let single = find(items, |item| item.function == "alpha" && item.kind == Kind::SingleChoice);
        replace(items, single, "beta", Kind::SingleChoice);
        let multiple = find(items, |item| item.function == "beta" && item.kind == Kind::MultipleChoice);
        replace(items, multiple, "alpha", Kind::MultipleChoice);
    });
    assert_eq!(violations.len(), 4, "{violations:?}");
    assert!(violations.iter().all(|one| matches!(one, Violation::Share { .. })), "{violations:?}");
}

#[test]
fn accepts_options_that_are_shuffled_where_they_may_be() {
    let mut paper = good_paper();
    let index = find(&paper.items, |item| item.kind == Kind::MultipleChoice && item.question.ends_with("-01"));
    paper.items[index].options.reverse();
    assert!(check_against_bank(&paper).is_ok());
}

#[test]
fn a_statement_of_an_older_version_is_read() {
    let conformance = check_against_bank(&good_paper()).expect("the paper is good");
    let mut json = serde_json::to_value(&conformance).expect("plain data");
    assert_eq!(serde_json::from_value::<Conformance>(json.clone()).ok(), Some(conformance.clone()));
    let fields = json.as_object_mut().expect("a statement is an object");
    assert!(fields.remove("weighted_permille").is_some() && fields.remove("by_band").is_some());
    let older = Conformance { weighted_permille: None, by_band: Vec::new(), ..conformance };
    assert_eq!(serde_json::from_value::<Conformance>(json).ok(), Some(older));
}

fn bands_from(at_least_permille: [u32; 2]) -> Difficulty {
    let band = |at_least_permille| Band { name: String::new(), at_least_permille, min: 0, max: 20 };
    Difficulty { mean: None, bands: at_least_permille.map(band).to_vec() }
}

fn limit_on_both(part: Option<&str>) -> Vec<Limit> {
    let part = part.map(str::to_owned);
    let function = "alpha".to_owned();
    vec![Limit { level: None, function, work_content: part.clone(), knowledge: part, min: 0, max: None }]
}

#[test]
fn rejects_a_blueprint_that_can_be_read_in_two_ways() {
    let ambiguous = |change: fn(&mut Blueprint)| {
        let mut blueprint = testing::blueprint();
        change(&mut blueprint);
        let bank = bank();
        let result = check(&good_paper(), &blueprint, &EarlierPapers::default(), None, &Bank::of(&bank));
        match &result.expect_err("ambiguous")[..] {
            [Violation::AmbiguousBlueprint(ambiguity), ..] => *ambiguity,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(ambiguous(|one| one.points.push(("alpha".to_owned(), 5))), Ambiguity::Function);
    assert_eq!(ambiguous(|one| one.kinds.push(one.kinds[0].clone())), Ambiguity::Kind);
    assert_eq!(ambiguous(|one| one.difficulty = Some(bands_from([0, 500]))), Ambiguity::Bands);
    assert_eq!(ambiguous(|one| one.difficulty = Some(bands_from([500, 500]))), Ambiguity::Bands);
    assert_eq!(ambiguous(|one| one.difficulty = Some(bands_from([500, 1]))), Ambiguity::Bands);
    assert_eq!(ambiguous(|one| one.limits = limit_on_both(None)), Ambiguity::Limit);
    assert_eq!(ambiguous(|one| one.limits = limit_on_both(Some("1.1"))), Ambiguity::Limit);
}

proptest! {
    /// Any question in any place: good exactly when it fills the same cell and is not on the paper yet.
    #[test]
    fn a_replacement_conforms_only_within_its_cell(index in 0_usize..20, choice in 0_usize..90) {
        let mut paper = good_paper();
        let bank = testing::bank();
        let fresh = &bank[choice];
        let old = paper.items[index].clone();
        let same_cell = fresh.kind == old.kind && fresh.tags.function == old.function;
        let elsewhere = paper.items.iter().any(|item| item.question == fresh.question && item.position != old.position);
        paper.items[index] = Item {
            question: fresh.question.clone(),
            revision: fresh.revision,
            kind: fresh.kind,
            function: fresh.tags.function.clone(),
            options: (0..fresh.option_count()).collect(),
            ..old
        };
        prop_assert_eq!(check_against_bank(&paper).is_ok(), same_cell && !elsewhere);
    }
}
