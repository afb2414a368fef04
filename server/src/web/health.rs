//! `GET /health`: whether this server serves, for a supervisor or a balancer.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::Web;

/// 200 when the database answers, 503 when it does not.
pub async fn get(State(web): State<Web>) -> Response {
    match web.centre.alive().await {
        Ok(()) => Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })).into_response(),
        Err(error) => {
            tracing::error!(%error, "the database does not answer: {error}");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                Json(json!({ "status": "database", "version": env!("CARGO_PKG_VERSION") })),
            )
                .into_response()
        }
    }
}
