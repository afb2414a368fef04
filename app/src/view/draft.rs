//! A session in preparation: the plan that was typed, and the way from there to drawn papers.

use question_bank::{blueprint::BlueprintError, question::Kind, standard::Name};

use super::SessionHead;

/// A session in preparation, on the office's home page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRow {
    /// Its `id` is the draft's.
    pub draft: SessionHead,
    pub candidates: u32,
    /// Of two.
    pub contributions: u32,
    /// Set while papers are drawn.
    pub drawing: Option<Progress>,
}

/// How far long work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: u32,
    pub all: u32,
}

/// `GET /drafts/new`; and the answer to a POST there that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDraftView {
    /// What may be examined; the first one stands in the template.
    pub columns: Vec<PlanColumn>,
    /// A likely begin for the template, RFC 3339: `2026-12-05T09:00:00+08:00`.
    pub begins: String,
    /// What was typed; the template, without it.
    pub typed: Option<TypedDraft>,
    /// Everything that is wrong with it.
    pub problems: Vec<DraftProblem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedDraft {
    pub plan: String,
    pub roster: String,
}

/// Standard, level and direction as a plan names them: id and name of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanColumn {
    pub standard: (String, Name),
    pub level: (String, Name),
    pub direction: Option<(String, Name)>,
}

/// Why plan and roster make no draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftProblem {
    /// No TOML, or a field that is missing, unknown or of the wrong type; in the reader's own words (English).
    PlanUnreadable {
        line: Option<u32>,
        reader: String,
    },
    /// `begins` is no time.
    BeginsUnreadable(String),
    StandardUnknown(String),
    ColumnUnknown {
        level: String,
        direction: Option<String>,
    },
    /// The standard has no exam rules.
    NotExaminable(String),
    /// Shorter than the standard demands.
    TooShort {
        minutes: u32,
        minimum: u32,
    },
    LengthOutside {
        minutes: u32,
        most: u32,
    },
    AllowanceOutside {
        most_seconds: u32,
    },
    /// A setting (`earliest_hand_in_minutes` …) beyond the session's own length.
    Beyond {
        setting: String,
        minutes: u32,
    },
    Blueprint(BlueprintError),
    NoRoom,
    RoomTwice(u32),
    /// No seat or no column.
    RoomEmpty(u32),
    /// An earlier session that the plan names.
    EarlierUnknown(String),
    /// A row that can't be read at all; in the reader's own words (English).
    RosterUnreadable {
        line: Option<u32>,
        reader: String,
    },
    RosterEmpty,
    Row {
        /// As a spreadsheet counts: the head is row 1.
        row: u32,
        admission_no: String,
        problem: RowProblem,
    },
    /// What none of the others says, in English.
    Other(String),
}

/// What is wrong with a row of the roster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowProblem {
    /// Admission number, name or ID number.
    FieldEmpty,
    AdmissionNoTwice,
    SeatTaken {
        room: u32,
        seat: u32,
    },
    RoomUnknown(u32),
    SeatOutside {
        room: u32,
        seat: u32,
        seats: u32,
    },
    /// Extra minutes without a reason.
    ReasonMissing,
    /// `seen_in` names a session that there is not.
    SessionUnknown(String),
    /// `seen_in` names a session where nobody of this admission number or ID number sat.
    NeverSat(String),
}

/// `GET /drafts/{draft}`: the checklist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftView {
    /// Its `id` is the draft's.
    pub draft: SessionHead,
    pub created_by: String,
    pub created_text: String,
    pub blueprint: BlueprintView,
    pub bank: BankView,
    pub candidates: u32,
    /// Papers drawn beyond them, for candidates who are added late.
    pub reserves: u32,
    /// Candidates with extra minutes.
    pub accommodated: u32,
    /// Candidates who sat an earlier session, whose questions they don't get again.
    pub resitting: u32,
    pub rooms: Vec<DraftRoom>,
    /// In the order given; two at most.
    pub contributions: Vec<ContributionRow>,
    pub contributing: Contributing,
    pub draw: DrawView,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftRoom {
    pub number: u32,
    pub seats: u32,
    pub candidates: u32,
    pub proctors_required: u32,
}

/// What every paper is to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlueprintView {
    /// Kind, questions, points each in thousandths.
    pub kinds: Vec<(Kind, u32, u32)>,
    pub functions: Vec<FunctionQuota>,
    /// Target and tolerance of the mean, in thousandths.
    pub mean: Option<(u32, u32)>,
    /// From the easiest to the hardest.
    pub bands: Vec<BandQuota>,
    /// Everything besides.
    pub rules: Vec<RuleView>,
    pub digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionQuota {
    pub function: Name,
    pub points: u32,
    /// The fewest and the most questions, in the order of the kinds.
    pub counts: Vec<(u32, u32)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BandQuota {
    /// As the blueprint says; `easy`, `medium` and `hard` have words of their own on pages.
    pub name: String,
    pub at_least_permille: u32,
    pub min: u32,
    pub max: u32,
}

/// Whether the bank supports the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankView {
    /// Trial papers are being drawn; the page comes again.
    Checking,
    Enough(SufficiencyView),
    Short(DiagnosisView),
    /// The bank or the lists of the blueprint are wrong themselves.
    Faulty(Vec<BankFaultView>),
    /// Papers exist, but too few among those tried: so many were tried.
    Rare {
        proposals: u64,
    },
}

