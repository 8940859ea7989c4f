//! Notes and follow-ups of a contact.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::contact::{NewTask, Note, Task, TaskQuery};
use dialzio_core::text::{NoteText, TaskTitle};
use dialzio_core::{ContactId, MemberId, NoteId, Revision, TaskId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::revision::{IfMatch, Revised, refusal};
use super::{Asked, Body, Id, Ids, List, Paging, text};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// A private note on a contact, which the person never sees.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Note)]
pub struct NoteJson {
    id: NoteId,
    contact: ContactId,
    /// The principal who wrote it.
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
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ContactId>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<NoteJson>>, Problem> {
    let page = state.crm().contacts().notes(&actor, id, paging.request()?).await?;
    Ok(List::of(page, NoteJson::from))
}

/// A new note.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewNote)]
#[serde(deny_unknown_fields)]
pub struct NewNoteJson {
    #[schema(value_type = NoteText)]
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

/// Something that a member has to do for a contact by a time.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Task)]
pub struct TaskJson {
    id: TaskId,
    contact: ContactId,
    title: String,
    #[schema(required)]
    due_at: Option<DateTime<Utc>>,
    /// The member who is to do it.
    #[schema(required)]
    assignee: Option<MemberId>,
    /// When it was done; `null` while it is open.
    #[schema(required)]
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

/// A new follow-up.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewTask)]
#[serde(deny_unknown_fields)]
pub struct NewTaskJson {
    #[schema(value_type = TaskTitle)]
    title: String,
    due_at: Option<DateTime<Utc>>,
    /// The member who is to do it.
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

/// Changes to a follow-up.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = TaskPatch)]
#[serde(deny_unknown_fields)]
pub struct TaskPatchJson {
    /// Whether it is done.
    done: bool,
    /// The revision that is meant, instead of `If-Match`.
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
