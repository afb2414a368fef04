//! 考场情况记录表: what a room's two signatures stand under, made from the record and not from memory.

use std::collections::BTreeMap;

use delivery::{
    ledger::Cause,
    room::proctors_required,
    sitting::{ClosedBy, Phase},
};
use kaochang_app::view::{self, PauseRecord, RecordView};

use super::{
    Centre, Refusal,
    clock::WALL_CLOCK_SET,
    room::room_state_view,
    sitting::{as_u32, closed_by_view},
};
use crate::store::{audit, room as rooms, room::PauseRow, room::PresenceRow, session as sessions};

impl Centre {
    /// The record of a room as it stands now.
    pub async fn record_view(&self, room_id: &str) -> Result<RecordView, Refusal> {
        let session_id = self.hall().room(room_id).ok_or(Refusal::NotFound)?.0.id.clone();
        let mut tx = self.store.read().await?;
        let presences: Vec<PresenceRow> = rooms::presences(&mut tx, &session_id)
            .await?
            .into_iter()
            .filter(|presence| presence.room_id == room_id)
            .collect();
        let pauses: Vec<PauseRow> =
            rooms::pauses(&mut tx, &session_id).await?.into_iter().filter(|pause| pause.room_id == room_id).collect();
        let outages = sessions::outages(&mut tx, &session_id).await?;
        let rows = audit::rows(&mut tx, &session_id).await?;
        let head = audit::read_head(&mut tx, &session_id).await?;
        drop(tx);
        let wall = self.world.wall_ms();
        let hall = self.hall();
        let (session, room) = hall.room(room_id).ok_or(Refusal::NotFound)?;
        let sittings = session.in_room(room_id);
        let mut closed: BTreeMap<&str, (view::ClosedBy, u32)> = BTreeMap::new();
        for sitting in &sittings {
            if let Phase::Closed { by, .. } = sitting.sitting.phase {
                closed.entry(ClosedBy::code(by)).or_insert((closed_by_view(by), 0)).1 += 1;
            }
        }
        let absent = sittings.iter().filter(|s| s.sitting.phase == Phase::Absent);
        let absent: Vec<_> = absent.map(|s| s.who(room.number)).collect();
        let grants = sittings.iter().flat_map(|s| s.sitting.ledger.iter().map(move |row| (s, row)));
        // A pause is everybody's, and has a list of its own.
        let grants = grants.filter(|(_, row)| !matches!(row.cause, Cause::Duration | Cause::Pause));
        let incidents = rows.iter().filter(|row| {
            let of_all = row.act == "question.voided" || row.act == WALL_CLOCK_SET;
            let about = row.subject == room_id || sittings.iter().any(|s| s.id == row.subject);
            of_all
                || about
                    && (row.act.starts_with("incident.")
                        || row.act == "seat.moved"
                        || row.act == "sitting.absent"
                        || row.act == "sitting.released")
        });
        // The rule counts who was not yet recorded absent at that moment.
        let required_at = |at: i64| {
            let gone = rows.iter().filter(|row| row.act == "sitting.absent" && row.at_ms <= at);
            let gone = gone.filter(|row| sittings.iter().any(|s| s.id == row.subject)).count();
            proctors_required(&session.terms, as_u32(sittings.len().saturating_sub(gone)))
        };
        let until = room.ended_at_ms.unwrap_or(wall);
        Ok(RecordView {
            session: self.head_of(session),
            number: room.number,
            state: room_state_view(room.room.state),
            opened_text: room.opened_at_ms.map(|at| self.time_text(at)),
            ended_text: room.ended_at_ms.map(|at| self.time_text(at)),
            proctors: presences
                .iter()
                .map(|p| (p.name.clone(), self.time_text(p.in_at_ms), p.out_at_ms.map(|at| self.time_text(at))))
                .collect(),
            proctors_required: required_at(room.opened_at_ms.unwrap_or(wall)),
            proctors_enough: room
                .opened_at_ms
                .is_some_and(|opened| always_enough(&presences, required_at, opened, until)),
            expected: as_u32(sittings.len()),
            present: as_u32(
                sittings
                    .iter()
                    .filter(|s| matches!(s.sitting.phase, Phase::Writing { .. } | Phase::Closed { .. }))
                    .count(),
            ),
            grants: grants.map(|(s, row)| (s.who(room.number), self.ledger_view(row))).collect(),
            incidents: incidents.map(|row| self.event_view(row)).collect(),
            outages: outages.iter().map(|o| (self.time_text(o.down_at_ms), self.time_text(o.up_at_ms))).collect(),
            pauses: pauses.iter().map(|pause| self.pause_record(pause)).collect(),
            closed: closed.into_values().collect(),
            audit_head: head.short(),
            printed_text: self.date_text(wall),
            absent,
        })
    }
}

impl Centre {
    fn pause_record(&self, pause: &PauseRow) -> PauseRecord {
        PauseRecord {
            since_text: self.time_text(pause.since_at_ms),
            until_text: pause.until_at_ms.map(|at| self.time_text(at)),
            counted_ms: pause.until_clock_ms.map(|until| until - pause.since_clock_ms),
            reason: pause.reason.clone(),
            paused_by: pause.paused_by.clone(),
            ended_by: pause.ended_by.clone(),
        }
    }
}

/// Whether at every moment from `from` until `until` at least as many different proctors were checked in as were required.
fn always_enough(presences: &[PresenceRow], required_at: impl Fn(i64) -> u32, from: i64, until: i64) -> bool {
    let enough_at = |at: i64| {
        let here = presences.iter().filter(|p| p.in_at_ms <= at && p.out_at_ms.is_none_or(|out| out > at));
        let mut logins: Vec<&str> = here.map(|p| p.login.as_str()).collect();
        logins.sort_unstable();
        logins.dedup();
        as_u32(logins.len()) >= required_at(at)
    };
    // Presence only falls when somebody leaves: those moments, and the first, are all there is to look at.
    std::iter::once(from)
        .chain(presences.iter().filter_map(|p| p.out_at_ms).filter(|out| (from..until).contains(out)))
        .all(enough_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stay(login: &str, in_at_ms: i64, out_at_ms: Option<i64>) -> PresenceRow {
        PresenceRow { room_id: String::new(), login: login.to_owned(), name: String::new(), in_at_ms, out_at_ms }
    }

    #[test]
    fn a_gap_is_seen_and_a_relief_is_none() {
        let relieved = [stay("a", 0, None), stay("b", 0, Some(50)), stay("c", 40, None)];
        assert!(always_enough(&relieved, |_| 2, 10, 100));
        let gap = [stay("a", 0, None), stay("b", 0, Some(50)), stay("c", 60, None)];
        assert!(!always_enough(&gap, |_| 2, 10, 100));
        let left_after = [stay("a", 0, Some(120)), stay("b", 0, Some(120))];
        assert!(always_enough(&left_after, |_| 2, 10, 100));
        let twice_the_same = [stay("a", 0, None), stay("a", 5, None)];
        assert!(!always_enough(&twice_the_same, |_| 2, 10, 100));
    }
}
