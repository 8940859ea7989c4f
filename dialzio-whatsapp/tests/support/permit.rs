//! Permits from the real gate, for somebody who has just written.

use chrono::{DateTime, TimeDelta, Utc};
use dialzio_core::{
    AccountId, IdSource, LedgerSeq, MessageId, OrgId,
    access::chrono_tz_name::ZoneName,
    consent::{Channel, Check, ConsentFacts, Intent, Purpose, QuietHours, SendPermit, Verdict, decide},
    contact::Address,
    provider::{AccountAccess, OutboundContent, OutboundMessage},
};

pub(crate) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a time in 2026")
}

/// Leave to answer this person within the reply window.
pub(crate) fn permit(address: Address, channel: Channel) -> SendPermit {
    let ids = IdSource::seeded(7);
    let wrote = now() - TimeDelta::minutes(5);
    let facts = ConsentFacts {
        org: ids.next::<OrgId>(wrote),
        contact: ids.next(wrote),
        address: Some(address),
        subjects: Vec::new(),
        records: Vec::new(),
        head: LedgerSeq::default(),
        suppressions: Vec::new(),
        restricted: false,
        unreachable_since: None,
        last_inbound: Some((ids.next(wrote), wrote)),
        relation: None,
        answered: false,
        marketing_sent: Vec::new(),
        quiet_hours: QuietHours::DEFAULT,
        zone: ZoneName::UTC,
        marketing_cap: 0,
        age: Check::NotConfigured,
        registry: Check::NotConfigured,
        template_registration: Check::NotConfigured,
        call_permission: Check::NotConfigured,
    };
    let intent = Intent { channel, purpose: Purpose::Service, template: false };
    match decide(&facts, intent, now()) {
        Verdict::Allow(permit) => permit,
        refused => panic!("the gate refused: {refused:?}"),
    }
}

pub(crate) fn message(content: OutboundContent) -> OutboundMessage {
    OutboundMessage { id: message_id(), content, reply_to: None }
}

pub(crate) fn message_id() -> MessageId {
    IdSource::seeded(11).next(now())
}

pub(crate) fn access(number: &str, waba: &str, token: &str, base: url::Url) -> AccountAccess {
    AccountAccess {
        account: IdSource::seeded(13).next::<AccountId>(now()),
        external_id: number.to_owned(),
        business_id: waba.to_owned(),
        token: token.into(),
        base_url: Some(base),
    }
}
