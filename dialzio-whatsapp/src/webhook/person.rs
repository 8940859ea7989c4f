//! Who a report is about: phone, business-scoped ids, names, in any combination.

use dialzio_core::{
    PhoneNumber,
    contact::BusinessScopedId,
    provider::Sender,
    text::{PersonName, Username},
};
use serde_json::value::RawValue;

use crate::{
    object::{Beside, object},
    scalar::Scalar,
};

object! {
    /// One element of `contacts`.
    struct MetaContact<'a> {
        profile: Option<&'a RawValue> = "profile",
        wa_id: Scalar<'a> = "wa_id",
        user_id: Scalar<'a> = "user_id",
        parent_user_id: Scalar<'a> = "parent_user_id",
    }
}

object! {
    /// What a person says about themselves.
    struct Profile<'a> {
        name: Scalar<'a> = "name",
        username: Scalar<'a> = "username",
    }
}

/// One element of `contacts`, read, and its text.
pub(super) struct Contact<'a> {
    ids: MetaContact<'a>,
    profile: Profile<'a>,
    pub(super) raw: &'a str,
}

impl Contact<'_> {
    /// Keeps what is not read of it.
    pub(super) fn rest(&self, beside: &mut Beside) {
        beside.keep("contact", &self.ids.more);
        beside.keep("contact.profile", &self.profile.more);
    }
}

/// The contacts that can be read; one that cannot only costs its names.
pub(super) fn contacts<'a>(raws: &[&'a RawValue]) -> Vec<Contact<'a>> {
    let read = |raw: &&'a RawValue| {
        let ids: MetaContact<'a> = serde_json::from_str(raw.get()).ok()?;
        let profile = ids.profile.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
        Some(Contact { ids, profile, raw: raw.get() })
    };
    raws.iter().filter_map(read).collect()
}

/// A person's ids as an element names them.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) phone: Option<&'a str>,
    pub(super) user_id: Option<&'a str>,
    pub(super) parent_id: Option<&'a str>,
}

/// A phone as WhatsApp writes it, or with its plus.
pub(super) fn phone(text: Option<&str>) -> Option<PhoneNumber> {
    let text = text?.trim();
    PhoneNumber::from_digits(text.strip_prefix('+').unwrap_or(text)).ok()
}

/// A business-scoped id. One documented example carries a stray `u` in front of the country.
pub(super) fn scoped(text: Option<&str>) -> Option<BusinessScopedId> {
    BusinessScopedId::parse(trimmed(text?))
}

fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [b'u', first, second, b'.', ..] if first.is_ascii_uppercase() && second.is_ascii_uppercase() => {
            &text[1..]
        }
        _ => text,
    }
}

/// Puts together what the element and its contact say, and which contact that was.
///
/// A contact belongs to an element by id, never by position. Only an element that names no person takes
/// the contact that stands alone.
pub(super) fn sender<'c, 'a>(
    named: Named<'_>,
    contacts: &'c [Contact<'a>],
) -> (Sender, Option<&'c Contact<'a>>) {
    let mut sender = Sender {
        phone: phone(named.phone),
        scoped: scoped(named.user_id),
        parent_scoped: scoped(named.parent_id),
        ..Sender::default()
    };
    // Where the phone is hidden, one revision of the payloads puts the user id into the phone's place.
    if sender.phone.is_none() && sender.scoped.is_none() && named.phone.is_some_and(|text| text.contains('.'))
    {
        sender.scoped = scoped(named.phone);
    }
    let is_nobody = sender.phone.is_none() && sender.scoped.is_none() && sender.parent_scoped.is_none();
    let found = match contacts {
        [only] if is_nobody => Some(only),
        _ => contacts.iter().find(|contact| is_about(contact, &sender)),
    };
    if let Some(contact) = found {
        sender.phone = sender.phone.or_else(|| phone(contact.ids.wa_id.text()));
        sender.scoped = sender.scoped.or_else(|| scoped(contact.ids.user_id.text()));
        sender.parent_scoped = sender.parent_scoped.or_else(|| scoped(contact.ids.parent_user_id.text()));
        sender.profile_name = contact.profile.name.text().and_then(PersonName::received);
        let username = contact.profile.username.text().map(|name| name.trim_start_matches('@'));
        sender.username = username.and_then(Username::received);
    }
    (sender, found)
}

fn is_about(contact: &Contact<'_>, sender: &Sender) -> bool {
    if let (Some(one), Some(two)) = (contact.ids.user_id.filled(), &sender.scoped) {
        return trimmed(one) == two.reveal();
    }
    let (Some(one), Some(two)) = (contact.ids.wa_id.filled(), &sender.phone) else { return false };
    one == two.digits() || phone(Some(one)).is_some_and(|one| one.match_key() == two.match_key())
}

/// Whether anything at all is known about who it is.
pub(super) fn is_somebody(sender: &Sender) -> bool {
    sender.phone.is_some() || sender.scoped.is_some() || sender.parent_scoped.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASHA: &str =
        r#"{"profile":{"name":"Asha","username":"@asha"},"wa_id":"919876500001","user_id":"uIN.7"}"#;
    const RAVI: &str = r#"{"profile":{"name":"Ravi"},"wa_id":"919876500002"}"#;

    fn with<T>(raws: &[&str], ask: impl FnOnce(&[Contact<'_>]) -> T) -> T {
        let raws: Vec<Box<RawValue>> =
            raws.iter().map(|raw| RawValue::from_string((*raw).to_owned()).unwrap()).collect();
        let borrowed: Vec<&RawValue> = raws.iter().map(AsRef::as_ref).collect();
        ask(&contacts(&borrowed))
    }

    #[test]
    fn contacts_are_matched_by_id_and_never_by_position() {
        let named = Named { phone: Some("919876500001"), ..Named::default() };
        let sender = with(&[RAVI, ASHA], |contacts| sender(named, contacts).0);
        assert_eq!(sender.profile_name.unwrap().reveal(), "Asha");
        assert_eq!(sender.scoped.unwrap().reveal(), "IN.7");
        assert_eq!(sender.username.unwrap().reveal(), "asha");
        let stranger = Named { phone: Some("919876500009"), ..Named::default() };
        assert_eq!(with(&[RAVI], |contacts| super::sender(stranger, contacts).0).profile_name, None);
    }

    #[test]
    fn a_hidden_phone_is_no_phone() {
        let named = Named { user_id: Some("IN.7"), ..Named::default() };
        let raw = r#"{"profile":{"name":"Asha"},"user_id":"IN.7"}"#;
        let sender = with(&[raw], |contacts| sender(named, contacts).0);
        assert_eq!(sender.phone, None);
        assert_eq!(sender.profile_name.unwrap().reveal(), "Asha");
    }

    #[test]
    fn the_only_contact_stands_for_an_element_that_names_nobody() {
        let one = with(&[ASHA], |contacts| sender(Named::default(), contacts).0);
        assert!(is_somebody(&one));
        let two = with(&[ASHA, RAVI], |contacts| sender(Named::default(), contacts).0);
        assert!(!is_somebody(&two));
    }
}
