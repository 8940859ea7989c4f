//! A telephone service that does what a test says.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use crate::call::{CallAlias, LegRole};
use crate::call_flow::{CallProgram, CallStep, FlowStep};
use crate::consent::CallPermit;
use crate::id::CallId;
use crate::phone::PhoneNumber;
use crate::provider::{
    AccountAccess, AccountHealth, AccountRef, CallAccepted, CallAction, CallCursor, CallPage, CallReport,
    CallReportKind, ConnectionForm, FetchedMedia, FieldFormat, FormField, Inbound, InboundBody, IncomingCall,
    ListedAgent, MessagingProvider, OutboundCall, Provider, ProviderError, ProviderId, RawWebhook,
    RefusalReason, TelephonyCapabilities, TelephonyProvider, Trust, VerifiedWebhook, WebhookDecoder,
    WebhookError, WebhookMethod, WebhookSecrets, WrittenProgram,
};

/// The id of the scripted telephone service.
pub const SCRIPTED_CALLS: ProviderId = ProviderId("scripted_calls");

/// The fields by which its accounts are connected: an id and one credential `secret`.
pub static SCRIPTED_CALLS_FORM: ConnectionForm = ConnectionForm {
    app_secret: None,
    verify_token: None,
    routing_key: FormField {
        name: "appid",
        label: "App ID",
        hint: "In the provider's pages.",
        secret: false,
        required: true,
        format: FieldFormat::Id,
    },
    business_id: None,
    portfolio: None,
    credentials: &[FormField {
        name: "secret",
        label: "Secret",
        hint: "In the provider's pages.",
        secret: true,
        required: true,
        format: FieldFormat::Token,
    }],
};

/// A call that was placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedCall {
    /// To whom: from the permit.
    pub recipient: PhoneNumber,
    /// The call as the provider was asked to place it.
    pub call: OutboundCall,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Result<CallAccepted, ProviderError>>,
    placed: Vec<PlacedCall>,
    controlled: Vec<(Vec<CallAlias>, CallAction)>,
    webhooks: BTreeMap<String, (Option<String>, Vec<CallReport>)>,
    questions: BTreeMap<String, IncomingCall>,
    known: Vec<CallReport>,
    listed: Vec<CallReport>,
    files: BTreeMap<String, Bytes>,
    agents: Vec<ListedAgent>,
    asked: u32,
    requests: u64,
    secret: Option<SecretString>,
    silent: bool,
    periods: Vec<(DateTime<Utc>, DateTime<Utc>)>,
}

/// A telephone service for tests of services: each call that is placed takes the next line of the script, and one without a
/// line is taken. Webhooks are not signed. What its capabilities do not declare is [`ProviderError::Unsupported`].
#[derive(Debug)]
pub struct ScriptedCalls {
    capabilities: TelephonyCapabilities,
    lenient: bool,
    state: Mutex<State>,
}

impl Default for ScriptedCalls {
    fn default() -> Self {
        Self::new()
    }
}

impl ScriptedCalls {
    /// A service that can do everything, and rings the agent first.
    #[must_use]
    pub fn new() -> Self {
        Self::with(TelephonyCapabilities {
            provider: SCRIPTED_CALLS,
            agent_first: true,
            needs_agent: false,
            actions: CallAction::ALL.to_vec(),
            lists_calls: true,
            finds_calls: true,
            lists_agents: true,
            recordings: true,
            deletes_recordings: true,
            live_events: true,
            flow_steps: FlowStep::ALL.to_vec(),
        })
    }

    /// A service with other capabilities.
    #[must_use]
    pub fn with(capabilities: TelephonyCapabilities) -> Self {
        Self { capabilities, lenient: false, state: Mutex::default() }
    }

