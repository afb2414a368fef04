//! A blueprint (组卷方案, 细目表): what a paper must contain, and its compilation to counts.

use std::collections::BTreeSet;

/// The default bands: a question is easy that so many of a thousand just-passing candidates get right, and medium from the
/// second number on.
pub const EASY_PERMILLE: u32 = 750;
/// See [`EASY_PERMILLE`].
pub const MEDIUM_PERMILLE: u32 = 450;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::digest::{Digest, DigestOf};
use crate::question::Kind;
use crate::standard::Standard;

/// How the responses to one kind are marked. All amounts are milli-points (1000 = one point).
///
/// Under every policy an empty response earns 0, and choosing all and only the right options earns the question's points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "PolicyFields"))]
#[serde(tag = "policy", rename_all = "snake_case", from = "PolicyFields")]
pub enum Policy {
    /// All and only the right options, or nothing: 多选、少选、错选均不得分.
    Exact,
    /// Any wrong option earns 0; otherwise `milli` for each right option, at most the question's points.
    PartialPerOption {
        /// Milli-points for each right option.
        milli: u32,
    },
    /// Any wrong option earns 0; some of the right options, but not all, earn `milli`.
    PartialFixed {
        /// Milli-points for an incomplete right response.
        milli: u32,
    },
    /// Each right option adds, each wrong one subtracts; not below 0, at most the question's points.
    Penalised {
        /// Milli-points added for each right option.
        right_milli: u32,
        /// Milli-points subtracted for each wrong option.
        wrong_milli: u32,
    },
}

/// How a [`Policy`] is read: serde refuses a stray amount beside `exact` only where the variant has (no) fields.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "policy", rename_all = "snake_case", deny_unknown_fields)]
enum PolicyFields {
    Exact {},
    PartialPerOption { milli: u32 },
    PartialFixed { milli: u32 },
    Penalised { right_milli: u32, wrong_milli: u32 },
}

impl From<PolicyFields> for Policy {
    fn from(fields: PolicyFields) -> Self {
        match fields {
            PolicyFields::Exact {} => Self::Exact,
            PolicyFields::PartialPerOption { milli } => Self::PartialPerOption { milli },
            PolicyFields::PartialFixed { milli } => Self::PartialFixed { milli },
            PolicyFields::Penalised { right_milli, wrong_milli } => Self::Penalised { right_milli, wrong_milli },
        }
    }
}

/// What a paper must contain of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct KindQuota {
    /// The kind; each stands in a blueprint once.
    pub kind: Kind,
    /// How many questions of it.
    pub count: u32,
    /// The points of **each** of them, in milli-points.
    pub points_milli: u32,
    /// How its responses are marked.
    pub marking: Policy,
}

/// What a paper must contain. Read from TOML or JSON; an editor completes it by `blueprint.schema.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Blueprint {
    /// The standard's id.
    pub standard: String,
    /// The level's id.
    pub level: String,
    /// The direction's id, where the level has directions.
    #[serde(default)]
    pub direction: Option<String>,
    /// Whole points for each function, in the order of the standard.
    pub points: Vec<(String, u32)>,
    /// What is wanted of each kind.
    pub kinds: Vec<KindQuota>,
    /// How the kinds are spread over the functions.
    #[serde(default, skip_serializing_if = "Mix::is_even")]
    pub mix: Mix,
    /// How hard the paper is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difficulty: Option<Difficulty>,
    /// How many questions of one knowledge point, for every knowledge point without a limit of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub knowledge: Option<Span>,
    /// How many questions of single work contents and knowledge points.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<Limit>,
    /// Questions of lower levels, where the paper may or must hold some; none without this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lower_levels: Option<LowerLevels>,
    /// Sets of question ids of which a paper holds one at most: variants, or one that answers another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enemies: Vec<Vec<String>>,
    /// Ids of questions that every paper holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub must: Vec<String>,
    /// Ids of questions that no paper holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub never: Vec<String>,
    /// How much a paper may share with papers of earlier sessions, each named as in the list of earlier papers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Earlier>,
    /// The largest share of papers, in thousandths, that one question may stand on; questions in
    /// [`must`](Self::must) excepted. With it the law is no longer uniform but the maximum-entropy law under the cap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposure_max_permille: Option<u32>,
    /// Parallel forms instead of a paper of their own for each candidate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forms: Option<Forms>,
}

