//! The rules of writing (命题规则), as far as a machine can see them: what an author would be ashamed of, question by question
//! and over the bank as a whole.

use std::fmt;

use thiserror::Error;

use super::coverage::Coverage;
use crate::key::Key;
use crate::letters::letter;
use crate::question::{Kind, OptionOrder, Question, Revision};
use crate::standard::Standard;

mod similar;
mod text;

use text::{characters, demand_is_negative, number, outside_code, plain};

/// A rule that is broken.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The question's id; nothing, where it is the bank as a whole.
    pub question: Option<String>,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.question {
            Some(question) => write!(formatter, "question \"{question}\": {}", self.fault),
            None => write!(formatter, "{}", self.fault),
        }
    }
}

/// What is wrong. Each sentence says what to do, and none shows a key.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum Fault {
    /// 以上都对 and the like.
    #[error("an option or the stem says \"{0}\"; let each option stand for itself")]
    AllOfThem(&'static str),
    /// Candidates see options shuffled.
    #[error(
        "the explanation names an option by its letter; name it by its content, for each candidate sees another order"
    )]
    LetterInExplanation,
    /// So short that it can't say why each distractor is wrong.
    #[error("the explanation has {0} characters; say why the key is right and why each distractor is wrong")]
    ShortExplanation(usize),
    /// Easily overlooked.
    #[error(
        "what is asked for is negative, and no word of it is in bold; ask for the positive, or make it bold: **不**"
    )]
    NegativeNotBold,
    /// Reading instead of knowing.
    #[error("\"{0}\" is a double negative; say it without")]
    DoubleNegative(&'static str),
    /// The odd one out gives itself away.
    #[error("the longest option has {longest} characters and the shortest {shortest}; make them alike in length")]
    UnevenOptions {
        /// Characters of the longest.
        longest: usize,
        /// Characters of the shortest.
        shortest: usize,
    },
    /// Numbers are looked for in their order.
    #[error("the options are numbers and don't ascend; put them in ascending order")]
    NumbersOutOfOrder,
    /// A pin that is missing.
    #[error("the options are ascending numbers and may be shuffled; write order = \"fixed\"")]
    NumbersShuffled,
    /// Then it asks for nothing.
    #[error("every option is right; add one that is not")]
    EveryOptionRight,
    /// Perhaps the same question.
    #[error(
        "it shares {percent} % of its word groups with \"{other}\"; write another question, or make them enemies and one shorter"
    )]
    NearDuplicate {
        /// The other question's id.
        other: String,
        /// Of the shorter one.
        percent: u32,
    },
    /// One letter would be a good guess.
    #[error(
        "{percent} % of the single-choice keys are {letter}; spread them to between {KEY_LETTER_MIN} and {KEY_LETTER_MAX} %"
    )]
    KeyLetters {
        /// The letter.
        letter: char,
        /// Its share.
        percent: u32,
    },
    /// True would be a good guess, or false.
    #[error("{0} % of the statements are true; bring it to between {TRUE_MIN} and {TRUE_MAX} %")]
    Statements(u32),
    /// The longest would be a good guess.
    #[error(
        "in {0} % of the single-choice questions the right option is the longest; bring it to {LONGEST_MAX} % or less"
    )]
    LongestRight(u32),
    /// A paper can't take as many as it wants.
    #[error(
        "level \"{level}\", function \"{function}\": {percent} % are of the kind \"{kind}\"; the default blueprint takes {wanted} %"
    )]
    KindShare {
        /// The level's id.
        level: String,
        /// The function's id.
        function: String,
        /// The kind.
        kind: Kind,
        /// Its share in the cell.
        percent: u32,
        /// Its share on a paper.
        wanted: u32,
    },
    /// Nothing asks for it.
    #[error("level \"{level}\", function \"{function}\": the knowledge point {code} has no question; write one")]
    EmptyPoint {
        /// The level's id.
        level: String,
        /// The function's id.
        function: String,
        /// Its code.
        code: String,
    },
}

