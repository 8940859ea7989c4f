//! The session of a browser: its cookie, that of the device, and how often their holder may try a password.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use dialzio_core::access::{AccessService, Attempt, Browser, Counted, DEVICE_LIFE, Line, Token, may_fit};
use dialzio_core::usage::UsageBrowser;
use dialzio_core::{Actor, Error};
use secrecy::SecretString;

use crate::operation::{Draft, Input};
use crate::peer::Client;
use crate::problem::Problem;
use crate::state::AppState;

/// The session that a request comes with.
#[derive(Debug, Clone)]
pub struct OwnSession {
    /// The token of its cookie, if that can be one.
    pub(crate) token: Option<Token>,
    /// The token of the device, if somebody signed in on it before.
    pub(crate) device: Option<Token>,
    /// The family of the browser, if it is a known one.
    pub(crate) browser: Option<Browser>,
}

impl FromRequestParts<AppState> for OwnSession {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let jar = CookieJar::from_headers(&parts.headers);
        let held = |name| jar.get(name).and_then(|cookie| Token::parse(cookie.value()));
        let token = held(state.mount().session_cookie_name());
        let device = held(state.mount().device_cookie_name());
        Ok(Self { token, device, browser: browser(&parts.headers) })
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

/// The browser that asks, as its use is kept: the family and the major version.
pub(crate) fn used_browser(headers: &HeaderMap) -> UsageBrowser {
    let said = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = FAMILIES.iter().find(|(word, _)| said.contains(word));
    known.map_or(UsageBrowser::OTHER, |(word, family)| {
        UsageBrowser::known(*family, major(said, word, *family))
    })
}

/// The number behind the word of a family and its slash: `EdgA/131.0`. Safari has it apart: `Version/18.1 Safari/605.1`.
fn major(said: &str, word: &str, family: Browser) -> Option<u16> {
    let word = if family == Browser::Safari { "Version/" } else { word };
    let behind = said.split_once(word)?.1;
    let version = if word.ends_with('/') { behind } else { behind.split_once('/')?.1 };
    version.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
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

/// Remembers in the browser that somebody signed in on this device.
pub(crate) fn remember(state: &AppState, device: Option<&Token>, response: &mut Response) {
    let Some(device) = device else { return };
    let mount = state.mount();
    let mut cookie = mount.cookie(mount.device_cookie_name(), device.reveal().to_owned());
    cookie.set_same_site(SameSite::Strict);
    let cookie = format!("{cookie}; Max-Age={}", DEVICE_LIFE.num_seconds());
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

/// Who tries to sign in, and in which line their password waits.
#[derive(Debug)]
pub(crate) struct Trying {
    counted: Counted,
    line: Line,
}

impl Trying {
    /// The service for this attempt.
    pub(crate) fn access<'a>(
        &self,
        state: &'a AppState,
        client: Client,
        own: &OwnSession,
    ) -> AccessService<'a> {
        let access = state.crm().access().from_browser(own.browser).from_network(client.network());
        access.from_device(own.device.as_ref(), own.token.as_ref()).in_line(self.line)
    }

    /// It has succeeded.
    pub(crate) async fn succeeded(&self, state: &AppState) {
        state.crm().access().attempt_succeeded(&self.counted).await;
    }

    /// It was not made after all.
    pub(crate) async fn was_not_made(&self, state: &AppState) {
        state.crm().access().attempt_not_made(&self.counted).await;
    }
}

/// Counts an attempt as one that failed, until it is known to have been another. `account` is the address of the account, or
/// the token of a link.
///
/// # Errors
/// `access.too_many_attempts`, with the seconds to wait.
pub(crate) async fn begin(
    state: &AppState,
    client: Client,
    own: &OwnSession,
    account: &str,
) -> Result<Trying, Problem> {
    let attempt = Attempt { account, peer: client.counted(), device: own.device.as_ref() };
    match state.crm().access().begin_attempt(attempt).await {
        Ok(counted) => {
            let line =
                if counted.is_known_device { Line::KnownDevices } else { Line::Strangers(client.counted()) };
            Ok(Trying { counted, line })
        }
        Err(Error::TooManyAttempts { seconds }) => Err(too_many(seconds, "Too many attempts")),
        Err(error) => Err(error.into()),
    }
}

/// There were too many of something: says when the next one may be.
pub(crate) fn too_many(seconds: u32, what: &str) -> Problem {
    let mut problem =
        Problem::new("access.too_many_attempts").detail(format!("{what}. Try again in {}", minutes(seconds)));
    problem.retry_after = Some(seconds);
    problem
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
    let (current, new) = (SecretString::from(current.to_owned()), SecretString::from(new.to_owned()));
    let change = access.change_password(actor, token, &current, &new);
    counted(state, client, session, email.reveal(), &["current"], change).await
}

/// Does what a wrong password or code of the caller refuses. A refusal of one of the fields that they are in counts as an
/// attempt to sign in.
///
/// # Errors
/// [`PasswordRefusal`].
pub(crate) async fn attempt<T>(
    state: &AppState,
    actor: &Actor,
    (client, own): (Client, &OwnSession),
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, PasswordRefusal> {
    let email = state.crm().access().own_email(actor).await.map_err(PasswordRefusal::Service)?;
    counted(state, client, own, email.reveal(), &["password", "code"], work).await
}

async fn counted<T>(
    state: &AppState,
    client: Client,
    own: &OwnSession,
    account: &str,
    secrets: &[&str],
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, PasswordRefusal> {
    let trying = begin(state, client, own, account).await.map_err(PasswordRefusal::Attempt)?;
    match work.await {
        Ok(done) => {
            trying.succeeded(state).await;
            Ok(done)
        }
        Err(error) => {
            if !matches!(&error, Error::Invalid { field, .. } if secrets.contains(field)) {
                trying.was_not_made(state).await;
            }
            Err(PasswordRefusal::Service(error))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_browser_the_family_and_the_major_version_are_kept() {
        for (said, kept) in [
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/131.0.0.0 Safari/537.36 Edg/132.0", "edge/132"),
            ("Mozilla/5.0 (Linux; Android 14) Chrome/131.0 Mobile Safari/537.36 EdgA/130.1", "edge/130"),
            ("Mozilla/5.0 (X11; rv:132.0) Gecko/20100101 Firefox/132.0", "firefox/132"),
            ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1 Version/18.1 Safari/605.1", "safari/18"),
            ("Mozilla/5.0 (Macintosh) AppleWebKit/605.1 Safari/605.1", "safari"),
            ("Firefox/x", "firefox"),
            ("Chrome/99999999", "chrome"),
            ("curl/8.5.0", "other"),
            ("", "other"),
        ] {
            let headers = HeaderMap::from_iter([(header::USER_AGENT, HeaderValue::from_static(said))]);
            assert_eq!(used_browser(&headers).to_string(), kept, "{said}");
        }
        assert_eq!(used_browser(&HeaderMap::new()).to_string(), "other");
    }

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
