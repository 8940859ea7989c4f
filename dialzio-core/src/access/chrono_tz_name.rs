//! Time zone names that were checked.

/// Names that browsers say still, and those that the zones have now. Source: the file `backward` of the IANA time zone
/// database, and the short identifiers of Unicode CLDR, which keep the older ones.
const RENAMED: [(&str, &str); 17] = [
    ("Africa/Asmera", "Africa/Asmara"),
    ("America/Buenos_Aires", "America/Argentina/Buenos_Aires"),
    ("America/Catamarca", "America/Argentina/Catamarca"),
    ("America/Cordoba", "America/Argentina/Cordoba"),
    ("America/Godthab", "America/Nuuk"),
    ("America/Indianapolis", "America/Indiana/Indianapolis"),
    ("America/Jujuy", "America/Argentina/Jujuy"),
    ("America/Louisville", "America/Kentucky/Louisville"),
    ("America/Mendoza", "America/Argentina/Mendoza"),
    ("Asia/Calcutta", "Asia/Kolkata"),
    ("Asia/Katmandu", "Asia/Kathmandu"),
    ("Asia/Rangoon", "Asia/Yangon"),
    ("Asia/Saigon", "Asia/Ho_Chi_Minh"),
    ("Atlantic/Faeroe", "Atlantic/Faroe"),
    ("Europe/Kiev", "Europe/Kyiv"),
    ("Pacific/Ponape", "Pacific/Pohnpei"),
    ("Pacific/Truk", "Pacific/Chuuk"),
];

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

    /// The same zone under the name that it has now, where browsers say an older one.
    #[must_use]
    pub fn current(self) -> Self {
        let renamed = RENAMED.iter().find(|(before, _)| *before == self.as_str());
        renamed.and_then(|(_, now)| Self::parse(now)).unwrap_or(self)
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

#[cfg(test)]
mod tests {
    use super::{RENAMED, ZoneName};

    #[test]
    fn a_zone_that_was_renamed_is_called_by_its_new_name() {
        let at = chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000);
        for (before, now) in RENAMED {
            let (before, now) = (ZoneName::parse(before).unwrap(), ZoneName::parse(now).unwrap());
            assert_eq!(before.current(), now);
            assert_eq!(before.local(at), now.local(at), "{now:?}");
            assert_eq!(before.country(), now.country(), "{now:?}");
        }
        assert_eq!(ZoneName::UTC.current(), ZoneName::UTC);
    }
}
