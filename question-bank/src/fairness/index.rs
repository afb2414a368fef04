//! The papers as vectors: each question looked up once, the rest is arithmetic on numbers.

use std::collections::{BTreeSet, HashMap};

use super::{Assumptions, PaperOf, RATING_PERMILLE, narrow, wide};

/// Rating are in millionths.
pub(super) const MICRO: u64 = 1_000_000;

/// The papers of a session by numbers.
pub(super) struct Index<'a> {
    pub(super) assumptions: Assumptions,
    /// The different questions, by id and revision, so that the order of the papers changes nothing.
    pub(super) questions: Vec<Rating>,
    pub(super) functions: Vec<&'a str>,
    items: Vec<Held>,
    /// Where each paper's items end.
    ends: Vec<usize>,
}

/// What is known of one question.
pub(super) struct Rating {
    /// Of the candidates below, just passing and above, in millionths.
    pub(super) chances_micro: [u32; 3],
    pub(super) sd_permille: u32,
    pub(super) rated: bool,
}

/// One item of one paper.
pub(super) struct Held {
    pub(super) question: usize,
    pub(super) function: usize,
    pub(super) points_milli: u32,
}

/// What is true of two papers of the session on average.
pub(super) struct Pairs {
    /// Of the difference of their scores, in squared milli-points times squared thousandths.
    pub(super) variance: u128,
    pub(super) shared_milli: u64,
}

