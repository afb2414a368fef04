//! Several servers on one database. The database is the truth; what servers tell one another makes them quick.
//!
//! A server's memory of a session is of a row of its chain. Another server's act is told at its commit, and whoever hears of it
//! reads what the chain tells since; what was not heard is found by a look at all heads every second, and whoever acts looks
//! first in any case. Saves are told by the sitting: the server that has its next request reads its answers again.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use delivery::{session::SessionState, sitting::Change};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::Notify,
    time::{MissedTickBehavior, interval, sleep},
};

use super::{
    Centre, Refusal,
    hall::{Hall, Session},
};
use crate::{
    store::{StoreError, audit, natural, response, server, session as sessions, sitting as sittings},
    vault::token_hash,
    world::{World, new_id},
};

/// Between two signs of life, and two looks at all heads.
const POLL: Duration = Duration::from_secs(1);
/// Before a lost connection is tried again.
const AGAIN: Duration = Duration::from_millis(200);
/// A server that gave no sign for so long is dead.
const DEAD_AFTER_MS: i64 = 5_000;
/// Sittings in one message: the database takes 8,000 bytes.
const IN_A_MESSAGE: usize = 80;
/// A token that nobody knows is not looked up again for so long.
const STRANGER_MS: i64 = 2_000;
/// So many unknown tokens are remembered.
const STRANGERS_MAX: usize = 10_000;

/// The other servers, as this one sees them.
#[derive(Debug)]
pub struct Peers {
    id: String,
    alive: AtomicBool,
    listening: AtomicBool,
    /// Row of the bank's chain that the standards in memory are of.
    bank_row_no: AtomicI64,
    /// Chains that were heard of.
    heard: Mutex<BTreeSet<String>>,
    wake: Notify,
    /// Sittings that a save found newer answers of than its own, which this server has not read yet.
    superseded: Mutex<BTreeSet<(String, String)>>,
    /// Hash of an unknown token → when it was looked up, by the monotonic clock.
    strangers: Mutex<HashMap<String, i64>>,
}

/// What servers tell one another.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Told {
    /// Somebody acted.
    Head {
        /// The chain.
        chain: String,
        /// Its last row.
        row_no: i64,
    },
    /// Answers were saved.
    Saved {
        /// Id of the session.
        session: String,
        /// Ids.
        sittings: Vec<String>,
    },
    /// Sessions, and how far their exam clocks have counted.
    Clocks(Vec<(String, i64)>),
    /// Signs of life of candidates' pages.
    Signs {
        /// Id of the session.
        session: String,
        /// Of each sitting.
        signs: Vec<Sign>,
    },
}

/// A sign of life of a candidate.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sign {
    sitting: String,
    /// Of a page with scripts, which is heard regularly.
    scripted: bool,
    answered: u32,
    saved_at_ms: Option<i64>,
    left_page: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Message {
    from: String,
    told: Told,
}

impl Peers {
    /// Nobody is known yet.
    pub fn new(world: &dyn World) -> Self {
        Self {
            id: new_id(world),
            alive: AtomicBool::new(false),
            listening: AtomicBool::new(false),
            bank_row_no: AtomicI64::new(0),
            heard: Mutex::default(),
            wake: Notify::new(),
            superseded: Mutex::default(),
            strangers: Mutex::default(),
        }
    }

    /// Of this server; those of later ones are greater.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether another server serves the same database.
    pub fn are_alive(&self) -> bool {
        self.alive.load(Ordering::Relaxed)
    }

    /// What is told, as it is sent.
    pub(crate) fn message(&self, told: Told) -> String {
        serde_json::to_string(&Message { from: self.id.clone(), told }).expect("messages are plain data")
    }

