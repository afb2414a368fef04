//! A candidate who is added after the draw: they get the next reserve, put in order for their seat.

use std::collections::BTreeSet;

use delivery::room::RoomState;
use kaochang_app::notice::{Code, Notice};
use question_bank::{
    checker::{self, Conformance},
    evidence::{Drawn, Late},
    question::Revision,
    roster::{Place, Roster},
};
use serde_json::json;

use super::{
    Centre, Refusal,
    account::Staff,
    draw::sentences,
    evidence::Proof,
    hall::Session,
    load::{live_sitting, shapes},
    plan::Entry,
};
use crate::store::{
    StoreError,
    audit::Act,
    evidence as store,
    evidence::{LateSeat, Used},
    inconsistent, paper, question, sitting as sittings,
};

/// Somebody else may be added while a reserve is put in order; then it is done again, so often at most.
const TRIES: u32 = 3;

/// Where a late candidate will sit.
struct Seat {
    room_id: String,
    place: Place,
}

impl Centre {
    /// Adds a candidate to a session that is not over. The sitting is in the hall at once, with a paper that was drawn and
    /// committed to with all the others.
    pub async fn add_late(&self, session_id: &str, actor: &Staff, entry: &Entry) -> Result<Notice, Refusal> {
        for _ in 0..TRIES {
            let arranged = self.arrange(session_id, entry).await?;
            if self.seat_late(session_id, actor, entry, arranged).await? {
                return Ok(Notice::with(Code::CandidateAdded, entry.seat));
            }
        }
        Err(Code::StoreBusy.into())
    }

    /// Puts the next reserve in order for the seat. It takes its time, and therefore nobody's turn.
    async fn arrange(&self, session_id: &str, entry: &Entry) -> Result<Arranged, Refusal> {
        let seat = self.late_seat(session_id, entry)?;
        let mut tx = self.store.read().await?;
        let proof = self.proof(&mut tx, session_id).await?.ok_or(Code::ReservesUsed)?;
        if proof.places().contains(&seat.place) {
            return Err(Refusal::with(Code::SeatTaken, entry.seat));
        }
        let reserve = proof.reserves.iter().find(|reserve| reserve.used.is_none()).ok_or(Code::ReservesUsed)?;
        let (sitting, number) = (reserve.sitting.clone(), reserve.number);
        let candidate = self.vault.candidate(&entry.admission_no, &entry.id_number, &sitting);
        let late = Late { sitting, candidate, place: seat.place };
        let bank = question::of_standard(&mut tx, &proof.inputs.blueprint.standard).await?;
        drop(tx);
        let arranged = tokio::task::spawn_blocking(move || arranged(&proof, number, late, bank)).await;
        Ok(arranged.map_err(|_| inconsistent("a reserve that can't be arranged"))??)
    }

    /// Writes it down; `false`: the reserve went to somebody else since, who is a neighbour now.
    async fn seat_late(
        &self,
        session_id: &str,
        actor: &Staff,
        entry: &Entry,
        arranged: Arranged,
    ) -> Result<bool, Refusal> {
        let Arranged { number, late, drawn, conformance, bank } = arranged;
        let mut acting = self.begin(session_id).await?;
        let seat = self.late_seat(session_id, entry)?;
        let at_ms = self.world.wall_ms();
        let candidate = late.candidate;
        let used = Used { late: LateSeat { late, clashes: drawn.clashes.clone() }, by: actor.login.clone(), at_ms };
        match store::take(&mut acting.tx, session_id, &used).await {
            Err(StoreError::Rows { .. }) => return Ok(false),
            taken => taken?,
        }
        let row = self.sitting_row(&drawn.sitting, &seat.room_id, entry);
        sittings::insert(&mut acting.tx, session_id, &row).await?;
        paper::insert(&mut acting.tx, session_id, &row.id, &drawn.paper, &conformance).await?;
        let detail = json!({
            "reserve": number, "admission_no": row.admission_no, "room": entry.room, "seat": entry.seat,
            "paper": drawn.paper.digest().to_string(), "candidate": candidate.to_string(),
        });
        acting.append(&[Act { at_ms, actor: &actor.login, act: "sitting.added", subject: &row.id, detail }]).await?;
        let live = live_sitting(row, drawn.paper, Vec::new(), &[], &shapes(&bank))?;
        let mut hall = acting.commit().await?;
        if let Some(session) = hall.sessions.get_mut(session_id) {
            session.sittings.insert(live.id.clone(), live);
        }
        Ok(true)
    }

