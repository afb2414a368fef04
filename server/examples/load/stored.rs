//! What a save costs and how long the server takes to start, as the database fills with sessions that are over.
//!
//! One folder for each size, all with the same live session; the sizes are measured in turn, round after round, so that a
//! machine that drifts slows all of them alike.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use delivery::{
    ledger::{Cause, LedgerRow},
    session::SessionState,
    sitting::ClosedBy,
};
use driver::client::Client;
use driver::people;
use kaochang::{
    config::{Flags, Settings},
    store::{
        Store, Tx,
        audit::{self, Act},
        document, paper,
        response::{self, ResponseRow},
        room::{self, RoomRow, SeatRow},
        score, session,
        session::SessionRow,
        sitting::{self, Closing, SittingRow},
    },
    world::{RealWorld, new_id},
};
use question_bank::{checker::Conformance, marking::Score, paper::Paper};
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::machine::cpu_seconds;
use super::saves::{f64_of, kaochang, median};

/// Responses stored, of sessions that are over.
const SIZES: [u64; 4] = [10_000, 100_000, 1_000_000, 10_000_000];
/// Sittings of the live session, and of each that is over.
const SITTINGS: u32 = 2_000;
/// Questions on a paper.
const POSITIONS: u32 = 100;
const CONNECTIONS: usize = 64;
const ROUNDS: usize = 3;
const DURING: Duration = Duration::from_secs(4);

/// One line of figures: medians over the rounds.
#[derive(Serialize)]
struct Figures {
    stored: u64,
    database_mb: u64,
    live_sittings: u32,
    /// From the start of the process until it answers.
    start_seconds: f64,
    saves_per_s: f64,
    p99_ms: f64,
    /// Processor time of the server for a thousand saves.
    cpu_s_per_1000: f64,
    /// Processor time for a save, and its rate, against those at the smallest size.
    cost_ratio: f64,
    rate_ratio: f64,
}

/// A round at one size.
#[derive(Clone, Copy)]
struct Turn {
    start_seconds: f64,
    saves_per_s: f64,
    p99_ms: f64,
    cpu_s_per_1000: f64,
}

pub async fn run(binary: &Path, folder: &Path) -> anyhow::Result<()> {
    let first = folder.join("live");
    let settings = Settings::of(&Flags { data: Some(first.clone()), ..Flags::default() })?;
    eprintln!("a live session of {SITTINGS}");
    let hall = people::prepare(&settings, SITTINGS, 240).await?;
    let server = kaochang(binary, &first, None, folder).await?;
    let candidates = hall.log_in(server.address).await?;
    hall.open_rooms(server.address).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.stop()?;
    let cookies: Vec<_> = candidates.into_iter().map(|candidate| candidate.client.cookies).collect();

    let (mut before, mut stored, mut folders) = (first, 0, Vec::new());
    for size in SIZES {
        let data = folder.join(format!("stored-{size}"));
        std::fs::create_dir(&data)?;
        for name in ["kaochang.sqlite", "vault.key"] {
            std::fs::copy(before.join(name), data.join(name))?;
        }
        eprintln!("filling up to {size} responses");
        fill(&data, &hall.session, size - stored).await?;
        (before, stored) = (data.clone(), size);
        folders.push(data);
    }
    let mut turns: Vec<Vec<Turn>> = vec![Vec::new(); SIZES.len()];
    for round in 0..ROUNDS {
        eprintln!("round {}", round + 1);
        for (data, turns) in folders.iter().zip(&mut turns) {
            turns.push(turn(binary, data, folder, &cookies, round).await?);
        }
    }
    let middle = |turns: &[Turn], what: fn(&Turn) -> f64| median(turns.iter().map(what).collect());
    let cost = |turns: &[Turn]| middle(turns, |turn| turn.cpu_s_per_1000);
    let rate = |turns: &[Turn]| middle(turns, |turn| turn.saves_per_s);
    for ((size, data), its) in SIZES.into_iter().zip(&folders).zip(&turns) {
        let figures = Figures {
            stored: size,
            database_mb: std::fs::metadata(data.join("kaochang.sqlite"))?.len() / 1_000_000,
            live_sittings: SITTINGS,
            start_seconds: middle(its, |turn| turn.start_seconds),
            saves_per_s: rate(its),
            p99_ms: middle(its, |turn| turn.p99_ms),
            cpu_s_per_1000: cost(its),
            cost_ratio: cost(its) / cost(&turns[0]),
            rate_ratio: rate(its) / rate(&turns[0]),
        };
        println!("{}", serde_json::to_string(&figures)?);
    }
    Ok(())
}

