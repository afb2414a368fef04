//! Candidates who write: each on one connection, one change in flight, which is sent again until the server acknowledges it
//! and the recorder has it.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::bail;
use driver::client::Client;
use kaochang_app::wire::{ChangeWire, SaveReply, SaveRequest};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::recorder::{Ack, Line};
use crate::stage::{Person, Stage};

/// Questions on a paper.
const POSITIONS: i64 = 100;
/// A page that hears nothing for so long connects anew.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries.
const RETRY: Duration = Duration::from_millis(20);

/// An acknowledgement as the candidate saw it, after the recorder had it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub ack: Ack,
    /// When the request that was answered was sent.
    pub asked: Instant,
    /// When the answer came.
    pub at: Instant,
    /// Since it was first sent.
    pub took: Duration,
    /// Times it was sent.
    pub sends: u32,
}

/// What all candidates saw.
#[derive(Debug, Default)]
pub struct Book {
    pub seen: Vec<Seen>,
    /// The highest sequence that each sitting ever sent.
    pub sent: HashMap<String, i64>,
    /// Answers that were no acknowledgement, by status.
    pub refused: BTreeMap<u16, u64>,
}

/// Candidates at work.
#[derive(Debug)]
pub struct Load {
    book: Arc<Mutex<Book>>,
    stop: Arc<AtomicBool>,
    lanes: JoinSet<anyhow::Result<()>>,
}

/// What a candidate chooses by a change: it differs between the changes of one question.
pub fn response_of(seq: i64) -> &'static str {
    if (seq / POSITIONS + seq) % 2 == 0 { "A" } else { "B" }
}

impl Load {
    /// Everybody of the stage begins to write, with so long between an acknowledgement and the next change.
    pub async fn start(stage: &Stage, pause: Duration) -> anyhow::Result<Self> {
        Self::of(stage, &stage.people, pause).await
    }

    /// Some of them do.
    pub async fn of(stage: &Stage, people: &[Person], pause: Duration) -> anyhow::Result<Self> {
        let (book, stop) = (Arc::new(Mutex::new(Book::default())), Arc::new(AtomicBool::new(false)));
        let (mut lanes, first_seq) = (JoinSet::new(), stage.first_seq());
        for person in people {
            let lane = Lane {
                person: person.clone(),
                address: stage.address,
                recorder: stage.recorder.line().await?,
                book: book.clone(),
                stop: stop.clone(),
                pause,
                client: None,
            };
            lanes.spawn(lane.run(first_seq));
        }
        Ok(Self { book, stop, lanes })
    }

    /// What was seen so far.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.book)
    }

    /// How many acknowledgements were seen so far.
    pub fn acknowledged(&self) -> usize {
        self.book().seen.len()
    }

    /// Waits until so many more are acknowledged.
    pub async fn more(&mut self, count: usize, within: Duration) -> anyhow::Result<()> {
        let (from, begin) = (self.acknowledged(), Instant::now());
        while self.acknowledged() < from + count {
            while let Some(lane) = self.lanes.try_join_next() {
                lane??;
            }
            if begin.elapsed() > within {
                bail!("only {} of {count} saves within {} s", self.acknowledged() - from, within.as_secs());
            }
            sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// Nobody begins another change; what is under way is sent until it is acknowledged.
    pub async fn stop(mut self) -> anyhow::Result<Book> {
        self.stop.store(true, Ordering::Relaxed);
        while let Some(lane) = timeout(Duration::from_mins(1), self.lanes.join_next()).await? {
            lane??;
        }
        Ok(std::mem::take(&mut *self.book()))
    }

    /// Nobody sends anything any more, not even what is under way.
    pub fn abort(mut self) -> Book {
        self.lanes.abort_all();
        std::mem::take(&mut *self.book())
    }
}

/// One candidate at work.
struct Lane {
    person: Person,
    address: SocketAddr,
    recorder: Line,
    book: Arc<Mutex<Book>>,
    stop: Arc<AtomicBool>,
    pause: Duration,
    client: Option<Client>,
}

impl Lane {
    async fn run(mut self, first_seq: i64) -> anyhow::Result<()> {
        let mut seq = first_seq;
        while !self.stop.load(Ordering::Relaxed) {
            if !self.change(seq).await? {
                break;
            }
            seq += 1;
            sleep(self.pause).await;
        }
        Ok(())
    }

    /// One change until it is acknowledged and recorded; `false`: the sitting is closed.
    async fn change(&mut self, seq: i64) -> anyhow::Result<bool> {
        let position = u32::try_from(seq % POSITIONS)? + 1;
        let response = response_of(seq).to_owned();
        let change = ChangeWire { seq, position, response: response.clone(), flagged: false };
        let request = SaveRequest { epoch: self.person.epoch, changes: vec![change], left_page: 0 };
        let body = serde_json::to_string(&request)?;
        lock(&self.book).sent.insert(self.person.sitting.clone(), seq);
        let begin = Instant::now();
        for sends in 1.. {
            let asked = Instant::now();
            let answer = timeout(PATIENCE, self.send(&body)).await;
            let at = Instant::now();
            match answer {
                Ok(Ok((200, body))) => {
                    let reply: SaveReply = serde_json::from_slice(&body)?;
                    if reply.acked_seq != seq {
                        bail!("change {seq} was answered by {}", reply.acked_seq);
                    }
                    let sitting = self.person.sitting.clone();
                    let ack = Ack { sitting, position, seq, response, remaining_ms: reply.remaining_ms };
                    self.recorder.record(&ack).await?;
                    lock(&self.book).seen.push(Seen { ack, asked, at, took: at - begin, sends });
                    return Ok(true);
                }
                Ok(Ok((410, _))) => return Ok(false),
                Ok(Ok((503, _))) => *lock(&self.book).refused.entry(503).or_default() += 1,
                Ok(Ok((status, body))) => bail!("{status}: {}", String::from_utf8_lossy(&body)),
                Ok(Err(_)) | Err(_) => self.client = None,
            }
            sleep(RETRY).await;
        }
        unreachable!("tries have no end")
    }

    async fn send(&mut self, body: &str) -> anyhow::Result<(u16, Vec<u8>)> {
        if self.client.is_none() {
            self.client = Some(self.person.browser(self.address).await?);
        }
        let client = self.client.as_mut().expect("just connected");
        let request = client.request("/exam/changes", "application/json", "", body);
        let answer = client.send(&request).await?;
        Ok((answer.status, answer.body))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time within which 99 of 100 of these were acknowledged.
pub fn p99<'a>(seen: impl Iterator<Item = &'a Seen>) -> Option<Duration> {
    let mut took: Vec<Duration> = seen.map(|seen| seen.took).collect();
    took.sort_unstable();
    took.get(took.len() * 99 / 100).copied()
}
