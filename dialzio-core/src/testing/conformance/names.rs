//! Names that follow a profile, and numbers that were given up.

use crate::contact::{Alias, ContactWrite, Doubt, NameSource};
use crate::conversation::ConversationWrite;
use crate::store::Revision;
use crate::testing::conformance::TestBed;
use crate::text::PersonName;

/// A name that was taken from a profile follows the newest one; a name that was typed stays.
pub async fn a_name_from_a_profile_follows_it_until_it_is_edited(bed: TestBed) {
    let tenant = bed.tenant().await;
    let mut contact = bed.make.contact("Asha");
    contact.name_source = NameSource::Profile;
    let (one, other) = (Alias::Phone(bed.make.phone()), Alias::BusinessScoped(bed.make.scoped()));
    let mut identity = bed.make.identity(contact.id, vec![one]);
    identity.profile_name = PersonName::received("Asha");
    let second = bed.make.identity(contact.id, vec![other]);
    bed.write(&tenant.scope, ContactWrite::Insert(contact.clone())).await;
    bed.write(&tenant.scope, ContactWrite::Identity(identity.clone())).await;
    let profile = async |of, name: &str, second| {
        let name = PersonName::received(name);
        bed.write(
            &tenant.scope,
            ContactWrite::Profile { identity: of, name, username: None, at: bed.at(second) },
        )
        .await;
        bed.write(&tenant.scope, ContactWrite::FollowProfile { contact: contact.id }).await;
        bed.store.contact(&tenant.scope, contact.id).await.unwrap().unwrap()
    };
    let kept = profile(identity.id, "Asha", 5).await;
    assert_eq!((kept.name, kept.revision), (PersonName::received("Asha"), Revision::FIRST), "nothing new");
    let kept = profile(identity.id, "Asha Rao", 9).await;
    assert_eq!((kept.name.clone(), kept.revision), (PersonName::received("Asha Rao"), Revision(2)));
    assert_eq!(kept.name_source, NameSource::Profile);
    // An older profile of another identity does not take the name back.
    bed.write(&tenant.scope, ContactWrite::Identity(second.clone())).await;
    assert_eq!(profile(second.id, "Asha R", 7).await.name, PersonName::received("Asha Rao"));
    let typed = crate::contact::Contact {
        name: PersonName::received("Mrs Rao"),
        name_source: NameSource::Typed,
        ..kept
    };
    bed.write(&tenant.scope, ContactWrite::Update(typed)).await;
    let kept = profile(identity.id, "A. R.", 11).await;
    assert_eq!((kept.name, kept.name_source), (PersonName::received("Mrs Rao"), NameSource::Typed));
}

/// A number that was given up is marked, goes along when people are joined, and can be taken away; a doubt is kept.
pub async fn a_number_that_was_given_up_is_marked_and_moves(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (old, new) = (bed.make.phone(), Alias::Phone(bed.make.phone()));
    let number = Alias::Phone(old.clone());
    let contact = bed.make.contact("Asha");
    let mut first = bed.make.identity(contact.id, vec![number.clone()]);
    let second = bed.make.identity(contact.id, vec![new.clone()]);
    bed.write(&tenant.scope, ContactWrite::Insert(contact)).await;
    bed.write(&tenant.scope, ContactWrite::Identity(first.clone())).await;
    bed.write(&tenant.scope, ContactWrite::Identity(second.clone())).await;
    let since = Some(bed.at(3));
    let former =
        |alias: &Alias, since| ContactWrite::Former { identity: first.id, alias: alias.clone(), since };
    bed.write(&tenant.scope, former(&number, since)).await;
    // One that it does not hold.
    bed.write(&tenant.scope, former(&new, since)).await;
    let doubt = Some(Doubt { number: old, name: PersonName::received("Ravi"), since: bed.at(4) });
    let talk = bed.make.conversation(tenant.account.id, &first);
    bed.write(&tenant.scope, ConversationWrite::Insert(talk.clone())).await;
    let doubtful = async || {
        let entry = bed.store.inbox_entry(&tenant.scope, talk.id).await.unwrap().unwrap();
        entry.doubtful_since
    };
    assert_eq!(doubtful().await, None);
    bed.write(&tenant.scope, ContactWrite::Doubt { identity: first.id, doubt: doubt.clone() }).await;
    let read = async |id| bed.store.channel_identity(&tenant.scope, id).await.unwrap().unwrap();
    let kept = read(first.id).await;
    assert_eq!((kept.given_up(&number), &kept.doubt), (since, &doubt));
    assert_eq!(doubtful().await, Some(bed.at(4)), "and the list shows it");
    assert!(kept.answers_to_a_former_number());
    assert_eq!(read(second.id).await.former, []);
    bed.write(&tenant.scope, ContactWrite::Doubt { identity: first.id, doubt: None }).await;
    assert_eq!(read(first.id).await.doubt, None);
    bed.write(&tenant.scope, ContactWrite::JoinIdentity { from: first.id, into: second.id }).await;
    let kept = read(second.id).await;
    assert_eq!((kept.given_up(&number), kept.given_up(&new)), (since, None));
    assert_eq!(kept.phone().map(crate::PhoneNumber::reveal), Some(new.reveal()), "the number that is theirs");
    // Not by the id it was joined from alone: the survivor holds it.
    bed.write(&tenant.scope, ContactWrite::Release { identity: second.id, alias: number.clone() }).await;
    assert_eq!(read(second.id).await.aliases, [new]);
    first.id = bed.make.id();
    bed.write(&tenant.scope, ContactWrite::Identity(first.clone())).await;
    assert_eq!(read(first.id).await.former, [], "free for another contact");
}
