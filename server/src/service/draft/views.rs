//! What the office sees of a draft: the checklist from the plan to drawn papers.

use std::sync::Arc;

use chrono::{Days, NaiveTime};
use delivery::room::proctors_required;
use kaochang_app::view::{
    BandQuota, BlueprintView, Contributing, ContributionRow, DraftProblem, DraftRoom, DraftRow, DraftView, DrawView,
    FunctionQuota, NewDraftView, PartView, PlanColumn, RuleView, SessionHead, TypedDraft,
};
use question_bank::{
    blueprint::{Blueprint, Compiled, Mix, Span},
    standard::{Name, Standard},
};

use super::{Settled, stored_plan};
use crate::{
    service::{Centre, Refusal, account::Staff, hall::purpose_view, plan::Plan, sitting::as_u32},
    store::{StoreError, audit, draft as drafts, inconsistent},
};

impl Centre {
    /// Sessions in preparation, for the office's home.
    pub async fn draft_rows(&self) -> Result<Vec<DraftRow>, Refusal> {
        let mut tx = self.store.read().await?;
        let mut rows = Vec::new();
        for row in drafts::open(&mut tx).await? {
            let given = drafts::contributions(&mut tx, &row.id).await?;
            let drawing = self.desk.drawing().filter(|drawing| drawing.draft == row.id);
            rows.push(DraftRow {
                draft: self.draft_head(&row.id, &stored_plan(&row)?, row.created_at_ms)?,
                candidates: u32::try_from(row.candidates).unwrap_or(0),
                contributions: as_u32(given.len()),
                drawing: drawing.map(|drawing| drawing.progress()),
            });
        }
        Ok(rows)
    }

    /// The form for a new draft, with what was typed and what is wrong with it.
    pub fn new_draft_view(&self, typed: Option<TypedDraft>, problems: Vec<DraftProblem>) -> NewDraftView {
        let columns = |standard: &Standard| -> Vec<PlanColumn> {
            let named = |name: &Name| name.clone();
            let examinable = standard.columns.iter().filter(|_| standard.theory.is_some());
            let column = examinable.filter_map(|column| {
                let level = standard.level(&column.level)?;
                let direction = column.direction.as_deref().and_then(|id| standard.direction(id));
                Some(PlanColumn {
                    standard: (standard.id.clone(), named(&standard.name)),
                    level: (level.id.clone(), named(&level.name)),
                    direction: direction.map(|direction| (direction.id.clone(), named(&direction.name))),
                })
            });
            column.collect()
        };
        // A week from now at nine: near enough to be read as what it is, an example.
        let now = self.local(self.world.wall_ms());
        let nine = NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default();
        let begins = now.checked_add_days(Days::new(7)).and_then(|day| day.with_time(nine).single()).unwrap_or(now);
        NewDraftView {
            columns: self.hall().standards.values().flat_map(|standard| columns(standard)).collect(),
            begins: begins.format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            typed,
            problems,
        }
    }

    /// The checklist.
    pub async fn draft_view(self: &Arc<Self>, id: &str, who: &Staff) -> Result<DraftView, Refusal> {
        let mut tx = self.store.read().await?;
        let row = drafts::by_id(&mut tx, id).await?.ok_or(Refusal::NotFound)?;
        let given = drafts::contributions(&mut tx, id).await?;
        let bank_head = audit::read_head(&mut tx, audit::BANK).await?.short();
        drop(tx);
        let settled = self.settled(&row).await?.map_err(|_| inconsistent("a draft whose plan no longer holds"))?;
        let (plan, standard) = (&settled.plan, settled.standard.clone());
        let compiled = settled.blueprint.compile().map_err(|_| inconsistent("a draft's blueprint"))?;
        let drawn = row.state == "drawn";
        let bank = self.bank_of(id, &bank_head, &settled);
        Ok(DraftView {
            draft: self.draft_head(id, plan, row.created_at_ms)?,
            created_by: row.created_by_name,
            created_text: self.date_text(row.created_at_ms),
            blueprint: blueprint_view(&standard, &settled.blueprint, &compiled),
            bank,
            candidates: as_u32(settled.roster.len()),
            reserves: settled.reserves,
            accommodated: as_u32(settled.roster.iter().filter(|entry| entry.extra_minutes > Some(0)).count()),
            resitting: settled.resitting(),
            rooms: rooms(&settled),
            contributing: contributing(&given, who, plan),
            contributions: given.iter().map(|row| self.contribution_view(row)).collect(),
            draw: self.draw_view(id, drawn),
        })
    }

    /// An officer's contribution as pages show it.
    pub(crate) fn contribution_view(&self, row: &drafts::ContributionRow) -> ContributionRow {
        ContributionRow {
            by: row.account_name.clone().unwrap_or_else(|| "system".to_owned()),
            at_text: self.date_text(row.at_ms),
            digest: row.digest.clone(),
            by_system: row.by_system,
        }
    }

    fn draw_view(&self, id: &str, drawn: bool) -> DrawView {
        match self.desk.drawing() {
            // Written down already, but perhaps not in memory yet: the session's page comes once it is.
            Some(drawing) if drawing.draft == id => DrawView::Running(drawing.progress()),
            _ if drawn => DrawView::Done(id.to_owned()),
            Some(_) => DrawView::Elsewhere,
            None => self.desk.failure(id).map_or(DrawView::Idle, DrawView::Failed),
        }
    }

