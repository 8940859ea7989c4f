//! What a telephony provider promises. A fixture provides the provider, an account of it, and a server that plays the other side.

mod asking;
mod placing;
mod reports;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::call::CallAlias;
use crate::id::{CallId, IdSource};
use crate::phone::PhoneNumber;
use crate::provider::{
    AccountAccess, CallAccepted, CallReport, Inbound, InboundBody, OutboundCall, Provider, ProviderError,
    RawWebhook, TelephonyProvider, Trust, WebhookSecrets,
};

pub use asking::{
    a_recording_is_sound_and_comes_from_the_provider, pages_end_and_name_each_call_once,
    what_is_declared_works_and_nothing_else, wrong_credentials_are_told,
};
pub use placing::{
    a_call_is_placed_once_for_the_number_of_the_permit,
    a_call_without_an_agent_is_refused_before_it_is_placed, an_unknown_outcome_is_ambiguous_and_not_repeated,
    each_kind_of_no_is_told_apart, nothing_secret_is_shown,
};
pub use reports::{no_bytes_make_the_decoder_panic, reports_lead_to_their_call};

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
