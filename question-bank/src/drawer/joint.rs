//! Ways of one function by its counts of kinds *and* of signs: what the programme leaves to chance, reckoned exactly.
//!
//! A state is a vector of counts of kinds with a composition of its sum into signs. Compositions are numbered by the
//! combinatorial number system: with partial sums `s_i = a_0 + … + a_i` the number is `Σ C(s_i + i, i + 1)`, whatever the
//! sum of the whole. Class after class, knowledge point after knowledge point, the states are extended in place, from large
//! sums to small, so that no state is extended twice.

use std::collections::HashMap;

use num_bigint::BigUint;

use super::pool::{Class, FunctionPool, KINDS, PointPool};
use super::programme::{Counts, FunctionBounds, class_ways, minus};
use super::wide::Wide;
use crate::blueprint::Span;

/// The ways of a function for each vector of counts that its bounds allow and each composition into signs.
pub(super) type Joint = HashMap<(Counts, Box<[u32]>), BigUint>;

/// What a reckoning needs to know.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub function: &'a FunctionPool,
    pub classes: &'a [Class],
    pub signs: usize,
    pub bounds: &'a FunctionBounds,
    /// What a unit of each class weighs, by the number of the class.
    pub weight: &'a dyn Fn(u32) -> BigUint,
    /// About how many steps may be taken.
    pub steps_max: u64,
}

/// Calls a method of the reckoner whose numbers are wide enough.
macro_rules! with_width {
    ($question:expr, $space:expr, $method:ident) => {
        // One word to spare: a bound on every sum fits, and what limits throw away is a part of it.
        match total(&$question).bits() / 64 + 2 {
            0..=4 => Some(Reckoner::<4>::new($question, $space).$method()),
            5..=8 => Some(Reckoner::<8>::new($question, $space).$method()),
            9..=16 => Some(Reckoner::<16>::new($question, $space).$method()),
            17..=32 => Some(Reckoner::<32>::new($question, $space).$method()),
            _ => None,
        }
    };
}

/// Reckons the table of a function; nothing, if that takes too many steps.
pub(super) fn joint(question: Question<'_>) -> Option<Joint> {
    let space = Space::new(question.bounds.max, question.signs)?;
    if steps(&question, &space) > question.steps_max {
        return None;
    }
    with_width!(question, &space, function)
}

/// The table of a function in the order of its knowledge points, to be walked backwards.
#[derive(Debug)]
pub(super) struct Chain {
    pub space: Space,
    /// By knowledge point: what it may give.
    pub links: Vec<Vec<Link>>,
    /// `rest[i][state]`: ways to make a state from the knowledge points from `i` on.
    pub rest: Vec<Vec<BigUint>>,
}

/// One thing that a knowledge point may give.
#[derive(Debug)]
pub(super) struct Link {
    pub counts: Counts,
    pub signs: Box<[u32]>,
    pub ways: BigUint,
}

/// The chain of a function without work contents that have limits; nothing, if it has some or takes too many steps.
pub(super) fn chain(question: Question<'_>) -> Option<Chain> {
    let space = Space::new(question.bounds.max, question.signs)?;
    let limited = question.function.groups.iter().any(|group| group.span != Span::default());
    let points = question.function.groups.iter().map(|group| group.points.len()).sum::<usize>();
    let kept = (space.states * points) as u64 * KEEPING;
    if limited || steps(&question, &space) + kept > question.steps_max {
        return None;
    }
    let (links, rest) = with_width!(question, &space, chain)?;
    Some(Chain { space, links, rest })
}

/// What it costs to keep the number of one state, in steps.
const KEEPING: u64 = 40;

fn steps(question: &Question<'_>, space: &Space) -> u64 {
    let points = question.function.groups.iter().flat_map(|group| &group.points);
    let steps: u64 = points.map(|point| space.steps(point, question.classes)).sum();
    let groups = question.function.groups.iter().filter(|group| group.span != Span::default()).count() as u64;
    steps + groups * (space.states as u64).pow(2)
}

