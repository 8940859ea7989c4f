//! Calls over the API: the log, placing one, what members say, recordings, reports, agents.

use chrono::TimeDelta;
use dialzio_core::Clock;
use dialzio_core::call::{CallAlias, LegResult, LegRole, RecordingKind};
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{CallReport, CallReportKind, HookReply, ListedAgent, ReportTime};
use dialzio_core::{HookId, Permission};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Seat, answer};

/// A short sound in the form of a WAV file.
pub(crate) const WAV: &[u8] = b"RIFF\x2c\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x08\x00\x00\x00\x80\x90\xa0\x90\x80\x70\x60\x70";

/// A missed call with a voicemail that was fetched.
pub(crate) struct Called {
    pub(crate) call: String,
    pub(crate) recording: String,
    pub(crate) account: String,
    pub(crate) hook: HookId,
}

fn alias(text: &str) -> CallAlias {
    CallAlias::parse(text).unwrap()
}

pub(crate) fn record(fixture: &Fixture, id: &str, direction: Direction, result: LegResult) -> CallReport {
    let mut report = CallReport::new(CallReportKind::Record);
    report.aliases = vec![alias(id)];
    report.direction = Some(direction);
    report.customer = Some("919876543210".into());
    report.our_number = Some("914400000777".into());
    report.leg.role = Some(LegRole::Whole);
    report.leg.result = Some(result);
    report.leg.started = Some(ReportTime::At(fixture.clock.now()));
    report
}

impl Called {
    pub(crate) async fn arrives(&self, fixture: &Fixture, app: &str, report: CallReport) {
        let raw = fixture.phone.webhook(Some(app), vec![report]);
        assert_eq!(fixture.crm.intake().receive(self.hook, raw).await, HookReply::OK);
    }
}

/// A call that rings, with a recording that was fetched, and an agent of the telephone system.
pub(crate) async fn ringing_call(fixture: &Fixture, seat: &Seat, app: &str) -> Called {
    let mut rings = record(fixture, &format!("call-{app}"), Direction::Inbound, LegResult::Missed);
    rings.kind = CallReportKind::Live;
    rings.leg.role = Some(LegRole::Customer);
    rings.leg.result = None;
    fixture.phone.employs(vec![ListedAgent { id: "101_2222223".into(), name: None, phone: None }]);
    let called = call_with_file(fixture, seat, app, rings).await;
    fixture.post(seat, &format!("/v1/accounts/{}/agents/sync", called.account), json!(null)).await.is(200);
    called
}

/// A person called, was not answered, and left a voicemail.
pub(crate) async fn missed_call(fixture: &Fixture, seat: &Seat, app: &str) -> Called {
    let report = record(fixture, &format!("call-{app}"), Direction::Inbound, LegResult::Missed);
    call_with_file(fixture, seat, app, report).await
}

async fn call_with_file(fixture: &Fixture, seat: &Seat, app: &str, mut report: CallReport) -> Called {
    let (account, hook) = fixture.connect_telephone(seat, app).await;
    let mut called = Called { call: String::new(), recording: String::new(), account, hook };
    report.recordings = vec![(format!("file-{app}.wav"), RecordingKind::Voicemail)];
    fixture.phone.holds(&format!("file-{app}.wav"), WAV);
    called.arrives(fixture, app, report).await;
    // On a slow machine it waits in line until there is time to decide it.
    fixture.work().await;
    fixture.clock.advance(TimeDelta::seconds(31));
    fixture.work().await;
    let calls = fixture.list(seat, "/v1/calls").await;
    called.call = calls[0]["id"].as_str().unwrap().to_owned();
    let files = fixture.list(seat, &format!("/v1/calls/{}/recordings", called.call)).await;
    assert_eq!(files[0]["state"], "stored", "{files:?}");
    called.recording = files[0]["id"].as_str().unwrap().to_owned();
    called
}

