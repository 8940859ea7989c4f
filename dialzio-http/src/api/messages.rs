//! Messages.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use dialzio_core::consent::{Purpose, RefusalCode};
use dialzio_core::conversation::{
    Content, DeliveryStatus, Direction, Evidence, FailureNote, Message, MessageContext, NewBody, NewMessage,
};
use dialzio_core::media::{Media, MediaState, NewFile};
use dialzio_core::page::Page;
use dialzio_core::store::IdempotencyKey;
use dialzio_core::text::MessageText;
use dialzio_core::{Actor, ConversationId, Error, MediaId, MessageId, RecordKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa::openapi::Required;

use super::revision::{IfMatch, Revised, refusal};
use super::{Asked, Body, Id, List, Paging, text as parse, word};
use crate::auth::Caller;
use crate::form::{FileForm, Upload};
use crate::operation::{Draft, Input, JSON, Output, text};
use crate::problem::Problem;
use crate::state::AppState;

/// A message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageJson {
    id: MessageId,
    conversation: ConversationId,
    direction: Direction,
    #[schema(required)]
    author: Option<String>,
    kind: &'static str,
    #[schema(required)]
    text: Option<String>,
    content: Content,
    #[schema(required)]
    purpose: Option<Purpose>,
    status: DeliveryStatus,
    status_at: DateTime<Utc>,
    #[schema(required)]
    failure: Option<FailureJson>,
    event_at: DateTime<Utc>,
    received_at: DateTime<Utc>,
    #[schema(required)]
    external_id: Option<String>,
    #[schema(required)]
    reply_to: Option<MessageId>,
    context: MessageContext,
    /// Whether the provider sent more with it, which `/v1/messages/{message}/beside` opens.
    has_more: bool,
    #[schema(required)]
    edited_at: Option<DateTime<Utc>>,
    #[schema(required)]
    revoked_at: Option<DateTime<Utc>>,
    reactions: Vec<ReactionJson>,
    /// What is known of its file. Like `history`, only where a message is read.
    #[schema(required)]
    file: Option<FileJson>,
    /// Everything that is known about its delivery, in the order in which it happened.
    history: Vec<EvidenceJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deferred_until: Option<DateTime<Utc>>,
}

/// Why a message failed or was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageFailure)]
struct FailureJson {
    code: String,
    #[schema(required)]
    detail: Option<String>,
}

/// The file of a message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageFile)]
struct FileJson {
    id: MediaId,
    state: MediaState,
    #[serde(rename = "type")]
    #[schema(required)]
    mime: Option<String>,
    #[schema(required)]
    size: Option<u64>,
    #[schema(required)]
    sha256: Option<String>,
}

impl From<Media> for FileJson {
    fn from(media: Media) -> Self {
        let hex = |digest: [u8; 32]| digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            id: media.id,
            state: media.state,
            mime: media.mime,
            size: media.size,
            sha256: media.sha256.map(hex),
        }
    }
}

/// One step of a sent message's delivery.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryEvidence)]
struct EvidenceJson {
    status: DeliveryStatus,
    at: DateTime<Utc>,
    #[schema(required)]
    failure: Option<FailureJson>,
}

impl From<Evidence> for EvidenceJson {
    fn from(evidence: Evidence) -> Self {
        Self { status: evidence.status, at: evidence.at, failure: evidence.failure.map(Into::into) }
    }
}

impl From<FailureNote> for FailureJson {
    fn from(note: FailureNote) -> Self {
        Self { code: note.code, detail: note.detail }
    }
}

/// Messages with what is kept beside their rows, read at once for all.
async fn whole(state: &AppState, actor: &Actor, messages: Vec<Message>) -> Result<Vec<MessageJson>, Problem> {
    let ids = |wanted: fn(&Message) -> bool| -> Vec<MessageId> {
        messages.iter().filter(|message| wanted(message)).map(|message| message.id).collect()
    };
    let files = ids(|message| message.content.media().is_some());
    let sent = ids(|message| message.direction == Direction::Outbound);
    let mut files = state.crm().media().of(actor, &files).await?;
    let evidence = state.crm().conversations().evidence_of(actor, &sent).await?;
    let one = |message: Message| {
        let file = files.iter().position(|file| Some(file.id) == message.content.media());
        let history = evidence.iter().filter(|(id, _)| *id == message.id);
        MessageJson {
            file: file.map(|place| files.swap_remove(place).into()),
            history: history.map(|(_, evidence)| evidence.clone().into()).collect(),
            ..message.into()
        }
    };
    Ok(messages.into_iter().map(one).collect())
}

/// A reaction.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reaction)]
struct ReactionJson {
    by: Direction,
    emoji: String,
    at: DateTime<Utc>,
}

impl From<Message> for MessageJson {
    fn from(message: Message) -> Self {
        let reactions = message.reactions.iter().filter_map(|reaction| {
            Some(ReactionJson { by: reaction.by, emoji: reaction.emoji.clone()?, at: reaction.at })
        });
        Self {
            id: message.id,
            conversation: message.conversation,
            direction: message.direction,
            reactions: reactions.collect(),
            author: message.author,
            kind: message.content.kind(),
            text: message.content.reading().map(str::to_owned),
            purpose: message.purpose,
            status: message.delivery.status,
            status_at: message.delivery.at,
            failure: message.delivery.failure.map(Into::into),
            file: None,
            history: Vec::new(),
            content: message.content,
            event_at: message.event_at,
            received_at: message.received_at,
            external_id: message.external.map(Into::into),
            context: message.context,
            has_more: message.beside.is_some(),
            reply_to: message.reply_to,
            edited_at: message.edited_at,
            revoked_at: message.revoked_at,
            deferred_until: None,
        }
    }
}

