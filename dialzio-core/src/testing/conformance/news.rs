//! Service updates, and what users have read of them.

use chrono::TimeDelta;

use super::TestBed;
use crate::access::{AccessWrite, MemberChange, MemberState, User, UserChange};
use crate::id::UserId;
use crate::news::{NewsKind, NewsReader, Recipient, ServiceUpdate, ServiceUpdateChange};
use crate::page::PageRequest;
use crate::scope::Role;
use crate::store::periods::NEWS_PERIOD;
use crate::store::{Revision, StoreError, SystemWrite};

/// Updates of these kinds, the first at this second and each a second after the one before.
async fn published(bed: &TestBed, from: i64, kinds: &[NewsKind]) -> Vec<ServiceUpdate> {
    let mut updates = Vec::new();
    for (second, kind) in (from..).zip(kinds) {
        let update = bed.make.service_update(*kind, bed.at(second));
        bed.commit_system(SystemWrite::PublishNews(update.clone())).await.unwrap();
        updates.push(update);
    }
    updates
}

async fn listed(bed: &TestBed, product: bool) -> Vec<ServiceUpdate> {
    bed.store.news(&bed.system, product, PageRequest::first(10)).await.unwrap().items
}

/// Updates come newest first, page by page, without product news where it is not taken; those withdrawn are gone, and an id
/// is there once.
pub async fn news_comes_newest_first_until_it_is_withdrawn(bed: TestBed) {
    let kinds = [NewsKind::Security, NewsKind::Product, NewsKind::Policy, NewsKind::Incident];
    let updates = published(&bed, 1, &kinds).await;
    let [security, product, policy, incident] = &updates[..] else { panic!("four") };
    let again = bed.commit_system(SystemWrite::PublishNews(security.clone())).await;
    assert!(matches!(again, Err(StoreError::PreconditionFailed(_))), "{again:?}");
    assert_eq!(
        listed(&bed, true).await,
        [incident.clone(), policy.clone(), product.clone(), security.clone()]
    );
    assert_eq!(listed(&bed, false).await, [incident.clone(), policy.clone(), security.clone()]);
    let first = bed.store.news(&bed.system, false, PageRequest::first(2)).await.unwrap();
    assert_eq!(first.items, [incident.clone(), policy.clone()]);
    let next = PageRequest { after: first.next, ..PageRequest::first(2) };
    let second = bed.store.news(&bed.system, false, next).await.unwrap();
    assert_eq!((second.items, second.next), (vec![security.clone()], None));

    for _ in 0..2 {
        bed.commit_system(SystemWrite::WithdrawNews(policy.id)).await.unwrap();
    }
    let one = async |id| bed.store.service_update(&bed.system, id).await.unwrap();
    assert_eq!((one(policy.id).await, one(product.id).await), (None, Some(product.clone())));
    assert_eq!(listed(&bed, false).await, [incident.clone(), security.clone()]);
}

/// What a user has read never goes back, and is kept apart from their choice.
pub async fn news_is_unread_until_its_reader_has_read_it(bed: TestBed) {
    let before = published(&bed, -60, &[NewsKind::Security]).await;
    let (user, other) = (bed.make.user("asha@shop.example"), bed.make.user("ben@shop.example"));
    for user in [&user, &other] {
        bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    }
    let after = published(&bed, 1, &[NewsKind::Incident, NewsKind::Product, NewsKind::Policy]).await;
    let reader = async |of: UserId| {
        let found = bed.store.news_reader(&bed.system, of).await.unwrap();
        found.unwrap_or_else(|| NewsReader::new(of))
    };
    let unread = async |of, most| {
        let reader = reader(of).await;
        bed.store.unread_news(&bed.system, &reader, most).await.unwrap()
    };
    assert_eq!(bed.store.news_reader(&bed.system, user.id).await.unwrap(), None);
    assert_eq!(
        (unread(user.id, 10).await, unread(user.id, 2).await),
        (3, 2),
        "the one of before counts as read"
    );
    let choose = |takes_product| SystemWrite::ChooseNews { user: user.id, takes_product };
    bed.commit_system(choose(false)).await.unwrap();
    assert_eq!(unread(user.id, 10).await, 2);
    for up_to in [after[1].id, before[0].id] {
        bed.commit_system(SystemWrite::ReadNews { user: user.id, up_to }).await.unwrap();
    }
    let kept = NewsReader { user: user.id, read_up_to: Some(after[1].id), takes_product: false };
    assert_eq!((reader(user.id).await, unread(user.id, 10).await), (kept, 1));
    bed.commit_system(choose(true)).await.unwrap();
    assert_eq!(reader(user.id).await, NewsReader { takes_product: true, ..kept });
    bed.commit_system(SystemWrite::ReadNews { user: other.id, up_to: after[2].id }).await.unwrap();
    assert_eq!((unread(other.id, 10).await, unread(user.id, 10).await), (0, 1));
    assert!(reader(other.id).await.takes_product);
}

