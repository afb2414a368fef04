//! Rows 21 and 27: the database's file is damaged past use, or its machine is gone. Backup and answer log make another one.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::Instant;

use crate::bench::Bench;
use crate::lives::least_outside;
use crate::load::Load;
use crate::report::{Line, Outcome};
use crate::stage::{Judged, Stage, Template};

const PAUSE: Duration = Duration::from_millis(5);
const SAVED_WITHIN: Duration = Duration::from_secs(30);
const OVER_WITHIN: Duration = Duration::from_mins(5);
const KEYS: &str = "vault.key";

/// What happens to the data folder of a server that was killed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// The database is overwritten.
    Damaged,
    /// There is nothing left of it; the keys are kept apart.
    Gone,
}

pub async fn run(bench: &Bench, template: &Template) -> Result<Outcome> {
    Ok(Outcome { lines: vec![replaced(bench, template, Harm::Gone).await?] })
}

/// A backup is taken while everybody writes; then the harm is done, and the log brings all that was acknowledged since.
pub async fn replaced(bench: &Bench, template: &Template, harm: Harm) -> Result<Line> {
    let mut stage = Stage::new(bench, template, if harm == Harm::Gone { "row-27" } else { "row-21-restored" }, None)?;
    let [second_disk, backup, spare] = ["second-disk", "backup.sqlite", "spare"].map(|name| stage.folder.join(name));
    fs::create_dir(&second_disk)?;
    stage.arguments = vec!["--answer-log".into(), second_disk.clone().into()];
    let server = stage.serve().await?;
    let mut load = Load::start(&stage, PAUSE).await?;
    load.more(3 * stage.people.len(), SAVED_WITHIN).await?;
    stage.kaochang(&["backup".as_ref(), backup.as_ref(), "--data".as_ref(), stage.data.as_ref()]).await?;
    let backed_up = load.acknowledged();
    load.more(10 * stage.people.len(), SAVED_WITHIN).await?;
    drop(server);
    let begin = Instant::now();
    fs::create_dir(&spare)?;
    fs::copy(stage.data.join(KEYS), spare.join(KEYS))?;
    do_harm(harm, &stage.data)?;
    let restore = ["restore".as_ref(), backup.as_ref(), "--data".as_ref(), spare.as_ref(), "--answer-log".as_ref()];
    stage.kaochang(&[&restore[..], &[second_disk.as_ref()]].concat()).await?;
    stage.data = spare;
    let server = stage.serve().await?;
    let over = Instant::now();
    ensure!(over - begin <= OVER_WITHIN, "the spare took {} s", (over - begin).as_secs());
    let since = load.acknowledged() - backed_up;
    load.more(2 * stage.people.len(), SAVED_WITHIN).await?;
    let Judged { book, compared, .. } = stage.judged(server, load).await?;
    let time = least_outside(&book, &[(begin, over)])?;
    let also = format!("{since} acknowledged after the backup came from the log on the second disk");
    let fault = match harm {
        Harm::Damaged => "database file destroyed; restored from backup and answer log",
        Harm::Gone => "the server machine is gone; a spare takes over from backup and answer log",
    };
    Ok(Line { time: Some(time), recovered: Some(over - begin), also, ..Line::new(fault, 1, compared) })
}

fn do_harm(harm: Harm, data: &Path) -> Result<()> {
    match harm {
        Harm::Gone => fs::remove_dir_all(data)?,
        Harm::Damaged => {
            for entry in fs::read_dir(data)? {
                let path = entry?.path();
                if path.to_string_lossy().contains(".sqlite") {
                    fs::write(path, vec![0x5a; 65_536])?;
                }
            }
        }
    }
    Ok(())
}
