//! Row 6: another process has the database's lock for 5 s; a flush takes 5 s.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::{Instant, sleep};

use crate::bench::Bench;
use crate::control::Slot;
use crate::load::{Load, p99};
use crate::report::{Line, Outcome};
use crate::stage::{Judged, Stage, Template};

const PAUSE: Duration = Duration::from_millis(5);
const FAULT: Duration = Duration::from_secs(5);
const MEASURED: Duration = Duration::from_secs(2);
/// After the fault, saves may be so much slower than before for a second, and then they are as before.
const BACK_WITHIN: Duration = Duration::from_secs(1);
/// As before, on a machine that does other things too.
const FACTOR: u32 = 4;
const FLOOR: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    Locked,
    Slow,
}

pub async fn run(bench: &Bench, template: &Template) -> Result<Outcome> {
    Ok(Outcome {
        lines: vec![fault(bench, template, Fault::Locked).await?, fault(bench, template, Fault::Slow).await?],
    })
}

async fn fault(bench: &Bench, template: &Template, fault: Fault) -> Result<Line> {
    let name = if fault == Fault::Locked { "row-6-locked" } else { "row-6-slow" };
    let stage = Stage::new(bench, template, name, None)?;
    let server = stage.serve_under(&[]).await?;
    let mut load = Load::start(&stage, PAUSE).await?;
    load.more(stage.people.len(), Duration::from_secs(10)).await?;
    let begun = Instant::now();
    sleep(MEASURED).await;
    let (struck, over) = if fault == Fault::Locked { locked(&stage).await? } else { slow(&stage).await? };
    sleep(BACK_WITHIN + MEASURED).await;
    let Judged { book, compared, .. } = stage.judged(server, load).await?;
    let within = |from: Instant, to: Instant| {
        p99(book.seen.iter().filter(|seen| seen.at >= from && seen.at - seen.took >= from && seen.at < to))
    };
    let before = within(begun, struck).context("nothing was saved before")?;
    let after = within(over + BACK_WITHIN, over + BACK_WITHIN + MEASURED).context("nothing was saved after")?;
    ensure!(after <= (before * FACTOR).max(FLOOR), "p99 was {before:?} before and {after:?} a second after");
    let first =
        book.seen.iter().map(|seen| seen.at).filter(|at| *at >= over).min().context("nothing was saved after")?;
    let slowest = book.seen.iter().map(|seen| seen.took).max().unwrap_or_default();
    let also = format!(
        "p99 {:.1} ms before, {:.1} ms from a second after; the slowest acknowledgement took {:.2} s",
        before.as_secs_f64() * 1000.0,
        after.as_secs_f64() * 1000.0,
        slowest.as_secs_f64()
    );
    let fault =
        if fault == Fault::Locked { "database locked by another process for 5 s" } else { "one flush takes 5 s" };
    Ok(Line { recovered: Some(first - over), also, ..Line::new(fault, 1, compared) })
}

/// Another process takes the lock: when, and when it let go.
async fn locked(stage: &Stage) -> Result<(Instant, Instant)> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("hold").arg(&stage.data).arg(FAULT.as_millis().to_string());
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let stdout = child.stdout.take().context("a pipe")?;
    let struck = Instant::now();
    // It waits for the lock like everybody else.
    let held = tokio::task::spawn_blocking(move || BufReader::new(stdout).read_line(&mut String::new())).await??;
    ensure!(held > 0, "the lock could not be had");
    let status = tokio::task::spawn_blocking(move || child.wait()).await??;
    ensure!(status.success(), "the holder of the lock failed");
    Ok((struck, Instant::now()))
}

async fn slow(stage: &Stage) -> Result<(Instant, Instant)> {
    let struck = Instant::now();
    stage.control.set(Slot::DelayFlushMs, i64::try_from(FAULT.as_millis())?)?;
    while stage.control.get(Slot::DelayFlushMs)? != 0 {
        sleep(Duration::from_millis(1)).await;
    }
    sleep(FAULT).await;
    Ok((struck, Instant::now()))
}
