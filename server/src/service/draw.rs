//! The draw of a session: what goes in, checked as a whole; the papers, each checked by code that knows nothing of the
//! drawer; and all of it kept in one transaction.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    sync::Arc,
    thread,
};

use delivery::session::{Purpose, Terms};
use kaochang_app::view::{DraftProblem, RowProblem};
use question_bank::{
    blueprint::{Blueprint, Earlier},
    chance::Secret,
    checker::{self, Conformance},
    digest::{Digest, DigestOf},
    drawer::ENGINE,
    earlier::EarlierPapers,
    evidence::{Drawn, Inputs},
    paper::Snapshot,
    question::Revision,
    roster::{Place, Roster, Seated},
    standard::Standard,
};

use super::{
    Centre,
    hall::{Hall, Session},
    plan::{BankRefusal, Entry, Plan, PlanError},
    supply,
};
use crate::{
    store::{StoreError, question},
    world::{World, new_id},
};

/// An earlier session has so many different papers at most for its overlap to be limited.
const FORMS_MAX: usize = 8;
/// Bytes of a contribution that the system makes.
const SYSTEM_BYTES: usize = 32;

/// Whose contributions the secret joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contributions {
    /// Both are the system's; never where it counts.
    System,
    /// Those of two officers, in the order given.
    Officers([Vec<u8>; 2]),
}

/// Questions of earlier papers, by name.
type NamedPapers = BTreeMap<String, Vec<String>>;

/// A plan with its roster, every rule looked at.
#[derive(Clone, Debug)]
pub(crate) struct Settled {
    pub plan: Plan,
    pub roster: Vec<Entry>,
    pub standard: Arc<Standard>,
    pub terms: Terms,
    pub blueprint: Blueprint,
    pub begins_at_ms: i64,
    /// How many papers beyond the roster's.
    pub reserves: u32,
    /// Questions of earlier papers by the names that the blueprint gives them.
    named: NamedPapers,
    /// What each of the roster saw before, by row.
    seen: Vec<Vec<String>>,
}

/// Everything that a draw needs.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub settled: Settled,
    pub inputs: Inputs,
    /// The questions of the snapshot, for the check.
    bank: Vec<Revision>,
}

/// A drawn paper with the statement that it conforms.
pub(crate) type Checked = (Drawn, Conformance);

impl Contributions {
    /// The bytes, the system's made now.
    pub(crate) fn bytes(self, world: &dyn World) -> [Vec<u8>; 2] {
        match self {
            Self::System => [system_bytes(world), system_bytes(world)],
            Self::Officers(bytes) => bytes,
        }
    }
}

/// A contribution that the system makes.
pub(crate) fn system_bytes(world: &dyn World) -> Vec<u8> {
    let mut bytes = vec![0; SYSTEM_BYTES];
    world.fill(&mut bytes);
    bytes
}

/// What goes into the record of a contribution before it is opened.
pub fn contribution_digest(bytes: &[u8]) -> Digest {
    DigestOf::new("kaochang/contribution/1").bytes(bytes).finish()
}

/// As many threads as the machine has.
pub fn threads() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

