//! Lists and look-ups of calls.

use chrono::TimeDelta;
use dialzio_core::call::{LegResult, LegRole, RecordingKind};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{CallCursor, CallReport, ProviderError, ReportTime, TelephonyProvider};
use serde_json::{Value, json};
use wiremock::matchers::{body_partial_json, method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::fixture::{
    SECRET, access, alias, answers, bodies, json as answer, now, piopiy, requests, telecmi,
};

/// A list of so many rows, of which each page has three, whatever is asked.
struct Pages {
    rows: usize,
    name: &'static str,
    counts: bool,
}

impl Respond for Pages {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let page = usize::try_from(body["page"].as_u64().unwrap()).unwrap();
        let rows: Vec<Value> = (0..self.rows)
            .skip((page - 1) * 3)
            .take(3)
            .map(|row| json!({"cmiuid": format!("{}-{row}", self.name), "from": 919876500001_u64, "to": 914412345678_u64,
                              "duration": 9, "billedsec": 7, "agent": "101_1", "time": 1790000100000_u64}))
            .collect();
        let mut answer = json!({"code": 200, "cdr": rows});
        if self.counts {
            answer["count"] = json!(self.rows);
        }
        ResponseTemplate::new(200).set_body_json(answer)
    }
}

async fn lists(server: &MockServer, counts: bool) {
    for (name, rows) in [("answered", 7), ("out_answered", 0), ("missed", 3), ("out_missed", 4)] {
        let at = format!("/v2/{name}");
        Mock::given(method("POST"))
            .and(path(at))
            .respond_with(Pages { rows, name, counts })
            .mount(server)
            .await;
    }
}

