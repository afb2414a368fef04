//! The browser's outbox: what was changed and not yet acknowledged, in which order it is sent, and what each outcome does to
//! it. Pure: it knows no browser, no storage, no timer and no chance. Whoever drives it (the exam room's island, the
//! simulator) keeps what [`Outbox::storage`] says after every change of it, carries the requests, and waits where it is told to.

use serde::{Deserialize, Serialize};

use crate::wire::{ChangeWire, ExamWire, SaveRefusalCode, SaveReply};

/// Between two signs of life, milliseconds.
pub const HEARTBEAT_MS: u32 = 5_000;
/// The same while the page waits for the server to close the sitting, milliseconds.
pub const HEARTBEAT_OVER_MS: u32 = 1_000;
/// The same while the room is paused, so that every page turns within the lead after it, milliseconds.
pub const HEARTBEAT_PAUSED_MS: u32 = 2_000;
/// How long an answer of the server is waited for, milliseconds.
pub const TIMEOUT_MS: u32 = 4_000;
const BACK_OFF_MS_MIN: u32 = 500;
const BACK_OFF_MS_MAX: u32 = 8_000;
/// The longest back-off in the last seconds, where each counts, milliseconds.
const BACK_OFF_MS_NEAR_END: u32 = 1_000;
/// What the last seconds are.
const NEAR_END_S: i64 = 10;
/// Changes of one request.
const BATCH: usize = 50;

/// The outbox as the browser's storage keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Of the login that it was filled in.
    pub epoch: i64,
    /// The first sequence number that the server has not acknowledged.
    pub base: i64,
    /// At most one change for each position, ascending by sequence.
    pub changes: Vec<ChangeWire>,
    /// The last change of each request whose answer is not known. Of what the server has, the newest is one of these, even if
    /// its question was answered again since: by that an outbox is known for ours after another login.
    #[serde(default)]
    pub sent: Vec<ChangeWire>,
}

/// What is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outbox {
    kept: Kept,
    epoch: i64,
    next_seq: i64,
    /// The highest sequence of the request under way; 0 for a heartbeat.
    in_flight: Option<i64>,
    back_off_ms: u32,
    stopped: bool,
    closed: bool,
}

/// What the browser's storage must be made to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage<'a> {
    /// This.
    Keep(&'a Kept),
    /// Nothing.
    Forget,
    /// What it holds, which may be another tab's.
    Leave,
}

/// What an acknowledgement did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// Positions whose change is acknowledged and which wait for nothing else.
    pub positions: Vec<u32>,
    /// Whether the request carried changes at all.
    pub changes: bool,
    /// Whether something was changed meanwhile, and must be sent at once.
    pub more: bool,
}

/// What a refusal means for whoever drives the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// As if there had been no answer: see [`Outbox::failed`].
    Again,
    /// The changes of the request are given up, since the server would refuse them for ever.
    GivenUp,
    /// Nothing is sent any more; what is kept stays kept.
    Stopped,
    /// The sitting is closed; nothing is kept any more.
    Closed,
}

impl Outbox {
    /// Of a page that was just made.
    pub fn new(exam: &ExamWire) -> Self {
        Self {
            kept: Kept { epoch: exam.epoch, base: exam.next_seq, ..Kept::default() },
            epoch: exam.epoch,
            next_seq: exam.next_seq,
            in_flight: None,
            back_off_ms: BACK_OFF_MS_MIN,
            stopped: false,
            closed: false,
        }
    }

    /// Takes up what an earlier page of this browser could not send, if it is ours; returns what was taken, to be shown.
    pub fn take_up(&mut self, kept: Kept, exam: &ExamWire) -> Vec<ChangeWire> {
        if !is_ours(&kept, exam) {
            return Vec::new();
        }
        let on_paper = |change: &ChangeWire| change.position >= 1 && change.position as usize <= exam.items.len();
        self.kept.sent = kept.sent;
        let taken: Vec<ChangeWire> = kept.changes.into_iter().filter(on_paper).collect();
        for change in &taken {
            self.next_seq = self.next_seq.max(change.seq + 1);
            self.kept.changes.push(change.clone());
        }
        taken
    }

