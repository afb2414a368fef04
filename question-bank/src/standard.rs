//! An occupational standard: levels, directions, functions, knowledge points, weights and the rules of the theory exam.
//!
//! A standard is data. Each file shape has an importer of its own into this one model, and the checks here hold for all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::digest::{Digest, DigestOf};
use crate::question::COMMON;

mod national;
mod one_plus_x;

/// A name in both languages.
#[derive(Default, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// An occupational standard, checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standard {
    /// Its id, as blueprints and bank files name it.
    pub id: String,
    /// Its name.
    pub name: Name,
    /// Its levels, from the lowest.
    pub levels: Vec<Level>,
    /// Its directions; empty where it has none.
    pub directions: Vec<Direction>,
    /// Its functions. Ethics and fundamentals, where the standard has them, come first as functions of their own.
    pub functions: Vec<Function>,
    /// The rules of the theory exam, where the standard gives any.
    pub theory: Option<TheoryRules>,
    /// The weight columns of the theory exam; empty where the standard gives none.
    pub columns: Vec<WeightColumn>,
    /// What each function asks for at each level. A function need not exist at every level.
    pub content: Vec<FunctionContent>,
}

/// A level (等级).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Name,
}

/// A direction (职业方向).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Direction {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Name,
}

/// A function (职业功能), or ethics or fundamentals (基本要求).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Name,
}

/// The rules of the theory exam (national standard, 1.9.2 to 1.9.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TheoryRules {
    /// The least length of the exam, in minutes.
    pub min_minutes: u32,
    /// The points of a whole paper.
    pub max_score: u32,
    /// The points from which one passes.
    pub pass_score: u32,
    /// How many candidates one proctor may watch.
    pub candidates_per_proctor: u32,
    /// The fewest proctors in a room.
    pub min_proctors_per_room: u32,
}

/// One column of the theory weights (理论知识权重表).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightColumn {
    /// The level's id.
    pub level: String,
    /// The direction's id; none where the level has no directions.
    pub direction: Option<String>,
    /// Percent for each function, in the order of the standard's functions. A function that doesn't count is absent.
    pub weights: Vec<(String, u32)>,
}

/// What one function asks for at one level.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionContent {
    /// The level's id.
    pub level: String,
    /// The function's id.
    pub function: String,
    /// The work contents, in the order of the standard.
    pub work_contents: Vec<WorkContent>,
}

/// A work content (工作内容); for ethics and fundamentals a section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkContent {
    /// Its code, such as `1.1`.
    pub code: String,
    /// Its name.
    pub name: Name,
    /// Its knowledge points. A section without topics is itself its one knowledge point.
    pub knowledge: Vec<KnowledgePoint>,
}

/// A knowledge point (相关知识要求); for ethics and fundamentals a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnowledgePoint {
    /// Its code, such as `1.1.1` or `2.2.1(3)`; unique within level and function.
    pub code: String,
    /// Its text, in Chinese.
    pub text: String,
}

impl Standard {
    /// Reads a standard file of either shape, told apart by its keys, and checks it. Lists every problem found.
    pub fn load(json: &str) -> Result<Self, StandardError> {
        let (standard, mut problems) = import(json).map_err(|problem| StandardError { problems: vec![problem] })?;
        problems.extend(problems_of(&standard));
        if problems.is_empty() { Ok(standard) } else { Err(StandardError { problems }) }
    }

    /// The weight column of a level and direction.
    pub fn column(&self, level: &str, direction: Option<&str>) -> Option<&WeightColumn> {
        self.columns.iter().find(|column| column.level == level && column.direction.as_deref() == direction)
    }

    /// The level of this id.
    pub fn level(&self, id: &str) -> Option<&Level> {
        self.levels.iter().find(|level| level.id == id)
    }

    /// The direction of this id.
    pub fn direction(&self, id: &str) -> Option<&Direction> {
        self.directions.iter().find(|direction| direction.id == id)
    }

