//! What the exam office plans: a session with its rooms, and the roster. Read from TOML and CSV, checked as a whole; every
//! problem is named, and nothing is half-done.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use delivery::session::{Purpose, Terms, TermsError};
use question_bank::{
    blueprint::{Blueprint, BlueprintError},
    drawer::Shortage,
    standard::Standard,
};
use serde::Deserialize;
use thiserror::Error;

use crate::store::StoreError;

const MINUTE_MS: i64 = 60_000;

/// A session to be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// 场次名称.
    pub title: String,
    /// Id of the standard.
    pub standard: String,
    /// Id of the level.
    pub level: String,
    /// Id of the direction, where the level has them.
    pub direction: Option<String>,
    /// `exam`, `mock` or `rehearsal`.
    pub purpose: Purpose,
    /// Planned begin, RFC 3339; now, if it is left out.
    pub begins: Option<String>,
    /// Length.
    pub minutes: u32,
    /// Login opens so long before the begin.
    #[serde(default = "login_opens_minutes")]
    pub login_opens_minutes: u32,
    /// Instead of the default.
    pub earliest_hand_in_minutes: Option<u32>,
    /// Instead of the default.
    pub late_entry_minutes: Option<u32>,
    /// Instead of the default.
    pub start_lead_seconds: Option<u32>,
    /// Instead of the default.
    pub allowance_seconds: Option<u32>,
    /// Instead of the default.
    pub score_at_once: Option<bool>,
    /// Instead of the default of the standard's column.
    pub blueprint: Option<Blueprint>,
    /// At least one.
    #[serde(rename = "room")]
    pub rooms: Vec<PlanRoom>,
}

fn login_opens_minutes() -> u32 {
    30
}

/// A room of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRoom {
    /// 第 n 考场.
    pub number: u32,
    /// Seats, numbered from 1; spare ones included.
    pub seats: u32,
    /// Seats in a row of the map.
    pub columns: u32,
}

/// A row of the roster.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    /// 准考证号.
    pub admission_no: String,
    /// 姓名.
    pub name: String,
    /// 证件号码.
    pub id_number: String,
    /// Number of the room.
    pub room: u32,
    /// Number of the seat.
    pub seat: u32,
    /// Accommodation.
    #[serde(default)]
    pub extra_minutes: Option<u32>,
    /// Why.
    #[serde(default)]
    pub extra_reason: Option<String>,
}