    /// A question was answered or flagged.
    pub fn change(&mut self, position: u32, response: String, flagged: bool) {
        let seq = self.next_seq;
        self.next_seq += 1;
        self.kept.changes.retain(|change| change.position != position);
        self.kept.changes.push(ChangeWire { seq, position, response, flagged });
    }

    /// What the browser's storage must hold now. Of a page that was stopped it holds what it held then: a newer tab of this
    /// browser may have written there since.
    pub fn storage(&self) -> Storage<'_> {
        match self {
            _ if self.closed => Storage::Forget,
            _ if self.stopped => Storage::Leave,
            _ if self.kept.changes.is_empty() => Storage::Forget,
            _ => Storage::Keep(&self.kept),
        }
    }

    /// Whether a question has a change that the server has not acknowledged.
    pub fn waits(&self, position: u32) -> bool {
        self.kept.changes.iter().any(|change| change.position == position)
    }

    /// How many questions have a change that the server has not acknowledged.
    pub fn unsent(&self) -> usize {
        self.kept.changes.len()
    }

    /// Epoch and changes to be sent now (none of them: a heartbeat), or `None` while an answer is waited for. What is kept
    /// changes with it.
    pub fn request(&mut self) -> Option<(i64, Vec<ChangeWire>)> {
        if self.stopped || self.in_flight.is_some() {
            return None;
        }
        let changes: Vec<ChangeWire> = self.kept.changes.iter().take(BATCH).cloned().collect();
        self.in_flight = Some(changes.last().map_or(0, |change| change.seq));
        if self.kept.sent.last() != changes.last() {
            self.kept.sent.extend(changes.last().cloned());
        }
        Some((self.epoch, changes))
    }

    /// The server has the request on stable storage.
    pub fn saved(&mut self, reply: &SaveReply) -> Saved {
        let sent = self.in_flight.take().unwrap_or(0);
        self.back_off_ms = BACK_OFF_MS_MIN;
        self.kept.base = self.kept.base.max(sent + 1);
        self.kept.sent.clear();
        let done = self.kept.changes.iter().filter(|change| change.seq <= sent);
        let positions = done.map(|change| change.position).collect();
        self.kept.changes.retain(|change| change.seq > sent);
        for answer in &reply.superseded {
            self.next_seq = self.next_seq.max(answer.seq + 1);
        }
        Saved { positions, changes: sent > 0, more: !self.kept.changes.is_empty() }
    }

    /// No answer, or none that can be read. How long to wait before the next request, milliseconds, give or take.
    pub fn failed(&mut self, remaining_s: i64) -> u32 {
        self.in_flight = None;
        let wait_ms = self.back_off_ms;
        self.back_off_ms = (wait_ms * 2).min(BACK_OFF_MS_MAX);
        wait_ms.min(if remaining_s <= NEAR_END_S { BACK_OFF_MS_NEAR_END } else { BACK_OFF_MS_MAX })
    }

    /// The server has refused the request.
    pub fn refused(&mut self, code: SaveRefusalCode) -> Refused {
        let sent = self.in_flight.take().unwrap_or(0);
        match code {
            SaveRefusalCode::Busy => Refused::Again,
            SaveRefusalCode::Invalid => {
                self.kept.changes.retain(|change| change.seq > sent);
                self.kept.sent.clear();
                Refused::GivenUp
            }
            SaveRefusalCode::Epoch | SaveRefusalCode::SignedOut => {
                self.stop();
                Refused::Stopped
            }
            SaveRefusalCode::Closed => {
                self.stop();
                self.closed = true;
                self.kept.changes.clear();
                Refused::Closed
            }
        }
    }

    /// Whatever the back-off says, the next request may go at once.
    pub fn hurry(&mut self) {
        self.back_off_ms = BACK_OFF_MS_MIN;
    }

    /// Sends nothing any more.
    pub fn stop(&mut self) {
        self.stopped = true;
    }
}

