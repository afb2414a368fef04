use crate::view::*;
use super::stub;
pub fn enrol(page: &Page, view: &EnrolView) -> String { stub(page, view) }
pub fn login(page: &Page, view: &LoginView) -> String { stub(page, view) }
pub fn confirm(page: &Page, view: &ConfirmView) -> String { stub(page, view) }
pub fn rules(page: &Page, view: &RulesView) -> String { stub(page, view) }
pub fn waiting(page: &Page, view: &WaitingView) -> String { stub(page, view) }
pub fn exam(page: &Page, view: &ExamView) -> String { stub(page, view) }
pub fn hand_in(page: &Page, view: &HandInView) -> String { stub(page, view) }
pub fn receipt(page: &Page, view: &ReceiptView) -> String { stub(page, view) }
