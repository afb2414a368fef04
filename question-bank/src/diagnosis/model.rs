//! A blueprint and a bank as rows and columns: the rules, and how many questions there are that they can't tell apart.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::programme::{Bounds, Column};
use super::scale::{Scale, Step};
use super::{Rule, Topic, Write};
use crate::blueprint::{Blueprint, Mix};
use crate::earlier::EarlierPapers;
use crate::paper::{Snapshot, SnapshotEntry};

/// What changing the blueprint's own arithmetic weighs, where changing any other rule by one weighs 1: points and counts
/// come from the standard.
const STRUCTURE: u32 = 1000;

/// What writing one question costs. Whatever needs a certain work content, knowledge point or lower level costs a
/// thousandth more, so that the repair names them only where it must.
const QUESTION: u32 = 1000;

/// Questions that hardly anybody or nearly everybody gets right mend a mean fastest and are hard to write well: where the
/// mean is asked for, one rated outside these bounds, in thousandths, costs as much as three others.
const EXTREME: u32 = 3 * QUESTION;
const WRITTEN_MIN: u32 = 250;
const WRITTEN_MAX: u32 = 900;

/// The rules of a blueprint over the questions of a bank.
#[derive(Debug)]
pub(super) struct Model {
    pub rules: Vec<Rule>,
    pub rows: Vec<Row>,
    /// The questions of the bank; `upper` is how many there are.
    pub bank: Vec<Column>,
    /// The same without enemies: of each enemy set at most one question is left. Rows of enemy sets count none of them.
    pub apart: Vec<Column>,
    /// What could be written; of each function, kind and topic one for each of the steps, in their order.
    pub writes: Vec<(Column, Write)>,
    pub write_steps: Vec<Step>,
}

/// A row of the programme.
#[derive(Debug)]
pub(super) struct Row {
    /// Index into [`Model::rules`].
    pub rule: usize,
    pub bounds: Bounds,
    /// By how much the bounds give way when the rule is relaxed by one step.
    pub step: i64,
    /// How much one step is in the unit of [`super::Repair::Relax`].
    pub by: u32,
    /// What one step weighs.
    pub weight: u32,
}

impl Model {
    pub(super) fn new(blueprint: &Blueprint, snapshot: &Snapshot, earlier: &EarlierPapers) -> Self {
        let scope = Scope::of(blueprint, earlier);
        let scale = Scale::of(blueprint, snapshot.entries.iter().filter(|entry| scope.place(entry).is_some()));
        let stock = Stock::gather(&scope, &scale, snapshot);
        let mut draft = Draft::of_rules(blueprint, &stock);
        let mut terms: Vec<Vec<(usize, i64)>> =
            stock.classes.iter().map(|class| draft.terms_of_class(class, &stock, &scale)).collect();
        draft.must(blueprint, &stock, &mut terms);
        let (bank, apart) = draft.enemies(&stock, &terms);
        let write_steps = scale.to_write(blueprint);
        let writes = draft.writes(&stock, &write_steps);
        Self { rules: draft.rules, rows: draft.rows, bank, apart, writes, write_steps }
    }

    /// How many questions of the bank a rule counts.
    pub(super) fn present(&self, rule: usize) -> u32 {
        let counted = |column: &&Column| column.terms.iter().any(|(row, _)| self.rows[*row].rule == rule);
        self.bank.iter().filter(counted).fold(0, |sum: u32, column| sum.saturating_add(column.upper))
    }
}

/// Where the blueprint draws, and what its lists say of single questions.
pub(super) struct Scope<'a> {
    blueprint: &'a Blueprint,
    named: HashMap<&'a str, Named>,
}

/// What the lists say of one question.
#[derive(Clone, Debug, Default)]
struct Named {
    must: bool,
    never: bool,
    /// Indices of the blueprint's earlier papers that held it.
    earlier: Vec<usize>,
    /// Indices of its enemy sets.
    sets: Vec<usize>,
}

