//! What an act answers: one sentence at the top of the next page. Every POST redirects to a GET and carries its outcome as
//! `?notice=code` with at most one argument of digits; the sentence itself is made here, from the locale files.

use std::{fmt, str::FromStr};

macro_rules! notices {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $grade:ident;)*) => {
        /// Which sentence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code, for the test that each has its words in each language.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// As it stands in the address and in the locale files (`notice.<code>`).
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// Whether it reports success, asks for attention, or refuses.
            pub fn grade(self) -> Grade {
                match self { $(Self::$variant => Grade::$grade,)* }
            }
        }
    };
}

/// How a notice is shown (colour, icon and role, never colour alone).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// `role="status"`.
    Done,
    /// `role="alert"`.
    Refused,
}

notices! {
    // Candidate
    /// One message for any mismatch of admission number and ID number.
    LoginMismatch = "login_mismatch", Refused;
    /// Too many tries at this seat; argument: seconds to wait.
    LoginTooOften = "login_too_often", Refused;
    /// The browser is not enrolled as a seat.
    SeatUnknown = "seat_unknown", Refused;
    /// Right person, wrong seat; argument: the right seat number.
    SeatWrong = "seat_wrong", Refused;
    /// Right person, wrong room; argument: the right room number.
    RoomWrong = "room_wrong", Refused;
    /// Login has not begun; argument: wall time it begins.
    TooEarly = "too_early", Refused;
    /// Late entry is over; argument: wall time it ended.
    TooLate = "too_late", Refused;
    /// Recorded as absent.
    RecordedAbsent = "recorded_absent", Refused;
    /// The sitting is closed.
    SittingClosed = "sitting_closed", Refused;
    /// The sitting was opened elsewhere since this page was made.
    EpochStale = "epoch_stale", Refused;
    /// The form was made from an older revision of this response; nothing was changed. Argument: question number.
    FormStale = "form_stale", Refused;
    /// The response is not one this question has.
    ResponseInvalid = "response_invalid", Refused;
    /// No such question in this paper.
    PositionInvalid = "position_invalid", Refused;
    /// The room is not open yet.
    RoomNotOpen = "room_not_open", Refused;
    /// The room stands still.
    RoomIsPaused = "room_is_paused", Refused;
    /// Hand-in is not allowed yet; argument: wall time of the earliest.
    HandInTooEarly = "hand_in_too_early", Refused;
    /// The confirmation box was not ticked.
    ConfirmMissing = "confirm_missing", Refused;
    /// Storage can't take it now.
    StoreBusy = "store_busy", Refused;
    /// Storage is full.
    StoreFull = "store_full", Refused;
    /// Saved (scripts off); argument: wall time.
    Saved = "saved", Done;
    /// The proctor has been called.
    HandRaised = "hand_raised", Done;
    HandLowered = "hand_lowered", Done;
    // Staff
    /// Account or password wrong.
    PasswordWrong = "password_wrong", Refused;
    /// Too many wrong passwords; argument: seconds to wait.
    PasswordTooOften = "password_too_often", Refused;
    SignedOut = "signed_out", Done;
    /// This account may not do this.
    NotAllowed = "not_allowed", Refused;
    /// Argument: proctors missing.
    ProctorsMissing = "proctors_missing", Refused;
    /// This account is not a proctor.
    NotAProctor = "not_a_proctor", Refused;
    ProctorAlreadyIn = "proctor_already_in", Refused;
    /// Checked in to another room of this time; argument: its number.
    ProctorElsewhere = "proctor_elsewhere", Refused;
    ProctorCheckedIn = "proctor_checked_in", Done;
    ProctorCheckedOut = "proctor_checked_out", Done;
    RoomOpened = "room_opened", Done;
    RoomAlreadyOpen = "room_already_open", Refused;
    RoomPaused = "room_paused", Done;
    RoomAlreadyPaused = "room_already_paused", Refused;
    RoomResumed = "room_resumed", Done;
    RoomNotPaused = "room_not_paused", Refused;
    RoomEnded = "room_ended", Done;
    /// Argument: candidates still writing.
    RoomStillWriting = "room_still_writing", Refused;
    /// Argument: minutes.
    TimeGranted = "time_granted", Done;
    GapDismissed = "gap_dismissed", Done;
    /// It was granted or dismissed already.
    GapGone = "gap_gone", Refused;
    /// Minutes out of range; argument: the most that may be given at once.
    MinutesInvalid = "minutes_invalid", Refused;
    ReasonMissing = "reason_missing", Refused;
    /// A second proctor must confirm with account and password.
    SecondProctorNeeded = "second_proctor_needed", Refused;
    HandedIn = "handed_in", Done;
    AbsentRecorded = "absent_recorded", Done;
    /// Not possible in the sitting's state.
    NotNow = "not_now", Refused;
    /// Argument: new seat number.
    SeatMoved = "seat_moved", Done;
    /// Argument: seat number.
    SeatTaken = "seat_taken", Refused;
    SeatNotInRoom = "seat_not_in_room", Refused;
    LoginReleased = "login_released", Done;
    NoteKept = "note_kept", Done;
    SeatEnrolled = "seat_enrolled", Done;
    FormInvalid = "form_invalid", Refused;
    // Exam office
    DraftCreated = "draft_created", Done;
    DraftDeleted = "draft_deleted", Done;
    /// Its papers are drawn: it is a session now.
    DraftDrawn = "draft_drawn", Refused;
    ContributionGiven = "contribution_given", Done;
    /// Argument: the fewest characters.
    ContributionShort = "contribution_short", Refused;
    /// This account has given one already.
    ContributionTwice = "contribution_twice", Refused;
    /// Both are there.
    ContributionsComplete = "contributions_complete", Refused;
    DrawBegun = "draw_begun", Done;
    /// Papers of another session are being drawn.
    DrawElsewhere = "draw_elsewhere", Refused;
    /// A line of the checklist is not done.
    DrawNotReady = "draw_not_ready", Refused;
    /// Argument: seat number.
    CandidateAdded = "candidate_added", Done;
    ReservesUsed = "reserves_used", Refused;
    AdmissionNoTaken = "admission_no_taken", Refused;
    /// The room, or the session, has ended.
    AddingOver = "adding_over", Refused;
    /// Argument: papers that have it.
    QuestionVoided = "question_voided", Done;
    QuestionVoidedAlready = "question_voided_already", Refused;
    /// No paper of the session has it.
    QuestionNotThere = "question_not_there", Refused;
    /// A paper would have nothing left that counts.
    QuestionLast = "question_last", Refused;
    /// Another officer, or an author, must confirm with account and password.
    SecondOfficerNeeded = "second_officer_needed", Refused;
    /// A room has not ended.
    EvidenceNotYet = "evidence_not_yet", Refused;
}

