//! Reads and writes of contacts.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    Alias, ChannelIdentity, Contact, ContactEntry, ContactQuery, Doubt, Note, SubjectKey, Task, TaskChange,
};
use crate::id::{ChannelIdentityId, ContactId, MemberId, TaskId};
use crate::page::{Page, PageRequest};
use crate::scope::{Audience, OrgScope};
use crate::store::StoreResult;
use crate::text::{PersonName, TagName, Username};

/// Which follow-ups are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskQuery {
    /// Only of this contact.
    pub contact: Option<ContactId>,
    /// Only for this member.
    pub assignee: Option<MemberId>,
    /// Only those still open.
    pub open: bool,
}

impl TaskQuery {
    /// The same, asked for by a member, if an audience sees the follow-ups of one member alone: an index serves that.
    #[must_use]
    pub fn within(self, audience: &Audience) -> Self {
        Self { assignee: self.assignee.or(audience.only()), ..self }
    }
}

/// Reads of contacts. Writes go through [`crate::store::Store::commit`].
#[async_trait]
pub trait ContactStore: Send + Sync {
    /// The contact, or `None` if the organisation has no such contact.
    async fn contact(&self, scope: &OrgScope, id: ContactId) -> StoreResult<Option<Contact>>;
    /// The contacts that there are among these, each once, in no order.
    async fn contacts_by_id(&self, scope: &OrgScope, ids: &[ContactId]) -> StoreResult<Vec<Contact>>;
    /// Contacts with a typed detail or a channel alias under any of these keys, without duplicates.
    async fn contacts_by_subject(&self, scope: &OrgScope, any_of: &[SubjectKey])
    -> StoreResult<Vec<Contact>>;
    /// The channel identities of a contact with all their aliases, oldest first.
    async fn channel_identities(
        &self,
        scope: &OrgScope,
        contact: ContactId,
    ) -> StoreResult<Vec<ChannelIdentity>>;
    /// One channel identity with its aliases; one that was joined into another resolves to the survivor.
    async fn channel_identity(
        &self,
        scope: &OrgScope,
        id: ChannelIdentityId,
    ) -> StoreResult<Option<ChannelIdentity>>;
    /// Contacts that a query asks for, in its order.
    async fn contacts(
        &self,
        scope: &OrgScope,
        query: &ContactQuery,
        page: PageRequest,
    ) -> StoreResult<Page<Contact>>;
    /// The same contacts with what a list shows beside each, read in a constant number of statements.
    async fn contact_entries(
        &self,
        scope: &OrgScope,
        query: &ContactQuery,
        page: PageRequest,
    ) -> StoreResult<Page<ContactEntry>>;
    /// How many contacts a query asks for; `None` if there are more than are counted: [`ContactQuery::MANY`] people or more
    /// with the words or the tag, or more than [`ContactQuery::COUNTED`] otherwise.
    async fn count_contacts(&self, scope: &OrgScope, query: &ContactQuery) -> StoreResult<Option<u32>>;
    /// Notes on a contact, newest first.
    async fn notes(&self, scope: &OrgScope, contact: ContactId, page: PageRequest)
    -> StoreResult<Page<Note>>;
    /// Reads one follow-up; `None` if the organisation has none with this id.
    async fn task(&self, scope: &OrgScope, id: TaskId) -> StoreResult<Option<Task>>;
    /// Follow-ups by id, oldest first.
    async fn tasks(&self, scope: &OrgScope, query: &TaskQuery, page: PageRequest) -> StoreResult<Page<Task>>;
    /// Follow-ups of a contact, open and done, newest first (by id, descending).
    async fn tasks_of(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<Task>>;
}

/// A change to contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContactWrite {
    /// A new contact with its details and tags. Search tokens and sort key are taken from it.
    Insert(Contact),
    /// The contact as it is now, details and tags included; the store raises the revision by one. Guard it with
    /// [`crate::store::Precondition::Revision`].
    Update(Contact),
    /// A new note.
    Note(Note),
    /// A new follow-up. An id that is there already is refused: [`crate::store::StoreError::PreconditionFailed`].
    InsertTask(Task),
    /// A change of a follow-up, of whatever revision; guard it with [`crate::store::Precondition::Revision`].
    ChangeTask {
        /// The follow-up that changes.
        task: TaskId,
        /// The fields to change; `None` leaves a field as it is.
        change: TaskChange,
    },
    /// A new channel identity with its aliases. An alias that another identity holds already is
    /// [`crate::store::Precondition::IdentityFree`] fails.
    Identity(ChannelIdentity),
    /// Adds an alias, or marks it as seen most recently. Held by another identity: `IdentityFree` fails.
    Alias {
        /// The channel identity that changes.
        identity: ChannelIdentityId,
        /// The alias that changes.
        alias: Alias,
        /// When it was seen.
        seen_at: DateTime<Utc>,
    },
    /// The provider's newest profile; ignored if `at` is older than the one kept. `None` leaves a field as it is.
    Profile {
        /// The channel identity that changes.
        identity: ChannelIdentityId,
        /// The name the person gave.
        name: Option<PersonName>,
        /// Their public handle.
        username: Option<Username>,
        /// When it happened, as the provider says.
        at: DateTime<Utc>,
    },
    /// The contact takes the name of its newest profile, if its name follows it ([`Contact::follow_profile`]); its revision
    /// rises if that changed anything.
    FollowProfile {
        /// The contact that changes.
        contact: ContactId,
    },
    /// An id that the person has given up, or has again. Ignored if the identity does not hold it.
    Former {
        /// The channel identity that changes.
        identity: ChannelIdentityId,
        /// The alias that changes.
        alias: Alias,
        /// Since when; `None` if it is theirs.
        since: Option<DateTime<Utc>>,
    },
    /// Whether another person may be writing from a number of theirs.
    Doubt {
        /// The channel identity that changes.
        identity: ChannelIdentityId,
        /// Who; `None` if there is no doubt.
        doubt: Option<Doubt>,
    },
    /// Takes an id away from an identity, which ends that it is given up. Ignored if the identity does not hold it.
    Release {
        /// The channel identity that changes.
        identity: ChannelIdentityId,
        /// The alias that changes.
        alias: Alias,
    },
    /// Whether the person can be reached here.
    Reachable {
        /// The channel identity that changes.
        identity: ChannelIdentityId,
        /// Since when they cannot; `None` if they can.
        unreachable_since: Option<DateTime<Utc>>,
    },
    /// Two identities turn out to be one person: `from`'s aliases move to `into`, `from` stays as a redirect,
    /// messages stay where they are.
    JoinIdentity {
        /// The one that goes.
        from: ChannelIdentityId,
        /// The one that stays.
        into: ChannelIdentityId,
    },
    /// Adds tags, keeping those there are.
    AddTags {
        /// The contact that changes.
        contact: ContactId,
        /// The tags to add; those that are there already stay.
        tags: Vec<TagName>,
    },
}
