//! A session with its people: made in a data folder, then lived through over HTTP.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use kaochang::{
    cli::open::open,
    config::Settings,
    service::{
        draw::Contributions,
        plan::{Entry, Plan},
    },
    store::{Store, room},
};
use kaochang_app::view::Role;

use crate::client::Client;

/// Candidates of a room, who need two proctors.
const ROOM: u32 = 30;

/// What everybody needs to know to come in.
#[derive(Debug)]
pub struct Hall {
    pub session: String,
    rooms: Vec<String>,
    people: Vec<(Entry, String)>,
}

/// One candidate who writes.
#[derive(Debug)]
pub struct Candidate {
    pub client: Client,
    pub sitting: String,
    pub epoch: i64,
}

/// Makes a session of so many candidates with nothing but the embedded or the named database.
pub async fn prepare(settings: &Settings, candidates: u32, minutes: u32) -> anyhow::Result<Hall> {
    let opened = open(settings).await?;
    let centre = &opened.centre;
    let rooms: Vec<u32> = (1..=candidates.div_ceil(ROOM)).collect();
    for room in &rooms {
        for proctor in ["a", "b"] {
            let login = format!("p{room}{proctor}");
            let made = centre.create_account(&login, &login, Role::Proctor, &password(&login)).await;
            made.map_err(|refusal| anyhow::anyhow!("an account: {refusal:?}"))?;
        }
    }
    let plan = format!(
        "title = \"负载\"\nstandard = \"cloud-computing-engineer-2-02-10-12\"\nlevel = \"junior\"\ndirection = \"operations\"\n\
         purpose = \"rehearsal\"\nminutes = {minutes}\ndifficulty = false\nlate_entry_minutes = {minutes}\n\
         start_lead_seconds = 0\nearliest_hand_in_minutes = 0\n"
    );
    let tables = rooms.iter().map(|room| format!("[[room]]\nnumber = {room}\nseats = {ROOM}\ncolumns = 6\n"));
    let plan = format!("{plan}{}", tables.collect::<Vec<_>>().concat());
    let roster: Vec<Entry> = (0..candidates).map(entry).collect();
    let plan = Plan::parse(&plan).map_err(|error| anyhow::anyhow!("the plan: {error:?}"))?;
    let session = centre.create_session(&plan, &roster, Contributions::System, "office").await;
    let session = session.map_err(|error| anyhow::anyhow!("the session: {error:?}"))?;
    let codes = centre.seat_codes(&session).context("the session is there")?;
    let code = |entry: &Entry| {
        let own = codes.iter().find(|(room, seat, _)| (*room, *seat) == (entry.room, entry.seat));
        own.map(|(.., code)| code.clone()).context("a seat for everybody")
    };
    let people = roster.into_iter().map(|entry| code(&entry).map(|code| (entry, code)));
    let people = people.collect::<anyhow::Result<Vec<_>>>()?;
    let place = settings.database_url.clone().unwrap_or_else(|| settings.data.display().to_string());
    centre.stop().await.map_err(|refusal| anyhow::anyhow!("a clean stop: {refusal:?}"))?;
    let mut rooms = room::of_session(&mut store(&place).await?.read().await?, &session).await?;
    rooms.sort_by_key(|room| room.number);
    Ok(Hall { session, rooms: rooms.into_iter().map(|room| room.id).collect(), people })
}

/// A database by its data folder or its URL.
pub async fn store(place: &str) -> anyhow::Result<Store> {
    Ok(if place.starts_with("postgres") {
        Store::open_postgres(place).await?
    } else {
        Store::open_sqlite(&Path::new(place).join("kaochang.sqlite")).await?
    })
}

fn entry(number: u32) -> Entry {
    let (room, seat) = (number / ROOM + 1, number % ROOM + 1);
    Entry {
        admission_no: format!("2026{number:06}"),
        name: format!("考生{number}"),
        id_number: format!("990000{number:012}"),
        room,
        seat,
        extra_minutes: None,
        extra_reason: None,
        seen_in: None,
    }
}

fn password(login: &str) -> String {
    format!("secret-{login}")
}

/// A machine enrolled as somebody's seat.
#[derive(Debug)]
pub struct Machine {
    pub client: Client,
    pub admission_no: String,
    pub id_number: String,
}

