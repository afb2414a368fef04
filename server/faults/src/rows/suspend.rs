//! Row 17: the server is suspended as a virtual machine is when it is moved, and started again with the wall clock at 2000.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::{Instant, sleep};

use crate::bench::Bench;
use crate::control::Slot;
use crate::lives::{least_outside, ms};
use crate::load::Load;
use crate::report::{Line, Outcome};
use crate::stage::{Judged, Stage, Template, wall_ms};

const PAUSE: Duration = Duration::from_millis(10);
const SHORT: Duration = Duration::from_secs(8);
const LONG: Duration = Duration::from_mins(3);
/// 2000-01-01, unix milliseconds.
const YEAR_2000_MS: i64 = 946_684_800_000;
const DOWN: Duration = Duration::from_secs(2);

pub async fn run(bench: &Bench, template: &Template) -> Result<Outcome> {
    let suspended = if bench.long { LONG } else { SHORT };
    let stage = Stage::new(bench, template, "row-17", None)?;
    let server = stage.serve_under(&[]).await?;
    let mut load = Load::start(&stage, PAUSE).await?;
    load.more(stage.people.len(), Duration::from_secs(10)).await?;
    let begin = Instant::now();
    server.signal("STOP")?;
    sleep(suspended).await;
    let mut gaps = vec![(begin, Instant::now())];
    server.signal("CONT")?;
    load.more(2 * stage.people.len(), Duration::from_secs(20)).await?;
    let begin = Instant::now();
    drop(server);
    stage.control.set(Slot::WallOffsetMs, YEAR_2000_MS - wall_ms())?;
    sleep(DOWN).await;
    let starting = Instant::now();
    let server = stage.serve_under(&[]).await?;
    let recovered = starting.elapsed();
    gaps.push((begin, Instant::now()));
    load.more(2 * stage.people.len(), Duration::from_secs(10)).await?;
    let Judged { book, standing, compared } = stage.judged(server, load).await?;
    let outages = standing.outages.len();
    ensure!(outages == 3, "{outages} outages stand, not three: the first start, the suspension, the restart");
    let stall = standing.outages.iter().map(|outage| outage.up_at_ms - outage.down_at_ms);
    let stall = stall.filter(|length| (ms(suspended)..ms(suspended) + 1_000).contains(length)).count();
    ensure!(stall >= 1, "no outage is as long as the suspension: {:?}", standing.outages);
    let time = least_outside(&book, &gaps)?;
    let also = "the suspension stands as an outage".to_owned();
    let fault = format!("suspended (SIGSTOP) for {} s; restarted with the wall clock at 2000", suspended.as_secs());
    Ok(Outcome {
        lines: vec![Line { time: Some(time), recovered: Some(recovered), also, ..Line::new(fault, 1, compared) }],
    })
}
