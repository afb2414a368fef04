//! The fairness sheet: how equal the papers are by the ratings of their questions, and how little that proves while the
//! ratings are guesses.

use leptos::prelude::*;

use crate::{
    i18n::{self, number_of_milli, t},
    ui::{self, Frame},
    view::{FairnessView, FunctionSpread, Lang, Page, PaperScore, ScoreSpread, TrueSpread},
};

/// `GET /sessions/{session}/fairness`
pub fn fairness(page: &Page, view: &FairnessView) -> String {
    let lang = page.lang;
    let title = t!(lang, fairness::title);
    let frame = Frame {
        title: format!("{title} · {}", view.session.title),
        purpose: Some(view.session.purpose),
        class: "staff print",
        ..Frame::default()
    };
    ui::document(page, &frame, || {
        let session = &view.session;
        let content = view! {
            <p class="back acts"><a href=format!("/sessions/{}", session.id)>{t!(lang, fairness::back)}</a>
                <a href=format!("/sessions/{}/fairness.csv", session.id)>{t!(lang, fairness::csv, n = view.papers)}</a></p>
            <article class="a4">
                <h1>{title}</h1>
                <p class="lead num">{session.title.clone()}" · "{i18n::subject(session, lang)}" · "{session.begins_text.clone()}</p>
                <p class="num">{what_it_shows(lang, view)}</p>
                <p class="num">{how_little(lang, view)}</p>
                <h2>{t!(lang, fairness::whole)}</h2>
                {whole(lang, view)}
                <h2>{t!(lang, fairness::functions)}</h2>
                {functions(lang, &view.functions)}
                <h2>{t!(lang, fairness::extremes)}</h2>
                <p class="small muted num">{t!(lang, fairness::extremes_text, n = view.extremes.len(), all = view.papers)}</p>
                {extremes(lang, &view.extremes)}
                <h2>{t!(lang, fairness::assumptions)}</h2>
                {assumptions(lang, view)}
                <p class="small muted num">{t!(lang, record::printed, time = view.made_text)}</p>
            </article>
        };
        ui::staff(page, false, content.into_any())
    })
}

