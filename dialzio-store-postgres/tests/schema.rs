//! The live schema: every column is in the data map, every table of an organisation is behind its policy, and what was
//! written by another release is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use dialzio_core::registry::{self, TableScope};
use dialzio_store_postgres::testing::Cluster;
use dialzio_store_postgres::{OpenError, PostgresStore};
use sqlx::{AssertSqlSafe, Executor, PgConnection};

/// Tables with their columns, but not the months of a table, which have the same.
async fn live(db: &mut PgConnection, schema: &str) -> Vec<(String, Vec<String>)> {
    sqlx::query_as(
        "SELECT c.relname::TEXT, array_agg(a.attname::TEXT ORDER BY a.attnum)
         FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
           AND a.attnum > 0 AND NOT a.attisdropped GROUP BY 1 ORDER BY 1",
    )
    .bind(schema)
    .fetch_all(db)
    .await
    .unwrap()
}

#[tokio::test]
async fn the_data_map_names_every_table_and_column() {
    let database = support::database().await;
    let mut db = database.admin().await.unwrap();
    let live = live(&mut db, "dialzio").await;
    assert!(live.len() > 30);
    assert_eq!(registry::check_schema(&live), Vec::<String>::new());
    let expressions: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'dialzio' AND i.indexprs IS NOT NULL",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(expressions, 0, "an index over an expression is not in the data map");
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
    let of_org = |name: &str| {
        registry::tables().any(|table| table.name == name && table.scope == TableScope::Organisation)
    };
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

#[tokio::test]
async fn every_table_of_an_organisation_is_behind_a_forced_policy() {
    let database = support::database().await;
    let mut db = database.admin().await.unwrap();
    for table in registry::tables().filter(|table| table.scope == TableScope::Organisation) {
        let found: Option<(bool, bool, Option<String>, Option<String>)> = sqlx::query_as(
            "SELECT c.relrowsecurity, c.relforcerowsecurity, pg_get_expr(p.polqual, c.oid), pg_get_expr(p.polwithcheck, c.oid)
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             LEFT JOIN pg_policy p ON p.polrelid = c.oid
             WHERE n.nspname = 'dialzio' AND c.relname = $1",
        )
        .bind(table.name)
        .fetch_optional(&mut db)
        .await
        .unwrap();
        let Some((enabled, forced, using, check)) = found else {
            assert!(table.is_optional(), "{}", table.name);
            continue;
        };
        let policy = "(org_id = (current_setting('dialzio.org'::text))::uuid)";
        assert!(enabled && forced, "{}", table.name);
        assert_eq!((using.as_deref(), check.as_deref()), (Some(policy), Some(policy)), "{}", table.name);
    }
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

/// The one period that nobody may lengthen is in the schema itself.
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
    assert_eq!(registry::check_schema(&live(&mut db, "customer_talk").await), Vec::<String>::new());
    builder.connect(&database.url()).await.unwrap();
    let refused =
        PostgresStore::builder().schema("Robert'); DROP").connect(&database.url()).await.unwrap_err();
    assert!(matches!(refused, OpenError::SchemaName));
}
