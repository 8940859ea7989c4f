//! What a telephony provider promises. A fixture provides the provider, an account of it, and a server that plays the other side.

use std::collections::BTreeSet;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};

use super::said::said;
use crate::call::CallAlias;
use crate::entropy::Entropy;
use crate::id::{CallId, IdSource};
use crate::phone::PhoneNumber;
use crate::provider::{
    AccountAccess, CallAccepted, CallAction, CallReport, CallReportKind, Inbound, InboundBody, OutboundCall,
    Provider, ProviderError, RawWebhook, TelephonyProvider, Trust, WebhookSecrets,
};

/// How the provider's server treats the next call that it is asked to place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Answers no, for good.
    Refuse,
    /// Asks to slow down.
    SlowDown,
    /// Reads the request and never answers. A fixture sets the provider's own limit of waiting to something short.
    Silence,
    /// Places the call, and the connection breaks before the answer has come.
    LostAnswer,
    /// Cannot be reached at all: the connection is refused.
    Unreachable,
}

/// What the provider's server hands out in the place of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedFile {
    /// A sound file.
    Sound,
    /// A page, announced as a success.
    Page,
    /// Nothing, but the way to another host than the provider's.
    Elsewhere,
}

/// What a telephony provider is tested with.
#[async_trait]
pub trait TelephonyFixture: Send + Sync {
    /// The adapter under test, connected to its emulator.
    fn provider(&self) -> &dyn Provider;
    /// An account with its credentials, as they are needed for all that the provider declares. Asked for anew before each request.
    fn access(&self) -> AccountAccess;
    /// The same account with a secret that is not its own.
    fn wrong_access(&self) -> AccountAccess;
    /// What is secret in either of them; each has at least eight characters and stands nowhere else.
    fn secrets(&self) -> Vec<String>;
    /// The secrets of the app; none for a provider that does not sign its webhooks.
    fn webhook_secrets(&self) -> WebhookSecrets {
        WebhookSecrets::default()
    }
    /// Now, by the clock that the provider uses.
    fn now(&self) -> DateTime<Utc>;
    /// A call with this id that the provider takes.
    fn call(&self, id: CallId) -> OutboundCall;
    /// How the next call is treated. Later ones are placed again.
    async fn answer(&self, answer: Answer);
    /// How many requests have reached the server.
    async fn requests(&self) -> u64;
    /// The numbers of the people to whom the server has placed calls, as digits, oldest first.
    async fn dialled(&self) -> Vec<String>;
    /// Agent and person of the call that was placed last speak from now on. Answers the provider's ids of its legs, the agent's
    /// first.
    async fn connect(&self) -> Vec<CallAlias>;
    /// That call ends after a minute, and was recorded. Answers the webhooks about it, in order.
    async fn end(&self) -> Vec<RawWebhook>;
    /// How many calls take more than one page of the provider's log.
    fn more_than_a_page(&self) -> usize {
        25
    }
    /// What the next request for a recording gets. Answers the name of the recording.
    async fn recording(&self, file: RecordedFile) -> String;
    /// How many requests have reached the other host of [`RecordedFile::Elsewhere`].
    async fn requests_elsewhere(&self) -> u64;
}

const PERSON: &str = "447700900777";
const ANOTHER: &str = "447700900888";

fn telephony(fixture: &dyn TelephonyFixture) -> &dyn TelephonyProvider {
    fixture.provider().telephony().unwrap()
}

async fn place_with(
    fixture: &dyn TelephonyFixture,
    access: &AccountAccess,
    call: &OutboundCall,
    digits: &str,
) -> Result<CallAccepted, ProviderError> {
    let permit = crate::testing::permit_to_call(PhoneNumber::from_digits(digits).unwrap(), fixture.now());
    telephony(fixture).place_call(access, permit, call).await
}

async fn place(fixture: &dyn TelephonyFixture, digits: &str) -> Result<CallAccepted, ProviderError> {
    let call = fixture.call(IdSource::random().next(fixture.now()));
    place_with(fixture, &fixture.access(), &call, digits).await
}

/// A call that was placed and has ended: what the provider answered, and what its webhooks say.
async fn told(fixture: &dyn TelephonyFixture) -> (CallId, CallAccepted, Vec<RawWebhook>) {
    let call = fixture.call(IdSource::random().next(fixture.now()));
    let accepted = place_with(fixture, &fixture.access(), &call, PERSON).await.unwrap();
    fixture.connect().await;
    let webhooks = fixture.end().await;
    assert!(!webhooks.is_empty(), "a fixture has webhooks of a call");
    (call.id, accepted, webhooks)
}

