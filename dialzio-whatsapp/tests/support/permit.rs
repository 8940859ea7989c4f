//! Permits from the real gate, for a person who has just written.

use chrono::{DateTime, Utc};
use dialzio_core::{
    AccountId, IdSource, MessageId,
    consent::{Channel, SendPermit},
    contact::Address,
    provider::{AccountAccess, OutboundContent, OutboundMessage},
};

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a time in 2026")
}

/// Leave to answer this person within the reply window.
pub(crate) fn permit(address: Address, channel: Channel) -> SendPermit {
    dialzio_core::testing::permit_to_answer(address, channel, now())
}

pub(crate) fn message(content: OutboundContent) -> OutboundMessage {
    OutboundMessage { id: message_id(), content, reply_to: None, registration: None }
}

pub(crate) fn message_id() -> MessageId {
    IdSource::seeded(11).next(now())
}

pub(crate) fn access(number: &str, waba: &str, token: &str, base: url::Url) -> AccountAccess {
    AccountAccess {
        account: IdSource::seeded(13).next::<AccountId>(now()),
        routing_key: number.to_owned(),
        business_id: waba.to_owned(),
        credentials: [("access_token", token)].into(),
        base_url: Some(base),
    }
}
