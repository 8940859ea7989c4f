//! Joining an organisation with an account that there is: the one that is signed in, or one that is signed in with at the link.

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dialzio_core::Error;
use dialzio_core::access::{FirstStep, Token, may_fit};
use dialzio_core::text::EmailAddress;
use secrecy::SecretString;

use super::entry::{GONE, asked, invited, let_in};
use super::page_context::show;
use super::view::entry::{CodeForm, SetupForm};
use crate::auth::OurPages;
use crate::form::Fields;
use crate::peer::Client;
use crate::problem::Problem;
use crate::session::{self, OwnSession};
use crate::state::AppState;

/// The form of the link again, with what is wrong.
async fn again(
    state: &AppState,
    own: &OwnSession,
    token: Option<&Token>,
    problem: String,
) -> Result<Response, Problem> {
    let found = match token {
        Some(token) => invited(state, token).await?.map(|found| (token, found)),
        None => None,
    };
    let form = match found {
        Some((token, found)) => {
            let form = asked(state, own, token, found, "").await?;
            SetupForm { has_account: true, join_problem: Some(problem), ..form }
        }
        None => SetupForm { problem: Some(GONE.to_owned()), ..SetupForm::default() },
    };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response())
}

/// Why an account cannot join, in a sentence.
fn sentence(problem: &str) -> String {
    format!("The address of this account {problem}.")
}

/// `POST /web/setup/join`: with the account that is signed in.
pub(crate) async fn join(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    _: OurPages,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    let token = Token::parse(fields.get("token"));
    let (Some(token), Some(session)) = (&token, &own.token) else {
        return again(&state, &own, token.as_ref(), "Sign in to join.".to_owned()).await;
    };
    let trying = session::begin(&state, client, &own, token.reveal()).await?;
    let access = trying.access(&state, client, &own);
    match access.join(session, token).await {
        Ok(signed_in) => {
            trying.succeeded(&state).await;
            Ok(let_in(&state, &signed_in, &state.mount().to("inbox")))
        }
        Err(Error::Invalid { problem, .. }) => {
            trying.was_not_made(&state).await;
            again(&state, &own, Some(token), sentence(&problem)).await
        }
        Err(Error::Unauthenticated) => {
            again(&state, &own, Some(token), "Your session has ended. Sign in to join.".to_owned()).await
        }
        Err(error) => {
            trying.was_not_made(&state).await;
            Err(error.into())
        }
    }
}

/// `POST /web/setup/sign-in`: with an account that is signed in with here, in one step or two.
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    _: OurPages,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    let token = Token::parse(fields.get("token"));
    let wrong = || "Wrong email or password.".to_owned();
    let (typed, password) = (fields.get("email").trim(), fields.get("password"));
    let email = EmailAddress::parse(typed).ok().filter(|_| may_fit(password));
    let (Some(token), Some(email)) = (&token, email) else {
        return again(&state, &own, token.as_ref(), wrong()).await;
    };
    let trying = session::begin(&state, client, &own, email.reveal()).await?;
    let access = trying.access(&state, client, &own).joining(token);
    match access.sign_in(&email, &SecretString::from(password.to_owned())).await {
        Ok(FirstStep::Done(signed_in)) => {
            trying.succeeded(&state).await;
            Ok(let_in(&state, &signed_in, &state.mount().to("inbox")))
        }
        Ok(FirstStep::Code(step)) => {
            // Failures so far are not forgiven before the second step.
            trying.was_not_made(&state).await;
            let (step, invitation) = (step.reveal().to_owned(), Some(token.reveal().to_owned()));
            let next = state.mount().to("inbox");
            Ok(show(&CodeForm { step, next, invitation, problem: None })?.into_response())
        }
        // The password was right.
        Err(Error::Invalid { problem, .. }) => {
            trying.was_not_made(&state).await;
            again(&state, &own, Some(token), sentence(&problem)).await
        }
        Err(Error::Unauthenticated) => again(&state, &own, Some(token), wrong()).await,
        Err(error) => {
            trying.was_not_made(&state).await;
            Err(error.into())
        }
    }
}
