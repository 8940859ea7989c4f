//! What a visitor may cost: connections, heads, bodies, time and room, each tried from a bare socket.
#![cfg(all(feature = "sqlite", feature = "whatsapp"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod server;

use dialzio_http::Patience;
use dialzio_http::listen::Limits;
use server::{HELLO, Server, rest, server, status};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn strict() -> Limits {
    let mut limits = Limits::default();
    limits.trusted = Vec::new();
    limits.head = Duration::from_millis(300);
    limits
}

fn brisk() -> Patience {
    Patience {
        request: Duration::from_secs(2),
        upload: Duration::from_secs(4),
        grace: Duration::from_millis(300),
        rate: 1024,
    }
}

#[test]
fn the_defaults_are_those_of_the_reference() {
    let limits = Limits::default();
    assert_eq!((limits.connections, limits.per_address), (4_096, 64));
    assert_eq!((limits.head, limits.fields, limits.head_bytes), (Duration::from_secs(10), 100, 32 * 1024));
    let patience = Patience::default();
    assert_eq!((patience.request, patience.upload), (Duration::from_secs(30), Duration::from_secs(300)));
    assert_eq!((patience.grace, patience.rate), (Duration::from_secs(5), 1024));
    assert_eq!(dialzio_http::disk::WEBHOOK_RESERVE, 64 << 20);
    assert_eq!(dialzio_http::disk::UPLOAD_RESERVE, 512 << 20);
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut_off_however_it_trickles() {
    let server = server(strict(), Patience::default(), None).await;
    let begun = Instant::now();
    let mut silent = server.open().await;
    assert!(!rest(&mut silent).await.contains("200"));
    let mut slow = server.open().await;
    slow.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let (mut reader, mut writer) = slow.split();
    let trickle = async {
        for _ in 0..40 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if writer.write_all(b"X-A: b\r\n").await.is_err() {
                break;
            }
        }
    };
    let mut answer = [0; 1024];
    let read = tokio::select! {
        read = reader.read(&mut answer) => read.unwrap_or(0),
        () = trickle => panic!("it was never cut off"),
    };
    assert!(!String::from_utf8_lossy(&answer[..read]).contains("200"));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(status(&server.ask(HELLO).await), 200, "others are served meanwhile");
}

