//! Settings: where members sign in with their account at work.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::identity_provider::{IdentityProvider, IdentityProviderPatch, NewIdentityProvider};
use dialzio_core::text::{ClientId, Title};
use dialzio_core::{Error, IdentityProviderId, Permission, Revision};
use secrecy::SecretString;
use serde::Deserialize;

use super::page_context::{PageContext, show};
use super::view::single_sign_on::{IdentityProviderForm, IdentityProviderList, IdentityProviderRow};
use crate::api::Id;
use crate::api::identity_providers::{checked, issuer, redirect_uri, sign_in_address};
use crate::form::Fields;
use crate::problem::Problem;

/// Which form is open.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Open {
    edit: Option<IdentityProviderId>,
    #[serde(default)]
    new: bool,
}

/// `GET /web/identity-providers`: the list, with the form that is asked for.
pub(crate) async fn read(ctx: PageContext, Query(open): Query<Open>) -> Result<Html<String>, Problem> {
    let form = match open.edit {
        Some(id) => {
            let kept = ctx.crm().identity_providers().get(&ctx.actor, id).await?;
            Some(IdentityProviderForm {
                id: Some(id.to_string()),
                revision: kept.revision.0.to_string(),
                name: kept.name.reveal().to_owned(),
                issuer: kept.issuer.as_str().to_owned(),
                client_id: kept.client_id.reveal().to_owned(),
                ..IdentityProviderForm::default()
            })
        }
        None => open.new.then(Default::default),
    };
    show(&list(&ctx, form, None).await?)
}

/// The card on the page of the members, for owners.
pub(super) async fn card(ctx: &PageContext) -> Result<Option<IdentityProviderList>, Problem> {
    match ctx.may(Permission::SignOnManage) {
        true => Ok(Some(list(ctx, None, None).await?)),
        false => Ok(None),
    }
}

/// The identity providers by name, with the form.
async fn list(
    ctx: &PageContext,
    form: Option<IdentityProviderForm>,
    done: Option<String>,
) -> Result<IdentityProviderList, Problem> {
    let mut kept = ctx.crm().identity_providers().all(&ctx.actor).await?;
    kept.sort_by_cached_key(|one| (one.name.reveal().to_lowercase(), one.id));
    let row = |one: &IdentityProvider| IdentityProviderRow {
        id: one.id.to_string(),
        name: one.name.reveal().into(),
        issuer: one.issuer.as_str().into(),
        revision: one.revision.0.to_string(),
    };
    Ok(IdentityProviderList {
        rows: kept.iter().map(row).collect(),
        form,
        done,
        sign_in_address: sign_in_address(&ctx.state, ctx.actor.org()),
        redirect_uri: redirect_uri(&ctx.state),
    })
}

fn typed(fields: &Fields, id: Option<IdentityProviderId>) -> IdentityProviderForm {
    IdentityProviderForm {
        id: id.map(|id| id.to_string()),
        revision: fields.get("revision").to_owned(),
        name: fields.get("name").trim().to_owned(),
        issuer: fields.get("issuer").trim().to_owned(),
        client_id: fields.get("client_id").trim().to_owned(),
        ..IdentityProviderForm::default()
    }
}

/// What was typed as it is kept, or what is wrong with it.
fn read_fields(form: &mut IdentityProviderForm, secret: &str) -> Option<NewIdentityProvider> {
    let name = Title::parse(&form.name).map_err(|error| form.name_error = Some(format!("The name {error}.")));
    let issuer = issuer(&form.issuer).map_err(|error| {
        if let Error::Invalid { problem, .. } = error {
            form.issuer_error = Some(format!("The issuer {problem}."));
        }
    });
    let client_id = ClientId::parse(&form.client_id)
        .map_err(|error| form.client_id_error = Some(format!("The client ID {error}.")));
    if secret.is_empty() && form.id.is_none() {
        form.secret_error = Some("The client secret is needed.".to_owned());
        return None;
    }
    let client_secret = SecretString::from(secret.to_owned());
    Some(NewIdentityProvider {
        name: name.ok()?,
        issuer: issuer.ok()?,
        client_id: client_id.ok()?,
        client_secret,
    })
}

/// What a form came to: the list with what was done, or the form again with what was refused.
async fn answered(
    ctx: &PageContext,
    mut form: IdentityProviderForm,
    saved: Result<IdentityProvider, Error>,
) -> Result<Response, Problem> {
    match saved {
        Ok(kept) => {
            let name = kept.name.reveal();
            let done = match checked(&ctx.state, &ctx.actor, kept.id).await? {
                None => format!("{name} was saved, and its settings could be read."),
                Some(fault) => format!("{name} was saved, but it cannot be used yet: {fault}."),
            };
            return Ok(show(&list(ctx, None, Some(done)).await?)?.into_response());
        }
        Err(Error::Invalid { field: "client_secret", problem }) => {
            form.secret_error = Some(format!("The client secret {problem}."));
        }
        Err(Error::Invalid { field: "name", problem }) => {
            form.name_error = Some(format!("The identity provider {problem}."));
        }
        Err(Error::Stale { .. } | Error::Conflict { .. }) => {
            form.problem = Some("Somebody else changed this meanwhile. Look again and repeat it.".to_owned());
        }
        Err(error) => return Err(error.into()),
    }
    again(ctx, form).await
}

async fn again(ctx: &PageContext, form: IdentityProviderForm) -> Result<Response, Problem> {
    let list = list(ctx, Some(form), None).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&list)?).into_response())
}

fn revision(fields: &Fields) -> Result<Revision, Problem> {
    let revision = fields.get("revision").parse().map(Revision);
    revision.map_err(|_| Problem::invalid("revision", "is not a revision"))
}

/// `POST /web/identity-providers`.
pub(crate) async fn add(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let mut form = typed(&fields, None);
    let Some(new) = read_fields(&mut form, fields.get("client_secret")) else {
        return again(&ctx, form).await;
    };
    let saved = ctx.crm().identity_providers().add(&ctx.actor, new).await;
    answered(&ctx, form, saved).await
}

/// `POST /web/identity-providers/{identity_provider}`: an empty secret leaves the one that is kept.
pub(crate) async fn save(
    ctx: PageContext,
    Id(id): Id<IdentityProviderId>,
    fields: Fields,
) -> Result<Response, Problem> {
    let (mut form, revision, secret) =
        (typed(&fields, Some(id)), revision(&fields)?, fields.get("client_secret"));
    let Some(new) = read_fields(&mut form, secret) else { return again(&ctx, form).await };
    let patch = IdentityProviderPatch {
        name: Some(new.name),
        issuer: Some(new.issuer),
        client_id: Some(new.client_id),
        client_secret: (!secret.is_empty()).then_some(new.client_secret),
    };
    let saved = ctx.crm().identity_providers().change(&ctx.actor, id, Some(revision), patch).await;
    answered(&ctx, form, saved).await
}

/// `POST /web/identity-providers/{identity_provider}/delete`.
pub(crate) async fn delete(
    ctx: PageContext,
    Id(id): Id<IdentityProviderId>,
    fields: Fields,
) -> Result<Html<String>, Problem> {
    let kept = ctx.crm().identity_providers().remove(&ctx.actor, id, Some(revision(&fields)?)).await?;
    let done = format!("{} was removed.", kept.name.reveal());
    show(&list(&ctx, None, Some(done)).await?)
}
