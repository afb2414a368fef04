//! How many papers there are, exactly.

use std::collections::HashMap;

use num_bigint::BigUint;

use super::joint::{Joint, Question, joint};
use super::margin::Margin;
use super::pool::{KINDS, Pool};
use super::programme::{Bounds, Counts};

/// About how many steps one function's table may take, and how many pairs of states may be joined.
const STEPS_MAX: u64 = 2_000_000_000;
const PAIRS_MAX: usize = 20_000_000;

/// The papers that keep every limit and every margin; nothing, where counting them takes too long.
pub(super) fn count(pool: &Pool, bounds: &Bounds, margins: &[Margin]) -> Option<BigUint> {
    let weight = |_| BigUint::from(1_u32);
    let mut papers = Joint::from([(([0; KINDS], vec![0; pool.signs.len()].into()), weight(0))]);
    let mut tables = Vec::new();
    for (function, bounds) in pool.functions.iter().zip(&bounds.functions) {
        let (classes, signs) = (&pool.classes, pool.signs.len());
        tables.push(joint(Question { function, classes, signs, bounds, weight: &weight, steps_max: STEPS_MAX })?);
    }
    tables.sort_by_key(HashMap::len);
    let mut pairs = 0;
    for table in tables {
        pairs += papers.len() * table.len();
        if pairs > PAIRS_MAX {
            return None;
        }
        papers = joined(&papers, &table, bounds.paper, margins);
    }
    let whole = papers
        .into_iter()
        .filter(|((counts, signs), _)| *counts == bounds.paper && margins.iter().all(|margin| margin.holds(signs)));
    Some(whole.map(|(_, ways)| ways).sum())
}

fn joined(left: &Joint, right: &Joint, most: Counts, margins: &[Margin]) -> Joint {
    let mut both = Joint::new();
    for ((left_counts, left_signs), left_ways) in left {
        for ((right_counts, right_signs), right_ways) in right {
            let counts: Counts = std::array::from_fn(|kind| left_counts[kind] + right_counts[kind]);
            if counts.iter().zip(most).any(|(count, most)| *count > most) {
                continue;
            }
            let signs: Box<[u32]> = left_signs.iter().zip(right_signs).map(|(left, right)| left + right).collect();
            if margins.iter().all(|margin| margin.count(&signs) <= margin.max) {
                *both.entry((counts, signs)).or_default() += left_ways * right_ways;
            }
        }
    }
    both
}
