//! Saving answers: durable saves a second through the real endpoint, in turn with what it is compared with.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use crate::interrupt::Cleanup;
use crate::progress::step;
use crate::workspace::Workspace;
use crate::{build, run};

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
    let binary = build::everything(workspace)?;
    step("building the load", || {
        let build = ["build", "--release", "--package", "kaochang", "--example", "load"];
        run::run(workspace.cargo().args(build), "see the messages above")
    })?;
    // The disk that counts is one that keeps what it was told to: never a folder in memory.
    let parent = options.folder.clone().unwrap_or_else(|| workspace.target.clone());
    let folder = parent.join(format!("bench-saves-{}", std::process::id()));
    fs::create_dir(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let _cleanup = {
        let folder = folder.clone();
        Cleanup::new(move || drop(fs::remove_dir_all(folder)))
    };
    let mut command = Command::new(workspace.target.join("release/examples/load"));
    command.arg("saves").arg(binary).arg(folder).args(&options.postgres_url);
    let lines = step("measuring", || run::stdout(&mut command, "see what it says; the bench needs Linux"))?;
    if options.json {
        println!("{}", lines.trim_end());
        return Ok(());
    }
    for line in lines.lines() {
        let figures: Map<String, Value> =
            serde_json::from_str(line).with_context(|| format!("the bench printed: {line}"))?;
        for (name, value) in figures {
            println!("{name:<16} {value}");
        }
        println!();
    }
    Ok(())
}
