//! Set-up, build, demo, test, lint, simulate, faults, bench: `cargo xtask <command>`.
//!
//! This program knows how the parts are put together and nothing of exams. It never edits a source file, and it installs
//! software only where it runs as root on Debian or Ubuntu; elsewhere it says what to install and stops.

mod bench;
mod build;
mod demo;
mod faults;
mod front;
mod interrupt;
mod lint;
mod postgres;
mod progress;
mod run;
mod setup;
mod simulate;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Everything a contributor runs, by one name each.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Build everything and serve a demonstration exam on this machine
    Demo(demo::Options),
    /// Build the client (WebAssembly) and the server in release
    Build,
    /// Run every test: Rust, both databases, the browser
    Test(test::Options),
    /// Check formatting and lints; a warning is an error
    Lint,
    /// Simulate whole exams under faults, from seeds
    Simulate(simulate::Options),
    /// Put the real binary under the faults of docs/FAULTS.md
    Faults(faults::Options),
    /// Measure a release build
    #[command(subcommand)]
    Bench(bench::Bench),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    interrupt::install_handler();
    match dispatch(arguments.command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Result<ExitCode> {
    let workspace = Workspace::locate()?;
    match command {
        Command::Demo(options) => demo::run(&workspace, &options).map(|()| ExitCode::SUCCESS),
        Command::Build => build::everything(&workspace).map(|_| ExitCode::SUCCESS),
        Command::Test(options) => test::run(&workspace, &options),
        Command::Lint => lint::run(&workspace).map(|()| ExitCode::SUCCESS),
        Command::Simulate(options) => simulate::run(&workspace, &options).map(|()| ExitCode::SUCCESS),
        Command::Faults(options) => faults::run(&workspace, &options),
        Command::Bench(bench) => bench::run(&workspace, &bench).map(|()| ExitCode::SUCCESS),
    }
}
