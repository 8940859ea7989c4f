//! A permit for tests of a provider, from the real gate.

use chrono::{DateTime, TimeDelta, Utc};

use crate::access::chrono_tz_name::ZoneName;
use crate::consent::{
    CallConsent, CallPermit, CallVerdict, CallsNeed, Channel, Checks, ConsentRows, Intent, Purpose,
    QuietHours, SendPermit, Verdict, decide, decide_call, facts,
};
use crate::contact::Address;
use crate::id::IdSource;
use crate::store::LedgerSeq;
use crate::time::REPLY_WINDOW;

/// Permission to answer a person who wrote a minute before `now`, decided by the gate. Only for tests of providers: a program
/// built without the feature `testing` has no such function, and the worker is the only one who gets permits.
///
/// # Panics
/// Never: an answer within the reply window is allowed.
#[allow(clippy::panic, reason = "the gate allows an answer to a person who has just written")]
pub fn permit_to_answer(recipient: Address, channel: Channel, now: DateTime<Utc>) -> SendPermit {
    let ids = IdSource::seeded(1);
    let wrote = Some((ids.next(now), now - TimeDelta::minutes(1)));
    let rows = ConsentRows {
        org: ids.next(now),
        contact: ids.next(now),
        address: Some(recipient),
        subjects: Vec::new(),
        records: Vec::new(),
        head: LedgerSeq::default(),
        restricted: false,
        doubtful: false,
        unreachable_since: None,
        last_inbound: wrote,
        existing_relationship: wrote,
        answered: false,
        marketing_sent: Vec::new(),
        quiet_hours: QuietHours::DEFAULT,
        zone: ZoneName::UTC,
        marketing_cap: 0,
    };
    let known = facts(rows, Vec::new(), Checks::default());
    let intent = Intent {
        channel,
        purpose: Purpose::Service,
        template: false,
        reply_window: Some(REPLY_WINDOW),
        registered: true,
        hours: None,
    };
    match decide(&known, intent, now) {
        Verdict::Allow(permit) => permit,
        other => panic!("a reply in the window is allowed: {other:?}"),
    }
}

/// Permission to call a person back who called a minute before `now`, decided by the gate. Only for tests of providers, as
/// [`permit_to_answer`].
///
/// # Panics
/// If the number is one that is never called: for emergencies, or one that costs extra.
#[allow(clippy::panic, reason = "the gate allows to call a person back who has just called")]
pub fn permit_to_call(number: crate::PhoneNumber, now: DateTime<Utc>) -> CallPermit {
    let known = CallConsent {
        org: IdSource::seeded(1).next(now),
        number,
        subjects: Vec::new(),
        records: Vec::new(),
        suppressions: Vec::new(),
        restricted: false,
        doubtful: false,
        heard_from: Some(now - TimeDelta::minutes(1)),
        own_number: false,
        permission: CallsNeed::NotNeeded,
        quiet_hours: QuietHours::DEFAULT,
        zone: ZoneName::UTC,
        checks: Checks::default(),
    };
    match decide_call(&known, Purpose::Service, now) {
        CallVerdict::Allow(permit) => permit,
        other => panic!("a person is called back: {other:?}"),
    }
}
