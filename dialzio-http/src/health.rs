//! Whether the process turns, and whether it can serve.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dialzio_core::tasks::{TaskHealth, TaskState};

use crate::state::AppState;

/// Background tasks without which the process is of little use.
const ESSENTIAL: [&str; 2] = ["listener", "queues"];

/// `GET /livez`: the process turns.
pub(crate) async fn live() -> Response {
    Json(serde_json::json!({ "status": "ok" })).into_response()
}

/// `GET /readyz`: each table can be read, the store took the last write that the worker tried, there is room for the
/// next, what works in the background does, and the process is not going down. Writes nothing, whoever asks.
pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    let reason = if state.options().closing.is_raised() {
        Some("closing".to_owned())
    } else {
        let probe =
            tokio::time::timeout(std::time::Duration::from_secs(1), state.crm().store().probe()).await;
        match probe {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.code().to_owned()),
            Err(_) => Some("store.slow".to_owned()),
        }
    };
    let room = state.room();
    let reason = reason.or_else(|| (!room.webhooks).then(|| "disk.full".to_owned()));
    let failed = state.crm().writes_failed();
    let reason = reason.or_else(|| failed.as_ref().map(|error| error.code().to_owned()));
    let health = state.crm().tasks().health();
    let down = |task: &&TaskHealth| ESSENTIAL.contains(&task.name) && task.state == TaskState::Restarting;
    let reason = reason.or_else(|| health.iter().find(down).map(|task| format!("task.{}", task.name)));
    let tasks: serde_json::Map<_, _> = health
        .iter()
        .map(|task| {
            let shown = serde_json::json!({
                "state": task.state.as_str(), "restarts": task.restarts, "panics": task.panics,
            });
            (task.name.to_owned(), shown)
        })
        .collect();
    let word = |enough| if enough { "taken" } else { "refused" };
    let disk = serde_json::json!({
        "free_bytes": room.free, "webhooks": word(room.webhooks), "uploads": word(room.uploads),
    });
    let seen = state.crm().clock_state();
    let clock =
        serde_json::json!({ "state": seen.trust.as_str(), "now": seen.now, "trusted_at": seen.trusted_at });
    match reason {
        None => Json(serde_json::json!({ "status": "ready", "disk": disk, "clock": clock, "tasks": tasks }))
            .into_response(),
        Some(reason) => {
            let body = Json(serde_json::json!({
                "status": "unavailable", "reason": reason, "disk": disk, "clock": clock, "tasks": tasks,
            }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}
