//! The provider: what it can do, how a call is placed, and how its webhooks are read.

use std::time::Duration;
use subtle::ConstantTimeEq;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use dialzio_core::call::{CallAlias, LegResult, LegRole};
use dialzio_core::consent::CallPermit;
use dialzio_core::conversation::Direction;
use dialzio_core::provider::{
    AccountAccess, AccountHealth, AccountRef, CallAccepted, CallReport, CallReportKind, ConnectionForm,
    FieldFormat, FormField, Inbound, InboundBody, MessagingProvider, OutboundCall, Provider, ProviderError,
    ProviderId, RawWebhook, RefusalReason, ReportTime, TelephonyCapabilities, TelephonyProvider, Trust,
    VerifiedWebhook, WebhookDecoder, WebhookError, WebhookMethod, WebhookSecrets,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

const TRUNK: ProviderId = ProviderId("voice_trunk");
/// The header of a webhook that holds the shared secret.
pub(crate) const HEADER: &str = "x-trunk-secret";

/// What an account consists of: a line, a key, and the secret of the webhooks.
static FORM: ConnectionForm = ConnectionForm {
    app_secret: Some(field("webhook_secret", "Webhook secret", true, FieldFormat::Token)),
    verify_token: None,
    routing_key: field("line", "Line", false, FieldFormat::Id),
    business_id: None,
    portfolio: None,
    credentials: &[field("api_key", "API key", true, FieldFormat::Token)],
};

const fn field(name: &'static str, label: &'static str, secret: bool, format: FieldFormat) -> FormField {
    FormField { name, label, hint: "On the trunk's account page.", secret, required: true, format }
}

/// Calls over the trunk's API.
#[derive(Debug)]
pub(crate) struct VoiceTrunk {
    client: reqwest::Client,
    api: Url,
    capabilities: TelephonyCapabilities,
}

impl VoiceTrunk {
    /// Over the API at this address. A request that has no answer after `patience` has an unknown outcome.
    pub(crate) fn new(api: Url, patience: Duration) -> Result<Self, reqwest::Error> {
        let capabilities = TelephonyCapabilities {
            provider: TRUNK,
            agent_first: true,
            needs_agent: false,
            live_events: true,
            // The trunk can do none of these, and the trait answers so for what is not implemented here.
            actions: Vec::new(),
            lists_calls: false,
            finds_calls: false,
            lists_agents: false,
            recordings: false,
            deletes_recordings: false,
            flow_steps: Vec::new(),
        };
        let client = reqwest::Client::builder()
            .timeout(patience)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { client, api, capabilities })
    }

    async fn ask(&self, access: &AccountAccess, path: &str, body: Value) -> Result<Value, ProviderError> {
        let base = access.base_url.as_ref().unwrap_or(&self.api);
        let address = base.join(path).map_err(|error| unreachable(Box::new(error)))?;
        let key = access.credential(TRUNK, "api_key")?.expose_secret();
        // Before a connection nothing was sent; after it the outcome is not known, and nothing is asked again.
        let answer =
            self.client.post(address).bearer_auth(key).json(&body).send().await.map_err(|error| {
                if error.is_connect() {
                    unreachable(Box::new(error))
                } else {
                    unknown_outcome(Box::new(error))
                }
            })?;
        let code = answer.status().as_u16().to_string();
        match answer.status().as_u16() {
            200..=299 => answer.json().await.map_err(|error| unknown_outcome(Box::new(error))),
            401 | 403 => Err(ProviderError::Credentials { provider: TRUNK, code, detail: None }),
            429 => Err(ProviderError::Throttled { provider: TRUNK, code, retry_after: None }),
            400..=499 => Err(refused(code, RefusalReason::Other)),
            _ => Err(unknown_outcome(format!("status {code}").into())),
        }
    }
}

fn unreachable(source: Box<dyn std::error::Error + Send + Sync>) -> ProviderError {
    ProviderError::Unreachable { provider: TRUNK, source }
}

fn unknown_outcome(source: Box<dyn std::error::Error + Send + Sync>) -> ProviderError {
    ProviderError::Ambiguous { provider: TRUNK, source }
}

const fn refused(code: String, reason: RefusalReason) -> ProviderError {
    ProviderError::Refused { provider: TRUNK, code, reason, detail: None }
}

impl Provider for VoiceTrunk {
    fn id(&self) -> ProviderId {
        TRUNK
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
        &FORM
    }
    fn allows_address(&self, _: &Url) -> bool {
        false
    }
    fn newest_date(&self) -> Option<DateTime<Utc>> {
        None
    }
}

