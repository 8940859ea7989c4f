//! The same done with many contacts: each has its outcome, revisions are respected, and a lost race is decided again.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use std::sync::{Arc, Mutex};

use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::contact::{
    ContactAction, ContactOutcome, ContactPatch, ContactTarget, ContactWrite, MAX_CONTACTS, NewContact, Stage,
};
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::memory::MemoryStore;
use dialzio_core::store::{Batch, Call, Cause, StoreLayer, StoreResult};
use dialzio_core::testing::{Fixtures, scope, service};
use dialzio_core::text::TagName;
use dialzio_core::{
    Actor, Clock, ContactId, Crm, Error, ManualClock, OrgId, RecordKind, Revision, Role, Store,
};

/// Whom a colleague tags at the last moment, and how often.
type Rush = Arc<Mutex<Option<(OrgId, ContactId, u32)>>>;

/// Changes a contact just before a commit.
#[derive(Debug)]
struct Rushed {
    inner: MemoryStore,
    rush: Rush,
}

impl StoreLayer for Rushed {
    type Inner = MemoryStore;

    fn inner(&self) -> &MemoryStore {
        &self.inner
    }

    async fn around<T: Send>(
        &self,
        call: Call,
        work: impl Future<Output = StoreResult<T>> + Send,
    ) -> StoreResult<T> {
        let rush = self.rush.lock().unwrap().take_if(|_| call.name == "commit");
        if let Some((org, contact, times)) = rush {
            let mut batch = Batch::caused_by(&Cause::Stored, Action::ContactChanged, Fixtures::morning());
            batch.write(ContactWrite::AddTags { contact, tags: vec![tag(&format!("rush {times}"))] });
            self.inner.commit(&scope(org), vec![batch]).await.remove(0)?;
            *self.rush.lock().unwrap() = (times > 1).then_some((org, contact, times - 1));
        }
        work.await
    }
}

struct Shop {
    crm: Crm,
    org: OrgId,
    rush: Rush,
    agent: Actor,
    viewer: Actor,
}

async fn shop() -> Shop {
    let clock = Arc::new(ManualClock::at(Fixtures::morning()));
    let rush = Rush::default();
    let inner = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>);
    let store: Arc<dyn Store> = Arc::new(Rushed { inner, rush: Arc::clone(&rush) });
    let crm = Crm::builder()
        .shared_store(store)
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .seed(5)
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("Green Leaf")).await.unwrap().org;
    let acts = async |role: Role| crm.access().act_as(org, service("test"), role.grant()).await.unwrap();
    let (agent, viewer) = (acts(Role::Agent).await, acts(Role::Viewer).await);
    Shop { crm, org, rush, agent, viewer }
}

fn tag(text: &str) -> TagName {
    TagName::parse(text).unwrap()
}

impl Shop {
    async fn people(&self, count: usize) -> Vec<ContactTarget> {
        let mut made = Vec::new();
        for place in 0..count {
            let new = NewContact::named(&format!("Person {place}"));
            made.push(self.crm.contacts().create(&self.agent, new).await.unwrap().id.into());
        }
        made
    }

    async fn bulk(&self, targets: &[ContactTarget], action: &ContactAction) -> Vec<ContactOutcome> {
        self.crm.contacts().bulk(&self.agent, targets, action).await.unwrap()
    }

    async fn tags(&self, of: ContactTarget) -> Vec<String> {
        let contact = self.crm.contacts().get(&self.agent, of.contact).await.unwrap();
        contact.tags.iter().map(|tag| tag.reveal().to_owned()).collect()
    }
}

fn changed(outcome: &ContactOutcome) -> Option<Revision> {
    outcome.result.as_ref().unwrap().as_ref().map(|change| change.revision)
}

#[tokio::test]
async fn each_contact_has_its_outcome_and_one_that_is_gone_holds_none_back() {
    let shop = shop().await;
    let people = shop.people(30).await;
    let mut named = people.clone();
    named.insert(1, Fixtures::seeded(9, Fixtures::morning()).id::<ContactId>().into());
    named.push(people[0]);
    let outcomes = shop.bulk(&named, &ContactAction::Stage(Stage::Customer)).await;
    assert_eq!(outcomes.len(), 31, "each once");
    assert!(matches!(outcomes[1].result, Err(Error::NotFound { kind: RecordKind::Contact })));
    for outcome in outcomes.iter().filter(|outcome| outcome.contact != named[1].contact) {
        let change = outcome.result.as_ref().unwrap().as_ref().unwrap();
        assert_eq!((change.before.stage, change.revision), (Stage::New, Revision(2)));
        let kept = shop.crm.contacts().get(&shop.agent, outcome.contact).await.unwrap();
        assert_eq!((kept.stage, kept.revision), (Stage::Customer, Revision(2)));
    }
    let again = shop.bulk(&people[..2], &ContactAction::Stage(Stage::Customer)).await;
    assert!(again.iter().all(|outcome| changed(outcome).is_none()), "they were so already");
}

