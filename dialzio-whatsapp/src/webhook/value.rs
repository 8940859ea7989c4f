//! What stands around an element: its entry, its change and their account, and the bytes that it is kept as alone.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use dialzio_core::provider::{AccountRef, Inbound, InboundBody};
use serde::Deserialize;

use super::person::Contact;
use crate::scalar::Scalar;

/// The one kind of object whose webhooks are ours.
pub(super) const OBJECT: &str = "whatsapp_business_account";

/// What stands around a change.
pub(super) struct Place<'a> {
    pub(super) waba: Option<&'a str>,
    pub(super) time: Option<i64>,
    pub(super) field: Option<&'a str>,
    pub(super) body: &'a Bytes,
    /// The only change of the body.
    pub(super) is_only: bool,
}

impl<'a> Place<'a> {
    /// The account of what concerns a business account as a whole.
    pub(super) fn account(&self) -> Option<AccountRef> {
        self.waba.map(|waba| AccountRef(waba.to_owned()))
    }

    pub(super) fn at(&self) -> Option<DateTime<Utc>> {
        moment(self.time?)
    }

    pub(super) fn whole_change(&self, change: &str, what: &str) -> Inbound {
        let raw = if self.is_only { self.body.clone() } else { self.wrapped_change(change) };
        Inbound {
            account: self.account(),
            at: self.at(),
            body: InboundBody::Unknown { what: what.to_owned() },
            raw,
        }
    }

    pub(super) fn wrapped_entry(&self, entry: &str) -> Bytes {
        Bytes::from(format!(r#"{{"object":"{OBJECT}","entry":[{entry}]}}"#))
    }

    pub(super) fn wrapped_change(&self, change: &str) -> Bytes {
        let id = quoted(self.waba.unwrap_or_default());
        let time = self.time.map(|time| format!(r#","time":{time}"#)).unwrap_or_default();
        self.wrapped_entry(&format!(r#"{{"id":{id}{time},"changes":[{change}]}}"#))
    }
}

/// The inside of one change, and the bytes that its elements are kept as.
pub(super) struct Value<'a, 'p> {
    pub(super) place: &'p Place<'p>,
    pub(super) field: &'p str,
    pub(super) contacts: Vec<Contact<'a>>,
    pub(super) metadata: Metadata<'a>,
    pub(super) is_only: bool,
}

impl Value<'_, '_> {
    pub(super) fn account(&self) -> Option<AccountRef> {
        let number = self.metadata.phone_number_id.filled();
        number.map(|id| AccountRef(id.to_owned())).or_else(|| self.place.account())
    }

    /// A whole body that holds one element alone, with the contact that belongs to it.
    pub(super) fn alone(&self, list: &str, element: &str, contact: Option<&Contact<'_>>) -> Bytes {
        if self.is_only {
            return self.place.body.clone();
        }
        let mut value = String::with_capacity(element.len() + 512);
        value.push_str(r#"{"messaging_product":"whatsapp""#);
        if let Some(id) = self.metadata.phone_number_id.filled() {
            let shown = quoted(self.metadata.display_phone_number.text().unwrap_or_default());
            value.push_str(&format!(
                r#","metadata":{{"phone_number_id":{},"display_phone_number":{shown}}}"#,
                quoted(id)
            ));
        }
        if let Some(contact) = contact {
            value.push_str(&format!(r#","contacts":[{}]"#, contact.raw));
        }
        value.push_str(&format!(r#",{}:[{element}]}}"#, quoted(list)));
        let field = quoted(self.field);
        self.place.wrapped_change(&format!(r#"{{"field":{field},"value":{value}}}"#))
    }

    pub(super) fn unknown(&self, list: &str, element: &str, what: String) -> Inbound {
        Inbound {
            account: self.account(),
            at: self.place.at(),
            body: InboundBody::Unknown { what },
            raw: self.alone(list, element, None),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Metadata<'a> {
    #[serde(borrow)]
    pub(super) phone_number_id: Scalar<'a>,
    #[serde(borrow)]
    pub(super) display_phone_number: Scalar<'a>,
}

/// Seconds since 1970; a value that can only be milliseconds is taken as such.
pub(super) fn moment(seconds: i64) -> Option<DateTime<Utc>> {
    if seconds.abs() > 100_000_000_000 {
        return DateTime::from_timestamp_millis(seconds);
    }
    DateTime::from_timestamp(seconds, 0)
}

/// JSON with every key once, the last one; `None` if it is no JSON or too deep.
pub(super) fn normalised(raw: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(raw).ok()?;
    Some(value.to_string())
}

pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
