//! Meeting the margins without waiting for luck: all functions but one are walked, the last is made to fit.
//!
//! Walking the whole paper until its bands of difficulty come out right takes a hundred walks. Instead the table
//! [`super::joint`] says how many ways the last function has to complete what the others took, `S(b)` for the signs `b`;
//! the others are kept with the chance `S(b) / max S`, what the last gives is chosen by its ways, and the last function is
//! walked by that table, so that it gives just this. By the chain rule this is the same law (probabilistic
//! divide-and-conquer: Arratia & `DeSalvo`, Combinatorics, Probability and Computing 25, 2016).

use std::collections::HashMap;
use std::sync::OnceLock;

use num_bigint::BigUint;

use super::joint::{self, Chain, Link, Question};
use super::margin::{self, Margin};
use super::pick::{Picks, Weighted};
use super::pool::{KINDS, PointPool, Pool};
use super::programme::{Bounds, Counts, Draft, Leaf, minus};
use crate::chance::Stream;

/// A count of questions for each sign.
type Signs = Box<[u32]>;

/// How the last function may complete the others.
#[derive(Debug)]
pub(super) struct Tail {
    /// The index of the function.
    pub function: usize,
    /// What it takes of each kind.
    counts: Counts,
    /// By the signs of all other functions; what is not listed can't be completed.
    finishes: HashMap<Signs, Finish>,
    one: BigUint,
    chain: Chain,
    /// `picks[i][state]`: which link the knowledge point `i` gives when `state` is still to be made.
    picks: Vec<Vec<OnceLock<Picks>>>,
    /// By knowledge point and link: the ways to give just this.
    fills: Vec<Vec<OnceLock<Fills>>>,
    points: Vec<Vec<Cell>>,
}

/// The ways to complete one vector of signs.
#[derive(Debug)]
struct Finish {
    keep: Picks,
    /// The parts of the whole with which a walk is thrown away, and kept.
    chances: [BigUint; 2],
    options: Vec<(Signs, BigUint)>,
    picks: Picks,
}

/// The classes of a knowledge point that are of one kind and one sign: to the table they are one.
#[derive(Debug)]
struct Cell {
    kind: usize,
    sign: usize,
    leaf: Leaf,
}

/// Ways to make one link of a knowledge point: so many of each of its cells.
#[derive(Debug)]
struct Fills {
    counts: Vec<(Signs, BigUint)>,
    picks: Picks,
}

/// About how many steps the table of the last function may take, and how many targets and pairs may be looked at.
const STEPS_MAX: u64 = 15_000_000;
const TARGETS_MAX: usize = 400;
const VISITS_MAX: u32 = 200_000;

impl Tail {
    /// The largest function whose table is worth its time; nothing, where no margin needs it or no function has one.
    pub(super) fn new(
        pool: &Pool,
        bounds: &Bounds,
        margins: &[Margin],
        weight: &dyn Fn(u32) -> BigUint,
    ) -> Option<Self> {
        if margins.is_empty() || pool.signs.len() < 2 {
            return None;
        }
        let targets = targets(margins, pool.signs.len(), bounds.paper.iter().sum())?;
        let mut functions: Vec<usize> = (0..bounds.functions.len()).collect();
        functions.retain(|&function| bounds.functions[function].min == bounds.functions[function].max);
        functions.sort_by_key(|&function| std::cmp::Reverse(bounds.functions[function].max.iter().sum::<u32>()));
        functions.into_iter().find_map(|function| {
            let question = Question {
                function: &pool.functions[function],
                classes: &pool.classes,
                signs: pool.signs.len(),
                bounds: &bounds.functions[function],
                weight,
                steps_max: STEPS_MAX,
            };
            let chain = joint::chain(question)?;
            Some(Self::of(function, &question, chain, &targets, margins))
        })
    }

