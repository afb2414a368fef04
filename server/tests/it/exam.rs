//! An exam centre for one test: folder, clocks, server and session.

pub mod bank;
pub mod browser;
pub mod people;
pub mod shared;
pub mod world;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::Router;
use chrono::FixedOffset;
use kaochang::{
    service::{
        Centre,
        draw::Contributions,
        plan::{Entry, Plan},
        verify::{Report, verify},
    },
    shipped,
    store::{
        Store, audit, paper,
        response::{self, ResponseRow},
        score, session,
        sitting::{self, SittingRow},
    },
    vault::Vault,
    web::{self, Web},
};
use kaochang_app::view::Role;
use question_bank::{marking::Score, paper::Paper};
use tokio::sync::OnceCell;

use browser::Browser;
use people::{Candidate, Proctor};
use shared::Shared;
use world::TestWorld;

/// The standard of every test.
pub const STANDARD: &str = "cloud-computing-engineer-2-02-10-12";
/// 2026-11-28 09:00 in the centre's zone.
pub const MORNING_MS: i64 = 1_795_827_600_000;
/// A minute.
pub const MINUTE_MS: i64 = 60_000;
/// From the opening of the room to the start of those who wait.
pub const LEAD_MS: i64 = 5_000;
/// After a deadline an answer under way still counts for so long.
pub const ALLOWANCE_MS: i64 = 2_000;
/// The longest step between two ticks that is no stall.
const STEP_MS: i64 = 3_000;
/// Proctors with an account.
const PROCTORS: usize = 4;

/// A centre with one session.
pub struct TestExam {
    /// Clocks and chance.
    pub world: Arc<TestWorld>,
    /// The services.
    pub centre: Arc<Centre>,
    /// The site.
    pub router: Router,
    /// A second door to the same database, for looking.
    pub store: Store,
    /// Id of the session.
    pub session: String,
    /// Id of each room, by number.
    pub rooms: BTreeMap<u32, String>,
    /// Who sits, in order.
    pub roster: Vec<Entry>,
    folder: Folder,
}

/// A session to be: rooms and candidates, and lines of the plan that differ from the default.
#[derive(Clone, Debug)]
pub struct Setup {
    /// `mock`, `rehearsal`.
    pub purpose: &'static str,
    /// Length.
    pub minutes: u32,
    /// Further lines of the plan.
    pub plan: &'static str,
    /// Number, seats, candidates.
    pub rooms: Vec<(u32, u32, u32)>,
    /// Extra minutes of the first candidate.
    pub extra_minutes: Option<u32>,
}

impl Default for Setup {
    /// Half an hour at most for late entrants and hand-in, as the standard has it; two candidates and a spare seat.
    fn default() -> Self {
        Self { purpose: "mock", minutes: 90, plan: "", rooms: vec![(1, 3, 2)], extra_minutes: None }
    }
}

impl Setup {
    /// Three minutes, late entry to the end, hand-in at any time.
    pub fn short() -> Self {
        Self { purpose: "rehearsal", minutes: 3, plan: "late_entry_minutes = 3", ..Self::default() }
    }

    /// The plan as the office types it. It leaves the default difficulty out, which takes seconds in a build for tests.
    pub fn plan_text(&self) -> String {
        let mut text = format!(
            "title = \"考试\"\nstandard = \"{STANDARD}\"\nlevel = \"junior\"\ndirection = \"operations\"\n\
             purpose = \"{}\"\nminutes = {}\ndifficulty = false\n{}\n",
            self.purpose, self.minutes, self.plan
        );
        for (number, seats, _) in &self.rooms {
            writeln!(text, "[[room]]\nnumber = {number}\nseats = {seats}\ncolumns = 6").expect("text");
        }
        text
    }

    fn plan(&self) -> Plan {
        Plan::parse(&self.plan_text()).expect("a plan")
    }

    /// The roster as the office types it.
    pub fn roster_text(&self) -> String {
        let head = "admission_no,name,id_number,room,seat,extra_minutes,extra_reason\n".to_owned();
        self.roster().into_iter().fold(head, |text, entry| {
            let Entry { admission_no, name, id_number, room, seat, extra_minutes, extra_reason, .. } = entry;
            let minutes = extra_minutes.map(|minutes| minutes.to_string()).unwrap_or_default();
            let reason = extra_reason.unwrap_or_default();
            text + &format!("{admission_no},{name},{id_number},{room},{seat},{minutes},{reason}\n")
        })
    }

