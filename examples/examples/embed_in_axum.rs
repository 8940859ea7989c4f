//! Mounts the reference server in an axum application that has routes and a sign-in of its own.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use async_trait::async_trait;
use axum::Router;
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

/// The shop's own sign-in: a caller with its cookie works in its organisation as an agent. Requests that change something
/// have to come from our own pages; the router sees to that.
#[derive(Debug)]
struct ShopSignIn {
    org: OrgId,
}

#[async_trait]
impl HostAuth for ShopSignIn {
    async fn user(&self, crm: &Crm, request: &Parts) -> Result<Option<HostUser>, Error> {
        // A real shop looks the cookie up among its sessions.
        let cookie = request.headers.get("cookie").and_then(|value| value.to_str().ok());
        if cookie != Some("shop=asha") {
            return Ok(None);
        }
        let principal = Principal::service("Asha Rao")?;
        let actor = crm.access().act_as(self.org, principal, Role::Agent.grant()).await?;
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
    let options = Options::for_origin(&format!("http://{address}")).host_auth(ShopSignIn { org });
    let app = Router::new()
        .route("/shop", get(|| async { "the shop's own page" }))
        .merge(dialzio_http::router(crm.clone(), options));
    tokio::spawn(async move { axum::serve(listener, app).await });
    // The work that waits runs beside the server, for as long as it does.
    tokio::spawn(async move { crm.worker().run(std::future::pending()).await });

    for path in ["/shop", "/readyz", "/v1/contacts"] {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\ncookie: shop=asha\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        println!("{path}: {}", answer.lines().next().unwrap_or_default());
    }
    Ok(())
}
