//! What every paper is to hold: functions by kinds with their points, difficulty and limits in words.

use leptos::prelude::*;

use super::words;
use crate::{
    i18n::{self, number_of_milli, t},
    view::{BlueprintView, FunctionQuota, Lang},
};

pub(super) fn content(lang: Lang, view: &BlueprintView) -> AnyView {
    let questions: u32 = view.kinds.iter().map(|(_, count, _)| count).sum();
    let milli: u32 = view.kinds.iter().map(|(_, count, each)| count * each).sum();
    view! {
        <p class="num">{t!(lang, draft::blueprint_text, n = questions, points = number_of_milli(milli), functions = view.functions.len())}</p>
        <details class="act"><summary>{t!(lang, draft::blueprint_details)}</summary><div class="act-body">
            {table(lang, view, questions, milli)}
            {rules(lang, view)}
            <p class="audit">{t!(lang, draft::digest)}" "<code>{view.digest.clone()}</code></p>
        </div></details>
    }
    .into_any()
}

fn table(lang: Lang, view: &BlueprintView, questions: u32, milli: u32) -> AnyView {
    let kinds = view.kinds.iter().map(|(kind, _, each)| {
        view! { <th scope="col">{i18n::kind_name(*kind, lang)}<span class="small block">{t!(lang, draft::each, points = number_of_milli(*each))}</span></th> }
    });
    let feet = view.kinds.iter().map(|(_, count, _)| view! { <td class="num">{*count}</td> });
    view! {
        <div class="scroll"><table class="plain">
            <caption class="vh">{t!(lang, draft::blueprint)}</caption>
            <thead><tr><th scope="col">{t!(lang, bank::function)}</th>{kinds.collect_view()}
                <th scope="col">{t!(lang, draft::questions)}</th><th scope="col">{t!(lang, draft::points)}</th></tr></thead>
            <tbody>{view.functions.iter().map(|quota| row(lang, quota)).collect_view()}</tbody>
            <tfoot><tr><th scope="row">{t!(lang, rules::all)}</th>{feet.collect_view()}
                <td class="num">{questions}</td><td class="num">{number_of_milli(milli)}</td></tr></tfoot>
        </table></div>
    }
    .into_any()
}

fn row(lang: Lang, quota: &FunctionQuota) -> AnyView {
    let range = |(min, max): (u32, u32)| if min == max { min.to_string() } else { format!("{min}–{max}") };
    let all = quota.counts.iter().fold((0, 0), |(min, max), (least, most)| (min + least, max + most));
    view! {
        <tr><th scope="row">{i18n::name(&quota.function, lang)}</th>
            {quota.counts.iter().map(|own| view! { <td class="num">{range(*own)}</td> }).collect_view()}
            <td class="num">{range(all)}</td><td class="num">{quota.points}</td></tr>
    }
    .into_any()
}

/// Difficulty, then everything besides.
fn rules(lang: Lang, view: &BlueprintView) -> AnyView {
    let mean = view.mean.map(|(target, tolerance)| words::mean(lang, target, tolerance));
    let bands = view.bands.iter().enumerate().map(|(index, band)| {
        let below = index.checked_sub(1).and_then(|before| view.bands.get(before));
        let name = words::band(lang, &band.name);
        let span = words::span(lang, band.min, Some(band.max));
        let from = number_of_milli(band.at_least_permille);
        match below {
            None => t!(lang, draft::band_first, name = name, from = from, span = span),
            Some(above) => {
                let below = number_of_milli(above.at_least_permille);
                t!(lang, draft::band, name = name, from = from, below = below, span = span)
            }
        }
    });
    let rest = view.rules.iter().map(|rule| words::rule(lang, rule));
    let all: Vec<_> = mean.into_iter().chain(bands).chain(rest).collect();
    if all.is_empty() {
        return view! { <p class="muted">{t!(lang, draft::no_rules)}</p> }.into_any();
    }
    view! {
        <h3>{t!(lang, draft::rules)}</h3>
        <ul class="rules">{all.into_iter().map(|rule| view! { <li class="num">{rule}</li> }).collect_view()}</ul>
        {view.mean.map(|_| view! { <p class="small muted">{t!(lang, draft::difficulty_is)}</p> })}
    }
    .into_any()
}
