//! The checker: verifies a paper from the raw questions and the blueprint as its author wrote it.
//!
//! It shares no code with the drawer or with [`Blueprint::compile`]: it counts what is on the paper and compares.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::blueprint::Blueprint;
use crate::digest::Digest;
use crate::paper::{Item, Paper};
use crate::question::{Kind, OptionOrder, Revision};

/// The statement that a paper conforms to its blueprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conformance {
    /// How many questions the paper has.
    pub questions: u32,
    /// The points of the whole paper, in milli-points.
    pub total_milli: u32,
    /// Milli-points of each function, in the order of the blueprint.
    pub by_function: Vec<(String, u32)>,
    /// Count of questions of each kind, in the order of [`Kind::ALL`]; kinds that the blueprint doesn't ask for are left out.
    pub by_kind: Vec<(Kind, u32)>,
    /// [`Paper::digest`] of the paper that was checked.
    pub paper: Digest,
}

/// One way in which a paper departs from its blueprint. `position` counts from 1, in the order of the items.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Violation {
    /// The item at this place bears another number.
    #[error("item {position} bears the number {found}")]
    Position {
        /// The place.
        position: u32,
        /// The number it bears.
        found: u32,
    },
    /// The question stands on the paper before.
    #[error("item {position}: the question \"{question}\" is on the paper already")]
    Repeated {
        /// The place of the second.
        position: u32,
        /// The question's id.
        question: String,
    },
    /// No such revision of the question exists.
    #[error("item {position}: the bank has no revision {revision} of the question \"{question}\"")]
    UnknownRevision {
        /// The place.
        position: u32,
        /// The question's id.
        question: String,
        /// The revision.
        revision: u32,
    },
    /// The question belongs to another standard.
    #[error("item {position}: the question belongs to the standard \"{found}\"")]
    Standard {
        /// The place.
        position: u32,
        /// The question's standard.
        found: String,
    },
    /// The question belongs to another level.
    #[error("item {position}: the question belongs to the level \"{found}\"")]
    Level {
        /// The place.
        position: u32,
        /// The question's level.
        found: String,
    },
    /// The item says another function than the question's.
    #[error("item {position} says the function \"{item}\", but its question belongs to \"{question}\"")]
    Function {
        /// The place.
        position: u32,
        /// What the item says.
        item: String,
        /// What the question is tagged with.
        question: String,
    },
    /// The item says another kind than the question's.
    #[error("item {position} says the kind \"{item}\", but its question is \"{question}\"")]
    Kind {
        /// The place.
        position: u32,
        /// What the item says.
        item: Kind,
        /// What the question is.
        question: Kind,
    },
    /// The options are not each of the question's options once.
    #[error("item {position}: {options:?} is not each option of the question once")]
    OptionsNotPermuted {
        /// The place.
        position: u32,
        /// The options on display.
        options: Vec<u8>,
    },
    /// Options whose order is fixed are shuffled.
    #[error("item {position}: {options:?} shuffles options whose order is fixed")]
    OptionsNotInOrder {
        /// The place.
        position: u32,
        /// The options on display.
        options: Vec<u8>,
    },
    /// The kinds don't stand in blocks in the order of [`Kind::ALL`].
    #[error("item {position}: the kind \"{kind}\" stands after a block that must follow it")]
    Block {
        /// The first place that belongs before its predecessor.
        position: u32,
        /// Its kind.
        kind: Kind,
    },
    /// The blueprint has no such function.
    #[error("item {position}: the blueprint has no function \"{function}\"")]
    FunctionNotWanted {
        /// The place.
        position: u32,
        /// The function's id.
        function: String,
    },
    /// The blueprint has no such kind.
    #[error("item {position}: the blueprint has no kind \"{kind}\"")]
    KindNotWanted {
        /// The place.
        position: u32,
        /// The kind.
        kind: Kind,
    },
    /// The question has other points than its kind.
    #[error("item {position} has {found_milli} milli-points, its kind {wanted_milli}")]
    Points {
        /// The place.
        position: u32,
        /// Milli-points wanted.
        wanted_milli: u32,
        /// Milli-points found.
        found_milli: u32,
    },
    /// A function has other points than the blueprint says.
    #[error("the function \"{function}\" has {found_milli} milli-points, the blueprint asks for {wanted_milli}")]
    FunctionPoints {
        /// The function's id.
        function: String,
        /// Milli-points wanted.
        wanted_milli: u64,
        /// Milli-points found.
        found_milli: u64,
    },
    /// A kind has another number of questions than the blueprint says.
    #[error("the paper has {found} question(s) of kind \"{kind}\", the blueprint asks for {wanted}")]
    KindCount {
        /// The kind.
        kind: Kind,
        /// Questions wanted.
        wanted: u32,
        /// Questions found.
        found: u32,
    },
    /// A kind's share within a function is not its share in the whole paper.
    #[error("the function \"{function}\" has {found} question(s) of kind \"{kind}\", which is not the kind's share")]
    Share {
        /// The function's id.
        function: String,
        /// The kind.
        kind: Kind,
        /// Questions of the kind found in the function.
        found: u32,
    },
    /// The blueprint names a function or a kind twice, so no paper can be held against it.
    #[error("the blueprint names a function or a kind twice")]
    AmbiguousBlueprint,
}

