//! What a messaging provider promises. A fixture provides the provider and a server with scripted answers.

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};

use crate::consent::{Channel, SendPermit};
use crate::contact::Address;
use crate::conversation::{ExternalId, MediaKind, TemplateSend};
use crate::id::IdSource;
use crate::phone::PhoneNumber;
use crate::provider::{
    Accepted, AccountAccess, MessagingProvider, OutboundContent, OutboundMessage, ProviderError,
    TemplateSource,
};
use crate::text::MessageText;

use super::said::said;

/// How the provider's server treats the next request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The provider accepts the send and gives an id.
    Accept,
    /// Answers no, for good.
    Refuse,
    /// Asks to slow down.
    SlowDown,
    /// Does not accept the token.
    BadToken,
    /// Reads the request and never answers. A fixture sets the provider's own limit of waiting to something short.
    Silence,
    /// Cannot be reached at all: the connection is refused.
    Unreachable,
}

/// What a provider is tested with.
#[async_trait]
pub trait MessagingFixture: Send + Sync {
    /// The adapter under test, connected to its emulator.
    fn provider(&self) -> &dyn MessagingProvider;
    /// An account with a token; the token has at least eight characters and stands nowhere else.
    fn access(&self) -> AccountAccess;
    /// The token, to be looked for in errors.
    fn token(&self) -> String;
    /// Now, by the clock that the provider uses.
    fn now(&self) -> DateTime<Utc>;
    /// A template that the server knows, with its parameters.
    fn template(&self) -> TemplateSend;
    /// How the next request is treated. Later ones are accepted again.
    async fn answer(&self, answer: Answer);
    /// How many requests have reached the server.
    async fn requests(&self) -> u64;
}

const DIGITS: &str = "447700900777";

fn permit(channel: Channel, now: DateTime<Utc>) -> SendPermit {
    crate::testing::permit_to_answer(Address::Phone(PhoneNumber::from_digits(DIGITS).unwrap()), channel, now)
}

async fn send(fixture: &dyn MessagingFixture, content: OutboundContent) -> Result<Accepted, ProviderError> {
    let id = IdSource::random().next(fixture.now());
    let message = OutboundMessage { id, content, reply_to: None, registration: None };
    let permit = permit(fixture.provider().capabilities().channel, fixture.now());
    fixture.provider().send(&fixture.access(), permit, &message).await
}

fn hello() -> OutboundContent {
    OutboundContent::Text { body: MessageText::parse("hello 🙏").unwrap(), preview_url: false }
}

/// A message that is accepted has an id of the provider, by which delivery reports name it, and took one request.
pub async fn an_accepted_message_has_an_id(fixture: &dyn MessagingFixture) {
    let before = fixture.requests().await;
    let first = send(fixture, hello()).await.unwrap();
    let second = send(fixture, hello()).await.unwrap();
    let gives_ids = first.external.is_some() && second.external.is_some();
    assert!(!gives_ids || first.external != second.external, "two messages have two ids");
    let reports = fixture.provider().capabilities().delivery_reports;
    assert!(gives_ids || !reports, "a report could not name a message without an id");
    assert_eq!(fixture.requests().await, before + 2);
}

/// A request that was never answered has an unknown outcome: it is reported as such, and not repeated.
pub async fn silence_is_ambiguous_and_not_repeated(fixture: &dyn MessagingFixture) {
    let before = fixture.requests().await;
    fixture.answer(Answer::Silence).await;
    let error = send(fixture, hello()).await.unwrap_err();
    assert!(matches!(error, ProviderError::Ambiguous { .. }), "{error}");
    assert!(!error.is_retryable());
    assert_eq!(fixture.requests().await, before + 1, "one request, whatever happened to it");
}

/// Refusals are distinguished by what the caller can do about them, and each costs one request.
pub async fn each_kind_of_no_is_told_apart(fixture: &dyn MessagingFixture) {
    for (answer, retryable) in [
        (Answer::Refuse, false),
        (Answer::SlowDown, true),
        (Answer::BadToken, false),
        (Answer::Unreachable, true),
    ] {
        let before = fixture.requests().await;
        fixture.answer(answer).await;
        let error = send(fixture, hello()).await.unwrap_err();
        let fits = match answer {
            Answer::Refuse => matches!(error, ProviderError::Refused { .. }),
            Answer::SlowDown => matches!(error, ProviderError::Throttled { .. }),
            Answer::BadToken => matches!(error, ProviderError::Credentials { .. }),
            _ => matches!(error, ProviderError::Unreachable { .. }),
        };
        assert!(fits, "{answer:?}: {error}");
        assert_eq!(error.is_retryable(), retryable, "{answer:?}");
        assert!(fixture.requests().await <= before + 1, "{answer:?} is not repeated by the provider itself");
        assert!(send(fixture, hello()).await.is_ok(), "the next one passes");
    }
}