    fn roster(&self) -> Vec<Entry> {
        let places = self.rooms.iter().flat_map(|(room, _, count)| (1..=*count).map(move |seat| (*room, seat)));
        let entry = |(room, seat): (u32, u32)| Entry {
            admission_no: format!("2026{room:02}{seat:03}"),
            name: format!("考生{room:02}{seat:03}"),
            id_number: format!("99000019900101{room}{seat:03}"),
            room,
            seat,
            extra_minutes: None,
            extra_reason: None,
            seen_in: None,
        };
        let mut roster: Vec<Entry> = places.map(entry).collect();
        roster[0].extra_minutes = self.extra_minutes;
        roster[0].extra_reason = self.extra_minutes.map(|_| "视力障碍".to_owned());
        roster
    }
}

impl TestExam {
    /// With the default set-up.
    pub async fn start() -> Self {
        Self::of(Setup::default()).await
    }

    /// With a set-up of its own.
    pub async fn of(setup: Setup) -> Self {
        let folder = Folder::of_template().await;
        let world = Arc::new(TestWorld::new(MORNING_MS, 1_000_000, 1));
        let (centre, store, router) = serve(&folder.0, &world).await;
        let candidates = setup.roster();
        let session = centre
            .create_session(&setup.plan(), &candidates, Contributions::System, "office")
            .await
            .expect("a session");
        let rooms = kaochang::store::room::of_session(&mut store.read().await.unwrap(), &session).await.unwrap();
        let rooms = rooms.into_iter().map(|room| (u32::try_from(room.number).unwrap(), room.id)).collect();
        Self { world, centre, router, store, session, rooms, roster: candidates, folder }
    }

    /// At one of several servers of a database, with a session of its own.
    pub async fn on(shared: &Shared, setup: Setup) -> Self {
        let exam = Self::with(shared, shared.store().await, setup).await;
        tokio::spawn(exam.centre.clone().run_peers());
        exam
    }

    /// At the only server of a database, by a way that can be cut.
    pub async fn over(shared: &Shared, wire: &shared::Wire, setup: Setup) -> Self {
        Self::with(shared, wire.store().await, setup).await
    }

    async fn with(shared: &Shared, store: Store, setup: Setup) -> Self {
        let folder = shared.folder();
        let world = Arc::new(TestWorld::new(MORNING_MS, 1_000_000, 1));
        let (centre, store, router) = serve_on(store, &folder.0, &world).await;
        centre.poll().await.expect("the others are looked at");
        let candidates = setup.roster();
        let session = centre
            .create_session(&setup.plan(), &candidates, Contributions::System, "office")
            .await
            .expect("a session");
        let rooms = kaochang::store::room::of_session(&mut store.read().await.unwrap(), &session).await.unwrap();
        let rooms = rooms.into_iter().map(|room| (u32::try_from(room.number).unwrap(), room.id)).collect();
        Self { world, centre, router, store, session, rooms, roster: candidates, folder }
    }

    /// At another server of the same database, with clocks of its own.
    pub async fn beside(&self, shared: &Shared) -> Self {
        let exam = self.deaf_beside(shared).await;
        tokio::spawn(exam.centre.clone().run_peers());
        exam
    }

    /// The same, which hears nothing of what the others tell, and looks around only when the test does it.
    pub async fn deaf_beside(&self, shared: &Shared) -> Self {
        let folder = shared.folder();
        let world = Arc::new(TestWorld::new(MORNING_MS, 5_000, 2));
        let (centre, store, router) = serve_on(shared.store().await, &folder.0, &world).await;
        centre.poll().await.expect("the others are looked at");
        let (session, rooms) = (self.session.clone(), self.rooms.clone());
        Self { world, centre, router, store, session, rooms, roster: self.roster.clone(), folder }
    }

    /// Without a session of its own: the services and the bank.
    pub async fn empty() -> (Arc<Centre>, Store, Folder) {
        let folder = Folder::of_template().await;
        let world = Arc::new(TestWorld::new(MORNING_MS, 1_000_000, 1));
        let (centre, store, _) = serve(&folder.0, &world).await;
        (centre, store, folder)
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        &self.folder.0
    }

    // --- People ---

