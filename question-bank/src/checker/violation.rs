//! The ways in which a paper departs from its blueprint, each as a sentence that says what was wanted and what was found.

use thiserror::Error;

use crate::question::Kind;

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
    /// The question belongs to a level that the blueprint doesn't permit.
    #[error("item {position}: the question belongs to the level \"{found}\", which the blueprint doesn't permit")]
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
    /// The mean difficulty is too far from its target.
    #[error(
        "the mean difficulty is {weighted_permille}/{total_milli} = {} thousandths, the blueprint asks for {target_permille} \
         ± {tolerance_permille}",
        quotient(*.weighted_permille, *.total_milli)
    )]
    Mean {
        /// The mean aimed at, in thousandths.
        target_permille: u32,
        /// The largest departure from it, in thousandths.
        tolerance_permille: u32,
        /// Each question's milli-points times its difficulty in thousandths, added up.
        weighted_permille: u128,
        /// The milli-points of the same questions.
        total_milli: u64,
    },
    /// A band of difficulty has too few or too many questions.
    #[error("the band \"{name}\" has {found} question(s), the blueprint asks for {}", span(*.min, Some(*.max)))]
    Band {
        /// The band's name.
        name: String,
        /// The fewest.
        min: u32,
        /// The most.
        max: u32,
        /// Questions found.
        found: u32,
    },
    /// A knowledge point has too few or too many questions.
    #[error(
        "the knowledge point {knowledge} of \"{function}\", level \"{level}\", has {found} question(s), the blueprint asks \
         for {}",
        span(*.min, *.max)
    )]
    Knowledge {
        /// The level's id.
        level: String,
        /// The function's id.
        function: String,
        /// The code of the knowledge point.
        knowledge: String,
        /// The fewest.
        min: u32,
        /// The most, if there is a bound.
        max: Option<u32>,
        /// Questions found.
        found: u32,
    },
    /// A work content has too few or too many questions.
    #[error(
        "the work content {work_content} of \"{function}\", level \"{level}\", has {found} question(s), the blueprint asks \
         for {}",
        span(*.min, *.max)
    )]
    WorkContent {
        /// The level's id.
        level: String,
        /// The function's id.
        function: String,
        /// The code of the work content.
        work_content: String,
        /// The fewest.
        min: u32,
        /// The most, if there is a bound.
        max: Option<u32>,
        /// Questions found.
        found: u32,
    },
    /// Too few or too many questions of lower levels.
    #[error("the paper has {found} question(s) of lower levels, the blueprint asks for {}", span(*.min, Some(*.max)))]
    LowerLevels {
        /// The fewest.
        min: u32,
        /// The most.
        max: u32,
        /// Questions found.
        found: u32,
    },
    /// Two or more questions of one enemy set.
    #[error(
        "items {}: the questions \"{}\" are enemies, and one of them may stand on a paper",
        list(.positions),
        .questions.join("\", \"")
    )]
    Enemies {
        /// The places, ascending.
        positions: Vec<u32>,
        /// The questions there, in the same order.
        questions: Vec<String>,
    },
    /// A question that every paper holds is not there.
    #[error("the question \"{question}\" must be on the paper and is not")]
    Must {
        /// The question's id.
        question: String,
    },
    /// A question that no paper holds is there.
    #[error("item {position}: the question \"{question}\" must not be on the paper")]
    Never {
        /// The place.
        position: u32,
        /// The question's id.
        question: String,
    },
    /// Too many questions of an earlier paper.
    #[error(
        "the paper shares {found} question(s) with the earlier paper \"{paper}\", the blueprint permits {overlap_max}"
    )]
    Overlap {
        /// The earlier paper's name.
        paper: String,
        /// The most questions permitted.
        overlap_max: u32,
        /// Questions found.
        found: u32,
    },
    /// The blueprint names an earlier paper that is not in the list.
    #[error("the blueprint names the earlier paper \"{paper}\", which is not in the list of earlier papers")]
    UnknownEarlier {
        /// The name.
        paper: String,
    },
    /// The candidate saw the question at an earlier sitting.
    #[error("item {position}: the candidate of the sitting \"{sitting}\" has seen the question \"{question}\" before")]
    Seen {
        /// The place.
        position: u32,
        /// The question's id.
        question: String,
        /// The id of the new sitting.
        sitting: String,
    },
    /// The blueprint can be read in two ways, so no paper can be held against it.
    #[error("the blueprint is ambiguous: {0}")]
    AmbiguousBlueprint(Ambiguity),
}

/// Why a blueprint can be read in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Ambiguity {
    /// A function stands twice, perhaps with different points.
    #[error("it names a function twice")]
    Function,
    /// A kind stands twice, perhaps with different counts.
    #[error("it names a kind twice")]
    Kind,
    /// A difficulty lies in no band or in more than one.
    #[error("its bands of difficulty don't run from the easiest to the hardest and down to 0")]
    Bands,
    /// A limit names no part, or two.
    #[error("a limit names neither a work content nor a knowledge point, or both")]
    Limit,
}

/// How many are asked for, in words.
fn span(min: u32, max: Option<u32>) -> String {
    match max {
        Some(max) if min == max => format!("exactly {min}"),
        Some(max) => format!("{min} to {max}"),
        None => format!("at least {min}"),
    }
}

fn list(positions: &[u32]) -> String {
    positions.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

/// To three decimals, cut off and not rounded. Nothing of nothing is 0.
fn quotient(dividend: u128, divisor: u64) -> String {
    let thousandths = (dividend * 1000).checked_div(u128::from(divisor)).unwrap_or(0);
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}
