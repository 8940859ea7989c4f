//! Sending: messages and files, each queued once for its key.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use dialzio_core::consent::RefusalCode;
use dialzio_core::conversation::{NewBody, NewMessage};
use dialzio_core::media::NewFile;
use dialzio_core::store::IdempotencyKey;
use dialzio_core::text::MessageText;
use dialzio_core::{Actor, ConversationId, MessageId};
use serde::Deserialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa::openapi::Required;

use super::messages::MessageJson;
use super::{Body, Id, text as parse, word};
use crate::auth::Caller;
use crate::form::{FileForm, Upload};
use crate::operation::{Draft, Input, JSON, Output, text};
use crate::problem::Problem;
use crate::state::AppState;

/// A template with its parameters by name.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = TemplateToSend)]
#[serde(deny_unknown_fields)]
pub struct TemplateJson {
    name: String,
    /// The language, exactly as at the provider.
    language: String,
    /// The parameters by name.
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

/// A message to be sent: either `text` or `template`.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewMessage)]
#[serde(deny_unknown_fields)]
pub struct NewMessageJson {
    #[schema(value_type = Option<MessageText>)]
    text: Option<String>,
    template: Option<TemplateJson>,
    /// The message that it answers.
    reply_to: Option<MessageId>,
    /// The newest message that the sender had seen. If another member has answered after it, nothing is sent
    /// (`conversation.answered`).
    seen: Option<MessageId>,
}

/// The key that a client must send with what it may repeat.
#[derive(Debug)]
pub struct Idempotency(pub IdempotencyKey);

impl<S: Send + Sync> FromRequestParts<S> for Idempotency {
    type Rejection = Problem;

    /// A problem if it is missing or not 1 to 255 visible ASCII characters.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = parts.headers.get("idempotency-key").and_then(|value| value.to_str().ok());
        let key = key.and_then(IdempotencyKey::parse);
        key.map(Self).ok_or_else(|| Problem::new("idempotency.key_missing"))
    }
}

impl Input for Idempotency {
    const ONCE: bool = true;

    fn describe(draft: &mut Draft) {
        let key = text().min_length(Some(1)).max_length(Some(IdempotencyKey::MAX)).pattern(Some("^[!-~]+$"));
        let meaning = "A key of the client's own for this request. Repeated with the same key, the request is carried out once.";
        draft.header("Idempotency-Key", Required::True, key, meaning);
        draft.fails(&["idempotency.key_missing", "idempotency.key_reused"]);
    }
}

/// A message that was queued, now or by an earlier request with the same key.
#[derive(Debug)]
pub struct Queued {
    message: MessageJson,
    replayed: bool,
}

impl IntoResponse for Queued {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::ACCEPTED, Json(self.message)).into_response();
        if self.replayed {
            response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
        }
        response
    }
}

/// What is queued has passed the consent gate, and fits its account and template.
impl Output for Queued {
    const MEDIA_TYPE: &'static str = JSON;

    fn describe(draft: &mut Draft) {
        <Json<MessageJson> as Output>::describe(draft);
        draft.answers_header(
            "Idempotency-Replayed",
            "`true` where an earlier request with the same key queued the message.",
        );
        draft.fails(&RefusalCode::ALL.iter().map(|code| code.as_str()).collect::<Vec<_>>());
        draft.fails(&["account.no_provider", "account.not_routable", "account.unsupported"]);
        draft.fails(&[
            "account.not_found",
            "media.not_found",
            "message.not_found",
            "template.not_found",
            "template.not_approved",
            "template.parameters",
        ]);
    }
}

/// `POST /v1/conversations/{conversation}/messages`.
pub async fn send(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
    Idempotency(key): Idempotency,
    Body(new): Body<NewMessageJson>,
) -> Result<Queued, Problem> {
    let body = match (new.text, new.template) {
        (Some(body), None) => NewBody::Text(parse::<MessageText>("text", &body)?),
        (None, Some(template)) => NewBody::Template {
            name: template.name,
            language: template.language,
            parameters: template.parameters.into_iter().collect(),
        },
        _ => return Err(Problem::invalid("text", "or template is needed, one of them")),
    };
    let new = NewMessage { body, reply_to: new.reply_to, key: Some(key), seen: new.seen };
    queue(&state, &actor, id, new).await
}

/// A file to be sent, with text under it.
#[derive(Debug, ToSchema)]
#[schema(as = FileMessage)]
struct FileMessageJson<'a> {
    /// The file, with its name.
    #[schema(value_type = String, format = Binary)]
    file: &'a Upload,
    /// Text under it.
    #[schema(value_type = Option<MessageText>)]
    caption: Option<&'a str>,
    /// The message that it answers.
    #[schema(value_type = Option<MessageId>)]
    reply_to: Option<&'a str>,
}

/// The form in which it is sent.
#[derive(Debug)]
pub(crate) struct FileMessageForm(FileForm);

impl FileMessageForm {
    fn read(&self) -> Result<FileMessageJson<'_>, Problem> {
        let Self(form) = self;
        let file = form.file.as_ref().ok_or_else(|| Problem::invalid("file", "is needed"))?;
        let (caption, reply_to) = (form.fields.given("caption"), form.fields.given("reply_to"));
        Ok(FileMessageJson { file, caption, reply_to })
    }
}

impl FromRequest<AppState> for FileMessageForm {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        FileForm::from_request(request, state).await.map(Self)
    }
}

impl Input for FileMessageForm {
    fn describe(draft: &mut Draft) {
        let content = draft.content::<FileMessageJson<'static>>();
        draft.takes("multipart/form-data", content);
        draft.fails(&["request.malformed", "request.too_large", "input.invalid", "disk.low", "server.busy"]);
        draft.fails(&["file.caption", "file.empty", "file.too_large", "file.type", "blob.unavailable"]);
    }
}

/// `POST /v1/conversations/{conversation}/files`: a form with `file`, and optionally `caption` and `reply_to`.
pub(crate) async fn send_file(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
    Idempotency(key): Idempotency,
    form: FileMessageForm,
) -> Result<Queued, Problem> {
    let fields = form.read()?;
    let file = NewFile { bytes: fields.file.bytes.clone(), name: fields.file.name.clone() };
    let caption = fields.caption.map(|words| parse::<MessageText>("caption", words)).transpose()?;
    let reply_to = fields.reply_to.map(|id| word("reply_to", id)).transpose()?;
    let new = NewMessage { body: NewBody::File { file, caption }, reply_to, key: Some(key), seen: None };
    queue(&state, &actor, id, new).await
}

async fn queue(
    state: &AppState,
    actor: &Actor,
    id: ConversationId,
    new: NewMessage,
) -> Result<Queued, Problem> {
    let sent = state.crm().conversations().send(actor, id, new).await?;
    let mut message = MessageJson::of(sent.message, actor.identifiers());
    message.deferred_until = sent.deferred.map(|(until, _)| until);
    Ok(Queued { message, replayed: sent.replayed })
}
