//! What a proctor does in a room: check in, open, grant time, help, end. Who acts must be checked in to that room; grave
//! acts take a reason, and a grant above the limit a second proctor.

use std::collections::BTreeSet;

use delivery::{
    ledger::{Cause, LedgerRow},
    limits::{GRANT_MINUTES_ALONE, GRANT_MINUTES_MAX, REASON_CHARS_MAX},
    room::{OpenRefusal, RoomState},
    session::SessionState,
    sitting::{ClosedBy, Phase},
};
use kaochang_app::{
    notice::{Code, Notice},
    view::Role,
};
use serde_json::json;

use super::{
    Centre, Refusal,
    account::Staff,
    acting::Acting,
    hall::{Hall, Room, Session},
    pause::PauseEnd,
    session::granted_act,
};
use crate::store::{StoreError, audit::Act, room as rooms, session as sessions, sitting as sittings};

pub(crate) const MINUTE_MS: i64 = 60_000;

/// Login and password of somebody who stands beside.
#[derive(Clone)]
pub struct Second {
    /// Login.
    pub login: String,
    /// Password.
    pub password: String,
}

impl std::fmt::Debug for Second {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Second({})", self.login)
    }
}

/// A grant of time, as asked for.
#[derive(Clone, Debug)]
pub struct Grant {
    /// From 1 to [`GRANT_MINUTES_MAX`].
    pub minutes: u32,
    /// Why.
    pub reason: String,
    /// Needed above [`GRANT_MINUTES_ALONE`].
    pub second: Option<Second>,
}

impl Centre {
    /// 签到: a proctor checks in to a room, with a password of their own.
    pub async fn check_in(&self, room_id: &str, second: &Second) -> Result<Notice, Refusal> {
        let proctor = self.authenticate(&second.login, &second.password).await?;
        if proctor.role != Role::Proctor {
            return Err(Code::NotAProctor.into());
        }
        let session_id = self.session_of_room(room_id)?;
        let mut acting = self.begin(&session_id).await?;
        {
            let hall = self.hall();
            let (_, room) = hall.room(room_id).ok_or(Refusal::NotFound)?;
            if room.room.present.contains_key(&proctor.login) {
                return Err(Code::ProctorAlreadyIn.into());
            }
            if let Some(other) = elsewhere(&hall, &proctor.login) {
                return Err(Refusal::with(Code::ProctorElsewhere, other));
            }
            if room.room.state == RoomState::Ended {
                return Err(Code::NotNow.into());
            }
        }
        let at_ms = self.world.wall_ms();
        rooms::check_in(&mut acting.tx, &session_id, room_id, &proctor.account, at_ms).await?;
        let detail = json!({ "name": proctor.name });
        let act = Act { at_ms, actor: &proctor.login, act: "proctor.checked-in", subject: room_id, detail };
        acting.append(&[act]).await?;
        if let Some(room) = acting.commit().await?.room_mut(&session_id, room_id) {
            room.room.present.insert(proctor.login.clone(), at_ms);
            room.names.insert(proctor.login, proctor.name);
        }
        Ok(Code::ProctorCheckedIn.into())
    }

    /// A proctor leaves. In an open room that may leave too few: the console alarms, and the record keeps it.
    pub async fn check_out(&self, room_id: &str, actor: &Staff, login: &str) -> Result<Notice, Refusal> {
        let session_id = self.session_of_room(room_id)?;
        let mut acting = self.begin(&session_id).await?;
        self.in_room(room_id, actor, |_, room| {
            if room.room.present.contains_key(login) { Ok(()) } else { Err(Refusal::NotFound) }
        })?;
        let at_ms = self.world.wall_ms();
        let missing = {
            let hall = self.hall();
            let session = &hall.sessions[&session_id];
            let mut room = session.rooms[room_id].room.clone();
            room.present.remove(login);
            room.proctors_missing(&session.terms, session.expected_in(room_id))
        };
        rooms::check_out(&mut acting.tx, &session_id, room_id, login, at_ms).await?;
        let detail = json!({ "proctor": login, "missing": missing });
        let act = Act { at_ms, actor: &actor.login, act: "proctor.checked-out", subject: room_id, detail };
        acting.append(&[act]).await?;
        if let Some(room) = acting.commit().await?.room_mut(&session_id, room_id) {
            room.room.present.remove(login);
            room.names.remove(login);
        }
        Ok(Code::ProctorCheckedOut.into())
    }

