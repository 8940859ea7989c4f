//! Embedded files of the pages, and files of messages.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use dialzio_core::MediaId;

use super::assets;
use crate::api::{Id, media as api_media};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// `GET /assets/{path}`.
pub(crate) async fn asset(Path(path): Path<String>, RawQuery(query): RawQuery) -> Response {
    let Some(file) = assets::load(&path) else { return Problem::not_found().into_response() };
    let lasting = path.starts_with("vendor/") || query.is_some_and(|query| query.starts_with("v="));
    let cache = if lasting { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = HeaderValue::from_str(&file.media_type)
        .unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, HeaderValue::from_static(cache))];
    (headers, file.bytes.into_owned()).into_response()
}

/// `GET /web/media/{media}`.
pub(crate) async fn media(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<MediaId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let file = state.crm().media().open(&actor, id).await?;
    api_media::serve(&state, file, &headers).await
}
