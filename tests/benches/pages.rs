//! One page of 50 messages and one inbox page of 50 conversations, through the service, beside a baseline: the same statements
//! on a thread of the baseline's own that turns every column into an owned value of its type. Prints microseconds and ratios, medians of
//! interleaved rounds of one run, for each size of history.
//!
//! `cargo bench -p dialzio-tests --bench pages [-- 10000 1000000]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench reports and fails loudly"
)]

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::contact::{Alias, ContactWrite};
use dialzio_core::conversation::{
    Conversation, ConversationQuery, ConversationWrite, InboxView, StateFilter,
};
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::page::PageRequest;
use dialzio_core::store::Batch;
use dialzio_core::testing::{Fixtures, scope};
use dialzio_core::{Actor, Clock, ConversationId, Crm, ManualClock, OrgId, Principal, Role, TypedId};
use dialzio_store_sqlite::SqliteStore;
use rusqlite::types::Value;
use rusqlite::{Connection, ToSql};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Instant;
use tokio::sync::oneshot;

/// Messages in one conversation.
const EACH: usize = 50;
const ROUNDS: usize = 401;

const PAGE: &str = "SELECT m.id, m.conversation_id, m.direction, m.author, m.kind, m.text, m.content, m.content_version, m.purpose,
    m.event_at, m.received_at, m.expires_at, m.external_id, m.reply_to, m.status, m.status_at, m.failure_code,
    m.failure_detail, m.edited_at, m.revoked_at, m.reactions FROM message m
    WHERE m.org_id = ?1 AND m.conversation_id = ?2 AND m.id < ?3 AND m.event_at > ?4 AND (m.expires_at IS NULL OR m.expires_at > ?5)
    ORDER BY m.id DESC LIMIT 51";
const INBOX: &str = "SELECT c.id, c.account_id, c.identity_id, c.contact_id, c.state, c.snoozed_until, c.assignee, c.team, c.unread,
    c.last_message, c.last_at, c.last_inbound_at, c.last_inbound, c.seen_up_to, c.revision, c.created_at,
    t.name, t.stage, i.profile_name, i.username,
    (SELECT a.value FROM channel_alias a WHERE a.org_id = ?1 AND a.identity_id = i.id AND a.kind = 'phone'
     ORDER BY a.seen_at DESC, a.rowid DESC LIMIT 1), m.id, m.direction, m.kind, m.text, m.status
    FROM conversation c CROSS JOIN contact t ON t.org_id = ?1 AND t.id = c.contact_id
    CROSS JOIN channel_identity i ON i.org_id = ?1 AND i.id = c.identity_id
    LEFT JOIN message m ON m.org_id = ?1 AND m.conversation_id = c.id AND m.id = c.last_message AND m.event_at > ?2
    WHERE c.org_id = ?1 AND c.state = 'open' AND (c.last_at, c.id) < (?3, ?4)
    ORDER BY c.last_at DESC, c.id DESC LIMIT 51";

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// A reading thread with the product's settings.
fn baseline(path: &Path) -> Sender<Job> {
    let db = Connection::open(path).unwrap();
    for (name, value) in
        [("query_only", 1), ("mmap_size", 0), ("cell_size_check", 1), ("cache_size", -16_384)]
    {
        db.pragma_update_and_check(None, name, value, |_| Ok(()))
            .or_else(|error| match error {
                rusqlite::Error::QueryReturnedNoRows => Ok(()),
                error => Err(error),
            })
            .unwrap();
    }
    db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).unwrap();
    let (line, jobs) = channel::<Job>();
    std::thread::spawn(move || jobs.into_iter().for_each(|job| job(&db)));
    line
}

type Id = [u8; 16];

/// A row of [`PAGE`], owned.
#[derive(Debug)]
#[allow(dead_code, reason = "what is read is what counts")]
struct MessageRow {
    ids: (Id, Id),
    words: (String, Option<String>, String, Option<String>, Option<String>),
    version: i64,
    purpose: Option<String>,
    times: (i64, i64, Option<i64>),
    links: (Option<String>, Option<Id>),
    status: (String, i64, Option<String>, Option<String>),
    marks: (Option<i64>, Option<i64>, Option<String>),
}

