//! An installation that was filled on SQLite and is moved to PostgreSQL, interrupted in the middle: what the server answers
//! is what it answered before, and life goes on there.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use dialzio_core::access::NewOrg;
use dialzio_core::call::CallWrite;
use dialzio_core::contact::{ContactQuery, NewContact};
use dialzio_core::media::MediaWrite;
use dialzio_core::page::PageRequest;
use dialzio_core::store::{Store, StoreError, StoreResult};
use dialzio_core::testing::conformance::TestBed;
use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_core::transfer::{self, Cell, Digest, Part, Row, Step, TableReader, TableTarget, TransferError};
use dialzio_core::usage::{UsageAddress, UsageBrowser, UsageEvent, UsageWrite};
use dialzio_core::{Clock, ManualClock, MemberId, Role};
use dialzio_store_postgres::testing::{Cluster, Database};
use dialzio_store_postgres::{OpenError, PostgresStore, PostgresTarget};
use dialzio_store_sqlite::SqliteStore;
use dialzio_whatsapp::emulator::{CustomerMessage, EmulatedNumber};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Line, NOON, Seat, answer, asha, at};

const PASSWORD: &str = "a password that is long enough";
const EMAIL: &str = "owner@example.com";

/// A target that fails within a table: after its first page, or at it if that counts as begun.
struct Cut {
    target: PostgresTarget,
    within: &'static str,
    begun: bool,
}

#[async_trait]
impl TableReader for Cut {
    async fn count(&mut self, part: &'static Part) -> StoreResult<u64> {
        self.target.count(part).await
    }

    async fn rows(&mut self, part: &'static Part, after: Option<&[Cell]>) -> StoreResult<Vec<Row>> {
        self.target.rows(part, after).await
    }
}

#[async_trait]
impl TableTarget for Cut {
    async fn begin(&mut self, source: Digest) -> Result<bool, TransferError> {
        self.target.begin(source).await
    }

    async fn last(&mut self, part: &'static Part) -> StoreResult<Option<Vec<Cell>>> {
        self.target.last(part).await
    }

    async fn write(&mut self, part: &'static Part, rows: &[Row]) -> StoreResult<()> {
        if part.table == self.within && std::mem::replace(&mut self.begun, true) {
            return Err(StoreError::Unavailable);
        }
        self.target.write(part, rows).await
    }

    async fn derive(&mut self) -> StoreResult<()> {
        self.target.derive().await
    }

    async fn finish(&mut self) -> StoreResult<()> {
        self.target.finish().await
    }
}

/// An update of an unknown message: it waits in the backlog, and goes to quarantine after ten minutes.
async fn news_of_nothing(fixture: &Fixture, line: &Line, number: &str, id: &str) {
    let status = json!({"id": id, "status": "delivered", "recipient_id": "919876500001",
        "timestamp": fixture.clock.now().timestamp().to_string()});
    let value = json!({"messaging_product": "whatsapp", "statuses": [status],
        "metadata": {"display_phone_number": "914412345678", "phone_number_id": number}});
    let body = json!({"object": "whatsapp_business_account",
        "entry": [{"id": line.business, "changes": [{"field": "messages", "value": value}]}]})
    .to_string();
    let signature = fixture.graph.signature(&line.number, body.as_bytes()).unwrap();
    let request = fixture.http.post(&line.hook).header("x-hub-signature-256", signature);
    answer(request.header("content-type", "application/json").body(body)).await.is(200);
}

