//! The rows of the table, each by its number.

mod busy;
mod clock;
mod commit;
mod damage;
mod flush;
mod kill;
mod postgres;
mod power;
mod space;
mod spare;
mod storm;
mod suspend;

use std::process::{Command, ExitCode};

use anyhow::Result;
use tokio::time::Instant;

use crate::bench::{Bench, Options};
use crate::control;
use crate::report::{self, Outcome};
use crate::stage::Template;

/// Rows that this program runs, in the order in which they are run.
const ROWS: [u32; 12] = [1, 2, 3, 4, 5, 6, 15, 17, 19, 21, 23, 27];

/// Candidates of the common session: a room that writes, and one that waits to be opened.
const CANDIDATES: u32 = 60;
const MINUTES: u32 = 240;

/// Runs what is asked for; the last line is a sum as libtest prints it, which `cargo xtask test` reads.
pub async fn run(options: Options) -> Result<ExitCode> {
    let library = control::library(&options.folder)?;
    let bench = Bench::new(&options, library)?;
    let asked = |row: &u32| options.rows.is_empty() || options.rows.contains(row);
    let template = Template::make(&bench, "template", CANDIDATES, MINUTES, None).await?;
    let (mut passed, mut failed, mut lines) = (0, 0, Vec::new());
    for row in ROWS.into_iter().filter(asked) {
        let begin = Instant::now();
        let outcome = one(row, &bench, &template).await;
        let seconds = begin.elapsed().as_secs_f64();
        match outcome {
            Ok(outcome) => {
                passed += 1;
                let table = report::table(row, &outcome);
                print!("fault {row} ... ok ({seconds:.1} s)\n{table}");
                lines.push(table);
            }
            Err(error) => {
                failed += 1;
                println!("fault {row} ... FAILED ({seconds:.1} s)\n{error:#}");
            }
        }
    }
    if let Some(file) = options.write.as_ref().filter(|_| failed == 0) {
        std::fs::write(file, report::document(&lines, &when(&bench)?))?;
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {verdict}. {passed} passed; {failed} failed; 0 ignored");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Day and machine, for the document.
fn when(bench: &Bench) -> Result<String> {
    let day = Command::new("date").args(["-u", "+%F"]).output()?;
    let cores = std::thread::available_parallelism()?;
    let build = if bench.binary.components().any(|part| part.as_os_str() == "release") { "release" } else { "debug" };
    let seed = bench.seed;
    Ok(format!("Last run {}: {build} build, {cores} cores, seed {seed}.", String::from_utf8_lossy(&day.stdout).trim()))
}

async fn one(row: u32, bench: &Bench, template: &Template) -> Result<Outcome> {
    match row {
        1 => kill::run(bench, template).await,
        2 => power::run(bench, template).await,
        3 => commit::run(bench, template).await,
        4 => space::run(bench, template).await,
        5 => flush::run(bench, template).await,
        6 => busy::run(bench, template).await,
        15 => clock::run(bench, template).await,
        17 => suspend::run(bench, template).await,
        19 => storm::run(bench).await,
        21 => damage::run(bench, template).await,
        23 => postgres::run(bench).await,
        27 => spare::run(bench, template).await,
        other => anyhow::bail!("this program has no row {other}"),
    }
}
