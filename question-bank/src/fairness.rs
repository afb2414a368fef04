//! The fairness sheet of a session: how alike its papers are, and how little the ratings can say about it.
//!
//! A paper's expected score is the sum, over its questions, of the points times the share of candidates expected to be
//! right. It is given for three candidates: one who just passes, and one a standard deviation of ability above and one
//! below, for whom every question's odds are multiplied and divided by the same factor (the Rasch model).
//!
//! Ratings err. The sheet therefore also says how far the *true* expected scores are likely to lie apart: each question's
//! error is drawn once and shared by all papers that hold it, again and again, from a fixed seed. A narrow predicted
//! spread beside a wide true one means that the papers are equal on paper only.
//!
//! The whole sheet is reckoned in integers, the exponential included, so that it is the same on every machine.

use serde::{Deserialize, Serialize};

use crate::paper::Paper;
use index::{Index, MICRO};
use simulation::true_spreads;

mod csv;
mod index;
mod simulation;
mod words;

/// A paper and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct PaperOf<'a> {
    /// The id of the sitting.
    pub sitting: &'a str,
    /// Its paper.
    pub paper: &'a Paper,
}

/// What the sheet takes for granted. It stands on the sheet, so that nobody takes the figures for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumptions {
    /// The standard deviation of the candidates' ability, in thousandths of a logit.
    pub ability_sd_milli: u16,
    /// The standard deviation of a rating's error, in thousandths of the share of right answers.
    pub rating_sd_permille: u16,
    /// What a question counts as that nobody has rated, in thousandths.
    pub unrated_permille: u16,
    /// The standard deviation of the error of that, in thousandths.
    pub unrated_sd_permille: u16,
    /// How often the errors of all ratings are drawn.
    pub draws: u16,
}

impl Default for Assumptions {
    /// One logit; a rating errs by 0.15, as panels of experts do; an unrated question may be anything between 0 and 1,
    /// whose mean is 0.5 and whose standard deviation is 0.289.
    fn default() -> Self {
        Self {
            ability_sd_milli: 1000,
            rating_sd_permille: 150,
            unrated_permille: 500,
            unrated_sd_permille: 289,
            draws: 200,
        }
    }
}

/// No question is certain for anybody: ratings below and above are taken as these, in thousandths.
pub const RATING_PERMILLE: [u32; 2] = [10, 990];

/// The sheet. All scores are in milli-points (1000 = one point).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FairnessSheet {
    /// What it takes for granted.
    pub assumptions: Assumptions,
    /// The functions by which it tells the papers apart, in the order of every `by_function`.
    pub functions: Vec<String>,
    /// The papers, in the order in which they were given.
    pub papers: Vec<PaperScores>,
    /// How the papers' scores spread.
    pub whole: Ranges,
    /// The same for each function.
    pub by_function: Vec<Ranges>,
    /// The largest gaps between two papers' predicted scores, the largest first, each paper in one gap at most.
    pub gaps: Vec<Gap>,
    /// What the ratings can't tell.
    pub uncertainty: Uncertainty,
}

/// The expected scores of the three candidates, in milli-points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Of a candidate one standard deviation below who just passes.
    pub below_milli: u64,
    /// Of one who just passes.
    pub passing_milli: u64,
    /// Of one standard deviation above.
    pub above_milli: u64,
}

/// What is expected of one paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperScores {
    /// The id of the sitting.
    pub sitting: String,
    /// Over the whole paper.
    pub whole: Expected,
    /// In each function. Rounded one by one, so they may differ from the whole by a few thousandths of a point.
    pub by_function: Vec<Expected>,
    /// The standard error of the just-passing candidate's score, from the ratings' errors, in milli-points.
    pub error_milli: u64,
}

/// How a score spreads over the papers, for the three candidates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranges {
    /// For a candidate one standard deviation below.
    pub below: Range,
    /// For one who just passes.
    pub passing: Range,
    /// For one standard deviation above.
    pub above: Range,
}

