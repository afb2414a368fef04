//! A compiler for the browser: the toolchain's own WebAssembly standard library, or Debian's compiler with the source
//! of its standard library (for machines that reach Debian's packages but not rustup's server).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_metadata::semver::Version;

use super::apt;
use crate::run;
use crate::workspace::Workspace;

pub const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_PACKAGES: [&str; 2] = ["rustc-web", "rust-web-src"];

/// How the client is compiled.
#[derive(Debug)]
pub enum Compiler {
    /// The toolchain in use has the standard library for WebAssembly.
    Toolchain,
    /// Debian's compiler builds the standard library along; the linker comes from the toolchain in use.
    Debian { rustc: PathBuf, linker: PathBuf },
}

/// Finds a compiler, installing one where that is possible.
pub fn provide(workspace: &Workspace) -> Result<Compiler> {
    if toolchain_has_library(workspace) {
        return Ok(Compiler::Toolchain);
    }
    if let Some(compiler) = debian(workspace) {
        return Ok(compiler);
    }
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", TARGET]).current_dir(&workspace.root);
    match run::run(&mut rustup, "rustup's server may be out of reach; trying Debian's compiler instead") {
        Ok(()) if toolchain_has_library(workspace) => return Ok(Compiler::Toolchain),
        Ok(()) => {
            eprintln!("warning: rustup added {TARGET} to another toolchain than the one in use");
        }
        Err(error) => eprintln!("warning: {error:#}"),
    }
    if apt::may_install() {
        apt::install(&DEBIAN_PACKAGES, "Debian's compiler for WebAssembly is")?;
        if let Some(compiler) = debian(workspace) {
            return Ok(compiler);
        }
    }
    bail!(
        "the standard library for {TARGET} is missing: run `rustup target add {TARGET}`, or as root on Debian \
         `apt-get install {}`, and try again",
        DEBIAN_PACKAGES.join(" ")
    )
}

/// Cargo building for the browser by this compiler.
pub fn cargo(workspace: &Workspace, compiler: &Compiler) -> Command {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--target", TARGET]);
    if let Compiler::Debian { rustc, linker } = compiler {
        cargo
            .arg("-Zbuild-std=std,panic_abort")
            .env("RUSTC", rustc)
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
    }
    cargo
}

fn toolchain_has_library(workspace: &Workspace) -> bool {
    let Ok(folder) = rustc(workspace, &["--print", "target-libdir", "--target", TARGET]) else {
        return false;
    };
    let Ok(files) = Path::new(&folder).read_dir() else {
        return false;
    };
    files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libstd-"))
}

/// Debian's compiler, if it is there with its source, new enough, and a linker is found for it.
fn debian(workspace: &Workspace) -> Option<Compiler> {
    if !DEBIAN_PACKAGES.iter().all(|package| apt::has(package)) {
        return None;
    }
    let usable = || -> Result<Compiler> {
        let files = run::stdout(Command::new("dpkg").args(["-L", "rustc-web"]), "is dpkg's database whole?")?;
        let path = files.lines().find(|line| line.ends_with("bin/rustc")).context("rustc-web has no rustc in it")?;
        new_enough(Path::new(path))?;
        Ok(Compiler::Debian { rustc: path.into(), linker: linker(workspace)? })
    };
    usable().inspect_err(|error| eprintln!("warning: Debian's rustc-web can't be used: {error:#}")).ok()
}

fn new_enough(rustc: &Path) -> Result<()> {
    let said = run::stdout(Command::new(rustc).arg("--version"), "reinstall rustc-web")?;
    let version = said.split_whitespace().nth(1).context("no version in the answer of `rustc --version`")?;
    let needed = concat!(env!("CARGO_PKG_RUST_VERSION"), ".0");
    if Version::parse(version)? < Version::parse(needed).or_else(|_| Version::parse(env!("CARGO_PKG_RUST_VERSION")))? {
        bail!("it is {version}, and {} is needed", env!("CARGO_PKG_RUST_VERSION"));
    }
    Ok(())
}

/// The toolchain's own `rust-lld`, or LLVM's linker under one of its names.
fn linker(workspace: &Workspace) -> Result<PathBuf> {
    let sysroot = rustc(workspace, &["--print", "sysroot"])?;
    let about = rustc(workspace, &["-vV"])?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).context("`rustc -vV` names no host")?;
    let own = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    if own.is_file() {
        return Ok(own);
    }
    ["rust-lld", "wasm-ld"]
        .iter()
        .find_map(|name| run::on_path(name))
        .context("no linker for WebAssembly was found: install `lld`")
}

fn rustc(workspace: &Workspace, arguments: &[&str]) -> Result<String> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    run::stdout(rustc.args(arguments).current_dir(&workspace.root), "install Rust by rustup")
}
