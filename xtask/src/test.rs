//! `cargo xtask test`: everything runs, whatever fails, and the last line is the sum.

mod counts;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::Result;

use self::counts::Counts;
use crate::postgres::{self, Postgres};
use crate::progress::step;
use crate::workspace::Workspace;
use crate::{build, faults, run, setup};

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Leave the browser tests out, and with them the release build
    #[arg(long)]
    skip_browser: bool,
    /// Only tests whose name contains this (in the browser: matches this regular expression)
    filter: Option<String>,
}

/// What the parts brought, in the order they were run.
#[derive(Debug, Default)]
struct Report {
    parts: Vec<(String, Counts)>,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let mut report = Report::default();
    build::site_folder(workspace)?;
    report.attempt("set-up", setup::c_compiler);
    // The client comes before every test, so that all see the same site folder.
    let client = if options.skip_browser { None } else { report.attempt("client", || build::client(workspace)) };
    let postgres = report.attempt("PostgreSQL", postgres::provide);
    report.count("cargo test", || cargo_tests(workspace, options, postgres.as_ref()));
    let server = client.and_then(|()| report.attempt("server", || build::server(workspace)));
    if let Some(server) = &server {
        let browser = report.attempt("browser set-up", || setup::browser::provide(workspace));
        if let Some(browser) = browser {
            report.count("end2end", || browser_tests(workspace, options, postgres.as_ref(), server, &browser));
        }
    }
    if let Some(rows) = options.filter.as_deref().map_or_else(|| Some(Vec::new()), faults::meant) {
        report.count("faults", || fault_rows(workspace, server.as_deref(), &rows));
    }
    drop(postgres);
    Ok(report.finish())
}

fn cargo_tests(workspace: &Workspace, options: &Options, postgres: Option<&Postgres>) -> Result<Counts> {
    step("cargo test --workspace", || {
        let mut cargo = workspace.cargo();
        cargo.args(["test", "--workspace", "--no-fail-fast"]).args(&options.filter);
        tell_of(postgres, &mut cargo);
        counted(&mut cargo, Counts::read_cargo_line)
    })
}

fn browser_tests(
    workspace: &Workspace,
    options: &Options,
    postgres: Option<&Postgres>,
    server: &Path,
    browser: &Path,
) -> Result<Counts> {
    step("browser tests (end2end)", || {
        let mut node = Command::new("node");
        // Most of a browser test is waiting; more than two at once would make each other late on two cores.
        node.args(["--test", "--test-concurrency=2", "--test-reporter=spec"]).current_dir(workspace.end2end());
        node.args(options.filter.iter().map(|filter| format!("--test-name-pattern={filter}")));
        node.env("KAOCHANG_BIN", server).env("KAOCHANG_CHROMIUM", browser);
        tell_of(postgres, &mut node);
        counted(&mut node, Counts::read_node_line)
    })
}

/// Each row of docs/FAULTS.md that needs the real binary is one test. Without a release build the debug one serves.
fn fault_rows(workspace: &Workspace, server: Option<&Path>, rows: &[String]) -> Result<Counts> {
    let server = server.map_or_else(|| faults::debug_server(workspace), |server| Ok(server.to_owned()))?;
    let arguments = [&["--quick".to_owned()], rows].concat();
    faults::on(workspace, &server, &arguments, |command| counted(command, Counts::read_cargo_line))
}

fn counted(command: &mut Command, read_line: fn(&mut Counts, &str)) -> Result<Counts> {
    let mut counts = Counts::default();
    let status = run::listen(command, "is it installed whole?", |line| {
        read_line(&mut counts, line);
    })?;
    // Something may have failed that is no test: a compile error, or a test program that died.
    counts.believe(status);
    Ok(counts)
}

fn tell_of(postgres: Option<&Postgres>, command: &mut Command) {
    if let Some(postgres) = postgres {
        command.env(postgres::URL_VARIABLE, &postgres.url);
    }
}

impl Report {
    /// A step that is no test: it counts only when it fails.
    fn attempt<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Option<T> {
        work()
            .inspect_err(|error| {
                eprintln!("error: {error:#}");
                self.parts.push((name.to_owned(), Counts::one_failed()));
            })
            .ok()
    }

    fn count(&mut self, name: &str, work: impl FnOnce() -> Result<Counts>) {
        if let Some(counts) = self.attempt(name, work) {
            self.parts.push((name.to_owned(), counts));
        }
    }

    fn finish(mut self) -> ExitCode {
        if self.parts.iter().all(|(_, counts)| counts.passed + counts.failed == 0) {
            self.parts.push(("no test was executed".to_owned(), Counts::one_failed()));
        }
        eprintln!("==> sum");
        for (name, counts) in &self.parts {
            let Counts { passed, failed, skipped } = counts;
            eprintln!("    {name}: {passed} passed, {failed} failed, {skipped} skipped");
        }
        let passed: u64 = self.parts.iter().map(|(_, counts)| counts.passed).sum();
        let failed: u64 = self.parts.iter().map(|(_, counts)| counts.failed).sum();
        println!("{passed} passed, {failed} failed");
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
