//! HTTP: a table of routes, each a door and not a room. A handler takes what was sent, calls one service and answers with a
//! page, a redirect or JSON; it decides nothing.

pub mod answer;
pub mod assets;
pub mod bank;
pub mod candidate;
pub mod draft;
pub mod health;
pub mod limits;
pub mod reply;
pub mod results;
pub mod room;
pub mod routes;
pub mod session;
pub mod staff;
pub mod visitor;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderName, HeaderValue, Request, header},
    middleware,
    response::Response,
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, CompressionLevel, Predicate, predicate::DefaultPredicate, predicate::SizeAbove},
    csrf::CsrfLayer,
    trace::TraceLayer,
};

use crate::service::Centre;
use limits::Throttle;
use routes::Access;

/// A request's body at most, bytes: a whole paper answered offline is a tenth of it.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Shorter answers go as they are: a saved answer's acknowledgement fits one packet, and packing it costs more than saving it.
const COMPRESSED_BYTES_MIN: u64 = 1_024;

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct Web {
    /// The services.
    pub centre: Arc<Centre>,
    /// Whether the site is reached by https: cookies are then `Secure`.
    pub secure: bool,
    /// Brakes on guessing.
    pub throttle: Arc<Throttle>,
}

/// Nothing but our own files; WebAssembly may be compiled; no page of ours in a frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The whole site.
pub fn router(web: Web) -> Router {
    let mut router = Router::new();
    for route in routes::routes() {
        let methods = match route.access {
            Access::Candidate if web.centre.is_shared() => {
                route.methods.layer(middleware::from_fn_with_state(web.clone(), routes::meet))
            }
            Access::Public | Access::Candidate => route.methods,
            Access::Staff(roles) => {
                route.methods.layer(middleware::from_fn_with_state((web.clone(), roles), routes::gate))
            }
        };
        router = router.route(route.path, methods);
    }
    let trace = TraceLayer::new_for_http().make_span_with(|request: &Request<_>| {
        // The path alone: a query may hold what is nobody's business.
        tracing::info_span!("request", method = %request.method(), path = request.uri().path())
    });
    // One stack, so that a request passes one boxed service and not six.
    let stack = ServiceBuilder::new()
        .layer(trace)
        .layer(CatchPanicLayer::custom(|_| reply::internal()))
        .layer(
            // When everybody starts, packing the exam page at the usual level costs more than making it.
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(DefaultPredicate::new().and(SizeAbove::new(COMPRESSED_BYTES_MIN))),
        )
        .map_response(security_headers)
        .layer(CsrfLayer::new())
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX));
    router.fallback(reply::not_found).layer(stack).with_state(web)
}

fn security_headers<B>(mut response: Response<B>) -> Response<B> {
    let headers = response.headers_mut();
    let set: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: with it a form's `Origin` is null, and the check against forged requests blind.
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in set {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
