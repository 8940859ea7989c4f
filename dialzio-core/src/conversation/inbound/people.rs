//! Who wrote: finding, making and joining channel identities.

use chrono::{DateTime, Utc};

use crate::contact::{Alias, ChannelIdentity, Contact, ContactWrite, Portfolio, Stage, SubjectKey};
use crate::conversation::KnownIdentity;
use crate::event::DomainEvent;
use crate::id::{ContactId, IdSource};
use crate::provider::Sender;
use crate::store::{Batch, Revision};

/// The people a decision deals with, as they will be once its batch is applied.
pub(super) struct People {
    known: Vec<KnownIdentity>,
    candidates: Vec<(SubjectKey, ContactId)>,
    portfolio: Portfolio,
}

fn same(a: &Alias, b: &Alias) -> bool {
    a.kind() == b.kind() && a.match_key() == b.match_key()
}

impl People {
    pub(super) fn new(
        known: Vec<KnownIdentity>,
        candidates: Vec<(SubjectKey, ContactId)>,
        portfolio: Portfolio,
    ) -> Self {
        Self { known, candidates, portfolio }
    }

    pub(super) fn get(&self, place: usize) -> &KnownIdentity {
        &self.known[place]
    }

    pub(super) fn get_mut(&mut self, place: usize) -> &mut KnownIdentity {
        &mut self.known[place]
    }

    /// The person behind one of these ids, without making anybody.
    pub(super) fn find(&self, sender: &Sender) -> Option<usize> {
        let aliases = sender.aliases();
        self.known.iter().position(|person| {
            person.identity.aliases.iter().any(|held| aliases.iter().any(|seen| same(held, seen)))
        })
    }

    pub(super) fn position(&self, wanted: impl Fn(&KnownIdentity) -> bool) -> Option<usize> {
        self.known.iter().position(wanted)
    }

    /// The person behind these ids: found, joined from several that turn out to be one, or made. `None` without any id.
    pub(super) fn resolve(
        &mut self,
        sender: &Sender,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
        ids: &IdSource,
        batch: &mut Batch,
    ) -> Option<usize> {
        self.resolve_aliases(sender, sender.aliases(), at, now, ids, batch)
    }

    pub(super) fn resolve_aliases(
        &mut self,
        sender: &Sender,
        aliases: Vec<Alias>,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
        ids: &IdSource,
        batch: &mut Batch,
    ) -> Option<usize> {
        if aliases.is_empty() {
            return None;
        }
        let holds = |person: &KnownIdentity| {
            person.identity.aliases.iter().any(|held| aliases.iter().any(|seen| same(held, seen)))
        };
        let mut found: Vec<usize> =
            (0..self.known.len()).filter(|place| holds(&self.known[*place])).collect();
        if found.is_empty() {
            return Some(self.make(sender, aliases, at, now, ids, batch));
        }
        // The one people talk to most recently stays; among equals the older one.
        found.sort_by_key(|place| {
            let person = &self.known[*place];
            let heard = person.conversation.as_ref().and_then(|conversation| conversation.last_inbound_at);
            (std::cmp::Reverse(heard), person.identity.id)
        });
        let survivor = found[0];
        for place in found[1..].iter().copied() {
            self.join(place, survivor, batch);
        }
        let identity = &mut self.known[survivor].identity;
        for alias in aliases {
            if identity.aliases.contains(&alias) {
                continue;
            }
            identity.aliases.retain(|held| !same(held, &alias));
            identity.aliases.push(alias.clone());
            batch.write(ContactWrite::Alias { identity: identity.id, alias, seen_at: at });
        }
        let named = sender.profile_name.is_some() && sender.profile_name != identity.profile_name
            || sender.username.is_some() && sender.username != identity.username;
        if named && at > identity.profile_at {
            identity.profile_name = sender.profile_name.clone().or(identity.profile_name.take());
            identity.username = sender.username.clone().or(identity.username.take());
            identity.profile_at = at;
            batch.write(ContactWrite::Profile {
                identity: identity.id,
                name: sender.profile_name.clone(),
                username: sender.username.clone(),
                at,
            });
            batch.event(DomainEvent::ContactChanged { contact: identity.contact });
        }
        if identity.unreachable_since.take().is_some() {
            batch.write(ContactWrite::Reachable { identity: identity.id, unreachable_since: None });
        }
        Some(survivor)
    }

    fn join(&mut self, from: usize, into: usize, batch: &mut Batch) {
        let gone = &mut self.known[from];
        let (from_id, conversation) = (gone.identity.id, gone.conversation.clone());
        let aliases = std::mem::take(&mut gone.identity.aliases);
        let consents = std::mem::take(&mut gone.consents);
        let contact = gone.identity.contact;
        let kept = &mut self.known[into];
        kept.identity.aliases.extend(aliases);
        kept.consents.extend(consents);
        kept.conversation = kept.conversation.take().or(conversation);
        batch
            .write(ContactWrite::JoinIdentity { from: from_id, into: kept.identity.id })
            .event(DomainEvent::ContactChanged { contact })
            .event(DomainEvent::ContactChanged { contact: kept.identity.contact });
    }

    fn make(
        &mut self,
        sender: &Sender,
        aliases: Vec<Alias>,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
        ids: &IdSource,
        batch: &mut Batch,
    ) -> usize {
        let keys: Vec<_> = aliases.iter().map(|alias| alias.subject_key(&self.portfolio)).collect();
        let typed = self.candidates.iter().find(|(key, _)| keys.contains(key)).map(|(_, contact)| *contact);
        let id = typed.unwrap_or_else(|| ids.next(now));
        if typed.is_none() {
            batch.write(ContactWrite::Insert(Contact {
                id,
                name: sender.profile_name.clone(),
                stage: Stage::New,
                owner: None,
                details: Vec::new(),
                tags: Vec::new(),
                restricted: false,
                revision: Revision::FIRST,
                created_at: now,
                updated_at: now,
            }));
        }
        let identity = ChannelIdentity {
            id: ids.next(now),
            contact: id,
            portfolio: self.portfolio.clone(),
            aliases,
            profile_name: sender.profile_name.clone(),
            username: sender.username.clone(),
            profile_at: at,
            unreachable_since: None,
            created_at: now,
        };
        batch
            .write(ContactWrite::Identity(identity.clone()))
            .event(DomainEvent::ContactChanged { contact: id });
        self.known.push(KnownIdentity {
            identity,
            details: Vec::new(),
            conversation: None,
            consents: Vec::new(),
        });
        self.known.len() - 1
    }
}
