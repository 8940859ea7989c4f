//! A provider of one's own: an SMS gateway with senders such as `+15551230000` and `AD-ASHAMO`. It sends over the gateway's
//! HTTP API and reads its webhooks. The last lines are the proof that it keeps the promises of its ports and works in the
//! whole CRM: `cargo test -p dialzio-examples --example own_provider`.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use dialzio_core::PhoneNumber;
use dialzio_core::consent::{Channel, SendPermit};
use dialzio_core::contact::Address;
use dialzio_core::conversation::{Content, DeliveryStatus, ExternalId, MessageContext, Template};
use dialzio_core::provider::{
    Accepted, AccountAccess, AccountHealth, AccountRef, ConnectionForm, DeliveryUpdate, FetchedMedia,
    FieldFormat, FormField, Inbound, InboundBody, InboundContent, InboundMessage, MessageCursor, MessagePage,
    MessagingCapabilities, MessagingProvider, OutboundContent, OutboundMessage, Provider, ProviderError,
    ProviderId, RawWebhook, RefusalReason, Sender, Signal, TemplateSource, Trust, UploadedMedia,
    VerifiedWebhook, WebhookDecoder, WebhookError, WebhookMethod, WebhookSecrets,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;
use subtle::ConstantTimeEq;
use url::Url;

const GATEWAY: ProviderId = ProviderId("sms_gateway");
/// The header of a webhook that holds the shared secret.
const HEADER: &str = "x-gateway-secret";

/// What an account consists of: a sender, a key, and the secret of the webhooks.
static FORM: ConnectionForm = ConnectionForm {
    app_secret: Some(field("webhook_secret", "Webhook secret", true, FieldFormat::Token)),
    verify_token: None,
    routing_key: field("sender", "Sender", false, FieldFormat::Id),
    business_id: None,
    portfolio: None,
    credentials: &[field("api_key", "API key", true, FieldFormat::Token)],
};

const fn field(name: &'static str, label: &'static str, secret: bool, format: FieldFormat) -> FormField {
    FormField { name, label, hint: "On the gateway's account page.", secret, required: true, format }
}

/// Text messages over the gateway's API.
#[derive(Debug)]
struct SmsGateway {
    client: reqwest::Client,
    api: Url,
    capabilities: MessagingCapabilities,
}

impl SmsGateway {
    /// Over the API at this address. A request that has no answer after `patience` has an unknown outcome.
    fn new(api: Url, patience: Duration) -> Result<Self, reqwest::Error> {
        let capabilities = MessagingCapabilities {
            provider: GATEWAY,
            channel: Channel::Sms,
            // A gateway takes text at any time; what may be sent is for the consent gate to say.
            reply_window: None,
            max_text: 1_600,
            max_caption: 0,
            templates: TemplateSource::None,
            reactions: false,
            media: Vec::new(),
            rate_per_second: 20,
            delivery_reports: true,
            lists_messages: false,
        };
        let client = reqwest::Client::builder()
            .timeout(patience)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { client, api, capabilities })
    }

    async fn call(&self, access: &AccountAccess, path: &str, body: Value) -> Result<Value, ProviderError> {
        let address = self.api.join(path).map_err(|error| unreachable(Box::new(error)))?;
        let request = self
            .client
            .post(address)
            .bearer_auth(access.credential(GATEWAY, "api_key")?.expose_secret())
            .json(&body);
        // Before a connection nothing was sent; after it the outcome is not known.
        let answer = request.send().await.map_err(|error| {
            if error.is_connect() { unreachable(Box::new(error)) } else { unknown_outcome(Box::new(error)) }
        })?;
        let status = answer.status();
        let code = status.as_u16().to_string();
        match status.as_u16() {
            200..=299 => answer.json().await.map_err(|error| unknown_outcome(Box::new(error))),
            401 | 403 => Err(ProviderError::Credentials { provider: GATEWAY, code, detail: None }),
            429 => Err(ProviderError::Throttled { provider: GATEWAY, code, retry_after: None }),
            500..=599 => Err(ProviderError::Fault { provider: GATEWAY, code }),
            _ => Err(ProviderError::Refused {
                provider: GATEWAY,
                code,
                reason: RefusalReason::Other,
                detail: None,
            }),
        }
    }
}

fn unreachable(source: Box<dyn std::error::Error + Send + Sync>) -> ProviderError {
    ProviderError::Unreachable { provider: GATEWAY, source }
}

fn unknown_outcome(source: Box<dyn std::error::Error + Send + Sync>) -> ProviderError {
    ProviderError::Ambiguous { provider: GATEWAY, source }
}

const fn cannot(what: &'static str) -> ProviderError {
    ProviderError::Unsupported { provider: GATEWAY, what }
}

