//! Passkeys: the card in the profile, and signing in with one.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::access::OwnPasskey;
use dialzio_core::text::Title;
use dialzio_core::{Error, PasskeyId};
use secrecy::SecretString;

use super::entry::{came_in, own_path};
use super::page_context::{PageContext, show};
use super::view::entry::SignInForm;
use super::view::passkeys::{PasskeyCard, PasskeyForm, PasskeyRow};
use crate::api::Id;
use crate::api::passkeys::ChallengeJson;
use crate::auth::OurPages;
use crate::form::Fields;
use crate::peer::Client;
use crate::problem::Problem;
use crate::session::{self, OwnSession, PasswordRefusal};
use crate::state::AppState;

fn row(ctx: &PageContext, own: &OwnPasskey) -> PasskeyRow {
    PasskeyRow {
        id: own.id.to_string(),
        name: own.name.reveal().to_owned(),
        since: ctx.when(own.created_at),
        used: own.used_at.map(|at| ctx.when(at)),
    }
}

/// The card in the profile, with this form.
pub(crate) async fn own_card(ctx: &PageContext, form: PasskeyForm) -> Result<PasskeyCard, Problem> {
    let own = ctx.crm().access().passkeys(&ctx.actor).await?;
    let rows = own.iter().map(|own| row(ctx, own)).collect();
    Ok(PasskeyCard { rows, form, is_available: ctx.state.passkey_site().is_ok() })
}

async fn again(ctx: &PageContext, form: PasskeyForm) -> Result<Response, Problem> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&own_card(ctx, form).await?)?).into_response())
}

/// `GET /web/passkeys`: the card, with its first form.
pub(crate) async fn read(ctx: PageContext) -> Result<Html<String>, Problem> {
    ctx.members_only()?;
    show(&own_card(&ctx, PasskeyForm::Closed).await?)
}

/// `GET /web/passkeys/new`: the card with the form that asks for a name and the password.
pub(crate) async fn ask(ctx: PageContext) -> Result<Html<String>, Problem> {
    ctx.members_only()?;
    show(&own_card(&ctx, PasskeyForm::asked(String::new())).await?)
}

/// `POST /web/passkeys/begin`: the card with what the browser is asked.
pub(crate) async fn begin(
    ctx: PageContext,
    Extension(client): Extension<Client>,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    ctx.members_only()?;
    let site = ctx.state.passkey_site()?;
    let name = fields.get("name").trim().to_owned();
    let refused = |name_error: Option<String>, password_error: Option<&str>| PasskeyForm::Asked {
        name: name.clone(),
        name_error,
        password_error: password_error.map(str::to_owned),
    };
    if let Err(error) = Title::parse(&name) {
        return again(&ctx, refused(Some(format!("The name {error}.")), None)).await;
    }
    let typed = fields.get("password");
    let wrong = Some("This is not your password.");
    // What cannot be a password is neither tried nor counted.
    if !dialzio_core::access::may_fit(typed) {
        return again(&ctx, refused(None, wrong)).await;
    }
    let (access, password) = (ctx.crm().access(), SecretString::from(typed.to_owned()));
    let work = access.begin_passkey(&ctx.actor, &site, &password);
    match session::attempt(&ctx.state, &ctx.actor, (client, &own), work).await {
        Ok(challenge) => {
            let (options, state) = (challenge.options, challenge.state);
            Ok(show(&own_card(&ctx, PasskeyForm::Ready { name, options, state }).await?)?.into_response())
        }
        Err(PasswordRefusal::Service(Error::Invalid { field: "password", .. })) => {
            again(&ctx, refused(None, wrong)).await
        }
        Err(PasswordRefusal::Service(Error::Invalid { field: "passkey", problem })) => {
            again(&ctx, refused(Some(format!("A passkey {problem}.")), None)).await
        }
        Err(refused) => Err(refused.into()),
    }
}

/// `POST /web/passkeys`: adds what the browser has made.
pub(crate) async fn add(
    ctx: PageContext,
    Extension(client): Extension<Client>,
    fields: Fields,
) -> Result<Response, Problem> {
    ctx.members_only()?;
    let site = ctx.state.passkey_site()?;
    let name = fields.get("name").trim();
    let refused = |name_error| PasskeyForm::Asked { name: name.to_owned(), name_error, password_error: None };
    let title = match Title::parse(name) {
        Ok(title) => title,
        Err(error) => return again(&ctx, refused(Some(format!("The name {error}.")))).await,
    };
    let access = ctx.crm().access().from_network(client.network());
    let answer = (fields.get("state"), fields.get("credential"));
    match access.add_passkey(&ctx.actor, &site, answer, title).await {
        Ok(_) => Ok(show(&own_card(&ctx, PasskeyForm::Closed).await?)?.into_response()),
        Err(Error::Invalid { problem, .. }) => {
            again(&ctx, refused(Some(format!("The passkey {problem}.")))).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /web/passkeys/{passkey}/remove`. One that is gone already is gone, which is what was asked for.
pub(crate) async fn remove(ctx: PageContext, Id(id): Id<PasskeyId>) -> Result<Html<String>, Problem> {
    ctx.members_only()?;
    match ctx.crm().access().remove_passkey(&ctx.actor, id).await {
        Ok(()) | Err(Error::NotFound { .. }) => show(&own_card(&ctx, PasskeyForm::Closed).await?),
        Err(error) => Err(error.into()),
    }
}

/// `POST /web/sign-in/passkey/challenge`: what the browser of somebody who wants to sign in is asked. Nothing is kept of it.
pub(crate) async fn challenge(State(state): State<AppState>, _: OurPages) -> Result<Response, Problem> {
    let site = state.passkey_site()?;
    let challenge = state.crm().access().begin_passkey_sign_in(&site).await?;
    Ok(Json(ChallengeJson::of(challenge)?).into_response())
}

/// `POST /web/sign-in/passkey`: lets in who answers it.
pub(crate) async fn enter(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    _: OurPages,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    let (site, next) = (state.passkey_site()?, own_path(state.mount(), fields.get("next")));
    let refused = || -> Result<Response, Problem> {
        let problem = Some("This passkey is not known here, or it took too long. Try again.".to_owned());
        let mails = state.crm().sends_mail();
        let form = SignInForm { next: next.clone(), problem, mails, ..SignInForm::default() };
        Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response())
    };
    let answer = fields.get("credential");
    // What can be no answer is neither tried nor counted.
    let Some(account) = dialzio_core::access::AccessService::passkey_named(answer) else { return refused() };
    let trying = session::begin(&state, client, &own, &account).await?;
    match trying.access(&state, client, &own).sign_in_by_passkey(&site, (fields.get("state"), answer)).await {
        Ok(signed_in) => {
            trying.succeeded(&state).await;
            Ok(came_in(&state, &signed_in, &next, &fields))
        }
        Err(Error::Unauthenticated) => refused(),
        Err(error) => {
            trying.was_not_made(&state).await;
            Err(error.into())
        }
    }
}
