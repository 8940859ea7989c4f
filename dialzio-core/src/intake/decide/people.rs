//! Who wrote: finding, making and joining channel identities.

use chrono::{DateTime, TimeDelta, Utc};

use crate::call::record::{Joined, Whose};
use crate::contact::{
    Alias, ChannelIdentity, Contact, ContactWrite, Doubt, Former, NameSource, Portfolio, Stage, SubjectKey,
    Task,
};
use crate::conversation::KnownIdentity;
use crate::event::DomainEvent;
use crate::id::{ContactId, IdSource};
use crate::provider::Sender;
use crate::store::{Batch, Revision};
use crate::text::TaskTitle;

/// By when a member should have read a suspected opt-out.
pub(crate) const LOOK_WITHIN: TimeDelta = TimeDelta::hours(24);

/// The people a decision deals with, as they will be once its batch is applied.
pub(crate) struct People {
    known: Vec<KnownIdentity>,
    candidates: Vec<(SubjectKey, ContactId)>,
    portfolio: Portfolio,
    joined: Vec<Joined>,
}

impl People {
    pub(crate) fn new(
        known: Vec<KnownIdentity>,
        candidates: Vec<(SubjectKey, ContactId)>,
        portfolio: Portfolio,
    ) -> Self {
        Self { known, candidates, portfolio, joined: Vec::new() }
    }

    pub(crate) fn get(&self, place: usize) -> &KnownIdentity {
        &self.known[place]
    }

    pub(crate) fn get_mut(&mut self, place: usize) -> &mut KnownIdentity {
        &mut self.known[place]
    }

    /// Which identities have turned out to be one.
    pub(crate) fn joined(&self) -> &[Joined] {
        &self.joined
    }

    /// The person behind one of these ids; makes no one new.
    pub(crate) fn find(&self, sender: &Sender) -> Option<usize> {
        let aliases = sender.aliases();
        self.known.iter().position(|person| {
            person.identity.aliases.iter().any(|held| aliases.iter().any(|seen| held.is(seen)))
        })
    }

    pub(crate) fn position(&self, wanted: impl Fn(&KnownIdentity) -> bool) -> Option<usize> {
        self.known.iter().position(wanted)
    }

    /// The person behind these ids: found, joined from several that turn out to be one, or made. `None` without any id.
    pub(crate) fn resolve(
        &mut self,
        sender: &Sender,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
        ids: &IdSource,
        batch: &mut Batch,
    ) -> Option<usize> {
        self.resolve_by(sender, sender.aliases(), true, at, now, ids, batch)
    }

    /// The same for the provider's updates of ids, which belong together for certain: no message is involved.
    pub(crate) fn resolve_aliases(
        &mut self,
        sender: &Sender,
        aliases: Vec<Alias>,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
        ids: &IdSource,
        batch: &mut Batch,
    ) -> Option<usize> {
        self.resolve_by(sender, aliases, false, at, now, ids, batch)
    }

    #[allow(clippy::too_many_arguments, reason = "who, by which ids, when, and where it is written down")]
    fn resolve_by(
        &mut self,
        sender: &Sender,
        aliases: Vec<Alias>,
        written: bool,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
        ids: &IdSource,
        batch: &mut Batch,
    ) -> Option<usize> {
        if aliases.is_empty() {
            return None;
        }
        let holds = |person: &KnownIdentity| {
            person.identity.aliases.iter().any(|held| aliases.iter().any(|seen| held.is(seen)))
        };
        let mut found: Vec<usize> =
            (0..self.known.len()).filter(|place| holds(&self.known[*place])).collect();
        let mut aliases = aliases;
        // A number that was given up joins no identities: a sender who is known by another id is the person of that id.
        let by_former = |place: &usize| {
            let identity = &self.known[*place].identity;
            let mut hits = aliases.iter().filter(|seen| identity.aliases.iter().any(|held| held.is(seen)));
            hits.all(|seen| identity.given_up(seen).is_some_and(|since| since < at))
        };
        if written && found.len() > 1 && !found.iter().all(by_former) {
            let left: Vec<usize> = found.iter().copied().filter(by_former).collect();
            found.retain(|place| !left.contains(place));
            let elsewhere = |seen: &Alias| {
                left.iter().any(|place| self.known[*place].identity.aliases.iter().any(|held| held.is(seen)))
            };
            aliases.retain(|seen| !elsewhere(seen));
        }
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
        if written && self.is_doubtful(survivor, sender, at) {
            self.ask_who_it_is(survivor, sender, at, now, ids, batch);
            return Some(survivor);
        }
        for place in found[1..].iter().copied() {
            self.join(place, survivor, batch);
        }
        let identity = &mut self.known[survivor].identity;
        for alias in aliases {
            if identity.aliases.contains(&alias) {
                continue;
            }
            identity.aliases.retain(|held| !held.is(&alias));
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
            if sender.profile_name.is_some() {
                batch.write(ContactWrite::FollowProfile { contact: identity.contact });
            }
            batch.event(DomainEvent::ContactChanged { contact: identity.contact });
        }
        if identity.unreachable_since.take().is_some() {
            batch.write(ContactWrite::Reachable { identity: identity.id, unreachable_since: None });
        }
        Some(survivor)
    }

