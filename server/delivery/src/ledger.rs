//! The clock ledger: every grant of time to a sitting, only ever appended.

use serde::{Deserialize, Serialize};

/// Why time was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The session's duration, at the start of the sitting.
    Duration,
    /// Extra time agreed on before the exam, for a candidate with an accommodation. The sitting's first row.
    Accommodation,
    /// Given by a proctor during the exam.
    Extension,
    /// The room stood still; as long as the pause was.
    Pause,
}

impl Cause {
    /// As it stands in the store.
    pub fn code(self) -> &'static str {
        match self {
            Self::Duration => "duration",
            Self::Accommodation => "accommodation",
            Self::Extension => "extension",
            Self::Pause => "pause",
        }
    }

    /// Reads [`Cause::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Duration, Self::Accommodation, Self::Extension, Self::Pause]
            .into_iter()
            .find(|cause| cause.code() == code)
    }
}

/// One grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRow {
    /// From 1, without gaps.
    pub row_no: i64,
    /// Milliseconds granted; never negative, for nobody gets less time than promised.
    pub grant_ms: i64,
    /// Why.
    pub cause: Cause,
    /// In the words of whoever granted it.
    pub reason: String,
    /// Account that granted it, or `system`.
    pub actor: String,
    /// Account that confirmed it, where a second person had to.
    pub approved_by: Option<String>,
    /// On the exam clock.
    pub clock_ms: i64,
    /// Wall time.
    pub at_ms: i64,
}

/// Sum of all grants, milliseconds.
pub fn granted_ms(rows: &[LedgerRow]) -> i64 {
    rows.iter().map(|row| row.grant_ms).sum()
}

/// For how long the sitting's room has stood still since its start, milliseconds.
pub fn paused_ms(rows: &[LedgerRow]) -> i64 {
    rows.iter().filter(|row| row.cause == Cause::Pause).map(|row| row.grant_ms).sum()
}