/// What trial papers say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SufficiencyView {
    /// Trial papers.
    pub trials: u32,
    pub candidates: u32,
    /// Questions of one paper.
    pub questions: u32,
    /// Questions of the bank that can stand on a paper at all.
    pub drawable: u32,
    /// Questions that two papers share, on average, in thousandths of a question.
    pub overlap_mean_milli: u32,
    /// Of a hundred pairs of papers, 99 share no more.
    pub overlap_p99: u32,
    /// Share of the papers that the most used question stands on, `must` excepted.
    pub exposure_max_permille: u32,
    /// Power of ten of the number of different papers, where it could be counted.
    pub papers_log10: Option<u32>,
    /// What starves first, first.
    pub starving: Vec<StarvingView>,
}

/// A part of the bank: everything that is set narrows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartView {
    /// Only where it is not the level of the paper.
    pub level: Option<Name>,
    pub function: Option<Name>,
    /// Code and text of a work content or knowledge point.
    pub knowledge: Option<(String, String)>,
    pub kind: Option<Kind>,
    /// Name of the band, as the blueprint has it.
    pub band: Option<String>,
    /// Where its questions stand in the bank.
    pub href: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StarvingView {
    pub part: PartView,
    /// Questions that one paper takes at least.
    pub needed: u32,
    /// Questions that the bank has.
    pub present: u32,
}

/// Why no paper can be drawn, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiagnosisView {
    /// The rules contradict one another: no bank could meet them.
    pub contradiction: bool,
    /// Rules that can't all be met together; without any one of them the others could.
    pub conflict: Vec<RuleView>,
    /// Together they mend it at the least cost.
    pub repairs: Vec<RepairView>,
    pub starving: Vec<StarvingView>,
}

/// A rule of the blueprint, or what the bank sets against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleView {
    /// Of the whole paper.
    Total {
        points: u32,
    },
    FunctionPoints {
        function: Name,
        points: u32,
    },
    KindCount {
        kind: Kind,
        count: u32,
    },
    Share {
        function: Name,
        kind: Kind,
        count: u32,
    },
    /// Of this part, from so many to so many questions.
    Limit {
        part: PartView,
        min: u32,
        max: Option<u32>,
    },
    /// The same of every knowledge point.
    EveryKnowledge {
        min: u32,
        max: Option<u32>,
    },
    Band {
        name: String,
        min: u32,
        max: u32,
    },
    Mean {
        target_permille: u32,
        tolerance_permille: u32,
    },
    LowerLevels {
        levels: Vec<Name>,
        min: u32,
        max: u32,
    },
    Must {
        questions: Vec<String>,
    },
    Never {
        questions: Vec<String>,
    },
    /// Of these, one at most.
    Enemies {
        questions: Vec<String>,
    },
    /// So many sets of questions of which a paper holds one at most.
    EnemySets(u32),
    Earlier {
        paper: String,
        overlap_max: u32,
    },
    /// No question that this candidate had before.
    Seen {
        admission_no: String,
    },
    Exposure {
        max_permille: u32,
    },
    /// So many questions are all that the bank has of this part.
    Supply {
        part: PartView,
        present: u32,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepairView {
    /// Write so many questions of this part.
    Write { part: PartView, count: u32 },
    /// Move the rule's number by so much.
    Relax { rule: RuleView, by: u32 },
}

/// What is wrong with the bank itself, or with a list of the blueprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BankFaultView {
    /// The same question twice.
    Duplicate(String),
    /// A question without a rating of difficulty.
    Unrated(String),
    /// A question that a list of the blueprint names and the bank has not.
    QuestionUnknown(String),
    /// An earlier paper that the blueprint names and nobody gave.
    PaperUnknown(String),
    /// What none of the others says, in English.
    Other(String),
}

/// One officer's contribution to the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContributionRow {
    /// Name of the officer.
    pub by: String,
    pub at_text: String,
    /// Whole, in hexadecimal.
    pub digest: String,
    /// Made by the system on the officer's word.
    pub by_system: bool,
}

/// What this account can do about the contributions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contributing {
    /// Give one; `both_by_system` where the session does not count and the system may give what is missing.
    Open { both_by_system: bool },
    /// It has given one; the other must come from another account. `both_by_system` as above.
    Given { both_by_system: bool },
    /// Both are there.
    Complete,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrawView {
    /// Not begun; the page says what it waits for.
    Idle,
    /// Papers of another session are being drawn; one draw at a time.
    Elsewhere,
    Running(Progress),
    /// Nothing was kept.
    Failed(DrawFailure),
    /// The session's id.
    Done(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DrawFailure {
    /// Tried so often and found none.
    Rare { proposals: u64 },
    /// A paper did not pass the check; in the checker's words (English).
    NotConforming(String),
    /// The bank no longer supports it.
    Bank,
    /// Storage failed, or the server was stopped meanwhile.
    Interrupted,
}