#[tokio::test]
async fn a_missed_call_is_seen_heard_and_marked_as_done() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let called = missed_call(&fixture, &seat, "5550001").await;
    let waiting = fixture.list(&seat, "/v1/missed-calls").await;
    assert_eq!((waiting.len(), &waiting[0]["state"]), (1, &json!("voicemail")));
    assert_eq!(waiting[0]["customer"], "+919876543210");
    let path = format!("/v1/calls/{}/recordings/{}", called.call, called.recording);
    let heard = fixture.get(&seat, &path).await.is(200);
    assert_eq!((&heard.bytes[..], heard.headers["content-type"].to_str().unwrap()), (WAV, "audio/wav"));
    let request = fixture.http.get(format!("{}{path}", fixture.origin)).bearer_auth(&seat.key);
    let part = answer(request.header("range", "bytes=0-3")).await.is(206);
    assert_eq!(&part.bytes[..], b"RIFF");
    // A browser takes compressed answers. A sound stays as it is: players need its length and its ranges.
    let request = fixture.http.get(format!("{}{path}", fixture.origin)).bearer_auth(&seat.key);
    let whole = answer(request.header("accept-encoding", "gzip, deflate, br, zstd")).await.is(200);
    assert_eq!((&whole.bytes[..], whole.headers["content-length"].to_str().unwrap()), (WAV, "52"));
    assert_eq!(whole.headers["accept-ranges"], "bytes");
    assert!(!whole.headers.contains_key("content-encoding"));
    let done =
        fixture.patch(&seat, &format!("/v1/calls/{}", called.call), json!({"handled": true})).await.is(200);
    assert!(done.json["handled_at"].is_string());
    assert!(fixture.list(&seat, "/v1/missed-calls").await.is_empty());
}

/// How many files are in the blob store.
pub(crate) fn stored_files(fixture: &Fixture) -> usize {
    let mut folders = vec![fixture.folder.path().join("blobs")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files += 1 }
        }
    }
    files
}

#[tokio::test]
async fn a_recording_that_the_person_refuses_is_gone_at_once_and_its_bytes_with_the_sweep() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let called = missed_call(&fixture, &seat, "5550006").await;
    assert_eq!(stored_files(&fixture), 1);
    let call = format!("/v1/calls/{}", called.call);
    let path = format!("{call}/recordings/{}", called.recording);
    fixture.get(&seat, &path).await.is(200);
    fixture.patch(&seat, &call, json!({"recording_consent": "refused"})).await.is(200);
    fixture.get(&seat, &path).await.is(404);
    assert!(fixture.list(&seat, &format!("{call}/recordings")).await.is_empty());
    // A record that comes late brings nothing back.
    let mut late = record(&fixture, "call-5550006", Direction::Inbound, LegResult::Missed);
    late.recordings = vec![("another.wav".to_owned(), RecordingKind::Voicemail)];
    called.arrives(&fixture, "5550006", late).await;
    fixture.work().await;
    assert!(fixture.list(&seat, &format!("{call}/recordings")).await.is_empty());
    fixture.crm.worker().sweep().await.unwrap();
    fixture.work().await;
    assert_eq!(stored_files(&fixture), 0);
}

