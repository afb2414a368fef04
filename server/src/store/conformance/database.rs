//! A database for one test: a file in a folder of its own, or a schema of its own on the server that the tests were told of.

use std::path::PathBuf;

use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions};

use crate::{
    store::Store,
    world::{RealWorld, new_id},
};

const URL: &str = "KAOCHANG_TEST_POSTGRES_URL";

/// An open store and what must be removed after it.
pub struct Database {
    store: Store,
    place: Place,
}

enum Place {
    Folder(Folder),
    Schema { server: PgPool, name: String, url: String },
}

/// A folder that is gone when this is dropped.
pub struct Folder(pub PathBuf);

impl Folder {
    /// A new one. In memory, where the machine has such a folder: a test waits for no disk.
    pub fn new() -> Self {
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let folder = parent.join(format!("kaochang-store-{}", new_id(&RealWorld::new())));
        std::fs::create_dir(&folder).expect("a temporary folder");
        Self(folder)
    }

    /// Where its database is.
    pub fn file(&self) -> PathBuf {
        self.0.join("kaochang.sqlite")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

impl Database {
    /// In a file.
    pub async fn sqlite() -> Self {
        let folder = Folder::new();
        let store = Store::open_sqlite(&folder.file()).await.expect("a new database opens");
        Self { store, place: Place::Folder(folder) }
    }

    /// In a schema.
    pub async fn postgres() -> Self {
        let url = server_url();
        let server =
            PgPoolOptions::new().max_connections(1).connect(&url).await.expect("the server of the tests answers");
        let name = format!("test_{}", new_id(&RealWorld::new()).replace('-', ""));
        run(&server, format!("CREATE SCHEMA {name}")).await;
        let joint = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{joint}options[search_path]={name}");
        let store = Store::open_postgres(&url).await.expect("a new schema opens");
        Self { store, place: Place::Schema { server, name, url } }
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Where a second store finds the same schema.
    pub fn url(&self) -> &str {
        match &self.place {
            Place::Folder(_) => panic!("a file has no URL"),
            Place::Schema { url, .. } => url,
        }
    }

    /// Its file.
    pub fn file(&self) -> PathBuf {
        match &self.place {
            Place::Folder(folder) => folder.file(),
            Place::Schema { .. } => panic!("a schema has no file"),
        }
    }

    /// Closes and removes it.
    pub async fn remove(self) {
        self.store.close().await;
        match self.place {
            Place::Folder(folder) => drop(folder),
            Place::Schema { server, name, .. } => run(&server, format!("DROP SCHEMA {name} CASCADE")).await,
        }
    }
}

/// Where the tests' server is.
fn server_url() -> String {
    std::env::var(URL).ok().filter(|url| !url.is_empty()).unwrap_or_else(|| {
        panic!("{URL} names no PostgreSQL server for the tests; run `cargo xtask test`, which provides one")
    })
}

async fn run(server: &PgPool, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(server).await.expect("the tests may make and drop schemas");
}
