use super::*;
use crate::PostgresStore;
use crate::testing::{Cluster, Database};

fn schema() -> Schema {
    Schema::parse("dialzio").unwrap()
}

fn in_postgres() -> impl Iterator<Item = &'static Table> {
    registry::tables().filter(|table| table.is_in(Engine::Postgres))
}

async fn refusal(database: &Database) -> OpenError {
    PostgresStore::connect(&database.url()).await.unwrap_err()
}

/// What the steps alone have made, before anything is put right.
#[tokio::test]
async fn the_steps_grant_what_the_registry_declares() {
    let database = Cluster::shared().unwrap().empty().await.unwrap();
    let mut db = database.admin().await.unwrap();
    crate::migrate::migrate(&mut db, &schema()).await.unwrap();
    let live = live(&mut db, &schema()).await.unwrap();
    assert!(live.len() > 40);
    for table in in_postgres() {
        assert_eq!(live[table.name], Access::declared(table, &schema()), "{}", table.name);
    }
}

#[tokio::test]
async fn a_table_whose_step_forgot_its_rights_is_not_served_from_until_it_is_migrated() {
    let database = Cluster::shared().unwrap().database().await.unwrap();
    let mut db = database.admin().await.unwrap();
    for table in in_postgres() {
        let name = table.name;
        let forget = format!(
            "REVOKE ALL ON dialzio.\"{name}\" FROM dialzio_app, dialzio_system;
             DROP POLICY IF EXISTS own ON dialzio.\"{name}\"; DROP POLICY IF EXISTS system ON dialzio.\"{name}\";
             ALTER TABLE dialzio.\"{name}\" DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY"
        );
        db.execute(AssertSqlSafe(forget)).await.unwrap();
    }
    refusal(&database).await;
    database.migrate(&PostgresStore::builder()).await.unwrap();
    assert!(differing(&mut db, &schema()).await.unwrap().is_empty());
    PostgresStore::connect(&database.url()).await.unwrap();
}

#[tokio::test]
async fn rights_that_differ_from_the_registry_are_named_and_put_right() {
    for (change, exposes) in [
        ("GRANT UPDATE ON dialzio.operator_log TO dialzio_system", Some("operator_log")),
        ("GRANT SELECT ON dialzio.\"user\" TO dialzio_app", Some("user")),
        ("GRANT SELECT ON dialzio.note TO PUBLIC", Some("note")),
        ("ALTER POLICY own ON dialzio.message USING (TRUE)", Some("message")),
        ("ALTER POLICY own ON dialzio.message WITH CHECK (TRUE)", Some("message")),
        ("ALTER POLICY own ON dialzio.task TO PUBLIC", Some("task")),
        ("ALTER TABLE dialzio.media NO FORCE ROW LEVEL SECURITY", Some("media")),
        ("REVOKE DELETE ON dialzio.note FROM dialzio_app", None),
        ("DROP POLICY system ON dialzio.session", None),
    ] {
        let database = Cluster::shared().unwrap().database().await.unwrap();
        database.admin().await.unwrap().execute(change).await.unwrap();
        let refused = refusal(&database).await;
        match (&refused, exposes) {
            (OpenError::Unprotected(table), Some(exposed)) => assert_eq!(table, exposed, "{change}"),
            (OpenError::Rights { table }, None) => assert!(change.contains(table), "{change}: {table}"),
            _ => panic!("{change}: {refused:?}"),
        }
        database.migrate(&PostgresStore::builder()).await.unwrap();
        PostgresStore::connect(&database.url()).await.unwrap();
    }
}

/// A policy that an administrator has added stays, and the store is refused beside it.
#[tokio::test]
async fn a_policy_of_another_name_is_not_removed_and_not_served_beside() {
    let database = Cluster::shared().unwrap().database().await.unwrap();
    let mut db = database.admin().await.unwrap();
    db.execute("CREATE POLICY wide ON dialzio.contact TO dialzio_app USING (TRUE)").await.unwrap();
    assert!(matches!(refusal(&database).await, OpenError::Unprotected(table) if table == "contact"));
    let refused = database.migrate(&PostgresStore::builder()).await.unwrap_err();
    assert!(matches!(refused, OpenError::Unprotected(table) if table == "contact"));
    // One for a role of their own is none of our business.
    db.execute("DROP POLICY wide ON dialzio.contact; CREATE ROLE reports; GRANT SELECT ON dialzio.contact TO reports;
                CREATE POLICY wide ON dialzio.contact TO reports USING (TRUE)")
        .await
        .unwrap();
    PostgresStore::connect(&database.url()).await.unwrap();
}

/// Two that migrate at the same time take turns.
#[tokio::test]
async fn two_may_migrate_at_once() {
    let database = Cluster::shared().unwrap().database().await.unwrap();
    database.admin().await.unwrap().execute("DROP POLICY own ON dialzio.task").await.unwrap();
    let builder = PostgresStore::builder();
    let (one, other) = tokio::join!(database.migrate(&builder), database.migrate(&builder));
    one.unwrap();
    other.unwrap();
    PostgresStore::connect(&database.url()).await.unwrap();
}
