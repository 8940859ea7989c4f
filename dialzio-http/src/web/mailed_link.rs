//! Links that are sent by mail: asking for one, and using it.

use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use dialzio_core::Error;
use dialzio_core::access::{FirstStep, LinkRequest, MailedLink, Token};
use dialzio_core::text::EmailAddress;
use secrecy::SecretString;

use super::entry::let_in;
use super::page_context::{show, theme};
use super::view::entry::CodeForm;
use super::view::mailed_link::{
    LinkKind, MailRequestForm, MailRequestPage, MailRequested, MailedLinkForm, MailedLinkPage, MailedLinkUsed,
};
use crate::auth::{Caller, OurPages};
use crate::form::Fields;
use crate::peer::Client;
use crate::problem::Problem;
use crate::session::{self, OwnSession};
use crate::state::AppState;

/// What a form is about, and the page that takes the link.
fn asked(word: &str) -> Result<(LinkKind, MailedLink, &'static str), Problem> {
    match LinkKind::of_word(word) {
        Some(kind @ LinkKind::NewPassword) => Ok((kind, MailedLink::NewPassword, "new-password")),
        Some(kind @ LinkKind::SignIn) => Ok((kind, MailedLink::SignIn, "link")),
        Some(LinkKind::Confirm) | None => Err(Problem::not_found()),
    }
}

fn gone(what: LinkKind) -> MailedLinkForm {
    let problem = Some("This link has expired or was used.".to_owned());
    MailedLinkForm { what, problem, ..MailedLinkForm::default() }
}

fn asking(state: &AppState, jar: &CookieJar, what: LinkKind) -> Result<Response, Problem> {
    if !state.crm().sends_mail() {
        return Err(Error::MailNotSetUp.into());
    }
    let form = MailRequestForm { what, ..MailRequestForm::default() };
    Ok(show(&MailRequestPage { base: state.mount().base(), theme: theme(jar), form })?.into_response())
}

fn landing(state: &AppState, jar: &CookieJar, what: LinkKind) -> Result<Response, Problem> {
    let form = MailedLinkForm { what, ..MailedLinkForm::default() };
    Ok(show(&MailedLinkPage { base: state.mount().base(), theme: theme(jar), form })?.into_response())
}

/// `GET /forgot`.
pub(crate) async fn forgot(State(state): State<AppState>, jar: CookieJar) -> Result<Response, Problem> {
    asking(&state, &jar, LinkKind::NewPassword)
}

/// `GET /email-link`.
pub(crate) async fn email_link(State(state): State<AppState>, jar: CookieJar) -> Result<Response, Problem> {
    asking(&state, &jar, LinkKind::SignIn)
}

/// `GET /new-password`: the token is in the fragment of the address, which only the browser sees.
pub(crate) async fn new_password(State(state): State<AppState>, jar: CookieJar) -> Result<Response, Problem> {
    landing(&state, &jar, LinkKind::NewPassword)
}

/// `GET /link`: as [`new_password`]. Programs that look through mail and open its links do not use it up.
pub(crate) async fn link(State(state): State<AppState>, jar: CookieJar) -> Result<Response, Problem> {
    landing(&state, &jar, LinkKind::SignIn)
}

