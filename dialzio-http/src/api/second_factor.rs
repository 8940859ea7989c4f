//! The caller's second factor: codes of an app, and recovery codes.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use dialzio_core::MemberId;
use dialzio_core::access::RecoveryCode;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Body, Id};
use crate::auth::{Caller, CallerInSetUp};
use crate::peer::Client;
use crate::problem::Problem;
use crate::session::{self, OwnSession};
use crate::state::AppState;

/// The second factor of the caller.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SecondFactor)]
pub struct FactorJson {
    /// Whether signing in asks for a code.
    on: bool,
    /// Since when; `null` if it is off.
    #[schema(required)]
    since: Option<DateTime<Utc>>,
    /// How many recovery codes were not used.
    recovery_codes_left: usize,
}

/// `GET /v1/me/second-factor`. A caller who is no member has none.
pub async fn get(
    State(state): State<AppState>,
    CallerInSetUp(actor): CallerInSetUp,
) -> Result<Json<FactorJson>, Problem> {
    let own = state.crm().access().second_factor(&actor).await?;
    Ok(Json(FactorJson {
        on: own.is_some(),
        since: own.map(|own| own.since),
        recovery_codes_left: own.map_or(0, |own| own.recovery_codes),
    }))
}

/// The password of the caller.
#[derive(Deserialize, ToSchema)]
#[schema(as = SecondFactorStart)]
#[serde(deny_unknown_fields)]
pub struct StartJson {
    /// The caller's password.
    #[schema(format = Password, max_length = 1024)]
    password: String,
}

/// A new secret. It counts once a code of it was confirmed, within the hour.
#[derive(Serialize, ToSchema)]
#[schema(as = SecondFactorSecret)]
pub struct SecretJson {
    /// The secret in base32, to be typed into an app.
    secret: String,
    /// The same as an `otpauth:` address, which apps read from a QR code.
    address: String,
}

/// `POST /v1/me/second-factor`: members only.
pub(crate) async fn begin(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    CallerInSetUp(actor): CallerInSetUp,
    own: OwnSession,
    Body(start): Body<StartJson>,
) -> Result<(StatusCode, Json<SecretJson>), Problem> {
    let (access, password) = (state.crm().access(), SecretString::from(start.password));
    let work = access.begin_second_factor(&actor, &password);
    let made = session::attempt(&state, &actor, (client, &own), work).await?;
    let (secret, address) = (made.text.expose_secret().to_owned(), made.address.expose_secret().to_owned());
    Ok((StatusCode::CREATED, Json(SecretJson { secret, address })))
}

/// A code of the caller's app, or a recovery code.
#[derive(Deserialize, ToSchema)]
#[schema(as = SecondFactorCode)]
#[serde(deny_unknown_fields)]
pub struct CodeJson {
    /// Six digits, or 24 characters; spaces and dashes do not matter.
    #[schema(max_length = 64)]
    code: String,
}

/// Ten recovery codes, shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = RecoveryCodes)]
pub struct CodesJson {
    /// Each signs in once, in the place of a code of the app.
    recovery_codes: Vec<String>,
}

impl CodesJson {
    fn of(codes: &[RecoveryCode]) -> Json<Self> {
        Json(Self { recovery_codes: codes.iter().map(|code| code.reveal().to_owned()).collect() })
    }
}

/// `POST /v1/me/second-factor/confirmation`: members with a session only. Their other sessions end.
pub(crate) async fn confirm(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    CallerInSetUp(actor): CallerInSetUp,
    own: OwnSession,
    Body(typed): Body<CodeJson>,
) -> Result<Json<CodesJson>, Problem> {
    let access = state.crm().access();
    access.own_member(&actor).await?;
    let token = own.token.clone().ok_or_else(Problem::unauthenticated)?;
    let work = access.confirm_second_factor(&actor, &token, &typed.code);
    Ok(CodesJson::of(&session::attempt(&state, &actor, (client, &own), work).await?))
}

/// `POST /v1/me/second-factor/recovery-codes`: members only. The codes before count no longer.
pub(crate) async fn renew_codes(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    Caller(actor): Caller,
    own: OwnSession,
    Body(typed): Body<CodeJson>,
) -> Result<Json<CodesJson>, Problem> {
    let access = state.crm().access();
    let work = access.renew_recovery_codes(&actor, &typed.code);
    Ok(CodesJson::of(&session::attempt(&state, &actor, (client, &own), work).await?))
}

/// What turns the second factor off.
#[derive(Deserialize, ToSchema)]
#[schema(as = SecondFactorEnd)]
#[serde(deny_unknown_fields)]
pub struct EndJson {
    /// The caller's password.
    #[schema(format = Password, max_length = 1024)]
    password: String,
    /// A code of the caller's app, or a recovery code.
    #[schema(max_length = 64)]
    code: String,
}

/// `DELETE /v1/me/second-factor`: members with a session only. Their other sessions end.
pub(crate) async fn end(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    Caller(actor): Caller,
    own: OwnSession,
    Body(end): Body<EndJson>,
) -> Result<StatusCode, Problem> {
    let (access, password) = (state.crm().access(), SecretString::from(end.password));
    access.own_member(&actor).await?;
    let token = own.token.clone().ok_or_else(Problem::unauthenticated)?;
    let work = access.end_second_factor(&actor, &token, &password, &end.code);
    session::attempt(&state, &actor, (client, &own), work).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /v1/members/{member}/second-factor`: all sessions of the member end. A member without one is left unchanged.
pub async fn reset(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<MemberId>,
) -> Result<StatusCode, Problem> {
    state.crm().access().reset_second_factor(&actor, id).await?;
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
silent!(StartJson, SecretJson, CodeJson, CodesJson, EndJson);
