//! `simulator [--seeds N] [--from SEED] [--plant NAME]`: runs seeds on all cores and prints one line; `cargo xtask simulate`
//! builds and calls it.

use std::{
    process::ExitCode,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Instant,
};

use simulator::{Counts, Fault, Plant, Violation, run};

struct Options {
    seeds: u64,
    from: u64,
    plant: Option<Plant>,
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(what) => {
            eprintln!("error: {what}; usage: simulator [--seeds N] [--from SEED] [--plant NAME]");
            return ExitCode::FAILURE;
        }
    };
    #[expect(clippy::disallowed_methods, reason = "how long it took is no part of any run")]
    let start = Instant::now();
    let (counts, seeds, violation) = all(&options);
    let faults: Vec<String> =
        Fault::ALL.iter().zip(counts.faults).map(|(fault, count)| format!("{fault:?} {count}")).collect();
    let seconds = start.elapsed().as_secs_f64();
    let Counts { steps, acknowledged, in_time, refused_late, closed, pauses, .. } = counts;
    println!(
        "{seeds} seeds, {steps} steps, {seconds:.1} s; faults: {}; {closed} sittings closed, {pauses} pauses begun or ended, {acknowledged} answers \
         acknowledged, {in_time} found that were chosen 10 s before the end, {refused_late} requests refused as late; {}",
        faults.join(", "),
        if violation.is_some() { "A LAW DOES NOT HOLD" } else { "lost = 0, late = 0" }
    );
    match violation {
        None => ExitCode::SUCCESS,
        Some(violation) => {
            print!("{violation}");
            ExitCode::FAILURE
        }
    }
}

/// Runs every seed, on every core; stops at a violation, and gives the one of the lowest seed.
fn all(options: &Options) -> (Counts, u64, Option<Box<Violation>>) {
    let (next, stop_at) = (AtomicU64::new(options.from), AtomicU64::new(options.from + options.seeds));
    let work = || {
        let (mut counts, mut seeds, mut found) = (Counts::default(), 0, None);
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= stop_at.load(Ordering::Relaxed) {
                return (counts, seeds, found);
            }
            seeds += 1;
            match run(seed, options.plant) {
                Ok(run) => counts.add(&run),
                Err(violation) => {
                    stop_at.fetch_min(seed, Ordering::Relaxed);
                    found = Some(violation);
                }
            }
        }
    };
    let cores = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let mut sum = (Counts::default(), 0, None::<Box<Violation>>);
        for thread in threads {
            let (counts, seeds, found) = thread.join().expect("a run does not panic");
            sum.0.add(&counts);
            sum.1 += seeds;
            sum.2 = sum.2.into_iter().chain(found).min_by_key(|violation| violation.seed);
        }
        sum
    })
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { seeds: 10_000, from: 0, plant: None };
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{flag} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{value} is no number"));
        match flag.as_str() {
            "--seeds" => options.seeds = number()?,
            "--from" => options.from = number()?,
            "--plant" => {
                let plant = Plant::ALL.into_iter().find(|plant| plant.name() == value);
                let names = Plant::ALL.map(Plant::name).join(", ");
                options.plant = Some(plant.ok_or_else(|| format!("{value} is none of {names}"))?);
            }
            _ => return Err(format!("{flag} is no option")),
        }
    }
    Ok(options)
}
