//! What elements say about consent.

use super::*;

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
    let all =
        |w: &Write| matches!(w, Write::Job(JobWrite::CancelPromotions { scope: PurposeScope::Any, .. }));
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
        let entropy = crate::entropy::Entropy::seeded(seed);
        let (mut known, mut gave) = (InboundFacts::default(), false);
        for step in 0..12_i64 {
            let at = now() - TimeDelta::minutes(60 - step);
            let id = format!("m{step}");
            let preference = |value| {
                let update = PreferenceUpdate { sender: asha(), value, detail: None };
                element(InboundBody::Preference(update), at)
            };
            let arrives = match entropy.u64() % 9 {
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

/// A second message of the kind, in the same delivery or a later one, makes no second follow-up and no second entry.
#[test]
fn what_may_be_an_opt_out_is_asked_about_once_with_its_sentence() {
    let tasks = |writes: &[Write]| -> Vec<String> {
        let title = |write: &Write| match write {
            Write::Contact(ContactWrite::InsertTask(task)) => Some(task.title.reveal().to_owned()),
            _ => None,
        };
        writes.iter().filter_map(title).collect()
    };
    let first = "please stop sending me these offers every day";
    let both =
        [says("a", first, asha(), now()), says("b", "stop sending me these offers at night", asha(), now())];
    let (writes, _) = run(InboundFacts::default(), &both);
    assert_eq!(tasks(&writes), [format!("Check opt-out: “{first}”")]);
    assert_eq!(recorded(&writes).len(), 1);
    let (later, _) = run(after(&writes), &[says("c", "do stop sending me these offers", asha(), now())]);
    assert_eq!((tasks(&later).len(), recorded(&later).len()), (0, 0));
    let long = format!("stop sending me this {}", "o".repeat(400));
    let shown = &tasks(&run(InboundFacts::default(), &[says("d", &long, asha(), now())]).0)[0];
    assert!(shown.ends_with("o…”") && shown.chars().count() < 240, "{shown}");
}

#[test]
fn a_stop_at_the_provider_is_kept_even_for_somebody_unknown_and_once() {
    let stop = PreferenceUpdate { sender: asha(), value: PreferenceValue::Stop, detail: None };
    let elements = [element(InboundBody::Preference(stop), now())];
    let (writes, _) = run(InboundFacts::default(), &elements);
    assert_eq!(recorded(&writes).iter().map(|r| r.event).collect::<Vec<_>>(), [ConsentEvent::ProviderStop]);
    let (again, _) = run(after(&writes), &elements);
    assert!(recorded(&again).is_empty());
}

/// The word may answer our question about an appointment: promotion is held, service is not.
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
        let [everywhere, here] = &recorded(&writes)[..] else { panic!("two entries") };
        assert_eq!((everywhere.channel, here.channel), (Channel::Any, Channel::WhatsApp));
        for record in [everywhere, here] {
            assert_eq!((record.event, record.scope), (ConsentEvent::Withdrawn, PurposeScope::Marketing));
            assert_eq!(record.evidence.message, Some(appended(&writes)[0].id), "it was said, not suspected");
        }
        assert!(count(&writes, |w| matches!(w, Write::Job(JobWrite::CancelPromotions { .. }))) > 0);
        assert_eq!(count(&writes, |w| matches!(w, Write::Contact(ContactWrite::InsertTask(_)))), 0);
    }
}

/// Whether consent is looked up before the element is decided.
fn touches_consent(body: &InboundBody) -> bool {
    let words = Words::default();
    let mut wanted = Wanted::new(&words, Lookup::Optimistic);
    crate::intake::decide::element(body).look_up(&mut wanted);
    wanted.consent
}

/// What is not looked up cannot be decided on: whatever records consent has to be among what it is looked up for.
#[test]
fn consent_is_looked_up_for_whatever_records_it_and_for_nothing_else() {
    let tick = |marketing_stopped| {
        let (status, recipient) = (DeliveryStatus::Failed, asha());
        let (external, own) = (external("wamid.1"), Some(sent(&mut InboundFacts::default())));
        let update = DeliveryUpdate { external, own, status, failure: None, marketing_stopped, recipient };
        element(InboundBody::Delivery(Box::new(update)), now())
    };
    let stop = PreferenceUpdate { sender: asha(), value: PreferenceValue::Stop, detail: None };
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
        assert_eq!(touches_consent(&heard.body), touches, "{}", heard.body.kind());
        let mut known = identity(now() - TimeDelta::minutes(5));
        sent(&mut known);
        let typed = SubjectKey::phone(&PhoneNumber::from_digits("914412345678").unwrap());
        known.identities[0].details.push(typed.clone());
        let (writes, _) = run(known, &[heard]);
        assert_eq!(!recorded(&writes).is_empty(), touches);
        let covered = recorded(&writes).iter().all(|record| record.subjects.contains(&typed));
        assert!(covered, "a number of the contact is the same person's");
    }
    assert!(touches_consent(&says("d", "START", asha(), now()).body), "it may lift an opt-out");
}

#[test]
fn start_takes_back_a_stop_of_promotion_on_the_channel_where_it_was_written() {
    let given_at = now() - chrono::TimeDelta::days(3);
    let mut known = after(&run(InboundFacts::default(), &[says("1", "Hello", asha(), given_at)]).0);
    opt_in(&mut known, given_at, EvidenceKind::WebForm, "member");
    let marketing = |known: &InboundFacts, channel| state(known, channel, Purpose::Marketing);
    assert_eq!(marketing(&known, Channel::WhatsApp), State::Given);
    let later = |minutes: i64| now() - chrono::TimeDelta::minutes(10 - minutes);
    let known = grown(&known, &[says("2", "Stop promotions", asha(), later(1))]);
    assert_eq!(marketing(&known, Channel::WhatsApp), State::Withdrawn);
    let known = grown(&known, &[says("3", "START", asha(), later(2))]);
    assert_eq!(marketing(&known, Channel::WhatsApp), State::Given, "what held before holds again");
    assert_eq!(marketing(&known, Channel::Sms), State::Withdrawn, "it was taken back on one channel alone");
}
