use super::*;
use crate::blueprint::{KindQuota, Policy};
use crate::chance::unfold::{Fraction, unfold};
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
    let snapshot = Snapshot::of(bank.iter());
    let selection = whole(&snapshot);
    (blueprint, snapshot, selection)
}

/// The paper that holds the whole bank.
fn whole(snapshot: &Snapshot) -> Selection {
    let item = |entry: &SnapshotEntry| item(entry, 1, 1000);
    Selection::of(&Paper { items: snapshot.entries.iter().map(item).collect() }, snapshot).expect("all of the bank")
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
    let snapshot = Snapshot::of(bank.iter());
    let selection = whole(&snapshot);
    let Arranged { paper, clashes } = arrange(&blueprint, &snapshot, &selection, &secret(), "sitting-1", &[]);
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
    let block = || snapshot.entries.iter().collect::<Vec<_>>();
    let orders = unfold(|stream| {
        let placed = place(block(), 1, &[], stream);
        placed.into_iter().map(|entry| entry.question.clone()).collect::<Vec<_>>()
    });
    assert_eq!(orders.len(), 24);
    assert!(orders.values().all(|chance| *chance == Fraction::new(1_u32.into(), 24_u32.into())));
}

#[test]
fn orders_of_questions_and_options_come_up_equally_often() {
    let (blueprint, snapshot, selection) = one_block(4);
    let papers: Vec<Paper> = (0..20_000)
        .map(|number| arrange(&blueprint, &snapshot, &selection, &secret(), &format!("sitting-{number}"), &[]).paper)
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
        let Arranged { paper, clashes } = arrange(&blueprint, &snapshot, &selection, &secret(), sitting, neighbours);
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
    let snapshot = Snapshot::of(bank.iter());
    let selection = whole(&snapshot);
    let mut room: Vec<(Place, Paper)> = Vec::new();
    for seat in 1..=30 {
        let place = Place::of_seat(1, seat, 6);
        let neighbours: Vec<&Paper> =
            room.iter().filter(|(other, _)| other.is_beside(&place)).map(|(_, paper)| paper).collect();
        let sitting = format!("sitting-{seat}");
        let arranged = arrange(&blueprint, &snapshot, &selection, &secret(), &sitting, &neighbours);
        assert_eq!(arranged.clashes, [0; 0]);
        room.push((place, arranged.paper));
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
        let (blueprint, snapshot, selection) = one_block(size);
        let base = arrange(&blueprint, &snapshot, &selection, &secret(), "base", &[]).paper;
        // All rotations but one: only the last rotation is left, and no other order.
        let rotated = |by: usize| {
            let mut paper = base.clone();
            paper.items.rotate_left(by);
            (1..).zip(&mut paper.items).for_each(|(position, item)| item.position = position);
            paper
        };
        let others: Vec<Paper> = (1..size as usize).map(rotated).collect();
        let neighbours: Vec<&Paper> = others.iter().collect();
        let arranged = arrange(&blueprint, &snapshot, &selection, &secret(), "last", &neighbours);
        assert_eq!((questions(&arranged.paper), arranged.clashes), (questions(&base), Vec::new()), "{size}");
    }
}

/// The first question takes the only place that the second may have, and gives it up again.
#[test]
fn a_question_makes_room_for_another() {
    let (_, snapshot, _) = one_block(3);
    let block: Vec<&SnapshotEntry> = snapshot.entries.iter().collect();
    let beside = |position: usize| {
        let mut items = vec![item(block[1], 1, 1000); 3];
        items
            .iter_mut()
            .enumerate()
            .filter(|(place, _)| *place != position)
            .for_each(|(_, item)| item.question.clear());
        (1..).zip(&mut items).for_each(|(position, item)| item.position = position);
        Paper { items }
    };
    let (second, third) = (beside(1), beside(2));
    let placed = search(&block, 1, &[&second, &third]);
    assert_eq!(placed[0].question, block[1].question);
    assert_eq!(placed.len(), 3);
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
    let snapshot = Snapshot::of(few.iter());
    let selection = whole(&snapshot);
    let arranged = |sitting: &str, neighbours: &[&Paper]| {
        arrange(&blueprint, &snapshot, &selection, &secret(), sitting, neighbours)
    };
    let first = arranged("first", &[]);
    assert_eq!(first.clashes, [0; 0]);
    let second = arranged("second", &[&first.paper]);
    assert_eq!(second.clashes, [1], "the only true/false question");
    let third = arranged("third", &[&first.paper, &second.paper]);
    assert_eq!(third.clashes, [1, 12, 13], "two places, both taken by either question");
    let clashes: Vec<u32> =
        [&first.paper, &second.paper].iter().flat_map(|other| shared_places(&third.paper, other)).collect();
    assert_eq!(tally(clashes.into_iter()).into_keys().collect::<Vec<_>>(), third.clashes);
}
