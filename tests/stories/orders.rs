//! The same story told in order, twice, shuffled, and with each single event lost, on each store.

use dialzio_core::PhoneNumber;
use dialzio_core::call::Call;
use dialzio_core::provider::RawWebhook;
use dialzio_telephony::emulator::Product;

use crate::desk::{ASHA, DID, Desk};
use crate::plays::Play;
use crate::stores::{StoreKind, on_each_store};

on_each_store! {
    each_story_ends_in_one_row_that_says_what_happened
    any_order_and_any_repetition_ends_in_the_same_row
    each_event_that_is_lost_is_made_up_for_by_asking
    the_end_is_confirmed_by_asking
}

/// What a person sees of a call. Ids differ from run to run, and times are told from the beginning.
fn seen(call: &Call) -> impl PartialEq + std::fmt::Debug + use<> {
    let after = |at: Option<chrono::DateTime<chrono::Utc>>| at.map(|at| (at - call.started_at).num_seconds());
    (
        (call.direction, call.state, call.confirmed, call.withheld),
        call.customer.as_ref().map(|number| number.digits().to_owned()),
        (call.our_number.clone(), call.agent.clone(), call.member.is_some()),
        (after(call.answered_at), after(call.ended_at)),
        (call.talk_seconds, call.wait_seconds, call.cause, call.word.clone()),
        (call.evidence.recordings.len(), call.evidence.legs.len(), call.evidence.agent_first),
    )
}

/// A desk at which a story was played, with what was posted of it and not yet taken in.
async fn played(store: StoreKind, product: Product, play: Play) -> (Desk, Vec<RawWebhook>) {
    let desk = Desk::new(store, product).await;
    play.play(&desk).await;
    let posted = desk.posted().await;
    assert!(!posted.is_empty());
    (desk, posted)
}

async fn told(
    store: StoreKind,
    product: Product,
    play: Play,
    order: impl FnOnce(Vec<RawWebhook>) -> Vec<RawWebhook>,
) -> (Desk, Call) {
    let (desk, posted) = played(store, product, play).await;
    for raw in order(posted) {
        desk.receive(raw).await;
    }
    let call = desk.only().await;
    (desk, call)
}

fn shuffled(mut all: Vec<RawWebhook>, seed: u64) -> Vec<RawWebhook> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    for place in (1..all.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(state >> 33).unwrap() % (place + 1);
        all.swap(place, other);
    }
    all
}

fn stories() -> impl Iterator<Item = (Product, Play)> {
    let products = [Product::TeleCmi, Product::Piopiy].into_iter();
    products.flat_map(|product| {
        Play::ALL.into_iter().filter(move |play| play.is_of(product)).map(move |play| (product, play))
    })
}

async fn each_story_ends_in_one_row_that_says_what_happened(store: StoreKind) {
    for (product, play) in stories() {
        let (_, call) = told(store, product, play, |all| all).await;
        assert_eq!((call.state, call.talk_seconds), play.end(), "{product:?} {play:?}: {:#?}", call.evidence);
        assert_eq!(call.customer.as_ref().map(PhoneNumber::digits), Some(ASHA), "{product:?} {play:?}");
        assert_eq!(call.our_number.as_deref(), Some(DID), "{product:?} {play:?}");
        assert_eq!(call.placed_by.is_some(), play.is_placed());
        let by_ravi = play.is_placed() || play == Play::Answered;
        assert_eq!(call.member.is_some(), by_ravi, "{product:?} {play:?}: {:?}", call.agent);
        assert!(!call.confirmed, "webhooks are not signed");
    }
}

async fn any_order_and_any_repetition_ends_in_the_same_row(store: StoreKind) {
    for (product, play) in stories() {
        let (_, right) = told(store, product, play, |all| all).await;
        let (_, doubled) =
            told(store, product, play, |all| all.into_iter().flat_map(|raw| [raw.clone(), raw]).collect())
                .await;
        assert_eq!(seen(&doubled), seen(&right), "{product:?} {play:?} doubled");
        for seed in 0..store.shuffles() {
            let (_, mixed) = told(store, product, play, |all| {
                let again = all.iter().take(3).cloned().collect::<Vec<_>>();
                shuffled(all.into_iter().chain(again).collect(), seed)
            })
            .await;
            assert_eq!(seen(&mixed), seen(&right), "{product:?} {play:?} with seed {seed}");
        }
    }
}

async fn each_event_that_is_lost_is_made_up_for_by_asking(store: StoreKind) {
    for (product, play) in stories() {
        let (desk, posted) = played(store, product, play).await;
        drop(desk);
        for lost in 0..posted.len() {
            let (desk, _) = told(store, product, play, |mut all| {
                all.remove(lost);
                all
            })
            .await;
            desk.later(20).await;
            let call = desk.only().await;
            assert_eq!((call.state, call.talk_seconds), play.end(), "{product:?} {play:?} without {lost}");
            assert_eq!(call.customer.as_ref().map(PhoneNumber::digits), Some(ASHA));
        }
    }
}

/// What the vendor answers when it is asked makes the end final.
async fn the_end_is_confirmed_by_asking(store: StoreKind) {
    for (product, play) in stories() {
        let (desk, _) = told(store, product, play, |all| all).await;
        desk.later(5).await;
        let call = desk.only().await;
        assert_eq!((call.state, call.talk_seconds), play.end(), "{product:?} {play:?}");
        assert!(call.confirmed, "{product:?} {play:?}");
    }
}

/// What a person sees, and all that is kept of what the provider said, is the same on each store: before the provider is asked,
/// and afterwards.
#[tokio::test]
async fn each_story_ends_in_the_same_row_on_each_store() {
    for (product, play) in stories() {
        let mut rows = Vec::new();
        for store in StoreKind::ALL {
            let (desk, told) = told(store, product, play, |all| all).await;
            desk.later(20).await;
            let asked = desk.only().await;
            rows.push((store, (seen(&told), told.evidence), (seen(&asked), asked.evidence)));
        }
        let [(_, told, asked), others @ ..] = rows.as_slice() else { panic!("there are stores") };
        for (store, also_told, also_asked) in others {
            assert_eq!(also_told, told, "{product:?} {play:?} on {store:?}");
            assert_eq!(also_asked, asked, "{product:?} {play:?} on {store:?}, after the provider was asked");
        }
    }
}
