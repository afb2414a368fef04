//! What a candidate does: log in, confirm, accept the rules, wait, write, hand in.

use std::sync::Arc;

use delivery::{
    ledger::{Cause, LedgerRow},
    room::RoomState,
    session::{LateEnd, minutes},
    sitting::{ClosedBy, Phase},
};
use kaochang_app::{
    i18n,
    notice::Code,
    view::{
        self, ConfirmView, EnrolView, ExamView, HandInView, Lang, LoginView, PausedView, ReceiptView, RulesView,
        ScoreView, WaitingView, WhoView,
    },
    wire::{AnswerWire, BlockWire, Choice, ExamWire, ItemWire},
};
use question_bank::{
    marking::Score,
    paper::{Item, Paper},
    question::Kind,
    standard::Standard,
};

use super::{
    Centre, Refusal,
    acting::Acting,
    answer::{answer_wire, notice},
    hall::{Hall, Session, Sitting},
    session::granted_act,
};
use crate::{
    store::{StoreError, audit::Act, room as rooms, score, sitting as sittings},
    vault::token_hash,
    world::new_token,
};

/// Which page is the candidate's now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// 确认信息
    Confirm,
    /// 考生须知
    Rules,
    /// 候考
    Waiting,
    /// 作答
    Exam,
    /// 作答, while the room stands still: no question is shown.
    Paused,
    /// 交卷成功
    Receipt,
}

/// A decision to start sittings.
pub(crate) struct Start {
    session: String,
    sittings: Vec<(String, LedgerRow)>,
    started_clock_ms: i64,
    at_ms: i64,
}

impl Centre {
    // --- Seats ---

    /// What enrolling a machine by this code would make of it.
    pub fn enrol_view(&self, code: &str) -> Result<EnrolView, Refusal> {
        let hall = self.hall();
        let at = hall.seat_by_code(code).ok_or(Refusal::NotFound)?;
        let session = &hall.sessions[&at.session];
        let room = session.rooms[&at.room].number;
        Ok(EnrolView { session: self.head_of(session), room, seat: at.seat, code: code.to_owned() })
    }

    /// Makes the machine that keeps the returned token the seat of this code.
    pub async fn enrol(&self, code: &str) -> Result<String, Refusal> {
        let at = self.hall().seat_by_code(code).ok_or(Refusal::NotFound)?;
        let (token, at_ms) = (new_token(&*self.world), self.world.wall_ms());
        let mut acting = self.begin(&at.session).await?;
        rooms::enrol(&mut acting.tx, code, &token_hash(&token), at_ms).await?;
        let act = Act {
            at_ms,
            actor: "office",
            act: "seat.enrolled",
            subject: &at.room,
            detail: serde_json::json!({ "seat": at.seat }),
        };
        acting.append(&[act]).await?;
        let mut hall = acting.commit().await?;
        hall.seats.retain(|_, other| *other != at);
        hall.seats.insert(token_hash(&token), at);
        Ok(token)
    }

    /// The login page of this machine.
    pub fn login_view(&self, seat_token: Option<&str>) -> LoginView {
        let hall = self.hall();
        let seat = seat_token.and_then(|token| hall.seats.get(&token_hash(token))).map(|at| {
            let session = &hall.sessions[&at.session];
            (self.head_of(session), session.rooms[&at.room].number, at.seat)
        });
        LoginView { seat }
    }

    // --- Login ---

    /// Logs in at a seat: the token for the cookie. A later login elsewhere takes the sitting over.
    pub async fn log_in(
        &self,
        seat_token: Option<&str>,
        admission_no: &str,
        id_number: &str,
    ) -> Result<String, Refusal> {
        let (token, at_ms) = (new_token(&*self.world), self.world.wall_ms());
        let session = self.session_of_seat(seat_token)?;
        let mut acting = self.begin(&session).await?;
        let (session, sitting, epoch, seat) = self.admit_login(seat_token, admission_no, id_number, at_ms)?;
        sittings::log_in(&mut acting.tx, &session, &sitting, epoch, &token_hash(&token), at_ms).await?;
        let detail = serde_json::json!({ "epoch": epoch, "seat": seat });
        let act = Act { at_ms, actor: "candidate", act: "sitting.logged-in", subject: &sitting, detail };
        acting.append(&[act]).await?;
        let mut hall = acting.commit().await?;
        if let Some(live) = hall.sitting_mut(&session, &sitting) {
            live.sitting.logged_in(epoch);
        }
        hall.tokens.insert(token_hash(&token), (session, sitting, epoch));
        Ok(token)
    }

