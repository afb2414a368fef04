//! A whole exam: everybody logs in, starts in the same ten seconds, answers every question and is handed in, most by the clock.
//!
//! Open loop: what each page does has its time on a schedule, and lateness counts from there, whatever the server does. Think
//! time is compressed: a question each second and a half instead of each minute. What pages do by themselves (polls while they
//! wait, heartbeats, the last second's haste) they do here at the rates of the real ones.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, ensure};
use driver::client::{ACCEPT_COMPRESSED, Answer, Client};
use driver::people::{self, Console, Machine};
use driver::server::Server;
use kaochang::{
    config::{Flags, Settings},
    store::{response, score, sitting},
};
use kaochang_app::wire::{SaveRefusal, SaveReply};
use serde::Serialize;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::machine::{cpu_seconds, flushes_per_second, memory_peak_mb};
use super::saves::{f64_of, kaochang};

/// Length of the exam.
const MINUTES: u32 = 4;
/// Questions on a paper.
const QUESTIONS: u32 = 100;
/// Everybody arrives within it.
const ARRIVALS: Duration = Duration::from_secs(30);
/// From the proctors' word until the first asks for the first question, and from there until the last does.
const OPENING: Duration = Duration::from_secs(1);
const STARTS: Duration = Duration::from_secs(9);
/// From the opening of the rooms until the first answer.
const READING: Duration = Duration::from_secs(12);
/// Every question is answered within it.
const ANSWERS: Duration = Duration::from_secs(150);
/// Who hands in, does so within it, after the answers.
const HAND_INS: Duration = Duration::from_secs(45);
/// One of so many hands in before the end.
const EARLY: usize = 5;
/// As the waiting page does.
const POLL: Duration = Duration::from_secs(3);
/// As the exam room does: while nothing is changed, once the time is over, and while the receipt is not there yet.
const HEARTBEAT: Duration = Duration::from_secs(5);
const HEARTBEAT_OVER: Duration = Duration::from_secs(1);
const RECEIPT_RETRY: Duration = Duration::from_millis(1_500);
/// Nobody waits longer for anything.
const PATIENCE: Duration = Duration::from_mins(2);

/// The line of figures.
#[derive(Default, Serialize)]
struct Figures {
    candidates: u32,
    /// From the first arrival, of thirty seconds' arrivals, until the last waits.
    login_seconds: f64,
    /// One candidate's way from the login page to the waiting page.
    login_p99_ms: f64,
    /// The exam page, whole, from the moment it was due.
    start_p99_ms: f64,
    start_max_ms: f64,
    saves: u64,
    save_p99_ms: f64,
    /// From the deadline (closing comes two seconds later, the transmission allowance) until the last read their receipt.
    hand_in_seconds: f64,
    errors: u64,
    /// Answers acknowledged that do not stand in the database, and sittings without hand-in, score or receipt.
    missing: u64,
    peak_mb: f64,
    flushes_per_s: f64,
    /// Processor seconds of the server and of the generator while people logged in, started, answered, were handed in.
    server_cpu_s: Vec<f64>,
    generator_cpu_s: Vec<f64>,
}

/// What people meet, told by everybody to one place.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Tellings>>);

