//! The sheet in a few English sentences, for the command line. Pages have words of their own, from the same figures.

use std::fmt;

use super::{FairnessSheet, Quantiles};

impl fmt::Display for FairnessSheet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passing, doubt) = (&self.whole.passing, &self.uncertainty);
        writeln!(
            formatter,
            "{} papers: a just-passing candidate is expected to score {} to {} points, {} on average; predicted spread {}.",
            self.papers.len(),
            points(passing.min_milli),
            points(passing.max_milli),
            points(passing.mean_milli),
            points(passing.spread_milli),
        )?;
        writeln!(
            formatter,
            "The true spread is likely {}, because the ratings are guesses: one errs by about {} of the share who are \
             right, a paper's expected score by about {} points.",
            likely(doubt.true_spread),
            points(u64::from(self.assumptions.rating_sd_permille)),
            points(doubt.paper_error_milli),
        )?;
        if doubt.unrated > 0 {
            writeln!(
                formatter,
                "Of the {} questions on the papers nobody has rated {}.",
                doubt.questions, doubt.unrated
            )?;
        }
        writeln!(
            formatter,
            "Sittings of at least {} candidates, {} responses to a question, would halve the ratings' errors; the true \
             spread would then be {}.",
            doubt.halving_candidates,
            doubt.halving_responses,
            likely(doubt.true_spread_halved),
        )
    }
}

fn likely(spread: Quantiles) -> String {
    let Quantiles { low_milli, median_milli, high_milli } = spread;
    format!("{} points ({} to {})", points(median_milli), points(low_milli), points(high_milli))
}

/// Milli-points as points, three decimals.
pub(super) fn points(milli: u64) -> String {
    format!("{}.{:03}", milli / 1000, milli % 1000)
}