    fn session_of_seat(&self, seat: Option<&str>) -> Result<String, Refusal> {
        let hall = self.hall();
        let at = seat.and_then(|token| hall.seats.get(&token_hash(token))).ok_or(Code::SeatUnknown)?;
        Ok(at.session.clone())
    }

    fn admit_login(
        &self,
        seat: Option<&str>,
        admission_no: &str,
        id_number: &str,
        now: i64,
    ) -> Result<(String, String, i64, u32), Refusal> {
        let hall = self.hall();
        let at = seat.and_then(|token| hall.seats.get(&token_hash(token))).ok_or(Code::SeatUnknown)?;
        let session = &hall.sessions[&at.session];
        if now < session.login_from_at_ms {
            return Err(Refusal::with(Code::TooEarly, self.minute_text(session.login_from_at_ms)));
        }
        let index = self.vault.index(id_number);
        let sitting = session.sittings.values().find(|s| s.admission_no == admission_no.trim() && s.id_index == index);
        let sitting = sitting.ok_or(Code::LoginMismatch)?;
        if sitting.room != at.room {
            return Err(Refusal::with(Code::RoomWrong, session.rooms[&sitting.room].number));
        }
        if sitting.seat != at.seat {
            return Err(Refusal::with(Code::SeatWrong, sitting.seat));
        }
        self.admit_late(session, sitting)?;
        let epoch = sitting.sitting.next_epoch().map_err(notice)?;
        Ok((session.id.clone(), sitting.id.clone(), epoch, at.seat))
    }

    /// Whoever has not started may not enter once the bar is down; whoever has may always come back.
    fn admit_late(&self, session: &Session, sitting: &Sitting) -> Result<(), Refusal> {
        if !matches!(sitting.sitting.phase, Phase::Expected | Phase::Present { .. }) {
            return Ok(());
        }
        let room = &session.rooms[&sitting.room];
        if room.room.is_barred(&session.terms, self.now(session)) {
            let opened = room.opened_at_ms.unwrap_or(session.begins_at_ms);
            let bar = opened + session.terms.late_entry_ms + room.room.pauses.past_ms;
            return Err(Refusal::with(Code::TooLate, self.minute_text(bar)));
        }
        Ok(())
    }

    /// Where a candidate belongs now.
    pub fn place(&self, token: &str) -> Result<Place, Refusal> {
        self.with_sitting(token, |session, sitting, _| Ok(place(session, sitting)))
    }

    // --- Before the exam ---

    /// 确认信息.
    pub fn confirm_view(&self, token: &str) -> Result<ConfirmView, Refusal> {
        self.with_sitting(token, |session, sitting, who| {
            Ok(ConfirmView { session: self.head_of(session), who, hand_raised: sitting.signs.hand_at_ms.is_some() })
        })
    }

    /// 信息无误; or 信息有误: the hand goes up and nothing else changes.
    pub async fn confirm(&self, token: &str, right: bool) -> Result<(), Refusal> {
        if !right {
            return self.raise_hand(token).await;
        }
        self.set_flags(token, "sitting.confirmed", |_, accepted| (true, accepted)).await
    }

    /// 考生须知, with this session's times.
    pub fn rules_view(&self, token: &str) -> Result<RulesView, Refusal> {
        self.with_sitting(token, |session, sitting, who| {
            let (terms, paper) = (&session.terms, &sitting.paper);
            let extra_ms: i64 =
                sitting.sitting.ledger.iter().filter(|row| row.cause != Cause::Duration).map(|row| row.grant_ms).sum();
            let count = |kind: Kind| paper.items.iter().filter(move |item| item.kind == kind);
            let kinds = Kind::ALL
                .into_iter()
                .filter_map(|kind| Some((kind, as_u32(count(kind).count()), count(kind).next()?.points_milli)));
            Ok(RulesView {
                session: self.head_of(session),
                who,
                minutes: minutes(terms.duration_ms + extra_ms),
                extra_minutes: minutes(extra_ms),
                questions: as_u32(paper.items.len()),
                points: paper.items.iter().map(|item| item.points_milli).sum::<u32>() / 1_000,
                pass_points: terms.pass_points,
                kinds: kinds.collect(),
                earliest_hand_in_minutes: minutes(terms.earliest_hand_in_ms),
                late_entry_minutes: minutes(terms.late_entry_ms),
                late_ends_with_room: terms.late_end == LateEnd::Common,
                allowance_seconds: u32::try_from(terms.allowance_ms / 1_000).unwrap_or(0),
                reminder_minutes: terms.reminders_ms.iter().map(|ms| minutes(*ms)).collect(),
            })
        })
    }

