//! The integer programme: so many of each column, every active row kept, at the least cost.
//!
//! The solver computes in floating point, so what it returns is rounded and held against every row in whole numbers before
//! anybody believes it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOptions, SolveOutcome, VarDomain, Variable};

/// So many branches the search may open. A count and not a time, so that the same question has the same answer.
const NODES_MAX: u64 = 400;

/// How far from a whole number the solver may leave a value that it means to be whole.
const TOLERANCE: f64 = 1e-6;

/// A linear rule: the sum of the columns' coefficients lies within these bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// The least sum.
    pub min: Option<i64>,
    /// The greatest sum.
    pub max: Option<i64>,
}

/// What there can be several of: questions that are alike to every rule.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Row and coefficient, by ascending row, each row once.
    pub terms: Vec<(usize, i64)>,
    /// The most of it.
    pub upper: u32,
    /// What each of it costs.
    pub cost: u32,
}

/// What the programme found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// How many of each column, at the least cost.
    Best(Vec<u32>),
    /// A number of each column that keeps every row, perhaps not at the least cost.
    Some(Vec<u32>),
    /// No number of each column keeps every row.
    Impossible,
    /// The search was given up, or its answer failed the check in whole numbers.
    Unknown,
}

/// Solves for the rows that are active; the others are as if they were not there. Columns that the active rows can't tell
/// apart are one variable, which makes a programme of few rows a small one.
pub(super) fn solve(rows: &[Bounds], active: &[bool], columns: &[&Column]) -> Answer {
    let merged = Merged::of(active, columns);
    let Some(needed) = needed(rows, active, &merged.variables) else { return Answer::Impossible };
    let (values, best) = match search(&merged.variables, &needed, rows.len(), VarDomain::Integer) {
        Ok((values, best)) => (values.into_iter().map(|value| whole(value.round())).collect::<Vec<_>>(), best),
        Err(answer) => return answer,
    };
    if !holds(rows, active, &merged.variables, &values) {
        return Answer::Unknown;
    }
    let values = merged.spread(&values, columns);
    if best { Answer::Best(values) } else { Answer::Some(values) }
}

/// How many of each column the programme takes when parts of a question count too, rounded up. A good guess at what
/// suffices where the search in whole numbers finds nothing; the caller sees whether it does.
pub(super) fn rounded_up(rows: &[Bounds], active: &[bool], columns: &[&Column]) -> Option<Vec<u32>> {
    let merged = Merged::of(active, columns);
    let needed = needed(rows, active, &merged.variables)?;
    let (values, _) = search(&merged.variables, &needed, rows.len(), VarDomain::Real).ok()?;
    let values: Vec<u32> = values.into_iter().map(|value| whole((value - TOLERANCE).ceil())).collect();
    Some(merged.spread(&values, columns))
}

/// The bounds that the variables could break; nothing, if they can't keep one at all.
fn needed(rows: &[Bounds], active: &[bool], variables: &[Column]) -> Option<Vec<(usize, ComparisonOp, i64)>> {
    let mut sums = vec![(0_i64, 0_i64); rows.len()];
    for variable in variables {
        for (row, coefficient) in &variable.terms {
            let reach = coefficient.saturating_mul(i64::from(variable.upper));
            let (least, greatest) = &mut sums[*row];
            *least = least.saturating_add(reach.min(0));
            *greatest = greatest.saturating_add(reach.max(0));
        }
    }
    let mut needed = Vec::new();
    for (row, bounds) in rows.iter().enumerate().filter(|(row, _)| active[*row]) {
        let (least, greatest) = sums[row];
        if bounds.min.is_some_and(|min| greatest < min) || bounds.max.is_some_and(|max| least > max) {
            return None;
        }
        match (bounds.min.filter(|min| least < *min), bounds.max.filter(|max| greatest > *max)) {
            (Some(min), Some(max)) if min == max => needed.push((row, ComparisonOp::Eq, min)),
            (min, max) => {
                needed.extend(min.map(|min| (row, ComparisonOp::Ge, min)));
                needed.extend(max.map(|max| (row, ComparisonOp::Le, max)));
            }
        }
    }
    Some(needed)
}

/// The columns of a programme, those that its rows can't tell apart put together.
struct Merged {
    variables: Vec<Column>,
    /// For each column its variable.
    variable_of: Vec<usize>,
}

impl Merged {
    fn of(active: &[bool], columns: &[&Column]) -> Self {
        let mut known: HashMap<(Vec<(usize, i64)>, u32), usize> = HashMap::new();
        let mut variables: Vec<Column> = Vec::new();
        let variable_of = columns.iter().map(|column| {
            let terms: Vec<_> = column.terms.iter().copied().filter(|(row, _)| active[*row]).collect();
            match known.entry((terms, column.cost)) {
                Entry::Occupied(place) => {
                    let variable = &mut variables[*place.get()];
                    variable.upper = variable.upper.saturating_add(column.upper);
                    *place.get()
                }
                Entry::Vacant(place) => {
                    let terms = place.key().0.clone();
                    variables.push(Column { terms, upper: column.upper, cost: column.cost });
                    *place.insert(variables.len() - 1)
                }
            }
        });
        Self { variable_of: variable_of.collect(), variables }
    }

