//! What a commit promises.

use crate::contact::{Alias, ContactWrite};
use crate::contact::{ContactQuery, SubjectKey};
use crate::event::{DomainEvent, EventSeq};
use crate::page::PageRequest;
use crate::store::{
    Idempotency, IdempotencyKey, LedgerSeq, Outcome, Precondition, RecordRef, Revision, StoreError, Write,
};
use crate::testing::conformance::{Tenant, TestBed};

async fn names(bed: &TestBed, tenant: &Tenant) -> Vec<String> {
    let page = PageRequest::first(200);
    let page = bed.store.contacts(&tenant.scope, &ContactQuery::default(), page).await.unwrap();
    page.items.iter().map(|c| c.name.as_ref().unwrap().reveal().to_owned()).collect()
}

/// The last write of a batch fails: nothing of what came before it is left, no event and no audit entry either.
pub async fn a_batch_is_applied_whole_or_not_at_all(bed: TestBed) {
    let tenant = bed.tenant().await;
    let known = bed.person(&tenant, "Asha").await;
    let events = bed.store.newest_event(&tenant.scope).await.unwrap();
    let audit = bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap();
    let other = bed.make.contact("Ben");
    let thief = bed.make.identity(other.id, known.identity.aliases.clone());
    let mut batch = bed.writes([
        ContactWrite::Insert(other.clone()).into(),
        ContactWrite::Note(bed.make.note(other.id, "called twice")).into(),
        ContactWrite::Identity(thief).into(),
    ]);
    batch.event(DomainEvent::ContactChanged { contact: other.id });
    let answer = bed.store.commit_one(&tenant.scope, batch).await;
    let taken =
        Precondition::IdentityFree(known.identity.portfolio.clone(), known.identity.aliases[0].clone());
    assert!(
        matches!(answer, Err(StoreError::PreconditionFailed(precondition_failed)) if *precondition_failed == taken)
    );
    assert_eq!(names(&bed, &tenant).await, ["Asha"]);
    assert!(bed.store.contact(&tenant.scope, other.id).await.unwrap().is_none());
    let notes = bed.store.notes(&tenant.scope, other.id, PageRequest::first(10)).await.unwrap();
    assert!(notes.items.is_empty());
    assert_eq!(bed.store.newest_event(&tenant.scope).await.unwrap(), events);
    assert_eq!(bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap(), audit);
}

/// A batch whose precondition does not hold writes nothing, whatever its place in the call.
pub async fn neighbours_of_a_refused_batch_are_applied(bed: TestBed) {
    let tenant = bed.tenant().await;
    let [a, b, c] = ["Asha", "Ben", "Chloe"].map(|name| bed.make.contact(name));
    let untrue = Precondition::Revision(RecordRef::Contact(b.id), Revision(7));
    let mut second = bed.writes([ContactWrite::Insert(b.clone()).into()]);
    second.require(untrue.clone());
    let batches = vec![
        bed.writes([ContactWrite::Insert(a.clone()).into()]),
        second,
        bed.writes([ContactWrite::Insert(c.clone()).into()]),
    ];
    let answers = bed.store.commit(&tenant.scope, batches).await;
    assert_eq!(answers.len(), 3, "one answer for each batch");
    assert!(answers[0].is_ok() && answers[2].is_ok());
    assert!(
        matches!(&answers[1], Err(StoreError::PreconditionFailed(precondition_failed)) if **precondition_failed == untrue)
    );
    assert_eq!(names(&bed, &tenant).await, ["Asha", "Chloe"]);
    let empty = bed.store.commit(&tenant.scope, Vec::new()).await;
    assert!(empty.is_empty());
}

/// Batches of one call are applied in order: each is decided on what those before it left.
pub async fn a_batch_sees_those_before_it(bed: TestBed) {
    let tenant = bed.tenant().await;
    let contact = bed.make.contact("Asha");
    let record = RecordRef::Contact(contact.id);
    let first = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
    let mut second = bed.writes([ContactWrite::Update(contact.clone()).into()]);
    second.require(Precondition::Revision(record, Revision::FIRST));
    let mut third = bed.writes([ContactWrite::Update(contact.clone()).into()]);
    third.require(Precondition::Revision(record, Revision::FIRST));
    let answers = bed.store.commit(&tenant.scope, vec![first, second, third]).await;
    assert!(answers[0].is_ok() && answers[1].is_ok());
    assert!(matches!(answers[2], Err(StoreError::PreconditionFailed(_))));
    let kept = bed.store.contact(&tenant.scope, contact.id).await.unwrap().unwrap();
    assert_eq!(kept.revision, Revision(2));
}

