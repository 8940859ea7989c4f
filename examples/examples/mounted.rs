//! Mounts the reference server below a path of an axum application that has a first page, an inbox, a sign-in and a
//! fallback of its own.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use async_trait::async_trait;
use axum::Router;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::get;
use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::entropy::Entropy;
use dialzio_core::{Crm, Error, OrgId, Principal, Role};
use dialzio_http::{HostAuth, HostUser, Options};
use dialzio_store_sqlite::SqliteStore;
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The shop's own sign-in. A real shop looks the cookie up among its sessions.
#[derive(Debug)]
struct ShopSignIn(OrgId);

#[async_trait]
impl HostAuth for ShopSignIn {
    async fn user(&self, crm: &Crm, request: &Parts) -> Result<Option<HostUser>, Error> {
        if request.headers.get("cookie").is_none_or(|cookie| cookie != "shop=asha") {
            return Ok(None);
        }
        let actor = crm.access().act_as(self.0, Principal::service("Asha Rao")?, Role::Agent.grant()).await?;
        Ok(Some(HostUser { actor, name: "Asha Rao".to_owned() }))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let crm = Crm::builder()
        .store(SqliteStore::open(folder.path().join("crm.db")).await?)
        .keys(LocalKeys::ephemeral(&Entropy::system()))
        .provider(MetaCloud::new(MetaConfig::default())?)
        .build()?;
    let org = crm.access().found(NewOrg::named("Asha Motors")).await?.org;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    // The shop signs people in, answers what does not exist, and decides about HTTPS for its whole host.
    let options = Options::for_origin(&format!("http://{address}"))
        .at("/crm")?
        .host_auth(ShopSignIn(org))
        .sign_in_at("/login")?
        .without_fallback()
        .without_hsts();
    let app = Router::new()
        .route("/", get(|| async { "the shop" }))
        .route("/inbox", get(|| async { "the shop's own inbox" }))
        .route("/login", get(|| async { "the shop's sign-in" }))
        .fallback(|| async { (StatusCode::NOT_FOUND, "the shop has no such page") })
        // Merged, not nested: the router answers below its path already.
        .merge(dialzio_http::router(crm.clone(), options));
    tokio::spawn(async move { axum::serve(listener, app).await });
    // The work that waits runs beside the server, for as long as it does.
    tokio::spawn(async move { crm.worker().run(std::future::pending()).await });

    for (path, cookie) in [
        ("/inbox", ""),
        ("/crm/inbox", ""),
        ("/crm/inbox", "shop=asha"),
        ("/crm/v1/contacts", "shop=asha"),
        ("/crm/x", ""),
    ] {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let to = answer.lines().find(|line| line.starts_with("location: ")).unwrap_or_default();
        println!("{path} {cookie}: {} {to}", answer.lines().next().unwrap_or_default());
    }
    Ok(())
}