impl Named {
    fn sign(&self) -> Sign {
        let sets = if self.must { self.sets.clone() } else { Vec::new() };
        (self.must, self.earlier.clone(), sets)
    }
}

/// Index of the level (0 is the paper's own, others follow), of the function.
type Place = (usize, usize);

impl<'a> Scope<'a> {
    pub(super) fn of(blueprint: &'a Blueprint, earlier: &'a EarlierPapers) -> Self {
        let mut named: HashMap<&str, Named> = HashMap::new();
        for question in &blueprint.must {
            named.entry(question).or_default().must = true;
        }
        for question in &blueprint.never {
            named.entry(question).or_default().never = true;
        }
        for (index, wanted) in blueprint.earlier.iter().enumerate() {
            for question in earlier.named.get(&wanted.paper).into_iter().flatten() {
                let held = &mut named.entry(question).or_default().earlier;
                if held.last() != Some(&index) {
                    held.push(index);
                }
            }
        }
        for (index, set) in blueprint.enemies.iter().enumerate() {
            for question in set {
                named.entry(question).or_default().sets.push(index);
            }
        }
        Self { blueprint, named }
    }

    /// Where a question stands, if the blueprint draws there.
    pub(super) fn place(&self, entry: &SnapshotEntry) -> Option<Place> {
        if entry.standard != self.blueprint.standard {
            return None;
        }
        let level = level_index(self.blueprint, &entry.level)?;
        Some((level, self.blueprint.points.iter().position(|(function, _)| *function == entry.function)?))
    }

    /// Which of the blueprint's kinds a question is, if a paper may hold the question.
    pub(super) fn usable_kind(&self, entry: &SnapshotEntry) -> Option<usize> {
        if self.blueprint.difficulty.is_some() && entry.difficulty_permille.is_none() {
            return None;
        }
        if !self.named.is_empty() && self.named.get(entry.question.as_str()).is_some_and(|named| named.never) {
            return None;
        }
        self.blueprint.kinds.iter().position(|quota| quota.kind == entry.kind)
    }
}

fn level_index(blueprint: &Blueprint, level: &str) -> Option<usize> {
    if level == blueprint.level {
        return Some(0);
    }
    let lower = &blueprint.lower_levels.as_ref()?.levels;
    lower.iter().position(|one| one == level).map(|index| index + 1)
}

/// A knowledge point that the bank has questions of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Point<'a> {
    level: usize,
    function: usize,
    work_content: &'a str,
    knowledge: &'a str,
}

/// Questions that no rule but enemy sets can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Class {
    point: usize,
    kind: usize,
    step: usize,
    /// Index into [`Stock::signs`].
    sign: usize,
}

/// What the lists say of a class: whether every paper holds all of it, which earlier papers held it, and, so that whoever
/// gives up some of what must be in may choose which, the enemy sets of what must be in.
type Sign = (bool, Vec<usize>, Vec<usize>);

/// The bank, counted.
struct Stock<'a> {
    points: Vec<Point<'a>>,
    classes: Vec<Class>,
    signs: Vec<Sign>,
    /// How many questions of each class.
    counts: Vec<u32>,
    /// The questions that every paper holds and the bank has, with their class.
    must: Vec<(&'a str, usize)>,
    /// The class of each question in an enemy set, and its sets.
    enemies: Vec<(usize, Vec<usize>)>,
    /// How many enemy sets the blueprint has.
    sets: usize,
}