    fn draft_head(&self, id: &str, plan: &Plan, created_at_ms: i64) -> Result<SessionHead, StoreError> {
        let standard = self.standard(&plan.standard).ok_or_else(|| inconsistent("a draft without its standard"))?;
        let level = standard.level(&plan.level).ok_or_else(|| inconsistent("a draft's level"))?;
        let direction = plan.direction.as_deref().and_then(|id| standard.direction(id));
        let begins_at_ms = plan.begins_at_ms(created_at_ms).unwrap_or(created_at_ms);
        Ok(SessionHead {
            id: id.to_owned(),
            title: plan.title.clone(),
            purpose: purpose_view(plan.purpose),
            subject: standard.name.clone(),
            level: level.name.clone(),
            direction: direction.map(|direction| direction.name.clone()),
            begins_text: self.date_text(begins_at_ms),
            minutes: plan.minutes,
        })
    }
}

fn rooms(settled: &Settled) -> Vec<DraftRoom> {
    let rooms = settled.plan.rooms.iter().map(|room| {
        let candidates = as_u32(settled.roster.iter().filter(|entry| entry.room == room.number).count());
        let proctors_required = proctors_required(&settled.terms, candidates);
        DraftRoom { number: room.number, seats: room.seats, candidates, proctors_required }
    });
    let mut rooms: Vec<DraftRoom> = rooms.collect();
    rooms.sort_by_key(|room| room.number);
    rooms
}

fn contributing(given: &[drafts::ContributionRow], who: &Staff, plan: &Plan) -> Contributing {
    let both_by_system = plan.purpose != delivery::session::Purpose::Exam;
    if given.len() >= 2 {
        Contributing::Complete
    } else if given.iter().any(|row| row.account_id.as_deref() == Some(&who.account)) {
        Contributing::Given { both_by_system }
    } else {
        Contributing::Open { both_by_system }
    }
}

/// What every paper is to hold, with the names that the standard gives.
fn blueprint_view(standard: &Standard, blueprint: &Blueprint, compiled: &Compiled) -> BlueprintView {
    let quota = |function: &String, points: u32| FunctionQuota {
        function: function_name(standard, function),
        points,
        counts: compiled
            .cells
            .iter()
            .filter(|cell| cell.function == *function)
            .map(|cell| (cell.min, cell.max))
            .collect(),
    };
    let difficulty = blueprint.difficulty.as_ref();
    let bands = difficulty.map_or(&[][..], |difficulty| &difficulty.bands);
    BlueprintView {
        kinds: blueprint.kinds.iter().map(|quota| (quota.kind, quota.count, quota.points_milli)).collect(),
        functions: blueprint.points.iter().map(|(function, points)| quota(function, *points)).collect(),
        mean: difficulty.and_then(|d| d.mean).map(|mean| (mean.target_permille, mean.tolerance_permille)),
        bands: bands
            .iter()
            .map(|band| BandQuota {
                name: band.name.clone(),
                at_least_permille: band.at_least_permille,
                min: band.min,
                max: band.max,
            })
            .collect(),
        rules: rules(standard, blueprint),
        digest: blueprint.digest().to_string(),
    }
}

/// Everything of a blueprint beside its counts and its difficulty.
fn rules(standard: &Standard, blueprint: &Blueprint) -> Vec<RuleView> {
    let mut rules = Vec::new();
    if let Some(Span { min, max }) = blueprint.knowledge {
        rules.push(RuleView::EveryKnowledge { min, max });
    }
    rules.extend(blueprint.limits.iter().map(|limit| {
        let level = blueprint.level_of(limit);
        let code = limit.knowledge.as_ref().or(limit.work_content.as_ref());
        let part = PartView {
            level: (level != blueprint.level).then(|| level_name(standard, level)),
            function: Some(function_name(standard, &limit.function)),
            knowledge: code.map(|code| (code.clone(), part_text(standard, level, &limit.function, code))),
            ..PartView::default()
        };
        RuleView::Limit { part, min: limit.min, max: limit.max }
    }));
    if let Some(lower) = &blueprint.lower_levels {
        let levels = lower.levels.iter().map(|level| level_name(standard, level)).collect();
        rules.push(RuleView::LowerLevels { levels, min: lower.min, max: lower.max });
    }
    if blueprint.mix == Mix::Free {
        // The kinds' own counts are all that binds them.
        rules.extend(blueprint.kinds.iter().map(|q| RuleView::KindCount { kind: q.kind, count: q.count }));
    }
    if !blueprint.must.is_empty() {
        rules.push(RuleView::Must { questions: blueprint.must.clone() });
    }
    if !blueprint.never.is_empty() {
        rules.push(RuleView::Never { questions: blueprint.never.clone() });
    }
    if !blueprint.enemies.is_empty() {
        rules.push(RuleView::EnemySets(as_u32(blueprint.enemies.len())));
    }
    rules.extend(
        blueprint.earlier.iter().map(|e| RuleView::Earlier { paper: e.paper.clone(), overlap_max: e.overlap_max }),
    );
    rules.extend(blueprint.exposure_max_permille.map(|max_permille| RuleView::Exposure { max_permille }));
    rules
}

/// The name of a function, or its id where the standard has none.
pub(crate) fn function_name(standard: &Standard, id: &str) -> Name {
    standard.function(id).map_or_else(|| plain(id), |function| function.name.clone())
}

pub(super) fn level_name(standard: &Standard, id: &str) -> Name {
    standard.level(id).map_or_else(|| plain(id), |level| level.name.clone())
}

fn plain(id: &str) -> Name {
    Name { zh: id.to_owned(), en: id.to_owned() }
}

pub(super) fn part_text(standard: &Standard, level: &str, function: &str, code: &str) -> String {
    let content = standard.content(level, function);
    let works = content.map_or(&[][..], |content| &content.work_contents);
    let work = works.iter().find(|work| work.code == code).map(|work| work.name.zh.clone());
    work.or_else(|| standard.knowledge(level, function, code).map(|(_, point)| point.text.clone())).unwrap_or_default()
}
