//! A session whose papers are drawn: what proves them, and how equal they are.

use question_bank::standard::Name;

use super::{ContributionRow, RoomRow, SessionHead, SessionState, WhoView};

/// `GET /sessions/{session}`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    pub session: SessionHead,
    pub state: SessionState,
    pub rooms: Vec<RoomRow>,
    pub candidates: u32,
    pub proof: ProofView,
    pub evidence: EvidenceView,
    pub voided: Vec<VoidedView>,
    /// Reserves drawn, and those in use.
    pub reserves: u32,
    pub late: Vec<LateRow>,
    pub adding: AddingView,
}

/// A question that counts for nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VoidedView {
    /// Its id.
    pub question: String,
    pub reason: String,
    /// Both of them.
    pub by: String,
    pub at_text: String,
}

/// What was published before the exam, so that its papers can be proved after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofView {
    /// Whole, in hexadecimal.
    pub commitment: String,
    pub drawn_text: String,
    /// Name and version of what drew the papers.
    pub engine: String,
    /// Reserves included.
    pub papers: u32,
    /// Papers that passed the independent check.
    pub checked: u32,
    /// Digests of what went in, whole, in hexadecimal.
    pub blueprint: String,
    pub bank: String,
    pub roster: String,
    pub earlier: Option<String>,
    pub contributions: Vec<ContributionRow>,
}

/// Whether the evidence file can be had; it opens the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceView {
    /// `GET /sessions/{session}/evidence.json`
    Open,
    /// So many rooms have not ended.
    NotYet { rooms: u32 },
    /// The session was drawn before evidence was kept.
    None,
}

/// A candidate who was added after the draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateRow {
    pub who: WhoView,
    pub at_text: String,
    pub by: String,
}

/// Whether a candidate can be added, `POST /sessions/{session}/late`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddingView {
    /// Number of each room that has not ended, with the seats that nobody has.
    Open(Vec<(u32, Vec<u32>)>),
    /// Every reserve is in use, or none was drawn.
    NoReserve,
    /// Every room has ended.
    Over,
}

/// `GET /sessions/{session}/fairness`: the fairness sheet. Scores are thousandths of a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FairnessView {
    pub session: SessionHead,
    /// Papers of sittings; reserves that nobody has are left out.
    pub papers: u32,
    /// Different questions on them, and how many of these nobody has rated.
    pub questions: u32,
    pub unrated: u32,
    pub max_milli: u32,
    pub assumptions: FairnessAssumptions,
    /// A candidate a standard deviation below one who just passes, the one who just passes, one a deviation above.
    pub below: ScoreSpread,
    pub passing: ScoreSpread,
    pub above: ScoreSpread,
    pub uncertainty: FairnessUncertainty,
    pub functions: Vec<FunctionSpread>,
    /// At most twenty: the lowest and the highest expected scores, from the lowest on.
    pub extremes: Vec<PaperScore>,
    /// When the sheet was made.
    pub made_text: String,
}

/// What the sheet takes for granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FairnessAssumptions {
    /// A standard deviation of candidates, in thousandths of a logit.
    pub ability_sd_milli: u32,
    /// Standard deviation of a rating's error, in thousandths.
    pub rating_sd_permille: u32,
    /// What an unrated question counts as, in thousandths.
    pub unrated_permille: u32,
    /// Drawings of all rating errors behind [`TrueSpread`].
    pub draws: u32,
}

/// What the ratings can't tell, for candidates who just pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FairnessUncertainty {
    /// Standard error of one paper's expected score, over all papers.
    pub paper_error_milli: u64,
    /// Standard error of the difference of two papers, over all pairs.
    pub pair_error_milli: u64,
    /// Spread of the papers' true expected scores.
    pub true_spread: TrueSpread,
    /// Responses to each question that would halve the error of its rating; and candidates who would give them.
    pub halving_responses: u64,
    pub halving_candidates: u64,
    /// The spread after that.
    pub true_spread_halved: TrueSpread,
}

/// Expected scores over all papers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoreSpread {
    pub min_milli: u64,
    pub mean_milli: u64,
    pub max_milli: u64,
    pub sd_milli: u64,
}

/// The spread (largest minus smallest) when the ratings err: median, and the bounds of nine cases in ten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrueSpread {
    pub low_milli: u64,
    pub median_milli: u64,
    pub high_milli: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionSpread {
    pub function: Name,
    pub points: u32,
    pub below: ScoreSpread,
    pub passing: ScoreSpread,
    pub above: ScoreSpread,
}

/// One paper's expected scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaperScore {
    pub admission_no: String,
    pub room: u32,
    pub seat: u32,
    pub below_milli: u64,
    pub passing_milli: u64,
    pub above_milli: u64,
    /// Standard error of `passing_milli`.
    pub error_milli: u64,
}