    /// A service that declares these capabilities and does everything all the same.
    #[must_use]
    pub fn lenient(capabilities: TelephonyCapabilities) -> Self {
        Self { lenient: true, ..Self::with(capabilities) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the next call that is placed ends.
    pub fn then(&self, line: Result<CallAccepted, ProviderError>) -> &Self {
        self.state().script.push_back(line);
        self
    }

    /// Calls are taken from now on, and the answer never comes: for a process that ends in between.
    pub fn answers_nothing(&self) -> &Self {
        self.state().silent = true;
        self
    }

    /// Accepts no other credential than this one from now on. Until then any is right.
    pub fn accepts(&self, secret: &str) -> &Self {
        self.state().secret = Some(secret.to_owned().into());
        self
    }

    /// A webhook with these reports, for an account or without naming one.
    pub fn webhook(&self, account: Option<&str>, reports: Vec<CallReport>) -> RawWebhook {
        let mut state = self.state();
        let key = format!("webhook-{}", state.webhooks.len());
        state.webhooks.insert(key.clone(), (account.map(str::to_owned), reports));
        RawWebhook {
            method: WebhookMethod::Post,
            query: String::new(),
            headers: Vec::new(),
            body: key.into(),
        }
    }

    /// A question what to do with a call that comes in, for an account or without naming one, from a number as it is written
    /// there. The decoder reads it as a call with this id that rings.
    ///
    /// # Panics
    /// If the id is no [`CallAlias`].
    pub fn question(&self, account: Option<&str>, call: &str, from: &str, to: &str) -> RawWebhook {
        let mut report = CallReport::new(CallReportKind::Live);
        report.aliases = vec![CallAlias::parse(call).expect("an id of a call")];
        report.direction = Some(crate::conversation::Direction::Inbound);
        report.by_flow = true;
        report.customer = Some(from.to_owned());
        report.our_number = Some(to.to_owned());
        report.leg.role = Some(LegRole::First);
        report.leg.id = CallAlias::parse(call);
        let raw = self.webhook(account, vec![report]);
        let key = String::from_utf8_lossy(&raw.body).into_owned();
        let asked = IncomingCall {
            account: account.map(|account| AccountRef(account.to_owned())),
            from: from.to_owned(),
            to: Some(to.to_owned()),
        };
        self.state().questions.insert(key, asked);
        raw
    }

    /// What the service answers when it is asked for one call.
    pub fn knows(&self, reports: Vec<CallReport>) -> &Self {
        self.state().known = reports;
        self
    }

    /// What its log has.
    pub fn lists(&self, reports: Vec<CallReport>) -> &Self {
        self.state().listed = reports;
        self
    }

    /// A recording that can be fetched: a WAV file. Other bytes are refused as no sound.
    pub fn holds(&self, file: &str, bytes: impl Into<Bytes>) -> &Self {
        self.state().files.insert(file.to_owned(), bytes.into());
        self
    }

    /// Its users.
    pub fn employs(&self, agents: Vec<ListedAgent>) -> &Self {
        self.state().agents = agents;
        self
    }

    /// The calls that were placed, in order.
    #[must_use]
    pub fn placed(&self) -> Vec<PlacedCall> {
        self.state().placed.clone()
    }

    /// What was done with calls in progress, in order.
    #[must_use]
    pub fn controlled(&self) -> Vec<(Vec<CallAlias>, CallAction)> {
        self.state().controlled.clone()
    }

    /// How often it was asked what became of a call.
    #[must_use]
    pub fn asked(&self) -> u32 {
        self.state().asked
    }

    /// How many requests reached it.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.state().requests
    }

    /// The periods (from, until) of its log that were read, in order.
    #[must_use]
    pub fn periods_read(&self) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        self.state().periods.clone()
    }

    /// The call that was placed last.
    #[must_use]
    pub fn last_placed(&self) -> Option<CallId> {
        self.state().placed.last().map(|placed| placed.call.id)
    }

