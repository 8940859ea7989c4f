//! Each ability, carried out by the emulator.

use bytes::Bytes;
use dialzio_core::{
    consent::Channel,
    contact::{Address, BusinessScopedId},
    conversation::{
        ButtonKind, ExternalId, HeaderFormat, HeaderParameter, MediaKind, ParameterFormat, Template,
        TemplateCategory, TemplateStatus,
    },
    provider::{MessagingProvider, OutboundContent, Provider, ProviderError, RefusalReason, Signal},
    text::MessageText,
};
use dialzio_whatsapp::emulator::{CustomerIdentity, CustomerMessage, Failure, Party};
use dialzio_whatsapp::{MetaCloud, MetaConfig};

use crate::{
    fixture::{ASHA, Fixture, NUMBER, TOKEN, asha, text},
    permit,
};

#[tokio::test]
async fn a_text_is_sent_with_our_own_id_and_answers_another() {
    let fixture = Fixture::new().await;
    let hello = fixture.newest().wamid;
    let mut message = permit::message(text("வணக்கம் 🌿"));
    message.reply_to = ExternalId::parse(&hello);
    let accepted = fixture.cloud.send(&fixture.access, crate::fixture::to_asha(), &message).await.unwrap();
    assert_eq!(accepted.recipient.phone.unwrap().digits(), ASHA);
    assert!(accepted.recipient.scoped.is_some() && !accepted.held);
    let shown = fixture.newest();
    assert_eq!(shown.wamid, accepted.external.unwrap().reveal());
    assert_eq!((shown.bubble.text.as_str(), shown.from), ("வணக்கம் 🌿", Party::Business));
    assert_eq!(shown.reply_to, Some(hello));
    assert_eq!(shown.opaque_id, Some(message.id.to_string()));
    assert_eq!(fixture.graph.requests().last().unwrap().version.as_deref(), Some("v25.0"));
}

#[tokio::test]
async fn somebody_without_a_phone_is_reached_by_user_id() {
    let fixture = Fixture::new().await;
    let meena = CustomerIdentity::without_phone("IN.8812", "Meena");
    fixture.graph.customer_sends(NUMBER, &meena, CustomerMessage::text("Hi")).unwrap();
    let address = Address::BusinessScoped(BusinessScopedId::parse("IN.8812").unwrap());
    let permit = permit::permit(address, Channel::WhatsApp);
    let accepted =
        fixture.cloud.send(&fixture.access, permit, &permit::message(text("Hello"))).await.unwrap();
    assert_eq!(accepted.recipient.phone, None);
    assert_eq!(accepted.recipient.scoped.unwrap().reveal(), "IN.8812");
    assert_eq!(fixture.graph.transcript(NUMBER, &meena).len(), 2);
}

#[tokio::test]
async fn a_permit_for_another_channel_sends_nothing() {
    let fixture = Fixture::new().await;
    let address = Address::BusinessScoped(BusinessScopedId::parse("IN.8812").unwrap());
    let permit = permit::permit(address, Channel::Sms);
    let refused =
        fixture.cloud.send(&fixture.access, permit, &permit::message(text("Hello"))).await.unwrap_err();
    assert!(matches!(refused, ProviderError::Unsupported { .. }));
    assert!(fixture.graph.requests().is_empty());
}

#[tokio::test]
async fn a_file_of_each_kind_goes_up_and_out() {
    let fixture = Fixture::new().await;
    let kinds = [
        (MediaKind::Image, "image/png", "image"),
        (MediaKind::Video, "video/mp4", "video"),
        (MediaKind::Audio, "audio/mpeg", "audio"),
        (MediaKind::Voice, "audio/ogg; codecs=opus", "audio"),
        (MediaKind::Document, "application/pdf", "document"),
        (MediaKind::Sticker, "image/webp", "sticker"),
    ];
    for (what, mime, kind) in kinds {
        let bytes = Bytes::from_static(b"content");
        let uploaded =
            fixture.cloud.upload_media(&fixture.access, mime, "order \"7\".bin", bytes).await.unwrap();
        let can_have_caption = matches!(what, MediaKind::Image | MediaKind::Video | MediaKind::Document);
        fixture
            .send(OutboundContent::Media {
                what,
                provider_id: uploaded.provider_id.clone(),
                caption: can_have_caption.then(|| MessageText::parse("See here").unwrap()),
                filename: Some("order.pdf".into()),
            })
            .await
            .unwrap();
        let shown = fixture.newest();
        assert_eq!(shown.bubble.kind, kind);
        assert_eq!(shown.bubble.media.as_ref().unwrap().id.as_ref(), Some(&uploaded.provider_id));
        assert_eq!(shown.raw["audio"]["voice"] == true, what == MediaKind::Voice);
        assert_eq!(shown.bubble.media.unwrap().filename.is_some(), what == MediaKind::Document);
        assert_eq!(fixture.graph.media(&uploaded.provider_id).unwrap(), (mime.to_owned(), "content".into()));
    }
}

