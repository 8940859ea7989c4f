//! Notices: what members are told about.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::notice::{NoticeAbout, NoticeEntry, ReadNotices};
use dialzio_core::{ContactId, ConversationId, Identifiers, NoteId, NoticeId, TaskId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Asked, Body, List, Paging};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// Up to how many unread notices are counted.
const COUNTED: u32 = 100;

/// Why the caller is told, and about which record.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[schema(as = NoticeAbout)]
pub enum AboutJson {
    /// A note mentions the caller.
    Mentioned {
        /// The note.
        note: NoteId,
    },
    /// A conversation was assigned to the caller.
    ConversationAssigned {
        /// The conversation.
        conversation: ConversationId,
    },
    /// A follow-up was assigned to the caller.
    TaskAssigned {
        /// The follow-up.
        task: TaskId,
    },
}

/// Something that the caller is told about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Notice)]
pub struct NoticeJson {
    id: NoticeId,
    about: AboutJson,
    /// Whom the record is about.
    contact: ContactId,
    /// Their name, if it is known.
    #[schema(required)]
    contact_name: Option<String>,
    /// The text of the note, or the title of the follow-up; `null` for a conversation.
    #[schema(required)]
    text: Option<String>,
    /// Who did it: `member:…`, `key:…` or `system:…`.
    author: String,
    created_at: DateTime<Utc>,
    /// When the caller read it; `null` while it is unread.
    #[schema(required)]
    read_at: Option<DateTime<Utc>>,
}

impl NoticeJson {
    /// A notice as its reader may see it.
    fn of(entry: NoticeEntry, seen: Identifiers) -> Self {
        let notice = entry.notice;
        Self {
            id: notice.id,
            about: match notice.about {
                NoticeAbout::Mention(note) => AboutJson::Mentioned { note },
                NoticeAbout::Conversation(conversation) => AboutJson::ConversationAssigned { conversation },
                NoticeAbout::Task(task) => AboutJson::TaskAssigned { task },
            },
            contact: notice.contact,
            contact_name: entry.contact_name.map(|name| seen.name(name.reveal()).into_owned()),
            text: entry.text.map(|text| text.reveal().to_owned()),
            author: notice.author,
            created_at: notice.created_at,
            read_at: notice.read_at,
        }
    }
}

/// Which notices are listed.
#[derive(Debug, Default, Deserialize, IntoParams)]
pub struct WhichNotices {
    /// `true`: those that are unread alone.
    #[serde(default)]
    unread: bool,
}

/// `GET /v1/notices`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(which): Asked<WhichNotices>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<List<NoticeJson>>, Problem> {
    let page = state.crm().notices().list(&actor, which.unread, paging.request()?).await?;
    let seen = actor.identifiers();
    Ok(List::of(page, |entry| NoticeJson::of(entry, seen)))
}

/// How many notices the caller has not read.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnreadNotices {
    /// Counted up to 100.
    unread: u32,
}

/// `GET /v1/notices/unread`.
pub async fn unread(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<UnreadNotices>, Problem> {
    let unread = state.crm().notices().unread(&actor, COUNTED).await?;
    Ok(Json(UnreadNotices { unread }))
}

/// Which notices the caller has read: one of the three.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ReadNotices)]
#[serde(deny_unknown_fields)]
pub struct ReadNoticesJson {
    /// One of them.
    notice: Option<NoticeId>,
    /// This one and all that are older.
    up_to: Option<NoticeId>,
    /// Those about one person.
    contact: Option<ContactId>,
}

/// `POST /v1/notices/read`.
pub async fn read(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(which): Body<ReadNoticesJson>,
) -> Result<StatusCode, Problem> {
    let which = match (which.notice, which.up_to, which.contact) {
        (Some(notice), None, None) => ReadNotices::One(notice),
        (None, Some(notice), None) => ReadNotices::UpTo(notice),
        (None, None, Some(contact)) => ReadNotices::About(contact),
        _ => {
            return Err(Problem::invalid(
                "notice",
                "or else up_to or contact is needed, and only one of them",
            ));
        }
    };
    state.crm().notices().read(&actor, which).await?;
    Ok(StatusCode::NO_CONTENT)
}