/// A proctor's page, in a room where both proctors have checked in.
#[derive(Debug)]
pub struct Console {
    pub client: Client,
    pub room: String,
}

impl Hall {
    /// Ids of the rooms, by number.
    pub fn rooms(&self) -> &[String] {
        &self.rooms
    }

    /// Two proctors check in to every room and open it.
    pub async fn open_rooms(&self, server: SocketAddr) -> anyhow::Result<()> {
        for mut console in self.check_in(server).await? {
            console.open().await?;
        }
        Ok(())
    }

    /// Two proctors check in to every room.
    pub async fn check_in(&self, server: SocketAddr) -> anyhow::Result<Vec<Console>> {
        let mut consoles = Vec::new();
        for (room, number) in self.rooms.iter().zip(1..) {
            let mut client = Client::connect(server).await?;
            let [first, second] = ["a", "b"].map(|proctor| format!("p{number}{proctor}"));
            let staff = [("account", first.as_str()), ("password", &password(&first))];
            ensure!(client.post("/staff/login", &staff).await?.to()? == "/staff", "a proctor was refused");
            for login in [&first, &second] {
                let fields = [("account", login.as_str()), ("password", &password(login))];
                client.post(&format!("/rooms/{room}/check-in"), &fields).await?.to()?;
            }
            consoles.push(Console { client, room: room.clone() });
        }
        Ok(consoles)
    }

    /// Every seat's machine enrolled for whoever sits there.
    pub async fn enrol(&self, server: SocketAddr) -> anyhow::Result<Vec<Machine>> {
        let mut machines = Vec::new();
        for (entry, code) in &self.people {
            let mut client = Client::connect(server).await?;
            client.post(&format!("/enrol/{code}"), &[]).await?.to()?;
            let (admission_no, id_number) = (entry.admission_no.clone(), entry.id_number.clone());
            machines.push(Machine { client, admission_no, id_number });
        }
        Ok(machines)
    }

    /// Everybody at their own machine, logged in, confirmed, with the rules accepted.
    pub async fn log_in(&self, server: SocketAddr) -> anyhow::Result<Vec<Candidate>> {
        let mut candidates = Vec::new();
        for mut machine in self.enrol(server).await? {
            // Enrolled long ago, it may have been let go by the server.
            machine.client = machine.client.again().await?;
            machine.log_in().await?;
            candidates.push(Candidate { client: machine.client, sitting: String::new(), epoch: 1 });
        }
        Ok(candidates)
    }
}

impl Machine {
    /// Logs in, confirms and accepts the rules.
    pub async fn log_in(&mut self) -> anyhow::Result<()> {
        let client = &mut self.client;
        let fields = [("admission_no", self.admission_no.as_str()), ("id_number", &self.id_number)];
        ensure!(client.post("/login", &fields).await?.to()? != "/", "{} was refused", self.admission_no);
        ensure!(client.post("/confirm", &[("answer", "right")]).await?.to()? == "/rules", "rules come next");
        client.post("/rules", &[("accept", "yes")]).await?.to()?;
        Ok(())
    }
}

impl Console {
    /// Opens the room.
    pub async fn open(&mut self) -> anyhow::Result<()> {
        let opened = self.client.post(&format!("/rooms/{}/open", self.room), &[]).await?;
        ensure!(opened.location.contains("room_opened"), "a room does not open: {}", opened.location);
        Ok(())
    }
}

impl Candidate {
    /// Opens the exam page; what it carries names the sitting.
    pub async fn open(&mut self) -> anyhow::Result<()> {
        // The first connection has been idle since the login, and the server may have closed it.
        self.client = self.client.again().await?;
        let page = self.client.get("/exam").await?;
        if page.status != 200 {
            bail!("the exam page answers {}: {}", page.status, page.location);
        }
        let text = String::from_utf8_lossy(&page.body);
        let text = text.replace("&quot;", "\"");
        let sitting = text.split("\"sitting\":\"").nth(1).and_then(|rest| rest.split('"').next());
        sitting.context("the page names its sitting")?.clone_into(&mut self.sitting);
        Ok(())
    }
}
