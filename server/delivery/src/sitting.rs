//! A sitting: one candidate's exam, from the roster to the hand-in. Each method decides on the state as it is and changes
//! nothing unless it says so; the caller writes the decision down first and applies it after.
//!
//! `now_clock_ms` is the exam clock as the sitting's room counts it ([`Pauses::clock_ms`]).

use question_bank::{question::Kind, response::Response};
use thiserror::Error;

use crate::{
    ledger::{self, LedgerRow},
    limits::{SEQ_AHEAD_MAX, SEQ_MAX},
    pause::Pauses,
    session::Terms,
};

/// Who ended a sitting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBy {
    /// 交卷 by the candidate.
    Candidate,
    /// The time was up.
    Clock,
    /// 强制收卷, or the end of the room.
    Proctor,
}

impl ClosedBy {
    /// As it stands in the store.
    pub fn code(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Clock => "clock",
            Self::Proctor => "proctor",
        }
    }

    /// Reads [`ClosedBy::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Candidate, Self::Clock, Self::Proctor].into_iter().find(|by| by.code() == code)
    }
}

/// Where a sitting stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// On the roster.
    Expected,
    /// Logged in; identity and rules confirmed as far as the flags say.
    Present {
        /// 信息无误.
        confirmed: bool,
        /// 我已阅读并同意.
        accepted: bool,
    },
    /// The clock runs (or starts within the lead).
    Writing {
        /// On the exam clock. Never moved.
        started_clock_ms: i64,
    },
    /// Handed in. Nothing received after this is scored.
    Closed {
        /// By whom.
        by: ClosedBy,
        /// On the exam clock.
        closed_clock_ms: i64,
    },
    /// Recorded absent.
    Absent,
}

/// What stands for one question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Letters as displayed, ascending; empty for none.
    pub response: String,
    /// 标记.
    pub flagged: bool,
    /// Sequence of the change that wrote it; 0 for never.
    pub seq: i64,
}

/// A change as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Rises by one with each change in the browser.
    pub seq: i64,
    /// From 1.
    pub position: u32,
    /// Letters as displayed.
    pub response: String,
    /// 标记.
    pub flagged: bool,
}

/// How a question is shaped, as far as its responses go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// 题型.
    pub kind: Kind,
    /// Options shown.
    pub options: u8,
}

/// One candidate's exam.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sitting {
    /// Where it stands.
    pub phase: Phase,
    /// Rises with each login; only the newest writes. 0: never logged in.
    pub epoch: i64,
    /// Every grant of time.
    pub ledger: Vec<LedgerRow>,
    /// The paper's shape; position `n` is index `n - 1`.
    pub paper: Vec<Shape>,
    /// What stands, by the same index.
    pub answers: Vec<Answer>,
}

/// Why a change or an act is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The sitting was opened elsewhere since.
    #[error("the sitting was opened elsewhere")]
    Epoch,
    /// It has not started.
    #[error("the sitting has not started")]
    NotStarted,
    /// It is closed, or its time is up.
    #[error("the sitting is closed")]
    Closed,
    /// No such question.
    #[error("the paper has no question {0}")]
    Position(u32),
    /// Not a response that this question has.
    #[error("not a response to question {0}")]
    Response(u32),
    /// A sequence that no honest page makes.
    #[error("the sequence {0} is out of range")]
    Sequence(i64),
    /// Before the earliest time.
    #[error("hand-in is possible in {wait_ms} ms")]
    HandInTooEarly {
        /// How long to wait.
        wait_ms: i64,
    },
    /// Recorded absent.
    #[error("recorded absent")]
    Absent,
    /// The room stands still.
    #[error("the room is paused")]
    Paused,
    /// The form was made from an older revision of the response.
    #[error("question {0} was changed since the form was made")]
    Stale(u32),
}

impl Sitting {
    /// A sitting on the roster, with its paper and, if any, its accommodation.
    pub fn expected(paper: Vec<Shape>, ledger: Vec<LedgerRow>) -> Self {
        let answers = vec![Answer::default(); paper.len()];
        Self { phase: Phase::Expected, epoch: 0, ledger, paper, answers }
    }

    /// A sitting as it was written down. `answers` are those that were ever saved, by position; `None` where one is of no
    /// question of the paper.
    pub fn restored(
        paper: Vec<Shape>,
        ledger: Vec<LedgerRow>,
        phase: Phase,
        epoch: i64,
        answers: impl IntoIterator<Item = (u32, Answer)>,
    ) -> Option<Self> {
        let mut sitting = Self { phase, epoch, ..Self::expected(paper, ledger) };
        for (position, answer) in answers {
            let index = sitting.index(position).ok()?;
            sitting.answers[index] = answer;
        }
        Some(sitting)
    }

