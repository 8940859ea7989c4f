//! Ingest of signed webhooks until fully settled (message, head, reference, event, audit), with full durability, beside a
//! baseline: the same rows in the same transaction shape and sizes on the same threads, values prepared beforehand, no reads.
//! Fails if the tables that were written differ. Many callers hand over to a thread that writes, in the product and in the
//! baseline; a lone caller writes on its own thread, in both. Prints medians of rates and ratios of the interleaved rounds of one run,
//! and beside them the ratio to a baseline that does it the other way.
//!
//! Each round begins with webhooks that are not timed, the same on both sides: a log that was emptied grows again, and a disk
//! that had nothing to do wakes up.
//!
//! `cargo bench -p dialzio-tests --bench ingest [-- MESSAGES [CALLERS]]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench reports and fails loudly"
)]

#[path = "support/writing.rs"]
mod writing;

use dialzio_core::access::NewOrg;
use dialzio_core::account::{LocalKeys, NewAccount, NewApp};
use dialzio_core::entropy::Entropy;
use dialzio_core::provider::{RawWebhook, WebhookMethod};
use dialzio_core::{Clock, Crm, HookId, Principal, Role, SystemClock};
use dialzio_store_sqlite::SqliteStore;
use dialzio_whatsapp::emulator::{EmulatedNumber, Emulator, EmulatorConfig};
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use sha2::Sha256;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;
use writing::{baseline, connection, digest, median, rows};

const PEOPLE: usize = 200;
/// How many of a round's webhooks are not timed: one in so many.
const UNTIMED: usize = 5;
const TABLES: &[&str] =
    &["message", "message_word", "external_reference", "event", "audit", "conversation", "org_head"];

