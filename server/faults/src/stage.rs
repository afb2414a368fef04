//! A stage: a data folder with a session that is being written, its people, a recorder, and the server as a process.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail, ensure};
use driver::client::Client;
use driver::people::{self, Hall};
use driver::server::{Server, free_port};
use kaochang::config::{Flags, Settings};
use tokio::time::{Instant, sleep, timeout};

use crate::bench::Bench;
use crate::check::{Compared, Place, Standing};
use crate::control::Control;
use crate::load::{Book, Load};
use crate::recorder::Recorder;

/// More than a candidate sends in one load, and less than the server takes for forged.
const SEQS_OF_A_LOAD: i64 = 10_000;
/// A server that does not serve within this time is a failure of its own.
const SERVING_WITHIN: Duration = Duration::from_secs(30);

/// A candidate who writes.
#[derive(Clone, Debug)]
pub struct Person {
    pub cookies: BTreeMap<String, String>,
    pub sitting: String,
    pub epoch: i64,
}

impl Person {
    /// Their browser on a new connection.
    pub async fn browser(&self, address: SocketAddr) -> anyhow::Result<Client> {
        let mut client = Client::connect(address).await?;
        client.cookies.clone_from(&self.cookies);
        Ok(client)
    }
}

/// A session that is being written, at rest: its folder is copied for each stage.
#[derive(Debug)]
pub struct Template {
    pub data: PathBuf,
    pub session: String,
    pub people: Vec<Person>,
    /// Two proctors each, signed in; the last one is not open.
    pub consoles: Vec<BTreeMap<String, String>>,
    pub rooms: Vec<String>,
}

/// A stage.
#[derive(Debug)]
pub struct Stage {
    pub folder: PathBuf,
    pub data: PathBuf,
    pub url: Option<String>,
    /// What the server is given besides folder and address.
    pub arguments: Vec<OsString>,
    pub session: String,
    pub people: Vec<Person>,
    pub address: SocketAddr,
    pub recorder: Recorder,
    pub control: Control,
    binary: PathBuf,
    library: PathBuf,
    starts: std::cell::Cell<u32>,
    next_seq: std::cell::Cell<i64>,
}

/// What was seen, what stands, and how they compare.
#[derive(Debug)]
pub struct Judged {
    pub book: Book,
    pub standing: Standing,
    pub compared: Compared,
}

impl Template {
    /// Draws papers, logs everybody in and opens every room but the last, which stays for the rows that open one.
    pub async fn make(
        bench: &Bench,
        name: &str,
        candidates: u32,
        minutes: u32,
        url: Option<&str>,
    ) -> anyhow::Result<Self> {
        let folder = bench.folder.join(name);
        let data = folder.join("data");
        fs::create_dir_all(&folder)?;
        let flags = Flags { data: Some(data.clone()), database_url: url.map(str::to_owned), ..Flags::default() };
        let hall = people::prepare(&Settings::of(&flags)?, candidates, minutes).await?;
        let port = free_port()?;
        let mut command = serve(&bench.binary, &data, port, url);
        let server = Server::start(&mut command, port, &folder.join("server.log")).await?;
        serving(server.address, SERVING_WITHIN).await?;
        let template = Self::fill(&hall, server.address, data).await?;
        server.stop()?;
        Ok(template)
    }

    async fn fill(hall: &Hall, address: SocketAddr, data: PathBuf) -> anyhow::Result<Self> {
        let mut candidates = hall.log_in(address).await?;
        let mut consoles = hall.check_in(address).await?;
        let rooms = hall.rooms().to_vec();
        let last = rooms.len() - 1;
        for console in consoles.iter_mut().take(last) {
            console.open().await?;
        }
        sleep(Duration::from_millis(500)).await;
        let mut people = Vec::new();
        for candidate in candidates.iter_mut().take(last * 30) {
            candidate.open().await?;
            let cookies = candidate.client.cookies.clone();
            people.push(Person { cookies, sitting: candidate.sitting.clone(), epoch: candidate.epoch });
        }
        let consoles = consoles.into_iter().map(|console| console.client.cookies).collect();
        Ok(Self { data, session: hall.session.clone(), people, consoles, rooms })
    }
}

impl Stage {
    /// A copy of the template with a recorder of its own. With a `trace`, the recorder writes into it.
    pub fn new(bench: &Bench, template: &Template, name: &str, trace: Option<&Path>) -> anyhow::Result<Self> {
        let folder = bench.folder.join(name);
        fs::create_dir(&folder)?;
        let data = folder.join("data");
        copy_folder(&template.data, &data)?;
        let recorded = folder.join("recorder");
        fs::create_dir(&recorded)?;
        let environment: Vec<(&str, &Path)> = trace.map_or_else(Vec::new, |trace| {
            vec![("LD_PRELOAD", bench.library.as_path()), ("FAULTS_TRACE", trace), ("FAULTS_WATCH", &recorded)]
        });
        Ok(Self {
            recorder: Recorder::start(&recorded, &environment)?,
            control: Control::new(folder.join("control"))?,
            address: SocketAddr::from(([127, 0, 0, 1], free_port()?)),
            session: template.session.clone(),
            people: template.people.clone(),
            url: None,
            arguments: Vec::new(),
            binary: bench.binary.clone(),
            library: bench.library.clone(),
            starts: 0.into(),
            next_seq: 1.into(),
            folder,
            data,
        })
    }

