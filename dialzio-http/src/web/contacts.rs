//! A new contact.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use dialzio_core::Region;
use dialzio_core::contact::{Detail, DetailValue, NewContact, SubjectKey};
use dialzio_core::text::{EmailAddress, PersonName};

use super::entry::go_to;
use super::page_context::{PageContext, show};
use super::view::contact::NewContactForm;
use crate::form::Fields;
use crate::problem::Problem;

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
        form.problem = Some("Enter a name, a number or an address.".to_owned());
    }
    let keys: Vec<SubjectKey> = new.details.iter().map(|detail| detail.value.subject_key()).collect();
    if !keys.is_empty() && fields.get("anyway").is_empty() {
        let known = ctx.crm().contacts().find(&ctx.actor, &keys).await?;
        if let Some(known) = known.first() {
            let name = known.name.as_ref().map_or("a contact without a name", |name| name.reveal());
            form.problem = Some(format!("This number or address already belongs to {name}."));
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
