//! The exam clock of every running session, ticked by one task: it advances, is flushed, records stalls as outages, and
//! hands in those whose time is over.

use std::{sync::Arc, time::Duration};

use delivery::{
    limits::CLOCK_STEP_MS_MAX,
    room::RoomState,
    session::SessionState,
    sitting::{ClosedBy, Phase},
};

use super::{
    Centre, Refusal,
    hall::{Hall, Stall, Waking},
    peers::Told,
    session::outage_act,
};
use crate::store::{
    StoreError,
    audit::Act,
    server,
    session::{self as sessions, OutageRow},
};

/// Between two ticks.
const TICK: Duration = Duration::from_millis(200);

/// After a sync with the other servers nobody's count is further ahead than they are heard to be within this time.
const WAKING_MS: i64 = 1_500;
/// In the audit chain of each running session; the room's record shows it.
pub(crate) const WALL_CLOCK_SET: &str = "session.clock-set";
/// A step of the wall clock that is put on record, milliseconds: what keeps clocks in time does it in steps far below it.
const WALL_STEP_MS: i64 = 500;

/// What a tick found to do.
#[derive(Default)]
struct Due {
    flushes: Vec<(String, i64)>,
    over: Vec<(String, Vec<String>)>,
    /// By how much the wall clock was set since the last tick, and in which sessions that is put on record.
    wall_step: Option<(i64, Vec<String>)>,
    /// Session and room where somebody waits though the room is open.
    waiting: Vec<(String, String)>,
}

impl Centre {
    /// Ticks until the process ends.
    pub async fn run_clock(self: Arc<Self>) {
        let mut interval = tokio::time::interval(TICK);
        interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            if let Err(error) = self.tick().await {
                tracing::error!(%error, "the exam clock could not be kept; it is tried again at the next tick");
            }
        }
    }

    /// One tick: reads the clocks, and does what is due.
    pub async fn tick(&self) -> Result<(), Refusal> {
        let (monotonic, wall) = (self.world.monotonic_ms(), self.world.wall_ms());
        let due = due(&mut self.hall(), monotonic, wall, self.is_shared());
        self.flush(&due.flushes, wall).await?;
        self.record_stalls().await?;
        if let Some((step_ms, sessions)) = &due.wall_step {
            self.note_wall_step(*step_ms, sessions, wall).await?;
        }
        for (session, room) in due.waiting {
            self.start_waiting(&session, &room).await?;
        }
        self.tell_gaps().await?;
        for (session, sittings) in due.over {
            let closed = self.close_sittings(&session, &sittings, ClosedBy::Clock, "system", "").await?;
            tracing::info!(session, closed, "session {session}: {closed} sittings handed in by the clock");
        }
        Ok(())
    }

    /// The wall clock was set: it decides nothing, but the times on record before and after don't compare.
    async fn note_wall_step(&self, step_ms: i64, sessions: &[String], wall: i64) -> Result<(), StoreError> {
        tracing::warn!(step_ms, "the wall clock was set by {step_ms} ms; nobody's remaining time is changed by it");
        let text =
            format!("{}{}.{:03} s", if step_ms < 0 { '−' } else { '+' }, step_ms.abs() / 1000, step_ms.abs() % 1000);
        let detail = serde_json::json!({ "step_ms": step_ms, "text": text });
        for id in sessions {
            let mut acting = self.begin(id).await?;
            let detail = detail.clone();
            acting.append(&[Act { at_ms: wall, actor: "system", act: WALL_CLOCK_SET, subject: id, detail }]).await?;
            drop(acting.commit().await?);
        }
        Ok(())
    }

    /// Before a planned stop: ticks once more, writes every count down, and closes the store.
    pub async fn stop(&self) -> Result<(), Refusal> {
        self.tick().await?;
        let running = |hall: &Hall| -> Vec<(String, i64)> {
            let running = hall.sessions.values().filter(|session| session.state == SessionState::Running);
            running.map(|session| (session.id.clone(), session.clock.count())).collect()
        };
        let running = running(&self.hall());
        self.flush(&running, self.world.wall_ms()).await?;
        self.leave_peers().await?;
        self.store.close().await;
        Ok(())
    }

    /// Writes counts down. Several servers share the count: the greatest stands, and everybody takes it over.
    async fn flush(&self, counts: &[(String, i64)], wall: i64) -> Result<(), StoreError> {
        if counts.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.write().await?;
        let mut stand = Vec::with_capacity(counts.len());
        for (id, clock_ms) in counts {
            stand.push((id.clone(), sessions::flush_clock(&mut tx, id, *clock_ms, wall).await?));
        }
        if self.peers.are_alive() {
            server::tell(&mut tx, &[self.peers.message(Told::Clocks(stand.clone()))]).await?;
        }
        tx.commit().await?;
        let alone = !self.look_for_peers_of_sleepers(counts).await?;
        let monotonic = self.world.monotonic_ms();
        let mut hall = self.hall();
        for ((id, own_ms), (_, clock_ms)) in counts.iter().zip(stand) {
            let Some(session) = hall.sessions.get_mut(id) else { continue };
            session.clock.flushed(clock_ms);
            if clock_ms > *own_ms {
                session.clock.learn(clock_ms, monotonic);
            }
            if let Some(waking) = &mut session.waking
                && waking.known.is_none()
            {
                waking.known = Some((clock_ms, monotonic));
                // What others counted meanwhile was served.
                let served_ms = clock_ms - own_ms;
                session.stall = session.stall.map(|stall| Stall { gap_ms: stall.gap_ms - served_ms, ..stall });
                session.stall = session.stall.filter(|stall| stall.gap_ms > CLOCK_STEP_MS_MAX);
                if alone {
                    session.waking = None;
                }
            }
        }
        Ok(())
    }

    /// Whether others are alive, asked when one of these sessions is waking: what was known before is of before its sleep.
    async fn look_for_peers_of_sleepers(&self, counts: &[(String, i64)]) -> Result<bool, StoreError> {
        let asleep = {
            let hall = self.hall();
            counts.iter().any(|(id, _)| hall.sessions.get(id).is_some_and(|session| session.waking.is_some()))
        };
        if asleep { self.look_for_peers().await } else { Ok(true) }
    }

    async fn record_stalls(&self) -> Result<(), StoreError> {
        let stalls: Vec<(String, Stall)> = {
            let hall = self.hall();
            let awake = hall.sessions.values().filter(|session| session.waking.is_none());
            awake.filter_map(|session| Some((session.id.clone(), session.stall?))).collect()
        };
        for (id, Stall { gap_ms, clock_ms, up_at_ms }) in stalls {
            let outage = OutageRow { down_at_ms: up_at_ms - gap_ms, up_at_ms, clock_ms };
            let mut acting = self.begin(&id).await?;
            let told = self.is_shared() && {
                let known = sessions::outages(&mut acting.tx, &id).await?;
                // Servers that stood still together tell of it once.
                known.iter().any(|known| known.up_at_ms > outage.down_at_ms && known.down_at_ms < outage.up_at_ms)
            };
            if !told {
                sessions::insert_outage(&mut acting.tx, &id, outage).await?;
                acting.append(&[outage_act(&id, outage, up_at_ms)]).await?;
                tracing::warn!(session = id, "session {id}: the server stood still; the time is nobody's");
            }
            if let Some(session) = acting.commit().await?.sessions.get_mut(&id) {
                session.stall = None;
            }
        }
        Ok(())
    }
}

