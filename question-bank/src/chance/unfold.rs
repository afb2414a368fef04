//! Chance unfolded, for tests: instead of drawing, every decision is tried, and each outcome gets its exact probability.
//!
//! Inside [`unfold`] every source of chance asks [`choose`] first. A run follows the path of decisions that is set, the
//! next run the path after it in the tree, until all are tried. The probability of an outcome is the sum over its paths
//! of the product of its shares: a fraction of whole numbers, with nothing rounded and nothing left to luck.

use std::cell::RefCell;
use std::collections::BTreeMap;

use num_bigint::BigUint;

use super::{Secret, Stream};

thread_local! {
    static PATH: RefCell<Option<Path>> = const { RefCell::new(None) };
}

/// The decisions of one run.
#[derive(Default)]
struct Path {
    decisions: Vec<Decision>,
    next: usize,
}

struct Decision {
    weights: Vec<BigUint>,
    chosen: usize,
}

/// The decision to take among options of these weights, if chance is being unfolded on this thread.
pub(crate) fn choose(weights: impl FnOnce() -> Vec<BigUint>) -> Option<usize> {
    PATH.with_borrow_mut(|path| {
        let path = path.as_mut()?;
        if path.next == path.decisions.len() {
            let weights = weights();
            let chosen = next_open(&weights, 0).expect("at least one option has weight");
            path.decisions.push(Decision { weights, chosen });
        }
        path.next += 1;
        Some(path.decisions[path.next - 1].chosen)
    })
}

fn next_open(weights: &[BigUint], from: usize) -> Option<usize> {
    (from..weights.len()).find(|place| weights[*place] != BigUint::ZERO)
}

/// Every outcome of `run` with its exact probability. `run` takes finitely many decisions.
pub(crate) fn unfold<T: Ord>(mut run: impl FnMut(&mut Stream) -> T) -> BTreeMap<T, Fraction> {
    let mut outcomes: BTreeMap<T, Fraction> = BTreeMap::new();
    let mut unused = Stream::of(&Secret::join(b"", b""), "unused", "");
    PATH.set(Some(Path::default()));
    loop {
        let outcome = run(&mut unused);
        let (share, more) = PATH.with_borrow_mut(|path| {
            let path = path.as_mut().expect("set above");
            (path.share(), path.advance())
        });
        let sum = outcomes.entry(outcome).or_insert_with(|| Fraction::new(BigUint::ZERO, BigUint::from(1_u32)));
        *sum = sum.plus(&share);
        if !more {
            PATH.set(None);
            return outcomes;
        }
    }
}

impl Path {
    fn share(&self) -> Fraction {
        assert_eq!(self.next, self.decisions.len(), "the same decisions lead to the same ones");
        let part = self.decisions.iter().map(|decision| &decision.weights[decision.chosen]).product();
        let whole = self.decisions.iter().map(|decision| decision.weights.iter().sum::<BigUint>()).product();
        Fraction::new(part, whole)
    }

    /// Turns to the next path; false, if this was the last.
    fn advance(&mut self) -> bool {
        self.next = 0;
        while let Some(mut last) = self.decisions.pop() {
            if let Some(chosen) = next_open(&last.weights, last.chosen + 1) {
                last.chosen = chosen;
                self.decisions.push(last);
                return true;
            }
        }
        false
    }
}

/// A fraction in lowest terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fraction {
    part: BigUint,
    whole: BigUint,
}

impl Fraction {
    pub(crate) fn new(part: BigUint, whole: BigUint) -> Self {
        let (mut left, mut right) = (part.clone(), whole.clone());
        while right != BigUint::ZERO {
            (left, right) = (right.clone(), left % right);
        }
        Self { part: part / &left, whole: whole / left }
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self::new(&self.part * &other.whole + &other.part * &self.whole, &self.whole * &other.whole)
    }

    /// What the fraction is of another.
    pub(crate) fn per(&self, other: &Self) -> Self {
        Self::new(&self.part * &other.whole, &self.whole * &other.part)
    }
}
