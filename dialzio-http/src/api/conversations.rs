//! Conversations.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::consent::Reason;
use dialzio_core::conversation::{
    Activity, Conversation, ConversationPatch, ConversationQuery, ConversationState, InboxEntry, InboxView,
    Preview, StateFilter,
};
use dialzio_core::{
    AccountId, ActivityId, Actor, ChannelIdentityId, ContactId, ConversationId, MemberId, MessageId, Revision,
};
use serde::{Deserialize, Deserializer, Serialize};

use super::contacts::{DoubtJson, FlatPaging};
use super::revision::{IfMatch, Revised, refusal};
use super::{Asked, Body, Id, List, Paging};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// A conversation.
#[derive(Debug, Serialize)]
pub struct ConversationJson {
    id: ConversationId,
    account: AccountId,
    identity: ChannelIdentityId,
    contact: ContactId,
    state: &'static str,
    snoozed_until: Option<DateTime<Utc>>,
    assignee: Option<MemberId>,
    unread: u32,
    last_message: Option<MessageId>,
    last_at: DateTime<Utc>,
    last_inbound_at: Option<DateTime<Utc>>,
    window_ends_at: Option<DateTime<Utc>>,
    revision: Revision,
    created_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<LastJson>,
    /// Of one conversation: somebody else may be writing.
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<DoubtJson>,
}

/// Who a conversation is with.
#[derive(Debug, Serialize)]
struct PersonJson {
    name: Option<String>,
    profile_name: Option<String>,
    username: Option<String>,
    phone: Option<String>,
    stage: &'static str,
}

/// The newest message of a conversation.
#[derive(Debug, Serialize)]
struct LastJson {
    id: MessageId,
    direction: &'static str,
    kind: String,
    text: Option<String>,
    status: &'static str,
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
            state: conversation.state.as_str(),
            snoozed_until,
            assignee: conversation.assignee,
            unread: conversation.unread,
            last_message: conversation.last_message,
            last_at: conversation.last_at,
            last_inbound_at: conversation.last_inbound_at,
            window_ends_at: conversation.window_ends(),
            revision: conversation.revision,
            created_at: conversation.created_at,
            person: None,
            last: None,
            doubt: None,
        }
    }
}

impl From<InboxEntry> for ConversationJson {
    fn from(entry: InboxEntry) -> Self {
        let person = PersonJson {
            name: entry.contact_name.as_ref().map(|name| name.reveal().to_owned()),
            profile_name: entry.profile_name.as_ref().map(|name| name.reveal().to_owned()),
            username: entry.username.as_ref().map(|name| name.reveal().to_owned()),
            phone: entry.phone.as_ref().map(|phone| phone.reveal().to_owned()),
            stage: entry.stage.as_str(),
        };
        let last = entry.last.as_ref().map(|last| LastJson {
            id: last.id,
            direction: last.direction.as_str(),
            kind: last.kind.clone(),
            text: last.reading.as_ref().map(|text| text.reveal().to_owned()),
            status: last.status.as_str(),
        });
        Self { person: Some(person), last, ..Self::from(entry.conversation) }
    }
}

/// Query of the list.
#[derive(Debug, Deserialize)]
pub struct Search {
    state: Option<String>,
    assignee: Option<String>,
    #[serde(flatten)]
    paging: FlatPaging,
}

/// `GET /v1/conversations`: `state` is `open`, `snoozed` or `closed`; `assignee` is a member, `me`, `none` or `any`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(search): Asked<Search>,
) -> Result<Json<List<ConversationJson>>, Problem> {
    let view = match search.assignee.as_deref() {
        None | Some("any") => InboxView::All,
        Some("none") => InboxView::Unassigned,
        Some("me") => {
            InboxView::Mine(actor.member().ok_or_else(|| Problem::invalid("assignee", "me is nobody here"))?)
        }
        Some(id) => InboxView::Mine(
            id.parse().map_err(|_| Problem::invalid("assignee", "is a member, me, none or any"))?,
        ),
    };
    let filter = match search.state.as_deref() {
        None | Some("open") => StateFilter::Open,
        Some("snoozed") => StateFilter::Snoozed,
        Some("closed") => StateFilter::Closed,
        Some(_) => return Err(Problem::invalid("state", "is open, snoozed or closed")),
    };
    let query = ConversationQuery { view, state: filter, now: state.crm().clock().now() };
    let page = state.crm().conversations().list(&actor, &query, search.paging.request()?).await?;
    Ok(List::of(page, ConversationJson::from))
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
    let conversation = ConversationJson { doubt: doubt.map(DoubtJson::from), ..entry.into() };
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenJson {
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

fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// What is to change; an absent field stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConversationPatchJson {
    state: Option<String>,
    snoozed_until: Option<DateTime<Utc>>,
    #[serde(default, deserialize_with = "present")]
    assignee: Option<Option<MemberId>>,
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

/// For whom a conversation is claimed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimJson {
    member: Option<MemberId>,
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

/// What the gate would say now.
#[derive(Debug, Serialize)]
pub struct VerdictJson {
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    deferred_until: Option<DateTime<Utc>>,
    reasons: Vec<ReasonJson>,
}

/// A rule that said no or later.
#[derive(Debug, Serialize)]
pub struct ReasonJson {
    code: &'static str,
    since: Option<DateTime<Utc>>,
}

fn reasons(reasons: &[Reason]) -> Vec<ReasonJson> {
    reasons.iter().map(|reason| ReasonJson { code: reason.code.as_str(), since: reason.since }).collect()
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

/// What the gate would say to a template.
#[derive(Debug, Serialize)]
pub struct TemplateVerdictJson {
    name: String,
    language: String,
    category: &'static str,
    #[serde(flatten)]
    verdict: VerdictJson,
}

/// What the gate would say to everything that could be sent.
#[derive(Debug, Serialize)]
pub struct PreviewJson {
    reply: VerdictJson,
    templates: Vec<TemplateVerdictJson>,
    files: Vec<FileKindJson>,
}

/// Files of one kind that can be sent.
#[derive(Debug, Serialize)]
struct FileKindJson {
    kind: &'static str,
    largest_bytes: u64,
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
        category: template.category.as_str(),
        verdict: verdict.into(),
    });
    let files = preview.able.iter().flat_map(|able| &able.media).map(|taken| FileKindJson {
        kind: taken.what.as_str(),
        largest_bytes: taken.largest,
        types: taken.types,
    });
    Ok(Json(PreviewJson {
        reply: (&preview.reply).into(),
        templates: templates.collect(),
        files: files.collect(),
    }))
}

/// Something that was done with a conversation.
#[derive(Debug, Serialize)]
pub struct ActivityJson {
    id: ActivityId,
    what: &'static str,
    by: String,
    member: Option<MemberId>,
    until: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
}

impl From<Activity> for ActivityJson {
    fn from(done: Activity) -> Self {
        let (what, member, until) = (done.what.as_str(), done.what.member(), done.what.until());
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
