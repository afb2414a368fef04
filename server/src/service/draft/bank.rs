//! Whether the bank supports a draft: trial papers of the engine itself, drawn beside what serves and remembered until the
//! bank changes.

use std::sync::Arc;

use kaochang_app::view::{
    BankFaultView, BankView, DiagnosisView, PartView, RepairView, RuleView, StarvingView, SufficiencyView,
};
use question_bank::{
    blueprint::Blueprint,
    diagnosis::{self, Clash, Diagnosis, Part, Repair, Rule, Topic, Write},
    drawer::{BankFault, Drawer, Refusal},
    earlier::EarlierPapers,
    evidence::Inputs,
    paper::Snapshot,
    sufficiency::{self, Sufficiency},
};

use super::{
    Settled,
    views::{function_name, level_name, part_text},
};
use crate::service::{Centre, draw::Prepared, sitting::as_u32};

/// So many of the scarcest parts are shown.
const STARVING_MAX: usize = 12;

impl Centre {
    /// What is known of the bank; if nothing is, it is looked at from now on.
    pub(super) fn bank_of(self: &Arc<Self>, id: &str, bank_head: &str, settled: &Settled) -> BankView {
        if let Some(known) = self.desk.bank(id, bank_head) {
            return known;
        }
        let (centre, id, head, settled) = (self.clone(), id.to_owned(), bank_head.to_owned(), settled.clone());
        tokio::spawn(async move {
            let _turn = centre.desk.checks.clone().acquire_owned().await;
            let found = match centre.prepare(settled).await {
                Ok(prepared) => tokio::task::spawn_blocking(move || looked_at(&prepared)).await.ok(),
                Err(error) => {
                    tracing::warn!(draft = id, %error, "draft {id}: the bank could not be looked at: {error}");
                    None
                }
            };
            centre.desk.bank_found(&id, &head, found);
        });
        BankView::Checking
    }
}

impl Settled {
    /// Candidates who sat before.
    pub(super) fn resitting(&self) -> u32 {
        as_u32(self.roster.iter().filter(|entry| entry.sessions_before().next().is_some()).count())
    }
}

/// Draws trial papers. Takes its time: never on a thread that serves.
fn looked_at(prepared: &Prepared) -> BankView {
    let Inputs { blueprint, snapshot, earlier, roster, .. } = &prepared.inputs;
    let words = Words { prepared };
    match trial(blueprint, snapshot, earlier, as_u32(roster.seated.len())) {
        Ok((report, papers_log10)) => BankView::Enough(words.sufficiency(&report, papers_log10)),
        Err(refusal) => words.refused(&refusal),
    }
}

fn trial(
    blueprint: &Blueprint,
    snapshot: &Snapshot,
    earlier: &EarlierPapers,
    candidates: u32,
) -> Result<(Sufficiency, Option<u32>), Refusal> {
    let drawer = Drawer::new(blueprint, snapshot, earlier)?;
    let report = sufficiency::forecast(&drawer, blueprint, snapshot, candidates)?;
    for (sitting, seen) in &earlier.seen {
        let resitter = |refusal| Refusal::Resitter { sitting: sitting.clone(), refusal: Box::new(refusal) };
        drawer.for_resitter(seen).map_err(resitter)?;
    }
    let papers_log10 = drawer.count().map(|count| as_u32(count.to_string().len() - 1));
    Ok((report, papers_log10))
}

/// What the engine says, with the names that the standard gives.
struct Words<'a> {
    prepared: &'a Prepared,
}

