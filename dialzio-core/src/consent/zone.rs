//! When promotion may go out, in the time of the person.

use chrono::{DateTime, DurationRound, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use crate::access::chrono_tz_name::ZoneName;
use crate::contact::Address;
use crate::phone::Region;

/// The hours in which promotional messages may go out, in minutes of the local day: from, until.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct QuietHours {
    /// First minute that is open (600 is 10:00).
    pub open_from: u16,
    /// First minute that is shut again (1140 is 19:00).
    pub open_until: u16,
}

impl QuietHours {
    /// 10:00 to 19:00: open in every jurisdiction the defaults were drawn from.
    pub const DEFAULT: Self = Self { open_from: 600, open_until: 1_140 };
    /// The widest that may be set: 08:00 to 21:00.
    pub const WIDEST: Self = Self { open_from: 480, open_until: 1_260 };

    /// Hours within the widest allowed, at least an hour long. `None` otherwise.
    #[must_use]
    pub const fn checked(open_from: u16, open_until: u16) -> Option<Self> {
        let inside = open_from >= Self::WIDEST.open_from && open_until <= Self::WIDEST.open_until;
        if inside && open_from + 60 <= open_until { Some(Self { open_from, open_until }) } else { None }
    }

    /// The hours that both have open. Hours that share none are never open.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self {
            open_from: self.open_from.max(other.open_from),
            open_until: self.open_until.min(other.open_until),
        }
    }

    fn is_open(self, at: DateTime<Utc>, zone: Tz) -> bool {
        let local = at.with_timezone(&zone);
        let minute = local.hour() * 60 + local.minute();
        minute >= u32::from(self.open_from) && minute < u32::from(self.open_until)
    }
}

/// The zones a person may live in: those of their number's country, else the organisation's own.
pub(super) fn candidates(recipient: &Address, fallback: ZoneName) -> Vec<Tz> {
    let region = match recipient {
        Address::Phone(number) => number.region(),
        Address::BusinessScoped(id) => id.reveal().split('.').next().and_then(|cc| Region::parse(cc).ok()),
    };
    let zones = region.map(zones_of).unwrap_or_default();
    if zones.is_empty() {
        vec![fallback.tz()]
    } else {
        zones.iter().filter_map(|name| name.parse().ok()).collect()
    }
}

/// The first instant from `from` on at which the hours are open in every zone; `None` if there is none within eight days.
pub(super) fn next_open(zones: &[Tz], hours: QuietHours, from: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let open = |at: DateTime<Utc>| zones.iter().all(|zone| hours.is_open(at, *zone));
    if open(from) {
        return Some(from);
    }
    let step = TimeDelta::minutes(15);
    let mut at = from.duration_trunc(step).ok()? + step;
    let end = from + TimeDelta::days(8);
    while at < end {
        if open(at) {
            return Some(at);
        }
        at += step;
    }
    None
}

