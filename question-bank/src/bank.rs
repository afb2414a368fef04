//! Reads the bank as files: one TOML file for each knowledge point, one `[[question]]` table for each question.
//!
//! Reading never fails as a whole and loses nothing in silence: it returns the questions that are fine, and for all else a
//! problem with file, line and reason.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use thiserror::Error;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::key::{self, Key, KeyError};
use crate::question::{COMMON, Commentary, Kind, OptionOrder, Question, Revision, Tags};
use crate::standard::Standard;

pub mod coverage;
pub mod guess;
pub mod lint;

/// One thing that keeps a question, or a whole file, out of the bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankProblem {
    /// The path, as it was given.
    pub file: String,
    /// The line, from 1: of the question's table, or of the fault itself in broken TOML.
    pub line: Option<usize>,
    /// The question's id, where it could be read.
    pub question: Option<String>,
    /// What is wrong.
    pub reason: BankReason,
}

impl fmt::Display for BankProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(formatter, ", line {line}")?;
        }
        if let Some(question) = &self.question {
            write!(formatter, ", question \"{question}\"")?;
        }
        write!(formatter, ": {}", self.reason)
    }
}

/// What is wrong with a question or a file. Each sentence says what to do, and none shows a key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BankReason {
    /// Not TOML.
    #[error("this is not valid TOML ({0}); correct it, until then no question of this file is read")]
    BrokenToml(String),
    /// A field that must be there is not.
    #[error("the field \"{0}\" is missing; add it")]
    MissingField(&'static str),
    /// A field that the format doesn't have.
    #[error("there is no field \"{0}\" in the format; correct its spelling or remove it")]
    UnknownField(String),
    /// A field of another type.
    #[error("the field \"{field}\" must be {expected}")]
    WrongType {
        /// The field.
        field: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// The file holds no question.
    #[error("the file holds no [[question]]; add one or remove the file")]
    NoQuestions,
    /// Another standard than the one read for.
    #[error("the standard \"{0}\" is not the one this bank is read for; correct it or load that standard")]
    UnknownStandard(String),
    /// No such level.
    #[error("the standard has no level \"{0}\"; correct it")]
    UnknownLevel(String),
    /// No such function.
    #[error("the standard has no function \"{0}\"; correct it")]
    UnknownFunction(String),
    /// No such knowledge point.
    #[error("level \"{level}\", function \"{function}\" has no knowledge point \"{knowledge}\"; correct the code")]
    UnknownKnowledge {
        /// The level.
        level: String,
        /// The function.
        function: String,
        /// The code.
        knowledge: String,
    },
    /// An id that can't serve as one.
    #[error("\"{0}\" can't be an id; use visible characters without spaces")]
    BadId(String),
    /// The id is taken.
    #[error("this id is taken by a question in {first_file}; give each question an id of its own")]
    DuplicateId {
        /// Where it was found first.
        first_file: String,
    },
    /// Not a revision number.
    #[error("the revision must be a whole number from 1 to 4294967295")]
    BadRevision,
    /// No such kind.
    #[error("there is no kind \"{0}\"; write \"true-false\", \"single\" or \"multiple\"")]
    UnknownKind(String),
    /// No such order.
    #[error("there is no order \"{0}\"; write \"shuffle\" or \"fixed\"")]
    UnknownOrder(String),
    /// A text without characters.
    #[error("the field \"{0}\" is empty; write it")]
    EmptyText(&'static str),
    /// Options on a true/false question.
    #[error("a true/false question has no options; remove them")]
    OptionsOnTrueFalse,
    /// A choice question with too few or too many options.
    #[error(
        "a question of kind \"{kind}\" can't have {count} option(s); single choice has 2 to 8, multiple choice 3 to 8"
    )]
    OptionCount {
        /// The kind.
        kind: Kind,
        /// How many it has.
        count: usize,
    },
    /// An option without characters.
    #[error("option {0} is empty; write it")]
    EmptyOption(char),
    /// An option of several lines.
    #[error("option {0} has more than one line; options are one line each")]
    OptionOfManyLines(char),
    /// The same option twice.
    #[error("options {0} and {1} are the same; change one")]
    SameOptions(char, char),
    /// The key doesn't fit.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The difficulty is out of range.
    #[error(
        "the difficulty must be a number from 0 to 1: the share of just-passing candidates expected to be right; or one such \
         number for each level, as {{ junior = 0.5, … }}"
    )]
    BadDifficulty,
    /// A question of all levels, or one that is rated by level, has no rating for one.
    #[error("the difficulty has no number for the level \"{0}\"; add it")]
    DifficultyMissing(String),
}

