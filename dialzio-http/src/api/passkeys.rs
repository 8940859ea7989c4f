//! The caller's passkeys.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::PasskeyId;
use dialzio_core::access::{OwnPasskey, PasskeyChallenge};
use dialzio_core::text::Title;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{Body, Id, List, text};
use crate::auth::Caller;
use crate::peer::Client;
use crate::problem::Problem;
use crate::session::{self, OwnSession};
use crate::state::AppState;

/// A passkey of the caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Passkey)]
pub struct PasskeyJson {
    id: PasskeyId,
    /// What the caller calls it.
    name: String,
    created_at: DateTime<Utc>,
    /// When it last signed its user in; `null` before the first time.
    #[schema(required)]
    used_at: Option<DateTime<Utc>>,
}

impl From<OwnPasskey> for PasskeyJson {
    fn from(own: OwnPasskey) -> Self {
        let name = own.name.reveal().to_owned();
        Self { id: own.id, name, created_at: own.created_at, used_at: own.used_at }
    }
}

/// `GET /v1/me/passkeys`, oldest first: none for who is no member.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<PasskeyJson>>, Problem> {
    let own = state.crm().access().passkeys(&actor).await?;
    Ok(List::all(own.into_iter().map(PasskeyJson::from).collect()))
}

/// The password of the caller.
#[derive(Deserialize, ToSchema)]
#[schema(as = PasskeyStart)]
#[serde(deny_unknown_fields)]
pub struct StartJson {
    /// The caller's password.
    #[schema(format = Password, max_length = 1024)]
    password: String,
}

/// What the browser is asked.
#[derive(Serialize, ToSchema)]
#[schema(as = PasskeyChallenge)]
pub struct ChallengeJson {
    /// `PublicKeyCredentialCreationOptionsJSON` of WebAuthn Level 3, for `navigator.credentials.create`.
    options: Map<String, Value>,
    /// What has to come back with the answer, within five minutes.
    state: String,
}

impl ChallengeJson {
    /// The options of a challenge as JSON rather than as its text.
    pub(crate) fn of(challenge: PasskeyChallenge) -> Result<Self, Problem> {
        let options = serde_json::from_str(&challenge.options).map_err(|_| Problem::new("server.failed"))?;
        Ok(Self { options, state: challenge.state })
    }
}

/// `POST /v1/me/passkeys/challenge`: members with a session only.
pub(crate) async fn begin(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    Caller(actor): Caller,
    own: OwnSession,
    Body(start): Body<StartJson>,
) -> Result<Json<ChallengeJson>, Problem> {
    let (access, password) = (state.crm().access(), SecretString::from(start.password));
    access.own_member(&actor).await?;
    let site = state.passkey_site()?;
    let work = access.begin_passkey(&actor, &site, &password);
    let challenge = session::attempt(&state, &actor, (client, &own), work).await?;
    Ok(Json(ChallengeJson::of(challenge)?))
}

/// What the browser has made.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewPasskey)]
#[serde(deny_unknown_fields)]
pub struct NewJson {
    /// What the caller calls it.
    #[schema(value_type = Title)]
    name: String,
    /// What came with the challenge.
    #[schema(max_length = 2048)]
    state: String,
    /// `RegistrationResponseJSON` of WebAuthn Level 3.
    credential: Map<String, Value>,
}

/// `POST /v1/me/passkeys`: members with a session only.
pub(crate) async fn add(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    Caller(actor): Caller,
    Body(new): Body<NewJson>,
) -> Result<(StatusCode, Json<PasskeyJson>), Problem> {
    let access = state.crm().access().from_network(client.network());
    access.own_member(&actor).await?;
    let site = state.passkey_site()?;
    let name = text::<Title>("name", new.name.trim())?;
    let credential = Value::Object(new.credential).to_string();
    let added = access.add_passkey(&actor, &site, (&new.state, &credential), name).await?;
    Ok((StatusCode::CREATED, Json(added.into())))
}

/// `DELETE /v1/me/passkeys/{passkey}`.
pub async fn remove(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<PasskeyId>,
) -> Result<StatusCode, Problem> {
    state.crm().access().remove_passkey(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

macro_rules! silent {
    ($($name:ident),+) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        })+
    };
}
silent!(StartJson, ChallengeJson, NewJson);