/// A notice with its argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    pub code: Code,
    /// Digits, `:`, `-` and space only, at most 19 characters, so that a forged address can't speak in our name.
    pub arg: Option<String>,
}

impl Notice {
    /// A notice with an argument; what the argument must not hold is left out.
    pub fn with(code: Code, arg: impl fmt::Display) -> Self {
        let arg =
            arg.to_string().chars().filter(|c| c.is_ascii_digit() || matches!(c, ':' | '-' | ' ')).take(19).collect();
        Self { code, arg: Some(arg) }
    }

    /// Reads what [`fmt::Display`] wrote: `code` or `code~arg`.
    pub fn parse(text: &str) -> Option<Self> {
        let (code, arg) = text.split_once('~').map_or((text, None), |(code, arg)| (code, Some(arg)));
        let code = code.parse().ok()?;
        Some(arg.map_or_else(|| Self::from(code), |arg| Self::with(code, arg)))
    }
}

impl From<Code> for Notice {
    fn from(code: Code) -> Self {
        Self { code, arg: None }
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.text())?;
        self.arg.as_ref().map_or(Ok(()), |arg| write!(f, "~{}", arg.replace(' ', "+")))
    }
}

impl FromStr for Code {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|code| code.text() == text).ok_or(())
    }
}

/// The sentence of a notice.
pub fn words(notice: &Notice, lang: crate::view::Lang) -> String {
    let template = crate::i18n::looked_up(crate::i18n::words::NOTICE, notice.code.text(), lang).unwrap_or_default();
    match &notice.arg {
        Some(arg) => template.replace("{arg}", arg),
        None => template.replace(" {arg} ", "").replace("{arg}", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Lang;

    #[test]
    fn every_code_has_its_words_and_comes_back_from_the_address() {
        for code in Code::ALL {
            for lang in [Lang::Zh, Lang::En] {
                assert!(!words(&Notice::from(*code), lang).is_empty(), "{code:?} has no words");
                let with = words(&Notice::with(*code, 7), lang);
                assert!(!with.contains(['{', '}']), "{with}");
            }
            let notice = Notice::with(*code, "2026-11-28 09:00");
            assert_eq!(Notice::parse(&notice.to_string().replace('+', " ")), Some(notice));
        }
        assert_eq!(crate::i18n::words::NOTICE.len(), Code::ALL.len(), "words for a code that does not exist");
    }

    #[test]
    fn a_forged_address_can_not_speak_in_our_name() {
        let notice = Notice::parse("saved~<b>call 555").expect("the code exists");
        assert_eq!(notice.arg.as_deref(), Some(" 555"));
        assert_eq!(Notice::parse("no_such_code"), None);
    }
}
