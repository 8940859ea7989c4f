//! API keys.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::access::{ApiKey, NewApiKey};
use dialzio_core::text::Title;
use dialzio_core::{ApiKeyId, Error, MemberId, Permission, Revision};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::revision::{IfMatch, Revised, refusal};
use super::{Body, Id, List, text, word};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// How long a key that was rotated goes on working, in hours.
pub(crate) const OVERLAP: u16 = 24;

/// An API key without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct KeyJson {
    id: ApiKeyId,
    name: String,
    permissions: Vec<Permission>,
    /// The member who made it, whose present role limits it.
    #[schema(required)]
    made_by: Option<MemberId>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    #[schema(required)]
    revoked_at: Option<DateTime<Utc>>,
    revision: Revision,
}

impl From<ApiKey> for KeyJson {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name.reveal().to_owned(),
            permissions: key.permissions,
            made_by: key.made_by,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            revision: key.revision,
        }
    }
}

/// `GET /v1/keys`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<KeyJson>>, Problem> {
    let keys = state.crm().access().keys(&actor).await?;
    Ok(List::all(keys.into_iter().map(KeyJson::from).collect()))
}

/// `GET /v1/keys/{key}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ApiKeyId>,
) -> Result<Revised<KeyJson>, Problem> {
    let key = state.crm().access().key(&actor, id).await?;
    Ok(Revised::at(key.revision, key.into()))
}

/// A new API key.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewApiKey)]
#[serde(deny_unknown_fields)]
pub struct NewKeyJson {
    #[schema(value_type = Title)]
    name: String,
    #[schema(value_type = Vec<Permission>)]
    permissions: Vec<String>,
    /// After how many days it ends: 90 unless given.
    #[schema(minimum = 1, maximum = 365)]
    expires_in_days: Option<u16>,
}

/// A new API key with its secret, which is shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreatedApiKey)]
pub struct MadeKeyJson {
    id: ApiKeyId,
    /// The secret, for `Authorization: Bearer`.
    api_key: String,
}

/// `POST /v1/keys`.
pub async fn create(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<NewKeyJson>,
) -> Result<(StatusCode, Json<MadeKeyJson>), Problem> {
    let permissions = new.permissions.iter().map(|name| word::<Permission>("permissions", name));
    let permissions = permissions.collect::<Result<Vec<_>, _>>()?;
    let name = text::<Title>("name", &new.name)?;
    let new = NewApiKey::new(name, &permissions).lasting(new.expires_in_days.unwrap_or(NewApiKey::DAYS));
    let (id, token) = state.crm().access().create_key(&actor, new).await?;
    Ok((StatusCode::CREATED, Json(MadeKeyJson { id, api_key: token.reveal().to_owned() })))
}

/// How the key before goes on.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ApiKeyRotation)]
#[serde(deny_unknown_fields)]
pub struct RotationJson {
    /// For how many hours the key before goes on working: 24 unless given, 0 to end it at once.
    #[schema(maximum = 168)]
    overlap_hours: Option<u16>,
}

/// `POST /v1/keys/{key}/rotation`.
pub async fn rotate(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ApiKeyId>,
    Body(rotation): Body<RotationJson>,
) -> Result<(StatusCode, Json<MadeKeyJson>), Problem> {
    let overlap = rotation.overlap_hours.unwrap_or(OVERLAP);
    let (id, token) = state.crm().access().rotate_key(&actor, id, overlap).await?;
    Ok((StatusCode::CREATED, Json(MadeKeyJson { id, api_key: token.reveal().to_owned() })))
}

/// `DELETE /v1/keys/{key}`: the key as it is kept, without its secret. Revoking it again changes nothing.
pub async fn revoke(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<ApiKeyId>,
) -> Result<Revised<KeyJson>, Problem> {
    let access = state.crm().access();
    match access.revoke_key(&actor, id, meant.revision(None)?).await {
        Ok(key) => Ok(Revised::at(key.revision, key.into())),
        Err(error) => {
            let present = async {
                let key = access.key(&actor, id).await?;
                Ok::<_, Error>(Revised::at(key.revision, KeyJson::from(key)))
            };
            Err(refusal(error, present).await)
        }
    }
}
