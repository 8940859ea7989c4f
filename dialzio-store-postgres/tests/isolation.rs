//! How organisations are kept apart, each means on its own: the statements without the policies, the policies without the
//! statements, and a role that could bypass them, which is refused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use dialzio_core::TypedId;
use dialzio_core::registry::{self, Engine};
use dialzio_core::testing::conformance::{TestBed, isolation};
use dialzio_store_postgres::testing::Database;
use dialzio_store_postgres::{OpenError, PostgresStore};
use sqlx::{AssertSqlSafe, Executor};
use std::sync::Arc;

async fn bed(database: &Database) -> TestBed {
    let clock = TestBed::clock();
    TestBed::new(Arc::new(database.store(clock.clone()).await.unwrap()), clock)
}

/// Tables that a transaction inside an organisation sees, as far as their rows are its own.
fn walled() -> impl Iterator<Item = &'static str> {
    let there = registry::tables().filter(|table| table.is_in(Engine::Postgres) && table.has_row_security());
    there.filter(|table| !table.rights.organisation.is_empty()).map(|table| table.name)
}

/// Takes the policies away behind an open store's back: what is left are the statements.
async fn without_policies(database: &Database) -> TestBed {
    let bed = bed(database).await;
    let mut db = database.admin().await.unwrap();
    for table in walled() {
        let open = format!("ALTER POLICY own ON dialzio.{table} USING (TRUE) WITH CHECK (TRUE)");
        db.execute(AssertSqlSafe(open)).await.unwrap();
    }
    bed
}

#[tokio::test]
async fn statements_alone_show_nothing_of_another_organisation() {
    let database = support::database().await;
    isolation::another_organisation_sees_nothing_by_any_read(without_policies(&database).await).await;
}

#[tokio::test]
async fn statements_alone_look_into_ones_own_organisation_only() {
    let database = support::database().await;
    isolation::expectations_look_into_ones_own_organisation_only(without_policies(&database).await).await;
}

#[tokio::test]
async fn statements_alone_reach_nothing_of_another_organisation() {
    let database = support::database().await;
    isolation::writes_do_not_reach_another_organisation(without_policies(&database).await).await;
}

#[tokio::test]
async fn policies_alone_show_and_reach_nothing_of_another_organisation() {
    let database = support::database().await;
    let bed = bed(&database).await;
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let person = bed.person(&tenant, "Asha").await;
    bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    bed.queues(&tenant, &person, "an answer", bed.at(2)).await;
    let mut db = database.admin().await.unwrap();
    let mut filled = 0;
    for table in walled() {
        let mut counts = Vec::new();
        for org in [tenant.org.id, other.org.id] {
            let org = org.uuid();
            db.execute(AssertSqlSafe(format!(
                "BEGIN; SET LOCAL ROLE dialzio_app; SELECT set_config('dialzio.org', '{org}', true)"
            )))
            .await
            .unwrap();
            let count: i64 = sqlx::query_scalar(AssertSqlSafe(format!(
                "SELECT count(*) FROM dialzio.{table} WHERE org_id = '{}'",
                tenant.org.id
            )))
            .fetch_one(&mut db)
            .await
            .unwrap();
            if org == other.org.id.uuid() {
                for reach in ["DELETE FROM", "UPDATE"] {
                    let set = if reach == "UPDATE" { "SET org_id = org_id" } else { "" };
                    let reached = format!("{reach} dialzio.{table} {set}");
                    let own: i64 =
                        sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM dialzio.{table}")))
                            .fetch_one(&mut db)
                            .await
                            .unwrap();
                    db.execute("SAVEPOINT s").await.unwrap();
                    if let Ok(done) = db.execute(AssertSqlSafe(reached)).await {
                        assert_eq!(done.rows_affected(), own as u64, "{table}");
                    }
                    db.execute("ROLLBACK TO s").await.unwrap();
                }
            }
            db.execute("ROLLBACK").await.unwrap();
            counts.push(count);
        }
        filled += usize::from(counts[0] > 0);
        assert_eq!(counts[1], 0, "{table}");
    }
    assert!(filled > 12, "{filled}");
    // No organisation writes a row of another, and nothing is done without naming an organisation.
    for (org, text) in [
        (
            other.org.id.to_string(),
            format!(
                "INSERT INTO dialzio.queue_count VALUES ('{}', 'x', '{}', 0)",
                tenant.org.id, tenant.org.id
            ),
        ),
        (String::new(), "SELECT 1 FROM dialzio.contact".to_owned()),
    ] {
        db.execute(AssertSqlSafe(format!(
            "BEGIN; SET LOCAL ROLE dialzio_app; SELECT set_config('dialzio.org', '{org}', true)"
        )))
        .await
        .unwrap();
        assert!(db.execute(AssertSqlSafe(text)).await.is_err());
        db.execute("ROLLBACK").await.unwrap();
    }
    // A month is reached by its table only.
    db.execute("BEGIN; SET LOCAL ROLE dialzio_app").await.unwrap();
    assert!(db.execute("SELECT 1 FROM dialzio.message_2026_03").await.is_err());
}

