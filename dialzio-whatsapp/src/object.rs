//! Objects of a payload: read member by member, so that one odd value never costs its neighbours, and so that
//! what was not read is seen instead of dropped.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Deserializer, de::Visitor};
use serde_json::value::RawValue;

use crate::scalar::Scalar;

/// The name of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl<'de> Visitor<'de> for Name {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a member")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Name).map(Key)
    }
}

/// Members that are not read, with their JSON.
pub(crate) type More<'a> = Vec<(Key<'a>, &'a RawValue)>;

/// A value of a member.
pub(crate) trait Member<'a>: Sized {
    /// Reads it; `None` if it is there and has another shape than is asked for.
    fn of(raw: &'a RawValue) -> Option<Self>;
}

impl<'a> Member<'a> for Scalar<'a> {
    fn of(raw: &'a RawValue) -> Option<Self> {
        let scalar = Self::of(raw.get());
        (scalar.text().is_some() || raw.get() == "null").then_some(scalar)
    }
}

/// A part that several readers may read.
impl<'a> Member<'a> for Option<&'a RawValue> {
    fn of(raw: &'a RawValue) -> Option<Self> {
        Some((raw.get() != "null").then_some(raw))
    }
}

/// Elements of a list, each unread.
impl<'a> Member<'a> for Vec<&'a RawValue> {
    fn of(raw: &'a RawValue) -> Option<Self> {
        serde_json::from_str(raw.get()).ok()
    }
}

