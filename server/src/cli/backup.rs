//! `kaochang backup`

use std::path::{Path, PathBuf};

use chrono::DateTime;
use clap::Args as ClapArgs;

use super::open::{existing_file, keys_file, not_opened};
use crate::{
    config::Settings,
    service::backup::{Manifest, make, manifest_path},
    store::Store,
    vault::Vault,
    world::{RealWorld, World},
};

#[derive(Debug, ClapArgs)]
pub struct Args {
    /// File to be written, or a folder that gets a file named by the time
    #[arg(value_name = "FILE|DIR")]
    to: PathBuf,
}

pub async fn run(settings: &Settings, args: &Args) -> anyhow::Result<()> {
    let now = RealWorld::new().wall_ms();
    let file = if args.to.is_dir() { args.to.join(named(settings, now)) } else { args.to.clone() };
    let store = match &settings.database_url {
        Some(url) => Store::open_postgres(url).await,
        None => Store::open_read_only(&existing_file(&settings.data)?).await,
    };
    let keys = Vault::read(&keys_file(&settings.data))?.map(|vault| vault.check());
    let manifest = make(&store.map_err(not_opened)?, &file, keys, now).await?;
    print(&file, &manifest);
    Ok(())
}

fn named(settings: &Settings, now: i64) -> String {
    let local = DateTime::from_timestamp_millis(now).unwrap_or_default().with_timezone(&settings.zone);
    format!("kaochang-{}.sqlite", local.format("%Y%m%d-%H%M%S"))
}

fn print(file: &Path, manifest: &Manifest) {
    println!("{}  {} bytes", file.display(), manifest.bytes);
    println!("{}", manifest_path(file).display());
    println!("sha256 {}", manifest.digest);
    for session in &manifest.sessions {
        println!("session {}  {}  {}", session.id, session.state, session.title);
    }
    let rows = |table: &str| manifest.rows.get(table).copied().unwrap_or(0);
    println!(
        "{} sittings, {} responses, {} audit rows in {} chains",
        rows("sitting"),
        rows("response"),
        rows("audit"),
        manifest.heads.len()
    );
    match &manifest.keys {
        Some(check) => println!("the keys are not in it: it needs the vault.key with the check {check}, kept apart"),
        None => println!("there is no vault.key in the data folder, so the backup can't say which keys it needs"),
    }
}
