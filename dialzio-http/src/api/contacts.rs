//! Contacts, their identities, notes and follow-ups.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::contact::{
    Alias, ChannelIdentity, Contact, ContactPatch, ContactQuery, Detail, DetailValue, Doubt, DoubtAnswer,
    NameSource, NewContact, NewTask, Note, Stage, Task, TaskQuery,
};
use dialzio_core::text::{EmailAddress, Label, NoteText, PersonName, TagName, TaskTitle, Username};
use dialzio_core::{Actor, ChannelIdentityId, ContactId, MemberId, PhoneNumber, Region, Revision, TaskId};
use serde::{Deserialize, Deserializer, Serialize};

use super::revision::{IfMatch, Revised, refusal};
use super::{Asked, Body, Id, Ids, List, Paging, text, word};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// A number or address on a card.
#[derive(Debug, Serialize, Deserialize)]
pub struct DetailJson {
    /// `phone` or `email`.
    pub kind: String,
    /// E.164, or an address. On input a number may be spelled in any international form, or as it is dialled in the
    /// organisation's country.
    pub value: String,
    /// How the number was written. Ignored on input, where `value` says it.
    #[serde(default)]
    pub as_written: Option<String>,
    /// The extension that was written behind the number. Ignored on input, where `value` says it.
    #[serde(default)]
    pub extension: Option<String>,
    /// A word beside it.
    #[serde(default)]
    pub label: Option<String>,
}

/// A contact.
#[derive(Debug, Serialize)]
pub struct ContactJson {
    id: ContactId,
    name: Option<String>,
    /// `typed`, or `profile`: then it follows the name of the person's profile until it is changed.
    name_source: NameSource,
    stage: Stage,
    owner: Option<MemberId>,
    details: Vec<DetailJson>,
    tags: Vec<String>,
    restricted: bool,
    revision: Revision,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<Contact> for ContactJson {
    fn from(contact: Contact) -> Self {
        let detail = |detail: &Detail| DetailJson {
            kind: detail.value.kind().to_owned(),
            value: match &detail.value {
                DetailValue::Phone { number, .. } => number.reveal().to_owned(),
                DetailValue::Email(email) => email.reveal().to_owned(),
            },
            as_written: match &detail.value {
                DetailValue::Phone { as_written, .. } => Some(as_written.reveal().to_owned()),
                DetailValue::Email(_) => None,
            },
            extension: detail.value.extension().map(|digits| digits.reveal().to_owned()),
            label: detail.label.as_ref().map(|label| label.reveal().to_owned()),
        };
        Self {
            id: contact.id,
            name: contact.name.as_ref().map(|name| name.reveal().to_owned()),
            name_source: contact.name_source,
            stage: contact.stage,
            owner: contact.owner,
            details: contact.details.iter().map(detail).collect(),
            tags: contact.tags.iter().map(|tag| tag.reveal().to_owned()).collect(),
            restricted: contact.restricted,
            revision: contact.revision,
            created_at: contact.created_at,
            updated_at: contact.updated_at,
        }
    }
}

fn read_details(given: &[DetailJson], country: Option<Region>) -> Result<Vec<Detail>, Problem> {
    let each = |detail: &DetailJson| {
        let label = detail.label.as_deref().map(|label| text::<Label>("label", label)).transpose()?;
        let value = match detail.kind.as_str() {
            "phone" => {
                let wrong = |error| {
                    Problem::invalid("details", format!("hold a number that cannot be used: {error}"))
                };
                Detail::written(&detail.value, country).map_err(wrong)?.value
            }
            "email" => DetailValue::Email(text::<EmailAddress>("details", &detail.value)?),
            _ => return Err(Problem::invalid("details", "have a kind of phone or email")),
        };
        Ok(Detail { value, label })
    };
    if given.len() > 20 {
        return Err(Problem::invalid("details", "are at most 20"));
    }
    given.iter().map(each).collect()
}

fn read_tags(given: &[String]) -> Result<Vec<TagName>, Problem> {
    if given.len() > 50 {
        return Err(Problem::invalid("tags", "are at most 50"));
    }
    given.iter().map(|tag| text("tags", tag)).collect()
}

/// Query of the list.
#[derive(Debug, Deserialize)]
pub struct Search {
    q: Option<String>,
    stage: Option<String>,
    #[serde(flatten)]
    paging: FlatPaging,
}

/// Paging beside other words of a query, where numbers arrive as text.
#[derive(Debug, Default, Deserialize)]
pub struct FlatPaging {
    cursor: Option<String>,
    limit: Option<String>,
}

impl FlatPaging {
    /// As the core asks for it.
    ///
    /// # Errors
    /// A problem for a cursor or limit that cannot be read.
    pub fn request(&self) -> Result<dialzio_core::page::PageRequest, Problem> {
        let limit = self
            .limit
            .as_deref()
            .map(|text| text.parse().map_err(|_| Problem::invalid("limit", "is a number from 1")));
        Paging { cursor: self.cursor.clone(), limit: limit.transpose()? }.request()
    }
}

/// `GET /v1/contacts`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(search): Asked<Search>,
) -> Result<Json<List<ContactJson>>, Problem> {
    let mut query = search.q.as_deref().map_or_else(ContactQuery::default, ContactQuery::matching);
    query.stage = search.stage.as_deref().map(|stage| word("stage", stage)).transpose()?;
    let page = state.crm().contacts().list(&actor, &query, search.paging.request()?).await?;
    Ok(List::of(page, ContactJson::from))
}

