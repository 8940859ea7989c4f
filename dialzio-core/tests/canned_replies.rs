//! Canned replies: who reads and who changes them, what is refused, and how they are filled.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::canned_reply::{
    CannedReply, CannedReplyPatch, MAX_CANNED_REPLIES, NewCannedReply, Shortcut,
};
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::memory::MemoryStore;
use dialzio_core::testing::{Fixtures, service};
use dialzio_core::text::{CannedText, Title};
use dialzio_core::{Actor, Clock, Crm, Error, ManualClock, Permission, RecordKind, Revision, Role, TypedId};
use std::sync::Arc;

const KIND: RecordKind = RecordKind::CannedReply;

struct Shop {
    crm: Crm,
    admin: Actor,
    agent: Actor,
}

async fn shop() -> Shop {
    let clock = Arc::new(ManualClock::at(Fixtures::morning()));
    let crm = Crm::builder()
        .store(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>))
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .clock(clock as Arc<dyn Clock>)
        .seed(5)
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("Green Leaf")).await.unwrap().org;
    let acts = async |role: Role| crm.access().act_as(org, service("test"), role.grant()).await.unwrap();
    let (admin, agent) = (acts(Role::Admin).await, acts(Role::Agent).await);
    Shop { crm, admin, agent }
}

fn new(shortcut: &str, text: &str) -> NewCannedReply {
    NewCannedReply {
        title: Title::parse("A title").unwrap(),
        shortcut: Shortcut::parse(shortcut).unwrap(),
        text: CannedText::parse(text).unwrap(),
    }
}

#[tokio::test]
async fn those_who_talk_read_and_those_who_keep_the_settings_change() {
    let shop = shop().await;
    let replies = shop.crm.canned_replies();
    let denied = |answer: Result<CannedReply, Error>| {
        matches!(answer, Err(Error::Denied { permission: Permission::SettingsManage }))
    };
    assert!(denied(replies.add(&shop.agent, new("hours", "9 to 18")).await));
    let kept = replies.add(&shop.admin, new("hours", "9 to 18")).await.unwrap();
    assert!(denied(replies.change(&shop.agent, kept.id, None, CannedReplyPatch::default()).await));
    assert!(denied(replies.delete(&shop.agent, kept.id, None).await));
    assert_eq!(replies.get(&shop.agent, kept.id).await.unwrap(), kept);
    assert_eq!(replies.delete(&shop.admin, kept.id, Some(kept.revision)).await.unwrap(), kept);
    assert!(matches!(replies.get(&shop.agent, kept.id).await, Err(Error::NotFound { kind: KIND })));
    let trail = shop.crm.ledger().audit(&shop.admin, 0, 100).await.unwrap();
    let about_it = |subject| subject == Some(kept.id.uuid());
    let entries = trail.iter().filter(|entry| entry.action == Action::OrgChanged && about_it(entry.subject));
    assert_eq!(entries.count(), 2, "added and deleted");
}

#[tokio::test]
async fn a_shortcut_that_is_taken_and_an_older_revision_are_told_apart() {
    let shop = shop().await;
    let replies = shop.crm.canned_replies();
    let first = replies.add(&shop.admin, new("hours", "9 to 18")).await.unwrap();
    let taken = replies.add(&shop.admin, new("HOURS", "10 to 19")).await;
    assert!(matches!(taken, Err(Error::Duplicate { kind: KIND })), "{taken:?}");
    let second = replies.add(&shop.admin, new("times", "10 to 19")).await.unwrap();
    let to = |text| CannedReplyPatch { shortcut: Shortcut::parse(text).ok(), ..CannedReplyPatch::default() };
    for seen in [None, Some(second.revision)] {
        let taken = replies.change(&shop.admin, second.id, seen, to("hours")).await;
        assert!(matches!(taken, Err(Error::Duplicate { kind: KIND })), "{taken:?}");
    }
    let changed = replies.change(&shop.admin, first.id, Some(first.revision), to("open")).await.unwrap();
    assert_eq!((changed.shortcut.as_str(), changed.revision), ("open", Revision(2)));
    let stale = replies.change(&shop.admin, first.id, Some(first.revision), to("x")).await;
    assert!(matches!(stale, Err(Error::Stale { kind: KIND })), "{stale:?}");
    let stale = replies.delete(&shop.admin, first.id, Some(first.revision)).await;
    assert!(matches!(stale, Err(Error::Stale { kind: KIND })), "{stale:?}");
}

#[tokio::test]
async fn a_placeholder_that_is_not_known_is_refused_and_named() {
    let shop = shop().await;
    let replies = shop.crm.canned_replies();
    let refused = replies.add(&shop.admin, new("hi", "Hello {given_name}")).await;
    let Err(Error::Invalid { field, problem }) = refused else { panic!("{refused:?}") };
    assert_eq!(field, "text");
    assert!(problem.contains("{given_name}") && problem.contains("{first_name}, {name}"), "{problem}");
    let kept = replies.add(&shop.admin, new("hi", "Hello {first_name}, { or {1}")).await.unwrap();
    let wrong = CannedText::parse("{nme}").ok();
    let patch = CannedReplyPatch { text: wrong, ..CannedReplyPatch::default() };
    assert!(matches!(
        replies.change(&shop.admin, kept.id, None, patch).await,
        Err(Error::Invalid { field: "text", .. })
    ));
}

#[tokio::test]
async fn the_list_has_an_end() {
    let shop = shop().await;
    for number in 0..MAX_CANNED_REPLIES {
        shop.crm.canned_replies().add(&shop.admin, new(&format!("r{number}"), "text")).await.unwrap();
    }
    let full = shop.crm.canned_replies().add(&shop.admin, new("more", "text")).await;
    assert!(matches!(full, Err(Error::Invalid { field: "title", .. })), "{full:?}");
}
