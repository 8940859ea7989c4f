//! Who asks: a bearer key or the session cookie becomes an actor; cross-site requests are refused.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use dialzio_core::Actor;

use crate::problem::Problem;
use crate::state::AppState;

/// The session cookie: bound to this host, never readable by scripts.
pub const SESSION_COOKIE: &str = "__Host-dialzio_session";

/// The header that our own pages always send with a request that changes something.
pub const REQUEST_HEADER: &str = "x-dialzio-request";

/// Somebody who is let in.
#[derive(Debug, Clone)]
pub struct Caller(pub Actor);

/// The session cookie for a token.
#[must_use]
pub fn session_cookie(token: &str) -> Cookie<'static> {
    Cookie::build((SESSION_COOKIE, token.to_owned()))
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .build()
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
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "request.cross_site",
        "This request does not come from our own pages",
    ))
}

/// A request that comes from our own pages, whoever makes it: looked at before its body is read.
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
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let jar = CookieJar::from_headers(&parts.headers);
        let cookie = jar.get(SESSION_COOKIE).map(|cookie| cookie.value().to_owned());
        let token = match (bearer(&parts.headers)?, cookie) {
            (Some(_), Some(_)) => {
                return Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    "request.two_credentials",
                    "Send a key or a cookie, not both",
                ));
            }
            (Some(key), None) => key.to_owned(),
            (None, Some(session)) => {
                let safe = matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
                if !safe {
                    same_site(&parts.headers, state.origin())?;
                }
                session
            }
            (None, None) => return Err(Problem::unauthenticated()),
        };
        let actor = state.crm().access().authenticate(&token).await?;
        let caller = Self(actor);
        parts.extensions.insert(caller.clone());
        Ok(caller)
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