/// A contact to be made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewContactJson {
    name: Option<String>,
    stage: Option<String>,
    #[serde(default)]
    details: Vec<DetailJson>,
    #[serde(default)]
    tags: Vec<String>,
}

/// `POST /v1/contacts`.
pub async fn create(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<NewContactJson>,
) -> Result<(StatusCode, Json<ContactJson>), Problem> {
    let country = state.crm().contacts().dials_in(&actor).await?;
    let new = NewContact {
        name: new.name.as_deref().map(|name| text("name", name)).transpose()?,
        stage: new.stage.as_deref().map(|stage| word("stage", stage)).transpose()?,
        details: read_details(&new.details, country)?,
        tags: read_tags(&new.tags)?,
    };
    let contact = state.crm().contacts().create(&actor, new).await?;
    Ok((StatusCode::CREATED, Json(contact.into())))
}

/// `GET /v1/contacts/{contact}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
) -> Result<Revised<ContactJson>, Problem> {
    Ok(shown(&state, &actor, id).await?)
}

/// A contact and its tag.
async fn shown(
    state: &AppState,
    actor: &Actor,
    id: ContactId,
) -> Result<Revised<ContactJson>, dialzio_core::Error> {
    let contact = state.crm().contacts().get(actor, id).await?;
    Ok(Revised::at(contact.revision, contact.into()))
}

/// Tells an absent field from `null`.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// What is to change; an absent field stays, `null` takes it away.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactPatchJson {
    #[serde(default, deserialize_with = "present")]
    name: Option<Option<String>>,
    stage: Option<String>,
    #[serde(default, deserialize_with = "present")]
    owner: Option<Option<MemberId>>,
    details: Option<Vec<DetailJson>>,
    tags: Option<Vec<String>>,
    restricted: Option<bool>,
    /// All numbers by which providers know the person that are theirs no longer.
    former_numbers: Option<Vec<String>>,
    revision: Option<u32>,
}

