//! A room that stands still: a fire alarm, a dead switch, a power cut of one room. The exam clock runs on, for it is the whole
//! session's; the room's own clock stands, and everything that is decided of a sitting is decided by that. When the room goes
//! on, each sitting that is being written gets the pause as one row of its ledger: no start is ever moved.

use thiserror::Error;

use crate::{room::RoomState, session::Terms};

/// The pauses of a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pauses {
    /// Since when it stands still, on the exam clock.
    pub since_clock_ms: Option<i64>,
    /// Of those that are over, together, on the exam clock.
    pub past_ms: i64,
}

/// Why a room is not paused, or does not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PauseRefusal {
    /// It is not open, or not any more.
    #[error("the room is not open")]
    NotOpen,
    /// It stands still already.
    #[error("the room is paused already")]
    Already,
    /// It does not stand still.
    #[error("the room is not paused")]
    NotPaused,
}

impl Pauses {
    /// Whether the room stands still.
    pub fn is_on(&self) -> bool {
        self.since_clock_ms.is_some()
    }

    /// The exam clock as the room's sittings count it: it stands while the room is paused.
    pub fn clock_ms(&self, now_clock_ms: i64) -> i64 {
        self.since_clock_ms.map_or(now_clock_ms, |since| since.min(now_clock_ms))
    }

    /// The exam clock without any pause of the room: what its candidates could use.
    pub fn used_ms(&self, now_clock_ms: i64) -> i64 {
        self.clock_ms(now_clock_ms) - self.past_ms
    }

    /// Whether a room in this state may be paused.
    pub fn may_begin(&self, state: RoomState) -> Result<(), PauseRefusal> {
        match state {
            RoomState::Open if self.is_on() => Err(PauseRefusal::Already),
            RoomState::Open => Ok(()),
            RoomState::Preparing | RoomState::Ended => Err(PauseRefusal::NotOpen),
        }
    }

    /// When the pause is over if somebody lets the room go on now, on the exam clock: after the lead, so that every page has
    /// turned by then, as at the start.
    pub fn until(&self, terms: &Terms, now_clock_ms: i64) -> Result<i64, PauseRefusal> {
        let since = self.since_clock_ms.ok_or(PauseRefusal::NotPaused)?;
        Ok(now_clock_ms.max(since) + terms.start_lead_ms)
    }

    /// How long the pause is that is over then.
    pub fn length_ms(&self, until_clock_ms: i64) -> i64 {
        self.since_clock_ms.map_or(0, |since| (until_clock_ms - since).max(0))
    }

    /// A pause was written down.
    pub fn began(&mut self, clock_ms: i64) {
        self.since_clock_ms = Some(clock_ms);
    }

