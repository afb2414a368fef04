//! One writer that commits answers in groups: many sittings' changes, one transaction, one bulk statement, one flush, then
//! all acknowledgements. No artificial delay: what arrives while a group is being flushed makes up the next.

use std::collections::BTreeSet;

use tokio::sync::{mpsc, oneshot};

use crate::store::{Store, StoreError, response, response::ResponseRow};

/// Jobs waiting at most; beyond it a save waits for its turn to queue.
const QUEUE: usize = 4_096;
/// Rows in a group at most.
const GROUP_ROWS: usize = 4_000;

struct Job {
    rows: Vec<ResponseRow>,
    done: oneshot::Sender<Result<bool, StoreError>>,
}

/// A handle to it.
#[derive(Clone, Debug)]
pub struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the task; it ends when the last handle is dropped.
    pub fn start(store: Store) -> Self {
        let (jobs, queue) = mpsc::channel(QUEUE);
        tokio::spawn(run(store, queue));
        Self { jobs }
    }

    /// Saves the rows of one sitting. `Ok(true)`: they are on stable storage. `Ok(false)`: the sitting is closed, or another
    /// epoch has it, and nothing was written.
    pub async fn save(&self, rows: Vec<ResponseRow>) -> Result<bool, StoreError> {
        let (done, answer) = oneshot::channel();
        let stopped = || StoreError::Busy("the server is stopping".to_owned());
        self.jobs.send(Job { rows, done }).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

async fn run(store: Store, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.recv().await {
        let mut rows = first.rows.len();
        let mut group = vec![first];
        while rows < GROUP_ROWS {
            let Ok(job) = queue.try_recv() else { break };
            rows += job.rows.len();
            group.push(job);
        }
        match commit(&store, &group).await {
            Ok(writable) => {
                for job in group {
                    let saved =
                        job.rows.iter().all(|row| writable.contains(&(row.session_id.clone(), row.sitting_id.clone())));
                    // Nobody waits any more when the connection was lost; the page sends it again.
                    let _ = job.done.send(Ok(saved));
                }
            }
            Err(error) => {
                tracing::error!(%error, jobs = group.len(), "a group of answers was not committed; the pages send them again");
                let full = matches!(error, StoreError::Full);
                for job in group {
                    let _ =
                        job.done.send(Err(if full { StoreError::Full } else { StoreError::Busy(error.to_string()) }));
                }
            }
        }
    }
}

async fn commit(store: &Store, group: &[Job]) -> Result<BTreeSet<(String, String)>, StoreError> {
    let rows: Vec<ResponseRow> = group.iter().flat_map(|job| job.rows.iter().cloned()).collect();
    let mut tx = store.write().await?;
    let writable = response::save(&mut tx, &rows).await?;
    tx.commit().await?;
    Ok(writable)
}
