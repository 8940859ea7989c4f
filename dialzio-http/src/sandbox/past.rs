//! What the emulated provider knew before the server was started, from what the CRM keeps: people, what was written, and the
//! reply windows. So there is no second copy of what people wrote, and what has expired is gone from the phones as well.

use dialzio_core::contact::{Alias, ChannelIdentity};
use dialzio_core::conversation::{
    ConversationQuery, DeliveryStatus, Direction, InboxEntry, InboxView, Message, StateFilter,
};
use dialzio_core::page::PageRequest;
use dialzio_core::{AccountId, Actor, Crm, Error};
use dialzio_whatsapp::emulator::{
    Bubble, BubbleMedia, CustomerIdentity, EmulatedStatus, Party, TranscriptEntry,
};
use serde_json::Value;

use super::Sandbox;

/// Conversations of each state that are put back, the latest ones.
const CONVERSATIONS: u32 = 200;
/// Messages of each, the latest ones.
const MESSAGES: u32 = 50;

/// Puts the latest conversations of the account back on the phones.
///
/// # Errors
/// [`Error`] if they cannot be read.
pub(super) async fn restore(
    sandbox: &Sandbox,
    crm: &Crm,
    by: &Actor,
    account: AccountId,
) -> Result<(), Error> {
    for state in [StateFilter::Closed, StateFilter::Snoozed, StateFilter::Open] {
        let query = ConversationQuery::new(InboxView::All, state, crm.clock().now());
        let page = crm.conversations().list(by, &query, PageRequest::first(CONVERSATIONS)).await?;
        for entry in page.items.iter().rev().filter(|entry| entry.conversation.account == account) {
            conversation(sandbox, crm, by, entry).await?;
        }
    }
    Ok(())
}

async fn conversation(sandbox: &Sandbox, crm: &Crm, by: &Actor, entry: &InboxEntry) -> Result<(), Error> {
    let id = entry.conversation.id;
    let (_, identities) = crm.conversations().person(by, id).await?;
    let known = identities.iter().find(|identity| identity.id == entry.conversation.identity);
    let Some(person) = known.map(customer) else { return Ok(()) };
    let messages = crm.conversations().messages(by, id, PageRequest::first(MESSAGES)).await?.items;
    let entries = messages.iter().rev().filter_map(|message| on_the_phone(message, &messages)).collect();
    // A person without any id has no phone.
    let _ = sandbox.emulator().restore(sandbox.number(), &person, entries);
    Ok(())
}

/// The person as the provider shows them.
fn customer(identity: &ChannelIdentity) -> CustomerIdentity {
    let newest = identity.aliases.iter().rev();
    let user_id = newest.clone().find_map(|alias| match alias {
        Alias::BusinessScoped(id) => Some(id.reveal().to_owned()),
        _ => None,
    });
    CustomerIdentity {
        wa_id: identity.phone().map(|number| number.digits().to_owned()),
        user_id,
        username: identity.username.as_ref().map(|name| name.reveal().trim_start_matches('@').to_owned()),
        profile_name: identity.profile_name.as_ref().map(|name| name.reveal().to_owned()).unwrap_or_default(),
    }
}

/// A message as the phone shows it; `None` for one that never reached the provider.
fn on_the_phone(message: &Message, all: &[Message]) -> Option<TranscriptEntry> {
    let inbound = message.direction == Direction::Inbound;
    let status = match message.delivery.status {
        _ if inbound => EmulatedStatus::Delivered,
        DeliveryStatus::Read => EmulatedStatus::Read,
        DeliveryStatus::Delivered => EmulatedStatus::Delivered,
        DeliveryStatus::Sent => EmulatedStatus::Sent,
        DeliveryStatus::Accepted => EmulatedStatus::Accepted,
        _ => return None,
    };
    let reaction = |side: Direction| {
        message
            .reactions
            .iter()
            .find(|reaction| reaction.by == side)
            .and_then(|reaction| reaction.emoji.clone())
    };
    let kind = message.content.kind();
    let answered = message.reply_to.and_then(|id| all.iter().find(|other| other.id == id));
    Some(TranscriptEntry {
        wamid: message.external.as_ref()?.reveal().to_owned(),
        at: message.event_at,
        from: if inbound { Party::Customer } else { Party::Business },
        bubble: Bubble {
            kind: kind.to_owned(),
            text: message.content.display_text().unwrap_or_default().to_owned(),
            // The file itself was on the provider's side and went with it.
            media: message
                .content
                .media()
                .map(|_| BubbleMedia { kind: kind.to_owned(), ..BubbleMedia::default() }),
            ..Bubble::default()
        },
        status,
        read_by_business: inbound,
        reply_to: answered.and_then(|other| other.external.as_ref()).map(|id| id.reveal().to_owned()),
        business_reaction: reaction(Direction::Outbound),
        customer_reaction: reaction(Direction::Inbound),
        edited: message.edited_at.is_some(),
        revoked: message.revoked_at.is_some(),
        opaque_id: Some(message.id.to_string()).filter(|_| !inbound),
        raw: Value::Null,
    })
}