/// An upper bound on every entry: all ways to take so many questions, whatever the limits.
fn total(question: &Question<'_>) -> BigUint {
    let most: u32 = question.bounds.max.iter().sum();
    let points = question.function.groups.iter().flat_map(|group| &group.points);
    let numbers = points.flat_map(|point| point.kinds.iter().flatten());
    let weight = |number: u32| (question.weight)(number) * question.classes[number as usize].members.len();
    let all: BigUint = numbers.map(|number| weight(*number)).sum();
    (1..=most).map(|j| &all / j + 1_u32).product()
}

/// How states are numbered.
#[derive(Debug)]
pub(super) struct Space {
    caps: Counts,
    signs: usize,
    /// `binomial[n][k]`.
    binomial: Vec<Vec<usize>>,
    /// The first state of each vector of counts.
    offset: Vec<usize>,
    pub states: usize,
    /// Vectors of counts by falling sum.
    vectors: Vec<Counts>,
    /// `compositions[n]`: every composition of `n`, by number.
    compositions: Vec<Vec<Box<[u32]>>>,
}

/// More states than this would not fit the memory that a session may take.
const STATES_MAX: usize = 1 << 20;

impl Space {
    fn new(caps: Counts, signs: usize) -> Option<Self> {
        let most = caps.iter().sum::<u32>() as usize;
        let binomial = binomials(most + signs, signs)?;
        let count = |sum: usize| binomial[sum + signs - 1][signs - 1];
        let mut vectors = vectors(caps);
        if vectors.len() > STATES_MAX || count(most) > STATES_MAX {
            return None;
        }
        let (mut offset, mut states) = (Vec::with_capacity(vectors.len()), 0_usize);
        for counts in &vectors {
            offset.push(states);
            states += count(counts.iter().sum::<u32>() as usize);
            if states > STATES_MAX {
                return None;
            }
        }
        let mut space = Self { caps, signs, binomial, offset, states, vectors: Vec::new(), compositions: Vec::new() };
        space.compositions = (0..=most).map(|sum| space.compositions_of(sum)).collect();
        vectors.sort_by_key(|counts| std::cmp::Reverse(counts.iter().sum::<u32>()));
        space.vectors = vectors;
        Some(space)
    }

    fn index(&self, counts: Counts) -> usize {
        counts.iter().zip(&self.caps).fold(0, |index, (count, cap)| index * (*cap as usize + 1) + *count as usize)
    }

    /// The number of a state; its counts are within the caps, and the signs add up to them.
    pub(super) fn state(&self, counts: Counts, signs: &[u32]) -> usize {
        self.offset[self.index(counts)] + self.number(signs)
    }

    /// The number of the state that is left of one, when so much of it is given; nothing, where that is too much.
    pub(super) fn state_left(&self, counts: Counts, signs: &[u32], given: &Link) -> Option<usize> {
        let counts = minus(counts, given.counts)?;
        let (mut sum, mut number) = (0, 0);
        for (index, (left, given)) in signs.iter().zip(&given.signs).enumerate() {
            sum += left.checked_sub(*given)? as usize;
            if index + 1 < self.signs {
                number += self.binomial[sum + index][index + 1];
            }
        }
        Some(self.offset[self.index(counts)] + number)
    }

    /// Every composition that may go with these counts.
    pub(super) fn compositions(&self, counts: Counts) -> &[Box<[u32]>] {
        &self.compositions[counts.iter().sum::<u32>() as usize]
    }

    fn number(&self, composition: &[u32]) -> usize {
        let mut sum = 0;
        composition[..self.signs - 1]
            .iter()
            .enumerate()
            .map(|(index, part)| {
                sum += *part as usize;
                self.binomial[sum + index][index + 1]
            })
            .sum()
    }

    fn compositions_of(&self, sum: usize) -> Vec<Box<[u32]>> {
        let mut all = vec![Box::default(); self.binomial[sum + self.signs - 1][self.signs - 1]];
        let mut parts = vec![0_u32; self.signs];
        self.fill(0, sum, &mut parts, &mut all);
        all
    }

