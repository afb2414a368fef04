//! The checker: verifies a paper from the raw questions and the blueprint as its author wrote it.
//!
//! It shares no code with the drawer or with [`Blueprint::compile`]: it counts what is on the paper and compares.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::blueprint::{Band, Blueprint, Difficulty, Limit, Mean, Mix, Span};
use crate::digest::Digest;
use crate::earlier::EarlierPapers;
use crate::paper::{Item, Paper};
use crate::question::{COMMON, Kind, OptionOrder, Revision, Tags};

mod violation;

pub use violation::{Ambiguity, Violation};

/// The statement that a paper conforms to its blueprint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conformance {
    /// How many questions the paper has.
    pub questions: u32,
    /// The points of the whole paper, in milli-points.
    pub total_milli: u32,
    /// Milli-points of each function, in the order of the blueprint.
    pub by_function: Vec<(String, u32)>,
    /// Count of questions of each kind, in the order of [`Kind::ALL`]; kinds that the blueprint doesn't ask for are left out.
    pub by_kind: Vec<(Kind, u32)>,
    /// The dividend of the mean difficulty: each question's milli-points times its difficulty in thousandths, added up.
    /// Divided by [`total_milli`](Self::total_milli) it is the mean in thousandths, each question weighing as many as its
    /// points. Statements of older versions have none.
    #[serde(default)]
    pub weighted_permille: Option<u64>,
    /// Count of questions of each band of difficulty, in the order of the blueprint; empty, if it asks for no bands.
    #[serde(default)]
    pub by_band: Vec<(String, u32)>,
    /// [`Paper::digest`] of the paper that was checked.
    pub paper: Digest,
}

/// The questions that papers were drawn from, indexed once for many papers.
#[derive(Clone, Debug)]
pub struct Bank<'a> {
    revisions: HashMap<(&'a str, u32), &'a Revision>,
    /// Where a question is shared by all levels, its level stands as [`COMMON`].
    knowledge: BTreeSet<Part<'a>>,
}

impl<'a> Bank<'a> {
    /// The same revisions that went into the snapshot; where a question has several, its tags are those of the newest.
    pub fn of(revisions: impl IntoIterator<Item = &'a Revision>) -> Self {
        let revisions = revisions.into_iter();
        let expected = revisions.size_hint().0;
        let mut all = HashMap::with_capacity(expected);
        let mut newest: HashMap<&str, &Revision> = HashMap::with_capacity(expected);
        for revision in revisions {
            all.insert((revision.question.as_str(), revision.revision), revision);
            let place = newest.entry(&revision.question).or_insert(revision);
            if revision.revision > place.revision {
                *place = revision;
            }
        }
        // There are few knowledge points and many questions: hashed first, sorted afterwards.
        let knowledge: HashSet<_> = newest.into_values().map(|revision| Part::knowledge(&revision.tags)).collect();
        Self { revisions: all, knowledge: knowledge.into_iter().collect() }
    }
}

/// Verifies a paper against its blueprint. `sitting` is the id of the sitting that the paper is for; without it nothing
/// is known of what the candidate has seen before.
///
/// Positions run from 1; each question stands once; each revision exists, belongs to the blueprint's standard and to a
/// level that it permits, and is what the item says it is; options are permuted only where they may be; the kinds stand
/// in blocks. Points by function, count and points by kind and, under [`Mix::Even`], the share of each kind within each
/// function are exactly the blueprint's; so are mean difficulty, bands, knowledge points, work contents, lower levels,
/// enemies, `must`, `never` and the overlap with earlier papers.
///
/// The minimum of [`Blueprint::knowledge`] holds for every knowledge point of the blueprint's own level and functions that
/// the bank has questions of, its maximum for every knowledge point on the paper. [`Blueprint::exposure_max_permille`] is
/// no property of one paper and is not looked at.
pub fn check(
    paper: &Paper,
    blueprint: &Blueprint,
    earlier: &EarlierPapers,
    sitting: Option<&str>,
    bank: &Bank<'_>,
) -> Result<Conformance, Vec<Violation>> {
    let mut violations: Vec<_> = ambiguities(blueprint).map(Violation::AmbiguousBlueprint).collect();
    check_sequence(paper, &mut violations);
    let mut tally = Tally::default();
    for (item, position) in paper.items.iter().zip(1..) {
        match bank.revisions.get(&(item.question.as_str(), item.revision)) {
            None => violations.push(Violation::UnknownRevision {
                position,
                question: item.question.clone(),
                revision: item.revision,
            }),
            Some(revision) => {
                check_item(item, position, revision, blueprint, &mut violations);
                tally.add(item, revision, &blueprint.level);
            }
        }
    }
    check_totals(&tally, blueprint, &mut violations);
    check_difficulty(&tally, blueprint, &mut violations);
    check_limits(&tally, blueprint, &mut violations);
    check_knowledge(&tally, blueprint, bank, &mut violations);
    check_lower_levels(&tally, blueprint, &mut violations);
    check_questions(paper, blueprint, &mut violations);
    check_earlier(paper, blueprint, earlier, sitting, &mut violations);
    if violations.is_empty() { Ok(statement(paper, &tally, blueprint)) } else { Err(violations) }
}

