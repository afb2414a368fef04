//! What the exam office plans: a session with its rooms, and the roster. Read from TOML and CSV, checked as a whole; every
//! problem is named, and nothing is half-done.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;
use delivery::{
    limits::{ALLOWANCE_MS_MAX, SESSION_MINUTES_MAX},
    session::{LateEnd, Purpose, Terms, TermsError},
};
use kaochang_app::{
    pages::draft::problem as words,
    view::{DraftProblem, Lang, RowProblem},
};
use question_bank::{
    blueprint::{Blueprint, BlueprintError},
    drawer,
    standard::Standard,
};
use serde::Deserialize;
use thiserror::Error;

use super::supply::Shortage;
use crate::store::StoreError;

const MINUTE_MS: i64 = 60_000;
/// Reserve papers at most; more would be another session.
const RESERVES_MAX: u32 = 10_000;

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
    /// Instead of the full time.
    pub late_end: Option<LateEnd>,
    /// Instead of the default.
    pub start_lead_seconds: Option<u32>,
    /// Instead of the default.
    pub allowance_seconds: Option<u32>,
    /// Instead of the default.
    pub score_at_once: Option<bool>,
    /// Instead of the default of the standard's column.
    pub blueprint: Option<Blueprint>,
    /// Whether the default blueprint asks for the default difficulty ([`Blueprint::aimed`]); it does, if this is left out.
    pub difficulty: Option<bool>,
    /// Papers drawn for candidates who are added late; 2 % of the candidates and at least 2, if it is left out.
    pub reserves: Option<u32>,
    /// Earlier sessions with one paper for all, of which the new papers may hold so much.
    #[serde(default)]
    pub earlier: Vec<EarlierSession>,
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

/// An earlier session in which everybody had the same questions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierSession {
    /// Its id.
    pub session: String,
    /// The most questions that a new paper may share with it.
    pub overlap_max: u32,
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
    /// Ids of sessions that this candidate sat before, separated by spaces: nothing of those papers comes again.
    #[serde(default)]
    pub seen_in: Option<String>,
}

