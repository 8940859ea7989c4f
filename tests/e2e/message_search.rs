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
    assert_eq!(
        texts(&found(&fixture, &seat, "q=monst&direction=inbound").await),
        ["Do you have a blue Monstera?"]
    );
    assert!(found(&fixture, &seat, "q=monst&kind=picture").await.is_empty());
    assert_eq!(found(&fixture, &seat, "q=monst&since=2000-01-01T00:00:00Z").await.len(), 2);
    assert!(found(&fixture, &seat, "q=monst&until=2000-01-01T00:00:00Z").await.is_empty());
    let other = fixture.found("Red Leaf").await;
    assert!(found(&fixture, &other, "q=monstera").await.is_empty());
    for (query, field) in [
        ("", "/q"),
        ("q=", "/q"),
        ("q=a&account=1", "/account"),
        ("q=a&conversation=x", "/conversation"),
        ("q=a&kind=x", "/kind"),
    ] {
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

#[tokio::test]
async fn files_and_links_of_a_conversation_are_listed_by_kind_and_a_day_is_gone_to() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.writes(&line, &asha(), "See https://plants.example/blue <b>").await;
    for number in 0..220 {
        fixture.writes(&line, &asha(), &format!("Message {number}")).await;
    }
    fixture.writes(&line, &asha(), "and https://plants.example/red").await;
    let talk = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
    let shared = format!("/v1/conversations/{talk}/shared");
    let links = fixture.list(&seat, &format!("{shared}?kind=link")).await;
    let said: Vec<_> = links.iter().map(|one| one["text"].as_str().unwrap()).collect();
    assert_eq!(said, ["and https://plants.example/red", "See https://plants.example/blue <b>"]);
    let first = fixture.get(&seat, &format!("{shared}?kind=link&limit=1")).await.is(200).json;
    assert_eq!((&first["data"][0]["id"], first["data"].as_array().unwrap().len()), (&links[0]["id"], 1));
    let next = format!("{shared}?kind=link&limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(fixture.get(&seat, &next).await.is(200).json["data"][0]["id"], links[1]["id"]);
    assert!(fixture.list(&seat, &format!("{shared}?kind=document")).await.is_empty());
    assert_eq!(fixture.get(&seat, &shared).await.problem(422), "input.invalid");

    let cookie = member(&fixture, &seat, "Ravi", Role::Agent).await;
    let page = async |path: &str| {
        let request = fixture.http.get(format!("{}{path}", fixture.origin)).header("cookie", &cookie);
        answer(request.header("x-dialzio-request", "1")).await
    };
    let list = page(&format!("/web/conversations/{talk}/shared?kind=link")).await.is(200);
    let html = String::from_utf8(list.bytes.to_vec()).unwrap();
    assert!(html.contains("href=\"https://plants.example/blue\"") && !html.contains("<b>"), "{html}");
    let day = format!("/web/conversations/{talk}/day");
    let newest = page(&format!("{day}?on=2999-01-01")).await;
    let to = newest.headers["hx-redirect"].to_str().unwrap().to_owned();
    assert!(to.ends_with(&format!("inbox/{talk}?at={}", links[0]["id"].as_str().unwrap())), "{to}");
    let none = page(&format!("{day}?on=2000-01-01")).await.is(200);
    assert!(String::from_utf8(none.bytes.to_vec()).unwrap().contains("No messages on or before"));
    page(&format!("{day}?on=soon")).await.is(400);
}