    fn of(function: usize, question: &Question<'_>, chain: Chain, targets: &[Vec<u32>], margins: &[Margin]) -> Self {
        let counts = question.bounds.max;
        let finishes = finishes(&chain, counts, targets, margins);
        let slots = |length: usize| std::iter::repeat_with(OnceLock::new).take(length).collect::<Vec<_>>();
        let picks = chain.links.iter().map(|_| slots(chain.space.states)).collect();
        let fills = chain.links.iter().map(|links| std::iter::repeat_with(OnceLock::new).take(links.len()).collect());
        let fills = fills.collect();
        let points = question.function.groups.iter().flat_map(|group| &group.points);
        let points = points.map(|point| cells(point, question)).collect();
        Self { function, counts, finishes, one: BigUint::from(1_u32), chain, picks, fills, points }
    }

    /// Adds what the last function gives, or nothing: then the walk is thrown away.
    pub(super) fn complete(&self, draft: &mut Draft, stream: &mut Stream) -> bool {
        let Some(finish) = self.finishes.get(draft.signs.as_slice()) else { return false };
        if finish.keep.pick(stream, || keep(&finish.chances, &self.one)) == 0 {
            return false;
        }
        let option = finish.picks.pick(stream, || numbered(&finish.options, &self.one));
        let mut signs = finish.options[option as usize].0.clone();
        let mut counts = self.counts;
        for (point, links) in self.chain.links.iter().enumerate() {
            let weighted = || self.weighted(point, counts, &signs);
            let slot = &self.picks[point][self.chain.space.state(counts, &signs)];
            let number = slot.get_or_init(|| Picks::new(weighted())).pick(stream, weighted) as usize;
            self.fill(point, number, draft, stream);
            counts = minus(counts, links[number].counts).expect("no link gives more than is left");
            signs.iter_mut().zip(&links[number].signs).for_each(|(left, given)| *left -= given);
        }
        true
    }

    fn weighted(&self, point: usize, counts: Counts, signs: &[u32]) -> impl Iterator<Item = Weighted<'_>> {
        let rest = &self.chain.rest[point + 1];
        (0..).zip(&self.chain.links[point]).filter_map(move |(number, link)| {
            Some((number, [&link.ways, &rest[self.chain.space.state_left(counts, signs, link)?]]))
        })
    }

    /// Chooses how a knowledge point gives a link.
    fn fill(&self, point: usize, number: usize, draft: &mut Draft, stream: &mut Stream) {
        let link = &self.chain.links[point][number];
        let fills = self.fills[point][number].get_or_init(|| Fills::new(&self.points[point], link, &self.one));
        let fill = fills.picks.pick(stream, || numbered(&fills.counts, &self.one)) as usize;
        for (cell, count) in self.points[point].iter().zip(&fills.counts[fill].0).filter(|(_, count)| **count > 0) {
            cell.leaf.walk(*count, stream, draft);
        }
    }
}

/// The cells of a knowledge point, kind after kind.
fn cells(point: &PointPool, question: &Question<'_>) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (kind, numbers) in point.kinds.iter().enumerate() {
        for sign in 0..question.signs {
            let its: Vec<u32> =
                numbers.iter().copied().filter(|number| question.classes[*number as usize].sign == sign).collect();
            if !its.is_empty() {
                let leaf = Leaf::new(&its, question.classes, question.weight, question.bounds.max[kind]);
                cells.push(Cell { kind, sign, leaf });
            }
        }
    }
    cells
}

impl Fills {
    fn new(cells: &[Cell], link: &Link, one: &BigUint) -> Self {
        let mut counts = Vec::new();
        let mut filling =
            Filling { cells, kinds: link.counts, signs: link.signs.to_vec(), taken: Vec::new(), found: &mut counts };
        filling.place(one);
        let picks = Picks::new(numbered(&counts, one));
        Self { counts, picks }
    }
}

/// The search for every way to make a link.
struct Filling<'a> {
    cells: &'a [Cell],
    kinds: Counts,
    signs: Vec<u32>,
    taken: Vec<u32>,
    found: &'a mut Vec<(Signs, BigUint)>,
}

