//! A PostgreSQL cluster to be thrown away: its own folder, its own port on the loopback interface, gone afterwards.

use std::env;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::interrupt::Cleanup;
use crate::progress::step;
use crate::run;
use crate::setup::apt;

/// The variable by which tests are told of a server. Where it is set already, that server is used.
pub const URL_VARIABLE: &str = "KAOCHANG_TEST_POSTGRES_URL";

/// Between finding a free port and taking it, somebody else may take it.
const PORT_TRIES: u32 = 3;

/// Test threads open pools of their own; the default of 100 is soon used up.
const CONNECTIONS_MAX: u32 = 300;

/// A server for the tests; a throw-away one stops when this is dropped.
#[derive(Debug)]
pub struct Postgres {
    pub url: String,
    _cleanup: Option<Cleanup>,
}

/// Takes the server of the environment, or starts one, installing PostgreSQL where that is possible.
pub fn provide() -> Result<Postgres> {
    if let Some(url) = env::var(URL_VARIABLE).ok().filter(|url| !url.is_empty()) {
        return Ok(Postgres { url, _cleanup: None });
    }
    if programs().is_none() {
        apt::install(&["postgresql"], "PostgreSQL is")?;
    }
    let programs = programs().context("no `initdb` was found after installing PostgreSQL: put its folder on PATH")?;
    step("PostgreSQL for the tests", || start(&programs))
}

/// The folder of PostgreSQL's server programs: Debian keeps the newest here, others have them on PATH.
fn programs() -> Option<PathBuf> {
    let versions = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    let debian = versions
        .filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok())
        .max()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
        .filter(|folder| folder.join("initdb").is_file());
    debian.or_else(|| Some(run::on_path("initdb")?.canonicalize().ok()?.parent()?.to_owned()))
}

fn start(programs: &Path) -> Result<Postgres> {
    let folder = run::stdout(
        user("mktemp".as_ref()).args(["--directory", "--tmpdir", "kaochang-test-postgres-XXXXXX"]),
        "the user `postgres` must exist and be able to write to the temporary folder",
    )?;
    let cleanup = {
        let (pg_ctl, folder) = (programs.join("pg_ctl"), folder.clone());
        Cleanup::new(move || stop(&pg_ctl, &folder))
    };
    let data = format!("{folder}/data");
    run::stdout(
        user(&programs.join("initdb")).args(["--pgdata", &data, "--username=postgres", "--auth=trust"]).args([
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]),
        "is PostgreSQL installed whole, and is there room on the disk?",
    )?;
    for tries_left in (0..PORT_TRIES).rev() {
        let port = free_port()?;
        match start_server(programs, &folder, port) {
            Ok(()) => {
                let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
                return Ok(Postgres { url, _cleanup: Some(cleanup) });
            }
            Err(error) if tries_left == 0 => return Err(error),
            Err(error) => eprintln!("warning: {error:#}; trying another port"),
        }
    }
    bail!("PostgreSQL found no port")
}

fn start_server(programs: &Path, folder: &str, port: u16) -> Result<()> {
    let options = format!("-h 127.0.0.1 -p {port} -k {folder} -c max_connections={CONNECTIONS_MAX}");
    let log = format!("{folder}/log");
    // The server would hold a pipe of ours open, therefore `run` and the log file.
    run::run(
        user(&programs.join("pg_ctl"))
            .args(["start", "--silent", "--wait", "--pgdata"])
            .arg(format!("{folder}/data"))
            .args(["--log", &log, "--options", &options]),
        "its log follows",
    )
    .inspect_err(|_| eprintln!("{}", std::fs::read_to_string(&log).unwrap_or_default()))
}

fn stop(pg_ctl: &Path, folder: &str) {
    let data = format!("{folder}/data");
    if Path::new(&data).join("postmaster.pid").exists() {
        let arguments = ["stop", "--silent", "--mode=immediate", "--pgdata", &data];
        if let Err(error) = run::stdout(user(pg_ctl).args(arguments), "stop it by hand") {
            eprintln!("warning: {error:#}");
        }
    }
    if let Err(error) = std::fs::remove_dir_all(folder) {
        eprintln!("warning: {folder} could not be removed: {error}");
    }
}

/// The program run as somebody PostgreSQL accepts: it refuses root.
fn user(program: &Path) -> Command {
    let mut command = if apt::is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // PostgreSQL wants to come back to where it was started, which `postgres` may not be allowed to enter.
    command.current_dir("/");
    command
}

/// A port that is free at this moment.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("asking for a free port")?;
    Ok(listener.local_addr()?.port())
}