impl Provider for SmsGateway {
    fn id(&self) -> ProviderId {
        GATEWAY
    }
    fn messaging(&self) -> Option<&dyn MessagingProvider> {
        Some(self)
    }
    fn telephony(&self) -> Option<&dyn dialzio_core::provider::TelephonyProvider> {
        None
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
impl MessagingProvider for SmsGateway {
    fn capabilities(&self) -> &MessagingCapabilities {
        &self.capabilities
    }

    async fn send(
        &self,
        access: &AccountAccess,
        permit: SendPermit,
        message: &OutboundMessage,
    ) -> Result<Accepted, ProviderError> {
        let OutboundContent::Text { body, .. } = &message.content else { return Err(cannot("files")) };
        let Address::Phone(to) = permit.recipient().clone() else { return Err(cannot("this address")) };
        let text = json!({
            "from": access.routing_key, "to": to.reveal(), "text": body.reveal(), "reference": message.id,
        });
        let answer = self.call(access, "messages", text).await?;
        let external = answer.get("id").and_then(Value::as_str).and_then(ExternalId::parse);
        let external = external.ok_or_else(|| unknown_outcome("an answer without an id".into()))?;
        let recipient = Sender { phone: Some(to), ..Sender::default() };
        Ok(Accepted { external: Some(external), recipient, held: false })
    }

    async fn signal(&self, _: &AccountAccess, _: &Signal) -> Result<(), ProviderError> {
        Err(cannot("read receipts"))
    }

    async fn fetch_media(&self, _: &AccountAccess, _: &str) -> Result<FetchedMedia, ProviderError> {
        Err(cannot("files"))
    }

    async fn upload_media(
        &self,
        _: &AccountAccess,
        _: &str,
        _: &str,
        _: Bytes,
    ) -> Result<UploadedMedia, ProviderError> {
        Err(cannot("files"))
    }

    async fn templates(&self, _: &AccountAccess) -> Result<Vec<Template>, ProviderError> {
        Err(cannot("templates"))
    }

    async fn list_messages(
        &self,
        _: &AccountAccess,
        _: DateTime<Utc>,
        _: DateTime<Utc>,
        _: Option<MessageCursor>,
    ) -> Result<MessagePage, ProviderError> {
        Err(cannot("listing messages"))
    }

    async fn check(&self, access: &AccountAccess) -> Result<AccountHealth, ProviderError> {
        self.call(access, "senders/check", json!({ "sender": access.routing_key })).await?;
        let display_number = Some(access.routing_key.clone());
        Ok(AccountHealth { display_number, verified_name: None, quality: None })
    }
}

impl WebhookDecoder for SmsGateway {
    fn verify(&self, raw: RawWebhook, secrets: &WebhookSecrets) -> Result<VerifiedWebhook, WebhookError> {
        if raw.method == WebhookMethod::Get {
            return Err(WebhookError::Subscription);
        }
        let shown: Vec<&str> = raw.header(HEADER).collect();
        // In constant time, so that how long it takes tells nothing of the secret.
        let known = |secret: &secrecy::SecretString| matches!(shown[..], [one] if bool::from(one.as_bytes().ct_eq(secret.expose_secret().as_bytes())));
        let believed = secrets.app.iter().any(known);
        if believed { Ok(VerifiedWebhook::report(raw, Trust::Signed)) } else { Err(WebhookError::Signature) }
    }

    fn decode(&self, hook: &VerifiedWebhook) -> Vec<Inbound> {
        self.decode_element(hook.body())
    }

    fn decode_element(&self, raw: &Bytes) -> Vec<Inbound> {
        let Ok(Value::Array(events)) = serde_json::from_slice(raw) else {
            return vec![unknown(None, "not a list of events", raw.clone())];
        };
        events.iter().map(read).collect()
    }
}

fn unknown(account: Option<AccountRef>, what: &str, raw: Bytes) -> Inbound {
    Inbound { account, at: None, body: InboundBody::Unknown { what: what.to_owned() }, raw }
}

/// One event. What cannot be read is kept whole, and never loses its neighbours.
fn read(event: &Value) -> Inbound {
    let raw: Bytes = json!([event]).to_string().into();
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    let account = text("sender").map(|name| AccountRef(name.to_owned()));
    let person =
        || Some(Sender { phone: Some(PhoneNumber::parse(text("from")?).ok()?), ..Sender::default() });
    let body = || match text("event")? {
        "received" => Some(InboundBody::Message(Box::new(InboundMessage {
            external: ExternalId::parse(text("id")?)?,
            sender: person()?,
            content: InboundContent::Ready(Content::text(text("text")?).ok()?),
            reply_to: None,
            context: MessageContext::default(),
            beside: None,
        }))),
        "delivered" => Some(InboundBody::Delivery(Box::new(DeliveryUpdate {
            external: ExternalId::parse(text("id")?)?,
            own: None,
            status: DeliveryStatus::Delivered,
            failure: None,
            marketing_stopped: false,
            recipient: Sender::default(),
        }))),
        _ => None,
    };
    let at = text("at").and_then(|at| at.parse::<DateTime<Utc>>().ok());
    match body() {
        Some(body) => Inbound { account, at, body, raw },
        None => unknown(account, "event", raw),
    }
}

fn sample() -> Bytes {
    let good = json!({"event": "received", "sender": "+15551230000", "id": "A-1", "from": "+919840012345", "at": "2026-03-02T10:00:00Z", "text": "Hello"});
    json!([good, {"event": "torn", "sender": "+15551230000"}]).to_string().into()
}

/// The application chooses its TLS provider, once.
fn choose_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    choose_tls();
    let gateway = SmsGateway::new("https://gateway.example/v1/".parse()?, Duration::from_secs(10))?;
    println!("sends by {}", gateway.capabilities.channel);
    for element in gateway.decode_element(&sample()) {
        println!("{} for {:?}", element.body.kind(), element.account.map(|account| account.0));
    }
    Ok(())
}

#[cfg(test)]
mod proof {
    use super::*;
    use dialzio_core::testing::conformance::provider_in_crm::CrmFixture;
    use dialzio_core::testing::conformance::webhook::WebhookFixture;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use wiremock::matchers::{method, path};
    use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

