//! The second factor as members and admins meet it: set up, asked for, required, taken away.

use dialzio_core::Role;
use dialzio_core::access::Token;
use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Seat, answer};
use crate::presence::member;

const PASSWORD: &str = "seven brown otters swim upstream 7";

/// The code that an app with this secret shows now.
pub(crate) fn code(fixture: &Fixture, secret: &str) -> String {
    use dialzio_core::Clock;
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(fixture.clock.now().timestamp()).unwrap()).to_string()
}

/// Asks as a browser does, with a session.
async fn ask(fixture: &Fixture, cookie: &str, method: &str, path: &str, body: Value) -> Answer {
    let request = fixture.http.request(method.parse().unwrap(), format!("{}{path}", fixture.origin));
    let request = request.header("cookie", cookie).header("sec-fetch-site", "same-origin");
    let request = request.header("x-dialzio-request", "1");
    answer(if body.is_null() { request } else { request.json(&body) }).await
}

/// Sends a form as our pages do.
async fn form(fixture: &Fixture, path: &str, fields: &[(&str, &str)]) -> Answer {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let request = fixture.http.post(format!("{}{path}", fixture.origin)).body(body.finish());
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    answer(request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1")).await
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.bytes.to_vec()).unwrap()
}

/// The session that an answer begins.
fn session(answer: &Answer) -> Option<String> {
    let set = answer.headers.get("set-cookie")?.to_str().unwrap();
    set.starts_with("__Host-dialzio_session=").then(|| set.split(';').next().unwrap().to_owned())
}

/// Turns the second factor of a member on; the secret and the recovery codes.
async fn turn_on(fixture: &Fixture, cookie: &str) -> (String, Vec<String>) {
    let begin = json!({"password": PASSWORD});
    let made = ask(fixture, cookie, "POST", "/v1/me/second-factor", begin).await.is(201).json;
    let secret = made["secret"].as_str().unwrap().to_owned();
    let confirm = json!({"code": code(fixture, &secret)});
    let on = ask(fixture, cookie, "POST", "/v1/me/second-factor/confirmation", confirm).await.is(200).json;
    let codes = on["recovery_codes"].as_array().unwrap();
    (secret, codes.iter().map(|code| code.as_str().unwrap().to_owned()).collect())
}

/// The first step of signing in; the token of the second.
async fn first_step(fixture: &Fixture, name: &str) -> String {
    let email = format!("{name}@example.com");
    let asked = form(fixture, "/web/sign-in", &[("email", &email), ("password", PASSWORD)]).await.is(200);
    assert_eq!(session(&asked), None, "the password alone begins no session");
    let page = text(&asked);
    page.split("name=\"step\" value=\"")
        .nth(1)
        .expect("the second step")
        .split('"')
        .next()
        .unwrap()
        .to_owned()
}

async fn second_step(fixture: &Fixture, step: &str, code: &str) -> Answer {
    form(fixture, "/web/sign-in/code", &[("step", step), ("code", code)]).await
}

async fn shop() -> (Fixture, Seat, String) {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let ravi = member(&fixture, &seat, "Ravi", Role::Admin).await;
    (fixture, seat, ravi)
}

fn later(fixture: &Fixture, seconds: i64) {
    fixture.clock.advance(chrono::TimeDelta::seconds(seconds));
}

