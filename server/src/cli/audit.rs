//! `kaochang audit …`

use anyhow::{Context, bail};
use clap::Subcommand;

use super::open::existing_store;
use crate::{
    config::Settings,
    service::verify::{PrintedHead, verify},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check every row against its chain; name the first that does not fit
    Verify {
        /// Only this session
        #[arg(long)]
        session: Option<String>,
        /// Head printed on the room's record, such as 214:9f2c51d07ab3
        #[arg(long, requires = "session")]
        head: Option<String>,
    },
}

pub async fn run(settings: &Settings, command: Command) -> anyhow::Result<()> {
    let Command::Verify { session, head } = command;
    let head = head
        .map(|text| PrintedHead::parse(&text).with_context(|| format!("{text:?} is no head such as 214:9f2c51d07ab3")))
        .transpose()?;
    let report = verify(&existing_store(settings).await?, session.as_deref(), head.as_ref()).await?;
    println!("{report}");
    if report.problems.is_empty() { Ok(()) } else { bail!("the record is not what was written") }
}
