//! Who asks: the address behind each request, found once.

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::SocketAddr;

use crate::peer::{Client, client, holding};
use crate::problem::Problem;
use crate::state::AppState;

/// Requests that one address may have under way at the same time through a proxy. Without a proxy the listener counts
/// its connections instead.
const REQUESTS: usize = 64;

/// Finds out who asks, and holds an address that a proxy names to its share.
pub(crate) async fn identify(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let proxies = &state.options().proxies;
    let named = peer.and_then(|peer| client(peer, request.headers(), proxies));
    let found = Client(named);
    request.extensions_mut().insert(found);
    let proxied = peer.is_some_and(|peer| proxies.contains(&peer.to_canonical()));
    let Some(address) = found.counted().filter(|_| proxied) else { return next.run(request).await };
    let Some(held) = state.requests().take(address, REQUESTS) else {
        let mut problem = Problem::new("request.too_many");
        problem.retry_after = Some(1);
        return problem.into_response();
    };
    holding(next.run(request).await, held)
}
