//! Sessions: made of a plan with every paper drawn, checked and committed to; loaded again at each start.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use delivery::{
    clock::ExamClock,
    ledger::{Cause, LedgerRow},
    pause::Pauses,
    room::RoomState,
    session::{Purpose, SessionState},
    sitting::{Answer, ClosedBy, Phase, Shape},
};
use kaochang_app::{markdown, view::SessionHead};
use question_bank::{
    chance::Secret,
    digest::{Digest, DigestOf},
    evidence::Inputs,
    paper::Paper,
    question::Revision,
};

use super::{
    Centre,
    acting::Acting,
    draw::{Checked, Contributions, Prepared, contribution_digest},
    hall::{Headcount, Room, SeatAt, Session, Signs, Sitting, Text, Waking},
    plan::{Entry, Plan, PlanError},
};
use crate::{
    store::{
        StoreError, Tx,
        audit::{self, Act},
        document, draft, evidence,
        evidence::StoredInputs,
        inconsistent, natural, paper, question, response,
        room::{self as rooms, RoomRow, SeatRow},
        session as sessions,
        session::{OutageRow, SessionRow},
        sitting as sittings,
        sitting::{SittingRow, StoredLedgerRow},
        void,
    },
    vault::{masked_id, token_hash},
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

    /// Loads standards and sessions; sessions that were running get an outage from the last sign of life until now, if no other
    /// server has served them. Of those that are finished only what the staff's home shows: however many exams a centre has
    /// held, it starts as fast.
    pub(crate) async fn load(&self) -> Result<(), StoreError> {
        self.load_standards().await?;
        let served = self.look_for_peers().await?;
        let all = sessions::all(&mut self.store.read().await?).await?;
        for session in all {
            if session.state == SessionState::Running.code() && !served {
                self.record_outage(&session).await?;
            }
            let mut tx = self.store.read().await?;
            if session.state == SessionState::Finished.code() {
                self.load_at_rest(&mut tx, session).await?;
            } else {
                self.load_session(&mut tx, &session.id).await?;
            }
        }
        Ok(())
    }

    /// Takes a finished session into memory without its people.
    async fn load_at_rest(&self, tx: &mut Tx, row: SessionRow) -> Result<(), StoreError> {
        let row_no = audit::read_head(tx, &row.id).await?.row_no;
        let rooms = rooms::of_session(tx, &row.id).await?.into_iter().map(|room| live_room(room, &[], &[], &[]));
        let rooms = rooms.collect::<Result<Vec<_>, _>>()?;
        let counts = sittings::counts(tx, &row.id).await?.into_iter().map(|(room, rostered, expected)| {
            Ok((room, Headcount { rostered: natural(rostered)?, expected: natural(expected)? }))
        });
        let at_rest = Some(counts.collect::<Result<_, StoreError>>()?);
        let session = Session { at_rest, ..self.live_session(row, row_no, rooms)? };
        self.hall().sessions.insert(session.id.clone(), session);
        Ok(())
    }

    /// Fetches a session that lies at rest, by its own id or by that of a room: its people, their papers and answers. Does
    /// nothing for any other.
    pub async fn recall(&self, id: &str) -> Result<(), StoreError> {
        let resting = {
            let hall = self.hall();
            let session = hall.sessions.get(id).or_else(|| hall.room(id).map(|(session, _)| session));
            session.filter(|session| session.at_rest.is_some()).map(|session| session.id.clone())
        };
        match resting {
            Some(id) => self.load_session(&mut self.store.read().await?, &id).await,
            None => Ok(()),
        }
    }

    /// The same by a candidate's token: what they still send, and their receipt, find the sitting.
    pub async fn recall_by_token(&self, token: &str) -> Result<(), StoreError> {
        let hash = token_hash(token);
        if self.hall().tokens.contains_key(&hash) {
            return Ok(());
        }
        let session = sittings::session_of_login(&mut self.store.read().await?, &hash).await?;
        match session {
            Some(session) => self.recall(&session).await,
            None => Ok(()),
        }
    }

    /// Loads the standards again, after one was added.
    pub(crate) async fn load_standards(&self) -> Result<(), StoreError> {
        let standards = question::standards(&mut self.store.read().await?).await?;
        self.hall().standards =
            standards.into_iter().map(|standard| (standard.id.clone(), Arc::new(standard))).collect();
        Ok(())
    }

    async fn record_outage(&self, session: &SessionRow) -> Result<(), StoreError> {
        let now = self.world.wall_ms();
        let outage = OutageRow { down_at_ms: session.clock_at_ms, up_at_ms: now, clock_ms: session.clock_ms };
        let mut tx = self.store.write().await?;
        sessions::insert_outage(&mut tx, &session.id, outage).await?;
        // A sign of life: who is killed again before the first count is written was down since now, not since before.
        sessions::flush_clock(&mut tx, &session.id, outage.clock_ms, now).await?;
        audit::append(&mut tx, &session.id, &[outage_act(&session.id, outage, now)]).await?;
        tx.commit().await?;
        tracing::warn!(
            session = session.id,
            "session {}: an outage since {}",
            session.title,
            self.date_text(outage.down_at_ms)
        );
        Ok(())
    }

    /// Brings what memory has of a chain to this row. The caller's transaction holds the chain's head.
    pub(crate) async fn catch_up(&self, tx: &mut Tx, chain: &str, row_no: i64) -> Result<(), StoreError> {
        let known = self.hall().sessions.get(chain).map(|session| session.row_no);
        let Some(known) = known.filter(|known| *known != row_no) else { return Ok(()) };
        let acts = audit::since(tx, chain, known).await?;
        let rows = sittings::changed_since(tx, chain, known).await?;
        let (others, unknown) = {
            let hall = self.hall();
            let Some(session) = hall.sessions.get(chain) else { return Ok(()) };
            let others = acts.iter().filter(|(.., subject)| !session.sittings.contains_key(subject));
            let others: BTreeSet<&str> = others.map(|(.., subject)| subject.as_str()).collect();
            // A sitting that was added, or something that the rest of this function knows nothing of.
            let unknown = others.iter().any(|subject| *subject != chain && !session.rooms.contains_key(*subject));
            (!others.is_empty(), unknown)
        };
        if unknown || row_no < known {
            return self.load_session(tx, chain).await;
        }
        let mut ledgers: HashMap<String, Vec<LedgerRow>> = HashMap::new();
        for StoredLedgerRow { sitting, row, .. } in sittings::ledger_since(tx, chain, known).await? {
            ledgers.entry(sitting).or_default().push(row);
        }
        let logins = sittings::logins_since(tx, chain, known).await?;
        let whole = if others {
            let row = sessions::by_id(tx, chain).await?.ok_or_else(|| inconsistent("a session that is not there"))?;
            Some((row, self.load_rooms(tx, chain).await?, void::of_session(tx, chain).await?))
        } else {
            None
        };
        let mut hall = self.hall();
        if let Some((row, (rooms, seats), voided)) = whole {
            hall.seat(chain, seats);
            let Some(session) = hall.sessions.get_mut(chain) else { return Ok(()) };
            session.state = state(&row)?;
            session.clock.learn(row.clock_ms, self.world.monotonic_ms());
            session.rooms = by_id(rooms);
            session.voided = voided;
        }
        hall.tokens.extend(logins.into_iter().map(|(hash, sitting, epoch)| (hash, (chain.to_owned(), sitting, epoch))));
        for row in rows {
            let ledger = ledgers.remove(&row.id).unwrap_or_default();
            if let Some(live) = hall.sitting_mut(chain, &row.id) {
                live.go_on_as(&row, ledger)?;
            }
        }
        for (at_ms, act, subject) in acts {
            if let Some(live) = hall.sitting_mut(chain, &subject) {
                live.signs.hear_of(&act, at_ms);
            }
        }
        if let Some(session) = hall.sessions.get_mut(chain) {
            session.row_no = row_no;
        }
        Ok(())
    }

    /// Rooms as the hall has them, and which machine is which seat.
    async fn load_rooms(&self, tx: &mut Tx, id: &str) -> Result<(Vec<Room>, HashMap<String, SeatAt>), StoreError> {
        let presences = rooms::presences(tx, id).await?;
        let seats = rooms::seats(tx, id).await?;
        let pauses = rooms::pauses(tx, id).await?;
        let rooms = rooms::of_session(tx, id).await?.into_iter();
        let rooms = rooms.map(|room| live_room(room, &seats, &presences, &pauses));
        let rooms = rooms.collect::<Result<_, _>>()?;
        let mut machines = HashMap::new();
        for seat in seats {
            if let Some(hash) = seat.token_hash {
                let at = SeatAt { session: id.to_owned(), room: seat.room_id, seat: natural(seat.number)? };
                machines.insert(hash, at);
            }
        }
        Ok((rooms, machines))
    }

    /// Loads one session into memory.
    pub(crate) async fn load_session(&self, tx: &mut Tx, id: &str) -> Result<(), StoreError> {
        let row_no = audit::read_head(tx, id).await?.row_no;
        let row = sessions::by_id(tx, id).await?.ok_or_else(|| inconsistent("a session that is not there"))?;
        let (rooms, seats) = self.load_rooms(tx, id).await?;
        let bank = question::of_standard(tx, &row.standard_id).await?;
        let sittings = live_sittings(tx, id, &bank).await?;
        let reserves = evidence::reserves(tx, id).await?;
        let papers = sittings.values().map(|sitting| &*sitting.paper);
        let papers = papers.chain(reserves.iter().map(|reserve| &reserve.paper));
        let texts = Arc::new(texts(&bank, papers));
        let logins = sittings::logins(tx, id).await?;
        let voided = void::of_session(tx, id).await?;
        let mut session = Session { sittings, voided, texts, ..self.live_session(row, row_no, rooms)? };
        let mut hall = self.hall();
        hall.seat(id, seats);
        hall.tokens.extend(logins.into_iter().map(|(hash, sitting, epoch)| (hash, (id.to_owned(), sitting, epoch))));
        session.go_on_from(hall.sessions.remove(&session.id));
        hall.sessions.insert(id.to_owned(), session);
        Ok(())
    }

    /// A session as the hall has it, without anybody.
    fn live_session(&self, row: SessionRow, row_no: i64, rooms: Vec<Room>) -> Result<Session, StoreError> {
        let standard = self.standard(&row.standard_id).ok_or_else(|| inconsistent("a session without its standard"))?;
        let state = state(&row)?;
        Ok(Session {
            id: row.id,
            title: row.title,
            purpose: Purpose::from_code(&row.purpose).ok_or_else(|| inconsistent("a purpose"))?,
            terms: document(&row.terms)?,
            blueprint: document(&row.blueprint)?,
            standard,
            level: row.level,
            direction: row.direction,
            begins_at_ms: row.begins_at_ms,
            login_from_at_ms: row.login_from_at_ms,
            state,
            clock: ExamClock::resume(row.clock_ms),
            stall: None,
            // Others have counted on since they wrote this down.
            waking: (state == SessionState::Running && self.peers.are_alive())
                .then(|| Waking { known: Some((row.clock_ms, self.world.monotonic_ms())) }),
            row_no,
            commitment: row.commitment,
            rooms: by_id(rooms),
            sittings: BTreeMap::new(),
            voided: Vec::new(),
            texts: Arc::default(),
            at_rest: None,
        })
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

fn by_id(rooms: Vec<Room>) -> BTreeMap<String, Room> {
    rooms.into_iter().map(|room| (room.id.clone(), room)).collect()
}

fn state(row: &SessionRow) -> Result<SessionState, StoreError> {
    SessionState::from_code(&row.state).ok_or_else(|| inconsistent("a session's state"))
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

fn live_room(
    row: RoomRow,
    seats: &[SeatRow],
    presences: &[rooms::PresenceRow],
    pauses: &[rooms::PauseRow],
) -> Result<Room, StoreError> {
    let pauses: Vec<rooms::PauseRow> = pauses.iter().filter(|pause| pause.room_id == row.id).cloned().collect();
    let mut standing = Pauses::default();
    for pause in &pauses {
        standing.began(pause.since_clock_ms);
        pause.until_clock_ms.into_iter().for_each(|until| standing.ended(until));
    }
    let here = || presences.iter().filter(|presence| presence.room_id == row.id && presence.out_at_ms.is_none());
    let its_seats = seats.iter().filter(|seat| seat.room_id == row.id);
    Ok(Room {
        number: natural(row.number)?,
        columns: natural(row.columns)?,
        room: delivery::room::Room {
            state: RoomState::from_code(&row.state).ok_or_else(|| inconsistent("a room's state"))?,
            present: here().map(|presence| (presence.login.clone(), presence.in_at_ms)).collect(),
            opened_clock_ms: row.opened_clock_ms,
            pauses: standing,
        },
        names: here().map(|presence| (presence.login.clone(), presence.name.clone())).collect(),
        seats: its_seats
            .map(|seat| Ok((natural(seat.number)?, seat.code.clone())))
            .collect::<Result<_, StoreError>>()?,
        pauses,
        opened_at_ms: row.opened_at_ms,
        ended_at_ms: row.ended_at_ms,
        id: row.id,
    })
}

async fn live_sittings(
    tx: &mut Tx,
    session_id: &str,
    bank: &[Revision],
) -> Result<BTreeMap<String, Sitting>, StoreError> {
    let mut papers: HashMap<String, Paper> =
        paper::of_session(tx, session_id).await?.into_iter().map(|stored| (stored.sitting, stored.paper)).collect();
    let mut ledgers: HashMap<String, Vec<LedgerRow>> = HashMap::new();
    for StoredLedgerRow { sitting, row, .. } in sittings::ledger(tx, session_id).await? {
        ledgers.entry(sitting).or_default().push(row);
    }
    let mut responses: HashMap<String, Vec<response::ResponseRow>> = HashMap::new();
    for row in response::of_session(tx, session_id).await? {
        responses.entry(row.sitting_id.clone()).or_default().push(row);
    }
    let shapes = shapes(bank);
    let rows = sittings::of_session(tx, session_id).await?;
    rows.into_iter()
        .map(|row| {
            let paper = papers.remove(&row.id).ok_or_else(|| inconsistent("a sitting without a paper"))?;
            let ledger = ledgers.remove(&row.id).unwrap_or_default();
            let responses = responses.remove(&row.id).unwrap_or_default();
            let sitting = live_sitting(row, paper, ledger, &responses, &shapes)?;
            Ok((sitting.id.clone(), sitting))
        })
        .collect()
}

/// What can be answered on each question.
pub(crate) fn shapes(bank: &[Revision]) -> HashMap<(String, u32), Shape> {
    let shape = |r: &Revision| ((r.question.clone(), r.revision), Shape { kind: r.kind, options: r.option_count() });
    bank.iter().map(shape).collect()
}

/// A sitting as the hall has it.
pub(crate) fn live_sitting(
    row: SittingRow,
    paper: Paper,
    ledger: Vec<LedgerRow>,
    responses: &[response::ResponseRow],
    shapes: &HashMap<(String, u32), Shape>,
) -> Result<Sitting, StoreError> {
    let shape = |item: &question_bank::paper::Item| shapes.get(&(item.question.clone(), item.revision)).copied();
    let shape: Option<Vec<Shape>> = paper.items.iter().map(shape).collect();
    let answer = |row: &response::ResponseRow| {
        let answer = Answer { response: row.response.clone(), flagged: row.flagged, seq: row.seq };
        Ok((natural(row.position)?, answer))
    };
    let answers = responses.iter().map(answer).collect::<Result<Vec<_>, StoreError>>()?;
    let paper_shape = shape.ok_or_else(|| inconsistent("a paper's question"))?;
    let sitting = delivery::sitting::Sitting::restored(paper_shape, ledger, phase(&row)?, row.epoch, answers);
    let sitting = sitting.ok_or_else(|| inconsistent("a response's position"))?;
    let check_code = stored_check_code(&row);
    Ok(Sitting {
        id: row.id,
        room: row.room_id,
        seat: natural(row.seat)?,
        admission_no: row.admission_no,
        name: row.name,
        id_masked: row.id_masked,
        id_index: row.id_index,
        sitting,
        paper: Arc::new(paper),
        closed_at_ms: row.closed_at_ms,
        check_code,
        signs: Signs { saved_at_ms: responses.iter().map(|r| r.at_ms).max(), ..Signs::default() },
        elsewhere: None,
        forms: Arc::default(),
    })
}

impl Sitting {
    /// Goes on as another server has it now; the paper and the answers stay.
    fn go_on_as(&mut self, row: &SittingRow, ledger: Vec<LedgerRow>) -> Result<(), StoreError> {
        self.sitting.phase = phase(row)?;
        self.sitting.epoch = row.epoch;
        self.sitting.ledger = ledger;
        self.room.clone_from(&row.room_id);
        self.seat = natural(row.seat)?;
        self.closed_at_ms = row.closed_at_ms;
        self.check_code = stored_check_code(row);
        Ok(())
    }
}

fn stored_check_code(row: &SittingRow) -> Option<String> {
    row.responses_digest.as_deref().and_then(|digest| digest.parse().ok()).map(|digest| check_code(&digest))
}

fn phase(row: &SittingRow) -> Result<Phase, StoreError> {
    let started = || row.started_clock_ms.ok_or_else(|| inconsistent("a sitting without a start"));
    Ok(match row.phase.as_str() {
        "expected" => Phase::Expected,
        "present" => Phase::Present { confirmed: row.confirmed, accepted: row.accepted },
        "writing" => Phase::Writing { started_clock_ms: started()? },
        "absent" => Phase::Absent,
        "closed" => Phase::Closed {
            by: row
                .closed_by
                .as_deref()
                .and_then(ClosedBy::from_code)
                .ok_or_else(|| inconsistent("who closed a sitting"))?,
            closed_clock_ms: row.closed_clock_ms.ok_or_else(|| inconsistent("a closed sitting without an end"))?,
        },
        _ => return Err(inconsistent("a sitting's phase")),
    })
}

/// The receipt's short code: the first eight hex digits of the digest over all responses.
pub(crate) fn check_code(digest: &Digest) -> String {
    let hex = digest.to_string().to_uppercase();
    format!("{}-{}", &hex[..4], &hex[4..8])
}

/// Every question of these papers as it is shown; of the reserves too, whose candidates come at any moment.
fn texts<'a>(bank: &[Revision], papers: impl Iterator<Item = &'a Paper>) -> HashMap<(String, u32), Text> {
    let used: BTreeSet<(&str, u32)> =
        papers.flat_map(|paper| paper.items.iter().map(|item| (item.question.as_str(), item.revision))).collect();
    bank.iter()
        .filter(|revision| used.contains(&(revision.question.as_str(), revision.revision)))
        .map(|revision| {
            let options = revision.options.iter().map(|option| markdown::inline_html(option)).collect();
            ((revision.question.clone(), revision.revision), Text { stem: markdown::html(&revision.stem), options })
        })
        .collect()
}
