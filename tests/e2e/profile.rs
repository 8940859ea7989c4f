//! What members change about themselves: their name, their password, their sessions.

use std::time::{Duration, Instant};

use dialzio_core::text::EmailAddress;
use dialzio_core::{Permission, Role};
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Seat, answer};
use crate::presence::member;

const PASSWORD: &str = "seven brown otters swim upstream 7";
const NEW: &str = "staple battery horse correct 8";

/// Asks as a browser does, with a session.
async fn ask(fixture: &Fixture, cookie: &str, method: &str, path: &str, body: Value) -> Answer {
    let request = fixture.http.request(method.parse().unwrap(), format!("{}{path}", fixture.origin));
    let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
    let request = request.header("x-dialzio-request", "1").header("user-agent", "Mozilla/5.0 Firefox/132.0");
    answer(if body.is_null() { request } else { request.json(&body) }).await
}

/// Another session of the same member.
async fn signs_in(fixture: &Fixture, name: &str, password: &str) -> Option<String> {
    let email = EmailAddress::parse(&format!("{}@example.com", name.to_lowercase())).unwrap();
    let signed_in = fixture.crm.access().sign_in(&email, &password.to_owned().into()).await.ok()?.done()?;
    Some(format!("__Host-dialzio_session={}", signed_in.token.reveal()))
}

async fn shop(fixture: &Fixture) -> (Seat, String) {
    let seat = fixture.found("Green Leaf").await;
    let ravi = member(fixture, &seat, "Ravi", Role::Agent).await;
    (seat, ravi)
}

