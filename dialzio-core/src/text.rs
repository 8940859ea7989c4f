//! Bounded text that people wrote. `Debug` shows the length only, so a stray log line stays harmless.

use std::fmt;

/// Why a text was refused. Never contains the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Nothing that shows: empty, or nothing but white space and invisible characters.
    #[error("must not be empty or invisible")]
    Empty,
    /// Longer than allowed, in Unicode scalar values.
    #[error("is too long: at most {max} characters")]
    TooLong {
        /// The greatest number of characters that is taken.
        max: usize,
    },
    /// Contains NUL or another control character that stores and screens cannot carry.
    #[error("contains a control character")]
    Control,
}

/// Whether a character leaves a mark on a screen: neither white space, nor a control or format character, nor one of
/// the letters that are defined as blank.
fn is_visible(c: char) -> bool {
    let is_blank = matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    !is_blank && !c.is_whitespace() && !c.is_control()
}

/// Whether a text shows anything. Source: Unicode 16, properties White_Space and Default_Ignorable_Code_Point, and the
/// blank letters (Hangul fillers, braille blank).
#[must_use]
pub fn shows_something(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_graphic()) || text.chars().any(is_visible)
}

fn check(text: &str, max: usize, lines: bool) -> Result<(), TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    // No text has more characters than bytes.
    if text.len() > max && text.chars().count() > max {
        return Err(TextError::TooLong { max });
    }
    let control = |c: char| c.is_control() && !(lines && matches!(c, '\n' | '\t' | '\r'));
    // Every control character is one of these bytes, or begins with the last one.
    let may_be = |byte: u8| byte < 0x20 || byte == 0x7f || byte == 0xc2;
    if text.bytes().any(may_be) && text.chars().any(control) {
        return Err(TextError::Control);
    }
    Ok(())
}

macro_rules! bounded_text {
    ($($(#[$doc:meta])* $name:ident($max:tt, $lines:expr)),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1, max_length = $max))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// The longest text, in Unicode scalar values.
            pub const MAX: usize = $max;

            /// Checks length and characters; the text is kept as written.
            ///
            /// # Errors
            /// [`TextError`] if empty, too long, or with control characters.
            pub fn parse(text: &str) -> Result<Self, TextError> {
                if !shows_something(text) {
                    return Err(TextError::Empty);
                }
                check(text, Self::MAX, $lines)?;
                Ok(Self(text.into()))
            }

            /// For text a provider sent: control characters become U+FFFD and what is too long is cut,
            /// so that nothing is lost for a single odd character. `None` if nothing readable is left; a name in which
            /// nothing shows is no name, while a message of that kind is still what the person wrote.
            #[must_use]
            pub fn received(text: &str) -> Option<Self> {
                if !$lines && !shows_something(text) {
                    return None;
                }
                if check(text, Self::MAX, $lines).is_ok() {
                    return Some(Self(text.into()));
                }
                let kept: String = text
                    .chars()
                    .map(|c| if check(c.encode_utf8(&mut [0; 4]), 1, $lines) == Err(TextError::Control) { '\u{fffd}' } else { c })
                    .take(Self::MAX)
                    .collect();
                check(&kept, Self::MAX, $lines).is_ok().then(|| Self(kept.into()))
            }

            /// The text itself. Call sites of this method are where personal data leaves.
            #[must_use]
            pub fn reveal(&self) -> &str { &self.0 }
        }

        /// What was stored is read as it is, also where a rule for what is written has become stricter since.
        impl TryFrom<String> for $name {
            type Error = TextError;
            fn try_from(text: String) -> Result<Self, TextError> {
                check(&text, Self::MAX, $lines)?;
                Ok(Self(text.into()))
            }
        }
        impl From<$name> for String {
            fn from(text: $name) -> Self { text.0.into() }
        }
        impl std::str::FromStr for $name {
            type Err = TextError;
            fn from_str(text: &str) -> Result<Self, TextError> { Self::parse(text) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "(… {} characters)"), self.0.chars().count())
            }
        }
    )+};
}

