//! What a message holds. A value that cannot be read costs itself alone; what cannot be shown at all stays whole
//! as `Unsupported`.

use dialzio_core::{
    conversation::{ChoiceKind, ContactCard, Content, MediaKind, OrderItem},
    provider::{InboundContent, InboundMedia},
    text::MessageText,
};
use serde_json::value::RawValue;

use super::{card, inbound::MetaInbound};
use crate::{
    digest,
    object::{Beside, object, part},
    scalar::Scalar,
};

object! {
    struct Text<'a> {
        body: Scalar<'a> = "body",
    }
}

object! {
    struct File<'a> {
        id: Scalar<'a> = "id",
        link: Scalar<'a> = "link",
        mime_type: Scalar<'a> = "mime_type",
        sha256: Scalar<'a> = "sha256",
        caption: Scalar<'a> = "caption",
        filename: Scalar<'a> = "filename",
        voice: Scalar<'a> = "voice",
    }
    // An address that works for five minutes with our token: the file is fetched by its id.
    dropped: "url";
}

object! {
    struct Location<'a> {
        latitude: Scalar<'a> = "latitude",
        longitude: Scalar<'a> = "longitude",
        name: Scalar<'a> = "name",
        address: Scalar<'a> = "address",
        url: Scalar<'a> = "url",
    }
}

object! {
    struct Interactive<'a> {
        kind: Scalar<'a> = "type",
        button_reply: Option<&'a RawValue> = "button_reply",
        list_reply: Option<&'a RawValue> = "list_reply",
        nfm_reply: Option<&'a RawValue> = "nfm_reply",
        call_permission_reply: Option<&'a RawValue> = "call_permission_reply",
    }
}

object! {
    struct Reply<'a> {
        id: Scalar<'a> = "id",
        title: Scalar<'a> = "title",
        description: Scalar<'a> = "description",
    }
}

object! {
    struct FormReply<'a> {
        name: Scalar<'a> = "name",
        response_json: Option<&'a RawValue> = "response_json",
    }
}

object! {
    struct CallPermission<'a> {
        response: Scalar<'a> = "response",
        is_permanent: Scalar<'a> = "is_permanent",
        expiration_timestamp: Scalar<'a> = "expiration_timestamp",
    }
}

object! {
    struct Button<'a> {
        payload: Scalar<'a> = "payload",
        text: Scalar<'a> = "text",
    }
}

object! {
    struct Order<'a> {
        catalog_id: Scalar<'a> = "catalog_id",
        text: Scalar<'a> = "text",
        product_items: Vec<&'a RawValue> = "product_items",
    }
}

object! {
    struct Item<'a> {
        product_retailer_id: Scalar<'a> = "product_retailer_id",
        quantity: Scalar<'a> = "quantity",
        item_price: Scalar<'a> = "item_price",
        currency: Scalar<'a> = "currency",
    }
}

/// How long a permission to call holds that is not for good, in seconds: seven days. Source: Meta, "Obtain user call permissions".
const TEMPORARY: i64 = 7 * 24 * 3_600;

/// What a message says of itself that it cannot be.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Unsupported<'a> {
    #[serde(borrow, rename = "type")]
    kind: Scalar<'a>,
}

/// What a message holds. What it holds besides goes to `beside`, unless it stays whole.
pub(super) fn read(message: &MetaInbound<'_>, raw: &str, beside: &mut Beside) -> InboundContent {
    let kind = message.what().unwrap_or("untyped");
    let (what, content) = match kind {
        "text" => (None, text(message.text, beside)),
        "image" => (None, file(MediaKind::Image, kind, message.image, beside)),
        "video" => (None, file(MediaKind::Video, kind, message.video, beside)),
        "audio" => (None, file(MediaKind::Audio, kind, message.audio, beside)),
        "document" => (None, file(MediaKind::Document, kind, message.document, beside)),
        "sticker" => (None, file(MediaKind::Sticker, kind, message.sticker, beside)),
        "location" => (None, location(message.location, beside)),
        "contacts" => (None, cards(message.contacts, &message.origin, beside)),
        "button" => (None, button(message.button, beside)),
        "order" => (None, order(message.order, beside)),
        "request_welcome" => (None, Some(Content::Welcome.into())),
        "interactive" => {
            let interactive: Option<Interactive<'_>> = part(message.interactive);
            let what = interactive
                .as_ref()
                .and_then(|it| it.kind.filled())
                .map(|kind| format!("interactive.{kind}"));
            (
                what,
                interactive.and_then(|interactive| choice(&interactive, message.timestamp.integer(), beside)),
            )
        }
        "unsupported" => {
            let named: Option<Unsupported<'_>> = part(message.unsupported);
            (named.and_then(|named| named.kind.owned()), None)
        }
        _ => (None, None),
    };
    content.unwrap_or_else(|| {
        let what = what.unwrap_or_else(|| kind.to_owned());
        Content::Unsupported { what, raw: raw.to_owned() }.into()
    })
}

