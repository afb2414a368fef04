//! A PostgreSQL database that several servers of a test share, and a way to it that can be cut.

use std::{
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
};

use kaochang::{
    store::Store,
    world::{RealWorld, new_token},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::OnceCell,
};

use super::{Folder, MINUTE_MS, MORNING_MS, furnish, serve_on, world::TestWorld};

/// Where the tests' server is.
fn server() -> String {
    std::env::var("KAOCHANG_TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty()).unwrap_or_else(|| {
        panic!("KAOCHANG_TEST_POSTGRES_URL names no PostgreSQL server; run `cargo xtask test`, which provides one")
    })
}

/// The same server, another database.
fn url_of(database: &str) -> String {
    let (server, _) =
        server().rsplit_once('/').map(|(server, old)| (server.to_owned(), old.to_owned())).expect("a URL");
    format!("{server}/{database}")
}

fn sql(statement: &str) {
    let done = Command::new("psql").arg(server()).args(["-qXc", statement]).output().expect("psql runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn new_name() -> String {
    format!("kaochang_{}", &new_token(&RealWorld::new())[..16])
}

/// A database with what every test begins from, dropped in the end, and the keys of its servers.
#[derive(Debug)]
pub struct Shared {
    name: String,
    keys: Vec<u8>,
}

impl Shared {
    /// A new one.
    pub async fn new() -> Self {
        static TEMPLATE: OnceCell<(String, Vec<u8>)> = OnceCell::const_new();
        let (template, keys) = TEMPLATE.get_or_init(template).await;
        let name = new_name();
        sql(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Self { name, keys: keys.clone() }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        url_of(&self.name)
    }

    /// A server's connections to it.
    pub async fn store(&self) -> Store {
        Store::open_postgres(&self.url()).await.expect("the database opens")
    }

    /// A server's data folder.
    pub fn folder(&self) -> Folder {
        let folder = Folder::new();
        std::fs::write(folder.0.join("vault.key"), &self.keys).expect("a copy");
        folder
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        sql(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

async fn template() -> (String, Vec<u8>) {
    let name = new_name();
    sql(&format!("CREATE DATABASE {name}"));
    let folder = Folder::new();
    let world = Arc::new(TestWorld::new(MORNING_MS - 24 * 60 * MINUTE_MS, 1, 0));
    let store = Store::open_postgres(&url_of(&name)).await.expect("a new database opens");
    let (centre, ..) = serve_on(store, &folder.0, &world).await;
    furnish(&centre).await;
    (name, std::fs::read(folder.0.join("vault.key")).expect("it was written"))
}

/// What becomes of the next commit that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It passes.
    Not,
    /// The connection is cut before the database hears of it.
    Before,
    /// The connection is cut after the database heard of it, and before it answers.
    After,
}

/// A way to a database that can be cut in the middle of a commit.
#[derive(Clone, Debug)]
pub struct Wire {
    next: Arc<AtomicU8>,
    cuts: Arc<Mutex<u32>>,
    url: String,
}

impl Wire {
    /// To a database.
    pub async fn to(shared: &Shared) -> Self {
        let url = shared.url();
        let (head, rest) = url.rsplit_once('@').expect("a user in the URL");
        let (address, database) = rest.split_once('/').expect("a database in the URL");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let wire = Self {
            next: Arc::new(AtomicU8::new(Cut::Not as u8)),
            cuts: Arc::default(),
            url: format!("{head}@127.0.0.1:{port}/{database}"),
        };
        let (address, own) = (address.to_owned(), wire.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (wire, address) = (own.clone(), address.clone());
                tokio::spawn(async move {
                    if let Ok(database) = TcpStream::connect(&address).await {
                        wire.carry(client, database).await;
                    }
                });
            }
        });
        wire
    }

    /// A server's connections by this way.
    pub async fn store(&self) -> Store {
        Store::open_postgres(&self.url).await.expect("the database opens")
    }

    /// What becomes of the next commit.
    pub fn cut_next(&self, cut: Cut) {
        self.next.store(cut as u8, Ordering::SeqCst);
    }

    /// How often it was cut.
    pub fn cuts(&self) -> u32 {
        *self.cuts.lock().expect("no panic")
    }

    async fn carry(&self, mut client: TcpStream, mut database: TcpStream) {
        let (mut asked, mut answered) = (vec![0; 65_536], vec![0; 65_536]);
        loop {
            tokio::select! {
                read = client.read(&mut asked) => {
                    let Ok(length @ 1..) = read else { return };
                    let sent = &asked[..length];
                    let cut = if sent.windows(6).any(|word| word == b"COMMIT") {
                        self.next.swap(Cut::Not as u8, Ordering::SeqCst)
                    } else {
                        Cut::Not as u8
                    };
                    if cut != Cut::Not as u8 {
                        *self.cuts.lock().expect("no panic") += 1;
                    }
                    if cut == Cut::Before as u8 || database.write_all(sent).await.is_err() || cut == Cut::After as u8 {
                        return;
                    }
                }
                read = database.read(&mut answered) => {
                    let Ok(length @ 1..) = read else { return };
                    if client.write_all(&answered[..length]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}
