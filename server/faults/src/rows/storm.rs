//! Row 19: a thousand sittings end in the same second.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use driver::people::{self, Hall};
use kaochang::config::{Flags, Settings};
use kaochang::store::sitting::SittingRow;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::bench::Bench;
use crate::check::Place;
use crate::load::Load;
use crate::report::{Line, Outcome};
use crate::stage::{Judged, Person, Stage, Template};

const CANDIDATES: u32 = 1_000;
const CANDIDATES_QUICK: u32 = 300;
const MINUTES: u32 = 1;
/// Each saves a few answers on the way.
const PAUSE: Duration = Duration::from_secs(9);
const HANDED_IN_WITHIN_MS: i64 = 5_000;
/// Allowance and what the hand-in may take; nobody asks for a receipt before.
const ENDED_AFTER: Duration = Duration::from_secs(7);

pub async fn run(bench: &Bench) -> Result<Outcome> {
    let candidates = if bench.quick { CANDIDATES_QUICK } else { CANDIDATES };
    let (hall, template) = before(bench, candidates).await?;
    let mut stage = Stage::new(bench, &template, "row-19", None)?;
    let server = stage.serve().await?;
    let logged_in = hall.log_in(stage.address).await?;
    for (person, candidate) in stage.people.iter_mut().zip(logged_in) {
        person.cookies = candidate.client.cookies;
    }
    open_all(&hall, &stage).await?;
    let load = Load::start(&stage, PAUSE).await?;
    sleep(Duration::from_mins(u64::from(MINUTES)) + ENDED_AFTER).await;
    let receipts = receipts(&stage).await?;
    let Judged { standing, compared, .. } = stage.judged(server, load).await?;
    let (mut ends, mut waited) = (Vec::new(), Vec::new());
    for sitting in &standing.sittings {
        let started = sitting.started_clock_ms.context("everybody started")?;
        let end = started + standing.granted_ms[&sitting.id] + standing.allowance_ms;
        ends.push(end);
        waited.push(sitting.closed_clock_ms.context("everybody is handed in")? - end);
        let digest = sitting.responses_digest.as_deref().context("the digest over their answers")?;
        let digest = digest.to_uppercase();
        let code = format!("{}-{}", &digest[..4], &digest[4..8]);
        let receipt = receipts.get(&sitting.id).context("everybody has a receipt")?;
        ensure!(receipt.contains(&code), "the receipt of {} has not its code", sitting.id);
    }
    let most = waited.iter().max().copied().unwrap_or_default();
    ensure!(most <= HANDED_IN_WITHIN_MS, "somebody was handed in {most} ms after the end");
    ensure!(waited.iter().all(|ms| *ms >= 0), "somebody was handed in before the end");
    let spread = ends.iter().max().unwrap_or(&0) - ends.iter().min().unwrap_or(&0);
    let also = format!(
        "{} sittings end within {spread} ms; the last is handed in {most} ms after its end; {} receipts",
        waited.len(),
        receipts.len()
    );
    let fault = format!("{candidates} sittings end in the same second");
    Ok(Outcome { lines: vec![Line { also, ..Line::new(fault, 1, compared) }] })
}

/// The session with everybody's sitting, before the server starts.
async fn before(bench: &Bench, candidates: u32) -> Result<(Hall, Template)> {
    let data = bench.folder.join("row-19-before");
    let flags = Flags { data: Some(data.clone()), ..Flags::default() };
    let hall = people::prepare(&Settings::of(&flags)?, candidates, MINUTES).await?;
    let session = hall.session.clone();
    let mut sittings = Place { store: data.display().to_string(), session: session.clone() }.standing().await?.sittings;
    // The roster is in this order, and everybody logs in in it.
    sittings.sort_by(|a, b| a.admission_no.cmp(&b.admission_no));
    let person = |row: SittingRow| Person { cookies: BTreeMap::default(), sitting: row.id, epoch: 1 };
    let people = sittings.into_iter().map(person).collect();
    let rooms = hall.rooms().to_vec();
    Ok((hall, Template { data, session, people, consoles: Vec::new(), rooms }))
}

/// All rooms at once, after every proctor is there.
async fn open_all(hall: &Hall, stage: &Stage) -> Result<()> {
    let mut opening = JoinSet::new();
    for mut console in hall.check_in(stage.address).await? {
        opening.spawn(async move { console.open().await });
    }
    while let Some(opened) = opening.join_next().await {
        opened??;
    }
    Ok(())
}

/// Everybody's receipt, by sitting.
async fn receipts(stage: &Stage) -> Result<HashMap<String, String>> {
    let mut receipts = HashMap::new();
    for person in &stage.people {
        let page = person.browser(stage.address).await?.get("/receipt").await?;
        ensure!(page.status == 200, "a receipt was answered by {} {}", page.status, page.location);
        receipts.insert(person.sitting.clone(), String::from_utf8(page.body)?);
    }
    Ok(receipts)
}
