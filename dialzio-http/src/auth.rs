//! Who asks: a bearer key, the host's own sign-in or the session cookie becomes an actor. Of these only a key is sent on
//! purpose with each request; all other cross-site requests are refused.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, header};
use axum_extra::extract::cookie::{Cookie, CookieJar};
use dialzio_core::access::{Identified, Standing};
use dialzio_core::{Actor, Error};
use std::sync::{Arc, OnceLock};

pub use crate::mount::{DEVICE_COOKIE, MOUNTED_DEVICE_COOKIE, MOUNTED_SESSION_COOKIE, SESSION_COOKIE};

use crate::operation::{Draft, Input};
use crate::peer::Client;
use crate::problem::Problem;
use crate::session::used_browser;
use crate::state::AppState;
use crate::usage::ByHand;

/// The header that our own pages always send with a request that changes something.
pub const REQUEST_HEADER: &str = "x-dialzio-request";
/// The header that our own pages send with a request that no person has just made: what keeps a page fresh.
const UNATTENDED_HEADER: &str = "x-dialzio-unattended";

/// An authenticated caller. Handlers extract it from a request; it cannot be put into a request.
#[derive(Debug, Clone)]
pub struct Caller(pub Actor);

/// An authenticated caller who may have to set up the second factor that their organisation requires. For what does just
/// that, and for nothing else.
#[derive(Debug, Clone)]
pub struct CallerInSetUp(pub Actor);

/// A caller who was found out already, with the name that the host has for them. No one else makes these, so that a host
/// cannot put one beside the checks.
#[derive(Debug, Clone)]
struct Known {
    caller: Caller,
    name: Option<String>,
    standing: Standing,
    /// A person made the request, and by hand.
    is_by_hand: bool,
}

impl Known {
    fn new(actor: Actor, name: Option<String>) -> Self {
        Self { caller: Caller(actor), name, standing: Standing::Complete, is_by_hand: false }
    }

    /// The caller, if nothing is left for them to do before anything is served to them.
    fn complete(self) -> Result<Caller, Problem> {
        match self.standing {
            Standing::Complete => Ok(self.caller),
            Standing::LacksSecondFactor => Err(Error::SecondFactorRequired.into()),
        }
    }
}

/// The name that the host has for the caller of a request.
pub(crate) fn host_name(request: &Parts) -> Option<String> {
    request.extensions.get::<Known>().and_then(|known| known.name.clone())
}

/// Where the caller of a request is noted, for the log of requests, for refusals and for usage.
#[derive(Debug, Clone, Default)]
pub(crate) struct Noted(Arc<OnceLock<(Actor, Option<ByHand>)>>);

impl Noted {
    pub(crate) fn actor(&self) -> Option<&Actor> {
        self.0.get().map(|(actor, _)| actor)
    }

    /// The caller, if they are a person who made the request by hand.
    pub(crate) fn by_hand(&self) -> Option<(&Actor, ByHand)> {
        let (actor, by_hand) = self.0.get()?;
        Some((actor, (*by_hand)?))
    }
}

fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let token = value.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
    token.map(|token| Some(token.trim())).ok_or_else(Problem::unauthenticated)
}

/// Whether a request that changes something comes from our own pages.
///
/// # Errors
/// A 403 problem otherwise.
pub fn same_site(headers: &HeaderMap, origin: &str) -> Result<(), Problem> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let ours = match text("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => text("origin").is_some_and(|from| from == origin),
    };
    if ours && text(REQUEST_HEADER) == Some("1") {
        return Ok(());
    }
    Err(Problem::new("request.cross_site"))
}

/// A request that comes from our own pages, checked before its body is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OurPages;

impl FromRequestParts<AppState> for OurPages {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        same_site(&parts.headers, state.origin()).map(|()| Self)
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        known(parts, state).await?.complete()
    }
}

impl Input for Caller {
    fn describe(draft: &mut Draft) {
        draft.fails(&[
            "access.address_refused",
            "access.second_factor_required",
            "access.unauthenticated",
            "request.two_credentials",
        ]);
    }
}

impl FromRequestParts<AppState> for CallerInSetUp {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        known(parts, state).await.map(|known| Self(known.caller.0))
    }
}

