use crate::view::*;
use super::stub;
pub fn room(page: &Page, view: &RoomView) -> String { stub(page, view) }
pub fn record(page: &Page, view: &RecordView) -> String { stub(page, view) }
pub fn live(view: &RoomView, _lang: Lang) -> crate::wire::RoomWire { crate::wire::RoomWire { clock_text: view.clock_text.clone(), counts: vec![], proctors_text: String::new(), proctors_enough: true, needs: vec![], tiles: vec![], shape: view.shape.clone() } }
