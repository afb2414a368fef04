//! Accounts of the staff, and who is signed in.

use super::{StoreError, Tx, execute, execute_any, fetch_optional};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountRow {
    /// `UUIDv7`.
    pub id: String,
    /// What one types to sign in.
    pub login: String,
    /// Name of the person.
    pub name: String,
    /// `proctor`, `author` or `office`.
    pub role: String,
    /// argon2id, PHC string.
    pub password_hash: String,
}

/// Keeps a new account.
pub async fn insert(tx: &mut Tx, account: &AccountRow, at_ms: i64) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        rows = 1,
        &account.id,
        &account.login,
        &account.name,
        &account.role,
        &account.password_hash,
        at_ms
    )
}

/// Gives an account another password, and signs it out everywhere.
pub async fn set_password(tx: &mut Tx, account_id: &str, password_hash: &str) -> Result<(), StoreError> {
    execute!(tx, SET_PASSWORD, rows = 1, account_id, password_hash)?;
    execute_any!(tx, SIGN_OUT_ALL, account_id);
    Ok(())
}

/// By what one types to sign in.
pub async fn by_login(tx: &mut Tx, login: &str) -> Result<Option<AccountRow>, StoreError> {
    Ok(fetch_optional!(tx, BY_LOGIN, login))
}

/// Whose token this is, unless it has expired.
pub async fn by_token(tx: &mut Tx, token_hash: &str, now_at_ms: i64) -> Result<Option<AccountRow>, StoreError> {
    Ok(fetch_optional!(tx, BY_TOKEN, token_hash, now_at_ms))
}

/// Signs in.
pub async fn sign_in(
    tx: &mut Tx,
    token_hash: &str,
    account_id: &str,
    now_at_ms: i64,
    expires_at_ms: i64,
) -> Result<(), StoreError> {
    execute_any!(tx, FORGET_EXPIRED, now_at_ms);
    execute!(tx, SIGN_IN, rows = 1, token_hash, account_id, now_at_ms, expires_at_ms)
}

/// Signs out; a token that is not there is signed out already.
pub async fn sign_out(tx: &mut Tx, token_hash: &str) -> Result<(), StoreError> {
    execute_any!(tx, SIGN_OUT, token_hash);
    Ok(())
}

const INSERT: &str =
    "INSERT INTO account (id, login, name, role, password_hash, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6)";
const SET_PASSWORD: &str = "UPDATE account SET password_hash = $2 WHERE id = $1";
const BY_LOGIN: &str = "SELECT id, login, name, role, password_hash FROM account WHERE login = $1";
const BY_TOKEN: &str = "SELECT a.id, a.login, a.name, a.role, a.password_hash FROM staff_login s \
    JOIN account a ON a.id = s.account_id WHERE s.token_hash = $1 AND s.expires_at_ms > $2";
const SIGN_IN: &str =
    "INSERT INTO staff_login (token_hash, account_id, created_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4)";
const SIGN_OUT: &str = "DELETE FROM staff_login WHERE token_hash = $1";
const SIGN_OUT_ALL: &str = "DELETE FROM staff_login WHERE account_id = $1";
const FORGET_EXPIRED: &str = "DELETE FROM staff_login WHERE expires_at_ms <= $1";

#[cfg(test)]
pub(crate) const STATEMENTS: &[&str] =
    &[INSERT, SET_PASSWORD, BY_LOGIN, BY_TOKEN, SIGN_IN, SIGN_OUT, SIGN_OUT_ALL, FORGET_EXPIRED];
