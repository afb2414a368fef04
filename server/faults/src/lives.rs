//! The lives of a server through a trial: when it was started, served, ended. Law 3 is held against them.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use kaochang::store::session::OutageRow;
use tokio::time::Instant;

use crate::load::{Book, Seen};
use crate::stage::wall_ms;

/// The clock's count is written down every second by a task that looks five times a second; then a flush.
const LAST_SIGN_MS_MAX: i64 = 2_500;
/// Two processes' clocks are rounded to milliseconds, and that a server serves is seen some milliseconds late.
const SLACK_MS: i64 = 100;

/// One life.
#[derive(Clone, Copy, Debug)]
pub struct Life {
    begun: (Instant, i64),
    serving: Option<(Instant, i64)>,
    over: Option<(Instant, i64)>,
}

/// All of a trial, in order.
#[derive(Debug, Default)]
pub struct Lives(Vec<Life>);

fn now() -> (Instant, i64) {
    (Instant::now(), wall_ms())
}

impl Life {
    /// Just before the process is started.
    pub fn begin() -> Self {
        Self { begun: now(), serving: None, over: None }
    }

    /// It answers.
    pub fn serves(&mut self) {
        self.serving = Some(now());
    }
}

impl Lives {
    /// A life just ended.
    pub fn over(&mut self, mut life: Life) {
        life.over = Some(now());
        self.0.push(life);
    }

    /// The longest time from the start of a process until it served.
    pub fn recovered(&self) -> Duration {
        let took = |life: &Life| life.serving.map(|(at, _)| at - life.begun.0);
        self.0.iter().filter_map(took).max().unwrap_or_default()
    }

    /// Each outage that the server recorded is the gap that was made: it begins with the last sign of life before the end of
    /// a life and ends while the next one starts. The first outage belongs to the start of the first life.
    pub fn outages_fit(&self, outages: &[OutageRow]) -> Result<()> {
        ensure!(outages.len() == self.0.len(), "{} outages of {} starts stand", outages.len(), self.0.len());
        for (index, (life, outage)) in self.0.iter().zip(outages).enumerate() {
            let serving = life.serving.context("it served")?.1;
            let up = life.begun.1 - 1..=serving + 1;
            ensure!(up.contains(&outage.up_at_ms), "outage {index} ends at {}, not in {up:?}", outage.up_at_ms);
            let Some((before, last)) = index.checked_sub(1).map(|before| (self.0[before], outages[before])) else {
                continue;
            };
            let over = before.over.context("it is over")?.1;
            let down = (over - LAST_SIGN_MS_MAX).max(last.up_at_ms)..=over + 1;
            // Where no count was written in a whole life, its start was the last sign.
            ensure!(
                outage.down_at_ms == last.up_at_ms || down.contains(&outage.down_at_ms),
                "outage {index} begins at {}, not in {down:?}",
                outage.down_at_ms
            );
        }
        Ok(())
    }

    /// The least time that a candidate was given, and what was promised, where the outages say when each life came up.
    pub fn least_time(&self, book: &Book, outages: &[OutageRow]) -> Result<(i64, i64)> {
        let outages = &outages[outages.len() - self.0.len()..];
        least(book, |from, to| self.0.iter().zip(outages).map(|(life, up)| life.served_ms(up, from, to)).sum())
    }
}

/// The same where nobody could be served in these gaps and everybody was outside of them.
pub fn least_outside(book: &Book, gaps: &[(Instant, Instant)]) -> Result<(i64, i64)> {
    let overlap = |from: Instant, to: Instant| {
        gaps.iter().map(move |(begin, end)| ms(to.min(*end).saturating_duration_since(from.max(*begin)))).sum::<i64>()
    };
    least(book, |from, to| ms(to - from) - overlap(from, to))
}

/// Promised is what a candidate was told at their first acknowledgement; given is what they were told at the last, and the
/// time between in which the server served. All in milliseconds.
fn least(book: &Book, served_ms: impl Fn(Instant, Instant) -> i64) -> Result<(i64, i64)> {
    let mut of_sitting = HashMap::<&str, (&Seen, &Seen)>::new();
    for seen in &book.seen {
        of_sitting.entry(&seen.ack.sitting).or_insert((seen, seen)).1 = seen;
    }
    let times = of_sitting
        .values()
        .map(|(first, last)| (last.ack.remaining_ms + served_ms(first.asked, last.at), first.ack.remaining_ms));
    let (given, promised) = times.min_by_key(|(given, promised)| given - promised).context("nobody wrote")?;
    ensure!(given >= promised - SLACK_MS, "somebody was given {given} ms and not {promised} ms");
    Ok((given, promised))
}

pub fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Life {
    /// How long it served between two moments, by its own word of when it came up.
    fn served_ms(&self, up: &OutageRow, from: Instant, to: Instant) -> i64 {
        let up = self.begun.0 + Duration::from_millis(u64::try_from(up.up_at_ms - self.begun.1).unwrap_or(0));
        let over = self.over.map_or(to, |(at, _)| at);
        ms(over.min(to).saturating_duration_since(up.max(from)))
    }
}
