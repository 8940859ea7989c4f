//! Lists of people: what a search finds, and in which order.

use crate::contact::{Alias, Contact, ContactQuery, ContactWrite, Stage};
use crate::id::ContactId;
use crate::page::PageRequest;
use crate::phone::PhoneNumber;
use crate::testing::conformance::{Tenant, TestBed};
use crate::text::{PersonName, Username};

async fn find(bed: &TestBed, tenant: &Tenant, text: &str) -> Vec<ContactId> {
    list(bed, tenant, &ContactQuery::matching(text)).await.iter().map(|contact| contact.id).collect()
}

async fn list(bed: &TestBed, tenant: &Tenant, query: &ContactQuery) -> Vec<Contact> {
    bed.store.contacts(&tenant.scope, query, PageRequest::first(200)).await.unwrap().items
}

async fn insert(bed: &TestBed, tenant: &Tenant, contact: &Contact) {
    bed.write(&tenant.scope, ContactWrite::Insert(contact.clone())).await;
}

/// Words are found whole in any order, without regard to case and accents; the last word by its beginning.
pub async fn words_find_a_name_in_any_order_and_the_last_by_its_beginning(bed: TestBed) {
    let tenant = bed.tenant().await;
    let joao = bed.make.contact("João Pedro Carvalho");
    let joana = bed.make.contact("Joana Silva");
    let hindi = bed.make.contact("आशा नायर");
    for contact in [&joao, &joana, &hindi] {
        insert(&bed, &tenant, contact).await;
    }
    assert_eq!(find(&bed, &tenant, "joao").await, [joao.id]);
    assert_eq!(find(&bed, &tenant, "JOÃO carv").await, [joao.id]);
    assert_eq!(find(&bed, &tenant, "carvalho jo").await, [joao.id]);
    assert_eq!(find(&bed, &tenant, "joa").await, [joana.id, joao.id]);
    assert!(find(&bed, &tenant, "joa pedro").await.is_empty(), "only the last word is a beginning");
    assert!(find(&bed, &tenant, "joao silva").await.is_empty(), "all words have to be found");
    assert!(find(&bed, &tenant, "valho").await.is_empty());
    assert_eq!(find(&bed, &tenant, "आशा").await, [hindi.id]);
    assert_eq!(find(&bed, &tenant, "  ").await.len(), 3, "nothing asked, everybody found");
}

/// What could be read as a pattern or an operator is a word like any other.
pub async fn signs_in_a_search_mean_nothing(bed: TestBed) {
    let tenant = bed.tenant().await;
    let asha = bed.make.contact("Asha O'Neil-Nair");
    let other = bed.make.contact("Ben 100");
    insert(&bed, &tenant, &asha).await;
    insert(&bed, &tenant, &other).await;
    assert_eq!(find(&bed, &tenant, "o'neil").await, [asha.id]);
    assert_eq!(find(&bed, &tenant, "neil-nair").await, [asha.id]);
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
        assert!(find(&bed, &tenant, odd).await.is_empty(), "{odd}");
    }
    let raw = ContactQuery { tokens: vec!["%".to_owned()], ..ContactQuery::default() };
    assert!(list(&bed, &tenant, &raw).await.is_empty());
    let raw = ContactQuery { tokens: vec!["\"".to_owned(), "*".to_owned()], ..ContactQuery::default() };
    assert!(list(&bed, &tenant, &raw).await.is_empty());
}

/// A number finds the person in any spelling, by its beginning, whether typed or seen at the provider.
pub async fn a_number_finds_the_person_in_any_spelling(bed: TestBed) {
    let tenant = bed.tenant().await;
    let number = PhoneNumber::parse("+447700900555").unwrap();
    let mut typed = bed.make.contact("Asha");
    typed.details = vec![bed.make.phone_detail(&number)];
    insert(&bed, &tenant, &typed).await;
    let seen = bed.make.contact("Ben");
    let identity = bed.make.identity(seen.id, vec![Alias::Phone(number)]);
    insert(&bed, &tenant, &seen).await;
    bed.write(&tenant.scope, ContactWrite::Identity(identity)).await;
    insert(&bed, &tenant, &bed.make.contact("Chloe")).await;
    for spelling in [
        "+447700900555",
        "447700900555",
        "+44 7700 900 555",
        "(44) 7700-900.555",
        "0044 7700 900555",
        "07700 900555",
        "4477009",
    ] {
        assert_eq!(find(&bed, &tenant, spelling).await, [typed.id, seen.id], "{spelling}");
    }
    assert!(find(&bed, &tenant, "+44 7700 900 556").await.is_empty());
}

