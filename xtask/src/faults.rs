//! `cargo xtask faults`: the real binary under the faults of `docs/FAULTS.md`.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};

use crate::interrupt::Cleanup;
use crate::progress::step;
use crate::workspace::Workspace;
use crate::{build, run, setup};

/// How a row is called in what is printed and by filters.
const NAME: &str = "fault";

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Rows of docs/FAULTS.md by number; all without
    rows: Vec<u32>,
    /// Trials of the rows that count them, instead of each row's own number
    #[arg(long)]
    trials: Option<u32>,
    /// Where chance begins
    #[arg(long)]
    seed: Option<u64>,
    /// Also what takes minutes
    #[arg(long)]
    long: bool,
    /// Write the table to docs/FAULTS.md; every row must be run and hold
    #[arg(long, conflicts_with = "rows")]
    write: bool,
}

/// Runs rows on the release binary.
pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    setup::c_compiler()?;
    let server = build::everything(workspace)?;
    let mut arguments: Vec<String> = options.rows.iter().map(u32::to_string).collect();
    arguments.extend(options.trials.iter().map(|trials| format!("--trials={trials}")));
    arguments.extend(options.seed.iter().map(|seed| format!("--seed={seed}")));
    arguments.extend(options.long.then(|| "--long".to_owned()));
    arguments.extend(options.write.then(|| format!("--write={}", workspace.root.join("docs/FAULTS.md").display())));
    let passed = on(workspace, &server, &arguments, |command| run::listen(command, "see what it says", |_| {}))?;
    Ok(if passed.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The server of a debug build, where there is no other.
pub fn debug_server(workspace: &Workspace) -> Result<std::path::PathBuf> {
    step("server (debug)", || {
        run::run(workspace.cargo().args(["build", "--package", "kaochang"]), "see the compiler's message above")
    })?;
    Ok(workspace.target.join("debug/kaochang"))
}

/// The rows that a filter of tests means: `fault 3`, or all for `fault`; none for a filter that speaks of something else.
pub fn meant(filter: &str) -> Option<Vec<String>> {
    let row = filter.strip_prefix(NAME)?.trim();
    Some(if row.is_empty() { Vec::new() } else { vec![row.to_owned()] })
}

/// Builds the program of the faults and gives it a folder that is gone afterwards.
pub fn on<T>(
    workspace: &Workspace,
    server: &Path,
    arguments: &[String],
    started: impl FnOnce(&mut Command) -> Result<T>,
) -> Result<T> {
    step("building the faults", || {
        run::run(workspace.cargo().args(["build", "--package", "faults"]), "see the compiler's message above")
    })?;
    ensure!(server.is_file(), "there is no {}", server.display());
    // The disk that counts is one that keeps what it was told to: never a folder in memory.
    let folder = workspace.target.join(format!("faults-{}", std::process::id()));
    fs::create_dir(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let _cleanup = {
        let folder = folder.clone();
        Cleanup::new(move || drop(fs::remove_dir_all(folder)))
    };
    let mut command = Command::new(workspace.target.join("debug/faults"));
    command.arg("run").arg("--binary").arg(server).arg("--folder").arg(folder).args(arguments);
    step("faults on the real binary", || started(&mut command))
}
