//! A session in preparation as a checklist to green: from the plan to drawn papers.

use leptos::prelude::*;

use crate::{
    i18n::{self, t},
    ui::{self, Frame},
    view::{BankView, Contributing, DraftRoom, DraftView, DrawFailure, DrawView, Lang, Page, Progress},
};

mod bank;
mod blueprint;
mod contributions;
mod new;
mod words;

pub use new::{new, plan_template};
pub use words::problem;

pub(super) use contributions::given;

/// Seconds after which the page comes again while papers are drawn.
const RELOAD_SECONDS: u32 = 3;

/// How a line of the checklist stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Done,
    Now,
    Waiting,
    Blocked,
}

/// `GET /drafts/{draft}`
pub fn draft(page: &Page, view: &DraftView) -> String {
    let lang = page.lang;
    let frame = Frame {
        title: format!("{} · {}", t!(lang, draft::title), view.draft.title),
        purpose: Some(view.draft.purpose),
        class: "staff",
        reload_seconds: comes_again(view).then_some(RELOAD_SECONDS),
        ..Frame::default()
    };
    ui::document(page, &frame, || {
        let draft = &view.draft;
        let content = view! {
            <p class="back"><a href="/staff">{t!(lang, draft::back)}</a></p>
            <h1>{draft.title.clone()}</h1>
            <p class="lead num">{i18n::subject(draft, lang)}" · "{t!(lang, draft::planned, begins = draft.begins_text, minutes = draft.minutes)}
                <span class="small block">{t!(lang, draft::created, by = view.created_by, time = view.created_text)}</span></p>
            <ol class="lines">
                {line(lang, Line::Done, t!(lang, draft::blueprint), blueprint::content(lang, &view.blueprint))}
                {line(lang, bank_line(&view.bank), t!(lang, draft::bank), bank::content(page, &view.bank))}
                {line(lang, Line::Done, t!(lang, draft::roster_and_rooms), roster(lang, view))}
                {line(lang, Line::Waiting, t!(lang, draft::proctors), proctors(lang, &view.rooms))}
                {line(lang, contributions_line(view), t!(lang, draft::contributions), contributions::content(page, view))}
                {line(lang, draw_line(view), t!(lang, draft::draw), draw(page, view))}
            </ol>
            {deletable(view).then(|| delete(page, view))}
        };
        ui::staff(page, false, content.into_any())
    })
}

/// While something goes on by itself, and nobody is typing on the page.
fn comes_again(view: &DraftView) -> bool {
    let checking = view.bank == BankView::Checking && !matches!(view.contributing, Contributing::Open { .. });
    checking || matches!(view.draw, DrawView::Running(_) | DrawView::Elsewhere)
}

fn line(lang: Lang, state: Line, title: &'static str, content: AnyView) -> AnyView {
    let (class, sign, words) = match state {
        Line::Done => ("done", "✓", t!(lang, draft::line_done)),
        Line::Now => ("now", "▶", t!(lang, draft::line_now)),
        Line::Waiting => ("waits", "…", t!(lang, draft::line_waiting)),
        Line::Blocked => ("blocked", "✗", t!(lang, draft::line_blocked)),
    };
    view! {
        <li class=format!("line {class}")>
            <h2>{title}" "<span class="tag"><span aria-hidden="true">{sign}" "</span>{words}</span></h2>
            {content}
        </li>
    }
    .into_any()
}

const fn bank_line(bank: &BankView) -> Line {
    match bank {
        BankView::Checking => Line::Waiting,
        BankView::Enough(_) => Line::Done,
        BankView::Short(_) | BankView::Faulty(_) | BankView::Rare { .. } => Line::Blocked,
    }
}

const fn contributions_line(view: &DraftView) -> Line {
    match view.contributing {
        Contributing::Complete => Line::Done,
        Contributing::Open { .. } => Line::Now,
        Contributing::Given { .. } => Line::Waiting,
    }
}

fn draw_line(view: &DraftView) -> Line {
    match &view.draw {
        DrawView::Done(_) => Line::Done,
        DrawView::Running(_) => Line::Now,
        DrawView::Failed(_) => Line::Blocked,
        DrawView::Idle if ready(view) => Line::Now,
        DrawView::Idle | DrawView::Elsewhere => Line::Waiting,
    }
}

/// Whether nothing is missing that the draw needs.
const fn ready(view: &DraftView) -> bool {
    matches!(view.bank, BankView::Enough(_)) && matches!(view.contributing, Contributing::Complete)
}

fn roster(lang: Lang, view: &DraftView) -> AnyView {
    let free: u32 = view.rooms.iter().map(free).sum();
    let rows = view.rooms.iter().map(|room| {
        view! {
            <tr><th scope="row">{t!(lang, room::name, n = room.number)}</th><td class="num">{room.candidates}</td>
                <td class="num">{room.seats}</td><td class="num">{self::free(room)}</td></tr>
        }
    });
    let facts = [
        (view.accommodated > 0).then(|| t!(lang, draft::accommodated, n = view.accommodated)),
        (view.resitting > 0).then(|| t!(lang, draft::resitting, n = view.resitting)),
    ];
    view! {
        <p class="num">{t!(lang, draft::roster_text, n = view.candidates, rooms = view.rooms.len(), free = free, reserves = view.reserves)}</p>
        {facts.into_iter().flatten().map(|fact| view! { <p class="num">{fact}</p> }).collect_view()}
        <details class="act"><summary>{t!(lang, staff::rooms)}</summary><div class="act-body">
            <table class="plain">
                <caption class="vh">{t!(lang, staff::rooms)}</caption>
                <thead><tr><th scope="col">{t!(lang, staff::room)}</th><th scope="col">{t!(lang, staff::candidates)}</th>
                    <th scope="col">{t!(lang, draft::seats)}</th><th scope="col">{t!(lang, draft::free)}</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div></details>
    }
    .into_any()
}