#[tokio::test]
async fn a_deleted_recording_is_gone_at_once_its_bytes_with_the_sweep_and_no_report_brings_it_back() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let called = missed_call(&fixture, &seat, "5550007").await;
    let call = format!("/v1/calls/{}", called.call);
    let path = format!("{call}/recordings/{}", called.recording);
    let delete = |key: String, path: String| {
        let fixture = &fixture;
        async move { fixture.call(Some(&key), "DELETE", &path, &Value::Null).await }
    };
    // Only a recording of this call, and only by whoever may.
    let agent = fixture.key(&seat.owner, &[Permission::CallsRead, Permission::CallsWrite]).await;
    assert_eq!(delete(agent, path.clone()).await.problem(403), "access.denied");
    let other = format!("{call}/recordings/{}", called.call);
    assert_eq!(delete(seat.key.clone(), other).await.problem(404), "media.not_found");
    fixture.get(&seat, &path).await.is(200);

    delete(seat.key.clone(), path.clone()).await.is(204);
    assert_eq!(fixture.get(&seat, &path).await.problem(404), "media.not_found");
    assert_eq!(delete(seat.key.clone(), path.clone()).await.problem(404), "media.not_found");
    assert!(fixture.list(&seat, &format!("{call}/recordings")).await.is_empty());
    let audit = fixture.list(&seat, "/v1/audit?limit=200").await;
    assert_eq!(audit.iter().filter(|entry| entry["action"] == "media.deleted").count(), 1, "{audit:?}");
    fixture.crm.worker().sweep().await.unwrap();
    fixture.work().await;
    assert_eq!(stored_files(&fixture), 0);

    // The provider names the same file once more. A second recording of the call is another file.
    let mut late = record(&fixture, "call-5550007", Direction::Inbound, LegResult::Missed);
    late.recordings = vec![("file-5550007.wav".to_owned(), RecordingKind::Voicemail)];
    called.arrives(&fixture, "5550007", late.clone()).await;
    fixture.work().await;
    assert!(fixture.list(&seat, &format!("{call}/recordings")).await.is_empty());
    late.recordings = vec![("second.wav".to_owned(), RecordingKind::Voicemail)];
    fixture.phone.holds("second.wav", WAV);
    called.arrives(&fixture, "5550007", late).await;
    fixture.work().await;
    let files = fixture.list(&seat, &format!("{call}/recordings")).await;
    assert_eq!((files.len(), &files[0]["state"]), (1, &json!("pending")));
    // Deleted while it waits to be fetched, it is not fetched.
    let second = files[0]["id"].as_str().unwrap();
    delete(seat.key.clone(), format!("{call}/recordings/{second}")).await.is(204);
    fixture.clock.advance(TimeDelta::seconds(31));
    fixture.work().await;
    assert_eq!(stored_files(&fixture), 0);
    fixture.get(&seat, &call).await.is(200);
}

#[tokio::test]
async fn a_recording_is_gone_at_twelve_months_although_no_sweep_has_run() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let called = missed_call(&fixture, &seat, "5550002").await;
    let path = format!("/v1/calls/{}/recordings/{}", called.call, called.recording);
    fixture.clock.advance(TimeDelta::days(365) - TimeDelta::seconds(32));
    // The key of the beginning has run out by then.
    let seat = Seat { key: fixture.key(&seat.owner, dialzio_core::Permission::ALL).await, ..seat };
    fixture.get(&seat, &path).await.is(200);
    fixture.clock.advance(TimeDelta::seconds(3));
    assert_eq!(fixture.get(&seat, &path).await.problem(404), "media.not_found");
    assert_eq!(
        fixture.get(&seat, &format!("/v1/media/{}", called.recording)).await.problem(404),
        "media.not_found"
    );
    assert!(fixture.list(&seat, &format!("/v1/calls/{}/recordings", called.call)).await.is_empty());
    // The call itself stays.
    fixture.get(&seat, &format!("/v1/calls/{}", called.call)).await.is(200);
}

