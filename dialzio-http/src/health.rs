//! Whether the process turns, and whether it can serve.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::state::AppState;

/// `GET /livez`: the process turns.
pub(crate) async fn live() -> Response {
    Json(serde_json::json!({ "status": "ok" })).into_response()
}

/// `GET /readyz`: the store takes a write, there is room to keep it, and the process is not going down.
pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    let reason = if state.options().closing.is_raised() {
        Some("closing".to_owned())
    } else {
        let probe = tokio::time::timeout(std::time::Duration::from_secs(1), state.crm().store().ping()).await;
        match probe {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.code().to_owned()),
            Err(_) => Some("store.slow".to_owned()),
        }
    };
    let room = state.room();
    let reason = reason.or_else(|| (!room.webhooks).then(|| "disk.full".to_owned()));
    let word = |enough| if enough { "taken" } else { "refused" };
    let disk = serde_json::json!({
        "free_bytes": room.free, "webhooks": word(room.webhooks), "uploads": word(room.uploads),
    });
    match reason {
        None => Json(serde_json::json!({ "status": "ready", "disk": disk })).into_response(),
        Some(reason) => {
            let body = Json(serde_json::json!({ "status": "unavailable", "reason": reason, "disk": disk }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}
