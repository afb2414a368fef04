//! The server as its users meet it: through the router, on a real database in a folder of its own, with clocks that the
//! test steps. `exam` and what lies under it are the actors; the other modules are what is held.

mod exam;

mod answer;
mod backup;
mod cli;
mod concurrency;
mod draft;
mod evidence;
mod gap;
mod hand_in;
mod login;
mod outage;
mod pause;
mod room;
mod routes;
mod score;
mod secrecy;
mod servers;
mod session;
mod spare;
mod time;
mod void;
mod web;
