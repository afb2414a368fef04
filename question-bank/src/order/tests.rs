use super::*;
use crate::blueprint::{KindQuota, Policy};
use crate::chance::unfold::{Fraction, unfold};
use crate::paper::SnapshotEntry;
use crate::question::Revision;
use crate::roster::Place;
use crate::testing;
use crate::testing::uniform::{assert_uniform, tally};

fn secret() -> Secret {
    Secret::join(b"first officer", b"second officer")
}

/// So many single-choice questions, of which every one is on the paper.
fn one_block(questions: u32) -> (Blueprint, Snapshot, Selection) {
    let bank: Vec<_> = (0..questions).map(|number| testing::revision("alpha", Kind::SingleChoice, number)).collect();
    let quota = KindQuota { kind: Kind::SingleChoice, count: questions, points_milli: 2000, marking: Policy::Exact };
    let blueprint = Blueprint {
        points: vec![("alpha".to_owned(), 2 * questions)],
        kinds: vec![quota],
        ..Blueprint::bare("synthetic", "junior")
    };
    let snapshot = Snapshot::of(bank.iter(), "junior");
    let selection = whole(&snapshot);
    (blueprint, snapshot, selection)
}

/// The paper that holds the whole bank.
fn whole(snapshot: &Snapshot) -> Selection {
    let item = |entry: &SnapshotEntry| Item {
        position: 1,
        question: entry.question.clone(),
        revision: entry.revision,
        kind: entry.kind,
        function: entry.function.clone(),
        points_milli: 1000,
        options: Vec::new(),
    };
    Selection::of(&Paper { items: snapshot.entries.iter().map(item).collect() }, snapshot).expect("all of the bank")
}

/// A paper in full, and its places that clash.
fn in_full(
    (blueprint, snapshot, selection): (&Blueprint, &Snapshot, &Selection),
    sitting: &str,
    neighbours: &[&Paper],
) -> (Paper, Vec<u32>) {
    let neighbours: Vec<Vec<u32>> = neighbours.iter().filter_map(|paper| snapshot.places(paper)).collect();
    let neighbours: Vec<&[u32]> = neighbours.iter().map(Vec::as_slice).collect();
    let arranged = arrange(snapshot, selection, &secret(), sitting, &neighbours);
    (arranged.paper(blueprint, snapshot), arranged.clashes().to_vec())
}

fn questions(paper: &Paper) -> Vec<String> {
    paper.items.iter().map(|item| item.question.clone()).collect()
}

fn shared_places(left: &Paper, right: &Paper) -> Vec<u32> {
    let same = left.items.iter().zip(&right.items).filter(|(left, right)| left.question == right.question);
    same.map(|(item, _)| item.position).collect()
}

#[test]
fn kinds_stand_in_blocks_and_every_field_is_the_banks() {
    let (blueprint, bank) = (testing::blueprint(), testing::bank());
    let snapshot = Snapshot::of(bank.iter(), "junior");
    let selection = whole(&snapshot);
    let (paper, clashes) = in_full((&blueprint, &snapshot, &selection), "sitting-1", &[]);
    assert_eq!((paper.items.len(), clashes.len()), (90, 0));
    assert!(paper.items.is_sorted_by_key(|item| item.kind));
    assert!(paper.items.iter().map(|item| item.position).eq(1..=90));
    for item in &paper.items {
        let one = bank.iter().find(|one| one.question == item.question).expect("of the bank");
        assert_eq!((item.revision, item.kind, &item.function), (one.revision, one.kind, &one.tags.function));
        assert_eq!(item.points_milli, 1000);
        let mut sorted = item.options.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..one.option_count()));
        assert!(one.order == OptionOrder::Shuffle || item.options.is_sorted(), "{}", item.question);
    }
    assert!(
        !paper.items.is_sorted_by_key(|item| &item.question)
            && !paper.items.iter().all(|item| item.options.is_sorted())
    );
}

/// By reckoning: every path of chance. Four questions of which two may be shuffled would be 24 × 24 × 24 outcomes, so here
/// the orders alone.
#[test]
fn every_order_has_the_same_exact_chance() {
    let (_, snapshot, _) = one_block(4);
    let block = || (0..).take(snapshot.entries.len()).collect::<Vec<_>>();
    let orders = unfold(|stream| place(block(), 0, &[], stream));
    assert_eq!(orders.len(), 24);
    assert!(orders.values().all(|chance| *chance == Fraction::new(1_u32.into(), 24_u32.into())));
}

#[test]
fn orders_of_questions_and_options_come_up_equally_often() {
    let (blueprint, snapshot, selection) = one_block(4);
    let papers: Vec<Paper> = (0..20_000)
        .map(|number| in_full((&blueprint, &snapshot, &selection), &format!("sitting-{number}"), &[]).0)
        .collect();
    assert_uniform(&tally(papers.iter().map(questions)), 24, "orders of questions");
    let options = |question: &str| {
        let items = papers.iter().flat_map(|paper| &paper.items).filter(|item| item.question == question);
        tally(items.map(|item| item.options.clone()))
    };
    assert_uniform(&options("alpha-single-01"), 24, "orders of options");
    assert_eq!(options("alpha-single-00").len(), 1, "a question whose options stay");
}

