//! The list of contacts: narrowed by each choice and by all at once, in either order, counted, and what it shows.

use std::cmp::Reverse;

use crate::contact::{Contact, ContactOrder, ContactQuery, ContactWrite, OwnerFilter, Stage};
use crate::id::{ContactId, MemberId};
use crate::page::PageRequest;
use crate::store::Write;
use crate::testing::conformance::call::added;
use crate::testing::conformance::{Tenant, TestBed};
use crate::text::TagName;

/// People in whom each choice has some and leaves some out. Several share a name.
async fn people(bed: &TestBed, tenant: &Tenant, member: MemberId, tag: &TagName) -> Vec<Contact> {
    let mut people = Vec::new();
    for place in 0..90_usize {
        let mut contact = bed.make.contact(["Chloe Rao", "Asha Nair", "Ben Nair", "Asha Nair"][place % 4]);
        contact.stage = [Stage::New, Stage::Customer, Stage::Lost][place % 3];
        contact.owner = [Some(member), None, Some(bed.make.id())][place / 3 % 3];
        contact.tags = if place % 5 < 2 { vec![tag.clone()] } else { Vec::new() };
        people.push(contact);
    }
    let insert = people.iter().map(|contact| Write::from(ContactWrite::Insert(contact.clone())));
    bed.write_all(&tenant.scope, insert).await;
    people
}

/// All pages of a list.
async fn paged(bed: &TestBed, tenant: &Tenant, query: &ContactQuery, limit: u32) -> Vec<Contact> {
    let (mut found, mut page) = (Vec::new(), PageRequest::first(limit));
    loop {
        let next = bed.store.contacts(&tenant.scope, query, page).await.unwrap();
        assert!(next.items.len() <= limit as usize);
        found.extend(next.items);
        match next.next {
            Some(after) => page = PageRequest { after: Some(after), limit },
            None => return found,
        }
    }
}

/// The list of a query holds what it asks for, in its order, on one page and on many; and it is counted.
async fn lists(bed: &TestBed, tenant: &Tenant, of: &[Contact], query: &ContactQuery) -> usize {
    let has_words = |contact: &&Contact| {
        let words = contact.search_tokens(&[]);
        query.tokens.iter().all(|token| words.iter().any(|word| word.starts_with(token)))
    };
    let mut wanted: Vec<Contact> =
        of.iter().filter(|contact| query.admits(contact)).filter(has_words).cloned().collect();
    match query.order {
        ContactOrder::Name => wanted.sort_by_key(|contact| (contact.sort_key(), contact.id)),
        ContactOrder::Newest => wanted.sort_by_key(|contact| Reverse(contact.id)),
    }
    for limit in [7, 200] {
        assert_eq!(paged(bed, tenant, query, limit).await, wanted, "{query:?}");
    }
    let counted = bed.store.count_contacts(&tenant.scope, query).await.unwrap();
    assert_eq!(counted, u32::try_from(wanted.len()).ok(), "{query:?}");
    wanted.len()
}

/// Each choice narrows the list by itself and with any other, and either order holds.
pub async fn each_choice_narrows_the_list_in_either_order(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (member, tag) = (bed.make.id(), bed.make.tag("vip"));
    let all = people(&bed, &tenant, member, &tag).await;
    let owners = [None, Some(OwnerFilter::Nobody), Some(OwnerFilter::Member(member))];
    for order in ContactOrder::ALL.iter().copied() {
        for stage in [None, Some(Stage::Customer)] {
            for owner in owners {
                for tag in [None, Some(tag.clone())] {
                    for text in ["", "nair", "nair ash"] {
                        let matching = ContactQuery::matching(text);
                        let query = ContactQuery { stage, owner, tag: tag.clone(), order, ..matching };
                        assert!(lists(&bed, &tenant, &all, &query).await > 0, "{query:?}");
                    }
                }
            }
        }
        for query in [
            ContactQuery { stage: Some(Stage::Qualified), order, ..ContactQuery::default() },
            ContactQuery {
                owner: Some(OwnerFilter::Member(bed.make.id())),
                order,
                ..ContactQuery::default()
            },
            ContactQuery { tag: Some(bed.make.tag("VIP")), order, ..ContactQuery::default() },
            ContactQuery { order, ..ContactQuery::matching("absent") },
        ] {
            assert_eq!(lists(&bed, &tenant, &all, &query).await, 0, "{query:?}");
        }
    }
}

