//! The web inbox: server-rendered pages, enhanced in place.
//!
//! `view` holds what the pages show, `templates/` how they show it, `assets/` the style sheets and
//! scripts. `README.md` beside this file lists every route that the templates use.

pub mod assets;
pub(crate) mod view;

pub use view::sample::page as sample_page;

use axum::Router;

use crate::state::AppState;

/// The routes of the pages.
pub(crate) fn routes() -> Router<AppState> {
    Router::new()
}
