//! What is wrong with the files of a database is found when it is opened, and named.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dialzio_core::Store;
use dialzio_core::contact::ContactQuery;
use dialzio_core::page::PageRequest;
use dialzio_core::testing::conformance::{Tenant, TestBed};
use dialzio_store_sqlite::SqliteStore;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

async fn open(path: &Path) -> TestBed {
    let clock = TestBed::clock();
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::builder().clock(clock.clone()).open(path).await.unwrap());
    TestBed::new(store, clock)
}

/// What is said when it is opened; nothing if it opens.
async fn said(path: &Path) -> Option<String> {
    SqliteStore::open(path).await.err().map(|error| error.to_string())
}

async fn people(path: &Path, tenant: &Tenant) -> usize {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path).await.unwrap());
    store
        .contacts(&tenant.scope, &ContactQuery::default(), PageRequest::first(200))
        .await
        .unwrap()
        .items
        .len()
}

fn log_of(path: &Path) -> PathBuf {
    format!("{}-wal", path.display()).into()
}

/// Waits until the log was moved into the file, which happens when nothing is written for a while.
async fn idle(path: &Path) {
    let before = std::fs::metadata(path).unwrap().modified().unwrap();
    for _ in 0..600 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        if std::fs::metadata(path).unwrap().modified().unwrap() != before {
            tokio::time::sleep(Duration::from_millis(200)).await;
            return;
        }
    }
    panic!("the log is never moved");
}

#[tokio::test]
async fn a_file_copied_without_its_log_is_refused_and_what_a_crash_leaves_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("crm.db"), folder.path().join("copy.db"));
    let bed = open(&path).await;
    let tenant = bed.tenant().await;
    bed.person(&tenant, "Asha").await;
    idle(&path).await;
    bed.person(&tenant, "Ben").await;
    std::fs::copy(&path, &copy).unwrap();
    // Twice: a refusal makes nothing that the next opening takes for a log.
    for _ in 0..2 {
        let refused = said(&copy).await.expect("it is refused");
        assert!(refused.contains("copied without its write-ahead log"), "{refused}");
        assert!(refused.contains("copy.db-wal") && refused.contains("dialzio check"), "{refused}");
        assert!(!log_of(&copy).exists());
    }
    // With its log it is what a crash would leave.
    std::fs::copy(log_of(&path), log_of(&copy)).unwrap();
    assert_eq!(people(&copy, &tenant).await, 2);
    // A copy that SQLite makes of both is whole without a log.
    let whole = folder.path().join("whole.db");
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader.execute("VACUUM INTO ?1", [whole.to_str().unwrap()]).unwrap();
    drop(reader);
    assert_eq!(people(&whole, &tenant).await, 2);
    // And so is what another program leaves that opens it after a crash, and moves the log by itself.
    let crashed = folder.path().join("crashed.db");
    std::fs::copy(&path, &crashed).unwrap();
    std::fs::copy(log_of(&path), log_of(&crashed)).unwrap();
    let other = rusqlite::Connection::open(&crashed).unwrap();
    let _: i64 = other.query_row("SELECT count(*) FROM contact", [], |row| row.get(0)).unwrap();
    drop(other);
    assert!(!log_of(&crashed).exists(), "it moved the log");
    assert_eq!(people(&crashed, &tenant).await, 2);
    // Closed, it needs no log.
    drop(bed);
    assert!(!log_of(&path).exists());
    std::fs::copy(&path, &whole).unwrap();
    assert_eq!(people(&whole, &tenant).await, 2);
}

/// A crash at any moment: while the log is short, while it is being moved, just after it was moved.
#[tokio::test]
async fn what_a_crash_leaves_at_any_moment_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let bed = open(&path).await;
    let tenant = bed.tenant().await;
    for round in 0..8 {
        bed.person(&tenant, &format!("Person {round}")).await;
        idle(&path).await;
        let copy = folder.path().join(format!("copy-{round}.db"));
        std::fs::copy(&path, &copy).unwrap();
        // The log was emptied and nothing is in it yet.
        std::fs::write(log_of(&copy), []).unwrap();
        assert_eq!(people(&copy, &tenant).await, round + 1);
        if round == 2 {
            break;
        }
    }
}

