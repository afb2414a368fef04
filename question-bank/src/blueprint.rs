//! A blueprint (组卷方案): what a paper must contain, and its compilation to exact counts.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::digest::{Digest, DigestOf};
use crate::question::Kind;
use crate::standard::Standard;

/// How the responses to one kind are marked. All amounts are milli-points (1000 = one point).
///
/// Under every policy an empty response earns 0, and choosing all and only the right options earns the question's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "policy", rename_all = "snake_case", from = "PolicyFields")]
pub enum Policy {
    /// All and only the right options, or nothing: 多选、少选、错选均不得分.
    Exact,
    /// Any wrong option earns 0; otherwise `milli` for each right option, at most the question's points.
    PartialPerOption {
        /// Milli-points for each right option.
        milli: u32,
    },
    /// Any wrong option earns 0; some of the right options, but not all, earn `milli`.
    PartialFixed {
        /// Milli-points for an incomplete right response.
        milli: u32,
    },
    /// Each right option adds, each wrong one subtracts; not below 0, at most the question's points.
    Penalised {
        /// Milli-points added for each right option.
        right_milli: u32,
        /// Milli-points subtracted for each wrong option.
        wrong_milli: u32,
    },
}

/// How a [`Policy`] is read: serde refuses a stray amount beside `exact` only where the variant has (no) fields.
#[derive(Deserialize)]
#[serde(tag = "policy", rename_all = "snake_case", deny_unknown_fields)]
enum PolicyFields {
    Exact {},
    PartialPerOption { milli: u32 },
    PartialFixed { milli: u32 },
    Penalised { right_milli: u32, wrong_milli: u32 },
}

impl From<PolicyFields> for Policy {
    fn from(fields: PolicyFields) -> Self {
        match fields {
            PolicyFields::Exact {} => Self::Exact,
            PolicyFields::PartialPerOption { milli } => Self::PartialPerOption { milli },
            PolicyFields::PartialFixed { milli } => Self::PartialFixed { milli },
            PolicyFields::Penalised { right_milli, wrong_milli } => Self::Penalised { right_milli, wrong_milli },
        }
    }
}

/// What a paper must contain of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindQuota {
    /// The kind; each stands in a blueprint once.
    pub kind: Kind,
    /// How many questions of it.
    pub count: u32,
    /// The points of **each** of them, in milli-points.
    pub points_milli: u32,
    /// How its responses are marked.
    pub marking: Policy,
}

/// What a paper must contain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blueprint {
    /// The standard's id.
    pub standard: String,
    /// The level's id.
    pub level: String,
    /// The direction's id, where the level has directions.
    pub direction: Option<String>,
    /// Whole points for each function, in the order of the standard.
    pub points: Vec<(String, u32)>,
    /// What is wanted of each kind.
    pub kinds: Vec<KindQuota>,
}

impl Blueprint {
    /// The blueprint that follows from the standard's theory weights (理论知识权重表): as many one-point questions as
    /// points, true/false : single : multiple choice = 1 : 3 : 1, all marked [`Policy::Exact`].
    pub fn default_for(standard: &Standard, level: &str, direction: Option<&str>) -> Result<Self, BlueprintError> {
        let column = standard.column(level, direction).ok_or_else(|| BlueprintError::NoWeights {
            standard: standard.id.clone(),
            level: level.to_owned(),
            direction: direction.map(str::to_owned),
        })?;
        let quota = |kind, count| KindQuota { kind, count, points_milli: 1000, marking: Policy::Exact };
        Ok(Self {
            standard: standard.id.clone(),
            level: level.to_owned(),
            direction: direction.map(str::to_owned),
            points: column.weights.clone(),
            kinds: vec![quota(Kind::TrueFalse, 20), quota(Kind::SingleChoice, 60), quota(Kind::MultipleChoice, 20)],
        })
    }