/// What webhooks say, as the decoder reads them.
fn elements(fixture: &dyn TelephonyFixture, webhooks: &[RawWebhook]) -> Vec<Inbound> {
    let decoder = fixture.provider().webhooks().unwrap();
    let secrets = fixture.webhook_secrets();
    let each = |raw: &RawWebhook| {
        let hook = decoder.verify(raw.clone(), &secrets).unwrap();
        let expected = if secrets.app.is_empty() { Trust::PathOnly } else { Trust::Signed };
        assert_eq!(hook.trust(), expected, "what nobody signed is not believed as if it were signed");
        assert_eq!(hook.challenge(), None);
        decoder.decode(&hook)
    };
    webhooks.iter().flat_map(each).collect()
}

fn reports(elements: &[Inbound]) -> Vec<&CallReport> {
    fn report(element: &Inbound) -> Option<&CallReport> {
        if let InboundBody::Call(report) = &element.body { Some(report) } else { None }
    }
    elements.iter().filter_map(report).collect()
}

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

/// Webhooks about a call that we placed are read as reports, with ids, and lead back to it.
pub async fn reports_lead_to_their_call(fixture: &dyn TelephonyFixture) {
    let (own, accepted, webhooks) = told(fixture).await;
    let account = fixture.access().routing_key;
    let decoder = fixture.provider().webhooks().unwrap();
    let elements = elements(fixture, &webhooks);
    for element in &elements {
        if let Some(named) = &element.account {
            assert_eq!(named.0, account, "it is of the account that it came for");
        }
        let again = decoder.decode_element(&element.raw);
        assert_eq!(again.len(), 1, "it was kept alone");
        assert_eq!((&again[0].account, again[0].body.kind()), (&element.account, element.body.kind()));
        if let (InboundBody::Call(one), InboundBody::Call(other)) = (&again[0].body, &element.body) {
            assert!(one == other, "what was kept of a report is read again as the same");
        }
    }
    let all = reports(&elements);
    assert!(!all.is_empty(), "no webhook is read as a report of a call");
    assert!(all.iter().all(|report| !report.aliases.is_empty()), "a report has an id");
    let leads = |report: &&&CallReport| {
        report.own == Some(own) || accepted.request.iter().any(|request| report.aliases.contains(request))
    };
    assert!(all.iter().any(|report| leads(&report)), "no report leads to the call that was placed");
    let digits = |text: &String| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let names = |report: &&CallReport| report.customer.as_ref().map(digits).as_deref() == Some(PERSON);
    assert!(all.iter().any(names), "no report names the person");
    assert!(all.iter().any(|report| report.leg.ended.is_some() || report.leg.result.is_some()), "no end");
    let capabilities = telephony(fixture).capabilities();
    let is_live = all.iter().any(|report| report.kind == CallReportKind::Live);
    assert_eq!(is_live, capabilities.live_events, "live events are posted if they are declared");
    if capabilities.recordings {
        assert!(all.iter().any(|report| !report.recordings.is_empty()), "no report names the recording");
    }
}

/// No bytes make the decoder panic, and none are lost: what is not understood comes back as unknown.
pub async fn no_bytes_make_the_decoder_panic(fixture: &dyn TelephonyFixture) {
    let (_, _, webhooks) = told(fixture).await;
    let decoder = fixture.provider().webhooks().unwrap();
    let entropy = Entropy::seeded(5);
    let small = |below: usize| usize::try_from(entropy.u64() % u64::try_from(below.max(1)).unwrap()).unwrap();
    let mut bodies: Vec<Vec<u8>> = ["{", "[", "nothing", "{\"a\":", "\u{0}\u{0}", "%%%=&&"]
        .iter()
        .map(|body| body.as_bytes().to_vec())
        .collect();
    bodies.push([b"[".repeat(100_000), b"]".repeat(99_999)].concat());
    for sample in webhooks.iter().map(|raw| &raw.body) {
        bodies.extend((1..sample.len()).step_by(sample.len() / 64 + 1).map(|end| sample[..end].to_vec()));
        for _ in 0..200 {
            let mut changed = sample.to_vec();
            for _ in 0..=small(4) {
                let place = small(changed.len());
                if let Some(byte) = changed.get_mut(place) {
                    *byte = entropy.array::<1>()[0];
                }
            }
            bodies.push(changed);
        }
    }
    for body in bodies {
        let found = decoder.decode_element(&Bytes::from(body.clone()));
        let text = String::from_utf8_lossy(&body);
        if !text.trim().is_empty() && serde_json::from_str::<serde::de::IgnoredAny>(&text).is_err() {
            assert!(!found.is_empty(), "bytes that cannot be read are kept");
        }
    }
}
