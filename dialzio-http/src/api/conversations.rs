//! Conversations.

use std::borrow::Cow;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::call::{CallPermission, PermissionAnswer};
use dialzio_core::consent::{Reason, RefusalCode};
use dialzio_core::contact::Stage;
use dialzio_core::conversation::{
    Activity, ActivityWord, Conversation, ConversationFilter, ConversationOrder, ConversationPatch,
    ConversationQuery, ConversationState, DeliveryStatus, Direction, InboxEntry, InboxView, MediaKind,
    Preview, StateFilter, TemplateCategory,
};
use dialzio_core::text::PersonName;
use dialzio_core::{
    AccountId, ActivityId, Actor, ChannelIdentityId, ContactId, ConversationId, Identifiers, MemberId,
    MessageId, Revision,
};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::contacts::DoubtJson;
use super::revision::{IfMatch, Revised, refusal};
use super::{Asked, Body, Id, List, Paging, text, word};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// All messages between one person and one account, with state, assignee and reply window.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Conversation)]
pub struct ConversationJson {
    id: ConversationId,
    /// The account on which it takes place.
    account: AccountId,
    /// The identity of the person at the provider.
    identity: ChannelIdentityId,
    contact: ContactId,
    state: StateFilter,
    /// When a snoozed conversation comes back.
    #[schema(required)]
    snoozed_until: Option<DateTime<Utc>>,
    /// The member who has it.
    #[schema(required)]
    assignee: Option<MemberId>,
    /// How many received messages are unread.
    unread: u32,
    #[schema(required)]
    last_message: Option<MessageId>,
    /// When its newest message was sent or received.
    last_at: DateTime<Utc>,
    /// When the person last wrote.
    #[schema(required)]
    last_inbound_at: Option<DateTime<Utc>>,
    /// Until when the provider accepts free text.
    #[schema(required)]
    window_ends_at: Option<DateTime<Utc>>,
    /// Since when the person waits for an answer; null if nothing is owed, as in a closed conversation.
    #[schema(required)]
    waiting_since: Option<DateTime<Utc>>,
    /// Whether the newest message is one that could not be delivered.
    last_failed: bool,
    /// What the person answered last when they were asked whether they may be called through this account; null if they never
    /// answered, and where providers do not ask.
    #[schema(required)]
    call_permission: Option<CallPermissionJson>,
    revision: Revision,
    created_at: DateTime<Utc>,
    /// The person, for callers who may read contacts.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonJson>,
    /// The newest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<LastJson>,
    /// Of one conversation: another person may be writing.
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<DoubtJson>,
}

/// What a person answered when they were asked whether they may be called.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallPermission)]
struct CallPermissionJson {
    answer: PermissionAnswer,
    /// When a permission ends; null if it has no end, and for a refusal.
    #[schema(required)]
    until: Option<DateTime<Utc>>,
    /// When they answered.
    at: DateTime<Utc>,
}

impl From<CallPermission> for CallPermissionJson {
    fn from(CallPermission { answer, until, at }: CallPermission) -> Self {
        Self { answer, until, at }
    }
}

/// The person of a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConversationPerson)]
struct PersonJson {
    /// The name of the contact.
    #[schema(required)]
    name: Option<String>,
    /// The name of the person's profile.
    #[schema(required)]
    profile_name: Option<String>,
    /// The person's public handle.
    #[schema(required)]
    username: Option<String>,
    #[schema(required)]
    phone: Option<String>,
    stage: Stage,
}

/// The newest message of a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LastMessage)]
struct LastJson {
    id: MessageId,
    direction: Direction,
    /// Who of the organisation wrote it; null for inbound messages and for what was sent without an author.
    #[schema(required)]
    author: Option<String>,
    /// The kind of its content.
    kind: String,
    /// What a person would read.
    #[schema(required)]
    text: Option<String>,
    status: DeliveryStatus,
}

const fn state_word(state: ConversationState) -> StateFilter {
    match state {
        ConversationState::Open => StateFilter::Open,
        ConversationState::Snoozed { .. } => StateFilter::Snoozed,
        ConversationState::Closed => StateFilter::Closed,
    }
}

