//! Results of a session.

use leptos::prelude::*;

use crate::{
    i18n::{self, number_of_milli, t},
    ui::{self, Frame},
    view::{Lang, Page, ResultRow, ResultsView},
};

/// `GET /sessions/{session}/results`
pub fn results(page: &Page, view: &ResultsView) -> String {
    let lang = page.lang;
    let frame = Frame {
        title: format!("{} · {}", t!(lang, results::title), view.session.title),
        purpose: Some(view.session.purpose),
        class: "staff print",
        ..Frame::default()
    };
    ui::document(page, &frame, || {
        let functions = view
            .functions
            .iter()
            .map(|function| view! { <th scope="col">{i18n::name(function, lang)}</th> })
            .collect_view();
        let content = view! {
            <h1>{t!(lang, results::title)}</h1>
            <p class="lead">{view.session.title.clone()}" · "{i18n::subject(&view.session, lang)}" · "<span class="num">{view.session.begins_text.clone()}</span></p>
            {ui::facts(summary(lang, view))}
            <div class="scroll"><table class="plain results">
                <caption class="vh">{t!(lang, results::title)}</caption>
                <thead><tr>
                    <th scope="col">{t!(lang, confirm::admission_no)}</th><th scope="col">{t!(lang, confirm::name)}</th>
                    <th scope="col">{t!(lang, results::place)}</th><th scope="col">{t!(lang, room::state)}</th>
                    <th scope="col">{t!(lang, receipt::score)}</th><th scope="col">{t!(lang, results::verdict)}</th>{functions}
                </tr></thead>
                <tbody>{view.rows.iter().map(|own| row(lang, own, view.functions.len())).collect_view()}</tbody>
            </table></div>
            {view.rows.is_empty().then(|| view! { <p class="empty">{t!(lang, results::none)}</p> })}
            {(!view.voided.is_empty()).then(|| view! { <h2>{t!(lang, voided::title)}</h2> {super::session::list(lang, &view.voided)} })}
            <p class="audit">{t!(lang, results::commitment)}" "<code>{view.commitment.clone()}</code></p>
            <p class="audit">{t!(lang, record::audit_head)}" "<code>{view.audit_head.clone()}</code></p>
        };
        ui::staff(page, true, content.into_any())
    })
}

fn summary(lang: Lang, view: &ResultsView) -> Vec<(&'static str, String)> {
    let scores: Vec<_> = view.rows.iter().filter_map(|row| row.score.as_ref()).collect();
    let passed = scores.iter().filter(|score| score.passed).count();
    let mut rows = vec![
        (t!(lang, results::candidates), view.rows.len().to_string()),
        (t!(lang, results::scored), scores.len().to_string()),
        (t!(lang, results::passed), t!(lang, results::passed_of, n = passed, points = view.pass_points)),
    ];
    if let Ok(count) = u32::try_from(scores.len())
        && count > 0
    {
        let total: u32 = scores.iter().map(|score| score.total_milli).sum();
        // Rounded to hundredths of a point.
        rows.push((t!(lang, results::mean), number_of_milli((total / count + 5) / 10 * 10)));
    }
    rows
}

fn row(lang: Lang, row: &ResultRow, functions: usize) -> AnyView {
    let who = &row.who;
    let state = match &row.closed_text {
        Some(time) => format!("{} {time}", i18n::seat_state(row.state, lang)),
        None => i18n::seat_state(row.state, lang).to_owned(),
    };
    let parts = match &row.score {
        Some(score) => score
            .by_function
            .iter()
            .map(|(_, got, max)| format!("{} / {}", number_of_milli(*got), number_of_milli(*max)))
            .collect(),
        None => vec![String::new(); functions],
    };
    let (total, verdict) = match &row.score {
        Some(score) if score.passed => (number_of_milli(score.total_milli), t!(lang, receipt::passed)),
        Some(score) => (number_of_milli(score.total_milli), t!(lang, receipt::not_passed)),
        None => (String::new(), ""),
    };
    view! {
        <tr>
            <td class="num">{who.admission_no.clone()}</td><th scope="row">{who.name.clone()}</th>
            <td>{ui::place(lang, who.room, who.seat)}</td><td class="num">{state}</td>
            <td class="num total">{total}</td><td>{verdict}</td>
            {parts.into_iter().map(|part| view! { <td class="num">{part}</td> }).collect_view()}
        </tr>
    }
    .into_any()
}
