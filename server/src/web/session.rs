//! The office's page of a session, candidates who are added late, the evidence and the fairness sheet.

use axum::{
    extract::{Path, State},
    response::Response,
};
use kaochang_app::pages::session as pages;

use super::{
    Web, reply,
    visitor::{Fields, Visitor},
};
use crate::service::{
    account::Staff,
    plan::Entry,
    proctor::Second,
    void::{Voiding, Which},
};

/// `GET /sessions/{session}`
pub async fn session(State(web): State<Web>, visitor: Visitor, who: Staff, Path(id): Path<String>) -> Response {
    match web.centre.session_view(&id).await {
        Ok(view) => reply::page(pages::session(&visitor.staff_page(&who), &view)),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

/// `POST /sessions/{session}/late`
pub async fn late(
    State(web): State<Web>,
    visitor: Visitor,
    who: Staff,
    Path(id): Path<String>,
    fields: Fields,
) -> Response {
    let text = |name: &str| fields.get(name).trim().to_owned();
    let entry = Entry {
        admission_no: text("admission_no"),
        name: text("name"),
        id_number: text("id_number"),
        room: fields.number("room").unwrap_or(0),
        seat: fields.number("seat").unwrap_or(0),
        extra_minutes: None,
        extra_reason: None,
        seen_in: None,
    };
    reply::done(&visitor, &path(&id), web.centre.add_late(&id, &who, &entry).await)
}

/// `POST /sessions/{session}/void`; the password of the second person is braked like any other.
pub async fn void(
    State(web): State<Web>,
    visitor: Visitor,
    who: Staff,
    Path(id): Path<String>,
    fields: Fields,
) -> Response {
    let text = |name: &str| fields.get(name).trim().to_owned();
    let second = Second { login: text("second_account"), password: fields.get("second_password").to_owned() };
    let which = match (text("question"), fields.number("position")) {
        (id, _) if !id.is_empty() => Which::Id(id),
        (_, position) => Which::At { admission_no: text("admission_no"), position: position.unwrap_or(0) },
    };
    let (reason, confirmed) = (text("reason"), fields.get("confirm") == "yes");
    let braked = if second.login.is_empty() { Ok(()) } else { web.throttle.account(&second.login) };
    let outcome = match braked {
        Ok(()) => web.centre.void_question(&id, &who, &Voiding { which, reason, second, confirmed }).await,
        Err(refusal) => Err(refusal),
    };
    reply::done(&visitor, &path(&id), outcome)
}

/// `GET /sessions/{session}/evidence.json`
pub async fn evidence(State(web): State<Web>, visitor: Visitor, Path(id): Path<String>) -> Response {
    match web.centre.evidence(&id).await {
        Ok(text) => reply::download(&format!("evidence-{id}.json"), "application/json", text),
        Err(refusal) => reply::refused(&visitor, &path(&id), refusal),
    }
}

/// `GET /sessions/{session}/fairness`
pub async fn fairness(State(web): State<Web>, visitor: Visitor, who: Staff, Path(id): Path<String>) -> Response {
    match web.centre.fairness_view(&id).await {
        Ok(view) => reply::page(pages::fairness(&visitor.staff_page(&who), &view)),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

/// `GET /sessions/{session}/fairness.csv`: UTF-8 with its mark, as spreadsheets want it.
pub async fn fairness_csv(State(web): State<Web>, visitor: Visitor, Path(id): Path<String>) -> Response {
    match web.centre.fairness_csv(&id).await {
        Ok(text) => reply::download("fairness.csv", "text/csv; charset=utf-8", format!("\u{feff}{text}")),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

fn path(session: &str) -> String {
    format!("/sessions/{session}")
}
