//! What providers report about people: a number or an id that changed.

use crate::conversation::{
    Content, ConversationWrite, Delivery, DeliveryStatus, Direction, HeadDelta, Message, MessageContext,
};
use crate::event::DomainEvent;
use crate::id::MessageId;
use crate::intake::decide::{Deciding, Element, Place, Wanted};
use crate::provider::{IdentityUpdate, Trust};
use crate::text::MessageText;
use crate::webhook::QuarantineReason;

impl Element for &IdentityUpdate {
    fn look_up(&self, wanted: &mut Wanted<'_>) {
        wanted.person(&self.previous);
        wanted.person(&self.current);
        if let Some(notice) = &self.external {
            wanted.message(notice);
        }
    }

    /// Without a signature it joins no two people: a person can look at it.
    fn decide(&self, deciding: &mut Deciding<'_>, place: Place, trust: Trust) {
        match trust {
            Trust::Signed => deciding.identity(place, self),
            Trust::PathOnly => deciding.quarantine(place, QuarantineReason::Unsigned, "identity"),
        }
    }
}

impl Deciding<'_> {
    fn identity(&mut self, place: Place, update: &IdentityUpdate) {
        if let Some(external) = &update.external
            && self.known(external).is_some()
        {
            return;
        }
        let at = place.at;
        if self.is_out_of_time(at) {
            return self.quarantine(place, QuarantineReason::OutOfTime, "identity");
        }
        let at = at.min(self.now);
        let mut aliases = update.previous.aliases();
        for alias in update.current.aliases() {
            if !aliases.contains(&alias) {
                aliases.push(alias);
            }
        }
        let Some(person) =
            self.people.resolve_aliases(&update.current, aliases, at, self.now, self.ids, self.batch)
        else {
            return self.quarantine(place, QuarantineReason::Unknown, "identity update without an id");
        };
        let mut gone = update.previous.aliases();
        if update.current.phone.is_none() {
            // Another id has replaced an id; the update does not mention numbers.
            gone.clear();
        }
        gone.retain(|alias| !update.current.aliases().iter().any(|held| held.is(alias)));
        self.people.give_up(person, &gone, at, self.batch);
        let contact = self.people.get(person).identity.contact;
        self.batch.event(DomainEvent::ContactChanged { contact });
        let Some(external) = &update.external else { return };
        // A notice in the thread may come before what the person says: it makes the conversation then, as that would.
        let conversation = self.conversation(person, at);
        let id: MessageId = self.ids.next(at);
        let message = Message {
            id,
            conversation: conversation.id,
            direction: Direction::Inbound,
            author: None,
            content: Content::System {
                what: "identity_changed".to_owned(),
                body: update.detail.as_deref().and_then(MessageText::received),
            },
            purpose: None,
            event_at: at,
            received_at: self.now,
            expires_at: None,
            external: Some(external.clone()),
            reply_to: None,
            delivery: Delivery { status: DeliveryStatus::Received, at, failure: None },
            edited_at: None,
            revoked_at: None,
            reactions: Vec::new(),
            context: MessageContext::default(),
            beside: None,
        };
        self.batch
            .about(id)
            .write(ConversationWrite::Append {
                account: self.account,
                message: Box::new(message),
                // A notice of the provider is not a message of the person: it opens no window.
                head: HeadDelta::default(),
                digest: None,
            })
            .event(DomainEvent::ConversationChanged { conversation: conversation.id });
    }
}
