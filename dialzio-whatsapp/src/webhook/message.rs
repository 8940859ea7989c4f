//! Elements of `messages`: what a person said, or did to something said before.

use dialzio_core::{
    contact::BusinessScopedId,
    conversation::{Content, ExternalId, Forwarded, MessageContext, Referral, ReferredProduct},
    provider::{
        IdentityUpdate, Inbound, InboundBody, InboundContent, InboundMessage, ReactionUpdate, Sender,
    },
    text::MessageText,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    content,
    inbound::MetaInbound,
    person::{self, Named, is_somebody},
    value::{Value, moment},
};
use crate::{
    object::{Beside, Member, object, part},
    scalar::Scalar,
};

object! {
    struct Context<'a> {
        id: Scalar<'a> = "id",
        forwarded: Scalar<'a> = "forwarded",
        frequently_forwarded: Scalar<'a> = "frequently_forwarded",
        referred_product: Option<&'a RawValue> = "referred_product",
    }
}

object! {
    struct Product<'a> {
        catalog_id: Scalar<'a> = "catalog_id",
        product_retailer_id: Scalar<'a> = "product_retailer_id",
    }
}

object! {
    struct MetaReferral<'a> {
        source_type: Scalar<'a> = "source_type",
        source_id: Scalar<'a> = "source_id",
        source_url: Scalar<'a> = "source_url",
        headline: Scalar<'a> = "headline",
        body: Scalar<'a> = "body",
        ctwa_clid: Scalar<'a> = "ctwa_clid",
        media_type: Scalar<'a> = "media_type",
        image_url: Scalar<'a> = "image_url",
        video_url: Scalar<'a> = "video_url",
        thumbnail_url: Scalar<'a> = "thumbnail_url",
        welcome_message: Option<&'a RawValue> = "welcome_message",
    }
}

object! {
    struct Greeting<'a> {
        text: Scalar<'a> = "text",
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reaction<'a> {
    #[serde(borrow)]
    message_id: Scalar<'a>,
    #[serde(borrow)]
    emoji: Scalar<'a>,
}

object! {
    /// An edit, or a message that was taken back.
    struct Change<'a> {
        original_message_id: Scalar<'a> = "original_message_id",
        message: Option<&'a RawValue> = "message",
    }
}

/// An id as it is now; some payloads name the one before it in the same place.
#[derive(Default)]
struct Turn<'a> {
    previous: Scalar<'a>,
    current: Scalar<'a>,
}

impl<'a> Member<'a> for Turn<'a> {
    fn of(raw: &'a RawValue) -> Option<Self> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Both<'a> {
            #[serde(borrow)]
            previous: Scalar<'a>,
            #[serde(borrow)]
            current: Scalar<'a>,
        }
        if let Some(current) = <Scalar<'a> as Member<'a>>::of(raw) {
            return Some(Self { previous: Scalar::default(), current });
        }
        let Both { previous, current } = serde_json::from_str(raw.get()).ok()?;
        Some(Self { previous, current })
    }
}

object! {
    struct System<'a> {
        kind: Scalar<'a> = "type",
        body: Scalar<'a> = "body",
        wa_id: Scalar<'a> = "wa_id",
        new_wa_id: Scalar<'a> = "new_wa_id",
        customer: Scalar<'a> = "customer",
        user_id: Turn<'a> = "user_id",
        parent_user_id: Turn<'a> = "parent_user_id",
        previous_user_id: Scalar<'a> = "previous_user_id",
        previous_parent_user_id: Scalar<'a> = "previous_parent_user_id",
    }
}

/// Reads one element. Without an id or a sender it cannot be filed, so it is kept as unknown.
pub(super) fn read(value: &Value<'_, '_>, raw: &str) -> Inbound {
    match serde_json::from_str::<MetaInbound<'_>>(raw) {
        Ok(message) => file(value, &message, raw),
        Err(_) => value.unknown("messages", raw, "a message of no known shape".to_owned()),
    }
}

