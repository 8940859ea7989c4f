//! The gate of calls: a pure function from facts to a verdict, and the permit that only it makes.

use chrono::{DateTime, TimeDelta, Utc};

use super::check::{Age, Check, Checks, Registry};
use super::gate::{Reason, Refusal, RefusalCode};
use super::record::{Channel, ConsentRecord, ConsentState, Purpose, State, SuppressionScope};
use super::zone::{self, QuietHours};
use crate::access::chrono_tz_name::ZoneName;
use crate::call::{CallPermission, permitted};
use crate::contact::{Address, SubjectKey};
use crate::id::OrgId;
use crate::phone::{NumberKind, PhoneNumber};
use crate::store::LedgerSeq;
use crate::store::periods::RELATIONSHIP_PERIOD;

/// How long a permit is good for: a minute, as for a message.
const PERMIT_LIFE: TimeDelta = TimeDelta::seconds(60);
/// A person who called or wrote so recently is called back whatever the hour: they are awake.
const CALLED_JUST_NOW: TimeDelta = TimeDelta::hours(1);

/// All that the gate of calls looks at.
#[derive(Debug, Clone)]
pub(crate) struct CallConsent {
    pub(crate) org: OrgId,
    /// The number to be called.
    pub(crate) number: PhoneNumber,
    /// Every identifier of the people who have it.
    pub(crate) subjects: Vec<SubjectKey>,
    /// Entries that cover any of them.
    pub(crate) records: Vec<ConsentRecord>,
    pub(crate) suppressions: Vec<SuppressionScope>,
    /// Processing is restricted for one of them.
    pub(crate) restricted: bool,
    /// The number was given up: it is not clear whose it is.
    pub(crate) doubtful: bool,
    /// When the person last called or wrote.
    pub(crate) heard_from: Option<DateTime<Utc>>,
    /// Numbers of the organisation and of its agents.
    pub(crate) own_number: bool,
    /// What the person answered when they were asked whether they may be called, if the account needs that.
    pub(crate) permission: CallsNeed,
    pub(crate) quiet_hours: QuietHours,
    pub(crate) zone: ZoneName,
    pub(crate) checks: Checks,
}

/// Whether calls through an account need the person's permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallsNeed {
    /// They need none.
    NotNeeded,
    /// They need it: the newest answer, if there is any.
    Needed(Option<CallPermission>),
}

/// What the gate of calls answers.
#[derive(Debug)]
pub(crate) enum CallVerdict {
    Allow(CallPermit),
    Deny {
        refusal: Refusal,
        /// When the hours of calling begin, if they are what stands against it.
        opens_at: Option<DateTime<Utc>>,
    },
}

/// That one call to one number is allowed, for a minute. Only the gate makes one, and placing a call uses it up.
#[derive(Debug)]
#[must_use = "a permit that is not spent is a call that is not placed"]
pub struct CallPermit {
    org: OrgId,
    recipient: PhoneNumber,
    purpose: Purpose,
    subjects: Vec<SubjectKey>,
    head: LedgerSeq,
    expires: DateTime<Utc>,
}

impl CallPermit {
    /// The organisation that calls.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.org
    }

    /// Who may be called.
    #[must_use]
    pub const fn recipient(&self) -> &PhoneNumber {
        &self.recipient
    }

    /// What for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Until when it is good.
    #[must_use]
    pub const fn expires(&self) -> DateTime<Utc> {
        self.expires
    }

    /// The identifiers it rests on, and the ledger's newest entry about them.
    pub(crate) fn head(&self) -> (Vec<SubjectKey>, LedgerSeq) {
        (self.subjects.clone(), self.head)
    }
}

