//! Elements of `messages`: what a person said, or did to something said before.

use dialzio_core::{
    contact::BusinessScopedId,
    conversation::{Content, ExternalId},
    provider::{IdentityNews, Inbound, InboundBody, InboundContent, InboundMessage, ReactionNews, Sender},
    text::MessageText,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    content,
    envelope::{Value, moment, normalised},
    person::{self, Named, is_somebody},
};
use crate::scalar::Scalar;

/// One message; what it holds stands under the name of its type.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct MetaInbound<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow)]
    timestamp: Scalar<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Scalar<'a>,
    #[serde(borrow)]
    from: Scalar<'a>,
    #[serde(borrow)]
    from_user_id: Scalar<'a>,
    #[serde(borrow)]
    from_parent_user_id: Scalar<'a>,
    #[serde(borrow)]
    group_id: Scalar<'a>,
    /// Where shared cards come from, in one revision of the payloads.
    #[serde(borrow)]
    pub(super) origin: Scalar<'a>,
    #[serde(borrow)]
    context: Option<&'a RawValue>,
    #[serde(borrow)]
    referral: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) text: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) image: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) video: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) audio: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) document: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) sticker: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) location: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) contacts: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) interactive: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) button: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) order: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) unsupported: Option<&'a RawValue>,
    #[serde(borrow)]
    reaction: Option<&'a RawValue>,
    #[serde(borrow)]
    system: Option<&'a RawValue>,
    #[serde(borrow)]
    edit: Option<&'a RawValue>,
    #[serde(borrow)]
    revoke: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Context<'a> {
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow)]
    forwarded: Scalar<'a>,
    #[serde(borrow)]
    frequently_forwarded: Scalar<'a>,
    #[serde(borrow)]
    referred_product: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reaction<'a> {
    #[serde(borrow)]
    message_id: Scalar<'a>,
    #[serde(borrow)]
    emoji: Scalar<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Change<'a> {
    #[serde(borrow)]
    original_message_id: Scalar<'a>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct System<'a> {
    #[serde(borrow, rename = "type")]
    kind: Scalar<'a>,
    #[serde(borrow)]
    body: Scalar<'a>,
    #[serde(borrow)]
    wa_id: Scalar<'a>,
    #[serde(borrow)]
    new_wa_id: Scalar<'a>,
    #[serde(borrow)]
    customer: Scalar<'a>,
    #[serde(borrow)]
    user_id: Scalar<'a>,
    #[serde(borrow)]
    parent_user_id: Scalar<'a>,
    #[serde(borrow)]
    previous_user_id: Scalar<'a>,
}

/// The object under a key, if it has the shape that is expected.
pub(super) fn part<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Option<T> {
    serde_json::from_str(raw?.get()).ok()
}

/// Reads one element. Without an id or a sender it cannot be filed, so it is kept as unknown.
pub(super) fn read(value: &Value<'_, '_>, raw: &str) -> Inbound {
    if let Ok(message) = serde_json::from_str::<MetaInbound<'_>>(raw) {
        return file(value, &message, raw);
    }
    match normalised(raw) {
        Some(last) => match serde_json::from_str::<MetaInbound<'_>>(&last) {
            Ok(message) => file(value, &message, raw),
            Err(_) => value.unknown("messages", raw, "a message of no known shape".to_owned()),
        },
        None => value.unknown("messages", raw, "a message of no known shape".to_owned()),
    }
}

fn file(value: &Value<'_, '_>, message: &MetaInbound<'_>, raw: &str) -> Inbound {
    let named = Named {
        phone: message.from.filled(),
        user_id: message.from_user_id.filled(),
        parent_id: message.from_parent_user_id.filled(),
    };
    let (sender, contact) = person::sender(named, &value.contacts);
    let Some(external) = message.id.text().and_then(ExternalId::parse) else {
        return value.unknown("messages", raw, "a message without an id".to_owned());
    };
    if !is_somebody(&sender) {
        return value.unknown("messages", raw, "a message without a sender".to_owned());
    }
    Inbound {
        account: value.account(),
        at: message.timestamp.integer().and_then(moment),
        body: body(message, sender, external, raw),
        raw: value.alone("messages", raw, contact),
    }
}

