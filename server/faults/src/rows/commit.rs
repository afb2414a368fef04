//! Row 3: the server is killed after a commit's flush has returned and before anybody is told.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rand::RngExt;

use crate::bench::Bench;
use crate::check::{Compared, Place};
use crate::control::Slot;
use crate::load::{Book, Load};
use crate::report::{Line, Outcome};
use crate::stage::{Judged, Stage, Template, copy_folder};

const TRIALS: u32 = 15;
const TRIALS_QUICK: u32 = 3;
const PAUSE: Duration = Duration::from_millis(3);

pub async fn run(bench: &Bench, template: &Template) -> Result<Outcome> {
    let (trials, mut chance) = (bench.trials(TRIALS, TRIALS_QUICK), bench.chance(3));
    let (mut compared, mut committed) = (Compared::default(), 0);
    for trial in 0..trials {
        let stage = Stage::new(bench, template, &format!("row-3-{trial}"), None)?;
        let last = chance.random_range(5..80);
        stage.control.set(Slot::KillAtFlush, last)?;
        let mut server = stage.serve_under(&[]).await?;
        let mut load = Load::start(&stage, PAUSE).await?;
        let ended = server.ended(Duration::from_secs(20)).await?.context("the server was not killed")?;
        ensure!(ended.code().is_none(), "the server ended by itself: {ended}");
        ensure!(stage.control.get(Slot::Flushes)? == last, "it ended before its time");
        let unknown = unacknowledged(&stage, &load).await?;
        let server = stage.serve().await?;
        load.more(2 * stage.people.len(), Duration::from_secs(10)).await?;
        let Judged { book, compared: found, .. } = stage.judged(server, load).await?;
        acknowledged_once(&book, &unknown)?;
        committed += unknown.len();
        compared.add(found);
    }
    ensure!(committed > 0, "no kill fell between a commit and its acknowledgement");
    let also =
        format!("{committed} changes stood before they were acknowledged; each was sent again and acknowledged once");
    let fault = "crash between commit and acknowledgement";
    Ok(Outcome { lines: vec![Line { also, ..Line::new(fault, trials, compared) }] })
}

/// Changes (sitting, sequence) that stand in the database though nobody was told.
async fn unacknowledged(stage: &Stage, load: &Load) -> Result<HashSet<(String, i64)>> {
    let copy = stage.folder.join("killed");
    copy_folder(&stage.data, &copy)?;
    let place = Place { store: copy.display().to_string(), session: stage.session.clone() };
    let standing = place.standing().await?;
    let told: HashSet<(String, i64)> =
        stage.recorder.recorded()?.into_iter().map(|ack| (ack.sitting, ack.seq)).collect();
    let sent = load.book().sent.clone();
    let newest = standing.responses.into_values().filter(|row| sent.get(&row.sitting_id) == Some(&row.seq));
    Ok(newest.map(|row| (row.sitting_id, row.seq)).filter(|change| !told.contains(change)).collect())
}

fn acknowledged_once(book: &Book, unknown: &HashSet<(String, i64)>) -> Result<()> {
    for (sitting, seq) in unknown {
        let times = book.seen.iter().filter(|seen| (&seen.ack.sitting, seen.ack.seq) == (sitting, *seq)).count();
        ensure!(times == 1, "change {seq} of {sitting} was acknowledged {times} times");
    }
    Ok(())
}
