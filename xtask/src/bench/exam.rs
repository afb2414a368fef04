//! A whole exam on a real server: logins, the start, answers, the end; or sittings held live by heartbeats.

use std::path::PathBuf;

use anyhow::Result;

use super::load;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Print the line of figures as JSON instead of one figure a line
    #[arg(long)]
    json: bool,
    /// Who sits
    #[arg(long, default_value_t = 2_000)]
    candidates: u32,
    /// Instead of an exam, hold so many sittings live by a heartbeat each second
    #[arg(long, value_name = "SITTINGS")]
    live: Option<u32>,
    /// How long they are held live
    #[arg(long, default_value_t = 180)]
    seconds: u64,
    /// A folder on the disk to be measured; without it, one in the target folder
    #[arg(long)]
    folder: Option<PathBuf>,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let (case, arguments) = match options.live {
        Some(sittings) => ("live", vec![sittings.to_string(), options.seconds.to_string()]),
        None => ("exam", vec![options.candidates.to_string()]),
    };
    load::run(workspace, case, &arguments, options.folder.as_deref(), options.json)
}
