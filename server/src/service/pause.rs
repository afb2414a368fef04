//! 暂停考试, 继续考试: a room that stands still. Pausing needs one proctor and a reason, because seconds matter; so does going on.
//! Either stands in the chain, and each sitting that is being written gets the pause as one row of its ledger.

use delivery::{
    ledger::{Cause, LedgerRow},
    pause::PauseRefusal,
};
use kaochang_app::notice::{Code, Notice};
use serde_json::json;

use super::{
    Centre, Refusal,
    account::Staff,
    hall::{Room, Session, Sitting},
    proctor::{apply_grants, reason, write_grants},
};
use crate::store::{audit::Act, room as rooms, room::PauseRow};

impl Centre {
    /// The exam clock as the sittings of a room count it.
    pub(crate) fn now_in(&self, session: &Session, room: &str) -> i64 {
        session.rooms[room].room.pauses.clock_ms(self.now(session))
    }

    /// 暂停考试: from now on no time of anybody in the room is consumed.
    pub async fn pause_room(&self, room_id: &str, actor: &Staff, why: &str) -> Result<Notice, Refusal> {
        let why = reason(why)?;
        let session_id = self.session_of_room(room_id)?;
        let mut acting = self.begin(&session_id).await?;
        let at_ms = self.world.wall_ms();
        let row = self.in_room(room_id, actor, |session, room| {
            room.room.pauses.may_begin(room.room.state).map_err(notice)?;
            Ok(PauseRow {
                room_id: room_id.to_owned(),
                number: room.next_pause_no(),
                reason: why.clone(),
                paused_by: actor.login.clone(),
                since_clock_ms: self.now(session),
                since_at_ms: at_ms,
                ended_by: None,
                until_clock_ms: None,
                until_at_ms: None,
            })
        })?;
        rooms::pause(&mut acting.tx, &session_id, &row).await?;
        let detail = json!({ "number": row.number, "clock_ms": row.since_clock_ms, "reason": row.reason });
        acting.append(&[Act { at_ms, actor: &actor.login, act: "room.paused", subject: room_id, detail }]).await?;
        if let Some(room) = acting.commit().await?.room_mut(&session_id, room_id) {
            room.room.pauses.began(row.since_clock_ms);
            room.pauses.push(row);
        }
        Ok(Code::RoomPaused.into())
    }

    /// 继续考试: everybody who writes gets the pause as a row of the ledger, and whoever came meanwhile starts.
    pub async fn resume_room(&self, room_id: &str, actor: &Staff) -> Result<Notice, Refusal> {
        let session_id = self.session_of_room(room_id)?;
        let mut acting = self.begin(&session_id).await?;
        let at_ms = self.world.wall_ms();
        let (end, rows) = self.in_room(room_id, actor, |session, room| {
            let clock_ms = self.now(session);
            let until_clock_ms = room.room.pauses.until(&session.terms, clock_ms).map_err(notice)?;
            let end = PauseEnd::of(room, until_clock_ms);
            let why = room.pauses.last().map(|pause| pause.reason.clone()).unwrap_or_default();
            let row = |s: &Sitting| LedgerRow {
                row_no: s.sitting.next_row_no(),
                grant_ms: end.pause_ms,
                cause: Cause::Pause,
                reason: why.clone(),
                actor: actor.login.clone(),
                approved_by: None,
                clock_ms,
                at_ms,
            };
            let writing = session.in_room(room_id).into_iter().filter(|s| s.sitting.is_writing());
            let rows: Vec<(String, LedgerRow)> = writing.map(|s| (s.id.clone(), row(s))).collect();
            Ok((end, rows))
        })?;
        rooms::end_pause(&mut acting.tx, &session_id, room_id, &actor.login, end.until_clock_ms, at_ms).await?;
        acting.append(&[end.act("room.resumed", room_id, &actor.login, at_ms)]).await?;
        write_grants(&mut acting, &session_id, &rows, &actor.login).await?;
        let mut hall = acting.commit().await?;
        if let Some(room) = hall.room_mut(&session_id, room_id) {
            end.apply(room, &actor.login, at_ms);
        }
        apply_grants(&mut hall, &session_id, rows);
        Ok(Code::RoomResumed.into())
    }
}

/// The end of a pause.
pub(crate) struct PauseEnd {
    number: i64,
    pause_ms: i64,
    /// On the exam clock.
    pub(crate) until_clock_ms: i64,
}

impl PauseEnd {
    /// Of the pause that a room has.
    pub(crate) fn of(room: &Room, until_clock_ms: i64) -> Self {
        let pause_ms = room.room.pauses.length_ms(until_clock_ms);
        Self { number: room.next_pause_no() - 1, pause_ms, until_clock_ms }
    }

    /// Its audit row.
    pub(crate) fn act<'a>(&self, act: &'a str, room_id: &'a str, actor: &'a str, at_ms: i64) -> Act<'a> {
        let detail = json!({ "number": self.number, "until_clock_ms": self.until_clock_ms, "pause_ms": self.pause_ms });
        Act { at_ms, actor, act, subject: room_id, detail }
    }

    /// It was written down.
    pub(crate) fn apply(&self, room: &mut Room, by: &str, at_ms: i64) {
        room.room.pauses.ended(self.until_clock_ms);
        if let Some(pause) = room.pauses.last_mut() {
            pause.ended_by = Some(by.to_owned());
            pause.until_clock_ms = Some(self.until_clock_ms);
            pause.until_at_ms = Some(at_ms);
        }
    }
}

fn notice(refusal: PauseRefusal) -> Refusal {
    match refusal {
        PauseRefusal::NotOpen => Code::RoomNotOpen.into(),
        PauseRefusal::Already => Code::RoomAlreadyPaused.into(),
        PauseRefusal::NotPaused => Code::RoomNotPaused.into(),
    }
}