    /// The function of this id.
    pub fn function(&self, id: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.id == id)
    }

    /// What a function asks for at a level; at [`COMMON`], what it asks for at every level alike.
    pub fn content(&self, level: &str, function: &str) -> Option<&FunctionContent> {
        let mut contents = self.content.iter().filter(|content| content.function == function);
        if level != COMMON {
            return contents.find(|content| content.level == level);
        }
        let first = contents.next()?;
        let mut alike = 1;
        for content in contents {
            if content.work_contents != first.work_contents {
                return None;
            }
            alike += 1;
        }
        (alike == self.levels.len()).then_some(first)
    }

    /// A knowledge point by its code, with the work content that holds it.
    pub fn knowledge(&self, level: &str, function: &str, code: &str) -> Option<(&WorkContent, &KnowledgePoint)> {
        self.content(level, function)?.work_contents.iter().find_map(|work_content| {
            work_content.knowledge.iter().find(|point| point.code == code).map(|point| (work_content, point))
        })
    }

    /// The digest of every field.
    pub fn digest(&self) -> Digest {
        let name = |digest: DigestOf, name: &Name| digest.text(&name.zh).text(&name.en);
        let mut digest = name(DigestOf::new("kaochang-standard/1").text(&self.id), &self.name);
        digest = digest.count(self.levels.len());
        for level in &self.levels {
            digest = name(digest.text(&level.id), &level.name);
        }
        digest = digest.count(self.directions.len());
        for direction in &self.directions {
            digest = name(digest.text(&direction.id), &direction.name);
        }
        digest = digest.count(self.functions.len());
        for function in &self.functions {
            digest = name(digest.text(&function.id), &function.name);
        }
        digest = digest.count(usize::from(self.theory.is_some()));
        if let Some(theory) = self.theory {
            digest = digest
                .number(i64::from(theory.min_minutes))
                .number(i64::from(theory.max_score))
                .number(i64::from(theory.pass_score))
                .number(i64::from(theory.candidates_per_proctor))
                .number(i64::from(theory.min_proctors_per_room));
        }
        digest = digest.count(self.columns.len());
        for column in &self.columns {
            digest = column.digest_into(digest);
        }
        digest = digest.count(self.content.len());
        for content in &self.content {
            digest = content.digest_into(digest);
        }
        digest.finish()
    }
}

impl WeightColumn {
    fn digest_into(&self, digest: DigestOf) -> DigestOf {
        let mut digest = digest.text(&self.level).count(usize::from(self.direction.is_some()));
        if let Some(direction) = &self.direction {
            digest = digest.text(direction);
        }
        digest = digest.count(self.weights.len());
        for (function, weight) in &self.weights {
            digest = digest.text(function).number(i64::from(*weight));
        }
        digest
    }
}

impl FunctionContent {
    fn digest_into(&self, digest: DigestOf) -> DigestOf {
        let mut digest = digest.text(&self.level).text(&self.function).count(self.work_contents.len());
        for work_content in &self.work_contents {
            digest = digest.text(&work_content.code).text(&work_content.name.zh).text(&work_content.name.en);
            digest = digest.count(work_content.knowledge.len());
            for point in &work_content.knowledge {
                digest = digest.text(&point.code).text(&point.text);
            }
        }
        digest
    }
}

/// Every reason why a standard file is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", self.sentences())]
pub struct StandardError {
    /// The problems, at least one.
    pub problems: Vec<StandardProblem>,
}

impl StandardError {
    fn sentences(&self) -> String {
        self.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }
}

/// What is listed twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// A level.
    Level,
    /// A direction.
    Direction,
    /// A function.
    Function,
    /// A weight column.
    Column,
    /// The content of a function at a level.
    Content,
    /// A work content.
    WorkContent,
    /// A knowledge point.
    Knowledge,
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Level => "level",
            Self::Direction => "direction",
            Self::Function => "function",
            Self::Column => "weight column",
            Self::Content => "content",
            Self::WorkContent => "work content",
            Self::Knowledge => "knowledge point",
        })
    }
}

/// One reason why a standard file is refused. `place` says where in the standard, in its own ids and codes.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StandardProblem {
    /// Not JSON, or a key is missing or of the wrong type.
    #[error("the file can't be read: {0}; compare it with a standard that loads")]
    Unreadable(String),
    /// The keys are of no known shape.
    #[error(
        "the file is of no known shape; a national standard has the keys \"functions\" and \"requirements\", a 1+X standard \
         has \"domains\""
    )]
    UnknownShape,
    /// An id, code or text is empty.
    #[error("{place}: the {part} has an empty id or code; give it one")]
    Empty {
        /// Where.
        place: String,
        /// What.
        part: Part,
    },
    /// Something is listed twice.
    #[error("{place}: the {part} \"{id}\" is listed twice; keep one and correct the other")]
    Duplicate {
        /// Where.
        place: String,
        /// What.
        part: Part,
        /// Its id or code.
        id: String,
    },
    /// An id names nothing.
    #[error("{place}: there is no {part} \"{id}\" in this standard; correct the id or add it")]
    Unknown {
        /// Where.
        place: String,
        /// What is missing.
        part: Part,
        /// The id that names nothing.
        id: String,
    },
    /// A weight column doesn't add up.
    #[error("{place}: the weights add up to {sum} instead of 100; correct them")]
    WeightSum {
        /// The column.
        place: String,
        /// What they add up to.
        sum: u64,
    },
    /// A function has a weight but nothing to ask.
    #[error("{place}: the function \"{function}\" has a weight but no knowledge point at this level; add one")]
    WeightWithoutContent {
        /// The column.
        place: String,
        /// The function's id.
        function: String,
    },
    /// One domain number stands for two domains.
    #[error("domain {number} is called \"{first}\" at one level and \"{second}\" at another; number them apart")]
    DomainRenamed {
        /// The number in print.
        number: u32,
        /// The name found first.
        first: String,
        /// The other name.
        second: String,
    },
    /// The exam rules contradict themselves.
    #[error(
        "the theory rules need a pass score of at most the full score, and at least one candidate for each proctor"
    )]
    TheoryRules,
}

