//! A room: who watches it, and when it may open.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::{
    pause::Pauses,
    session::{LateEnd, Terms},
};

/// Where a room stands. It never goes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomState {
    /// Not open; candidates log in and wait.
    Preparing,
    /// The exam is on.
    Open,
    /// Every sitting of it is closed.
    Ended,
}

impl RoomState {
    /// As it stands in the store.
    pub fn code(self) -> &'static str {
        match self {
            Self::Preparing => "preparing",
            Self::Open => "open",
            Self::Ended => "ended",
        }
    }

    /// Reads [`RoomState::code`].
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Preparing, Self::Open, Self::Ended].into_iter().find(|state| state.code() == code)
    }
}

/// A room as far as its rules go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Where it stands.
    pub state: RoomState,
    /// Accounts of the proctors checked in now, and since when (wall time). A map: one person counts once.
    pub present: BTreeMap<String, i64>,
    /// When it opened, on the exam clock.
    pub opened_clock_ms: Option<i64>,
    /// When it stood still.
    pub pauses: Pauses,
}

/// Why a room does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OpenRefusal {
    /// Not enough proctors are checked in.
    #[error("{missing} more proctors must check in before the room opens")]
    ProctorsMissing {
        /// How many more.
        missing: u32,
    },
    /// It is open, or was.
    #[error("the room was opened already")]
    Already,
    /// The planned time has not come.
    #[error("the session has not begun")]
    TooEarly,
}

/// Proctors that a room needs: one for each `candidates_per_proctor` begun, and never fewer than `proctors_min`
/// (2-02-10-12, 1.9.3: 1 for 15, not fewer than 2). `candidates` are those on the roster and not recorded absent.
pub fn proctors_required(terms: &Terms, candidates: u32) -> u32 {
    candidates.div_ceil(terms.candidates_per_proctor.max(1)).max(terms.proctors_min)
}

impl Room {
    /// Whether it may open now.
    pub fn may_open(
        &self,
        terms: &Terms,
        candidates: u32,
        begins_at_ms: i64,
        now_at_ms: i64,
    ) -> Result<(), OpenRefusal> {
        if self.state != RoomState::Preparing {
            return Err(OpenRefusal::Already);
        }
        if now_at_ms < begins_at_ms {
            return Err(OpenRefusal::TooEarly);
        }
        match self.proctors_missing(terms, candidates) {
            0 => Ok(()),
            missing => Err(OpenRefusal::ProctorsMissing { missing }),
        }
    }

    /// Whether whoever has not started may not enter any more. The bar waits as long as the room stood still.
    pub fn is_barred(&self, terms: &Terms, now_clock_ms: i64) -> bool {
        let since_ms = self.opened_clock_ms.map_or(0, |opened| self.pauses.clock_ms(now_clock_ms) - opened);
        self.state == RoomState::Ended || since_ms - self.pauses.past_ms > terms.late_entry_ms
    }

    /// What somebody gets who starts at this time of the exam clock, by the session's terms: the full time, or what is left
    /// until the room's common end. That end waits as long as the room stood still.
    pub fn duration_ms(&self, terms: &Terms, started_clock_ms: i64) -> i64 {
        let opened = self.opened_clock_ms.filter(|_| terms.late_end == LateEnd::Common);
        opened.map_or(terms.duration_ms, |opened| {
            let end = opened + terms.start_lead_ms + terms.duration_ms + self.pauses.past_ms;
            (end - started_clock_ms).clamp(0, terms.duration_ms)
        })
    }

    /// How many proctors are missing now; above 0 in an open room the console alarms.
    pub fn proctors_missing(&self, terms: &Terms, candidates: u32) -> u32 {
        let present = u32::try_from(self.present.len()).unwrap_or(u32::MAX);
        proctors_required(terms, candidates).saturating_sub(present)
    }
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::session::{Purpose, tests::RULES};

    fn terms() -> Terms {
        Terms::new(&RULES, Purpose::Exam, 90).unwrap()
    }

    fn room(proctors: &[&str]) -> Room {
        Room {
            state: RoomState::Preparing,
            present: proctors.iter().map(|name| ((*name).to_owned(), 0)).collect(),
            opened_clock_ms: None,
            pauses: Pauses::default(),
        }
    }

    #[test]
    fn who_starts_late_has_the_full_time_or_ends_with_the_others() {
        let (full, minute) = (terms(), 60_000);
        let common = Terms { late_end: LateEnd::Common, ..terms() };
        let mut room = Room { state: RoomState::Open, opened_clock_ms: Some(minute), ..room(&["a", "b"]) };
        let first = minute + full.start_lead_ms;
        for terms in [&full, &common] {
            assert_eq!(room.duration_ms(terms, first), 90 * minute, "whoever waits has all of it");
        }
        assert_eq!(room.duration_ms(&full, first + 20 * minute), 90 * minute);
        assert_eq!(room.duration_ms(&common, first + 20 * minute), 70 * minute);
        room.pauses.began(first + minute);
        room.pauses.ended(first + 11 * minute);
        assert_eq!(room.duration_ms(&common, first + 20 * minute), 80 * minute, "the common end waits with the room");
        assert_eq!(room.duration_ms(&common, first + 500 * minute), 0);
    }

    #[test]
    fn the_bar_waits_while_the_room_stands_still() {
        let (terms, minute) = (terms(), 60_000);
        let mut room = Room { state: RoomState::Open, opened_clock_ms: Some(minute), ..room(&["a", "b"]) };
        assert!(!room.is_barred(&terms, 31 * minute));
        assert!(room.is_barred(&terms, 31 * minute + 1));
        room.pauses.began(20 * minute);
        assert!(!room.is_barred(&terms, 500 * minute));
        room.pauses.ended(40 * minute);
        assert!(!room.is_barred(&terms, 51 * minute));
        assert!(room.is_barred(&terms, 51 * minute + 1));
        room.state = RoomState::Ended;
        assert!(room.is_barred(&terms, 0));
    }

    #[test]
    fn one_for_fifteen_and_never_fewer_than_two() {
        for (candidates, required) in [(0, 2), (1, 2), (12, 2), (30, 2), (31, 3), (45, 3), (46, 4), (1_000, 67)] {
            assert_eq!(proctors_required(&terms(), candidates), required, "{candidates} candidates");
        }
    }

    #[test]
    fn refuse_to_open_without_enough_proctors() {
        let open = |proctors: &[&str], candidates| room(proctors).may_open(&terms(), candidates, 0, 0);
        assert_eq!(open(&["a", "b"], 31), Err(OpenRefusal::ProctorsMissing { missing: 1 }));
        assert_eq!(open(&["a", "b", "c"], 31), Ok(()));
        assert_eq!(open(&["a"], 12), Err(OpenRefusal::ProctorsMissing { missing: 1 }));
        assert_eq!(open(&["a", "a"], 12), Err(OpenRefusal::ProctorsMissing { missing: 1 }), "one person is not two");
        assert_eq!(open(&["a", "b"], 12), Ok(()));
    }

    #[test]
    fn refuse_to_open_twice_or_early() {
        let mut room = room(&["a", "b"]);
        assert_eq!(room.may_open(&terms(), 12, 10, 9), Err(OpenRefusal::TooEarly));
        room.state = RoomState::Ended;
        assert_eq!(room.may_open(&terms(), 12, 0, 9), Err(OpenRefusal::Already));
    }
}
