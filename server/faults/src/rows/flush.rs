//! Row 5: a flush fails. What was written since the last one is in doubt, and trying again proves nothing: the process must
//! stop, and the next start goes on from what the disk has.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::time::{Instant, sleep};

use crate::bench::Bench;
use crate::control::Slot;
use crate::load::Load;
use crate::report::{Line, Outcome};
use crate::stage::{Stage, Template};

const PAUSE: Duration = Duration::from_millis(5);
const STOPS_WITHIN: Duration = Duration::from_secs(10);
const CHECKPOINT_WITHIN: Duration = Duration::from_mins(1);

pub async fn run(bench: &Bench, template: &Template) -> Result<Outcome> {
    let mut lines = Vec::new();
    for (name, times) in [("once", 1), ("always", -1)] {
        lines.push(fails(bench, template, name, times).await?);
    }
    lines.push(checkpoint_fails(bench, template).await?);
    Ok(Outcome { lines })
}

async fn fails(bench: &Bench, template: &Template, name: &str, times: i64) -> Result<Line> {
    let stage = Stage::new(bench, template, &format!("row-5-{name}"), None)?;
    let mut server = stage.serve_under(&[]).await?;
    let mut load = Load::start(&stage, PAUSE).await?;
    load.more(2 * stage.people.len(), Duration::from_secs(10)).await?;
    stage.control.set(Slot::FailFlushes, times)?;
    let begin = Instant::now();
    let ended = server.ended(STOPS_WITHIN).await?.context("a flush failed, and the server went on")?;
    let stopped = begin.elapsed();
    ensure!(ended.code().is_some_and(|code| code != 0), "a flush failed, and the server ended with {ended}");
    let log = stage.logged()?;
    let told = log.lines().any(|line| line.contains("ERROR") && line.contains("stop"));
    ensure!(told, "no line of the log says why it stopped:\n{log}");
    stage.control.set(Slot::FailFlushes, 0)?;
    let begin = Instant::now();
    let server = stage.serve().await?;
    let recovered = begin.elapsed();
    load.more(2 * stage.people.len(), Duration::from_secs(10)).await?;
    let compared = stage.judged(server, load).await?.compared;
    let also =
        format!("stopped after {:.2} s with exit code {}", stopped.as_secs_f64(), ended.code().unwrap_or_default());
    Ok(Line { recovered: Some(recovered), also, ..Line::new(format!("flush of the log fails ({name})"), 1, compared) })
}

/// The database's own file can't be flushed when the log is copied into it. Every answer is on stable storage in the log, which
/// SQLite keeps until such a copy succeeds; so this may stop the server, but need not.
async fn checkpoint_fails(bench: &Bench, template: &Template) -> Result<Line> {
    let stage = Stage::new(bench, template, "row-5-checkpoint", None)?;
    let mut server = stage.serve_under(&[]).await?;
    stage.control.set(Slot::FailWhich, 1)?;
    stage.control.set(Slot::FailFlushes, 1)?;
    let mut load = Load::start(&stage, PAUSE).await?;
    let begin = Instant::now();
    while stage.control.get(Slot::FailFlushes)? != 0 {
        ensure!(begin.elapsed() < CHECKPOINT_WITHIN, "no checkpoint came");
        sleep(Duration::from_millis(5)).await;
    }
    let ended = server.ended(Duration::from_secs(1)).await?;
    let server = if ended.is_some() { stage.serve().await? } else { server };
    load.more(2 * stage.people.len(), Duration::from_secs(10)).await?;
    let compared = stage.judged(server, load).await?.compared;
    let also = if ended.is_some() { "stopped" } else { "went on; the log keeps what the file has not" };
    Ok(Line { also: also.to_owned(), ..Line::new("flush of the database file fails once (checkpoint)", 1, compared) })
}