    /// The messages of a group of saves.
    pub(crate) fn saved<'a>(&self, saves: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
        let mut of: HashMap<&str, BTreeSet<&str>> = HashMap::new();
        for (session, sitting) in saves {
            of.entry(session).or_default().insert(sitting);
        }
        let told = of.into_iter().flat_map(|(session, ids)| {
            let ids: Vec<String> = ids.into_iter().map(str::to_owned).collect();
            let parts = ids.chunks(IN_A_MESSAGE).map(<[String]>::to_vec).collect::<Vec<_>>();
            parts.into_iter().map(move |sittings| Told::Saved { session: session.to_owned(), sittings })
        });
        told.map(|told| self.message(told)).collect()
    }

    /// A save found newer answers than its own.
    pub(crate) fn supersede(&self, sittings: impl IntoIterator<Item = (String, String)>) {
        self.superseded.lock().unwrap_or_else(PoisonError::into_inner).extend(sittings);
    }

    /// Whether a save found newer answers of this sitting; asked once.
    fn was_superseded(&self, session: &str, sitting: &str) -> bool {
        let mut superseded = self.superseded.lock().unwrap_or_else(PoisonError::into_inner);
        !superseded.is_empty() && superseded.remove(&(session.to_owned(), sitting.to_owned()))
    }

    fn heard(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn strangers(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.strangers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Centre {
    /// Whether several servers may share the database.
    pub fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    /// Lives among the other servers until the process ends. Nothing to do on a database of one's own.
    pub async fn run_peers(self: Arc<Self>) {
        if self.is_shared() {
            tokio::join!(self.listen(), self.keep_up(), self.look_around());
        }
    }

    /// Whether another server is alive, whoever they are. Called before anything is loaded.
    pub(crate) async fn look_for_peers(&self) -> Result<bool, StoreError> {
        if !self.is_shared() {
            return Ok(false);
        }
        let mut tx = self.store.read().await?;
        let alive = server::others_alive(&mut tx, &self.peers.id, DEAD_AFTER_MS).await? > 0;
        self.peers.alive.store(alive, Ordering::Relaxed);
        Ok(alive)
    }

    /// A sign of life, signs of the candidates' life, and a look at the others and at every head.
    pub async fn poll(&self) -> Result<(), Refusal> {
        if !self.is_shared() {
            return Ok(());
        }
        let signs = self.signs_to_tell();
        let mut tx = self.store.write().await?;
        server::beat(&mut tx, &self.peers.id).await?;
        let alive = server::others_alive(&mut tx, &self.peers.id, DEAD_AFTER_MS).await? > 0;
        if alive {
            server::tell(&mut tx, &signs).await?;
        }
        let heads = audit::open_heads(&mut tx).await?;
        tx.commit().await?;
        if self.peers.alive.swap(alive, Ordering::Relaxed) != alive {
            tracing::info!(alive, "other servers on this database: {}", if alive { "there are" } else { "none" });
        }
        for chain in self.behind(&heads) {
            self.refresh(&chain).await?;
        }
        if alive && !self.peers.listening.load(Ordering::Relaxed) {
            self.doubt_answers();
        }
        Ok(())
    }

    /// Keeps what the keys make of a fixed text, for the next server to compare.
    pub async fn keep_key_check(&self) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        server::keep_key_check(&mut tx, &self.vault.check()).await?;
        tx.commit().await
    }

    /// A planned stop: the others need not wait for signs of life.
    pub(crate) async fn leave_peers(&self) -> Result<(), StoreError> {
        if self.is_shared() {
            let mut tx = self.store.write().await?;
            server::leave(&mut tx, &self.peers.id).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn look_around(&self) {
        let mut interval = interval(POLL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            if let Err(error) = self.poll().await {
                tracing::error!(%error, "the other servers could not be looked at; it is tried again");
            }
        }
    }

    /// Reads again what was heard of, in the order of the chains; what is heard twice meanwhile is read once.
    async fn keep_up(&self) {
        loop {
            self.peers.wake.notified().await;
            let chains = std::mem::take(&mut *self.peers.heard());
            for chain in chains {
                if let Err(error) = self.refresh(&chain).await {
                    tracing::error!(%error, chain, "what another server did could not be read; it is tried again");
                }
            }
        }
    }

    async fn listen(&self) {
        loop {
            match self.store.listen().await {
                Ok(Some(mut listener)) => {
                    // What was told before is not heard: answers are read again, heads are looked at.
                    self.peers.listening.store(true, Ordering::Relaxed);
                    self.doubt_answers();
                    loop {
                        match listener.next().await {
                            Ok(Some(message)) => self.hear(&message),
                            Ok(None) => break,
                            Err(error) => {
                                tracing::error!(%error, "the connection to the other servers was lost");
                                break;
                            }
                        }
                    }
                    self.peers.listening.store(false, Ordering::Relaxed);
                    self.doubt_answers();
                }
                Ok(None) => return,
                Err(error) => tracing::error!(%error, "nothing is heard of the other servers; it is tried again"),
            }
            sleep(AGAIN).await;
        }
    }

    /// Hears a message. Other databases' sessions may be told of on the same channel: what is not known is left alone.
    fn hear(&self, message: &str) {
        let Ok(Message { from, told }) = serde_json::from_str(message) else {
            return tracing::warn!("another server told something that can't be read");
        };
        if from == self.peers.id {
            return;
        }
        let monotonic = self.world.monotonic_ms();
        let mut hall = self.hall();
        match told {
            Told::Head { chain, row_no } => {
                if hall.sessions.get(&chain).is_none_or(|session| session.row_no < row_no) {
                    self.peers.heard().insert(chain);
                    self.peers.wake.notify_one();
                }
            }
            Told::Saved { session, sittings } => {
                for sitting in sittings {
                    if let Some(sitting) = hall.sitting_mut(&session, &sitting) {
                        sitting.elsewhere.get_or_insert_default();
                    }
                }
            }
            Told::Clocks(clocks) => {
                for (session, clock_ms) in clocks {
                    if let Some(session) = hall.sessions.get_mut(&session) {
                        hear_clock(session, clock_ms, monotonic);
                    }
                }
            }
            Told::Signs { session, signs } => {
                for sign in signs {
                    hear_sign(&mut hall, &session, &sign, monotonic);
                }
            }
        }
    }

    fn signs_to_tell(&self) -> Vec<String> {
        let mut hall = self.hall();
        let mut told = Vec::new();
        for session in hall.sessions.values_mut().filter(|session| session.state == SessionState::Running) {
            let sittings = session.sittings.values_mut();
            let signs: Vec<Sign> = sittings
                .filter_map(|sitting| std::mem::take(&mut sitting.signs.news).then_some(&*sitting))
                .map(|sitting| Sign {
                    sitting: sitting.id.clone(),
                    scripted: sitting.signs.heard_ms.is_some(),
                    answered: sitting.answered(),
                    saved_at_ms: sitting.signs.saved_at_ms,
                    left_page: sitting.signs.left_page,
                })
                .collect();
            let mut signs = signs.into_iter().peekable();
            while signs.peek().is_some() {
                let signs = signs.by_ref().take(IN_A_MESSAGE / 2).collect();
                told.push(self.peers.message(Told::Signs { session: session.id.clone(), signs }));
            }
        }
        told
    }

    /// Chains that memory is behind with, or does not know.
    fn behind(&self, heads: &[(String, i64)]) -> Vec<String> {
        let hall = self.hall();
        let current = |chain: &str, row_no: i64| match chain {
            audit::BANK => self.peers.bank_row_no.load(Ordering::Relaxed) == row_no,
            _ => hall.sessions.get(chain).is_some_and(|session| session.row_no == row_no),
        };
        let behind = heads.iter().filter(|(chain, row_no)| !current(chain, *row_no)).map(|(chain, _)| chain.clone());
        // Those that are finished are not looked at; those that memory has as open still, are.
        let open = hall.sessions.values().filter(|session| session.state != SessionState::Finished);
        let finished = open.filter(|session| !heads.iter().any(|(chain, _)| *chain == session.id));
        behind.chain(finished.map(|session| session.id.clone())).collect()
    }

    /// Brings memory to the head of a chain.
    pub(crate) async fn refresh(&self, chain: &str) -> Result<(), StoreError> {
        if chain == audit::BANK {
            let head = audit::read_head(&mut self.store.read().await?, chain).await?;
            self.load_standards().await?;
            self.peers.bank_row_no.store(head.row_no, Ordering::Relaxed);
            return Ok(());
        }
        // No act of this server is between its commit and memory meanwhile.
        let _turn = self.acts.lock().await;
        let mut tx = self.store.read().await?;
        let head = audit::read_head(&mut tx, chain).await?;
        let known = self.hall().sessions.contains_key(chain);
        if known {
            return self.catch_up(&mut tx, chain, head.row_no).await;
        }
        let Some(row) = sessions::by_id(&mut tx, chain).await? else { return Ok(()) };
        if self.standard(&row.standard_id).is_none() {
            self.load_standards().await?;
        }
        self.load_session(&mut tx, chain).await
    }

    /// A candidate comes, whom another server may have served until now: their login may be unknown here, and their answers in
    /// memory old.
    pub async fn meet(&self, token: &str) -> Result<(), Refusal> {
        if !self.is_shared() {
            return Ok(());
        }
        self.find_login(token).await?;
        let hash = token_hash(token);
        let old = {
            let mut hall = self.hall();
            let Some((session, sitting, _)) = hall.by_token(&hash) else { return Ok(()) };
            let ids = (session.id.clone(), sitting.id.clone());
            hall.sitting_mut(&ids.0, &ids.1).and_then(|sitting| sitting.elsewhere.take()).map(|was| (ids, was))
        };
        let Some(((session, sitting), was)) = old else { return Ok(()) };
        self.read_answers(&session, &sitting).await.inspect_err(|_| {
            if let Some(sitting) = self.hall().sitting_mut(&session, &sitting) {
                sitting.elsewhere.get_or_insert(was);
            }
        })?;
        Ok(())
    }

    /// After a save: reads what stands instead of it, if another server had saved something newer. Whether there was.
    pub(crate) async fn read_superseded(&self, session: &str, sitting: &str) -> Result<bool, StoreError> {
        let superseded = self.is_shared() && self.peers.was_superseded(session, sitting);
        if superseded {
            self.read_answers(session, sitting).await?;
        }
        Ok(superseded)
    }

    /// Reads the answers of a sitting again.
    pub(crate) async fn read_answers(&self, session: &str, sitting: &str) -> Result<(), StoreError> {
        let rows = response::of_sitting(&mut self.store.read().await?, session, sitting).await?;
        let mut hall = self.hall();
        if let Some(live) = hall.sitting_mut(session, sitting) {
            for row in rows {
                let (position, response, flagged) = (natural(row.position)?, row.response, row.flagged);
                live.sitting.apply(&Change { seq: row.seq, position, response, flagged });
                live.signs.saved_at_ms = live.signs.saved_at_ms.max(Some(row.at_ms));
            }
        }
        Ok(())
    }

    /// Looks for a login that memory does not know: another server made it, or its session lies at rest. What is nobody's is
    /// not looked up again for a while.
    pub async fn find_login(&self, token: &str) -> Result<(), StoreError> {
        let (hash, monotonic) = (token_hash(token), self.world.monotonic_ms());
        if self.hall().tokens.contains_key(&hash) {
            return Ok(());
        }
        if self.peers.strangers().get(&hash).is_some_and(|last| monotonic - last < STRANGER_MS) {
            return Ok(());
        }
        let Some(session) = sittings::session_of_login(&mut self.store.read().await?, &hash).await? else {
            let mut strangers = self.peers.strangers();
            if strangers.len() >= STRANGERS_MAX {
                strangers.clear();
            }
            strangers.insert(hash, monotonic);
            return Ok(());
        };
        if self.is_shared() {
            self.refresh(&session).await?;
        }
        self.recall(&session).await
    }

    /// Whatever other servers saved may not have been heard of: each sitting's answers are read again at its next request.
    fn doubt_answers(&self) {
        if self.peers.are_alive() {
            let mut hall = self.hall();
            let running = hall.sessions.values_mut().filter(|session| session.state == SessionState::Running);
            for sitting in running.flat_map(|session| session.sittings.values_mut()) {
                sitting.elsewhere.get_or_insert_default();
            }
        }
    }
}

fn hear_clock(session: &mut Session, clock_ms: i64, monotonic: i64) {
    session.clock.learn(clock_ms, monotonic);
    // Messages come in order: one beyond what stood in the database when this server woke up is of after that.
    if session.waking.and_then(|waking| waking.known).is_some_and(|(known, _)| clock_ms > known) {
        session.waking = None;
    }
}

fn hear_sign(hall: &mut Hall, session: &str, sign: &Sign, monotonic: i64) {
    let used_ms = hall.sessions.get(session).and_then(|session| {
        let room = session.rooms.get(&session.sittings.get(&sign.sitting)?.room)?;
        Some(room.room.pauses.used_ms(session.clock.read(monotonic)))
    });
    let Some(sitting) = hall.sitting_mut(session, &sign.sitting) else { return };
    if sign.scripted {
        sitting.signs.heard_ms = Some(monotonic);
        sitting.signs.heard_used_ms = used_ms;
    }
    sitting.signs.saved_at_ms = sitting.signs.saved_at_ms.max(sign.saved_at_ms);
    sitting.signs.left_page = sitting.signs.left_page.max(sign.left_page);
    if let Some(elsewhere) = &mut sitting.elsewhere {
        elsewhere.answered = Some(sign.answered);
    }
}
