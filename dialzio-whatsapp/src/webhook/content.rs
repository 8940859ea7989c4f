//! What a message holds. Anything that cannot be read completely stays whole as `Unsupported`.

use dialzio_core::{
    conversation::{ChoiceKind, ContactCard, Content, MediaKind, OrderItem},
    provider::{InboundContent, InboundMedia},
    text::MessageText,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::message::{MetaInbound, part};
use crate::{digest, scalar::Scalar};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Text<'a> {
    #[serde(borrow)]
    body: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow)]
    mime_type: Scalar<'a>,
    #[serde(borrow)]
    sha256: Scalar<'a>,
    #[serde(borrow)]
    caption: Scalar<'a>,
    #[serde(borrow)]
    filename: Scalar<'a>,
    #[serde(borrow)]
    voice: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    latitude: Scalar<'a>,
    #[serde(borrow)]
    longitude: Scalar<'a>,
    #[serde(borrow)]
    name: Scalar<'a>,
    #[serde(borrow)]
    address: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Card<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    phones: Option<&'a RawValue>,
    #[serde(borrow)]
    emails: Option<&'a RawValue>,
    #[serde(borrow)]
    origin: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CardName<'a> {
    #[serde(borrow)]
    formatted_name: Scalar<'a>,
}

/// A line of a card: a phone or an address.
#[derive(Default, Deserialize)]
#[serde(default)]
struct CardLine<'a> {
    #[serde(borrow)]
    phone: Scalar<'a>,
    #[serde(borrow)]
    wa_id: Scalar<'a>,
    #[serde(borrow)]
    email: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Interactive<'a> {
    #[serde(borrow, rename = "type")]
    kind: Scalar<'a>,
    #[serde(borrow)]
    button_reply: Option<&'a RawValue>,
    #[serde(borrow)]
    list_reply: Option<&'a RawValue>,
    #[serde(borrow)]
    nfm_reply: Option<&'a RawValue>,
    #[serde(borrow)]
    call_permission_reply: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reply<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow)]
    title: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FormReply<'a> {
    #[serde(borrow)]
    name: Scalar<'a>,
    #[serde(borrow)]
    response_json: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct CallPermission<'a> {
    #[serde(borrow)]
    response: Scalar<'a>,
    #[serde(borrow)]
    is_permanent: Scalar<'a>,
    #[serde(borrow)]
    expiration_timestamp: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Button<'a> {
    #[serde(borrow)]
    payload: Scalar<'a>,
    #[serde(borrow)]
    text: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Order<'a> {
    #[serde(borrow)]
    catalog_id: Scalar<'a>,
    #[serde(borrow)]
    text: Scalar<'a>,
    #[serde(borrow)]
    product_items: Vec<Item<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item<'a> {
    #[serde(borrow)]
    product_retailer_id: Scalar<'a>,
    #[serde(borrow)]
    quantity: Scalar<'a>,
    #[serde(borrow)]
    item_price: Scalar<'a>,
    #[serde(borrow)]
    currency: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Unsupported<'a> {
    #[serde(borrow, rename = "type")]
    kind: Scalar<'a>,
}

/// What a message holds.
pub(super) fn read(message: &MetaInbound<'_>, raw: &str) -> InboundContent {
    let kind = message.kind.filled().unwrap_or("untyped");
    let (what, content) = match kind {
        "text" => (None, text(message.text)),
        "image" => (None, file(MediaKind::Image, message.image)),
        "video" => (None, file(MediaKind::Video, message.video)),
        "audio" => (None, file(MediaKind::Audio, message.audio)),
        "document" => (None, file(MediaKind::Document, message.document)),
        "sticker" => (None, file(MediaKind::Sticker, message.sticker)),
        "location" => (None, location(message.location)),
        "contacts" => (None, cards(message.contacts, &message.origin)),
        "button" => (None, button(message.button)),
        "order" => (None, order(message.order)),
        "request_welcome" => (None, Some(InboundContent::Ready(Content::Welcome))),
        "interactive" => {
            let interactive: Option<Interactive<'_>> = part(message.interactive);
            let what = interactive
                .as_ref()
                .and_then(|it| it.kind.filled())
                .map(|kind| format!("interactive.{kind}"));
            (what, interactive.and_then(|interactive| choice(&interactive)))
        }
        "unsupported" => {
            let named: Option<Unsupported<'_>> = part(message.unsupported);
            (named.and_then(|named| named.kind.owned()), None)
        }
        _ => (None, None),
    };
    content.unwrap_or_else(|| {
        let what = what.unwrap_or_else(|| kind.to_owned());
        InboundContent::Ready(Content::Unsupported { what, raw: raw.to_owned() })
    })
}

fn text(raw: Option<&RawValue>) -> Option<InboundContent> {
    let text: Text<'_> = part(raw)?;
    let body = MessageText::received(text.body.text()?)?;
    Some(InboundContent::Ready(Content::Text { body }))
}

