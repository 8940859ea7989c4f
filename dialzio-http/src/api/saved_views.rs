//! Saved views: what a list shows, under a name.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dialzio_core::saved_view::{NewSavedView, SavedQuery, SavedView, SavedViewPatch};
use dialzio_core::text::Title;
use dialzio_core::{Actor, Error, MemberId, Revision, SavedViewId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::revision::{IfMatch, Revised, refusal};
use super::{Body, Id, List, text};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// What a list shows, under a name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SavedView)]
pub struct SavedViewJson {
    id: SavedViewId,
    /// Who saved it.
    member: MemberId,
    /// Whether the caller saved it.
    own: bool,
    /// What it is called.
    name: String,
    /// Whether all members see it.
    shared: bool,
    /// What is listed.
    query: SavedQuery,
    revision: Revision,
}

fn shown(by: &Actor, kept: SavedView) -> SavedViewJson {
    SavedViewJson {
        id: kept.id,
        member: kept.member,
        own: Some(kept.member) == by.member(),
        name: kept.name.reveal().to_owned(),
        shared: kept.shared,
        query: kept.query,
        revision: kept.revision,
    }
}

fn revised(by: &Actor, kept: SavedView) -> Revised<SavedViewJson> {
    Revised::at(kept.revision, shown(by, kept))
}

/// `GET /v1/saved-views`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<SavedViewJson>>, Problem> {
    let all = state.crm().saved_views().all(&actor).await?;
    Ok(List::all(all.into_iter().map(|kept| shown(&actor, kept)).collect()))
}

/// `GET /v1/saved-views/{saved_view}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<SavedViewId>,
) -> Result<Revised<SavedViewJson>, Problem> {
    Ok(revised(&actor, state.crm().saved_views().get(&actor, id).await?))
}

/// A view to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewSavedView)]
#[serde(deny_unknown_fields)]
pub struct NewSavedViewJson {
    /// What it is called.
    #[schema(value_type = Title)]
    name: String,
    /// Whether all members see it, for which `views.share` is needed; `false` unless given.
    #[serde(default)]
    shared: bool,
    /// What is listed: the filters, the order and the columns of one list. What is searched for cannot be saved.
    query: SavedQuery,
}

/// `POST /v1/saved-views`.
pub async fn add(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<NewSavedViewJson>,
) -> Result<Revised<SavedViewJson>, Problem> {
    let NewSavedViewJson { name, shared, query } = new;
    let new = NewSavedView { name: text::<Title>("name", &name)?, shared, query };
    let added = state.crm().saved_views().add(&actor, new).await?;
    Ok(Revised::made(added.revision, shown(&actor, added)))
}

/// Changes to a view: an absent field stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = SavedViewPatch)]
#[serde(deny_unknown_fields)]
pub struct SavedViewPatchJson {
    #[schema(value_type = Option<Title>)]
    name: Option<String>,
    /// Whether all members see it, for which `views.share` is needed.
    shared: Option<bool>,
    /// What is listed, of the same list as before.
    query: Option<SavedQuery>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `PATCH /v1/saved-views/{saved_view}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<SavedViewId>,
    Body(patch): Body<SavedViewPatchJson>,
) -> Result<Revised<SavedViewJson>, Problem> {
    let views = state.crm().saved_views();
    let seen = meant.revision(patch.revision)?;
    let SavedViewPatchJson { name, shared, query, .. } = patch;
    let name = name.map(|name| text::<Title>("name", &name)).transpose()?;
    match views.change(&actor, id, seen, SavedViewPatch { name, shared, query }).await {
        Ok(kept) => Ok(revised(&actor, kept)),
        Err(error) => {
            let present = async { Ok::<_, Error>(revised(&actor, views.get(&actor, id).await?)) };
            Err(refusal(error, present).await)
        }
    }
}

/// `DELETE /v1/saved-views/{saved_view}`.
pub async fn delete(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<SavedViewId>,
) -> Result<StatusCode, Problem> {
    let views = state.crm().saved_views();
    let seen = meant.revision(None)?;
    match views.delete(&actor, id, seen).await {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) => {
            let present = async { Ok::<_, Error>(revised(&actor, views.get(&actor, id).await?)) };
            Err(refusal(error, present).await)
        }
    }
}
