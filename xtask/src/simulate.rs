//! `cargo xtask simulate`: whole exams in virtual time, on all cores.

use anyhow::Result;

use crate::progress::step;
use crate::run;
use crate::workspace::Workspace;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// How many seeds
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Plant a bug, and see it found
    #[arg(long)]
    plant: Option<String>,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--quiet", "--release", "--package", "simulator", "--"]);
    cargo.args(["--seeds", &options.seeds.to_string(), "--from", &options.from.to_string()]);
    cargo.args(options.plant.iter().flat_map(|plant| ["--plant", plant]));
    let remedy = if options.plant.is_some() {
        "the planted bug was found, as it must be"
    } else {
        "a law does not hold: mend it, and keep the seed in server/simulator/tests/simulate.rs"
    };
    step("simulated exams", || run::run(&mut cargo, remedy))
}
