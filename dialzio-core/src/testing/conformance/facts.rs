//! What intake asks before it decides.

use crate::consent::{ConsentEvent, ConsentWrite};
use crate::contact::{Alias, BusinessScopedId, ContactWrite, Portfolio, SubjectKey};
use crate::conversation::{InboundAsk, InboundFacts};
use crate::effect::LaneKind;
use crate::inbox::InboxWrite;
use crate::phone::PhoneNumber;
use crate::store::Expect;
use crate::testing::conformance::{Bench, House};

fn ask(house: &House, aliases: Vec<Alias>) -> InboundAsk {
    InboundAsk {
        account: house.account.id,
        portfolio: house.account.portfolio.clone(),
        aliases,
        external: Vec::new(),
        own: Vec::new(),
        consent: true,
    }
}

async fn known(bench: &Bench, house: &House, aliases: Vec<Alias>) -> InboundFacts {
    bench.store.inbound_facts(&house.scope, &ask(house, aliases)).await.unwrap()
}

/// A person is known under each of their aliases, once, with the numbers on their card, their conversation on this account
/// and consents; in another portfolio the same id is somebody else. Under one alias alone they are the same.
pub async fn a_person_is_known_under_each_alias(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let scoped = Alias::BusinessScoped(bench.make.scoped());
    let parent = Alias::ParentBusinessScoped(BusinessScopedId::parse(scoped.reveal()).unwrap());
    let write =
        ContactWrite::Alias { identity: person.identity.id, alias: scoped.clone(), seen_at: bench.at(1) };
    bench.write(&house.scope, write).await;
    let key = scoped.subject_key(&person.identity.portfolio);
    let stop = bench.make.consent(person.contact.id, vec![key], ConsentEvent::Withdrawn);
    bench.write(&house.scope, ConsentWrite::Record(stop.clone())).await;
    let mut card = person.contact.clone();
    card.details =
        [bench.make.phone(), bench.make.phone()].map(|number| bench.make.phone_detail(&number)).into();
    let mut typed: Vec<_> = card.details.iter().map(|detail| detail.value.subject_key()).collect();
    typed.sort_unstable();
    bench.write(&house.scope, ContactWrite::Update(card)).await;
    let phone = person.identity.aliases[0].clone();
    for asked in [
        vec![phone.clone(), scoped.clone(), Alias::Phone(bench.make.phone())],
        vec![phone.clone()],
        vec![scoped.clone()],
    ] {
        let mut facts = known(&bench, &house, asked).await;
        assert_eq!(facts.identities.len(), 1, "one person, though two aliases hit");
        assert!(facts.candidates.is_empty() && facts.messages.is_empty());
        let mut found = facts.identities.remove(0);
        assert_eq!((found.identity.id, found.identity.aliases.len()), (person.identity.id, 2));
        found.details.sort_unstable();
        assert_eq!(found.details, typed);
        assert_eq!(found.conversation.as_ref(), Some(&person.conversation));
        assert_eq!(found.consents.iter().map(|entry| entry.id).collect::<Vec<_>>(), [stop.id]);
    }
    let mut unconcerned = ask(&house, vec![phone.clone()]);
    unconcerned.consent = false;
    let facts = bench.store.inbound_facts(&house.scope, &unconcerned).await.unwrap();
    let found = &facts.identities[0];
    assert_eq!((found.identity.id, found.conversation.is_some()), (person.identity.id, true));
    assert!(found.details.is_empty() && found.consents.is_empty(), "nobody asked about consent");

    assert!(known(&bench, &house, vec![parent]).await.identities.is_empty(), "another kind of id");
    let mut elsewhere = ask(&house, vec![phone.clone()]);
    elsewhere.portfolio = Portfolio("portfolio-2".to_owned());
    let facts = bench.store.inbound_facts(&house.scope, &elsewhere).await.unwrap();
    assert!(facts.identities.is_empty());
    let mut other_account = ask(&house, vec![phone]);
    other_account.account = bench.make.id();
    let facts = bench.store.inbound_facts(&house.scope, &other_account).await.unwrap();
    assert_eq!(facts.identities.len(), 1);
    assert!(facts.identities[0].conversation.is_none(), "they never wrote to that account");
}

