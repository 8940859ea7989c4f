//! The gate of sending: a pure function from facts to a verdict, and the permit that only it makes.

use chrono::{DateTime, TimeDelta, Utc};
use std::fmt;

use super::check::{Age, Check, Registry};
use super::facts::{ConsentFacts, ConsentRows};
use super::record::{
    Basis, Channel, ConsentEvent, ConsentRecord, ConsentState, Purpose, PurposeScope, State, SuppressionScope,
};
use super::zone::{QuietHours, next_open};
use crate::contact::{Address, SubjectKey};
use crate::conversation::FailureNote;
use crate::id::OrgId;
use crate::name::string_enum;
use crate::store::LedgerSeq;
use crate::store::periods::{CAP_PERIOD, RELATIONSHIP_PERIOD};
use crate::time::REPLY_WINDOW;

/// How long a permit lasts, at most.
const PERMIT_LIFE: TimeDelta = TimeDelta::seconds(60);
/// How long one confirmation of an opt-out is possible.
const CONFIRMATION: TimeDelta = TimeDelta::minutes(5);

/// The message that is to be sent, as far as the gate looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intent {
    /// By which way.
    pub channel: Channel,
    /// What for: derived from the template's category, or [`Purpose::Service`] for free text.
    pub purpose: Purpose,
    /// It is a template, which may be sent when the window is shut.
    pub template: bool,
    /// How long the provider takes free text after the person wrote; `None` if it has no such rule.
    pub reply_window: Option<TimeDelta>,
    /// The text follows a registered template (DLT), which an SMS to India needs.
    pub registered: bool,
    /// Narrower hours for promotion than those of the organisation, if the account has some.
    pub hours: Option<QuietHours>,
}

string_enum! {
    /// Which rule refused or deferred. The dotted code is part of the API.
    pub enum RefusalCode {
        /// The person has no address here.
        Unresolved = "consent.unresolved",
        /// Suppressed: erased, or asked not to be contacted.
        Suppressed = "consent.suppressed",
        /// Processing is restricted.
        Restricted = "consent.restricted",
        /// The number may belong to another person now: a member has to decide.
        Doubtful = "consent.doubtful",
        /// Not of age.
        Minor = "consent.minor",
        /// The person cannot be reached here.
        Unreachable = "recipient.unreachable",
        /// The person has withdrawn consent for this purpose.
        Withdrawn = "consent.withdrawn",
        /// Asked and refused.
        Refused = "consent.refused",
        /// Listed in a registry.
        Registry = "consent.registry",
        /// Stopped at the provider.
        ProviderStop = "consent.provider_stop",
        /// There is no opt-in.
        Unknown = "consent.unknown",
        /// Their last message was an opt-out.
        OptedOutLast = "consent.opted_out_last",
        /// The consent ran out.
        Expired = "consent.expired",
        /// The person has not written to this business within twelve months.
        NoExistingRelationship = "consent.no_relation",
        /// The reply window is shut.
        WindowClosed = "window.closed",
        /// Outside the hours for promotion.
        QuietHours = "hours.quiet",
        /// An SMS to this country needs a registered template.
        Unregistered = "sms.unregistered",
        /// Enough for these 7 days.
        FrequencyCap = "cap.frequency",
        /// It is too early or too late to call where the person is.
        CallingHours = "hours.calling",
        /// The number is the organisation's, or one of its agents'.
        OwnNumber = "call.own_number",
        /// A number that costs the caller extra.
        PremiumNumber = "call.premium_number",
        /// A number for emergencies.
        EmergencyNumber = "call.emergency_number",
        /// The provider asks for the person's permission to call them, and they have given none.
        CallPermissionMissing = "call.permission_missing",
        /// The person does not permit calls by this provider.
        CallPermissionRefused = "call.permission_refused",
        /// The person's permission to call them by this provider has ended.
        CallPermissionEnded = "call.permission_ended",
    }
}

/// One rule that said no or later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reason {
    /// The rule, as a code that stays the same over releases.
    pub code: RefusalCode,
    /// Since when it is so, if there is such an instant (the withdrawal, the end of the window).
    pub since: Option<DateTime<Utc>>,
}

/// A refusal: every rule that said no, the deciding one first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Every rule that stands against the message, the most important first.
    pub reasons: Vec<Reason>,
}