/// `PATCH /v1/contacts/{contact}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
    meant: IfMatch,
    Body(patch): Body<ContactPatchJson>,
) -> Result<Revised<ContactJson>, Problem> {
    let name =
        |name: Option<String>| name.as_deref().map(|name| text::<PersonName>("name", name)).transpose();
    let country = state.crm().contacts().dials_in(&actor).await?;
    let read_details = |details| read_details(details, country);
    let former = |numbers: &[String]| -> Result<Vec<PhoneNumber>, Problem> {
        let wrong =
            |error| Problem::invalid("former_numbers", format!("hold a number that cannot be used: {error}"));
        let each =
            |text: &String| PhoneNumber::understand(text, country).map(|read| read.number).map_err(wrong);
        numbers.iter().map(each).collect()
    };
    let patch = ContactPatch {
        name: patch.name.map(name).transpose()?,
        stage: patch.stage.as_deref().map(|stage| word("stage", stage)).transpose()?,
        owner: patch.owner,
        details: patch.details.as_deref().map(read_details).transpose()?,
        tags: patch.tags.as_deref().map(read_tags).transpose()?,
        restricted: patch.restricted,
        former_numbers: patch.former_numbers.as_deref().map(former).transpose()?,
        revision: meant.revision(patch.revision)?,
    };
    match state.crm().contacts().update(&actor, id, patch).await {
        Ok(contact) => Ok(Revised::at(contact.revision, contact.into())),
        Err(error) => Err(refusal(error, shown(&state, &actor, id)).await),
    }
}

/// One id under which a provider knows a person.
#[derive(Debug, Serialize)]
pub struct AliasJson {
    kind: &'static str,
    value: String,
}

/// An id that its person has given up.
#[derive(Debug, Serialize)]
pub struct FormerJson {
    #[serde(flatten)]
    alias: AliasJson,
    since: DateTime<Utc>,
}

/// Somebody with another profile writes from a number that its person had given up.
#[derive(Debug, Serialize)]
pub struct DoubtJson {
    number: String,
    profile_name: Option<String>,
    since: DateTime<Utc>,
}

impl From<Doubt> for DoubtJson {
    fn from(doubt: Doubt) -> Self {
        Self {
            number: doubt.number.reveal().to_owned(),
            profile_name: doubt.name.map(|name| name.reveal().to_owned()),
            since: doubt.since,
        }
    }
}

/// Who writes from a number that its person had given up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoubtAnswerJson {
    answer: String,
}

/// `POST /v1/contacts/{contact}/identities/{identity}/doubt`: answers the contact that the number belongs to now.
pub async fn settle_doubt(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Ids(contact, identity): Ids<ContactId, ChannelIdentityId>,
    Body(given): Body<DoubtAnswerJson>,
) -> Result<Revised<ContactJson>, Problem> {
    let answer: DoubtAnswer = word("answer", &given.answer)?;
    let contact = state.crm().contacts().settle_doubt(&actor, contact, identity, answer).await?;
    Ok(Revised::at(contact.revision, contact.into()))
}

