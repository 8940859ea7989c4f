//! What strangers may hold: nothing that others need. Each place is earned before it is taken.
#![cfg(all(feature = "sqlite", feature = "whatsapp"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod server;

use dialzio_http::Patience;
use dialzio_http::listen::Limits;
use hmac::{Hmac, KeyInit, Mac};
use server::{HELLO, SECRET, Server, server, status};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More than may arrive slowly for one hook, and as many as there are places for webhooks.
const MANY: usize = 256;

const WORDS: &str = "four+small+words+here";

/// A webhook that its app has signed.
fn signed(server: &Server, body: &str) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         X-Hub-Signature-256: sha256={signature}\r\nContent-Length: {}\r\n\r\n{body}",
        server.hook,
        body.len()
    )
}

/// Sends the head of a post whose body never comes.
async fn begins(server: &Server, path: &str, fields: &str) -> TcpStream {
    let mut stream = server.open().await;
    let head = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{fields}Content-Length: 100000\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// What has been answered so far, for so long.
async fn heard(stream: &mut TcpStream, most: Duration) -> String {
    let mut answer = vec![0; 4096];
    let read = tokio::time::timeout(most, stream.read(&mut answer)).await;
    String::from_utf8_lossy(&answer[..read.map_or(0, Result::unwrap_or_default)]).into_owned()
}

#[tokio::test]
async fn slow_bodies_shut_no_signed_webhook_out() {
    let server = server(Limits::default(), Patience::default(), None).await;
    let mut slow = Vec::new();
    for _ in 0..MANY {
        slow.push(begins(&server, &server.hook, "").await);
    }
    // Some are slow by now, and the rest are cut off.
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    for place in 0..5 {
        let body = format!(r#"{{"what":"number {place}"}}"#);
        assert_eq!(status(&server.ask(&signed(&server, &body)).await), 200);
    }
    let mut cut = 0;
    for stream in &mut slow {
        let answer = heard(stream, Duration::from_millis(1)).await;
        cut += usize::from(answer.starts_with("HTTP/1.1 408"));
    }
    assert_eq!(cut, MANY - 64, "so many of one hook may be slow");
}

#[tokio::test]
async fn slow_bodies_are_counted_by_the_address_that_the_proxy_names() {
    let server = server(Limits::default(), Patience::default(), None).await;
    let mut slow = Vec::new();
    for _ in 0..12 {
        slow.push(begins(&server, &server.hook, "X-Forwarded-For: 10.0.0.1, 203.0.113.5\r\n").await);
    }
    let mut other = begins(&server, &server.hook, "X-Forwarded-For: 203.0.113.6\r\n").await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let mut cut = 0;
    for stream in &mut slow {
        let answer = heard(stream, Duration::from_millis(1)).await;
        cut += usize::from(answer.starts_with("HTTP/1.1 408"));
    }
    assert_eq!(cut, 4, "eight may be slow");
    assert_eq!(heard(&mut other, Duration::from_millis(1)).await, "", "another address has its own share");
}

#[tokio::test]
async fn nothing_is_read_for_an_address_of_no_app_nor_before_the_origin_and_the_session_are_known() {
    let server = server(Limits::default(), Patience::default(), None).await;
    let multipart = "Content-Type: multipart/form-data; boundary=b\r\n";
    let ours = "Sec-Fetch-Site: same-origin\r\nX-Dialzio-Request: 1\r\n";
    let cookie = "Cookie: __Host-dialzio_session=unknown\r\n";
    let thread = "/web/conversations/01890000-0000-7000-8000-000000000000/messages";
    let files = "/v1/conversations/01890000-0000-7000-8000-000000000000/files";
    for (path, fields, expected) in [
        ("/hooks/01890000-0000-7000-8000-000000000000", String::new(), 404),
        ("/web/sign-in", multipart.to_owned(), 403),
        ("/web/sign-in", format!("{multipart}{ours}"), 415),
        ("/web/setup", multipart.to_owned(), 403),
        ("/web/setup/invitation", multipart.to_owned(), 403),
        ("/web/sign-out", multipart.to_owned(), 403),
        (thread, multipart.to_owned(), 401),
        (thread, format!("{multipart}{cookie}"), 403),
        (thread, format!("{multipart}{cookie}{ours}"), 401),
        (files, multipart.to_owned(), 401),
    ] {
        let mut stream = begins(&server, path, &fields).await;
        let answer = heard(&mut stream, Duration::from_secs(3)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{path} {fields}: {answer:?}");
    }
}

fn sign_in(email: &str, password: &str) -> String {
    let body = format!("email={email}&password={password}");
    format!(
        "POST /web/sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n\
         X-Dialzio-Request: 1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn only_so_many_sign_ins_wait_and_the_rest_are_refused_at_once() {
    let server = std::sync::Arc::new(server(Limits::default(), Patience::default(), None).await);
    let mut asked = tokio::task::JoinSet::new();
    for place in 0..60 {
        let server = std::sync::Arc::clone(&server);
        asked.spawn(async move { server.ask(&sign_in(&format!("asha{place}%40example.com"), WORDS)).await });
    }
    let answers = asked.join_all().await;
    let busy: Vec<_> = answers.iter().filter(|answer| status(answer) == 503).collect();
    assert!(!busy.is_empty(), "sixty at once are more than may wait");
    for answer in &busy {
        assert!(answer.contains("access.busy") || answer.contains("retry-after"), "{answer}");
    }
    let refused = answers.iter().filter(|answer| status(answer) == 422).count();
    assert_eq!(refused + busy.len(), 60, "those that had a place were looked at");
    assert!(refused >= 18, "{refused}");
}

#[tokio::test]
async fn what_can_be_no_sign_in_is_not_counted() {
    let server = server(Limits::default(), Patience::default(), None).await;
    let named = |request: String, address: &str| {
        request.replacen("Host: x", &format!("Host: x\r\nX-Forwarded-For: {address}"), 1)
    };
    for _ in 0..20 {
        for nothing in [sign_in("asha%40example.com", ""), sign_in("asha", WORDS)] {
            assert_eq!(status(&server.ask(&named(nothing, "203.0.113.5")).await), 422);
        }
    }
    // Real ones are, by the address that the proxy names, whatever stands before it.
    for place in 0..20 {
        let real = sign_in(&format!("asha{place}%40example.com"), WORDS);
        let real = named(real, &format!("10.0.0.{place}, 203.0.113.5"));
        assert_eq!(status(&server.ask(&real).await), 422, "try {place}");
    }
    let next = sign_in("ravi%40example.com", WORDS);
    assert_eq!(status(&server.ask(&named(next.clone(), "203.0.113.5")).await), 429);
    assert_eq!(status(&server.ask(&named(next, "203.0.113.6")).await), 422);
}

#[tokio::test]
async fn an_address_behind_a_proxy_has_its_share_of_requests() {
    let server = server(Limits::default(), Patience::default(), None).await;
    let stream = |address: &str| {
        format!(
            "GET /v1/events HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {address}\r\nAuthorization: Bearer {}\r\n\r\n",
            server.key
        )
    };
    let mut open = Vec::new();
    for _ in 0..64 {
        let mut connection = server.open().await;
        connection.write_all(stream("203.0.113.5").as_bytes()).await.unwrap();
        assert_eq!(status(&heard(&mut connection, Duration::from_secs(5)).await), 200);
        open.push(connection);
    }
    let mut next = server.open().await;
    next.write_all(stream("203.0.113.5").as_bytes()).await.unwrap();
    let answer = heard(&mut next, Duration::from_secs(5)).await;
    assert_eq!(status(&answer), 429, "{answer}");
    assert!(answer.contains("request.too_many") || answer.contains("retry-after"), "{answer}");
    let mut other = server.open().await;
    other.write_all(stream("203.0.113.6").as_bytes()).await.unwrap();
    assert_eq!(status(&heard(&mut other, Duration::from_secs(5)).await), 200);
}

#[tokio::test]
async fn idle_connections_make_room_for_new_ones() {
    let mut limits = Limits::default();
    limits.connections = 8;
    limits.head = Duration::from_secs(60);
    let server = server(limits, Patience::default(), None).await;
    let mut idle = Vec::new();
    for _ in 0..8 {
        idle.push(server.open().await);
    }
    // At once, too: they only have a moment to send a request of their own.
    for _ in 0..4 {
        assert_eq!(status(&server.ask(HELLO).await), 200);
    }
    // The one that has been idle for longest is gone; one that is under way would have stayed.
    assert_eq!(idle[0].read(&mut [0; 16]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn a_length_given_twice_is_refused() {
    let server = server(Limits::default(), Patience::default(), None).await;
    for fields in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
    ] {
        let request = format!("POST {} HTTP/1.1\r\nHost: x\r\n{fields}\r\n0\r\n\r\n", server.hook);
        let answer = server.ask(&request).await;
        assert_eq!(status(&answer), 400, "{answer}");
        assert!(answer.contains("request.malformed"), "{answer}");
    }
    // In parts alone it is read, and its connection ends with it.
    let request =
        format!("POST {} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", server.hook);
    assert_eq!(status(&server.ask(&request).await), 401);
}