/// Reads bank files, each a path (only quoted in problems) and its text, against the standard that they are tagged with.
///
/// Returns the questions that are fine, in the order of the files, **and** every problem. Of two questions with one id the
/// first stays.
pub fn read<P: AsRef<str>, T: AsRef<str>>(standard: &Standard, files: &[(P, T)]) -> (Vec<Question>, Vec<BankProblem>) {
    let mut reader = Reader { standard, ids: BTreeMap::new(), questions: Vec::new(), problems: Vec::new() };
    for (path, text) in files {
        reader.read_file(path.as_ref(), text.as_ref());
    }
    (reader.questions, reader.problems)
}

/// The fields at the head of a file.
const FILE_FIELDS: [&str; 5] = ["standard", "level", "function", "knowledge", "question"];

/// The fields of a question.
const QUESTION_FIELDS: [&str; 10] =
    ["id", "revision", "kind", "stem", "options", "key", "order", "difficulty", "explanation", "source"];

struct Reader<'a> {
    standard: &'a Standard,
    /// Each id read so far, with its file.
    ids: BTreeMap<String, String>,
    questions: Vec<Question>,
    problems: Vec<BankProblem>,
}

impl Reader<'_> {
    fn read_file(&mut self, file: &str, text: &str) {
        let problem = |line, reason| BankProblem { file: file.to_owned(), line, question: None, reason };
        let document = match DeTable::parse(text) {
            Ok(document) => document.into_inner(),
            Err(error) => {
                let line = error.span().map(|span| line_at(text, &span));
                self.problems.push(problem(line, BankReason::BrokenToml(error.message().to_owned())));
                return;
            }
        };
        let mut head = Fields::of(&document, &FILE_FIELDS);
        let tags = self.read_tags(&mut head);
        let tables = head.tables("question");
        let reasons = std::mem::take(&mut head.reasons);
        self.problems.extend(reasons.into_iter().map(|reason| problem(None, reason)));
        for table in tables {
            self.read_question(file, line_at(text, &table.span()), table.get_ref(), tags.as_ref());
        }
    }

    /// The tags of every question of a file, where all four exist in the standard.
    fn read_tags(&self, head: &mut Fields) -> Option<Tags> {
        let standard = head.text("standard");
        let level = head.text("level");
        let function = head.text("function");
        let knowledge = head.text("knowledge");
        let (standard, level, function, knowledge) = (standard?, level?, function?, knowledge?);
        if standard != self.standard.id {
            head.reasons.push(BankReason::UnknownStandard(standard));
            return None;
        }
        if level != COMMON && self.standard.level(&level).is_none() {
            head.reasons.push(BankReason::UnknownLevel(level));
            return None;
        }
        if self.standard.function(&function).is_none() {
            head.reasons.push(BankReason::UnknownFunction(function));
            return None;
        }
        let Some((work_content, _)) = self.standard.knowledge(&level, &function, &knowledge) else {
            head.reasons.push(BankReason::UnknownKnowledge { level, function, knowledge });
            return None;
        };
        Some(Tags { work_content: work_content.code.clone(), standard, level, function, knowledge })
    }

    /// Reads one question. Without tags it is checked as well, so that its author sees every problem at once.
    fn read_question(&mut self, file: &str, line: usize, table: &DeTable<'_>, tags: Option<&Tags>) {
        let mut fields = Fields::of(table, &QUESTION_FIELDS);
        let id = fields.id();
        if let Some(id) = &id {
            match self.ids.get(id) {
                Some(first_file) => fields.reasons.push(BankReason::DuplicateId { first_file: first_file.clone() }),
                None => drop(self.ids.insert(id.clone(), file.to_owned())),
            }
        }
        let body = fields.body(self.standard, tags.map(|tags| tags.level.as_str()));
        if fields.reasons.is_empty()
            && let (Some(id), Some(body), Some(tags)) = (&id, body, tags)
        {
            self.questions.push(body.into_question(id.clone(), tags.clone()));
        }
        let file = file.to_owned();
        self.problems.extend(fields.reasons.into_iter().map(|reason| BankProblem {
            file: file.clone(),
            line: Some(line),
            question: id.clone(),
            reason,
        }));
    }
}

/// A question without its id and tags.
struct Body {
    revision: u32,
    kind: Kind,
    stem: String,
    options: Vec<String>,
    key: Key,
    order: OptionOrder,
    difficulty: Difficulty,
    commentary: Commentary,
}