/// Neither the token nor the person's number is in any error, whichever way it is looked at.
pub async fn secrets_are_in_no_error(fixture: &dyn MessagingFixture) {
    let token = fixture.token();
    assert!(token.len() >= 8);
    for answer in [Answer::Refuse, Answer::SlowDown, Answer::BadToken, Answer::Silence, Answer::Unreachable] {
        fixture.answer(answer).await;
        let error = send(fixture, hello()).await.unwrap_err();
        let said = said(&error);
        assert!(!said.contains(&token), "{answer:?} shows the token");
        assert!(!said.contains(DIGITS), "{answer:?} shows the number");
    }
    assert!(!format!("{:?}", fixture.access()).contains(&token));
}

fn small(what: MediaKind) -> (&'static str, &'static str) {
    match what {
        MediaKind::Image => ("image/jpeg", "garden.jpg"),
        MediaKind::Video => ("video/mp4", "garden.mp4"),
        MediaKind::Audio => ("audio/mpeg", "hello.mp3"),
        MediaKind::Voice => ("audio/ogg; codecs=opus", "hello.ogg"),
        MediaKind::Document => ("application/pdf", "quote.pdf"),
        MediaKind::Sticker => ("image/webp", "wave.webp"),
    }
}

fn is_supported(declared: bool, what: &str, done: Result<(), ProviderError>) {
    match done {
        Ok(()) => assert!(declared, "{what} is not declared, and works"),
        Err(ProviderError::Unsupported { .. }) => assert!(!declared, "{what} is declared, and not supported"),
        Err(other) => panic!("{what}: {other}"),
    }
}

/// What the provider says it can do works; what it says it cannot is `Unsupported`, without a request.
pub async fn every_declared_capability_works(fixture: &dyn MessagingFixture) {
    let capabilities = fixture.provider().capabilities().clone();
    let target = send(fixture, hello()).await.unwrap().external;
    let target = target.unwrap_or_else(|| ExternalId::parse("none").unwrap());
    let check = async |capabilities: bool, what: &str, content: OutboundContent| {
        let before = fixture.requests().await;
        match send(fixture, content).await {
            Ok(_) => assert!(capabilities, "{what} is not declared, and works"),
            Err(ProviderError::Unsupported { .. }) => {
                assert!(!capabilities, "{what} is declared, and not supported");
                assert_eq!(fixture.requests().await, before, "{what} is refused without a request");
            }
            Err(other) => panic!("{what}: {other}"),
        }
    };
    let has_templates = capabilities.templates == TemplateSource::Provider;
    check(has_templates, "a template", OutboundContent::Template(fixture.template())).await;
    for emoji in [Some("👍".to_owned()), None] {
        let reaction = OutboundContent::Reaction { target: target.clone(), emoji };
        check(capabilities.reactions, "a reaction", reaction).await;
    }
    for what in MediaKind::ALL {
        let declared = capabilities.media.iter().any(|taken| taken.what == *what);
        let provider_id = if declared {
            let ((mime, name), bytes) = (small(*what), Bytes::from_static(b"small"));
            fixture.provider().upload_media(&fixture.access(), mime, name, bytes).await.unwrap().provider_id
        } else {
            "none".to_owned()
        };
        let (filename, caption) = ((*what == MediaKind::Document).then(|| "quote.pdf".to_owned()), None);
        let media = OutboundContent::Media { what: *what, provider_id, caption, filename };
        check(declared, what.as_str(), media).await;
    }
    let longest = MessageText::parse(&"é".repeat(capabilities.max_text)).unwrap();
    send(fixture, OutboundContent::Text { body: longest, preview_url: true }).await.unwrap();
    let listed = fixture.provider().templates(&fixture.access()).await;
    is_supported(has_templates, "the list of templates", listed.map(drop));
    let (until, from) = (fixture.now(), fixture.now() - TimeDelta::minutes(10));
    let listed = fixture.provider().list_messages(&fixture.access(), from, until, None).await;
    is_supported(capabilities.lists_messages, "the list of messages", listed.map(drop));
    fixture.provider().check(&fixture.access()).await.unwrap();
}
