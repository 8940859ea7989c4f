//! Recordings of a person or a period, deleted before their time: counted first, then exactly those.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use dialzio_core::ContactId;
use dialzio_core::call::{RecordingCount, RecordingSelection};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Body;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// Which recordings are meant: those of a person, those of a period, or those of a person in a period.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = RecordingSelection)]
#[serde(deny_unknown_fields)]
pub struct SelectionJson {
    /// The person: their calls, and those with a number of theirs that belong to no contact.
    contact: Option<ContactId>,
    /// Calls that began at or after this time. Needed without `contact`.
    since: Option<DateTime<Utc>>,
    /// Calls that began before this time. Needed without `contact`.
    until: Option<DateTime<Utc>>,
}

/// Recordings and voicemails, counted before they are deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RecordingCount)]
pub struct CountJson {
    /// How many there are, with those that are not fetched yet.
    recordings: u32,
    /// Of those, the ones that are still at the provider.
    pending: u32,
    /// Of those, the ones of calls that belong to no contact.
    unassigned: u32,
    /// Bytes of those that are stored, together.
    bytes: u64,
    /// When the first of their calls began; null if there are none.
    #[schema(required)]
    oldest: Option<DateTime<Utc>>,
    /// When the last of their calls began; null if there are none.
    #[schema(required)]
    newest: Option<DateTime<Utc>>,
    /// Stands for these very recordings, to be sent with the deletion.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    seen: String,
}

impl From<RecordingCount> for CountJson {
    fn from(count: RecordingCount) -> Self {
        let RecordingCount { recordings, pending, unassigned, bytes, oldest, newest, seen } = count;
        Self { recordings, pending, unassigned, bytes, oldest, newest, seen: seen.to_string() }
    }
}

/// `POST /v1/recordings/preview`.
pub async fn preview(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(SelectionJson { contact, since, until }): Body<SelectionJson>,
) -> Result<Json<CountJson>, Problem> {
    let selection = RecordingSelection { contact, since, until };
    Ok(Json(state.crm().calls().count_recordings(&actor, selection).await?.into()))
}

/// Which recordings are deleted, and that they were counted before.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = RecordingDeletion)]
#[serde(deny_unknown_fields)]
pub struct DeletionJson {
    /// As in the preview.
    contact: Option<ContactId>,
    /// As in the preview.
    since: Option<DateTime<Utc>>,
    /// As in the preview.
    until: Option<DateTime<Utc>>,
    /// `seen` of the preview. If there are other recordings by now, nothing is deleted.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    seen: String,
}

/// What was deleted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeletedRecordings)]
pub struct DeletedJson {
    /// How many recordings are gone; 0 if they were gone before.
    deleted: u32,
}

/// `POST /v1/recordings/deletion`.
pub async fn delete(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(DeletionJson { contact, since, until, seen }): Body<DeletionJson>,
) -> Result<Json<DeletedJson>, Problem> {
    let selection = RecordingSelection { contact, since, until };
    let deleted = state.crm().calls().delete_recordings(&actor, selection, seen.parse()?).await?;
    Ok(Json(DeletedJson { deleted }))
}
