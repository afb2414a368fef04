//! How an answer is saved: checked in memory, written by the [`super::writer`], applied in memory, acknowledged.

use delivery::{
    gap::Gap,
    limits::{CHANGES_MAX, LATE_REQUESTS_MAX},
    sitting::{Change, Refusal as SittingRefusal},
};
use kaochang_app::{
    notice::Code,
    wire::{AnswerWire, ChangeWire, SaveRefusalCode, SaveReply, SaveRequest},
};

use super::{Centre, Refusal};
use crate::{
    store::{StoreError, response, response::ResponseRow},
    vault::token_hash,
    world::new_id,
};

/// A form of the page without scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormAnswer {
    /// Of the login that the page was made for.
    pub epoch: i64,
    /// From 1.
    pub position: u32,
    /// Sequence of the answer that the page showed.
    pub revision: i64,
    /// Letters, ascending.
    pub response: String,
    /// 标记.
    pub flagged: bool,
}

/// Which sitting is written to, and at what time.
struct Admitted {
    session: String,
    sitting: String,
    epoch: i64,
    clock_ms: i64,
    at_ms: i64,
    changes: Vec<Change>,
}

impl Centre {
    /// Saves the changes of a page with scripts, or takes its heartbeat. What it acknowledges is on stable storage.
    pub async fn save(&self, token: &str, request: SaveRequest) -> Result<SaveReply, SaveRefusalCode> {
        let hash = token_hash(token);
        if request.changes.len() > CHANGES_MAX {
            return Err(SaveRefusalCode::Invalid);
        }
        let mut admitted = self.admit(&hash, &request);
        if matches!(&admitted, Err((SaveRefusalCode::Closed, _)))
            && self.look_again(&hash).await.map_err(|_| SaveRefusalCode::Busy)?
        {
            admitted = self.admit(&hash, &request);
        }
        let admitted = match admitted {
            Ok(admitted) => admitted,
            Err((SaveRefusalCode::Closed, Some((session, sitting)))) => {
                self.quarantine(&session, &sitting, &request.changes).await.map_err(|_| SaveRefusalCode::Busy)?;
                return Err(SaveRefusalCode::Closed);
            }
            Err((code, _)) => return Err(code),
        };
        if !admitted.changes.is_empty() {
            match self.writer.save(login(&admitted), rows(&admitted)).await {
                Ok(true) => {
                    self.apply(&admitted);
                    let read = self.read_superseded(&admitted.session, &admitted.sitting).await;
                    read.map_err(|_| SaveRefusalCode::Busy)?;
                }
                Ok(false) => {
                    let why = self.why_not_written(&admitted).await;
                    if why == SaveRefusalCode::Closed {
                        let kept = self.quarantine(&admitted.session, &admitted.sitting, &request.changes).await;
                        kept.map_err(|_| SaveRefusalCode::Busy)?;
                    }
                    return Err(why);
                }
                Err(_) => return Err(SaveRefusalCode::Busy),
            }
        }
        self.reply(&admitted).ok_or(SaveRefusalCode::SignedOut)
    }

    /// Saves a form of a page without scripts; returns the wall time of the save.
    pub async fn save_form(&self, token: &str, form: &FormAnswer) -> Result<String, Refusal> {
        let hash = token_hash(token);
        let one_at_a_time = self.hall().by_token(&hash).ok_or(Refusal::SignedOut)?.1.forms.clone();
        let _form = one_at_a_time.lock().await;
        let mut admitted = self.admit_form(&hash, form);
        if matches!(&admitted, Err(Refusal::Notice(notice)) if notice.code == Code::SittingClosed)
            && self.look_again(&hash).await?
        {
            admitted = self.admit_form(&hash, form);
        }
        let (admitted, same) = match admitted {
            Err(Refusal::Notice(notice)) if notice.code == Code::SittingClosed => {
                return self.quarantine_form(&hash, form).await;
            }
            admitted => admitted?,
        };
        if !same {
            match self.writer.save(login(&admitted), rows(&admitted)).await {
                Ok(true) => {
                    self.apply(&admitted);
                    if self.read_superseded(&admitted.session, &admitted.sitting).await? {
                        return Err(Refusal::with(Code::FormStale, form.position));
                    }
                }
                Ok(false) => match self.why_not_written(&admitted).await {
                    SaveRefusalCode::Epoch => return Err(Code::EpochStale.into()),
                    SaveRefusalCode::Closed => return self.quarantine_form(&hash, form).await,
                    _ => return Err(Code::StoreBusy.into()),
                },
                Err(StoreError::Full) => return Err(Code::StoreFull.into()),
                Err(_) => return Err(Code::StoreBusy.into()),
            }
        }
        Ok(self.time_text(admitted.at_ms))
    }

