//! A contact's name, numbers and addresses, edited in the page.

use dialzio_core::Role;
use dialzio_core::text::{EmailAddress, PersonName};
use serde_json::{Value, json};

use crate::fixture::{Fixture, Seat, answer};

struct Page {
    fixture: Fixture,
    seat: Seat,
    contact: String,
    cookie: String,
}

impl Page {
    /// A contact with two numbers, and a member of a shop in India who has its page open.
    async fn open(role: Role) -> Self {
        let fixture = Fixture::start().await;
        let seat = fixture.found("Green Leaf").await;
        fixture.patch(&seat, "/v1/organisation", json!({"zone": "Asia/Kolkata"})).await.is(200);
        let details = json!([{"kind": "phone", "value": "98400 12345 ext. 7", "label": "shop"},
            {"kind": "email", "value": "asha@example.com"}]);
        let contact = fixture
            .post(&seat, "/v1/contacts", json!({"name": "Asha Rao", "details": details}))
            .await
            .is(201);
        let access = fixture.crm.access();
        let link = access
            .invite(&seat.owner, Some(EmailAddress::parse("ravi@example.com").unwrap()), role)
            .await
            .unwrap();
        let name = PersonName::parse("Ravi").unwrap();
        let session =
            access.accept(&link, name, None, &"seven brown otters swim upstream 7".into()).await.unwrap();
        let cookie = format!("__Host-dialzio_session={}", session.token.reveal());
        Self { contact: contact.id(), fixture, seat, cookie }
    }

    fn path(&self) -> String {
        format!("{}/web/contacts/{}/edit", self.fixture.origin, self.contact)
    }

    async fn form(&self) -> (u16, String) {
        let read = answer(self.fixture.http.get(self.path()).header("cookie", &self.cookie)).await;
        (read.status, String::from_utf8(read.bytes.to_vec()).unwrap())
    }

    async fn post(&self, fields: &[(&str, &str)]) -> (u16, String) {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = self.fixture.http.post(self.path()).header("cookie", &self.cookie);
        let request = request.header("sec-fetch-site", "same-origin").header("x-dialzio-request", "1");
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body.finish());
        let saved = answer(request).await;
        (saved.status, String::from_utf8(saved.bytes.to_vec()).unwrap())
    }

    async fn stored(&self) -> Value {
        self.fixture.get(&self.seat, &format!("/v1/contacts/{}", self.contact)).await.is(200).json
    }
}

const SHOP: &str = "+91 98400 12345 ext. 7";

#[tokio::test]
async fn name_numbers_and_addresses_are_edited_and_what_is_not_touched_stays_as_it_was_written() {
    let page = Page::open(Role::Agent).await;
    let (status, form) = page.form().await;
    assert_eq!(status, 200);
    assert!(form.contains(SHOP) && form.contains("asha@example.com") && form.contains("Asha Rao"), "{form}");
    let before = page.stored().await;
    let revision = before["revision"].to_string();
    let rows =
        [("revision", revision.as_str()), ("kind.0", "phone"), ("value.0", SHOP), ("label.0", "Laden")];
    let (status, added) = page.post(&[&rows[..], &[("add", "phone"), ("name", "Asha")]].concat()).await;
    assert_eq!(status, 422, "the form comes back with a row more");
    assert!(
        added.contains("value.1") && added.contains("Laden") && added.contains("value=\"Asha\""),
        "{added}"
    );
    let (_, removed) = page.post(&[&rows[..], &[("remove", "0")]].concat()).await;
    assert!(!removed.contains("value.0"), "{removed}");
    assert_eq!(page.stored().await, before, "nothing is saved before Save is pressed");

    // Read in the country of the organisation; the email is left out and so removed, an empty row is none.
    let new = [
        ("name", "Asha R."),
        ("kind.1", "phone"),
        ("value.1", "98400 54321"),
        ("kind.2", "email"),
        ("value.2", " "),
    ];
    let (status, saved) = page.post(&[&rows[..], &new[..]].concat()).await;
    assert_eq!(status, 200, "{saved}");
    for part in ["contact-name", "contact-addresses", "contact-open"] {
        assert!(saved.contains(&format!("hx-target=\"#{part}\"")), "{saved}");
    }
    let after = page.stored().await;
    let details = after["details"].as_array().unwrap();
    let value = |place: usize| (details[place]["value"].clone(), details[place]["label"].clone());
    assert_eq!((after["name"].clone(), details.len()), (json!("Asha R."), 2));
    assert_eq!(value(0), (json!("+919840012345"), json!("Laden")));
    assert_eq!(details[0]["as_written"], "98400 12345 ext. 7");
    assert_eq!(value(1), (json!("+919840054321"), Value::Null));
}

