//! Editing a contact's name, numbers and addresses.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use dialzio_core::contact::{Contact, ContactPatch, Detail, DetailValue, SubjectKey};
use dialzio_core::text::{EmailAddress, Label, PersonName};
use dialzio_core::{ContactId, Error, Identifiers, Permission, Region, Revision};

use super::lines::Lines;
use super::page_context::{PageContext, beside, show};
use super::view::contact::{EditContactForm, EditDetail};
use super::{contact, person, words};
use crate::api::Id;
use crate::form::Fields;
use crate::problem::Problem;

/// `GET /web/contacts/{contact}/edit`.
pub(crate) async fn read(ctx: PageContext, Id(id): Id<ContactId>) -> Result<Html<String>, Problem> {
    may_edit(&ctx)?;
    let contact = ctx.crm().contacts().get(&ctx.actor, id).await?;
    show(&form_of(&contact, ctx.identifiers()))
}

fn may_edit(ctx: &PageContext) -> Result<(), Error> {
    let permission = Permission::ContactsWrite;
    if ctx.may(permission) { Ok(()) } else { Err(Error::Denied { permission }) }
}

fn form_of(contact: &Contact, seen: Identifiers) -> EditContactForm {
    let row = |detail: &Detail| EditDetail {
        kind: detail.value.kind(),
        value: written(detail, seen),
        label: detail.label.as_ref().map(|label| label.reveal().to_owned()).unwrap_or_default(),
        ..EditDetail::default()
    };
    EditContactForm {
        contact: contact.id.to_string(),
        revision: contact.revision.0.to_string(),
        name: contact.name.as_ref().map(|name| seen.name(name.reveal()).into_owned()).unwrap_or_default(),
        details: contact.details.iter().map(row).collect(),
        ..EditContactForm::default()
    }
}

/// A number or address as the form shows it.
fn written(detail: &Detail, seen: Identifiers) -> String {
    let extension = detail.value.extension().filter(|_| seen.are_whole());
    let extension = extension.map(|digits| format!(" ext. {}", digits.reveal()));
    words::detail(detail, seen) + &extension.unwrap_or_default()
}

/// What was typed, as a form without mistakes. Rows keep their order; a row of another kind than these two is left out.
fn typed(contact: ContactId, fields: &Fields) -> EditContactForm {
    let row = |(place, kind): (String, String)| {
        let kind = [PHONE, EMAIL].into_iter().find(|known| *known == kind)?;
        let value = fields.get(&format!("value.{place}")).to_owned();
        let label = fields.get(&format!("label.{place}")).to_owned();
        Some(EditDetail { kind, value, label, ..EditDetail::default() })
    };
    EditContactForm {
        contact: contact.to_string(),
        revision: fields.get("revision").to_owned(),
        name: fields.get("name").to_owned(),
        details: fields.under("kind.").into_iter().filter_map(row).collect(),
        ..EditContactForm::default()
    }
}

const PHONE: &str = "phone";
const EMAIL: &str = "email";

fn again(form: &EditContactForm) -> Result<Response, Problem> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, show(form)?).into_response())
}

/// Reads a row. What is unchanged stays exactly as it was written at first, whatever country numbers are read in by now, and
/// however its reader sees it.
fn detail_of(
    row: &mut EditDetail,
    unchanged: &mut Vec<&Detail>,
    country: Option<Region>,
    seen: Identifiers,
) -> Option<Detail> {
    let text = row.value.trim();
    let is_meant = |known: &&Detail| known.value.kind() == row.kind && written(known, seen) == text;
    let known = unchanged.iter().position(is_meant).map(|place| unchanged.remove(place));
    let value = match known {
        Some(known) => Some(known.value.clone()),
        None if row.kind == PHONE => match Detail::written(text, country) {
            Ok(read) => Some(read.value),
            Err(error) => {
                row.value_error = Some(format!("This number cannot be used: {error}."));
                None
            }
        },
        None => {
            let email = EmailAddress::parse(text).ok().map(DetailValue::Email);
            if email.is_none() {
                row.value_error = Some("This is not a complete address.".to_owned());
            }
            email
        }
    };
    let label = match Some(row.label.trim()).filter(|label| !label.is_empty()).map(Label::parse).transpose() {
        Ok(label) => label,
        Err(error) => {
            row.label_error = Some(format!("The label {error}."));
            return None;
        }
    };
    Some(Detail { value: value?, label })
}

