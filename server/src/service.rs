//! The services: what the exam centre does, for whoever calls. They decide by the state machines of `delivery`, keep by the
//! store, and remember in the [`hall`]. They know no HTTP and no page technology; they answer with view models and notices.
//!
//! Order of every act: decide on the state as it is, write the decision and its audit row in one transaction, then apply it
//! in memory ([`acting`]). Saves go through the [`writer`].

mod acting;

pub mod account;
pub mod answer;
pub mod backup;
pub mod bank;
pub mod clock;
pub mod desk;
pub mod draft;
pub mod draw;
pub mod evidence;
pub mod fairness;
pub mod gap;
pub mod hall;
pub mod hand_in;
pub mod late;
pub mod load;
pub mod pause;
pub mod peers;
pub mod plan;
pub mod proctor;
pub mod record;
pub mod results;
pub mod room;
pub mod session;
pub mod sitting;
pub mod supply;
pub mod verify;
pub mod void;
pub mod writer;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, FixedOffset, Timelike};
use kaochang_app::notice::{Code, Notice};
use question_bank::standard::Standard;
use thiserror::Error;

use crate::{
    store::{Store, StoreError},
    vault::Vault,
    world::World,
};
use hall::Hall;

/// Why a service does not do what it was asked to.
#[derive(Debug, Error)]
pub enum Refusal {
    /// The person is told so.
    #[error("refused: {}", .0.code.text())]
    Notice(Notice),
    /// There is no such thing, or not for this person.
    #[error("not found")]
    NotFound,
    /// Nobody is signed in with this token.
    #[error("signed out")]
    SignedOut,
    /// The store failed; nothing was changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self::Notice(Notice::from(code))
    }
}

impl Refusal {
    /// A notice with an argument.
    pub fn with(code: Code, arg: impl std::fmt::Display) -> Self {
        Self::Notice(Notice::with(code, arg))
    }
}

/// The exam centre.
#[derive(Debug)]
pub struct Centre {
    pub(crate) store: Store,
    pub(crate) world: Arc<dyn World>,
    pub(crate) vault: Vault,
    pub(crate) zone: FixedOffset,
    hall: Mutex<Hall>,
    /// Held by every act that is not a save, from its beginning until it is applied ([`acting`]).
    pub(crate) acts: tokio::sync::Mutex<()>,
    /// At most so many passwords are hashed at once: each takes 19 MiB.
    pub(crate) hashing: tokio::sync::Semaphore,
    pub(crate) writer: writer::Writer,
    /// Draws, checks of banks, fairness sheets.
    pub(crate) desk: desk::Desk,
    /// Other servers on the same database.
    pub(crate) peers: Arc<peers::Peers>,
}

impl Centre {
    /// Takes up the work where the store says it was left: loads every session, and records the outage since the last
    /// sign of life of those that were running.
    pub async fn start(
        store: Store,
        world: Arc<dyn World>,
        vault: Vault,
        zone: FixedOffset,
    ) -> Result<Arc<Self>, StoreError> {
        let peers = Arc::new(peers::Peers::new(&*world));
        let writer = writer::Writer::start(store.clone(), peers.clone());
        let centre = Arc::new(Self {
            store,
            world,
            vault,
            zone,
            hall: Mutex::new(Hall::default()),
            acts: tokio::sync::Mutex::new(()),
            hashing: tokio::sync::Semaphore::new(2),
            writer,
            desk: desk::Desk::default(),
            peers,
        });
        centre.load().await?;
        Ok(centre)
    }

    /// Whether the database answers.
    pub async fn alive(&self) -> Result<(), StoreError> {
        self.store.read().await?;
        Ok(())
    }

    /// The memory of every session. Never held across an await.
    pub(crate) fn hall(&self) -> MutexGuard<'_, Hall> {
        // A page that panicked while it looked must not close the centre for everybody else.
        self.hall.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the exam clock of a session can be read here: see [`hall::Session::is_awake`].
    pub(crate) fn is_awake(&self, session: &hall::Session) -> bool {
        !self.store.is_shared() || session.is_awake(self.world.monotonic_ms())
    }

    /// The exam clock of a session, now.
    pub(crate) fn now(&self, session: &hall::Session) -> i64 {
        session.clock.read(self.world.monotonic_ms())
    }

    /// Wall time as `HH:MM:SS`, in the centre's zone.
    pub(crate) fn time_text(&self, at_ms: i64) -> String {
        let at = self.local(at_ms);
        format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
    }

    /// Wall time as `HH:MM`.
    pub(crate) fn minute_text(&self, at_ms: i64) -> String {
        let at = self.local(at_ms);
        format!("{:02}:{:02}", at.hour(), at.minute())
    }

    /// Wall time as `YYYY-MM-DD HH:MM`, with its zone.
    pub(crate) fn date_text(&self, at_ms: i64) -> String {
        self.local(at_ms).format("%Y-%m-%d %H:%M (UTC%:z)").to_string()
    }

    /// A standard by its id.
    pub(crate) fn standard(&self, id: &str) -> Option<Arc<Standard>> {
        self.hall().standards.get(id).cloned()
    }

    /// Wall time in the centre's zone.
    pub(crate) fn local(&self, at_ms: i64) -> DateTime<FixedOffset> {
        DateTime::from_timestamp_millis(at_ms).unwrap_or_default().with_timezone(&self.zone)
    }
}
