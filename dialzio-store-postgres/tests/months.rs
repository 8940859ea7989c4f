//! Months: opened before anybody writes in them, closed at once when all of them has expired and no file is left.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::store::{Purge, SystemWrite, Write};
use dialzio_core::testing::conformance::TestBed;
use dialzio_core::testing::{Fixtures, confirmed};
use dialzio_core::{Clock, ManualClock, SystemClock};
use sqlx::{Executor, PgConnection};
use std::sync::Arc;

async fn months(db: &mut PgConnection, table: &str) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT right(c.relname::TEXT, 7) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace
         WHERE n.nspname = 'dialzio' AND p.relkind = 'p' AND p.relname = $1 ORDER BY 1",
    )
    .bind(table)
    .fetch_all(db)
    .await
    .unwrap()
}

/// A bed whose clock shows `at`.
async fn bench_at(at: DateTime<Utc>) -> (TestBed, PgConnection) {
    let database = support::database().await;
    let clock = Arc::new(ManualClock::at(at));
    let store = Arc::new(database.store(clock.clone()).await.unwrap());
    let bed = TestBed {
        store,
        clock: clock.clone(),
        make: Fixtures::seeded(7, at),
        system: dialzio_core::testing::system_scope(),
    };
    (bed, database.admin().await.unwrap())
}

#[tokio::test]
async fn the_sweep_opens_the_months_to_come() {
    let (bed, mut db) = bench_at("2026-11-30T12:00:00Z".parse().unwrap()).await;
    bed.commit_system(SystemWrite::Sweep(confirmed(bed.now()))).await.unwrap();
    for table in ["message", "message_evidence", "event", "audit"] {
        let open = months(&mut db, table).await;
        for month in ["2026_11", "2026_12", "2027_01"] {
            assert!(open.iter().any(|name| name == month), "{table}: {open:?}");
        }
    }
}

/// A message of a month that no sweep has opened, and one from the edge of a month, find their place.
#[tokio::test]
async fn a_month_that_is_missing_is_opened_by_whoever_needs_it() {
    let (bed, mut db) = bench_at("2025-07-31T23:59:59.999Z".parse().unwrap()).await;
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let late = bed.hears(&tenant, &person, "late", bed.now()).await;
    let early = bed.hears(&tenant, &person, "early", bed.now() + TimeDelta::milliseconds(1)).await;
    for message in [&late, &early] {
        assert!(bed.store.message(&tenant.scope, message.id).await.unwrap().is_some());
    }
    let open = months(&mut db, "message").await;
    assert!(
        open.iter().any(|name| name == "2025_07") && open.iter().any(|name| name == "2025_08"),
        "{open:?}"
    );
    for (month, message) in [("2025_07", &late), ("2025_08", &early)] {
        let sql = format!("SELECT count(*) FROM dialzio.message_{month} WHERE id::TEXT = $1");
        let count: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .bind(message.id.to_string())
            .fetch_one(&mut db)
            .await
            .unwrap();
        assert_eq!(count, 1, "{month}");
    }
}

/// Fourteen months ago, by the server's own clock too, which does not take the program's word for it.
#[tokio::test]
async fn a_month_goes_at_once_when_all_of_it_has_expired_and_no_file_is_left() {
    let now = SystemClock.now();
    let (bed, mut db) = bench_at(now - TimeDelta::days(430)).await;
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let heard = bed.hears(&tenant, &person, "hello", bed.now()).await;
    bed.queues(&tenant, &person, "an answer", bed.now()).await;
    let media = bed.make.media(tenant.org.id, tenant.account.id, &heard);
    bed.write(&tenant.scope, dialzio_core::media::MediaWrite::Insert(media)).await;
    let month = bed.now().format("%Y_%m").to_string();
    let open = |months: Vec<String>| months.contains(&month);
    // By the program's clock it is too early.
    bed.commit_system(SystemWrite::Sweep(confirmed(bed.now()))).await.unwrap();
    assert!(open(months(&mut db, "message").await));
    bed.clock.set(now);
    bed.commit_system(SystemWrite::Sweep(confirmed(bed.now()))).await.unwrap();
    assert!(open(months(&mut db, "message").await), "a file is left in it");
    let purge =
        Write::Purge { class: Purge::Messages, at: confirmed(now), kept: TimeDelta::days(365), limit: 1 };
    // The message with the file is the older one; the other one stays behind for the month to take along.
    assert_eq!(bed.write(&tenant.scope, purge).await.rows_affected, 1);
    bed.commit_system(SystemWrite::Sweep(confirmed(bed.now()))).await.unwrap();
    for table in ["message", "message_evidence", "event"] {
        assert!(!open(months(&mut db, table).await), "{table}");
    }
    assert!(open(months(&mut db, "audit").await), "audit entries live for 36 months");
    let kept = bed.conversation(&tenant, &person).await;
    assert!(kept.last_message.is_some());
    // A message of that month, from an import, opens it again.
    bed.hears(&tenant, &person, "again", now - TimeDelta::days(430)).await;
    assert!(open(months(&mut db, "message").await));
}

/// Whatever the program says the time is, the server closes nothing that may be alive.
#[tokio::test]
async fn a_month_that_may_be_alive_is_not_closed_by_a_wrong_clock() {
    let now = SystemClock.now();
    let (bed, mut db) = bench_at(now - TimeDelta::days(40)).await;
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    bed.hears(&tenant, &person, "hello", bed.now()).await;
    let before = months(&mut db, "message").await;
    bed.clock.set(now + TimeDelta::days(4_000));
    bed.commit_system(SystemWrite::Sweep(confirmed(bed.now()))).await.unwrap();
    let after = months(&mut db, "message").await;
    assert!(
        before.iter().filter(|month| month.as_str() > "2026_05").all(|month| after.contains(month)),
        "{before:?} {after:?}"
    );
    // Nor by the serving role, which may ask for it directly and is refused.
    db.execute("BEGIN; SET LOCAL ROLE dialzio_system").await.unwrap();
    let month = (now - TimeDelta::days(40)).date_naive().to_string();
    for parent in ["message", "audit", "contact", "org"] {
        let closed: bool = sqlx::query_scalar("SELECT dialzio.month_close($1, $2::DATE)")
            .bind(parent)
            .bind(&month)
            .fetch_one(&mut db)
            .await
            .unwrap();
        assert!(!closed, "{parent}");
    }
}
