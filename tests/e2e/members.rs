//! Members as a client and the pages see them: what they are, that they leave, and who is invited.

use std::time::{Duration, Instant};

use dialzio_core::Role;
use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::fixture::{Fixture, answer, asha};
use crate::presence::member;

fn named<'a>(members: &'a [Value], name: &str) -> &'a Value {
    members.iter().find(|member| member["name"] == name).unwrap()
}

#[tokio::test]
async fn a_member_who_is_deactivated_loses_streams_within_five_seconds_and_hands_conversations_over() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.writes(&line, &asha(), "Is my order ready?").await;
    let ravi = member(&fixture, &seat, "Ravi", Role::Agent).await;
    member(&fixture, &seat, "Meera", Role::Agent).await;
    let members = fixture.list(&seat, "/v1/members").await;
    let (leaving, heir) = (named(&members, "Ravi"), named(&members, "Meera"));
    assert_eq!(leaving["email"], "ravi@example.com");
    let talk = fixture.only_conversation(&seat).await;
    let talk = format!("/v1/conversations/{}", talk["id"].as_str().unwrap());
    fixture.patch(&seat, &talk, json!({"assignee": leaving["id"]})).await.is(200);

    let mut streams = Vec::new();
    for path in ["/v1/events", "/web/events"] {
        let request = fixture.http.get(format!("{}{path}", fixture.origin)).header("cookie", &ravi);
        streams.push(request.send().await.unwrap().bytes_stream());
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let path = format!("/v1/members/{}", leaving["id"].as_str().unwrap());
    let body = json!({"hand_over_to": heir["id"]});
    let gone = fixture.post(&seat, &format!("{path}/deactivation"), body).await.is(200).json;
    let begun = Instant::now();
    assert_eq!((&gone["member"]["state"], &gone["conversations"]), (&json!("disabled"), &json!(1)));
    for stream in &mut streams {
        while stream.next().await.is_some_and(|part| part.is_ok()) {}
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let request = fixture.http.get(format!("{}/v1/me", fixture.origin)).header("cookie", &ravi);
    answer(request).await.problem(401);
    assert_eq!(fixture.get(&seat, &talk).await.json["assignee"], heir["id"]);
    let activity = fixture.list(&seat, &format!("{talk}/activity")).await;
    assert_eq!((&activity[0]["what"], &activity[0]["member"]), (&json!("assigned"), &heir["id"]));
    // Nothing is assigned to them any more, until they are active again.
    fixture.patch(&seat, &talk, json!({"assignee": leaving["id"]})).await.problem(404);
    fixture.post(&seat, &format!("{path}/activation"), Value::Null).await.is(200);
    fixture.patch(&seat, &talk, json!({"assignee": leaving["id"]})).await.is(200);
}

#[tokio::test]
async fn addresses_and_last_use_are_shown_to_those_who_manage_members() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let ravi = member(&fixture, &seat, "Ravi", Role::Agent).await;
    fixture.clock.advance(chrono::TimeDelta::minutes(2));
    let request = fixture.http.get(format!("{}/v1/members", fixture.origin)).header("cookie", &ravi);
    let seen = answer(request).await.is(200).json;
    assert_eq!((&seen["data"][0]["email"], &seen["data"][0]["last_active_at"]), (&Value::Null, &Value::Null));
    let known = fixture.list(&seat, "/v1/members").await;
    assert_eq!(known[0]["email"], "ravi@example.com");
    let seen_at = known[0]["last_active_at"].as_str().unwrap();
    let seen_at = chrono::DateTime::parse_from_rfc3339(seen_at).unwrap();
    assert_eq!(seen_at.timestamp(), dialzio_core::Clock::now(&*fixture.clock).timestamp());
}

#[tokio::test]
async fn invitations_are_listed_renewed_and_revoked() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let invited = json!({"email": "ravi@example.com", "role": "agent"});
    let first = fixture.post(&seat, "/v1/members", invited).await.is(201).json["setup_url"].clone();
    let open = fixture.list(&seat, "/v1/invitations").await;
    assert_eq!(
        (open.len(), &open[0]["email"], &open[0]["role"]),
        (1, &json!("ravi@example.com"), &json!("agent"))
    );
    let path = format!("/v1/invitations/{}", open[0]["id"].as_str().unwrap());
    let second = fixture.post(&seat, &format!("{path}/renewal"), Value::Null).await.is(201);
    assert_ne!(second.json["setup_url"], first);
    fixture.post(&seat, &format!("{path}/renewal"), Value::Null).await.problem(404);
    let open = fixture.list(&seat, "/v1/invitations").await;
    let path = format!("/v1/invitations/{}", open[0]["id"].as_str().unwrap());
    fixture.call(Some(&seat.key), "DELETE", &path, &Value::Null).await.is(204);
    assert!(fixture.list(&seat, "/v1/invitations").await.is_empty());
    let above = json!({"email": "boss@example.com", "role": "owner"});
    let refused = fixture.post(&seat, "/v1/members", above).await;
    assert_eq!(refused.json["errors"][0]["pointer"], "/role", "a key makes no owner: {refused:?}");
}
