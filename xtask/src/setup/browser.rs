//! What the browser tests need: a browser, a font with Chinese characters, Node.js and the tests' own packages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::apt;
use crate::front::hex_digest;
use crate::progress::step;
use crate::run;
use crate::workspace::Workspace;

/// The oldest Node.js whose test runner has everything the tests use.
const NODE_MAJOR_MIN: u32 = 18;

const BROWSERS: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

/// Returns the browser.
pub fn provide(workspace: &Workspace) -> Result<PathBuf> {
    let mut packages = Vec::new();
    if browser().is_none() {
        packages.push("chromium");
    }
    if !has_chinese_font() {
        packages.push("fonts-noto-cjk");
    }
    // A Node.js from elsewhere on PATH is as good as Debian's.
    packages.extend(
        [("node", "nodejs"), ("npm", "npm")]
            .iter()
            .filter_map(|(program, package)| run::on_path(program).is_none().then_some(*package)),
    );
    if !packages.is_empty() {
        apt::install(&packages, &format!("what the browser tests need ({}) is", packages.join(", ")))?;
    }
    node_is_new_enough()?;
    node_packages(&workspace.end2end())?;
    browser().context("no Chromium was found on PATH: install Chromium or Google Chrome and try again")
}

fn browser() -> Option<PathBuf> {
    BROWSERS.iter().find_map(|name| run::on_path(name))
}

/// Without such a font screenshots show boxes, and text is measured wrongly.
fn has_chinese_font() -> bool {
    run::stdout(Command::new("fc-list").arg(":lang=zh-cn"), "").is_ok_and(|fonts| !fonts.is_empty())
        || apt::has("fonts-noto-cjk")
}

fn node_is_new_enough() -> Result<()> {
    let remedy = format!("install Node.js {NODE_MAJOR_MIN} or later");
    let version = run::stdout(Command::new("node").arg("--version"), &remedy)?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|number| number.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE_MAJOR_MIN) {
        bail!("Node.js {version} is too old for the browser tests: {remedy}");
    }
    Ok(())
}

/// Installs what `package-lock.json` says, unless that was done already.
fn node_packages(end2end: &Path) -> Result<()> {
    let lock_file = end2end.join("package-lock.json");
    let lock = fs::read(&lock_file).with_context(|| format!("reading {}", lock_file.display()))?;
    let stamp = end2end.join("node_modules/.kaochang-lock-digest");
    let digest = hex_digest(&lock);
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == digest) {
        return Ok(());
    }
    step("npm ci (end2end)", || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(end2end);
        // The tests use the browser that is installed.
        npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        run::run(&mut npm, "is the npm registry reachable? Try `npm ci` in end2end by hand")
    })?;
    // Without dependencies npm makes no folder.
    fs::create_dir_all(end2end.join("node_modules"))?;
    fs::write(&stamp, digest).with_context(|| format!("writing {}", stamp.display()))
}