/// `POST /web/contacts/{contact}/edit`: adds a row, removes one, or saves.
pub(crate) async fn save(
    ctx: PageContext,
    Id(id): Id<ContactId>,
    fields: Fields,
) -> Result<Response, Problem> {
    may_edit(&ctx)?;
    let mut form = typed(id, &fields);
    let stored = ctx.crm().contacts().get(&ctx.actor, id).await?;
    if let Some(kind) = [PHONE, EMAIL].into_iter().find(|kind| fields.get("add") == *kind) {
        form.details.push(EditDetail { kind, is_new: true, ..EditDetail::default() });
        return again(&form);
    }
    if let Some(place) = fields.given("remove").and_then(|place| place.parse::<usize>().ok()) {
        if place < form.details.len() {
            form.details.remove(place);
        }
        return again(&form);
    }
    let Some(patch) = patch(&ctx, &stored, &mut form, &fields).await? else { return again(&form) };
    match ctx.crm().contacts().update(&ctx.actor, id, patch).await {
        Ok(saved) => updated(&ctx, &saved).await,
        Err(Error::Stale { .. } | Error::Conflict { .. }) => {
            let now = ctx.crm().contacts().get(&ctx.actor, id).await?;
            let seen = ctx.identifiers();
            let name = now.name.as_ref().map(|name| seen.name(name.reveal()).into_owned());
            let name = name.unwrap_or_else(|| "no name".to_owned());
            let details = now.details.iter().map(|detail| written(detail, seen));
            let all = std::iter::once(name).chain(details);
            let all: Vec<String> = all.collect();
            form.problem = Some(format!(
                "A colleague changed this contact while you were editing. It now has: {}. Save again to replace that with your version.",
                all.join(", ")
            ));
            form.revision = now.revision.0.to_string();
            again(&form)
        }
        Err(error) => Err(error.into()),
    }
}

/// The change that the form asks for; `None` if the form has mistakes, which are then marked in it.
async fn patch(
    ctx: &PageContext,
    stored: &Contact,
    form: &mut EditContactForm,
    fields: &Fields,
) -> Result<Option<ContactPatch>, Problem> {
    let seen = ctx.identifiers();
    let is_shown = |name: &PersonName| fields.given("name") == Some(&*seen.name(name.reveal()));
    let name = match fields.given("name").map(PersonName::parse).transpose() {
        _ if stored.name.as_ref().is_some_and(is_shown) => stored.name.clone(),
        Ok(name) => name,
        Err(error) => {
            form.name_error = Some(format!("The name {error}."));
            None
        }
    };
    // A row that was left empty is one that is not wanted.
    form.details.retain(|row| !row.value.trim().is_empty());
    let country = ctx.org.dials_in();
    let rows = form.details.iter_mut();
    let mut unchanged: Vec<&Detail> = stored.details.iter().collect();
    let details: Vec<Detail> = rows.filter_map(|row| detail_of(row, &mut unchanged, country, seen)).collect();
    if form.details.len() > Contact::MAX_DETAILS {
        form.problem = Some(format!("A contact has at most {} numbers and addresses.", Contact::MAX_DETAILS));
    }
    let revision = fields.get("revision").parse().map(Revision);
    let revision = revision.map_err(|_| Problem::invalid("revision", "is not a revision"))?;
    let wrong = |row: &EditDetail| row.value_error.is_some() || row.label_error.is_some();
    if form.name_error.is_some() || form.problem.is_some() || form.details.iter().any(wrong) {
        return Ok(None);
    }
    let is_new = |detail: &&Detail| !stored.details.iter().any(|known| known.value == detail.value);
    let added: Vec<SubjectKey> =
        details.iter().filter(is_new).map(|detail| detail.value.subject_key()).collect();
    if !added.is_empty() && fields.get("anyway").is_empty() {
        let known = ctx.crm().contacts().find(&ctx.actor, &added).await?;
        if let Some(other) = known.iter().find(|known| known.id != stored.id) {
            let words = "Another contact has this number or address. Save again to keep it on both.";
            form.problem = Some(words.to_owned());
            form.existing = Some(other.id.to_string());
            return Ok(None);
        }
    }
    Ok(Some(ContactPatch {
        // A name that is not touched keeps following the person's profile if it did so.
        name: (name != stored.name).then_some(name),
        details: (details != stored.details).then_some(details),
        revision: Some(revision),
        ..ContactPatch::default()
    }))
}

/// The form as it is stored now, and beside it every part of the page that shows what was edited.
async fn updated(ctx: &PageContext, contact: &Contact) -> Result<Response, Problem> {
    let identities = ctx.crm().contacts().identities(&ctx.actor, contact.id).await?;
    let Html(mut html) = show(&form_of(contact, ctx.identifiers()))?;
    html.push_str(&beside("contact-name", "innerHTML", &contact::head(ctx, contact, &identities))?);
    html.push_str(&beside(
        "contact-open",
        "innerHTML",
        &contact::ways_to_open(ctx, contact, &identities).await?,
    )?);
    let addresses = person::contact_addresses(ctx, contact, &identities, &Lines::of(ctx).await?);
    html.push_str(&beside("contact-addresses", "innerHTML", &addresses)?);
    Ok(Html(html).into_response())
}