/// The share of each key letter, of true statements, and of right options that are the longest, in percent.
const KEY_LETTER_MIN: u32 = 22;
const KEY_LETTER_MAX: u32 = 28;
const TRUE_MIN: u32 = 45;
const TRUE_MAX: u32 = 55;
const LONGEST_MAX: u32 = 35;
/// Shares are looked at from so many questions on.
const SHARE_OF: usize = 100;
/// In a cell from so many on, where a kind may be off by so many percent.
const CELL_OF: u32 = 20;
const KIND_OFF: u32 = 5;
/// Of each kind in the default blueprint, in percent.
const KINDS_WANTED: [u32; 3] = [20, 60, 20];

/// A longest option of fewer characters is no giveaway.
const LONG: usize = 10;
const EXPLANATION_MIN: usize = 30;

const ALL_OF_THEM: [&str; 10] =
    ["以上都", "以上均", "以上全", "上述都", "上述均", "上述全", "都不对", "都正确", "全部正确", "皆不"];
const DOUBLE_NEGATIVES: [&str; 6] = ["不是不", "并非不", "不能不", "不得不", "没有不", "无不"];

/// Everything that a machine sees wrong with the questions of a standard, question by question, then over all of them.
pub fn findings(standard: &Standard, questions: &[Question]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for question in questions {
        let faults = faults(question).into_iter();
        let id = &question.revision.question;
        findings.extend(faults.map(|fault| Finding { question: Some(id.clone()), fault }));
    }
    for (one, other, percent) in similar::pairs(questions) {
        let id = |index: usize| questions[index].revision.question.clone();
        findings.push(Finding { question: Some(id(one)), fault: Fault::NearDuplicate { other: id(other), percent } });
    }
    let whole = shares(questions).faults().into_iter().chain(cell_faults(standard, questions));
    findings.extend(whole.map(|fault| Finding { question: None, fault }));
    findings
}

fn faults(question: &Question) -> Vec<Fault> {
    let Question { revision, key, commentary } = question;
    let mut faults = Vec::new();
    let stem = outside_code(&revision.stem);
    let words = || std::iter::once(stem.as_str()).chain(revision.options.iter().map(String::as_str));
    let first_of = |list: &[&'static str]| list.iter().find(|one| words().any(|text| text.contains(**one))).copied();
    faults.extend(first_of(&ALL_OF_THEM).map(Fault::AllOfThem));
    faults.extend(first_of(&DOUBLE_NEGATIVES).map(Fault::DoubleNegative));
    if revision.kind != Kind::TrueFalse && demand_is_negative(&revision.stem) {
        faults.push(Fault::NegativeNotBold);
    }
    if text::names_a_letter(&commentary.explanation) {
        faults.push(Fault::LetterInExplanation);
    }
    let length = characters(&commentary.explanation);
    if length < EXPLANATION_MIN {
        faults.push(Fault::ShortExplanation(length));
    }
    option_faults(revision, key, &mut faults);
    faults
}

fn option_faults(revision: &Revision, key: &Key, faults: &mut Vec<Fault>) {
    let lengths: Vec<usize> = revision.options.iter().map(|option| characters(option)).collect();
    let (Some(&longest), Some(&shortest)) = (lengths.iter().max(), lengths.iter().min()) else { return };
    if longest >= LONG && longest > 3 * shortest.max(4) {
        faults.push(Fault::UnevenOptions { longest, shortest });
    }
    if (0..revision.option_count()).all(|option| key.right(option)) {
        faults.push(Fault::EveryOptionRight);
    }
    let numbers: Option<Vec<(f64, String)>> = revision.options.iter().map(|option| number(&plain(option))).collect();
    // Of one unit, or they would have to be reckoned first.
    if let Some(numbers) = numbers.filter(|numbers| numbers.iter().all(|(_, unit)| *unit == numbers[0].1)) {
        let ascending = numbers.is_sorted_by(|left, right| left.0 < right.0);
        match (ascending, revision.order) {
            (false, _) => faults.push(Fault::NumbersOutOfOrder),
            (true, OptionOrder::Shuffle) => faults.push(Fault::NumbersShuffled),
            (true, OptionOrder::Fixed) => {}
        }
    }
}

/// What a guesser could make use of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    /// Single-choice questions, and how many of their keys are each letter, `A` first.
    pub single: usize,
    /// See [`single`](Self::single).
    pub letters: [usize; 8],
    /// How many of their right options are longer than each other option.
    pub longest: usize,
    /// Statements, and how many are true.
    pub statements: usize,
    /// See [`statements`](Self::statements).
    pub statements_true: usize,
}

