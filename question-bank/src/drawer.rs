//! The drawer: draws the questions of a paper, every conforming paper with the same chance.
//!
//! A paper conforms when it meets every rule of its [`Blueprint`]. The drawer counts conforming papers part by part
//! ([`programme`]), walks the count backwards, and throws away what the count does not know about: bands of difficulty
//! ([`margin`], mostly met by [`tail`]), the mean, enemies in different cells. Whatever is thrown away is thrown away by the
//! paper alone, so all that are left keep equal chances. Weights are whole numbers and choices are exact ([`pick`]): no
//! rounding, no floating-point number stands between the law and a paper. docs/DRAWING.md has the mathematics.
//!
//! Anyone who holds the same inputs draws the same questions. Any change that would alter a single paper changes
//! [`ENGINE`].

use std::fmt;

use num_bigint::BigUint;
use thiserror::Error;

use crate::blueprint::{Blueprint, BlueprintError, Compiled};
use crate::chance::{Secret, Stream};
use crate::diagnosis::{self, Diagnosis, Verdict};
use crate::earlier::EarlierPapers;
use crate::forms::Uses;
use crate::paper::{Paper, Snapshot, SnapshotEntry};
use crate::roster::Place;
use margin::Margin;
use mean::Tilt;
use pool::{NOWHERE, Pool, Ratings, as_u32, kind_index};
use programme::{Bounds, Draft, FunctionBounds, Sum};
use tail::Tail;

mod count;
mod exposure;
mod joint;
mod margin;
mod mean;
mod pick;
mod pool;
mod programme;
mod tail;
mod wide;

/// The name of the rules by which papers are drawn and put in order.
pub const ENGINE: &str = "kaochang-drawer/3";

/// What stands on one paper, as ascending indices into [`Snapshot::entries`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Selection(Box<[u32]>);

impl Selection {
    /// The indices, ascending.
    pub fn indices(&self) -> &[u32] {
        &self.0
    }

    /// What stands on a paper; nothing, if the snapshot doesn't hold all of it.
    pub fn of(paper: &Paper, snapshot: &Snapshot) -> Option<Self> {
        let mut indices = snapshot.places(paper)?;
        indices.sort_unstable();
        Some(Self(indices.into()))
    }
}

/// Why no paper can be drawn. Each sentence says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The blueprint contradicts itself.
    #[error(transparent)]
    Blueprint(#[from] BlueprintError),
    /// The bank, or a list of the blueprint, can't be used as it is.
    #[error("{}", lines(.0))]
    Bank(Vec<BankFault>),
    /// The roster contradicts itself, or a candidate can't be added to it.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Roster(Vec<RosterFault>),
    /// Another build drew.
    #[error(
        "the papers were drawn by the engine \"{found}\", and this build has \"{ENGINE}\"; use a build with that engine"
    )]
    Engine {
        /// The engine named.
        found: String,
    },
    /// The bank suffices for everybody but one who sat before.
    #[error("for the re-sitter of the sitting {sitting}: {refusal}")]
    Resitter {
        /// The sitting's id.
        sitting: String,
        /// Why.
        refusal: Box<Refusal>,
    },
    /// No paper conforms.
    #[error("{0}")]
    Conflict(Box<Diagnosis>),
    /// Some questions would stand on more papers than the cap allows, whatever the weights.
    #[error(
        "the question \"{question}\" stands on {permille} of 1000 papers and the cap is {cap_permille}; write more questions \
         for its function, kind and knowledge point, or raise the cap"
    )]
    Exposure {
        /// One of the most exposed questions.
        question: String,
        /// Its expected exposure, in thousandths of the papers.
        permille: u32,
        /// The cap.
        cap_permille: u32,
    },
    /// A re-sitter knows every form.
    #[error(
        "every form holds a question that this candidate saw before; make more forms, or papers for each candidate"
    )]
    FormsSeen,
    /// The bank does not give so many forms.
    #[error("the bank gave {found} of {wanted} forms; ask for fewer, or let them share more questions")]
    Forms {
        /// How many were found.
        found: u32,
        /// How many are wanted.
        wanted: u32,
    },
    /// Papers may conform, but so few of those that could be drawn that none was found.
    #[error(
        "of {walks} papers with the right counts none met the mean difficulty and kept enemies apart; ask for bands of \
         difficulty, widen the tolerance of the mean, or put fewer questions into enemy sets"
    )]
    Rare {
        /// How many were tried.
        walks: u64,
    },
}

