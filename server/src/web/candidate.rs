//! The candidate's pages. Each shows itself only when it is the candidate's turn for it, and otherwise leads to the one
//! that is.

use axum::{
    Json,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::CookieJar;
use kaochang_app::{notice::Code, pages::candidate};
use serde::Deserialize;
use serde_json::json;

use super::{
    Web, reply,
    visitor::{Fields, Keeps, Visitor, cookie},
};
use crate::service::{Refusal, sitting::Place};

impl Place {
    fn path(self) -> &'static str {
        match self {
            Self::Confirm => "/confirm",
            Self::Rules => "/rules",
            Self::Waiting => "/waiting",
            Self::Exam | Self::Paused => "/exam",
            Self::Receipt => "/receipt",
        }
    }
}

/// What `GET /exam` may ask for.
#[derive(Debug, Deserialize)]
pub struct ExamQuery {
    q: Option<u32>,
    all: Option<String>,
}

/// `GET /enrol/{code}`
pub async fn enrol(State(web): State<Web>, visitor: Visitor, Path(code): Path<String>) -> Response {
    match web.centre.enrol_view(&code) {
        Ok(view) => reply::page(candidate::enrol(&visitor.page, &view)),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

/// `POST /enrol/{code}`
pub async fn do_enrol(State(web): State<Web>, visitor: Visitor, jar: CookieJar, Path(code): Path<String>) -> Response {
    match web.centre.enrol(&code).await {
        Ok(token) => (jar.add(cookie(&web, Keeps::Seat, Some(token))), reply::to_with("/", &Code::SeatEnrolled.into()))
            .into_response(),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

/// `GET /`
pub async fn login(State(web): State<Web>, visitor: Visitor) -> Response {
    let view = web.centre.login_view(visitor.seat.as_deref());
    reply::page(candidate::login(&visitor.page, &view))
}

/// `POST /login`
pub async fn do_login(State(web): State<Web>, visitor: Visitor, jar: CookieJar, fields: Fields) -> Response {
    let seat = visitor.seat.as_deref();
    let tried = match web.throttle.seat(seat.unwrap_or_default()) {
        Ok(()) => web.centre.log_in(seat, fields.get("admission_no"), fields.get("id_number")).await,
        Err(refusal) => Err(refusal),
    };
    match tried {
        Ok(token) => {
            let place = web.centre.place(&token).map_or("/", Place::path);
            (jar.add(cookie(&web, Keeps::Candidate, Some(token))), reply::to(place)).into_response()
        }
        Err(refusal) => reply::refused(&visitor, "/", refusal),
    }
}

/// `GET /confirm`
pub async fn confirm(State(web): State<Web>, visitor: Visitor) -> Response {
    let view = |token: &str| Ok(candidate::confirm(&visitor.page, &web.centre.confirm_view(token)?));
    show(&web, &visitor, &[Place::Confirm, Place::Rules], view)
}

/// `POST /confirm`
pub async fn do_confirm(State(web): State<Web>, visitor: Visitor, fields: Fields) -> Response {
    let Some(token) = &visitor.candidate else { return reply::to("/") };
    match fields.get("answer") {
        "right" => next(&web, &visitor, "/confirm", web.centre.confirm(token, true).await),
        "wrong" => match web.centre.confirm(token, false).await {
            Ok(()) => reply::to_with("/confirm", &Code::HandRaised.into()),
            Err(refusal) => reply::refused(&visitor, "/confirm", refusal),
        },
        _ => reply::to_with("/confirm", &Code::FormInvalid.into()),
    }
}

/// `GET /rules`
pub async fn rules(State(web): State<Web>, visitor: Visitor) -> Response {
    let view = |token: &str| Ok(candidate::rules(&visitor.page, &web.centre.rules_view(token)?));
    show(&web, &visitor, &[Place::Rules, Place::Waiting], view)
}

/// `POST /rules`
pub async fn do_rules(State(web): State<Web>, visitor: Visitor, fields: Fields) -> Response {
    let Some(token) = &visitor.candidate else { return reply::to("/") };
    if fields.get("accept") != "yes" {
        return reply::to_with("/rules", &Code::ConfirmMissing.into());
    }
    next(&web, &visitor, "/rules", web.centre.accept_rules(token).await)
}

/// `GET /waiting`
pub async fn waiting(State(web): State<Web>, visitor: Visitor) -> Response {
    let view = |token: &str| Ok(candidate::waiting(&visitor.page, &web.centre.waiting_view(token)?));
    show(&web, &visitor, &[Place::Waiting], view)
}

/// `GET /waiting/state`: where to go, for the page that turns by itself.
pub async fn waiting_state(State(web): State<Web>, visitor: Visitor) -> Response {
    let place = visitor.candidate.as_deref().map(|token| web.centre.place(token));
    let go = match place {
        Some(Ok(Place::Waiting)) => None,
        Some(Ok(place)) => Some(place.path()),
        Some(Err(_)) | None => Some("/"),
    };
    Json(json!({ "go": go })).into_response()
}

/// `GET /exam`
pub async fn exam(State(web): State<Web>, visitor: Visitor, Query(query): Query<ExamQuery>) -> Response {
    let all = query.all.is_some();
    let view = |token: &str| match web.centre.place(token)? {
        Place::Paused => Ok(candidate::paused(&visitor.page, &web.centre.paused_view(token)?)),
        _ => Ok(candidate::exam(&visitor.page, &web.centre.exam_view(token, query.q, all, visitor.page.lang)?)),
    };
    show(&web, &visitor, &[Place::Exam, Place::Paused], view)
}

/// `POST /hand`
pub async fn hand(State(web): State<Web>, visitor: Visitor, fields: Fields) -> Response {
    let Some(token) = &visitor.candidate else { return reply::to("/") };
    let raised = web.centre.raise_hand(token).await.map(|()| Code::HandRaised.into());
    reply::done(&visitor, fields.back(), raised)
}

/// `GET /exam/hand-in`
pub async fn hand_in(State(web): State<Web>, visitor: Visitor) -> Response {
    let view = |token: &str| Ok(candidate::hand_in(&visitor.page, &web.centre.hand_in_view(token)?));
    show(&web, &visitor, &[Place::Exam], view)
}

/// `POST /exam/hand-in`
pub async fn do_hand_in(State(web): State<Web>, visitor: Visitor, fields: Fields) -> Response {
    let Some(token) = &visitor.candidate else { return reply::to("/") };
    let Some(epoch) = fields.number("epoch") else { return reply::to_with("/exam/hand-in", &Code::FormInvalid.into()) };
    if fields.get("confirm") != "yes" {
        return reply::to_with("/exam/hand-in", &Code::ConfirmMissing.into());
    }
    next(&web, &visitor, "/exam/hand-in", web.centre.hand_in(token, epoch).await)
}

/// `GET /receipt`
pub async fn receipt(State(web): State<Web>, visitor: Visitor) -> Response {
    let Some(token) = &visitor.candidate else { return reply::to("/") };
    match web.centre.place(token) {
        Ok(Place::Receipt) => match web.centre.receipt_view(token).await {
            Ok(view) => reply::page(candidate::receipt(&visitor.page, &view)),
            Err(refusal) => reply::failed(&visitor, refusal),
        },
        Ok(place) => reply::to(place.path()),
        Err(refusal) => elsewhere(&visitor, refusal),
    }
}

/// `POST /lang`
pub async fn lang(State(web): State<Web>, jar: CookieJar, fields: Fields) -> Response {
    let lang = if fields.get("lang") == "en" { "en" } else { "zh" };
    (jar.add(cookie(&web, Keeps::Lang, Some(lang.to_owned()))), reply::to(fields.back())).into_response()
}

/// `POST /display`
pub async fn display(State(web): State<Web>, mut jar: CookieJar, fields: Fields) -> Response {
    for (keeps, field) in [(Keeps::TextSize, "text_size"), (Keeps::Theme, "theme")] {
        let value: String = fields.get(field).chars().filter(char::is_ascii_lowercase).take(16).collect();
        if !value.is_empty() {
            jar = jar.add(cookie(&web, keeps, Some(value)));
        }
    }
    (jar, reply::to(fields.back())).into_response()
}

/// Shows a page if it is the candidate's turn for it, and leads to the right one otherwise.
fn show(web: &Web, visitor: &Visitor, turns: &[Place], view: impl FnOnce(&str) -> Result<String, Refusal>) -> Response {
    let Some(token) = &visitor.candidate else { return reply::to("/") };
    match web.centre.place(token) {
        Ok(place) if turns.contains(&place) => match view(token) {
            Ok(html) => reply::page(html),
            Err(refusal) => elsewhere(visitor, refusal),
        },
        Ok(place) => reply::to(place.path()),
        Err(refusal) => elsewhere(visitor, refusal),
    }
}

/// After an act: on to where the candidate belongs now.
fn next(web: &Web, visitor: &Visitor, back: &str, outcome: Result<(), Refusal>) -> Response {
    match outcome {
        Ok(()) => reply::to(
            visitor.candidate.as_deref().and_then(|token| web.centre.place(token).ok()).map_or("/", Place::path),
        ),
        Err(Refusal::Notice(notice)) if notice.code == Code::EpochStale => reply::to_with("/", &notice),
        Err(refusal) => reply::refused(visitor, back, refusal),
    }
}

fn elsewhere(visitor: &Visitor, refusal: Refusal) -> Response {
    reply::refused(visitor, "/", refusal)
}
