//! How fast an audit log is verified: each digest and link, through the service on SQLite or PostgreSQL. Prints entries a second,
//! the median of three runs, and the memory that the process holds before and after.
//!
//! `cargo bench -p dialzio-tests --bench audit [-- 1000000 [postgres]]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench reports and fails loudly"
)]

use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::store::Batch;
use dialzio_core::testing::{Fixtures, scope};
use dialzio_core::{Clock, Crm, ManualClock, Principal, Role, Store};
use dialzio_store_postgres::PostgresStore;
use dialzio_store_postgres::testing::Cluster;
use dialzio_store_sqlite::SqliteStore;
use reading::median;
use std::sync::Arc;
use std::time::Instant;

#[allow(dead_code, reason = "shared with benches that read")]
#[path = "support/reading.rs"]
mod reading;

/// Batches of a commit, each of which is one entry.
const AT_ONCE: usize = 256;

/// The most memory that this process ever held, in MiB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: f64 =
        line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or_default();
    kib / 1_024.0
}

#[tokio::main]
async fn main() {
    let size = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(100_000_usize);
    let folder = tempfile::tempdir_in(
        std::env::var_os("DIALZIO_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into),
    )
    .unwrap();
    let clock = Arc::new(ManualClock::at(Fixtures::morning()));
    let time = Arc::clone(&clock) as Arc<dyn Clock>;
    // The server and its database stay until the end.
    let mut postgres = None;
    let store: Arc<dyn Store> = if std::env::args().any(|word| word == "postgres") {
        let cluster = Cluster::start().unwrap();
        let database = cluster.database().await.unwrap();
        let store = PostgresStore::builder().clock(time).connect(&database.url()).await.unwrap();
        postgres = Some((cluster, database));
        Arc::new(store)
    } else {
        Arc::new(SqliteStore::builder().clock(time).open(folder.path().join("audit.db")).await.unwrap())
    };
    let keys = LocalKeys::ephemeral(&Entropy::system());
    let crm = Crm::builder().shared_store(store).keys(keys).clock(clock).build().unwrap();
    let org = crm.access().found(NewOrg::named("TestBed")).await.unwrap().org;
    let service = Principal::service("bench").unwrap();
    let me = crm.access().act_as(org, service, Role::Owner.grant()).await.unwrap();
    let at = crm.clock().now();
    for start in (0..size).step_by(AT_ONCE) {
        let batches = (start..size.min(start + AT_ONCE))
            .map(|_| Batch::new(&me, Action::ContactsExported, at))
            .collect();
        for done in crm.store().commit(&scope(org), batches).await {
            done.unwrap();
        }
    }
    let mut rates = Vec::new();
    let before = peak();
    for _ in 0..3 {
        let begun = Instant::now();
        let found = crm.ledger().verify(&me).await.unwrap();
        assert_eq!(found.finding, None);
        assert!(found.entries >= size as u64);
        rates.push(found.entries as f64 / begun.elapsed().as_secs_f64());
    }
    println!(
        "{size} entries on {}: {:.0} a second; {before:.0} MiB at most before, {:.0} MiB after",
        if postgres.is_some() { "PostgreSQL" } else { "SQLite" },
        median(rates),
        peak()
    );
}