/// All preconditions of a batch count, not only the first.
pub async fn one_untrue_expectation_among_many_refuses_the_batch(bed: TestBed) {
    let tenant = bed.tenant().await;
    let known = bed.person(&tenant, "Asha").await;
    let free = Alias::Phone(bed.make.phone());
    let taken =
        Precondition::IdentityFree(known.identity.portfolio.clone(), known.identity.aliases[0].clone());
    let mut batch = bed.writes([ContactWrite::Insert(bed.make.contact("Ben")).into()]);
    batch.require(Precondition::IdentityFree(known.identity.portfolio.clone(), free));
    batch.require(Precondition::Revision(RecordRef::Contact(known.contact.id), Revision::FIRST));
    batch.require(taken.clone());
    let answer = bed.store.commit_one(&tenant.scope, batch).await;
    assert!(
        matches!(answer, Err(StoreError::PreconditionFailed(precondition_failed)) if *precondition_failed == taken)
    );
    assert_eq!(names(&bed, &tenant).await, ["Asha"]);
}

fn once(route: &str, key: &str, request: &[u8], answer: RecordRef) -> Idempotency {
    let key = IdempotencyKey::parse(key).unwrap();
    Idempotency::new(&crate::testing::service("shop"), route, &key, request, answer)
}

/// A client that asks again gets the first answer, and nothing happens a second time.
pub async fn a_key_used_again_is_answered_as_the_first_time(bed: TestBed) {
    let tenant = bed.tenant().await;
    let first = bed.make.contact("Asha");
    let answer = RecordRef::Contact(first.id);
    let mut batch = bed.writes([ContactWrite::Insert(first.clone()).into()]);
    batch.event(DomainEvent::ContactChanged { contact: first.id });
    batch.once(once("contacts", "k-1", b"Asha", answer));
    let commit = bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    assert_eq!(commit.outcome, Outcome::Applied);
    let audit = bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap().len();

    // The retry was decided anew, so its records have other ids; and what it expects is not true any more.
    let again = bed.make.contact("Asha");
    let mut retry = bed.writes([ContactWrite::Insert(again.clone()).into()]);
    retry.event(DomainEvent::ContactChanged { contact: again.id });
    retry.require(Precondition::Revision(RecordRef::Contact(first.id), Revision(9)));
    retry.once(once("contacts", "k-1", b"Asha", RecordRef::Contact(again.id)));
    let replay = bed.store.commit_one(&tenant.scope, retry).await.unwrap();
    assert_eq!(replay.outcome, Outcome::Replayed(answer));
    assert_eq!(replay.rows_affected, 0);
    assert_eq!(names(&bed, &tenant).await, ["Asha"]);
    assert_eq!(bed.store.newest_event(&tenant.scope).await.unwrap(), commit.seq);
    assert_eq!(bed.store.audit(&tenant.scope, 0, 1_000).await.unwrap().len(), audit);
}

/// The same key for another request changes nothing and is reported as such.
pub async fn a_key_used_for_another_request_changes_nothing(bed: TestBed) {
    let tenant = bed.tenant().await;
    let first = bed.make.contact("Asha");
    let mut batch = bed.writes([ContactWrite::Insert(first.clone()).into()]);
    batch.once(once("contacts", "k-1", b"Asha", RecordRef::Contact(first.id)));
    bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    let other = bed.make.contact("Ben");
    let mut batch = bed.writes([ContactWrite::Insert(other.clone()).into()]);
    batch.once(once("contacts", "k-1", b"Ben", RecordRef::Contact(other.id)));
    let answer = bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    assert_eq!(answer.outcome, Outcome::Mismatch);
    assert_eq!(names(&bed, &tenant).await, ["Asha"]);
}

/// Two requests with one key in the same call: the second is the replay. Every kind of answer comes back as it was.
pub async fn a_key_counts_within_one_call_and_keeps_its_kind_of_answer(bed: TestBed) {
    let tenant = bed.tenant().await;
    let uuid = crate::id::TypedId::uuid(bed.make.id::<crate::id::AppId>());
    let answers = [
        RecordRef::Contact(bed.make.id()),
        RecordRef::Conversation(bed.make.id()),
        RecordRef::Message(bed.make.id()),
        RecordRef::Media(bed.make.id()),
        RecordRef::Other(uuid),
    ];
    for (place, answer) in answers.into_iter().enumerate() {
        let key = format!("k-{place}");
        let batches = [0, 1].map(|_| {
            let mut batch = bed.batch();
            batch.once(once("any", &key, b"request", answer));
            batch
        });
        let done = bed.store.commit(&tenant.scope, batches.to_vec()).await;
        let outcomes: Vec<_> = done.into_iter().map(|commit| commit.unwrap().outcome).collect();
        assert_eq!(outcomes, [Outcome::Applied, Outcome::Replayed(answer)]);
    }
}