/// A rating, and by level where another differs.
struct Difficulty {
    permille: u32,
    at: BTreeMap<String, u32>,
}

impl Body {
    fn into_question(self, id: String, tags: Tags) -> Question {
        let revision = Revision {
            question: id,
            revision: self.revision,
            kind: self.kind,
            tags,
            stem: self.stem,
            options: self.options,
            order: self.order,
            difficulty_permille: self.difficulty.permille,
            difficulty_at: self.difficulty.at,
        };
        Question { revision, key: self.key, commentary: self.commentary }
    }
}

/// The fields of one table, and what was found wrong with them. Each reader notes its reason and gives `None`.
struct Fields<'a> {
    table: &'a DeTable<'a>,
    reasons: Vec<BankReason>,
}

impl<'a> Fields<'a> {
    fn of(table: &'a DeTable<'a>, known: &[&str]) -> Self {
        let unknown = table.keys().map(|key| key.get_ref().as_ref()).filter(|field: &&str| !known.contains(field));
        Self { table, reasons: unknown.map(|field| BankReason::UnknownField(field.to_owned())).collect() }
    }

    fn optional(&self, field: &str) -> Option<&'a DeValue<'a>> {
        self.table.iter().find(|(key, _)| key.get_ref().as_ref() == field).map(|(_, value)| value.get_ref())
    }

    fn required(&mut self, field: &'static str) -> Option<&'a DeValue<'a>> {
        let value = self.optional(field);
        if value.is_none() {
            self.reasons.push(BankReason::MissingField(field));
        }
        value
    }

    fn note<T>(&mut self, reason: BankReason) -> Option<T> {
        self.reasons.push(reason);
        None
    }

    /// A text that is not empty, without white space around it.
    fn text(&mut self, field: &'static str) -> Option<String> {
        match self.required(field)?.as_str().map(str::trim) {
            Some("") => self.note(BankReason::EmptyText(field)),
            Some(text) => Some(text.to_owned()),
            None => self.note(BankReason::WrongType { field, expected: "a text in quotation marks" }),
        }
    }

    /// The tables of an array of tables.
    fn tables(&mut self, field: &'static str) -> Vec<Spanned<&'a DeTable<'a>>> {
        let Some(value) = self.optional(field) else {
            self.reasons.push(BankReason::NoQuestions);
            return Vec::new();
        };
        let elements = value.as_array().map(|array| array.iter().collect::<Vec<_>>()).unwrap_or_default();
        let tables: Vec<_> = elements
            .iter()
            .filter_map(|element| Some(Spanned::new(element.span(), element.get_ref().as_table()?)))
            .collect();
        if tables.is_empty() || tables.len() != elements.len() {
            self.reasons.push(BankReason::WrongType { field, expected: "tables, each under [[question]]" });
        }
        tables
    }

    fn id(&mut self) -> Option<String> {
        let id = self.text("id")?;
        if id.chars().any(|character| character.is_whitespace() || character.is_control()) {
            return self.note(BankReason::BadId(id));
        }
        Some(id)
    }

    /// Everything but the id. Reads all fields before it gives up, so that every problem is noted.
    fn body(&mut self, standard: &Standard, level: Option<&str>) -> Option<Body> {
        let revision = self.revision();
        let kind = self.kind();
        let stem = self.text("stem");
        let options = kind.and_then(|kind| self.options(kind));
        let key = self.key(kind, options.as_deref());
        let order = self.order();
        let difficulty = self.difficulty(standard, level);
        let explanation = self.text("explanation");
        let source = self.text("source");
        let kind = kind?;
        Some(Body {
            revision: revision?,
            kind,
            stem: stem?,
            options: options?,
            key: key?,
            order: if kind == Kind::TrueFalse { OptionOrder::Fixed } else { order? },
            difficulty: difficulty?,
            commentary: Commentary { explanation: explanation?, source: source? },
        })
    }

    fn revision(&mut self) -> Option<u32> {
        let value = self.required("revision")?;
        let number = value.as_integer().and_then(|integer| u32::from_str_radix(integer.as_str(), integer.radix()).ok());
        match number {
            Some(number) if number >= 1 => Some(number),
            _ => self.note(BankReason::BadRevision),
        }
    }

    fn kind(&mut self) -> Option<Kind> {
        let text = self.text("kind")?;
        match text.parse() {
            Ok(kind) => Some(kind),
            Err(_) => self.note(BankReason::UnknownKind(text)),
        }
    }

