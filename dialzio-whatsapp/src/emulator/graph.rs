//! The HTTP face: paths, versions, tokens, recorded requests, and failures on purpose.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, DefaultBodyLimit, FromRequestParts, Request, State},
    http::{Method, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::any,
};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::{
    account, block,
    config::Failure,
    connection::Cut,
    link, media, outbound,
    record::RecordedRequest,
    refusal::Refusal,
    request::Asked,
    settings,
    state::{Shared, bearer},
    templates,
};

/// The largest request: a document of 100 MB and its multipart wrapping.
const LARGEST_BODY: usize = 101 << 20;
/// How long a withheld answer is withheld.
const NO_ANSWER: Duration = Duration::from_secs(60);

/// Routes of the emulated Graph, with or without a version in front.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(any(serve)).layer(DefaultBodyLimit::max(LARGEST_BODY)).with_state(shared)
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let cut = ConnectInfo::<Cut>::from_request_parts(&mut parts, &()).await.ok().map(|ConnectInfo(cut)| cut);
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_multipart = kind.is_some_and(|kind| kind.starts_with("multipart/"));
    let (version, segments) = path(parts.uri.path());
    let query: Vec<(String, String)> =
        form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let mut here = shared.base_url.clone();
    here.set_path(parts.uri.path());

    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else {
        let refusal = Refusal::parameter("The request is too large, or it was cut off.");
        return refusal.with_status(413).respond("A0");
    };
    let json = match kind {
        Some(kind) if kind.starts_with("multipart/") => None,
        Some(kind) if kind.starts_with("application/x-www-form-urlencoded") => Some(form(&bytes)),
        _ => serde_json::from_slice::<Value>(&bytes).ok(),
    };
    let is_malformed = !is_multipart && !bytes.is_empty() && json.is_none();
    let is_send = parts.method == Method::POST
        && matches!(segments.get(1).map(String::as_str), Some("messages" | "marketing_messages"))
        && json.as_ref().is_some_and(|body| body.get("status").is_none());
    let parameters = parameters(json.as_ref(), &query);
    let asked = Asked {
        method: parts.method.clone(),
        segments,
        query,
        headers: parts.headers.clone(),
        parameters,
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
            carry_out(&shared, &asked, request, failure, &trace)
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

/// Parameters that have parts. The platform takes such a one as JSON text too, and clients of the API use both forms.
const STRUCTURED: &[&str] = &[
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "interactive",
    "template",
    "context",
    "typing_indicator",
    "block_users",
    "commands",
    "components",
    "prompts",
    "user_identity_change",
    "webhook_configuration",
    "websites",
];

/// The body's members, and those of the query that the body does not have, each part that is given as JSON text read. A
/// body that is no object stays as it is.
fn parameters(body: Option<&Value>, query: &[(String, String)]) -> Value {
    let mut members = match body {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(members)) => members.clone(),
        Some(other) => return other.clone(),
    };
    for (key, value) in query.iter().filter(|(key, _)| key != "access_token") {
        members.entry(key).or_insert_with(|| json!(value));
    }
    for key in STRUCTURED {
        let text = members.get(*key).and_then(Value::as_str);
        let read = text.and_then(|text| serde_json::from_str::<Value>(text).ok());
        if let Some(read) = read.filter(|read| read.is_object() || read.is_array()) {
            members.insert((*key).to_owned(), read);
        }
    }
    Value::Object(members)
}

/// A form's fields as the members of an object.
fn form(bytes: &[u8]) -> Value {
    let fields = form_urlencoded::parse(bytes).into_owned().filter(|(key, _)| key != "access_token");
    Value::Object(fields.map(|(key, value)| (key, Value::String(value))).collect())
}

async fn carry_out(
    shared: &Arc<Shared>,
    asked: &Asked,
    request: Request,
    failure: Option<Failure>,
    trace: &str,
) -> Result<Response, Refusal> {
    let segments: Vec<&str> = asked.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["whatsapp_business", "attachments"] => return media::download(shared, &asked.query, &asked.headers),
        ["qr", file] if asked.method == Method::GET => return Ok(link::picture(file)),
        _ => {}
    }
    let Some((id, rest)) = segments.split_first() else {
        return Err(Refusal::no_such_object(asked.method.as_str(), ""));
    };
    let answer = match admitted(shared, asked, id)? {
        Object::Number => of_number(shared, asked, (id, rest), request, failure, trace).await?,
        Object::Account => of_account(shared, asked, (id, rest)).await?,
        Object::Template => match (asked.method.as_str(), rest) {
            ("GET", []) => templates::read(shared, id, &asked.query)?,
            ("POST", []) => templates::change(shared, id, &asked.parameters)?,
            _ => return Err(asked.unknown()),
        },
        Object::Media => match (asked.method.as_str(), rest) {
            ("GET", []) => media::read(shared, id, &asked.query)?,
            ("DELETE", []) => media::delete(shared, id, &asked.query)?,
            _ => return Err(asked.unknown()),
        },
    };
    Ok(Json(answer).into_response())
}