/// Why a session can't be made of a plan. Nothing was.
#[derive(Debug, Error)]
pub enum PlanError {
    /// Everything that is wrong with plan and roster.
    #[error("{}", problem_lines(.0))]
    Problems(Vec<DraftProblem>),
    /// What counts needs the contributions of two officers.
    #[error(
        "a session that counts is drawn from the contributions of two officers; give both by --contribution, or prepare it \
         on the office's pages"
    )]
    Contributions,
    /// The bank does not support it.
    #[error("{}", refusal_lines(.0))]
    Bank(Box<BankRefusal>),
    /// A drawn paper failed its check: the engine is wrong, and nothing goes on.
    #[error("a drawn paper does not conform: {0}")]
    Paper(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why the drawer refuses, and what can be counted at once.
#[derive(Debug)]
pub struct BankRefusal {
    /// What the session is for.
    pub purpose: Purpose,
    /// Whether the difficulty is the default's and not the author's.
    pub default_difficulty: bool,
    /// What the drawer says.
    pub refusal: drawer::Refusal,
    /// Functions and kinds with fewer questions than one paper takes.
    pub short: Vec<Shortage>,
}

fn problem_lines(problems: &[DraftProblem]) -> String {
    let lines: Vec<String> = problems.iter().map(|problem| format!("  {}", words(Lang::En, problem))).collect();
    format!("plan and roster have {} problems; correct them and try again:\n{}", lines.len(), lines.join("\n"))
}

fn refusal_lines(bank: &BankRefusal) -> String {
    let mut lines = vec![format!("the papers can't be drawn: {}", bank.refusal)];
    lines.extend(
        bank.short
            .iter()
            .map(|s| format!("  {} · {}: {} needed, {} there", s.function, s.kind.code(), s.needed, s.present)),
    );
    if bank.short.is_empty() && bank.default_difficulty {
        lines.push(
            "The plan asks for the default difficulty; `difficulty = false` in the plan leaves it out.".to_owned(),
        );
    }
    if bank.purpose == Purpose::Exam && !bank.short.is_empty() {
        lines.push(
            "The questions that ship with the product are public and can't be used where it counts; load your own with \
             `kaochang bank load`"
                .to_owned(),
        );
    }
    lines.join("\n")
}

impl Plan {
    /// Reads a plan.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().map(|span| line_of(text, span.start));
            PlanError::Problems(vec![DraftProblem::PlanUnreadable { line, reader: error.message().to_owned() }])
        })
    }

    /// When it begins, wall time.
    pub fn begins_at_ms(&self, now_ms: i64) -> Result<i64, DraftProblem> {
        let Some(text) = &self.begins else { return Ok(now_ms) };
        let begins = DateTime::parse_from_rfc3339(text).map_err(|_| DraftProblem::BeginsUnreadable(text.clone()))?;
        Ok(begins.timestamp_millis())
    }

    /// The rules, refused where the standard forbids them.
    pub fn terms(&self, standard: &Standard) -> Result<Terms, DraftProblem> {
        let rules = standard.theory.as_ref().ok_or_else(|| DraftProblem::NotExaminable(standard.id.clone()))?;
        let mut terms = Terms::new(rules, self.purpose, self.minutes).map_err(|error| terms_problem(&error))?;
        let minutes = |minutes: Option<u32>, default| minutes.map_or(default, |minutes| i64::from(minutes) * MINUTE_MS);
        terms.earliest_hand_in_ms = minutes(self.earliest_hand_in_minutes, terms.earliest_hand_in_ms);
        terms.late_entry_ms = minutes(self.late_entry_minutes, terms.late_entry_ms);
        terms.late_end = self.late_end.unwrap_or_default();
        terms.start_lead_ms = self.start_lead_seconds.map_or(terms.start_lead_ms, |seconds| i64::from(seconds) * 1_000);
        terms.allowance_ms = self.allowance_seconds.map_or(terms.allowance_ms, |seconds| i64::from(seconds) * 1_000);
        terms.score_at_once = self.score_at_once.unwrap_or(terms.score_at_once);
        terms.check(rules, self.purpose).map_err(|error| terms_problem(&error))?;
        Ok(terms)
    }

    /// What every paper contains: the plan's own blueprint, or the default of the standard's column.
    pub fn blueprint(&self, standard: &Standard) -> Result<Blueprint, DraftProblem> {
        let unknown = || DraftProblem::ColumnUnknown { level: self.level.clone(), direction: self.direction.clone() };
        let direction_unknown = self.direction.as_deref().is_some_and(|id| standard.direction(id).is_none());
        if standard.level(&self.level).is_none() || direction_unknown {
            return Err(unknown());
        }
        let mut blueprint = match &self.blueprint {
            Some(own) => self.own(own)?,
            None => match Blueprint::default_for(standard, &self.level, self.direction.as_deref()) {
                Ok(default) if self.difficulty == Some(false) => default,
                Ok(default) => default.aimed(),
                Err(BlueprintError::NoWeights { .. }) if !standard.columns.is_empty() => return Err(unknown()),
                Err(error) => return Err(DraftProblem::Blueprint(error)),
            },
        };
        let limits = self.earlier.iter().map(|earlier| question_bank::blueprint::Earlier {
            paper: earlier.session.clone(),
            overlap_max: earlier.overlap_max,
        });
        blueprint.earlier.extend(limits);
        blueprint.compile().map_err(DraftProblem::Blueprint)?;
        Ok(blueprint)
    }

    fn own(&self, own: &Blueprint) -> Result<Blueprint, DraftProblem> {
        if self.difficulty.is_some() {
            let why = "difficulty = … is for plans without a blueprint; a blueprint says its difficulty itself";
            return Err(DraftProblem::Other(why.to_owned()));
        }
        let same = (&own.standard, &own.level, &own.direction) == (&self.standard, &self.level, &self.direction);
        if same {
            return Ok(own.clone());
        }
        let why = "the blueprint is for another standard, level or direction than the plan; make them the same";
        Err(DraftProblem::Other(why.to_owned()))
    }

    /// How many papers are drawn beyond the candidates'.
    pub fn reserves(&self, candidates: usize) -> u32 {
        let share = u32::try_from(candidates.div_ceil(50)).unwrap_or(RESERVES_MAX);
        self.reserves.unwrap_or_else(|| share.clamp(2, RESERVES_MAX))
    }

    /// Reads a roster: CSV with a head row, in UTF-8 (with or without its mark).
    pub fn roster(text: &str) -> Result<Vec<Entry>, PlanError> {
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let (entries, problems): (Vec<_>, Vec<_>) = reader.deserialize::<Entry>().partition(Result::is_ok);
        if problems.is_empty() {
            Ok(entries.into_iter().flatten().collect())
        } else {
            Err(PlanError::Problems(
                problems.into_iter().filter_map(Result::err).map(|error| unreadable(&error)).collect(),
            ))
        }
    }

    /// Checks rooms and roster against one another; every problem is named.
    pub fn problems(&self, roster: &[Entry]) -> Vec<DraftProblem> {
        let mut problems = Vec::new();
        let mut rooms = BTreeMap::new();
        for room in &self.rooms {
            if rooms.insert(room.number, room).is_some() {
                problems.push(DraftProblem::RoomTwice(room.number));
            }
            if room.seats == 0 || room.columns == 0 {
                problems.push(DraftProblem::RoomEmpty(room.number));
            }
        }
        if rooms.is_empty() {
            problems.push(DraftProblem::NoRoom);
        }
        if self.reserves.is_some_and(|reserves| reserves > RESERVES_MAX) {
            problems.push(DraftProblem::Other(format!("reserves is between 0 and {RESERVES_MAX}")));
        }
        if roster.is_empty() {
            problems.push(DraftProblem::RosterEmpty);
        }
        let (mut numbers, mut seats) = (BTreeSet::new(), BTreeSet::new());
        for (row, entry) in (2..).zip(roster) {
            let found = [
                entry.is_incomplete().then_some(RowProblem::FieldEmpty),
                (!numbers.insert(&entry.admission_no)).then_some(RowProblem::AdmissionNoTwice),
                (!seats.insert((entry.room, entry.seat)))
                    .then_some(RowProblem::SeatTaken { room: entry.room, seat: entry.seat }),
                entry.outside(rooms.get(&entry.room).copied()),
                entry.is_unexplained().then_some(RowProblem::ReasonMissing),
            ];
            problems.extend(found.into_iter().flatten().map(|problem| entry.problem(row, problem)));
        }
        problems
    }
}

