//! Row 1: the server is killed at random instants under load, and started again.

use std::time::Duration;

use anyhow::{Result, ensure};
use rand::RngExt;
use tokio::time::sleep;

use crate::bench::Bench;
use crate::lives::{Life, Lives};
use crate::load::Load;
use crate::report::{Line, Outcome};
use crate::stage::{Judged, Stage, Template};

const TRIALS: u32 = 200;
const TRIALS_QUICK: u32 = 25;
/// Between acknowledgement and next change.
const PAUSE: Duration = Duration::from_millis(5);
/// A server is killed within so long after the first save that it took.
const LIFE_MS_MAX: u64 = 300;
const SERVING_WITHIN: Duration = Duration::from_secs(5);

pub async fn run(bench: &Bench, template: &Template) -> Result<Outcome> {
    let (trials, mut chance) = (bench.trials(TRIALS, TRIALS_QUICK), bench.chance(1));
    let stage = Stage::new(bench, template, "row-1", None)?;
    let mut lives = Lives::default();
    let mut life = Life::begin();
    let mut server = stage.serve().await?;
    life.serves();
    let mut load = Load::start(&stage, PAUSE).await?;
    for _ in 0..trials {
        load.more(1, SERVING_WITHIN).await?;
        sleep(Duration::from_millis(chance.random_range(0..LIFE_MS_MAX))).await;
        // Dropping it is SIGKILL.
        drop(server);
        lives.over(life);
        life = Life::begin();
        server = stage.serve().await?;
        life.serves();
    }
    load.more(stage.people.len(), SERVING_WITHIN).await?;
    let Judged { book, standing, compared } = stage.judged(server, load).await?;
    lives.over(life);
    lives.outages_fit(&standing.outages[standing.outages.len() - usize::try_from(trials)? - 1..])?;
    let recovered = lives.recovered();
    ensure!(recovered <= SERVING_WITHIN, "a restart took {} s", recovered.as_secs_f64());
    let time = lives.least_time(&book, &standing.outages)?;
    let resent = book.seen.iter().filter(|seen| seen.sends > 1).count();
    let also = format!("{resent} changes were sent again");
    let fault = "server killed (SIGKILL) at random instants under load";
    Ok(Outcome {
        lines: vec![Line { time: Some(time), recovered: Some(recovered), also, ..Line::new(fault, trials, compared) }],
    })
}