    /// Turns the blueprint into exact counts for each function and kind.
    ///
    /// The kinds keep their proportion within every function: of the kind's `count` questions, a function gets the share
    /// that its points have in the whole. Where such a share is not a whole number, the blueprint is refused.
    pub fn compile(&self) -> Result<Compiled, BlueprintError> {
        self.refuse_duplicates()?;
        self.refuse_empty_parts()?;
        let total_points = self.total_points()?;
        let mut cells = Vec::with_capacity(self.points.len() * self.kinds.len());
        for (function, points) in &self.points {
            for quota in &self.kinds {
                let shares = u64::from(quota.count) * u64::from(*points);
                let remainder = shares % total_points;
                if remainder != 0 {
                    return Err(BlueprintError::Indivisible {
                        function: function.clone(),
                        kind: quota.kind,
                        count: quota.count,
                        points: *points,
                        total_points,
                        remainder,
                    });
                }
                let count =
                    u32::try_from(shares / total_points).expect("a share is no larger than the count it divides");
                cells.push(Cell {
                    function: function.clone(),
                    kind: quota.kind,
                    count,
                    points_milli: quota.points_milli,
                });
            }
        }
        Ok(Compiled { standard: self.standard.clone(), cells })
    }

    /// The digest of every field.
    pub fn digest(&self) -> Digest {
        let mut digest = DigestOf::new("kaochang-blueprint/1").text(&self.standard).text(&self.level);
        digest = match &self.direction {
            Some(direction) => digest.count(1).text(direction),
            None => digest.count(0),
        };
        digest = digest.count(self.points.len());
        for (function, points) in &self.points {
            digest = digest.text(function).number(i64::from(*points));
        }
        digest = digest.count(self.kinds.len());
        for quota in &self.kinds {
            digest =
                digest.text(quota.kind.code()).number(i64::from(quota.count)).number(i64::from(quota.points_milli));
            digest = match quota.marking {
                Policy::Exact => digest.text("exact"),
                Policy::PartialPerOption { milli } => digest.text("partial_per_option").number(i64::from(milli)),
                Policy::PartialFixed { milli } => digest.text("partial_fixed").number(i64::from(milli)),
                Policy::Penalised { right_milli, wrong_milli } => {
                    digest.text("penalised").number(i64::from(right_milli)).number(i64::from(wrong_milli))
                }
            };
        }
        digest.finish()
    }

    fn refuse_duplicates(&self) -> Result<(), BlueprintError> {
        let mut functions = BTreeSet::new();
        for (function, _) in &self.points {
            if !functions.insert(function) {
                return Err(BlueprintError::DuplicateFunction(function.clone()));
            }
        }
        let mut kinds = BTreeSet::new();
        for quota in &self.kinds {
            if !kinds.insert(quota.kind) {
                return Err(BlueprintError::DuplicateKind(quota.kind));
            }
        }
        Ok(())
    }

    fn refuse_empty_parts(&self) -> Result<(), BlueprintError> {
        if self.points.is_empty() || self.kinds.is_empty() {
            return Err(BlueprintError::ZeroTotal);
        }
        if let Some((function, _)) = self.points.iter().find(|(_, points)| *points == 0) {
            return Err(BlueprintError::FunctionWithoutPoints(function.clone()));
        }
        match self.kinds.iter().find(|quota| quota.count == 0 || quota.points_milli == 0) {
            Some(quota) => Err(BlueprintError::KindWithoutPoints(quota.kind)),
            None => Ok(()),
        }
    }

    /// The points of the whole paper, once the kinds and the functions agree on them.
    fn total_points(&self) -> Result<u64, BlueprintError> {
        let functions_milli: u128 = self.points.iter().map(|(_, points)| u128::from(*points) * 1000).sum();
        let kinds_milli: u128 =
            self.kinds.iter().map(|quota| u128::from(quota.count) * u128::from(quota.points_milli)).sum();
        if functions_milli != kinds_milli {
            return Err(BlueprintError::TotalsDiffer { functions_milli, kinds_milli });
        }
        if functions_milli > u128::from(PAPER_MILLI_MAX) {
            return Err(BlueprintError::TooLarge { total_milli: functions_milli });
        }
        Ok(u64::try_from(functions_milli / 1000).expect("at most a million points"))
    }
}

