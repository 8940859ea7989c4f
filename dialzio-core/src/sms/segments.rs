//! How a text is cut into SMS: each segment is sent, and paid for, by itself.
//!
//! Sources: 3GPP TS 23.038, 6.2.1 (the 7-bit default alphabet and its extension table); TS 23.040, 9.2.3.24.1 (a segment of
//! several gives 6 of its 140 octets to the header that joins them).

use crate::name::string_enum;

/// The characters of the 7-bit default alphabet, each of which takes one unit. The escape character is none.
pub const GSM7_BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The characters of its extension table, each of which takes two units.
pub const GSM7_EXTENDED: &str = "\u{c}^{}\\[~]|€";

string_enum! {
    /// In which alphabet a text is sent.
    pub enum SmsEncoding {
        /// The 7-bit default alphabet with its extension: 160 units alone, 153 in each of several segments.
        Gsm7 = "gsm7",
        /// UCS-2: 70 UTF-16 units alone, 67 in each of several segments. One character outside the default alphabet puts
        /// the whole text into it.
        Ucs2 = "ucs2",
    }
}

impl SmsEncoding {
    /// The units of a text that is one segment, and of each segment where there are several.
    #[must_use]
    pub const fn units(self) -> (usize, usize) {
        match self {
            Self::Gsm7 => (160, 153),
            Self::Ucs2 => (70, 67),
        }
    }
}

/// How long a text is as SMS.
///
/// ```
/// use dialzio_core::sms::{Segments, SmsEncoding};
///
/// let plain = Segments::of("Your car is ready. [Workshop]");
/// assert_eq!((plain.encoding, plain.units, plain.count), (SmsEncoding::Gsm7, 31, 1));
/// let hindi = Segments::of("आपकी कार तैयार है");
/// assert_eq!((hindi.encoding, hindi.count, hindi.left), (SmsEncoding::Ucs2, 1, 53));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// The alphabet it is sent in.
    pub encoding: SmsEncoding,
    /// How many units its characters take.
    pub units: usize,
    /// How many segments it is; 0 for an empty text.
    pub count: usize,
    /// How many units are left in the last segment.
    pub left: usize,
}

impl Segments {
    /// Counts a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let gsm7: Option<Vec<usize>> = text.chars().map(gsm7_units).collect();
        let (encoding, widths) = match gsm7 {
            Some(widths) => (SmsEncoding::Gsm7, widths),
            None => (SmsEncoding::Ucs2, text.chars().map(char::len_utf16).collect()),
        };
        let (alone, each) = encoding.units();
        let units = widths.iter().sum();
        if units <= alone {
            return Self { encoding, units, count: usize::from(units > 0), left: alone - units };
        }
        // Neither an escaped character nor a surrogate pair is cut in two: a unit may stay empty at the end of a segment.
        let (mut count, mut used) = (1, 0);
        for width in widths {
            if used + width > each {
                count += 1;
                used = 0;
            }
            used += width;
        }
        Self { encoding, units, count, left: each - used }
    }
}

/// How many units a character takes in the 7-bit alphabet; `None` if it is not in it.
fn gsm7_units(character: char) -> Option<usize> {
    if GSM7_BASIC.contains(character) {
        Some(1)
    } else if GSM7_EXTENDED.contains(character) {
        Some(2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counted(text: &str) -> (SmsEncoding, usize, usize, usize) {
        let Segments { encoding, units, count, left } = Segments::of(text);
        (encoding, units, count, left)
    }

    #[test]
    fn the_alphabet_has_as_many_characters_as_the_standard() {
        // 128 places, less the escape.
        assert_eq!(GSM7_BASIC.chars().count(), 127);
        assert_eq!(GSM7_EXTENDED.chars().count(), 10);
    }

    #[test]
    fn a_text_fills_one_segment_before_it_takes_two() {
        assert_eq!(counted(""), (SmsEncoding::Gsm7, 0, 0, 160));
        assert_eq!(counted(&"a".repeat(160)), (SmsEncoding::Gsm7, 160, 1, 0));
        assert_eq!(counted(&"a".repeat(161)), (SmsEncoding::Gsm7, 161, 2, 145));
        assert_eq!(counted(&"a".repeat(306)), (SmsEncoding::Gsm7, 306, 2, 0));
        assert_eq!(counted(&"ж".repeat(70)), (SmsEncoding::Ucs2, 70, 1, 0));
        assert_eq!(counted(&"ж".repeat(71)), (SmsEncoding::Ucs2, 71, 2, 63));
    }

    #[test]
    fn a_character_of_two_units_is_never_cut_in_two() {
        // 152 units and then a euro sign: one unit of the first segment stays empty.
        let text = format!("{}€{}", "a".repeat(152), "b".repeat(100));
        assert_eq!(counted(&text), (SmsEncoding::Gsm7, 254, 2, 153 - 102));
        let emoji = format!("{}😀{}", "ж".repeat(66), "ж".repeat(10));
        assert_eq!(counted(&emoji), (SmsEncoding::Ucs2, 78, 2, 67 - 12));
    }

    #[test]
    fn one_character_outside_the_alphabet_changes_all_of_the_text() {
        assert_eq!(Segments::of(&"a".repeat(150)).count, 1);
        assert_eq!(counted(&format!("{}’", "a".repeat(149))), (SmsEncoding::Ucs2, 150, 3, 51));
    }

    proptest! {
        #[test]
        fn the_segments_hold_the_text_and_none_is_empty(text in ".{0,400}") {
            let found = Segments::of(&text);
            let (alone, each) = found.encoding.units();
            let room = if found.count <= 1 { alone } else { found.count * each };
            prop_assert!(found.units + found.left <= room);
            prop_assert_eq!(found.count == 0, text.is_empty());
            // At most one unit of each segment but the last stays empty.
            prop_assert!(found.count <= 1 || found.units + found.left + found.count > room);
        }
    }
}
