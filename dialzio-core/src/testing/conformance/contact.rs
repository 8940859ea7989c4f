//! Cards, identities, notes and follow-ups.

use chrono::TimeDelta;

use crate::contact::{Alias, ContactWrite, Portfolio, Stage, SubjectKey, TaskChange, TaskQuery};
use crate::id::ContactId;
use crate::page::PageRequest;
use crate::phone::PhoneNumber;
use crate::store::{Expect, RecordRef, Revision, StoreError};
use crate::testing::conformance::{Bench, House};
use crate::text::{PersonName, Username};

/// A card comes back as it was written; an update replaces details and tags and raises the revision by one, whatever
/// revision the card says.
pub async fn a_card_is_kept_and_its_revision_rises_by_one(bench: Bench) {
    let house = bench.house().await;
    let mut card = bench.make.contact("Asha Nair");
    card.owner = Some(bench.make.id());
    card.stage = Stage::Qualified;
    card.details = vec![
        bench.make.phone_detail(&bench.make.phone()),
        bench.make.email_detail("asha@mail.example"),
        bench.make.phone_detail(&bench.make.phone()),
    ];
    card.tags = vec![bench.make.tag("garden"), bench.make.tag("vip")];
    bench.write(&house.scope, ContactWrite::Insert(card.clone())).await;
    assert_eq!(bench.store.contact(&house.scope, card.id).await.unwrap().unwrap(), card);

    let mut changed = card.clone();
    changed.name = None;
    changed.details.remove(0);
    changed.tags = vec![bench.make.tag("new")];
    changed.restricted = true;
    changed.stage = Stage::Lost;
    changed.owner = None;
    changed.revision = Revision(99);
    changed.updated_at = bench.at(60);
    bench.write(&house.scope, ContactWrite::Update(changed.clone())).await;
    let kept = bench.store.contact(&house.scope, card.id).await.unwrap().unwrap();
    assert_eq!(kept, crate::contact::Contact { revision: Revision(2), ..changed });
}

/// Tags are added to those there are, without duplicates, sorted. A card that gained a tag has changed: whoever decided
/// on it as it was before is refused, so the tag is not lost.
pub async fn added_tags_are_kept_and_not_lost_to_an_older_card(bench: Bench) {
    let house = bench.house().await;
    let mut card = bench.make.contact("Asha");
    card.tags = vec![bench.make.tag("garden")];
    bench.write(&house.scope, ContactWrite::Insert(card.clone())).await;
    for _ in 0..2 {
        let tags = vec![bench.make.tag("vip"), bench.make.tag("garden"), bench.make.tag("autumn")];
        bench.write(&house.scope, ContactWrite::AddTags { contact: card.id, tags }).await;
    }
    let kept = bench.store.contact(&house.scope, card.id).await.unwrap().unwrap();
    let words: Vec<_> = kept.tags.iter().map(|tag| tag.reveal().to_owned()).collect();
    assert_eq!(words, ["autumn", "garden", "vip"]);
    let mut stale = bench.writes([ContactWrite::Update(card.clone()).into()]);
    stale.expect(Expect::Revision(RecordRef::Contact(card.id), card.revision));
    let answer = bench.store.commit_one(&house.scope, stale).await;
    assert!(matches!(answer, Err(StoreError::Unmet(_))), "the card has changed meanwhile");
}

async fn found(bench: &Bench, house: &House, key: SubjectKey) -> Vec<ContactId> {
    let contacts = bench.store.contacts_by_subject(&house.scope, &[key]).await.unwrap();
    contacts.iter().map(|contact| contact.id).collect()
}

/// A card is found by typed details and by aliases of its identities, in any spelling of the number, once.
pub async fn a_card_is_found_by_detail_and_by_alias_in_any_spelling(bench: Bench) {
    let house = bench.house().await;
    let with_nine = PhoneNumber::from_digits("5511987654321").unwrap();
    let without = PhoneNumber::from_digits("551187654321").unwrap();
    let mut card = bench.make.contact("João");
    card.details = vec![bench.make.phone_detail(&with_nine), bench.make.email_detail("Joao@Mail.example")];
    let identity = bench.make.identity(card.id, vec![Alias::Phone(without.clone())]);
    bench.write(&house.scope, ContactWrite::Insert(card.clone())).await;
    bench.write(&house.scope, ContactWrite::Identity(identity.clone())).await;
    let other = bench.person(&house, "Asha").await;

    assert_eq!(found(&bench, &house, SubjectKey::phone(&with_nine)).await, [card.id]);
    assert_eq!(found(&bench, &house, SubjectKey::phone(&without)).await, [card.id]);
    let email = crate::text::EmailAddress::parse("joao@mail.example").unwrap();
    assert_eq!(found(&bench, &house, SubjectKey::email(&email)).await, [card.id]);
    assert!(found(&bench, &house, SubjectKey::phone(&bench.make.phone())).await.is_empty());
    let both =
        [SubjectKey::email(&email), SubjectKey::phone(&without), other.identity.subject_keys()[0].clone()];
    let mut ids: Vec<_> =
        bench.store.contacts_by_subject(&house.scope, &both).await.unwrap().iter().map(|c| c.id).collect();
    ids.sort_unstable();
    let mut wanted = vec![card.id, other.contact.id];
    wanted.sort_unstable();
    assert_eq!(ids, wanted);
    assert!(bench.store.contacts_by_subject(&house.scope, &[]).await.unwrap().is_empty());

    card.details.clear();
    bench.write(&house.scope, ContactWrite::Update(card.clone())).await;
    assert!(found(&bench, &house, SubjectKey::email(&email)).await.is_empty(), "a detail that is gone");
}