/// Counts what a guesser could make use of.
pub fn shares(questions: &[Question]) -> Shares {
    let mut shares = Shares::default();
    for Question { revision, key, .. } in questions {
        match revision.kind {
            Kind::TrueFalse => {
                shares.statements += 1;
                shares.statements_true += usize::from(key.right(0));
            }
            Kind::SingleChoice => {
                let right = (0..revision.option_count()).find(|option| key.right(*option)).map_or(0, usize::from);
                shares.single += 1;
                shares.letters[right] += 1;
                let length = |option: &String| characters(option);
                let others = revision.options.iter().enumerate().filter(|(option, _)| *option != right);
                let longest = others.map(|(_, option)| length(option)).max().unwrap_or(0);
                shares.longest += usize::from(revision.options.get(right).map_or(0, length) > longest);
            }
            Kind::MultipleChoice => {}
        }
    }
    shares
}

impl Shares {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.single >= SHARE_OF {
            for (option, count) in (0..4).zip(self.letters) {
                let percent = percent(count, self.single);
                if !(KEY_LETTER_MIN..=KEY_LETTER_MAX).contains(&percent) {
                    faults.push(Fault::KeyLetters { letter: letter(option), percent });
                }
            }
            let longest = percent(self.longest, self.single);
            if longest > LONGEST_MAX {
                faults.push(Fault::LongestRight(longest));
            }
        }
        let percent_true = percent(self.statements_true, self.statements);
        if self.statements >= SHARE_OF && !(TRUE_MIN..=TRUE_MAX).contains(&percent_true) {
            faults.push(Fault::Statements(percent_true));
        }
        faults
    }
}

/// Kinds by cell, and knowledge points without a question, of the functions that the bank has questions of.
fn cell_faults(standard: &Standard, questions: &[Question]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let coverage = Coverage::of(standard, questions.iter().map(|question| &question.revision));
    for cell in coverage.cells.iter().filter(|cell| cell.count().total() > 0) {
        let (level, function, count) = (&cell.level, &cell.function, cell.count());
        let empty = cell.points.iter().filter(|point| point.count.total() == 0);
        faults.extend(empty.map(|point| Fault::EmptyPoint {
            level: level.clone(),
            function: function.clone(),
            code: point.code.clone(),
        }));
        if count.total() < CELL_OF {
            continue;
        }
        for ((kind, own), wanted) in Kind::ALL.into_iter().zip(count.kinds).zip(KINDS_WANTED) {
            let percent = percent(own as usize, count.total() as usize);
            if percent.abs_diff(wanted) > KIND_OFF {
                let (level, function) = (level.clone(), function.clone());
                faults.push(Fault::KindShare { level, function, kind, percent, wanted });
            }
        }
    }
    faults
}

/// Rounded to the nearest; 0 of nothing.
fn percent(part: usize, whole: usize) -> u32 {
    let percent = (part * 200 + whole).checked_div(2 * whole).unwrap_or(0);
    u32::try_from(percent).expect("a share is a hundred percent at most")
}

#[cfg(test)]
mod tests;
