//! The end of a sitting: by the candidate, by the clock or by a proctor, one path for all three. In one transaction it reads
//! what stands, marks it, closes the sitting, and writes the digest over all responses into the audit chain.

use std::collections::HashMap;

use delivery::sitting::{ClosedBy, Phase};
use question_bank::{
    digest::Digest,
    key::Key,
    marking::{self, Score},
    paper::Item,
    response::Response,
};

use super::{
    Centre,
    acting::Acting,
    hall::{Hall, Session, Sitting},
    session::check_code,
};
use crate::store::{
    StoreError, Tx, audit::Act, inconsistent, question, response, response::ResponseRow, score, sitting as sittings,
    sitting::Closing,
};

/// Every key of a standard, for marking.
pub(crate) type Keys = HashMap<(String, u32), Key>;

/// What a hand-in needs of memory, taken before the transaction.
struct Job {
    sitting: String,
    marker: Marker,
}

/// Sittings that the clock hands in with one transaction.
const CLOSED_AT_ONCE: usize = 250;

/// Sittings that an act closes.
pub(crate) struct Closed {
    session: String,
    by: ClosedBy,
    clock_ms: i64,
    at_ms: i64,
    /// Id, and the digest over its responses.
    sittings: Vec<(String, Digest)>,
}

/// How one paper is marked.
pub(crate) struct Marker {
    paper: std::sync::Arc<question_bank::paper::Paper>,
    policies: Vec<(question_bank::question::Kind, question_bank::blueprint::Policy)>,
    pass_points: u32,
    /// Questions that count for nobody.
    void: Vec<(String, u32)>,
}

impl Centre {
    /// Closes those of the sittings that may be closed now; the others are left as they are, so that a second call (a double
    /// click, the clock at the same moment, a grant at the last one) does no harm. Returns how many were closed.
    pub(crate) async fn close_sittings(
        &self,
        session_id: &str,
        ids: &[String],
        by: ClosedBy,
        actor: &str,
        reason: &str,
    ) -> Result<usize, StoreError> {
        let mut count = 0;
        // When thousands end in the same second, those who are closed first need not wait for the last to be marked.
        for ids in ids.chunks(CLOSED_AT_ONCE) {
            let mut acting = self.begin(session_id).await?;
            let closed = self.close(&mut acting, session_id, ids, by, actor, reason).await?;
            if !closed.is_empty() {
                closed.apply(&mut *acting.commit().await?);
            }
            count += closed.sittings.len();
        }
        Ok(count)
    }

    /// The same within an act, which applies what comes back once it is committed.
    pub(crate) async fn close(
        &self,
        acting: &mut Acting<'_>,
        session_id: &str,
        ids: &[String],
        by: ClosedBy,
        actor: &str,
        reason: &str,
    ) -> Result<Closed, StoreError> {
        let at_ms = self.world.wall_ms();
        let (jobs, clock_ms, standard) = {
            let hall = self.hall();
            let session = hall.sessions.get(session_id).ok_or_else(|| inconsistent("a session that is not there"))?;
            let clock_ms = self.now(session);
            let open = ids.iter().filter_map(|id| session.sittings.get(id));
            let open = open.filter(|s| s.sitting.may_close(by, &session.terms, self.now_in(session, &s.room)));
            let jobs: Vec<Job> = open.map(|s| Job { sitting: s.id.clone(), marker: Marker::of(session, s) }).collect();
            (jobs, clock_ms, session.standard.id.clone())
        };
        let mut closed =
            Closed { session: session_id.to_owned(), by, clock_ms, at_ms, sittings: Vec::with_capacity(jobs.len()) };
        if jobs.is_empty() {
            return Ok(closed);
        }
        let keys = keys(&mut acting.tx, &standard).await?;
        let mut acts = Vec::with_capacity(jobs.len());
        for job in &jobs {
            let rows = response::of_sitting(&mut acting.tx, session_id, &job.sitting).await?;
            let (digest, score, score_hash) =
                job.close(&mut acting.tx, session_id, &rows, &keys, (by, clock_ms, at_ms)).await?;
            let positions: Vec<i64> = rows.iter().map(|row| row.position).collect();
            let detail = serde_json::json!({
                "by": by.code(), "clock_ms": clock_ms, "reason": reason, "responses": digest.to_string(), "positions": positions,
                "total_milli": score.total_milli, "max_milli": score.max_milli, "passed": score.passed,
                "score": score_hash.to_string(),
            });
            acts.push(Act { at_ms, actor, act: "sitting.closed", subject: &job.sitting, detail });
            closed.sittings.push((job.sitting.clone(), digest));
        }
        acting.append(&acts).await?;
        Ok(closed)
    }
}

