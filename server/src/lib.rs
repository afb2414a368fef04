//! What runs: HTTP ([`web`]), the services ([`service`]), the store ([`store`]), accounts, audit, the command line ([`cli`]).

pub mod cli;
pub mod config;
pub mod service;
pub mod shipped;
pub mod store;
pub mod vault;
pub mod web;
pub mod world;
