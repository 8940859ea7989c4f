//! Contacts, their identities, notes and follow-ups.

use async_trait::async_trait;

use dialzio_core::contact::{
    ChannelIdentity, Contact, ContactEntry, ContactQuery, ContactStore, Note, SubjectKey, Task, TaskQuery,
};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::{ChannelIdentityId, ContactId, OrgScope, StoreResult, TaskId};

use crate::{PostgresStore, contact_list, contacts, identities};

#[async_trait]
impl ContactStore for PostgresStore {
    async fn contact(&self, scope: &OrgScope, id: ContactId) -> StoreResult<Option<Contact>> {
        read_in!(self, scope, |db, org| contacts::one(db, org, id))
    }

    async fn contacts_by_id(&self, scope: &OrgScope, ids: &[ContactId]) -> StoreResult<Vec<Contact>> {
        read_in!(self, scope, |db, org| contacts::by_ids(db, org, ids.iter().copied()))
    }

    async fn contacts_by_subject(
        &self,
        scope: &OrgScope,
        any_of: &[SubjectKey],
    ) -> StoreResult<Vec<Contact>> {
        read_in!(self, scope, |db, org| contacts::by_subject(db, org, any_of))
    }

    async fn channel_identities(
        &self,
        scope: &OrgScope,
        contact: ContactId,
    ) -> StoreResult<Vec<ChannelIdentity>> {
        read_in!(self, scope, |db, org| identities::of_contact(db, org, contact))
    }

    async fn channel_identity(
        &self,
        scope: &OrgScope,
        id: ChannelIdentityId,
    ) -> StoreResult<Option<ChannelIdentity>> {
        read_in!(self, scope, |db, org| identities::one(db, org, id))
    }

    async fn contacts(
        &self,
        scope: &OrgScope,
        query: &ContactQuery,
        page: PageRequest,
    ) -> StoreResult<Page<Contact>> {
        read_in!(self, scope, |db, org| contact_list::page(db, org, query, &page))
    }

    async fn contact_entries(
        &self,
        scope: &OrgScope,
        query: &ContactQuery,
        page: PageRequest,
    ) -> StoreResult<Page<ContactEntry>> {
        read_in!(self, scope, |db, org| contact_list::entries(db, org, query, &page))
    }

    async fn count_contacts(&self, scope: &OrgScope, query: &ContactQuery) -> StoreResult<Option<u32>> {
        read_in!(self, scope, |db, org| contact_list::count(db, org, query))
    }

    async fn notes(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<Note>> {
        read_in!(self, scope, |db, org| contacts::notes(db, org, contact, &page))
    }

    async fn tasks_of(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<Task>> {
        read_in!(self, scope, |db, org| contacts::tasks_of(db, org, contact, &page))
    }

    async fn task(&self, scope: &OrgScope, id: TaskId) -> StoreResult<Option<Task>> {
        read_in!(self, scope, |db, org| contacts::one_task(db, org, id))
    }

    async fn tasks(&self, scope: &OrgScope, query: &TaskQuery, page: PageRequest) -> StoreResult<Page<Task>> {
        read_in!(self, scope, |db, org| contacts::tasks(
            db,
            org,
            &query.clone().within(scope.audience()),
            &page
        ))
    }
}
