use super::*;
use crate::consent::{
    ConsentEvent, ConsentRecord, ConsentState, ConsentWrite, EvidenceKind, Purpose, PurposeScope, State,
};
use crate::contact::{Alias, BusinessScopedId, ContactWrite, SubjectKey};
use crate::conversation::{ChoiceKind, Evidence, ExternalId, KnownIdentity, MediaKind, MessageContext};
use crate::phone::PhoneNumber;
use crate::provider::{
    DeliveryNews, IdentityNews, PreferenceNews, PreferenceValue, ReactionNews, Sender, TemplateNews,
};
use crate::store::{Cause, EffectWrite, Write};
use crate::text::{MessageText, PersonName};
use crate::{OrgId, TypedId};
use bytes::Bytes;

fn now() -> DateTime<Utc> {
    "2026-03-02T06:30:00Z".parse().unwrap()
}

fn asha() -> Sender {
    Sender {
        phone: PhoneNumber::from_digits("919840012345").ok(),
        profile_name: PersonName::parse("Asha").ok(),
        ..Sender::default()
    }
}

fn external(text: &str) -> ExternalId {
    ExternalId::parse(text).unwrap()
}

fn element(body: InboundBody, at: DateTime<Utc>) -> Inbound {
    Inbound { account: None, at: Some(at), body, raw: Bytes::new() }
}

fn says(id: &str, text: &str, sender: Sender, at: DateTime<Utc>) -> Inbound {
    let message = InboundMessage {
        external: external(id),
        sender,
        content: InboundContent::Ready(Content::text(text).unwrap()),
        reply_to: None,
        context: MessageContext::default(),
        beside: None,
    };
    element(InboundBody::Message(Box::new(message)), at)
}

/// A photo with words beside it.
fn shows(caption: &str) -> Inbound {
    let mut shown = says("photo", "x", asha(), now());
    let InboundBody::Message(message) = &mut shown.body else { unreachable!("a message") };
    message.content = InboundContent::Media(InboundMedia {
        what: MediaKind::Image,
        provider_id: Some("photo".into()),
        link: None,
        mime: None,
        sha256: None,
        caption: MessageText::received(caption),
        filename: None,
    });
    shown
}

/// A button under a template, and what is behind it.
fn presses(title: &str, behind: &str) -> Inbound {
    let mut pressed = says("button", "x", asha(), now());
    let InboundBody::Message(message) = &mut pressed.body else { unreachable!("a message") };
    message.content = InboundContent::Ready(Content::Choice {
        what: ChoiceKind::TemplateButton,
        id: behind.into(),
        title: MessageText::received(title).unwrap(),
        description: None,
    });
    pressed
}

fn run(known: InboundFacts, elements: &[Inbound]) -> (Vec<Write>, Decision) {
    run_with(Trust::Signed, known, elements)
}

fn run_with(trust: Trust, known: InboundFacts, elements: &[Inbound]) -> (Vec<Write>, Decision) {
    let elements: Vec<_> =
        elements.iter().map(|element| Received { element: element.clone(), trust }).collect();
    let ids = IdSource::seeded(5);
    let words = Words::default();
    let org = OrgId::from_uuid(uuid::Uuid::nil());
    let lane = crate::effect::Lane { org, account: None, kind: crate::effect::LaneKind::Inbox };
    let mut batch =
        Batch::caused_by(&Cause::Received { lane }, crate::ledger::Action::MessageReceived, now());
    let account = ids.next(now());
    let facts = Facts {
        known,
        account,
        channel: Channel::WhatsApp,
        portfolio: Portfolio("p".into()),
        now: now(),
        ids: &ids,
        words: &words,
    };
    let decision = decide(facts, &elements, &mut batch);
    (batch.into_parts().writes, decision)
}

fn count(writes: &[Write], wanted: impl Fn(&Write) -> bool) -> usize {
    writes.iter().filter(|write| wanted(write)).count()
}

fn appended(writes: &[Write]) -> Vec<&Message> {
    let message = |write: &'_ Write| matches!(write, Write::Conversation(ConversationWrite::Append { .. }));
    let each = |write| match write {
        &Write::Conversation(ConversationWrite::Append { ref message, .. }) => Some(&**message),
        _ => None,
    };
    writes.iter().filter(|write| message(write)).filter_map(each).collect()
}

