//! Backups: a file with everything that the database holds, taken while an exam runs, and beside it a manifest that says what
//! the file is. The keys are not in it: they are kept apart, and the manifest only says which ones it needs.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use question_bank::digest::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use super::verify::{Report, verify};
use crate::store::{
    Store, StoreError, audit,
    backup::{damage, schema_step_newest},
    copy::{self, CopyError},
    effects::{Replayed, replay},
    session,
};

const FORMAT: &str = "kaochang-backup/1";

/// What a backup is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `kaochang-backup/1`.
    pub format: String,
    /// Wall time.
    pub made_at_ms: i64,
    /// Step of the schema.
    pub schema_step: i64,
    /// Length of the file.
    pub bytes: u64,
    /// Of the file, SHA-256.
    pub digest: Digest,
    /// [`crate::vault::Vault::check`] of the keys that it needs; `None` where there were none.
    pub keys: Option<String>,
    /// Sessions that it holds, the newest first.
    pub sessions: Vec<Held>,
    /// Rows of each table.
    pub rows: BTreeMap<String, u64>,
    /// Head of each audit chain, as the signed record prints it.
    pub heads: BTreeMap<String, String>,
}

/// A session in a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// `UUIDv7`.
    pub id: String,
    /// 场次名称.
    pub title: String,
    /// `ready`, `running`, `finished`.
    pub state: String,
}

/// Why there is no backup, or why it is not taken for one.
#[derive(Debug, Error)]
pub enum BackupError {
    /// A file can't be read or written.
    #[error("{0}: {1}")]
    File(String, io::Error),
    /// What is wrong with it, as the database or the record tells.
    #[error("damaged: {0}")]
    Damaged(String),
    /// The file is not what its manifest says.
    #[error("{0}")]
    Refused(String),
    /// The database could not be copied.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The manifest's file of a backup's file.
pub fn manifest_path(backup: &Path) -> PathBuf {
    with_suffix(backup, ".json")
}

/// Makes a backup: writes the file under another name, looks at it, and only then gives it its own, with its manifest.
pub async fn make(store: &Store, file: &Path, keys: Option<String>, made_at_ms: i64) -> Result<Manifest, BackupError> {
    if file.exists() {
        return Err(BackupError::Refused(format!("{} is there already", file.display())));
    }
    let part = with_suffix(file, ".part");
    remove(&part)?;
    let made = describe(store, &part, keys, made_at_ms).await;
    let manifest = match made {
        Ok(manifest) => manifest,
        Err(error) => {
            remove(&part)?;
            return Err(error);
        }
    };
    let text = serde_json::to_string_pretty(&manifest).expect("a manifest is plain data") + "\n";
    let manifest_file = manifest_path(file);
    let manifest_part = with_suffix(&manifest_file, ".part");
    let written = File::create(&manifest_part).and_then(|mut out| {
        out.write_all(text.as_bytes())?;
        out.sync_all()
    });
    written.map_err(at(&manifest_part))?;
    fs::rename(&manifest_part, &manifest_file).map_err(at(&manifest_file))?;
    fs::rename(&part, file).map_err(at(file))?;
    sync_folder(file)?;
    Ok(manifest)
}

/// Writes the snapshot, brings it to stable storage, and says what it is.
async fn describe(store: &Store, part: &Path, keys: Option<String>, made_at_ms: i64) -> Result<Manifest, BackupError> {
    store.snapshot(part).await?;
    File::open(part).and_then(|file| file.sync_all()).map_err(at(part))?;
    let (digest, bytes) = digest_of(part)?;
    let snapshot = Store::open_read_only(part).await?;
    let mut tx = snapshot.read().await?;
    if let Some(first) = damage(&mut tx).await?.into_iter().next() {
        return Err(BackupError::Damaged(first));
    }
    let held = |row: session::SessionRow| Held { id: row.id, title: row.title, state: row.state };
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        made_at_ms,
        schema_step: schema_step_newest(),
        bytes,
        digest,
        keys,
        sessions: session::all(&mut tx).await?.into_iter().map(held).collect(),
        rows: copy::rows(&mut tx).await?,
        heads: heads(&mut tx).await?,
    };
    drop(tx);
    snapshot.close().await;
    Ok(manifest)
}

