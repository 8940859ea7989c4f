//! Time zone names that were checked.

/// An IANA time zone name that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZoneName(chrono_tz::Tz);

impl ZoneName {
    /// Coordinated universal time, without summer time.
    pub const UTC: Self = Self(chrono_tz::UTC);

    /// Reads a name such as `Asia/Kolkata`. `None` if it is not known.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }

    /// The name in the IANA time zone database, such as `Asia/Kolkata`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        self.0.name()
    }

    /// The local wall-clock time at an instant.
    #[must_use]
    pub fn local(&self, at: chrono::DateTime<chrono::Utc>) -> chrono::NaiveDateTime {
        at.with_timezone(&self.0).naive_local()
    }

    pub(crate) const fn tz(self) -> chrono_tz::Tz {
        self.0
    }
}
