//! Messages.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::consent::Purpose;
use dialzio_core::conversation::{
    Content, DeliveryStatus, Direction, Evidence, FailureNote, Message, MessageContext, MessageNarrow,
    MessageSort,
};
use dialzio_core::media::{Media, MediaState};
use dialzio_core::page::Page;
use dialzio_core::{Actor, ConversationId, Error, Identifiers, MediaId, MessageId, RecordKind};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::conversations::ConversationJson;
use super::revision::{IfMatch, Revised, refusal};
use super::{Asked, Body, Id, List, Paging, word};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// One message of a conversation: content, direction, and how far its delivery has come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageJson {
    id: MessageId,
    conversation: ConversationId,
    direction: Direction,
    /// The principal who wrote it; `null` for a received message.
    #[schema(required)]
    author: Option<String>,
    /// The kind of its content, or of its file.
    kind: &'static str,
    /// What a person would read.
    #[schema(required)]
    text: Option<String>,
    content: Content,
    /// Why it was sent; `null` for a received message.
    #[schema(required)]
    purpose: Option<Purpose>,
    status: DeliveryStatus,
    /// When it reached this status.
    status_at: DateTime<Utc>,
    /// Why it failed or was refused.
    #[schema(required)]
    failure: Option<FailureJson>,
    /// The earlier of the provider's time and the receipt.
    event_at: DateTime<Utc>,
    received_at: DateTime<Utc>,
    /// Its id at the provider.
    #[schema(required)]
    external_id: Option<String>,
    /// The message that it answers.
    #[schema(required)]
    reply_to: Option<MessageId>,
    context: MessageContext,
    /// Whether the provider sent more with it, which `/v1/messages/{message}/beside` opens.
    has_more: bool,
    /// When the person last edited it.
    #[schema(required)]
    edited_at: Option<DateTime<Utc>>,
    /// When the person deleted it.
    #[schema(required)]
    revoked_at: Option<DateTime<Utc>>,
    reactions: Vec<ReactionJson>,
    /// What is known of its file. Like `history`, only where a message is read.
    #[schema(required)]
    file: Option<FileJson>,
    /// Everything that is known about its delivery, in the order in which it happened.
    history: Vec<EvidenceJson>,
    /// When it is sent, if it was put off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deferred_until: Option<DateTime<Utc>>,
}

/// Why a message failed or was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageFailure)]
struct FailureJson {
    /// A dotted code: the rule that refused it, or the code of the provider.
    code: String,
    /// The provider's explanation.
    #[schema(required)]
    detail: Option<String>,
}