/// Reads the file with the importer that its keys call for. Problems that the model can't show are returned beside it.
fn import(json: &str) -> Result<(Standard, Vec<StandardProblem>), StandardProblem> {
    let unreadable = |error: serde_json::Error| StandardProblem::Unreadable(error.to_string());
    let value: serde_json::Value = serde_json::from_str(json).map_err(unreadable)?;
    let has = |key: &str| value.get(key).is_some();
    if has("functions") && has("requirements") {
        serde_json::from_str::<national::File>(json).map(national::File::into_standard).map_err(unreadable)
    } else if has("domains") {
        serde_json::from_str::<one_plus_x::File>(json).map(one_plus_x::File::into_standard).map_err(unreadable)
    } else {
        Err(StandardProblem::UnknownShape)
    }
}

/// The checks that hold for every standard, whatever its file shape.
fn problems_of(standard: &Standard) -> Vec<StandardProblem> {
    let mut problems = Vec::new();
    let whole = format!("standard \"{}\"", standard.id);
    refuse_repeats(&mut problems, &whole, Part::Level, standard.levels.iter().map(|level| level.id.clone()));
    refuse_repeats(&mut problems, &whole, Part::Direction, standard.directions.iter().map(|one| one.id.clone()));
    refuse_repeats(&mut problems, &whole, Part::Function, standard.functions.iter().map(|one| one.id.clone()));
    refuse_repeats(&mut problems, &whole, Part::Column, standard.columns.iter().map(column_place));
    refuse_repeats(&mut problems, &whole, Part::Content, standard.content.iter().map(content_place));
    for column in &standard.columns {
        check_column(&mut problems, standard, column);
    }
    for content in &standard.content {
        check_content(&mut problems, standard, content);
    }
    if let Some(theory) = standard.theory
        && (theory.pass_score > theory.max_score || theory.candidates_per_proctor == 0)
    {
        problems.push(StandardProblem::TheoryRules);
    }
    problems
}

fn check_column(problems: &mut Vec<StandardProblem>, standard: &Standard, column: &WeightColumn) {
    let place = column_place(column);
    let unknown = |part, id: &str| StandardProblem::Unknown { place: place.clone(), part, id: id.to_owned() };
    if standard.level(&column.level).is_none() {
        problems.push(unknown(Part::Level, &column.level));
    }
    if let Some(direction) = &column.direction
        && standard.direction(direction).is_none()
    {
        problems.push(unknown(Part::Direction, direction));
    }
    for (function, _) in &column.weights {
        if standard.function(function).is_none() {
            problems.push(unknown(Part::Function, function));
            continue;
        }
        let has_knowledge = standard
            .content(&column.level, function)
            .is_some_and(|content| content.work_contents.iter().any(|work_content| !work_content.knowledge.is_empty()));
        if !has_knowledge {
            problems.push(StandardProblem::WeightWithoutContent { place: place.clone(), function: function.clone() });
        }
    }
    let sum = column.weights.iter().map(|(_, weight)| u64::from(*weight)).sum();
    if sum != 100 {
        problems.push(StandardProblem::WeightSum { place, sum });
    }
}

fn check_content(problems: &mut Vec<StandardProblem>, standard: &Standard, content: &FunctionContent) {
    let place = content_place(content);
    let unknown = |part, id: &str| StandardProblem::Unknown { place: place.clone(), part, id: id.to_owned() };
    if standard.level(&content.level).is_none() {
        problems.push(unknown(Part::Level, &content.level));
    }
    if standard.function(&content.function).is_none() {
        problems.push(unknown(Part::Function, &content.function));
    }
    let work_contents = content.work_contents.iter();
    refuse_repeats(problems, &place, Part::WorkContent, work_contents.clone().map(|one| one.code.clone()));
    let points = work_contents.flat_map(|one| &one.knowledge);
    refuse_repeats(problems, &place, Part::Knowledge, points.map(|point| point.code.clone()));
}

fn refuse_repeats(problems: &mut Vec<StandardProblem>, place: &str, part: Part, ids: impl Iterator<Item = String>) {
    let mut seen = BTreeSet::new();
    for id in ids {
        if id.trim().is_empty() {
            problems.push(StandardProblem::Empty { place: place.to_owned(), part });
        } else if !seen.insert(id.clone()) {
            problems.push(StandardProblem::Duplicate { place: place.to_owned(), part, id });
        }
    }
}

fn column_place(column: &WeightColumn) -> String {
    match &column.direction {
        Some(direction) => format!("weights of {}, {direction}", column.level),
        None => format!("weights of {}", column.level),
    }
}

fn content_place(content: &FunctionContent) -> String {
    format!("{}, {}", content.level, content.function)
}

/// Puts a map of weights into the order of the functions. Ids that no function has come last, for the checks to name.
fn in_function_order(mut weights: BTreeMap<String, u32>, functions: &[Function]) -> Vec<(String, u32)> {
    let mut ordered: Vec<_> = functions.iter().filter_map(|function| weights.remove_entry(&function.id)).collect();
    ordered.extend(weights);
    ordered
}

#[cfg(test)]
mod tests;
