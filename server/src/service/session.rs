//! Sessions: made of a plan with every paper drawn, checked and committed to.

use std::collections::BTreeMap;

use delivery::{
    ledger::{Cause, LedgerRow},
    room::RoomState,
    session::{Purpose, SessionState},
};
use kaochang_app::view::SessionHead;
use question_bank::{
    chance::Secret,
    digest::{Digest, DigestOf},
    evidence::Inputs,
};

use super::{
    Centre,
    acting::Acting,
    draw::{Checked, Contributions, Prepared, contribution_digest},
    hall::Session,
    plan::{Entry, Plan, PlanError},
};
use crate::{
    store::{
        StoreError, Tx,
        audit::{self, Act},
        draft, evidence,
        evidence::StoredInputs,
        paper,
        room::{self as rooms, RoomRow, SeatRow},
        session as sessions,
        session::{OutageRow, SessionRow},
        sitting as sittings,
        sitting::SittingRow,
    },
    vault::masked_id,
    world::{hex, new_id},
};

const MINUTE_MS: i64 = 60_000;
/// Bytes of a code that enrols a machine as a seat.
const SEAT_CODE_BYTES: usize = 10;

/// How a session came to be, for the record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    /// Id of the session.
    pub id: &'a str,
    /// Whether a draft of this id becomes it.
    pub draft: bool,
    /// Login of the officer, or `office`.
    pub actor: &'a str,
    /// Whether the system gave both contributions.
    pub by_system: bool,
}

impl Centre {
    /// Makes a session in one step: checks plan and roster, draws and checks every paper, and keeps all of it in one
    /// transaction. Returns its id.
    pub async fn create_session(
        &self,
        plan: &Plan,
        roster: &[Entry],
        contributions: Contributions,
        actor: &str,
    ) -> Result<String, PlanError> {
        let settled = self.settle(plan, roster).await.map_err(PlanError::Problems)?;
        if plan.purpose == Purpose::Exam && contributions == Contributions::System {
            return Err(PlanError::Contributions);
        }
        let prepared = self.prepare(settled).await?;
        let by_system = contributions == Contributions::System;
        let bytes = contributions.bytes(&*self.world);
        let secret = Secret::join(&bytes[0], &bytes[1]);
        let _turn = self.desk.turn.clone().acquire_owned().await.expect("the semaphore is never closed");
        let drawn =
            tokio::task::spawn_blocking(move || prepared.draw(&secret, &|_| ()).map(|papers| (prepared, papers)));
        let (prepared, papers) = drawn.await.expect("drawing does not panic")?;
        let id = new_id(&*self.world);
        self.keep_session(&prepared, &papers, &bytes, Origin { id: &id, draft: false, actor, by_system }).await?;
        Ok(id)
    }

    /// Keeps a drawn session, all of it or nothing, and takes it into the hall.
    pub(crate) async fn keep_session(
        &self,
        prepared: &Prepared,
        papers: &[Checked],
        contributions: &[Vec<u8>; 2],
        origin: Origin<'_>,
    ) -> Result<(), StoreError> {
        let secret = Secret::join(&contributions[0], &contributions[1]);
        let (settled, inputs) = (&prepared.settled, &prepared.inputs);
        let row = session_row(prepared, origin.id, &inputs.commitment(&secret), self.world.wall_ms());
        let (seated, reserves) = papers.split_at(inputs.roster.seated.len());
        let mut acting = self.begin(&row.id).await?;
        let tx = &mut acting.tx;
        sessions::insert(tx, &row).await?;
        let room_ids = self.insert_rooms(tx, &row.id, &settled.plan).await?;
        for (entry, checked) in settled.roster.iter().zip(seated) {
            self.insert_sitting(tx, &row, &room_ids[&entry.room], entry, checked).await?;
        }
        for (number, (drawn, conformance)) in (1..).zip(reserves) {
            evidence::insert_reserve(tx, &row.id, &drawn.sitting, number, &drawn.paper, conformance).await?;
        }
        evidence::insert(tx, &row.id, &self.stored_inputs(&row.id, inputs, seated, contributions)).await?;
        if origin.draft {
            draft::set_drawn(tx, &row.id).await?;
        }
        self.audit_created(&mut acting, &row, prepared, papers, contributions, origin).await?;
        drop(acting.commit().await?);
        self.load_session(&mut self.store.read().await?, &row.id).await
    }

