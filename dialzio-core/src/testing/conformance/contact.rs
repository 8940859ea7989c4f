//! Contacts, identities, notes and follow-ups.

use chrono::TimeDelta;

use crate::contact::{Alias, ContactWrite, Portfolio, Stage, SubjectKey, TaskChange, TaskQuery};
use crate::id::ContactId;
use crate::page::PageRequest;
use crate::phone::PhoneNumber;
use crate::store::{Precondition, RecordRef, Revision, StoreError};
use crate::testing::conformance::{Tenant, TestBed};
use crate::text::{PersonName, Username};

/// A contact comes back as it was written; an update replaces details and tags and raises the revision by one, whatever
/// revision the contact says.
pub async fn a_card_is_kept_and_its_revision_rises_by_one(bed: TestBed) {
    let tenant = bed.tenant().await;
    let mut contact = bed.make.contact("Asha Nair");
    contact.owner = Some(bed.make.id());
    contact.stage = Stage::Qualified;
    contact.details = vec![
        bed.make.phone_detail(&bed.make.phone()),
        bed.make.email_detail("asha@mail.example"),
        bed.make.phone_detail(&bed.make.phone()),
    ];
    contact.tags = vec![bed.make.tag("garden"), bed.make.tag("vip")];
    bed.write(&tenant.scope, ContactWrite::Insert(contact.clone())).await;
    assert_eq!(bed.store.contact(&tenant.scope, contact.id).await.unwrap().unwrap(), contact);

    let mut changed = contact.clone();
    changed.name = None;
    changed.details.remove(0);
    changed.tags = vec![bed.make.tag("new")];
    changed.restricted = true;
    changed.stage = Stage::Lost;
    changed.owner = None;
    changed.revision = Revision(99);
    changed.updated_at = bed.at(60);
    bed.write(&tenant.scope, ContactWrite::Update(changed.clone())).await;
    let kept = bed.store.contact(&tenant.scope, contact.id).await.unwrap().unwrap();
    assert_eq!(kept, crate::contact::Contact { revision: Revision(2), ..changed });
}

/// Tags are added to those there are, without duplicates, sorted. A contact that gained a tag has changed: a write
/// based on its former revision is refused, so the tag is not lost.
pub async fn added_tags_are_kept_and_not_lost_to_an_older_card(bed: TestBed) {
    let tenant = bed.tenant().await;
    let mut contact = bed.make.contact("Asha");
    contact.tags = vec![bed.make.tag("garden")];
    bed.write(&tenant.scope, ContactWrite::Insert(contact.clone())).await;
    for _ in 0..2 {
        let tags = vec![bed.make.tag("vip"), bed.make.tag("garden"), bed.make.tag("autumn")];
        bed.write(&tenant.scope, ContactWrite::AddTags { contact: contact.id, tags }).await;
    }
    let kept = bed.store.contact(&tenant.scope, contact.id).await.unwrap().unwrap();
    let words: Vec<_> = kept.tags.iter().map(|tag| tag.reveal().to_owned()).collect();
    assert_eq!(words, ["autumn", "garden", "vip"]);
    let mut stale = bed.writes([ContactWrite::Update(contact.clone()).into()]);
    stale.require(Precondition::Revision(RecordRef::Contact(contact.id), contact.revision));
    let answer = bed.store.commit_one(&tenant.scope, stale).await;
    assert!(matches!(answer, Err(StoreError::PreconditionFailed(_))), "the contact has changed meanwhile");
}

async fn found(bed: &TestBed, tenant: &Tenant, key: SubjectKey) -> Vec<ContactId> {
    let contacts = bed.store.contacts_by_subject(&tenant.scope, &[key]).await.unwrap();
    contacts.iter().map(|contact| contact.id).collect()
}

/// A contact is found by typed details and by aliases of its identities, in any spelling of the number, once.
pub async fn a_card_is_found_by_detail_and_by_alias_in_any_spelling(bed: TestBed) {
    let tenant = bed.tenant().await;
    let with_nine = PhoneNumber::from_digits("5511987654321").unwrap();
    let without = PhoneNumber::from_digits("551187654321").unwrap();
    let mut contact = bed.make.contact("João");
    contact.details = vec![bed.make.phone_detail(&with_nine), bed.make.email_detail("Joao@Mail.example")];
    let identity = bed.make.identity(contact.id, vec![Alias::Phone(without.clone())]);
    bed.write(&tenant.scope, ContactWrite::Insert(contact.clone())).await;
    bed.write(&tenant.scope, ContactWrite::Identity(identity.clone())).await;
    let other = bed.person(&tenant, "Asha").await;

    assert_eq!(found(&bed, &tenant, SubjectKey::phone(&with_nine)).await, [contact.id]);
    assert_eq!(found(&bed, &tenant, SubjectKey::phone(&without)).await, [contact.id]);
    let email = crate::text::EmailAddress::parse("joao@mail.example").unwrap();
    assert_eq!(found(&bed, &tenant, SubjectKey::email(&email)).await, [contact.id]);
    assert!(found(&bed, &tenant, SubjectKey::phone(&bed.make.phone())).await.is_empty());
    let both =
        [SubjectKey::email(&email), SubjectKey::phone(&without), other.identity.subject_keys()[0].clone()];
    let mut ids: Vec<_> =
        bed.store.contacts_by_subject(&tenant.scope, &both).await.unwrap().iter().map(|c| c.id).collect();
    ids.sort_unstable();
    let mut wanted = vec![contact.id, other.contact.id];
    wanted.sort_unstable();
    assert_eq!(ids, wanted);
    assert!(bed.store.contacts_by_subject(&tenant.scope, &[]).await.unwrap().is_empty());

    contact.details.clear();
    bed.write(&tenant.scope, ContactWrite::Update(contact.clone())).await;
    assert!(found(&bed, &tenant, SubjectKey::email(&email)).await.is_empty(), "a detail that is gone");
}

