//! The diagnosis: why a bank can't meet a blueprint, and what would mend it.
//!
//! Questions that no rule can tell apart are one column of an integer programme ([`model`]), so that its size follows from
//! the blueprint and not from the bank. Where the programme has no solution, rules are left out one after the other until
//! no further one can be: what remains is the conflict. What is missing is found by letting questions be written, each at
//! a price; where no bank could do it, by letting rules give way first, as little as possible.
//!
//! It finds every lack of questions and every contradiction of counts. It can't see two things. The mean difficulty is
//! judged by ratings put together to steps, each question taken as easy and as hard as its step: a bank whose ratings miss
//! the mean by less than that passes, none is refused wrongly, and a repair for the mean may fall short. And questions
//! without a rating are as if they were not there, where the blueprint asks for a difficulty.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::blueprint::{Blueprint, BlueprintError};
use crate::earlier::EarlierPapers;
use crate::paper::Snapshot;
use crate::question::Kind;
use model::Model;
use programme::{Answer, Bounds, Column};

mod model;
mod programme;
mod scale;
mod starving;
mod words;

pub use starving::{Part, Starving, starving};

/// What is known of a blueprint and a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Some paper meets every rule, the mean difficulty as far as the diagnosis can see it.
    Possible,
    /// The search was given up before it found a paper or a proof that there is none.
    Undecided,
    /// No paper meets every rule.
    Impossible(Diagnosis),
}

/// Why no paper meets every rule, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The rules contradict each other, whatever questions are written: the blueprint must be changed. Otherwise the bank
    /// is short of questions.
    pub contradiction: bool,
    /// Rules that can't all be met, by this bank or, in a contradiction, by any. Without any one of them the others can.
    pub conflict: Vec<Clash>,
    /// What together would mend it, at the least cost: as few questions as possible, and in a contradiction first as
    /// little change of the rules as possible. Empty, if the search was given up before it found any.
    pub repairs: Vec<Repair>,
    /// Both are proven: no rule of the conflict can be spared, and no repair is cheaper.
    pub proven: bool,
}

/// A rule of a conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clash {
    /// The rule.
    pub rule: Rule,
    /// How many questions of the bank it counts that a paper may hold.
    pub present: u32,
}

/// A rule of a blueprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A function's share of a kind, in questions.
    Share {
        /// The function's id.
        function: String,
        /// The kind.
        kind: Kind,
        /// So many questions.
        count: u32,
    },
    /// How many questions of a kind.
    KindCount {
        /// The kind.
        kind: Kind,
        /// So many questions.
        count: u32,
    },
    /// The points of a function.
    FunctionPoints {
        /// The function's id.
        function: String,
        /// Whole points.
        points: u32,
    },
    /// The points of the whole paper.
    Total {
        /// Whole points.
        points: u32,
    },
    /// The mean difficulty.
    Mean {
        /// The mean aimed at, in thousandths.
        target_permille: u32,
        /// The largest departure from it, in thousandths.
        tolerance_permille: u32,
    },
    /// The limit of every knowledge point of a function that has none of its own.
    EveryKnowledge {
        /// The function's id.
        function: String,
        /// How many knowledge points there are that the bank has questions of.
        points: u32,
        /// The fewest questions of each.
        min: u32,
        /// The most questions of each.
        max: Option<u32>,
    },
    /// The limit of a knowledge point.
    Knowledge {
        /// The level's id.
        level: String,
        /// The function's id.
        function: String,
        /// The code of the knowledge point.
        knowledge: String,
        /// The fewest questions.
        min: u32,
        /// The most questions.
        max: Option<u32>,
    },
    /// The limit of a work content.
    WorkContent {
        /// The level's id.
        level: String,
        /// The function's id.
        function: String,
        /// The code of the work content.
        work_content: String,
        /// The fewest questions.
        min: u32,
        /// The most questions.
        max: Option<u32>,
    },
    /// A band of difficulty.
    Band {
        /// Its name.
        name: String,
        /// The fewest questions.
        min: u32,
        /// The most questions.
        max: u32,
    },
    /// Questions of lower levels.
    LowerLevels {
        /// The fewest.
        min: u32,
        /// The most.
        max: u32,
    },
    /// What a paper may share with an earlier one.
    Earlier {
        /// The earlier paper's name.
        paper: String,
        /// The most questions that both may hold.
        overlap_max: u32,
    },
    /// Questions that every paper holds, alike to every other rule, or all of them not to be had.
    Must {
        /// Their ids.
        questions: Vec<String>,
    },
    /// Enemy sets that are alike.
    Enemies {
        /// Their indices in [`Blueprint::enemies`].
        sets: Vec<usize>,
    },
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    /// Write questions.
    Write(Write),
    /// Change a rule.
    Relax {
        /// The rule.
        rule: Rule,
        /// By how much: questions; milli-points for points; thousandths for the mean; questions to be taken
        /// off the list for [`Rule::Must`]; questions more than one of each set for [`Rule::Enemies`].
        by: u32,
        /// Which bound gives way.
        bound: Bound,
    },
}