/// The file of a message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MessageFile)]
struct FileJson {
    id: MediaId,
    state: MediaState,
    /// The media type, recognised by the bytes.
    #[serde(rename = "type")]
    #[schema(required)]
    mime: Option<String>,
    /// The size, in bytes.
    #[schema(required)]
    size: Option<u64>,
    /// The SHA-256 digest, in hexadecimal digits.
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
pub(super) async fn whole(
    state: &AppState,
    actor: &Actor,
    messages: Vec<Message>,
) -> Result<Vec<MessageJson>, Problem> {
    let ids = |wanted: fn(&Message) -> bool| -> Vec<MessageId> {
        messages.iter().filter(|message| wanted(message)).map(|message| message.id).collect()
    };
    let files = ids(|message| message.content.media().is_some());
    let sent = ids(|message| message.direction == Direction::Outbound);
    let mut files = state.crm().media().of(actor, &files).await?;
    let evidence = state.crm().conversations().evidence_of(actor, &sent).await?;
    let seen = actor.identifiers();
    let one = |message: Message| {
        let file = files.iter().position(|file| Some(file.id) == message.content.media());
        let history = evidence.iter().filter(|(id, _)| *id == message.id);
        MessageJson {
            file: file.map(|place| files.swap_remove(place).into()),
            history: history.map(|(_, evidence)| evidence.clone().into()).collect(),
            ..MessageJson::of(message, seen)
        }
    };
    Ok(messages.into_iter().map(one).collect())
}

/// An emoji that one side has put on a message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reaction)]
struct ReactionJson {
    by: Direction,
    emoji: String,
    at: DateTime<Utc>,
}

impl MessageJson {
    /// A message as its reader may see it.
    pub(super) fn of(message: Message, seen: Identifiers) -> Self {
        let content = message.content.seen_with(seen).into_owned();
        let reactions = message.reactions.iter().filter_map(|reaction| {
            Some(ReactionJson { by: reaction.by, emoji: reaction.emoji.clone()?, at: reaction.at })
        });
        Self {
            id: message.id,
            conversation: message.conversation,
            direction: message.direction,
            reactions: reactions.collect(),
            author: message.author,
            kind: content.kind(),
            text: content.display_text().map(str::to_owned),
            purpose: message.purpose,
            status: message.delivery.status,
            status_at: message.delivery.at,
            failure: message.delivery.failure.map(Into::into),
            file: None,
            history: Vec::new(),
            content,
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

/// `POST /v1/messages/{message}/cancellation`.
pub async fn cancel(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<MessageId>,
    meant: IfMatch,
) -> Result<Revised<MessageJson>, Problem> {
    command(&state, &actor, id, &meant, async || state.crm().conversations().cancel(&actor, id).await).await
}

/// Which messages are looked for.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Sought {
    /// The words that stand in the message, in any order; the last one may be the beginning of a word, from three characters
    /// on. Case and accents do not count.
    #[param(required)]
    q: Option<String>,
    /// Only on this account.
    #[param(value_type = Option<dialzio_core::AccountId>)]
    account: Option<String>,
    /// Only in this conversation.
    #[param(value_type = Option<ConversationId>)]
    conversation: Option<String>,
    /// Only those that the person wrote (`inbound`), or that we did (`outbound`).
    #[param(value_type = Option<Direction>, inline)]
    direction: Option<String>,
    /// Only those that hold this.
    #[param(value_type = Option<MessageSort>, inline)]
    kind: Option<String>,
    /// Only those that were written then or later.
    since: Option<DateTime<Utc>>,
    /// Only those that were written before then.
    until: Option<DateTime<Utc>>,
}

/// A message that was found, and its conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FoundMessage)]
pub struct FoundMessageJson {
    message: MessageJson,
    conversation: ConversationJson,
}

/// `GET /v1/messages`: messages by their words, newest first. A page may be shorter than `limit`, even empty, while there is
/// a next one.
pub async fn find(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(sought): Asked<Sought>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<FoundMessageJson>>, Problem> {
    let words = sought.q.as_deref().filter(|words| !words.trim().is_empty());
    let words = words.ok_or_else(|| Problem::invalid("q", "is missing: give the words to look for"))?;
    let account = |id: &str| id.parse().map_err(|_| Problem::invalid("account", "is the id of an account"));
    let account = sought.account.as_deref().map(account).transpose()?;
    let talk =
        |id: &str| id.parse().map_err(|_| Problem::invalid("conversation", "is the id of a conversation"));
    let talk = sought.conversation.as_deref().map(talk).transpose()?;
    let service = state.crm().conversations();
    let narrow = MessageNarrow {
        direction: sought.direction.as_deref().map(|direction| word("direction", direction)).transpose()?,
        sort: sought.kind.as_deref().map(|kind| word("kind", kind)).transpose()?,
        since: sought.since,
        until: sought.until,
    };
    let page = service.find_messages(&actor, words, account, talk, narrow, paging.request()?).await?;
    let (messages, entries): (Vec<_>, Vec<_>) =
        page.items.into_iter().map(|found| (found.message, found.entry)).unzip();
    let shown = whole(&state, &actor, messages).await?;
    let seen = actor.identifiers();
    let each =
        |(message, entry)| FoundMessageJson { message, conversation: ConversationJson::of(entry, seen) };
    let items = shown.into_iter().zip(entries).map(each).collect();
    Ok(List::of(Page { items, next: page.next }, |found| found))
}

/// What is looked for in a conversation.
#[derive(Debug, Deserialize, IntoParams)]
pub struct SharedKind {
    /// What the messages hold.
    #[param(required, value_type = MessageSort, inline)]
    kind: Option<String>,
}

/// `GET /v1/conversations/{conversation}/shared`.
pub async fn shared(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
    Asked(asked): Asked<SharedKind>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<MessageJson>>, Problem> {
    let sort = word("kind", asked.kind.as_deref().unwrap_or_default())?;
    let page = state.crm().conversations().shared(&actor, id, sort, paging.request()?).await?;
    let items = whole(&state, &actor, page.items).await?;
    Ok(List::of(Page { items, next: page.next }, |message| message))
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
    Ok(Revised(StatusCode::OK, tag, json.unwrap_or_else(|| MessageJson::of(message, actor.identifiers()))))
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
        // Another caller was faster: the status has changed.
        Err(Error::Conflict { .. }) if !meant.is_any() => Err(refusal(stale(), shown).await),
        done => tagged(state, actor, done?).await,
    }
}

/// A member's decision about a message with an unknown outcome.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = MessageResolution)]
#[serde(deny_unknown_fields)]
pub struct ResolutionJson {
    /// `true`: it was sent. `false`: it is marked as failed.
    sent: bool,
}

/// `POST /v1/messages/{message}/resolution`.
pub async fn resolve(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<MessageId>,
    meant: IfMatch,
    Body(resolution): Body<ResolutionJson>,
) -> Result<Revised<MessageJson>, Problem> {
    let resolve = async || state.crm().conversations().resolve_unknown(&actor, id, resolution.sent).await;
    command(&state, &actor, id, &meant, resolve).await
}