    /// The clock says that a sitting is over, and memory has no end of it: another server may have given time, and nobody is
    /// told of an end that is none. Whether memory was brought to what stands.
    async fn look_again(&self, token_hash: &str) -> Result<bool, StoreError> {
        let open = {
            let hall = self.hall();
            let found = hall.by_token(token_hash).filter(|(_, sitting, _)| sitting.sitting.is_writing());
            found.map(|(session, ..)| session.id.clone()).filter(|_| self.is_shared())
        };
        if let Some(session) = &open {
            self.refresh(session).await?;
        }
        Ok(open.is_some())
    }

    fn admit(
        &self,
        token_hash: &str,
        request: &SaveRequest,
    ) -> Result<Admitted, (SaveRefusalCode, Option<(String, String)>)> {
        let monotonic = self.world.monotonic_ms();
        let mut hall = self.hall();
        let (session, sitting, epoch) = hall.by_token(token_hash).ok_or((SaveRefusalCode::SignedOut, None))?;
        let ids = (session.id.clone(), sitting.id.clone());
        if !self.is_awake(session) {
            return Err((SaveRefusalCode::Busy, None));
        }
        let clock_ms = self.now(session);
        // What a page sends while its room stands still is taken: it may not know yet, or have sent it before.
        let now = self.now_in(session, &sitting.room);
        let changes: Vec<Change> = request.changes.iter().map(domain).collect();
        let admitted = sitting.sitting.admit(&session.terms, (epoch, request.epoch), &changes, now);
        let changes = admitted.map_err(|refusal| (code(refusal), Some(ids.clone())))?;
        let used_ms = session.rooms[&sitting.room].room.pauses.used_ms(clock_ms);
        if let Some(sitting) = hall.sitting_mut(&ids.0, &ids.1) {
            let gap = Gap::measured(sitting.signs.heard_used_ms, used_ms, !changes.is_empty());
            sitting.signs.gaps.extend(gap.map(|gap| (gap, false)));
            sitting.signs.heard_used_ms = Some(used_ms);
            sitting.signs.heard_ms = Some(monotonic);
            sitting.signs.left_page = sitting.signs.left_page.max(request.left_page);
            sitting.signs.news = true;
        }
        Ok(Admitted { session: ids.0, sitting: ids.1, epoch, clock_ms, at_ms: self.world.wall_ms(), changes })
    }

    /// Admits a form; the flag says that it asks for what stands already.
    fn admit_form(&self, token_hash: &str, form: &FormAnswer) -> Result<(Admitted, bool), Refusal> {
        let hall = self.hall();
        let (session, sitting, epoch) = hall.by_token(token_hash).ok_or(Refusal::SignedOut)?;
        if !self.is_awake(session) {
            return Err(Code::StoreBusy.into());
        }
        let clock_ms = self.now(session);
        if epoch != form.epoch {
            return Err(Code::EpochStale.into());
        }
        sitting.sitting.writable(epoch, &session.terms, self.now_in(session, &sitting.room)).map_err(notice)?;
        let same = sitting
            .sitting
            .answer(form.position)
            .is_some_and(|a| a.response == form.response && a.flagged == form.flagged);
        let changes = if same {
            Vec::new()
        } else {
            vec![
                sitting
                    .sitting
                    .form_change(form.position, form.revision, &form.response, form.flagged)
                    .map_err(notice)?,
            ]
        };
        let (session, sitting) = (session.id.clone(), sitting.id.clone());
        Ok((Admitted { session, sitting, epoch, clock_ms, at_ms: self.world.wall_ms(), changes }, same))
    }

    fn apply(&self, admitted: &Admitted) {
        let mut hall = self.hall();
        if let Some(sitting) = hall.sitting_mut(&admitted.session, &admitted.sitting) {
            for change in &admitted.changes {
                sitting.sitting.apply(change);
            }
            sitting.signs.saved_at_ms = Some(admitted.at_ms);
            sitting.signs.news = true;
        }
    }

    fn reply(&self, admitted: &Admitted) -> Option<SaveReply> {
        let hall = self.hall();
        let session = hall.sessions.get(&admitted.session)?;
        let sitting = session.sittings.get(&admitted.sitting)?;
        let remaining_ms = sitting.sitting.remaining_ms(self.now_in(session, &sitting.room));
        let superseded = sitting.sitting.superseded(&admitted.changes);
        Some(SaveReply {
            acked_seq: admitted.changes.iter().map(|change| change.seq).max().unwrap_or(0),
            remaining_ms,
            end_text: self.minute_text(self.world.wall_ms() + remaining_ms),
            saved_text: self.time_text(admitted.at_ms),
            superseded: superseded.into_iter().filter_map(|at| answer_wire(at, &sitting.sitting)).collect(),
            hand_raised: sitting.signs.hand_at_ms.is_some(),
            voided: session.void_positions(sitting),
            paused: session.rooms[&sitting.room].room.pauses.is_on(),
        })
    }

