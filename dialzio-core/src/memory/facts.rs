//! What the gate, the wire and intake need, each in one look.

use chrono::{DateTime, Utc};

use super::state::{Rows, alias_key};
use crate::consent::{ConsentRows, Purpose, SendFacts};
use crate::conversation::{
    Content, Conversation, DeliveryStatus, Direction, InboundFacts, InboundQuery, KnownIdentity, KnownMessage,
};
use crate::id::{ContactId, JobId, MessageId, OrgId};
use crate::outbox::JobKind;
use crate::store::periods::CAP_PERIOD;
use crate::store::{StoreError, StoreResult};

impl Rows {
    pub(super) fn send_facts(
        &self,
        org: OrgId,
        id: JobId,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<SendFacts>> {
        let Some(job) = self.jobs.get(&id) else { return Ok(None) };
        let JobKind::Send(message) = job.kind else { return Ok(None) };
        let Some(message) = self.message(message, now) else { return Ok(None) };
        let Some(conversation) = self.conversations.get(&message.conversation) else { return Ok(None) };
        let (Some(identity), Some(account)) =
            (self.identity(conversation.identity), self.accounts.get(&conversation.account).cloned())
        else {
            return Ok(None);
        };
        let Some(consent) = self.consent_rows(org, conversation, Some(message.id), now)? else {
            return Ok(None);
        };
        let reply_to = message.reply_to.and_then(|id| self.messages.get(&id));
        let template = match &message.content {
            Content::Template { name, language, .. } => {
                let mut all = self.templates.get(&conversation.account).into_iter().flatten();
                all.find(|template| template.name == *name && template.language == *language).cloned()
            }
            _ => None,
        };
        Ok(Some(SendFacts {
            job: job.clone(),
            message: message.clone(),
            conversation: conversation.clone(),
            identity,
            account,
            consent,
            reply_to: reply_to.and_then(|message| message.external.clone()),
            template,
        }))
    }

    pub(super) fn consent_rows(
        &self,
        org: OrgId,
        conversation: &Conversation,
        itself: Option<MessageId>,
        now: DateTime<Utc>,
    ) -> StoreResult<Option<ConsentRows>> {
        let Some(identity) = self.identity(conversation.identity) else { return Ok(None) };
        let Some(contact) = self.contacts.get(&identity.contact) else { return Ok(None) };
        let subjects = identity.subject_keys();
        let records = self.consents_about(&subjects);
        let of_person = |conversation: &&Conversation| self.card_of(conversation) == Some(contact.id);
        let with_person = || self.conversations.values().filter(of_person);
        let newest =
            |conversation: &Conversation| conversation.last_inbound.zip(conversation.last_inbound_at);
        let last_inbound = newest(conversation);
        let settings = self.org.as_ref().ok_or(StoreError::Unreadable("organisation"))?;
        Ok(Some(ConsentRows {
            org,
            contact: contact.id,
            address: identity.address(),
            head: records.last().map(|record| record.seq).unwrap_or_default(),
            subjects,
            records,
            restricted: contact.restricted,
            doubtful: identity.doubt.is_some(),
            unreachable_since: identity.unreachable_since,
            last_inbound,
            existing_relationship: with_person()
                .filter_map(newest)
                .max_by_key(|(message, at)| (*at, *message)),
            answered: last_inbound.is_some_and(|(last, _)| self.answered(conversation, last, itself)),
            marketing_sent: with_person().flat_map(|with| self.promoted(with, now)).collect(),
            quiet_hours: settings.quiet_hours,
            zone: settings.zone,
            marketing_cap: settings.marketing_cap,
        }))
    }

    /// The contact behind a conversation, after any joins.
    fn card_of(&self, conversation: &Conversation) -> Option<ContactId> {
        self.identities.get(&self.survivor(conversation.identity)).map(|identity| identity.contact)
    }

    /// Whether something else was sent, or is queued, after the person's newest message.
    fn answered(&self, conversation: &Conversation, last: MessageId, itself: Option<MessageId>) -> bool {
        let never = [DeliveryStatus::Suppressed, DeliveryStatus::Cancelled, DeliveryStatus::Expired];
        self.messages.range(last..).any(|(id, message)| {
            message.conversation == conversation.id
                && message.direction == Direction::Outbound
                && Some(*id) != itself
                && !never.contains(&message.delivery.status)
        })
    }

    /// When promotional messages of a conversation were dispatched, lately.
    fn promoted(&self, conversation: &Conversation, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let promotional = self.messages.values().filter(|message| {
            message.conversation == conversation.id && message.purpose == Some(Purpose::Marketing)
        });
        let dispatched = promotional.filter_map(|message| {
            self.evidence.get(&(message.id, DeliveryStatus::Dispatched)).map(|evidence| evidence.at)
        });
        dispatched.filter(|at| *at + CAP_PERIOD > now).collect()
    }

    pub(super) fn inbound_facts(&self, query: &InboundQuery, now: DateTime<Utc>) -> InboundFacts {
        let mut found = Vec::new();
        for alias in &query.aliases {
            if let Some(held) = self.aliases.get(&alias_key(&query.portfolio, alias))
                && !found.contains(&held.identity)
            {
                found.push(held.identity);
            }
        }
        let identities = found.into_iter().filter_map(|id| {
            let identity = self.identity(id)?;
            let (mut details, mut consents) = (Vec::new(), Vec::new());
            if query.consent {
                let contact = self.contacts.get(&identity.contact)?;
                details = contact.details.iter().map(|detail| detail.value.subject_key()).collect();
                consents = self.consents_about(&identity.subject_keys());
            }
            let conversation = self.conversation_of(query.account, identity.id).cloned();
            Some(KnownIdentity { identity, details, conversation, consents })
        });
        let identities: Vec<_> = identities.collect();
        let numbers = query.numbers_of_nobody(&identities);
        let candidates = self.contacts.values().flat_map(|contact| {
            let keys = contact.details.iter().map(|detail| detail.value.subject_key());
            keys.filter(|key| numbers.contains(key)).map(|key| (key, contact.id))
        });
        let seen = self.aliases.values().filter_map(|held| {
            let identity = self.identity(held.identity)?;
            let current = identity.aliases.iter().filter(|alias| identity.given_up(alias).is_none());
            let keys: Vec<_> = current
                .map(|alias| alias.subject_key(&identity.portfolio))
                .filter(|key| numbers.contains(key))
                .map(|key| (key, identity.contact))
                .collect();
            Some(keys)
        });
        let seen: Vec<_> = if numbers.is_empty() { Vec::new() } else { seen.flatten().collect() };
        InboundFacts {
            candidates: InboundFacts::candidates_in_order(candidates.chain(seen).collect()),
            identities,
            messages: self.known_messages(query, now),
        }
    }

    fn known_messages(&self, query: &InboundQuery, now: DateTime<Utc>) -> Vec<KnownMessage> {
        let referred = query.external.iter().filter_map(|external| {
            let reference = self.references.get(&(query.account, external.clone()))?;
            Some((reference.message, Some(external.clone())))
        });
        let mut found: Vec<KnownMessage> = Vec::new();
        for (id, external) in referred.chain(query.own.iter().map(|id| (*id, None))) {
            let Some(message) = self.message(id, now) else { continue };
            if found.iter().any(|known| known.id == id) {
                continue;
            }
            let external = external.or_else(|| message.external.clone());
            let key = external.clone().map(|external| (query.account, external));
            let reference = key.and_then(|key| self.references.get(&key));
            found.push(KnownMessage {
                id,
                conversation: message.conversation,
                direction: message.direction,
                external,
                digest: reference.and_then(|reference| reference.digest),
                status: message.delivery.status,
            });
        }
        found
    }
}
