//! The router below a path of an application that has a first page, an inbox and a fallback of its own.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use dialzio_core::Role;
use dialzio_core::text::{EmailAddress, PersonName};
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Seat, answer, asha};

const PASSWORD: &str = "seven brown otters swim upstream 7";

fn host() -> Router {
    Router::new()
        .route("/", get(|| async { "the shop's first page" }))
        .route("/inbox", get(|| async { "the shop's inbox" }))
        .route("/login", get(|| async { "the shop's sign-in" }))
        .fallback(|| async { (StatusCode::NOT_FOUND, "the shop has no such page") })
}

/// A path of the host, asked as a browser asks for a page.
async fn page(fixture: &Fixture, path: &str, cookie: &str) -> Answer {
    let host = fixture.origin.trim_end_matches("/crm");
    let request = fixture.http.get(format!("{host}{path}")).header("accept", "text/html");
    // What the host answers is not described by the document of the API.
    let response = request.header("cookie", cookie).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.unwrap();
    Answer { status, headers, bytes, json: Value::Null }
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.bytes).into_owned()
}

fn field<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// A form of the page.
async fn form(fixture: &Fixture, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
    let request = fixture.http.post(format!("{}{path}", fixture.origin)).header("cookie", cookie);
    let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    answer(request.header("content-type", "application/x-www-form-urlencoded").body(body)).await
}

async fn member(fixture: &Fixture, seat: &Seat) {
    let access = fixture.crm.access();
    let email = EmailAddress::parse("asha@example.com").unwrap();
    let link = access.invite(&seat.owner, Some(email), Role::Owner).await.unwrap();
    let name = PersonName::parse("Asha Rao").unwrap();
    access.accept(&link, name, None, &PASSWORD.into()).await.unwrap();
}

/// Every address in a page, as a browser resolves it against its `<base>`.
fn addresses(page: &str) -> Vec<String> {
    let base = page.split("<base href=\"").nth(1).unwrap().split('"').next().unwrap();
    let base = url::Url::parse("http://host.example").unwrap().join(base).unwrap();
    let mut found = Vec::new();
    for name in [" href=\"", " src=\"", " action=\"", "hx-get=\"", "hx-post=\"", "hx-sse:connect=\""] {
        let each = page.split(name).skip(1).map(|rest| rest.split('"').next().unwrap());
        found.extend(each.filter(|address| !address.starts_with('#')).map(|address| {
            let address = base.join(&address.replace("&amp;", "&").replace("&#38;", "&")).unwrap();
            address[url::Position::BeforePath..].to_owned()
        }));
    }
    found
}