#[tokio::test]
async fn signing_in_takes_two_steps_and_a_code_counts_once() {
    let (fixture, seat, ravi) = shop().await;
    let (secret, codes) = turn_on(&fixture, &ravi).await;
    assert_eq!(codes.len(), 10);
    let own = ask(&fixture, &ravi, "GET", "/v1/me/second-factor", Value::Null).await.is(200).json;
    assert_eq!((&own["on"], &own["recovery_codes_left"]), (&json!(true), &json!(10)));

    let step = first_step(&fixture, "ravi").await;
    // The code that confirmed it is used.
    assert_eq!(second_step(&fixture, &step, &code(&fixture, &secret)).await.status, 422);
    later(&fixture, 30);
    let fresh = code(&fixture, &secret);
    let signed_in = second_step(&fixture, &step, &fresh).await.is(200);
    ask(&fixture, &session(&signed_in).unwrap(), "GET", "/v1/me", Value::Null).await.is(200);
    // Neither the step nor the code is good again.
    later(&fixture, 30);
    let again = second_step(&fixture, &step, &code(&fixture, &secret)).await;
    assert!(again.status == 422 && text(&again).contains("took too long"), "{again:?}");
    let step = first_step(&fixture, "ravi").await;
    assert_eq!(second_step(&fixture, &step, &fresh).await.status, 422);

    let audit = fixture.list(&seat, "/v1/audit").await;
    let of = |action: &str| audit.iter().filter(|entry| entry["action"] == action).count();
    assert_eq!((of("second_factor.on"), of("session.begun"), of("sign_in.refused")), (1, 1, 2));
}

#[tokio::test]
async fn a_code_that_comes_twice_at_the_same_time_signs_in_once() {
    let (fixture, _, ravi) = shop().await;
    let (secret, _) = turn_on(&fixture, &ravi).await;
    later(&fixture, 30);
    let (first, second) = (first_step(&fixture, "ravi").await, first_step(&fixture, "ravi").await);
    let code = code(&fixture, &secret);
    let both = tokio::join!(second_step(&fixture, &first, &code), second_step(&fixture, &second, &code));
    let signed_in = [&both.0, &both.1].iter().filter(|answer| session(answer).is_some()).count();
    assert_eq!(signed_in, 1, "{both:?}");
}

#[tokio::test]
async fn a_step_ends_after_five_minutes_and_with_a_new_password() {
    let (fixture, _, ravi) = shop().await;
    let (secret, _) = turn_on(&fixture, &ravi).await;
    let step = first_step(&fixture, "ravi").await;
    later(&fixture, 301);
    let late = second_step(&fixture, &step, &code(&fixture, &secret)).await;
    assert!(late.status == 422 && text(&late).contains("took too long"), "{late:?}");
    let step = first_step(&fixture, "ravi").await;
    let change = json!({"current": PASSWORD, "password": "staple battery horse correct 8"});
    ask(&fixture, &ravi, "PUT", "/v1/me/password", change).await.is(204);
    let ended = second_step(&fixture, &step, &code(&fixture, &secret)).await;
    assert!(ended.status == 422 && session(&ended).is_none(), "{ended:?}");
}

#[tokio::test]
async fn the_token_between_the_steps_reads_nothing() {
    let (fixture, _, ravi) = shop().await;
    turn_on(&fixture, &ravi).await;
    let step = first_step(&fixture, "ravi").await;
    let as_session = format!("__Host-dialzio_session={step}");
    for path in ["/v1/me", "/v1/contacts", "/v1/me/second-factor", "/web/members", "/v1/events"] {
        assert_eq!(ask(&fixture, &as_session, "GET", path, Value::Null).await.status, 401, "{path}");
    }
    fixture.call(Some(&step), "GET", "/v1/me", &Value::Null).await.problem(401);
}

#[tokio::test]
async fn a_recovery_code_counts_once_and_new_ones_replace_the_rest() {
    let (fixture, seat, ravi) = shop().await;
    let (secret, codes) = turn_on(&fixture, &ravi).await;
    let step = first_step(&fixture, "ravi").await;
    let signed_in = second_step(&fixture, &step, &codes[0].to_lowercase()).await.is(200);
    let ravi = session(&signed_in).unwrap();
    let step = first_step(&fixture, "ravi").await;
    assert_eq!(second_step(&fixture, &step, &codes[0]).await.status, 422);
    let own = ask(&fixture, &ravi, "GET", "/v1/me/second-factor", Value::Null).await.json;
    assert_eq!(own["recovery_codes_left"], 9);
    later(&fixture, 30);
    let path = "/v1/me/second-factor/recovery-codes";
    ask(&fixture, &ravi, "POST", path, json!({"code": "000000"})).await.problem(422);
    let renewed = json!({"code": code(&fixture, &secret)});
    let renewed = ask(&fixture, &ravi, "POST", path, renewed).await.is(200).json;
    assert_eq!(second_step(&fixture, &step, &codes[1]).await.status, 422, "one of before");
    let new = renewed["recovery_codes"][0].as_str().unwrap();
    second_step(&fixture, &step, new).await.is(200);
    let audit = fixture.list(&seat, "/v1/audit").await;
    assert!(audit.iter().any(|entry| entry["action"] == "recovery_code.used"));
    assert!(audit.iter().any(|entry| entry["action"] == "recovery_codes.made"));
}

