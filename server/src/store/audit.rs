//! The audit chain: every act that matters, written in the same transaction as the act, each row bound to the one before.
//! One chain for each session (its id), one for the bank, one for accounts; a new session is anchored in the heads of both.

use question_bank::digest::{Digest, DigestOf};

use super::{StoreError, Tx, dialect, execute, fetch_all, fetch_optional, inconsistent, on_either};

/// The chain of the bank.
pub const BANK: &str = "bank";
/// The chain of the accounts.
pub const ACCOUNTS: &str = "accounts";

/// An act, before it has its place in a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act<'a> {
    /// Wall time.
    pub at_ms: i64,
    /// Account's login, `candidate` or `system`.
    pub actor: &'a str,
    /// Code such as `sitting.closed`; the interface has its words.
    pub act: &'a str,
    /// Id of what it was done to: a sitting, a room, an account; empty for the chain's own.
    pub subject: &'a str,
    /// Facts, as JSON.
    pub detail: serde_json::Value,
}

/// A row of a chain.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Row {
    /// From 1, without gaps.
    pub row_no: i64,
    /// Wall time.
    pub at_ms: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub act: String,
    /// To whom or what.
    pub subject: String,
    /// Facts, as JSON text exactly as it was hashed.
    pub detail: String,
    /// Hash of the row before; of nothing for the first.
    pub previous_hash: String,
    /// [`hash_of`] this row.
    pub hash: String,
}

/// The last row of a chain: what the signed record prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// 0 for an empty chain.
    pub row_no: i64,
    /// Its hash; of nothing for an empty chain.
    pub hash: Digest,
}

impl Head {
    /// `214:9f2c51d07ab3`: short enough to be printed and typed.
    pub fn short(&self) -> String {
        format!("{}:{}", self.row_no, self.hash.short())
    }
}

/// The hash that a row must bear: SHA-256 over every field, each with its length, and the hash before.
pub fn hash_of(chain: &str, row: &Row) -> Digest {
    DigestOf::new("kaochang/audit/1")
        .text(chain)
        .number(row.row_no)
        .number(row.at_ms)
        .text(&row.actor)
        .text(&row.act)
        .text(&row.subject)
        .text(&row.detail)
        .text(&row.previous_hash)
        .finish()
}

/// What the first row of a chain names as the hash before.
pub fn genesis(chain: &str) -> Digest {
    DigestOf::new("kaochang/audit/1/genesis").text(chain).finish()
}

/// The head of a chain as it is now, held until the transaction ends.
pub async fn head(tx: &mut Tx, chain: &str) -> Result<Head, StoreError> {
    let sql = dialect::AUDIT_HEAD;
    let row: Option<(i64, String)> = match tx {
        Tx::Sqlite(tx) => sqlx::query_as(sql.sqlite).bind(chain).fetch_optional(&mut **tx).await?,
        Tx::Postgres(tx) => sqlx::query_as(sql.postgres).bind(chain).fetch_optional(&mut **tx).await?,
    };
    row.map_or_else(|| Ok(Head { row_no: 0, hash: genesis(chain) }), |row| to_head(chain, row))
}

/// The head of a chain, in a transaction that only reads.
pub async fn read_head(tx: &mut Tx, chain: &str) -> Result<Head, StoreError> {
    let row: Option<(i64, String)> = fetch_optional!(tx, HEAD, chain);
    row.map_or_else(|| Ok(Head { row_no: 0, hash: genesis(chain) }), |row| to_head(chain, row))
}

