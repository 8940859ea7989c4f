//! Telephone numbers in E.164 form, and how spellings of the same number find each other.

mod error;
mod finding;
mod written;

pub use error::PhoneNumberError;

use rlibphonenumber::{NumberLengthType, PhoneNumber as Parsed};
use std::fmt;

use written::Written;

/// A telephone number in E.164 form: `+`, then 5 to 15 digits, no leading zero.
///
/// Source: ITU-T E.164. Logs show its last three digits alone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, pattern = r"^\+[1-9][0-9]{4,14}$"))]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(Box<str>);

/// What was understood of a spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// The number as it would be dialled, in E.164.
    pub number: PhoneNumber,
    /// The digits of an extension that was written behind it.
    pub extension: Option<Extension>,
}

/// The digits of an extension: one to eight. `Debug` does not show them.
#[derive(Clone, PartialEq, Eq)]
pub struct Extension(Box<str>);

impl Extension {
    /// The digits, for display and storage; never for a log.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Extension(…)")
    }
}

/// A country or territory: two capital letters of ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[A-Za-z]{2}$"))]
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

    /// Whether numbers are given out there.
    #[must_use]
    pub fn is_known(&self) -> bool {
        // Letters that are set aside for private use are a region to the parser too.
        let region = self.as_str().parse::<rlibphonenumber::Region>().ok();
        region.is_some_and(|region| {
            rlibphonenumber::PHONE_NUMBER_UTIL.get_country_code_for_region(region).is_some()
        })
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("ZZ")
    }
}

/// What sort of service a number leads to, as far as that decides whether it may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberKind {
    /// Anything but the others.
    Ordinary,
    /// The caller pays extra.
    Premium,
    /// For emergencies: police, fire brigade, ambulance.
    Emergency,
}

/// Numbers for emergencies, as they are dialled in their countries, and the one that works in most.
/// Source: ITU-T E.161.1 for 112 and 911; national numbering plans for the others.
const EMERGENCY: [&str; 16] = [
    "112", "911", "999", "100", "101", "102", "108", "110", "119", "000", "111", "995", "15", "17", "18",
    "190",
];

impl PhoneNumber {
    /// What sort of service the number leads to.
    #[must_use]
    pub fn kind(&self) -> NumberKind {
        use rlibphonenumber::PhoneNumberType;
        let Ok(parsed) = Parsed::parse(self.reveal(), None) else {
            return if EMERGENCY.iter().any(|number| self.digits().ends_with(number))
                && self.digits().len() <= 6
            {
                NumberKind::Emergency
            } else {
                NumberKind::Ordinary
            };
        };
        if EMERGENCY.contains(&parsed.get_national_significant_number().as_str()) {
            return NumberKind::Emergency;
        }
        match rlibphonenumber::PHONE_NUMBER_UTIL.get_number_type(&parsed) {
            PhoneNumberType::PremiumRate => NumberKind::Premium,
            _ => NumberKind::Ordinary,
        }
    }

    /// Accepts international form only, in any usual spelling. Use [`parse_in`](Self::parse_in) for national forms.
    ///
    /// # Errors
    /// [`PhoneNumberError`] if it is not international or not a possible number, or holds anything that is no digit.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        Self::understand(text, None).map(|understood| understood.number)
    }

    /// Accepts national forms of `region` as well.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); [`PhoneNumberError::NoAreaCode`] for a number within a town.
    pub fn parse_in(text: &str, region: Region) -> Result<Self, PhoneNumberError> {
        Self::understand(text, Some(region)).map(|understood| understood.number)
    }

    /// Reads a number as people write it, in national forms of a region if one is given. Marks of direction and other
    /// characters that cannot be seen are ignored, an extension is taken apart, and anything else that is no digit refuses it.
    ///
    /// # Errors
    /// [`PhoneNumberError`] says what is wrong, and where.
    pub fn understand(text: &str, region: Option<Region>) -> Result<Understood, PhoneNumberError> {
        let Written { digits, extension } = Written::read(text)?;
        if digits.is_empty() {
            return Err(PhoneNumberError::Invalid);
        }
        if region.is_none() && !digits.starts_with('+') {
            return Err(PhoneNumberError::NotInternational);
        }
        let region = region.map(|region| region.as_str().parse()).transpose();
        let region = region.map_err(|_| PhoneNumberError::Invalid)?;
        let parsed = Parsed::parse(&digits, region).map_err(|_| PhoneNumberError::Invalid)?;
        match parsed.is_possible_with_reason() {
            Ok(NumberLengthType::IsPossibleLocalOnly) => return Err(PhoneNumberError::NoAreaCode),
            Ok(_) => {}
            Err(_) => return Err(PhoneNumberError::Invalid),
        }
        // Written without its country code a number has to be one there: too few digits are a number within a town.
        if !digits.starts_with('+') && !parsed.is_valid() && !is_series(&parsed) {
            return Err(PhoneNumberError::NoAreaCode);
        }
        let number = Self::from_digits(parsed.to_string().trim_start_matches('+'))?;
        Ok(Understood { number, extension: extension.map(|digits| Extension(digits.into())) })
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

    /// The country code, if the number begins with one.
    pub(crate) fn country_code(&self) -> Option<i32> {
        Parsed::parse(self.reveal(), None).ok().map(|parsed| parsed.country_code)
    }

    /// The region the number belongs to, if known.
    #[must_use]
    pub fn region(&self) -> Option<Region> {
        let parsed = Parsed::parse(self.reveal(), None).ok()?;
        Region::parse(&parsed.get_region_code()?.to_string()).ok()
    }
}

