//! Telephone numbers and e-mail addresses of people, as a reader may see them: whole or masked.
//!
//! A mask keeps what tells two people in a list apart and is not enough to reach one: of a number the country code and the last
//! two digits (`+91 •••• ••••21`), of an address the first letter and the domain (`a••••@example.com`). The rest has a fixed
//! length, whatever it stands for.

use std::borrow::Cow;

use crate::phone::{PhoneNumber, digits_typed};
use crate::text::EmailAddress;

/// What stands for the digits of a number that are not shown.
const HIDDEN_DIGITS: &str = "•••• ••••";
/// What stands for the letters of an address that are not shown.
const HIDDEN_LETTERS: &str = "••••";
/// From how many digits on a name that consists of digits is a telephone number.
const NUMBER: usize = 7;

/// How a reader sees the numbers and addresses of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identifiers {
    /// Whole.
    Whole,
    /// Masked; those of one person at a time are revealed when they are asked for, which is counted and put on record.
    OnRequest,
    /// Masked.
    Masked,
}

impl Identifiers {
    /// Whether nothing is masked.
    #[must_use]
    pub const fn are_whole(self) -> bool {
        matches!(self, Self::Whole)
    }

    /// A number in E.164, or its mask.
    #[must_use]
    pub fn number(self, number: &PhoneNumber) -> String {
        if self.are_whole() { number.reveal().to_owned() } else { number.masked() }
    }

    /// A number as people read it, or its mask.
    #[must_use]
    pub fn international(self, number: &PhoneNumber) -> String {
        if self.are_whole() { number.international() } else { number.masked() }
    }

    /// An address, or its mask.
    #[must_use]
    pub fn email(self, email: &EmailAddress) -> String {
        if self.are_whole() { email.reveal().to_owned() } else { email.masked() }
    }

    /// A name. One that is nothing but a number or an address is masked as that.
    #[must_use]
    pub fn name(self, name: &str) -> Cow<'_, str> {
        if self.are_whole() {
            return Cow::Borrowed(name);
        }
        if let Ok(email) = EmailAddress::parse(name) {
            return Cow::Owned(email.masked());
        }
        let is_number = digits_typed(name).is_some_and(|digits| digits.len() >= NUMBER);
        if is_number { Cow::Owned(self.written(name).into_owned()) } else { Cow::Borrowed(name) }
    }

    /// A sentence of a provider, in which every row of seven digits and more is taken for a number.
    #[must_use]
    pub fn sentence(self, text: &str) -> Cow<'_, str> {
        if self.are_whole() {
            return Cow::Borrowed(text);
        }
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|c: char| !c.is_ascii_digit()).unwrap_or(from.len());
            let (digits, after) = from.split_at(end);
            shown.push_str(before);
            if digits.len() < NUMBER {
                shown.push_str(digits);
            } else {
                shown.push_str(HIDDEN_DIGITS);
                shown.push_str(&digits[digits.len() - 2..]);
            }
            rest = after;
        }
        shown.push_str(rest);
        Cow::Owned(shown)
    }

    /// A number or an address in any notation, such as that of a contact card.
    #[must_use]
    pub fn written(self, text: &str) -> Cow<'_, str> {
        if self.are_whole() {
            return Cow::Borrowed(text);
        }
        if let Ok(email) = EmailAddress::parse(text) {
            return Cow::Owned(email.masked());
        }
        if let Ok(number) = PhoneNumber::parse(text) {
            return Cow::Owned(number.masked());
        }
        let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
        let end: String = digits.iter().skip(digits.len().saturating_sub(2)).collect();
        Cow::Owned(format!("{HIDDEN_DIGITS}{}", if digits.len() >= NUMBER { &end } else { "" }))
    }
}

impl PhoneNumber {
    /// The number for readers who do not see it whole: country code and last two digits, as `+91 •••• ••••21`.
    #[must_use]
    pub fn masked(&self) -> String {
        let end = self.digits().len().saturating_sub(2);
        let last = self.digits().get(end..).unwrap_or_default();
        match self.country_code() {
            Some(code) => format!("+{code} {HIDDEN_DIGITS}{last}"),
            None => format!("+{HIDDEN_DIGITS}{last}"),
        }
    }
}

impl EmailAddress {
    /// The address for readers who do not see it whole: first letter and domain, as `a••••@example.com`.
    #[must_use]
    pub fn masked(&self) -> String {
        let (local, domain) = self.reveal().rsplit_once('@').unwrap_or_default();
        format!("{}{HIDDEN_LETTERS}@{domain}", local.chars().take(1).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_keeps_the_country_and_two_digits_and_its_length_tells_nothing() {
        for (number, mask) in [
            ("+919840012321", "+91 •••• ••••21"),
            ("+14155550100", "+1 •••• ••••00"),
            ("+4930901820", "+49 •••• ••••20"),
            ("+99912345", "+•••• ••••45"),
        ] {
            assert_eq!(PhoneNumber::try_from(number.to_owned()).unwrap().masked(), mask, "{number}");
        }
        for (email, mask) in [("asha@example.com", "a••••@example.com"), ("b@x.org", "b••••@x.org")]
        {
            assert_eq!(EmailAddress::parse(email).unwrap().masked(), mask);
        }
    }

    #[test]
    fn a_name_that_is_a_number_or_an_address_is_masked_and_any_other_is_not() {
        let shown = |name| Identifiers::Masked.name(name).into_owned();
        assert_eq!(shown("+91 98400 12321"), "+91 •••• ••••21");
        assert_eq!(shown("098400 12321"), "•••• ••••21");
        assert_eq!(shown("asha@example.com"), "a••••@example.com");
        for name in ["Asha", "Visitor 12", "Café 24", "Team 2026"] {
            assert_eq!(shown(name), name);
        }
        assert_eq!(Identifiers::Whole.name("+91 98400 12321"), "+91 98400 12321");
    }

    #[test]
    fn numbers_in_a_sentence_are_masked_and_years_are_not() {
        let said = "Asha changed from +919840012321 to 919840012399 in 2026.";
        let shown = "Asha changed from +•••• ••••21 to •••• ••••99 in 2026.";
        assert_eq!(Identifiers::Masked.sentence(said), shown);
        assert_eq!(Identifiers::Whole.sentence(said), said);
    }

    #[test]
    fn what_a_card_holds_is_masked_in_any_notation() {
        for (text, mask) in [
            ("044 1234 5678", "•••• ••••78"),
            ("tel:+919840012321", "+91 •••• ••••21"),
            ("+91 98400 12321", "+91 •••• ••••21"),
            ("12", "•••• ••••"),
            ("not a number", "•••• ••••"),
        ] {
            assert_eq!(Identifiers::OnRequest.written(text), mask, "{text}");
        }
    }
}
