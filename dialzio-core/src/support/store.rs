//! Reads and writes of requests for help.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{SupportMessage, SupportRequest, SupportState};
use crate::id::{MemberId, SupportRequestId};
use crate::page::{Page, PageRequest};
use crate::scope::OrgScope;
use crate::store::{StoreResult, change};

/// Reads of requests for help. One that has expired is not found, whether swept or not.
#[async_trait]
pub trait SupportStore: Send + Sync {
    /// One request; `None` if the organisation has none with this id.
    async fn support_request(
        &self,
        scope: &OrgScope,
        id: SupportRequestId,
    ) -> StoreResult<Option<SupportRequest>>;
    /// The requests of a member, or of all, newest first.
    async fn support_requests(
        &self,
        scope: &OrgScope,
        member: Option<MemberId>,
        page: PageRequest,
    ) -> StoreResult<Page<SupportRequest>>;
    /// The messages of a request, oldest first.
    async fn support_messages(
        &self,
        scope: &OrgScope,
        request: SupportRequestId,
    ) -> StoreResult<Vec<SupportMessage>>;
}

change! {
    /// What changes of a request. Fields that are `None` stay as they are.
    #[derive(PartialEq, Eq)]
    pub struct SupportRequestChange of SupportRequest {
        /// Who has to act.
        state: SupportState,
        /// When the last message was written, or it was closed.
        changed_at: DateTime<Utc>,
        /// When it was closed.
        closed_at: Option<DateTime<Utc>>,
    }
}

impl SupportRequestChange {
    /// The change to a state.
    #[must_use]
    pub fn to(state: SupportState, at: DateTime<Utc>) -> Self {
        let closed_at = (state == SupportState::Closed).then_some(at);
        Self { state: Some(state), changed_at: Some(at), closed_at: Some(closed_at) }
    }
}

/// A change to requests for help. Refused are a new request whose id is there already, and a change of or a message for one
/// that is not there: each with a failed [`Precondition::Revision`](crate::store::Precondition::Revision) of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SupportWrite {
    /// A new request.
    Insert(SupportRequest),
    /// A change of a request.
    Change {
        /// The request that changes.
        request: SupportRequestId,
        /// The fields to change.
        change: SupportRequestChange,
    },
    /// A new message.
    Append(SupportMessage),
}
