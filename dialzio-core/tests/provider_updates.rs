//! What a provider answers and reports: refusals that are the account's fault, waits that were not intended, and updates of
//! people's ids in any order.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use chrono::TimeDelta;
use dialzio_core::account::{AccountState, App, ProviderAccount};
use dialzio_core::contact::ContactQuery;
use dialzio_core::conversation::{DeliveryStatus, InboxEntry, NewMessage};
use dialzio_core::ledger::Action;
use dialzio_core::page::PageRequest;
use dialzio_core::provider::{Credentials, ProviderError, ProviderId, RefusalReason};
use dialzio_core::testing::{Fixtures, Scripted, ScriptedProvider};
use dialzio_core::{Actor, Crm, Error, ManualClock, Revision};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

struct Shop {
    crm: Crm,
    clock: Arc<ManualClock>,
    provider: Arc<ScriptedProvider>,
    me: Actor,
    app: App,
    account: ProviderAccount,
}

async fn shop() -> Shop {
    let clock = common::clock();
    let provider = Arc::new(ScriptedProvider::new());
    let crm = common::builder(&clock)
        .store(common::memory(&clock))
        .provider(common::Lent(Arc::clone(&provider)))
        .build()
        .unwrap();
    let me = common::owner(&crm, "Shop").await;
    let app = common::app(&crm, &me).await;
    let account = common::connect(&crm, &me, &app).await;
    Shop { crm, clock, provider, me, app, account }
}

impl Shop {
    /// What the provider reports; each time a second after the other.
    async fn hears(&self, element: Value) {
        self.clock.advance(TimeDelta::seconds(1));
        assert_eq!(common::receive(&self.crm, &self.app, element).await, 200);
    }

    async fn inbox(&self) -> Vec<InboxEntry> {
        common::inbox(&self.crm, &self.me).await
    }
}

fn refused(reason: RefusalReason) -> ProviderError {
    let (provider, code) = (ProviderId("scripted"), "131031".to_owned());
    ProviderError::Refused { provider, code, reason, detail: Some("Account locked".into()) }
}

#[tokio::test]
async fn a_message_that_the_account_is_at_fault_for_waits_and_the_account_says_why() {
    for (error, state, code) in [
        (refused(RefusalReason::Account), AccountState::Paused, "scripted.131031"),
        (
            ProviderError::Credentials {
                provider: ProviderId("scripted"),
                code: "33".into(),
                detail: Some("Account locked".into()),
            },
            AccountState::NeedsLogin,
            "scripted.33",
        ),
    ] {
        let shop = shop().await;
        shop.hears(json!({"type": "message", "id": "m.1", "from": "919840012345", "text": "hello"})).await;
        let talk = shop.inbox().await.remove(0).conversation.id;
        shop.provider.then(Scripted::Fail(error));
        let conversations = shop.crm.conversations();
        let sent = conversations.send(&shop.me, talk, NewMessage::text("On our way").unwrap()).await.unwrap();
        shop.crm.worker().run_once().await.unwrap();
        let kept = conversations.message(&shop.me, sent.message.id).await.unwrap();
        assert_ne!(kept.delivery.status, DeliveryStatus::Failed, "it waits");
        let account = shop.crm.accounts().list(&shop.me).await.unwrap().remove(0);
        assert_eq!(account.state, state);
        let problem = account.problem.unwrap();
        assert_eq!((problem.code.as_str(), problem.detail.as_deref()), (code, Some("Account locked")));

        let (account, _) = shop.crm.accounts().check(&shop.me, shop.account.id, None).await.unwrap();
        assert_eq!((account.state, account.problem), (AccountState::Routable, None));
        // At once: the clock stands still.
        shop.crm.worker().run_once().await.unwrap();
        let kept = conversations.message(&shop.me, sent.message.id).await.unwrap();
        assert_eq!(kept.delivery.status, DeliveryStatus::Accepted);
        assert_eq!(shop.provider.sent().len(), 1);
    }
}

