//! Marking (评分) and scores (成绩). Integer milli-points throughout: nothing is rounded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::blueprint::Policy;
use crate::key::Key;
use crate::paper::Item;
use crate::response::Response;

/// The milli-points for a response: from 0 to `points_milli`, a function of its arguments alone.
///
/// `options[display]` is the bank index of the option displayed there, as on the paper. An empty response earns 0, and
/// all and only the right options earn `points_milli`, under every policy. A chosen index beyond the options is wrong.
pub fn mark(policy: &Policy, points_milli: u32, key: &Key, options: &[u8], response: &Response) -> u32 {
    let counts = Counts::of(key, options, *response);
    if counts.chosen_right == 0 {
        return 0;
    }
    if counts.chosen_wrong == 0 && counts.missed_right == 0 {
        return points_milli;
    }
    let milli = match *policy {
        Policy::Exact => 0,
        Policy::PartialPerOption { .. } | Policy::PartialFixed { .. } if counts.chosen_wrong > 0 => 0,
        Policy::PartialPerOption { milli } => counts.chosen_right.saturating_mul(milli),
        Policy::PartialFixed { milli } => milli,
        Policy::Penalised { right_milli, wrong_milli } => {
            let added = counts.chosen_right.saturating_mul(right_milli);
            added.saturating_sub(counts.chosen_wrong.saturating_mul(wrong_milli))
        }
    };
    milli.min(points_milli)
}

/// How a response meets a key.
struct Counts {
    chosen_right: u32,
    chosen_wrong: u32,
    missed_right: u32,
}

impl Counts {
    fn of(key: &Key, options: &[u8], response: Response) -> Self {
        let mut counts = Self { chosen_right: 0, chosen_wrong: 0, missed_right: 0 };
        for (&bank_option, display) in options.iter().zip(0_u8..) {
            match (response.chose(display), key.right(bank_option)) {
                (true, true) => counts.chosen_right += 1,
                (true, false) => counts.chosen_wrong += 1,
                (false, true) => counts.missed_right += 1,
                (false, false) => {}
            }
        }
        let beyond = response.chosen().filter(|&display| usize::from(display) >= options.len()).count();
        counts.chosen_wrong += u32::try_from(beyond).expect("a response has at most eight options");
        counts
    }
}

/// The points of a sitting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Score {
    /// Milli-points earned.
    pub total_milli: u32,
    /// Milli-points that could be earned.
    pub max_milli: u32,
    /// The same for each function, sorted by its id.
    pub by_function: Vec<FunctionScore>,
    /// Whether the pass mark was reached.
    pub passed: bool,
}

/// The points of a sitting in one function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionScore {
    /// The function's id.
    pub function: String,
    /// Milli-points earned.
    pub got_milli: u32,
    /// Milli-points that could be earned.
    pub max_milli: u32,
}

/// Adds up the marks of a sitting: each item of its paper with the milli-points earned.
///
/// `pass_points` is in whole points; reaching it exactly passes (standard 1.9.2: 60 分（含）以上为合格). Exact milli-points
/// are compared, so 59.999 does not pass.
pub fn score<'paper>(marks: impl Iterator<Item = (&'paper Item, u32)>, pass_points: u32) -> Score {
    let mut functions: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let (mut total_milli, mut max_milli) = (0_u32, 0_u32);
    for (item, got_milli) in marks {
        let function = functions.entry(&item.function).or_default();
        function.0 = function.0.saturating_add(got_milli);
        function.1 = function.1.saturating_add(item.points_milli);
        total_milli = total_milli.saturating_add(got_milli);
        max_milli = max_milli.saturating_add(item.points_milli);
    }
    let by_function = functions
        .into_iter()
        .map(|(function, (got_milli, max_milli))| FunctionScore { function: function.to_owned(), got_milli, max_milli })
        .collect();
    let passed = u64::from(total_milli) >= u64::from(pass_points) * 1000;
    Score { total_milli, max_milli, by_function, passed }
}
