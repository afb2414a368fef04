//! Every number in the tables of one function against plain enumeration of its questions.

use std::collections::HashMap;

use super::super::joint::{Chain, Question, chain, joint};
use super::super::pool::{FunctionPool, Group, KINDS, PointPool};
use super::super::programme::{Counts, FunctionBounds};
use super::*;

/// Ways by counts of kinds and counts of signs.
type Ways = HashMap<(Counts, Box<[u32]>), BigUint>;

/// Another number for each class, so that a weight in the wrong place is seen.
fn weight(class: u32) -> BigUint {
    BigUint::from(2 * class + 3)
}

fn question<'a>(drawer: &'a Drawer<'_>, function: usize) -> Question<'a> {
    Question {
        function: &drawer.pool.functions[function],
        classes: &drawer.pool.classes,
        signs: drawer.pool.signs.len(),
        bounds: &drawer.bounds.functions[function],
        weight: &weight,
        steps_max: u64::MAX,
    }
}

fn class_numbers<'a>(points: impl Iterator<Item = &'a PointPool>) -> Vec<(usize, u32)> {
    let of_point = |point: &'a PointPool| {
        point.kinds.iter().enumerate().flat_map(|(kind, numbers)| numbers.iter().map(move |number| (kind, *number)))
    };
    points.flat_map(of_point).collect()
}

fn sum_of(taken: &[(usize, u32, u32)], points: &[&PointPool]) -> u32 {
    let inside = |class: u32| points.iter().any(|point| point.kinds.iter().flatten().any(|one| *one == class));
    taken.iter().filter(|(_, class, _)| inside(*class)).map(|(.., unit)| u32::from(*unit != NOWHERE)).sum()
}

/// Takes every set of questions of some knowledge points that holds no two of a unit, all that must be taken, and keeps
/// the limits of the points and groups.
fn enumerated(drawer: &Drawer<'_>, function: &FunctionPool, from: usize) -> Ways {
    let points: Vec<&PointPool> = function.groups.iter().flat_map(|group| &group.points).skip(from).collect();
    let mut members: Vec<(usize, u32, u32)> = Vec::new();
    for (kind, number) in class_numbers(points.iter().copied()) {
        let class = &drawer.pool.classes[number as usize];
        members.extend((0..).zip(&class.members).map(|(place, _)| (kind, number, place / class.size)));
    }
    let mut ways = Ways::new();
    for set in 0_u32..1 << members.len() {
        let chosen = members.iter().zip(0..).filter(|(_, place)| set >> place & 1 == 1);
        let taken: Vec<(usize, u32, u32)> = chosen.map(|(member, _)| *member).collect();
        let must = |(_, number, _): &&(usize, u32, u32)| drawer.pool.classes[*number as usize].must;
        let spans = points.iter().map(|point| (point.span, vec![*point]));
        let groups = function.groups.iter().filter(|_| from == 0);
        let groups = groups.map(|group| (group.span, group.points.iter().collect()));
        let holds = taken.windows(2).all(|pair| pair[0] != pair[1])
            && taken.iter().filter(must).count() == members.iter().filter(must).count()
            && spans.chain(groups).all(|(span, points)| {
                let sum = sum_of(&taken, &points);
                span.min <= sum && span.max.is_none_or(|max| sum <= max)
            });
        if holds {
            let (mut counts, mut signs) = ([0; KINDS], vec![0; drawer.pool.signs.len()]);
            for (kind, number, _) in &taken {
                counts[*kind] += 1;
                signs[drawer.pool.classes[*number as usize].sign] += 1;
            }
            let product: BigUint = taken.iter().map(|(_, number, _)| weight(*number)).product();
            *ways.entry((counts, signs.into())).or_default() += product;
        }
    }
    ways
}

fn reachable(counts: &Counts, bounds: &FunctionBounds) -> bool {
    counts.iter().zip(bounds.max).all(|(count, max)| *count <= max)
}

#[test]
fn the_table_of_a_function_is_what_enumeration_finds() {
    let mut compared = 0;
    for case in cases() {
        let snapshot = case.snapshot();
        let drawer = Drawer::new(&case.blueprint, &snapshot, &case.earlier).unwrap_or_else(|error| panic!("{error}"));
        for (function, bounds) in drawer.bounds.functions.iter().enumerate() {
            let question = question(&drawer, function);
            let table = joint(question).expect("small");
            let mut expected = enumerated(&drawer, question.function, 0);
            expected.retain(|(counts, _), _| reachable(counts, bounds) && bounds.allow(*counts));
            assert_eq!(table, expected, "{} {function}", case.name);
            compared += table.len();
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn a_chain_knows_the_ways_of_every_rest_and_of_every_link() {
    let mut chains = 0;
    for case in cases() {
        let snapshot = case.snapshot();
        let drawer = Drawer::new(&case.blueprint, &snapshot, &case.earlier).unwrap_or_else(|error| panic!("{error}"));
        for (function, bounds) in drawer.bounds.functions.iter().enumerate() {
            let question = question(&drawer, function);
            let Some(chain) = chain(question) else {
                assert!(question.function.groups.len() > 1, "only limits on work contents have no chain");
                continue;
            };
            chains += 1;
            for from in 0..=chain.links.len() {
                let expected = enumerated(&drawer, question.function, from);
                let expected: Ways =
                    expected.into_iter().filter(|((counts, _), _)| reachable(counts, bounds)).collect();
                assert_eq!(rest(&chain, from, &expected), expected, "{} {function} from {from}", case.name);
                if let Some(links) = chain.links.get(from) {
                    let one = FunctionPool { groups: vec![only(question.function, from)] };
                    let expected = enumerated(&drawer, &one, 0);
                    let found: Ways =
                        links.iter().map(|link| ((link.counts, link.signs.clone()), link.ways.clone())).collect();
                    let expected: Ways =
                        expected.into_iter().filter(|((counts, _), _)| reachable(counts, bounds)).collect();
                    assert_eq!(found, expected, "{} {function} link {from}", case.name);
                }
            }
        }
    }
    assert!(chains > 20, "{chains}");
}

/// The states of a rest that have a way; those that enumeration found are looked up one by one.
fn rest(chain: &Chain, from: usize, expected: &Ways) -> Ways {
    let some = chain.rest[from].iter().filter(|ways| **ways != BigUint::ZERO).count();
    assert_eq!(some, expected.len());
    let state = |key: &(Counts, Box<[u32]>)| chain.rest[from][chain.space.state(key.0, &key.1)].clone();
    expected.keys().map(|key| (key.clone(), state(key))).collect()
}

fn only(function: &FunctionPool, number: usize) -> Group {
    let point = function.groups.iter().flat_map(|group| &group.points).nth(number).expect("counted before");
    let points = vec![PointPool { span: point.span, kinds: point.kinds.clone() }];
    Group { span: Span::default(), points }
}
