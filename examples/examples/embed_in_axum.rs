//! Mounts the reference server in an axum application that has routes of its own.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use axum::Router;
use axum::routing::get;
use dialzio_core::Crm;
use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::chance::Entropy;
use dialzio_http::Options;
use dialzio_store_sqlite::SqliteStore;
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let crm = Crm::builder()
        .store(SqliteStore::open(folder.path().join("crm.db")).await?)
        .keys(LocalKeys::ephemeral(&Entropy::system()))
        .provider(MetaCloud::new(MetaConfig::default())?)
        .build()?;
    crm.access().found(NewOrg::named("Asha Motors")).await?;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let app = Router::new()
        .route("/shop", get(|| async { "the shop's own page" }))
        .merge(dialzio_http::router(crm.clone(), Options::for_origin(&format!("http://{address}"))));
    tokio::spawn(async move { axum::serve(listener, app).await });
    // The work that waits runs beside the server, for as long as it does.
    tokio::spawn(async move { crm.worker().run(std::future::pending()).await });

    for path in ["/shop", "/readyz", "/v1/contacts"] {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        println!("{path}: {}", answer.lines().next().unwrap_or_default());
    }
    Ok(())
}