/// What makes a roster unusable.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RosterFault {
    /// An id stands twice.
    #[error("the sitting {0} is on the roster twice; give each sitting an id of its own")]
    DuplicateSitting(String),
    /// The seat is taken.
    #[error("the sitting {0} has the seat of another: room {room}, row {row}, column {column}, counted from 0", room = .1.room, row = .1.row, column = .1.column)]
    SamePlace(String, Place),
    /// A candidate who is added late must have a reserve that nobody used.
    #[error(
        "the sitting {0} is no reserve, or is used already; take another one of the reserves that were committed to"
    )]
    NoReserve(String),
    /// A paper holds what the snapshot does not.
    #[error("the paper of the sitting {0} holds a question that the bank's snapshot does not")]
    StrangePaper(String),
}

/// What makes a snapshot or a list unusable.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BankFault {
    /// Two entries of one question.
    #[error("the question \"{0}\" is in the snapshot twice; keep one revision of it")]
    Duplicate(String),
    /// An entry out of order: the snapshot was not made by the product, or was changed.
    #[error("the question \"{0}\" stands out of order; a snapshot is sorted by question id")]
    Unsorted(String),
    /// The blueprint asks for a difficulty, and nobody has rated the question.
    #[error("the question \"{0}\" has no difficulty; rate it, or leave it out by `never`")]
    Unrated(String),
    /// A question that every paper must hold is not in the bank.
    #[error("the question \"{0}\" must be on the paper and is not in the bank; load it or remove it from `must`")]
    MustMissing(String),
    /// A question that every paper must hold belongs where the blueprint draws nothing.
    #[error(
        "the question \"{0}\" must be on the paper and belongs to no level, function or kind of it, or is left out"
    )]
    MustNotDrawable(String),
    /// Questions of one knowledge point name two work contents.
    #[error(
        "the questions of the knowledge point {knowledge} of the level \"{level}\" name two work contents; tag them alike"
    )]
    SplitPoint {
        /// The level's id.
        level: String,
        /// The knowledge point's code.
        knowledge: String,
    },
    /// An earlier paper that is named and not given.
    #[error("the earlier paper \"{0}\" is named and was not given; give it or remove the name")]
    EarlierMissing(String),
    /// More earlier papers than can be told apart.
    #[error("{found} earlier papers are named; the limit is {max}")]
    TooManyEarlier {
        /// How many are named.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// More bands than can be told apart.
    #[error("there are more than {max} bands of difficulty; join some")]
    TooManyBands {
        /// The limit.
        max: usize,
    },
    /// More combinations of band, level and earlier papers than can be told apart.
    #[error("bands, lower levels and earlier papers make {found} combinations; the limit is {max}; name fewer papers")]
    TooManySigns {
        /// How many there are.
        found: usize,
        /// The limit.
        max: usize,
    },
}

/// At most so many faults are listed in a sentence.
const LISTED: usize = 20;

fn lines(faults: &[BankFault]) -> String {
    let mut lines: Vec<String> = faults.iter().take(LISTED).map(ToString::to_string).collect();
    if faults.len() > LISTED {
        lines.push(format!("and {} more", faults.len() - LISTED));
    }
    lines.join("\n")
}

