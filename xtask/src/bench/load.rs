//! The load program: built, run in a folder of its own on the disk to be measured, its lines of figures shown.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use crate::interrupt::Cleanup;
use crate::progress::step;
use crate::workspace::Workspace;
use crate::{build, run};

/// Runs one case of it against the release binary. Without a folder, in the target folder: the disk that counts is one that
/// keeps what it was told to, never a folder in memory.
pub fn run(workspace: &Workspace, case: &str, more: &[String], folder: Option<&Path>, json: bool) -> Result<()> {
    let binary = build::everything(workspace)?;
    step("building the load", || {
        let build = ["build", "--release", "--package", "kaochang", "--example", "load"];
        run::run(workspace.cargo().args(build), "see the messages above")
    })?;
    let folder = folder.unwrap_or(&workspace.target).join(format!("bench-{case}-{}", std::process::id()));
    fs::create_dir(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let _cleanup = {
        let folder = folder.clone();
        Cleanup::new(move || drop(fs::remove_dir_all(folder)))
    };
    let mut command = Command::new(workspace.target.join("release/examples/load"));
    command.arg(case).arg(binary).arg(folder).args(more);
    let lines = step("measuring", || run::stdout(&mut command, "see what it says; the bench needs Linux"))?;
    if json {
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