fn text(raw: Option<&RawValue>, beside: &mut Beside) -> Option<InboundContent> {
    let text: Text<'_> = part(raw)?;
    let body = MessageText::received(text.body.text()?)?;
    beside.keep("text", &text.more);
    Some(Content::Text { body }.into())
}

/// A file. Without an id it cannot be fetched, but whatever else is known of it is kept.
fn file(what: MediaKind, kind: &str, raw: Option<&RawValue>, beside: &mut Beside) -> Option<InboundContent> {
    let file: File<'_> = part(raw)?;
    let shown = [&file.id, &file.link, &file.caption, &file.filename];
    if shown.iter().all(|scalar| scalar.filled().is_none()) {
        return None;
    }
    let is_voice = what == MediaKind::Audio && file.voice.is_true();
    beside.keep(kind, &file.more);
    let sha256 = file.sha256.text().and_then(digest::sha256);
    if sha256.is_none() {
        beside.odd_text(&format!("{kind}.sha256"), file.sha256.text());
    }
    if what != MediaKind::Audio && file.voice.is_true() {
        beside.odd_text(&format!("{kind}.voice"), file.voice.text());
    }
    Some(InboundContent::Media(InboundMedia {
        what: if is_voice { MediaKind::Voice } else { what },
        provider_id: file.id.owned(),
        link: file.link.owned(),
        mime: file.mime_type.owned(),
        sha256,
        caption: file.caption.text().and_then(MessageText::received),
        filename: file.filename.owned(),
    }))
}

fn location(raw: Option<&RawValue>, beside: &mut Beside) -> Option<InboundContent> {
    let place: Location<'_> = part(raw)?;
    let mut degrees = |name: &str, written: &Scalar<'_>, most: f64| {
        let read = written.number().filter(|degrees| degrees.abs() <= most);
        if read.is_none() {
            beside.odd_text(&format!("location.{name}"), written.text());
        }
        read
    };
    let latitude = degrees("latitude", &place.latitude, 90.0);
    let longitude = degrees("longitude", &place.longitude, 180.0);
    let (name, address, url) = (place.name.owned(), place.address.owned(), place.url.owned());
    let is_somewhere = latitude.is_some() && longitude.is_some();
    if !is_somewhere && name.is_none() && address.is_none() && url.is_none() {
        return None;
    }
    beside.keep("location", &place.more);
    Some(Content::Location { latitude, longitude, name, address, url }.into())
}

/// Cards; each line of a card that can be read is kept.
fn cards(raw: Option<&RawValue>, origin: &Scalar<'_>, beside: &mut Beside) -> Option<InboundContent> {
    let list: Vec<&RawValue> = part(raw)?;
    let is_own = origin.text() == Some("contact_request");
    if !is_own {
        beside.odd_text("origin", origin.text());
    }
    let mut cards: Vec<ContactCard> = Vec::new();
    for (place, raw) in list.iter().enumerate() {
        let path = format!("contacts[{place}]");
        match card::read(raw, &path, is_own, beside) {
            Some(card) => cards.push(card),
            None => beside.odd(&path, raw.get()),
        }
    }
    (!cards.is_empty()).then(|| Content::Contacts { cards }.into())
}

fn button(raw: Option<&RawValue>, beside: &mut Beside) -> Option<InboundContent> {
    let button: Button<'_> = part(raw)?;
    let id = button.payload.filled().or(button.text.filled())?;
    beside.keep("button", &button.more);
    chosen(ChoiceKind::TemplateButton, id, button.text.filled().unwrap_or(id), None)
}

