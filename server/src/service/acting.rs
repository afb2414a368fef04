//! What every act but a save goes through: begin, decide on the state as it is, write the decision and its audit row, commit,
//! apply in memory.
//!
//! Each act appends to one chain, so the row number of a chain's head is the version of what hangs on it. On a database that
//! several servers share, an act holds that head from its beginning until its commit: nobody else decides on the same session
//! in between, and a server whose memory is of an older row catches up before it decides.

use std::sync::MutexGuard;

use tokio::sync::MutexGuard as Turn;

use super::{Centre, hall::Hall};
use crate::store::{
    StoreError, Tx,
    audit::{self, Act, Head},
};

/// An act under way. Dropping it changes nothing.
#[derive(Debug)]
pub(crate) struct Acting<'a> {
    centre: &'a Centre,
    /// Where it is written.
    pub tx: Tx,
    chain: String,
    /// Of the chain, as far as it was read or written here.
    head: Option<Head>,
    turn: Turn<'a, ()>,
}

impl Centre {
    /// Begins an act on a chain: a session's id, a draft's, [`audit::BANK`] or [`audit::ACCOUNTS`]. Acts of this server go one
    /// at a time. What is decided must be read after this returns, and nothing may be waited for but the database: others
    /// wait for this act.
    pub(crate) async fn begin(&self, chain: &str) -> Result<Acting<'_>, StoreError> {
        let turn = self.acts.lock().await;
        let mut tx = self.store.write().await?;
        let mut head = None;
        if self.store.is_shared() {
            let now = audit::head(&mut tx, chain).await?;
            self.catch_up(&mut tx, chain, now.row_no).await?;
            head = Some(now);
        }
        Ok(Acting { centre: self, tx, chain: chain.to_owned(), head, turn })
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
        Ok(())
    }

    /// Commits. The hall comes back for what was decided to be applied to it; nobody else looks at it before.
    pub(crate) async fn commit(self) -> Result<MutexGuard<'a, Hall>, StoreError> {
        let Self { centre, tx, chain, head, turn } = self;
        tx.commit().await?;
        let mut hall = centre.hall();
        if let (Some(head), Some(session)) = (head, hall.sessions.get_mut(&chain)) {
            session.row_no = head.row_no;
        }
        // Whoever has the next turn must lock the hall to decide, and waits until this act is applied.
        drop(turn);
        Ok(hall)
    }
}
