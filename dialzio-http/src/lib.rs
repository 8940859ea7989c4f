#![doc = include_str!("../README.md")]

pub mod api;
#[cfg(all(feature = "sqlite", feature = "whatsapp"))]
pub mod assemble;
pub mod auth;
mod call_answer;
#[cfg(all(feature = "sqlite", feature = "whatsapp"))]
pub mod cli;
pub mod disk;
mod event_hub;
mod form;
mod health;
mod hooks;
mod host_auth;
mod identify;
mod import;
pub mod listen;
#[cfg(feature = "smtp")]
pub mod mail;
mod middleware;
#[cfg(all(feature = "sqlite", feature = "postgres", feature = "whatsapp"))]
pub mod migrate_installation;
mod mount;
pub mod openapi;
pub mod operation;
mod options;
mod outbound;
mod peer;
mod presence;
pub mod problem;
pub mod realtime;
pub mod routes;
#[cfg(feature = "sandbox")]
pub mod sandbox;
mod session;
mod slow_bodies;
mod state;
mod timeouts;
mod usage;
pub mod web;

pub use host_auth::{HostAuth, HostUser};
pub use mount::MountError;
pub use options::{Closing, Options};
pub use state::AppState;
pub use timeouts::Patience;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use dialzio_core::Crm;

/// The whole server as a router: API, webhooks, pages, health. Mount it in an axum application of your own, or serve it
/// as it is; run [`dialzio_core::outbox::Worker::run`] beside it.
///
/// It answers at the root, or below the path that [`Options::at`] names; [merge](Router::merge) it with the application's
/// own routes, and do not nest it, since it is below its path already. Beside a fallback of the application it needs a
/// path of its own, or [`Options::without_fallback`].
pub fn router(crm: Crm, options: Options) -> Router {
    let state = AppState::new(crm, options);
    let router = routes::ROUTES.iter().fold(Router::new(), |router, route| {
        let handler = (route.handler)().layer(DefaultBodyLimit::max(route.largest));
        let reads = route.method == routes::Verb::Get;
        let none_here = axum::middleware::from_fn(api::revision::none_here);
        router.route(route.path, if reads || route.revised { handler } else { handler.layer(none_here) })
    });
    let mount = state.mount().clone();
    let routes = middleware::wrap(router.merge(web::routes(&state)), &state).with_state(state);
    match mount.prefix() {
        "" => routes,
        prefix => {
            let home = mount.to("inbox");
            let to_home = move || std::future::ready(axum::response::Redirect::to(&home));
            Router::new().route(&mount.base(), axum::routing::get(to_home)).nest(prefix, routes)
        }
    }
}