/// A bound of a rule. Of one that asks for an exact number both are the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The minimum is too high. For the mean: the paper comes out harder.
    Min,
    /// The maximum is too low. For the mean: the paper comes out easier.
    Max,
}

/// Questions to be written: new ones, in no list of the blueprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// The level's id.
    pub level: String,
    /// The function's id.
    pub function: String,
    /// The kind.
    pub kind: Kind,
    /// What about.
    pub topic: Topic,
    /// The band of difficulty, where it matters.
    pub band: Option<String>,
    /// The lowest and the highest rating, in thousandths, where it matters.
    pub rated_permille: Option<(u32, u32)>,
    /// How many.
    pub count: u32,
}

/// What questions to be written are about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Whatever work content and knowledge point has room under its maximum, or one that the bank has no question of.
    Any,
    /// This work content.
    WorkContent(String),
    /// This knowledge point. Where the bank has no question of it, its work content is not known and taken to have room.
    Knowledge(String),
}

/// Says whether some paper meets the blueprint, and if none does, why and what would mend it. An error only for a blueprint
/// that contradicts itself before any bank is looked at.
///
/// The snapshot is taken to hold each question once. Questions that a re-sitter has seen are not left out.
pub fn diagnose(
    blueprint: &Blueprint,
    snapshot: &Snapshot,
    earlier: &EarlierPapers,
) -> Result<Verdict, BlueprintError> {
    blueprint.compile()?;
    let model = Model::new(blueprint, snapshot, earlier);
    let every: Vec<bool> = vec![true; model.rules.len()];
    // Without enemies the programme is small, and a bank that can spare them all is the common case.
    if matches!(model.solve(&every, &model.apart.iter().collect::<Vec<_>>()), Answer::Best(_) | Answer::Some(_)) {
        return Ok(Verdict::Possible);
    }
    let bank: Vec<&Column> = model.bank.iter().collect();
    Ok(match model.solve(&every, &bank) {
        Answer::Best(_) | Answer::Some(_) => Verdict::Possible,
        Answer::Unknown => Verdict::Undecided,
        // Numbers that hold outweigh a solver's proof that there are none.
        Answer::Impossible => explain(&model).map_or(Verdict::Possible, Verdict::Impossible),
    })
}

/// The diagnosis of a model that has no solution; nothing, if it has one that needs no repair.
fn explain(model: &Model) -> Option<Diagnosis> {
    let mended = mend(model);
    if mended.repairs.is_empty() && mended.cheapest {
        return None;
    }
    let bank = model.bank.iter();
    let columns: Vec<&Column> = if mended.contradiction {
        bank.chain(model.writes.iter().map(|(column, _)| column)).collect()
    } else {
        bank.collect()
    };
    let (conflict, irreducible) = conflict(model, &columns);
    let clash = |rule: usize| Clash { rule: model.rules[rule].clone(), present: model.present(rule) };
    Some(Diagnosis {
        contradiction: mended.contradiction,
        conflict: conflict.into_iter().map(clash).collect(),
        repairs: mended.repairs,
        proven: irreducible && mended.cheapest,
    })
}