/// Beside one neighbour 9 of the 24 orders are possible, beside two that are apart 2 or 4, beside three the last.
#[test]
fn orders_apart_from_neighbours_come_up_equally_often() {
    let (blueprint, snapshot, selection) = one_block(4);
    let arranged = |sitting: &str, neighbours: &[&Paper]| {
        let (paper, clashes) = in_full((&blueprint, &snapshot, &selection), sitting, neighbours);
        assert_eq!(clashes, [0; 0]);
        paper
    };
    let all: Vec<Paper> = (0..1000).map(|number| arranged(&format!("any-{number}"), &[])).collect();
    let first = arranged("first", &[]);
    let second = arranged("second", &[&first]);
    let third = arranged("third", &[&first, &second]);
    let rooms = [vec![&first], vec![&first, &second], vec![&first, &second, &third]];
    let mut possible = Vec::new();
    for neighbours in rooms {
        let apart = |paper: &Paper| neighbours.iter().all(|other| shared_places(paper, other).is_empty());
        let orders = tally(all.iter().filter(|paper| apart(paper)).map(questions)).len();
        let papers = (0..10_000).map(|number| arranged(&format!("sitting-{number}"), &neighbours));
        let drawn = tally(papers.inspect(|paper| assert!(apart(paper))).map(|paper| questions(&paper)));
        assert_eq!(drawn.len(), orders);
        if orders > 1 {
            assert_uniform(&drawn, orders, &format!("orders beside {}", neighbours.len()));
        }
        possible.push(orders);
    }
    assert!(possible[0] == 9 && [2, 4].contains(&possible[1]) && [1, 2].contains(&possible[2]), "{possible:?}");
}

/// The hardest room: thirty candidates, one form for all, so every question is shared with all eight neighbours.
#[test]
fn nobody_in_a_full_room_has_a_question_where_a_neighbour_has_it() {
    let (blueprint, bank) = (testing::blueprint(), testing::bank());
    let snapshot = Snapshot::of(bank.iter(), "junior");
    let selection = whole(&snapshot);
    let mut room: Vec<(Place, Paper)> = Vec::new();
    for seat in 1..=30 {
        let place = Place::of_seat(1, seat, 6);
        let neighbours: Vec<&Paper> =
            room.iter().filter(|(other, _)| other.is_beside(&place)).map(|(_, paper)| paper).collect();
        let sitting = format!("sitting-{seat}");
        let (paper, clashes) = in_full((&blueprint, &snapshot, &selection), &sitting, &neighbours);
        assert_eq!(clashes, [0; 0]);
        room.push((place, paper));
    }
    for (place, paper) in &room {
        for (_, other) in room.iter().filter(|(other, _)| other.is_beside(place)) {
            assert_eq!(shared_places(paper, other), [0; 0]);
        }
    }
}

/// Where chance finds no order in its hundreds of shuffles, the search does, if there is one.
#[test]
fn the_last_possible_order_is_found() {
    for size in 2..=9 {
        let (_, snapshot, selection) = one_block(size);
        let base = arrange(&snapshot, &selection, &secret(), "base", &[]);
        // All rotations but one: only the last rotation is left, and no other order.
        let rotated = |by: usize| [&base.entries()[by..], &base.entries()[..by]].concat();
        let others: Vec<Vec<u32>> = (1..size as usize).map(rotated).collect();
        let neighbours: Vec<&[u32]> = others.iter().map(Vec::as_slice).collect();
        let arranged = arrange(&snapshot, &selection, &secret(), "last", &neighbours);
        assert_eq!((arranged.entries(), arranged.clashes()), (base.entries(), [].as_slice()), "{size}");
    }
}

/// The first question takes the only place that the second may have, and gives it up again.
#[test]
fn a_question_makes_room_for_another() {
    // The question 1 may stand in the first place alone.
    let placed = search(&[0, 1, 2], 0, &[&[7, 1, 8], &[7, 8, 1]]);
    assert_eq!((placed[0], placed.len()), (1, 3));
}

/// Clashes are told exactly where they can't be avoided: a block of one, and the third of a block of two.
#[test]
fn what_cant_be_avoided_is_told() {
    let (blueprint, bank) = (testing::blueprint(), testing::bank());
    let is_wanted = |one: &Revision| match one.kind {
        Kind::TrueFalse => one.question == "alpha-true-false-00",
        Kind::SingleChoice => one.question.starts_with("alpha"),
        Kind::MultipleChoice => ["alpha-multiple-00", "beta-multiple-00"].contains(&one.question.as_str()),
    };
    let few: Vec<_> = bank.into_iter().filter(is_wanted).collect();
    let snapshot = Snapshot::of(few.iter(), "junior");
    let selection = whole(&snapshot);
    let arranged =
        |sitting: &str, neighbours: &[&Paper]| in_full((&blueprint, &snapshot, &selection), sitting, neighbours);
    let (first, clashes) = arranged("first", &[]);
    assert_eq!(clashes, [0; 0]);
    let (second, clashes) = arranged("second", &[&first]);
    assert_eq!(clashes, [1], "the only true/false question");
    let (third, clashes) = arranged("third", &[&first, &second]);
    assert_eq!(clashes, [1, 12, 13], "two places, both taken by either question");
    let shared: Vec<u32> = [&first, &second].iter().flat_map(|other| shared_places(&third, other)).collect();
    assert_eq!(tally(shared.into_iter()).into_keys().collect::<Vec<_>>(), clashes);
}
