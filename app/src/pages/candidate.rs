//! The candidate's pages, in the order in which they are met.

use leptos::prelude::*;

use crate::{
    i18n::{self, t},
    islands::{
        Words, clock_text,
        countdown::{Countdown, CountdownWord},
        exam::{ExamRoom, ExamWord},
        seconds_up,
    },
    ui::{self, Frame, Step},
    view::{
        ConfirmView, EnrolView, ExamView, HandInView, Lang, LoginView, Page, PausedView, ReceiptView, RulesView,
        ScoreView, SessionHead, WaitingView,
    },
};

fn frame(title: &str, session: Option<&SessionHead>) -> Frame {
    Frame {
        title: title.to_owned(),
        purpose: session.map(|session| session.purpose),
        class: "candidate",
        ..Frame::default()
    }
}

/// `GET /enrol/{code}`: the office makes this machine a seat.
pub fn enrol(page: &Page, view: &EnrolView) -> String {
    let lang = page.lang;
    ui::document(page, &frame(t!(lang, enrol::title), Some(&view.session)), || {
        let content = view! {
            <form method="post" action=format!("/enrol/{}", view.code) class="card">
                <h1>{t!(lang, enrol::title)}</h1>
                <p class="seat-sign num">{ui::place(lang, view.room, view.seat)}</p>
                <p>{t!(lang, enrol::text)}</p>
                <p class="acts"><button class="primary">{t!(lang, enrol::button)}</button></p>
            </form>
        };
        ui::candidate(page, Step::Login, Some(&view.session), content.into_any())
    })
}

/// `GET /`
pub fn login(page: &Page, view: &LoginView) -> String {
    let lang = page.lang;
    let session = view.seat.as_ref().map(|(session, ..)| session);
    ui::document(page, &frame(t!(lang, login::title), session), || {
        let content = match &view.seat {
            Some((session, room, seat)) => view! {
                <form method="post" action="/login" autocomplete="off" class="card">
                    <p class="seat-sign num">{ui::place(lang, *room, *seat)}</p>
                    <h1>{t!(lang, login::title)}</h1>
                    <p class="muted">{t!(lang, login::session, title = session.title, begins = session.begins_text)}</p>
                    {ui::field(page, "admission_no", t!(lang, login::admission_no), "text", Some("numeric"))}
                    {ui::field(page, "id_number", t!(lang, login::id_number), "text", None)}
                    <p class="acts"><button class="primary">{t!(lang, login::button)}</button></p>
                    <p class="small muted">{t!(lang, login::help)}</p>
                </form>
            }
            .into_any(),
            None => view! {
                <div class="card">
                    <h1>{t!(lang, login::no_seat)}</h1>
                    <p>{t!(lang, login::no_seat_text)}</p>
                    <p class="acts"><a class="button" href="/staff">{t!(lang, login::staff)}</a></p>
                </div>
            }
            .into_any(),
        };
        ui::candidate(page, Step::Login, session, content)
    })
}

/// `GET /confirm`
pub fn confirm(page: &Page, view: &ConfirmView) -> String {
    let lang = page.lang;
    ui::document(page, &frame(t!(lang, confirm::title), Some(&view.session)), || {
        let content = view! {
            <form method="post" action="/confirm" class="card">
                <h1>{t!(lang, confirm::title)}</h1>
                <p>{t!(lang, confirm::lead)}</p>
                {ui::facts(vec![
                    (t!(lang, confirm::name), view.who.name.clone()),
                    (t!(lang, confirm::admission_no), view.who.admission_no.clone()),
                    (t!(lang, confirm::id), view.who.id_masked.clone()),
                    (t!(lang, confirm::subject), i18n::subject(&view.session, lang)),
                    (t!(lang, confirm::place), ui::place(lang, view.who.room, view.who.seat)),
                ])}
                {view.hand_raised.then(|| view! { <p class="banner info" role="status">{t!(lang, confirm::hand_is_up)}</p> })}
                <p class="acts">
                    <button class="primary" name="answer" value="right">{t!(lang, confirm::right)}</button>
                    <button name="answer" value="wrong">{t!(lang, confirm::wrong)}</button>
                </p>
            </form>
        };
        ui::candidate(page, Step::Confirm, Some(&view.session), content.into_any())
    })
}