#[tokio::test]
async fn mistakes_are_marked_and_nothing_that_was_typed_is_lost() {
    let page = Page::open(Role::Agent).await;
    let before = page.stored().await;
    let revision = before["revision"].to_string();
    let rows = [
        ("revision", revision.as_str()),
        ("name", "Asha <R>"),
        ("kind.0", "phone"),
        ("value.0", "98400 1234O"),
        ("kind.1", "email"),
        ("value.1", "asha@"),
        ("label.1", "work"),
    ];
    let (status, form) = page.post(&rows).await;
    assert_eq!(status, 422);
    let words =
        ["This number cannot be used", "This is not a complete address.", "98400 1234O", "asha@", "work"];
    for words in words.iter().chain(&["edit-value-0-error", "edit-value-1-error"]) {
        assert!(form.contains(words), "{words}: {form}");
    }
    assert!(!form.contains("<R>"), "{form}");
    assert_eq!(page.stored().await, before);

    // A colleague was faster: it says so, with what there is now, and saving again replaces it.
    let path = format!("/v1/contacts/{}", page.contact);
    page.fixture.patch(&page.seat, &path, json!({"name": "Asha Menon"})).await.is(200);
    let rows = [("revision", revision.as_str()), ("name", "Asha R."), ("kind.0", "phone"), ("value.0", SHOP)];
    let (status, form) = page.post(&rows).await;
    assert_eq!(status, 422);
    assert!(
        form.contains("A colleague changed this contact while you were editing. It now has: Asha Menon"),
        "{form}"
    );
    assert_eq!(page.stored().await["name"], "Asha Menon");
    let now = page.stored().await["revision"].to_string();
    assert!(form.contains(&format!("name=\"revision\" value=\"{now}\"")), "{form}");
    let rows = [("revision", now.as_str()), ("name", "Asha R."), ("kind.0", "phone"), ("value.0", SHOP)];
    assert_eq!(page.post(&rows).await.0, 200);
    assert_eq!(page.stored().await["name"], "Asha R.");
}

#[tokio::test]
async fn a_number_of_another_contact_is_pointed_out_and_kept_on_both_only_on_demand() {
    let page = Page::open(Role::Agent).await;
    let details = json!([{"kind": "phone", "value": "+919840099999"}]);
    let other = page.fixture.post(&page.seat, "/v1/contacts", json!({"details": details})).await.is(201).id();
    let revision = page.stored().await["revision"].to_string();
    let rows = [("revision", revision.as_str()), ("kind.0", "phone"), ("value.0", "98400 99999")];
    let (status, form) = page.post(&rows).await;
    assert_eq!(status, 422);
    assert!(
        form.contains(&format!("href=\"contacts/{other}\"")) && form.contains("name=\"anyway\""),
        "{form}"
    );
    assert_eq!(page.post(&[&rows[..], &[("anyway", "yes")]].concat()).await.0, 200);
    assert_eq!(page.stored().await["details"][0]["value"], "+919840099999");
}

#[tokio::test]
async fn who_may_not_write_contacts_cannot_edit_one() {
    let page = Page::open(Role::Viewer).await;
    let before = page.stored().await;
    for fields in [&[("revision", "1"), ("name", "X")][..], &[("revision", "1"), ("add", "phone")][..]] {
        assert_eq!(page.post(fields).await.0, 403);
    }
    assert_eq!(page.form().await.0, 403);
    assert_eq!(page.stored().await, before);
}
