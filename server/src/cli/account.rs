//! `kaochang account …`

use std::io::BufRead;

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use kaochang_app::view::Role;

use super::open::open;
use crate::{
    config::Settings,
    service::{Refusal, account::PASSWORD_CHARS_MIN},
    store::StoreError,
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an account; its password is read from standard input
    Add {
        /// What one types to sign in
        login: String,
        /// Name of the person
        #[arg(long)]
        name: String,
        /// What they may do
        #[arg(long)]
        role: RoleName,
    },
    /// Give an account another password, read from standard input
    Password {
        /// What one types to sign in
        login: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RoleName {
    /// 监考员
    Proctor,
    /// 命题员
    Author,
    /// 考务
    Office,
}

impl From<RoleName> for Role {
    fn from(role: RoleName) -> Self {
        match role {
            RoleName::Proctor => Self::Proctor,
            RoleName::Author => Self::Author,
            RoleName::Office => Self::Office,
        }
    }
}

pub async fn run(settings: &Settings, command: Command) -> anyhow::Result<()> {
    let opened = open(settings).await?;
    let outcome = match &command {
        Command::Add { login, name, role } => {
            opened.centre.create_account(login, name, (*role).into(), &password()?).await.map(|_| login)
        }
        Command::Password { login } => opened.centre.set_password(login, &password()?).await.map(|()| login),
    };
    match outcome {
        Ok(login) => println!("{login}: done"),
        Err(Refusal::Store(StoreError::Conflict(_))) => bail!("this login is taken; choose another"),
        Err(Refusal::NotFound) => bail!("there is no such account"),
        Err(Refusal::Notice(_)) => bail!("a password has at least {PASSWORD_CHARS_MIN} characters"),
        Err(refusal) => return Err(refusal.into()),
    }
    Ok(())
}

fn password() -> anyhow::Result<String> {
    eprintln!("password (one line):");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("no password could be read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
