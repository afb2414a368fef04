//! What stands in the database, held against what was acknowledged and against the laws.

use std::collections::HashMap;

use anyhow::{Context, ensure};
use kaochang::store::{
    response::{self, ResponseRow},
    session::{self, OutageRow},
    sitting::{self, SittingRow},
};

use crate::load::response_of;
use crate::recorder::Ack;

/// A database and the session in it.
#[derive(Clone, Debug)]
pub struct Place {
    /// Data folder or URL.
    pub store: String,
    pub session: String,
}

/// Everything the laws speak of, as it stands.
#[derive(Debug)]
pub struct Standing {
    pub responses: HashMap<(String, u32), ResponseRow>,
    pub sittings: Vec<SittingRow>,
    pub outages: Vec<OutageRow>,
    /// Sum of each sitting's ledger.
    pub granted_ms: HashMap<String, i64>,
    pub allowance_ms: i64,
}

/// Counts of one comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    pub acknowledged: u64,
    /// Acknowledged and not there, or there as something that was never sent (law 1).
    pub lost: u64,
    /// Received after the close and standing (law 2).
    pub late: u64,
}

impl Place {
    /// Reads it all through the product's own store.
    pub async fn standing(&self) -> anyhow::Result<Standing> {
        let store = driver::people::store(&self.store).await?;
        let mut tx = store.read().await?;
        let session = session::by_id(&mut tx, &self.session).await?.context("the session is there")?;
        let terms: serde_json::Value = serde_json::from_str(&session.terms)?;
        let responses = response::of_session(&mut tx, &self.session).await?;
        let responses = responses.into_iter().map(|row| {
            let position = u32::try_from(row.position)?;
            Ok(((row.sitting_id.clone(), position), row))
        });
        let mut granted_ms = HashMap::<String, i64>::new();
        for row in sitting::ledger(&mut tx, &self.session).await? {
            *granted_ms.entry(row.sitting).or_default() += row.row.grant_ms;
        }
        let standing = Standing {
            responses: responses.collect::<anyhow::Result<_>>()?,
            sittings: sitting::of_session(&mut tx, &self.session).await?,
            outages: session::outages(&mut tx, &self.session).await?,
            granted_ms,
            allowance_ms: terms["allowance_ms"].as_i64().context("the allowance")?,
        };
        drop(tx);
        store.close().await;
        Ok(standing)
    }

    /// Law 4, as the product's own verifier says it in this process: for copies by the hundred. A stage asks the real command.
    pub async fn verified(&self) -> anyhow::Result<()> {
        let store = driver::people::store(&self.store).await?;
        let problems = kaochang::service::verify::verify(&store, None, None).await?.problems;
        store.close().await;
        ensure!(problems.is_empty(), "the audit trail: {}", problems.join("; "));
        Ok(())
    }
}

impl Standing {
    /// Laws 1 and 2. `sent`: the highest sequence that each sitting sent.
    pub fn compare(&self, acknowledged: &[Ack], sent: &HashMap<String, i64>) -> Compared {
        let stands = |ack: &Ack| {
            self.responses.get(&(ack.sitting.clone(), ack.position)).is_some_and(|row| {
                let newest = sent.get(&ack.sitting).copied().unwrap_or(0);
                row.seq >= ack.seq
                    && (row.seq > ack.seq || row.response == ack.response)
                    && row.seq <= newest
                    && row.response == response_of(row.seq)
                    && response::hash_of(row).to_string() == row.hash
            })
        };
        let lost = acknowledged.iter().filter(|ack| !stands(ack)).count();
        let late = self.responses.values().filter(|row| self.is_late(row)).count();
        Compared { acknowledged: acknowledged.len() as u64, lost: lost as u64, late: late as u64 }
    }

    fn is_late(&self, row: &ResponseRow) -> bool {
        let sitting = self.sittings.iter().find(|sitting| sitting.id == row.sitting_id);
        let closes = sitting.and_then(|sitting| {
            let deadline = sitting.started_clock_ms? + self.granted_ms.get(&sitting.id)?;
            Some(sitting.closed_clock_ms.unwrap_or(i64::MAX).min(deadline + self.allowance_ms))
        });
        closes.is_none_or(|closes| row.clock_ms > closes)
    }
}

impl Compared {
    pub fn add(&mut self, other: Self) {
        self.acknowledged += other.acknowledged;
        self.lost += other.lost;
        self.late += other.late;
    }

    /// Laws 1 and 2 hold.
    pub fn holds(&self) -> anyhow::Result<()> {
        ensure!(self.acknowledged > 0, "nothing was acknowledged: this proves nothing");
        ensure!(self.lost == 0 && self.late == 0, "{} acknowledged were lost, {} accepted late", self.lost, self.late);
        Ok(())
    }
}