/// `GET /rules`: 考生须知 with this sitting's own times.
pub fn rules(page: &Page, view: &RulesView) -> String {
    let lang = page.lang;
    ui::document(page, &frame(t!(lang, rules::title), Some(&view.session)), || {
        let content = view! {
            <form method="post" action="/rules" class="card">
                {ui::who(lang, &view.who)}
                <h1>{t!(lang, rules::title)}</h1>
                {kinds(lang, view)}
                <ol class="rules">{sentences(lang, view).into_iter().map(|rule| view! { <li>{rule}</li> }).collect_view()}</ol>
                <p class="acts"><button class="primary" name="accept" value="yes">{t!(lang, rules::accept)}</button></p>
            </form>
        };
        ui::candidate(page, Step::Rules, Some(&view.session), content.into_any())
    })
}

fn kinds(lang: Lang, view: &RulesView) -> AnyView {
    let rows = view
        .kinds
        .iter()
        .map(|(kind, count, milli)| {
            let total = i18n::points(count * milli, lang);
            view! {
                <tr><th scope="row">{i18n::kind_name(*kind, lang)}</th><td class="num">{*count}</td><td class="num">{i18n::points(*milli, lang)}</td><td class="num">{total}</td></tr>
            }
        })
        .collect_view();
    view! {
        <table class="plain">
            <caption class="vh">{t!(lang, rules::kinds)}</caption>
            <thead><tr>
                <th scope="col">{t!(lang, rules::kind)}</th><th scope="col">{t!(lang, rules::count)}</th>
                <th scope="col">{t!(lang, rules::each)}</th><th scope="col">{t!(lang, rules::together)}</th>
            </tr></thead>
            <tbody>{rows}</tbody>
            <tfoot><tr><th scope="row">{t!(lang, rules::all)}</th><td class="num">{view.questions}</td><td></td>
                <td class="num">{i18n::points(view.points * 1000, lang)}</td></tr></tfoot>
        </table>
    }
    .into_any()
}

/// Every rule of this session in words.
fn sentences(lang: Lang, view: &RulesView) -> Vec<String> {
    let mut rules = vec![if view.extra_minutes > 0 {
        t!(lang, rules::minutes_more, minutes = view.minutes, more = view.extra_minutes)
    } else {
        t!(lang, rules::minutes, minutes = view.minutes)
    }];
    rules.push(t!(lang, rules::pass, points = view.points, pass = view.pass_points));
    rules.push(t!(lang, rules::outage).to_owned());
    rules.push(match view.late_entry_minutes {
        0 => t!(lang, rules::late_never).to_owned(),
        minutes => t!(lang, rules::late, minutes = minutes),
    });
    if view.late_entry_minutes > 0 {
        rules.push(late_end(lang, view.late_ends_with_room).to_owned());
    }
    rules.push(match view.earliest_hand_in_minutes {
        0 => t!(lang, rules::hand_in_any).to_owned(),
        minutes => t!(lang, rules::hand_in, minutes = minutes),
    });
    if !view.reminder_minutes.is_empty() {
        let minutes: Vec<_> = view.reminder_minutes.iter().map(u32::to_string).collect();
        rules.push(t!(lang, rules::reminders, minutes = minutes.join(t!(lang, shell::and))));
    }
    rules.push(t!(lang, rules::saving).to_owned());
    rules.push(t!(lang, rules::end, seconds = view.allowance_seconds));
    rules.push(t!(lang, rules::closed_book).to_owned());
    rules.push(t!(lang, rules::help).to_owned());
    rules
}

/// What the end of somebody who starts late is.
const fn late_end(lang: Lang, with_room: bool) -> &'static str {
    if with_room { t!(lang, rules::late_common) } else { t!(lang, rules::late_full) }
}

/// `GET /waiting`: 候考.
pub fn waiting(page: &Page, view: &WaitingView) -> String {
    let lang = page.lang;
    let frame = Frame { island: true, reload_seconds: Some(5), ..frame(t!(lang, waiting::title), Some(&view.session)) };
    let words = CountdownWord::ALL.iter().map(|word| countdown_word(lang, *word).to_owned()).collect();
    ui::document(page, &frame, || {
        let content = view! {
            <div class="card waiting" data-plain-reload="5">
                {ui::who(lang, &view.who)}
                <h1>{t!(lang, waiting::title)}</h1>
                <Countdown begins_in_ms=view.begins_in_ms starts_in_ms=view.starts_in_ms words=Words(words)/>
                <p>{t!(lang, waiting::text, begins = view.session.begins_text)}</p>
                <p class="small muted">{late_end(lang, view.late_ends_with_room)}</p>
                <p class="acts"><a class="button" href="/waiting">{t!(lang, waiting::reload)}</a></p>
            </div>
        };
        ui::candidate(page, Step::Waiting, Some(&view.session), content.into_any())
    })
}