/// How a score spreads over the papers, in milli-points. All zero and empty, if there are no papers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The smallest.
    pub min_milli: u64,
    /// The largest.
    pub max_milli: u64,
    /// The mean.
    pub mean_milli: u64,
    /// The largest less the smallest.
    pub spread_milli: u64,
    /// The standard deviation over the papers of this session, which are all there are: divided by their number.
    pub sd_milli: u64,
    /// The first sitting with the smallest.
    pub lowest: String,
    /// The first sitting with the largest.
    pub highest: String,
}

/// Two papers whose predicted scores for a just-passing candidate lie apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The sitting with the harder paper.
    pub harder: String,
    /// The sitting with the easier paper.
    pub easier: String,
    /// The easier one's score less the harder one's, in milli-points.
    pub difference_milli: u64,
    /// How many questions both hold.
    pub shared: u32,
    /// The standard error of the difference in milli-points; a question on both papers errs for both alike.
    pub error_milli: u64,
}

/// What the ratings can't tell, all of it for the just-passing candidate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uncertainty {
    /// How many different questions stand on the papers.
    pub questions: u32,
    /// How many of them nobody has rated.
    pub unrated: u32,
    /// The standard error of one paper's score: the root of the mean square over the papers, in milli-points.
    pub paper_error_milli: u64,
    /// The standard error of the difference of two papers: the root of the mean square over all pairs, in milli-points.
    pub pair_error_milli: u64,
    /// How many questions two papers share: the mean over all pairs, in thousandths of a question.
    pub shared_milli: u64,
    /// The spread of the papers' true expected scores that must be reckoned with.
    pub true_spread: Quantiles,
    /// How many responses of just-passing candidates to each question would halve the error of its rating. The fewest:
    /// who doesn't just pass tells less.
    pub halving_responses: u64,
    /// How many candidates give that many responses to a typical question, as often as it stands on these papers.
    pub halving_candidates: u64,
    /// The true spread to be reckoned with after that.
    pub true_spread_halved: Quantiles,
}

/// Quantiles over the draws of the ratings' errors, by nearest rank, in milli-points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Five in a hundred draws are at most this.
    pub low_milli: u64,
    /// Half of the draws are at most this.
    pub median_milli: u64,
    /// Ninety-five in a hundred draws are at most this.
    pub high_milli: u64,
}

