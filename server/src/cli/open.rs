//! Opening a data folder: one process at a time, so that no two servers write one embedded database.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};

use crate::{
    config::Settings,
    service::Centre,
    shipped,
    store::{Store, StoreError, effects, server},
    vault::Vault,
    world::{RealWorld, new_id},
};

/// File of the embedded database.
const SQLITE: &str = "kaochang.sqlite";

/// An open data folder. The lock is held as long as this lives.
#[derive(Debug)]
pub struct Opened {
    /// The services.
    pub centre: Arc<Centre>,
    _lock: File,
}

/// Opens the data folder, makes it if need be, and loads what ships with the product.
pub async fn open(settings: &Settings) -> anyhow::Result<Opened> {
    let data = &settings.data;
    std::fs::create_dir_all(data).with_context(|| format!("the data folder {} can't be made", data.display()))?;
    let lock = lock(data)?;
    let world = Arc::new(RealWorld::new());
    let keys = keys_file(data);
    let keys_are_new = !keys.exists();
    let vault = Vault::open(&keys, &*world).with_context(|| format!("the keys in {}", keys.display()))?;
    let store = store(settings).await?;
    let checked = server::key_check(&mut store.read().await?).await.context("the database can't be read")?;
    if let Some(expected) = &checked
        && *expected != vault.check()
    {
        if keys_are_new {
            std::fs::remove_file(&keys).context("the keys that were just made can't be removed")?;
        }
        bail!(
            "the keys {} are not those that this database was written with: copy vault.key from the data folder of another \
             server on it, or restore the file from its backup",
            keys.display()
        );
    }
    if settings.answer_log.is_none() && effects::leave(&store).await? {
        tracing::warn!(
            "the database has a log on a second disk and is written without it; take a backup before it counts again"
        );
    }
    let centre = Centre::start(store, world, vault, settings.zone).await.context("the database can't be read")?;
    if keys_are_new && !centre.home_view().sessions.is_empty() {
        std::fs::remove_file(&keys).context("the keys that were just made can't be removed")?;
        bail!(
            "the keys {} are not there, but the database has sessions that need them: restore the file from its backup",
            keys.display()
        );
    }
    if checked.is_none() {
        centre.keep_key_check().await.context("the check of the keys can't be written")?;
    }
    shipped::load(&centre).await.context("what ships with the product can't be loaded")?;
    Ok(Opened { centre, _lock: lock })
}

/// Opens a database that must be there already, for commands that only read.
pub async fn existing_store(settings: &Settings) -> anyhow::Result<Store> {
    if settings.database_url.is_none() {
        existing_file(&settings.data)?;
    }
    // A log is taken up only by who has the folder to itself.
    store(&Settings { answer_log: None, ..settings.clone() }).await
}

/// The file of the embedded database in a data folder.
pub fn database_file(data: &Path) -> PathBuf {
    data.join(SQLITE)
}

/// The same, where it must be there already.
pub fn existing_file(data: &Path) -> anyhow::Result<PathBuf> {
    let file = database_file(data);
    if !file.exists() {
        bail!("there is no database in {}; give the data folder by --data", data.display());
    }
    Ok(file)
}

/// The file of the keys in a data folder.
pub fn keys_file(data: &Path) -> PathBuf {
    data.join("vault.key")
}

/// Opens the database.
async fn store(settings: &Settings) -> anyhow::Result<Store> {
    let opened = match &settings.database_url {
        Some(url) => Store::open_postgres(url).await,
        None => embedded(settings).await,
    };
    opened.map_err(not_opened)
}

async fn embedded(settings: &Settings) -> Result<Store, StoreError> {
    let file = database_file(&settings.data);
    let store = Store::open_sqlite(&file).await?;
    match &settings.answer_log {
        Some(folder) => store.with_log(&file, folder, &new_id(&RealWorld::new())).await,
        None => Ok(store),
    }
}

/// What is said of a database that can't be opened.
pub fn not_opened(error: StoreError) -> anyhow::Error {
    match error {
        error @ (StoreError::Newer(_) | StoreError::Older(_) | StoreError::Full | StoreError::Log(_)) => {
            anyhow::Error::new(error)
        }
        error => anyhow::Error::new(error).context("the database can't be opened"),
    }
}

/// Takes the data folder for this process; it is given back when the file is dropped.
pub fn lock(data: &Path) -> anyhow::Result<File> {
    let path = data.join("kaochang.lock");
    let file = File::create(&path).with_context(|| format!("{} can't be written", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "another kaochang is using the data folder {}; stop it first, or choose another folder by --data",
                data.display()
            )
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("{} can't be locked", path.display())),
    }
}
