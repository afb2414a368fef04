//! `kaochang copy-database`

use std::{fs::File, path::Path};

use anyhow::{Context, bail};
use clap::Args as ClapArgs;

use super::open::{database_file, existing_file, lock, not_opened};
use crate::{
    store::{Store, Tx, copy::copy, session},
    world::{RealWorld, World},
};

/// A server flushes the clock of a running session every second.
const SILENT_MS: i64 = 10_000;

#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Database to be read: a data folder, or `postgres://…`
    #[arg(long, value_name = "DIR|URL")]
    from: String,
    /// Empty database to be written: a data folder, or `postgres://…`
    #[arg(long, value_name = "DIR|URL")]
    to: String,
}

/// A store, and the lock on its folder if it has one.
struct Taken {
    store: Store,
    _lock: Option<File>,
}

pub async fn run(args: &Args) -> anyhow::Result<()> {
    if is_url(&args.from) == is_url(&args.to) {
        bail!("one side must be a data folder (SQLite) and the other postgres://…; for the same kind take a backup");
    }
    if !is_url(&args.from) {
        existing_file(Path::new(&args.from))?;
    }
    let (from, to) = (take(&args.from).await?, take(&args.to).await?);
    let mut source = from.store.read().await?;
    refuse_if_served(&mut source).await?;
    let mut target = to.store.write().await?;
    let copied = copy(&mut source, &mut target).await?;
    target.commit().await?;
    for content in &copied {
        println!("{:>12}  {}  {}", content.rows, content.digest.short(), content.table);
    }
    let rows: u64 = copied.iter().map(|content| content.rows).sum();
    println!("{rows} rows of {} tables copied, each read back the same", copied.len());
    println!("the keys are not in the database: the server needs the same vault.key in its data folder");
    drop(source);
    from.store.close().await;
    to.store.close().await;
    Ok(())
}

fn is_url(place: &str) -> bool {
    place.starts_with("postgres://") || place.starts_with("postgresql://")
}

async fn take(place: &str) -> anyhow::Result<Taken> {
    if is_url(place) {
        return Ok(Taken { store: Store::open_postgres(place).await.map_err(not_opened)?, _lock: None });
    }
    let data = Path::new(place);
    std::fs::create_dir_all(data).with_context(|| format!("the data folder {} can't be made", data.display()))?;
    let lock = lock(data)?;
    let store = Store::open_sqlite(&database_file(data)).await.map_err(not_opened)?;
    Ok(Taken { store, _lock: Some(lock) })
}

/// A data folder is locked by its server; of a server on `PostgreSQL` the running exam clock tells.
async fn refuse_if_served(source: &mut Tx) -> anyhow::Result<()> {
    let now = RealWorld::new().wall_ms();
    let sessions = session::all(source).await?;
    if let Some(session) = sessions.iter().find(|s| s.state == "running" && (now - s.clock_at_ms).abs() < SILENT_MS) {
        bail!("a server is serving the session {} from this database; stop it first", session.id);
    }
    Ok(())
}
