//! Saves, one in flight on each connection: at the real endpoint, at a bare route in front of the same writer, at a bare echo.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use driver::client::Client;
use driver::people::{self, Candidate};
use driver::server::{Server, free_port};
use kaochang::{
    config::{Flags, Settings},
    store::response,
};
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::bare::SITTING;
use super::machine::{cpu_seconds, flushes_per_second};

const CONNECTIONS: [usize; 2] = [64, 512];
const ROUNDS: usize = 3;
const DURING: Duration = Duration::from_secs(4);
/// Questions on a paper.
const POSITIONS: u32 = 100;
/// An exam in which everything here has room.
const MINUTES: u32 = 240;

/// One line of figures: medians over the rounds.
#[derive(Serialize)]
struct Figures {
    store: &'static str,
    connections: usize,
    flushes_per_s: f64,
    echo_per_s: f64,
    writer_per_s: f64,
    saves_per_s: f64,
    p99_ms: f64,
    writer_p99_ms: f64,
    /// Processor time of the server for a thousand saves.
    cpu_s_per_1000: f64,
    /// Saves that the endpoint acknowledged, in all rounds.
    acknowledged: u64,
    /// Questions whose last acknowledged save stands in the database, and how many there are.
    stored: usize,
    stored_of: usize,
    /// Least over the rounds of: saves against the smaller of echo and connections × flushes; saves against the bare writer.
    ratio_to_bound: f64,
    ratio_to_writer: f64,
}

/// Where a save goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Endpoint,
    Writer,
    Echo,
}

/// What one turn gave.
#[derive(Clone, Copy, Default)]
struct Turn {
    per_s: f64,
    p99_ms: f64,
    count: u64,
}

/// The last save of each question that was acknowledged: sitting and position → sequence.
type Acknowledged = HashMap<(String, u32), i64>;

pub async fn run(binary: &Path, folder: &Path, url: Option<&str>) -> anyhow::Result<()> {
    let data = folder.join("data");
    let flags = Flags { data: Some(data.clone()), database_url: url.map(str::to_owned), ..Flags::default() };
    let settings = Settings::of(&flags)?;
    let most = CONNECTIONS.into_iter().max().unwrap_or_default();
    let hall = people::prepare(&settings, u32::try_from(most)?, MINUTES).await?;
    let server = kaochang(binary, &data, url, folder).await?;
    let mut candidates = hall.log_in(server.address).await?;
    hall.open_rooms(server.address).await?;
    sleep(Duration::from_secs(1)).await;
    for candidate in &mut candidates {
        candidate.open().await?;
    }
    server.stop()?;
    // The bare writer has a database of its own; on PostgreSQL both write the same one, in turn.
    let copy = folder.join("copy");
    if url.is_none() {
        std::fs::create_dir_all(&copy)?;
        std::fs::copy(data.join("kaochang.sqlite"), copy.join("kaochang.sqlite"))?;
    }
    let (own, port) = (std::env::current_exe()?, free_port()?);
    let mut echo = Command::new(&own);
    let echo = Server::start(echo.args(["echo", &port.to_string()]), port, &folder.join("echo.log")).await?;
    let (mut writer, port) = (Command::new(&own), free_port()?);
    let bare_store = url.map_or_else(|| copy.display().to_string(), str::to_owned);
    writer.args(["writer", &port.to_string(), &bare_store, &hall.session]);
    let writer = Server::start(&mut writer, port, &folder.join("writer.log")).await?;
    let server = kaochang(binary, &data, url, folder).await?;
    let mut bench = Bench { candidates, server, writer, echo, next_seq: 1, acknowledged: Acknowledged::new() };
    for connections in CONNECTIONS {
        let figures = bench.measure(connections, folder, url, &hall.session, &data).await?;
        println!("{}", serde_json::to_string(&figures)?);
    }
    Ok(())
}

pub async fn kaochang(binary: &Path, data: &Path, url: Option<&str>, folder: &Path) -> anyhow::Result<Server> {
    let port = free_port()?;
    let mut command = Command::new(binary);
    command.arg("serve").arg("--data").arg(data).args(["--listen", &format!("127.0.0.1:{port}")]);
    if let Some(url) = url {
        command.args(["--database-url", url]);
    }
    command.env("RUST_LOG", "warn");
    Server::start(&mut command, port, &folder.join("server.log")).await
}

struct Bench {
    candidates: Vec<Candidate>,
    server: Server,
    writer: Server,
    echo: Server,
    /// Every turn goes on where the one before ended: a candidate's sequence only rises.
    next_seq: i64,
    acknowledged: Acknowledged,
}

