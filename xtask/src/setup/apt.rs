//! Packages of Debian and Ubuntu.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Result, bail};

use crate::progress::step;
use crate::run;

/// Installs packages, or says in one sentence what is missing where it may not. `purpose` begins that sentence.
pub fn install(packages: &[&str], purpose: &str) -> Result<()> {
    let names = packages.join(" ");
    if !may_install() {
        bail!("{purpose} missing: install it and try again (as root on Debian or Ubuntu: `apt-get install {names}`)");
    }
    update();
    step(&format!("apt-get install {names}"), || {
        let mut apt = apt_get(&["install", "-y", "--no-install-recommends"]);
        run::run(apt.args(packages), "look at apt's message above, or install these packages by hand")
    })
}

/// Whether this program may install packages here: as root, where there is apt.
pub fn may_install() -> bool {
    is_root() && Path::new("/etc/debian_version").exists() && run::on_path("apt-get").is_some()
}

pub fn is_root() -> bool {
    run::stdout(Command::new("id").arg("-u"), "").is_ok_and(|id| id == "0")
}

/// Whether dpkg has the package installed.
pub fn has(package: &str) -> bool {
    run::stdout(Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]), "")
        .is_ok_and(|status| status == "installed")
}

/// The lists are brought up to date once a run. Old lists may still do, so a failure is only told.
fn update() {
    static UPDATED: OnceLock<()> = OnceLock::new();
    UPDATED.get_or_init(|| {
        let outcome = step("apt-get update", || {
            run::run(&mut apt_get(&["update"]), "are the machine's package sources reachable?")
        });
        if let Err(error) = outcome {
            eprintln!("warning: {error:#}");
        }
    });
}

fn apt_get(arguments: &[&str]) -> Command {
    let mut apt = Command::new("apt-get");
    // Quiet, because a fresh machine's installation is hundreds of lines that nobody reads.
    apt.args(["-q", "-o", "Dpkg::Use-Pty=0"]).args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    apt
}
