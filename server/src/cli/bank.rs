//! `kaochang bank …`

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Subcommand;
use question_bank::standard::Standard;

use super::open::open;
use crate::config::Settings;

mod check;
mod sample;

use check::{CheckArgs, check};
use sample::{SampleArgs, sample};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check a bank's files without loading them: rules of writing, coverage, what can be drawn
    Check(CheckArgs),
    /// Print some questions picked by lot, with keys, as Markdown
    Sample(SampleArgs),
    /// Load your own questions; they are not public, and may be used where it counts
    Load {
        /// Folder with TOML files, one for each knowledge point
        folder: PathBuf,
        /// Id of the standard
        #[arg(long)]
        standard: String,
    },
    /// Load a standard from a JSON file
    LoadStandard {
        /// The file
        file: PathBuf,
    },
}

pub async fn run(settings: &Settings, command: Command) -> anyhow::Result<()> {
    match command {
        Command::Check(args) => check(&args),
        Command::Sample(args) => sample(&args),
        Command::Load { folder, standard } => {
            let files = files(&folder)?;
            let loaded = open(settings).await?.centre.load_bank(&standard, &files, false, "system").await?;
            println!("{} questions added, {} were there already", loaded.added, loaded.unchanged);
            Ok(())
        }
        Command::LoadStandard { file } => {
            let text = std::fs::read_to_string(&file).with_context(|| format!("{} can't be read", file.display()))?;
            let standard = Standard::load(&text)?;
            open(settings).await?.centre.load_standard(&standard, "system").await?;
            println!("{} loaded", standard.id);
            Ok(())
        }
    }
}

/// Every TOML file below a folder, with its path inside it.
pub(super) fn files(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| format!("the folder {} can't be read", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "toml") {
                let text =
                    std::fs::read_to_string(&path).with_context(|| format!("{} can't be read", path.display()))?;
                files.push((path.strip_prefix(folder)?.display().to_string(), text));
            }
        }
    }
    files.sort();
    if files.is_empty() {
        bail!("the folder {} has no TOML file", folder.display());
    }
    Ok(files)
}
