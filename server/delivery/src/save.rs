//! How an answer is saved, as far as it is decided in memory: what is let in, why the commit may still refuse it, and what
//! the page is told instead of its own.

use crate::{
    session::Terms,
    sitting::{Change, Refusal, Sitting},
};

impl Sitting {
    /// Lets the changes of one request in, in canonical form. `own` is the epoch of the login that asks, `epoch` the one that
    /// its page was made for.
    pub fn admit(
        &self,
        terms: &Terms,
        (own, epoch): (i64, i64),
        changes: &[Change],
        now_clock_ms: i64,
    ) -> Result<Vec<Change>, Refusal> {
        if own != epoch {
            return Err(Refusal::Epoch);
        }
        self.writable(own, terms, now_clock_ms)?;
        changes.iter().map(|change| self.checked(change)).collect()
    }

    /// The commit found the sitting closed or taken by another epoch; which of both. `None`: memory knows of neither, so that
    /// another server must have done it, and the page is to ask again.
    pub fn why_not_written(&self, epoch: i64) -> Option<Refusal> {
        if self.epoch != epoch {
            Some(Refusal::Epoch)
        } else if self.is_writing() {
            None
        } else {
            Some(Refusal::Closed)
        }
    }

    /// Positions where, after these changes were applied, something else stands than they asked for: a newer change was
    /// there already. The page must show that instead.
    pub fn superseded(&self, changes: &[Change]) -> Vec<u32> {
        let other_stands = |change: &&Change| {
            let own_later = changes.iter().any(|other| other.position == change.position && other.seq > change.seq);
            let stands = self.answer(change.position).filter(|answer| answer.seq > 0);
            !own_later && stands.is_some_and(|a| a.response != change.response || a.flagged != change.flagged)
        };
        changes.iter().filter(other_stands).map(|change| change.position).collect()
    }
}

#[cfg(test)]
mod tests {
    use question_bank::question::Kind;

    use super::*;
    use crate::{
        session::{Purpose, tests::RULES},
        sitting::{Phase, Shape},
    };

    fn change(seq: i64, position: u32, response: &str) -> Change {
        Change { seq, position, response: response.to_owned(), flagged: false }
    }

    fn writing() -> Sitting {
        let mut sitting = Sitting::expected(vec![Shape { kind: Kind::SingleChoice, options: 4 }; 2], Vec::new());
        sitting.phase = Phase::Writing { started_clock_ms: 0 };
        sitting.epoch = 2;
        sitting
    }

    #[test]
    fn a_page_of_an_older_login_is_not_let_in() {
        let terms = Terms::new(&RULES, Purpose::Exam, 90).unwrap();
        let asks = |epochs, now| writing().admit(&terms, epochs, &[change(1, 1, "A")], now);
        assert_eq!(asks((2, 2), 0), Ok(vec![change(1, 1, "A")]));
        assert_eq!(asks((2, 1), 0), Err(Refusal::Epoch));
        assert_eq!(asks((1, 1), 0), Err(Refusal::Epoch));
        assert_eq!(asks((2, 2), terms.allowance_ms), Err(Refusal::Closed));
    }

    #[test]
    fn never_told_closed_while_it_is_open() {
        let mut sitting = writing();
        assert_eq!(sitting.why_not_written(1), Some(Refusal::Epoch));
        assert_eq!(sitting.why_not_written(2), None);
        sitting.phase = Phase::Absent;
        assert_eq!(sitting.why_not_written(2), Some(Refusal::Closed));
    }

    #[test]
    fn the_page_is_told_what_stands_instead() {
        let mut sitting = writing();
        sitting.apply(&change(5, 1, "B"));
        assert_eq!(sitting.superseded(&[change(4, 1, "A"), change(6, 2, "C")]), [1]);
        assert_eq!(sitting.superseded(&[change(4, 1, "B")]), [0; 0]);
        sitting.apply(&change(6, 1, "C"));
        assert_eq!(sitting.superseded(&[change(5, 1, "B"), change(6, 1, "C")]), [0; 0], "its own later change stands");
    }
}
