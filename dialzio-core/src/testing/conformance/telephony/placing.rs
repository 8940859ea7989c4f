//! Placing calls: once, for whom the gate has allowed, and nothing secret is shown.

use chrono::TimeDelta;

use super::{ANOTHER, Answer, PERSON, RecordedFile, TelephonyFixture, place, place_with, telephony};
use crate::id::IdSource;
use crate::provider::{OutboundCall, ProviderError};
use crate::testing::conformance::said::said;

/// Each call is asked for once, and rings the person whom the gate has allowed.
pub async fn a_call_is_placed_once_for_the_number_of_the_permit(fixture: &dyn TelephonyFixture) {
    let before = fixture.requests().await;
    let first = place(fixture, PERSON).await.unwrap();
    let second = place(fixture, ANOTHER).await.unwrap();
    assert_eq!(fixture.dialled().await, [PERSON, ANOTHER]);
    assert_eq!(fixture.requests().await, before + 2, "one request for each call");
    assert!(first.request.is_none() || first.request != second.request, "each request has an id of its own");
}

/// Where an agent is rung, one has to be said, and nothing is asked before.
pub async fn a_call_without_an_agent_is_refused_before_it_is_placed(fixture: &dyn TelephonyFixture) {
    let capabilities = telephony(fixture).capabilities();
    if !capabilities.agent_first && !capabilities.needs_agent {
        return;
    }
    let before = fixture.requests().await;
    let call = fixture.call(IdSource::random().next(fixture.now()));
    let nobody = OutboundCall { agent: None, agent_number: None, ..call };
    let error = place_with(fixture, &fixture.access(), &nobody, PERSON).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused { .. }), "{error}");
    assert_eq!((fixture.requests().await, fixture.dialled().await), (before, Vec::<String>::new()));
}

/// A call that may have been started is reported as such, and is never asked for again.
pub async fn an_unknown_outcome_is_ambiguous_and_not_repeated(fixture: &dyn TelephonyFixture) {
    for answer in [Answer::Silence, Answer::LostAnswer] {
        let (before, dialled) = (fixture.requests().await, fixture.dialled().await.len());
        fixture.answer(answer).await;
        let error = place(fixture, PERSON).await.unwrap_err();
        assert!(matches!(error, ProviderError::Ambiguous { .. }), "{answer:?}: {error}");
        assert!(!error.is_retryable());
        assert_eq!(fixture.requests().await, before + 1, "{answer:?}: one request, whatever happened to it");
        assert!(fixture.dialled().await.len() <= dialled + 1, "{answer:?}: the person is rung once at most");
        assert!(place(fixture, PERSON).await.is_ok(), "the next one passes");
    }
}

/// Refusals are distinguished by what the caller can do about them; each costs one request at most, and rings nobody.
pub async fn each_kind_of_no_is_told_apart(fixture: &dyn TelephonyFixture) {
    for (answer, retryable) in
        [(Answer::Refuse, false), (Answer::SlowDown, true), (Answer::Unreachable, true)]
    {
        let (before, dialled) = (fixture.requests().await, fixture.dialled().await.len());
        fixture.answer(answer).await;
        let error = place(fixture, PERSON).await.unwrap_err();
        let fits = match answer {
            Answer::Refuse => matches!(error, ProviderError::Refused { .. }),
            Answer::SlowDown => matches!(error, ProviderError::Throttled { .. }),
            _ => matches!(error, ProviderError::Unreachable { .. }),
        };
        assert!(fits, "{answer:?}: {error}");
        assert_eq!(error.is_retryable(), retryable, "{answer:?}");
        assert!(fixture.requests().await <= before + 1, "{answer:?} is not repeated by the provider itself");
        assert_eq!(fixture.dialled().await.len(), dialled, "{answer:?} rings nobody");
        assert!(place(fixture, PERSON).await.is_ok(), "the next one passes");
    }
}

/// Neither a secret nor the person's number is in any error or in what is printed, whichever way it is looked at.
pub async fn nothing_secret_is_shown(fixture: &dyn TelephonyFixture) {
    let (provider, now, wrong) = (telephony(fixture), fixture.now(), fixture.wrong_access());
    let mut shown = Vec::new();
    for answer in [Answer::Refuse, Answer::SlowDown, Answer::Silence, Answer::LostAnswer, Answer::Unreachable]
    {
        fixture.answer(answer).await;
        shown.push(said(&place(fixture, PERSON).await.unwrap_err()));
    }
    let call = fixture.call(IdSource::random().next(now));
    let error = |answer: Result<(), ProviderError>| answer.err().map(|error| said(&error));
    shown.extend(error(place_with(fixture, &wrong, &call, PERSON).await.map(drop)));
    shown.extend(error(provider.check(&wrong).await.map(drop)));
    shown.extend(error(provider.list_calls(&wrong, now - TimeDelta::hours(1), now, None).await.map(drop)));
    shown.extend(error(provider.agents(&wrong).await.map(drop)));
    shown.extend(error(provider.open_recording(&wrong, "a.wav").await.map(drop)));
    for file in [RecordedFile::Page, RecordedFile::Elsewhere] {
        let file = fixture.recording(file).await;
        shown.extend(error(provider.open_recording(&fixture.access(), &file).await.map(drop)));
    }
    let placed = place(fixture, PERSON).await.unwrap();
    shown.push(format!("{placed:?} {:?} {provider:?} {:?} {wrong:?}", fixture.provider(), fixture.access()));
    let secrets = fixture.secrets();
    assert!(!secrets.is_empty() && secrets.iter().all(|secret| secret.len() >= 8));
    for text in shown {
        assert!(!text.contains(PERSON), "the number is shown");
        for secret in &secrets {
            assert!(!text.contains(secret), "a secret is shown");
        }
    }
}