impl From<Conversation> for ConversationJson {
    fn from(conversation: Conversation) -> Self {
        let snoozed_until = match conversation.state {
            ConversationState::Snoozed { until } => Some(until),
            _ => None,
        };
        Self {
            id: conversation.id,
            account: conversation.account,
            identity: conversation.identity,
            contact: conversation.contact,
            state: state_word(conversation.state),
            snoozed_until,
            assignee: conversation.assignee,
            unread: conversation.unread,
            last_message: conversation.last_message,
            last_at: conversation.last_at,
            last_inbound_at: conversation.last_inbound_at,
            window_ends_at: conversation.window_ends(),
            waiting_since: conversation.waiting_since,
            last_failed: conversation.last_failed,
            call_permission: conversation.call_permission.map(Into::into),
            revision: conversation.revision,
            created_at: conversation.created_at,
            person: None,
            last: None,
            doubt: None,
        }
    }
}

impl ConversationJson {
    /// A conversation with its person and newest message, as its reader may see them.
    pub(crate) fn of(entry: InboxEntry, seen: Identifiers) -> Self {
        let name =
            |name: &Option<PersonName>| name.as_ref().map(|name| seen.name(name.reveal()).into_owned());
        let person = PersonJson {
            name: name(&entry.contact_name),
            profile_name: name(&entry.profile_name),
            username: entry.username.as_ref().map(|name| name.reveal().to_owned()),
            phone: entry.phone.as_ref().map(|phone| seen.number(phone)),
            stage: entry.stage,
        };
        let last = entry.last.as_ref().map(|last| LastJson {
            id: last.id,
            direction: last.direction,
            author: last.author.clone(),
            kind: last.kind.clone(),
            text: last.text_seen_with(seen).map(Cow::into_owned),
            status: last.status,
        });
        Self { person: Some(person), last, ..Self::from(entry.conversation) }
    }
}

/// Which conversations are asked for.
#[derive(Debug, Deserialize, IntoParams)]
pub struct Search {
    /// Open ones unless given.
    #[param(value_type = Option<StateFilter>, inline)]
    state: Option<String>,
    /// The id of a member, `me`, `none` or `any`.
    assignee: Option<String>,
    /// Only on this account.
    #[param(value_type = Option<AccountId>)]
    account: Option<String>,
    /// Only with people at this stage.
    #[param(value_type = Option<Stage>, inline)]
    stage: Option<String>,
    /// Only with people who have this tag, in exactly this spelling.
    tag: Option<String>,
    /// Only those with something unread.
    #[param(value_type = Option<bool>)]
    unread: Option<String>,
    /// Only those whose newest message could not be delivered.
    #[param(value_type = Option<bool>)]
    failed: Option<String>,
    /// `latest`, the newest message first, unless given; `waiting` lists those alone that wait for an answer, the longest
    /// wait first.
    #[param(value_type = Option<ConversationOrder>, inline)]
    order: Option<String>,
    /// Only with people who have these words in name, username, address or tags, or these digits, four or more, in a
    /// number. Not together with `assignee` or `order`.
    q: Option<String>,
}

fn flag(field: &str, asked: Option<&str>) -> Result<bool, Problem> {
    let read = |text: &str| text.parse().map_err(|_| Problem::invalid(field, "is true or false"));
    Ok(asked.map(read).transpose()?.unwrap_or_default())
}

impl Search {
    fn filter(&self) -> Result<ConversationFilter, Problem> {
        let account =
            |id: &str| id.parse().map_err(|_| Problem::invalid("account", "is the id of an account"));
        Ok(ConversationFilter {
            account: self.account.as_deref().map(account).transpose()?,
            stage: self.stage.as_deref().map(|stage| word("stage", stage)).transpose()?,
            tag: self.tag.as_deref().map(|tag| text("tag", tag)).transpose()?,
            unread: flag("unread", self.unread.as_deref())?,
            failed: flag("failed", self.failed.as_deref())?,
        })
    }
}

/// `GET /v1/conversations`: `state` is `open`, `snoozed` or `closed`; `assignee` is a member, `me`, `none` or `any`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(search): Asked<Search>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<ConversationJson>>, Problem> {
    let view = match search.assignee.as_deref() {
        None | Some("any") => InboxView::All,
        Some("none") => InboxView::Unassigned,
        Some("me") => InboxView::Mine(
            actor.member().ok_or_else(|| Problem::invalid("assignee", "me is not a member here"))?,
        ),
        Some(id) => InboxView::Mine(
            id.parse().map_err(|_| Problem::invalid("assignee", "is a member, me, none or any"))?,
        ),
    };
    let known =
        |state: &str| state.parse().map_err(|_| Problem::invalid("state", "is open, snoozed or closed"));
    let filter = search.state.as_deref().map(known).transpose()?.unwrap_or_default();
    let narrowed = search.filter()?;
    let order = search.order.as_deref().map(|order| word("order", order)).transpose()?.unwrap_or_default();
    if let Some(words) = search.q.as_deref().filter(|words| !words.trim().is_empty()) {
        for (field, given) in [("assignee", &search.assignee), ("order", &search.order)] {
            if given.is_some() {
                return Err(Problem::invalid(field, "cannot be given together with q"));
            }
        }
        let found =
            state.crm().conversations().find(&actor, words, filter, narrowed, paging.request()?).await?;
        let seen = actor.identifiers();
        return Ok(List::of(found.page, |entry| ConversationJson::of(entry, seen)));
    }
    let query = ConversationQuery {
        filter: narrowed,
        order,
        ..ConversationQuery::new(view, filter, state.crm().clock().now())
    };
    let page = state.crm().conversations().list(&actor, &query, paging.request()?).await?;
    let seen = actor.identifiers();
    Ok(List::of(page, |entry| ConversationJson::of(entry, seen)))
}

