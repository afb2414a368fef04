//! Files of the client: style, boot script and WebAssembly, embedded in the binary, compressed when it was built.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use question_bank::digest::DigestOf;
use rust_embed::{Embed, EmbeddedFile};

/// Written by hand: style and boot script.
#[derive(Embed)]
#[folder = "../app/assets"]
struct Hand;

/// Made by the build: WebAssembly and its glue. Without it every page works as plain forms.
#[derive(Embed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Built;

/// Goes into every asset's address, so that a browser may keep it for ever.
pub fn version() -> &'static str {
    static VERSION: LazyLock<String> = LazyLock::new(|| {
        let mut names: Vec<_> = Hand::iter().chain(Built::iter()).collect();
        names.sort();
        let all = names.iter().fold(DigestOf::new("kaochang/assets"), |digest, name| {
            digest.text(name).bytes(&file(name).map(|file| file.data.into_owned()).unwrap_or_default())
        });
        all.finish().short()
    });
    &VERSION
}

/// Whether the client is in this build.
pub fn has_client() -> bool {
    static HAS: LazyLock<bool> = LazyLock::new(|| Built::get("kaochang_bg.wasm").is_some());
    *HAS
}

/// `GET /assets/{name}`
pub async fn get(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let accepts_brotli = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("br"));
    let compressed = accepts_brotli.then(|| file(&format!("{name}.br"))).flatten();
    let encoding = compressed.is_some().then_some("br");
    let Some(found) = compressed.or_else(|| file(&name)) else { return StatusCode::NOT_FOUND.into_response() };
    let mut response = found.data.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(&name)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn file(name: &str) -> Option<EmbeddedFile> {
    Hand::get(name).or_else(|| Built::get(name))
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}