    fn fill(&self, place: usize, left: usize, parts: &mut Vec<u32>, all: &mut [Box<[u32]>]) {
        if place + 1 == self.signs {
            parts[place] = u32::try_from(left).expect("a part of a paper");
            all[self.number(parts)] = parts.clone().into();
            return;
        }
        for part in 0..=left {
            parts[place] = u32::try_from(part).expect("a part of a paper");
            self.fill(place + 1, left - part, parts, all);
        }
    }

    /// How many steps a knowledge point takes, roughly.
    fn steps(&self, point: &PointPool, classes: &[Class]) -> u64 {
        let width = u64::from(slots(point.span)) + 1;
        let options = (0..KINDS).flat_map(|kind| {
            let most = self.caps[kind].min(point.span.max.unwrap_or(u32::MAX));
            point.kinds[kind].iter().map(move |number| u64::from(classes[*number as usize].units().min(most)) + 1)
        });
        self.states as u64 * width * options.sum::<u64>() / 2
    }
}

/// `C(n, k)` for every `n` up to `most` and `k` up to `width`; nothing, where one is beyond any table.
fn binomials(most: usize, width: usize) -> Option<Vec<Vec<usize>>> {
    let mut rows = vec![vec![0_usize; width + 1]; most + 1];
    rows[0][0] = 1;
    for n in 1..=most {
        rows[n][0] = 1;
        for k in 1..=width {
            rows[n][k] = rows[n - 1][k - 1].checked_add(rows[n - 1][k])?;
        }
    }
    Some(rows)
}

fn vectors(caps: Counts) -> Vec<Counts> {
    let mut all = vec![[0; KINDS]];
    for kind in 0..KINDS {
        let extend = |counts: Counts| {
            (0..=caps[kind]).map(move |count| {
                let mut more = counts;
                more[kind] = count;
                more
            })
        };
        all = all.into_iter().flat_map(extend).collect();
    }
    all
}

/// Up to what a knowledge point's questions must be counted to know whether its limits hold.
fn slots(span: Span) -> u32 {
    span.max.unwrap_or(span.min)
}

/// A function's knowledge points with what they may give, and the ways of the rest.
type Chained = (Vec<Vec<Link>>, Vec<Vec<BigUint>>);

struct Reckoner<'a, const L: usize> {
    question: Question<'a>,
    space: &'a Space,
}

impl<'a, const L: usize> Reckoner<'a, L> {
    fn new(question: Question<'a>, space: &'a Space) -> Self {
        Self { question, space }
    }

    fn chain(&self) -> Chained {
        let points: Vec<&PointPool> = self.question.function.groups.iter().flat_map(|group| &group.points).collect();
        let mut states = self.nothing();
        let big = |states: &[Wide<L>]| states.iter().map(|ways| ways.to_big()).collect::<Vec<_>>();
        let (mut links, mut rest) = (Vec::new(), vec![big(&states)]);
        for point in points.iter().rev() {
            states = self.with_point(&states, point);
            rest.push(big(&states));
            let its = self.with_point(&self.nothing(), point);
            let link = |(counts, signs, ways): (Counts, &[u32], Wide<L>)| Link {
                counts,
                signs: signs.into(),
                ways: ways.to_big(),
            };
            links.push(self.open(&its).into_iter().map(link).collect());
        }
        links.reverse();
        rest.reverse();
        (links, rest)
    }

    fn function(&self) -> Joint {
        let Question { function, bounds, .. } = self.question;
        let mut states = self.nothing();
        for group in &function.groups {
            if group.span == Span::default() {
                group.points.iter().for_each(|point| states = self.with_point(&states, point));
            } else {
                let mut its = self.nothing();
                group.points.iter().for_each(|point| its = self.with_point(&its, point));
                states = self.product(&states, &its, group.span);
            }
        }
        let open = self.open(&states).into_iter().filter(|(counts, ..)| bounds.allow(*counts));
        open.map(|(counts, signs, ways)| ((counts, signs.into()), ways.to_big())).collect()
    }

