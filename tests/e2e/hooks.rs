//! Addresses for webhooks that are rotated: the one before goes on working, and each knows what arrived by it last.

use chrono::TimeDelta;
use dialzio_core::call::LegResult;
use dialzio_core::conversation::Direction;
use dialzio_core::provider::HookReply;
use dialzio_core::{Clock, HookId, Permission};
use serde_json::{Value, json};

use crate::calls::record;
use crate::fixture::{Fixture, Seat};

fn hook_of(url: &Value) -> HookId {
    url.as_str().unwrap().rsplit('/').next().unwrap().parse().unwrap()
}

async fn app(fixture: &Fixture, seat: &Seat) -> Value {
    fixture.list(seat, "/v1/apps").await.remove(0)
}

/// The status that a webhook gets at an address.
async fn posts(fixture: &Fixture, hook: HookId, call: &str) -> u16 {
    let report = record(fixture, call, Direction::Inbound, LegResult::Missed);
    let raw = fixture.phone.webhook(Some("5550021"), vec![report]);
    fixture.crm.intake().receive(hook, raw).await.status
}

#[tokio::test]
async fn a_rotated_address_works_beside_the_one_before_until_that_ends() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let (_, first) = fixture.connect_telephone(&seat, "5550021").await;
    let before = app(&fixture, &seat).await;
    assert_eq!((&before["hook_seen_at"], &before["former_hook"]), (&json!(null), &json!(null)));
    assert_eq!(posts(&fixture, first, "one").await, HookReply::OK.status);
    let seen = json!(fixture.clock.now());
    assert_eq!(app(&fixture, &seat).await["hook_seen_at"], seen);

    let path = format!("/v1/apps/{}/hook", before["id"].as_str().unwrap());
    let (rotation, former) = (format!("{path}/rotation"), format!("{path}/former"));
    // Only by whoever may, and only of an app of theirs.
    let reader = fixture.key(&seat.owner, &[Permission::AccountsRead]).await;
    let refused = fixture.call(Some(&reader), "POST", &rotation, &json!({})).await;
    assert_eq!(refused.problem(403), "access.denied");
    let other = fixture.found("Blue Shop").await;
    assert_eq!(fixture.post(&other, &rotation, json!({})).await.problem(404), "app.not_found");
    assert_eq!(
        fixture.post(&seat, &rotation, json!({"overlap_hours": 721})).await.problem(422),
        "input.invalid"
    );

    let rotated = fixture.post(&seat, &rotation, json!({})).await.is(200).json;
    let second = hook_of(&rotated["hook_url"]);
    assert_ne!(second, first);
    assert_eq!(rotated["hook_seen_at"], json!(null));
    let kept = &rotated["former_hook"];
    assert_eq!((hook_of(&kept["url"]), &kept["seen_at"]), (first, &seen));
    assert_eq!(kept["until"], json!(fixture.clock.now() + TimeDelta::days(7)));
    // The address before is not lost by a second rotation in a hurry.
    assert_eq!(fixture.post(&seat, &rotation, json!({})).await.problem(422), "input.invalid");

    // Both work; one sees when the provider begins to use the new one.
    fixture.clock.advance(TimeDelta::hours(1));
    assert_eq!(posts(&fixture, first, "two").await, 200);
    let now = app(&fixture, &seat).await;
    assert_eq!(now["hook_seen_at"], json!(null));
    assert_eq!(now["former_hook"]["seen_at"], json!(fixture.clock.now()));
    fixture.clock.advance(TimeDelta::hours(1));
    assert_eq!(posts(&fixture, second, "three").await, 200);
    assert_eq!(app(&fixture, &seat).await["hook_seen_at"], json!(fixture.clock.now()));
    fixture.work().await;
    assert_eq!(fixture.list(&seat, "/v1/calls").await.len(), 3);

    // At its time the address before ends, to the second.
    fixture.clock.advance(TimeDelta::days(7) - TimeDelta::hours(2) - TimeDelta::seconds(1));
    assert_eq!(posts(&fixture, first, "four").await, 200);
    fixture.clock.advance(TimeDelta::seconds(1));
    assert_eq!(posts(&fixture, first, "five").await, 404);
    assert_eq!(app(&fixture, &seat).await["former_hook"], json!(null));

    // Ended by hand it is gone at once; ended again nothing changes.
    let third = fixture.post(&seat, &rotation, json!({"overlap_hours": 24})).await.is(200).json;
    assert_eq!(posts(&fixture, second, "six").await, 200);
    for _ in 0..2 {
        let ended = fixture.call(Some(&seat.key), "DELETE", &former, &Value::Null).await.is(200).json;
        assert_eq!(ended["former_hook"], json!(null));
        assert_eq!(posts(&fixture, second, "seven").await, 404);
    }
    assert_eq!(posts(&fixture, hook_of(&third["hook_url"]), "eight").await, 200);
    let audit = fixture.list(&seat, "/v1/audit?limit=200").await;
    let changes = audit.iter().filter(|entry| entry["action"] == "app.changed").count();
    assert_eq!(changes, 3, "two rotations and one end");
}
