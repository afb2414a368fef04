//! The programme: for every part of the blueprint a table of how many ways there are to take so many questions of each
//! kind from it, and the walk that draws one of these ways, each with its exact share.
//!
//! A class of `N` units gives `C(N, j)` ways to take `j`, times its weight to the `j`. Classes join into the leaf of one
//! knowledge point and kind; the leaves of a knowledge point, kept within its limits, into the knowledge point; knowledge
//! points into groups with a limit, into functions, functions into the paper. `rest[i]` counts the ways of the parts from
//! `i` on, so that the walk can choose what the first part gives, then the second, and always knows what remains possible.

use std::sync::OnceLock;

use num_bigint::BigUint;

use super::pick::{Picks, Weighted};
use super::pool::{Class, FunctionPool, Group, KINDS, PointPool, Pool};
use crate::blueprint::Span;
use crate::chance::Stream;

/// A count of questions for each kind, in the order of [`crate::question::Kind::ALL`].
pub(super) type Counts = [u32; KINDS];

/// How often each vector of counts can be made. Zero outside `caps`.
#[derive(Debug)]
struct Table {
    caps: Counts,
    ways: Vec<BigUint>,
    /// The vectors with a way.
    open: Vec<Counts>,
}

impl Table {
    fn new(caps: Counts) -> Self {
        let size: usize = caps.iter().map(|cap| *cap as usize + 1).product();
        Self { caps, ways: vec![BigUint::ZERO; size], open: Vec::new() }
    }

    /// The one way to take nothing.
    fn one() -> Self {
        let mut table = Self::new([0; KINDS]);
        table.add([0; KINDS], BigUint::from(1_u32));
        table
    }

    fn index(&self, counts: Counts) -> usize {
        counts.iter().zip(&self.caps).fold(0, |index, (count, cap)| index * (*cap as usize + 1) + *count as usize)
    }

    fn add(&mut self, counts: Counts, ways: BigUint) {
        let index = self.index(counts);
        if self.ways[index] == BigUint::ZERO {
            self.open.push(counts);
        }
        self.ways[index] += ways;
    }

    fn get(&self, counts: Counts) -> Option<&BigUint> {
        let inside = counts.iter().zip(&self.caps).all(|(count, cap)| count <= cap);
        inside.then(|| &self.ways[self.index(counts)]).filter(|ways| **ways != BigUint::ZERO)
    }

    fn joined(&self, other: &Self, limit: Counts) -> Self {
        let mut caps = limit;
        for (kind, cap) in caps.iter_mut().enumerate() {
            *cap = (*cap).min(self.caps[kind] + other.caps[kind]);
        }
        let mut table = Self::new(caps);
        for left in &self.open {
            for right in &other.open {
                let counts = plus(*left, *right);
                if counts.iter().zip(&caps).all(|(count, cap)| count <= cap) {
                    table.add(counts, &self.ways[self.index(*left)] * &other.ways[other.index(*right)]);
                }
            }
        }
        table
    }

    fn keep(&mut self, keeps: impl Fn(Counts) -> bool) {
        let open = std::mem::take(&mut self.open);
        let (kept, dropped): (Vec<_>, Vec<_>) = open.into_iter().partition(|counts| keeps(*counts));
        self.open = kept;
        for counts in dropped {
            let index = self.index(counts);
            self.ways[index] = BigUint::ZERO;
        }
    }
}

fn plus(left: Counts, right: Counts) -> Counts {
    std::array::from_fn(|kind| left[kind] + right[kind])
}

pub(super) fn minus(left: Counts, right: Counts) -> Option<Counts> {
    let mut rest = left;
    for (count, taken) in rest.iter_mut().zip(right) {
        *count = count.checked_sub(taken)?;
    }
    Some(rest)
}

fn within(counts: Counts, span: Span) -> bool {
    let sum: u32 = counts.iter().sum();
    sum >= span.min && span.max.is_none_or(|max| sum <= max)
}

/// What one walk took.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Number of a class and how many of its units.
    pub taken: Vec<(u32, u32)>,
    /// How many questions of each sign.
    pub signs: Vec<u32>,
}

impl Draft {
    pub(super) fn clear(&mut self, signs: usize) {
        self.taken.clear();
        self.signs.clear();
        self.signs.resize(signs, 0);
    }
}

/// The classes of one knowledge point and kind.
#[derive(Debug)]
pub(super) struct Leaf {
    classes: Vec<LeafClass>,
    /// `rest[i][n]`: ways to take `n` from the classes from `i` on.
    rest: Vec<Vec<BigUint>>,
    /// `picks[i][n]`: how many of the class `i`, when `n` are to be taken from it and those after it.
    picks: Vec<Vec<OnceLock<Picks>>>,
}

#[derive(Debug)]
struct LeafClass {
    number: u32,
    sign: usize,
    /// `ways[j]`: weighted ways to take `j` of its units.
    ways: Vec<BigUint>,
}