#[async_trait]
impl TelephonyProvider for VoiceTrunk {
    fn capabilities(&self) -> &TelephonyCapabilities {
        &self.capabilities
    }

    async fn place_call(
        &self,
        access: &AccountAccess,
        permit: CallPermit,
        call: &OutboundCall,
    ) -> Result<CallAccepted, ProviderError> {
        let agent = call.agent_number.as_ref();
        let agent = agent.ok_or_else(|| refused("agent_number".to_owned(), RefusalReason::Malformed))?;
        let body = json!({
            "line": access.routing_key, "rings": agent.reveal(), "then": permit.recipient().reveal(),
            "reference": call.id, "most_seconds": call.max_duration.as_secs(),
        });
        let answer = self.ask(access, "calls", body).await?;
        Ok(CallAccepted { request: answer.get("id").and_then(Value::as_str).and_then(CallAlias::parse) })
    }

    async fn check(&self, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
        self.ask(access, "account", json!({ "line": access.routing_key })).await?;
        Ok(AccountHealth { display_number: None, verified_name: None, quality: None })
    }
}

/// A webhook as the trunk posts it: a list of events, here of one.
pub(crate) fn webhook(event: &Value, secret: &str) -> RawWebhook {
    let headers = vec![(HEADER.to_owned(), secret.to_owned())];
    RawWebhook {
        method: WebhookMethod::Post,
        query: String::new(),
        headers,
        body: json!([event]).to_string().into(),
    }
}

impl WebhookDecoder for VoiceTrunk {
    fn verify(&self, raw: RawWebhook, secrets: &WebhookSecrets) -> Result<VerifiedWebhook, WebhookError> {
        let shown: Vec<&str> = raw.header(HEADER).collect();
        // In constant time, so that how long it takes tells nothing of the secret.
        let known = |secret: &secrecy::SecretString| matches!(shown[..], [one] if bool::from(one.as_bytes().ct_eq(secret.expose_secret().as_bytes())));
        let believed = raw.method == WebhookMethod::Post && secrets.app.iter().any(known);
        if believed { Ok(VerifiedWebhook::report(raw, Trust::Signed)) } else { Err(WebhookError::Signature) }
    }

    fn decode(&self, hook: &VerifiedWebhook) -> Vec<Inbound> {
        self.decode_element(hook.body())
    }

    fn decode_element(&self, raw: &Bytes) -> Vec<Inbound> {
        let unknown = |raw| Inbound {
            account: None,
            at: None,
            body: InboundBody::Unknown { what: "not a list of events".to_owned() },
            raw,
        };
        match serde_json::from_slice(raw) {
            Ok(Value::Array(events)) => events.iter().map(read).collect(),
            _ => vec![unknown(raw.clone())],
        }
    }
}

/// One event. What cannot be read is kept whole, and never loses its neighbours.
fn read(event: &Value) -> Inbound {
    let account = event.get("account").and_then(Value::as_str).map(|line| AccountRef(line.to_owned()));
    let body = match report(event) {
        Some(report) => InboundBody::Call(Box::new(report)),
        None => InboundBody::Unknown { what: "event".to_owned() },
    };
    Inbound { account, at: None, body, raw: json!([event]).to_string().into() }
}

/// What an event says of a call. What it does not say stays open.
fn report(event: &Value) -> Option<CallReport> {
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    let at = text("at").and_then(|at| at.parse().ok()).map(ReportTime::At);
    let ended = match text("event")? {
        "ringing" => false,
        "ended" => true,
        _ => return None,
    };
    let mut report = CallReport::new(if ended { CallReportKind::Record } else { CallReportKind::Live });
    report.aliases = vec![CallAlias::parse(text("call")?)?];
    report.own = text("reference").and_then(|own| own.parse().ok());
    report.direction = match text("direction") {
        Some("in") => Some(Direction::Inbound),
        Some("out") => Some(Direction::Outbound),
        _ => None,
    };
    report.customer = text("customer").map(str::to_owned);
    report.leg.role = Some(LegRole::Whole);
    if ended {
        report.leg.ended = at;
        let answered = event.get("answered").and_then(Value::as_bool);
        report.leg.result =
            answered.map(|answered| if answered { LegResult::Answered } else { LegResult::Missed });
        report.leg.talk_seconds =
            event.get("seconds").and_then(Value::as_u64).and_then(|talk| u32::try_from(talk).ok());
    } else {
        report.leg.started = at;
    }
    Some(report)
}
