//! `cargo xtask bench`: figures of a release build, each by a command of its own.

mod draw;
mod rest;

use anyhow::Result;

use crate::workspace::Workspace;

#[derive(Debug, clap::Subcommand)]
pub enum Bench {
    /// Memory of the server at rest, with the demonstration's data loaded
    Rest,
    /// Time, memory and spread of drawn papers, and of papers drawn slot by slot
    Draw(draw::Options),
}

pub fn run(workspace: &Workspace, bench: &Bench) -> Result<()> {
    match bench {
        Bench::Rest => rest::run(workspace),
        Bench::Draw(options) => draw::run(workspace, options),
    }
}
