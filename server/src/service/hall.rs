//! What the centre has in memory: every session with its rooms and sittings, so that the hot path reads no database. It is
//! rebuilt from the store at each start, and changes only after the store has.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use delivery::{
    clock::ExamClock,
    gap::Gap,
    room::{self, proctors_required},
    session::{Purpose, SessionState, Terms},
    sitting::Phase,
};
use kaochang_app::view::{self, SessionHead, WhoView};
use question_bank::{blueprint::Blueprint, paper::Paper, standard::Standard};

use crate::store::{room::PauseRow, void::VoidRow};

/// Everything in memory.
#[derive(Debug, Default)]
pub struct Hall {
    /// By id.
    pub standards: BTreeMap<String, Arc<Standard>>,
    /// By id.
    pub sessions: BTreeMap<String, Session>,
    /// Hash of a candidate's token → which sitting, and the epoch it was given for.
    pub tokens: HashMap<String, (String, String, i64)>,
    /// Hash of a machine's token → which seat.
    pub seats: HashMap<String, SeatAt>,
    /// Wall time less monotonic time, at the last tick: where it changes, somebody set the wall clock.
    pub wall_ahead_ms: Option<i64>,
}

/// Where a machine stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatAt {
    /// Id of the session.
    pub session: String,
    /// Id of the room.
    pub room: String,
    /// 机位号.
    pub seat: u32,
}

/// A question as shown: HTML made once from its Markdown.
#[derive(Debug)]
pub struct Text {
    /// Of the stem.
    pub stem: String,
    /// Of each option, in the bank's order; empty for true/false.
    pub options: Vec<String>,
}

/// A session.
#[derive(Debug)]
pub struct Session {
    /// `UUIDv7`.
    pub id: String,
    /// 场次名称.
    pub title: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Its rules.
    pub terms: Terms,
    /// What its papers contain.
    pub blueprint: Blueprint,
    /// The standard it is of.
    pub standard: Arc<Standard>,
    /// Id of the level.
    pub level: String,
    /// Id of the direction.
    pub direction: Option<String>,
    /// Planned begin, wall time.
    pub begins_at_ms: i64,
    /// Login from then on, wall time.
    pub login_from_at_ms: i64,
    /// Where it stands.
    pub state: SessionState,
    /// The exam clock.
    pub clock: ExamClock,
    /// A stall that is not recorded yet.
    pub stall: Option<Stall>,
    /// Set while other servers have counted on, and this one may not know yet how far.
    pub waking: Option<Waking>,
    /// Row of the session's chain that this memory is of: each act appends to it.
    pub row_no: i64,
    /// Published before the exam.
    pub commitment: String,
    /// By id.
    pub rooms: BTreeMap<String, Room>,
    /// By id.
    pub sittings: BTreeMap<String, Sitting>,
    /// Questions that count for nobody, in the order in which they were voided.
    pub voided: Vec<VoidRow>,
    /// Question and revision → how it is shown.
    pub texts: Arc<HashMap<(String, u32), Text>>,
    /// Of a session that was finished when the server started and that nobody has asked for since: how many its rooms had, by
    /// room. Its people, papers and answers are in the store until [`super::Centre::recall`].
    pub at_rest: Option<BTreeMap<String, Headcount>>,
}

/// Candidates of a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Headcount {
    /// On the roster.
    pub rostered: u32,
    /// Of them, not recorded absent.
    pub expected: u32,
}

/// For so long this server did not serve.
#[derive(Clone, Copy, Debug)]
pub struct Stall {
    /// Milliseconds.
    pub gap_ms: i64,
    /// Where the exam clock stood.
    pub clock_ms: i64,
    /// Wall time of its end.
    pub up_at_ms: i64,
}

/// A server that stood still among others, or is new among them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Waking {
    /// The count that it found in the database, and when it did, by the monotonic clock. Whoever serves writes theirs down
    /// every second.
    pub known: Option<(i64, i64)>,
}

