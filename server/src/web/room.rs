//! The proctor's room page and its acts.

use axum::{
    Json,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
};
use kaochang_app::{
    notice::{Code, Notice},
    pages::room as pages,
};
use serde::Deserialize;

use super::{
    Web, reply,
    visitor::{Fields, Visitor},
};
use crate::service::{
    Refusal,
    account::Staff,
    proctor::{Grant, Second},
};

/// What `GET /rooms/{room}` may ask for.
#[derive(Debug, Deserialize)]
pub struct RoomQuery {
    sitting: Option<String>,
}

/// `GET /rooms/{room}`
pub async fn room(
    State(web): State<Web>,
    visitor: Visitor,
    who: Staff,
    Path(id): Path<String>,
    Query(query): Query<RoomQuery>,
) -> Response {
    match web.centre.room_view(&id, query.sitting.as_deref()).await {
        Ok(view) => reply::page(pages::room(&visitor.staff_page(&who), &view)),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

/// `GET /rooms/{room}/live`
pub async fn live(State(web): State<Web>, visitor: Visitor, Path(id): Path<String>) -> Response {
    match web.centre.room_live(&id) {
        Ok(view) => Json(pages::live(&view, visitor.page.lang)).into_response(),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

/// `GET /rooms/{room}/record`
pub async fn record(State(web): State<Web>, visitor: Visitor, who: Staff, Path(id): Path<String>) -> Response {
    match web.centre.record_view(&id).await {
        Ok(view) => reply::page(pages::record(&visitor.staff_page(&who), &view)),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

/// `POST /rooms/{room}/check-in`
pub async fn check_in(State(web): State<Web>, visitor: Visitor, Path(id): Path<String>, fields: Fields) -> Response {
    let second = Second { login: fields.get("account").trim().to_owned(), password: fields.get("password").to_owned() };
    let outcome = match web.throttle.account(&second.login) {
        Ok(()) => web.centre.check_in(&id, &second).await,
        Err(refusal) => Err(refusal),
    };
    reply::done(&visitor, &path(&id), outcome)
}

/// `POST /rooms/{room}/{act}` on the whole room
pub async fn act(
    State(web): State<Web>,
    visitor: Visitor,
    who: Staff,
    Path((id, act)): Path<(String, String)>,
    fields: Fields,
) -> Response {
    let confirmed = fields.get("confirm") == "yes";
    let outcome = match act.as_str() {
        "check-out" => web.centre.check_out(&id, &who, fields.get("account")).await,
        "open" => web.centre.open_room(&id, &who).await,
        "pause" => web.centre.pause_room(&id, &who, fields.get("reason")).await,
        "resume" => web.centre.resume_room(&id, &who).await,
        "gap-grant" | "gap-dismiss" => gap(&web, &id, &act, &who, &fields).await,
        "extend" => extend(&web, &id, None, &who, &fields).await,
        "end" => web.centre.end_room(&id, &who, fields.get("reason"), confirmed).await,
        _ => return reply::not_found(visitor).await,
    };
    reply::done(&visitor, &path(&id), outcome)
}

/// `POST /rooms/{room}/sittings/{sitting}/{act}` on one candidate
pub async fn sitting_act(
    State(web): State<Web>,
    visitor: Visitor,
    who: Staff,
    Path((id, sitting, act)): Path<(String, String, String)>,
    fields: Fields,
) -> Response {
    let centre = &web.centre;
    let confirmed = fields.get("confirm") == "yes";
    let outcome = match act.as_str() {
        "extend" => extend(&web, &id, Some(&sitting), &who, &fields).await,
        "hand-in" => centre.force_hand_in(&id, &sitting, &who, fields.get("reason"), confirmed).await,
        "absent" => centre.record_absent(&id, &sitting, &who).await,
        "move" => match fields.number("seat") {
            Some(seat) => centre.move_seat(&id, &sitting, &who, seat).await,
            None => Err(Code::SeatNotInRoom.into()),
        },
        "release" => centre.release(&id, &sitting, &who).await,
        "lower-hand" => centre.lower_hand(&id, &sitting, &who).await,
        "note" => centre.note(&id, &sitting, &who, fields.get("text")).await,
        _ => return reply::not_found(visitor).await,
    };
    reply::done(&visitor, &format!("{}?sitting={sitting}", path(&id)), outcome)
}

/// What the console proposed, granted or dismissed.
async fn gap(web: &Web, room: &str, act: &str, who: &Staff, fields: &Fields) -> Result<Notice, Refusal> {
    let sitting = Some(fields.get("sitting")).filter(|id| !id.is_empty());
    if act == "gap-dismiss" {
        return web.centre.dismiss_gap(room, sitting, who, fields.get("reason")).await;
    }
    let grant = grant_of(web, fields)?;
    web.centre.grant_gap(room, sitting, who, &grant).await
}

fn path(room: &str) -> String {
    format!("/rooms/{room}")
}

/// A grant; the password of a second proctor is braked like any other.
async fn extend(web: &Web, room: &str, sitting: Option<&str>, who: &Staff, fields: &Fields) -> Result<Notice, Refusal> {
    let grant = grant_of(web, fields)?;
    web.centre.extend(room, sitting, who, &grant).await
}

fn grant_of(web: &Web, fields: &Fields) -> Result<Grant, Refusal> {
    let login = fields.get("second_account").trim().to_owned();
    if !login.is_empty() {
        web.throttle.account(&login)?;
    }
    Ok(Grant {
        minutes: fields.number("minutes").unwrap_or(0),
        reason: fields.get("reason").to_owned(),
        second: Some(Second { login, password: fields.get("second_password").to_owned() }),
    })
}