/// Parallel forms: each candidate gets one of them by lot, in an order of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Forms {
    /// How many; 1 for one fixed form.
    pub count: u32,
    /// The most questions that two of them may share; 0 for disjoint forms.
    #[serde(default)]
    pub overlap_max: u32,
}

/// How the kinds are spread over the functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mix {
    /// Every function holds the kinds in the proportion of the whole paper.
    #[default]
    Even,
    /// Any mix whose points add up, for each function and for each kind.
    Free,
}

impl Mix {
    /// The code in digests and files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Even => "even",
            Self::Free => "free",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
    fn is_even(&self) -> bool {
        *self == Self::Even
    }
}

/// How hard a paper is, by the questions' ratings: the share of just-passing candidates expected to be right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Difficulty {
    /// The mean over the paper, each question weighing as many as its points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<Mean>,
    /// How many questions of each band, from the easiest band to the hardest; the last begins at 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bands: Vec<Band>,
}

/// A mean with its tolerance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Mean {
    /// The mean aimed at, in thousandths.
    pub target_permille: u32,
    /// The largest departure from it, in thousandths.
    pub tolerance_permille: u32,
}

/// A band of difficulty: the questions rated at least so easy, and not in the band before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// What people call it: easy, 易.
    pub name: String,
    /// The lowest rating in it, in thousandths.
    pub at_least_permille: u32,
    /// The fewest questions of it.
    pub min: u32,
    /// The most questions of it.
    pub max: u32,
}

/// From so many to so many questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The fewest.
    #[serde(default)]
    pub min: u32,
    /// The most; as many as the rest allows, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

/// How many questions of one work content or of one knowledge point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// The level's id; the blueprint's own, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The function's id.
    pub function: String,
    /// The code of the work content; either this or the knowledge point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_content: Option<String>,
    /// The code of the knowledge point; either this or the work content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub knowledge: Option<String>,
    /// The fewest.
    #[serde(default)]
    pub min: u32,
    /// The most; as many as the rest allows, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

/// How many questions of lower levels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LowerLevels {
    /// The ids of the levels whose questions may stand on the paper beside the blueprint's own level.
    pub levels: Vec<String>,
    /// The fewest of all of them together.
    #[serde(default)]
    pub min: u32,
    /// The most of all of them together.
    pub max: u32,
}

/// How much a paper may share with a paper of an earlier session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// Its name in the list of earlier papers.
    pub paper: String,
    /// The most questions that both may hold.
    pub overlap_max: u32,
}

impl Blueprint {
    /// The blueprint that follows from the standard's theory weights (理论知识权重表): as many one-point questions as
    /// points, true/false : single : multiple choice = 1 : 3 : 1 in every function, all marked [`Policy::Exact`].
    ///
    /// It asks for no difficulty: [`aimed`](Self::aimed) adds the target that follows from the pass mark.
    pub fn default_for(standard: &Standard, level: &str, direction: Option<&str>) -> Result<Self, BlueprintError> {
        let column = standard.column(level, direction).ok_or_else(|| BlueprintError::NoWeights {
            standard: standard.id.clone(),
            level: level.to_owned(),
            direction: direction.map(str::to_owned),
        })?;
        let quota = |kind, count| KindQuota { kind, count, points_milli: 1000, marking: Policy::Exact };
        Ok(Self {
            direction: direction.map(str::to_owned),
            points: column.weights.clone(),
            kinds: vec![quota(Kind::TrueFalse, 20), quota(Kind::SingleChoice, 60), quota(Kind::MultipleChoice, 20)],
            ..Self::bare(&standard.id, level)
        })
    }

