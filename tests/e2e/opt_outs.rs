//! What people write when they want no more, through the whole server: cases of our own, and those of the folder in
//! `DIALZIO_CORPUS`, which are read in place. What is right is said beside each text.

use dialzio_core::Clock;
use serde_json::{Value, json};
use std::path::Path;

use crate::corpus::{elsewhere, recent};
use crate::fixture::{Fixture, Line, Seat};

/// What has to follow from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    /// Everything but one-time codes ends on this channel.
    Stop,
    /// Promotion ends, and nothing else.
    PromotionOnly,
    /// Promotion is held, and a task asks a person of the team.
    Ask,
    /// Nothing changes.
    Nothing,
}

const OWN: &[(&str, &[Right])] = &[
    ("Stop, please", &[Right::Stop]),
    ("U.N.S.U.B.S.C.R.I.B.E", &[Right::Stop]),
    ("stop\n\n--\nRavi Kumar\nSunrise Tiles", &[Right::Stop]),
    ("STOP 4471", &[Right::Ask]),
    ("please don't unsubscribe me", &[Right::Nothing]),
    ("is the tram stop near you?", &[Right::Nothing]),
    ("Stop ads", &[Right::PromotionOnly]),
    ("START", &[Right::Nothing]),
];

async fn post(fixture: &Fixture, line: &Line, mut body: Value) {
    recent(&mut body, fixture.clock.now(), 1);
    let bytes = serde_json::to_vec(&body).unwrap();
    assert_eq!(fixture.graph.deliver_raw(&line.number, bytes).await.unwrap(), 200);
    fixture.work().await;
}

/// What followed for the person who wrote last.
async fn found(fixture: &Fixture, seat: &Seat) -> Right {
    let newest = &fixture.list(seat, "/v1/conversations").await[0];
    let contact = newest["contact"]["id"].as_str().or(newest["contact"].as_str()).unwrap().to_owned();
    let states = fixture.get(seat, &format!("/v1/contacts/{contact}/consents/state")).await.is(200).json;
    let state = |purpose: &str| {
        let rows = states["data"].as_array().unwrap().iter();
        let mut wanted = rows.filter(|row| row["channel"] == "whatsapp" && row["purpose"] == purpose);
        wanted.next().unwrap()["state"] == "withdrawn"
    };
    let tasks = fixture.list(seat, &format!("/v1/contacts/{contact}/tasks")).await;
    match (state("marketing"), state("service"), tasks.is_empty()) {
        (true, true, true) => Right::Stop,
        (true, false, true) => Right::PromotionOnly,
        (true, false, false) => Right::Ask,
        (false, false, true) => Right::Nothing,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn opt_outs_are_read_as_they_are_meant() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    for (place, (text, right)) in OWN.iter().enumerate() {
        let from = format!("9198400{:05}", 11_000 + place);
        let message = json!({"from": from, "id": format!("wamid.own.{place}"), "timestamp": "1795800000",
            "type": "text", "text": {"body": text}});
        let value = json!({"messaging_product": "whatsapp", "messages": [message],
            "contacts": [{"wa_id": from, "profile": {"name": format!("Case {place}")}}],
            "metadata": {"display_phone_number": "914412345678", "phone_number_id": line.number}});
        let body = json!({"object": "whatsapp_business_account",
            "entry": [{"id": line.business, "changes": [{"field": "messages", "value": value}]}]});
        post(&fixture, &line, body).await;
        assert!(
            right.contains(&found(&fixture, &seat).await),
            "{text:?}: {:?}",
            found(&fixture, &seat).await
        );
        fixture.clock.advance(chrono::TimeDelta::minutes(1));
    }
    if let Some(root) = elsewhere() {
        seen_elsewhere_are_read_as_they_are_meant(&root).await;
    }
}

async fn seen_elsewhere_are_read_as_they_are_meant(root: &Path) {
    let file = root.join("field/F27-opt-out-words-in-the-wild.json");
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let first = &cases[0]["post"]["entry"][0];
    let number = first["changes"][0]["value"]["metadata"]["phone_number_id"].as_str().unwrap();
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let app = fixture.connect(&seat, "100200300").await;
    let line = fixture.connect_to(&seat, &app, number, first["id"].as_str().unwrap()).await;
    for case in &cases {
        post(&fixture, &line, case["post"].clone()).await;
        let right: &[Right] = match case["right"].as_str().unwrap() {
            "stop" => &[Right::Stop],
            "stop or ask" => &[Right::Stop, Right::Ask],
            "not stop" | "opt-in word only after an opt-out of the same kind" => &[Right::Nothing],
            "not stop (may be asked)" => &[Right::Nothing, Right::Ask],
            "not a general stop; ask" => &[Right::Ask],
            "promotion only" => &[Right::PromotionOnly],
            "promotion stopped (or asked); service messages go on" => &[Right::PromotionOnly, Right::Ask],
            other => panic!("what is right is not known: {other}"),
        };
        let seen = found(&fixture, &seat).await;
        assert!(right.contains(&seen), "case {}: {} and not {seen:?}", case["case"], case["right"]);
        fixture.clock.advance(chrono::TimeDelta::minutes(1));
    }
    assert_eq!(cases.len(), 18);
}
