//! `kaochang session …`

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;

use super::open::open;
use crate::{config::Settings, service::plan::Plan};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a session: check plan and roster, draw and check every paper; all or nothing
    Create {
        /// TOML
        #[arg(long)]
        plan: PathBuf,
        /// CSV: `admission_no,name,id_number,room,seat[,extra_minutes,extra_reason]`
        #[arg(long)]
        roster: PathBuf,
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
        Command::Create { plan, roster } => {
            let read = |path: &PathBuf| {
                std::fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))
            };
            let (plan, roster) = (Plan::parse(&read(&plan)?)?, Plan::roster(&read(&roster)?)?);
            let id = opened.centre.create_session(&plan, &roster, "office").await?;
            println!("session {id}");
            println!(
                "{} papers drawn, each checked; commitment {}",
                roster.len(),
                opened.centre.commitment(&id).unwrap_or_default()
            );
        }
        Command::List => {
            for row in opened.centre.home_view().sessions {
                println!(
                    "{}  {:?}  {:?}  {}  {}",
                    row.session.id, row.session.purpose, row.state, row.session.begins_text, row.session.title
                );
            }
        }
        Command::Seats { session } => {
            println!("room,seat,path");
            for (room, seat, code) in opened.centre.seat_codes(&session).context("there is no such session")? {
                println!("{room},{seat},/enrol/{code}");
            }
        }
    }
    Ok(())
}