/// Why a session can't be made of a plan. Nothing was.
#[derive(Debug, Error)]
pub enum PlanError {
    /// No TOML, or fields that are not there.
    #[error("the plan can't be read: {0}")]
    Plan(String),
    /// The roster's problems, all of them.
    #[error("the roster has {} problems; correct them and try again:\n{}", .0.len(), .0.join("\n"))]
    Roster(Vec<String>),
    /// Unknown standard, level or direction, or one without exam rules.
    #[error("{0}")]
    Standard(String),
    /// The rules forbid it.
    #[error("{0}")]
    Terms(#[from] TermsError),
    /// The blueprint can't be met by any arithmetic.
    #[error("{0}")]
    Blueprint(#[from] BlueprintError),
    /// The bank is too small.
    #[error("{}", shortages(*.purpose, .short))]
    Bank {
        /// What the session is for.
        purpose: Purpose,
        /// What is missing.
        short: Vec<Shortage>,
    },
    /// A drawn paper failed its check: the engine is wrong, and nothing goes on.
    #[error("a drawn paper does not conform: {0}")]
    Paper(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn shortages(purpose: Purpose, short: &[Shortage]) -> String {
    let lines =
        short.iter().map(|s| format!("  {} · {}: {} needed, {} there", s.function, s.kind.code(), s.needed, s.present));
    let why = match purpose {
        Purpose::Exam => {
            "\nThe questions that ship with the product are public and can't be used where it counts; load your own with `kaochang bank load`"
        }
        Purpose::Mock | Purpose::Rehearsal => "",
    };
    format!("the bank does not have enough questions:\n{}{why}", lines.collect::<Vec<_>>().join("\n"))
}

impl Plan {
    /// Reads a plan.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        toml::from_str(text).map_err(|error| PlanError::Plan(error.to_string()))
    }

    /// When it begins, wall time.
    pub fn begins_at_ms(&self, now_ms: i64) -> Result<i64, PlanError> {
        let Some(text) = &self.begins else { return Ok(now_ms) };
        let begins = DateTime::parse_from_rfc3339(text)
            .map_err(|_| PlanError::Plan(format!("begins = {text:?} is no time such as 2026-11-28T09:00:00+08:00")))?;
        Ok(begins.timestamp_millis())
    }

    /// The rules, refused where the standard forbids them.
    pub fn terms(&self, standard: &Standard) -> Result<Terms, PlanError> {
        let rules = standard.theory.as_ref().ok_or_else(|| {
            PlanError::Standard(format!(
                "the standard {} has no exam rules of its own; it can't be examined yet",
                standard.id
            ))
        })?;
        let mut terms = Terms::new(rules, self.purpose, self.minutes)?;
        let minutes = |minutes: Option<u32>, default| minutes.map_or(default, |minutes| i64::from(minutes) * MINUTE_MS);
        terms.earliest_hand_in_ms = minutes(self.earliest_hand_in_minutes, terms.earliest_hand_in_ms);
        terms.late_entry_ms = minutes(self.late_entry_minutes, terms.late_entry_ms);
        terms.start_lead_ms = self.start_lead_seconds.map_or(terms.start_lead_ms, |seconds| i64::from(seconds) * 1_000);
        terms.allowance_ms = self.allowance_seconds.map_or(terms.allowance_ms, |seconds| i64::from(seconds) * 1_000);
        terms.score_at_once = self.score_at_once.unwrap_or(terms.score_at_once);
        terms.check(rules, self.purpose)?;
        Ok(terms)
    }

    /// Reads a roster: CSV with a head row, in UTF-8 (with or without its mark).
    pub fn roster(text: &str) -> Result<Vec<Entry>, PlanError> {
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let (entries, problems): (Vec<_>, Vec<_>) = reader.deserialize::<Entry>().partition(Result::is_ok);
        if problems.is_empty() {
            Ok(entries.into_iter().flatten().collect())
        } else {
            Err(PlanError::Roster(
                problems.into_iter().filter_map(|problem| problem.err().map(|e| e.to_string())).collect(),
            ))
        }
    }

    /// Checks rooms and roster against one another; every problem is named.
    pub fn check(&self, roster: &[Entry]) -> Result<(), PlanError> {
        let mut problems = Vec::new();
        let mut rooms = BTreeMap::new();
        for room in &self.rooms {
            if rooms.insert(room.number, room).is_some() {
                problems.push(format!("room {} stands in the plan twice", room.number));
            }
            if room.seats == 0 || room.columns == 0 {
                problems.push(format!("room {} needs at least one seat and one column", room.number));
            }
        }
        if roster.is_empty() {
            problems.push("the roster has no candidate".to_owned());
        }
        let (mut numbers, mut seats) = (BTreeSet::new(), BTreeSet::new());
        for (row, entry) in (2..).zip(roster) {
            let mut problem = |text: String| problems.push(format!("row {row} ({}): {text}", entry.admission_no));
            if entry.admission_no.is_empty() || entry.name.is_empty() || entry.id_number.is_empty() {
                problem("admission number, name and ID number must not be empty".to_owned());
            }
            if !numbers.insert(&entry.admission_no) {
                problem("this admission number stands above already".to_owned());
            }
            if !seats.insert((entry.room, entry.seat)) {
                problem(format!("seat {} of room {} is taken already", entry.seat, entry.room));
            }
            match rooms.get(&entry.room) {
                None => problem(format!("the plan has no room {}", entry.room)),
                Some(room) if entry.seat == 0 || entry.seat > room.seats => {
                    problem(format!("room {} has the seats 1 to {}, not {}", entry.room, room.seats, entry.seat));
                }
                Some(_) => {}
            }
            if entry.extra_minutes.is_some_and(|minutes| minutes > 0)
                && entry.extra_reason.as_deref().unwrap_or_default().is_empty()
            {
                problem("extra minutes need a reason".to_owned());
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(PlanError::Roster(problems)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = r#"
        title = "模拟"
        standard = "s"
        level = "junior"
        purpose = "mock"
        minutes = 90
        [[room]]
        number = 1
        seats = 2
        columns = 2
    "#;

    #[test]
    fn names_every_problem_of_the_roster() {
        let csv = "admission_no,name,id_number,room,seat,extra_minutes,extra_reason\n\
            1,甲,11,1,1,,\n1,乙,12,1,1,,\n3,,13,1,3,,\n4,丁,14,2,1,10,\n";
        let plan = Plan::parse(PLAN).unwrap();
        let Err(PlanError::Roster(problems)) = plan.check(&Plan::roster(csv).unwrap()) else {
            panic!("must be refused")
        };
        assert_eq!(problems.len(), 6, "{problems:#?}");
    }

    #[test]
    fn refuses_what_is_no_plan_and_no_roster() {
        assert!(matches!(Plan::parse("title = 1"), Err(PlanError::Plan(_))));
        assert!(matches!(Plan::parse(&format!("{PLAN}\nextra = 1")), Err(PlanError::Plan(_))));
        assert!(matches!(Plan::roster("admission_no,name\n1,甲\n"), Err(PlanError::Roster(_))));
        assert!(matches!(
            Plan::roster("admission_no,name,id_number,room,seat\n1,甲,11,one,1\n"),
            Err(PlanError::Roster(_))
        ));
        let plan = Plan { begins: Some("tomorrow".to_owned()), ..Plan::parse(PLAN).unwrap() };
        assert!(matches!(plan.begins_at_ms(0), Err(PlanError::Plan(_))));
    }
}
