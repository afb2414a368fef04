//! The author's pages: coverage, questions of a cell, one question.

use axum::{
    extract::{Path, Query, State},
    response::Response,
};
use kaochang_app::pages::bank as pages;
use serde::Deserialize;

use super::{Web, reply, visitor::Visitor};
use crate::service::account::Staff;

/// Which cell of the grid.
#[derive(Debug, Deserialize)]
pub struct Cell {
    #[serde(default)]
    level: String,
    #[serde(default)]
    function: String,
    #[serde(default)]
    kind: String,
}

/// `GET /bank/{standard}`
pub async fn coverage(State(web): State<Web>, visitor: Visitor, who: Staff, Path(standard): Path<String>) -> Response {
    match web.centre.coverage_view(&standard).await {
        Ok(view) => reply::page(pages::coverage(&visitor.staff_page(&who), &view)),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

/// `GET /bank/{standard}/coverage.csv`: UTF-8 with its mark, as spreadsheets want it.
pub async fn coverage_csv(State(web): State<Web>, visitor: Visitor, Path(standard): Path<String>) -> Response {
    match web.centre.coverage_csv(&standard).await {
        Ok(text) => reply::download("coverage.csv", "text/csv; charset=utf-8", format!("\u{feff}{text}")),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

/// `GET /bank/{standard}/questions`
pub async fn questions(
    State(web): State<Web>,
    visitor: Visitor,
    who: Staff,
    Path(standard): Path<String>,
    Query(cell): Query<Cell>,
) -> Response {
    match web.centre.questions_view(&standard, &cell.level, &cell.function, cell.kind.parse().ok()).await {
        Ok(view) => reply::page(pages::questions(&visitor.staff_page(&who), &view)),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

/// `GET /bank/questions/{question}`
pub async fn question(State(web): State<Web>, visitor: Visitor, who: Staff, Path(question): Path<String>) -> Response {
    match web.centre.question_view(&question).await {
        Ok(view) => reply::page(pages::question(&visitor.staff_page(&who), &view)),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}
