use crate::view::*;
use super::stub;
pub fn coverage(page: &Page, view: &CoverageView) -> String { stub(page, view) }
pub fn questions(page: &Page, view: &QuestionListView) -> String { stub(page, view) }
pub fn question(page: &Page, view: &QuestionView) -> String { stub(page, view) }