    /// The state, once a request has arrived: with the right credentials, for something that it can do.
    fn request(
        &self,
        access: &AccountAccess,
        can: bool,
        what: &'static str,
    ) -> Result<MutexGuard<'_, State>, ProviderError> {
        let provider = self.capabilities.provider;
        if !can && !self.lenient {
            return Err(ProviderError::Unsupported { provider, what });
        }
        let mut state = self.state();
        state.requests += 1;
        let given = access.credentials.get("secret").map(ExposeSecret::expose_secret);
        match &state.secret {
            Some(right) if given != Some(right.expose_secret()) => {
                Err(ProviderError::Credentials { provider, code: "secret".to_owned(), detail: None })
            }
            _ => Ok(state),
        }
    }

    fn refused(&self, code: &str, reason: RefusalReason) -> ProviderError {
        let (provider, code) = (self.capabilities.provider, code.to_owned());
        ProviderError::Refused { provider, code, reason, detail: None }
    }
}

impl Provider for ScriptedCalls {
    fn id(&self) -> ProviderId {
        self.capabilities.provider
    }

    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        None
    }

    fn telephony(&self) -> Option<&dyn TelephonyProvider> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn WebhookDecoder> {
        Some(self)
    }

    fn connection(&self) -> &ConnectionForm {
        &SCRIPTED_CALLS_FORM
    }

    fn allows_address(&self, _: &url::Url) -> bool {
        false
    }

    fn newest_date(&self) -> Option<DateTime<Utc>> {
        None
    }
}

impl WebhookDecoder for ScriptedCalls {
    fn verify(&self, raw: RawWebhook, _: &WebhookSecrets) -> Result<VerifiedWebhook, WebhookError> {
        Ok(VerifiedWebhook::report(raw, Trust::PathOnly))
    }

    fn decode(&self, hook: &VerifiedWebhook) -> Vec<Inbound> {
        self.decode_element(hook.body())
    }

    fn decode_element(&self, raw: &Bytes) -> Vec<Inbound> {
        let state = self.state();
        let known = std::str::from_utf8(raw).ok().and_then(|key| state.webhooks.get(key));
        let Some((account, reports)) = known else {
            let body = InboundBody::Unknown { what: "unknown".to_owned() };
            return vec![Inbound { account: None, at: None, body, raw: raw.clone() }];
        };
        let each = |report: &CallReport| Inbound {
            account: account.clone().map(AccountRef),
            at: None,
            body: InboundBody::Call(Box::new(report.clone())),
            raw: raw.clone(),
        };
        reports.iter().map(each).collect()
    }
}

#[async_trait]
impl TelephonyProvider for ScriptedCalls {
    fn capabilities(&self) -> &TelephonyCapabilities {
        &self.capabilities
    }

    async fn place_call(
        &self,
        access: &AccountAccess,
        permit: CallPermit,
        call: &OutboundCall,
    ) -> Result<CallAccepted, ProviderError> {
        if self.capabilities.agent_first && call.agent.is_none() && call.agent_number.is_none() {
            return Err(self.refused("agent", RefusalReason::Malformed));
        }
        let placed = PlacedCall { recipient: permit.recipient().clone(), call: call.clone() };
        let silent = {
            let mut state = self.request(access, true, "placing a call")?;
            if state.silent {
                state.placed.push(placed.clone());
            }
            state.silent
        };
        if silent {
            return std::future::pending().await;
        }
        let mut state = self.state();
        let line = state.script.pop_front();
        let taken = matches!(line, None | Some(Ok(_)) | Some(Err(ProviderError::Ambiguous { .. })));
        if taken {
            state.placed.push(placed);
        }
        line.unwrap_or_else(|| {
            Ok(CallAccepted { request: CallAlias::parse(&format!("request-{}", state.placed.len())) })
        })
    }

    async fn control(
        &self,
        access: &AccountAccess,
        legs: &[CallAlias],
        action: CallAction,
    ) -> Result<(), ProviderError> {
        let can = self.capabilities.actions.contains(&action);
        self.request(access, can, "this action")?.controlled.push((legs.to_vec(), action));
        Ok(())
    }

