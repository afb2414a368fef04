//! A session in preparation: made of plan and roster, given two contributions, drawn. It becomes the session of its id.

mod bank;
mod views;

pub(crate) use views::function_name;

use std::sync::Arc;

use delivery::session::Purpose;
use kaochang_app::{
    notice::{Code, Notice},
    view::{DraftProblem, DrawFailure},
};
use question_bank::{chance::Secret, drawer};
use serde_json::json;

use super::{
    Centre, Refusal,
    account::Staff,
    draw::{Checked, Prepared, Settled, contribution_digest, system_bytes},
    plan::{Entry, Plan, PlanError},
    session::Origin,
    sitting::as_u32,
};
use crate::{
    store::{
        StoreError, Tx,
        audit::{self, Act},
        draft::{self as drafts, ContributionRow, DraftRow},
        inconsistent,
    },
    world::{hex, new_id, unhex},
};

/// The fewest characters of a contribution that somebody types.
const CHARACTERS_MIN: usize = 20;
/// The most: a contribution is no letter.
const CHARACTERS_MAX: usize = 1_000;

/// Why no draft is made of what was given.
#[derive(Debug)]
pub enum DraftError {
    /// Everything that is wrong with it.
    Problems(Vec<DraftProblem>),
    /// The store failed.
    Store(StoreError),
}

impl From<StoreError> for DraftError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What an officer gives to the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gift {
    /// Typed by the officer.
    Own(String),
    /// Made by the system on the officer's word.
    System,
    /// Whatever is missing, made by the system; only where nothing is at stake.
    Rest,
}

impl Centre {
    /// Makes a draft of plan and roster as they were typed; all that is wrong is named. Returns its id.
    pub async fn create_draft(&self, plan_text: &str, roster_text: &str, actor: &Staff) -> Result<String, DraftError> {
        let settled = self.read_draft(plan_text, roster_text).await?;
        let id = new_id(&*self.world);
        let at_ms = self.world.wall_ms();
        let row = DraftRow {
            id: id.clone(),
            plan: plan_text.to_owned(),
            roster_sealed: self.vault.seal(roster_text, &roster_of(&id), &*self.world),
            candidates: as_u32(settled.roster.len()).into(),
            created_by: actor.account.clone(),
            created_by_name: actor.name.clone(),
            created_at_ms: at_ms,
            state: "open".to_owned(),
        };
        let mut acting = self.begin(&id).await?;
        let tx = &mut acting.tx;
        drafts::insert(tx, &row).await?;
        let (bank, accounts) = (audit::head(tx, audit::BANK).await?, audit::head(tx, audit::ACCOUNTS).await?);
        let detail = json!({
            "title": settled.plan.title, "purpose": settled.plan.purpose.code(), "candidates": row.candidates,
            "blueprint": settled.blueprint.digest().to_string(), "bank_head": bank.short(), "accounts_head": accounts.short(),
        });
        let act = Act { at_ms, actor: &actor.login, act: "draft.created", subject: &id, detail };
        acting.append(&[act]).await?;
        drop(acting.commit().await?);
        Ok(id)
    }

    /// Removes a draft that is not drawn.
    pub async fn delete_draft(&self, id: &str, actor: &Staff, confirmed: bool) -> Result<Notice, Refusal> {
        let mut acting = self.begin(id).await?;
        let row = self.open_draft(&mut acting.tx, id).await?;
        if !confirmed {
            return Err(Code::ConfirmMissing.into());
        }
        let at_ms = self.world.wall_ms();
        drafts::delete(&mut acting.tx, id).await?;
        let detail = json!({ "candidates": row.candidates });
        let act = Act { at_ms, actor: &actor.login, act: "draft.deleted", subject: id, detail };
        acting.append(&[act]).await?;
        drop(acting.commit().await?);
        self.desk.forget(id);
        Ok(Code::DraftDeleted.into())
    }

