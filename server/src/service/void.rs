//! 试题作废: a faulty question counts for nobody, in mid-exam or after. An officer and a second person (another officer, or an
//! author of the bank) decide it with their own passwords. What was handed in is marked anew in the same transaction, as a
//! further version of the score; who still writes is told at the next answer of the server.

use std::collections::BTreeMap;

use delivery::sitting::Phase;
use kaochang_app::{
    notice::{Code, Notice},
    view::{Role, VoidedView},
};
use serde_json::json;

use super::{
    Centre, Refusal,
    account::Staff,
    hall::{Session, Sitting},
    hand_in::{Marker, keys},
    proctor::{Second, reason},
};
use crate::store::{audit::Act, response, score, void, void::VoidRow};

/// Which question is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    /// By its id.
    Id(String),
    /// As a candidate has it on the paper.
    At {
        /// 准考证号.
        admission_no: String,
        /// From 1.
        position: u32,
    },
}

/// A question to be voided, as asked for.
#[derive(Clone, Debug)]
pub struct Voiding {
    /// Which.
    pub which: Which,
    /// Why.
    pub reason: String,
    /// Who confirms it.
    pub second: Second,
    /// Whether the box was ticked.
    pub confirmed: bool,
}

/// What is to be done, taken from memory within the act.
struct Job {
    question: String,
    revision: u32,
    clock_ms: i64,
    /// Papers that have the question.
    papers: usize,
    /// Sittings that are closed, with how they are marked now.
    closed: Vec<(String, Marker)>,
    standard: String,
}

impl Centre {
    /// Voids a question of a session.
    pub async fn void_question(&self, session_id: &str, actor: &Staff, asked: &Voiding) -> Result<Notice, Refusal> {
        if !asked.confirmed {
            return Err(Code::ConfirmMissing.into());
        }
        let why = reason(&asked.reason)?;
        let second = self.second_of_office(actor, &asked.second).await?;
        let mut acting = self.begin(session_id).await?;
        let job = self.void_job(session_id, &asked.which)?;
        let at_ms = self.world.wall_ms();
        let row = VoidRow {
            question_id: job.question.clone(),
            revision: job.revision.into(),
            reason: why,
            voided_by: actor.login.clone(),
            confirmed_by: second,
            clock_ms: job.clock_ms,
            at_ms,
        };
        void::insert(&mut acting.tx, session_id, &row).await?;
        let keys = keys(&mut acting.tx, &job.standard).await?;
        let detail = json!({
            "question": row.question_id, "revision": row.revision, "reason": row.reason, "confirmed_by": row.confirmed_by,
            "clock_ms": row.clock_ms, "papers": job.papers, "remarked": job.closed.len(),
        });
        let mut acts = vec![Act { at_ms, actor: &actor.login, act: "question.voided", subject: session_id, detail }];
        for (sitting, marker) in &job.closed {
            let rows = response::of_sitting(&mut acting.tx, session_id, sitting).await?;
            let (marks, score) = marker.mark(&rows, &keys)?;
            let version = score::newest_version(&mut acting.tx, session_id, sitting).await? + 1;
            let hash = score::insert(&mut acting.tx, session_id, sitting, version, &score, &marks, at_ms).await?;
            let detail = json!({
                "question": row.question_id, "version": version, "score": hash.to_string(), "total_milli": score.total_milli,
                "max_milli": score.max_milli, "passed": score.passed,
            });
            acts.push(Act { at_ms, actor: &actor.login, act: "sitting.remarked", subject: sitting, detail });
        }
        acting.append(&acts).await?;
        if let Some(session) = acting.commit().await?.sessions.get_mut(session_id) {
            session.voided.push(row);
        }
        Ok(Notice::with(Code::QuestionVoided, job.papers))
    }

    /// Another officer, or an author of the bank; never the one who asks.
    async fn second_of_office(&self, actor: &Staff, second: &Second) -> Result<String, Refusal> {
        if second.login.is_empty() || second.login == actor.login {
            return Err(Code::SecondOfficerNeeded.into());
        }
        let second = self.authenticate(&second.login, &second.password).await?;
        match second.role {
            Role::Office | Role::Author => Ok(second.login),
            Role::Proctor => Err(Code::SecondOfficerNeeded.into()),
        }
    }

    fn void_job(&self, session_id: &str, which: &Which) -> Result<Job, Refusal> {
        let hall = self.hall();
        let session = hall.sessions.get(session_id).ok_or(Refusal::NotFound)?;
        let (question, revision) = session.asked(which).ok_or(Code::QuestionNotThere)?;
        if session.is_void(&question, revision) {
            return Err(Code::QuestionVoidedAlready.into());
        }
        let its = |item: &question_bank::paper::Item| item.question == question && item.revision == revision;
        let having = || session.sittings.values().filter(|s| s.paper.items.iter().any(its));
        let left = |s: &Sitting| {
            s.paper.items.iter().any(|item| !its(item) && !session.is_void(&item.question, item.revision))
        };
        if !having().all(left) {
            // Nothing would be left to be marked.
            return Err(Code::QuestionLast.into());
        }
        let closed = having().filter(|s| matches!(s.sitting.phase, Phase::Closed { .. }));
        let closed = closed.map(|s| (s.id.clone(), Marker::of(session, s).without(&question, revision))).collect();
        Ok(Job {
            clock_ms: self.now(session),
            papers: having().count(),
            closed,
            standard: session.standard.id.clone(),
            question,
            revision,
        })
    }

    /// The voided questions of a session, as the staff's pages show them.
    pub(crate) fn voided_views(&self, session: &Session) -> Vec<VoidedView> {
        let view = |row: &VoidRow| VoidedView {
            question: row.question_id.clone(),
            reason: row.reason.clone(),
            by: format!("{} + {}", row.voided_by, row.confirmed_by),
            at_text: self.time_text(row.at_ms),
        };
        session.voided.iter().map(view).collect()
    }
}

impl Session {
    /// Whether a question counts for nobody.
    pub fn is_void(&self, question: &str, revision: u32) -> bool {
        self.voided.iter().any(|row| row.question_id == question && row.revision == i64::from(revision))
    }

    /// Positions of a sitting's paper that count for nobody, ascending.
    pub fn void_positions(&self, sitting: &Sitting) -> Vec<u32> {
        if self.voided.is_empty() {
            return Vec::new();
        }
        let void = sitting.paper.items.iter().filter(|item| self.is_void(&item.question, item.revision));
        void.map(|item| item.position).collect()
    }

    /// The question that is meant, with the revision that this session has.
    fn asked(&self, which: &Which) -> Option<(String, u32)> {
        match which {
            Which::Id(id) => {
                let own: BTreeMap<&str, u32> =
                    self.texts.keys().map(|(id, revision)| (id.as_str(), *revision)).collect();
                own.get(id.trim()).map(|revision| (id.trim().to_owned(), *revision))
            }
            Which::At { admission_no, position } => {
                let sitting = self.sittings.values().find(|s| s.admission_no == admission_no.trim())?;
                let item = sitting.paper.item(*position)?;
                Some((item.question.clone(), item.revision))
            }
        }
    }
}
