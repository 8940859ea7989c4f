//! Webhooks: the address is looked up, bytes are read, their origin is checked, and only then they take up a place.

use axum::body::{Body, to_bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, FromRequest, FromRequestParts, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use dialzio_core::HookId;
use dialzio_core::provider::{HookReply, RawWebhook, WebhookMethod};
use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;
use utoipa::IntoParams;
use utoipa::openapi::ResponseBuilder;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType};

use crate::operation::{Draft, Input, JSON, Output, query, text};
use crate::peer::Client;
use crate::problem::Problem;
use crate::state::AppState;

/// The largest webhook body, in bytes. Source: Meta posts at most 3 MB.
const LIMIT: usize = 4 * 1024 * 1024;
/// A body that takes longer than this to arrive is a slow one.
const QUICK: Duration = Duration::from_secs(1);

/// The provider is to come again.
fn later() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]).into_response()
}

fn answer(reply: HookReply) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let mut response =
        (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], reply.body).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

/// Reads a body. What arrives slowly needs one of the places for slow bodies.
async fn read(
    state: &AppState,
    hook: HookId,
    peer: Option<IpAddr>,
    body: Body,
) -> Result<Bytes, Box<Response>> {
    let mut reading = std::pin::pin!(to_bytes(body, LIMIT));
    let read = match tokio::time::timeout(QUICK, &mut reading).await {
        Ok(read) => read,
        Err(_) => {
            let Some(_place) = state.slow().take(hook, peer) else {
                let title = "The request arrives too slowly, and too many others do already";
                let mut response = Problem::new("request.slow").detail(title).into_response();
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                return Err(Box::new(response));
            };
            reading.await
        }
    };
    read.map_err(|_| Box::new(StatusCode::PAYLOAD_TOO_LARGE.into_response()))
}

/// The unguessable part of a webhook's address, as it was sent.
#[derive(Debug)]
pub(crate) struct HookPath(String);

impl HookPath {
    /// The id, if it is one.
    pub(crate) fn id(&self) -> Option<HookId> {
        self.0.parse().ok()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for HookPath {
    type Rejection = PathRejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, PathRejection> {
        let Path(hook) = Path::from_request_parts(parts, state).await?;
        Ok(Self(hook))
    }
}

impl Input for HookPath {
    fn describe(draft: &mut Draft) {
        let id = draft.schema::<HookId>();
        draft.ids.push(id);
    }
}

/// The parameters of a provider's subscription check. Others of its own may come with them.
#[derive(Debug, IntoParams)]
#[expect(dead_code, reason = "the provider's decoder reads the query as it was sent")]
struct CheckQuery {
    /// What is asked for: `subscribe`.
    #[param(rename = "hub.mode")]
    mode: Option<String>,
    /// The text to be answered.
    #[param(rename = "hub.challenge")]
    challenge: Option<String>,
    /// The token that the app was registered with.
    #[param(rename = "hub.verify_token")]
    verify_token: Option<String>,
}

/// A request by which a provider checks a subscription.
#[derive(Debug)]
pub(crate) struct CheckRequest(pub(crate) Request<Body>);

impl<S: Sync> FromRequest<S> for CheckRequest {
    type Rejection = Infallible;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Infallible> {
        Ok(Self(request))
    }
}

impl Input for CheckRequest {
    fn describe(draft: &mut Draft) {
        query::<CheckQuery>(draft);
    }
}

/// A webhook as it was sent.
#[derive(Debug)]
pub(crate) struct WebhookRequest(pub(crate) Request<Body>);

impl<S: Sync> FromRequest<S> for WebhookRequest {
    type Rejection = Infallible;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Infallible> {
        Ok(Self(request))
    }
}

impl Input for WebhookRequest {
    fn describe(draft: &mut Draft) {
        let body = ObjectBuilder::new().schema_type(SchemaType::AnyValue);
        let body = body.description(Some("In the form of the provider, signed with the secret of the app."));
        draft.takes(JSON, ContentBuilder::new().schema(Some(body.build())).build());
    }
}

/// The answer to a provider.
#[derive(Debug)]
pub(crate) struct HookAnswer(Response);

impl IntoResponse for HookAnswer {
    fn into_response(self) -> Response {
        self.0
    }
}

impl Output for HookAnswer {
    const MEDIA_TYPE: &'static str = "text/plain";

    fn describe(draft: &mut Draft) {
        draft.answers(Self::MEDIA_TYPE, ContentBuilder::new().schema(Some(text().build())).build());
        for (status, meaning) in [
            (401, "The signature is missing or wrong"),
            (403, "The token of the subscription check is wrong"),
            (404, "No such address"),
            (405, "Not a webhook of this provider"),
            (413, "The body is too large"),
            (415, "The body is compressed"),
            (503, "Nothing was kept: send it again"),
        ] {
            draft.others.insert(status, ResponseBuilder::new().description(meaning).build());
        }
    }
}

/// `GET /hooks/{hook}`.
pub(crate) async fn check(
    state: State<AppState>,
    client: Extension<Client>,
    hook: HookPath,
    CheckRequest(request): CheckRequest,
) -> HookAnswer {
    HookAnswer(take(state.0, client.0, &hook.0, request).await)
}

/// `POST /hooks/{hook}`.
pub(crate) async fn receive(
    state: State<AppState>,
    client: Extension<Client>,
    hook: HookPath,
    WebhookRequest(request): WebhookRequest,
) -> HookAnswer {
    HookAnswer(take(state.0, client.0, &hook.0, request).await)
}

/// The request of a provider, as it was sent.
pub(crate) async fn raw(
    state: &AppState,
    hook: HookId,
    client: Client,
    request: Request<Body>,
) -> Result<RawWebhook, Box<Response>> {
    let (parts, body) = request.into_parts();
    let declared = parts
        .headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if declared.is_some_and(|length| length > LIMIT) {
        return Err(Box::new(StatusCode::PAYLOAD_TOO_LARGE.into_response()));
    }
    if parts.headers.contains_key(header::CONTENT_ENCODING) {
        return Err(Box::new(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response()));
    }
    let body = read(state, hook, client.counted(), body).await?;
    let text = |(name, value): (&header::HeaderName, &HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    Ok(RawWebhook {
        method: if parts.method == Method::GET { WebhookMethod::Get } else { WebhookMethod::Post },
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.iter().filter_map(text).collect(),
        body,
    })
}

async fn take(state: AppState, client: Client, hook: &str, request: Request<Body>) -> Response {
    let Ok(hook) = hook.parse::<HookId>() else { return StatusCode::NOT_FOUND.into_response() };
    let known = match state.crm().intake().hook(hook).await {
        Ok(known) => known,
        Err(reply) => return answer(reply),
    };
    // Nothing is acknowledged that there may be no room to keep.
    if !state.free_space().webhooks {
        tracing::error!("webhooks are refused: the disk is almost full");
        return later();
    }
    let raw = match raw(&state, hook, client, request).await {
        Ok(raw) => raw,
        Err(response) => return *response,
    };
    let checked = match state.crm().intake().verify(&known, raw) {
        Ok(checked) => checked,
        Err(reply) => return answer(reply),
    };
    let Ok(place) = state.hooks().try_acquire_owned() else { return later() };
    // In a task of its own, which the place belongs to: a provider that hangs up does not stop what has begun.
    let crm = state.crm().clone();
    let reply = tokio::spawn(async move {
        let _place = place;
        crm.intake().accept(checked).await
    });
    reply.await.map_or_else(|_| later(), answer)
}
