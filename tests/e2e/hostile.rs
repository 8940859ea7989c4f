//! What arrives malformed, for an unknown account, or while the store fails.

use std::sync::Arc;

use chrono::TimeDelta;
use dialzio_core::testing::{Calls, Fault, Faulty};
use dialzio_core::{Clock, ManualClock, StoreError};
use dialzio_http::routes::ROUTES;
use proptest::prelude::{Strategy, any};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Line, NOON, Seat, answer, asha, at, fresh_store};

async fn shop() -> (Fixture, Seat, Line) {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.work().await;
    (fixture, seat, line)
}

/// A webhook with one text message.
fn text(number: &str, id: &str, words: &str) -> Vec<u8> {
    let value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "914412345678", "phone_number_id": number},
        "contacts": [{"profile": {"name": "Asha"}, "wa_id": "919876500001"}],
        "messages": [{"from": "919876500001", "id": id, "timestamp": at(NOON).timestamp().to_string(),
            "type": "text", "text": {"body": words}}]});
    let whole = json!({"object": "whatsapp_business_account",
        "entry": [{"id": "9", "changes": [{"field": "messages", "value": value}]}]});
    serde_json::to_vec(&whole).unwrap()
}

/// Posts bytes to a hook with these signature headers.
async fn post(fixture: &Fixture, line: &Line, body: Vec<u8>, signatures: &[&str]) -> Answer {
    let mut request = fixture.http.post(&line.hook).header("content-type", "application/json");
    for signature in signatures {
        request = request.header("x-hub-signature-256", *signature);
    }
    answer(request.body(body)).await
}

async fn nothing_is_there(fixture: &Fixture, seat: &Seat) {
    fixture.work().await;
    for path in ["/v1/conversations", "/v1/contacts", "/v1/quarantine"] {
        assert_eq!(fixture.list(seat, path).await, Vec::<Value>::new(), "{path}");
    }
    let unrouted = fixture.crm.operator("test").unwrap().unrouted().await.unwrap();
    assert!(unrouted.is_empty());
}

#[tokio::test]
async fn a_webhook_that_is_not_rightly_signed_leaves_no_trace() {
    let (fixture, seat, line) = shop().await;
    let body = text(&line.number, "wamid.A", "Hello");
    let right = fixture.graph.signature(&line.number, &body).unwrap();
    let newest = fixture.crm.ledger().newest_event(&seat.owner).await.unwrap();
    let hex = right.strip_prefix("sha256=").unwrap();
    let mut flipped = right.clone();
    flipped.replace_range(7..8, if &right[7..8] == "0" { "1" } else { "0" });
    let wrong: Vec<Vec<String>> = vec![
        vec![],
        vec![String::new()],
        vec![flipped],
        vec![right.clone(), right.clone()],
        vec![right.clone(), "sha256=00".into()],
        vec![right[..right.len() - 1].to_owned()],
        vec![right[..right.len() - 2].to_owned()],
        vec![format!("{right}00")],
        vec![hex.to_owned()],
        vec![format!("sha1={hex}")],
        vec![format!("SHA256={}", &hex[..63])],
        vec![format!("sha256={}", "z".repeat(64))],
        vec![format!("sha256= {hex}")],
        vec![format!("{right}, {right}")],
    ];
    for signatures in wrong {
        let signatures: Vec<&str> = signatures.iter().map(String::as_str).collect();
        let answer = post(&fixture, &line, body.clone(), &signatures).await;
        assert_eq!(answer.status, 401, "{signatures:?}");
        assert!(answer.bytes.is_empty());
    }
    // The right signature of other bytes.
    let other = text(&line.number, "wamid.A", "Hullo");
    assert_eq!(post(&fixture, &line, other, &[&right]).await.status, 401);
    // Right, but not as it was signed.
    let spaced = [body.as_slice(), b" "].concat();
    assert_eq!(post(&fixture, &line, spaced, &[&right]).await.status, 401);
    nothing_is_there(&fixture, &seat).await;
    assert_eq!(fixture.crm.ledger().newest_event(&seat.owner).await.unwrap(), newest);
    assert_eq!(post(&fixture, &line, body, &[&right]).await.status, 200);
    fixture.work().await;
    assert_eq!(fixture.only_conversation(&seat).await["last"]["text"], "Hello");
}

