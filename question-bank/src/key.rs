//! The key (答案) of a question. It lives apart from the question's text and has no way out but [`Key::to_record`].

use std::fmt;

use thiserror::Error;

use crate::digest::{Digest, DigestOf};
use crate::letters::{self, LettersError};
use crate::question::Kind;

/// Which options of a question are right, by their index in the bank.
///
/// A key can't be serialised, displayed or printed, so no page, reply or log holds one by accident:
///
/// ```compile_fail,E0277
/// let key = question_bank::key::Key::parse(question_bank::question::Kind::SingleChoice, 4, "B").unwrap();
/// serde_json::to_string(&key).unwrap();
/// ```
///
/// (The same lines with something that may be told do compile, so it is the key that is refused.)
///
/// ```
/// let key = question_bank::key::Key::parse(question_bank::question::Kind::SingleChoice, 4, "B").unwrap();
/// serde_json::to_string(&key.right(1)).unwrap();
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Key(u8);

impl Key {
    /// Reads a key as bank files write it: `B`; `ACD` for multiple choice; `true` or `false`.
    pub fn parse(kind: Kind, option_count: u8, text: &str) -> Result<Self, KeyError> {
        match (kind, text) {
            (Kind::TrueFalse, "true") => Self::from_record(kind, option_count, "A"),
            (Kind::TrueFalse, "false") => Self::from_record(kind, option_count, "B"),
            (Kind::TrueFalse, _) => Err(KeyError::NotTrueOrFalse),
            (Kind::SingleChoice | Kind::MultipleChoice, _) => Self::from_record(kind, option_count, text),
        }
    }

    /// The canonical letters for the database, ascending from `A`; true is `A`, false is `B`. Only the store calls this.
    pub fn to_record(&self) -> String {
        letters::write(self.0)
    }

    /// Reads what [`Key::to_record`] wrote, and refuses everything else.
    pub fn from_record(kind: Kind, option_count: u8, text: &str) -> Result<Self, KeyError> {
        check_option_count(kind, option_count)?;
        let mask = letters::read(text, option_count)?;
        let right = u8::try_from(mask.count_ones()).expect("a byte has eight bits");
        let fits = match kind {
            Kind::TrueFalse | Kind::SingleChoice => right == 1,
            Kind::MultipleChoice => right >= 2,
        };
        if fits { Ok(Self(mask)) } else { Err(KeyError::RightCount { kind, right }) }
    }

    /// Whether the option at this index of the bank is right. Indices beyond the options are wrong.
    pub fn right(&self, bank_option: u8) -> bool {
        1_u8.checked_shl(u32::from(bank_option)).is_some_and(|bit| self.0 & bit != 0)
    }

    /// The digest of the key, salted with the digest of its revision.
    ///
    /// There are few possible keys and the salt is known, so whoever holds this digest can find the key by trying: it
    /// proves afterwards which key was used, and until the release it is kept as the key itself is.
    pub fn digest(&self, revision_digest: &Digest) -> Digest {
        DigestOf::new("kaochang-key/1").digest(revision_digest).bytes(&[self.0]).finish()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(..)")
    }
}

/// Why a text is not the key of a question. Says nothing of what the key is.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// A true/false key in other words.
    #[error("the key of a true/false question is \"true\" or \"false\"")]
    NotTrueOrFalse,
    /// The kind can't have so many or so few options.
    #[error("a question of the kind \"{kind}\" can't have {option_count} options")]
    OptionCount {
        /// The kind.
        kind: Kind,
        /// How many options were given.
        option_count: u8,
    },
    /// A character that is not the letter of an option.
    #[error("the key names an option that does not exist; write capital letters from A to the last option")]
    NotAnOption,
    /// Letters out of order or twice.
    #[error("write the letters of the key in ascending order, each once")]
    NotAscending,
    /// One right option is wanted, or at least two.
    #[error("{}", right_count_sentence(*.kind, *.right))]
    RightCount {
        /// The kind.
        kind: Kind,
        /// How many options the key holds for right.
        right: u8,
    },
}

impl From<LettersError> for KeyError {
    fn from(error: LettersError) -> Self {
        match error {
            LettersError::NotAnOption(_) => Self::NotAnOption,
            LettersError::NotAscending => Self::NotAscending,
        }
    }
}