/// The most a paper may be worth: a million points. Far above any exam; keeps every sum of milli-points inside 32 bits.
pub const PAPER_MILLI_MAX: u32 = 1_000_000_000;

/// A blueprint as exact counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compiled {
    /// The id of the standard whose questions may be drawn.
    pub standard: String,
    /// One cell for each function and kind, in the order of the blueprint; none of them empty.
    pub cells: Vec<Cell>,
}

/// How many questions of one function and one kind a paper holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The function's id.
    pub function: String,
    /// The kind.
    pub kind: Kind,
    /// How many questions.
    pub count: u32,
    /// The points of **each** of them, in milli-points.
    pub points_milli: u32,
}

/// Why a blueprint is refused. Each sentence says what to change.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BlueprintError {
    /// The standard has no weight column for the level and direction.
    #[error(
        "the standard \"{standard}\" has no theory weights for level \"{level}\", direction {}; give a blueprint of your own",
        .direction.as_deref().unwrap_or("none")
    )]
    NoWeights {
        /// The standard's id.
        standard: String,
        /// The level asked for.
        level: String,
        /// The direction asked for.
        direction: Option<String>,
    },
    /// A function is listed twice.
    #[error("the function \"{0}\" is listed twice; keep one line for it")]
    DuplicateFunction(String),
    /// A kind is listed twice.
    #[error("the kind \"{0}\" is listed twice; keep one line for it")]
    DuplicateKind(Kind),
    /// No function or no kind at all.
    #[error("the blueprint asks for no points; list at least one function and one kind")]
    ZeroTotal,
    /// A function with zero points.
    #[error("the function \"{0}\" has no points; give it points or leave it out")]
    FunctionWithoutPoints(String),
    /// A kind with zero questions or questions of zero points.
    #[error("the kind \"{0}\" has no questions or no points; give it both or leave it out")]
    KindWithoutPoints(Kind),
    /// Functions and kinds add up to different totals.
    #[error(
        "the functions add up to {} points and the kinds to {}; make both the same",
        points(*.functions_milli),
        points(*.kinds_milli)
    )]
    TotalsDiffer {
        /// Milli-points of all functions.
        functions_milli: u128,
        /// Milli-points of all kinds.
        kinds_milli: u128,
    },
    /// More points than any paper may have.
    #[error("a paper of {} points is too large; the limit is {}", points(*.total_milli), points(u128::from(PAPER_MILLI_MAX)))]
    TooLarge {
        /// Milli-points of the whole.
        total_milli: u128,
    },
    /// A function's share of a kind is not a whole number of questions.
    #[error(
        "the function \"{function}\" has {points} of {total_points} points, so its share of the {count} questions of kind \
         \"{kind}\" is {} and {remainder}/{total_points}; change its points or the counts of the kinds so that nothing remains",
        u64::from(*.count) * u64::from(*.points) / .total_points
    )]
    Indivisible {
        /// The function's id.
        function: String,
        /// The kind.
        kind: Kind,
        /// How many questions of the kind the paper has.
        count: u32,
        /// The function's points.
        points: u32,
        /// The points of the whole paper.
        total_points: u64,
        /// What remains of `count * points` after division by `total_points`.
        remainder: u64,
    },
}

/// Milli-points as points, without a fraction of zeros.
fn points(milli: u128) -> String {
    match milli % 1000 {
        0 => (milli / 1000).to_string(),
        rest => format!("{}.{}", milli / 1000, format!("{rest:03}").trim_end_matches('0')),
    }
}

#[cfg(test)]
mod tests;