/// A work content or a knowledge point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Part<'a> {
    standard: &'a str,
    level: &'a str,
    function: &'a str,
    code: &'a str,
}

impl<'a> Part<'a> {
    fn knowledge(tags: &'a Tags) -> Self {
        Self { standard: &tags.standard, level: &tags.level, function: &tags.function, code: &tags.knowledge }
    }

    fn work_content(tags: &'a Tags) -> Self {
        Self { code: &tags.work_content, ..Self::knowledge(tags) }
    }

    /// As papers of a level count it: what all levels share is its own.
    fn at(self, level: &'a str) -> Self {
        if self.level == COMMON { Self { level, ..self } } else { self }
    }

    fn too_few_or_many(self, min: u32, max: Option<u32>, found: u32) -> Violation {
        let [level, function, knowledge] = [self.level, self.function, self.code].map(str::to_owned);
        Violation::Knowledge { level, function, knowledge, min, max, found }
    }
}

/// What is on the paper, counted by the questions' own tags and not by what the items say of themselves.
#[derive(Default)]
struct Tally<'a> {
    milli: u64,
    /// Σ milli-points × thousandths.
    weighted_permille: u128,
    permilles: Vec<u32>,
    milli_by_function: BTreeMap<&'a str, u64>,
    count_by_kind: BTreeMap<Kind, u32>,
    count_by_both: BTreeMap<(&'a str, Kind), u32>,
    count_by_level: BTreeMap<&'a str, u32>,
    count_by_work_content: BTreeMap<Part<'a>, u32>,
    count_by_knowledge: BTreeMap<Part<'a>, u32>,
}

impl<'a> Tally<'a> {
    /// `level` is that of the paper.
    fn add(&mut self, item: &Item, revision: &'a Revision, level: &'a str) {
        let (tags, milli) = (&revision.tags, u64::from(item.points_milli));
        let permille = match revision.difficulty_at.get(level) {
            Some(permille) => *permille,
            None => revision.difficulty_permille,
        };
        self.milli += milli;
        self.weighted_permille += u128::from(milli) * u128::from(permille);
        self.permilles.push(permille);
        *self.milli_by_function.entry(&tags.function).or_default() += milli;
        *self.count_by_kind.entry(revision.kind).or_default() += 1;
        *self.count_by_both.entry((&tags.function, revision.kind)).or_default() += 1;
        *self.count_by_level.entry(Part::knowledge(tags).at(level).level).or_default() += 1;
        *self.count_by_work_content.entry(Part::work_content(tags).at(level)).or_default() += 1;
        *self.count_by_knowledge.entry(Part::knowledge(tags).at(level)).or_default() += 1;
    }

    /// How many questions are rated at least so easy and not so easy as the band before.
    fn in_band(&self, band: &Band, before: Option<&Band>) -> u32 {
        let inside = |permille: u32| {
            permille >= band.at_least_permille && before.is_none_or(|before| permille < before.at_least_permille)
        };
        self.permilles.iter().fold(0, |count, permille| count + u32::from(inside(*permille)))
    }
}

