//! What the bank has of each part of a blueprint, by plain counting: enough to say which part starves first.

use question_bank::{
    blueprint::{Blueprint, Compiled},
    paper::{Snapshot, SnapshotEntry},
    question::Kind,
};

/// A function and kind of which one paper takes more than there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    /// Id of the function.
    pub function: String,
    /// The kind.
    pub kind: Kind,
    /// What one paper takes at least.
    pub needed: u32,
    /// What the bank has.
    pub present: u32,
}

/// A part of the bank with what one paper takes of it at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Id of the function, where the part is of one.
    pub function: Option<String>,
    /// The kind, where the part is of one.
    pub kind: Option<Kind>,
    /// The band of difficulty, where the part is of one.
    pub band: Option<String>,
    /// What one paper takes at least.
    pub needed: u32,
    /// What the bank has.
    pub present: u32,
}

/// Functions and kinds with fewer questions than one paper takes.
pub fn shortages(blueprint: &Blueprint, compiled: &Compiled, snapshot: &Snapshot) -> Vec<Shortage> {
    let cells = compiled.cells.iter().map(|cell| Shortage {
        function: cell.function.clone(),
        kind: cell.kind,
        needed: cell.min,
        present: count(drawable(blueprint, snapshot), |e| e.function == cell.function && e.kind == cell.kind),
    });
    cells.filter(|cell| cell.present < cell.needed).collect()
}

/// Every part that one paper takes something of, the scarcest first.
pub fn starving(blueprint: &Blueprint, compiled: &Compiled, snapshot: &Snapshot) -> Vec<Part> {
    let cells = compiled.cells.iter().map(|cell| Part {
        function: Some(cell.function.clone()),
        kind: Some(cell.kind),
        band: None,
        needed: cell.min,
        present: count(drawable(blueprint, snapshot), |e| e.function == cell.function && e.kind == cell.kind),
    });
    let bands = blueprint.difficulty.as_ref().map_or(&[][..], |difficulty| &difficulty.bands);
    let easier = std::iter::once(u32::MAX).chain(bands.iter().map(|band| band.at_least_permille));
    let bands = bands.iter().zip(easier).map(|(band, below)| Part {
        function: None,
        kind: None,
        band: Some(band.name.clone()),
        needed: band.min,
        present: count(drawable(blueprint, snapshot), |e| {
            e.difficulty_permille.is_some_and(|permille| (band.at_least_permille..below).contains(&permille))
        }),
    });
    let mut parts: Vec<Part> = cells.chain(bands).filter(|part| part.needed > 0).collect();
    // present / needed, without division.
    parts.sort_by(|one, other| {
        let cross = |a: &Part, b: &Part| u64::from(a.present) * u64::from(b.needed);
        cross(one, other).cmp(&cross(other, one))
    });
    parts
}

/// Questions that can stand on a paper of this blueprint by their level alone.
fn drawable<'a>(blueprint: &'a Blueprint, snapshot: &'a Snapshot) -> impl Iterator<Item = &'a SnapshotEntry> {
    let lower = blueprint.lower_levels.as_ref().map_or(&[][..], |lower| &lower.levels);
    snapshot.entries.iter().filter(move |entry| {
        entry.standard == blueprint.standard
            && (entry.level == blueprint.level || lower.contains(&entry.level))
            && blueprint.points.iter().any(|(function, _)| *function == entry.function)
            && !blueprint.never.contains(&entry.question)
    })
}

fn count<'a>(entries: impl Iterator<Item = &'a SnapshotEntry>, wanted: impl Fn(&SnapshotEntry) -> bool) -> u32 {
    u32::try_from(entries.filter(|entry| wanted(entry)).count()).unwrap_or(u32::MAX)
}
