//! The number of the other side, as providers write it.

use std::fmt;

use crate::phone::{PhoneNumber, Region};

/// The other side of a call, as a report names it.
#[derive(Clone, PartialEq, Eq)]
pub enum Party {
    /// A number.
    Number(PhoneNumber),
    /// The person hides their number.
    Withheld,
    /// What stands there is no number that can be called.
    Unreadable,
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "Party({number:?})"),
            Self::Withheld => f.write_str("Party(withheld)"),
            Self::Unreadable => f.write_str("Party(unreadable)"),
        }
    }
}

/// Words and numbers by which telephone networks say that a number is withheld. `266696687` spells ANONYMOUS on a keypad.
/// Source: RFC 3323 section 4.1.1.3 for `anonymous.invalid`; the others are seen in reports of providers.
const WITHHELD: [&str; 14] = [
    "anonymous",
    "restricted",
    "unknown",
    "private",
    "unavailable",
    "withheld",
    "blocked",
    "hidden",
    "no number",
    "-1",
    "0",
    "266696687",
    "null",
    "none",
];

impl Party {
    /// Reads what a report has in the place of a number. Numbers come without `+`, with the country code or in national
    /// form, which is read in `region`.
    #[must_use]
    pub fn read(text: &str, region: Option<Region>) -> Self {
        let text = text.trim().trim_matches('"').trim();
        let address = text.strip_prefix("sip:").or_else(|| text.strip_prefix("tel:")).unwrap_or(text);
        let user = address.split(['@', ';']).next().unwrap_or(address);
        let word = user.trim_start_matches('+').to_lowercase();
        if word.is_empty() || WITHHELD.contains(&word.as_str()) {
            return Self::Withheld;
        }
        Self::number(user, region).map_or(Self::Unreadable, Self::Number)
    }

    fn number(text: &str, region: Option<Region>) -> Option<PhoneNumber> {
        if text.starts_with('+') {
            return PhoneNumber::parse(text).ok();
        }
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        // The country code in front is how providers write numbers; what then is no number of any country is a national one.
        let international =
            (digits && text.len() > 10).then(|| PhoneNumber::parse(&format!("+{text}")).ok()).flatten();
        international.or_else(|| region.and_then(|region| PhoneNumber::parse_in(text, region).ok())).or_else(
            || {
                // A short national number without a known region still tells one caller from another.
                (digits && region.is_none()).then(|| PhoneNumber::from_digits(text).ok()).flatten()
            },
        )
    }

    /// The number, if there is one.
    #[must_use]
    pub const fn phone(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Number(number) => Some(number),
            Self::Withheld | Self::Unreadable => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_hide_their_number_have_none() {
        for text in [
            "Anonymous",
            "anonymous",
            "",
            "-1",
            "0",
            "Restricted",
            "266696687",
            "+266696687",
            "unknown",
            "sip:anonymous@anonymous.invalid",
            "null",
            " PRIVATE ",
        ] {
            assert_eq!(Party::read(text, Region::parse("in").ok()), Party::Withheld, "{text:?}");
        }
    }

    #[test]
    fn a_number_is_read_as_providers_write_it() {
        let india = Region::parse("in").ok();
        for (text, right) in [
            ("919000000351", "+919000000351"),
            ("+919000000351", "+919000000351"),
            ("9000000351", "+919000000351"),
            ("09000000351", "+919000000351"),
            ("442079460018", "+442079460018"),
            ("sip:919000000351@sbc.example", "+919000000351"),
        ] {
            assert_eq!(Party::read(text, india).phone().map(PhoneNumber::reveal), Some(right), "{text}");
        }
        assert_eq!(Party::read("reception", india), Party::Unreadable);
    }
}
