//! The proctor's room page: what the seat map shows.

use delivery::{
    ledger::Cause,
    limits::{GRANT_MINUTES_ALONE, GRANT_MINUTES_MAX, OFFLINE_AFTER_MS},
    room::RoomState,
    sitting::Phase,
};
use kaochang_app::{
    view::{
        self, EventRow, GrantCause, LedgerRowView, PauseView, ProctorRow, RoomRow, RoomView, SessionRow, SittingDetail,
        StaffHomeView, TileView,
    },
    wire::SeatState,
};
use question_bank::digest::DigestOf;

use super::{
    Centre, Refusal,
    evidence::state_view,
    hall::{Room, Session, Sitting},
    sitting::as_u32,
};
use crate::store::audit;

impl Centre {
    /// Every session with its rooms, for the staff's home.
    pub fn home_view(&self) -> StaffHomeView {
        let hall = self.hall();
        let mut sessions: Vec<&Session> = hall.sessions.values().collect();
        sessions.sort_by_key(|session| (std::cmp::Reverse(session.begins_at_ms), session.id.clone()));
        let standards = hall.standards.values().map(|standard| (standard.id.clone(), standard.name.clone())).collect();
        StaffHomeView {
            drafts: Vec::new(),
            sessions: sessions.into_iter().map(|session| self.session_row_view(session)).collect(),
            standards,
        }
    }

    /// A session with its rooms.
    pub(crate) fn session_row_view(&self, session: &Session) -> SessionRow {
        let mut rooms: Vec<RoomRow> = session
            .rooms
            .values()
            .map(|room| RoomRow {
                id: room.id.clone(),
                number: room.number,
                candidates: session.headcount(&room.id).rostered,
                proctors_required: session.proctors_required(&room.id),
                state: room_state_view(room.room.state),
            })
            .collect();
        rooms.sort_by_key(|room| room.number);
        let state = state_view(session.state);
        let candidates = rooms.iter().map(|room| room.candidates).sum();
        SessionRow { session: self.head_of(session), state, candidates, rooms }
    }

    /// The room page, with one sitting opened if asked for.
    pub async fn room_view(&self, room_id: &str, selected: Option<&str>) -> Result<RoomView, Refusal> {
        let mut view = self.room_live(room_id)?;
        if let Some(id) = selected {
            view.selected = Some(self.sitting_detail(room_id, id).await?);
        }
        Ok(view)
    }

    /// The room page without a sitting opened: everything is in memory.
    pub fn room_live(&self, room_id: &str) -> Result<RoomView, Refusal> {
        let (monotonic, wall) = (self.world.monotonic_ms(), self.world.wall_ms());
        let hall = self.hall();
        let (session, room) = hall.room(room_id).ok_or(Refusal::NotFound)?;
        let sittings = session.in_room(room_id);
        let longest = sittings.iter().map(|s| s.sitting.remaining_ms(self.now_in(session, room_id))).max().unwrap_or(0);
        let tiles: Vec<TileView> = sittings.iter().map(|s| self.tile(session, s, monotonic, wall)).collect();
        let pause = room.pause().map(|pause| PauseView {
            since_text: self.time_text(pause.since_at_ms),
            for_ms: (self.now(session) - pause.since_clock_ms).max(0),
            reason: pause.reason.clone(),
            by: pause.paused_by.clone(),
        });
        let proctors = room.room.present.iter().map(|(login, since)| ProctorRow {
            account: login.clone(),
            name: room.names.get(login).cloned().unwrap_or_default(),
            since_text: self.time_text(*since),
        });
        Ok(RoomView {
            session: self.head_of(session),
            id: room.id.clone(),
            number: room.number,
            state: room_state_view(room.room.state),
            clock_text: self.time_text(wall),
            // While the room stands still nobody knows its end.
            end_text: (room.room.state == RoomState::Open && pause.is_none()).then(|| self.time_text(wall + longest)),
            pause,
            proctors: proctors.collect(),
            proctors_required: session.proctors_required(room_id),
            columns: room.columns,
            tiles,
            selected: None,
            voided: self.voided_views(session),
            proposals: Self::proposal_views(session, room_id),
            shape: shape(session, room),
            grant_minutes_max: GRANT_MINUTES_MAX,
            grant_minutes_alone: GRANT_MINUTES_ALONE,
        })
    }

