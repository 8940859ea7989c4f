//! The HTTP face: recorded requests, failures on purpose, and who answers what.

use std::{io, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
    routing::any,
};
use bytes::Bytes;
use url::form_urlencoded;

use super::{asked::Asked, config::Failure, files, piopiy, record, refusal::Refusal, state::Shared, telecmi};

/// The largest request, in bytes.
const LARGEST_BODY: usize = 1 << 20;
/// How long a withheld answer is withheld.
const NO_ANSWER: Duration = Duration::from_secs(60);

/// Routes of both products.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(any(serve)).with_state(shared)
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let query = parts.uri.query().unwrap_or_default();
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        body: serde_json::from_slice(&bytes).ok(),
    };
    let is_call = matches!(
        asked.path.as_str(),
        "/v2/webrtc/click2call" | "/v2/ind_pcmo_make_call" | "/v2/global_pcmo_make_call"
    );
    let (place, failure) = {
        let now = shared.now();
        let mut state = shared.state();
        let kept = record::kept(now, &asked.method, &asked.path, &asked.query, asked.body.as_ref());
        let place = state.records.note(kept);
        let of_a_call = if is_call { state.call_failures.pop_front() } else { None };
        (place, of_a_call.or_else(|| state.failures.pop_front()))
    };
    let answer = match &failure {
        Some(Failure::Code(code)) => Refusal::of(*code, "refused on purpose").respond(),
        Some(Failure::HttpStatusHtml(status)) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY);
            (status, Html("<html><body><h1>Sorry, something went wrong.</h1></body></html>")).into_response()
        }
        Some(Failure::DropConnectionAfterRead) => return broken(),
        _ => carry_out(&shared, &asked),
    };
    match failure {
        Some(Failure::Timeout) => {
            let mut closed = shared.closed.subscribe();
            // Ends early when the emulator is shut down.
            let _ = tokio::time::timeout(NO_ANSWER, closed.wait_for(|closed| *closed)).await;
            broken()
        }
        Some(Failure::DropConnectionAfterAcceptance) => broken(),
        _ => {
            shared.state().records.answered(place, answer.status().as_u16());
            answer
        }
    }
}

fn carry_out(shared: &Shared, asked: &Asked) -> Response {
    let found = telecmi::serve(shared, asked)
        .or_else(|| piopiy::serve(shared, asked))
        .or_else(|| files::serve(shared, asked));
    match found {
        Some(Ok(answer)) => answer,
        Some(Err(refusal)) => refusal.respond(),
        None => (StatusCode::NOT_FOUND, Html("<html><body><h1>404</h1></body></html>")).into_response(),
    }
}

/// An answer that breaks before its first byte: the server gives the connection up.
fn broken() -> Response {
    let cut = io::Error::from(io::ErrorKind::ConnectionReset);
    Body::from_stream(futures_util::stream::once(async move { Err::<Bytes, _>(cut) })).into_response()
}
