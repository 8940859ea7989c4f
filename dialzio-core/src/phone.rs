//! Telephone numbers in E.164 form, and how spellings of the same number find each other.

use rlibphonenumber::PhoneNumber as Parsed;
use std::fmt;

/// A telephone number in E.164 form: `+`, then 5 to 15 digits, no leading zero.
///
/// Source: ITU-T E.164. `Debug` masks all but the last three digits.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(Box<str>);

/// Why a number was refused. Never contains the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PhoneNumberError {
    /// Not in international form, and no region was given.
    #[error("write the number in international form, starting with +")]
    NotInternational,
    /// The digits are no telephone number anywhere.
    #[error("not a telephone number")]
    Invalid,
}

/// A country or territory: two capital letters of ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region([u8; 2]);

impl Region {
    /// Accepts two letters.
    ///
    /// # Errors
    /// [`PhoneNumberError::Invalid`] otherwise.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => Err(PhoneNumberError::Invalid),
        }
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("ZZ")
    }
}

/// Longest spelling that is looked at, in bytes.
const MAX_SPELLING: usize = 64;

impl PhoneNumber {
    /// Accepts international form only, in any usual spelling. Use [`parse_in`](Self::parse_in) for national forms.
    ///
    /// # Errors
    /// [`PhoneNumberError`] if it is not international or not a possible number.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        let text = text.trim();
        if !text.starts_with('+') && !text.starts_with('\u{ff0b}') {
            return Err(PhoneNumberError::NotInternational);
        }
        Self::read(text, None)
    }

    /// Accepts national forms of `region` as well.
    ///
    /// # Errors
    /// [`PhoneNumberError::Invalid`] if it is not a possible number there.
    pub fn parse_in(text: &str, region: Region) -> Result<Self, PhoneNumberError> {
        let region = region.as_str().parse().map_err(|_| PhoneNumberError::Invalid)?;
        Self::read(text.trim(), Some(region))
    }

    fn read(text: &str, region: Option<rlibphonenumber::Region>) -> Result<Self, PhoneNumberError> {
        if text.len() > MAX_SPELLING {
            return Err(PhoneNumberError::Invalid);
        }
        let parsed = Parsed::parse(text, region).map_err(|_| PhoneNumberError::Invalid)?;
        if parsed.is_possible_with_reason().is_err() {
            return Err(PhoneNumberError::Invalid);
        }
        Self::from_digits(parsed.to_string().trim_start_matches('+'))
    }

    /// What WhatsApp calls `wa_id`: digits with the country code and without `+`. It may be an older spelling
    /// than E.164 (Brazil's missing ninth digit), so only the shape is checked and nothing is rewritten.
    ///
    /// # Errors
    /// [`PhoneNumberError::Invalid`] unless there are 5 to 15 digits without a leading zero.
    pub fn from_digits(digits: &str) -> Result<Self, PhoneNumberError> {
        let shaped = (5..=15).contains(&digits.len())
            && digits.bytes().all(|b| b.is_ascii_digit())
            && !digits.starts_with('0');
        if shaped { Ok(Self(format!("+{digits}").into())) } else { Err(PhoneNumberError::Invalid) }
    }

    /// The full number with its `+`. Call sites of this method are where personal data leaves.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The digits without `+`, as WhatsApp writes them.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }

    /// One representative of all spellings that reach the same line: Brazil's mobile numbers without their
    /// ninth digit, Mexico's without the `1`, Argentina's without the `9`. For matching only, never for sending.
    #[must_use]
    pub fn match_key(&self) -> String {
        let digits = self.digits();
        match digits.as_bytes() {
            // Brazil: 55, two digits of area code, 9, eight digits.
            [b'5', b'5', a, b, b'9', rest @ ..] if rest.len() == 8 => {
                format!("55{}{}{}", char::from(*a), char::from(*b), &digits[5..])
            }
            [b'5', b'2', b'1', rest @ ..] if rest.len() == 10 => format!("52{}", &digits[3..]),
            [b'5', b'4', b'9', rest @ ..] if rest.len() == 10 => format!("54{}", &digits[3..]),
            _ => digits.to_owned(),
        }
    }

    /// The spelling people expect: country code, blanks.
    #[must_use]
    pub fn international(&self) -> String {
        Parsed::parse(self.reveal(), None).map_or_else(
            |_| self.0.to_string(),
            |parsed| parsed.format_as(rlibphonenumber::PhoneNumberFormat::International).into_owned(),
        )
    }

    /// The digits as people dial them within the country, without the leading zero; for finding a person by a number
    /// that was noted without its country code.
    #[must_use]
    pub fn national_digits(&self) -> String {
        Parsed::parse(self.reveal(), None)
            .map_or_else(|_| self.digits().to_owned(), |parsed| parsed.get_national_significant_number())
    }

    /// The region the number belongs to, if known.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        let parsed = Parsed::parse(self.reveal(), None).ok()?;
        Region::parse(&parsed.get_region_code()?.to_string()).ok()
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = PhoneNumberError;
    fn try_from(text: String) -> Result<Self, PhoneNumberError> {
        match text.strip_prefix('+') {
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => Self::from_digits(digits),
            _ => Self::parse(&text),
        }
    }
}
impl From<PhoneNumber> for String {
    fn from(phone: PhoneNumber) -> Self {
        phone.0.into()
    }
}
impl std::str::FromStr for PhoneNumber {
    type Err = PhoneNumberError;
    fn from_str(text: &str) -> Result<Self, PhoneNumberError> {
        Self::parse(text)
    }
}
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber(…{})", &self.0[self.0.len() - 3..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_number_are_one_number() {
        let plain = PhoneNumber::parse("+919840012345").unwrap();
        for spelling in ["+91 98400 12345", "+91-98400-12345", " +91 (98400) 12345 "] {
            assert_eq!(PhoneNumber::parse(spelling).unwrap(), plain);
        }
        assert_eq!(PhoneNumber::parse_in("098400 12345", Region::parse("in").unwrap()).unwrap(), plain);
        assert_eq!(plain.region().unwrap().as_str(), "IN");
        assert_eq!(PhoneNumber::parse("9840012345"), Err(PhoneNumberError::NotInternational));
        assert_eq!(format!("{plain:?}"), "PhoneNumber(…345)");
    }

    #[test]
    fn candidate_sets_share_a_match_key_and_are_not_rewritten() {
        for (a, b) in [
            ("5511987654321", "551187654321"),
            ("5215512345678", "525512345678"),
            ("5491123456789", "541123456789"),
        ] {
            let (a, b) = (PhoneNumber::from_digits(a).unwrap(), PhoneNumber::from_digits(b).unwrap());
            assert_eq!(a.match_key(), b.match_key());
            assert_ne!(a, b);
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,80}") {
            let _ = PhoneNumber::parse(&text);
            let _ = PhoneNumber::from_digits(&text);
        }
    }
}