impl Model {
    fn solve(&self, rules: &[bool], columns: &[&Column]) -> Answer {
        let bounds: Vec<Bounds> = self.rows.iter().map(|row| row.bounds).collect();
        programme::solve(&bounds, &self.active(rules), columns)
    }

    fn active(&self, rules: &[bool]) -> Vec<bool> {
        self.rows.iter().map(|row| rules[row.rule]).collect()
    }
}

/// Rules, by index, that can't all be met, and whether it is proven that none can be spared.
fn conflict(model: &Model, columns: &[&Column]) -> (Vec<usize>, bool) {
    let count = model.rules.len();
    let impossible = |rules: &[usize]| {
        let mut chosen = vec![false; count];
        for rule in rules {
            chosen[*rule] = true;
        }
        model.solve(&chosen, columns)
    };
    // The whole paper comes last, because whoever is told of a part knows more.
    if let Some(alone) = (1..count).chain([0]).find(|rule| impossible(&[*rule]) == Answer::Impossible) {
        return (vec![alone], true);
    }
    // A function's points say the most in the fewest words, so one search leaves them out last. The other one leaves them
    // out early: it finds what is wrong with the paper as a whole.
    let of_function = |rule: &usize| matches!(model.rules[*rule], Rule::FunctionPoints { .. });
    let (points, others): (Vec<usize>, Vec<usize>) = (0..count).partition(of_function);
    let forwards = [others, points].concat();
    let backwards: Vec<usize> = (0..count).rev().collect();
    let (mut first, mut second) = (filter(&forwards, &impossible), filter(&backwards, &impossible));
    if second.0.len() <= first.0.len() {
        std::mem::swap(&mut first, &mut second);
    }
    first.0.sort_unstable();
    first
}

/// Leaves out rules from the front as long as those that are left can't all be met, keeps the one without which they can,
/// and goes on behind it. What is kept in the end is a conflict.
fn filter(rules: &[usize], answer: &dyn Fn(&[usize]) -> Answer) -> (Vec<usize>, bool) {
    let (mut kept, mut left, mut proven) = (Vec::new(), rules, true);
    loop {
        // Without the first `sure` of what is left the others can't be met; without the first `many` they can.
        let (mut sure, mut many) = (0, left.len() + 1);
        while many - sure > 1 {
            let middle = usize::midpoint(sure, many);
            match answer(&[&kept, &left[middle..]].concat()) {
                Answer::Impossible => sure = middle,
                found => {
                    proven &= found != Answer::Unknown;
                    many = middle;
                }
            }
        }
        let Some(needed) = left.get(sure) else { return (kept, proven) };
        kept.push(*needed);
        left = &left[sure + 1..];
    }
}

/// What would mend a model.
struct Mended {
    contradiction: bool,
    repairs: Vec<Repair>,
    cheapest: bool,
}

/// The cheapest questions to be written; where no questions help, first the least change of the rules.
fn mend(model: &Model) -> Mended {
    let every = vec![true; model.rows.len()];
    let bounds: Vec<Bounds> = model.rows.iter().map(|row| row.bounds).collect();
    match written(model, &bounds, &every) {
        Written::Found { repairs, cheapest } => return Mended { contradiction: false, repairs, cheapest },
        Written::Unknown => return Mended { contradiction: false, repairs: Vec::new(), cheapest: false },
        Written::Never => {}
    }
    let Some((relaxed, mut repairs, least)) = relaxed(model, &bounds, &every) else {
        return Mended { contradiction: true, repairs: Vec::new(), cheapest: false };
    };
    match written(model, &relaxed, &every) {
        Written::Found { repairs: writes, cheapest } => {
            repairs.extend(writes);
            Mended { contradiction: true, repairs, cheapest: cheapest && least }
        }
        Written::Never | Written::Unknown => Mended { contradiction: true, repairs: Vec::new(), cheapest: false },
    }
}