fn ambiguities(blueprint: &Blueprint) -> impl Iterator<Item = Ambiguity> {
    let functions: BTreeSet<_> = blueprint.points.iter().map(|(function, _)| function).collect();
    let kinds: BTreeSet<_> = blueprint.kinds.iter().map(|quota| quota.kind).collect();
    let bands = bands(blueprint);
    let falling = bands.is_sorted_by(|easier, harder| easier.at_least_permille > harder.at_least_permille);
    let to_the_bottom = bands.last().is_none_or(|last| last.at_least_permille == 0);
    let one_part = |limit: &Limit| limit.work_content.is_some() != limit.knowledge.is_some();
    let faults = [
        (functions.len() != blueprint.points.len(), Ambiguity::Function),
        (kinds.len() != blueprint.kinds.len(), Ambiguity::Kind),
        (!falling || !to_the_bottom, Ambiguity::Bands),
        (!blueprint.limits.iter().all(one_part), Ambiguity::Limit),
    ];
    faults.into_iter().filter_map(|(present, fault)| present.then_some(fault))
}

fn bands(blueprint: &Blueprint) -> &[Band] {
    blueprint.difficulty.as_ref().map_or(&[], |difficulty| &difficulty.bands)
}

/// Each band with the easier one before it.
fn bands_in_turn(blueprint: &Blueprint) -> impl Iterator<Item = (&Band, Option<&Band>)> {
    let bands = bands(blueprint);
    bands.iter().zip(std::iter::once(None).chain(bands.iter().map(Some)))
}

fn is_lower(blueprint: &Blueprint, level: &str) -> bool {
    blueprint.lower_levels.as_ref().is_some_and(|lower| lower.levels.iter().any(|permitted| permitted == level))
}

fn within(found: u32, min: u32, max: Option<u32>) -> bool {
    found >= min && max.is_none_or(|max| found <= max)
}

fn check_sequence(paper: &Paper, violations: &mut Vec<Violation>) {
    let mut seen = BTreeSet::new();
    let mut block = Kind::TrueFalse;
    for (item, position) in paper.items.iter().zip(1_u32..) {
        if item.position != position {
            violations.push(Violation::Position { position, found: item.position });
        }
        if !seen.insert(&item.question) {
            violations.push(Violation::Repeated { position, question: item.question.clone() });
        }
        if item.kind < block {
            violations.push(Violation::Block { position, kind: item.kind });
        }
        block = item.kind;
    }
}

fn check_item(item: &Item, position: u32, revision: &Revision, blueprint: &Blueprint, violations: &mut Vec<Violation>) {
    let tags = &revision.tags;
    if tags.standard != blueprint.standard {
        violations.push(Violation::Standard { position, found: tags.standard.clone() });
    }
    if tags.level != COMMON && tags.level != blueprint.level && !is_lower(blueprint, &tags.level) {
        violations.push(Violation::Level { position, found: tags.level.clone() });
    }
    if tags.function != item.function {
        let (item, question) = (item.function.clone(), tags.function.clone());
        violations.push(Violation::Function { position, item, question });
    }
    if revision.kind != item.kind {
        violations.push(Violation::Kind { position, item: item.kind, question: revision.kind });
    }
    if !blueprint.points.iter().any(|(function, _)| *function == tags.function) {
        violations.push(Violation::FunctionNotWanted { position, function: tags.function.clone() });
    }
    match blueprint.kinds.iter().find(|quota| quota.kind == revision.kind) {
        None => violations.push(Violation::KindNotWanted { position, kind: revision.kind }),
        Some(quota) if quota.points_milli != item.points_milli => {
            violations.push(Violation::Points {
                position,
                wanted_milli: quota.points_milli,
                found_milli: item.points_milli,
            });
        }
        Some(_) => {}
    }
    check_options(item, position, revision, violations);
}

fn check_options(item: &Item, position: u32, revision: &Revision, violations: &mut Vec<Violation>) {
    let expected = if revision.kind == Kind::TrueFalse { 2 } else { revision.options.len() };
    let distinct: BTreeSet<_> = item.options.iter().copied().map(usize::from).collect();
    let permuted = item.options.len() == expected && distinct.into_iter().eq(0..expected);
    let may_shuffle = revision.kind != Kind::TrueFalse && revision.order == OptionOrder::Shuffle;
    if !permuted {
        violations.push(Violation::OptionsNotPermuted { position, options: item.options.clone() });
    } else if !may_shuffle && !item.options.is_sorted() {
        violations.push(Violation::OptionsNotInOrder { position, options: item.options.clone() });
    }
}

