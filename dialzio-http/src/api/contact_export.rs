//! The rows of the list of contacts as comma-separated values (RFC 4180), sent page by page.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use dialzio_core::contact::{ContactEntry, ContactQuery, DetailValue};
use dialzio_core::page::{Cursor, Page, PageRequest};
use dialzio_core::text::TagName;
use dialzio_core::{Actor, Error};
use futures_util::stream::{self, StreamExt};

use super::Asked;
use super::contact_list::ContactSearch;
use super::table::{CSV, describe, harmless};
use crate::auth::Caller;
use crate::operation::{Draft, Output};
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
fn phones(entry: &ContactEntry) -> Vec<String> {
    let mut phones: Vec<String> = Vec::new();
    let typed = entry.contact.details.iter().filter_map(|detail| match &detail.value {
        DetailValue::Phone { number, .. } => Some(number),
        DetailValue::Email(_) => None,
    });
    for number in typed.chain(entry.identities.iter().filter_map(|identity| identity.phone())) {
        if !phones.iter().any(|known| known == number.reveal()) {
            phones.push(number.reveal().to_owned());
        }
    }
    phones
}

/// Each value is harmless by itself, so the cell is too.
fn cell<'a>(values: impl Iterator<Item = &'a str>) -> String {
    values.map(harmless).collect::<Vec<_>>().join("; ")
}

fn row(entry: &ContactEntry) -> [String; COLUMNS.len()] {
    let contact = &entry.contact;
    let emails = contact.details.iter().filter_map(|detail| match &detail.value {
        DetailValue::Email(email) => Some(email.reveal()),
        DetailValue::Phone { .. } => None,
    });
    [
        contact.id.to_string(),
        harmless(contact.name.as_ref().map_or("", |name| name.reveal())),
        contact.stage.to_string(),
        contact.owner.map(|owner| owner.to_string()).unwrap_or_default(),
        cell(phones(entry).iter().map(String::as_str)),
        cell(emails),
        cell(contact.tags.iter().map(TagName::reveal)),
        contact.restricted.to_string(),
        contact.created_at.to_rfc3339(),
        entry.last_contact_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
    ]
}

fn lines(rows: impl IntoIterator<Item = [String; COLUMNS.len()]>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Where an export is.
struct Export {
    state: AppState,
    by: Actor,
    query: ContactQuery,
}

impl Export {
    async fn page(&self, after: Option<Cursor>) -> Result<Page<ContactEntry>, Error> {
        let request = PageRequest { after, ..PageRequest::first(PageRequest::MAX) };
        self.state.crm().contacts().entries(&self.by, &self.query, request).await
    }

    /// The lines of the page behind a place, and the place behind it.
    async fn more(self, after: Cursor) -> (std::io::Result<Bytes>, Option<(Self, Cursor)>) {
        let read = self.page(Some(after)).await.map_err(std::io::Error::other);
        let lines = read.and_then(|page| Ok((lines(page.items.iter().map(row))?, page.next)));
        match lines {
            Ok((lines, next)) => (Ok(lines.into()), next.map(|next| (self, next))),
            // The transfer ends without its end, so that a file that is not whole is seen to be so.
            Err(error) => (Err(error), None),
        }
    }
}

/// The contacts of a query as a file that is read on while it is sent.
///
/// # Errors
/// What the list refuses. An error behind the first page ends the transfer.
pub(crate) async fn file(state: &AppState, by: &Actor, query: ContactQuery) -> Result<ContactsCsv, Problem> {
    let export = Export { state: state.clone(), by: by.clone(), query };
    let first = export.page(None).await?;
    let head = std::iter::once(COLUMNS.map(str::to_owned));
    let head = lines(head.chain(first.items.iter().map(row))).map_err(|_| Problem::new("server.failed"))?;
    let next = first.next.map(|next| (export, next));
    let rest = stream::unfold(next, |next| async {
        let (export, after) = next?;
        Some(export.more(after).await)
    });
    let head = stream::once(async { Ok(Bytes::from(head)) });
    // A body may be asked once more behind its end.
    Ok(ContactsCsv(Body::from_stream(head.chain(rest).fuse())))
}

/// Contacts as comma-separated values, to be kept as a file.
#[derive(Debug)]
pub struct ContactsCsv(Body);

impl IntoResponse for ContactsCsv {
    fn into_response(self) -> Response {
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(CSV)),
            (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"contacts.csv\"")),
        ];
        (headers, self.0).into_response()
    }
}

impl Output for ContactsCsv {
    const MEDIA_TYPE: &'static str = "text/csv";

    fn describe(draft: &mut Draft) {
        describe(draft);
    }
}

/// `GET /v1/contacts/export`.
pub async fn get(
    State(state): State<AppState>,
    Caller(actor): Caller,
    Asked(search): Asked<ContactSearch>,
) -> Result<ContactsCsv, Problem> {
    let query = search.query(&actor)?;
    file(&state, &actor, query).await
}