/// What is asked of a phone number.
async fn of_number(
    shared: &Arc<Shared>,
    asked: &Asked,
    (id, rest): (&str, &[&str]),
    request: Request,
    failure: Option<Failure>,
    trace: &str,
) -> Result<Value, Refusal> {
    let (body, query) = (&asked.parameters, asked.query.as_slice());
    match (asked.method.as_str(), rest) {
        ("POST", ["messages"]) if body.get("status").is_some() => outbound::mark_read(shared, id, body),
        ("POST", ["messages"]) => outbound::send(shared, id, body, false, failure),
        ("POST", ["marketing_messages"]) => outbound::send(shared, id, body, true, failure),
        ("POST", ["media"]) => media::upload(shared, id, query, request).await,
        ("GET", []) => account::number(shared, id, query),
        ("POST", []) => account::change(shared, id, body).await,
        ("POST", ["register"]) => settings::register(body),
        ("POST", ["deregister"]) => Ok(json!({ "success": true })),
        ("GET", ["block_users"]) => block::list(shared, id, query, &asked.here),
        ("POST", ["block_users"]) => block::block(shared, id, body, trace),
        ("DELETE", ["block_users"]) => block::unblock(shared, id, body),
        (method, _) => {
            let mut state = shared.state();
            let serial = state.next_serial();
            let Some(number) = state.numbers.get_mut(id) else { return Err(asked.unknown()) };
            let (settings, base) = (&mut number.settings, &shared.base_url);
            match (method, rest) {
                ("GET", ["whatsapp_business_profile"]) => settings.profile.read(query),
                ("POST", ["whatsapp_business_profile"]) => settings.profile.change(body),
                ("GET", ["whatsapp_commerce_settings"]) => settings.read_commerce(id, query),
                ("POST", ["whatsapp_commerce_settings"]) => settings.change_commerce(body),
                ("POST", ["conversational_automation"]) => settings.change_automation(id, body),
                ("GET", ["settings"]) => settings.read(query),
                ("POST", ["settings"]) => settings.change(body),
                ("GET", ["message_qrdls"]) => link::read(&settings.links, None, query, &asked.here, base),
                ("GET", ["message_qrdls", code]) => {
                    link::read(&settings.links, Some(code), query, &asked.here, base)
                }
                ("POST", ["message_qrdls"]) => link::write(&mut settings.links, None, body, serial, base),
                ("POST", ["message_qrdls", code]) => {
                    link::write(&mut settings.links, Some(code), body, serial, base)
                }
                ("DELETE", ["message_qrdls", code]) => link::delete(&mut settings.links, code),
                _ => Err(asked.unknown()),
            }
        }
    }
}

/// What is asked of a business account.
async fn of_account(
    shared: &Arc<Shared>,
    asked: &Asked,
    (id, rest): (&str, &[&str]),
) -> Result<Value, Refusal> {
    match (asked.method.as_str(), rest) {
        // A look-up of a file names the number that has it, and a business account is no file.
        ("GET", []) if asked.query.iter().any(|(key, _)| key == "phone_number_id") => Err(asked.unknown()),
        ("GET", []) => account::account(shared, id, &asked.query),
        ("GET", ["phone_numbers"]) => account::numbers(shared, id, &asked.query, &asked.here),
        ("GET", ["message_templates"]) => {
            let state = shared.state();
            let of_account = state.templates.get(id).map(Vec::as_slice).unwrap_or_default();
            templates::list(of_account, &asked.query, &asked.here)
        }
        ("POST", ["message_templates"]) => templates::create(shared, id, &asked.parameters),
        ("DELETE", ["message_templates"]) => templates::delete(shared, id, &asked.parameters),
        (_, ["subscribed_apps"]) => account::subscription(shared, id, asked).await,
        _ => Err(asked.unknown()),
    }
}

/// The object that an id names.
enum Object {
    Number,
    Account,
    Template,
    Media,
}

/// Which object the request is about, if its token opens it.
///
/// An unknown token is 190; a right token for another account's object sees no object.
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
    } else if let Some(owner) = state.account_of_template(id) {
        (Object::Template, state.opens_account(&asked.headers, owner))
    } else {
        (Object::Account, state.opens_account(&asked.headers, id))
    };
    if is_open { Ok(object) } else { Err(Refusal::no_such_object(asked.method.as_str(), id)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_is_given_as_text_is_read_and_words_stay_words() {
        let body = json!({"contacts": "[{\"name\":{}}]", "text": "not JSON", "to": "[1]"});
        let query = [("to".to_owned(), "2".to_owned()), ("prompts".to_owned(), "[\"Open?\"]".to_owned())];
        assert_eq!(
            parameters(Some(&body), &query),
            json!({"contacts": [{"name": {}}], "text": "not JSON", "to": "[1]", "prompts": ["Open?"]})
        );
    }

    #[test]
    fn a_version_is_optional_and_only_ever_first() {
        assert_eq!(path("/v25.0/1/messages"), (Some("v25.0".into()), vec!["1".into(), "messages".into()]));
        assert_eq!(path("/1/messages"), (None, vec!["1".into(), "messages".into()]));
        assert_eq!(path("/video/x").0, None);
        assert_eq!(path("/v25/x").0, None);
    }
}
