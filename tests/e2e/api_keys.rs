//! API keys from outside: from which addresses they work, and when they were used last.

use dialzio_core::Role;
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::time::Duration;

use crate::fixture::{Answer, Fixture, Seat, answer};
use crate::presence::member;

/// A server that believes no proxy: the address of a request is that of its connection.
async fn without_proxy() -> Fixture {
    let no_proxy = |mut options: dialzio_http::Options| {
        options.proxies.clear();
        options
    };
    Fixture::start_beside(axum::Router::new(), "", no_proxy).await
}

/// A key that may be used from these addresses alone: its id and its secret.
async fn limited(fixture: &Fixture, seat: &Seat, from: &[&str]) -> (String, String) {
    let new = json!({"name": "Till", "permissions": ["contacts.read", "events.read"], "allowed_from": from});
    let made = fixture.post(seat, "/v1/keys", new).await.is(201);
    (made.id(), made.json["api_key"].as_str().unwrap().to_owned())
}

/// What a key gets, asked with what a proxy says of the address.
async fn asked(fixture: &Fixture, key: &str, forwarded: Option<&str>) -> Answer {
    let mut request = fixture.http.get(format!("{}/v1/contacts", fixture.origin)).bearer_auth(key);
    if let Some(forwarded) = forwarded {
        request = request.header("x-forwarded-for", forwarded);
    }
    answer(request).await
}

#[track_caller]
fn refused(answer: Answer, list: &str) {
    let text = String::from_utf8_lossy(&answer.bytes).into_owned();
    assert_eq!(answer.problem(403), "access.address_refused");
    assert!(!text.contains(list), "the answer says what is allowed: {text}");
}

#[tokio::test]
async fn a_key_works_from_its_addresses_alone_and_a_changed_list_counts_at_once() {
    let fixture = without_proxy().await;
    let seat = fixture.found("Green Leaf").await;
    let (id, key) = limited(&fixture, &seat, &["127.0.0.1"]).await;
    asked(&fixture, &key, None).await.is(200);
    let (_, elsewhere) = limited(&fixture, &seat, &["192.0.2.0/24"]).await;
    refused(asked(&fixture, &elsewhere, None).await, "192.0.2");
    // Who is no trusted proxy says nothing about the address.
    refused(asked(&fixture, &elsewhere, Some("192.0.2.7")).await, "192.0.2");

    let path = format!("/v1/keys/{id}");
    let list = ["2001:db8::/32", "192.0.2.0/24"];
    let changed = fixture.patch(&seat, &path, json!({"allowed_from": list, "revision": 1})).await.is(200);
    assert_eq!(changed.json["allowed_from"], json!(["192.0.2.0/24", "2001:db8::/32"]));
    assert_eq!((&changed.json["name"], &changed.json["revision"]), (&json!("Till"), &json!(2)));
    refused(asked(&fixture, &key, None).await, "2001:db8");
    let stale = fixture.patch(&seat, &path, json!({"allowed_from": [], "revision": 1})).await;
    assert_eq!(stale.json["present"]["allowed_from"], changed.json["allowed_from"]);
    assert_eq!(stale.problem(412), "api_key.stale");
    refused(asked(&fixture, &key, None).await, "2001:db8");
    // The new key in its place works from the same addresses.
    let next = fixture.post(&seat, &format!("{path}/rotation"), json!({"overlap_hours": 1})).await.is(201);
    refused(asked(&fixture, next.json["api_key"].as_str().unwrap(), None).await, "2001:db8");
    fixture.patch(&seat, &path, json!({"allowed_from": [], "name": "Website"})).await.is(200);
    asked(&fixture, &key, None).await.is(200);
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_address_that_it_names_counts() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let (id, key) = limited(&fixture, &seat, &["192.0.2.0/24", "2001:db8:1:2::5"]).await;
    for allowed in ["192.0.2.7", "203.0.113.9, 192.0.2.8", "::ffff:192.0.2.9", "[2001:db8:1:2::5]:4711"] {
        asked(&fixture, &key, Some(allowed)).await.is(200);
    }
    // Limits are kept by the network of an IPv6 address, a list by the whole address.
    for other in ["203.0.113.9", "192.0.2.7, 203.0.113.9", "2001:db8:1:2::6", "unknown"] {
        refused(asked(&fixture, &key, Some(other)).await, "192.0.2.0");
    }
    // A proxy that names nobody: the address is not known.
    refused(asked(&fixture, &key, None).await, "192.0.2");
    let found = fixture.get(&seat, "/v1/audit/search?action=key.refused").await.is(200).json;
    let entries = found["data"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "once a minute: {found}");
    assert_eq!((&entries[0]["subject"], &entries[0]["origin"]), (&json!(id), &json!("203.0.113.0/24")));
    assert_eq!(entries[0]["principal"], format!("key:{id}"));
}

