//! API keys.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::access::{AddressList, ApiKey, ApiKeyPatch, KeyUse, NewApiKey};
use dialzio_core::text::Title;
use dialzio_core::{Actor, ApiKeyId, Error, MemberId, Permission, Revision};
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
    /// Addresses and networks that it may be used from; from everywhere if there are none.
    #[schema(max_items = 20)]
    allowed_from: Vec<String>,
    /// Its last use; `null` if it was never used.
    #[schema(required)]
    last_used: Option<KeyUseJson>,
    revision: Revision,
}

/// The last use of an API key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKeyUse)]
pub struct KeyUseJson {
    /// When, to the minute.
    at: DateTime<Utc>,
    /// From which network: 24 bits of an IPv4 address, 48 of an IPv6 one; `null` if it was not known.
    #[schema(required)]
    network: Option<String>,
}

impl KeyJson {
    fn new(key: ApiKey, uses: &[KeyUse]) -> Self {
        let used = uses.iter().find(|used| used.key == key.id);
        Self {
            id: key.id,
            name: key.name.reveal().to_owned(),
            permissions: key.permissions,
            made_by: key.made_by,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            allowed_from: key.allowed_from.entries().collect(),
            last_used: used.map(|used| KeyUseJson {
                at: used.at,
                network: used.network.map(|network| network.to_string()),
            }),
            revision: key.revision,
        }
    }
}

/// A key as it is answered.
async fn answer(state: &AppState, actor: &Actor, key: ApiKey) -> Result<Revised<KeyJson>, Error> {
    let uses = state.crm().access().key_uses(actor).await?;
    Ok(Revised::at(key.revision, KeyJson::new(key, &uses)))
}

/// What a change or revocation came to: the key, or the refusal with the key as it stands.
async fn changed(
    state: &AppState,
    actor: &Actor,
    id: ApiKeyId,
    done: Result<ApiKey, Error>,
) -> Result<Revised<KeyJson>, Problem> {
    match done {
        Ok(key) => Ok(answer(state, actor, key).await?),
        Err(error) => {
            let present = async { answer(state, actor, state.crm().access().key(actor, id).await?).await };
            Err(refusal(error, present).await)
        }
    }
}

/// Reads a list of addresses.
fn addresses(entries: &[String]) -> Result<AddressList, Problem> {
    AddressList::parse(entries).map_err(|error| Problem::invalid("allowed_from", error.to_string()))
}

/// `GET /v1/keys`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<KeyJson>>, Problem> {
    let access = state.crm().access();
    let (keys, uses) = (access.keys(&actor).await?, access.key_uses(&actor).await?);
    Ok(List::all(keys.into_iter().map(|key| KeyJson::new(key, &uses)).collect()))
}

/// `GET /v1/keys/{key}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<ApiKeyId>,
) -> Result<Revised<KeyJson>, Problem> {
    let key = state.crm().access().key(&actor, id).await?;
    Ok(answer(&state, &actor, key).await?)
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
    /// Addresses and networks that it may be used from, such as `192.0.2.7` or `192.0.2.0/24`: from everywhere unless given.
    #[serde(default)]
    #[schema(max_items = 20)]
    allowed_from: Vec<String>,
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
    let (name, addresses) = (text::<Title>("name", &new.name)?, addresses(&new.allowed_from)?);
    let new = NewApiKey::new(name, &permissions)
        .lasting(new.expires_in_days.unwrap_or(NewApiKey::DAYS))
        .allowed_from(addresses);
    let (id, token) = state.crm().access().create_key(&actor, new).await?;
    Ok((StatusCode::CREATED, Json(MadeKeyJson { id, api_key: token.reveal().to_owned() })))
}

/// Changes to an API key: an absent field stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ApiKeyPatch)]
#[serde(deny_unknown_fields)]
pub struct KeyPatchJson {
    #[schema(value_type = Option<Title>)]
    name: Option<String>,
    /// All addresses and networks anew that it may be used from; none allows every address.
    #[schema(max_items = 20)]
    allowed_from: Option<Vec<String>>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `PATCH /v1/keys/{key}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<ApiKeyId>,
    Body(patch): Body<KeyPatchJson>,
) -> Result<Revised<KeyJson>, Problem> {
    let seen = meant.revision(patch.revision)?;
    let patch = ApiKeyPatch {
        name: patch.name.map(|name| text::<Title>("name", &name)).transpose()?,
        allowed_from: patch.allowed_from.map(|entries| addresses(&entries)).transpose()?,
    };
    let done = state.crm().access().change_key(&actor, id, seen, patch).await;
    changed(&state, &actor, id, done).await
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
    let done = state.crm().access().revoke_key(&actor, id, meant.revision(None)?).await;
    changed(&state, &actor, id, done).await
}
