//! Who else has a conversation on the screen, as the pages say and show it.

use dialzio_core::Role;
use dialzio_core::text::{EmailAddress, PersonName};

use crate::fixture::{Answer, Fixture, Seat, answer, asha};

/// A member who is signed in: the session cookie.
pub(crate) async fn member(fixture: &Fixture, seat: &Seat, name: &str, role: Role) -> String {
    let access = fixture.crm.access();
    let email = EmailAddress::parse(&format!("{}@example.com", name.to_lowercase())).unwrap();
    let link = access.invite(&seat.owner, Some(email), role).await.unwrap();
    let name = PersonName::parse(name).unwrap();
    let session =
        access.accept(&link, name, None, &"seven brown otters swim upstream 7".into()).await.unwrap();
    format!("__Host-dialzio_session={}", session.token.reveal())
}

async fn says(fixture: &Fixture, cookie: &str, conversation: &str, state: &str) -> Answer {
    let url = format!("{}/web/conversations/{conversation}/presence", fixture.origin);
    let request = fixture.http.post(url).header("cookie", cookie).header("sec-fetch-site", "same-origin");
    let request = request.header("x-dialzio-request", "1");
    let request = request.header("content-type", "application/x-www-form-urlencoded");
    answer(request.body(format!("state={state}"))).await
}

async fn shown(fixture: &Fixture, cookie: &str, conversation: &str, part: &str) -> String {
    let url = format!("{}/web/conversations/{conversation}/{part}", fixture.origin);
    let read = answer(fixture.http.get(url).header("cookie", cookie)).await.is(200);
    let page = String::from_utf8(read.bytes.to_vec()).unwrap();
    page.split("id=\"viewing\">").nth(1).unwrap().split("</span>").next().unwrap().to_owned()
}

async fn shop(fixture: &Fixture, number: &str) -> (Seat, String) {
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, number).await;
    fixture.writes(&line, &asha(), "Is my order ready?").await;
    let conversation = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
    (seat, conversation)
}

#[tokio::test]
async fn the_others_in_a_conversation_are_named_and_oneself_is_not() {
    let fixture = Fixture::start().await;
    let (seat, talk) = shop(&fixture, "100200300").await;
    let ravi = member(&fixture, &seat, "Ravi", Role::Agent).await;
    let meera = member(&fixture, &seat, "Meera", Role::Viewer).await;
    assert_eq!(shown(&fixture, &ravi, &talk, "presence").await, "");
    says(&fixture, &ravi, &talk, "writing").await.is(204);
    assert_eq!(shown(&fixture, &ravi, &talk, "presence").await, "");
    assert_eq!(shown(&fixture, &meera, &talk, "presence").await, "Ravi is writing");
    // Who may only look is seen too, and the composer says the same.
    says(&fixture, &meera, &talk, "viewing").await.is(204);
    assert_eq!(shown(&fixture, &ravi, &talk, "composer").await, "Meera is viewing");
    says(&fixture, &ravi, &talk, "gone").await.is(204);
    assert_eq!(shown(&fixture, &meera, &talk, "presence").await, "");
    assert!(says(&fixture, &ravi, &talk, "dancing").await.status >= 400);
}

#[tokio::test]
async fn nothing_is_seen_from_another_organisation_nor_where_the_host_does_without() {
    let fixture = Fixture::start().await;
    let (seat, talk) = shop(&fixture, "100200300").await;
    let (other, _) = shop(&fixture, "100200301").await;
    let ravi = member(&fixture, &seat, "Ravi", Role::Agent).await;
    let stranger = member(&fixture, &other, "Stranger", Role::Owner).await;
    assert_eq!(says(&fixture, &stranger, &talk, "writing").await.status, 404);
    assert_eq!(shown(&fixture, &ravi, &talk, "presence").await, "");

    let without =
        Fixture::start_beside(axum::Router::new(), "", dialzio_http::Options::without_presence).await;
    let (seat, talk) = shop(&without, "100200300").await;
    let ravi = member(&without, &seat, "Ravi", Role::Agent).await;
    assert_eq!(says(&without, &ravi, &talk, "writing").await.status, 404);
    let page = without.http.get(format!("{}/inbox/{talk}", without.origin)).header("cookie", &ravi);
    let page = String::from_utf8(answer(page).await.is(200).bytes.to_vec()).unwrap();
    assert!(!page.contains("data-presence"), "pages would say it all the same");
}