/// An alias belongs to one identity of a portfolio, in every spelling; another portfolio is another world.
pub async fn an_alias_is_held_by_one_identity_of_a_portfolio(bench: Bench) {
    let house = bench.house().await;
    let known = bench.person(&house, "Asha").await;
    let taken = known.identity.aliases[0].clone();
    let mut thief = bench.make.identity(known.contact.id, vec![taken.clone()]);
    let free = Expect::IdentityFree(known.identity.portfolio.clone(), taken.clone());
    assert_eq!(bench.refused(&house.scope, ContactWrite::Identity(thief.clone())).await, free);
    thief.aliases = vec![Alias::BusinessScoped(bench.make.scoped())];
    bench.write(&house.scope, ContactWrite::Identity(thief.clone())).await;
    let write = ContactWrite::Alias { identity: thief.id, alias: taken.clone(), seen_at: bench.at(5) };
    assert_eq!(bench.refused(&house.scope, write).await, free);
    let mut elsewhere = bench.make.identity(known.contact.id, vec![taken]);
    elsewhere.portfolio = Portfolio("portfolio-2".to_owned());
    bench.write(&house.scope, ContactWrite::Identity(elsewhere.clone())).await;
    let ids: Vec<_> = bench.store.channel_identities(&house.scope, known.contact.id).await.unwrap();
    let ids: Vec<_> = ids.into_iter().map(|identity| identity.id).collect();
    assert_eq!(ids, [known.identity.id, thief.id, elsewhere.id], "oldest first");
}

/// All aliases come back, the most recently seen last, by the time of seeing and not of arrival; those of a new identity
/// keep their order.
pub async fn the_most_recently_seen_alias_is_the_last(bench: Bench) {
    let house = bench.house().await;
    let card = bench.make.contact("Asha");
    let aliases = vec![
        Alias::ParentBusinessScoped(bench.make.scoped()),
        Alias::BusinessScoped(bench.make.scoped()),
        Alias::Phone(bench.make.phone()),
    ];
    let identity = bench.make.identity(card.id, aliases.clone());
    bench.write(&house.scope, ContactWrite::Insert(card)).await;
    bench.write(&house.scope, ContactWrite::Identity(identity.clone())).await;
    let read = async || bench.store.channel_identity(&house.scope, identity.id).await.unwrap().unwrap();
    assert_eq!(read().await, identity);

    let (id, newer, late) = (identity.id, bench.make.phone(), bench.make.phone());
    let alias =
        |alias: Alias, seen: i64| ContactWrite::Alias { identity: id, alias, seen_at: bench.at(seen) };
    bench.write(&house.scope, alias(Alias::Phone(newer.clone()), 60)).await;
    bench.write(&house.scope, alias(Alias::Phone(late.clone()), 30)).await;
    assert_eq!(read().await.phone(), Some(&newer), "seen last, though it arrived before the other");
    bench.write(&house.scope, alias(aliases[1].clone(), 90)).await;
    let expected =
        [aliases[0].clone(), aliases[2].clone(), Alias::Phone(late), Alias::Phone(newer), aliases[1].clone()];
    assert_eq!(read().await.aliases, expected);
}

/// The newest profile stays, in any order of arrival; a part that is not said stays as it is.
pub async fn the_newest_profile_stays(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let id = person.identity.id;
    let profile = |name: Option<&str>, username: Option<&str>, at: i64| ContactWrite::Profile {
        identity: id,
        name: name.map(|name| PersonName::parse(name).unwrap()),
        username: username.map(|name| Username::parse(name).unwrap()),
        at: bench.at(at),
    };
    bench.write(&house.scope, profile(Some("Asha N"), Some("asha.n"), 20)).await;
    bench.write(&house.scope, profile(Some("Old name"), Some("old.handle"), 10)).await;
    let kept = bench.store.channel_identity(&house.scope, id).await.unwrap().unwrap();
    let shown = |kept: &crate::contact::ChannelIdentity| {
        let name = kept.profile_name.as_ref().map(|name| name.reveal().to_owned());
        (name, kept.username.as_ref().map(|name| name.reveal().to_owned()), kept.profile_at)
    };
    assert_eq!(shown(&kept), (Some("Asha N".to_owned()), Some("asha.n".to_owned()), bench.at(20)));
    bench.write(&house.scope, profile(None, Some("asha.new"), 30)).await;
    let kept = bench.store.channel_identity(&house.scope, id).await.unwrap().unwrap();
    assert_eq!(shown(&kept), (Some("Asha N".to_owned()), Some("asha.new".to_owned()), bench.at(30)));
}

