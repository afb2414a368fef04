//! The command line. Each command says in plain words what went wrong and what to do.

mod account;
mod audit;
mod backup;
mod bank;
mod copy;
mod demo;
mod draw;
pub mod open;
mod restore;
mod serve;
mod session;

use clap::{Parser, Subcommand};

use crate::config::{Flags, Settings};

/// Kaochang (考场): a theory exam delivery system.
#[derive(Debug, Parser)]
#[command(name = "kaochang", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the site
    Serve,
    /// Prepare a mock session with accounts and candidates, print how to get in, and serve
    Demo(demo::Args),
    /// Accounts of the staff
    #[command(subcommand)]
    Account(account::Command),
    /// The question bank
    #[command(subcommand)]
    Bank(bank::Command),
    /// Sessions
    #[command(subcommand)]
    Session(session::Command),
    /// Draw papers from files to an evidence file, without a database
    Draw(draw::Args),
    /// Draw the papers of an evidence file again and compare
    Verify(draw::VerifyArgs),
    /// The audit trail
    #[command(subcommand)]
    Audit(audit::Command),
    /// Write everything that the database holds into a file, while the server goes on
    Backup(backup::Args),
    /// Make a data folder from a backup
    Restore(restore::Args),
    /// Move everything from SQLite to PostgreSQL or back, into an empty database
    CopyDatabase(copy::Args),
}

/// Runs what the arguments say.
pub fn run() -> anyhow::Result<()> {
    let cli = Cli::parse();
    let settings = Settings::of(&cli.flags)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve => serve::run(&settings).await,
            Command::Demo(args) => demo::run(&settings, &args).await,
            Command::Account(command) => account::run(&settings, command).await,
            Command::Bank(command) => bank::run(&settings, command).await,
            Command::Session(command) => session::run(&settings, command).await,
            Command::Draw(args) => draw::draw(&args),
            Command::Verify(args) => draw::verify(&args),
            Command::Audit(command) => audit::run(&settings, command).await,
            Command::Backup(args) => backup::run(&settings, &args).await,
            Command::Restore(args) => restore::run(&settings, &args).await,
            Command::CopyDatabase(args) => copy::run(&args).await,
        }
    })
}
