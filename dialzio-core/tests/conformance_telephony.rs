//! The suite for telephony providers: the scripted service passes it, whatever it declares, and each promise that an adapter
//! breaks is noticed.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod telephony_flaws;

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use dialzio_core::call::{CallAlias, LegResult, RecordingKind};
use dialzio_core::provider::{
    AccountAccess, CallReport, CallReportKind, ListedAgent, OutboundCall, Provider, ProviderError,
    RawWebhook, RefusalReason, ReportTime, RingAgentOn, TelephonyCapabilities, TelephonyProvider,
};
use dialzio_core::testing::conformance::telephony::{self, Answer, RecordedFile, TelephonyFixture};
use dialzio_core::testing::{Fixtures, ScriptedCalls};
use dialzio_core::{CallId, IdSource, PhoneNumber};

use telephony_flaws::{Adapter, Flaw};

const ACCOUNT: &str = "3333301";
const SECRET: &str = "the-right-secret";
const WRONG: &str = "quite-another-secret";

/// The scripted service, behind an adapter that may have a flaw.
struct Line {
    phone: Arc<ScriptedCalls>,
    adapter: Adapter,
    listed: Mutex<Vec<CallReport>>,
}

impl Line {
    fn new(phone: ScriptedCalls, flaw: Option<Flaw>) -> Self {
        let agent = ListedAgent { id: "agent-1".to_owned(), name: None, phone: None };
        phone.accepts(SECRET).employs(vec![agent]);
        let phone = Arc::new(phone);
        Self { adapter: Adapter::new(Arc::clone(&phone), flaw), phone, listed: Mutex::default() }
    }

    fn opened_by(&self, secret: &str) -> AccountAccess {
        AccountAccess {
            account: IdSource::seeded(2).next(self.now()),
            routing_key: ACCOUNT.to_owned(),
            business_id: ACCOUNT.to_owned(),
            credentials: [("secret", secret)].into(),
            base_url: None,
        }
    }

    fn newest(&self) -> CallAlias {
        CallAlias::parse(&format!("call-{}", self.phone.placed().len())).unwrap()
    }
}

#[async_trait]
impl TelephonyFixture for Line {
    fn provider(&self) -> &dyn Provider {
        &self.adapter
    }

    fn access(&self) -> AccountAccess {
        self.opened_by(SECRET)
    }

    fn wrong_access(&self) -> AccountAccess {
        self.opened_by(WRONG)
    }

    fn secrets(&self) -> Vec<String> {
        vec![SECRET.to_owned(), WRONG.to_owned()]
    }

    fn now(&self) -> DateTime<Utc> {
        Fixtures::morning()
    }

    fn call(&self, id: CallId) -> OutboundCall {
        OutboundCall {
            id,
            agent: Some("agent-1".to_owned()),
            agent_number: PhoneNumber::from_digits("447700900101").ok(),
            ring_agent_on: RingAgentOn::Phone,
            our_number: None,
            max_duration: Duration::from_secs(3_600),
        }
    }

    async fn answer(&self, answer: Answer) {
        let (provider, code) = (self.phone.capabilities().provider, "1".to_owned());
        let source = || "the connection".into();
        let error = match answer {
            Answer::Refuse => {
                ProviderError::Refused { provider, code, reason: RefusalReason::Other, detail: None }
            }
            Answer::SlowDown => ProviderError::Throttled { provider, code, retry_after: None },
            Answer::Silence | Answer::LostAnswer => ProviderError::Ambiguous { provider, source: source() },
            Answer::Unreachable => ProviderError::Unreachable { provider, source: source() },
        };
        self.phone.then(Err(error));
    }

    async fn requests(&self) -> u64 {
        self.phone.requests()
    }

    async fn dialled(&self) -> Vec<String> {
        self.phone.placed().iter().map(|placed| placed.recipient.digits().to_owned()).collect()
    }

    async fn connect(&self) -> Vec<CallAlias> {
        vec![self.newest()]
    }

    async fn end(&self) -> Vec<RawWebhook> {
        let placed = self.phone.placed().pop().unwrap();
        let request = CallAlias::parse(&format!("request-{}", self.phone.placed().len())).unwrap();
        let mut live = CallReport::new(CallReportKind::Live);
        live.aliases = vec![self.newest(), request];
        live.own = Some(placed.call.id);
        live.customer = Some(placed.recipient.digits().to_owned());
        let mut record = CallReport { kind: CallReportKind::Record, ..live.clone() };
        record.leg.result = Some(LegResult::Answered);
        record.leg.ended = Some(ReportTime::At(self.now()));
        let capabilities = self.phone.capabilities();
        if capabilities.recordings {
            record.recordings = vec![(format!("{}.wav", self.newest().as_str()), RecordingKind::Recording)];
        }
        self.phone.knows(vec![record.clone()]);
        let mut listed = self.listed.lock().unwrap();
        listed.push(record.clone());
        self.phone.lists(listed.clone());
        let told = if capabilities.live_events { vec![live, record] } else { vec![record] };
        told.into_iter().map(|report| self.phone.webhook(Some(ACCOUNT), vec![report])).collect()
    }

    async fn recording(&self, file: RecordedFile) -> String {
        let (name, bytes) = match file {
            RecordedFile::Sound => ("sound.wav", "RIFF and so on"),
            RecordedFile::Page => ("page.wav", "<!doctype html><h1>Sign in</h1>"),
            RecordedFile::Elsewhere => ("https://other.example/a.wav", "RIFF and so on"),
        };
        self.phone.holds(name, bytes);
        name.to_owned()
    }