/// Everything that an installation has something of.
async fn fill(fixture: &Fixture) -> (Seat, Line, String) {
    let seat = fixture.found("Green Leaf").await;
    let email = EmailAddress::parse(EMAIL).unwrap();
    let access = fixture.crm.access();
    let link = access.invite(&seat.owner, Some(email.clone()), Role::Owner).await.unwrap();
    let name = PersonName::parse("Mira").unwrap();
    access.accept(&link, name, None, &PASSWORD.into()).await.unwrap();
    let session =
        access.sign_in(&email, &PASSWORD.into()).await.unwrap().done().unwrap().token.reveal().to_owned();
    access.found(NewOrg::named("Another tenant")).await.unwrap();
    // More than fit on a page.
    for number in 0..620 {
        let new = NewContact::named(&format!("Person{number} Family{}", number % 7));
        fixture.crm.contacts().create(&seat.owner, new).await.unwrap();
    }
    let line = fixture.connect(&seat, "100200300").await;
    fixture.writes(&line, &asha(), "Is my order ready?").await;
    let image = CustomerMessage::image(&b"\xff\xd8\xff a photo"[..], "image/jpeg", Some("like this"));
    fixture.graph.customer_sends(&line.number, &asha(), image).unwrap();
    fixture.work().await;
    let entry = fixture.only_conversation(&seat).await;
    let (conversation, contact) = (entry["id"].as_str().unwrap(), entry["contact"].as_str().unwrap());
    let path = format!("/v1/contacts/{contact}");
    fixture.post(&seat, &format!("{path}/notes"), json!({"text": "Prefers clay pots"})).await.is(201);
    let task = json!({"title": "Call back", "due_at": "2026-11-25T06:30:00Z"});
    fixture.post(&seat, &format!("{path}/tasks"), task).await.is(201);
    let consent = json!({"channel": "whatsapp", "scope": "marketing", "occurred_at": "2026-03-02T10:00:00Z",
        "evidence": {"kind": "web_form", "note": "Newsletter form on the website, 2 March 2026"}});
    fixture.post(&seat, &format!("{path}/consents"), consent).await.is(201);
    fixture.send(&seat, conversation, "reply-1", &json!({"text": "Yes, come by!"})).await.is(202);
    fixture.work().await;
    news_of_nothing(fixture, &line, &line.number, "wamid.nothing1").await;
    news_of_nothing(fixture, &line, "999", "wamid.nothing2").await;
    fixture.clock.advance(TimeDelta::minutes(11));
    fixture.work().await;
    news_of_nothing(fixture, &line, &line.number, "wamid.nothing3").await;
    fixture.send(&seat, conversation, "reply-2", &json!({"text": "It waits for you"})).await.is(202);
    fixture.patch(&seat, &format!("/v1/conversations/{conversation}"), json!({"state": "closed"})).await;
    (seat, line, session)
}

/// Calls and what belongs to them, of which this provider reports none.
async fn calls(bed: &TestBed, seat: &Seat) {
    let scope = dialzio_core::testing::scope(seat.owner.org());
    let account = bed.store.accounts(&scope).await.unwrap()[0].id;
    let page = PageRequest::first(1);
    let asha = bed.store.contacts(&scope, &ContactQuery::matching("asha"), page).await.unwrap().items[0].id;
    let full = bed.make.full_call(account, asha, bed.at(-900));
    let missed = bed.make.missed_call(account, bed.at(-600));
    let recording = bed.make.recording(seat.owner.org(), &full);
    let agents = vec![bed.make.call_agent(account, "101", None), bed.make.call_agent(account, "102", None)];
    bed.write_all(
        &scope,
        [
            CallWrite::Insert(Box::new(full.clone())).into(),
            CallWrite::Insert(Box::new(missed.clone())).into(),
            CallWrite::Alias { account, alias: bed.make.call_alias(), call: full.id }.into(),
            CallWrite::Alias { account, alias: bed.make.call_alias(), call: missed.id }.into(),
            CallWrite::Agents { account, agents }.into(),
            CallWrite::MapAgent { account, agent: "102".to_owned(), member: full.member }.into(),
            MediaWrite::Insert(recording).into(),
        ],
    )
    .await;
}

/// Uses of pages: of one the address is whole, of one it is shortened, of one it was never known.
async fn usage(bed: &TestBed, seat: &Seat) -> Vec<UsageEvent> {
    let (scope, member) = (dialzio_core::testing::scope(seat.owner.org()), bed.make.id());
    let whole = bed.make.usage(member, "/inbox", bed.at(-30));
    let short = UsageEvent {
        address: whole.address.shortened(),
        ..bed.make.usage(member, "/contacts/{contact}", bed.at(-20))
    };
    let unknown = UsageEvent {
        address: UsageAddress::Unknown,
        browser: UsageBrowser::OTHER,
        ..bed.make.usage(member, "/calls", bed.at(-10))
    };
    let all = [unknown, short, whole];
    bed.write_all(&scope, all.clone().map(|event| UsageWrite::Insert(event).into())).await;
    all.to_vec()
}