#[derive(Default)]
struct Tellings {
    errors: u64,
    logins: Vec<Duration>,
    starts: Vec<Duration>,
    saves: Vec<Duration>,
    ends: Vec<Duration>,
    /// Sitting and position → sequence and letters last acknowledged.
    acknowledged: HashMap<(String, u32), (i64, &'static str)>,
}

/// Somebody with a page.
struct Person {
    number: usize,
    client: Client,
    sitting: String,
    told: Told,
    seq: i64,
    deadline: Instant,
}

pub async fn run(binary: &Path, folder: &Path, candidates: u32) -> anyhow::Result<()> {
    let data = folder.join("data");
    let settings = Settings::of(&Flags { data: Some(data.clone()), ..Flags::default() })?;
    eprintln!("preparing {candidates} papers");
    let hall = people::prepare(&settings, candidates, MINUTES).await?;
    let server = kaochang(binary, &data, None, folder).await?;
    eprintln!("enrolling machines, proctors check in");
    let machines = hall.enrol(server.address).await?;
    let consoles = hall.check_in(server.address).await?;
    let mut figures = Figures {
        candidates,
        flushes_per_s: flushes_per_second(folder, Duration::from_secs(1))?,
        ..Figures::default()
    };
    let mut meter = Meter::new(&server)?;
    let told = Told::default();

    eprintln!("everybody logs in");
    let (arrived, seconds) = log_in(machines, &hall.session, &data, &told).await?;
    figures.login_seconds = seconds;
    meter.note(&mut figures)?;
    eprintln!("the rooms open");
    let begin = Instant::now();
    let writing = start(arrived, consoles, begin).await?;
    meter.note(&mut figures)?;
    eprintln!("everybody answers");
    let done = answer(writing, begin).await?;
    meter.note(&mut figures)?;
    eprintln!("the end");
    let receipts = end(done, begin).await?;
    meter.note(&mut figures)?;
    figures.peak_mb = memory_peak_mb(server.pid())?;
    server.stop()?;

    let mut tellings = std::mem::take(&mut *told.0.lock().expect("nobody panicked"));
    figures.missing = missing(&data, &hall.session, candidates, receipts, &tellings.acknowledged).await?;
    figures.errors = tellings.errors;
    figures.saves = tellings.saves.len() as u64;
    figures.login_p99_ms = permille_ms(&mut tellings.logins, 990);
    figures.start_p99_ms = permille_ms(&mut tellings.starts, 990);
    figures.start_max_ms = permille_ms(&mut tellings.starts, 1_000);
    figures.save_p99_ms = permille_ms(&mut tellings.saves, 990);
    figures.hand_in_seconds = permille_ms(&mut tellings.ends, 1_000) / 1_000.0;
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

/// Processor time from note to note.
struct Meter {
    server: u32,
    before: [f64; 2],
}

impl Meter {
    fn new(server: &Server) -> anyhow::Result<Self> {
        let server = server.pid();
        Ok(Self { server, before: Self::read(server)? })
    }

    fn read(server: u32) -> anyhow::Result<[f64; 2]> {
        Ok([cpu_seconds(server)?, cpu_seconds(std::process::id())?])
    }

    fn note(&mut self, figures: &mut Figures) -> anyhow::Result<()> {
        let now = Self::read(self.server)?;
        figures.server_cpu_s.push(now[0] - self.before[0]);
        figures.generator_cpu_s.push(now[1] - self.before[1]);
        self.before = now;
        Ok(())
    }
}

/// Everybody's way to the waiting page, begun at a time of their own; and the seconds until the last is there.
async fn log_in(machines: Vec<Machine>, session: &str, data: &Path, told: &Told) -> anyhow::Result<(Vec<Person>, f64)> {
    let store = people::store(&data.display().to_string()).await?;
    let rows = sitting::of_session(&mut store.read().await?, session).await?;
    store.close().await;
    let sittings: HashMap<String, String> = rows.into_iter().map(|row| (row.admission_no, row.id)).collect();
    let (begin, count) = (Instant::now(), machines.len());
    let mut arriving = JoinSet::new();
    for (number, mut machine) in machines.into_iter().enumerate() {
        let sitting = sittings.get(&machine.admission_no).context("everybody is on the roster")?.clone();
        let (told, due) = (told.clone(), begin + share(ARRIVALS, number, count));
        machine.client.more_headers = ACCEPT_COMPRESSED;
        arriving.spawn(async move {
            sleep_until(due).await;
            machine.client = machine.client.again().await?;
            machine.client.get("/").await?;
            machine.log_in().await?;
            machine.client.get("/waiting").await?;
            told.0.lock().expect("nobody panicked").logins.push(due.elapsed());
            anyhow::Ok(Person { number, client: machine.client, sitting, told, seq: 0, deadline: begin })
        });
    }
    let people = all(arriving).await?;
    Ok((people, begin.elapsed().as_secs_f64()))
}

/// The proctors of every room open it; everybody polls until the moment at which they ask for the first question.
async fn start(people: Vec<Person>, consoles: Vec<Console>, begin: Instant) -> anyhow::Result<Vec<Person>> {
    let mut opening = JoinSet::new();
    for mut console in consoles {
        opening.spawn(async move {
            console.client = console.client.again().await?;
            console.open().await
        });
    }
    let count = people.len();
    let mut starting = JoinSet::new();
    for mut person in people {
        let due = begin + OPENING + share(STARTS, person.number, count);
        starting.spawn(async move {
            let mut poll = begin + share(POLL, person.number * 7 % 30, 30);
            while poll < due {
                sleep_until(poll).await;
                person.expect("GET /waiting/state", 200, "/waiting/state").await;
                poll += POLL;
            }
            sleep_until(due).await;
            person.expect("GET /exam", 200, "/exam").await;
            person.told.0.lock().expect("nobody panicked").starts.push(due.elapsed());
            anyhow::Ok(person)
        });
    }
    let people = all(starting).await?;
    all(opening).await?;
    Ok(people)
}

/// Everybody answers every question once.
async fn answer(people: Vec<Person>, begin: Instant) -> anyhow::Result<Vec<Person>> {
    let count = people.len();
    let mut answering = JoinSet::new();
    for mut person in people {
        answering.spawn(async move {
            let pause = ANSWERS / QUESTIONS;
            let first = begin + READING + share(pause, person.number, count);
            for position in 1..=QUESTIONS {
                let due = first + pause * (position - 1);
                sleep_until(due).await;
                person.save(position, due).await;
            }
            anyhow::Ok(person)
        });
    }
    all(answering).await
}

/// Some hand in; the others' pages stay until the clock has done it. How many read their receipt.
async fn end(people: Vec<Person>, begin: Instant) -> anyhow::Result<u64> {
    let count = people.len();
    let mut ending = JoinSet::new();
    for mut person in people {
        ending.spawn(async move {
            let mine = begin + READING + ANSWERS + Duration::from_secs(3) + share(HAND_INS, person.number, count);
            let early = person.number % EARLY == 0;
            let mut beat = Instant::now() + share(HEARTBEAT, person.number * 13 % 100, 100);
            while !(early && Instant::now() >= mine) {
                let until = if early { beat.min(mine) } else { beat };
                sleep_until(until).await;
                if until == beat && person.heartbeat().await {
                    break;
                }
                beat = Instant::now() + if Instant::now() >= person.deadline { HEARTBEAT_OVER } else { HEARTBEAT };
                if beat > person.deadline && Instant::now() < person.deadline {
                    beat = person.deadline;
                }
            }
            if early {
                person.hand_in().await;
            }
            let read = person.receipt().await;
            if !early {
                let mut told = person.told.0.lock().expect("nobody panicked");
                told.ends.push(Instant::now().saturating_duration_since(person.deadline));
            }
            anyhow::Ok(u64::from(read))
        });
    }
    Ok(all(ending).await?.into_iter().sum())
}

impl Person {
    /// A page that must answer so; anything else is an error and told.
    async fn expect(&mut self, what: &str, status: u16, path: &str) -> Option<Answer> {
        let answer = self.client.get(path).await;
        self.judge(what, &[status], answer)
    }

    fn judge(&self, what: &str, wanted: &[u16], answer: anyhow::Result<Answer>) -> Option<Answer> {
        let wrong = match answer {
            Ok(answer) if wanted.contains(&answer.status) => return Some(answer),
            Ok(answer) => format!("{} {}", answer.status, answer.location),
            Err(error) => format!("{error:#}"),
        };
        let mut told = self.told.0.lock().expect("nobody panicked");
        told.errors += 1;
        if told.errors <= 10 {
            eprintln!("error: candidate {}, {what}: {wrong}", self.number);
        }
        None
    }

    async fn save(&mut self, position: u32, due: Instant) {
        self.seq += 1;
        let letters = if (self.number + position as usize).is_multiple_of(2) { "A" } else { "B" };
        let changes = format!(
            "{{\"seq\":{},\"position\":{position},\"response\":\"{letters}\",\"flagged\":{}}}",
            self.seq,
            position.is_multiple_of(10)
        );
        if self.changes(&changes, &[200]).await.is_some() {
            let mut told = self.told.0.lock().expect("nobody panicked");
            told.saves.push(due.elapsed());
            told.acknowledged.insert((self.sitting.clone(), position), (self.seq, letters));
        }
    }

    /// Whether the sitting is closed.
    async fn heartbeat(&mut self) -> bool {
        self.changes("", &[200, 410]).await.is_some_and(|answer| answer.status == 410)
    }

    async fn changes(&mut self, changes: &str, wanted: &[u16]) -> Option<Answer> {
        let body = format!("{{\"epoch\":1,\"changes\":[{changes}],\"left_page\":0}}");
        let request = self.client.request("/exam/changes", "application/json", "", &body);
        let answer = self.client.send(&request).await;
        let answer = self.judge("POST /exam/changes", wanted, answer)?;
        // What is short enough comes as it is.
        let read = match answer.status {
            200 => serde_json::from_slice::<SaveReply>(&answer.body).map(|reply| reply.remaining_ms),
            _ => serde_json::from_slice::<SaveRefusal>(&answer.body).map(|_| 0),
        };
        match read {
            Ok(ms) if answer.status == 200 => {
                self.deadline = Instant::now() + Duration::from_millis(u64::try_from(ms).unwrap_or(0));
            }
            Ok(_) => {}
            Err(error) => {
                self.judge("POST /exam/changes", wanted, Err(error.into()));
                return None;
            }
        }
        Some(answer)
    }

    async fn hand_in(&mut self) {
        let answer = self.client.post("/exam/hand-in", &[("epoch", "1"), ("confirm", "yes")]).await;
        self.judge("POST /exam/hand-in", &[303], answer);
    }

    async fn receipt(&mut self) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            let answer = self.client.get("/receipt").await;
            if self.judge("GET /receipt", &[200, 303], answer).is_some_and(|answer| answer.status == 200) {
                return true;
            }
            sleep(RECEIPT_RETRY).await;
        }
        false
    }
}

