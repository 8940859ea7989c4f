//! A number as people write it: what may stand around its digits, what is taken apart, and what refuses it.
//!
//! A character that is skipped in silence makes another number, which may be another person's. So everything that is not
//! known to mean nothing refuses the number, and says where it stands.

use super::PhoneNumberError;

/// Longest spelling that is looked at, in bytes.
const MAX_SPELLING: usize = 160;
/// Most digits of an extension.
const MAX_EXTENSION: usize = 8;

/// Words before an extension, the longer ones first.
const EXTENSION: [&str; 10] = ["extension", "extn.", "extn", "ext.", "ext", "xtn", "x", "#", ";ext=", ","];

/// First characters of the rows of ten decimal digits that are read. Source: Unicode, general category Nd, of the scripts
/// that telephone numbers are written in.
const ROWS: [char; 14] = [
    '0', '\u{0660}', '\u{06f0}', '\u{0966}', '\u{09e6}', '\u{0a66}', '\u{0ae6}', '\u{0b66}', '\u{0be6}',
    '\u{0c66}', '\u{0ce6}', '\u{0d66}', '\u{0e50}', '\u{ff10}',
];

/// The digits of a spelling, and what stands beside them.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Written {
    /// ASCII digits, after a `+` if it was written in international form.
    pub(super) digits: String,
    /// The digits of an extension.
    pub(super) extension: Option<String>,
}

/// What shows nothing and turns nothing round: marks of direction, joiners, variation selectors.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202d}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '.' | '(' | ')' | '/' | '\u{b7}' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn digit(c: char) -> Option<char> {
    let value = ROWS.iter().find_map(|zero| {
        let past = u32::from(c).checked_sub(u32::from(*zero))?;
        (past < 10).then_some(past)
    });
    value.and_then(|value| char::from_digit(value, 10))
}

impl Written {
    /// Takes a spelling apart.
    pub(super) fn read(text: &str) -> Result<Self, PhoneNumberError> {
        if text.len() > MAX_SPELLING {
            return Err(PhoneNumberError::Invalid);
        }
        let shown: Vec<char> = text.trim().chars().filter(|c| !is_invisible(*c)).collect();
        let link = shown.len() > 4 && shown[..4].iter().collect::<String>().eq_ignore_ascii_case("tel:");
        let (mut digits, mut extension) = (String::new(), None);
        let first = if link { 4 } else { 0 };
        for (place, c) in shown.iter().copied().enumerate().skip(first) {
            if let Some(digit) = digit(c) {
                digits.push(digit);
            } else if matches!(c, '+' | '\u{ff0b}') && digits.is_empty() {
                digits.push('+');
            } else if !is_separator(c) {
                extension = extension_in(&shown[place..]);
                if extension.is_none() {
                    let place = u32::try_from(place + 1).unwrap_or(u32::MAX);
                    return Err(PhoneNumberError::Character { place, found: c });
                }
                break;
            }
        }
        Ok(Self { digits, extension })
    }
}

/// The digits of an extension, if nothing else stands here.
fn extension_in(rest: &[char]) -> Option<String> {
    let text: String = rest.iter().flat_map(|c| c.to_lowercase()).collect();
    let after = EXTENSION.iter().find_map(|word| text.strip_prefix(word))?;
    let after = after.trim_start_matches([' ', ':', '.', '\u{a0}', '#']).trim_end();
    let digits: Option<String> = after.chars().map(digit).collect();
    digits.filter(|digits| (1..=MAX_EXTENSION).contains(&digits.len()))
}