/// Refuses a count of options that the kind can't have: true/false 2, single choice 2 to 8, multiple choice 3 to 8.
pub(crate) fn check_option_count(kind: Kind, option_count: u8) -> Result<(), KeyError> {
    let allowed = match kind {
        Kind::TrueFalse => 2..=2,
        Kind::SingleChoice => 2..=letters::OPTIONS_MAX,
        Kind::MultipleChoice => 3..=letters::OPTIONS_MAX,
    };
    if allowed.contains(&option_count) { Ok(()) } else { Err(KeyError::OptionCount { kind, option_count }) }
}

fn right_count_sentence(kind: Kind, right: u8) -> String {
    let wanted = match kind {
        Kind::TrueFalse | Kind::SingleChoice => "exactly one",
        Kind::MultipleChoice => "at least two",
    };
    format!("a question of the kind \"{kind}\" has {wanted} right option(s), and this key has {right}")
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "what the store writes must be read back")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_bank_files_write() {
        let right = |kind, option_count, text| {
            let key = Key::parse(kind, option_count, text).expect("a good key");
            (0..option_count).filter(|&option| key.right(option)).collect::<Vec<_>>()
        };
        assert_eq!(right(Kind::TrueFalse, 2, "true"), [0]);
        assert_eq!(right(Kind::TrueFalse, 2, "false"), [1]);
        assert_eq!(right(Kind::SingleChoice, 4, "B"), [1]);
        assert_eq!(right(Kind::MultipleChoice, 4, "ACD"), [0, 2, 3]);
    }

    #[test]
    fn nothing_beyond_the_options_is_right() {
        let key = Key::parse(Kind::MultipleChoice, 8, "ABCDEFGH").expect("all of eight");
        assert!(key.right(7) && !key.right(8) && !key.right(255));
    }

    #[test]
    fn refuses_everything_else() {
        let parse = |kind, option_count, text| Key::parse(kind, option_count, text).expect_err("a bad key");
        assert_eq!(parse(Kind::TrueFalse, 2, "A"), KeyError::NotTrueOrFalse);
        assert_eq!(parse(Kind::TrueFalse, 2, "True"), KeyError::NotTrueOrFalse);
        assert_eq!(parse(Kind::TrueFalse, 3, "true"), KeyError::OptionCount { kind: Kind::TrueFalse, option_count: 3 });
        assert_eq!(parse(Kind::SingleChoice, 4, ""), KeyError::RightCount { kind: Kind::SingleChoice, right: 0 });
        assert_eq!(parse(Kind::SingleChoice, 4, "AB"), KeyError::RightCount { kind: Kind::SingleChoice, right: 2 });
        assert_eq!(parse(Kind::SingleChoice, 4, "E"), KeyError::NotAnOption);
        assert_eq!(parse(Kind::SingleChoice, 4, "b"), KeyError::NotAnOption);
        assert_eq!(parse(Kind::MultipleChoice, 4, "A"), KeyError::RightCount { kind: Kind::MultipleChoice, right: 1 });
        assert_eq!(parse(Kind::MultipleChoice, 4, "CA"), KeyError::NotAscending);
        assert_eq!(
            parse(Kind::MultipleChoice, 2, "AB"),
            KeyError::OptionCount { kind: Kind::MultipleChoice, option_count: 2 }
        );
        assert_eq!(
            parse(Kind::SingleChoice, 9, "A"),
            KeyError::OptionCount { kind: Kind::SingleChoice, option_count: 9 }
        );
    }

    #[test]
    fn debug_and_errors_show_no_letter() {
        let key = Key::parse(Kind::SingleChoice, 4, "B").expect("a good key");
        assert_eq!(format!("{key:?}"), "Key(..)");
        let error = Key::parse(Kind::SingleChoice, 4, "CD").expect_err("two letters");
        assert!(!error.to_string().contains("CD"), "{error}");
    }

    #[test]
    fn the_digest_is_salted() {
        let key = Key::parse(Kind::SingleChoice, 4, "B").expect("a good key");
        let other = Key::parse(Kind::SingleChoice, 4, "C").expect("a good key");
        let [one, two] = [1, 2].map(|byte| Digest::from_bytes([byte; 32]));
        assert_eq!(key.digest(&one), key.clone().digest(&one));
        assert_ne!(key.digest(&one), key.digest(&two));
        assert_ne!(key.digest(&one), other.digest(&one));
    }

    proptest! {
        #[test]
        fn records_are_read_back(mask: u8, option_count in 2_u8..=8) {
            for kind in Kind::ALL {
                if let Ok(key) = Key::from_record(kind, option_count, &letters::write(mask)) {
                    prop_assert_eq!(Key::from_record(kind, option_count, &key.to_record()), Ok(key.clone()));
                    prop_assert_eq!(key.to_record(), letters::write(mask));
                }
            }
        }
    }
}
