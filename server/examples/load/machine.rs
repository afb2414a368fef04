//! What a process takes of the machine, as Linux counts it, and what the disk can do.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use tokio::time::Instant;

/// Processor time of a process, all its threads, in seconds.
pub fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    /// Linux tells programs hundredths of a second, whatever the kernel's own ticks are.
    const TICKS: f64 = 100.0;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("this bench needs Linux")?;
    // The second field is the program's name in parentheses; user and system time are the 14th and 15th.
    let (_, fields) = stat.rsplit_once(") ").context("a line of the kernel's")?;
    let mut times = fields.split(' ').skip(11).map(str::parse::<f64>);
    let mut next = || times.next().context("user and system time")?.context("a number");
    Ok((next()? + next()?) / TICKS)
}

/// How often a second a few kilobytes at the end of a file can be brought to stable storage, one after another.
pub fn flushes_per_second(folder: &Path, during: Duration) -> anyhow::Result<f64> {
    let path = folder.join("flushes");
    let mut file = File::create(&path)?;
    let (begin, mut count) = (Instant::now(), 0_u32);
    while begin.elapsed() < during {
        file.write_all(&[0x5a; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / begin.elapsed().as_secs_f64();
    fs::remove_file(path)?;
    Ok(rate)
}

/// The most memory that a process had resident, in megabytes.
pub fn memory_peak_mb(pid: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).context("this bench needs Linux")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("the peak")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1_000.0)
}