    fn late_seat(&self, session_id: &str, entry: &Entry) -> Result<Seat, Refusal> {
        let hall = self.hall();
        admitted(hall.sessions.get(session_id).ok_or(Refusal::NotFound)?, entry)
    }
}

/// Whether and where somebody can be added.
fn admitted(session: &Session, entry: &Entry) -> Result<Seat, Refusal> {
    let rooms = session.rooms.values();
    let mut open = rooms.clone().filter(|room| room.room.state != RoomState::Ended);
    if open.clone().next().is_none() {
        return Err(Code::AddingOver.into());
    }
    if [&entry.admission_no, &entry.name, &entry.id_number].into_iter().any(|field| field.trim().is_empty()) {
        return Err(Code::FormInvalid.into());
    }
    let room = open.find(|room| room.number == entry.room).ok_or(Code::AddingOver)?;
    if session.sittings.values().any(|sitting| sitting.admission_no == entry.admission_no) {
        return Err(Code::AdmissionNoTaken.into());
    }
    if !room.seats.contains_key(&entry.seat) {
        return Err(Code::SeatNotInRoom.into());
    }
    if session.in_room(&room.id).iter().any(|sitting| sitting.seat == entry.seat) {
        return Err(Refusal::with(Code::SeatTaken, entry.seat));
    }
    Ok(Seat { room_id: room.id.clone(), place: Place::of_seat(entry.room, entry.seat, room.columns) })
}

/// Seats that a late candidate can have, by number of the room: those that nobody has, and nobody had when the papers were
/// put in order for them.
pub(crate) fn free_seats(session: &Session, taken: &BTreeSet<Place>) -> Vec<(u32, Vec<u32>)> {
    let open = session.rooms.values().filter(|room| room.room.state != RoomState::Ended);
    let mut rooms: Vec<(u32, Vec<u32>)> = open
        .map(|room| {
            let now: BTreeSet<u32> = session.in_room(&room.id).iter().map(|sitting| sitting.seat).collect();
            let free = room.seats.keys().copied().filter(|seat| {
                !now.contains(seat) && !taken.contains(&Place::of_seat(room.number, *seat, room.columns))
            });
            (room.number, free.collect())
        })
        .collect();
    rooms.sort_unstable();
    rooms
}

/// Places that papers were put in order for.
pub(crate) fn places<'a>(roster: &'a Roster, late: impl Iterator<Item = &'a Late> + 'a) -> BTreeSet<Place> {
    roster.seated.iter().map(|seated| seated.place).chain(late.map(|late| late.place)).collect()
}

/// A reserve in order for a seat.
struct Arranged {
    number: i64,
    late: Late,
    drawn: Drawn,
    conformance: Conformance,
    bank: Vec<Revision>,
}

/// The reserve's paper in order for its seat, checked like every other. Reads a whole snapshot: never on a thread that
/// serves.
fn arranged(proof: &Proof, number: i64, late: Late, bank: Vec<Revision>) -> Result<Arranged, StoreError> {
    let wrong = |why: String| StoreError::Inconsistent(format!("the reserve {}: {why}", late.sitting));
    let before: Vec<Late> = proof.late().cloned().collect();
    let drawn =
        proof.inputs.late(&proof.secret, &proof.papers, &before, &late).map_err(|error| wrong(error.to_string()))?;
    let entries = proof.inputs.snapshot.entries.iter().map(|entry| (entry.question.as_str(), entry.revision));
    let entries: BTreeSet<(&str, u32)> = entries.collect();
    let drawn_from = bank.iter().filter(|revision| entries.contains(&(revision.question.as_str(), revision.revision)));
    let checked = checker::check(
        &drawn.paper,
        &proof.inputs.blueprint,
        &proof.inputs.earlier,
        Some(&drawn.sitting),
        &checker::Bank::of(drawn_from),
    );
    let conformance = checked.map_err(|violations| wrong(sentences(&violations)))?;
    Ok(Arranged { number, late, drawn, conformance, bank })
}
