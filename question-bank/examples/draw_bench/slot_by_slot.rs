//! What the engine is compared with: papers as systems draw them that fill slot after slot.
//!
//! Each function and kind has its slots, and each slot takes a question of them at random that the paper doesn't hold yet.
//! That is all these systems can ask for: no knowledge points, bands, mean or enemies. Kinds stand in blocks, questions and
//! options are shuffled as the engine does it, and nobody looks at neighbours.

use std::num::NonZeroUsize;
use std::thread;

use question_bank::blueprint::Blueprint;
use question_bank::evidence::Drawn;
use question_bank::paper::{Item, Paper, Snapshot, SnapshotEntry};
use question_bank::question::{Kind, OptionOrder};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Draws so many papers.
pub fn draw(
    blueprint: &Blueprint,
    snapshot: &Snapshot,
    papers: u32,
    threads: NonZeroUsize,
) -> Result<Vec<Drawn>, String> {
    let slots = slots(blueprint, snapshot)?;
    let numbers: Vec<u32> = (0..papers).collect();
    let share = numbers.len().div_ceil(threads.get()).max(1);
    Ok(thread::scope(|scope| {
        let work = |numbers: &[u32]| numbers.iter().map(|number| paper(&slots, *number)).collect::<Vec<_>>();
        let workers: Vec<_> = numbers.chunks(share).map(|numbers| scope.spawn(move || work(numbers))).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a drawing thread panicked")).collect()
    }))
}

/// The slots of one function and one kind, and what may stand in them.
struct Slots<'a> {
    kind: Kind,
    count: usize,
    points_milli: u32,
    entries: Vec<&'a SnapshotEntry>,
}

fn slots<'a>(blueprint: &Blueprint, snapshot: &'a Snapshot) -> Result<Vec<Slots<'a>>, String> {
    let compiled = blueprint.compile().map_err(|error| error.to_string())?;
    let slots = compiled.cells.iter().map(|cell| {
        let inside = |entry: &&SnapshotEntry| entry.function == cell.function && entry.kind == cell.kind;
        let entries: Vec<_> = snapshot.entries.iter().filter(inside).collect();
        let count = usize::try_from(cell.min).expect("a paper's questions fit a word");
        if entries.len() < count {
            return Err(format!(
                "{} holds {} of {count} questions of kind {}",
                cell.function,
                entries.len(),
                cell.kind
            ));
        }
        Ok(Slots { kind: cell.kind, count, points_milli: cell.points_milli, entries })
    });
    slots.collect()
}

fn paper(slots: &[Slots<'_>], number: u32) -> Drawn {
    let mut chance = Chance::of(number);
    let mut items = Vec::new();
    for kind in Kind::ALL {
        let mut block: Vec<(&SnapshotEntry, u32)> = Vec::new();
        for slots in slots.iter().filter(|slots| slots.kind == kind) {
            let first = block.len();
            while block.len() < first + slots.count {
                let entry = slots.entries[chance.below(slots.entries.len())];
                if !block[first..].iter().any(|(other, _)| other.question == entry.question) {
                    block.push((entry, slots.points_milli));
                }
            }
        }
        chance.shuffle(&mut block);
        for (entry, points_milli) in block {
            let position = u32::try_from(items.len() + 1).expect("a paper has some hundreds of questions");
            items.push(item(entry, position, points_milli, &mut chance));
        }
    }
    Drawn { sitting: crate::sitting(number), paper: Paper { items }, clashes: Vec::new() }
}

fn item(entry: &SnapshotEntry, position: u32, points_milli: u32, chance: &mut Chance) -> Item {
    let mut options: Vec<u8> = (0..entry.option_count).collect();
    if entry.order == OptionOrder::Shuffle {
        chance.shuffle(&mut options);
    }
    Item {
        position,
        question: entry.question.clone(),
        revision: entry.revision,
        kind: entry.kind,
        function: entry.function.clone(),
        points_milli,
        options,
    }
}

struct Chance(ChaCha20Rng);

impl Chance {
    fn of(number: u32) -> Self {
        Self(ChaCha20Rng::seed_from_u64(number.into()))
    }

    /// A number below `bound`, each as likely as the next but for one part in some hundred thousand.
    fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a length fits 64 bits");
        usize::try_from((u64::from(self.0.next_u32()) * bound) >> 32).expect("smaller than a usize")
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.below(last + 1);
            list.swap(last, other);
        }
    }
}
