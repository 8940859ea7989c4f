//! Contact cards, as telephones share them.

use dialzio_core::conversation::{CardLine, ContactCard};
use serde_json::value::RawValue;

use crate::{
    object::{Beside, object, part},
    scalar::Scalar,
};

object! {
    struct Card<'a> {
        name: Option<&'a RawValue> = "name",
        phones: Vec<&'a RawValue> = "phones",
        emails: Vec<&'a RawValue> = "emails",
        urls: Vec<&'a RawValue> = "urls",
        addresses: Vec<&'a RawValue> = "addresses",
        org: Option<&'a RawValue> = "org",
        birthday: Scalar<'a> = "birthday",
        origin: Scalar<'a> = "origin",
    }
}

object! {
    struct Name<'a> {
        formatted_name: Scalar<'a> = "formatted_name",
    }
}

object! {
    struct Organisation<'a> {
        company: Scalar<'a> = "company",
        title: Scalar<'a> = "title",
    }
}

object! {
    /// A number, an e-mail address or a web address.
    struct Line<'a> {
        phone: Scalar<'a> = "phone",
        email: Scalar<'a> = "email",
        url: Scalar<'a> = "url",
        wa_id: Scalar<'a> = "wa_id",
        label: Scalar<'a> = "type",
    }
}

object! {
    struct Address<'a> {
        street: Scalar<'a> = "street",
        city: Scalar<'a> = "city",
        state: Scalar<'a> = "state",
        zip: Scalar<'a> = "zip",
        country: Scalar<'a> = "country",
        label: Scalar<'a> = "type",
    }
}

/// One card; `None` if it is no object.
pub(super) fn read(raw: &RawValue, path: &str, is_own: bool, beside: &mut Beside) -> Option<ContactCard> {
    let card: Card<'_> = serde_json::from_str(raw.get()).ok()?;
    beside.keep(path, &card.more);
    let name: Name<'_> = part(card.name).unwrap_or_default();
    // The parts of a name only where they say more than the whole.
    let said = name.formatted_name.text().unwrap_or_default();
    let more = name.more.into_iter().filter(|(_, raw)| !said.contains(&*unquoted(raw))).collect();
    beside.keep(&format!("{path}.name"), &more);
    let org: Organisation<'_> = part(card.org).unwrap_or_default();
    beside.keep(&format!("{path}.org"), &org.more);
    let is_asked_for = card.origin.text() == Some("contact_request");
    if !is_asked_for {
        beside.odd_text(&format!("{path}.origin"), card.origin.text());
    }
    Some(ContactCard {
        name: name.formatted_name.owned().filter(|name| !name.trim().is_empty()),
        phones: lines(&card.phones, &format!("{path}.phones"), beside),
        emails: lines(&card.emails, &format!("{path}.emails"), beside),
        urls: lines(&card.urls, &format!("{path}.urls"), beside),
        addresses: addresses(&card.addresses, &format!("{path}.addresses"), beside),
        company: org.company.owned(),
        title: org.title.owned(),
        birthday: card.birthday.owned(),
        own: is_own || is_asked_for,
    })
}

fn unquoted(raw: &RawValue) -> std::borrow::Cow<'_, str> {
    Scalar::of(raw.get()).text().map_or(raw.get().into(), |text| text.to_owned().into())
}

fn lines(raws: &[&RawValue], path: &str, beside: &mut Beside) -> Vec<CardLine> {
    let mut lines = Vec::new();
    for (place, raw) in raws.iter().enumerate() {
        let path = format!("{path}[{place}]");
        let line: Option<Line<'_>> = serde_json::from_str(raw.get()).ok();
        let value = line.as_ref().and_then(|line| {
            let ways = [&line.phone, &line.email, &line.url, &line.wa_id];
            ways.into_iter().find_map(Scalar::owned)
        });
        match (line, value) {
            (Some(line), Some(value)) => {
                beside.keep(&path, &line.more);
                lines.push(labelled(value, &line.label, line.wa_id.owned()));
            }
            _ => beside.odd(&path, raw.get()),
        }
    }
    lines
}

fn addresses(raws: &[&RawValue], path: &str, beside: &mut Beside) -> Vec<CardLine> {
    let mut lines = Vec::new();
    for (place, raw) in raws.iter().enumerate() {
        let path = format!("{path}[{place}]");
        let Ok(address) = serde_json::from_str::<Address<'_>>(raw.get()) else {
            beside.odd(&path, raw.get());
            continue;
        };
        let parts = [&address.street, &address.city, &address.state, &address.zip, &address.country];
        let parts: Vec<&str> = parts.into_iter().filter_map(Scalar::filled).collect();
        beside.keep(&path, &address.more);
        if !parts.is_empty() {
            lines.push(labelled(parts.join(", "), &address.label, None));
        }
    }
    lines
}

/// A line of a card with its label.
pub(super) fn labelled(value: String, label: &Scalar<'_>, provider_id: Option<String>) -> CardLine {
    CardLine { value, label: label.owned(), provider_id }
}