#[tokio::test]
async fn below_a_path_every_address_of_ours_has_it_and_all_others_are_the_hosts() {
    let fixture = Fixture::start_beside(host(), "/crm", |options| options.at("/crm").unwrap()).await;
    let seat = fixture.found("Shop").await;
    member(&fixture, &seat).await;
    for (path, words) in [
        ("/", "the shop's first page"),
        ("/inbox", "the shop's inbox"),
        ("/contacts", "the shop has no such page"),
        ("/v1/me", "the shop has no such page"),
        ("/assets/base.css", "the shop has no such page"),
        ("/crmother", "the shop has no such page"),
    ] {
        assert_eq!(text(&page(&fixture, path, "").await), words, "{path}");
    }
    for path in ["/crm", "/crm/"] {
        assert_eq!(field(&page(&fixture, path, "").await.is(303), "location"), "/crm/inbox");
    }
    let missing = page(&fixture, "/crm/nothing", "").await.is(404);
    assert!(text(&missing).contains("This page does not exist"));
    let out = page(&fixture, "/crm/contacts?q=a", "").await.is(303);
    assert_eq!(field(&out, "location"), "/crm/sign-in?next=%2Fcrm%2Fcontacts%3Fq%3Da");
    assert_eq!(
        field(&page(&fixture, "/crm/integrations", "").await.is(308), "location"),
        "/crm/settings/channels"
    );

    let enters = [("email", "asha@example.com"), ("password", PASSWORD), ("next", "/crm/contacts?q=a")];
    let entered = form(&fixture, "/web/sign-in", "", &enters).await.is(200);
    assert_eq!(field(&entered, "hx-redirect"), "/crm/contacts?q=a");
    let cookie = field(&entered, "set-cookie").to_owned();
    assert!(cookie.starts_with("__Secure-dialzio_session="), "{cookie}");
    for part in ["Path=/crm", "HttpOnly", "Secure", "SameSite=Lax"] {
        assert!(cookie.split("; ").any(|one| one == part), "{cookie}");
    }
    let cookie = cookie.split(';').next().unwrap();

    // A conversation by a webhook, to the address that the API gave.
    let line = fixture.connect(&seat, "15550001").await;
    assert_eq!(line.hook.strip_prefix(&fixture.origin).map(|path| path.starts_with("/hooks/")), Some(true));
    fixture.writes(&line, &asha(), "Is the monstera still there?").await;
    let talk = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();

    let mut seen = 0;
    for path in [
        "/crm/inbox".to_owned(),
        format!("/crm/inbox/{talk}"),
        "/crm/contacts".to_owned(),
        "/crm/tasks".to_owned(),
        "/crm/settings".to_owned(),
        "/crm/settings/channels".to_owned(),
        "/crm/settings/channels/new".to_owned(),
    ] {
        let shown = page(&fixture, &path, cookie).await.is(200);
        for address in addresses(&text(&shown)) {
            assert!(address.starts_with("/crm/"), "{path} leads to {address}");
            if address.starts_with("/crm/web/") {
                continue;
            }
            let led = page(&fixture, &address, cookie).await;
            assert!(led.status < 400, "{path} leads to {address}: {}", led.status);
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen} addresses");
    // What waits for a save, and where a new contact leads to.
    let made = form(&fixture, "/web/contacts", cookie, &[("name", "Ravi")]).await.is(200);
    assert!(field(&made, "hx-redirect").starts_with("/crm/contacts/"), "{made:?}");
    let fields = [
        ("quiet_from", "21:00"),
        ("quiet_to", "09:00"),
        ("marketing_cap", "4"),
        ("zone", "Asia/Kolkata"),
        ("country", "IN"),
        ("keys", "on"),
    ];
    let kept = form(&fixture, "/web/settings", cookie, &fields).await.is(200);
    assert!(field(&kept, "set-cookie").contains("Path=/crm"), "{kept:?}");

    let document = fixture.get(&seat, "/openapi.json").await.is(200).json;
    assert_eq!(document["servers"], json!([{ "url": "/crm" }]));
    assert_eq!(document["components"]["securitySchemes"]["session"]["name"], "__Secure-dialzio_session");
    let invited =
        fixture.post(&seat, "/v1/members", json!({"email": "b@example.com", "role": "agent"})).await.is(201);
    let link = invited.json["setup_url"].as_str().unwrap();
    assert!(link.starts_with(&format!("{}/setup#", fixture.origin)), "{link}");

    let left = form(&fixture, "/web/sign-out", cookie, &[]).await.is(200);
    assert_eq!(field(&left, "hx-redirect"), "/crm/sign-in");
    assert!(field(&left, "set-cookie").contains("Path=/crm"), "{left:?}");
    // It would clear what the shop keeps in the browser, too.
    assert_eq!(field(&left, "clear-site-data"), "");
    assert_eq!(page(&fixture, "/crm/inbox", cookie).await.status, 303);
}

#[tokio::test]
async fn sign_in_fallback_and_hsts_can_be_left_to_the_host() {
    let ours = |options: dialzio_http::Options| options.at("/crm").unwrap();
    let fixture = Fixture::start_beside(host(), "/crm", ours).await;
    assert!(field(&page(&fixture, "/crm/readyz", "").await, "strict-transport-security").contains("max-age"));
    assert_eq!(field(&page(&fixture, "/inbox", "").await, "strict-transport-security"), "");

    let theirs = |options: dialzio_http::Options| {
        options.at("/crm").unwrap().sign_in_at("/login").unwrap().without_fallback().without_hsts()
    };
    let fixture = Fixture::start_beside(host(), "/crm", theirs).await;
    let out = page(&fixture, "/crm/inbox", "").await.is(303);
    assert_eq!(field(&out, "location"), "/login?next=%2Fcrm%2Finbox");
    for path in ["/crm/sign-in", "/crm/setup", "/crm/web/sign-in", "/crm/nothing", "/crm/v1/nothing"] {
        let led = page(&fixture, path, "").await.is(404);
        assert_eq!(text(&led), "the shop has no such page", "{path}");
    }
    assert_eq!(field(&page(&fixture, "/crm/readyz", "").await, "strict-transport-security"), "");
}

#[tokio::test]
async fn at_the_root_beside_a_fallback_of_the_host() {
    let shop = Router::new()
        .route("/shop", get(|| async { "the shop" }))
        .fallback(|| async { (StatusCode::NOT_FOUND, "the shop has no such page") });
    let fixture = Fixture::start_beside(shop, "", dialzio_http::Options::without_fallback).await;
    assert_eq!(text(&page(&fixture, "/shop", "").await), "the shop");
    assert_eq!(text(&page(&fixture, "/nothing", "").await), "the shop has no such page");
    assert_eq!(field(&page(&fixture, "/inbox", "").await.is(303), "location"), "/sign-in?next=%2Finbox");
}
