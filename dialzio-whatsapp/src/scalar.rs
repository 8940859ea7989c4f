//! Scalars that arrive as text in one payload and as a number in the next.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

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

impl<'a> Scalar<'a> {
    /// Reads the JSON of a value.
    pub(crate) fn of(json: &'a str) -> Self {
        Self(match json.as_bytes().first() {
            Some(b'"') => match json.get(1..json.len() - 1) {
                Some(text) if !text.contains('\\') => Some(Cow::Borrowed(text)),
                _ => serde_json::from_str::<String>(json).ok().map(Cow::Owned),
            },
            Some(b't' | b'f') => Some(Cow::Borrowed(json)),
            Some(b'-' | b'0'..=b'9') => digits(json),
            _ => None,
        })
    }
}

/// A number as it is written; a whole one that only fits a float has lost digits, so it is nothing.
fn digits(json: &str) -> Option<Cow<'_, str>> {
    if json.parse::<i64>().is_ok() || json.parse::<u64>().is_ok() {
        return Some(Cow::Borrowed(json));
    }
    let number: f64 = json.parse().ok().filter(|number: &f64| number.is_finite())?;
    let is_exact = number.fract() != 0.0 || number.abs() < 9_007_199_254_740_992.0;
    is_exact.then(|| Cow::Owned(number.to_string()))
}

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&'de RawValue>::deserialize(deserializer).map(|raw| Self::of(raw.get()))
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
        for odd in ["null", "{\"a\":[1]}", "[{}]", "123456789012345678901234567890", "1e999", "\"\\ud800\""] {
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
