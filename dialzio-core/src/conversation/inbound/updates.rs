//! Updates of messages that exist: reactions, edits, revocations.

use crate::conversation::{Content, ConversationWrite, Direction, ExternalId, Reaction};
use crate::event::DomainEvent;
use crate::id::{ConversationId, MessageId};
use crate::intake::decide::{Deciding, Element, Mention, Place, Unsealed, Wanted};
use crate::media::MediaWrite;
use crate::provider::{InboundContent, ReactionUpdate, Sender, Trust};
use crate::webhook::QuarantineReason;

/// A person changed a message.
pub(crate) struct Edit<'a> {
    pub(crate) sender: &'a Sender,
    pub(crate) target: &'a ExternalId,
    pub(crate) content: &'a InboundContent,
    pub(crate) beside: Option<&'a str>,
}

/// A person took a message back.
pub(crate) struct Revocation<'a> {
    pub(crate) sender: &'a Sender,
    pub(crate) target: &'a ExternalId,
}

impl Element for &ReactionUpdate {
    fn look_up(&self, wanted: &mut Wanted<'_>) {
        wanted.message(&self.target);
    }

    fn mention(&self) -> Option<Mention<'_>> {
        Some(Mention { sender: &self.sender, target: &self.target })
    }

    /// It is shown, signed or not, and nothing follows from it.
    fn decide(&self, deciding: &mut Deciding<'_>, place: Place, _: Trust) {
        deciding.reaction(place, self);
    }
}

impl Element for Edit<'_> {
    fn look_up(&self, wanted: &mut Wanted<'_>) {
        wanted.message(self.target);
    }

    fn mention(&self) -> Option<Mention<'_>> {
        Some(Mention { sender: self.sender, target: self.target })
    }

    /// Without a signature it changes nothing: a person can look at it.
    fn decide(&self, deciding: &mut Deciding<'_>, place: Place, trust: Trust) {
        match trust {
            Trust::Signed => deciding.edit(place, self),
            Trust::PathOnly => deciding.quarantine(place, QuarantineReason::Unsigned, "edited"),
        }
    }
}

impl Element for Revocation<'_> {
    fn look_up(&self, wanted: &mut Wanted<'_>) {
        wanted.message(self.target);
    }

    fn mention(&self) -> Option<Mention<'_>> {
        Some(Mention { sender: self.sender, target: self.target })
    }

    /// Without a signature it changes nothing: a person can look at it.
    fn decide(&self, deciding: &mut Deciding<'_>, place: Place, trust: Trust) {
        match trust {
            Trust::Signed => deciding.revoke(place, self.target),
            Trust::PathOnly => deciding.quarantine(place, QuarantineReason::Unsigned, "revoked"),
        }
    }
}

impl Deciding<'_> {
    /// The message that an update is about; otherwise the update waits.
    pub(super) fn target(
        &mut self,
        place: Place,
        external: &ExternalId,
    ) -> Option<(MessageId, ConversationId, Direction)> {
        let found = self.known(external).map(|known| (known.id, known.conversation, known.direction));
        if found.is_none() {
            self.wait(place);
        }
        found
    }

    fn reaction(&mut self, place: Place, update: &ReactionUpdate) {
        let Some((message, conversation, _)) = self.target(place, &update.target) else { return };
        let reaction = Reaction {
            message,
            by: Direction::Inbound,
            emoji: update.emoji.clone(),
            at: place.at.min(self.now),
        };
        self.batch
            .about(message)
            .write(ConversationWrite::Reaction(reaction))
            .event(DomainEvent::MessageChanged { conversation, message });
    }

    fn edit(&mut self, place: Place, edit: &Edit<'_>) {
        let Some((message, conversation, direction)) = self.target(place, edit.target) else { return };
        if direction != Direction::Inbound {
            return self.quarantine(
                place,
                QuarantineReason::Contradiction,
                "edit of a message that they did not write",
            );
        }
        let at = place.at.min(self.now);
        let (content, file) = self.content(edit.content, message, at);
        if let Some(file) = file {
            self.batch.write(MediaWrite::Insert(file));
        }
        if let Some(plain) = edit.beside {
            self.decision.beside.push(Unsealed { message, edited_at: Some(at), plain: plain.to_owned() });
        }
        self.batch
            .about(message)
            .write(ConversationWrite::Edit { message, content: Box::new(content), beside: None, at })
            .event(DomainEvent::MessageChanged { conversation, message });
    }

    fn revoke(&mut self, place: Place, target: &ExternalId) {
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
            .write(ConversationWrite::Revoke { message, content, at: place.at.min(self.now) })
            .event(DomainEvent::MessageChanged { conversation, message });
    }
}