type Cookies = std::collections::BTreeMap<String, String>;

async fn turn(binary: &Path, data: &Path, logs: &Path, cookies: &[Cookies], round: usize) -> anyhow::Result<Turn> {
    let begin = Instant::now();
    let server = kaochang(binary, data, None, logs).await?;
    let mut client = Client::connect(server.address).await?;
    ensure!(client.get("/health").await?.status == 200, "the server is not well");
    let start_seconds = begin.elapsed().as_secs_f64();
    let before = cpu_seconds(server.pid())?;
    let (mut lanes, begin) = (JoinSet::new(), Instant::now());
    for own in &cookies[..CONNECTIONS] {
        let mut client = Client::connect(server.address).await?;
        client.cookies.clone_from(own);
        lanes.spawn(save(client, i64::try_from(round)? * 1_000_000, begin + DURING));
    }
    let mut times = Vec::new();
    while let Some(lane) = lanes.join_next().await {
        times.extend(lane??);
    }
    let seconds = begin.elapsed().as_secs_f64();
    let cpu = cpu_seconds(server.pid())? - before;
    server.stop()?;
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).context("no save was acknowledged")?;
    let count = f64_of(times.len() as u64);
    Ok(Turn {
        start_seconds,
        saves_per_s: count / seconds,
        p99_ms: p99.as_secs_f64() * 1_000.0,
        cpu_s_per_1000: cpu * 1_000.0 / count,
    })
}

