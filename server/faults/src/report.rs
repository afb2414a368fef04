//! What a row brought, and the table of all.

use std::fmt::Write as _;
use std::time::Duration;

use crate::check::Compared;
use crate::held::HELD;

/// What a row brought.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Cells of the table of their own: a row may have variants.
    pub lines: Vec<Line>,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub struct Line {
    pub fault: String,
    pub trials: u32,
    pub compared: Compared,
    /// The least time that a candidate was given, and what was promised.
    pub time: Option<(i64, i64)>,
    /// The longest time until the server served again.
    pub recovered: Option<Duration>,
    /// What else was measured, in a sentence.
    pub also: String,
}

impl Line {
    pub fn new(fault: impl Into<String>, trials: u32, compared: Compared) -> Self {
        Self { fault: fault.into(), trials, compared, time: None, recovered: None, also: String::new() }
    }

    fn cells(&self) -> String {
        let Compared { acknowledged, lost, late } = self.compared;
        let time = self
            .time
            .map_or_else(|| "–".to_owned(), |(given, promised)| format!("{} / {}", seconds(given), seconds(promised)));
        let recovered = self.recovered.map_or_else(|| "–".to_owned(), |took| format!("{:.2} s", took.as_secs_f64()));
        let Self { fault, trials, also, .. } = self;
        format!("{fault} | {trials} | {acknowledged} | {lost} | {late} | {time} | {recovered} | {also}")
    }
}

/// The lines of a row as Markdown.
pub fn table(row: u32, outcome: &Outcome) -> String {
    outcome.lines.iter().fold(String::new(), |mut text, line| {
        writeln!(text, "| {row} | {} |", line.cells()).expect("a string takes everything");
        text
    })
}

/// The whole document. `when`: day and machine of the run.
pub fn document(tables: &[String], when: &str) -> String {
    let held = HELD.iter().map(|held| {
        let mut places: Vec<String> = held.places.iter().map(|(file, _)| format!("`{file}`")).collect();
        places.dedup();
        let missing = if held.missing.is_empty() { "–" } else { held.missing };
        let places = if places.is_empty() { "–".to_owned() } else { places.join(", ") };
        format!("| {} | {} | {places} | {missing} |\n", held.row, held.fault)
    });
    let held: String = held.collect();
    HEAD.replace("{when}", when) + &tables.concat() + MIDDLE + &held
}

const HEAD: &str = "# Faults\n
Written by `cargo xtask faults --long --write`; the first table holds what that run measured. {when}\n
The real binary as a process under load, acknowledgements written down by another process that flushes its own file. In every row:
every recorded acknowledgement stands (or a newer change that was sent), nothing received after the close stands,
`kaochang audit verify` finds no problem. *Time*: what the candidate who was given least was given, beside what was promised; more
is a gift, of up to a second at each restart. *Recovered*: until the server serves again, or saves again, whichever the row is about;
the longest of the trials. `cargo xtask faults 3` runs a row, `--trials N` more or fewer of it, `--seed N` with other chance; `cargo xtask
test` runs all with fewer trials. Law 5, that the proctor sees a fault, is the browser tests' (`end2end/proctor.test.mjs`).\n
| Row | Fault | Trials | Acknowledged | Lost | Accepted late | Least time given / promised | Recovered | Also |
|---|---|---|---|---|---|---|---|---|
";
const MIDDLE: &str = "\n## Held elsewhere, and not held\n
The simulator runs whole exams over the code that decides, on virtual time (`cargo xtask simulate`); the browser tests are in
`end2end/`. What nothing shows stands in the last column.\n
| Row | Fault | Held by | Not shown |
|---|---|---|---|
";

fn seconds(ms: i64) -> String {
    format!("{}.{:03} s", ms / 1000, ms % 1000)
}
