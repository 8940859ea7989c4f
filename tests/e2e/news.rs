//! News of the operator over the API, the page and by mail.

use dialzio_core::Role;
use dialzio_core::news::NewsKind;
use dialzio_core::text::{NewsText, Title};
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, answer};
use crate::presence::member;

const NEWS: &str = "/v1/me/news";

impl Fixture {
    /// The operator publishes a service update; its id.
    pub(crate) async fn publishes(&self, kind: &str, title: &str) -> String {
        let (kind, title): (NewsKind, Title) = (kind.parse().unwrap(), title.parse().unwrap());
        let text: NewsText = "What it says.\nAnd more <b>of it</b>.".parse().unwrap();
        let operator = self.crm.operator("news").unwrap();
        let update = operator.publish_news(kind, title, text).await.unwrap();
        self.clock.advance(chrono::TimeDelta::seconds(1));
        update.id.to_string()
    }
}

async fn read(fixture: &Fixture, cookie: &str, path: &str) -> Answer {
    answer(fixture.http.get(format!("{}{path}", fixture.origin)).header("cookie", cookie)).await
}

async fn put(fixture: &Fixture, cookie: &str, path: &str, body: Value) -> Answer {
    let request = fixture.http.put(format!("{}{path}", fixture.origin)).header("cookie", cookie);
    let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
    answer(request.json(&body)).await
}

async fn titles(fixture: &Fixture, cookie: &str) -> Vec<(String, bool)> {
    let list = read(fixture, cookie, NEWS).await.is(200).json;
    let one =
        |update: &Value| (update["title"].as_str().unwrap().to_owned(), update["is_read"].as_bool().unwrap());
    list["data"].as_array().unwrap().iter().map(one).collect()
}

#[tokio::test]
async fn news_reaches_every_user_and_is_read_once() {
    let fixture = Fixture::start().await;
    let (leaf, corner) = (fixture.found("Green Leaf").await, fixture.found("Corner Shop").await);
    let ravi = member(&fixture, &leaf, "Ravi", Role::Viewer).await;
    let mina = member(&fixture, &corner, "Mina", Role::Admin).await;
    fixture.clock.advance(chrono::TimeDelta::seconds(1));
    let first = fixture.publishes("security", "First").await;
    let second = fixture.publishes("product", "Second").await;
    for who in [&ravi, &mina] {
        let both = [("Second".to_owned(), false), ("First".to_owned(), false)];
        assert_eq!(titles(&fixture, who).await, both);
        let status = read(&fixture, who, "/v1/me/news/status").await.is(200).json;
        assert_eq!(status, json!({"unread": 2, "product": true}));
        let page = read(&fixture, who, "/news").await.is(200);
        let page = String::from_utf8(page.bytes.to_vec()).unwrap();
        assert!(page.contains("Mark all as read") && page.contains("&#60;b&#62;of it"), "{page}");
    }
    put(&fixture, &ravi, "/v1/me/news/read", json!({"up_to": first})).await.is(204);
    assert_eq!(titles(&fixture, &ravi).await, [("Second".to_owned(), false), ("First".to_owned(), true)]);
    put(&fixture, &ravi, "/v1/me/news/read", json!({"up_to": second})).await.is(204);
    let status =
        async |who: &str| read(&fixture, who, "/v1/me/news/status").await.is(200).json["unread"].clone();
    assert_eq!((status(&ravi).await, status(&mina).await), (json!(0), json!(2)));

    put(&fixture, &ravi, "/v1/me/news/choice", json!({"product": false})).await.is(204);
    assert_eq!(titles(&fixture, &ravi).await, [("First".to_owned(), true)]);
    let more = put(&fixture, &ravi, "/v1/me/news/choice", json!({"product": false, "security": false})).await;
    assert_eq!(more.status, 422, "no other kind can be turned off");

    // A program is no user.
    let list = fixture.get(&leaf, NEWS).await.is(200).json;
    assert_eq!(list["data"], json!([]));
    let absent = json!({"up_to": "01890000-0000-7000-8000-000000000000"});
    let gone = put(&fixture, &mina, "/v1/me/news/read", absent).await.is(404);
    assert_eq!(gone.json["code"], "service_update.not_found");
}

#[tokio::test]
async fn news_is_mailed_to_confirmed_addresses_and_to_no_contact() {
    let fixture = Fixture::start_with_mail().await;
    let seat = fixture.found("Green Leaf").await;
    let email = "asha@example.com";
    let made =
        fixture.post(&seat, "/v1/members", json!({"email": email, "role": "agent"})).await.is(201).json;
    let token = made["setup_url"].as_str().unwrap().split_once('#').unwrap().1.to_owned();
    let details = json!([{"kind": "email", "value": "tara@example.com"}]);
    fixture.post(&seat, "/v1/contacts", json!({"name": "Tara", "details": details})).await.is(201);
    let fields = [("token", token.as_str()), ("name", "Asha"), ("email", email)];
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields).append_pair("password", "seven brown otters swim upstream 7");
    let request = fixture.http.post(format!("{}/web/setup", fixture.origin)).body(body.finish());
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    answer(request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1")).await.is(200);
    member(&fixture, &seat, "Ravi", Role::Agent).await;
    fixture.work().await;
    let before = fixture.mails(email).len();

    fixture.publishes("incident", "Calls are slow").await;
    fixture.work().await;
    let mails = fixture.mails(email);
    assert_eq!(mails.len(), before + 1);
    let mail = mails.last().unwrap();
    assert!(
        mail.contains("Subject: Incident: Calls are slow\r\n") && mail.contains("What it says."),
        "{mail}"
    );
    for other in ["ravi@example.com", "tara@example.com"] {
        assert!(fixture.mails(other).is_empty(), "{other}");
    }
}