    async fn requests_elsewhere(&self) -> u64 {
        self.adapter.asked_elsewhere.load(Ordering::SeqCst)
    }
}

mod all_declared {
    use super::{Line, ScriptedCalls};

    async fn line() -> Line {
        Line::new(ScriptedCalls::new(), None)
    }
    dialzio_core::telephony_conformance!(line);
}

mod least_declared {
    use super::{Line, ScriptedCalls, least};

    async fn line() -> Line {
        Line::new(ScriptedCalls::with(least()), None)
    }
    dialzio_core::telephony_conformance!(line);
}

/// A service that places calls, and can do nothing else.
fn least() -> TelephonyCapabilities {
    TelephonyCapabilities {
        agent_first: false,
        actions: Vec::new(),
        lists_calls: false,
        finds_calls: false,
        lists_agents: false,
        recordings: false,
        deletes_recordings: false,
        live_events: false,
        ..ScriptedCalls::new().capabilities().clone()
    }
}

type Case = fn(Line) -> Pin<Box<dyn Future<Output = ()> + Send>>;

macro_rules! case {
    ($name:ident) => {
        (stringify!($name), |line| Box::pin(async move { telephony::$name(&line).await }))
    };
}

/// Each case passes with a sound adapter, which the suites above show, and fails with the flaw.
async fn detects(flaw: Flaw, (name, case): (&str, Case)) {
    let phone = match flaw {
        Flaw::DeclaresWhatItCannot | Flaw::AsksBeforeItRefuses => {
            let known = ScriptedCalls::new().capabilities().clone();
            ScriptedCalls::with(TelephonyCapabilities { deletes_recordings: false, ..known })
        }
        _ => ScriptedCalls::new(),
    };
    let answer = tokio::spawn(case(Line::new(phone, Some(flaw)))).await;
    assert!(answer.is_err_and(|error| error.is_panic()), "{name} does not notice {flaw:?}");
}

#[tokio::test]
async fn an_adapter_that_rings_people_otherwise_than_allowed_is_noticed() {
    detects(Flaw::PlacesTwice, case!(a_call_is_placed_once_for_the_number_of_the_permit)).await;
    detects(Flaw::RingsAnother, case!(a_call_is_placed_once_for_the_number_of_the_permit)).await;
    detects(Flaw::NeedsNoAgent, case!(a_call_without_an_agent_is_refused_before_it_is_placed)).await;
    detects(Flaw::RepeatsTheUnknown, case!(an_unknown_outcome_is_ambiguous_and_not_repeated)).await;
    detects(Flaw::TakesTheUnknownForAFault, case!(an_unknown_outcome_is_ambiguous_and_not_repeated)).await;
}

#[tokio::test]
async fn an_adapter_that_confuses_refusals_is_noticed() {
    detects(Flaw::TakesSlowDownForANo, case!(each_kind_of_no_is_told_apart)).await;
    detects(Flaw::RepeatsAfterANo, case!(each_kind_of_no_is_told_apart)).await;
    detects(Flaw::AcceptsAnySecret, case!(wrong_credentials_are_told)).await;
    detects(Flaw::TakesWrongCredentialsForANo, case!(wrong_credentials_are_told)).await;
}

#[tokio::test]
async fn an_adapter_that_declares_what_is_not_so_is_noticed() {
    detects(Flaw::DeclaresWhatItCannot, case!(what_is_declared_works_and_nothing_else)).await;
    detects(Flaw::DoesWhatItDoesNotDeclare, case!(what_is_declared_works_and_nothing_else)).await;
    detects(Flaw::AsksBeforeItRefuses, case!(what_is_declared_works_and_nothing_else)).await;
}

#[tokio::test]
async fn an_adapter_that_misreads_the_log_is_noticed() {
    detects(Flaw::PagesWithoutEnd, case!(pages_end_and_name_each_call_once)).await;
    detects(Flaw::PagesTwice, case!(pages_end_and_name_each_call_once)).await;
    detects(Flaw::LosesTheLastPage, case!(pages_end_and_name_each_call_once)).await;
}

#[tokio::test]
async fn an_adapter_that_fetches_what_is_no_recording_is_noticed() {
    detects(Flaw::TakesPagesForSound, case!(a_recording_is_sound_and_comes_from_the_provider)).await;
    detects(Flaw::AsksOtherHosts, case!(a_recording_is_sound_and_comes_from_the_provider)).await;
}

#[tokio::test]
async fn an_adapter_that_shows_what_is_secret_is_noticed() {
    detects(Flaw::ShowsTheSecretInErrors, case!(nothing_secret_is_shown)).await;
    detects(Flaw::ShowsTheNumberInErrors, case!(nothing_secret_is_shown)).await;
    detects(Flaw::ShowsTheSecretInDebug, case!(nothing_secret_is_shown)).await;
}

#[tokio::test]
async fn an_adapter_that_misreads_webhooks_is_noticed() {
    detects(Flaw::ReportsHaveNoIds, case!(reports_lead_to_their_call)).await;
    detects(Flaw::ReportsLeadNowhere, case!(reports_lead_to_their_call)).await;
    detects(Flaw::BelievesWhatNobodySigned, case!(reports_lead_to_their_call)).await;
    detects(Flaw::LosesWhatItCannotRead, case!(no_bytes_make_the_decoder_panic)).await;
    detects(Flaw::PanicsAtWhatItCannotRead, case!(no_bytes_make_the_decoder_panic)).await;
}