    /// The commit found the sitting closed or taken by another epoch. Which of both, memory may be about to learn: the act
    /// that did it is waited for, or the page would be told of an end that is none.
    async fn why_not_written(&self, admitted: &Admitted) -> SaveRefusalCode {
        let Ok(_acting) = self.begin(&admitted.session).await else { return SaveRefusalCode::Busy };
        let hall = self.hall();
        let sitting = hall.sessions.get(&admitted.session).and_then(|session| session.sittings.get(&admitted.sitting));
        let why = sitting.and_then(|sitting| sitting.sitting.why_not_written(admitted.epoch));
        why.map_or(SaveRefusalCode::Busy, code)
    }

    /// Keeps the answer of a form that came after the close, and says so.
    async fn quarantine_form<T>(&self, token_hash: &str, form: &FormAnswer) -> Result<T, Refusal> {
        let ids =
            self.hall().by_token(token_hash).map(|(session, sitting, _)| (session.id.clone(), sitting.id.clone()));
        let (session, sitting) = ids.ok_or(Refusal::SignedOut)?;
        let FormAnswer { position, revision, ref response, flagged, .. } = *form;
        // The server gives a form's sequence, and after the close it gives none: the revision says what the page showed.
        let change = ChangeWire { seq: revision, position, response: response.clone(), flagged };
        self.quarantine(&session, &sitting, &[change]).await?;
        Err(Code::SittingClosed.into())
    }

    async fn quarantine(&self, session: &str, sitting: &str, changes: &[ChangeWire]) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let clock_ms = self.hall().sessions.get(session).map_or(0, |session| self.now(session));
        if let Some(late) = self.hall().sitting_mut(session, sitting) {
            if late.signs.late >= LATE_REQUESTS_MAX {
                return Ok(());
            }
            late.signs.late += 1;
        }
        let text = serde_json::to_string(changes).expect("changes are plain data");
        let mut tx = self.store.write().await?;
        response::quarantine(&mut tx, session, &new_id(&*self.world), sitting, clock_ms, self.world.wall_ms(), &text)
            .await?;
        tx.commit().await?;
        tracing::warn!(
            session,
            sitting,
            changes = changes.len(),
            "sitting {sitting}: answers came after the close; kept, unscored"
        );
        Ok(())
    }
}

/// What stands for a position, as the page knows it.
pub(crate) fn answer_wire(position: u32, sitting: &delivery::sitting::Sitting) -> Option<AnswerWire> {
    let answer = sitting.answer(position).filter(|answer| answer.seq > 0)?;
    Some(AnswerWire { position, response: answer.response.clone(), flagged: answer.flagged, seq: answer.seq })
}

fn login(admitted: &Admitted) -> response::Login {
    (admitted.session.clone(), admitted.sitting.clone(), admitted.epoch)
}

fn rows(admitted: &Admitted) -> Vec<ResponseRow> {
    let row = |change: &Change| {
        let mut row = ResponseRow {
            session_id: admitted.session.clone(),
            sitting_id: admitted.sitting.clone(),
            position: change.position.into(),
            seq: change.seq,
            epoch: admitted.epoch,
            response: change.response.clone(),
            flagged: change.flagged,
            clock_ms: admitted.clock_ms,
            at_ms: admitted.at_ms,
            hash: String::new(),
        };
        row.hash = response::hash_of(&row).to_string();
        row
    };
    admitted.changes.iter().map(row).collect()
}

fn domain(change: &ChangeWire) -> Change {
    Change { seq: change.seq, position: change.position, response: change.response.clone(), flagged: change.flagged }
}

fn code(refusal: SittingRefusal) -> SaveRefusalCode {
    match refusal {
        SittingRefusal::Epoch => SaveRefusalCode::Epoch,
        SittingRefusal::Closed | SittingRefusal::Absent => SaveRefusalCode::Closed,
        _ => SaveRefusalCode::Invalid,
    }
}

/// A sitting's refusal in the words of a notice.
pub(crate) fn notice(refusal: SittingRefusal) -> Refusal {
    match refusal {
        SittingRefusal::Epoch => Code::EpochStale.into(),
        SittingRefusal::NotStarted => Code::RoomNotOpen.into(),
        SittingRefusal::Closed => Code::SittingClosed.into(),
        SittingRefusal::Absent => Code::RecordedAbsent.into(),
        SittingRefusal::Position(_) => Code::PositionInvalid.into(),
        SittingRefusal::Response(_) | SittingRefusal::Sequence(_) => Code::ResponseInvalid.into(),
        SittingRefusal::Stale(position) => Refusal::with(Code::FormStale, position),
        SittingRefusal::Paused => Code::RoomIsPaused.into(),
        SittingRefusal::HandInTooEarly { .. } => Code::HandInTooEarly.into(),
    }
}
