//! The list of contacts: filtered, ordered and counted.

use axum::Json;
use axum::extract::State;
use dialzio_core::contact::{ContactOrder, ContactQuery, OwnerFilter, Stage};
use dialzio_core::text::TagName;
use dialzio_core::{Actor, MemberId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::contacts::ContactJson;
use super::{Asked, Counted, Paging, text, word};
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// Which contacts are asked for. All that is given has to hold.
#[derive(Debug, Deserialize, IntoParams)]
pub struct ContactSearch {
    /// Words of name, username, address or tags, or four digits and more of a number; the whole number for who sees numbers
    /// masked.
    q: Option<String>,
    /// Only contacts at this stage.
    #[param(value_type = Option<Stage>, inline)]
    stage: Option<String>,
    /// Only contacts that this member looks after: the id of a member, `me`, or `none` for contacts without an owner.
    owner: Option<String>,
    /// Only contacts with this tag, in exactly this spelling.
    #[param(value_type = Option<TagName>)]
    tag: Option<String>,
    /// `name`, A to Z, unless given; `newest` lists the newest contact first.
    #[param(value_type = Option<ContactOrder>, inline)]
    order: Option<String>,
}

impl ContactSearch {
    /// As the core is asked.
    ///
    /// # Errors
    /// A problem that names the field.
    pub(crate) fn query(&self, actor: &Actor) -> Result<ContactQuery, Problem> {
        let owner = |owner: &str| match owner {
            "none" => Ok(OwnerFilter::Nobody),
            "me" => actor
                .member()
                .map(OwnerFilter::Member)
                .ok_or_else(|| Problem::invalid("owner", "me is not a member here")),
            id => id
                .parse::<MemberId>()
                .map(OwnerFilter::Member)
                .map_err(|_| Problem::invalid("owner", "is the id of a member, me or none")),
        };
        Ok(ContactQuery {
            stage: self.stage.as_deref().map(|stage| word("stage", stage)).transpose()?,
            owner: self.owner.as_deref().map(owner).transpose()?,
            tag: self.tag.as_deref().map(|tag| text("tag", tag)).transpose()?,
            order: self.order.as_deref().map(|order| word("order", order)).transpose()?.unwrap_or_default(),
            ..ContactQuery::matching(self.q.as_deref().unwrap_or_default())
        })
    }
}

/// `GET /v1/contacts`. How many there are is answered with the first page.
pub async fn list(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(search): Asked<ContactSearch>,
    Asked(paging): Asked<Paging>,
) -> Result<Json<Counted<ContactJson>>, Problem> {
    let query = search.query(&actor)?;
    let request = paging.request()?;
    let total = match request.after {
        None => state.crm().contacts().count(&actor, &query).await?,
        Some(_) => None,
    };
    let page = state.crm().contacts().list(&actor, &query, request).await?;
    let seen = actor.identifiers();
    Ok(Counted::of(page, total, |contact| ContactJson::of(&contact, seen)))
}
