//! What the bank has of each part of a blueprint, by plain counting: enough to name the functions and kinds that are short.

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
