//! Webhooks: bytes in, intake, bytes out.

use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dialzio_core::HookId;
use dialzio_core::provider::{RawWebhook, WebhookMethod};

use crate::state::AppState;

/// The largest webhook body, in bytes. Source: Meta posts at most 3 MB.
const LIMIT: usize = 4 * 1024 * 1024;

/// The provider is to come again.
fn later() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response()
}

/// `GET` and `POST /hooks/{hook}`.
pub(crate) async fn receive(
    State(state): State<AppState>,
    Path(hook): Path<String>,
    request: Request<Body>,
) -> Response {
    let Ok(hook) = hook.parse::<HookId>() else { return StatusCode::NOT_FOUND.into_response() };
    // Nothing is acknowledged that there may be no room to keep.
    let turn = state.hooks().try_acquire();
    let Ok(_turn) = turn else { return later() };
    if !state.room().webhooks {
        tracing::error!("webhooks are refused: the disk is almost full");
        return later();
    }
    let (parts, body) = request.into_parts();
    let declared = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > LIMIT) {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    if parts.headers.contains_key(header::CONTENT_ENCODING) {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response();
    }
    let Ok(body) = to_bytes(body, LIMIT).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    let text = |(name, value): (&header::HeaderName, &header::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let raw = RawWebhook {
        method: if parts.method == Method::GET { WebhookMethod::Get } else { WebhookMethod::Post },
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().filter_map(text).collect(),
        body,
    };
    // In a task of its own: a provider that hangs up does not stop what has begun.
    let crm = state.crm().clone();
    let reply = tokio::spawn(async move { crm.intake().receive(hook, raw).await }).await;
    let Ok(reply) = reply else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response =
        (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], reply.body).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
    }
    response
}
