//! People who work in several organisations: joining with the account that they have, and moving between them.

use dialzio_core::Role;
use dialzio_core::access::Token;
use dialzio_core::text::EmailAddress;
use serde_json::json;

use crate::fixture::{Answer, Fixture, Seat, answer};
use crate::presence::member;

const PASSWORD: &str = "seven brown otters swim upstream 7";

fn cookie_of(answer: &Answer) -> String {
    let set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned());
    let session = set.into_iter().find(|cookie| cookie.starts_with("__Host-dialzio_session=")).unwrap();
    session.split(';').next().unwrap().to_owned()
}

async fn invited(fixture: &Fixture, seat: &Seat, email: Option<&str>) -> Token {
    let email = email.map(|email| EmailAddress::parse(email).unwrap());
    fixture.crm.access().invite(&seat.owner, email, Role::Manager).await.unwrap()
}

async fn post(fixture: &Fixture, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body =
        fields.iter().map(|(name, value)| format!("{name}={}", value.replace(' ', "+").replace('@', "%40")));
    let request = fixture.http.post(format!("{}{path}", fixture.origin)).header("cookie", cookie);
    let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    answer(request.body(body.collect::<Vec<_>>().join("&"))).await
}

/// Names of the organisations of a session, the one that it is in marked.
async fn places(fixture: &Fixture, cookie: &str) -> Vec<String> {
    let request =
        fixture.http.get(format!("{}/v1/me/organisations", fixture.origin)).header("cookie", cookie);
    let found = answer(request.header("sec-fetch-site", "same-origin")).await.is(200).json;
    let name = |org: &serde_json::Value| {
        let mark = if org["current"] == true { "*" } else { "" };
        format!("{mark}{} ({})", org["name"].as_str().unwrap(), org["role"].as_str().unwrap())
    };
    found["data"].as_array().unwrap().iter().map(name).collect()
}

async fn status(fixture: &Fixture, cookie: &str) -> u16 {
    answer(fixture.http.get(format!("{}/v1/me", fixture.origin)).header("cookie", cookie)).await.status
}

