//! What the programme knows of a bank: questions that are alike to every rule of the blueprint, gathered into classes, the
//! classes into knowledge points, these into functions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::BankFault;
use crate::blueprint::{Blueprint, Span};
use crate::earlier::EarlierPapers;
use crate::paper::{Snapshot, SnapshotEntry};
use crate::question::Kind;

/// How many kinds there are.
pub(super) const KINDS: usize = Kind::ALL.len();

/// How many bands of difficulty a blueprint may have, how many earlier papers it may name, and how many signs may come of
/// all its rules together.
const BANDS_MAX: usize = 8;
const EARLIER_MAX: usize = 16;
const SIGNS_MAX: usize = 64;

/// A snapshot's entry that no paper of this blueprint can hold.
pub(super) const NOWHERE: u32 = u32::MAX;

/// The questions that a paper may hold, by the parts of the blueprint.
#[derive(Debug)]
pub(super) struct Pool {
    /// In the order of the blueprint.
    pub functions: Vec<FunctionPool>,
    /// Questions that are alike to every rule, by number.
    pub classes: Vec<Class>,
    /// For each entry of the snapshot the number of its class; [`NOWHERE`] if it can't be drawn.
    pub class_of: Vec<u32>,
    /// What rules across knowledge points can tell apart; [`Class::sign`] is an index into it.
    pub signs: Vec<Sign>,
    /// The enemy sets that span several classes, as indices of entries.
    pub enemies: Vec<Vec<u32>>,
}

/// A function: its work contents with limits, and one group of all the rest.
#[derive(Debug)]
pub(super) struct FunctionPool {
    pub groups: Vec<Group>,
}

/// Knowledge points whose questions together have a limit.
#[derive(Debug)]
pub(super) struct Group {
    pub span: Span,
    pub points: Vec<PointPool>,
}

/// A knowledge point.
#[derive(Debug)]
pub(super) struct PointPool {
    pub span: Span,
    /// The numbers of the classes of each kind.
    pub kinds: [Vec<u32>; KINDS],
}

/// Questions that are alike to every rule: of one knowledge point, one kind and one sign.
#[derive(Debug)]
pub(super) struct Class {
    /// Index into [`Pool::signs`].
    pub sign: usize,
    /// Each of them must be on every paper.
    pub must: bool,
    /// The rating that all of them have, in thousandths, where the pool tells ratings apart; otherwise 0.
    pub rating: u32,
    /// How many enemies make one unit of choice; 1 without enemies.
    pub size: u32,
    /// Indices of entries, unit after unit.
    pub members: Vec<u32>,
}

impl Class {
    /// How many units there are to choose from.
    pub(super) fn units(&self) -> u32 {
        as_u32(self.members.len()) / self.size
    }
}

/// What a rule across knowledge points can see of a question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Sign {
    /// The band of difficulty.
    pub band: u8,
    /// It belongs to a lower level.
    pub lower: bool,
    /// Which of the blueprint's earlier papers held it.
    pub earlier: u16,
}

/// Whether questions of different ratings in one band are different to the programme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ratings {
    /// Only the bands matter.
    Alike,
    /// Each rating makes classes of its own.
    Apart,
}

/// Where a question belongs: the number of its knowledge point, its kind, whether it must be on the paper, its sign, and
/// its rating, where ratings are told apart.
type Home = Option<(u32, usize, bool, Sign, u32)>;

/// What makes one class: a home, and how many enemies make a unit.
type UnitKey = (u32, usize, bool, Sign, u32, u32);

/// A knowledge point: index of the function, level, work content, code.
type PointKey<'a> = (usize, &'a str, &'a str, &'a str);

