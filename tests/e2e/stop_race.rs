//! A person opts out in the very moment in which the worker is sending to them.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use dialzio_core::Clock;
use serde_json::{Value, json};

use crate::fixture::{Fixture, asha};

/// How many rounds; `DIALZIO_RACE_ROUNDS` asks for more.
fn rounds() -> usize {
    std::env::var("DIALZIO_RACE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_dispatch_is_committed_after_an_opt_out() {
    let fixture = Fixture::start().await;
    let seat = fixture.found("Green Leaf").await;
    let line = fixture.connect(&seat, "100200300").await;
    fixture.work().await;
    fixture.patch(&seat, "/v1/organisation", json!({"marketing_cap": 0})).await.is(200);
    fixture.writes(&line, &asha(), "Hello").await;
    let entry = fixture.only_conversation(&seat).await;
    let conversation = entry["id"].as_str().unwrap().to_owned();
    let contact = entry["contact"].as_str().unwrap().to_owned();
    let mut audited = 0;
    let (mut stopped, mut left) = (0, 0);
    for round in 0..rounds() {
        // The person writes again and agrees again, and a promotion is waiting.
        fixture.clock.advance(TimeDelta::seconds(2));
        fixture.writes(&line, &asha(), "Tell me more").await;
        fixture.clock.advance(TimeDelta::seconds(2));
        let consent = |kind: &str| {
            json!({"channel": "whatsapp", "scope": "marketing", "occurred_at": fixture.clock.now(),
                "evidence": {"kind": kind, "note": "Said so"}})
        };
        fixture.post(&seat, &format!("/v1/contacts/{contact}/consents"), consent("call")).await.is(201);
        let offer = json!({"template": {"name": "weekend_offer", "language": "en"}});
        let message = fixture.send(&seat, &conversation, &format!("k{round}"), &offer).await.is(202).id();
        fixture.clock.advance(TimeDelta::seconds(2));

        let crm = fixture.crm.clone();
        let wait = round % 23;
        let worker = tokio::spawn(async move {
            for _ in 0..wait.saturating_sub(11) {
                tokio::task::yield_now().await;
            }
            crm.worker().run_once().await.unwrap()
        });
        let opt_out = async {
            for _ in 0..11_usize.saturating_sub(wait) * 20 {
                tokio::task::yield_now().await;
            }
            if round % 2 == 0 {
                let path = format!("/v1/contacts/{contact}/consents/withdrawals");
                fixture.post(&seat, &path, consent("call")).await.is(201);
            } else {
                assert_eq!(
                    fixture.graph.deliver_raw(&line.number, stop(&fixture, &line.number, round)).await,
                    Ok(200)
                );
            }
        };
        let worker = async {
            match round % 10 {
                // Sometimes one of them is clearly first.
                0 => tokio::time::timeout(std::time::Duration::from_secs(20), worker).await.unwrap().unwrap(),
                _ => worker.await.unwrap(),
            }
        };
        if round % 10 == 9 {
            worker.await;
            opt_out.await;
        } else {
            tokio::join!(worker, opt_out);
        }
        fixture.work().await;

        // What the audit log says came first.
        let mut dispatched: BTreeMap<String, u64> = BTreeMap::new();
        let mut withdrawn = None;
        loop {
            let entries = fixture.crm.ledger().audit(&seat.owner, audited, 200).await.unwrap();
            let Some(last) = entries.last() else { break };
            audited = last.seq;
            for entry in &entries {
                match entry.action.as_str() {
                    "message.dispatched" => {
                        dispatched.insert(entry.subject.unwrap().to_string(), entry.seq);
                    }
                    // The last of the round: the one before is the consent.
                    "consent.recorded" if round % 2 == 0 => withdrawn = Some(entry.seq),
                    "message.received" if round % 2 == 1 => withdrawn = Some(entry.seq),
                    _ => {}
                }
            }
        }
        let withdrawn = withdrawn.expect("the opt-out is on record");
        let times = fixture.times_sent(&message);
        match dispatched.get(&message) {
            Some(place) => {
                assert!(*place < withdrawn, "round {round}: dispatched at {place}, withdrawn at {withdrawn}");
                assert_eq!(times, 1);
                left += 1;
            }
            None => {
                assert_eq!(times, 0, "round {round}");
                let ended = fixture.get(&seat, &format!("/v1/messages/{message}")).await.is(200).json;
                let status = ended["status"].as_str().unwrap();
                assert!(["cancelled", "suppressed"].contains(&status), "round {round}: {status}");
                stopped += 1;
            }
        }
    }
    println!("{} rounds: {stopped} stopped, {left} had left before", rounds());
    assert!(left > 0);
}

/// A webhook in which the person writes STOP.
fn stop(fixture: &Fixture, number: &str, round: usize) -> Vec<u8> {
    let value: Value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "914412345678", "phone_number_id": number},
        "contacts": [{"profile": {"name": "Asha"}, "wa_id": "919876500001"}],
        "messages": [{"from": "919876500001", "id": format!("wamid.STOP{round}"), "type": "text",
            "timestamp": fixture.clock.now().timestamp().to_string(), "text": {"body": "STOP"}}]});
    let whole = json!({"object": "whatsapp_business_account",
        "entry": [{"id": "9", "changes": [{"field": "messages", "value": value}]}]});
    serde_json::to_vec(&whole).unwrap()
}
