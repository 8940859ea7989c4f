//! What narrows and orders the conversations of the API.

use serde_json::{Value, json};

use crate::fixture::{Fixture, Seat, asha};

async fn listed(fixture: &Fixture, seat: &Seat, query: &str) -> Vec<String> {
    let list = fixture.get(seat, &format!("/v1/conversations?{query}")).await.is(200).json;
    let id = |talk: &Value| talk["id"].as_str().unwrap().to_owned();
    list["data"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn conversations_are_narrowed_and_ordered_and_what_cannot_be_read_is_named() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200301").await;
    fixture.writes(&line, &asha(), "Is my order ready?").await;
    let talk = fixture.only_conversation(&seat).await;
    let (id, account) = (talk["id"].as_str().unwrap().to_owned(), talk["account"].as_str().unwrap());
    assert!(talk["waiting_since"].is_string());
    assert_eq!(talk["last_failed"], json!(false));
    for (query, is_found) in [
        (format!("account={account}"), true),
        ("account=01a2b3c4-0000-7000-8000-000000000001".to_owned(), false),
        ("stage=new".to_owned(), true),
        ("stage=customer".to_owned(), false),
        ("unread=true".to_owned(), true),
        ("unread=false".to_owned(), true),
        ("failed=true".to_owned(), false),
        ("tag=vip".to_owned(), false),
        ("order=waiting".to_owned(), true),
        ("order=latest".to_owned(), true),
        (format!("q=asha&account={account}&unread=true&stage=new"), true),
        ("q=asha&failed=true".to_owned(), false),
    ] {
        let wanted = if is_found { vec![id.clone()] } else { Vec::new() };
        assert_eq!(listed(&fixture, &seat, &query).await, wanted, "{query}");
    }
    for (query, field) in [
        ("account=x", "/account"),
        ("stage=emperor", "/stage"),
        ("tag=", "/tag"),
        ("unread=1", "/unread"),
        ("failed=yes", "/failed"),
        ("order=random", "/order"),
        ("q=asha&order=waiting", "/order"),
        ("q=asha&assignee=me", "/assignee"),
    ] {
        let refused = fixture.get(&seat, &format!("/v1/conversations?{query}")).await.is(422).json;
        assert_eq!(refused["code"], "input.invalid", "{query}");
        assert_eq!(refused["errors"][0]["pointer"], field, "{query}");
    }
}