    /// 我已阅读并同意. Who is late starts at once.
    pub async fn accept_rules(&self, token: &str) -> Result<(), Refusal> {
        // Rules before the identity is confirmed are not accepted: the confirmation comes first, as the pages do.
        self.set_flags(token, "sitting.accepted", |confirmed, _| (confirmed, confirmed)).await?;
        let hash = token_hash(token);
        let acting = self.begin(&self.session_of_token(&hash)?).await?;
        let start = {
            let hall = self.hall();
            let (session, sitting, _) = hall.by_token(&hash).ok_or(Refusal::SignedOut)?;
            // A double click, or a tick in between, has started it already.
            let waits = sitting.sitting.phase == Phase::Present { confirmed: true, accepted: true };
            let room = &session.rooms[&sitting.room].room;
            (waits && room.state == RoomState::Open && !room.pauses.is_on())
                .then(|| self.start_of(session, std::iter::once(sitting), 0))
        };
        match start {
            Some(start) => self.start_sittings(acting, start).await,
            None => Ok(()),
        }
    }

    async fn set_flags(
        &self,
        token: &str,
        act: &str,
        flags: impl Fn(bool, bool) -> (bool, bool),
    ) -> Result<(), Refusal> {
        let hash = token_hash(token);
        let mut acting = self.begin(&self.session_of_token(&hash)?).await?;
        let (session, sitting, flags) = {
            let hall = self.hall();
            let (session, sitting, epoch) = hall.by_token(&hash).ok_or(Refusal::SignedOut)?;
            if epoch != sitting.sitting.epoch {
                return Err(Code::EpochStale.into());
            }
            let Phase::Present { confirmed, accepted } = sitting.sitting.phase else { return Ok(()) };
            let new = flags(confirmed, accepted);
            if new == (confirmed, accepted) {
                return Ok(());
            }
            (session.id.clone(), sitting.id.clone(), new)
        };
        let at_ms = self.world.wall_ms();
        sittings::set_flags(&mut acting.tx, &session, &sitting, flags.0, flags.1).await?;
        let act = Act { at_ms, actor: "candidate", act, subject: &sitting, detail: serde_json::json!({}) };
        acting.append(&[act]).await?;
        if let Some(live) = acting.commit().await?.sitting_mut(&session, &sitting) {
            live.sitting.phase = Phase::Present { confirmed: flags.0, accepted: flags.1 };
        }
        Ok(())
    }

    /// 候考.
    pub fn waiting_view(&self, token: &str) -> Result<WaitingView, Refusal> {
        self.with_sitting(token, |session, sitting, who| {
            let starts_in_ms = match sitting.sitting.phase {
                Phase::Writing { started_clock_ms } => Some((started_clock_ms - self.now(session)).max(0)),
                _ => None,
            };
            let begins_in_ms = session.begins_at_ms - self.world.wall_ms();
            let late_ends_with_room = session.terms.late_end == LateEnd::Common;
            Ok(WaitingView { session: self.head_of(session), who, begins_in_ms, starts_in_ms, late_ends_with_room })
        })
    }

    /// Starts everybody of a room who waits, after the session's lead.
    pub(crate) async fn start_waiting(&self, session_id: &str, room_id: &str) -> Result<(), Refusal> {
        let acting = self.begin(session_id).await?;
        let start = self.waiting_in(session_id, room_id)?;
        self.start_sittings(acting, start).await
    }

    /// The start of everybody of a room who waits.
    pub(crate) fn waiting_in(&self, session_id: &str, room_id: &str) -> Result<Start, Refusal> {
        let hall = self.hall();
        let session = hall.sessions.get(session_id).ok_or(Refusal::NotFound)?;
        let ready = Phase::Present { confirmed: true, accepted: true };
        // Nobody starts while the room stands still.
        let goes_on = session.rooms.get(room_id).is_some_and(|room| !room.room.pauses.is_on());
        let waiting = session.sittings.values().filter(|s| goes_on && s.room == room_id && s.sitting.phase == ready);
        Ok(self.start_of(session, waiting, session.terms.start_lead_ms))
    }

