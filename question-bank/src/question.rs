//! A question: what the candidate reads ([`Revision`]), what is right ([`Key`]) and why ([`Commentary`]).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::digest::{Digest, DigestOf};
use crate::key::Key;

/// The kind of a question (题型). The order of the variants is the order of the blocks of a paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Kind {
    /// 判断: one statement, true or false.
    #[serde(rename = "true-false")]
    TrueFalse,
    /// 单选: one option is right.
    #[serde(rename = "single")]
    SingleChoice,
    /// 多选: two or more options are right.
    #[serde(rename = "multiple")]
    MultipleChoice,
}

impl Kind {
    /// Every kind, in the order of the blocks of a paper.
    pub const ALL: [Self; 3] = [Self::TrueFalse, Self::SingleChoice, Self::MultipleChoice];

    /// The code of the kind in bank files, blueprints and the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TrueFalse => "true-false",
            Self::SingleChoice => "single",
            Self::MultipleChoice => "multiple",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.code())
    }
}

/// A text is not the code of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{0}\" is not a kind of question; write \"true-false\", \"single\" or \"multiple\"")]
pub struct UnknownKind(pub String);

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL.into_iter().find(|kind| kind.code() == text).ok_or_else(|| UnknownKind(text.to_owned()))
    }
}

/// In place of a level's id: the question belongs to every level alike. Only ethics and fundamentals are so shared, whose
/// topics are the same for all levels (national standard, 2).
pub const COMMON: &str = "common";

/// Where a question belongs in a standard. All five are ids or codes of the standard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tags {
    /// The standard's id.
    pub standard: String,
    /// The level's id, or [`COMMON`].
    pub level: String,
    /// The function's id; ethics and fundamentals count as functions.
    pub function: String,
    /// The code of the work content that holds the knowledge point.
    pub work_content: String,
    /// The code of the knowledge point, unique within level and function.
    pub knowledge: String,
}

/// Whether a paper may shuffle the options of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptionOrder {
    /// Each paper shuffles them.
    Shuffle,
    /// They stay as the bank has them: numbers or steps in ascending order, true and false.
    Fixed,
}

impl OptionOrder {
    /// The code in bank files and the database: `shuffle` or `fixed`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Shuffle => "shuffle",
            Self::Fixed => "fixed",
        }
    }
}

/// One immutable revision of a question: all that a candidate may see, and nothing of the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// The question's id, unique in the bank and never used again.
    pub question: String,
    /// The number of the revision, from 1.
    pub revision: u32,
    /// The kind.
    pub kind: Kind,
    /// Where it belongs.
    pub tags: Tags,
    /// What is asked, in Markdown.
    pub stem: String,
    /// The options in bank order, in Markdown, one line each; empty for true/false.
    pub options: Vec<String>,
    /// Whether a paper may shuffle the options; [`OptionOrder::Fixed`] for true/false.
    pub order: OptionOrder,
    /// The share of just-passing candidates of the level who are expected to be right, in thousandths: 0 to 1000. Of a
    /// [`COMMON`] question that of the standard's lowest level.
    pub difficulty_permille: u32,
    /// The same by level, where other levels differ.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub difficulty_at: BTreeMap<String, u32>,
}

impl Revision {
    /// The share of just-passing candidates of a level who are expected to be right, in thousandths.
    pub fn difficulty_permille_at(&self, level: &str) -> u32 {
        self.difficulty_at.get(level).copied().unwrap_or(self.difficulty_permille)
    }

    /// Whether it belongs to a level, as its own or as one that all levels share.
    pub fn is_of_level(&self, level: &str) -> bool {
        self.tags.level == level || self.tags.level == COMMON
    }

    /// How many options a candidate chooses from. True/false has two: index 0 is true, index 1 is false.
    pub fn option_count(&self) -> u8 {
        match self.kind {
            Kind::TrueFalse => 2,
            Kind::SingleChoice | Kind::MultipleChoice => {
                u8::try_from(self.options.len()).expect("the bank refuses questions of more than eight options")
            }
        }
    }

    /// The digest of every field.
    pub fn digest(&self) -> Digest {
        let digest = DigestOf::new("kaochang-question-revision/2")
            .text(&self.question)
            .number(i64::from(self.revision))
            .text(self.kind.code())
            .text(&self.tags.standard)
            .text(&self.tags.level)
            .text(&self.tags.function)
            .text(&self.tags.work_content)
            .text(&self.tags.knowledge)
            .text(&self.stem)
            .text(self.order.code())
            .number(i64::from(self.difficulty_permille))
            .count(self.difficulty_at.len());
        let digest = self
            .difficulty_at
            .iter()
            .fold(digest, |digest, (level, permille)| digest.text(level).number(i64::from(*permille)))
            .count(self.options.len());
        self.options.iter().fold(digest, |digest, option| digest.text(option)).finish()
    }
}

/// What is told after the exam, never before or during it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commentary {
    /// Why the key is right and each distractor wrong, in Markdown.
    pub explanation: String,
    /// Where that can be read: standard paragraph, RFC, law, documentation.
    pub source: String,
}

/// A question with its key. Not serialisable, because the key is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What the candidate reads.
    pub revision: Revision,
    /// What is right.
    pub key: Key,
    /// Why.
    pub commentary: Commentary,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing;

    #[test]
    fn kinds_are_read_back_everywhere_alike() {
        for kind in Kind::ALL {
            assert_eq!(kind.code().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).expect("a string"), kind.code());
        }
        assert_eq!("Single".parse::<Kind>(), Err(UnknownKind("Single".to_owned())));
        assert!(Kind::ALL.is_sorted());
    }

    #[test]
    fn orders_are_serialised_as_their_code() {
        for order in [OptionOrder::Shuffle, OptionOrder::Fixed] {
            assert_eq!(serde_json::to_value(order).expect("a string"), order.code());
        }
    }

    #[test]
    fn the_digest_covers_every_field() {
        let changes: [fn(&mut Revision); 14] = [
            |_| {},
            |one| one.question.push('x'),
            |one| one.revision += 1,
            |one| one.kind = Kind::MultipleChoice,
            |one| one.tags.standard.push('x'),
            |one| one.tags.level.push('x'),
            |one| one.tags.function.push('x'),
            |one| one.tags.work_content.push('x'),
            |one| one.tags.knowledge.push('x'),
            |one| one.stem.push('x'),
            |one| one.options.swap(0, 1),
            |one| one.difficulty_permille += 1,
            |one| one.difficulty_at = [("senior".to_owned(), 1)].into(),
            |one| one.difficulty_at = [("senior".to_owned(), 2)].into(),
        ];
        let mut digests: BTreeSet<_> = changes
            .iter()
            .map(|change| {
                let mut revision = testing::revision("alpha", Kind::SingleChoice, 1);
                change(&mut revision);
                revision.digest()
            })
            .collect();
        let mut fixed = testing::revision("alpha", Kind::SingleChoice, 1);
        fixed.order = OptionOrder::Fixed;
        digests.insert(fixed.digest());
        assert_eq!(digests.len(), changes.len() + 1);
    }
}
