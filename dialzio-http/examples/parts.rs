//! Serves every page of the web inbox with invented data, for looking at them:
//! `cargo run -p dialzio-http --no-default-features --example parts`, then open <http://127.0.0.1:8099/dev/parts>.
//! Style sheets and scripts come from the folder, so that a change shows on reload.

use axum::{
    Router,
    extract::Path,
    http::{StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use dialzio_http::web;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'self'; object-src 'none'";

async fn asset(Path(path): Path<String>) -> Response {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(&path);
    match (web::assets::load(&path), std::fs::read(file)) {
        (Some(known), Ok(bytes)) => ([(header::CONTENT_TYPE, known.media_type)], bytes).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn page(uri: Uri) -> Response {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    match web::sample_page("/", path) {
        Some(html) => ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(html)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn events() -> Response {
    (
        [(header::CONTENT_TYPE, "text/event-stream")],
        axum::body::Body::from_stream(futures_util::stream::pending::<Result<String, std::io::Error>>()),
    )
        .into_response()
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let app =
        Router::new().route("/assets/{*path}", get(asset)).route("/web/events", get(events)).fallback(page);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8099").await?;
    axum::serve(listener, app).await
}
