//! Where things are: the checkout, and cargo's target folder (which `CARGO_TARGET_DIR` may move elsewhere).

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

/// The checkout this program works on.
#[derive(Debug)]
pub struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
}

impl Workspace {
    pub fn locate() -> Result<Self> {
        let mut query = MetadataCommand::new();
        if let Some(manifest_folder) = env::var_os("CARGO_MANIFEST_DIR") {
            query.manifest_path(PathBuf::from(manifest_folder).join("Cargo.toml"));
        }
        let metadata =
            query.no_deps().exec().context("`cargo metadata` failed: run `cargo xtask` inside the checkout")?;
        Ok(Self {
            root: metadata.workspace_root.into_std_path_buf(),
            target: metadata.target_directory.into_std_path_buf(),
        })
    }

    /// What the browser gets, embedded by the server at compile time. It stays in the checkout even where
    /// `CARGO_TARGET_DIR` points elsewhere, because the server names this folder in its source.
    pub fn site(&self) -> PathBuf {
        self.root.join("target/site")
    }

    /// The client has a target folder of its own: it may be compiled by another compiler than the server.
    pub fn front_target(&self) -> PathBuf {
        self.target.join("front")
    }

    pub fn server_binary(&self) -> PathBuf {
        self.target.join("release/kaochang")
    }

    pub fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }

    /// The cargo that runs this program, working in the workspace's root.
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root);
        cargo
    }
}
