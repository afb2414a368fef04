//! Whoever made a request: their cookies, and how they want pages to look.

use axum::{
    extract::{FromRequest, FromRequestParts, Request, rejection::FormRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::{Cookie, Expiration, SameSite};
use kaochang_app::{
    notice::Notice,
    view::{ErrorView, Lang, Page, StaffHead, TextSize, Theme},
};

use super::{Web, assets, reply};
use crate::service::account::Staff;

/// Days that a machine stays a seat, or a choice of language stands.
const LONG_DAYS: i64 = 30;

/// What a cookie is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// A candidate's login.
    Candidate,
    /// A machine's seat.
    Seat,
    /// A sign-in of the staff.
    Staff,
    /// Language.
    Lang,
    /// Text size.
    TextSize,
    /// Theme.
    Theme,
}

impl Keeps {
    fn name(self, secure: bool) -> &'static str {
        let name = match self {
            Self::Candidate => "__Host-candidate",
            Self::Seat => "__Host-seat",
            Self::Staff => "__Host-staff",
            Self::Lang => "__Host-lang",
            Self::TextSize => "__Host-size",
            Self::Theme => "__Host-theme",
        };
        if secure { name } else { name.trim_start_matches("__Host-") }
    }
}

/// Whoever made a request.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// What their page has around its content.
    pub page: Page,
    /// Token of a candidate.
    pub candidate: Option<String>,
    /// Token of a machine.
    pub seat: Option<String>,
    /// Token of a member of the staff.
    pub staff: Option<String>,
}

impl Visitor {
    /// The page of somebody of the staff.
    pub fn staff_page(&self, staff: &Staff) -> Page {
        Page { staff: Some(StaffHead { name: staff.name.clone(), role: staff.role }), ..self.page.clone() }
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web) -> Result<Self, Self::Rejection> {
        let cookie = |keeps: Keeps| cookie_value(&parts.headers, keeps.name(web.secure));
        let query = parts.uri.query().map(serde_urlencoded).unwrap_or_default();
        let notice = query.iter().find(|(name, _)| name == "notice").and_then(|(_, value)| Notice::parse(value));
        let page = Page {
            lang: if cookie(Keeps::Lang) == Some("en") { Lang::En } else { Lang::Zh },
            text_size: match cookie(Keeps::TextSize) {
                Some("large") => TextSize::Large,
                Some("larger") => TextSize::Larger,
                _ => TextSize::Normal,
            },
            theme: match cookie(Keeps::Theme) {
                Some("cream") => Theme::Cream,
                Some("contrast") => Theme::Contrast,
                _ => Theme::Light,
            },
            path: without_notice(parts.uri.path(), &query),
            notice,
            assets: assets::version().to_owned(),
            client: assets::has_client(),
            staff: None,
        };
        let token = |keeps| cookie(keeps).map(str::to_owned);
        if let Some(candidate) = cookie(Keeps::Candidate)
            && let Err(error) = web.centre.find_login(candidate).await
        {
            // Who is not found is asked to log in; the page keeps what it could not send.
            tracing::error!(%error, "whose token it is could not be looked up");
        }
        Ok(Self { page, candidate: token(Keeps::Candidate), seat: token(Keeps::Seat), staff: token(Keeps::Staff) })
    }
}

impl FromRequestParts<Web> for Staff {
    type Rejection = Response;

    /// Set by the gate; a route without a gate has no staff, and that is a defect of the table.
    async fn from_request_parts(parts: &mut Parts, _: &Web) -> Result<Self, Response> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| StatusCode::INTERNAL_SERVER_ERROR.into_response())
    }
}

/// The value of a cookie as it was set. Ours are tokens and codes, which need no encoding.
fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(its, _)| *its == name).map(|(_, value)| value)
}

/// A cookie to set; `None` removes it.
pub fn cookie(web: &Web, keeps: Keeps, value: Option<String>) -> Cookie<'static> {
    let mut cookie = Cookie::new(keeps.name(web.secure), value.clone().unwrap_or_default());
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_secure(web.secure);
    cookie.set_same_site(SameSite::Lax);
    match (keeps, value) {
        (_, None) => cookie.make_removal(),
        (Keeps::Candidate | Keeps::Staff, Some(_)) => cookie.set_expires(Expiration::Session),
        (_, Some(_)) => cookie.set_max_age(Some(time::Duration::days(LONG_DAYS))),
    }
    cookie
}

/// The fields of a form, in order; a name may occur several times.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first value of a name, or nothing.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(its, _)| its == name).map_or("", |(_, value)| value)
    }

    /// Every value of a name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(its, _)| its == name).map(|(_, value)| value.as_str())
    }

    /// A number, if it is one.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).trim().parse().ok()
    }

    /// A path of ours to go back to; never another site.
    pub fn back(&self) -> &str {
        let back = self.get("back");
        // Browsers leave tabs and line ends out before they read an address, and take a backslash for a slash.
        let strange = |c: char| c == '\\' || c.is_control();
        let ours = back.starts_with('/') && !back.starts_with("//") && !back.contains(strange);
        if ours { back } else { "/" }
    }
}

impl FromRequest<Web> for Fields {
    type Rejection = Response;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(visitor) = <Visitor as FromRequestParts<Web>>::from_request_parts(&mut parts, web).await;
        match axum::Form::<Vec<(String, String)>>::from_request(Request::from_parts(parts, body), web).await {
            Ok(axum::Form(fields)) => Ok(Self(fields)),
            Err(FormRejection::BytesRejection(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                Err(reply::error(&visitor, ErrorView::TooLarge))
            }
            Err(_) => Err(reply::error(&visitor, ErrorView::BadRequest)),
        }
    }
}

fn serde_urlencoded(query: &str) -> Vec<(String, String)> {
    let uri = format!("/?{query}").parse().unwrap_or_default();
    axum::extract::Query::try_from_uri(&uri).map(|axum::extract::Query(pairs)| pairs).unwrap_or_default()
}

fn without_notice(path: &str, query: &[(String, String)]) -> String {
    // Values of our own queries are ids, numbers and kinds; whatever else somebody typed is left out.
    let plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let kept = query.iter().filter(|(name, value)| name != "notice" && plain(name) && plain(value));
    let kept: Vec<String> = kept.map(|(name, value)| format!("{name}={value}")).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}
