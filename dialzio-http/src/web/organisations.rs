//! The organisations of who is signed in, in the menu of the page, and moving to another one.

use axum::extract::{Extension, State};
use axum::response::{Html, Response};
use dialzio_core::access::OwnOrg;
use dialzio_core::{Error, OrgId};

use super::entry::let_in;
use super::members::role_words;
use super::page_context::{PageContext, show};
use super::view::organisations::{OrganisationList, OrganisationRow};
use crate::api::Id;
use crate::auth::OurPages;
use crate::peer::Client;
use crate::problem::Problem;
use crate::session::OwnSession;
use crate::state::AppState;

/// `GET /web/organisations`.
pub(crate) async fn list(ctx: PageContext) -> Result<Html<String>, Problem> {
    let found = match ctx.crm().access().own_organisations(&ctx.actor).await {
        // Whom another application vouches for works where that says.
        Err(Error::Invalid { .. }) => Vec::new(),
        other => other?,
    };
    let row = |org: &OwnOrg| OrganisationRow {
        path: format!("web/organisations/{}", org.id),
        name: org.name.reveal().into(),
        role: role_words(org.role).0,
        is_current: org.is_current,
    };
    show(&OrganisationList { rows: found.iter().map(row).collect() })
}

/// `POST /web/organisations/{organisation}`: moves the session there.
pub(crate) async fn switch(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    _: OurPages,
    own: OwnSession,
    Id(id): Id<OrgId>,
) -> Result<Response, Problem> {
    let session = own.token.as_ref().ok_or(Error::Unauthenticated)?;
    let access = state.crm().access().from_browser(own.browser).from_network(client.network());
    let signed_in = access.from_device(own.device.as_ref(), None).switch(session, id).await?;
    Ok(let_in(&state, &signed_in, &state.mount().to("inbox")))
}
