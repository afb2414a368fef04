//! A response (作答): what a candidate chose for one question, in the order in which the options were displayed.

use std::fmt;

use thiserror::Error;

use crate::letters::{self, LettersError};
use crate::question::Kind;

/// The chosen options, by their index **on display**. The default is the empty response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Response(u8);

impl Response {
    /// Reads a response: empty for none, `B`, `ACD`; letters ascending, each once, below `option_count`. True/false has
    /// `A` for true and `B` for false. At most one letter unless the kind is multiple choice. Everything else is refused.
    pub fn parse(kind: Kind, option_count: u8, text: &str) -> Result<Self, ResponseError> {
        let mask = letters::read(text, option_count)?;
        if kind != Kind::MultipleChoice && mask.count_ones() > 1 {
            return Err(ResponseError::MoreThanOne);
        }
        Ok(Self(mask))
    }

    /// Whether nothing is chosen.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the option at this index on display is chosen.
    pub fn chose(self, display_option: u8) -> bool {
        1_u8.checked_shl(u32::from(display_option)).is_some_and(|bit| self.0 & bit != 0)
    }

    /// The chosen options, by their index on display, ascending.
    pub fn chosen(self) -> impl Iterator<Item = u8> {
        (0..letters::OPTIONS_MAX).filter(move |&option| self.chose(option))
    }
}

impl fmt::Display for Response {
    /// The canonical text, which [`Response::parse`] reads back.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&letters::write(self.0))
    }
}

/// Why a text is not a response to a question.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ResponseError {
    /// A character that is not the letter of an option.
    #[error("the response names an option that does not exist")]
    NotAnOption,
    /// Letters out of order or twice.
    #[error("the letters of a response ascend, each once")]
    NotAscending,
    /// Several options where one is allowed.
    #[error("only one option may be chosen")]
    MoreThanOne,
}

impl From<LettersError> for ResponseError {
    fn from(error: LettersError) -> Self {
        match error {
            LettersError::NotAnOption(_) => Self::NotAnOption,
            LettersError::NotAscending => Self::NotAscending,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn refuses_what_is_not_canonical() {
        let parse = |kind, text| Response::parse(kind, 4, text);
        assert_eq!(parse(Kind::SingleChoice, "AB"), Err(ResponseError::MoreThanOne));
        assert_eq!(parse(Kind::MultipleChoice, "BA"), Err(ResponseError::NotAscending));
        assert_eq!(parse(Kind::MultipleChoice, "AA"), Err(ResponseError::NotAscending));
        assert_eq!(parse(Kind::MultipleChoice, "E"), Err(ResponseError::NotAnOption));
        assert_eq!(parse(Kind::MultipleChoice, " A"), Err(ResponseError::NotAnOption));
        assert_eq!(parse(Kind::MultipleChoice, "a"), Err(ResponseError::NotAnOption));
        assert_eq!(Response::parse(Kind::TrueFalse, 2, "C"), Err(ResponseError::NotAnOption));
        assert_eq!(Response::parse(Kind::TrueFalse, 2, "AB"), Err(ResponseError::MoreThanOne));
        assert_eq!(Response::parse(Kind::TrueFalse, 2, "true"), Err(ResponseError::NotAnOption));
    }

    #[test]
    fn empty_is_a_response() {
        for kind in Kind::ALL {
            let response = Response::parse(kind, 2, "").expect("empty is allowed");
            assert!(response.is_empty());
            assert_eq!(response.to_string(), "");
        }
        assert!(!Response::parse(Kind::SingleChoice, 4, "B").expect("B is an option").is_empty());
    }

    #[test]
    fn knows_what_was_chosen() {
        let response = Response::parse(Kind::MultipleChoice, 5, "ACE").expect("three of five");
        assert_eq!(response.chosen().collect::<Vec<_>>(), [0, 2, 4]);
        assert!(response.chose(2) && !response.chose(1) && !response.chose(200));
    }

    proptest! {
        #[test]
        fn display_is_read_back(mask: u8) {
            let text = letters::write(mask);
            let response = Response::parse(Kind::MultipleChoice, 8, &text).expect("canonical letters");
            prop_assert_eq!(response.to_string(), text);
        }

        #[test]
        fn whatever_is_accepted_is_canonical(text in "[A-Fa-f ]{0,5}", option_count in 2_u8..=6) {
            for kind in Kind::ALL {
                if let Ok(response) = Response::parse(kind, option_count, &text) {
                    prop_assert_eq!(response.to_string(), text.clone());
                }
            }
        }
    }
}