async fn usage_of(store: &dyn Store, seat: &Seat, member: MemberId) -> Vec<UsageEvent> {
    let scope = dialzio_core::testing::scope(seat.owner.org());
    store.usage_of(&scope, member, PageRequest::first(9)).await.unwrap().items
}

/// Everything that a store has of calls.
async fn call_rows(store: &dyn Store, seat: &Seat) -> Vec<String> {
    let scope = dialzio_core::testing::scope(seat.owner.org());
    let mut rows = Vec::new();
    let calls = store.calls(&scope, &Default::default(), PageRequest::first(9)).await.unwrap().items;
    for call in &calls {
        let fields =
            (&call.evidence, &call.customer, &call.note, call.withheld, call.talk_seconds, call.revision);
        rows.push(format!("{call:?} {fields:?}"));
        rows.push(format!("{:?}", store.call_aliases(&scope, call.id).await.unwrap()));
        let owner = dialzio_core::media::MediaOwner::Call(call.id);
        rows.push(format!("{:?}", store.media_of(&scope, &[owner]).await.unwrap()));
    }
    rows.push(format!("{:?}", store.call_agents(&scope, calls[0].account).await.unwrap()));
    rows
}

/// What the server answers about everything.
async fn answers(fixture: &Fixture, seat: &Seat) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let mut lists = vec!["/v1/audit".to_owned(), "/v1/contacts".to_owned(), "/v1/quarantine".to_owned()];
    lists.extend(["open", "closed"].map(|state| format!("/v1/conversations?state={state}")));
    lists.extend(
        ["asha", "person1", "family3 pers", "person61", "absent"]
            .map(|q| format!("/v1/contacts?q={}", q.replace(' ', "%20"))),
    );
    let mut single = vec!["/v1/organisation".to_owned(), "/v1/audit/verification".to_owned()];
    single.extend(["members", "keys", "accounts"].map(|name| format!("/v1/{name}")));
    for contact in fixture.list(seat, "/v1/contacts?q=asha").await {
        let path = format!("/v1/contacts/{}", contact["id"].as_str().unwrap());
        lists.extend(["notes", "tasks", "consents"].map(|name| format!("{path}/{name}")));
        single.extend(["", "/identities", "/consents/state"].map(|name| format!("{path}{name}")));
    }
    for state in ["open", "closed"] {
        for conversation in fixture.list(seat, &format!("/v1/conversations?state={state}")).await {
            let path = format!("/v1/conversations/{}", conversation["id"].as_str().unwrap());
            lists.push(format!("{path}/messages"));
            single.extend(["", "/activity", "/permissions"].map(|name| format!("{path}{name}")));
        }
    }
    for item in fixture.list(seat, "/v1/quarantine").await {
        single.push(format!("/v1/quarantine/{}", item["id"].as_str().unwrap()));
    }
    for path in lists {
        let found = fixture.list(seat, &path).await;
        for item in &found {
            if let Some(media) = item["content"]["media"].as_str() {
                let read = fixture.get(seat, &format!("/v1/media/{media}")).await.is(200);
                all.push((format!("bytes of {media}"), json!(read.bytes.to_vec())));
            }
        }
        all.push((path, Value::Array(found)));
    }
    for path in single {
        let found = fixture.get(seat, &path).await.is(200).json;
        all.push((path, found));
    }
    // Not opened, since that would be on record.
    for item in fixture.crm.operator("test").unwrap().unrouted().await.unwrap() {
        all.push((format!("unrouted {}", item.id), json!(format!("{item:?}"))));
    }
    all
}