#[tokio::test]
async fn tags_come_and_go_beside_others_and_owners_are_taken_away() {
    let shop = shop().await;
    let people = shop.people(2).await;
    let patch = ContactPatch { tags: Some(vec![tag("vip")]), ..ContactPatch::default() };
    shop.crm.contacts().update(&shop.agent, people[0].contact, patch).await.unwrap();
    shop.bulk(&people, &ContactAction::AddTag(tag("spring"))).await;
    assert_eq!(shop.tags(people[0]).await, ["spring", "vip"]);
    let gone = shop.bulk(&people, &ContactAction::RemoveTag(tag("vip"))).await;
    assert_eq!((changed(&gone[0]).is_some(), changed(&gone[1])), (true, None));
    assert_eq!(shop.tags(people[0]).await, ["spring"]);
    assert_eq!(changed(&shop.bulk(&people, &ContactAction::Owner(None)).await[0]), None, "no owner before");
}

#[tokio::test]
async fn a_revision_that_has_passed_refuses_the_change() {
    let shop = shop().await;
    let mut people = shop.people(2).await;
    for person in &mut people {
        person.revision = Some(Revision(1));
    }
    assert_eq!(
        changed(&shop.bulk(&people[..1], &ContactAction::AddTag(tag("a"))).await[0]),
        Some(Revision(2))
    );
    let outcomes = shop.bulk(&people, &ContactAction::AddTag(tag("b"))).await;
    assert!(matches!(outcomes[0].result, Err(Error::Stale { kind: RecordKind::Contact })));
    assert_eq!(changed(&outcomes[1]), Some(Revision(2)));
    assert_eq!(shop.tags(people[0]).await, ["a"]);
}

#[tokio::test]
async fn a_contact_that_a_colleague_changes_at_the_same_moment_is_decided_again() {
    let shop = shop().await;
    let people = shop.people(3).await;
    *shop.rush.lock().unwrap() = Some((shop.org, people[1].contact, 2));
    let outcomes = shop.bulk(&people, &ContactAction::AddTag(tag("spring"))).await;
    assert!(outcomes.iter().all(|outcome| changed(outcome).is_some()));
    assert_eq!(shop.tags(people[1]).await, ["rush 1", "rush 2", "spring"], "nothing is lost");

    *shop.rush.lock().unwrap() = Some((shop.org, people[1].contact, 9));
    let outcomes = shop.bulk(&people, &ContactAction::Stage(Stage::Lost)).await;
    assert!(matches!(outcomes[1].result, Err(Error::Conflict { kind: RecordKind::Contact })));
    assert!(changed(&outcomes[0]).is_some() && changed(&outcomes[2]).is_some());

    *shop.rush.lock().unwrap() = Some((shop.org, people[0].contact, 1));
    let known = shop.crm.contacts().get(&shop.agent, people[0].contact).await.unwrap();
    let meant = ContactTarget { revision: Some(known.revision), ..people[0] };
    let outcomes = shop.bulk(&[meant], &ContactAction::Stage(Stage::Qualified)).await;
    assert!(matches!(outcomes[0].result, Err(Error::Stale { kind: RecordKind::Contact })));
}

#[tokio::test]
async fn nobody_too_many_strangers_and_readers_are_refused() {
    let shop = shop().await;
    let people = shop.people(1).await;
    let bulk = async |by: &Actor, targets: &[ContactTarget], action: ContactAction| {
        shop.crm.contacts().bulk(by, targets, &action).await.unwrap_err()
    };
    for targets in [Vec::new(), vec![people[0]; MAX_CONTACTS + 1]] {
        let refused = bulk(&shop.agent, &targets, ContactAction::Stage(Stage::Lost)).await;
        assert!(matches!(refused, Error::Invalid { field: "contacts", .. }), "{refused:?}");
    }
    let stranger = Fixtures::seeded(9, Fixtures::morning()).id();
    let refused = bulk(&shop.agent, &people, ContactAction::Owner(Some(stranger))).await;
    assert!(matches!(refused, Error::NotFound { kind: RecordKind::Member }), "{refused:?}");
    let refused = bulk(&shop.viewer, &people, ContactAction::Stage(Stage::Lost)).await;
    assert!(matches!(refused, Error::Denied { .. }), "{refused:?}");
}
