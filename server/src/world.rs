//! The world outside: wall clock, monotonic clock, chance. The only place (with `main` and xtask) that reads them.

use std::fmt::Debug;

use rand::{TryRng, rngs::SysRng};
use uuid::Builder;

/// What the services know of the world.
pub trait World: Send + Sync + Debug {
    /// Wall time, unix milliseconds. For display and the record; nothing is decided by it but the planned begin.
    fn wall_ms(&self) -> i64;
    /// Milliseconds since some moment; never backwards.
    fn monotonic_ms(&self) -> i64;
    /// Bytes that nobody can guess.
    fn fill(&self, bytes: &mut [u8]);
}

/// The real one.
#[derive(Debug)]
pub struct RealWorld {
    start: std::time::Instant,
}

impl RealWorld {
    /// Starts counting.
    #[expect(clippy::disallowed_methods, reason = "this is where the real clock is read")]
    pub fn new() -> Self {
        Self { start: std::time::Instant::now() }
    }
}

impl Default for RealWorld {
    fn default() -> Self {
        Self::new()
    }
}

impl World for RealWorld {
    #[expect(clippy::disallowed_methods, reason = "this is where the real clock is read")]
    fn wall_ms(&self) -> i64 {
        chrono::Utc::now().timestamp_millis()
    }

    fn monotonic_ms(&self) -> i64 {
        i64::try_from(self.start.elapsed().as_millis()).expect("no process lives that long")
    }

    fn fill(&self, bytes: &mut [u8]) {
        SysRng.try_fill_bytes(bytes).expect("the operating system gives random bytes");
    }
}

/// A new `UUIDv7`: ids sort by the time they were made.
pub fn new_id(world: &dyn World) -> String {
    let mut random = [0; 10];
    world.fill(&mut random);
    Builder::from_unix_timestamp_millis(world.wall_ms().unsigned_abs(), &random).into_uuid().to_string()
}

/// A new 256-bit token, hex.
pub fn new_token(world: &dyn World) -> String {
    let mut bytes = [0; 32];
    world.fill(&mut bytes);
    hex(&bytes)
}

/// Lowercase hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).expect("a nibble is a digit"));
        }
        text
    })
}

/// Reads [`hex`].
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}