impl Bench {
    async fn measure(
        &mut self,
        connections: usize,
        folder: &Path,
        url: Option<&str>,
        session: &str,
        data: &Path,
    ) -> anyhow::Result<Figures> {
        let (mut flushes, mut turns, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            flushes.push(flushes_per_second(folder, Duration::from_millis(500))?);
            let echo = self.turn(Target::Echo, connections).await?;
            let writer = self.turn(Target::Writer, connections).await?;
            let before = cpu_seconds(self.server.pid())?;
            let endpoint = self.turn(Target::Endpoint, connections).await?;
            cpu.push((cpu_seconds(self.server.pid())? - before) * 1000.0 / f64_of(endpoint.count));
            turns.push([echo, writer, endpoint]);
        }
        let (stored, stored_of) = self.stored(url, session, data).await?;
        let of = |which: usize, what: fn(&Turn) -> f64| median(turns.iter().map(|turns| what(&turns[which])).collect());
        let ratio = |bound: &dyn Fn(usize) -> f64| {
            (0..ROUNDS).map(|round| turns[round][2].per_s / bound(round)).fold(f64::INFINITY, f64::min)
        };
        let lanes = f64_of(u64::try_from(connections)?);
        Ok(Figures {
            store: if url.is_some() { "postgres" } else { "sqlite" },
            connections,
            flushes_per_s: median(flushes.clone()),
            echo_per_s: of(0, |turn| turn.per_s),
            writer_per_s: of(1, |turn| turn.per_s),
            saves_per_s: of(2, |turn| turn.per_s),
            p99_ms: of(2, |turn| turn.p99_ms),
            writer_p99_ms: of(1, |turn| turn.p99_ms),
            cpu_s_per_1000: median(cpu),
            acknowledged: turns.iter().map(|turns| turns[2].count).sum(),
            stored,
            stored_of,
            ratio_to_bound: ratio(&|round| turns[round][0].per_s.min(lanes * flushes[round])),
            ratio_to_writer: ratio(&|round| turns[round][1].per_s),
        })
    }

    async fn turn(&mut self, target: Target, connections: usize) -> anyhow::Result<Turn> {
        let address = match target {
            Target::Endpoint => self.server.address,
            Target::Writer => self.writer.address,
            Target::Echo => self.echo.address,
        };
        let mut lanes = JoinSet::new();
        let begin = Instant::now();
        for candidate in &self.candidates[..connections] {
            let lane = Lane {
                client: connected(candidate, address).await?,
                sitting: candidate.sitting.clone(),
                epoch: candidate.epoch,
                seq: self.next_seq,
            };
            lanes.spawn(lane.run(target, begin + DURING));
        }
        let (mut latencies, mut next_seq) = (Vec::new(), self.next_seq);
        while let Some(lane) = lanes.join_next().await {
            let (sitting, done, seq, last) = lane??;
            latencies.extend(done);
            next_seq = next_seq.max(seq);
            if target == Target::Endpoint {
                self.acknowledged.extend(last.into_iter().map(|(position, seq)| ((sitting.clone(), position), seq)));
            }
        }
        let seconds = begin.elapsed().as_secs_f64();
        self.next_seq = next_seq;
        latencies.sort_unstable();
        let count = u64::try_from(latencies.len())?;
        let p99 = latencies.get(latencies.len() * 99 / 100).context("no save was acknowledged")?;
        Ok(Turn { per_s: f64_of(count) / seconds, p99_ms: p99.as_secs_f64() * 1000.0, count })
    }

    /// How many of the questions that were acknowledged stand as they were acknowledged, or newer.
    async fn stored(&self, url: Option<&str>, session: &str, data: &Path) -> anyhow::Result<(usize, usize)> {
        let store = people::store(&url.map_or_else(|| data.display().to_string(), str::to_owned)).await?;
        let rows = response::of_session(&mut store.read().await?, session).await?;
        let found: HashMap<(String, u32), i64> = rows
            .into_iter()
            .map(|row| Ok(((row.sitting_id, u32::try_from(row.position)?), row.seq)))
            .collect::<anyhow::Result<_>>()?;
        let stands = |(key, seq): &(&(String, u32), &i64)| found.get(*key).is_some_and(|found| found >= *seq);
        Ok((self.acknowledged.iter().filter(stands).count(), self.acknowledged.len()))
    }
}

async fn connected(candidate: &Candidate, address: SocketAddr) -> anyhow::Result<Client> {
    let mut client = Client::connect(address).await?;
    client.cookies.clone_from(&candidate.client.cookies);
    Ok(client)
}

/// One connection, one candidate, one save in flight.
struct Lane {
    client: Client,
    sitting: String,
    epoch: i64,
    seq: i64,
}

/// Sitting, time of each save, next sequence, last acknowledged sequence of each position.
type Done = (String, Vec<Duration>, i64, HashMap<u32, i64>);

impl Lane {
    async fn run(mut self, target: Target, until: Instant) -> anyhow::Result<Done> {
        let header = if target == Target::Writer { format!("{SITTING}: {}\r\n", self.sitting) } else { String::new() };
        let (mut times, mut last) = (Vec::new(), HashMap::new());
        while Instant::now() < until {
            let position = u32::try_from(self.seq % i64::from(POSITIONS))? + 1;
            let body = format!(
                "{{\"epoch\":{},\"changes\":[{{\"seq\":{},\"position\":{position},\"response\":\"{}\",\"flagged\":false}}],\
                 \"left_page\":0}}",
                self.epoch,
                self.seq,
                if self.seq % 2 == 0 { "A" } else { "B" }
            );
            let request = self.client.request("/exam/changes", "application/json", &header, &body);
            let begin = Instant::now();
            let answer = self.client.send(&request).await?;
            times.push(begin.elapsed());
            ensure!(answer.status == 200, "{}: {}", answer.status, String::from_utf8_lossy(&answer.body));
            last.insert(position, self.seq);
            self.seq += 1;
        }
        Ok((self.sitting, times, self.seq, last))
    }
}

pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
pub fn f64_of(count: u64) -> f64 {
    count as f64
}