#[tokio::test]
async fn a_webhook_of_the_wrong_size_or_kind_leaves_no_trace() {
    let (fixture, seat, line) = shop().await;
    let huge = vec![b' '; 4 * 1024 * 1024 + 1];
    let signature = fixture.graph.signature(&line.number, &huge).unwrap();
    assert_eq!(post(&fixture, &line, huge.clone(), &[&signature]).await.status, 413);
    // The same without saying how long it is.
    let chunks = futures_util::stream::iter(vec![Ok::<_, std::io::Error>(huge)]);
    let request = fixture.http.post(&line.hook).header("x-hub-signature-256", &signature);
    let body = reqwest::Body::wrap_stream(chunks);
    assert_eq!(answer(request.body(body)).await.status, 413);
    let body = text(&line.number, "wamid.A", "Hello");
    let signature = fixture.graph.signature(&line.number, &body).unwrap();
    let packed = fixture
        .http
        .post(&line.hook)
        .header("x-hub-signature-256", &signature)
        .header("content-encoding", "gzip")
        .body(body.clone());
    assert_eq!(answer(packed).await.status, 415);
    let put = fixture.http.put(&line.hook).header("x-hub-signature-256", &signature).body(body.clone());
    assert_eq!(answer(put).await.status, 405);
    for hook in ["01890000-0000-7000-8000-000000000000", "nothing", "%00", "..%2f"] {
        let nowhere = Line { hook: format!("{}/hooks/{hook}", fixture.origin), ..line.clone() };
        assert_eq!(post(&fixture, &nowhere, body.clone(), &[&signature]).await.status, 404, "{hook}");
    }
    nothing_is_there(&fixture, &seat).await;
}