impl Pool {
    /// Gathers the snapshot's questions, those of `without` left out. Names every fault of the snapshot and of the lists.
    pub(super) fn new(
        blueprint: &Blueprint,
        snapshot: &Snapshot,
        earlier: &EarlierPapers,
        without: &[String],
        ratings: Ratings,
    ) -> Result<Self, Vec<BankFault>> {
        let mut faults = faults_of(snapshot);
        let lists = Lists::new(blueprint, snapshot, earlier, without, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        let points = points(blueprint, snapshot);
        faults.extend(split_points(&points));
        let mut homes = Vec::with_capacity(snapshot.entries.len());
        let mut unrated = Vec::new();
        for (index, entry) in (0..).zip(&snapshot.entries) {
            let home = lists.home(blueprint, entry, index, &points, ratings, &mut unrated);
            homes.push(home);
        }
        faults.extend(unrated.into_iter().map(BankFault::Unrated));
        faults.extend(
            lists
                .must
                .iter()
                .filter(|&&index| homes[index as usize].is_none())
                .map(|&index| BankFault::MustNotDrawable(snapshot.entries[index as usize].question.clone())),
        );
        if !faults.is_empty() {
            return Err(faults);
        }
        let signs: BTreeSet<Sign> = homes.iter().flatten().map(|(.., sign, _)| *sign).collect();
        if signs.len() > SIGNS_MAX {
            return Err(vec![BankFault::TooManySigns { found: signs.len(), max: SIGNS_MAX }]);
        }
        Ok(Self::gather(blueprint, &points, &homes, signs.into_iter().collect(), lists.enemies))
    }

    fn gather(
        blueprint: &Blueprint,
        points: &HashMap<PointKey<'_>, u32>,
        homes: &[Home],
        signs: Vec<Sign>,
        enemies: Vec<Vec<u32>>,
    ) -> Self {
        let (folded, enemies) = fold(enemies, homes);
        let in_unit: BTreeSet<u32> = folded.iter().flatten().copied().collect();
        let mut units: BTreeMap<UnitKey, Vec<u32>> = BTreeMap::new();
        for (index, home) in (0..).zip(homes) {
            if let Some((point, kind, must, sign, rating)) = home
                && !in_unit.contains(&index)
            {
                units.entry((*point, *kind, *must, *sign, *rating, 1)).or_default().push(index);
            }
        }
        for unit in folded {
            let (point, kind, must, sign, rating) =
                homes[unit[0] as usize].expect("only questions with a home are folded");
            units.entry((point, kind, must, sign, rating, as_u32(unit.len()))).or_default().extend(unit);
        }
        let mut class_of = vec![NOWHERE; homes.len()];
        let mut by_point: BTreeMap<u32, [Vec<u32>; KINDS]> = BTreeMap::new();
        let mut classes = Vec::new();
        for ((point, kind, must, sign, rating, size), members) in units {
            let number = as_u32(classes.len());
            for &member in &members {
                class_of[member as usize] = number;
            }
            by_point.entry(point).or_default()[kind].push(number);
            let sign = signs.binary_search(&sign).expect("every sign is listed");
            classes.push(Class { sign, must, rating, size, members });
        }
        Self { functions: functions(blueprint, points, by_point), classes, class_of, signs, enemies }
    }
}

/// What makes a snapshot unusable as a whole.
fn faults_of(snapshot: &Snapshot) -> Vec<BankFault> {
    let pairs = snapshot.entries.windows(2).filter(|pair| pair[0].question >= pair[1].question);
    pairs
        .map(|pair| {
            if pair[0].question == pair[1].question {
                BankFault::Duplicate(pair[0].question.clone())
            } else {
                BankFault::Unsorted(pair[1].question.clone())
            }
        })
        .collect()
}

/// The blueprint's lists as indices of entries.
struct Lists {
    must: BTreeSet<u32>,
    never: BTreeSet<u32>,
    earlier: HashMap<u32, u16>,
    enemies: Vec<Vec<u32>>,
}

impl Lists {
    fn new(
        blueprint: &Blueprint,
        snapshot: &Snapshot,
        earlier: &EarlierPapers,
        without: &[String],
        faults: &mut Vec<BankFault>,
    ) -> Self {
        let index = |question: &String| {
            let found = snapshot.entries.binary_search_by(|entry| entry.question.cmp(question));
            found.ok().map(as_u32)
        };
        faults.extend(
            blueprint.must.iter().filter(|question| index(question).is_none()).cloned().map(BankFault::MustMissing),
        );
        if blueprint.earlier.len() > EARLIER_MAX {
            faults.push(BankFault::TooManyEarlier { found: blueprint.earlier.len(), max: EARLIER_MAX });
        }
        if blueprint.difficulty.as_ref().is_some_and(|difficulty| difficulty.bands.len() > BANDS_MAX) {
            faults.push(BankFault::TooManyBands { max: BANDS_MAX });
        }
        let mut masks: HashMap<u32, u16> = HashMap::new();
        for (bit, wanted) in (0..EARLIER_MAX).zip(&blueprint.earlier) {
            match earlier.named.get(&wanted.paper) {
                None => faults.push(BankFault::EarlierMissing(wanted.paper.clone())),
                Some(held) => {
                    held.iter().filter_map(index).for_each(|one| *masks.entry(one).or_default() |= 1 << bit);
                }
            }
        }
        let must: BTreeSet<u32> = blueprint.must.iter().filter_map(index).collect();
        let mut never: BTreeSet<u32> = blueprint.never.iter().chain(without).filter_map(index).collect();
        let enemies: Vec<Vec<u32>> = blueprint
            .enemies
            .iter()
            .map(|set| set.iter().filter_map(index).collect::<BTreeSet<_>>().into_iter().collect())
            .collect();
        for set in enemies.iter().filter(|set| set.iter().any(|one| must.contains(one))) {
            never.extend(set.iter().filter(|one| !must.contains(one)));
        }
        Self { must, never, earlier: masks, enemies }
    }

