//! Messages out: content to wire, and what Graph says to it.

use dialzio_core::{
    PhoneNumber,
    consent::{Channel, SendPermit},
    contact::{Address, BusinessScopedId},
    conversation::{ButtonKind, ExternalId, HeaderFormat, HeaderParameter, MediaKind, TemplateSend},
    provider::{
        Accepted, AccountAccess, OutboundContent, OutboundMessage, ProviderError, RefusalReason, Sender,
        Signal,
    },
    text::MessageText,
};
use reqwest::Method;

use crate::{
    client::{GraphClient, Repeat, ambiguous},
    error::{of_our_number, refused, unsupported},
    wire::{
        MetaAccepted, MetaComponent, MetaContent, MetaContext, MetaFile, MetaLanguage, MetaMessage,
        MetaParameter, MetaPlace, MetaReaction, MetaRead, MetaTemplate, MetaText, MetaTyping, PRODUCT,
    },
};

/// Longest text, in characters. Source: Meta, *Text messages*, read 2026-05.
pub(crate) const LONGEST_TEXT: usize = 4096;
/// Longest caption, in characters. Source: Meta, *Image messages*, read 2026-05.
pub(crate) const LONGEST_CAPTION: usize = 1024;

/// Sends one message, once.
#[allow(clippy::needless_pass_by_value, reason = "a permit is spent")]
pub(crate) async fn send(
    client: &GraphClient,
    access: &AccountAccess,
    permit: SendPermit,
    message: &OutboundMessage,
) -> Result<Accepted, ProviderError> {
    if permit.channel() != Channel::WhatsApp {
        return Err(unsupported("another channel than WhatsApp"));
    }
    let content = content(&message.content)?;
    let (to, recipient) = match permit.recipient() {
        Address::Phone(number) => (Some(number.reveal()), None),
        Address::BusinessScoped(id) => (None, Some(id.reveal())),
    };
    let body = MetaMessage {
        messaging_product: PRODUCT,
        recipient_type: "individual",
        to,
        recipient,
        context: message.reply_to.as_ref().map(|id| MetaContext { message_id: id.reveal() }),
        biz_opaque_callback_data: message.id.to_string(),
        content,
    };
    let request = client.request(access, Method::POST, &[&access.routing_key, "messages"])?.json(&body);
    let answer = client.json(request, Repeat::Doubles).await.map_err(of_our_number)?;
    accepted(&answer).ok_or_else(|| ambiguous("accepted without a message id".to_owned()))
}

/// Reads the answer to a send; `None` if no message id can be found in it.
fn accepted(answer: &[u8]) -> Option<Accepted> {
    let answer: MetaAccepted<'_> = serde_json::from_slice(answer).ok()?;
    let message = answer.messages.first()?;
    let external = ExternalId::parse(message.id.text()?)?;
    let recipient = answer.contacts.first().map_or_else(Sender::default, |contact| Sender {
        phone: contact.wa_id.text().and_then(|digits| PhoneNumber::from_digits(digits).ok()),
        scoped: contact.user_id.text().and_then(BusinessScopedId::parse),
        ..Sender::default()
    });
    let held = matches!(message.message_status.text(), Some("held_for_quality_assessment" | "paused"));
    Some(Accepted { external: Some(external), recipient, held })
}

fn content(content: &OutboundContent) -> Result<MetaContent<'_>, ProviderError> {
    Ok(match content {
        OutboundContent::Text { body, preview_url } => {
            within(body.reveal(), LONGEST_TEXT)?;
            MetaContent::Text { text: MetaText { body: body.reveal(), preview_url: *preview_url } }
        }
        OutboundContent::Reaction { target, emoji } => MetaContent::Reaction {
            reaction: MetaReaction {
                message_id: target.reveal(),
                emoji: emoji.as_deref().unwrap_or_default(),
            },
        },
        OutboundContent::Media { what, provider_id, caption, filename } => {
            let file = MetaFile {
                id: Some(provider_id),
                caption: caption.as_ref().map(MessageText::reveal),
                filename: filename.as_deref().filter(|_| *what == MediaKind::Document),
                voice: *what == MediaKind::Voice,
                link: None,
            };
            if let Some(caption) = file.caption {
                within(caption, LONGEST_CAPTION)?;
            }
            match what {
                MediaKind::Image => MetaContent::Image { image: file },
                MediaKind::Video => MetaContent::Video { video: file },
                MediaKind::Document => MetaContent::Document { document: file },
                _ if file.caption.is_some() => return Err(unsupported("text under sound or a sticker")),
                MediaKind::Audio | MediaKind::Voice => MetaContent::Audio { audio: file },
                MediaKind::Sticker => MetaContent::Sticker { sticker: file },
            }
        }
        OutboundContent::Template(template) => MetaContent::Template { template: filled(template)? },
        _ => return Err(unsupported("this kind of content")),
    })
}