/// Four or more consecutive digits find a number wherever they stand in it, with zeros as typed; fewer do not.
pub async fn any_four_consecutive_digits_find_a_number(bed: TestBed) {
    let tenant = bed.tenant().await;
    let card = |name: &str, number: &str| {
        let mut contact = bed.make.contact(name);
        contact.details = vec![bed.make.phone_detail(&PhoneNumber::parse(number).unwrap())];
        contact
    };
    let asha = card("Asha", "+919895022310");
    let ben = card("Ben", "+447700900414");
    insert(&bed, &tenant, &asha).await;
    insert(&bed, &tenant, &ben).await;
    let seen = bed.make.contact("Chloe");
    let identity =
        bed.make.identity(seen.id, vec![Alias::Phone(PhoneNumber::parse("+919870000077").unwrap())]);
    insert(&bed, &tenant, &seen).await;
    bed.write(&tenant.scope, ContactWrite::Identity(identity)).await;
    for (typed, wanted) in [
        ("22310", asha.id),
        ("2310", asha.id),
        ("9895 022", asha.id),
        ("95022", asha.id),
        ("00077", seen.id),
        ("0077", seen.id),
        ("0414", ben.id),
        ("900 414", ben.id),
    ] {
        assert_eq!(find(&bed, &tenant, typed).await, [wanted], "{typed}");
    }
    assert!(find(&bed, &tenant, "310").await.is_empty(), "three digits from the middle");
    assert!(find(&bed, &tenant, "asha 2").await.is_empty(), "a digit behind a name is part of no number");
    assert_eq!(find(&bed, &tenant, "asha 2310").await, [asha.id]);
    assert!(find(&bed, &tenant, "22311").await.is_empty());
    let mut moved = asha.clone();
    moved.details = vec![bed.make.phone_detail(&PhoneNumber::parse("+919895022999").unwrap())];
    bed.write(&tenant.scope, ContactWrite::Update(moved)).await;
    assert!(find(&bed, &tenant, "22310").await.is_empty(), "parts of an old number are forgotten");
}

/// A query in which nothing can be compared finds no contact, while an empty one asks for all.
pub async fn a_query_of_signs_alone_finds_nobody(bed: TestBed) {
    let tenant = bed.tenant().await;
    insert(&bed, &tenant, &bed.make.contact("Asha")).await;
    for signs in ["%", "_", "*", "\"\"", "🌱", "…?"] {
        assert!(find(&bed, &tenant, signs).await.is_empty(), "{signs}");
    }
    assert_eq!(find(&bed, &tenant, "").await.len(), 1);
}

/// Addresses, tags, and the profile at the provider find the person as well.
pub async fn addresses_tags_and_profiles_find_the_person(bed: TestBed) {
    let tenant = bed.tenant().await;
    let mut contact = bed.make.contact("Asha");
    contact.details = vec![bed.make.email_detail("a.nair@mail.example")];
    contact.tags = vec![bed.make.tag("Garden Centre")];
    insert(&bed, &tenant, &contact).await;
    let identity = bed.make.identity(contact.id, vec![Alias::BusinessScoped(bed.make.scoped())]);
    bed.write(&tenant.scope, ContactWrite::Identity(identity.clone())).await;
    let profile = ContactWrite::Profile {
        identity: identity.id,
        name: PersonName::received("Ashu ✨ Designs"),
        username: Username::received("ashu.designs_uk"),
        at: bed.at(5),
    };
    bed.write(&tenant.scope, profile).await;
    let tags = vec![bed.make.tag("vip")];
    bed.write(&tenant.scope, ContactWrite::AddTags { contact: contact.id, tags }).await;
    for text in ["nair", "mail ex", "garden", "vip", "ashu", "designs"] {
        assert_eq!(find(&bed, &tenant, text).await, [contact.id], "{text}");
    }
}

