//! 考场情况记录表: made by the system, printed on A4, signed by two proctors, with the head of the audit chain on it.

use leptos::prelude::*;

use super::{events, ledger_row};
use crate::{
    i18n::{self, age, t},
    ui::{self, Frame},
    view::{Lang, Page, RecordView},
};

/// `GET /rooms/{room}/record`
pub fn record(page: &Page, view: &RecordView) -> String {
    let lang = page.lang;
    let frame = Frame {
        title: format!("{} · {}", t!(lang, record::title), t!(lang, room::name, n = view.number)),
        purpose: Some(view.session.purpose),
        class: "staff print",
        ..Frame::default()
    };
    ui::document(page, &frame, || {
        let content = view! {
            <article class="a4">
                <h1>{t!(lang, record::title)}</h1>
                {ui::facts(head(lang, view))}
                <h2>{t!(lang, record::proctors)}</h2>
                {proctors(lang, view)}
                <h2>{t!(lang, record::absent_title, n = view.absent.len())}</h2>
                {absent(lang, view)}
                <h2>{t!(lang, record::grants)}</h2>
                {grants(lang, view)}
                <h2>{t!(lang, record::pauses)}</h2>
                {pauses(lang, view)}
                <h2>{t!(lang, record::outages)}</h2>
                {outages(lang, view)}
                <h2>{t!(lang, record::incidents)}</h2>
                {events(lang, &view.incidents)}
                <p class="audit">{t!(lang, record::audit_head)}" "<code>{view.audit_head.clone()}</code></p>
                <div class="signatures">
                    <p>{t!(lang, record::signature, n = 1)}</p>
                    <p>{t!(lang, record::signature, n = 2)}</p>
                </div>
                <p class="small muted num">{t!(lang, record::printed, time = view.printed_text)}</p>
            </article>
        };
        ui::staff(page, false, content.into_any())
    })
}

fn head(lang: Lang, view: &RecordView) -> Vec<(&'static str, String)> {
    let none = t!(lang, record::not_yet);
    let closed = view.closed.iter().map(|(by, n)| format!("{} {n}", i18n::closed_by(*by, lang))).collect::<Vec<_>>();
    vec![
        (t!(lang, record::session), format!("{} · {}", view.session.title, i18n::purpose(view.session.purpose, lang))),
        (t!(lang, confirm::subject), i18n::subject(&view.session, lang)),
        (
            t!(lang, record::room),
            format!("{} · {}", t!(lang, room::name, n = view.number), i18n::room_state(view.state, lang)),
        ),
        (
            t!(lang, record::planned),
            t!(lang, record::planned_text, begins = view.session.begins_text, minutes = view.session.minutes),
        ),
        (t!(lang, record::opened), view.opened_text.clone().unwrap_or_else(|| none.to_owned())),
        (t!(lang, record::ended), view.ended_text.clone().unwrap_or_else(|| none.to_owned())),
        (
            t!(lang, record::counts),
            t!(lang, record::counts_text, expected = view.expected, present = view.present, absent = view.absent.len()),
        ),
        (
            t!(lang, record::closed),
            if closed.is_empty() { none.to_owned() } else { closed.join(t!(lang, shell::list)) },
        ),
    ]
}

fn proctors(lang: Lang, view: &RecordView) -> AnyView {
    let enough = if view.proctors_enough {
        t!(lang, record::proctors_enough, required = view.proctors_required)
    } else {
        t!(lang, record::proctors_short, required = view.proctors_required)
    };
    let rows = view.proctors.iter().map(|(name, from, until)| {
        let until = until.clone().unwrap_or_else(|| t!(lang, record::still_in).to_owned());
        view! { <tr><th scope="row">{name.clone()}</th><td class="num">{from.clone()}</td><td class="num">{until}</td></tr> }
    });
    view! {
        <p class=if view.proctors_enough { "" } else { "banner bad" }>{enough}</p>
        <table class="plain"><caption class="vh">{t!(lang, record::proctors)}</caption>
            <thead><tr><th scope="col">{t!(lang, record::name)}</th><th scope="col">{t!(lang, record::checked_in)}</th><th scope="col">{t!(lang, record::checked_out)}</th></tr></thead>
            <tbody>{rows.collect_view()}</tbody></table>
    }
    .into_any()
}

fn none(lang: Lang) -> AnyView {
    view! { <p class="empty">{t!(lang, record::none)}</p> }.into_any()
}

fn absent(lang: Lang, view: &RecordView) -> AnyView {
    if view.absent.is_empty() {
        return none(lang);
    }
    let rows = view.absent.iter().map(|who| {
        view! { <li class="num">{t!(lang, acts::seat, n = who.seat)}" "{who.name.clone()}" "{who.admission_no.clone()}</li> }
    });
    view! { <ul class="columns">{rows.collect_view()}</ul> }.into_any()
}

fn grants(lang: Lang, view: &RecordView) -> AnyView {
    if view.grants.is_empty() {
        return none(lang);
    }
    let rows = view.grants.iter().map(|(who, row)| {
        view! {
            <tr><td class="num">{row.at_text.clone()}</td><th scope="row">{t!(lang, acts::seat, n = who.seat)}" "{who.name.clone()}</th>
            <td>{ledger_row(lang, row)}</td><td>{row.actor.clone()}</td></tr>
        }
    });
    view! {
        <table class="plain"><caption class="vh">{t!(lang, record::grants)}</caption>
            <thead><tr><th scope="col">{t!(lang, record::time)}</th><th scope="col">{t!(lang, record::candidate)}</th><th scope="col">{t!(lang, room::ledger)}</th><th scope="col">{t!(lang, record::actor)}</th></tr></thead>
            <tbody>{rows.collect_view()}</tbody></table>
    }
    .into_any()
}

fn pauses(lang: Lang, view: &RecordView) -> AnyView {
    if view.pauses.is_empty() {
        return none(lang);
    }
    let rows = view.pauses.iter().map(|pause| {
        let (since, reason, by) = (&pause.since_text, &pause.reason, &pause.paused_by);
        let words = match (&pause.until_text, pause.counted_ms, &pause.ended_by) {
            (Some(until), Some(ms), Some(ended)) => {
                t!(
                    lang,
                    record::pause,
                    since = since,
                    until = until,
                    time = age(ms),
                    reason = reason,
                    by = by,
                    ended = ended
                )
            }
            _ => t!(lang, record::pause_on, since = since, reason = reason, by = by),
        };
        view! { <li class="num">{words}</li> }
    });
    view! { <ul>{rows.collect_view()}</ul> }.into_any()
}

fn outages(lang: Lang, view: &RecordView) -> AnyView {
    if view.outages.is_empty() {
        return none(lang);
    }
    let rows = view
        .outages
        .iter()
        .map(|(down, up)| view! { <li class="num">{t!(lang, record::outage, down = down, up = up)}</li> });
    view! { <ul>{rows.collect_view()}</ul> }.into_any()
}
