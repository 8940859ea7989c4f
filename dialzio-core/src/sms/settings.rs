//! What an account's messages by SMS are sent under.
//!
//! In India every text that a business sends by SMS is registered: the business as a principal entity, its sender id as a
//! header, and each text as a content template. Operators drop what does not match. Source: TRAI, Telecom Commercial
//! Communications Customer Preference Regulations, 2018, as amended in February 2025.

use serde::{Deserialize, Serialize};
use std::fmt;

use crate::consent::QuietHours;

/// What is wrong with a value of the settings of SMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmsError {
    /// Not an id of the registration.
    #[error("is not a DLT id: it has 10 to 25 digits")]
    Id,
    /// Not a sender id.
    #[error("is not a DLT header: it has six letters, or six digits for promotion")]
    Header,
    /// Not a price.
    #[error("is not a price: write an amount of at most six decimals and a currency, such as 0.25 INR")]
    Price,
}

/// Declares a text that is checked when it is made and when it is read.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $error:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Reads it, without the blanks around it.
            ///
            /// # Errors
            #[doc = concat!("[`SmsError::", stringify!($error), "`].")]
            pub fn parse(text: &str) -> Result<Self, SmsError> {
                let check: fn(&str) -> Option<String> = $check;
                check(text.trim()).map(Self).ok_or(SmsError::$error)
            }

            /// As it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = SmsError;
            fn try_from(text: String) -> Result<Self, SmsError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

checked_text! {
    /// An id of India's registration (DLT), of an entity or of a content template: 10 to 25 digits, as a rule 19.
    DltId, Id, |text| {
        let fits = (10..=25).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.to_owned())
    }
}

checked_text! {
    /// A registered sender id (DLT header): six letters, or six digits for promotion. Kept in capitals.
    SmsHeader, Header, |text| {
        let all = |fits: fn(&u8) -> bool| text.bytes().all(|byte| fits(&byte));
        let fits = text.len() == 6 && (all(u8::is_ascii_alphabetic) || all(u8::is_ascii_digit));
        fits.then(|| text.to_ascii_uppercase())
    }
}

/// As whom an account sends by SMS in India.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DltSender {
    /// The id of the business as a principal entity.
    pub entity: DltId,
    /// The sender id that people see.
    pub header: SmsHeader,
}

/// What a text is registered under, for providers whose requests name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DltRegistration {
    /// The business and its sender id.
    pub sender: DltSender,
    /// The id of the content template that the text was made from.
    pub template: DltId,
}

/// What one segment costs. The provider's bill decides; this is what people are shown before they send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SegmentPrice {
    /// Millionths of the currency's unit.
    micros: u64,
    /// Three capital letters. Source: ISO 4217.
    currency: String,
}

/// Millionths of one.
const MILLION: u64 = 1_000_000;

impl SegmentPrice {
    /// Reads an amount and a currency: `0.25 INR`.
    ///
    /// # Errors
    /// [`SmsError::Price`].
    pub fn parse(text: &str) -> Result<Self, SmsError> {
        let wrong = SmsError::Price;
        let (amount, currency) = text.trim().split_once(' ').ok_or(wrong)?;
        let currency = currency.trim();
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(wrong);
        }
        let (whole, part) = amount.split_once('.').unwrap_or((amount, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(part) || whole.len() > 6 || part.len() > 6 {
            return Err(wrong);
        }
        let whole: u64 = whole.parse().map_err(|_| wrong)?;
        let part: u64 = format!("{part:0<6}").parse().map_err(|_| wrong)?;
        Ok(Self { micros: whole * MILLION + part, currency: currency.to_ascii_uppercase() })
    }

    /// What so many segments cost, as people read it: `0.50 INR`.
    #[must_use]
    pub fn of(&self, segments: usize) -> String {
        let all = self.micros.saturating_mul(segments as u64);
        let (whole, part) = (all / MILLION, format!("{:06}", all % MILLION));
        let part = part.trim_end_matches('0');
        format!("{whole}.{part:0<2} {}", self.currency)
    }
}

impl fmt::Display for SegmentPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.of(1))
    }
}

impl TryFrom<String> for SegmentPrice {
    type Error = SmsError;
    fn try_from(text: String) -> Result<Self, SmsError> {
        Self::parse(&text)
    }
}

impl From<SegmentPrice> for String {
    fn from(price: SegmentPrice) -> Self {
        price.to_string()
    }
}

