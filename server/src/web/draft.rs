//! The office's pages of a session in preparation.

use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kaochang_app::{
    notice::{Code, Notice},
    pages::draft as pages,
    view::TypedDraft,
};

use super::{
    Web, reply,
    visitor::{Fields, Visitor},
};
use crate::service::{
    Refusal,
    account::Staff,
    draft::{DraftError, Gift},
};

/// A form with a roster at most, bytes: some ten thousand candidates as a browser encodes them.
pub const ROSTER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// `GET /drafts/new`
pub async fn new(State(web): State<Web>, visitor: Visitor, who: Staff) -> Response {
    reply::page(pages::new(&visitor.staff_page(&who), &web.centre.new_draft_view(None, Vec::new())))
}

/// `POST /drafts/new`: what is wrong is told with what was typed, so that nothing is typed twice.
pub async fn create(State(web): State<Web>, visitor: Visitor, who: Staff, fields: Fields) -> Response {
    let typed = TypedDraft { plan: lines(fields.get("plan")), roster: lines(fields.get("roster")) };
    match web.centre.create_draft(&typed.plan, &typed.roster, &who).await {
        Ok(id) => reply::to_with(&path(&id), &Code::DraftCreated.into()),
        Err(DraftError::Problems(problems)) => {
            let view = web.centre.new_draft_view(Some(typed), problems);
            let page = reply::page(pages::new(&visitor.staff_page(&who), &view));
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
        Err(DraftError::Store(error)) => reply::refused(&visitor, "/drafts/new", Refusal::Store(error)),
    }
}

/// `GET /drafts/{draft}`
pub async fn draft(State(web): State<Web>, visitor: Visitor, who: Staff, Path(id): Path<String>) -> Response {
    match web.centre.draft_view(&id, &who).await {
        Ok(view) => reply::page(pages::draft(&visitor.staff_page(&who), &view)),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}

/// `POST /drafts/{draft}/{act}`
pub async fn act(
    State(web): State<Web>,
    visitor: Visitor,
    who: Staff,
    Path((id, act)): Path<(String, String)>,
    fields: Fields,
) -> Response {
    let centre = &web.centre;
    let outcome = match act.as_str() {
        "contribute" => match gift(&fields) {
            Some(gift) => centre.contribute(&id, &who, &gift).await,
            None => Err(Code::FormInvalid.into()),
        },
        "draw" => centre.begin_draw(&id, &who).await,
        "delete" => match centre.delete_draft(&id, &who, fields.get("confirm") == "yes").await {
            Ok(notice) => return reply::to_with("/staff", &notice),
            Err(refusal) => Err::<Notice, _>(refusal),
        },
        _ => return reply::not_found(visitor).await,
    };
    reply::done(&visitor, &path(&id), outcome)
}

fn gift(fields: &Fields) -> Option<Gift> {
    match fields.get("by") {
        "own" => Some(Gift::Own(fields.get("contribution").to_owned())),
        "system" => Some(Gift::System),
        "system_both" => Some(Gift::Rest),
        _ => None,
    }
}

/// A text area's lines end as forms send them; ours end in a line feed.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn path(draft: &str) -> String {
    format!("/drafts/{draft}")
}
