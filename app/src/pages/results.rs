use crate::view::*;
use super::stub;
pub fn results(page: &Page, view: &ResultsView) -> String { stub(page, view) }