/// The programme of one blueprint and one state of the bank. Made once, then drawn from for every sitting.
pub struct Drawer<'a> {
    blueprint: &'a Blueprint,
    snapshot: &'a Snapshot,
    earlier: &'a EarlierPapers,
    pool: Pool,
    bounds: Bounds,
    margins: Vec<Margin>,
    kept_whole: BigUint,
    paper: Sum,
    tail: Option<Tail>,
    rules: Rules,
    tilt: Option<Tilt>,
}

/// What a drawer is built of.
struct Parts<'a> {
    blueprint: &'a Blueprint,
    snapshot: &'a Snapshot,
    earlier: &'a EarlierPapers,
    pool: Pool,
    bounds: Bounds,
    tilt: Option<Tilt>,
}

impl<'a> Parts<'a> {
    fn new(
        blueprint: &'a Blueprint,
        snapshot: &'a Snapshot,
        earlier: &'a EarlierPapers,
        seen: &[String],
        ratings: Ratings,
    ) -> Result<Self, Refusal> {
        let compiled = blueprint.compile()?;
        let pool = Pool::new(blueprint, snapshot, earlier, seen, ratings).map_err(Refusal::Bank)?;
        Ok(Self { blueprint, snapshot, earlier, pool, bounds: bounds(blueprint, &compiled), tilt: None })
    }

    /// The smallest and the largest sum of milli-points times ratings that the mean allows.
    fn worth_range(&self) -> (u64, u64) {
        worth_range(self.blueprint)
    }
}

impl fmt::Debug for Drawer<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Drawer").field("classes", &self.pool.classes.len()).finish_non_exhaustive()
    }
}

/// After so many walks without a paper the drawer gives up: at first, to say soon that something is wrong, and later,
/// when it is known that papers exist.
const WALKS_FIRST: u64 = 40_000;
const WALKS_MAX: u64 = 4_000_000;

impl<'a> Drawer<'a> {
    /// Counts what can be drawn, and draws a trial paper.
    pub fn new(blueprint: &'a Blueprint, snapshot: &'a Snapshot, earlier: &'a EarlierPapers) -> Result<Self, Refusal> {
        Self::without(blueprint, snapshot, earlier, &[])
            .map_err(|refusal| explained(refusal, blueprint, snapshot, earlier, &[]))
    }

    /// The same for a re-sitter: nothing of what they saw can be drawn.
    pub fn for_resitter(&self, seen: &[String]) -> Result<Self, Refusal> {
        let Self { blueprint, snapshot, earlier, .. } = *self;
        Self::without(blueprint, snapshot, earlier, seen)
            .map_err(|refusal| explained(refusal, blueprint, snapshot, earlier, seen))
    }

    fn without(
        blueprint: &'a Blueprint,
        snapshot: &'a Snapshot,
        earlier: &'a EarlierPapers,
        seen: &[String],
    ) -> Result<Self, Refusal> {
        let parts = Parts::new(blueprint, snapshot, earlier, seen, Ratings::Alike)?;
        let law = vec![1; parts.pool.classes.len()];
        let drawer = mean::centred(Self::of(parts, &law)?, seen)?;
        let drawer = match blueprint.exposure_max_permille {
            None => drawer,
            Some(cap_permille) => exposure::capped(drawer, cap_permille)?,
        };
        match drawer.walk_until(&mut Self::trial_stream(0), WALKS_FIRST) {
            (_, Some(_)) => Ok(drawer),
            (walks, None) => Err(Refusal::Rare { walks }),
        }
    }

