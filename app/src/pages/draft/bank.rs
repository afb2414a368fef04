//! Whether the bank supports the plan: what trial papers say; or what is missing, in words that an author can act on.

use leptos::prelude::*;

use super::{again, words};
use crate::{
    i18n::{number_of_milli, t},
    view::{BankView, DiagnosisView, Lang, Page, PartView, RepairView, StarvingView, SufficiencyView},
};

pub(super) fn content(page: &Page, view: &BankView) -> AnyView {
    let lang = page.lang;
    match view {
        BankView::Checking => view! { <p role="status">{t!(lang, bank_state::checking)}</p>{again(page)} }.into_any(),
        BankView::Enough(enough) => sufficiency(lang, enough),
        BankView::Short(diagnosis) => short(lang, diagnosis),
        BankView::Faulty(faults) => view! {
            <div class="banner bad"><p>{t!(lang, bank_state::faulty)}</p></div>
            <ul class="rules">{faults.iter().map(|fault| view! { <li>{words::fault(lang, fault)}</li> }).collect_view()}</ul>
        }
        .into_any(),
        BankView::Rare { proposals } => view! {
            <div class="banner bad"><p>{t!(lang, bank_state::rare)}</p></div>
            <p class="num">{t!(lang, bank_state::rare_text, n = proposals)}</p>
        }
        .into_any(),
    }
}

fn sufficiency(lang: Lang, view: &SufficiencyView) -> AnyView {
    let rounded = (view.overlap_mean_milli + 50) / 100 * 100;
    let expected = u64::from(view.exposure_max_permille) * u64::from(view.candidates);
    view! {
        <p class="num">{t!(lang, bank_state::enough, n = view.drawable)}</p>
        <ul class="rules">
            {view.papers_log10.map(|power| view! { <li class="num">{t!(lang, bank_state::papers)}" 10"<sup>{power}</sup>{t!(lang, bank_state::papers_after)}</li> })}
            <li class="num">{t!(lang, bank_state::overlap, n = view.questions, mean = number_of_milli(rounded), most = view.overlap_p99)}</li>
            <li class="num">{t!(lang, bank_state::exposure, share = words::percent(view.exposure_max_permille), n = view.candidates, papers = expected.div_ceil(1000))}</li>
        </ul>
        <p class="small muted num">{t!(lang, bank_state::trials, n = view.trials)}</p>
        {starving(lang, &view.starving)}
    }
    .into_any()
}

/// What the conflict is, then what mends it.
fn short(lang: Lang, view: &DiagnosisView) -> AnyView {
    let title = if view.contradiction { t!(lang, bank_state::contradiction) } else { t!(lang, bank_state::short) };
    let conflict = view.conflict.iter().map(|rule| view! { <li class="num">{words::rule(lang, rule)}</li> });
    view! {
        <div class="banner bad"><p>{title}</p></div>
        {(!view.repairs.is_empty()).then(|| view! {
            <h3>{t!(lang, bank_state::repairs)}</h3>
            <ul class="rules">{view.repairs.iter().map(|repair| self::repair(lang, repair)).collect_view()}</ul>
        })}
        {(!view.conflict.is_empty()).then(|| view! {
            <h3>{t!(lang, bank_state::conflict)}</h3>
            <ul class="rules">{conflict.collect_view()}</ul>
        })}
        {starving(lang, &view.starving)}
    }
    .into_any()
}

fn repair(lang: Lang, repair: &RepairView) -> AnyView {
    let href = match repair {
        RepairView::Write { part, .. } => part.href.as_ref(),
        RepairView::Relax { .. } => None,
    };
    view! { <li class="num">{linked(href, words::repair(lang, repair))}</li> }.into_any()
}

fn linked(href: Option<&String>, words: String) -> AnyView {
    match href {
        Some(href) => view! { <a href=href.clone()>{words}</a> }.into_any(),
        None => words.into_any(),
    }
}

fn starving(lang: Lang, parts: &[StarvingView]) -> Option<AnyView> {
    if parts.is_empty() {
        return None;
    }
    let name = |part: &PartView| linked(part.href.as_ref(), words::part(lang, part));
    let rows = parts.iter().map(|row| {
        let papers = row.present.checked_div(row.needed).map(|papers| papers.to_string());
        view! {
            <tr><th scope="row">{name(&row.part)}</th><td class="num">{row.present}</td><td class="num">{row.needed}</td><td class="num">{papers}</td></tr>
        }
    });
    Some(
        view! {
            <details class="act"><summary>{t!(lang, bank_state::starving)}</summary><div class="act-body">
                <div class="scroll"><table class="plain">
                    <caption class="vh">{t!(lang, bank_state::starving)}</caption>
                    <thead><tr><th scope="col">{t!(lang, bank_state::part)}</th><th scope="col">{t!(lang, bank_state::present)}</th>
                        <th scope="col">{t!(lang, bank_state::needed)}</th><th scope="col">{t!(lang, bank_state::papers_worth)}</th></tr></thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table></div>
            </div></details>
        }
        .into_any(),
    )
}
