//! A disk that is really full, under the tables or under the write-ahead log: typed, nothing acknowledged is lost, and over
//! once there is room again, without opening the store again.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "support/proof.rs"]
mod proof;
#[path = "support/whole.rs"]
mod whole;

use dialzio_core::ContactId;
use dialzio_core::contact::ContactWrite;
use dialzio_core::event::DomainEvent;
use dialzio_core::store::{StoreError, StoreResult};
use dialzio_core::testing::conformance::{Tenant, TestBed};
use dialzio_store_postgres::testing::{Cluster, SmallDisk};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use whole::whole;

/// A server with a small disk, or `None` where there can be none, which is said.
async fn small(what: SmallDisk) -> Option<(Cluster, TestBed, Tenant)> {
    let Some(cluster) = Cluster::start_on_small_disk(what).unwrap() else {
        proof::not_made(
            "this machine mounts no disk in a namespace of its own: PostgreSQL's disk was never full",
        );
        return None;
    };
    let database = cluster.database().await.unwrap();
    let clock = TestBed::clock();
    let bed = TestBed::new(Arc::new(database.store(clock.clone()).await.unwrap()), clock);
    let tenant = bed.tenant().await;
    Some((cluster, bed, tenant))
}

/// Adds a person with long notes: some rows, and some pages.
async fn add(bed: &TestBed, tenant: &Tenant) -> StoreResult<ContactId> {
    let contact = bed.make.contact("Asha Rao");
    let mut batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
    for _ in 0..8 {
        batch.write(ContactWrite::Note(bed.make.note(contact.id, &"pots and seeds ".repeat(60))));
    }
    batch.event(DomainEvent::ContactChanged { contact: contact.id });
    bed.store.commit_one(&tenant.scope, batch).await.map(|_| contact.id)
}

/// Writes until that is refused; answers what was acknowledged, and why it ended.
async fn until_refused(bed: &TestBed, tenant: &Tenant) -> (Vec<ContactId>, StoreError) {
    let mut acknowledged = Vec::new();
    for _ in 0..20_000 {
        match add(bed, tenant).await {
            Ok(contact) => acknowledged.push(contact),
            Err(error) => return (acknowledged, error),
        }
    }
    panic!("the disk does not become full");
}

/// Writes again until that succeeds.
async fn until_served(bed: &TestBed, tenant: &Tenant) -> ContactId {
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        match add(bed, tenant).await {
            Ok(contact) => return contact,
            Err(error) => assert!(Instant::now() < patience, "it does not recover: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_without_room_are_a_full_store_that_reads_on_and_recovers() {
    let Some((cluster, bed, tenant)) = small(SmallDisk::Tables).await else { return };
    let mut acknowledged = vec![add(&bed, &tenant).await.unwrap()];
    cluster.fill().unwrap();
    let (written, refused) = until_refused(&bed, &tenant).await;
    assert!(matches!(refused, StoreError::Full), "{refused:?}");
    acknowledged.extend(written);
    for _ in 0..5 {
        assert!(matches!(add(&bed, &tenant).await, Err(StoreError::Full)), "it is full");
    }
    assert_eq!(
        whole(&bed, &tenant, &acknowledged).await,
        acknowledged.len(),
        "reads go on, and nothing is half written"
    );
    cluster.free().unwrap();
    acknowledged.push(add(&bed, &tenant).await.unwrap());
    assert_eq!(whole(&bed, &tenant, &acknowledged).await, acknowledged.len());
}

/// What came of writing while the server was going and coming.
#[derive(Default)]
struct Answers {
    acknowledged: Vec<ContactId>,
    refused: u32,
    /// The store says that it does not know, when the server stays away for long.
    unknown: u32,
}

/// The server gives up when its log has no room, and may not come up again before there is some. A client in the middle
/// of a commit is told what came of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_without_room_takes_the_server_down_and_nothing_with_it() {
    let Some((cluster, bed, tenant)) = small(SmallDisk::Log).await else { return };
    let stop = AtomicBool::new(false);
    let writes = async {
        let mut answers = Answers::default();
        while !stop.load(Ordering::Relaxed) {
            match add(&bed, &tenant).await {
                Ok(contact) => answers.acknowledged.push(contact),
                Err(StoreError::Unavailable | StoreError::Full) => {
                    answers.refused += 1;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(StoreError::Broken(_)) => answers.unknown += 1,
                Err(error) => panic!("{error}"),
            }
        }
        answers
    };
    let disk = async {
        cluster.fill().unwrap();
        let log = || std::fs::read_to_string(cluster.folder().join("server.log")).unwrap();
        let patience = Instant::now() + Duration::from_secs(120);
        while !log().contains("PANIC") {
            assert!(Instant::now() < patience, "the log does not become full");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(log().contains("No space left on device"), "{}", log());
        cluster.free().unwrap();
        let patience = Instant::now() + Duration::from_secs(60);
        // It is started if it does not come up by itself.
        while bed.store.ping().await.is_err() {
            assert!(Instant::now() < patience, "it does not come back");
            tokio::time::sleep(Duration::from_millis(200)).await;
            cluster.restart().unwrap();
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        stop.store(true, Ordering::Relaxed);
    };
    let (mut answers, ()) = tokio::join!(writes, disk);
    answers.acknowledged.push(until_served(&bed, &tenant).await);
    let written = whole(&bed, &tenant, &answers.acknowledged).await;
    let more = written - answers.acknowledged.len();
    assert!(more <= answers.unknown as usize, "{more} were written that were refused");
}
