//! Scalars that arrive as text in one payload and as a number in the next.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// Text, or a number as its digits. Anything else, null included, reads as nothing, so that one odd scalar
/// never costs the element around it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scalar<'a>(Option<Cow<'a, str>>);

impl Scalar<'_> {
    pub(crate) fn text(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Text that is not empty.
    pub(crate) fn filled(&self) -> Option<&str> {
        self.text().filter(|text| !text.is_empty())
    }

    pub(crate) fn integer(&self) -> Option<i64> {
        self.text()?.trim().parse().ok()
    }

    pub(crate) fn number(&self) -> Option<f64> {
        self.text()?.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }

    pub(crate) fn is_true(&self) -> bool {
        self.text() == Some("true")
    }

    pub(crate) fn owned(&self) -> Option<String> {
        self.filled().map(str::to_owned)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor).map(Scalar)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    /// A whole number that only fits a float has lost digits, so it is nothing.
    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        let is_exact = number.fract() != 0.0 || number.abs() < 9_007_199_254_740_992.0;
        Ok(is_exact.then(|| Cow::Owned(number.to_string())))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(if flag { "true" } else { "false" })))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Scalar<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn text_and_numbers_read_alike() {
        assert_eq!(read("\"1739321024\"").integer(), Some(1_739_321_024));
        assert_eq!(read("1739321024").integer(), Some(1_739_321_024));
        assert_eq!(read("13.08").number(), Some(13.08));
        assert_eq!(read("\"13.08\"").number(), Some(13.08));
        assert_eq!(read("919876500001").text(), Some("919876500001"));
        assert!(read("true").is_true() && read("\"true\"").is_true());
    }

    #[test]
    fn anything_else_is_nothing_and_no_error() {
        for odd in ["null", "{\"a\":[1]}", "[{}]", "123456789012345678901234567890"] {
            assert_eq!(read(odd).text(), None, "{odd}");
        }
    }

    #[test]
    fn plain_text_is_not_copied() {
        let json = String::from("\"wamid.ABC\"");
        let Scalar(Some(Cow::Borrowed(text))) = read(&json) else { panic!("copied") };
        assert_eq!(text, "wamid.ABC");
    }
}
