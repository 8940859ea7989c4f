//! Teams: which members work together.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dialzio_core::team::{NewTeam, Team, TeamPatch};
use dialzio_core::text::Title;
use dialzio_core::{Error, MemberId, Revision, TeamId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::revision::{IfMatch, Revised, refusal};
use super::{Body, Id, List, text};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// Members who work together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Team)]
pub struct TeamJson {
    id: TeamId,
    /// What members call it.
    name: String,
    /// Who is in it.
    members: Vec<MemberId>,
    revision: Revision,
}

impl From<Team> for TeamJson {
    fn from(kept: Team) -> Self {
        Self {
            id: kept.id,
            name: kept.name.reveal().to_owned(),
            members: kept.members,
            revision: kept.revision,
        }
    }
}

fn revised(kept: Team) -> Revised<TeamJson> {
    Revised::at(kept.revision, kept.into())
}

/// `GET /v1/teams`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<TeamJson>>, Problem> {
    let all = state.crm().teams().all(&actor).await?;
    Ok(List::all(all.into_iter().map(TeamJson::from).collect()))
}

/// `GET /v1/teams/{team}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<TeamId>,
) -> Result<Revised<TeamJson>, Problem> {
    Ok(revised(state.crm().teams().get(&actor, id).await?))
}

/// A new team.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewTeam)]
#[serde(deny_unknown_fields)]
pub struct NewTeamJson {
    /// What members call it.
    #[schema(value_type = Title)]
    name: String,
    /// Who is in it: at most 200 members.
    #[serde(default)]
    members: Vec<MemberId>,
}

/// `POST /v1/teams`.
pub async fn add(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<NewTeamJson>,
) -> Result<Revised<TeamJson>, Problem> {
    let new = NewTeam { name: text::<Title>("name", &new.name)?, members: new.members };
    let added = state.crm().teams().add(&actor, new).await?;
    Ok(Revised::made(added.revision, added.into()))
}

/// Changes to a team: an absent field stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = TeamPatch)]
#[serde(deny_unknown_fields)]
pub struct TeamPatchJson {
    #[schema(value_type = Option<Title>)]
    name: Option<String>,
    /// All members anew: who is not named is no longer in it.
    members: Option<Vec<MemberId>>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `PATCH /v1/teams/{team}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<TeamId>,
    Body(patch): Body<TeamPatchJson>,
) -> Result<Revised<TeamJson>, Problem> {
    let teams = state.crm().teams();
    let seen = meant.revision(patch.revision)?;
    let change = TeamPatch {
        name: patch.name.map(|name| text::<Title>("name", &name)).transpose()?,
        members: patch.members,
    };
    match teams.change(&actor, id, seen, change).await {
        Ok(kept) => Ok(revised(kept)),
        Err(error) => {
            let present = async { Ok::<_, Error>(revised(teams.get(&actor, id).await?)) };
            Err(refusal(error, present).await)
        }
    }
}

/// `DELETE /v1/teams/{team}`.
pub async fn delete(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<TeamId>,
) -> Result<StatusCode, Problem> {
    let teams = state.crm().teams();
    let seen = meant.revision(None)?;
    match teams.delete(&actor, id, seen).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) => {
            let present = async { Ok::<_, Error>(revised(teams.get(&actor, id).await?)) };
            Err(refusal(error, present).await)
        }
    }
}
