//! What the papers of a session follow from, kept from the draw until it is opened, and the reserves.

use std::collections::BTreeMap;

use question_bank::{
    checker::Conformance, earlier::EarlierPapers, evidence::Late, paper::Paper, paper::Snapshot, roster::Roster,
};
use serde::{Deserialize, Serialize};

use super::{StoreError, Tx, document, execute, fetch_all, fetch_optional};

/// The inputs of a draw that stand nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredInputs {
    /// The bank as it was.
    pub snapshot: Snapshot,
    /// Sittings, seats and reserves.
    pub roster: Roster,
    /// What the papers had to keep away from.
    pub earlier: EarlierPapers,
    /// Places that could not be kept apart from a neighbour's, by sitting; mostly none.
    pub clashes: BTreeMap<String, Vec<u32>>,
    /// Both contributions as JSON, encrypted.
    pub contributions_sealed: String,
}

/// A paper for somebody who is added late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// Id of the sitting that it was drawn for.
    pub sitting: String,
    /// From 1; used in this order.
    pub number: i64,
    /// As it was drawn, in the order that no seat has influenced yet.
    pub paper: Paper,
    /// Set once it is used.
    pub used: Option<Used>,
}

/// What became of a reserve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// Who got it, and where.
    pub late: LateSeat,
    /// Login of the officer.
    pub by: String,
    /// Wall time.
    pub at_ms: i64,
}

/// A late candidate's place, with what its order could not avoid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateSeat {
    /// As the evidence has it.
    pub late: Late,
    /// Places where a neighbour's paper holds the same question.
    pub clashes: Vec<u32>,
}

/// A reserve as text.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ReserveRow {
    /// Id of the sitting that it was drawn for.
    pub sitting_id: String,
    /// From 1.
    pub number: i64,
    /// [`Paper`] as JSON.
    pub document: String,
    /// Its digest.
    pub digest: String,
    /// [`Conformance`] as JSON.
    pub conformance: String,
    /// [`LateSeat`] as JSON.
    pub late: Option<String>,
    /// Login of the officer.
    pub used_by: Option<String>,
    /// Wall time.
    pub used_at_ms: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct InputsRow {
    snapshot: String,
    roster: String,
    earlier: String,
    clashes: String,
    contributions_sealed: String,
}

/// Keeps what a session was drawn from.
pub async fn insert(tx: &mut Tx, session_id: &str, inputs: &StoredInputs) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        rows = 1,
        session_id,
        text(&inputs.snapshot)?,
        text(&inputs.roster)?,
        text(&inputs.earlier)?,
        inputs.earlier.digest().to_string(),
        text(&inputs.clashes)?,
        &inputs.contributions_sealed
    )
}

/// What a session was drawn from; nothing for sessions that were drawn before this was kept.
pub async fn inputs(tx: &mut Tx, session_id: &str) -> Result<Option<StoredInputs>, StoreError> {
    let row: Option<InputsRow> = fetch_optional!(tx, INPUTS, session_id);
    row.map(|row| {
        Ok(StoredInputs {
            snapshot: document(&row.snapshot)?,
            roster: document(&row.roster)?,
            earlier: document(&row.earlier)?,
            clashes: document(&row.clashes)?,
            contributions_sealed: row.contributions_sealed,
        })
    })
    .transpose()
}

/// The roster that a session was drawn for, and the digest of the earlier papers: what a page needs of it.
pub async fn roster(tx: &mut Tx, session_id: &str) -> Result<Option<(Roster, String)>, StoreError> {
    let row: Option<(String, String)> = fetch_optional!(tx, ROSTER, session_id);
    row.map(|(roster, earlier)| Ok((document(&roster)?, earlier))).transpose()
}

/// Keeps a reserve with the statement that it conforms.
pub async fn insert_reserve(
    tx: &mut Tx,
    session_id: &str,
    sitting_id: &str,
    number: i64,
    paper: &Paper,
    conformance: &Conformance,
) -> Result<(), StoreError> {
    let (document, digest) = (text(paper)?, paper.digest().to_string());
    execute!(tx, INSERT_RESERVE, rows = 1, session_id, sitting_id, number, document, digest, text(conformance)?)
}

/// Gives a reserve to a candidate. One that is used already touches no row, and that is an error.
pub async fn take(tx: &mut Tx, session_id: &str, used: &Used) -> Result<(), StoreError> {
    let sitting = &used.late.late.sitting;
    execute!(tx, TAKE, rows = 1, session_id, sitting, text(&used.late)?, &used.by, used.at_ms)
}

/// The reserves of a session, in the order of their use.
pub async fn reserves(tx: &mut Tx, session_id: &str) -> Result<Vec<Reserve>, StoreError> {
    let reserve = |row: ReserveRow| {
        let used = match (&row.late, row.used_by, row.used_at_ms) {
            (Some(late), Some(by), Some(at_ms)) => Some(Used { late: document(late)?, by, at_ms }),
            _ => None,
        };
        Ok(Reserve { sitting: row.sitting_id, number: row.number, paper: document(&row.document)?, used })
    };
    rows(tx, session_id).await?.into_iter().map(reserve).collect()
}

/// The reserves exactly as they stand, for whoever checks the record.
pub async fn rows(tx: &mut Tx, session_id: &str) -> Result<Vec<ReserveRow>, StoreError> {
    Ok(fetch_all!(tx, RESERVES, session_id))
}

fn text<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Inconsistent(error.to_string()))
}

const INSERT: &str = "INSERT INTO session_evidence (session_id, snapshot, roster, earlier, earlier_digest, clashes, \
    contributions_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7)";
const INPUTS: &str =
    "SELECT snapshot, roster, earlier, clashes, contributions_sealed FROM session_evidence WHERE session_id = $1";
const ROSTER: &str = "SELECT roster, earlier_digest FROM session_evidence WHERE session_id = $1";
const INSERT_RESERVE: &str = "INSERT INTO reserve (session_id, sitting_id, number, document, digest, conformance) \
    VALUES ($1, $2, $3, $4, $5, $6)";
const TAKE: &str = "UPDATE reserve SET late = $3, used_by = $4, used_at_ms = $5 \
    WHERE session_id = $1 AND sitting_id = $2 AND used_at_ms IS NULL";
const RESERVES: &str = "SELECT sitting_id, number, document, digest, conformance, late, used_by, used_at_ms FROM reserve \
    WHERE session_id = $1 ORDER BY number";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[INSERT, INPUTS, ROSTER, INSERT_RESERVE, TAKE, RESERVES];