const fn countdown_word(lang: Lang, word: CountdownWord) -> &'static str {
    match word {
        CountdownWord::UntilBegin => t!(lang, waiting::until_begin),
        CountdownWord::UntilStart => t!(lang, waiting::until_start),
        CountdownWord::Begins => t!(lang, waiting::begins),
        CountdownWord::Offline => t!(lang, waiting::offline),
    }
}

/// `GET /exam`
pub fn exam(page: &Page, view: &ExamView) -> String {
    let lang = page.lang;
    let frame = Frame { island: true, class: "exam-page", ..frame(t!(lang, exam::title), Some(&view.session)) };
    ui::document(page, &frame, || {
        let menu = page.clone();
        view! {
            {ui::notice(page)}
            <ExamRoom exam=view.exam.clone() words=exam_words(lang, view)>{ui::display(&menu)}</ExamRoom>
        }
        .into_any()
    })
}

fn exam_words(lang: Lang, view: &ExamView) -> Words {
    let place = format!("{} · {}", view.session.title, ui::place(lang, view.who.room, view.who.seat));
    let own = |word| match word {
        ExamWord::CandidateName => view.who.name.clone(),
        ExamWord::CandidateNumber => view.who.admission_no.clone(),
        ExamWord::Subject => i18n::subject(&view.session, lang),
        ExamWord::Place => place.clone(),
        word => exam_word(lang, word),
    };
    Words(ExamWord::ALL.iter().map(|word| own(*word)).collect())
}

/// The words of the exam room that are the same for everyone; `{n}` stays, for the island to fill.
pub(super) fn exam_word(lang: Lang, word: ExamWord) -> String {
    let n = "{n}";
    match word {
        ExamWord::Question => t!(lang, exam::question, n = n),
        ExamWord::Unanswered => t!(lang, exam::unanswered, n = n),
        ExamWord::Saved => t!(lang, exam::saved, n = n),
        ExamWord::Superseded => t!(lang, exam::superseded, n = n),
        ExamWord::Reminder => t!(lang, exam::reminder, n = n),
        ExamWord::VoidedNow => t!(lang, exam::voided_now, n = n),
        word => plain_exam_word(lang, word).to_owned(),
    }
}

