//! Row 21: pages of the database's file are overwritten. `kaochang audit verify` finds it, or nothing that counts was there.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

use crate::bench::Bench;
use crate::check::{Compared, Place};
use crate::load::Load;
use crate::report::{Line, Outcome};
use crate::rows::spare::{self, Harm};
use crate::stage::{Stage, Template, copy_folder, verify};

const TRIALS: u32 = 60;
const TRIALS_QUICK: u32 = 15;
const PAUSE: Duration = Duration::from_millis(5);
const PAGE: usize = 4096;
/// As SQLite names its file in the data folder.
const FILE: &str = "kaochang.sqlite";

pub async fn run(bench: &Bench, template: &Template) -> Result<Outcome> {
    let (trials, mut chance) = (bench.trials(TRIALS, TRIALS_QUICK), bench.chance(21));
    let stage = Stage::new(bench, template, "row-21", None)?;
    let server = stage.serve().await?;
    let mut load = Load::start(&stage, PAUSE).await?;
    load.more(20 * stage.people.len(), Duration::from_secs(20)).await?;
    let sent = load.stop().await?.sent;
    server.stop()?;
    let recorded = stage.recorder.recorded()?;
    let whole = stage.place().standing().await?;
    stage.verify()?;
    let (mut detected, mut harmless, mut compared) = (0, 0, Compared::default());
    let copy = stage.folder.join("damaged");
    for trial in 0..trials {
        if copy.exists() {
            std::fs::remove_dir_all(&copy)?;
        }
        copy_folder(&stage.data, &copy)?;
        let page = overwrite(&copy.join(FILE), &mut chance)?;
        if verify(&bench.binary, &copy, None).is_err() {
            detected += 1;
            continue;
        }
        let place = Place { store: copy.display().to_string(), session: stage.session.clone() };
        let standing = place.standing().await?;
        ensure!(standing.responses == whole.responses, "trial {trial}: page {page} is damaged, and nobody sees it");
        compared.add(standing.compare(&recorded, &sent));
        harmless += 1;
    }
    ensure!(detected > 0, "no damage was detected");
    ensure!(compared.lost == 0, "damage that nobody saw lost {} answers", compared.lost);
    let also = format!(
        "{detected} detected by `kaochang audit verify`, {harmless} in pages that hold nothing; answers are compared in these"
    );
    let found = Line { also, ..Line::new("a page of the database file overwritten", trials, compared) };
    Ok(Outcome { lines: vec![found, spare::replaced(bench, template, Harm::Damaged).await?] })
}

/// Overwrites one page by chance; which.
fn overwrite(file: &Path, chance: &mut ChaCha8Rng) -> Result<u64> {
    let file = OpenOptions::new().write(true).open(file)?;
    let pages = file.metadata()?.len() / PAGE as u64;
    let (page, mut bytes) = (chance.random_range(0..pages), [0; PAGE]);
    chance.fill_bytes(&mut bytes);
    file.write_all_at(&bytes, page * PAGE as u64)?;
    Ok(page)
}