    /// `shuffle` unless the question says otherwise.
    fn order(&mut self) -> Option<OptionOrder> {
        if self.optional("order").is_none() {
            return Some(OptionOrder::Shuffle);
        }
        let text = self.text("order")?;
        match text.as_str() {
            "shuffle" => Some(OptionOrder::Shuffle),
            "fixed" => Some(OptionOrder::Fixed),
            _ => self.note(BankReason::UnknownOrder(text)),
        }
    }

    fn options(&mut self, kind: Kind) -> Option<Vec<String>> {
        if kind == Kind::TrueFalse {
            return match self.optional("options") {
                None => Some(Vec::new()),
                Some(_) => self.note(BankReason::OptionsOnTrueFalse),
            };
        }
        let array = self.required("options")?.as_array();
        let texts: Option<Vec<String>> = array
            .and_then(|array| array.iter().map(|value| Some(value.get_ref().as_str()?.trim().to_owned())).collect());
        let Some(options) = texts else {
            return self.note(BankReason::WrongType { field: "options", expected: "a list of texts" });
        };
        let count = options.len();
        if u8::try_from(count).is_err() || key::check_option_count(kind, u8::try_from(count).unwrap_or(0)).is_err() {
            return self.note(BankReason::OptionCount { kind, count });
        }
        let before = self.reasons.len();
        self.check_options(&options);
        if self.reasons.len() == before { Some(options) } else { None }
    }

    fn check_options(&mut self, options: &[String]) {
        for (index, (option, letter)) in options.iter().zip('A'..).enumerate() {
            if option.is_empty() {
                self.reasons.push(BankReason::EmptyOption(letter));
            } else if option.contains(['\n', '\r']) {
                self.reasons.push(BankReason::OptionOfManyLines(letter));
            } else if let Some((_, first)) = options[..index].iter().zip('A'..).find(|(earlier, _)| *earlier == option)
            {
                self.reasons.push(BankReason::SameOptions(first, letter));
            }
        }
    }

    /// The key, where kind and options are known; otherwise only that it is there.
    fn key(&mut self, kind: Option<Kind>, options: Option<&[String]>) -> Option<Key> {
        let text = self.text("key");
        let (text, kind, options) = (text?, kind?, options?);
        let option_count = if kind == Kind::TrueFalse { 2 } else { u8::try_from(options.len()).ok()? };
        match Key::parse(kind, option_count, &text) {
            Ok(key) => Some(key),
            Err(error) => self.note(BankReason::Key(error)),
        }
    }

    /// One number, or one for each level. The first of the levels in question speaks for those that don't differ from it.
    fn difficulty(&mut self, standard: &Standard, level: Option<&str>) -> Option<Difficulty> {
        let table = match self.required("difficulty")? {
            DeValue::Table(table) => table,
            number => match permille(number) {
                Some(permille) if level != Some(COMMON) => return Some(Difficulty { permille, at: BTreeMap::new() }),
                _ => return self.note(BankReason::BadDifficulty),
            },
        };
        let mut rated = BTreeMap::new();
        for (key, value) in table {
            let key = key.get_ref().as_ref();
            if standard.level(key).is_none() {
                return self.note(BankReason::UnknownLevel(key.to_owned()));
            }
            let Some(permille) = permille(value.get_ref()) else { return self.note(BankReason::BadDifficulty) };
            rated.insert(key.to_owned(), permille);
        }
        let levels = standard.levels.iter().map(|one| one.id.as_str());
        let needed: Vec<&str> =
            levels.filter(|one| level.is_none_or(|level| level == COMMON || level == *one)).collect();
        if let Some(missing) = needed.iter().find(|level| !rated.contains_key(**level)) {
            return self.note(BankReason::DifficultyMissing((*missing).to_owned()));
        }
        let permille = *rated.get(*needed.first()?)?;
        rated.retain(|_, its| *its != permille);
        Some(Difficulty { permille, at: rated })
    }
}

/// A share from 0 to 1, in thousandths.
fn permille(value: &DeValue<'_>) -> Option<u32> {
    let text = match value {
        DeValue::Float(float) => float.as_str(),
        DeValue::Integer(integer) if integer.radix() == 10 => integer.as_str(),
        _ => return None,
    };
    let share = text.parse::<f64>().ok().filter(|share| (0.0..=1.0).contains(share))?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, and between 0 and 1000")]
    Some((share * 1000.0).round() as u32)
}

/// The line, from 1, on which a span begins.
fn line_at(text: &str, span: &Range<usize>) -> usize {
    let before = text.as_bytes().iter().take(span.start);
    before.filter(|&&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests;