/// Declares an object: its members, and those that are dropped on purpose. All others, and members of another
/// shape than expected, are in `more`. Where a member stands twice the last one wins.
macro_rules! object {
    (
        $(#[$doc:meta])*
        $vis:vis struct $name:ident<$a:lifetime> {
            $($(#[$fdoc:meta])* $fvis:vis $field:ident: $type:ty = $word:literal,)*
        }
        $(dropped: $($dropped:literal)|+ ;)?
    ) => {
        $(#[$doc])*
        #[derive(Default)]
        $vis struct $name<$a> {
            $($(#[$fdoc])* $fvis $field: $type,)*
            /// What else it holds.
            pub(crate) more: $crate::object::More<$a>,
        }

        impl<'de: $a, $a> serde::Deserialize<'de> for $name<$a> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Members;
                impl<'de> serde::de::Visitor<'de> for Members {
                    type Value = $name<'de>;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<M: serde::de::MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                        let mut object = $name::default();
                        while let Some(key) = map.next_key::<$crate::object::Key<'de>>()? {
                            match &*key.0 {
                                $($word => {
                                    let raw: &'de serde_json::value::RawValue = map.next_value()?;
                                    match $crate::object::Member::of(raw) {
                                        Some(value) => object.$field = value,
                                        None => object.more.push((key, raw)),
                                    }
                                })*
                                $($($dropped)|+ => drop(map.next_value::<serde::de::IgnoredAny>()?),)?
                                _ => {
                                    let raw = map.next_value()?;
                                    object.more.push((key, raw));
                                }
                            }
                        }
                        Ok(object)
                    }
                }
                deserializer.deserialize_map(Members)
            }
        }
    };
}
pub(crate) use object;

/// The object under a key, if it has the shape that is expected.
pub(crate) fn part<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

/// What a message holds beside what is read of it, by path. Written out as one JSON object.
#[derive(Debug, Default)]
pub(crate) struct Beside(Vec<(String, String)>);

impl Beside {
    /// Keeps members under the path of their object.
    pub(crate) fn keep(&mut self, under: &str, more: &More<'_>) {
        for (key, raw) in more {
            let path = if under.is_empty() { key.0.to_string() } else { format!("{under}.{}", key.0) };
            self.0.push((path, raw.get().to_owned()));
        }
    }

    /// Keeps one value that could not be used as what it should be.
    pub(crate) fn odd(&mut self, path: &str, raw: &str) {
        self.0.push((path.to_owned(), raw.to_owned()));
    }

    /// Keeps the text of a value that could not be used as what it should be.
    pub(crate) fn odd_text(&mut self, path: &str, text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.odd(path, &serde_json::Value::from(text).to_string());
        }
    }

    /// All of it as JSON text; `None` if there is nothing. Of one path the last value stays.
    pub(crate) fn into_json(self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let object: std::collections::BTreeMap<String, Box<RawValue>> = self
            .0
            .into_iter()
            .filter_map(|(path, raw)| RawValue::from_string(raw).ok().map(|raw| (path, raw)))
            .collect();
        serde_json::to_string(&object).ok()
    }
}

/// JSON with U+FFFD where half a surrogate pair stands: some writer cut a text in the middle of a letter. No
/// reader accepts that half, and nothing can be made of it.
pub(crate) fn mended(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut out: Option<String> = None;
    let (mut kept, mut at) = (0, 0);
    while let Some(found) = json.get(at..).and_then(|rest| rest.find('\\')) {
        at += found;
        let Some(unit) = unit(bytes, at) else {
            // Another escape, of two characters: the second may be a backslash.
            at += 2;
            continue;
        };
        let is_pair = (0xd800..0xdc00).contains(&unit)
            && self::unit(bytes, at + 6).is_some_and(|low| (0xdc00..0xe000).contains(&low));
        if is_pair {
            at += 12;
        } else {
            if (0xd800..0xe000).contains(&unit) {
                let out = out.get_or_insert_with(|| String::with_capacity(json.len()));
                out.push_str(json.get(kept..at).unwrap_or_default());
                out.push_str("\\ufffd");
                kept = at + 6;
            }
            at += 6;
        }
    }
    match out {
        None => Cow::Borrowed(json),
        Some(mut out) => {
            out.push_str(json.get(kept..).unwrap_or_default());
            Cow::Owned(out)
        }
    }
}

/// The code unit of an escape `\uXXXX` at a place, if one stands there.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let escape = bytes.get(at..at + 6)?;
    let digits = escape.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    object! {
        struct Thing<'a> {
            name: Scalar<'a> = "name",
            part: Option<&'a RawValue> = "part",
        }
        dropped: "url" | "etag";
    }

    #[test]
    fn what_is_not_asked_for_is_kept_and_the_last_of_two_wins() {
        let thing: Thing<'_> = serde_json::from_str(
            r#"{"name":"a","name":"b","part":{"x":1},"url":"u","etag":[{}],"odd":[1,{"y":2}]}"#,
        )
        .unwrap();
        assert_eq!(thing.name.text(), Some("b"));
        assert_eq!(thing.part.unwrap().get(), r#"{"x":1}"#);
        let mut beside = Beside::default();
        beside.keep("thing", &thing.more);
        assert_eq!(beside.into_json().unwrap(), r#"{"thing.odd":[1,{"y":2}]}"#);
    }

    #[test]
    fn a_value_of_another_shape_costs_nothing_but_itself() {
        let thing: Thing<'_> = serde_json::from_str(r#"{"name":{"first":"a"},"part":1e999}"#).unwrap();
        assert_eq!(thing.name.text(), None);
        assert_eq!(thing.more[0].1.get(), r#"{"first":"a"}"#);
        assert_eq!(thing.part.unwrap().get(), "1e999");
    }

    #[test]
    fn half_a_pair_is_replaced_and_everything_else_left_alone() {
        for (json, wanted) in [
            (r#""\ud83d\ude4f""#, r#""\ud83d\ude4f""#),
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\ude4fa\ud83d\u0041""#, r#""\ufffda\ufffd\u0041""#),
            (r#""\ud83d\ud83d\ude4f""#, r#""\ufffd\ud83d\ude4f""#),
            (r#""\\ud83d""#, r#""\\ud83d""#),
            (r#""\\\ud83d\"""#, r#""\\\ufffd\"""#),
            (r#""\uD83D\n""#, r#""\ufffd\n""#),
            (r#""é\u12""#, r#""é\u12""#),
        ] {
            assert_eq!(mended(json), wanted, "{json}");
        }
    }
}
