//! The preloaded library: built with the C compiler of the machine, steered through a file of numbers.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

const SOURCE: &str = include_str!("../c/faults.c");

/// Numbers of the file, in the order of `enum slot` of the library.
#[derive(Clone, Copy, Debug)]
pub enum Slot {
    /// Added to wall time.
    WallOffsetMs,
    /// Bytes by which watched files may still grow, and one more; 0: any.
    Space,
    /// So many flushes fail; −1: all.
    FailFlushes,
    /// 0: those of the WAL; 1: those of the other files.
    FailWhich,
    /// The next flush takes so long.
    DelayFlushMs,
    /// The process is killed when this commit's flush has returned.
    KillAtFlush,
    /// Commits' flushes that returned.
    Flushes,
}

/// Builds the library.
pub fn library(folder: &Path) -> anyhow::Result<PathBuf> {
    let (source, library) = (folder.join("faults.c"), folder.join("libfaults.so"));
    std::fs::write(&source, SOURCE)?;
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu11", "-O2", "-shared", "-fPIC", "-Wall", "-Werror", "-o"]).arg(&library).arg(&source).arg("-ldl");
    ensure!(cc.status().context("the fault tests need a C compiler (cc)")?.success(), "the library does not compile");
    Ok(library)
}

/// The file of numbers of one server.
#[derive(Debug)]
pub struct Control {
    file: File,
    pub path: PathBuf,
}

impl Control {
    pub fn new(path: PathBuf) -> anyhow::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        file.set_len(4096)?;
        Ok(Self { file, path })
    }

    pub fn set(&self, slot: Slot, value: i64) -> anyhow::Result<()> {
        Ok(self.file.write_all_at(&value.to_ne_bytes(), slot as u64 * 8)?)
    }

    pub fn get(&self, slot: Slot) -> anyhow::Result<i64> {
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, slot as u64 * 8)?;
        Ok(i64::from_ne_bytes(bytes))
    }
}
