//! Which of two parts of the service a request goes to.

use dialzio_core::provider::AccountAccess;
use secrecy::ExposeSecret;

use super::connection::CALLER_ID;
use crate::number;

/// A part of the service. Which one an account belongs to is not documented: the vendor's libraries go by the number, one by the
/// number that is called and the other by the caller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PiopiyRegion {
    /// Calls to and from India.
    India,
    /// All other calls.
    Global,
}

impl PiopiyRegion {
    /// By the number that is called first.
    pub(crate) fn of_number(number: u64) -> Self {
        // The country code of India; numbers there have ten digits.
        if (910_000_000_000..920_000_000_000).contains(&number) { Self::India } else { Self::Global }
    }

    /// By the number that the account's calls come from, for what names no number. India if that is not known.
    pub(crate) fn of_account(access: &AccountAccess) -> Self {
        let caller = access.credentials.get(CALLER_ID).map(ExposeSecret::expose_secret);
        caller.and_then(number::own_number).map_or(Self::India, Self::of_number)
    }

    /// The other one.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::India => Self::Global,
            Self::Global => Self::India,
        }
    }

    /// The path of placing a call.
    pub(crate) const fn placing(self) -> &'static str {
        match self {
            Self::India => "v2/ind_pcmo_make_call",
            Self::Global => "v2/global_pcmo_make_call",
        }
    }

    /// The path of doing something with a call.
    pub(crate) const fn acting(self) -> &'static str {
        match self {
            Self::India => "v1/call/action",
            Self::Global => "v1/call/global_action",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_india_has_twelve_digits() {
        assert_eq!(PiopiyRegion::of_number(919_000_000_351), PiopiyRegion::India);
        for abroad in [14_155_550_123, 442_079_460_018, 9_190_000_003, 91_900_000_035, 9_190_000_000_351] {
            assert_eq!(PiopiyRegion::of_number(abroad), PiopiyRegion::Global, "{abroad}");
        }
    }
}
