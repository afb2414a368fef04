//! What drawing costs and what it gives: one case of the bench in a process of its own, one JSON object on stdout.
//!
//! `cargo run --release -p question-bank --example draw_bench -- CASE [PAPERS]`. The bank and the blueprint are
//! those of [`question_bank::synthetic`], so that every run of a case draws the same papers. Every paper is held against
//! the checker in the same run, outside the time that is told. `cargo xtask bench draw` runs all cases.

mod machine;
mod slot_by_slot;
mod tally;

use std::num::{NonZeroU32, NonZeroUsize};
use std::process::ExitCode;
use std::sync::OnceLock;

use question_bank::blueprint::{Blueprint, Forms};
use question_bank::chance::Secret;
use question_bank::digest::Digest;
use question_bank::drawer::{Drawer, ENGINE, Selection};
use question_bank::earlier::EarlierPapers;
use question_bank::evidence::{Drawn, Inputs};
use question_bank::fairness::{self, Assumptions, PaperOf};
use question_bank::paper::Snapshot;
use question_bank::roster::{Place, Roster, Seated};
use question_bank::{forms, order, sufficiency, synthetic};
use serde::Serialize;

use machine::{Spent, Watch, peak_mb};
use tally::{Raw, Stack, Tally};

const BANK: usize = 20_000;
const KNOWLEDGE_POINTS: usize = 60;
const SEED: u64 = 1;
const FORMS: u32 = 50;
const THREADS: NonZeroUsize = NonZeroUsize::new(2).expect("two is not zero");

/// So many papers, unless told otherwise.
const PAPERS: u32 = 10_000;
/// Of no more papers than this a fairness sheet is made.
const SHEET_MAX: usize = 10_000;

const ROOM_SEATS: u32 = 30;
const ROOM_COLUMNS: u32 = 6;

const USAGE: &str = "usage: draw_bench CASE [PAPERS]
cases: individual_exact, individual_near, slot_by_slot (PAPERS of one session: 10000 if not given),
       parallel_forms (50 forms), sufficiency (PAPERS: the candidates, of whom each gets a trial paper; 1000 if not given)";

/// The figures of one case.
#[derive(Serialize)]
struct Figures {
    case: String,
    /// Questions in the bank.
    bank: usize,
    papers: u32,
    threads: usize,
    /// Wall time from blueprint and snapshot to all papers in order (`sufficiency`: to the report).
    seconds: f64,
    /// Processor time of the same on all threads, in hundredths.
    cpu_seconds: f64,
    /// Wall time to build the programme, once; it is part of `seconds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    build_seconds: Option<f64>,
    /// Wall time to put drawn questions in order; it is part of `seconds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_seconds: Option<f64>,
    /// Papers that the checker refuses.
    refused: u32,
    /// The largest less the smallest expected score of a just-passing candidate, in points of 100, as rated.
    spread: f64,
    /// The same of true scores, when each rating errs by 0.15.
    #[serde(skip_serializing_if = "Option::is_none")]
    spread_true: Option<TrueSpread>,
    /// The largest share of the papers that one question stands on.
    max_exposure: f64,
    /// How many places hold the same question as at a neighbour's seat.
    clashes: usize,
    /// How many questions two papers share, where the case forecasts it: the mean, and what 99 in 100 pairs don't exceed.
    #[serde(skip_serializing_if = "Option::is_none")]
    overlap: Option<Overlap>,
    /// The most memory that was resident until the last paper was drawn, in millions of bytes.
    peak_draw_mb: f64,
    /// The same until the end of the process, which checks every paper and makes the fairness sheet of a session.
    peak_mb: f64,
}

/// Quantiles over the draws of the errors, in points of 100.
#[derive(Serialize)]
struct TrueSpread {
    low: f64,
    median: f64,
    high: f64,
}

