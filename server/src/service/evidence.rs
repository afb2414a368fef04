//! What proves a session's papers: the commitment that is shown before, the evidence that opens it after the last room has
//! ended.

use std::collections::{BTreeMap, BTreeSet};

use delivery::{room::RoomState, session::SessionState};
use kaochang_app::{
    notice::Code,
    view::{self, AddingView, ContributionRow, EvidenceView, LateRow, ProofView, SessionView},
};
use question_bank::{
    blueprint::Blueprint,
    chance::Secret,
    digest::Digest,
    evidence::{Digests, Drawn, Evidence, Inputs, Late},
    roster::Place,
};

use super::{
    Centre, Refusal,
    hall::Session,
    late::{free_seats, places},
    session::sealed_for,
    sitting::as_u32,
};
use crate::{
    store::{
        StoreError, Tx, audit, document, draft as drafts,
        evidence::{self as store, Reserve},
        inconsistent, paper, session as sessions,
        session::SessionRow,
    },
    world::unhex,
};

/// Everything that the papers of a session follow from, opened.
#[derive(Debug)]
pub(crate) struct Proof {
    pub inputs: Inputs,
    pub digests: Digests,
    pub commitment: Digest,
    /// In hexadecimal digits.
    pub contributions: [String; 2],
    pub secret: Secret,
    pub reserves: Vec<Reserve>,
    /// Every paper as it is sat: the roster's, then the reserves'.
    pub papers: Vec<Drawn>,
}

impl Proof {
    /// The reserves that are in use, in the order of their use.
    pub(crate) fn late(&self) -> impl Iterator<Item = &Late> {
        self.reserves.iter().filter_map(|reserve| reserve.used.as_ref()).map(|used| &used.late.late)
    }

    /// Places that papers were put in order for.
    pub(crate) fn places(&self) -> BTreeSet<Place> {
        places(&self.inputs.roster, self.late())
    }
}

impl Centre {
    /// The evidence as JSON, for whoever wants to draw the papers again. Refused until every room has ended: it opens the
    /// secret and names every paper.
    pub async fn evidence(&self, session_id: &str) -> Result<String, Refusal> {
        {
            let hall = self.hall();
            let session = hall.sessions.get(session_id).ok_or(Refusal::NotFound)?;
            if rooms_open(session) > 0 {
                return Err(Code::EvidenceNotYet.into());
            }
        }
        let proof = self.proof(&mut self.store.read().await?, session_id).await?.ok_or(Refusal::NotFound)?;
        let text = tokio::task::spawn_blocking(move || {
            let late = proof.late().cloned().collect();
            let Proof { inputs, digests, commitment, contributions, papers, .. } = proof;
            serde_json::to_string(&Evidence { commitment, digests, contributions, inputs, late, papers })
        });
        let text = text.await.map_err(|_| inconsistent("evidence that can't be written"))?;
        Ok(text.map_err(|error| StoreError::Inconsistent(error.to_string()))?)
    }

    /// What a session was drawn from, opened; nothing for sessions drawn before evidence was kept.
    pub(crate) async fn proof(&self, tx: &mut Tx, session_id: &str) -> Result<Option<Proof>, StoreError> {
        let row = sessions::by_id(tx, session_id).await?.ok_or_else(|| inconsistent("a session that is not there"))?;
        let Some(stored) = store::inputs(tx, session_id).await? else { return Ok(None) };
        let reserves = store::reserves(tx, session_id).await?;
        let sat = paper::of_session(tx, session_id).await?;
        let mut sat: BTreeMap<String, _> = sat.into_iter().map(|stored| (stored.sitting, stored.paper)).collect();
        let contributions = self.opened(session_id, &stored.contributions_sealed)?;
        let bytes = contributions.each_ref().map(|hex| unhex(hex).unwrap_or_default());
        let (commitment, digests) = committed(&row, &stored.earlier.digest())?;
        let blueprint: Blueprint = document(&row.blueprint)?;
        let mut clashes = stored.clashes;
        let mut papers = Vec::with_capacity(sat.len() + reserves.len());
        for seated in &stored.roster.seated {
            let paper = sat.remove(&seated.sitting).ok_or_else(|| inconsistent("a sitting without a paper"))?;
            let clashes = clashes.remove(&seated.sitting).unwrap_or_default();
            papers.push(Drawn { sitting: seated.sitting.clone(), paper, clashes });
        }
        for reserve in &reserves {
            let used = reserve.used.as_ref();
            let paper = sat.remove(&reserve.sitting).unwrap_or_else(|| reserve.paper.clone());
            let clashes = used.map(|used| used.late.clashes.clone()).unwrap_or_default();
            papers.push(Drawn { sitting: reserve.sitting.clone(), paper, clashes });
        }
        let inputs = Inputs {
            engine: row.engine,
            blueprint,
            snapshot: stored.snapshot,
            roster: stored.roster,
            earlier: stored.earlier,
        };
        let secret = Secret::join(&bytes[0], &bytes[1]);
        Ok(Some(Proof { inputs, digests, commitment, contributions, secret, reserves, papers }))
    }