    /// Whether it has started and is not closed.
    pub fn is_writing(&self) -> bool {
        matches!(self.phase, Phase::Writing { .. })
    }

    /// `deadline = started + Σ ledger`, on the exam clock (law 3); the session's duration is the ledger's row of the start.
    pub fn deadline_clock_ms(&self) -> Option<i64> {
        match self.phase {
            Phase::Writing { started_clock_ms } => Some(started_clock_ms + ledger::granted_ms(&self.ledger)),
            _ => None,
        }
    }

    /// Time left to answer, never negative; before the start the whole of it.
    pub fn remaining_ms(&self, now_clock_ms: i64) -> i64 {
        let granted = ledger::granted_ms(&self.ledger);
        self.deadline_clock_ms().map_or(0, |deadline| (deadline - now_clock_ms).clamp(0, granted))
    }

    /// Whether the clock must hand it in now: the deadline and the allowance are over.
    pub fn is_over(&self, terms: &Terms, now_clock_ms: i64) -> bool {
        self.deadline_clock_ms().is_some_and(|deadline| now_clock_ms >= deadline + terms.allowance_ms)
    }

    /// Whether it may be closed now. Asked again when the close has its turn: time may have been granted since the clock found
    /// it over.
    pub fn may_close(&self, by: ClosedBy, terms: &Terms, now_clock_ms: i64) -> bool {
        self.is_writing() && (by != ClosedBy::Clock || self.is_over(terms, now_clock_ms))
    }

    /// Whether a login is possible, and its epoch.
    pub fn next_epoch(&self) -> Result<i64, Refusal> {
        match self.phase {
            Phase::Absent => Err(Refusal::Absent),
            _ => Ok(self.epoch + 1),
        }
    }

    /// A login with this epoch was written down.
    pub fn logged_in(&mut self, epoch: i64) {
        self.epoch = epoch;
        if self.phase == Phase::Expected {
            self.phase = Phase::Present { confirmed: false, accepted: false };
        }
    }

    /// A start, and the grant of the session's duration with it, were written down.
    pub fn started(&mut self, started_clock_ms: i64, row: LedgerRow) {
        self.phase = Phase::Writing { started_clock_ms };
        self.ledger.push(row);
    }

    /// Number of the ledger's next row.
    pub fn next_row_no(&self) -> i64 {
        self.ledger.last().map_or(0, |row| row.row_no) + 1
    }

    /// Whether changes of this epoch are taken now. Law 2: until the deadline plus the allowance, to the millisecond.
    pub fn writable(&self, epoch: i64, terms: &Terms, now_clock_ms: i64) -> Result<(), Refusal> {
        match self.phase {
            Phase::Closed { .. } => Err(Refusal::Closed),
            Phase::Absent => Err(Refusal::Absent),
            Phase::Expected | Phase::Present { .. } => Err(Refusal::NotStarted),
            Phase::Writing { .. } if epoch != self.epoch => Err(Refusal::Epoch),
            Phase::Writing { .. } if self.is_over(terms, now_clock_ms) => Err(Refusal::Closed),
            Phase::Writing { .. } => Ok(()),
        }
    }

    /// Checks a change against the paper. The response comes back in canonical form.
    pub fn checked(&self, change: &Change) -> Result<Change, Refusal> {
        let index = self.index(change.position)?;
        let newest = self.newest_seq();
        if !(1..=SEQ_MAX).contains(&change.seq) || change.seq > newest + SEQ_AHEAD_MAX {
            return Err(Refusal::Sequence(change.seq));
        }
        let shape = self.paper[index];
        let response = Response::parse(shape.kind, shape.options, &change.response)
            .map_err(|_| Refusal::Response(change.position))?;
        Ok(Change { response: response.to_string(), ..change.clone() })
    }

    /// A change made by a form without scripts: the server gives the sequence, and `revision` is the sequence of the answer
    /// that the form was made from. A stale page never overwrites in silence.
    pub fn form_change(&self, position: u32, revision: i64, response: &str, flagged: bool) -> Result<Change, Refusal> {
        let index = self.index(position)?;
        if self.answers[index].seq != revision {
            return Err(Refusal::Stale(position));
        }
        self.checked(&Change { seq: self.newest_seq() + 1, position, response: response.to_owned(), flagged })
    }