/// Two identities that turn out to be one person: the aliases move, the old id leads to the survivor, messages stay.
pub async fn joined_identities_are_one_person(bench: Bench) {
    let house = bench.house().await;
    let person = bench.person(&house, "Asha").await;
    let scoped = Alias::BusinessScoped(bench.make.scoped());
    let second = bench.make.identity(person.contact.id, vec![scoped.clone()]);
    bench.write(&house.scope, ContactWrite::Identity(second.clone())).await;
    let message = bench.hears(&house, &person, "hello", bench.at(1)).await;
    let join = ContactWrite::JoinIdentity { from: person.identity.id, into: second.id };
    bench.write_all(&house.scope, [join.clone().into(), join.into()]).await;

    let survivor = bench.store.channel_identity(&house.scope, second.id).await.unwrap().unwrap();
    assert_eq!(survivor.aliases.len(), 2);
    assert!(survivor.aliases.contains(&scoped) && survivor.aliases.contains(&person.identity.aliases[0]));
    let old = bench.store.channel_identity(&house.scope, person.identity.id).await.unwrap().unwrap();
    assert_eq!(old, survivor, "the old id leads to the survivor");
    let all = bench.store.channel_identities(&house.scope, person.contact.id).await.unwrap();
    assert_eq!(all, [survivor]);
    assert_eq!(bench.message(&house, message.id).await.conversation, person.conversation.id);
    for identity in [person.identity.id, second.id] {
        let talk = bench.store.conversation_with(&house.scope, house.account.id, identity).await.unwrap();
        assert_eq!(
            talk.map(|talk| talk.id),
            Some(person.conversation.id),
            "the thread is found under both ids"
        );
    }
    let write = ContactWrite::Alias {
        identity: person.identity.id,
        alias: Alias::Phone(bench.make.phone()),
        seen_at: bench.at(9),
    };
    bench.write(&house.scope, write).await;
    let survivor = bench.store.channel_identity(&house.scope, second.id).await.unwrap().unwrap();
    assert_eq!(survivor.aliases.len(), 3, "news for the old id reaches the survivor");
}

/// Follow-ups are filtered by contact, member and state, oldest first; a change leaves the rest as it was.
pub async fn follow_ups_are_filtered(bench: Bench) {
    let house = bench.house().await;
    let (asha, ben) = (bench.person(&house, "Asha").await, bench.person(&house, "Ben").await);
    let member = bench.make.id();
    let mut call = bench.make.task(asha.contact.id, "Call back");
    call.due_at = Some(bench.now() + TimeDelta::days(2));
    let mut quote = bench.make.task(asha.contact.id, "Send the quote");
    quote.assignee = Some(member);
    let visit = bench.make.task(ben.contact.id, "Visit");
    for task in [&call, &quote, &visit] {
        bench.write(&house.scope, ContactWrite::InsertTask(task.clone())).await;
    }
    let list = async |query: TaskQuery| {
        let page = bench.store.tasks(&house.scope, &query, PageRequest::first(10)).await.unwrap();
        page.items
    };
    assert_eq!(list(TaskQuery::default()).await, [call.clone(), quote.clone(), visit.clone()]);
    let of_asha = TaskQuery { contact: Some(asha.contact.id), ..TaskQuery::default() };
    assert_eq!(list(of_asha.clone()).await, [call.clone(), quote.clone()]);
    let mine = TaskQuery { assignee: Some(member), ..TaskQuery::default() };
    assert_eq!(list(mine).await, [quote.clone()]);
    let ticked = TaskChange { done_at: Some(Some(bench.at(30))), ..TaskChange::default() };
    ticked.apply(&mut call);
    bench.write(&house.scope, ContactWrite::ChangeTask { task: call.id, change: ticked }).await;
    assert_eq!(bench.store.task(&house.scope, call.id).await.unwrap(), Some(call.clone()));
    assert_eq!(bench.store.task(&house.scope, bench.make.id()).await.unwrap(), None);
    assert_eq!(list(TaskQuery { open: true, ..of_asha.clone() }).await, [quote.clone()]);
    assert_eq!(list(of_asha).await, [call, quote]);
}
