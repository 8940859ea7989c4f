//! A sweep that drops an expired month of messages, beside a bare detach and drop of the same tables, and beside a
//! `DELETE` of the same rows. Prints medians in milliseconds and ratios of one run.
//!
//! `cargo bench -p dialzio-store-postgres --bench months [-- MESSAGES]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench reports and fails loudly"
)]

use chrono::{Datelike, Months, NaiveDate};
use dialzio_core::store::SystemWrite;
use dialzio_core::testing::conformance::{Tenant, TestBed};
use dialzio_core::testing::{Fixtures, confirmed, system_scope};
use dialzio_core::{Clock, ConversationId, ManualClock, SystemClock, TypedId};
use dialzio_store_postgres::testing::Cluster;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::sync::Arc;
use std::time::Instant;

const ROUNDS: u32 = 3;

/// An expired month with so many messages in one conversation.
async fn fill(db: &mut PgConnection, tenant: &Tenant, talk: ConversationId, month: NaiveDate, messages: i64) {
    let start = month.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros();
    db.execute(AssertSqlSafe(format!("SELECT dialzio.month_open('{month}')"))).await.unwrap();
    let sql = format!(
        "INSERT INTO dialzio.message (org_id, conversation_id, id, direction, author, kind, text, content, content_version, purpose, event_at, received_at, expires_at, external_id, reply_to, status, status_at, failure_code, failure_detail, edited_at, revoked_at, reactions)
         SELECT '{}', '{}', (lpad(to_hex(at / 1000), 12, '0') || '7' || '000' || '8' || lpad(to_hex(n), 15, '0'))::UUID,
                'inbound', NULL, 'text', 'Is the blue one still there, and could you keep it aside until Friday?', NULL, 1,
                NULL, at, at, NULL, 'wamid.' || n, NULL, 'received', at, NULL, NULL, NULL, NULL, NULL
         FROM (SELECT n, {start} + n * 1000 AS at FROM generate_series(1, {messages}) n) series",
        tenant.org.id.uuid(),
        talk.uuid()
    );
    db.execute(AssertSqlSafe(sql)).await.unwrap();
    db.execute("CHECKPOINT").await.unwrap();
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[tokio::main]
async fn main() {
    let messages: i64 = std::env::args().filter_map(|word| word.parse().ok()).next().unwrap_or(100_000);
    let cluster = Cluster::start_durable().unwrap();
    let database = cluster.database().await.unwrap();
    let now = SystemClock.now();
    let clock = Arc::new(ManualClock::at(now));
    let store = Arc::new(database.store(clock.clone()).await.unwrap());
    let bed = TestBed { store, clock, make: Fixtures::seeded(7, now), system: system_scope() };
    let mut db = database.admin().await.unwrap();
    let tenant = bed.tenant().await;
    let talk = bed.person(&tenant, "Asha").await.conversation.id;
    // What a sweep opens is there, so that dropping is what is measured.
    bed.commit_system(SystemWrite::Sweep(confirmed(now))).await.unwrap();
    let this = now.date_naive().with_day(1).unwrap();
    let mut back = 14;
    let mut month = || {
        back += 1;
        this.checked_sub_months(Months::new(back)).unwrap()
    };
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        fill(&mut db, &tenant, talk, month(), messages).await;
        let begun = Instant::now();
        bed.commit_system(SystemWrite::Sweep(confirmed(now))).await.unwrap();
        ours.push(begun.elapsed().as_secs_f64() * 1e3);

        let old = month();
        fill(&mut db, &tenant, talk, old, messages).await;
        let suffix = old.format("%Y_%m");
        let begun = Instant::now();
        let mut transaction = db.begin().await.unwrap();
        for table in ["message_evidence", "message", "event"] {
            let sql = format!(
                "ALTER TABLE dialzio.{table} DETACH PARTITION dialzio.{table}_{suffix}; DROP TABLE dialzio.{table}_{suffix}"
            );
            transaction.execute(AssertSqlSafe(sql)).await.unwrap();
        }
        transaction.commit().await.unwrap();
        bare.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let old = month();
    fill(&mut db, &tenant, talk, old, messages).await;
    let begun = Instant::now();
    let sql =
        format!("DELETE FROM dialzio.message WHERE org_id = '{}' AND event_at < $1", tenant.org.id.uuid());
    let before = (old + Months::new(1)).and_time(chrono::NaiveTime::MIN).and_utc().timestamp_micros();
    let deleted =
        sqlx::query(AssertSqlSafe(sql)).bind(before).execute(&mut db).await.unwrap().rows_affected();
    let delete = begun.elapsed().as_secs_f64() * 1e3;
    assert_eq!(deleted, messages.unsigned_abs(), "only what the bench has put there is that old");
    let (ours, bare) = (median(ours), median(bare));
    println!(
        "a month of {messages} messages: sweep {ours:.0} ms, bare detach and drop {bare:.0} ms, ratio {:.2}; DELETE {delete:.0} ms",
        ours / bare
    );
}
