//! A page of 50 of the timeline of a contact with 10,000 items, of which some are calls, through the service, beside a baseline: the
//! same statements bare, on a thread of the baseline's own that turns every column into an owned value of its type. Prints microseconds and
//! ratios, medians of interleaved rounds of one run, for the first page and for one in the middle.
//!
//! `cargo bench -p dialzio-tests --bench timeline [-- 10000]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench reports and fails loudly"
)]

#[path = "support/reading.rs"]
mod reading;

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::access::NewOrg;
use dialzio_core::account::{AccountWrite, LocalKeys};
use dialzio_core::call::CallWrite;
use dialzio_core::contact::{Alias, ContactWrite, Note, Task};
use dialzio_core::conversation::ConversationWrite;
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::page::{Cursor, PageRequest};
use dialzio_core::store::Batch;
use dialzio_core::testing::{Fixtures, scope};
use dialzio_core::{
    Actor, Clock, ContactId, ConversationId, Crm, ManualClock, OrgId, Principal, Role, TypedId,
};
use dialzio_store_sqlite::SqliteStore;
use reading::{Job, baseline, blob, median, raw};
use rusqlite::types::Value;

const ROUNDS: usize = 301;
const ITEMS: usize = 10_000;

const CONTACT: &str = "SELECT * FROM contact WHERE org_id = ?1 AND id = ?2";
const TALKS: &str = "SELECT * FROM conversation WHERE org_id = ?1 AND contact_id = ?2";
const MESSAGES: &str = "SELECT id, conversation_id, direction, author, kind, text, content, content_version, purpose, event_at,
    received_at, expires_at, external_id, reply_to, status, status_at, failure_code, failure_detail, edited_at, revoked_at,
    reactions, context FROM message WHERE org_id = ?1 AND conversation_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT 51";
const ACTIVITIES: &str = "SELECT id, conversation_id, by, what, member, until, at FROM conversation_activity
    WHERE org_id = ?1 AND conversation_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT 51";
const CALLS: &str = "SELECT id, account_id, direction, state, confirmed, member_id, disposition_id, contact_id, started_at,
    answered_at, ended_at, talk_seconds, wait_seconds, customer, withheld, our_number, agent, placed_by, placed, purpose,
    cause, word, recording_consent, handled_at, task_id, revision, created_at, failure_code, failure_detail, note, evidence
    FROM call WHERE org_id = ?1 AND contact_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT 51";
const NOTES: &str = "SELECT id, contact_id, author, text, created_at FROM note
    WHERE org_id = ?1 AND contact_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT 51";
const TASKS: &str = "SELECT id, contact_id, title, due_at, assignee, done_at, created_at, revision FROM task
    WHERE org_id = ?1 AND contact_id = ?2 AND id < ?3 ORDER BY id DESC LIMIT 51";
const CONSENTS: &str = "SELECT * FROM consent WHERE org_id = ?1 AND contact_id = ?2 AND ?3 IS NOT NULL ORDER BY seq DESC LIMIT 51";

/// A contact with so many items a minute apart: of ten, four messages, three calls, two notes and a task.
async fn fill(
    crm: &Crm,
    me: &Actor,
    org: OrgId,
    start: DateTime<Utc>,
    items: usize,
) -> (ContactId, ConversationId) {
    let make = Fixtures::seeded(11, start);
    let account = make.account(make.id());
    let contact = make.contact("Asha");
    let identity = make.identity(contact.id, vec![Alias::Phone(make.phone())]);
    let talk = make.conversation(account.id, &identity);
    let (person, conversation) = (contact.id, talk.clone());
    let mut batch = Batch::new(me, Action::ContactChanged, start);
    batch
        .write(AccountWrite::Insert(Box::new(account.clone())))
        .write(ContactWrite::Insert(contact))
        .write(ContactWrite::Identity(identity))
        .write(ConversationWrite::Insert(talk));
    crm.store().commit_one(&scope(org), batch).await.unwrap();
    for chunk in (0..items).collect::<Vec<_>>().chunks(500) {
        let mut batch = Batch::new(me, Action::CallChanged, start);
        for place in chunk {
            let at = start + TimeDelta::minutes(*place as i64);
            match place % 10 {
                0..4 => {
                    let message = make.inbound(&conversation, "Is the blue one still there?", at);
                    batch.write(make.append(account.id, &message));
                }
                4..7 => {
                    batch.write(CallWrite::Insert(Box::new(make.full_call(account.id, person, at))));
                }
                7 | 8 => {
                    let note =
                        Note { id: make.id_at(at), created_at: at, ..make.note(person, "Likes ferns") };
                    batch.write(ContactWrite::Note(note));
                }
                _ => {
                    let task = Task { id: make.id_at(at), created_at: at, ..make.task(person, "Call back") };
                    batch.write(ContactWrite::InsertTask(task));
                }
            }
        }
        crm.store().commit_one(&scope(org), batch).await.unwrap();
    }
    (person, conversation.id)
}

