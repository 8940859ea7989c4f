//! Elements of `statuses`: what became of a message of ours.

use dialzio_core::{
    conversation::{DeliveryStatus, ExternalId, FailureNote},
    provider::{DeliveryUpdate, Inbound, InboundBody},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    person::{self, Named},
    value::{Value, moment, normalised},
};
use crate::{
    error::{WHATSAPP, words},
    object::part,
    scalar::Scalar,
};

/// The person stopped marketing messages from this business.
const MARKETING_STOPPED: i64 = 131_050;

#[derive(Default, Deserialize)]
#[serde(default)]
struct MetaStatus<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow)]
    status: Scalar<'a>,
    #[serde(borrow)]
    timestamp: Scalar<'a>,
    #[serde(borrow)]
    biz_opaque_callback_data: Scalar<'a>,
    #[serde(borrow)]
    recipient_type: Scalar<'a>,
    #[serde(borrow)]
    recipient_id: Scalar<'a>,
    #[serde(borrow)]
    recipient_user_id: Scalar<'a>,
    #[serde(borrow)]
    recipient_parent_user_id: Scalar<'a>,
    /// The same between 9 April and 5 May 2026.
    #[serde(borrow)]
    parent_recipient_user_id: Scalar<'a>,
    /// The same in one documented example.
    #[serde(borrow)]
    parent_user_id: Scalar<'a>,
    #[serde(borrow)]
    recipient_participant_id: Scalar<'a>,
    #[serde(borrow)]
    recipient_participant_user_id: Scalar<'a>,
    #[serde(borrow)]
    recipient_participant_parent_user_id: Scalar<'a>,
    #[serde(borrow)]
    errors: Option<&'a RawValue>,
}

/// An error as webhooks tell it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct MetaWebhookError<'a> {
    #[serde(borrow)]
    pub(super) code: Scalar<'a>,
    #[serde(borrow)]
    error_data: Option<&'a RawValue>,
    #[serde(borrow)]
    message: Scalar<'a>,
    #[serde(borrow)]
    title: Scalar<'a>,
}

/// Reads one element.
pub(super) fn read(value: &Value<'_, '_>, raw: &str) -> Inbound {
    if let Ok(status) = serde_json::from_str::<MetaStatus<'_>>(raw) {
        return file(value, &status, raw);
    }
    match normalised(raw).as_deref().map(serde_json::from_str::<MetaStatus<'_>>) {
        Some(Ok(status)) => file(value, &status, raw),
        _ => value.unknown("statuses", raw, "a status of no known shape".to_owned()),
    }
}

fn file(value: &Value<'_, '_>, status: &MetaStatus<'_>, raw: &str) -> Inbound {
    let word = status.status.text().unwrap_or_default();
    let happened = match word {
        "sent" => DeliveryStatus::Sent,
        "delivered" => DeliveryStatus::Delivered,
        "read" => DeliveryStatus::Read,
        "played" => DeliveryStatus::Played,
        "failed" => DeliveryStatus::Failed,
        _ => return value.unknown("statuses", raw, format!("status {word}")),
    };
    let Some(external) = status.id.text().and_then(ExternalId::parse) else {
        return value.unknown("statuses", raw, "a status without an id".to_owned());
    };
    let (recipient, contact) = person::sender(named(status), &value.contacts);
    let errors: Vec<MetaWebhookError<'_>> = part(status.errors).unwrap_or_default();
    let failure = (happened == DeliveryStatus::Failed).then(|| failure(errors.first()));
    let is_stop = |error: &MetaWebhookError<'_>| error.code.integer() == Some(MARKETING_STOPPED);
    Inbound {
        account: value.account(),
        at: status.timestamp.integer().and_then(moment),
        body: InboundBody::Delivery(Box::new(DeliveryUpdate {
            external,
            own: status.biz_opaque_callback_data.text().and_then(|own| own.parse().ok()),
            status: happened,
            failure,
            marketing_stopped: happened == DeliveryStatus::Failed && errors.iter().any(is_stop),
            recipient,
        })),
        raw: value.alone("statuses", raw, contact),
    }
}

/// In a group the recipient is the group, and the person is its participant.
fn named<'a>(status: &'a MetaStatus<'_>) -> Named<'a> {
    if status.recipient_type.text() == Some("group") {
        return Named {
            phone: status.recipient_participant_id.filled(),
            user_id: status.recipient_participant_user_id.filled(),
            parent_id: status.recipient_participant_parent_user_id.filled(),
        };
    }
    Named {
        phone: status.recipient_id.filled(),
        user_id: status.recipient_user_id.filled(),
        parent_id: status
            .recipient_parent_user_id
            .filled()
            .or(status.parent_recipient_user_id.filled())
            .or(status.parent_user_id.filled()),
    }
}

/// Why it failed, by the first error that is told.
pub(super) fn failure(error: Option<&MetaWebhookError<'_>>) -> FailureNote {
    let code = error.and_then(|error| error.code.filled()).unwrap_or("unknown");
    let detail = error.and_then(|error| words(error.error_data, &[&error.message, &error.title]));
    FailureNote { code: format!("{WHATSAPP}.{code}"), detail }
}
