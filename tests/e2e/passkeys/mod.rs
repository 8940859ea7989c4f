//! Passkeys as members meet them: added with the password, used to sign in, removed. And as attackers do.

mod authenticator;

use dialzio_core::Role;
use serde_json::{Value, json};

use self::authenticator::Authenticator;
use crate::fixture::{Answer, Fixture, Seat, answer};
use crate::presence::member;

const PASSWORD: &str = "seven brown otters swim upstream 7";
const SITE: &str = "https://crm.example.com";

async fn shop() -> (Fixture, Seat, String) {
    let fixture = Fixture::start_beside(axum::Router::new(), "", |mut options| {
        options.origin = SITE.to_owned();
        options
    })
    .await;
    let seat = fixture.found("Green Leaf").await;
    let ravi = member(&fixture, &seat, "Ravi", Role::Agent).await;
    (fixture, seat, ravi)
}

async fn ask(fixture: &Fixture, cookie: &str, method: &str, path: &str, body: Value) -> Answer {
    let request = fixture.http.request(method.parse().unwrap(), format!("{}{path}", fixture.origin));
    let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
    let request = request.header("x-dialzio-request", "1");
    answer(if body.is_null() { request } else { request.json(&body) }).await
}

async fn form(fixture: &Fixture, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let request = fixture.http.post(format!("{}{path}", fixture.origin)).body(body.finish());
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    answer(request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1")).await
}

/// The session that an answer begins.
fn session(answer: &Answer) -> Option<String> {
    let set = answer.headers.get("set-cookie")?.to_str().unwrap();
    set.starts_with("__Host-dialzio_session=").then(|| set.split(';').next().unwrap().to_owned())
}

async fn begin(fixture: &Fixture, cookie: &str) -> Value {
    let begin = json!({"password": PASSWORD});
    ask(fixture, cookie, "POST", "/v1/me/passkeys/challenge", begin).await.is(200).json
}

fn new(asked: &Value, credential: &Value) -> Value {
    json!({"name": "Work laptop", "state": asked["state"], "credential": credential})
}

async fn add(fixture: &Fixture, cookie: &str, device: &mut Authenticator) -> Value {
    let asked = begin(fixture, cookie).await;
    let made = new(&asked, &device.makes(&asked["options"]));
    ask(fixture, cookie, "POST", "/v1/me/passkeys", made).await.is(201).json
}

async fn challenge(fixture: &Fixture) -> Value {
    form(fixture, "/web/sign-in/passkey/challenge", &[]).await.is(200).json
}

async fn sign_in(fixture: &Fixture, asked: &Value, credential: &Value) -> Answer {
    let state = asked["state"].as_str().unwrap();
    let fields = [("state", state), ("credential", &credential.to_string()), ("next", "inbox")];
    form(fixture, "/web/sign-in/passkey", &fields).await
}

async fn signs_in(fixture: &Fixture, device: &mut Authenticator) -> Answer {
    let asked = challenge(fixture).await;
    sign_in(fixture, &asked, &device.signs(&asked["options"])).await
}

/// Asks each route that changes passkeys once.
pub(crate) async fn one_comes_and_goes() {
    let (fixture, _, ravi) = shop().await;
    let added = add(&fixture, &ravi, &mut Authenticator::new(1, SITE)).await;
    let path = format!("/v1/me/passkeys/{}", added["id"].as_str().unwrap());
    ask(&fixture, &ravi, "DELETE", &path, Value::Null).await.is(204);
}

#[tokio::test]
async fn a_passkey_is_added_with_the_password_signs_in_and_is_removed() {
    let (fixture, seat, ravi) = shop().await;
    let mut device = Authenticator::new(1, SITE);
    let added = add(&fixture, &ravi, &mut device).await;
    assert_eq!((&added["name"], &added["used_at"]), (&json!("Work laptop"), &Value::Null));

    let signed_in = signs_in(&fixture, &mut device).await.is(200);
    let cookie = session(&signed_in).unwrap();
    let own = ask(&fixture, &cookie, "GET", "/v1/me/passkeys", Value::Null).await.is(200).json;
    assert_eq!(own["data"].as_array().unwrap().len(), 1);
    assert!(own["data"][0]["used_at"].is_string());
    let page = ask(&fixture, &cookie, "GET", "/settings/profile", Value::Null).await.is(200);
    assert!(String::from_utf8(page.bytes.to_vec()).unwrap().contains("Work laptop"));

    let id = added["id"].as_str().unwrap();
    ask(&fixture, &ravi, "DELETE", &format!("/v1/me/passkeys/{id}"), Value::Null).await.is(204);
    let again = ask(&fixture, &ravi, "DELETE", &format!("/v1/me/passkeys/{id}"), Value::Null).await;
    assert_eq!((again.status, again.json["code"].as_str()), (404, Some("passkey.not_found")));
    assert_eq!(session(&signs_in(&fixture, &mut device).await), None);

    let audit = fixture.list(&seat, "/v1/audit").await;
    let of = |action: &str| audit.iter().filter(|entry| entry["action"] == action).count();
    assert_eq!((of("passkey.added"), of("passkey.used"), of("passkey.removed")), (1, 1, 1));
}

#[tokio::test]
async fn an_answer_counts_once_and_for_five_minutes() {
    let (fixture, seat, ravi) = shop().await;
    let mut device = Authenticator::new(1, SITE);
    let asked = begin(&fixture, &ravi).await;
    let made = new(&asked, &device.makes(&asked["options"]));
    let id = ask(&fixture, &ravi, "POST", "/v1/me/passkeys", made.clone()).await.is(201).json["id"].clone();
    // Not even once it was removed.
    let gone = format!("/v1/me/passkeys/{}", id.as_str().unwrap());
    ask(&fixture, &ravi, "DELETE", &gone, Value::Null).await.is(204);
    let again = ask(&fixture, &ravi, "POST", "/v1/me/passkeys", made).await.is(422).json;
    assert_eq!(again["errors"][0]["pointer"], "/passkey");

    add(&fixture, &ravi, &mut device).await;
    let asked = challenge(&fixture).await;
    let used = device.signs(&asked["options"]);
    let both = tokio::join!(sign_in(&fixture, &asked, &used), sign_in(&fixture, &asked, &used));
    let let_in = [&both.0, &both.1].iter().filter(|answer| session(answer).is_some()).count();
    assert_eq!(let_in, 1, "{both:?}");
    assert_eq!(sign_in(&fixture, &asked, &used).await.status, 422);

    // The state of another challenge does not fit the answer.
    let other = challenge(&fixture).await;
    let used = device.signs(&challenge(&fixture).await["options"]);
    assert_eq!(sign_in(&fixture, &other, &used).await.status, 422);
    // Nor does what was asked of somebody who adds one.
    let state = begin(&fixture, &ravi).await;
    assert_eq!(sign_in(&fixture, &state, &used).await.status, 422);
    assert!(fixture.list(&seat, "/v1/audit").await.iter().any(|entry| entry["action"] == "sign_in.refused"));
}

#[tokio::test]
async fn a_passkey_of_another_site_or_of_a_device_that_verified_nobody_is_refused() {
    let (fixture, _, ravi) = shop().await;
    for (origin, verifies) in
        [("https://crm.example.com.evil.example", true), ("http://crm.example.com", true), (SITE, false)]
    {
        let mut device = Authenticator::new(2, origin);
        device.verifies = verifies;
        let asked = begin(&fixture, &ravi).await;
        let made = new(&asked, &device.makes(&asked["options"]));
        let refused = ask(&fixture, &ravi, "POST", "/v1/me/passkeys", made).await.is(422).json;
        assert_eq!(refused["errors"][0]["pointer"], "/passkey", "{origin}");
    }
    let mut device = Authenticator::new(1, SITE);
    add(&fixture, &ravi, &mut device).await;
    device.origin = "https://evil.example";
    assert_eq!(signs_in(&fixture, &mut device).await.status, 422);
    device.origin = SITE;
    device.verifies = false;
    assert_eq!(signs_in(&fixture, &mut device).await.status, 422);
    device.verifies = true;
    // A copy of the device whose counter has not come as far.
    let ahead = device.count + 10;
    device.count = ahead;
    assert!(session(&signs_in(&fixture, &mut device).await).is_some());
    device.count = ahead - 5;
    assert_eq!(signs_in(&fixture, &mut device).await.status, 422);
    // Another key under the same name.
    let mut forged = Authenticator::new(1, SITE);
    let asked = challenge(&fixture).await;
    let mut answer = device.signs(&asked["options"]);
    forged.count = ahead + 20;
    answer["response"]["signature"] =
        Authenticator::new(3, SITE).signs(&asked["options"])["response"]["signature"].clone();
    assert_eq!(sign_in(&fixture, &asked, &answer).await.status, 422);
}

#[tokio::test]
async fn a_passkey_is_of_one_user_and_asks_for_no_other_factor() {
    let (fixture, seat, ravi) = shop().await;
    let mina = member(&fixture, &seat, "Mina", Role::Agent).await;
    let mut device = Authenticator::new(1, SITE);
    // What was asked of one user is answered by no other.
    let asked = begin(&fixture, &ravi).await;
    let made = new(&asked, &device.makes(&asked["options"]));
    ask(&fixture, &mina, "POST", "/v1/me/passkeys", made).await.is(422);
    let added = add(&fixture, &ravi, &mut device).await;
    // The same device again, and the same passkey for another user.
    let asked = begin(&fixture, &ravi).await;
    let known = asked["options"]["excludeCredentials"].as_array().unwrap();
    assert_eq!(known.len(), 1, "the browser is told what is there");
    let asked = begin(&fixture, &mina).await;
    let made = new(&asked, &Authenticator::new(1, SITE).makes(&asked["options"]));
    ask(&fixture, &mina, "POST", "/v1/me/passkeys", made).await.is(422);
    // Nobody lists or removes those of a colleague.
    let none = ask(&fixture, &mina, "GET", "/v1/me/passkeys", Value::Null).await.is(200).json;
    assert_eq!(none["data"], json!([]));
    let path = format!("/v1/me/passkeys/{}", added["id"].as_str().unwrap());
    assert_eq!(ask(&fixture, &mina, "DELETE", &path, Value::Null).await.status, 404);
    let wrong = json!({"password": "not the password of anybody"});
    let refused = ask(&fixture, &ravi, "POST", "/v1/me/passkeys/challenge", wrong).await.is(422).json;
    assert_eq!(refused["errors"][0]["pointer"], "/password");

    let begun = ask(&fixture, &ravi, "POST", "/v1/me/second-factor", json!({"password": PASSWORD})).await;
    let secret = begun.is(201).json["secret"].as_str().unwrap().to_owned();
    let confirm = json!({"code": crate::second_factor::code(&fixture, &secret)});
    ask(&fixture, &ravi, "POST", "/v1/me/second-factor/confirmation", confirm).await.is(200);
    assert!(session(&signs_in(&fixture, &mut device).await).is_some());
}

#[tokio::test]
async fn a_member_who_was_deactivated_comes_in_by_no_passkey() {
    let (fixture, seat, ravi) = shop().await;
    let mut device = Authenticator::new(1, SITE);
    add(&fixture, &ravi, &mut device).await;
    let members = fixture.list(&seat, "/v1/members").await;
    let id =
        members.iter().find(|member| member["name"] == "Ravi").unwrap()["id"].as_str().unwrap().to_owned();
    let id = id.parse().unwrap();
    fixture.crm.access().deactivate(&seat.owner, id, None).await.unwrap();
    assert_eq!(session(&signs_in(&fixture, &mut device).await), None);
}

#[tokio::test]
async fn nothing_is_offered_where_browsers_know_no_passkeys() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let ravi = member(&fixture, &seat, "Ravi", Role::Agent).await;
    let refused =
        ask(&fixture, &ravi, "POST", "/v1/me/passkeys/challenge", json!({"password": PASSWORD})).await;
    assert_eq!((refused.status, refused.json["code"].as_str()), (409, Some("passkey.not_available")));
    let page = ask(&fixture, "", "GET", "/sign-in", Value::Null).await.is(200);
    assert!(!String::from_utf8(page.bytes.to_vec()).unwrap().contains("Sign in with a passkey"));
}
