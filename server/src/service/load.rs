//! How the hall gets what it has: everything at each start, one session when it was made, finished ones when somebody asks, and
//! what another server did since.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use delivery::{
    clock::ExamClock,
    ledger::LedgerRow,
    pause::Pauses,
    room::RoomState,
    session::{Purpose, SessionState},
    sitting::{Answer, ClosedBy, Phase, Shape},
};
use kaochang_app::markdown;
use question_bank::{paper::Paper, question::Revision};

use super::{
    Centre,
    hall::{Headcount, Room, SeatAt, Session, Signs, Sitting, Text, Waking},
    session::{check_code, outage_act},
};
use crate::store::{
    StoreError, Tx, audit, document, evidence, inconsistent, natural, paper, question, response,
    room::{self as rooms, RoomRow, SeatRow},
    session as sessions,
    session::{OutageRow, SessionRow},
    sitting as sittings,
    sitting::{SittingRow, StoredLedgerRow},
    void,
};

impl Centre {
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
            let (monotonic, begins) = (self.world.monotonic_ms(), session.state == SessionState::Ready);
            session.state = state(&row)?;
            // It runs from now on here too: a stall before the first tick would be none otherwise.
            if begins && session.state == SessionState::Running {
                session.clock.tick(monotonic);
            }
            session.clock.learn(row.clock_ms, monotonic);
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
}

fn by_id(rooms: Vec<Room>) -> BTreeMap<String, Room> {
    rooms.into_iter().map(|room| (room.id.clone(), room)).collect()
}

fn state(row: &SessionRow) -> Result<SessionState, StoreError> {
    SessionState::from_code(&row.state).ok_or_else(|| inconsistent("a session's state"))
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
