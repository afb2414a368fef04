//! What is asked: standards, questions, blueprints, papers and marking.
//!
//! This crate is pure. It reads no file, no clock and no source of chance: text, time and secrets are arguments. What it
//! deliberately does not know: candidates, rooms, databases, HTTP, languages of the interface.
//!
//! The way of a paper: a [`standard::Standard`] gives the weights, [`blueprint::Blueprint`] turns them into exact counts,
//! [`drawer::draw`] draws a [`paper::Paper`] from a [`paper::Snapshot`] of the bank, [`checker::check`] verifies it with
//! code of its own, [`marking::mark`] and [`marking::score`] turn responses into points.
#![warn(missing_docs)]

pub mod bank;
pub mod blueprint;
pub mod chance;
pub mod checker;
pub mod diagnosis;
pub mod digest;
pub mod drawer;
pub mod earlier;
pub mod evidence;
pub mod fairness;
pub mod forms;
pub mod key;
pub mod marking;
pub mod order;
pub mod paper;
pub mod question;
pub mod response;
pub mod roster;
pub mod standard;
pub mod sufficiency;
pub mod synthetic;

mod letters;
#[cfg(test)]
mod testing;
