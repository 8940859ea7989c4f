//! The HTTP face: paths, versions, tokens, recorded requests, and failures on purpose.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, DefaultBodyLimit, FromRequestParts, Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::any,
};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::{
    account,
    config::Failure,
    connection::Cut,
    media, outbound,
    record::RecordedRequest,
    refusal::Refusal,
    rules::messaging_product,
    state::{Shared, bearer},
    template,
};

/// The largest request: a document of 100 MB and its multipart wrapping.
const LARGEST_BODY: usize = 101 << 20;
/// How long a withheld answer is withheld.
const NO_ANSWER: Duration = Duration::from_secs(60);

/// Routes of the emulated Graph, with or without a version in front.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().route("/{*path}", any(serve)).layer(DefaultBodyLimit::max(LARGEST_BODY)).with_state(shared)
}

/// A request, taken apart.
pub(super) struct Asked {
    pub(super) method: Method,
    /// Path segments after the version.
    pub(super) segments: Vec<String>,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Value>,
    /// The address that was asked, on the emulator's own host.
    pub(super) here: Url,
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let cut = ConnectInfo::<Cut>::from_request_parts(&mut parts, &()).await.ok().map(|ConnectInfo(cut)| cut);
    let is_multipart = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("multipart/"));
    let (version, segments) = path(parts.uri.path());
    let query: Vec<(String, String)> =
        form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let mut here = shared.base_url.clone();
    here.set_path(parts.uri.path());

    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let json = if is_multipart { None } else { serde_json::from_slice::<Value>(&bytes).ok() };
    let is_malformed = !is_multipart && !bytes.is_empty() && json.is_none();
    let is_send = parts.method == Method::POST
        && matches!(segments.get(1).map(String::as_str), Some("messages" | "marketing_messages"))
        && json.as_ref().is_some_and(|body| body.get("status").is_none());
    let asked = Asked {
        method: parts.method.clone(),
        segments,
        query,
        headers: parts.headers.clone(),
        body: json,
        here,
    };
    let (position, failure, trace) = {
        let now = shared.now();
        let mut state = shared.state();
        let position = state.records.note(RecordedRequest {
            at: now,
            method: asked.method.to_string(),
            path: format!("/{}", asked.segments.join("/")),
            version,
            query: asked.query.iter().filter(|(key, _)| key != "access_token").cloned().collect(),
            opaque_id: asked
                .body
                .as_ref()
                .and_then(|body| body["biz_opaque_callback_data"].as_str())
                .map(str::to_owned),
            body: asked.body.clone(),
            status: None,
        });
        let on_send = if is_send { state.send_failures.pop_front() } else { None };
        let failure = on_send.or_else(|| state.failures.pop_front());
        (position, failure, format!("A{:x}", state.next_serial()))
    };

    let answer = match failure {
        Some(Failure::Code(code)) => Refusal::of(code).respond(&trace),
        Some(Failure::Unauthorized) => Refusal::bad_token().respond(&trace),
        Some(Failure::HttpStatusHtml(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            (status, Html("<html><body><h1>Sorry, something went wrong.</h1></body></html>")).into_response()
        }
        Some(Failure::DropConnectionAfterRead) => return sever(cut.as_ref()),
        _ if is_malformed => Refusal::parameter("The request body is not valid JSON.").respond(&trace),
        _ => {
            let request = Request::from_parts(parts, Body::from(bytes));
            carry_out(&shared, &asked, request, failure)
                .await
                .unwrap_or_else(|refusal| refusal.respond(&trace))
        }
    };
    match failure {
        Some(Failure::Timeout) => {
            let mut closed = shared.closed.subscribe();
            // Ends early when the emulator is shut down.
            let _ = tokio::time::timeout(NO_ANSWER, closed.wait_for(|closed| *closed)).await;
            sever(cut.as_ref())
        }
        Some(Failure::DropConnectionAfterAcceptance) => sever(cut.as_ref()),
        _ => {
            shared.state().records.answered(position, answer.status().as_u16());
            answer
        }
    }
}

/// Cuts the connection; where the router is mounted elsewhere, an empty 502 is the nearest thing.
fn sever(cut: Option<&Cut>) -> Response {
    if let Some(cut) = cut {
        cut.now();
    }
    StatusCode::BAD_GATEWAY.into_response()
}

