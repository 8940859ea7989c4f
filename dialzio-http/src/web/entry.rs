//! Coming in and going out: the link of an invitation, sign-in, sign-out.

use axum::extract::{Extension, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::CookieJar;
use dialzio_core::access::chrono_tz_name::ZoneName;
use dialzio_core::access::{FirstStep, HAS_ACCOUNT, Invitation, Org, SignedIn, Token, Whereabouts};
use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_core::{Error, OrgId, Region, Role};
use secrecy::SecretString;
use serde::Deserialize;

use super::page_context::{show, theme};
use super::view::Choice;
use super::view::entry::{CodeForm, SetupForm, SetupPage, SignInForm, SignInPage};
use crate::auth::{Caller, OurPages};
use crate::form::Fields;
use crate::mount::Mount;
use crate::peer::Client;
use crate::problem::Problem;
use crate::session::{self, OwnSession};
use crate::state::AppState;

/// Sends the page to an address that is written without a leading slash.
pub(crate) fn go_to(state: &AppState, address: &str) -> Response {
    send_to(&state.mount().to(address))
}

/// Sends the page to a path of this host.
fn send_to(path: &str) -> Response {
    let path = HeaderValue::from_str(path).unwrap_or_else(|_| HeaderValue::from_static("/"));
    (StatusCode::OK, [(HeaderName::from_static("hx-redirect"), path)]).into_response()
}

/// `GET /`.
pub(crate) async fn home(State(state): State<AppState>) -> Redirect {
    Redirect::to(&state.mount().to("inbox"))
}

/// An address of an earlier release: the page is at another one now.
pub(crate) fn moved(state: &AppState, address: &str) -> Redirect {
    Redirect::permanent(&state.mount().to(address))
}

/// `GET /setup`: the token is in the fragment of the address, which only the browser sees.
pub(crate) async fn setup(State(state): State<AppState>, jar: CookieJar) -> Result<Response, Problem> {
    let base = state.mount().base();
    Ok(show(&SetupPage { base, theme: theme(&jar), form: SetupForm::default() })?.into_response())
}

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

/// A path of our own pages, or the inbox.
pub(super) fn own_path(mount: &Mount, next: &str) -> String {
    let page = next.strip_prefix(&mount.base()).filter(|page| {
        !page.starts_with(['/', '.'])
            && !page.contains('\\')
            && !page.starts_with("web/")
            && page.bytes().all(|byte| byte.is_ascii_graphic())
    });
    mount.to(page.unwrap_or("inbox"))
}

/// What an organisation's identity providers are, as buttons.
pub(super) async fn sign_on_choices(state: &AppState, org: OrgId) -> Result<Vec<Choice>, Problem> {
    let found = state.crm().access().sign_on_choices(org).await?;
    Ok(found.iter().map(|choice| Choice::new(choice.id.to_string(), choice.name.reveal())).collect())
}

/// `GET /sign-in`.
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    caller: Option<Caller>,
    Query(Next { next }): Query<Next>,
    jar: CookieJar,
) -> Result<Response, Problem> {
    let next = own_path(state.mount(), &next);
    if caller.is_some() {
        return Ok(Redirect::to(&next).into_response());
    }
    let form = SignInForm { next, mails: state.crm().sends_mail(), ..SignInForm::default() };
    let passkeys = state.passkey_site().is_ok();
    let sign_on = match state.crm().access().sole_organisation().await? {
        Some(org) => Some((org.to_string(), sign_on_choices(&state, org).await?)),
        None => None,
    };
    let (base, theme) = (state.mount().base(), theme(&jar));
    Ok(show(&SignInPage { base, theme, form, passkeys, sign_on })?.into_response())
}

pub(super) fn let_in(state: &AppState, signed_in: &SignedIn, next: &str) -> Response {
    let mut response = send_to(next);
    session::give(state, &signed_in.token, &mut response);
    session::remember(state, signed_in.device.as_ref(), &mut response);
    response
}

