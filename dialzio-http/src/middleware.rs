//! What wraps every route: request ids, logs without personal data, headers, and problems instead of bare statuses.

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use std::time::Instant;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};

use crate::auth::Noted;
use crate::identify;
use crate::problem::Problem;
use crate::routes::ROUTES;
use crate::state::AppState;
use crate::timeouts;
use crate::usage;

/// A content policy of pages: only our own origin, nothing inline, and these rules for frames.
macro_rules! page_policy {
    ($frames:literal) => {
        concat!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; ",
            "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'self'; object-src 'none'; ",
            $frames
        )
    };
}

/// The content policy of pages.
const PAGE_POLICY: &str = page_policy!("frame-ancestors 'none'");
/// The same where the sandbox shows a phone in a frame beside the conversation.
#[cfg(feature = "sandbox")]
const FRAMING_POLICY: &str = page_policy!("frame-ancestors 'none'; frame-src 'self'");
/// The same for the phone in that frame, which our own pages alone may show.
#[cfg(feature = "sandbox")]
pub(crate) const FRAMED_POLICY: &str = page_policy!("frame-ancestors 'self'");
/// The content policy of everything else.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps a router.
pub(crate) fn wrap(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    let (patience, hsts, mount) = (state.options().patience, state.options().hsts, state.mount().clone());
    let policy = policy_of(state);
    let router = if state.options().fallback { router.fallback(crate::web::not_found) } else { router };
    router.method_not_allowed_fallback(|| async { Problem::new("request.method") }).layer(
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::new(REQUEST_ID.clone(), MakeRequestUuid))
            .layer(PropagateRequestIdLayer::new(REQUEST_ID.clone()))
            .layer(middleware::from_fn_with_state(state.clone(), log))
            .layer(middleware::from_fn(move |request, next| headers(hsts, policy, request, next)))
            .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
                tracing::error!("a handler panicked");
                Problem::new("server.failed").into_response()
            }))
            .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(is_whole)))
            .layer(middleware::from_fn_with_state(state.clone(), identify::identify))
            .layer(middleware::from_fn(move |request, next| {
                timeouts::hold(patience, mount.clone(), request, next)
            })),
    )
}

/// Whether an answer is not a file that is read in ranges. Those are compressed in themselves as a rule, and players need
/// their length and their ranges, which compression takes away.
fn is_whole(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.contains_key(header::ACCEPT_RANGES)
}

/// One line for each request, and the use of its page if a person made it by hand. The name of the route, or its template for pages, never the path, which may hold ids, nor
/// the query, which may hold names.
async fn log(State(state): State<AppState>, mut request: Request<Body>, next: Next) -> Response {
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str);
    let template = state.mount().within(matched);
    let named =
        ROUTES.iter().find(|route| route.path == template && route.method.as_str() == method.as_str());
    let used = usage::declared(&method, template);
    let route = named.map_or_else(|| template.to_owned(), |route| route.name.to_owned());
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|id| id.header_value().to_str().ok())
        .map(str::to_owned);
    let noted = Noted::default();
    request.extensions_mut().insert(noted.clone());
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let refused = response.extensions().get::<Problem>().and_then(|problem| problem.denied);
    if let (Some(actor), Some(permission)) = (noted.actor(), refused)
        && let Err(error) = state.crm().ledger().refused(actor, permission).await
    {
        tracing::error!(code = %error.code(), "a refused attempt could not be put on record");
    }
    if let (Some((actor, by_hand)), Some((page, action))) = (noted.by_hand(), used)
        && response.status().is_success()
    {
        state.crm().usage().note(actor, page, action, by_hand.browser, by_hand.address);
    }
    let org = noted.actor().map(|actor| actor.org().to_string()).unwrap_or_default();
    let id = id.unwrap_or_default();
    tracing::info!(%method, route, status, micros = begun.elapsed().as_micros(), request = id, org, "answered");
    response
}

/// The content policy of this server's pages.
fn policy_of(state: &AppState) -> &'static str {
    #[cfg(feature = "sandbox")]
    if state.options().sandbox.is_some() {
        return FRAMING_POLICY;
    }
    #[cfg(not(feature = "sandbox"))]
    let _ = state;
    PAGE_POLICY
}

async fn headers(hsts: bool, policy: &'static str, request: Request<Body>, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let page =
        headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
    let mut set = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if hsts {
        set(header::STRICT_TRANSPORT_SECURITY, "max-age=63072000; includeSubDomains");
    }
    set(header::REFERRER_POLICY, "no-referrer");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(header::CACHE_CONTROL, "no-store");
    if page {
        set(header::CONTENT_SECURITY_POLICY, policy);
        set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
        set(
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
        );
    } else {
        set(header::CONTENT_SECURITY_POLICY, API_POLICY);
    }
    response
}
