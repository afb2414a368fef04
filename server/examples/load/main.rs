//! Load on a real server: what saving an answer costs, beside what a bare server and a bare writer could do; a whole exam.
//!
//! `load saves BINARY FOLDER [POSTGRES_URL]`. The generator, the server and what it is compared with are processes of their own
//! on one machine; every case runs in turn, round after round, so that a machine that drifts slows all of them alike. One JSON
//! object a line on stdout. `cargo xtask bench saves` and `bench exam` build and run it.

mod bare;
mod exam;
mod machine;
mod saves;
mod stored;

use std::path::PathBuf;
use std::process::ExitCode;

/// As the server has it, or the bare writer would be compared with another allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "usage: load saves BINARY FOLDER [POSTGRES_URL]
       load exam BINARY FOLDER CANDIDATES
       load live BINARY FOLDER SITTINGS SECONDS
       load stored BINARY FOLDER
       load echo PORT                      (a bare JSON echo)
       load writer PORT FOLDER|URL SESSION (a bare route in front of the group-commit writer)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> anyhow::Result<()> {
    match arguments {
        ["saves", binary, folder] => {
            generator()?.block_on(saves::run(&PathBuf::from(binary), &PathBuf::from(folder), None))
        }
        ["saves", binary, folder, url] => {
            generator()?.block_on(saves::run(&PathBuf::from(binary), &PathBuf::from(folder), Some(url)))
        }
        ["exam", binary, folder, candidates] => {
            generator()?.block_on(exam::run(&PathBuf::from(binary), &PathBuf::from(folder), candidates.parse()?))
        }
        ["live", binary, folder, sittings, seconds] => {
            let (binary, folder) = (PathBuf::from(binary), PathBuf::from(folder));
            generator()?.block_on(exam::live(&binary, &folder, sittings.parse()?, seconds.parse()?))
        }
        ["stored", binary, folder] => {
            generator()?.block_on(stored::run(&PathBuf::from(binary), &PathBuf::from(folder)))
        }
        ["echo", port] => server_threads()?.block_on(bare::echo(port.parse()?)),
        ["writer", port, store, session] => server_threads()?.block_on(bare::writer(port.parse()?, store, session)),
        _ => anyhow::bail!(USAGE),
    }
}

/// One thread, so that the generator leaves the machine to what it measures.
fn generator() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// As the real server runs.
fn server_threads() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
