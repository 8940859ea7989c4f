//! The first page of the call log under each choice that narrows it, and the report of a month, through the service, beside a
//! baseline: the bare statement on a thread of the baseline's own that turns every column into an owned value of its type.
//! Prints microseconds and ratios, medians of interleaved rounds of one run.
//!
//! `cargo bench -p dialzio-tests --bench calls [-- 1000000]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench reports and fails loudly"
)]

#[path = "support/reading.rs"]
mod reading;

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::access::NewOrg;
use dialzio_core::account::{AccountWrite, LocalKeys};
use dialzio_core::call::{
    Call, CallQuery, CallState, CallTally, CallView, CallWrite, DurationClass, ReportQuery,
};
use dialzio_core::contact::ContactWrite;
use dialzio_core::conversation::Direction;
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::page::PageRequest;
use dialzio_core::store::Batch;
use dialzio_core::testing::{Fixtures, scope};
use dialzio_core::{Actor, CallId, Clock, Crm, IdSource, ManualClock, OrgId, Principal, Role, TypedId};
use dialzio_store_sqlite::SqliteStore;
use reading::{Job, baseline, blob, median, raw};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

const ROUNDS: usize = 301;
/// Calls that the others are copies of.
const TEMPLATES: usize = 200;
/// Calls of the month that is reported.
const MONTH: usize = 100_000;

const COLUMNS: &str = "id, account_id, direction, state, confirmed, member_id, disposition_id, contact_id, started_at, \
    answered_at, ended_at, talk_seconds, wait_seconds, customer, withheld, our_number, agent, placed_by, placed, purpose, \
    cause, word, recording_consent, handled_at, task_id, revision, created_at, failure_code, failure_detail, note, evidence";
const REPORT: &str =
    "SELECT began_hour, member_id, direction, state, disposition_id, count(*), sum(talk_seconds),
    sum((answered_at - started_at) / 1000000) FROM call WHERE org_id = ?1 AND id >= ?2 AND id < ?3
    GROUP BY began_hour, member_id, direction, state, disposition_id";

/// Calls of every kind, of which the log is made up.
async fn templates(crm: &Crm, me: &Actor, org: OrgId, start: DateTime<Utc>) -> Vec<Call> {
    let make = Fixtures::seeded(11, start);
    let account = make.account(make.id());
    let (contact, members) = (make.contact("Asha"), [(); 8].map(|()| make.id()));
    let outcomes = [(); 5].map(|()| make.id());
    let mut batch = Batch::new(me, Action::CallChanged, start);
    batch.write(AccountWrite::Insert(Box::new(account.clone()))).write(ContactWrite::Insert(contact.clone()));
    let mut calls = Vec::new();
    for place in 0..TEMPLATES {
        let at = start + TimeDelta::milliseconds(place as i64);
        let missed = place % 10 == 0;
        let mut call = make.full_call(account.id, contact.id, at);
        call.state = if missed { CallState::Missed } else { CallState::Completed };
        call.direction = if place % 3 == 0 { Direction::Inbound } else { Direction::Outbound };
        call.contact = (place % 100 == 7).then_some(contact.id);
        call.member = Some(members[place % members.len()]);
        call.disposition = (place % 4 == 1).then(|| outcomes[place % outcomes.len()]);
        call.handled_at = (place % 20 == 0).then_some(at);
        call.talk_seconds = (!missed).then_some((place * 7) as u32);
        batch.write(CallWrite::Insert(Box::new(call.clone())));
        calls.push(call);
    }
    crm.store().commit_one(&scope(org), batch).await.unwrap();
    calls
}