#[tokio::test]
async fn a_new_token_sends_what_waited_for_it_and_a_refused_one_changes_nothing() {
    let credentials = || ProviderError::Credentials {
        provider: ProviderId("scripted"),
        code: "190".into(),
        detail: Some("Session has expired".into()),
    };
    let shop = shop().await;
    shop.hears(json!({"type": "message", "id": "m.1", "from": "919840012345", "text": "hello"})).await;
    let talk = shop.inbox().await.remove(0).conversation.id;
    shop.provider.then(Scripted::Fail(credentials()));
    let (conversations, accounts) = (shop.crm.conversations(), shop.crm.accounts());
    let sent = conversations.send(&shop.me, talk, NewMessage::text("On our way").unwrap()).await.unwrap();
    shop.crm.worker().run_once().await.unwrap();
    let expired = accounts.get(&shop.me, shop.account.id).await.unwrap();
    assert_eq!(expired.state, AccountState::NeedsLogin);

    let token = |value: &str| Credentials::from([("access_token", value)]);
    for unknown in [Credentials::default(), Credentials::from([("password", "fresh")])] {
        let refused = accounts.set_credentials(&shop.me, expired.id, None, unknown).await.unwrap_err();
        assert_eq!(refused.code(), "input.invalid");
    }
    for unusable in ["", "two words", "line\nbreak"] {
        let refused =
            accounts.set_credentials(&shop.me, expired.id, None, token(unusable)).await.unwrap_err();
        assert_eq!(refused.code(), "input.invalid");
    }
    shop.provider.then(Scripted::Fail(credentials()));
    let refused = accounts.set_credentials(&shop.me, expired.id, None, token("wrong")).await.unwrap_err();
    assert!(matches!(refused, Error::Provider(ProviderError::Credentials { .. })), "{refused:?}");
    assert_eq!(accounts.get(&shop.me, expired.id).await.unwrap(), expired, "nothing was stored");

    let stale = accounts.set_credentials(&shop.me, expired.id, Some(Revision::FIRST), token("fresh")).await;
    assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
    let renewed =
        accounts.set_credentials(&shop.me, expired.id, Some(expired.revision), token("fresh")).await.unwrap();
    assert_eq!((renewed.state, renewed.problem), (AccountState::Routable, None));
    let audit = shop.crm.ledger().audit(&shop.me, 0, 100).await.unwrap();
    assert_eq!(audit.last().unwrap().action, Action::AccountChanged);
    // At once: the clock stands still.
    shop.crm.worker().run_once().await.unwrap();
    let kept = conversations.message(&shop.me, sent.message.id).await.unwrap();
    assert_eq!(kept.delivery.status, DeliveryStatus::Accepted);
    assert_eq!(
        shop.provider.tokens(),
        ["token", "token", "wrong", "fresh", "fresh"],
        "the old one is not used again"
    );
}

#[tokio::test]
async fn a_wait_that_nobody_meant_is_cut_and_ends_no_message() {
    for wait in [Duration::from_secs(1_000_000_000_000), Duration::MAX] {
        let shop = shop().await;
        shop.hears(json!({"type": "message", "id": "m.1", "from": "919840012345", "text": "hello"})).await;
        let talk = shop.inbox().await.remove(0).conversation.id;
        let (provider, code) = (ProviderId("scripted"), "130429".to_owned());
        shop.provider.then(Scripted::Fail(ProviderError::Throttled {
            provider,
            code,
            retry_after: Some(wait),
        }));
        let conversations = shop.crm.conversations();
        let sent = conversations.send(&shop.me, talk, NewMessage::text("On our way").unwrap()).await.unwrap();
        shop.crm.worker().run_once().await.unwrap();
        shop.clock.advance(TimeDelta::minutes(125));
        shop.crm.worker().run_once().await.unwrap();
        let kept = conversations.message(&shop.me, sent.message.id).await.unwrap();
        assert_eq!(kept.delivery.status, DeliveryStatus::Accepted, "{wait:?}");
    }
}

/// Every order of what the person writes under the one id and the other, and of the update that both are theirs.
#[tokio::test]
async fn an_update_of_an_id_joins_it_to_the_person_in_any_order_with_their_messages() {
    let at = Fixtures::morning().timestamp() - 60;
    let elements = [
        json!({"type": "message", "id": "m.1", "from": "IN.1111", "name": "Asha", "text": "hello", "at": at}),
        json!({"type": "identity", "id": "n.1", "from": "IN.1111", "to": "IN.2222", "at": at + 1}),
        json!({"type": "message", "id": "m.2", "from": "IN.2222", "text": "it is me", "at": at + 2}),
        json!({"type": "message", "id": "m.3", "from": "IN.1111", "text": "sent before", "at": at}),
    ];
    let mut ends = Vec::new();
    for order in orders(elements.len()) {
        let shop = shop().await;
        for place in &order {
            shop.hears(elements[*place].clone()).await;
        }
        shop.crm.worker().run_once().await.unwrap();
        let inbox = shop.inbox().await;
        let mut said = Vec::new();
        for entry in &inbox {
            let id = entry.conversation.id;
            let page = shop.crm.conversations().messages(&shop.me, id, PageRequest::first(50)).await.unwrap();
            said.extend(page.items.iter().map(|message| {
                let identity = entry.conversation.contact;
                (message.event_at, message.content.display_text().map(str::to_owned), identity)
            }));
        }
        let query = ContactQuery::default();
        let people = shop.crm.contacts().list(&shop.me, &query, PageRequest::first(50)).await.unwrap().items;
        let mut identities = Vec::new();
        for person in &people {
            identities.extend(shop.crm.contacts().identities(&shop.me, person.id).await.unwrap());
        }
        assert_eq!(identities.len(), 1, "one person: {order:?}");
        assert_eq!(identities[0].aliases.len(), 2, "{order:?}");
        let mut lines: Vec<_> = said.into_iter().map(|(at, text, _)| (at, text)).collect();
        lines.sort();
        ends.push((order, lines));
    }
    assert_eq!(ends.len(), 24);
    for (order, lines) in &ends {
        assert_eq!(lines, &ends[0].1, "{order:?}");
    }
}

/// Every order of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(count - 1);
    let put = |order: Vec<usize>| {
        (0..=order.len()).map(move |place| {
            let mut longer = order.clone();
            longer.insert(place, count - 1);
            longer
        })
    };
    shorter.into_iter().flat_map(put).collect()
}