impl Centre {
    /// Looks at every rule of a plan and its roster; all that is wrong is named.
    pub(crate) async fn settle(&self, plan: &Plan, roster: &[Entry]) -> Result<Settled, Vec<DraftProblem>> {
        self.recall_named(plan, roster).await.map_err(|error| vec![DraftProblem::Other(error.to_string())])?;
        let mut problems = plan.problems(roster);
        let mut keep = |problem: DraftProblem| problems.push(problem);
        let begins_at_ms = plan.begins_at_ms(self.world.wall_ms()).map_err(&mut keep).ok();
        let standard = self.standard(&plan.standard);
        if standard.is_none() {
            keep(DraftProblem::StandardUnknown(plan.standard.clone()));
        }
        let terms = standard.as_deref().and_then(|standard| plan.terms(standard).map_err(&mut keep).ok());
        let blueprint = standard.as_deref().and_then(|standard| plan.blueprint(standard).map_err(&mut keep).ok());
        let hall = self.hall();
        let (seen, mut strangers) = seen(&hall, roster, |id_number| self.vault.index(id_number));
        problems.append(&mut strangers);
        let named = blueprint.and_then(|blueprint| match named(&hall, blueprint) {
            Ok(named) => Some(named),
            Err(mut unknown) => {
                problems.append(&mut unknown);
                None
            }
        });
        drop(hall);
        match (standard, terms, begins_at_ms, named) {
            (Some(standard), Some(terms), Some(begins_at_ms), Some((blueprint, named))) if problems.is_empty() => {
                let (plan, roster, reserves) = (plan.clone(), roster.to_vec(), plan.reserves(roster.len()));
                Ok(Settled { plan, roster, standard, terms, blueprint, begins_at_ms, reserves, named, seen })
            }
            _ => Err(problems),
        }
    }

    /// Takes the bank as it is now, and gives every sitting its id.
    pub(crate) async fn prepare(&self, settled: Settled) -> Result<Prepared, StoreError> {
        let Settled { plan, roster, standard, .. } = &settled;
        let public = plan.purpose != Purpose::Exam;
        let bank = question::approved(&mut self.store.read().await?, &standard.id, public).await?;
        let columns: BTreeMap<u32, u32> = plan.rooms.iter().map(|room| (room.number, room.columns)).collect();
        let seated = |entry: &Entry| {
            let sitting = new_id(&*self.world);
            let candidate = self.vault.candidate(&entry.admission_no, &entry.id_number, &sitting);
            Seated { sitting, candidate, place: Place::of_seat(entry.room, entry.seat, columns[&entry.room]) }
        };
        let roster = Roster {
            seated: roster.iter().map(seated).collect(),
            reserves: (0..settled.reserves).map(|_| new_id(&*self.world)).collect(),
        };
        let seen = roster.seated.iter().zip(&settled.seen).filter(|(_, seen)| !seen.is_empty());
        let seen = seen.map(|(seated, seen)| (seated.sitting.clone(), seen.clone())).collect();
        let inputs = Inputs {
            engine: ENGINE.to_owned(),
            blueprint: settled.blueprint.clone(),
            snapshot: Snapshot::of(bank.iter(), &settled.blueprint.level),
            roster,
            earlier: EarlierPapers { named: settled.named.clone(), seen },
        };
        Ok(Prepared { settled, inputs, bank })
    }
}

impl Settled {
    /// How many papers are drawn.
    pub(crate) fn papers(&self) -> usize {
        self.roster.len() + usize::try_from(self.reserves).unwrap_or(usize::MAX)
    }
}

impl Prepared {
    /// Draws every paper and has each checked. Takes the machine's threads and its time: never on a thread that serves.
    pub(crate) fn draw(&self, secret: &Secret, progress: &(dyn Fn(usize) + Sync)) -> Result<Vec<Checked>, PlanError> {
        let drawn = self.inputs.draw(secret, threads(), progress).map_err(|refusal| self.refused(refusal))?;
        let bank = checker::Bank::of(&self.bank);
        let check = |drawn: Drawn| {
            let (blueprint, earlier) = (&self.inputs.blueprint, &self.inputs.earlier);
            match checker::check(&drawn.paper, blueprint, earlier, Some(&drawn.sitting), &bank) {
                Ok(conformance) => Ok((drawn, conformance)),
                Err(violations) => Err(PlanError::Paper(sentences(&violations))),
            }
        };
        drawn.iter().map(check).collect()
    }

    /// The drawer's refusal with what can be counted at once.
    fn refused(&self, refusal: question_bank::drawer::Refusal) -> PlanError {
        let (blueprint, plan) = (&self.inputs.blueprint, &self.settled.plan);
        let short = blueprint.compile().map(|compiled| supply::shortages(blueprint, &compiled, &self.inputs.snapshot));
        PlanError::Bank(Box::new(BankRefusal {
            purpose: plan.purpose,
            default_difficulty: plan.blueprint.is_none() && blueprint.difficulty.is_some(),
            refusal,
            short: short.unwrap_or_default(),
        }))
    }
}

