//! A world that stands still until the test moves it, and whose chance is the same in every run.

use std::sync::{Mutex, MutexGuard};

use kaochang::world::World;

/// Clocks and chance.
#[derive(Debug)]
pub struct TestWorld(Mutex<State>);

#[derive(Clone, Debug)]
struct State {
    wall_ms: i64,
    monotonic_ms: i64,
    /// Of `SplitMix64`: good enough to tell tokens apart, and nobody's secret.
    chance: u64,
}

impl TestWorld {
    /// Clocks that stand where they are told.
    pub fn new(wall_ms: i64, monotonic_ms: i64, seed: u64) -> Self {
        Self(Mutex::new(State { wall_ms, monotonic_ms, chance: seed }))
    }

    /// Time passes, on both clocks.
    pub fn advance(&self, ms: i64) {
        let mut state = self.state();
        state.wall_ms += ms;
        state.monotonic_ms += ms;
    }

    /// Somebody sets the wall clock.
    pub fn jump_wall(&self, ms: i64) {
        self.state().wall_ms += ms;
    }

    /// The machine is off for so long and starts again: its monotonic clock begins anew.
    pub fn reboot(&self, off_ms: i64) {
        let mut state = self.state();
        state.wall_ms += off_ms;
        state.monotonic_ms = 7;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no test panics while it holds this")
    }
}

impl World for TestWorld {
    fn wall_ms(&self) -> i64 {
        self.state().wall_ms
    }

    fn monotonic_ms(&self) -> i64 {
        self.state().monotonic_ms
    }

    fn fill(&self, bytes: &mut [u8]) {
        let mut state = self.state();
        for part in bytes.chunks_mut(8) {
            state.chance = state.chance.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = state.chance;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            part.copy_from_slice(&(word ^ (word >> 31)).to_le_bytes()[..part.len()]);
        }
    }
}