    /// Where a question belongs, if a paper may hold it.
    fn home(
        &self,
        blueprint: &Blueprint,
        entry: &SnapshotEntry,
        index: u32,
        points: &HashMap<PointKey<'_>, u32>,
        ratings: Ratings,
        unrated: &mut Vec<String>,
    ) -> Home {
        let point = *points.get(&key_of(blueprint, entry)?)?;
        blueprint.kinds.iter().find(|quota| quota.kind == entry.kind)?;
        if self.never.contains(&index) {
            return None;
        }
        let band = match &blueprint.difficulty {
            None => 0,
            Some(difficulty) => match entry.difficulty_permille {
                None => {
                    unrated.push(entry.question.clone());
                    return None;
                }
                Some(permille) => {
                    let band = difficulty.bands.iter().position(|band| permille >= band.at_least_permille);
                    u8::try_from(band.unwrap_or(0)).expect("at most eight bands")
                }
            },
        };
        let sign = Sign {
            band,
            lower: entry.level != blueprint.level,
            earlier: self.earlier.get(&index).copied().unwrap_or(0),
        };
        let rating = match ratings {
            Ratings::Alike => 0,
            Ratings::Apart => entry.difficulty_permille.unwrap_or(0),
        };
        Some((point, kind_index(entry.kind), self.must.contains(&index), sign, rating))
    }
}

/// The key of a question's knowledge point, if the blueprint draws from it at all.
fn key_of<'a>(blueprint: &Blueprint, entry: &'a SnapshotEntry) -> Option<PointKey<'a>> {
    let its_level = entry.level == blueprint.level
        || blueprint.lower_levels.as_ref().is_some_and(|lower| lower.levels.contains(&entry.level));
    if entry.standard != blueprint.standard || !its_level {
        return None;
    }
    let function = blueprint.points.iter().position(|(function, _)| *function == entry.function)?;
    Some((function, &entry.level, &entry.work_content, &entry.knowledge))
}

/// A number for every knowledge point that the bank or a limit names, in ascending order of their keys.
fn points<'a>(blueprint: &'a Blueprint, snapshot: &'a Snapshot) -> HashMap<PointKey<'a>, u32> {
    let mut known: HashMap<PointKey<'_>, u32> = HashMap::new();
    for key in snapshot.entries.iter().filter_map(|entry| key_of(blueprint, entry)) {
        known.entry(key).or_default();
    }
    let mut keys: Vec<PointKey<'_>> = known.into_keys().collect();
    for limit in &blueprint.limits {
        let function = blueprint.points.iter().position(|(function, _)| *function == limit.function);
        let level = blueprint.level_of(limit);
        if let (Some(function), Some(code)) = (function, &limit.knowledge)
            && !keys.iter().any(|key| key.0 == function && key.1 == level && key.3 == code)
        {
            keys.push((function, level, "", code));
        }
    }
    keys.sort_unstable();
    keys.into_iter().zip(0..).collect()
}