async fn all(server: &MockServer) -> Vec<CallReport> {
    let (provider, access) = (telecmi(), access(&server.uri()));
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = provider.list_calls(&access, now() - TimeDelta::days(1), now(), after).await.unwrap();
        found.extend(page.calls);
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

#[tokio::test]
async fn one_cursor_goes_through_all_lists_by_pages_of_the_vendors_size() {
    for counts in [true, false] {
        let server = MockServer::start().await;
        lists(&server, counts).await;
        let found = all(&server).await;
        let ids: Vec<&str> = found.iter().map(|report| report.aliases[0].as_str()).collect();
        assert_eq!(ids.len(), 14);
        assert!(ids.contains(&"answered-6") && ids.contains(&"missed-2") && ids.contains(&"out_missed-3"));
        let mut asked = bodies(&server).await;
        let voicemails = asked.extract_if(.., |body| body.get("limit").is_none()).count();
        assert_eq!(voicemails, 1, "for the one page of missed calls that has any");
        assert!(
            asked
                .iter()
                .all(|body| body["start_date"] == 1789913700000_u64 && body["end_date"] == 1790000100000_u64)
        );
        assert!(
            asked
                .iter()
                .all(|body| body["appid"] == 3333301 && body["secret"] == SECRET && body["limit"] == 20)
        );
        assert_eq!(asked.len(), if counts { 3 + 1 + 1 + 2 } else { 4 + 1 + 2 + 3 });
    }
}

#[tokio::test]
async fn a_row_is_a_report_of_the_whole_call() {
    let server = MockServer::start().await;
    let row = json!({"cmiuid": "5c1d", "duration": 70, "billedsec": 61, "agent": "101_1", "filename": "a.mp3", "record": "true",
                     "name": "unknown", "from": 919876500001_u64, "to": 919876500101_u64, "time": 1790000100000_u64});
    let missed = json!({"_id": "65a1f0c2a1b2c3d4e5f60718", "duration": 30, "billedsec": 28, "from": "", "to": 914412345678_u64, "time": 1790000100000_u64});
    answers(&server, "/v2/answered", answer(json!({"code": 200, "count": 1, "cdr": [row]}))).await;
    answers(&server, "/v2/out_answered", answer(json!({"code": 200, "cdr": []}))).await;
    answers(&server, "/v2/missed", answer(json!({"code": "200", "total": 1, "cdr": [missed]}))).await;
    let out = json!({"cmiuid": "7e2f", "duration": 12, "agent": "101_1", "from": "914412345678", "to": 919876500001_u64, "time": 1790000100000_u64});
    answers(&server, "/v2/out_missed", answer(json!({"code": 200, "count": 2, "cdr": [out, {"time": 5}]})))
        .await;
    let found = all(&server).await;
    let [answered, missed, out] = found.as_slice() else { panic!("{} reports", found.len()) };
    let at = |second: i64| Some(ReportTime::At(now() + TimeDelta::seconds(second)));

    assert_eq!((answered.direction, answered.leg.role), (Some(Direction::Inbound), Some(LegRole::Whole)));
    assert_eq!((answered.customer.as_deref(), &answered.our_number), (Some("919876500001"), &None));
    assert_eq!((&answered.leg.result, answered.leg.talk_seconds), (&Some(LegResult::Answered), Some(61)));
    assert_eq!((answered.leg.answered, answered.leg.ended, answered.leg.started), (at(0), at(61), None));
    assert_eq!(answered.leg.agent.as_deref(), Some("101_1"));
    assert_eq!(answered.recordings, [("a.mp3".to_owned(), RecordingKind::Recording)]);

    assert_eq!((missed.customer.as_deref(), missed.our_number.as_deref()), (Some(""), Some("914412345678")));
    assert_eq!(
        (&missed.leg.result, missed.leg.talk_seconds),
        (&Some(LegResult::Missed), None),
        "what is billed is no talk"
    );
    assert_eq!((missed.leg.started, missed.leg.ended, missed.leg.wait_seconds), (at(0), at(30), Some(30)));

    assert_eq!((out.direction, out.customer.as_deref()), (Some(Direction::Outbound), Some("919876500001")));
    assert_eq!((out.our_number.as_deref(), out.leg.wait_seconds), (Some("914412345678"), None));
}

/// A message belongs to the call during which it was left, and to none if there is no such call.
#[tokio::test]
async fn what_a_caller_left_is_given_to_the_call_that_it_was_left_in() {
    let server = MockServer::start().await;
    let at = |second: i64| 1_790_000_100_000 - 1_000 * second;
    let call = |id: &str, from: u64, began: i64| json!({"cmiuid": id, "duration": 40, "from": from, "to": 914412345678_u64, "time": at(began)});
    let calls = [
        call("first", 919876500001, 600),
        call("again", 919876500001, 500),
        call("other", 919876500002, 500),
    ];
    answers(&server, "/v2/missed", answer(json!({"code": 200, "count": 3, "cdr": calls}))).await;
    let left =
        |from: u64, second: i64, name: &str| json!({"from": from, "time": at(second), "voicename": name});
    let all = [
        left(919876500001, 470, "again.mp3"),
        left(919876500009, 470, "stranger.mp3"),
        left(919876500002, 100, "late.mp3"),
        json!({"time": 5}),
    ];
    answers(&server, "/v2/voicemail", answer(json!({"code": 200, "count": 4, "voicemail": all}))).await;
    let missed = CallCursor("missed:1:0".to_owned());
    let (provider, access) = (telecmi(), access(&server.uri()));
    let page = provider.list_calls(&access, now(), now(), Some(missed.clone())).await.unwrap();
    let files: Vec<_> = page.calls.iter().map(|report| report.recordings.clone()).collect();
    assert_eq!(files, [vec![], vec![("again.mp3".to_owned(), RecordingKind::Voicemail)], vec![]]);

    // A vendor that has no such list still has its calls; one that is out of order is asked again.
    for (status, is_fault) in [(404, false), (503, true)] {
        let server = MockServer::start().await;
        answers(
            &server,
            "/v2/missed",
            answer(json!({"code": 200, "count": 1, "cdr": [call("a", 1234567, 9)]})),
        )
        .await;
        answers(&server, "/v2/voicemail", ResponseTemplate::new(status)).await;
        let page = provider
            .list_calls(&crate::fixture::access(&server.uri()), now(), now(), Some(missed.clone()))
            .await;
        assert_eq!(page.is_err(), is_fault);
    }
}

#[tokio::test]
async fn a_call_is_found_in_the_lists_around_its_time() {
    let server = MockServer::start().await;
    lists(&server, true).await;
    let (provider, access) = (telecmi(), access(&server.uri()));
    let ids = [alias("the-request"), alias("missed-1")];
    let found = provider.find_call(&access, &ids, now()).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].leg.result, Some(LegResult::Missed));
    let asked = bodies(&server).await;
    assert_eq!(
        (asked[0]["start_date"].as_i64(), asked[0]["end_date"].as_i64()),
        (Some(1789999500000), Some(1790003700000))
    );
    assert!(provider.find_call(&access, &[alias("another")], now()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_list_that_never_ends_ends() {
    let server = MockServer::start().await;
    lists(&server, true).await;
    let provider = telecmi();
    let strange = CallCursor("answered:0:0".to_owned());
    let error = provider.list_calls(&access(&server.uri()), now(), now(), Some(strange)).await.unwrap_err();
    assert_eq!(error.code(), "telecmi.cursor");
    let last = CallCursor("out_missed:1000:4".to_owned());
    let page = provider.list_calls(&access(&server.uri()), now(), now(), Some(last)).await.unwrap();
    assert_eq!(page.next, None);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_an_error_and_no_empty_list() {
    for broken in [
        ResponseTemplate::new(200).set_body_string("<html></html>"),
        ResponseTemplate::new(502),
        answer(json!({"code": 500})),
        answer(json!({"cdr": []})),
    ] {
        let server = MockServer::start().await;
        answers(&server, "/v2/answered", broken).await;
        let error = telecmi().list_calls(&access(&server.uri()), now(), now(), None).await.unwrap_err();
        assert!(matches!(error, ProviderError::Fault { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn piopiy_is_asked_for_each_leg_and_then_for_the_request() {
    let server = MockServer::start().await;
    let leg = "5c1d6f0e-0000-4000-8000-000000000001";
    let unknown = "5c1d6f0e-0000-4000-8000-000000000002";
    let row = |leg: &str, direction: &str| {
        json!({"duration": 35, "from": 919876500001_u64, "to": 914412345678_u64,
        "time": 1790000100000_u64, "leg": leg, "direction": direction, "status": "answered"})
    };
    let by_leg = |id: &str| {
        Mock::given(method("POST"))
            .and(path("/v1/piopiy/cmiuuid_cdr"))
            .and(body_partial_json(json!({ "cmiuuid": id })))
    };
    by_leg(leg).respond_with(answer(json!({"code": 200, "cdr": row("a", "outbound")}))).mount(&server).await;
    by_leg(unknown).respond_with(answer(json!({"code": 404, "msg": "not found"}))).mount(&server).await;
    answers(
        &server,
        "/v1/piopiy/requestid_cdr",
        answer(json!({"code": 200, "count": 2, "cdr": [row("b", "outbound"), row("a", "outbound")]})),
    )
    .await;

    let ids = [alias("cmVxdWVzdA"), alias(leg), alias(unknown)];
    let found = piopiy().find_call(&access(&server.uri()), &ids, now()).await.unwrap();
    assert_eq!(found.len(), 2, "the first leg is not told twice");
    let [first, second] = found.as_slice() else { panic!() };
    assert_eq!((first.leg.role, &first.leg.id), (Some(LegRole::First), &Some(alias(leg))));
    assert_eq!((second.leg.role, &second.leg.id), (Some(LegRole::Second), &None));
    assert_eq!((second.leg.talk_seconds, &second.leg.result), (Some(35), &Some(LegResult::Answered)));
    assert_eq!(second.aliases, [alias("cmVxdWVzdA")]);
    assert_eq!(second.direction, Some(Direction::Outbound));
    assert!(found.iter().all(|report| report.customer.is_none()), "our own request says whom we called");
    let last = bodies(&server).await.pop().unwrap();
    assert_eq!(last, json!({"appid": 3333301, "secret": SECRET, "request_id": "cmVxdWVzdA"}));
}

#[tokio::test]
async fn a_call_that_came_in_by_piopiy_is_found_with_its_caller() {
    let server = MockServer::start().await;
    let leg = "5c1d6f0e-0000-4000-8000-000000000001";
    let row = json!({"duration": 0, "from": 919876500001_u64, "to": 914412345678_u64, "time": 1790000100000_u64, "leg": "a",
                     "direction": "inbound", "status": "missed"});
    answers(&server, "/v1/piopiy/cmiuuid_cdr", answer(json!({"code": 200, "cdr": row}))).await;
    let found = piopiy().find_call(&access(&server.uri()), &[alias(leg)], now()).await.unwrap();
    assert_eq!(
        (found[0].direction, found[0].customer.as_deref()),
        (Some(Direction::Inbound), Some("919876500001"))
    );
    assert_eq!((&found[0].leg.result, found[0].leg.talk_seconds), (&Some(LegResult::Missed), None));
    assert!(piopiy().find_call(&access(&server.uri()), &[], now()).await.unwrap().is_empty());
    assert_eq!(requests(&server).await.len(), 1);
}
