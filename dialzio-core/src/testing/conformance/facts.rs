//! What intake asks before it decides.

use crate::consent::{ConsentEvent, ConsentWrite};
use crate::contact::{
    Alias, BusinessScopedId, ChannelIdentity, Contact, ContactWrite, Portfolio, SubjectKey,
};
use crate::conversation::{InboundFacts, InboundQuery};
use crate::outbox::QueueKind;
use crate::phone::PhoneNumber;
use crate::store::Precondition;
use crate::testing::conformance::{Tenant, TestBed};
use crate::webhook::WebhookWrite;

fn query_for(tenant: &Tenant, aliases: Vec<Alias>) -> InboundQuery {
    InboundQuery {
        account: tenant.account.id,
        portfolio: tenant.account.portfolio.clone(),
        aliases,
        external: Vec::new(),
        own: Vec::new(),
        consent: true,
    }
}

async fn known(bed: &TestBed, tenant: &Tenant, aliases: Vec<Alias>) -> InboundFacts {
    bed.store.inbound_facts(&tenant.scope, &query_for(tenant, aliases)).await.unwrap()
}

/// A person is known under each of their aliases, once, with the numbers on their contact, their conversation on this account
/// and consents; in another portfolio the same id is another person. Under one alias alone they are the same.
pub async fn a_person_is_known_under_each_alias(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let scoped = Alias::BusinessScoped(bed.make.scoped());
    let parent = Alias::ParentBusinessScoped(BusinessScopedId::parse(scoped.reveal()).unwrap());
    let write =
        ContactWrite::Alias { identity: person.identity.id, alias: scoped.clone(), seen_at: bed.at(1) };
    bed.write(&tenant.scope, write).await;
    let key = scoped.subject_key(&person.identity.portfolio);
    let stop = bed.make.consent(person.contact.id, vec![key], ConsentEvent::Withdrawn);
    bed.write(&tenant.scope, ConsentWrite::Record(stop.clone())).await;
    let mut contact = person.contact.clone();
    contact.details =
        [bed.make.phone(), bed.make.phone()].map(|number| bed.make.phone_detail(&number)).into();
    let mut typed: Vec<_> = contact.details.iter().map(|detail| detail.value.subject_key()).collect();
    typed.sort_unstable();
    bed.write(&tenant.scope, ContactWrite::Update(contact)).await;
    let phone = person.identity.aliases[0].clone();
    for asked in [
        vec![phone.clone(), scoped.clone(), Alias::Phone(bed.make.phone())],
        vec![phone.clone()],
        vec![scoped.clone()],
    ] {
        let mut facts = known(&bed, &tenant, asked).await;
        assert_eq!(facts.identities.len(), 1, "one person, though two aliases hit");
        assert!(facts.candidates.is_empty() && facts.messages.is_empty());
        let mut found = facts.identities.remove(0);
        assert_eq!((found.identity.id, found.identity.aliases.len()), (person.identity.id, 2));
        found.details.sort_unstable();
        assert_eq!(found.details, typed);
        assert_eq!(found.conversation.as_ref(), Some(&person.conversation));
        assert_eq!(found.consents.iter().map(|entry| entry.id).collect::<Vec<_>>(), [stop.id]);
    }
    let mut unconcerned = query_for(&tenant, vec![phone.clone()]);
    unconcerned.consent = false;
    let facts = bed.store.inbound_facts(&tenant.scope, &unconcerned).await.unwrap();
    let found = &facts.identities[0];
    assert_eq!((found.identity.id, found.conversation.is_some()), (person.identity.id, true));
    assert!(found.details.is_empty() && found.consents.is_empty(), "consent was not asked for");

    assert!(known(&bed, &tenant, vec![parent]).await.identities.is_empty(), "another kind of id");
    let mut elsewhere = query_for(&tenant, vec![phone.clone()]);
    elsewhere.portfolio = Portfolio("portfolio-2".to_owned());
    let facts = bed.store.inbound_facts(&tenant.scope, &elsewhere).await.unwrap();
    assert!(facts.identities.is_empty());
    let mut other_account = query_for(&tenant, vec![phone]);
    other_account.account = bed.make.id();
    let facts = bed.store.inbound_facts(&tenant.scope, &other_account).await.unwrap();
    assert_eq!(facts.identities.len(), 1);
    assert!(facts.identities[0].conversation.is_none(), "they never wrote to that account");
}

/// Older spellings of a number find the person.
pub async fn a_person_is_known_under_older_spellings(bed: TestBed) {
    let tenant = bed.tenant().await;
    let contact = bed.make.contact("João");
    let spellings = ["5511987654321", "551187654321"].map(|digits| PhoneNumber::from_digits(digits).unwrap());
    let identity = bed.make.identity(contact.id, vec![Alias::Phone(spellings[0].clone())]);
    bed.write(&tenant.scope, ContactWrite::Insert(contact)).await;
    bed.write(&tenant.scope, ContactWrite::Identity(identity.clone())).await;
    for spelling in spellings {
        let facts = known(&bed, &tenant, vec![Alias::Phone(spelling)]).await;
        assert_eq!(facts.identities.iter().map(|k| k.identity.id).collect::<Vec<_>>(), [identity.id]);
    }
}