impl Filling<'_> {
    fn place(&mut self, ways: &BigUint) {
        let Some(cell) = self.cells.get(self.taken.len()) else {
            if self.kinds == [0; KINDS] {
                self.found.push((self.taken.as_slice().into(), ways.clone()));
            }
            return;
        };
        let most = self.kinds[cell.kind].min(self.signs[cell.sign]);
        for (count, its) in (0..=most).zip(cell.leaf.ways()).filter(|(_, its)| **its != BigUint::ZERO) {
            self.kinds[cell.kind] -= count;
            self.signs[cell.sign] -= count;
            self.taken.push(count);
            self.place(&(ways * its));
            self.taken.pop();
            self.kinds[cell.kind] += count;
            self.signs[cell.sign] += count;
        }
    }
}

/// For every vector of signs of the other functions the ways to complete it.
fn finishes(chain: &Chain, counts: Counts, targets: &[Vec<u32>], margins: &[Margin]) -> HashMap<Signs, Finish> {
    let ways: Vec<(&[u32], &BigUint)> = chain
        .space
        .compositions(counts)
        .iter()
        .map(|signs| (&**signs, &chain.rest[0][chain.space.state(counts, signs)]))
        .filter(|(_, ways)| **ways != BigUint::ZERO)
        .collect();
    let mut options: HashMap<Signs, Vec<(Signs, BigUint)>> = HashMap::new();
    for target in targets {
        let kept = margin::kept(margins, target);
        for (signs, ways) in &ways {
            let others: Option<Signs> = target.iter().zip(*signs).map(|(t, s)| t.checked_sub(*s)).collect();
            if let Some(others) = others {
                options.entry(others).or_default().push(((*signs).into(), *ways * &kept));
            }
        }
    }
    let sum = |options: &[(_, BigUint)]| options.iter().map(|(_, weight)| weight).sum::<BigUint>();
    let whole = options.values().map(|options| sum(options)).max().unwrap_or_default();
    let finish = |options: Vec<(Signs, BigUint)>| {
        let kept = sum(&options);
        let (chances, one) = ([&whole - &kept, kept], BigUint::from(1_u32));
        let (keep, picks) = (Picks::new(keep(&chances, &one)), Picks::new(numbered(&options, &one)));
        Finish { keep, chances, options, picks }
    };
    options.into_iter().map(|(others, options)| (others, finish(options))).collect()
}

fn keep<'a>(chances: &'a [BigUint; 2], one: &'a BigUint) -> impl Iterator<Item = Weighted<'a>> {
    (0..).zip(chances).map(move |(kept, chance)| (kept, [chance, one]))
}

fn numbered<'a>(options: &'a [(Signs, BigUint)], one: &'a BigUint) -> impl Iterator<Item = Weighted<'a>> {
    (0..).zip(options).map(move |(number, (_, weight))| (number, [weight, one]))
}

/// Every vector of signs that a paper may have; nothing, where there are too many.
fn targets(margins: &[Margin], signs: usize, questions: u32) -> Option<Vec<Vec<u32>>> {
    let mut search = Search { margins, found: Vec::new(), visits: 0 };
    let mut counts = vec![0; signs];
    search.place(0, questions, &mut counts)?;
    Some(search.found)
}

struct Search<'a> {
    margins: &'a [Margin],
    found: Vec<Vec<u32>>,
    visits: u32,
}

impl Search<'_> {
    /// Tries every count for the sign at `place` and those after it; nothing, if that is too much.
    fn place(&mut self, place: usize, left: u32, counts: &mut Vec<u32>) -> Option<()> {
        self.visits += 1;
        if self.visits > VISITS_MAX || self.found.len() > TARGETS_MAX {
            return None;
        }
        let last = place + 1 == counts.len();
        for count in if last { left } else { 0 }..=left {
            counts[place] = count;
            if self.margins.iter().any(|margin| margin.count(counts) > margin.max) {
                break;
            }
            if !last {
                self.place(place + 1, left - count, counts)?;
            } else if self.margins.iter().all(|margin| margin.holds(counts)) {
                self.found.push(counts.clone());
            }
        }
        counts[place] = 0;
        Some(())
    }
}