fn file(what: MediaKind, raw: Option<&RawValue>) -> Option<InboundContent> {
    let file: File<'_> = part(raw)?;
    let is_voice = what == MediaKind::Audio && file.voice.is_true();
    Some(InboundContent::Media(InboundMedia {
        what: if is_voice { MediaKind::Voice } else { what },
        provider_id: file.id.owned()?,
        mime: file.mime_type.owned(),
        sha256: file.sha256.text().and_then(digest::sha256),
        caption: file.caption.text().and_then(MessageText::received),
        filename: file.filename.owned(),
    }))
}

fn location(raw: Option<&RawValue>) -> Option<InboundContent> {
    let place: Location<'_> = part(raw)?;
    let latitude = place.latitude.number().filter(|degrees| degrees.abs() <= 90.0)?;
    let longitude = place.longitude.number().filter(|degrees| degrees.abs() <= 180.0)?;
    let (name, address) = (place.name.owned(), place.address.owned());
    Some(InboundContent::Ready(Content::Location { latitude, longitude, name, address }))
}

/// Cards; each line of a card that can be read is kept.
fn cards(raw: Option<&RawValue>, origin: &Scalar<'_>) -> Option<InboundContent> {
    let cards: Vec<Card<'_>> = part(raw)?;
    let card = |card: &Card<'_>| {
        let lines = |raw| part::<Vec<CardLine<'_>>>(raw).unwrap_or_default();
        ContactCard {
            name: part::<CardName<'_>>(card.name).and_then(|name| name.formatted_name.owned()),
            phones: lines(card.phones)
                .iter()
                .filter_map(|line| line.phone.owned().or_else(|| line.wa_id.owned()))
                .collect(),
            emails: lines(card.emails).iter().filter_map(|line| line.email.owned()).collect(),
            own: [card.origin.text(), origin.text()].contains(&Some("contact_request")),
        }
    };
    let cards: Vec<ContactCard> = cards.iter().map(card).collect();
    (!cards.is_empty()).then_some(InboundContent::Ready(Content::Contacts { cards }))
}

fn button(raw: Option<&RawValue>) -> Option<InboundContent> {
    let button: Button<'_> = part(raw)?;
    let id = button.payload.filled().or(button.text.filled())?;
    chosen(ChoiceKind::TemplateButton, id, button.text.filled().unwrap_or(id))
}

fn choice(interactive: &Interactive<'_>) -> Option<InboundContent> {
    match interactive.kind.text()? {
        "button_reply" => reply(ChoiceKind::Button, interactive.button_reply),
        "list_reply" => reply(ChoiceKind::ListRow, interactive.list_reply),
        "nfm_reply" => {
            let form: FormReply<'_> = part(interactive.nfm_reply)?;
            let response = form.response_json?;
            // JSON inside text, as documented, or JSON itself.
            let response =
                serde_json::from_str::<String>(response.get()).unwrap_or_else(|_| response.get().to_owned());
            let name = form.name.owned().unwrap_or_else(|| "flow".to_owned());
            Some(InboundContent::Ready(Content::Form { name, response }))
        }
        "call_permission_reply" => {
            let permission: CallPermission<'_> = part(interactive.call_permission_reply)?;
            let accepted = match permission.response.text()? {
                "accept" => true,
                "reject" => false,
                _ => return None,
            };
            let is_lasting = !accepted || permission.is_permanent.is_true();
            let expires_at = permission.expiration_timestamp.integer().filter(|_| !is_lasting);
            Some(InboundContent::Ready(Content::CallPermission { accepted, expires_at }))
        }
        _ => None,
    }
}

fn reply(what: ChoiceKind, raw: Option<&RawValue>) -> Option<InboundContent> {
    let reply: Reply<'_> = part(raw)?;
    let id = reply.id.filled()?;
    chosen(what, id, reply.title.filled().unwrap_or(id))
}

fn chosen(what: ChoiceKind, id: &str, title: &str) -> Option<InboundContent> {
    let title = MessageText::received(title)?;
    Some(InboundContent::Ready(Content::Choice { what, id: id.to_owned(), title }))
}

fn order(raw: Option<&RawValue>) -> Option<InboundContent> {
    let order: Order<'_> = part(raw)?;
    let item = |item: &Item<'_>| {
        Some(OrderItem {
            product: item.product_retailer_id.owned()?,
            quantity: item.quantity.number()?,
            price: item.item_price.number()?,
            currency: item.currency.owned()?,
        })
    };
    let items: Option<Vec<OrderItem>> = order.product_items.iter().map(item).collect();
    Some(InboundContent::Ready(Content::Order {
        catalog: order.catalog_id.owned()?,
        text: order.text.text().and_then(MessageText::received),
        items: items?,
    }))
}