bounded_text! {
    /// A person's or business's name, as shown.
    PersonName(200, false),
    /// What a message says. Providers set lower limits of their own.
    MessageText(65_536, true),
    /// A private note.
    NoteText(10_000, true),
    /// What a follow-up is about.
    TaskTitle(500, false),
    /// A tag on a contact.
    TagName(64, false),
    /// A short word beside a detail, such as "work".
    Label(64, false),
    /// A display name of something that is not a person: an account, an organisation, a key.
    Title(120, false),
    /// What a service update says.
    NewsText(10_000, true),
    /// A message of a request for help.
    SupportText(10_000, true),
    /// The name of a call outcome.
    DispositionName(40, false),
    /// A text that members send often; no longer than what one message takes.
    CannedText(4_096, true),
    /// What callers hear spoken.
    SpokenText(600, true),
    /// What a member wrote down about a call.
    CallNote(4_000, true),
    /// What proves a consent, in words: where, when and how it was given.
    EvidenceText(2_000, true),
    /// What an identity provider calls this installation. Source: RFC 6749, 2.2.
    ClientId(300, false),
    /// What an identity provider calls a person. Source: OpenID Connect Core 1.0, 2, which allows 255 characters.
    Subject(255, false),
    /// A public handle of a person at a provider, display only: it can change hands.
    Username(128, false),
}

/// An e-mail address, compared without regard to case.
#[derive(Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, format = Email, max_length = 254))]
#[serde(try_from = "String", into = "String")]
pub struct EmailAddress(Box<str>);

/// The text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct EmailError;

impl EmailAddress {
    /// Accepts `local@domain` of at most 254 bytes (RFC 5321, 4.5.3.1.3), without white space.
    ///
    /// # Errors
    /// [`EmailError`] otherwise.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"');
        let plausible = !local.is_empty()
            && local.len() <= 64
            && !domain.starts_with(['.', '-'])
            && !domain.ends_with(['.', '-'])
            && !domain.is_empty()
            && text.len() <= 254
            && !text.contains(odd)
            && !local.contains('@');
        if plausible { Ok(Self(text.into())) } else { Err(EmailError) }
    }

    /// The address as written.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The form that is compared: lower case.
    #[must_use]
    pub fn match_key(&self) -> String {
        self.0.to_lowercase()
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailError;
    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}
impl From<EmailAddress> for String {
    fn from(email: EmailAddress) -> Self {
        email.0.into()
    }
}
impl std::str::FromStr for EmailAddress {
    type Err = EmailError;
    fn from_str(text: &str) -> Result<Self, EmailError> {
        Self::parse(text)
    }
}
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_what_was_written() {
        let text = MessageText::parse("my PIN is 4711").unwrap();
        assert_eq!(format!("{text:?}"), "MessageText(… 14 characters)");
        let email = EmailAddress::parse("asha@example.com").unwrap();
        assert!(!format!("{email:?}").contains("asha"));
    }

    #[test]
    fn a_text_that_shows_nothing_is_no_text() {
        for nothing in [
            "",
            " \n\t",
            "\u{200b}",
            "\u{200d}\u{2060}\u{feff}",
            "\u{a0}\u{2028}",
            "\u{3164}\u{2800}",
            "\u{fe0f}\u{e0020}",
        ] {
            assert_eq!(MessageText::parse(nothing), Err(TextError::Empty), "{nothing:?}");
            assert!(PersonName::received(nothing).is_none());
            let is_blank = nothing.trim().is_empty();
            assert_eq!(MessageText::try_from(nothing.to_owned()).is_err(), is_blank, "stored ones are read");
        }
        for something in ["a", "é", "👩\u{200d}👩", "\u{200f}א", "ക\u{200d}ഷ", "\u{fffd}"] {
            assert_eq!(MessageText::parse(something).unwrap().reveal(), something);
        }
    }

    #[test]
    fn nul_is_refused_from_people_and_replaced_from_providers() {
        assert_eq!(MessageText::parse("a\0b"), Err(TextError::Control));
        assert_eq!(MessageText::received("a\0b").unwrap().reveal(), "a\u{fffd}b");
        assert_eq!(MessageText::received("two\nlines 🙏").unwrap().reveal(), "two\nlines 🙏");
        assert!(MessageText::received(" ").is_none());
    }

    #[test]
    fn every_control_character_is_refused_and_every_letter_kept() {
        for c in ('\0'..='\u{2ff}').filter(|c| !matches!(c, '\n' | '\t' | '\r')) {
            let text = format!("a{c}b");
            assert_eq!(MessageText::parse(&text).is_err(), c.is_control(), "{c:?}");
        }
    }

    #[test]
    fn too_long_is_refused_from_people_and_cut_from_providers() {
        let long = "é".repeat(PersonName::MAX + 1);
        assert_eq!(PersonName::parse(&long), Err(TextError::TooLong { max: 200 }));
        assert_eq!(PersonName::received(&long).unwrap().reveal().chars().count(), 200);
    }

    #[test]
    fn email_addresses_are_checked_for_shape() {
        assert!(EmailAddress::parse("a.b+c@example.co").is_ok());
        for bad in ["", "a", "a@", "@b", "a b@c.d", "a@b@c.d", "a@.d"] {
            assert!(EmailAddress::parse(bad).is_err(), "{bad}");
        }
    }
}