/// The fairness sheet of these papers.
///
/// `difficulty` gives the rating of a question's revision in thousandths, nothing where nobody has rated it. `functions`
/// gives the order of the sheet; functions that stand on a paper and not in the list follow in the order of their ids.
pub fn sheet(
    papers: &[PaperOf<'_>],
    difficulty: impl Fn(&str, u32) -> Option<u32>,
    functions: &[&str],
    assumptions: Assumptions,
) -> FairnessSheet {
    let index = Index::of(papers, difficulty, functions, assumptions);
    let scores = paper_scores(papers, &index);
    let ranges = |expected: &dyn Fn(&PaperScores) -> Expected| ranges(&scores, expected);
    FairnessSheet {
        assumptions,
        functions: index.functions.iter().map(|&function| function.to_owned()).collect(),
        whole: ranges(&|paper| paper.whole),
        by_function: (0..index.functions.len()).map(|function| ranges(&|paper| paper.by_function[function])).collect(),
        gaps: gaps(&scores, &index),
        uncertainty: uncertainty(&index),
        papers: scores,
    }
}

fn paper_scores(papers: &[PaperOf<'_>], index: &Index<'_>) -> Vec<PaperScores> {
    let mut scores = Vec::with_capacity(papers.len());
    for (number, paper) in papers.iter().enumerate() {
        let mut by_function = vec![[0_u64; 3]; index.functions.len()];
        for item in index.items_of(number) {
            let chances = index.questions[item.question].chances_micro;
            for (sum, chance) in by_function[item.function].iter_mut().zip(chances) {
                *sum += u64::from(item.points_milli) * u64::from(chance);
            }
        }
        let whole =
            by_function.iter().fold([0; 3], |sum, part| [0, 1, 2].map(|candidate| sum[candidate] + part[candidate]));
        scores.push(PaperScores {
            sitting: paper.sitting.to_owned(),
            whole: expected(whole),
            by_function: by_function.into_iter().map(expected).collect(),
            error_milli: root_thousandth(index.variance_of(number)),
        });
    }
    scores
}

/// Milli-points from sums of milli-points times millionths, rounded to the nearest.
fn expected(sums: [u64; 3]) -> Expected {
    let [below_milli, passing_milli, above_milli] = sums.map(|sum| (sum + MICRO / 2) / MICRO);
    Expected { below_milli, passing_milli, above_milli }
}

fn ranges(papers: &[PaperScores], expected: &dyn Fn(&PaperScores) -> Expected) -> Ranges {
    Ranges {
        below: range(papers, |paper| expected(paper).below_milli),
        passing: range(papers, |paper| expected(paper).passing_milli),
        above: range(papers, |paper| expected(paper).above_milli),
    }
}

fn range(papers: &[PaperScores], score: impl Fn(&PaperScores) -> u64) -> Range {
    let Some(first) = papers.first() else { return Range::default() };
    let (mut lowest, mut highest) = (first, first);
    let (mut sum, mut squares) = (0_u128, 0_u128);
    for paper in papers {
        let value = score(paper);
        if value < score(lowest) {
            lowest = paper;
        }
        if value > score(highest) {
            highest = paper;
        }
        sum += u128::from(value);
        squares += u128::from(value) * u128::from(value);
    }
    let count = wide(papers.len());
    let variance = (count * squares - sum * sum) / (count * count);
    Range {
        min_milli: score(lowest),
        max_milli: score(highest),
        mean_milli: narrow((sum + count / 2) / count),
        spread_milli: score(highest) - score(lowest),
        sd_milli: narrow(variance.isqrt()),
        lowest: lowest.sitting.clone(),
        highest: highest.sitting.clone(),
    }
}

/// The sheet names so many gaps at most.
const GAPS: usize = 5;

/// The hardest paper against the easiest, the next hardest against the next easiest, and so on.
fn gaps(papers: &[PaperScores], index: &Index<'_>) -> Vec<Gap> {
    let mut ranked: Vec<usize> = (0..papers.len()).collect();
    ranked.sort_by_key(|&number| papers[number].whole.passing_milli);
    let pairs = ranked.iter().zip(ranked.iter().rev()).take(GAPS.min(ranked.len() / 2));
    let gap = |(&harder, &easier): (&usize, &usize)| {
        let (shared, variance) = index.compare(harder, easier);
        Gap {
            harder: papers[harder].sitting.clone(),
            easier: papers[easier].sitting.clone(),
            difference_milli: papers[easier].whole.passing_milli - papers[harder].whole.passing_milli,
            shared,
            error_milli: root_thousandth(variance),
        }
    };
    pairs.map(gap).filter(|gap| gap.difference_milli > 0).collect()
}

fn uncertainty(index: &Index<'_>) -> Uncertainty {
    let papers = index.papers();
    if papers == 0 {
        return Uncertainty::default();
    }
    let total: u128 = (0..papers).map(|number| index.variance_of(number)).sum();
    let pairs = index.pairs();
    let halving_responses = index.halving_responses();
    let [true_spread, true_spread_halved] =
        true_spreads(index, |question| [question.sd_permille, index.halved_sd_permille(question)]);
    Uncertainty {
        questions: u32::try_from(index.questions.len()).expect("fewer than four thousand million questions"),
        unrated: u32::try_from(index.questions.iter().filter(|question| !question.rated).count())
            .expect("fewer than four thousand million questions"),
        paper_error_milli: root_thousandth(total / wide(papers)),
        pair_error_milli: root_thousandth(pairs.variance),
        shared_milli: pairs.shared_milli,
        true_spread,
        halving_responses,
        halving_candidates: index.candidates_for(halving_responses),
        true_spread_halved,
    }
}

/// The root of a variance that is in squared milli-points times squared thousandths, in milli-points, rounded down.
fn root_thousandth(variance: u128) -> u64 {
    narrow((variance / 1_000_000).isqrt())
}

fn wide(count: usize) -> u128 {
    u128::try_from(count).expect("a length fits 128 bits")
}

/// Sums of papers' points stay far below 64 bits: a paper is worth a million points at most.
fn narrow(number: u128) -> u64 {
    u64::try_from(number).expect("scores fit 64 bits")
}

#[cfg(test)]
mod tests;
