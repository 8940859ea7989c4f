//! Our services inside a transaction of the host's: both are written, or neither; and the session is left as it was.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use dialzio_core::contact::ContactWrite;
use dialzio_core::event::DomainEvent;
use dialzio_core::store::{Precondition, RecordRef, Revision, StoreError};
use dialzio_core::testing::conformance::{Tenant, TestBed};
use dialzio_core::{Store, TypedId};
use dialzio_store_postgres::PostgresStore;
use futures_util::StreamExt;
use sqlx::postgres::PgPoolOptions;
use sqlx::{Executor, PgPool, Postgres, Row, Transaction};
use std::sync::Arc;
use std::time::Duration;

/// A host with a table of its own, whose role owns it and may take ours on; we live in a schema beside it.
async fn host() -> (PgPool, Arc<PostgresStore>, TestBed, Tenant) {
    let database = support::database().await;
    let mut admin = database.admin().await.unwrap();
    admin
        .execute(
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'host') THEN CREATE ROLE host LOGIN; END IF; END $$;
             GRANT dialzio_app, dialzio_system TO host;
             CREATE SCHEMA shop AUTHORIZATION host; SET ROLE host; CREATE TABLE shop.orders (id UUID PRIMARY KEY, note TEXT)",
        )
        .await
        .unwrap();
    let url = database.admin_url().replace("user=postgres", "user=host");
    let pool = PgPoolOptions::new().max_connections(6).connect(&url).await.unwrap();
    let clock = TestBed::clock();
    let store = Arc::new(PostgresStore::builder().clock(clock.clone()).over(pool.clone()).await.unwrap());
    let bed = TestBed::new(store.clone(), clock);
    let tenant = bed.tenant().await;
    (pool, store, bed, tenant)
}

async fn order(transaction: &mut Transaction<'static, Postgres>, id: uuid::Uuid) {
    sqlx::query("INSERT INTO shop.orders VALUES ($1, 'a thing')")
        .bind(id)
        .execute(&mut **transaction)
        .await
        .unwrap();
}

async fn orders(pool: &PgPool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM shop.orders").fetch_one(pool).await.unwrap()
}

/// Everything of a session that could be left changed.
async fn session(transaction: &mut Transaction<'static, Postgres>) -> Vec<String> {
    let row = sqlx::query(
        "SELECT current_user::TEXT, session_user::TEXT, current_setting('role'), coalesce(current_setting('dialzio.org', true), ''),
                current_setting('search_path'), current_setting('lock_timeout'), current_setting('statement_timeout'),
                current_setting('plan_cache_mode'), current_setting('transaction_isolation')",
    )
    .fetch_one(&mut **transaction)
    .await
    .unwrap();
    (0..row.len()).map(|place| row.get::<String, _>(place)).collect()
}

#[tokio::test]
async fn both_are_written_and_seen_inside_before_anybody_else_sees_them() {
    let (pool, store, bed, tenant) = host().await;
    let mut watch = bed.store.watch(&tenant.scope);
    let contact = bed.make.contact("Asha");
    let mut transaction = pool.begin().await.unwrap();
    order(&mut transaction, contact.id.uuid()).await;
    let before = session(&mut transaction).await;
    let enlisted = store.enlist(transaction);
    let inside = enlisted.store();
    let inside: &dyn Store = &inside;
    let mut batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
    batch.event(DomainEvent::ContactChanged { contact: contact.id });
    inside.commit_one(&tenant.scope, batch).await.unwrap();
    assert!(inside.contact(&tenant.scope, contact.id).await.unwrap().is_some());
    assert!(bed.store.contact(&tenant.scope, contact.id).await.unwrap().is_none());
    let (mut transaction, wakeup) = enlisted.finish().await.unwrap();
    assert_eq!(session(&mut transaction).await, before);
    order(&mut transaction, bed.make.id::<dialzio_core::ContactId>().uuid()).await;
    transaction.commit().await.unwrap();
    wakeup.send();
    tokio::time::timeout(Duration::from_secs(10), watch.next()).await.expect("the watch was not woken");
    assert!(bed.store.contact(&tenant.scope, contact.id).await.unwrap().is_some());
    assert_eq!(orders(&pool).await, 2);
    assert!(
        matches!(inside.contact(&tenant.scope, contact.id).await, Err(StoreError::Unavailable)),
        "given back"
    );
}

#[tokio::test]
async fn a_rollback_takes_both_back() {
    let (pool, store, bed, tenant) = host().await;
    let contact = bed.make.contact("Asha");
    let audit = bed.store.audit(&tenant.scope, 0, 100).await.unwrap();
    let mut transaction = pool.begin().await.unwrap();
    order(&mut transaction, contact.id.uuid()).await;
    let enlisted = store.enlist(transaction);
    let inside: Arc<dyn Store> = Arc::new(enlisted.store());
    let batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
    inside.commit_one(&tenant.scope, batch).await.unwrap();
    enlisted.finish().await.unwrap().0.rollback().await.unwrap();
    assert!(bed.store.contact(&tenant.scope, contact.id).await.unwrap().is_none());
    assert_eq!(bed.store.audit(&tenant.scope, 0, 100).await.unwrap(), audit);
    assert_eq!(orders(&pool).await, 0);
    // The organisation is free again, and its chain goes on.
    bed.write(&tenant.scope, ContactWrite::Insert(contact)).await;
}

