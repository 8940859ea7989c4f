//! The tests' own server: it ends with the process that started it, however that ends.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dialzio_store_postgres::testing::Cluster;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Set for the process that is killed.
const VICTIM: &str = "DIALZIO_CLUSTER_VICTIM";

#[tokio::test]
async fn a_server_goes_with_the_value() {
    let cluster = Cluster::start().unwrap();
    let folder = cluster.folder().to_owned();
    let database = cluster.empty().await.unwrap();
    let one: i32 =
        sqlx::query_scalar("SELECT 1").fetch_one(&mut database.admin().await.unwrap()).await.unwrap();
    assert_eq!(one, 1);
    drop(cluster);
    assert!(!folder.exists());
}

/// Not a test by itself: the process that the next one kills.
#[test]
fn a_server_is_held() {
    if std::env::var_os(VICTIM).is_none() {
        return;
    }
    let cluster = Cluster::start().unwrap();
    println!("held {}", cluster.folder().display());
    std::thread::sleep(Duration::from_secs(600));
}

#[test]
fn a_server_goes_when_its_process_is_killed() {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["a_server_is_held", "--exact", "--nocapture"])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let said = BufReader::new(victim.stdout.take().unwrap()).lines();
    let folder =
        said.map(Result::unwrap).find_map(|line| Some(line.split_once("held ")?.1.to_owned())).unwrap();
    let pid = std::fs::read_to_string(Path::new(&folder).join("data/postmaster.pid")).unwrap();
    let server = Path::new("/proc").join(pid.lines().next().unwrap());
    assert!(server.exists());
    victim.kill().unwrap();
    victim.wait().unwrap();
    let patience = Instant::now() + Duration::from_secs(30);
    while Path::new(&folder).exists() || server.exists() {
        assert!(Instant::now() < patience, "{folder} is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}