    /// A blueprint that asks for nothing yet.
    pub fn bare(standard: &str, level: &str) -> Self {
        Self {
            standard: standard.to_owned(),
            level: level.to_owned(),
            direction: None,
            points: Vec::new(),
            kinds: Vec::new(),
            mix: Mix::Even,
            difficulty: None,
            knowledge: None,
            limits: Vec::new(),
            lower_levels: None,
            enemies: Vec::new(),
            must: Vec::new(),
            never: Vec::new(),
            earlier: Vec::new(),
            exposure_max_permille: None,
            forms: None,
        }
    }

    /// The same blueprint with the default difficulty: a mean of 0.60 ± 0.005, the pass mark of a candidate who just
    /// passes; 30 % easy (0.75 and over), 40 % medium, 30 % hard (under 0.45).
    #[must_use]
    pub fn aimed(self) -> Self {
        let questions = self.questions();
        let outer = questions * 3 / 10;
        let band = |name: &str, at_least_permille, count| Band {
            name: name.to_owned(),
            at_least_permille,
            min: count,
            max: count,
        };
        let bands = vec![
            band("easy", EASY_PERMILLE, outer),
            band("medium", MEDIUM_PERMILLE, questions - 2 * outer),
            band("hard", 0, outer),
        ];
        let mean = Some(Mean { target_permille: 600, tolerance_permille: 5 });
        Self { difficulty: Some(Difficulty { mean, bands }), ..self }
    }

    /// How many questions a paper has.
    pub fn questions(&self) -> u32 {
        self.kinds.iter().map(|quota| quota.count).sum()
    }

    /// Checks the blueprint and turns it into counts for each function and kind.
    ///
    /// Under [`Mix::Even`] of the kind's `count` questions a function gets the share that its points have in the whole;
    /// where such a share is not a whole number, the blueprint is refused. Under [`Mix::Free`] the counts are only bounded.
    pub fn compile(&self) -> Result<Compiled, BlueprintError> {
        self.refuse_duplicates()?;
        self.refuse_empty_parts()?;
        let total_points = self.total_points()?;
        self.refuse_difficulty()?;
        self.refuse_limits()?;
        self.refuse_lists()?;
        let mut cells = Vec::with_capacity(self.points.len() * self.kinds.len());
        for (function, points) in &self.points {
            for quota in &self.kinds {
                let (min, max) = match self.mix {
                    Mix::Even => {
                        let share = share(function, *points, quota, total_points)?;
                        (share, share)
                    }
                    Mix::Free => (0, quota.count.min(points.saturating_mul(1000) / quota.points_milli)),
                };
                let points_milli = quota.points_milli;
                cells.push(Cell { function: function.clone(), kind: quota.kind, min, max, points_milli });
            }
        }
        Ok(Compiled { standard: self.standard.clone(), cells })
    }

