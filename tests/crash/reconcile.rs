//! `dialzio calls reconcile` beside a running server, and without one: calls of which every webhook was lost are found, once.

use std::path::Path;
use std::process::{Command, Output};

use dialzio_store_postgres::testing::Cluster;
use dialzio_telephony::emulator::{Product, Side};

use crate::calls::{AGENT, APP_ID, OUR_NUMBER, Office, set_up};
use crate::processes;
use crate::server::{self, Server};

/// Three people call and speak with an agent, and no webhook arrives.
fn three_calls(office: &Office) {
    office.vendor.lose_webhooks(1_000);
    for place in 0..3 {
        let from = format!("91987650000{place}");
        let call = office.vendor.call_in(Product::TeleCmi, APP_ID, Some(&from), OUR_NUMBER).unwrap();
        office.vendor.ring(&call, AGENT).unwrap();
        office.vendor.agent_answers(&call).unwrap();
        office.vendor.hang_up(&call, Side::Customer).unwrap();
    }
}

fn reconcile(binary: &Path, data: &Path, database: Option<&str>, since: &str) -> Output {
    Command::new(binary)
        .args(["calls", "--data"])
        .arg(data)
        .args(["reconcile", "--since", since, "--reason", "ticket 7"])
        .envs(database.map(|url| ("DIALZIO_DATABASE", url)))
        .env("DIALZIO_PROVIDER_HOSTS", "127.0.0.1")
        .output()
        .unwrap()
}

/// What the command says of the one account: reports, new and filled calls.
fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (account, found) = text.trim_end().split_once('\t').unwrap();
    assert_eq!(account.len(), 36, "{text}");
    found.replace('\t', ", ")
}

async fn what_was_lost_is_found(database: Option<&str>) {
    let (binary, data) = (server::binary(), tempfile::tempdir().unwrap());
    let (office, address) = set_up(&binary, data.path(), database).await;
    let server = Server::start(&binary, data.path(), database, &address);
    office.is_up().await;
    three_calls(&office);
    assert!(office.log().await.is_empty());
    let of = |since| said(&reconcile(&binary, data.path(), database, since));
    assert_eq!(of("3h"), "3 read, 3 new, 0 filled");
    let log = office.log().await;
    assert_eq!(log.len(), 3);
    assert!(log.iter().all(|call| call["state"] == "completed" && call["confirmed"] == true), "{log:?}");
    assert_eq!(of("90m"), "3 read, 0 new, 0 filled", "the same once more doubles nothing");

    let future = reconcile(&binary, data.path(), database, "2999-01-01T00:00:00Z");
    assert!(!future.status.success());
    assert!(String::from_utf8_lossy(&future.stderr).contains("since must lie before now"), "{future:?}");
    let word = reconcile(&binary, data.path(), database, "yesterday");
    assert!(String::from_utf8_lossy(&word.stderr).contains("such as 3d"), "{word:?}");

    // Without a server the command asks the provider by itself.
    server.kill();
    three_calls(&office);
    assert_eq!(of("1h"), "6 read, 3 new, 0 filled");
    let server = Server::start(&binary, data.path(), database, &address);
    office.is_up().await;
    assert_eq!(office.log().await.len(), 6);
    server.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_which_webhooks_were_lost_are_found_by_the_command() {
    what_was_lost_is_found(None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_of_which_webhooks_were_lost_are_found_by_the_command_on_postgres() {
    let database = Cluster::shared().unwrap().empty().await.unwrap();
    processes::migrate(&server::binary(), &database);
    what_was_lost_is_found(Some(&database.url())).await;
}