#[tokio::test]
async fn an_operator_may_go_on_without_a_log_that_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("crm.db"), folder.path().join("copy.db"));
    let bed = open(&path).await;
    let tenant = bed.tenant().await;
    bed.person(&tenant, "Asha").await;
    idle(&path).await;
    bed.person(&tenant, "Ben").await;
    std::fs::copy(&path, &copy).unwrap();
    assert!(SqliteStore::examine(&copy, false).is_err(), "looking at it is no decision");
    assert!(said(&copy).await.is_some());
    assert_eq!(SqliteStore::examine(&copy, true).unwrap(), Vec::<String>::new());
    assert_eq!(people(&copy, &tenant).await, 1, "what was in the log is lost");
    assert!(SqliteStore::examine(&path, true).is_err(), "it is in use");
    assert!(SqliteStore::examine(folder.path().join("none.db"), true).is_err());
}

/// The size of a page, and the first page of each table.
fn roots(path: &Path) -> (u32, Vec<(String, u32)>) {
    let db = rusqlite::Connection::open(path).unwrap();
    let size = db.query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap();
    let tables = "SELECT name, rootpage FROM sqlite_schema WHERE type = 'table' AND rootpage > 0";
    let mut tables = db.prepare(tables).unwrap();
    let tables = tables.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    (size, tables.map(Result::unwrap).collect())
}

#[tokio::test]
async fn a_table_that_cannot_be_read_is_named_before_anything_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let bed = open(&path).await;
    let tenant = bed.tenant().await;
    bed.person(&tenant, "Asha").await;
    drop(bed);
    let whole = std::fs::read(&path).unwrap();
    let (size, tables) = roots(&path);
    assert!(tables.len() > 30, "{tables:?}");
    let damaged = folder.path().join("damaged.db");
    for (table, root) in &tables {
        let mut bytes = whole.clone();
        bytes[((root - 1) * size) as usize..(root * size) as usize].fill(0xa5);
        std::fs::write(&damaged, &bytes).unwrap();
        let refused = said(&damaged).await.unwrap_or_else(|| panic!("{table} is not noticed"));
        // The words of the search are kept in tables that SQLite makes below one of ours.
        let named = table.split("_words").next().unwrap();
        assert!(refused.contains(named) && refused.contains("restore"), "{table}: {refused}");
    }
    // A copy that broke off, and a file that is none.
    std::fs::write(&damaged, &whole[..whole.len() / 2]).unwrap();
    let refused = said(&damaged).await.expect("it is short");
    assert!(refused.contains("cannot be read: restore"), "{refused}");
    std::fs::write(&damaged, [0xa5; 8_192]).unwrap();
    let refused = said(&damaged).await.expect("it is none");
    assert!(refused.contains("the header of the database cannot be read"), "{refused}");
    // What a cheap look does not see is found when all of it is read.
    assert_eq!(SqliteStore::examine(&path, false).unwrap(), Vec::<String>::new());
}

/// What readiness asks for: each table is read, and nothing is written.
#[tokio::test]
async fn a_table_that_is_lost_while_the_store_is_open_is_noticed_by_a_probe() {
    use std::io::{Seek, SeekFrom, Write};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let bed = open(&path).await;
    bed.tenant().await;
    idle(&path).await;
    let (size, tables) = roots(&path);
    let log = std::fs::read(log_of(&path)).unwrap();
    bed.store.probe().await.unwrap();
    assert_eq!(std::fs::read(log_of(&path)).unwrap(), log, "nothing is written");
    drop(bed);
    // Each in a store of its own, whose connections have not read the page yet.
    let (damaged, whole) = (folder.path().join("damaged.db"), std::fs::read(&path).unwrap());
    for (table, root) in
        tables.iter().filter(|(table, _)| ["contact", "message", "route"].contains(&&table[..]))
    {
        std::fs::write(&damaged, &whole).unwrap();
        let store = SqliteStore::builder().readers(1).open(&damaged).await.unwrap();
        let store: Arc<dyn Store> = Arc::new(store);
        let mut file = std::fs::File::options().write(true).open(&damaged).unwrap();
        file.seek(SeekFrom::Start(u64::from(root - 1) * u64::from(size))).unwrap();
        file.write_all(&vec![0xa5; size as usize]).unwrap();
        // Closing it here would take locks of the store's away.
        std::mem::forget(file);
        let refused = store.probe().await.expect_err(table);
        assert_eq!(refused.code(), "store.broken", "{table}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_database_is_open_once_whatever_it_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let (hard, soft) = (folder.path().join("hard.db"), folder.path().join("soft.db"));
    let bed = open(&path).await;
    let tenant = bed.tenant().await;
    std::fs::hard_link(&path, &hard).unwrap();
    std::os::unix::fs::symlink(&path, &soft).unwrap();
    for other in [&hard, &soft] {
        assert_eq!(said(other).await.as_deref(), Some("the database is in use by another process"));
        // The first is not harmed by the attempt.
        bed.person(&tenant, "Asha").await;
    }
    drop(bed);
    assert_eq!(said(&path).await, None);
}