fn check_totals(tally: &Tally<'_>, blueprint: &Blueprint, violations: &mut Vec<Violation>) {
    let whole: u128 = blueprint.points.iter().map(|(_, points)| u128::from(*points)).sum();
    for (function, points) in &blueprint.points {
        let wanted_milli = u64::from(*points) * 1000;
        let found_milli = tally.milli_by_function.get(function.as_str()).copied().unwrap_or(0);
        if found_milli != wanted_milli {
            violations.push(Violation::FunctionPoints { function: function.clone(), wanted_milli, found_milli });
        }
        if blueprint.mix == Mix::Free {
            continue;
        }
        for quota in &blueprint.kinds {
            let found = tally.count_by_both.get(&(function.as_str(), quota.kind)).copied().unwrap_or(0);
            // found / quota.count = points / whole, without division.
            if u128::from(found) * whole != u128::from(quota.count) * u128::from(*points) {
                violations.push(Violation::Share { function: function.clone(), kind: quota.kind, found });
            }
        }
    }
    for quota in &blueprint.kinds {
        let found = tally.count_by_kind.get(&quota.kind).copied().unwrap_or(0);
        if found != quota.count {
            violations.push(Violation::KindCount { kind: quota.kind, wanted: quota.count, found });
        }
    }
}

fn check_difficulty(tally: &Tally<'_>, blueprint: &Blueprint, violations: &mut Vec<Violation>) {
    if let Some(Difficulty { mean: Some(Mean { target_permille, tolerance_permille }), .. }) = blueprint.difficulty {
        let (weighted_permille, total_milli) = (tally.weighted_permille, tally.milli);
        // |weighted / total - target| <= tolerance, without division.
        let of_whole = |permille: u32| u128::from(total_milli) * u128::from(permille);
        if weighted_permille.abs_diff(of_whole(target_permille)) > of_whole(tolerance_permille) {
            violations.push(Violation::Mean { target_permille, tolerance_permille, weighted_permille, total_milli });
        }
    }
    for (band, before) in bands_in_turn(blueprint) {
        let (name, min, max, found) = (band.name.clone(), band.min, band.max, tally.in_band(band, before));
        if !within(found, min, Some(max)) {
            violations.push(Violation::Band { name, min, max, found });
        }
    }
}

/// The limits on single parts. Of a limit that names two parts each is held; the blueprint is ambiguous anyway.
fn check_limits(tally: &Tally<'_>, blueprint: &Blueprint, violations: &mut Vec<Violation>) {
    for limit in &blueprint.limits {
        let (min, max) = (limit.min, limit.max);
        let part = |code| Part {
            standard: &blueprint.standard,
            level: limit.level.as_ref().unwrap_or(&blueprint.level),
            function: &limit.function,
            code,
        };
        if let Some(part) = limit.work_content.as_deref().map(part) {
            let found = tally.count_by_work_content.get(&part).copied().unwrap_or(0);
            if !within(found, min, max) {
                let [level, function, work_content] = [part.level, part.function, part.code].map(str::to_owned);
                violations.push(Violation::WorkContent { level, function, work_content, min, max, found });
            }
        }
        if let Some(part) = limit.knowledge.as_deref().map(part) {
            let found = tally.count_by_knowledge.get(&part).copied().unwrap_or(0);
            if !within(found, min, max) {
                violations.push(part.too_few_or_many(min, max, found));
            }
        }
    }
}

/// Every knowledge point without a limit of its own.
fn check_knowledge(tally: &Tally<'_>, blueprint: &Blueprint, bank: &Bank<'_>, violations: &mut Vec<Violation>) {
    let Some(Span { min, max }) = blueprint.knowledge else { return };
    let has_limit = |part: &Part<'_>| {
        blueprint.limits.iter().any(|limit| {
            limit.knowledge.as_deref() == Some(part.code)
                && limit.function == part.function
                && limit.level.as_ref().unwrap_or(&blueprint.level) == part.level
        })
    };
    let wanted = bank.knowledge.iter().map(|part| part.at(&blueprint.level)).filter(|part| {
        part.standard == blueprint.standard
            && part.level == blueprint.level
            && blueprint.points.iter().any(|(function, _)| function == part.function)
    });
    for part in wanted.filter(|part| !has_limit(part)) {
        let found = tally.count_by_knowledge.get(&part).copied().unwrap_or(0);
        if found < min {
            violations.push(part.too_few_or_many(min, max, found));
        }
    }
    for (part, &found) in tally.count_by_knowledge.iter().filter(|(part, _)| !has_limit(part)) {
        if !within(found, 0, max) {
            violations.push(part.too_few_or_many(min, max, found));
        }
    }
}

