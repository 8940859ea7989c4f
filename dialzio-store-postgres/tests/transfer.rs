//! A database as the target of a transfer, for an owner who is no superuser; another one is the source here.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use dialzio_core::contact::{ContactQuery, ContactStore};
use dialzio_core::conversation::ConversationStore;
use dialzio_core::page::PageRequest;
use dialzio_core::testing::conformance::{Person, Tenant, TestBed};
use dialzio_core::transfer::{self, TransferError};
use dialzio_store_postgres::testing::{Cluster, Database};
use dialzio_store_postgres::{OpenError, PostgresStore, PostgresTarget};
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use std::sync::Arc;

/// Owns a database and may make what is in it, but has no other privilege.
const MOVER: &str = "dialzio_mover";

async fn of_mover() -> (Database, String) {
    let database = Cluster::shared().unwrap().empty().await.unwrap();
    let mut admin = database.admin().await.unwrap();
    admin
        .execute(AssertSqlSafe(format!(
            "DO $$ BEGIN
               IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{MOVER}') THEN
                 CREATE ROLE {MOVER} LOGIN CREATEROLE;
               END IF;
               EXECUTE format('ALTER DATABASE %I OWNER TO {MOVER}', current_database());
             EXCEPTION WHEN duplicate_object OR unique_violation THEN
               EXECUTE format('ALTER DATABASE %I OWNER TO {MOVER}', current_database());
             END $$"
        )))
        .await
        .unwrap();
    let url = database.admin_url().replace("user=postgres", &format!("user={MOVER}"));
    PostgresStore::builder().migrate(&url, None).await.unwrap();
    (database, url)
}

async fn source() -> (Database, TestBed, Tenant, Person) {
    let database = support::database().await;
    let clock = TestBed::clock();
    let store = database.store(clock.clone()).await.unwrap();
    let bed = TestBed::new(Arc::new(store), clock);
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    bed.hears(&tenant, &person, "hello", bed.now()).await;
    bed.queues(&tenant, &person, "an answer", bed.now()).await;
    (database, bed, tenant, person)
}

async fn target(url: &str) -> PostgresTarget {
    PostgresStore::builder().transfer_to(url).await.unwrap()
}

/// Tables on whose owner row-level security is not forced.
async fn unforced(db: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT c.relname::TEXT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'dialzio' AND c.relkind IN ('r', 'p') AND c.relname <> 'schema_version'
           AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
    )
    .fetch_all(db)
    .await
    .unwrap()
}

#[tokio::test]
async fn an_owner_who_is_no_superuser_moves_everything_and_leaves_the_walls_standing() {
    let (origin, bed, tenant, person) = source().await;
    let (database, url) = of_mover().await;
    let mut from = target(&origin.admin_url()).await;
    let moved = transfer::run(&mut from, &mut target(&url).await, &mut |_| ()).await.unwrap();
    assert!(moved.rows > 15 && moved.rows == moved.written, "{moved:?}");
    let mut admin = database.admin().await.unwrap();
    assert_eq!(unforced(&mut admin).await, [""; 0]);
    let store = database.store(bed.clock.clone()).await.unwrap();
    let page = PageRequest::first(10);
    let query = ContactQuery::matching("ash");
    let found = store.contacts(&tenant.scope, &query, page.clone()).await.unwrap();
    assert_eq!(found.items, bed.store.contacts(&tenant.scope, &query, page.clone()).await.unwrap().items);
    assert_eq!(found.items.len(), 1);
    let conversation = person.conversation.id;
    let there = store.messages(&tenant.scope, conversation, page.clone()).await.unwrap();
    assert_eq!(there.items, bed.store.messages(&tenant.scope, conversation, page).await.unwrap().items);
    assert_eq!(there.items.len(), 2);
    // Numbers that the server gives go on where those that were moved end.
    let other = TestBed { store: Arc::new(store), clock: bed.clock.clone(), ..bed };
    other.person(&tenant, "Ravi").await;
    let places: Vec<i64> =
        sqlx::query_scalar("SELECT place FROM dialzio.channel_alias ORDER BY seen_at, place")
            .fetch_all(&mut admin)
            .await
            .unwrap();
    let unique: std::collections::BTreeSet<i64> = places.iter().copied().collect();
    assert!(places.len() >= 2 && unique.len() == places.len(), "{places:?}");
}

#[tokio::test]
async fn a_foreign_target_is_refused_and_left_as_it_is() {
    let (origin, ..) = source().await;
    let (foreign, ..) = source().await;
    let mut from = target(&origin.admin_url()).await;
    let url = foreign.admin_url();
    let refused = transfer::run(&mut from, &mut target(&url).await, &mut |_| ()).await.unwrap_err();
    assert!(matches!(refused, TransferError::Occupied("org")), "{refused}");
    assert_eq!(unforced(&mut foreign.admin().await.unwrap()).await, [""; 0]);
    foreign.store(TestBed::clock()).await.unwrap();
    // The serving role owns nothing and moves nothing.
    let serves = PostgresStore::builder().transfer_to(&foreign.url()).await;
    assert!(matches!(serves, Err(OpenError::NotOwner { .. })), "{serves:?}");
}

/// What was changed on the way is noticed, and it is not served from.
#[tokio::test]
async fn a_row_that_differs_is_noticed() {
    let (origin, bed, ..) = source().await;
    let (database, url) = of_mover().await;
    let mut admin = database.admin().await.unwrap();
    admin
        .execute(
            "CREATE FUNCTION dialzio.spoil () RETURNS TRIGGER LANGUAGE plpgsql AS
               $$ BEGIN NEW.text := NEW.text || ' '; RETURN NEW; END $$;
             CREATE TRIGGER spoil BEFORE INSERT ON dialzio.message FOR EACH ROW EXECUTE FUNCTION dialzio.spoil ()",
        )
        .await
        .unwrap();
    let mut from = target(&origin.admin_url()).await;
    let noticed = transfer::run(&mut from, &mut target(&url).await, &mut |_| ()).await.unwrap_err();
    assert!(
        matches!(noticed, TransferError::Differs { table: "message", source_rows: 2, target_rows: 2 }),
        "{noticed}"
    );
    assert!(matches!(database.store(bed.clock.clone()).await, Err(OpenError::Transferring)));
}