impl Refusal {
    fn first(&self) -> RefusalCode {
        self.reasons.first().map_or(RefusalCode::Unresolved, |reason| reason.code)
    }

    /// The code of the deciding rule.
    #[must_use]
    pub fn code(&self) -> String {
        self.first().as_str().to_owned()
    }

    /// The form that is kept with a message.
    #[must_use]
    pub fn note(&self) -> FailureNote {
        FailureNote { code: self.code(), detail: None }
    }

    /// The deciding rule in a plain sentence, without dates.
    #[must_use]
    pub const fn sentence(code: RefusalCode) -> &'static str {
        match code {
            RefusalCode::Unresolved => "This person has no address here.",
            RefusalCode::Suppressed => "This person asked not to be contacted.",
            RefusalCode::Restricted => "Processing is restricted for this person.",
            RefusalCode::Doubtful => "This number may belong to another person now: say first whose it is.",
            RefusalCode::Minor => "This person is not of age.",
            RefusalCode::Unreachable => "This person cannot be reached here.",
            RefusalCode::Withdrawn => "Opted out.",
            RefusalCode::Refused => "Asked, and said no.",
            RefusalCode::Registry => "Listed in a do-not-disturb registry.",
            RefusalCode::ProviderStop => "Stopped marketing from this business in WhatsApp.",
            RefusalCode::Unknown => "No opt-in is recorded.",
            RefusalCode::OptedOutLast => "Their last message was an opt-out: wait until they write again.",
            RefusalCode::Expired => "The opt-in has run out.",
            RefusalCode::NoExistingRelationship => {
                "They have not written or called within twelve months, and no opt-in is recorded."
            }
            RefusalCode::WindowClosed => "The reply window is closed: choose a template.",
            RefusalCode::Unregistered => {
                "An SMS to India needs a registered template (DLT), and a registered sender of the account."
            }
            RefusalCode::QuietHours => "Outside the hours for promotional messages.",
            RefusalCode::CallingHours => "It is too early or too late to call where this person is.",
            RefusalCode::OwnNumber => "This is a number of your business or of one of its agents.",
            RefusalCode::PremiumNumber => "This number costs the caller extra.",
            RefusalCode::EmergencyNumber => "This is a number for emergencies.",
            RefusalCode::CallPermissionMissing => "They have not permitted calls by WhatsApp.",
            RefusalCode::CallPermissionRefused => "They do not permit calls by WhatsApp.",
            RefusalCode::CallPermissionEnded => "Their permission to call them by WhatsApp has ended.",
            RefusalCode::FrequencyCap => "They had enough promotional messages these seven days.",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::sentence(self.first()))
    }
}

/// The gate's answer.
#[derive(Debug)]
pub enum Verdict {
    /// Send, with this permit.
    Allow(SendPermit),
    /// The message may be sent later, at the earliest at `until`.
    Defer {
        /// Ask again then.
        until: DateTime<Utc>,
        /// The rules that put it off.
        reasons: Vec<Reason>,
    },
    /// The message must not be sent.
    Deny(Refusal),
}

/// Leave to send one message to one person. Only the gate makes these, for the worker, from facts of the store.
///
/// It cannot be cloned, stored or made by hand, and is spent by value:
///
/// ```compile_fail
/// fn twice(permit: dialzio_core::consent::SendPermit) { drop(permit); drop(permit); }
/// ```
#[derive(Debug)]
#[must_use = "a permit that is not spent is a message that is not sent"]
pub struct SendPermit {
    org: OrgId,
    recipient: Address,
    channel: Channel,
    purpose: Purpose,
    basis: Basis,
    subjects: Vec<SubjectKey>,
    head: LedgerSeq,
    expires: DateTime<Utc>,
}

impl SendPermit {
    /// The organisation that sends.
    #[must_use]
    pub const fn org(&self) -> OrgId {
        self.org
    }

    /// To whom: the only place where the recipient stands.
    #[must_use]
    pub const fn recipient(&self) -> &Address {
        &self.recipient
    }

    /// By which way.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// The purpose that the gate allowed it for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// On what it rests.
    #[must_use]
    pub const fn basis(&self) -> Basis {
        self.basis
    }

