//! What crosses the wire between the exam room in the browser and the server: small, serialisable, and without a key.

use serde::{Deserialize, Serialize};

/// How a question is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// Exactly one option (true/false and single choice): radio buttons.
    One,
    /// Any number of options: check boxes.
    Many,
}

/// One question of a sitting's paper, as the candidate sees it. Options stand in the order shuffled for this sitting; their
/// letters are their places, so an id says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemWire {
    /// Place in the paper, from 1.
    pub position: u32,
    /// Index into [`ExamWire::blocks`].
    pub block: usize,
    pub choice: Choice,
    /// Points in words of the page's language, such as `1 分`.
    pub points: String,
    /// HTML made by the server from the question's Markdown.
    pub stem: String,
    /// HTML of each option, A first.
    pub options: Vec<String>,
}

/// A block of one kind in the answer sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockWire {
    pub title: String,
    pub first: u32,
    pub count: u32,
}

/// What is saved for one question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerWire {
    pub position: u32,
    /// Letters of the chosen options as displayed, ascending, such as `AC`; empty for none.
    pub response: String,
    pub flagged: bool,
    /// Sequence number of the change that wrote this; 0 when there was none.
    pub seq: i64,
}

/// Everything that the exam room needs, given once with the page; from then on it works offline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExamWire {
    /// Opaque id of the sitting: names the outbox in the browser's storage.
    pub sitting: String,
    pub epoch: i64,
    pub blocks: Vec<BlockWire>,
    pub items: Vec<ItemWire>,
    /// Only positions that were ever saved.
    pub answers: Vec<AnswerWire>,
    /// Position shown first.
    pub current: u32,
    /// All questions on one page instead of one at a time.
    pub all: bool,
    /// Time left when the page was made, milliseconds.
    pub remaining_ms: i64,
    /// Wall time of the end, for display.
    pub end_text: String,
    /// Hand-in is refused until this much has passed since the page was made, milliseconds; 0 when allowed.
    pub hand_in_after_ms: i64,
    /// Reminders at these amounts of time left, milliseconds, descending.
    pub reminders_ms: Vec<i64>,
    /// The next free sequence number.
    pub next_seq: i64,
    pub hand_raised: bool,
    /// Questions that count for nobody (作废), ascending.
    #[serde(default)]
    pub voided: Vec<u32>,
}

/// `POST /exam/changes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaveRequest {
    pub epoch: i64,
    /// May be empty: then it is a heartbeat.
    pub changes: Vec<ChangeWire>,
    /// How often the page was left since it was loaded.
    #[serde(default)]
    pub left_page: u32,
}

/// One change in the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeWire {
    /// Rises by one with each change of this sitting; the highest sequence of a position wins, not the last arrival.
    pub seq: i64,
    pub position: u32,
    pub response: String,
    pub flagged: bool,
}

/// 200 to [`SaveRequest`]: everything in it is on stable storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveReply {
    /// The highest sequence of the request (or 0 for a heartbeat).
    pub acked_seq: i64,
    pub remaining_ms: i64,
    pub end_text: String,
    /// Wall time of the save, `HH:MM:SS`.
    pub saved_text: String,
    /// What stands for positions whose change came later than a newer one: the page must show this instead.
    pub superseded: Vec<AnswerWire>,
    pub hand_raised: bool,
    /// The room stands still: the questions are covered, and the time left does not run.
    #[serde(default)]
    pub paused: bool,
    /// Questions that count for nobody, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub voided: Vec<u32>,
}

/// 4xx and 5xx to [`SaveRequest`]: nothing of it was saved (but kept in quarantine when it came after the close).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaveRefusal {
    pub code: SaveRefusalCode,
    /// In the page's language: what happened and what to do.
    pub message: String,
}

/// Why a save was refused, for the page's behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SaveRefusalCode {
    /// 401: nobody is logged in with this cookie. Keep the outbox; say so.
    SignedOut,
    /// 409: the sitting was opened elsewhere since. Stop; keep the outbox; say so.
    Epoch,
    /// 410: the sitting is closed. Go to `/receipt`.
    Closed,
    /// 422: the request is not one this page makes (wrong position, option, sequence). Never retried.
    Invalid,
    /// 503: storage can't take it now. Keep the outbox and try again.
    Busy,
}

/// State of a seat as the proctor's map shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeatState {
    /// 未登录
    NotArrived,
    /// 待考: logged in, and waiting for the room to open (or to confirm).
    Waiting,
    /// 作答中
    Writing,
    /// 离线
    Offline,
    /// 已交卷
    HandedIn,
    /// 缺考
    Absent,
}

/// One tile of the seat map, in words of the page's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TileWire {
    pub sitting: String,
    pub seat: u32,
    pub name: String,
    pub state: SeatState,
    pub hand_raised: bool,
    /// State in words, with its age where it has one: `离线 1:42`.
    pub state_text: String,
    /// `43 / 100`, or empty.
    pub answered_text: String,
    /// 0 to 100.
    pub answered_percent: u32,
    /// `保存 12 秒前`, `10:15:39 交卷`, or empty.
    pub saved_text: String,
    /// `1:12:46`, or empty.
    pub remaining_text: String,
    /// Times the page was left.
    pub left_page: u32,
}

/// `GET /rooms/{room}/live`: what moves on the proctor's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomWire {
    pub clock_text: String,
    /// Label and number, in order.
    pub counts: Vec<(String, u32)>,
    /// `监考员在场 2 / 2 ✓`, or with ✗ and why.
    pub proctors_text: String,
    pub proctors_enough: bool,
    /// That the room stands still, since when and why; empty otherwise.
    pub pause_text: String,
    /// Sentences that ask for an act now, most urgent first.
    pub needs: Vec<String>,
    pub tiles: Vec<TileWire>,
    /// Changes whenever something else on the page (buttons, proctors present, room state) is no longer true; the page then
    /// offers to reload.
    pub shape: String,
}
