//! The stream by which a page stays true.

use dialzio_core::Role;
use futures_util::StreamExt;
use std::time::Duration;

use crate::fixture::{Fixture, answer, asha};
use crate::presence::member;

/// Reads a stream until this stands in it.
async fn read_until(response: reqwest::Response, what: &str) -> String {
    let (mut bytes, mut text) = (response.bytes_stream(), String::new());
    while !text.contains(what) {
        let more = tokio::time::timeout(Duration::from_secs(10), bytes.next()).await;
        let more = more.unwrap_or_else(|_| panic!("only {text:?} came")).unwrap().unwrap();
        text.push_str(std::str::from_utf8(&more).unwrap());
    }
    text
}

#[tokio::test]
async fn a_page_hears_of_what_happened_between_its_reading_and_its_stream() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.writes(&line, &asha(), "Is my order ready?").await;
    let conversation = fixture.only_conversation(&seat).await["id"].as_str().unwrap().to_owned();
    let ravi = member(&fixture, &seat, "Ravi", Role::Agent).await;
    let get = |path: &str| fixture.http.get(format!("{}/{path}", fixture.origin)).header("cookie", &ravi);
    let page = String::from_utf8(answer(get("inbox")).await.is(200).bytes.to_vec()).unwrap();
    let stream = page.split("hx-sse:connect=\"").nth(1).unwrap().split('"').next().unwrap();

    // On a slow line the stream is opened only now.
    fixture.writes(&line, &asha(), "Hello?").await;
    let told = read_until(get(stream).send().await.unwrap(), "event: conversation").await;
    assert!(told.contains(&conversation), "{told}");
    // Opened once more, it goes on after the last event, whatever stands in its address.
    let last = told.split("id: ").nth(1).unwrap().lines().next().unwrap();
    fixture.writes(&line, &asha(), "Are you there?").await;
    let again = get(stream).header("last-event-id", last).send().await.unwrap();
    let more = read_until(again, "event: conversation").await;
    assert!(!more.contains(&format!("id: {last}\n")), "{more}");
}
