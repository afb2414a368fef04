//! The sheet as a file of comma-separated values (RFC 4180, but lines end in a line feed alone).

use std::fmt::Write;

use super::words::points;
use super::{Expected, FairnessSheet, Quantiles, Range, Ranges};

/// One of the figures of a range.
type Figure = fn(&Range) -> u64;

impl FairnessSheet {
    /// The sheet as comma-separated values, scores in points with three decimals.
    ///
    /// First what it takes for granted, in lines that begin with `#`; then a line of column names, a row for each paper,
    /// and the summary: `min`, `max`, `mean`, `spread` and `sd` over the papers (`sitting` and `other_sitting` are empty
    /// there, since each column has its own lowest and highest paper), a `gap` for each of [`FairnessSheet::gaps`], and
    /// the true spread's quantiles in the column of the just-passing candidate.
    pub fn to_csv(&self) -> String {
        let mut text = self.head();
        line(&mut text, &self.columns());
        for paper in &self.papers {
            let mut fields = vec!["paper".to_owned(), paper.sitting.clone(), String::new()];
            fields.extend(three(paper.whole));
            fields.push(points(paper.error_milli));
            fields.extend(paper.by_function.iter().copied().flat_map(three));
            line(&mut text, &fields);
        }
        self.summary(&mut text);
        text
    }

    fn head(&self) -> String {
        let (assumed, doubt) = (self.assumptions, self.uncertainty);
        let thousandths = |number: u16| points(u64::from(number));
        let mut text = String::new();
        for (name, value) in [
            ("papers", self.papers.len().to_string()),
            ("standard deviation of ability, logits", thousandths(assumed.ability_sd_milli)),
            ("standard deviation of a rating's error", thousandths(assumed.rating_sd_permille)),
            ("an unrated question counts as", thousandths(assumed.unrated_permille)),
            ("standard deviation of its error", thousandths(assumed.unrated_sd_permille)),
            ("draws of the ratings' errors", assumed.draws.to_string()),
            ("different questions on the papers", doubt.questions.to_string()),
            ("of them unrated", doubt.unrated.to_string()),
            ("questions that two papers share, mean", points(doubt.shared_milli)),
            ("standard error of a paper's score, points", points(doubt.paper_error_milli)),
            ("standard error of the difference of two papers, points", points(doubt.pair_error_milli)),
            ("responses to a question that would halve a rating's error", doubt.halving_responses.to_string()),
            ("candidates who would give them", doubt.halving_candidates.to_string()),
        ] {
            writeln!(text, "# {name}: {value}").expect("memory takes it");
        }
        text
    }

    fn columns(&self) -> Vec<String> {
        let names = ["row", "sitting", "other_sitting", "below", "passing", "above", "error"];
        let functions = self.functions.iter();
        let more = functions.flat_map(|id| ["below", "passing", "above"].map(|candidate| format!("{id} {candidate}")));
        names.into_iter().map(str::to_owned).chain(more).collect()
    }

    fn summary(&self, text: &mut String) {
        let figures: [(&str, Figure); 5] = [
            ("min", |range| range.min_milli),
            ("max", |range| range.max_milli),
            ("mean", |range| range.mean_milli),
            ("spread", |range| range.spread_milli),
            ("sd", |range| range.sd_milli),
        ];
        for (name, figure) in figures {
            let three =
                |ranges: &Ranges| [&ranges.below, &ranges.passing, &ranges.above].map(|range| points(figure(range)));
            let mut fields = vec![name.to_owned(), String::new(), String::new()];
            fields.extend(three(&self.whole));
            fields.push(String::new());
            fields.extend(self.by_function.iter().flat_map(three));
            line(text, &fields);
        }
        for gap in &self.gaps {
            let (difference, error) = (points(gap.difference_milli), points(gap.error_milli));
            self.short(text, ["gap", &gap.harder, &gap.easier, "", &difference, "", &error]);
        }
        for (name, quantiles) in
            [("true_spread", self.uncertainty.true_spread), ("true_spread_halved", self.uncertainty.true_spread_halved)]
        {
            let Quantiles { low_milli, median_milli, high_milli } = quantiles;
            for (quantile, milli) in [("p05", low_milli), ("p50", median_milli), ("p95", high_milli)] {
                self.short(text, [&format!("{name}_{quantile}"), "", "", "", &points(milli), "", ""]);
            }
        }
    }

    /// A row that says nothing of the functions; every row has as many fields as the line of names.
    fn short(&self, text: &mut String, fields: [&str; 7]) {
        let empty = std::iter::repeat_n(String::new(), 3 * self.functions.len());
        line(text, &fields.into_iter().map(str::to_owned).chain(empty).collect::<Vec<_>>());
    }
}

fn three(expected: Expected) -> [String; 3] {
    [expected.below_milli, expected.passing_milli, expected.above_milli].map(points)
}

fn line(text: &mut String, fields: &[String]) {
    for (number, field) in fields.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        text.push_str(&quoted(field));
    }
    text.push('\n');
}

/// A field that no spreadsheet takes for a formula, in quotes where it needs them.
fn quoted(field: &str) -> String {
    let plain =
        if field.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{field}") } else { field.to_owned() };
    if plain.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", plain.replace('"', "\"\"")) } else { plain }
}
