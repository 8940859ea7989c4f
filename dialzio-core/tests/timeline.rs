//! The timeline of a contact: everything in one order, by kind, by permission, page after page.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod common;

use std::num::NonZeroU32;
use std::sync::Arc;

use chrono::TimeDelta;
use dialzio_core::account::AccountWrite;
use dialzio_core::call::CallWrite;
use dialzio_core::consent::{Channel, ConsentEvent, Evidence, EvidenceKind, NewConsent, PurposeScope};
use dialzio_core::contact::{ContactWrite, NewTask, Note};
use dialzio_core::conversation::ConversationState;
use dialzio_core::ledger::Action;
use dialzio_core::page::{Cursor, PageRequest};
use dialzio_core::store::Batch;
use dialzio_core::testing::{Calls, Faulty, Fixtures, ScriptedProvider, scope, service};
use dialzio_core::timeline::{TimelineItem, TimelineKind};
use dialzio_core::{
    Actor, Clock, ContactId, Crm, Error, Grant, ManualClock, Permission, RecordKind, StoreError,
};
use serde_json::json;

struct Shop {
    clock: Arc<ManualClock>,
    crm: Crm,
    me: Actor,
    contact: ContactId,
}

impl Shop {
    /// Asha wrote, was answered by a note, a follow-up and a consent, wrote again and was closed: a minute apart each.
    async fn after_a_morning() -> Self {
        let clock = common::clock();
        let provider = common::Lent(Arc::new(ScriptedProvider::default()));
        let crm = common::builder(&clock).store(common::memory(&clock)).provider(provider).build().unwrap();
        let me = common::owner(&crm, "Shop").await;
        let app = common::app(&crm, &me).await;
        common::connect(&crm, &me, &app).await;
        let writes = async |id: &str, text: &str| {
            let element = json!({"type": "message", "id": id, "from": "919840012345", "text": text});
            assert_eq!(common::receive(&crm, &app, element).await, 200);
            clock.advance(TimeDelta::minutes(1));
        };
        writes("1", "Do you have ferns?").await;
        let entry = common::inbox(&crm, &me).await.remove(0);
        let (contact, talk) = (entry.conversation.contact, entry.conversation.id);
        crm.contacts().add_note(&me, contact, "Likes ferns".parse().unwrap()).await.unwrap();
        clock.advance(TimeDelta::minutes(1));
        let task = NewTask { title: "Call back".parse().unwrap(), due_at: None, assignee: None };
        crm.contacts().add_task(&me, contact, task).await.unwrap();
        clock.advance(TimeDelta::minutes(1));
        let evidence = Evidence {
            kind: EvidenceKind::Call,
            note: "Agreed on the phone".parse().unwrap(),
            message: None,
        };
        let scope = PurposeScope::Marketing;
        let (channel, occurred_at) = (Channel::WhatsApp, crm.clock().now());
        let new = NewConsent { contact, channel, scope, evidence, occurred_at, expires_at: None };
        assert_eq!(crm.consents().grant(&me, new).await.unwrap().event, ConsentEvent::Given);
        clock.advance(TimeDelta::minutes(1));
        writes("2", "And pots?").await;
        crm.conversations().set_state(&me, talk, ConversationState::Closed).await.unwrap();
        Self { clock, crm, me, contact }
    }

    async fn kinds(&self, by: &Actor, asked: &[TimelineKind]) -> Vec<TimelineKind> {
        let page =
            self.crm.timeline().of_contact(by, self.contact, asked, PageRequest::first(50)).await.unwrap();
        assert_eq!(page.next, None);
        page.items.iter().map(TimelineItem::kind).collect()
    }
}

#[tokio::test]
async fn everything_that_happened_is_in_one_order_newest_first() {
    use TimelineKind::{Activity, Consent, Message, Note, Task};
    let shop = Shop::after_a_morning().await;
    assert_eq!(shop.kinds(&shop.me, &[]).await, [Activity, Message, Consent, Task, Note, Message]);
    assert_eq!(shop.kinds(&shop.me, &[Message, Note]).await, [Message, Note, Message]);
    assert_eq!(shop.kinds(&shop.me, &[Consent]).await, [Consent]);
}

