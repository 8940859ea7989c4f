//! What intake has to know of an element, whatever it reports. Each domain answers for its own kinds of element.

use super::state::{Deciding, Place};
use crate::consent::Words;
use crate::contact::Alias;
use crate::conversation::ExternalId;
use crate::id::MessageId;
use crate::outbox::QueueKind;
use crate::provider::{Sender, Trust};
use crate::webhook::QuarantineReason;

/// A kind of element.
pub(crate) trait Element: Send + Sync {
    /// Where it waits. What changes consent or content is never behind ticks.
    fn queue(&self) -> QueueKind {
        QueueKind::Elements
    }

    /// Asks for everything that has to be known before it is decided.
    fn look_up(&self, wanted: &mut Wanted<'_>);

    /// The message of its sender's conversation that it is about or answers.
    fn mention(&self) -> Option<Mention<'_>> {
        None
    }

    /// The provider's id of the message that comes with it.
    fn brings(&self) -> Option<&ExternalId> {
        None
    }

    /// Why an element that names no account is kept and in which words, if it need not name one.
    fn without_account(&self) -> Option<(QuarantineReason, &str)> {
        None
    }

    /// Decides what follows from it and writes that into the batch. What came without a signature informs people and
    /// decides nothing: anyone who knows the address can post it.
    fn decide(&self, deciding: &mut Deciding<'_>, at: Place, trust: Trust);
}

/// A mention of a message, which may be by another form of its id than the one it is kept under.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mention<'a> {
    /// The person in whose conversation the message is.
    pub(crate) sender: &'a Sender,
    /// The message, by the id that the element gives.
    pub(crate) target: &'a ExternalId,
}

/// Whether the ids of messages that arrive are looked up before the decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lookup {
    /// They are taken for new, as nearly all are. The store refuses one that is not, before anything is written.
    Optimistic,
    /// They are looked up: a message may have arrived before.
    Full,
}

/// What has to be known before elements are decided.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// The words for opting out, by which an element shows that it touches consent.
    pub(crate) words: &'a Words,
    pub(super) lookup: Lookup,
    pub(super) aliases: Vec<Alias>,
    pub(super) external: Vec<ExternalId>,
    pub(super) own: Vec<MessageId>,
    pub(super) consent: bool,
}

impl<'a> Wanted<'a> {
    pub(super) fn new(words: &'a Words, lookup: Lookup) -> Self {
        let (aliases, external, own) = (Vec::new(), Vec::new(), Vec::new());
        Self { words, lookup, aliases, external, own, consent: false }
    }

    /// A person, by each id that the provider gives.
    pub(crate) fn person(&mut self, person: &Sender) {
        self.aliases.extend(person.aliases());
    }

    /// A message that exists already, by the provider's id.
    pub(crate) fn message(&mut self, external: &ExternalId) {
        self.external.push(external.clone());
    }

    /// Whether a message that arrives is here already.
    pub(crate) fn arrival(&mut self, external: &ExternalId) {
        self.external.extend((self.lookup == Lookup::Full).then(|| external.clone()));
    }

    /// A message of ours, by our own id.
    pub(crate) fn own(&mut self, id: MessageId) {
        self.own.push(id);
    }

    /// The consent of the people who are looked up.
    pub(crate) fn consent(&mut self) {
        self.consent = true;
    }
}
