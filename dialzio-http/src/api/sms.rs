//! How an account sends by SMS.

use dialzio_core::consent::QuietHours;
use dialzio_core::sms::{DltId, DltSender, SegmentPrice, SmsError, SmsHeader, SmsSettings};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::organisation::{clock, minutes};
use crate::problem::Problem;

/// How an account sends by SMS.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SmsSettings)]
pub struct SmsJson {
    /// Whether it sends and receives.
    enabled: bool,
    /// The id of the business as a principal entity of India's registration (DLT): 10 to 25 digits.
    #[schema(required)]
    dlt_entity: Option<String>,
    /// The registered sender id: six letters, or six digits for promotion.
    #[schema(required)]
    dlt_header: Option<String>,
    /// When promotion by SMS begins, such as `10:00`, if later than the organisation's hours.
    #[schema(required)]
    promotion_from: Option<String>,
    /// When it ends.
    #[schema(required)]
    promotion_until: Option<String>,
    /// What one segment costs, such as `0.25 INR`.
    #[schema(required)]
    segment_price: Option<String>,
}

/// How an account is to send by SMS, as a whole.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewSmsSettings)]
#[serde(deny_unknown_fields)]
pub struct NewSmsJson {
    /// Whether it sends and receives; true unless given.
    #[serde(default = "on")]
    enabled: bool,
    /// The id of the business as a principal entity of India's registration (DLT): 10 to 25 digits.
    /// Only with `dlt_header`.
    dlt_entity: Option<String>,
    /// The registered sender id: six letters, or six digits for promotion. Only with `dlt_entity`.
    dlt_header: Option<String>,
    /// When promotion by SMS begins, such as `10:00`, if later than the organisation's hours.
    /// Only with `promotion_until`.
    promotion_from: Option<String>,
    /// When it ends. Only with `promotion_from`.
    promotion_until: Option<String>,
    /// What one segment costs, such as `0.25 INR`.
    segment_price: Option<String>,
}

const fn on() -> bool {
    true
}

impl From<SmsSettings> for SmsJson {
    fn from(sms: SmsSettings) -> Self {
        let (dlt_entity, dlt_header) = sms.dlt.map(|dlt| (dlt.entity.into(), dlt.header.into())).unzip();
        let hours = sms.promotional_hours;
        Self {
            enabled: sms.enabled,
            dlt_entity,
            dlt_header,
            promotion_from: hours.map(|hours| clock(hours.open_from)),
            promotion_until: hours.map(|hours| clock(hours.open_until)),
            segment_price: sms.segment_price.map(String::from),
        }
    }
}

/// Both, or neither.
fn pair<A, B>(first: (&str, Option<A>), second: (&str, Option<B>)) -> Result<Option<(A, B)>, Problem> {
    match (first, second) {
        ((_, Some(a)), (_, Some(b))) => Ok(Some((a, b))),
        ((_, None), (_, None)) => Ok(None),
        ((name, None), (with, _)) | ((with, _), (name, None)) => {
            Err(Problem::invalid(&format!("sms/{name}"), format!("is needed with {with}")))
        }
    }
}

impl TryFrom<NewSmsJson> for SmsSettings {
    type Error = Problem;

    fn try_from(json: NewSmsJson) -> Result<Self, Problem> {
        let named = |field: &str| {
            let field = format!("sms/{field}");
            move |error: SmsError| Problem::invalid(&field, error.to_string())
        };
        let dlt = pair(("dlt_entity", json.dlt_entity), ("dlt_header", json.dlt_header))?;
        let dlt = dlt
            .map(|(entity, header)| {
                Ok::<_, Problem>(DltSender {
                    entity: DltId::parse(&entity).map_err(named("dlt_entity"))?,
                    header: SmsHeader::parse(&header).map_err(named("dlt_header"))?,
                })
            })
            .transpose()?;
        let hours = pair(("promotion_from", json.promotion_from), ("promotion_until", json.promotion_until))?;
        let promotional_hours = hours
            .map(|(from, until)| {
                let (from, until) =
                    (minutes("sms/promotion_from", &from)?, minutes("sms/promotion_until", &until)?);
                let problem = "must be at least an hour after promotion_from, both within 08:00 to 21:00";
                QuietHours::checked(from, until)
                    .ok_or_else(|| Problem::invalid("sms/promotion_until", problem))
            })
            .transpose()?;
        let price = json.segment_price.as_deref().map(SegmentPrice::parse).transpose();
        Ok(Self {
            enabled: json.enabled,
            dlt,
            promotional_hours,
            segment_price: price.map_err(named("segment_price"))?,
        })
    }
}
