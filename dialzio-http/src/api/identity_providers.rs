//! Identity providers: where members sign in with their account at work.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dialzio_core::access::ProviderFault;
use dialzio_core::identity_provider::{
    IdentityProvider, IdentityProviderPatch, Issuer, IssuerError, NewIdentityProvider,
};
use dialzio_core::text::{ClientId, Title};
use dialzio_core::{Actor, Error, IdentityProviderId, OrgId, Revision};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::revision::{IfMatch, Revised, refusal};
use super::{Body, Id, List, text};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// Where members sign in with their account at work. Its secret is never answered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IdentityProvider)]
pub struct IdentityProviderJson {
    id: IdentityProviderId,
    /// What members call it.
    name: String,
    /// Its issuer identifier (OpenID Connect Core 1.0, 2).
    issuer: String,
    /// What it calls this installation.
    client_id: String,
    /// The page where members of the organisation sign in.
    sign_in_address: String,
    /// The address that has to be registered at the provider as the redirect URI.
    redirect_uri: String,
    revision: Revision,
}

fn json(state: &AppState, org: OrgId, kept: &IdentityProvider) -> IdentityProviderJson {
    IdentityProviderJson {
        id: kept.id,
        name: kept.name.reveal().to_owned(),
        issuer: kept.issuer.as_str().to_owned(),
        client_id: kept.client_id.reveal().to_owned(),
        sign_in_address: sign_in_address(state, org),
        redirect_uri: redirect_uri(state),
        revision: kept.revision,
    }
}

/// The page where members of an organisation sign in.
pub(crate) fn sign_in_address(state: &AppState, org: OrgId) -> String {
    state.public_url(&format!("sign-in/{org}"))
}

/// The page that people come back to from an identity provider.
pub(crate) fn redirect_uri(state: &AppState) -> String {
    state.public_url("sign-on/return")
}

fn revised(state: &AppState, org: OrgId, kept: &IdentityProvider) -> Revised<IdentityProviderJson> {
    Revised::at(kept.revision, json(state, org, kept))
}

pub(crate) fn issuer(text: &str) -> Result<Issuer, Error> {
    let invalid = |error: IssuerError| Error::Invalid { field: "issuer", problem: error.to_string() };
    Issuer::parse(text).map_err(invalid)
}

/// Reads the settings of an identity provider, and says why they cannot be read if they cannot.
pub(crate) async fn checked(
    state: &AppState,
    by: &Actor,
    id: IdentityProviderId,
) -> Result<Option<ProviderFault>, Error> {
    let _place = state.sign_on()?;
    state.crm().access().check_identity_provider(by, id, &state.outbound()).await
}

/// `GET /v1/identity-providers`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<IdentityProviderJson>>, Problem> {
    let all = state.crm().identity_providers().all(&actor).await?;
    Ok(List::all(all.iter().map(|kept| json(&state, actor.org(), kept)).collect()))
}

/// `GET /v1/identity-providers/{identity_provider}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<IdentityProviderId>,
) -> Result<Revised<IdentityProviderJson>, Problem> {
    Ok(revised(&state, actor.org(), &state.crm().identity_providers().get(&actor, id).await?))
}

/// A new identity provider.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewIdentityProvider)]
#[serde(deny_unknown_fields)]
pub struct NewIdentityProviderJson {
    /// What members call it.
    #[schema(value_type = Title)]
    name: String,
    /// Its issuer identifier: an address with https.
    #[schema(max_length = 500)]
    issuer: String,
    /// What it calls this installation.
    #[schema(value_type = ClientId)]
    client_id: String,
    /// The secret that this installation shows to it.
    #[schema(value_type = String, format = Password, max_length = 1000, write_only)]
    client_secret: SecretString,
}

/// `POST /v1/identity-providers`.
pub async fn add(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<NewIdentityProviderJson>,
) -> Result<Revised<IdentityProviderJson>, Problem> {
    let new = NewIdentityProvider {
        name: text::<Title>("name", &new.name)?,
        issuer: issuer(&new.issuer)?,
        client_id: text::<ClientId>("client_id", &new.client_id)?,
        client_secret: new.client_secret,
    };
    let added = state.crm().identity_providers().add(&actor, new).await?;
    Ok(Revised::made(added.revision, json(&state, actor.org(), &added)))
}

/// Changes to an identity provider: an absent field stays.
#[derive(Deserialize, ToSchema)]
#[schema(as = IdentityProviderPatch)]
#[serde(deny_unknown_fields)]
pub struct IdentityProviderPatchJson {
    #[schema(value_type = Option<Title>)]
    name: Option<String>,
    /// Another issuer: who signed in at the one before is not known there.
    #[schema(max_length = 500)]
    issuer: Option<String>,
    #[schema(value_type = Option<ClientId>)]
    client_id: Option<String>,
    /// Another secret.
    #[schema(value_type = Option<String>, format = Password, max_length = 1000, write_only)]
    client_secret: Option<SecretString>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `PATCH /v1/identity-providers/{identity_provider}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<IdentityProviderId>,
    Body(patch): Body<IdentityProviderPatchJson>,
) -> Result<Revised<IdentityProviderJson>, Problem> {
    let providers = state.crm().identity_providers();
    let seen = meant.revision(patch.revision)?;
    let change = IdentityProviderPatch {
        name: patch.name.map(|name| text::<Title>("name", &name)).transpose()?,
        issuer: patch.issuer.map(|text| issuer(&text)).transpose()?,
        client_id: patch.client_id.map(|id| text::<ClientId>("client_id", &id)).transpose()?,
        client_secret: patch.client_secret,
    };
    match providers.change(&actor, id, seen, change).await {
        Ok(kept) => Ok(revised(&state, actor.org(), &kept)),
        Err(error) => {
            let present =
                async { Ok::<_, Error>(revised(&state, actor.org(), &providers.get(&actor, id).await?)) };
            Err(refusal(error, present).await)
        }
    }
}

/// `DELETE /v1/identity-providers/{identity_provider}`.
pub async fn delete(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<IdentityProviderId>,
) -> Result<StatusCode, Problem> {
    let providers = state.crm().identity_providers();
    let seen = meant.revision(None)?;
    match providers.remove(&actor, id, seen).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) => {
            let present =
                async { Ok::<_, Error>(revised(&state, actor.org(), &providers.get(&actor, id).await?)) };
            Err(refusal(error, present).await)
        }
    }
}

/// Whether an identity provider can be used.
#[derive(Debug, Serialize, ToSchema)]
pub struct IdentityProviderCheck {
    /// Why it cannot; null if it can.
    #[schema(required)]
    problem: Option<String>,
}

/// `POST /v1/identity-providers/{identity_provider}/check`.
pub async fn check(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<IdentityProviderId>,
) -> Result<Json<IdentityProviderCheck>, Problem> {
    let fault = checked(&state, &actor, id).await?;
    Ok(Json(IdentityProviderCheck { problem: fault.map(|fault| fault.to_string()) }))
}
