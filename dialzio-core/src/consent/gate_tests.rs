use super::*;
use crate::IdSource;
use crate::access::chrono_tz_name::ZoneName;
use crate::consent::record::{Evidence, EvidenceKind, PurposeScope};
use crate::consent::zone::QuietHours;
use crate::consent::{Checks, facts};
use crate::phone::PhoneNumber;
use crate::text::EvidenceText;
use proptest::prelude::*;

/// Noon in India on a working day: promotion may go out.
fn noon() -> DateTime<Utc> {
    "2026-03-02T06:30:00Z".parse().unwrap()
}

fn person() -> PhoneNumber {
    PhoneNumber::parse("+919840012345").unwrap()
}

/// A person with a number who has never written and never agreed.
fn stranger() -> ConsentRows {
    let ids = IdSource::seeded(1);
    ConsentRows {
        org: ids.next(noon()),
        contact: ids.next(noon()),
        address: Some(Address::Phone(person())),
        subjects: vec![SubjectKey::phone(&person())],
        records: Vec::new(),
        head: LedgerSeq(0),
        restricted: false,
        doubtful: false,
        unreachable_since: None,
        last_inbound: None,
        existing_relationship: None,
        answered: false,
        marketing_sent: Vec::new(),
        quiet_hours: QuietHours::DEFAULT,
        zone: ZoneName::UTC,
        marketing_cap: 3,
    }
}

fn wrote(ago: TimeDelta) -> ConsentRows {
    let message = IdSource::seeded(2).next(noon());
    let at = noon() - ago;
    ConsentRows {
        last_inbound: Some((message, at)),
        existing_relationship: Some((message, at)),
        ..stranger()
    }
}

fn entry(event: ConsentEvent, scope: PurposeScope, ago: TimeDelta) -> ConsentRecord {
    let ids = IdSource::seeded(u64::from(event as u8) * 16 + u64::from(scope as u8));
    let at = noon() - ago;
    ConsentRecord {
        id: ids.next(at),
        seq: LedgerSeq(1),
        contact: ids.next(at),
        subjects: vec![SubjectKey::phone(&person())],
        channel: Channel::WhatsApp,
        scope,
        event,
        evidence: Evidence {
            kind: EvidenceKind::WebForm,
            note: EvidenceText::parse("form").unwrap(),
            message: None,
        },
        recorded_by: "system".into(),
        occurred_at: at,
        recorded_at: at,
        expires_at: (event == ConsentEvent::Given).then(|| at + TimeDelta::days(730)),
    }
}

fn with(mut facts: ConsentRows, records: Vec<ConsentRecord>) -> ConsentRows {
    facts.records.extend(records);
    facts
}

/// What is known without suppressions and with no check configured.
fn known(rows: &ConsentRows) -> ConsentFacts {
    facts(rows.clone(), Vec::new(), Checks::default())
}

fn intent(purpose: Purpose, template: bool) -> Intent {
    Intent {
        channel: Channel::WhatsApp,
        purpose,
        template,
        reply_window: Some(REPLY_WINDOW),
        registered: false,
        hours: None,
    }
}

fn ask(rows: &ConsentRows, purpose: Purpose, template: bool) -> Result<Basis, Vec<RefusalCode>> {
    answer(&known(rows), intent(purpose, template))
}

fn answer(facts: &ConsentFacts, intent: Intent) -> Result<Basis, Vec<RefusalCode>> {
    match decide(facts, intent, noon()) {
        Verdict::Allow(permit) => Ok(permit.basis()),
        Verdict::Defer { reasons, .. } => Err(reasons.iter().map(|reason| reason.code).collect()),
        Verdict::Deny(refusal) => Err(refusal.reasons.iter().map(|reason| reason.code).collect()),
    }
}

fn first(facts: &ConsentRows, purpose: Purpose) -> Option<RefusalCode> {
    ask(facts, purpose, purpose != Purpose::Service).err().map(|codes| codes[0])
}

const ALL: [Purpose; 4] = [Purpose::Marketing, Purpose::Utility, Purpose::Authentication, Purpose::Service];

#[test]
fn a_stranger_gets_nothing_but_a_code_they_ask_for() {
    let facts = stranger();
    assert_eq!(first(&facts, Purpose::Marketing), Some(RefusalCode::Unknown));
    assert_eq!(first(&facts, Purpose::Utility), Some(RefusalCode::NoExistingRelationship));
    assert_eq!(first(&facts, Purpose::Service), Some(RefusalCode::WindowClosed));
    assert_eq!(ask(&facts, Purpose::Authentication, true), Ok(Basis::Requested));
}