/// Copies the templates until there are so many calls, one each 26 seconds, and all of them in one file.
fn copy(path: &Path, org: OrgId, size: usize, start: DateTime<Utc>) {
    let mut db = Connection::open(path).unwrap();
    let ids = IdSource::seeded(12);
    let step = db.transaction().unwrap();
    {
        let select =
            format!("SELECT {COLUMNS}, duration_class, customer_key FROM call WHERE org_id = ?1 ORDER BY id");
        let mut read = step.prepare(&select).unwrap();
        let width = read.column_count();
        let rows: Vec<Vec<Value>> = read
            .query_map([org.uuid().as_bytes()], |row| (0..width).map(|place| row.get(place)).collect())
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let marks: Vec<String> = (1..=width + 2).map(|place| format!("?{place}")).collect();
        let insert = format!(
            "INSERT INTO call ({COLUMNS}, duration_class, customer_key, org_id, began_hour) VALUES ({})",
            marks.join(", ")
        );
        let mut insert = step.prepare(&insert).unwrap();
        for place in rows.len()..size {
            let at = start + TimeDelta::seconds(26 * place as i64);
            let id: CallId = ids.next(at);
            let mut row = rows[place % rows.len()].clone();
            let before = match row[8] {
                Value::Integer(at) => at,
                _ => 0,
            };
            row[0] = blob(id.uuid());
            // Start, answer and end move together.
            for time in &mut row[8..=10] {
                if let Value::Integer(micros) = time {
                    *micros += at.timestamp_micros() - before;
                }
            }
            row.push(blob(org.uuid()));
            row.push(Value::Integer(CallTally::hour_of(id)));
            insert.execute(rusqlite::params_from_iter(row)).unwrap();
        }
    }
    step.commit().unwrap();
}

/// A choice: its name, the query, and the condition of the bare statement with its value.
type Choice = (&'static str, CallQuery, &'static str, Option<Value>);

fn choices(of: &[Call], end: DateTime<Utc>) -> Vec<Choice> {
    let all = CallQuery::default;
    let text = |word: &str| Some(Value::Text(word.to_owned()));
    let missed = "state IN ('missed', 'voicemail')";
    let open = "state IN ('missed', 'voicemail') AND handled_at IS NULL";
    let with = of.iter().find(|call| call.contact.is_some() && call.disposition.is_some());
    let with = with.unwrap_or(&of[7]);
    let outcome = of.iter().find_map(|call| call.disposition).unwrap();
    let key = of[3].customer_key().unwrap();
    let contact = of.iter().find_map(|call| call.contact).unwrap();
    let until = end - TimeDelta::days(30);
    vec![
        ("nothing", all(), "?2 IS NULL", Some(Value::Null)),
        ("inbound", CallQuery { view: CallView::Inbound, ..all() }, "direction = ?2", text("inbound")),
        ("missed", CallQuery { view: CallView::Missed, ..all() }, missed, None),
        ("waiting", CallQuery { view: CallView::Waiting, ..all() }, open, None),
        ("state", CallQuery { state: Some(CallState::Completed), ..all() }, "state = ?2", text("completed")),
        (
            "account",
            CallQuery { account: Some(with.account), ..all() },
            "account_id = ?2",
            Some(blob(with.account.uuid())),
        ),
        (
            "member",
            CallQuery { member: with.member, ..all() },
            "member_id = ?2",
            with.member.map(|id| blob(id.uuid())),
        ),
        (
            "contact",
            CallQuery { contact: Some(contact), ..all() },
            "contact_id = ?2",
            Some(blob(contact.uuid())),
        ),
        (
            "number",
            CallQuery { customer: Some(key.clone()), ..all() },
            "customer_key = ?2",
            text(key.reveal()),
        ),
        (
            "outcome",
            CallQuery { disposition: Some(outcome), ..all() },
            "disposition_id = ?2",
            Some(blob(outcome.uuid())),
        ),
        (
            "duration",
            CallQuery { duration: Some(DurationClass::Longer), ..all() },
            "duration_class = ?2",
            text("longer"),
        ),
        (
            "until",
            CallQuery { until: Some(until), ..all() },
            "id < ?2",
            Some(blob(dialzio_core::id_floor(until))),
        ),
    ]
}

