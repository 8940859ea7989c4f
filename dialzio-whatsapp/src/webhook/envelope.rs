//! The envelope: entries, changes, and the elements inside, each read for itself so that one that cannot be
//! read never costs its neighbours.
//!
//! Nearly all bodies hold messages and nothing unusual: these are read in one pass. The others are taken apart, the shell
//! first, and level by level if that fails. Where a key stands twice the last one wins.

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use dialzio_core::provider::{AccountRef, Inbound, InboundBody};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    call, message, notice, person, status,
    value::{Metadata, OBJECT, Place, Value, normalised, quoted},
};
use crate::{
    object::{Key, mended},
    scalar::Scalar,
};

#[derive(Deserialize)]
#[serde(bound(deserialize = "E: Deserialize<'de>"))]
struct Shell<'a, E> {
    #[serde(borrow, default)]
    object: Scalar<'a>,
    entry: Option<Vec<E>>,
    /// The dashboard's test button sends a bare change.
    #[serde(borrow, default)]
    field: Scalar<'a>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "C: Deserialize<'de>"))]
struct Entry<'a, C> {
    #[serde(borrow, default)]
    id: Scalar<'a>,
    #[serde(borrow, default)]
    time: Scalar<'a>,
    changes: Option<Vec<C>>,
    /// One documented example has it here, a level too high.
    #[serde(borrow, default)]
    field: Scalar<'a>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow, default)]
    field: Scalar<'a>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

/// A change whose inside is read in the pass over the whole body.
#[derive(Deserialize)]
struct MessageChange<'a> {
    #[serde(borrow, default)]
    field: Scalar<'a>,
    #[serde(borrow, default)]
    value: Lists<'a>,
}

/// The field of calls, whose elements come with descriptions of media sessions that are never kept.
const CALLS: &str = "calls";

/// The fields whose lists are read element by element.
fn is_read(field: &str) -> bool {
    matches!(field, "messages" | "user_preferences" | "user_id_update" | CALLS)
}

/// Reads a whole body. Never fails: what is not understood is `Unknown` with its bytes.
pub(crate) fn decode(body: &Bytes) -> Vec<Inbound> {
    let mut found = Vec::new();
    // Bytes that are no text, and halves of letters, cost themselves alone.
    let text = std::str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed);
    let text = mended(&text);
    if !read_in_one_pass(&text, body, &mut found) {
        read_shell(&text, body, &mut found);
    }
    if found.is_empty() {
        found.push(unknown(body.clone(), "nothing inside"));
    }
    found
}

/// Reads a body that holds nothing but lists of messages and the like; otherwise answers `false` and reads nothing.
fn read_in_one_pass(text: &str, body: &Bytes, found: &mut Vec<Inbound>) -> bool {
    let Ok(shell) = serde_json::from_str::<Shell<'_, Entry<'_, MessageChange<'_>>>>(text) else {
        return false;
    };
    let is_usual = |change: &MessageChange<'_>| {
        change.field.filled().is_some_and(is_read) && !change.value.lists.is_empty()
    };
    let Some(entries) = shell.entry.as_ref().filter(|_| shell.object.filled() == Some(OBJECT)) else {
        return false;
    };
    if !entries.iter().flat_map(|entry| entry.changes.iter().flatten()).all(is_usual) {
        return false;
    }
    for entry in entries {
        let changes = entry.changes.as_deref().unwrap_or_default();
        let place = place_of(entry, body, entries.len() == 1 && changes.len() == 1);
        for change in changes {
            let field = change.field.filled().unwrap_or_default();
            read_lists(&change.value, field, &place, found);
        }
    }
    true
}

fn read_shell(text: &str, body: &Bytes, found: &mut Vec<Inbound>) {
    if let Ok(shell) = serde_json::from_str::<Shell<'_, Entry<'_, Change<'_>>>>(text) {
        return walk(&shell, body, found, |entry, is_only, found| {
            for change in entry.changes.iter().flatten() {
                let is_only = is_only && entry.changes.as_ref().is_some_and(|changes| changes.len() == 1);
                read_change(change, &place_of(entry, body, is_only), found);
            }
        });
    }
    if let Ok(shell) = serde_json::from_str::<Shell<'_, &RawValue>>(text) {
        return walk(&shell, body, found, |raw, _, found| read_entry(raw.get(), body, found));
    }
    match normalised(text).filter(|last| last != text) {
        Some(last) => read_shell(&last, body, found),
        None => found.push(unknown(body.clone(), "not a webhook")),
    }
}

