//! Accounts of the staff: argon2id, tokens kept as hashes.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use kaochang_app::{notice::Code, view::Role};

use super::{Centre, Refusal};
use crate::{
    store::{
        StoreError, account as accounts,
        account::AccountRow,
        audit::{self, Act},
    },
    vault::token_hash,
    world::{new_id, new_token},
};

/// How long a sign-in lasts: a long exam day.
const SIGNED_IN_MS: i64 = 16 * 60 * 60 * 1_000;
/// The shortest password.
pub const PASSWORD_CHARS_MIN: usize = 8;

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// Id of the account.
    pub account: String,
    /// What they type to sign in; stands in the audit chain.
    pub login: String,
    /// Name of the person.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// The role as it stands in the store.
pub fn role_code(role: Role) -> &'static str {
    match role {
        Role::Proctor => "proctor",
        Role::Author => "author",
        Role::Office => "office",
    }
}

/// Reads [`role_code`].
pub fn role_of(code: &str) -> Option<Role> {
    [Role::Proctor, Role::Author, Role::Office].into_iter().find(|role| role_code(*role) == code)
}

impl Centre {
    /// Makes an account. A login that is taken is a conflict of the store.
    pub async fn create_account(&self, login: &str, name: &str, role: Role, password: &str) -> Result<String, Refusal> {
        let password_hash = self.hash(password).await?;
        let id = new_id(&*self.world);
        let account = AccountRow {
            id: id.clone(),
            login: login.to_owned(),
            name: name.to_owned(),
            role: role_code(role).to_owned(),
            password_hash,
        };
        let mut acting = self.begin(audit::ACCOUNTS).await?;
        let at_ms = self.world.wall_ms();
        accounts::insert(&mut acting.tx, &account, at_ms).await?;
        let detail = serde_json::json!({ "login": login, "name": name, "role": role_code(role) });
        acting.append(&[Act { at_ms, actor: "system", act: "account.created", subject: &id, detail }]).await?;
        drop(acting.commit().await?);
        Ok(id)
    }

    /// Gives an account another password and signs it out everywhere.
    pub async fn set_password(&self, login: &str, password: &str) -> Result<(), Refusal> {
        let password_hash = self.hash(password).await?;
        let mut acting = self.begin(audit::ACCOUNTS).await?;
        let account = accounts::by_login(&mut acting.tx, login).await?.ok_or(Refusal::NotFound)?;
        accounts::set_password(&mut acting.tx, &account.id, &password_hash).await?;
        let act = Act {
            at_ms: self.world.wall_ms(),
            actor: "system",
            act: "account.password",
            subject: &account.id,
            detail: serde_json::json!({ "login": login }),
        };
        acting.append(&[act]).await?;
        drop(acting.commit().await?);
        Ok(())
    }

    /// Checks login and password; one answer for either being wrong, and as slow for a login that does not exist.
    pub async fn authenticate(&self, login: &str, password: &str) -> Result<Staff, Refusal> {
        let account = accounts::by_login(&mut self.store.read().await?, login).await?;
        let hash = account.as_ref().map_or(NOBODY, |account| &account.password_hash).to_owned();
        let password = password.to_owned();
        let _permit = self.hashing.acquire().await.expect("the semaphore is never closed");
        let matches = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        let matches = matches.await.expect("checking a password does not panic");
        match account {
            Some(account) if matches => staff(account).map_err(Refusal::Store),
            _ => Err(Code::PasswordWrong.into()),
        }
    }

    /// Signs in: the token for the cookie.
    pub async fn sign_in(&self, login: &str, password: &str) -> Result<String, Refusal> {
        let staff = self.authenticate(login, password).await?;
        let token = new_token(&*self.world);
        let mut acting = self.begin(audit::ACCOUNTS).await?;
        let now = self.world.wall_ms();
        accounts::sign_in(&mut acting.tx, &token_hash(&token), &staff.account, now, now + SIGNED_IN_MS).await?;
        let detail = serde_json::json!({ "login": staff.login });
        let act = Act { at_ms: now, actor: &staff.login, act: "account.signed-in", subject: &staff.account, detail };
        acting.append(&[act]).await?;
        drop(acting.commit().await?);
        Ok(token)
    }

    /// Signs out.
    pub async fn sign_out(&self, token: &str) -> Result<(), Refusal> {
        let mut tx = self.store.write().await?;
        accounts::sign_out(&mut tx, &token_hash(token)).await?;
        Ok(tx.commit().await?)
    }

    /// Whose token this is.
    pub async fn staff(&self, token: &str) -> Result<Option<Staff>, Refusal> {
        let now = self.world.wall_ms();
        let account = accounts::by_token(&mut self.store.read().await?, &token_hash(token), now).await?;
        Ok(account.map(staff).transpose()?)
    }

    async fn hash(&self, password: &str) -> Result<String, Refusal> {
        if password.chars().count() < PASSWORD_CHARS_MIN {
            return Err(Code::FormInvalid.into());
        }
        let (password, mut salt) = (password.to_owned(), [0; 16]);
        self.world.fill(&mut salt);
        let _permit = self.hashing.acquire().await.expect("the semaphore is never closed");
        // argon2id, m = 19 MiB, t = 2, p = 1: the crate's defaults are OWASP's.
        let hash = tokio::task::spawn_blocking(move || {
            let hash = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
            hash.expect("any password can be hashed").to_string()
        });
        Ok(hash.await.expect("hashing a password does not panic"))
    }
}

/// A hash that no password has, so that an unknown login takes as long as a known one.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$a2FvY2hhbmctbm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn staff(account: AccountRow) -> Result<Staff, StoreError> {
    let role = role_of(&account.role).ok_or_else(|| StoreError::Inconsistent("a role".to_owned()))?;
    Ok(Staff { account: account.id, login: account.login, name: account.name, role })
}
