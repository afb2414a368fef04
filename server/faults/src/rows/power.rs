//! Row 2: the power goes. What was written and flushed is recorded; at many points of that record the disk is made as a cut
//! could have left it, opened, and held against what was acknowledged before.

use std::collections::HashMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::bench::Bench;
use crate::check::{Compared, Place};
use crate::load::Load;
use crate::report::{Line, Outcome};
use crate::stage::{Stage, Template, copy_folder, verify};
use crate::trace::{Disk, Trace, Unflushed};

const CUTS: u32 = 150;
const CUTS_QUICK: u32 = 40;
/// Every so many cuts the real command verifies the copy as well.
const COMMAND_EVERY: u32 = 25;
/// Enough for several checkpoints.
const SAVES: usize = 2_500;
const PAUSE: Duration = Duration::from_millis(5);

/// How flushes are recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flushes {
    /// As they are: `synchronous=FULL`.
    Full,
    /// As with `synchronous=NORMAL`, see the library.
    Normal,
}

pub async fn run(bench: &Bench, template: &Template) -> Result<Outcome> {
    let cuts = bench.trials(CUTS, CUTS_QUICK);
    let (compared, flushes) = cut(bench, template, Flushes::Full, cuts).await?;
    compared.holds()?;
    let (normal, _) = cut(bench, template, Flushes::Normal, cuts).await?;
    ensure!(normal.lost > 0, "with synchronous=NORMAL nothing was lost in {cuts} cuts: this row proves nothing");
    let also = format!(
        "{flushes} flushes recorded; the same with `synchronous=NORMAL` loses {} of {}, as it must",
        normal.lost, normal.acknowledged
    );
    let fault = "power cut: unflushed writes lost, torn, reordered";
    Ok(Outcome { lines: vec![Line { also, ..Line::new(fault, cuts, compared) }] })
}

async fn cut(bench: &Bench, template: &Template, flushes: Flushes, cuts: u32) -> Result<(Compared, usize)> {
    let (name, mut chance) = (if flushes == Flushes::Full { "row-2" } else { "row-2-normal" }, bench.chance(2));
    let path = bench.folder.join(format!("{name}.trace"));
    let stage = Stage::new(bench, template, name, Some(&path))?;
    let (base, copy) = (stage.folder.join("before"), stage.folder.join("after"));
    copy_folder(&stage.data, &base)?;
    let mut environment = vec![("FAULTS_TRACE", path.as_path())];
    if flushes == Flushes::Normal {
        environment.push(("FAULTS_WAL_NORMAL", Path::new("1")));
    }
    let server = stage.serve_under(&environment).await?;
    let mut load = Load::start(&stage, PAUSE).await?;
    load.more(SAVES, Duration::from_mins(1)).await?;
    drop(server);
    let sent = load.abort().sent;
    let trace = Trace::read(&path)?;
    let mut points: Vec<usize> =
        (0..cuts).map(|_| chance.random_range(trace.first_acknowledged().unwrap_or(0)..trace.len())).collect();
    points.sort_unstable();
    let (mut disk, mut at, mut compared) = (Disk::before(&trace, &base)?, 0, Compared::default());
    for (number, point) in (0..).zip(points) {
        disk.advance(&trace, at, point + 1);
        at = point + 1;
        let place = Place { store: copy.display().to_string(), session: stage.session.clone() };
        let after = After { place, base: &base, copy: &copy, sent: &sent };
        let found = after.one(&trace, at, &disk, &mut chance).await;
        let found = found.with_context(|| format!("cut {number} after record {point} of {}", trace.len()))?;
        compared.add(found);
        if flushes == Flushes::Full && number % COMMAND_EVERY == 0 {
            verify(&bench.binary, &copy, None)?;
        }
    }
    std::fs::remove_file(&path)?;
    Ok((compared, trace.flushes()))
}

/// What a cut leaves, and what is known of what was.
struct After<'a> {
    place: Place,
    base: &'a Path,
    copy: &'a Path,
    sent: &'a HashMap<String, i64>,
}

impl After<'_> {
    async fn one(&self, trace: &Trace, at: usize, disk: &Disk, chance: &mut ChaCha8Rng) -> Result<Compared> {
        if self.copy.exists() {
            std::fs::remove_dir_all(self.copy)?;
        }
        copy_folder(self.base, self.copy)?;
        let unflushed = [Unflushed::Lost, Unflushed::Some, Unflushed::Torn][chance.random_range(0..3)];
        disk.cut(unflushed, chance, self.copy)?;
        let standing = self.place.standing().await.with_context(|| format!("unflushed writes: {unflushed:?}"))?;
        self.place.verified().await?;
        Ok(standing.compare(&trace.acknowledged(at)?, self.sent))
    }
}