impl<'a> Index<'a> {
    pub(super) fn of(
        papers: &[PaperOf<'a>],
        difficulty: impl Fn(&str, u32) -> Option<u32>,
        functions: &[&'a str],
        assumptions: Assumptions,
    ) -> Self {
        let functions = all_functions(papers, functions);
        let (mut numbers, mut items, mut ends) = (HashMap::new(), Vec::new(), Vec::with_capacity(papers.len()));
        for paper in papers {
            for item in &paper.paper.items {
                let next = numbers.len();
                let question = *numbers.entry((item.question.as_str(), item.revision)).or_insert(next);
                let function = functions.iter().position(|id| *id == item.function).expect("every function is listed");
                items.push(Held { question, function, points_milli: item.points_milli });
            }
            ends.push(items.len());
        }
        let mut sorted: Vec<((&str, u32), usize)> = numbers.into_iter().collect();
        sorted.sort_unstable();
        let mut ranks = vec![0; sorted.len()];
        for (rank, (_, number)) in sorted.iter().enumerate() {
            ranks[*number] = rank;
        }
        for item in &mut items {
            item.question = ranks[item.question];
        }
        let odds = odds_factor(assumptions.ability_sd_milli);
        let questions = sorted
            .into_iter()
            .map(|((question, revision), _)| chances(difficulty(question, revision), odds, assumptions))
            .collect();
        Self { assumptions, questions, functions, items, ends }
    }

    pub(super) fn papers(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn items_of(&self, paper: usize) -> &[Held] {
        let start = paper.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start..self.ends[paper]]
    }

    /// The variance of a paper's score by the ratings' errors, in squared milli-points times squared thousandths.
    pub(super) fn variance_of(&self, paper: usize) -> u128 {
        let variance = |item: &Held| square(item.points_milli, self.questions[item.question].sd_permille);
        self.items_of(paper).iter().map(variance).sum()
    }

    /// How many questions two papers share, and the variance of the difference of their scores.
    pub(super) fn compare(&self, left: usize, right: usize) -> (u32, u128) {
        let mut points: HashMap<usize, [i64; 2]> = HashMap::new();
        for (side, paper) in [left, right].into_iter().enumerate() {
            for item in self.items_of(paper) {
                points.entry(item.question).or_default()[side] += i64::from(item.points_milli);
            }
        }
        let (mut shared, mut variance) = (0, 0);
        for (question, [left, right]) in points {
            shared += u32::from(left > 0 && right > 0);
            let scaled = u128::from(left.abs_diff(right)) * u128::from(self.questions[question].sd_permille);
            variance += scaled * scaled;
        }
        (shared, variance)
    }

    /// The mean over all pairs, without forming them: Σ over pairs of (a − b)² is N Σa² − (Σa)².
    pub(super) fn pairs(&self) -> Pairs {
        let papers = wide(self.papers());
        let pairs = papers * papers.saturating_sub(1) / 2;
        if pairs == 0 {
            return Pairs { variance: 0, shared_milli: 0 };
        }
        let mut sums = vec![(0_u128, 0_u128, 0_u128); self.questions.len()];
        for item in &self.items {
            let (count, points, squares) = &mut sums[item.question];
            *count += 1;
            *points += u128::from(item.points_milli);
            *squares += u128::from(item.points_milli) * u128::from(item.points_milli);
        }
        let (mut variance, mut shared) = (0, 0);
        for ((count, points, squares), question) in sums.into_iter().zip(&self.questions) {
            let sd = u128::from(question.sd_permille);
            // Negative only where a paper holds a question several times over, which no drawn paper does.
            variance += sd * sd * (papers * squares).saturating_sub(points * points);
            shared += count * (count - 1) / 2;
        }
        Pairs { variance: variance / pairs, shared_milli: narrow((shared * 1000 + pairs / 2) / pairs) }
    }

    /// A rating errs with the variance s²; n responses of a chance p err with p(1 − p)/n. Weighed together they err with
    /// a quarter of s² when n = 3 p(1 − p)/s²; p(1 − p) is the mean over the items.
    pub(super) fn halving_responses(&self) -> u64 {
        let sd = u128::from(self.assumptions.rating_sd_permille);
        if sd == 0 || self.items.is_empty() {
            return 0;
        }
        let spread: u128 = self.items.iter().map(|item| self.questions[item.question].spread()).sum();
        narrow((3 * spread).div_ceil(wide(self.items.len()) * u128::from(MICRO) * sd * sd))
    }

    /// How many candidates it takes until a typical question has so many responses. Typical for the items of the papers:
    /// a question that stands on many papers counts as often as it stands there.
    pub(super) fn candidates_for(&self, responses: u64) -> u64 {
        let mut counts = vec![0_u128; self.questions.len()];
        for item in &self.items {
            counts[item.question] += 1;
        }
        let squares: u128 = counts.iter().map(|count| count * count).sum();
        if squares == 0 {
            return 0;
        }
        narrow((u128::from(responses) * wide(self.papers()) * wide(self.items.len())).div_ceil(squares))
    }

    /// What remains of a question's error after so many responses as halve the error s of a rating: s u / √(s² + 3u²).
    pub(super) fn halved_sd_permille(&self, question: &Rating) -> u32 {
        let (rating, own) = (u64::from(self.assumptions.rating_sd_permille), u64::from(question.sd_permille));
        let root = (rating * rating + 3 * own * own).isqrt();
        if root == 0 {
            return 0;
        }
        u32::try_from(rating * own / root).expect("no larger than the error that it halves")
    }
}

impl Rating {
    /// p(1 − p) of the just-passing candidate, in millionths of a millionth.
    fn spread(&self) -> u128 {
        let chance = u128::from(self.chances_micro[1]);
        chance * (u128::from(MICRO) - chance)
    }
}

fn square(points_milli: u32, sd_permille: u32) -> u128 {
    let scaled = u128::from(points_milli) * u128::from(sd_permille);
    scaled * scaled
}

fn all_functions<'a>(papers: &[PaperOf<'a>], listed: &[&'a str]) -> Vec<&'a str> {
    let known: BTreeSet<&str> = listed.iter().copied().collect();
    let items = papers.iter().flat_map(|paper| &paper.paper.items);
    let more: BTreeSet<&str> = items.map(|item| item.function.as_str()).filter(|id| !known.contains(id)).collect();
    listed.iter().copied().chain(more).collect()
}

fn chances(rating_permille: Option<u32>, odds: u128, assumptions: Assumptions) -> Rating {
    let (permille, sd) = match rating_permille {
        Some(permille) => (permille, assumptions.rating_sd_permille),
        None => (u32::from(assumptions.unrated_permille), assumptions.unrated_sd_permille),
    };
    let [least, most] = RATING_PERMILLE;
    let passing = permille.clamp(least, most) * 1000;
    let whole = 1_000_000;
    Rating {
        chances_micro: [whole - raised(whole - passing, odds), passing, raised(passing, odds)],
        sd_permille: u32::from(sd),
        rated: rating_permille.is_some(),
    }
}

/// The scale of [`odds_factor`].
const UNIT: u128 = 1_000_000_000;

/// e to the power of so many thousandths, in units of 1/[`UNIT`], by its power series, each term rounded down. Odds grow
/// by it, when ability grows by so many thousandths of a logit.
fn odds_factor(milli: u16) -> u128 {
    let (mut sum, mut term, mut power) = (UNIT, UNIT, 0);
    while term > 0 {
        power += 1;
        term = term.saturating_mul(u128::from(milli)) / (1000 * power);
        sum = sum.saturating_add(term);
    }
    sum
}

/// A chance in millionths, its odds multiplied by a factor of at least [`UNIT`]; never smaller than before.
fn raised(chance_micro: u32, odds: u128) -> u32 {
    let whole = u128::from(MICRO);
    let missed = whole - u128::from(chance_micro);
    let all = u128::from(chance_micro).saturating_mul(odds).saturating_add(missed * UNIT);
    u32::try_from(whole - whole * missed * UNIT / all).expect("at most a million")
}
