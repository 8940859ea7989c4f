//! Events of calls through the whole path, 64 callers: verified, decoded, decided and committed with full durability, beside a
//! baseline: the same rows in the same transaction sizes on a thread that writes, values prepared beforehand, no reads. Each call is a
//! live event, which makes its row, and a record, which changes it. Fails if the tables that were written differ. Prints medians of
//! rates and of the ratios of interleaved rounds of one run.
//!
//! `cargo bench -p dialzio-tests --bench call_events [-- EVENTS]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench reports and fails loudly"
)]

#[path = "support/writing.rs"]
mod writing;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use dialzio_core::access::NewOrg;
use dialzio_core::account::{LocalKeys, NewAccount, NewApp};
use dialzio_core::entropy::Entropy;
use dialzio_core::provider::{RawWebhook, WebhookMethod};
use dialzio_core::{Clock, Crm, HookId, Principal, Role, SystemClock};
use dialzio_store_sqlite::SqliteStore;
use dialzio_telephony::emulator::{EmulatedAccount, Emulator, EmulatorConfig, Product};
use dialzio_telephony::{TeleCmi, TelephonyConfig};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use writing::{baseline, connection, digest, median, rows};

const CALLERS: usize = 64;
const ROUNDS: usize = 9;
/// How many of a round's events are not timed: one in so many.
const UNTIMED: usize = 5;
const APP_ID: u64 = 3333301;
const TABLES: &[&str] = &["call", "call_alias", "effect", "event", "audit", "org_head"];

