//! Row 15: the server's wall clock is set, by an hour, by a step of NTP, into another zone.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::{Instant, sleep};

use crate::bench::Bench;
use crate::control::Slot;
use crate::lives::{least_outside, ms};
use crate::load::{Book, Load, Seen};
use crate::report::{Line, Outcome};
use crate::stage::{Judged, Stage, Template};

const PAUSE: Duration = Duration::from_millis(10);
const HOUR_MS: i64 = 3_600_000;
/// Offsets of the wall clock one after another, and whether somebody must be told.
const STEPS: [(&str, i64); 4] =
    [("+1 h", HOUR_MS), ("−1 h", -HOUR_MS), ("a step of NTP", -HOUR_MS + 900), ("and back", 0)];
const AFTER: Duration = Duration::from_millis(1_500);
const TOLD_WITHIN: Duration = Duration::from_secs(10);

pub async fn run(bench: &Bench, template: &Template) -> Result<Outcome> {
    let stage = Stage::new(bench, template, "row-15", None)?;
    let server = stage.serve_under(&[]).await?;
    let mut load = Load::start(&stage, PAUSE).await?;
    load.more(stage.people.len(), Duration::from_secs(10)).await?;
    let mut told_after = Duration::ZERO;
    for (number, (_, offset)) in (1..).zip(STEPS) {
        stage.control.set(Slot::WallOffsetMs, offset)?;
        let begin = Instant::now();
        while alarms(&stage)? < number {
            ensure!(begin.elapsed() < TOLD_WITHIN, "nobody was told that the wall clock was set by {offset} ms");
            sleep(Duration::from_millis(20)).await;
        }
        told_after = told_after.max(begin.elapsed());
        sleep(AFTER).await;
    }
    server.stop()?;
    // Until it stopped it served.
    let begin = Instant::now();
    // The zone is the machine's business; pages have the centre's.
    let server = stage.serve_under(&[("TZ", Path::new("America/St_Johns"))]).await?;
    let down = (begin, Instant::now());
    load.more(stage.people.len(), Duration::from_secs(10)).await?;
    let Judged { book, standing, compared } = stage.judged(server, load).await?;
    let closed = standing.sittings.iter().filter(|sitting| sitting.closed_at_ms.is_some()).count();
    ensure!(closed == 0, "{closed} sittings were handed in by a wall clock");
    let unfair = most_unfair_ms(&book, down);
    ensure!(unfair <= 1_000, "what somebody had left went {unfair} ms away from the time that went by");
    let time = least_outside(&book, &[down])?;
    let also = format!(
        "remaining time followed the time that went by within {unfair} ms; a warning within {:.2} s of each step; no sitting handed in",
        told_after.as_secs_f64()
    );
    let trials = u32::try_from(STEPS.len() + 1)?;
    let fault = "wall clock +1 h, −1 h, NTP step, time zone";
    Ok(Outcome { lines: vec![Line { time: Some(time), also, ..Line::new(fault, trials, compared) }] })
}

/// Warnings of the log that the wall clock was set.
fn alarms(stage: &Stage) -> Result<usize> {
    Ok(stage.logged()?.lines().filter(|line| line.contains("WARN") && line.contains("wall clock")).count())
}

/// How far what anybody had left went from the time that went by, between two acknowledgements of theirs, in either
/// direction, milliseconds.
fn most_unfair_ms(book: &Book, down: (Instant, Instant)) -> i64 {
    let (mut last, mut most_unfair) = (HashMap::<&str, &Seen>::new(), 0);
    for seen in &book.seen {
        let Some(before) = last.insert(&seen.ack.sitting, seen) else { continue };
        if before.asked <= down.1 && seen.at >= down.0 {
            continue;
        }
        let consumed = before.ack.remaining_ms - seen.ack.remaining_ms;
        let fewest = ms(seen.asked.saturating_duration_since(before.at));
        most_unfair = most_unfair.max(consumed - ms(seen.at - before.asked)).max(fewest - consumed);
    }
    most_unfair
}
