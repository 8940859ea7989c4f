//! What a decision knows, and what it has decided so far: shared by all domains, since one element may rest on another
//! that arrived with it.

use chrono::{DateTime, Utc};

use super::people::People;
use crate::call::deciding::Calls;
use crate::consent::{Channel, Words};
use crate::contact::Portfolio;
use crate::conversation::{ExternalId, InboundFacts, KnownMessage};
use crate::event::DomainEvent;
use crate::id::{AccountId, IdSource, MessageId};
use crate::outbox::{Job, JobKind};
use crate::store::Batch;
use crate::time::{FUTURE_TOLERANCE, OLDEST_EVENT};
use crate::webhook::QuarantineReason;

/// All that a decision looks at.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// What the store knows.
    pub(crate) known: InboundFacts,
    /// What is known of calls, if any is reported.
    pub(crate) calls: Option<Calls>,
    /// The account the elements came by.
    pub(crate) account: AccountId,
    /// By which way its provider reaches people.
    pub(crate) channel: Channel,
    /// Where its ids for people mean something.
    pub(crate) portfolio: Portfolio,
    /// When it is decided, by the clock of the caller.
    pub(crate) now: DateTime<Utc>,
    /// Where ids come from.
    pub(crate) ids: &'a IdSource,
    /// Words for opting out.
    pub(crate) words: &'a Words,
}

/// What a message or an edit held beside what is shown of it: sealed by intake, which has the keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unsealed {
    /// The message that it belongs to.
    pub(crate) message: MessageId,
    /// When it was edited; `None` for what came with the message itself.
    pub(crate) edited_at: Option<DateTime<Utc>>,
    /// The received element as JSON.
    pub(crate) plain: String,
}

/// What could not be decided into the batch, by the element's place.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    /// Goes into quarantine, with the provider's word for it.
    pub(crate) quarantine: Vec<(usize, QuarantineReason, String)>,
    /// Speaks of something that has not turned up yet: waits.
    pub(crate) wait: Vec<usize>,
    /// What messages and edits held beside what is shown of them, to be sealed into the writes of the batch.
    pub(crate) beside: Vec<Unsealed>,
}

/// Which element of a webhook is decided, and when it happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Its place among those that are decided together.
    pub(crate) index: usize,
    /// The provider's time, or now if it gave none.
    pub(crate) at: DateTime<Utc>,
}

/// A decision in progress.
pub(crate) struct Deciding<'a> {
    pub(crate) people: People,
    pub(crate) messages: Vec<KnownMessage>,
    /// What is known of calls, if any is reported.
    pub(crate) calls: Option<Calls>,
    pub(crate) account: AccountId,
    pub(crate) channel: Channel,
    pub(crate) now: DateTime<Utc>,
    pub(crate) ids: &'a IdSource,
    pub(crate) words: &'a Words,
    pub(crate) batch: &'a mut Batch,
    pub(crate) decision: Decision,
}

impl<'a> Deciding<'a> {
    pub(super) fn new(facts: Facts<'a>, batch: &'a mut Batch) -> Self {
        Self {
            people: People::new(facts.known.identities, facts.known.candidates, facts.portfolio),
            messages: facts.known.messages,
            calls: facts.calls,
            account: facts.account,
            channel: facts.channel,
            now: facts.now,
            ids: facts.ids,
            words: facts.words,
            batch,
            decision: Decision::default(),
        }
    }

    /// Keeps the element sealed for a person to look at.
    pub(crate) fn quarantine(&mut self, place: Place, reason: QuarantineReason, what: &str) {
        self.decision.quarantine.push((place.index, reason, what.to_owned()));
        self.batch.event(DomainEvent::QuarantineChanged);
    }

    /// Puts the element back until what it speaks of has turned up.
    pub(crate) fn wait(&mut self, place: Place) {
        self.decision.wait.push(place.index);
    }

    /// So old or so far ahead that it makes nothing new.
    pub(crate) fn is_out_of_time(&self, at: DateTime<Utc>) -> bool {
        at < self.now - OLDEST_EVENT || at > self.now + FUTURE_TOLERANCE
    }

    /// A message that is here already, or has arrived with these elements.
    pub(crate) fn known(&self, external: &ExternalId) -> Option<&KnownMessage> {
        self.messages.iter().find(|known| known.external.as_ref() == Some(external))
    }

    /// Queues a job of the account.
    pub(crate) fn queue(&mut self, kind: JobKind) {
        let job = Job::new(self.ids.next(self.now), kind, self.now);
        self.batch.job(job.through(self.account));
    }
}