    /// When it ends, at most 60 seconds after it was made.
    #[must_use]
    pub const fn expires(&self) -> DateTime<Utc> {
        self.expires
    }

    /// The ledger's head it was decided on, to be expected by the commit of the intent.
    pub(crate) fn head(&self) -> (Vec<SubjectKey>, LedgerSeq) {
        (self.subjects.clone(), self.head)
    }
}

/// Decides whether a message may go out. Pure; the only function that makes a [`SendPermit`]. Not public: no code outside
/// can bring facts of their own.
///
/// The rules and their order are those of the decision table in `docs/consent.md`; every rule that says no is
/// reported, the first one decides.
#[must_use]
pub(crate) fn decide(facts: &ConsentFacts, intent: Intent, now: DateTime<Utc>) -> Verdict {
    let mut reasons: Vec<Reason> = Vec::new();
    let mut deny = |code: RefusalCode, since: Option<DateTime<Utc>>| reasons.push(Reason { code, since });
    let marketing = intent.purpose == Purpose::Marketing;
    let service = intent.purpose == Purpose::Service;
    let authentication = intent.purpose == Purpose::Authentication;
    let ConsentFacts { rows, suppressions, checks } = facts;
    // The person's own time to be answered, whatever the provider allows.
    let in_window = rows.last_inbound.is_some_and(|(_, at)| now < at + REPLY_WINDOW);
    let window_end = intent.reply_window.and_then(|window| Some(rows.last_inbound?.1 + window));
    let window_open = intent.reply_window.is_none() || window_end.is_some_and(|end| now < end);

    // What a person has just asked is answered. Where the provider has a window, it says until when that is possible.
    let answer = service && (intent.reply_window.is_some() || in_window);

    if rows.address.is_none() {
        deny(RefusalCode::Unresolved, None);
    }
    let stopped = |scope: &SuppressionScope| match scope {
        SuppressionScope::AllOutbound => !(service && in_window),
        SuppressionScope::Marketing => marketing,
    };
    if suppressions.iter().any(stopped) {
        deny(RefusalCode::Suppressed, None);
    }
    if rows.restricted && !service {
        deny(RefusalCode::Restricted, None);
    }
    if rows.doubtful && !service {
        deny(RefusalCode::Doubtful, None);
    }
    if checks.age == Check::Found(Age::Minor) && !service {
        deny(RefusalCode::Minor, None);
    }
    if let Some(since) = rows.unreachable_since
        && !in_window
    {
        deny(RefusalCode::Unreachable, Some(since));
    }

    let state = ConsentState::fold(&rows.records, intent.channel, intent.purpose, now);
    let said_at = state.record.as_ref().map(|record| record.occurred_at);
    match state.state {
        State::Withdrawn if !answer => deny(RefusalCode::Withdrawn, said_at),
        State::Refused if !answer => deny(RefusalCode::Refused, said_at),
        _ => {}
    }
    if marketing && checks.registry == Check::Found(Registry::Blocked) {
        deny(RefusalCode::Registry, None);
    }
    if let Some(stop) = &state.provider_stop {
        deny(RefusalCode::ProviderStop, Some(stop.occurred_at));
    }
    let related = rows.existing_relationship.filter(|(_, at)| now < *at + RELATIONSHIP_PERIOD);
    if marketing {
        match state.state {
            State::Unknown => deny(RefusalCode::Unknown, None),
            State::Expired => {
                deny(RefusalCode::Expired, state.record.as_ref().and_then(|record| record.expires_at));
            }
            State::Given | State::Refused | State::Withdrawn => {}
        }
    }
    if intent.purpose == Purpose::Utility && state.state != State::Given && related.is_none() {
        deny(
            RefusalCode::NoExistingRelationship,
            rows.existing_relationship.map(|(_, at)| at + RELATIONSHIP_PERIOD),
        );
    }
    if let Some(at) = opted_out_by_last_message(rows)
        && !authentication
        && (!service || rows.answered || now >= at + CONFIRMATION)
    {
        deny(RefusalCode::OptedOutLast, Some(at));
    }
    // Operators drop what is not registered, and nobody is told.
    if intent.channel == Channel::Sms
        && !intent.registered
        && rows.address.as_ref().is_some_and(needs_registration)
    {
        deny(RefusalCode::Unregistered, None);
    }
    if !intent.template && !window_open {
        deny(RefusalCode::WindowClosed, window_end);
    }
    // Where the provider has no window, free text still needs a reason: an answer, a consent, or an existing relationship.
    if service
        && intent.reply_window.is_none()
        && !in_window
        && state.state != State::Given
        && related.is_none()
    {
        deny(
            RefusalCode::NoExistingRelationship,
            rows.existing_relationship.map(|(_, at)| at + RELATIONSHIP_PERIOD),
        );
    }
    let (Some(recipient), true) = (rows.address.clone(), reasons.is_empty()) else {
        return Verdict::Deny(Refusal { reasons });
    };

    if marketing && let Some(verdict) = wait(rows, intent.hours, &recipient, now) {
        return verdict;
    }
    let basis = match (intent.purpose, state.record, rows.last_inbound, related) {
        (_, Some(record), ..) if state.state == State::Given => Basis::Grant(record.id),
        (Purpose::Authentication, ..) => Basis::Requested,
        (Purpose::Service, _, Some((message, _)), _) if in_window => Basis::ReplyWindow(message),
        (Purpose::Utility | Purpose::Service, _, _, Some((message, _))) => {
            Basis::ExistingRelationship(message)
        }
        _ => {
            return Verdict::Deny(Refusal {
                reasons: vec![Reason { code: RefusalCode::Unknown, since: None }],
            });
        }
    };
    Verdict::Allow(SendPermit {
        org: rows.org,
        recipient,
        channel: intent.channel,
        purpose: intent.purpose,
        basis,
        subjects: rows.subjects.clone(),
        head: rows.head,
        expires: now + PERMIT_LIFE,
    })
}