#[tokio::test]
async fn text_under_a_sticker_is_unsupported_and_never_asked_for() {
    let fixture = Fixture::new().await;
    let content = OutboundContent::Media {
        what: MediaKind::Sticker,
        provider_id: "1".into(),
        caption: MessageText::parse("Hi").ok(),
        filename: None,
    };
    assert!(matches!(fixture.send(content).await.unwrap_err(), ProviderError::Unsupported { .. }));
    let long = text(&"x".repeat(4097));
    assert!(matches!(fixture.send(long).await.unwrap_err(), ProviderError::Refused { .. }));
    assert!(fixture.graph.requests().is_empty());
}

#[tokio::test]
async fn a_reaction_is_put_and_taken_back() {
    let fixture = Fixture::new().await;
    let target = ExternalId::parse(&fixture.newest().wamid).unwrap();
    fixture
        .send(OutboundContent::Reaction { target: target.clone(), emoji: Some("👍".into()) })
        .await
        .unwrap();
    assert_eq!(fixture.newest().business_reaction.as_deref(), Some("👍"));
    fixture.send(OutboundContent::Reaction { target, emoji: None }).await.unwrap();
    assert_eq!(fixture.newest().business_reaction, None);
}

#[tokio::test]
async fn a_received_file_is_fetched_whole_and_a_lost_one_is_gone() {
    let fixture = Fixture::new().await;
    let bytes = Bytes::from(vec![7; 300_000]);
    let photo = CustomerMessage::image(bytes.clone(), "image/jpeg", None);
    fixture.graph.customer_sends(NUMBER, &asha(), photo).unwrap();
    let id = fixture.newest().bubble.media.unwrap().id.unwrap();
    let fetched = fixture.cloud.fetch_media(&fixture.access, &id).await.unwrap();
    assert_eq!((fetched.bytes, fetched.mime.as_deref()), (bytes, Some("image/jpeg")));
    for lost in ["404", "", "..", "a/b?c"] {
        let error = fixture.cloud.fetch_media(&fixture.access, lost).await.unwrap_err();
        assert!(matches!(error, ProviderError::Refused { .. }), "{lost}: {error:?}");
    }
    let error = fixture.cloud.fetch_media(&fixture.access, "404").await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused { reason: RefusalReason::Media, .. }));
}

#[tokio::test]
async fn a_read_receipt_shows_with_typing() {
    let fixture = Fixture::new().await;
    let message = ExternalId::parse(&fixture.newest().wamid).unwrap();
    fixture.cloud.signal(&fixture.access, &Signal::Read { message, typing: true }).await.unwrap();
    assert!(fixture.newest().read_by_business);
    assert!(fixture.graph.is_typing(NUMBER, &asha()));
}

#[tokio::test]
async fn the_account_is_checked_by_its_token() {
    let fixture = Fixture::new().await;
    let health = fixture.cloud.check(&fixture.access).await.unwrap();
    assert_eq!(health.display_number.as_deref(), Some("+91 44 1234 5678"));
    assert_eq!(health.verified_name.as_deref(), Some("Green Leaf Nursery"));
    assert_eq!(health.quality.as_deref(), Some("GREEN"));
    let mut other = crate::fixture::access(fixture.graph.base_url());
    other.routing_key = "404".into();
    let error = fixture.cloud.check(&other).await.unwrap_err();
    assert!(matches!(error, ProviderError::Refused { reason: RefusalReason::Account, .. }));
    other.credentials = [("access_token", "wrong")].into();
    assert!(matches!(fixture.cloud.check(&other).await.unwrap_err(), ProviderError::Credentials { .. }));
}

