//! Mail as people who sign in meet it: asked for on the page, read in a file, opened once.

use serde_json::json;

use crate::fixture::{Answer, Fixture, Seat, answer};
use crate::presence::member;

const ASHA: &str = "asha@example.com";
const OLD: &str = "seven brown otters swim upstream 7";
const NEW: &str = "nine quiet herons cross the delta 9";

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

/// The link of a mail, which may be broken into lines as quoted-printable text is.
fn link(mail: &str) -> String {
    let joined = mail.replace("=\r\n", "");
    let link = joined.lines().find(|line| line.starts_with("http")).unwrap();
    link.trim().replace("=3D", "=")
}

fn token(link: &str) -> &str {
    link.split_once('#').unwrap().1
}

/// Asks for a link; the mail that came of it.
async fn asks(fixture: &Fixture, what: &str) -> String {
    let before = fixture.mails(ASHA).len();
    form(fixture, "/web/mail-link", &[("what", what), ("email", ASHA)]).await.is(200);
    for _ in 0..200 {
        fixture.work().await;
        let mails = fixture.mails(ASHA);
        if mails.len() > before {
            return mails.last().unwrap().clone();
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("no mail came");
}

async fn start() -> (Fixture, Seat) {
    let fixture = Fixture::start_with_mail().await;
    let seat = fixture.found("Green Leaf").await;
    let setup_url = invited(&fixture, &seat).await;
    fixture.clock.advance(chrono::TimeDelta::hours(1));
    joins(&fixture, &setup_url).await;
    (fixture, seat)
}

/// Invites Asha; the link in her mail.
async fn invited(fixture: &Fixture, seat: &Seat) -> String {
    let made = fixture.post(seat, "/v1/members", json!({"email": ASHA, "role": "agent"})).await.is(201).json;
    assert_eq!(made["mailed"], true);
    fixture.work().await;
    let setup_url = link(fixture.mails(ASHA).last().unwrap());
    assert_eq!(made["setup_url"], setup_url.as_str());
    setup_url
}

/// Uses the link of an invitation; the session that it begins.
async fn joins(fixture: &Fixture, setup_url: &str) -> String {
    let fields = [("token", token(setup_url)), ("name", "Asha"), ("email", ASHA), ("password", OLD)];
    let joined = form(fixture, "/web/setup", &fields).await.is(200);
    joined.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

async fn signs_in(fixture: &Fixture, password: &str) -> u16 {
    form(fixture, "/web/sign-in", &[("email", ASHA), ("password", password)]).await.status
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_a_mailed_link() {
    let (fixture, seat) = start().await;
    let mail = asks(&fixture, "new-password").await;
    for header in ["Auto-Submitted: auto-generated\r\n", "Subject: Set a new password\r\n"] {
        assert!(mail.contains(header), "{mail}");
    }
    let link = link(&mail);
    assert!(link.starts_with(&format!("{}/new-password#", fixture.origin)), "{link}");
    // Programs that look through mail open links.
    let landing = answer(fixture.http.get(&link)).await.is(200);
    assert!(text(&landing).contains("Looking at your link"));
    let token = token(&link);
    let opened = form(&fixture, "/web/mailed-link/new-password/open", &[("token", token)]).await.is(200);
    assert!(text(&opened).contains(ASHA));
    let path = "/web/mailed-link/new-password";
    let weak = form(&fixture, path, &[("token", token), ("password", "short")]).await.is(422);
    assert!(text(&weak).contains("must have at least 15 characters"), "{}", text(&weak));
    let set = form(&fixture, path, &[("token", token), ("password", NEW)]).await.is(200);
    assert!(set.headers.get("set-cookie").is_none(), "nobody is signed in by this");
    let again = form(&fixture, path, &[("token", token), ("password", OLD)]).await.is(422);
    assert!(text(&again).contains("has expired or was used"));
    assert_eq!((signs_in(&fixture, OLD).await, signs_in(&fixture, NEW).await), (422, 200));
    fixture.work().await;
    let changed = |mail: &String| mail.contains("Subject: Your password was changed\r\n");
    assert!(fixture.mails(ASHA).iter().any(changed));
    let log = fixture.list(&seat, "/v1/audit").await;
    let actions: Vec<_> = log.iter().filter_map(|entry| entry["action"].as_str()).collect();
    for action in ["link.mailed", "password.reset"] {
        assert!(actions.contains(&action), "{actions:?}");
    }
}

#[tokio::test]
async fn a_mailed_link_signs_in_once_its_button_is_pressed() {
    let (fixture, _) = start().await;
    let link = link(&asks(&fixture, "sign-in").await);
    let token = token(&link);
    for _ in 0..2 {
        answer(fixture.http.get(&link)).await.is(200);
        form(&fixture, "/web/mailed-link/sign-in/open", &[("token", token)]).await.is(200);
    }
    // A link is for one thing.
    let other = [("token", token), ("password", NEW)];
    form(&fixture, "/web/mailed-link/new-password", &other).await.is(422);
    let entered = form(&fixture, "/web/mailed-link/sign-in", &[("token", token)]).await.is(200);
    assert_eq!(entered.headers["hx-redirect"], "/inbox");
    let cookie = entered.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap();
    let inbox = fixture.http.get(format!("{}/inbox", fixture.origin)).header("cookie", cookie);
    answer(inbox).await.is(200);
    let again = form(&fixture, "/web/mailed-link/sign-in", &[("token", token)]).await.is(422);
    assert!(text(&again).contains("has expired or was used"));
}

#[tokio::test]
async fn who_asks_is_told_the_same_whether_or_not_there_is_an_account() {
    let (fixture, _) = start().await;
    let mut answers = Vec::new();
    for email in [ASHA, "nobody@example.com"] {
        for _ in 0..3 {
            let asked = form(&fixture, "/web/mail-link", &[("what", "sign-in"), ("email", email)]).await;
            answers.push((asked.status, text(&asked)));
        }
        let fourth = form(&fixture, "/web/mail-link", &[("what", "sign-in"), ("email", email)]).await;
        assert_eq!(fourth.headers["retry-after"], "3601");
        answers.push((fourth.status, String::new()));
    }
    assert_eq!(answers[..4], answers[4..]);
    assert_eq!((answers[0].0, answers[3].0), (200, 429));
    let odd = form(&fixture, "/web/mail-link", &[("what", "sign-in"), ("email", "nobody")]).await.is(422);
    assert!(text(&odd).contains("not a complete address"));
}

#[tokio::test]
async fn without_a_mailer_nothing_that_needs_mail_is_offered_or_accepted() {
    let fixture = Fixture::start().await;
    let page = answer(fixture.http.get(format!("{}/sign-in", fixture.origin))).await.is(200);
    assert!(!text(&page).contains("forgot") && !text(&page).contains("email-link"));
    for path in ["/forgot", "/email-link"] {
        answer(fixture.http.get(format!("{}{path}", fixture.origin))).await.is(409);
    }
    let asked = form(&fixture, "/web/mail-link", &[("what", "sign-in"), ("email", ASHA)]).await.is(409);
    assert!(text(&asked).contains("mail.not_set_up"), "{}", text(&asked));
    let with_mail = Fixture::start_with_mail().await;
    let page = answer(with_mail.http.get(format!("{}/sign-in", with_mail.origin))).await.is(200);
    assert!(text(&page).contains("href=\"forgot\"") && text(&page).contains("href=\"email-link\""));
}

#[tokio::test]
async fn an_invitation_is_mailed_again_when_it_is_renewed() {
    let fixture = Fixture::start_with_mail().await;
    let seat = fixture.found("Green Leaf").await;
    let first = invited(&fixture, &seat).await;
    let open = fixture.list(&seat, "/v1/invitations").await;
    let renewal = format!("/v1/invitations/{}/renewal", open[0]["id"].as_str().unwrap());
    let second = fixture.post(&seat, &renewal, json!(null)).await.is(201).json;
    assert_eq!(second["mailed"], true);
    fixture.work().await;
    let mail = fixture.mails(ASHA).pop().unwrap();
    assert!(mail.contains("Subject: You are invited to Green Leaf\r\n"), "{mail}");
    let newest = link(&mail);
    assert_eq!(second["setup_url"], newest.as_str());
    assert_ne!(first, newest);
    let silent = Fixture::start().await;
    let seat = silent.found("Green Leaf").await;
    let made = silent.post(&seat, "/v1/members", json!({"email": ASHA, "role": "agent"})).await.is(201).json;
    assert_eq!(made["mailed"], false, "a link to copy");
}

#[tokio::test]
async fn a_new_device_is_told_by_mail() {
    let (fixture, _) = start().await;
    let before = fixture.mails(ASHA).len();
    let request = fixture.http.post(format!("{}/web/sign-in", fixture.origin));
    let request =
        request.header("x-forwarded-for", "203.0.113.9").header("user-agent", "Mozilla/5.0 Firefox/140.0");
    let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    let body = body.append_pair("email", ASHA).append_pair("password", OLD).finish();
    answer(request.body(body)).await.is(200);
    fixture.work().await;
    let mails = fixture.mails(ASHA);
    assert_eq!(mails.len(), before + 1);
    assert!(mails[before].contains("Subject: You signed in on a new device\r\n"), "{}", mails[before]);
    for line in ["Browser: Firefox\r\n", "Network: 203.0.113.0/24\r\n"] {
        assert!(mails[before].contains(line), "{}", mails[before]);
    }
}

#[tokio::test]
async fn an_address_is_confirmed_by_who_is_signed_in_and_has_the_mail() {
    let fixture = Fixture::start_with_mail().await;
    let seat = fixture.found("Green Leaf").await;
    let cookie = member(&fixture, &seat, "asha", dialzio_core::Role::Agent).await;
    let asks = async |method: &str, path: &str, fields: &str| {
        let request = fixture.http.request(method.parse().unwrap(), format!("{}{path}", fixture.origin));
        let request = request.header("cookie", &cookie).header("sec-fetch-site", "same-origin");
        let request = request.header("x-dialzio-request", "1");
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        answer(request.body(fields.to_owned())).await
    };
    let state =
        async || asks("GET", "/v1/me/email-confirmation", "").await.is(200).json["confirmed_at"].clone();
    assert!(state().await.is_null());
    let profile = text(&asks("GET", "/settings/profile", "").await.is(200));
    assert!(profile.contains("Not confirmed"));
    let sent = asks("POST", "/web/profile/confirmation", "").await.is(200);
    assert!(text(&sent).contains("A link is on its way"));
    fixture.work().await;
    let link = link(fixture.mails(ASHA).last().unwrap());
    assert!(link.starts_with(&format!("{}/confirm#", fixture.origin)), "{link}");
    let fields = format!("token={}", token(&link));
    let stranger = form(&fixture, "/web/mailed-link/confirm", &[("token", token(&link))]).await.is(422);
    assert!(text(&stranger).contains("Sign in here first"));
    let opened = asks("POST", "/web/mailed-link/confirm/open", &fields).await.is(200);
    assert!(text(&opened).contains(ASHA));
    assert!(state().await.is_null());
    let done = asks("POST", "/web/mailed-link/confirm", &fields).await.is(200);
    assert!(text(&done).contains("Your address is confirmed"));
    assert!(state().await.is_string());
    asks("POST", "/web/mailed-link/confirm", &fields).await.is(422);
    let profile = text(&asks("GET", "/settings/profile", "").await.is(200));
    assert!(profile.contains("Confirmed") && !profile.contains("Not confirmed"));
}
