//! Dispositions: the list of call outcomes that people choose from.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use dialzio_core::disposition::{Disposition, DispositionPatch, NewDisposition};
use dialzio_core::text::DispositionName;
use dialzio_core::{DispositionId, Error, Revision};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::revision::{IfMatch, Revised, refusal};
use super::{Body, Id, List, text};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// An outcome of a call that people can choose.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Disposition)]
pub struct DispositionJson {
    id: DispositionId,
    name: String,
    /// Whether a call with this outcome counts as one in which the person was reached.
    counts_as_reached: bool,
    /// The place in the list, ascending; of two at the same place the older one comes first.
    position: u16,
    /// Since when it can no longer be chosen.
    #[schema(required)]
    archived_at: Option<DateTime<Utc>>,
    revision: Revision,
}

impl From<Disposition> for DispositionJson {
    fn from(kept: Disposition) -> Self {
        Self {
            id: kept.id,
            name: kept.name.reveal().to_owned(),
            counts_as_reached: kept.counts_as_reached,
            position: kept.position,
            archived_at: kept.archived_at,
            revision: kept.revision,
        }
    }
}

fn revised(kept: Disposition) -> Revised<DispositionJson> {
    Revised::at(kept.revision, kept.into())
}

/// `GET /v1/dispositions`.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
) -> Result<Json<List<DispositionJson>>, Problem> {
    let all = state.crm().dispositions().all(&actor).await?;
    Ok(List::all(all.into_iter().map(DispositionJson::from).collect()))
}

/// `GET /v1/dispositions/{disposition}`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Id(id): Id<DispositionId>,
) -> Result<Revised<DispositionJson>, Problem> {
    Ok(revised(state.crm().dispositions().get(&actor, id).await?))
}

/// A new disposition.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewDisposition)]
#[serde(deny_unknown_fields)]
pub struct NewDispositionJson {
    /// What people choose, unique in the organisation whatever the case.
    #[schema(value_type = DispositionName)]
    name: String,
    /// Whether a call with this outcome counts as one in which the person was reached.
    counts_as_reached: bool,
    /// The place in the list; without one it comes last.
    position: Option<u16>,
}

/// `POST /v1/dispositions`.
pub async fn add(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Body(new): Body<NewDispositionJson>,
) -> Result<Revised<DispositionJson>, Problem> {
    let name = text::<DispositionName>("name", &new.name)?;
    let new = NewDisposition { name, counts_as_reached: new.counts_as_reached, position: new.position };
    let added = state.crm().dispositions().add(&actor, new).await?;
    Ok(Revised::made(added.revision, added.into()))
}

/// Changes to a disposition: an absent field stays.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = DispositionPatch)]
#[serde(deny_unknown_fields)]
pub struct DispositionPatchJson {
    #[schema(value_type = Option<DispositionName>)]
    name: Option<String>,
    /// Whether a call with this outcome counts as one in which the person was reached.
    counts_as_reached: Option<bool>,
    /// The place in the list.
    position: Option<u16>,
    /// Whether it can no longer be chosen.
    archived: Option<bool>,
    /// The revision that is meant, instead of `If-Match`.
    revision: Option<u32>,
}

/// `PATCH /v1/dispositions/{disposition}`.
pub async fn change(
    State(state): State<AppState>,
    Caller(actor): Caller,
    meant: IfMatch,
    Id(id): Id<DispositionId>,
    Body(patch): Body<DispositionPatchJson>,
) -> Result<Revised<DispositionJson>, Problem> {
    let dispositions = state.crm().dispositions();
    let seen = meant.revision(patch.revision)?;
    let change = DispositionPatch {
        name: patch.name.map(|name| text::<DispositionName>("name", &name)).transpose()?,
        counts_as_reached: patch.counts_as_reached,
        position: patch.position,
        archived: patch.archived,
    };
    match dispositions.change(&actor, id, seen, change).await {
        Ok(kept) => Ok(revised(kept)),
        Err(error) => {
            let present = async { Ok::<_, Error>(revised(dispositions.get(&actor, id).await?)) };
            Err(refusal(error, present).await)
        }
    }
}