    /// 开考: refused without enough proctors; starts everybody who waits.
    pub async fn open_room(&self, room_id: &str, actor: &Staff) -> Result<Notice, Refusal> {
        let session_id = self.session_of_room(room_id)?;
        let mut acting = self.begin(&session_id).await?;
        let at_ms = self.world.wall_ms();
        let (first, proctors, required) = self.in_room(room_id, actor, |session, room| {
            let expected = session.expected_in(room_id);
            room.room.may_open(&session.terms, expected, session.begins_at_ms, at_ms).map_err(
                |refusal| match refusal {
                    OpenRefusal::ProctorsMissing { missing } => Refusal::with(Code::ProctorsMissing, missing),
                    OpenRefusal::Already => Code::RoomAlreadyOpen.into(),
                    OpenRefusal::TooEarly => Refusal::with(Code::TooEarly, self.minute_text(session.begins_at_ms)),
                },
            )?;
            let proctors: Vec<String> = room.room.present.keys().cloned().collect();
            Ok((session.state == SessionState::Ready, proctors, session.proctors_required(room_id)))
        })?;
        let clock_ms = self.now(&self.hall().sessions[&session_id]);
        let start = self.waiting_in(&session_id, room_id)?;
        rooms::open(&mut acting.tx, &session_id, room_id, clock_ms, at_ms).await?;
        if first {
            sessions::set_state(&mut acting.tx, &session_id, SessionState::Running).await?;
            sessions::flush_clock(&mut acting.tx, &session_id, clock_ms, at_ms).await?;
        }
        let detail = json!({ "clock_ms": clock_ms, "proctors": proctors, "required": required });
        acting.append(&[Act { at_ms, actor: &actor.login, act: "room.opened", subject: room_id, detail }]).await?;
        start.write(&mut acting).await?;
        let mut hall = acting.commit().await?;
        if let Some(session) = hall.sessions.get_mut(&session_id) {
            session.state = SessionState::Running;
            // Where it runs already, a gap is the next tick's to find and to record.
            if first {
                session.clock.tick(self.world.monotonic_ms());
            }
        }
        if let Some(room) = hall.room_mut(&session_id, room_id) {
            room.room.state = RoomState::Open;
            room.room.opened_clock_ms = Some(clock_ms);
            room.opened_at_ms = Some(at_ms);
        }
        start.apply(&mut hall);
        Ok(Code::RoomOpened.into())
    }

    /// 延时 for one, or for everybody of the room who is writing: one ledger row each.
    pub async fn extend(
        &self,
        room_id: &str,
        sitting: Option<&str>,
        actor: &Staff,
        grant: &Grant,
    ) -> Result<Notice, Refusal> {
        if !(1..=GRANT_MINUTES_MAX).contains(&grant.minutes) {
            return Err(Refusal::with(Code::MinutesInvalid, GRANT_MINUTES_MAX));
        }
        let reason = reason(&grant.reason)?;
        let second = self.second(room_id, actor, grant).await?;
        let session_id = self.session_of_room(room_id)?;
        let mut acting = self.begin(&session_id).await?;
        let at_ms = self.world.wall_ms();
        let rows = self.in_room(room_id, actor, |session, _| {
            let wanted = session.in_room(room_id).into_iter().filter(|s| sitting.is_none_or(|id| s.id == id));
            let writing = wanted.filter(|s| s.sitting.is_writing());
            let row = |s: &super::hall::Sitting| LedgerRow {
                row_no: s.sitting.next_row_no(),
                grant_ms: i64::from(grant.minutes) * MINUTE_MS,
                cause: Cause::Extension,
                reason: reason.clone(),
                actor: actor.login.clone(),
                approved_by: second.clone(),
                clock_ms: self.now(session),
                at_ms,
            };
            let rows: Vec<(String, LedgerRow)> = writing.map(|s| (s.id.clone(), row(s))).collect();
            if rows.is_empty() { Err(Code::NotNow.into()) } else { Ok(rows) }
        })?;
        write_grants(&mut acting, &session_id, &rows, &actor.login).await?;
        apply_grants(&mut *acting.commit().await?, &session_id, rows);
        Ok(Notice::with(Code::TimeGranted, grant.minutes))
    }