/// Whether the person may be called. Promotion always needs an opt-in for calls; any other call needs an opt-in or that the
/// person called or wrote within twelve months. Nobody's role changes that.
#[must_use]
pub(crate) fn decide_call(facts: &CallConsent, purpose: Purpose, now: DateTime<Utc>) -> CallVerdict {
    let mut reasons: Vec<Reason> = Vec::new();
    let mut deny = |code: RefusalCode, since: Option<DateTime<Utc>>| reasons.push(Reason { code, since });
    let marketing = purpose == Purpose::Marketing;
    match facts.number.kind() {
        NumberKind::Emergency => deny(RefusalCode::EmergencyNumber, None),
        NumberKind::Premium => deny(RefusalCode::PremiumNumber, None),
        NumberKind::Ordinary => {}
    }
    if facts.own_number {
        deny(RefusalCode::OwnNumber, None);
    }
    let stopped = |scope: &SuppressionScope| match scope {
        SuppressionScope::AllOutbound => true,
        SuppressionScope::Marketing => marketing,
    };
    if facts.suppressions.iter().any(stopped) {
        deny(RefusalCode::Suppressed, None);
    }
    if facts.restricted {
        deny(RefusalCode::Restricted, None);
    }
    if facts.doubtful {
        deny(RefusalCode::Doubtful, None);
    }
    if facts.checks.age == Check::Found(Age::Minor) {
        deny(RefusalCode::Minor, None);
    }
    if marketing && facts.checks.registry == Check::Found(Registry::Blocked) {
        deny(RefusalCode::Registry, None);
    }
    if let CallsNeed::Needed(answer) = &facts.permission
        && let Err(no) = permitted(answer.as_ref(), now)
    {
        deny(no.code, no.since);
    }
    let state = ConsentState::fold(&facts.records, Channel::Voice, purpose, now);
    let said_at = state.record.as_ref().map(|record| record.occurred_at);
    match state.state {
        State::Withdrawn => deny(RefusalCode::Withdrawn, said_at),
        State::Refused => deny(RefusalCode::Refused, said_at),
        State::Unknown if marketing => deny(RefusalCode::Unknown, None),
        State::Expired if marketing => {
            deny(RefusalCode::Expired, state.record.as_ref().and_then(|record| record.expires_at));
        }
        State::Unknown | State::Expired
            if facts.heard_from.is_none_or(|at| now >= at + RELATIONSHIP_PERIOD) =>
        {
            deny(RefusalCode::NoExistingRelationship, facts.heard_from.map(|at| at + RELATIONSHIP_PERIOD));
        }
        State::Unknown | State::Expired | State::Given => {}
    }
    let just_called = !marketing && facts.heard_from.is_some_and(|at| now < at + CALLED_JUST_NOW);
    let mut opens_at = None;
    if !just_called {
        // Promotion keeps to the organisation's hours, any other call to the widest there can be.
        let hours = if marketing { facts.quiet_hours } else { QuietHours::WIDEST };
        let zones = zone::candidates(&Address::Phone(facts.number.clone()), facts.zone);
        let open = zone::next_open(&zones, hours, now);
        if open != Some(now) {
            deny(RefusalCode::CallingHours, None);
            opens_at = open;
        }
    }
    if !reasons.is_empty() {
        return CallVerdict::Deny { refusal: Refusal { reasons }, opens_at };
    }
    CallVerdict::Allow(CallPermit {
        org: facts.org,
        recipient: facts.number.clone(),
        purpose,
        subjects: facts.subjects.clone(),
        head: facts.records.iter().map(|record| record.seq).max().unwrap_or(LedgerSeq(0)),
        expires: now + PERMIT_LIFE,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::IdSource;
    use crate::call::PermissionAnswer;
    use crate::consent::record::{ConsentEvent, Evidence, EvidenceKind, PurposeScope};
    use crate::text::EvidenceText;

    /// Noon in India on a working day.
    fn noon() -> DateTime<Utc> {
        "2026-03-02T06:30:00Z".parse().unwrap()
    }

    fn facts() -> CallConsent {
        let number = PhoneNumber::parse("+919840012345").unwrap();
        CallConsent {
            org: IdSource::seeded(1).next(noon()),
            subjects: vec![SubjectKey::phone(&number)],
            number,
            records: Vec::new(),
            suppressions: Vec::new(),
            restricted: false,
            doubtful: false,
            heard_from: Some(noon() - TimeDelta::days(3)),
            own_number: false,
            permission: CallsNeed::NotNeeded,
            quiet_hours: QuietHours::DEFAULT,
            zone: ZoneName::UTC,
            checks: Checks::default(),
        }
    }

    fn said(event: ConsentEvent, channel: Channel, scope: PurposeScope) -> ConsentRecord {
        let ids = IdSource::seeded(u64::from(event as u8) + 7);
        let at = noon() - TimeDelta::days(1);
        ConsentRecord {
            id: ids.next(at),
            seq: LedgerSeq(4),
            contact: ids.next(at),
            subjects: facts().subjects,
            channel,
            scope,
            event,
            evidence: Evidence {
                kind: EvidenceKind::Call,
                note: EvidenceText::parse("said so").unwrap(),
                message: None,
            },
            recorded_by: "system".into(),
            occurred_at: at,
            recorded_at: at,
            expires_at: (event == ConsentEvent::Given).then(|| at + TimeDelta::days(730)),
        }
    }

    fn refused(facts: &CallConsent, purpose: Purpose, now: DateTime<Utc>) -> Vec<&'static str> {
        match decide_call(facts, purpose, now) {
            CallVerdict::Allow(_) => Vec::new(),
            CallVerdict::Deny { refusal, .. } => {
                refusal.reasons.iter().map(|reason| reason.code.as_str()).collect()
            }
        }
    }

    #[test]
    fn a_person_who_called_or_wrote_within_a_year_may_be_called_but_not_for_promotion() {
        assert_eq!(refused(&facts(), Purpose::Service, noon()), [""; 0]);
        assert_eq!(refused(&facts(), Purpose::Marketing, noon()), ["consent.unknown"]);
        let stranger = CallConsent { heard_from: None, ..facts() };
        assert_eq!(refused(&stranger, Purpose::Service, noon()), ["consent.no_relation"]);
        let long_ago = CallConsent { heard_from: Some(noon() - TimeDelta::days(366)), ..facts() };
        assert_eq!(refused(&long_ago, Purpose::Service, noon()), ["consent.no_relation"]);
    }

    #[test]
    fn an_opt_in_for_calls_is_what_promotion_needs_and_one_for_messages_is_none() {
        let given = |channel| CallConsent {
            records: vec![said(ConsentEvent::Given, channel, PurposeScope::Marketing)],
            ..facts()
        };
        assert_eq!(refused(&given(Channel::Voice), Purpose::Marketing, noon()), [""; 0]);
        assert_eq!(refused(&given(Channel::Any), Purpose::Marketing, noon()), [""; 0]);
        assert_eq!(refused(&given(Channel::WhatsApp), Purpose::Marketing, noon()), ["consent.unknown"]);
    }

    #[test]
    fn do_not_call_holds_for_every_purpose_and_in_every_role() {
        let said_no = CallConsent {
            records: vec![said(ConsentEvent::Withdrawn, Channel::Voice, PurposeScope::Any)],
            ..facts()
        };
        for purpose in [Purpose::Service, Purpose::Marketing] {
            assert_eq!(refused(&said_no, purpose, noon()), ["consent.withdrawn"]);
        }
        let listed = CallConsent { suppressions: vec![SuppressionScope::AllOutbound], ..facts() };
        assert_eq!(refused(&listed, Purpose::Service, noon()), ["consent.suppressed"]);
        let restricted = CallConsent { restricted: true, ..facts() };
        assert_eq!(refused(&restricted, Purpose::Service, noon()), ["consent.restricted"]);
    }

    #[test]
    fn hours_are_those_of_the_person_and_do_not_hold_for_calling_back_at_once() {
        let night: DateTime<Utc> = "2026-03-02T20:30:00Z".parse().unwrap();
        let asleep = CallConsent { heard_from: Some(night - TimeDelta::hours(5)), ..facts() };
        let CallVerdict::Deny { refusal, opens_at } = decide_call(&asleep, Purpose::Service, night) else {
            panic!("it is two in the morning in India")
        };
        assert_eq!(refusal.code(), "hours.calling");
        assert_eq!(opens_at, Some("2026-03-03T02:30:00Z".parse().unwrap()), "08:00 in India");
        let awake = CallConsent { heard_from: Some(night - TimeDelta::minutes(5)), ..facts() };
        assert_eq!(refused(&awake, Purpose::Service, night), [""; 0]);
    }

    #[test]
    fn own_emergency_and_premium_numbers_are_not_called() {
        let own = CallConsent { own_number: true, ..facts() };
        assert_eq!(refused(&own, Purpose::Service, noon()), ["call.own_number"]);
        for (number, code) in [("+449098790000", "call.premium_number"), ("+91112", "call.emergency_number")]
        {
            let Ok(number) = PhoneNumber::from_digits(number.trim_start_matches('+')) else {
                panic!("{number}")
            };
            let called = CallConsent { number, ..facts() };
            assert!(refused(&called, Purpose::Service, noon()).contains(&code), "{code}");
        }
    }

    #[test]
    fn where_the_person_has_to_permit_calls_nobody_is_called_without() {
        let answered = |answer, until| CallPermission { answer, until, at: noon() - TimeDelta::days(1) };
        let week = noon() + TimeDelta::days(6);
        let granted = answered(PermissionAnswer::Granted, Some(week));
        let asked = |answer| CallConsent { permission: CallsNeed::Needed(answer), ..facts() };
        let (service, missing) = (Purpose::Service, ["call.permission_missing"]);
        assert_eq!(refused(&asked(None), service, noon()), missing);
        assert_eq!(refused(&asked(Some(granted)), service, noon()), [""; 0]);
        assert_eq!(refused(&asked(Some(granted)), service, week), ["call.permission_ended"]);
        let no = answered(PermissionAnswer::Refused, None);
        assert_eq!(refused(&asked(Some(no)), service, noon()), ["call.permission_refused"]);
        // A permission is no opt-in for promotion.
        assert_eq!(refused(&asked(Some(granted)), Purpose::Marketing, noon()), ["consent.unknown"]);
    }

    #[test]
    fn a_permit_rests_on_the_newest_entry_about_the_person() {
        let records = vec![said(ConsentEvent::Given, Channel::Voice, PurposeScope::Any)];
        let CallVerdict::Allow(permit) =
            decide_call(&CallConsent { records, ..facts() }, Purpose::Service, noon())
        else {
            panic!("they agreed")
        };
        assert_eq!(permit.head(), (facts().subjects, LedgerSeq(4)));
    }
}
