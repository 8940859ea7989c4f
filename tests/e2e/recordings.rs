//! Recordings over the API: those of a period or a person, counted and then deleted.

use chrono::TimeDelta;
use dialzio_core::call::{LegResult, RecordingKind};
use dialzio_core::conversation::Direction;
use dialzio_core::{Clock, Permission};
use serde_json::{Value, json};

use crate::calls::{WAV, missed_call, record, stored_files};
use crate::fixture::Fixture;

fn with(body: &Value, more: &Value) -> Value {
    let mut all = body.as_object().unwrap().clone();
    all.extend(more.as_object().unwrap().clone());
    Value::Object(all)
}

#[tokio::test]
async fn recordings_of_a_period_are_counted_and_exactly_those_are_gone() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let since = fixture.clock.now();
    let called = missed_call(&fixture, &seat, "5550011").await;
    let mut second = record(&fixture, "second", Direction::Inbound, LegResult::Missed);
    second.recordings = vec![("second.wav".into(), RecordingKind::Recording)];
    fixture.phone.holds("second.wav", WAV);
    called.arrives(&fixture, "5550011", second.clone()).await;
    fixture.work().await;
    fixture.clock.advance(TimeDelta::minutes(1));
    let until = fixture.clock.now();
    fixture.work().await;
    let mut later = record(&fixture, "later", Direction::Inbound, LegResult::Missed);
    later.recordings = vec![("later.wav".into(), RecordingKind::Voicemail)];
    fixture.phone.holds("later.wav", WAV);
    called.arrives(&fixture, "5550011", later).await;
    fixture.work().await;
    assert_eq!(stored_files(&fixture), 2, "the one of later is not fetched yet");

    let period = json!({"since": since, "until": until});
    let (preview, deletion) = ("/v1/recordings/preview", "/v1/recordings/deletion");
    let count = fixture.post(&seat, preview, period.clone()).await.is(200).json;
    assert_eq!((&count["recordings"], &count["pending"]), (&json!(2), &json!(0)), "{count}");
    assert_eq!(count["bytes"], json!(2 * WAV.len()));
    let seen = with(&period, &json!({"seen": count["seen"]}));
    let reader = fixture.key(&seat.owner, &[Permission::CallsRead, Permission::CallsWrite]).await;
    for (path, body) in [(preview, &period), (deletion, &seen)] {
        let refused = fixture.call(Some(&reader), "POST", path, body).await;
        assert_eq!(refused.problem(403), "access.denied");
    }
    // One more of the period arrives between the preview and the deletion: nothing is deleted that was not counted.
    second.recordings = vec![("third.wav".into(), RecordingKind::Recording)];
    called.arrives(&fixture, "5550011", second.clone()).await;
    fixture.work().await;
    assert_eq!(fixture.post(&seat, deletion, seen).await.problem(412), "media.stale");
    let count = fixture.post(&seat, preview, period.clone()).await.is(200).json;
    assert_eq!((&count["recordings"], &count["pending"]), (&json!(3), &json!(1)), "{count}");
    let seen = with(&period, &json!({"seen": count["seen"]}));
    assert_eq!(fixture.post(&seat, deletion, seen.clone()).await.is(200).json, json!({"deleted": 3}));

    // Gone on every read at once, and its bytes with the sweep; the one of later stays.
    let path = format!("/v1/calls/{}/recordings", called.call);
    assert!(fixture.list(&seat, &path).await.is_empty());
    assert_eq!(
        fixture.get(&seat, &format!("{path}/{}", called.recording)).await.problem(404),
        "media.not_found"
    );
    assert_eq!(
        fixture.get(&seat, &format!("/v1/media/{}", called.recording)).await.problem(404),
        "media.not_found"
    );
    fixture.crm.worker().sweep().await.unwrap();
    fixture.work().await;
    assert_eq!(stored_files(&fixture), 0);
    // Sent again it deletes nothing, and a report that names the files once more brings none back.
    assert_eq!(fixture.post(&seat, deletion, seen).await.is(200).json, json!({"deleted": 0}));
    second.recordings =
        vec![("second.wav".into(), RecordingKind::Recording), ("third.wav".into(), RecordingKind::Recording)];
    called.arrives(&fixture, "5550011", second).await;
    fixture.clock.advance(TimeDelta::minutes(1));
    fixture.work().await;
    assert_eq!(stored_files(&fixture), 1, "that of later");
    let all = json!({"since": since, "until": fixture.clock.now()});
    assert_eq!(fixture.post(&seat, preview, all).await.is(200).json["recordings"], json!(1));
    let entries = fixture.list(&seat, "/v1/audit?limit=200").await;
    let deleted = entries.iter().filter(|entry| entry["action"] == "media.deleted").count();
    assert_eq!(deleted, 3, "each has its entry");
}

