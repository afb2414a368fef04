//! The drawer: makes papers from a compiled blueprint, a snapshot of the bank and a secret.
//!
//! Anyone who holds the same inputs draws the same paper, byte for byte. The rules of engine [`ENGINE`], complete enough
//! to be written again elsewhere:
//!
//! 1. The stream of a sitting is the `ChaCha20` keystream (64-bit counter from 0, 64-bit nonce 0) under the key
//!    HMAC-SHA256(secret, sitting id in UTF-8), read as little-endian 32-bit words.
//! 2. `below(n)` takes words until one is smaller than the largest multiple of `n` that 32 bits can count to, and gives
//!    that word modulo `n`. So every number below `n` is equally likely. `below(1)` takes a word too.
//! 3. For each cell, in the order of the compiled blueprint: the pool is the snapshot's questions of the cell's standard,
//!    level, function and kind, by ascending question id in bytes. For `i` from 0 to `count - 1`, swap the elements `i`
//!    and `i + below(pool - i)`; the first `count` are drawn. Every combination is equally likely.
//! 4. For each kind, in the order of [`Kind::ALL`]: take what was drawn of it, cell after cell, and shuffle: for `i` from
//!    the last index down to 1, swap the elements `i` and `below(i + 1)`.
//! 5. For each item, in the order of the paper: where the options may be shuffled, shuffle their indices as in rule 4.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::blueprint::{Cell, Compiled};
use crate::digest::{self, Digest, DigestOf, HexError};
use crate::paper::{Item, Paper, Snapshot, SnapshotEntry};
use crate::question::{Kind, OptionOrder};

/// The name of the rules above. Any change that would alter a single paper changes this name.
pub const ENGINE: &str = "kaochang-drawer/1";

/// A session's secret: 32 bytes that nobody may know before the session is over.
///
/// Not serialisable and not shown; [`Secret::to_hex`] is for the sealed store and for opening the commitment afterwards.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl Secret {
    /// Joins the contributions of two officers, in this order, so that neither can choose the secret alone.
    pub fn join(first: &[u8], second: &[u8]) -> Self {
        Self(*DigestOf::new("kaochang-secret/1").bytes(first).bytes(second).finish().as_bytes())
    }

    /// Reads 64 lowercase hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, HexError> {
        digest::from_hex(text).map(Self)
    }

    /// 64 lowercase hexadecimal digits.
    pub fn to_hex(&self) -> String {
        digest::to_hex(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// What is fixed before an exam and opened after it, apart from the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment {
    /// [`Snapshot::digest`].
    pub snapshot: Digest,
    /// [`crate::blueprint::Blueprint::digest`].
    pub blueprint: Digest,
    /// The digest of the roster with its sitting ids, reserves included.
    pub roster: Digest,
    /// [`ENGINE`].
    pub engine: String,
}

impl Commitment {
    /// The commitment as published: it binds every input of the draw, and without the secret it reveals none.
    pub fn digest(&self, secret: &Secret) -> Digest {
        commitment(secret, &self.snapshot, &self.blueprint, &self.roster, &self.engine)
    }
}

/// The commitment over a secret and the inputs of a draw; see [`Commitment`].
pub fn commitment(secret: &Secret, snapshot: &Digest, blueprint: &Digest, roster: &Digest, engine: &str) -> Digest {
    DigestOf::new("kaochang-commitment/1")
        .bytes(&secret.0)
        .digest(snapshot)
        .digest(blueprint)
        .digest(roster)
        .text(engine)
        .finish()
}

/// A cell of the blueprint that the bank can't fill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shortage {
    /// The function's id.
    pub function: String,
    /// The kind.
    pub kind: Kind,
    /// How many questions a paper needs.
    pub needed: u32,
    /// How many the bank has.
    pub present: u32,
}

impl fmt::Display for Shortage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { function, kind, needed, present } = self;
        let missing = needed.saturating_sub(*present);
        write!(
            formatter,
            "the function \"{function}\" needs {needed} question(s) of kind \"{kind}\" and the bank has {present}; \
             write {missing} more"
        )
    }
}

/// Whether the snapshot can fill every cell for this level; if not, every cell that starves.
pub fn supply(compiled: &Compiled, snapshot: &Snapshot, level: &str) -> Result<(), Vec<Shortage>> {
    pools(compiled, snapshot, level).map(drop)
}