#[tokio::test]
async fn the_log_is_narrowed_and_comes_as_a_table_of_the_same_rows() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let called = missed_call(&fixture, &seat, "5550003").await;
    let mut answered = record(&fixture, "answered", Direction::Inbound, LegResult::Answered);
    answered.leg.talk_seconds = Some(95);
    answered.customer = Some("919840055502".into());
    called.arrives(&fixture, "5550003", answered).await;
    for (query, expected) in [
        ("", 2),
        ("?view=missed", 1),
        ("?view=voicemail", 1),
        ("?view=outbound", 0),
        ("?duration=under_2m", 1),
        ("?state=completed", 1),
        ("?number=%2B919840055502", 1),
        ("?number=%2B919840055599", 0),
        ("?since=2030-01-01T00:00:00Z", 0),
    ] {
        let found = fixture.list(&seat, &format!("/v1/calls{query}")).await;
        assert_eq!(found.len(), expected, "{query}");
        let table = fixture.get(&seat, &format!("/v1/calls/export{query}")).await.is(200);
        let text = String::from_utf8(table.bytes.to_vec()).unwrap();
        assert_eq!(text.lines().count(), expected + 1, "{query}: {text}");
    }
    assert_eq!(fixture.get(&seat, "/v1/calls?view=lost").await.problem(422), "input.invalid");
    assert_eq!(fixture.get(&seat, "/v1/calls?since=yesterday").await.problem(422), "input.invalid");
    fixture.clock.advance(TimeDelta::seconds(1));
    let sums = fixture.get(&seat, "/v1/reports/calls").await.is(200).json;
    assert_eq!((&sums["all"]["answered"], &sums["all"]["missed"]), (&json!(1), &json!(1)));
    assert_eq!((&sums["all"]["answered_percent"], &sums["all"]["talk_seconds"]), (&json!(50), &json!(95)));
    assert_eq!(sums["hours"].as_array().unwrap().len(), 24);
}

#[tokio::test]
async fn the_gate_says_why_a_call_is_not_placed() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    missed_call(&fixture, &seat, "5550004").await;
    let place = |number: &str, key: &str| {
        let request = fixture.http.post(format!("{}/v1/calls", fixture.origin)).bearer_auth(&seat.key);
        let request = request.header("idempotency-key", key.to_owned());
        answer(request.json(&json!({"number": number})))
    };
    assert_eq!(place("+919840055599", "a").await.problem(403), "consent.no_relation");
    assert_eq!(place("12", "b").await.problem(422), "input.invalid");
    // A person who called is called back.
    let placed = place("+919876543210", "c").await.is(202);
    assert_eq!((&placed.json["state"], &placed.json["direction"]), (&json!("queued"), &json!("outbound")));
    assert_eq!(place("+919876543210", "c").await.is(202).id(), placed.id(), "the same key is the same call");
    let told =
        fixture.post(&seat, "/v1/calls/preview", json!({"number": "+919840055599"})).await.is(200).json;
    assert_eq!((&told["allowed"], &told["reasons"]), (&json!(false), &json!(["consent.no_relation"])));
    let told =
        fixture.post(&seat, "/v1/calls/preview", json!({"number": "+919876543210"})).await.is(200).json;
    assert_eq!(told["allowed"], true);
    fixture.work().await;
    let placed: Vec<_> =
        fixture.phone.placed().iter().map(|placed| placed.recipient.reveal().to_owned()).collect();
    assert_eq!(placed, ["+919876543210"]);
}

#[tokio::test]
async fn agents_are_listed_and_said_to_be_members() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let (account, _) = fixture.connect_telephone(&seat, "5550005").await;
    let path = format!("/v1/accounts/{account}/agents");
    assert!(fixture.list(&seat, &path).await.is_empty());
    let agent = ListedAgent { id: "101_5550005".into(), name: None, phone: Some("919840077701".into()) };
    fixture.phone.employs(vec![agent]);
    let listed = fixture.post(&seat, &format!("{path}/sync"), json!(null)).await.is(200).json;
    assert_eq!(listed["data"][0]["phone"], "+919840077701");
    let unknown = fixture.patch(&seat, &path, json!({"agent": "999", "member": null})).await;
    assert_eq!(unknown.problem(404), "call_agent.not_found");
    let nobody = json!({"agent": "101_5550005", "member": "01890000-0000-7000-8000-000000000000"});
    assert_eq!(fixture.patch(&seat, &path, nobody).await.problem(404), "member.not_found");
}
