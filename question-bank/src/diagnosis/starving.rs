//! Which parts of a bank run dry first.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::model::Scope;
use crate::blueprint::{Blueprint, BlueprintError, Compiled, Span};
use crate::earlier::EarlierPapers;
use crate::paper::{Snapshot, SnapshotEntry};
use crate::question::Kind;

/// A part of the bank, what one paper takes from it and what there is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Starving {
    /// The part.
    pub part: Part,
    /// How many questions one paper takes from it at the least; 1 or more.
    pub needed: u32,
    /// How many questions there are that a paper may hold.
    pub present: u32,
}

/// A part of the bank.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The questions of one kind in a function.
    Cell {
        /// The function's id.
        function: String,
        /// The kind.
        kind: Kind,
    },
    /// A band of difficulty.
    Band {
        /// Its name.
        name: String,
    },
    /// A knowledge point with a minimum.
    Knowledge {
        /// The level's id.
        level: String,
        /// The function's id.
        function: String,
        /// The code of the knowledge point.
        knowledge: String,
    },
    /// A work content with a minimum.
    WorkContent {
        /// The level's id.
        level: String,
        /// The function's id.
        function: String,
        /// The code of the work content.
        work_content: String,
    },
    /// The lower levels, where a paper must hold questions of them.
    LowerLevels,
}

/// The parts that a paper must take questions from, those first that the fewest papers could share without repetition.
///
/// Enemies, earlier papers and the mean difficulty are not looked at.
pub fn starving(blueprint: &Blueprint, snapshot: &Snapshot) -> Result<Vec<Starving>, BlueprintError> {
    let compiled = blueprint.compile()?;
    let no_papers = EarlierPapers::default();
    let count = Count::of(&Scope::of(blueprint, &no_papers), blueprint, snapshot);
    let mut starving = cells(blueprint, &compiled, &count);
    for (index, band) in blueprint.difficulty.iter().flat_map(|difficulty| &difficulty.bands).enumerate() {
        let part = Part::Band { name: band.name.clone() };
        starving.push(Starving { part, needed: band.min, present: count.bands[index] });
    }
    starving.extend(points(blueprint, &count));
    if let Some(lower) = &blueprint.lower_levels {
        starving.push(Starving { part: Part::LowerLevels, needed: lower.min, present: count.lower });
    }
    starving.retain(|one| one.needed > 0);
    starving.sort_by(|left, right| {
        let times = |present: u32, needed: u32| u64::from(present) * u64::from(needed);
        times(left.present, right.needed).cmp(&times(right.present, left.needed))
    });
    Ok(starving)
}

/// Level, function and code.
type Place<'a> = (&'a str, &'a str, &'a str);

/// How many questions of each part a paper may hold.
#[derive(Default)]
struct Count<'a> {
    cells: Vec<Vec<u32>>,
    bands: Vec<u32>,
    lower: u32,
    knowledge: HashMap<Place<'a>, u32>,
    work_contents: HashMap<Place<'a>, u32>,
    /// Knowledge points that the bank has any questions of, in their order.
    known: Vec<Place<'a>>,
}

impl<'a> Count<'a> {
    fn of(scope: &Scope<'a>, blueprint: &'a Blueprint, snapshot: &'a Snapshot) -> Self {
        let bands = blueprint.difficulty.as_ref().map_or(&[][..], |difficulty| &difficulty.bands);
        let cells = vec![vec![0; blueprint.kinds.len()]; blueprint.points.len()];
        let mut count = Self { cells, bands: vec![0; bands.len()], ..Self::default() };
        let mut known = HashSet::new();
        for entry in &snapshot.entries {
            let Some((level, function)) = scope.place(entry) else { continue };
            let SnapshotEntry { level: level_id, function: function_id, .. } = entry;
            let place = (level_id.as_str(), function_id.as_str(), entry.knowledge.as_str());
            known.insert(place);
            let Some(kind) = scope.usable_kind(entry) else { continue };
            count.cells[function][kind] += 1;
            count.lower += u32::from(level > 0);
            *count.knowledge.entry(place).or_default() += 1;
            *count.work_contents.entry((level_id, function_id, &entry.work_content)).or_default() += 1;
            let permille = entry.difficulty_permille.unwrap_or(0);
            if let Some(band) = bands.iter().position(|band| permille >= band.at_least_permille) {
                count.bands[band] += 1;
            }
        }
        count.known = known.into_iter().collect();
        count.known.sort_unstable();
        count
    }
}

/// What a paper takes of each function and kind at the least, where the other kinds and functions take as many as they may.
fn cells(blueprint: &Blueprint, compiled: &Compiled, count: &Count<'_>) -> Vec<Starving> {
    let kinds = blueprint.kinds.len();
    let mut starving = Vec::new();
    for (function, (id, points)) in blueprint.points.iter().enumerate() {
        let row = &compiled.cells[function * kinds..(function + 1) * kinds];
        for (kind, cell) in row.iter().enumerate() {
            let milli = |cell: &crate::blueprint::Cell| u64::from(cell.max) * u64::from(cell.points_milli);
            let others: u64 = row.iter().map(milli).sum::<u64>() - milli(cell);
            let for_points = (u64::from(*points) * 1000).saturating_sub(others).div_ceil(u64::from(cell.points_milli));
            let elsewhere: u64 =
                compiled.cells.iter().skip(kind).step_by(kinds).map(|cell| u64::from(cell.max)).sum::<u64>()
                    - u64::from(cell.max);
            let for_count = u64::from(blueprint.kinds[kind].count).saturating_sub(elsewhere);
            let needed = u64::from(cell.min).max(for_points).max(for_count);
            let part = Part::Cell { function: id.clone(), kind: cell.kind };
            let needed = u32::try_from(needed).unwrap_or(u32::MAX);
            starving.push(Starving { part, needed, present: count.cells[function][kind] });
        }
    }
    starving
}

/// Knowledge points and work contents with a minimum.
fn points(blueprint: &Blueprint, count: &Count<'_>) -> Vec<Starving> {
    let mut starving = Vec::new();
    let mut limited = HashSet::new();
    for limit in &blueprint.limits {
        let (level, function) = (blueprint.level_of(limit), limit.function.as_str());
        let ids = |level: &str, function: &str| (level.to_owned(), function.to_owned());
        let (part, present) = match (&limit.work_content, &limit.knowledge) {
            (Some(code), _) => {
                let (level_id, function_id) = ids(level, function);
                let part = Part::WorkContent { level: level_id, function: function_id, work_content: code.clone() };
                (part, count.work_contents.get(&(level, function, code.as_str())))
            }
            (None, Some(code)) => {
                limited.insert((level, function, code.as_str()));
                let (level_id, function_id) = ids(level, function);
                let part = Part::Knowledge { level: level_id, function: function_id, knowledge: code.clone() };
                (part, count.knowledge.get(&(level, function, code.as_str())))
            }
            (None, None) => continue,
        };
        starving.push(Starving { part, needed: limit.min, present: present.copied().unwrap_or(0) });
    }
    let Some(Span { min, .. }) = blueprint.knowledge else { return starving };
    for place in count.known.iter().filter(|place| place.0 == blueprint.level && !limited.contains(*place)) {
        let [level, function, knowledge] = [place.0, place.1, place.2].map(str::to_owned);
        let present = count.knowledge.get(place).copied().unwrap_or(0);
        starving.push(Starving { part: Part::Knowledge { level, function, knowledge }, needed: min, present });
    }
    starving
}
