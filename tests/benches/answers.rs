//! What a provider waits for the answer about a call that comes in: over HTTP, Piopiy's adapter, a SQLite store in a file, a flow
//! with ten members, and every question reported as a call meanwhile. Prints the median, the 99th percentile and the longest, for
//! callers one after the other and for sixteen at a time. Each run also counts questions that have to read the flow first.
//!
//! `cargo bench -p dialzio-tests --bench answers [-- 5000]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench reports and fails loudly"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dialzio_core::access::NewOrg;
use dialzio_core::account::{LocalKeys, NewAccount, NewApp};
use dialzio_core::call::CallQuery;
use dialzio_core::call_flow::{
    AnsweredNumber, CallFlowDefinition, ClosedStep, NewCallFlow, RingStep, RingStrategy, RingTarget,
    Voicemail,
};
use dialzio_core::entropy::Entropy;
use dialzio_core::page::PageRequest;
use dialzio_core::{Actor, Clock, Crm, PhoneNumber, Principal, Role, SystemClock};
use dialzio_http::Options;
use dialzio_store_sqlite::SqliteStore;
use dialzio_telephony::emulator::{EmulatedAccount, Emulator, EmulatorConfig, Product};
use dialzio_telephony::{Piopiy, TelephonyConfig};
use serde_json::json;

const APP_ID: u64 = 7_654_321;
const NUMBER: &str = "914471000002";

struct Bench {
    crm: Crm,
    owner: Actor,
    url: String,
    http: reqwest::Client,
    asked: AtomicUsize,
    _vendor: Emulator,
    _folder: tempfile::TempDir,
}

/// A client over plain http: it trusts no certificate.
fn client() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap()
}

async fn start() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock);
    let store =
        SqliteStore::builder().clock(clock.clone()).open(folder.path().join("bench.db")).await.unwrap();
    let crm = Crm::builder()
        .store(store)
        .keys(LocalKeys::ephemeral(&Entropy::system()))
        .clock(clock)
        .provider(Piopiy::new(TelephonyConfig::for_emulator()).unwrap())
        .build()
        .unwrap();
    let vendor = Emulator::start(EmulatorConfig::new(Arc::new(|| SystemClock.now()))).await.unwrap();
    vendor.add_account(EmulatedAccount {
        product: Product::Piopiy,
        app_id: APP_ID,
        secret: "secret".into(),
        numbers: vec![NUMBER.to_owned()],
        agents: Vec::new(),
        follow_me: true,
        recorded: false,
        webhook_url: None,
    });
    let org = crm.access().found(NewOrg::named("Green Leaf")).await.unwrap().org;
    let by = Principal::service("bench").unwrap();
    let owner = crm.access().act_as(org, by, Role::Owner.grant()).await.unwrap();
    let name = || "Hotline".parse().unwrap();
    let app = NewApp { provider: "piopiy".into(), name: name(), secrets: Vec::new(), verify_token: None };
    let app = crm.accounts().register_app(&owner, app).await.unwrap();
    let account = NewAccount {
        app: app.id,
        name: name(),
        routing_key: APP_ID.to_string(),
        business_id: None,
        portfolio: None,
        credentials: [("secret", "secret"), ("caller_id", NUMBER)].into(),
        base_url: Some(vendor.base_url()),
    };
    let account = crm.accounts().connect(&owner, account).await.unwrap().routable().unwrap().id;
    let target = |place: u32| {
        let digits = format!("9198400559{place:02}");
        RingTarget::Number(PhoneNumber::from_digits(&digits).unwrap())
    };
    let definition = CallFlowDefinition {
        greeting: Some(dialzio_core::call_flow::Greeting::Say("Welcome.".parse().unwrap())),
        hours: None,
        ring: Some(RingStep {
            targets: (0..10).map(target).collect(),
            strategy: RingStrategy::Together,
            seconds: 20,
        }),
        fallback: None,
        voicemail: Some(Voicemail { prompt: "Please leave a message.".parse().unwrap() }),
        closed: ClosedStep::default(),
    };
    let flow = NewCallFlow { account, name: name(), number: AnsweredNumber::All, enabled: true, definition };
    crm.call_flows().add(&owner, flow).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let router = dialzio_http::router(crm.clone(), Options::for_origin(&origin));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let url = format!("{origin}/hooks/{}/answer", app.hook);
    let asked = AtomicUsize::new(0);
    Bench { crm, owner, url, http: client(), asked, _vendor: vendor, _folder: folder }
}

impl Bench {
    /// One question, until its answer is there.
    async fn ask(&self) -> Duration {
        let place = self.asked.fetch_add(1, Ordering::Relaxed);
        let question = json!({
            "action": "inbound", "from": format!("9198{:08}", 40_000_000 + place), "to": NUMBER,
            "time": self.crm.clock().now().timestamp_millis(), "cmiuuid": format!("leg-{place}"),
        });
        let begun = Instant::now();
        let answer = self.http.post(&self.url).json(&question).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 200);
        let program = answer.text().await.unwrap();
        let took = begun.elapsed();
        assert!(program.contains(r#""ring_type":"group""#), "the flow answers: {program}");
        took
    }
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    println!(
        "{name}: {} questions, median {:.2} ms, 99% {:.2} ms, longest {:.2} ms",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

#[tokio::main]
async fn main() {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(5_000_usize);
    let bench = Arc::new(start().await);
    let mut cold = Vec::new();
    for _ in 0..200 {
        // A change makes the server forget what it has read.
        let all = bench.crm.call_flows().all(&bench.owner).await.unwrap();
        let patch = dialzio_core::call_flow::CallFlowPatch {
            name: Some("Hotline".parse().unwrap()),
            ..Default::default()
        };
        bench.crm.call_flows().change(&bench.owner, all[0].id, None, patch).await.unwrap();
        cold.push(bench.ask().await);
    }
    report("after each change of the flow", cold);
    let mut alone = Vec::new();
    for _ in 0..count {
        alone.push(bench.ask().await);
    }
    report("one after the other", alone);
    let each = count / 16;
    let callers = (0..16).map(|_| {
        let bench = Arc::clone(&bench);
        tokio::spawn(async move {
            let mut times = Vec::with_capacity(each);
            for _ in 0..each {
                times.push(bench.ask().await);
            }
            times
        })
    });
    let mut together = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        together.extend(caller.await.unwrap());
    }
    report("sixteen at a time", together);
    let calls =
        bench.crm.calls().list(&bench.owner, &CallQuery::default(), PageRequest::first(10)).await.unwrap();
    println!("calls are reported meanwhile: {}", calls.items.len());
}