/// `GET /v1/conversations/{conversation}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
) -> Result<Revised<ConversationJson>, Problem> {
    Ok(shown(&state, &actor, id).await?)
}

/// A conversation with its person, and its tag.
async fn shown(
    state: &AppState,
    actor: &Actor,
    id: ConversationId,
) -> Result<Revised<ConversationJson>, dialzio_core::Error> {
    let entry = state.crm().conversations().get(actor, id).await?;
    let (revision, identity) = (entry.conversation.revision, entry.conversation.identity);
    let doubt = match state.crm().conversations().person(actor, id).await {
        Ok((_, known)) => known.into_iter().find(|known| known.id == identity).and_then(|known| known.doubt),
        // Who may not read contacts sees the conversation alone.
        Err(dialzio_core::Error::Denied { .. }) => None,
        Err(error) => return Err(error),
    };
    let seen = actor.identifiers();
    let conversation = ConversationJson {
        doubt: doubt.map(|doubt| DoubtJson::of(&doubt, seen)),
        ..ConversationJson::of(entry, seen)
    };
    Ok(Revised::at(revision, conversation))
}

/// What came of a change: the conversation with its person for who may read it, and without otherwise.
async fn changed(
    state: &AppState,
    actor: &Actor,
    change: Result<Conversation, dialzio_core::Error>,
    id: ConversationId,
) -> Result<Revised<ConversationJson>, Problem> {
    match change {
        Ok(changed) => match shown(state, actor, id).await {
            Err(dialzio_core::Error::Denied { .. }) => Ok(Revised::at(changed.revision, changed.into())),
            found => Ok(found?),
        },
        Err(error) => Err(refusal(error, shown(state, actor, id)).await),
    }
}

/// An account to write from.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewConversation)]
#[serde(deny_unknown_fields)]
pub struct OpenJson {
    /// The account to write from.
    account: AccountId,
}

/// `POST /v1/contacts/{contact}/conversations`.
pub async fn open(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(contact): Id<ContactId>,
    Body(new): Body<OpenJson>,
) -> Result<Revised<ConversationJson>, Problem> {
    let conversation = state.crm().conversations().open(&actor, contact, new.account).await?;
    Ok(Revised::made(conversation.revision, conversation.into()))
}

pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// Changes to a conversation: an absent field stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ConversationPatch)]
#[serde(deny_unknown_fields)]
pub struct ConversationPatchJson {
    #[schema(value_type = Option<StateFilter>)]
    state: Option<String>,
    /// When it comes back; required for `snoozed`.
    snoozed_until: Option<DateTime<Utc>>,
    /// The member who gets it, or `null`.
    #[schema(value_type = Option<MemberId>)]
    #[serde(default, deserialize_with = "present")]
    assignee: Option<Option<MemberId>>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `PATCH /v1/conversations/{conversation}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
    meant: IfMatch,
    Body(patch): Body<ConversationPatchJson>,
) -> Result<Revised<ConversationJson>, Problem> {
    let wanted = match (patch.state.as_deref(), patch.snoozed_until) {
        (None, None) => None,
        (Some("open"), None) => Some(ConversationState::Open),
        (Some("closed"), None) => Some(ConversationState::Closed),
        (Some("snoozed") | None, Some(until)) => Some(ConversationState::Snoozed { until }),
        (Some("snoozed"), None) => return Err(Problem::invalid("snoozed_until", "is needed for snoozed")),
        (Some(_), _) => return Err(Problem::invalid("state", "is open, snoozed or closed")),
    };
    let patch = ConversationPatch {
        state: wanted,
        assignee: patch.assignee,
        revision: meant.revision(patch.revision)?,
    };
    let change = state.crm().conversations().update(&actor, id, patch).await;
    changed(&state, &actor, change, id).await
}

/// The claim of a conversation.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = ConversationClaim)]
#[serde(deny_unknown_fields)]
pub struct ClaimJson {
    /// The member who claims it; the caller unless given.
    member: Option<MemberId>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `POST /v1/conversations/{conversation}/claim`.
pub async fn claim(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
    meant: IfMatch,
    Body(claim): Body<ClaimJson>,
) -> Result<Revised<ConversationJson>, Problem> {
    let revision = meant.revision(claim.revision)?;
    let change = state.crm().conversations().claim(&actor, id, claim.member, revision).await;
    changed(&state, &actor, change, id).await
}

/// `POST /v1/conversations/{conversation}/read`.
pub async fn read(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
) -> Result<StatusCode, Problem> {
    state.crm().conversations().seen(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the consent gate would decide now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Verdict)]
pub struct VerdictJson {
    /// Whether it can be sent, now or later.
    allowed: bool,
    /// When it would be sent, if not at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    deferred_until: Option<DateTime<Utc>>,
    /// The rules that refuse or defer, the deciding one first.
    reasons: Vec<ReasonJson>,
}

/// A rule that refuses or defers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RefusalReason)]
pub struct ReasonJson {
    code: RefusalCode,
    /// Since when the rule applies.
    #[schema(required)]
    since: Option<DateTime<Utc>>,
}

fn reasons(reasons: &[Reason]) -> Vec<ReasonJson> {
    reasons.iter().map(|reason| ReasonJson { code: reason.code, since: reason.since }).collect()
}

impl From<&Preview> for VerdictJson {
    fn from(preview: &Preview) -> Self {
        match preview {
            Preview::Ready => Self { allowed: true, deferred_until: None, reasons: Vec::new() },
            Preview::Deferred { until, reasons: why } => {
                Self { allowed: true, deferred_until: Some(*until), reasons: reasons(why) }
            }
            Preview::Refused(refusal) => {
                Self { allowed: false, deferred_until: None, reasons: reasons(&refusal.reasons) }
            }
        }
    }
}

/// What the consent gate would decide for a template.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TemplateVerdict)]
pub struct TemplateVerdictJson {
    name: String,
    language: String,
    category: TemplateCategory,
    #[serde(flatten)]
    verdict: VerdictJson,
}

/// What the consent gate would decide for everything that could be sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Preview)]
pub struct PreviewJson {
    /// Free text and files.
    reply: VerdictJson,
    templates: Vec<TemplateVerdictJson>,
    /// The files that the provider accepts.
    files: Vec<FileKindJson>,
}

/// Files of one kind that can be sent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SendableFile)]
struct FileKindJson {
    kind: MediaKind,
    /// The largest size, in bytes.
    largest_bytes: u64,
    /// The accepted media types.
    types: &'static [&'static str],
}

/// `GET /v1/conversations/{conversation}/permissions`.
pub async fn preview(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
) -> Result<Json<PreviewJson>, Problem> {
    let preview = state.crm().conversations().preview(&actor, id).await?;
    let templates = preview.templates.iter().map(|(template, verdict)| TemplateVerdictJson {
        name: template.name.clone(),
        language: template.language.clone(),
        category: template.category,
        verdict: verdict.into(),
    });
    let files = preview
        .capabilities
        .iter()
        .flat_map(|capabilities| &capabilities.media)
        .map(|taken| FileKindJson { kind: taken.what, largest_bytes: taken.largest, types: taken.types });
    Ok(Json(PreviewJson {
        reply: (&preview.reply).into(),
        templates: templates.collect(),
        files: files.collect(),
    }))
}

/// A change of a conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Activity)]
pub struct ActivityJson {
    id: ActivityId,
    what: ActivityWord,
    /// The principal who did it.
    by: String,
    /// The member who got the conversation.
    #[schema(required)]
    member: Option<MemberId>,
    /// Until when it was snoozed.
    #[schema(required)]
    until: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
}

impl From<Activity> for ActivityJson {
    fn from(done: Activity) -> Self {
        let (what, member, until) = (done.what.word(), done.what.member(), done.what.until());
        Self { id: done.id, what, by: done.by, member, until, at: done.at }
    }
}

/// `GET /v1/conversations/{conversation}/activity`.
pub async fn activity(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ConversationId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<ActivityJson>>, Problem> {
    let page = state.crm().conversations().activities(&actor, id, paging.request()?).await?;
    Ok(List::of(page, ActivityJson::from))
}
