//! An order and its contact, written in one transaction: the shop's own table, and Dialzio in a schema beside it.
//!
//! `DATABASE_URL` names a database to work in, as a role that may make schemas and roles; without it, the example starts
//! a PostgreSQL server of its own and takes it along when it ends.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::contact::{ContactQuery, NewContact};
use dialzio_core::entropy::Entropy;
use dialzio_core::page::PageRequest;
use dialzio_core::{Crm, PhoneNumber, Principal, Role};
use dialzio_store_postgres::PostgresStore;
use dialzio_store_postgres::testing::Cluster;
use sqlx::{Executor, PgPool};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (_cluster, url) = match std::env::var("DATABASE_URL") {
        Ok(url) => (None, url),
        Err(_) => {
            let cluster = Cluster::start()?;
            let url = cluster.empty().await?.admin_url();
            (Some(cluster), url)
        }
    };
    // Once, at deployment: our schema and the two roles that work in it.
    PostgresStore::builder().migrate(&url, None).await?;

    // The shop has a pool already, and a table. Our roles are taken on inside our transactions only.
    let pool = PgPool::connect(&url).await?;
    pool.execute("CREATE TABLE IF NOT EXISTS shop_order (contact UUID NOT NULL, what TEXT NOT NULL)").await?;
    let store = PostgresStore::builder().over(pool.clone()).await?;
    let crm = Crm::builder().store(store.clone()).keys(LocalKeys::ephemeral(&Entropy::system())).build()?;
    let org = crm.access().found(NewOrg::named("Asha Motors")).await?.org;
    let me = crm.access().act_as(org, Principal::service("shop")?, Role::Admin.grant()).await?;

    for (name, number, paid) in [("Asha Rao", "+919840012345", true), ("Ravi Kumar", "+919840054321", false)]
    {
        let enlisted = store.enlist(pool.begin().await?);
        // Every service, inside the shop's transaction.
        let inside = crm.over(enlisted.store());
        let contact =
            inside.contacts().create(&me, NewContact::named(name).phone(PhoneNumber::parse(number)?)).await?;
        // And back, to go on as the shop.
        let (mut transaction, wakeup) = enlisted.finish().await?;
        sqlx::query("INSERT INTO shop_order VALUES ($1::UUID, 'a bicycle')")
            .bind(contact.id.to_string())
            .execute(&mut *transaction)
            .await?;
        if paid {
            transaction.commit().await?;
            wakeup.send();
        } else {
            // Not paid after all: neither the order nor the contact was ever there.
            transaction.rollback().await?;
        }
    }
    let orders: i64 = sqlx::query_scalar("SELECT count(*) FROM shop_order").fetch_one(&pool).await?;
    let contacts = crm.contacts().list(&me, &ContactQuery::default(), PageRequest::first(10)).await?.items;
    println!("{orders} order, {} contact", contacts.len());
    assert_eq!(contacts.len(), 1, "both, or neither");
    Ok(())
}
