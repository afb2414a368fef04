//! SHA-256 digests over lists of fields, such that no two different lists give the same input.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// A SHA-256 digest. Shown, read and serialised as 64 lowercase hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// A digest from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 hexadecimal digits, for people to compare at a glance. Not for programs: 48 bits can be made to agree.
    pub fn short(&self) -> String {
        to_hex(&self.0[..6])
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&to_hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = HexError;

    fn from_str(text: &str) -> Result<Self, HexError> {
        from_hex(text).map(Self)
    }
}

impl TryFrom<String> for Digest {
    type Error = HexError;

    fn try_from(text: String) -> Result<Self, HexError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

/// Bytes from lowercase hexadecimal digits, two for each; nothing, if the text is something else.
pub fn bytes_from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: &u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect()
}

/// Why a text is not 32 bytes in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HexError {
    /// The text has another length than 64.
    #[error("expected 64 hexadecimal digits, got {0} bytes of text")]
    Length(usize),
    /// A character is not a lowercase hexadecimal digit.
    #[error("expected only the digits 0-9 and a-f")]
    Character,
}

/// Builds a [`Digest`] over a list of fields.
///
/// Each field is written as one byte for its type, its length in bytes as eight big-endian bytes, and its bytes; the
/// domain is the first field. Two different lists therefore never give the same input, whatever their contents. A list
/// of varying length is preceded by its count, written with [`DigestOf::count`].
#[derive(Clone, Debug)]
#[must_use]
pub struct DigestOf(Sha256);

impl DigestOf {
    /// Starts a digest. `domain` names what is digested and the version of its layout, such as `kaochang-paper/1`.
    pub fn new(domain: &str) -> Self {
        Self(Sha256::new()).field(b'd', domain.as_bytes())
    }

    /// Adds a text, as its UTF-8 bytes.
    pub fn text(self, text: &str) -> Self {
        self.field(b't', text.as_bytes())
    }

    /// Adds a number, as eight big-endian bytes in two's complement.
    pub fn number(self, number: i64) -> Self {
        self.field(b'n', &number.to_be_bytes())
    }

    /// Adds the count of a list whose elements follow.
    pub fn count(self, count: usize) -> Self {
        let count = u64::try_from(count).expect("a length fits 64 bits");
        self.field(b'c', &count.to_be_bytes())
    }

    /// Adds bytes.
    pub fn bytes(self, bytes: &[u8]) -> Self {
        self.field(b'b', bytes)
    }

    /// Adds another digest.
    pub fn digest(self, digest: &Digest) -> Self {
        self.field(b'h', &digest.0)
    }

    /// The digest of all fields added.
    pub fn finish(self) -> Digest {
        Digest(self.0.finalize().into())
    }

    fn field(mut self, kind: u8, bytes: &[u8]) -> Self {
        let length = u64::try_from(bytes.len()).expect("a length fits 64 bits");
        self.0.update([kind]);
        self.0.update(length.to_be_bytes());
        self.0.update(bytes);
        self
    }
}

/// Lowercase hexadecimal.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    bytes.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}

/// 32 bytes from 64 lowercase hexadecimal digits; one spelling only, so that equal digests are equal texts.
pub(crate) fn from_hex(text: &str) -> Result<[u8; 32], HexError> {
    if text.len() != 64 {
        return Err(HexError::Length(text.len()));
    }
    let mut bytes = [0_u8; 32];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Ok(bytes)
}

fn nibble(digit: u8) -> Result<u8, HexError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(HexError::Character),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// From a second implementation of the layout, in another language.
    #[test]
    fn golden_layout() {
        let digest = DigestOf::new("x").text("ab").text("c").finish();
        assert_eq!(digest.to_string(), "965b16674309819167f9549908b1484ba09b18bb697838d5b3319729d57a748d");
        assert_eq!(digest.short(), "965b16674309");
        assert_eq!(format!("{digest:?}"), format!("Digest({digest})"));
    }

    #[test]
    fn field_lists_do_not_collide() {
        let new = || DigestOf::new("x");
        let digests = [
            DigestOf::new("xab").text("c"),
            new(),
            new().text(""),
            new().text("abc"),
            new().text("ab").text("c"),
            new().text("a").text("bc"),
            new().text("abc").text(""),
            new().bytes(b"abc"),
            new().number(1),
            new().number(-1),
            new().count(1),
            new().bytes(&1_i64.to_be_bytes()),
            new().bytes(&[7; 32]),
            new().digest(&Digest::from_bytes([7; 32])),
        ];
        let count = digests.len();
        assert_eq!(digests.into_iter().map(DigestOf::finish).collect::<BTreeSet<_>>().len(), count);
    }

    #[test]
    fn only_one_spelling_is_read() {
        let text = "ab".repeat(32);
        assert_eq!(text.parse::<Digest>(), Ok(Digest::from_bytes([0xab; 32])));
        assert_eq!(text.to_uppercase().parse::<Digest>(), Err(HexError::Character));
        assert_eq!(text[2..].parse::<Digest>(), Err(HexError::Length(62)));
        assert_eq!("é".repeat(32).parse::<Digest>(), Err(HexError::Character));
    }

    proptest! {
        #[test]
        fn hex_and_json_are_read_back(bytes: [u8; 32]) {
            let digest = Digest::from_bytes(bytes);
            prop_assert_eq!(digest.to_string().parse(), Ok(digest));
            let json = serde_json::to_string(&digest).expect("a digest is a string");
            prop_assert_eq!(serde_json::from_str::<Digest>(&json).ok(), Some(digest));
        }
    }
}