/// One save after another until the time is over.
async fn save(mut client: Client, after: i64, until: Instant) -> anyhow::Result<Vec<Duration>> {
    let (mut times, mut seq) = (Vec::new(), after);
    while Instant::now() < until {
        seq += 1;
        let position = seq % i64::from(POSITIONS) + 1;
        let body = format!(
            "{{\"epoch\":1,\"changes\":[{{\"seq\":{seq},\"position\":{position},\"response\":\"A\",\"flagged\":false}}],\
             \"left_page\":0}}"
        );
        let begin = Instant::now();
        let request = client.request("/exam/changes", "application/json", "", &body);
        let answer = client.send(&request).await?;
        ensure!(answer.status == 200, "{}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        times.push(begin.elapsed());
    }
    Ok(times)
}

/// What every session that is over is made of: the live one's rows.
struct Model {
    session: SessionRow,
    rooms: Vec<RoomRow>,
    sittings: Vec<SittingRow>,
    papers: Vec<(Paper, Conformance)>,
}

/// Adds sessions that are over, until so many responses more are stored.
async fn fill(data: &Path, live: &str, responses: u64) -> anyhow::Result<()> {
    let store = Store::open_sqlite(&file(data)).await?;
    let mut tx = store.read().await?;
    let papers = paper::rows(&mut tx, live).await?;
    let papers = papers.iter().map(|row| Ok((document(&row.document)?, document(&row.conformance)?)));
    let model = Model {
        session: session::by_id(&mut tx, live).await?.context("the live session")?,
        rooms: room::of_session(&mut tx, live).await?,
        sittings: sitting::of_session(&mut tx, live).await?,
        papers: papers.collect::<anyhow::Result<_>>()?,
    };
    drop(tx);
    let mut sittings = responses / u64::from(POSITIONS);
    while sittings > 0 {
        let now = sittings.min(u64::from(SITTINGS));
        let mut tx = store.write().await?;
        model.add(&mut tx, usize::try_from(now)?).await?;
        tx.commit().await?;
        sittings -= now;
    }
    store.close().await;
    Ok(())
}

fn file(data: &Path) -> PathBuf {
    data.join("kaochang.sqlite")
}

impl Model {
    async fn add(&self, tx: &mut Tx, sittings: usize) -> anyhow::Result<()> {
        let world = RealWorld::new();
        let id = new_id(&world);
        let row =
            SessionRow { id: id.clone(), state: SessionState::Finished.code().to_owned(), ..self.session.clone() };
        session::insert(tx, &row).await?;
        let rooms: Vec<String> = self.rooms.iter().map(|_| new_id(&world)).collect();
        for (own, model) in rooms.iter().zip(&self.rooms) {
            room::insert(tx, &id, &RoomRow { id: own.clone(), state: "ended".to_owned(), ..model.clone() }).await?;
            for number in 1..=30 {
                let seat = SeatRow { room_id: own.clone(), number, code: new_id(&world), token_hash: None };
                room::insert_seat(tx, &id, &seat).await?;
            }
        }
        for (model, paper) in self.sittings.iter().zip(&self.papers).take(sittings) {
            let at = self.rooms.iter().position(|room| room.id == model.room_id).context("a room")?;
            let own = SittingRow { id: new_id(&world), room_id: rooms[at].clone(), ..model.clone() };
            self.sit(tx, &id, &own, paper).await?;
        }
        Ok(())
    }

    /// A whole sitting, from the roster to the score, as the services write it.
    async fn sit(
        &self,
        tx: &mut Tx,
        session: &str,
        row: &SittingRow,
        (its, conformance): &(Paper, Conformance),
    ) -> anyhow::Result<()> {
        let id = &row.id;
        sitting::insert(tx, session, row).await?;
        paper::insert(tx, session, id, its, conformance).await?;
        sitting::log_in(tx, session, id, 1, &format!("{id}{id}"), 1).await?;
        sitting::set_flags(tx, session, id, true, true).await?;
        sitting::start(tx, session, id, 0, 1).await?;
        sitting::grant(tx, session, id, &duration()).await?;
        let rows: Vec<ResponseRow> = (1..=i64::from(POSITIONS)).map(|position| answer(session, id, position)).collect();
        response::save(tx, response::Group { writer: id, number: 1 }, &rows).await?;
        let digest = response::digest_of(&rows);
        let closing = Closing { by: ClosedBy::Clock, clock_ms: 9_000, at_ms: 9_000, responses_digest: &digest };
        sitting::close(tx, session, id, &closing).await?;
        let result = Score { total_milli: 0, max_milli: 100_000, by_function: Vec::new(), passed: false };
        score::insert(tx, session, id, 1, &result, &[0; POSITIONS as usize], 9_000).await?;
        let act =
            |act| Act { at_ms: 1, actor: "system", act, subject: id, detail: serde_json::json!({ "clock_ms": 1 }) };
        let acts = ["sitting.logged-in", "sitting.confirmed", "sitting.accepted", "sitting.started", "sitting.closed"];
        audit::append(tx, session, &acts.map(act)).await?;
        Ok(())
    }
}

fn duration() -> LedgerRow {
    LedgerRow {
        row_no: 1,
        grant_ms: 5_400_000,
        cause: Cause::Duration,
        reason: String::new(),
        actor: "system".to_owned(),
        approved_by: None,
        clock_ms: 0,
        at_ms: 1,
    }
}

fn answer(session: &str, sitting: &str, position: i64) -> ResponseRow {
    let mut row = ResponseRow {
        session_id: session.to_owned(),
        sitting_id: sitting.to_owned(),
        position,
        seq: position,
        epoch: 1,
        response: "A".to_owned(),
        flagged: false,
        clock_ms: position * 1_000,
        at_ms: 1_790_000_000_000,
        hash: String::new(),
    };
    row.hash = response::hash_of(&row).to_string();
    row
}