/// What writing questions can do.
enum Written {
    /// These make a paper possible.
    Found { repairs: Vec<Repair>, cheapest: bool },
    /// It is proven that no questions do.
    Never,
    /// The search was given up.
    Unknown,
}

/// So many numbers of extra questions for each cell are tried, from none on, where the search for the fewest was given up.
const EXTRA_TRIES: u32 = 2;

/// The cheapest questions to be written.
fn written(model: &Model, bounds: &[Bounds], every: &[bool]) -> Written {
    let columns: Vec<&Column> = model.bank.iter().chain(model.writes.iter().map(|(column, _)| column)).collect();
    let (counts, cheapest) = match programme::solve(bounds, every, &columns) {
        Answer::Best(counts) => (counts, true),
        Answer::Some(counts) => (counts, false),
        Answer::Impossible => return Written::Never,
        Answer::Unknown => match programme::rounded_up(bounds, every, &columns) {
            Some(counts) => (counts, false),
            None => return Written::Unknown,
        },
    };
    let chosen: Vec<(usize, u32)> = model
        .writes
        .iter()
        .zip(&counts[model.bank.len()..])
        .enumerate()
        .filter(|(_, (_, count))| **count > 0)
        .map(|(index, (_, count))| (index, *count))
        .collect();
    // The very fewest may suffice only just, which takes a long search to see; a few more are seen to suffice at once.
    let more = |extra: u32| chosen.iter().map(|(index, count)| (*index, count + extra)).collect::<Vec<_>>();
    let tries = if cheapest { 0..0 } else { 0..EXTRA_TRIES };
    let seen = tries.map(more).find(|chosen| suffices(model, bounds, chosen, &|step| step));
    let chosen = match seen {
        Some(chosen) => chosen,
        None if cheapest => chosen,
        None => return Written::Unknown,
    };
    Written::Found { repairs: widen(model, bounds, &chosen), cheapest }
}

/// The questions to be written, their difficulty told no closer than it matters.
///
/// Any rating of the band will do, if the lowest for all and the highest for all will do: between them the mean passes
/// through every value, and no other rule sees a rating inside its band. Where questions of one cell only are short, any
/// rating will do, if the ends of every band will do.
fn widen(model: &Model, bounds: &[Bounds], chosen: &[(usize, u32)]) -> Vec<Repair> {
    let steps = &model.write_steps;
    let enough = |moved: &dyn Fn(usize) -> usize| suffices(model, bounds, chosen, moved);
    let same = |step: usize, other: &usize| steps[step].band == steps[*other].band;
    let hardest = |step: usize| (0..steps.len()).find(|other| same(step, other)).unwrap_or(step);
    let easiest = |step: usize| (0..steps.len()).rev().find(|other| same(step, other)).unwrap_or(step);
    let apart = chosen.iter().map(|(index, _)| index % steps.len()).any(|step| hardest(step) != easiest(step));
    let by_band = !apart || enough(&hardest) && enough(&easiest);
    let ends: BTreeSet<usize> = (0..steps.len()).flat_map(|step| [hardest(step), easiest(step)]).collect();
    let by_none = by_band && chosen.len() == 1 && ends.into_iter().all(|end| enough(&|_| end));
    let mut repairs: Vec<Write> = Vec::new();
    for (index, count) in chosen {
        let step = index % steps.len();
        let mut write = model.writes[*index].1.clone();
        if by_none {
            (write.band, write.rated_permille) = (None, None);
        } else if by_band && write.rated_permille.is_some() {
            write.rated_permille = Some((steps[hardest(step)].lowest, steps[easiest(step)].highest));
        }
        match repairs.iter_mut().find(|other| **other == Write { count: other.count, ..write.clone() }) {
            Some(other) => other.count += count,
            None => repairs.push(Write { count: *count, ..write }),
        }
    }
    repairs.into_iter().map(Repair::Write).collect()
}