/// The inhabited time zones of a country that span it from east to west; empty if the country is not listed.
/// Source: IANA time zone database, zone1970.tab.
#[must_use]
pub fn zones_of(region: Region) -> &'static [&'static str] {
    match region.as_str() {
        "IN" => &["Asia/Kolkata"],
        "PK" => &["Asia/Karachi"],
        "BD" => &["Asia/Dhaka"],
        "LK" => &["Asia/Colombo"],
        "NP" => &["Asia/Kathmandu"],
        "AE" | "OM" => &["Asia/Dubai"],
        "SA" | "KW" | "QA" | "BH" | "YE" | "IQ" => &["Asia/Riyadh"],
        "SG" => &["Asia/Singapore"],
        "MY" => &["Asia/Kuala_Lumpur"],
        "ID" => &["Asia/Jakarta", "Asia/Jayapura"],
        "PH" => &["Asia/Manila"],
        "TH" | "VN" | "KH" | "LA" => &["Asia/Bangkok"],
        "CN" | "HK" | "TW" | "MO" => &["Asia/Shanghai"],
        "JP" | "KR" => &["Asia/Tokyo"],
        "AU" => &["Australia/Perth", "Australia/Sydney", "Australia/Brisbane"],
        "NZ" => &["Pacific/Auckland"],
        "TR" => &["Europe/Istanbul"],
        "IL" => &["Asia/Jerusalem"],
        "EG" => &["Africa/Cairo"],
        "ZA" => &["Africa/Johannesburg"],
        "KE" | "TZ" | "UG" | "ET" => &["Africa/Nairobi"],
        "NG" => &["Africa/Lagos"],
        "GH" | "CI" | "SN" => &["Africa/Abidjan"],
        "MA" => &["Africa/Casablanca"],
        "GB" | "GG" | "JE" | "IM" => &["Europe/London"],
        "IE" => &["Europe/Dublin"],
        "PT" => &["Europe/Lisbon", "Atlantic/Azores"],
        "ES" => &["Europe/Madrid", "Atlantic/Canary"],
        "DE" | "AT" | "CH" | "LI" | "LU" => &["Europe/Berlin"],
        "FR" | "BE" | "NL" | "IT" | "DK" | "NO" | "SE" | "PL" | "CZ" | "SK" | "HU" | "SI" | "HR" | "RS" => {
            &["Europe/Paris"]
        }
        "FI" | "EE" | "LV" | "LT" | "UA" | "RO" | "BG" | "GR" | "CY" => &["Europe/Helsinki"],
        "RU" => &["Europe/Kaliningrad", "Europe/Moscow", "Asia/Kamchatka"],
        "US" => &["America/New_York", "America/Los_Angeles", "America/Anchorage", "Pacific/Honolulu"],
        "CA" => &["America/St_Johns", "America/Vancouver"],
        "MX" => &["America/Mexico_City", "America/Tijuana", "America/Cancun"],
        "BR" => &["America/Noronha", "America/Sao_Paulo", "America/Rio_Branco"],
        "AR" | "UY" => &["America/Argentina/Buenos_Aires"],
        "CL" => &["America/Santiago"],
        "CO" | "PE" | "EC" | "PA" => &["America/Bogota"],
        "VE" | "BO" | "DO" | "PR" => &["America/Caracas"],
        _ => &[],
    }
}

/// The country that a zone is called after, for a proposal. `None` for zones that several countries share by name, or that
/// are not listed. Source: IANA time zone database, zone1970.tab and backward.
pub(crate) fn country_of(zone: &str) -> Option<Region> {
    let code = match zone {
        "Asia/Kolkata" | "Asia/Calcutta" => "IN",
        "Asia/Karachi" => "PK",
        "Asia/Dhaka" => "BD",
        "Asia/Colombo" => "LK",
        "Asia/Kathmandu" | "Asia/Katmandu" => "NP",
        "Asia/Dubai" => "AE",
        "Asia/Muscat" => "OM",
        "Asia/Riyadh" => "SA",
        "Asia/Kuwait" => "KW",
        "Asia/Qatar" => "QA",
        "Asia/Bahrain" => "BH",
        "Asia/Singapore" => "SG",
        "Asia/Kuala_Lumpur" => "MY",
        "Asia/Jakarta" | "Asia/Makassar" | "Asia/Jayapura" => "ID",
        "Asia/Manila" => "PH",
        "Asia/Bangkok" => "TH",
        "Asia/Ho_Chi_Minh" | "Asia/Saigon" => "VN",
        "Asia/Shanghai" => "CN",
        "Asia/Hong_Kong" => "HK",
        "Asia/Taipei" => "TW",
        "Asia/Tokyo" => "JP",
        "Asia/Seoul" => "KR",
        "Australia/Sydney"
        | "Australia/Melbourne"
        | "Australia/Brisbane"
        | "Australia/Perth"
        | "Australia/Adelaide"
        | "Australia/Darwin"
        | "Australia/Hobart" => "AU",
        "Pacific/Auckland" => "NZ",
        "Europe/Istanbul" => "TR",
        "Asia/Jerusalem" => "IL",
        "Africa/Cairo" => "EG",
        "Africa/Johannesburg" => "ZA",
        "Africa/Nairobi" => "KE",
        "Africa/Lagos" => "NG",
        "Africa/Accra" => "GH",
        "Africa/Casablanca" => "MA",
        "Europe/London" => "GB",
        "Europe/Dublin" => "IE",
        "Europe/Lisbon" => "PT",
        "Europe/Madrid" => "ES",
        "Europe/Berlin" => "DE",
        "Europe/Vienna" => "AT",
        "Europe/Zurich" => "CH",
        "Europe/Paris" => "FR",
        "Europe/Brussels" => "BE",
        "Europe/Amsterdam" => "NL",
        "Europe/Rome" => "IT",
        "Europe/Copenhagen" => "DK",
        "Europe/Oslo" => "NO",
        "Europe/Stockholm" => "SE",
        "Europe/Warsaw" => "PL",
        "Europe/Prague" => "CZ",
        "Europe/Budapest" => "HU",
        "Europe/Helsinki" => "FI",
        "Europe/Athens" => "GR",
        "Europe/Bucharest" => "RO",
        "Europe/Moscow" => "RU",
        "America/New_York"
        | "America/Chicago"
        | "America/Denver"
        | "America/Phoenix"
        | "America/Los_Angeles"
        | "America/Anchorage"
        | "Pacific/Honolulu" => "US",
        "America/Toronto" | "America/Vancouver" | "America/Halifax" | "America/Winnipeg"
        | "America/Edmonton" => "CA",
        "America/Mexico_City" | "America/Tijuana" | "America/Cancun" => "MX",
        "America/Sao_Paulo" | "America/Manaus" | "America/Noronha" => "BR",
        "America/Argentina/Buenos_Aires" | "America/Buenos_Aires" => "AR",
        "America/Santiago" => "CL",
        "America/Bogota" => "CO",
        "America/Lima" => "PE",
        _ => return None,
    };
    Region::parse(code).ok()
}

