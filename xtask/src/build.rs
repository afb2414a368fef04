//! The release build. The client comes first, because the server embeds it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::progress::step;
use crate::workspace::Workspace;
use crate::{front, run, setup};

/// Builds client and server; returns the server's binary.
pub fn everything(workspace: &Workspace) -> Result<PathBuf> {
    client(workspace)?;
    server(workspace)
}

/// Builds the client into the folder that the server embeds.
pub fn client(workspace: &Workspace) -> Result<()> {
    let compiler = step("set-up for building", || {
        setup::c_compiler()?;
        setup::wasm::provide(workspace)
    })?;
    step("client (WebAssembly)", || front::build(workspace, &compiler))
}

/// Builds the server in release, with the client that is in the site folder now.
pub fn server(workspace: &Workspace) -> Result<PathBuf> {
    site_folder(workspace)?;
    step("server (release)", || {
        run::run(
            workspace.cargo().args(["build", "--release", "--package", "kaochang"]),
            "see the compiler's message above",
        )
    })?;
    Ok(workspace.server_binary())
}

/// The server does not compile without the folder it embeds, even when there is nothing in it yet.
pub fn site_folder(workspace: &Workspace) -> Result<()> {
    let site = workspace.site();
    fs::create_dir_all(&site).with_context(|| format!("creating {}", site.display()))
}