fn file(value: &Value<'_, '_>, message: &MetaInbound<'_>, raw: &str) -> Inbound {
    let system: Option<System<'_>> =
        (message.what() == Some("system")).then(|| part(message.system)).flatten();
    let named = Named {
        phone: message.from.filled(),
        user_id: message.from_user_id.filled(),
        parent_id: message.from_parent_user_id.filled(),
    };
    let (sender, contact) = person::sender(named, &value.contacts);
    let Some(external) = message.id.text().and_then(ExternalId::parse) else {
        return value.unknown("messages", raw, "a message without an id".to_owned());
    };
    // Who a notice is about may stand inside it alone.
    let is_told = system.as_ref().is_some_and(|system| is_somebody(&former(system)));
    if !is_somebody(&sender) && !is_told {
        return value.unknown("messages", raw, "a message without a sender".to_owned());
    }
    let mut beside = Beside::default();
    if let Some(contact) = contact {
        contact.rest(&mut beside);
    }
    Inbound {
        account: value.account(),
        at: message.timestamp.integer().and_then(moment),
        body: body(message, system.as_ref(), sender, external, raw, beside),
        raw: value.alone("messages", raw, contact),
    }
}

fn body(
    message: &MetaInbound<'_>,
    system: Option<&System<'_>>,
    sender: Sender,
    external: ExternalId,
    raw: &str,
    mut beside: Beside,
) -> InboundBody {
    match message.what() {
        Some("reaction") => {
            let reaction: Option<Reaction<'_>> = part(message.reaction);
            if let Some(reaction) = reaction
                && let Some(target) = reaction.message_id.text().and_then(ExternalId::parse)
            {
                let emoji = reaction.emoji.owned();
                return InboundBody::Reaction(Box::new(ReactionUpdate { external, sender, target, emoji }));
            }
        }
        Some("edit") => {
            let edit: Option<Change<'_>> = part(message.edit);
            if let Some(edit) = edit
                && let Some(target) = edit.original_message_id.text().and_then(ExternalId::parse)
                && let Some(inner) = edit.message
                && let Ok(changed) = serde_json::from_str::<MetaInbound<'_>>(inner.get())
            {
                let content = Box::new(content::read(&changed, inner.get(), &mut beside));
                // The answer and the advert of the message stay as they were, so these are kept as they came.
                for (path, part) in [("context", changed.context), ("referral", changed.referral)] {
                    part.into_iter().for_each(|raw| beside.odd(path, raw.get()));
                }
                beside.keep("", &changed.more);
                beside.keep("edit", &edit.more);
                beside.keep("", &message.more);
                let beside = if is_whole(&content) { None } else { beside.into_json() };
                return InboundBody::Edited { sender, external, target, content, beside };
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
        _ => {}
    }
    if let Some(system) = system {
        return notice(message, system, sender, external, beside);
    }
    let content = content::read(message, raw, &mut beside);
    said(message, sender, external, content, beside)
}

fn said(
    message: &MetaInbound<'_>,
    sender: Sender,
    external: ExternalId,
    content: InboundContent,
    mut beside: Beside,
) -> InboundBody {
    let (reply_to, context) = context(message, &mut beside);
    beside.keep("", &message.more);
    let beside = if is_whole(&content) { None } else { beside.into_json() };
    InboundBody::Message(Box::new(InboundMessage { external, sender, content, reply_to, context, beside }))
}

/// Whether content is kept whole, and so holds everything already.
const fn is_whole(content: &InboundContent) -> bool {
    matches!(content, InboundContent::Ready(Content::Unsupported { .. }))
}

/// What a message answers, and where it comes from.
fn context(message: &MetaInbound<'_>, beside: &mut Beside) -> (Option<ExternalId>, MessageContext) {
    let told: Option<Context<'_>> = part(message.context);
    if let (None, Some(raw)) = (&told, message.context) {
        beside.odd("context", raw.get());
    }
    let told = told.unwrap_or_default();
    beside.keep("context", &told.more);
    let quoted = told.id.text().and_then(ExternalId::parse);
    if quoted.is_none() {
        beside.odd_text("context.id", told.id.text());
    }
    let forwarded = match (told.frequently_forwarded.is_true(), told.forwarded.is_true()) {
        (true, _) => Some(Forwarded::Often),
        (false, true) => Some(Forwarded::Once),
        (false, false) => None,
    };
    let product: Option<Product<'_>> = part(told.referred_product);
    match (&product, told.referred_product) {
        (Some(product), _) => beside.keep("context.referred_product", &product.more),
        (None, Some(raw)) => beside.odd("context.referred_product", raw.get()),
        (None, None) => {}
    }
    let context = MessageContext {
        quoted: None,
        forwarded,
        referral: referral(message.referral, beside),
        product: product.map(|product| ReferredProduct {
            catalog: product.catalog_id.owned(),
            product: product.product_retailer_id.owned(),
        }),
        group: message.group_id.owned(),
    };
    (quoted, context)
}

/// The advertisement or page the person came from.
fn referral(raw: Option<&RawValue>, beside: &mut Beside) -> Option<Box<Referral>> {
    let raw = raw?;
    let Ok(told) = serde_json::from_str::<MetaReferral<'_>>(raw.get()) else {
        beside.odd("referral", raw.get());
        return None;
    };
    beside.keep("referral", &told.more);
    let greeting: Greeting<'_> = part(told.welcome_message).unwrap_or_default();
    beside.keep("referral.welcome_message", &greeting.more);
    let media = [&told.image_url, &told.video_url, &told.thumbnail_url];
    Some(Box::new(Referral {
        source_type: told.source_type.owned(),
        source_id: told.source_id.owned(),
        source_url: told.source_url.owned(),
        headline: told.headline.owned(),
        body: told.body.owned(),
        click_id: told.ctwa_clid.owned(),
        media_type: told.media_type.owned(),
        media_urls: media.into_iter().filter_map(Scalar::owned).collect(),
        greeting: greeting.text.owned(),
    }))
}

fn scoped(scalar: &Scalar<'_>) -> Option<BusinessScopedId> {
    person::scoped(scalar.filled())
}

/// The person as a notice says that they were known.
fn former(system: &System<'_>) -> Sender {
    Sender {
        phone: person::phone(system.customer.filled()),
        scoped: scoped(&system.previous_user_id).or_else(|| scoped(&system.user_id.previous)),
        parent_scoped: scoped(&system.previous_parent_user_id)
            .or_else(|| scoped(&system.parent_user_id.previous)),
        ..Sender::default()
    }
}

/// A notice of WhatsApp about the person: a new number or id, or a new security code.
fn notice(
    message: &MetaInbound<'_>,
    system: &System<'_>,
    sender: Sender,
    external: ExternalId,
    mut beside: Beside,
) -> InboundBody {
    let kind = system.kind.text().unwrap_or("system");
    if matches!(kind, "user_changed_number" | "user_changed_user_id" | "customer_changed_number") {
        let new_phone = system.wa_id.filled().or(system.new_wa_id.filled());
        let current = Sender {
            phone: person::phone(new_phone),
            scoped: scoped(&system.user_id.current),
            parent_scoped: scoped(&system.parent_user_id.current),
            ..Sender::default()
        };
        let former = former(system);
        let mut previous = sender.clone();
        previous.phone = previous.phone.or(former.phone);
        previous.scoped = former.scoped.or(previous.scoped).filter(|id| current.scoped.as_ref() != Some(id));
        previous.parent_scoped = former
            .parent_scoped
            .or(previous.parent_scoped)
            .filter(|id| current.parent_scoped.as_ref() != Some(id));
        if is_somebody(&current) {
            let detail = system.body.owned();
            return InboundBody::Identity(IdentityUpdate {
                external: Some(external),
                previous,
                current,
                detail,
            });
        }
    }
    beside.keep("system", &system.more);
    let body = system.body.text().and_then(MessageText::received);
    let content = Content::System { what: kind.to_owned(), body };
    // A notice that names the person inside alone is still about them.
    let sender = if is_somebody(&sender) { sender } else { former(system) };
    said(message, sender, external, InboundContent::Ready(content), beside)
}
