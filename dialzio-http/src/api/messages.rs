//! Messages.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use dialzio_core::conversation::{
    Content, Direction, Evidence, FailureNote, Message, MessageContext, NewBody, NewMessage,
};
use dialzio_core::media::{Media, NewFile};
use dialzio_core::page::Page;
use dialzio_core::store::IdempotencyKey;
use dialzio_core::text::MessageText;
use dialzio_core::{Actor, ConversationId, Error, MediaId, MessageId, RecordKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::revision::{IfMatch, Revised, refusal};
use super::{Asked, Body, Id, List, Paging, text, word};
use crate::auth::Caller;
use crate::form::FileForm;
use crate::problem::Problem;
use crate::state::AppState;

/// A message.
#[derive(Debug, Serialize)]
pub struct MessageJson {
    id: MessageId,
    conversation: ConversationId,
    direction: Direction,
    author: Option<String>,
    kind: &'static str,
    text: Option<String>,
    content: Content,
    purpose: Option<&'static str>,
    status: &'static str,
    status_at: DateTime<Utc>,
    failure: Option<FailureJson>,
    event_at: DateTime<Utc>,
    received_at: DateTime<Utc>,
    external_id: Option<String>,
    reply_to: Option<MessageId>,
    context: MessageContext,
    /// Whether the provider sent more with it, which `/v1/messages/{message}/beside` opens.
    has_more: bool,
    edited_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    reactions: Vec<ReactionJson>,
    /// What is known of its file. Like `history`, only where a message is read.
    file: Option<FileJson>,
    /// Everything that is known about its delivery, in the order in which it happened.
    history: Vec<EvidenceJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deferred_until: Option<DateTime<Utc>>,
}

/// Why a message failed or was refused.
#[derive(Debug, Serialize)]
struct FailureJson {
    code: String,
    detail: Option<String>,
}

/// The file of a message.
#[derive(Debug, Serialize)]
struct FileJson {
    id: MediaId,
    state: &'static str,
    #[serde(rename = "type")]
    mime: Option<String>,
    size: Option<u64>,
    sha256: Option<String>,
}

impl From<Media> for FileJson {
    fn from(media: Media) -> Self {
        let hex = |digest: [u8; 32]| digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            id: media.id,
            state: media.state.as_str(),
            mime: media.mime,
            size: media.size,
            sha256: media.sha256.map(hex),
        }
    }
}

/// One piece of news about a message of ours.
#[derive(Debug, Serialize)]
struct EvidenceJson {
    status: &'static str,
    at: DateTime<Utc>,
    failure: Option<FailureJson>,
}

impl From<Evidence> for EvidenceJson {
    fn from(evidence: Evidence) -> Self {
        Self { status: evidence.status.as_str(), at: evidence.at, failure: evidence.failure.map(Into::into) }
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
#[derive(Debug, Serialize)]
struct ReactionJson {
    by: &'static str,
    emoji: String,
    at: DateTime<Utc>,
}

impl From<Message> for MessageJson {
    fn from(message: Message) -> Self {
        let reactions = message.reactions.iter().filter_map(|reaction| {
            Some(ReactionJson { by: reaction.by.as_str(), emoji: reaction.emoji.clone()?, at: reaction.at })
        });
        Self {
            id: message.id,
            conversation: message.conversation,
            direction: message.direction,
            reactions: reactions.collect(),
            author: message.author,
            kind: message.content.kind(),
            text: message.content.reading().map(str::to_owned),
            purpose: message.purpose.map(dialzio_core::consent::Purpose::as_str),
            status: message.delivery.status.as_str(),
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
#[derive(Debug, Serialize)]
pub struct BesideJson {
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateJson {
    name: String,
    language: String,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

/// A message to be sent: `text` or `template`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewMessageJson {
    text: Option<String>,
    template: Option<TemplateJson>,
    reply_to: Option<MessageId>,
}

/// The key that a client must send with what it may repeat.
///
/// # Errors
/// A problem if it is missing or not 1 to 255 visible ASCII characters.
pub fn idempotency_key(headers: &HeaderMap) -> Result<IdempotencyKey, Problem> {
    let key =
        headers.get("idempotency-key").and_then(|value| value.to_str().ok()).and_then(IdempotencyKey::parse);
    key.ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "idempotency.key_missing"))
}

/// `POST /v1/conversations/{conversation}/messages`.
pub async fn send(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
    headers: HeaderMap,
    Body(new): Body<NewMessageJson>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    let body = match (new.text, new.template) {
        (Some(body), None) => NewBody::Text(text::<MessageText>("text", &body)?),
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

/// `POST /v1/conversations/{conversation}/files`: a form with `file`, and optionally `caption` and `reply_to`.
pub(crate) async fn send_file(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
    headers: HeaderMap,
    form: FileForm,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    let fields = &form.fields;
    let upload = form.file.as_ref().ok_or_else(|| Problem::invalid("file", "is needed"))?;
    let file = NewFile { bytes: upload.bytes.clone(), name: upload.name.clone() };
    let caption = fields.given("caption").map(|words| text::<MessageText>("caption", words)).transpose()?;
    let reply_to = fields.given("reply_to").map(|id| word("reply_to", id)).transpose()?;
    let new = NewMessage { body: NewBody::File { file, caption }, reply_to, key: Some(key) };
    queue(&state, &actor, id, new).await
}

async fn queue(
    state: &AppState,
    actor: &Actor,
    id: ConversationId,
    new: NewMessage,
) -> Result<Response, Problem> {
    let sent = state.crm().conversations().send(actor, id, new).await?;
    let replayed = sent.replayed;
    let mut json = MessageJson::from(sent.message);
    json.deferred_until = sent.deferred.map(|(until, _)| until);
    let mut response = (StatusCode::ACCEPTED, Json(json)).into_response();
    if replayed {
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
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
#[derive(Debug, Deserialize)]
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