    /// Builds the programme, each unit of a class weighing as much as the law says.
    fn of(parts: Parts<'a>, law: &[u32]) -> Result<Self, Refusal> {
        let Parts { blueprint, snapshot, earlier, pool, bounds, tilt } = parts;
        let own = |class: u32| {
            let tilt = tilt.as_ref().map_or(1, |tilt| tilt.weights[class as usize]);
            u64::from(law[class as usize]) * u64::from(tilt)
        };
        let mut margins = margin::margins(blueprint, &pool.signs);
        if margins.iter().any(|margin| margin.min > margin.max) {
            return Err(Refusal::Rare { walks: 0 });
        }
        margin::tune(&mut margins, &pool, &bounds, &own);
        let tilts: Vec<BigUint> = (0..pool.signs.len()).map(|sign| margin::tilt_of(&margins, sign)).collect();
        let weight = |class: u32| &tilts[pool.classes[class as usize].sign] * own(class);
        let paper = Sum::of_paper(&pool, &bounds, &weight);
        if paper.ways() == BigUint::ZERO {
            return Err(Refusal::Rare { walks: 0 });
        }
        let tail = Tail::new(&pool, &bounds, &margins, &weight);
        let rules = Rules::new(blueprint, snapshot, &pool);
        let kept_whole = margin::kept_whole(&margins);
        Ok(Self { blueprint, snapshot, earlier, pool, bounds, margins, kept_whole, paper, tail, rules, tilt })
    }

