//! The sign-in of a host: known by the API and the pages under the host's name, and checked like every other cookie.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, request::Parts};
use axum::{Extension, Router};
use dialzio_core::access::{NewApiKey, NewOrg};
use dialzio_core::account::LocalKeys;
use dialzio_core::{Actor, Crm, Error, OrgId, Permission, Principal, Role};
use dialzio_http::auth::Caller;
use dialzio_http::{HostAuth, HostUser, Options};
use dialzio_store_sqlite::SqliteStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tower::ServiceExt;

/// Lets in who has the shop's cookie, until the shop is shut.
#[derive(Debug)]
struct Shop(OrgId, Arc<AtomicBool>);

#[async_trait::async_trait]
impl HostAuth for Shop {
    async fn user(&self, crm: &Crm, request: &Parts) -> Result<Option<HostUser>, Error> {
        let cookie = request.headers.get("cookie").and_then(|value| value.to_str().ok());
        let is_hers = cookie.is_some_and(|cookie| cookie.contains("shop=asha"));
        if !is_hers || self.1.load(Ordering::SeqCst) {
            return Ok(None);
        }
        let actor =
            crm.access().act_as(self.0, Principal::service("Asha Rao (shop)")?, Role::Agent.grant()).await?;
        Ok(Some(HostUser { actor, name: "Asha of the shop".to_owned() }))
    }
}

struct Host {
    app: Router,
    owner: Actor,
    key: String,
    shut: Arc<AtomicBool>,
    _folder: tempfile::TempDir,
}

async fn host() -> Host {
    let folder = tempfile::tempdir().unwrap();
    let crm = Crm::builder()
        .store(SqliteStore::open(folder.path().join("crm.db")).await.unwrap())
        .keys(LocalKeys::open_or_create(folder.path().join("keys")).unwrap())
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("Shop")).await.unwrap().org;
    let owner =
        crm.access().act_as(org, Principal::service("test").unwrap(), Role::Owner.grant()).await.unwrap();
    let name = "Key".parse().unwrap();
    let (_, key) = crm.access().create_key(&owner, NewApiKey::new(name, Permission::ALL)).await.unwrap();
    let shut = Arc::new(AtomicBool::new(false));
    let options = Options::for_origin("https://shop.example").host_auth(Shop(org, Arc::clone(&shut)));
    let app = dialzio_http::router(crm, options);
    Host { app, owner, key: key.reveal().to_owned(), shut, _folder: folder }
}

async fn ask(app: &Router, request: Request<Body>) -> (StatusCode, String) {
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

/// A contact that is to be made, as JSON or as a form, with these fields.
fn makes(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let (kind, body) = match path {
        "/v1/contacts" => ("application/json", r#"{"name":"Ravi"}"#),
        _ => ("application/x-www-form-urlencoded", "name=Ravi"),
    };
    let request = Request::post(path).header("content-type", kind);
    let request = fields.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(Body::from(body)).unwrap()
}

const COOKIE: (&str, &str) = ("cookie", "shop=asha");

#[tokio::test]
async fn a_hosts_user_is_checked_for_cross_site_requests_like_everybody_with_a_cookie() {
    let host = host().await;
    let foreign = ("sec-fetch-site", "cross-site");
    let ours = [("sec-fetch-site", "same-origin"), ("x-dialzio-request", "1")];
    for path in ["/v1/contacts", "/web/contacts"] {
        for fields in
            [vec![COOKIE], vec![COOKIE, foreign], vec![COOKIE, foreign, ours[1]], vec![COOKIE, ours[0]]]
        {
            let (status, answer) = ask(&host.app, makes(path, &fields)).await;
            assert_eq!(status, 403, "{path} {fields:?}: {answer}");
        }
        let (status, answer) = ask(&host.app, makes(path, &[COOKIE, ours[0], ours[1]])).await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        let (status, _) = ask(&host.app, makes(path, &[("cookie", "shop=other"), ours[0], ours[1]])).await;
        assert_eq!(status, 401);
    }
    // A key is sent on purpose.
    let bearer = format!("Bearer {}", host.key);
    let (status, answer) =
        ask(&host.app, makes("/v1/contacts", &[("authorization", &bearer), foreign])).await;
    assert_eq!(status, 201, "{answer}");
}

#[tokio::test]
async fn the_page_calls_a_hosts_user_as_the_host_does() {
    let host = host().await;
    let request = Request::get("/inbox").header(COOKIE.0, COOKIE.1).body(Body::empty()).unwrap();
    let (status, page) = ask(&host.app, request).await;
    assert_eq!(status, 200);
    assert!(page.contains("Asha of the shop") && !page.contains("API key"), "{page}");
}

#[tokio::test]
async fn an_actor_put_into_a_request_lets_nobody_in() {
    let host = host().await;
    let app = host.app.clone().layer(Extension(Caller(host.owner.clone())));
    let (status, _) = ask(&app, makes("/v1/contacts", &[])).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_stream_ends_once_the_host_does_not_know_its_user_any_more() {
    let host = host().await;
    for path in ["/v1/events", "/web/events"] {
        host.shut.store(false, Ordering::SeqCst);
        let request = Request::get(path).header(COOKIE.0, COOKIE.1).body(Body::empty()).unwrap();
        let response = host.app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        host.shut.store(true, Ordering::SeqCst);
        let ended =
            tokio::time::timeout(Duration::from_secs(60), to_bytes(response.into_body(), 1 << 20)).await;
        assert!(ended.is_ok(), "{path} goes on for a user who was sent away");
    }
}