    /// The digest of every field.
    pub fn digest(&self) -> Digest {
        let mut digest = DigestOf::new("kaochang-blueprint/2").text(&self.standard).text(&self.level);
        digest = optional(digest, self.direction.as_deref()).count(self.points.len());
        for (function, points) in &self.points {
            digest = digest.text(function).number(i64::from(*points));
        }
        digest = self.kinds.iter().fold(digest.count(self.kinds.len()), digest_quota).text(self.mix.code());
        digest = digest_difficulty(digest, self.difficulty.as_ref());
        digest = digest_span(digest.count(usize::from(self.knowledge.is_some())), self.knowledge.unwrap_or_default());
        digest = self.limits.iter().fold(digest.count(self.limits.len()), |digest, limit| {
            let digest = optional(digest, limit.level.as_deref()).text(&limit.function);
            let digest = optional(optional(digest, limit.work_content.as_deref()), limit.knowledge.as_deref());
            digest_span(digest, Span { min: limit.min, max: limit.max })
        });
        digest = digest.count(usize::from(self.lower_levels.is_some()));
        if let Some(lower) = &self.lower_levels {
            digest = texts(digest, &lower.levels).number(i64::from(lower.min)).number(i64::from(lower.max));
        }
        digest = self.enemies.iter().fold(digest.count(self.enemies.len()), |digest, set| texts(digest, set));
        digest = texts(texts(digest, &self.must), &self.never).count(self.earlier.len());
        for earlier in &self.earlier {
            digest = digest.text(&earlier.paper).number(i64::from(earlier.overlap_max));
        }
        digest = digest.number(self.exposure_max_permille.map_or(-1, i64::from));
        let forms = self.forms.map_or((-1, -1), |forms| (i64::from(forms.count), i64::from(forms.overlap_max)));
        digest.number(forms.0).number(forms.1).finish()
    }

    fn refuse_difficulty(&self) -> Result<(), BlueprintError> {
        let Some(Difficulty { mean, bands }) = &self.difficulty else { return Ok(()) };
        if mean.is_some_and(|mean| mean.target_permille > 1000 || mean.tolerance_permille > 1000) {
            return Err(BlueprintError::MeanOutOfRange);
        }
        let Some(last) = bands.last() else { return Ok(()) };
        let falling = bands.windows(2).all(|pair| pair[0].at_least_permille > pair[1].at_least_permille);
        let names: BTreeSet<_> = bands.iter().map(|band| &band.name).collect();
        if !falling || last.at_least_permille != 0 || bands[0].at_least_permille > 1000 || names.len() != bands.len() {
            return Err(BlueprintError::BandsOutOfOrder);
        }
        for Band { name, min, max, .. } in bands {
            refuse_span(&format!("the band \"{name}\""), *min, Some(*max))?;
        }
        let sum = |bound: fn(&Band) -> u32| bands.iter().map(|band| u64::from(bound(band))).sum::<u64>();
        let (min, max, questions) = (sum(|band| band.min), sum(|band| band.max), self.questions());
        if u64::from(questions) < min || u64::from(questions) > max {
            return Err(BlueprintError::BandsDiffer { min, max, questions });
        }
        Ok(())
    }

    fn refuse_limits(&self) -> Result<(), BlueprintError> {
        if let Some(span) = self.knowledge {
            refuse_span("every knowledge point", span.min, span.max)?;
        }
        let mut seen = BTreeSet::new();
        for limit in &self.limits {
            let part = match (&limit.work_content, &limit.knowledge) {
                (Some(code), None) | (None, Some(code)) => format!("\"{}\" {code}", limit.function),
                _ => return Err(BlueprintError::LimitWithoutPart(limit.function.clone())),
            };
            if !self.points.iter().any(|(function, _)| *function == limit.function) {
                return Err(BlueprintError::LimitOutside(part));
            }
            refuse_span(&part, limit.min, limit.max)?;
            if !seen.insert((self.level_of(limit), &limit.function, limit.work_content.is_some(), part.clone())) {
                return Err(BlueprintError::DuplicateLimit(part));
            }
        }
        Ok(())
    }

    /// The level that a limit is for.
    pub fn level_of<'a>(&'a self, limit: &'a Limit) -> &'a str {
        limit.level.as_deref().unwrap_or(&self.level)
    }