impl Centre {
    /// Fetches the earlier sessions that a plan and its roster name.
    async fn recall_named(&self, plan: &Plan, roster: &[Entry]) -> Result<(), StoreError> {
        let own = plan.blueprint.iter().flat_map(|blueprint| &blueprint.earlier).map(|earlier| earlier.paper.as_str());
        let limited = plan.earlier.iter().map(|earlier| earlier.session.as_str());
        let named: BTreeSet<&str> = roster.iter().flat_map(Entry::sessions_before).chain(limited).chain(own).collect();
        for id in named {
            self.recall(id).await?;
        }
        Ok(())
    }
}

/// Violations of a paper as one text.
pub(crate) fn sentences(violations: &[checker::Violation]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// What each of the roster saw in the sessions that its row names.
fn seen(hall: &Hall, roster: &[Entry], index: impl Fn(&str) -> String) -> (Vec<Vec<String>>, Vec<DraftProblem>) {
    let mut problems = Vec::new();
    let of_row = |(row, entry): (u32, &Entry)| {
        let mut questions = BTreeSet::new();
        for id in entry.sessions_before() {
            let Some(session) = hall.sessions.get(id) else {
                problems.push(entry.problem(row, RowProblem::SessionUnknown(id.to_owned())));
                continue;
            };
            let own = index(&entry.id_number);
            let mut sat = session
                .sittings
                .values()
                .filter(|s| s.admission_no == entry.admission_no || s.id_index == own)
                .peekable();
            if sat.peek().is_none() {
                problems.push(entry.problem(row, RowProblem::NeverSat(id.to_owned())));
            }
            questions.extend(sat.flat_map(|sitting| &sitting.paper.items).map(|item| item.question.clone()));
        }
        questions.into_iter().collect()
    };
    let seen = (2..).zip(roster).map(of_row).collect();
    (seen, problems)
}

/// The blueprint with the papers that it wants to keep away from: each name is the id of an earlier session, and one with
/// several forms becomes several names.
fn named(hall: &Hall, mut blueprint: Blueprint) -> Result<(Blueprint, NamedPapers), Vec<DraftProblem>> {
    let (mut named, mut limits, mut problems) = (BTreeMap::new(), Vec::new(), Vec::new());
    for wanted in &blueprint.earlier {
        let Some(session) = hall.sessions.get(&wanted.paper) else {
            problems.push(DraftProblem::EarlierUnknown(wanted.paper.clone()));
            continue;
        };
        let forms = forms(session);
        if forms.len() > FORMS_MAX {
            problems.push(DraftProblem::Other(format!(
                "session {} has {} different papers, and an overlap can be limited with {FORMS_MAX} at most; name the \
                 candidates who sat it in the roster's column seen_in",
                session.id,
                forms.len()
            )));
            continue;
        }
        let one = forms.len() == 1;
        for (number, form) in (1..).zip(forms) {
            let paper = if one { session.id.clone() } else { format!("{}/{number}", session.id) };
            limits.push(Earlier { paper: paper.clone(), overlap_max: wanted.overlap_max });
            named.insert(paper, form.into_iter().map(str::to_owned).collect());
        }
    }
    blueprint.earlier = limits;
    if problems.is_empty() { Ok((blueprint, named)) } else { Err(problems) }
}

/// The different sets of questions of a session's papers.
fn forms(session: &Session) -> BTreeSet<Vec<&str>> {
    let questions = session.sittings.values().map(|sitting| {
        let mut questions: Vec<&str> = sitting.paper.items.iter().map(|item| item.question.as_str()).collect();
        questions.sort_unstable();
        questions
    });
    questions.collect()
}
