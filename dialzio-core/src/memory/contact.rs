//! Contacts, identities, notes and follow-ups.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::commit::{absent, missing};
use super::state::{HeldAlias, Rows, alias_key};
use super::{MemoryStore, page, unreadable};
use crate::call::record::{Joined, Whose};
use crate::contact::{
    Alias, ChannelIdentity, Contact, ContactEntry, ContactOrder, ContactQuery, ContactStore, ContactWrite,
    Note, SubjectKey, Task, TaskQuery,
};
use crate::id::{ChannelIdentityId, ContactId, TaskId, TypedId};
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::{Precondition, RecordRef, StoreError, StoreResult};

impl Rows {
    pub(super) fn write_contact(&mut self, write: ContactWrite, at: DateTime<Utc>) -> StoreResult<()> {
        match write {
            ContactWrite::Insert(contact) => {
                self.contacts.insert(contact.id, contact);
            }
            ContactWrite::Update(contact) => {
                let subject = RecordRef::Contact(contact.id);
                let kept = self.contacts.get_mut(&contact.id).ok_or_else(|| {
                    StoreError::precondition_failed(Precondition::Revision(subject, contact.revision))
                })?;
                let (mut revision, created_at) = (kept.revision, kept.created_at);
                revision.0 += 1;
                *kept = Contact { revision, created_at, ..contact };
            }
            ContactWrite::Note(note) => {
                self.known(note.contact)?;
                self.notes.insert(note.id, note);
            }
            ContactWrite::InsertTask(task) => {
                self.known(task.contact)?;
                absent(&self.tasks, &task.id, RecordRef::Task(task.id))?;
                self.tasks.insert(task.id, task);
            }
            ContactWrite::ChangeTask { task, change } => {
                change.apply(self.tasks.get_mut(&task).ok_or_else(|| missing(RecordRef::Task(task)))?);
            }
            ContactWrite::Identity(mut identity) => {
                self.known(identity.contact)?;
                let (id, seen_at) = (identity.id, identity.created_at);
                let aliases = std::mem::take(&mut identity.aliases);
                self.identities.insert(id, identity);
                for alias in aliases {
                    self.link(id, alias, seen_at)?;
                }
            }
            ContactWrite::Alias { identity, alias, seen_at } => self.link(identity, alias, seen_at)?,
            ContactWrite::Profile { identity, name, username, at } => {
                let id = self.survivor(identity);
                if let Some(identity) = self.identities.get_mut(&id).filter(|kept| kept.profile_at <= at) {
                    identity.profile_at = at;
                    identity.profile_name = name.or_else(|| identity.profile_name.take());
                    identity.username = username.or_else(|| identity.username.take());
                }
            }
            ContactWrite::Reachable { identity, unreachable_since } => {
                let id = self.survivor(identity);
                if let Some(identity) = self.identities.get_mut(&id) {
                    identity.unreachable_since = unreachable_since;
                }
            }
            ContactWrite::FollowProfile { contact } => {
                let identities = self.identities_of(contact);
                if let Some(contact) = self.contacts.get_mut(&contact)
                    && contact.follow_profile(&identities, at)
                {
                    contact.revision.0 += 1;
                }
            }
            ContactWrite::Former { identity, alias, since } => {
                if let Some(held) = self.held(identity, &alias) {
                    held.former_at = since;
                }
            }
            ContactWrite::Doubt { identity, doubt } => {
                let id = self.survivor(identity);
                if let Some(identity) = self.identities.get_mut(&id) {
                    identity.doubt = doubt;
                }
            }
            ContactWrite::Release { identity, alias } => {
                let id = self.survivor(identity);
                self.aliases.retain(|_, held| held.identity != id || !held.alias.is(&alias));
            }
            ContactWrite::JoinIdentity { from, into } => self.join(from, into),
            ContactWrite::AddTags { contact, tags } => {
                let Some(contact) = self.contacts.get_mut(&contact) else { return Ok(()) };
                let before = contact.tags.len();
                for tag in tags {
                    if let Err(place) = contact.tags.binary_search(&tag) {
                        contact.tags.insert(place, tag);
                    }
                }
                // The contact changed: who decided on the contact as it was has to look again.
                if contact.tags.len() > before {
                    contact.revision.0 += 1;
                    contact.updated_at = contact.updated_at.max(at);
                }
            }
        }
        Ok(())
    }

    pub(super) fn known(&self, contact: ContactId) -> StoreResult<()> {
        if self.contacts.contains_key(&contact) { Ok(()) } else { Err(unreadable("contact of a record")) }
    }

