//! A whole exam in virtual time, from one seed: candidates at their machines, proctors, a server and the one that takes over
//! from it, a network, a disk and clocks, each with its faults. What is decided is decided by the real code: `delivery` on the
//! server's side, the outbox of `kaochang-app` in the browser. After every step the book compares what stands with what
//! was promised.
//!
//! No threads, no waiting, no real clock: the same seed is the same run, on every machine.

#![warn(missing_docs)]

mod book;
mod chance;
mod client;
mod database;
mod disk;
mod faults;
mod network;
mod people;
mod server;
mod steps;
mod world;

use std::fmt;

use world::World;

/// A bug planted where the simulated world calls the real code, to show that the oracle sees it. The product has no such
/// switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// A commit is acknowledged before it is on stable storage.
    SkipFlush,
    /// The last change that arrives stands, not the one with the highest sequence.
    LastArrivalWins,
    /// A server that starts forgets the proctors' grants.
    LedgerLost,
    /// A server that starts forgets that a room stands still.
    PauseForgotten,
    /// Nobody looks at the epoch, neither in memory nor in the commit.
    EpochNotChecked,
    /// Changes are taken one millisecond longer.
    DeadlineOffByOne,
    /// No bug of today's product, which runs on one server: a server that was taken over from wakes up and goes on keeping
    /// the clock with what it remembers. Whoever builds several servers must make this one vanish.
    StaleServerTicks,
}

impl Plant {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::SkipFlush,
        Self::LastArrivalWins,
        Self::LedgerLost,
        Self::PauseForgotten,
        Self::EpochNotChecked,
        Self::DeadlineOffByOne,
        Self::StaleServerTicks,
    ];

    /// As it is asked for on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::SkipFlush => "skip-flush",
            Self::LastArrivalWins => "last-arrival-wins",
            Self::LedgerLost => "ledger-lost",
            Self::PauseForgotten => "pause-forgotten",
            Self::EpochNotChecked => "epoch-not-checked",
            Self::DeadlineOffByOne => "deadline-off-by-one",
            Self::StaleServerTicks => "stale-server-ticks",
        }
    }
}

/// A sort of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A process dies, or the power goes: what was not flushed may be lost.
    Crash,
    /// Transactions that a crash lost or tore.
    LostWrite,
    /// A flush fails; the process stops.
    FlushFailed,
    /// The disk takes seconds.
    SlowDisk,
    /// A process stands still for up to three minutes.
    Suspended,
    /// Another server takes over from a suspended one, which wakes up later.
    TakenOver,
    /// The wall clock jumps.
    WallJump,
    /// One machine's line is cut.
    Cut,
    /// A whole room's switch dies.
    RoomCut,
    /// Requests and replies that never arrived.
    Dropped,
    /// Requests that arrived again.
    Doubled,
    /// A candidate's machine dies, with or without its storage.
    MachineDied,
    /// A page is loaded again, or once more in another tab.
    Reloaded,
    /// A candidate moves to the spare machine.
    Moved,
    /// A forged request at the closing millisecond, just before, just after, or long after it.
    AtTheClose,
}

/// How many sorts there are.
pub const FAULTS: usize = 15;

impl Fault {
    /// Every sort, in the order of [`Counts::faults`].
    pub const ALL: [Self; FAULTS] = [
        Self::Crash,
        Self::LostWrite,
        Self::FlushFailed,
        Self::SlowDisk,
        Self::Suspended,
        Self::TakenOver,
        Self::WallJump,
        Self::Cut,
        Self::RoomCut,
        Self::Dropped,
        Self::Doubled,
        Self::MachineDied,
        Self::Reloaded,
        Self::Moved,
        Self::AtTheClose,
    ];
}

/// What runs brought, summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events.
    pub steps: u64,
    /// Changes that a server said were saved.
    pub acknowledged: u64,
    /// Answers chosen 10 s before the end or earlier that had to be in, and were.
    pub in_time: u64,
    /// Requests that were told that the sitting is closed.
    pub refused_late: u64,
    /// Sittings that came to their end.
    pub closed: u64,
    /// Rooms that stood still, and that went on.
    pub pauses: u64,
    /// By sort.
    pub faults: [u64; FAULTS],
}

impl Counts {
    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.acknowledged += other.acknowledged;
        self.in_time += other.in_time;
        self.refused_late += other.refused_late;
        self.closed += other.closed;
        self.pauses += other.pauses;
        for (sum, count) in self.faults.iter_mut().zip(other.faults) {
            *sum += count;
        }
    }
}

/// A law that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Of the run.
    pub seed: u64,
    /// Which law, and what stood instead.
    pub what: String,
    /// The last steps before it.
    pub trace: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.what)?;
        self.trace.iter().try_for_each(|line| writeln!(f, "  {line}"))
    }
}

/// Runs the exam of a seed to its end, or to the first law that does not hold.
///
/// # Errors
/// The violation, with the trace of the last steps: the run is made once more for it.
pub fn run(seed: u64, plant: Option<Plant>) -> Result<Counts, Box<Violation>> {
    World::new(seed, plant, None).run().map_err(|_| {
        let mut world = World::new(seed, plant, Some(Vec::new()));
        let what = world.run().expect_err("the same seed is the same run");
        Box::new(Violation { seed, what, trace: world.last_steps() })
    })
}
