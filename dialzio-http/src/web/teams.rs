//! Settings: which members work together.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::access::MemberState;
use dialzio_core::team::{NewTeam, Team, TeamPatch};
use dialzio_core::text::Title;
use dialzio_core::{Error, MemberId, Permission, Revision, TeamId};
use serde::Deserialize;

use super::page_context::{PageContext, show};
use super::view::Choice;
use super::view::teams::{TeamForm, TeamList, TeamRow};
use crate::api::Id;
use crate::form::Fields;
use crate::problem::Problem;

/// Which form is open.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Open {
    edit: Option<TeamId>,
    #[serde(default)]
    new: bool,
}

/// `GET /web/teams`: the list, with the form that is asked for.
pub(crate) async fn read(ctx: PageContext, Query(open): Query<Open>) -> Result<Html<String>, Problem> {
    let form = match open.edit {
        Some(id) => {
            let team = ctx.crm().teams().get(&ctx.actor, id).await?;
            let (id, revision) = (Some(id.to_string()), team.revision.0.to_string());
            let name = team.name.reveal().to_owned();
            Some((TeamForm { id, revision, name, ..TeamForm::default() }, team.members))
        }
        None => open.new.then(Default::default),
    };
    show(&list(&ctx, form, None).await?)
}

/// The teams by name, with the form and its chosen members.
pub(super) async fn list(
    ctx: &PageContext,
    form: Option<(TeamForm, Vec<MemberId>)>,
    done: Option<String>,
) -> Result<TeamList, Problem> {
    let can_manage = ctx.may(Permission::MembersManage);
    let mut teams = ctx.crm().teams().all(&ctx.actor).await?;
    teams.sort_by_cached_key(|team| (team.name.reveal().to_lowercase(), team.id));
    let mut members = ctx.crm().access().members(&ctx.actor).await?;
    members.sort_by_cached_key(|member| (member.name.reveal().to_lowercase(), member.id));
    let names = |team: &Team| {
        let inside = members.iter().filter(|member| team.members.contains(&member.id));
        let names: Vec<&str> = inside.map(|member| member.name.reveal()).collect();
        if names.is_empty() { "Nobody yet".to_owned() } else { names.join(", ") }
    };
    let row = |team: &Team| TeamRow {
        id: team.id.to_string(),
        name: team.name.reveal().into(),
        members: names(team).into(),
        revision: team.revision.0.to_string(),
    };
    let rows = teams.iter().map(row).collect();
    let form = form.filter(|_| can_manage).map(|(form, chosen)| TeamForm {
        members: members
            .iter()
            .filter(|member| member.state == MemberState::Active || chosen.contains(&member.id))
            .map(|member| Choice {
                selected: chosen.contains(&member.id),
                ..Choice::new(member.id.to_string(), member.name.reveal())
            })
            .collect(),
        ..form
    });
    Ok(TeamList { can_manage, rows, form, done })
}

/// What was typed: the form, and who was chosen.
fn typed(fields: &Fields, id: Option<TeamId>) -> (TeamForm, Vec<MemberId>) {
    let chosen = fields.under("member.").into_iter().filter_map(|(id, _)| id.parse().ok()).collect();
    let form = TeamForm {
        id: id.map(|id| id.to_string()),
        revision: fields.get("revision").to_owned(),
        name: fields.get("name").to_owned(),
        ..TeamForm::default()
    };
    (form, chosen)
}

/// What a form came to: the list with what was done, or the form again with what was refused.
async fn answered(
    ctx: &PageContext,
    (mut form, chosen): (TeamForm, Vec<MemberId>),
    saved: Result<Team, Error>,
) -> Result<Response, Problem> {
    match saved {
        Ok(team) => {
            let done = format!("{} was saved.", team.name.reveal());
            return Ok(show(&list(ctx, None, Some(done)).await?)?.into_response());
        }
        Err(Error::Invalid { field: "name", problem }) => {
            form.name_error = Some(format!("The name {problem}."));
        }
        Err(Error::Invalid { problem, .. }) => form.problem = Some(format!("The list {problem}.")),
        Err(Error::Stale { .. } | Error::Conflict { .. }) => {
            form.problem =
                Some("Somebody else changed this team meanwhile. Look again and repeat it.".to_owned());
        }
        Err(error) => return Err(error.into()),
    }
    let list = list(ctx, Some((form, chosen)), None).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&list)?).into_response())
}

fn revision(fields: &Fields) -> Result<Revision, Problem> {
    let revision = fields.get("revision").parse().map(Revision);
    revision.map_err(|_| Problem::invalid("revision", "is not a revision"))
}

/// `POST /web/teams`.
pub(crate) async fn add(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let typed = typed(&fields, None);
    let saved = match Title::parse(typed.0.name.trim()) {
        Ok(name) => ctx.crm().teams().add(&ctx.actor, NewTeam { name, members: typed.1.clone() }).await,
        Err(error) => Err(Error::Invalid { field: "name", problem: error.to_string() }),
    };
    answered(&ctx, typed, saved).await
}

/// `POST /web/teams/{team}`.
pub(crate) async fn save(ctx: PageContext, Id(id): Id<TeamId>, fields: Fields) -> Result<Response, Problem> {
    let (typed, revision) = (typed(&fields, Some(id)), revision(&fields)?);
    let saved = match Title::parse(typed.0.name.trim()) {
        Ok(name) => {
            let patch = TeamPatch { name: Some(name), members: Some(typed.1.clone()) };
            ctx.crm().teams().change(&ctx.actor, id, Some(revision), patch).await
        }
        Err(error) => Err(Error::Invalid { field: "name", problem: error.to_string() }),
    };
    answered(&ctx, typed, saved).await
}

/// `POST /web/teams/{team}/delete`.
pub(crate) async fn delete(
    ctx: PageContext,
    Id(id): Id<TeamId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let team = ctx.crm().teams().delete(&ctx.actor, id, Some(revision(&fields)?)).await?;
    let done = format!("{} was deleted.", team.name.reveal());
    show(&list(&ctx, None, Some(done)).await?)
}