    fn start_of<'a>(&self, session: &Session, sittings: impl Iterator<Item = &'a Sitting>, lead_ms: i64) -> Start {
        let (clock_ms, at_ms) = (self.now(session), self.world.wall_ms());
        let started_clock_ms = clock_ms + lead_ms;
        let row = |sitting: &Sitting| LedgerRow {
            row_no: sitting.sitting.next_row_no(),
            grant_ms: session.rooms[&sitting.room].room.duration_ms(&session.terms, started_clock_ms),
            cause: Cause::Duration,
            reason: String::new(),
            actor: "system".to_owned(),
            approved_by: None,
            clock_ms,
            at_ms,
        };
        Start {
            session: session.id.clone(),
            sittings: sittings.map(|sitting| (sitting.id.clone(), row(sitting))).collect(),
            started_clock_ms,
            at_ms,
        }
    }

    async fn start_sittings(&self, mut acting: Acting<'_>, start: Start) -> Result<(), Refusal> {
        if !start.sittings.is_empty() {
            start.write(&mut acting).await?;
            start.apply(&mut *acting.commit().await?);
        }
        Ok(())
    }

    // --- The exam ---

    /// 作答, at a position.
    pub fn exam_view(&self, token: &str, position: Option<u32>, all: bool, lang: Lang) -> Result<ExamView, Refusal> {
        self.with_sitting(token, |session, sitting, who| {
            let exam = self.exam_wire(session, sitting, position, all, lang);
            Ok(ExamView { session: self.head_of(session), who, exam })
        })
    }

    fn exam_wire(
        &self,
        session: &Session,
        sitting: &Sitting,
        position: Option<u32>,
        all: bool,
        lang: Lang,
    ) -> ExamWire {
        let (paper, now) = (&sitting.paper, self.now_in(session, &sitting.room));
        let remaining_ms = sitting.sitting.remaining_ms(now);
        let blocks = blocks(paper, lang);
        let items = paper.items.iter().map(|item| item_wire(session, item, &blocks, lang)).collect();
        let positions = 1..=as_u32(paper.items.len());
        let answers: Vec<AnswerWire> = positions.clone().filter_map(|at| answer_wire(at, &sitting.sitting)).collect();
        ExamWire {
            sitting: sitting.id.clone(),
            epoch: sitting.sitting.epoch,
            items,
            answers,
            current: position.filter(|at| positions.contains(at)).unwrap_or(1),
            all,
            remaining_ms,
            end_text: self.minute_text(self.world.wall_ms() + remaining_ms),
            hand_in_after_ms: sitting.sitting.hand_in_after_ms(&session.terms, now),
            reminders_ms: session.terms.reminders_ms.clone(),
            next_seq: sitting.sitting.newest_seq() + 1,
            hand_raised: sitting.signs.hand_at_ms.is_some(),
            voided: session.void_positions(sitting),
            blocks: blocks.into_iter().map(|(_, block)| block).collect(),
        }
    }

    /// 作答, while the room stands still. A page with scripts that was loaded anew goes on being heard by it.
    pub fn paused_view(&self, token: &str) -> Result<PausedView, Refusal> {
        let (view, ids) = self.with_sitting(token, |session, sitting, who| {
            let remaining_ms = sitting.sitting.remaining_ms(self.now_in(session, &sitting.room));
            let answered = sitting.sitting.answered();
            let ids = (session.id.clone(), sitting.id.clone());
            Ok((PausedView { session: self.head_of(session), who, remaining_ms, answered }, ids))
        })?;
        let monotonic = self.world.monotonic_ms();
        if let Some(live) = self.hall().sitting_mut(&ids.0, &ids.1) {
            live.signs.heard_ms = live.signs.heard_ms.map(|heard| heard.max(monotonic));
        }
        Ok(view)
    }

    /// 举手.
    pub async fn raise_hand(&self, token: &str) -> Result<(), Refusal> {
        let hash = token_hash(token);
        let mut acting = self.begin(&self.session_of_token(&hash)?).await?;
        let (session, sitting) = {
            let hall = self.hall();
            let (session, sitting, epoch) = hall.by_token(&hash).ok_or(Refusal::SignedOut)?;
            if epoch != sitting.sitting.epoch {
                return Err(Code::EpochStale.into());
            }
            (session.id.clone(), sitting.id.clone())
        };
        let at_ms = self.world.wall_ms();
        let act =
            Act { at_ms, actor: "candidate", act: "hand.raised", subject: &sitting, detail: serde_json::json!({}) };
        acting.append(&[act]).await?;
        if let Some(live) = acting.commit().await?.sitting_mut(&session, &sitting) {
            live.signs.hand_at_ms.get_or_insert(at_ms);
        }
        Ok(())
    }

    // --- The end ---

    /// The check before the hand-in.
    pub fn hand_in_view(&self, token: &str) -> Result<HandInView, Refusal> {
        self.with_sitting(token, |session, sitting, who| {
            let (state, now, wall) = (&sitting.sitting, self.now_in(session, &sitting.room), self.world.wall_ms());
            let positions = |wanted: fn(&delivery::sitting::Answer) -> bool| -> Vec<u32> {
                (1..).zip(&state.answers).filter(|(_, answer)| wanted(answer)).map(|(at, _)| at).collect()
            };
            let voided = session.void_positions(sitting);
            let wait_ms = state.hand_in_after_ms(&session.terms, now);
            let remaining_ms = state.remaining_ms(now);
            Ok(HandInView {
                session: self.head_of(session),
                who,
                epoch: state.epoch,
                answered: state.answered(),
                unanswered: positions(|answer| answer.response.is_empty())
                    .into_iter()
                    .filter(|at| !voided.contains(at))
                    .collect(),
                voided,
                flagged: positions(|answer| answer.flagged),
                end_text: self.minute_text(wall + remaining_ms),
                remaining_ms,
                too_early_until: (wait_ms > 0).then(|| self.time_text(wall + wait_ms)),
            })
        })
    }

    /// 交卷 by the candidate. A second hand-in does no harm.
    pub async fn hand_in(&self, token: &str, epoch: i64) -> Result<(), Refusal> {
        let hash = token_hash(token);
        // Looked at in its turn: a login that came before has taken the sitting over.
        let mut acting = self.begin(&self.session_of_token(&hash)?).await?;
        let (session, sitting) = {
            let hall = self.hall();
            let (session, sitting, own) = hall.by_token(&hash).ok_or(Refusal::SignedOut)?;
            if own != epoch {
                return Err(Code::EpochStale.into());
            }
            let pauses = &session.rooms[&sitting.room].room.pauses;
            match sitting.sitting.may_hand_in(epoch, &session.terms, pauses, self.now(session)) {
                Ok(()) => {}
                Err(delivery::sitting::Refusal::Closed) => return Ok(()),
                Err(delivery::sitting::Refusal::HandInTooEarly { wait_ms }) => {
                    return Err(Refusal::with(Code::HandInTooEarly, self.time_text(self.world.wall_ms() + wait_ms)));
                }
                Err(refusal) => return Err(notice(refusal)),
            }
            (session.id.clone(), sitting.id.clone())
        };
        let closed = self.close(&mut acting, &session, &[sitting], ClosedBy::Candidate, "candidate", "").await?;
        closed.apply(&mut *acting.commit().await?);
        Ok(())
    }

    /// 交卷成功.
    pub async fn receipt_view(&self, token: &str) -> Result<ReceiptView, Refusal> {
        let (mut view, session_id, sitting_id, standard, at_once) =
            self.with_sitting(token, |session, sitting, who| {
                let Phase::Closed { by, .. } = sitting.sitting.phase else { return Err(Refusal::NotFound) };
                let view = ReceiptView {
                    session: self.head_of(session),
                    who,
                    at_text: self.time_text(sitting.closed_at_ms.unwrap_or_default()),
                    by: closed_by_view(by),
                    kept: sitting.sitting.answered(),
                    questions: as_u32(sitting.paper.items.len()),
                    check_code: sitting.check_code.clone().unwrap_or_default(),
                    voided: session.void_positions(sitting),
                    score: None,
                };
                Ok((
                    view,
                    session.id.clone(),
                    sitting.id.clone(),
                    session.standard.clone(),
                    session.terms.score_at_once,
                ))
            })?;
        if at_once {
            let score = score::of_sitting(&mut self.store.read().await?, &session_id, &sitting_id).await?;
            view.score = score.map(|score| score_view(&score, &standard));
        }
        Ok(view)
    }

    fn session_of_token(&self, token_hash: &str) -> Result<String, Refusal> {
        self.hall().by_token(token_hash).map(|(session, ..)| session.id.clone()).ok_or(Refusal::SignedOut)
    }

    /// Whose pages these are; a sitting that was opened elsewhere since says so.
    fn with_sitting<T>(
        &self,
        token: &str,
        f: impl FnOnce(&Session, &Sitting, WhoView) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let hall = self.hall();
        let (session, sitting, epoch) = hall.by_token(&token_hash(token)).ok_or(Refusal::SignedOut)?;
        if epoch != sitting.sitting.epoch {
            return Err(Code::EpochStale.into());
        }
        let who = sitting.who(session.rooms[&sitting.room].number);
        f(session, sitting, who)
    }
}

