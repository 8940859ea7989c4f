//! What every test here stands on: a store, a clock that stands still, an emulated provider and a real server.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use dialzio_core::access::{NewApiKey, NewOrg};
use dialzio_core::account::LocalKeys;
use dialzio_core::blob::LocalBlobs;
use dialzio_core::consent::Channel;
use dialzio_core::mail::Mailer;
use dialzio_core::memory::MemoryStore;
use dialzio_core::outbox::WorkReport;
use dialzio_core::provider::{MessagingCapabilities, MessagingProvider, TemplateSource};
use dialzio_core::provider::{TelephonyCapabilities, TelephonyProvider};
use dialzio_core::store::Store;
use dialzio_core::testing::{ScriptedCalls, ScriptedProvider};
use dialzio_core::text::Title;
use dialzio_core::{Actor, Clock, Crm, HookId, ManualClock, Permission, Principal, Role};
use dialzio_http::{Closing, Options};
use dialzio_store_postgres::testing::Cluster;
use dialzio_store_sqlite::SqliteStore;
use dialzio_telephony::{TeleCmi, TelephonyConfig};
use dialzio_whatsapp::emulator::{
    CustomerIdentity, CustomerMessage, EmulatedNumber, Emulator, EmulatorConfig,
};
use dialzio_whatsapp::{MetaCloud, MetaConfig};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::contract::{self, Asked};

/// Noon in India on a Monday: inside everybody's hours for promotion.
pub(crate) const NOON: &str = "2026-11-23T06:30:00Z";

/// A store with nothing in it: SQLite in this folder, unless `DIALZIO_TEST_STORE` names `memory` or `postgres`.
pub(crate) async fn fresh_store(clock: Arc<dyn Clock>, folder: &Path) -> Arc<dyn Store> {
    match std::env::var("DIALZIO_TEST_STORE").as_deref().unwrap_or("sqlite") {
        "memory" => Arc::new(MemoryStore::new(clock)),
        "sqlite" => Arc::new(SqliteStore::builder().clock(clock).open(folder.join("test.db")).await.unwrap()),
        "postgres" => {
            let database = Cluster::shared().unwrap().database().await.unwrap();
            Arc::new(database.store(clock).await.unwrap())
        }
        other => panic!("DIALZIO_TEST_STORE is sqlite, memory or postgres, not {other}"),
    }
}

/// An instant from its text.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A service of SMS whose texts an organisation enters.
fn sms_service() -> ScriptedProvider {
    let known = ScriptedProvider::new();
    ScriptedProvider::with(MessagingCapabilities {
        channel: Channel::Sms,
        reply_window: None,
        templates: TemplateSource::Organisation,
        ..MessagingProvider::capabilities(&known).clone()
    })
}

/// A client that keeps to this machine: it trusts no certificate and asks no proxy.
pub(crate) fn client() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap()
}

/// A server and everything around it.
pub(crate) struct Fixture {
    pub(crate) crm: Crm,
    pub(crate) clock: Arc<ManualClock>,
    /// The telephone service, which says what a test tells it.
    pub(crate) phone: Arc<ScriptedCalls>,
    pub(crate) graph: Emulator,
    pub(crate) origin: String,
    pub(crate) http: reqwest::Client,
    pub(crate) folder: tempfile::TempDir,
    closing: Closing,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.closing.raise();
        self.server.abort();
    }
}

/// An organisation, and a key that may do everything in it.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) key: String,
    pub(crate) owner: Actor,
}

/// A connected number.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) app: String,
    pub(crate) account: String,
    pub(crate) hook: String,
    pub(crate) secret: String,
    pub(crate) number: String,
    pub(crate) business: String,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: bytes::Bytes,
    pub(crate) json: Value,
}

impl Answer {
    /// The answer, if it has this status.
    #[track_caller]
    pub(crate) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// The problem's code, after its status and form were looked at.
    #[track_caller]
    pub(crate) fn problem(self, status: u16) -> String {
        let answer = self.is(status);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        assert_eq!(answer.json["status"], status);
        answer.json["code"].as_str().unwrap().to_owned()
    }

    pub(crate) fn id(&self) -> String {
        self.json["id"].as_str().unwrap().to_owned()
    }
}

impl Fixture {
    /// A digest over every row of every table, where the store is a file. Of another store the services' answers have to do.
    /// The audit log and its end are left out, where a refused attempt is on record, and when keys were used last.
    pub(crate) fn tables(&self) -> Option<[u8; 32]> {
        let mut all = self.each_table();
        all.retain(|table, _| !["audit", "org_head", "api_key_use"].contains(&table.as_str()));
        let digest =
            |hasher: Sha256, (name, rows): (&String, &[u8; 32])| hasher.chain_update(name).chain_update(rows);
        (!all.is_empty()).then(|| all.iter().fold(Sha256::new(), digest).finalize().into())
    }

