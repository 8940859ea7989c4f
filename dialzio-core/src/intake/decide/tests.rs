mod consent;

use super::*;
use crate::consent::{
    Channel, ConsentEvent, ConsentRecord, ConsentState, ConsentWrite, EvidenceKind, Purpose, PurposeScope,
    State,
};
use crate::contact::{Alias, BusinessScopedId, ContactWrite, Portfolio, SubjectKey};
use crate::conversation::{
    ActivityKind, ChoiceKind, Content, ConversationState, ConversationWrite, DeliveryStatus, Direction,
    Evidence, ExternalId, InboundFacts, KnownIdentity, KnownMessage, MediaKind, Message, MessageContext,
};
use crate::id::{IdSource, MessageId};
use crate::media::{MediaState, MediaWrite};
use crate::outbox::{JobKind, JobWrite};
use crate::phone::PhoneNumber;
use crate::provider::{
    DeliveryUpdate, IdentityUpdate, Inbound, InboundContent, InboundMedia, InboundMessage, PreferenceUpdate,
    PreferenceValue, ReactionUpdate, Sender, TemplateUpdate, Trust,
};
use crate::store::{Cause, Write};
use crate::text::{MessageText, PersonName};
use crate::webhook::QuarantineReason;
use crate::{OrgId, TypedId};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};

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
    let queue = crate::outbox::Queue { org, account: None, kind: crate::outbox::QueueKind::Elements };
    let mut batch =
        Batch::caused_by(&Cause::Received { queue }, crate::ledger::Action::MessageReceived, now());
    let account = ids.next(now());
    let facts = Facts {
        known,
        calls: None,
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
fn news_of_what_is_not_there_yet_waits() {
    let reaction = ReactionUpdate {
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
    let unsealed = Unsealed { message: message.id, edited_at: None, plain: "{}".into() };
    assert_eq!(decision.beside, [unsealed], "sealed by intake, which has the keys");

    let mut known = InboundFacts::default();
    let ours = sent(&mut known);
    known.messages[0].external = Some(external("elsewhere"));
    let (writes, _) = run(known, &[answer]);
    assert_eq!((appended(&writes)[0].reply_to, &appended(&writes)[0].context.quoted), (Some(ours), &None));
}

#[test]
fn what_an_edit_held_beside_its_content_is_handed_over_to_be_sealed() {
    let (writes, _) = run(InboundFacts::default(), &[says("1", "At four?", asha(), now())]);
    let first = appended(&writes)[0].id;
    let known = after(&writes);
    let at = now() + chrono::TimeDelta::minutes(1);
    let edit = InboundBody::Edited {
        sender: asha(),
        external: external("2"),
        target: external("1"),
        content: Box::new(InboundContent::Ready(Content::text("At five?").unwrap())),
        beside: Some(r#"{"edit.reason":"typo"}"#.into()),
    };
    let (_, decision) = run(known, &[element(edit, at)]);
    let plain = r#"{"edit.reason":"typo"}"#.to_owned();
    // An edit from the future counts from its arrival.
    assert_eq!(decision.beside, [Unsealed { message: first, edited_at: Some(now()), plain }]);
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
    assert_eq!(count(&writes, |w| matches!(w, Write::Job(JobWrite::Queue(_)))), 0);
}

#[test]
fn a_template_that_changed_is_fetched_again_and_told() {
    let update = TemplateUpdate {
        name: "order_ready".into(),
        language: "en".into(),
        what: "REJECTED · INVALID_FORMAT".into(),
    };
    let (writes, decision) = run(InboundFacts::default(), &[element(InboundBody::Template(update), now())]);
    let sync =
        |w: &Write| matches!(w, Write::Job(JobWrite::Queue(job)) if job.kind == JobKind::SyncTemplates);
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
    let update = DeliveryUpdate {
        external: external("wamid.1"),
        own: Some(own),
        status: DeliveryStatus::Delivered,
        failure: None,
        marketing_stopped: false,
        recipient: Sender::default(),
    };
    let (writes, _) = run(facts, &[element(InboundBody::Delivery(Box::new(update)), now())]);
    let evidence = |w: &Write| matches!(w, Write::Conversation(ConversationWrite::Evidence { message, evidence: Evidence { status: DeliveryStatus::Delivered, .. } }) if *message == own);
    assert_eq!(count(&writes, evidence), 1);
    assert_eq!(count(&writes, |w| matches!(w, Write::Conversation(ConversationWrite::External { .. }))), 1);
    assert_eq!(count(&writes, |w| matches!(w, Write::Job(JobWrite::Resolve(_)))), 1);
}

#[test]
fn one_bad_element_never_loses_its_neighbours() {
    let unknown = element(InboundBody::Unknown { what: "poll".into() }, now());
    let anonymous = says("n", "Hi", Sender::default(), now());
    let (writes, decision) =
        run(InboundFacts::default(), &[unknown, anonymous, says("a", "Hello", asha(), now())]);
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
    let update = IdentityUpdate { external: Some(external(id)), previous: asha(), current, detail };
    element(InboundBody::Identity(update), at)
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