    /// Takes an officer's contribution; its digest goes into the chain at once, the bytes are sealed.
    pub async fn contribute(&self, id: &str, actor: &Staff, gift: &Gift) -> Result<Notice, Refusal> {
        let mut acting = self.begin(id).await?;
        let row = self.open_draft(&mut acting.tx, id).await?;
        let given = drafts::contributions(&mut acting.tx, id).await?;
        if given.len() >= 2 {
            return Err(Code::ContributionsComplete.into());
        }
        let gave = given.iter().any(|row| row.account_id.as_deref() == Some(&actor.account));
        let plan = stored_plan(&row)?;
        let counts = plan.purpose == Purpose::Exam;
        let own = match gift {
            Gift::Rest if counts => return Err(Code::FormInvalid.into()),
            Gift::Own(_) | Gift::System if gave => return Err(Code::ContributionTwice.into()),
            Gift::Own(text) => Some(typed(text)?),
            Gift::System | Gift::Rest => None,
        };
        let wanted = if *gift == Gift::Rest { 2 - given.len() } else { 1 };
        let at_ms = self.world.wall_ms();
        for number in (given.len() + 1..).take(wanted) {
            let bytes = own.clone().unwrap_or_else(|| system_bytes(&*self.world));
            // The first that somebody asks the system for is theirs; what it adds to that is nobody's.
            let theirs = !gave && number == given.len() + 1;
            let number = i64::try_from(number).map_err(|_| inconsistent("a count of contributions"))?;
            let row = ContributionRow {
                number,
                account_id: theirs.then(|| actor.account.clone()),
                account_name: theirs.then(|| actor.name.clone()),
                by_system: own.is_none(),
                digest: contribution_digest(&bytes).to_string(),
                sealed: self.vault.seal(&hex(&bytes), &contribution_of(id, number), &*self.world),
                at_ms,
            };
            drafts::contribute(&mut acting.tx, id, &row).await?;
            let detail = json!({ "number": number, "digest": row.digest, "by_system": row.by_system });
            let act = Act { at_ms, actor: &actor.login, act: "draft.contributed", subject: id, detail };
            acting.append(&[act]).await?;
        }
        drop(acting.commit().await?);
        Ok(Code::ContributionGiven.into())
    }

    /// Begins the draw. It goes on by itself; the draft's page tells how far it is.
    pub async fn begin_draw(self: &Arc<Self>, id: &str, actor: &Staff) -> Result<Notice, Refusal> {
        let Ok(turn) = self.desk.turn.clone().try_acquire_owned() else {
            let same = self.desk.drawing().is_some_and(|drawing| drawing.draft == id);
            return Err(if same { Code::DrawBegun.into() } else { Code::DrawElsewhere.into() });
        };
        let mut acting = self.begin(id).await?;
        let row = self.open_draft(&mut acting.tx, id).await?;
        let given = drafts::contributions(&mut acting.tx, id).await?;
        let contributions = self.unsealed(id, &given)?.ok_or(Code::DrawNotReady)?;
        let settled = self.settled(&row).await?.map_err(|_| Code::DrawNotReady)?;
        let drawing = self.desk.begin(id, settled.papers());
        drop(acting);
        let prepared = self.prepare(settled).await.inspect_err(|_| self.desk.end(None))?;
        let (centre, id, actor) = (self.clone(), id.to_owned(), actor.login.clone());
        tokio::spawn(async move {
            let secret = Secret::join(&contributions[0], &contributions[1]);
            let drawn = tokio::task::spawn_blocking(move || {
                let papers = prepared.draw(&secret, &|done| drawing.advance(done));
                papers.map(|papers| (prepared, papers))
            });
            let failure = match drawn.await {
                Ok(Ok(drawn)) => centre.keep_drawn(&id, &drawn, &contributions, &actor).await,
                Ok(Err(error)) => Some(failure(&id, &error)),
                Err(_) => Some(DrawFailure::Interrupted),
            };
            centre.desk.end(failure);
            drop(turn);
        });
        Ok(Code::DrawBegun.into())
    }

    async fn keep_drawn(
        &self,
        id: &str,
        (prepared, papers): &(Prepared, Vec<Checked>),
        contributions: &[Vec<u8>; 2],
        actor: &str,
    ) -> Option<DrawFailure> {
        let origin = Origin { id, draft: true, actor, by_system: false };
        match self.keep_session(prepared, papers, contributions, origin).await {
            Ok(()) => None,
            Err(error) => {
                tracing::error!(draft = id, %error, "draft {id}: its papers could not be kept: {error}");
                Some(DrawFailure::Interrupted)
            }
        }
    }

