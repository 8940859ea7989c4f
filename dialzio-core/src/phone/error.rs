//! Why a number was refused.

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
    /// A number within a town, without its area code.
    #[error("the area code is missing")]
    NoAreaCode,
    /// A letter or another sign among the digits: skipping it would make another number.
    #[error("character {place} is {found:?}, which is no digit")]
    Character {
        /// Which character of those that can be seen, from 1.
        place: u32,
        /// The character that belongs to no number.
        found: char,
    },
}