    /// Somebody with a browser and no cookie.
    pub fn browser(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// A machine enrolled as a seat.
    pub async fn machine(&self, room: u32, seat: u32) -> Browser {
        let codes = self.centre.seat_codes(&self.session).expect("the session");
        let (.., code) = codes.iter().find(|(its, number, _)| (*its, *number) == (room, seat)).expect("the seat");
        let mut browser = self.browser();
        assert_eq!(browser.post(&format!("/enrol/{code}"), &[]).await.code(), "seat_enrolled");
        browser
    }

    /// The n-th of the roster at their own machine, not logged in yet.
    pub async fn arriving(&self, n: usize) -> Candidate {
        let entry = self.roster[n - 1].clone();
        let sitting =
            self.sittings().await.into_iter().find(|s| s.admission_no == entry.admission_no).expect("on it").id;
        Candidate::new(self.machine(entry.room, entry.seat).await, entry, sitting)
    }

    /// The n-th of the roster, logged in, who confirmed and accepted: they wait, or write where the room is open.
    pub async fn candidate(&self, n: usize) -> Candidate {
        let mut candidate = self.arriving(n).await;
        candidate.log_in().await;
        candidate.accept().await;
        candidate
    }

    /// A proctor, signed in and checked in to room 1.
    pub async fn proctor(&self, login: &str) -> Proctor {
        let mut proctor = self.signed_in(login, 1).await;
        assert_eq!(proctor.check_in(login).await.code(), "proctor_checked_in");
        proctor
    }

    /// A proctor, signed in, looking at a room.
    pub async fn signed_in(&self, login: &str, room: u32) -> Proctor {
        Proctor::sign_in(self.browser(), login, &self.rooms[&room]).await
    }

    /// Room 1 opened and ended, with whoever wrote handed in: the session is over.
    pub async fn ended(&self) {
        let mut proctor = self.opened().await;
        self.pass(LEAD_MS).await;
        let answer = proctor.act("end", &[("confirm", "yes"), ("reason", "停电")]).await;
        assert_eq!(answer.code(), "room_ended");
    }

    /// Room 1 with two proctors, open.
    pub async fn opened(&self) -> Proctor {
        let mut proctor = self.proctor("p1").await;
        assert_eq!(proctor.check_in("p2").await.code(), "proctor_checked_in");
        assert_eq!(proctor.act("open", &[]).await.code(), "room_opened");
        proctor
    }

    // --- Time ---

    /// Time passes while the server serves.
    pub async fn pass(&self, ms: i64) {
        let mut left = ms;
        while left > 0 {
            let step = left.min(STEP_MS);
            self.world.advance(step);
            self.centre.tick().await.expect("a tick");
            left -= step;
        }
    }

    /// Time passes and the server does nothing: between two ticks, or because it stands still.
    pub fn slip(&self, ms: i64) {
        self.world.advance(ms);
    }

    /// One tick.
    pub async fn tick(&self) {
        self.centre.tick().await.expect("a tick");
    }

    /// The server dies without a word, and so long after another starts on the same folder.
    pub async fn crash(self, off_ms: i64) -> Self {
        let Self { world, centre, router, store, session, rooms, roster, folder } = self;
        store.close().await;
        drop((router, centre));
        world.reboot(off_ms);
        let (centre, store, router) = serve(&folder.0, &world).await;
        Self { world, centre, router, store, session, rooms, roster, folder }
    }

    // --- What stands in the database ---

    /// Every sitting.
    pub async fn sittings(&self) -> Vec<SittingRow> {
        sitting::of_session(&mut self.store.read().await.unwrap(), &self.session).await.unwrap()
    }

    /// One sitting.
    pub async fn sitting(&self, id: &str) -> SittingRow {
        self.sittings().await.into_iter().find(|row| row.id == id).expect("the sitting")
    }

    /// What stands for a sitting, by position.
    pub async fn responses(&self, id: &str) -> Vec<ResponseRow> {
        response::of_sitting(&mut self.store.read().await.unwrap(), &self.session, id).await.unwrap()
    }

    /// Positions with letters, as they stand.
    pub async fn letters(&self, id: &str) -> Vec<(i64, String)> {
        self.responses(id).await.into_iter().map(|row| (row.position, row.response)).collect()
    }

    /// What came too late: sitting and changes.
    pub async fn quarantined(&self) -> Vec<(String, String)> {
        let rows = response::quarantined(&mut self.store.read().await.unwrap(), &self.session).await.unwrap();
        rows.into_iter().map(|(sitting, _, changes)| (sitting, changes)).collect()
    }

    /// The ledger of a sitting: cause, milliseconds, who confirmed.
    pub async fn ledger(&self, id: &str) -> Vec<(&'static str, i64, Option<String>)> {
        let rows = sitting::ledger(&mut self.store.read().await.unwrap(), &self.session).await.unwrap();
        let rows = rows.into_iter().filter(|row| row.sitting == id);
        rows.map(|stored| (stored.row.cause.code(), stored.row.grant_ms, stored.row.approved_by)).collect()
    }

    /// Outages: milliseconds of wall time.
    pub async fn outages(&self) -> Vec<i64> {
        let rows = session::outages(&mut self.store.read().await.unwrap(), &self.session).await.unwrap();
        rows.into_iter().map(|outage| outage.up_at_ms - outage.down_at_ms).collect()
    }

    /// The paper of a sitting.
    pub async fn paper(&self, id: &str) -> Paper {
        let papers = paper::of_session(&mut self.store.read().await.unwrap(), &self.session).await.unwrap();
        papers.into_iter().find(|stored| stored.sitting == id).expect("a paper").paper
    }

    /// The score of a sitting, once it is closed.
    pub async fn score(&self, id: &str) -> Option<Score> {
        let scores = score::of_session(&mut self.store.read().await.unwrap(), &self.session).await.unwrap();
        scores.into_iter().find(|(sitting, _)| sitting == id).map(|(_, score)| score)
    }

    /// How often an act stands in the session's chain.
    pub async fn acts(&self, act: &str) -> usize {
        let rows = audit::rows(&mut self.store.read().await.unwrap(), &self.session).await.unwrap();
        rows.iter().filter(|row| row.act == act).count()
    }

    /// Verifies every chain.
    pub async fn verified(&self) -> Report {
        verify(&self.store, None, None).await.expect("the record can be read")
    }
}

async fn serve(folder: &Path, world: &Arc<TestWorld>) -> (Arc<Centre>, Store, Router) {
    let store = Store::open_sqlite(&folder.join("kaochang.sqlite")).await.expect("the database opens");
    serve_on(store, folder, world).await
}

async fn serve_on(store: Store, folder: &Path, world: &Arc<TestWorld>) -> (Arc<Centre>, Store, Router) {
    let vault = Vault::open(&folder.join("vault.key"), &**world).expect("the keys");
    let zone = FixedOffset::east_opt(8 * 3_600).expect("a zone");
    let centre = Centre::start(store.clone(), world.clone(), vault, zone).await.expect("the centre starts");
    let web = Web { centre: centre.clone(), secure: false, throttle: Arc::default() };
    (centre, store, web::router(web))
}

/// The password of an account of the tests.
pub fn password(login: &str) -> String {
    format!("secret-{login}")
}

/// A folder that is gone when this is dropped.
#[derive(Debug)]
pub struct Folder(pub PathBuf);

impl Folder {
    /// A new one; in memory where the machine has such a folder, for a test waits for no disk.
    pub fn new() -> Self {
        let memory = PathBuf::from("/dev/shm");
        let parent = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let name = kaochang::world::new_token(&kaochang::world::RealWorld::new());
        let folder = parent.join(format!("kaochang-it-{}", &name[..16]));
        std::fs::create_dir(&folder).expect("a temporary folder");
        Self(folder)
    }

