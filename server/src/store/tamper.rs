//! What somebody with the database's own tools could do to it: statements of the tests' making, past every rule of the
//! store. Only tests have this.

use sqlx::{AssertSqlSafe, Executor};

use super::{Store, StoreError};

/// Runs statements as they stand, foreign keys and triggers switched off or dropped by the caller.
pub(crate) async fn execute_raw(store: &Store, sql: &str) -> Result<u64, StoreError> {
    let sql = AssertSqlSafe(sql.to_owned());
    Ok(match store {
        Store::Sqlite { writer, .. } => writer.execute(sqlx::raw_sql(sql)).await?.rows_affected(),
        Store::Postgres(pool) => pool.execute(sqlx::raw_sql(sql)).await?.rows_affected(),
    })
}

/// The texts of one column, in the order that the statement says.
pub(crate) async fn texts(store: &Store, sql: &str) -> Result<Vec<String>, StoreError> {
    let sql = AssertSqlSafe(sql.to_owned());
    Ok(match store {
        Store::Sqlite { writer, .. } => sqlx::query_scalar(sql).fetch_all(writer).await?,
        Store::Postgres(pool) => sqlx::query_scalar(sql).fetch_all(pool).await?,
    })
}