impl Start {
    /// Writes it down, within an act.
    pub(crate) async fn write(&self, acting: &mut Acting<'_>) -> Result<(), StoreError> {
        let mut acts = Vec::new();
        for (id, row) in &self.sittings {
            sittings::start(&mut acting.tx, &self.session, id, self.started_clock_ms, self.at_ms).await?;
            sittings::grant(&mut acting.tx, &self.session, id, row).await?;
            let detail = serde_json::json!({ "clock_ms": self.started_clock_ms });
            acts.push(Act { at_ms: self.at_ms, actor: "system", act: "sitting.started", subject: id, detail });
            acts.push(granted_act(&self.session, id, row, "system"));
        }
        acting.append(&acts).await
    }

    /// Applies what was committed.
    pub(crate) fn apply(self, hall: &mut Hall) {
        for (id, row) in self.sittings {
            if let Some(live) = hall.sitting_mut(&self.session, &id) {
                live.sitting.started(self.started_clock_ms, row);
            }
        }
    }
}

fn place(session: &Session, sitting: &Sitting) -> Place {
    match sitting.sitting.phase {
        Phase::Expected | Phase::Present { confirmed: false, .. } => Place::Confirm,
        Phase::Present { accepted: false, .. } => Place::Rules,
        Phase::Present { .. } | Phase::Absent => Place::Waiting,
        Phase::Writing { .. } if session.rooms[&sitting.room].room.pauses.is_on() => Place::Paused,
        Phase::Writing { .. } => Place::Exam,
        Phase::Closed { .. } => Place::Receipt,
    }
}