/// Whether an SMS to this address has to follow a registered template. Source: TRAI, Telecom Commercial Communications
/// Customer Preference Regulations, 2018.
fn needs_registration(recipient: &Address) -> bool {
    match recipient {
        Address::Phone(number) => number.region().is_some_and(|region| region.as_str() == "IN"),
        Address::BusinessScoped(_) => false,
    }
}

/// Until when the one confirmation of an opt-out may be sent, if the person's newest message was one.
pub(crate) fn confirmation_until(facts: &ConsentFacts) -> Option<DateTime<Utc>> {
    opted_out_by_last_message(&facts.rows).map(|at| at + CONFIRMATION)
}

/// When the person's newest message was itself an opt-out, and not from promotion alone: its time.
fn opted_out_by_last_message(rows: &ConsentRows) -> Option<DateTime<Utc>> {
    let (last, _) = rows.last_inbound?;
    let by_it = |record: &&ConsentRecord| {
        record.event == ConsentEvent::Withdrawn
            && record.scope == PurposeScope::Any
            && record.evidence.message == Some(last)
    };
    rows.records.iter().find(by_it).map(|record| record.occurred_at)
}

/// Whether promotion has to wait: for the hours, or for the cap. The later of the two decides.
fn wait(
    rows: &ConsentRows,
    narrower: Option<QuietHours>,
    recipient: &Address,
    now: DateTime<Utc>,
) -> Option<Verdict> {
    let mut until = now;
    let mut reasons = Vec::new();
    if rows.marketing_cap > 0 {
        let mut recent: Vec<_> = rows.marketing_sent.iter().filter(|at| **at + CAP_PERIOD > now).collect();
        recent.sort_unstable();
        let cap = rows.marketing_cap as usize;
        if recent.len() >= cap {
            // The one whose leaving makes room.
            until = *recent[recent.len() - cap] + CAP_PERIOD;
            reasons.push(Reason { code: RefusalCode::FrequencyCap, since: None });
        }
    }
    let zones = super::zone::candidates(recipient, rows.zone);
    let hours = narrower.map_or(rows.quiet_hours, |hours| hours.within(rows.quiet_hours));
    let Some(open) = next_open(&zones, hours, until) else {
        let reasons = vec![Reason { code: RefusalCode::QuietHours, since: None }];
        return Some(Verdict::Deny(Refusal { reasons }));
    };
    if open > until {
        until = open;
        reasons.push(Reason { code: RefusalCode::QuietHours, since: None });
    }
    (until > now).then_some(Verdict::Defer { until, reasons })
}

#[cfg(test)]
#[path = "gate_tests.rs"]
mod tests;
