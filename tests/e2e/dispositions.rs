//! The list of call outcomes over the API: its order, each name once, and the revision that a change means.

use serde_json::{Value, json};

use crate::fixture::Fixture;

const LIST: &str = "/v1/dispositions";

#[tokio::test]
async fn call_outcomes_are_listed_in_order_and_changed_under_their_revision() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let start = fixture.list(&seat, LIST).await;
    let named = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let names: Vec<_> = start.iter().map(named).collect();
    assert_eq!(names, ["Interested", "Call back later", "Not interested", "No answer", "Wrong number"]);
    assert_eq!(start[3]["counts_as_reached"], json!(false));

    let new = json!({"name": "Wants a quote", "counts_as_reached": true});
    let added = fixture.post(&seat, LIST, new.clone()).await.is(201);
    assert_eq!((&added.json["position"], &added.json["archived_at"]), (&json!(6), &Value::Null));
    assert_eq!(added.headers["etag"], "\"1\"");
    let again = json!({"name": "wants a QUOTE", "counts_as_reached": false});
    assert_eq!(fixture.post(&seat, LIST, again).await.problem(409), "disposition.duplicate");
    let long = json!({"name": "o".repeat(41), "counts_as_reached": true});
    assert_eq!(fixture.post(&seat, LIST, long).await.problem(422), "input.invalid");

    let path = format!("{LIST}/{}", added.id());
    let first = json!({"position": 0, "archived": true, "revision": 1});
    let changed = fixture.patch(&seat, &path, first.clone()).await.is(200);
    assert!(changed.json["archived_at"].is_string());
    assert_eq!(changed.json["revision"], 2);
    let stale = fixture.patch(&seat, &path, first).await;
    assert_eq!(stale.json["present"]["revision"], 2);
    assert_eq!(stale.problem(412), "disposition.stale");
    let taken = fixture.patch(&seat, &path, json!({"name": "interested"})).await;
    assert_eq!(taken.problem(409), "disposition.duplicate");
    let list = fixture.list(&seat, LIST).await;
    assert_eq!((named(&list[0]).as_str(), list.len()), ("Wants a quote", 6));
    assert_eq!(fixture.get(&seat, &path).await.is(200).json, list[0]);
}