#[tokio::test]
async fn a_hook_answers_the_challenge_of_its_own_token_only() {
    let (fixture, _, line) = shop().await;
    assert_eq!(fixture.graph.verify_webhook(&line.number, "verify-100200300").await, Ok(()));
    assert!(fixture.graph.verify_webhook(&line.number, "verify-100200301").await.is_err());
    let ask = |challenge: &str| {
        let query = [
            ("hub.mode", "subscribe"),
            ("hub.verify_token", "verify-100200300"),
            ("hub.challenge", challenge),
        ];
        answer(fixture.http.get(&line.hook).query(&query))
    };
    let script = ask("<script>alert(1)</script>").await;
    assert!(script.status >= 400);
    assert!(!String::from_utf8_lossy(&script.bytes).contains("script"));
    let plain = ask("1158201444").await.is(200);
    assert_eq!(plain.bytes, "1158201444");
    assert!(plain.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(plain.headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn what_is_for_another_hook_or_for_nobody_is_kept_out_of_sight() {
    let (fixture, seat, line) = shop().await;
    let other = fixture.found("Other").await;
    let theirs = fixture.connect(&other, "100200999").await;
    // Rightly signed by our app, about a number of another app, and about one of no app.
    for (number, id) in [(theirs.number.as_str(), "wamid.A"), ("555555", "wamid.B")] {
        let body = text(number, id, "Not for you");
        let signature = fixture.graph.signature(&line.number, &body).unwrap();
        assert_eq!(post(&fixture, &line, body, &[&signature]).await.status, 200);
    }
    fixture.work().await;
    for who in [&seat, &other] {
        for path in ["/v1/conversations", "/v1/contacts", "/v1/quarantine"] {
            assert_eq!(fixture.list(who, path).await, Vec::<Value>::new(), "{path}");
        }
    }
    let operator = fixture.crm.operator("they asked for it").unwrap();
    let unrouted = operator.unrouted().await.unwrap();
    assert_eq!(unrouted.len(), 2);
    for item in &unrouted {
        for who in [&seat, &other] {
            fixture.get(who, &format!("/v1/quarantine/{}", item.id)).await.problem(404);
        }
        let (_, bytes) = operator.open(item.id).await.unwrap();
        assert!(String::from_utf8_lossy(&bytes).contains("Not for you"));
    }
    // Once the number is connected to this very app, what was kept can be taken in.
    fixture.connect_to(&seat, &line, "555555", "9555").await;
    for item in &unrouted {
        operator.replay(item.id).await.unwrap();
    }
    // Each of it is on record, under its reason.
    let audit = fixture.list(&seat, "/v1/audit").await;
    for action in ["quarantine.opened", "quarantine.settled"] {
        let entries = audit.iter().filter(|entry| entry["action"] == action);
        let by: Vec<_> = entries.map(|entry| entry["principal"].as_str().unwrap()).collect();
        assert_eq!(by, ["service:operator: they asked for it"; 2], "{action}");
    }
    fixture.work().await;
    assert_eq!(fixture.only_conversation(&seat).await["last"]["text"], "Not for you");
    assert_eq!(fixture.list(&other, "/v1/conversations").await, Vec::<Value>::new());
    assert_eq!(operator.unrouted().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_not_json_is_kept_listed_replayed_and_thrown_away() {
    let (fixture, seat, line) = shop().await;
    for body in [&b"{\"entry\": [}"[..], b"", b"\xff\xfe", b"[]", b"17", b"{}", b"null"] {
        assert_eq!(fixture.graph.deliver_raw(&line.number, body).await, Ok(200), "{body:?}");
    }
    fixture.work().await;
    let kept = fixture.list(&seat, "/v1/quarantine").await;
    assert!(kept.len() >= 4, "{kept:?}");
    let text = |item: &Value| item["id"].as_str().unwrap().to_owned();
    for item in &kept {
        let path = format!("/v1/quarantine/{}", text(item));
        fixture.get(&seat, &path).await.is(200);
        // Tried again it is as little use as before, and there still, once.
        fixture.post(&seat, &format!("{path}/replay"), Value::Null).await.is(204);
        fixture.get(&seat, &path).await.is(200);
    }
    let again = fixture.list(&seat, "/v1/quarantine").await;
    assert_eq!(again, kept);
    for item in &again {
        let path = format!("/v1/quarantine/{}", text(item));
        fixture.call(Some(&seat.key), "DELETE", &path, &Value::Null).await.is(204);
        fixture.call(Some(&seat.key), "DELETE", &path, &Value::Null).await.problem(404);
    }
    nothing_is_there(&fixture, &seat).await;
}

#[tokio::test]
async fn what_is_kept_goes_after_thirty_days() {
    let (fixture, seat, line) = shop().await;
    assert_eq!(fixture.graph.deliver_raw(&line.number, &b"{"[..]).await, Ok(200));
    assert_eq!(fixture.list(&seat, "/v1/quarantine").await.len(), 1);
    fixture.clock.advance(TimeDelta::days(30));
    assert_eq!(fixture.list(&seat, "/v1/quarantine").await.len(), 0);
}

#[tokio::test]
async fn an_update_that_is_too_old_makes_no_contact() {
    let (fixture, seat, line) = shop().await;
    let old = (at(NOON) - TimeDelta::days(9)).timestamp();
    let wrap = |field: &str, value: Value| {
        let mut value = value;
        value["messaging_product"] = json!("whatsapp");
        value["metadata"] = json!({"display_phone_number": "1", "phone_number_id": line.number});
        value["contacts"] = json!([{"profile": {"name": "Asha"}, "wa_id": "919876500001"}]);
        let whole = json!({"object": "whatsapp_business_account",
            "entry": [{"id": "9", "changes": [{"field": field, "value": value}]}]});
        serde_json::to_vec(&whole).unwrap()
    };
    let preference = |value: &str| {
        wrap(
            "user_preferences",
            json!({"user_preferences": [{"wa_id": "919876500001", "category": "marketing_messages",
                "value": value, "detail": "By the person", "timestamp": old}]}),
        )
    };
    let moved = wrap(
        "messages",
        json!({"messages": [{"from": "919876500001", "id": "wamid.M", "timestamp": old.to_string(),
            "type": "system", "system": {"type": "user_changed_number", "body": "Asha changed",
                "wa_id": "919876500002"}}]}),
    );
    for body in [preference("stop"), preference("resume"), moved] {
        assert_eq!(fixture.graph.deliver_raw(&line.number, body).await, Ok(200));
    }
    fixture.work().await;
    assert_eq!(fixture.list(&seat, "/v1/contacts").await, Vec::<Value>::new());
    let kept = fixture.list(&seat, "/v1/quarantine").await;
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().all(|item| item["reason"] == "out_of_time"), "{kept:?}");
    // Of a known person, a stop counts however late it comes.
    fixture.writes(&line, &asha(), "Hello").await;
    assert_eq!(fixture.graph.deliver_raw(&line.number, preference("stop")).await, Ok(200));
    fixture.work().await;
    let contact = fixture.list(&seat, "/v1/contacts").await[0]["id"].as_str().unwrap().to_owned();
    let ledger = fixture.list(&seat, &format!("/v1/contacts/{contact}/consents")).await;
    assert_eq!(ledger[0]["event"], "provider_stop");
}

/// Values of a strategy, the same for every run.
fn values<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

#[tokio::test]
async fn no_bytes_make_the_server_fail() {
    let (fixture, seat, line) = shop().await;
    fixture.writes(&line, &asha(), "Hello").await;
    let entry = fixture.only_conversation(&seat).await;
    let (conversation, contact) = (entry["id"].as_str().unwrap(), entry["contact"].as_str().unwrap());
    let template: Value = serde_json::from_slice(&text(&line.number, "wamid.Z", "Hello")).unwrap();
    // Rightly signed webhooks with one value replaced by anything, at every depth.
    let odd = [
        Value::Null,
        json!(-1),
        json!(1e300),
        json!(""),
        json!("\u{0}\u{202e}"),
        json!([]),
        json!([[[]]]),
        json!({"a": {}}),
        json!(true),
        json!("9".repeat(400)),
    ];
    let mut pointers = Vec::new();
    collect(&template, String::new(), &mut pointers);
    for pointer in &pointers {
        for value in &odd {
            let mut body = template.clone();
            *body.pointer_mut(pointer).unwrap() = value.clone();
            let bytes = serde_json::to_vec(&body).unwrap();
            assert_eq!(fixture.graph.deliver_raw(&line.number, bytes).await, Ok(200), "{pointer} {value}");
        }
    }
    for bytes in values(&proptest::collection::vec(any::<u8>(), 0..300), 150) {
        assert_eq!(fixture.graph.deliver_raw(&line.number, bytes.clone()).await, Ok(200), "{bytes:?}");
    }
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(fixture.graph.deliver_raw(&line.number, deep.clone()).await, Ok(200));
    fixture.work().await;

    // The API, with any bytes as body, id and query.
    let bodies = values(&proptest::collection::vec(any::<u8>(), 0..200), 12);
    let words = values(&"\\PC{0,40}", 12);
    for route in ROUTES.iter().filter(|route| route.name != "events") {
        let path = route.path.replace("{contact}", contact).replace("{conversation}", conversation);
        for (bytes, word) in bodies.iter().zip(&words) {
            let encoded: String = word.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let id = if encoded.is_empty() { "-" } else { encoded.as_str() };
            let mut path = path.clone();
            while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
                path.replace_range(from..=to, id);
            }
            let query: String =
                route.query().iter().map(|name| format!("{name}={encoded}&")).collect::<String>();
            let request = fixture
                .http
                .request(route.method.as_str().parse().unwrap(), format!("{}{path}?{query}", fixture.origin))
                .bearer_auth(&seat.key)
                .header("content-type", "application/json")
                .header("idempotency-key", "k")
                .header("range", "bytes=9-2")
                .body(bytes.clone());
            let answer = answer(request).await;
            assert!(answer.status < 500, "{} {path}?{query}: {}", route.name, answer.status);
        }
        if route.sample.is_some() {
            let request = fixture
                .http
                .request(route.method.as_str().parse().unwrap(), format!("{}{path}", fixture.origin))
                .bearer_auth(&seat.key)
                .header("content-type", "application/json")
                .body(deep.clone());
            assert!(answer(request).await.status < 500);
        }
    }
    // It stands as it stood.
    fixture.writes(&line, &asha(), "Still there?").await;
    let all = fixture.list(&seat, "/v1/conversations").await;
    assert!(all.iter().any(|one| one["last"]["text"] == "Still there?"));
}

fn collect(value: &Value, pointer: String, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, item) in fields {
                collect(item, format!("{pointer}/{name}"), all);
            }
        }
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                collect(item, format!("{pointer}/{place}"), all);
            }
        }
        _ => {}
    }
    all.push(pointer);
}

