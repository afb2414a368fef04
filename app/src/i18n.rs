//! Words of the interface. Every sentence stands in `locales/`; `build.rs` makes a function of each, so that a missing one does
//! not compile and an unused one is dead code. `docs/decisions/0002-words.md` says why not a library.

use question_bank::{question::Kind, standard::Name};

use crate::{
    view::{ClosedBy, GrantCause, Lang, Purpose, Role, RoomState, SessionState},
    wire::{SaveRefusalCode, SeatState},
};

/// The generated functions, one for each sentence.
pub(crate) mod words {
    #![expect(non_camel_case_types, reason = "generated: a sentence with arguments is a struct named as its key")]
    include!(concat!(env!("OUT_DIR"), "/words.rs"));
}

/// A sentence: `t!(lang, login::title)`, or with arguments `t!(lang, seat::room, n = 2)`.
macro_rules! t {
    ($lang:expr, $group:ident::$key:ident) => {
        $crate::i18n::words::$group::$key($lang)
    };
    ($lang:expr, $group:ident::$key:ident, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::i18n::words::$group::$key { $($name: &$value),+ }.text($lang)
    };
}
pub(crate) use t;

/// The `lang` attribute.
pub const fn tag(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "zh-CN",
        Lang::En => "en",
    }
}

/// A name of the standard in the page's language.
pub fn name(name: &Name, lang: Lang) -> String {
    match lang {
        Lang::Zh => name.zh.clone(),
        Lang::En => name.en.clone(),
    }
}

/// 判断题, 单选题, 多选题.
pub const fn kind_name(kind: Kind, lang: Lang) -> &'static str {
    match kind {
        Kind::TrueFalse => t!(lang, kind::true_false),
        Kind::SingleChoice => t!(lang, kind::single),
        Kind::MultipleChoice => t!(lang, kind::multiple),
    }
}

/// The title of a kind's block in the answer sheet.
pub const fn block_title(kind: Kind, lang: Lang) -> &'static str {
    kind_name(kind, lang)
}

/// `1 分`, `1.5 分`, of thousandths.
pub fn points(milli: u32, lang: Lang) -> String {
    t!(lang, kind::points, n = number_of_milli(milli))
}

/// `1`, `1.5`, `0.125`: no zeros behind.
pub fn number_of_milli(milli: u32) -> String {
    let text = format!("{}.{:03}", milli / 1000, milli % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The two options of a true/false question, as the candidate sees them.
pub fn true_false_options(lang: Lang) -> [String; 2] {
    [t!(lang, kind::right).to_owned(), t!(lang, kind::wrong).to_owned()]
}

/// What happened to a save, and what to do.
pub fn save_refusal(code: SaveRefusalCode, lang: Lang) -> String {
    match code {
        SaveRefusalCode::SignedOut => t!(lang, refusal::signed_out),
        SaveRefusalCode::Epoch => t!(lang, refusal::epoch),
        SaveRefusalCode::Closed => t!(lang, refusal::closed),
        SaveRefusalCode::Invalid => t!(lang, refusal::invalid),
        SaveRefusalCode::Busy => t!(lang, refusal::busy),
    }
    .to_owned()
}

pub(crate) const fn seat_state(state: SeatState, lang: Lang) -> &'static str {
    match state {
        SeatState::NotArrived => t!(lang, state::not_arrived),
        SeatState::Waiting => t!(lang, state::waiting),
        SeatState::Writing => t!(lang, state::writing),
        SeatState::Offline => t!(lang, state::offline),
        SeatState::HandedIn => t!(lang, state::handed_in),
        SeatState::Absent => t!(lang, state::absent),
    }
}

pub(crate) const fn room_state(state: RoomState, lang: Lang) -> &'static str {
    match state {
        RoomState::Preparing => t!(lang, state::room_preparing),
        RoomState::Open => t!(lang, state::room_open),
        RoomState::Ended => t!(lang, state::room_ended),
    }
}

pub(crate) const fn session_state(state: SessionState, lang: Lang) -> &'static str {
    match state {
        SessionState::Ready => t!(lang, state::session_ready),
        SessionState::Running => t!(lang, state::session_running),
        SessionState::Finished => t!(lang, state::session_finished),
    }
}

pub(crate) const fn closed_by(by: ClosedBy, lang: Lang) -> &'static str {
    match by {
        ClosedBy::Candidate => t!(lang, state::by_candidate),
        ClosedBy::Clock => t!(lang, state::by_clock),
        ClosedBy::Proctor => t!(lang, state::by_proctor),
    }
}

pub(crate) const fn grant_cause(cause: GrantCause, lang: Lang) -> &'static str {
    match cause {
        GrantCause::Duration => t!(lang, grant::duration),
        GrantCause::Accommodation => t!(lang, grant::accommodation),
        GrantCause::Extension => t!(lang, grant::extension),
        GrantCause::Pause => t!(lang, grant::pause),
    }
}

pub(crate) const fn role(role: Role, lang: Lang) -> &'static str {
    match role {
        Role::Proctor => t!(lang, staff::role_proctor),
        Role::Author => t!(lang, staff::role_author),
        Role::Office => t!(lang, staff::role_office),
    }
}

pub(crate) const fn purpose(purpose: Purpose, lang: Lang) -> &'static str {
    match purpose {
        Purpose::Exam => t!(lang, shell::purpose_exam),
        Purpose::Mock => t!(lang, shell::purpose_mock),
        Purpose::Rehearsal => t!(lang, shell::purpose_rehearsal),
    }
}

/// An act of the audit chain in words; an act that has none yet shows its code.
pub(crate) fn act(code: &str, lang: Lang) -> String {
    looked_up(words::ACT, code, lang).unwrap_or(code).to_owned()
}

/// A sentence whose key comes from outside the code.
pub(crate) fn looked_up(table: &'static [(&str, &str, &str)], key: &str, lang: Lang) -> Option<&'static str> {
    table.iter().find(|(own, ..)| *own == key).map(|(_, zh, en)| match lang {
        Lang::Zh => *zh,
        Lang::En => *en,
    })
}

/// `1:42`, `1:02:03`: how long something has been so.
pub(crate) fn age(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    if seconds < 3600 {
        format!("{}:{:02}", seconds / 60, seconds % 60)
    } else {
        format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }
}

/// `云计算工程技术人员 · 初级 · 云计算运维`
pub(crate) fn subject(session: &crate::view::SessionHead, lang: Lang) -> String {
    let mut text = format!("{} · {}", name(&session.subject, lang), name(&session.level, lang));
    if let Some(direction) = &session.direction {
        text.push_str(" · ");
        text.push_str(&name(direction, lang));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_have_no_zeros_behind() {
        assert_eq!(number_of_milli(1000), "1");
        assert_eq!(number_of_milli(1500), "1.5");
        assert_eq!(number_of_milli(20_125), "20.125");
        assert_eq!(number_of_milli(0), "0");
        assert_eq!(points(1000, Lang::En), "1 point");
        assert_eq!(points(1500, Lang::En), "1.5 points");
    }

    #[test]
    fn an_unknown_act_shows_its_code() {
        assert_eq!(act("no.such", Lang::Zh), "no.such");
    }
}
