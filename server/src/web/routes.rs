//! Every route with who may use it, in one table. A test asks for each as each role.

use axum::{
    Json,
    extract::{DefaultBodyLimit, FromRequestParts, RawPathParams, Request, State},
    http::{Method, StatusCode, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use kaochang_app::view::{ErrorView, Role};
use serde_json::json;

use super::{
    Web, answer, assets, bank, candidate, draft, health, reply, results, room, session, staff, visitor::Visitor,
};
use crate::store::StoreError;

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// A candidate by the token of their sitting; the service knows whose it is.
    Candidate,
    /// Staff of one of these roles.
    Staff(&'static [Role]),
}

/// A row of the table.
pub struct Route {
    /// As axum writes it.
    pub path: &'static str,
    /// Who may.
    pub access: Access,
    /// The handlers.
    pub methods: MethodRouter<Web>,
    /// Methods, for the test.
    pub verbs: &'static [Method],
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {} {:?}", self.verbs, self.path, self.access)
    }
}

const ANYONE: &[Role] = &[Role::Proctor, Role::Author, Role::Office];
const PROCTOR: &[Role] = &[Role::Proctor];
const ROOM: &[Role] = &[Role::Proctor, Role::Office];
const AUTHOR: &[Role] = &[Role::Author];
const OFFICE: &[Role] = &[Role::Office];

const GET: &[Method] = &[Method::GET];
const POST: &[Method] = &[Method::POST];
const GET_POST: &[Method] = &[Method::GET, Method::POST];

/// The table.
pub fn routes() -> Vec<Route> {
    use Access::{Candidate, Public, Staff};
    let row = |path, verbs, access, methods| Route { path, access, methods, verbs };
    let long = DefaultBodyLimit::max(draft::ROSTER_BYTES_MAX);
    vec![
        row("/health", GET, Public, get(health::get)),
        row("/assets/{name}", GET, Public, get(assets::get)),
        row("/lang", POST, Public, post(candidate::lang)),
        row("/display", POST, Public, post(candidate::display)),
        row("/", GET, Public, get(candidate::login)),
        row("/login", POST, Public, post(candidate::do_login)),
        row("/enrol/{code}", GET_POST, Public, get(candidate::enrol).post(candidate::do_enrol)),
        row("/confirm", GET_POST, Candidate, get(candidate::confirm).post(candidate::do_confirm)),
        row("/rules", GET_POST, Candidate, get(candidate::rules).post(candidate::do_rules)),
        row("/waiting", GET, Candidate, get(candidate::waiting)),
        row("/waiting/state", GET, Candidate, get(candidate::waiting_state)),
        row("/exam", GET, Candidate, get(candidate::exam)),
        row("/exam/answer", POST, Candidate, post(answer::form)),
        row("/exam/changes", POST, Candidate, post(answer::changes)),
        row("/exam/hand-in", GET_POST, Candidate, get(candidate::hand_in).post(candidate::do_hand_in)),
        row("/hand", POST, Candidate, post(candidate::hand)),
        row("/receipt", GET, Candidate, get(candidate::receipt)),
        row("/staff/login", GET_POST, Public, get(staff::login).post(staff::do_login)),
        row("/staff/logout", POST, Staff(ANYONE), post(staff::logout)),
        row("/staff", GET, Staff(ANYONE), get(staff::home)),
        row("/rooms/{room}", GET, Staff(ROOM), get(room::room)),
        row("/rooms/{room}/live", GET, Staff(ROOM), get(room::live)),
        row("/rooms/{room}/record", GET, Staff(ROOM), get(room::record)),
        row("/rooms/{room}/check-in", POST, Staff(PROCTOR), post(room::check_in)),
        row("/rooms/{room}/{act}", POST, Staff(PROCTOR), post(room::act)),
        row("/rooms/{room}/sittings/{sitting}/{act}", POST, Staff(PROCTOR), post(room::sitting_act)),
        row("/bank/{standard}", GET, Staff(AUTHOR), get(bank::coverage)),
        row("/bank/{standard}/coverage.csv", GET, Staff(AUTHOR), get(bank::coverage_csv)),
        row("/bank/{standard}/questions", GET, Staff(AUTHOR), get(bank::questions)),
        row("/bank/questions/{question}", GET, Staff(AUTHOR), get(bank::question)),
        row("/drafts/new", GET_POST, Staff(OFFICE), get(draft::new).post(draft::create).layer(long)),
        row("/drafts/{draft}", GET, Staff(OFFICE), get(draft::draft)),
        row("/drafts/{draft}/{act}", POST, Staff(OFFICE), post(draft::act)),
        row("/sessions/{session}", GET, Staff(OFFICE), get(session::session)),
        row("/sessions/{session}/late", POST, Staff(OFFICE), post(session::late)),
        row("/sessions/{session}/void", POST, Staff(OFFICE), post(session::void)),
        row("/sessions/{session}/evidence.json", GET, Staff(OFFICE), get(session::evidence)),
        row("/sessions/{session}/fairness", GET, Staff(OFFICE), get(session::fairness)),
        row("/sessions/{session}/fairness.csv", GET, Staff(OFFICE), get(session::fairness_csv)),
        row("/sessions/{session}/results", GET, Staff(OFFICE), get(results::results)),
        row("/sessions/{session}/results.csv", GET, Staff(OFFICE), get(results::results_csv)),
    ]
}

/// A session or a room that the address names may lie at rest since the start: it is fetched before anybody looks for it.
async fn recall(web: &Web, parts: &mut Parts) -> Result<(), StoreError> {
    let Ok(named) = RawPathParams::from_request_parts(parts, web).await else { return Ok(()) };
    for (_, id) in named.iter().filter(|(name, _)| ["room", "session"].contains(name)) {
        web.centre.recall(id).await?;
    }
    Ok(())
}

/// A candidate comes whom another server may have served: what it did is looked up first.
pub async fn meet(State(web): State<Web>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(visitor) = Visitor::from_request_parts(&mut parts, &web).await;
    if let Some(token) = &visitor.candidate
        && let Err(refusal) = web.centre.meet(token).await
    {
        let wants_json = parts.uri.path() == "/exam/changes";
        return if wants_json { answer::busy(visitor.page.lang) } else { reply::failed(&visitor, refusal) };
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Lets in the staff whom the table lets in. Who is not signed in is led to the door; a wrong role is refused.
pub async fn gate(State((web, roles)): State<(Web, &'static [Role])>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(visitor) = Visitor::from_request_parts(&mut parts, &web).await;
    let wants_json = parts.uri.path().ends_with("/live");
    let staff = match &visitor.staff {
        Some(token) => web.centre.staff(token).await,
        None => Ok(None),
    };
    match staff {
        Ok(Some(staff)) if roles.contains(&staff.role) => {
            parts.extensions.insert(staff);
            if let Err(error) = recall(&web, &mut parts).await {
                return reply::failed(&visitor, error.into());
            }
            next.run(Request::from_parts(parts, body)).await
        }
        Ok(Some(_)) => reply::error(&visitor, ErrorView::NotAllowed),
        Ok(None) if wants_json => (StatusCode::UNAUTHORIZED, Json(json!({ "go": "/staff/login" }))).into_response(),
        Ok(None) => reply::to("/staff/login"),
        Err(refusal) => reply::failed(&visitor, refusal),
    }
}
