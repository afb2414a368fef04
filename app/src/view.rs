//! View models: what each page shows, and nothing of where it comes from. Times that people read are text already, in the
//! centre's zone; durations are milliseconds.

use question_bank::{question::Kind, standard::Name};

use crate::{
    notice::Notice,
    wire::{ExamWire, SeatState},
};

mod draft;
mod session;

pub use draft::*;
pub use session::*;

/// Language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    #[default]
    Zh,
    En,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TextSize {
    #[default]
    Normal,
    Large,
    Larger,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Light,
    Cream,
    Contrast,
}

/// What every page has around its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    pub lang: Lang,
    pub text_size: TextSize,
    pub theme: Theme,
    /// Path and query of this page, without `notice`: where the language switch comes back to.
    pub path: String,
    pub notice: Option<Notice>,
    /// Goes into asset addresses (`/assets/app.css?v=…`), so that they can be cached for ever.
    pub assets: String,
    /// Whether the client (wasm) is in this build; without it pages are plain forms.
    pub client: bool,
    /// Who is signed in, for staff pages.
    pub staff: Option<StaffHead>,
}

/// Purpose of a session; every page and record says which, unless it is an exam.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Exam,
    Mock,
    Rehearsal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Proctor,
    Author,
    Office,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffHead {
    pub name: String,
    pub role: Role,
}

/// Which exam this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionHead {
    pub id: String,
    pub title: String,
    pub purpose: Purpose,
    /// Name of the standard.
    pub subject: Name,
    pub level: Name,
    pub direction: Option<Name>,
    /// `2026-11-28 09:00`, with its zone.
    pub begins_text: String,
    pub minutes: u32,
}

/// Who sits, as shown on every page of the candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhoView {
    pub name: String,
    pub admission_no: String,
    /// Only the ends: `1101**********0017`.
    pub id_masked: String,
    pub room: u32,
    pub seat: u32,
}

/// `GET /enrol/{code}`: make this machine a seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrolView {
    pub session: SessionHead,
    pub room: u32,
    pub seat: u32,
    pub code: String,
}

/// `GET /`: candidate's login, or what to do when this machine is no seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoginView {
    /// Session, room and seat of this machine.
    pub seat: Option<(SessionHead, u32, u32)>,
}

/// `GET /confirm`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmView {
    pub session: SessionHead,
    pub who: WhoView,
    pub hand_raised: bool,
}

/// `GET /rules`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesView {
    pub session: SessionHead,
    pub who: WhoView,
    /// This candidate's own minutes, accommodation included.
    pub minutes: u32,
    pub extra_minutes: u32,
    pub questions: u32,
    pub points: u32,
    pub pass_points: u32,
    /// Kind, number of questions, points each in thousandths.
    pub kinds: Vec<(Kind, u32, u32)>,
    /// Minutes after the start before which hand-in is refused.
    pub earliest_hand_in_minutes: u32,
    /// Minutes after the room's opening after which nobody may enter.
    pub late_entry_minutes: u32,
    /// Whether whoever starts late ends with the room, and not after the full time.
    pub late_ends_with_room: bool,
    /// Seconds after the end in which an answer under way still counts.
    pub allowance_seconds: u32,
    pub reminder_minutes: Vec<u32>,
}

/// `GET /waiting`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingView {
    pub session: SessionHead,
    pub who: WhoView,
    /// Until the planned begin, milliseconds; negative when it is past and the room is not open.
    pub begins_in_ms: i64,
    /// Set once the room is open: until this candidate's clock starts.
    pub starts_in_ms: Option<i64>,
    /// Whether whoever starts late ends with the room, and not after the full time.
    pub late_ends_with_room: bool,
}

/// `GET /exam`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExamView {
    pub session: SessionHead,
    pub who: WhoView,
    pub exam: ExamWire,
}

/// `GET /exam` while the room stands still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PausedView {
    pub session: SessionHead,
    pub who: WhoView,
    /// It stands.
    pub remaining_ms: i64,
    pub answered: u32,
}

/// `GET /exam/hand-in`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandInView {
    pub session: SessionHead,
    pub who: WhoView,
    pub epoch: i64,
    pub answered: u32,
    /// Without those that were voided.
    pub unanswered: Vec<u32>,
    /// Questions that count for nobody.
    pub voided: Vec<u32>,
    pub flagged: Vec<u32>,
    pub end_text: String,
    pub remaining_ms: i64,
    /// Wall time of the earliest hand-in, when it is not yet allowed.
    pub too_early_until: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedBy {
    Candidate,
    Clock,
    Proctor,
}