fn check_lower_levels(tally: &Tally<'_>, blueprint: &Blueprint, violations: &mut Vec<Violation>) {
    let Some(lower) = &blueprint.lower_levels else { return };
    let permitted = tally.count_by_level.iter().filter(|(level, _)| is_lower(blueprint, level));
    let (min, max, found) = (lower.min, lower.max, permitted.map(|(_, count)| count).sum());
    if !within(found, min, Some(max)) {
        violations.push(Violation::LowerLevels { min, max, found });
    }
}

/// What the blueprint says of single questions: enemies, `must`, `never`.
fn check_questions(paper: &Paper, blueprint: &Blueprint, violations: &mut Vec<Violation>) {
    let places = places(paper);
    for set in &blueprint.enemies {
        let present: BTreeMap<u32, &String> =
            set.iter().filter_map(|question| Some((*places.get(question.as_str())?, question))).collect();
        if present.len() > 1 {
            let (positions, questions) = present.into_iter().map(|(place, id)| (place, id.clone())).unzip();
            violations.push(Violation::Enemies { positions, questions });
        }
    }
    for question in blueprint.must.iter().filter(|question| !places.contains_key(question.as_str())) {
        violations.push(Violation::Must { question: question.clone() });
    }
    for question in &blueprint.never {
        if let Some(&position) = places.get(question.as_str()) {
            violations.push(Violation::Never { position, question: question.clone() });
        }
    }
}

fn check_earlier(
    paper: &Paper,
    blueprint: &Blueprint,
    earlier: &EarlierPapers,
    sitting: Option<&str>,
    violations: &mut Vec<Violation>,
) {
    let places = places(paper);
    for wanted in &blueprint.earlier {
        let (paper, overlap_max) = (wanted.paper.clone(), wanted.overlap_max);
        let Some(questions) = earlier.named.get(&paper) else {
            violations.push(Violation::UnknownEarlier { paper });
            continue;
        };
        let questions: BTreeSet<_> = questions.iter().map(String::as_str).collect();
        let found = places.keys().fold(0, |count, question| count + u32::from(questions.contains(question)));
        if found > overlap_max {
            violations.push(Violation::Overlap { paper, overlap_max, found });
        }
    }
    let Some((sitting, seen)) = sitting.and_then(|sitting| earlier.seen.get_key_value(sitting)) else { return };
    for question in seen.iter().collect::<BTreeSet<_>>() {
        if let Some(&position) = places.get(question.as_str()) {
            violations.push(Violation::Seen { position, question: question.clone(), sitting: sitting.clone() });
        }
    }
}

/// Where each question stands on the paper: its first place.
fn places(paper: &Paper) -> HashMap<&str, u32> {
    let mut places = HashMap::with_capacity(paper.items.len());
    for (item, position) in paper.items.iter().zip(1..) {
        places.entry(item.question.as_str()).or_insert(position);
    }
    places
}

fn statement(paper: &Paper, tally: &Tally<'_>, blueprint: &Blueprint) -> Conformance {
    let milli = |function: &String| {
        let milli = tally.milli_by_function.get(function.as_str()).copied().unwrap_or(0);
        u32::try_from(milli).unwrap_or(u32::MAX)
    };
    Conformance {
        questions: u32::try_from(paper.items.len()).unwrap_or(u32::MAX),
        total_milli: paper.items.iter().fold(0_u32, |sum, item| sum.saturating_add(item.points_milli)),
        by_function: blueprint.points.iter().map(|(function, _)| (function.clone(), milli(function))).collect(),
        by_kind: tally.count_by_kind.iter().map(|(kind, count)| (*kind, *count)).collect(),
        weighted_permille: u64::try_from(tally.weighted_permille).ok(),
        by_band: bands_in_turn(blueprint)
            .map(|(band, before)| (band.name.clone(), tally.in_band(band, before)))
            .collect(),
        paper: paper.digest(),
    }
}

#[cfg(test)]
mod tests;
