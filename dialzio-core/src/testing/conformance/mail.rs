//! Mail that waits to be sent.

use chrono::TimeDelta;

use super::TestBed;
use crate::access::UserChange;
use crate::mail::{QueuedMail, QueuedMailChange};
use crate::store::{Revision, StoreError, SystemWrite, UserKey};

/// What a store says to a write that was decided on another state.
async fn refused(bed: &TestBed, write: SystemWrite) {
    let answer = bed.commit_system(write).await;
    assert!(matches!(answer, Err(StoreError::PreconditionFailed(_))), "{answer:?}");
}

async fn due(bed: &TestBed, seconds: i64, limit: u32) -> Vec<QueuedMail> {
    let at = bed.now() + TimeDelta::seconds(seconds);
    bed.store.mails_due(&bed.system, at, limit).await.unwrap()
}

/// Mail comes when it is due, that which has waited longest first, and not after it has ended; then it is swept.
pub async fn mail_comes_when_it_is_due_and_not_after_its_end(bed: TestBed) {
    let (first, mut second, mut third) = (bed.make.mail(), bed.make.mail(), bed.make.mail());
    second.due_at = bed.at(20);
    third.due_at = bed.at(10);
    third.expires_at = bed.at(40);
    for mail in [&second, &first, &third] {
        bed.commit_system(SystemWrite::QueueMail(mail.clone())).await.unwrap();
    }
    assert_eq!(due(&bed, 5, 10).await, std::slice::from_ref(&first));
    assert_eq!(due(&bed, 20, 10).await, [first.clone(), third, second.clone()]);
    assert_eq!(due(&bed, 20, 1).await, std::slice::from_ref(&first));
    assert_eq!(due(&bed, 40, 10).await, [first, second.clone()], "one has ended");
    bed.commit_system(SystemWrite::Sweep(crate::testing::confirmed(second.expires_at))).await.unwrap();
    assert!(due(&bed, 60, 10).await.is_empty());
}

/// A mail changes under its revision, and is not there again after it was sent: of two workers one sends it.
pub async fn a_mail_is_one_workers_at_a_time_and_ends_once(bed: TestBed) {
    let (mail, other) = (bed.make.mail(), bed.make.mail());
    for mail in [&mail, &other] {
        bed.commit_system(SystemWrite::QueueMail(mail.clone())).await.unwrap();
    }
    refused(&bed, SystemWrite::QueueMail(QueuedMail { attempts: 9, ..mail.clone() })).await;
    let hold = |revision| {
        let change = QueuedMailChange { due_at: Some(bed.at(120)), attempts: Some(1) };
        SystemWrite::ChangeMail { mail: mail.id, revision, change }
    };
    bed.commit_system(hold(mail.revision)).await.unwrap();
    assert_eq!(due(&bed, 0, 10).await, std::slice::from_ref(&other), "it is held");
    refused(&bed, hold(mail.revision)).await;
    let held = QueuedMail { due_at: bed.at(120), attempts: 1, revision: Revision(2), ..mail.clone() };
    assert_eq!(due(&bed, 120, 10).await, [other.clone(), held]);
    bed.commit_system(SystemWrite::EndMail(mail.id)).await.unwrap();
    bed.commit_system(SystemWrite::EndMail(mail.id)).await.unwrap();
    refused(&bed, hold(Revision(2))).await;
    assert_eq!(due(&bed, 120, 10).await, [other], "a change brings nothing back");
}

/// A mail is queued in one commit with the token in it, or not at all.
pub async fn mail_and_what_it_is_about_are_one_commit(bed: TestBed) {
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let (mail, token) = (bed.make.mail(), bed.make.user_token(user.id));
    let used = SystemWrite::UseUserToken(bed.make.token());
    let writes = vec![SystemWrite::UserToken(token.clone()), SystemWrite::QueueMail(mail.clone()), used];
    let answer = bed.store.commit_system(&bed.system, writes, None).await;
    assert!(matches!(answer, Err(StoreError::PreconditionFailed(_))), "{answer:?}");
    assert!(due(&bed, 0, 10).await.is_empty());
    assert!(bed.store.user_token(&bed.system, &token.hash, bed.now()).await.unwrap().is_none());
    let writes = vec![SystemWrite::UserToken(token), SystemWrite::QueueMail(mail.clone())];
    bed.store.commit_system(&bed.system, writes, None).await.unwrap();
    assert_eq!(due(&bed, 0, 10).await, [mail]);
}

/// That an address is confirmed is kept with its user, under their revision.
pub async fn that_an_address_is_confirmed_is_kept_with_its_user(bed: TestBed) {
    let user = bed.make.user("asha@shop.example");
    bed.commit_system(SystemWrite::InsertUser(user.clone())).await.unwrap();
    let kept = async || {
        let found = bed.store.user(&bed.system, UserKey::Id(user.id)).await.unwrap().unwrap();
        (found.email_confirmed_at, found.revision)
    };
    assert_eq!(kept().await, (None, user.revision));
    let confirm = |revision| {
        let change = UserChange { email_confirmed_at: Some(Some(bed.at(7))), ..UserChange::default() };
        SystemWrite::ChangeUser { user: user.id, revision, change }
    };
    bed.commit_system(confirm(user.revision)).await.unwrap();
    assert_eq!(kept().await, (Some(bed.at(7)), Revision(2)));
    refused(&bed, confirm(user.revision)).await;
}
