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
            <ul class="back in-line">
                <li><a href=format!("/sessions/{}", session.id)>{t!(lang, fairness::back)}</a></li>
                <li><a href=format!("/sessions/{}/fairness.csv", session.id)>{t!(lang, fairness::csv, n = view.papers)}</a></li>
            </ul>
            <article class="a4">
                <h1>{title}</h1>
                <p class="lead num">{session.title.clone()}" · "{i18n::subject(session, lang)}" · "{session.begins_text.clone()}</p>
                <p class="num">{what_it_shows(lang, view)}</p>
                <p class="num">{how_little(lang, view)}</p>
                <p class="num">{what_helps(lang, view)}</p>
                <h2>{t!(lang, fairness::whole)}</h2>
                {whole(lang, view)}
                <h2>{t!(lang, fairness::functions)}</h2>
                <p class="small muted">{t!(lang, fairness::functions_text)}</p>
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
fn score(milli: u64) -> String {
    let hundredths = (milli + 5) / 10;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// One decimal, for what is not known any better.
fn rough(milli: u64) -> String {
    let tenths = (milli + 50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

const fn spread(own: &ScoreSpread) -> u64 {
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
    let TrueSpread { low_milli, median_milli, high_milli } = view.uncertainty.true_spread;
    t!(
        lang,
        fairness::little,
        error = number_of_milli(view.assumptions.rating_sd_permille),
        median = rough(median_milli),
        low = rough(low_milli),
        high = rough(high_milli)
    )
}

fn what_helps(lang: Lang, view: &FairnessView) -> String {
    let TrueSpread { low_milli, median_milli, high_milli } = view.uncertainty.true_spread_halved;
    t!(
        lang,
        fairness::helps,
        responses = view.uncertainty.halving_responses,
        n = view.uncertainty.halving_candidates,
        median = rough(median_milli),
        low = rough(low_milli),
        high = rough(high_milli)
    )
}

/// The three candidates, the one who just passes first.
fn whole(lang: Lang, view: &FairnessView) -> AnyView {
    let rows = [
        (t!(lang, fairness::passing), &view.passing),
        (t!(lang, fairness::above), &view.above),
        (t!(lang, fairness::below), &view.below),
    ]
    .map(|(words, own)| {
        let scores = [own.min_milli, own.mean_milli, own.max_milli, spread(own), own.sd_milli];
        view! { <tr><th scope="row">{words}</th>{numbers(scores)}</tr> }
    });
    let true_spread = &view.uncertainty.true_spread;
    let heads = [
        t!(lang, fairness::min),
        t!(lang, fairness::mean),
        t!(lang, fairness::max),
        t!(lang, fairness::spread),
        t!(lang, fairness::sd),
    ];
    view! {
        <div class="scroll"><table class="plain">
            <caption class="vh">{t!(lang, fairness::whole)}</caption>
            <thead><tr><th scope="col">{t!(lang, fairness::candidate)}</th>{right_heads(heads)}</tr></thead>
            <tbody>{rows.into_iter().collect_view()}</tbody>
        </table></div>
        <p class="num">{t!(lang, fairness::true_spread, median = rough(true_spread.median_milli), low = rough(true_spread.low_milli),
            high = rough(true_spread.high_milli), pair = rough(view.uncertainty.pair_error_milli))}</p>
    }
    .into_any()
}

/// One row for each function: the just-passing candidate whole, of the others how far the papers lie apart.
fn functions(lang: Lang, functions: &[FunctionSpread]) -> AnyView {
    let rows = functions.iter().map(|own| {
        let FunctionSpread { passing, above, below, .. } = own;
        let scores =
            [passing.min_milli, passing.mean_milli, passing.max_milli, spread(passing), spread(above), spread(below)];
        view! { <tr><th scope="row">{i18n::name(&own.function, lang)}</th><td class="num right">{own.points}</td>{numbers(scores)}</tr> }
    });
    let heads = [
        t!(lang, draft::points),
        t!(lang, fairness::min),
        t!(lang, fairness::mean),
        t!(lang, fairness::max),
        t!(lang, fairness::spread),
        t!(lang, fairness::spread_above),
        t!(lang, fairness::spread_below),
    ];
    view! {
        <div class="scroll"><table class="plain">
            <caption class="vh">{t!(lang, fairness::functions)}</caption>
            <thead><tr><th scope="col">{t!(lang, bank::function)}</th>{right_heads(heads)}</tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table></div>
    }
    .into_any()
}

fn right_heads<const N: usize>(heads: [&'static str; N]) -> AnyView {
    heads.map(|words| view! { <th scope="col" class="right">{words}</th> }).into_iter().collect_view().into_any()
}

fn numbers<const N: usize>(scores: [u64; N]) -> AnyView {
    scores.map(|milli| view! { <td class="num right">{score(milli)}</td> }).into_iter().collect_view().into_any()
}

fn extremes(lang: Lang, papers: &[PaperScore]) -> AnyView {
    let heads = [
        t!(lang, fairness::passing_short),
        t!(lang, fairness::above_short),
        t!(lang, fairness::below_short),
        t!(lang, fairness::error),
    ];
    let rows = papers.iter().map(|own| {
        let scores = [own.passing_milli, own.above_milli, own.below_milli];
        view! {
            <tr><th scope="row" class="num">{own.admission_no.clone()}</th><td>{ui::place(lang, own.room, own.seat)}</td>
                {numbers(scores)}<td class="num right">"± "{rough(own.error_milli)}</td></tr>
        }
    });
    view! {
        <div class="scroll"><table class="plain">
            <caption class="vh">{t!(lang, fairness::extremes)}</caption>
            <thead><tr><th scope="col">{t!(lang, confirm::admission_no)}</th><th scope="col">{t!(lang, results::place)}</th>{right_heads(heads)}</tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table></div>
    }
    .into_any()
}

fn assumptions(lang: Lang, view: &FairnessView) -> AnyView {
    let own = &view.assumptions;
    let unrated = number_of_milli(own.unrated_permille);
    let error = number_of_milli(own.rating_sd_permille);
    view! {
        <ul class="rules">
            <li class="num">{t!(lang, fairness::assumes_score, max = number_of_milli(view.max_milli), n = view.questions)}</li>
            {(view.unrated > 0).then(|| view! { <li class="num">{t!(lang, fairness::assumes_unrated, n = view.unrated, p = unrated)}</li> })}
            <li class="num">{t!(lang, fairness::assumes_sd, sd = number_of_milli(own.ability_sd_milli))}</li>
            <li class="num">{t!(lang, fairness::assumes_error, error = error, score = rough(view.uncertainty.paper_error_milli))}</li>
            <li class="num">{t!(lang, fairness::assumes_draws, n = own.draws)}</li>
        </ul>
    }
    .into_any()
}