    /// Its end was written down.
    pub fn ended(&mut self, until_clock_ms: i64) {
        self.past_ms += self.length_ms(until_clock_ms);
        self.since_clock_ms = None;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use question_bank::question::Kind;

    use super::*;
    use crate::{
        ledger::{Cause, LedgerRow},
        session::{Purpose, tests::RULES},
        sitting::{Change, ClosedBy, Phase, Refusal, Shape, Sitting},
    };

    fn terms() -> Terms {
        Terms::new(&RULES, Purpose::Exam, 90).unwrap()
    }

    fn row(row_no: i64, grant_ms: i64, cause: Cause) -> LedgerRow {
        let (reason, actor) = (String::new(), "p1".to_owned());
        LedgerRow { row_no, grant_ms, cause, reason, actor, approved_by: None, clock_ms: 0, at_ms: 0 }
    }

    fn writing(granted_ms: i64) -> Sitting {
        let paper = vec![Shape { kind: Kind::SingleChoice, options: 4 }];
        let mut sitting = Sitting::expected(paper, vec![row(1, granted_ms, Cause::Duration)]);
        sitting.phase = Phase::Writing { started_clock_ms: 0 };
        sitting.epoch = 1;
        sitting
    }

    #[test]
    fn only_an_open_room_stands_still_and_only_once() {
        let mut pauses = Pauses::default();
        assert_eq!(pauses.may_begin(RoomState::Preparing), Err(PauseRefusal::NotOpen));
        assert_eq!(pauses.may_begin(RoomState::Ended), Err(PauseRefusal::NotOpen));
        assert_eq!(pauses.until(&terms(), 5), Err(PauseRefusal::NotPaused));
        assert_eq!(pauses.may_begin(RoomState::Open), Ok(()));
        pauses.began(1_000);
        assert_eq!(pauses.may_begin(RoomState::Open), Err(PauseRefusal::Already));
        let until = pauses.until(&terms(), 61_000).unwrap();
        assert_eq!((until, pauses.length_ms(until)), (66_000, 65_000), "with the lead, as at the start");
        pauses.ended(until);
        assert_eq!(pauses, Pauses { since_clock_ms: None, past_ms: 65_000 });
    }

    #[test]
    fn a_server_that_starts_a_little_before_the_pause_counts_up_to_it() {
        let pauses = Pauses { since_clock_ms: Some(10_500), past_ms: 0 };
        assert_eq!(pauses.clock_ms(10_000), 10_000);
        assert_eq!(pauses.clock_ms(99_000), 10_500);
        assert_eq!(pauses.length_ms(pauses.until(&terms(), 10_000).unwrap()), terms().start_lead_ms, "never negative");
    }

    #[test]
    fn nothing_ends_while_the_room_stands_still_and_what_was_chosen_is_taken() {
        let (sitting, terms) = (writing(60_000), terms());
        let pauses = Pauses { since_clock_ms: Some(59_999), past_ms: 0 };
        let now = pauses.clock_ms(10_000_000);
        assert_eq!(sitting.remaining_ms(now), 1);
        assert!(!sitting.may_close(ClosedBy::Clock, &terms, now));
        let change = Change { seq: 1, position: 1, response: "A".to_owned(), flagged: false };
        assert_eq!(sitting.admit(&terms, (1, 1), std::slice::from_ref(&change), now), Ok(vec![change]));
        assert_eq!(sitting.may_hand_in(1, &terms, &pauses, 10_000_000), Err(Refusal::Paused));
        assert!(sitting.may_close(ClosedBy::Proctor, &terms, now), "a proctor may still collect a paper");
    }

    #[test]
    fn the_earliest_hand_in_waits_as_long_as_the_room_stood_still() {
        let (mut sitting, terms) = (writing(90 * 60_000), terms());
        sitting.ledger.push(row(2, 600_000, Cause::Pause));
        let pauses = Pauses { since_clock_ms: None, past_ms: 600_000 };
        let at = terms.earliest_hand_in_ms + 600_000;
        assert_eq!(sitting.may_hand_in(1, &terms, &pauses, at - 1), Err(Refusal::HandInTooEarly { wait_ms: 1 }));
        assert_eq!(sitting.may_hand_in(1, &terms, &pauses, at), Ok(()));
    }

    proptest! {
        /// Law 3: whatever the pauses, the time in which the room did not stand still adds up to what was granted, not a
        /// millisecond less, and to no more than the leads above it.
        #[test]
        fn everybody_writes_for_the_whole_of_their_time(spans in prop::collection::vec((0_i64..20_000, 0_i64..50_000), 0..8)) {
            let (mut sitting, terms) = (writing(100_000), terms());
            let (mut pauses, mut clock, mut written) = (Pauses::default(), 0, 0);
            for (write_ms, pause_ms) in &spans {
                let left = sitting.remaining_ms(pauses.clock_ms(clock));
                let write_ms = (*write_ms).min(left);
                clock += write_ms;
                written += write_ms;
                let before = sitting.remaining_ms(pauses.clock_ms(clock));
                pauses.began(clock);
                clock += pause_ms;
                prop_assert_eq!(sitting.remaining_ms(pauses.clock_ms(clock)), before, "it stands");
                let until = pauses.until(&terms, clock).unwrap();
                let length_ms = pauses.length_ms(until);
                prop_assert_eq!(length_ms, pause_ms + terms.start_lead_ms);
                sitting.ledger.push(row(sitting.next_row_no(), length_ms, Cause::Pause));
                pauses.ended(until);
                prop_assert_eq!(sitting.remaining_ms(until), before, "and goes on from where it stood");
                prop_assert_eq!(sitting.phase, Phase::Writing { started_clock_ms: 0 });
            }
            let leads = terms.start_lead_ms * i64::try_from(spans.len()).unwrap();
            written += sitting.remaining_ms(pauses.clock_ms(clock));
            prop_assert!((100_000..=100_000 + leads).contains(&written), "{} written", written);
            prop_assert_eq!(pauses.past_ms, crate::ledger::paused_ms(&sitting.ledger));
        }
    }
}