/// `GET /receipt`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptView {
    pub session: SessionHead,
    pub who: WhoView,
    pub at_text: String,
    pub by: ClosedBy,
    pub kept: u32,
    pub questions: u32,
    pub check_code: String,
    /// Questions that count for nobody.
    pub voided: Vec<u32>,
    /// Only where the session shows it at once.
    pub score: Option<ScoreView>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScoreView {
    /// Thousandths of a point.
    pub total_milli: u32,
    pub max_milli: u32,
    pub passed: bool,
    pub by_function: Vec<(Name, u32, u32)>,
}

/// `GET /staff`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffHomeView {
    /// Sessions in preparation; only for the office.
    pub drafts: Vec<DraftRow>,
    pub sessions: Vec<SessionRow>,
    /// Standards whose coverage an author may open: id and name.
    pub standards: Vec<(String, Name)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    pub session: SessionHead,
    pub state: SessionState,
    pub candidates: u32,
    pub rooms: Vec<RoomRow>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Papers drawn, no room open yet.
    Ready,
    Running,
    Finished,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRow {
    pub id: String,
    pub number: u32,
    pub candidates: u32,
    pub proctors_required: u32,
    pub state: RoomState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomState {
    /// Not open; login possible inside the window.
    Preparing,
    Open,
    Ended,
}

/// `GET /rooms/{room}`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomView {
    pub session: SessionHead,
    pub id: String,
    pub number: u32,
    pub state: RoomState,
    pub clock_text: String,
    /// Wall time of the last candidate's end, once open; nobody knows it while the room stands still.
    pub end_text: Option<String>,
    /// That it stands still.
    pub pause: Option<PauseView>,
    pub proctors: Vec<ProctorRow>,
    pub proctors_required: u32,
    /// Seats in a row of the map.
    pub columns: u32,
    pub tiles: Vec<TileView>,
    pub selected: Option<SittingDetail>,
    /// Questions of the session that count for nobody.
    pub voided: Vec<VoidedView>,
    /// Time that was lost, as the server measured it.
    pub proposals: Vec<ProposalView>,
    /// See [`crate::wire::RoomWire::shape`].
    pub shape: String,
    /// The most minutes that one grant may give.
    pub grant_minutes_max: u32,
    /// Grants above this need a second proctor.
    pub grant_minutes_alone: u32,
}

/// A room that stands still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseView {
    pub since_text: String,
    /// On the exam clock, so far.
    pub for_ms: i64,
    pub reason: String,
    pub by: String,
}

/// A grant that is proposed because nothing was heard of a page, or of many of the room together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposalView {
    /// Nothing: it is for the room.
    pub sitting: Option<String>,
    /// Of the sitting.
    pub seat: u32,
    /// How many were silent.
    pub silent: u32,
    /// How many of them brought answers along that were chosen meanwhile.
    pub went_on: u32,
    pub gap_ms: i64,
    /// The gap in begun minutes.
    pub minutes: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProctorRow {
    pub account: String,
    pub name: String,
    pub since_text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TileView {
    pub sitting: String,
    pub seat: u32,
    pub name: String,
    pub state: SeatState,
    pub answered: u32,
    pub questions: u32,
    pub remaining_ms: Option<i64>,
    /// Age of the last save.
    pub saved_ago_ms: Option<i64>,
    /// Since when nothing was heard, for [`SeatState::Offline`].
    pub offline_ms: Option<i64>,
    /// Since when the hand is up.
    pub hand_ms: Option<i64>,
    /// Wall time of the hand-in.
    pub closed_text: Option<String>,
    pub left_page: u32,
}

/// One candidate, opened by the proctor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SittingDetail {
    pub tile: TileView,
    pub who: WhoView,
    pub end_text: Option<String>,
    pub ledger: Vec<LedgerRowView>,
    pub events: Vec<EventRow>,
    /// Seats of the room that nobody has.
    pub free_seats: Vec<u32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerRowView {
    pub at_text: String,
    pub ms: i64,
    pub cause: GrantCause,
    /// What the proctor wrote.
    pub reason: String,
    pub actor: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantCause {
    Duration,
    Accommodation,
    Extension,
    Pause,
}

/// One act of the audit chain in the words of [`crate::i18n`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    pub at_text: String,
    /// The act's code, such as `sitting.started`; the locale files have its words under `act`.
    pub act: String,
    pub actor: String,
    pub detail: String,
}

/// `GET /rooms/{room}/record`: 考场情况记录表, for print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordView {
    pub session: SessionHead,
    pub number: u32,
    pub state: RoomState,
    pub opened_text: Option<String>,
    pub ended_text: Option<String>,
    /// Name, in, out.
    pub proctors: Vec<(String, String, Option<String>)>,
    pub proctors_required: u32,
    /// Whether at every moment from opening to end enough proctors were checked in.
    pub proctors_enough: bool,
    pub expected: u32,
    pub present: u32,
    pub absent: Vec<WhoView>,
    pub grants: Vec<(WhoView, LedgerRowView)>,
    pub incidents: Vec<EventRow>,
    /// Down, up (wall times).
    pub outages: Vec<(String, String)>,
    pub pauses: Vec<PauseRecord>,
    pub closed: Vec<(ClosedBy, u32)>,
    /// Number and hash of the session's last audit row when the room ended (or now): `214:9f2c51d07ab3…`.
    pub audit_head: String,
    pub printed_text: String,
}

