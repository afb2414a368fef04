//! The order of a paper: kinds in blocks, questions and options shuffled, and no question where a neighbour has it too.
//!
//! What is drawn for one sitting never depends on another's; only its order does. Of all orders in which no question that
//! both hold stands in the same place as on a neighbour's paper each is equally likely; where five hundred shuffles find none,
//! places are searched for.

use crate::blueprint::Blueprint;
use crate::chance::{Secret, Stream};
use crate::drawer::Selection;
use crate::letters::OPTIONS_MAX;
use crate::paper::{Item, Paper, Snapshot};
use crate::question::{Kind, OptionOrder};

/// After so many shuffles of a block with a clash the places are searched instead.
const SHUFFLES_MAX: u32 = 500;

/// A paper in order, as places in the bank: eight bytes a question, so that the papers of a whole province fit the memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arranged {
    entries: Box<[u32]>,
    options: Box<[Shown]>,
    clashes: Vec<u32>,
}

/// Which option is displayed where: four bits a place, the first place lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shown(u32);

const _: () = assert!(OPTIONS_MAX as u32 * 4 <= u32::BITS);

impl Shown {
    fn of(options: &[u8]) -> Self {
        Self(options.iter().rev().fold(0, |shown, option| shown << 4 | u32::from(*option)))
    }

    fn options(self, count: u8) -> Vec<u8> {
        (0..count).map(|place| self.0.to_le_bytes()[usize::from(place / 2)] >> (place % 2 * 4) & 0xf).collect()
    }
}

impl Arranged {
    /// Places, from 1, that could not be kept apart from a neighbour's: there were fewer places than needed.
    pub fn clashes(&self) -> &[u32] {
        &self.clashes
    }

    /// The paper in full. `blueprint` and `snapshot` are those that it was drawn by.
    pub fn paper(&self, blueprint: &Blueprint, snapshot: &Snapshot) -> Paper {
        let item = |((index, options), position): ((&u32, &Shown), u32)| {
            let entry = &snapshot.entries[*index as usize];
            let quota = blueprint.kinds.iter().find(|quota| quota.kind == entry.kind);
            Item {
                position,
                question: entry.question.clone(),
                revision: entry.revision,
                kind: entry.kind,
                function: entry.function.clone(),
                points_milli: quota.map_or(0, |quota| quota.points_milli),
                options: options.options(entry.option_count),
            }
        };
        Paper { items: self.entries.iter().zip(&self.options).zip(1..).map(item).collect() }
    }

    /// What it holds, place after place, as indices into [`Snapshot::entries`].
    pub fn entries(&self) -> &[u32] {
        &self.entries
    }
}

/// Puts a selection in order for one sitting, apart from the papers of those who sit beside it: of each of them what it
/// holds, place after place.
pub fn arrange(
    snapshot: &Snapshot,
    selection: &Selection,
    secret: &Secret,
    sitting: &str,
    neighbours: &[&[u32]],
) -> Arranged {
    let mut stream = Stream::of(secret, "order", sitting);
    let entry_of = |index: u32| &snapshot.entries[index as usize];
    let (mut entries, mut clashes) = (Vec::with_capacity(selection.indices().len()), Vec::new());
    for kind in Kind::ALL {
        let block = selection.indices().iter().copied().filter(|index| entry_of(*index).kind == kind).collect();
        let first = entries.len();
        entries.append(&mut place(block, first, neighbours, &mut stream));
        clashes.extend((first..entries.len()).filter(|place| clash(entries[*place], *place, neighbours)).map(position));
    }
    let options = entries.iter().map(|index| {
        let entry = entry_of(*index);
        let mut options: [u8; OPTIONS_MAX as usize] = std::array::from_fn(|option| u8::try_from(option).unwrap_or(0));
        let options = &mut options[..usize::from(entry.option_count.min(OPTIONS_MAX))];
        if entry.order == OptionOrder::Shuffle && entry.kind != Kind::TrueFalse {
            stream.shuffle(options);
        }
        Shown::of(options)
    });
    Arranged { options: options.collect(), entries: entries.into(), clashes }
}

/// A place as people count, from 1.
fn position(place: usize) -> u32 {
    u32::try_from(place + 1).expect("a paper has fewer than four thousand million questions")
}

/// Whether a neighbour has the same question in the same place, counted from 0.
fn clash(entry: u32, place: usize, neighbours: &[&[u32]]) -> bool {
    neighbours.iter().any(|neighbour| neighbour.get(place) == Some(&entry))
}

/// Orders a block whose first place is `first`.
fn place(mut block: Vec<u32>, first: usize, neighbours: &[&[u32]], stream: &mut Stream) -> Vec<u32> {
    for _ in 0..SHUFFLES_MAX {
        stream.shuffle(&mut block);
        if !block.iter().zip(first..).any(|(entry, place)| clash(*entry, place, neighbours)) {
            return block;
        }
    }
    search(&block, first, neighbours)
}

/// Gives as many questions as possible a place without a clash (a maximum matching by augmenting paths), beginning from the
/// order that chance left; the others take the places that remain.
fn search(block: &[u32], first: usize, neighbours: &[&[u32]]) -> Vec<u32> {
    let free: Vec<Vec<bool>> = block
        .iter()
        .map(|entry| (first..).take(block.len()).map(|place| !clash(*entry, place, neighbours)).collect())
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