    /// With the database that every test begins from: what ships with the product, and the staff's accounts.
    async fn of_template() -> Self {
        static TEMPLATE: OnceCell<[Vec<u8>; 2]> = OnceCell::const_new();
        let [database, keys] = TEMPLATE.get_or_init(template).await;
        let folder = Self::new();
        std::fs::write(folder.0.join("kaochang.sqlite"), database).expect("a copy");
        std::fs::write(folder.0.join("vault.key"), keys).expect("a copy");
        folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

async fn template() -> [Vec<u8>; 2] {
    let folder = Folder::new();
    let world = Arc::new(TestWorld::new(MORNING_MS - 24 * 60 * MINUTE_MS, 1, 0));
    let (centre, ..) = serve(&folder.0, &world).await;
    furnish(&centre).await;
    ["kaochang.sqlite", "vault.key"].map(|name| std::fs::read(folder.0.join(name)).expect("it was written"))
}

/// What ships with the product, and the staff's accounts; the server is stopped.
async fn furnish(centre: &Centre) {
    shipped::load(centre).await.expect("what ships can be loaded");
    let proctors = (1..=PROCTORS).map(|n| (format!("p{n}"), Role::Proctor));
    let others = [("author".to_owned(), Role::Author), ("office".to_owned(), Role::Office)];
    let others = others.into_iter().chain([("office2".to_owned(), Role::Office)]);
    for (login, role) in proctors.chain(others) {
        centre.create_account(&login, &login, role, &password(&login)).await.expect("an account");
    }
    centre.stop().await.expect("a clean stop");
}