fn choice(interactive: &Interactive<'_>, at: Option<i64>, beside: &mut Beside) -> Option<InboundContent> {
    let kind = interactive.kind.filled().or_else(|| {
        let parts = [
            ("button_reply", interactive.button_reply),
            ("list_reply", interactive.list_reply),
            ("nfm_reply", interactive.nfm_reply),
            ("call_permission_reply", interactive.call_permission_reply),
        ];
        parts.iter().find(|(_, part)| part.is_some()).map(|(kind, _)| *kind)
    })?;
    let content = match kind {
        "button_reply" => reply(ChoiceKind::Button, kind, interactive.button_reply, beside),
        "list_reply" => reply(ChoiceKind::ListRow, kind, interactive.list_reply, beside),
        "nfm_reply" => form(interactive.nfm_reply, beside),
        "call_permission_reply" => permission(interactive.call_permission_reply, at, beside),
        _ => None,
    }?;
    beside.keep("interactive", &interactive.more);
    Some(content)
}

fn form(raw: Option<&RawValue>, beside: &mut Beside) -> Option<InboundContent> {
    let form: FormReply<'_> = part(raw)?;
    let response = form.response_json?;
    // JSON inside text, as documented, or JSON itself.
    let response =
        serde_json::from_str::<String>(response.get()).unwrap_or_else(|_| response.get().to_owned());
    let name = form.name.owned().unwrap_or_else(|| "flow".to_owned());
    beside.keep("interactive.nfm_reply", &form.more);
    Some(Content::Form { name, response }.into())
}

/// `at` is when it was written, from which a permission counts that says neither until when it holds nor that it has no end.
fn permission(raw: Option<&RawValue>, at: Option<i64>, beside: &mut Beside) -> Option<InboundContent> {
    let permission: CallPermission<'_> = part(raw)?;
    let accepted = match permission.response.text()? {
        "accept" => true,
        "reject" => false,
        _ => return None,
    };
    let is_lasting = !accepted || permission.is_permanent.is_true();
    let told = permission.expiration_timestamp.integer();
    let expires_at =
        if is_lasting { None } else { Some(told.unwrap_or(at.unwrap_or(0).saturating_add(TEMPORARY))) };
    beside.keep("interactive.call_permission_reply", &permission.more);
    Some(Content::CallPermission { accepted, expires_at }.into())
}

fn reply(
    what: ChoiceKind,
    kind: &str,
    raw: Option<&RawValue>,
    beside: &mut Beside,
) -> Option<InboundContent> {
    let reply: Reply<'_> = part(raw)?;
    let id = reply.id.filled().or(reply.title.filled())?;
    beside.keep(&format!("interactive.{kind}"), &reply.more);
    let description = reply.description.text().and_then(MessageText::received);
    chosen(what, id, reply.title.filled().unwrap_or(id), description)
}

fn chosen(
    what: ChoiceKind,
    id: &str,
    title: &str,
    description: Option<MessageText>,
) -> Option<InboundContent> {
    let title = MessageText::received(title).or_else(|| MessageText::received(id))?;
    Some(Content::Choice { what, id: id.to_owned(), title, description }.into())
}

fn order(raw: Option<&RawValue>, beside: &mut Beside) -> Option<InboundContent> {
    let order: Order<'_> = part(raw)?;
    beside.keep("order", &order.more);
    let mut items = Vec::with_capacity(order.product_items.len());
    for (place, raw) in order.product_items.iter().enumerate() {
        let path = format!("order.product_items[{place}]");
        match serde_json::from_str::<Item<'_>>(raw.get()) {
            Ok(item) => {
                beside.keep(&path, &item.more);
                items.push(line(&item, &path, beside));
            }
            Err(_) => {
                beside.odd(&path, raw.get());
                items.push(OrderItem { product: None, quantity: None, price: None, currency: None });
            }
        }
    }
    let text = order.text.text().and_then(MessageText::received);
    let catalog = order.catalog_id.owned();
    if items.is_empty() && text.is_none() && catalog.is_none() {
        return None;
    }
    Some(Content::Order { catalog, text, items }.into())
}

fn line(item: &Item<'_>, path: &str, beside: &mut Beside) -> OrderItem {
    let mut number = |name: &str, written: &Scalar<'_>| {
        let read = written.number();
        if read.is_none() {
            beside.odd_text(&format!("{path}.{name}"), written.text());
        }
        read
    };
    OrderItem {
        quantity: number("quantity", &item.quantity),
        price: number("item_price", &item.item_price),
        product: item.product_retailer_id.owned(),
        currency: item.currency.owned(),
    }
}
