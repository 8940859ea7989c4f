//! The list of call outcomes: what an organisation starts with, who may change it, and what is refused.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use chrono::TimeDelta;
use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::disposition::{Disposition, DispositionPatch, MAX_DISPOSITIONS, NewDisposition};
use dialzio_core::entropy::Entropy;
use dialzio_core::ledger::Action;
use dialzio_core::memory::MemoryStore;
use dialzio_core::testing::{Fixtures, service};
use dialzio_core::text::DispositionName;
use dialzio_core::{Actor, Clock, Crm, Error, ManualClock, Permission, RecordKind, Revision, Role, TypedId};
use std::sync::Arc;

const KIND: RecordKind = RecordKind::Disposition;

struct Shop {
    clock: Arc<ManualClock>,
    crm: Crm,
    admin: Actor,
    agent: Actor,
}

async fn shop() -> Shop {
    let clock = Arc::new(ManualClock::at(Fixtures::morning()));
    let crm = Crm::builder()
        .store(MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>))
        .keys(LocalKeys::ephemeral(&Entropy::seeded(1)))
        .clock(Arc::clone(&clock) as Arc<dyn Clock>)
        .seed(5)
        .build()
        .unwrap();
    let org = crm.access().found(NewOrg::named("Green Leaf")).await.unwrap().org;
    let acts = async |role: Role| crm.access().act_as(org, service("test"), role.grant()).await.unwrap();
    let (admin, agent) = (acts(Role::Admin).await, acts(Role::Agent).await);
    Shop { clock, crm, admin, agent }
}

fn name(text: &str) -> DispositionName {
    DispositionName::parse(text).unwrap()
}

fn new(text: &str) -> NewDisposition {
    NewDisposition { name: name(text), counts_as_reached: true, position: None }
}

impl Shop {
    async fn names(&self) -> Vec<String> {
        let all = self.crm.dispositions().all(&self.agent).await.unwrap();
        all.iter().map(|one| one.name.reveal().to_owned()).collect()
    }

    async fn first(&self) -> Disposition {
        self.crm.dispositions().all(&self.agent).await.unwrap().remove(0)
    }
}

#[tokio::test]
async fn an_organisation_starts_with_five_and_a_new_one_comes_last() {
    let shop = shop().await;
    let start = ["Interested", "Call back later", "Not interested", "No answer", "Wrong number"];
    assert_eq!(shop.names().await, start);
    let added = shop.crm.dispositions().add(&shop.admin, new("Wants a quote")).await.unwrap();
    assert_eq!((added.position, added.revision), (6, Revision::FIRST));
    let second = NewDisposition { position: Some(1), ..new("Wants a visit") };
    shop.crm.dispositions().add(&shop.admin, second).await.unwrap();
    let names = shop.names().await;
    assert_eq!((&*names[0], &*names[1], &*names[6]), ("Interested", "Wants a visit", "Wants a quote"));
    let trail = shop.crm.ledger().audit(&shop.admin, 0, 100).await.unwrap();
    let about_it = |subject| subject == Some(added.id.uuid());
    assert!(trail.iter().any(|entry| entry.action == Action::OrgChanged && about_it(entry.subject)));
}

#[tokio::test]
async fn those_who_talk_choose_and_those_who_keep_the_settings_change() {
    let shop = shop().await;
    let kept = shop.first().await;
    let dispositions = shop.crm.dispositions();
    let denied = |answer: Result<Disposition, Error>| {
        matches!(answer, Err(Error::Denied { permission: Permission::SettingsManage }))
    };
    assert!(denied(dispositions.add(&shop.agent, new("Busy")).await));
    assert!(denied(dispositions.change(&shop.agent, kept.id, None, DispositionPatch::default()).await));
    assert_eq!(dispositions.get(&shop.agent, kept.id).await.unwrap(), kept);
}

#[tokio::test]
async fn a_name_that_is_taken_is_said_to_be_and_not_a_conflict() {
    let shop = shop().await;
    let dispositions = shop.crm.dispositions();
    let duplicate =
        |answer: Result<Disposition, Error>| matches!(answer, Err(Error::Duplicate { kind: KIND }));
    assert!(duplicate(dispositions.add(&shop.admin, new("INTERESTED")).await));
    let second = dispositions.all(&shop.admin).await.unwrap().remove(1);
    let to = |text| DispositionPatch { name: Some(name(text)), ..DispositionPatch::default() };
    for seen in [None, Some(second.revision)] {
        assert!(duplicate(dispositions.change(&shop.admin, second.id, seen, to("interested")).await));
    }
    let own = dispositions.change(&shop.admin, second.id, None, to("Call Back Later")).await.unwrap();
    assert_eq!((own.name.reveal(), own.revision), ("Call Back Later", Revision(2)));
}

#[tokio::test]
async fn an_older_revision_is_stale_and_archiving_again_keeps_the_time() {
    let shop = shop().await;
    let kept = shop.first().await;
    let dispositions = shop.crm.dispositions();
    let archive = |archived| DispositionPatch { archived: Some(archived), ..DispositionPatch::default() };
    let changed = async |seen, patch| dispositions.change(&shop.admin, kept.id, seen, patch).await;
    let archived = changed(Some(kept.revision), archive(true)).await.unwrap();
    assert_eq!(archived.archived_at, Some(Fixtures::morning()));
    assert!(matches!(changed(Some(kept.revision), archive(false)).await, Err(Error::Stale { kind: KIND })));
    shop.clock.advance(TimeDelta::hours(1));
    assert_eq!(changed(None, archive(true)).await.unwrap().archived_at, Some(Fixtures::morning()));
    assert_eq!(shop.names().await.len(), 5, "a past call may have it");
    let back = changed(None, archive(false)).await.unwrap();
    assert_eq!((back.archived_at, back.position), (None, kept.position));
}

#[tokio::test]
async fn the_list_has_an_end() {
    let shop = shop().await;
    for number in shop.names().await.len()..MAX_DISPOSITIONS {
        shop.crm.dispositions().add(&shop.admin, new(&format!("Outcome {number}"))).await.unwrap();
    }
    let full = shop.crm.dispositions().add(&shop.admin, new("One more")).await;
    assert!(matches!(full, Err(Error::Invalid { field: "name", .. })), "{full:?}");
}
