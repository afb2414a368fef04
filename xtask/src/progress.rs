//! One line when a step starts, one when it ends. They go to stderr, so that stdout holds results alone.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Runs a step between its two lines; its name is added to its error.
pub fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {name}");
    let begin = now();
    let outcome = work();
    let verdict = if outcome.is_ok() { "done" } else { "FAILED" };
    eprintln!("    {name}: {verdict} in {}", seconds(begin.elapsed()));
    outcome.with_context(|| name.to_owned())
}

/// The one clock of this program.
#[expect(
    clippy::disallowed_methods,
    reason = "how long a step took is told to the person who waits; nothing is decided by it but patience"
)]
pub fn now() -> Instant {
    Instant::now()
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
