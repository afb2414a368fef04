//! The one binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    match kaochang::cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kaochang: {error:#}");
            ExitCode::FAILURE
        }
    }
}
