//! Saved views over the API: each member's own and the shared ones, typed by list, under their revision.

use dialzio_core::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, answer};
use crate::presence::member;

const LIST: &str = "/v1/saved-views";

async fn ask(fixture: &Fixture, cookie: &str, method: Method, path: &str, body: Value) -> Answer {
    let request = fixture.http.request(method, format!("{}{path}", fixture.origin));
    let request = request.header("cookie", cookie).header("x-dialzio-request", "1");
    answer(request.header("sec-fetch-site", "same-origin").json(&body)).await
}

async fn names(fixture: &Fixture, cookie: &str) -> Vec<Value> {
    let all = ask(fixture, cookie, Method::GET, LIST, Value::Null).await.is(200);
    all.json["data"].as_array().unwrap().iter().map(|view| json!([view["name"], view["own"]])).collect()
}

#[tokio::test]
async fn a_member_keeps_views_for_themselves_and_a_manager_shares_them() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let ravi = member(&fixture, &seat, "Ravi", Role::Agent).await;
    let meera = member(&fixture, &seat, "Meera", Role::Manager).await;
    let own = json!({"name": "my customers",
        "query": {"list": "contacts", "stage": "customer", "owner": "me", "columns": ["last", "stage"]}});
    let own = ask(&fixture, &ravi, Method::POST, LIST, own).await.is(201);
    assert_eq!(own.headers["etag"], "\"1\"");
    assert_eq!(own.json["shared"], false);
    assert_eq!(
        own.json["query"],
        json!({"list": "contacts", "stage": "customer", "owner": "me", "order": "name", "columns": ["stage", "last"]})
    );
    let missed = json!({"name": "Missed", "shared": true, "query": {"list": "calls", "view": "missed"}});
    assert_eq!(ask(&fixture, &ravi, Method::POST, LIST, missed.clone()).await.problem(403), "access.denied");
    let shared = ask(&fixture, &meera, Method::POST, LIST, missed).await.is(201);
    assert_eq!(names(&fixture, &ravi).await, [json!(["Missed", false]), json!(["my customers", true])]);
    assert_eq!(names(&fixture, &meera).await, [json!(["Missed", true])]);
    assert_eq!(fixture.list(&seat, LIST).await.len(), 1, "a key sees what is shared");
    let nobody = json!({"name": "A key's", "query": {"list": "inbox"}});
    assert_eq!(fixture.post(&seat, LIST, nobody).await.problem(422), "input.invalid");

    let mine = format!("{LIST}/{}", own.id());
    let theirs = format!("{LIST}/{}", shared.id());
    for method in [Method::GET, Method::PATCH, Method::DELETE] {
        let refused = ask(&fixture, &meera, method, &mine, json!({"name": "Taken"})).await;
        assert_eq!(refused.problem(404), "saved_view.not_found");
    }
    for (method, body) in [(Method::PATCH, json!({"name": "Taken"})), (Method::DELETE, json!({}))] {
        assert_eq!(ask(&fixture, &ravi, method, &theirs, body).await.problem(403), "access.denied");
    }
    let share = json!({"shared": true});
    assert_eq!(ask(&fixture, &ravi, Method::PATCH, &mine, share).await.problem(403), "access.denied");
    let other = json!({"query": {"list": "inbox"}});
    assert_eq!(ask(&fixture, &ravi, Method::PATCH, &mine, other).await.problem(422), "input.invalid");

    let renamed = json!({"name": "Customers of mine", "revision": 1});
    let changed = ask(&fixture, &ravi, Method::PATCH, &mine, renamed.clone()).await.is(200);
    assert_eq!((&changed.json["name"], &changed.json["revision"]), (&json!("Customers of mine"), &json!(2)));
    let stale = ask(&fixture, &ravi, Method::PATCH, &mine, renamed).await;
    assert_eq!(stale.json["present"]["revision"], 2);
    assert_eq!(stale.problem(412), "saved_view.stale");
    ask(&fixture, &ravi, Method::DELETE, &mine, json!({})).await.is(204);
    let gone = ask(&fixture, &ravi, Method::GET, &mine, Value::Null).await;
    assert_eq!(gone.problem(404), "saved_view.not_found");
}

#[tokio::test]
async fn a_view_is_refused_if_its_list_has_no_such_field_and_beyond_fifty() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let ravi = member(&fixture, &seat, "Ravi", Role::Viewer).await;
    for (query, field, known) in [
        (json!({"list": "contacts", "colour": "red"}), "colour", "stage, owner, tag, order and columns"),
        (json!({"list": "contacts", "q": "asha"}), "q", "stage, owner, tag, order and columns"),
        (json!({"list": "calls", "number": "+919840012345"}), "number", "disposition"),
    ] {
        let refused = ask(&fixture, &ravi, Method::POST, LIST, json!({"name": "N", "query": query})).await;
        let error = refused.json["errors"][0].clone();
        assert_eq!(refused.problem(422), "input.invalid");
        let (pointer, detail) = (error["pointer"].as_str().unwrap(), error["detail"].as_str().unwrap());
        assert!(pointer.ends_with(field) && detail.contains(known), "{error}");
    }
    for query in [json!({"list": "orders"}), json!({}), json!("stage=customer"), Value::Null] {
        let refused = ask(&fixture, &ravi, Method::POST, LIST, json!({"name": "N", "query": query})).await;
        assert_eq!(refused.problem(422), "input.invalid");
    }
    for place in 0..50 {
        let one = json!({"name": format!("View {place}"), "query": {"list": "inbox", "unread": true}});
        ask(&fixture, &ravi, Method::POST, LIST, one).await.is(201);
    }
    let more = json!({"name": "One more", "query": {"list": "inbox"}});
    let refused = ask(&fixture, &ravi, Method::POST, LIST, more).await;
    assert!(refused.json.to_string().contains("you have 50 views, delete one first"), "{}", refused.json);
    assert_eq!(refused.problem(422), "input.invalid");
}
