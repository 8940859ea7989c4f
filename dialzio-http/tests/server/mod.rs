//! A server on a folder of its own, asked from bare sockets.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test file uses a part of it")]

use dialzio_core::access::{NewApiKey, NewOrg};
use dialzio_core::account::NewApp;
use dialzio_core::text::Title;
use dialzio_core::{Crm, Permission, Principal, Role};
use dialzio_http::disk::Disk;
use dialzio_http::listen::{self, Limits};
use dialzio_http::{Options, Patience};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The secret that its app's webhooks are signed with.
pub const SECRET: &str = "0123456789abcdef";

/// A server on a folder of its own.
pub struct Server {
    pub address: SocketAddr,
    pub crm: Crm,
    pub key: String,
    /// The path of the address of its app's webhooks.
    pub hook: String,
    pub folder: tempfile::TempDir,
    _stop: tokio::sync::oneshot::Sender<()>,
}

/// A server with these limits.
pub async fn server(limits: Limits, patience: Patience, reserve: Option<(u64, u64)>) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let crm = dialzio_http::assemble::open(
        &dialzio_http::assemble::Places::folder(folder.path()),
        dialzio_http::assemble::Founding::IfEmpty,
        None,
    )
    .await
    .unwrap();
    let org = crm.access().found(NewOrg::named("Shop")).await.unwrap().org;
    let owner =
        crm.access().act_as(org, Principal::service("test").unwrap(), Role::Owner.grant()).await.unwrap();
    let name = Title::parse("Test").unwrap();
    let (_, key) = crm.access().create_key(&owner, NewApiKey::new(name, Permission::ALL)).await.unwrap();
    let new = NewApp {
        provider: "whatsapp".to_owned(),
        name: Title::parse("App").unwrap(),
        secrets: vec![SECRET.into()],
        verify_token: Some("a-long-token".into()),
    };
    let hook = crm.accounts().register_app(&owner, new).await.unwrap().hook;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut options = Options::for_origin(&format!("http://{address}"));
    options.patience = patience;
    options.disk =
        reserve.map(|(webhooks, uploads)| Disk::below(folder.path()).unwrap().keeping(webhooks, uploads));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let router = dialzio_http::router(crm.clone(), options);
    tokio::spawn(listen::serve(listener, router, limits, async move {
        let _ = stopped.await;
    }));
    let hook = format!("/hooks/{hook}");
    Server { address, crm, key: key.reveal().to_owned(), hook, folder, _stop: stop }
}

impl Server {
    pub async fn open(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and reads until the other side closes, or for five seconds.
    pub async fn ask(&self, request: &str) -> String {
        let mut stream = self.open().await;
        // Refused before all of it was read.
        let _ = stream.write_all(request.as_bytes()).await;
        rest(&mut stream).await
    }
}

/// Reads until the other side closes.
pub async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let reading = async {
        let mut part = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut part).await {
            answer.extend_from_slice(&part[..count]);
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(30), reading).await;
    assert!(ended.is_ok(), "the connection stays open: {}", String::from_utf8_lossy(&answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of an answer.
pub fn status(answer: &str) -> u16 {
    answer
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .unwrap_or_else(|| panic!("no answer: {answer}"))
}

pub const HELLO: &str = "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
