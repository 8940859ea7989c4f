//! Coming in and going out: the link of an invitation, sign-in, sign-out.

use axum::extract::{ConnectInfo, Extension, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use dialzio_core::Error;
use dialzio_core::access::Token;
use dialzio_core::text::{EmailAddress, PersonName};
use secrecy::SecretString;
use serde::Deserialize;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::attempts::Key;
use super::desk::{show, theme};
use super::view::entry::{SetupForm, SetupPage, SignInForm, SignInPage};
use crate::auth::{Caller, SESSION_COOKIE, same_site, session_cookie};
use crate::form::Fields;
use crate::problem::Problem;
use crate::state::AppState;

type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

/// Sends the page elsewhere.
pub(crate) fn go_to(path: &str) -> Response {
    let path = HeaderValue::from_str(path).unwrap_or_else(|_| HeaderValue::from_static("/inbox"));
    (StatusCode::OK, [(HeaderName::from_static("hx-redirect"), path)]).into_response()
}

/// `GET /`.
pub(crate) async fn home() -> Redirect {
    Redirect::to("/inbox")
}

/// `GET /setup`: the token is in the fragment of the address, which only the browser sees.
pub(crate) async fn setup(jar: CookieJar) -> Result<Response, Problem> {
    Ok(show(&SetupPage { theme: theme(&jar), form: SetupForm::default() })?.into_response())
}

/// Where to go after signing in.
#[derive(Debug, Deserialize)]
pub(crate) struct Next {
    #[serde(default)]
    next: String,
}

/// A path of our own pages, or the inbox.
fn own_path(next: &str) -> &str {
    let own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\n', '\r', '\t'])
        && !next.starts_with("/web/")
        && next.is_ascii();
    if own { next } else { "/inbox" }
}

/// `GET /sign-in`.
pub(crate) async fn sign_in(
    caller: Option<Caller>,
    Query(Next { next }): Query<Next>,
    jar: CookieJar,
) -> Result<Response, Problem> {
    let next = own_path(&next).to_owned();
    if caller.is_some() {
        return Ok(Redirect::to(&next).into_response());
    }
    let form = SignInForm { next, ..SignInForm::default() };
    Ok(show(&SignInPage { theme: theme(&jar), form })?.into_response())
}

/// Who tries to come in. A peer on loopback is a proxy in front of us, which stands for everybody.
fn keys(peer: &Peer, account: Option<&[u8; 32]>) -> Vec<Key> {
    let address = peer.as_ref().map(|Extension(ConnectInfo(peer))| peer.ip()).filter(|ip| !ip.is_loopback());
    let address = address.map(|ip| match ip {
        IpAddr::V6(six) => {
            let [a, b, c, d, ..] = six.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        four @ IpAddr::V4(_) => four,
    });
    address.map(Key::Address).into_iter().chain(account.map(|hash| Key::Account(*hash))).collect()
}

fn begin(state: &AppState, keys: &[Key]) -> Result<(), Problem> {
    state.attempts().begin(keys, state.crm().clock().now()).map_err(|seconds| {
        let mut problem = Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "access.too_many_attempts",
            &format!("Too many attempts. Try again in {}", minutes(seconds)),
        );
        problem.retry_after = Some(seconds);
        problem
    })
}

fn minutes(seconds: u32) -> String {
    match seconds.div_ceil(60) {
        1 => "a minute".to_owned(),
        more => format!("{more} minutes"),
    }
}

fn let_in(token: &Token, next: &str) -> Response {
    let mut response = go_to(next);
    if let Ok(cookie) = HeaderValue::from_str(&session_cookie(token.reveal()).to_string()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// A hash under which attempts on an account are counted, so that no address is kept.
fn account_key(address: &str) -> [u8; 32] {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut key = [0; 32];
    for (index, part) in key.chunks_exact_mut(8).enumerate() {
        let mut hasher = DefaultHasher::new();
        (index, address).hash(&mut hasher);
        part.copy_from_slice(&hasher.finish().to_be_bytes());
    }
    key
}

/// `POST /web/sign-in`.
pub(crate) async fn enter(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    same_site(&headers, state.origin())?;
    let next = own_path(fields.get("next")).to_owned();
    let refused = |email: &str| SignInForm {
        email: email.to_owned(),
        next: next.clone(),
        problem: Some("The address or the password is not right.".to_owned()),
    };
    let typed = fields.get("email").trim();
    let account = account_key(&typed.to_lowercase());
    let keys = keys(&peer, Some(&account));
    begin(&state, &keys)?;
    let secret = SecretString::from(fields.get("password").to_owned());
    let Ok(email) = EmailAddress::parse(typed) else {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&refused(typed))?).into_response());
    };
    match state.crm().access().sign_in(&email, &secret).await {
        Ok(signed_in) => {
            state.attempts().forget(&keys);
            Ok(let_in(&signed_in.token, &next))
        }
        Err(Error::Unauthenticated) => {
            Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&refused(typed))?).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

const GONE: &str = "This link does not work any more. Ask whoever sent it for a new one.";

/// Looks an invitation up by the token of its link.
async fn invited(state: &AppState, token: &str) -> Result<Option<(Token, Option<EmailAddress>)>, Problem> {
    let Some(token) = Token::parse(token) else { return Ok(None) };
    match state.crm().access().invitation(&token).await {
        Ok(invitation) => Ok(Some((token, invitation.email))),
        Err(Error::Unauthenticated) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// `POST /web/setup/invitation`: whom a link invites.
pub(crate) async fn invitation(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    same_site(&headers, state.origin())?;
    let keys = keys(&peer, None);
    begin(&state, &keys)?;
    let form = match invited(&state, fields.get("token")).await? {
        Some((token, email)) => {
            state.attempts().forget(&keys);
            SetupForm {
                token: token.reveal().to_owned(),
                is_named: email.is_some(),
                email: email.map(String::from).unwrap_or_default(),
                ..SetupForm::default()
            }
        }
        None => SetupForm { problem: Some(GONE.to_owned()), ..SetupForm::default() },
    };
    Ok(show(&form)?.into_response())
}

/// `POST /web/setup`: uses the invitation.
pub(crate) async fn accept(
    State(state): State<AppState>,
    peer: Peer,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Problem> {
    same_site(&headers, state.origin())?;
    let keys = keys(&peer, Some(&account_key(fields.get("token"))));
    begin(&state, &keys)?;
    let again = |form: SetupForm| Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response());
    let Some((token, named)) = invited(&state, fields.get("token")).await? else {
        return again(SetupForm { problem: Some(GONE.to_owned()), ..SetupForm::default() });
    };
    let mut form = SetupForm {
        token: token.reveal().to_owned(),
        is_named: named.is_some(),
        email: named.map_or_else(|| fields.get("email").trim().to_owned(), String::from),
        name: fields.get("name").to_owned(),
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
    let secret = SecretString::from(fields.get("password").to_owned());
    match state.crm().access().accept(&token, name, Some(email), &secret).await {
        Ok(signed_in) => {
            state.attempts().forget(&keys);
            Ok(let_in(&signed_in.token, "/inbox"))
        }
        Err(Error::Invalid { field: "password", problem }) => {
            form.password_error = Some(format!("The password {problem}."));
            again(form)
        }
        Err(Error::Unauthenticated) => {
            form.problem = Some(GONE.to_owned());
            again(form)
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /web/sign-out`.
pub(crate) async fn leave(
    State(state): State<AppState>,
    headers: HeaderMap,
    jar: CookieJar,
) -> Result<Response, Problem> {
    same_site(&headers, state.origin())?;
    if let Some(session) = jar.get(SESSION_COOKIE) {
        state.crm().access().sign_out(session.value()).await?;
    }
    let mut gone: Cookie<'static> = session_cookie("");
    gone.make_removal();
    let mut response = go_to("/sign-in");
    let headers = response.headers_mut();
    headers.insert(
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\", \"cookies\", \"storage\""),
    );
    if let Ok(cookie) = HeaderValue::from_str(&gone.to_string()) {
        headers.insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn after_sign_in_only_our_own_pages_come() {
        assert_eq!(own_path("/contacts?q=a"), "/contacts?q=a");
        for foreign in
            ["https://evil.example", "//evil.example", "/\\evil.example", "", "javascript:1", "/web/events"]
        {
            assert_eq!(own_path(foreign), "/inbox", "{foreign}");
        }
    }
}
