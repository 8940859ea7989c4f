//! The list of contacts, and a new contact.

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::contact::{Contact, ContactQuery, Detail, DetailValue, NewContact, SubjectKey};
use dialzio_core::page::PageRequest;
use dialzio_core::text::{EmailAddress, PersonName};
use dialzio_core::{Permission, Region};
use serde::Deserialize;

use super::entry::go_to;
use super::page_context::{PageContext, show};
use super::view::contact::{ContactRow, ContactRows, ContactsPage, NewContactForm};
use super::view::shell::Place;
use super::view::{Avatar, Shown};
use super::{person, words};
use crate::api::{decode_cursor, encode_cursor};
use crate::form::Fields;
use crate::problem::Problem;

/// Rows of a page.
const ROWS: u32 = 50;

/// What is listed.
#[derive(Debug, Deserialize)]
pub(crate) struct Listed {
    #[serde(default)]
    q: String,
    after: Option<String>,
}

/// `GET /contacts`.
pub(crate) async fn page(ctx: PageContext, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    let page = ContactsPage {
        shell: ctx.shell("Contacts", Place::Contacts).await?,
        search: listed.q.trim().to_owned(),
        rows: rows(&ctx, &listed).await?,
        can_write: ctx.may(Permission::ContactsWrite),
        new: NewContactForm::default(),
    };
    show(&page)
}

/// `GET /web/contacts`.
pub(crate) async fn read(ctx: PageContext, Query(listed): Query<Listed>) -> Result<Html<String>, Problem> {
    show(&rows(&ctx, &listed).await?)
}

async fn rows(ctx: &PageContext, listed: &Listed) -> Result<ContactRows, Problem> {
    let after = listed.after.as_deref().map(decode_cursor).transpose()?;
    let query = ContactQuery::matching(listed.q.trim());
    let request = PageRequest { after, ..PageRequest::first(ROWS) };
    let page = ctx.crm().contacts().list(&ctx.actor, &query, request).await?;
    let mut rows = Vec::with_capacity(page.items.len());
    for contact in &page.items {
        rows.push(row(ctx, contact).await?);
    }
    Ok(ContactRows {
        search: listed.q.trim().to_owned(),
        rows,
        next: page.next.as_ref().map(encode_cursor),
        is_continuation: listed.after.is_some(),
    })
}

async fn row(ctx: &PageContext, contact: &Contact) -> Result<ContactRow, Problem> {
    let identities = ctx.crm().contacts().identities(&ctx.actor, contact.id).await?;
    let talks = ctx.crm().conversations().of_contact(&ctx.actor, contact.id).await?;
    let name = words::contact_name(contact, &identities);
    let address = person::addresses(contact, &identities, None).into_iter().next();
    Ok(ContactRow {
        id: contact.id.to_string(),
        avatar: Avatar::of(&name),
        name: name.into(),
        address: address.map_or_else(Shown::default, |fact| fact.value),
        stage: words::stage(contact.stage).into(),
        owner: contact.owner.and_then(|owner| ctx.member(owner)).unwrap_or_default().into(),
        chips: person::chips(ctx, contact, &identities),
        last: talks.iter().map(|talk| talk.last_at).max().map(|at| ctx.moment(at)),
    })
}

fn numbered(typed: &str, country: Option<Region>) -> Result<Detail, Problem> {
    Detail::written(typed, country)
        .map_err(|error| Problem::invalid("number", format!("cannot be used: {error}")))
}

/// `POST /web/contacts`.
pub(crate) async fn create(ctx: PageContext, fields: Fields) -> Result<Response, Problem> {
    let mut form = NewContactForm {
        name: fields.get("name").to_owned(),
        phone: fields.get("phone").to_owned(),
        email: fields.get("email").to_owned(),
        ..NewContactForm::default()
    };
    let mut new = NewContact::default();
    if let Some(name) = fields.given("name") {
        match PersonName::parse(name) {
            Ok(name) => new.name = Some(name),
            Err(error) => form.name_error = Some(format!("The name {error}.")),
        }
    }
    if let Some(phone) = fields.given("phone") {
        match numbered(phone, ctx.org.dials_in()) {
            Ok(detail) => new.details.push(detail),
            Err(problem) => form.phone_error = Some(super::problems::sentence(&problem)),
        }
    }
    if let Some(email) = fields.given("email") {
        match EmailAddress::parse(email) {
            Ok(email) => new.details.push(Detail { value: DetailValue::Email(email), label: None }),
            Err(_) => form.email_error = Some("This is not a complete address.".to_owned()),
        }
    }
    if fields.given("name").or(fields.given("phone")).or(fields.given("email")).is_none() {
        form.problem = Some("A name, a number or an address is needed.".to_owned());
    }
    let keys: Vec<SubjectKey> = new.details.iter().map(|detail| detail.value.subject_key()).collect();
    if !keys.is_empty() && fields.get("anyway").is_empty() {
        let known = ctx.crm().contacts().find(&ctx.actor, &keys).await?;
        if let Some(known) = known.first() {
            form.problem = Some("A contact with this number or address is here already.".to_owned());
            form.existing = Some(known.id.to_string());
        }
    }
    let mistakes = [&form.name_error, &form.phone_error, &form.email_error, &form.problem];
    if mistakes.iter().any(|mistake| mistake.is_some()) {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, show(&form)?).into_response());
    }
    let contact = ctx.crm().contacts().create(&ctx.actor, new).await?;
    Ok(go_to(&ctx.state, &format!("contacts/{}", contact.id)))
}
