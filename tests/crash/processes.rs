//! Two processes on one database, and one of them is killed: what one takes in shows live at the other, and the work of the
//! one that is gone is done by the one that stays.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dialzio_store_postgres::testing::{Cluster, Database};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use crate::server::{self, Server};
use crate::stage;

/// Passes connections on to one server after another; one that does not answer is passed over.
async fn balance(listener: TcpListener, servers: [SocketAddr; 2]) {
    static TURN: AtomicUsize = AtomicUsize::new(0);
    while let Ok((mut caller, _)) = listener.accept().await {
        tokio::spawn(async move {
            let turn = TURN.fetch_add(1, Ordering::Relaxed);
            for place in 0..servers.len() {
                if let Ok(mut server) = TcpStream::connect(servers[(turn + place) % servers.len()]).await {
                    let _ = tokio::io::copy_bidirectional(&mut caller, &mut server).await;
                    return;
                }
            }
        });
    }
}

/// Prepares an empty database for the role that serves.
pub(crate) fn migrate(binary: &Path, database: &Database) {
    let migrated = Command::new(binary)
        .args(["migrate", "--serves", "dialzio_serves"])
        .env("DIALZIO_MIGRATE_DATABASE", database.admin_url())
        .output()
        .unwrap();
    assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
}

fn free_address() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_of_two_processes_leaves_behind_is_done_by_the_other() {
    let database = Cluster::shared().unwrap().empty().await.unwrap();
    let (binary, data) = (server::binary(), tempfile::tempdir().unwrap());
    migrate(&binary, &database);
    let url = database.url();
    let (stage, front) = stage::set_up(&binary, data.path(), Some(&url)).await;
    let (one, two) = (free_address(), free_address());
    let start = |address: SocketAddr| Server::start(&binary, data.path(), Some(&url), &address.to_string());
    let (first, second) = (start(one), start(two));
    let listener = TcpListener::bind(&front).await.unwrap();
    let balancer = tokio::spawn(balance(listener, [one, two]));
    stage.is_up_at(&format!("http://{one}")).await;
    stage.is_up_at(&format!("http://{two}")).await;

    // Whatever either of them takes in is seen at the second one, as it happens.
    let mut followed = stage.follow(&format!("http://{two}")).await;
    let begun = Instant::now();
    stage.write().await;
    let (start_at, _) =
        tokio::time::timeout(Duration::from_secs(10), followed.recv()).await.unwrap().unwrap();
    let seen_after = begun.elapsed();

    // Load through the balancer; the first one is killed in the middle, with sends that the provider has and has not answered.
    stage.round(1, first).await;
    for _ in 0..24 {
        stage.write().await;
    }
    while !stage.promises.lock().unwrap().open.is_empty() {
        stage.send().await;
    }
    // Its leases run out within a minute; nothing is restarted.
    let begun = Instant::now();
    let mut messages;
    loop {
        messages = Vec::new();
        for conversation in &stage.conversations {
            messages.extend(stage.list(&format!("/v1/conversations/{conversation}/messages")).await);
        }
        if stage.is_settled(&messages) || begun.elapsed() > Duration::from_secs(120) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let (_, verified) = stage.api("GET", "/v1/audit/verification", &Value::Null).await.unwrap();
    assert_eq!(verified["intact"], json!(true), "{verified}");
    let promises = std::mem::take(&mut *stage.promises.lock().unwrap());
    let figures = crate::figures(1, &messages, &promises, &stage.graph.sends_by_opaque_id());
    crate::report(&figures, &format!("two processes, one killed, seen at the other after {seen_after:?}"));
    assert_eq!(figures.lost, [""; 0], "lost");
    assert_eq!(figures.doubled, [""; 0], "shown twice");
    assert_eq!(figures.twice, [""; 0], "sent twice");
    assert_eq!(figures.unfit, [""; 0], "left in a state that is not true");
    assert!(figures.sent > 0 && figures.unknown > 0, "the kill met a send in flight");

    // The stream at the one that stayed has every place of the log, and each message that was promised.
    let (mut next, mut received) = (start_at + 1, 1);
    while let Ok(Some((place, event))) = tokio::time::timeout(Duration::from_secs(3), followed.recv()).await {
        assert_eq!(place, next, "a gap in the stream");
        next += 1;
        received += usize::from(event["type"] == "message.received");
    }
    assert!(
        received + stage::PEOPLE >= promises.acknowledged.len(),
        "{received} of {}",
        promises.acknowledged.len()
    );
    balancer.abort();
    second.kill();
}
