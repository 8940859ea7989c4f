//! Lists of people: what a search finds, and in which order.

use crate::contact::{Alias, Contact, ContactQuery, ContactWrite, Stage};
use crate::id::ContactId;
use crate::page::PageRequest;
use crate::phone::PhoneNumber;
use crate::testing::conformance::{Bench, House};
use crate::text::{PersonName, Username};

async fn find(bench: &Bench, house: &House, text: &str) -> Vec<ContactId> {
    list(bench, house, &ContactQuery::matching(text)).await.iter().map(|contact| contact.id).collect()
}

async fn list(bench: &Bench, house: &House, query: &ContactQuery) -> Vec<Contact> {
    bench.store.contacts(&house.scope, query, PageRequest::first(200)).await.unwrap().items
}

async fn insert(bench: &Bench, house: &House, contact: &Contact) {
    bench.write(&house.scope, ContactWrite::Insert(contact.clone())).await;
}

/// Words are found whole in any order, without regard to case and accents; the last word by its beginning.
pub async fn words_find_a_name_in_any_order_and_the_last_by_its_beginning(bench: Bench) {
    let house = bench.house().await;
    let joao = bench.make.contact("João Pedro Carvalho");
    let joana = bench.make.contact("Joana Silva");
    let hindi = bench.make.contact("आशा नायर");
    for contact in [&joao, &joana, &hindi] {
        insert(&bench, &house, contact).await;
    }
    assert_eq!(find(&bench, &house, "joao").await, [joao.id]);
    assert_eq!(find(&bench, &house, "JOÃO carv").await, [joao.id]);
    assert_eq!(find(&bench, &house, "carvalho jo").await, [joao.id]);
    assert_eq!(find(&bench, &house, "joa").await, [joana.id, joao.id]);
    assert!(find(&bench, &house, "joa pedro").await.is_empty(), "only the last word is a beginning");
    assert!(find(&bench, &house, "joao silva").await.is_empty(), "all words have to be found");
    assert!(find(&bench, &house, "valho").await.is_empty());
    assert_eq!(find(&bench, &house, "आशा").await, [hindi.id]);
    assert_eq!(find(&bench, &house, "  ").await.len(), 3, "nothing asked, everybody found");
}

/// What could be read as a pattern or an operator is a word like any other.
pub async fn signs_in_a_search_mean_nothing(bench: Bench) {
    let house = bench.house().await;
    let asha = bench.make.contact("Asha O'Neil-Nair");
    let other = bench.make.contact("Ben 100");
    insert(&bench, &house, &asha).await;
    insert(&bench, &house, &other).await;
    assert_eq!(find(&bench, &house, "o'neil").await, [asha.id]);
    assert_eq!(find(&bench, &house, "neil-nair").await, [asha.id]);
    for odd in [
        "asha\" OR \"ben",
        "asha OR ben",
        "asha AND NOT ben",
        "NEAR(asha ben)",
        "zz%",
        "a_ha",
        "name:zz",
        "zz*",
    ] {
        assert!(find(&bench, &house, odd).await.is_empty(), "{odd}");
    }
    let raw = ContactQuery { tokens: vec!["%".to_owned()], stage: None };
    assert!(list(&bench, &house, &raw).await.is_empty());
    let raw = ContactQuery { tokens: vec!["\"".to_owned(), "*".to_owned()], stage: None };
    assert!(list(&bench, &house, &raw).await.is_empty());
}

/// A number finds the person in any spelling, by its beginning, whether typed or seen at the provider.
pub async fn a_number_finds_the_person_in_any_spelling(bench: Bench) {
    let house = bench.house().await;
    let number = PhoneNumber::parse("+447700900555").unwrap();
    let mut typed = bench.make.contact("Asha");
    typed.details = vec![bench.make.phone_detail(&number)];
    insert(&bench, &house, &typed).await;
    let seen = bench.make.contact("Ben");
    let identity = bench.make.identity(seen.id, vec![Alias::Phone(number)]);
    insert(&bench, &house, &seen).await;
    bench.write(&house.scope, ContactWrite::Identity(identity)).await;
    insert(&bench, &house, &bench.make.contact("Chloe")).await;
    for spelling in [
        "+447700900555",
        "447700900555",
        "+44 7700 900 555",
        "(44) 7700-900.555",
        "0044 7700 900555",
        "07700 900555",
        "4477009",
    ] {
        assert_eq!(find(&bench, &house, spelling).await, [typed.id, seen.id], "{spelling}");
    }
    assert!(find(&bench, &house, "+44 7700 900 556").await.is_empty());
}

