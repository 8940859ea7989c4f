//! The rows of the list of contacts as comma-separated values.

use std::borrow::Cow;

use axum::extract::State;
use dialzio_core::contact::{ContactEntry, ContactQuery, DetailValue};
use dialzio_core::page::{Cursor, Page, PageRequest};
use dialzio_core::text::TagName;
use dialzio_core::{Actor, Error, Identifiers};

use super::Asked;
use super::contact_list::ContactSearch;
use super::csv_file::{CsvFile, Export};
use super::table::harmless;
use crate::auth::Caller;
use crate::problem::Problem;
use crate::state::AppState;

/// The columns, in order. A cell with several values has them in the order of the contact, with semicolons between them.
const COLUMNS: [&str; 10] = [
    "id",
    "name",
    "stage",
    "owner",
    "phones",
    "emails",
    "tags",
    "restricted",
    "created_at",
    "last_contact_at",
];

/// Numbers that were typed, then those that a provider has shown, each once.
fn phones(entry: &ContactEntry, seen: Identifiers) -> Vec<String> {
    let mut phones: Vec<String> = Vec::new();
    let typed = entry.contact.details.iter().filter_map(|detail| match &detail.value {
        DetailValue::Phone { number, .. } => Some(number),
        DetailValue::Email(_) => None,
    });
    for number in typed.chain(entry.identities.iter().filter_map(|identity| identity.phone())) {
        let number = seen.number(number);
        if !phones.contains(&number) {
            phones.push(number);
        }
    }
    phones
}

/// Each value is harmless by itself, so the cell is too.
fn cell<'a>(values: impl Iterator<Item = &'a str>) -> String {
    values.map(harmless).collect::<Vec<_>>().join("; ")
}

fn row(entry: &ContactEntry, seen: Identifiers) -> [String; COLUMNS.len()] {
    let contact = &entry.contact;
    let emails = contact.details.iter().filter_map(|detail| match &detail.value {
        DetailValue::Email(email) => Some(seen.email(email)),
        DetailValue::Phone { .. } => None,
    });
    let emails: Vec<String> = emails.collect();
    [
        contact.id.to_string(),
        harmless(&contact.name.as_ref().map_or(Cow::Borrowed(""), |name| seen.name(name.reveal()))),
        contact.stage.to_string(),
        contact.owner.map(|owner| owner.to_string()).unwrap_or_default(),
        cell(phones(entry, seen).iter().map(String::as_str)),
        cell(emails.iter().map(String::as_str)),
        cell(contact.tags.iter().map(TagName::reveal)),
        contact.restricted.to_string(),
        contact.created_at.to_rfc3339(),
        entry.last_contact_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
    ]
}

/// The contacts of a query.
#[derive(Clone)]
pub(crate) struct ContactsExport {
    pub(crate) state: AppState,
    pub(crate) by: Actor,
    pub(crate) query: ContactQuery,
}

impl Export for ContactsExport {
    type Row = ContactEntry;
    const NAME: &'static str = "contacts.csv";
    const COLUMNS: &'static [&'static str] = &COLUMNS;

    async fn page(&self, after: Option<Cursor>) -> Result<Page<ContactEntry>, Error> {
        let request = PageRequest { after, ..PageRequest::first(PageRequest::MAX) };
        self.state.crm().contacts().entries(&self.by, &self.query, request).await
    }

    fn cells(&self, entry: &ContactEntry) -> Vec<String> {
        row(entry, self.by.identifiers()).into()
    }

    async fn sent(&self, rows: u32) -> Result<(), Error> {
        self.state.crm().contacts().exported(&self.by, rows).await
    }
}

/// `GET /v1/contacts/export`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(search): Asked<ContactSearch>,
) -> Result<CsvFile, Problem> {
    let query = search.query(&actor)?;
    CsvFile::of(ContactsExport { state, by: actor, query }).await
}
