//! Files that are sent: stored once, uploaded before the message leaves, sent once, and gone when they should be.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use bytes::Bytes;
use chrono::TimeDelta;
use dialzio_core::blob::{BlobError, BlobKey, BlobStore, MemoryBlobs};
use dialzio_core::conversation::{Content, Conversation, DeliveryStatus, Message, NewMessage};
use dialzio_core::media::{FileError, NewFile};
use dialzio_core::memory::MemoryStore;
use dialzio_core::provider::{OutboundContent, Provider, ProviderError, ProviderId, RefusalReason};
use dialzio_core::store::IdempotencyKey;
use dialzio_core::testing::{Calls, Fault, Faulty, Fixtures, Scripted, ScriptedProvider};
use dialzio_core::text::MessageText;
use dialzio_core::{Actor, Crm, Error, ManualClock, OrgId, Store, StoreError};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Blobs that cannot be deleted while `stuck` is set.
#[derive(Debug, Clone, Default)]
struct Blobs {
    kept: MemoryBlobs,
    stuck: Arc<AtomicBool>,
}

#[async_trait::async_trait]
impl BlobStore for Blobs {
    async fn put(&self, key: &BlobKey, body: Bytes) -> Result<(), BlobError> {
        self.kept.put(key, body).await
    }
    async fn get(&self, key: &BlobKey, range: Option<Range<u64>>) -> Result<Bytes, BlobError> {
        self.kept.get(key, range).await
    }
    async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        if self.stuck.load(Ordering::Relaxed) {
            return Err(BlobError::Io(std::io::ErrorKind::TimedOut.into()));
        }
        self.kept.delete(key).await
    }
    async fn keys(&self, org: OrgId, after: Option<&BlobKey>, limit: u32) -> Result<Vec<BlobKey>, BlobError> {
        self.kept.keys(org, after, limit).await
    }
}

struct Shop {
    crm: Crm,
    clock: Arc<ManualClock>,
    store: Arc<Faulty<MemoryStore>>,
    provider: Arc<ScriptedProvider>,
    blobs: Blobs,
    me: Actor,
    org: OrgId,
    talk: Conversation,
}

/// A shop to which a person has just written.
async fn shop() -> Shop {
    let make = Fixtures::default();
    let clock = common::clock();
    let provider = Arc::new(ScriptedProvider::new());
    let blobs = Blobs::default();
    let store = Arc::new(Faulty::new(Arc::new(common::memory(&clock))));
    let crm = common::builder(&clock)
        .shared_store(Arc::clone(&store) as Arc<dyn Store>)
        .blobs(blobs.clone())
        .provider(common::Lent(Arc::clone(&provider)))
        .build()
        .unwrap();
    let me = common::owner(&crm, "Shop").await;
    let app = common::app(&crm, &me).await;
    let account = common::connect(&crm, &me, &app).await;
    let talk = common::talk(&crm, &make, &me, &account).await;
    crm.worker().run_once().await.unwrap();
    Shop { org: me.org(), crm, clock, store, provider, blobs, me, talk }
}

fn pdf() -> NewFile {
    NewFile { bytes: Bytes::from_static(b"%PDF-1.7 two pages"), name: "../quote.pdf".into() }
}

fn words(text: &str) -> Option<MessageText> {
    Some(MessageText::parse(text).unwrap())
}

fn fault() -> Scripted {
    Scripted::Fail(ProviderError::Fault { provider: ProviderId("scripted"), code: "busy".into() })
}

impl Shop {
    async fn send(&self, new: NewMessage) -> Result<dialzio_core::conversation::Sent, Error> {
        self.crm.conversations().send(&self.me, self.talk.id, new).await
    }

    async fn message(&self, message: &Message) -> Message {
        self.crm.conversations().message(&self.me, message.id).await.unwrap()
    }

    async fn kept(&self) -> usize {
        self.blobs.keys(self.org, None, 100).await.unwrap().len()
    }

    /// Works, hour after hour, as long as retries take.
    async fn work(&self) {
        for _ in 0..8 {
            self.crm.worker().run_once().await.unwrap();
            self.clock.advance(TimeDelta::hours(1));
        }
    }
}

