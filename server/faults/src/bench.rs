//! What a run has: the binary under test, a folder, the library, how often.

use std::path::PathBuf;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// What to run.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The real server
    #[arg(long)]
    pub binary: PathBuf,
    /// An empty folder, on a disk that keeps what it was told to
    #[arg(long)]
    pub folder: PathBuf,
    /// Trials of the rows that count them, instead of each row's own
    #[arg(long)]
    pub trials: Option<u32>,
    /// Fewer trials, for every run of the tests
    #[arg(long)]
    pub quick: bool,
    /// Where chance begins
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Also what takes minutes: the whole three of row 17
    #[arg(long)]
    pub long: bool,
    /// Write the table here
    #[arg(long)]
    pub write: Option<PathBuf>,
    /// Rows by number; all without
    pub rows: Vec<u32>,
}

/// What every row is given.
#[derive(Debug)]
pub struct Bench {
    pub binary: PathBuf,
    pub folder: PathBuf,
    pub library: PathBuf,
    pub long: bool,
    pub quick: bool,
    trials: Option<u32>,
    pub seed: u64,
}

impl Bench {
    pub fn new(options: &Options, library: PathBuf) -> anyhow::Result<Self> {
        Ok(Self {
            binary: options.binary.canonicalize()?,
            folder: options.folder.canonicalize()?,
            library,
            long: options.long,
            quick: options.quick,
            trials: options.trials,
            seed: options.seed,
        })
    }

    /// How often: as asked for, or the row's own number, or the smaller one of a quick run.
    pub fn trials(&self, usual: u32, quick: u32) -> u32 {
        self.trials.unwrap_or(if self.quick { quick } else { usual })
    }

    /// Chance of one row.
    pub fn chance(&self, row: u64) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.seed.wrapping_mul(1_000_003).wrapping_add(row))
    }
}
