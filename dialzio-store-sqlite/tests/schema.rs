//! The live schema is the one that the registry declares, and a file of the first migration is brought forward.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use dialzio_core::contact::ContactQuery;
use dialzio_core::page::PageRequest;
use dialzio_core::registry::{Engine, LiveTable, check_schema};
use dialzio_core::testing::scope;
use dialzio_core::{OrgId, Store, TypedId};
use dialzio_store_sqlite::{OpenError, SqliteStore};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Tables, virtual tables and what lies beneath them, with their columns, hidden ones too.
fn live(path: &Path) -> Vec<LiveTable> {
    let db = Connection::open(path).unwrap();
    let list = |sql: &str, table: &str| -> Vec<String> {
        let mut rows = db.prepare(sql).unwrap();
        rows.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let names = "SELECT name FROM pragma_table_list WHERE schema = ?1 AND name NOT LIKE 'sqlite_%'";
    let table = |name: String| LiveTable {
        columns: list("SELECT name FROM pragma_table_xinfo (?1)", &name),
        key: list("SELECT name FROM pragma_table_xinfo (?1) WHERE pk > 0 ORDER BY pk", &name),
        refers_to: list("SELECT DISTINCT \"table\" FROM pragma_foreign_key_list (?1)", &name),
        name,
    };
    list(names, "main").into_iter().map(table).collect()
}

#[tokio::test]
async fn the_schema_is_the_one_that_the_registry_declares() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    drop(SqliteStore::open(&path).await.unwrap());
    let live = live(&path);
    assert!(live.len() > 30);
    assert!(live.iter().map(|table| table.refers_to.len()).sum::<usize>() > 10);
    assert_eq!(check_schema(Engine::Sqlite, &live), Vec::<String>::new());
    // An index holds columns of its table and nothing else.
    let db = Connection::open(&path).unwrap();
    let mut indexes = db
        .prepare("SELECT i.name FROM pragma_table_list t, pragma_index_list (t.name) i, pragma_index_info (i.name) c
                  WHERE t.schema = 'main' AND c.cid = -2")
        .unwrap();
    assert!(!indexes.exists([]).unwrap(), "an index over an expression is not in the registry");
}

/// A file as the first release of the schema left it: contacts, and no search.
fn first_migration(path: &Path) -> (OrgId, Vec<u8>) {
    let sql = include_str!("../migrations/0001_tables.sql");
    let db = Connection::open(path).unwrap();
    db.execute_batch(
        "CREATE TABLE migration (number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum BLOB NOT NULL,
                                 applied_at INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    )
    .unwrap();
    db.execute_batch(sql).unwrap();
    let checksum = Sha256::digest(sql.as_bytes()).to_vec();
    db.execute("INSERT INTO migration VALUES (1, 'tables', ?1, 0)", [&checksum]).unwrap();
    let org = [7_u8; 16];
    db.execute("INSERT INTO org_head VALUES (?1, 0, 0, ?2, 0)", params![org, [0_u8; 32]]).unwrap();
    for number in 0_u8..250 {
        db.execute(
            "INSERT INTO contact (org_id, id, name, sort_key, stage, owner, restricted, revision, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, 'new', NULL, 0, 1, 0, 0)",
            params![org, [number; 16], format!("Name{number}"), format!("name{number}")],
        )
        .unwrap();
    }
    (OrgId::from_uuid(uuid::Uuid::from_bytes(org)), checksum)
}

#[tokio::test]
async fn a_file_of_the_first_migration_is_brought_forward() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    let (org, _) = first_migration(&path);
    let store = SqliteStore::open(&path).await.unwrap();
    let store: &dyn Store = &store;
    let page = PageRequest::first(200);
    for (text, count) in [("name249", 1), ("name24", 11), ("name2", 61), ("absent", 0)] {
        let found = store.contacts(&scope(org), &ContactQuery::matching(text), page.clone()).await.unwrap();
        assert_eq!(found.items.len(), count, "{text}");
    }
}

#[tokio::test]
async fn a_changed_or_newer_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    drop(SqliteStore::open(&path).await.unwrap());
    let db = Connection::open(&path).unwrap();
    db.execute("INSERT INTO migration VALUES (900, 'later', ?1, 0)", [[1_u8; 32]]).unwrap();
    drop(db);
    assert!(matches!(SqliteStore::open(&path).await, Err(OpenError::NewerSchema { found: 900, .. })));
    let db = Connection::open(&path).unwrap();
    db.execute("DELETE FROM migration WHERE number = 900", []).unwrap();
    db.execute("UPDATE migration SET checksum = ?1 WHERE number = 2", [[1_u8; 32]]).unwrap();
    drop(db);
    assert!(matches!(SqliteStore::open(&path).await, Err(OpenError::ChangedMigration { number: 2 })));
}

/// The one period that cannot be lengthened is in the schema itself.
#[tokio::test]
async fn the_schema_refuses_a_message_that_outlives_twelve_months() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.db");
    drop(SqliteStore::open(&path).await.unwrap());
    let db = Connection::open(&path).unwrap();
    for table in ["message", "media"] {
        let sql: String =
            db.query_row("SELECT sql FROM sqlite_schema WHERE name = ?1", [table], |row| row.get(0)).unwrap();
        let cap = dialzio_core::time::RETENTION_CAP.num_microseconds().unwrap();
        assert!(sql.contains(&format!("expires_at <= event_at + {cap}")), "{table}");
    }
}