fn walk<E>(
    shell: &Shell<'_, E>,
    body: &Bytes,
    found: &mut Vec<Inbound>,
    mut read: impl FnMut(&E, bool, &mut Vec<Inbound>),
) {
    if shell.object.filled().is_some_and(|object| object != OBJECT) {
        found.push(unknown(body.clone(), "another object"));
        return;
    }
    match (&shell.entry, shell.value) {
        (Some(entries), _) => {
            for entry in entries {
                read(entry, entries.len() == 1, found);
            }
        }
        (None, Some(value)) => {
            let change = Change { field: shell.field.clone(), value: Some(value) };
            let place = Place { waba: None, time: None, field: None, body, is_only: true };
            read_change(&change, &place, found);
        }
        (None, None) => {}
    }
}

/// An entry of a shell that could not be read in one pass.
fn read_entry(raw: &str, body: &Bytes, found: &mut Vec<Inbound>) {
    let nowhere = Place { waba: None, time: None, field: None, body, is_only: false };
    let Ok(entry) = serde_json::from_str::<Entry<'_, &RawValue>>(raw) else {
        match normalised(raw).filter(|last| last != raw) {
            Some(last) => read_entry(&last, body, found),
            None => found.push(unknown(nowhere.wrapped_entry(raw), "an entry of no known shape")),
        }
        return;
    };
    let place = place_of(&entry, body, false);
    for change in entry.changes.iter().flatten() {
        let last = normalised(change.get());
        let read = serde_json::from_str::<Change<'_>>(change.get())
            .ok()
            .or_else(|| last.as_deref().and_then(|last| serde_json::from_str(last).ok()));
        match read {
            Some(change) => read_change(&change, &place, found),
            None => found.push(place.whole_change(change.get(), "a change of no known shape")),
        }
    }
}

