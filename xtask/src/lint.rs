//! `cargo xtask lint`: formatting, then clippy on both worlds of the app. All are run before the verdict.

use anyhow::{Result, bail};

use crate::progress::step;
use crate::workspace::Workspace;
use crate::{build, run, setup};

const SEE_ABOVE: &str = "see the messages above";

pub fn run(workspace: &Workspace) -> Result<()> {
    setup::c_compiler()?;
    setup::component(workspace, "rustfmt", "fmt")?;
    setup::component(workspace, "clippy", "clippy")?;
    build::site_folder(workspace)?;
    let outcomes = [
        step("formatting", || run::run(workspace.cargo().args(["fmt", "--all", "--check"]), "run `cargo fmt --all`")),
        step("clippy, server side", || {
            let lint = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
            run::run(workspace.cargo().args(lint), SEE_ABOVE)
        }),
        // The islands as the browser gets them. They are checked on this machine's own target, which needs no
        // WebAssembly library; `cargo xtask build` compiles them for the browser.
        step("clippy, browser side", || {
            let lint = ["clippy", "--package", "kaochang-app", "--lib", "--no-default-features"];
            run::run(workspace.cargo().args(lint).args(["--features", "hydrate", "--", "-D", "warnings"]), SEE_ABOVE)
        }),
    ];
    let failures: Vec<String> =
        outcomes.into_iter().filter_map(Result::err).map(|error| format!("\n  {error:#}")).collect();
    if !failures.is_empty() {
        bail!("lint failed:{}", failures.concat());
    }
    Ok(())
}