/// An alias belongs to one identity of a portfolio, in every spelling; another portfolio is another world.
pub async fn an_alias_is_held_by_one_identity_of_a_portfolio(bed: TestBed) {
    let tenant = bed.tenant().await;
    let known = bed.person(&tenant, "Asha").await;
    let taken = known.identity.aliases[0].clone();
    let mut thief = bed.make.identity(known.contact.id, vec![taken.clone()]);
    let free = Precondition::IdentityFree(known.identity.portfolio.clone(), taken.clone());
    assert_eq!(bed.refused(&tenant.scope, ContactWrite::Identity(thief.clone())).await, free);
    thief.aliases = vec![Alias::BusinessScoped(bed.make.scoped())];
    bed.write(&tenant.scope, ContactWrite::Identity(thief.clone())).await;
    let write = ContactWrite::Alias { identity: thief.id, alias: taken.clone(), seen_at: bed.at(5) };
    assert_eq!(bed.refused(&tenant.scope, write).await, free);
    let mut elsewhere = bed.make.identity(known.contact.id, vec![taken]);
    elsewhere.portfolio = Portfolio("portfolio-2".to_owned());
    bed.write(&tenant.scope, ContactWrite::Identity(elsewhere.clone())).await;
    let ids: Vec<_> = bed.store.channel_identities(&tenant.scope, known.contact.id).await.unwrap();
    let ids: Vec<_> = ids.into_iter().map(|identity| identity.id).collect();
    assert_eq!(ids, [known.identity.id, thief.id, elsewhere.id], "oldest first");
}

/// All aliases come back, the most recently seen last, by the time of seeing and not of arrival; those of a new identity
/// keep their order.
pub async fn the_most_recently_seen_alias_is_the_last(bed: TestBed) {
    let tenant = bed.tenant().await;
    let contact = bed.make.contact("Asha");
    let aliases = vec![
        Alias::ParentBusinessScoped(bed.make.scoped()),
        Alias::BusinessScoped(bed.make.scoped()),
        Alias::Phone(bed.make.phone()),
    ];
    let identity = bed.make.identity(contact.id, aliases.clone());
    bed.write(&tenant.scope, ContactWrite::Insert(contact)).await;
    bed.write(&tenant.scope, ContactWrite::Identity(identity.clone())).await;
    let read = async || bed.store.channel_identity(&tenant.scope, identity.id).await.unwrap().unwrap();
    assert_eq!(read().await, identity);

    let (id, newer, late) = (identity.id, bed.make.phone(), bed.make.phone());
    let alias = |alias: Alias, seen: i64| ContactWrite::Alias { identity: id, alias, seen_at: bed.at(seen) };
    bed.write(&tenant.scope, alias(Alias::Phone(newer.clone()), 60)).await;
    bed.write(&tenant.scope, alias(Alias::Phone(late.clone()), 30)).await;
    assert_eq!(read().await.phone(), Some(&newer), "seen last, though it arrived before the other");
    bed.write(&tenant.scope, alias(aliases[1].clone(), 90)).await;
    let expected =
        [aliases[0].clone(), aliases[2].clone(), Alias::Phone(late), Alias::Phone(newer), aliases[1].clone()];
    assert_eq!(read().await.aliases, expected);
}