/// A row of [`INBOX`], owned.
#[derive(Debug)]
#[allow(dead_code, clippy::type_complexity, reason = "what is read is what counts")]
struct EntryRow {
    ids: (Id, Id, Id, Id),
    state: (String, Option<i64>, Option<Id>, Option<Id>, i64),
    head: (Option<Id>, i64, Option<i64>, Option<Id>, Option<Id>, i64, i64),
    person: (Option<String>, String, Option<String>, Option<String>, Option<String>),
    last: (Option<Id>, Option<String>, Option<String>, Option<String>, Option<String>),
}

/// Columns from left to right, each by its type.
struct Columns<'a, 'r>(&'a rusqlite::Row<'r>, usize);

impl Columns<'_, '_> {
    fn next<T: rusqlite::types::FromSql>(&mut self) -> T {
        self.1 += 1;
        self.0.get(self.1 - 1).unwrap()
    }
}

fn message_row(row: &rusqlite::Row<'_>) -> MessageRow {
    let c = &mut Columns(row, 0);
    MessageRow {
        ids: (c.next(), c.next()),
        words: (c.next(), c.next(), c.next(), c.next(), c.next()),
        version: c.next(),
        purpose: c.next(),
        times: (c.next(), c.next(), c.next()),
        links: (c.next(), c.next()),
        status: (c.next(), c.next(), c.next(), c.next()),
        marks: (c.next(), c.next(), c.next()),
    }
}

fn entry_row(row: &rusqlite::Row<'_>) -> EntryRow {
    let c = &mut Columns(row, 0);
    EntryRow {
        ids: (c.next(), c.next(), c.next(), c.next()),
        state: (c.next(), c.next(), c.next(), c.next(), c.next()),
        head: (c.next(), c.next(), c.next(), c.next(), c.next(), c.next(), c.next()),
        person: (c.next(), c.next(), c.next(), c.next(), c.next()),
        last: (c.next(), c.next(), c.next(), c.next(), c.next()),
    }
}

