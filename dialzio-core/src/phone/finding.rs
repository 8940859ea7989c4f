//! Numbers that stand in a text.

use rlibphonenumber::phonenumber_matcher::{Leniency, PHONE_MATCHER_FACTORY};
use std::ops::Range;

use super::{PhoneNumber, Region};

/// How often something that looks like a number may turn out to be none before the rest of the text is left alone.
const TRIES: u64 = 100;
/// Fewer digits than this are no number.
const DIGITS: usize = 7;

impl PhoneNumber {
    /// The numbers in a text, in their order, each with the bytes at which it is written. National forms are those of
    /// `region`; without one only international forms are found. A number has to be assigned in its country, and the digits of
    /// dates, amounts and longer rows of digits are none.
    #[must_use]
    pub fn find_in(text: &str, region: Option<Region>) -> Vec<(Range<usize>, Self)> {
        if text.bytes().filter(u8::is_ascii_digit).take(DIGITS).count() < DIGITS {
            return Vec::new();
        }
        let region = region.and_then(|region| region.as_str().parse().ok());
        let found = PHONE_MATCHER_FACTORY.create_matcher(text, Leniency::Valid, TRIES, region);
        let number = |parsed: &rlibphonenumber::PhoneNumber| {
            Self::from_digits(parsed.to_string().trim_start_matches('+')).ok()
        };
        // A bracket around the whole number belongs to the sentence.
        let start = |written: &str| usize::from(written.starts_with('(') && !written.contains(')'));
        let found = found.map(|found| (found.start + start(found.raw_string)..found.end(), found.number));
        found.filter_map(|(place, parsed)| Some((place, number(&parsed)?))).collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<(&str, String)> {
        let india = Some(Region::parse("IN").unwrap());
        let all = PhoneNumber::find_in(text, india);
        all.into_iter().map(|(place, number)| (&text[place], number.reveal().to_owned())).collect()
    }

    #[test]
    fn numbers_are_found_as_people_write_them() {
        for (text, written, number) in [
            ("call 98400 12345 after six", "98400 12345", "+919840012345"),
            ("098400 12345", "098400 12345", "+919840012345"),
            ("mine: +91-98400-12345.", "+91-98400-12345", "+919840012345"),
            ("(+44 20 7946 0123)", "+44 20 7946 0123", "+442079460123"),
            ("कॉल 9840012345 करें", "9840012345", "+919840012345"),
        ] {
            assert_eq!(found(text), [(written, number.to_owned())], "{text}");
        }
        assert_eq!(found("98400 12345 or 98400 54321").len(), 2);
    }

    #[test]
    fn dates_amounts_and_other_digits_are_no_numbers() {
        for text in [
            "",
            "order 4711",
            "on 2026-11-29 10:00",
            "29/11/2026 at 18.30",
            "₹ 12,34,567.00",
            "UTR 123456789012345678901234",
            "a9840012345b",
            "12 34",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
        assert_eq!(PhoneNumber::find_in("98400 12345", None), []);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9+() ./x٣९０–\u{200e}\u{2028}aé🌱,;-]{0,60}") {
            for (place, _) in PhoneNumber::find_in(&text, Some(Region::parse("IN").unwrap())) {
                prop_assert!(text.get(place).is_some());
            }
        }
    }
}