/// The newest profile stays, in any order of arrival; a part that is not said stays as it is.
pub async fn the_newest_profile_stays(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let id = person.identity.id;
    let profile = |name: Option<&str>, username: Option<&str>, at: i64| ContactWrite::Profile {
        identity: id,
        name: name.map(|name| PersonName::parse(name).unwrap()),
        username: username.map(|name| Username::parse(name).unwrap()),
        at: bed.at(at),
    };
    bed.write(&tenant.scope, profile(Some("Asha N"), Some("asha.n"), 20)).await;
    bed.write(&tenant.scope, profile(Some("Old name"), Some("old.handle"), 10)).await;
    let kept = bed.store.channel_identity(&tenant.scope, id).await.unwrap().unwrap();
    let shown = |kept: &crate::contact::ChannelIdentity| {
        let name = kept.profile_name.as_ref().map(|name| name.reveal().to_owned());
        (name, kept.username.as_ref().map(|name| name.reveal().to_owned()), kept.profile_at)
    };
    assert_eq!(shown(&kept), (Some("Asha N".to_owned()), Some("asha.n".to_owned()), bed.at(20)));
    bed.write(&tenant.scope, profile(None, Some("asha.new"), 30)).await;
    let kept = bed.store.channel_identity(&tenant.scope, id).await.unwrap().unwrap();
    assert_eq!(shown(&kept), (Some("Asha N".to_owned()), Some("asha.new".to_owned()), bed.at(30)));
}

/// Two identities that turn out to be one person: the aliases move, the old id leads to the survivor, messages stay.
pub async fn joined_identities_are_one_person(bed: TestBed) {
    let tenant = bed.tenant().await;
    let person = bed.person(&tenant, "Asha").await;
    let scoped = Alias::BusinessScoped(bed.make.scoped());
    let second = bed.make.identity(person.contact.id, vec![scoped.clone()]);
    bed.write(&tenant.scope, ContactWrite::Identity(second.clone())).await;
    let message = bed.hears(&tenant, &person, "hello", bed.at(1)).await;
    let join = ContactWrite::JoinIdentity { from: person.identity.id, into: second.id };
    bed.write_all(&tenant.scope, [join.clone().into(), join.into()]).await;

    let survivor = bed.store.channel_identity(&tenant.scope, second.id).await.unwrap().unwrap();
    assert_eq!(survivor.aliases.len(), 2);
    assert!(survivor.aliases.contains(&scoped) && survivor.aliases.contains(&person.identity.aliases[0]));
    let old = bed.store.channel_identity(&tenant.scope, person.identity.id).await.unwrap().unwrap();
    assert_eq!(old, survivor, "the old id leads to the survivor");
    let all = bed.store.channel_identities(&tenant.scope, person.contact.id).await.unwrap();
    assert_eq!(all, [survivor]);
    assert_eq!(bed.message(&tenant, message.id).await.conversation, person.conversation.id);
    for identity in [person.identity.id, second.id] {
        let talk = bed.store.conversation_with(&tenant.scope, tenant.account.id, identity).await.unwrap();
        assert_eq!(
            talk.map(|talk| talk.id),
            Some(person.conversation.id),
            "the thread is found under both ids"
        );
    }
    let write = ContactWrite::Alias {
        identity: person.identity.id,
        alias: Alias::Phone(bed.make.phone()),
        seen_at: bed.at(9),
    };
    bed.write(&tenant.scope, write).await;
    let survivor = bed.store.channel_identity(&tenant.scope, second.id).await.unwrap().unwrap();
    assert_eq!(survivor.aliases.len(), 3, "news for the old id reaches the survivor");
}

/// Follow-ups are filtered by contact, member and state, oldest first; a change leaves the rest as it was.
pub async fn follow_ups_are_filtered(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (asha, ben) = (bed.person(&tenant, "Asha").await, bed.person(&tenant, "Ben").await);
    let member = bed.make.id();
    let mut call = bed.make.task(asha.contact.id, "Call back");
    call.due_at = Some(bed.now() + TimeDelta::days(2));
    let mut quote = bed.make.task(asha.contact.id, "Send the quote");
    quote.assignee = Some(member);
    let visit = bed.make.task(ben.contact.id, "Visit");
    for task in [&call, &quote, &visit] {
        bed.write(&tenant.scope, ContactWrite::InsertTask(task.clone())).await;
    }
    let list = async |query: TaskQuery| {
        let page = bed.store.tasks(&tenant.scope, &query, PageRequest::first(10)).await.unwrap();
        page.items
    };
    assert_eq!(list(TaskQuery::default()).await, [call.clone(), quote.clone(), visit.clone()]);
    let of_asha = TaskQuery { contact: Some(asha.contact.id), ..TaskQuery::default() };
    assert_eq!(list(of_asha.clone()).await, [call.clone(), quote.clone()]);
    let mine = TaskQuery { assignee: Some(member), ..TaskQuery::default() };
    assert_eq!(list(mine).await, [quote.clone()]);
    let ticked = TaskChange { done_at: Some(Some(bed.at(30))), ..TaskChange::default() };
    ticked.apply(&mut call);
    bed.write(&tenant.scope, ContactWrite::ChangeTask { task: call.id, change: ticked }).await;
    assert_eq!(bed.store.task(&tenant.scope, call.id).await.unwrap(), Some(call.clone()));
    assert_eq!(bed.store.task(&tenant.scope, bed.make.id()).await.unwrap(), None);
    assert_eq!(list(TaskQuery { open: true, ..of_asha.clone() }).await, [quote.clone()]);
    assert_eq!(list(of_asha).await, [call, quote]);
}