    fn into_parts(self) -> Parts<'a> {
        let Self { blueprint, snapshot, earlier, pool, bounds, tilt, .. } = self;
        Parts { blueprint, snapshot, earlier, pool, bounds, tilt }
    }

    /// So many papers that nobody will sit, for forecasts; always the same ones.
    pub fn trials(&self, count: u32) -> Result<Vec<Selection>, Refusal> {
        (0..count).map(|number| self.draw(&mut Self::trial_stream(number))).collect()
    }

    fn trial_stream(number: u32) -> Stream {
        Stream::of(&Secret::join(b"", b""), "trial", &number.to_string())
    }

    /// The questions of one sitting's paper: uniform over all papers that conform, independent of every other sitting's.
    pub fn select(&self, secret: &Secret, sitting: &str) -> Result<Selection, Refusal> {
        self.draw(&mut Stream::of(secret, "select", sitting))
    }

    pub(crate) fn draw(&self, stream: &mut Stream) -> Result<Selection, Refusal> {
        match self.walk_until(stream, WALKS_MAX) {
            (_, Some(selection)) => Ok(selection),
            (walks, None) => Err(Refusal::Rare { walks }),
        }
    }

    /// For each entry of the snapshot the number of its class: questions of one class are drawn equally often.
    /// `u32::MAX` for those that are never drawn.
    pub fn classes(&self) -> &[u32] {
        debug_assert_eq!(NOWHERE, u32::MAX);
        &self.pool.class_of
    }

    /// How many papers meet every rule but the mean and the enemies in different cells, which are not counted; nothing,
    /// where counting would take more than some seconds.
    pub fn count(&self) -> Option<BigUint> {
        count::count(&self.pool, &self.bounds, &self.margins)
    }

    fn walk_until(&self, stream: &mut Stream, walks_max: u64) -> (u64, Option<Selection>) {
        let mut scratch = Scratch::default();
        for walk in 1..=walks_max {
            if self.walk(stream, &mut scratch) {
                scratch.chosen.sort_unstable();
                return (walk, Some(Selection(scratch.chosen.as_slice().into())));
            }
        }
        (walks_max, None)
    }

    /// One walk; true if what it chose conforms and is kept.
    fn walk(&self, stream: &mut Stream, scratch: &mut Scratch) -> bool {
        if !self.walk_counts(stream, &mut scratch.draft) {
            return false;
        }
        self.choose(stream, scratch);
        self.rules.hold(&scratch.chosen, &mut scratch.sets) && self.undoes_tilt(stream, &scratch.chosen)
    }

    /// False if a paper is thrown away to undo the tilt towards the mean.
    fn undoes_tilt(&self, stream: &mut Stream, chosen: &[u32]) -> bool {
        let Some(tilt) = &self.tilt else { return true };
        let (part, whole) = tilt.kept(chosen.iter().map(|entry| self.pool.class_of[*entry as usize]));
        pick::coin(part, &whole, stream)
    }

    /// How many questions of each class one walk takes; false if it is thrown away.
    fn walk_counts(&self, stream: &mut Stream, draft: &mut Draft) -> bool {
        draft.clear(self.pool.signs.len());
        let tail = self.tail.as_ref().map(|tail| tail.function);
        self.paper.split(self.bounds.paper, stream, |function, counts, stream| {
            if tail != Some(function) {
                self.paper.walk_part(function, counts, stream, draft);
            }
        });
        if let Some(tail) = &self.tail {
            return tail.complete(draft, stream);
        }
        self.margins.iter().all(|margin| margin.holds(&draft.signs))
            && pick::coin(&margin::kept(&self.margins, &draft.signs), &self.kept_whole, stream)
    }

    /// A conforming paper of what forms before it used least, and no more of that than allowed; nothing, if so many
    /// attempts were in vain.
    pub(crate) fn draw_sparing(&self, stream: &mut Stream, uses: &Uses, attempts: u32) -> Option<Selection> {
        let mut scratch = Scratch::default();
        for _ in 0..attempts {
            if !self.walk_counts(stream, &mut scratch.draft) {
                continue;
            }
            self.choose_sparing(stream, &mut scratch, uses);
            scratch.chosen.sort_unstable();
            if self.rules.hold(&scratch.chosen, &mut scratch.sets) && uses.allow(&scratch.chosen) {
                return Some(Selection(scratch.chosen.as_slice().into()));
            }
        }
        None
    }

    /// Of each class the units that were used least, among them every set equally likely.
    fn choose_sparing(&self, stream: &mut Stream, scratch: &mut Scratch, uses: &Uses) {
        scratch.chosen.clear();
        for (class, count) in &scratch.draft.taken {
            let class = &self.pool.classes[*class as usize];
            // Of enemies the one that was used least, among them the first: which one is chance enough by their ids.
            let least =
                |unit: &[u32]| unit.iter().map(|entry| (uses.of(*entry), *entry)).min().expect("a unit holds one");
            let mut units: Vec<(u32, u32)> = class.members.chunks(class.size as usize).map(least).collect();
            stream.shuffle(&mut units);
            units.sort_by_key(|(uses, _)| *uses);
            scratch.chosen.extend(units.iter().take(*count as usize).map(|(_, entry)| entry));
        }
    }

    /// The ids of entries.
    pub(crate) fn questions(&self, entries: &[u32]) -> Vec<String> {
        entries.iter().map(|entry| self.snapshot.entries[*entry as usize].question.clone()).collect()
    }

    /// The questions themselves: of each class every set equally likely, of each unit one question.
    fn choose(&self, stream: &mut Stream, scratch: &mut Scratch) {
        scratch.chosen.clear();
        for (class, count) in &scratch.draft.taken {
            let class = &self.pool.classes[*class as usize];
            stream.choose(class.units(), *count, &mut scratch.units);
            for unit in &scratch.units {
                let one = if class.size == 1 { 0 } else { stream.below(class.size) };
                scratch.chosen.push(class.members[(unit * class.size + one) as usize]);
            }
        }
    }
}

/// Where no paper was found: whether there is any, and if not, why.
fn explained(
    refusal: Refusal,
    blueprint: &Blueprint,
    snapshot: &Snapshot,
    earlier: &EarlierPapers,
    seen: &[String],
) -> Refusal {
    let Refusal::Rare { .. } = refusal else { return refusal };
    let never = blueprint.never.iter().chain(seen).cloned().collect();
    match diagnosis::diagnose(&Blueprint { never, ..blueprint.clone() }, snapshot, earlier) {
        Ok(Verdict::Impossible(diagnosis)) => Refusal::Conflict(Box::new(diagnosis)),
        _ => refusal,
    }
}

/// Memory that walks use again.
#[derive(Default)]
struct Scratch {
    draft: Draft,
    units: Vec<u32>,
    chosen: Vec<u32>,
    sets: Vec<u32>,
}