/// A room.
#[derive(Debug)]
pub struct Room {
    /// `UUIDv7`.
    pub id: String,
    /// 第 n 考场.
    pub number: u32,
    /// Seats in a row of the map.
    pub columns: u32,
    /// Its rules.
    pub room: room::Room,
    /// Names of the proctors present, by login.
    pub names: BTreeMap<String, String>,
    /// Seat → code that enrols a machine as it.
    pub seats: BTreeMap<u32, String>,
    /// Every pause, in order; what they do to the clock is in [`room::Room::pauses`].
    pub pauses: Vec<PauseRow>,
    /// Wall time.
    pub opened_at_ms: Option<i64>,
    /// Wall time.
    pub ended_at_ms: Option<i64>,
}

/// A sitting.
#[derive(Debug)]
pub struct Sitting {
    /// `UUIDv7`.
    pub id: String,
    /// Its room.
    pub room: String,
    /// 机位号.
    pub seat: u32,
    /// 准考证号.
    pub admission_no: String,
    /// 姓名.
    pub name: String,
    /// 证件号码, only its ends.
    pub id_masked: String,
    /// Blind index of it.
    pub id_index: String,
    /// Its rules.
    pub sitting: delivery::sitting::Sitting,
    /// The paper.
    pub paper: Arc<Paper>,
    /// Wall time of the hand-in.
    pub closed_at_ms: Option<i64>,
    /// Short code of the responses' digest, for the receipt.
    pub check_code: Option<String>,
    /// Signs of life.
    pub signs: Signs,
    /// Set when another server saved answers: those in memory are old.
    pub elsewhere: Option<Elsewhere>,
    /// Forms of one candidate go one at a time, because the server gives their sequence.
    pub forms: Arc<tokio::sync::Mutex<()>>,
}

/// What is known of a sitting whose answers another server saves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Elsewhere {
    /// Questions with a response, as that server tells.
    pub answered: Option<u32>,
}

/// Signs of life, in memory only: after a restart they come again by themselves.
#[derive(Debug, Default)]
pub struct Signs {
    /// Monotonic time of the last request of a page with scripts, which reports by itself; `None` for plain forms.
    pub heard_ms: Option<i64>,
    /// The same on the exam clock without the room's pauses.
    pub heard_used_ms: Option<i64>,
    /// Times of silence that nobody has decided on, each with whether the chain tells it.
    pub gaps: Vec<(Gap, bool)>,
    /// Wall time of the last save.
    pub saved_at_ms: Option<i64>,
    /// Wall time since when the hand is up.
    pub hand_at_ms: Option<i64>,
    /// Times the page was left, as the page counts.
    pub left_page: u32,
    /// Requests that came after the close and were kept.
    pub late: u32,
    /// Something of this was not told to the other servers yet.
    pub news: bool,
}

impl Signs {
    /// Another server wrote an act on the sitting down.
    pub fn hear_of(&mut self, act: &str, at_ms: i64) {
        match act {
            "hand.raised" => {
                self.hand_at_ms.get_or_insert(at_ms);
            }
            "hand.lowered" | "sitting.closed" | "sitting.absent" => self.hand_at_ms = None,
            _ => {}
        }
    }
}

impl Hall {
    /// The sitting of a token, with the epoch that the token was given for.
    pub fn by_token(&self, token_hash: &str) -> Option<(&Session, &Sitting, i64)> {
        let (session, sitting, epoch) = self.tokens.get(token_hash)?;
        let session = self.sessions.get(session)?;
        Some((session, session.sittings.get(sitting)?, *epoch))
    }

    /// The same, to be changed.
    pub fn sitting_mut(&mut self, session: &str, sitting: &str) -> Option<&mut Sitting> {
        self.sessions.get_mut(session)?.sittings.get_mut(sitting)
    }

    /// The machines that are a session's seats, and no others of before.
    pub fn seat(&mut self, session: &str, machines: HashMap<String, SeatAt>) {
        self.seats.retain(|_, at| at.session != session);
        self.seats.extend(machines);
    }

    /// A room, to be changed.
    pub fn room_mut(&mut self, session: &str, room: &str) -> Option<&mut Room> {
        self.sessions.get_mut(session)?.rooms.get_mut(room)
    }

    /// A room by its id, with its session.
    pub fn room(&self, room: &str) -> Option<(&Session, &Room)> {
        self.sessions.values().find_map(|session| Some((session, session.rooms.get(room)?)))
    }

