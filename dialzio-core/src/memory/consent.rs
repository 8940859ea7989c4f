//! The consent ledger and suppressions.

use async_trait::async_trait;

use super::state::Rows;
use super::{MemoryStore, page};
use crate::consent::{ConsentRecord, ConsentRows, ConsentStore, ConsentWrite, SendFacts, Suppression};
use crate::contact::SubjectKey;
use crate::conversation::ConversationStore;
use crate::id::{ContactId, ConversationId, JobId};
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::{LedgerSeq, StoreResult};

impl Rows {
    pub(super) fn write_consent(&mut self, write: ConsentWrite) {
        match write {
            ConsentWrite::Record(record) => {
                let seq = LedgerSeq(self.consents.len() as u64 + 1);
                self.consents.push(ConsentRecord { seq, ..record });
            }
            ConsentWrite::Suppress(suppression) => {
                self.suppressions.entry((suppression.hash, suppression.scope)).or_insert(suppression);
            }
        }
    }

    /// Entries that cover any of these, in order of their sequence.
    pub(super) fn consents_about(&self, subjects: &[SubjectKey]) -> Vec<ConsentRecord> {
        let covers = |record: &&ConsentRecord| record.subjects.iter().any(|key| subjects.contains(key));
        self.consents.iter().filter(covers).cloned().collect()
    }

    /// The newest entry that covers any of these.
    pub(super) fn consent_head(&self, subjects: &[SubjectKey]) -> LedgerSeq {
        self.consents_about(subjects).last().map_or(LedgerSeq(0), |record| record.seq)
    }

    /// Every identifier of a contact: typed, and seen at providers.
    fn subjects_of(&self, contact: ContactId) -> Vec<SubjectKey> {
        let record = self.contacts.get(&contact);
        let typed = record.into_iter().flat_map(|record| &record.details).map(|d| d.value.subject_key());
        let seen = self.identities_of(contact).into_iter().flat_map(|identity| identity.subject_keys());
        typed.chain(seen).collect()
    }
}

#[async_trait]
impl ConsentStore for MemoryStore {
    async fn send_facts(&self, scope: &OrgScope, jobs: &[JobId]) -> StoreResult<Vec<SendFacts>> {
        let org = scope.org();
        self.read_whole(scope, |rows, now| {
            let facts = jobs.iter().filter_map(|id| rows.send_facts(org, *id, now).transpose());
            facts.collect::<StoreResult<_>>()
        })?
    }

    async fn consent_ledger(
        &self,
        scope: &OrgScope,
        after: LedgerSeq,
        limit: u32,
    ) -> StoreResult<Vec<ConsentRecord>> {
        self.read_whole(scope, |rows, _| {
            rows.consents.iter().filter(|record| record.seq > after).take(limit as usize).cloned().collect()
        })
    }

    async fn consent_facts(
        &self,
        scope: &OrgScope,
        conversation: ConversationId,
    ) -> StoreResult<Option<ConsentRows>> {
        let org = scope.org();
        if self.conversation(scope, conversation).await?.is_none() {
            return Ok(None);
        }
        self.read_whole(scope, |rows, now| match rows.conversations.get(&conversation) {
            Some(conversation) => rows.consent_rows(org, conversation, None, now),
            None => Ok(None),
        })?
    }

    async fn consents_of_each(
        &self,
        scope: &OrgScope,
        conversations: &[ConversationId],
    ) -> StoreResult<Vec<(ConversationId, ConsentRecord)>> {
        let audience = scope.audience();
        self.read_whole(scope, |rows, _| {
            let mut all = Vec::new();
            for id in conversations.iter().filter(|id| rows.shows_conversation(audience, **id)) {
                let talk = rows.conversations.get(id);
                let identity = talk.and_then(|talk| rows.identity(talk.identity));
                let subjects = identity.map(|identity| identity.subject_keys()).unwrap_or_default();
                all.extend(rows.consents_about(&subjects).into_iter().map(|record| (*id, record)));
            }
            all.sort_by_key(|(_, record)| record.seq);
            all
        })
    }

    async fn suppressions(&self, scope: &OrgScope, hashes: &[[u8; 16]]) -> StoreResult<Vec<Suppression>> {
        self.read_whole(scope, |rows, _| {
            rows.suppressions.values().filter(|kept| hashes.contains(&kept.hash)).cloned().collect()
        })
    }

    async fn any_suppression(&self, scope: &OrgScope) -> StoreResult<bool> {
        self.read_whole(scope, |rows, _| !rows.suppressions.is_empty())
    }

    async fn consent_history(
        &self,
        scope: &OrgScope,
        contact: ContactId,
        request: PageRequest,
    ) -> StoreResult<Page<ConsentRecord>> {
        self.read(scope, |rows, _| {
            let subjects = rows.subjects_of(contact);
            let about = rows.consents.iter().rev().filter(|record| {
                record.contact == contact || record.subjects.iter().any(|key| subjects.contains(key))
            });
            page(about.map(|r| (r.seq.0.to_be_bytes().to_vec(), r.clone())), &request, true)
        })
    }
}
