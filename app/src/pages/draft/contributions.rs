//! Two officers' contributions to the secret: who has given theirs, and the form for one's own.

use leptos::prelude::*;

use crate::{
    i18n::t,
    ui,
    view::{Contributing, ContributionRow, DraftView, Lang, Page},
};

/// The fewest characters of a contribution that somebody types.
const CHARACTERS_MIN: u32 = 20;

/// So much of a digest is shown in a list.
const DIGEST_SHOWN: usize = 16;

pub(super) fn content(page: &Page, view: &DraftView) -> AnyView {
    let lang = page.lang;
    let form = match view.contributing {
        Contributing::Complete => None,
        Contributing::Open { both_by_system } => Some(own(page, view, both_by_system)),
        Contributing::Given { both_by_system } => Some(
            view! {
                <p>{t!(lang, contribution::other)}</p>
                {both_by_system.then(|| rest(lang, view))}
            }
            .into_any(),
        ),
    };
    view! {
        <p class="num"><b>{t!(lang, contribution::count, n = view.contributions.len())}</b></p>
        {given(lang, &view.contributions)}
        <p class="small muted">{t!(lang, contribution::why)}</p>
        {form}
    }
    .into_any()
}

/// Who gave what, by its digest.
pub(in crate::pages) fn given(lang: Lang, rows: &[ContributionRow]) -> Option<AnyView> {
    if rows.is_empty() {
        return None;
    }
    let rows = rows.iter().map(|row| {
        let short: String = row.digest.chars().take(DIGEST_SHOWN).collect();
        let how = if row.by_system { t!(lang, contribution::by_system) } else { t!(lang, contribution::typed) };
        view! { <tr><th scope="row">{row.by.clone()}</th><td>{how}</td><td class="num">{row.at_text.clone()}</td><td><code>{short}"…"</code></td></tr> }
    });
    Some(
        view! {
            <div class="scroll"><table class="plain">
                <caption class="vh">{t!(lang, draft::contributions)}</caption>
                <thead><tr><th scope="col">{t!(lang, contribution::officer)}</th><th scope="col">{t!(lang, contribution::how)}</th>
                    <th scope="col">{t!(lang, record::time)}</th><th scope="col">{t!(lang, draft::digest)}</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table></div>
        }
        .into_any(),
    )
}

/// Typed or, by the other button, made by the system.
fn own(page: &Page, view: &DraftView, both_by_system: bool) -> AnyView {
    let lang = page.lang;
    let action = format!("/drafts/{}/contribute", view.draft.id);
    let beside = ui::beside(page, "contribution");
    let invalid = beside.is_some().then_some("true");
    let described = if beside.is_some() { "contribution-hint contribution-error" } else { "contribution-hint" };
    view! {
        <form method="post" action=action.clone() autocomplete="off">
            <p class="field">
                <label for="contribution">{t!(lang, contribution::label)}</label>
                <span class="small muted block" id="contribution-hint">{t!(lang, contribution::hint, n = CHARACTERS_MIN)}</span>
                {beside.map(|words| view! { <span class="field-error" id="contribution-error">{words}</span> })}
                <input id="contribution" name="contribution" type="text" minlength=CHARACTERS_MIN maxlength="1000" required
                    autocapitalize="off" spellcheck="false" aria-describedby=described aria-invalid=invalid/>
            </p>
            <p class="acts">
                <button class="primary" name="by" value="own">{t!(lang, contribution::give)}</button>
                <button name="by" value="system" formnovalidate>{t!(lang, contribution::by_system)}</button>
            </p>
        </form>
        {both_by_system.then(|| rest(lang, view))}
    }
    .into_any()
}

/// Where nothing is at stake, the system may give whatever is missing.
fn rest(lang: Lang, view: &DraftView) -> AnyView {
    view! {
        <form method="post" action=format!("/drafts/{}/contribute", view.draft.id)>
            <p class="small muted">{t!(lang, contribution::both_text)}</p>
            <p class="acts"><button name="by" value="system_both">{t!(lang, contribution::both)}</button></p>
        </form>
    }
    .into_any()
}
