//! The recorder: a process that appends each acknowledgement to its own file and flushes it, many at once, before it says so.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;

use anyhow::Context;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::oneshot;

/// What the server acknowledged, one JSON object a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ack {
    pub sitting: String,
    /// From 1.
    pub position: u32,
    pub seq: i64,
    pub response: String,
    /// What the candidate was told to have left.
    pub remaining_ms: i64,
}

/// The recorder's own life: until its stdin is closed, which happens when the test ends, however it ends.
pub async fn record(socket: &Path, file: &Path) -> anyhow::Result<()> {
    std::thread::spawn(|| {
        drop(std::io::stdin().read_to_end(&mut Vec::new()));
        std::process::exit(0);
    });
    let mut file = OpenOptions::new().create(true).append(true).open(file)?;
    let (lines, queue) = mpsc::channel::<(String, oneshot::Sender<()>)>();
    std::thread::spawn(move || -> anyhow::Result<()> {
        while let Ok(first) = queue.recv() {
            let group: Vec<_> = std::iter::once(first).chain(queue.try_iter()).collect();
            let text: String = group.iter().map(|(line, _)| line.as_str()).collect();
            file.write_all(text.as_bytes())?;
            file.sync_data()?;
            for (_, done) in group {
                // A candidate that was stopped waits for nothing.
                let _ = done.send(());
            }
        }
        Ok(())
    });
    let listener = UnixListener::bind(socket)?;
    println!("ready");
    loop {
        let (stream, _) = listener.accept().await?;
        let lines = lines.clone();
        tokio::spawn(async move {
            let mut stream = tokio::io::BufReader::new(stream);
            let mut line = String::new();
            while stream.read_line(&mut line).await? > 0 {
                let (done, flushed) = oneshot::channel();
                lines.send((std::mem::take(&mut line), done))?;
                flushed.await?;
                stream.write_all(b"\n").await?;
            }
            anyhow::Ok(())
        });
    }
}

/// A running recorder.
#[derive(Debug)]
pub struct Recorder {
    child: Child,
    socket: PathBuf,
    file: PathBuf,
}

impl Recorder {
    /// Starts it, with what else its environment must have.
    pub fn start(folder: &Path, environment: &[(&str, &Path)]) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let (socket, file) = (folder.join("socket"), folder.join("acknowledged"));
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("record").arg(&socket).arg(&file).envs(environment.iter().copied());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("starting the recorder")?;
        let stdout = child.stdout.take().context("its stdout is a pipe")?;
        BufReader::new(stdout).read_line(&mut String::new())?;
        Ok(Self { child, socket, file })
    }

    /// A line to it for one candidate.
    pub async fn line(&self) -> anyhow::Result<Line> {
        let stream = UnixStream::connect(&self.socket).await.context("the recorder takes connections")?;
        Ok(Line(stream))
    }

    /// Everything recorded so far, as it stands in the file.
    pub fn recorded(&self) -> anyhow::Result<Vec<Ack>> {
        parse(&std::fs::read_to_string(&self.file).unwrap_or_default())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Acknowledgements from their lines.
pub fn parse(text: &str) -> anyhow::Result<Vec<Ack>> {
    text.lines().map(|line| serde_json::from_str(line).with_context(|| format!("a recorded line: {line}"))).collect()
}

/// One candidate's line to the recorder.
#[derive(Debug)]
pub struct Line(UnixStream);

impl Line {
    /// Returns when it is on stable storage.
    pub async fn record(&mut self, ack: &Ack) -> anyhow::Result<()> {
        let line = serde_json::to_string(ack)? + "\n";
        self.0.write_all(line.as_bytes()).await?;
        self.0.read_u8().await?;
        Ok(())
    }
}