/// `POST /web/sign-in`.
pub(crate) async fn enter(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    _: OurPages,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    let next = own_path(state.mount(), fields.get("next"));
    let refused = |email: &str| SignInForm {
        email: email.to_owned(),
        next: next.clone(),
        problem: Some("Wrong email or password.".to_owned()),
        mails: state.crm().sends_mail(),
    };
    let (typed, password) = (fields.get("email").trim(), fields.get("password"));
    // What cannot be an address or a password is neither tried nor counted.
    let Some(email) = EmailAddress::parse(typed).ok().filter(|_| dialzio_core::access::may_fit(password))
    else {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&refused(typed))?).into_response());
    };
    let trying = session::begin(&state, client, &own, email.reveal()).await?;
    let secret = SecretString::from(password.to_owned());
    let access = trying.access(&state, client, &own);
    match access.sign_in(&email, &secret).await {
        Ok(FirstStep::Done(signed_in)) => {
            trying.succeeded(&state).await;
            Ok(came_in(&state, &signed_in, &next, &fields))
        }
        Ok(FirstStep::Code(step)) => {
            // Failures so far are not forgiven before the second step.
            trying.was_not_made(&state).await;
            Ok(show(&CodeForm { step: step.reveal().to_owned(), next, invitation: None, problem: None })?
                .into_response())
        }
        Err(Error::Unauthenticated) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&refused(typed))?).into_response())
        }
        Err(error) => {
            trying.was_not_made(&state).await;
            Err(error.into())
        }
    }
}

/// `POST /web/sign-in/code`: the second step.
pub(crate) async fn enter_code(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    _: OurPages,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    let next = own_path(state.mount(), fields.get("next"));
    let begin_again = || {
        let problem = Some("This took too long. Sign in again.".to_owned());
        let mails = state.crm().sends_mail();
        let form = SignInForm { next: next.clone(), problem, mails, ..SignInForm::default() };
        Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response())
    };
    let Some(step) = Token::parse(fields.get("step")) else { return begin_again() };
    let email = match state.crm().access().second_step_of(&step).await {
        Ok(email) => email,
        Err(Error::Unauthenticated) => return begin_again(),
        Err(error) => return Err(error.into()),
    };
    let trying = session::begin(&state, client, &own, email.reveal()).await?;
    let invitation = fields.given("invitation").and_then(Token::parse);
    let mut access = trying.access(&state, client, &own);
    if let Some(invitation) = &invitation {
        access = access.joining(invitation);
    }
    match access.finish_sign_in(&step, fields.get("code")).await {
        Ok(signed_in) => {
            trying.succeeded(&state).await;
            Ok(came_in(&state, &signed_in, &next, &fields))
        }
        Err(Error::Invalid { field: "code", problem }) => {
            let problem = Some(format!("This code {problem}."));
            let invitation = fields.given("invitation").map(str::to_owned);
            let form = CodeForm { step: step.reveal().to_owned(), next, invitation, problem };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response())
        }
        Err(Error::Unauthenticated) => {
            trying.was_not_made(&state).await;
            begin_again()
        }
        Err(error) => {
            trying.was_not_made(&state).await;
            Err(error.into())
        }
    }
}

