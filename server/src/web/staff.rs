//! Signing in and out, and the staff's home.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::CookieJar;
use kaochang_app::{notice::Code, pages::staff, view::Role};

use super::{
    Web, reply,
    visitor::{Fields, Keeps, Visitor, cookie},
};
use crate::service::account::Staff;

/// `GET /staff/login`
pub async fn login(visitor: Visitor) -> Response {
    reply::page(staff::login(&visitor.page))
}

/// `POST /staff/login`
pub async fn do_login(State(web): State<Web>, visitor: Visitor, jar: CookieJar, fields: Fields) -> Response {
    let login = fields.get("account").trim();
    let tried = match web.throttle.account(login) {
        Ok(()) => web.centre.sign_in(login, fields.get("password")).await,
        Err(refusal) => Err(refusal),
    };
    match tried {
        Ok(token) => (jar.add(cookie(&web, Keeps::Staff, Some(token))), reply::to("/staff")).into_response(),
        Err(refusal) => reply::refused(&visitor, "/staff/login", refusal),
    }
}

/// `POST /staff/logout`
pub async fn logout(State(web): State<Web>, visitor: Visitor, jar: CookieJar) -> Response {
    if let Some(token) = &visitor.staff
        && let Err(refusal) = web.centre.sign_out(token).await
    {
        return reply::refused(&visitor, "/staff", refusal);
    }
    (jar.add(cookie(&web, Keeps::Staff, None)), reply::to_with("/staff/login", &Code::SignedOut.into())).into_response()
}

/// `GET /staff`
pub async fn home(State(web): State<Web>, visitor: Visitor, who: Staff) -> Response {
    let mut view = web.centre.home_view();
    if who.role == Role::Office {
        match web.centre.draft_rows().await {
            Ok(drafts) => view.drafts = drafts,
            Err(refusal) => return reply::failed(&visitor, refusal),
        }
    }
    reply::page(staff::home(&visitor.staff_page(&who), &view))
}
