//! Pages: pure functions from a view model to a whole HTML document.

use crate::view::{ErrorView, Page};

pub mod bank;
pub mod candidate;
pub mod results;
pub mod room;
pub mod staff;

fn stub(page: &Page, view: &impl std::fmt::Debug) -> String {
    format!("<!DOCTYPE html><title>{}</title><pre>{view:?}</pre>", page.path)
}

/// A page that could not be made.
pub fn error(page: &Page, view: ErrorView) -> String {
    stub(page, &view)
}