    fn refuse_lists(&self) -> Result<(), BlueprintError> {
        if let Some(lower) = &self.lower_levels {
            refuse_span("the lower levels", lower.min, Some(lower.max))?;
            if lower.levels.is_empty() || lower.levels.contains(&self.level) {
                return Err(BlueprintError::LowerLevels);
            }
        }
        let must: BTreeSet<_> = self.must.iter().collect();
        if let Some(both) = self.never.iter().find(|question| must.contains(question)) {
            return Err(BlueprintError::MustAndNever(both.clone()));
        }
        for set in &self.enemies {
            let distinct: BTreeSet<_> = set.iter().collect();
            if distinct.len() < 2 || distinct.len() != set.len() {
                return Err(BlueprintError::EnemySet(set.join(", ")));
            }
            let mut wanted = distinct.intersection(&must);
            if let (Some(first), Some(second)) = (wanted.next(), wanted.next()) {
                return Err(BlueprintError::MustBeEnemies((*first).clone(), (*second).clone()));
            }
        }
        let names: BTreeSet<_> = self.earlier.iter().map(|earlier| &earlier.paper).collect();
        if names.len() != self.earlier.len() {
            return Err(BlueprintError::DuplicateEarlier);
        }
        if self.exposure_max_permille.is_some_and(|cap| cap == 0 || cap > 1000) {
            return Err(BlueprintError::ExposureOutOfRange);
        }
        if self.forms.is_some_and(|forms| forms.count == 0) {
            return Err(BlueprintError::NoForms);
        }
        Ok(())
    }

    fn refuse_duplicates(&self) -> Result<(), BlueprintError> {
        let mut functions = BTreeSet::new();
        for (function, _) in &self.points {
            if !functions.insert(function) {
                return Err(BlueprintError::DuplicateFunction(function.clone()));
            }
        }
        let mut kinds = BTreeSet::new();
        for quota in &self.kinds {
            if !kinds.insert(quota.kind) {
                return Err(BlueprintError::DuplicateKind(quota.kind));
            }
        }
        Ok(())
    }

    fn refuse_empty_parts(&self) -> Result<(), BlueprintError> {
        if self.points.is_empty() || self.kinds.is_empty() {
            return Err(BlueprintError::ZeroTotal);
        }
        if let Some((function, _)) = self.points.iter().find(|(_, points)| *points == 0) {
            return Err(BlueprintError::FunctionWithoutPoints(function.clone()));
        }
        match self.kinds.iter().find(|quota| quota.count == 0 || quota.points_milli == 0) {
            Some(quota) => Err(BlueprintError::KindWithoutPoints(quota.kind)),
            None => Ok(()),
        }
    }

    /// The points of the whole paper, once the kinds and the functions agree on them.
    fn total_points(&self) -> Result<u64, BlueprintError> {
        let functions_milli: u128 = self.points.iter().map(|(_, points)| u128::from(*points) * 1000).sum();
        let kinds_milli: u128 =
            self.kinds.iter().map(|quota| u128::from(quota.count) * u128::from(quota.points_milli)).sum();
        if functions_milli != kinds_milli {
            return Err(BlueprintError::TotalsDiffer { functions_milli, kinds_milli });
        }
        if functions_milli > u128::from(PAPER_MILLI_MAX) {
            return Err(BlueprintError::TooLarge { total_milli: functions_milli });
        }
        Ok(u64::try_from(functions_milli / 1000).expect("at most a million points"))
    }
}

/// The most a paper may be worth: a million points. Far above any exam; keeps every sum of milli-points inside 32 bits.
pub const PAPER_MILLI_MAX: u32 = 1_000_000_000;

/// A blueprint as exact counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compiled {
    /// The id of the standard whose questions may be drawn.
    pub standard: String,
    /// One cell for each function and kind, in the order of the blueprint.
    pub cells: Vec<Cell>,
}

/// How many questions of one function and one kind a paper holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// The function's id.
    pub function: String,
    /// The kind.
    pub kind: Kind,
    /// The fewest questions; under [`Mix::Even`] exactly so many.
    pub min: u32,
    /// The most questions.
    pub max: u32,
    /// The points of **each** of them, in milli-points.
    pub points_milli: u32,
}

