//! The exam clock: a count of milliseconds that advances by the server's monotonic clock while the exam is served, and by
//! nothing else. A restart goes on from the last flushed count, so an outage consumes nobody's time, and neither a flat
//! battery nor a wall clock that jumps changes what anyone has left.

use crate::limits::{CLOCK_FLUSH_MS, CLOCK_STEP_MS_MAX};

/// The count of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "a unit stands last in a name")]
pub struct ExamClock {
    count_ms: i64,
    flushed_ms: i64,
    last_monotonic_ms: Option<i64>,
}

/// What one tick did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The count afterwards.
    pub clock_ms: i64,
    /// The gap that the clock did not count, because it was longer than a server that serves would leave: a stopped or
    /// suspended process. It is recorded as an outage.
    pub stalled_ms: Option<i64>,
}

impl ExamClock {
    /// Goes on from the flushed count; the first tick only sets the mark.
    pub fn resume(flushed_ms: i64) -> Self {
        Self { count_ms: flushed_ms, flushed_ms, last_monotonic_ms: None }
    }

    /// The count at the last tick.
    pub fn count(&self) -> i64 {
        self.count_ms
    }

    /// The count at `monotonic_ms`, between two ticks. Through a gap that the next tick will find to be a stall, it stands.
    pub fn read(&self, monotonic_ms: i64) -> i64 {
        let gap = self.last_monotonic_ms.map_or(0, |last| (monotonic_ms - last).max(0));
        if gap > CLOCK_STEP_MS_MAX { self.count_ms } else { self.count_ms + gap }
    }

    /// Advances to `monotonic_ms`. A monotonic clock that runs backwards (it must not) advances nothing.
    pub fn tick(&mut self, monotonic_ms: i64) -> Step {
        let gap = self.last_monotonic_ms.map_or(0, |last| (monotonic_ms - last).max(0));
        self.last_monotonic_ms = Some(monotonic_ms);
        let stalled_ms = (gap > CLOCK_STEP_MS_MAX).then_some(gap);
        if stalled_ms.is_none() {
            self.count_ms += gap;
        }
        Step { clock_ms: self.count_ms, stalled_ms }
    }

    /// Another server had counted this far by `monotonic_ms`: what one has served, all have.
    pub fn learn(&mut self, count_ms: i64, monotonic_ms: i64) {
        self.count_ms += (count_ms - self.read(monotonic_ms)).max(0);
    }

    /// Whether the next tick would find a stall.
    pub fn is_stalled(&self, monotonic_ms: i64) -> bool {
        self.last_monotonic_ms.is_some_and(|last| monotonic_ms - last > CLOCK_STEP_MS_MAX)
    }

    /// The count to be written down, if it is time to.
    pub fn flush_due(&self) -> Option<i64> {
        (self.count_ms - self.flushed_ms >= CLOCK_FLUSH_MS).then_some(self.count_ms)
    }

    /// `count_ms` is on stable storage.
    pub fn flushed(&mut self, count_ms: i64) {
        self.flushed_ms = self.flushed_ms.max(count_ms);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_only_while_it_ticks() {
        let mut clock = ExamClock::resume(5_000);
        assert_eq!(clock.tick(1_000_000).clock_ms, 5_000);
        assert_eq!(clock.tick(1_000_250).clock_ms, 5_250);
        assert_eq!(clock.tick(1_180_250), Step { clock_ms: 5_250, stalled_ms: Some(180_000) });
        assert_eq!(clock.tick(1_180_500), Step { clock_ms: 5_500, stalled_ms: None });
    }

    #[test]
    fn takes_over_what_another_counted_and_never_less() {
        let mut clock = ExamClock::resume(0);
        clock.tick(100);
        clock.learn(400, 250);
        assert_eq!((clock.read(250), clock.read(300)), (400, 450));
        clock.learn(410, 300);
        assert_eq!(clock.tick(300).clock_ms, 450);
        assert!(!clock.is_stalled(3_300));
        assert!(clock.is_stalled(3_301));
        // Through a stall of its own it knows nothing but what it was told.
        clock.learn(100_450, 100_300);
        assert_eq!(clock.read(100_300), 100_450);
        assert_eq!(clock.tick(100_300), Step { clock_ms: 100_450, stalled_ms: Some(100_000) });
    }

    #[test]
    fn flushes_once_a_second() {
        let mut clock = ExamClock::resume(0);
        clock.tick(0);
        clock.tick(999);
        assert_eq!(clock.flush_due(), None);
        clock.tick(1_000);
        assert_eq!(clock.flush_due(), Some(1_000));
        clock.flushed(1_000);
        assert_eq!(clock.flush_due(), None);
    }

    proptest! {
        /// Law 3: whatever the steps, restarts and stalls, the clock never runs faster than real time and never backwards.
        #[test]
        fn never_faster_than_time_nor_backwards(steps in prop::collection::vec((0i64..10_000, any::<bool>()), 1..200)) {
            let mut clock = ExamClock::resume(0);
            let (mut monotonic, mut before) = (0, 0);
            clock.tick(monotonic);
            for (gap, restart) in steps {
                if let (true, Some(due)) = (restart, clock.flush_due()) {
                    clock.flushed(due);
                    clock = ExamClock::resume(due);
                    monotonic += gap;
                    clock.tick(monotonic);
                    before = clock.count();
                    continue;
                }
                monotonic += gap;
                let read = clock.read(monotonic);
                let step = clock.tick(monotonic);
                prop_assert_eq!(read, step.clock_ms, "between ticks the clock reads what the next tick counts");
                prop_assert!(step.clock_ms >= before && step.clock_ms - before <= gap);
                prop_assert_eq!(step.stalled_ms.is_some(), gap > CLOCK_STEP_MS_MAX);
                before = step.clock_ms;
            }
            prop_assert!(clock.count() <= monotonic);
        }
    }
}