/// The same file, once the server that had it open has gone.
async fn reopened(path: &std::path::Path, clock: &Arc<ManualClock>) -> SqliteStore {
    for _ in 0..400 {
        let clock = Arc::clone(clock) as Arc<dyn Clock>;
        match SqliteStore::builder().clock(clock).open(path).await {
            Err(dialzio_store_sqlite::OpenError::InUse) => {
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            opened => return opened.unwrap(),
        }
    }
    panic!("the store was not given back");
}

async fn target(database: &Database) -> PostgresTarget {
    PostgresStore::builder().transfer_to(&database.admin_url()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_installation_moves_to_postgresql_and_lives_on_there() {
    let clock = Arc::new(ManualClock::at(at(NOON)));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = SqliteStore::builder().clock(Arc::clone(&clock) as Arc<dyn Clock>).open(&path).await.unwrap();
    let store: Arc<dyn Store> = Arc::new(store);
    let mut fixture = Fixture::over(Arc::clone(&store), Arc::clone(&clock), folder).await;
    let (seat, line, session) = fill(&fixture).await;
    let bed = TestBed::new(store, Arc::clone(&clock));
    calls(&bed, &seat).await;
    let calls_before = call_rows(&*bed.store, &seat).await;
    let usage_before = usage(&bed, &seat).await;
    assert_eq!(calls_before.len(), 7);
    drop(bed);
    let before = answers(&fixture, &seat).await;
    assert!(before.iter().any(|(name, _)| name.starts_with("bytes of")), "a file was received");
    assert!(
        before.iter().any(|(name, _)| name.starts_with("unrouted")),
        "something belongs to no organisation"
    );
    assert!(before.iter().any(|(name, _)| name.starts_with("/v1/quarantine/")), "something is set aside");
    let folder = std::mem::replace(&mut fixture.folder, tempfile::tempdir().unwrap());
    drop(fixture);
    let mut source = reopened(&path, &clock).await;

    let database = Cluster::shared().unwrap().empty().await.unwrap();
    let unprepared = PostgresStore::builder().transfer_to(&database.admin_url()).await;
    assert!(matches!(unprepared, Err(OpenError::OlderSchema { .. })));
    database.migrate(&PostgresStore::builder()).await.unwrap();
    // Interrupted within the contacts, which take two pages.
    let mut steps = Vec::new();
    let mut cut = Cut { target: target(&database).await, within: "contact", begun: false };
    let stopped = transfer::run(&mut source, &mut cut, &mut |step| steps.push(step)).await.unwrap_err();
    assert!(
        matches!(stopped, TransferError::Target { table: "contact", error: StoreError::Unavailable }),
        "{stopped}"
    );
    assert!(
        matches!(steps.last(), Some(Step::Copied { table: "contact", rows: 500, of: 621 })),
        "{:?}",
        steps.last()
    );
    drop(cut);
    // A half-transferred installation is not served from.
    assert!(matches!(database.store(clock.clone()).await, Err(OpenError::Transferring)));
    let mut steps = Vec::new();
    let mut again = target(&database).await;
    let moved = transfer::run(&mut source, &mut again, &mut |step| steps.push(step)).await.unwrap();
    assert_eq!(steps[0], Step::Resumed);
    assert!(steps.contains(&Step::Copied { table: "contact", rows: 621, of: 621 }));
    assert!(steps.iter().all(|step| !matches!(step, Step::Copied { table: "org", .. })), "it was there");
    assert!(moved.rows > 2_000 && moved.written < moved.rows - 500, "{moved:?}");
    drop(again);
    // What is there now is not to be mixed with anything.
    let full = transfer::run(&mut source, &mut target(&database).await, &mut |_| ()).await.unwrap_err();
    assert!(matches!(full, TransferError::Occupied("org")), "{full}");
    drop(source);

    let store: Arc<dyn Store> = Arc::new(database.store(clock.clone()).await.unwrap());
    assert_eq!(call_rows(&*store, &seat).await, calls_before);
    assert_eq!(usage_of(&*store, &seat, usage_before[0].member).await, usage_before);
    let fixture = Fixture::over(store, Arc::clone(&clock), folder).await;
    let audit = fixture.list(&seat, "/v1/audit").await;
    let after = answers(&fixture, &seat).await;
    assert_eq!(before.len(), after.len());
    for ((name, was), (other, is)) in before.iter().zip(&after) {
        match (name.as_str(), was) {
            // What was looked at has been noted since, behind what was there.
            ("/v1/audit", Value::Array(was)) => assert!(was.len() > 620 && audit.starts_with(was)),
            ("/v1/audit/verification", was) => assert_eq!(was["intact"], is["intact"], "{is}"),
            _ => assert!(name == other && was == is, "{name}: {was}\n{other}: {is}"),
        }
    }
    let access = fixture.crm.access();
    access.authenticate(&session).await.unwrap();
    access.sign_in(&EmailAddress::parse(EMAIL).unwrap(), &PASSWORD.into()).await.unwrap();
    lives_on(&fixture, &seat, &line).await;
}

/// The person writes again, to where the provider's webhooks lead now; what was made before and after is one history.
async fn lives_on(fixture: &Fixture, seat: &Seat, line: &Line) {
    let (_, hook) = line.hook.split_once("/hooks/").unwrap();
    let hook = format!("{}/hooks/{hook}", fixture.origin);
    fixture.graph.add_number(EmulatedNumber {
        phone_number_id: line.number.clone(),
        waba_id: line.business.clone(),
        display_phone_number: "+91 44 1234 5678".to_owned(),
        verified_name: "Green Leaf Nursery".to_owned(),
        access_token: format!("token-of-{}", line.number).into(),
        app_secret: line.secret.clone().into(),
        webhook_url: Some(hook.parse().unwrap()),
    });
    fixture.clock.advance(TimeDelta::minutes(1));
    fixture.graph.customer_sends(&line.number, &asha(), CustomerMessage::text("Thank you")).unwrap();
    fixture.graph.idle().await;
    let found = fixture.list(seat, "/v1/contacts?q=asha").await;
    assert_eq!(found.len(), 1, "the person is known");
    let conversation = fixture.only_conversation(seat).await;
    assert_eq!(conversation["last"]["text"], "Thank you");
    let path = format!("/v1/conversations/{}/messages", conversation["id"].as_str().unwrap());
    assert_eq!(fixture.list(seat, &path).await.len(), 5);
    fixture.post(seat, "/v1/contacts", json!({"name": "Newcomer"})).await.is(201);
    assert_eq!(fixture.list(seat, "/v1/contacts?q=newco").await.len(), 1);
    let verified = fixture.get(seat, "/v1/audit/verification").await.is(200).json;
    assert_eq!(verified["intact"], json!(true), "{verified}");
}

/// A source that has changed since is not the one whose half is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_is_gone_on_with_from_the_same_source_only() {
    let clock = Arc::new(ManualClock::at(at(NOON)));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = SqliteStore::builder().clock(Arc::clone(&clock) as Arc<dyn Clock>).open(&path).await.unwrap();
    let mut fixture = Fixture::over(Arc::new(store), Arc::clone(&clock), folder).await;
    let seat = fixture.found("Green Leaf").await;
    let folder = std::mem::replace(&mut fixture.folder, tempfile::tempdir().unwrap());
    drop(fixture);
    let mut source = reopened(&path, &clock).await;
    let database = Cluster::shared().unwrap().database().await.unwrap();
    let mut cut = Cut { target: target(&database).await, within: "api_key_owner", begun: true };
    transfer::run(&mut source, &mut cut, &mut |_| ()).await.unwrap_err();
    let busy = transfer::run(&mut source, &mut target(&database).await, &mut |_| ()).await.unwrap_err();
    assert!(matches!(busy, TransferError::Busy), "{busy}");
    drop((cut, source));
    let mut fixture =
        Fixture::over(Arc::new(reopened(&path, &clock).await), Arc::clone(&clock), folder).await;
    fixture.post(&seat, "/v1/contacts", json!({"name": "Latecomer"})).await.is(201);
    let _folder = std::mem::replace(&mut fixture.folder, tempfile::tempdir().unwrap());
    drop(fixture);
    let mut source = reopened(&path, &clock).await;
    let other = transfer::run(&mut source, &mut target(&database).await, &mut |_| ()).await.unwrap_err();
    assert!(matches!(other, TransferError::Another), "{other}");
}
