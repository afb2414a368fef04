//! Saving answers: durable saves a second through the real endpoint, in turn with what it is compared with.

use std::path::PathBuf;

use anyhow::Result;

use super::load;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Print each line of figures as JSON instead of one figure a line
    #[arg(long)]
    json: bool,
    /// A folder on the disk to be measured; without it, one in the target folder
    #[arg(long)]
    folder: Option<PathBuf>,
    /// An empty PostgreSQL database instead of the embedded one
    #[arg(long)]
    postgres_url: Option<String>,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let more: Vec<String> = options.postgres_url.iter().cloned().collect();
    load::run(workspace, "saves", &more, options.folder.as_deref(), options.json)
}
