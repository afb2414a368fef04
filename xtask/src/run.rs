//! Other programs: found on PATH, run, listened to. Every failure names the command and what to do.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::interrupt;

/// Runs a command to its end with our own stdout and stderr.
pub fn run(command: &mut Command, remedy: &str) -> Result<()> {
    let mut child = start(command, remedy)?;
    let status = wait(&mut child)?;
    if !status.success() {
        bail!("`{}` failed ({status}): {remedy}", shown(command));
    }
    Ok(())
}

/// Runs a command silently and returns its stdout; its stderr is part of the error.
pub fn stdout(command: &mut Command, remedy: &str) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{}` did not start: {remedy}", shown(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{}` failed ({}): {remedy}\n{}", shown(command), output.status, said.trim_end());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// Whether a command starts and succeeds; what it says is dropped.
pub fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a command whose stdout is shown while it runs and handed on line by line.
pub fn listen(command: &mut Command, remedy: &str, mut on_line: impl FnMut(&str)) -> Result<ExitStatus> {
    let mut child = start(command.stdout(Stdio::piped()), remedy)?;
    let mut reader = BufReader::new(child.stdout.take().context("the child's stdout was asked for as a pipe")?);
    let mut bytes = Vec::new();
    let mut ours = std::io::stdout();
    while reader.read_until(b'\n', &mut bytes)? > 0 {
        ours.write_all(&bytes)?;
        ours.flush()?;
        on_line(String::from_utf8_lossy(&bytes).trim_end());
        bytes.clear();
    }
    wait(&mut child)
}

/// Where PATH has a program.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

/// The command as one could type it.
pub fn shown(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    command.get_args().fold(name, |line, argument| format!("{line} {}", argument.to_string_lossy()))
}

/// The child leads a process group of its own, so that an interrupt can end it with all that it started.
fn start(command: &mut Command, remedy: &str) -> Result<Child> {
    let child =
        command.process_group(0).spawn().with_context(|| format!("`{}` did not start: {remedy}", shown(command)))?;
    interrupt::child_started(child.id());
    Ok(child)
}

fn wait(child: &mut Child) -> Result<ExitStatus> {
    let status = child.wait();
    interrupt::child_ended(child.id());
    status.context("waiting for a child process")
}
