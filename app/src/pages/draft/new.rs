//! Plan and roster of a new session, as text; everything that is wrong with them stands at the top.

use leptos::prelude::*;

use super::words;
use crate::{
    i18n::{self, t},
    ui::{self, Frame},
    view::{DraftProblem, Lang, NewDraftView, Page, PlanColumn},
};

/// The head row of a roster; what begins with `extra` or `seen` may be left out.
const ROSTER_HEAD: &str = "admission_no,name,id_number,room,seat,extra_minutes,extra_reason,seen_in\n";

/// `GET /drafts/new`
pub fn new(page: &Page, view: &NewDraftView) -> String {
    let lang = page.lang;
    let title = t!(lang, draft::new_title);
    let refused =
        if view.problems.is_empty() { title.to_owned() } else { t!(lang, shell::title_refused, title = title) };
    let (plan, roster) = match &view.typed {
        Some(typed) => (typed.plan.clone(), typed.roster.clone()),
        None => (plan_template(lang, view.columns.first(), &view.begins), ROSTER_HEAD.to_owned()),
    };
    ui::document(page, &Frame { title: refused, class: "staff", ..Frame::default() }, || {
        let content = view! {
            <p class="back"><a href="/staff">{t!(lang, draft::back)}</a></p>
            <h1>{title}</h1>
            <p class="lead">{t!(lang, draft::new_lead)}</p>
            {(!view.problems.is_empty()).then(|| summary(lang, &view.problems))}
            <form method="post" action="/drafts/new" class="card" autocomplete="off">
                {area("plan", 24, t!(lang, draft::plan), t!(lang, draft::plan_hint), &plan, wrong(view, "plan"))}
                {area("roster", 12, t!(lang, draft::roster), t!(lang, draft::roster_hint), &roster, wrong(view, "roster"))}
                {roster_columns(lang)}
                <p class="acts"><button class="primary">{t!(lang, draft::create)}</button></p>
            </form>
            {(!view.columns.is_empty()).then(|| columns(lang, &view.columns))}
        };
        ui::staff(page, false, content.into_any())
    })
}

/// The annotated plan that the field begins with. Read back, it is a plan once its ids are real.
pub fn plan_template(lang: Lang, column: Option<&PlanColumn>, begins: &str) -> String {
    let template = match lang {
        Lang::Zh => include_str!("../../../templates/plan.zh-CN.toml"),
        Lang::En => include_str!("../../../templates/plan.en.toml"),
    };
    let id = |id: Option<&(String, _)>| id.map_or("", |(id, _)| id).to_owned();
    let direction = column.and_then(|column| column.direction.as_ref());
    let direction =
        direction.map_or_else(|| "# direction = \"\"".to_owned(), |(id, _)| format!("direction = \"{id}\""));
    template
        .replace("{standard}", &id(column.map(|column| &column.standard)))
        .replace("{level}", &id(column.map(|column| &column.level)))
        .replace("{direction}", &direction)
        .replace("{begins}", begins)
}

fn wrong(view: &NewDraftView, field: &str) -> bool {
    view.problems.iter().any(|problem| words::field(problem) == field)
}

fn summary(lang: Lang, problems: &[DraftProblem]) -> AnyView {
    let rows = problems.iter().map(|problem| {
        view! { <li><a href=format!("#{}", words::field(problem))>{words::problem(lang, problem)}</a></li> }
    });
    view! {
        <div class="banner bad" role="alert" tabindex="-1" autofocus>
            <h2>{t!(lang, draft::problems, n = problems.len())}</h2>
            <ul>{rows.collect_view()}</ul>
        </div>
    }
    .into_any()
}

fn area(name: &'static str, rows: u32, label: &'static str, hint: &'static str, text: &str, wrong: bool) -> AnyView {
    let hint_id = format!("{name}-hint");
    // A line break right after the tag is not part of the text (HTML), so that one of the text's own survives.
    let text = format!("\n{}", escaped(text));
    view! {
        <p class="field">
            <label for=name>{label}</label>
            <span class="small muted block" id=hint_id.clone()>{hint}</span>
            <textarea id=name name=name rows=rows required spellcheck="false" autocapitalize="off" aria-describedby=hint_id
                aria-invalid=wrong.then_some("true") inner_html=text></textarea>
        </p>
    }
    .into_any()
}

/// Leptos writes the children of a `textarea` as they are.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn roster_columns(lang: Lang) -> AnyView {
    let rows = [
        ("admission_no", t!(lang, confirm::admission_no)),
        ("name", t!(lang, confirm::name)),
        ("id_number", t!(lang, confirm::id)),
        ("room", t!(lang, draft::column_room)),
        ("seat", t!(lang, draft::column_seat)),
        ("extra_minutes", t!(lang, draft::column_extra_minutes)),
        ("extra_reason", t!(lang, draft::column_extra_reason)),
        ("seen_in", t!(lang, draft::column_seen_in)),
    ]
    .map(|(column, text)| view! { <tr><th scope="row"><code>{column}</code></th><td>{text}</td></tr> });
    view! {
        <details class="act"><summary>{t!(lang, draft::roster_columns)}</summary><div class="act-body">
            <table class="plain">
                <caption class="vh">{t!(lang, draft::roster_columns)}</caption>
                <thead><tr><th scope="col">{t!(lang, draft::column)}</th><th scope="col">{t!(lang, draft::meaning)}</th></tr></thead>
                <tbody>{rows.into_iter().collect_view()}</tbody>
            </table>
        </div></details>
    }
    .into_any()
}

fn columns(lang: Lang, columns: &[PlanColumn]) -> AnyView {
    let cell = |own: Option<&(String, _)>| {
        own.map(|(id, name)| view! { <code>{id.clone()}</code><span class="small muted block">{i18n::name(name, lang)}</span> })
    };
    let rows = columns.iter().map(|column| {
        view! {
            <tr><td>{cell(Some(&column.standard))}</td><td>{cell(Some(&column.level))}</td><td>{cell(column.direction.as_ref())}</td></tr>
        }
    });
    view! {
        <h2>{t!(lang, draft::columns)}</h2>
        <div class="scroll"><table class="plain">
            <caption class="vh">{t!(lang, draft::columns)}</caption>
            <thead><tr><th scope="col"><code>"standard"</code></th><th scope="col"><code>"level"</code></th><th scope="col"><code>"direction"</code></th></tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table></div>
    }
    .into_any()
}
