//! A PostgreSQL cluster of one row's own, to be killed and started again; and a way to it that can be cut in mid-commit.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use driver::server::free_port;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

/// After a kill the system needs a moment until the old server's memory is free.
const STARTS_WITHIN: Duration = Duration::from_secs(20);

/// A cluster; it and its folder are gone when this is dropped.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    /// Makes one and starts it, with flushes on as they are by default.
    pub async fn start() -> Result<Self> {
        let programs = programs().context("row 23 needs PostgreSQL's server programs")?;
        let made = user("mktemp".as_ref()).args(["-d", "--tmpdir", "kaochang-faults-postgres-XXXXXX"]).output()?;
        ensure!(made.status.success(), "the user `postgres` must be able to write to the temporary folder");
        let folder = PathBuf::from(String::from_utf8(made.stdout)?.trim());
        let cluster = Self { programs, folder, port: free_port()? };
        let mut initdb = user(&cluster.programs.join("initdb"));
        initdb.arg("--pgdata").arg(cluster.data()).args(["--username=postgres", "--auth=trust", "--encoding=UTF8"]);
        quiet(initdb.args(["--locale=C", "--no-sync"]))?;
        cluster.again().await?;
        Ok(cluster)
    }

    /// Starts it, after a kill as well.
    pub async fn again(&self) -> Result<()> {
        let options = format!("-h 127.0.0.1 -p {} -k {}", self.port, self.folder.display());
        let begin = Instant::now();
        loop {
            let mut pg_ctl = user(&self.programs.join("pg_ctl"));
            pg_ctl.args(["start", "--silent", "--wait", "--pgdata"]).arg(self.data()).arg("--log");
            pg_ctl.arg(self.folder.join("log")).args(["--options", &options]);
            // Candidates go on asking meanwhile.
            match tokio::task::spawn_blocking(move || quiet(&mut pg_ctl)).await? {
                Ok(()) => return Ok(()),
                Err(error) if begin.elapsed() > STARTS_WITHIN => return Err(error),
                Err(_) => sleep(Duration::from_millis(100)).await,
            }
        }
    }

    /// Kills its first process; the others end when they see it gone.
    pub fn kill(&self) -> Result<()> {
        let pid = fs::read_to_string(self.data().join("postmaster.pid"))?;
        let pid = pid.lines().next().context("its process id")?;
        quiet(Command::new("kill").args(["-KILL", pid]))
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut pg_ctl = user(&self.programs.join("pg_ctl"));
        pg_ctl.args(["stop", "--silent", "--mode=immediate", "--pgdata"]).arg(self.data());
        drop(quiet(&mut pg_ctl));
        drop(fs::remove_dir_all(&self.folder));
    }
}

/// A way to a server on which the answer to a COMMIT can be lost: the commit arrives, its answer does not, and the
/// connection is gone.
#[derive(Debug)]
pub struct Way {
    port: u16,
    cuts: Arc<Mutex<Cuts>>,
}

/// Which commits are to be cut.
#[derive(Clone, Debug, Default)]
struct Cuts {
    left: u32,
    /// Only transactions in which these bytes were sent; any, where it is empty.
    about: Vec<u8>,
}

impl Way {
    /// Leads on a thread of its own, so that it leads while the rows wait for a process.
    pub fn to(server: SocketAddr) -> Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let way = Self { port: listener.local_addr()?.port(), cuts: Arc::default() };
        let cuts = way.cuts.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || {
            runtime.block_on(async move {
                let Ok(listener) = TcpListener::from_std(listener) else { return };
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(lead(stream, server, cuts.clone()));
                }
            });
        });
        Ok(way)
    }

    /// The database at its other end.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The answers to so many commits from now on are lost, of transactions that were sent this text.
    pub fn cut(&self, commits: u32, about: &str) {
        *lock(&self.cuts) = Cuts { left: commits, about: about.as_bytes().to_vec() };
    }

    /// Commits whose answers are still to be lost.
    pub fn left(&self) -> u32 {
        lock(&self.cuts).left
    }
}

/// One connection: copies both ways until one side ends, or a commit is to be cut.
async fn lead(mut client: TcpStream, server: SocketAddr, cuts: Arc<Mutex<Cuts>>) -> Result<()> {
    /// A simple query as PostgreSQL's protocol writes it: its letter, its length, its text.
    const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
    let mut server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut asked, mut answered, mut sent) = (vec![0; 65_536], vec![0; 65_536], Vec::new());
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let read = read?;
                if read == 0 {
                    return Ok(());
                }
                server.write_all(&asked[..read]).await?;
                sent.extend_from_slice(&asked[..read]);
                if holds(&asked[..read], COMMIT) {
                    if is_cut(&cuts, &sent) {
                        // It answers when it has committed.
                        return server.read(&mut answered).await.map(|_| ()).map_err(Into::into);
                    }
                    sent.clear();
                }
            }
            read = server.read(&mut answered) => {
                let read = read?;
                if read == 0 {
                    return Ok(());
                }
                client.write_all(&answered[..read]).await?;
            }
        }
    }
}

fn is_cut(cuts: &Mutex<Cuts>, sent: &[u8]) -> bool {
    let mut cuts = lock(cuts);
    let cut = cuts.left > 0 && (cuts.about.is_empty() || holds(sent, &cuts.about));
    cuts.left -= u32::from(cut);
    cut
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The folder of PostgreSQL's server programs: Debian keeps the newest here, others have them on PATH.
fn programs() -> Option<PathBuf> {
    let versions = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    let debian = versions
        .filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok())
        .max()
        .map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")))
        .filter(|folder| folder.join("initdb").is_file());
    debian.or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file())
    })
}

/// The program run as somebody PostgreSQL accepts: it refuses root.
fn user(program: &Path) -> Command {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    let mut command = if is_root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/").stdin(Stdio::null());
    command
}

fn quiet(command: &mut Command) -> Result<()> {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    ensure!(status.success(), "{} failed", command.get_program().display());
    Ok(())
}