/// A batch that is refused is undone alone: the host's rows stay, and its transaction goes on.
#[tokio::test]
async fn a_refused_batch_leaves_the_hosts_transaction_alive() {
    let (pool, store, bed, tenant) = host().await;
    let known = bed.person(&tenant, "Asha").await;
    let mut transaction = pool.begin().await.unwrap();
    order(&mut transaction, known.contact.id.uuid()).await;
    let before = session(&mut transaction).await;
    let enlisted = store.enlist(transaction);
    let inside: Arc<dyn Store> = Arc::new(enlisted.store());
    let mut refused = bed.batch();
    refused.require(Precondition::Revision(RecordRef::Contact(known.contact.id), Revision(9)));
    let other = bed.make.contact("Ravi");
    let stolen = bed.make.identity(other.id, known.identity.aliases.clone());
    let half =
        bed.writes([ContactWrite::Insert(other.clone()).into(), ContactWrite::Identity(stolen).into()]);
    let doubled = bed.writes([ContactWrite::Insert(known.contact.clone()).into()]);
    let fine = bed.writes([ContactWrite::Note(bed.make.note(known.contact.id, "called")).into()]);
    let answers = inside.commit(&tenant.scope, vec![refused, half, doubled, fine]).await;
    assert_eq!(
        answers.iter().map(Result::is_ok).collect::<Vec<_>>(),
        [false, false, false, true],
        "{answers:?}"
    );
    let (mut transaction, _) = enlisted.finish().await.unwrap();
    assert_eq!(session(&mut transaction).await, before);
    transaction.commit().await.unwrap();
    assert_eq!(orders(&pool).await, 1);
    assert!(bed.store.contact(&tenant.scope, other.id).await.unwrap().is_none());
    let page = dialzio_core::page::PageRequest::first(10);
    assert_eq!(bed.store.notes(&tenant.scope, known.contact.id, page).await.unwrap().items.len(), 1);
}

/// How far a dropped future got is unknown, so nothing of the transaction stays.
#[tokio::test]
async fn a_future_that_is_dropped_in_the_middle_undoes_the_transaction() {
    let (pool, store, bed, tenant) = host().await;
    let contact = bed.make.contact("Asha");
    let mut transaction = pool.begin().await.unwrap();
    order(&mut transaction, contact.id.uuid()).await;
    let enlisted = store.enlist(transaction);
    let inside = enlisted.store();
    // Another transaction holds the organisation's row, so a writer in it has to wait.
    let mut holder = pool.begin().await.unwrap();
    holder.execute("SET LOCAL ROLE dialzio_system").await.unwrap();
    sqlx::query("SELECT 1 FROM dialzio.org_head WHERE org_id = $1 FOR UPDATE")
        .bind(tenant.org.id.uuid())
        .fetch_one(&mut *holder)
        .await
        .unwrap();
    {
        let batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
        let mut commit = Box::pin(Store::commit(&inside, &tenant.scope, vec![batch]));
        for _ in 0..20 {
            let polled =
                std::future::poll_fn(|context| std::task::Poll::Ready(commit.as_mut().poll(context)));
            assert!(polled.await.is_pending(), "it was to be dropped in the middle");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    holder.rollback().await.unwrap();
    assert!(matches!(enlisted.finish().await, Err(StoreError::Unavailable)));
    assert_eq!(orders(&pool).await, 0);
    assert!(bed.store.contact(&tenant.scope, contact.id).await.unwrap().is_none());
}

/// A host that works as another role, inside a savepoint of its own, gets all of it back.
#[tokio::test]
async fn a_role_of_the_hosts_is_given_back() {
    let (pool, store, bed, tenant) = host().await;
    let mut transaction = pool.begin().await.unwrap();
    transaction.execute("SET LOCAL ROLE dialzio_system; SET LOCAL lock_timeout = '3s'").await.unwrap();
    transaction.execute("SELECT set_config('dialzio.org', 'theirs', true)").await.unwrap();
    let before = session(&mut transaction).await;
    assert_eq!(before[0], "dialzio_system");
    let enlisted = store.enlist(transaction);
    let inside: Arc<dyn Store> = Arc::new(enlisted.store());
    inside.members(&tenant.scope).await.unwrap();
    inside.commit_one(&tenant.scope, bed.batch()).await.unwrap();
    inside.commit_one(&tenant.scope, bed.batch()).await.unwrap();
    let (mut transaction, _) = enlisted.finish().await.unwrap();
    assert_eq!(session(&mut transaction).await, before);
}
