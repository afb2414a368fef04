//! Drawing papers: what it costs, and what it gives beside papers that are drawn slot by slot.
//!
//! Each case is a process of its own (`question-bank/examples/draw_bench`), so that its peak of memory is its own. All
//! cases run in turn, round after round: what is compared runs side by side on a machine that drifts.

use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::progress::step;
use crate::run;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Print each run's figures as a line of JSON instead of the table of medians
    #[arg(long)]
    json: bool,
    /// Leave out the runs of 100,000 papers
    #[arg(long)]
    quick: bool,
    /// How often each case is run; the table has the medians
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
}

/// A case and what is demanded of it.
struct Case {
    name: &'static str,
    /// Nothing, where the case has a number of its own.
    papers: Option<u32>,
    seconds_max: Option<f64>,
}

const fn case(name: &'static str, papers: Option<u32>, seconds_max: Option<f64>) -> Case {
    Case { name, papers, seconds_max }
}

/// What is compared stands side by side.
const CASES: [Case; 9] = [
    case("individual_exact", Some(10_000), Some(3.0)),
    case("slot_by_slot", Some(10_000), None),
    case("individual_near", Some(10_000), None),
    case("individual_exact", Some(1_000), None),
    case("individual_near", Some(1_000), None),
    case("parallel_forms", None, Some(2.0)),
    case("sufficiency", None, Some(1.0)),
    case("individual_exact", Some(100_000), None),
    case("individual_near", Some(100_000), Some(9.0)),
];

const PAPERS_QUICK: u32 = 10_000;

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    step("building the bench", || {
        let build = ["build", "--release", "--package", "question-bank", "--example", "draw_bench"];
        run::run(workspace.cargo().args(build), "see the messages above")
    })?;
    let is_wanted = |case: &&Case| !options.quick || case.papers.is_none_or(|papers| papers <= PAPERS_QUICK);
    let mut rows: Vec<(&Case, Vec<Value>)> = CASES.iter().filter(is_wanted).map(|case| (case, Vec::new())).collect();
    for round in 1..=options.rounds {
        for (case, figures) in &mut rows {
            let line = measure(workspace, case, round)?;
            if options.json {
                println!("{line}");
            }
            figures.push(serde_json::from_str(&line).with_context(|| format!("the bench printed: {line}"))?);
        }
    }
    if !options.json {
        print_table(&rows)?;
    }
    Ok(())
}

fn measure(workspace: &Workspace, case: &Case, round: u8) -> Result<String> {
    let mut command = Command::new(workspace.target.join("release/examples/draw_bench"));
    command.arg(case.name).args(case.papers.map(|papers| papers.to_string()));
    step(&format!("round {round}: {}", run::shown(&command)), || {
        run::stdout(&mut command, "see what it says; the bench needs Linux")
    })
}

/// Medians over the rounds. Only times and memory vary: the papers are the same in every round.
fn print_table(rows: &[(&Case, Vec<Value>)]) -> Result<()> {
    println!(
        "{:<16} {:>7} {:>8} {:>15} {:>8} {:>9} {:>7} {:>7} {:>7} {:>8} {:>7}",
        "case",
        "papers",
        "seconds",
        "(least-most)",
        "demand",
        "processor",
        "refused",
        "spread",
        "true",
        "exposure",
        "MB"
    );
    for (case, runs) in rows {
        let seconds = sorted(runs, "/seconds")?;
        let range = match seconds.as_slice() {
            [least, .., most] => format!("({least:.2}-{most:.2})"),
            _ => String::new(),
        };
        println!(
            "{:<16} {:>7.0} {:>8.2} {:>15} {:>8} {:>9.2} {:>7.0} {:>7.2} {:>7} {:>8.4} {:>7.0}",
            case.name,
            median(runs, "/papers")?,
            median(runs, "/seconds")?,
            range,
            case.seconds_max.map(|seconds| format!("<= {seconds}")).unwrap_or_default(),
            median(runs, "/cpu_seconds")?,
            median(runs, "/refused")?,
            median(runs, "/spread")?,
            median(runs, "/spread_true/median").map(|spread| format!("{spread:.2}")).unwrap_or_default(),
            median(runs, "/max_exposure")?,
            median(runs, "/peak_mb")?,
        );
    }
    println!(
        "seconds, processor: wall and processor time, medians; refused: papers that break a rule; spread: largest less \
         smallest\nexpected score in points of 100, as rated, and true when each rating errs by 0.15; exposure: the \
         largest share of papers\nthat one question stands on; MB: the most memory resident, in millions of bytes"
    );
    Ok(())
}

fn median(runs: &[Value], pointer: &str) -> Result<f64> {
    let values = sorted(runs, pointer)?;
    values.get(values.len() / 2).copied().context("no case runs less than once")
}

fn sorted(runs: &[Value], pointer: &str) -> Result<Vec<f64>> {
    let value = |run: &Value| run.pointer(pointer).and_then(Value::as_f64);
    let values: Option<Vec<f64>> = runs.iter().map(value).collect();
    let mut values = values.with_context(|| format!("the bench printed no {pointer}"))?;
    values.sort_by(f64::total_cmp);
    Ok(values)
}