    /// The second proctor of a grant above the limit: another person, checked in to the same room.
    async fn second(&self, room_id: &str, actor: &Staff, grant: &Grant) -> Result<Option<String>, Refusal> {
        if grant.minutes <= GRANT_MINUTES_ALONE {
            return Ok(None);
        }
        let second = grant.second.as_ref().filter(|second| !second.login.is_empty() && second.login != actor.login);
        let second = second.ok_or(Code::SecondProctorNeeded)?;
        let second = self.authenticate(&second.login, &second.password).await?;
        if self.hall().room(room_id).is_some_and(|(_, room)| room.room.present.contains_key(&second.login)) {
            Ok(Some(second.login))
        } else {
            Err(Code::SecondProctorNeeded.into())
        }
    }

    /// 强制收卷.
    pub async fn force_hand_in(
        &self,
        room_id: &str,
        sitting: &str,
        actor: &Staff,
        why: &str,
        confirmed: bool,
    ) -> Result<Notice, Refusal> {
        if !confirmed {
            return Err(Code::ConfirmMissing.into());
        }
        let why = reason(why)?;
        let session = self.session_of_room(room_id)?;
        let mut acting = self.begin(&session).await?;
        self.writing(room_id, sitting, actor)?;
        let one = [sitting.to_owned()];
        let closed = self.close(&mut acting, &session, &one, ClosedBy::Proctor, &actor.login, &why).await?;
        closed.apply(&mut *acting.commit().await?);
        Ok(Code::HandedIn.into())
    }

    /// 缺考登记: of somebody who has not started.
    pub async fn record_absent(&self, room_id: &str, sitting: &str, actor: &Staff) -> Result<Notice, Refusal> {
        let session_id = self.session_of_room(room_id)?;
        let mut acting = self.begin(&session_id).await?;
        self.sitting_in(room_id, sitting, actor, |phase| matches!(phase, Phase::Expected | Phase::Present { .. }))?;
        let one = [sitting.to_owned()];
        self.write_absent(&mut acting, &session_id, &one, &actor.login).await?;
        apply_absent(&mut *acting.commit().await?, &session_id, &one);
        Ok(Code::AbsentRecorded.into())
    }

    async fn write_absent(
        &self,
        acting: &mut Acting<'_>,
        session_id: &str,
        ids: &[String],
        actor: &str,
    ) -> Result<(), StoreError> {
        let at_ms = self.world.wall_ms();
        for id in ids {
            sittings::set_absent(&mut acting.tx, session_id, id).await?;
        }
        let acts: Vec<Act<'_>> =
            ids.iter().map(|id| Act { at_ms, actor, act: "sitting.absent", subject: id, detail: json!({}) }).collect();
        acting.append(&acts).await
    }

    /// 换机: to a free seat of the room. The old machine's login ends, and every acknowledged answer is at the new one.
    pub async fn move_seat(&self, room_id: &str, sitting: &str, actor: &Staff, seat: u32) -> Result<Notice, Refusal> {
        let session_id = self.session_of_room(room_id)?;
        let mut acting = self.begin(&session_id).await?;
        let (from, epoch) = self.in_room(room_id, actor, |session, room| {
            let live = session.sittings.get(sitting).filter(|s| s.room == room_id).ok_or(Refusal::NotFound)?;
            if matches!(live.sitting.phase, Phase::Closed { .. } | Phase::Absent) {
                return Err(Code::NotNow.into());
            }
            if !room.seats.contains_key(&seat) {
                return Err(Code::SeatNotInRoom.into());
            }
            if session.in_room(room_id).iter().any(|other| other.seat == seat) {
                return Err(Refusal::with(Code::SeatTaken, seat));
            }
            Ok((live.seat, live.sitting.epoch))
        })?;
        let at_ms = self.world.wall_ms();
        sittings::move_to(&mut acting.tx, &session_id, sitting, seat.into()).await?;
        if epoch > 0 {
            sittings::release(&mut acting.tx, &session_id, sitting, epoch + 1).await?;
        }
        let detail = json!({ "from": from, "to": seat });
        acting.append(&[Act { at_ms, actor: &actor.login, act: "seat.moved", subject: sitting, detail }]).await?;
        if let Some(live) = acting.commit().await?.sitting_mut(&session_id, sitting) {
            live.seat = seat;
            live.sitting.epoch = if epoch > 0 { epoch + 1 } else { 0 };
        }
        Ok(Notice::with(Code::SeatMoved, seat))
    }

