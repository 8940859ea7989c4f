//! Live events as JSON.

use axum::extract::{FromRequestParts, State};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use dialzio_core::event::{DomainEvent, EventSeq};
use futures_util::StreamExt;
use std::convert::Infallible;
use utoipa::openapi::Required;
use utoipa::openapi::content::ContentBuilder;

use crate::auth::{Caller, SignInCheck};
use crate::operation::{Draft, Input, Output, text};
use crate::problem::Problem;
use crate::realtime::{Live, follow, respond};
use crate::state::AppState;

/// Where a listener left off.
#[must_use]
pub fn last_event_id(headers: &HeaderMap) -> Option<EventSeq> {
    headers.get("last-event-id")?.to_str().ok()?.parse().ok().map(EventSeq)
}

/// The id of the last event that a listener has seen.
#[derive(Debug)]
pub struct LastEvent(Option<EventSeq>);

impl<S: Sync> FromRequestParts<S> for LastEvent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(last_event_id(&parts.headers)))
    }
}

impl Input for LastEvent {
    fn describe(draft: &mut Draft) {
        let meaning = "The id of the last event that was received: the stream resumes after it.";
        draft.header("Last-Event-ID", Required::False, text(), meaning);
    }
}

/// A stream of events.
#[derive(Debug)]
pub struct EventStream(Response);

impl IntoResponse for EventStream {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Output for EventStream {
    const MEDIA_TYPE: &'static str = "text/event-stream";

    fn describe(draft: &mut Draft) {
        draft.schema::<DomainEvent>();
        let meaning = "Server-sent events: `data` is a `DomainEvent`, `event` its `type` and `id` its place. An event `resync` with \
             the data `{}` means that some were missed: read again what is shown.";
        let stream = text().description(Some(meaning));
        draft.answers(Self::MEDIA_TYPE, ContentBuilder::new().schema(Some(stream.build())).build());
    }
}

/// `GET /v1/events`: each event has its place as id; `resync` means that some were missed.
pub async fn stream(
    State(state): State<AppState>,
    Caller(actor): Caller,
    check: SignInCheck,
    LastEvent(last): LastEvent,
) -> Result<EventStream, Problem> {
    let live = follow(&state, actor, last, check).await?;
    let events = respond(live.map(|live| {
        match live {
            Live::Event(recorded) => Event::default()
                .id(recorded.seq.0.to_string())
                .event(recorded.event.kind())
                .data(serde_json::to_string(&recorded.event).unwrap_or_default()),
            Live::Resync => Event::default().event("resync").data("{}"),
        }
    }));
    Ok(EventStream(events.into_response()))
}
