//! Bodies of reports: JSON, a form or a query, with the report as it is, in a list, below a word such as `data`, or as JSON
//! text in a single field. Each value is read for itself, from the very characters that stand there, so that one odd value
//! costs nothing but itself and no number goes through floating point.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;
use url::form_urlencoded;

use crate::number;

/// How many lists, words and texts may stand around a report.
const DEEPEST: usize = 6;
/// Words below which some senders put the report.
const WRAPPERS: [&str; 6] = ["data", "cdr", "call", "payload", "body", "record"];
/// Fields by which a report is known.
const MARKS: [&str; 6] = ["cmiuuid", "cmiuid", "conversation_uuid", "request_id", "call_id", "direction"];

/// A part of a body: a report, or what could not be read as one, with a whole body that holds it alone.
pub(crate) struct Element {
    pub(crate) raw: Bytes,
    pub(crate) what: What,
}

/// What a part of a body is.
pub(crate) enum What {
    /// An object or a form.
    Fields(Fields),
    /// Something else, in a word.
    Unread(&'static str),
}

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    /// The field is not there.
    Absent,
    /// It is there, and empty: nothing, null, or the word `null`.
    Blank,
    /// What it says.
    Text(String),
}

impl Field {
    fn of(text: &str) -> Self {
        match text.trim_matches(|c: char| c.is_whitespace() || c.is_control()) {
            "" => Self::Blank,
            text if text.eq_ignore_ascii_case("null") => Self::Blank,
            text => Self::Text(text.to_owned()),
        }
    }

    /// What it says, if anything.
    pub(crate) fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Absent | Self::Blank => None,
        }
    }
}

/// The fields of a report, each with its JSON, or with its text if it was a form.
pub(crate) struct Fields(Vec<(String, Value)>);

enum Value {
    Json(Box<RawValue>),
    Text(String),
}

impl Fields {
    /// The members of a JSON object; `None` if it is none.
    pub(crate) fn of_object(json: &str) -> Option<Self> {
        let members: Members<'_> = serde_json::from_str(json).ok()?;
        let each = |(name, raw): (Cow<'_, str>, &RawValue)| (name.into_owned(), Value::Json(raw.to_owned()));
        Some(Self(members.0.into_iter().map(each).collect()))
    }

    /// The last field of a name counts, in whatever case it is written.
    fn value(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// What a field says. A list or an object says nothing here.
    pub(crate) fn field(&self, name: &str) -> Field {
        match self.value(name) {
            None => Field::Absent,
            Some(Value::Text(text)) => Field::of(text),
            Some(Value::Json(raw)) => scalar(raw.get()).map_or(Field::Blank, |text| Field::of(&text)),
        }
    }

    /// What the first of these fields that says anything says.
    pub(crate) fn text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.field(name).text())
    }

    /// A telephone number as it is written, with what floating point did to it undone.
    pub(crate) fn phone(&self, name: &str) -> Field {
        match self.field(name) {
            Field::Text(text) => Field::Text(number::undone(&text).into_owned()),
            other => other,
        }
    }

    /// A count, in whole units.
    pub(crate) fn count(&self, names: &[&str]) -> Option<u32> {
        names.iter().find_map(|name| u32::try_from(number::integer(&self.field(name).text()?)?).ok())
    }

