//! Agents: the users of a telephone system, and which member each of them is.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dialzio_core::call::{CallAgent, NewAgent};
use dialzio_core::text::PersonName;
use dialzio_core::{AccountId, MemberId, PhoneNumber};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Body, Id, List, text};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// A user of the provider's telephone system.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallAgent)]
pub struct AgentJson {
    /// The provider's id.
    id: String,
    #[schema(required)]
    name: Option<String>,
    /// The number that is rung when the agent is not at a softphone.
    #[schema(required)]
    phone: Option<String>,
    /// The member who it is.
    #[schema(required)]
    member: Option<MemberId>,
}

impl From<CallAgent> for AgentJson {
    fn from(agent: CallAgent) -> Self {
        Self {
            id: agent.id,
            name: agent.name.map(|name| name.reveal().to_owned()),
            phone: agent.phone.map(|number| number.reveal().to_owned()),
            member: agent.member,
        }
    }
}

/// `GET /v1/accounts/{account}/agents`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<AccountId>,
) -> Result<Json<List<AgentJson>>, Problem> {
    state.crm().accounts().get(&actor, id).await?;
    let agents = state.crm().calls().agents(&actor, id).await?;
    Ok(List::all(agents.into_iter().map(AgentJson::from).collect()))
}

/// `POST /v1/accounts/{account}/agents/sync`.
pub async fn sync(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<AccountId>,
) -> Result<Json<List<AgentJson>>, Problem> {
    let agents = state.crm().calls().list_agents(&actor, id).await?;
    Ok(List::all(agents.into_iter().map(AgentJson::from).collect()))
}

/// A telephone that is rung for a member, at a telephone system that lists no users.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewAgent)]
#[serde(deny_unknown_fields)]
pub struct NewAgentJson {
    /// What the telephone is called.
    #[schema(value_type = Option<PersonName>)]
    name: Option<String>,
    /// The number that is rung, in international form.
    phone: String,
    /// The member who it is.
    member: Option<MemberId>,
}

/// `POST /v1/accounts/{account}/agents`.
pub async fn add(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<AccountId>,
    Body(new): Body<NewAgentJson>,
) -> Result<(StatusCode, Json<List<AgentJson>>), Problem> {
    let name = new.name.map(|name| text::<PersonName>("name", &name)).transpose()?;
    let new = NewAgent { name, phone: text::<PhoneNumber>("phone", &new.phone)?, member: new.member };
    let agents = state.crm().calls().add_agent(&actor, id, new).await?;
    Ok((StatusCode::CREATED, List::all(agents.into_iter().map(AgentJson::from).collect())))
}

/// Which member an agent is.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AgentMember)]
#[serde(deny_unknown_fields)]
pub struct AgentMemberJson {
    /// The provider's id of the agent.
    agent: String,
    /// The member; null if it is none.
    #[schema(required)]
    member: Option<MemberId>,
}

/// `PATCH /v1/accounts/{account}/agents`.
pub async fn map(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<AccountId>,
    Body(asked): Body<AgentMemberJson>,
) -> Result<Json<List<AgentJson>>, Problem> {
    let agents = state.crm().calls().map_agent(&actor, id, &asked.agent, asked.member).await?;
    Ok(List::all(agents.into_iter().map(AgentJson::from).collect()))
}
