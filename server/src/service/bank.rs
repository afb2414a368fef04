//! The bank: loading it from files, what it covers, and each question as its author sees it.

use std::collections::BTreeMap;

use kaochang_app::view::{
    CoverageCell, CoverageRow, CoverageView, QuestionListView, QuestionRow, QuestionView, ShortageView,
};
use question_bank::{
    bank::{self, BankProblem, coverage::Coverage},
    blueprint::Blueprint,
    paper::Snapshot,
    question::{Kind, Revision},
    standard::{Standard, WeightColumn},
};
use serde_json::json;
use thiserror::Error;

use super::{
    Centre, Refusal,
    sitting::as_u32,
    supply::{self, Shortage},
};
use crate::store::{
    StoreError,
    audit::{self, Act},
    question,
};

/// What a load did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Revisions that were not there.
    pub added: usize,
    /// Revisions that were there, word for word.
    pub unchanged: usize,
}

/// Why a bank is not loaded. Nothing of it was.
#[derive(Debug, Error)]
pub enum BankError {
    /// Problems of the files, all of them.
    #[error("the bank has {} problems; correct them and load it again:\n{}", .0.len(), lines(.0))]
    Problems(Vec<BankProblem>),
    /// A revision is immutable.
    #[error("question {question}: revision {revision} is there already with other words or another key; give the changed question revision {}", .revision + 1)]
    Changed {
        /// Id of the question.
        question: String,
        /// The revision.
        revision: u32,
    },
    /// No such standard is loaded.
    #[error("{0}")]
    Standard(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn lines(problems: &[BankProblem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}

impl Centre {
    /// Loads a standard, or replaces it by a newer text.
    pub async fn load_standard(&self, standard: &Standard, actor: &str) -> Result<(), StoreError> {
        let digest = standard.digest();
        if self.standard(&standard.id).is_some_and(|known| known.digest() == digest) {
            return Ok(());
        }
        let mut acting = self.begin(audit::BANK).await?;
        let at_ms = self.world.wall_ms();
        question::put_standard(&mut acting.tx, standard, at_ms).await?;
        let detail = json!({ "digest": digest.to_string() });
        acting.append(&[Act { at_ms, actor, act: "standard.loaded", subject: &standard.id, detail }]).await?;
        drop(acting.commit().await?);
        self.load_standards().await
    }

    /// Loads questions from files (path and text), all or none. `public` questions never count.
    pub async fn load_bank(
        &self,
        standard_id: &str,
        files: &[(String, String)],
        public: bool,
        actor: &str,
    ) -> Result<Loaded, BankError> {
        let standard = self
            .standard(standard_id)
            .ok_or_else(|| BankError::Standard(format!("there is no standard {standard_id:?}")))?;
        let (questions, problems) = bank::read(&standard, files);
        if !problems.is_empty() {
            return Err(BankError::Problems(problems));
        }
        let mut acting = self.begin(audit::BANK).await?;
        let at_ms = self.world.wall_ms();
        let mut loaded = Loaded::default();
        for its in &questions {
            let (id, number) = (&its.revision.question, its.revision.revision);
            match question::is_same(&mut acting.tx, its).await? {
                Some(true) => loaded.unchanged += 1,
                Some(false) => return Err(BankError::Changed { question: id.clone(), revision: number }),
                None => {
                    question::insert(&mut acting.tx, its, public, at_ms).await?;
                    loaded.added += 1;
                }
            }
        }
        if loaded.added > 0 {
            let detail = json!({ "added": loaded.added, "public": public });
            acting.append(&[Act { at_ms, actor, act: "bank.loaded", subject: standard_id, detail }]).await?;
        }
        drop(acting.commit().await?);
        Ok(loaded)
    }

    /// The weight table of a standard as a grid of what the bank has.
    pub async fn coverage_view(&self, standard_id: &str) -> Result<CoverageView, Refusal> {
        let standard = self.standard(standard_id).ok_or(Refusal::NotFound)?;
        let bank = question::approved(&mut self.store.read().await?, standard_id, true).await?;
        let coverage = Coverage::of(&standard, &bank);
        let columns: Vec<Column<'_>> =
            standard.columns.iter().map(|column| Column::of(&standard, column, &bank)).collect();
        let name = |level: &str| standard.level(level).map(|level| level.name.clone()).unwrap_or_default();
        let direction =
            |id: &Option<String>| id.as_deref().and_then(|id| standard.direction(id)).map(|d| d.name.clone());
        let rows = standard.functions.iter().map(|function| CoverageRow {
            function: function.name.clone(),
            cells: columns.iter().map(|column| column.cell(&standard, &function.id, &coverage)).collect(),
        });
        Ok(CoverageView {
            standard: standard.id.clone(),
            name: standard.name.clone(),
            rows: rows.collect(),
            columns: standard
                .columns
                .iter()
                .map(|column| (name(&column.level), direction(&column.direction)))
                .collect(),
            feet: columns
                .into_iter()
                .map(|column| column.short.into_iter().map(|(_, shortage)| shortage).collect())
                .collect(),
        })
    }

    /// The same by knowledge point, as a file.
    pub async fn coverage_csv(&self, standard_id: &str) -> Result<String, Refusal> {
        let standard = self.standard(standard_id).ok_or(Refusal::NotFound)?;
        let bank = question::approved(&mut self.store.read().await?, standard_id, true).await?;
        Ok(Coverage::of(&standard, &bank).csv())
    }

    /// Questions of one level and function, by knowledge point.
    pub async fn questions_view(
        &self,
        standard_id: &str,
        level: &str,
        function: &str,
        kind: Option<Kind>,
    ) -> Result<QuestionListView, Refusal> {
        let standard = self.standard(standard_id).ok_or(Refusal::NotFound)?;
        let content = standard.content(level, function).ok_or(Refusal::NotFound)?;
        let bank = question::approved(&mut self.store.read().await?, standard_id, true).await?;
        let mut by_point: BTreeMap<&str, Vec<QuestionRow>> = BTreeMap::new();
        for revision in in_cell(&bank, level, function).filter(|revision| kind.is_none_or(|kind| revision.kind == kind))
        {
            by_point.entry(&revision.tags.knowledge).or_default().push(QuestionRow {
                id: revision.question.clone(),
                kind: revision.kind,
                stem: revision.stem.clone(),
                difficulty_permille: revision.difficulty_permille_at(level),
            });
        }
        let points = content.work_contents.iter().flat_map(|work| &work.knowledge);
        let points = points.map(|point| {
            (point.code.clone(), point.text.clone(), by_point.remove(point.code.as_str()).unwrap_or_default())
        });
        Ok(QuestionListView {
            standard: standard.id.clone(),
            level: standard.level(level).map(|level| level.name.clone()),
            function: standard.function(function).ok_or(Refusal::NotFound)?.name.clone(),
            level_id: level.to_owned(),
            function_id: function.to_owned(),
            kind,
            points: points.collect(),
        })
    }

    /// One question, with key and explanation, for its author.
    pub async fn question_view(&self, id: &str) -> Result<QuestionView, Refusal> {
        let mut tx = self.store.read().await?;
        let its = question::for_author(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
        let revision = its.revision;
        let bank = question::approved(&mut tx, &revision.tags.standard, true).await?;
        drop(tx);
        let standard = self.standard(&revision.tags.standard).ok_or(Refusal::NotFound)?;
        let tags = &revision.tags;
        let mut siblings: Vec<&Revision> = in_cell(&bank, &tags.level, &tags.function).collect();
        siblings.sort_by_key(|sibling| &sibling.question);
        let at = siblings.iter().position(|sibling| sibling.question == id).unwrap_or(0);
        let sibling = |at: Option<usize>| at.and_then(|at| siblings.get(at)).map(|sibling| sibling.question.clone());
        let right = |option: usize| u8::try_from(option).is_ok_and(|option| its.key.right(option));
        let point = standard.knowledge(&tags.level, &tags.function, &tags.knowledge);
        let levels = standard.levels.iter().filter(|level| revision.is_of_level(&level.id));
        Ok(QuestionView {
            id: id.to_owned(),
            revision: revision.revision,
            kind: revision.kind,
            standard: tags.standard.clone(),
            level: standard.level(&tags.level).map(|level| level.name.clone()),
            level_id: tags.level.clone(),
            function: standard.function(&tags.function).map(|function| function.name.clone()).unwrap_or_default(),
            function_id: tags.function.clone(),
            knowledge: (tags.knowledge.clone(), point.map(|(_, point)| point.text.clone()).unwrap_or_default()),
            stem: revision.stem.clone(),
            options: revision.options.iter().enumerate().map(|(at, option)| (option.clone(), right(at))).collect(),
            statement_true: (revision.kind == Kind::TrueFalse).then(|| right(0)),
            explanation: its.commentary.explanation,
            source: its.commentary.source,
            difficulty_permille: levels
                .map(|level| (level.name.clone(), revision.difficulty_permille_at(&level.id)))
                .collect(),
            previous: sibling(at.checked_sub(1)),
            next: sibling(Some(at + 1)),
        })
    }
}

/// A column of the weight table with what its default blueprint needs and lacks.
struct Column<'a> {
    weights: &'a WeightColumn,
    /// Questions that a paper takes, by function.
    needed: BTreeMap<String, u32>,
    /// What is missing for one paper, with the function's id.
    short: Vec<(String, ShortageView)>,
}

impl<'a> Column<'a> {
    fn of(standard: &Standard, column: &'a WeightColumn, bank: &[Revision]) -> Self {
        let blueprint = Blueprint::default_for(standard, &column.level, column.direction.as_deref());
        let compiled = blueprint.ok().and_then(|blueprint| Some((blueprint.compile().ok()?, blueprint)));
        let Some((compiled, blueprint)) = compiled else {
            return Self { weights: column, needed: BTreeMap::new(), short: Vec::new() };
        };
        let mut needed = BTreeMap::new();
        for cell in &compiled.cells {
            *needed.entry(cell.function.clone()).or_insert(0) += cell.min;
        }
        let short = supply::shortages(&blueprint, &compiled, &Snapshot::of(bank.iter(), &blueprint.level));
        let name = |id: &str| standard.function(id).map(|function| function.name.clone()).unwrap_or_default();
        let view =
            |s: Shortage| ShortageView { function: name(&s.function), kind: s.kind, missing: s.needed - s.present };
        Self { weights: column, needed, short: short.into_iter().map(|s| (s.function.clone(), view(s))).collect() }
    }

    fn cell(&self, standard: &Standard, function: &str, coverage: &Coverage) -> Option<CoverageCell> {
        let needed = *self.needed.get(function)?;
        let level = &self.weights.level;
        let cell = coverage.cells.iter().find(|cell| cell.level == *level && cell.function == function)?;
        let count = cell.count();
        Some(CoverageCell {
            href: format!("/bank/{}/questions?level={level}&function={function}", standard.id),
            approved: count.total(),
            needed,
            kinds: count.kinds,
            bands: count.bands,
            points_without: as_u32(cell.points.iter().filter(|point| point.count.total() == 0).count()),
            short: self.short.iter().filter(|(id, _)| id == function).map(|(_, shortage)| shortage.clone()).collect(),
        })
    }
}

fn in_cell<'a>(bank: &'a [Revision], level: &str, function: &str) -> impl Iterator<Item = &'a Revision> {
    bank.iter().filter(move |revision| revision.is_of_level(level) && revision.tags.function == function)
}
