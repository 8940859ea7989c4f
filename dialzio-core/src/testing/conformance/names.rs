//! Names that follow a profile, and numbers that were given up.

use crate::contact::{Alias, ContactWrite, Doubt, NameSource};
use crate::conversation::ConversationWrite;
use crate::store::Revision;
use crate::testing::conformance::Bench;
use crate::text::PersonName;

/// A name that was taken from a profile follows the newest one; a name that was typed stays.
pub async fn a_name_from_a_profile_follows_it_until_it_is_edited(bench: Bench) {
    let house = bench.house().await;
    let mut card = bench.make.contact("Asha");
    card.name_source = NameSource::Profile;
    let (one, other) = (Alias::Phone(bench.make.phone()), Alias::BusinessScoped(bench.make.scoped()));
    let mut identity = bench.make.identity(card.id, vec![one]);
    identity.profile_name = PersonName::received("Asha");
    let second = bench.make.identity(card.id, vec![other]);
    bench.write(&house.scope, ContactWrite::Insert(card.clone())).await;
    bench.write(&house.scope, ContactWrite::Identity(identity.clone())).await;
    let profile = async |of, name: &str, second| {
        let name = PersonName::received(name);
        bench
            .write(
                &house.scope,
                ContactWrite::Profile { identity: of, name, username: None, at: bench.at(second) },
            )
            .await;
        bench.write(&house.scope, ContactWrite::FollowProfile { contact: card.id }).await;
        bench.store.contact(&house.scope, card.id).await.unwrap().unwrap()
    };
    let kept = profile(identity.id, "Asha", 5).await;
    assert_eq!((kept.name, kept.revision), (PersonName::received("Asha"), Revision::FIRST), "nothing new");
    let kept = profile(identity.id, "Asha Rao", 9).await;
    assert_eq!((kept.name.clone(), kept.revision), (PersonName::received("Asha Rao"), Revision(2)));
    assert_eq!(kept.name_source, NameSource::Profile);
    // An older profile of another identity does not take the name back.
    bench.write(&house.scope, ContactWrite::Identity(second.clone())).await;
    assert_eq!(profile(second.id, "Asha R", 7).await.name, PersonName::received("Asha Rao"));
    let typed = crate::contact::Contact {
        name: PersonName::received("Mrs Rao"),
        name_source: NameSource::Typed,
        ..kept
    };
    bench.write(&house.scope, ContactWrite::Update(typed)).await;
    let kept = profile(identity.id, "A. R.", 11).await;
    assert_eq!((kept.name, kept.name_source), (PersonName::received("Mrs Rao"), NameSource::Typed));
}

/// A number that was given up is marked, goes along when people are joined, and can be taken away; a doubt is kept.
pub async fn a_number_that_was_given_up_is_marked_and_moves(bench: Bench) {
    let house = bench.house().await;
    let (old, new) = (bench.make.phone(), Alias::Phone(bench.make.phone()));
    let number = Alias::Phone(old.clone());
    let card = bench.make.contact("Asha");
    let mut first = bench.make.identity(card.id, vec![number.clone()]);
    let second = bench.make.identity(card.id, vec![new.clone()]);
    bench.write(&house.scope, ContactWrite::Insert(card)).await;
    bench.write(&house.scope, ContactWrite::Identity(first.clone())).await;
    bench.write(&house.scope, ContactWrite::Identity(second.clone())).await;
    let since = Some(bench.at(3));
    let former =
        |alias: &Alias, since| ContactWrite::Former { identity: first.id, alias: alias.clone(), since };
    bench.write(&house.scope, former(&number, since)).await;
    // One that it does not hold.
    bench.write(&house.scope, former(&new, since)).await;
    let doubt = Some(Doubt { number: old, name: PersonName::received("Ravi"), since: bench.at(4) });
    let talk = bench.make.conversation(house.account.id, &first);
    bench.write(&house.scope, ConversationWrite::Insert(talk.clone())).await;
    let doubtful = async || {
        let entry = bench.store.inbox_entry(&house.scope, talk.id).await.unwrap().unwrap();
        entry.doubtful_since
    };
    assert_eq!(doubtful().await, None);
    bench.write(&house.scope, ContactWrite::Doubt { identity: first.id, doubt: doubt.clone() }).await;
    let read = async |id| bench.store.channel_identity(&house.scope, id).await.unwrap().unwrap();
    let kept = read(first.id).await;
    assert_eq!((kept.given_up(&number), &kept.doubt), (since, &doubt));
    assert_eq!(doubtful().await, Some(bench.at(4)), "and the list shows it");
    assert!(kept.answers_to_a_former_number());
    assert_eq!(read(second.id).await.former, []);
    bench.write(&house.scope, ContactWrite::Doubt { identity: first.id, doubt: None }).await;
    assert_eq!(read(first.id).await.doubt, None);
    bench.write(&house.scope, ContactWrite::JoinIdentity { from: first.id, into: second.id }).await;
    let kept = read(second.id).await;
    assert_eq!((kept.given_up(&number), kept.given_up(&new)), (since, None));
    assert_eq!(kept.phone().map(crate::PhoneNumber::reveal), Some(new.reveal()), "the number that is theirs");
    // Not by the id it was joined from alone: the survivor holds it.
    bench.write(&house.scope, ContactWrite::Release { identity: second.id, alias: number.clone() }).await;
    assert_eq!(read(second.id).await.aliases, [new]);
    first.id = bench.make.id();
    bench.write(&house.scope, ContactWrite::Identity(first.clone())).await;
    assert_eq!(read(first.id).await.former, [], "free for somebody else");
}