/// Splits off a leading version such as `v25.0`.
fn path(path: &str) -> (Option<String>, Vec<String>) {
    let mut segments: Vec<String> =
        path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
    let is_version = segments.first().and_then(|first| first.strip_prefix('v')).is_some_and(|rest| {
        rest.split_once('.').is_some_and(|(major, minor)| {
            [major, minor]
                .iter()
                .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        })
    });
    let version = is_version.then(|| segments.remove(0));
    (version, segments)
}

async fn carry_out(
    shared: &Arc<Shared>,
    asked: &Asked,
    request: Request,
    failure: Option<Failure>,
) -> Result<Response, Refusal> {
    let segments: Vec<&str> = asked.segments.iter().map(String::as_str).collect();
    if segments == ["whatsapp_business", "attachments"] {
        return Ok(media::download(shared, &asked.query, &asked.headers));
    }
    let Some((id, rest)) = segments.split_first() else {
        return Err(Refusal::no_such_object(asked.method.as_str(), ""));
    };
    let object = admitted(shared, asked, id)?;
    let body = asked.body.as_ref().unwrap_or(&Value::Null);
    let answer = match (object, asked.method.as_str(), rest) {
        (Object::Number, "POST", ["messages"]) if body.get("status").is_some() => {
            outbound::mark_read(shared, id, body)?
        }
        (Object::Number, "POST", ["messages"]) => outbound::send(shared, id, body, false, failure)?,
        (Object::Number, "POST", ["marketing_messages"]) => outbound::send(shared, id, body, true, failure)?,
        (Object::Number, "POST", ["media"]) => media::upload(shared, id, request).await?,
        (Object::Number, "GET", []) => account::number(shared, id, &asked.query)?,
        (Object::Number, "POST", ["register"]) => {
            account::register(body)?;
            json!({ "success": true })
        }
        (Object::Account, "GET", ["phone_numbers"]) => account::numbers(shared, id, &asked.query)?,
        (Object::Account, "GET", ["message_templates"]) => {
            let state = shared.state();
            let templates = state.templates.get(*id).map(Vec::as_slice).unwrap_or_default();
            template::list(templates, &asked.query, &asked.here)?
        }
        (Object::Account, _, ["subscribed_apps"]) => account::subscription(shared, id, asked).await?,
        (Object::Media, "GET", []) => {
            let state = shared.state();
            let Some(media) = state.media.get(*id) else {
                return Err(Refusal::no_such_object("GET", id));
            };
            let asked_for = asked.query.iter().find(|(key, _)| key == "phone_number_id");
            if asked_for.is_some_and(|(_, owner)| *owner != media.phone_number_id) {
                return Err(Refusal::no_such_object("GET", id));
            }
            media::look_up(id, media, shared.now(), &shared.base_url)
        }
        (Object::Media, "DELETE", []) => {
            shared.state().media.remove(*id);
            json!({ "success": true })
        }
        _ => return Err(Refusal::no_such_object(asked.method.as_str(), &segments.join("/"))),
    };
    Ok(Json(answer).into_response())
}

/// What an id stands for.
enum Object {
    Number,
    Account,
    Media,
}

/// Which object the request is about, if its token opens it.
///
/// A token that nobody has is 190; a right token for somebody else's object sees no object.
fn admitted(shared: &Shared, asked: &Asked, id: &str) -> Result<Object, Refusal> {
    let now = shared.now();
    let state = shared.state();
    if bearer(&asked.headers).is_none() {
        return Err(Refusal::of(0).details("An access token is required to request this resource."));
    }
    if !state.knows(&asked.headers) {
        return Err(Refusal::bad_token());
    }
    let (object, is_open) = if state.numbers.contains_key(id) {
        (Object::Number, state.opens(&asked.headers, id))
    } else if let Some(media) = state.media.get(id).filter(|media| now < media.expires_at) {
        (Object::Media, state.opens(&asked.headers, &media.phone_number_id))
    } else {
        (Object::Account, state.opens_account(&asked.headers, id))
    };
    if is_open { Ok(object) } else { Err(Refusal::no_such_object(asked.method.as_str(), id)) }
}

/// `{"messaging_product": "whatsapp", …}` of a write that is not a message.
pub(super) fn requires_product(body: &Value) -> Result<(), Refusal> {
    messaging_product(&super::param::Param::root(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_optional_and_only_ever_first() {
        assert_eq!(path("/v25.0/1/messages"), (Some("v25.0".into()), vec!["1".into(), "messages".into()]));
        assert_eq!(path("/1/messages"), (None, vec!["1".into(), "messages".into()]));
        assert_eq!(path("/video/x").0, None);
        assert_eq!(path("/v25/x").0, None);
    }
}
