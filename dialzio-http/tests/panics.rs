//! A panic in what the server does in the background or for one request ends nothing else.
#![cfg(all(feature = "sqlite", feature = "whatsapp"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use dialzio_core::access::{NewApiKey, NewOrg};
use dialzio_core::account::{LocalKeys, NewApp};
use dialzio_core::store::{Call, StoreLayer, StoreResult};
use dialzio_core::tasks::TaskState;
use dialzio_core::{Crm, Permission, Principal, Role};
use dialzio_http::Options;
use dialzio_http::listen::{self, Limits};
use dialzio_store_sqlite::SqliteStore;
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use futures_util::StreamExt;
use hmac::{Hmac, KeyInit, Mac};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;

/// A store that panics in calls of a name, so many times.
#[derive(Debug)]
struct Panics {
    inner: SqliteStore,
    left: Arc<Mutex<BTreeMap<&'static str, u32>>>,
}

impl StoreLayer for Panics {
    type Inner = SqliteStore;

    fn inner(&self) -> &SqliteStore {
        &self.inner
    }

    async fn around<T: Send>(
        &self,
        call: Call,
        work: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        let panics = match self.left.lock().unwrap().get_mut(call.name) {
            Some(left) if *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        };
        assert!(!panics, "injected into {}", call.name);
        work.await
    }
}

struct Server {
    crm: Crm,
    app: Router,
    key: String,
    hook: String,
    left: Arc<Mutex<BTreeMap<&'static str, u32>>>,
    _folder: tempfile::TempDir,
}

const SECRET: &str = "0123456789abcdef";

async fn server() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let left = Arc::default();
    let inner = SqliteStore::open(folder.path().join("crm.db")).await.unwrap();
    let crm = Crm::builder()
        .store(Panics { inner, left: Arc::clone(&left) })
        .keys(LocalKeys::open_or_create(folder.path().join("keys")).unwrap())
        .provider(MetaCloud::new(MetaConfig::default()).unwrap())
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("Shop")).await.unwrap().org;
    let owner =
        crm.access().act_as(org, Principal::service("test").unwrap(), Role::Owner.grant()).await.unwrap();
    let name = "Key".parse().unwrap();
    let (_, key) = crm.access().create_key(&owner, NewApiKey::new(name, Permission::ALL)).await.unwrap();
    let new = NewApp {
        provider: "whatsapp".to_owned(),
        name: "App".parse().unwrap(),
        secrets: vec![SECRET.into()],
        verify_token: Some("a-long-token".into()),
    };
    let hook = crm.accounts().register_app(&owner, new).await.unwrap().hook;
    let app = dialzio_http::router(crm.clone(), Options::for_origin("https://shop.example"));
    Server { crm, app, key: key.reveal().to_owned(), hook: format!("/hooks/{hook}"), left, _folder: folder }
}

impl Server {
    fn panics(&self, call: &'static str, times: u32) {
        self.left.lock().unwrap().insert(call, times);
    }

    async fn ask(&self, request: Request<Body>) -> (u16, String) {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8_lossy(&bytes).into_owned())
    }

    fn request(&self, method: &str, path: &str, body: &'static str) -> Request<Body> {
        Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap()
    }

    async fn makes_a_contact(&self) {
        let (status, answer) = self.ask(self.request("POST", "/v1/contacts", r#"{"name":"Asha"}"#)).await;
        assert_eq!(status, 201, "{answer}");
    }
}

#[tokio::test]
async fn a_request_that_panics_is_a_problem_and_the_next_is_served() {
    let server = server().await;
    server.panics("contacts", 1);
    let (status, answer) = server.ask(server.request("GET", "/v1/contacts", "")).await;
    assert_eq!(status, 500);
    assert!(answer.contains("server.failed"), "{answer}");
    assert_eq!(server.ask(server.request("GET", "/v1/contacts", "")).await.0, 200);
}

#[tokio::test]
async fn a_webhook_that_panics_is_asked_for_again() {
    let server = server().await;
    let body = r#"{"what":"is this"}"#;
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let request = || {
        let mut request = server.request("POST", &server.hook, body);
        request.headers_mut().remove("authorization");
        request.headers_mut().insert("x-hub-signature-256", format!("sha256={signature}").parse().unwrap());
        request
    };
    server.panics("commit_system", 1);
    assert_eq!(server.ask(request()).await.0, 503, "nothing was kept, so nothing is acknowledged");
    assert_eq!(server.ask(request()).await.0, 200);
}

#[tokio::test]
async fn an_event_reader_that_panics_goes_on_where_it_was() {
    let server = server().await;
    let response = server.app.clone().oneshot(server.request("GET", "/v1/events", "")).await.unwrap();
    assert_eq!(response.status(), 200);
    let mut events = response.into_body().into_data_stream();
    server.panics("events", 1);
    server.makes_a_contact().await;
    server.makes_a_contact().await;
    let mut heard = String::new();
    let both = async {
        while heard.matches("contact.changed").count() < 2 {
            heard.push_str(&String::from_utf8_lossy(&events.next().await.unwrap().unwrap()));
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(20), both).await;
    assert!(ended.is_ok(), "{heard}");
    let health = server.crm.tasks().health();
    assert_eq!((health[0].name, health[0].panics, health[0].state), ("events", 1, TaskState::Running));
}

#[tokio::test]
async fn a_listener_that_panics_listens_again() {
    let server = server().await;
    let listener = Arc::new(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap());
    let address = listener.local_addr().unwrap();
    let broken = Arc::new(AtomicBool::new(false));
    let tasks = server.crm.tasks().clone();
    let (_stop, stopped) = tokio::sync::watch::channel(false);
    tokio::spawn({
        let (app, broken) = (server.app.clone(), Arc::clone(&broken));
        async move {
            let make = || {
                let broken = Arc::clone(&broken);
                // Looked at whenever the listener is.
                let stop = std::future::poll_fn(move |_| {
                    assert!(!broken.swap(false, Ordering::SeqCst), "injected");
                    std::task::Poll::<()>::Pending
                });
                let serving = listen::serve(Arc::clone(&listener), app.clone(), Limits::default(), stop);
                async move {
                    serving.await;
                    Ok(())
                }
            };
            tasks.supervise("listener", stopped, make).await;
        }
    });
    let ask = async || {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").await?;
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await?;
        Ok::<_, std::io::Error>(String::from_utf8_lossy(&answer).into_owned())
    };
    assert_eq!(ask().await.unwrap(), "HTTP/1.1 200");
    broken.store(true, Ordering::SeqCst);
    // A connection without a request may end with the listener that took it.
    let again = async { while ask().await.is_err() {} };
    tokio::time::timeout(Duration::from_secs(20), again).await.unwrap();
    let health = server.crm.tasks().health();
    assert_eq!((health[0].name, health[0].panics, health[0].restarts), ("listener", 1, 1));
}
