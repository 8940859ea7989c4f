//! What received elements say in conversations: messages, and what becomes of messages.

mod delivery;
mod updates;

use chrono::{DateTime, Utc};

use super::{
    Activity, ActivityKind, Content, Conversation, ConversationState, ConversationWrite, Delivery,
    DeliveryStatus, Direction, ExternalId, HeadDelta, KnownMessage, Message, MessageDigest,
};
use crate::call::CallPermission;
use crate::consent::inbound::speaks_of_consent;
use crate::event::DomainEvent;
use crate::id::MessageId;
use crate::intake::decide::{Deciding, Element, Mention, Place, Unsealed, Wanted};
use crate::media::{Media, MediaState, MediaWrite};
use crate::outbox::JobKind;
use crate::provider::{InboundContent, InboundMedia, InboundMessage, Trust};
use crate::scope::Principal;
use crate::store::Revision;
use crate::webhook::QuarantineReason;
pub(crate) use updates::{Edit, Revocation};

impl Element for &InboundMessage {
    fn look_up(&self, wanted: &mut Wanted<'_>) {
        wanted.person(&self.sender);
        wanted.arrival(&self.external);
        if let Some(answered) = &self.reply_to {
            wanted.message(answered);
        }
        if speaks_of_consent(wanted.words, &self.content) {
            wanted.consent();
        }
    }

    fn mention(&self) -> Option<Mention<'_>> {
        self.reply_to.as_ref().map(|target| Mention { sender: &self.sender, target })
    }

    fn brings(&self) -> Option<&ExternalId> {
        Some(&self.external)
    }

    /// Without a signature it is shown and opens no reply window, joins no identities, and what looks like an opt-out holds
    /// promotion until a person has asked.
    fn decide(&self, deciding: &mut Deciding<'_>, place: Place, trust: Trust) {
        match trust {
            Trust::Signed => deciding.message(place, self, trust),
            Trust::PathOnly => {
                let alone = InboundMessage { sender: self.sender.with_one_id(), ..(*self).clone() };
                deciding.message(place, &alone, trust);
            }
        }
    }
}