async fn refusal(database: &Database, setup: &str, user: &str) -> String {
    let mut db = database.admin().await.unwrap();
    db.execute(AssertSqlSafe(setup.to_owned())).await.unwrap();
    let url = database.admin_url().replace("user=postgres", &format!("user={user}"));
    match PostgresStore::connect(&url).await {
        Err(error @ (OpenError::Role { .. } | OpenError::Unprotected(_))) => error.to_string(),
        other => panic!("should have been refused: {other:?}"),
    }
}

#[tokio::test]
async fn a_role_that_could_look_past_the_walls_is_refused() {
    let database = support::database().await;
    let grant =
        |role: &str| format!("CREATE ROLE {role} LOGIN; GRANT dialzio_app, dialzio_system TO {role};");
    for (setup, user, why) in [
        (String::new(), "postgres", "superuser"),
        (format!("{} ALTER ROLE r_bypass BYPASSRLS", grant("r_bypass")), "r_bypass", "bypasses"),
        (format!("{} ALTER TABLE dialzio.note OWNER TO r_owner", grant("r_owner")), "r_owner", "owns"),
        (format!("CREATE ROLE r_group; {} GRANT r_group TO r_member; ALTER TABLE dialzio.note OWNER TO r_group", grant("r_member")), "r_member", "owns"),
        ("CREATE ROLE r_stranger LOGIN; GRANT USAGE ON SCHEMA dialzio TO r_stranger; GRANT SELECT ON dialzio.schema_version TO r_stranger".to_owned(), "r_stranger", "not a member"),
    ] {
        let said = refusal(&database, &setup, user).await;
        assert!(said.contains(why), "{user}: {said}");
    }
}

#[tokio::test]
async fn a_table_without_its_policy_is_noticed() {
    for (setup, table) in [
        ("ALTER TABLE dialzio.note DISABLE ROW LEVEL SECURITY", "note"),
        ("ALTER TABLE dialzio.media NO FORCE ROW LEVEL SECURITY", "media"),
        ("ALTER TABLE dialzio.message_2026_03 DISABLE ROW LEVEL SECURITY", "message_2026_03"),
    ] {
        let database = support::database().await;
        let said = refusal(&database, setup, "dialzio_serves").await;
        assert!(said.contains(&format!("table {table} ")), "{said}");
    }
    // A policy that is there and lets everything through.
    let database = support::database().await;
    let open = bed(&database).await;
    let tenant = open.tenant().await;
    open.person(&tenant, "Asha").await;
    let said = refusal(&database, "ALTER POLICY own ON dialzio.contact USING (TRUE)", "dialzio_serves").await;
    assert!(said.contains("table contact "), "{said}");
}