impl<'a> Stock<'a> {
    /// One pass over the bank.
    fn gather(scope: &Scope<'a>, scale: &Scale, snapshot: &'a Snapshot) -> Self {
        let mut points: Numbers<Point<'a>> = Numbers::default();
        let mut classes: Numbers<Class> = Numbers::default();
        let mut signs: Numbers<Sign> = Numbers::default();
        signs.number((false, Vec::new(), Vec::new()));
        let (mut counts, mut must, mut enemies) = (Vec::new(), Vec::new(), Vec::new());
        for entry in &snapshot.entries {
            let Some((level, function)) = scope.place(entry) else { continue };
            let point = points.number(Point {
                level,
                function,
                work_content: &entry.work_content,
                knowledge: &entry.knowledge,
            });
            let Some(kind) = scope.usable_kind(entry) else { continue };
            let named = if scope.named.is_empty() { None } else { scope.named.get(entry.question.as_str()) };
            let sign = named.map_or(0, |named| signs.number(named.sign()));
            let class = classes.number(Class { point, kind, step: scale.step_of(entry.difficulty_permille), sign });
            counts.resize(classes.list.len(), 0);
            counts[class] += 1;
            if let Some(named) = named {
                if named.must {
                    must.push((entry.question.as_str(), class));
                }
                if !named.sets.is_empty() {
                    enemies.push((class, named.sets.clone()));
                }
            }
        }
        let sets = scope.blueprint.enemies.len();
        Self { points: points.list, classes: classes.list, signs: signs.list, counts, must, enemies, sets }
    }
}