    /// Plan and roster as they were typed, every rule looked at.
    async fn read_draft(&self, plan: &str, roster: &str) -> Result<Settled, DraftError> {
        let problems = |error: PlanError| match error {
            PlanError::Problems(problems) => problems,
            other => vec![DraftProblem::Other(other.to_string())],
        };
        match (Plan::parse(plan).map_err(problems), Plan::roster(roster).map_err(problems)) {
            (Ok(plan), Ok(roster)) => self.settle(&plan, &roster).await.map_err(DraftError::Problems),
            // What can be read is looked at all the same, so that nobody corrects one half to learn of the other.
            (Ok(plan), Err(mut found)) => {
                let own = self.settle(&plan, &[]).await.err().unwrap_or_default();
                found.extend(own.into_iter().filter(|problem| *problem != DraftProblem::RosterEmpty));
                Err(DraftError::Problems(found))
            }
            (Err(mut found), roster) => {
                found.extend(roster.err().unwrap_or_default());
                Err(DraftError::Problems(found))
            }
        }
    }

    /// A stored draft as it is settled now: sessions and standards may have changed since it was made.
    pub(super) async fn settled(&self, row: &DraftRow) -> Result<Result<Settled, Vec<DraftProblem>>, StoreError> {
        let plan = stored_plan(row)?;
        let roster = self.stored_roster(row)?;
        Ok(self.settle(&plan, &roster).await)
    }

    fn stored_roster(&self, row: &DraftRow) -> Result<Vec<Entry>, StoreError> {
        let text = self.vault.unseal(&row.roster_sealed, &roster_of(&row.id));
        let text = text.ok_or_else(|| inconsistent("a draft's roster can't be unsealed with these keys"))?;
        Plan::roster(&text).map_err(|_| inconsistent("a draft's roster"))
    }

    /// A draft that is there and neither drawn nor being drawn.
    async fn open_draft(&self, tx: &mut Tx, id: &str) -> Result<DraftRow, Refusal> {
        let row = drafts::by_id(tx, id).await?.ok_or(Refusal::NotFound)?;
        if self.desk.drawing().is_some_and(|drawing| drawing.draft == id) {
            return Err(Code::DrawBegun.into());
        }
        if row.state == "drawn" { Err(Code::DraftDrawn.into()) } else { Ok(row) }
    }

    /// Both contributions, once both are there.
    fn unsealed(&self, id: &str, given: &[ContributionRow]) -> Result<Option<[Vec<u8>; 2]>, StoreError> {
        let [first, second] = given else { return Ok(None) };
        let bytes = |row: &ContributionRow| {
            let hex = self.vault.unseal(&row.sealed, &contribution_of(id, row.number));
            let bytes =
                hex.as_deref().and_then(unhex).filter(|bytes| contribution_digest(bytes).to_string() == row.digest);
            bytes.ok_or_else(|| inconsistent("a contribution"))
        };
        Ok(Some([bytes(first)?, bytes(second)?]))
    }
}

fn stored_plan(row: &DraftRow) -> Result<Plan, StoreError> {
    Plan::parse(&row.plan).map_err(|_| inconsistent("a draft's plan"))
}

fn typed(text: &str) -> Result<Vec<u8>, Refusal> {
    let text = text.trim();
    match text.chars().count() {
        0..CHARACTERS_MIN => Err(Refusal::with(Code::ContributionShort, CHARACTERS_MIN)),
        CHARACTERS_MIN..=CHARACTERS_MAX => Ok(text.as_bytes().to_vec()),
        _ => Err(Code::FormInvalid.into()),
    }
}

fn failure(id: &str, error: &PlanError) -> DrawFailure {
    tracing::warn!(draft = id, %error, "draft {id}: the draw failed: {error}");
    match error {
        PlanError::Bank(bank) => match bank.refusal {
            drawer::Refusal::Rare { walks } => DrawFailure::Rare { proposals: walks },
            _ => DrawFailure::Bank,
        },
        PlanError::Paper(why) => DrawFailure::NotConforming(why.clone()),
        PlanError::Problems(_) | PlanError::Contributions | PlanError::Store(_) => DrawFailure::Interrupted,
    }
}

fn roster_of(draft: &str) -> String {
    format!("roster of {draft}")
}

fn contribution_of(draft: &str, number: i64) -> String {
    format!("contribution {number} of {draft}")
}