/// A pause of a room, for the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseRecord {
    pub since_text: String,
    pub until_text: Option<String>,
    /// On the exam clock: what everybody was given back.
    pub counted_ms: Option<i64>,
    pub reason: String,
    pub paused_by: String,
    pub ended_by: Option<String>,
}

/// `GET /bank/{standard}`: the weight table as a grid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageView {
    pub standard: String,
    pub name: Name,
    /// Level and direction of each column.
    pub columns: Vec<(Name, Option<Name>)>,
    pub rows: Vec<CoverageRow>,
    /// Under each column: whether one paper can be drawn, and what is short.
    pub feet: Vec<Vec<ShortageView>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageRow {
    pub function: Name,
    pub cells: Vec<Option<CoverageCell>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageCell {
    pub href: String,
    /// Approved questions.
    pub approved: u32,
    /// Questions that one paper takes.
    pub needed: u32,
    /// Approved questions of each kind, in the order of [`Kind::ALL`].
    pub kinds: [u32; 3],
    /// Approved questions that are easy, medium and hard.
    pub bands: [u32; 3],
    /// Knowledge points with no question.
    pub points_without: u32,
    pub short: Vec<ShortageView>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShortageView {
    pub function: Name,
    pub kind: Kind,
    pub missing: u32,
}

/// `GET /bank/{standard}/questions?level=&function=&kind=`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionListView {
    pub standard: String,
    /// Nothing for questions that all levels share.
    pub level: Option<Name>,
    pub function: Name,
    /// The filter's form: level and function ids stay as hidden fields.
    pub level_id: String,
    pub function_id: String,
    pub kind: Option<Kind>,
    /// Every knowledge point of the cell, with its questions; points without one are shown too.
    pub points: Vec<(String, String, Vec<QuestionRow>)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionRow {
    pub id: String,
    pub kind: Kind,
    pub stem: String,
    pub difficulty_permille: u32,
}

/// `GET /bank/questions/{id}`: preview as the candidate sees it; key and explanation folded away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionView {
    pub id: String,
    pub revision: u32,
    pub kind: Kind,
    pub standard: String,
    /// Nothing for a question that all levels share.
    pub level: Option<Name>,
    pub level_id: String,
    pub function: Name,
    pub function_id: String,
    /// Code and text.
    pub knowledge: (String, String),
    /// Markdown.
    pub stem: String,
    /// Markdown and whether right, in the bank's order; for true/false empty.
    pub options: Vec<(String, bool)>,
    /// For true/false.
    pub statement_true: Option<bool>,
    pub explanation: String,
    pub source: String,
    /// By level, the lowest first.
    pub difficulty_permille: Vec<(Name, u32)>,
    pub previous: Option<String>,
    pub next: Option<String>,
}

/// `GET /sessions/{session}/results`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultsView {
    pub session: SessionHead,
    pub pass_points: u32,
    /// Functions in the order of `by_function` of each row.
    pub functions: Vec<Name>,
    pub rows: Vec<ResultRow>,
    /// Questions that count for nobody.
    pub voided: Vec<VoidedView>,
    /// Published before the exam.
    pub commitment: String,
    pub audit_head: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultRow {
    pub who: WhoView,
    pub state: SeatState,
    pub closed_text: Option<String>,
    pub score: Option<ScoreView>,
}

/// Any page that could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorView {
    NotFound,
    NotAllowed,
    /// The request is too large or malformed.
    BadRequest,
    TooLarge,
    /// Something of ours failed; nothing was changed.
    Internal,
    Busy,
}