const fn plain_exam_word(lang: Lang, word: ExamWord) -> &'static str {
    match word {
        ExamWord::CandidateName
        | ExamWord::CandidateNumber
        | ExamWord::Subject
        | ExamWord::Place
        | ExamWord::Question
        | ExamWord::Unanswered
        | ExamWord::Saved
        | ExamWord::Superseded
        | ExamWord::Reminder
        | ExamWord::VoidedNow => "",
        ExamWord::Voided => t!(lang, exam::voided),
        ExamWord::TimeLeft => t!(lang, exam::time_left),
        ExamWord::EndsAt => t!(lang, exam::ends_at),
        ExamWord::HandIn => t!(lang, exam::hand_in),
        ExamWord::HandRaise => t!(lang, exam::hand_raise),
        ExamWord::HandRaised => t!(lang, exam::hand_raised),
        ExamWord::Sheet => t!(lang, exam::sheet),
        ExamWord::CellAnswered => t!(lang, exam::cell_answered),
        ExamWord::CellUnanswered => t!(lang, exam::cell_unanswered),
        ExamWord::CellFlagged => t!(lang, exam::cell_flagged),
        ExamWord::CellWaiting => t!(lang, exam::cell_waiting),
        ExamWord::LegendAnswered => t!(lang, exam::legend_answered),
        ExamWord::LegendUnanswered => t!(lang, exam::legend_unanswered),
        ExamWord::LegendCurrent => t!(lang, exam::legend_current),
        ExamWord::LegendFlagged => t!(lang, exam::legend_flagged),
        ExamWord::LegendWaiting => t!(lang, exam::legend_waiting),
        ExamWord::Previous => t!(lang, exam::previous),
        ExamWord::Next => t!(lang, exam::next),
        ExamWord::Save => t!(lang, exam::save),
        ExamWord::SaveThen => t!(lang, exam::save_then),
        ExamWord::Flag => t!(lang, exam::flag),
        ExamWord::Clear => t!(lang, exam::clear),
        ExamWord::ToSheet => t!(lang, exam::to_sheet),
        ExamWord::PlainHint => t!(lang, exam::plain_hint),
        ExamWord::ShowAll => t!(lang, exam::show_all),
        ExamWord::ShowOne => t!(lang, exam::show_one),
        ExamWord::Strike => t!(lang, exam::strike),
        ExamWord::StrikeUndo => t!(lang, exam::strike_undo),
        ExamWord::SavedBefore => t!(lang, exam::saved_before),
        ExamWord::Saving => t!(lang, exam::saving),
        ExamWord::Offline => t!(lang, exam::offline),
        ExamWord::Refused => t!(lang, refusal::invalid),
        ExamWord::Understood => t!(lang, exam::understood),
        ExamWord::HandFailed => t!(lang, exam::hand_failed),
        ExamWord::HandInWaits => t!(lang, exam::hand_in_waits),
        ExamWord::HandInCancel => t!(lang, exam::hand_in_cancel),
        ExamWord::LockPausedTitle => t!(lang, exam::lock_paused_title),
        ExamWord::LockPausedText => t!(lang, exam::lock_paused_text),
        ExamWord::LockTimeTitle => t!(lang, exam::lock_time_title),
        ExamWord::LockTimeText => t!(lang, exam::lock_time_text),
        ExamWord::LockTimeOffline => t!(lang, exam::lock_time_offline),
        ExamWord::LockElsewhereTitle => t!(lang, exam::lock_elsewhere_title),
        ExamWord::LockClosedTitle => t!(lang, exam::lock_closed_title),
        ExamWord::LockClosedText => t!(lang, exam::lock_closed_text),
        ExamWord::LockTabTitle => t!(lang, exam::lock_tab_title),
        ExamWord::LockTabText => t!(lang, exam::lock_tab_text),
        ExamWord::LockTabTake => t!(lang, exam::lock_tab_take),
        ExamWord::LockSignedOutTitle => t!(lang, exam::lock_signed_out_title),
        ExamWord::LockSignedOutText => t!(lang, refusal::signed_out),
        ExamWord::LockSignedOutLink => t!(lang, exam::lock_signed_out_link),
        ExamWord::KeysTitle => t!(lang, exam::keys_title),
        ExamWord::KeysSwitch => t!(lang, exam::keys_switch),
        ExamWord::KeysChoose => t!(lang, exam::keys_choose),
        ExamWord::KeysMove => t!(lang, exam::keys_move),
        ExamWord::KeysFlag => t!(lang, exam::keys_flag),
        ExamWord::KeysHelp => t!(lang, exam::keys_help),
        ExamWord::KeysClose => t!(lang, exam::keys_close),
    }
}

/// `GET /exam` while the room stands still. It comes again by itself, and then it is the exam's page.
pub fn paused(page: &Page, view: &PausedView) -> String {
    let lang = page.lang;
    let title = t!(lang, exam::lock_paused_title);
    let frame = Frame { reload_seconds: Some(3), ..frame(title, Some(&view.session)) };
    ui::document(page, &frame, || {
        let content = view! {
            <div class="card waiting">
                {ui::who(lang, &view.who)}
                <h1>{title}</h1>
                <p class="banner info" role="status">{t!(lang, exam::lock_paused_text)}</p>
                {ui::facts(vec![
                    (t!(lang, exam::time_left), t!(lang, paused::stands, time = clock_text(seconds_up(view.remaining_ms)))),
                    (t!(lang, receipt::kept), t!(lang, paused::answered, n = view.answered)),
                ])}
                <p class="acts"><a class="button" href="/exam">{t!(lang, waiting::reload)}</a></p>
            </div>
        };
        ui::candidate(page, Step::HandIn, Some(&view.session), content.into_any())
    })
}

/// `GET /exam/hand-in`: what is still open, then one explicit confirmation.
pub fn hand_in(page: &Page, view: &HandInView) -> String {
    let lang = page.lang;
    ui::document(page, &frame(t!(lang, hand_in::title), Some(&view.session)), || {
        let content = view! {
            <div class="card">
                {ui::who(lang, &view.who)}
                <h1>{t!(lang, hand_in::title)}</h1>
                <p class="big-count num">{t!(lang, hand_in::answered, n = view.answered)}</p>
                {places(t!(lang, hand_in::unanswered, n = view.unanswered.len()), &view.unanswered)}
                {places(t!(lang, hand_in::flagged, n = view.flagged.len()), &view.flagged)}
                {voided(lang, &view.voided)}
                <p>{t!(lang, hand_in::ends, end = view.end_text)}</p>
                {match &view.too_early_until {
                    Some(earliest) => view! { <p class="banner warn">{t!(lang, hand_in::too_early, time = earliest)}</p> }.into_any(),
                    None => confirmation(page, view.epoch).into_any(),
                }}
                <p class="acts"><a class="button" href="/exam">{t!(lang, hand_in::back)}</a></p>
            </div>
        };
        ui::candidate(page, Step::HandIn, Some(&view.session), content.into_any())
    })
}

