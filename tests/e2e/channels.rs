//! Connecting a channel in the page: each field is checked before anything is stored, and the first message is waited for.

use dialzio_core::Role;
use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_whatsapp::emulator::EmulatedNumber;
use url::form_urlencoded;

use crate::fixture::{Fixture, Line, Seat, answer, asha};

const TOKEN: &str = "channeltokenQ9x1";
const NUMBER: &str = "100200888";
const BUSINESS: &str = "9100200888";

async fn cookie(fixture: &Fixture, seat: &Seat, role: Role) -> String {
    let access = fixture.crm.access();
    let email = EmailAddress::parse(&format!("{role}@example.com")).unwrap();
    let link = access.invite(&seat.owner, Some(email), role).await.unwrap();
    let name = PersonName::parse("Ravi").unwrap();
    let session =
        access.accept(&link, name, None, &"seven brown otters swim upstream 7".into()).await.unwrap();
    format!("__Host-dialzio_session={}", session.token.reveal())
}

async fn post(fixture: &Fixture, cookie: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = fixture.http.post(format!("{}/web/channels", fixture.origin)).header("cookie", cookie);
    let request = request.header("x-dialzio-request", "1").header("sec-fetch-site", "same-origin");
    let answer = answer(request.header("content-type", "application/x-www-form-urlencoded").body(body)).await;
    (answer.status, String::from_utf8(answer.bytes.to_vec()).unwrap())
}

async fn get(fixture: &Fixture, cookie: &str, path: &str) -> (u16, String) {
    let answer = answer(fixture.http.get(format!("{}{path}", fixture.origin)).header("cookie", cookie)).await;
    (answer.status, String::from_utf8(answer.bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_channel_is_connected_in_the_page_and_every_mistake_is_named_at_its_field() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let (owner, agent) =
        (cookie(&fixture, &seat, Role::Owner).await, cookie(&fixture, &seat, Role::Agent).await);
    let number = |hook: Option<&str>| EmulatedNumber {
        phone_number_id: NUMBER.to_owned(),
        waba_id: BUSINESS.to_owned(),
        display_phone_number: "+91 44 1234 5678".to_owned(),
        verified_name: "Green Leaf Nursery".to_owned(),
        access_token: TOKEN.into(),
        app_secret: "the app secret".into(),
        webhook_url: hook.map(|hook| hook.parse().unwrap()),
    };
    fixture.graph.add_number(number(None));
    fixture.graph.add_sample_templates(BUSINESS);
    assert_eq!(get(&fixture, &agent, "/settings/channels/new").await.0, 403);
    let (status, page) = get(&fixture, &owner, "/settings/channels/new").await;
    assert_eq!(status, 200);
    assert!(page.contains("Phone number ID") && page.contains("WhatsApp Business Account ID"), "{page}");

    let base = fixture.graph.base_url().to_string();
    let right = [
        ("name", "Nursery line"),
        ("app_secret", "the app secret"),
        ("verify_token", "any token"),
        ("phone_number_id", NUMBER),
        ("business_account_id", BUSINESS),
        ("access_token", TOKEN),
        ("base_url", base.as_str()),
    ];
    let with = |field: &str, value: &'static str| {
        let mut fields = right;
        for (name, slot) in &mut fields {
            if *name == field {
                *slot = value;
            }
        }
        fields
    };
    assert_eq!(post(&fixture, &agent, &right).await.0, 403);
    for (field, value, expected) in [
        ("name", "", "channel-name-error"),
        ("app_secret", "", "App secret is missing."),
        ("phone_number_id", "12 34", "This cannot be the Phone number ID"),
        ("phone_number_id", "999", "The provider has no such Phone number ID that these credentials reach."),
        ("business_account_id", "999", "The number is right, but the provider does not list the templates"),
        ("access_token", "wrongQ9x2", "The provider refused this."),
        ("base_url", "https://10.0.0.1/", "This server sends tokens to no such address."),
        ("base_url", "nonsense", "This is not a complete address."),
    ] {
        let (status, form) = post(&fixture, &owner, &with(field, value)).await;
        assert_eq!(status, 422, "{field}: {form}");
        assert!(form.contains(expected), "{field} {value}: {form}");
        assert!(!form.contains(TOKEN) && !form.contains("wrongQ9x2"), "{form}");
    }
    assert!(fixture.list(&seat, "/v1/accounts").await.is_empty(), "nothing is stored before it works");
    assert!(fixture.list(&seat, "/v1/apps").await.is_empty(), "nothing is stored before it works");

    let (status, done) = post(&fixture, &owner, &right).await;
    assert_eq!(status, 200, "{done}");
    let app = fixture.list(&seat, "/v1/apps").await.remove(0);
    let hook = app["hook_url"].as_str().unwrap();
    assert!(done.contains(hook) && done.contains("Waiting for the first message"), "{done}");
    let account = fixture.list(&seat, "/v1/accounts").await.remove(0);
    assert_eq!(account["state"], "routable");

    let wait = format!("/web/channels/{}/first", account["id"].as_str().unwrap());
    assert!(get(&fixture, &owner, &wait).await.1.contains("Waiting for the first message"));
    fixture.graph.add_number(number(Some(hook)));
    let line = Line {
        account: account["id"].as_str().unwrap().to_owned(),
        app: app["id"].as_str().unwrap().to_owned(),
        number: NUMBER.to_owned(),
        business: BUSINESS.to_owned(),
        hook: hook.to_owned(),
        secret: "the app secret".to_owned(),
    };
    fixture.writes(&line, &asha(), "Do you have roses?").await;
    let talk = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
    let (_, heard) = get(&fixture, &owner, &wait).await;
    assert!(heard.contains("The first message has arrived.") && heard.contains(&talk), "{heard}");

    let path = format!("{}/web/integrations/{}/disconnect", fixture.origin, line.account);
    let request = fixture.http.post(path).header("cookie", &owner).header("x-dialzio-request", "1");
    let off = answer(request.header("sec-fetch-site", "same-origin")).await;
    let card = String::from_utf8(off.is(200).bytes.to_vec()).unwrap();
    assert!(card.contains("Connect again") && card.contains(hook), "{card}");

    // A second number of the same app needs no secret again.
    let mut again = with("app_secret", "").to_vec();
    again.push(("app", line.app.as_str()));
    assert_eq!(post(&fixture, &owner, &again).await.0, 200);
    assert_eq!(fixture.list(&seat, "/v1/apps").await.len(), 1);
}