/// Knowledge points that questions put into two work contents: their limits would hold for each half.
fn split_points(points: &HashMap<PointKey<'_>, u32>) -> Vec<BankFault> {
    let mut homes: BTreeMap<(usize, &str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (function, level, work_content, code) in points.keys() {
        homes.entry((*function, level, code)).or_default().insert(work_content);
    }
    let split = homes.into_iter().filter(|(_, work_contents)| work_contents.len() > 1);
    split
        .map(|((_, level, code), _)| BankFault::SplitPoint { level: level.to_owned(), knowledge: code.to_owned() })
        .collect()
}

/// Enemy sets that lie in one class become units of choice; the others stay, without what can't be drawn.
fn fold(enemies: Vec<Vec<u32>>, homes: &[Home]) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let mut memberships: HashMap<u32, u32> = HashMap::new();
    let sets: Vec<Vec<u32>> = enemies
        .into_iter()
        .map(|set| set.into_iter().filter(|one| homes[*one as usize].is_some()).collect::<Vec<_>>())
        .filter(|set| set.len() > 1)
        .collect();
    sets.iter().flatten().for_each(|one| *memberships.entry(*one).or_default() += 1);
    sets.into_iter().partition(|set| {
        let alike = set.iter().all(|one| homes[*one as usize] == homes[set[0] as usize]);
        alike && set.iter().all(|one| memberships[one] == 1)
    })
}

fn functions(
    blueprint: &Blueprint,
    points: &HashMap<PointKey<'_>, u32>,
    mut classes: BTreeMap<u32, [Vec<u32>; KINDS]>,
) -> Vec<FunctionPool> {
    let mut keys: Vec<(&PointKey<'_>, &u32)> = points.iter().collect();
    keys.sort_unstable();
    (0..blueprint.points.len())
        .map(|function| {
            let mut limited: BTreeMap<(&str, &str), Group> = BTreeMap::new();
            let mut rest = Group { span: Span::default(), points: Vec::new() };
            for (key, number) in keys.iter().filter(|(key, _)| key.0 == function) {
                let (_, level, work_content, code) = **key;
                let kinds = classes.remove(*number).unwrap_or_default();
                let point = PointPool { span: point_span(blueprint, function, level, code), kinds };
                match work_span(blueprint, function, level, work_content) {
                    None => rest.points.push(point),
                    Some(span) => {
                        let group = Group { span, points: Vec::new() };
                        limited.entry((level, work_content)).or_insert(group).points.push(point);
                    }
                }
            }
            // A work content with a minimum and without a question is a group without points, and fails as it should.
            for limit in blueprint.limits.iter().filter(|limit| limit.function == blueprint.points[function].0) {
                if let Some(code) = &limit.work_content {
                    let span = Span { min: limit.min, max: limit.max };
                    let group = Group { span, points: Vec::new() };
                    limited.entry((blueprint.level_of(limit), code)).or_insert(group);
                }
            }
            FunctionPool { groups: limited.into_values().chain([rest]).collect() }
        })
        .collect()
}

/// The limit of a knowledge point; a minimum for all holds for the paper's own level.
fn point_span(blueprint: &Blueprint, function: usize, level: &str, code: &str) -> Span {
    let own = blueprint.limits.iter().find(|limit| {
        limit.function == blueprint.points[function].0
            && blueprint.level_of(limit) == level
            && limit.knowledge.as_deref() == Some(code)
    });
    match (own, blueprint.knowledge) {
        (Some(limit), _) => Span { min: limit.min, max: limit.max },
        (None, Some(span)) if level == blueprint.level => span,
        (None, Some(span)) => Span { min: 0, max: span.max },
        (None, None) => Span::default(),
    }
}

fn work_span(blueprint: &Blueprint, function: usize, level: &str, work_content: &str) -> Option<Span> {
    let limit = blueprint.limits.iter().find(|limit| {
        limit.function == blueprint.points[function].0
            && blueprint.level_of(limit) == level
            && limit.work_content.as_deref() == Some(work_content)
    })?;
    Some(Span { min: limit.min, max: limit.max })
}

pub(super) fn kind_index(kind: Kind) -> usize {
    Kind::ALL.iter().position(|one| *one == kind).expect("every kind is listed")
}

pub(super) fn as_u32(number: usize) -> u32 {
    u32::try_from(number).expect("a bank has fewer than four thousand million questions")
}