async fn raw<T: Send + 'static>(
    line: &Sender<Job>,
    sql: &'static str,
    values: Vec<Value>,
    read: fn(&rusqlite::Row<'_>) -> T,
) -> usize {
    let (answer, answered) = oneshot::channel();
    line.send(Box::new(move |db| {
        db.prepare_cached("BEGIN").unwrap().execute([]).unwrap();
        let mut statement = db.prepare_cached(sql).unwrap();
        let bound: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
        let rows = statement.query_map(&bound[..], |row| Ok(read(row))).unwrap();
        let rows: Vec<T> = rows.map(Result::unwrap).collect();
        db.prepare_cached("ROLLBACK").unwrap().execute([]).unwrap();
        let _ = answer.send(rows);
    }))
    .unwrap();
    answered.await.unwrap().len()
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// People with conversations of [`EACH`] messages.
async fn fill(
    crm: &Crm,
    me: &Actor,
    org: OrgId,
    messages: usize,
    start: DateTime<Utc>,
) -> Vec<ConversationId> {
    let make = Fixtures::seeded(messages as u64, start);
    let account = make.id();
    let mut talks = Vec::new();
    let mut batches = Vec::new();
    for person in 0..(messages / EACH) {
        let contact = make.contact(&format!("Person {person}"));
        let number = dialzio_core::PhoneNumber::from_digits(&format!("9198{person:08}")).unwrap();
        let identity = make.identity(contact.id, vec![Alias::Phone(number)]);
        let talk: Conversation = make.conversation(account, &identity);
        talks.push(talk.id);
        let mut batch = Batch::new(me, Action::MessageReceived, start);
        batch
            .write(ContactWrite::Insert(contact))
            .write(ContactWrite::Identity(identity))
            .write(ConversationWrite::Insert(talk.clone()));
        for place in 0..EACH {
            let at = start + TimeDelta::milliseconds((place * (messages / EACH) + person) as i64);
            let text = "Is the blue one still there, and could you keep it aside until Friday evening?";
            batch.write(make.append(account, &make.inbound(&talk, text, at)));
        }
        batches.push(batch);
        if batches.len() == 64 {
            for done in crm.store().commit(&scope(org), std::mem::take(&mut batches)).await {
                done.unwrap();
            }
        }
    }
    for done in crm.store().commit(&scope(org), batches).await {
        done.unwrap();
    }
    talks
}

#[tokio::main]
async fn main() {
    let mut sizes: Vec<usize> = std::env::args().filter_map(|word| word.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000];
    }
    let mut first: Option<(f64, f64)> = None;
    for size in sizes {
        let folder = tempfile::tempdir_in(
            std::env::var_os("DIALZIO_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into),
        )
        .unwrap();
        let path = folder.path().join("pages.db");
        let start: DateTime<Utc> = "2026-03-02T06:30:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::at(start + TimeDelta::days(1)));
        let store =
            SqliteStore::builder().clock(Arc::clone(&clock) as Arc<dyn Clock>).open(&path).await.unwrap();
        let crm = Crm::builder()
            .store(store)
            .keys(LocalKeys::ephemeral(&Entropy::system()))
            .clock(clock)
            .build()
            .unwrap();
        let org = crm.access().found(NewOrg::named("TestBed")).await.unwrap().org;
        let me = crm
            .access()
            .act_as(org, Principal::service("bench").unwrap(), Role::Owner.grant())
            .await
            .unwrap();
        let talks = fill(&crm, &me, org, size, start).await;
        let line = baseline(&path);
        let now = crm.clock().now();
        let cut = (now - TimeDelta::days(365)).timestamp_micros();
        let blob = |id: uuid::Uuid| Value::Blob(id.as_bytes().to_vec());
        let query = ConversationQuery::new(InboxView::All, StateFilter::Open, now);
        let mut samples = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
        for round in 0..ROUNDS {
            let talk = talks[(round * 7_919) % talks.len()];
            let values = || {
                vec![
                    blob(org.uuid()),
                    blob(talk.uuid()),
                    Value::Blob(vec![0xff; 17]),
                    Value::Integer(cut),
                    Value::Integer(now.timestamp_micros()),
                ]
            };
            // Both have read it once, so that neither pays for the other's cold pages.
            raw(&line, PAGE, values(), message_row).await;
            crm.conversations().messages(&me, talk, PageRequest::first(50)).await.unwrap();
            let begun = Instant::now();
            assert_eq!(
                crm.conversations().messages(&me, talk, PageRequest::first(50)).await.unwrap().items.len(),
                EACH
            );
            samples[0].push(begun.elapsed().as_nanos() as f64 / 1_000.0);
            let begun = Instant::now();
            assert_eq!(raw(&line, PAGE, values(), message_row).await, EACH);
            samples[1].push(begun.elapsed().as_nanos() as f64 / 1_000.0);
            let values = vec![
                blob(org.uuid()),
                Value::Integer(cut),
                Value::Integer(i64::MAX),
                Value::Blob(vec![0xff; 17]),
            ];
            let begun = Instant::now();
            assert_eq!(
                crm.conversations().list(&me, &query, PageRequest::first(50)).await.unwrap().items.len(),
                50
            );
            samples[2].push(begun.elapsed().as_nanos() as f64 / 1_000.0);
            let begun = Instant::now();
            assert_eq!(raw(&line, INBOX, values, entry_row).await, 51);
            samples[3].push(begun.elapsed().as_nanos() as f64 / 1_000.0);
        }
        let [page, page_baseline, inbox, inbox_baseline] = samples.map(median);
        println!(
            "{size} messages: page {page:.0} µs, baseline {page_baseline:.0} µs, ratio {:.2}; inbox {inbox:.0} µs, baseline {inbox_baseline:.0} µs, ratio {:.2}",
            page / page_baseline,
            inbox / inbox_baseline
        );
        let (small_page, small_inbox) = *first.get_or_insert((page, inbox));
        println!(
            "  dearer than at the first size: page {:.2} times, inbox {:.2} times",
            page / small_page,
            inbox / small_inbox
        );
    }
}