/// Appends acts in order; one look at the head and one write of it, however many there are.
pub async fn append(tx: &mut Tx, chain: &str, acts: &[Act<'_>]) -> Result<Head, StoreError> {
    let head = head(tx, chain).await?;
    append_after(tx, chain, head, acts).await
}

/// The same after a head that this transaction holds already.
pub(crate) async fn append_after(
    tx: &mut Tx,
    chain: &str,
    mut head: Head,
    acts: &[Act<'_>],
) -> Result<Head, StoreError> {
    for act in acts {
        let mut row = Row {
            row_no: head.row_no + 1,
            at_ms: act.at_ms,
            actor: act.actor.to_owned(),
            act: act.act.to_owned(),
            subject: act.subject.to_owned(),
            detail: act.detail.to_string(),
            previous_hash: head.hash.to_string(),
            hash: String::new(),
        };
        let hash = hash_of(chain, &row);
        row.hash = hash.to_string();
        execute!(
            tx,
            INSERT,
            rows = 1,
            chain,
            row.row_no,
            row.at_ms,
            &row.actor,
            &row.act,
            &row.subject,
            &row.detail,
            &row.previous_hash,
            &row.hash
        )?;
        head = Head { row_no: row.row_no, hash };
    }
    execute!(tx, SET_HEAD, rows = 1, chain, head.row_no, head.hash.to_string())?;
    Ok(head)
}

/// The head of a chain, held until the transaction ends, and the exam clock where the chain is a session's.
pub async fn turn(tx: &mut Tx, chain: &str) -> Result<(Head, Option<i64>), StoreError> {
    let sql = dialect::TURN;
    let row: Option<(i64, String, Option<i64>)> = match tx {
        Tx::Sqlite(tx) => sqlx::query_as(sql.sqlite).bind(chain).fetch_optional(&mut **tx).await?,
        Tx::Postgres(tx) => sqlx::query_as(sql.postgres).bind(chain).fetch_optional(&mut **tx).await?,
    };
    match row {
        Some((row_no, hash, clock_ms)) => Ok((to_head(chain, (row_no, hash))?, clock_ms)),
        None => Ok((Head { row_no: 0, hash: genesis(chain) }, None)),
    }
}

/// Whether this very row stands in a chain. Waits for whoever is appending to it, so that what is in doubt is decided.
pub async fn stands(tx: &mut Tx, chain: &str, row: &Head) -> Result<bool, StoreError> {
    head(tx, chain).await?;
    Ok(hash_at(tx, chain, row.row_no).await? == Some(row.hash.to_string()))
}

/// Acts of a chain after a row, in order: wall time, act and subject.
pub async fn since(tx: &mut Tx, chain: &str, row_no: i64) -> Result<Vec<(i64, String, String)>, StoreError> {
    Ok(fetch_all!(tx, SINCE, chain, row_no))
}

/// Heads of the bank and of every session that is not finished: chain and row.
pub async fn open_heads(tx: &mut Tx) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(fetch_all!(tx, OPEN_HEADS))
}

/// A whole chain, in order.
pub async fn rows(tx: &mut Tx, chain: &str) -> Result<Vec<Row>, StoreError> {
    Ok(fetch_all!(tx, ROWS, chain))
}

/// The acts on one subject, in order.
pub async fn rows_of(tx: &mut Tx, chain: &str, subject: &str) -> Result<Vec<Row>, StoreError> {
    Ok(fetch_all!(tx, ROWS_OF, chain, subject))
}

/// The hash that a row of a chain bears.
pub async fn hash_at(tx: &mut Tx, chain: &str, row_no: i64) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = fetch_optional!(tx, HASH_AT, chain, row_no);
    Ok(row.map(|(hash,)| hash))
}

/// Every chain that has a row or a head.
pub async fn chains(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = on_either!(tx, |conn| sqlx::query_as(CHAINS).fetch_all(conn).await?);
    Ok(rows.into_iter().map(|(chain,)| chain).collect())
}

fn to_head(chain: &str, (row_no, hash): (i64, String)) -> Result<Head, StoreError> {
    let hash = hash.parse().map_err(|_| inconsistent(&format!("the head of chain {chain} can't be read")))?;
    Ok(Head { row_no, hash })
}

const HEAD: &str = "SELECT row_no, hash FROM audit_head WHERE chain = $1";
const INSERT: &str = "INSERT INTO audit (chain, row_no, at_ms, actor, act, subject, detail, previous_hash, hash) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
const SET_HEAD: &str = "INSERT INTO audit_head (chain, row_no, hash) VALUES ($1, $2, $3) \
    ON CONFLICT (chain) DO UPDATE SET row_no = excluded.row_no, hash = excluded.hash";
const ROWS: &str = "SELECT row_no, at_ms, actor, act, subject, detail, previous_hash, hash FROM audit WHERE chain = $1 ORDER BY row_no";
const ROWS_OF: &str = "SELECT row_no, at_ms, actor, act, subject, detail, previous_hash, hash FROM audit \
    WHERE chain = $1 AND subject = $2 ORDER BY row_no";
const HASH_AT: &str = "SELECT hash FROM audit WHERE chain = $1 AND row_no = $2";
const SINCE: &str = "SELECT at_ms, act, subject FROM audit WHERE chain = $1 AND row_no > $2 ORDER BY row_no";
const OPEN_HEADS: &str = "SELECT h.chain, h.row_no FROM audit_head h LEFT JOIN exam_session s ON s.id = h.chain \
    WHERE h.chain = 'bank' OR s.state <> 'finished'";
const CHAINS: &str = "SELECT chain FROM audit UNION SELECT chain FROM audit_head ORDER BY 1";

/// Every statement of this file, for the test that prepares each on both databases.
#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[HEAD, INSERT, SET_HEAD, ROWS, ROWS_OF, HASH_AT, SINCE, OPEN_HEADS, CHAINS];