/// Numbers in the order of their first appearance.
struct Numbers<T> {
    known: HashMap<T, usize>,
    list: Vec<T>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { known: HashMap::new(), list: Vec::new() }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbers<T> {
    fn number(&mut self, item: T) -> usize {
        // Neighbours in a bank are often alike, and comparing is cheaper than hashing.
        if self.list.last() == Some(&item) {
            return self.list.len() - 1;
        }
        if let Some(number) = self.known.get(&item) {
            return *number;
        }
        self.list.push(item.clone());
        self.known.insert(item, self.list.len() - 1);
        self.list.len() - 1
    }
}

/// Where the rows of a blueprint stand.
struct Draft<'a> {
    blueprint: &'a Blueprint,
    rules: Vec<Rule>,
    rows: Vec<Row>,
    /// By function and kind; empty under [`Mix::Free`].
    shares: Vec<Vec<usize>>,
    /// By kind.
    counts: Vec<usize>,
    /// By function.
    points: Vec<usize>,
    total: usize,
    /// The dividend must not be too great, nor too small.
    mean: Option<(usize, usize)>,
    /// By level, function and code; a limit may have a row for each bound.
    knowledge: BTreeMap<(usize, usize, &'a str), Vec<usize>>,
    work_contents: BTreeMap<(usize, usize, &'a str), usize>,
    bands: Vec<usize>,
    lower: Option<usize>,
    earlier: Vec<usize>,
    /// The greatest common divisor of all milli-points.
    unit_milli: u32,
}

impl<'a> Draft<'a> {
    fn of_rules(blueprint: &'a Blueprint, stock: &Stock<'a>) -> Self {
        let unit_milli = blueprint.kinds.iter().fold(1000, |unit, quota| gcd(unit, quota.points_milli));
        let mut draft = Self {
            blueprint,
            rules: Vec::new(),
            rows: Vec::new(),
            shares: Vec::new(),
            counts: Vec::new(),
            points: Vec::new(),
            total: 0,
            mean: None,
            knowledge: BTreeMap::new(),
            work_contents: BTreeMap::new(),
            bands: Vec::new(),
            lower: None,
            earlier: Vec::new(),
            unit_milli,
        };
        draft.structure();
        draft.mean();
        draft.every_knowledge(stock);
        draft.limits();
        draft.whole_paper();
        draft
    }

    fn rule(&mut self, rule: Rule) -> usize {
        self.rules.push(rule);
        self.rules.len() - 1
    }

    fn row(&mut self, rule: usize, min: Option<i64>, max: Option<i64>) -> usize {
        self.rows.push(Row { rule, bounds: Bounds { min, max }, step: 1, by: 1, weight: 1 });
        self.rows.len() - 1
    }

    fn only_row(&mut self, rule: Rule, min: Option<i64>, max: Option<i64>) -> usize {
        let rule = self.rule(rule);
        self.row(rule, min, max)
    }

    /// Points and counts. The shares say all of it under [`Mix::Even`]; points and counts stand there too, because a
    /// conflict is easier to read in the coarsest rules that make it.
    fn structure(&mut self) {
        let blueprint = self.blueprint;
        let total: u64 = blueprint.points.iter().map(|(_, points)| u64::from(*points)).sum();
        let points = u32::try_from(total).expect("a blueprint that compiles has at most a million points");
        let units = Some(i64::from(points) * 1000 / i64::from(self.unit_milli));
        self.total = self.only_row(Rule::Total { points }, units, units);
        self.rows[self.total].by = self.unit_milli;
        if blueprint.mix == Mix::Even {
            for (function, points) in &blueprint.points {
                let shares = blueprint.kinds.iter().map(|quota| {
                    let share = u64::from(quota.count) * u64::from(*points) / total;
                    let count = u32::try_from(share).expect("a share is no larger than the count it divides");
                    let rule = Rule::Share { function: function.clone(), kind: quota.kind, count };
                    self.only_row(rule, Some(i64::from(count)), Some(i64::from(count)))
                });
                let shares = shares.collect();
                self.shares.push(shares);
            }
        }
        for quota in &blueprint.kinds {
            let count = Some(i64::from(quota.count));
            let row = self.only_row(Rule::KindCount { kind: quota.kind, count: quota.count }, count, count);
            self.counts.push(row);
        }
        for (function, points) in &blueprint.points {
            let units = Some(i64::from(*points) * 1000 / i64::from(self.unit_milli));
            let row = self.only_row(Rule::FunctionPoints { function: function.clone(), points: *points }, units, units);
            self.rows[row].by = self.unit_milli;
            self.points.push(row);
        }
        for row in &mut self.rows {
            row.weight = STRUCTURE;
        }
    }

    fn mean(&mut self) {
        let Some(mean) = self.blueprint.difficulty.as_ref().and_then(|difficulty| difficulty.mean) else { return };
        let rule = self
            .rule(Rule::Mean { target_permille: mean.target_permille, tolerance_permille: mean.tolerance_permille });
        let (easy, hard) = (self.row(rule, None, Some(0)), self.row(rule, Some(0), None));
        let units: i64 =
            self.blueprint.kinds.iter().map(|quota| i64::from(quota.count) * self.units(quota.points_milli)).sum();
        for row in [easy, hard] {
            self.rows[row].step = units;
        }
        self.mean = Some((easy, hard));
    }

    fn units(&self, points_milli: u32) -> i64 {
        i64::from(points_milli / self.unit_milli)
    }

    /// The limit of all knowledge points without one of their own: a minimum at the paper's own level, a maximum at all.
    fn every_knowledge(&mut self, stock: &Stock<'a>) {
        let Some(span) = self.blueprint.knowledge else { return };
        if span.min == 0 && span.max.is_none() {
            return;
        }
        let codes: BTreeSet<_> =
            stock.points.iter().map(|point| (point.function, point.level, point.knowledge)).collect();
        let mut rules: BTreeMap<usize, usize> = BTreeMap::new();
        for (function, level, code) in codes {
            let (min, max) = (if level == 0 { span.min } else { 0 }, span.max);
            if self.has_own_limit(level, function, code) || (min == 0 && max.is_none()) {
                continue;
            }
            let rule = *rules.entry(function).or_insert_with(|| {
                let function = self.blueprint.points[function].0.clone();
                self.rule(Rule::EveryKnowledge { function, points: 0, min: span.min, max })
            });
            if let Rule::EveryKnowledge { points, .. } = &mut self.rules[rule] {
                *points += 1;
            }
            // A row for each bound, because all knowledge points' minimums give way together, and no maximum with them.
            let lower = (min > 0).then(|| self.row(rule, Some(i64::from(min)), None));
            let upper = max.map(|max| self.row(rule, None, Some(i64::from(max))));
            self.knowledge.insert((level, function, code), lower.into_iter().chain(upper).collect());
        }
    }

    fn has_own_limit(&self, level: usize, function: usize, code: &str) -> bool {
        let blueprint = self.blueprint;
        blueprint.limits.iter().any(|limit| {
            limit.function == blueprint.points[function].0
                && level_index(blueprint, blueprint.level_of(limit)) == Some(level)
                && limit.knowledge.as_deref() == Some(code)
        })
    }

    /// The limits of single parts. One at a level that the paper doesn't draw from has a row that counts nothing.
    fn limits(&mut self) {
        let blueprint = self.blueprint;
        for limit in &blueprint.limits {
            let (level, function) = (blueprint.level_of(limit).to_owned(), limit.function.clone());
            let (min, max) = (limit.min, limit.max);
            let rule = match (&limit.work_content, &limit.knowledge) {
                (Some(code), _) => Rule::WorkContent { level, function, work_content: code.clone(), min, max },
                (None, Some(code)) => Rule::Knowledge { level, function, knowledge: code.clone(), min, max },
                (None, None) => continue,
            };
            let row = self.only_row(rule, Some(i64::from(min)), max.map(i64::from));
            let level = level_index(blueprint, blueprint.level_of(limit));
            let function = blueprint.points.iter().position(|(function, _)| *function == limit.function);
            let (Some(level), Some(function)) = (level, function) else { continue };
            match (&limit.work_content, &limit.knowledge) {
                (Some(code), _) => drop(self.work_contents.insert((level, function, code), row)),
                (None, Some(code)) => drop(self.knowledge.insert((level, function, code), vec![row])),
                (None, None) => {}
            }
        }
    }

    /// Bands, lower levels and earlier papers.
    fn whole_paper(&mut self) {
        let blueprint = self.blueprint;
        for band in blueprint.difficulty.iter().flat_map(|difficulty| &difficulty.bands) {
            let rule = Rule::Band { name: band.name.clone(), min: band.min, max: band.max };
            let row = self.only_row(rule, Some(i64::from(band.min)), Some(i64::from(band.max)));
            self.bands.push(row);
        }
        if let Some(lower) = &blueprint.lower_levels {
            let rule = Rule::LowerLevels { min: lower.min, max: lower.max };
            self.lower = Some(self.only_row(rule, Some(i64::from(lower.min)), Some(i64::from(lower.max))));
        }
        for earlier in &blueprint.earlier {
            let rule = Rule::Earlier { paper: earlier.paper.clone(), overlap_max: earlier.overlap_max };
            let row = self.only_row(rule, None, Some(i64::from(earlier.overlap_max)));
            self.earlier.push(row);
        }
    }

    /// The rows that count a question by its level, function, kind and difficulty.
    fn terms(&self, level: usize, function: usize, kind: usize, step: Step) -> Vec<(usize, i64)> {
        let units = self.units(self.blueprint.kinds[kind].points_milli);
        let mut terms = vec![(self.counts[kind], 1), (self.points[function], units), (self.total, units)];
        terms.extend(self.shares.get(function).map(|shares| (shares[kind], 1)));
        terms.extend(step.band.map(|band| (self.bands[band], 1)));
        terms.extend(self.lower.filter(|_| level > 0).map(|row| (row, 1)));
        let mean = self.blueprint.difficulty.as_ref().and_then(|difficulty| difficulty.mean);
        if let (Some((easy, hard)), Some(mean)) = (self.mean, mean) {
            let (target, tolerance) = (i64::from(mean.target_permille), i64::from(mean.tolerance_permille));
            terms.push((easy, units * (i64::from(step.lowest) - target - tolerance)));
            terms.push((hard, units * (i64::from(step.highest) - target + tolerance)));
        }
        terms
    }

    fn terms_of_class(&self, class: &Class, stock: &Stock<'a>, scale: &Scale) -> Vec<(usize, i64)> {
        let Point { level, function, work_content, knowledge } = stock.points[class.point];
        let mut terms = self.terms(level, function, class.kind, scale.steps[class.step]);
        terms.extend(self.knowledge.get(&(level, function, knowledge)).into_iter().flatten().map(|row| (*row, 1)));
        terms.extend(self.work_contents.get(&(level, function, work_content)).map(|row| (*row, 1)));
        terms.extend(stock.signs[class.sign].1.iter().map(|paper| (self.earlier[*paper], 1)));
        terms.sort_unstable();
        terms
    }

    /// One row for all questions of a class that every paper holds, one for those that the bank can't offer.
    fn must(&mut self, blueprint: &Blueprint, stock: &Stock<'a>, terms: &mut [Vec<(usize, i64)>]) {
        let mut wanted: BTreeMap<Option<usize>, Vec<String>> = BTreeMap::new();
        let class_of: HashMap<&str, usize> = stock.must.iter().copied().collect();
        for question in blueprint.must.iter().collect::<BTreeSet<_>>() {
            wanted.entry(class_of.get(question.as_str()).copied()).or_default().push(question.clone());
        }
        for (class, questions) in wanted {
            let count = i64::try_from(questions.len()).expect("a list fits into memory");
            let row = self.only_row(Rule::Must { questions }, Some(count), None);
            if let Some(class) = class {
                terms[class].push((row, 1));
            }
        }
    }

    /// The columns of the bank with rows that keep enemies apart, and those of the bank without enemies.
    ///
    /// Sets of which no question is in another set are exchangeable when their questions are of the same classes: so many
    /// sets are one row, and at most so many questions stand on a paper. This is exact, for any choice of so few can be
    /// dealt out, one to a set. Other sets have a row each.
    fn enemies(&mut self, stock: &Stock<'a>, terms: &[Vec<(usize, i64)>]) -> (Vec<Column>, Vec<Column>) {
        let sets = Sets::of(stock);
        let (mut free, mut apart) = (stock.counts.clone(), stock.counts.clone());
        let mut rows_of_set: HashMap<usize, usize> = HashMap::new();
        for alike in &sets.alike {
            let most = i64::try_from(alike.len()).expect("a list fits into memory");
            let row = self.only_row(Rule::Enemies { sets: alike.clone() }, None, Some(most));
            rows_of_set.extend(alike.iter().map(|set| (*set, row)));
        }
        let mut kept = vec![false; stock.sets];
        let mut columns: BTreeMap<(usize, Vec<usize>), u32> = BTreeMap::new();
        let must = |class: usize| stock.signs[stock.classes[class].sign].0;
        let mut members: Vec<_> = stock.enemies.iter().collect();
        members.sort_by_key(|(class, _)| !must(*class));
        for (class, in_sets) in members {
            let rows: BTreeSet<usize> = in_sets.iter().filter_map(|set| rows_of_set.get(set)).copied().collect();
            if rows.is_empty() {
                continue;
            }
            free[*class] -= 1;
            *columns.entry((*class, rows.into_iter().collect())).or_default() += 1;
            if in_sets.iter().any(|set| kept[*set]) {
                apart[*class] -= 1;
            } else {
                for set in in_sets {
                    kept[*set] = true;
                }
            }
        }
        let column = |class: usize, rows: &[usize], upper| Column {
            terms: terms[class].iter().copied().chain(rows.iter().map(|row| (*row, 1))).collect(),
            upper,
            cost: 0,
        };
        let of_all = |counts: &[u32]| -> Vec<Column> {
            counts
                .iter()
                .enumerate()
                .filter(|(_, count)| **count > 0)
                .map(|(class, count)| column(class, &[], *count))
                .collect()
        };
        let mut bank = of_all(&free);
        bank.extend(columns.iter().map(|((class, rows), count)| column(*class, rows, *count)));
        (bank, of_all(&apart))
    }

    /// One column for each cell in which a question could be written.
    fn writes(&self, stock: &Stock<'a>, steps: &[Step]) -> Vec<(Column, Write)> {
        let blueprint = self.blueprint;
        let mut writes = Vec::new();
        for (level, function, topic, rows) in self.topics(stock) {
            let particular = u32::from(level > 0) + u32::from(topic != Topic::Any);
            let level_id = match level.checked_sub(1) {
                None => &blueprint.level,
                Some(lower) => {
                    &blueprint.lower_levels.as_ref().expect("a lower level comes from this list").levels[lower]
                }
            };
            for (kind, quota) in blueprint.kinds.iter().enumerate() {
                for step in steps {
                    let mut terms = self.terms(level, function, kind, *step);
                    terms.extend(rows.iter().map(|row| (*row, 1)));
                    terms.sort_unstable();
                    let band = step.band.zip(blueprint.difficulty.as_ref());
                    let write = Write {
                        level: level_id.clone(),
                        function: blueprint.points[function].0.clone(),
                        kind: quota.kind,
                        topic: topic.clone(),
                        band: band.map(|(band, difficulty)| difficulty.bands[band].name.clone()),
                        rated_permille: blueprint.difficulty.as_ref().map(|_| (step.lowest, step.highest)),
                        count: 0,
                    };
                    let extreme = self.mean.is_some() && (step.highest < WRITTEN_MIN || step.lowest > WRITTEN_MAX);
                    let cost = if extreme { EXTREME + particular } else { QUESTION + particular };
                    writes.push((Column { terms, upper: quota.count, cost }, write));
                }
            }
        }
        writes
    }

    /// What a new question could be about, as far as it matters: anything, or a part with a minimum, with the rows of it.
    fn topics(&self, stock: &Stock<'a>) -> Vec<(usize, usize, Topic, Vec<usize>)> {
        let mut topics: Vec<_> =
            (0..self.blueprint.points.len()).map(|function| (0, function, Topic::Any, Vec::new())).collect();
        if self.blueprint.lower_levels.as_ref().is_some_and(|lower| lower.min > 0) {
            topics.extend((0..self.blueprint.points.len()).map(|function| (1, function, Topic::Any, Vec::new())));
        }
        let asks = |row: &usize| self.rows[*row].bounds.min.is_some_and(|min| min > 0);
        for ((level, function, code), row) in self.work_contents.iter().filter(|(_, row)| asks(row)) {
            topics.push((*level, *function, Topic::WorkContent((*code).to_owned()), vec![*row]));
        }
        for ((level, function, code), limit) in self.knowledge.iter().filter(|(_, limit)| limit.iter().any(asks)) {
            let known = stock
                .points
                .iter()
                .find(|point| (point.level, point.function, point.knowledge) == (*level, *function, *code));
            let parent = known.and_then(|point| self.work_contents.get(&(*level, *function, point.work_content)));
            let rows = limit.iter().chain(parent).copied().collect();
            topics.push((*level, *function, Topic::Knowledge((*code).to_owned()), rows));
        }
        topics
    }
}

/// The enemy sets with two questions or more that a paper may hold.
struct Sets {
    /// Sets that are exchangeable; a set that shares a question with another is alone.
    alike: Vec<Vec<usize>>,
}

impl Sets {
    fn of(stock: &Stock<'_>) -> Self {
        let mut classes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut shared: BTreeSet<usize> = BTreeSet::new();
        for (class, sets) in &stock.enemies {
            for set in sets {
                classes.entry(*set).or_default().push(*class);
            }
        }
        classes.retain(|_, members| members.len() > 1);
        for (_, sets) in &stock.enemies {
            let live: Vec<_> = sets.iter().filter(|set| classes.contains_key(set)).collect();
            if live.len() > 1 {
                shared.extend(live);
            }
        }
        let mut alike: BTreeMap<(Option<usize>, Vec<usize>), Vec<usize>> = BTreeMap::new();
        for (set, mut members) in classes {
            members.sort_unstable();
            members.dedup();
            alike.entry((shared.contains(&set).then_some(set), members)).or_default().push(set);
        }
        Self { alike: alike.into_values().collect() }
    }
}

fn gcd(left: u32, right: u32) -> u32 {
    if right == 0 { left } else { gcd(right, left % right) }
}
