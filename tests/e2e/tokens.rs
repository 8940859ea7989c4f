//! A number whose token has expired, and the new token that is set for it.

use dialzio_core::Permission;
use dialzio_core::Role;
use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_whatsapp::emulator::EmulatedNumber;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Line, Seat, answer, asha};

const NUMBER: &str = "100200777";
const RENEWED: &str = "renewedtokenQ8x1";

/// The provider takes another token for the number from now on.
fn renew(fixture: &Fixture, line: &Line) {
    fixture.graph.add_number(EmulatedNumber {
        phone_number_id: line.number.clone(),
        waba_id: line.business.clone(),
        display_phone_number: "+91 44 1234 5678".to_owned(),
        verified_name: "Green Leaf Nursery".to_owned(),
        access_token: RENEWED.into(),
        app_secret: line.secret.clone().into(),
        webhook_url: Some(line.hook.parse().unwrap()),
    });
}

/// A number whose token has expired, and a message that waits for a new one.
async fn expired(fixture: &Fixture) -> (Seat, Line, String) {
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, NUMBER).await;
    fixture.writes(&line, &asha(), "Do you have roses?").await;
    let talk = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
    renew(fixture, &line);
    let sent = fixture.send(&seat, &talk, "k1", &json!({"text": "Yes, red ones"})).await.is(202).id();
    fixture.work().await;
    let account = fixture.get(&seat, &format!("/v1/accounts/{}", line.account)).await.json;
    assert_eq!(account["state"], "needs_login");
    assert_eq!(fixture.times_sent(&sent), 0);
    (seat, line, sent)
}

fn keeps_the_secret(answer: Answer) -> Answer {
    let said = format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.bytes));
    assert!(!said.contains(RENEWED) && !said.contains("wrongtokenQ8x2"), "{said}");
    answer
}

#[tokio::test]
async fn an_expired_token_is_replaced_over_the_api_and_what_waited_goes_out() {
    let fixture = Fixture::start().await;
    let (seat, line, sent) = expired(&fixture).await;
    let path = format!("/v1/accounts/{}", line.account);
    let before = fixture.get(&seat, &path).await.json;
    let reader = fixture.key(&seat.owner, &[Permission::AccountsRead]).await;
    let denied = fixture.call(Some(&reader), "PATCH", &path, &json!({"token": RENEWED})).await;
    assert_eq!(keeps_the_secret(denied).problem(403), "access.denied");
    let refused = fixture.patch(&seat, &path, json!({"token": "wrongtokenQ8x2", "name": "Other"})).await;
    assert_eq!(keeps_the_secret(refused).problem(502), "provider.whatsapp.190");
    let spaced =
        fixture.patch(&seat, &path, json!({"credentials": {"access_token": "wrongtokenQ8x2 x"}})).await;
    assert_eq!(spaced.json["errors"][0]["pointer"], "/credentials");
    assert_eq!(keeps_the_secret(spaced).problem(422), "input.invalid");
    assert_eq!(fixture.get(&seat, &path).await.json, before, "a refused token changes nothing");
    let stale = fixture.patch(&seat, &path, json!({"token": RENEWED, "revision": 1})).await;
    assert_eq!(stale.json["present"]["id"], line.account.as_str());
    assert_eq!(keeps_the_secret(stale).problem(412), "account.stale");

    let revision = before["revision"].clone();
    let body = json!({"credentials": {"access_token": RENEWED}, "name": "Front desk", "revision": revision});
    let renewed = keeps_the_secret(fixture.patch(&seat, &path, body).await.is(200));
    assert_eq!(renewed.json["state"], "routable");
    assert_eq!((&renewed.json["name"], &renewed.json["problem"]), (&json!("Front desk"), &Value::Null));
    assert_eq!(renewed.headers["etag"], format!("\"{}\"", renewed.json["revision"]));
    // At once: the clock stands still.
    fixture.work().await;
    assert_eq!(fixture.times_sent(&sent), 1);
    let audit = fixture.list(&seat, "/v1/audit").await;
    assert!(
        audit
            .iter()
            .any(|entry| entry["action"] == "account.changed" && entry["subject"] == line.account.as_str())
    );
    keeps_the_secret(fixture.get(&seat, &path).await);
    keeps_the_secret(fixture.get(&seat, "/v1/audit").await);
}