/// What was changed away is not found any more: name, detail, tag and profile.
pub async fn old_names_are_forgotten(bed: TestBed) {
    let tenant = bed.tenant().await;
    let mut contact = bed.make.contact("Asha Nair");
    contact.details = vec![bed.make.email_detail("nair@mail.example")];
    contact.tags = vec![bed.make.tag("garden")];
    insert(&bed, &tenant, &contact).await;
    let identity = bed.make.identity(contact.id, vec![Alias::Phone(bed.make.phone())]);
    bed.write(&tenant.scope, ContactWrite::Identity(identity.clone())).await;
    let profile = |name: &str, second| ContactWrite::Profile {
        identity: identity.id,
        name: PersonName::received(name),
        username: None,
        at: bed.at(second),
    };
    bed.write(&tenant.scope, profile("Sunflower", 5)).await;
    assert_eq!(find(&bed, &tenant, "sunfl").await, [contact.id]);
    contact.name = PersonName::received("Asha Menon");
    contact.details.clear();
    contact.tags.clear();
    bed.write(&tenant.scope, ContactWrite::Update(contact.clone())).await;
    bed.write(&tenant.scope, profile("Moonflower", 6)).await;
    for text in ["nair", "garden", "sunfl", "mail"] {
        assert!(find(&bed, &tenant, text).await.is_empty(), "{text}");
    }
    for text in ["asha men", "moonfl"] {
        assert_eq!(find(&bed, &tenant, text).await, [contact.id], "{text}");
    }
}

/// People are listed by folded name; those without a name last, in order of their ids.
pub async fn people_are_listed_by_name_and_the_nameless_last(bed: TestBed) {
    let tenant = bed.tenant().await;
    let names = ["zoë", "Élan", "elan vital", "Ben", "  ", "ADA", "Ångström", "ben"];
    let mut all: Vec<Contact> = names
        .iter()
        .map(|name| {
            let mut contact = bed.make.contact("x");
            contact.name = PersonName::received(name);
            contact
        })
        .collect();
    all.push(bed.make.contact("李小龙"));
    for contact in all.iter().rev() {
        insert(&bed, &tenant, contact).await;
    }
    let listed = list(&bed, &tenant, &ContactQuery::default()).await;
    let shown: Vec<_> = listed.iter().map(|c| c.name.as_ref().map_or("", |name| name.reveal())).collect();
    assert_eq!(shown, ["ADA", "Ångström", "Ben", "ben", "Élan", "elan vital", "zoë", "李小龙", ""]);
    all.sort_by_key(|contact| (contact.sort_key(), contact.id));
    assert_eq!(listed, all);
}

/// A stage narrows a search.
pub async fn a_stage_narrows_a_search(bed: TestBed) {
    let tenant = bed.tenant().await;
    let mut customer = bed.make.contact("Asha");
    customer.stage = Stage::Customer;
    insert(&bed, &tenant, &customer).await;
    let mut fresh = bed.make.contact("Asha");
    insert(&bed, &tenant, &fresh).await;
    let query = |text, stage| ContactQuery { stage: Some(stage), ..ContactQuery::matching(text) };
    let ids = |found: Vec<Contact>| found.into_iter().map(|contact| contact.id).collect::<Vec<_>>();
    assert_eq!(ids(list(&bed, &tenant, &query("asha", Stage::Customer)).await), [customer.id]);
    assert_eq!(ids(list(&bed, &tenant, &query("", Stage::New)).await), [fresh.id]);
    assert!(list(&bed, &tenant, &query("ben", Stage::New)).await.is_empty());
    fresh.stage = Stage::Customer;
    bed.write(&tenant.scope, ContactWrite::Update(fresh.clone())).await;
    assert_eq!(list(&bed, &tenant, &query("asha", Stage::Customer)).await.len(), 2);
}