    fn stored_inputs(
        &self,
        session_id: &str,
        inputs: &Inputs,
        seated: &[Checked],
        contributions: &[Vec<u8>; 2],
    ) -> StoredInputs {
        let hex = serde_json::json!(contributions.each_ref().map(|bytes| hex(bytes))).to_string();
        let clashes = seated.iter().filter(|(drawn, _)| !drawn.clashes.is_empty());
        StoredInputs {
            snapshot: inputs.snapshot.clone(),
            roster: inputs.roster.clone(),
            earlier: inputs.earlier.clone(),
            clashes: clashes.map(|(drawn, _)| (drawn.sitting.clone(), drawn.clashes.clone())).collect(),
            contributions_sealed: self.vault.seal(&hex, &sealed_for(session_id), &*self.world),
        }
    }

    async fn insert_rooms(
        &self,
        tx: &mut Tx,
        session_id: &str,
        plan: &Plan,
    ) -> Result<BTreeMap<u32, String>, StoreError> {
        let mut ids = BTreeMap::new();
        for room in &plan.rooms {
            let id = new_id(&*self.world);
            let row = RoomRow {
                id: id.clone(),
                number: room.number.into(),
                columns: room.columns.into(),
                state: RoomState::Preparing.code().to_owned(),
                opened_clock_ms: None,
                opened_at_ms: None,
                ended_at_ms: None,
            };
            rooms::insert(tx, session_id, &row).await?;
            for number in 1..=room.seats {
                let mut code = [0; SEAT_CODE_BYTES];
                self.world.fill(&mut code);
                let seat = SeatRow { room_id: id.clone(), number: number.into(), code: hex(&code), token_hash: None };
                rooms::insert_seat(tx, session_id, &seat).await?;
            }
            ids.insert(room.number, id);
        }
        Ok(ids)
    }

    async fn insert_sitting(
        &self,
        tx: &mut Tx,
        session: &SessionRow,
        room_id: &str,
        entry: &Entry,
        (drawn, conformance): &Checked,
    ) -> Result<(), StoreError> {
        let row = self.sitting_row(&drawn.sitting, room_id, entry);
        sittings::insert(tx, &session.id, &row).await?;
        paper::insert(tx, &session.id, &row.id, &drawn.paper, conformance).await?;
        if let Some(grant) = accommodation(entry, session.created_at_ms) {
            sittings::grant(tx, &session.id, &row.id, &grant).await?;
        }
        Ok(())
    }

    /// A sitting as it begins.
    pub(crate) fn sitting_row(&self, id: &str, room_id: &str, entry: &Entry) -> SittingRow {
        SittingRow {
            id: id.to_owned(),
            room_id: room_id.to_owned(),
            seat: entry.seat.into(),
            admission_no: entry.admission_no.clone(),
            name: entry.name.clone(),
            id_masked: masked_id(&entry.id_number),
            id_sealed: self.vault.seal(&entry.id_number, id, &*self.world),
            id_index: self.vault.index(&entry.id_number),
            phase: "expected".to_owned(),
            confirmed: false,
            accepted: false,
            epoch: 0,
            started_clock_ms: None,
            closed_by: None,
            closed_clock_ms: None,
            closed_at_ms: None,
            responses_digest: None,
        }
    }

    /// What was promised, committed to and granted, anchored in the other chains.
    async fn audit_created(
        &self,
        acting: &mut Acting<'_>,
        session: &SessionRow,
        prepared: &Prepared,
        papers: &[Checked],
        contributions: &[Vec<u8>; 2],
        Origin { actor, by_system, .. }: Origin<'_>,
    ) -> Result<(), StoreError> {
        let tx = &mut acting.tx;
        let (bank, accounts) = (audit::head(tx, audit::BANK).await?, audit::head(tx, audit::ACCOUNTS).await?);
        let at_ms = session.created_at_ms;
        let (settled, inputs) = (&prepared.settled, &prepared.inputs);
        let (seated, reserves) = papers.split_at(inputs.roster.seated.len());
        let digest = |papers: &[Checked]| {
            papers_digest(papers.iter().map(|(drawn, _)| (drawn.sitting.as_str(), drawn.paper.digest()))).to_string()
        };
        let detail = serde_json::json!({
            "title": session.title, "purpose": session.purpose, "standard": session.standard_id, "level": session.level,
            "direction": session.direction, "minutes": settled.plan.minutes, "candidates": seated.len(),
            "rooms": settled.plan.rooms.len(), "commitment": session.commitment, "snapshot": session.snapshot_digest,
            "blueprint": session.blueprint_digest, "roster": session.roster_digest,
            "earlier": inputs.earlier.digest().to_string(), "engine": session.engine, "terms": session.terms,
            "contributions": contributions.each_ref().map(|bytes| contribution_digest(bytes).to_string()), "by_system": by_system,
            "papers": digest(seated), "reserves": reserves.len(), "reserve_papers": digest(reserves),
            "bank_head": bank.short(), "accounts_head": accounts.short(),
        });
        let mut acts = vec![Act { at_ms, actor, act: "session.created", subject: &session.id, detail }];
        for ((drawn, _), entry) in seated.iter().zip(&settled.roster) {
            if let Some(grant) = accommodation(entry, at_ms) {
                acts.push(granted_act(&session.id, &drawn.sitting, &grant, actor));
            }
        }
        acting.append(&acts).await
    }

