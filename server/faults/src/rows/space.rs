//! Row 4: no space is left for the database or its log, and then there is some again.

use std::time::Duration;

use anyhow::{Result, ensure};
use driver::client::Client;
use tokio::time::{Instant, sleep};

use crate::bench::Bench;
use crate::control::Slot;
use crate::load::Load;
use crate::report::{Line, Outcome};
use crate::stage::{Judged, Stage, Template};

const PAUSE: Duration = Duration::from_millis(5);
const FULL: Duration = Duration::from_secs(3);
/// Requests that were under way when the disk filled are answered by then.
const SETTLED: Duration = Duration::from_millis(500);
const DRAINED_WITHIN: Duration = Duration::from_secs(5);
const BYTES_LEFT: [i64; 3] = [0, 20_000, 300_000];

/// Whether there is an answer log on a disk with room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Log {
    None,
    SecondDisk,
}

pub async fn run(bench: &Bench, template: &Template) -> Result<Outcome> {
    let mut lines = Vec::new();
    for left in BYTES_LEFT {
        lines.push(full(bench, template, left, Log::None).await?);
    }
    lines.push(full(bench, template, 0, Log::SecondDisk).await?);
    Ok(Outcome { lines })
}

async fn full(bench: &Bench, template: &Template, left: i64, log: Log) -> Result<Line> {
    let mut stage = Stage::new(bench, template, &format!("row-4-{left}-{log:?}"), None)?;
    if log == Log::SecondDisk {
        let folder = stage.folder.join("second-disk");
        std::fs::create_dir(&folder)?;
        stage.arguments = vec!["--answer-log".into(), folder.into()];
    }
    let server = stage.serve_under(&[]).await?;
    let mut load = Load::start(&stage, PAUSE).await?;
    load.more(2 * stage.people.len(), Duration::from_secs(10)).await?;
    stage.control.set(Slot::Space, left + 1)?;
    let begin = Instant::now();
    while load.book().refused.is_empty() {
        ensure!(begin.elapsed() < Duration::from_secs(30), "the disk never filled");
        sleep(Duration::from_millis(5)).await;
    }
    sleep(SETTLED).await;
    let (before, refusal) = (load.acknowledged(), open_last_room(&stage, template).await?);
    ensure!(refusal.contains("store_full"), "a start on a full disk was answered by {refusal}");
    sleep(FULL).await;
    let while_full = load.acknowledged() - before;
    stage.control.set(Slot::Space, 0)?;
    let begin = Instant::now();
    load.more(stage.people.len(), DRAINED_WITHIN).await?;
    let recovered = begin.elapsed();
    let opened = open_last_room(&stage, template).await?;
    ensure!(opened.contains("room_opened"), "with space again a start was answered by {opened}");
    let Judged { book, compared, .. } = stage.judged(server, load).await?;
    let with_log = if log == Log::SecondDisk { ", answer log on a second disk" } else { "" };
    let fault = format!("disk full, {left} bytes left{with_log}");
    let refused: u64 = book.refused.values().sum();
    let also = format!(
        "{refused} saves refused and sent again, {while_full} acknowledged while full; the opening of a room refused in words"
    );
    Ok(Line { recovered: Some(recovered), also, ..Line::new(fault, 1, compared) })
}

/// Where the proctor of the room that waits is led by opening it.
async fn open_last_room(stage: &Stage, template: &Template) -> Result<String> {
    let (Some(room), Some(cookies)) = (template.rooms.last(), template.consoles.last()) else {
        anyhow::bail!("a room that waits")
    };
    let mut console = Client::connect(stage.address).await?;
    console.cookies.clone_from(cookies);
    let answer = console.post(&format!("/rooms/{room}/open"), &[]).await?;
    Ok(format!("{} {}", answer.status, answer.location))
}
