//! Calls.

use async_trait::async_trait;

use dialzio_core::call::{
    Call, CallAgent, CallAlias, CallFacts, CallFactsQuery, CallQuery, CallStore, CallTally, ReportQuery,
};
use dialzio_core::consent::ConsentRecord;
use dialzio_core::contact::SubjectKey;
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::{AccountId, CallId, OrgScope, StoreResult};

use crate::{PostgresStore, calls, consent};

#[async_trait]
impl CallStore for PostgresStore {
    async fn call(&self, scope: &OrgScope, id: CallId) -> StoreResult<Option<Call>> {
        read_in!(self, scope, |db, org| calls::one(db, org, id))
    }

    async fn calls(&self, scope: &OrgScope, query: &CallQuery, page: PageRequest) -> StoreResult<Page<Call>> {
        read_in!(self, scope, |db, org| calls::list(db, org, &query.clone().within(scope.audience()), &page))
    }

    async fn waiting_calls(&self, scope: &OrgScope, most: u32) -> StoreResult<u32> {
        read_in!(self, scope, |db, org| calls::waiting(db, org, most))
    }

    async fn call_aliases(&self, scope: &OrgScope, call: CallId) -> StoreResult<Vec<CallAlias>> {
        read_in!(self, scope, |db, org| calls::aliases(db, org, call))
    }

    async fn call_facts(&self, scope: &OrgScope, query: &CallFactsQuery) -> StoreResult<CallFacts> {
        read_whole_in!(self, scope, |db, org| calls::facts(db, org, query))
    }

    async fn call_tallies(&self, scope: &OrgScope, query: &ReportQuery) -> StoreResult<Vec<CallTally>> {
        read_in!(self, scope, |db, org| calls::tallies(db, org, &query.within(scope.audience())))
    }

    async fn call_agents(&self, scope: &OrgScope, account: AccountId) -> StoreResult<Vec<CallAgent>> {
        read_in!(self, scope, |db, org| calls::agents(db, org, account))
    }

    async fn consent_records(
        &self,
        scope: &OrgScope,
        subjects: &[SubjectKey],
    ) -> StoreResult<Vec<ConsentRecord>> {
        read_whole_in!(self, scope, |db, org| consent::about(db, org, subjects))
    }
}