#[tokio::test]
async fn recordings_of_a_person_are_theirs_alone_and_a_period_is_asked_for_without_one() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let asha = json!({"name": "Asha", "details": [{"kind": "phone", "value": "+919876543210"}]});
    let asha = fixture.post(&seat, "/v1/contacts", asha).await.is(201).id();
    let ben = fixture.post(&seat, "/v1/contacts", json!({"name": "Ben"})).await.is(201).id();
    let called = missed_call(&fixture, &seat, "5550012").await;
    let preview = "/v1/recordings/preview";
    let count = fixture.post(&seat, preview, json!({"contact": asha})).await.is(200).json;
    assert_eq!((&count["recordings"], &count["unassigned"]), (&json!(1), &json!(0)));
    let none = fixture.post(&seat, preview, json!({"contact": ben})).await.is(200).json;
    assert_eq!((&none["recordings"], &none["oldest"]), (&json!(0), &json!(null)));
    // What was seen of one person deletes nothing of another.
    let body = json!({"contact": asha, "seen": none["seen"]});
    assert_eq!(fixture.post(&seat, "/v1/recordings/deletion", body).await.problem(412), "media.stale");
    let body = json!({"contact": asha, "seen": count["seen"]});
    assert_eq!(
        fixture.post(&seat, "/v1/recordings/deletion", body).await.is(200).json,
        json!({"deleted": 1})
    );
    assert!(fixture.list(&seat, &format!("/v1/calls/{}/recordings", called.call)).await.is_empty());
    let other = fixture.found("Blue Shop").await;
    assert_eq!(
        fixture.post(&other, preview, json!({"contact": asha})).await.problem(404),
        "contact.not_found"
    );
    for (body, field) in [
        (json!({}), "since"),
        (json!({"since": "2026-01-01T00:00:00Z"}), "until"),
        (json!({"since": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}), "until"),
    ] {
        let refused = fixture.post(&seat, preview, body).await.is(422);
        assert_eq!(refused.json["errors"][0]["pointer"], format!("/{field}"), "{}", refused.json);
    }
    let body = json!({"contact": asha, "seen": "all of them"});
    assert_eq!(fixture.post(&seat, "/v1/recordings/deletion", body).await.problem(422), "input.invalid");
}

#[tokio::test]
async fn an_organisation_that_requires_an_agreement_has_no_recording_without_it() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let called = missed_call(&fixture, &seat, "5550013").await;
    let (call, organisation) = (format!("/v1/calls/{}", called.call), "/v1/organisation");
    let one = format!("{call}/recordings/{}", called.recording);
    assert_eq!(fixture.get(&seat, organisation).await.is(200).json["recordings"], "always");
    fixture.get(&seat, &one).await.is(200);
    // A stricter rule counts at once, on every read of what is stored.
    let stricter = json!({"recordings": "when_agreed"});
    assert_eq!(fixture.patch(&seat, organisation, stricter).await.is(200).json["recordings"], "when_agreed");
    for path in [&one, &format!("/v1/media/{}", called.recording)] {
        assert_eq!(fixture.get(&seat, path).await.problem(403), "recording.withheld");
    }
    let listed = fixture.list(&seat, &format!("{call}/recordings")).await;
    assert_eq!((&listed[0]["withheld"], &listed[0]["state"]), (&json!(true), &json!("stored")));
    // Another recording of the call is not fetched before it is entered what the person said.
    let mut more = record(&fixture, "call-5550013", Direction::Inbound, LegResult::Missed);
    more.recordings = vec![("more.wav".into(), RecordingKind::Voicemail)];
    fixture.phone.holds("more.wav", WAV);
    called.arrives(&fixture, "5550013", more).await;
    fixture.work().await;
    fixture.clock.advance(TimeDelta::hours(3));
    fixture.work().await;
    assert_eq!(stored_files(&fixture), 1);
    for (said, plays) in [("announced", false), ("agreed", true)] {
        fixture.patch(&seat, &call, json!({"recording_consent": said})).await.is(200);
        fixture.work().await;
        fixture.get(&seat, &one).await.is(if plays { 200 } else { 403 });
        assert_eq!(stored_files(&fixture), if plays { 2 } else { 1 }, "{said}");
    }
    let listed = fixture.list(&seat, &format!("{call}/recordings")).await;
    assert!(listed.iter().all(|file| file["withheld"] == json!(false) && file["state"] == "stored"));
    let wrong = fixture.patch(&seat, organisation, json!({"recordings": "sometimes"})).await;
    assert_eq!(wrong.problem(422), "input.invalid");
}