/// Older spellings of a number find the person.
pub async fn a_person_is_known_under_older_spellings(bench: Bench) {
    let house = bench.house().await;
    let card = bench.make.contact("João");
    let spellings = ["5511987654321", "551187654321"].map(|digits| PhoneNumber::from_digits(digits).unwrap());
    let identity = bench.make.identity(card.id, vec![Alias::Phone(spellings[0].clone())]);
    bench.write(&house.scope, ContactWrite::Insert(card)).await;
    bench.write(&house.scope, ContactWrite::Identity(identity.clone())).await;
    for spelling in spellings {
        let facts = known(&bench, &house, vec![Alias::Phone(spelling)]).await;
        assert_eq!(facts.identities.iter().map(|k| k.identity.id).collect::<Vec<_>>(), [identity.id]);
    }
}

/// Cards with the number as a typed detail are candidates, oldest first, with the key that hit.
pub async fn cards_with_the_typed_number_are_candidates(bench: Bench) {
    let house = bench.house().await;
    let number = bench.make.phone();
    let [first, second, third] = ["Asha", "Ben", "Chloe"].map(|name| {
        let mut card = bench.make.contact(name);
        card.details = vec![bench.make.phone_detail(&number)];
        card
    });
    let mut unlike = third.clone();
    unlike.details = vec![bench.make.email_detail("chloe@mail.example")];
    for card in [&unlike, &second, &first] {
        bench.write(&house.scope, ContactWrite::Insert(card.clone())).await;
    }
    let facts = known(&bench, &house, vec![Alias::Phone(number.clone())]).await;
    let key = SubjectKey::phone(&number);
    assert_eq!(facts.candidates, [(key.clone(), first.id), (key, second.id)]);
    assert!(facts.identities.is_empty());
    // Once somebody is known under the number, nobody has to be guessed.
    let identity = bench.make.identity(first.id, vec![Alias::Phone(number.clone())]);
    bench.write(&house.scope, ContactWrite::Identity(identity)).await;
    let facts = known(&bench, &house, vec![Alias::Phone(number)]).await;
    assert_eq!((facts.identities.len(), facts.candidates.len()), (1, 0));
}

/// A person who was joined is known as the survivor, with the thread there was.
pub async fn a_joined_person_is_known_with_their_thread(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let scoped = Alias::BusinessScoped(bench.make.scoped());
    let survivor = bench.make.identity(person.contact.id, vec![scoped.clone()]);
    bench.write(&house.scope, ContactWrite::Identity(survivor.clone())).await;
    let join = ContactWrite::JoinIdentity { from: person.identity.id, into: survivor.id };
    bench.write(&house.scope, join).await;
    for alias in [scoped, person.identity.aliases[0].clone()] {
        let facts = known(&bench, &house, vec![alias]).await;
        assert_eq!(facts.identities.len(), 1);
        assert_eq!(facts.identities[0].identity.id, survivor.id);
        let thread = facts.identities[0].conversation.as_ref().map(|talk| talk.id);
        assert_eq!(thread, Some(person.conversation.id));
    }
}

/// A lane is idle when nothing waits in it, due or not; other lanes do not matter.
pub async fn a_lane_with_a_waiting_element_is_not_idle(bench: Bench) {
    let house = bench.house().await;
    let idle = async |kind| bench.holds(&house.scope, Expect::LaneIdle(house.lane(kind))).await;
    assert!(idle(LaneKind::Inbox).await && idle(LaneKind::Statuses).await);
    let item = bench.make.item(&house.account, LaneKind::Inbox, bench.at(3_600));
    bench.write(&house.scope, InboxWrite::Park(item.clone())).await;
    assert!(!idle(LaneKind::Inbox).await, "it is not due yet, and still it waits");
    assert!(idle(LaneKind::Statuses).await);
    bench.write(&house.scope, InboxWrite::Settle(item.id)).await;
    assert!(idle(LaneKind::Inbox).await);
}