/// How an account sends by SMS. An account of a provider that also has a telephone service sends none before it has these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsSettings {
    /// It sends and receives.
    #[serde(default = "on")]
    pub enabled: bool,
    /// The registration in India. Without it nothing is sent to numbers there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dlt: Option<DltSender>,
    /// Narrower hours for promotion by SMS than those of the organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub promotional_hours: Option<QuietHours>,
    /// What one segment costs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment_price: Option<SegmentPrice>,
}

const fn on() -> bool {
    true
}

impl Default for SmsSettings {
    fn default() -> Self {
        Self { enabled: true, dlt: None, promotional_hours: None, segment_price: None }
    }
}

/// The body of a template from its registered text: each `{#…#}` in it becomes a numbered parameter. `None` if the text has braces
/// of another kind, which could not be told from parameters.
pub(crate) fn template_body(registered: &str) -> Option<String> {
    if registered.contains("{{") || registered.contains("}}") {
        return None;
    }
    let (mut body, mut rest, mut count) = (String::new(), registered, 0);
    while let Some((before, after)) = rest.split_once("{#") {
        let (kind, tail) = after.split_once("#}")?;
        if kind.is_empty() || !kind.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return None;
        }
        count += 1;
        body.push_str(&format!("{before}{{{{{count}}}}}"));
        rest = tail;
    }
    body.push_str(rest);
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_headers_and_prices_are_read_or_refused() {
        assert_eq!(DltId::parse(" 1101123456789012345 ").unwrap().as_str(), "1101123456789012345");
        for wrong in ["", "123456789", "11011234567890123x5", "11011234567890123456789012"] {
            assert_eq!(DltId::parse(wrong), Err(SmsError::Id), "{wrong}");
        }
        assert_eq!(SmsHeader::parse("dlzcrm").unwrap().as_str(), "DLZCRM");
        assert_eq!(SmsHeader::parse("612345").unwrap().as_str(), "612345");
        for wrong in ["", "DLZ", "DLZCR1", "DLZCRMS", "DL-CRM"] {
            assert_eq!(SmsHeader::parse(wrong), Err(SmsError::Header), "{wrong}");
        }
        for (text, one, three) in [
            ("0.25 INR", "0.25 INR", "0.75 INR"),
            ("1 eur", "1.00 EUR", "3.00 EUR"),
            ("0.0075 USD", "0.0075 USD", "0.0225 USD"),
        ] {
            let price = SegmentPrice::parse(text).unwrap();
            assert_eq!((price.to_string().as_str(), price.of(3).as_str()), (one, three));
        }
        for wrong in ["", "0.25", "INR", "-1 INR", "1. INR", ".5 INR", "0.1234567 INR", "1 RUPEE", "1e3 INR"]
        {
            assert_eq!(SegmentPrice::parse(wrong), Err(SmsError::Price), "{wrong}");
        }
    }

    #[test]
    fn settings_are_read_as_they_were_written_and_wrong_ones_are_not() {
        let settings = SmsSettings {
            enabled: false,
            dlt: Some(DltSender {
                entity: DltId::parse("1101123456789012345").unwrap(),
                header: SmsHeader::parse("DLZCRM").unwrap(),
            }),
            promotional_hours: QuietHours::checked(600, 1_140),
            segment_price: Some(SegmentPrice::parse("0.25 INR").unwrap()),
        };
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<SmsSettings>(&text).unwrap(), settings);
        assert_eq!(serde_json::from_str::<SmsSettings>("{}").unwrap(), SmsSettings::default());
        let wrong = r#"{"dlt":{"entity":"7","header":"DLZCRM"}}"#;
        assert!(serde_json::from_str::<SmsSettings>(wrong).is_err());
    }

    #[test]
    fn the_slots_of_a_registered_text_become_numbered_parameters() {
        let body = |text| template_body(text);
        assert_eq!(
            body("Dear {#var#}, your order {#alphanumeric#} is ready.").as_deref(),
            Some("Dear {{1}}, your order {{2}} is ready.")
        );
        assert_eq!(body("Nothing to fill in").as_deref(), Some("Nothing to fill in"));
        for wrong in ["Dear {{1}}", "Dear {#var", "Dear {##}", "Dear {#a b#}"] {
            assert_eq!(body(wrong), None, "{wrong}");
        }
    }
}