fn blocks(paper: &Paper, lang: Lang) -> Vec<(Kind, BlockWire)> {
    let block = |kind: Kind| {
        let mut items = paper.items.iter().filter(|item| item.kind == kind);
        let first = items.next()?.position;
        Some((
            kind,
            BlockWire { title: i18n::block_title(kind, lang).to_owned(), first, count: 1 + as_u32(items.count()) },
        ))
    };
    Kind::ALL.into_iter().filter_map(block).collect()
}

fn item_wire(session: &Session, item: &Item, blocks: &[(Kind, BlockWire)], lang: Lang) -> ItemWire {
    let text = &session.texts[&(item.question.clone(), item.revision)];
    let options = match item.kind {
        Kind::TrueFalse => i18n::true_false_options(lang).to_vec(),
        Kind::SingleChoice | Kind::MultipleChoice => {
            item.options.iter().map(|option| text.options[usize::from(*option)].clone()).collect()
        }
    };
    ItemWire {
        position: item.position,
        block: blocks.iter().position(|(kind, _)| *kind == item.kind).unwrap_or(0),
        choice: if item.kind == Kind::MultipleChoice { Choice::Many } else { Choice::One },
        points: i18n::points(item.points_milli, lang),
        stem: text.stem.clone(),
        options,
    }
}

/// A score with the functions' names, in the standard's order.
pub(crate) fn score_view(score: &Score, standard: &Arc<Standard>) -> ScoreView {
    let of = |id: &str| score.by_function.iter().find(|part| part.function == id);
    ScoreView {
        total_milli: score.total_milli,
        max_milli: score.max_milli,
        passed: score.passed,
        by_function: standard
            .functions
            .iter()
            .filter_map(|f| of(&f.id).map(|s| (f.name.clone(), s.got_milli, s.max_milli)))
            .collect(),
    }
}

/// Who ended a sitting, as pages name it.
pub(crate) fn closed_by_view(by: ClosedBy) -> view::ClosedBy {
    match by {
        ClosedBy::Candidate => view::ClosedBy::Candidate,
        ClosedBy::Clock => view::ClosedBy::Clock,
        ClosedBy::Proctor => view::ClosedBy::Proctor,
    }
}

/// A count of things in memory.
pub(crate) fn as_u32(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