/// How a contact is known at a provider.
#[derive(Debug, Serialize)]
pub struct IdentityJson {
    id: dialzio_core::ChannelIdentityId,
    channel: &'static str,
    profile_name: Option<String>,
    username: Option<String>,
    aliases: Vec<AliasJson>,
    /// The ids that the person has given up.
    former: Vec<FormerJson>,
    /// Somebody else may be writing from a former number; see `POST …/doubt`.
    doubt: Option<DoubtJson>,
    unreachable_since: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<ChannelIdentity> for IdentityJson {
    fn from(identity: ChannelIdentity) -> Self {
        let alias =
            |alias: &Alias| AliasJson { kind: alias.kind().as_str(), value: alias.reveal().to_owned() };
        Self {
            id: identity.id,
            channel: "whatsapp",
            profile_name: identity.profile_name.as_ref().map(|name| name.reveal().to_owned()),
            username: identity.username.as_ref().map(|name: &Username| name.reveal().to_owned()),
            aliases: identity.aliases.iter().map(alias).collect(),
            former: identity
                .former
                .iter()
                .map(|former| FormerJson { alias: alias(&former.alias), since: former.since })
                .collect(),
            doubt: identity.doubt.map(DoubtJson::from),
            unreachable_since: identity.unreachable_since,
            created_at: identity.created_at,
        }
    }
}

/// `GET /v1/contacts/{contact}/identities`.
pub async fn identities(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
) -> Result<Json<List<IdentityJson>>, Problem> {
    let identities = state.crm().contacts().identities(&actor, id).await?;
    Ok(List::all(identities.into_iter().map(IdentityJson::from).collect()))
}

/// A note.
#[derive(Debug, Serialize)]
pub struct NoteJson {
    id: dialzio_core::NoteId,
    contact: ContactId,
    author: String,
    text: String,
    created_at: DateTime<Utc>,
}

impl From<Note> for NoteJson {
    fn from(note: Note) -> Self {
        let text = note.text.reveal().to_owned();
        Self { id: note.id, contact: note.contact, author: note.author, text, created_at: note.created_at }
    }
}

/// `GET /v1/contacts/{contact}/notes`.
pub async fn notes(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<NoteJson>>, Problem> {
    let page = state.crm().contacts().notes(&actor, id, paging.request()?).await?;
    Ok(List::of(page, NoteJson::from))
}

/// A note to be written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewNoteJson {
    text: String,
}

/// `POST /v1/contacts/{contact}/notes`.
pub async fn add_note(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
    Body(new): Body<NewNoteJson>,
) -> Result<(StatusCode, Json<NoteJson>), Problem> {
    let note = state.crm().contacts().add_note(&actor, id, text::<NoteText>("text", &new.text)?).await?;
    Ok((StatusCode::CREATED, Json(note.into())))
}

/// A follow-up.
#[derive(Debug, Serialize)]
pub struct TaskJson {
    id: TaskId,
    contact: ContactId,
    title: String,
    due_at: Option<DateTime<Utc>>,
    assignee: Option<MemberId>,
    done_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    revision: Revision,
}

impl From<Task> for TaskJson {
    fn from(task: Task) -> Self {
        Self {
            id: task.id,
            contact: task.contact,
            title: task.title.reveal().to_owned(),
            due_at: task.due_at,
            assignee: task.assignee,
            done_at: task.done_at,
            created_at: task.created_at,
            revision: task.revision,
        }
    }
}

/// `GET /v1/contacts/{contact}/tasks`.
pub async fn tasks(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<TaskJson>>, Problem> {
    state.crm().contacts().get(&actor, id).await?;
    let query = TaskQuery { contact: Some(id), ..TaskQuery::default() };
    let page = state.crm().contacts().tasks(&actor, &query, paging.request()?).await?;
    Ok(List::of(page, TaskJson::from))
}

/// A follow-up to be made.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTaskJson {
    title: String,
    due_at: Option<DateTime<Utc>>,
    assignee: Option<MemberId>,
}

/// `POST /v1/contacts/{contact}/tasks`.
pub async fn add_task(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
    Body(new): Body<NewTaskJson>,
) -> Result<Revised<TaskJson>, Problem> {
    let new = NewTask {
        title: text::<TaskTitle>("title", &new.title)?,
        due_at: new.due_at,
        assignee: new.assignee,
    };
    let task = state.crm().contacts().add_task(&actor, id, new).await?;
    Ok(Revised::made(task.revision, task.into()))
}

/// `GET /v1/contacts/{contact}/tasks/{task}`.
pub async fn task(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Ids(contact, task): Ids<ContactId, TaskId>,
) -> Result<Revised<TaskJson>, Problem> {
    let task = state.crm().contacts().task(&actor, contact, task).await?;
    Ok(Revised::at(task.revision, task.into()))
}

/// What is to change on a follow-up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskPatchJson {
    done: bool,
    revision: Option<u32>,
}

/// `PATCH /v1/contacts/{contact}/tasks/{task}`.
pub async fn change_task(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Ids(contact, task): Ids<ContactId, TaskId>,
    Body(patch): Body<TaskPatchJson>,
) -> Result<Revised<TaskJson>, Problem> {
    let contacts = state.crm().contacts();
    let revision = meant.revision(patch.revision)?;
    match contacts.set_task_done(&actor, contact, task, patch.done, revision).await {
        Ok(task) => Ok(Revised::at(task.revision, task.into())),
        Err(error) => {
            let present = async {
                let task = contacts.task(&actor, contact, task).await?;
                Ok::<_, dialzio_core::Error>(Revised::at(task.revision, TaskJson::from(task)))
            };
            Err(refusal(error, present).await)
        }
    }
}
