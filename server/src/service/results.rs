//! What the exam office sees of a session: score, pass or fail, and points by function.

use std::collections::HashMap;

use delivery::sitting::Phase;
use kaochang_app::{
    view::{ResultRow, ResultsView},
    wire::SeatState,
};
use question_bank::marking::Score;

use super::{Centre, Refusal, hall::Session, sitting::score_view};
use crate::store::{audit, score};

impl Centre {
    /// The list of results, by room and seat.
    pub async fn results_view(&self, session_id: &str) -> Result<ResultsView, Refusal> {
        let mut tx = self.store.read().await?;
        let scores: HashMap<String, Score> = score::of_session(&mut tx, session_id).await?.into_iter().collect();
        let head = audit::read_head(&mut tx, session_id).await?;
        drop(tx);
        let hall = self.hall();
        let session = hall.sessions.get(session_id).ok_or(Refusal::NotFound)?;
        let functions =
            session.standard.functions.iter().filter(|f| session.blueprint.points.iter().any(|(id, _)| *id == f.id));
        let mut rows: Vec<ResultRow> =
            session.sittings.keys().map(|id| self.result_row(session, id, &scores)).collect();
        rows.sort_by_key(|row| (row.who.room, row.who.seat));
        Ok(ResultsView {
            session: self.head_of(session),
            pass_points: session.terms.pass_points,
            functions: functions.map(|function| function.name.clone()).collect(),
            rows,
            voided: self.voided_views(session),
            commitment: session.commitment.clone(),
            audit_head: head.short(),
        })
    }

    fn result_row(&self, session: &Session, id: &str, scores: &HashMap<String, Score>) -> ResultRow {
        let sitting = &session.sittings[id];
        ResultRow {
            who: sitting.who(session.rooms[&sitting.room].number),
            state: match sitting.sitting.phase {
                Phase::Expected => SeatState::NotArrived,
                Phase::Present { .. } => SeatState::Waiting,
                Phase::Writing { .. } => SeatState::Writing,
                Phase::Closed { .. } => SeatState::HandedIn,
                Phase::Absent => SeatState::Absent,
            },
            closed_text: sitting.closed_at_ms.map(|at| self.time_text(at)),
            score: scores.get(id).map(|score| score_view(score, &session.standard)),
        }
    }
}
