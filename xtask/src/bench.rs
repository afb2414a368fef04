//! `cargo xtask bench`: figures of a release build, each by a command of its own.

mod draw;
mod exam;
mod load;
mod rest;
mod saves;
mod stored;

use anyhow::Result;

use crate::workspace::Workspace;

#[derive(Debug, clap::Subcommand)]
pub enum Bench {
    /// Memory of the server at rest, with the demonstration's data loaded
    Rest,
    /// Durable saves through the real endpoint, beside a bare writer and a bare echo
    Saves(saves::Options),
    /// What a save costs and how long a start takes, from 10,000 to 10,000,000 stored responses
    Stored(stored::Options),
    /// A whole exam: logins, the start, answers, the end
    Exam(exam::Options),
    /// Time, memory and spread of drawn papers, and of papers drawn slot by slot
    Draw(draw::Options),
}

pub fn run(workspace: &Workspace, bench: &Bench) -> Result<()> {
    match bench {
        Bench::Rest => rest::run(workspace),
        Bench::Saves(options) => saves::run(workspace, options),
        Bench::Stored(options) => stored::run(workspace, options),
        Bench::Exam(options) => exam::run(workspace, options),
        Bench::Draw(options) => draw::run(workspace, options),
    }
}
