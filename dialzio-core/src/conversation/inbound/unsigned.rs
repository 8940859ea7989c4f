//! Elements of webhooks without a signature: they inform people and decide nothing.
//!
//! Anyone who knows the address can post them. So a message is shown and opens no reply window; what looks like an opt-out holds
//! promotion until a person has asked; reports of delivery show at most that a message was sent; what would join people or
//! change what is there goes to quarantine, where a person can look at it.

use chrono::{DateTime, Utc};

use super::Deciding;
use crate::consent::{ConsentState, Purpose, State};
use crate::conversation::{ConversationWrite, DeliveryStatus, Direction, Evidence};
use crate::event::DomainEvent;
use crate::provider::{
    DeliveryUpdate, Inbound, InboundBody, InboundMessage, PreferenceUpdate, PreferenceValue, Trust,
};
use crate::webhook::QuarantineReason;

impl Deciding<'_> {
    pub(super) fn unsigned(&mut self, place: usize, element: &Inbound) {
        let at = element.at.unwrap_or(self.now);
        match &element.body {
            InboundBody::Message(message) => {
                let alone = InboundMessage { sender: message.sender.with_one_id(), ..(**message).clone() };
                self.message(place, &alone, at, Trust::PathOnly);
            }
            InboundBody::Delivery(update) => self.unsigned_delivery(place, update, at),
            InboundBody::Preference(update) => self.unsigned_preference(place, update, at),
            InboundBody::Edited { .. } | InboundBody::Revoked { .. } | InboundBody::Identity(_) => {
                self.quarantine(place, QuarantineReason::Unsigned, element.body.kind());
            }
            // Nothing is decided by these with a signature either: something is shown, a list is fetched from the provider, or
            // a person looks at the bytes.
            InboundBody::Reaction(_)
            | InboundBody::Template(_)
            | InboundBody::Account { .. }
            | InboundBody::Unknown { .. } => self.element(place, element),
        }
    }

    /// Shows that the message left the provider, nothing more: no end, and no answer to whether it left us.
    fn unsigned_delivery(&mut self, place: usize, update: &DeliveryUpdate, at: DateTime<Utc>) {
        let found = self
            .known(&update.external)
            .map(|known| (known.id, known.conversation, known.direction, known.status));
        let Some((message, conversation, direction, status)) = found else {
            // Nothing is made of our own id that came back without a signature.
            return self.decision.wait.push(place);
        };
        let is_open = direction == Direction::Outbound && status.rank() >= DeliveryStatus::Accepted.rank();
        if !is_open || update.status == DeliveryStatus::Failed || update.marketing_stopped {
            return self.quarantine(place, QuarantineReason::Unsigned, "delivery");
        }
        let evidence = Evidence { status: DeliveryStatus::Sent, at: at.min(self.now), failure: None };
        self.batch
            .about(message)
            .write(ConversationWrite::Evidence { message, evidence })
            .event(DomainEvent::MessageChanged { conversation, message });
    }

    /// A stop holds promotion until a person has asked; nothing else that came without a signature changes consent.
    fn unsigned_preference(&mut self, place: usize, update: &PreferenceUpdate, at: DateTime<Utc>) {
        match (update.value, self.people.find(&update.sender)) {
            (PreferenceValue::Stop, Some(person)) => {
                self.unsigned_stop(person, at.min(self.now));
            }
            _ => self.quarantine(place, QuarantineReason::Unsigned, "preference"),
        }
    }

    /// Holds promotion, once: a stranger could post the same again and again.
    pub(super) fn unsigned_stop(&mut self, person: usize, at: DateTime<Utc>) {
        let known = &self.people.get(person).consents;
        let now = ConsentState::fold(known, self.channel, Purpose::Marketing, self.now);
        if now.state != State::Withdrawn {
            let note = "A report without a signature says that the person opted out: held until they have been asked.";
            self.hold_promotion(person, note, at);
        }
    }
}