/// Draws the paper of one sitting by the rules at the head of this module.
///
/// Uniform over all papers that meet the compiled blueprint, and independent of every other sitting's.
pub fn draw(
    compiled: &Compiled,
    snapshot: &Snapshot,
    level: &str,
    secret: &Secret,
    sitting: &str,
) -> Result<Paper, Vec<Shortage>> {
    let mut stream = Stream::of(secret, sitting);
    let mut drawn: Vec<(&Cell, &SnapshotEntry)> = Vec::new();
    for (cell, mut pool) in pools(compiled, snapshot, level)? {
        stream.choose(&mut pool, cell.min);
        drawn.extend(pool.into_iter().map(|entry| (cell, entry)));
    }
    let mut ordered = Vec::with_capacity(drawn.len());
    for kind in Kind::ALL {
        let mut block: Vec<_> = drawn.iter().filter(|(cell, _)| cell.kind == kind).collect();
        stream.shuffle(&mut block);
        ordered.extend(block);
    }
    let items = ordered
        .into_iter()
        .zip(1..)
        .map(|(&(cell, entry), position)| Item {
            position,
            question: entry.question.clone(),
            revision: entry.revision,
            kind: cell.kind,
            function: cell.function.clone(),
            points_milli: cell.points_milli,
            options: stream.options(entry),
        })
        .collect();
    Ok(Paper { items })
}

/// The pool of each cell, by ascending question id; or every shortage.
fn pools<'a>(
    compiled: &'a Compiled,
    snapshot: &'a Snapshot,
    level: &str,
) -> Result<Vec<(&'a Cell, Vec<&'a SnapshotEntry>)>, Vec<Shortage>> {
    let mut pools = Vec::with_capacity(compiled.cells.len());
    let mut shortages = Vec::new();
    for cell in &compiled.cells {
        let mut pool: Vec<_> = snapshot
            .entries
            .iter()
            .filter(|entry| entry.standard == compiled.standard && entry.level == level)
            .filter(|entry| entry.function == cell.function && entry.kind == cell.kind)
            .collect();
        // A snapshot is sorted already; one that was stored and read back by others might not be.
        pool.sort_unstable_by(|left, right| left.question.cmp(&right.question));
        pool.dedup_by(|left, right| left.question == right.question);
        let present = u32::try_from(pool.len()).expect("a bank has fewer than four thousand million questions");
        if present < cell.min {
            let function = cell.function.clone();
            shortages.push(Shortage { function, kind: cell.kind, needed: cell.min, present });
        }
        pools.push((cell, pool));
    }
    if shortages.is_empty() { Ok(pools) } else { Err(shortages) }
}

/// The stream of chance of one sitting.
struct Stream(ChaCha20Rng);

impl Stream {
    fn of(secret: &Secret, sitting: &str) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret.0).expect("HMAC takes a key of any length");
        mac.update(sitting.as_bytes());
        Self(ChaCha20Rng::from_seed(mac.finalize().into_bytes().into()))
    }

    /// A number below `bound`, each equally likely. `bound` is at least 1.
    fn below(&mut self, bound: u32) -> u32 {
        let bound = u64::from(bound);
        let words = 1_u64 << 32;
        let fair = words - words % bound;
        loop {
            let word = u64::from(self.0.next_u32());
            if word < fair {
                return u32::try_from(word % bound).expect("smaller than a 32-bit bound");
            }
        }
    }

    /// An index below `bound`, which is at least 1.
    fn index(&mut self, bound: usize) -> usize {
        let bound = u32::try_from(bound).expect("lists are shorter than four thousand million");
        usize::try_from(self.below(bound)).expect("smaller than a usize bound")
    }

    /// Leaves `count` elements of the pool, every combination equally likely.
    fn choose<T>(&mut self, pool: &mut Vec<T>, count: u32) {
        let count = usize::try_from(count).expect("not larger than the pool");
        for first in 0..count {
            let other = first + self.index(pool.len() - first);
            pool.swap(first, other);
        }
        pool.truncate(count);
    }

    /// Every order equally likely.
    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.index(last + 1);
            list.swap(last, other);
        }
    }

    /// The options of a question in order of display.
    fn options(&mut self, entry: &SnapshotEntry) -> Vec<u8> {
        let mut options: Vec<u8> = (0..entry.option_count).collect();
        if entry.order == OptionOrder::Shuffle && entry.kind != Kind::TrueFalse {
            self.shuffle(&mut options);
        }
        options
    }
}

#[cfg(test)]
mod tests;