/// A list follows what changes: stage, owner and tags as they are now.
pub async fn a_list_of_contacts_follows_what_changes(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (member, tag) = (bed.make.id(), bed.make.tag("vip"));
    let mut contact = bed.make.contact("Asha");
    bed.write(&tenant.scope, ContactWrite::Insert(contact.clone())).await;
    let queries = [
        ContactQuery { stage: Some(Stage::Lost), ..ContactQuery::default() },
        ContactQuery { owner: Some(OwnerFilter::Member(member)), ..ContactQuery::default() },
        ContactQuery { tag: Some(tag.clone()), ..ContactQuery::default() },
    ];
    for query in &queries {
        assert_eq!(bed.store.count_contacts(&tenant.scope, query).await.unwrap(), Some(0), "{query:?}");
    }
    (contact.stage, contact.owner, contact.tags) = (Stage::Lost, Some(member), vec![tag]);
    bed.write(&tenant.scope, ContactWrite::Update(contact.clone())).await;
    for query in &queries {
        assert_eq!(bed.store.count_contacts(&tenant.scope, query).await.unwrap(), Some(1), "{query:?}");
    }
    (contact.stage, contact.owner, contact.tags) = (Stage::New, None, Vec::new());
    bed.write(&tenant.scope, ContactWrite::Update(contact)).await;
    for query in &queries {
        assert!(paged(&bed, &tenant, query, 9).await.is_empty(), "{query:?}");
    }
    let unowned = ContactQuery { owner: Some(OwnerFilter::Nobody), ..ContactQuery::default() };
    assert_eq!(bed.store.count_contacts(&tenant.scope, &unowned).await.unwrap(), Some(1));
}

/// Beside each contact stand its own identities, and the newest of its messages and calls.
pub async fn a_list_shows_identities_and_the_newest_contact(bed: TestBed) {
    let tenant = bed.tenant().await;
    let heard = bed.person(&tenant, "Asha").await;
    bed.hears(&tenant, &heard, "hello", bed.at(50)).await;
    bed.hears(&tenant, &heard, "earlier", bed.at(20)).await;
    let called = bed.person(&tenant, "Ben").await;
    bed.hears(&tenant, &called, "hello", bed.at(10)).await;
    for second in [90, 40] {
        let mut call = bed.make.call(tenant.account.id, bed.at(second));
        call.contact = Some(called.contact.id);
        added(&bed, &tenant, call).await;
    }
    let silent = bed.person(&tenant, "Chloe").await;
    let alone = bed.make.contact("Dora");
    bed.write(&tenant.scope, ContactWrite::Insert(alone.clone())).await;
    let page = bed
        .store
        .contact_entries(&tenant.scope, &ContactQuery::default(), PageRequest::first(9))
        .await
        .unwrap();
    let shown: Vec<(ContactId, Vec<_>, _)> = page
        .items
        .iter()
        .map(|entry| {
            let identities = entry.identities.iter().map(|identity| identity.id).collect();
            (entry.contact.id, identities, entry.last_contact_at)
        })
        .collect();
    let wanted = [
        (heard.contact.id, vec![heard.identity.id], Some(bed.at(50))),
        (called.contact.id, vec![called.identity.id], Some(bed.at(90))),
        (silent.contact.id, vec![silent.identity.id], None),
        (alone.id, Vec::new(), None),
    ];
    assert_eq!(shown, wanted);
    for entry in &page.items {
        let own = bed.store.channel_identities(&tenant.scope, entry.contact.id).await.unwrap();
        assert_eq!(entry.identities, own, "with all their aliases");
    }
    let newest = ContactQuery { order: ContactOrder::Newest, ..ContactQuery::default() };
    let first = bed.store.contact_entries(&tenant.scope, &newest, PageRequest::first(2)).await.unwrap();
    assert_eq!(
        first.items.iter().map(|entry| entry.contact.id).collect::<Vec<_>>(),
        [alone.id, silent.contact.id]
    );
    let next = PageRequest { after: first.next, limit: 2 };
    let second = bed.store.contact_entries(&tenant.scope, &newest, next).await.unwrap();
    assert_eq!(
        second.items.iter().map(|entry| entry.contact.id).collect::<Vec<_>>(),
        [called.contact.id, heard.contact.id]
    );
    assert_eq!(second.next, None);
}

/// Contacts named by their ids are read at once, each once; unknown ids are left out.
pub async fn contacts_are_read_by_their_ids(bed: TestBed) {
    let tenant = bed.tenant().await;
    let (asha, ben) = (bed.make.contact("Asha"), bed.make.contact("Ben"));
    let insert = [&asha, &ben].map(|contact| Write::from(ContactWrite::Insert(contact.clone())));
    bed.write_all(&tenant.scope, insert).await;
    let named = [ben.id, bed.make.id(), asha.id, ben.id];
    let mut found = bed.store.contacts_by_id(&tenant.scope, &named).await.unwrap();
    found.sort_unstable_by_key(|contact| contact.id);
    assert_eq!(found, [asha, ben]);
    assert!(bed.store.contacts_by_id(&tenant.scope, &[]).await.unwrap().is_empty());
}
