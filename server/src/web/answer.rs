//! Saving answers: JSON from the page with scripts, a form from the page without.

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kaochang_app::{
    i18n,
    notice::{Code, Notice},
    view::Lang,
    wire::{SaveRefusal, SaveRefusalCode, SaveRequest},
};

use super::{
    Web, reply,
    visitor::{Fields, Visitor},
};
use crate::service::answer::FormAnswer;

/// `POST /exam/changes`
pub async fn changes(
    State(web): State<Web>,
    visitor: Visitor,
    body: Result<Json<SaveRequest>, JsonRejection>,
) -> Response {
    let refuse = |code| refusal(code, visitor.page.lang);
    let Some(token) = &visitor.candidate else { return refuse(SaveRefusalCode::SignedOut) };
    match body {
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let mut response = refuse(SaveRefusalCode::Invalid);
            *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            response
        }
        Err(_) => refuse(SaveRefusalCode::Invalid),
        Ok(Json(request)) => match web.centre.save(token, request).await {
            Ok(reply) => Json(reply).into_response(),
            Err(code) => refuse(code),
        },
    }
}

/// The database can't take it now; the page sends it again.
pub fn busy(lang: Lang) -> Response {
    refusal(SaveRefusalCode::Busy, lang)
}

fn refusal(code: SaveRefusalCode, lang: Lang) -> Response {
    let status = match code {
        SaveRefusalCode::SignedOut => StatusCode::UNAUTHORIZED,
        SaveRefusalCode::Epoch => StatusCode::CONFLICT,
        SaveRefusalCode::Closed => StatusCode::GONE,
        SaveRefusalCode::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        SaveRefusalCode::Busy => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, Json(SaveRefusal { code, message: i18n::save_refusal(code, lang) })).into_response()
}

/// `POST /exam/answer`
pub async fn form(State(web): State<Web>, visitor: Visitor, fields: Fields) -> Response {
    let Some(token) = &visitor.candidate else { return reply::to("/") };
    let position: u32 = fields.number("position").unwrap_or(0);
    let (Some(epoch), Some(revision)) = (fields.number("epoch"), fields.number("revision")) else {
        return reply::to_with(&here(position, &fields), &Code::FormInvalid.into());
    };
    let cleared = fields.get("go") == "clear";
    let mut letters: Vec<&str> = if cleared { Vec::new() } else { fields.all("choice").collect() };
    letters.sort_unstable();
    let form = FormAnswer {
        epoch,
        position,
        revision,
        response: letters.concat(),
        flagged: !fields.get("flagged").is_empty(),
    };
    match web.centre.save_form(token, &form).await {
        Ok(at) => reply::to_with(&next(position, &fields), &Notice::with(Code::Saved, at)),
        Err(refusal) => reply::refused(&visitor, &here(position, &fields), refusal),
    }
}

fn here(position: u32, fields: &Fields) -> String {
    if fields.get("all").is_empty() {
        format!("/exam?q={position}")
    } else {
        format!("/exam?q={position}&all=1#q-{position}")
    }
}

/// Where the button leads. Past the last question the page itself shows the first.
fn next(position: u32, fields: &Fields) -> String {
    let to = match fields.get("go") {
        "prev" => position.saturating_sub(1).max(1),
        "next" => position.saturating_add(1),
        _ => position,
    };
    match fields.get("go") {
        "sheet" => "/exam/hand-in".to_owned(),
        _ => here(to, fields),
    }
}