impl ZoneName {
    /// The country of a zone that lies in one alone, as a proposal. `None` if it lies in none or is not listed.
    #[must_use]
    pub fn country(self) -> Option<crate::phone::Region> {
        country_of(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::PhoneNumber;

    #[test]
    fn a_zone_proposes_a_country_and_a_wide_one_none() {
        let proposed = |zone: &str| ZoneName::parse(zone).unwrap().country().map(|it| it.as_str().to_owned());
        assert_eq!(proposed("Asia/Kolkata").as_deref(), Some("IN"));
        assert_eq!(proposed("America/Chicago").as_deref(), Some("US"));
        assert_eq!(proposed("UTC"), None);
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn promotion_waits_for_the_morning_of_the_person() {
        let person = Address::Phone(PhoneNumber::parse("+919840012345").unwrap());
        let zones = candidates(&person, ZoneName::UTC);
        // 03:00 UTC is 08:30 in India; 10:00 there is 04:30 UTC.
        assert_eq!(
            next_open(&zones, QuietHours::DEFAULT, at("2026-03-02T03:00:00Z")),
            Some(at("2026-03-02T04:30:00Z"))
        );
        let inside = at("2026-03-02T05:00:10Z");
        assert_eq!(next_open(&zones, QuietHours::DEFAULT, inside), Some(inside));
    }

    #[test]
    fn a_country_of_many_zones_is_open_only_where_all_are() {
        let person = Address::Phone(PhoneNumber::parse("+12125550123").unwrap());
        let zones = candidates(&person, ZoneName::UTC);
        let open = next_open(&zones, QuietHours::DEFAULT, at("2026-01-05T00:00:00Z")).unwrap();
        // 10:00 in Honolulu is 20:00 UTC, when it is 15:00 in New York.
        assert_eq!(open, at("2026-01-05T20:00:00Z"));
    }

    #[test]
    fn every_listed_zone_exists() {
        for code in ["IN", "US", "BR", "AU", "CA", "RU", "ID", "MX", "PT", "ES"] {
            let region = Region::parse(code).unwrap();
            assert!(zones_of(region).iter().all(|name| name.parse::<Tz>().is_ok()), "{code}");
        }
        assert!(QuietHours::checked(420, 1_140).is_none() && QuietHours::checked(600, 1_140).is_some());
    }
}