fn recorded(writes: &[Write]) -> Vec<&ConsentRecord> {
    let each = |write| match write {
        &Write::Consent(ConsentWrite::Record(ref record)) => Some(record),
        _ => None,
    };
    writes.iter().filter_map(each).collect()
}

/// What a first message leaves behind, as facts for the next.
fn after(writes: &[Write]) -> InboundFacts {
    applied(InboundFacts::default(), writes)
}

fn applied(mut facts: InboundFacts, writes: &[Write]) -> InboundFacts {
    for write in writes {
        match write {
            Write::Contact(ContactWrite::Identity(identity)) => facts.identities.push(KnownIdentity {
                identity: identity.clone(),
                details: Vec::new(),
                conversation: None,
                consents: Vec::new(),
            }),
            Write::Conversation(ConversationWrite::Insert(conversation)) => {
                facts.identities[0].conversation = Some(conversation.clone());
            }
            Write::Conversation(ConversationWrite::Append { message, digest, .. }) => {
                facts.messages.push(KnownMessage {
                    id: message.id,
                    conversation: message.conversation,
                    direction: message.direction,
                    external: message.external.clone(),
                    digest: *digest,
                    status: message.delivery.status,
                });
            }
            Write::Consent(ConsentWrite::Record(record)) => facts.identities[0].consents.push(record.clone()),
            _ => {}
        }
    }
    facts
}

#[test]
fn a_strangers_first_message_makes_contact_identity_conversation_and_message_once() {
    let twice = [
        says("a", "Hello", asha(), now()),
        says("b", "Anybody?", asha(), now()),
        says("a", "Hello", asha(), now()),
    ];
    let (writes, decision) = run(InboundFacts::default(), &twice);
    assert_eq!(decision, Decision::default());
    assert_eq!(count(&writes, |w| matches!(w, Write::Contact(ContactWrite::Insert(_)))), 1);
    assert_eq!(count(&writes, |w| matches!(w, Write::Contact(ContactWrite::Identity(_)))), 1);
    assert_eq!(count(&writes, |w| matches!(w, Write::Conversation(ConversationWrite::Insert(_)))), 1);
    let messages = appended(&writes);
    assert_eq!(messages.len(), 2);
    assert!(messages[0].id < messages[1].id, "the order of arrival is kept within one second");
    let (again, _) = run(after(&writes), &twice);
    assert!(appended(&again).is_empty(), "a repeated delivery changes nothing");
}

#[test]
fn the_same_id_with_other_content_is_quarantined() {
    let (writes, _) = run(InboundFacts::default(), &[says("a", "Hello", asha(), now())]);
    let (again, decision) = run(after(&writes), &[says("a", "Goodbye", asha(), now())]);
    assert!(appended(&again).is_empty());
    assert_eq!(decision.quarantine[0].1, QuarantineReason::Contradiction);
}

#[test]
fn what_is_too_old_makes_nothing_and_what_is_ahead_counts_from_its_arrival() {
    let late = now() - TimeDelta::days(8) - TimeDelta::seconds(1);
    let (writes, decision) = run(InboundFacts::default(), &[says("a", "Hello", asha(), late)]);
    assert!(writes.is_empty());
    assert_eq!(decision.quarantine[0].1, QuarantineReason::OutOfTime);
    for ahead in [TimeDelta::minutes(5), TimeDelta::minutes(11), TimeDelta::days(400)] {
        let (writes, decision) = run(InboundFacts::default(), &[says("a", "STOP", asha(), now() + ahead)]);
        assert!(decision.quarantine.is_empty());
        assert_eq!(
            appended(&writes)[0].event_at,
            now(),
            "retention counts from the earlier of the two times"
        );
        assert_eq!(recorded(&writes).len(), 2, "a stop counts although the clocks differ");
    }
}

#[test]
fn somebody_without_a_number_is_known_by_their_id_and_joins_when_both_are_shown() {
    let scoped = Sender { scoped: BusinessScopedId::parse("IN.1"), ..Sender::default() };
    let (first, _) = run(InboundFacts::default(), &[says("a", "Hi", scoped.clone(), now())]);
    let (second, _) = run(InboundFacts::default(), &[says("b", "Hi", asha(), now() - TimeDelta::hours(1))]);
    let (mut facts, other) = (after(&first), after(&second));
    facts.identities.extend(other.identities);
    facts.identities[1].identity.id = IdSource::seeded(77).next(now());
    let both = Sender { scoped: scoped.scoped, ..asha() };
    let (writes, _) = run(facts.clone(), &[says("c", "Hi", both, now())]);
    let joins = count(&writes, |w| matches!(w, Write::Contact(ContactWrite::JoinIdentity { .. })));
    assert_eq!(joins, 1);
    assert_eq!(appended(&writes).len(), 1);
}