    fn opened(&self, session_id: &str, sealed: &str) -> Result<[String; 2], StoreError> {
        let text = self.vault.unseal(sealed, &sealed_for(session_id));
        document(&text.ok_or_else(|| inconsistent("a session's contributions can't be unsealed with these keys"))?)
    }

    /// The session's page: what proves its papers, and who was added late.
    pub async fn session_view(&self, session_id: &str) -> Result<SessionView, Refusal> {
        let mut tx = self.store.read().await?;
        let row = sessions::by_id(&mut tx, session_id).await?.ok_or(Refusal::NotFound)?;
        let roster = store::roster(&mut tx, session_id).await?;
        let reserves = store::reserves(&mut tx, session_id).await?;
        let contributions = self.contributions(&mut tx, &row).await?;
        drop(tx);
        let hall = self.hall();
        let session = hall.sessions.get(session_id).ok_or(Refusal::NotFound)?;
        let evidence = match (&roster, rooms_open(session)) {
            (None, _) => EvidenceView::None,
            (Some(_), 0) => EvidenceView::Open,
            (Some(_), rooms) => EvidenceView::NotYet { rooms },
        };
        let papers = as_u32(session.sittings.len() + reserves.iter().filter(|reserve| reserve.used.is_none()).count());
        let used = reserves.iter().filter_map(|reserve| reserve.used.as_ref());
        let adding = match &roster {
            _ if rooms_open(session) == 0 => AddingView::Over,
            Some((roster, _)) if reserves.iter().any(|reserve| reserve.used.is_none()) => {
                AddingView::Open(free_seats(session, &places(roster, used.clone().map(|used| &used.late.late))))
            }
            _ => AddingView::NoReserve,
        };
        let late = used.filter_map(|used| {
            let sitting = session.sittings.get(&used.late.late.sitting)?;
            let who = sitting.who(session.rooms[&sitting.room].number);
            Some(LateRow { who, at_text: self.date_text(used.at_ms), by: used.by.clone() })
        });
        let overview = self.session_row_view(session);
        Ok(SessionView {
            session: overview.session,
            state: state_view(session.state),
            rooms: overview.rooms,
            candidates: overview.candidates,
            evidence,
            voided: self.voided_views(session),
            reserves: as_u32(reserves.len()),
            late: late.collect(),
            adding,
            proof: ProofView {
                commitment: row.commitment,
                drawn_text: self.date_text(row.created_at_ms),
                engine: row.engine,
                papers,
                // Nothing is kept that did not pass.
                checked: papers,
                blueprint: row.blueprint_digest,
                bank: row.snapshot_digest,
                roster: row.roster_digest,
                earlier: roster.map(|(_, earlier)| earlier),
                contributions,
            },
        })
    }

    /// Who contributed to the secret: the officers of the draft, or what the session's first row tells.
    async fn contributions(&self, tx: &mut Tx, session: &SessionRow) -> Result<Vec<ContributionRow>, StoreError> {
        let given = drafts::contributions(tx, &session.id).await?;
        if !given.is_empty() {
            return Ok(given.iter().map(|row| self.contribution_view(row)).collect());
        }
        let created = audit::rows_of(tx, &session.id, &session.id).await?;
        let Some(created) = created.into_iter().find(|row| row.act == "session.created") else { return Ok(Vec::new()) };
        let facts: serde_json::Value = serde_json::from_str(&created.detail).unwrap_or_default();
        let digests = facts["contributions"].as_array().cloned().unwrap_or_default();
        let row = |digest: &serde_json::Value| ContributionRow {
            by: created.actor.clone(),
            at_text: self.date_text(created.at_ms),
            digest: digest.as_str().unwrap_or_default().to_owned(),
            by_system: facts["by_system"].as_bool().unwrap_or(true),
        };
        Ok(digests.iter().map(row).collect())
    }
}

/// What was committed to before the exam, as it stands with the session.
fn committed(row: &SessionRow, earlier: &Digest) -> Result<(Digest, Digests), StoreError> {
    let digest = |text: &str| text.parse::<Digest>().map_err(|_| inconsistent("a session's digest"));
    let digests = Digests {
        engine: row.engine.clone(),
        blueprint: digest(&row.blueprint_digest)?,
        snapshot: digest(&row.snapshot_digest)?,
        roster: digest(&row.roster_digest)?,
        earlier: *earlier,
    };
    Ok((digest(&row.commitment)?, digests))
}

fn rooms_open(session: &Session) -> u32 {
    as_u32(session.rooms.values().filter(|room| room.room.state != RoomState::Ended).count())
}

/// A session's state as pages name it.
pub(crate) fn state_view(state: SessionState) -> view::SessionState {
    match state {
        SessionState::Ready => view::SessionState::Ready,
        SessionState::Running => view::SessionState::Running,
        SessionState::Finished => view::SessionState::Finished,
    }
}