#[tokio::test]
async fn a_file_is_sealed_uploaded_and_then_sent_by_its_id() {
    let shop = shop().await;
    let sent = shop.send(NewMessage::file(pdf(), words("As agreed"))).await.unwrap();
    let Content::Media { media, filename, caption, .. } = &sent.message.content else { panic!("no file") };
    assert_eq!((filename.as_deref(), caption.as_ref().unwrap().reveal()), (Some("quote.pdf"), "As agreed"));
    let key = dialzio_core::blob::BlobKey { org: shop.org, media: *media };
    let sealed = shop.blobs.get(&key, None).await.unwrap();
    assert!(!sealed.windows(8).any(|part| part == b"%PDF-1.7"), "the file lies open");
    let report = shop.crm.worker().run_once().await.unwrap();
    assert_eq!((report.uploaded, report.sent), (1, 1));
    let handed = shop.provider.sent();
    assert_eq!(handed.len(), 1);
    let OutboundContent::Media { provider_id, filename, .. } = &handed[0].message.content else {
        panic!("no file")
    };
    assert_eq!(filename.as_deref(), Some("quote.pdf"));
    let messaging = shop.provider.messaging().unwrap();
    let access = dialzio_core::provider::AccountAccess {
        account: handed[0].account,
        routing_key: String::new(),
        business_id: String::new(),
        credentials: [("access_token", "t")].into(),
        base_url: None,
    };
    let there = messaging.fetch_media(&access, provider_id).await.unwrap();
    assert_eq!((there.bytes, there.mime.as_deref()), (pdf().bytes, Some("application/pdf")));
    assert_eq!(shop.message(&sent.message).await.delivery.status, DeliveryStatus::Accepted);
    let opened = shop.crm.media().open(&shop.me, *media).await.unwrap();
    assert_eq!(shop.crm.media().read(&opened, 0..opened.size).await.unwrap(), pdf().bytes);
}

#[tokio::test]
async fn an_upload_that_fails_is_made_again_and_the_message_leaves_once() {
    let shop = shop().await;
    shop.provider.then(fault()).then(fault());
    let sent = shop.send(NewMessage::file(pdf(), None)).await.unwrap();
    shop.crm.worker().run_once().await.unwrap();
    assert_eq!(shop.message(&sent.message).await.delivery.status, DeliveryStatus::Queued);
    // A restart in between finds nothing in doubt: no byte of the message has left.
    assert_eq!(shop.crm.worker().recover().await.unwrap(), 0);
    shop.work().await;
    assert_eq!(shop.provider.sent().len(), 1);
    assert_eq!(shop.message(&sent.message).await.delivery.status, DeliveryStatus::Accepted);
}

#[tokio::test]
async fn a_send_that_fails_after_the_upload_does_not_upload_again() {
    let shop = shop().await;
    shop.provider.then(Scripted::Accept).then(fault());
    shop.send(NewMessage::file(pdf(), None)).await.unwrap();
    let calls = shop.provider.calls();
    shop.work().await;
    assert_eq!(shop.provider.sent().len(), 1);
    assert_eq!(shop.provider.calls() - calls, 3, "one upload, a send that failed, a send");
}

#[tokio::test]
async fn a_file_that_the_provider_refuses_fails_with_its_code() {
    let shop = shop().await;
    shop.provider.then(Scripted::Fail(ProviderError::Refused {
        provider: ProviderId("scripted"),
        code: "131053".into(),
        reason: RefusalReason::Media,
        detail: None,
    }));
    let sent = shop.send(NewMessage::file(pdf(), None)).await.unwrap();
    shop.work().await;
    let delivery = shop.message(&sent.message).await.delivery;
    assert_eq!(delivery.status, DeliveryStatus::Failed);
    assert_eq!(delivery.failure.unwrap().code, "scripted.131053");
    assert!(shop.provider.sent().is_empty());
}

