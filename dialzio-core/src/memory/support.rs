//! Requests for help.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::commit::{absent, missing};
use super::state::Rows;
use super::{MemoryStore, page};
use crate::id::{MemberId, SupportRequestId, TypedId};
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::{RecordRef, StoreResult};
use crate::support::{SupportMessage, SupportRequest, SupportStore, SupportWrite};

impl Rows {
    pub(super) fn write_support(&mut self, write: SupportWrite) -> StoreResult<()> {
        let unknown = |id| missing(RecordRef::SupportRequest(id));
        match write {
            SupportWrite::Insert(new) => {
                absent(&self.support_requests, &new.id, RecordRef::SupportRequest(new.id))?;
                self.support_requests.insert(new.id, new);
            }
            SupportWrite::Change { request, change } => {
                change.apply(self.support_requests.get_mut(&request).ok_or_else(|| unknown(request))?);
            }
            SupportWrite::Append(new) => {
                self.support_requests.get(&new.request).ok_or_else(|| unknown(new.request))?;
                self.support_messages.insert((new.request, new.id), new);
            }
        }
        Ok(())
    }

    /// Removes requests that were closed before an instant, with their messages; answers how many.
    pub(super) fn purge_support(&mut self, before: DateTime<Utc>, limit: usize) -> u64 {
        let over = |request: &&SupportRequest| request.closed_at.is_some_and(|closed| closed < before);
        let gone = self.support_requests.values().filter(over);
        let gone: Vec<_> = gone.map(|request| request.id).take(limit).collect();
        self.support_requests.retain(|id, _| !gone.contains(id));
        self.support_messages.retain(|(request, _), _| !gone.contains(request));
        gone.len() as u64
    }
}

#[async_trait]
impl SupportStore for MemoryStore {
    async fn support_request(
        &self,
        scope: &OrgScope,
        id: SupportRequestId,
    ) -> StoreResult<Option<SupportRequest>> {
        self.read(scope, |rows, now| {
            rows.support_requests.get(&id).filter(|request| request.is_kept(now)).cloned()
        })
    }

    async fn support_requests(
        &self,
        scope: &OrgScope,
        member: Option<MemberId>,
        request: PageRequest,
    ) -> StoreResult<Page<SupportRequest>> {
        self.read(scope, |rows, now| {
            let kept = rows.support_requests.values().rev().filter(|request| request.is_kept(now));
            let of = kept.filter(|request| member.is_none_or(|member| request.member == member));
            let keyed = of.map(|request| (request.id.uuid().as_bytes().to_vec(), request.clone()));
            page(keyed, &request, true)
        })
    }

    async fn support_messages(
        &self,
        scope: &OrgScope,
        request: SupportRequestId,
    ) -> StoreResult<Vec<SupportMessage>> {
        self.read(scope, |rows, _| {
            let of = rows.support_messages.values().filter(|message| message.request == request);
            of.cloned().collect()
        })
    }
}
