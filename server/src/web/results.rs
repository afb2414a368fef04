//! The exam office's list of results, as a page and as a table to keep.

use axum::{
    extract::{Path, State},
    response::Response,
};
use kaochang_app::{pages::results as pages, view::Purpose, view::ResultsView};

use super::{Web, reply, visitor::Visitor};
use crate::service::account::Staff;

/// `GET /sessions/{session}/results`
pub async fn results(State(web): State<Web>, visitor: Visitor, who: Staff, Path(session): Path<String>) -> Response {
    match web.centre.results_view(&session).await {
        Ok(view) => reply::page(pages::results(&visitor.staff_page(&who), &view)),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

/// `GET /sessions/{session}/results.csv`: UTF-8 with its mark, as spreadsheets want it.
pub async fn results_csv(State(web): State<Web>, visitor: Visitor, Path(session): Path<String>) -> Response {
    match web.centre.results_view(&session).await {
        Ok(view) => reply::download("results.csv", "text/csv; charset=utf-8", table(&view)),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

fn table(view: &ResultsView) -> String {
    let mut writer = csv::Writer::from_writer(vec![0xef, 0xbb, 0xbf]);
    let counts = if view.session.purpose == Purpose::Exam { "exam" } else { "not counted" };
    let head = ["purpose", "room", "seat", "admission_no", "name", "state", "score", "passed"].map(str::to_owned);
    let head = head.into_iter().chain(view.functions.iter().map(|function| function.zh.clone()));
    writer.write_record(head).expect("memory takes it");
    for row in &view.rows {
        let points = |milli: u32| format!("{}.{:03}", milli / 1_000, milli % 1_000);
        let score = row.score.as_ref();
        let mut record = vec![
            counts.to_owned(),
            row.who.room.to_string(),
            row.who.seat.to_string(),
            plain(&row.who.admission_no),
            plain(&row.who.name),
            format!("{:?}", row.state),
            score.map(|score| points(score.total_milli)).unwrap_or_default(),
            score.map(|score| score.passed.to_string()).unwrap_or_default(),
        ];
        record.extend(view.functions.iter().map(|function| {
            let part = score.and_then(|score| score.by_function.iter().find(|(name, ..)| name == function));
            part.map(|(_, got, _)| points(*got)).unwrap_or_default()
        }));
        writer.write_record(record).expect("memory takes it");
    }
    String::from_utf8(writer.into_inner().expect("memory takes it")).expect("all of it is text")
}

/// A text that no spreadsheet takes for a formula.
fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
