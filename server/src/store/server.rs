//! Servers that share a database: their signs of life, what they tell one another, and that they have the same keys.

use sqlx::{Postgres, pool::PoolOptions, postgres::PgListener};

use super::{Store, StoreError, Tx, dialect, execute, execute_any, fetch_optional};

/// What servers of one database listen on.
pub(crate) const CHANNEL: &str = "kaochang";

/// A sign of life of a server, in the database's own time.
pub async fn beat(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    let sql = dialect::BEAT;
    let got = match tx {
        Tx::Sqlite(tx) => sqlx::query(sql.sqlite).bind(id).execute(&mut **tx).await?.rows_affected(),
        Tx::Postgres(tx) => sqlx::query(sql.postgres).bind(id).execute(&mut **tx).await?.rows_affected(),
    };
    if got == 1 { Ok(()) } else { Err(StoreError::Rows { what: "BEAT", expected: 1, got }) }
}

/// How many other servers gave a sign of life within the last `within_ms`.
pub async fn others_alive(tx: &mut Tx, id: &str, within_ms: i64) -> Result<i64, StoreError> {
    let sql = dialect::OTHERS_ALIVE;
    let (count,): (i64,) = match tx {
        Tx::Sqlite(tx) => sqlx::query_as(sql.sqlite).bind(id).bind(within_ms).fetch_one(&mut **tx).await?,
        Tx::Postgres(tx) => sqlx::query_as(sql.postgres).bind(id).bind(within_ms).fetch_one(&mut **tx).await?,
    };
    Ok(count)
}

/// A server stops.
pub async fn leave(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    execute_any!(tx, LEAVE, id);
    Ok(())
}

/// Tells every server of this database, once the transaction is committed; on an embedded one nobody listens. A message may
/// be lost, and must never be the only way to learn something.
pub async fn tell(tx: &mut Tx, messages: &[String]) -> Result<(), StoreError> {
    let Tx::Postgres(tx) = tx else { return Ok(()) };
    if !messages.is_empty() {
        let messages = serde_json::to_string(messages).map_err(|error| StoreError::Inconsistent(error.to_string()))?;
        sqlx::query(dialect::TELL.postgres).bind(CHANNEL).bind(messages).execute(&mut **tx).await?;
    }
    Ok(())
}

/// What the keys of this database's servers make of a fixed text, once it was kept.
pub async fn key_check(tx: &mut Tx) -> Result<Option<String>, StoreError> {
    let row: Option<(String,)> = fetch_optional!(tx, KEY_CHECK);
    Ok(row.map(|(digest,)| digest))
}

/// Keeps it, once.
pub async fn keep_key_check(tx: &mut Tx, digest: &str) -> Result<(), StoreError> {
    execute!(tx, KEEP_KEY_CHECK, rows = 1, digest)
}

/// Hears what the servers of a database tell one another, on a connection of its own.
#[derive(Debug)]
pub struct Listener(PgListener);

impl Store {
    /// Begins to listen; `None` on an embedded database.
    pub async fn listen(&self) -> Result<Option<Listener>, StoreError> {
        let Self::Postgres(pool) = self else { return Ok(None) };
        let own = PoolOptions::<Postgres>::new().max_connections(1).acquire_timeout(super::LOCK_WAIT);
        let own = own.connect_with((*pool.connect_options()).clone()).await?;
        let mut listener = PgListener::connect_with(&own).await?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(Some(Listener(listener)))
    }
}

impl Listener {
    /// The next message; `None` when the connection is lost, and with it what was told since.
    pub async fn next(&mut self) -> Result<Option<String>, StoreError> {
        Ok(self.0.try_recv().await?.map(|notification| notification.payload().to_owned()))
    }
}

const LEAVE: &str = "DELETE FROM server WHERE id = $1";
const KEY_CHECK: &str = "SELECT digest FROM key_check";
const KEEP_KEY_CHECK: &str = "INSERT INTO key_check (id, digest) VALUES ('vault', $1)";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] = &[LEAVE, KEY_CHECK, KEEP_KEY_CHECK];