/// Whether it is of a series that the tables of numbers do not know: India's 140 and 160, ten digits each, from which
/// businesses call. Source: TRAI, direction on the 140 and 160 series, 2024.
fn is_series(parsed: &Parsed) -> bool {
    let national = parsed.get_national_significant_number();
    parsed.country_code == 91
        && national.len() == 10
        && (national.starts_with("140") || national.starts_with("160"))
}

/// The digits of a text that is a number and nothing else, as people write one: for finding it.
pub(crate) fn digits_typed(text: &str) -> Option<String> {
    let written = Written::read(text).ok()?;
    written.extension.is_none().then(|| written.digits.trim_start_matches('+').to_owned())
}

/// The extension that stands behind a number as it was written.
pub(crate) fn extension_typed(text: &str) -> Option<Extension> {
    Written::read(text).ok()?.extension.map(|digits| Extension(digits.into()))
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
    fn two_letters_that_no_country_has_are_not_known() {
        for (letters, known) in [
            ("IN", true),
            ("gb", true),
            ("US", true),
            ("XX", false),
            ("ZZ", false),
            ("AA", false),
            ("QM", false),
        ] {
            assert_eq!(Region::parse(letters).unwrap().is_known(), known, "{letters}");
        }
    }

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

    #[test]
    fn a_letter_refuses_a_number_and_says_where() {
        for (text, place, found) in [
            ("+91 90000 0032O", 15, 'O'),
            ("+91 9OOOO OO321", 6, 'O'),
            ("+91 90000 00321abc", 16, 'a'),
            ("call +91 90000 00321", 1, 'c'),
            ("+91 90000 00321 ext 12 or 13", 17, 'e'),
            ("+91 90000 00321 or +91 90000 00322", 17, 'o'),
            ("+91+90000 00321", 4, '+'),
            ("+91 90000 00321*", 16, '*'),
            ("+91 9\u{200b}0000 0032\u{041e}", 15, '\u{41e}'),
            ("\u{202e}123000009 19+\u{202c}", 1, '\u{202e}'),
        ] {
            for read in [PhoneNumber::parse(text), PhoneNumber::parse_in(text, Region::parse("in").unwrap())]
            {
                assert_eq!(read, Err(PhoneNumberError::Character { place, found }), "{text}");
            }
        }
        let said = PhoneNumber::parse("+91 90000 0032O").unwrap_err().to_string();
        assert_eq!(said, "character 15 is 'O', which is no digit");
    }

    #[test]
    fn what_cannot_be_seen_around_a_number_is_ignored() {
        let plain = PhoneNumber::parse("+919840012345").unwrap();
        for text in [
            "\u{202a}+91 98400 12345\u{202c}",
            "\u{202d}+91\u{a0}98400\u{2009}12345\u{202c}",
            "\u{2066}+919840012345\u{2069}\u{2060}",
            "+91\u{2011}98400\u{2013}12345",
            "+91 98400 12345\u{fe0f}",
            "\u{ff0b}\u{ff19}\u{ff11}\u{ff19}\u{ff18}\u{ff14}\u{ff10}\u{ff10}\u{ff11}\u{ff12}\u{ff13}\u{ff14}\u{ff15}",
            "+\u{96f}\u{967} \u{96f}\u{96e}\u{96a}\u{966}\u{966} \u{967}\u{968}\u{969}\u{96a}\u{96b}",
            "tel:+91-98400-12345",
        ] {
            assert_eq!(PhoneNumber::parse(text).as_ref(), Ok(&plain), "{text:?}");
        }
    }

    #[test]
    fn an_extension_is_taken_apart_and_kept() {
        for (text, extension) in [
            ("+91 44 2345 6789 ext. 12", Some("12")),
            ("+91 44 2345 6789 Extn 7", Some("7")),
            ("+91 44 2345 6789 x0123", Some("0123")),
            ("+91 44 2345 6789 #45", Some("45")),
            ("tel:+91-44-2345-6789;ext=12", Some("12")),
            ("+91 44 2345 6789,12", Some("12")),
            ("+91 44 2345 6789", None),
        ] {
            let understood = PhoneNumber::understand(text, None).unwrap();
            assert_eq!(understood.number.reveal(), "+914423456789", "{text}");
            assert_eq!(understood.extension.as_ref().map(Extension::reveal), extension, "{text}");
        }
        assert!(PhoneNumber::parse("+91 44 2345 6789 ext. 123456789").is_err());
    }

    #[test]
    fn national_numbers_of_india_are_read_as_they_are_written() {
        let india = Region::parse("in").unwrap();
        for (text, right) in [
            ("98400 12345", "+919840012345"),
            ("098400 12345", "+919840012345"),
            ("0091 98400 12345", "+919840012345"),
            ("91 98400 12345", "+919840012345"),
            ("919840012345", "+919840012345"),
            ("+91 98400 12345", "+919840012345"),
            ("(044) 2345 6789", "+914423456789"),
            ("044-23456789", "+914423456789"),
            ("022 2345 6789", "+912223456789"),
            ("080 4123 4567", "+918041234567"),
            ("04562 245678", "+914562245678"),
            ("1800 123 4567", "+9118001234567"),
            ("1800 425 3800", "+9118004253800"),
            ("140 1234567", "+911401234567"),
            ("1401234567", "+911401234567"),
            ("+44 20 7946 0018", "+442079460018"),
            ("0044 20 7946 0018", "+442079460018"),
        ] {
            let read = PhoneNumber::parse_in(text, india).map(|number| number.reveal().to_owned());
            assert_eq!(read.as_deref(), Ok(right), "{text}");
            if !text.starts_with('+') {
                assert_eq!(PhoneNumber::parse(text), Err(PhoneNumberError::NotInternational), "{text}");
            }
        }
        assert_eq!(PhoneNumber::parse_in("2345 6789", india), Err(PhoneNumberError::NoAreaCode));
        for wrong in ["98400 1234", "98400 123456", "100", "", "+", "(-)"] {
            assert!(PhoneNumber::parse_in(wrong, india).is_err(), "{wrong}");
        }
    }

    /// A country, inputs as users of comparable products have typed them, and the number that is meant or `refused`.
    const FIELD_SET: &str = r#"{"country": "IN", "cases": [
        {"id": "direction marks", "input": "\u202a+91 98765 00031\u202c", "right": "+919876500031"},
        {"id": "isolates", "input": "\u206698765 00031\u2069", "right": "+919876500031"},
        {"id": "no-break spaces", "input": "+91\u00a098765\u00a000031", "right": "+919876500031"},
        {"id": "no-break hyphens", "input": "+91\u201198765\u201100031", "right": "+919876500031"},
        {"id": "byte order mark", "input": "\ufeff919876500031", "right": "+919876500031"},
        {"id": "variation selector", "input": "98765 00031\ufe0f", "right": "+919876500031"},
        {"id": "full width", "input": "\uff0b\uff19\uff119876500031", "right": "+919876500031"},
        {"id": "letter l for a one", "input": "+91 98765 0003l", "right": "refused"}
    ]}"#;

    /// Our own set, and in addition the one in the folder that `DIALZIO_CORPUS` names.
    #[test]
    fn the_field_set_of_numbers_is_read() {
        let mut sets = vec![FIELD_SET.to_owned()];
        if let Some(corpus) = std::env::var_os("DIALZIO_CORPUS").filter(|root| !root.is_empty()) {
            let file = std::path::Path::new(&corpus).join("field/F32-numbers-with-invisible-characters.json");
            sets.push(std::fs::read_to_string(file).unwrap());
        }
        for set in sets {
            let set: serde_json::Value = serde_json::from_str(&set).unwrap();
            let region = Region::parse(set["country"].as_str().unwrap()).unwrap();
            for case in set["cases"].as_array().unwrap() {
                let (input, right) = (case["input"].as_str().unwrap(), case["right"].as_str().unwrap());
                let read = PhoneNumber::parse_in(input, region);
                match (right.split(' ').next().unwrap(), &read) {
                    ("refused" | "refused:", Err(PhoneNumberError::Character { .. })) => {}
                    (number, Ok(found)) => assert_eq!(found.reveal(), number, "{}", case["id"]),
                    (_, Err(error)) => panic!("{}: {error}", case["id"]),
                }
            }
        }
    }

    proptest! {
        /// Whatever is read was written: no digit is made up, and none is lost.
        #[test]
        fn a_number_has_the_digits_that_were_written(text in "[+0-9a-zA-Z \\-().#\u{200e}]{0,24}") {
            if let Ok(understood) = PhoneNumber::understand(&text, None) {
                let typed: String = text.chars().filter(char::is_ascii_digit).collect();
                let kept = understood.extension.as_ref().map_or("", Extension::reveal);
                let whole = format!("{}{kept}", understood.number.digits());
                // A trunk zero behind the country code is no part of the number.
                prop_assert!(whole == typed || typed.contains('0') && whole.len() < typed.len(), "{text}");
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,80}") {
            let _ = PhoneNumber::parse(&text);
            let _ = PhoneNumber::from_digits(&text);
        }
    }
}
