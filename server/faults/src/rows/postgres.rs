//! Row 23: the PostgreSQL server dies and comes back; the connection is cut in mid-commit.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use driver::client::Client;
use kaochang::store::audit;
use rand::RngExt;
use tokio::time::{Instant, sleep};

use crate::bench::Bench;
use crate::cluster::{Cluster, Way};
use crate::lives::least_outside;
use crate::load::Load;
use crate::report::{Line, Outcome};
use crate::stage::{Stage, Template};

const TRIALS: u32 = 10;
const TRIALS_QUICK: u32 = 2;
const CUTS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(5);
const BACK_WITHIN: Duration = Duration::from_secs(10);
const CANDIDATES: u32 = 60;
const MINUTES: u32 = 240;

pub async fn run(bench: &Bench) -> Result<Outcome> {
    let cluster = Cluster::start().await?;
    let way = Way::to(cluster.address())?;
    let url = way.url();
    let template = Template::make(bench, "row-23-before", CANDIDATES, MINUTES, Some(&url)).await?;
    let mut stage = Stage::new(bench, &template, "row-23", None)?;
    stage.url = Some(url);
    let server = stage.serve().await?;
    let died = dies(bench, &cluster, &stage).await?;
    let cut = cut_in_commit(&stage, &way, &template).await?;
    server.stop()?;
    stage.verify()?;
    Ok(Outcome { lines: vec![died, cut] })
}

async fn dies(bench: &Bench, cluster: &Cluster, stage: &Stage) -> Result<Line> {
    let (trials, mut chance) = (bench.trials(TRIALS, TRIALS_QUICK), bench.chance(23));
    let mut load = Load::start(stage, PAUSE).await?;
    let mut recovered = Duration::ZERO;
    for trial in 0..trials {
        load.more(stage.people.len(), BACK_WITHIN).await?;
        sleep(Duration::from_millis(chance.random_range(0..300))).await;
        cluster.kill()?;
        cluster.again().await?;
        let begin = Instant::now();
        load.more(1, BACK_WITHIN).await.with_context(|| format!("after death {trial}"))?;
        recovered = recovered.max(begin.elapsed());
    }
    load.more(stage.people.len(), BACK_WITHIN).await?;
    let book = load.stop().await?;
    let compared = stage.place().standing().await?.compare(&stage.recorder.recorded()?, &book.sent);
    compared.holds()?;
    let time = least_outside(&book, &[])?;
    let also = "recovery is counted from the moment at which PostgreSQL takes connections again".to_owned();
    let fault = "PostgreSQL killed (SIGKILL) under load and started again";
    Ok(Line { time: Some(time), recovered: Some(recovered), also, ..Line::new(fault, trials, compared) })
}

async fn cut_in_commit(stage: &Stage, way: &Way, template: &Template) -> Result<Line> {
    let mut load = Load::start(stage, PAUSE).await?;
    load.more(stage.people.len(), BACK_WITHIN).await?;
    way.cut(CUTS, "");
    while way.left() > 0 {
        load.more(1, BACK_WITHIN).await?;
    }
    load.more(2 * stage.people.len(), BACK_WITHIN).await?;
    let book = load.stop().await?;
    let room = template.rooms.last().context("a room that waits")?;
    let tries = open_in_doubt(stage, way, template, room).await?;
    let standing = stage.place().standing().await?;
    let compared = standing.compare(&stage.recorder.recorded()?, &book.sent);
    compared.holds()?;
    let store = driver::people::store(&stage.place().store).await?;
    let acts = audit::rows_of(&mut store.read().await?, &stage.session, room).await?;
    let opened = acts.iter().filter(|row| row.act == "room.opened").count();
    store.close().await;
    ensure!(opened == 1, "the record says {opened} times that the room was opened");
    let resent = book.seen.iter().filter(|seen| seen.sends > 1).count();
    let also =
        format!("{resent} changes sent again; a room whose opening was cut stands open once, found out at try {tries}");
    Ok(Line { also, ..Line::new("connection to PostgreSQL cut in mid-commit", CUTS + 1, compared) })
}

/// Opens a room while the answer to that commit is lost, and again until the server says that it is open. How often.
async fn open_in_doubt(stage: &Stage, way: &Way, template: &Template, room: &str) -> Result<u32> {
    let begin = Instant::now();
    way.cut(1, room);
    for tries in 1.. {
        let mut console = Client::connect(stage.address).await?;
        console.cookies.clone_from(template.consoles.last().context("its proctors")?);
        let answer = console.post(&format!("/rooms/{room}/open"), &[]).await?;
        if ["room_opened", "room_already_open"].iter().any(|code| answer.location.contains(code)) {
            ensure!(way.left() == 0, "the commit of the opening was not cut");
            return Ok(tries);
        }
        ensure!(begin.elapsed() < BACK_WITHIN, "the outcome is not found out: {} {}", answer.status, answer.location);
        sleep(Duration::from_millis(300)).await;
    }
    unreachable!("tries have no end")
}
