//! Pages: pure functions from a view model to a whole HTML document, rendered on the server and nowhere else.

use leptos::prelude::*;

use crate::{
    i18n::t,
    ui::{self, Frame},
    view::{ErrorView, Page},
};

pub mod bank;
pub mod candidate;
pub mod draft;
pub mod results;
pub mod room;
pub mod session;
pub mod staff;

#[cfg(test)]
mod tests;

/// A page that could not be made: what happened, and what to do. Nobody sees a stack trace.
pub fn error(page: &Page, view: ErrorView) -> String {
    let lang = page.lang;
    let (title, text) = match view {
        ErrorView::NotFound => (t!(lang, error::not_found), t!(lang, error::not_found_text)),
        ErrorView::NotAllowed => (t!(lang, error::not_allowed), t!(lang, error::not_allowed_text)),
        ErrorView::BadRequest => (t!(lang, error::bad_request), t!(lang, error::bad_request_text)),
        ErrorView::TooLarge => (t!(lang, error::too_large), t!(lang, error::too_large_text)),
        ErrorView::Internal => (t!(lang, error::internal), t!(lang, error::internal_text)),
        ErrorView::Busy => (t!(lang, error::busy), t!(lang, error::busy_text)),
    };
    let frame = Frame { title: title.to_owned(), ..Frame::default() };
    let home = if page.staff.is_some() { "/staff" } else { "/" };
    ui::document(page, &frame, || {
        view! {
            <header class="bar"><span class="brand">{t!(lang, shell::product)}</span><span class="grow"></span>{ui::language(page)}</header>
            <main id="main" class="narrow" tabindex="-1">
                <div class="card">
                    <h1>{title}</h1>
                    <p>{text}</p>
                    <p class="acts"><a class="button" href=home>{t!(lang, error::home)}</a></p>
                </div>
            </main>
        }
        .into_any()
    })
}