/// `GET /v1/conversations/{conversation}/messages`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<MessageJson>>, Problem> {
    let page = state.crm().conversations().messages(&actor, id, paging.request()?).await?;
    let items = whole(&state, &actor, page.items).await?;
    Ok(List::of(Page { items, next: page.next }, std::convert::identity))
}

/// `GET /v1/messages/{message}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<MessageId>,
) -> Result<Revised<MessageJson>, Problem> {
    let message = state.crm().conversations().message(&actor, id).await?;
    tagged(&state, &actor, message).await
}

/// What the provider sent with a message and nothing else shows, by its path in what arrived.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageExtras)]
pub struct BesideJson {
    /// By its path in what arrived; `null` if there is nothing more.
    #[schema(value_type = Option<Object>, required)]
    values: serde_json::Value,
}

/// `GET /v1/messages/{message}/beside`.
pub async fn beside(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<MessageId>,
) -> Result<Json<BesideJson>, Problem> {
    let opened = state.crm().conversations().beside(&actor, id).await?;
    let values = opened.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    Ok(Json(BesideJson { values }))
}

/// A template with its parameters by name.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = TemplateToSend)]
#[serde(deny_unknown_fields)]
pub struct TemplateJson {
    name: String,
    language: String,
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
    reply_to: Option<MessageId>,
}

/// The key that a client must send with what it may repeat.
#[derive(Debug)]
pub struct Once(pub IdempotencyKey);

impl<S: Send + Sync> FromRequestParts<S> for Once {
    type Rejection = Problem;

    /// A problem if it is missing or not 1 to 255 visible ASCII characters.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = parts.headers.get("idempotency-key").and_then(|value| value.to_str().ok());
        let key = key.and_then(IdempotencyKey::parse);
        key.map(Self).ok_or_else(|| Problem::new("idempotency.key_missing"))
    }
}

impl Input for Once {
    const ONCE: bool = true;

    fn describe(draft: &mut Draft) {
        let key = text().min_length(Some(1)).max_length(Some(255)).pattern(Some("^[!-~]+$"));
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
    Once(key): Once,
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
    let new = NewMessage { body, reply_to: new.reply_to, key: Some(key) };
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
    Once(key): Once,
    form: FileMessageForm,
) -> Result<Queued, Problem> {
    let fields = form.read()?;
    let file = NewFile { bytes: fields.file.bytes.clone(), name: fields.file.name.clone() };
    let caption = fields.caption.map(|words| parse::<MessageText>("caption", words)).transpose()?;
    let reply_to = fields.reply_to.map(|id| word("reply_to", id)).transpose()?;
    let new = NewMessage { body: NewBody::File { file, caption }, reply_to, key: Some(key) };
    queue(&state, &actor, id, new).await
}

async fn queue(
    state: &AppState,
    actor: &Actor,
    id: ConversationId,
    new: NewMessage,
) -> Result<Queued, Problem> {
    let sent = state.crm().conversations().send(actor, id, new).await?;
    let deferred_until = sent.deferred.map(|(until, _)| until);
    let message = MessageJson { deferred_until, ..sent.message.into() };
    Ok(Queued { message, replayed: sent.replayed })
}

/// `POST /v1/messages/{message}/cancellation`.
pub async fn cancel(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<MessageId>,
    meant: IfMatch,
) -> Result<Revised<MessageJson>, Problem> {
    command(&state, &actor, id, &meant, async || state.crm().conversations().cancel(&actor, id).await).await
}

/// A message, with its status as its tag: what can be done with a message depends on that alone, and is done from one
/// status only.
async fn tagged(state: &AppState, actor: &Actor, message: Message) -> Result<Revised<MessageJson>, Problem> {
    let tag = message.delivery.status.as_str().to_owned();
    let json = match whole(state, actor, vec![message.clone()]).await {
        Ok(found) => found.into_iter().next(),
        // Who may send but not read gets the message alone.
        Err(problem) if problem.status == 403 => None,
        Err(problem) => return Err(problem),
    };
    Ok(Revised(StatusCode::OK, tag, json.unwrap_or_else(|| message.into())))
}

/// Does something with a message that has the status that is meant.
async fn command(
    state: &AppState,
    actor: &Actor,
    id: MessageId,
    meant: &IfMatch,
    act: impl AsyncFnOnce() -> Result<Message, Error>,
) -> Result<Revised<MessageJson>, Problem> {
    let service = state.crm().conversations();
    let read = async || service.message(actor, id).await;
    let stale = || Error::Stale { kind: RecordKind::Message };
    let shown = async { tagged(state, actor, read().await?).await };
    if !meant.is_any() && !meant.admits(read().await?.delivery.status.as_str()) {
        return Err(refusal(stale(), shown).await);
    }
    match act().await {
        // Somebody was faster: the status that was meant is gone.
        Err(Error::Conflict { .. }) if !meant.is_any() => Err(refusal(stale(), shown).await),
        done => tagged(state, actor, done?).await,
    }
}

/// What became of a message, by a person's decision.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MessageOutcome)]
#[serde(deny_unknown_fields)]
pub struct OutcomeJson {
    sent: bool,
}

/// `POST /v1/messages/{message}/outcome`.
pub async fn settle(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<MessageId>,
    meant: IfMatch,
    Body(outcome): Body<OutcomeJson>,
) -> Result<Revised<MessageJson>, Problem> {
    let settle = async || state.crm().conversations().settle_unknown(&actor, id, outcome.sent).await;
    command(&state, &actor, id, &meant, settle).await
}