/// What was acknowledged and does not stand, and who was not handed in, marked and told so.
async fn missing(
    data: &Path,
    session: &str,
    candidates: u32,
    receipts: u64,
    acknowledged: &HashMap<(String, u32), (i64, &'static str)>,
) -> anyhow::Result<u64> {
    let store = people::store(&data.display().to_string()).await?;
    let mut tx = store.read().await?;
    let rows = response::of_session(&mut tx, session).await?;
    let stands: HashMap<(String, u32), (i64, String)> = rows
        .into_iter()
        .map(|row| Ok(((row.sitting_id, u32::try_from(row.position)?), (row.seq, row.response))))
        .collect::<anyhow::Result<_>>()?;
    let lost = acknowledged.iter().filter(|(key, (seq, letters))| {
        !stands.get(*key).is_some_and(|(its, response)| its == seq && response == letters)
    });
    let lost = lost.count() as u64;
    let closed = sitting::of_session(&mut tx, session).await?.iter().filter(|row| row.phase == "closed").count() as u64;
    let scored = score::of_session(&mut tx, session).await?.len() as u64;
    let everybody = u64::from(candidates);
    ensure!(acknowledged.len() as u64 <= everybody * u64::from(QUESTIONS), "more answers than questions");
    Ok(lost + (everybody - closed) + (everybody - scored) + (everybody - receipts.min(everybody)))
}

/// Runs everybody to the end; the first who can't go on ends the bench.
async fn all<T: 'static>(mut tasks: JoinSet<anyhow::Result<T>>) -> anyhow::Result<Vec<T>> {
    let mut done = Vec::with_capacity(tasks.len());
    while let Some(task) = tasks.join_next().await {
        done.push(task??);
    }
    Ok(done)
}

