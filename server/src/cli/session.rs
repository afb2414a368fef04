//! `kaochang session …`

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Subcommand;

use super::{draw::contributions, open::open};
use crate::{
    config::Settings,
    service::{Refusal, draw::Contributions, plan::Plan},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a session: check plan and roster, draw and check every paper; all or nothing
    Create {
        /// TOML
        #[arg(long)]
        plan: PathBuf,
        /// CSV: `admission_no,name,id_number,room,seat[,extra_minutes,extra_reason,seen_in]`
        #[arg(long)]
        roster: PathBuf,
        /// File with an officer's contribution to the secret; twice, and needed where it counts
        #[arg(long)]
        contribution: Vec<PathBuf>,
    },
    /// Print the evidence of a session whose rooms have all ended, JSON for `kaochang verify`
    Evidence {
        /// Id of the session
        session: String,
    },
    /// List the sessions
    List,
    /// Print the codes that enrol each machine as its seat: `room,seat,path`
    Seats {
        /// Id of the session
        session: String,
    },
}

pub async fn run(settings: &Settings, command: Command) -> anyhow::Result<()> {
    let opened = open(settings).await?;
    match command {
        Command::Create { plan, roster, contribution } => {
            let read = |path: &PathBuf| {
                std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))
            };
            let (plan, roster) = (Plan::parse(&read(&plan)?)?, Plan::roster(&read(&roster)?)?);
            let contributions = contributions(&contribution)?.map_or(Contributions::System, Contributions::Officers);
            let id = opened.centre.create_session(&plan, &roster, contributions, "office").await?;
            println!("session {id}");
            println!(
                "{} papers drawn and {} reserves, each checked; commitment {}",
                roster.len(),
                plan.reserves(roster.len()),
                opened.centre.commitment(&id).unwrap_or_default()
            );
        }
        Command::Evidence { session } => match opened.centre.evidence(&session).await {
            Ok(text) => println!("{text}"),
            Err(Refusal::Notice(_)) => bail!("the evidence opens the secret; it can be had once every room has ended"),
            Err(Refusal::NotFound) => bail!("there is no such session, or it was drawn before evidence was kept"),
            Err(refusal) => return Err(refusal.into()),
        },
        Command::List => {
            for row in opened.centre.home_view().sessions {
                println!(
                    "{}  {:?}  {:?}  {}  {}",
                    row.session.id, row.session.purpose, row.state, row.session.begins_text, row.session.title
                );
            }
        }
        Command::Seats { session } => {
            opened.centre.recall(&session).await?;
            println!("room,seat,path");
            for (room, seat, code) in opened.centre.seat_codes(&session).context("there is no such session")? {
                println!("{room},{seat},/enrol/{code}");
            }
        }
    }
    Ok(())
}