#[test]
fn a_number_that_somebody_typed_gives_the_card() {
    let typed = IdSource::seeded(8).next(now());
    let key = Alias::Phone(asha().phone.unwrap()).subject_key(&Portfolio("p".into()));
    let facts = InboundFacts { candidates: vec![(key, typed)], ..InboundFacts::default() };
    let (writes, _) = run(facts, &[says("a", "Hello", asha(), now())]);
    assert_eq!(count(&writes, |w| matches!(w, Write::Contact(ContactWrite::Insert(_)))), 0);
    let linked = |w: &Write| matches!(w, Write::Contact(ContactWrite::Identity(identity)) if identity.contact == typed);
    assert_eq!(count(&writes, linked), 1);
}

#[test]
fn stop_withdraws_and_cancels_and_start_lifts_only_that() {
    let (writes, _) =
        run(InboundFacts::default(), &[says("a", "STOP", asha(), now() - TimeDelta::minutes(1))]);
    let records = recorded(&writes);
    assert_eq!(
        records.iter().map(|r| (r.event, r.scope)).collect::<Vec<_>>(),
        [(ConsentEvent::Withdrawn, PurposeScope::Marketing), (ConsentEvent::Withdrawn, PurposeScope::Any),]
    );
    assert_eq!(records[0].evidence.message, Some(appended(&writes)[0].id));
    let all = |w: &Write| {
        matches!(w, Write::Effect(EffectWrite::CancelPromotions { scope: PurposeScope::Any, .. }))
    };
    assert_eq!(count(&writes, all), 1);
    let (lifted, _) = run(after(&writes), &[says("b", "start", asha(), now())]);
    assert_eq!(recorded(&lifted).iter().map(|r| r.event).collect::<Vec<_>>(), [ConsentEvent::Lifted]);
    let (nothing, _) = run(InboundFacts::default(), &[says("c", "start", asha(), now())]);
    assert!(recorded(&nothing).is_empty(), "there is nothing to lift");
    let mut by_phone = after(&writes);
    for record in &mut by_phone.identities[0].consents {
        record.evidence.kind = EvidenceKind::Call;
    }
    let (kept, _) = run(by_phone, &[says("d", "start", asha(), now())]);
    assert!(recorded(&kept).is_empty(), "what was withdrawn on the telephone is not lifted by a message");
}

fn state(known: &InboundFacts, channel: Channel, purpose: Purpose) -> State {
    ConsentState::fold(&known.identities[0].consents, channel, purpose, now()).state
}

/// What is known after more has arrived.
fn grown(known: &InboundFacts, elements: &[Inbound]) -> InboundFacts {
    let (writes, _) = run(known.clone(), elements);
    applied(known.clone(), &writes)
}

fn opt_in(known: &mut InboundFacts, at: DateTime<Utc>, kind: EvidenceKind, by: &str) {
    let identity = known.identities[0].identity.clone();
    known.identities[0].consents.push(ConsentRecord {
        id: IdSource::seeded(91).next(at),
        seq: crate::LedgerSeq(0),
        contact: identity.contact,
        subjects: identity.subject_keys(),
        channel: Channel::WhatsApp,
        scope: PurposeScope::Any,
        event: ConsentEvent::Given,
        evidence: crate::consent::Evidence {
            kind,
            note: crate::text::EvidenceText::parse("a form").unwrap(),
            message: None,
        },
        recorded_by: by.to_owned(),
        occurred_at: at,
        recorded_at: at,
        expires_at: None,
    });
}