    /// Yes or no; `None` if it does not say.
    pub(crate) fn truth(&self, name: &str) -> Option<bool> {
        match self.field(name).text()?.to_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        }
    }

    /// The JSON of a field, whatever it is, or its text.
    pub(crate) fn whole(&self, name: &str) -> Option<&str> {
        self.value(name).map(|value| match value {
            Value::Json(raw) => raw.get(),
            Value::Text(text) => text,
        })
    }

    /// The fields whose names begin so, with the whole of each.
    pub(crate) fn below<'a>(&'a self, begin: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let named = move |(name, _): &&(String, Value)| {
            name.get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin))
        };
        self.0.iter().filter(named).map(|(name, value)| {
            let whole = match value {
                Value::Json(raw) => raw.get(),
                Value::Text(text) => text.as_str(),
            };
            (name.as_str(), whole)
        })
    }

    /// The elements of a list.
    pub(crate) fn list(&self, name: &str) -> Vec<Fields> {
        let raw = self.whole(name).unwrap_or_default();
        let elements: Vec<&RawValue> = serde_json::from_str(raw).unwrap_or_default();
        elements.into_iter().filter_map(|element| Self::of_object(element.get())).collect()
    }

    /// The object in a field.
    pub(crate) fn object(&self, name: &str) -> Option<Fields> {
        Self::of_object(self.whole(name)?)
    }

    fn is_report(&self) -> bool {
        MARKS.iter().any(|mark| self.value(mark).is_some())
    }

    /// What the report is wrapped in, if it is: the value below a known word, or of the only field there is.
    fn wrapped(&self) -> Option<Cow<'_, str>> {
        if self.is_report() {
            return None;
        }
        if let [(name, value)] = self.0.as_slice() {
            // A body of JSON that was announced as a form is the name of a field without a value.
            let inner = Some(self.whole(name).unwrap_or_default()).filter(|text| !text.is_empty());
            let is_name = matches!(value, Value::Text(_)) && looks_like_json(name);
            return match inner {
                None if is_name => Some(Cow::Borrowed(name)),
                Some(rest) if is_name => Some(Cow::Owned(format!("{name}={rest}"))),
                Some(inner) => Some(Cow::Borrowed(inner)).filter(|inner| holds_json(inner)),
                None => None,
            };
        }
        let below = |name: &&str| self.whole(name).filter(|inner| holds_json(inner));
        WRAPPERS.iter().find_map(below).map(Cow::Borrowed)
    }
}

/// The members of an object in their order.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some((name, raw)) = map.next_entry::<Name<'de>, &'de RawValue>()? {
                    members.push((name.0, raw));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

/// The name of a member, which may hold escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// The text of a scalar: what stands between the quotes, or the characters of a number or a truth value.
fn scalar(json: &str) -> Option<Cow<'_, str>> {
    match json.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(json).ok().map(Cow::Owned),
        b'{' | b'[' => None,
        _ => Some(Cow::Borrowed(json)),
    }
}

fn looks_like_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// Whether a JSON value, or a text, is an object or a list, or holds one as text.
fn holds_json(value: &str) -> bool {
    looks_like_json(value) || scalar(value).is_some_and(|text| looks_like_json(&text))
}

/// The parts of a body, at least one. Never fails: what cannot be read is there as it is.
pub(crate) fn elements(body: &Bytes) -> Vec<Element> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    let mut found = Vec::new();
    if looks_like_json(text) || text.starts_with('"') {
        read(text, 0, &mut found);
    } else {
        found.extend(form(text));
    }
    if found.is_empty() {
        found.push(unread("nothing inside", text));
    }
    // What stands alone is kept as it arrived, with what is around it.
    if let [only] = found.as_mut_slice() {
        only.raw = body.clone();
    }
    found
}

fn unread(why: &'static str, text: &str) -> Element {
    Element { raw: Bytes::copy_from_slice(text.as_bytes()), what: What::Unread(why) }
}

fn read(text: &str, depth: usize, found: &mut Vec<Element>) {
    if depth > DEEPEST {
        return found.push(unread("too many wrappings", text));
    }
    match text.trim_start().as_bytes().first() {
        Some(b'{') => match Fields::of_object(text) {
            Some(fields) => match fields.wrapped() {
                Some(inner) => read(&inner, depth + 1, found),
                None => found.push(Element {
                    raw: Bytes::copy_from_slice(text.as_bytes()),
                    what: What::Fields(fields),
                }),
            },
            None => found.push(unread("not JSON", text)),
        },
        Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(list) => list.into_iter().for_each(|element| read(element.get(), depth + 1, found)),
            Err(_) => found.push(unread("not JSON", text)),
        },
        Some(b'"') => match serde_json::from_str::<String>(text) {
            Ok(inner) if looks_like_json(&inner) => read(inner.trim(), depth + 1, found),
            Ok(_) => found.push(unread("a text", text)),
            Err(_) => found.push(unread("not JSON", text)),
        },
        _ => found.push(unread("not a report", text)),
    }
}