#[tokio::test]
async fn it_is_set_up_with_the_password_and_turned_off_with_password_and_code() {
    let (fixture, seat, ravi) = shop().await;
    let factor = "/v1/me/second-factor";
    let at = |answer: &Answer| answer.json["errors"][0]["pointer"].as_str().unwrap().to_owned();
    let wrong = ask(&fixture, &ravi, "POST", factor, json!({"password": "wrong"})).await;
    assert_eq!((wrong.status, at(&wrong).as_str()), (422, "/password"));
    let early =
        ask(&fixture, &ravi, "POST", "/v1/me/second-factor/confirmation", json!({"code": "123456"})).await;
    assert_eq!((early.status, at(&early).as_str()), (422, "/second_factor"));
    // A secret that was never confirmed asks nobody for a code.
    ask(&fixture, &ravi, "POST", factor, json!({"password": PASSWORD})).await.is(201);
    let answer =
        form(&fixture, "/web/sign-in", &[("email", "ravi@example.com"), ("password", PASSWORD)]).await;
    let other = session(&answer).expect("signed in");

    let (secret, codes) = turn_on(&fixture, &ravi).await;
    ask(&fixture, &other, "GET", "/v1/me", Value::Null).await.problem(401);
    ask(&fixture, &ravi, "GET", "/v1/me", Value::Null).await.is(200);
    let twice = ask(&fixture, &ravi, "POST", factor, json!({"password": PASSWORD})).await;
    assert_eq!((twice.status, at(&twice).as_str()), (422, "/second_factor"));
    later(&fixture, 30);
    let right = code(&fixture, &secret);
    for (body, field) in [
        (json!({"password": "wrong", "code": right}), "/password"),
        (json!({"password": PASSWORD, "code": "000000"}), "/code"),
    ] {
        let refused = ask(&fixture, &ravi, "DELETE", factor, body).await;
        assert_eq!((refused.status, at(&refused).as_str()), (422, field));
    }
    let body = json!({"password": PASSWORD, "code": codes[4]});
    ask(&fixture, &ravi, "DELETE", factor, body).await.is(204);
    let answer =
        form(&fixture, "/web/sign-in", &[("email", "ravi@example.com"), ("password", PASSWORD)]).await;
    assert!(session(&answer).is_some(), "the password alone again");
    assert_eq!(
        fixture.list(&seat, "/v1/audit").await.iter().filter(|e| e["action"] == "second_factor.off").count(),
        1
    );
}

#[tokio::test]
async fn where_it_is_required_nothing_else_is_served_before() {
    let (fixture, seat, ravi) = shop().await;
    fixture.patch(&seat, "/v1/organisation", json!({"requires_second_factor": true})).await.is(200);
    for (method, path) in
        [("GET", "/v1/me"), ("GET", "/v1/contacts"), ("DELETE", "/v1/me/sessions"), ("GET", "/v1/events")]
    {
        let refused = ask(&fixture, &ravi, method, path, Value::Null).await;
        assert_eq!(refused.problem(403), "access.second_factor_required", "{path}");
    }
    let page = async |path: &str| {
        let url = format!("{}{path}", fixture.origin);
        answer(fixture.http.get(url).header("cookie", &ravi)).await
    };
    for path in ["/inbox", "/contacts", "/settings/profile"] {
        let led = page(path).await;
        assert!(
            led.headers.get("location").is_some_and(|to| to == "/second-factor")
                || text(&led).contains("Set up a second factor"),
            "{path} {led:?}"
        );
    }
    assert!(text(&page("/second-factor").await.is(200)).contains("Set up a second factor"));
    let part = page("/web/members").await;
    assert!(part.status == 403 && text(&part).contains("access.second_factor_required"), "{part:?}");
    // Keys go on working.
    fixture.get(&seat, "/v1/contacts").await.is(200);
    turn_on(&fixture, &ravi).await;
    ask(&fixture, &ravi, "GET", "/v1/contacts", Value::Null).await.is(200);
}