#[tokio::test]
async fn heads_and_addresses_have_their_bounds() {
    let server = server(strict(), Patience::default(), None).await;
    let fields: String = (0..101).map(|place| format!("X-{place}: a\r\n")).collect();
    let many = format!("GET /livez HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
    assert_eq!(status(&server.ask(&many).await), 431);
    let large = format!(
        "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-A: {}\r\n\r\n",
        "a".repeat(33 * 1024)
    );
    assert_eq!(status(&server.ask(&large).await), 431);
    let long =
        format!("GET /livez?{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "a".repeat(8 * 1024));
    let answer = server.ask(&long).await;
    assert_eq!(status(&answer), 414);
    assert!(answer.contains("request.address_too_long") && answer.contains("application/problem+json"));
}

#[tokio::test]
async fn connections_are_counted_for_each_address_and_given_back() {
    let mut limits = strict();
    limits.per_address = 2;
    limits.head = Duration::from_secs(10);
    let server = server(limits, Patience::default(), None).await;
    let (first, _second) = (server.open().await, server.open().await);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.ask(HELLO).await, "", "the third is closed without a word");
    drop(first);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(status(&server.ask(HELLO).await), 200);
}

#[tokio::test]
async fn connections_are_counted_in_all() {
    let mut limits = Limits::default();
    limits.connections = 3;
    let server = server(limits, Patience::default(), None).await;
    let mut held = [server.open().await, server.open().await, server.open().await];
    for stream in &mut held {
        // A request is under way, so none of them can make room.
        let begins = format!("POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", server.hook);
        stream.write_all(begins.as_bytes()).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.ask(HELLO).await, "");
    drop(held);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(status(&server.ask(HELLO).await), 200);
}

/// Posts a webhook of a declared length, a part at a time.
async fn trickles(server: &Server, length: usize, part: usize, pause: Duration) -> (String, Duration) {
    let begun = Instant::now();
    let mut stream = server.open().await;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n",
        server.hook
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let writing = async {
        for _ in 0..length / part.max(1) {
            if writer.write_all(&vec![b'x'; part]).await.is_err() {
                break;
            }
            tokio::time::sleep(pause).await;
        }
        std::future::pending::<()>().await;
    };
    let mut answer = vec![0; 4096];
    let read = tokio::select! {
        read = reader.read(&mut answer) => read.unwrap_or(0),
        () = writing => 0,
        () = tokio::time::sleep(Duration::from_secs(8)) => 0,
    };
    (String::from_utf8_lossy(&answer[..read]).into_owned(), begun.elapsed())
}

#[tokio::test]
async fn a_body_has_to_keep_arriving() {
    let server = server(Limits::default(), brisk(), None).await;
    // Nothing at all: after the grace it is over.
    let (answer, after) = trickles(&server, 1_000, 0, Duration::from_secs(9)).await;
    assert_eq!(status(&answer), 408, "{answer}");
    assert!(answer.contains("request.slow") && answer.contains("connection: close"));
    assert!(after < Duration::from_millis(1_500), "{after:?}");
    // A byte now and then: too slow on average, although it never pauses for long.
    let (answer, after) = trickles(&server, 1_000, 1, Duration::from_millis(50)).await;
    assert_eq!(status(&answer), 408, "{answer}");
    assert!(after < Duration::from_millis(1_500), "{after:?}");
    // Fast enough, and longer than the grace: it is heard to its end.
    let (answer, after) = trickles(&server, 2_048, 256, Duration::from_millis(80)).await;
    assert_eq!(status(&answer), 401, "{answer}");
    assert!(after > Duration::from_millis(400), "{after:?}");
    // Fast enough, and without an end in sight.
    let (answer, after) = trickles(&server, 1 << 20, 256, Duration::from_millis(50)).await;
    assert_eq!(status(&answer), 408, "{answer}");
    assert!(after > Duration::from_millis(1_500) && after < Duration::from_secs(4), "{after:?}");
}

#[tokio::test]
async fn room_is_kept_for_what_must_not_be_lost() {
    let full = server(Limits::default(), Patience::default(), Some((u64::MAX, u64::MAX))).await;
    let hook = |server: &Server| {
        format!(
            "POST {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}",
            server.hook
        )
    };
    let answer = full.ask(&hook(&full)).await;
    assert_eq!(status(&answer), 503);
    assert!(answer.contains("retry-after"), "{answer}");
    let ready = full.ask("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert_eq!(status(&ready), 503);
    assert!(
        ready.contains(r#""reason":"disk.full""#) && ready.contains(r#""webhooks":"refused""#),
        "{ready}"
    );

    // Room for webhooks alone: files are refused, and the server is ready all the same.
    let low = server(Limits::default(), Patience::default(), Some((0, u64::MAX))).await;
    assert_eq!(status(&low.ask(&hook(&low)).await), 401);
    let ready = low.ask("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;
    assert_eq!(status(&ready), 200);
    assert!(ready.contains(r#""uploads":"refused""#) && ready.contains(r#""webhooks":"taken""#), "{ready}");
    let form =
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nhello\r\n--b--\r\n";
    let upload = format!(
        "POST /v1/conversations/01890000-0000-7000-8000-000000000000/files HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Authorization: Bearer {}\r\nIdempotency-Key: k\r\nContent-Type: multipart/form-data; boundary=b\r\n\
         Content-Length: {}\r\n\r\n{form}",
        low.key,
        form.len()
    );
    let answer = low.ask(&upload).await;
    assert_eq!(status(&answer), 503, "{answer}");
    assert!(answer.contains("disk.low"), "{answer}");

    // No subscriber is connected: nothing is refused for that.
    let unwatched = server(Limits::default(), Patience::default(), None).await;
    assert_eq!(status(&unwatched.ask(&hook(&unwatched)).await), 401);
    let answer = unwatched.ask(&upload.replace(&low.key, &unwatched.key)).await;
    assert_eq!(status(&answer), 404, "{answer}");
    assert!(full.folder.path().exists());
}
