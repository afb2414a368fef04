//! A browser without a screen: cookies, forms, redirects.

use std::{collections::BTreeMap, fmt::Write as _};

use axum::{
    Router,
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use tower::ServiceExt;

/// Where the site thinks it is.
const HOST: &str = "exam.test";

/// One browser.
#[derive(Clone, Debug)]
pub struct Browser {
    router: Router,
    /// By name.
    pub cookies: BTreeMap<String, String>,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Of HTTP.
    pub status: StatusCode,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// As text.
    pub body: String,
    /// Every header, for the tests of headers.
    pub headers: header::HeaderMap,
}

impl Browser {
    /// Without a cookie.
    pub fn new(router: Router) -> Self {
        Self { router, cookies: BTreeMap::new() }
    }

    /// The same cookies at a server that was started anew.
    pub fn at(&self, router: Router) -> Self {
        Self { router, cookies: self.cookies.clone() }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path), Body::empty()).await
    }

    /// Sends a form.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        let body = body.collect::<Vec<_>>().join("&");
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request, Body::from(body)).await
    }

    /// Sends JSON, or whatever claims to be it.
    pub async fn post_json(&mut self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(Request::post(path).header(header::CONTENT_TYPE, "application/json"), body.into()).await
    }

    /// Sends a request of any method without a body.
    pub async fn ask(&mut self, method: &Method, path: &str) -> Answer {
        if *method == Method::POST { self.post(path, &[]).await } else { self.get(path).await }
    }

    /// Sends a request as a page of this site does; the caller may have set another origin.
    pub async fn send(&mut self, request: axum::http::request::Builder, body: Body) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let foreign = request.headers_ref().is_some_and(|headers| headers.contains_key(header::ORIGIN));
        let mut request = request.header(header::HOST, HOST);
        if !foreign {
            request = request.header(header::ORIGIN, format!("http://{HOST}"));
        }
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let request = request.body(body).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("the router answers every request");
        let (parts, body) = response.into_parts();
        for set in parts.headers.get_all(header::SET_COOKIE) {
            self.keep(set.to_str().expect("cookies are plain text"));
        }
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        let location = parts.headers.get(header::LOCATION).map(|value| value.to_str().expect("plain text").to_owned());
        Answer {
            status: parts.status,
            location,
            body: String::from_utf8_lossy(&bytes).into_owned(),
            headers: parts.headers,
        }
    }

    fn keep(&mut self, set: &str) {
        let (name, value) = set.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
        if set.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Answer {
    /// The path of a redirect, without its query.
    pub fn to(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "no redirect: {}", self.body);
        let location = self.location.as_deref().unwrap_or_default();
        location.split(['?', '#']).next().unwrap_or_default()
    }

    /// The notice that a redirect carries: `code` or `code~argument`.
    pub fn notice(&self) -> &str {
        let query = self.location.as_deref().unwrap_or_default().split('#').next().unwrap_or_default();
        let query = query.split_once('?').map_or("", |(_, query)| query);
        query.split('&').find_map(|pair| pair.strip_prefix("notice=")).unwrap_or_default()
    }

    /// The code of that notice.
    pub fn code(&self) -> &str {
        self.notice().split('~').next().unwrap_or_default()
    }

    /// The body as JSON.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.body))
    }

    /// The value of a form's field.
    pub fn field(&self, name: &str) -> String {
        let marked = format!("name=\"{name}\"");
        let at = self.body.find(&marked).unwrap_or_else(|| panic!("no field {name} on the page: {}", self.body));
        let start = self.body[..at].rfind('<').expect("a tag begins");
        let tag = self.body[start..].split('>').next().unwrap_or_default();
        let value = tag.split_once("value=\"").unwrap_or_else(|| panic!("{tag} has no value")).1;
        value.split('"').next().unwrap_or_default().to_owned()
    }
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("text");
        }
        out
    })
}