impl Input for CallerInSetUp {
    fn describe(draft: &mut Draft) {
        draft.fails(&["access.address_refused", "access.unauthenticated", "request.two_credentials"]);
    }
}

/// Who asks, found out once for each request.
async fn known(parts: &mut Parts, state: &AppState) -> Result<Known, Problem> {
    if let Some(known) = parts.extensions.get::<Known>() {
        return Ok(known.clone());
    }
    let mut known = identify(parts, state).await?;
    let client = parts.extensions.get::<Client>();
    let origin = client.and_then(|client| client.network());
    known.caller.0 = known.caller.0.from_network(origin);
    if let Some(noted) = parts.extensions.get::<Noted>() {
        let by_hand = known.is_by_hand.then(|| ByHand {
            browser: used_browser(&parts.headers),
            address: client.and_then(|client| client.counted()),
        });
        // Another extractor may have been first, with the same answer.
        let _ = noted.0.set((known.caller.0.clone(), by_hand));
    }
    parts.extensions.insert(known.clone());
    Ok(known)
}

/// The credentials of a request, to be checked again while something that it began continues. Whatever let them in: a
/// key, the host's sign-in or a session.
#[derive(Debug, Clone)]
pub struct SignInCheck(Box<Parts>);

impl SignInCheck {
    /// Whether the caller is let in still, as the same and into the same organisation: with the rights they have now.
    pub(crate) async fn still(&self, state: &AppState, as_whom: &Actor) -> Option<Actor> {
        let now = identify(&self.0, state).await.ok()?.complete().ok()?.0;
        (now.org() == as_whom.org() && now.principal() == as_whom.principal()).then_some(now)
    }
}

impl<S: Sync> FromRequestParts<S> for SignInCheck {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let mut said = parts.clone();
        // What was found out before is asked anew, by nobody.
        said.extensions.remove::<Known>();
        said.headers.insert(UNATTENDED_HEADER, HeaderValue::from_static("1"));
        Ok(Self(Box::new(said)))
    }
}

impl Input for SignInCheck {
    fn describe(_: &mut Draft) {}
}

/// Whether no person has just made a request: its page says so, or it is a stream, which a browser opens again by itself.
fn is_unattended(headers: &HeaderMap) -> bool {
    let streams =
        headers.get(header::ACCEPT).is_some_and(|kinds| kinds.as_bytes().starts_with(b"text/event-stream"));
    streams || headers.contains_key(UNATTENDED_HEADER)
}

async fn identify(parts: &Parts, state: &AppState) -> Result<Known, Problem> {
    let peer = parts.extensions.get::<Client>().and_then(|client| client.0);
    let access = state.crm().access().from_peer(peer);
    let jar = CookieJar::from_headers(&parts.headers);
    let cookie = jar.get(state.mount().session_cookie_name()).map(Cookie::value);
    if let Some(key) = bearer(&parts.headers)? {
        if cookie.is_some() {
            return Err(Problem::new("request.two_credentials"));
        }
        return Ok(Known::new(access.authenticate(key).await?, None));
    }
    let by_host = match state.options().host_auth.as_deref() {
        Some(host) => host.user(state.crm(), parts).await?,
        None => None,
    };
    if by_host.is_none() && cookie.is_none() {
        return Err(Problem::unauthenticated());
    }
    if !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        same_site(&parts.headers, state.origin())?;
    }
    let is_by_hand = !is_unattended(&parts.headers);
    match (by_host, cookie) {
        (Some(user), _) => Ok(Known { is_by_hand, ..Known::new(user.actor, Some(user.name)) }),
        (None, Some(session)) => {
            let Identified { actor, standing } = access.identify(session, is_by_hand).await?;
            Ok(Known { standing, is_by_hand, ..Known::new(actor, None) })
        }
        (None, None) => Err(Problem::unauthenticated()),
    }
}

impl OptionalFromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Option<Self>, Problem> {
        match <Self as FromRequestParts<AppState>>::from_request_parts(parts, state).await {
            Ok(caller) => Ok(Some(caller)),
            Err(problem) if problem.status == 401 => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}