fn signed(number: usize, person: usize) -> RawWebhook {
    let body = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"2002","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"918047180000","phone_number_id":"1001"}},"contacts":[{{"profile":{{"name":"Person {person}"}},"wa_id":"9198400{person:05}"}}],"messages":[{{"from":"9198400{person:05}","id":"wamid.BENCH{number:012}","timestamp":"{}","type":"text","text":{{"body":"Is the blue one still there, and could you keep it aside until Friday evening?"}}}}]}}}}]}}]}}"#,
        SystemClock.now().timestamp()
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(b"secret").unwrap();
    mac.update(body.as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    RawWebhook {
        method: WebhookMethod::Post,
        query: String::new(),
        headers: vec![("x-hub-signature-256".into(), format!("sha256={hex}"))],
        body: body.into(),
    }
}

/// The product: `callers` tasks, each waiting for its own answer. Seconds.
async fn product(crm: &Crm, hook: HookId, hooks: Vec<RawWebhook>, callers: usize) -> f64 {
    let mut shares: Vec<Vec<RawWebhook>> = vec![Vec::new(); callers];
    for (place, raw) in hooks.into_iter().enumerate() {
        shares[place % callers].push(raw);
    }
    let begun = Instant::now();
    if let [alone] = &mut shares[..] {
        // One caller waits on the thread it runs on, as a plain `block_on` does.
        for raw in alone.drain(..) {
            assert_eq!(crm.intake().receive(hook, raw).await.status, 200);
        }
        return begun.elapsed().as_secs_f64();
    }
    let tasks: Vec<_> = shares
        .into_iter()
        .map(|share| {
            let crm = crm.clone();
            tokio::spawn(async move {
                for raw in share {
                    assert_eq!(crm.intake().receive(hook, raw).await.status, 200);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    begun.elapsed().as_secs_f64()
}

/// What one webhook left behind, ready to be bound.
struct Prepared {
    message: Vec<Value>,
    words: Vec<Vec<Value>>,
    reference: Vec<Value>,
    head: Vec<Value>,
    event: Vec<Value>,
    audit: Vec<Value>,
    org_head: Vec<Value>,
}

/// Everything the product wrote after a place in its event log, in order.
fn prepared(db: &Connection, after: i64) -> Vec<Prepared> {
    let events = rows(db, "SELECT org_id, seq, at, body FROM event WHERE seq > ?1 ORDER BY seq", after);
    let audits = rows(
        db,
        "SELECT org_id, seq, at, principal, action, subject, cause, hash FROM audit
         WHERE action = 'message.received' ORDER BY seq DESC LIMIT (SELECT count(*) FROM event WHERE seq > ?1)",
        after,
    );
    let mut unread: HashMap<Vec<u8>, i64> = rows(
        db,
        "SELECT c.id, c.unread - (SELECT count(*) FROM event e JOIN message m ON m.org_id = e.org_id AND m.id = unhex(replace(json_extract(e.body, '$.message'), '-', ''))
                WHERE e.seq > ?1 AND m.conversation_id = c.id) FROM conversation c",
        after,
    )
    .into_iter()
    .map(|row| match (&row[0], &row[1]) {
        (Value::Blob(id), Value::Integer(unread)) => (id.clone(), *unread),
        other => unreachable!("{other:?}"),
    })
    .collect();
    let mut message = db
        .prepare("SELECT m.* FROM org_head h JOIN message m ON m.org_id = h.org_id WHERE m.id = unhex(?1)")
        .unwrap();
    let mut words = db
        .prepare(
            "SELECT w.org_id, w.message_id, w.word FROM org_head h JOIN message_word w ON w.org_id = h.org_id
             WHERE w.message_id = ?1",
        )
        .unwrap();
    let mut references: HashMap<Vec<u8>, Vec<Value>> = rows(
        db,
        "SELECT org_id, account_id, hash8, message_id, digest, seen_at FROM external_reference",
        after,
    )
    .into_iter()
    .map(|row| match &row[3] {
        Value::Blob(message) => (message.clone(), row),
        other => unreachable!("{other:?}"),
    })
    .collect();
    let ledger = rows(db, "SELECT ledger_seq FROM org_head", 0)[0][0].clone();
    events
        .into_iter()
        .zip(audits.into_iter().rev())
        .map(|(event, audit)| {
            let Value::Text(body) = &event[3] else { unreachable!("an event has a body") };
            let body: serde_json::Value = serde_json::from_str(body).unwrap();
            let id = body["message"].as_str().unwrap().replace('-', "");
            let whole = |row: &rusqlite::Row<'_>| {
                (0..22).map(|place| row.get::<_, Value>(place)).collect::<Result<Vec<_>, _>>()
            };
            let message = message.query_row([&id], whole).unwrap();
            let (Value::Blob(conversation), Value::Blob(of)) = (&message[1], &message[2]) else {
                unreachable!("an id is a blob")
            };
            let reference = references.remove(of).unwrap();
            let count = unread.get_mut(conversation).unwrap();
            *count += 1;
            let head = vec![
                message[0].clone(),
                message[1].clone(),
                Value::Integer(*count),
                message[2].clone(),
                message[10].clone(),
                message[10].clone(),
                message[2].clone(),
            ];
            let org_head =
                vec![audit[0].clone(), event[1].clone(), audit[1].clone(), audit[7].clone(), ledger.clone()];
            let words = words.query_map([of], |row| Ok(vec![row.get(0)?, row.get(1)?, row.get(2)?])).unwrap();
            let words = words.map(Result::unwrap).collect();
            Prepared { message, words, reference, head, event, audit, org_head }
        })
        .collect()
}

/// One transaction of the baseline.
fn write(db: &Connection, group: &[Prepared]) {
    let run = |sql: &str, values: &[Value]| {
        db.prepare_cached(sql).unwrap().execute(params_from_iter(values)).unwrap();
    };
    db.prepare_cached("BEGIN IMMEDIATE").unwrap().execute([]).unwrap();
    for one in group {
        run(
            "INSERT INTO message (org_id, conversation_id, id, direction, author, kind, text, content, content_version, purpose, event_at, received_at, expires_at, external_id, reply_to, status, status_at, failure_code, failure_detail, edited_at, revoked_at, reactions, context, beside) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, NULL, NULL)",
            &one.message,
        );
        for word in &one.words {
            run("INSERT INTO message_word (org_id, message_id, word) VALUES (?1, ?2, ?3)", word);
        }
        run(
            "INSERT INTO external_reference (org_id, account_id, hash8, message_id, digest, seen_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            &one.reference,
        );
        run(
            "UPDATE conversation SET unread = ?3, last_message = max(coalesce(last_message, x''), ?4), last_at = max(last_at, ?5), last_inbound_at = max(coalesce(last_inbound_at, 0), ?6), last_inbound = max(coalesce(last_inbound, x''), ?7) WHERE org_id = ?1 AND id = ?2",
            &one.head,
        );
        run("INSERT INTO event (org_id, seq, at, body) VALUES (?1, ?2, ?3, ?4)", &one.event);
        run(
            "INSERT INTO audit (org_id, seq, at, principal, action, subject, cause, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            &one.audit,
        );
    }
    if let Some(last) = group.last() {
        run(
            "INSERT INTO org_head (org_id, event_seq, audit_seq, audit_hash, ledger_seq) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET event_seq = excluded.event_seq, audit_seq = excluded.audit_seq, audit_hash = excluded.audit_hash, ledger_seq = excluded.ledger_seq",
            &last.org_head,
        );
    }
    db.prepare_cached("COMMIT").unwrap().execute([]).unwrap();
}

/// The same on the caller's own thread. Seconds.
fn alone(db: &Connection, work: &[Prepared], size: usize) -> f64 {
    let begun = Instant::now();
    work.chunks(size.max(1)).for_each(|group| write(db, group));
    begun.elapsed().as_secs_f64()
}

#[tokio::main]
async fn main() {
    let mut numbers = std::env::args().filter_map(|word| word.parse::<usize>().ok());
    let messages = numbers.next().unwrap_or(6_400);
    let only = numbers.next();
    let folder = tempfile::tempdir_in(
        std::env::var_os("DIALZIO_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into),
    )
    .unwrap();
    let path = folder.path().join("product.db");
    let store = Arc::new(SqliteStore::open(&path).await.unwrap());
    let crm = Crm::builder()
        .shared_store(Arc::clone(&store) as Arc<dyn dialzio_core::Store>)
        .keys(LocalKeys::ephemeral(&Entropy::system()))
        .provider(MetaCloud::new(MetaConfig::for_emulator()).unwrap())
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("TestBed")).await.unwrap().org;
    let me =
        crm.access().act_as(org, Principal::service("bench").unwrap(), Role::Owner.grant()).await.unwrap();
    let graph = Emulator::start(EmulatorConfig::new(Arc::new(|| SystemClock.now()))).await.unwrap();
    graph.add_number(EmulatedNumber {
        phone_number_id: "1001".into(),
        waba_id: "2002".into(),
        display_phone_number: "+91 80 4718 0000".into(),
        verified_name: "TestBed".into(),
        access_token: "token".into(),
        app_secret: "secret".into(),
        webhook_url: None,
    });
    let app = NewApp {
        provider: "whatsapp".into(),
        name: "TestBed".parse().unwrap(),
        secrets: vec!["secret".into()],
        verify_token: Some("v".into()),
    };
    let app = crm.accounts().register_app(&me, app).await.unwrap();
    let line = NewAccount {
        app: app.id,
        name: "Line".parse().unwrap(),
        routing_key: "1001".into(),
        business_id: Some("2002".into()),
        portfolio: None,
        credentials: [("access_token", "token")].into(),
        base_url: Some(graph.base_url()),
    };
    crm.accounts().connect(&me, line).await.unwrap().routable().unwrap();
    let mut number = 0;
    let mut batch = |count: usize| -> Vec<RawWebhook> {
        (0..count)
            .map(|_| {
                number += 1;
                signed(number, number % PEOPLE)
            })
            .collect()
    };
    // Everybody has written once: people and conversations exist.
    product(&crm, app.hook, batch(PEOPLE), 1).await;

    let baseline_path = folder.path().join("baseline.db");
    Connection::open(&path).unwrap().execute("VACUUM INTO ?1", [baseline_path.to_str().unwrap()]).unwrap();
    let mut baseline_db = connection(&baseline_path);
    // A third copy for the baseline without a thread of its own: its rows are the same.
    let alone_path = folder.path().join("alone.db");
    Connection::open(&path).unwrap().execute("VACUUM INTO ?1", [alone_path.to_str().unwrap()]).unwrap();
    let alone_db = connection(&alone_path);
    let reader = Connection::open(&path).unwrap();
    let newest = |db: &Connection| -> i64 {
        db.query_row("SELECT coalesce(max(seq), 0) FROM event", [], |row| row.get(0)).unwrap()
    };

    // Callers, webhooks of a round, rounds: a lone caller's are many and short, so that product and baseline meet the same disk.
    let kinds = [(64, messages, 9), (1, messages / 8, 31)];
    for (callers, count, rounds) in
        kinds.into_iter().filter(|(callers, ..)| only.is_none_or(|only| only == *callers))
    {
        let untimed = count / UNTIMED;
        let timed = (count - untimed) as f64;
        let (mut ours, mut theirs, mut direct, mut sizes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for round in 0..rounds {
            let mut hooks = batch(count);
            let from = newest(&reader);
            let rest = hooks.split_off(untimed);
            product(&crm, app.hook, hooks, callers).await;
            let before = store.group_sizes();
            ours.push(timed / product(&crm, app.hook, rest, callers).await);
            let after = store.group_sizes();
            let size = (after.batches - before.batches) as f64 / (after.groups - before.groups) as f64;
            sizes.push(size);
            let work = prepared(&reader, from);
            // What took longer than 50 ms to decide waits in line for the worker: another shape of work, which this bench does
            // not compare. It happens on a machine that is busy with something else.
            assert_eq!(work.len(), count, "every webhook is settled at once; run this on a quiet machine");
            let ((before, work), size) = (work.split_at(untimed), size.round() as usize);
            for db in [&baseline_db, &alone_db] {
                // After a moment without writes the product emptied its log.
                db.query_row("PRAGMA wal_checkpoint (TRUNCATE)", [], |_| Ok(())).unwrap();
            }
            for turn in [round, round + 1] {
                if turn % 2 == 0 {
                    baseline(&mut baseline_db, before, size, write);
                    theirs.push(timed / baseline(&mut baseline_db, work, size, write));
                } else {
                    alone(&alone_db, before, size);
                    direct.push(timed / alone(&alone_db, work, size));
                }
            }
        }
        assert_eq!(
            digest(&reader, TABLES),
            digest(&baseline_db, TABLES),
            "product and baseline wrote the same rows"
        );
        assert_eq!(
            digest(&reader, TABLES),
            digest(&alone_db, TABLES),
            "product and baseline wrote the same rows"
        );
        let (same, other) = if callers == 1 { (direct, theirs) } else { (theirs, direct) };
        // Of each round by itself: a shared disk is not the same from one minute to the next.
        let ratio = |baseline: &[f64]| {
            median(ours.iter().zip(baseline).map(|(ours, baseline)| ours / baseline).collect())
        };
        println!(
            "ingest, {callers} callers, {timed} webhooks, {:.1} to a transaction: product {:.0}/s, baseline {:.0}/s, ratio {:.2}; baseline {} {:.0}/s, ratio {:.2}",
            median(sizes),
            median(ours.clone()),
            median(same.clone()),
            ratio(&same),
            if callers == 1 { "with a thread that writes" } else { "on the caller's thread" },
            median(other.clone()),
            ratio(&other)
        );
    }
}