/// The head of each chain, which must be the chain's last row.
async fn heads(tx: &mut crate::store::Tx) -> Result<BTreeMap<String, String>, BackupError> {
    let mut heads = BTreeMap::new();
    for chain in audit::chains(tx).await? {
        let head = audit::read_head(tx, &chain).await?;
        let last = audit::hash_at(tx, &chain, head.row_no).await?;
        let further = audit::hash_at(tx, &chain, head.row_no + 1).await?;
        if last != Some(head.hash.to_string()) || further.is_some() {
            return Err(BackupError::Damaged(format!("the head of the audit chain {chain} is not its last row")));
        }
        heads.insert(chain, head.short());
    }
    Ok(heads)
}

/// Reads a backup's manifest and holds the file against it.
pub fn check(file: &Path) -> Result<Manifest, BackupError> {
    let path = manifest_path(file);
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    let unreadable = |error: serde_json::Error| BackupError::Refused(format!("{}: {error}", path.display()));
    let manifest: Manifest = serde_json::from_str(&text).map_err(unreadable)?;
    if manifest.format != FORMAT {
        return Err(BackupError::Refused(format!("{} is of the format {}", path.display(), manifest.format)));
    }
    if digest_of(file)? != (manifest.digest, manifest.bytes) {
        let what = "is not the file that its manifest was written for: it was damaged or changed";
        return Err(BackupError::Refused(format!("{} {what}", file.display())));
    }
    Ok(manifest)
}

/// A database made from a backup.
#[derive(Debug)]
pub struct Restored {
    /// Of the backup.
    pub manifest: Manifest,
    /// On the whole record, as it is now.
    pub report: Report,
    /// What a log on a second disk had after the backup.
    pub replayed: Option<Replayed>,
}

/// Makes the database of a data folder from a backup and what a log has after it: held against its manifest, copied, brought
/// up to date, looked at whole, and only then given its name.
pub async fn restore(backup: &Path, database: &Path, log: Option<&Path>) -> Result<Restored, BackupError> {
    let manifest = check(backup)?;
    let part = with_suffix(database, ".part");
    for leftover in ["", "-wal", "-shm"] {
        remove(&with_suffix(&part, leftover))?;
    }
    fs::copy(backup, &part).map_err(at(&part))?;
    let (report, replayed) = match rebuilt(&part, log).await {
        Ok(rebuilt) => rebuilt,
        Err(error) => {
            remove(&part)?;
            return Err(error);
        }
    };
    File::open(&part).and_then(|file| file.sync_all()).map_err(at(&part))?;
    fs::rename(&part, database).map_err(at(database))?;
    sync_folder(database)?;
    Ok(Restored { manifest, report, replayed })
}

async fn rebuilt(part: &Path, log: Option<&Path>) -> Result<(Report, Option<Replayed>), BackupError> {
    let store = Store::open_sqlite(part).await?;
    let looked_at = look_at(&store, log).await;
    // Closed in any case, so that the file is the whole of it.
    store.close().await;
    looked_at
}

async fn look_at(store: &Store, log: Option<&Path>) -> Result<(Report, Option<Replayed>), BackupError> {
    let replayed = match log {
        Some(folder) => Some(replay(store, folder).await?),
        None => None,
    };
    let report = verify(store, None, None).await?;
    match report.problems.first() {
        Some(problem) => Err(BackupError::Damaged(problem.clone())),
        None => Ok((report, replayed)),
    }
}

/// SHA-256 and length of a file.
fn digest_of(file: &Path) -> Result<(Digest, u64), BackupError> {
    let mut source = File::open(file).map_err(at(file))?;
    let (mut hasher, mut buffer, mut bytes) = (Sha256::new(), vec![0; 1 << 16], 0_u64);
    loop {
        let got = source.read(&mut buffer).map_err(at(file))?;
        if got == 0 {
            return Ok((Digest::from_bytes(hasher.finalize().into()), bytes));
        }
        hasher.update(&buffer[..got]);
        bytes += got as u64;
    }
}

fn remove(file: &Path) -> Result<(), BackupError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(file)(error)),
        _ => Ok(()),
    }
}

/// A name in a folder is on stable storage only when the folder is.
fn sync_folder(file: &Path) -> Result<(), BackupError> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn at(file: &Path) -> impl Fn(io::Error) -> BackupError + use<'_> {
    move |error| BackupError::File(file.display().to_string(), error)
}