/// A shop over a store that can be told to fail.
async fn ill_shop() -> (Fixture, Seat, Line, Arc<Faulty<dyn dialzio_core::Store>>) {
    let clock = Arc::new(ManualClock::at(at(NOON)));
    let folder = tempfile::tempdir().unwrap();
    let store = fresh_store(Arc::clone(&clock) as Arc<dyn Clock>, folder.path()).await;
    let faulty: Arc<Faulty<dyn dialzio_core::Store>> = Arc::new(Faulty::new(store));
    let fixture = Fixture::over(Arc::clone(&faulty) as Arc<dyn dialzio_core::Store>, clock, folder).await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.work().await;
    (fixture, seat, line, faulty)
}

#[tokio::test]
async fn a_webhook_is_not_acknowledged_while_the_store_fails() {
    let (fixture, seat, line, store) = ill_shop().await;
    let faults = [Fault::Fails(StoreError::Full), Fault::Loses(StoreError::Full)];
    let mut taken = 0;
    for (kind, fault) in faults.iter().enumerate() {
        for n in 1..=8 {
            let body = text(&line.number, &format!("wamid.{kind}.{n}"), &format!("Message {kind} {n}"));
            let signature = fixture.graph.signature(&line.number, &body).unwrap();
            let before = store.count(Calls::Any);
            store.at(Calls::Any, n, fault.clone());
            let ill = post(&fixture, &line, body.clone(), &[&signature]).await;
            let asked = store.count(Calls::Any) - before;
            // Use up a fault that this webhook did not come to.
            for _ in asked..n {
                let _ = fixture.crm.ledger().newest_event(&seat.owner).await;
            }
            if asked >= n {
                assert_eq!(ill.status, 503, "call {n}");
                assert_eq!(ill.headers["retry-after"], "5");
                assert!(ill.bytes.is_empty());
            } else {
                assert_eq!(ill.status, 200);
            }
            assert_eq!(post(&fixture, &line, body, &[&signature]).await.status, 200);
            taken += 1;
        }
    }
    fixture.work().await;
    let conversation = fixture.only_conversation(&seat).await;
    let path = format!("/v1/conversations/{}/messages", conversation["id"].as_str().unwrap());
    assert_eq!(fixture.list(&seat, &path).await.len(), taken);
    assert_eq!(conversation["unread"], taken);
}

