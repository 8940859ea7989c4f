//! What a provider needs to know about an account: the fields that people fill in, and the credentials they gave.

use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The fields by which a number or sender is connected, as the provider calls them. The account service refuses what does not
/// fit; the API and the pages show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionForm {
    /// The secrets that sign webhooks; `None` if the provider signs none, so that only the unguessable address protects them.
    pub app_secret: Option<FormField>,
    /// The token of the subscription check; `None` if the provider makes no such check.
    pub verify_token: Option<FormField>,
    /// The id by which webhooks name the number or sender.
    pub routing_key: FormField,
    /// The id of the business account that owns it; `None` if the provider has none.
    pub business_id: Option<FormField>,
    /// Within what the provider's ids for people are valid; `None` if it is always the business account or the number.
    pub portfolio: Option<FormField>,
    /// What requests are authorised with. The first one is what accounts of the first release hold.
    pub credentials: &'static [FormField],
}

/// One field of a [`ConnectionForm`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormField {
    /// Its name, as the provider's API spells it: `access_token`.
    pub name: &'static str,
    /// Its label, as the provider's own pages show it: `Phone number ID`.
    pub label: &'static str,
    /// Where people find it, in one sentence.
    pub hint: &'static str,
    /// It is hidden while it is typed.
    pub secret: bool,
    /// It has to be given.
    pub required: bool,
    /// What it consists of.
    pub format: FieldFormat,
}

/// What the value of a [`FormField`] consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldFormat {
    /// An id or a sender: 1 to 128 letters, digits, `+`, `-` or `_`, such as `106540352242922`, `+15551230000`, `AD-ASHAMO` or
    /// `103_1111112`. None of these signs means anything in an address.
    Id,
    /// A token: 1 to 4,096 visible ASCII characters without spaces.
    Token,
    /// A text that people choose: 1 to 512 bytes without control characters.
    Text,
}

impl FieldFormat {
    /// The most characters of a value.
    #[must_use]
    pub const fn max_length(self) -> usize {
        match self {
            Self::Id => 128,
            Self::Token => 4096,
            Self::Text => 512,
        }
    }

    /// The regular expression of a whole value, for the `pattern` of an HTML field and of JSON schema.
    #[must_use]
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Id => "[A-Za-z0-9+_\\-]+",
            Self::Token => "[!-~]+",
            Self::Text => "[^\\x00-\\x1f\\x7f]+",
        }
    }

    /// What would be right, for people.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Id => "1 to 128 letters, digits, +, - or _",
            Self::Token => "1 to 4,096 letters, digits and signs without spaces",
            Self::Text => "a text of 1 to 512 bytes in one line",
        }
    }

    /// Whether a value has the format.
    #[must_use]
    pub fn accepts(self, value: &str) -> bool {
        let fits = |byte: u8| match self {
            Self::Id => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_'),
            Self::Token => byte.is_ascii_graphic(),
            Self::Text => !byte.is_ascii_control(),
        };
        !value.is_empty() && value.len() <= self.max_length() && value.bytes().all(fits)
    }
}

/// The credentials of an account by the names of the provider's fields. `Debug` shows the names alone; the values are wiped when
/// the last copy is dropped.
#[derive(Clone, Default)]
pub struct Credentials(Arc<BTreeMap<String, SecretString>>);

impl Credentials {
    /// One value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&SecretString> {
        self.0.get(name)
    }

    /// The names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &SecretString)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Nothing was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A copy in which the values of `newer` replace those of the same name.
    #[must_use]
    pub fn updated(&self, newer: &Self) -> Self {
        let mut all = (*self.0).clone();
        all.extend(newer.0.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self(Arc::new(all))
    }

    /// The text that is sealed: a JSON object of names and values.
    ///
    /// # Errors
    /// None that a map of texts can cause; the type of the serialiser has them.
    pub(crate) fn to_text(&self) -> Result<SecretString, serde_json::Error> {
        let plain: BTreeMap<&str, &str> =
            self.0.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
        serde_json::to_string(&plain).map(SecretString::from)
    }

    /// Reads what [`to_text`](Self::to_text) wrote. The first release sealed a token alone, which no JSON object can be
    /// mistaken for: it is the value of the provider's first field.
    pub(crate) fn from_text(text: &SecretString, fields: &[FormField]) -> Self {
        match serde_json::from_str::<BTreeMap<String, SecretString>>(text.expose_secret()) {
            Ok(values) => Self(Arc::new(values)),
            Err(_) => fields.first().map(|field| (field.name, text.clone())).into_iter().collect(),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Credentials").field(&self.0.keys()).finish()
    }
}

impl<N: Into<String>> FromIterator<(N, SecretString)> for Credentials {
    fn from_iter<I: IntoIterator<Item = (N, SecretString)>>(values: I) -> Self {
        Self(Arc::new(values.into_iter().map(|(name, value)| (name.into(), value)).collect()))
    }
}

impl<N: Into<String>, V: Into<SecretString>, const COUNT: usize> From<[(N, V); COUNT]> for Credentials {
    fn from(values: [(N, V); COUNT]) -> Self {
        values.into_iter().map(|(name, value)| (name, value.into())).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const FIELD: FormField = FormField {
        name: "access_token",
        label: "Access token",
        hint: "In the provider's pages.",
        secret: true,
        required: true,
        format: FieldFormat::Token,
    };

    #[test]
    fn what_was_sealed_is_read_again_and_a_token_alone_is_the_first_field() {
        let both = Credentials::from([("access_token", "a \"quoted\" one"), ("secret", "{}")]);
        let read = Credentials::from_text(&both.to_text().unwrap(), &[FIELD]);
        assert_eq!(read.get("access_token").unwrap().expose_secret(), "a \"quoted\" one");
        assert_eq!(read.get("secret").unwrap().expose_secret(), "{}");
        for token in ["EAAGm0PX4ZCps", "1234567890", "true", "null", "[1]", "\"quoted\""] {
            let read = Credentials::from_text(&token.into(), &[FIELD]);
            assert_eq!(read.get("access_token").unwrap().expose_secret(), token);
        }
    }

    #[test]
    fn debug_shows_the_names_alone() {
        let shown = format!("{:?}", Credentials::from([("access_token", "EAAGm0PX4ZCps")]));
        assert_eq!(shown, "Credentials([\"access_token\"])");
    }

    #[test]
    fn a_value_of_another_format_is_refused() {
        for id in ["106540352242922", "+15551230000", "AD-ASHAMO", "103_1111112"] {
            assert!(FieldFormat::Id.accepts(id), "{id}");
        }
        for id in ["", "a b", "1/2", "1?x", "é", "..", &"1".repeat(129)] {
            assert!(!FieldFormat::Id.accepts(id), "{id}");
        }
        assert!(FieldFormat::Token.accepts("EAA|x.y-z=/+"));
        for token in ["", "a b", "a\n", "\u{e9}", &"x".repeat(4097)] {
            assert!(!FieldFormat::Token.accepts(token), "{token}");
        }
    }
}
