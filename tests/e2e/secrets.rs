//! Nothing that is secret, and nothing that a person said, stands in a log, an error or a `Debug`.

use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_core::{Crm, Role};
use dialzio_whatsapp::emulator::{CustomerIdentity, CustomerMessage, EmulatedNumber, Failure};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Seat};

const CHILD: &str = "DIALZIO_TEST_CANARIES";

const TOKEN: &str = "canarytokenQ7x1";
const APP_SECRET: &str = "canarysecretQ7x2";
const VERIFY: &str = "canaryverifyQ7x3";
const PASSWORD: &str = "canary password Q7x4 long";
const WORDS: &str = "canarywordsQ7x5";
const NAME: &str = "Canaryname";
const PHONE: &str = "919811277663";
const NOTE: &str = "canarynoteQ7x6";
const EMAIL: &str = "canaryq7x7@example.com";
const UNREADABLE: &str = "canaryrawQ7x8";

/// The run whose every word is looked at; it only runs as the child of the test below.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_with_canaries() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).init();
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let app =
        json!({"provider": "whatsapp", "name": "App", "app_secrets": [APP_SECRET], "verify_token": VERIFY});
    let app = fixture.post(&seat, "/v1/apps", app).await.is(201);
    let hook = app.json["hook_url"].as_str().unwrap();
    fixture.graph.add_number(EmulatedNumber {
        phone_number_id: "1".into(),
        waba_id: "2".into(),
        display_phone_number: "+91 44 1234 5678".into(),
        verified_name: "Green Leaf".into(),
        access_token: TOKEN.into(),
        app_secret: APP_SECRET.into(),
        webhook_url: Some(hook.parse().unwrap()),
    });
    fixture.graph.add_sample_templates("2");
    let account = |app: &str, token: &str, number: &str| {
        json!({"app": app, "name": "Line", "routing_key": number, "business_id": "2",
            "token": token, "base_url": fixture.graph.base_url()})
    };
    let line = fixture.post(&seat, "/v1/accounts", account(&app.id(), TOKEN, "1")).await.is(201);
    let line = format!("/v1/accounts/{}", line.id());
    // A new token: one that is refused, one that cannot be one, one that is not text, and one that is taken.
    for token in [json!(format!("{TOKEN}wrong")), json!(format!("{TOKEN} x")), json!([TOKEN]), json!(TOKEN)] {
        shown(fixture.patch(&seat, &line, json!({"token": token})).await.json);
    }
    // A token that the provider refuses, and a number that it does not know.
    shown(fixture.post(&seat, "/v1/accounts", account(&app.id(), &format!("{TOKEN}wrong"), "1")).await.json);
    shown(fixture.post(&seat, "/v1/accounts", account(&app.id(), TOKEN, "7")).await.json);
    fixture.graph.verify_webhook("1", VERIFY).await.unwrap();
    assert!(fixture.graph.verify_webhook("1", &format!("{VERIFY}wrong")).await.is_err());
    people(&fixture).await;
    talk(&fixture, &seat).await;
    mistakes(&fixture, &seat).await;
    shown(debug(&fixture.crm));
    println!("the run is over");
}

/// Says what a caller or an operator would get to see.
#[allow(clippy::needless_pass_by_value, reason = "said once")]
fn shown(what: impl std::fmt::Display) {
    println!("shown: {what}");
}

fn debug(crm: &Crm) -> String {
    format!("{crm:?} {:?} {:?}", crm.store(), crm.clock())
}

async fn people(fixture: &Fixture) {
    let seat = fixture.found("People").await;
    let email = EmailAddress::parse(EMAIL).unwrap();
    let access = fixture.crm.access();
    let link = access.invite(&seat.owner, Some(email.clone()), Role::Agent).await.unwrap();
    let short = access.accept(&link, PersonName::parse(NAME).unwrap(), None, &"Q7x4".into()).await;
    shown(format!("{:?}", short.err()));
    let signed =
        access.accept(&link, PersonName::parse(NAME).unwrap(), None, &PASSWORD.into()).await.unwrap();
    shown(format!("{signed:?}"));
    let wrong = access.sign_in(&email, &format!("{PASSWORD} not").into()).await;
    shown(format!("{:?} {email:?}", wrong.err()));
    access.sign_in(&email, &PASSWORD.into()).await.unwrap();
}