impl Closed {
    /// Whether there was none to close, and nothing was written.
    pub(crate) fn is_empty(&self) -> bool {
        self.sittings.is_empty()
    }

    /// Applies what was committed.
    pub(crate) fn apply(&self, hall: &mut Hall) {
        for (id, digest) in &self.sittings {
            if let Some(sitting) = hall.sitting_mut(&self.session, id) {
                sitting.sitting.phase = Phase::Closed { by: self.by, closed_clock_ms: self.clock_ms };
                sitting.closed_at_ms = Some(self.at_ms);
                sitting.check_code = Some(check_code(digest));
                sitting.signs.hand_at_ms = None;
            }
        }
    }
}

impl Job {
    async fn close(
        &self,
        tx: &mut Tx,
        session_id: &str,
        rows: &[ResponseRow],
        keys: &Keys,
        (by, clock_ms, at_ms): (ClosedBy, i64, i64),
    ) -> Result<(Digest, Score, Digest), StoreError> {
        let digest = response::digest_of(rows);
        let (marks, score) = self.marker.mark(rows, keys)?;
        sittings::close(tx, session_id, &self.sitting, &Closing { by, clock_ms, at_ms, responses_digest: &digest })
            .await?;
        let score_hash = score::insert(tx, session_id, &self.sitting, 1, &score, &marks, at_ms).await?;
        Ok((digest, score, score_hash))
    }
}

impl Marker {
    pub(crate) fn of(session: &Session, sitting: &Sitting) -> Self {
        Self {
            paper: sitting.paper.clone(),
            policies: session.blueprint.kinds.iter().map(|quota| (quota.kind, quota.marking)).collect(),
            pass_points: session.terms.pass_points,
            void: sitting
                .paper
                .items
                .iter()
                .filter(|item| session.is_void(&item.question, item.revision))
                .map(|item| (item.question.clone(), item.revision))
                .collect(),
        }
    }

    /// The same, with a further question that counts for nobody.
    pub(crate) fn without(mut self, question: &str, revision: u32) -> Self {
        self.void.push((question.to_owned(), revision));
        self
    }

    fn is_void(&self, item: &Item) -> bool {
        self.void.iter().any(|(question, revision)| *question == item.question && *revision == item.revision)
    }

    /// Marks by position, and the score they make.
    pub(crate) fn mark(&self, rows: &[ResponseRow], keys: &Keys) -> Result<(Vec<u32>, Score), StoreError> {
        let given: HashMap<i64, &str> = rows.iter().map(|row| (row.position, row.response.as_str())).collect();
        let marks = self
            .paper
            .items
            .iter()
            .map(|item| self.mark_item(item, given.get(&i64::from(item.position)).copied(), keys));
        let marks: Vec<u32> = marks.collect::<Result<_, _>>()?;
        let given = self.paper.items.iter().zip(marks.iter().copied());
        let score = marking::score_without(given, |item| self.is_void(item), self.pass_points);
        Ok((marks, score))
    }

    fn mark_item(&self, item: &Item, response: Option<&str>, keys: &Keys) -> Result<u32, StoreError> {
        let Some(response) = response else { return Ok(0) };
        let options = u8::try_from(item.options.len()).map_err(|_| inconsistent("a paper's options"))?;
        let response = Response::parse(item.kind, options, response).map_err(|_| inconsistent("a stored response"))?;
        let key = keys
            .get(&(item.question.clone(), item.revision))
            .ok_or_else(|| inconsistent("a question without its key"))?;
        let policy = self.policies.iter().find(|(kind, _)| *kind == item.kind).map(|(_, policy)| policy);
        let policy = policy.ok_or_else(|| inconsistent("a kind without its marking"))?;
        Ok(marking::mark(policy, item.points_milli, key, &item.options, &response))
    }
}

/// Every key of a standard.
pub(crate) async fn keys(tx: &mut Tx, standard: &str) -> Result<Keys, StoreError> {
    Ok(question::keys(tx, standard).await?.into_iter().map(|row| ((row.question, row.revision), row.key)).collect())
}