/// A function's share of a kind, where it is a whole number.
fn share(function: &str, points: u32, quota: &KindQuota, total_points: u64) -> Result<u32, BlueprintError> {
    let shares = u64::from(quota.count) * u64::from(points);
    let remainder = shares % total_points;
    if remainder != 0 {
        return Err(BlueprintError::Indivisible {
            function: function.to_owned(),
            kind: quota.kind,
            count: quota.count,
            points,
            total_points,
            remainder,
        });
    }
    Ok(u32::try_from(shares / total_points).expect("a share is no larger than the count it divides"))
}

fn refuse_span(part: &str, min: u32, max: Option<u32>) -> Result<(), BlueprintError> {
    match max {
        Some(max) if min > max => Err(BlueprintError::MinimumOverMaximum { part: part.to_owned(), min, max }),
        _ => Ok(()),
    }
}

fn optional(digest: DigestOf, text: Option<&str>) -> DigestOf {
    match text {
        Some(text) => digest.count(1).text(text),
        None => digest.count(0),
    }
}

fn texts(digest: DigestOf, list: &[String]) -> DigestOf {
    list.iter().fold(digest.count(list.len()), |digest, text| digest.text(text))
}

fn digest_span(digest: DigestOf, span: Span) -> DigestOf {
    digest.number(i64::from(span.min)).number(span.max.map_or(-1, i64::from))
}

fn digest_quota(digest: DigestOf, quota: &KindQuota) -> DigestOf {
    let digest = digest.text(quota.kind.code()).number(i64::from(quota.count)).number(i64::from(quota.points_milli));
    match quota.marking {
        Policy::Exact => digest.text("exact"),
        Policy::PartialPerOption { milli } => digest.text("partial_per_option").number(i64::from(milli)),
        Policy::PartialFixed { milli } => digest.text("partial_fixed").number(i64::from(milli)),
        Policy::Penalised { right_milli, wrong_milli } => {
            digest.text("penalised").number(i64::from(right_milli)).number(i64::from(wrong_milli))
        }
    }
}

fn digest_difficulty(digest: DigestOf, difficulty: Option<&Difficulty>) -> DigestOf {
    let Some(Difficulty { mean, bands }) = difficulty else { return digest.count(0) };
    let digest = match mean {
        Some(mean) => {
            digest.count(2).number(i64::from(mean.target_permille)).number(i64::from(mean.tolerance_permille))
        }
        None => digest.count(1),
    };
    bands.iter().fold(digest.count(bands.len()), |digest, band| {
        let digest = digest.text(&band.name).number(i64::from(band.at_least_permille));
        digest.number(i64::from(band.min)).number(i64::from(band.max))
    })
}

