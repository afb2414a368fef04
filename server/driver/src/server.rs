//! Servers under test, each a process that is ended by its own id.

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

const START_MAX: Duration = Duration::from_mins(1);

/// A running server, killed when dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    /// Starts a command, which is told the port by the caller, and waits until it takes connections.
    pub async fn start(command: &mut Command, port: u16, log: &Path) -> anyhow::Result<Self> {
        let log = File::create(log)?;
        let child = command.stdout(log.try_clone()?).stderr(log).spawn().context("starting a server")?;
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], port)) };
        let begin = Instant::now();
        while TcpStream::connect(server.address).await.is_err() {
            if let Some(status) = server.child.try_wait()? {
                bail!("a server ended ({status}); see its log in the folder");
            }
            if begin.elapsed() > START_MAX {
                bail!("a server did not take connections within {} s", START_MAX.as_secs());
            }
            sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by its name (`STOP`, `CONT`, `TERM`).
    pub fn signal(&self, name: &str) -> anyhow::Result<()> {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.pid().to_string()).status()?;
        ensure!(sent.success(), "signal {name} could not be sent");
        Ok(())
    }

    /// Its exit status, should it end by itself within this time.
    pub async fn ended(&mut self, within: Duration) -> anyhow::Result<Option<ExitStatus>> {
        let begin = Instant::now();
        loop {
            let status = self.child.try_wait()?;
            if status.is_some() || begin.elapsed() > within {
                return Ok(status);
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Asks it to stop, and waits.
    pub fn stop(mut self) -> anyhow::Result<()> {
        Command::new("kill").arg(self.pid().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A port that nobody has.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