fn due(hall: &mut Hall, monotonic: i64, wall: i64, shared: bool) -> Due {
    let mut due = Due::default();
    let ahead = wall - monotonic;
    let step_ms = hall.wall_ahead_ms.replace(ahead).map_or(0, |before| ahead - before);
    if step_ms.abs() >= WALL_STEP_MS {
        let running = hall.sessions.values().filter(|session| session.state == SessionState::Running);
        due.wall_step = Some((step_ms, running.map(|session| session.id.clone()).collect()));
    }
    for session in hall.sessions.values_mut().filter(|session| session.state == SessionState::Running) {
        let step = session.clock.tick(monotonic);
        if let Some(gap_ms) = step.stalled_ms {
            let gap_ms = gap_ms + session.stall.map_or(0, |stall| stall.gap_ms);
            session.stall = Some(Stall { gap_ms, clock_ms: step.clock_ms, up_at_ms: wall });
            session.waking = shared.then(Waking::default);
        }
        let known = session.waking.and_then(|waking| waking.known);
        if known.is_some_and(|(_, at_ms)| monotonic - at_ms >= WAKING_MS) {
            session.waking = None;
        }
        let unknown = session.waking.is_some_and(|waking| waking.known.is_none());
        if let Some(clock_ms) = session.clock.flush_due().or(unknown.then_some(step.clock_ms)) {
            due.flushes.push((session.id.clone(), clock_ms));
        }
        if session.waking.is_some() {
            continue;
        }
        let over = session
            .sittings
            .values()
            .filter(|s| s.sitting.is_over(&session.terms, session.rooms[&s.room].room.pauses.clock_ms(step.clock_ms)))
            .map(|s| s.id.clone());
        let over: Vec<String> = over.collect();
        if !over.is_empty() {
            due.over.push((session.id.clone(), over));
        }
        // The opening starts them in a transaction after its own: a server killed in between left them waiting.
        let ready = Phase::Present { confirmed: true, accepted: true };
        // Nobody starts while a room stands still; who came meanwhile starts when it goes on.
        let open = session.rooms.values().filter(|r| r.room.state == RoomState::Open && !r.room.pauses.is_on());
        let waiting =
            open.filter(|room| session.sittings.values().any(|s| s.room == room.id && s.sitting.phase == ready));
        due.waiting.extend(waiting.map(|room| (session.id.clone(), room.id.clone())));
    }
    due
}