fn body(message: &MetaInbound<'_>, sender: Sender, external: ExternalId, raw: &str) -> InboundBody {
    match message.kind.text() {
        Some("reaction") => {
            let reaction: Option<Reaction<'_>> = part(message.reaction);
            if let Some(reaction) = reaction
                && let Some(target) = reaction.message_id.text().and_then(ExternalId::parse)
            {
                let emoji = reaction.emoji.owned();
                return InboundBody::Reaction(Box::new(ReactionNews { external, sender, target, emoji }));
            }
        }
        Some("edit") => {
            let edit: Option<Change<'_>> = part(message.edit);
            if let Some(edit) = edit
                && let Some(target) = edit.original_message_id.text().and_then(ExternalId::parse)
                && let Some(inner) = edit.message
                && let Ok(changed) = serde_json::from_str::<MetaInbound<'_>>(inner.get())
            {
                let content = Box::new(content::read(&changed, inner.get()));
                return InboundBody::Edited { sender, external, target, content };
            }
        }
        Some("revoke") => {
            let revoke: Option<Change<'_>> = part(message.revoke);
            if let Some(target) =
                revoke.and_then(|it| it.original_message_id.text().and_then(ExternalId::parse))
            {
                return InboundBody::Revoked { sender, external, target };
            }
        }
        Some("system") => {
            if let Some(system) = part::<System<'_>>(message.system) {
                return notice(message, &system, sender, external);
            }
        }
        _ => {}
    }
    said(message, sender, external, content::read(message, raw))
}

fn said(
    message: &MetaInbound<'_>,
    sender: Sender,
    external: ExternalId,
    content: InboundContent,
) -> InboundBody {
    let context: Context<'_> = part(message.context).unwrap_or_default();
    let product = context.referred_product.map(|raw| format!(r#"{{"referred_product":{}}}"#, raw.get()));
    InboundBody::Message(Box::new(InboundMessage {
        external,
        sender,
        content,
        reply_to: context.id.text().and_then(ExternalId::parse),
        forwarded: context.forwarded.is_true() || context.frequently_forwarded.is_true(),
        referral: message.referral.map(|raw| raw.get().to_owned()).or(product),
        group: message.group_id.owned(),
    }))
}

/// A notice of WhatsApp about the person: a new number or id, or a new security code.
fn notice(
    message: &MetaInbound<'_>,
    system: &System<'_>,
    sender: Sender,
    external: ExternalId,
) -> InboundBody {
    let scoped = |scalar: &Scalar<'_>| scalar.filled().and_then(BusinessScopedId::parse);
    let kind = system.kind.text().unwrap_or("system");
    if matches!(kind, "user_changed_number" | "user_changed_user_id" | "customer_changed_number") {
        let new_phone = system.wa_id.filled().or(system.new_wa_id.filled());
        let current = Sender {
            phone: person::phone(new_phone),
            scoped: scoped(&system.user_id),
            parent_scoped: scoped(&system.parent_user_id),
            ..Sender::default()
        };
        let mut previous = sender.clone();
        previous.phone = previous.phone.or_else(|| person::phone(system.customer.filled()));
        previous.scoped = scoped(&system.previous_user_id)
            .or(previous.scoped)
            .filter(|id| current.scoped.as_ref() != Some(id));
        previous.parent_scoped =
            previous.parent_scoped.filter(|id| current.parent_scoped.as_ref() != Some(id));
        if is_somebody(&current) {
            let detail = system.body.owned();
            return InboundBody::Identity(IdentityNews {
                external: Some(external),
                previous,
                current,
                detail,
            });
        }
    }
    let body = system.body.text().and_then(MessageText::received);
    let content = Content::System { what: kind.to_owned(), body };
    said(message, sender, external, InboundContent::Ready(content))
}
