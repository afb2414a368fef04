//! `kaochang demo`: a mock session that can be sat at once, a short rehearsal, and everybody who is needed. Only for looking
//! at: its passwords lie in the data folder.

use std::{fmt::Write as _, path::Path};

use anyhow::{Context, bail};
use kaochang_app::view::Role;
use serde::{Deserialize, Serialize};

use super::{
    open::{Opened, open},
    serve::{listen, log, serve},
};
use crate::{
    config::Settings,
    service::{
        draw::Contributions,
        plan::{Entry, Plan},
    },
    world::{RealWorld, World, hex},
};

const NOTE: &str = "demo.json";
/// What a data folder may hold when it is made anew: nothing of anybody else's is removed.
const OURS: &[&str] = &[
    NOTE,
    "kaochang.sqlite",
    "kaochang.sqlite-wal",
    "kaochang.sqlite-shm",
    "vault.key",
    "kaochang.lock",
    "kaochang.toml",
];

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Begin anew: remove what an earlier demo left in the data folder
    #[arg(long)]
    fresh: bool,
}

/// What the demo tells about itself, kept so that a second start can tell it again.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    accounts: Vec<Account>,
    sessions: Vec<Session>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Account {
    role: String,
    login: String,
    name: String,
    password: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Session {
    id: String,
    title: String,
    candidates: Vec<Candidate>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Candidate {
    room: u32,
    seat: u32,
    name: String,
    admission_no: String,
    id_number: String,
    enrol: String,
}

pub async fn run(settings: &Settings, args: &Args) -> anyhow::Result<()> {
    log(settings.log_format);
    let listener = listen(settings)?;
    if args.fresh {
        clear(&settings.data)?;
    }
    let note_file = settings.data.join(NOTE);
    let known = std::fs::read_to_string(&note_file).ok();
    if known.is_none() && settings.data.join("kaochang.sqlite").exists() {
        bail!("the data folder {} is not a demo's; choose another by --data", settings.data.display());
    }
    let opened = open(settings).await?;
    let note = if let Some(text) = known {
        let unreadable = || format!("{} can't be read; begin anew with --fresh", note_file.display());
        serde_json::from_str(&text).with_context(unreadable)?
    } else {
        let note = prepare(&opened).await?;
        std::fs::write(&note_file, serde_json::to_string_pretty(&note)?)?;
        note
    };
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    println!("{}", table(&note, &format!("{scheme}://{}", listener.local_addr()?), &note_file)?);
    serve(settings, listener, opened).await
}

fn clear(data: &Path) -> anyhow::Result<()> {
    let Ok(entries) = std::fs::read_dir(data) else { return Ok(()) };
    let names: Vec<String> =
        entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    if !names.is_empty() && !names.iter().any(|name| name == NOTE) {
        bail!("the data folder {} is not a demo's; nothing was removed", data.display());
    }
    for name in names.iter().filter(|name| OURS.contains(&name.as_str())) {
        std::fs::remove_file(data.join(name))
            .with_context(|| format!("{} can't be removed", data.join(name).display()))?;
    }
    Ok(())
}

async fn prepare(opened: &Opened) -> anyhow::Result<Note> {
    let (world, mut accounts) = (RealWorld::new(), Vec::new());
    let staff = (1..=7).map(|n| (Role::Proctor, format!("proctor{n}"), format!("监考员{n}")));
    let staff = staff.chain([
        (Role::Author, "author".to_owned(), "命题员".to_owned()),
        (Role::Office, "office".to_owned(), "考务".to_owned()),
        (Role::Office, "office2".to_owned(), "考务二".to_owned()),
    ]);
    for (role, login, name) in staff {
        let mut bytes = [0; 5];
        world.fill(&mut bytes);
        let password = hex(&bytes);
        opened.centre.create_account(&login, &name, role, &password).await?;
        accounts.push(Account { role: format!("{role:?}"), login, name, password });
    }
    let mock = session(opened, "mock", "模拟考试（演示）", 90, 30, &[(1, 36, 6, 31), (2, 16, 4, 12)], "2026").await?;
    let rehearsal = session(opened, "rehearsal", "试考（演示，3 分钟）", 3, 0, &[(3, 8, 4, 6)], "2027").await?;
    Ok(Note { accounts, sessions: vec![mock, rehearsal] })
}

async fn session(
    opened: &Opened,
    purpose: &str,
    title: &str,
    minutes: u32,
    earliest_hand_in: u32,
    rooms: &[(u32, u32, u32, u32)],
    prefix: &str,
) -> anyhow::Result<Session> {
    let mut plan = format!(
        "title = \"{title}\"\nstandard = \"cloud-computing-engineer-2-02-10-12\"\nlevel = \"junior\"\ndirection = \"operations\"\n\
         purpose = \"{purpose}\"\nminutes = {minutes}\nearliest_hand_in_minutes = {earliest_hand_in}\nlate_entry_minutes = {minutes}\n"
    );
    let mut roster = Vec::new();
    for (number, seats, columns, candidates) in rooms {
        writeln!(plan, "[[room]]\nnumber = {number}\nseats = {seats}\ncolumns = {columns}")?;
        for seat in 1..=*candidates {
            roster.push(entry(*number, seat, prefix));
        }
    }
    // One candidate has an accommodation.
    if let Some(last) = roster.last_mut() {
        last.extra_minutes = Some(20);
        last.extra_reason = Some("视力障碍，按规定延长".to_owned());
    }
    let id = opened.centre.create_session(&Plan::parse(&plan)?, &roster, Contributions::System, "office").await?;
    let codes = opened.centre.seat_codes(&id).unwrap_or_default();
    let candidates = roster.into_iter().map(|entry| {
        let code = codes
            .iter()
            .find(|(room, seat, _)| (*room, *seat) == (entry.room, entry.seat))
            .map(|(.., code)| code.clone());
        Candidate {
            room: entry.room,
            seat: entry.seat,
            name: entry.name,
            admission_no: entry.admission_no,
            id_number: entry.id_number,
            enrol: format!("/enrol/{}", code.unwrap_or_default()),
        }
    });
    Ok(Session { id, title: title.to_owned(), candidates: candidates.collect() })
}

/// A candidate who does not exist: the ID number's region is none, its check digit (GB 11643-1999) is right.
fn entry(room: u32, seat: u32, prefix: &str) -> Entry {
    const SURNAMES: [&str; 12] = ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴", "徐", "孙"];
    const GIVEN: [&str; 11] = ["晓晨", "子涵", "文博", "雨桐", "嘉豪", "思远", "静怡", "明哲", "若曦", "浩然", "欣妍"];
    let n = usize::try_from(room * 37 + seat).expect("a small number");
    let body = format!("000000{}{:02}{:02}{:03}", 1990 + n % 12, 1 + n % 12, 1 + n % 28, n % 1_000);
    Entry {
        admission_no: format!("{prefix}{room:02}{seat:04}"),
        name: format!("{}{}", SURNAMES[n % SURNAMES.len()], GIVEN[n % GIVEN.len()]),
        id_number: format!("{body}{}", check_digit(&body)),
        room,
        seat,
        extra_minutes: None,
        extra_reason: None,
        seen_in: None,
    }
}

fn check_digit(body: &str) -> char {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body.chars().zip(WEIGHTS).map(|(digit, weight)| digit.to_digit(10).unwrap_or(0) * weight).sum();
    ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'][usize::try_from(sum % 11).expect("below 11")]
}

fn table(note: &Note, address: &str, file: &Path) -> Result<String, std::fmt::Error> {
    let mut text = format!("\n考场 Kaochang 演示 demo   {address}\n\n工作人员 staff   {address}/staff/login\n");
    for account in &note.accounts {
        writeln!(text, "  {:<10} {:<10} {}", account.role, account.login, account.password)?;
    }
    for session in &note.sessions {
        let how = "先打开机位地址登记本机，再登录 (open a seat's address first, then log in)";
        writeln!(text, "\n{}   {}\n  {how}", session.title, session.id)?;
        text += "  考场 机位  准考证号      证件号码             机位地址 seat's address\n";
        let rooms: std::collections::BTreeSet<u32> =
            session.candidates.iter().map(|candidate| candidate.room).collect();
        for room in rooms {
            let of_room: Vec<&Candidate> =
                session.candidates.iter().filter(|candidate| candidate.room == room).collect();
            for c in of_room.iter().take(3) {
                let (number, id) = (&c.admission_no, &c.id_number);
                writeln!(text, "  {:>4} {:>4}  {number:<12}  {id}   {address}{}", c.room, c.seat, c.enrol)?;
            }
            writeln!(text, "  …{} 名考生 candidates", of_room.len())?;
        }
    }
    writeln!(text, "\n全部考生 all candidates: {}", file.display())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digit_is_that_of_the_standards_example() {
        // GB 11643-1999, the worked examples of its annex.
        assert_eq!(check_digit("11010519491231002"), 'X');
        assert_eq!(check_digit("44052418800101001"), '4');
    }
}
