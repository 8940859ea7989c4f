//! Service updates: whom they reach, in the app and by mail.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

mod common;

use chrono::TimeDelta;
use dialzio_core::access::NewInvitation;
use dialzio_core::news::{NewsKind, ServiceUpdate};
use dialzio_core::page::PageRequest;
use dialzio_core::testing::RecordingMailer;
use dialzio_core::text::{EmailAddress, NewsText, PersonName, Title};
use dialzio_core::{Actor, Crm, Error, ManualClock, Role};
use std::sync::Arc;

struct Shop {
    crm: Crm,
    clock: Arc<ManualClock>,
    mailer: RecordingMailer,
    host: Actor,
}

impl Shop {
    async fn start() -> Self {
        let (clock, mailer) = (common::clock(), RecordingMailer::default());
        let store = Arc::new(common::memory(&clock));
        let builder = common::builder(&clock).shared_store(store);
        let crm = builder.mailer(Arc::new(mailer.clone())).build().unwrap();
        let host = common::owner(&crm, "Green Leaf").await;
        Self { crm, clock, mailer, host }
    }

    /// A member who joined by a mailed link, so that their address is confirmed.
    async fn joins(&self, email: &str) -> Actor {
        let access = self.crm.access();
        let new = NewInvitation::to(EmailAddress::parse(email).unwrap(), Role::Viewer);
        let invited = access.invite_by_mail(&self.host, new, "https://crm.example/page").await.unwrap();
        let name = PersonName::parse("Asha").unwrap();
        let password = "seven brown otters swim upstream 7".to_owned().into();
        let joined = access.accept(&invited.token, name, None, &password).await.unwrap();
        self.works().await;
        self.clock.advance(TimeDelta::minutes(1));
        joined.actor
    }

    async fn publishes(&self, kind: NewsKind, title: &str) -> ServiceUpdate {
        let operator = self.crm.operator("news").unwrap();
        let (title, text) = (Title::parse(title).unwrap(), NewsText::parse("It is so.").unwrap());
        let update = operator.publish_news(kind, title, text).await.unwrap();
        self.clock.advance(TimeDelta::minutes(1));
        update
    }

    /// Sends what is due; answers how many mails the server took.
    async fn works(&self) -> u32 {
        self.crm.worker().run_once().await.unwrap();
        let taken = self.mailer.taken().len() as u32;
        self.mailer.forget();
        taken
    }

    async fn titles(&self, by: &Actor) -> Vec<String> {
        let news = self.crm.news().list(by, PageRequest::first(10)).await.unwrap().unwrap();
        news.updates.items.iter().map(|update| update.title.reveal().to_owned()).collect()
    }

    async fn unread(&self, by: &Actor) -> u32 {
        self.crm.news().status(by, 100).await.unwrap().unread
    }
}

#[tokio::test]
async fn who_has_turned_product_news_off_gets_every_other_kind() {
    let shop = Shop::start().await;
    let asha = shop.joins("asha@example.com").await;
    shop.crm.news().take_product(&asha, false).await.unwrap();
    shop.publishes(NewsKind::Product, "A new report").await;
    assert_eq!((shop.works().await, shop.unread(&asha).await), (0, 0));
    let must = [NewsKind::Security, NewsKind::Incident, NewsKind::Maintenance, NewsKind::Policy];
    for (place, kind) in (1..).zip(must) {
        shop.publishes(kind, kind.as_str()).await;
        assert_eq!((shop.works().await, shop.unread(&asha).await), (1, place), "{kind}");
    }
    assert_eq!(shop.titles(&asha).await, ["policy", "maintenance", "incident", "security"]);
    shop.crm.news().take_product(&asha, true).await.unwrap();
    shop.publishes(NewsKind::Product, "Another report").await;
    assert_eq!((shop.works().await, shop.works().await), (1, 0), "once");
    assert_eq!(shop.titles(&asha).await.len(), 6);
}

#[tokio::test]
async fn news_of_before_is_read_and_later_news_until_it_was_read() {
    let shop = Shop::start().await;
    let old = shop.publishes(NewsKind::Incident, "Over").await;
    let asha = shop.joins("asha@example.com").await;
    assert_eq!(shop.unread(&asha).await, 0);
    let [first, second] =
        [shop.publishes(NewsKind::Security, "First").await, shop.publishes(NewsKind::Policy, "Second").await];
    assert_eq!(shop.unread(&asha).await, 2);
    for (update, left) in [(&first, 1), (&old, 1), (&second, 0)] {
        shop.crm.news().read(&asha, update.id).await.unwrap();
        assert_eq!(shop.unread(&asha).await, left);
    }
    shop.crm.operator("a mistake").unwrap().withdraw_news(second.id).await.unwrap();
    assert_eq!(shop.titles(&asha).await, ["First", "Over"]);
    let gone = shop.crm.news().read(&asha, second.id).await;
    assert!(matches!(gone, Err(Error::NotFound { .. })), "{gone:?}");
    let again = shop.crm.operator("again").unwrap().withdraw_news(second.id).await;
    assert!(matches!(again, Err(Error::NotFound { .. })), "{again:?}");
}

#[tokio::test]
async fn who_is_no_member_has_no_news() {
    let shop = Shop::start().await;
    let update = shop.publishes(NewsKind::Security, "First").await;
    assert_eq!(shop.crm.news().list(&shop.host, PageRequest::first(10)).await.unwrap(), None);
    assert_eq!(shop.unread(&shop.host).await, 0);
    let read = shop.crm.news().read(&shop.host, update.id).await;
    assert!(matches!(read, Err(Error::Invalid { field: "member", .. })), "{read:?}");
}

#[tokio::test]
async fn news_is_mailed_within_a_day_or_not_at_all() {
    let shop = Shop::start().await;
    shop.joins("asha@example.com").await;
    shop.publishes(NewsKind::Security, "Old").await;
    shop.clock.advance(TimeDelta::days(2));
    assert_eq!(shop.works().await, 0);
    let withdrawn = shop.publishes(NewsKind::Security, "Wrong").await;
    shop.crm.operator("a mistake").unwrap().withdraw_news(withdrawn.id).await.unwrap();
    assert_eq!(shop.works().await, 0);
}