    /// 解除登录: the page that is open now may no longer write; the candidate logs in again.
    pub async fn release(&self, room_id: &str, sitting: &str, actor: &Staff) -> Result<Notice, Refusal> {
        let session_id = self.session_of_room(room_id)?;
        let mut acting = self.begin(&session_id).await?;
        self.sitting_in(room_id, sitting, actor, |phase| {
            matches!(phase, Phase::Present { .. } | Phase::Writing { .. })
        })?;
        let epoch = self.hall().sessions[&session_id].sittings[sitting].sitting.epoch + 1;
        let at_ms = self.world.wall_ms();
        sittings::release(&mut acting.tx, &session_id, sitting, epoch).await?;
        let detail = json!({ "epoch": epoch });
        acting.append(&[Act { at_ms, actor: &actor.login, act: "sitting.released", subject: sitting, detail }]).await?;
        if let Some(live) = acting.commit().await?.sitting_mut(&session_id, sitting) {
            live.sitting.epoch = epoch;
        }
        Ok(Code::LoginReleased.into())
    }

    /// 举手处理.
    pub async fn lower_hand(&self, room_id: &str, sitting: &str, actor: &Staff) -> Result<Notice, Refusal> {
        self.told(room_id, sitting, actor, "hand.lowered", "").await?;
        Ok(Code::HandLowered.into())
    }

    /// 备注.
    pub async fn note(&self, room_id: &str, sitting: &str, actor: &Staff, text: &str) -> Result<Notice, Refusal> {
        let text = reason(text)?;
        self.told(room_id, sitting, actor, "incident.noted", &text).await?;
        Ok(Code::NoteKept.into())
    }

    async fn told(&self, room_id: &str, sitting: &str, actor: &Staff, act: &str, text: &str) -> Result<(), Refusal> {
        let session_id = self.session_of_room(room_id)?;
        let mut acting = self.begin(&session_id).await?;
        self.sitting_in(room_id, sitting, actor, |_| true)?;
        let at_ms = self.world.wall_ms();
        let detail = json!({ "text": text });
        acting.append(&[Act { at_ms, actor: &actor.login, act, subject: sitting, detail }]).await?;
        let mut hall = acting.commit().await?;
        if act == "hand.lowered"
            && let Some(live) = hall.sitting_mut(&session_id, sitting)
        {
            live.signs.hand_at_ms = None;
        }
        Ok(())
    }

    /// 结束考试: whoever still writes is handed in, whoever never started is recorded absent; with the last room the
    /// session is finished.
    pub async fn end_room(&self, room_id: &str, actor: &Staff, why: &str, confirmed: bool) -> Result<Notice, Refusal> {
        let session_id = self.session_of_room(room_id)?;
        let mut acting = self.begin(&session_id).await?;
        let (writing, unstarted, pause) = self.in_room(room_id, actor, |session, room| {
            if room.room.state != RoomState::Open {
                return Err(Code::RoomNotOpen.into());
            }
            let ids = |wanted: fn(&Phase) -> bool| -> Vec<String> {
                session
                    .in_room(room_id)
                    .into_iter()
                    .filter(|s| wanted(&s.sitting.phase))
                    .map(|s| s.id.clone())
                    .collect()
            };
            let writing = ids(|phase| matches!(phase, Phase::Writing { .. }));
            let unstarted = ids(|phase| matches!(phase, Phase::Expected | Phase::Present { .. }));
            // A room that is ended while it stands still (it was left, and nobody comes back) has stood still until then.
            let pause = room.pause().map(|_| PauseEnd::of(room, self.now(session)));
            Ok((writing, unstarted, pause))
        })?;
        if !confirmed {
            return Err(Refusal::with(Code::RoomStillWriting, writing.len()));
        }
        let why = if writing.is_empty() { why.trim().to_owned() } else { reason(why)? };
        let closed = self.close(&mut acting, &session_id, &writing, ClosedBy::Proctor, &actor.login, &why).await?;
        self.write_absent(&mut acting, &session_id, &unstarted, &actor.login).await?;
        let at_ms = self.world.wall_ms();
        if let Some(pause) = &pause {
            let until_clock_ms = pause.until_clock_ms;
            rooms::end_pause(&mut acting.tx, &session_id, room_id, &actor.login, until_clock_ms, at_ms).await?;
            acting.append(&[pause.act("room.pause-ended", room_id, &actor.login, at_ms)]).await?;
        }
        rooms::end(&mut acting.tx, &session_id, room_id, at_ms).await?;
        let detail = json!({ "reason": why, "forced": writing.len(), "absent": unstarted.len() });
        acting.append(&[Act { at_ms, actor: &actor.login, act: "room.ended", subject: room_id, detail }]).await?;
        let finished = rooms::not_ended(&mut acting.tx, &session_id).await? == 0;
        if finished {
            sessions::set_state(&mut acting.tx, &session_id, SessionState::Finished).await?;
            let act = Act { at_ms, actor: "system", act: "session.finished", subject: &session_id, detail: json!({}) };
            acting.append(&[act]).await?;
        }
        let mut hall = acting.commit().await?;
        closed.apply(&mut hall);
        apply_absent(&mut hall, &session_id, &unstarted);
        if finished && let Some(session) = hall.sessions.get_mut(&session_id) {
            session.state = SessionState::Finished;
        }
        if let Some(room) = hall.room_mut(&session_id, room_id) {
            if let Some(pause) = &pause {
                pause.apply(room, &actor.login, at_ms);
            }
            room.room.state = RoomState::Ended;
            room.ended_at_ms = Some(at_ms);
        }
        Ok(Code::RoomEnded.into())
    }