    /// An alias, if this identity holds it.
    fn held(&mut self, identity: ChannelIdentityId, alias: &Alias) -> Option<&mut HeldAlias> {
        let identity = self.survivor(identity);
        let portfolio = self.identities.get(&identity)?.portfolio.clone();
        self.aliases.get_mut(&alias_key(&portfolio, alias)).filter(|held| held.identity == identity)
    }

    /// Gives an alias to an identity, or notes that it was seen again.
    fn link(&mut self, identity: ChannelIdentityId, alias: Alias, seen_at: DateTime<Utc>) -> StoreResult<()> {
        let identity = self.survivor(identity);
        let kept = self.identities.get(&identity).ok_or_else(|| unreadable("identity of an alias"))?;
        let portfolio = kept.portfolio.clone();
        let key = alias_key(&portfolio, &alias);
        self.alias_places += 1;
        match self.aliases.get_mut(&key) {
            Some(held) if held.identity != identity => {
                return Err(StoreError::precondition_failed(Precondition::IdentityFree(portfolio, alias)));
            }
            // The newest spelling is the one that the provider answers to.
            Some(held) if held.seen_at <= seen_at => (held.alias, held.seen_at) = (alias, seen_at),
            Some(_) => {}
            None => {
                let held = HeldAlias { identity, alias, seen_at, place: self.alias_places, former_at: None };
                self.aliases.insert(key, held);
            }
        }
        Ok(())
    }

    /// One person after all: aliases move, the other id redirects, and so do its conversations' contacts.
    fn join(&mut self, from: ChannelIdentityId, into: ChannelIdentityId) {
        let (from, into) = (self.survivor(from), self.survivor(into));
        let Some(contact) = self.identities.get(&into).map(|identity| identity.contact) else { return };
        let Some(before) = self.identities.get(&from).map(|identity| identity.contact) else { return };
        if from == into {
            return;
        }
        for held in self.aliases.values_mut().filter(|held| held.identity == from) {
            held.identity = into;
        }
        self.redirects.insert(from, into);
        for conversation in self.conversations.values_mut().filter(|kept| kept.identity == from) {
            conversation.contact = contact;
        }
        self.follow_calls(&Joined {
            from: Whose { identity: from, contact: before },
            into: Whose { identity: into, contact },
        });
    }

    pub(super) fn matches(&self, contact: &Contact, query: &ContactQuery) -> bool {
        if !query.admits(contact) {
            return false;
        }
        let Some((last, whole)) = query.tokens.split_last() else { return true };
        let words = contact.search_tokens(&self.identities_of(contact.id));
        whole.iter().all(|token| words.contains(token)) && words.iter().any(|word| word.starts_with(last))
    }
}

impl Rows {
    /// The contacts that a query asks for, each with its key, in the query's order.
    fn listed(&self, query: &ContactQuery) -> Vec<(Vec<u8>, Contact)> {
        let wanted = self.contacts.values().filter(|contact| self.matches(contact, query));
        let mut found: Vec<_> = match query.order {
            ContactOrder::Name => wanted.map(|contact| (key(contact), contact.clone())).collect(),
            ContactOrder::Newest => {
                wanted.map(|contact| (contact.id.uuid().as_bytes().to_vec(), contact.clone())).collect()
            }
        };
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        if query.order == ContactOrder::Newest {
            found.reverse();
        }
        found
    }

    fn counted(&self, query: &ContactQuery) -> Option<u32> {
        let count = |query: &ContactQuery| {
            let wanted = self.contacts.values().filter(|contact| self.matches(contact, query));
            u32::try_from(wanted.count()).ok()
        };
        let words = ContactQuery { tokens: query.tokens.clone(), ..ContactQuery::default() };
        let tag = ContactQuery { tag: query.tag.clone(), ..ContactQuery::default() };
        let is_few = |people: &ContactQuery| count(people).is_some_and(|many| many < ContactQuery::MANY);
        let is_collected =
            (!query.tokens.is_empty() && is_few(&words)) || (query.tag.is_some() && is_few(&tag));
        let is_plain = query.tokens.is_empty() && query.tag.is_none();
        count(query).filter(|found| is_collected || (is_plain && *found <= ContactQuery::COUNTED))
    }

    fn entry_of(&self, contact: Contact) -> ContactEntry {
        let talks = self.conversations.values().filter(|talk| talk.contact == contact.id);
        let heard = talks.filter(|talk| talk.last_message.is_some()).map(|talk| talk.last_at).max();
        let newest = self.calls.values().rev().find(|call| call.contact == Some(contact.id));
        let last_contact_at = heard.max(newest.map(|call| call.started_at));
        ContactEntry { identities: self.identities_of(contact.id), last_contact_at, contact }
    }
}