/// Why a blueprint is refused. Each sentence says what to change.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BlueprintError {
    /// The standard has no weight column for the level and direction.
    #[error(
        "the standard \"{standard}\" has no theory weights for level \"{level}\", direction {}; give a blueprint of your own",
        .direction.as_deref().unwrap_or("none")
    )]
    NoWeights {
        /// The standard's id.
        standard: String,
        /// The level asked for.
        level: String,
        /// The direction asked for.
        direction: Option<String>,
    },
    /// A function is listed twice.
    #[error("the function \"{0}\" is listed twice; keep one line for it")]
    DuplicateFunction(String),
    /// A kind is listed twice.
    #[error("the kind \"{0}\" is listed twice; keep one line for it")]
    DuplicateKind(Kind),
    /// No function or no kind at all.
    #[error("the blueprint asks for no points; list at least one function and one kind")]
    ZeroTotal,
    /// A function with zero points.
    #[error("the function \"{0}\" has no points; give it points or leave it out")]
    FunctionWithoutPoints(String),
    /// A kind with zero questions or questions of zero points.
    #[error("the kind \"{0}\" has no questions or no points; give it both or leave it out")]
    KindWithoutPoints(Kind),
    /// Functions and kinds add up to different totals.
    #[error(
        "the functions add up to {} points and the kinds to {}; make both the same",
        points(*.functions_milli),
        points(*.kinds_milli)
    )]
    TotalsDiffer {
        /// Milli-points of all functions.
        functions_milli: u128,
        /// Milli-points of all kinds.
        kinds_milli: u128,
    },
    /// More points than any paper may have.
    #[error("a paper of {} points is too large; the limit is {}", points(*.total_milli), points(u128::from(PAPER_MILLI_MAX)))]
    TooLarge {
        /// Milli-points of the whole.
        total_milli: u128,
    },
    /// A mean that is no share.
    #[error("the mean difficulty and its tolerance are thousandths from 0 to 1000; correct them")]
    MeanOutOfRange,
    /// Bands that are not each of another name, from easy to hard, down to 0.
    #[error(
        "list the bands of difficulty from the easiest to the hardest, each with a name of its own, the last from 0 on"
    )]
    BandsOutOfOrder,
    /// The bands can't add up to the paper.
    #[error("the bands ask for {min} to {max} questions and the paper has {questions}; make them meet")]
    BandsDiffer {
        /// The fewest of all bands.
        min: u64,
        /// The most of all bands.
        max: u64,
        /// The questions of the paper.
        questions: u32,
    },
    /// A minimum above its maximum.
    #[error("{part} asks for at least {min} and at most {max}; correct one of them")]
    MinimumOverMaximum {
        /// What it is for.
        part: String,
        /// The fewest.
        min: u32,
        /// The most.
        max: u32,
    },
    /// A limit that names no part, or both kinds of part.
    #[error("a limit in the function \"{0}\" must name either a work content or a knowledge point")]
    LimitWithoutPart(String),
    /// A limit in a function that the blueprint gives no points.
    #[error("the limit on {0} is in a function without points; remove it or give the function points")]
    LimitOutside(String),
    /// Two limits on one part.
    #[error("{0} has two limits; keep one")]
    DuplicateLimit(String),
    /// Lower levels without a level, or with the blueprint's own.
    #[error("name at least one lower level, and not the level of the paper itself")]
    LowerLevels,
    /// A question that must be in and must not be in.
    #[error("the question \"{0}\" must and must not be on the paper; remove it from one list")]
    MustAndNever(String),
    /// An enemy set of fewer than two questions, or with one twice.
    #[error("the enemy set ({0}) needs two or more different questions")]
    EnemySet(String),
    /// Two enemies that must both be in.
    #[error("the questions \"{0}\" and \"{1}\" must both be on the paper and are enemies; give up one of the three")]
    MustBeEnemies(String, String),
    /// An earlier paper named twice.
    #[error("an earlier paper is named twice; keep one line for it")]
    DuplicateEarlier,
    /// A cap that is no share.
    #[error("the largest exposure is a number of thousandths from 1 to 1000; correct it")]
    ExposureOutOfRange,
    /// No form at all.
    #[error("ask for at least one form, or leave out `forms`")]
    NoForms,
    /// A function's share of a kind is not a whole number of questions.
    #[error(
        "the function \"{function}\" has {points} of {total_points} points, so its share of the {count} questions of kind \
         \"{kind}\" is {} and {remainder}/{total_points}; change its points or the counts of the kinds so that nothing remains",
        u64::from(*.count) * u64::from(*.points) / .total_points
    )]
    Indivisible {
        /// The function's id.
        function: String,
        /// The kind.
        kind: Kind,
        /// How many questions of the kind the paper has.
        count: u32,
        /// The function's points.
        points: u32,
        /// The points of the whole paper.
        total_points: u64,
        /// What remains of `count * points` after division by `total_points`.
        remainder: u64,
    },
}

/// Milli-points as points, without a fraction of zeros.
fn points(milli: u128) -> String {
    match milli % 1000 {
        0 => (milli / 1000).to_string(),
        rest => format!("{}.{}", milli / 1000, format!("{rest:03}").trim_end_matches('0')),
    }
}

#[cfg(test)]
mod tests;