impl Words<'_> {
    fn blueprint(&self) -> &Blueprint {
        &self.prepared.inputs.blueprint
    }

    fn sufficiency(&self, report: &Sufficiency, papers_log10: Option<u32>) -> SufficiencyView {
        let must = &self.blueprint().must;
        let exposure = report.exposure.iter().find(|one| !must.contains(&one.question));
        SufficiencyView {
            trials: report.trials,
            candidates: report.candidates,
            questions: self.blueprint().questions(),
            drawable: report.drawable,
            overlap_mean_milli: thousandths(report.overlap_mean),
            overlap_p99: report.overlap_p99,
            exposure_max_permille: exposure.map_or(0, |one| thousandths(one.share)),
            papers_log10,
            starving: self.starving(),
        }
    }

    fn refused(&self, refusal: &Refusal) -> BankView {
        match refusal {
            Refusal::Bank(faults) => BankView::Faulty(faults.iter().map(fault_view).collect()),
            Refusal::Rare { walks } => BankView::Rare { proposals: *walks },
            Refusal::Conflict(diagnosis) => BankView::Short(self.diagnosis(diagnosis)),
            Refusal::Resitter { sitting, refusal } => BankView::Short(self.resitter(sitting, refusal)),
            other => BankView::Faulty(vec![BankFaultView::Other(other.to_string())]),
        }
    }

    /// What the bank lacks for one candidate who saw much of it.
    fn resitter(&self, sitting: &str, refusal: &Refusal) -> DiagnosisView {
        let seated = self.prepared.inputs.roster.seated.iter().position(|seated| seated.sitting == sitting);
        let entry = seated.and_then(|row| self.prepared.settled.roster.get(row));
        let admission_no = entry.map(|entry| entry.admission_no.clone()).unwrap_or_default();
        let mut view = match refusal {
            Refusal::Conflict(diagnosis) => self.diagnosis(diagnosis),
            _ => DiagnosisView {
                contradiction: false,
                conflict: Vec::new(),
                repairs: Vec::new(),
                starving: self.starving(),
            },
        };
        view.conflict.insert(0, RuleView::Seen { admission_no });
        view
    }

    fn diagnosis(&self, diagnosis: &Diagnosis) -> DiagnosisView {
        DiagnosisView {
            contradiction: diagnosis.contradiction,
            conflict: diagnosis.conflict.iter().flat_map(|clash| self.clash(clash)).collect(),
            repairs: diagnosis.repairs.iter().map(|repair| self.repair(repair)).collect(),
            starving: self.starving(),
        }
    }

    /// The rule, and what the bank has for it where that is a part that can be named.
    fn clash(&self, Clash { rule, present }: &Clash) -> Vec<RuleView> {
        let part = match rule {
            Rule::Share { function, kind, .. } => {
                Some(PartView { kind: Some(*kind), ..self.part(None, Some(function), None) })
            }
            Rule::KindCount { kind, .. } => Some(PartView { kind: Some(*kind), ..PartView::default() }),
            Rule::Band { name, .. } => Some(PartView { band: Some(name.clone()), ..PartView::default() }),
            Rule::Knowledge { level, function, knowledge: code, .. }
            | Rule::WorkContent { level, function, work_content: code, .. } => {
                Some(self.part(Some(level), Some(function), Some(code)))
            }
            _ => None,
        };
        let supply = part.map(|part| RuleView::Supply { part, present: *present });
        std::iter::once(self.rule(rule)).chain(supply).collect()
    }

    fn rule(&self, rule: &Rule) -> RuleView {
        let function = |id: &String| function_name(&self.prepared.settled.standard, id);
        match rule {
            Rule::Share { function: id, kind, count } => {
                RuleView::Share { function: function(id), kind: *kind, count: *count }
            }
            Rule::KindCount { kind, count } => RuleView::KindCount { kind: *kind, count: *count },
            Rule::FunctionPoints { function: id, points } => {
                RuleView::FunctionPoints { function: function(id), points: *points }
            }
            Rule::Total { points } => RuleView::Total { points: *points },
            Rule::Mean { target_permille, tolerance_permille } => {
                RuleView::Mean { target_permille: *target_permille, tolerance_permille: *tolerance_permille }
            }
            Rule::EveryKnowledge { min, max, .. } => RuleView::EveryKnowledge { min: *min, max: *max },
            Rule::Knowledge { level, function, knowledge: code, min, max }
            | Rule::WorkContent { level, function, work_content: code, min, max } => {
                RuleView::Limit { part: self.part(Some(level), Some(function), Some(code)), min: *min, max: *max }
            }
            Rule::Band { name, min, max } => RuleView::Band { name: name.clone(), min: *min, max: *max },
            Rule::LowerLevels { min, max } => {
                let levels = self.blueprint().lower_levels.iter().flat_map(|lower| &lower.levels);
                let levels = levels.map(|level| level_name(&self.prepared.settled.standard, level));
                RuleView::LowerLevels { levels: levels.collect(), min: *min, max: *max }
            }
            Rule::Earlier { paper, overlap_max } => {
                RuleView::Earlier { paper: paper.clone(), overlap_max: *overlap_max }
            }
            Rule::Must { questions } => RuleView::Must { questions: questions.clone() },
            Rule::Enemies { sets } => match sets[..] {
                [set] => {
                    RuleView::Enemies { questions: self.blueprint().enemies.get(set).cloned().unwrap_or_default() }
                }
                _ => RuleView::EnemySets(as_u32(sets.len())),
            },
        }
    }

    fn repair(&self, repair: &Repair) -> RepairView {
        match repair {
            Repair::Write(Write { level, function, kind, topic, band, count, .. }) => {
                let code = match topic {
                    Topic::Any => None,
                    Topic::WorkContent(code) | Topic::Knowledge(code) => Some(code),
                };
                let part = self.part(Some(level), Some(function), code);
                RepairView::Write { part: PartView { kind: Some(*kind), band: band.clone(), ..part }, count: *count }
            }
            Repair::Relax { rule, by, .. } => {
                let points = matches!(rule, Rule::FunctionPoints { .. } | Rule::Total { .. });
                RepairView::Relax { rule: self.rule(rule), by: if points { by.div_ceil(1_000) } else { *by } }
            }
        }
    }

    fn starving(&self) -> Vec<StarvingView> {
        let parts = diagnosis::starving(self.blueprint(), &self.prepared.inputs.snapshot).unwrap_or_default();
        let part = |part: &Part| match part {
            Part::Cell { function, kind } => PartView { kind: Some(*kind), ..self.part(None, Some(function), None) },
            Part::Band { name } => PartView { band: Some(name.clone()), ..PartView::default() },
            Part::Knowledge { level, function, knowledge: code }
            | Part::WorkContent { level, function, work_content: code } => {
                self.part(Some(level), Some(function), Some(code))
            }
            Part::LowerLevels => {
                let level = self.blueprint().lower_levels.as_ref().and_then(|lower| lower.levels.first());
                self.part(level, None, None)
            }
        };
        let view = |one: &diagnosis::Starving| StarvingView {
            part: part(&one.part),
            needed: one.needed,
            present: one.present,
        };
        parts.iter().take(STARVING_MAX).map(view).collect()
    }

    /// A part of the bank by its ids. The office reads no questions, so it gets no link to them.
    fn part(&self, level: Option<&String>, function: Option<&String>, code: Option<&String>) -> PartView {
        let standard = &self.prepared.settled.standard;
        let own = &self.blueprint().level;
        let text = |code: &String| part_text(standard, level.unwrap_or(own), function.map_or("", String::as_str), code);
        PartView {
            level: level.filter(|level| *level != own).map(|level| level_name(standard, level)),
            function: function.map(|id| function_name(standard, id)),
            knowledge: code.map(|code| (code.clone(), text(code))),
            ..PartView::default()
        }
    }
}

fn fault_view(fault: &BankFault) -> BankFaultView {
    match fault {
        BankFault::Duplicate(question) => BankFaultView::Duplicate(question.clone()),
        BankFault::Unrated(question) => BankFaultView::Unrated(question.clone()),
        BankFault::MustMissing(question) => BankFaultView::QuestionUnknown(question.clone()),
        BankFault::EarlierMissing(paper) => BankFaultView::PaperUnknown(paper.clone()),
        other => BankFaultView::Other(other.to_string()),
    }
}

/// A share or a count as whole thousandths, for display.
fn thousandths(number: f64) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "shares and counts of questions")]
    let rounded = (number * 1_000.0).round() as u32;
    rounded
}