fn renewed(answer: &Answer) -> String {
    let set = answer.headers["set-cookie"].to_str().unwrap();
    assert!(set.contains("HttpOnly") && set.contains("Secure") && set.contains("SameSite=Lax"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_member_changes_their_own_name_and_a_key_has_none() {
    let fixture = Fixture::start().await;
    let (seat, ravi) = shop(&fixture).await;
    let me = ask(&fixture, &ravi, "PATCH", "/v1/me", json!({"name": "Ravi Kumar"})).await.is(200);
    assert_eq!(me.json["name"], "Ravi Kumar");
    assert_eq!(fixture.list(&seat, "/v1/members").await[0]["name"], "Ravi Kumar");
    assert_eq!(ask(&fixture, &ravi, "GET", "/v1/me", Value::Null).await.is(200).json["name"], "Ravi Kumar");
    ask(&fixture, &ravi, "PATCH", "/v1/me", json!({"name": " "})).await.problem(422);
    let key = fixture.get(&seat, "/v1/me").await.is(200);
    assert_eq!(key.json["name"], Value::Null);
    fixture.patch(&seat, "/v1/me", json!({"name": "Key"})).await.problem(422);
    assert!(fixture.list(&seat, "/v1/me/sessions").await.is_empty());
    let audit = fixture.list(&seat, "/v1/audit").await;
    assert_eq!(audit.last().unwrap()["action"], "member.changed");
}

#[tokio::test]
async fn a_changed_password_ends_all_sessions_but_gives_this_one_a_new_id() {
    let fixture = Fixture::start().await;
    let (seat, ravi) = shop(&fixture).await;
    let other = signs_in(&fixture, "Ravi", PASSWORD).await.unwrap();
    let change = json!({"current": PASSWORD, "password": NEW});
    let changed = ask(&fixture, &ravi, "PUT", "/v1/me/password", change).await.is(204);
    let now = renewed(&changed);
    assert_ne!(now, ravi, "the session that asked has another id");
    for gone in [&ravi, &other] {
        ask(&fixture, gone, "GET", "/v1/me", Value::Null).await.problem(401);
    }
    ask(&fixture, &now, "GET", "/v1/me", Value::Null).await.is(200);
    assert!(signs_in(&fixture, "Ravi", PASSWORD).await.is_none());
    assert!(signs_in(&fixture, "Ravi", NEW).await.is_some());
    let audit = fixture.list(&seat, "/v1/audit").await;
    assert!(audit.iter().any(|entry| entry["action"] == "password.changed"));
}

#[tokio::test]
async fn a_password_is_refused_at_its_field_and_wrong_ones_are_counted() {
    let fixture = Fixture::start().await;
    let (_, ravi) = shop(&fixture).await;
    let change = async |current: &str, new: &str| {
        let body = json!({"current": current, "password": new});
        ask(&fixture, &ravi, "PUT", "/v1/me/password", body).await
    };
    let at = |answer: &Answer| answer.json["errors"][0]["pointer"].as_str().unwrap().to_owned();
    for _ in 0..7 {
        let refused = change(PASSWORD, "passwordpassword1").await;
        assert_eq!((refused.status, at(&refused).as_str()), (422, "/password"), "{refused:?}");
    }
    for _ in 0..5 {
        let refused = change("wrong horse battery staple 7", NEW).await;
        assert_eq!((refused.status, at(&refused).as_str()), (422, "/current"), "{refused:?}");
    }
    let refused = change(PASSWORD, NEW).await;
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(refused.problem(429), "access.too_many_attempts");
    ask(&fixture, &ravi, "GET", "/v1/me", Value::Null).await.is(200);
    fixture.clock.advance(chrono::TimeDelta::minutes(2));
    change(PASSWORD, NEW).await.is(204);
}

#[tokio::test]
async fn sessions_are_listed_with_their_browser_and_ended() {
    let fixture = Fixture::start().await;
    let (seat, ravi) = shop(&fixture).await;
    let meera = member(&fixture, &seat, "Meera", Role::Agent).await;
    let body = "email=ravi%40example.com&password=seven+brown+otters+swim+upstream+7";
    let form = fixture.http.post(format!("{}/web/sign-in", fixture.origin)).body(body);
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let form = form.header("user-agent", "Mozilla/5.0 Chrome/131.0.0.0 Safari/537.36 Edg/131.0");
    let form = form.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
    let edge = renewed(&answer(form).await.is(200));
    let third = signs_in(&fixture, "Ravi", PASSWORD).await.unwrap();

    let list = async |cookie: &str| {
        let answer = ask(&fixture, cookie, "GET", "/v1/me/sessions", Value::Null).await.is(200);
        answer.json["data"].as_array().unwrap().clone()
    };
    let sessions = list(&ravi).await;
    assert_eq!(sessions.len(), 3);
    assert_eq!(sessions.iter().filter(|session| session["current"] == true).count(), 1);
    let by_edge = sessions.iter().find(|session| session["browser"] == "edge").unwrap();
    let path = format!("/v1/me/sessions/{}", by_edge["id"].as_str().unwrap());
    ask(&fixture, &meera, "DELETE", &path, Value::Null).await.problem(404);
    ask(&fixture, &ravi, "DELETE", &path, Value::Null).await.is(204);
    ask(&fixture, &ravi, "DELETE", &path, Value::Null).await.problem(404);
    ask(&fixture, &edge, "GET", "/v1/me", Value::Null).await.problem(401);
    ask(&fixture, &ravi, "DELETE", "/v1/me/sessions", Value::Null).await.is(204);
    ask(&fixture, &third, "GET", "/v1/me", Value::Null).await.problem(401);
    assert_eq!(list(&ravi).await.len(), 1);
    assert_eq!(list(&meera).await.len(), 1, "nobody else's");
    // What has gone unused for an hour lets nobody in and is not listed.
    let idle = signs_in(&fixture, "Ravi", PASSWORD).await.unwrap();
    fixture.clock.advance(chrono::TimeDelta::minutes(40));
    assert_eq!(list(&ravi).await.len(), 2);
    fixture.clock.advance(chrono::TimeDelta::minutes(30));
    assert_eq!(list(&ravi).await.len(), 1);
    ask(&fixture, &idle, "GET", "/v1/me", Value::Null).await.problem(401);
}

#[tokio::test]
async fn a_session_ends_for_want_of_use_although_its_page_stays_open() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let open = member(&fixture, &seat, "Ravi", Role::Agent).await;
    let by_itself = async |name: &str, value: &str| {
        let request = fixture.http.get(format!("{}/v1/me", fixture.origin));
        answer(request.header("cookie", &open).header(name, value)).await.status
    };
    for _ in 0..3 {
        fixture.clock.advance(chrono::TimeDelta::minutes(19));
        assert_eq!(by_itself("x-dialzio-unattended", "1").await, 200);
        assert_eq!(by_itself("accept", "text/event-stream").await, 200);
    }
    fixture.clock.advance(chrono::TimeDelta::minutes(4));
    assert_eq!(by_itself("x-dialzio-unattended", "1").await, 401, "61 minutes without an act");

    let used = signs_in(&fixture, "Ravi", PASSWORD).await.unwrap();
    for _ in 0..3 {
        fixture.clock.advance(chrono::TimeDelta::minutes(40));
        ask(&fixture, &used, "GET", "/v1/me", Value::Null).await.is(200);
    }
}

#[tokio::test]
async fn a_session_that_is_ended_elsewhere_loses_its_streams_within_five_seconds() {
    let fixture = Fixture::start().await;
    let (seat, ravi) = shop(&fixture).await;
    let other = signs_in(&fixture, "Ravi", PASSWORD).await.unwrap();
    let open = async |path: &str| {
        let request = fixture.http.get(format!("{}{path}", fixture.origin)).header("cookie", &other);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.bytes_stream()
    };
    let mut streams = [open("/v1/events").await, open("/web/events").await];
    // An event late in the time between two checks does not put the next one off.
    tokio::time::sleep(Duration::from_secs(3)).await;
    ask(&fixture, &ravi, "DELETE", "/v1/me/sessions", Value::Null).await.is(204);
    let begun = Instant::now();
    fixture.post(&seat, "/v1/contacts", json!({"name": "Asha"})).await.is(201);
    for stream in &mut streams {
        while stream.next().await.is_some_and(|part| part.is_ok()) {}
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_key_with_all_permissions_is_no_member() {
    let fixture = Fixture::start().await;
    let (seat, _) = shop(&fixture).await;
    let key = fixture.key(&seat.owner, Permission::ALL).await;
    let change = json!({"current": PASSWORD, "password": NEW});
    fixture.call(Some(&key), "PUT", "/v1/me/password", &change).await.problem(422);
    fixture.call(Some(&key), "DELETE", "/v1/me/sessions", &Value::Null).await.problem(422);
}
