//! The session of a browser: its cookie, what it was begun with, and how often its holder may try a password.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum_extra::extract::cookie::{Cookie, CookieJar};
use dialzio_core::access::{Browser, Token, may_fit};
use dialzio_core::text::EmailAddress;
use dialzio_core::{Actor, Error};
use secrecy::SecretString;

use crate::operation::{Draft, Input};
use crate::peer::Client;
use crate::problem::Problem;
use crate::state::AppState;
use crate::web::Key;

/// The session that a request comes with.
#[derive(Debug, Clone)]
pub struct OwnSession {
    /// The token of its cookie, if that can be one.
    pub(crate) token: Option<Token>,
    /// The family of the browser, if it is a known one.
    pub(crate) browser: Option<Browser>,
}

impl FromRequestParts<AppState> for OwnSession {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let jar = CookieJar::from_headers(&parts.headers);
        let cookie = jar.get(state.mount().session_cookie_name());
        let token = cookie.and_then(|cookie| Token::parse(cookie.value()));
        Ok(Self { token, browser: browser(&parts.headers) })
    }
}

impl Input for OwnSession {
    fn describe(_: &mut Draft) {}
}

/// The words that name each family in `User-Agent`. Those whose users also name another family come first. Source: the
/// browsers' own documentation of `User-Agent`.
const FAMILIES: [(&str, Browser); 9] = [
    ("Edg", Browser::Edge),
    ("OPR/", Browser::Opera),
    ("SamsungBrowser/", Browser::Samsung),
    ("Firefox/", Browser::Firefox),
    ("FxiOS/", Browser::Firefox),
    ("CriOS/", Browser::Chrome),
    ("Chrome/", Browser::Chrome),
    ("Chromium/", Browser::Chrome),
    ("Safari/", Browser::Safari),
];

/// The family of the browser that asks.
fn browser(headers: &HeaderMap) -> Option<Browser> {
    let said = headers.get(header::USER_AGENT)?.to_str().ok()?;
    FAMILIES.iter().find(|(word, _)| said.contains(word)).map(|(_, family)| *family)
}

/// Gives the browser this session.
pub(crate) fn give(state: &AppState, token: &Token, response: &mut Response) {
    set(&cookie(state, token.reveal()), response);
}

/// Takes the session from the browser.
pub(crate) fn take(state: &AppState, response: &mut Response) {
    let mut gone = cookie(state, "");
    gone.make_removal();
    set(&gone, response);
}

fn cookie(state: &AppState, token: &str) -> Cookie<'static> {
    let mount = state.mount();
    mount.cookie(mount.session_cookie_name(), token.to_owned())
}

fn set(cookie: &Cookie<'_>, response: &mut Response) {
    if let Ok(cookie) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

/// Who tries: the machine, and the account with this address.
pub(crate) fn keys_of(state: &AppState, client: Client, email: &EmailAddress) -> Vec<Key> {
    keys(client, state.attempts().account(&email.reveal().to_lowercase()))
}

/// Who tries: the machine, and an account.
pub(crate) fn keys(client: Client, account: Key) -> Vec<Key> {
    client.0.map(Key::Address).into_iter().chain([account]).collect()
}

/// Counts an attempt as one that failed, until it is known to have been another.
///
/// # Errors
/// `access.too_many_attempts`, with the seconds to wait.
pub(crate) fn begin(state: &AppState, keys: &[Key]) -> Result<(), Problem> {
    state.attempts().begin(keys, state.crm().clock().now()).map_err(|seconds| {
        let mut problem = Problem::new("access.too_many_attempts")
            .detail(format!("Too many attempts. Try again in {}", minutes(seconds)));
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

/// Why a password was not changed.
#[derive(Debug)]
pub(crate) enum PasswordRefusal {
    /// The service says no.
    Service(Error),
    /// The attempt was not made.
    Attempt(Problem),
}

impl From<PasswordRefusal> for Problem {
    fn from(refusal: PasswordRefusal) -> Self {
        match refusal {
            PasswordRefusal::Service(error) => error.into(),
            PasswordRefusal::Attempt(problem) => problem,
        }
    }
}

/// Changes the password of the caller. A wrong `current` counts as an attempt to sign in, so that a session that was left
/// open is no place to try passwords at.
///
/// # Errors
/// [`PasswordRefusal`].
pub(crate) async fn change_password(
    state: &AppState,
    actor: &Actor,
    client: Client,
    session: &OwnSession,
    (current, new): (&str, &str),
) -> Result<Token, PasswordRefusal> {
    let access = state.crm().access().from_browser(session.browser);
    let email = access.own_email(actor).await.map_err(PasswordRefusal::Service)?;
    let no_session = || PasswordRefusal::Service(Error::Unauthenticated);
    let token = session.token.as_ref().ok_or_else(no_session)?;
    // What cannot be a password is neither tried nor counted.
    if !may_fit(current) {
        let problem = "is not your password".to_owned();
        return Err(PasswordRefusal::Service(Error::Invalid { field: "current", problem }));
    }
    let keys = keys_of(state, client, &email);
    begin(state, &keys).map_err(PasswordRefusal::Attempt)?;
    let (current, new) = (SecretString::from(current.to_owned()), SecretString::from(new.to_owned()));
    match access.change_password(actor, token, &current, &new).await {
        Ok(token) => {
            state.attempts().forget(&keys);
            Ok(token)
        }
        Err(error) => {
            if !matches!(error, Error::Invalid { field: "current", .. }) {
                state.attempts().take_back(&keys);
            }
            Err(PasswordRefusal::Service(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_known_by_its_family_and_nothing_else() {
        let family = |said: &'static str| {
            browser(&HeaderMap::from_iter([(header::USER_AGENT, HeaderValue::from_static(said))]))
        };
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
        assert_eq!(family(chrome), Some(Browser::Chrome));
        for (said, known) in [
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/131.0.0.0 Safari/537.36 Edg/131.0", Some(Browser::Edge)),
            ("Mozilla/5.0 (Linux; Android 14) Chrome/131.0 Safari/537.36 OPR/86.0", Some(Browser::Opera)),
            ("Mozilla/5.0 (Linux) SamsungBrowser/26.0 Chrome/122.0 Safari/537.36", Some(Browser::Samsung)),
            ("Mozilla/5.0 (X11; rv:132.0) Gecko/20100101 Firefox/132.0", Some(Browser::Firefox)),
            ("Mozilla/5.0 (iPhone) AppleWebKit/605.1 FxiOS/132.0 Safari/605.1", Some(Browser::Firefox)),
            ("Mozilla/5.0 (iPhone) AppleWebKit/605.1 CriOS/131.0 Safari/604.1", Some(Browser::Chrome)),
            ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1 Version/18.1 Safari/605.1", Some(Browser::Safari)),
            ("curl/8.5.0", None),
            ("", None),
        ] {
            assert_eq!(family(said), known, "{said}");
        }
        assert_eq!(browser(&HeaderMap::new()), None);
    }
}
