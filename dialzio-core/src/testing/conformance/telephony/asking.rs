//! Asking the provider: credentials, capabilities, the log, recordings.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::{PERSON, RecordedFile, TelephonyFixture, elements, place, place_with, reports, telephony, told};
use crate::call::CallAlias;
use crate::id::IdSource;
use crate::provider::{CallAction, ProviderError};

/// Credentials that are wrong are known as such wherever they are used, so that the account is connected again.
pub async fn wrong_credentials_are_told(fixture: &dyn TelephonyFixture) {
    let (provider, now) = (telephony(fixture), fixture.now());
    provider.check(&fixture.access()).await.unwrap();
    let wrong = fixture.wrong_access();
    let call = fixture.call(IdSource::random().next(now));
    let mut errors = vec![
        provider.check(&wrong).await.unwrap_err(),
        place_with(fixture, &wrong, &call, PERSON).await.unwrap_err(),
    ];
    if provider.capabilities().lists_calls {
        errors.push(provider.list_calls(&wrong, now - TimeDelta::hours(1), now, None).await.unwrap_err());
    }
    if provider.capabilities().lists_agents {
        errors.push(provider.agents(&wrong).await.unwrap_err());
    }
    for error in errors {
        assert!(matches!(error, ProviderError::Credentials { .. }), "{error}");
        assert!(!error.is_retryable());
    }
    assert_eq!(fixture.dialled().await, Vec::<String>::new(), "nobody is rung");
}

/// What the provider says it can do works; what it says it cannot is `Unsupported`, without a request.
pub async fn what_is_declared_works_and_nothing_else(fixture: &dyn TelephonyFixture) {
    let provider = telephony(fixture);
    let capabilities = provider.capabilities().clone();
    assert_eq!(capabilities.provider, fixture.provider().id());
    let check =
        async |declared: bool, what: &str, before: u64, answer: Result<(), ProviderError>| match answer {
            Ok(()) => assert!(declared, "{what} is not declared, and works"),
            Err(ProviderError::Unsupported { .. }) => {
                assert!(!declared, "{what} is declared, and not supported");
                assert_eq!(fixture.requests().await, before, "{what} is refused without a request");
            }
            Err(other) => panic!("{what}: {other}"),
        };
    for action in CallAction::ALL {
        place(fixture, PERSON).await.unwrap();
        let legs = fixture.connect().await;
        if *action == CallAction::Resume && capabilities.actions.contains(&CallAction::Hold) {
            provider.control(&fixture.access(), &legs, CallAction::Hold).await.unwrap();
        }
        let before = fixture.requests().await;
        let answer = provider.control(&fixture.access(), &legs, *action).await;
        check(capabilities.actions.contains(action), action.as_str(), before, answer).await;
    }

    let (_, accepted, webhooks) = told(fixture).await;
    let elements = elements(fixture, &webhooks);
    let mut ids: Vec<CallAlias> = accepted.request.into_iter().collect();
    ids.extend(reports(&elements).iter().flat_map(|report| report.aliases.clone()));
    let (access, now, before) = (fixture.access(), fixture.now(), fixture.requests().await);
    let found = provider.find_call(&access, &ids, now).await;
    if let Ok(found) = &found {
        assert!(!found.is_empty(), "a call that ended is found by its ids");
    }
    check(capabilities.finds_calls, "asking for a call", before, found.map(drop)).await;

    let before = fixture.requests().await;
    let listed = provider.list_calls(&access, now - TimeDelta::hours(1), now, None).await;
    check(capabilities.lists_calls, "listing calls", before, listed.map(drop)).await;

    let before = fixture.requests().await;
    let agents = provider.agents(&access).await;
    let own = fixture.call(IdSource::random().next(now)).agent;
    if let (Ok(agents), Some(own), true) = (&agents, &own, capabilities.needs_agent) {
        assert!(agents.iter().any(|agent| agent.id == *own), "the agent who is rung is one of them");
    }
    check(capabilities.lists_agents, "listing agents", before, agents.map(drop)).await;

    let file = fixture.recording(RecordedFile::Sound).await;
    let before = fixture.requests().await;
    let opened = provider.open_recording(&fixture.access(), &file).await;
    check(capabilities.recordings, "fetching a recording", before, opened.map(drop)).await;

    let file = fixture.recording(RecordedFile::Sound).await;
    let before = fixture.requests().await;
    let deleted = provider.delete_recording(&fixture.access(), &file).await;
    check(capabilities.deletes_recordings, "deleting a recording", before, deleted).await;
}

/// The log of the provider is read to its end, page by page; no call is left out and none comes twice.
pub async fn pages_end_and_name_each_call_once(fixture: &dyn TelephonyFixture) {
    let provider = telephony(fixture);
    if !provider.capabilities().lists_calls {
        return;
    }
    let count = fixture.more_than_a_page();
    let from = fixture.now() - TimeDelta::hours(1);
    for _ in 0..count {
        place(fixture, PERSON).await.unwrap();
        fixture.connect().await;
        fixture.end().await;
    }
    let until = fixture.now() + TimeDelta::hours(1);
    let (mut seen, mut listed, mut pages, mut after) = (BTreeSet::new(), 0, 0, None);
    loop {
        let page = provider.list_calls(&fixture.access(), from, until, after.clone()).await.unwrap();
        pages += 1;
        for report in &page.calls {
            assert!(!report.aliases.is_empty(), "a call that is listed has an id");
            listed += 1;
            for alias in &report.aliases {
                assert!(seen.insert(alias.as_str().to_owned()), "a call is listed twice");
            }
        }
        assert!(pages <= count + 100, "the pages have no end");
        assert!(page.next.is_none() || page.next != after, "a page leads to itself");
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, count, "each call is listed");
    assert!(pages > 1, "the calls of the fixture do not fill more than a page");
}

/// A recording is handed out if its bytes are sound and come from the provider; nothing else is, and no other host is asked.
pub async fn a_recording_is_sound_and_comes_from_the_provider(fixture: &dyn TelephonyFixture) {
    let provider = telephony(fixture);
    if !provider.capabilities().recordings {
        return;
    }
    let file = fixture.recording(RecordedFile::Sound).await;
    let sound = provider.open_recording(&fixture.access(), &file).await.unwrap();
    assert!(!sound.bytes.is_empty());
    for bad in [RecordedFile::Page, RecordedFile::Elsewhere] {
        let file = fixture.recording(bad).await;
        let error = provider.open_recording(&fixture.access(), &file).await.unwrap_err();
        assert!(matches!(error, ProviderError::Refused { .. }), "{bad:?}: {error}");
    }
    let before = fixture.requests().await;
    for file in [
        "https://elsewhere.example/a.wav",
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:1/a.wav",
    ] {
        let error = provider.open_recording(&fixture.access(), file).await.unwrap_err();
        assert!(matches!(error, ProviderError::Refused { .. }), "{file}: {error}");
    }
    assert_eq!(fixture.requests().await, before, "an address elsewhere is refused without a request");
    assert_eq!(fixture.requests_elsewhere().await, 0, "no other host is asked");
}