fn within(text: &str, most: usize) -> Result<(), ProviderError> {
    if text.chars().count() <= most { Ok(()) } else { Err(refused("too_long", RefusalReason::Malformed)) }
}

/// Only components with variables are sent; a header with a fixed file counts as one.
fn filled(template: &TemplateSend) -> Result<MetaTemplate<'_>, ProviderError> {
    let mut components = Vec::new();
    if let Some((format, parameter)) = &template.header {
        components.push(MetaComponent::Header { parameters: vec![header(*format, parameter)?] });
    }
    if !template.body.is_empty() {
        let parameters = template
            .body
            .iter()
            .map(|(name, text)| MetaParameter::Text { parameter_name: name.as_deref(), text })
            .collect();
        components.push(MetaComponent::Body { parameters });
    }
    for button in &template.buttons {
        let value = button.value.as_str();
        let (sub_type, parameter) = match button.kind {
            ButtonKind::QuickReply => ("quick_reply", MetaParameter::Payload { payload: value }),
            // A one-time code stands in the body and again on its button, which is an address for Graph.
            ButtonKind::Url | ButtonKind::OneTimePassword => {
                ("url", MetaParameter::Text { parameter_name: None, text: value })
            }
            ButtonKind::CopyCode => ("copy_code", MetaParameter::CouponCode { coupon_code: value }),
            ButtonKind::PhoneNumber | ButtonKind::Other => {
                return Err(unsupported("a parameter for this kind of button"));
            }
        };
        let index = button.index.to_string();
        components.push(MetaComponent::Button { sub_type, index, parameters: vec![parameter] });
    }
    let language = MetaLanguage { code: &template.language };
    Ok(MetaTemplate { name: &template.name, language, components })
}

fn header(format: HeaderFormat, parameter: &HeaderParameter) -> Result<MetaParameter<'_>, ProviderError> {
    let file = match parameter {
        HeaderParameter::Text(text) if format == HeaderFormat::Text => {
            return Ok(MetaParameter::Text { parameter_name: None, text });
        }
        HeaderParameter::Location { latitude, longitude, name, address }
            if format == HeaderFormat::Location =>
        {
            let location = MetaPlace { latitude: *latitude, longitude: *longitude, name, address };
            return Ok(MetaParameter::Location { location });
        }
        HeaderParameter::MediaId(id) => MetaFile { id: Some(id), ..MetaFile::default() },
        HeaderParameter::Link(link) => MetaFile { link: Some(link), ..MetaFile::default() },
        _ => return Err(refused("header", RefusalReason::Template)),
    };
    match format {
        HeaderFormat::Image => Ok(MetaParameter::Image { image: file }),
        HeaderFormat::Video => Ok(MetaParameter::Video { video: file }),
        HeaderFormat::Document => Ok(MetaParameter::Document { document: file }),
        HeaderFormat::Text | HeaderFormat::Location => Err(refused("header", RefusalReason::Template)),
    }
}

/// Passes a hint to the person's device.
pub(crate) async fn signal(
    client: &GraphClient,
    access: &AccountAccess,
    signal: &Signal,
) -> Result<(), ProviderError> {
    let Signal::Read { message, typing } = signal else { return Err(unsupported("this signal")) };
    let body = MetaRead {
        messaging_product: PRODUCT,
        status: "read",
        message_id: message.reveal(),
        typing_indicator: typing.then_some(MetaTyping { kind: "text" }),
    };
    let request = client.request(access, Method::POST, &[&access.routing_key, "messages"])?.json(&body);
    client.json(request, Repeat::Harmless).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_and_without_ids_of_the_person() {
        let full = r#"{"contacts":[{"input":"x","wa_id":919876500001,"user_id":"IN.1"}],
            "messages":[{"id":"wamid.A","message_status":"held_for_quality_assessment"}]}"#;
        let read = accepted(full.as_bytes()).unwrap();
        assert_eq!(read.recipient.phone.unwrap().digits(), "919876500001");
        assert_eq!(read.recipient.scoped.unwrap().reveal(), "IN.1");
        assert!(read.held);
        let bare = accepted(br#"{"messages":[{"id":"wamid.A"}]}"#).unwrap();
        assert_eq!(bare.recipient, Sender::default());
        assert!(!bare.held);
        for nothing in ["{}", r#"{"messages":[]}"#, r#"{"messages":[{"id":""}]}"#, "<html>"] {
            assert!(accepted(nothing.as_bytes()).is_none(), "{nothing}");
        }
    }

    #[test]
    fn limits_are_kept_before_the_wire() {
        assert!(within(&"é".repeat(LONGEST_TEXT), LONGEST_TEXT).is_ok());
        assert!(within(&"é".repeat(LONGEST_TEXT + 1), LONGEST_TEXT).is_err());
    }
}