    pub(crate) fn session_of_room(&self, room_id: &str) -> Result<String, Refusal> {
        self.hall().room(room_id).map(|(session, _)| session.id.clone()).ok_or(Refusal::NotFound)
    }

    /// Looks at a room on behalf of a proctor who must be checked in to it.
    pub(crate) fn in_room<T>(
        &self,
        room_id: &str,
        actor: &Staff,
        f: impl FnOnce(&Session, &Room) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let hall = self.hall();
        let (session, room) = hall.room(room_id).ok_or(Refusal::NotFound)?;
        if room.room.present.contains_key(&actor.login) { f(session, room) } else { Err(Code::NotAllowed.into()) }
    }

    fn sitting_in(
        &self,
        room_id: &str,
        id: &str,
        actor: &Staff,
        possible: impl FnOnce(&Phase) -> bool,
    ) -> Result<(), Refusal> {
        self.in_room(room_id, actor, |session, _| {
            let sitting =
                session.sittings.get(id).filter(|sitting| sitting.room == room_id).ok_or(Refusal::NotFound)?;
            if possible(&sitting.sitting.phase) { Ok(()) } else { Err(Code::NotNow.into()) }
        })
    }

    fn writing(&self, room_id: &str, sitting: &str, actor: &Staff) -> Result<(), Refusal> {
        self.sitting_in(room_id, sitting, actor, |phase| matches!(phase, Phase::Writing { .. }))
    }
}

/// Grants to sittings of a session, within an act: a ledger row and an audit row each.
pub(crate) async fn write_grants(
    acting: &mut Acting<'_>,
    session: &str,
    rows: &[(String, LedgerRow)],
    actor: &str,
) -> Result<(), StoreError> {
    for (id, row) in rows {
        sittings::grant(&mut acting.tx, session, id, row).await?;
    }
    let acts: Vec<Act<'_>> = rows.iter().map(|(id, row)| granted_act(session, id, row, actor)).collect();
    acting.append(&acts).await
}

/// They were committed.
pub(crate) fn apply_grants(hall: &mut Hall, session: &str, rows: Vec<(String, LedgerRow)>) {
    for (id, row) in rows {
        if let Some(live) = hall.sitting_mut(session, &id) {
            live.sitting.ledger.push(row);
        }
    }
}

fn apply_absent(hall: &mut Hall, session: &str, ids: &[String]) {
    for id in ids {
        if let Some(live) = hall.sitting_mut(session, id) {
            live.sitting.phase = Phase::Absent;
            live.signs.hand_at_ms = None;
        }
    }
}

/// The number of another room that has not ended and that this proctor is checked in to.
fn elsewhere(hall: &Hall, login: &str) -> Option<u32> {
    let rooms = hall.sessions.values().flat_map(|session| session.rooms.values());
    let here: BTreeSet<u32> = rooms
        .filter(|room| room.room.state != RoomState::Ended && room.room.present.contains_key(login))
        .map(|room| room.number)
        .collect();
    here.into_iter().next()
}

/// What a person wrote, trimmed; neither empty nor endless.
pub(crate) fn reason(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > REASON_CHARS_MAX {
        Err(Code::ReasonMissing.into())
    } else {
        Ok(text.to_owned())
    }
}