/// Contacts with the number as a typed detail are candidates, oldest first, with the key that hit.
pub async fn cards_with_the_typed_number_are_candidates(bed: TestBed) {
    let tenant = bed.tenant().await;
    let number = bed.make.phone();
    let [first, second, third] = ["Asha", "Ben", "Chloe"].map(|name| {
        let mut contact = bed.make.contact(name);
        contact.details = vec![bed.make.phone_detail(&number)];
        contact
    });
    let mut unlike = third.clone();
    unlike.details = vec![bed.make.email_detail("chloe@mail.example")];
    for contact in [&unlike, &second, &first] {
        bed.write(&tenant.scope, ContactWrite::Insert(contact.clone())).await;
    }
    let facts = known(&bed, &tenant, vec![Alias::Phone(number.clone())]).await;
    let key = SubjectKey::phone(&number);
    assert_eq!(facts.candidates, [(key.clone(), first.id), (key, second.id)]);
    assert!(facts.identities.is_empty());
    // Once a person is known under the number, there is no need to guess.
    let identity = bed.make.identity(first.id, vec![Alias::Phone(number.clone())]);
    bed.write(&tenant.scope, ContactWrite::Identity(identity)).await;
    let facts = known(&bed, &tenant, vec![Alias::Phone(number)]).await;
    assert_eq!((facts.identities.len(), facts.candidates.len()), (1, 0));
}

/// Who is known under a number in another portfolio, by WhatsApp say, is a candidate here, by SMS, unless they gave it up.
pub async fn people_who_are_known_under_the_number_elsewhere_are_candidates(bed: TestBed) {
    let tenant = bed.tenant().await;
    let number = bed.make.phone();
    let [known_there, former_there] = ["Asha", "Ben"].map(|name| bed.make.contact(name));
    let elsewhere = |contact: &Contact, portfolio: &str| ChannelIdentity {
        portfolio: Portfolio(portfolio.to_owned()),
        ..bed.make.identity(contact.id, vec![Alias::Phone(number.clone())])
    };
    let (current, former) = (elsewhere(&known_there, "elsewhere"), elsewhere(&former_there, "long-ago"));
    for (contact, identity) in [(&known_there, &current), (&former_there, &former)] {
        bed.write(&tenant.scope, ContactWrite::Insert(contact.clone())).await;
        bed.write(&tenant.scope, ContactWrite::Identity(identity.clone())).await;
    }
    let (alias, since) = (Alias::Phone(number.clone()), Some(bed.now()));
    bed.write(&tenant.scope, ContactWrite::Former { identity: former.id, alias: alias.clone(), since }).await;
    let facts = known(&bed, &tenant, vec![alias]).await;
    assert_eq!(facts.candidates, [(SubjectKey::phone(&number), known_there.id)]);
    assert!(facts.identities.is_empty());
}

/// A person who was joined is known as the survivor, with the thread there was.
pub async fn a_joined_person_is_known_with_their_thread(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let scoped = Alias::BusinessScoped(bed.make.scoped());
    let survivor = bed.make.identity(person.contact.id, vec![scoped.clone()]);
    bed.write(&tenant.scope, ContactWrite::Identity(survivor.clone())).await;
    let join = ContactWrite::JoinIdentity { from: person.identity.id, into: survivor.id };
    bed.write(&tenant.scope, join).await;
    for alias in [scoped, person.identity.aliases[0].clone()] {
        let facts = known(&bed, &tenant, vec![alias]).await;
        assert_eq!(facts.identities.len(), 1);
        assert_eq!(facts.identities[0].identity.id, survivor.id);
        let thread = facts.identities[0].conversation.as_ref().map(|talk| talk.id);
        assert_eq!(thread, Some(person.conversation.id));
    }
}

/// A queue is idle when nothing waits in it, due or not; other queues do not matter.
pub async fn a_queue_with_a_waiting_element_is_not_idle(bed: TestBed) {
    let tenant = bed.tenant().await;
    let idle = async |kind| bed.holds(&tenant.scope, Precondition::QueueIdle(tenant.queue(kind))).await;
    assert!(idle(QueueKind::Elements).await && idle(QueueKind::Statuses).await);
    let item = bed.make.item(&tenant.account, QueueKind::Elements, bed.at(3_600));
    bed.write(&tenant.scope, WebhookWrite::Enqueue(item.clone())).await;
    assert!(!idle(QueueKind::Elements).await, "it is not due yet, and still it waits");
    assert!(idle(QueueKind::Statuses).await);
    bed.write(&tenant.scope, WebhookWrite::Remove(item.id)).await;
    assert!(idle(QueueKind::Elements).await);
}