impl Entry {
    /// Something about this candidate, at a row as a spreadsheet counts.
    pub fn problem(&self, row: u32, problem: RowProblem) -> DraftProblem {
        DraftProblem::Row { row, admission_no: self.admission_no.clone(), problem }
    }

    /// Ids of the sessions that this candidate sat before.
    pub fn sessions_before(&self) -> impl Iterator<Item = &str> {
        self.seen_in.as_deref().unwrap_or_default().split_whitespace()
    }

    fn is_incomplete(&self) -> bool {
        self.admission_no.is_empty() || self.name.is_empty() || self.id_number.is_empty()
    }

    fn is_unexplained(&self) -> bool {
        self.extra_minutes.is_some_and(|minutes| minutes > 0)
            && self.extra_reason.as_deref().unwrap_or_default().is_empty()
    }

    fn outside(&self, room: Option<&PlanRoom>) -> Option<RowProblem> {
        match room {
            None => Some(RowProblem::RoomUnknown(self.room)),
            Some(room) if self.seat == 0 || self.seat > room.seats => {
                Some(RowProblem::SeatOutside { room: self.room, seat: self.seat, seats: room.seats })
            }
            Some(_) => None,
        }
    }
}

fn line_of(text: &str, at: usize) -> u32 {
    let before = text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count();
    u32::try_from(before + 1).unwrap_or(u32::MAX)
}

fn unreadable(error: &csv::Error) -> DraftProblem {
    let line = error.position().and_then(|position| u32::try_from(position.line()).ok());
    let reader = match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        _ => error.to_string(),
    };
    DraftProblem::RosterUnreadable { line, reader }
}

fn terms_problem(error: &TermsError) -> DraftProblem {
    match *error {
        TermsError::TooShort { minutes, minimum } => DraftProblem::TooShort { minutes, minimum },
        TermsError::Length { minutes } => DraftProblem::LengthOutside { minutes, most: SESSION_MINUTES_MAX },
        TermsError::Allowance { .. } => {
            DraftProblem::AllowanceOutside { most_seconds: u32::try_from(ALLOWANCE_MS_MAX / 1_000).unwrap_or(0) }
        }
        TermsError::Beyond { what, minutes } => {
            DraftProblem::Beyond { setting: format!("{}_minutes", what.replace([' ', '-'], "_")), minutes }
        }
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
        let problems = plan.problems(&Plan::roster(csv).unwrap());
        assert_eq!(problems.len(), 6, "{problems:#?}");
    }

    #[test]
    fn refuses_what_is_no_plan_and_no_roster() {
        let problems = |refused: PlanError| match refused {
            PlanError::Problems(problems) => problems,
            other => panic!("{other}"),
        };
        let broken = problems(Plan::parse(&PLAN.replace("minutes = 90", "minutes = 90\nextra = 1")).unwrap_err());
        assert!(matches!(&broken[..], [DraftProblem::PlanUnreadable { line: Some(7), .. }]), "{broken:?}");
        problems(Plan::parse("title = 1").unwrap_err());
        problems(Plan::roster("admission_no,name\n1,甲\n").unwrap_err());
        let csv = "admission_no,name,id_number,room,seat\n1,甲,11,one,1\n2,乙,12,1,two\n";
        let rows = problems(Plan::roster(csv).unwrap_err());
        assert!(
            matches!(
                &rows[..],
                [
                    DraftProblem::RosterUnreadable { line: Some(2), .. },
                    DraftProblem::RosterUnreadable { line: Some(3), .. }
                ]
            ),
            "{rows:?}"
        );
        let plan = Plan { begins: Some("tomorrow".to_owned()), ..Plan::parse(PLAN).unwrap() };
        assert!(matches!(plan.begins_at_ms(0), Err(DraftProblem::BeginsUnreadable(_))));
    }

    #[test]
    fn reserves_are_a_fiftieth_and_two_at_least() {
        let plan = Plan::parse(PLAN).unwrap();
        assert_eq!([1, 100, 101, 1_000].map(|candidates| plan.reserves(candidates)), [2, 2, 3, 20]);
        assert_eq!(Plan { reserves: Some(0), ..plan }.reserves(1_000), 0);
    }
}