    /// The gateway's side: takes messages, and may keep one answer to itself.
    #[derive(Clone, Default)]
    struct Takes(Arc<(AtomicUsize, AtomicBool)>);

    impl Respond for Takes {
        fn respond(&self, _: &Request) -> ResponseTemplate {
            let (count, silent) = &*self.0;
            let id = count.fetch_add(1, Ordering::Relaxed);
            let answer = ResponseTemplate::new(201).set_body_json(json!({ "id": format!("out.{id}") }));
            if silent.swap(false, Ordering::Relaxed) {
                answer.set_delay(Duration::from_secs(30))
            } else {
                answer
            }
        }
    }

    struct Fixture {
        server: MockServer,
        takes: Takes,
        gateway: Arc<SmsGateway>,
    }

    fn post(body: Bytes, secret: &str) -> RawWebhook {
        let headers = vec![(HEADER.to_owned(), secret.to_owned())];
        RawWebhook { method: WebhookMethod::Post, query: String::new(), headers, body }
    }

    #[async_trait]
    impl CrmFixture for Fixture {
        fn provider(&self) -> Arc<dyn Provider> {
            Arc::clone(&self.gateway) as _
        }
        fn senders(&self) -> Vec<String> {
            vec!["+15551230000".to_owned(), "AD-ASHAMO".to_owned()]
        }
        fn secret(&self) -> String {
            "shared-secret".to_owned()
        }
        fn wrote(
            &self,
            sender: &str,
            id: &str,
            from: &PhoneNumber,
            text: &str,
            at: DateTime<Utc>,
        ) -> RawWebhook {
            let event = json!({"event": "received", "sender": sender, "id": id, "from": from.reveal(), "text": text, "at": at});
            post(json!([event]).to_string().into(), "shared-secret")
        }
        fn delivered(&self, sender: &str, message: &ExternalId, at: DateTime<Utc>) -> RawWebhook {
            let event = json!({"event": "delivered", "sender": sender, "id": message.reveal(), "at": at});
            post(json!([event]).to_string().into(), "shared-secret")
        }
        async fn lose_next_answer(&self) {
            self.takes.0.1.store(true, Ordering::Relaxed);
        }
        async fn taken(&self) -> Vec<(String, String, String)> {
            let requests = self.server.received_requests().await.unwrap_or_default();
            let sent = requests.iter().filter(|request| request.url.path() == "/messages");
            let text = |body: &Value, name: &str| body[name].as_str().unwrap_or_default().to_owned();
            let read = |request: &Request| request.body_json::<Value>().unwrap_or_default();
            sent.map(read).map(|body| (text(&body, "from"), text(&body, "to"), text(&body, "text"))).collect()
        }
    }

    async fn fixture() -> Fixture {
        choose_tls();
        let (server, takes) = (MockServer::start().await, Takes::default());
        Mock::given(method("POST")).and(path("/messages")).respond_with(takes.clone()).mount(&server).await;
        let checked = ResponseTemplate::new(200).set_body_json(json!({}));
        Mock::given(method("POST")).and(path("/senders/check")).respond_with(checked).mount(&server).await;
        let api = format!("{}/", server.uri()).parse().expect("an address");
        let gateway = SmsGateway::new(api, Duration::from_millis(300)).expect("a client");
        Fixture { server, takes, gateway: Arc::new(gateway) }
    }

    dialzio_core::provider_in_crm_conformance!(fixture);

    struct Hooks(SmsGateway);

    impl WebhookFixture for Hooks {
        fn decoder(&self) -> &dyn WebhookDecoder {
            &self.0
        }
        fn secrets(&self) -> WebhookSecrets {
            WebhookSecrets { app: vec!["new-secret".into(), "old-secret".into()], verify_token: None }
        }
        fn signed(&self, body: Bytes, secret: usize) -> RawWebhook {
            let secrets = self.secrets();
            post(body, secrets.app[secret].expose_secret())
        }
        fn header(&self) -> &str {
            HEADER
        }
        fn covers_body(&self) -> bool {
            false
        }
        fn samples(&self) -> Vec<Bytes> {
            vec![sample()]
        }
    }

    fn hooks() -> Hooks {
        choose_tls();
        let api = "https://gateway.example/v1/".parse().expect("an address");
        Hooks(SmsGateway::new(api, Duration::from_secs(1)).expect("a client"))
    }

    dialzio_core::webhook_conformance!(hooks);
}