#[async_trait]
impl ContactStore for MemoryStore {
    async fn contact(&self, scope: &OrgScope, id: ContactId) -> StoreResult<Option<Contact>> {
        self.read(scope, |rows, _| rows.contacts.get(&id).cloned())
    }

    async fn contacts_by_id(&self, scope: &OrgScope, ids: &[ContactId]) -> StoreResult<Vec<Contact>> {
        self.read(scope, |rows, _| {
            let wanted: std::collections::BTreeSet<_> = ids.iter().collect();
            wanted.into_iter().filter_map(|id| rows.contacts.get(id).cloned()).collect()
        })
    }

    async fn contacts_by_subject(
        &self,
        scope: &OrgScope,
        any_of: &[SubjectKey],
    ) -> StoreResult<Vec<Contact>> {
        self.read(scope, |rows, _| {
            let hit = |contact: &&Contact| {
                let identities = rows.identities_of(contact.id);
                let mut typed = contact.details.iter().map(|detail| detail.value.subject_key());
                let mut seen = identities.iter().flat_map(ChannelIdentity::subject_keys);
                typed.any(|key| any_of.contains(&key)) || seen.any(|key| any_of.contains(&key))
            };
            rows.contacts.values().filter(hit).cloned().collect()
        })
    }

    async fn channel_identities(
        &self,
        scope: &OrgScope,
        contact: ContactId,
    ) -> StoreResult<Vec<ChannelIdentity>> {
        self.read(scope, |rows, _| rows.identities_of(contact))
    }

    async fn channel_identity(
        &self,
        scope: &OrgScope,
        id: ChannelIdentityId,
    ) -> StoreResult<Option<ChannelIdentity>> {
        self.read(scope, |rows, _| rows.identity(id))
    }

    async fn contacts(
        &self,
        scope: &OrgScope,
        query: &ContactQuery,
        request: PageRequest,
    ) -> StoreResult<Page<Contact>> {
        self.read(scope, |rows, _| page(rows.listed(query), &request, query.order == ContactOrder::Newest))
    }

    async fn contact_entries(
        &self,
        scope: &OrgScope,
        query: &ContactQuery,
        request: PageRequest,
    ) -> StoreResult<Page<ContactEntry>> {
        self.read(scope, |rows, _| {
            let contacts = page(rows.listed(query), &request, query.order == ContactOrder::Newest);
            contacts.map(|contact| rows.entry_of(contact))
        })
    }

    async fn count_contacts(&self, scope: &OrgScope, query: &ContactQuery) -> StoreResult<Option<u32>> {
        self.read(scope, |rows, _| rows.counted(query))
    }

    async fn notes(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        request: PageRequest,
    ) -> StoreResult<Page<Note>> {
        self.read(scope, |rows, _| {
            let notes = rows.notes.values().rev().filter(|note| note.contact == contact);
            page(notes.map(|note| (note.id.uuid().as_bytes().to_vec(), note.clone())), &request, true)
        })
    }

    async fn task(&self, scope: &OrgScope, id: TaskId) -> StoreResult<Option<Task>> {
        self.read(scope, |rows, _| rows.tasks.get(&id).cloned())
    }

    async fn tasks(
        &self,
        scope: &OrgScope,
        query: &TaskQuery,
        request: PageRequest,
    ) -> StoreResult<Page<Task>> {
        self.read(scope, |rows, _| {
            let wanted = |task: &&Task| {
                query.contact.is_none_or(|contact| task.contact == contact)
                    && query.assignee.is_none_or(|member| task.assignee == Some(member))
                    && !(query.open && task.done_at.is_some())
            };
            let tasks = rows.tasks.values().filter(wanted);
            page(tasks.map(|task| (task.id.uuid().as_bytes().to_vec(), task.clone())), &request, false)
        })
    }

    async fn tasks_of(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        request: PageRequest,
    ) -> StoreResult<Page<Task>> {
        self.read(scope, |rows, _| {
            let tasks = rows.tasks.values().rev().filter(|task| task.contact == contact);
            page(tasks.map(|task| (task.id.uuid().as_bytes().to_vec(), task.clone())), &request, true)
        })
    }
}

/// By what lists of contacts are paged: sort key, an end below every character, id.
fn key(contact: &Contact) -> Vec<u8> {
    let mut key = contact.sort_key().into_bytes();
    key.push(0);
    key.extend_from_slice(contact.id.uuid().as_bytes());
    key
}