    /// The value of each variable, given to its columns in their order.
    fn spread(&self, values: &[u32], columns: &[&Column]) -> Vec<u32> {
        let mut left = values.to_vec();
        let shares = columns.iter().zip(&self.variable_of).map(|(column, variable)| {
            let share = left[*variable].min(column.upper);
            left[*variable] -= share;
            share
        });
        shares.collect()
    }
}

/// The solver's values of the variables and whether they are proven best.
fn search(
    variables: &[Column],
    needed: &[(usize, ComparisonOp, i64)],
    rows: usize,
    domain: VarDomain,
) -> Result<(Vec<f64>, bool), Answer> {
    let mut problem = Problem::new(OptimizationDirection::Minimize);
    let mut terms: Vec<Vec<(Variable, f64)>> = vec![Vec::new(); rows];
    let handles: Vec<Variable> = variables
        .iter()
        .map(|variable| {
            let upper = i32::try_from(variable.upper).unwrap_or(i32::MAX);
            let handle = match domain {
                VarDomain::Real => problem.add_var(f64::from(variable.cost), (0.0, f64::from(upper))),
                VarDomain::Integer | VarDomain::Boolean => {
                    problem.add_integer_var(f64::from(variable.cost), (0, upper))
                }
            };
            for (row, coefficient) in &variable.terms {
                terms[*row].push((handle, float(*coefficient)));
            }
            handle
        })
        .collect();
    for (row, comparison, bound) in needed {
        problem.add_constraint(terms[*row].as_slice(), *comparison, float(*bound));
    }
    let mut options = SolveOptions::default();
    options.node_limit = Some(NODES_MAX);
    match problem.solve_with(options) {
        Ok(SolveOutcome::Solution(solution)) => {
            let best = solution.status() == microlp::SolutionStatus::Optimal;
            Ok((handles.into_iter().map(|handle| solution.var_value(handle)).collect(), best))
        }
        Err(microlp::Error::Infeasible) => Err(Answer::Impossible),
        Ok(SolveOutcome::Interrupted(_)) | Err(_) => Err(Answer::Unknown),
    }
}

/// Whether these values keep every active row, in whole numbers.
fn holds(rows: &[Bounds], active: &[bool], variables: &[Column], values: &[u32]) -> bool {
    let mut sums = vec![0_i128; rows.len()];
    for (variable, value) in variables.iter().zip(values) {
        if *value > variable.upper {
            return false;
        }
        for (row, coefficient) in &variable.terms {
            sums[*row] += i128::from(*coefficient) * i128::from(*value);
        }
    }
    rows.iter().zip(active).zip(sums).filter(|((_, active), _)| **active).all(|((bounds, _), sum)| {
        bounds.min.is_none_or(|min| sum >= i128::from(min)) && bounds.max.is_none_or(|max| sum <= i128::from(max))
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "coefficients and bounds are far below 2^53; the answer is checked anyway"
)]
fn float(number: i64) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and every value is checked in whole numbers afterwards"
)]
fn whole(value: f64) -> u32 {
    value as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(terms: &[(usize, i64)], upper: u32, cost: u32) -> Column {
        Column { terms: terms.to_vec(), upper, cost }
    }

    const fn exactly(number: i64) -> Bounds {
        Bounds { min: Some(number), max: Some(number) }
    }

    #[test]
    fn the_cheapest_answer_is_found_and_given_back_by_column() {
        let columns = [column(&[(0, 1)], 2, 5), column(&[(0, 1)], 9, 5), column(&[(0, 1), (1, 1)], 4, 1)];
        let rows = [exactly(8), Bounds { min: None, max: Some(3) }];
        let columns: Vec<&Column> = columns.iter().collect();
        assert_eq!(solve(&rows, &[true, true], &columns), Answer::Best(vec![2, 3, 3]));
        assert_eq!(solve(&rows, &[true, false], &columns), Answer::Best(vec![2, 2, 4]));
    }

    #[test]
    fn what_only_halves_could_solve_is_impossible() {
        let columns = [column(&[(0, 2)], 9, 0), column(&[(0, 4)], 9, 0)];
        let columns: Vec<&Column> = columns.iter().collect();
        assert_eq!(solve(&[exactly(7)], &[true], &columns), Answer::Impossible);
        assert!(matches!(solve(&[exactly(8)], &[true], &columns), Answer::Best(_)));
    }

    #[test]
    fn values_out_of_bounds_or_rows_fail_the_check() {
        let variables = [column(&[(0, 1)], 3, 0)];
        assert!(holds(&[exactly(3)], &[true], &variables, &[3]));
        assert!(!holds(&[exactly(3)], &[true], &variables, &[2]));
        assert!(!holds(&[exactly(4)], &[true], &variables, &[4]));
        assert!(holds(&[exactly(4)], &[false], &variables, &[2]));
    }
}
