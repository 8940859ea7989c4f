//! Attempts to sign in from outside: counted one by one, said in headers, and no way to keep somebody out of their own device.

use dialzio_core::Role;

use crate::fixture::{Answer, Fixture, answer};
use crate::presence::member;

const PASSWORD: &str = "seven brown otters swim upstream 7";

async fn signs_in(fixture: &Fixture, password: &str, cookie: &str) -> Answer {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs([("email", "ravi@example.com"), ("password", password)]);
    let request = fixture.http.post(format!("{}/web/sign-in", fixture.origin)).body(body.finish());
    let request =
        request.header("content-type", "application/x-www-form-urlencoded").header("cookie", cookie);
    answer(request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1")).await
}

/// A cookie that an answer sets, with its attributes.
fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    set.into_iter().find(|cookie| cookie.starts_with(&format!("{name}="))).map(str::to_owned)
}

fn value(cookie: &str) -> &str {
    cookie.split(';').next().unwrap()
}

async fn desk() -> Fixture {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    member(&fixture, &seat, "Ravi", Role::Agent).await;
    fixture
}

#[tokio::test]
async fn twelve_wrong_ones_at_the_same_time_are_counted_one_by_one() {
    let fixture = desk().await;
    let wrong = |_| signs_in(&fixture, "not the right words at all", "a=b");
    let answers = futures_util::future::join_all((0..12).map(wrong)).await;
    let with = |status: u16| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((with(422), with(429)), (5, 7));
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    for header in ["retry-after", "ratelimit", "ratelimit-policy"] {
        assert!(refused.headers.contains_key(header), "{header}");
    }
    assert!(refused.headers["ratelimit"].to_str().unwrap().starts_with("\"sign-in\";r=0;t="));
}

#[tokio::test]
async fn a_device_that_signed_in_before_is_let_in_while_strangers_try() {
    let fixture = desk().await;
    let first = signs_in(&fixture, PASSWORD, "a=b").await.is(200);
    let device = cookie(&first, "__Host-dialzio_device").expect("the cookie of the device");
    for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/", "Max-Age=15552000"] {
        assert!(device.contains(attribute), "{attribute}: {device}");
    }
    for _ in 0..5 {
        assert_eq!(signs_in(&fixture, "not the right words at all", "a=b").await.status, 422);
    }
    assert_eq!(signs_in(&fixture, PASSWORD, "a=b").await.status, 429);
    let back = signs_in(&fixture, PASSWORD, value(&device)).await.is(200);
    assert!(cookie(&back, "__Host-dialzio_session").is_some());
    assert!(cookie(&back, "__Host-dialzio_device").is_none(), "it is known");
}

#[tokio::test]
async fn signing_in_over_a_session_ends_it() {
    let fixture = desk().await;
    let first = signs_in(&fixture, PASSWORD, "a=b").await.is(200);
    let first = value(&cookie(&first, "__Host-dialzio_session").unwrap()).to_owned();
    let second = signs_in(&fixture, PASSWORD, &first).await.is(200);
    let second = value(&cookie(&second, "__Host-dialzio_session").unwrap()).to_owned();
    for (session, status) in [(first, 401), (second, 200)] {
        let request = fixture.http.get(format!("{}/v1/me", fixture.origin)).header("cookie", session);
        assert_eq!(answer(request).await.status, status);
    }
}

#[tokio::test]
async fn a_weak_password_on_a_link_is_no_attempt() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let email = dialzio_core::text::EmailAddress::parse("meera@example.com").unwrap();
    let link = fixture.crm.access().invite(&seat.owner, Some(email), Role::Agent).await.unwrap();
    let accepts = async |password: &str| {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs([("token", link.reveal()), ("name", "Meera"), ("password", password)]);
        let request = fixture.http.post(format!("{}/web/setup", fixture.origin)).body(body.finish());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        answer(request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1")).await
    };
    for _ in 0..30 {
        assert_eq!(accepts("password password").await.status, 422);
    }
    accepts(PASSWORD).await.is(200);
}