#[tokio::test]
async fn who_is_signed_in_joins_with_one_press_and_moves_between_the_two() {
    let fixture = Fixture::start().await;
    let (first, second) = (fixture.found("Green Leaf").await, fixture.found("Blue Stone").await);
    let meera = member(&fixture, &first, "Meera", Role::Agent).await;
    let link = invited(&fixture, &second, Some("meera@example.com")).await;
    let shown = post(&fixture, &meera, "/web/setup/invitation", &[("token", link.reveal())]).await.is(200);
    assert!(String::from_utf8_lossy(&shown.bytes).contains("You are signed in as <b>meera@example.com</b>"));
    let joined = post(&fixture, &meera, "/web/setup/join", &[("token", link.reveal())]).await.is(200);
    let there = cookie_of(&joined);
    assert_eq!(status(&fixture, &meera).await, 401, "the session goes along");
    assert_eq!(places(&fixture, &there).await, ["Green Leaf (agent)", "*Blue Stone (manager)"]);
    let members = fixture.list(&second, "/v1/members").await;
    assert!(members.iter().any(|member| member["name"] == "Meera" && member["role"] == "manager"));
    // The link is used up.
    let again = post(&fixture, &there, "/web/setup/join", &[("token", link.reveal())]).await.is(422);
    assert!(String::from_utf8_lossy(&again.bytes).contains("This link has expired or was used"));
    let to = json!({"organisation": first.owner.org()});
    let request = fixture.http.put(format!("{}/v1/me/organisation", fixture.origin)).header("cookie", &there);
    let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
    let back = cookie_of(&answer(request.json(&to)).await.is(204));
    assert_eq!(status(&fixture, &there).await, 401);
    assert_eq!(places(&fixture, &back).await[0], "*Green Leaf (agent)");
    // Over the page as well; and nowhere else.
    let there = format!("/web/organisations/{}", second.owner.org());
    let moved = cookie_of(&post(&fixture, &back, &there, &[]).await.is(200));
    let third = fixture.found("Red Brick").await;
    let foreign = format!("/web/organisations/{}", third.owner.org());
    post(&fixture, &moved, &foreign, &[]).await.is(404);
    assert_eq!(status(&fixture, &moved).await, 200, "a refused move ends nothing");
    // Who signs in comes to where they were last.
    fixture.clock.advance(chrono::TimeDelta::minutes(2));
    assert_eq!(status(&fixture, &moved).await, 200);
    let entered =
        post(&fixture, "", "/web/sign-in", &[("email", "meera@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(places(&fixture, &cookie_of(&entered.is(200))).await[0], "*Blue Stone (manager)");
}

#[tokio::test]
async fn an_invitation_is_for_its_address_and_a_member_does_not_join_twice() {
    let fixture = Fixture::start().await;
    let (first, second) = (fixture.found("Green Leaf").await, fixture.found("Blue Stone").await);
    let meera = member(&fixture, &first, "Meera", Role::Agent).await;
    let other = invited(&fixture, &second, Some("ravi@example.com")).await;
    let refused = post(&fixture, &meera, "/web/setup/join", &[("token", other.reveal())]).await.is(422);
    let text = String::from_utf8_lossy(&refused.bytes).into_owned();
    assert!(text.contains("is not the address that is invited"), "{text}");
    let open = invited(&fixture, &first, None).await;
    let refused = post(&fixture, &meera, "/web/setup/join", &[("token", open.reveal())]).await.is(422);
    assert!(String::from_utf8_lossy(&refused.bytes).contains("is the address of a member already"));
    assert_eq!(status(&fixture, &meera).await, 200);
    let stranger = post(&fixture, "", "/web/setup/join", &[("token", other.reveal())]).await.is(422);
    assert!(String::from_utf8_lossy(&stranger.bytes).contains("Sign in to join."));
}

/// The form that makes an account takes no password of one that there is, and asking is limited as signing in is.
#[tokio::test]
async fn an_account_joins_by_signing_in_and_its_password_is_not_tried_by_invitations() {
    let fixture = Fixture::start().await;
    let (first, second) = (fixture.found("Green Leaf").await, fixture.found("Blue Stone").await);
    member(&fixture, &first, "Meera", Role::Agent).await;
    let link = invited(&fixture, &second, Some("meera@example.com")).await;
    let create =
        [("token", link.reveal()), ("name", "Meera"), ("email", "meera@example.com"), ("password", PASSWORD)];
    let refused = post(&fixture, "", "/web/setup", &create).await.is(422);
    let text = String::from_utf8_lossy(&refused.bytes).into_owned();
    assert!(text.contains("This address has an account already: sign in with it to join."), "{text}");
    let enter = |password: &'static str| {
        [("token", link.reveal()), ("email", "meera@example.com"), ("password", password)]
    };
    let wrong = enter("eight brown otters swim upstream 8");
    let refused = post(&fixture, "", "/web/setup/sign-in", &wrong).await.is(422);
    assert!(String::from_utf8_lossy(&refused.bytes).contains("Wrong email or password."));
    let joined = post(&fixture, "", "/web/setup/sign-in", &enter(PASSWORD)).await.is(200);
    assert_eq!(places(&fixture, &cookie_of(&joined)).await.len(), 2);
    // All ways of asking count together.
    let ravi = invited(&fixture, &second, None).await;
    member(&fixture, &first, "Ravi", Role::Agent).await;
    let mut answers = Vec::new();
    for place in 0..8 {
        let fields =
            [("token", ravi.reveal()), ("name", "R"), ("email", "ravi@example.com"), ("password", PASSWORD)];
        let path = if place % 2 == 0 { "/web/setup" } else { "/web/setup/sign-in" };
        let fields = if place % 2 == 0 {
            fields.to_vec()
        } else {
            vec![fields[0], fields[2], ("password", "not the one, surely not")]
        };
        answers.push(post(&fixture, "", path, &fields).await.status);
    }
    assert_eq!(answers[..5], [422; 5]);
    assert_eq!(answers[6..], [429; 2], "{answers:?}");
}
