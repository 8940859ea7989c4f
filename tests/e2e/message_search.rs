//! Finding what was said: over the API and in the inbox.

use dialzio_core::Role;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Seat, answer, asha};
use crate::presence::member;

async fn found(fixture: &Fixture, seat: &Seat, query: &str) -> Vec<Value> {
    fixture.list(seat, &format!("/v1/messages?{query}")).await
}

fn texts(found: &[Value]) -> Vec<&str> {
    found.iter().map(|one| one["message"]["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn messages_are_found_by_what_was_said_with_their_conversation() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.writes(&line, &asha(), "Do you have a blue Monstera?").await;
    let talk = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
    let body = json!({"text": "The Monstera costs 450"});
    fixture.send(&seat, &talk, "one", &body).await.is(202);
    let both = found(&fixture, &seat, "q=monst").await;
    assert_eq!(texts(&both), ["The Monstera costs 450", "Do you have a blue Monstera?"]);
    assert_eq!(both[0]["conversation"]["id"], talk.as_str());
    assert_eq!(texts(&found(&fixture, &seat, "q=monstera+450").await), ["The Monstera costs 450"]);
    assert_eq!(found(&fixture, &seat, &format!("q=blue&conversation={talk}")).await.len(), 1);
    assert!(found(&fixture, &seat, &format!("q=blue&account={talk}")).await.is_empty());
    assert!(found(&fixture, &seat, "q=%25").await.is_empty());
    let other = fixture.found("Red Leaf").await;
    assert!(found(&fixture, &other, "q=monstera").await.is_empty());
    for (query, field) in
        [("", "/q"), ("q=", "/q"), ("q=a&account=1", "/account"), ("q=a&conversation=x", "/conversation")]
    {
        let problem = fixture.get(&seat, &format!("/v1/messages?{query}")).await.is(422);
        let value: Value = serde_json::from_slice(&problem.bytes).unwrap();
        assert_eq!(value["errors"][0]["pointer"], field, "{query}");
    }
}

#[tokio::test]
async fn the_inbox_shows_what_was_said_below_the_people_and_opens_it_there() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.writes(&line, &asha(), "Do you have a blue Monstera <b>today</b>?").await;
    for number in 0..60 {
        fixture.writes(&line, &asha(), &format!("Message {number}")).await;
    }
    let cookie = member(&fixture, &seat, "Ravi", Role::Agent).await;
    let page = async |path: &str| {
        let read = answer(fixture.http.get(format!("{}{path}", fixture.origin)).header("cookie", &cookie));
        String::from_utf8(read.await.is(200).bytes.to_vec()).unwrap()
    };
    let list = page("/web/inbox/queue?q=monstera+blue").await;
    assert!(list.contains("<mark>blue</mark> <mark>Monstera</mark> &#60;b&#62;today"), "{list}");
    let id = list.split("data-at=\"").nth(1).unwrap().split('"').next().unwrap();
    let talk = list.split("data-conversation=\"").nth(1).unwrap().split('"').next().unwrap();
    // It is older than the latest stretch, which reaches back to it.
    let thread = page(&format!("/inbox/{talk}")).await;
    assert!(!thread.contains(&format!("id=\"item-{id}\"")));
    let thread = page(&format!("/inbox/{talk}?at={id}")).await;
    assert!(thread.contains(&format!("id=\"item-{id}\"")) && thread.contains(&format!("data-at=\"{id}\"")));
    assert!(page("/web/inbox/queue?q=nothing+of+it").await.contains("Nothing matches."));
}