/// Lets somebody in who has signed in.
pub(super) fn came_in(state: &AppState, signed_in: &SignedIn, next: &str, fields: &Fields) -> Response {
    let mut response = let_in(state, signed_in, next);
    // The dialog of a page whose session ended: the page stays if its own member is back.
    if fields
        .given("member")
        .is_some_and(|member| signed_in.actor.member().is_some_and(|id| id.to_string() == member))
    {
        response.headers_mut().remove("hx-redirect");
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    response
}

pub(super) const GONE: &str = "This link has expired or was used. Ask the sender for a new one.";

/// Looks an invitation up by the token of its link, with the organisation that it leads into.
pub(super) async fn invited(state: &AppState, token: &Token) -> Result<Option<(Invitation, Org)>, Problem> {
    match state.crm().access().invitation_into(token).await {
        Ok(found) => Ok(Some(found)),
        Err(Error::Unauthenticated) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// All zones, with the one that is chosen.
fn zones(chosen: &str) -> Vec<Choice> {
    let zone = |tz: &chrono_tz::Tz| Choice {
        selected: tz.name() == chosen,
        ..Choice::new(tz.name(), tz.name().replace('_', " "))
    };
    chrono_tz::TZ_VARIANTS.iter().map(zone).collect()
}

/// What is asked of who holds a link. `zone` is that of their browser.
pub(super) async fn asked(
    state: &AppState,
    own: &OwnSession,
    token: &Token,
    (invitation, org): (Invitation, Org),
    zone: &str,
) -> Result<SetupForm, Problem> {
    let guessed = ZoneName::parse(zone).map(ZoneName::current);
    // What was said when the organisation was founded counts for more than a browser.
    let is_open = org.zone == ZoneName::UTC;
    let zone = guessed.filter(|_| is_open).unwrap_or(org.zone);
    let proposed = org.country.or_else(|| zone.country());
    Ok(SetupForm {
        token: token.reveal().to_owned(),
        asks_country: invitation.role == Role::Owner,
        country: proposed.map(|country| country.as_str().to_owned()).unwrap_or_default(),
        guessed: guessed.filter(|_| is_open).map(|zone| zone.as_str().replace('_', " ")),
        zones: zones(zone.as_str()),
        is_named: invitation.email.is_some(),
        email: invitation.email.map(String::from).unwrap_or_default(),
        signed_in_as: signed_in_as(state, own).await?,
        ..SetupForm::default()
    })
}

/// The address of who is signed in, if anybody is.
async fn signed_in_as(state: &AppState, own: &OwnSession) -> Result<Option<String>, Problem> {
    let Some(session) = &own.token else { return Ok(None) };
    let access = state.crm().access();
    match access.identify(session.reveal(), false).await {
        Ok(known) => Ok(Some(access.own_email(&known.actor).await?.reveal().to_owned())),
        Err(Error::Unauthenticated) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// `POST /web/setup/invitation`: whom a link invites.
pub(crate) async fn invitation(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    _: OurPages,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    let gone = SetupForm { problem: Some(GONE.to_owned()), ..SetupForm::default() };
    let Some(token) = Token::parse(fields.get("token")) else { return Ok(show(&gone)?.into_response()) };
    let trying = session::begin(&state, client, &own, token.reveal()).await?;
    let form = match invited(&state, &token).await? {
        Some(found) => {
            trying.succeeded(&state).await;
            let form = asked(&state, &own, &token, found, fields.get("zone")).await?;
            SetupForm { has_account: fields.get("has_account") == "yes", ..form }
        }
        None => gone,
    };
    Ok(show(&form)?.into_response())
}

/// `POST /web/setup`: uses the invitation.
pub(crate) async fn accept(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    _: OurPages,
    own: OwnSession,
    fields: Fields,
) -> Result<Response, Problem> {
    let again = |form: SetupForm| Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response());
    let gone = SetupForm { problem: Some(GONE.to_owned()), ..SetupForm::default() };
    let Some(token) = Token::parse(fields.get("token")) else { return again(gone) };
    let trying = session::begin(&state, client, &own, token.reveal()).await?;
    let Some((invitation, _)) = invited(&state, &token).await? else { return again(gone) };
    trying.succeeded(&state).await;
    let named = invitation.email;
    let mut form = SetupForm {
        token: token.reveal().to_owned(),
        asks_country: invitation.role == Role::Owner,
        country: fields.get("country").trim().to_owned(),
        zones: zones(fields.get("zone")),
        is_named: named.is_some(),
        email: named.map_or_else(|| fields.get("email").trim().to_owned(), String::from),
        name: fields.get("name").to_owned(),
        signed_in_as: signed_in_as(&state, &own).await?,
        ..SetupForm::default()
    };
    let name = match PersonName::parse(fields.get("name").trim()) {
        Ok(name) => name,
        Err(error) => {
            form.name_error = Some(format!("The name {error}."));
            return again(form);
        }
    };
    let Ok(email) = EmailAddress::parse(&form.email) else {
        form.email_error = Some("This is not a complete address.".to_owned());
        return again(form);
    };
    let country = match Region::parse(&form.country) {
        _ if !form.asks_country => None,
        Ok(country) if country.is_known() => Some(country),
        _ => {
            form.country_error =
                Some("This is no country. Two letters are needed, such as IN for India.".to_owned());
            return again(form);
        }
    };
    let zone = match fields.given("zone").map(ZoneName::parse) {
        Some(Some(zone)) if form.asks_country => Some(zone),
        Some(None) if form.asks_country => {
            form.zone_error = Some("This zone is not known.".to_owned());
            return again(form);
        }
        _ => None,
    };
    let secret = SecretString::from(fields.get("password").to_owned());
    let trying = session::begin(&state, client, &own, email.reveal()).await?;
    let confirm_page = state.public_url("confirm");
    let access = trying.access(&state, client, &own).confirming_at(&confirm_page);
    match access.accept_in(&token, name, Some(email), &secret, Whereabouts { country, zone }).await {
        Ok(signed_in) => {
            trying.succeeded(&state).await;
            Ok(let_in(&state, &signed_in, &state.mount().to("inbox")))
        }
        // Asking which addresses have an account counts as trying their passwords would.
        Err(Error::Invalid { field: "email", problem }) if problem == HAS_ACCOUNT => {
            form.has_account = true;
            form.join_problem = Some(format!("This address {problem}."));
            again(form)
        }
        Err(Error::Invalid { field: "password", problem }) => {
            trying.was_not_made(&state).await;
            form.password_error = Some(format!("The password {problem}."));
            again(form)
        }
        Err(Error::Unauthenticated) => {
            form.problem = Some(GONE.to_owned());
            again(form)
        }
        Err(error) => {
            trying.was_not_made(&state).await;
            Err(error.into())
        }
    }
}

/// `POST /web/sign-out`.
pub(crate) async fn leave(
    State(state): State<AppState>,
    Extension(client): Extension<Client>,
    _: OurPages,
    jar: CookieJar,
) -> Result<Response, Problem> {
    if let Some(cookie) = jar.get(state.mount().session_cookie_name()) {
        state.crm().access().from_network(client.network()).sign_out(cookie.value()).await?;
    }
    let mut response = go_to(&state, "sign-in");
    // It clears what a browser holds of the whole host, so it is only said where all of it is ours.
    if state.mount().prefix().is_empty() {
        response.headers_mut().insert(
            HeaderName::from_static("clear-site-data"),
            HeaderValue::from_static("\"cache\", \"storage\""),
        );
    }
    session::take(&state, &mut response);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::own_path;
    use crate::mount::Mount;

    #[test]
    fn after_sign_in_only_our_own_pages_come() {
        let (root, crm) = (Mount::default(), Mount::parse("/crm").unwrap());
        assert_eq!(own_path(&root, "/contacts?q=a"), "/contacts?q=a");
        assert_eq!(own_path(&crm, "/crm/contacts?q=a"), "/crm/contacts?q=a");
        for foreign in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "",
            "javascript:1",
            "/web/events",
            "/inbox\0",
            "/inbox\u{7f}",
            "/inbox\t",
            "/in box",
            "/inbox\r\nX-A: b",
            "/नमस्ते",
        ] {
            assert_eq!(own_path(&root, foreign), "/inbox", "{foreign}");
            assert_eq!(own_path(&crm, &format!("/crm{foreign}")), "/crm/inbox", "{foreign}");
        }
    }
}