#[test]
fn start_leads_back_to_what_held_before_the_stop_and_never_makes_an_opt_in() {
    let minutes = |ago| now() - TimeDelta::minutes(ago);
    let wrote = grown(&InboundFacts::default(), &[says("a", "Hello", asha(), minutes(9))]);
    for opted_in in [false, true] {
        let mut known = wrote.clone();
        if opted_in {
            opt_in(&mut known, minutes(8), EvidenceKind::WebForm, "service:shop");
        }
        let before = state(&known, Channel::WhatsApp, Purpose::Marketing);
        let stopped = grown(&known, &[says("b", "STOP", asha(), minutes(5))]);
        for purpose in [Purpose::Marketing, Purpose::Utility, Purpose::Service] {
            assert_eq!(state(&stopped, Channel::WhatsApp, purpose), State::Withdrawn);
        }
        let started = grown(&stopped, &[says("c", "START", asha(), minutes(1))]);
        assert_eq!(before, if opted_in { State::Given } else { State::Unknown });
        assert_eq!(state(&started, Channel::WhatsApp, Purpose::Marketing), before);
        assert_eq!(
            state(&started, Channel::Sms, Purpose::Marketing),
            State::Withdrawn,
            "it was written on WhatsApp"
        );
        let again = grown(&started, &[says("d", "STOP", asha(), now())]);
        assert_eq!(state(&again, Channel::WhatsApp, Purpose::Marketing), State::Withdrawn);
    }
}

/// Earlier releases recorded the word START as a consent of the person.
#[test]
fn a_consent_that_an_earlier_release_made_of_start_is_none() {
    let minutes = |ago| now() - TimeDelta::minutes(ago);
    let mut known = grown(&InboundFacts::default(), &[says("a", "STOP", asha(), minutes(5))]);
    opt_in(&mut known, minutes(1), EvidenceKind::Message, crate::Principal::SYSTEM);
    assert_eq!(state(&known, Channel::WhatsApp, Purpose::Marketing), State::Unknown);
    assert_eq!(state(&known, Channel::Sms, Purpose::Marketing), State::Withdrawn);
}