    /// Whether this epoch may hand in now. Nobody hands in a paper that they can't look at: not while the room stands still.
    pub fn may_hand_in(&self, epoch: i64, terms: &Terms, pauses: &Pauses, now_clock_ms: i64) -> Result<(), Refusal> {
        match self.phase {
            Phase::Writing { .. } if epoch != self.epoch => Err(Refusal::Epoch),
            Phase::Writing { .. } if pauses.is_on() => Err(Refusal::Paused),
            Phase::Writing { .. } => match self.hand_in_after_ms(terms, now_clock_ms) {
                0 => Ok(()),
                wait_ms => Err(Refusal::HandInTooEarly { wait_ms }),
            },
            Phase::Closed { .. } => Err(Refusal::Closed),
            Phase::Absent => Err(Refusal::Absent),
            Phase::Expected | Phase::Present { .. } => Err(Refusal::NotStarted),
        }
    }

    /// How long until the candidate may hand in; 0 when it is allowed. It waits as long as the room stood still.
    pub fn hand_in_after_ms(&self, terms: &Terms, now_clock_ms: i64) -> i64 {
        match self.phase {
            Phase::Writing { started_clock_ms } => {
                let earliest = started_clock_ms + terms.earliest_hand_in_ms + ledger::paused_ms(&self.ledger);
                (earliest - now_clock_ms).max(0)
            }
            _ => 0,
        }
    }

    /// Applies a change that is on stable storage: the highest sequence of a position stands, whatever arrives when.
    pub fn apply(&mut self, change: &Change) {
        if let Ok(index) = self.index(change.position)
            && self.answers[index].seq < change.seq
        {
            self.answers[index] =
                Answer { response: change.response.clone(), flagged: change.flagged, seq: change.seq };
        }
    }

    /// What stands for a position.
    pub fn answer(&self, position: u32) -> Option<&Answer> {
        self.index(position).ok().map(|index| &self.answers[index])
    }

    /// The highest sequence of any answer.
    pub fn newest_seq(&self) -> i64 {
        self.answers.iter().map(|answer| answer.seq).max().unwrap_or(0)
    }

    /// Questions with a response.
    pub fn answered(&self) -> u32 {
        u32::try_from(self.answers.iter().filter(|answer| !answer.response.is_empty()).count()).unwrap_or(u32::MAX)
    }

    fn index(&self, position: u32) -> Result<usize, Refusal> {
        let index = usize::try_from(position).ok().and_then(|position| position.checked_sub(1));
        index.filter(|index| *index < self.paper.len()).ok_or(Refusal::Position(position))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        ledger::Cause,
        session::{Purpose, tests::RULES},
    };

    fn terms() -> Terms {
        Terms::new(&RULES, Purpose::Exam, 90).unwrap()
    }

    fn grant(row_no: i64, grant_ms: i64) -> LedgerRow {
        LedgerRow {
            row_no,
            grant_ms,
            cause: Cause::Extension,
            reason: String::new(),
            actor: "system".to_owned(),
            approved_by: None,
            clock_ms: 0,
            at_ms: 0,
        }
    }

    fn writing() -> Sitting {
        let paper = vec![
            Shape { kind: Kind::TrueFalse, options: 2 },
            Shape { kind: Kind::SingleChoice, options: 4 },
            Shape { kind: Kind::MultipleChoice, options: 5 },
        ];
        let mut sitting = Sitting::expected(paper, vec![grant(1, 1_000)]);
        sitting.phase = Phase::Writing { started_clock_ms: 100 };
        sitting.epoch = 2;
        sitting
    }

    fn change(seq: i64, position: u32, response: &str) -> Change {
        Change { seq, position, response: response.to_owned(), flagged: false }
    }

    #[test]
    fn accept_until_the_closing_millisecond_and_not_at_it() {
        let (sitting, terms) = (writing(), terms());
        let closes = 100 + 1_000 + terms.allowance_ms;
        assert_eq!(sitting.writable(2, &terms, closes - 1), Ok(()));
        assert_eq!(sitting.writable(2, &terms, closes), Err(Refusal::Closed));
        assert_eq!(sitting.writable(2, &terms, closes + 30_000), Err(Refusal::Closed));
        assert_eq!(sitting.remaining_ms(100), 1_000);
        assert_eq!(sitting.remaining_ms(50), 1_000, "the lead before the start is a gift, not more time");
        assert_eq!(sitting.remaining_ms(closes), 0);
    }

    #[test]
    fn a_grant_moves_the_end_and_nothing_else() {
        let mut sitting = writing();
        sitting.ledger.push(grant(2, 600_000));
        assert_eq!(sitting.deadline_clock_ms(), Some(100 + 1_000 + 600_000));
        assert_eq!(sitting.phase, Phase::Writing { started_clock_ms: 100 });
    }

