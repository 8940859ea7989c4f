//! Live events as JSON.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::Event;
use dialzio_core::event::EventSeq;
use futures_util::StreamExt;

use crate::auth::{Caller, Standing};
use crate::problem::Problem;
use crate::realtime::{Live, follow, respond};
use crate::state::AppState;

/// Where a listener left off.
#[must_use]
pub fn last_event_id(headers: &HeaderMap) -> Option<EventSeq> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok().map(EventSeq)
}

/// `GET /v1/events`: each event has its place as id; `resync` means that some were missed.
pub async fn stream(
    State(state): State<AppState>,
    Caller(actor): Caller,
    standing: Standing,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    let live = follow(&state, actor, last_event_id(&headers), standing).await?;
    Ok(respond(live.map(|live| {
        match live {
            Live::Event(recorded) => Event::default()
                .id(recorded.seq.0.to_string())
                .event(recorded.event.kind())
                .data(serde_json::to_string(&recorded.event).unwrap_or_default()),
            Live::Resync => Event::default().event("resync").data("{}"),
        }
    })))
}
