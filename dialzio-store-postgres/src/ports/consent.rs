//! Consent entries, and what the gate decides on.

use async_trait::async_trait;

use dialzio_core::consent::{ConsentRecord, ConsentRows, ConsentStore, SendFacts, Suppression};
use dialzio_core::page::{Page, PageRequest};
use dialzio_core::{ContactId, ConversationId, JobId, LedgerSeq, OrgScope, StoreResult};

use crate::facts::Snapshot;
use crate::run::params;
use crate::{PostgresStore, consent, conversations, statements as sql};

#[async_trait]
impl ConsentStore for PostgresStore {
    async fn send_facts(&self, scope: &OrgScope, jobs: &[JobId]) -> StoreResult<Vec<SendFacts>> {
        read_whole_in!(self, scope, |db, _org| Snapshot { db, org: scope.org(), now: self.now() }
            .send_facts(jobs))
    }

    async fn consent_facts(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
    ) -> StoreResult<Option<ConsentRows>> {
        read_in!(self, scope, |db, _org| Snapshot { db, org: scope.org(), now: self.now() }
            .consent_facts(conversation))
    }

    async fn consents_of_each(
        &self,
        scope: &OrgScope,
        conversations: &[ConversationId],
    ) -> StoreResult<Vec<(ConversationId, ConsentRecord)>> {
        read_in!(self, scope, |db, org| async {
            let seen = conversations::seen(db, org, conversations).await?;
            db.see_all();
            consent::of_each(db, org, &seen).await
        })
    }

    async fn suppressions(&self, scope: &OrgScope, hashes: &[[u8; 16]]) -> StoreResult<Vec<Suppression>> {
        read_whole_in!(self, scope, |db, org| consent::suppressions(db, org, hashes))
    }

    async fn any_suppression(&self, scope: &OrgScope) -> StoreResult<bool> {
        read_whole_in!(self, scope, |db, org| db.any(sql::ANY_SUPPRESSION, params![org]))
    }

    async fn consent_ledger(
        &self,
        scope: &OrgScope,
        after: LedgerSeq,
        limit: u32,
    ) -> StoreResult<Vec<ConsentRecord>> {
        read_whole_in!(self, scope, |db, org| consent::ledger(db, org, after, limit))
    }

    async fn consent_history(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        page: PageRequest,
    ) -> StoreResult<Page<ConsentRecord>> {
        read_in!(self, scope, |db, org| consent::history(db, org, contact, &page))
    }
}