#[tokio::test]
async fn a_list_that_cannot_be_used_is_refused_with_what_would_be_right() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let many: Vec<_> = (0..21).map(|last| format!("192.0.2.{last}")).collect();
    let (id, key) = limited(&fixture, &seat, &[]).await;
    for (list, said) in [
        (json!(["10.0.0.1", "10.1.2.3/8"]), "place 2 an address inside a network: write 10.0.0.0/8"),
        (json!(["shop.example"]), "place 1 neither an address, such as 192.0.2.7"),
        (json!(many), "more than 20 entries"),
    ] {
        let new = json!({"name": "Till", "permissions": ["contacts.read"], "allowed_from": list});
        let made = fixture.post(&seat, "/v1/keys", new).await;
        let changed = fixture.patch(&seat, &format!("/v1/keys/{id}"), json!({"allowed_from": list})).await;
        for answer in [made, changed] {
            assert_eq!(answer.json["errors"][0]["pointer"], "/allowed_from");
            let detail = answer.json["errors"][0]["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains(said), "{detail}");
            assert_eq!(answer.problem(422), "input.invalid");
        }
    }
    asked(&fixture, &key, None).await.is(200);
}

#[tokio::test]
async fn the_last_use_of_a_key_is_shown_to_the_minute_with_its_network() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let asha = member(&fixture, &seat, "Asha", Role::Admin).await;
    let (id, key) = limited(&fixture, &seat, &[]).await;
    let path = format!("/v1/keys/{id}");
    let listed = async || {
        let all = fixture.list(&seat, "/v1/keys").await;
        let listed = all.into_iter().find(|key| key["id"] == *id).unwrap();
        assert_eq!(fixture.get(&seat, &path).await.is(200).json, listed);
        (listed["last_used"].clone(), listed["revision"].clone())
    };
    let page = async || {
        let read = fixture.http.get(format!("{}/settings/api-keys", fixture.origin)).header("cookie", &asha);
        String::from_utf8(answer(read).await.is(200).bytes.to_vec()).unwrap()
    };
    assert_eq!(listed().await, (Value::Null, json!(1)));
    assert!(page().await.contains("Never used"));
    fixture.clock.advance(chrono::TimeDelta::seconds(90));
    asked(&fixture, &key, Some("203.0.113.77")).await.is(200);
    let used = json!({"at": "2026-11-23T06:31:00Z", "network": "203.0.113.0/24"});
    assert_eq!(listed().await, (used.clone(), json!(1)));
    // Within the minute nothing is written.
    asked(&fixture, &key, Some("198.51.100.1")).await.is(200);
    assert_eq!(listed().await, (used, json!(1)));
    let page = page().await;
    assert!(page.contains("from 203.0.113.0/24") && !page.contains("203.0.113.77"), "{page}");
}

/// A stream that is open ends when the list no longer allows the address that it was opened from.
#[tokio::test]
async fn a_stream_ends_once_its_key_may_not_be_used_from_there_any_more() {
    let fixture = without_proxy().await;
    let seat = fixture.found("Green Leaf").await;
    let (id, key) = limited(&fixture, &seat, &["127.0.0.0/8"]).await;
    let stream = fixture.http.get(format!("{}/v1/events", fixture.origin)).bearer_auth(&key);
    let mut stream = stream.send().await.unwrap().error_for_status().unwrap().bytes_stream();
    let list = json!({"allowed_from": ["192.0.2.7"]});
    fixture.patch(&seat, &format!("/v1/keys/{id}"), list).await.is(200);
    let ended = async { while stream.next().await.is_some_and(|part| part.is_ok()) {} };
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("the stream ends");
}