/// A batch that was refused has not used its key, and a key of one organisation means nothing in another.
pub async fn a_refused_batch_does_not_use_its_key(bed: TestBed) {
    let (tenant, other) = (bed.tenant().await, bed.tenant().await);
    let contact = bed.make.contact("Asha");
    let record = RecordRef::Contact(contact.id);
    let mut refused = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
    refused.require(Precondition::Revision(record, Revision(3)));
    refused.once(once("contacts", "k-1", b"Asha", record));
    assert!(bed.store.commit_one(&tenant.scope, refused).await.is_err());
    for scope in [&tenant.scope, &other.scope] {
        let contact = bed.make.contact("Asha");
        let mut batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
        batch.once(once("contacts", "k-1", b"Asha", RecordRef::Contact(contact.id)));
        let commit = bed.store.commit_one(scope, batch).await.unwrap();
        assert_eq!(commit.outcome, Outcome::Applied);
    }
}

/// The answer names the newest event, also for a batch that has none; only a purge touches rows.
pub async fn a_commit_answers_with_the_newest_event(bed: TestBed) {
    let tenant = bed.tenant().await;
    let contact = bed.make.contact("Asha");
    let mut batch = bed.writes([ContactWrite::Insert(contact.clone()).into()]);
    batch.event(DomainEvent::ContactChanged { contact: contact.id }).event(DomainEvent::OrgChanged);
    let first = bed.store.commit_one(&tenant.scope, batch).await.unwrap();
    assert_eq!((first.seq, first.rows_affected), (EventSeq(2), 0));
    let silent = bed.write_all(&tenant.scope, Vec::<Write>::new()).await;
    assert_eq!(silent.seq, EventSeq(2));
    assert_eq!(bed.store.newest_event(&tenant.scope).await.unwrap(), EventSeq(2));
}

/// Every kind of precondition, untrue and true. Revisions of what is not there are untrue.
pub async fn every_expectation_is_refused_when_untrue_and_met_when_true(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (scope, portfolio) = (&tenant.scope, tenant.account.portfolio.clone());
    let person = bed.person(&tenant, "Asha").await;
    let message = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    let alias = person.identity.aliases[0].clone();
    let key = alias.subject_key(&portfolio);
    let stranger = SubjectKey::phone(&bed.make.phone());

    let contact = RecordRef::Contact(person.contact.id);
    let talk = RecordRef::Conversation(person.conversation.id);
    for record in [contact, talk] {
        assert!(bed.holds(scope, Precondition::Revision(record, Revision::FIRST)).await);
        assert!(!bed.holds(scope, Precondition::Revision(record, Revision(2))).await);
    }
    for unknown in [RecordRef::Contact(bed.make.id()), RecordRef::Conversation(bed.make.id())] {
        assert!(!bed.holds(scope, Precondition::Revision(unknown, Revision::FIRST)).await);
    }

    let fresh = Alias::Phone(bed.make.phone());
    assert!(bed.holds(scope, Precondition::IdentityFree(portfolio.clone(), fresh)).await);
    assert!(!bed.holds(scope, Precondition::IdentityFree(portfolio, alias.clone())).await);
    let elsewhere = crate::contact::Portfolio("portfolio-2".to_owned());
    assert!(bed.holds(scope, Precondition::IdentityFree(elsewhere, alias)).await);

    let (account, identity) = (tenant.account.id, person.identity.id);
    assert!(bed.holds(scope, Precondition::ConversationFree(account, bed.make.id())).await);
    assert!(bed.holds(scope, Precondition::ConversationFree(bed.make.id(), identity)).await);
    assert!(!bed.holds(scope, Precondition::ConversationFree(account, identity)).await);

    let external = message.external.clone().unwrap();
    assert!(bed.holds(scope, Precondition::ExternalFree(account, bed.make.external())).await);
    assert!(bed.holds(scope, Precondition::ExternalFree(bed.make.id(), external.clone())).await);
    assert!(!bed.holds(scope, Precondition::ExternalFree(account, external)).await);

    let number =
        |provider: &str, external: &str| Precondition::AccountFree(provider.to_owned(), external.to_owned());
    assert!(!bed.holds(scope, number(&tenant.account.provider, &tenant.account.routing_key)).await);
    assert!(bed.holds(scope, number("another", &tenant.account.routing_key)).await);
    assert!(bed.holds(scope, number(&tenant.account.provider, "unknown")).await);

    let head = |keys: &[SubjectKey], seq| Precondition::ConsentHead(keys.to_vec(), LedgerSeq(seq));
    assert!(bed.holds(scope, head(&[key.clone(), stranger.clone()], 0)).await);
    assert!(!bed.holds(scope, head(std::slice::from_ref(&key), 1)).await);
    assert!(bed.holds(scope, head(&[], 0)).await);
    let given = bed.make.consent(person.contact.id, vec![key.clone()], crate::consent::ConsentEvent::Given);
    bed.write(scope, crate::consent::ConsentWrite::Record(given)).await;
    assert!(bed.holds(scope, head(&[stranger.clone(), key.clone()], 1)).await);
    assert!(!bed.holds(scope, head(&[key], 0)).await);
    assert!(bed.holds(scope, head(&[stranger], 0)).await);
}