    async fn list_calls(
        &self,
        access: &AccountAccess,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
        after: Option<CallCursor>,
    ) -> Result<CallPage, ProviderError> {
        // A page for each call, so that callers have to go on.
        let place: usize = after.and_then(|cursor| cursor.0.parse().ok()).unwrap_or(0);
        let mut state = self.request(access, self.capabilities.lists_calls, "listing calls")?;
        if place == 0 {
            state.periods.push((from, until));
        }
        let more = place + 1 < state.listed.len();
        Ok(CallPage {
            calls: state.listed.get(place).cloned().into_iter().collect(),
            next: more.then(|| CallCursor((place + 1).to_string())),
        })
    }

    async fn find_call(
        &self,
        access: &AccountAccess,
        ids: &[CallAlias],
        _: DateTime<Utc>,
    ) -> Result<Vec<CallReport>, ProviderError> {
        let mut state = self.request(access, self.capabilities.finds_calls, "asking for a call")?;
        state.asked += 1;
        let about = |report: &&CallReport| report.aliases.iter().any(|alias| ids.contains(alias));
        Ok(state.known.iter().filter(about).cloned().collect())
    }

    async fn open_recording(
        &self,
        access: &AccountAccess,
        file: &str,
    ) -> Result<FetchedMedia, ProviderError> {
        let can = self.capabilities.recordings;
        if can && file.contains("://") {
            return Err(self.refused("host", RefusalReason::Media));
        }
        let bytes = self.request(access, can, "fetching a recording")?.files.get(file).cloned();
        let not_ready =
            ProviderError::Fault { provider: self.capabilities.provider, code: "not_ready".to_owned() };
        let bytes = bytes.ok_or(not_ready)?;
        if !bytes.starts_with(b"RIFF") {
            return Err(self.refused("no_sound", RefusalReason::Media));
        }
        Ok(FetchedMedia { bytes, mime: Some("audio/wav".to_owned()) })
    }

    async fn delete_recording(&self, access: &AccountAccess, file: &str) -> Result<(), ProviderError> {
        let can = self.capabilities.deletes_recordings;
        self.request(access, can, "deleting a recording")?.files.remove(file);
        Ok(())
    }

    async fn agents(&self, access: &AccountAccess) -> Result<Vec<ListedAgent>, ProviderError> {
        Ok(self.request(access, self.capabilities.lists_agents, "listing agents")?.agents.clone())
    }

    fn incoming_call(&self, hook: &VerifiedWebhook) -> Result<IncomingCall, ProviderError> {
        let state = self.state();
        let known = std::str::from_utf8(hook.body()).ok().and_then(|key| state.questions.get(key));
        known.cloned().ok_or_else(|| ProviderError::Refused {
            provider: self.capabilities.provider,
            code: "question".to_owned(),
            reason: RefusalReason::Malformed,
            detail: None,
        })
    }

    /// A list of texts, one for each step.
    fn write_program(&self, program: &CallProgram) -> Result<WrittenProgram, ProviderError> {
        let line = |step: &CallStep| match step {
            CallStep::Say(text) => format!("say {}", text.reveal()),
            CallStep::Play(sound) => format!("play {}", sound.reveal()),
            CallStep::Dial(dial) => {
                let numbers: Vec<&str> = dial.targets.iter().map(|target| target.number.reveal()).collect();
                let how = if dial.together { "together" } else { "in order" };
                format!("dial {} {how} {} s", numbers.join(" "), dial.seconds)
            }
            CallStep::Record { seconds } => format!("record {seconds} s"),
            CallStep::HangUp => "hang up".to_owned(),
        };
        let lines: Vec<String> = program.steps().iter().map(line).collect();
        Ok(WrittenProgram { content_type: "application/json", body: serde_json::json!(lines).to_string() })
    }

    async fn check(&self, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
        drop(self.request(access, true, "a check")?);
        Ok(AccountHealth { display_number: None, verified_name: None, quality: None })
    }
}