/// One choice: microseconds of the service and of the bare statement.
async fn page(crm: &Crm, me: &Actor, org: OrgId, line: &Sender<Job>, choice: &Choice) -> (f64, f64) {
    let (_, query, condition, value) = choice;
    let sql = format!(
        "SELECT {COLUMNS} FROM call WHERE org_id = ?1 AND {condition} AND id < x'ffffffffffffffffffffffffffffffff'
         ORDER BY id DESC LIMIT 51"
    );
    let values = || std::iter::once(blob(org.uuid())).chain(value.clone()).collect::<Vec<_>>();
    let mut samples = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        let begun = Instant::now();
        assert_eq!(crm.calls().list(me, query, PageRequest::first(50)).await.unwrap().items.len(), 50);
        let product = begun.elapsed().as_nanos() as f64 / 1_000.0;
        let begun = Instant::now();
        assert_eq!(raw(line, &sql, values()).await, 51);
        let bare = begun.elapsed().as_nanos() as f64 / 1_000.0;
        // Both have read it once, so that neither pays for the other's cold pages.
        if round > 0 {
            samples[0].push(product);
            samples[1].push(bare);
        }
    }
    let [product, bare] = samples.map(median);
    (product, bare)
}

/// The report of a month: microseconds of the service and of the bare aggregate.
async fn report(crm: &Crm, me: &Actor, org: OrgId, line: &Sender<Job>, query: &ReportQuery) -> (f64, f64) {
    let mut samples = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS / 20 {
        let begun = Instant::now();
        let counted = crm.calls().tallies(me, query).await.unwrap();
        let product = begun.elapsed().as_nanos() as f64 / 1_000.0;
        let calls: usize = counted.iter().map(|tally| tally.calls as usize).sum();
        assert!(calls.abs_diff(MONTH) < 2, "{calls}");
        let values = vec![
            blob(org.uuid()),
            blob(dialzio_core::id_floor(query.since)),
            blob(dialzio_core::id_floor(query.until)),
        ];
        let begun = Instant::now();
        assert_eq!(raw(line, REPORT, values).await, counted.len());
        let bare = begun.elapsed().as_nanos() as f64 / 1_000.0;
        if round > 0 {
            samples[0].push(product);
            samples[1].push(bare);
        }
    }
    let [product, bare] = samples.map(median);
    (product, bare)
}

#[tokio::main]
async fn main() {
    let size = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(200_000_usize);
    let folder = tempfile::tempdir_in(
        std::env::var_os("DIALZIO_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into),
    )
    .unwrap();
    let path = folder.path().join("calls.db");
    let start: DateTime<Utc> = "2026-03-02T06:30:00Z".parse().unwrap();
    let end = start + TimeDelta::seconds(26 * size as i64);
    let clock = Arc::new(ManualClock::at(start));
    let open = || async {
        let store =
            SqliteStore::builder().clock(Arc::clone(&clock) as Arc<dyn Clock>).open(&path).await.unwrap();
        let keys = LocalKeys::ephemeral(&Entropy::system());
        Crm::builder().store(store).keys(keys).clock(Arc::clone(&clock) as Arc<dyn Clock>).build().unwrap()
    };
    let crm = open().await;
    let org = crm.access().found(NewOrg::named("TestBed")).await.unwrap().org;
    let service = Principal::service("bench").unwrap();
    let me = crm.access().act_as(org, service, Role::Owner.grant()).await.unwrap();
    let calls = templates(&crm, &me, org, start).await;
    copy(&path, org, size, start);
    clock.set(end);
    let line = baseline(&path);
    for choice in choices(&calls, end) {
        let (product, bare) = page(&crm, &me, org, &line, &choice).await;
        println!("{:>9}: page {product:.0} µs, baseline {bare:.0} µs, ratio {:.2}", choice.0, product / bare);
    }
    let since = end - TimeDelta::seconds(26 * MONTH as i64);
    let query = ReportQuery { since, until: end, member: None };
    let (product, bare) = report(&crm, &me, org, &line, &query).await;
    println!(
        "   report of {MONTH} calls: {product:.0} µs, baseline {bare:.0} µs, ratio {:.2}",
        product / bare
    );
}
