//! Chance that can be repeated: a session's secret, and the stream that follows from it for one sitting and one purpose.
//!
//! The stream is the `ChaCha20` keystream (64-bit counter from 0, 64-bit nonce 0) under the key
//! HMAC-SHA256(secret, purpose ‖ 0 ‖ sitting), purpose and sitting in UTF-8, read as little-endian 32-bit words. The
//! sampling of integers is our own, so that no library's update changes a paper.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::Sha256;

use crate::digest::{self, DigestOf, HexError};

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

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// The stream of chance of one sitting for one purpose.
pub(crate) struct Stream(ChaCha20Rng);

impl Stream {
    pub(crate) fn of(secret: &Secret, purpose: &str, sitting: &str) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(&secret.0).expect("HMAC takes a key of any length");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(sitting.as_bytes());
        Self(ChaCha20Rng::from_seed(mac.finalize().into_bytes().into()))
    }

    /// The next word.
    pub(crate) fn word(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// A number below `bound`, each equally likely. `bound` is at least 1; a bound of 1 takes a word too.
    ///
    /// Takes words until one is smaller than the largest multiple of `bound` that 32 bits can count to, and gives that
    /// word modulo `bound`.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        #[cfg(test)]
        if let Some(chosen) = unfold::choose(|| vec![1_u32.into(); bound as usize]) {
            return u32::try_from(chosen).expect("smaller than a 32-bit bound");
        }
        let bound = u64::from(bound);
        let words = 1_u64 << 32;
        let fair = words - words % bound;
        loop {
            let word = u64::from(self.word());
            if word < fair {
                return u32::try_from(word % bound).expect("smaller than a 32-bit bound");
            }
        }
    }

    /// An index below `bound`, which is at least 1.
    pub(crate) fn index(&mut self, bound: usize) -> usize {
        let bound = u32::try_from(bound).expect("lists are shorter than four thousand million");
        usize::try_from(self.below(bound)).expect("smaller than a usize bound")
    }

    /// Every order equally likely: for `i` from the last index down to 1, swaps the elements `i` and `below(i + 1)`.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.index(last + 1);
            list.swap(last, other);
        }
    }

    /// `count` different numbers below `bound`, every set equally likely, in no particular order (R. Floyd, CACM 30:754).
    pub(crate) fn choose(&mut self, bound: u32, count: u32, chosen: &mut Vec<u32>) {
        chosen.clear();
        for last in bound - count..bound {
            let one = self.below(last + 1);
            chosen.push(if chosen.contains(&one) { last } else { one });
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod unfold;
