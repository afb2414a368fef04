//! `kaochang restore`

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args as ClapArgs;

use super::open::{database_file, keys_file, lock};
use crate::{
    config::Settings,
    service::backup::{Restored, restore},
    store::effects::Replayed,
    vault::Vault,
};

#[derive(Debug, ClapArgs)]
pub struct Args {
    /// File that `kaochang backup` wrote, with its manifest beside it; with --answer-log, all that was acknowledged after it
    backup: PathBuf,
}

pub async fn run(settings: &Settings, args: &Args) -> anyhow::Result<()> {
    if settings.database_url.is_some() {
        bail!("a backup is restored to a data folder; from there `kaochang copy-database` brings it to PostgreSQL");
    }
    let data = &settings.data;
    std::fs::create_dir_all(data).with_context(|| format!("the data folder {} can't be made", data.display()))?;
    let _lock = lock(data)?;
    let database = database_file(data);
    if database.exists() {
        bail!("there is a database in {} already; choose an empty folder by --data", data.display());
    }
    let keys = Vault::read(&keys_file(data))?.map(|vault| vault.check());
    let needed = crate::service::backup::check(&args.backup)?.keys;
    if let (Some(here), Some(needed)) = (&keys, &needed)
        && here != needed
    {
        bail!("the vault.key in {} has the check {here}, and the backup needs {needed}", data.display());
    }
    let Restored { manifest, report, replayed } =
        restore(&args.backup, &database, settings.answer_log.as_deref()).await?;
    for session in &manifest.sessions {
        println!("session {}  {}  {}", session.id, session.state, session.title);
    }
    if let Some(Replayed { number, transactions, rows }) = replayed {
        println!("{transactions} transactions with {rows} rows taken in from the log, up to number {number}");
    }
    println!("restored to {}; audit: {report}", database.display());
    if let (None, Some(needed)) = (keys, needed) {
        println!("put the vault.key with the check {needed} into the folder before the server starts");
    }
    Ok(())
}
