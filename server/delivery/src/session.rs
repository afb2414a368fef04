//! A session's terms: what every candidate of it is promised and bound to, fixed before the papers are drawn.

use question_bank::standard::TheoryRules;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::limits::{ALLOWANCE_MS_DEFAULT, ALLOWANCE_MS_MAX, SESSION_MINUTES_MAX, START_LEAD_MS_DEFAULT};

const MINUTE_MS: i64 = 60_000;

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// It counts. Questions that are public are refused.
    Exam,
    /// Full rules, public questions, informative result.
    Mock,
    /// Any length, never counts.
    Rehearsal,
}

impl Purpose {
    /// As it stands in the store.
    pub fn code(self) -> &'static str {
        match self {
            Self::Exam => "exam",
            Self::Mock => "mock",
            Self::Rehearsal => "rehearsal",
        }
    }

    /// Reads [`Purpose::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Exam, Self::Mock, Self::Rehearsal].into_iter().find(|purpose| purpose.code() == code)
    }
}

/// Where a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Papers are drawn; no room is open yet.
    Ready,
    /// A room is open or was; the exam clock runs.
    Running,
    /// Every room has ended.
    Finished,
}

impl SessionState {
    /// As it stands in the store.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Finished => "finished",
        }
    }

    /// Reads [`SessionState::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Ready, Self::Running, Self::Finished].into_iter().find(|state| state.code() == code)
    }
}

/// When the time of somebody who starts late ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LateEnd {
    /// After the full time.
    #[default]
    Full,
    /// With everybody's of the room: who comes later has less.
    Common,
}

/// The rules of one session. Shown to each candidate in words before the start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// Length, milliseconds.
    pub duration_ms: i64,
    /// After a deadline, an answer under way still counts for this long, milliseconds; the same for all.
    pub allowance_ms: i64,
    /// From the room's opening until the clocks of those who wait start, milliseconds.
    pub start_lead_ms: i64,
    /// Hand-in by the candidate is refused until this long after the start, milliseconds.
    pub earliest_hand_in_ms: i64,
    /// Nobody starts later than this after the room's opening, milliseconds.
    pub late_entry_ms: i64,
    /// When the time of somebody who starts late ends.
    #[serde(default)]
    pub late_end: LateEnd,
    /// Reminders at these amounts of time left, milliseconds, descending.
    pub reminders_ms: Vec<i64>,
    /// Points needed to pass.
    pub pass_points: u32,
    /// Whether the receipt shows the score at once.
    pub score_at_once: bool,
    /// Candidates for one proctor at most.
    pub candidates_per_proctor: u32,
    /// Proctors in a room at least.
    pub proctors_min: u32,
}

/// Why terms are refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TermsError {
    /// Below the standard's minimum, and not a rehearsal.
    #[error(
        "{minutes} minutes are fewer than the {minimum} that the standard demands; lengthen the session, or make it a rehearsal"
    )]
    TooShort {
        /// Asked for.
        minutes: u32,
        /// The standard's minimum.
        minimum: u32,
    },
    /// Zero, or beyond reason.
    #[error("a session lasts between 1 and {SESSION_MINUTES_MAX} minutes, not {minutes}")]
    Length {
        /// Asked for.
        minutes: u32,
    },
    /// Above [`ALLOWANCE_MS_MAX`], or negative.
    #[error("the transmission allowance is between 0 and {ALLOWANCE_MS_MAX} ms, not {allowance_ms}")]
    Allowance {
        /// Asked for.
        allowance_ms: i64,
    },
    /// Hand-in or late entry beyond the session's own length.
    #[error("{what} of {minutes} minutes is not within the session's own length")]
    Beyond {
        /// Which setting.
        what: &'static str,
        /// Asked for.
        minutes: u32,
    },
}

impl Terms {
    /// Default terms of the standard's rules (2-02-10-12, 1.9.2 to 1.9.4) for a session of `minutes`.
    pub fn new(rules: &TheoryRules, purpose: Purpose, minutes: u32) -> Result<Self, TermsError> {
        let share = |part: i64| (i64::from(minutes) * MINUTE_MS / part).min(30 * MINUTE_MS);
        let terms = Self {
            duration_ms: i64::from(minutes) * MINUTE_MS,
            allowance_ms: ALLOWANCE_MS_DEFAULT,
            start_lead_ms: START_LEAD_MS_DEFAULT,
            earliest_hand_in_ms: if purpose == Purpose::Rehearsal { 0 } else { share(3) },
            late_entry_ms: share(3),
            late_end: LateEnd::Full,
            reminders_ms: [15, 5].into_iter().filter(|m| *m < i64::from(minutes)).map(|m| m * MINUTE_MS).collect(),
            pass_points: rules.pass_score,
            score_at_once: purpose != Purpose::Exam,
            candidates_per_proctor: rules.candidates_per_proctor,
            proctors_min: rules.min_proctors_per_room,
        };
        terms.check(rules, purpose)?;
        Ok(terms)
    }