    fn tile(&self, session: &Session, sitting: &Sitting, monotonic: i64, wall: i64) -> TileView {
        let silent_ms = sitting.signs.heard_ms.map(|heard| monotonic - heard);
        let offline_ms =
            silent_ms.filter(|ms| *ms > OFFLINE_AFTER_MS && matches!(sitting.sitting.phase, Phase::Writing { .. }));
        let state = match sitting.sitting.phase {
            Phase::Expected => SeatState::NotArrived,
            Phase::Present { .. } => SeatState::Waiting,
            Phase::Writing { .. } if offline_ms.is_some() => SeatState::Offline,
            Phase::Writing { .. } => SeatState::Writing,
            Phase::Closed { .. } => SeatState::HandedIn,
            Phase::Absent => SeatState::Absent,
        };
        let writing = matches!(sitting.sitting.phase, Phase::Writing { .. });
        TileView {
            sitting: sitting.id.clone(),
            seat: sitting.seat,
            name: sitting.name.clone(),
            state,
            answered: sitting.answered(),
            questions: as_u32(sitting.paper.items.len()),
            remaining_ms: writing.then(|| sitting.sitting.remaining_ms(self.now_in(session, &sitting.room))),
            saved_ago_ms: sitting.signs.saved_at_ms.filter(|_| writing).map(|at| (wall - at).max(0)),
            offline_ms,
            hand_ms: sitting.signs.hand_at_ms.map(|at| (wall - at).max(0)),
            closed_text: sitting.closed_at_ms.map(|at| self.time_text(at)),
            left_page: sitting.signs.left_page,
        }
    }

    async fn sitting_detail(&self, room_id: &str, id: &str) -> Result<SittingDetail, Refusal> {
        let (mut detail, session_id) = {
            let (monotonic, wall) = (self.world.monotonic_ms(), self.world.wall_ms());
            let hall = self.hall();
            let (session, room) = hall.room(room_id).ok_or(Refusal::NotFound)?;
            let sitting =
                session.sittings.get(id).filter(|sitting| sitting.room == room_id).ok_or(Refusal::NotFound)?;
            let tile = self.tile(session, sitting, monotonic, wall);
            let taken: Vec<u32> = session.in_room(room_id).iter().map(|sitting| sitting.seat).collect();
            let detail = SittingDetail {
                end_text: tile.remaining_ms.filter(|_| room.pause().is_none()).map(|ms| self.time_text(wall + ms)),
                tile,
                who: sitting.who(room.number),
                ledger: sitting.sitting.ledger.iter().map(|row| self.ledger_view(row)).collect(),
                events: Vec::new(),
                free_seats: room.seats.keys().copied().filter(|seat| !taken.contains(seat)).collect(),
            };
            (detail, session.id.clone())
        };
        let rows = audit::rows_of(&mut self.store.read().await?, &session_id, id).await?;
        detail.events = rows.iter().rev().map(|row| self.event_view(row)).collect();
        Ok(detail)
    }

    /// A ledger row as pages show it.
    pub(crate) fn ledger_view(&self, row: &delivery::ledger::LedgerRow) -> LedgerRowView {
        LedgerRowView {
            at_text: self.time_text(row.at_ms),
            ms: row.grant_ms,
            cause: match row.cause {
                Cause::Duration => GrantCause::Duration,
                Cause::Accommodation => GrantCause::Accommodation,
                Cause::Extension => GrantCause::Extension,
                Cause::Pause => GrantCause::Pause,
            },
            reason: row.reason.clone(),
            actor: row
                .approved_by
                .as_ref()
                .map_or_else(|| row.actor.clone(), |second| format!("{} + {second}", row.actor)),
        }
    }

    /// An audit row as pages show it: of its facts only what a person wrote.
    pub(crate) fn event_view(&self, row: &audit::Row) -> EventRow {
        let facts: serde_json::Value = serde_json::from_str(&row.detail).unwrap_or_default();
        let text = |field: &str| facts.get(field).and_then(serde_json::Value::as_str).map(str::to_owned);
        let written = match row.act.as_str() {
            "question.voided" => text("question").zip(text("reason")).map(|(id, why)| format!("{id} {why}")),
            _ => text("text").or_else(|| text("reason")),
        };
        EventRow {
            at_text: self.time_text(row.at_ms),
            act: row.act.clone(),
            actor: text("confirmed_by").map_or_else(|| row.actor.clone(), |second| format!("{} + {second}", row.actor)),
            detail: written.unwrap_or_default(),
        }
    }
}

/// A room's state as pages name it.
pub(crate) fn room_state_view(state: RoomState) -> view::RoomState {
    match state {
        RoomState::Preparing => view::RoomState::Preparing,
        RoomState::Open => view::RoomState::Open,
        RoomState::Ended => view::RoomState::Ended,
    }
}

/// Changes with everything on the page that a reload would show anew: the room's state, its proctors, its seats.
fn shape(session: &Session, room: &Room) -> String {
    let start = DigestOf::new("kaochang/room-shape").text(room.room.state.code());
    let start = start.number(i64::try_from(session.voided.len()).unwrap_or(i64::MAX));
    let start = start.number(room.pause().map_or(0, |pause| pause.number));
    let proctors = room.room.present.keys().fold(start, |digest, login| digest.text(login));
    let seats = session.in_room(&room.id).iter().fold(proctors, |digest, s| digest.text(&s.id).number(s.seat.into()));
    seats.finish().short()
}
