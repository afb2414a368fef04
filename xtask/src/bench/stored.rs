//! Saves and starts as the database fills: what is stored of sessions that are over must cost nobody anything.

use std::path::PathBuf;

use anyhow::Result;

use super::load;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Print each line of figures as JSON instead of one figure a line
    #[arg(long)]
    json: bool,
    /// A folder on the disk to be measured (10 GB); without it, one in the target folder
    #[arg(long)]
    folder: Option<PathBuf>,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    load::run(workspace, "stored", &[], options.folder.as_deref(), options.json)
}
