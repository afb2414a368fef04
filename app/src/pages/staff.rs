//! Where staff sign in and begin.

use leptos::prelude::*;

use crate::{
    i18n::{self, t},
    ui::{self, Frame},
    view::{DraftRow, Lang, Page, Progress, Role, RoomRow, SessionRow, StaffHomeView},
};

/// `GET /staff/login`
pub fn login(page: &Page) -> String {
    let lang = page.lang;
    let frame = Frame { title: t!(lang, staff::login_title).to_owned(), class: "staff", ..Frame::default() };
    ui::document(page, &frame, || {
        let content = view! {
            <form method="post" action="/staff/login" class="card login">
                <h1>{t!(lang, staff::login_title)}</h1>
                {ui::field(page, "account", t!(lang, staff::account), "text", None)}
                {ui::field(page, "password", t!(lang, staff::password), "password", None)}
                <p class="acts"><button class="primary">{t!(lang, staff::login_button)}</button></p>
                <p class="small muted">{t!(lang, staff::login_help)}</p>
            </form>
        };
        ui::staff(page, false, content.into_any())
    })
}

/// `GET /staff`: sessions with their rooms, and the bank's standards; for the office also what is in preparation.
pub fn home(page: &Page, view: &StaffHomeView) -> String {
    let lang = page.lang;
    let office = page.staff.as_ref().is_some_and(|staff| staff.role == Role::Office);
    let frame = Frame { title: t!(lang, staff::home_title).to_owned(), class: "staff", ..Frame::default() };
    ui::document(page, &frame, || {
        let content = view! {
            <h1>{t!(lang, staff::home_title)}</h1>
            {office.then(|| drafts(lang, &view.drafts))}
            <h2>{t!(lang, staff::sessions)}</h2>
            {view.sessions.is_empty().then(|| view! { <p class="empty">{t!(lang, staff::no_sessions)}</p> })}
            {view.sessions.iter().map(|row| session(lang, row, office)).collect_view()}
            {(!view.standards.is_empty()).then(|| view! {
                <h2>{t!(lang, staff::bank)}</h2>
                <ul class="links">
                    {view.standards.iter().map(|(id, name)| view! {
                        <li><a href=format!("/bank/{id}")>{i18n::name(name, lang)}</a></li>
                    }).collect_view()}
                </ul>
            })}
        };
        ui::staff(page, false, content.into_any())
    })
}

fn drafts(lang: Lang, rows: &[DraftRow]) -> AnyView {
    let rows = rows.iter().map(|row| {
        let draft = &row.draft;
        let state = match row.drawing {
            Some(Progress { done, all }) => t!(lang, draft::draw_running, done = done, all = all),
            None => t!(lang, contribution::count, n = row.contributions),
        };
        view! {
            <tr><th scope="row"><a href=format!("/drafts/{}", draft.id)>{draft.title.clone()}</a></th><td>{i18n::subject(draft, lang)}</td>
                <td class="num">{draft.begins_text.clone()}</td><td class="num">{row.candidates}</td><td class="num">{state}</td></tr>
        }
    });
    let rows = rows.collect::<Vec<_>>();
    view! {
        <h2>{t!(lang, draft::drafts)}</h2>
        {if rows.is_empty() {
            view! { <p class="empty">{t!(lang, draft::no_drafts)}</p> }.into_any()
        } else {
            view! {
                <div class="scroll"><table class="plain">
                    <caption class="vh">{t!(lang, draft::drafts)}</caption>
                    <thead><tr><th scope="col">{t!(lang, record::session)}</th><th scope="col">{t!(lang, confirm::subject)}</th><th scope="col">{t!(lang, record::planned)}</th>
                        <th scope="col">{t!(lang, staff::candidates)}</th><th scope="col">{t!(lang, staff::state)}</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table></div>
            }
            .into_any()
        }}
        <p class="acts"><a class="button primary" href="/drafts/new">{t!(lang, draft::new_title)}</a></p>
    }
    .into_any()
}

fn session(lang: Lang, row: &SessionRow, office: bool) -> AnyView {
    let session = &row.session;
    let title = if office {
        view! { <a href=format!("/sessions/{}", session.id)>{session.title.clone()}</a> }.into_any()
    } else {
        session.title.clone().into_any()
    };
    view! {
        <section class="card session">
            <h3>{title}" "<span class="tag">{i18n::session_state(row.state, lang)}</span>" "<span class="tag">{i18n::purpose(session.purpose, lang)}</span></h3>
            <p class="muted">{i18n::subject(session, lang)}</p>
            <p class="muted num">{t!(lang, staff::session_line, begins = session.begins_text, minutes = session.minutes, n = row.candidates)}</p>
            <div class="scroll"><table class="plain">
                <caption class="vh">{t!(lang, staff::rooms)}</caption>
                <thead><tr><th scope="col">{t!(lang, staff::room)}</th><th scope="col">{t!(lang, staff::candidates)}</th>
                    <th scope="col">{t!(lang, staff::proctors_required)}</th><th scope="col">{t!(lang, staff::state)}</th><td></td></tr></thead>
                <tbody>{row.rooms.iter().map(|row| room(lang, row)).collect_view()}</tbody>
            </table></div>
            <p><a href=format!("/sessions/{}/results", session.id)>{t!(lang, staff::results)}</a></p>
        </section>
    }
    .into_any()
}

fn room(lang: Lang, row: &RoomRow) -> AnyView {
    let name = t!(lang, room::name, n = row.number);
    view! {
        <tr>
            <th scope="row"><a href=format!("/rooms/{}", row.id)>{name.clone()}</a></th>
            <td class="num">{row.candidates}</td><td class="num">{row.proctors_required}</td>
            <td>{i18n::room_state(row.state, lang)}</td>
            <td><a href=format!("/rooms/{}/record", row.id)>{t!(lang, record::title)}<span class="vh">" "{name}</span></a></td>
        </tr>
    }
    .into_any()
}
