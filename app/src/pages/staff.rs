use crate::view::*;
use super::stub;
pub fn home(page: &Page, view: &StaffHomeView) -> String { stub(page, view) }
pub fn login(page: &Page) -> String { stub(page, &()) }
