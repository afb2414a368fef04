//! What the server is compared with: the same requests without any of its work.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::IntoResponse,
    routing::post,
};
use kaochang::{
    service::{peers::Peers, writer::Writer},
    store::response::{self, ResponseRow},
    world::RealWorld,
};
use kaochang_app::wire::SaveRequest;
use tokio::net::TcpListener;

/// The header that names the sitting to the bare writer, which knows no cookies.
pub const SITTING: &str = "x-sitting";

/// Reads a save and writes it back.
pub async fn echo(port: u16) -> anyhow::Result<()> {
    let route = post(|Json(request): Json<SaveRequest>| async move { Json(request) });
    serve(port, Router::new().route("/exam/changes", route)).await
}

/// Reads a save and hands it to the writer: no session, seat, clock or paper is looked at.
pub async fn writer(port: u16, store: &str, session: &str) -> anyhow::Result<()> {
    let store = driver::people::store(store).await?;
    let peers = Arc::new(Peers::new(&RealWorld::new()));
    let state = (Writer::start(store, peers), session.to_owned());
    serve(port, Router::new().route("/exam/changes", post(save)).with_state(state)).await
}

async fn save(
    State((writer, session)): State<(Writer, String)>,
    headers: HeaderMap,
    Json(request): Json<SaveRequest>,
) -> impl IntoResponse {
    let sitting = headers.get(SITTING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let row = |change: &kaochang_app::wire::ChangeWire| {
        let mut row = ResponseRow {
            session_id: session.clone(),
            sitting_id: sitting.to_owned(),
            position: change.position.into(),
            seq: change.seq,
            epoch: request.epoch,
            response: change.response.clone(),
            flagged: change.flagged,
            // It reads no clock; this one no other leaves behind.
            clock_ms: i64::MAX,
            at_ms: 0,
            hash: String::new(),
        };
        row.hash = response::hash_of(&row).to_string();
        row
    };
    match writer
        .save((session.clone(), sitting.to_owned(), request.epoch), request.changes.iter().map(row).collect())
        .await
    {
        Ok(true) => (StatusCode::OK, "{}".to_owned()),
        Ok(false) => (StatusCode::GONE, "closed".to_owned()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
    }
}

async fn serve(port: u16, router: Router) -> anyhow::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    axum_server::from_tcp(listener.into_std()?)?.serve(router.into_make_service()).await?;
    Ok(())
}
