//! Signing in at an identity provider of an organisation.

use axum::extract::{Extension, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use dialzio_core::access::{SIGN_ON_LIFE, SignOnError};
use dialzio_core::{IdentityProviderId, OrgId};
use serde::Deserialize;

use super::entry::{let_in, sign_on_choices};
use super::page_context::{show, theme};
use super::view::single_sign_on::{SignOnForm, SignOnPage, SignOnReturn};
use crate::api::identity_providers::redirect_uri;
use crate::api::{Id, Ids};
use crate::auth::OurPages;
use crate::form::Fields;
use crate::peer::Client;
use crate::problem::Problem;
use crate::session::{self, OwnSession};
use crate::state::AppState;

/// `GET /sign-in/{org}`: the same page for an organisation that is not there.
pub(crate) async fn page(
    State(state): State<AppState>,
    Id(org): Id<OrgId>,
    jar: CookieJar,
) -> Result<Response, Problem> {
    let choices = sign_on_choices(&state, org).await?;
    let (base, theme) = (state.mount().base(), theme(&jar));
    Ok(show(&SignOnPage { base, theme, org: org.to_string(), choices })?.into_response())
}

/// `POST /web/sign-on/{org}/{identity_provider}`: sends the browser to the identity provider.
pub(crate) async fn begin(
    State(state): State<AppState>,
    _: OurPages,
    Ids(org, provider): Ids<OrgId, IdentityProviderId>,
) -> Result<Response, Problem> {
    let _place = state.sign_on()?;
    let begun = state
        .crm()
        .access()
        .begin_sign_on((org, provider), &redirect_uri(&state), &state.outbound())
        .await
        .map_err(refused)?;
    let address = HeaderValue::from_str(begun.address.as_str()).map_err(|_| Problem::not_found())?;
    let mut response = (StatusCode::OK, [(HeaderName::from_static("hx-redirect"), address)]).into_response();
    keep(&state, &begun.state, SIGN_ON_LIFE.num_seconds(), &mut response);
    Ok(response)
}

/// Keeps in the browser what it has to come back with.
fn keep(state: &AppState, value: &str, seconds: i64, response: &mut Response) {
    let mount = state.mount();
    let cookie = mount.cookie(mount.sign_on_cookie_name(), value.to_owned());
    if let Ok(cookie) = HeaderValue::from_str(&format!("{cookie}; Max-Age={seconds}")) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Why nobody was let in, and what they can do.
fn words(error: &SignOnError) -> Option<String> {
    Some(match error {
        SignOnError::Ended => {
            "This sign-in took too long, was begun elsewhere, or was used already. Begin again.".to_owned()
        }
        SignOnError::Provider(fault) => {
            format!("Your identity provider could not be used: {fault}. Ask who looks after it.")
        }
        SignOnError::NoAddress => {
            "Your identity provider does not say that your email address is yours. Ask who looks after it."
                .to_owned()
        }
        SignOnError::NotKnown => {
            "Nobody here has your email address. Ask an owner of your organisation for an invitation."
                .to_owned()
        }
        SignOnError::HasAccount => {
            "You have an account already. Open the link of your invitation and sign in to join.".to_owned()
        }
        _ => return None,
    })
}

fn refused(error: SignOnError) -> Problem {
    match (words(&error), error) {
        (_, SignOnError::Other(error)) => error.into(),
        (Some(words), _) => Problem::new("sign_on.refused").detail(words),
        (None, _) => Problem::new("sign_on.refused"),
    }
}

/// What an identity provider adds to the address. Source: RFC 6749, 4.1.2.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Returned {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
    error: Option<String>,
}

/// `GET /sign-on/return`: reading this page signs nobody in; its form does.
pub(crate) async fn returned(
    State(state): State<AppState>,
    Query(returned): Query<Returned>,
    jar: CookieJar,
) -> Result<Response, Problem> {
    let problem = returned.error.is_some().then(|| {
        "Your identity provider did not sign you in. Begin again, or ask who looks after it.".to_owned()
    });
    let form = SignOnForm { state: returned.state, code: returned.code, problem };
    Ok(show(&SignOnReturn { base: state.mount().base(), theme: theme(&jar), form })?.into_response())
}

/// `POST /web/sign-on/return`: lets in who came back.
pub(crate) async fn finish(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    _: OurPages,
    jar: CookieJar,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    let kept = jar.get(state.mount().sign_on_cookie_name()).map_or("", |cookie| cookie.value());
    let (given, code) = (fields.get("state"), fields.get("code"));
    let _place = state.sign_on()?;
    // Counted by the peer alone: what is sent here is different each time.
    let trying = session::begin(&state, client, &own, given).await?;
    let access = trying.access(&state, client, &own);
    let redirect = redirect_uri(&state);
    let done = access.finish_sign_on(&redirect, kept, (given, code), &state.outbound()).await;
    let mut response = match done {
        Ok(signed_in) => {
            trying.succeeded(&state).await;
            let_in(&state, &signed_in, &state.mount().to("inbox"))
        }
        Err(error) => {
            let Some(problem) = words(&error) else {
                trying.was_not_made(&state).await;
                return Err(refused(error));
            };
            let form = SignOnForm { problem: Some(problem), ..SignOnForm::default() };
            (StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response()
        }
    };
    keep(&state, "", 0, &mut response);
    Ok(response)
}
