//! `kaochang bank check`: what is wrong with a bank, what it covers, and what can be drawn from it.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;
use question_bank::{
    bank::{
        self,
        coverage::{Cell, Coverage},
        guess,
        lint::{self, Shares},
    },
    blueprint::Blueprint,
    chance::Secret,
    drawer::{Drawer, ENGINE},
    earlier::EarlierPapers,
    evidence::Inputs,
    paper::Snapshot,
    question::{COMMON, Question},
    roster::Roster,
    standard::{Standard, WeightColumn},
    sufficiency,
};

use super::files;
use crate::{service::draw::threads, shipped};

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Folder with TOML files, one for each knowledge point
    folder: PathBuf,
    /// Id of the standard
    #[arg(long)]
    standard: String,
    /// Candidates that the forecast of overlap and exposure is for
    #[arg(long, default_value_t = 200)]
    candidates: u32,
    /// Papers that mechanical guessers sit
    #[arg(long, default_value_t = 1000)]
    papers: u32,
    /// Write what is printed to this file too
    #[arg(long)]
    report: Option<PathBuf>,
    /// Write the coverage by knowledge point to this CSV file
    #[arg(long)]
    coverage: Option<PathBuf>,
}

/// What can be drawn for one column, in words, and whether a guesser passes on it.
struct Forecast {
    text: String,
    guessed_passes: bool,
}

/// Prints the report; an error, if anything is wrong with the bank.
pub fn check(args: &CheckArgs) -> anyhow::Result<()> {
    let standard = &shipped::standard(&args.standard)?;
    let (questions, problems) = bank::read(standard, &files(&args.folder)?);
    let findings = lint::findings(standard, &questions);
    for problem in &problems {
        eprintln!("{problem}");
    }
    for finding in &findings {
        eprintln!("{finding}");
    }
    let coverage = Coverage::of(standard, questions.iter().map(|question| &question.revision));
    let mut report =
        format!("{} questions, {} problems, {} findings\n", questions.len(), problems.len(), findings.len());
    report += &table(&coverage);
    report += &shares(&lint::shares(&questions));
    let mut guessed_passes = false;
    for column in &standard.columns {
        match forecast(standard, column, &questions, args) {
            Ok(forecast) => {
                report += &forecast.text;
                guessed_passes |= forecast.guessed_passes;
            }
            Err(refusal) => put(&mut report, &format!("\n{}: no papers. {refusal}", name(column))),
        }
    }
    print!("{report}");
    write(args.report.as_deref(), &report)?;
    write(args.coverage.as_deref(), &coverage.csv())?;
    if guessed_passes {
        bail!("somebody passes who knows nothing; rewrite what gives the keys away");
    }
    if problems.is_empty() && findings.is_empty() {
        Ok(())
    } else {
        bail!("the bank has problems; correct them and check again")
    }
}

fn write(file: Option<&Path>, text: &str) -> anyhow::Result<()> {
    let Some(file) = file else { return Ok(()) };
    std::fs::write(file, text).with_context(|| format!("{} can't be written", file.display()))
}

/// One line for each level and function that the bank has questions of.
fn table(coverage: &Coverage) -> String {
    let mut text =
        "\nlevel         function                 questions  t/f single multiple   easy medium hard   points fewest\n"
            .to_owned();
    for cell in coverage.cells.iter().filter(|cell| cell.count().total() > 0) {
        let Cell { level, function, points } = cell;
        let count = cell.count();
        let [statements, single, multiple] = count.kinds;
        let [easy, medium, hard] = count.bands;
        let fewest = points.iter().map(|point| point.count.total()).min().unwrap_or(0);
        let total = count.total();
        let points = points.len();
        put(
            &mut text,
            &format!(
                "{level:<13} {function:<24} {total:>9} {statements:>4} {single:>6} {multiple:>8} {easy:>6} {medium:>6} \
                 {hard:>4} {points:>8} {fewest:>6}"
            ),
        );
    }
    text + &format!("Questions of level \"{COMMON}\" are counted at each level, with its difficulty.\n")
}

fn put(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a text takes everything");
}

fn shares(shares: &Shares) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a count of questions")]
    let percent = |part: usize, whole: usize| part as f64 * 100.0 / whole.max(1) as f64;
    let letters: Vec<String> = ('A'..='D')
        .zip(shares.letters)
        .map(|(letter, count)| format!("{letter} {:.1} %", percent(count, shares.single)))
        .collect();
    format!(
        "\nsingle-choice keys: {}; right option the longest: {:.1} %; statements that are true: {:.1} %\n",
        letters.join(", "),
        percent(shares.longest, shares.single),
        percent(shares.statements_true, shares.statements)
    )
}

fn name(column: &WeightColumn) -> String {
    column
        .direction
        .as_ref()
        .map_or_else(|| column.level.clone(), |direction| format!("{} · {direction}", column.level))
}

/// What the default blueprint, aimed at the pass mark, draws from the bank for one column.
fn forecast(
    standard: &Standard,
    column: &WeightColumn,
    questions: &[Question],
    args: &CheckArgs,
) -> anyhow::Result<Forecast> {
    let blueprint = Blueprint::default_for(standard, &column.level, column.direction.as_deref())?.aimed();
    let snapshot = Snapshot::of(questions.iter().map(|question| &question.revision), &column.level);
    let earlier = EarlierPapers::default();
    let drawer = Drawer::new(&blueprint, &snapshot, &earlier)?;
    let supply = sufficiency::forecast(&drawer, &blueprint, &snapshot, args.candidates)?;
    let reserves = (0..args.papers).map(|number| format!("paper {number}")).collect();
    let roster = Roster { seated: Vec::new(), reserves };
    let inputs = Inputs {
        engine: ENGINE.to_owned(),
        blueprint: blueprint.clone(),
        snapshot: snapshot.clone(),
        roster,
        earlier: earlier.clone(),
    };
    let papers = inputs.draw_by(&drawer, &Secret::join(b"", b""), threads(), &|_| ())?;
    let papers: Vec<_> = papers.iter().map(|drawn| drawn.paper).collect();
    let guessed = guess::scores(&papers, questions, &blueprint);
    let passes = |milli: u32| standard.theory.is_some_and(|theory| milli >= theory.pass_score * 1000);
    let guessed_passes = guessed.iter().any(|one| passes(one.best_milli));
    let points = |milli: u32| f64::from(milli) / 1000.0;
    let mut text = format!(
        "\n{}: a mean of 0.600 ± 0.005 is reached; for {} candidates two papers share {:.1} questions on average, 99 in 100 \
         pairs at most {}; the most exposed question stands on {:.1} % of the papers\n",
        name(column),
        args.candidates,
        supply.overlap_mean,
        supply.overlap_p99,
        supply.exposure_max * 100.0
    );
    for one in guessed {
        let verdict = if passes(one.best_milli) { ", WHICH PASSES" } else { "" };
        put(
            &mut text,
            &format!(
                "  guessing {:<35} {:>5.1} points on average, {:>3.0} on the best of {} papers{verdict}",
                one.guesser.name(),
                points(one.mean_milli),
                points(one.best_milli),
                papers.len()
            ),
        );
    }
    Ok(Forecast { text, guessed_passes })
}