#[tokio::test]
async fn a_send_is_not_acknowledged_while_the_store_fails_and_never_doubled() {
    let (fixture, seat, line, store) = ill_shop().await;
    fixture.writes(&line, &asha(), "Hello").await;
    let conversation = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
    let mut sent = Vec::new();
    for (kind, fault) in
        [Fault::Fails(StoreError::Unavailable), Fault::Loses(StoreError::Full)].into_iter().enumerate()
    {
        for n in 1..=10 {
            let (key, body) = (format!("k{kind}-{n}"), json!({"text": format!("Answer {kind} {n}")}));
            let before = store.count(Calls::Any);
            store.at(Calls::Any, n, fault.clone());
            let ill = fixture.send(&seat, &conversation, &key, &body).await;
            let asked = store.count(Calls::Any) - before;
            for _ in asked..n {
                let _ = fixture.crm.ledger().newest_event(&seat.owner).await;
            }
            if asked >= n {
                // A full disk takes longer to mend.
                assert_eq!(ill.headers["retry-after"], ["2", "60"][kind], "call {n}");
                ill.problem(503);
            } else {
                ill.is(202);
            }
            sent.push(fixture.send(&seat, &conversation, &key, &body).await.is(202).id());
        }
    }
    fixture.work().await;
    let path = format!("/v1/conversations/{conversation}/messages");
    assert_eq!(fixture.list(&seat, &path).await.len(), sent.len() + 1);
    for id in &sent {
        assert_eq!(fixture.times_sent(id), 1);
    }
    assert_eq!(fixture.graph.sends_by_opaque_id().len(), sent.len());
}

#[tokio::test]
async fn a_worker_over_a_failing_store_sends_nothing_twice() {
    for fault in [Fault::Fails(StoreError::Unavailable), Fault::Loses(StoreError::Unavailable)] {
        let (fixture, seat, line, store) = ill_shop().await;
        fixture.writes(&line, &asha(), "Hello").await;
        let conversation = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
        for n in 1..=14 {
            let body = json!({"text": format!("Answer {n}")});
            let id = fixture.send(&seat, &conversation, &format!("k{n}"), &body).await.is(202).id();
            store.at(Calls::Any, n, fault.clone());
            let _ = fixture.crm.worker().run_once().await;
            for _ in 0..n {
                let _ = fixture.crm.ledger().newest_event(&seat.owner).await;
            }
            // What the fault left behind is taken up after the lease has run out, or after a restart.
            fixture.clock.advance(TimeDelta::minutes(2));
            fixture.crm.worker().recover().await.unwrap();
            fixture.work().await;
            let times = fixture.times_sent(&id);
            let status =
                fixture.get(&seat, &format!("/v1/messages/{id}")).await.is(200).json["status"].clone();
            assert!(times <= 1, "call {n}: sent {times} times");
            assert!(
                times == 1 && status == "delivered" || times == 0 && status == "unknown",
                "call {n}: {times} {status}"
            );
        }
    }
}