    /// The server as it is.
    pub async fn serve(&self) -> anyhow::Result<Server> {
        let mut command = serve(&self.binary, &self.data, self.address.port(), self.url.as_deref());
        self.start(command.args(&self.arguments)).await
    }

    /// The server with the library of faults, and with what else its environment must have.
    pub async fn serve_under(&self, environment: &[(&str, &Path)]) -> anyhow::Result<Server> {
        let mut command = serve(&self.binary, &self.data, self.address.port(), self.url.as_deref());
        command.args(&self.arguments).env("LD_PRELOAD", &self.library).env("FAULTS_WATCH", &self.data);
        command.env("FAULTS_CONTROL", &self.control.path).envs(environment.iter().copied());
        self.start(&mut command).await
    }

    async fn start(&self, command: &mut Command) -> anyhow::Result<Server> {
        self.starts.set(self.starts.get() + 1);
        let server = Server::start(command, self.address.port(), &self.log()).await?;
        serving(self.address, SERVING_WITHIN).await?;
        Ok(server)
    }

    /// Log of the newest server.
    pub fn log(&self) -> PathBuf {
        self.folder.join(format!("server-{}.log", self.starts.get()))
    }

    /// What the newest server logged.
    pub fn logged(&self) -> anyhow::Result<String> {
        Ok(fs::read_to_string(self.log())?)
    }

    /// Where the next load begins: each begins above all that were sent before.
    pub fn first_seq(&self) -> i64 {
        let first = self.next_seq.get();
        self.next_seq.set(first + SEQS_OF_A_LOAD);
        first
    }

    /// The database, for the one who checks. The server must not run on an embedded one.
    pub fn place(&self) -> Place {
        Place {
            store: self.url.clone().unwrap_or_else(|| self.data.display().to_string()),
            session: self.session.clone(),
        }
    }

    /// Another command of the real program, while candidates go on writing.
    pub async fn kaochang(&self, arguments: &[&OsStr]) -> anyhow::Result<()> {
        let mut command = Command::new(&self.binary);
        command.args(arguments);
        let output = tokio::task::spawn_blocking(move || command.output()).await??;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "kaochang {}: {said}", arguments[0].display());
        Ok(())
    }

    /// Everybody stops and the server with them, and laws 1, 2 and 4 hold of what stands.
    pub async fn judged(&self, server: Server, load: Load) -> anyhow::Result<Judged> {
        let book = load.stop().await?;
        server.stop()?;
        let standing = self.place().standing().await?;
        let compared = standing.compare(&self.recorder.recorded()?, &book.sent);
        compared.holds()?;
        self.verify()?;
        Ok(Judged { book, standing, compared })
    }

    /// `kaochang audit verify` on the data.
    pub fn verify(&self) -> anyhow::Result<()> {
        verify(&self.binary, &self.data, self.url.as_deref())
    }
}

/// The real command on a data folder, by its exit code.
pub fn verify(binary: &Path, data: &Path, url: Option<&str>) -> anyhow::Result<()> {
    let mut command = Command::new(binary);
    command.args(["audit", "verify", "--data"]).arg(data);
    if let Some(url) = url {
        command.args(["--database-url", url]);
    }
    let output = command.output().context("kaochang audit verify")?;
    if !output.status.success() {
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        bail!("kaochang audit verify: {out}{err}");
    }
    Ok(())
}

fn serve(binary: &Path, data: &Path, port: u16, url: Option<&str>) -> Command {
    let mut command = Command::new(binary);
    command.arg("serve").arg("--data").arg(data).args(["--listen", &format!("127.0.0.1:{port}")]);
    if let Some(url) = url {
        command.args(["--database-url", url]);
    }
    command.env("RUST_LOG", "info,tower_http=warn");
    command
}

/// Waits until the server says that it serves; the time that took.
pub async fn serving(address: SocketAddr, within: Duration) -> anyhow::Result<Duration> {
    let begin = Instant::now();
    loop {
        let asked = async { Client::connect(address).await?.get("/health").await };
        if let Ok(Ok(answer)) = timeout(Duration::from_secs(1), asked).await
            && answer.status == 200
        {
            return Ok(begin.elapsed());
        }
        if begin.elapsed() > within {
            bail!("the server does not serve within {} s", within.as_secs());
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// Copies the files of a folder of the server's.
pub fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &to.join(entry.file_name()))?;
        } else {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Wall time of this machine, unix milliseconds: the server's records are held against it.
#[expect(clippy::disallowed_methods, reason = "the server under test has this wall clock too")]
pub fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("far below 2^63")
}