/// The live event of a call, and its record.
fn webhooks(number: usize) -> [RawWebhook; 2] {
    let (at, from) = (SystemClock.now().timestamp_millis(), 919_840_000_000 + number % 200);
    let id = format!("5c1d6f0e-0000-4000-8000-{number:012}");
    let shared = format!(r#""conversation_uuid":"{id}","cmiuuid":"{id}","direction":"inbound","time":{at}"#);
    let live = format!(
        r#"{{"type":"event",{shared},"from":"{from}","to":"914412345678","app_id":{APP_ID},"status":"waiting"}}"#
    );
    let record = format!(
        r#"{{"type":"cdr",{shared},"from":{from},"to":914412345678,"appid":{APP_ID},"status":"answered","answeredsec":30,"user":"101_{APP_ID}","hangup_reason":"recv_bye"}}"#
    );
    [live, record].map(|body| RawWebhook {
        method: WebhookMethod::Post,
        query: String::new(),
        headers: Vec::new(),
        body: body.into(),
    })
}

/// The product: tasks that each wait for their own answers. Both events of a call are posted by one task. Seconds.
async fn product(crm: &Crm, hook: HookId, calls: Vec<[RawWebhook; 2]>) -> f64 {
    let mut shares: Vec<Vec<RawWebhook>> = vec![Vec::new(); CALLERS];
    for (place, call) in calls.into_iter().enumerate() {
        shares[place % CALLERS].extend(call);
    }
    let begun = Instant::now();
    let each = |share: Vec<RawWebhook>| {
        let crm = crm.clone();
        tokio::spawn(async move {
            for raw in share {
                assert_eq!(crm.intake().receive(hook, raw).await.status, 200);
            }
        })
    };
    let tasks: Vec<_> = shares.into_iter().map(each).collect();
    for task in tasks {
        task.await.unwrap();
    }
    begun.elapsed().as_secs_f64()
}

/// What one event left behind, ready to be bound.
struct Prepared {
    /// The whole row, and whether the event made it or changed it.
    call: (Vec<Value>, bool),
    aliases: Vec<Vec<Value>>,
    jobs: Vec<Vec<Value>>,
    event: Vec<Value>,
    audit: Vec<Value>,
    org_head: Vec<Value>,
}

fn id(value: &Value) -> Vec<u8> {
    match value {
        Value::Blob(id) => id.clone(),
        other => unreachable!("{other:?}"),
    }
}

/// Everything the product wrote after a place in its event log, in order.
fn prepared(db: &Connection, after: i64) -> Vec<Prepared> {
    let events = rows(db, "SELECT org_id, seq, at, body FROM event WHERE seq > ?1 ORDER BY seq", after);
    let audits = rows(
        db,
        "SELECT org_id, seq, at, principal, action, subject, cause, hash FROM audit
         WHERE action = 'call.reported' ORDER BY seq DESC LIMIT (SELECT count(*) FROM event WHERE seq > ?1)",
        after,
    );
    let calls: HashMap<Vec<u8>, Vec<Value>> =
        rows(db, "SELECT * FROM call", 0).into_iter().map(|row| (id(&row[1]), row)).collect();
    let mut aliases: HashMap<Vec<u8>, Vec<Vec<Value>>> = HashMap::new();
    for row in rows(db, "SELECT org_id, account_id, alias, call_id FROM call_alias", 0) {
        aliases.entry(id(&row[3])).or_default().push(row);
    }
    // Jobs of a call in the order in which they were made, which ids keep.
    let mut jobs: HashMap<Vec<u8>, BTreeMap<Vec<u8>, Vec<Value>>> = HashMap::new();
    for row in rows(db, "SELECT * FROM effect WHERE work = 'confirm_call'", 0) {
        jobs.entry(id(&row[5])).or_default().insert(id(&row[1]), row);
    }
    let ledger = rows(db, "SELECT ledger_seq FROM org_head", 0)[0][0].clone();
    let each = |(event, audit): (Vec<Value>, Vec<Value>)| {
        let Value::Text(body) = &event[3] else { unreachable!("an event has a body") };
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let call: uuid::Uuid = body["call"].as_str().unwrap().parse().unwrap();
        let key = call.as_bytes().to_vec();
        let aliases = aliases.remove(&key).unwrap_or_default();
        let next = jobs.get_mut(&key).and_then(BTreeMap::pop_first);
        let org_head =
            vec![audit[0].clone(), event[1].clone(), audit[1].clone(), audit[7].clone(), ledger.clone()];
        // The ids of a call stand in the log with the event that made it.
        let is_new = !aliases.is_empty();
        let jobs = next.map(|(_, row)| row).into_iter().collect();
        Prepared { call: (calls[&key].clone(), is_new), aliases, jobs, event, audit, org_head }
    };
    events.into_iter().zip(audits.into_iter().rev()).map(each).collect()
}

/// Statements over whole rows, which name the columns that there are.
struct Whole {
    insert_call: String,
    update_call: String,
    insert_job: String,
}

static WHOLE: OnceLock<Whole> = OnceLock::new();

impl Whole {
    fn of(db: &Connection) -> Self {
        let columns = |table: &str| -> Vec<String> {
            let sql = format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid");
            let name = |row: Vec<Value>| match &row[0] {
                Value::Text(name) => name.clone(),
                other => unreachable!("{other:?}"),
            };
            rows(db, &sql, 0).into_iter().map(name).collect()
        };
        let insert = |table: &str| {
            let marks = vec!["?"; columns(table).len()].join(", ");
            format!("INSERT INTO {table} VALUES ({marks})")
        };
        let set: Vec<String> = columns("call")
            .iter()
            .enumerate()
            .skip(2)
            .map(|(place, name)| format!("{name} = ?{}", place + 1))
            .collect();
        let update_call = format!("UPDATE call SET {} WHERE org_id = ?1 AND id = ?2", set.join(", "));
        Self { insert_call: insert("call"), update_call, insert_job: insert("effect") }
    }
}

/// One transaction of the baseline.
fn write(db: &Connection, group: &[Prepared]) {
    let run = |sql: &str, values: &[Value]| {
        db.prepare_cached(sql).unwrap().execute(params_from_iter(values)).unwrap();
    };
    let whole = WHOLE.get().unwrap();
    db.prepare_cached("BEGIN IMMEDIATE").unwrap().execute([]).unwrap();
    for one in group {
        let (call, is_new) = &one.call;
        run(if *is_new { &whole.insert_call } else { &whole.update_call }, call);
        for alias in &one.aliases {
            run("INSERT INTO call_alias (org_id, account_id, alias, call_id) VALUES (?1, ?2, ?3, ?4)", alias);
        }
        for job in &one.jobs {
            run(&whole.insert_job, job);
        }
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

#[tokio::main]
async fn main() {
    let events = std::env::args().find_map(|word| word.parse::<usize>().ok()).unwrap_or(1_600);
    let folder = tempfile::tempdir_in(
        std::env::var_os("DIALZIO_BENCH_DIR").map_or_else(std::env::temp_dir, Into::into),
    )
    .unwrap();
    let path = folder.path().join("product.db");
    let store = Arc::new(SqliteStore::open(&path).await.unwrap());
    let crm = Crm::builder()
        .shared_store(Arc::clone(&store) as Arc<dyn dialzio_core::Store>)
        .keys(LocalKeys::ephemeral(&Entropy::system()))
        .provider(TeleCmi::new(TelephonyConfig::for_emulator()).unwrap())
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("TestBed")).await.unwrap().org;
    let me =
        crm.access().act_as(org, Principal::service("bench").unwrap(), Role::Owner.grant()).await.unwrap();
    let vendor = Emulator::start(EmulatorConfig::new(Arc::new(|| SystemClock.now()))).await.unwrap();
    vendor.add_account(EmulatedAccount {
        product: Product::TeleCmi,
        app_id: APP_ID,
        secret: "an-app-secret".into(),
        numbers: vec!["914412345678".into()],
        agents: Vec::new(),
        follow_me: false,
        recorded: false,
        webhook_url: None,
    });
    let app = NewApp {
        provider: "telecmi".into(),
        name: "TestBed".parse().unwrap(),
        secrets: Vec::new(),
        verify_token: None,
    };
    let app = crm.accounts().register_app(&me, app).await.unwrap();
    let line = NewAccount {
        app: app.id,
        name: "Line".parse().unwrap(),
        routing_key: APP_ID.to_string(),
        business_id: None,
        portfolio: None,
        credentials: [("secret", "an-app-secret")].into(),
        base_url: Some(vendor.base_url()),
    };
    crm.accounts().connect(&me, line).await.unwrap().routable().unwrap();
    let mut number = 0;
    let mut batch = |count: usize| -> Vec<[RawWebhook; 2]> {
        (0..count)
            .map(|_| {
                number += 1;
                webhooks(number)
            })
            .collect()
    };
    product(&crm, app.hook, batch(CALLERS)).await;

    let baseline_path = folder.path().join("baseline.db");
    Connection::open(&path).unwrap().execute("VACUUM INTO ?1", [baseline_path.to_str().unwrap()]).unwrap();
    let mut baseline_db = connection(&baseline_path);
    let reader = Connection::open(&path).unwrap();
    WHOLE.get_or_init(|| Whole::of(&reader));
    let (calls, untimed) = (events / 2, events / 2 / UNTIMED);
    let timed = ((calls - untimed) * 2) as f64;
    let (mut ours, mut theirs, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut hooks = batch(calls);
        let from = rows(&reader, "SELECT coalesce(max(seq), 0) FROM event", 0);
        let Value::Integer(from) = from[0][0] else { unreachable!("a sequence is a number") };
        let rest = hooks.split_off(untimed);
        product(&crm, app.hook, hooks).await;
        let before = store.group_sizes();
        ours.push(timed / product(&crm, app.hook, rest).await);
        let after = store.group_sizes();
        let size = (after.batches - before.batches) as f64 / (after.groups - before.groups) as f64;
        sizes.push(size);
        let work = prepared(&reader, from);
        // What took longer than 50 ms to decide waits for the worker, which is another shape of work.
        assert_eq!(work.len(), calls * 2, "every event is settled at once; run this on a quiet machine");
        let (before, work) = work.split_at(untimed * 2);
        // After a moment without writes the product emptied its log.
        baseline_db.query_row("PRAGMA wal_checkpoint (TRUNCATE)", [], |_| Ok(())).unwrap();
        baseline(&mut baseline_db, before, size.round() as usize, write);
        theirs.push(timed / baseline(&mut baseline_db, work, size.round() as usize, write));
    }
    assert_eq!(
        digest(&reader, TABLES),
        digest(&baseline_db, TABLES),
        "product and baseline wrote the same rows"
    );
    let ratio = median(ours.iter().zip(&theirs).map(|(ours, theirs)| ours / theirs).collect());
    println!(
        "call events, {CALLERS} callers, {timed} events, {:.1} to a transaction: product {:.0}/s, baseline {:.0}/s, ratio {ratio:.2}",
        median(sizes),
        median(ours),
        median(theirs)
    );
}