#[tokio::test]
async fn page_after_page_gives_each_item_once_also_while_more_is_added() {
    let shop = Shop::after_a_morning().await;
    let whole = shop
        .crm
        .timeline()
        .of_contact(&shop.me, shop.contact, &[], PageRequest::first(50))
        .await
        .unwrap()
        .items;
    for size in 1..=7 {
        let (mut read, mut after) = (Vec::new(), None);
        loop {
            let request = PageRequest::after(after, NonZeroU32::new(size));
            let page = shop.crm.timeline().of_contact(&shop.me, shop.contact, &[], request).await.unwrap();
            assert!(page.items.len() <= size as usize);
            read.extend(page.items);
            // What is added is newer, so that it is on no later page.
            shop.clock.advance(TimeDelta::seconds(1));
            shop.crm.contacts().add_note(&shop.me, shop.contact, "Later".parse().unwrap()).await.unwrap();
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let old: Vec<_> = read.into_iter().filter(|item| whole.contains(item)).collect();
        assert_eq!(old, whole, "pages of {size}");
    }
}

#[tokio::test]
async fn a_kind_that_may_not_be_read_is_left_out() {
    use TimelineKind::{Note, Task};
    let shop = Shop::after_a_morning().await;
    let acts = async |permissions: &[Permission]| {
        let grant = Grant::of(permissions);
        shop.crm.access().act_as(shop.me.org(), service("reader"), grant).await.unwrap()
    };
    let reader = acts(&[Permission::ContactsRead]).await;
    assert_eq!(shop.kinds(&reader, &[]).await, [Task, Note]);
    assert_eq!(shop.kinds(&reader, &[TimelineKind::Message]).await, []);
    let stranger = acts(&[Permission::ConversationsRead]).await;
    let page = PageRequest::first(50);
    let refused =
        shop.crm.timeline().of_contact(&stranger, shop.contact, &[], page.clone()).await.unwrap_err();
    assert!(matches!(refused, Error::Denied { .. }), "{refused:?}");
    let other = common::owner(&shop.crm, "Other").await;
    let foreign = shop.crm.timeline().of_contact(&other, shop.contact, &[], page).await.unwrap_err();
    assert!(matches!(foreign, Error::NotFound { kind: RecordKind::Contact }), "{foreign:?}");
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let shop = Shop::after_a_morning().await;
    for bytes in [vec![], vec![0; 8], vec![0; 16], vec![0; 25]] {
        let request = PageRequest::after(Some(Cursor(bytes)), None);
        let refused = shop.crm.timeline().of_contact(&shop.me, shop.contact, &[], request).await.unwrap_err();
        assert!(matches!(refused, Error::Store(StoreError::Cursor)), "{refused:?}");
    }
}

/// However much there is, a page takes as many reads of the store.
#[tokio::test]
async fn a_page_takes_the_same_reads_of_ten_items_and_of_two_thousand() {
    let clock = common::clock();
    let store = Arc::new(Faulty::new(Arc::new(common::memory(&clock))));
    let provider = common::Lent(Arc::new(ScriptedProvider::default()));
    let crm =
        common::builder(&clock).shared_store(Arc::clone(&store) as _).provider(provider).build().unwrap();
    let me = common::owner(&crm, "Shop").await;
    let make = Fixtures::seeded(5, clock.now());
    let account = make.account(make.id());
    let contact = make.contact("Asha");
    let mut batch = Batch::new(&me, Action::ContactChanged, clock.now());
    batch.write(AccountWrite::Insert(Box::new(account.clone()))).write(ContactWrite::Insert(contact.clone()));
    crm.store().commit_one(&scope(me.org()), batch).await.unwrap();
    let mut reads = Vec::new();
    for items in [10, 1_990] {
        let mut batch = Batch::new(&me, Action::CallChanged, clock.now());
        for place in 0..items {
            clock.advance(TimeDelta::seconds(1));
            if place % 2 == 0 {
                let call = make.full_call(account.id, contact.id, clock.now());
                batch.write(CallWrite::Insert(Box::new(call)));
            } else {
                let note = make.note(contact.id, "Likes ferns");
                let (id, created_at) = (make.id_at(clock.now()), clock.now());
                batch.write(ContactWrite::Note(Note { id, created_at, ..note }));
            }
        }
        crm.store().commit_one(&scope(me.org()), batch).await.unwrap();
        let before = store.count(Calls::Any);
        let page = crm.timeline().of_contact(&me, contact.id, &[], PageRequest::first(50)).await.unwrap();
        reads.push(store.count(Calls::Any) - before);
        assert_eq!(page.items.len(), 50.min(items));
    }
    assert_eq!(reads[0], reads[1]);
}