fn bounds(blueprint: &Blueprint, compiled: &Compiled) -> Bounds {
    let mut paper = [0; pool::KINDS];
    let mut each_milli = [0; pool::KINDS];
    for quota in &blueprint.kinds {
        paper[kind_index(quota.kind)] = quota.count;
        each_milli[kind_index(quota.kind)] = quota.points_milli;
    }
    let functions = blueprint.points.iter().map(|(function, points)| {
        let (mut min, mut max) = ([0; pool::KINDS], [0; pool::KINDS]);
        for cell in compiled.cells.iter().filter(|cell| cell.function == *function) {
            min[kind_index(cell.kind)] = cell.min;
            max[kind_index(cell.kind)] = cell.max;
        }
        FunctionBounds { min, max, points_milli: u64::from(*points) * 1000, each_milli }
    });
    Bounds { paper, functions: functions.collect() }
}

/// The rules that only a whole paper can be held against.
struct Rules {
    /// For each entry its milli-points times its difficulty.
    worth: Vec<u64>,
    worth_min: u64,
    worth_max: u64,
    /// For each entry where its enemy sets stand in `sets`.
    from: Vec<u32>,
    sets: Vec<u32>,
}

/// The smallest and the largest sum of milli-points times ratings that the mean allows.
fn worth_range(blueprint: &Blueprint) -> (u64, u64) {
    let whole: u64 = blueprint.kinds.iter().map(|quota| u64::from(quota.count) * u64::from(quota.points_milli)).sum();
    match blueprint.difficulty.as_ref().and_then(|difficulty| difficulty.mean) {
        None => (0, u64::MAX),
        Some(mean) => (
            whole * u64::from(mean.target_permille.saturating_sub(mean.tolerance_permille)),
            whole * u64::from(mean.target_permille + mean.tolerance_permille),
        ),
    }
}

impl Rules {
    fn new(blueprint: &Blueprint, snapshot: &Snapshot, pool: &Pool) -> Self {
        let milli =
            |kind| blueprint.kinds.iter().find(|quota| quota.kind == kind).map_or(0, |quota| quota.points_milli);
        let asked = blueprint.difficulty.as_ref().is_some_and(|difficulty| difficulty.mean.is_some());
        let worth =
            |entry: &SnapshotEntry| u64::from(milli(entry.kind)) * u64::from(entry.difficulty_permille.unwrap_or(0));
        let worth = if asked { snapshot.entries.iter().map(worth).collect() } else { Vec::new() };
        let (worth_min, worth_max) = worth_range(blueprint);
        let mut of_entry: Vec<(u32, u32)> = Vec::new();
        for (number, set) in (0..).zip(&pool.enemies) {
            of_entry.extend(set.iter().map(|entry| (*entry, number)));
        }
        of_entry.sort_unstable();
        let mut from = Vec::new();
        if !of_entry.is_empty() {
            from = (0..=as_u32(snapshot.entries.len()))
                .map(|entry| as_u32(of_entry.partition_point(|(one, _)| *one < entry)))
                .collect();
        }
        Self { worth, worth_min, worth_max, from, sets: of_entry.into_iter().map(|(_, set)| set).collect() }
    }

    fn hold(&self, chosen: &[u32], sets: &mut Vec<u32>) -> bool {
        if !self.worth.is_empty() {
            let worth: u64 = chosen.iter().map(|entry| self.worth[*entry as usize]).sum();
            if worth < self.worth_min || worth > self.worth_max {
                return false;
            }
        }
        if self.from.is_empty() {
            return true;
        }
        sets.clear();
        for entry in chosen {
            let range = self.from[*entry as usize] as usize..self.from[*entry as usize + 1] as usize;
            sets.extend_from_slice(&self.sets[range]);
        }
        sets.sort_unstable();
        sets.windows(2).all(|pair| pair[0] != pair[1])
    }
}

#[cfg(test)]
mod tests;