impl Deciding<'_> {
    fn message(&mut self, place: Place, received: &InboundMessage, trust: Trust) {
        let at = place.at;
        let digest = digest(received, at);
        if let Some(known) = self.known(&received.external) {
            if known.digest.is_some_and(|first| first != digest) {
                self.quarantine(place, QuarantineReason::Contradiction, "message");
            }
            return;
        }
        // One from the future is shown when it arrived: it is the clocks that differ, and it may be an opt-out.
        let at = at.min(self.now);
        if self.is_out_of_time(at) {
            return self.quarantine(place, QuarantineReason::OutOfTime, "message");
        }
        let Some(person) = self.people.resolve(&received.sender, at, self.now, self.ids, self.batch) else {
            return self.quarantine(place, QuarantineReason::Unknown, "message without a sender");
        };
        let conversation = self.conversation(person, at);
        self.reopens(person);
        let id: MessageId = self.ids.next(at);
        let (content, file) = self.content(&received.content, id, at);
        let answered = received.reply_to.as_ref().and_then(|target| self.known(target)).map(|known| known.id);
        let mut context = received.context.clone();
        // A message that is not here, or is here under another form of its id, is still the one that was answered.
        context.quoted = received.reply_to.clone().filter(|_| answered.is_none());
        if let Some(beside) = &received.beside {
            self.decision.beside.push(Unsealed { message: id, edited_at: None, plain: beside.clone() });
        }
        let message = Message {
            id,
            conversation: conversation.id,
            direction: Direction::Inbound,
            author: None,
            content,
            purpose: None,
            event_at: at,
            received_at: self.now,
            expires_at: None,
            external: Some(received.external.clone()),
            reply_to: answered,
            delivery: Delivery { status: DeliveryStatus::Received, at, failure: None },
            edited_at: None,
            revoked_at: None,
            reactions: Vec::new(),
            context,
            // Sealed by intake, which has the keys.
            beside: None,
        };
        self.messages.push(KnownMessage {
            id,
            conversation: conversation.id,
            direction: Direction::Inbound,
            external: message.external.clone(),
            digest: Some(digest),
            status: DeliveryStatus::Received,
        });
        self.opt_out(person, &message, trust);
        let permission = CallPermission::in_message(&message.content, at).filter(|_| trust == Trust::Signed);
        self.batch
            .event(DomainEvent::MessageReceived { conversation: conversation.id, message: id })
            .about(id)
            .write(ConversationWrite::Append {
                account: self.account,
                message: Box::new(message),
                head: HeadDelta { unread: 1, reopen: true, inbound: trust == Trust::Signed },
                digest: Some(digest),
            });
        if let Some(permission) = permission {
            let conversation = conversation.id;
            self.batch.write(ConversationWrite::CallPermission { conversation, permission });
        }
        // A file belongs to its message, so the message is written first.
        if let Some(file) = file {
            self.batch.write(MediaWrite::Insert(file));
        }
    }

    /// The person's conversation on this account, made if there is none.
    pub(crate) fn conversation(&mut self, person: usize, at: DateTime<Utc>) -> Conversation {
        let person = self.people.get_mut(person);
        if let Some(known) = &person.conversation {
            return known.clone();
        }
        let conversation = Conversation {
            id: self.ids.next(self.now),
            account: self.account,
            identity: person.identity.id,
            contact: person.identity.contact,
            state: ConversationState::Open,
            assignee: None,
            team: None,
            unread: 0,
            last_message: None,
            last_at: at,
            last_inbound_at: None,
            last_inbound: None,
            seen_up_to: None,
            waiting_since: None,
            last_failed: false,
            call_permission: None,
            revision: Revision::FIRST,
            created_at: self.now,
        };
        person.conversation = Some(conversation.clone());
        self.batch.write(ConversationWrite::Insert(conversation.clone()));
        conversation
    }

    /// Says in the log that a message opens the conversation again, once for all that arrive together.
    fn reopens(&mut self, person: usize) {
        let Some(talk) = &mut self.people.get_mut(person).conversation else { return };
        if talk.state_at(self.now) == ConversationState::Open {
            return;
        }
        talk.state = ConversationState::Open;
        let done = Activity {
            id: self.ids.next(self.now),
            conversation: talk.id,
            by: Principal::System.to_ref(),
            what: ActivityKind::Reopened,
            at: self.now,
        };
        self.batch.write(ConversationWrite::Activity(done));
    }

    /// What a message holds, with its file, which the caller writes after the message; a job fetches it.
    fn content(
        &mut self,
        received: &InboundContent,
        message: MessageId,
        at: DateTime<Utc>,
    ) -> (Content, Option<Media>) {
        let file = match received {
            InboundContent::Ready(content) => return (content.clone(), None),
            InboundContent::Media(file) => file,
        };
        let InboundMedia { what, provider_id, link, mime, sha256, caption, filename } = file.clone();
        let can_be_fetched = provider_id.is_some();
        let media = Media {
            id: self.ids.next(at),
            owner: message.into(),
            account: self.account,
            what,
            state: if can_be_fetched { MediaState::Pending } else { MediaState::Unavailable },
            mime,
            filename: filename.clone(),
            size: None,
            sha256,
            provider_id,
            blob: None,
            wrapped_key: None,
            event_at: at,
            expires_at: None,
        };
        let content = Content::Media { what, media: media.id, caption, filename, link };
        if can_be_fetched {
            self.queue(JobKind::FetchMedia(media.id));
        }
        (content, Some(media))
    }
}

/// Of what the sender said and when, without what a provider adds for each delivery (addresses of files).
fn digest(message: &InboundMessage, at: DateTime<Utc>) -> MessageDigest {
    let mut bytes = at.timestamp().to_be_bytes().to_vec();
    match &message.content {
        InboundContent::Ready(content) => {
            // Serialising plain data into memory cannot fail; if it ever did, the time alone would be compared.
            let _ = serde_json::to_writer(&mut bytes, content);
        }
        InboundContent::Media(media) => {
            let named = media.provider_id.as_deref().or(media.link.as_deref()).unwrap_or_default();
            bytes.extend_from_slice(named.as_bytes());
            bytes.extend_from_slice(media.caption.as_ref().map_or("", |text| text.reveal()).as_bytes());
        }
    }
    MessageDigest::of(&bytes)
}
