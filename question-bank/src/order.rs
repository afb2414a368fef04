//! The order of a paper: kinds in blocks, questions and options shuffled, and no question where a neighbour has it too.
//!
//! What is drawn for one sitting never depends on another's; only its order does. Of all orders in which no question that
//! both hold stands in the same place as on a neighbour's paper each is equally likely; where five hundred shuffles find none,
//! places are searched for.

use crate::blueprint::Blueprint;
use crate::chance::{Secret, Stream};
use crate::drawer::Selection;
use crate::paper::{Item, Paper, Snapshot, SnapshotEntry};
use crate::question::{Kind, OptionOrder};

/// After so many shuffles of a block with a clash the places are searched instead.
const SHUFFLES_MAX: u32 = 500;

/// A paper in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arranged {
    /// The paper.
    pub paper: Paper,
    /// Places, from 1, that could not be kept apart from a neighbour's: there were fewer places than needed.
    pub clashes: Vec<u32>,
}

/// Puts a selection in order for one sitting, apart from the papers of those who sit beside it.
pub fn arrange(
    blueprint: &Blueprint,
    snapshot: &Snapshot,
    selection: &Selection,
    secret: &Secret,
    sitting: &str,
    neighbours: &[&Paper],
) -> Arranged {
    let mut stream = Stream::of(secret, "order", sitting);
    let mut arranged = Arranged { paper: Paper { items: Vec::new() }, clashes: Vec::new() };
    let mut shuffled = Vec::new();
    for kind in Kind::ALL {
        let entries = selection.indices().iter().map(|index| &snapshot.entries[*index as usize]);
        let block: Vec<&SnapshotEntry> = entries.filter(|entry| entry.kind == kind).collect();
        let first = next_position(&arranged.paper);
        let block = place(block, first, neighbours, &mut stream);
        let points_milli =
            blueprint.kinds.iter().find(|quota| quota.kind == kind).map_or(0, |quota| quota.points_milli);
        for (entry, position) in block.into_iter().zip(first..) {
            if clash(entry, position, neighbours) {
                arranged.clashes.push(position);
            }
            arranged.paper.items.push(item(entry, position, points_milli));
            shuffled.push(entry.order == OptionOrder::Shuffle && kind != Kind::TrueFalse);
        }
    }
    for (item, shuffled) in arranged.paper.items.iter_mut().zip(shuffled) {
        if shuffled {
            stream.shuffle(&mut item.options);
        }
    }
    arranged
}

fn next_position(paper: &Paper) -> u32 {
    u32::try_from(paper.items.len() + 1).expect("a paper has fewer than four thousand million questions")
}

fn item(entry: &SnapshotEntry, position: u32, points_milli: u32) -> Item {
    Item {
        position,
        question: entry.question.clone(),
        revision: entry.revision,
        kind: entry.kind,
        function: entry.function.clone(),
        points_milli,
        options: (0..entry.option_count).collect(),
    }
}

/// Whether a neighbour has the same question in the same place.
fn clash(entry: &SnapshotEntry, position: u32, neighbours: &[&Paper]) -> bool {
    let has = |paper: &&Paper| paper.item(position).is_some_and(|item| item.question == entry.question);
    neighbours.iter().any(has)
}

/// Orders a block whose first place is `first`.
fn place<'a>(
    mut block: Vec<&'a SnapshotEntry>,
    first: u32,
    neighbours: &[&Paper],
    stream: &mut Stream,
) -> Vec<&'a SnapshotEntry> {
    for _ in 0..SHUFFLES_MAX {
        stream.shuffle(&mut block);
        if !block.iter().zip(first..).any(|(entry, position)| clash(entry, position, neighbours)) {
            return block;
        }
    }
    search(&block, first, neighbours)
}

/// Gives as many questions as possible a place without a clash (a maximum matching by augmenting paths), beginning from the
/// order that chance left; the others take the places that remain.
fn search<'a>(block: &[&'a SnapshotEntry], first: u32, neighbours: &[&Paper]) -> Vec<&'a SnapshotEntry> {
    let free: Vec<Vec<bool>> = block
        .iter()
        .map(|entry| (first..).take(block.len()).map(|position| !clash(entry, position, neighbours)).collect())
        .collect();
    let mut holder: Vec<Option<usize>> = vec![None; block.len()];
    for question in 0..block.len() {
        let mut seen = vec![false; block.len()];
        seat(question, &free, &mut holder, &mut seen);
    }
    let mut waiting =
        (0..block.len()).filter(|question| !holder.contains(&Some(*question))).collect::<Vec<_>>().into_iter();
    holder
        .into_iter()
        .map(|held| block[held.or_else(|| waiting.next()).expect("as many questions as places")])
        .collect()
}

/// Finds a place for a question, moving others if that helps.
fn seat(question: usize, free: &[Vec<bool>], holder: &mut [Option<usize>], seen: &mut [bool]) -> bool {
    for place in (0..holder.len()).filter(|place| free[question][*place]) {
        if std::mem::replace(&mut seen[place], true) {
            continue;
        }
        if holder[place].is_none_or(|other| seat(other, free, holder, seen)) {
            holder[place] = Some(question);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