fn places(title: String, positions: &[u32]) -> Option<AnyView> {
    let cells = positions
        .iter()
        .map(|position| view! { <li><a class="cell" href=format!("/exam?q={position}")>{*position}</a></li> })
        .collect_view();
    (!positions.is_empty()).then(|| view! { <h2>{title}</h2><ol class="cells">{cells}</ol> }.into_any())
}

fn confirmation(page: &Page, epoch: i64) -> AnyView {
    let lang = page.lang;
    let beside = ui::beside(page, "confirm");
    view! {
        <form method="post" action="/exam/hand-in" class="confirm">
            <input type="hidden" name="epoch" value=epoch/>
            {beside.map(|words| view! { <span class="field-error" id="confirm-error">{words}</span> })}
            <label class="check">
                <input type="checkbox" id="confirm" name="confirm" value="yes" required/>
                <span>{t!(lang, hand_in::confirm)}</span>
            </label>
            <p class="acts"><button class="primary">{t!(lang, hand_in::button)}</button></p>
        </form>
    }
    .into_any()
}

/// `GET /receipt`: 交卷成功.
pub fn receipt(page: &Page, view: &ReceiptView) -> String {
    let lang = page.lang;
    ui::document(page, &frame(t!(lang, receipt::title), Some(&view.session)), || {
        let content = view! {
            <div class="card receipt">
                <h1>{t!(lang, receipt::title)}</h1>
                <p class="banner ok">{t!(lang, receipt::leave)}</p>
                {ui::facts(vec![
                    (t!(lang, confirm::name), view.who.name.clone()),
                    (t!(lang, confirm::admission_no), view.who.admission_no.clone()),
                    (t!(lang, receipt::at), format!("{} · {}", view.at_text, i18n::closed_by(view.by, lang))),
                    (t!(lang, receipt::kept), t!(lang, receipt::kept_of, kept = view.kept, all = view.questions)),
                    (t!(lang, receipt::code), view.check_code.clone()),
                ])}
                <p class="small muted">{t!(lang, receipt::code_text)}</p>
                {voided(lang, &view.voided)}
                {view.score.as_ref().map(|own| score(lang, own))}
            </div>
        };
        ui::candidate(page, Step::HandIn, Some(&view.session), content.into_any())
    })
}

/// That questions of this paper count for nobody.
fn voided(lang: Lang, positions: &[u32]) -> Option<AnyView> {
    let which: Vec<String> = positions.iter().map(u32::to_string).collect();
    let text = t!(lang, hand_in::voided, which = which.join(t!(lang, shell::and)));
    (!which.is_empty()).then(|| view! { <p class="banner info num">{text}</p> }.into_any())
}

fn score(lang: Lang, score: &ScoreView) -> AnyView {
    let rows = score.by_function.iter().map(|(function, got, max)| {
        view! {
            <tr><th scope="row">{i18n::name(function, lang)}</th><td class="num">{i18n::number_of_milli(*got)}" / "{i18n::number_of_milli(*max)}</td>
            <td>{bar(*got, *max)}</td></tr>
        }
    });
    view! {
        <h2>{t!(lang, receipt::score)}</h2>
        <p class="big num">{i18n::number_of_milli(score.total_milli)}<span class="small muted">" / "{i18n::number_of_milli(score.max_milli)}</span></p>
        <p class=if score.passed { "verdict ok" } else { "verdict" }>{if score.passed { t!(lang, receipt::passed) } else { t!(lang, receipt::not_passed) }}</p>
        <table class="plain"><caption class="vh">{t!(lang, receipt::by_function)}</caption>
            <thead><tr><th scope="col">{t!(lang, bank::function)}</th><th scope="col">{t!(lang, receipt::score)}</th><td></td></tr></thead>
            <tbody>{rows.collect_view()}</tbody></table>
    }
    .into_any()
}

/// A share as a drawn bar: its length is an attribute, since style attributes are forbidden here.
fn bar(part: u32, whole: u32) -> AnyView {
    let percent = part * 100 / whole.max(1);
    view! {
        <svg class="p" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="rail" width="100" height="4"/><rect class="done" width=percent height="4"/>
        </svg>
    }
    .into_any()
}
