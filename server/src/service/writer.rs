//! One writer that commits answers in groups: many sittings' changes, one transaction, a few bulk statements, one flush, then
//! all acknowledgements. No artificial delay: what arrives while a group is being flushed makes up the next.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use delivery::limits::CLOCK_STEP_MS_MAX;
use tokio::{
    sync::{mpsc, oneshot},
    task::yield_now,
};

use super::peers::Peers;
use crate::store::{
    Store, StoreError, Tx, response,
    response::{Group, Login, ResponseRow},
    server, session as sessions,
};

/// Jobs waiting at most; beyond it a save waits for its turn to queue.
const QUEUE: usize = 4_096;
/// Rows in a group at most.
const GROUP_ROWS: usize = 4_000;

struct Job {
    login: Login,
    rows: Vec<ResponseRow>,
    done: oneshot::Sender<Result<bool, StoreError>>,
}

/// A handle to it.
#[derive(Clone, Debug)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the task; it ends when the last handle is dropped. The server's id stands in the answer log; those of later
    /// processes are greater.
    pub fn start(store: Store, peers: Arc<Peers>) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        tokio::spawn(run(store, peers, queue));
        Self { jobs }
    }

    /// Saves the rows of one login of a sitting. `Ok(true)`: they are on stable storage. `Ok(false)`: the sitting is closed, or
    /// another epoch has it, and nothing was written.
    pub async fn save(&self, login: Login, rows: Vec<ResponseRow>) -> Result<bool, StoreError> {
        let (done, answer) = oneshot::channel();
        let stopped = || StoreError::Busy("the server is stopping".to_owned());
        self.jobs.send(Job { login, rows, done }).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

async fn run(store: Store, peers: Arc<Peers>, mut queue: mpsc::Receiver<Job>) {
    let mut number = 0;
    while let Some(first) = queue.recv().await {
        let (mut rows, mut waiting) = (Vec::new(), Vec::new());
        let mut take = |mut job: Job| {
            rows.append(&mut job.rows);
            waiting.push((job.login, job.done));
            rows.len()
        };
        let mut taken = take(first);
        // Whoever was acknowledged with the last group has mostly sent the next change by now: their requests, as far as they
        // are here already, are read before the group is closed.
        let mut before = 0;
        while taken > before && taken < GROUP_ROWS {
            before = taken;
            yield_now().await;
            while taken < GROUP_ROWS {
                let Ok(job) = queue.try_recv() else { break };
                taken = take(job);
            }
        }
        number += 1;
        match commit(&store, &peers, number, &rows).await {
            Ok(unwritable) => {
                for (login, done) in waiting {
                    // Nobody waits any more when the connection was lost; the page sends it again.
                    let _ = done.send(Ok(unwritable.is_empty() || !unwritable.contains(&login)));
                }
            }
            Err(error) => {
                tracing::error!(%error, jobs = waiting.len(), "a group of answers was not committed; the pages send them again");
                let full = matches!(error, StoreError::Full);
                for (_, done) in waiting {
                    let _ = done.send(Err(if full { StoreError::Full } else { StoreError::Busy(error.to_string()) }));
                }
            }
        }
    }
}

async fn commit(
    store: &Store,
    peers: &Peers,
    number: i64,
    rows: &[ResponseRow],
) -> Result<BTreeSet<Login>, StoreError> {
    let mut tx = store.write().await?;
    let outrun = if store.is_shared() { outrun(&mut tx, rows).await? } else { BTreeSet::new() };
    let timely: Vec<ResponseRow>;
    let rows = if outrun.is_empty() {
        rows
    } else {
        timely = rows.iter().filter(|row| !outrun.contains(&login(row))).cloned().collect();
        &timely
    };
    let mut unwritable = response::save(&mut tx, Group { writer: peers.id(), number }, rows).await?;
    unwritable.extend(outrun);
    if peers.are_alive() {
        peers.supersede(response::superseded(&mut tx, rows).await?);
        let saved = rows.iter().map(|row| (row.session_id.as_str(), row.sitting_id.as_str()));
        server::tell(&mut tx, &peers.saved(saved)).await?;
    }
    tx.commit().await?;
    Ok(unwritable)
}

/// Logins with rows that were let in on an exam clock which others have left behind: this server stood still, and knew no
/// better. By the clock that all share they are looked at again.
async fn outrun(tx: &mut Tx, rows: &[ResponseRow]) -> Result<BTreeSet<Login>, StoreError> {
    let mut clocks: BTreeMap<&str, i64> = BTreeMap::new();
    for row in rows {
        if !clocks.contains_key(row.session_id.as_str()) {
            clocks.insert(&row.session_id, sessions::clock(tx, &row.session_id).await?);
        }
    }
    let outrun = rows.iter().filter(|row| clocks[row.session_id.as_str()] - row.clock_ms > CLOCK_STEP_MS_MAX);
    Ok(outrun.map(login).collect())
}

fn login(row: &ResponseRow) -> Login {
    (row.session_id.clone(), row.sitting_id.clone(), row.epoch)
}