#[tokio::test]
async fn the_same_request_again_stores_and_sends_nothing_again() {
    let shop = shop().await;
    let key = || IdempotencyKey::parse("once").unwrap();
    let first = shop.send(NewMessage::file(pdf(), words("A")).once(key())).await.unwrap();
    let again = shop.send(NewMessage::file(pdf(), words("A")).once(key())).await.unwrap();
    assert!(again.replayed && again.message.id == first.message.id);
    assert_eq!(shop.kept().await, 1);
    let other = NewFile { bytes: Bytes::from_static(b"%PDF-1.7 three pages"), ..pdf() };
    let refused = shop.send(NewMessage::file(other, words("A")).once(key())).await.unwrap_err();
    assert!(matches!(refused, Error::IdempotencyReused), "{refused}");
    shop.work().await;
    assert_eq!(shop.provider.sent().len(), 1);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_anything_is_stored() {
    let shop = shop().await;
    let mut large = b"%PDF-1.7".to_vec();
    large.resize((16 << 20) + 1, b' ');
    let file = |bytes: Vec<u8>, name: &str| NewFile { bytes: bytes.into(), name: name.into() };
    let tries = [
        (NewMessage::file(file(large, "a.pdf"), None), "file.too_large"),
        (NewMessage::file(file(b"MZ\x90\0".to_vec(), "a.pdf"), None), "file.type"),
        (NewMessage::file(file(b"GIF89a".to_vec(), "a.gif"), None), "file.type"),
        (NewMessage::file(file(Vec::new(), "a.txt"), None), "file.empty"),
        (NewMessage::file(file(b"ID3 sound".to_vec(), "a.mp3"), words("Listen")), "file.caption"),
        (NewMessage::file(pdf(), words(&"x".repeat(1_025))), "input.invalid"),
    ];
    for (new, code) in tries {
        let refused = shop.send(new).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
    }
    assert_eq!(shop.kept().await, 0);
    let refused = shop.send(NewMessage::file(file(b"\x89PNG\r\n\x1a\n".to_vec(), "a"), None)).await;
    assert!(refused.is_ok(), "a picture fits");
    let error = Error::from(FileError::Empty);
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_refused_message_keeps_no_file() {
    let shop = shop().await;
    shop.clock.advance(TimeDelta::hours(25));
    let refused = shop.send(NewMessage::file(pdf(), None)).await.unwrap_err();
    assert_eq!(refused.code(), "window.closed");
    assert_eq!(shop.kept().await, 0);
}

#[tokio::test]
async fn bytes_whose_message_was_never_queued_go_after_a_day() {
    let shop = shop().await;
    // The deletion is queued, the bytes are stored, and then the message cannot be queued.
    shop.store.at(Calls::Writes, 2, Fault::Fails(StoreError::Full));
    assert!(shop.send(NewMessage::file(pdf(), None)).await.is_err());
    assert_eq!(shop.kept().await, 1);
    let sent = shop.send(NewMessage::file(pdf(), None)).await.unwrap();
    shop.work().await;
    assert_eq!(shop.kept().await, 2);
    shop.clock.advance(TimeDelta::hours(24));
    shop.work().await;
    let kept = shop.blobs.keys(shop.org, None, 100).await.unwrap();
    assert_eq!(kept.len(), 1, "the file of a message stays");
    assert_eq!(Some(kept[0].media), sent.message.content.media());
}

#[tokio::test]
async fn a_sent_file_goes_with_its_message_when_both_expire() {
    let shop = shop().await;
    let sent = shop.send(NewMessage::file(pdf(), None)).await.unwrap();
    let media = sent.message.content.media().unwrap();
    shop.work().await;
    shop.clock.advance(TimeDelta::days(366));
    assert!(shop.crm.media().open(&shop.me, media).await.is_err(), "it is not found once it has expired");
    shop.work().await;
    assert_eq!(shop.kept().await, 0, "nor are its bytes kept");
}

#[tokio::test]
async fn the_deletion_of_bytes_is_never_given_up() {
    let shop = shop().await;
    let sent = shop.send(NewMessage::file(pdf(), None)).await.unwrap();
    shop.store.at(Calls::Writes, 2, Fault::Fails(StoreError::Full));
    assert!(shop.send(NewMessage::file(pdf(), None)).await.is_err());
    shop.work().await;
    shop.blobs.stuck.store(true, Ordering::Relaxed);
    shop.clock.advance(TimeDelta::hours(24));
    // More failures than any other job is allowed, over a longer time than its row is kept for.
    for _ in 0..40 {
        shop.crm.worker().run_once().await.unwrap();
        shop.clock.advance(TimeDelta::days(3));
    }
    assert_eq!(shop.kept().await, 2);
    shop.blobs.stuck.store(false, Ordering::Relaxed);
    shop.work().await;
    let kept = shop.blobs.keys(shop.org, None, 100).await.unwrap();
    assert_eq!(kept.len(), 1, "bytes without a message are left behind");
    assert_eq!(Some(kept[0].media), sent.message.content.media());
}
