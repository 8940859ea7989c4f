//! Saved views: whose they are once a member has left, and what an audit entry says of them.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::memory::MemoryStore;
use dialzio_core::saved_view::{
    NewSavedView, SavedCalls, SavedContacts, SavedQuery, SavedView, SavedViewPatch,
};
use dialzio_core::testing::Fixtures;
use dialzio_core::text::{EmailAddress, PersonName, Title};
use dialzio_core::{Actor, Clock, Crm, Error, ManualClock, Permission, Principal, RecordKind, Role, TypedId};
use std::sync::Arc;

struct Shop {
    crm: Crm,
    owner: Actor,
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
    let service = Principal::service("test").unwrap();
    let owner = crm.access().act_as(org, service, Role::Owner.grant()).await.unwrap();
    Shop { crm, owner }
}

impl Shop {
    async fn member(&self, name: &str, role: Role) -> Actor {
        let email = EmailAddress::parse(&format!("{name}@example.com")).unwrap();
        let link = self.crm.access().invite(&self.owner, Some(email), role).await.unwrap();
        let secret = "seven brown otters swim upstream 7".into();
        self.crm.access().accept(&link, PersonName::parse(name).unwrap(), None, &secret).await.unwrap().actor
    }

    async fn save(&self, by: &Actor, name: &str, shared: bool) -> Result<SavedView, Error> {
        let query = SavedQuery::Contacts(SavedContacts::default());
        let new = NewSavedView { name: Title::parse(name).unwrap(), shared, query };
        self.crm.saved_views().add(by, new).await
    }

    async fn names(&self, by: &Actor) -> Vec<String> {
        let all = self.crm.saved_views().all(by).await.unwrap();
        all.iter().map(|view| view.name.reveal().to_owned()).collect()
    }
}

#[tokio::test]
async fn what_a_member_who_left_kept_to_themselves_is_seen_by_nobody_and_what_they_shared_stays() {
    let shop = shop().await;
    let ravi = shop.member("ravi", Role::Manager).await;
    let meera = shop.member("meera", Role::Manager).await;
    let asha = shop.member("asha", Role::Agent).await;
    let own = shop.save(&ravi, "Own", false).await.unwrap();
    let shared = shop.save(&ravi, "Shared", true).await.unwrap();
    let left = ravi.member().unwrap();
    shop.crm.access().deactivate(&shop.owner, left, None).await.unwrap();
    for colleague in [&meera, &asha, &shop.owner] {
        assert_eq!(shop.names(colleague).await, ["Shared"]);
        let seen = shop.crm.saved_views().get(colleague, own.id).await;
        assert!(matches!(seen, Err(Error::NotFound { kind: RecordKind::SavedView })), "{seen:?}");
    }
    let rename = || SavedViewPatch { name: Title::parse("Ours").ok(), ..SavedViewPatch::default() };
    let denied = shop.crm.saved_views().change(&asha, shared.id, None, rename()).await;
    assert!(matches!(denied, Err(Error::Denied { permission: Permission::ViewsShare })), "{denied:?}");
    shop.crm.saved_views().change(&meera, shared.id, Some(shared.revision), rename()).await.unwrap();
    assert_eq!(shop.names(&asha).await, ["Ours"]);
    shop.crm.access().activate(&shop.owner, left).await.unwrap();
    assert_eq!(shop.names(&ravi).await, ["Ours", "Own"], "theirs are there again when they come back");
}

#[tokio::test]
async fn a_view_of_a_list_that_a_caller_may_not_read_is_not_theirs() {
    let shop = shop().await;
    let meera = shop.member("meera", Role::Manager).await;
    let calls = SavedQuery::Calls(SavedCalls::default());
    let new = NewSavedView { name: Title::parse("Calls").unwrap(), shared: true, query: calls };
    let view = shop.crm.saved_views().add(&meera, new).await.unwrap();
    let service = Principal::service("website").unwrap();
    let grant = dialzio_core::Grant::of(&[Permission::ContactsRead, Permission::ViewsShare]);
    let website = shop.crm.access().act_as(shop.owner.org(), service, grant).await.unwrap();
    assert_eq!(shop.names(&website).await, [] as [String; 0]);
    let deleted = shop.crm.saved_views().delete(&website, view.id, None).await;
    assert!(matches!(deleted, Err(Error::NotFound { kind: RecordKind::SavedView })), "{deleted:?}");
    let trail = shop.crm.ledger().audit(&shop.owner, 0, 100).await.unwrap();
    let about_it = |subject| subject == Some(view.id.uuid());
    let entries = trail.iter().filter(|entry| entry.action == Action::ViewChanged && about_it(entry.subject));
    assert_eq!(entries.count(), 1, "saved");
}
