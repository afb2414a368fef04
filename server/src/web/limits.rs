//! Brakes on guessing: so many tries by seat and by account, never by address alone, for a whole room shares one.

use std::num::NonZeroU32;

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use kaochang_app::notice::Code;

use crate::service::Refusal;

/// Tries in a minute, and at once.
const TRIES: NonZeroU32 = NonZeroU32::new(10).expect("not zero");

/// One brake for candidates' seats, one for accounts.
#[derive(Debug)]
pub struct Throttle {
    seats: DefaultKeyedRateLimiter<String>,
    accounts: DefaultKeyedRateLimiter<String>,
}

impl Default for Throttle {
    fn default() -> Self {
        let quota = Quota::per_minute(TRIES);
        Self { seats: RateLimiter::keyed(quota), accounts: RateLimiter::keyed(quota) }
    }
}

impl Throttle {
    /// A candidate's login at a seat.
    pub fn seat(&self, seat_token: &str) -> Result<(), Refusal> {
        check(&self.seats, seat_token, Code::LoginTooOften)
    }

    /// A password for an account.
    pub fn account(&self, login: &str) -> Result<(), Refusal> {
        check(&self.accounts, login, Code::PasswordTooOften)
    }
}

fn check(limiter: &DefaultKeyedRateLimiter<String>, key: &str, code: Code) -> Result<(), Refusal> {
    // Keys come from outside; what nobody asked for lately is forgotten before they fill the memory.
    if limiter.len() > 10_000 {
        limiter.retain_recent();
    }
    let key: String = key.chars().take(64).collect();
    limiter.check_key(&key).map_err(|until| {
        let wait = until.wait_time_from(DefaultClock::default().now());
        Refusal::with(code, wait.as_secs() + 1)
    })
}