    /// Whether another person may be writing: from a number that was given up, and with another profile or another id than
    /// the person's. One of their own ids beside the number says that it is them.
    fn is_doubtful(&self, place: usize, sender: &Sender, at: DateTime<Utc>) -> bool {
        let identity = &self.known[place].identity;
        let (numbers, ids): (Vec<_>, Vec<_>) =
            sender.aliases().into_iter().partition(|alias| matches!(alias, Alias::Phone(_)));
        let holds = |seen: &Alias| identity.aliases.iter().any(|held| held.is(seen));
        let given_up = |seen: &Alias| identity.given_up(seen).is_some_and(|since| since < at);
        let current = |seen: &Alias| holds(seen) && !given_up(seen);
        if !numbers.iter().any(given_up) || numbers.iter().chain(&ids).any(current) {
            return false;
        }
        let other_name = match (&sender.profile_name, &identity.profile_name) {
            (Some(seen), Some(known)) => seen != known,
            (Some(_), None) | (None, _) => false,
        };
        let other_id = ids.iter().any(|seen| identity.aliases.iter().any(|held| held.kind() == seen.kind()));
        other_name || other_id
    }

    /// Shows the doubt and asks, once for each profile.
    fn ask_who_it_is(
        &mut self,
        place: usize,
        sender: &Sender,
        at: DateTime<Utc>,
        now: DateTime<Utc>,
        ids: &IdSource,
        batch: &mut Batch,
    ) {
        let identity = &mut self.known[place].identity;
        let Some(number) = sender.phone.clone() else { return };
        if identity.doubt.as_ref().is_some_and(|doubt| doubt.name == sender.profile_name) {
            return;
        }
        let since = identity.doubt.as_ref().map_or(at, |doubt| doubt.since.min(at));
        let doubt = Doubt { number, name: sender.profile_name.clone(), since };
        if identity.doubt.is_none()
            && let Some(title) = TaskTitle::received("Another person may have this number now: say who it is")
        {
            batch.write(ContactWrite::InsertTask(Task {
                id: ids.next(now),
                contact: identity.contact,
                title,
                due_at: Some(now + LOOK_WITHIN),
                assignee: None,
                done_at: None,
                created_at: now,
                revision: Revision::FIRST,
            }));
        }
        identity.doubt = Some(doubt.clone());
        batch
            .write(ContactWrite::Doubt { identity: identity.id, doubt: Some(doubt) })
            .event(DomainEvent::ContactChanged { contact: identity.contact });
    }

    /// Notes that the provider reported another number in the place of these.
    pub(crate) fn give_up(&mut self, place: usize, gone: &[Alias], at: DateTime<Utc>, batch: &mut Batch) {
        let identity = &mut self.known[place].identity;
        for alias in gone.iter().filter(|alias| matches!(alias, Alias::Phone(_))) {
            if identity.given_up(alias).is_some_and(|since| since >= at) {
                continue;
            }
            identity.former.retain(|former| !former.alias.is(alias));
            identity.former.push(Former { alias: alias.clone(), since: at });
            let since = Some(at);
            batch.write(ContactWrite::Former { identity: identity.id, alias: alias.clone(), since });
        }
    }

    fn join(&mut self, from: usize, into: usize, batch: &mut Batch) {
        let gone = &mut self.known[from];
        let (from_id, conversation) = (gone.identity.id, gone.conversation.clone());
        let aliases = std::mem::take(&mut gone.identity.aliases);
        let former = std::mem::take(&mut gone.identity.former);
        let consents = std::mem::take(&mut gone.consents);
        let contact = gone.identity.contact;
        let from = Whose { identity: from_id, contact };
        let kept = &mut self.known[into];
        kept.identity.aliases.extend(aliases);
        kept.identity.former.extend(former);
        kept.consents.extend(consents);
        kept.conversation = kept.conversation.take().or(conversation);
        let into = Whose { identity: kept.identity.id, contact: kept.identity.contact };
        self.joined.push(Joined { from, into });
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
                name_source: NameSource::Profile,
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
            former: Vec::new(),
            doubt: None,
            created_at: now,
        };
        batch
            .write(ContactWrite::Identity(identity.clone()))
            .event(DomainEvent::ContactChanged { contact: id });
        if typed.is_some() && identity.profile_name.is_some() {
            batch.write(ContactWrite::FollowProfile { contact: id });
        }
        self.known.push(KnownIdentity {
            identity,
            details: Vec::new(),
            conversation: None,
            consents: Vec::new(),
        });
        self.known.len() - 1
    }
}
