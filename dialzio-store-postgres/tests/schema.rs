//! The live schema is the one that the registry declares, and what was written by another release is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use dialzio_core::registry::{self, Engine, LiveTable, Placement, check_schema};
use dialzio_store_postgres::testing::Cluster;
use dialzio_store_postgres::{OpenError, PostgresStore};
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use std::collections::BTreeMap;

/// A table: its name, its columns, the columns of its key, the tables that it refers to.
type Found = (String, Vec<String>, Vec<String>, Vec<String>);

/// Tables as the catalogue has them, but not the months of a table, which are like it.
async fn live(db: &mut PgConnection, schema: &str) -> Vec<LiveTable> {
    let found: Vec<Found> = sqlx::query_as(
        "SELECT c.relname::TEXT,
           ARRAY(SELECT a.attname::TEXT FROM pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
           ARRAY(SELECT a.attname::TEXT FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k (n, place)
                 JOIN pg_attribute a ON a.attnum = k.n
                 WHERE i.indrelid = c.oid AND i.indisprimary AND a.attrelid = c.oid ORDER BY k.place),
           ARRAY(SELECT DISTINCT p.relname::TEXT FROM pg_constraint f JOIN pg_class p ON p.oid = f.confrelid
                 WHERE f.conrelid = c.oid AND f.contype = 'f')
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition ORDER BY 1",
    )
    .bind(schema)
    .fetch_all(db)
    .await
    .unwrap();
    let table = |(name, columns, key, refers_to)| LiveTable { name, columns, key, refers_to };
    found.into_iter().map(table).collect()
}

#[tokio::test]
async fn the_schema_is_the_one_that_the_registry_declares() {
    let database = support::database().await;
    let mut db = database.admin().await.unwrap();
    let live = live(&mut db, "dialzio").await;
    assert!(live.len() > 30);
    assert!(live.iter().map(|table| table.refers_to.len()).sum::<usize>() > 10);
    assert_eq!(check_schema(Engine::Postgres, &live), Vec::<String>::new());
    let expressions: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'dialzio' AND i.indexprs IS NOT NULL",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(expressions, 0, "an index over an expression is not in the registry");
}

/// Keys, indexes and references of an organisation's tables begin with the organisation.
#[tokio::test]
async fn every_key_of_an_organisation_begins_with_it() {
    let database = support::database().await;
    let mut db = database.admin().await.unwrap();
    let indexes: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT t.relname::TEXT, c.relname::TEXT, a.attname::TEXT
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
         JOIN pg_namespace n ON n.oid = t.relnamespace
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
         WHERE n.nspname = 'dialzio' AND NOT t.relispartition",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    let of_org =
        |name: &str| registry::table(name).is_some_and(|table| table.placement == Placement::Distributed);
    let mut seen = 0;
    for (table, index, first) in indexes.iter().filter(|(table, ..)| of_org(table)) {
        assert_eq!(first, "org_id", "{index} of {table}");
        seen += 1;
    }
    assert!(seen > 40, "{seen}");
    let references: Vec<(String, i32)> = sqlx::query_as(
        "SELECT f.conname::TEXT, (SELECT count(*)::INT4 FROM unnest(f.conkey) k (n)
           JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.n WHERE a.attname = 'org_id')
         FROM pg_constraint f JOIN pg_class t ON t.oid = f.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
         WHERE n.nspname = 'dialzio' AND f.contype = 'f' AND t.relname <> 'app_secret'",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert!(references.len() > 10);
    for (name, with_org) in references {
        assert_eq!(with_org, 1, "{name}");
    }
}

/// The tables that have months, and the column that the month of a row is in.
#[tokio::test]
async fn the_tables_with_months_are_those_of_the_registry() {
    let database = support::database().await;
    let mut db = database.admin().await.unwrap();
    let found: Vec<(String, String)> = sqlx::query_as(
        "SELECT c.relname::TEXT, a.attname::TEXT FROM pg_partitioned_table p JOIN pg_class c ON c.oid = p.partrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace
         JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0] WHERE n.nspname = 'dialzio'",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    let found: BTreeMap<String, String> = found.into_iter().collect();
    let months =
        registry::tables().filter_map(|table| Some((table.name.to_owned(), table.month?.to_owned())));
    assert_eq!(found, months.collect());
}

/// What a database administrator copies from the documentation is what the registry says.
#[test]
fn the_documented_distribution_is_that_of_the_registry() {
    let docs = include_str!("../../docs/scaling.md");
    let there = || registry::tables().filter(|table| table.is_in(Engine::Postgres));
    let of = |placement| there().filter(move |table| table.placement == placement).map(|table| table.name);
    let mut distributed = of(Placement::Distributed);
    let first = distributed.next().unwrap();
    let mut wanted = format!(
        "SELECT create_distributed_table('dialzio.{first}', 'org_id', shard_count => 64);\n\
         SELECT create_distributed_table(format('dialzio.%I', name), 'org_id', colocate_with => 'dialzio.{first}')\n\
         FROM unnest(ARRAY[\n"
    );
    let names: Vec<String> = distributed.map(|name| format!("'{name}'")).collect();
    let lines: Vec<String> = names.chunks(6).map(|line| format!("  {}", line.join(", "))).collect();
    wanted += &lines.join(",\n");
    wanted += "\n]) WITH ORDINALITY t (name, place) ORDER BY place;\n";
    assert!(docs.contains(&wanted), "docs/scaling.md should say:\n{wanted}");
    let local: Vec<String> = of(Placement::Coordinator).map(|name| format!("`{name}`")).collect();
    let wanted = format!("**What stays local**, on the coordinator: {}.", local.join(", "));
    assert!(docs.contains(&wanted), "docs/scaling.md should say:\n{wanted}");
}

#[tokio::test]
async fn a_database_is_prepared_once_and_only_then_served_from() {
    let database = Cluster::shared().unwrap().empty().await.unwrap();
    let refused = PostgresStore::connect(&database.url()).await.unwrap_err();
    assert!(matches!(refused, OpenError::OlderSchema { found: 0, known } if known > 0), "{refused:?}");
    for _ in 0..2 {
        database.migrate(&PostgresStore::builder()).await.unwrap();
    }
    PostgresStore::connect(&database.url()).await.unwrap();
}

#[tokio::test]
async fn a_changed_or_newer_schema_is_refused() {
    let database = support::database().await;
    let mut db = database.admin().await.unwrap();
    db.execute(
        "INSERT INTO dialzio.schema_version (version, description, success, checksum, execution_time)
         VALUES (900, 'later', TRUE, '\\x00', 0)",
    )
    .await
    .unwrap();
    let refused = PostgresStore::connect(&database.url()).await.unwrap_err();
    assert!(matches!(refused, OpenError::NewerSchema { found: 900, .. }), "{refused:?}");
    let refused = database.migrate(&PostgresStore::builder()).await.unwrap_err();
    assert!(matches!(refused, OpenError::NewerSchema { found: 900, .. }), "{refused:?}");
    db.execute("DELETE FROM dialzio.schema_version WHERE version = 900").await.unwrap();
    db.execute("UPDATE dialzio.schema_version SET checksum = '\\x00' WHERE version = 2").await.unwrap();
    let refused = PostgresStore::connect(&database.url()).await.unwrap_err();
    assert!(matches!(refused, OpenError::ChangedMigration { number: 2 }), "{refused:?}");
    let refused = database.migrate(&PostgresStore::builder()).await.unwrap_err();
    assert!(matches!(refused, OpenError::ChangedMigration { number: 2 }), "{refused:?}");
    db.execute("DELETE FROM dialzio.schema_version WHERE version > 1").await.unwrap();
    let refused = PostgresStore::connect(&database.url()).await.unwrap_err();
    assert!(matches!(refused, OpenError::OlderSchema { found: 1, .. }), "{refused:?}");
}

/// The one period that cannot be lengthened is in the schema itself.
#[tokio::test]
async fn the_schema_refuses_a_message_that_outlives_twelve_months() {
    let database = support::database().await;
    let mut db = database.admin().await.unwrap();
    let cap = dialzio_core::time::RETENTION_CAP.num_microseconds().unwrap();
    for table in ["message", "media"] {
        let checks: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint
             WHERE conrelid = 'dialzio.{table}'::regclass AND contype = 'c'"
        )))
        .fetch_all(&mut db)
        .await
        .unwrap();
        assert!(checks.iter().any(|check| check.contains(&cap.to_string())), "{table}: {checks:?}");
    }
}

/// Another schema's name, beside the host's own tables: nothing of ours is anywhere else.
#[tokio::test]
async fn a_schema_may_have_another_name() {
    let database = Cluster::shared().unwrap().empty().await.unwrap();
    let builder = PostgresStore::builder().schema("customer_talk");
    database.migrate(&builder).await.unwrap();
    let mut db = database.admin().await.unwrap();
    let elsewhere: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname NOT IN ('customer_talk', 'pg_catalog', 'information_schema', 'pg_toast')",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(elsewhere, 0);
    let live = live(&mut db, "customer_talk").await;
    assert_eq!(check_schema(Engine::Postgres, &live), Vec::<String>::new());
    builder.connect(&database.url()).await.unwrap();
    let refused =
        PostgresStore::builder().schema("Robert'); DROP").connect(&database.url()).await.unwrap_err();
    assert!(matches!(refused, OpenError::SchemaName));
}