/// Whether these questions make a paper possible, each written at the step of difficulty that its own is moved to.
fn suffices(model: &Model, bounds: &[Bounds], chosen: &[(usize, u32)], moved: &dyn Fn(usize) -> usize) -> bool {
    let columns = chosen.iter().map(|(index, count)| {
        let step = index % model.write_steps.len();
        let terms = model.writes[index - step + moved(step)].0.terms.clone();
        Column { terms, upper: *count, cost: 0 }
    });
    let written: Vec<Column> = columns.collect();
    let columns: Vec<&Column> = model.bank.iter().chain(&written).collect();
    let every = vec![true; model.rows.len()];
    matches!(programme::solve(bounds, &every, &columns), Answer::Best(_) | Answer::Some(_))
}

/// Bounds that questions can meet, the rules to be changed for it, and whether it is proven that less doesn't do.
fn relaxed(model: &Model, bounds: &[Bounds], every: &[bool]) -> Option<(Vec<Bounds>, Vec<Repair>, bool)> {
    let free = model.bank.iter().chain(model.writes.iter().map(|(column, _)| column));
    let mut columns: Vec<Column> = free.map(|column| Column { cost: 0, ..column.clone() }).collect();
    let first = columns.len();
    let slacks = slacks(model);
    columns.extend(slacks.iter().map(|(_, _, column)| column.clone()));
    let (counts, least) = match programme::solve(bounds, every, &columns.iter().collect::<Vec<_>>()) {
        Answer::Best(counts) => (counts, true),
        Answer::Some(counts) => (counts, false),
        Answer::Impossible | Answer::Unknown => return None,
    };
    let mut relaxed = bounds.to_vec();
    let mut repairs = Vec::new();
    for ((rule, bound, column), count) in slacks.into_iter().zip(&counts[first..]).filter(|(_, count)| **count > 0) {
        for (row, step) in &column.terms {
            // The slack adds to the sum what the bounds give way by.
            let way = step * i64::from(*count);
            relaxed[*row].min = relaxed[*row].min.map(|min| min - way.max(0));
            relaxed[*row].max = relaxed[*row].max.map(|max| max - way.min(0));
        }
        let by = count.saturating_mul(model.rows[column.terms[0].0].by);
        repairs.push(Repair::Relax { rule: model.rules[rule].clone(), by, bound });
    }
    Some((relaxed, repairs, least))
}

/// By so many steps a rule may give way: more than any limit of a paper.
const SLACK_MAX: u32 = 1 << 30;

/// A column for each rule and each of its bounds that can give way.
fn slacks(model: &Model) -> Vec<(usize, Bound, Column)> {
    let mut slacks: Vec<(usize, Bound, Column)> = Vec::new();
    for bound in [Bound::Min, Bound::Max] {
        for (index, row) in model.rows.iter().enumerate() {
            let Bounds { min, max } = row.bounds;
            let step = match bound {
                Bound::Min if min.is_some_and(|min| min > 0) || (max.is_none() && min == Some(0)) => row.step,
                Bound::Max if max.is_some() => -row.step,
                Bound::Min | Bound::Max => continue,
            };
            let last = slacks.last_mut().filter(|(rule, last, _)| (*rule, *last) == (row.rule, bound));
            if let Some((_, _, column)) = last {
                column.terms.push((index, step));
            } else {
                let column = Column { terms: vec![(index, step)], upper: SLACK_MAX, cost: row.weight };
                slacks.push((row.rule, bound, column));
            }
        }
    }
    slacks
}

#[cfg(test)]
mod tests;