fn find<'a>(templates: &'a [Template], name: &str, language: &str) -> &'a Template {
    templates.iter().find(|template| template.name == name && template.language == language).unwrap()
}

#[tokio::test]
async fn templates_are_listed_as_the_domain_knows_them() {
    let fixture = Fixture::new().await;
    let all = fixture.cloud.templates(&fixture.access).await.unwrap();
    assert_eq!(all.len(), 7);
    let order = find(&all, "order_ready", "ta");
    assert_eq!(order.category, TemplateCategory::Utility);
    assert_eq!((order.header, order.format), (Some(HeaderFormat::Text), ParameterFormat::Positional));
    assert_eq!(order.parameters(), ["header", "1", "2", "button 1"]);
    assert_eq!(find(&all, "appointment", "en").format, ParameterFormat::Named);
    assert_eq!(find(&all, "new_season", "en").header, Some(HeaderFormat::Image));
    assert_eq!(find(&all, "come_back", "en").status, TemplateStatus::Paused);
    let code = find(&all, "login_code", "en");
    assert_eq!(code.category, TemplateCategory::Authentication);
    assert_eq!(code.buttons[0].kind, ButtonKind::OneTimePassword);
}

#[tokio::test]
async fn every_approved_template_can_be_filled_and_sent() {
    let fixture = Fixture::new().await;
    let picture = fixture
        .cloud
        .upload_media(&fixture.access, "image/png", "a.png", Bytes::from_static(b"p"))
        .await
        .unwrap();
    for template in fixture.cloud.templates(&fixture.access).await.unwrap() {
        if template.status != TemplateStatus::Approved {
            continue;
        }
        let is_picture = template.header == Some(HeaderFormat::Image);
        let given: Vec<(String, String)> = template
            .parameters()
            .into_iter()
            .map(|name| {
                let value =
                    if name == "header" && is_picture { picture.provider_id.clone() } else { "A17".into() };
                (name, value)
            })
            .collect();
        let send = template.fill(&given).unwrap();
        assert!(!is_picture || matches!(send.header, Some((_, HeaderParameter::MediaId(_)))));
        let reading = template.display_text(&send);
        fixture.send(OutboundContent::Template(send)).await.unwrap();
        let shown = fixture.newest().bubble;
        assert!(reading.contains(&shown.text), "{}: {reading} / {}", template.name, shown.text);
    }
}

#[tokio::test]
async fn a_message_that_is_held_says_so() {
    let fixture = Fixture::new().await;
    fixture.graph.fail_next(Failure::HeldForQuality);
    let all = fixture.cloud.templates(&fixture.access).await.unwrap();
    let send = find(&all, "weekend_offer", "en").fill(&[]).unwrap();
    assert!(fixture.send(OutboundContent::Template(send)).await.unwrap().held);
}

#[tokio::test]
async fn what_is_declared_is_what_there_is() {
    let fixture = Fixture::new().await;
    let capabilities = fixture.cloud.messaging().unwrap().capabilities();
    assert_eq!(capabilities.provider, fixture.cloud.id());
    assert!(
        capabilities.templates == dialzio_core::provider::TemplateSource::Provider && capabilities.reactions
    );
    assert_eq!(capabilities.media.len(), MediaKind::ALL.len());
    let shown = format!("{:?} {:?}", fixture.cloud, fixture.access);
    assert!(!shown.contains(TOKEN));
}

#[tokio::test]
async fn a_proxy_that_the_operator_names_gets_every_request() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let fixture = Fixture::new().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let config = MetaConfig { proxy: Some(proxy.parse().unwrap()), ..MetaConfig::for_emulator() };
    let cloud = MetaCloud::new(config).unwrap();
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = vec![0; 1024];
        let count = stream.read(&mut head).await.unwrap();
        stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&head[..count]).into_owned()
    });
    assert!(cloud.check(&fixture.access).await.is_err());
    let asked = asked.await.unwrap();
    assert!(asked.starts_with(&format!("GET {}v25.0/{NUMBER}", fixture.graph.base_url())), "{asked}");
    assert!(fixture.graph.requests().is_empty());
}
