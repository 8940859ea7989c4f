//! What follows from received elements: a pure decision from facts, elements and an instant to a batch.

mod consent;
mod people;
mod unsigned;
mod updates;

#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};

use super::{
    Activity, ActivityKind, Content, Conversation, ConversationState, ConversationWrite, Delivery,
    DeliveryStatus, Direction, HeadDelta, InboundFacts, KnownMessage, Message, MessageDigest,
};
use crate::consent::{Channel, Words};
use crate::contact::Portfolio;
use crate::event::DomainEvent;
use crate::id::{AccountId, IdSource, MessageId};
use crate::media::{Media, MediaState, MediaWrite};
use crate::outbox::{Job, JobKind};
use crate::provider::{
    Inbound, InboundBody, InboundContent, InboundMedia, InboundMessage, Received, TemplateUpdate, Trust,
};
use crate::scope::Principal;
use crate::store::{Batch, Revision};
use crate::time::{FUTURE_TOLERANCE, OLDEST_EVENT};
use crate::webhook::QuarantineReason;
pub(crate) use consent::touches_consent;
use people::People;

/// All that a decision looks at.
#[derive(Debug)]
pub struct Facts<'a> {
    /// What the store knows.
    pub known: InboundFacts,
    /// The account the elements came by.
    pub account: AccountId,
    /// By which way its provider reaches people.
    pub channel: Channel,
    /// Where its ids for people mean something.
    pub portfolio: Portfolio,
    /// When it is decided, by the clock of the caller.
    pub now: DateTime<Utc>,
    /// Where ids come from.
    pub ids: &'a IdSource,
    /// Words for opting out.
    pub words: &'a Words,
}

/// What a message or an edit held beside what is shown of it: sealed by intake, which has the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsealed {
    /// The message that it belongs to.
    pub message: MessageId,
    /// When it was edited; `None` for what came with the message itself.
    pub edited_at: Option<DateTime<Utc>>,
    /// The received element as JSON.
    pub plain: String,
}

/// What could not be decided into the batch, by the element's place.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Goes into quarantine, with the provider's word for it.
    pub quarantine: Vec<(usize, QuarantineReason, String)>,
    /// Speaks of something that has not turned up yet: waits.
    pub wait: Vec<usize>,
    /// What messages and edits held beside what is shown of them, to be sealed into the writes of the batch.
    pub beside: Vec<Unsealed>,
}

/// Decides what follows from elements of one account, in their order, and writes it into `batch`.
///
/// Commutes as far as it can: heads take maxima, unread adds, evidence keeps the highest rank, reactions and edits the
/// newest; so any order of arrival ends in the same state.
pub fn decide(facts: Facts<'_>, elements: &[Received], batch: &mut Batch) -> Decision {
    let mut deciding = Deciding {
        people: People::new(facts.known.identities, facts.known.candidates, facts.portfolio),
        messages: facts.known.messages,
        account: facts.account,
        channel: facts.channel,
        now: facts.now,
        ids: facts.ids,
        words: facts.words,
        batch,
        decision: Decision::default(),
    };
    for (place, received) in elements.iter().enumerate() {
        match received.trust {
            Trust::Signed => deciding.element(place, &received.element),
            Trust::PathOnly => deciding.unsigned(place, &received.element),
        }
    }
    deciding.decision
}

struct Deciding<'a> {
    people: People,
    messages: Vec<KnownMessage>,
    account: AccountId,
    channel: Channel,
    now: DateTime<Utc>,
    ids: &'a IdSource,
    words: &'a Words,
    batch: &'a mut Batch,
    decision: Decision,
}

impl Deciding<'_> {
    fn element(&mut self, place: usize, element: &Inbound) {
        let at = element.at.unwrap_or(self.now);
        match &element.body {
            InboundBody::Message(message) => self.message(place, message, at, Trust::Signed),
            InboundBody::Reaction(update) => self.reaction(place, update, at),
            InboundBody::Edited { target, content, beside, .. } => {
                self.edit(place, target, content, beside.as_deref(), at);
            }
            InboundBody::Revoked { target, .. } => self.revoke(place, target, at),
            InboundBody::Delivery(update) => self.delivery(place, update, at),
            InboundBody::Preference(update) => self.preference(place, update, at),
            InboundBody::Identity(update) => self.identity(place, update, at),
            InboundBody::Template(update) => self.templates(place, update),
            InboundBody::Account { what } => self.quarantine(place, QuarantineReason::Account, what),
            InboundBody::Unknown { what } => self.quarantine(place, QuarantineReason::Unknown, what),
        }
    }

    fn quarantine(&mut self, place: usize, reason: QuarantineReason, what: &str) {
        self.decision.quarantine.push((place, reason, what.to_owned()));
        self.batch.event(DomainEvent::QuarantineChanged);
    }

    /// So old or so far ahead that it makes nothing new.
    fn is_out_of_time(&self, at: DateTime<Utc>) -> bool {
        at < self.now - OLDEST_EVENT || at > self.now + FUTURE_TOLERANCE
    }

    fn known(&self, external: &super::ExternalId) -> Option<&KnownMessage> {
        self.messages.iter().find(|known| known.external.as_ref() == Some(external))
    }

    fn message(&mut self, place: usize, received: &InboundMessage, at: DateTime<Utc>, trust: Trust) {
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
        self.batch
            .event(DomainEvent::MessageReceived { conversation: conversation.id, message: id })
            .about(id)
            .write(ConversationWrite::Append {
                account: self.account,
                message: Box::new(message),
                head: HeadDelta { unread: 1, reopen: true, inbound: trust == Trust::Signed },
                digest: Some(digest),
            });
        // A file belongs to its message, so the message is written first.
        if let Some(file) = file {
            self.batch.write(MediaWrite::Insert(file));
        }
    }

    /// The person's conversation on this account, made if there is none.
    fn conversation(&mut self, person: usize, at: DateTime<Utc>) -> Conversation {
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

    fn queue(&mut self, kind: JobKind) {
        let job = Job::new(self.ids.next(self.now), kind, self.now);
        self.batch.job(job.through(self.account));
    }

    /// The list is fetched again; what happened, why and when is kept for people to read.
    fn templates(&mut self, place: usize, update: &TemplateUpdate) {
        self.queue(JobKind::SyncTemplates);
        let what = format!("template {} ({}) {}", update.name, update.language, update.what);
        self.quarantine(place, QuarantineReason::Account, &what);
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