/// Verifies a paper against its blueprint. `lookup` gives the revision of a question from the bank, if there is one.
///
/// Positions run from 1; each question stands once; each revision exists, belongs to the blueprint's standard and level
/// and is what the item says it is; points by function, count and points by kind, and the share of each kind within each
/// function are exactly the blueprint's; options are permuted only where they may be; the kinds stand in blocks.
pub fn check<'bank>(
    paper: &Paper,
    blueprint: &Blueprint,
    lookup: impl Fn(&str, u32) -> Option<&'bank Revision>,
) -> Result<Conformance, Vec<Violation>> {
    let mut violations = Vec::new();
    if ambiguous(blueprint) {
        violations.push(Violation::AmbiguousBlueprint);
    }
    check_sequence(paper, &mut violations);
    let mut tally = Tally::default();
    for (item, position) in paper.items.iter().zip(1..) {
        match lookup(&item.question, item.revision) {
            None => violations.push(Violation::UnknownRevision {
                position,
                question: item.question.clone(),
                revision: item.revision,
            }),
            Some(revision) => {
                check_item(item, position, revision, blueprint, &mut violations);
                tally.add(item, revision);
            }
        }
    }
    check_totals(&tally, blueprint, &mut violations);
    if violations.is_empty() { Ok(statement(paper, &tally, blueprint)) } else { Err(violations) }
}

/// What is on the paper, counted by the questions' own tags and not by what the items say of themselves.
#[derive(Default)]
struct Tally {
    milli_by_function: BTreeMap<String, u64>,
    count_by_kind: BTreeMap<Kind, u32>,
    count_by_both: BTreeMap<(String, Kind), u32>,
}

impl Tally {
    fn add(&mut self, item: &Item, revision: &Revision) {
        let function = &revision.tags.function;
        *self.milli_by_function.entry(function.clone()).or_default() += u64::from(item.points_milli);
        *self.count_by_kind.entry(revision.kind).or_default() += 1;
        *self.count_by_both.entry((function.clone(), revision.kind)).or_default() += 1;
    }
}

fn ambiguous(blueprint: &Blueprint) -> bool {
    let functions: BTreeSet<_> = blueprint.points.iter().map(|(function, _)| function).collect();
    let kinds: BTreeSet<_> = blueprint.kinds.iter().map(|quota| quota.kind).collect();
    functions.len() != blueprint.points.len() || kinds.len() != blueprint.kinds.len()
}

fn check_sequence(paper: &Paper, violations: &mut Vec<Violation>) {
    let mut seen = BTreeSet::new();
    let mut block = Kind::TrueFalse;
    for (item, position) in paper.items.iter().zip(1_u32..) {
        if item.position != position {
            violations.push(Violation::Position { position, found: item.position });
        }
        if !seen.insert(&item.question) {
            violations.push(Violation::Repeated { position, question: item.question.clone() });
        }
        if item.kind < block {
            violations.push(Violation::Block { position, kind: item.kind });
        }
        block = item.kind;
    }
}

