//! What every act but a save goes through: begin, decide on the state as it is, write the decision and its audit row, commit,
//! apply in memory.
//!
//! Each act appends to one chain, so the row number of a chain's head is the version of what hangs on it. On a database that
//! several servers share, an act holds that head from its beginning until its commit: nobody else decides on the same session
//! in between, and a server whose memory is of an older row catches up before it decides.

use std::{sync::MutexGuard, time::Duration};

use tokio::{sync::MutexGuard as Turn, time::sleep};

use super::{Centre, hall::Hall, peers::Told};
use crate::store::{
    StoreError, Tx,
    audit::{self, Act, Head},
    server,
};

/// Between two looks at something that is waited for.
const LOOK: Duration = Duration::from_millis(100);
/// So many looks whether this server knows the time again.
const AWAKE_LOOKS: u32 = 25;
/// So many looks for what became of a commit whose answer was lost.
const DOUBT_LOOKS: u32 = 100;

/// An act under way. Dropping it changes nothing.
#[derive(Debug)]
pub(crate) struct Acting<'a> {
    centre: &'a Centre,
    /// Where it is written.
    pub tx: Tx,
    chain: String,
    /// Of the chain, as far as it was read or written here.
    head: Option<Head>,
    written: bool,
    turn: Turn<'a, ()>,
}

impl Centre {
    /// Begins an act on a chain: a session's id, a draft's, [`audit::BANK`] or [`audit::ACCOUNTS`]. Acts of this server go one
    /// at a time. What is decided must be read after this returns, and nothing may be waited for but the database: others
    /// wait for this act.
    pub(crate) async fn begin(&self, chain: &str) -> Result<Acting<'_>, StoreError> {
        self.awake(chain).await?;
        let turn = self.acts.lock().await;
        let mut tx = self.store.write().await?;
        let mut head = None;
        if self.store.is_shared() {
            let (now, clock_ms) = audit::turn(&mut tx, chain).await?;
            self.catch_up(&mut tx, chain, now.row_no).await?;
            if let (Some(clock_ms), Some(session)) = (clock_ms, self.hall().sessions.get_mut(chain)) {
                session.clock.learn(clock_ms, self.world.monotonic_ms());
            }
            head = Some(now);
        }
        Ok(Acting { centre: self, tx, chain: chain.to_owned(), head, written: false, turn })
    }

    /// Waits until this server knows the time of a session. Among others it may have to hear it first.
    async fn awake(&self, chain: &str) -> Result<(), StoreError> {
        for _ in 0..AWAKE_LOOKS {
            if self.hall().sessions.get(chain).is_none_or(|session| self.is_awake(session)) {
                return Ok(());
            }
            sleep(LOOK).await;
        }
        Err(StoreError::Busy("this server stood still, and hears first how far the others counted".to_owned()))
    }

    /// Whether a commit whose answer was lost took place: found out, not guessed.
    async fn took_place(&self, chain: &str, row: &Head) -> Result<bool, StoreError> {
        let mut last = None;
        for _ in 0..DOUBT_LOOKS {
            match self.looked_up(chain, row).await {
                Err(error) => last = Some(error),
                found => return found,
            }
            sleep(LOOK).await;
        }
        // Whatever it was: whoever acts next sees by the head of the chain whether memory is of the row that stands.
        Err(last.unwrap_or_else(|| StoreError::Busy("a commit is in doubt".to_owned())))
    }

    async fn looked_up(&self, chain: &str, row: &Head) -> Result<bool, StoreError> {
        audit::stands(&mut self.store.write().await?, chain, row).await
    }
}

impl<'a> Acting<'a> {
    /// Appends to the act's chain.
    pub(crate) async fn append(&mut self, acts: &[Act<'_>]) -> Result<(), StoreError> {
        if acts.is_empty() {
            return Ok(());
        }
        let head = match self.head.take() {
            Some(head) => head,
            None => audit::head(&mut self.tx, &self.chain).await?,
        };
        self.head = Some(audit::append_after(&mut self.tx, &self.chain, head, acts).await?);
        self.written = true;
        Ok(())
    }

    /// Commits. The hall comes back for what was decided to be applied to it; nobody else looks at it before.
    pub(crate) async fn commit(self) -> Result<MutexGuard<'a, Hall>, StoreError> {
        let Self { centre, mut tx, chain, head, written, turn } = self;
        let head = head.filter(|_| written);
        if let Some(head) = &head
            && centre.peers.are_alive()
        {
            let told = Told::Head { chain: chain.clone(), row_no: head.row_no };
            server::tell(&mut tx, &[centre.peers.message(told)]).await?;
        }
        match (tx.commit().await, &head) {
            (Ok(()), _) => {}
            (Err(error), Some(head)) if centre.store.is_shared() => {
                tracing::warn!(%error, chain, "the answer to a commit was lost; what became of it is looked up");
                if !centre.took_place(&chain, head).await? {
                    return Err(error);
                }
            }
            (Err(error), _) => return Err(error),
        }
        let mut hall = centre.hall();
        if let (Some(head), Some(session)) = (head, hall.sessions.get_mut(&chain)) {
            session.row_no = head.row_no;
        }
        // Whoever has the next turn must lock the hall to decide, and waits until this act is applied.
        drop(turn);
        Ok(hall)
    }
}
