//! Faults on the real binary: killed, cut from power, out of space, with a disk that fails, a clock that jumps.
//!
//! `faults run` starts `kaochang serve` as a process and candidates who write, does to it what a row of the table names, and
//! holds what stands afterwards against what was acknowledged. Acknowledgements are written down by a process of their own
//! (`faults record`), which no fate of the server touches: none counts before that process has flushed it. Faults of disk and
//! clock come from a small C library that is preloaded (`c/faults.c`). `cargo xtask faults` builds and runs all of it.

mod bench;
mod check;
mod cluster;
mod control;
mod held;
mod lives;
mod load;
mod recorder;
mod report;
mod rows;
mod stage;
mod trace;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};

/// Faults on the real binary.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run rows of the table
    Run(bench::Options),
    /// Write acknowledgements down until stdin is closed (started by `run`)
    Record { socket: PathBuf, file: PathBuf },
    /// Hold the write lock of an embedded database (started by `run`)
    Hold { data: PathBuf, ms: u64 },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("faults: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match command {
        Command::Run(options) => runtime.block_on(rows::run(options)),
        Command::Record { socket, file } => {
            runtime.block_on(recorder::record(&socket, &file)).map(|()| ExitCode::SUCCESS)
        }
        Command::Hold { data, ms } => runtime.block_on(hold(&data, ms)).map(|()| ExitCode::SUCCESS),
    }
}

/// Another process that has the database's write lock for a while.
async fn hold(data: &std::path::Path, ms: u64) -> anyhow::Result<()> {
    let store = driver::people::store(&data.display().to_string()).await?;
    let tx = store.write().await?;
    println!("held");
    tokio::time::sleep(Duration::from_millis(ms)).await;
    drop(tx);
    store.close().await;
    Ok(())
}