/// All statements of a page, bare, before an id.
async fn bare(
    line: &Sender<Job>,
    org: OrgId,
    contact: ContactId,
    talk: ConversationId,
    before: &[u8],
) -> usize {
    let (org, contact, talk) = (blob(org.uuid()), blob(contact.uuid()), blob(talk.uuid()));
    let mut rows = 0;
    for (sql, of) in [(CONTACT, &contact), (TALKS, &contact)] {
        assert_eq!(raw(line, sql, vec![org.clone(), of.clone()]).await, 1);
    }
    for (sql, of) in [
        (MESSAGES, &talk),
        (ACTIVITIES, &talk),
        (CALLS, &contact),
        (NOTES, &contact),
        (TASKS, &contact),
        (CONSENTS, &contact),
    ] {
        rows += raw(line, sql, vec![org.clone(), of.clone(), Value::Blob(before.to_vec())]).await;
    }
    rows
}

#[tokio::main]
async fn main() {
    let items = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(ITEMS);
    let folder = tempfile::tempdir_in(
        std::env::var_os("DIALZIO_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into),
    )
    .unwrap();
    let path = folder.path().join("timeline.db");
    let start: DateTime<Utc> = "2026-03-02T06:30:00Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(start));
    let store = SqliteStore::builder().clock(Arc::clone(&clock) as Arc<dyn Clock>).open(&path).await.unwrap();
    let keys = LocalKeys::ephemeral(&Entropy::system());
    let crm =
        Crm::builder().store(store).keys(keys).clock(Arc::clone(&clock) as Arc<dyn Clock>).build().unwrap();
    let org = crm.access().found(NewOrg::named("TestBed")).await.unwrap().org;
    let service = Principal::service("bench").unwrap();
    let me = crm.access().act_as(org, service, Role::Owner.grant()).await.unwrap();
    let (contact, talk) = fill(&crm, &me, org, start, items).await;
    clock.set(start + TimeDelta::minutes(items as i64 + 1));
    let line = baseline(&path);

    let page = async |after: Option<Cursor>| {
        let request = PageRequest { after, ..PageRequest::first(50) };
        crm.timeline().of_contact(&me, contact, &[], request).await.unwrap()
    };
    // Halfway through.
    let mut middle = None;
    for _ in 0..items / 100 {
        middle = page(middle).await.next;
    }
    for (name, after) in [("first page", None), ("page in the middle", middle)] {
        let before = after.as_ref().map_or_else(|| vec![0xff; 16], |cursor: &Cursor| cursor.0[..16].to_vec());
        let mut samples = [Vec::new(), Vec::new()];
        for round in 0..=ROUNDS {
            let begun = Instant::now();
            let found = page(after.clone()).await;
            let product = begun.elapsed().as_nanos() as f64 / 1_000.0;
            assert_eq!(found.items.len(), 50);
            let begun = Instant::now();
            assert_eq!(bare(&line, org, contact, talk, &before).await, 4 * 51);
            let bare = begun.elapsed().as_nanos() as f64 / 1_000.0;
            // Both have read it once, so that neither pays for the other's cold pages.
            if round > 0 {
                samples[0].push(product);
                samples[1].push(bare);
            }
        }
        let [product, bare] = samples.map(median);
        println!(
            "{name} of {items}: product {product:.0} µs, bare statements {bare:.0} µs, ratio {:.2}",
            product / bare
        );
    }
}
