//! Telephone numbers and other integers, between what people write and JSON. Never through floating point: a number of
//! fifteen digits written as `9.19E11` calls somebody else.

use std::borrow::Cow;

use dialzio_core::PhoneNumber;

/// The fewest digits behind which an exponent is believed. A mantissa that is shorter was rounded.
const EXACT_DIGITS: usize = 7;

/// A number as the vendor takes it: its digits as an integer.
pub(crate) fn dialled(number: &PhoneNumber) -> Option<u64> {
    number.digits().parse().ok()
}

/// A number that the vendor told, in its own spelling, as an integer. A leading zero, which some of its lists have and
/// others lack, is not part of an integer.
pub(crate) fn own_number(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '+')).collect();
    let fits = (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| fits && *number > 0)
}

/// A number that was written by a program which took it for a fraction (`919000000351.0`, `9.19000000351E11`), as its digits.
/// Anything else stays as it is written, and so does what was rounded on the way: no one has that number.
pub(crate) fn undone(text: &str) -> Cow<'_, str> {
    match whole(text) {
        Some((digits, exact)) if exact => Cow::Owned(digits),
        _ => Cow::Borrowed(text),
    }
}

/// The whole number of a text, whatever way it is written, without what stands behind its point.
pub(crate) fn integer(text: &str) -> Option<i64> {
    if let Ok(plain) = text.parse() {
        return Some(plain);
    }
    whole(text)?.0.parse().ok()
}

/// The digits of a decimal number without its fraction, and whether none was lost: neither to the fraction nor to rounding.
/// `None` if it is no such number, or plain digits already.
fn whole(text: &str) -> Option<(String, bool)> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            (mantissa, Some(exponent.parse::<usize>().ok().filter(|by| *by <= 18)?))
        }
        None => (unsigned, None),
    };
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if before.is_empty()
        || !are_digits(before)
        || !are_digits(after)
        || (exponent.is_none() && !mantissa.contains('.'))
    {
        return None;
    }
    let by = exponent.unwrap_or_default();
    let (moved, fraction) = after.split_at(after.len().min(by));
    let zeros = by - moved.len();
    let digits = format!("{before}{moved}{}", "0".repeat(zeros));
    let significant = before.len() + moved.len();
    let is_exact = fraction.bytes().all(|byte| byte == b'0')
        && (exponent.is_none() || zeros == 0 || significant >= EXACT_DIGITS);
    Some((format!("{sign}{digits}"), is_exact))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_became_a_fraction_is_made_whole_and_a_rounded_one_is_left() {
        for (written, wanted) in [
            ("919000000351", "919000000351"),
            ("919000000351.0", "919000000351"),
            ("9.19000000351E11", "919000000351"),
            ("9.19000000351e+11", "919000000351"),
            ("9.1900000035E11", "919000000350"),
            ("9.19E+11", "9.19E+11"),
            ("919000000351.5", "919000000351.5"),
            ("Anonymous", "Anonymous"),
            ("1e999999999", "1e999999999"),
            ("-1", "-1"),
            ("", ""),
            (".", "."),
            ("sip:1.5@host", "sip:1.5@host"),
        ] {
            assert_eq!(undone(written), wanted, "{written}");
        }
    }

    #[test]
    fn integers_are_read_however_they_are_written() {
        assert_eq!(integer("1795800000000"), Some(1_795_800_000_000));
        assert_eq!(integer("1.7958E12"), Some(1_795_800_000_000));
        assert_eq!(integer("12.9"), Some(12));
        assert_eq!(integer("-3.5"), Some(-3));
        for odd in ["", "x", "1e40", "99999999999999999999", "."] {
            assert_eq!(integer(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_caller_id_is_an_integer_in_whatever_spelling_it_was_told() {
        assert_eq!(own_number("+91 44 7100 0000"), Some(914_471_000_000));
        assert_eq!(own_number("04471000000"), Some(4_471_000_000));
        for odd in ["", "0000000", "12", "anonymous", "1234567890123456"] {
            assert_eq!(own_number(odd), None, "{odd}");
        }
    }
}
