//! The exam clock of every running session, ticked by one task: it advances, is flushed, records stalls as outages, and
//! hands in those whose time is over.

use std::{sync::Arc, time::Duration};

use delivery::{
    room::RoomState,
    session::SessionState,
    sitting::{ClosedBy, Phase},
};

use super::{Centre, Refusal, hall::Hall, session::outage_act};
use crate::store::{
    StoreError,
    session::{self as sessions, OutageRow},
};

/// Between two ticks.
const TICK: Duration = Duration::from_millis(200);

/// What a tick found to do.
#[derive(Default)]
struct Due {
    flushes: Vec<(String, i64)>,
    stalls: Vec<(String, OutageRow)>,
    over: Vec<(String, Vec<String>)>,
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
        let due = due(&mut self.hall(), monotonic, wall);
        if !due.flushes.is_empty() || !due.stalls.is_empty() {
            self.keep(&due, wall).await?;
        }
        for (session, room) in due.waiting {
            self.start_waiting(&session, &room).await?;
        }
        for (session, sittings) in due.over {
            let closed = self.close_sittings(&session, &sittings, ClosedBy::Clock, "system", "").await?;
            tracing::info!(session, closed, "session {session}: {closed} sittings handed in by the clock");
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
        let due = Due { flushes: running(&self.hall()), ..Due::default() };
        self.keep(&due, self.world.wall_ms()).await?;
        self.store.close().await;
        Ok(())
    }

    async fn keep(&self, due: &Due, wall: i64) -> Result<(), StoreError> {
        for (id, outage) in &due.stalls {
            let mut acting = self.begin(id).await?;
            sessions::insert_outage(&mut acting.tx, id, *outage).await?;
            acting.append(&[outage_act(id, *outage, wall)]).await?;
            drop(acting.commit().await?);
            tracing::warn!(session = id, "session {id}: the server stood still; the time is nobody's");
        }
        if due.flushes.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.write().await?;
        for (id, clock_ms) in &due.flushes {
            sessions::flush_clock(&mut tx, id, *clock_ms, wall).await?;
        }
        tx.commit().await?;
        let mut hall = self.hall();
        for (id, clock_ms) in &due.flushes {
            if let Some(session) = hall.sessions.get_mut(id) {
                session.clock.flushed(*clock_ms);
            }
        }
        Ok(())
    }
}

fn due(hall: &mut Hall, monotonic: i64, wall: i64) -> Due {
    let mut due = Due::default();
    for session in hall.sessions.values_mut().filter(|session| session.state == SessionState::Running) {
        let step = session.clock.tick(monotonic);
        if let Some(stalled_ms) = step.stalled_ms {
            let outage = OutageRow { down_at_ms: wall - stalled_ms, up_at_ms: wall, clock_ms: step.clock_ms };
            due.stalls.push((session.id.clone(), outage));
        }
        if let Some(clock_ms) = session.clock.flush_due() {
            due.flushes.push((session.id.clone(), clock_ms));
        }
        let over = session
            .sittings
            .values()
            .filter(|s| s.sitting.is_over(&session.terms, step.clock_ms))
            .map(|s| s.id.clone());
        let over: Vec<String> = over.collect();
        if !over.is_empty() {
            due.over.push((session.id.clone(), over));
        }
        // The opening starts them in a transaction after its own: a server killed in between left them waiting.
        let ready = Phase::Present { confirmed: true, accepted: true };
        let open = session.rooms.values().filter(|room| room.room.state == RoomState::Open);
        let waiting =
            open.filter(|room| session.sittings.values().any(|s| s.room == room.id && s.sitting.phase == ready));
        due.waiting.extend(waiting.map(|room| (session.id.clone(), room.id.clone())));
    }
    due
}
