//! Memory at rest: what the kernel counts as resident once the server has been idle for ten seconds.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::interrupt::{self, Cleanup};
use crate::progress::{now, step};
use crate::workspace::Workspace;
use crate::{build, postgres};

const IDLE: Duration = Duration::from_secs(10);
const START_MAX: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// A running server, ended when dropped.
#[derive(Debug)]
struct Server {
    child: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        interrupt::child_ended(self.child.id());
    }
}

pub fn run(workspace: &Workspace) -> Result<()> {
    let binary = build::everything(workspace)?;
    let folder = std::env::temp_dir().join(format!("kaochang-bench-rest-{}", std::process::id()));
    fs::create_dir(&folder).with_context(|| format!("creating {}", folder.display()))?;
    let _cleanup = {
        let folder = folder.clone();
        Cleanup::new(move || drop(fs::remove_dir_all(folder)))
    };
    let address = SocketAddr::from(([127, 0, 0, 1], postgres::free_port()?));
    let mut server = start(&binary, &folder, address)?;
    step("waiting for GET /health", || wait_for_health(&mut server, address, &folder.join("log")))?;
    step("idling", || {
        sleep(IDLE);
        Ok(())
    })?;
    println!("resident after {} s idle: {}", IDLE.as_secs(), status_line(&server, "VmRSS")?);
    println!("resident at most so far: {}", status_line(&server, "VmHWM")?);
    Ok(())
}

fn start(binary: &Path, folder: &Path, address: SocketAddr) -> Result<Server> {
    let log = File::create(folder.join("log"))?;
    let child = Command::new(binary)
        .arg("demo")
        .arg("--data")
        .arg(folder.join("data"))
        .arg("--listen")
        .arg(address.to_string())
        .stdout(log.try_clone()?)
        .stderr(log)
        .process_group(0)
        .spawn()
        .with_context(|| format!("starting {}", binary.display()))?;
    interrupt::child_started(child.id());
    Ok(Server { child })
}

fn wait_for_health(server: &mut Server, address: SocketAddr, log: &Path) -> Result<()> {
    let begin = now();
    while begin.elapsed() < START_MAX {
        if let Some(status) = server.child.try_wait()? {
            bail!("the server ended ({status}):\n{}", fs::read_to_string(log).unwrap_or_default());
        }
        if is_healthy(address).unwrap_or(false) {
            return Ok(());
        }
        sleep(POLL);
    }
    bail!("no 200 within {} s:\n{}", START_MAX.as_secs(), fs::read_to_string(log).unwrap_or_default())
}

fn is_healthy(address: SocketAddr) -> Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER_MAX)?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200 "))
}

/// A line of the kernel's account of the process, as `61234 kB`.
fn status_line(server: &Server, name: &str) -> Result<String> {
    let path = format!("/proc/{}/status", server.child.id());
    let status = fs::read_to_string(&path).with_context(|| format!("reading {path}: this bench needs Linux"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    Ok(line.with_context(|| format!("{path} has no {name}"))?.trim().to_owned())
}
