//! The browser, in the few calls that the islands need. Only called from effects and handlers, which never run on the server.

use std::time::Duration;

use js_sys::{Array, Math};
use leptos::prelude::{set_timeout, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortController, Headers, HtmlElement, RequestCredentials, RequestInit, RequestRedirect, Response, Storage,
};

/// What came back: status and text. A redirect that was not followed has status 0 and no text.
pub struct Reply {
    pub status: u16,
    pub text: String,
    pub url: String,
}

const FORM: &str = "application/x-www-form-urlencoded";

pub async fn get(url: &str, timeout_ms: u32) -> Option<Reply> {
    request("GET", url, None, "", timeout_ms).await
}

pub async fn post_json(url: &str, body: &str, timeout_ms: u32) -> Option<Reply> {
    request("POST", url, Some(body), "application/json", timeout_ms).await
}

pub async fn post_form(url: &str, body: &str, timeout_ms: u32) -> Option<Reply> {
    request("POST", url, Some(body), FORM, timeout_ms).await
}

/// `None`: no answer in time, or none at all.
async fn request(method: &str, url: &str, body: Option<&str>, content_type: &str, timeout_ms: u32) -> Option<Reply> {
    let abort = AbortController::new().ok()?;
    let options = RequestInit::new();
    options.set_method(method);
    options.set_credentials(RequestCredentials::SameOrigin);
    options.set_signal(Some(&abort.signal()));
    if let Some(body) = body {
        let headers = Headers::new().ok()?;
        headers.set("Content-Type", content_type).ok()?;
        options.set_headers(&headers);
        options.set_body(&JsValue::from_str(body));
        options.set_redirect(RequestRedirect::Manual);
    }
    after(timeout_ms, move || abort.abort());
    let response: Response =
        JsFuture::from(window().fetch_with_str_and_init(url, &options)).await.ok()?.unchecked_into();
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string().unwrap_or_default();
    Some(Reply { status: response.status(), text, url: response.url() })
}

pub fn after(ms: u32, act: impl FnOnce() + 'static) {
    set_timeout(act, Duration::from_millis(u64::from(ms)));
}

/// Milliseconds since the page was made, untouched by changes of the wall clock.
pub fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}

/// From 0 to 1.
pub fn random() -> f64 {
    Math::random()
}

/// Names this page among those of the same browser.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "any 32 bits will do")]
pub fn token() -> String {
    ((random() * f64::from(u32::MAX)) as u32).to_string()
}

/// `ms`, give or take a fifth, so that a room of machines does not ask in step.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a positive time of some seconds")]
pub fn jittered(ms: u32) -> u32 {
    (f64::from(ms) * (0.8 + 0.4 * random())) as u32
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

pub fn stored(key: &str) -> Option<String> {
    storage()?.get_item(key).ok().flatten()
}

/// Keeps a text; a full or forbidden storage is no reason to stop, since memory has it too.
pub fn keep(key: &str, text: &str) {
    if let Some(storage) = storage() {
        drop(storage.set_item(key, text));
    }
}

pub fn forget(key: &str) {
    if let Some(storage) = storage() {
        drop(storage.remove_item(key));
    }
}

pub fn go(href: &str) {
    drop(window().location().assign(href));
}

pub fn reload() {
    drop(window().location().reload());
}

pub fn element(id: &str) -> Option<HtmlElement> {
    Some(window().document()?.get_element_by_id(id)?.unchecked_into())
}

/// Moves the focus once what was just changed is on the page.
pub fn focus_soon(id: String) {
    leptos::prelude::request_animation_frame(move || {
        if let Some(element) = element(&id) {
            drop(element.focus());
        }
    });
}

/// Sets an attribute of the root element, such as its theme.
pub fn set_on_root(name: &str, value: &str) {
    if let Some(root) = window().document().and_then(|document| document.document_element()) {
        drop(root.set_attribute(name, value));
    }
}

/// The elements that match, as an array.
pub fn all_matching(selector: &str) -> Vec<HtmlElement> {
    let Some(list) = window().document().and_then(|document| document.query_selector_all(selector).ok()) else {
        return Vec::new();
    };
    Array::from(&list).iter().map(JsCast::unchecked_into).collect()
}
