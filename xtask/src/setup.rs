//! What must be on the machine. Each function looks first; what is missing it installs where it may, or names.

pub mod apt;
pub mod browser;
pub mod wasm;

use std::env;

use anyhow::{Result, bail};

use crate::run;
use crate::workspace::Workspace;

/// SQLite and the cryptography are compiled from C.
pub fn c_compiler() -> Result<()> {
    let chosen = env::var("CC").unwrap_or_default();
    let compiler = chosen.split_whitespace().next().unwrap_or("cc");
    if [compiler, "cc", "gcc", "clang"].iter().any(|name| run::on_path(name).is_some()) {
        return Ok(());
    }
    bail!("no C compiler was found: install one (Debian or Ubuntu: `apt-get install build-essential`)")
}

/// A component of the Rust toolchain, known by its cargo subcommand.
pub fn component(workspace: &Workspace, component: &str, subcommand: &str) -> Result<()> {
    if run::succeeds(workspace.cargo().args([subcommand, "--version"])) {
        return Ok(());
    }
    let remedy = format!("install {component} with the Rust toolchain you use (`rustup component add {component}`)");
    run::run(std::process::Command::new("rustup").args(["component", "add", component]), &remedy)
}