    /// The states that have a way.
    fn open(&self, states: &[Wide<L>]) -> Vec<(Counts, &'a [u32], Wide<L>)> {
        let mut open = Vec::new();
        for counts in &self.space.vectors {
            let from = self.space.offset[self.space.index(*counts)];
            let compositions = &self.space.compositions[counts.iter().sum::<u32>() as usize];
            let its = compositions.iter().enumerate().filter(|(place, _)| !states[from + place].is_zero());
            open.extend(its.map(|(place, signs)| (*counts, &**signs, states[from + place])));
        }
        open
    }

    /// The one way to take nothing.
    fn nothing(&self) -> Vec<Wide<L>> {
        let mut states = vec![Wide::ZERO; self.space.states];
        states[self.space.offset[0]] = Wide::ONE;
        states
    }

    /// Extends every state by what a knowledge point may give.
    fn with_point(&self, states: &[Wide<L>], point: &PointPool) -> Vec<Wide<L>> {
        // Beside each state, how many questions this point gave so far; counted up to where it no longer matters.
        let last = slots(point.span) as usize;
        let width = last + 1;
        let mut wide = vec![Wide::ZERO; states.len() * width];
        states.iter().enumerate().for_each(|(state, ways)| wide[state * width] = *ways);
        for (kind, numbers) in point.kinds.iter().enumerate() {
            for number in numbers {
                self.with_class(&mut wide, *number, kind, last, point.span.max.is_some());
            }
        }
        let from = point.span.min as usize;
        let sum = |slots: &[Wide<L>]| {
            slots.iter().skip(from).fold(Wide::ZERO, |mut sum, ways| {
                sum.add(ways);
                sum
            })
        };
        wide.chunks(width).map(sum).collect()
    }

    fn with_class(&self, wide: &mut [Wide<L>], number: u32, kind: usize, last: usize, capped: bool) {
        let space = self.space;
        let class = &self.question.classes[number as usize];
        let most = if capped { u32::try_from(last).expect("a limit").min(space.caps[kind]) } else { space.caps[kind] };
        let ways: Vec<Vec<u64>> =
            class_ways(class, &(self.question.weight)(number), most).iter().map(BigUint::to_u64_digits).collect();
        let width = last + 1;
        for counts in &space.vectors {
            let from = space.offset[space.index(*counts)];
            let compositions = &space.compositions[counts.iter().sum::<u32>() as usize];
            for (place, signs) in compositions.iter().enumerate() {
                let state = (from + place) * width;
                if wide[state..state + width].iter().all(Wide::is_zero) {
                    continue;
                }
                let mut signs = signs.clone();
                let mut to = *counts;
                for (taken, ways) in ways.iter().enumerate().skip(1) {
                    to[kind] += 1;
                    signs[class.sign] += 1;
                    if to[kind] > space.caps[kind] {
                        break;
                    }
                    let target = space.state(to, &signs) * width;
                    for slot in 0..width {
                        let reached = if capped { slot + taken } else { (slot + taken).min(last) };
                        if reached <= last && !wide[state + slot].is_zero() {
                            let source = wide[state + slot];
                            wide[target + reached].add_product(&source, ways);
                        }
                    }
                }
                if class.must {
                    wide[state..state + width].fill(Wide::ZERO);
                }
            }
        }
    }

    /// Every pair of states, the second within a limit.
    fn product(&self, left: &[Wide<L>], right: &[Wide<L>], span: Span) -> Vec<Wide<L>> {
        let (left, right) = (self.open(left), self.open(right));
        let mut states = vec![Wide::ZERO; self.space.states];
        for (more, other, ways) in right {
            let sum: u32 = more.iter().sum();
            if sum < span.min || span.max.is_some_and(|max| sum > max) {
                continue;
            }
            let digits = ways.digits();
            for (counts, signs, ways) in &left {
                let to: Counts = std::array::from_fn(|kind| counts[kind] + more[kind]);
                if to.iter().zip(&self.space.caps).all(|(count, cap)| count <= cap) {
                    let signs: Vec<u32> = signs.iter().zip(other).map(|(left, right)| left + right).collect();
                    let target = self.space.state(to, &signs);
                    states[target].add_product(ways, digits);
                }
            }
        }
        states
    }
}
