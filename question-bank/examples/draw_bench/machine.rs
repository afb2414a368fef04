//! What a case takes of the machine: wall time, processor time, memory, as Linux counts them.

use std::fs;
use std::time::Instant;

/// Wall and processor time.
#[derive(Clone, Copy)]
pub struct Spent {
    pub seconds: f64,
    pub cpu_seconds: f64,
}

/// Counts from its start.
pub struct Watch {
    begin: Instant,
    cpu_seconds: f64,
}

impl Watch {
    pub fn start() -> Self {
        Self { begin: now(), cpu_seconds: cpu_seconds() }
    }

    pub fn read(&self) -> Spent {
        Spent { seconds: self.begin.elapsed().as_secs_f64(), cpu_seconds: cpu_seconds() - self.cpu_seconds }
    }
}

#[expect(clippy::disallowed_methods, reason = "a bench reads the clock; no paper depends on it")]
fn now() -> Instant {
    Instant::now()
}

/// The most memory that this process has had resident so far, in millions of bytes.
pub fn peak_mb() -> f64 {
    let status = read("/proc/self/status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    number(line) * 1024.0 / 1e6
}

/// Of all threads, those that have ended included.
fn cpu_seconds() -> f64 {
    /// Linux tells programs hundredths of a second, whatever the kernel's own ticks are.
    const TICKS: f64 = 100.0;
    let stat = read("/proc/self/stat");
    // The second field is the program's name in parentheses and may hold anything; user and system time are the 14th
    // and 15th.
    let (_, fields) = stat.rsplit_once(") ").unwrap_or_default();
    let mut times = fields.split(' ').skip(11);
    (number(times.next()) + number(times.next())) / TICKS
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}: this bench needs Linux"))
}

fn number(text: Option<&str>) -> f64 {
    text.and_then(|text| text.parse().ok()).expect("Linux gives this number")
}