/// `POST /web/mail-link`: the same answer at the same time, whether or not somebody has the address.
pub(crate) async fn request(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    _: OurPages,
    fields: Fields,
) -> Result<Response, Problem> {
    let (what, link, page) = asked(fields.get("what"))?;
    let typed = fields.get("email").trim();
    let Ok(email) = EmailAddress::parse(typed) else {
        let problem = Some("This is not a complete address.".to_owned());
        let form = MailRequestForm { what, email: typed.to_owned(), problem };
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response());
    };
    let page = state.public_url(page);
    let request = LinkRequest { what: link, email: &email, peer: client.counted(), page: &page };
    match state.crm().access().from_network(client.network()).request_link(request).await {
        Ok(_beside) => {
            let minutes = link.life().num_minutes();
            Ok(show(&MailRequested { minutes })?.into_response())
        }
        Err(Error::TooManyAttempts { seconds }) => {
            Err(session::too_many(seconds, "Too many links were asked for"))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /web/mailed-link/{what}/open`: whose link it is. It can still be used.
pub(crate) async fn open(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    _: OurPages,
    Path(what): Path<String>,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    let (what, link, _) = asked(&what)?;
    let Some(token) = Token::parse(fields.get("token")) else {
        return Ok(show(&gone(what))?.into_response());
    };
    let trying = session::begin(&state, client, &own, token.reveal()).await?;
    let form = match state.crm().access().mailed_link_of(&token, link).await {
        Ok(email) => {
            trying.succeeded(&state).await;
            let (token, email) = (token.reveal().to_owned(), email.reveal().to_owned());
            MailedLinkForm { what, token, email, ..MailedLinkForm::default() }
        }
        Err(Error::Unauthenticated) => gone(what),
        Err(error) => {
            trying.was_not_made(&state).await;
            return Err(error.into());
        }
    };
    Ok(show(&form)?.into_response())
}

/// `POST /web/mailed-link/{what}`: uses it.
pub(crate) async fn take(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    _: OurPages,
    Path(what): Path<String>,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    let (what, link, _) = asked(&what)?;
    let again = |form: MailedLinkForm| Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response());
    let Some(token) = Token::parse(fields.get("token")) else { return again(gone(what)) };
    let trying = session::begin(&state, client, &own, token.reveal()).await?;
    let access = trying.access(&state, client, &own);
    let done = match link {
        MailedLink::NewPassword => {
            let secret = SecretString::from(fields.get("password").to_owned());
            access.set_new_password(&token, &secret).await.map(|()| None)
        }
        MailedLink::SignIn => access.sign_in_by_link(&token).await.map(Some),
    };
    match done {
        Ok(step) => {
            trying.succeeded(&state).await;
            let next = state.mount().to("inbox");
            match step {
                None => {
                    let done = "The new password is set, and all sessions have ended.";
                    Ok(show(&MailedLinkUsed { done, on: ("sign-in", "Sign in") })?.into_response())
                }
                Some(FirstStep::Done(signed_in)) => Ok(let_in(&state, &signed_in, &next)),
                Some(FirstStep::Code(step)) => {
                    let form =
                        CodeForm { step: step.reveal().to_owned(), next, invitation: None, problem: None };
                    Ok(show(&form)?.into_response())
                }
            }
        }
        Err(Error::Unauthenticated) => again(gone(what)),
        Err(Error::Invalid { field: "password", problem }) => {
            trying.was_not_made(&state).await;
            again(MailedLinkForm {
                what,
                token: token.reveal().to_owned(),
                email: fields.get("email").to_owned(),
                password_error: Some(format!("The password {problem}.")),
                problem: None,
            })
        }
        Err(error) => {
            trying.was_not_made(&state).await;
            Err(error.into())
        }
    }
}

/// `GET /confirm`: as [`new_password`].
pub(crate) async fn confirm(State(state): State<AppState>, jar: CookieJar) -> Result<Response, Problem> {
    landing(&state, &jar, LinkKind::Confirm)
}

/// What confirms an address, from who is signed in; otherwise the form that says what is missing.
fn confirming(caller: Option<Caller>, fields: &Fields) -> Result<(Caller, Token), MailedLinkForm> {
    let Some(caller) = caller else {
        let problem = "Sign in here first. Then open the link in your mail again.".to_owned();
        let what = LinkKind::Confirm;
        return Err(MailedLinkForm { what, problem: Some(problem), ..MailedLinkForm::default() });
    };
    let token = Token::parse(fields.get("token")).ok_or_else(|| gone(LinkKind::Confirm))?;
    Ok((caller, token))
}

/// `POST /web/mailed-link/confirm/open`: which address a link confirms. It can still be used.
pub(crate) async fn open_confirmation(
    State(state): State<AppState>,
    caller: Option<Caller>,
    _: OurPages,
    fields: Fields,
) -> Result<Response, Problem> {
    let what = LinkKind::Confirm;
    let (Caller(actor), token) = match confirming(caller, &fields) {
        Ok(both) => both,
        Err(form) => return Ok(show(&form)?.into_response()),
    };
    let form = match state.crm().access().address_to_confirm(&actor, &token).await {
        Ok(email) => {
            let (token, email) = (token.reveal().to_owned(), email.reveal().to_owned());
            MailedLinkForm { what, token, email, ..MailedLinkForm::default() }
        }
        Err(Error::Invalid { .. }) => gone(what),
        Err(error) => return Err(error.into()),
    };
    Ok(show(&form)?.into_response())
}

/// `POST /web/mailed-link/confirm`: confirms the address of who is signed in.
pub(crate) async fn take_confirmation(
    State(state): State<AppState>,
    caller: Option<Caller>,
    _: OurPages,
    fields: Fields,
) -> Result<Response, Problem> {
    let again = |form: MailedLinkForm| Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response());
    let (Caller(actor), token) = match confirming(caller, &fields) {
        Ok(both) => both,
        Err(form) => return again(form),
    };
    match state.crm().access().confirm_address(&actor, &token).await {
        Ok(()) => {
            let done = "Your address is confirmed. New passwords and links to sign in can be sent to it.";
            Ok(show(&MailedLinkUsed { done, on: ("inbox", "Go to the inbox") })?.into_response())
        }
        Err(Error::Invalid { .. }) => again(gone(LinkKind::Confirm)),
        Err(error) => Err(error.into()),
    }
}