    #[test]
    fn a_grant_at_the_last_moment_keeps_the_clock_from_closing() {
        let (mut sitting, terms) = (writing(), terms());
        let closes = 100 + 1_000 + terms.allowance_ms;
        assert!(!sitting.may_close(ClosedBy::Clock, &terms, closes - 1));
        assert!(sitting.may_close(ClosedBy::Clock, &terms, closes));
        sitting.ledger.push(grant(2, 60_000));
        assert!(!sitting.may_close(ClosedBy::Clock, &terms, closes));
        assert!(sitting.may_close(ClosedBy::Proctor, &terms, closes));
        sitting.phase = Phase::Closed { by: ClosedBy::Clock, closed_clock_ms: closes };
        assert!(!sitting.may_close(ClosedBy::Proctor, &terms, closes));
    }

    #[test]
    fn only_the_newest_epoch_writes() {
        let sitting = writing();
        assert_eq!(sitting.writable(1, &terms(), 200), Err(Refusal::Epoch));
        assert_eq!(sitting.writable(3, &terms(), 200), Err(Refusal::Epoch));
        assert_eq!(sitting.may_hand_in(1, &terms(), &Pauses::default(), 200), Err(Refusal::Epoch));
    }

    #[test]
    fn refuse_what_the_paper_does_not_have() {
        let sitting = writing();
        for (position, response) in
            [(1, "C"), (1, "AB"), (2, "E"), (2, "AB"), (3, "F"), (3, "BA"), (3, "AA"), (2, "a"), (2, "甲")]
        {
            assert_eq!(
                sitting.checked(&change(1, position, response)),
                Err(Refusal::Response(position)),
                "{position} {response}"
            );
        }
        for position in [0, 4, u32::MAX] {
            assert_eq!(sitting.checked(&change(1, position, "A")), Err(Refusal::Position(position)));
        }
        for seq in [0, -1, SEQ_AHEAD_MAX + 1, i64::MAX] {
            assert_eq!(sitting.checked(&change(seq, 1, "A")), Err(Refusal::Sequence(seq)));
        }
        assert!(sitting.checked(&change(1, 3, "ACE")).is_ok());
        assert!(sitting.checked(&change(1, 2, "")).is_ok());
    }

    #[test]
    fn a_stale_form_overwrites_nothing() {
        let mut sitting = writing();
        let first = sitting.form_change(2, 0, "A", false).unwrap();
        sitting.apply(&first);
        assert_eq!(sitting.form_change(2, 0, "B", false), Err(Refusal::Stale(2)));
        let second = sitting.form_change(2, first.seq, "B", true).unwrap();
        sitting.apply(&second);
        assert_eq!(sitting.answer(2), Some(&Answer { response: "B".to_owned(), flagged: true, seq: 2 }));
    }

    #[test]
    fn hand_in_waits_for_the_earliest_time() {
        let (sitting, terms) = (writing(), terms());
        assert_eq!(
            sitting.may_hand_in(2, &terms, &Pauses::default(), 101),
            Err(Refusal::HandInTooEarly { wait_ms: 30 * 60_000 - 1 })
        );
        assert_eq!(sitting.may_hand_in(2, &terms, &Pauses::default(), 100 + 30 * 60_000), Ok(()));
    }

    proptest! {
        /// Whatever order, doubling or delay: the highest sequence of each position stands.
        #[test]
        fn order_of_arrival_does_not_matter(
            changes in prop::collection::vec((1i64..60, 1u32..=3, prop::sample::select(vec!["", "A", "B"])), 1..80),
            keys in prop::collection::vec(any::<u32>(), 80),
        ) {
            // One sequence is one change: keep the first of each.
            let mut seen = std::collections::BTreeMap::new();
            for (seq, position, response) in changes { seen.entry(seq).or_insert((position, response)); }
            let inorder: Vec<_> = seen.into_iter().map(|(seq, (position, response))| change(seq, position, response)).collect();
            let mut shuffled: Vec<_> = inorder.iter().chain(inorder.iter()).zip(keys.iter().cycle()).collect();
            shuffled.sort_by_key(|(change, key)| (**key).wrapping_mul(u32::try_from(change.seq).unwrap()));
            let (mut a, mut b) = (writing(), writing());
            for change in &inorder { a.apply(change); }
            for (change, _) in shuffled { b.apply(change); }
            prop_assert_eq!(a, b);
        }

        /// Law 3: no sequence of grants ever brings the deadline nearer.
        #[test]
        fn grants_only_add(grants in prop::collection::vec(0i64..3_600_000, 0..20)) {
            let mut sitting = writing();
            let mut before = sitting.deadline_clock_ms().unwrap();
            for (row_no, grant_ms) in (2..).zip(grants) {
                sitting.ledger.push(grant(row_no, grant_ms));
                let after = sitting.deadline_clock_ms().unwrap();
                prop_assert_eq!(after - before, grant_ms);
                before = after;
            }
        }
    }
}
