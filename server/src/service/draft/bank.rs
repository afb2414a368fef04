//! Whether the bank supports a draft: trial papers of the engine itself, drawn beside what serves and remembered until the
//! bank changes.

use std::sync::Arc;

use kaochang_app::view::{
    BankFaultView, BankView, DiagnosisView, PartView, RepairView, RuleView, StarvingView, SufficiencyView,
};
use question_bank::{
    blueprint::Blueprint,
    drawer::{BankFault, Drawer, Refusal},
    earlier::EarlierPapers,
    evidence::Inputs,
    paper::Snapshot,
    standard::Standard,
    sufficiency::{self, Sufficiency},
};

use super::{Settled, views::function_name};
use crate::service::{
    Centre,
    draw::Prepared,
    sitting::as_u32,
    supply::{self, Part},
};

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
    let standard = &prepared.settled.standard;
    match trial(blueprint, snapshot, earlier, as_u32(roster.seated.len())) {
        Ok((report, papers_log10)) => {
            BankView::Enough(sufficiency_view(standard, blueprint, snapshot, &report, papers_log10))
        }
        Err(refusal) => refused(prepared, &refusal),
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

fn sufficiency_view(
    standard: &Standard,
    blueprint: &Blueprint,
    snapshot: &Snapshot,
    report: &Sufficiency,
    papers_log10: Option<u32>,
) -> SufficiencyView {
    let exposure = report.exposure.iter().find(|one| !blueprint.must.contains(&one.question));
    SufficiencyView {
        trials: report.trials,
        candidates: report.candidates,
        questions: blueprint.questions(),
        drawable: report.drawable,
        overlap_mean_milli: thousandths(report.overlap_mean),
        overlap_p99: report.overlap_p99,
        exposure_max_permille: exposure.map_or(0, |one| thousandths(one.share)),
        papers_log10,
        starving: starving(standard, blueprint, snapshot),
    }
}

fn refused(prepared: &Prepared, refusal: &Refusal) -> BankView {
    let Inputs { blueprint, snapshot, roster, .. } = &prepared.inputs;
    let standard = &prepared.settled.standard;
    match refusal {
        Refusal::Bank(faults) => BankView::Faulty(faults.iter().map(fault_view).collect()),
        Refusal::Rare { walks } => BankView::Rare { proposals: *walks },
        Refusal::Conflict => BankView::Short(DiagnosisView {
            starving: starving(standard, blueprint, snapshot),
            ..diagnosis(standard, blueprint, snapshot)
        }),
        Refusal::Resitter { sitting, .. } => {
            let seated = roster.seated.iter().position(|seated| seated.sitting == *sitting);
            let entry = seated.and_then(|row| prepared.settled.roster.get(row));
            let admission_no = entry.map(|entry| entry.admission_no.clone()).unwrap_or_default();
            BankView::Short(DiagnosisView {
                contradiction: false,
                conflict: vec![RuleView::Seen { admission_no }],
                repairs: Vec::new(),
                starving: starving(standard, blueprint, snapshot),
            })
        }
        other => BankView::Faulty(vec![BankFaultView::Other(other.to_string())]),
    }
}

/// Functions and kinds with fewer questions than one paper takes, and what would mend it.
fn diagnosis(standard: &Standard, blueprint: &Blueprint, snapshot: &Snapshot) -> DiagnosisView {
    let short = blueprint.compile().map(|compiled| supply::shortages(blueprint, &compiled, snapshot));
    let (mut conflict, mut repairs) = (Vec::new(), Vec::new());
    for cell in short.unwrap_or_default() {
        let function = function_name(standard, &cell.function);
        let part = PartView { function: Some(function.clone()), kind: Some(cell.kind), ..PartView::default() };
        conflict.push(RuleView::Share { function, kind: cell.kind, count: cell.needed });
        conflict.push(RuleView::Supply { part: part.clone(), present: cell.present });
        repairs.push(RepairView::Write { part, count: cell.needed - cell.present });
    }
    DiagnosisView { contradiction: false, conflict, repairs, starving: Vec::new() }
}

fn starving(standard: &Standard, blueprint: &Blueprint, snapshot: &Snapshot) -> Vec<StarvingView> {
    let Ok(compiled) = blueprint.compile() else { return Vec::new() };
    let view = |part: Part| StarvingView {
        part: PartView {
            function: part.function.map(|id| function_name(standard, &id)),
            kind: part.kind,
            band: part.band,
            ..PartView::default()
        },
        needed: part.needed,
        present: part.present,
    };
    supply::starving(blueprint, &compiled, snapshot).into_iter().take(STARVING_MAX).map(view).collect()
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