/// The place of one of many in a stretch of time.
fn share(whole: Duration, number: usize, count: usize) -> Duration {
    whole.mul_f64(f64_of(number as u64) / f64_of(count.max(1) as u64))
}

/// The value that so many of a thousand do not exceed, in milliseconds.
fn permille_ms(times: &mut [Duration], permille: usize) -> f64 {
    times.sort_unstable();
    let at = (times.len() * permille / 1_000).min(times.len().saturating_sub(1));
    times.get(at).map_or(f64::NAN, |time| time.as_secs_f64() * 1_000.0)
}

/// The line of figures of sittings held live.
#[derive(Serialize)]
struct Live {
    sittings: u32,
    seconds: u64,
    heartbeats: u64,
    heartbeats_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
    errors: u64,
    /// Processors that the server and the generator kept busy.
    server_cores: f64,
    generator_cores: f64,
    peak_mb: f64,
}

/// So many sittings are held live by a heartbeat each second.
pub async fn live(binary: &Path, folder: &Path, candidates: u32, seconds: u64) -> anyhow::Result<()> {
    let data = folder.join("data");
    let settings = Settings::of(&Flags { data: Some(data.clone()), ..Flags::default() })?;
    eprintln!("preparing {candidates} papers");
    let hall = people::prepare(&settings, candidates, 240).await?;
    let server = kaochang(binary, &data, None, folder).await?;
    eprintln!("enrolling machines, proctors check in, everybody logs in");
    let machines = hall.enrol(server.address).await?;
    let consoles = hall.check_in(server.address).await?;
    let told = Told::default();
    let (people, _) = log_in(machines, &hall.session, &data, &told).await?;
    for mut console in consoles {
        console.client = console.client.again().await?;
        console.open().await?;
    }
    // Whoever waits is started by a tick at the latest.
    sleep(Duration::from_secs(1)).await;
    eprintln!("heartbeats");
    let (count, begin) = (people.len(), Instant::now() + Duration::from_secs(2));
    let before = [cpu_seconds(server.pid())?, cpu_seconds(std::process::id())?];
    let mut beating = JoinSet::new();
    for (number, person) in people.into_iter().enumerate() {
        beating.spawn(beats(person, begin + share(Duration::from_secs(1), number, count), seconds));
    }
    let mut times: Vec<Duration> = all(beating).await?.into_iter().flatten().collect();
    let elapsed = begin.elapsed().as_secs_f64();
    let after = [cpu_seconds(server.pid())?, cpu_seconds(std::process::id())?];
    let live = Live {
        sittings: candidates,
        seconds,
        heartbeats: times.len() as u64,
        heartbeats_per_s: f64_of(times.len() as u64) / elapsed,
        p50_ms: permille_ms(&mut times, 500),
        p99_ms: permille_ms(&mut times, 990),
        max_ms: permille_ms(&mut times, 1_000),
        errors: told.0.lock().expect("nobody panicked").errors,
        server_cores: (after[0] - before[0]) / elapsed,
        generator_cores: (after[1] - before[1]) / elapsed,
        peak_mb: memory_peak_mb(server.pid())?,
    };
    server.stop()?;
    println!("{}", serde_json::to_string(&live)?);
    Ok(())
}

async fn beats(mut person: Person, first: Instant, seconds: u64) -> anyhow::Result<Vec<Duration>> {
    person.client = person.client.again().await?;
    let mut times = Vec::new();
    for second in 0..seconds {
        let due = first + Duration::from_secs(second);
        sleep_until(due).await;
        if !person.heartbeat().await {
            times.push(due.elapsed());
        }
    }
    Ok(times)
}