const fn free(room: &DraftRoom) -> u32 {
    room.seats.saturating_sub(room.candidates)
}

fn proctors(lang: Lang, rooms: &[DraftRoom]) -> AnyView {
    let all: u32 = rooms.iter().map(|room| room.proctors_required).sum();
    let each: Vec<_> = rooms
        .iter()
        .map(|room| t!(lang, draft::proctors_of, n = room.number, required = room.proctors_required))
        .collect();
    view! {
        <p class="num">{t!(lang, draft::proctors_text, n = all, each = each.join(t!(lang, shell::list)))}</p>
        <p class="small muted">{t!(lang, draft::proctors_later)}</p>
    }
    .into_any()
}

fn draw(page: &Page, view: &DraftView) -> AnyView {
    let lang = page.lang;
    match &view.draw {
        DrawView::Done(session) => view! {
            <p>{t!(lang, draft::drawn)}</p>
            <p class="acts"><a class="button primary" href=format!("/sessions/{session}")>{t!(lang, draft::to_session)}</a></p>
        }
        .into_any(),
        DrawView::Running(progress) => running(page, *progress),
        DrawView::Elsewhere => view! { <p>{t!(lang, draft::draw_elsewhere)}</p>{again(page)} }.into_any(),
        DrawView::Failed(failure) => view! {
            <div class="banner bad"><p>{failed(lang, failure)}</p></div>
            <p>{t!(lang, draft::draw_failed_text)}</p>
            {if ready(view) { button(lang, view) } else { waits(lang, view) }}
        }
        .into_any(),
        DrawView::Idle if ready(view) => view! {
            <p>{t!(lang, draft::draw_text, n = view.candidates, reserves = view.reserves)}</p>{button(lang, view)}
        }
        .into_any(),
        DrawView::Idle => waits(lang, view),
    }
}

fn button(lang: Lang, view: &DraftView) -> AnyView {
    view! {
        <form method="post" action=format!("/drafts/{}/draw", view.draft.id)>
            <p class="acts"><button class="primary">{t!(lang, draft::draw_button)}</button></p>
        </form>
    }
    .into_any()
}

/// Which lines the draw waits for.
fn waits(lang: Lang, view: &DraftView) -> AnyView {
    let bank = (!matches!(view.bank, BankView::Enough(_))).then(|| t!(lang, draft::bank));
    let contributions = (view.contributing != Contributing::Complete).then(|| t!(lang, draft::contributions));
    let lines: Vec<_> = bank.into_iter().chain(contributions).collect();
    view! { <p>{t!(lang, draft::draw_waits, lines = lines.join(t!(lang, shell::and)))}</p> }.into_any()
}

fn running(page: &Page, progress: Progress) -> AnyView {
    let lang = page.lang;
    let Progress { done, all } = progress;
    let percent = u64::from(done) * 100 / u64::from(all.max(1));
    view! {
        <p role="status" class="num"><b>{t!(lang, draft::draw_running, done = done, all = all)}</b></p>
        <svg class="p" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="rail" width="100" height="4"/><rect class="done" width=percent height="4"/>
        </svg>
        <p>{t!(lang, draft::draw_running_text)}</p>
        {again(page)}
    }
    .into_any()
}

/// For browsers that don't come again by themselves.
fn again(page: &Page) -> AnyView {
    view! { <p><a href=page.path.clone()>{t!(page.lang, waiting::reload)}</a></p> }.into_any()
}

fn failed(lang: Lang, failure: &DrawFailure) -> String {
    match failure {
        DrawFailure::Rare { proposals } => t!(lang, draft::failed_rare, n = proposals),
        DrawFailure::NotConforming(why) => t!(lang, draft::failed_check, why = why),
        DrawFailure::Bank => t!(lang, draft::failed_bank).to_owned(),
        DrawFailure::Interrupted => t!(lang, draft::failed_interrupted).to_owned(),
    }
}

/// Not while its papers are drawn, nor after.
const fn deletable(view: &DraftView) -> bool {
    !matches!(view.draw, DrawView::Running(_) | DrawView::Done(_))
}

fn delete(page: &Page, view: &DraftView) -> AnyView {
    let lang = page.lang;
    let beside = ui::beside(page, "confirm");
    let refused = beside.is_some();
    let described = refused.then_some("confirm-error");
    view! {
        <details class="act danger" open=refused><summary>{t!(lang, draft::delete)}</summary><div class="act-body">
            <form method="post" action=format!("/drafts/{}/delete", view.draft.id)>
                <p>{t!(lang, draft::delete_text)}</p>
                {beside.map(|words| view! { <span class="field-error" id="confirm-error">{words}</span> })}
                <label class="check"><input type="checkbox" id="confirm" name="confirm" value="yes" required aria-describedby=described/>
                    <span>{t!(lang, draft::delete_confirm)}</span></label>
                <p class="acts"><button class="danger">{t!(lang, draft::delete)}</button></p>
            </form>
        </div></details>
    }
    .into_any()
}
