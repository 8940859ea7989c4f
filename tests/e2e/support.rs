//! Requests for help over the API and the page.

use dialzio_core::Role;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, answer};
use crate::presence::member;

const REQUESTS: &str = "/v1/support/requests";

async fn read(fixture: &Fixture, cookie: &str, path: &str) -> Answer {
    answer(fixture.http.get(format!("{}{path}", fixture.origin)).header("cookie", cookie)).await
}

async fn post(fixture: &Fixture, cookie: &str, path: &str, body: Value) -> Answer {
    let request = fixture.http.post(format!("{}{path}", fixture.origin)).header("cookie", cookie);
    let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
    answer(request.json(&body)).await
}

async fn form(fixture: &Fixture, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let request = fixture.http.post(format!("{}{path}", fixture.origin)).body(body.finish());
    let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    answer(request.header("x-dialzio-request", "1")).await
}

#[tokio::test]
async fn a_request_for_help_is_answered_and_closed() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let ravi = member(&fixture, &seat, "Ravi", Role::Agent).await;
    let mina = member(&fixture, &seat, "Mina", Role::Agent).await;
    let admin = member(&fixture, &seat, "Lena", Role::Admin).await;
    let asked = json!({"subject": "Calls are silent", "text": "Nobody hears <b>us</b>."});
    let made = post(&fixture, &ravi, REQUESTS, asked).await.is(201);
    assert_eq!(made.json["state"], "open");
    let path = format!("{REQUESTS}/{}", made.id());

    let operator = fixture.crm.operator("ticket 7").unwrap();
    let [(_, request)] = &operator.support_requests(false).await.unwrap()[..] else { panic!("one request") };
    assert_eq!(request.subject.reveal(), "Calls are silent");
    operator.answer_support(request.id, "It was a cable.".parse().unwrap()).await.unwrap();
    let thread = read(&fixture, &ravi, &path).await.is(200).json;
    assert_eq!(thread["request"]["state"], "answered");
    let texts: Vec<_> = thread["messages"].as_array().unwrap().iter().map(|one| &one["text"]).collect();
    assert_eq!(texts, ["Nobody hears <b>us</b>.", "It was a cable."]);
    assert_eq!(thread["messages"][1]["member"], Value::Null);

    // Who manages the organisation sees it, a colleague does not.
    assert_eq!(read(&fixture, &admin, REQUESTS).await.is(200).json["data"][0]["id"], made.json["id"]);
    assert_eq!(read(&fixture, &mina, REQUESTS).await.is(200).json["data"], json!([]));
    for hidden in [
        read(&fixture, &mina, &path).await,
        post(&fixture, &mina, &format!("{path}/closing"), json!({})).await,
    ] {
        assert_eq!(hidden.problem(404), "support_request.not_found");
    }

    // The page shows it as text.
    let page = format!("/help/{}", made.id());
    let shown = String::from_utf8(read(&fixture, &ravi, &page).await.is(200).bytes.to_vec()).unwrap();
    assert!(shown.contains("&#60;b&#62;us") && shown.contains("It was a cable."), "{shown}");
    read(&fixture, &mina, &page).await.is(404);
    let web = format!("/web/help/{}", made.id());
    form(&fixture, &ravi, &format!("{web}/reply"), &[("text", "Thank you.")]).await.is(200);
    assert_eq!(read(&fixture, &ravi, &path).await.json["request"]["state"], "open");
    form(&fixture, &ravi, &format!("{web}/close"), &[]).await.is(200);
    let closed = read(&fixture, &ravi, &path).await.json;
    assert_eq!(
        (&closed["request"]["state"], &closed["request"]["closed_at"].is_string()),
        (&json!("closed"), &true)
    );
    let empty = form(&fixture, &ravi, &format!("{web}/reply"), &[("text", " ")]).await;
    assert_eq!(empty.status, 400, "{}", String::from_utf8_lossy(&empty.bytes));
    let opened =
        form(&fixture, &ravi, "/web/help", &[("subject", "Another"), ("text", "Question")]).await.is(200);
    assert!(opened.headers["hx-redirect"].to_str().unwrap().contains("/help/"));
}
