//! How webhooks arrive: once, twice, late, in another order, not at all, in each form.

use std::collections::BTreeSet;
use std::time::Duration;

use dialzio_core::provider::CallReport;
use dialzio_telephony::emulator::{Behaviour, Product, Side, WebhookForm};

use crate::fixture::{APP_ID, ASHA, DID, Fixture, RAVI};

const STORY: [&str; 7] = [
    "live customer rings",
    "live agent rings",
    "live customer up",
    "live agent up",
    "live agent ended",
    "live customer ended",
    "record whole answered",
];

async fn play(fixture: &Fixture) {
    let call = fixture.vendor.call_in(Product::TeleCmi, APP_ID, Some(ASHA), DID).unwrap();
    fixture.vendor.ring(&call, RAVI).unwrap();
    fixture.wait(3);
    fixture.vendor.agent_answers(&call).unwrap();
    fixture.wait(9);
    fixture.vendor.hang_up(&call, Side::Customer).unwrap();
    fixture.vendor.idle().await;
}

#[tokio::test]
async fn each_is_posted_once_in_order() {
    let fixture = Fixture::new().await;
    play(&fixture).await;
    assert_eq!(fixture.story().await, STORY);
}

#[tokio::test]
async fn each_is_posted_twice_if_it_is_told_to() {
    let fixture = Fixture::behaving(Behaviour { double_webhooks: true, ..Behaviour::default() }).await;
    play(&fixture).await;
    let doubled: Vec<&str> = STORY.iter().flat_map(|line| [*line; 2]).collect();
    assert_eq!(fixture.story().await, doubled);
}

#[tokio::test]
async fn what_is_kept_back_is_posted_when_it_is_released_in_an_order_of_the_seed() {
    let mut orders = BTreeSet::new();
    for seed in 1..=6 {
        let behaviour = Behaviour { shuffle_webhooks: true, seed, ..Behaviour::default() };
        let fixture = Fixture::behaving(behaviour).await;
        fixture.vendor.hold_webhooks(Product::TeleCmi, APP_ID).unwrap();
        let call = fixture.vendor.call_in(Product::TeleCmi, APP_ID, Some(ASHA), DID).unwrap();
        fixture.vendor.ring(&call, RAVI).unwrap();
        fixture.vendor.agent_answers(&call).unwrap();
        fixture.vendor.hang_up(&call, Side::Customer).unwrap();
        fixture.vendor.release_webhooks(Product::TeleCmi, APP_ID).unwrap();
        let story = fixture.story().await;
        let mut sorted = story.clone();
        sorted.sort();
        let mut wanted = STORY.map(str::to_owned).to_vec();
        wanted.sort();
        assert_eq!(sorted, wanted);
        orders.insert(story);
    }
    assert!(orders.len() > 3, "{orders:?}");
}

#[tokio::test]
async fn what_is_lost_is_lost_and_what_follows_is_not() {
    let fixture = Fixture::new().await;
    fixture.vendor.lose_webhooks(3);
    play(&fixture).await;
    assert_eq!(fixture.story().await, STORY[3..]);
}

#[tokio::test]
async fn live_events_and_records_are_switched_apart() {
    let fixture = Fixture::behaving(Behaviour { live_events: false, ..Behaviour::default() }).await;
    play(&fixture).await;
    assert_eq!(fixture.story().await, STORY[6..]);
    fixture.vendor.set_behaviour(Behaviour { records: false, ..Behaviour::default() });
    play(&fixture).await;
    assert_eq!(fixture.story().await, STORY[..6]);
}

#[tokio::test]
async fn a_report_says_the_same_in_each_form() {
    let mut all: Vec<Vec<CallReport>> = Vec::new();
    for form in [WebhookForm::Json, WebhookForm::Form, WebhookForm::Query] {
        let fixture = Fixture::behaving(Behaviour { form, ..Behaviour::default() }).await;
        play(&fixture).await;
        all.push(fixture.reports().await);
    }
    assert_eq!(all[0].len(), STORY.len());
    assert!(all[0] == all[1] && all[0] == all[2]);
}

#[tokio::test]
async fn a_delay_posts_later_and_loses_nothing() {
    let fixture =
        Fixture::behaving(Behaviour { webhook_delay: Duration::from_millis(5), ..Behaviour::default() })
            .await;
    play(&fixture).await;
    assert_eq!(fixture.story().await, STORY);
}

#[tokio::test]
async fn no_one_is_told_of_an_account_without_an_address() {
    let fixture = Fixture::new().await;
    fixture.vendor.add_account(crate::fixture::account(Product::TeleCmi));
    play(&fixture).await;
    assert!(fixture.story().await.is_empty());
    assert_eq!(fixture.vendor.calls().len(), 1);
}