async fn talk(fixture: &Fixture, seat: &Seat) {
    let asha = CustomerIdentity::with_phone(PHONE, NAME);
    fixture.graph.customer_sends("1", &asha, CustomerMessage::text(WORDS)).unwrap();
    fixture.work().await;
    let image = CustomerMessage::image(&b"\xff\xd8\xff canaryraw"[..], "image/jpeg", Some(WORDS));
    fixture.graph.customer_sends("1", &asha, image).unwrap();
    fixture.work().await;
    fixture
        .graph
        .customer_sends("1", &asha, CustomerMessage::text(format!("please {WORDS} stop sending")))
        .unwrap();
    fixture.work().await;
    let entry = fixture.only_conversation(seat).await;
    let (conversation, contact) = (entry["id"].as_str().unwrap(), entry["contact"].as_str().unwrap());
    fixture.post(seat, &format!("/v1/contacts/{contact}/notes"), json!({"text": NOTE})).await.is(201);
    fixture.list(seat, &format!("/v1/contacts?q={NAME}")).await;
    fixture.list(seat, &format!("/v1/contacts?q=%2B{PHONE}")).await;
    let failures = [
        None,
        Some(Failure::Code(131_026)),
        Some(Failure::Code(190)),
        Some(Failure::Code(130_429)),
        Some(Failure::HttpStatusHtml(502)),
        Some(Failure::DropConnectionAfterRead),
        Some(Failure::FailedStatus(131_049)),
    ];
    for (n, failure) in failures.into_iter().enumerate() {
        if let Some(failure) = failure {
            fixture.graph.fail_next_send(failure);
        }
        let sent = fixture
            .send(seat, conversation, &format!("k{n}"), &json!({"text": format!("{WORDS} {n}")}))
            .await;
        if sent.status != 202 {
            shown(&sent.json);
        }
        fixture.work().await;
        fixture.clock.advance(chrono::TimeDelta::minutes(6));
        fixture.work().await;
    }
}

async fn mistakes(fixture: &Fixture, seat: &Seat) {
    let entry = fixture.list(seat, "/v1/conversations").await.remove(0);
    let (conversation, contact) = (entry["id"].as_str().unwrap(), entry["contact"].as_str().unwrap());
    let raw = format!("{{\"entry\": \"{UNREADABLE} {PHONE}");
    assert_eq!(fixture.graph.deliver_raw("1", raw).await, Ok(200));
    // A body that is refused says nothing of what it held.
    let bodies = [
        ("/v1/contacts", json!({"name": WORDS, "details": [{"kind": "phone", "value": WORDS}]})),
        ("/v1/contacts", json!({"name": {"first": WORDS}})),
        ("/v1/contacts", json!(WORDS)),
        ("/v1/contacts", json!({"name": "A", "tags": WORDS})),
        ("/v1/contacts", json!({"name": WORDS, "stage": WORDS})),
        (
            "/v1/apps",
            json!({"provider": WORDS, "name": "a", "app_secrets": [APP_SECRET], "verify_token": VERIFY}),
        ),
        (
            "/v1/apps",
            json!({"provider": "whatsapp", "name": "a", "app_secrets": APP_SECRET, "verify_token": 1}),
        ),
        ("/v1/accounts", json!({"app": TOKEN, "token": TOKEN})),
        ("/v1/keys", json!({"name": "k", "permissions": [WORDS]})),
        ("/v1/members", json!({"email": WORDS, "role": WORDS})),
    ];
    for (path, body) in bodies {
        let refused = fixture.post(seat, path, body).await;
        assert!(refused.status >= 400, "{path}");
        shown(&refused.json);
    }
    let template = json!({"template": {"name": WORDS, "language": "en", "parameters": {WORDS: WORDS}}});
    shown(fixture.send(seat, conversation, WORDS, &template).await.json);
    let consent = json!({"channel": WORDS, "scope": WORDS, "occurred_at": "2026-01-01T00:00:00Z",
        "evidence": {"kind": "call", "note": NOTE}});
    shown(fixture.post(seat, &format!("/v1/contacts/{contact}/consents"), consent).await.json);
    shown(fixture.call(Some(&format!("{}x", seat.key)), "GET", "/v1/me", &Value::Null).await.json);
    shown(fixture.call(Some(TOKEN), "GET", "/v1/me", &Value::Null).await.json);
    shown(fixture.get(seat, &format!("/v1/contacts?cursor={WORDS}&stage={WORDS}")).await.json);
    // The key itself is checked for by the parent.
    println!("key: {}", seat.key.chars().rev().collect::<String>());
}

#[test]
fn no_canary_leaves_by_a_log_an_error_or_a_debug() {
    let run = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "secrets::a_run_with_canaries", "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .env("RUST_BACKTRACE", "1")
        .output()
        .unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    let tail = || said.lines().rev().take(30).collect::<Vec<_>>().join("\n");
    assert!(run.status.success() && said.contains("the run is over"), "{}", tail());
    assert!(said.contains(" TRACE ") && said.contains("dialzio_http") && said.contains("dialzio_core"));
    let key = said.lines().find_map(|line| line.strip_prefix("key: ")).expect("the key, backwards");
    let key: String = key.chars().rev().collect();
    let canaries =
        [TOKEN, APP_SECRET, VERIFY, PASSWORD, WORDS, NAME, PHONE, NOTE, EMAIL, UNREADABLE, key.as_str()];
    for canary in canaries {
        let found = said.lines().find(|line| line.to_lowercase().contains(&canary.to_lowercase()));
        assert_eq!(found, None, "{canary} got out");
    }
}