/// Of the same login, or of an earlier one after which the server has heard of nothing (or only of what was kept): then no
/// other machine can have answered since.
fn is_ours(kept: &Kept, exam: &ExamWire) -> bool {
    let last = exam.answers.iter().max_by_key(|answer| answer.seq);
    kept.epoch == exam.epoch
        || kept.base == exam.next_seq
        || last.is_some_and(|last| {
            let same = |change: &ChangeWire| {
                change.seq == last.seq && change.position == last.position && change.response == last.response
            };
            kept.changes.iter().chain(&kept.sent).any(same)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::AnswerWire;

    fn paper(epoch: i64, next_seq: i64, answers: Vec<AnswerWire>) -> ExamWire {
        ExamWire {
            sitting: "s".into(),
            epoch,
            blocks: Vec::new(),
            items: Vec::new(),
            answers,
            current: 1,
            all: false,
            remaining_ms: 1,
            end_text: String::new(),
            hand_in_after_ms: 0,
            reminders_ms: Vec::new(),
            next_seq,
            hand_raised: false,
            voided: Vec::new(),
        }
    }

    fn kept(epoch: i64, base: i64, seq: i64) -> Kept {
        Kept {
            epoch,
            base,
            changes: vec![ChangeWire { seq, position: 2, response: "B".into(), flagged: false }],
            sent: Vec::new(),
        }
    }

    /// Found by the simulator: the acknowledgement was lost, the question answered again, and then the machine died.
    #[test]
    fn an_outbox_is_known_by_what_was_sent_even_if_it_was_changed_since() {
        let mut outbox = Outbox::new(&paper(2, 5, Vec::new()));
        outbox.change(2, "B".into(), false);
        assert!(outbox.request().is_some());
        outbox.failed(60);
        outbox.change(2, "C".into(), false);
        let arrived = AnswerWire { position: 2, response: "B".into(), flagged: false, seq: 5 };
        assert!(is_ours(&outbox.kept, &paper(3, 6, vec![arrived])));
        let other = AnswerWire { position: 2, response: "D".into(), flagged: false, seq: 5 };
        assert!(!is_ours(&outbox.kept, &paper(3, 6, vec![other])));
    }

    #[test]
    fn an_outbox_of_the_same_login_is_taken_up() {
        assert!(is_ours(&kept(3, 5, 5), &paper(3, 9, Vec::new())));
    }

    #[test]
    fn an_outbox_of_an_earlier_login_is_taken_up_when_nothing_came_between() {
        assert!(is_ours(&kept(2, 5, 7), &paper(3, 5, Vec::new())));
        let lost_acknowledgement = AnswerWire { position: 2, response: "B".into(), flagged: false, seq: 5 };
        assert!(is_ours(&kept(2, 5, 5), &paper(3, 6, vec![lost_acknowledgement])));
    }

    #[test]
    fn an_outbox_is_left_alone_when_another_machine_has_answered_since() {
        let newer = AnswerWire { position: 1, response: "A".into(), flagged: false, seq: 5 };
        assert!(!is_ours(&kept(2, 5, 5), &paper(3, 6, vec![newer])));
    }

    /// Found by the simulator: a reply to the old tab wiped out what the new one had kept, and then the machine died.
    #[test]
    fn a_stopped_tab_leaves_the_storage_alone() {
        let mut outbox = Outbox::new(&paper(2, 5, Vec::new()));
        outbox.change(2, "B".into(), false);
        assert!(matches!(outbox.storage(), Storage::Keep(_)));
        outbox.request();
        outbox.stop();
        outbox.saved(&SaveReply {
            acked_seq: 5,
            remaining_ms: 1,
            end_text: String::new(),
            saved_text: String::new(),
            superseded: Vec::new(),
            hand_raised: false,
            paused: false,
            voided: Vec::new(),
        });
        assert_eq!(outbox.storage(), Storage::Leave);
        outbox.refused(SaveRefusalCode::Closed);
        assert_eq!(outbox.storage(), Storage::Forget);
    }
}
