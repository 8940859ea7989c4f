//! Notices: who is told of what, that nobody is told of their own acts, and that each reads their own alone.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

use dialzio_core::access::NewOrg;
use dialzio_core::account::LocalKeys;
use dialzio_core::contact::{NewContact, NewTask};
use dialzio_core::entropy::Entropy;
use dialzio_core::memory::MemoryStore;
use dialzio_core::notice::{NoticeEntry, NoticeReason, ReadNotices};
use dialzio_core::page::PageRequest;
use dialzio_core::testing::{Fixtures, service};
use dialzio_core::text::{EmailAddress, NoteText, PersonName, TaskTitle};
use dialzio_core::{Actor, Clock, ContactId, Crm, Grant, ManualClock, MemberId, Permission, Role};
use secrecy::SecretString;
use std::sync::Arc;

struct Shop {
    crm: Crm,
    host: Actor,
    asha: ContactId,
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
    let host = crm.access().act_as(org, service("shop"), Role::Owner.grant()).await.unwrap();
    let new = NewContact { name: Some(PersonName::parse("Asha").unwrap()), ..NewContact::default() };
    let asha = crm.contacts().create(&host, new).await.unwrap().id;
    Shop { crm, host, asha }
}

impl Shop {
    async fn joins(&self, name: &str) -> (Actor, MemberId) {
        let email =
            EmailAddress::parse(&format!("{}@example.com", name.to_lowercase().replace(' ', "."))).unwrap();
        let link = self.crm.access().invite(&self.host, Some(email), Role::Agent).await.unwrap();
        let secret = SecretString::from("seven brown otters swim upstream 7".to_owned());
        let name = PersonName::parse(name).unwrap();
        let actor = self.crm.access().accept(&link, name, None, &secret).await.unwrap().actor;
        let id = actor.member().unwrap();
        (actor, id)
    }

    async fn notes(&self, by: &Actor, text: &str) {
        self.crm.contacts().add_note(by, self.asha, NoteText::parse(text).unwrap()).await.unwrap();
    }

    async fn told(&self, whom: &Actor) -> Vec<NoticeEntry> {
        self.crm.notices().list(whom, false, PageRequest::first(50)).await.unwrap().items
    }

    async fn unread(&self, whom: &Actor) -> u32 {
        self.crm.notices().unread(whom, 99).await.unwrap()
    }
}

#[tokio::test]
async fn whom_a_note_mentions_is_told_with_its_text_and_nobody_else() {
    let shop = shop().await;
    let ((ravi, _), (meera, _), (tara, _)) =
        (shop.joins("Ravi").await, shop.joins("Meera Pillai").await, shop.joins("Tara").await);
    shop.notes(&ravi, "@meera pillai, @Ravi and @nobody: she moved").await;
    let told = shop.told(&meera).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].notice.about.reason(), NoticeReason::Mentioned);
    assert_eq!(told[0].notice.author, ravi.principal().to_ref());
    assert_eq!(told[0].contact_name.as_ref().unwrap().reveal(), "Asha");
    assert_eq!(told[0].text.as_ref().unwrap().reveal(), "@meera pillai, @Ravi and @nobody: she moved");
    // Not oneself, and not who is not named.
    assert_eq!((shop.unread(&ravi).await, shop.unread(&tara).await), (0, 0));
    shop.notes(&ravi, "Meera Pillai knows").await;
    assert_eq!(shop.unread(&meera).await, 1);
}

#[tokio::test]
async fn a_member_who_was_deactivated_is_told_nothing() {
    let shop = shop().await;
    let ((ravi, _), (meera, id)) = (shop.joins("Ravi").await, shop.joins("Meera").await);
    shop.crm.access().deactivate(&shop.host, id, None).await.unwrap();
    shop.notes(&ravi, "@Meera").await;
    shop.crm.access().activate(&shop.host, id).await.unwrap();
    assert_eq!(shop.told(&meera).await, []);
}

#[tokio::test]
async fn a_follow_up_tells_whom_a_colleague_assigned_it_to() {
    let shop = shop().await;
    let ((ravi, ravis), (meera, meeras)) = (shop.joins("Ravi").await, shop.joins("Meera").await);
    for assignee in [Some(meeras), Some(ravis), None] {
        let title = TaskTitle::parse("Call back").unwrap();
        let task = NewTask { title, due_at: None, assignee };
        shop.crm.contacts().add_task(&ravi, shop.asha, task).await.unwrap();
    }
    let told = shop.told(&meera).await;
    assert_eq!(
        told.iter().map(|entry| entry.notice.about.reason()).collect::<Vec<_>>(),
        [NoticeReason::TaskAssigned]
    );
    assert_eq!(told[0].text.as_ref().unwrap().reveal(), "Call back");
    assert_eq!(shop.told(&ravi).await, []);
}

#[tokio::test]
async fn each_reads_and_marks_their_own_and_an_application_has_none() {
    let shop = shop().await;
    let ((ravi, _), (meera, _)) = (shop.joins("Ravi").await, shop.joins("Meera").await);
    shop.notes(&shop.host, "@Ravi @Meera: first").await;
    shop.notes(&shop.host, "@Ravi: second").await;
    let mine = shop.told(&ravi).await;
    assert_eq!((mine.len(), shop.unread(&meera).await), (2, 1));
    let hers = shop.told(&meera).await[0].notice.id;
    shop.crm.notices().read(&ravi, ReadNotices::One(hers)).await.unwrap();
    assert_eq!((shop.unread(&ravi).await, shop.unread(&meera).await), (2, 1));
    shop.crm.notices().read(&ravi, ReadNotices::About(shop.asha)).await.unwrap();
    assert_eq!((shop.unread(&ravi).await, shop.unread(&meera).await), (0, 1));
    assert!(shop.crm.notices().list(&ravi, true, PageRequest::first(5)).await.unwrap().items.is_empty());
    assert_eq!((shop.told(&shop.host).await.len(), shop.unread(&shop.host).await), (0, 0));
    let blind = shop
        .crm
        .access()
        .act_as(ravi.org(), service("blind"), Grant::of(&[Permission::CallsRead]))
        .await
        .unwrap();
    assert!(shop.crm.notices().unread(&blind, 9).await.is_err());
}