    /// Refuses terms that the standard or reason forbid. Nothing of it bends for anybody but a rehearsal.
    pub fn check(&self, rules: &TheoryRules, purpose: Purpose) -> Result<(), TermsError> {
        let minutes = minutes(self.duration_ms);
        if self.duration_ms < MINUTE_MS || minutes > SESSION_MINUTES_MAX {
            return Err(TermsError::Length { minutes });
        }
        if purpose != Purpose::Rehearsal && minutes < rules.min_minutes {
            return Err(TermsError::TooShort { minutes, minimum: rules.min_minutes });
        }
        if !(0..=ALLOWANCE_MS_MAX).contains(&self.allowance_ms) {
            return Err(TermsError::Allowance { allowance_ms: self.allowance_ms });
        }
        for (what, ms) in [("earliest hand-in", self.earliest_hand_in_ms), ("late entry", self.late_entry_ms)] {
            if !(0..=self.duration_ms).contains(&ms) {
                return Err(TermsError::Beyond { what, minutes: self::minutes(ms) });
            }
        }
        // Somebody let in at the very end would have no time at all.
        if self.late_end == LateEnd::Common && self.late_entry_ms >= self.duration_ms {
            return Err(TermsError::Beyond { what: "late entry", minutes: self::minutes(self.late_entry_ms) });
        }
        Ok(())
    }
}

/// Whole minutes of a duration, for display.
pub fn minutes(ms: i64) -> u32 {
    u32::try_from(ms / MINUTE_MS).unwrap_or(0)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Those of the national standard.
    pub(crate) const RULES: TheoryRules = TheoryRules {
        min_minutes: 90,
        max_score: 100,
        pass_score: 60,
        candidates_per_proctor: 15,
        min_proctors_per_room: 2,
    };

    #[test]
    fn refuse_a_session_shorter_than_the_standard() {
        for purpose in [Purpose::Exam, Purpose::Mock] {
            assert_eq!(Terms::new(&RULES, purpose, 89), Err(TermsError::TooShort { minutes: 89, minimum: 90 }));
            assert!(Terms::new(&RULES, purpose, 90).is_ok());
        }
        assert!(Terms::new(&RULES, Purpose::Rehearsal, 1).is_ok());
    }

    #[test]
    fn refuse_terms_without_reason() {
        assert!(matches!(Terms::new(&RULES, Purpose::Exam, 601), Err(TermsError::Length { .. })));
        assert!(matches!(Terms::new(&RULES, Purpose::Rehearsal, 0), Err(TermsError::Length { .. })));
        let mut terms = Terms::new(&RULES, Purpose::Exam, 90).unwrap();
        terms.allowance_ms = 10_001;
        assert!(matches!(terms.check(&RULES, Purpose::Exam), Err(TermsError::Allowance { .. })));
        terms.allowance_ms = 2_000;
        terms.late_entry_ms = terms.duration_ms + 1;
        assert!(matches!(terms.check(&RULES, Purpose::Exam), Err(TermsError::Beyond { .. })));
    }

    #[test]
    fn nobody_is_let_in_for_no_time_at_all() {
        let mut terms = Terms::new(&RULES, Purpose::Exam, 90).unwrap();
        terms.late_end = LateEnd::Common;
        terms.check(&RULES, Purpose::Exam).unwrap();
        terms.late_entry_ms = terms.duration_ms;
        assert!(matches!(terms.check(&RULES, Purpose::Exam), Err(TermsError::Beyond { .. })));
        terms.late_end = LateEnd::Full;
        terms.check(&RULES, Purpose::Exam).unwrap();
    }

    #[test]
    fn half_an_hour_is_the_usual_bar() {
        let terms = Terms::new(&RULES, Purpose::Exam, 90).unwrap();
        assert_eq!((terms.earliest_hand_in_ms, terms.late_entry_ms), (30 * MINUTE_MS, 30 * MINUTE_MS));
        assert_eq!(terms.reminders_ms, [15 * MINUTE_MS, 5 * MINUTE_MS]);
        assert!(!terms.score_at_once);
    }
}
