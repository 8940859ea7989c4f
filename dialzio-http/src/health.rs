//! Whether the process runs, and whether it can serve.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use dialzio_core::ClockTrust;
use dialzio_core::tasks::{TaskHealth, TaskState};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa::openapi::ResponseBuilder;

use crate::operation::{Draft, JSON, Output};
use crate::state::AppState;

/// Background tasks without which the process is of little use.
const ESSENTIAL: [&str; 2] = ["listener", "queues"];

/// The process runs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Live)]
pub(crate) struct LiveJson {
    /// Always `ok`.
    status: &'static str,
}

/// `GET /livez`: the process runs.
pub(crate) async fn live() -> Json<LiveJson> {
    Json(LiveJson { status: "ok" })
}

/// Whether the server can serve, and how its parts are.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Readiness)]
pub(crate) struct ReadyJson {
    status: ReadyWord,
    /// Why the server cannot serve: the code of a problem, `closing`, `store.slow`, `disk.full` or `task.` and a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    disk: DiskJson,
    clock: ClockJson,
    /// The background tasks, by name.
    tasks: BTreeMap<&'static str, TaskHealthJson>,
}

/// Whether the server can serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ReadinessStatus)]
#[serde(rename_all = "lowercase")]
enum ReadyWord {
    Ready,
    Unavailable,
}

/// How much room there is on the disk.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Disk)]
struct DiskJson {
    /// Free bytes, where they are watched.
    #[schema(required)]
    free_bytes: Option<u64>,
    webhooks: RoomWord,
    uploads: RoomWord,
}

/// Whether something is accepted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DiskUse)]
#[serde(rename_all = "lowercase")]
enum RoomWord {
    Taken,
    Refused,
}

/// What the server believes of the clock.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Clock)]
struct ClockJson {
    state: ClockTrust,
    now: DateTime<Utc>,
    /// The latest time that was confirmed.
    #[schema(required)]
    trusted_at: Option<DateTime<Utc>>,
}

/// A background task.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TaskHealth)]
struct TaskHealthJson {
    panics: u64,
    restarts: u64,
    state: TaskState,
}

impl IntoResponse for ReadyJson {
    fn into_response(self) -> Response {
        let status = match self.status {
            ReadyWord::Ready => StatusCode::OK,
            ReadyWord::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, Json(self)).into_response()
    }
}

impl Output for ReadyJson {
    const MEDIA_TYPE: &'static str = JSON;

    fn describe(draft: &mut Draft) {
        <Json<Self> as Output>::describe(draft);
        let content = draft.content::<Self>();
        let unavailable = ResponseBuilder::new().description("The server cannot serve; `reason` says why");
        draft.others.insert(503, unavailable.content(JSON, content).build());
    }
}

/// `GET /readyz`: each table can be read, the store took the last write that the worker tried, there is room for the
/// next, what works in the background does, and the process is not going down. Writes nothing.
pub(crate) async fn ready(State(state): State<AppState>) -> ReadyJson {
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
    let room = state.free_space();
    let reason = reason.or_else(|| (!room.webhooks).then(|| "disk.full".to_owned()));
    let failed = state.crm().writes_failed();
    let reason = reason.or_else(|| failed.as_ref().map(|error| error.code().to_owned()));
    let health = state.crm().tasks().health();
    let down = |task: &&TaskHealth| ESSENTIAL.contains(&task.name) && task.state == TaskState::Restarting;
    let reason = reason.or_else(|| health.iter().find(down).map(|task| format!("task.{}", task.name)));
    let task = |task: &TaskHealth| {
        let (restarts, panics) = (task.restarts, task.panics);
        (task.name, TaskHealthJson { state: task.state, restarts, panics })
    };
    let word = |enough| if enough { RoomWord::Taken } else { RoomWord::Refused };
    let seen = state.crm().clock_state();
    ReadyJson {
        status: if reason.is_none() { ReadyWord::Ready } else { ReadyWord::Unavailable },
        reason,
        disk: DiskJson { free_bytes: room.free, webhooks: word(room.webhooks), uploads: word(room.uploads) },
        clock: ClockJson { state: seen.trust, now: seen.now, trusted_at: seen.trusted_at },
        tasks: health.iter().map(task).collect(),
    }
}