#[tokio::test]
async fn an_admin_resets_it_for_a_colleague_but_not_for_an_owner_or_themselves() {
    let (fixture, seat, ravi) = shop().await;
    let meera = member(&fixture, &seat, "Meera", Role::Agent).await;
    let olga = member(&fixture, &seat, "Olga", Role::Owner).await;
    turn_on(&fixture, &meera).await;
    turn_on(&fixture, &olga).await;
    let members = fixture.list(&seat, "/v1/members").await;
    let of = |name: &str| {
        let found = members.iter().find(|member| member["name"] == name).unwrap();
        (
            format!("/v1/members/{}/second-factor", found["id"].as_str().unwrap()),
            found["second_factor"].clone(),
        )
    };
    assert_eq!((of("Meera").1, of("Ravi").1), (json!(true), json!(false)));
    for name in ["Olga", "Ravi"] {
        let refused = ask(&fixture, &ravi, "DELETE", &of(name).0, Value::Null).await;
        assert_eq!(refused.problem(422), "input.invalid", "{name}");
    }
    ask(&fixture, &meera, "DELETE", &of("Ravi").0, Value::Null).await.problem(403);
    ask(&fixture, &ravi, "DELETE", &of("Meera").0, Value::Null).await.is(204);
    ask(&fixture, &meera, "GET", "/v1/me", Value::Null).await.problem(401);
    let answer =
        form(&fixture, "/web/sign-in", &[("email", "meera@example.com"), ("password", PASSWORD)]).await;
    let signed_in = session(&answer).expect("the password alone");
    ask(&fixture, &olga, "GET", "/v1/me", Value::Null).await.is(200);

    // Who works elsewhere too signs in there with the same factor, which is not for this admin to take away.
    let other = fixture.found("Blue Leaf").await;
    let access = fixture.crm.access();
    let link = access.invite(&other.owner, None, Role::Agent).await.unwrap();
    let held = Token::parse(signed_in.split_once('=').unwrap().1).unwrap();
    let joined = access.join(&held, &link).await.unwrap();
    let elsewhere = format!("__Host-dialzio_session={}", joined.token.reveal());
    turn_on(&fixture, &elsewhere).await;
    ask(&fixture, &ravi, "DELETE", &of("Meera").0, Value::Null).await.problem(422);
    let audit = fixture.list(&seat, "/v1/audit").await;
    assert_eq!(audit.iter().filter(|entry| entry["action"] == "second_factor.reset").count(), 1);
}

#[tokio::test]
async fn wrong_codes_are_counted_and_the_right_password_forgives_none() {
    let (fixture, _, ravi) = shop().await;
    let (secret, _) = turn_on(&fixture, &ravi).await;
    later(&fixture, 30);
    for _ in 0..5 {
        let step = first_step(&fixture, "ravi").await;
        assert_eq!(second_step(&fixture, &step, "000000").await.status, 422);
    }
    let email = ("email", "ravi@example.com");
    let refused = form(&fixture, "/web/sign-in", &[email, ("password", PASSWORD)]).await;
    assert!(refused.status == 429 && refused.headers.contains_key("retry-after"), "{refused:?}");
    later(&fixture, 120);
    let step = first_step(&fixture, "ravi").await;
    second_step(&fixture, &step, &code(&fixture, &secret)).await.is(200);
}