/// Addresses, tags, and the profile at the provider find the person as well.
pub async fn addresses_tags_and_profiles_find_the_person(bench: Bench) {
    let house = bench.house().await;
    let mut card = bench.make.contact("Asha");
    card.details = vec![bench.make.email_detail("a.nair@mail.example")];
    card.tags = vec![bench.make.tag("Garden Centre")];
    insert(&bench, &house, &card).await;
    let identity = bench.make.identity(card.id, vec![Alias::BusinessScoped(bench.make.scoped())]);
    bench.write(&house.scope, ContactWrite::Identity(identity.clone())).await;
    let profile = ContactWrite::Profile {
        identity: identity.id,
        name: PersonName::received("Ashu ✨ Designs"),
        username: Username::received("ashu.designs_uk"),
        at: bench.at(5),
    };
    bench.write(&house.scope, profile).await;
    let tags = vec![bench.make.tag("vip")];
    bench.write(&house.scope, ContactWrite::AddTags { contact: card.id, tags }).await;
    for text in ["nair", "mail ex", "garden", "vip", "ashu", "designs"] {
        assert_eq!(find(&bench, &house, text).await, [card.id], "{text}");
    }
}

/// What was changed away is not found any more: name, detail, tag and profile.
pub async fn old_names_are_forgotten(bench: Bench) {
    let house = bench.house().await;
    let mut card = bench.make.contact("Asha Nair");
    card.details = vec![bench.make.email_detail("nair@mail.example")];
    card.tags = vec![bench.make.tag("garden")];
    insert(&bench, &house, &card).await;
    let identity = bench.make.identity(card.id, vec![Alias::Phone(bench.make.phone())]);
    bench.write(&house.scope, ContactWrite::Identity(identity.clone())).await;
    let profile = |name: &str, second| ContactWrite::Profile {
        identity: identity.id,
        name: PersonName::received(name),
        username: None,
        at: bench.at(second),
    };
    bench.write(&house.scope, profile("Sunflower", 5)).await;
    assert_eq!(find(&bench, &house, "sunfl").await, [card.id]);
    card.name = PersonName::received("Asha Menon");
    card.details.clear();
    card.tags.clear();
    bench.write(&house.scope, ContactWrite::Update(card.clone())).await;
    bench.write(&house.scope, profile("Moonflower", 6)).await;
    for text in ["nair", "garden", "sunfl", "mail"] {
        assert!(find(&bench, &house, text).await.is_empty(), "{text}");
    }
    for text in ["asha men", "moonfl"] {
        assert_eq!(find(&bench, &house, text).await, [card.id], "{text}");
    }
}

/// People are listed by folded name; those without a name last, in order of their ids.
pub async fn people_are_listed_by_name_and_the_nameless_last(bench: Bench) {
    let house = bench.house().await;
    let names = ["zoë", "Élan", "elan vital", "Ben", "  ", "ADA", "Ångström", "ben"];
    let mut all: Vec<Contact> = names
        .iter()
        .map(|name| {
            let mut card = bench.make.contact("x");
            card.name = PersonName::received(name);
            card
        })
        .collect();
    all.push(bench.make.contact("李小龙"));
    for card in all.iter().rev() {
        insert(&bench, &house, card).await;
    }
    let listed = list(&bench, &house, &ContactQuery::default()).await;
    let shown: Vec<_> = listed.iter().map(|c| c.name.as_ref().map_or("", |name| name.reveal())).collect();
    assert_eq!(shown, ["ADA", "Ångström", "Ben", "ben", "Élan", "elan vital", "zoë", "李小龙", ""]);
    all.sort_by_key(|card| (card.sort_key(), card.id));
    assert_eq!(listed, all);
}

/// A stage narrows a search.
pub async fn a_stage_narrows_a_search(bench: Bench) {
    let house = bench.house().await;
    let mut customer = bench.make.contact("Asha");
    customer.stage = Stage::Customer;
    insert(&bench, &house, &customer).await;
    let mut fresh = bench.make.contact("Asha");
    insert(&bench, &house, &fresh).await;
    let query = |text, stage| ContactQuery { stage: Some(stage), ..ContactQuery::matching(text) };
    let ids = |found: Vec<Contact>| found.into_iter().map(|contact| contact.id).collect::<Vec<_>>();
    assert_eq!(ids(list(&bench, &house, &query("asha", Stage::Customer)).await), [customer.id]);
    assert_eq!(ids(list(&bench, &house, &query("", Stage::New)).await), [fresh.id]);
    assert!(list(&bench, &house, &query("ben", Stage::New)).await.is_empty());
    fresh.stage = Stage::Customer;
    bench.write(&house.scope, ContactWrite::Update(fresh.clone())).await;
    assert_eq!(list(&bench, &house, &query("asha", Stage::Customer)).await.len(), 2);
}