fn check_item(item: &Item, position: u32, revision: &Revision, blueprint: &Blueprint, violations: &mut Vec<Violation>) {
    let tags = &revision.tags;
    if tags.standard != blueprint.standard {
        violations.push(Violation::Standard { position, found: tags.standard.clone() });
    }
    if tags.level != blueprint.level {
        violations.push(Violation::Level { position, found: tags.level.clone() });
    }
    if tags.function != item.function {
        let (item, question) = (item.function.clone(), tags.function.clone());
        violations.push(Violation::Function { position, item, question });
    }
    if revision.kind != item.kind {
        violations.push(Violation::Kind { position, item: item.kind, question: revision.kind });
    }
    if !blueprint.points.iter().any(|(function, _)| *function == tags.function) {
        violations.push(Violation::FunctionNotWanted { position, function: tags.function.clone() });
    }
    match blueprint.kinds.iter().find(|quota| quota.kind == revision.kind) {
        None => violations.push(Violation::KindNotWanted { position, kind: revision.kind }),
        Some(quota) if quota.points_milli != item.points_milli => {
            violations.push(Violation::Points {
                position,
                wanted_milli: quota.points_milli,
                found_milli: item.points_milli,
            });
        }
        Some(_) => {}
    }
    check_options(item, position, revision, violations);
}

fn check_options(item: &Item, position: u32, revision: &Revision, violations: &mut Vec<Violation>) {
    let expected = if revision.kind == Kind::TrueFalse { 2 } else { revision.options.len() };
    let distinct: BTreeSet<_> = item.options.iter().copied().map(usize::from).collect();
    let permuted = item.options.len() == expected && distinct.into_iter().eq(0..expected);
    let may_shuffle = revision.kind != Kind::TrueFalse && revision.order == OptionOrder::Shuffle;
    if !permuted {
        violations.push(Violation::OptionsNotPermuted { position, options: item.options.clone() });
    } else if !may_shuffle && !item.options.is_sorted() {
        violations.push(Violation::OptionsNotInOrder { position, options: item.options.clone() });
    }
}

fn check_totals(tally: &Tally, blueprint: &Blueprint, violations: &mut Vec<Violation>) {
    let whole: u128 = blueprint.points.iter().map(|(_, points)| u128::from(*points)).sum();
    for (function, points) in &blueprint.points {
        let wanted_milli = u64::from(*points) * 1000;
        let found_milli = tally.milli_by_function.get(function).copied().unwrap_or(0);
        if found_milli != wanted_milli {
            violations.push(Violation::FunctionPoints { function: function.clone(), wanted_milli, found_milli });
        }
        for quota in &blueprint.kinds {
            let found = tally.count_by_both.get(&(function.clone(), quota.kind)).copied().unwrap_or(0);
            // found / quota.count = points / whole, without division.
            if u128::from(found) * whole != u128::from(quota.count) * u128::from(*points) {
                violations.push(Violation::Share { function: function.clone(), kind: quota.kind, found });
            }
        }
    }
    for quota in &blueprint.kinds {
        let found = tally.count_by_kind.get(&quota.kind).copied().unwrap_or(0);
        if found != quota.count {
            violations.push(Violation::KindCount { kind: quota.kind, wanted: quota.count, found });
        }
    }
}

fn statement(paper: &Paper, tally: &Tally, blueprint: &Blueprint) -> Conformance {
    let milli = |function: &String| {
        let milli = tally.milli_by_function.get(function).copied().unwrap_or(0);
        u32::try_from(milli).unwrap_or(u32::MAX)
    };
    Conformance {
        questions: u32::try_from(paper.items.len()).unwrap_or(u32::MAX),
        total_milli: paper.items.iter().fold(0_u32, |sum, item| sum.saturating_add(item.points_milli)),
        by_function: blueprint.points.iter().map(|(function, _)| (function.clone(), milli(function))).collect(),
        by_kind: tally.count_by_kind.iter().map(|(kind, count)| (*kind, *count)).collect(),
        paper: paper.digest(),
    }
}