/// Thousandths of a point with two decimals: columns of them stand under one another.
fn score(milli: u32) -> String {
    let hundredths = (milli + 5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// One decimal, for sentences.
fn rough(milli: u32) -> String {
    let tenths = (milli + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

const fn spread(own: &ScoreSpread) -> u32 {
    own.max_milli.saturating_sub(own.min_milli)
}

fn what_it_shows(lang: Lang, view: &FairnessView) -> String {
    let passing = &view.passing;
    t!(
        lang,
        fairness::shows,
        n = view.papers,
        min = score(passing.min_milli),
        max = score(passing.max_milli),
        spread = score(spread(passing))
    )
}

fn how_little(lang: Lang, view: &FairnessView) -> String {
    let TrueSpread { low_milli, median_milli, high_milli } = view.true_spread;
    t!(
        lang,
        fairness::little,
        error = number_of_milli(view.assumptions.rating_error_permille),
        median = rough(median_milli),
        low = rough(low_milli),
        high = rough(high_milli)
    )
}

fn head(lang: Lang, first: &'static str, more: Vec<&'static str>) -> AnyView {
    view! {
        <thead><tr><th scope="col">{first}</th>{more.into_iter().map(|words| view! { <th scope="col" class="right">{words}</th> }).collect_view()}
            <th scope="col" class="right">{t!(lang, fairness::min)}</th><th scope="col" class="right">{t!(lang, fairness::mean)}</th>
            <th scope="col" class="right">{t!(lang, fairness::max)}</th><th scope="col" class="right">{t!(lang, fairness::spread)}</th>
            <th scope="col" class="right">{t!(lang, fairness::sd)}</th><th scope="col" class="right">{t!(lang, fairness::true_spread)}</th></tr></thead>
    }
    .into_any()
}

fn cells(own: &ScoreSpread, true_spread: Option<&TrueSpread>) -> AnyView {
    let scores = [own.min_milli, own.mean_milli, own.max_milli, spread(own), own.sd_milli];
    let true_spread = true_spread
        .map(|own| format!("{} ({}–{})", rough(own.median_milli), rough(own.low_milli), rough(own.high_milli)));
    view! {
        {scores.map(|milli| view! { <td class="num right">{score(milli)}</td> }).into_iter().collect_view()}
        <td class="num right">{true_spread}</td>
    }
    .into_any()
}

fn whole(lang: Lang, view: &FairnessView) -> AnyView {
    let rows = [
        (t!(lang, fairness::passing), &view.passing, Some(&view.true_spread)),
        (t!(lang, fairness::above), &view.above, None),
        (t!(lang, fairness::below), &view.below, None),
    ]
    .map(|(words, own, true_spread)| view! { <tr><th scope="row">{words}</th>{cells(own, true_spread)}</tr> });
    view! {
        <div class="scroll"><table class="plain">
            <caption class="vh">{t!(lang, fairness::whole)}</caption>
            {head(lang, t!(lang, fairness::candidate), Vec::new())}
            <tbody>{rows.into_iter().collect_view()}</tbody>
        </table></div>
    }
    .into_any()
}

fn functions(lang: Lang, functions: &[FunctionSpread]) -> AnyView {
    let rows = functions.iter().map(|own| {
        view! {
            <tr><th scope="row">{i18n::name(&own.function, lang)}</th><td class="num right">{own.points}</td>
                {cells(&own.passing, own.true_spread.as_ref())}</tr>
        }
    });
    view! {
        <div class="scroll"><table class="plain">
            <caption class="vh">{t!(lang, fairness::functions)}</caption>
            {head(lang, t!(lang, bank::function), vec![t!(lang, draft::points)])}
            <tbody>{rows.collect_view()}</tbody>
        </table></div>
    }
    .into_any()
}

fn extremes(lang: Lang, papers: &[PaperScore]) -> AnyView {
    let rows = papers.iter().map(|own| {
        let scores = [own.passing_milli, own.above_milli, own.below_milli];
        view! {
            <tr><th scope="row" class="num">{own.admission_no.clone()}</th><td>{ui::place(lang, own.room, own.seat)}</td>
                {scores.map(|milli| view! { <td class="num right">{score(milli)}</td> }).into_iter().collect_view()}
                <td class="num right">"± "{rough(own.error_milli)}</td></tr>
        }
    });
    view! {
        <div class="scroll"><table class="plain">
            <caption class="vh">{t!(lang, fairness::extremes)}</caption>
            <thead><tr><th scope="col">{t!(lang, confirm::admission_no)}</th><th scope="col">{t!(lang, results::place)}</th>
                <th scope="col" class="right">{t!(lang, fairness::passing_short)}</th><th scope="col" class="right">{t!(lang, fairness::above_short)}</th>
                <th scope="col" class="right">{t!(lang, fairness::below_short)}</th><th scope="col" class="right">{t!(lang, fairness::error)}</th></tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table></div>
    }
    .into_any()
}

fn assumptions(lang: Lang, view: &FairnessView) -> AnyView {
    let own = &view.assumptions;
    view! {
        <ul class="rules">
            <li class="num">{t!(lang, fairness::assumes_score, max = number_of_milli(view.max_milli))}</li>
            <li class="num">{t!(lang, fairness::assumes_sd, sd = number_of_milli(own.sd_milli_logit))}</li>
            <li class="num">{t!(lang, fairness::assumes_error, error = number_of_milli(own.rating_error_permille), score = rough(view.error_milli))}</li>
            <li class="num">{t!(lang, fairness::assumes_simulations, n = own.simulations)}</li>
        </ul>
    }
    .into_any()
}
