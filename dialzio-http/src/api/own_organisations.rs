//! The organisations that the caller works in, and moving the session to another one.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use dialzio_core::access::OwnOrg;
use dialzio_core::{Error, OrgId, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::profile::Renewed;
use super::{Body, List};
use crate::auth::Caller;
use crate::peer::Client;
use crate::problem::Problem;
use crate::session::{self, OwnSession};
use crate::state::AppState;

/// An organisation that the caller works in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OwnOrganisation)]
pub struct OwnOrgJson {
    id: OrgId,
    name: String,
    /// What the caller is there.
    role: Role,
    /// Whether it is the one that the session is in.
    current: bool,
}

impl From<OwnOrg> for OwnOrgJson {
    fn from(org: OwnOrg) -> Self {
        let name = org.name.reveal().to_owned();
        Self { id: org.id, name, role: org.role, current: org.is_current }
    }
}

/// `GET /v1/me/organisations`: none for who is no member.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<OwnOrgJson>>, Problem> {
    if actor.member().is_none() {
        return Ok(List::all(Vec::new()));
    }
    let found = state.crm().access().own_organisations(&actor).await?;
    Ok(List::all(found.into_iter().map(OwnOrgJson::from).collect()))
}

/// Where the session goes.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = OrganisationSwitch)]
#[serde(deny_unknown_fields)]
pub struct SwitchJson {
    organisation: OrgId,
}

/// `PUT /v1/me/organisation`: members with a session only. The session ends; the answer begins a new one there.
pub(crate) async fn switch(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    Caller(actor): Caller,
    own: OwnSession,
    Body(to): Body<SwitchJson>,
) -> Result<Renewed, Problem> {
    if actor.member().is_none() {
        return Err(Problem::invalid("session", "is needed: who asks has none"));
    }
    let held = own.token.as_ref().ok_or(Error::Unauthenticated)?;
    let access = state.crm().access().from_browser(own.browser).from_network(client.network());
    let signed_in = access.from_device(own.device.as_ref(), None).switch(held, to.organisation).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    session::give(&state, &signed_in.token, &mut response);
    session::remember(&state, signed_in.device.as_ref(), &mut response);
    Ok(Renewed(response))
}
