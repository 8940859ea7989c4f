//! The smaller ports keep their rules too: blobs, keys, and the scripted provider.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use dialzio_core::account::{KeyProvider, LocalKeys};
use dialzio_core::blob::{BlobStore, MemoryBlobs};
use dialzio_core::conversation::TemplateSend;
use dialzio_core::entropy::Entropy;
use dialzio_core::provider::{
    AccountAccess, MessagingProvider, ProviderError, ProviderId, RawWebhook, RefusalReason, WebhookDecoder,
    WebhookSecrets,
};
use dialzio_core::testing::Fixtures;
use dialzio_core::testing::conformance::messaging::{Answer, MessagingFixture};
use dialzio_core::testing::conformance::webhook::WebhookFixture;
use dialzio_core::testing::scripted::{SECRET_HEADER, Scripted, ScriptedProvider};
use serde_json::json;
use std::sync::Arc;

mod memory_blobs {
    use super::{Arc, BlobStore, MemoryBlobs};

    async fn fresh() -> Arc<dyn BlobStore> {
        Arc::new(MemoryBlobs::default())
    }
    dialzio_core::blob_conformance!(fresh);
}

#[cfg(feature = "local-blobs")]
mod local_blobs {
    use super::{Arc, BlobStore};

    async fn fresh() -> Arc<dyn BlobStore> {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
        Arc::new(dialzio_core::blob::LocalBlobs::open(folder).unwrap())
    }
    dialzio_core::blob_conformance!(fresh);
}

async fn local_keys() -> Arc<dyn KeyProvider> {
    Arc::new(LocalKeys::ephemeral(&Entropy::seeded(7)))
}
dialzio_core::key_conformance!(local_keys);

struct Hooks(ScriptedProvider);

impl WebhookFixture for Hooks {
    fn decoder(&self) -> &dyn WebhookDecoder {
        &self.0
    }
    fn secrets(&self) -> WebhookSecrets {
        let app = vec!["first-secret".to_owned().into(), "second-secret".to_owned().into()];
        WebhookSecrets { app, verify_token: Some("verify-me".to_owned().into()) }
    }
    fn signed(&self, body: Bytes, secret: usize) -> RawWebhook {
        ScriptedProvider::signed(["first-secret", "second-secret"][secret], body)
    }
    fn header(&self) -> &str {
        SECRET_HEADER
    }
    fn covers_body(&self) -> bool {
        false
    }
    fn samples(&self) -> Vec<Bytes> {
        let (account, from, at) = ("1000000001", "447700900123", 1_772_443_800);
        let elements = json!({ "elements": [
            { "type": "message", "account": account, "at": at, "id": "m1", "from": from, "name": "Asha", "text": "hi" },
            { "type": "message", "account": account, "at": at, "id": "m2", "from": "GB.77", "media": "9", "mime": "image/png" },
            { "type": "reaction", "account": account, "at": at, "id": "m3", "from": from, "target": "m0", "emoji": "🙏" },
            { "type": "edited", "account": account, "at": at, "id": "m4", "from": from, "target": "m1", "text": "hello" },
            { "type": "revoked", "account": account, "at": at, "id": "m5", "from": from, "target": "m1" },
            { "type": "delivery", "account": account, "at": at, "id": "o1", "status": "failed", "code": "scripted.1" },
            { "type": "preference", "account": account, "at": at, "from": from, "value": "stop" },
            { "type": "identity", "account": account, "at": at, "from": from, "to": "447700900124" },
            { "type": "template", "name": "order_sent", "language": "en", "what": "paused" },
            { "type": "account", "account": account, "what": "review" },
            { "type": "sparkle", "account": account },
            { "type": "message", "account": account },
            7,
        ]});
        vec![
            elements.to_string().into(),
            Bytes::from_static(b"{\"elements\":[{\"type\":\"account\",\"what\":\"x\"}]}"),
        ]
    }
}

fn hooks() -> Hooks {
    Hooks(ScriptedProvider::new())
}
dialzio_core::webhook_conformance!(hooks);

struct Wire(ScriptedProvider);

#[async_trait]
impl MessagingFixture for Wire {
    fn provider(&self) -> &dyn MessagingProvider {
        &self.0
    }
    fn access(&self) -> AccountAccess {
        let ids = dialzio_core::IdSource::seeded(2);
        AccountAccess {
            account: ids.next(self.now()),
            routing_key: "1000000001".to_owned(),
            business_id: "200000001".to_owned(),
            credentials: [("access_token", self.token())].into(),
            base_url: None,
        }
    }
    fn token(&self) -> String {
        "EAAG-canary-token".to_owned()
    }
    fn now(&self) -> DateTime<Utc> {
        Fixtures::morning()
    }
    fn template(&self) -> TemplateSend {
        TemplateSend { name: "order_sent".to_owned(), language: "en".to_owned(), ..TemplateSend::default() }
    }
    async fn answer(&self, answer: Answer) {
        let (provider, code) = (ProviderId("scripted"), "1".to_owned());
        let source = || "the connection".into();
        let error = match answer {
            Answer::Accept => return,
            Answer::Refuse => {
                ProviderError::Refused { provider, code, reason: RefusalReason::Other, detail: None }
            }
            Answer::SlowDown => ProviderError::Throttled { provider, code, retry_after: None },
            Answer::BadToken => ProviderError::Credentials { provider, code, detail: None },
            Answer::Silence => ProviderError::Ambiguous { provider, source: source() },
            Answer::Unreachable => ProviderError::Unreachable { provider, source: source() },
        };
        self.0.then(Scripted::Fail(error));
    }
    async fn requests(&self) -> u64 {
        self.0.calls()
    }
}

async fn wire() -> Wire {
    Wire(ScriptedProvider::new())
}
dialzio_core::messaging_conformance!(wire);