/// Updates are mailed one after the other, each under its revision, as long as they are new.
pub async fn news_is_mailed_oldest_first_and_once(bed: TestBed) {
    let updates = published(&bed, 1, &[NewsKind::Security, NewsKind::Product]).await;
    let long_ago = bed.now() - TimeDelta::days(1);
    let waits = async |since| bed.store.news_to_mail(&bed.system, since).await.unwrap();
    assert_eq!(waits(long_ago).await.as_ref(), Some(&updates[0]));
    assert_eq!(waits(bed.at(3_600)).await, None, "none is so new");
    let user: UserId = bed.make.id();
    let change = |to, at| ServiceUpdateChange { mailed_to: to, mailed_at: at };
    let write = |revision, change| SystemWrite::ChangeNews { update: updates[0].id, revision, change };
    bed.commit_system(write(Revision::FIRST, change(Some(Some(user)), None))).await.unwrap();
    let half = ServiceUpdate { mailed_to: Some(user), revision: Revision(2), ..updates[0].clone() };
    assert_eq!(waits(long_ago).await, Some(half.clone()));
    let twice = bed.commit_system(write(Revision::FIRST, change(None, Some(Some(bed.at(9)))))).await;
    assert!(matches!(twice, Err(StoreError::PreconditionFailed(_))), "{twice:?}");
    bed.commit_system(write(Revision(2), change(None, Some(Some(bed.at(9)))))).await.unwrap();
    let whole = ServiceUpdate { mailed_at: Some(bed.at(9)), revision: Revision(3), ..half };
    assert_eq!(bed.store.service_update(&bed.system, whole.id).await.unwrap(), Some(whole));
    assert_eq!(waits(long_ago).await.as_ref(), Some(&updates[1]));
}

/// News is mailed to users who have confirmed their address and work somewhere, each once, in order of their ids.
pub async fn news_reaches_confirmed_users_who_work_somewhere(bed: TestBed) {
    let (one, two) = (bed.tenant().await, bed.tenant().await);
    let confirmed = async |second, email: &str| {
        let user = User { id: bed.make.id_at(bed.at(second)), ..bed.make.user(email) };
        bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
        let change = UserChange { email_confirmed_at: Some(Some(bed.at(1))), ..UserChange::default() };
        let revision = user.revision;
        bed.commit_system(SystemWrite::ChangeUser { user: user.id, revision, change: change.clone() })
            .await
            .unwrap();
        let mut kept = user;
        change.apply(&mut kept);
        kept
    };
    let (asha, ben) = (confirmed(1, "asha@shop.example").await, confirmed(2, "ben@shop.example").await);
    let (gone, nowhere) = (confirmed(3, "cleo@shop.example").await, confirmed(4, "dev@shop.example").await);
    let unconfirmed = bed.make.user("eva@shop.example");
    bed.commit_system(SystemWrite::InsertUser(unconfirmed.clone())).await.unwrap();
    let work = [(&one, &asha), (&two, &asha), (&one, &ben), (&one, &gone), (&one, &unconfirmed)];
    for (tenant, user) in work {
        let member = bed.make.member(user.id, Role::Agent);
        bed.write(&tenant.scope, AccessWrite::InsertMember(member.clone())).await;
        if user.id == gone.id {
            let change = MemberChange { state: Some(MemberState::Disabled), ..MemberChange::default() };
            bed.write(&tenant.scope, AccessWrite::ChangeMember { member: member.id, change }).await;
        }
    }
    bed.commit_system(SystemWrite::ChooseNews { user: ben.id, takes_product: false }).await.unwrap();
    let found = async |after, limit| bed.store.news_recipients(&bed.system, after, limit).await.unwrap();
    let recipient = |user: &User, takes_product| Recipient::of(user, takes_product).unwrap();
    let both = [recipient(&asha, true), recipient(&ben, false)];
    assert_eq!(found(None, 100).await, both);
    assert_eq!(found(None, 1).await, both[..1]);
    assert_eq!(found(Some(asha.id), 100).await, both[1..]);
    assert!(found(Some(nowhere.id), 100).await.is_empty());
    assert!(both[1].takes(NewsKind::Security) && !both[1].takes(NewsKind::Product));
}

/// Twelve months after it was published an update is shown no more, and is swept.
pub async fn news_expires_after_twelve_months(bed: TestBed) {
    let updates = published(&bed, 0, &[NewsKind::Maintenance]).await;
    bed.clock.advance(NEWS_PERIOD - TimeDelta::seconds(1));
    assert_eq!(listed(&bed, true).await, updates);
    bed.clock.advance(TimeDelta::seconds(1));
    assert!(listed(&bed, true).await.is_empty());
    let reader = NewsReader::new(bed.make.id_at(bed.at(-60)));
    assert_eq!(bed.store.unread_news(&bed.system, &reader, 10).await.unwrap(), 0);
    let long_ago = bed.make.start() - TimeDelta::days(1);
    assert!(bed.store.news_to_mail(&bed.system, long_ago).await.unwrap().is_some(), "it is there still");
    bed.commit_system(SystemWrite::Sweep(crate::testing::confirmed(bed.now()))).await.unwrap();
    assert_eq!(bed.store.news_to_mail(&bed.system, long_ago).await.unwrap(), None);
}
