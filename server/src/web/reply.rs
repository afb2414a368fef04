//! Answers: a page, a redirect with a notice, an error page.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use kaochang_app::{
    notice::{Code, Notice},
    pages,
    view::{ErrorView, Page},
};

use super::visitor::Visitor;
use crate::{service::Refusal, store::StoreError};

/// A page.
pub fn page(html: String) -> Response {
    Html(html).into_response()
}

/// Every POST redirects to a GET.
pub fn to(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// To a page that shows a notice.
pub fn to_with(path: &str, notice: &Notice) -> Response {
    let (path, fragment) =
        path.split_once('#').map_or((path, String::new()), |(path, fragment)| (path, format!("#{fragment}")));
    let joint = if path.contains('?') { '&' } else { '?' };
    to(&format!("{path}{joint}notice={notice}{fragment}"))
}

/// What an act answered: its notice, on the page it came from.
pub fn done(visitor: &Visitor, back: &str, outcome: Result<Notice, Refusal>) -> Response {
    match outcome {
        Ok(notice) => to_with(back, &notice),
        Err(refusal) => refused(visitor, back, refusal),
    }
}

/// A refusal, on the page it came from; what no page can say is an error page.
pub fn refused(visitor: &Visitor, back: &str, refusal: Refusal) -> Response {
    match refusal {
        Refusal::Notice(notice) if notice.code == Code::NotAllowed => error(visitor, ErrorView::NotAllowed),
        Refusal::Notice(notice) => to_with(back, &notice),
        Refusal::SignedOut => to("/"),
        Refusal::NotFound => error(visitor, ErrorView::NotFound),
        Refusal::Store(StoreError::Busy(_)) => to_with(back, &Code::StoreBusy.into()),
        Refusal::Store(StoreError::Full) => to_with(back, &Code::StoreFull.into()),
        Refusal::Store(store) => {
            tracing::error!(error = %store, "a request failed: {store}");
            error(visitor, ErrorView::Internal)
        }
    }
}

/// A page that could not be made. A notice has no page to stand on here, so it goes to the start.
pub fn failed(visitor: &Visitor, refusal: Refusal) -> Response {
    match refusal {
        Refusal::Store(StoreError::Busy(_) | StoreError::Full) => error(visitor, ErrorView::Busy),
        refusal => refused(visitor, "/", refusal),
    }
}

/// An error page.
pub fn error(visitor: &Visitor, view: ErrorView) -> Response {
    let status = match view {
        ErrorView::NotFound => StatusCode::NOT_FOUND,
        ErrorView::NotAllowed => StatusCode::FORBIDDEN,
        ErrorView::BadRequest => StatusCode::BAD_REQUEST,
        ErrorView::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorView::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        ErrorView::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Html(pages::error(&visitor.page, view))).into_response()
}

/// No such page.
pub async fn not_found(visitor: Visitor) -> Response {
    error(&visitor, ErrorView::NotFound)
}

/// Something of ours panicked; the person is told so, and nothing more.
pub fn internal() -> axum::http::Response<axum::body::Body> {
    tracing::error!("a handler panicked");
    (StatusCode::INTERNAL_SERVER_ERROR, Html(pages::error(&Page::default(), ErrorView::Internal))).into_response()
}

/// A file to be kept.
pub fn download(name: &str, media: &'static str, body: String) -> Response {
    let mut response = ([(header::CONTENT_TYPE, media)], body).into_response();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