fn read_change(change: &Change<'_>, place: &Place<'_>, found: &mut Vec<Inbound>) {
    let named = change.field.filled().or(place.field);
    let Some(raw) = change.value else {
        let text = format!(r#"{{"field":{}}}"#, quoted(named.unwrap_or_default()));
        found.push(place.whole_change(&text, named.unwrap_or("a change without a value")));
        return;
    };
    let lists = serde_json::from_str::<Lists<'_>>(raw.get()).ok();
    let is_message_like = lists.as_ref().is_some_and(Lists::holds_messages);
    let field = match named {
        Some(field) => field,
        None if is_message_like => "messages",
        None => "a change without a field",
    };
    let whole = || format!(r#"{{"field":{},"value":{}}}"#, quoted(field), raw.get());
    match lists {
        Some(lists) if is_read(field) && !lists.lists.is_empty() => read_lists(&lists, field, place, found),
        Some(lists) if !is_read(field) => match notice::of_account(field, raw.get()) {
            Some(body) => {
                let raw = if place.is_only { place.body.clone() } else { place.wrapped_change(&whole()) };
                found.push(Inbound { account: place.account(), at: place.at(), body, raw });
            }
            None => found.push(unread_change(place, &whole(), field, &lists)),
        },
        lists if field == CALLS => {
            let place = Place { is_only: false, ..*place };
            let change = call::without_media(&whole());
            found.push(unread_change(&place, &change, field, &lists.unwrap_or_default()));
        }
        lists => found.push(unread_change(place, &whole(), field, &lists.unwrap_or_default())),
    }
}

fn read_lists(lists: &Lists<'_>, field: &str, place: &Place<'_>, found: &mut Vec<Inbound>) {
    let elements: usize = lists.lists.iter().map(|(_, list)| list.len()).sum();
    let value = Value {
        place,
        field,
        contacts: person::contacts(&lists.contacts),
        metadata: lists.metadata(),
        is_only: place.is_only && elements == 1 && field != CALLS,
    };
    found.reserve(elements);
    if field == CALLS {
        return read_calls(&value, lists, found);
    }
    for (name, list) in &lists.lists {
        for element in list {
            let raw = element.get();
            found.push(match &*name.0 {
                "messages" => message::read(&value, raw),
                "statuses" => status::read(&value, raw),
                "errors" => notice::error(&value, raw),
                "user_preferences" => notice::preference(&value, raw),
                "user_id_update" => notice::user_id(&value, raw),
                other => value.unknown(other, raw, other.to_owned()),
            });
        }
    }
}

/// Errors beside a call that failed are about that call. Beside several, or another one, they are about the number.
fn read_calls(value: &Value<'_, '_>, lists: &Lists<'_>, found: &mut Vec<Inbound>) {
    let of = |wanted: &str| {
        let list = lists.lists.iter().find(|(name, _)| name.0 == wanted);
        list.map(|(_, elements)| elements.as_slice()).unwrap_or_default()
    };
    let explained = match of("calls") {
        [only] => call::with_errors(only.get(), of("errors")),
        _ => None,
    };
    for (name, list) in &lists.lists {
        for element in list {
            let raw = element.get();
            found.push(match &*name.0 {
                "calls" => call::read(value, explained.as_deref().unwrap_or(raw)),
                "statuses" => call::status(value, raw),
                "errors" if explained.is_some() => continue,
                "errors" => notice::error(value, raw),
                other => value.unknown(other, &call::without_media(raw), other.to_owned()),
            });
        }
    }
}

/// The members of a `value`: its lists in order, whatever they are called.
#[derive(Default)]
struct Lists<'a> {
    metadata: Option<&'a RawValue>,
    contacts: Vec<&'a RawValue>,
    lists: Vec<(Key<'a>, Vec<&'a RawValue>)>,
}

impl<'a> Lists<'a> {
    fn holds_messages(&self) -> bool {
        self.lists.iter().any(|(name, _)| matches!(&*name.0, "messages" | "statuses"))
    }

    fn metadata(&self) -> Metadata<'a> {
        self.metadata.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    }

    fn account(&self) -> Option<AccountRef> {
        self.metadata().phone_number_id.owned().map(AccountRef)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Lists<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Lists<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the value of a change")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Lists::default();
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    match &*key.0 {
                        "messaging_product" => drop(map.next_value::<IgnoredAny>()?),
                        "metadata" => members.metadata = Some(map.next_value()?),
                        "contacts" => members.contacts = map.next_value::<List<'de>>()?.0,
                        // Where a list stands twice, the last one wins.
                        name => {
                            members.lists.retain(|(known, _)| known.0 != name);
                            let List(elements) = map.next_value()?;
                            if !elements.is_empty() {
                                members.lists.push((key, elements));
                            }
                        }
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The elements of a list, unread; anything that is no list has none.
struct List<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for List<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements;
        impl<'de> Visitor<'de> for Elements {
            type Value = List<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while let Some(element) = seq.next_element()? {
                    elements.push(element);
                }
                Ok(List(elements))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(List(Vec::new()))
            }

            fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
                Ok(List(Vec::new()))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(List(Vec::new()))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
                Ok(List(Vec::new()))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
                Ok(List(Vec::new()))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
                Ok(List(Vec::new()))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(List(Vec::new()))
            }
        }
        deserializer.deserialize_any(Elements)
    }
}

fn unknown(raw: Bytes, what: &str) -> Inbound {
    Inbound { account: None, at: None, body: InboundBody::Unknown { what: what.to_owned() }, raw }
}

/// The place of an entry's changes.
fn place_of<'a, C>(entry: &'a Entry<'_, C>, body: &'a Bytes, is_only: bool) -> Place<'a> {
    Place { waba: entry.id.filled(), time: entry.time.integer(), field: entry.field.filled(), body, is_only }
}

/// A change that is not read, for the number that it names.
fn unread_change(place: &Place<'_>, change: &str, what: &str, lists: &Lists<'_>) -> Inbound {
    let kept = place.whole_change(change, what);
    Inbound { account: lists.account().or(kept.account), ..kept }
}