impl Leaf {
    pub(super) fn new(numbers: &[u32], classes: &[Class], weight: &dyn Fn(u32) -> BigUint, cap: u32) -> Self {
        let classes: Vec<LeafClass> = numbers
            .iter()
            .map(|&number| {
                let class = &classes[number as usize];
                LeafClass { number, sign: class.sign, ways: class_ways(class, &weight(number), cap) }
            })
            .collect();
        let mut rest = vec![vec![BigUint::from(1_u32)]];
        for class in classes.iter().rev() {
            let after = rest.last().expect("never empty");
            let most = (class.ways.len() + after.len() - 1).min(cap as usize + 1);
            let mut table = vec![BigUint::ZERO; most];
            for (n, sum) in table.iter_mut().enumerate() {
                for (j, ways) in class.ways.iter().enumerate().take(n + 1) {
                    if let Some(others) = after.get(n - j) {
                        *sum += ways * others;
                    }
                }
            }
            rest.push(table);
        }
        rest.reverse();
        let slots = |table: &Vec<BigUint>| table.iter().map(|_| OnceLock::new()).collect();
        let picks = rest[..rest.len() - 1].iter().map(slots).collect();
        Self { classes, rest, picks }
    }

    fn weighted(&self, class: usize, n: usize) -> impl Iterator<Item = Weighted<'_>> {
        let (ways, after) = (&self.classes[class].ways, &self.rest[class + 1]);
        let options = (0_u32..).zip(ways).take(n + 1);
        options.filter_map(move |(j, ways)| Some((j, [ways, after.get(n - j as usize)?])))
    }

    /// Weighted ways to take each count.
    pub(super) fn ways(&self) -> &[BigUint] {
        &self.rest[0]
    }

    pub(super) fn walk(&self, count: u32, stream: &mut Stream, draft: &mut Draft) {
        let mut left = count as usize;
        for (index, class) in self.classes.iter().enumerate() {
            let picks = self.picks[index][left].get_or_init(|| Picks::new(self.weighted(index, left)));
            let taken = picks.pick(stream, || self.weighted(index, left));
            if taken > 0 {
                draft.taken.push((class.number, taken));
                draft.signs[class.sign] += taken;
            }
            left -= taken as usize;
            if left == 0 {
                break;
            }
        }
    }
}

/// `C(N, j) (weight · size)^j` for every `j` up to `cap`; of a class that must be taken only the whole.
pub(super) fn class_ways(class: &Class, weight: &BigUint, cap: u32) -> Vec<BigUint> {
    let units = class.units();
    if class.must && units > cap {
        return vec![BigUint::ZERO];
    }
    let each = weight * class.size;
    let mut ways = vec![BigUint::from(1_u32)];
    for j in 1..=units.min(cap) {
        let next = ways.last().expect("never empty") * (units - j + 1) / j * &each;
        ways.push(next);
    }
    if class.must {
        let whole = ways.len() - 1;
        ways[..whole].fill(BigUint::ZERO);
    }
    ways
}

/// A knowledge point.
#[derive(Debug)]
struct Point {
    leaves: Vec<Leaf>,
    table: Table,
}

impl Point {
    fn new(pool: &PointPool, classes: &[Class], weight: &dyn Fn(u32) -> BigUint, limit: Counts) -> Self {
        let most = pool.span.max.unwrap_or(u32::MAX);
        let leaves: Vec<Leaf> = pool
            .kinds
            .iter()
            .zip(limit)
            .map(|(numbers, cap)| Leaf::new(numbers, classes, weight, cap.min(most)))
            .collect();
        let mut table = Table::one();
        for (kind, leaf) in leaves.iter().enumerate() {
            let mut caps = [0; KINDS];
            caps[kind] = u32::try_from(leaf.rest[0].len() - 1).expect("no more than the cap");
            let mut axis = Table::new(caps);
            for (count, ways) in (0..).zip(&leaf.rest[0]).filter(|(_, ways)| **ways != BigUint::ZERO) {
                let mut counts = [0; KINDS];
                counts[kind] = count;
                axis.add(counts, ways.clone());
            }
            table = table.joined(&axis, limit);
        }
        table.keep(|counts| within(counts, pool.span));
        Self { leaves, table }
    }
}

/// Parts that are taken together: a group of knowledge points, a function, the paper.
#[derive(Debug)]
pub(super) struct Sum {
    parts: Vec<Part>,
    /// `rest[i]`: ways to make a vector from the parts from `i` on.
    rest: Vec<Table>,
    /// `picks[i][index in rest[i]]`: what the part `i` gives, as an index into its `open`.
    picks: Vec<Vec<OnceLock<Picks>>>,
    /// The ways of the whole, within its limits.
    table: Table,
}

#[derive(Debug)]
enum Part {
    Point(Point),
    Sum(Sum),
}

impl Part {
    fn table(&self) -> &Table {
        match self {
            Self::Point(point) => &point.table,
            Self::Sum(sum) => &sum.table,
        }
    }