    /// A session's commitment, published before the exam.
    pub fn commitment(&self, session: &str) -> Option<String> {
        self.hall().sessions.get(session).map(|session| session.commitment.clone())
    }

    /// Room, seat and code of every seat of a session, for the office to enrol machines by.
    pub fn seat_codes(&self, session: &str) -> Option<Vec<(u32, u32, String)>> {
        let hall = self.hall();
        let rooms = hall.sessions.get(session)?.rooms.values();
        let mut codes: Vec<_> =
            rooms.flat_map(|room| room.seats.iter().map(|(seat, code)| (room.number, *seat, code.clone()))).collect();
        codes.sort();
        Some(codes)
    }

    /// A session as every page shows it.
    pub(crate) fn head_of(&self, session: &Session) -> SessionHead {
        session.head(self.date_text(session.begins_at_ms))
    }
}

fn session_row(prepared: &Prepared, id: &str, commitment: &Digest, now: i64) -> SessionRow {
    let (settled, digests) = (&prepared.settled, prepared.inputs.digests());
    let plan = &settled.plan;
    SessionRow {
        id: id.to_owned(),
        title: plan.title.clone(),
        standard_id: plan.standard.clone(),
        level: plan.level.clone(),
        direction: plan.direction.clone(),
        purpose: plan.purpose.code().to_owned(),
        state: SessionState::Ready.code().to_owned(),
        terms: serde_json::to_string(&settled.terms).expect("terms are plain data"),
        blueprint: serde_json::to_string(&settled.blueprint).expect("a blueprint is plain data"),
        begins_at_ms: settled.begins_at_ms,
        login_from_at_ms: settled.begins_at_ms - i64::from(plan.login_opens_minutes) * MINUTE_MS,
        clock_ms: 0,
        clock_at_ms: now,
        secret: String::new(),
        snapshot_digest: digests.snapshot.to_string(),
        blueprint_digest: digests.blueprint.to_string(),
        roster_digest: digests.roster.to_string(),
        engine: digests.engine,
        commitment: commitment.to_string(),
        created_at_ms: now,
    }
}

/// What the contributions of a session are sealed for.
pub(crate) fn sealed_for(session_id: &str) -> String {
    format!("contributions of {session_id}")
}

/// Over every paper of a session, in order of the sittings' ids.
pub(crate) fn papers_digest<'a>(papers: impl Iterator<Item = (&'a str, Digest)>) -> Digest {
    let mut papers: Vec<_> = papers.collect();
    papers.sort_unstable();
    papers.iter().fold(DigestOf::new("kaochang/papers/1"), |digest, (id, paper)| digest.text(id).digest(paper)).finish()
}

fn accommodation(entry: &Entry, at_ms: i64) -> Option<LedgerRow> {
    let minutes = entry.extra_minutes.filter(|minutes| *minutes > 0)?;
    Some(LedgerRow {
        row_no: 1,
        grant_ms: i64::from(minutes) * MINUTE_MS,
        cause: Cause::Accommodation,
        reason: entry.extra_reason.clone().unwrap_or_default(),
        actor: "office".to_owned(),
        approved_by: None,
        clock_ms: 0,
        at_ms,
    })
}

/// The audit row of a grant; it bears the ledger row's hash.
pub(crate) fn granted_act<'a>(session_id: &str, sitting_id: &'a str, row: &LedgerRow, actor: &'a str) -> Act<'a> {
    let hash = sittings::ledger_hash(session_id, sitting_id, row).to_string();
    let detail = serde_json::json!({
        "row": row.row_no, "ms": row.grant_ms, "cause": row.cause.code(), "reason": row.reason, "approved_by": row.approved_by,
        "clock_ms": row.clock_ms, "hash": hash,
    });
    Act { at_ms: row.at_ms, actor, act: "ledger.granted", subject: sitting_id, detail }
}

/// The audit row of an outage.
pub(crate) fn outage_act(session_id: &str, outage: OutageRow, at_ms: i64) -> Act<'_> {
    let detail = serde_json::json!({ "down_at_ms": outage.down_at_ms, "up_at_ms": outage.up_at_ms, "clock_ms": outage.clock_ms });
    Act { at_ms, actor: "system", act: "session.outage", subject: session_id, detail }
}

/// The receipt's short code: the first eight hex digits of the digest over all responses.
pub(crate) fn check_code(digest: &Digest) -> String {
    let hex = digest.to_string().to_uppercase();
    format!("{}-{}", &hex[..4], &hex[4..8])
}