#[tokio::test]
async fn a_number_is_disconnected_and_connected_again_by_a_check() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, NUMBER).await;
    let path = format!("/v1/accounts/{}", line.account);
    let off = fixture.post(&seat, &format!("{path}/disconnection"), json!({})).await.is(200);
    assert_eq!(off.json["state"], "disconnected");
    fixture.writes(&line, &asha(), "Do you have roses?").await;
    assert!(fixture.list(&seat, "/v1/conversations").await.is_empty(), "nothing is received meanwhile");
    let on = fixture.post(&seat, &format!("{path}/check"), json!({})).await.is(200);
    assert_eq!(on.json["state"], "routable");
    fixture.writes(&line, &asha(), "Are you open today?").await;
    assert_eq!(fixture.list(&seat, "/v1/conversations").await.len(), 1);
}

#[tokio::test]
async fn the_api_lists_the_fields_of_each_provider_and_takes_the_names_that_meta_gives_them() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, NUMBER).await;
    let providers = fixture.list(&seat, "/v1/providers").await;
    let whatsapp = providers.iter().find(|provider| provider["id"] == "whatsapp").unwrap();
    assert_eq!((&whatsapp["id"], &whatsapp["channel"]), (&json!("whatsapp"), &json!("whatsapp")));
    assert_eq!(whatsapp["routing_key"]["label"], "Phone number ID");
    assert_eq!(whatsapp["credentials"][0]["name"], "access_token");
    assert_eq!(whatsapp["credentials"][0]["secret"], true);
    let body = json!({"app": line.app, "name": "Again", "phone_number_id": NUMBER,
        "business_account_id": line.business, "access_token": format!("token-of-{NUMBER}"),
        "base_url": fixture.graph.base_url()});
    let request = fixture.http.post(format!("{}/v1/accounts", fixture.origin)).bearer_auth(&seat.key);
    // Not through the check against the document, which has the names of any provider alone.
    let again = request.json(&body).send().await.unwrap();
    assert_eq!(again.status(), 201);
    let again: Value = again.json().await.unwrap();
    assert_eq!((&again["id"], &again["routing_key"]), (&json!(line.account), &json!(NUMBER)));
    let both = json!({"token": "a", "credentials": {"access_token": "b"}});
    let refused = fixture.patch(&seat, &format!("/v1/accounts/{}", line.account), both).await;
    assert_eq!(refused.problem(422), "input.invalid");
}

async fn cookie(fixture: &Fixture, seat: &Seat, role: Role) -> String {
    let access = fixture.crm.access();
    let email = EmailAddress::parse(&format!("{role}@example.com")).unwrap();
    let link = access.invite(&seat.owner, Some(email), role).await.unwrap();
    let name = PersonName::parse("Ravi").unwrap();
    let session =
        access.accept(&link, name, None, &"seven brown otters swim upstream 7".into()).await.unwrap();
    format!("__Host-dialzio_session={}", session.token.reveal())
}

#[tokio::test]
async fn the_page_sets_a_new_token_and_says_in_words_why_one_is_refused() {
    let fixture = Fixture::start().await;
    let (seat, line, sent) = expired(&fixture).await;
    let (owner, viewer) =
        (cookie(&fixture, &seat, Role::Owner).await, cookie(&fixture, &seat, Role::Viewer).await);
    let post = async |cookie: &str, token: &str| {
        let path = format!("{}/web/integrations/{}/token", fixture.origin, line.account);
        let request = fixture.http.post(path).header("cookie", cookie).header("x-dialzio-request", "1");
        let request = request
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        let request = request.body(format!("access_token={token}"));
        let answer = keeps_the_secret(answer(request).await);
        (answer.status, String::from_utf8(answer.bytes.to_vec()).unwrap())
    };
    let page = async |cookie: &str| {
        let request = fixture.http.get(format!("{}/settings/channels", fixture.origin));
        String::from_utf8(answer(request.header("cookie", cookie)).await.is(200).bytes.to_vec()).unwrap()
    };
    assert!(page(&owner).await.contains("Set a new token"));
    assert!(!page(&viewer).await.contains("Set a new token"));
    assert_eq!(post(&viewer, RENEWED).await.0, 403);
    let (status, refused) = post(&owner, "wrongtokenQ8x2").await;
    assert_eq!(status, 422);
    assert!(refused.contains("The provider refused this token, so it was not saved."), "{refused}");
    assert!(refused.contains("<details class=\"adder\" open>"), "{refused}");
    assert_eq!(post(&owner, "++").await.0, 422);
    let (status, card) = post(&owner, &format!("+{RENEWED}%0A")).await;
    assert_eq!(status, 200);
    assert!(card.contains("Connected") && !card.contains("open>"), "{card}");
    fixture.work().await;
    assert_eq!(fixture.times_sent(&sent), 1);
}