/// A form or a query, which are written alike.
fn form(text: &str) -> Vec<Element> {
    if !text.contains('=') && !text.contains("%7B") && !text.contains("%5B") {
        return Vec::new();
    }
    let pairs = form_urlencoded::parse(text.as_bytes());
    let fields =
        Fields(pairs.map(|(name, value)| (name.into_owned(), Value::Text(value.into_owned()))).collect());
    let mut found = Vec::new();
    match fields.wrapped() {
        Some(inner) => read(&inner, 1, &mut found),
        None => {
            found.push(Element { raw: Bytes::copy_from_slice(text.as_bytes()), what: What::Fields(fields) });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(body: &str) -> Vec<Option<String>> {
        let each = |element: Element| match element.what {
            What::Fields(fields) => fields.text(&["cmiuuid"]),
            What::Unread(_) => None,
        };
        elements(&Bytes::copy_from_slice(body.as_bytes())).into_iter().map(each).collect()
    }

    fn only(body: &str) -> Fields {
        let mut found = elements(&Bytes::copy_from_slice(body.as_bytes()));
        assert_eq!(found.len(), 1, "{body}");
        match found.remove(0).what {
            What::Fields(fields) => fields,
            What::Unread(why) => panic!("{body}: {why}"),
        }
    }

    #[test]
    fn a_report_is_found_in_whatever_it_is_wrapped() {
        let plain = r#"{"cmiuuid":"a1","status":"missed"}"#;
        let quoted = serde_json::to_string(plain).unwrap();
        for body in [
            plain.to_owned(),
            format!("\u{feff}  {plain}\n"),
            format!("[{plain}]"),
            format!(r#"{{"data":{plain}}}"#),
            format!(r#"{{"cdr":[{plain}],"code":200}}"#),
            format!(r#"{{"ok":true,"payload":{quoted}}}"#),
            format!(r#"{{"anything":{quoted}}}"#),
            format!(r#"{{"call":{{"record":{plain}}}}}"#),
            quoted.clone(),
            "cmiuuid=a1&status=missed".to_owned(),
            format!("payload={}", form_urlencoded::byte_serialize(plain.as_bytes()).collect::<String>()),
            form_urlencoded::byte_serialize(plain.as_bytes()).collect(),
            format!("{}=", form_urlencoded::byte_serialize(plain.as_bytes()).collect::<String>()),
        ] {
            assert_eq!(ids(&body), [Some("a1".to_owned())], "{body}");
        }
        assert_eq!(
            ids(&format!("[{plain},7,{plain}]")),
            [Some("a1".to_owned()), None, Some("a1".to_owned())]
        );
    }

    #[test]
    fn a_word_that_wraps_elsewhere_may_be_a_field_of_a_report() {
        let fields = only(r#"{"cmiuuid":"a1","record":"true","data":{"cmiuuid":"b2"}}"#);
        assert_eq!(fields.text(&["cmiuuid"]).as_deref(), Some("a1"));
        assert_eq!(fields.truth("record"), Some(true));
    }

    #[test]
    fn every_digit_of_a_number_is_kept() {
        let fields = only(
            r#"{"cmiuuid":1,"from":919000000351,"to":"919000000351","vn":9.19000000351E11,"far":123456789012345678}"#,
        );
        for name in ["from", "to", "vn"] {
            assert_eq!(fields.phone(name), Field::Text("919000000351".to_owned()), "{name}");
        }
        assert_eq!(fields.field("far"), Field::Text("123456789012345678".to_owned()));
    }

    #[test]
    fn nothing_null_and_the_word_null_are_blank_and_a_missing_field_is_absent() {
        let fields = only(r#"{"direction":"x","a":"","b":null,"c":"null","d":" NULL ","e":{},"f":[1]}"#);
        for name in ["a", "b", "c", "d", "e", "f"] {
            assert_eq!(fields.field(name), Field::Blank, "{name}");
        }
        assert_eq!(fields.field("g"), Field::Absent);
    }

    #[test]
    fn the_last_of_two_fields_counts_and_an_odd_value_costs_itself() {
        let fields = only(
            r#"{"status":"a","Status":"b","cmiuuid":"\ud800","answeredsec":"7","waitedsec":-4,"n":1e999}"#,
        );
        assert_eq!(fields.text(&["status"]).as_deref(), Some("b"));
        assert_eq!(fields.field("cmiuuid"), Field::Blank);
        assert_eq!(fields.count(&["waitedsec", "answeredsec"]), Some(7));
        assert_eq!(fields.count(&["n"]), None);
    }

    #[test]
    fn what_is_no_report_is_kept() {
        for body in
            ["", " ", "null", "7", "{", "[1", "\"x", "<html></html>", "hello", "{}", "[]", "\"a text\""]
        {
            let found = elements(&Bytes::copy_from_slice(body.as_bytes()));
            assert_eq!(found.len(), 1, "{body}");
            assert_eq!(found[0].raw, body.as_bytes(), "{body}");
        }
        let deep = [b"[".repeat(50_000), b"]".repeat(50_000)].concat();
        assert_eq!(elements(&Bytes::from(deep)).len(), 1);
    }
}