#[test]
fn somebody_who_wrote_gets_an_answer_for_24_hours_and_transactions_for_12_months() {
    let fresh = wrote(TimeDelta::hours(1));
    assert!(matches!(ask(&fresh, Purpose::Service, false), Ok(Basis::ReplyWindow(_))));
    assert_eq!(first(&fresh, Purpose::Marketing), Some(RefusalCode::Unknown), "an answer is no opt-in");
    let last_second = wrote(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert!(ask(&last_second, Purpose::Service, false).is_ok());
    let shut = wrote(TimeDelta::hours(24));
    assert_eq!(first(&shut, Purpose::Service), Some(RefusalCode::WindowClosed));
    assert!(matches!(ask(&shut, Purpose::Utility, true), Ok(Basis::ExistingRelationship(_))));
    assert_eq!(
        first(&wrote(TimeDelta::days(365)), Purpose::Utility),
        Some(RefusalCode::NoExistingRelationship)
    );
}

#[test]
fn an_opt_in_opens_marketing_until_it_runs_out() {
    let given = |ago| with(stranger(), vec![entry(ConsentEvent::Given, PurposeScope::Marketing, ago)]);
    assert!(matches!(ask(&given(TimeDelta::days(1)), Purpose::Marketing, true), Ok(Basis::Grant(_))));
    assert_eq!(first(&given(TimeDelta::days(731)), Purpose::Marketing), Some(RefusalCode::Expired));
    assert_eq!(
        first(&given(TimeDelta::days(1)), Purpose::Utility),
        Some(RefusalCode::NoExistingRelationship)
    );
    let utility =
        with(stranger(), vec![entry(ConsentEvent::Given, PurposeScope::Utility, TimeDelta::days(1))]);
    assert!(matches!(ask(&utility, Purpose::Utility, true), Ok(Basis::Grant(_))));
}

#[test]
fn a_withdrawal_beats_an_earlier_or_simultaneous_grant_and_a_later_grant_lifts_it() {
    let day = TimeDelta::days;
    let grant = |ago| entry(ConsentEvent::Given, PurposeScope::Marketing, ago);
    let stop = |ago| entry(ConsentEvent::Withdrawn, PurposeScope::Any, ago);
    for (records, code) in [
        (vec![grant(day(3)), stop(day(2))], Some(RefusalCode::Withdrawn)),
        (vec![stop(day(2)), grant(day(3))], Some(RefusalCode::Withdrawn)),
        (vec![grant(day(2)), stop(day(2))], Some(RefusalCode::Withdrawn)),
        (vec![stop(day(2)), grant(day(1))], None),
        (
            vec![grant(day(1)), entry(ConsentEvent::Refused, PurposeScope::Marketing, day(0))],
            Some(RefusalCode::Refused),
        ),
    ] {
        assert_eq!(first(&with(wrote(day(100)), records), Purpose::Marketing), code);
    }
    let narrow = with(wrote(day(100)), vec![entry(ConsentEvent::Withdrawn, PurposeScope::Marketing, day(1))]);
    assert!(ask(&narrow, Purpose::Utility, true).is_ok(), "a withdrawal of promotion leaves transactions");
    let wide = with(wrote(day(100)), vec![stop(day(1))]);
    assert_eq!(first(&wide, Purpose::Utility), Some(RefusalCode::Withdrawn));
    assert!(
        ask(&wide, Purpose::Authentication, true).is_ok(),
        "a one-time code is never stopped by an opt-out"
    );
}

#[test]
fn only_the_providers_resume_lifts_the_providers_stop() {
    let day = TimeDelta::days;
    let stop = entry(ConsentEvent::ProviderStop, PurposeScope::Marketing, day(2));
    let grant = entry(ConsentEvent::Given, PurposeScope::Marketing, day(1));
    let stopped = with(stranger(), vec![stop.clone(), grant.clone()]);
    assert_eq!(first(&stopped, Purpose::Marketing), Some(RefusalCode::ProviderStop));
    let resumed = with(
        stranger(),
        vec![stop, grant, entry(ConsentEvent::ProviderResume, PurposeScope::Marketing, day(0))],
    );
    assert!(ask(&resumed, Purpose::Marketing, true).is_ok());
}

#[test]
fn after_a_written_stop_one_confirmation_is_possible_and_then_silence_until_they_write() {
    let mut facts = wrote(TimeDelta::minutes(2));
    let message = facts.last_inbound.unwrap().0;
    let mut stop = entry(ConsentEvent::Withdrawn, PurposeScope::Any, TimeDelta::minutes(2));
    stop.evidence.message = Some(message);
    facts.records.push(stop);
    assert!(ask(&facts, Purpose::Service, false).is_ok(), "one confirmation");
    let answered = ConsentRows { answered: true, ..facts.clone() };
    assert_eq!(first(&answered, Purpose::Service), Some(RefusalCode::OptedOutLast));
    let later = decide(&known(&facts), intent(Purpose::Service, false), noon() + TimeDelta::minutes(4));
    assert!(matches!(later, Verdict::Deny(_)), "five minutes are over");
    let again = ConsentRows { last_inbound: Some((IdSource::seeded(9).next(noon()), noon())), ..answered };
    assert!(ask(&again, Purpose::Service, false).is_ok(), "they wrote again");
    assert!(ask(&facts, Purpose::Authentication, true).is_ok());
}

#[test]
fn after_a_written_stop_of_promotion_service_goes_on() {
    let mut facts = wrote(TimeDelta::minutes(20));
    let mut stop = entry(ConsentEvent::Withdrawn, PurposeScope::Marketing, TimeDelta::minutes(20));
    stop.evidence.message = facts.last_inbound.map(|(message, _)| message);
    facts.records.push(stop);
    facts.answered = true;
    assert!(ask(&facts, Purpose::Service, false).is_ok());
    assert_eq!(first(&facts, Purpose::Marketing), Some(RefusalCode::Withdrawn));
}

#[test]
fn suppression_restriction_and_an_unreachable_address_are_reported_in_their_order() {
    let mut rows =
        with(stranger(), vec![entry(ConsentEvent::Withdrawn, PurposeScope::Any, TimeDelta::days(1))]);
    rows.restricted = true;
    rows.doubtful = true;
    rows.unreachable_since = Some(noon());
    let suppressed =
        |rows: &ConsentRows| facts(rows.clone(), vec![SuppressionScope::AllOutbound], Checks::default());
    let codes = answer(&suppressed(&rows), intent(Purpose::Marketing, true)).unwrap_err();
    let expected = [
        RefusalCode::Suppressed,
        RefusalCode::Restricted,
        RefusalCode::Doubtful,
        RefusalCode::Unreachable,
        RefusalCode::Withdrawn,
    ];
    assert_eq!(codes, expected);
    rows.address = None;
    assert_eq!(first(&rows, Purpose::Marketing), Some(RefusalCode::Unresolved));
    let answering = ConsentRows {
        restricted: true,
        doubtful: true,
        unreachable_since: Some(noon()),
        ..wrote(TimeDelta::hours(1))
    };
    let answered = answer(&suppressed(&answering), intent(Purpose::Service, false));
    assert!(answered.is_ok(), "who writes is answered");
}

#[test]
fn promotion_waits_for_the_hours_and_for_the_cap() {
    let opted_in =
        with(stranger(), vec![entry(ConsentEvent::Given, PurposeScope::Marketing, TimeDelta::days(1))]);
    let promotion = intent(Purpose::Marketing, true);
    let (opted_in, rows) = (known(&opted_in), opted_in);
    let night: DateTime<Utc> = "2026-03-02T20:00:00Z".parse().unwrap();
    let Verdict::Defer { until, reasons } = decide(&opted_in, promotion, night) else { panic!("must wait") };
    assert_eq!(
        until,
        "2026-03-03T04:30:00Z".parse::<DateTime<Utc>>().unwrap(),
        "ten in the morning in India"
    );
    assert_eq!(reasons[0].code, RefusalCode::QuietHours);
    let capped = ConsentRows {
        marketing_sent: vec![
            noon() - TimeDelta::days(6),
            noon() - TimeDelta::days(2),
            noon() - TimeDelta::days(1),
        ],
        ..rows
    };
    let Verdict::Defer { until, reasons } = decide(&known(&capped), promotion, noon()) else {
        panic!("must wait")
    };
    assert_eq!((until, reasons[0].code), (noon() + TimeDelta::days(1), RefusalCode::FrequencyCap));
    let uncapped = ConsentRows { marketing_cap: 0, ..capped };
    assert!(matches!(decide(&known(&uncapped), promotion, noon()), Verdict::Allow(_)));
    let code = intent(Purpose::Authentication, true);
    assert!(
        matches!(decide(&opted_in, code, night), Verdict::Allow(_)),
        "a code does not wait for the morning"
    );
}

#[test]
fn a_check_that_is_not_configured_abstains_and_one_that_is_denies() {
    let base = with(
        wrote(TimeDelta::hours(1)),
        vec![entry(ConsentEvent::Given, PurposeScope::Any, TimeDelta::days(1))],
    );
    for purpose in ALL {
        assert_eq!(first(&base, purpose), None, "nothing is configured: the other rules decide");
    }
    let checked = |checks: Checks, purpose| {
        let base = facts(base.clone(), Vec::new(), checks);
        answer(&base, intent(purpose, purpose != Purpose::Service)).err().map(|codes| codes[0])
    };
    let none = Checks::default();
    let minor = Checks { age: Check::Found(Age::Minor), ..none };
    assert_eq!(checked(minor, Purpose::Marketing), Some(RefusalCode::Minor));
    assert_eq!(checked(minor, Purpose::Service), None);
    let listed = Checks { registry: Check::Found(Registry::Blocked), ..none };
    assert_eq!(checked(listed, Purpose::Marketing), Some(RefusalCode::Registry));
    assert_eq!(checked(listed, Purpose::Utility), None);
    let clear = Checks { age: Check::Found(Age::Adult), registry: Check::Found(Registry::Clear) };
    assert_eq!(checked(clear, Purpose::Marketing), None);
}

/// By a provider of SMS, which has no reply window.
fn by_sms(purpose: Purpose, registered: bool) -> Intent {
    Intent {
        channel: Channel::Sms,
        purpose,
        template: purpose != Purpose::Service,
        reply_window: None,
        registered,
        hours: None,
    }
}

/// Operators drop what is not registered, so it is refused, whatever the purpose and the consent; other countries and other
/// channels have no such rule.
#[test]
fn an_sms_to_india_follows_a_registered_template() {
    let agreed = |address: &str| {
        let given = ConsentRecord {
            channel: Channel::Sms,
            ..entry(ConsentEvent::Given, PurposeScope::Any, TimeDelta::days(1))
        };
        let rows = with(wrote(TimeDelta::hours(1)), vec![given]);
        known(&ConsentRows { address: Some(Address::Phone(PhoneNumber::parse(address).unwrap())), ..rows })
    };
    for purpose in ALL {
        let india = agreed("+919840012345");
        assert_eq!(answer(&india, by_sms(purpose, false)), Err(vec![RefusalCode::Unregistered]));
        assert!(answer(&india, by_sms(purpose, true)).is_ok(), "{purpose}");
        let elsewhere = agreed("+442079460123");
        let codes = answer(&elsewhere, by_sms(purpose, false)).err().unwrap_or_default();
        assert!(!codes.contains(&RefusalCode::Unregistered), "{purpose}");
        let on_whatsapp = Intent { channel: Channel::WhatsApp, ..by_sms(purpose, false) };
        let codes = answer(&india, on_whatsapp).err().unwrap_or_default();
        assert!(!codes.contains(&RefusalCode::Unregistered), "{purpose}");
    }
}

#[test]
fn promotion_keeps_to_the_narrower_of_two_hours() {
    let given = ConsentRecord {
        channel: Channel::Sms,
        ..entry(ConsentEvent::Given, PurposeScope::Marketing, TimeDelta::days(1))
    };
    let facts = known(&with(stranger(), vec![given]));
    let at = |hours| decide(&facts, Intent { hours, ..by_sms(Purpose::Marketing, true) }, noon());
    assert!(matches!(at(None), Verdict::Allow(_)), "noon is within the organisation's hours");
    let afternoon = QuietHours::checked(840, 1_020);
    let Verdict::Defer { until, reasons } = at(afternoon) else { panic!("it opens at two") };
    assert_eq!(until, noon() + TimeDelta::hours(2));
    assert_eq!(reasons[0].code, RefusalCode::QuietHours);
    let Verdict::Allow(_) = at(QuietHours::checked(480, 1_260)) else { panic!("wider hours widen nothing") };
    let evening = QuietHours::checked(1_160, 1_260);
    assert!(matches!(at(evening), Verdict::Deny(_)), "the organisation's hours end before these begin");
}

/// Where the provider has no window (SMS), an answer within a day, a consent or an existing relationship is needed; nothing else opens it.
#[test]
fn without_a_window_free_text_needs_an_answer_a_consent_or_an_existing_relationship() {
    let sms = by_sms(Purpose::Service, true);
    let on_sms = |event, scope, ago| ConsentRecord { channel: Channel::Sms, ..entry(event, scope, ago) };
    let day = TimeDelta::days;
    assert_eq!(answer(&known(&stranger()), sms), Err(vec![RefusalCode::NoExistingRelationship]));
    let opted_in = with(stranger(), vec![on_sms(ConsentEvent::Given, PurposeScope::Any, day(1))]);
    assert!(matches!(answer(&known(&opted_in), sms), Ok(Basis::Grant(_))), "the first message out");
    assert!(matches!(answer(&known(&wrote(TimeDelta::hours(1))), sms), Ok(Basis::ReplyWindow(_))));
    assert!(matches!(answer(&known(&wrote(day(30))), sms), Ok(Basis::ExistingRelationship(_))));
    let stopped = with(wrote(day(2)), vec![on_sms(ConsentEvent::Withdrawn, PurposeScope::Any, day(2))]);
    assert_eq!(answer(&known(&stopped), sms), Err(vec![RefusalCode::Withdrawn]));
    let elsewhere = with(wrote(day(2)), vec![entry(ConsentEvent::Withdrawn, PurposeScope::Any, day(2))]);
    assert!(answer(&known(&elsewhere), sms).is_ok(), "stopped on WhatsApp alone");
}

#[test]
fn an_import_gives_nothing_to_a_person_who_has_said_no() {
    let mut import = entry(ConsentEvent::Given, PurposeScope::Any, TimeDelta::days(1));
    import.evidence.kind = EvidenceKind::Import;
    assert!(ask(&with(stranger(), vec![import.clone()]), Purpose::Marketing, true).is_ok());
    for (event, code) in
        [(ConsentEvent::Withdrawn, RefusalCode::Withdrawn), (ConsentEvent::Refused, RefusalCode::Refused)]
    {
        let no = entry(event, PurposeScope::Any, TimeDelta::days(9));
        let facts = with(stranger(), vec![no, import.clone()]);
        assert_eq!(first(&facts, Purpose::Marketing), Some(code));
    }
}

#[test]
fn a_permit_names_its_head_and_ends_within_a_minute() {
    let facts = known(&ConsentRows { head: LedgerSeq(41), ..wrote(TimeDelta::hours(1)) });
    let Verdict::Allow(permit) = decide(&facts, intent(Purpose::Service, false), noon()) else {
        panic!("must be allowed")
    };
    assert_eq!(permit.head().1, LedgerSeq(41));
    assert!(permit.expires() <= noon() + TimeDelta::seconds(60));
    assert_eq!(permit.recipient(), &Address::Phone(person()));
}

fn any_record() -> impl Strategy<Value = ConsentRecord> {
    let events = prop::sample::select(ConsentEvent::ALL.to_vec());
    let scopes = prop::sample::select(PurposeScope::ALL.to_vec());
    (events, scopes, 0_i64..2_000_000, 1_u64..99).prop_map(|(event, scope, minutes, seq)| {
        let mut record = entry(event, scope, TimeDelta::minutes(minutes));
        record.seq = LedgerSeq(seq);
        record
    })
}

proptest! {
    #[test]
    fn no_ledger_lets_promotion_out_without_a_grant(records in prop::collection::vec(any_record(), 0..8), hours in 0_i64..900) {
        let facts = with(wrote(TimeDelta::hours(hours)), records);
        if let Ok(basis) = ask(&facts, Purpose::Marketing, true) {
            prop_assert!(matches!(basis, Basis::Grant(_)));
            let granted = facts.records.iter().any(|r| r.event == ConsentEvent::Given && r.scope.covers(Purpose::Marketing));
            prop_assert!(granted);
        }
    }

    #[test]
    fn the_order_of_entries_does_not_matter(mut records in prop::collection::vec(any_record(), 0..8)) {
        let forwards = with(wrote(TimeDelta::hours(1)), records.clone());
        records.reverse();
        let backwards = with(wrote(TimeDelta::hours(1)), records);
        for purpose in ALL {
            let (a, b) = (ask(&forwards, purpose, true).is_ok(), ask(&backwards, purpose, true).is_ok());
            prop_assert_eq!(a, b);
        }
    }
}