    /// A seat by the code that enrols a machine as it.
    pub fn seat_by_code(&self, code: &str) -> Option<SeatAt> {
        self.sessions.values().find_map(|session| {
            session.rooms.values().find_map(|room| {
                let (seat, _) = room.seats.iter().find(|(_, its)| *its == code)?;
                Some(SeatAt { session: session.id.clone(), room: room.id.clone(), seat: *seat })
            })
        })
    }
}

impl Session {
    /// Keeps what memory alone has of the same session, loaded before: the exam clock as it runs here, signs of life.
    pub fn go_on_from(&mut self, before: Option<Self>) {
        let Some(before) = before else { return };
        self.clock = before.clock;
        (self.stall, self.waking) = (before.stall, before.waking);
        for (id, sitting) in before.sittings {
            if let Some(now) = self.sittings.get_mut(&id) {
                now.signs = sitting.signs;
                now.forms = sitting.forms;
            }
        }
    }

    /// As every page shows it.
    pub fn head(&self, begins_text: String) -> SessionHead {
        SessionHead {
            id: self.id.clone(),
            title: self.title.clone(),
            purpose: purpose_view(self.purpose),
            subject: self.standard.name.clone(),
            level: self
                .standard
                .level(&self.level)
                .map(|level| level.name.clone())
                .expect("checked when it was planned"),
            direction: self
                .direction
                .as_deref()
                .and_then(|id| self.standard.direction(id))
                .map(|direction| direction.name.clone()),
            begins_text,
            minutes: delivery::session::minutes(self.terms.duration_ms),
        }
    }

    /// Sittings of a room, by seat.
    pub fn in_room(&self, room: &str) -> Vec<&Sitting> {
        let mut sittings: Vec<_> = self.sittings.values().filter(|sitting| sitting.room == room).collect();
        sittings.sort_by_key(|sitting| sitting.seat);
        sittings
    }

    /// How many candidates a room has.
    pub fn headcount(&self, room: &str) -> Headcount {
        if let Some(counts) = &self.at_rest {
            return counts.get(room).copied().unwrap_or_default();
        }
        let mut count = Headcount::default();
        for sitting in self.sittings.values().filter(|sitting| sitting.room == room) {
            count.rostered += 1;
            count.expected += u32::from(sitting.sitting.phase != Phase::Absent);
        }
        count
    }

    /// Candidates of a room that count for the proctor rule: on the roster and not recorded absent.
    pub fn expected_in(&self, room: &str) -> u32 {
        self.headcount(room).expected
    }

    /// Proctors that a room needs.
    pub fn proctors_required(&self, room: &str) -> u32 {
        proctors_required(&self.terms, self.expected_in(room))
    }
}

impl Session {
    /// Whether the exam clock can be read here. One that stood still among others must hear first how far they counted.
    pub fn is_awake(&self, monotonic_ms: i64) -> bool {
        self.waking.is_none() && !(self.state == SessionState::Running && self.clock.is_stalled(monotonic_ms))
    }
}

impl Room {
    /// Number of the room's next pause.
    pub fn next_pause_no(&self) -> i64 {
        self.pauses.last().map_or(0, |pause| pause.number) + 1
    }

    /// The pause that is on.
    pub fn pause(&self) -> Option<&PauseRow> {
        self.pauses.last().filter(|_| self.room.pauses.is_on())
    }
}

impl Sitting {
    /// Questions with a response.
    pub fn answered(&self) -> u32 {
        self.elsewhere.and_then(|elsewhere| elsewhere.answered).unwrap_or_else(|| self.sitting.answered())
    }

    /// As every page of the candidate shows them.
    pub fn who(&self, room_number: u32) -> WhoView {
        WhoView {
            name: self.name.clone(),
            admission_no: self.admission_no.clone(),
            id_masked: self.id_masked.clone(),
            room: room_number,
            seat: self.seat,
        }
    }
}

/// The purpose as pages name it.
pub fn purpose_view(purpose: Purpose) -> view::Purpose {
    match purpose {
        Purpose::Exam => view::Purpose::Exam,
        Purpose::Mock => view::Purpose::Mock,
        Purpose::Rehearsal => view::Purpose::Rehearsal,
    }
}
