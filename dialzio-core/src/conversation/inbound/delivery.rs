//! News about messages of ours: sent, delivered, read, failed.

use crate::conversation::{ConversationWrite, DeliveryStatus, Direction, Evidence};
use crate::event::DomainEvent;
use crate::intake::decide::{Deciding, Element, Place, Wanted};
use crate::outbox::{JobWrite, QueueKind};
use crate::provider::{DeliveryUpdate, Trust};
use crate::webhook::QuarantineReason;

impl Element for &DeliveryUpdate {
    fn queue(&self) -> QueueKind {
        QueueKind::Statuses
    }

    fn look_up(&self, wanted: &mut Wanted<'_>) {
        wanted.message(&self.external);
        if let Some(own) = self.own {
            wanted.own(own);
        }
        if self.marketing_stopped {
            wanted.person(&self.recipient);
            wanted.consent();
        }
    }

    fn decide(&self, deciding: &mut Deciding<'_>, place: Place, trust: Trust) {
        match trust {
            Trust::Signed => deciding.delivery(place, self),
            Trust::PathOnly => deciding.unsigned_delivery(place, self),
        }
    }
}

impl Deciding<'_> {
    fn delivery(&mut self, place: Place, update: &DeliveryUpdate) {
        let own = update.own.and_then(|own| self.messages.iter().find(|known| known.id == own));
        let found = self.known(&update.external).or(own);
        let Some((message, conversation, direction, external)) =
            found.map(|known| (known.id, known.conversation, known.direction, known.external.clone()))
        else {
            return self.wait(place);
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
            Evidence { status: update.status, at: place.at.min(self.now), failure: update.failure.clone() };
        self.batch
            .about(message)
            .write(ConversationWrite::Evidence { message, evidence })
            .write(JobWrite::Resolve(message))
            .event(DomainEvent::MessageChanged { conversation, message });
        if update.marketing_stopped {
            self.provider_stop(&update.recipient, message, place.at);
        }
    }

    /// Shows that the message left the provider, nothing more: no end, and no answer to whether it left us.
    fn unsigned_delivery(&mut self, place: Place, update: &DeliveryUpdate) {
        let found = self
            .known(&update.external)
            .map(|known| (known.id, known.conversation, known.direction, known.status));
        let Some((message, conversation, direction, status)) = found else {
            // Nothing is made of our own id that came back without a signature.
            return self.wait(place);
        };
        let is_open = direction == Direction::Outbound && status.rank() >= DeliveryStatus::Accepted.rank();
        if !is_open || update.status == DeliveryStatus::Failed || update.marketing_stopped {
            return self.quarantine(place, QuarantineReason::Unsigned, "delivery");
        }
        let evidence = Evidence { status: DeliveryStatus::Sent, at: place.at.min(self.now), failure: None };
        self.batch
            .about(message)
            .write(ConversationWrite::Evidence { message, evidence })
            .event(DomainEvent::MessageChanged { conversation, message });
    }
}
