//! What people see: pages are functions from a view model to HTML, rendered by the server alone; islands alone reach the
//! browser. This crate knows no database, no clock and no HTTP: what a page shows, it is given.
//!
//! `ssr` compiles pages and islands for the server, `hydrate` the islands for the browser; never both in one build. Without
//! either there is what crosses the wire and the browser's outbox, without Leptos: what the simulator needs.

pub mod outbox;
pub mod wire;

#[cfg(any(feature = "ssr", feature = "hydrate"))]
pub mod islands;

#[cfg(feature = "ssr")]
pub mod i18n;
#[cfg(feature = "ssr")]
pub mod markdown;
#[cfg(feature = "ssr")]
pub mod notice;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub(crate) mod ui;
#[cfg(feature = "ssr")]
pub mod view;
