//! `cargo xtask demo`: from a fresh checkout to a running exam by one command.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, anyhow};

use crate::workspace::Workspace;
use crate::{build, run};

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Throw the demonstration's data away and start anew
    #[arg(long)]
    fresh: bool,
    /// Port on 127.0.0.1
    #[arg(long, default_value_t = 8600)]
    port: u16,
    /// Data folder [default: demo-data in the checkout]
    #[arg(long)]
    data: Option<PathBuf>,
    /// Stop after the build
    #[arg(long)]
    no_serve: bool,
}

/// Builds, then becomes the server, so that signals and the exit code are the server's own.
pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let binary = build::everything(workspace)?;
    if options.no_serve {
        eprintln!("==> built {}", binary.display());
        return Ok(());
    }
    let mut server = Command::new(binary);
    server.arg("demo").arg("--data").arg(data_folder(workspace, options));
    server.arg("--listen").arg(format!("127.0.0.1:{}", options.port));
    if options.fresh {
        server.arg("--fresh");
    }
    eprintln!("==> {}", run::shown(&server));
    let error = server.exec();
    Err(anyhow!(error)
        .context(format!("`{}` did not start: build again with `cargo xtask build`", run::shown(&server))))
}

/// A folder given on the command line is relative to where the command was typed, the default to the checkout.
fn data_folder(workspace: &Workspace, options: &Options) -> PathBuf {
    match &options.data {
        Some(folder) => folder.clone(),
        None if env::current_dir().is_ok_and(|here| here == workspace.root) => PathBuf::from("demo-data"),
        None => workspace.root.join("demo-data"),
    }
}