    /// The same for each table; none of a store that is no file.
    pub(crate) fn each_table(&self) -> BTreeMap<String, [u8; 32]> {
        let path = self.folder.path().join("test.db");
        if !path.exists() {
            return BTreeMap::new();
        }
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        // What is virtual is kept in tables of its own.
        let named = "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name";
        let mut names = db.prepare(named).unwrap();
        let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let digest = |name: String| {
            let mut hasher = Sha256::new();
            let mut all = db.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
            let columns = all.column_count();
            let mut rows = all.query([]).unwrap();
            while let Some(row) = rows.next().unwrap() {
                let values: Vec<rusqlite::types::Value> =
                    (0..columns).map(|place| row.get(place).unwrap()).collect();
                hasher.update(format!("{values:?}"));
            }
            (name, hasher.finalize().into())
        };
        names.into_iter().map(digest).collect()
    }

    /// The rows of a table, as its columns are kept; `None` where the tables are on a server.
    pub(crate) fn rows_of(&self, table: &str) -> Option<Vec<String>> {
        let path = self.folder.path().join("test.db");
        if !path.exists() {
            return None;
        }
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        let mut all = db.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = all.column_count();
        let read = |row: &rusqlite::Row<'_>| {
            let values = (0..columns).map(|place| row.get::<_, rusqlite::types::Value>(place));
            values.collect::<Result<Vec<_>, _>>().map(|values| format!("{values:?}"))
        };
        Some(all.query_map([], read).unwrap().map(Result::unwrap).collect())
    }

    /// At noon, on the store of the day.
    pub(crate) async fn start() -> Self {
        let clock = Arc::new(ManualClock::at(at(NOON)));
        let folder = tempfile::tempdir().unwrap();
        let store = fresh_store(Arc::clone(&clock) as Arc<dyn Clock>, folder.path()).await;
        Self::over(store, clock, folder).await
    }

    /// The same, where mail is written into files: [`mails`](Self::mails).
    pub(crate) async fn start_with_mail() -> Self {
        let clock = Arc::new(ManualClock::at(at(NOON)));
        let folder = tempfile::tempdir().unwrap();
        let store = fresh_store(Arc::clone(&clock) as Arc<dyn Clock>, folder.path()).await;
        let mailer = dialzio_http::mail::FileMailer::in_folder(folder.path().join("mail")).unwrap();
        let host = axum::Router::new();
        Self::serve(store, clock, folder, host, |options| options, Some(Arc::new(mailer))).await
    }

    /// The same, below a path of an application that has routes of its own, and with these options.
    pub(crate) async fn start_beside(
        host: axum::Router,
        prefix: &str,
        options: impl FnOnce(Options) -> Options,
    ) -> Self {
        let clock = Arc::new(ManualClock::at(at(NOON)));
        let folder = tempfile::tempdir().unwrap();
        let store = fresh_store(Arc::clone(&clock) as Arc<dyn Clock>, folder.path()).await;
        let mut fixture = Self::serve(store, clock, folder, host, options, None).await;
        fixture.origin.push_str(prefix);
        fixture
    }

    /// Over this store, with files in this folder.
    pub(crate) async fn over(
        store: Arc<dyn Store>,
        clock: Arc<ManualClock>,
        folder: tempfile::TempDir,
    ) -> Self {
        Self::serve(store, clock, folder, axum::Router::new(), |options| options, None).await
    }

    async fn serve(
        store: Arc<dyn Store>,
        clock: Arc<ManualClock>,
        folder: tempfile::TempDir,
        host: axum::Router,
        options: impl FnOnce(Options) -> Options,
        mailer: Option<Arc<dyn Mailer>>,
    ) -> Self {
        // Callers by a key have no telephone that could be rung first. Telephones are added by hand, and a list of them is
        // answered all the same, so that one account does for both.
        let known = ScriptedCalls::new();
        let phone =
            TelephonyCapabilities { agent_first: false, lists_agents: false, ..known.capabilities().clone() };
        let phone = Arc::new(ScriptedCalls::lenient(phone));
        let mut builder = Crm::builder()
            .shared_store(store)
            .keys(LocalKeys::open_or_create(folder.path().join("test.key")).unwrap())
            .blobs(LocalBlobs::open(folder.path().join("blobs")).unwrap())
            .provider(MetaCloud::new(MetaConfig::for_emulator()).unwrap())
            .provider(Arc::clone(&phone))
            .provider(TeleCmi::new(TelephonyConfig::for_emulator()).unwrap())
            .provider(sms_service())
            .clock(Arc::clone(&clock) as Arc<dyn Clock>);
        if let Some(mailer) = mailer {
            builder = builder.mailer(mailer);
        }
        let crm = builder.build().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let options = options(Options::for_origin(&origin));
        let closing = options.closing.clone();
        let router = host.merge(dialzio_http::router(crm.clone(), options));
        let service = router.into_make_service_with_connect_info::<std::net::SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        let ticking = Arc::clone(&clock);
        let graph = Emulator::start(EmulatorConfig::new(Arc::new(move || ticking.now()))).await.unwrap();
        let mut behaviour = graph.behaviour();
        behaviour.status_delay = Duration::from_millis(1);
        behaviour.retry_gap = Duration::from_millis(5);
        graph.set_behaviour(behaviour);
        Self { crm, clock, graph, phone, origin, http: client(), folder, closing, server }
    }

    /// Founds an organisation, with a key to all of it.
    pub(crate) async fn found(&self, name: &str) -> Seat {
        let founded = self.crm.access().found(NewOrg::named(name)).await.unwrap();
        let owner = self
            .crm
            .access()
            .act_as(founded.org, Principal::service("test").unwrap(), Role::Owner.grant())
            .await
            .unwrap();
        let key = self.key(&owner, Permission::ALL).await;
        Seat { key, owner }
    }

    /// A key with these permissions.
    pub(crate) async fn key(&self, owner: &Actor, permissions: &[Permission]) -> String {
        let name = Title::parse("Test key").unwrap();
        let (_, token) =
            self.crm.access().create_key(owner, NewApiKey::new(name, permissions)).await.unwrap();
        token.reveal().to_owned()
    }

    /// Registers an app and connects a number of the emulator to it, over the API.
    pub(crate) async fn connect(&self, seat: &Seat, number: &str) -> Line {
        let secret = format!("secret-of-{number}");
        let body = json!({"provider": "whatsapp", "name": "Shop app", "app_secrets": [secret],
            "verify_token": format!("verify-{number}")});
        let app = self.post(seat, "/v1/apps", body).await.is(201);
        let hook = app.json["hook_url"].as_str().unwrap();
        let app = Line {
            app: app.id(),
            account: String::new(),
            hook: hook.to_owned(),
            secret,
            number: String::new(),
            business: format!("9{number}"),
        };
        self.connect_to(seat, &app, number, &app.business).await
    }

    /// Connects a number of a business account to the app of a line.
    pub(crate) async fn connect_to(&self, seat: &Seat, app: &Line, number: &str, business: &str) -> Line {
        let token = format!("token-of-{number}");
        self.graph.add_number(EmulatedNumber {
            phone_number_id: number.to_owned(),
            waba_id: business.to_owned(),
            display_phone_number: "+91 44 1234 5678".to_owned(),
            verified_name: "Green Leaf Nursery".to_owned(),
            access_token: token.clone().into(),
            app_secret: app.secret.clone().into(),
            webhook_url: Some(app.hook.parse().unwrap()),
        });
        self.graph.add_sample_templates(business);
        let body = json!({"app": app.app, "name": "Shop line", "routing_key": number,
            "business_id": business, "credentials": {"access_token": token}, "base_url": self.graph.base_url()});
        let account = self.post(seat, "/v1/accounts", body).await.is(201);
        assert_eq!(account.json["state"], "routable", "{}", account.json);
        Line {
            account: account.id(),
            number: number.to_owned(),
            business: business.to_owned(),
            ..app.clone()
        }
    }

    /// Registers an app of the service of SMS and connects an account to it, with a text that is entered; answers the account.
    pub(crate) async fn connect_sms(&self, seat: &Seat, id: &str) -> String {
        let body = json!({"provider": "scripted", "name": "SMS", "app_secrets": ["secret"], "verify_token": "verify"});
        let app = self.post(seat, "/v1/apps", body).await.is(201);
        let body = json!({"app": app.id(), "name": "SMS", "routing_key": id, "credentials": {"access_token": "t0ken"}});
        let account = self.post(seat, "/v1/accounts", body).await.is(201).id();
        let text =
            json!({"name": "order_ready", "language": "en", "category": "utility", "text": "It is ready."});
        self.call(Some(&seat.key), "PUT", &format!("/v1/accounts/{account}/templates"), &text).await.is(200);
        account
    }

    /// Registers an app of the telephone service and connects an account to it; answers account and address of webhooks.
    pub(crate) async fn connect_telephone(&self, seat: &Seat, id: &str) -> (String, HookId) {
        let body = json!({"provider": "scripted_calls", "name": "Telephone", "app_secrets": []});
        let app = self.post(seat, "/v1/apps", body).await.is(201);
        let hook = app.json["hook_url"].as_str().unwrap().rsplit('/').next().unwrap().parse().unwrap();
        let body = json!({"app": app.id(), "name": "Front desk", "routing_key": id, "credentials": {"secret": "s3cret"}});
        let account = self.post(seat, "/v1/accounts", body).await.is(201);
        assert_eq!(account.json["state"], "routable", "{}", account.json);
        (account.id(), hook)
    }

    /// A request with a JSON body, or none for `null`.
    pub(crate) async fn call(&self, key: Option<&str>, method: &str, path: &str, body: &Value) -> Answer {
        let mut request = self.http.request(method.parse().unwrap(), format!("{}{path}", self.origin));
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        answer(request).await
    }

    pub(crate) async fn get(&self, seat: &Seat, path: &str) -> Answer {
        self.call(Some(&seat.key), "GET", path, &Value::Null).await
    }

    #[allow(clippy::needless_pass_by_value, reason = "a body is written where it is sent")]
    pub(crate) async fn post(&self, seat: &Seat, path: &str, body: Value) -> Answer {
        self.call(Some(&seat.key), "POST", path, &body).await
    }

    #[allow(clippy::needless_pass_by_value, reason = "a body is written where it is sent")]
    pub(crate) async fn patch(&self, seat: &Seat, path: &str, body: Value) -> Answer {
        self.call(Some(&seat.key), "PATCH", path, &body).await
    }

    /// Sends in a conversation, once for this key.
    pub(crate) async fn send(&self, seat: &Seat, conversation: &str, key: &str, body: &Value) -> Answer {
        let request = self
            .http
            .post(format!("{}/v1/conversations/{conversation}/messages", self.origin))
            .bearer_auth(&seat.key)
            .header("idempotency-key", key)
            .json(body);
        answer(request).await
    }

    /// All of a list, page after page.
    pub(crate) async fn list(&self, seat: &Seat, path: &str) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let join = if path.contains('?') { '&' } else { '?' };
            let place = cursor.map(|cursor| format!("{join}cursor={cursor}")).unwrap_or_default();
            let page = self.get(seat, &format!("{path}{place}")).await.is(200).json;
            all.extend(page["data"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return all,
            }
        }
    }

    /// The mails to somebody that were sent, oldest first.
    pub(crate) fn mails(&self, to: &str) -> Vec<String> {
        let files = std::fs::read_dir(self.folder.path().join("mail")).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        // Names are ids, which sort by their time.
        files.sort();
        let header = format!("To: {to}\r\n");
        let read = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
        read.filter(|mail| mail.contains(&header)).collect()
    }

    /// Does all work there is, until neither side has any left.
    pub(crate) async fn work(&self) -> WorkReport {
        let mut total = WorkReport::default();
        for _ in 0..100 {
            self.graph.idle().await;
            let done = self.crm.worker().run_once().await.unwrap();
            total += done;
            if done == WorkReport::default() {
                return total;
            }
        }
        panic!("the work does not end: {total:?}");
    }

    /// A person writes, and the message has arrived.
    pub(crate) async fn writes(&self, line: &Line, who: &CustomerIdentity, words: &str) -> String {
        let id = self.graph.customer_sends(&line.number, who, CustomerMessage::text(words)).unwrap();
        self.work().await;
        id
    }

    /// The only conversation there is.
    pub(crate) async fn only_conversation(&self, seat: &Seat) -> Value {
        let mut all = self.list(seat, "/v1/conversations").await;
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    /// How often the provider carried a message out.
    pub(crate) fn times_sent(&self, message: &str) -> u32 {
        self.graph.sends_by_opaque_id().get(message).copied().unwrap_or(0)
    }
}

/// Sends a request and reads the whole answer, which has to be as the document of the API says.
pub(crate) async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let (client, request) = request.build_split();
    let request = request.unwrap();
    let asked = Asked::of(&request);
    let response = client.execute(request).await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    let json = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    let answer = Answer { status, headers, bytes, json };
    contract::hold(&asked, &answer);
    answer
}

/// A person in India who shows a number.
pub(crate) fn asha() -> CustomerIdentity {
    CustomerIdentity::with_phone("919876500001", "Asha")
}