    fn walk(&self, counts: Counts, stream: &mut Stream, draft: &mut Draft) {
        match self {
            Self::Point(point) => {
                for (leaf, count) in point.leaves.iter().zip(counts).filter(|(_, count)| *count > 0) {
                    leaf.walk(count, stream, draft);
                }
            }
            Self::Sum(sum) => sum.walk(counts, stream, draft),
        }
    }
}

impl Sum {
    fn new(parts: Vec<Part>, limit: Counts, keeps: impl Fn(Counts) -> bool) -> Self {
        let mut rest = vec![Table::one()];
        for part in parts.iter().rev() {
            rest.push(part.table().joined(rest.last().expect("never empty"), limit));
        }
        rest.reverse();
        let slots = |table: &Table| table.ways.iter().map(|_| OnceLock::new()).collect();
        let picks = rest[..rest.len() - 1].iter().map(slots).collect();
        let mut table = Table { caps: rest[0].caps, ways: rest[0].ways.clone(), open: rest[0].open.clone() };
        table.keep(keeps);
        Self { parts, rest, picks, table }
    }

    /// The paper: every function, and of each kind exactly what the blueprint counts.
    pub(super) fn of_paper(pool: &Pool, bounds: &Bounds, weight: &dyn Fn(u32) -> BigUint) -> Self {
        let functions = pool.functions.iter().zip(&bounds.functions);
        let parts =
            functions.map(|(function, bounds)| Part::Sum(Self::of_function(function, &pool.classes, bounds, weight)));
        Self::new(parts.collect(), bounds.paper, |counts| counts == bounds.paper)
    }

    fn of_function(
        pool: &FunctionPool,
        classes: &[Class],
        bounds: &FunctionBounds,
        weight: &dyn Fn(u32) -> BigUint,
    ) -> Self {
        let mut parts = Vec::new();
        for Group { span, points } in &pool.groups {
            let points = points.iter().map(|point| Part::Point(Point::new(point, classes, weight, bounds.max)));
            if *span == Span::default() {
                parts.extend(points);
            } else {
                let sum = Self::new(points.collect(), bounds.max, |counts| within(counts, *span));
                parts.push(Part::Sum(sum));
            }
        }
        Self::new(parts, bounds.max, |counts| bounds.allow(counts))
    }

    /// All ways, weighted.
    pub(super) fn ways(&self) -> BigUint {
        self.table.ways.iter().sum()
    }

    /// Chooses what each part gives of these counts, part after part.
    pub(super) fn split(&self, counts: Counts, stream: &mut Stream, mut give: impl FnMut(usize, Counts, &mut Stream)) {
        let mut left = counts;
        for (index, part) in self.parts.iter().enumerate() {
            let last = index + 1 == self.parts.len();
            let given = if last { left } else { self.pick(index, part, left, stream) };
            give(index, given, stream);
            left = minus(left, given).expect("no part gives more than is left");
        }
    }

    fn pick(&self, index: usize, part: &Part, left: Counts, stream: &mut Stream) -> Counts {
        let weighted = || self.weighted(index, part, left);
        let slot = &self.picks[index][self.rest[index].index(left)];
        let place = slot.get_or_init(|| Picks::new(weighted())).pick(stream, weighted);
        part.table().open[place as usize]
    }

    fn weighted<'a>(&'a self, index: usize, part: &'a Part, left: Counts) -> impl Iterator<Item = Weighted<'a>> {
        let (table, after) = (part.table(), &self.rest[index + 1]);
        (0..).zip(&table.open).filter_map(move |(place, given)| {
            let others = after.get(minus(left, *given)?)?;
            Some((place, [&table.ways[table.index(*given)], others]))
        })
    }

    fn walk(&self, counts: Counts, stream: &mut Stream, draft: &mut Draft) {
        self.split(counts, stream, |index, given, stream| self.parts[index].walk(given, stream, draft));
    }

    /// Walks one part alone.
    pub(super) fn walk_part(&self, part: usize, counts: Counts, stream: &mut Stream, draft: &mut Draft) {
        self.parts[part].walk(counts, stream, draft);
    }
}

/// How many questions of each kind the paper and each function take.
#[derive(Debug)]
pub(super) struct Bounds {
    pub paper: Counts,
    pub functions: Vec<FunctionBounds>,
}

/// What a function may take.
#[derive(Debug)]
pub(super) struct FunctionBounds {
    pub min: Counts,
    pub max: Counts,
    pub points_milli: u64,
    /// The points of one question of each kind.
    pub each_milli: Counts,
}

impl FunctionBounds {
    pub(super) fn allow(&self, counts: Counts) -> bool {
        let points: u64 = counts.iter().zip(self.each_milli).map(|(n, each)| u64::from(*n) * u64::from(each)).sum();
        points == self.points_milli && counts.iter().zip(self.min).all(|(count, min)| *count >= min)
    }
}