/// No sequence of words, clicks without evidence and signals of the provider ends in more than the person gave.
#[test]
fn no_sequence_of_words_and_signals_permits_more_than_the_person_gave() {
    for seed in 0..400 {
        let chance = crate::chance::Entropy::seeded(seed);
        let (mut known, mut gave) = (InboundFacts::default(), false);
        for step in 0..12_i64 {
            let at = now() - TimeDelta::minutes(60 - step);
            let id = format!("m{step}");
            let preference = |value| {
                let news = PreferenceNews { sender: asha(), value, detail: None };
                element(InboundBody::Preference(news), at)
            };
            let arrives = match chance.u64() % 9 {
                0 => says(&id, "STOP", asha(), at),
                1 | 2 => says(&id, "START", asha(), at),
                3 => says(&id, "Stop promotions", asha(), at),
                4 => says(&id, "please don't message me again", asha(), at),
                5 => preference(PreferenceValue::Stop),
                6 => preference(PreferenceValue::Resume),
                7 if !known.identities.is_empty() && seed % 2 == 0 => {
                    opt_in(&mut known, at, EvidenceKind::WebForm, "service:shop");
                    gave = true;
                    continue;
                }
                _ => says(&id, "Hello", asha(), at),
            };
            let stops = matches!(&arrives.body, InboundBody::Message(message)
                if matches!(&message.content, InboundContent::Ready(Content::Text { body }) if body.reveal() == "STOP"));
            known = grown(&known, &[arrives]);
            for channel in [Channel::WhatsApp, Channel::Sms, Channel::Voice] {
                for purpose in [Purpose::Marketing, Purpose::Utility, Purpose::Service] {
                    let now = state(&known, channel, purpose);
                    assert!(gave && channel == Channel::WhatsApp || now != State::Given, "{seed} {step}");
                    assert!(
                        !(stops && channel == Channel::WhatsApp) || now == State::Withdrawn,
                        "{seed} {step}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_phrase_that_asks_to_stop_holds_promotion_and_asks_somebody() {
    let (writes, _) =
        run(InboundFacts::default(), &[says("a", "please dont message me any more", asha(), now())]);
    assert_eq!(recorded(&writes).len(), 1);
    assert_eq!(recorded(&writes)[0].scope, PurposeScope::Marketing);
    assert_eq!(count(&writes, |w| matches!(w, Write::Contact(ContactWrite::InsertTask(_)))), 1);
}

#[test]
fn a_word_beside_a_file_is_suspected_and_lifts_nothing() {
    for (caption, held) in [("Stop!", 1), ("stop sending me this", 1), ("Our bus stop", 0), ("start", 0)] {
        let (writes, _) = run(InboundFacts::default(), &[shows(caption)]);
        assert_eq!(recorded(&writes).len(), held, "{caption}");
        assert!(recorded(&writes).iter().all(|record| record.scope == PurposeScope::Marketing));
        assert_eq!(
            count(&writes, |w| matches!(w, Write::Contact(ContactWrite::InsertTask(_)))),
            held,
            "{caption}"
        );
    }
}

#[test]
fn news_of_what_is_not_there_yet_waits() {
    let reaction = ReactionNews {
        external: external("r"),
        sender: asha(),
        target: external("x"),
        emoji: Some("👍".into()),
    };
    let (writes, decision) =
        run(InboundFacts::default(), &[element(InboundBody::Reaction(Box::new(reaction)), now())]);
    assert!(writes.is_empty());
    assert_eq!(decision.wait, [0]);
}

#[test]
fn an_answer_to_a_message_that_is_not_here_keeps_the_id_it_answers() {
    let mut answer = says("a", "Yes", asha(), now());
    let InboundBody::Message(message) = &mut answer.body else { unreachable!("a message") };
    message.reply_to = Some(external("elsewhere"));
    message.context.group = Some("g".into());
    message.beside = Some("{}".into());
    let (writes, decision) = run(InboundFacts::default(), &[answer.clone()]);
    let [message] = &appended(&writes)[..] else { panic!("one message") };
    assert_eq!((message.reply_to, &message.context.quoted), (None, &Some(external("elsewhere"))));
    assert_eq!(message.context.group.as_deref(), Some("g"));
    assert_eq!(decision.beside, [(message.id, "{}".to_owned())], "sealed by whoever has the keys");

    let mut known = InboundFacts::default();
    let ours = sent(&mut known);
    known.messages[0].external = Some(external("elsewhere"));
    let (writes, _) = run(known, &[answer]);
    assert_eq!((appended(&writes)[0].reply_to, &appended(&writes)[0].context.quoted), (Some(ours), &None));
}

#[test]
fn a_file_without_an_id_is_kept_with_its_words_and_never_fetched() {
    let mut shown = shows("the quote");
    let InboundBody::Message(message) = &mut shown.body else { unreachable!("a message") };
    let InboundContent::Media(file) = &mut message.content else { unreachable!("a file") };
    (file.provider_id, file.link) = (None, Some("https://files.example/1".into()));
    let (writes, _) = run(InboundFacts::default(), &[shown]);
    let Content::Media { caption, link, .. } = &appended(&writes)[0].content else { panic!("no file") };
    assert_eq!(caption.as_ref().unwrap().reveal(), "the quote");
    assert_eq!(link.as_deref(), Some("https://files.example/1"));
    let unavailable = |w: &Write| matches!(w, Write::Media(MediaWrite::Insert(file)) if file.state == MediaState::Unavailable);
    assert_eq!(count(&writes, unavailable), 1);
    assert_eq!(count(&writes, |w| matches!(w, Write::Effect(EffectWrite::Queue(_)))), 0);
}

#[test]
fn a_template_that_changed_is_fetched_again_and_told() {
    let news = TemplateNews {
        name: "order_ready".into(),
        language: "en".into(),
        what: "REJECTED · INVALID_FORMAT".into(),
    };
    let (writes, decision) = run(InboundFacts::default(), &[element(InboundBody::Template(news), now())]);
    let sync = |w: &Write| matches!(w, Write::Effect(EffectWrite::Queue(effect)) if effect.work == Work::SyncTemplates);
    assert_eq!(count(&writes, sync), 1);
    let told = "template order_ready (en) REJECTED · INVALID_FORMAT".to_owned();
    assert_eq!(decision.quarantine, [(0, QuarantineReason::Account, told)]);
}

fn sent(facts: &mut InboundFacts) -> MessageId {
    let id = IdSource::seeded(30).next(now());
    facts.messages.push(KnownMessage {
        id,
        conversation: IdSource::seeded(31).next(now()),
        direction: Direction::Outbound,
        external: None,
        digest: None,
        status: DeliveryStatus::Dispatched,
    });
    id
}

#[test]
fn a_status_finds_its_message_by_our_own_id_before_the_providers_is_known() {
    let mut facts = InboundFacts::default();
    let own = sent(&mut facts);
    let news = DeliveryNews {
        external: external("wamid.1"),
        own: Some(own),
        status: DeliveryStatus::Delivered,
        failure: None,
        marketing_stopped: false,
        recipient: Sender::default(),
    };
    let (writes, _) = run(facts, &[element(InboundBody::Delivery(Box::new(news)), now())]);
    let evidence = |w: &Write| matches!(w, Write::Conversation(ConversationWrite::Evidence { message, evidence: Evidence { status: DeliveryStatus::Delivered, .. } }) if *message == own);
    assert_eq!(count(&writes, evidence), 1);
    assert_eq!(count(&writes, |w| matches!(w, Write::Conversation(ConversationWrite::External { .. }))), 1);
    assert_eq!(count(&writes, |w| matches!(w, Write::Effect(EffectWrite::Resolve(_)))), 1);
}

#[test]
fn a_stop_at_the_provider_is_kept_even_for_somebody_unknown_and_once() {
    let stop = PreferenceNews { sender: asha(), value: PreferenceValue::Stop, detail: None };
    let elements = [element(InboundBody::Preference(stop), now())];
    let (writes, _) = run(InboundFacts::default(), &elements);
    assert_eq!(recorded(&writes).iter().map(|r| r.event).collect::<Vec<_>>(), [ConsentEvent::ProviderStop]);
    let (again, _) = run(after(&writes), &elements);
    assert!(recorded(&again).is_empty());
}

/// It may be about the appointment that was asked about: promotion is held, and service goes on.
#[test]
fn cancel_in_answer_to_something_of_ours_is_suspected_and_alone_it_is_an_opt_out() {
    let scopes = |writes: &[Write]| recorded(writes).iter().map(|record| record.scope).collect::<Vec<_>>();
    let mut known = after(&run(InboundFacts::default(), &[says("a", "Hi", asha(), now())]).0);
    sent(&mut known);
    known.messages.last_mut().unwrap().external = Some(external("wamid.ours"));
    let mut quoting = says("b", "Cancel", asha(), now());
    let InboundBody::Message(message) = &mut quoting.body else { unreachable!("a message") };
    message.reply_to = Some(external("wamid.ours"));
    let (writes, _) = run(known.clone(), &[quoting]);
    assert_eq!(scopes(&writes), [PurposeScope::Marketing]);
    assert_eq!(count(&writes, |w| matches!(w, Write::Contact(ContactWrite::InsertTask(_)))), 1);

    assert_eq!(scopes(&run(known.clone(), &[presses("Cancel", "no")]).0), [PurposeScope::Marketing]);
    let alone = says("d", "Cancel", asha(), now());
    assert_eq!(scopes(&run(known, &[alone]).0), [PurposeScope::Marketing, PurposeScope::Any]);
}

#[test]
fn a_button_that_stops_promotion_stops_nothing_else() {
    for (title, behind) in [("Stop promotions", "1"), ("Tap here", "STOP_PROMOTIONS")] {
        let (writes, _) = run(InboundFacts::default(), &[presses(title, behind)]);
        let [record] = &recorded(&writes)[..] else { panic!("one entry") };
        assert_eq!((record.event, record.scope), (ConsentEvent::Withdrawn, PurposeScope::Marketing));
        assert_eq!(record.evidence.message, Some(appended(&writes)[0].id), "it was said, not suspected");
        assert_eq!(count(&writes, |w| matches!(w, Write::Effect(EffectWrite::CancelPromotions { .. }))), 1);
        assert_eq!(count(&writes, |w| matches!(w, Write::Contact(ContactWrite::InsertTask(_)))), 0);
    }
}

/// What is not looked up cannot be decided on: whatever records consent has to be among what it is looked up for.
#[test]
fn consent_is_looked_up_for_whatever_records_it_and_for_nothing_else() {
    let tick = |marketing_stopped| {
        let (status, recipient) = (DeliveryStatus::Failed, asha());
        let (external, own) = (external("wamid.1"), Some(sent(&mut InboundFacts::default())));
        let news = DeliveryNews { external, own, status, failure: None, marketing_stopped, recipient };
        element(InboundBody::Delivery(Box::new(news)), now())
    };
    let stop = PreferenceNews { sender: asha(), value: PreferenceValue::Stop, detail: None };
    let identity = |event| {
        let (writes, _) = run(InboundFacts::default(), &[says("first", "Hi", asha(), event)]);
        after(&writes)
    };
    for (heard, touches) in [
        (says("a", "Is it there?", asha(), now()), false),
        (says("b", "STOP", asha(), now()), true),
        (says("c", "please stop messaging me", asha(), now()), true),
        (presses("Stop promotions", "1"), true),
        (shows("Stop!"), true),
        (shows("Our bus stop"), false),
        (tick(true), true),
        (tick(false), false),
        (element(InboundBody::Preference(stop), now()), true),
    ] {
        assert_eq!(touches_consent(&Words::default(), &heard.body), touches, "{}", heard.body.kind());
        let mut known = identity(now() - TimeDelta::minutes(5));
        sent(&mut known);
        let typed = SubjectKey::phone(&PhoneNumber::from_digits("914412345678").unwrap());
        known.identities[0].details.push(typed.clone());
        let (writes, _) = run(known, &[heard]);
        assert_eq!(!recorded(&writes).is_empty(), touches);
        let covered = recorded(&writes).iter().all(|record| record.subjects.contains(&typed));
        assert!(covered, "a number on the card is the same person's");
    }
    assert!(
        touches_consent(&Words::default(), &says("d", "START", asha(), now()).body),
        "it may lift an opt-out"
    );
}

#[test]
fn one_bad_element_never_loses_its_neighbours() {
    let unknown = element(InboundBody::Unknown { what: "poll".into() }, now());
    let nobody = says("n", "Hi", Sender::default(), now());
    let (writes, decision) =
        run(InboundFacts::default(), &[unknown, nobody, says("a", "Hello", asha(), now())]);
    assert_eq!(appended(&writes).len(), 1);
    assert_eq!(decision.quarantine.iter().map(|(place, ..)| *place).collect::<Vec<_>>(), [0, 1]);
}

fn told(writes: &[Write]) -> Vec<(ActivityKind, &str)> {
    let each = |write| match write {
        &Write::Conversation(ConversationWrite::Activity(ref done)) => Some((done.what, done.by.as_str())),
        _ => None,
    };
    writes.iter().filter_map(each).collect()
}

#[test]
fn a_message_says_once_that_it_opens_a_closed_conversation() {
    let (first, _) = run(InboundFacts::default(), &[says("a", "Hello", asha(), now())]);
    assert!(told(&first).is_empty(), "a new conversation was never closed");
    let mut facts = after(&first);
    let talk = facts.identities[0].conversation.as_mut().unwrap();
    talk.state = ConversationState::Closed;
    let two = [says("b", "Hello?", asha(), now()), says("c", "Anybody?", asha(), now())];
    let (second, _) = run(facts.clone(), &two);
    assert_eq!(told(&second), [(ActivityKind::Reopened, "system")]);
    let talk = facts.identities[0].conversation.as_mut().unwrap();
    talk.state = ConversationState::Snoozed { until: now() - TimeDelta::minutes(1) };
    let (third, _) = run(facts, &two);
    assert!(told(&third).is_empty(), "a snooze that has run out is open already");
}

fn changes(id: &str, at: DateTime<Utc>) -> Inbound {
    let current = Sender { phone: PhoneNumber::from_digits("919840099999").ok(), ..Sender::default() };
    let detail = Some("Asha changed to another number".to_owned());
    let news = IdentityNews { external: Some(external(id)), previous: asha(), current, detail };
    element(InboundBody::Identity(news), at)
}

/// The line of a notice stands in the thread whether it comes before or after what the person says.
#[test]
fn a_notice_about_a_person_and_their_message_end_in_the_same_thread_in_any_order() {
    let (first, second) = (now() - TimeDelta::minutes(2), now() - TimeDelta::minutes(1));
    let (message, notice) = (says("a", "Hello", asha(), first), changes("n", second));
    let mut ends = Vec::new();
    for order in [[message.clone(), notice.clone()], [notice.clone(), message.clone()]] {
        // Together, and one after the other.
        let (together, _) = run(InboundFacts::default(), &order);
        let (one, _) = run(InboundFacts::default(), &order[..1]);
        let (two, _) = run(after(&one), &order[1..]);
        let apart: Vec<Write> = one.into_iter().chain(two).collect();
        for writes in [together, apart] {
            assert_eq!(
                count(&writes, |write| matches!(write, Write::Conversation(ConversationWrite::Insert(_)))),
                1
            );
            let mut lines: Vec<_> =
                appended(&writes).iter().map(|message| (message.event_at, message.content.kind())).collect();
            lines.sort_unstable();
            ends.push(lines);
        }
        let (again, _) =
            run(after(&run(InboundFacts::default(), &order).0), &[notice.clone(), message.clone()]);
        assert!(appended(&again).is_empty(), "told again, nothing is added");
    }
    assert_eq!(ends[0], [(first, "text"), (second, "system")]);
    assert!(ends.iter().all(|end| *end == ends[0]), "{ends:?}");
}
