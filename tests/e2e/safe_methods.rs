//! Reading changes nothing: every GET and HEAD there is, with every table compared before and after.

use std::collections::BTreeMap;

use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_http::routes::{ROUTES, Verb};
use serde_json::Value;

use crate::fixture::{Fixture, asha};
use crate::isolation::{path, tenant};

/// The pages and their parts, as the router names them.
const PAGES: &str = include_str!("../../dialzio-http/src/web/mod.rs");

/// Tables in which a read leaves a trace on purpose: that a file was opened is in the audit log and its ends, a session
/// says when it was last used, and a member's use of a page is kept for them.
const TRACES: [&str; 4] = ["audit", "org_head", "session", "usage_event"];

/// The address of each page and part that answers a GET.
fn pages() -> Vec<String> {
    let code = PAGES.split(".route(\"").skip(1);
    let read = code.filter(|route| {
        route.split_once(',').is_some_and(|(_, handler)| handler.trim_start().starts_with("get("))
    });
    read.map(|route| route.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn no_get_and_no_head_changes_a_table() {
    let fixture = Fixture::start().await;
    if fixture.tables().is_none() {
        return;
    }
    let tenant = tenant(&fixture, "100200301").await;
    // Something unread, from a person who would be told that it was read.
    fixture.writes(&tenant.line, &asha(), "Still there?").await;
    let email = EmailAddress::parse("ravi@example.com").unwrap();
    let access = fixture.crm.access();
    let link = access.invite(&tenant.seat.owner, Some(email), dialzio_core::Role::Owner).await.unwrap();
    let name = PersonName::parse("Ravi").unwrap();
    let session =
        access.accept(&link, name, None, &"seven brown otters swim upstream 7".into()).await.unwrap();
    let cookie = format!("__Host-dialzio_session={}", session.token.reveal());

    let mut ids: BTreeMap<&str, String> = tenant.ids.clone();
    ids.insert("event", ids["item"].clone());
    let (key, none) = (Some(tenant.seat.key.clone()), None);
    let api = ROUTES.iter().filter(|route| route.method == Verb::Get && route.answers != "text/event-stream");
    let mut asked: Vec<(String, Option<String>)> = api
        .filter(|route| !route.path.starts_with("/hooks"))
        .map(|route| (path(route.path, &ids), key.clone()))
        .collect();
    let streams = |page: &String| page.ends_with("/events") || page.starts_with("/assets");
    asked.extend(pages().iter().filter(|page| !streams(page)).map(|page| (path(page, &ids), none.clone())));
    assert!(asked.len() > 40, "{}", asked.len());
    let conversation = &ids["conversation"];
    assert!(asked.iter().any(|(page, _)| *page == format!("/web/conversations/{conversation}")));

    let before = fixture.each_table();
    for (page, key) in &asked {
        for method in ["GET", "HEAD"] {
            let request = fixture.http.request(method.parse().unwrap(), format!("{}{page}", fixture.origin));
            let request = match key {
                Some(key) => request.bearer_auth(key),
                // As a link on another site would have it.
                None => request.header("cookie", &cookie).header("sec-fetch-site", "cross-site"),
            };
            let answer = crate::fixture::answer(request).await;
            assert!(answer.status < 500, "{method} {page}: {answer:?}");
            assert_ne!(answer.status, 401, "{method} {page}");
            for (table, rows) in fixture.each_table() {
                let same = TRACES.contains(&table.as_str()) || before[&table] == rows;
                assert!(same, "{method} {page} changes {table}");
            }
        }
    }
    // The page says so once it is seen, and only then is it read.
    assert_eq!(fixture.only_conversation(&tenant.seat).await["unread"], 4);
    let seen = fixture.http.post(format!("{}/web/conversations/{conversation}/read", fixture.origin));
    let seen = seen.header("cookie", &cookie).header("sec-fetch-site", "same-origin");
    crate::fixture::answer(seen.header("x-dialzio-request", "1")).await.is(204);
    assert_eq!(fixture.only_conversation(&tenant.seat).await["unread"], Value::from(0));
}
