//! Drives the real server as people do, for load and for faults: a session with its people, a browser's requests, the
//! server as a process. Whoever uses it brings a `current_thread` or a `multi_thread` runtime of tokio.

pub mod client;
pub mod people;
pub mod server;