#[derive(Serialize)]
struct Overlap {
    mean: f64,
    p99: u32,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(figures) => {
            println!("{}", serde_json::to_string(&figures).expect("figures are finite numbers"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<Figures, String> {
    let (case, numbers) = arguments.split_first().ok_or(USAGE)?;
    let numbers = numbers.iter().map(|text| text.parse::<NonZeroU32>().map(NonZeroU32::get));
    let numbers: Vec<u32> = numbers.collect::<Result<_, _>>().map_err(|_| USAGE)?;
    let bench = Bench::new(case, u32::from(case == "individual_near"));
    let papers = numbers.first().copied();
    match (case.as_str(), numbers.len()) {
        ("individual_exact" | "individual_near", 0..=1) => bench.individual(papers.unwrap_or(PAPERS)),
        ("slot_by_slot", 0..=1) => bench.slot_by_slot(papers.unwrap_or(PAPERS)),
        ("parallel_forms", 0) => bench.parallel_forms(),
        ("sufficiency", 0..=1) => bench.sufficiency(papers.unwrap_or(1000)),
        _ => Err(USAGE.to_owned()),
    }
}

/// What every case begins with; none of it is part of the time told.
struct Bench {
    case: String,
    inputs: Inputs,
    raw: Raw,
    secret: Secret,
}

impl Bench {
    fn new(case: &str, slack: u32) -> Self {
        let snapshot = synthetic::bank(BANK, KNOWLEDGE_POINTS, &synthetic::FUNCTIONS, SEED);
        let blueprint = synthetic::blueprint(&snapshot, &synthetic::FUNCTIONS, slack, SEED);
        let raw = Raw::of(&snapshot);
        let (roster, earlier) = (Roster::default(), EarlierPapers::default());
        let inputs = Inputs { engine: ENGINE.to_owned(), blueprint, snapshot, roster, earlier };
        Self { case: case.to_owned(), inputs, raw, secret: Secret::join(b"first officer", b"second officer") }
    }

    fn snapshot(&self) -> &Snapshot {
        &self.inputs.snapshot
    }

    fn blueprint(&self) -> &Blueprint {
        &self.inputs.blueprint
    }

    fn drawer(&self) -> Result<Drawer<'_>, String> {
        Drawer::new(self.blueprint(), self.snapshot(), &self.inputs.earlier).map_err(|refusal| refusal.to_string())
    }

    fn individual(mut self, papers: u32) -> Result<Figures, String> {
        self.inputs.roster = roster(papers);
        let Inputs { blueprint, snapshot, earlier, .. } = &self.inputs;
        let watch = Watch::start();
        let drawer = Drawer::new(blueprint, snapshot, earlier).map_err(|refusal| refusal.to_string())?;
        let build_seconds = watch.read().seconds;
        let (count, chosen) = (self.inputs.roster.seated.len(), OnceLock::new());
        let progress = |done| {
            if done == count {
                chosen.get_or_init(|| watch.read().seconds);
            }
        };
        let drawn = self.inputs.draw_by(&drawer, &self.secret, THREADS, &progress);
        let drawn = drawn.map_err(|refusal| refusal.to_string())?;
        let spent = watch.read();
        let order_seconds = spent.seconds - chosen.get().expect("the last paper was told of");
        let figures = self.checked(&drawn, spent);
        Ok(Figures { build_seconds: Some(build_seconds), order_seconds: Some(order_seconds), ..figures })
    }

    fn slot_by_slot(self, papers: u32) -> Result<Figures, String> {
        let watch = Watch::start();
        let drawn = slot_by_slot::draw(self.blueprint(), self.snapshot(), papers, THREADS)?;
        Ok(self.checked(&drawn, watch.read()))
    }

    /// Holds every paper against the checker.
    fn checked(&self, drawn: &(impl Stack + Sync), spent: Spent) -> Figures {
        let (mut tally, peak_draw_mb) = (Tally::new(BANK), peak_mb());
        tally.check(drawn, &self.inputs, &self.raw, THREADS);
        // The sheet wants every paper in full.
        let spread_true = (drawn.count() <= SHEET_MAX).then(|| {
            let papers: Vec<Drawn> = (0..drawn.count()).map(|number| drawn.paper(number)).collect();
            self.spread_true(&papers)
        });
        Figures { threads: THREADS.get(), spread_true, ..self.figures(&tally, spent, peak_draw_mb) }
    }

    fn parallel_forms(self) -> Result<Figures, String> {
        let watch = Watch::start();
        let drawer = self.drawer()?;
        let build_seconds = watch.read().seconds;
        let wanted = Forms { count: FORMS, overlap_max: 0 };
        let forms = forms::forms(&drawer, wanted, &self.secret).map_err(|refusal| refusal.to_string())?;
        let drawn = self.in_order(&forms);
        let (spent, peak_draw_mb) = (watch.read(), peak_mb());
        let mut tally = Tally::new(BANK);
        tally.check(&drawn, &self.inputs, &self.raw, THREADS);
        let spread_true = Some(self.spread_true(&drawn));
        Ok(Figures { build_seconds: Some(build_seconds), spread_true, ..self.figures(&tally, spent, peak_draw_mb) })
    }

    fn sufficiency(self, candidates: u32) -> Result<Figures, String> {
        let watch = Watch::start();
        let drawer = self.drawer()?;
        let build_seconds = watch.read().seconds;
        let selections = drawer.trials(candidates).map_err(|refusal| refusal.to_string())?;
        let trials: Vec<Vec<u32>> = selections.iter().map(|selection| selection.indices().to_vec()).collect();
        let report = sufficiency::report(self.snapshot(), drawer.classes(), &trials, candidates);
        let (spent, peak_draw_mb) = (watch.read(), peak_mb());
        let mut tally = Tally::new(BANK);
        tally.check(&self.in_order(&selections), &self.inputs, &self.raw, THREADS);
        let overlap = Some(Overlap { mean: report.overlap_mean, p99: report.overlap_p99 });
        let figures = self.figures(&tally, spent, peak_draw_mb);
        Ok(Figures { build_seconds: Some(build_seconds), overlap, max_exposure: report.exposure_max, ..figures })
    }

    /// Papers of candidates who sit far from one another.
    fn in_order(&self, selections: &[Selection]) -> Vec<Drawn> {
        let arranged = selections.iter().zip(0..).map(|(selection, number)| {
            let sitting = sitting(number);
            let arranged = order::arrange(self.snapshot(), selection, &self.secret, &sitting, &[]);
            let paper = arranged.paper(self.blueprint(), self.snapshot());
            Drawn { sitting, paper, clashes: arranged.clashes().to_vec() }
        });
        arranged.collect()
    }

    fn spread_true(&self, drawn: &[Drawn]) -> TrueSpread {
        let papers: Vec<PaperOf<'_>> =
            drawn.iter().map(|drawn| PaperOf { sitting: &drawn.sitting, paper: &drawn.paper }).collect();
        let entries = &self.snapshot().entries;
        let difficulty = |question: &str, _revision| {
            let at = entries.binary_search_by(|entry| entry.question.as_str().cmp(question)).ok()?;
            entries[at].difficulty_permille
        };
        let spread = fairness::sheet(&papers, difficulty, &[], Assumptions::default()).uncertainty.true_spread;
        let points = |milli: u64| f64::from(u32::try_from(milli).expect("a paper is worth 100 points")) / 1000.0;
        TrueSpread {
            low: points(spread.low_milli),
            median: points(spread.median_milli),
            high: points(spread.high_milli),
        }
    }

    fn figures(&self, tally: &Tally, spent: Spent, peak_draw_mb: f64) -> Figures {
        Figures {
            case: self.case.clone(),
            bank: BANK,
            papers: tally.papers(),
            threads: 1,
            seconds: spent.seconds,
            cpu_seconds: spent.cpu_seconds,
            build_seconds: None,
            order_seconds: None,
            refused: tally.refused(),
            spread: tally.spread(),
            spread_true: None,
            max_exposure: tally.max_exposure(),
            clashes: tally.clashes(),
            overlap: None,
            peak_draw_mb,
            // The kernel reads its counters a little late: never less than before.
            peak_mb: peak_mb().max(peak_draw_mb),
        }
    }
}

/// So many candidates, thirty to a room.
fn roster(papers: u32) -> Roster {
    let seated = (0..papers).map(|number| Seated {
        sitting: sitting(number),
        candidate: Digest::from_bytes([0; 32]),
        place: Place::of_seat(number / ROOM_SEATS, number % ROOM_SEATS + 1, ROOM_COLUMNS),
    });
    Roster { seated: seated.collect(), reserves: Vec::new() }
}

fn sitting(number: u32) -> String {
    format!("sitting {number}")
}
