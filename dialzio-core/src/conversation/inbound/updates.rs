//! Updates of messages that exist: reactions, edits, revocations, delivery; and about people's ids.

use chrono::{DateTime, Utc};

use super::{Deciding, Unsealed};
use crate::conversation::{
    Content, ConversationWrite, Delivery, DeliveryStatus, Direction, Evidence, ExternalId, HeadDelta,
    Message, MessageContext, Reaction,
};
use crate::event::DomainEvent;
use crate::id::{ConversationId, MessageId};
use crate::media::MediaWrite;
use crate::outbox::JobWrite;
use crate::provider::{DeliveryUpdate, IdentityUpdate, InboundContent, ReactionUpdate};
use crate::text::MessageText;
use crate::webhook::QuarantineReason;

impl Deciding<'_> {
    /// The message that an update is about; otherwise the update waits.
    fn target(
        &mut self,
        place: usize,
        external: &ExternalId,
    ) -> Option<(MessageId, ConversationId, Direction)> {
        let found = self.known(external).map(|known| (known.id, known.conversation, known.direction));
        if found.is_none() {
            self.decision.wait.push(place);
        }
        found
    }

    pub(super) fn reaction(&mut self, place: usize, update: &ReactionUpdate, at: DateTime<Utc>) {
        let Some((message, conversation, _)) = self.target(place, &update.target) else { return };
        let reaction =
            Reaction { message, by: Direction::Inbound, emoji: update.emoji.clone(), at: at.min(self.now) };
        self.batch
            .about(message)
            .write(ConversationWrite::Reaction(reaction))
            .event(DomainEvent::MessageChanged { conversation, message });
    }

    pub(super) fn edit(
        &mut self,
        place: usize,
        target: &ExternalId,
        content: &InboundContent,
        beside: Option<&str>,
        at: DateTime<Utc>,
    ) {
        let Some((message, conversation, direction)) = self.target(place, target) else { return };
        if direction != Direction::Inbound {
            return self.quarantine(
                place,
                QuarantineReason::Contradiction,
                "edit of a message that they did not write",
            );
        }
        let at = at.min(self.now);
        let (content, file) = self.content(content, message, at);
        if let Some(file) = file {
            self.batch.write(MediaWrite::Insert(file));
        }
        if let Some(plain) = beside {
            self.decision.beside.push(Unsealed { message, edited_at: Some(at), plain: plain.to_owned() });
        }
        self.batch
            .about(message)
            .write(ConversationWrite::Edit { message, content: Box::new(content), beside: None, at })
            .event(DomainEvent::MessageChanged { conversation, message });
    }

    pub(super) fn revoke(&mut self, place: usize, target: &ExternalId, at: DateTime<Utc>) {
        let Some((message, conversation, direction)) = self.target(place, target) else { return };
        if direction != Direction::Inbound {
            return self.quarantine(
                place,
                QuarantineReason::Contradiction,
                "revocation of a message that they did not write",
            );
        }
        let content = Box::new(Content::System { what: "revoked".to_owned(), body: None });
        self.batch
            .about(message)
            .write(ConversationWrite::Revoke { message, content, at: at.min(self.now) })
            .event(DomainEvent::MessageChanged { conversation, message });
    }

    pub(super) fn delivery(&mut self, place: usize, update: &DeliveryUpdate, at: DateTime<Utc>) {
        let own = update.own.and_then(|own| self.messages.iter().find(|known| known.id == own));
        let found = self.known(&update.external).or(own);
        let Some((message, conversation, direction, external)) =
            found.map(|known| (known.id, known.conversation, known.direction, known.external.clone()))
        else {
            self.decision.wait.push(place);
            return;
        };
        if direction != Direction::Outbound {
            return self.quarantine(
                place,
                QuarantineReason::Contradiction,
                "delivery of a message that we did not write",
            );
        }
        if external.is_none() {
            self.batch.write(ConversationWrite::External {
                account: self.account,
                message,
                external: update.external.clone(),
            });
            if let Some(known) = self.messages.iter_mut().find(|known| known.id == message) {
                known.external = Some(update.external.clone());
            }
        }
        let evidence =
            Evidence { status: update.status, at: at.min(self.now), failure: update.failure.clone() };
        self.batch
            .about(message)
            .write(ConversationWrite::Evidence { message, evidence })
            .write(JobWrite::Resolve(message))
            .event(DomainEvent::MessageChanged { conversation, message });
        if update.marketing_stopped {
            self.provider_stop(&update.recipient, message, at);
        }
    }

    pub(super) fn identity(&mut self, place: usize, update: &IdentityUpdate, at: DateTime<Utc>) {
        if let Some(external) = &update.external
            && self.known(external).is_some()
        {
            return;
        }
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
